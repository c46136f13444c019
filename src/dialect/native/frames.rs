//! The frames around the match events: hello, playback, tick, table, end and close.

use std::time::{Instant, SystemTime};

use super::PROTOCOL;
use super::match_frames::{write_score, write_team, write_tie};
use crate::football::{LeagueTable, Match, MatchState, Reading, Side};
use crate::json::{ObjectWriter, write_object};
use crate::playback::{Playhead, Speed};
use crate::scenario::{MediaTime, ScoreboardClock, Span, Timeline, write_table_row};
use crate::words::words;

words! {
    /// Whether a returning subscriber continues where it left off.
    #[non_exhaustive]
    Resumed {
        /// Everything it missed follows, in order.
        Ok = "ok",
        /// What it missed cannot be delivered: snapshots follow.
        Reset = "reset",
    }
}

/// Where a replay is at an instant.
#[derive(Debug, Clone, Copy)]
pub struct PlaybackStatus<'a> {
    /// Identifies the content that is played, 8 hexadecimal digits.
    pub run: &'a str,
    /// The playhead.
    pub playhead: &'a Playhead,
    /// The pace in effect, as a pace command accepts it; `None`: off.
    pub pace: Option<&'a str>,
    /// The instant that this status describes.
    pub now: Instant,
    /// The same instant in wall time.
    pub wall: SystemTime,
}

impl PlaybackStatus<'_> {
    /// The media time at that instant.
    pub fn at(&self) -> MediaTime {
        self.playhead.clock.media_time(self.now)
    }
}

/// The content of a hello frame.
#[derive(Debug)]
pub struct Hello<'a> {
    /// The replay's name.
    pub replay: &'a str,
    /// Where the replay is.
    pub status: PlaybackStatus<'a>,
    /// The subscriber's number within the replay, in order of arrival.
    pub subscriber: u32,
    /// Whether this subscriber may control the replay.
    pub control: bool,
    /// The token that grants control of the replay: sent only to the subscriber that opened it.
    pub token: Option<&'a str>,
    /// Whether the subscriber continues where it left off; `None` if it sent no cursor.
    pub resumed: Option<Resumed>,
    /// The matches that the subscriber follows, as indices in ascending order.
    pub tracks: &'a [usize],
    /// The [`write_match_lines`] of the timeline, if cached: encoding hundreds of matches for each subscriber is slow.
    pub lines: Option<&'a [u8]>,
    /// By how much every kick-off is later than in the scenario, so that an old match can begin today.
    pub kickoff_offset: Span,
}

/// Writes a hello frame.
pub fn write_hello(timeline: &Timeline, hello: &Hello<'_>, out: &mut Vec<u8>) {
    let status = &hello.status;
    write_object(out, |o| {
        o.text("kind", "hello");
        o.text("protocol", PROTOCOL);
        o.text("server", env!("CARGO_PKG_VERSION"));
        o.text("replay", hello.replay);
        o.text("run", status.run);
        o.unquoted("epoch", status.playhead.epoch);
        o.unquoted("head", status.playhead.head);
        o.unquoted("subscriber", hello.subscriber);
        o.unquoted("control", hello.control);
        o.text_if("token", hello.token);
        match hello.resumed {
            Some(resumed) => o.text("resumed", resumed.as_str()),
            None => o.null("resumed"),
        }
        o.text("title", timeline.title());
        match hello.lines {
            Some(lines) => {
                o.array("matches", select_lines(lines, hello.tracks), |out, line| out.extend_from_slice(line))
            }
            None => o.array("matches", hello.tracks, |out, track| {
                write_match_line(out, timeline, *track, hello.kickoff_offset);
            }),
        }
        write_playback_object(o, timeline, status);
    });
}

/// Writes all matches as a hello frame lists them, one line each.
pub fn write_match_lines(timeline: &Timeline, kickoff_offset: Span, out: &mut Vec<u8>) {
    for track in 0..timeline.tracks().len() {
        write_match_line(out, timeline, track, kickoff_offset);
        out.push(b'\n');
    }
}

