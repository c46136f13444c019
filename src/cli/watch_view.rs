//! Turns the frames of a subscription into the lines and the status line of `watch`, as text: this file knows no terminal.

use std::collections::BTreeMap;

use crate::client::{
    ClientFrame, EndFrame, EventFrame, HelloFrame, MatchInfo, OtherLeg, PlaybackFrame, ResumePosition, Resumed,
    Scoreboard, SnapshotFrame, TickFrame, TieInfo, Word,
};
use crate::football::{Legs, Op, Status};
use crate::playback::{ChangeCause, State};
use anstyle::Style;

use super::final_results::{FinalResults, LastSeen};
use super::fixtures::Fixtures;
use super::playback_text::PlaybackSettings;
use super::played_scores::PlayedScores;
use super::print::{Colours, format_count, sanitise, with_actor};
use super::ticker::{SHOOTOUT_LABEL, Ticker, is_key_event, minute_label, outcome_text, starts_with_digit};

/// Turns frames into lines. Holds the state of the subscription that the lines depend on.
#[derive(Debug)]
pub struct WatchView {
    /// Whether to show every event.
    all: bool,
    ticker: Ticker,
    place: ResumePosition,
    /// The match ids in the order of the hello frame.
    order: Vec<String>,
    boards: BTreeMap<String, Scoreboard>,
    settings: Option<PlaybackSettings>,
    final_results: FinalResults,
    played: PlayedScores,
    /// Whether the subscription has ticks. If a feed has no end-of-match event, only ticks tell how the match ended.
    has_ticks: bool,
    /// The line for the end of playback. It waits for the next tick, which says how the matches have ended.
    the_end: Option<String>,
    /// An epoch has begun; the next event or tick says where.
    jump: Option<Jump>,
    /// Whether snapshots are shown as `so far`: only to a new viewer, or after a reset that lost events.
    show_past: bool,
    /// Whether the `so far` heading has been shown.
    past_shown: bool,
}

/// A new epoch whose place is not known yet.
#[derive(Debug)]
struct Jump {
    /// Whether only the faults of the feed have changed: playback goes on where it was.
    stays: bool,
    by: Option<String>,
}

impl Jump {
    fn describe_to(&self, place: &str) -> String {
        let (what, preposition) = if self.stays { ("faults changed", "at") } else { ("jumped", "to") };
        format!("{} {preposition} {place}", with_actor(what, self.by.as_deref()))
    }
}

/// Commentary below the line of its event is indented to the headline.
const INDENT: &str = "          ";

impl WatchView {
    /// `all` shows every event, else key events, shots and commentary. `has_ticks`: whether the subscription has ticks.
    pub fn new(all: bool, has_ticks: bool, colours: Colours) -> Self {
        Self {
            all,
            ticker: Ticker { fixtures: Fixtures::default(), colours },
            place: ResumePosition::default(),
            order: Vec::new(),
            boards: BTreeMap::new(),
            settings: None,
            final_results: FinalResults::default(),
            played: PlayedScores::default(),
            has_ticks,
            the_end: None,
            jump: None,
            show_past: true,
            past_shown: false,
        }
    }

    /// Whether a hello frame has ever come.
    pub fn was_connected(&self) -> bool {
        self.settings.is_some()
    }

    /// The message after a reconnect; `None` for the first connection. Call it before [`Self::lines`] gets the hello frame.
    pub fn reconnect_message(&self, hello: &HelloFrame) -> Option<String> {
        if !self.was_connected() {
            return None;
        }
        Some(match self.place.n() {
            Some(n) if hello.resumed == Some(Word::Known(Resumed::Ok)) => match hello.head.saturating_sub(n) {
                0 => "reconnected, nothing missed".to_owned(),
                missed => format!("reconnected, caught up {}", format_count(missed as usize, "event", "events")),
            },
            _ => "reconnected, but the missed events are not available; this is the current state".to_owned(),
        })
    }

