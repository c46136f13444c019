//! The frames that report matches: event and snapshot. They depend on the timeline alone, so their bytes are the same
//! for every subscriber of every replay.

use super::patch::apply_patch;
use crate::football::{
    Coach, Field, FieldValue, Match, MatchEvent, MatchState, Minute, Player, Presence, Score, Side, Tally, UtcMillis,
};
use crate::json::{ObjectWriter, write_object, write_text};
use crate::scenario::{Cue, MediaTime, TieState, Timeline, write_goals, write_plain_value, write_told_clock};

/// Which past events a snapshot holds beside the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SnapshotDetail {
    /// The events that a live ticker shows: goals, cards, substitutions, VAR, changes of status, anything with a text.
    Key,
    /// Every event that has not been removed.
    Full,
}

/// Writes the event frame of a cue.
pub fn write_event(timeline: &Timeline, index: usize, out: &mut Vec<u8>) {
    let cue = &timeline.cues()[index];
    let fixture = timeline.fixture_of(index);
    let start = out.len();
    write_object(out, |o| {
        o.text("kind", "event");
        o.text("match", timeline.tracks()[usize::from(cue.track)].fixture.id.as_str());
        o.unquoted("n", index + 1);
        o.unquoted("seq", cue.seq);
        write_event_fields(o, fixture, cue, true);
        if let Some(was) = timeline.previous_cue(cue) {
            o.object("was", |o| write_event_fields(o, fixture, was, false));
        }
        write_player_positions(o, timeline, index);
    });
    if let Some(patch) = timeline.patch(index) {
        apply_patch(out, start, patch);
    }
}

/// Writes the event itself: all of an event frame but its place in the stream.
pub(super) fn write_event_fields(o: &mut ObjectWriter<'_>, fixture: &Match, cue: &Cue, with_due: bool) {
    let event = &cue.event;
    o.text("id", event.id.as_str());
    o.unquoted("rev", event.rev);
    o.text("op", event.op.as_str());
    o.text("type", event.kind.as_str());
    o.text("status", event.status.as_str());
    write_times(o, fixture, event);
    if with_due {
        o.unquoted("at", cue.at.as_millis());
    }
    o.text_if("side", event.side.map(Side::as_str));
    // The score of the frame is the awarded one.
    for (field, value) in event.details.iter().filter(|(field, _)| *field < Field::Related && *field != Field::Score) {
        write_detail(o, fixture, field, &value);
    }
    if let Some(at) = event.details.time(Field::Kickoff) {
        write_delay(o, fixture, at);
    }
    write_score(o, "score", Some(cue.score));
    if cue.shootout.is_some() {
        write_score(o, "shootout", cue.shootout);
    }
    for (field, value) in event.details.iter().filter(|(field, _)| *field >= Field::Related) {
        write_detail(o, fixture, field, &value);
    }
    for (name, json) in event.details.unknown_fields() {
        o.verbatim(name, json);
    }
}

/// After a change of position, or a correction of one: writes the positions of the players that it names or named
/// before.
fn write_player_positions(o: &mut ObjectWriter<'_>, timeline: &Timeline, index: usize) {
    let positions = timeline.positions_after(index);
    if !positions.is_empty() {
        o.object("positions", |o| {
            for (id, position) in positions {
                o.text_or_null(id.as_str(), position.as_deref());
            }
        });
    }
}

/// Writes by how many minutes kick-off is later than scheduled. A difference, because a replay may move all kick-offs.
fn write_delay(o: &mut ObjectWriter<'_>, fixture: &Match, kickoff: UtcMillis) {
    o.unquoted("delay", kickoff.0.saturating_sub(fixture.kickoff.0) as f64 / 60_000.0);
}