/// The lines at these indices, which must be ascending.
fn select_lines<'a>(lines: &'a [u8], places: &'a [usize]) -> impl Iterator<Item = &'a [u8]> {
    let mut from = 0;
    let mut all = memchr::memchr_iter(b'\n', lines).map(move |end| &lines[std::mem::replace(&mut from, end + 1)..end]);
    let mut next = 0;
    places.iter().filter_map(move |place| {
        let skipped = place - std::mem::replace(&mut next, place + 1);
        all.nth(skipped)
    })
}

/// Writes a match as a hello frame lists it.
pub(super) fn write_match_line(out: &mut Vec<u8>, timeline: &Timeline, track: usize, kickoff_offset: Span) {
    let track = &timeline.tracks()[track];
    write_object(out, |o| {
        write_fixture_fields(o, &track.fixture, kickoff_offset);
        o.unquoted("events", track.len());
    });
}

/// Writes what is known of a match long before it: the teams, the competition and the kick-off.
pub(super) fn write_fixture_fields(o: &mut ObjectWriter<'_>, fixture: &Match, kickoff_offset: Span) {
    o.text("id", fixture.id.as_str());
    o.text_if("competition", fixture.competition.as_deref());
    let kickoff = fixture.kickoff.0.saturating_add(kickoff_offset.as_millis());
    let kickoff = jiff::Timestamp::from_millisecond(kickoff).map(|at| at.to_string());
    o.text_or_null("kickoff", kickoff.ok().as_deref());
    for side in Side::ALL {
        o.object(side.as_str(), |o| write_team(o, fixture, *side));
    }
}

/// Writes the `playback` object of frames and documents that hold run and epoch beside it.
pub(super) fn write_playback_object(o: &mut ObjectWriter<'_>, timeline: &Timeline, status: &PlaybackStatus<'_>) {
    o.object("playback", |o| {
        write_playhead_state(o, status.playhead);
        write_speed_fields(o, status);
        write_anchor_fields(o, status, |o| {
            o.unquoted("length", timeline.length().as_millis());
        });
    });
}

fn write_playhead_state(o: &mut ObjectWriter<'_>, playhead: &Playhead) {
    o.text("state", playhead.state.as_str());
    o.unquoted("version", playhead.version);
}

/// Writes the speed in effect; the requested one if pace rules changed it; whether it loops; and the pace.
fn write_speed_fields(o: &mut ObjectWriter<'_>, status: &PlaybackStatus<'_>) {
    let playhead = status.playhead;
    let value = |speed: Speed| match speed.factor() {
        Some(factor) => factor.to_string(),
        None => "\"max\"".to_owned(),
    };
    o.unquoted("speed", value(playhead.clock.speed));
    if playhead.nominal != playhead.clock.speed {
        o.unquoted("nominal", value(playhead.nominal));
    }
    if playhead.looping {
        o.unquoted("loop", true);
    }
    o.text_if("pace", status.pace);
}

pub(super) fn write_playback_fields(o: &mut ObjectWriter<'_>, status: &PlaybackStatus<'_>) {
    write_playhead_state(o, status.playhead);
    o.text("run", status.run);
    o.unquoted("epoch", status.playhead.epoch);
    write_speed_fields(o, status);
    write_anchor_fields(o, status, |_| {});
}

/// Writes a media time and the wall time at which it was reached. Media times on the wire are whole milliseconds, so
/// the wall time is moved back by what the truncation cuts off: a client that computes due times from the pair gets no
/// error.
fn write_anchor_fields(
    o: &mut ObjectWriter<'_>,
    status: &PlaybackStatus<'_>,
    between: impl FnOnce(&mut ObjectWriter<'_>),
) {
    let (clock, at) = (&status.playhead.clock, status.at());
    o.unquoted("at", at.as_millis());
    between(o);
    let cut_off = (at - MediaTime::from_millis(at.as_millis())).to_duration();
    let earlier = match clock.speed.factor().filter(|_| clock.running) {
        Some(factor) => status.wall.checked_sub(cut_off.div_f64(factor)),
        None => None,
    };
    o.text("wall", &format_wall_time(earlier.unwrap_or(status.wall)));
}

/// Writes a playback frame: the anchor from which a client computes every due time. `status` describes the instant of
/// the clock's anchor; `by` is the sender of the command that made the change.
pub fn write_playback(status: &PlaybackStatus<'_>, cause: &str, by: Option<&str>, out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.text("kind", "playback");
        write_playback_fields(o, status);
        o.text("cause", cause);
        o.text_if("by", by);
    });
}

