//! The lists over HTTP: replays that are open, and scenarios that can be opened.

use std::sync::Arc;
use std::time::Duration;

use super::super::frames::{PlaybackStatus, write_match_line, write_playback_object};
use super::super::reply::write_findings;
use crate::json::{write_object, write_text};
use crate::scenario::{Findings, Span, Timeline};

/// A replay in a list.
#[derive(Debug, Clone, Copy)]
pub struct ReplayEntry<'a> {
    /// Its name.
    pub id: &'a str,
    /// Where it is.
    pub status: PlaybackStatus<'a>,
    /// Whether it is shared, so that controlling it takes a token.
    pub shared: bool,
    /// How many subscribers it has.
    pub subscribers: usize,
    /// How long it stays open without any; `None`: for ever.
    pub linger: Option<Duration>,
}

/// Writes a replay: `{"id","title","run","epoch","head","shared","subscribers","linger","playback":{}}`. `linger` is in
/// the form that a request accepts (`"60s"`, `"forever"`), the rest as in hello.
pub fn write_replay(timeline: &Timeline, entry: &ReplayEntry<'_>, out: &mut Vec<u8>) {
    let status = &entry.status;
    write_object(out, |o| {
        o.text("id", entry.id);
        o.text("title", timeline.title());
        o.text("run", status.run);
        o.unquoted("epoch", status.playhead.epoch);
        o.unquoted("head", status.playhead.head);
        o.unquoted("shared", entry.shared);
        o.unquoted("subscribers", entry.subscribers);
        match entry.linger {
            Some(linger) => o.text("linger", &format!("{}s", linger.as_secs_f64())),
            None => o.text("linger", "forever"),
        }
        write_playback_object(o, timeline, status);
    });
}

/// The answer to a client that opened a replay.
#[derive(Debug, Clone, Copy)]
pub struct OpenedReplay<'a> {
    /// Its name.
    pub id: &'a str,
    /// The WebSocket URL to subscribe to it.
    pub ws: &'a str,
    /// The prefix of its HTTP URLs.
    pub http: &'a str,
    /// The token that grants control of it.
    pub control: Option<&'a str>,
    /// Where it is.
    pub status: PlaybackStatus<'a>,
    /// What was found in the scenario that the client has sent for it.
    pub findings: Option<&'a Findings>,
}

/// Writes `{"id","ws","http","control","run","epoch","playback":{},"findings":[]}`: `run`, `epoch` and `playback` as in hello,
/// `findings` only if there are any.
pub fn write_opened_replay(timeline: &Timeline, entry: &OpenedReplay<'_>, out: &mut Vec<u8>) {
    let OpenedReplay { id, ws, http, control, status, findings } = entry;
    write_object(out, |o| {
        o.text("id", id);
        o.text("ws", ws);
        o.text("http", http);
        o.text_if("control", *control);
        o.text("run", status.run);
        o.unquoted("epoch", status.playhead.epoch);
        write_playback_object(o, timeline, status);
        findings.iter().for_each(|findings| write_findings(o, findings));
    });
}

/// Writes a scenario and its timeline: `{"name","title","about","matches":[],"events","length","sources":[]}`. The
/// matches are as in hello; `about` and `sources` only if the file has them; `events` counts those of all matches.
pub fn write_scenario(name: &str, about: Option<&str>, sources: &[Arc<str>], timeline: &Timeline, out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.text("name", name);
        o.text("title", timeline.title());
        o.text_if("about", about);
        o.array("matches", 0..timeline.tracks().len(), |out, track| write_match_line(out, timeline, track, Span::ZERO));
        o.unquoted("events", timeline.cues().len());
        o.unquoted("length", timeline.length().as_millis());
        if !sources.is_empty() {
            o.array("sources", sources, |out, source| write_text(out, source));
        }
    });
}

#[cfg(test)]
mod tests {
    use std::time::{Instant, SystemTime};

    use serde_json::{Value, json};

    use super::super::super::{Hello, write_hello};
    use super::*;
    use crate::playback::{Pace, Playback, PlaybackOptions};
    use crate::scenario::SHIPPED;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Value {
        let mut out = Vec::new();
        write(&mut out);
        serde_json::from_slice(&out).expect("JSON")
    }

    #[test]
    fn a_replay_entry_agrees_with_hello() {
        let timeline = Timeline::new(&SHIPPED[2].load().expect("shipped"));
        let now = Instant::now();
        let pace = Pace::parse("highlights", []).expect("a preset");
        let options = PlaybackOptions { looping: true, pace, ..PlaybackOptions::default() };
        let playback = Playback::new(&timeline, options, now).expect("a playback");
        let (playhead, pace) = (playback.playhead(), playback.pace_text().map(|pace| &**pace));
        let status = PlaybackStatus { run: "7c1e90ab", playhead: &playhead, pace, now, wall: SystemTime::UNIX_EPOCH };
        let entry =
            ReplayEntry { id: "main", status, shared: true, subscribers: 3, linger: Some(Duration::from_secs(60)) };
        let written_entry = written(|out| write_replay(&timeline, &entry, out));
        let hello_frame = Hello {
            replay: "main",
            status,
            subscriber: 1,
            control: false,
            token: None,
            resumed: None,
            tracks: &[0, 1],
            lines: None,
            kickoff_offset: Span::ZERO,
        };
        let hello_frame = written(|out| write_hello(&timeline, &hello_frame, out));
        for key in ["title", "run", "epoch", "head", "playback"] {
            assert_eq!(written_entry[key], hello_frame[key], "{key}");
        }
        let playback = &written_entry["playback"];
        assert_eq!((&playback["loop"], &playback["pace"]), (&json!(true), &json!("highlights")));
        assert_eq!(
            (&written_entry["id"], &written_entry["shared"], &written_entry["subscribers"]),
            (&json!("main"), &json!(true), &json!(3))
        );
        let lingers =
            |linger| written(|out| write_replay(&timeline, &ReplayEntry { linger, ..entry }, out))["linger"].clone();
        assert_eq!(lingers(None), json!("forever"));
        for linger in [Duration::ZERO, Duration::from_millis(1_500), Duration::from_secs(7_200)] {
            let text = lingers(Some(linger));
            let again = Span::parse(text.as_str().expect("a text")).expect("what is accepted");
            assert_eq!(again.to_duration(), linger);
        }
    }

    #[test]
    fn scenario_entries_list_their_matches() {
        for shipped in SHIPPED {
            let file = shipped.load().expect("shipped");
            let timeline = Timeline::new(&file);
            let entry =
                written(|out| write_scenario(shipped.name, file.about.as_deref(), &file.sources, &timeline, out));
            assert_eq!(entry["name"], json!(shipped.name));
            assert_eq!(entry["about"].as_str(), file.about.as_deref());
            assert_eq!(entry["sources"].as_array().map_or(0, Vec::len), file.sources.len());
            assert_eq!(entry["events"], json!(timeline.cues().len()));
            let events = entry["matches"].as_array().expect("matches").iter().map(|of| of["events"].as_u64());
            assert_eq!(events.map(Option::unwrap_or_default).sum::<u64>(), timeline.cues().len() as u64);
        }
    }
}
