//! The frames around the football: hello, playback, tick, table, end, reply, error and close.

use std::time::{Instant, SystemTime};

use super::PROTOCOL;
use super::story::{score, team, tie};
use crate::football::{LeagueTable, Match, MatchState, Reading, Side};
use crate::json::{ObjectWriter, object, text};
use crate::playback::{Applied, Playhead, Rejection, Speed};
use crate::scenario::{MediaTime, ScoreboardClock, Span, Timeline, table_row};

/// Whether a subscriber that came back was taken up where it left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resumed {
    /// It had not been here before, or did not say.
    Fresh,
    /// Everything it missed follows, in order.
    Ok,
    /// It cannot be told what it missed: snapshots follow.
    Reset,
}

/// Where a replay is, and when that was.
#[derive(Debug, Clone, Copy)]
pub struct Whereabouts<'a> {
    /// Names what is played, 8 hexadecimal digits.
    pub run: &'a str,
    /// Where it is.
    pub playhead: &'a Playhead,
    /// The pace that was in force there, as a pace command would take it; `None`: it was off.
    pub pace: Option<&'a str>,
    /// When that was.
    pub now: Instant,
    /// Likewise, on the wall.
    pub wall: SystemTime,
}

impl Whereabouts<'_> {
    /// Where media time is.
    pub fn at(&self) -> MediaTime {
        self.playhead.clock.media_time(self.now)
    }
}

/// What the first frame tells.
#[derive(Debug)]
pub struct Hello<'a> {
    /// The replay's name.
    pub replay: &'a str,
    /// Where it is.
    pub here: Whereabouts<'a>,
    /// Its number among the replay's subscribers, in the order of their coming.
    pub subscriber: u32,
    /// Whether this subscriber may control the replay.
    pub control: bool,
    /// What gives the right to control the replay: told to whoever opened it.
    pub token: Option<&'a str>,
    /// Whether it was taken up where it left.
    pub resumed: Resumed,
    /// The matches that it follows, in order.
    pub tracks: &'a [usize],
    /// The [`match_lines`] of the timeline, where somebody has them: to write hundreds anew takes long.
    pub lines: Option<&'a [u8]>,
    /// By how much every kick-off is told later than the scenario has it: for who wants to see an old match begin today.
    pub kickoff_moved: Span,
}

/// The hello frame.
pub fn hello(timeline: &Timeline, hello: &Hello<'_>, out: &mut Vec<u8>) {
    let here = &hello.here;
    object(out, |o| {
        o.text("kind", "hello");
        o.text("protocol", PROTOCOL);
        o.text("server", env!("CARGO_PKG_VERSION"));
        o.text("replay", hello.replay);
        o.text("run", here.run);
        o.plain("epoch", here.playhead.epoch);
        o.plain("head", here.playhead.head);
        o.plain("subscriber", hello.subscriber);
        o.plain("control", hello.control);
        o.text_if("token", hello.token);
        match hello.resumed {
            Resumed::Fresh => o.null("resumed"),
            Resumed::Ok => o.text("resumed", "ok"),
            Resumed::Reset => o.text("resumed", "reset"),
        }
        o.text("title", timeline.title());
        match hello.lines {
            Some(lines) => o.array("matches", picked(lines, hello.tracks), |out, line| out.extend_from_slice(line)),
            None => o.array("matches", hello.tracks, |out, track| {
                match_line(out, timeline, *track, hello.kickoff_moved);
            }),
        }
        playback_now(o, timeline, here);
    });
}

/// All matches as hello tells of them, a line each.
pub fn match_lines(timeline: &Timeline, kickoff_moved: Span, out: &mut Vec<u8>) {
    for track in 0..timeline.tracks().len() {
        match_line(out, timeline, track, kickoff_moved);
        out.push(b'\n');
    }
}

/// Some of the lines, by their places in order.
fn picked<'a>(lines: &'a [u8], places: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut from = 0;
    let mut all = memchr::memchr_iter(b'\n', lines).map(move |end| &lines[std::mem::replace(&mut from, end + 1)..end]);
    let mut next = 0;
    places.iter().filter_map(move |place| {
        let skipped = place - std::mem::replace(&mut next, place + 1);
        all.nth(skipped)
    })
}

/// A match as hello tells of it.
pub(super) fn match_line(out: &mut Vec<u8>, timeline: &Timeline, track: usize, kickoff_moved: Span) {
    let track = &timeline.tracks()[track];
    object(out, |o| {
        pairing(o, &track.fixture, kickoff_moved);
        o.plain("events", track.len());
    });
}

