//! The trace of a run: what was recorded until the command ended.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::hub::{Hub, Recorded, RecordedEntry, Replay, ReplayJudge};
use crate::scenario::{JournalEntry, MediaTime, Scenario};
use crate::trace::{TraceEntry, TraceEvent, TraceFailure, TraceHeader, write_trace};
use crate::verdict::Verdict;

/// What was recorded of all replays, up to a moment.
#[derive(Debug)]
pub struct RunRecording {
    replays: Vec<ReplayRecording>,
}

#[derive(Debug)]
struct ReplayRecording {
    name: String,
    judge: Arc<ReplayJudge>,
    entries: Vec<RecordedEntry>,
}

impl RunRecording {
    /// What has been recorded up to now.
    pub fn of_hub(hub: &Hub) -> Self {
        let replays = hub.judges().into_iter().map(|(name, judge)| {
            let entries = judge.recorded();
            ReplayRecording { name, judge, entries }
        });
        Self { replays: replays.collect() }
    }

    /// The trace as the text of a file.
    pub fn trace(&self, header: &TraceHeader, scenario: &Scenario, main: &Replay, verdict: &Verdict) -> Vec<u8> {
        write_trace(header, scenario, self.entries().into_iter().chain(journal(main)), &verdict.clients)
    }

    /// The failure that began first, and where playback was then.
    pub fn failure(&self, verdict: &Verdict) -> Option<TraceFailure> {
        let failure = verdict.earliest_failure()?;
        let replay = self.replays.iter().find(|replay| replay.name == failure.replay)?;
        let at = failure.from.and_then(|from| replay.media_time(from));
        Some(TraceFailure {
            client: failure.client.clone(),
            replay: failure.replay.clone(),
            match_id: failure.match_id.as_ref().map(|id| id.as_str().to_owned()),
            at: at.unwrap_or(MediaTime::ZERO).as_millis(),
            what: match &*failure.detail {
                "" => failure.expectation.to_string(),
                detail => format!("{}: {detail}", failure.expectation),
            },
        })
    }

    /// The entries of all replays, in order.
    fn entries(&self) -> Vec<TraceEntry<'_>> {
        let Some(begun) = self.replays.iter().map(|replay| replay.judge.began()).min() else { return Vec::new() };
        let mut entries: Vec<TraceEntry<'_>> = self
            .replays
            .iter()
            .flat_map(|replay| {
                let since = replay.judge.began().saturating_duration_since(begun);
                replay.entries.iter().map(move |entry| trace_entry(&replay.name, since, entry))
            })
            .collect();
        entries.sort_by_key(|entry| entry.wall);
        entries
    }
}

impl ReplayRecording {
    /// Where playback was at an instant: every failure begins with something that was recorded.
    fn media_time(&self, at: Instant) -> Option<MediaTime> {
        let wall = at.saturating_duration_since(self.judge.began());
        self.entries[..self.entries.partition_point(|entry| entry.wall <= wall)].last().map(|entry| entry.at)
    }
}

fn trace_entry<'a>(replay: &'a str, since: Duration, entry: &'a RecordedEntry) -> TraceEntry<'a> {
    let event = match &entry.what {
        Recorded::Connected { resumed } => TraceEvent::Connected { resumed: *resumed },
        Recorded::Disconnected(by) => TraceEvent::Disconnected(*by),
        Recorded::Sent(text) => TraceEvent::Sent(text),
        Recorded::Shows { shown, truth } => TraceEvent::Shows { shown, truth: *truth },
        Recorded::Truth { match_id, score, .. } => TraceEvent::Truth { match_id, score: *score },
        Recorded::Fault(what) => TraceEvent::Fault(what),
    };
    let client = Some(entry.client.clone()).filter(|client| !client.is_empty());
    let wall = Some(since + entry.wall);
    TraceEntry { wall, at: entry.at, replay, client, subscriber: entry.subscriber, event }
}

/// What faults have done: to the feed of `main` as far as it was sent, and to its connections and documents.
fn journal(main: &Replay) -> Vec<TraceEntry<'_>> {
    let status = main.status(Instant::now());
    let (timeline, playhead) = (status.timeline(), &status.playhead);
    let of_feed = timeline.faults().map_or(&[][..], |report| &report.journal);
    let has_shown = |entry: &&JournalEntry| entry.n > playhead.start as usize && entry.n <= playhead.head as usize;
    let of_feed = of_feed.iter().filter(has_shown).map(|entry| {
        let what = format!("{}: {}", entry.kind, entry.what);
        (entry.at, None, 0, what, Some((entry.n, entry.match_id.clone(), entry.id.clone())))
    });
    let of_links = main.link_notes().into_iter().map(|note| {
        (note.at, note.client, note.subscriber.unwrap_or(0), format!("{}: {}", note.kind, note.what), None)
    });
    let entry = |(at, client, subscriber, what, event)| {
        let event = TraceEvent::Journal { what, event };
        TraceEntry { wall: None, at, replay: main.name(), client, subscriber, event }
    };
    of_feed.chain(of_links).map(entry).collect()
}

/// The file of a trace whose name is not given: `touchline-juventus-napoli-2018-04-22-7.trace.jsonl`.
pub fn default_trace_path(scenario: &str, seed: u64) -> PathBuf {
    let plain = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let name: String = scenario.chars().map(plain).collect();
    format!("touchline-{name}-{seed}.trace.jsonl").into()
}