/// A match as a tick frame lists it.
#[derive(Debug)]
pub struct MatchTick<'a> {
    state: &'a MatchState,
    clock: ScoreboardClock,
    running: bool,
}

impl<'a> MatchTick<'a> {
    /// A match with this state at a moment; `running` says whether media time advances.
    pub fn new(timeline: &Timeline, track: usize, state: &'a MatchState, at: MediaTime, running: bool) -> Self {
        let clock = timeline.clock_at(track, at, state);
        Self { state, clock, running: running && !clock.status.is_final() }
    }

    /// The same as the feed reports it: a feed fault may bend the clock.
    pub fn reported(self, timeline: &Timeline, track: usize, at: MediaTime) -> Self {
        Self { clock: timeline.bent_clock(track, at, self.clock), ..self }
    }

    /// Writes what a scoreboard shows beside the score.
    pub(super) fn write_scoreboard(&self, o: &mut ObjectWriter<'_>) {
        let Self { clock, running, .. } = self;
        o.text("status", clock.status.as_str());
        o.unquoted_or_null("period", clock.status.period().map(|period| period.number()));
        let whole_seconds = clock.reading.as_millis().div_euclid(1_000) * 1_000;
        o.text("clock", &Reading::from_millis(whole_seconds).to_string());
        match clock.minute {
            Some(minute) => o.text("label", &minute.to_string()),
            None => o.text_or_null("label", clock.status.label()),
        }
        o.unquoted_or_null("announced", clock.announced);
        o.unquoted("running", running);
    }
}

/// Writes a tick frame: the present state of every match.
pub fn write_tick(n: u32, at: MediaTime, wall: SystemTime, matches: &[MatchTick<'_>], out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.text("kind", "tick");
        o.unquoted("n", n);
        o.unquoted("at", at.as_millis());
        o.text("wall", &format_wall_time(wall));
        o.object("matches", |o| {
            for tick in matches {
                o.object(tick.state.fixture().id.as_str(), |o| {
                    tick.write_scoreboard(o);
                    write_score(o, "score", Some(tick.state.score()));
                });
            }
        });
    });
}

/// Writes a table frame: a league table after the first `n` cues.
pub fn write_table(league: &LeagueTable, n: usize, out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.text("kind", "table");
        o.unquoted("n", n);
        write_table_fields(o, league);
    });
}

/// Writes the fields of a league table.
pub(super) fn write_table_fields(o: &mut ObjectWriter<'_>, league: &LeagueTable) {
    o.text("competition", &league.competition);
    o.text_if("season", league.season.as_deref());
    o.array("rows", &league.rows, |out, row| write_object(out, |o| write_table_row(o, row)));
}

/// Writes an end frame: the cue at `index` is the last of its match. `status` may be any status: a feed can break off
/// in the second half.
pub fn write_end(timeline: &Timeline, index: usize, out: &mut Vec<u8>) {
    let truth = timeline.truth();
    let cue = &truth.cues()[timeline.true_index(index + 1) - 1];
    let track = usize::from(cue.track);
    write_object(out, |o| {
        o.text("kind", "end");
        o.text("match", timeline.tracks()[track].fixture.id.as_str());
        o.unquoted("n", index + 1);
        o.text("status", cue.event.status.as_str());
        write_score(o, "score", Some(cue.score));
        write_tie(o, timeline, timeline.tie_at(track, index + 1));
    });
}

