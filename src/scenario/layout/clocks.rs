//! What a feed's clocks tell of the course of a match: what it passes through, how far each part reaches, and where
//! it is interrupted.

use std::collections::HashSet;

use super::super::{Entry, Item, Telling};
use crate::football::{EventId, EventType, MatchClock, Op, Period, Reading, Status};

/// What a match passes through, in order; interruptions apart.
pub(super) const COURSE: [Status; 9] = [
    Status::FirstHalf,
    Status::HalfTime,
    Status::SecondHalf,
    Status::ExtraTimeBreak,
    Status::ExtraFirstHalf,
    Status::ExtraHalfTime,
    Status::ExtraSecondHalf,
    Status::ShootoutBreak,
    Status::Shootout,
];

/// How many suspensions of one match are laid out: every place is sought among its phases, so a file must not be able
/// to make them many.
const MAX_SUSPENSIONS: usize = 50;

/// What is known of a match's clocks before any has a place.
#[derive(Default)]
pub(super) struct Clocks {
    /// The largest (before the match: smallest) reading of each status.
    reach: Vec<(Status, Reading)>,
    /// The statuses whose end is told.
    pub(super) ended: Vec<Status>,
    /// Where play was suspended and, if it went on, after how long.
    pub(super) suspensions: Vec<(Period, Reading, Option<Reading>)>,
    /// Where the match was abandoned.
    pub(super) abandoned: Option<MatchClock>,
}

/// The happening that an entry takes back.
fn taken_back(entry: &Entry) -> Option<&EventId> {
    match &entry.item {
        Item::Event(Telling::Correction(correction)) if correction.op == Op::Remove => Some(&correction.id),
        _ => None,
    }
}

impl Clocks {
    pub(super) fn of<'a>(entries: impl Iterator<Item = &'a Entry> + Clone) -> Self {
        let mut clocks = Self::default();
        // What is taken back later has interrupted and ended nothing.
        let taken_back: HashSet<&EventId> = entries.clone().filter_map(taken_back).collect();
        for entry in entries {
            match &entry.item {
                Item::Event(telling) => {
                    if let Telling::First(event) = telling {
                        clocks.see(event.clock);
                        if !taken_back.contains(&event.id) {
                            clocks.structure(&event.kind, event.clock);
                        }
                    }
                    clocks.see(telling.told());
                }
                item => clocks.see(item.told()),
            }
        }
        clocks
    }

    fn see(&mut self, clock: MatchClock) {
        match self.reach.iter_mut().find(|(status, _)| *status == clock.status) {
            Some((Status::Scheduled, reading)) => *reading = (*reading).min(clock.reading),
            Some((_, reading)) => *reading = (*reading).max(clock.reading),
            None => self.reach.push((clock.status, clock.reading)),
        }
    }

    fn structure(&mut self, kind: &EventType, clock: MatchClock) {
        match kind {
            EventType::PeriodEnd | EventType::MatchEnd => self.ended.push(clock.status),
            EventType::Suspended => {
                if let Some(period) = clock.period().filter(|_| self.suspensions.len() < MAX_SUSPENSIONS) {
                    self.suspensions.push((period, clock.reading, None));
                }
            }
            EventType::Resumed => {
                if let Some((.., lasted @ None)) = self.suspensions.last_mut() {
                    let reading = if clock.status == Status::Suspended { clock.reading } else { Reading::default() };
                    *lasted = Some(reading);
                }
            }
            EventType::Abandoned => self.abandoned = Some(clock),
            _ => {}
        }
    }

    pub(super) fn reach(&self, status: Status) -> Option<Reading> {
        self.reach.iter().find(|(of, _)| *of == status).map(|(_, reading)| *reading)
    }

    /// Whether a step of the course is gone through: told of, or implied by what is told of.
    pub(super) fn passes(&self, step: Status) -> bool {
        use Status::*;
        let told = |statuses: &[Status]| statuses.iter().any(|status| self.reach(*status).is_some());
        match step {
            FirstHalf => told(&COURSE),
            HalfTime => told(&COURSE[1..]),
            SecondHalf => told(&COURSE[2..]),
            ExtraTimeBreak => told(&COURSE[3..7]),
            ExtraFirstHalf => told(&COURSE[4..7]),
            ExtraHalfTime => told(&COURSE[5..7]),
            ShootoutBreak => told(&COURSE[7..]),
            _ => told(&[step]),
        }
    }
}
