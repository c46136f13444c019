//! The story: what the feed says. It begins as the truth, and story faults change it.

use std::collections::HashMap;
use std::sync::Arc;

use super::selection::Chosen;
use crate::football::{FaultKind, MatchEvent};
use crate::scenario::{MediaTime, StoryEvent, Timeline};

/// What a story fault did, and to which revision.
pub(super) struct StoryNote {
    /// The fault: its place in the plan.
    pub(super) fault: usize,
    pub(super) kind: FaultKind,
    /// The revision: before [`Story::finish`] its place in [`Story::lines`], after it its place in the story.
    pub(super) line: usize,
    pub(super) what: String,
}

/// A revision in the story.
#[derive(Debug, Clone)]
pub(super) struct StoryLine {
    /// When it is due. That of a line with an `origin` never changes.
    at: MediaTime,
    pub(super) track: u16,
    /// The revision. Its number and its previous revision follow from the order of the story.
    pub(super) event: Arc<MatchEvent>,
    /// The true cue that it stands for.
    pub(super) origin: Option<u32>,
    /// Whether the feed only counts with it and never sends it.
    pub(super) hidden: bool,
}

/// A story that is being changed.
pub(super) struct Story<'a> {
    truth: &'a Timeline,
    lines: Vec<StoryLine>,
    notes: Vec<StoryNote>,
}

/// A finished story: the timeline, for each of its cues the true cue that it stands for, and what was done.
pub(super) struct FinishedStory {
    pub(super) timeline: Timeline,
    pub(super) origins: Vec<Option<u32>>,
}

impl<'a> Story<'a> {
    pub(super) fn of(truth: &'a Timeline) -> Self {
        let line = |(origin, cue): (u32, &crate::scenario::Cue)| StoryLine {
            at: cue.at,
            track: cue.track,
            event: cue.event.clone(),
            origin: Some(origin),
            hidden: false,
        };
        Self { truth, lines: (0..).zip(truth.cues()).map(line).collect(), notes: Vec::new() }
    }

    /// The true timeline.
    pub(super) fn truth(&self) -> &'a Timeline {
        self.truth
    }

    /// The lines that a fault has chosen, as indices: those that stand for true cues and are sent.
    pub(super) fn chosen_lines(&self, chosen: &Chosen<'_>) -> Vec<usize> {
        let lines = self.lines.iter().enumerate().filter(|(_, line)| !line.hidden && line.origin.is_some());
        let lines = lines.filter(|(_, line)| chosen.chooses(line.origin, line.at, line.track, &line.event));
        lines.map(|(index, _)| index).collect()
    }

    /// A line.
    pub(super) fn line(&self, line: usize) -> &StoryLine {
        &self.lines[line]
    }

    /// When a line is due.
    pub(super) fn at(&self, line: usize) -> MediaTime {
        self.lines[line].at
    }

    /// All lines, with their indices.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &StoryLine)> {
        self.lines.iter().enumerate()
    }

    /// Changes the event of a line.
    pub(super) fn change(&mut self, line: usize, change: impl FnOnce(&mut MatchEvent)) {
        change(Arc::make_mut(&mut self.lines[line].event));
    }

    /// Makes the feed only count with a line, without sending it.
    pub(super) fn hide(&mut self, line: usize) {
        self.lines[line].hidden = true;
    }

    /// Adds a line, and returns its index.
    pub(super) fn add(&mut self, at: MediaTime, track: u16, event: MatchEvent, hidden: bool) -> usize {
        self.lines.push(StoryLine { at, track, event: Arc::new(event), origin: None, hidden });
        self.lines.len() - 1
    }

    /// Notes what was done to a line.
    pub(super) fn note(&mut self, chosen: &Chosen<'_>, line: usize, what: String) {
        self.notes.push(StoryNote { fault: chosen.place(), kind: chosen.fault().kind, line, what });
    }

    /// Puts the lines in order and tells the story.
    pub(super) fn finish(self) -> (FinishedStory, Vec<StoryNote>) {
        let Self { truth, lines, mut notes } = self;
        let origins = |lines: &[StoryLine]| lines.iter().map(|line| line.origin).collect();
        if notes.is_empty() {
            return (FinishedStory { timeline: truth.clone(), origins: origins(&lines) }, notes);
        }
        let mut order: Vec<usize> = (0..lines.len()).collect();
        // A stable sort: lines of one instant keep the true order, and those that were added follow.
        order.sort_by_key(|line| lines[*line].at);
        let mut place_of = vec![0; lines.len()];
        let mut latest: HashMap<(u16, Arc<str>), (u32, u32)> = HashMap::new();
        let mut ordered = Vec::with_capacity(lines.len());
        let mut events = Vec::with_capacity(lines.len());
        for (place, line) in (0_u32..).zip(order) {
            place_of[line] = place as usize;
            let mut line = lines[line].clone();
            let key = (line.track, Arc::from(line.event.id.as_str()));
            let previous = latest.get(&key).copied();
            let rev = previous.map_or(0, |(_, rev)| rev + 1);
            if line.event.rev != rev {
                Arc::make_mut(&mut line.event).rev = rev;
            }
            latest.insert(key, (place, rev));
            let StoryLine { at, track, event, hidden, .. } = line.clone();
            events.push(StoryEvent { at, track, event, previous: previous.map(|(place, _)| place), hidden });
            ordered.push(line);
        }
        notes.iter_mut().for_each(|note| note.line = place_of[note.line]);
        (FinishedStory { timeline: truth.retold(events), origins: origins(&ordered) }, notes)
    }
}