/// Writes when the event happened, when it was reported, and what a scoreboard shows for it.
fn write_times(o: &mut ObjectWriter<'_>, fixture: &Match, event: &MatchEvent) {
    let clock = event.clock;
    o.unquoted_or_null("period", clock.period().map(|period| period.number()));
    o.text("clock", &clock.reading.to_string());
    if clock.period().is_none() && clock.status != event.status {
        // Reported after the break it happened in: the clock counts from the start of that break.
        o.text("clock_status", clock.status.as_str());
    }
    if let Some(told) = event.told.as_deref().filter(|told| **told != clock) {
        write_told_clock(o, *told, Some(clock));
    }
    let minute = official_minute(fixture, event);
    o.unquoted_or_null("minute", minute.map(|minute| minute.minute));
    o.unquoted_or_null("added", minute.and_then(|minute| minute.added));
    write_label(o, fixture, event);
}

/// The minute in the official record, else that of the clock.
fn official_minute(fixture: &Match, event: &MatchEvent) -> Option<Minute> {
    event.official.or_else(|| event.clock.minute(&fixture.rules.periods))
}

/// Writes what a scoreboard shows for the time of an event.
pub(super) fn write_label(o: &mut ObjectWriter<'_>, fixture: &Match, event: &MatchEvent) {
    match official_minute(fixture, event) {
        Some(minute) => o.text("label", &minute.to_string()),
        None => o.text_or_null("label", event.clock.status.label()),
    }
}

pub(super) fn write_detail(o: &mut ObjectWriter<'_>, fixture: &Match, field: Field, value: &FieldValue) {
    let key = field.as_str();
    match value {
        FieldValue::Player(id) => o.object(key, |o| match fixture.player(id.as_str()) {
            Some((.., player)) => write_player_ref(o, player),
            None => match fixture.coach(id.as_str()) {
                Some((_, coach)) => write_coach_ref(o, coach, true),
                None => o.text("id", id.as_str()),
            },
        }),
        value => write_plain_value(o, key, value),
    }
}

/// Writes a player as events name him.
fn write_player_ref(o: &mut ObjectWriter<'_>, player: &Player) {
    o.text("id", player.id.as_str());
    o.text("name", &player.name);
    o.unquoted_or_null("number", player.number);
}

/// Writes a coach. In events every person who can be carded has a number, so a coach has a null one.
fn write_coach_ref(o: &mut ObjectWriter<'_>, coach: &Coach, in_event: bool) {
    o.text_if("id", coach.id.as_ref().map(|id| id.as_str()));
    o.text("name", &coach.name);
    if in_event {
        o.null("number");
    }
    o.text("role", "coach");
}

pub(super) fn write_score(o: &mut ObjectWriter<'_>, key: &str, score: Option<Score>) {
    match score {
        Some(score) => o.object(key, |o| write_goals(o, score)),
        None => o.null(key),
    }
}

/// Writes a number for each side.
fn write_by_side(o: &mut ObjectWriter<'_>, key: &str, count: impl Fn(Side) -> i64) {
    o.object(key, |o| {
        for side in Side::ALL {
            o.unquoted(side.as_str(), count(*side));
        }
    });
}

/// Writes the snapshot frame of a match after the first `index` cues of the timeline: its state after the first `past` cues of
/// the truth, which are as many without feed faults.
pub fn write_snapshot(
    timeline: &Timeline,
    track: usize,
    index: usize,
    past: usize,
    detail: SnapshotDetail,
    out: &mut Vec<u8>,
) {
    let snapshot = MatchSnapshot::new(timeline, track, index, past);
    write_object(out, |o| {
        o.text("kind", "snapshot");
        snapshot.write_place_fields(o);
        snapshot.write_state(o, detail);
    });
}

/// A match after the first `index` cues of the timeline.
pub(super) struct MatchSnapshot<'a> {
    timeline: &'a Timeline,
    track: usize,
    index: usize,
    truth: Timeline,
    true_index: usize,
    pub(super) state: MatchState,
}

impl<'a> MatchSnapshot<'a> {
    /// `true_index`: how many cues of the truth are past.
    pub(super) fn new(timeline: &'a Timeline, track: usize, index: usize, true_index: usize) -> Self {
        let truth = timeline.truth();
        Self { timeline, track, index, state: truth.state_at(track, true_index), truth, true_index }
    }