/// Who plays whom and when: all of a match that is known long before it.
pub(super) fn pairing(o: &mut ObjectWriter<'_>, fixture: &Match, kickoff_moved: Span) {
    o.text("id", fixture.id.as_str());
    o.text_if("competition", fixture.competition.as_deref());
    let kickoff = fixture.kickoff.0.saturating_add(kickoff_moved.as_millis());
    let kickoff = jiff::Timestamp::from_millisecond(kickoff).map(|at| at.to_string());
    o.text_or_null("kickoff", kickoff.ok().as_deref());
    for side in Side::ALL {
        o.object(side.as_str(), |o| team(o, fixture, *side));
    }
}

/// Where playback is just now, for who is told run and epoch beside it.
pub(super) fn playback_now(o: &mut ObjectWriter<'_>, timeline: &Timeline, here: &Whereabouts<'_>) {
    o.object("playback", |o| {
        state(o, here.playhead);
        manner(o, here);
        anchor(o, here, |o| {
            o.plain("length", timeline.length().as_millis());
        });
    });
}

fn state(o: &mut ObjectWriter<'_>, playhead: &Playhead) {
    o.text("state", playhead.state.as_str());
    o.plain("version", playhead.version);
}

/// How it plays: the speed that the clock runs at and, where the pace has changed it, the one that was asked for; whether in
/// laps; the pace.
fn manner(o: &mut ObjectWriter<'_>, here: &Whereabouts<'_>) {
    let playhead = here.playhead;
    let value = |speed: Speed| match speed.factor() {
        Some(factor) => factor.to_string(),
        None => "\"max\"".to_owned(),
    };
    o.plain("speed", value(playhead.clock.speed));
    if playhead.nominal != playhead.clock.speed {
        o.plain("nominal", value(playhead.nominal));
    }
    if playhead.looping {
        o.plain("loop", true);
    }
    o.text_if("pace", here.pace);
}

fn playback_fields(o: &mut ObjectWriter<'_>, here: &Whereabouts<'_>) {
    state(o, here.playhead);
    o.text("run", here.run);
    o.plain("epoch", here.playhead.epoch);
    manner(o, here);
    anchor(o, here, |_| {});
}

/// A media time, and when it was. The timeline is told in milliseconds: what that cuts off the one is taken off the other as
/// well, so that a reader who computes due times from the pair is not put off by it.
fn anchor(o: &mut ObjectWriter<'_>, here: &Whereabouts<'_>, between: impl FnOnce(&mut ObjectWriter<'_>)) {
    let (clock, at) = (&here.playhead.clock, here.at());
    o.plain("at", at.as_millis());
    between(o);
    let cut_off = (at - MediaTime::from_millis(at.as_millis())).to_duration();
    let earlier = match clock.speed.factor().filter(|_| clock.running) {
        Some(factor) => here.wall.checked_sub(cut_off.div_f64(factor)),
        None => None,
    };
    o.text("wall", &wall_time(earlier.unwrap_or(here.wall)));
}

/// The playback frame: the anchor from which a reader computes every due time. It is told of the instant at which the clock's
/// own anchor was taken; `by` is who made the change.
pub fn playback(here: &Whereabouts<'_>, cause: &str, by: Option<&str>, out: &mut Vec<u8>) {
    object(out, |o| {
        o.text("kind", "playback");
        playback_fields(o, here);
        o.text("cause", cause);
        o.text_if("by", by);
    });
}

/// What a tick tells of one match.
#[derive(Debug)]
pub struct MatchTick<'a> {
    state: &'a MatchState,
    clock: ScoreboardClock,
    running: bool,
}

impl<'a> MatchTick<'a> {
    /// Of a match with this state at a moment; `running` says whether media time runs.
    pub fn new(timeline: &Timeline, track: usize, state: &'a MatchState, at: MediaTime, running: bool) -> Self {
        let clock = timeline.clock_at(track, at, state);
        Self { state, clock, running: running && !clock.status.is_final() }
    }

    /// What a scoreboard shows beside the score.
    pub(super) fn scoreboard(&self, o: &mut ObjectWriter<'_>) {
        let Self { clock, running, .. } = self;
        o.text("status", clock.status.as_str());
        o.plain_or_null("period", clock.status.period().map(|period| period.number()));
        let whole_seconds = clock.reading.as_millis().div_euclid(1_000) * 1_000;
        o.text("clock", &Reading::from_millis(whole_seconds).to_string());
        match clock.minute {
            Some(minute) => o.text("label", &minute.to_string()),
            None => o.text_or_null("label", clock.status.label()),
        }
        o.plain_or_null("announced", clock.announced);
        o.plain("running", running);
    }
}

