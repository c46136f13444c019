//! A first pass over a feed's clocks, before any has a media time: the phases that each match goes through, their last
//! readings, and its interruptions.

use std::collections::HashMap;

use super::super::{EventRecord, LineContent, Scenario};
use super::prematch::Prematch;
use crate::football::{EventId, EventType, MatchClock, MatchEvent, Op, Reading, Status};

/// The statuses of the course of a match in order, without interruptions.
pub(in super::super) const STATUS_ORDER: [Status; 9] = [
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

/// The maximum number of suspensions of one match. Every lookup of a time searches the phases of the match, so a file must
/// not be able to make them many.
pub(in super::super) const MAX_SUSPENSIONS: usize = 50;

/// What the feed's clocks say about the course of one match.
#[derive(Default)]
pub(in super::super) struct Clocks {
    /// The largest reading of each status; before the match, the smallest.
    largest_reading: Vec<(Status, Reading)>,
    /// The statuses whose end is reported.
    pub(super) ended: Vec<Status>,
    /// The suspensions: the period or break, the reading and, if the match was resumed, the length.
    pub(super) suspensions: Vec<(Status, Reading, Option<Reading>)>,
    /// The indices of the entries that end a suspension, in order.
    pub(in super::super) resumed_by: Vec<usize>,
    /// The clock at which the match was abandoned.
    pub(super) abandoned: Option<MatchClock>,
    /// The changes before kick-off.
    pub(super) prematch: Prematch,
}

/// What corrections make of an event in the end.
struct FinalType<'a> {
    /// The final type; `None` if the event is removed.
    kind: Option<&'a EventType>,
    /// The line from which that holds, and the clock at which the feed reports it.
    line: u32,
    reported_at: MatchClock,
}

impl FinalType<'_> {
    /// Whether the event was removed while the match was suspended.
    fn is_removal_in_suspension(&self) -> bool {
        self.kind.is_none() && self.reported_at.status == Status::Suspended
    }
}

/// The final types of all events that are removed or whose type is corrected, by match and event.
fn final_types(scenario: &Scenario) -> HashMap<(u16, &EventId), FinalType<'_>> {
    let mut finals: HashMap<_, FinalType<'_>> = HashMap::new();
    for entry in &scenario.entries {
        let LineContent::Event(EventRecord::Correction(correction)) = &entry.item else { continue };
        let kind = correction.kind.as_ref().filter(|_| correction.op != Op::Remove);
        if kind.is_none() && correction.op != Op::Remove {
            continue;
        }
        let key = (entry.track, &correction.id);
        // The same type again changes nothing.
        if kind.is_none() || finals.get(&key).is_none_or(|last| last.kind != kind) {
            finals.insert(key, FinalType { kind, line: entry.line, reported_at: correction.told });
        }
    }
    finals
}

impl Clocks {
    /// Collects the clocks of each match.
    pub(in super::super) fn collect(scenario: &Scenario) -> Vec<Self> {
        let mut clocks: Vec<Self> = scenario.matches.iter().map(|_| Self::default()).collect();
        // An event that is removed later does not interrupt or end anything. An event whose type is corrected has the
        // effect of its new type from the correction on.
        let final_types = final_types(scenario);
        let mut corrected: HashMap<(u16, &EventId), &MatchEvent> = HashMap::new();
        for (index, entry) in scenario.entries.iter().enumerate() {
            let clocks = &mut clocks[usize::from(entry.track)];
            clocks.prematch.add_change(&entry.item);
            match &entry.item {
                LineContent::Event(EventRecord::First(event)) => {
                    clocks.record_reading(event.clock);
                    let key = (entry.track, &event.id);
                    let final_type = final_types.get(&key);
                    // A suspension interrupts the match until a correction makes an end of it, or removes it meanwhile.
                    let is_suspension = event.kind == EventType::Suspended;
                    let stays = final_type.is_none_or(|final_type| match final_type.kind {
                        Some(EventType::Abandoned | EventType::Awarded) if is_suspension => true,
                        Some(kind) => *kind == event.kind,
                        None => is_suspension && final_type.is_removal_in_suspension(),
                    });
                    if stays {
                        clocks.record_transition(&event.kind, event.clock, index);
                    }
                    if final_type.is_some_and(|final_type| final_type.kind != Some(&event.kind)) {
                        corrected.insert(key, event);
                    }
                }
                LineContent::Event(EventRecord::Correction(correction)) => {
                    let key = (entry.track, &correction.id);
                    if let (Some(final_type), Some(event)) = (final_types.get(&key), corrected.get(&key))
                        && final_type.line == entry.line
                    {
                        match final_type.kind {
                            // The end of a period, and the length of a suspension, are at the clock of the event itself.
                            Some(kind @ (EventType::PeriodEnd | EventType::MatchEnd | EventType::Resumed)) => {
                                clocks.record_transition(kind, event.clock, index);
                            }
                            Some(kind) => clocks.record_transition(kind, correction.told, index),
                            None if event.kind == EventType::Suspended && final_type.is_removal_in_suspension() => {
                                clocks.record_transition(&EventType::Resumed, correction.told, index);
                            }
                            None => {}
                        }
                    }
                }
                LineContent::Marker(_) | LineContent::Fault(_) => {}
            }
            clocks.record_reading(entry.item.reported_at());
        }
        clocks
    }