    /// The lines for a frame.
    pub fn lines_for(&mut self, frame: &ClientFrame) -> Vec<String> {
        let epoch = self.place.epoch();
        self.place.update(frame);
        match frame {
            ClientFrame::Hello(hello) => self.on_hello(hello),
            ClientFrame::Snapshot(snapshot) => self.on_snapshot(snapshot),
            ClientFrame::Event(event) => self.on_event(event),
            ClientFrame::Tick(tick) => self.on_tick(tick),
            ClientFrame::Playback(playback) => self.on_playback(playback, epoch),
            // `watch` sends no commands, so an error precedes a close, whose reason is shown.
            ClientFrame::Error(_) | ClientFrame::Unknown => Vec::new(),
            ClientFrame::End(end) => self.on_end(end),
        }
    }

    /// The lines that still wait for a tick, for when no further frame comes.
    pub fn remaining_lines(&mut self) -> Vec<String> {
        let Some(the_end) = self.the_end.take() else { return Vec::new() };
        let mut lines = self.results_due(true);
        lines.push(the_end);
        lines
    }

    /// The status line: all scoreboards, and the state unless it is `playing`.
    pub fn status(&self) -> String {
        let boards = self.order.iter().filter_map(|id| Some((id, self.boards.get(id)?)));
        let board = |(id, board): (&String, &Scoreboard)| {
            let Scoreboard { score, clock, label, status, .. } = board;
            let score = match self.order.len() {
                1 => self.ticker.fixtures.scoreline(id, status, Some(*score)),
                _ => self.ticker.fixtures.short_scoreline(id, status, Some(*score)),
            };
            let when = match label.as_deref() {
                _ if *status == Status::Shootout => SHOOTOUT_LABEL,
                // The clock also runs between periods, where its reading is of no interest.
                Some(label) if *status != Status::Scheduled && !starts_with_digit(label) => label,
                _ => clock,
            };
            format!("{} {score}", sanitise(when))
        };
        let mut status: Vec<String> = boards.map(board).collect();
        if let Some(settings) = self.settings.as_ref().filter(|settings| settings.state != State::Playing) {
            status.push(sanitise(&settings.state.to_string()));
        }
        status.join(" | ")
    }

    fn on_hello(&mut self, hello: &HelloFrame) -> Vec<String> {
        let mut lines = self.remaining_lines();
        let first = !self.was_connected();
        let settings = PlaybackSettings::from_info(&hello.playback);
        let playing = settings.full_text();
        self.settings = Some(settings);
        if hello.resumed == Some(Word::Known(Resumed::Ok)) {
            return lines;
        }
        self.ticker.fixtures = Fixtures::from_matches(&hello.matches);
        self.order = hello.matches.iter().map(|fixture| fixture.id.clone()).collect();
        self.boards.clear();
        self.final_results = FinalResults::for_matches(&hello.matches);
        self.played = PlayedScores::default();
        (self.jump, self.show_past, self.past_shown) = (None, true, false);
        if !first {
            return lines;
        }
        lines.push(self.ticker.colours.paint(Style::new().bold(), &sanitise(&hello.title)));
        lines.extend(hello.matches.iter().map(|fixture| fixture_line(fixture, hello.matches.len() > 1)));
        if self.is_over() && self.has_ticks {
            self.the_end = Some(playing);
        } else {
            lines.push(playing);
        }
        lines
    }

    /// The key events before the connection.
    fn on_snapshot(&mut self, snapshot: &SnapshotFrame) -> Vec<String> {
        self.final_results.on_snapshot(snapshot);
        self.played.on_snapshot(snapshot);
        if !self.show_past {
            // After a jump: the line for the jump shows the scores.
            self.final_results.take_due(false);
            return Vec::new();
        }
        let mut lines = Vec::new();
        for event in snapshot.state.events.iter().filter(|event| is_key_event(event)) {
            let (match_id, op) = (snapshot.match_id.clone(), Word::Known(Op::Add));
            let event = EventFrame { match_id, was: None, op, ..event.clone() };
            if !std::mem::replace(&mut self.past_shown, true) {
                lines.push("so far:".to_owned());
            }
            lines.push(self.ticker.event_line(&event, self.played.score_of(&event.match_id)));
            self.final_results.on_event(&event);
        }
        lines
    }

