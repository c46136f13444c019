//! The story: what the feed says. It begins as the truth, and story faults change it.

use std::collections::HashMap;
use std::sync::Arc;

use super::room::Room;
use super::selection::Chosen;
use crate::football::{EventId, FaultKind, MatchClock, MatchEvent, Op, Status};
use crate::playback::Rejection;
use crate::scenario::{ClockBend, MediaTime, StoryEvent, Timeline};

/// What a fault did to an event.
pub(super) struct Note {
    /// The fault: its place in the plan.
    pub(super) fault: usize,
    pub(super) kind: FaultKind,
    /// What it did it to: before [`Story::finish`] the line, as an index into [`Story::lines`], after it the delivery, which begins
    /// with the index of its revision in the story.
    pub(super) index: usize,
    pub(super) what: String,
}

/// A revision in the story.
#[derive(Debug, Clone)]
pub(super) struct StoryLine {
    /// When it is due. That of a line with an `origin` never changes.
    pub(super) at: MediaTime,
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
    room: Room,
    truth: &'a Timeline,
    lines: Vec<StoryLine>,
    /// The lines of each event; `None`: not needed yet.
    by_event: Option<HashMap<(u16, EventId), Vec<usize>>>,
    bends: Vec<ClockBend>,
    notes: Vec<Note>,
}

