//! What is playing and what could be: a line for each.

use std::sync::Arc;
use std::time::Duration;

use super::super::frames::{Whereabouts, match_line, playback_now};
use crate::json::{object, text};
use crate::scenario::{Span, Timeline};

/// What a list of replays says of one.
#[derive(Debug, Clone, Copy)]
pub struct ReplayLine<'a> {
    /// Its name.
    pub id: &'a str,
    /// Where it is.
    pub here: Whereabouts<'a>,
    /// Whether it is everybody's, so that it takes a right to control it.
    pub shared: bool,
    /// How many listen to it.
    pub subscribers: usize,
    /// How long it lives on without any; `None`: for ever.
    pub linger: Option<Duration>,
}

/// A replay:
/// `{"id","title","run","epoch","head","shared","subscribers","linger","playback":{}}`, `linger` as it is asked for
/// (`"60s"`, `"forever"`) and the rest as in hello.
pub fn replay(timeline: &Timeline, line: &ReplayLine<'_>, out: &mut Vec<u8>) {
    let here = &line.here;
    object(out, |o| {
        o.text("id", line.id);
        o.text("title", timeline.title());
        o.text("run", here.run);
        o.plain("epoch", here.playhead.epoch);
        o.plain("head", here.playhead.head);
        o.plain("shared", line.shared);
        o.plain("subscribers", line.subscribers);
        match line.linger {
            Some(linger) => o.text("linger", &format!("{}s", linger.as_secs_f64())),
            None => o.text("linger", "forever"),
        }
        playback_now(o, timeline, here);
    });
}

/// What is told to whoever has opened a replay.
#[derive(Debug, Clone, Copy)]
pub struct OpenedLine<'a> {
    /// Its name.
    pub id: &'a str,
    /// Where to subscribe to it.
    pub ws: &'a str,
    /// What its other addresses begin with.
    pub http: &'a str,
    /// What gives the right to control it.
    pub control: Option<&'a str>,
    /// Where it is.
    pub here: Whereabouts<'a>,
}

/// `{"id","ws","http","control","run","epoch","playback":{}}`, the last three as in hello.
pub fn opened(timeline: &Timeline, line: &OpenedLine<'_>, out: &mut Vec<u8>) {
    let OpenedLine { id, ws, http, control, here } = line;
    object(out, |o| {
        o.text("id", id);
        o.text("ws", ws);
        o.text("http", http);
        o.text_if("control", *control);
        o.text("run", here.run);
        o.plain("epoch", here.playhead.epoch);
        playback_now(o, timeline, here);
    });
}

/// A scenario that can be opened, and the timeline laid out from it:
/// `{"name","title","about","matches":[],"events","length","sources":[]}`, the matches as in hello; `about` and `sources`
/// only where the file has them. `events` are those of all matches together.
pub fn scenario(name: &str, about: Option<&str>, sources: &[Arc<str>], timeline: &Timeline, out: &mut Vec<u8>) {
    object(out, |o| {
        o.text("name", name);
        o.text("title", timeline.title());
        o.text_if("about", about);
        o.array("matches", 0..timeline.tracks().len(), |out, track| match_line(out, timeline, track, Span::ZERO));
        o.plain("events", timeline.cues().len());
        o.plain("length", timeline.length().as_millis());
        if !sources.is_empty() {
            o.array("sources", sources, |out, source| text(out, source));
        }
    });
}

#[cfg(test)]
mod tests {
    use std::time::{Instant, SystemTime};

    use serde_json::{Value, json};

    use super::super::super::{Hello, Resumed, hello};
    use super::*;
    use crate::playback::{Options, Pace, Playback};
    use crate::scenario::SHIPPED;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Value {
        let mut out = Vec::new();
        write(&mut out);
        serde_json::from_slice(&out).expect("JSON")
    }

    #[test]
    fn a_replay_is_told_as_hello_tells_it() {
        let timeline = Timeline::new(&SHIPPED[2].load().expect("shipped"));
        let now = Instant::now();
        let pace = Pace::parse("highlights", []).expect("a preset");
        let options = Options { looping: true, pace, ..Options::default() };
        let playback = Playback::new(&timeline, options, now).expect("a playback");
        let (playhead, pace) = (playback.playhead(), playback.pace_text().map(|word| &**word));
        let here = Whereabouts { run: "7c1e90ab", playhead: &playhead, pace, now, wall: SystemTime::UNIX_EPOCH };
        let line = ReplayLine { id: "main", here, shared: true, subscribers: 3, linger: Some(Duration::from_secs(60)) };
        let told = written(|out| replay(&timeline, &line, out));
        let greeting = Hello {
            replay: "main",
            here,
            subscriber: 1,
            control: false,
            token: None,
            resumed: Resumed::Fresh,
            tracks: &[0, 1],
            lines: None,
            kickoff_moved: Span::ZERO,
        };
        let greeting = written(|out| hello(&timeline, &greeting, out));
        for key in ["title", "run", "epoch", "head", "playback"] {
            assert_eq!(told[key], greeting[key], "{key}");
        }
        let told_playback = &told["playback"];
        assert_eq!((&told_playback["loop"], &told_playback["pace"]), (&json!(true), &json!("highlights")));
        assert_eq!((&told["id"], &told["shared"], &told["subscribers"]), (&json!("main"), &json!(true), &json!(3)));
        let lingers = |linger| written(|out| replay(&timeline, &ReplayLine { linger, ..line }, out))["linger"].clone();
        assert_eq!(lingers(None), json!("forever"));
        for linger in [Duration::ZERO, Duration::from_millis(1_500), Duration::from_secs(7_200)] {
            let text = lingers(Some(linger));
            let again = Span::parse(text.as_str().expect("a text")).expect("what is accepted");
            assert_eq!(again.to_duration(), linger);
        }
    }

    #[test]
    fn scenarios_are_told_with_their_matches() {
        for shipped in SHIPPED {
            let file = shipped.load().expect("shipped");
            let timeline = Timeline::new(&file);
            let line = written(|out| scenario(shipped.name, file.about.as_deref(), &file.sources, &timeline, out));
            assert_eq!(line["name"], json!(shipped.name));
            assert_eq!(line["about"].as_str(), file.about.as_deref());
            assert_eq!(line["sources"].as_array().map_or(0, Vec::len), file.sources.len());
            assert_eq!(line["events"], json!(timeline.cues().len()));
            let events = line["matches"].as_array().expect("matches").iter().map(|of| of["events"].as_u64());
            assert_eq!(events.map(Option::unwrap_or_default).sum::<u64>(), timeline.cues().len() as u64);
        }
    }
}