    fn on_event(&mut self, event: &EventFrame) -> Vec<String> {
        self.show_past = false;
        let mut lines = self.results_due(false);
        if let Some(jump) = self.jump.take() {
            lines.push(jump.describe_to(&minute_label(event).unwrap_or_else(|| sanitise(&event.status.to_string()))));
        }
        self.final_results.on_event(event);
        self.played.on_event(event);
        if let Some(board) = self.boards.get_mut(&event.match_id) {
            board.score = event.score.unwrap_or(board.score);
        }
        let words = self.ticker.new_commentary(event);
        match words {
            Some(words) if event.kind == "commentary" => lines.push(self.ticker.commentary_line(event, &words)),
            words
                if self.all
                    || is_key_event(event)
                    || matches!(&*event.kind, "shot" | "added_time")
                    || words.is_some() =>
            {
                lines.push(self.ticker.event_line(event, self.played.score_of(&event.match_id)));
                let dimmed = Style::new().dimmed();
                lines.extend(words.map(|words| format!("{INDENT}{}", self.ticker.colours.paint(dimmed, &words))));
            }
            _ => {}
        }
        lines
    }

    fn on_tick(&mut self, tick: &TickFrame) -> Vec<String> {
        self.boards.extend(tick.matches.iter().map(|(id, board)| (id.clone(), board.clone())));
        let over = self.is_over();
        self.final_results.on_tick(&tick.matches, over);
        let mut lines = Vec::new();
        if let Some(jump) = self.jump.take() {
            lines.push(jump.describe_to(&self.status()));
            self.final_results.take_due(false);
        }
        lines.extend(self.results_due(over));
        lines.extend(self.the_end.take());
        lines
    }

    /// `epoch`: the one before this frame.
    fn on_playback(&mut self, playback: &PlaybackFrame, epoch: u64) -> Vec<String> {
        let mut lines = self.remaining_lines();
        let now = PlaybackSettings::from_info(&playback.state);
        let before = self.settings.replace(now.clone());
        // Status frames may be coalesced, and `by` belongs to the last change only: a name is shown only with a change of that
        // cause.
        let by = |causes: &[ChangeCause]| {
            playback.by.as_deref().filter(|_| causes.iter().any(|cause| playback.cause == *cause))
        };
        if playback.epoch != epoch {
            self.boards.clear();
            self.final_results.reset();
            self.played = PlayedScores::default();
            self.show_past = false;
            match playback.cause {
                Word::Known(ChangeCause::Loop | ChangeCause::Restart) => {
                    lines.push(with_actor("from the beginning", by(&[ChangeCause::Restart])))
                }
                Word::Known(ChangeCause::Resync) => lines.push("too far behind: some events were skipped".to_owned()),
                _ => {
                    let stays = playback.cause == ChangeCause::Faults;
                    let by = by(&[ChangeCause::Seek, ChangeCause::Faults]).map(str::to_owned);
                    self.jump = Some(Jump { stays, by });
                }
            }
        }
        let Some(before) = before else { return lines };
        if before.state != now.state {
            let line = with_actor(&now.state_text(), by(&[ChangeCause::Play, ChangeCause::Pause, ChangeCause::Step]));
            match (self.is_over(), self.has_ticks) {
                (true, true) => self.the_end = Some(line),
                (over, _) => {
                    lines.extend(self.results_due(over));
                    lines.push(line);
                }
            }
        }
        lines.extend(now.speed_change_text(&before, by(&[ChangeCause::Speed])));
        lines.extend(now.pace_change_text(&before, by(&[ChangeCause::Pace])));
        lines.extend(now.loop_change_text(&before, by(&[ChangeCause::Loop])));
        lines
    }

    fn on_end(&mut self, end: &EndFrame) -> Vec<String> {
        self.final_results.on_feed_ended(&end.match_id, &end.status, end.score);
        let mut lines = self.results_due(false);
        if let Some(TieInfo { leg: 2, other: OtherLeg { score: other }, away_goals, winner }) = &end.tie {
            // The frame does not carry the kicks of a shoot-out; its `winner` takes them into account.
            let legs = Legs { own: end.score, other: *other, shootout: None, over: true, away_goals: *away_goals };
            let winner = winner.as_ref().and_then(Word::known);
            lines.push(self.ticker.fixtures.aggregate_line(&end.match_id, &legs, winner));
        }
        lines
    }

    /// Whether playback has ended.
    fn is_over(&self) -> bool {
        self.settings.as_ref().is_some_and(|settings| settings.state == State::Ended)
    }

    /// The lines of the final results to show now. `over`: playback has ended, so matches that
    /// have not finished are included.
    fn results_due(&mut self, over: bool) -> Vec<String> {
        self.final_results.take_due(over).iter().map(|(id, at)| self.result_line(id, at)).collect()
    }