/// Writes a close frame: the reason why a stream ends whose transport has no close codes.
pub fn write_close(code: u16, reason: &str, out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.text("kind", "close");
        o.unquoted("code", code);
        o.text("reason", reason);
    });
}

/// Formats a time as `2026-11-22T06:00:00.123456Z`: to the microsecond, so that a client on the same machine can
/// measure latency.
pub fn format_wall_time(wall: SystemTime) -> String {
    match jiff::Timestamp::try_from(wall) {
        Ok(at) => format!("{at:.6}"),
        // After the year 9999. No clock is that wrong, but a frame must be sent.
        Err(_) => String::from("9999-12-31T23:59:59.999999Z"),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn wall_time_has_microseconds_at_any_time() {
        let at = |since: Duration| format_wall_time(SystemTime::UNIX_EPOCH + since);
        assert_eq!(at(Duration::from_nanos(1_795_327_200_123_456_789)), "2026-11-22T06:00:00.123456Z");
        assert_eq!(at(Duration::ZERO), "1970-01-01T00:00:00.000000Z");
        assert_eq!(at(Duration::from_secs(1 << 40)), "9999-12-31T23:59:59.999999Z");
    }

    #[test]
    fn a_due_time_from_an_anchor_is_exact_though_its_media_time_is_cut() {
        use std::time::Instant;

        use crate::playback::{Command, Playback, PlaybackOptions};
        use crate::scenario::{SHIPPED, Timeline};

        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let (began, epoch) = (Instant::now(), SystemTime::UNIX_EPOCH);
        let options = PlaybackOptions { speed: Speed::parse("8").expect("a speed"), ..PlaybackOptions::default() };
        let mut playback = Playback::new(&timeline, options, began).expect("a playback");
        // 8 x 100.1 ms: 0.8 ms of media time are cut off, and with them 0.1 ms of wall time.
        let later = began + Duration::from_micros(100_100);
        playback.advance(&timeline, later);
        playback.apply(&timeline, &Command::parse_line("speed 4").expect("a command"), later).expect("applied");
        let (playhead, wall) = (playback.playhead(), epoch + (later - began));
        let mut frame = Vec::new();
        let status = PlaybackStatus { run: "7c1e90ab", playhead: &playhead, pace: None, now: later, wall };
        super::write_playback(&status, "speed", None, &mut frame);
        let frame: serde_json::Value = serde_json::from_slice(&frame).expect("JSON");
        let at = u64::try_from(frame["at"].as_i64().expect("a number")).expect("positive");
        let anchor: jiff::Timestamp = frame["wall"].as_str().expect("a time").parse().expect("a time");
        let reader = epoch
            + Duration::from_micros(u64::try_from(anchor.as_microsecond()).expect("positive"))
            + Duration::from_millis(60_000 - at) / 4;
        let due = playhead.clock.due_at(MediaTime::from_millis(60_000)).expect("it runs");
        let exact = epoch + (due - began);
        let apart = exact.duration_since(reader).unwrap_or_else(|early| early.duration());
        assert_eq!(at, 800);
        assert!(apart <= Duration::from_micros(1), "{apart:?} apart");
    }

    #[test]
    fn selected_lines_equal_written_ones() {
        let timeline = Timeline::new(&crate::scenario::SHIPPED[1].load().expect("shipped"));
        let (moved, mut lines) = (Span::from_secs(60), Vec::new());
        write_match_lines(&timeline, moved, &mut lines);
        let count = timeline.tracks().len();
        for tracks in [vec![], vec![0], vec![count - 1], vec![1, 3, 4], (0..count).collect::<Vec<_>>()] {
            let (mut written, mut selected) = (Vec::new(), Vec::new());
            crate::json::write_array(&mut written, &tracks, |out, track| {
                write_match_line(out, &timeline, *track, moved)
            });
            crate::json::write_array(&mut selected, select_lines(&lines, &tracks), |out, line| {
                out.extend_from_slice(line)
            });
            assert_eq!(written, selected);
        }
    }
}