    fn record_reading(&mut self, clock: MatchClock) {
        match self.largest_reading.iter_mut().find(|(status, _)| *status == clock.status) {
            Some((Status::Scheduled, reading)) => *reading = (*reading).min(clock.reading),
            Some((_, reading)) => *reading = (*reading).max(clock.reading),
            None => self.largest_reading.push((clock.status, clock.reading)),
        }
    }

    /// Records an event that interrupts, resumes or ends play, by the entry with this index. Ignores other types.
    fn record_transition(&mut self, kind: &EventType, clock: MatchClock, entry: usize) {
        match kind {
            EventType::PeriodEnd | EventType::MatchEnd => self.ended.push(clock.status),
            EventType::Suspended
                if STATUS_ORDER.contains(&clock.status) && self.suspensions.len() < MAX_SUSPENSIONS =>
            {
                self.suspensions.push((clock.status, clock.reading, None));
            }
            EventType::Resumed => {
                if let Some((.., lasted @ None)) = self.suspensions.last_mut() {
                    let reading = if clock.status == Status::Suspended { clock.reading } else { Reading::default() };
                    *lasted = Some(reading);
                    self.resumed_by.push(entry);
                }
            }
            EventType::Abandoned if !self.prematch.covers(clock) => self.abandoned = Some(clock),
            // A suspended match with an awarded result is not played any more.
            EventType::Awarded if matches!(self.suspensions.last(), Some((.., None))) => self.abandoned = Some(clock),
            _ => {}
        }
    }

    pub(super) fn largest_reading(&self, status: Status) -> Option<Reading> {
        self.largest_reading.iter().find(|(of, _)| *of == status).map(|(_, reading)| *reading)
    }

    /// Whether a step of the course gets a phase: a reading lies in it, a later step has one, or the match reaches it by its
    /// nominal course. A feed of goals only still has a second half if there is no goal in it.
    pub(super) fn includes(&self, step: Status) -> bool {
        use Status::*;
        match step {
            FirstHalf | HalfTime | SecondHalf if self.follows_nominal_course() => true,
            FirstHalf => self.has_any(&STATUS_ORDER),
            HalfTime => self.has_any(&STATUS_ORDER[1..]),
            SecondHalf => self.has_any(&STATUS_ORDER[2..]),
            // Extra time is played to its end.
            ExtraFirstHalf | ExtraHalfTime | ExtraSecondHalf if self.follows_nominal_course() => {
                self.has_any(&STATUS_ORDER[3..7])
            }
            ExtraTimeBreak => self.has_any(&STATUS_ORDER[3..7]),
            ExtraFirstHalf => self.has_any(&STATUS_ORDER[4..7]),
            ExtraHalfTime => self.has_any(&STATUS_ORDER[5..7]),
            ShootoutBreak => self.has_any(&STATUS_ORDER[7..]),
            _ => self.has_any(&[step]),
        }
    }

    /// Whether the feed has a reading in any of these statuses.
    fn has_any(&self, statuses: &[Status]) -> bool {
        statuses.iter().any(|status| self.largest_reading(*status).is_some())
    }

    /// Whether the match follows its nominal course where the feed reports nothing. It does not if it is abandoned or called
    /// off, or suspended at an unknown reading.
    fn follows_nominal_course(&self) -> bool {
        use Status::*;
        let called_off = !self.has_any(&STATUS_ORDER)
            && self.prematch.status().map_or_else(|| self.has_any(&[Postponed]), |status| status != Scheduled);
        let unplaced = self.has_any(&[Suspended]) && self.suspensions.is_empty();
        !(self.is_abandoned() || called_off || unplaced)
    }

    /// Whether the match is abandoned.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.is_some() || self.has_any(&[Status::Abandoned])
    }
}