/// A finished story: the timeline, for each of its cues the true cue that it stands for, and what was done.
pub(super) struct FinishedStory {
    pub(super) timeline: Timeline,
    pub(super) origins: Vec<Option<u32>>,
    pub(super) bends: Vec<ClockBend>,
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
        let lines = (0..).zip(truth.cues()).map(line).collect();
        Self { truth, lines, by_event: None, bends: Vec::new(), notes: Vec::new(), room: Room::for_timeline(truth) }
    }

    /// The true timeline.
    pub(super) fn truth(&self) -> &'a Timeline {
        self.truth
    }

    /// The lines that a fault has chosen, as indices: those that stand for true cues and are sent.
    pub(super) fn chosen_lines(&self, chosen: &Chosen<'_>) -> Vec<usize> {
        (0..self.lines.len()).filter(|line| self.is_chosen(chosen, *line)).collect()
    }

    /// Whether a fault has chosen a line.
    pub(super) fn is_chosen(&self, chosen: &Chosen<'_>, line: usize) -> bool {
        let StoryLine { at, track, ref event, origin, hidden } = self.lines[line];
        !hidden && origin.is_some() && chosen.chooses(origin, at, track, event)
    }

    /// A line.
    pub(super) fn line(&self, line: usize) -> &StoryLine {
        &self.lines[line]
    }

    /// All lines in order of time, as indices. A stable sort: lines of one instant keep the true order, and those that were added
    /// follow.
    pub(super) fn in_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lines.len()).collect();
        order.sort_by_key(|line| self.lines[*line].at);
        order
    }

    fn by_event(&mut self) -> &mut HashMap<(u16, EventId), Vec<usize>> {
        let lines = &self.lines;
        self.by_event.get_or_insert_with(|| {
            let mut by_event: HashMap<_, Vec<usize>> = HashMap::with_capacity(lines.len());
            for (index, line) in lines.iter().enumerate() {
                by_event.entry((line.track, line.event.id.clone())).or_default().push(index);
            }
            by_event
        })
    }

    /// The revisions of a line's event that follow it, in order of time.
    pub(super) fn revisions_after(&mut self, line: usize) -> Vec<usize> {
        let StoryLine { at, track, ref event, .. } = self.lines[line];
        let key = (track, event.id.clone());
        let mut revisions = self.by_event().get(&key).cloned().unwrap_or_default();
        revisions.retain(|other| (self.lines[*other].at, *other) > (at, line));
        revisions.sort_unstable_by_key(|line| (self.lines[*line].at, *line));
        revisions
    }

    /// An id that no event of a line's match has: that of its event with a suffix and a number.
    pub(super) fn free_id(&mut self, line: usize, suffix: &str) -> EventId {
        let StoryLine { track, ref event, .. } = self.lines[line];
        let id = event.id.clone();
        let ids = (1..).map(|number: u32| EventId::from(format!("{id}-{suffix}{number}")));
        let by_event = self.by_event();
        let mut free = ids.filter(|id| !by_event.contains_key(&(track, id.clone())));
        free.next().unwrap_or(id)
    }

    /// The clock that a match shows at a time: that of the status last reported. A report with this clock leaves the status as it
    /// is.
    pub(super) fn clock_at(&self, track: u16, at: MediaTime) -> MatchClock {
        let (cues, track) = (self.truth.cues(), &self.truth.tracks()[usize::from(track)]);
        let past = track.cues().partition_point(|cue| cues[*cue as usize].at <= at);
        let last = past.checked_sub(1).map(|last| track.cues()[last] as usize);
        let status = last.map_or(Status::Scheduled, |last| cues[last].event.status);
        let reading = track.layout.phase_of(status, at).map(|phase| {
            // In play, the last reading stays until the end of the period is reported.
            let until = if status.is_in_play() { phase.to } else { at };
            phase.reading_at(at.min(until).max(phase.from))
        });
        MatchClock { status, reading: reading.unwrap_or_default() }
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
        let line = self.lines.len();
        if !self.room.take(line) {
            return line - 1;
        }
        if let Some(by_event) = &mut self.by_event {
            by_event.entry((track, event.id.clone())).or_default().push(line);
        }
        self.lines.push(StoryLine { at, track, event: Arc::new(event), origin: None, hidden });
        line
    }

    /// Adds a correction, told at that time: a complete revision.
    pub(super) fn add_correction(&mut self, at: MediaTime, track: u16, revision: &MatchEvent, op: Op) -> usize {
        let told = Some(Box::new(self.clock_at(track, at)));
        self.add(at, track, MatchEvent { op, told, ..revision.clone() }, false)
    }

    /// Gives a line to another event.
    pub(super) fn rename(&mut self, line: usize, id: &EventId) {
        let track = self.lines[line].track;
        let former = (track, self.lines[line].event.id.clone());
        let by_event = self.by_event();
        if let Some(lines) = by_event.get_mut(&former) {
            lines.retain(|other| *other != line);
        }
        by_event.entry((track, id.clone())).or_default().push(line);
        self.change(line, |event| event.id = id.clone());
    }

    /// Bends the clock of a match.
    pub(super) fn bend(&mut self, bend: ClockBend) {
        self.bends.push(bend);
    }

    /// Notes what was done to a line.
    pub(super) fn note(&mut self, chosen: &Chosen<'_>, line: usize, what: String) {
        if self.room.take(self.notes.len()) {
            self.notes.push(Note { fault: chosen.place(), kind: chosen.fault().kind, index: line, what });
        }
    }

    /// Puts the lines in order and tells the story. Fails if there was no room for all of them.
    pub(super) fn finish(self) -> Result<(FinishedStory, Vec<Note>), Rejection> {
        self.room.check()?;
        let order = self.in_order();
        let Self { truth, lines, bends, mut notes, .. } = self;
        let origins = |lines: &[StoryLine]| lines.iter().map(|line| line.origin).collect();
        if notes.is_empty() {
            return Ok((FinishedStory { timeline: truth.clone(), origins: origins(&lines), bends }, notes));
        }
        let mut place_of = vec![0; lines.len()];
        let mut latest: HashMap<(u16, EventId), (u32, u32)> = HashMap::with_capacity(lines.len());
        let mut ordered = Vec::with_capacity(lines.len());
        let mut events = Vec::with_capacity(lines.len());
        for (place, line) in (0_u32..).zip(order) {
            place_of[line] = place as usize;
            let mut line = lines[line].clone();
            let key = (line.track, line.event.id.clone());
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
        notes.iter_mut().for_each(|note| note.index = place_of[note.index]);
        Ok((FinishedStory { timeline: truth.retold(events), origins: origins(&ordered), bends }, notes))
    }
}
