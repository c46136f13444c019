//! The present state of a replay over HTTP: match states, league tables, and the history of events.

use super::super::frames::{MatchTick, PlaybackStatus, write_playback_object, write_table_fields};
use super::super::match_frames::{MatchSnapshot, SnapshotDetail, write_event};
use crate::json::{ObjectWriter, write_array, write_object};
use crate::scenario::Timeline;

/// Writes the state of the matches at these indices in [`Timeline::tracks`]:
/// `{"run","epoch","n","playback":{},"matches":[{"match","n","seq","at","now":{},"state":{}}]}`.
///
/// `n` is the number of events released so far, `playback` as in hello. For each match, `seq` is the number of its last
/// event, `at` when the event numbered `n` was due, `now` what a scoreboard shows (as in ticks), and `state` byte for
/// byte that of a snapshot at `n`.
pub fn write_state(
    timeline: &Timeline,
    status: &PlaybackStatus<'_>,
    tracks: &[usize],
    detail: SnapshotDetail,
    out: &mut Vec<u8>,
) {
    write_object(out, |o| {
        write_run_and_epoch(o, status);
        o.unquoted("n", status.playhead.head);
        write_playback_object(o, timeline, status);
        o.array("matches", tracks, |out, track| {
            write_object(out, |o| {
                let snapshot = MatchSnapshot::at_present(timeline, *track, status.playhead.head, status.at());
                snapshot.write_place_fields(o);
                write_scoreboard(o, timeline, status, *track, &snapshot);
                snapshot.write_state(o, detail);
            });
        });
    });
}

/// Writes the state of one match, without a list:
/// `{"run","epoch","playback":{},"match","n","seq","at","now":{},"state":{}}`.
pub fn write_match_state(
    timeline: &Timeline,
    status: &PlaybackStatus<'_>,
    track: usize,
    detail: SnapshotDetail,
    out: &mut Vec<u8>,
) {
    let snapshot = MatchSnapshot::at_present(timeline, track, status.playhead.head, status.at());
    write_object(out, |o| {
        write_run_and_epoch(o, status);
        write_playback_object(o, timeline, status);
        snapshot.write_place_fields(o);
        write_scoreboard(o, timeline, status, track, &snapshot);
        snapshot.write_state(o, detail);
    });
}

/// Writes the present league tables at these indices in [`Timeline::tables`]:
/// `{"run","epoch","n","tables":[{"competition","season","rows":[]}]}`, each as in a table frame.
pub fn write_tables(
    timeline: &Timeline,
    status: &PlaybackStatus<'_>,
    tables: impl IntoIterator<Item = usize>,
    out: &mut Vec<u8>,
) {
    let true_index = timeline.true_index_at(status.playhead.head as usize, status.at());
    write_object(out, |o| {
        write_run_and_epoch(o, status);
        o.unquoted("n", status.playhead.head);
        o.array("tables", tables, |out, table| {
            write_object(out, |o| write_table_fields(o, &timeline.truth().table_at(table, true_index)));
        });
    });
}

/// The maximum range of numbers in one request for history: a few megabytes of a complete feed.
pub const MAX_HISTORY: usize = 10_000;

/// Writes the event frames of these cues (indices in [`Timeline::cues`], each one less than its `n`) as an array, each
/// with the bytes that subscribers receive. Silent cues have none.
pub fn write_history(timeline: &Timeline, cues: impl IntoIterator<Item = usize>, out: &mut Vec<u8>) {
    write_array(out, cues, |out, index| write_event(timeline, index, out));
}

/// The entity tag of a state of a replay: `W/"run.epoch.n.version.birth"`. Weak, because the clock advances within it.
/// `birth` distinguishes the replay from others with the same content, and from itself before a restart of the server. With feed
/// faults the state changes also where nothing is sent, so the tag ends with the number of true events.
pub fn etag(timeline: &Timeline, status: &PlaybackStatus<'_>, birth: u32) -> String {
    let PlaybackStatus { run, playhead, .. } = status;
    let past = || format!(".{}", timeline.true_index_at(playhead.head as usize, status.at()));
    let past = timeline.faults().is_some().then(past).unwrap_or_default();
    format!("W/\"{run}.{}.{}.{}.{birth:x}{past}\"", playhead.epoch, playhead.head, playhead.version)
}