    /// The present match: also what the feed has lost is past once its time is over.
    pub(super) fn at_present(timeline: &'a Timeline, track: usize, head: u32, at: MediaTime) -> Self {
        let index = head as usize;
        Self::new(timeline, track, index, timeline.true_index_at(index, at))
    }

    /// Writes which match it is, and the place of its last event.
    pub(super) fn write_place_fields(&self, o: &mut ObjectWriter<'_>) {
        let Self { timeline, track, index, state, .. } = self;
        o.text("match", state.fixture().id.as_str());
        o.unquoted("n", index);
        o.unquoted("seq", timeline.seq_at(*track, *index));
        o.unquoted("at", index.checked_sub(1).map_or(0, |last| timeline.cues()[last].at.as_millis()));
    }

    /// Writes everything known about the match.
    pub(super) fn write_state(&self, o: &mut ObjectWriter<'_>, detail: SnapshotDetail) {
        let fixture = self.state.fixture();
        o.object("state", |o| {
            write_match_state(o, &self.state);
            write_tie(o, &self.truth, self.truth.tie_at(self.track, self.true_index));
            let events = self.truth.events_in_force(self.track, self.true_index, detail == SnapshotDetail::Key);
            o.array("events", events, |out, cue| write_object(out, |o| write_event_fields(o, fixture, cue, false)));
        });
    }
}

pub(super) fn write_match_state(o: &mut ObjectWriter<'_>, state: &MatchState) {
    let fixture = state.fixture();
    o.text("status", state.status.as_str());
    o.unquoted_or_null("period", state.period().map(|period| period.number()));
    write_score(o, "score", Some(state.score()));
    if state.awarded_score().is_some() {
        write_score(o, "played", Some(state.played_score()));
    }
    write_score(o, "half_time", state.half_time_score());
    write_score(o, "shootout", state.shootout_score());
    o.object("match", |o| write_match_info(o, fixture));
    o.object("lineups", |o| {
        for side in Side::ALL {
            o.object(side.as_str(), |o| write_lineup(o, state, *side));
        }
    });
    write_by_side(o, "substitutions_left", |side| state.substitutions_left(side));
    // A client needs this to count the additional substitutions of extra time only once.
    if fixture.rules.extra_time_substitutions > 0 {
        o.unquoted_if("extra_time", state.has_extra_time().then_some(true));
    }
    if fixture.rules.concussion_substitutions > 0 {
        write_by_side(o, "concussion_substitutions_left", |side| state.concussion_substitutions_left(side));
    }
    o.object("statistics", |o| {
        for side in Side::ALL {
            o.object(side.as_str(), |o| {
                for (name, count) in state.statistics(*side).entries() {
                    o.unquoted(name, count);
                }
                let passing = state.passing(*side);
                o.unquoted_or_null("passes", passing.map(|of| of.passes));
                o.unquoted_or_null("passes_completed", passing.map(|of| of.completed));
                o.unquoted_or_null("possession", passing.map(|of| of.possession));
                o.unquoted_or_null("xg", state.xg(*side));
            });
        }
    });
}

/// Writes the present state of the tie that a match belongs to, if any. Home and away are those of the match.
pub(super) fn write_tie(o: &mut ObjectWriter<'_>, timeline: &Timeline, tie: Option<TieState>) {
    let Some(TieState { leg, other, legs }) = tie else { return };
    o.object("tie", |o| {
        o.unquoted("leg", leg.number());
        o.object("other", |o| {
            o.text_or_null("match", other.map(|other| timeline.tracks()[other].fixture.id.as_str()));
            write_score(o, "score", Some(legs.other));
        });
        write_by_side(o, "aggregate", |side| legs.aggregate()[side.index()].into());
        o.unquoted("away_goals", legs.away_goals);
        o.text_or_null("winner", legs.winner().map(Side::as_str));
    });
}