/// The tick frame: where every match is just now.
pub fn tick(n: u32, at: MediaTime, wall: SystemTime, matches: &[MatchTick<'_>], out: &mut Vec<u8>) {
    object(out, |o| {
        o.text("kind", "tick");
        o.plain("n", n);
        o.plain("at", at.as_millis());
        o.text("wall", &wall_time(wall));
        o.object("matches", |o| {
            for tick in matches {
                o.object(tick.state.fixture().id.as_str(), |o| {
                    tick.scoreboard(o);
                    score(o, "score", Some(tick.state.score()));
                });
            }
        });
    });
}

/// The table frame: a league table after the first `n` cues.
pub fn table(league: &LeagueTable, n: usize, out: &mut Vec<u8>) {
    object(out, |o| {
        o.text("kind", "table");
        o.plain("n", n);
        standings(o, league);
    });
}

/// What a league table says.
pub(super) fn standings(o: &mut ObjectWriter<'_>, league: &LeagueTable) {
    o.text("competition", &league.competition);
    o.text_if("season", league.season.as_deref());
    o.array("rows", &league.rows, |out, row| object(out, |o| table_row(o, row)));
}

/// The end frame: the cue at `index` is the last of its match. `status` is where the match is then: a feed may break off in the
/// second half.
pub fn end(timeline: &Timeline, index: usize, out: &mut Vec<u8>) {
    let cue = &timeline.cues()[index];
    let track = usize::from(cue.track);
    object(out, |o| {
        o.text("kind", "end");
        o.text("match", timeline.tracks()[track].fixture.id.as_str());
        o.plain("n", index + 1);
        o.text("status", cue.event.status.as_str());
        score(o, "score", Some(cue.score));
        tie(o, timeline, timeline.tie_at(track, index + 1));
    });
}

/// The answer to a request; `id` is the request's own, as JSON.
pub fn reply(id: Option<&str>, fill: impl FnOnce(&mut ReplyBody<'_, '_>), out: &mut Vec<u8>) {
    object(out, |o| {
        o.text("kind", "reply");
        o.verbatim_if("id", id);
        o.plain("ok", true);
        fill(&mut ReplyBody(o));
    });
}

/// The same for one who asked over HTTP, where the connection says what it answers.
pub fn answer(fill: impl FnOnce(&mut ReplyBody<'_, '_>), out: &mut Vec<u8>) {
    object(out, |o| {
        o.plain("ok", true);
        fill(&mut ReplyBody(o));
    });
}

/// What a reply may tell.
pub struct ReplyBody<'a, 'b>(&'a mut ObjectWriter<'b>);

impl ReplyBody<'_, '_> {
    /// What a command really did, where playback is after it, and what the scoreboard shows.
    pub fn outcome(&mut self, timeline: &Timeline, applied: &Applied, here: &Whereabouts<'_>) {
        self.applied(applied);
        self.playback(here);
        self.now(timeline, applied, here);
    }

    fn applied(&mut self, applied: &Applied) {
        if let Some(stepped) = &applied.stepped {
            self.0.plain("from", stepped.from);
            self.0.plain("to", stepped.to);
            self.0.plain("reached", stepped.reached);
        }
        if applied.beyond {
            self.0.plain("beyond", true);
        }
    }

    /// What the scoreboard shows of the match that a command was about, or of the only one; where there are several, how many
    /// are in play.
    fn now(&mut self, timeline: &Timeline, applied: &Applied, here: &Whereabouts<'_>) {
        let (at, matches) = (here.at(), timeline.tracks().len());
        if let Some(track) = applied.track.or((matches == 1).then_some(0)) {
            let state = timeline.state_at(track, here.playhead.head as usize);
            let tick = MatchTick::new(timeline, track, &state, at, here.playhead.clock.running);
            self.0.object("now", |o| {
                o.text("match", state.fixture().id.as_str());
                tick.scoreboard(o);
                score(o, "score", Some(state.score()));
            });
        }
        if matches > 1 {
            self.0.plain("in_play", timeline.in_play_at(at));
        }
    }

    /// How many subscribers have been told.
    pub fn subscribers(&mut self, count: usize) {
        self.0.plain("subscribers", count);
    }

    /// Where playback is after it.
    pub fn playback(&mut self, here: &Whereabouts<'_>) {
        self.0.object("playback", |o| playback_fields(o, here));
    }

    /// The reply to a ping: its payload as JSON on one line, and the time.
    pub fn pong(&mut self, payload: Option<&str>, wall: SystemTime) {
        self.0.verbatim_if("payload", payload);
        self.0.text("wall", &wall_time(wall));
    }
}

/// The error frame; `id` is the request's own, as JSON.
pub fn error(id: Option<&str>, rejection: &Rejection, out: &mut Vec<u8>) {
    object(out, |o| {
        o.text("kind", "error");
        o.verbatim_if("id", id);
        o.text("code", rejection.code);
        o.text("message", &rejection.message);
        if !rejection.accepted.is_empty() {
            o.array("accepted", &rejection.accepted, |out, word| text(out, word));
        }
    });
}

/// The last frame of a stream that has no close codes of its own: why it ends.
pub fn close(code: u16, reason: &str, out: &mut Vec<u8>) {
    object(out, |o| {
        o.text("kind", "close");
        o.plain("code", code);
        o.text("reason", reason);
    });
}

/// A moment as `2026-11-22T06:00:00.123456Z`: to the microsecond, for readers on this machine who measure lateness.
pub fn wall_time(wall: SystemTime) -> String {
    match jiff::Timestamp::try_from(wall) {
        Ok(at) => format!("{at:.6}"),
        // Beyond the year 9999: no clock is that far off, and a frame must still be sent.
        Err(_) => String::from("9999-12-31T23:59:59.999999Z"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn wall_time_is_told_to_the_microsecond_whenever_it_is() {
        let at = |since: Duration| wall_time(SystemTime::UNIX_EPOCH + since);
        assert_eq!(at(Duration::from_nanos(1_795_327_200_123_456_789)), "2026-11-22T06:00:00.123456Z");
        assert_eq!(at(Duration::ZERO), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(Duration::from_secs(1 << 40)), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn a_due_time_from_an_anchor_is_exact_though_its_media_time_is_cut() {
        use std::time::Instant;

        use crate::playback::{Command, Options, Playback};
        use crate::scenario::{SHIPPED, Timeline};

        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let (began, epoch) = (Instant::now(), SystemTime::UNIX_EPOCH);
        let options = Options { speed: Speed::parse("8").expect("a speed"), ..Options::default() };
        let mut playback = Playback::new(&timeline, options, began).expect("a playback");
        // 8 x 100.1 ms: 0.8 ms of media time are cut off, and a tenth of a millisecond of wall time with them.
        let later = began + Duration::from_micros(100_100);
        playback.advance(&timeline, later);
        playback.apply(&timeline, &Command::parse_line("speed 4").expect("a command"), later).expect("applied");
        let (playhead, wall) = (playback.playhead(), epoch + (later - began));
        let mut frame = Vec::new();
        let here = Whereabouts { run: "7c1e90ab", playhead: &playhead, pace: None, now: later, wall };
        super::playback(&here, "speed", None, &mut frame);
        let frame: serde_json::Value = serde_json::from_slice(&frame).expect("JSON");
        let at = u64::try_from(frame["at"].as_i64().expect("a number")).expect("positive");
        let anchor: jiff::Timestamp = frame["wall"].as_str().expect("a time").parse().expect("a time");
        let reader = epoch
            + Duration::from_micros(u64::try_from(anchor.as_microsecond()).expect("positive"))
            + Duration::from_millis(60_000 - at) / 4;
        let due = playhead.clock.due(MediaTime::from_millis(60_000)).expect("it runs");
        let exact = epoch + (due - began);
        let apart = exact.duration_since(reader).unwrap_or_else(|early| early.duration());
        assert_eq!(at, 800);
        assert!(apart <= Duration::from_micros(1), "{apart:?} apart");
    }

    #[test]
    fn hello_picks_lines_as_it_writes_them() {
        let timeline = Timeline::new(&crate::scenario::SHIPPED[1].load().expect("shipped"));
        let (moved, mut lines) = (Span::from_secs(60), Vec::new());
        match_lines(&timeline, moved, &mut lines);
        let count = timeline.tracks().len();
        for tracks in [vec![], vec![0], vec![count - 1], vec![1, 3, 4], (0..count).collect::<Vec<_>>()] {
            let (mut written, mut taken) = (Vec::new(), Vec::new());
            crate::json::array(&mut written, &tracks, |out, track| match_line(out, &timeline, *track, moved));
            crate::json::array(&mut taken, picked(&lines, &tracks), |out, line| out.extend_from_slice(line));
            assert_eq!(written, taken);
        }
    }
}
