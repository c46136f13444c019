//! The deliveries: when each event of the story is sent, how often, or whether at all.

use std::sync::Arc;

use super::room::Room;
use super::selection::Chosen;
use super::story::{FinishedStory, Note};
use crate::playback::Rejection;
use crate::scenario::{ClockBend, Cue, Delivery, FaultReport, JournalEntry, MediaTime, Patch, Span, Timeline};

/// An event of the story that is sent, or one that no longer is.
#[derive(Debug, Clone)]
struct Parcel {
    at: MediaTime,
    /// The cue of the story.
    story: u32,
    /// Whether it is sent.
    sent: bool,
    /// Whether it repeats another one.
    copied: bool,
    /// The parcel that is sent in its place.
    moved_to: Option<usize>,
    /// The true cue whose time and place this is.
    place: Option<u32>,
    /// The true cue that the event stands for, wherever it is sent.
    origin: Option<u32>,
    patch: Option<Arc<Patch>>,
    /// The match under whose id it is sent, if not under its own.
    under: Option<u16>,
}

/// Deliveries that are being changed.
pub(super) struct Deliveries<'a> {
    truth: &'a Timeline,
    story: Timeline,
    parcels: Vec<Parcel>,
    bends: Vec<ClockBend>,
    notes: Vec<Note>,
    room: Room,
}

impl<'a> Deliveries<'a> {
    /// All events of a story, each once and on time.
    pub(super) fn of(truth: &'a Timeline, story: FinishedStory, notes: Vec<Note>) -> Self {
        let FinishedStory { timeline: story, origins, bends } = story;
        let parcel = |((place, cue), origin): ((u32, &Cue), Option<u32>)| Parcel {
            at: cue.at,
            story: place,
            sent: !cue.silent,
            copied: false,
            moved_to: None,
            place: origin,
            origin,
            patch: None,
            under: None,
        };
        let parcels = (0..).zip(story.cues()).zip(origins).map(parcel).collect();
        Self { truth, story, parcels, bends, notes, room: Room::for_timeline(truth) }
    }