/// Writes what is known of a match beside its teams.
fn write_match_info(o: &mut ObjectWriter<'_>, fixture: &Match) {
    for (key, value) in [
        ("competition", &fixture.competition),
        ("season", &fixture.season),
        ("round", &fixture.round),
        ("venue", &fixture.venue),
    ] {
        o.text_if(key, value.as_deref());
    }
    if !fixture.officials.is_empty() {
        o.object("officials", |o| {
            for (role, names) in &fixture.officials {
                o.array(role, names, |out, name| write_text(out, name));
            }
        });
    }
    // A client needs this to count the substitutions left in extra time.
    let extra = fixture.rules.extra_time_substitutions;
    o.unquoted_if("extra_time_substitutions", (extra > 0).then_some(extra));
}

fn write_lineup(o: &mut ObjectWriter<'_>, state: &MatchState, side: Side) {
    let team = state.fixture().team(side);
    o.text_if("formation", team.formation.as_deref());
    o.text_if("coach", team.coach.as_ref().map(|coach| &*coach.name));
    if let Some((coach, tally)) = state.coach(side) {
        o.array("staff", [(coach, tally)], |out, (coach, tally)| {
            write_object(out, |o| {
                write_coach_ref(o, coach, false);
                o.unquoted_if("yellow_cards", (tally.yellow_cards > 0).then_some(tally.yellow_cards));
                o.unquoted_if("sent_off", tally.is_sent_off().then_some(true));
                write_moves(o, tally.move_counts(false), [0, 0, 0, i32::from(tally.is_sent_off())]);
            });
        });
    }
    for (key, presence) in
        [("on", Presence::On), ("bench", Presence::Bench), ("off", Presence::Off), ("sent_off", Presence::SentOff)]
    {
        let there = state.players(side).enumerate().filter(|(_, (_, now, _))| *now == presence);
        o.array(key, there, |out, (index, (player, presence, tally))| {
            write_object(out, |o| write_lineup_player(o, player, state.position(side, index), presence, tally));
        });
    }
}

fn write_lineup_player(
    o: &mut ObjectWriter<'_>,
    player: &Player,
    position: Option<&str>,
    presence: Presence,
    tally: &Tally,
) {
    write_player_ref(o, player);
    o.text_if("position", position);
    o.unquoted_if("captain", player.captain.then_some(true));
    for (key, count) in [("yellow_cards", tally.yellow_cards), ("goals", tally.goals), ("own_goals", tally.own_goals)] {
        o.unquoted_if(key, (count > 0).then_some(count));
    }
    let (away, before) = (tally.is_away(player), tally.presence_without_cards(player));
    // Omitted for players of the eleven, whose red card costs the side a player.
    o.text_if(
        "from",
        match (presence, before) {
            (Presence::SentOff, Presence::Bench) => Some("bench"),
            (Presence::SentOff, Presence::Off) if !away => Some("off"),
            _ => None,
        },
    );
    o.unquoted_if("temporary", away.then_some(true));
    let usual = [before != Presence::Bench, before == Presence::Off || away, away, presence == Presence::SentOff];
    write_moves(o, tally.move_counts(player.starts), usual.map(i32::from));
}

/// Writes what a client that folds events needs for a player who came and went more often than the line-up shows.
fn write_moves(o: &mut ObjectWriter<'_>, moves: [i32; 4], usual: [i32; 4]) {
    if moves != usual {
        o.object("moves", |o| {
            for (key, count) in ["came_on", "went_off", "away", "sent_off"].into_iter().zip(moves) {
                o.unquoted(key, count);
            }
        });
    }
}

/// Writes a team as frames name it.
pub(super) fn write_team(o: &mut ObjectWriter<'_>, fixture: &Match, side: Side) {
    let team = fixture.team(side);
    o.text("id", team.id.as_str());
    o.text("name", &team.name);
    o.text("short", &team.short);
    if !team.colours.is_empty() {
        o.array("colours", &team.colours, |out, colour| write_text(out, colour));
    }
}
