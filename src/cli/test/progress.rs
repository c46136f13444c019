//! What is printed while a command runs: one line that changes on a terminal, else a line at each key moment.

use std::collections::HashSet;
use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::print::{eprint_line, format_count, sanitise};
use crate::football::{MatchId, Reading, Score};
use crate::hub::{Hub, Recorded, RecordedEntry, ReplayJudge, ReplayStatus};
use crate::playback::State;
use crate::scenario::MediaTime;
use crate::verdict::{ClientReport, GRACE, WrongPeriod};

/// Prints progress.
#[derive(Debug)]
pub struct TestProgress {
    /// The line on a terminal; `None`: lines at key moments.
    bar: Option<ProgressBar>,
    replays: Vec<ReplayProgress>,
}

impl TestProgress {
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let style = ProgressStyle::with_template("{spinner} {wide_msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        });
        Self { bar, replays: Vec::new() }
    }

    /// Prints what is new.
    pub fn update(&mut self, hub: &Hub) {
        for (name, judge) in hub.judges().split_off(self.replays.len()) {
            self.replays.push(ReplayProgress::new(name, judge));
        }
        for (place, replay) in self.replays.iter_mut().enumerate() {
            let reports = replay.judge.reports();
            for line in replay.new_lines(&reports) {
                match &self.bar {
                    Some(bar) => bar.println(sanitise(&line)),
                    None => eprint_line(&line),
                }
            }
            if let (Some(bar), 0) = (&self.bar, place) {
                bar.set_message(sanitise(&replay.summary(&reports)));
                bar.tick();
            }
        }
    }

    /// Removes the line.
    pub fn finish(self) {
        if let Some(bar) = self.bar {
            bar.finish_and_clear();
        }
    }
}

/// What has been printed of one replay.
#[derive(Debug)]
struct ReplayProgress {
    name: String,
    judge: Arc<ReplayJudge>,
    /// How many entries of the recording have been printed.
    recorded: usize,
    /// How many cues have been released whose faults have been printed.
    head: usize,
    ended: bool,
    /// The wrong periods that have been printed.
    wrong: HashSet<(Arc<str>, MatchId, Instant)>,
}

impl ReplayProgress {
    fn new(name: String, judge: Arc<ReplayJudge>) -> Self {
        let head = judge.status().playhead.start as usize;
        Self { name, judge, recorded: 0, head, ended: false, wrong: HashSet::new() }
    }

    fn new_lines(&mut self, reports: &[ClientReport]) -> Vec<String> {
        let status = self.judge.status();
        let mut lines = Vec::new();
        let new = self.judge.recorded_from(self.recorded);
        self.recorded += new.len();
        lines.extend(new.iter().filter_map(|entry| describe_entry(entry, &status)));
        lines.extend(self.new_faults(&status));
        for report in reports {
            for period in report.wrong.iter().filter(|period| period.lasted >= GRACE) {
                if self.wrong.insert((report.client.clone(), period.match_id.clone(), period.from)) {
                    lines.push(describe_wrong(&report.client, period));
                }
            }
        }
        let ended = status.playhead.state == State::Ended;
        if ended && !std::mem::replace(&mut self.ended, ended) {
            lines.push("the replay has ended".to_owned());
        }
        self.ended = ended;
        if self.name != "main" {
            lines.iter_mut().for_each(|line| *line = format!("{}: {line}", self.name));
        }
        lines
    }

    /// The faults of the feed that have shown since.
    fn new_faults(&mut self, status: &ReplayStatus) -> Vec<String> {
        let head = status.playhead.head as usize;
        let before = std::mem::replace(&mut self.head, head);
        let journal = status.timeline().faults().map_or(&[][..], |report| &report.journal);
        let new = journal.iter().filter(|entry| entry.n > before && entry.n <= head);
        new.map(|entry| format!("fault: {entry}")).collect()
    }

    /// `89:07  0-1  1 client, 1 wrong period`.
    fn summary(&self, reports: &[ClientReport]) -> String {
        let status = self.judge.status();
        let first = status.timeline().tracks().first().and_then(|track| self.judge.true_score(&track.fixture.id));
        let first = first.map(|truth| format!("{}  {}  ", truth.clock.as_deref().unwrap_or_default(), truth.score));
        let wrong: u64 = reports.iter().map(|report| report.wrong_periods).sum();
        let wrong = format_count(wrong, "wrong period", "wrong periods");
        let state = status.playhead.state;
        let clients = format_count(reports.len(), "client", "clients");
        format!("{state}  {}{clients}, {wrong}", first.unwrap_or_default())
    }
}

fn describe_entry(entry: &RecordedEntry, status: &ReplayStatus) -> Option<String> {
    let client = &entry.client;
    Some(match &entry.what {
        Recorded::Connected { resumed: Some(true) } => format!("{client}: connected, resuming"),
        Recorded::Connected { .. } => format!("{client}: connected"),
        Recorded::Disconnected(_) => format!("{client}: disconnected"),
        Recorded::Fault(what) => format!("fault: {client}: {what}"),
        // The first score that is known of a match is no goal.
        Recorded::Truth { match_id, score, is_first: false } => {
            let clock = clock_of_last_event(status, match_id, entry.at);
            format!("{match_id}: {score}{}", clock.map(|clock| format!(" at {clock}")).unwrap_or_default())
        }
        Recorded::Truth { .. } | Recorded::Sent(_) | Recorded::Shows { .. } => return None,
    })
}

/// The clock of the last true event of a match that counts at a media time: the one that has made the score.
fn clock_of_last_event(status: &ReplayStatus, match_id: &MatchId, at: MediaTime) -> Option<Reading> {
    let truth = status.timeline().truth();
    let track = truth.track_of(match_id.as_str())?;
    let past = &truth.cues()[..truth.index_after(at)];
    let mut of_match = past.iter().filter(|cue| usize::from(cue.track) == track).rev().peekable();
    // Events after it have the same score.
    while let Some(cue) = of_match.next() {
        if of_match.peek().is_none_or(|before| before.score != cue.score) {
            return Some(cue.event.clock.reading);
        }
    }
    None
}

/// `wrong: web: juv-nap: shows 0-0 since 89:07, 0-1 is right`.
fn describe_wrong(client: &str, period: &WrongPeriod) -> String {
    let since = period.clock.as_deref().map(|clock| format!(" since {clock}")).unwrap_or_default();
    let right: Option<Score> = period.missed.or(period.truth);
    let right = right.map(|right| format!(", {right} is right")).unwrap_or_default();
    format!("wrong: {client}: {}: shows {}{since}{right}", period.match_id, period.shown)
}