    /// `    FT  FULL TIME  Ups 1-0 Downs`; for a match that has not ended `NO MORE EVENTS`.
    fn result_line(&self, match_id: &str, LastSeen { status, score }: &LastSeen) -> String {
        let label = status.known().and_then(Status::label).unwrap_or_default();
        let outcome = outcome_text(status).unwrap_or("NO MORE EVENTS");
        let result = self.ticker.fixtures.scoreline(match_id, status, Some(*score));
        self.ticker.colours.paint(Style::new().bold(), &format!("{label:>6}  {outcome}  {result}"))
    }
}

/// `van-lar  Vanterra - Larkhaven, Serie A, 2018-04-22 18:45 UTC`
fn fixture_line(fixture: &MatchInfo, named: bool) -> String {
    let teams = format!("{} - {}", fixture.home.name, fixture.away.name);
    // The wire has RFC 3339 in UTC; the seconds of a kick-off are always zero.
    let kickoff = fixture.kickoff.as_deref().and_then(|at| at.get(..16)).map(|at| at.replace('T', " ") + " UTC");
    let parts = [Some(teams), fixture.competition.clone(), kickoff];
    let text = sanitise(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    if named { format!("{}  {text}", sanitise(&fixture.id)) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = r#"{"kind":"hello","replay":"main","run":"7c1e90ab","epoch":1,"head":0,"resumed":null,"title":"A night",
        "matches":[{"id":"m","competition":"Cup","kickoff":"2018-04-22T18:45:00Z","home":{"name":"Ups","short":"UPS"},
        "away":{"name":"Downs","short":"DOW"},"events":9}],"playback":{"state":"playing","speed":60,"at":0}}"#;

    fn event(n: u32, kind: &str, rest: &str) -> String {
        format!(
            r#"{{"kind":"event","match":"m","n":{n},"id":"e{n}","op":"add","type":"{kind}","status":"first_half",
            "label":"{n}","side":"home","score":{{"home":0,"away":0}}{rest}}}"#
        )
    }

    fn playback(epoch: u64, state: &str, cause: &str) -> String {
        format!(
            r#"{{"kind":"playback","state":"{state}","speed":60,"at":0,"run":"7c1e90ab","epoch":{epoch},"cause":"{cause}"}}"#
        )
    }

    fn tick(clock: &str) -> String {
        format!(
            r#"{{"kind":"tick","n":3,"matches":{{"m":{{"status":"second_half","clock":"{clock}","label":"81","running":true,
            "score":{{"home":1,"away":0}}}}}}}}"#
        )
    }

    fn show(view: &mut WatchView, frame: &str) -> Vec<String> {
        view.lines_for(&serde_json::from_str(frame).expect(frame))
    }

    #[test]
    fn the_start_the_events_and_a_jump_are_shown() {
        let mut view = WatchView::new(false, true, Colours::OFF);
        let hello = show(&mut view, HELLO);
        assert_eq!(hello, ["A night", "Ups - Downs, Cup, 2018-04-22 18:45 UTC", "playing at 60x"]);
        assert!(show(&mut view, &event(1, "pass", "")).is_empty(), "no key event");
        let words = show(&mut view, &event(2, "commentary", r#","text":"It \u001b[2Jrains.""#));
        assert_eq!(words, ["    2'  0-0  It \u{fffd}[2Jrains."]);
        let goal = show(&mut view, &event(3, "goal", r#","player":{"id":"d","name":"Doe"},"text":"In!""#));
        assert_eq!(goal, ["    3'  0-0  GOAL  Doe (Ups)", "          In!"]);
        assert!(show(&mut view, &playback(2, "playing", "seek")).is_empty(), "destination not known yet");
        assert_eq!(show(&mut view, &tick("80:12")), ["jumped to 80:12 Ups 1-0 Downs"]);
        assert_eq!(view.status(), "80:12 Ups 1-0 Downs");
        assert!(show(&mut view, &playback(3, "playing", "faults")).is_empty(), "place not known yet");
        assert_eq!(show(&mut view, &tick("80:13")), ["faults changed at 80:13 Ups 1-0 Downs"]);
        assert_eq!(show(&mut view, &playback(3, "paused", "pause")), ["paused"]);
        assert_eq!(show(&mut view, &playback(4, "playing", "loop")), ["from the beginning", "playing at 60x"]);
    }

    #[test]
    fn a_line_names_only_the_client_that_caused_it() {
        let mut view = WatchView::new(false, true, Colours::OFF);
        show(&mut view, HELLO);
        let by = |epoch: u64, state: &str, cause: &str| {
            playback(epoch, state, cause).replace("\"cause\"", r#""by":"an\u001bna","cause""#)
        };
        assert_eq!(show(&mut view, &by(1, "paused", "pause")), ["paused by an\u{fffd}na"]);
        assert_eq!(show(&mut view, &by(1, "playing", "play")), ["playing at 60x by an\u{fffd}na"]);
        assert_eq!(show(&mut view, &by(1, "paused", "pace")), ["paused"], "another client paused, before the pace");
        assert!(show(&mut view, &by(2, "paused", "seek")).is_empty(), "destination not known yet");
        assert_eq!(show(&mut view, &tick("80:12")), ["jumped by an\u{fffd}na to 80:12 Ups 1-0 Downs | paused"]);
        assert_eq!(show(&mut view, &by(3, "paused", "restart")), ["from the beginning by an\u{fffd}na"]);
        let faster = by(3, "paused", "speed").replace("\"speed\":60", "\"speed\":90");
        assert_eq!(show(&mut view, &faster), ["now at 90x by an\u{fffd}na"]);
    }

    #[test]
    fn pace_and_loop_are_shown_at_the_start_and_when_they_change() {
        let with = |frame: &str, more: &str| frame.replace("\"speed\":60", &format!("\"speed\":60{more}"));
        let mut view = WatchView::new(false, true, Colours::OFF);
        let hello = show(&mut view, &with(HELLO, r#","loop":true,"pace":"high\u001blights""#));
        assert_eq!(hello.last().map(String::as_str), Some("playing at 60x, pace high\u{fffd}lights, loop on"));
        let anna = |cause: &str| playback(1, "playing", cause).replace("\"cause\"", r#""by":"anna","cause""#);
        let both = show(&mut view, &with(&anna("pace"), r#","pace":"gap=5s""#));
        assert_eq!(both, ["pace gap=5s by anna", "loop off"], "another client, before the pace");
        assert_eq!(show(&mut view, &with(&anna("loop"), r#","loop":true,"pace":"gap=5s""#)), ["loop on by anna"]);
        assert_eq!(show(&mut view, &with(&anna("pace"), r#","loop":true"#)), ["pace off by anna"]);
    }

    #[test]
    fn full_time_is_shown_once_even_where_its_event_is_filtered_out() {
        let end = r#"{"kind":"end","match":"m","n":9,"status":"full_time","score":{"home":1,"away":0}}"#;
        let mut view = WatchView::new(false, true, Colours::OFF);
        show(&mut view, HELLO);
        assert_eq!(show(&mut view, end), ["    FT  FULL TIME  Ups 1-0 Downs"]);
        let mut view = WatchView::new(false, true, Colours::OFF);
        show(&mut view, HELLO);
        assert_eq!(show(&mut view, &event(9, "match_end", "")).len(), 1);
        assert!(show(&mut view, end).is_empty());
        // A final whistle that is removed has ended nothing.
        show(&mut view, &event(10, "match_end", "").replace("\"op\":\"add\"", "\"op\":\"remove\""));
        assert_eq!(show(&mut view, end).len(), 1);
    }

    #[test]
    fn an_award_is_shown_with_the_played_score() {
        let award = |view: &mut WatchView| {
            let award = event(9, "awarded", "").replace("\"home\":0,\"away\":0", "\"home\":3,\"away\":0");
            show(view, &award)
        };
        let mut view = WatchView::new(false, true, Colours::OFF);
        show(&mut view, HELLO);
        assert_eq!(award(&mut view), ["    9'  3-0  AWARDED  Ups 3-0 Downs"], "never played");
        show(&mut view, &playback(2, "playing", "restart"));
        show(&mut view, &event(3, "goal", r#","period":1"#).replace("\"away\":0", "\"away\":1"));
        assert_eq!(award(&mut view), ["    9'  3-0  AWARDED  Ups 3-0 Downs (played 0-1)"]);
        show(&mut view, &playback(3, "playing", "restart"));
        assert_eq!(award(&mut view), ["    9'  3-0  AWARDED  Ups 3-0 Downs"], "forgotten");
    }

    #[test]
    fn the_end_of_a_second_leg_shows_the_aggregate() {
        let end_of = |leg: u8, (home, away): (u16, u16), winner: &str| {
            let tie = format!(
                r#"{{"leg":{leg},"other":{{"match":null,"score":{{"home":2,"away":40000}}}},"away_goals":true,"winner":{winner}}}"#
            );
            format!(
                r#"{{"kind":"end","match":"m","n":9,"status":"full_time","score":{{"home":{home},"away":{away}}},"tie":{tie}}}"#
            )
        };
        let end = |leg: u8, winner: &str| end_of(leg, (1, 30000), winner);
        let mut view = WatchView::new(false, true, Colours::OFF);
        show(&mut view, HELLO);
        show(&mut view, &event(9, "match_end", ""));
        assert_eq!(show(&mut view, &end(2, r#""away""#)), ["   agg  Ups 3-70000 Downs, Downs go through"]);
        assert_eq!(show(&mut view, &end(2, "null")), ["   agg  Ups 3-70000 Downs"]);
        assert!(show(&mut view, &end(1, "null")).is_empty());
        let level = show(&mut view, &end_of(2, (39999, 1), r#""home""#));
        assert_eq!(level, ["   agg  Ups 40001-40001 Downs, Ups go through on away goals"]);
        let level_away = show(&mut view, &end_of(2, (40000, 2), r#""away""#));
        assert_eq!(level_away, ["   agg  Ups 40002-40002 Downs, Downs go through on penalties"]);
    }

    #[test]
    fn the_end_of_a_feed_shows_the_status_of_its_match() {
        let ended = playback(1, "ended", "end");
        for (status, shown, at_the_end) in [
            ("full_time", Some("    FT  FULL TIME  Ups 1-0 Downs"), None),
            ("postponed", Some("   ppd  POSTPONED  Ups - Downs"), None),
            ("abandoned", Some("   abd  ABANDONED  Ups 1-0 Downs"), None),
            ("suspended", Some("  susp  SUSPENDED  Ups 1-0 Downs"), None),
            ("half_time", None, Some("    HT  NO MORE EVENTS  Ups 1-0 Downs")),
            ("second_half", None, Some("        NO MORE EVENTS  Ups 1-0 Downs")),
        ] {
            let end =
                r#"{"kind":"end","match":"m","n":9,"status":"?","score":{"home":1,"away":0}}"#.replace('?', status);
            let mut view = WatchView::new(false, true, Colours::OFF);
            show(&mut view, HELLO);
            assert_eq!(show(&mut view, &end), Vec::from_iter(shown));
            // The clock runs on after the feed has ended, perhaps to full time.
            assert!(show(&mut view, &tick("81:00")).is_empty(), "{status}");
            let over = tick("00:00").replace("second_half", "full_time");
            let expected = ["    FT  FULL TIME  Ups 1-0 Downs"];
            assert_eq!(show(&mut view, &over), &expected[..usize::from(shown.is_none())], "{status}");
            assert!(show(&mut view, &over).is_empty(), "{status}: once");
            // Or playback ends before, and a last tick has the status then.
            let mut view = WatchView::new(false, true, Colours::OFF);
            show(&mut view, HELLO);
            show(&mut view, &end);
            assert!(show(&mut view, &ended).is_empty(), "{status}: what is left goes before the end");
            let last = show(&mut view, &tick("81:00").replace("second_half", status));
            assert_eq!(last, Vec::from_iter(at_the_end.into_iter().chain(["the end"])), "{status}");
            // Without ticks the status of the end frame counts.
            for ticks in [true, false] {
                let mut view = WatchView::new(false, ticks, Colours::OFF);
                show(&mut view, HELLO);
                show(&mut view, &end);
                let lines = [show(&mut view, &ended), view.remaining_lines()];
                assert_eq!(lines[usize::from(ticks)], last, "{status}");
                assert!(lines[usize::from(!ticks)].is_empty(), "{status}");
            }
        }
        let mut view = WatchView::new(false, true, Colours::OFF);
        show(&mut view, HELLO);
        show(&mut view, &tick("00:00").replace("second_half", "postponed").replace("\"81\"", "\"ppd\""));
        assert_eq!(view.status(), "ppd Ups - Downs");
        show(&mut view, &tick("121:40").replace("second_half", "shootout").replace("\"81\"", "\"122\""));
        assert_eq!(view.status(), "pens Ups 1-0 Downs");
    }

    #[test]
    fn a_match_without_events_ends_too() {
        let mut view = WatchView::new(false, true, Colours::OFF);
        show(&mut view, &HELLO.replace("\"events\":9", "\"events\":0"));
        let full_time = tick("00:00").replace("second_half", "full_time");
        assert!(show(&mut view, &tick("81:00")).is_empty());
        assert_eq!(show(&mut view, &full_time), ["    FT  FULL TIME  Ups 1-0 Downs"]);
        // One that has not begun when playback ends has not ended.
        show(&mut view, &playback(2, "playing", "restart"));
        show(&mut view, &playback(2, "ended", "end"));
        assert_eq!(show(&mut view, &tick("-60:00").replace("second_half", "scheduled")), ["the end"]);
    }

    #[test]
    fn a_late_viewer_sees_the_past_and_every_final_result() {
        let more = r#"{"id":"o","home":{"name":"Ons","short":"ONS"},"away":{"name":"Offs","short":"OFF"},"events":3}"#;
        let hello = HELLO.replace("\"events\":9}]", &format!("\"events\":9}},{more}]"));
        let hello = hello.replace("\"state\":\"playing\"", "\"state\":\"ended\"");
        let snapshot = |id: &str, seq: u32, status: &str, events: &[String]| {
            format!(
                r#"{{"kind":"snapshot","match":"{id}","n":12,"seq":{seq},"state":{{"status":"{status}",
                "score":{{"home":1,"away":0}},"events":[{}]}}}}"#,
                events.join(",")
            )
        };
        let shown = |last: &str, other: &str| {
            let mut view = WatchView::new(false, true, Colours::OFF);
            let mut lines = show(&mut view, &hello);
            let events = [event(3, "goal", ""), event(9, last, "")];
            lines.extend(show(&mut view, &snapshot("m", 9, "full_time", &events)));
            lines.extend(show(&mut view, &snapshot("o", 3, other, &[event(2, "red_card", "")])));
            lines.extend(show(&mut view, &tick("00:00").replace("second_half", "full_time")));
            lines.split_off(3).iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
        };
        let so_far = ["so far:", "3'  UPS 0-0 DOW  GOAL  Ups"];
        let red_card = "2'  ONS 0-0 OFF  RED CARD  Ons";
        assert_eq!(
            shown("period_end", "postponed"),
            [
                so_far[0],
                so_far[1],
                "9'  UPS 0-0 DOW  FIRST HALF  Ups",
                red_card,
                "FT  FULL TIME  Ups 1-0 Downs",
                "ppd  POSTPONED  Ons - Offs",
                "the end"
            ]
        );
        assert_eq!(
            shown("match_end", "second_half"),
            [
                so_far[0],
                so_far[1],
                "9'  UPS 0-0 DOW  FULL TIME  Ups 0-0 Downs",
                red_card,
                "NO MORE EVENTS  Ons 1-0 Offs",
                "the end"
            ],
            "each once"
        );
    }

    #[test]
    fn a_reconnect_says_what_was_missed() {
        let mut view = WatchView::new(false, true, Colours::OFF);
        let hello = |rest: &str| HELLO.replace(r#""head":0,"resumed":null"#, rest);
        let message = |view: &WatchView, rest: &str| match serde_json::from_str(&hello(rest)).expect("a frame") {
            ClientFrame::Hello(hello) => view.reconnect_message(&hello),
            _ => None,
        };
        assert_eq!(message(&view, r#""head":0,"resumed":null"#), None, "the first connection");
        show(&mut view, HELLO);
        show(&mut view, &event(3, "goal", ""));
        let ok = r#""head":17,"resumed":"ok""#;
        assert_eq!(message(&view, ok).as_deref(), Some("reconnected, caught up 14 events"));
        assert!(show(&mut view, &hello(ok)).is_empty());
        let reset = message(&view, r#""head":1,"resumed":"reset""#).expect("a message");
        assert!(reset.contains("not available"), "{reset}");
    }
}