fn write_run_and_epoch(o: &mut ObjectWriter<'_>, status: &PlaybackStatus<'_>) {
    o.text("run", status.run);
    o.unquoted("epoch", status.playhead.epoch);
}

fn write_scoreboard(
    o: &mut ObjectWriter<'_>,
    timeline: &Timeline,
    status: &PlaybackStatus<'_>,
    track: usize,
    snapshot: &MatchSnapshot<'_>,
) {
    let now = MatchTick::new(timeline, track, &snapshot.state, status.at(), status.playhead.clock.running);
    o.object("now", |o| now.write_scoreboard(o));
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use serde_json::{Value, json};

    use super::super::super::{write_snapshot, write_table, write_tick};
    use super::*;
    use crate::playback::{Command, Playback, PlaybackOptions, Playhead, Speed};
    use crate::scenario::SHIPPED;

    /// A replay at speed 60, some seconds after these commands.
    fn after(timeline: &Timeline, seconds: f64, commands: &[&str]) -> (Playhead, Instant) {
        let began = Instant::now();
        let options = PlaybackOptions { speed: Speed::parse("60").expect("a speed"), ..PlaybackOptions::default() };
        let mut playback = Playback::new(timeline, options, began).expect("a playback");
        for command in commands {
            playback.apply(timeline, &Command::parse_line(command).expect("a command"), began).expect("applied");
        }
        let now = began + Duration::from_secs_f64(seconds);
        playback.advance(timeline, now);
        (playback.playhead(), now)
    }

    fn status<'a>((playhead, now): &'a (Playhead, Instant)) -> PlaybackStatus<'a> {
        PlaybackStatus { run: "1c26fa5e", playhead, pace: None, now: *now, wall: SystemTime::UNIX_EPOCH }
    }

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("text")
    }

    fn read(text: &str) -> Value {
        serde_json::from_str(text).expect("JSON")
    }

    #[test]
    fn the_state_of_the_flagship_after_the_goal() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let at = after(&timeline, 0.5, &["seek 89:07"]);
        let text = written(|out| write_state(&timeline, &status(&at), &[0], SnapshotDetail::Key, out));
        let document = read(&text);
        let keys: Vec<_> = document.as_object().expect("an object").keys().map(String::as_str).collect();
        assert_eq!(keys, ["epoch", "matches", "n", "playback", "run"]);
        assert_eq!((&document["run"], &document["epoch"]), (&json!("1c26fa5e"), &json!(2)));
        assert_eq!(document["playback"]["at"], json!(6_462_000));
        assert_eq!(document["playback"]["length"], json!(6_827_000));
        assert_eq!(document["playback"]["wall"], json!("1970-01-01T00:00:00.000000Z"));
        let of = &document["matches"][0];
        assert_eq!((&of["match"], &of["n"]), (&json!("juv-nap"), &document["n"]));
        assert_eq!(of["state"]["score"], json!({"home": 0, "away": 1}));
        assert_eq!(
            of["now"],
            json!({"status":"second_half","period":2,"clock":"89:37","label":"90","announced":null,"running":true})
        );

        let one = read(&written(|out| write_match_state(&timeline, &status(&at), 0, SnapshotDetail::Key, out)));
        for key in ["match", "n", "seq", "at", "now", "state"] {
            assert_eq!(one[key], of[key], "{key}");
        }
        for key in ["run", "epoch", "n", "playback"] {
            assert_eq!(one[key], document[key], "{key}");
        }
    }

    #[test]
    fn states_equal_snapshots_and_scoreboards_equal_ticks() {
        for shipped in SHIPPED {
            let timeline = Timeline::new(&shipped.load().expect("shipped"));
            let tracks: Vec<usize> = (0..timeline.tracks().len()).collect();
            let (mut at, now) = after(&timeline, 20.0, &[]);
            for head in (0..=timeline.cues().len()).step_by(37) {
                at.head = u32::try_from(head).expect("few");
                let at = (at, now);
                for detail in [SnapshotDetail::Key, SnapshotDetail::Full] {
                    let text = written(|out| write_state(&timeline, &status(&at), &tracks, detail, out));
                    let listed = read(&text)["matches"].as_array().expect("a list").len();
                    assert_eq!(listed, tracks.len());
                    for track in &tracks {
                        let snapshot = written(|out| write_snapshot(&timeline, *track, head, head, detail, out));
                        let state = &snapshot[snapshot.find("\"state\":").expect("a state")..];
                        assert!(text.contains(state), "{state} is not in {text}");
                        let one = written(|out| write_match_state(&timeline, &status(&at), *track, detail, out));
                        assert!(one.ends_with(state), "{one} does not end with {state}");
                    }
                }
                let media = status(&at).at();
                let document =
                    read(&written(|out| write_state(&timeline, &status(&at), &tracks, SnapshotDetail::Key, out)));
                for (track, of) in tracks.iter().zip(document["matches"].as_array().expect("a list")) {
                    let state = timeline.state_at(*track, head);
                    let match_tick = MatchTick::new(&timeline, *track, &state, media, true);
                    let tick =
                        read(&written(|out| write_tick(at.0.head, media, SystemTime::UNIX_EPOCH, &[match_tick], out)));
                    let mut ticked = tick["matches"][state.fixture().id.as_str()].clone();
                    assert_eq!(
                        ticked.as_object_mut().and_then(|fields| fields.remove("score")),
                        Some(of["state"]["score"].clone())
                    );
                    assert_eq!(ticked, of["now"]);
                }
            }
        }
    }

    #[test]
    fn the_tables_are_those_of_the_frames() {
        let timeline = Timeline::new(&SHIPPED[1].load().expect("shipped"));
        let mut at = after(&timeline, 0.0, &[]);
        for head in [0, 300, timeline.cues().len()] {
            at.0.head = u32::try_from(head).expect("few");
            let document = read(&written(|out| write_tables(&timeline, &status(&at), [0], out)));
            assert_eq!(document["n"], json!(head));
            let mut frame = read(&written(|out| write_table(&timeline.table_at(0, head), head, out)));
            frame.as_object_mut().expect("an object").retain(|key, _| key != "kind" && key != "n");
            assert_eq!(document["tables"], json!([frame]));
        }
        let without = Timeline::new(&crate::scenario::testing::scenario(""));
        at.0.head = 0;
        assert_eq!(read(&written(|out| write_tables(&without, &status(&at), [], out)))["tables"], json!([]));
    }

    #[test]
    fn history_is_the_frames_themselves() {
        let timeline = Timeline::new(&SHIPPED[2].load().expect("shipped"));
        let goals = |index: &usize| timeline.cues()[*index].event.kind.as_str() == "goal";
        let text = written(|out| write_history(&timeline, (0..timeline.cues().len()).filter(goals), out));
        let goals: Vec<usize> = (0..timeline.cues().len()).filter(goals).collect();
        let frames: Vec<String> =
            goals.iter().map(|index| written(|out| write_event(&timeline, *index, out))).collect();
        assert!(frames.len() > 5 && frames.iter().any(|frame| frame.contains("\"op\":\"remove\"")));
        assert_eq!(text, format!("[{}]", frames.join(",")));
        assert_eq!(read(&text).as_array().map(Vec::len), Some(frames.len()));
        assert_eq!(written(|out| write_history(&timeline, [], out)), "[]");
    }

    #[test]
    fn every_change_of_a_replay_changes_its_etag() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let named = |seconds, commands: &[&str]| etag(&timeline, &status(&after(&timeline, seconds, commands)), 0x7c);
        assert_eq!(named(0.0, &[]), named(0.0, &[]));
        assert!(named(0.0, &[]).starts_with("W/\"1c26fa5e.1."), "{}", named(0.0, &[]));
        let names = [named(0.0, &[]), named(10.0, &[]), named(0.0, &["pause"]), named(0.0, &["seek HT"])];
        for (at, name) in names.iter().enumerate() {
            assert!(!names[..at].contains(name), "{names:?}");
        }
    }
}