    /// The true timeline.
    pub(super) fn truth(&self) -> &'a Timeline {
        self.truth
    }

    /// The parcels that a fault has chosen, as indices.
    pub(super) fn chosen_parcels(&self, chosen: &Chosen<'_>) -> Vec<usize> {
        let sent = (0..self.parcels.len()).filter(|index| self.parcels[*index].sent);
        sent.filter(|index| self.is_chosen(chosen, *index)).collect()
    }

    /// Whether a fault has chosen a parcel.
    pub(super) fn is_chosen(&self, chosen: &Chosen<'_>, parcel: usize) -> bool {
        let Cue { at, track, event, .. } = self.event(parcel);
        // By the time at which the story has it: another fault that delays it changes nothing about this one.
        chosen.chooses(self.parcels[parcel].origin, *at, *track, event)
    }

    /// The parcels that are sent, in order of time, by match.
    pub(super) fn in_order(&self) -> Vec<Vec<usize>> {
        let mut matches = vec![Vec::new(); self.truth.tracks().len()];
        for (index, parcel) in self.parcels.iter().enumerate().filter(|(_, parcel)| parcel.sent) {
            matches[usize::from(self.cue(parcel).track)].push(index);
        }
        matches.iter_mut().for_each(|parcels| parcels.sort_by_key(|index| self.parcels[*index].at));
        matches
    }

    /// When a parcel is sent.
    pub(super) fn at(&self, parcel: usize) -> MediaTime {
        self.parcels[parcel].at
    }

    /// The cue of the story that a parcel sends.
    pub(super) fn event(&self, parcel: usize) -> &Cue {
        self.cue(&self.parcels[parcel])
    }

    fn cue(&self, parcel: &Parcel) -> &Cue {
        &self.story.cues()[parcel.story as usize]
    }

    /// Does not send a parcel.
    pub(super) fn drop(&mut self, parcel: usize) {
        self.parcels[parcel].sent = false;
    }

    /// Sends a parcel later, and returns its new index.
    pub(super) fn postpone(&mut self, parcel: usize, at: MediaTime) -> usize {
        let moved = self.add(Parcel { at, place: None, ..self.parcels[parcel].clone() });
        self.parcels[parcel].moved_to = Some(moved).filter(|moved| *moved != parcel);
        self.drop(parcel);
        moved
    }

    /// Sends a parcel once more, and returns the index of the copy.
    pub(super) fn copy(&mut self, parcel: usize, at: MediaTime) -> usize {
        self.add(Parcel { at, place: None, copied: true, ..self.parcels[parcel].clone() })
    }

    /// Whether a parcel repeats another one.
    pub(super) fn is_copy(&self, parcel: usize) -> bool {
        self.parcels[parcel].copied
    }

    /// Adds a parcel, and returns its index. Where there is no room for it, that of the last one.
    fn add(&mut self, parcel: Parcel) -> usize {
        if self.room.take(self.parcels.len()) {
            self.parcels.push(parcel);
        }
        self.parcels.len() - 1
    }

    /// Changes the encoded event of a parcel. Of two changes of one field the later one counts.
    pub(super) fn patch(&mut self, parcel: usize, patch: Patch) {
        let patched = Arc::make_mut(self.parcels[parcel].patch.get_or_insert_default());
        patched.fields.retain(|(name, _)| patch.fields.iter().all(|(again, _)| again != name));
        patched.fields.extend(patch.fields);
        patched.kind = patch.kind.or(patched.kind.take());
    }

    /// The match under whose id a parcel is sent.
    pub(super) fn sent_under(&self, parcel: usize) -> u16 {
        self.parcels[parcel].under.unwrap_or_else(|| self.event(parcel).track)
    }

    /// Sends a parcel under the id of another match.
    pub(super) fn send_under(&mut self, parcel: usize, track: u16) {
        self.parcels[parcel].under = Some(track);
    }

    /// Notes what was done to a parcel.
    pub(super) fn note(&mut self, chosen: &Chosen<'_>, parcel: usize, what: String) {
        if self.room.take(self.notes.len()) {
            self.notes.push(Note { fault: chosen.place(), kind: chosen.fault().kind, index: parcel, what });
        }
    }

    /// Puts everything in order. Fails if there was no room for all of it.
    pub(super) fn finish(self, plan: Arc<str>, seed: u64, digest: u32) -> Result<Timeline, Rejection> {
        let Self { truth, story, parcels, bends, notes, room } = self;
        room.check()?;
        let mut order: Vec<usize> = (0..parcels.len()).collect();
        // A stable sort: parcels of one instant keep the order of the story, and those that were added follow.
        order.sort_by_key(|parcel| parcels[*parcel].at);
        // The number of each parcel: of one that is not sent, that of the next cue.
        let mut numbers = vec![0; parcels.len()];
        let mut deliveries = Vec::with_capacity(parcels.len());
        for index in order {
            numbers[index] = deliveries.len() + 1;
            let Parcel { at, story, sent, place, patch, under, .. } = &parcels[index];
            // The table and the end of a match follow the truth, whatever becomes of the event.
            let carries =
                place.map(|place| &truth.cues()[place as usize]).is_some_and(|cue| cue.table.is_some() || cue.last);
            let own = Delivery { at: *at, story: None, truth: *place, patch: None, under: None };
            let event = Delivery { story: Some(*story), patch: patch.clone(), under: *under, ..own.clone() };
            match (*sent, carries) {
                // The end of a match goes out under its own id.
                (true, true) if under.is_some() => deliveries.extend([Delivery { truth: None, ..event }, own]),
                (true, _) => deliveries.push(event),
                (false, true) => deliveries.push(own),
                (false, false) => {}
            }
        }
        let entry = |Note { fault, kind, index: parcel, what }: Note| {
            // It shows where the event is sent in the end.
            let moves = std::iter::successors(Some(parcel), |parcel| parcels[*parcel].moved_to);
            let parcel = moves.last().unwrap_or(parcel);
            let (parcel, number) = (&parcels[parcel], numbers[parcel]);
            let cue = &story.cues()[parcel.story as usize];
            JournalEntry {
                kind,
                fault,
                at: parcel.at,
                n: number,
                match_id: truth.tracks()[usize::from(cue.track)].fixture.id.clone(),
                id: cue.event.id.as_str().to_owned(),
                rev: cue.event.rev,
                seq: (!cue.silent).then_some(cue.seq),
                what,
            }
        };
        let mut journal: Vec<JournalEntry> = notes.into_iter().map(entry).collect();
        journal.sort_by_key(|entry| (entry.n, entry.fault));
        let report = FaultReport { plan, seed, journal };
        Ok(truth.with_feed(story, deliveries, bends, report, digest))
    }
}

/// A length as texts show it: `40s`.
pub(super) fn show(span: Span) -> String {
    format!("{}s", span.as_secs_f64())
}
