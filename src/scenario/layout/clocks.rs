//! What a feed's clocks tell of the course of a match: what it passes through, how far each part reaches, and where
//! it is interrupted.

use std::collections::{HashMap, HashSet};

use super::super::{Entry, Item, Scenario, Telling};
use super::before::BeforeKickoff;
use crate::football::{EventId, EventType, MatchClock, MatchEvent, Op, Reading, Status};

/// What a match passes through, in order; interruptions apart.
pub(in super::super) const COURSE: [Status; 9] = [
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
pub(in super::super) const MAX_SUSPENSIONS: usize = 50;

/// What is known of a match's clocks before any has a place.
#[derive(Default)]
pub(in super::super) struct Clocks {
    /// The largest (before the match: smallest) reading of each status.
    reach: Vec<(Status, Reading)>,
    /// The statuses whose end is told.
    pub(super) ended: Vec<Status>,
    /// In which period or break and where the match was suspended and, if it went on, after how long.
    pub(super) suspensions: Vec<(Status, Reading, Option<Reading>)>,
    /// Where the match was abandoned.
    pub(super) abandoned: Option<MatchClock>,
    /// What changes before kick-off.
    pub(super) before: BeforeKickoff,
}

/// What an event that is corrected is in the end: `None` once it is removed, else its type; and the line that says so.
type Outcomes<'a> = HashMap<(u16, &'a EventId), (Option<&'a EventType>, u32)>;

/// What becomes of the events whose type is corrected or that are removed.
fn outcomes(scenario: &Scenario) -> Outcomes<'_> {
    let mut outcomes = Outcomes::new();
    for entry in &scenario.entries {
        let Item::Event(Telling::Correction(correction)) = &entry.item else { continue };
        let key = (entry.track, &correction.id);
        match (&correction.kind, correction.op) {
            (_, Op::Remove) => _ = outcomes.insert(key, (None, entry.line)),
            (Some(kind), _) => {
                let since = outcomes.get(&key).filter(|(last, _)| *last == Some(kind));
                outcomes.insert(key, (Some(kind), since.map_or(entry.line, |(_, line)| *line)));
            }
            _ => {}
        }
    }
    outcomes
}

/// The match and the event that an entry removes at a clock of a suspension.
fn removed_in_suspension(entry: &Entry) -> Option<(u16, &EventId)> {
    let Item::Event(Telling::Correction(correction)) = &entry.item else { return None };
    (correction.op == Op::Remove && correction.told.status == Status::Suspended)
        .then_some((entry.track, &correction.id))
}

impl Clocks {
    /// Of each match.
    pub(in super::super) fn of(scenario: &Scenario) -> Vec<Self> {
        let mut clocks: Vec<Self> = scenario.matches.iter().map(|_| Self::default()).collect();
        // What is removed later has interrupted and ended nothing, what becomes such by a correction does so from then on.
        let outcomes = outcomes(scenario);
        // Suspensions that are removed while they last.
        let ended_suspended: HashSet<(u16, &EventId)> =
            scenario.entries.iter().filter_map(removed_in_suspension).collect();
        let mut corrected: HashMap<(u16, &EventId), &MatchEvent> = HashMap::new();
        for entry in &scenario.entries {
            let clocks = &mut clocks[usize::from(entry.track)];
            clocks.before.take(&entry.item);
            match &entry.item {
                Item::Event(Telling::First(event)) => {
                    clocks.see(event.clock);
                    let key = (entry.track, &event.id);
                    let outcome = outcomes.get(&key);
                    // A suspension that a correction makes an end of, or ends, has interrupted the match until then.
                    let ends = |kind: &EventType| matches!(kind, EventType::Abandoned | EventType::Awarded);
                    let stays = outcome.is_none_or(|(kind, _)| match kind {
                        Some(kind) => **kind == event.kind || event.kind == EventType::Suspended && ends(kind),
                        None => event.kind == EventType::Suspended && ended_suspended.contains(&key),
                    });
                    if stays {
                        clocks.structure(&event.kind, event.clock);
                    }
                    if outcome.is_some_and(|(kind, _)| *kind != Some(&event.kind)) {
                        corrected.insert(key, event);
                    }
                }
                Item::Event(Telling::Correction(correction)) => {
                    let key = (entry.track, &correction.id);
                    if let (Some((kind, line)), Some(event)) = (outcomes.get(&key), corrected.get(&key))
                        && *line == entry.line
                    {
                        match kind {
                            // The end of a period is that of the event, and so is how long a suspension lasted.
                            Some(kind @ (EventType::PeriodEnd | EventType::MatchEnd | EventType::Resumed)) => {
                                clocks.structure(kind, event.clock);
                            }
                            Some(kind) => clocks.structure(kind, correction.told),
                            None if event.kind == EventType::Suspended && ended_suspended.contains(&key) => {
                                clocks.structure(&EventType::Resumed, correction.told);
                            }
                            None => {}
                        }
                    }
                }
                Item::Marker(_) | Item::Fault(_) => {}
            }
            clocks.see(entry.item.told());
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

    /// Takes in what interrupts or ends a stretch of play, or takes it up again; other events do neither.
    fn structure(&mut self, kind: &EventType, clock: MatchClock) {
        match kind {
            EventType::PeriodEnd | EventType::MatchEnd => self.ended.push(clock.status),
            EventType::Suspended if COURSE.contains(&clock.status) && self.suspensions.len() < MAX_SUSPENSIONS => {
                self.suspensions.push((clock.status, clock.reading, None));
            }
            EventType::Resumed => {
                if let Some((.., lasted @ None)) = self.suspensions.last_mut() {
                    let reading = if clock.status == Status::Suspended { clock.reading } else { Reading::default() };
                    *lasted = Some(reading);
                }
            }
            EventType::Abandoned if !self.before.has(clock) => self.abandoned = Some(clock),
            // What is suspended and has a result is not played any more.
            EventType::Awarded if matches!(self.suspensions.last(), Some((.., None))) => self.abandoned = Some(clock),
            _ => {}
        }
    }

    pub(super) fn reach(&self, status: Status) -> Option<Reading> {
        self.reach.iter().find(|(of, _)| *of == status).map(|(_, reading)| *reading)
    }

    /// Whether a step of the course has a phase: an event lies in it, a later step has one, or the match reaches it by
    /// its nominal course. The feed of goals only that has nothing to say after the first half still has a second one.
    pub(super) fn passes(&self, step: Status) -> bool {
        use Status::*;
        match step {
            FirstHalf | HalfTime | SecondHalf if self.goes_on() => true,
            FirstHalf => self.reaches(&COURSE),
            HalfTime => self.reaches(&COURSE[1..]),
            SecondHalf => self.reaches(&COURSE[2..]),
            // Extra time that begins is played to its end.
            ExtraFirstHalf | ExtraHalfTime | ExtraSecondHalf if self.goes_on() => self.reaches(&COURSE[3..7]),
            ExtraTimeBreak => self.reaches(&COURSE[3..7]),
            ExtraFirstHalf => self.reaches(&COURSE[4..7]),
            ExtraHalfTime => self.reaches(&COURSE[5..7]),
            ShootoutBreak => self.reaches(&COURSE[7..]),
            _ => self.reaches(&[step]),
        }
    }

    /// Whether any clock of these statuses is told.
    fn reaches(&self, statuses: &[Status]) -> bool {
        statuses.iter().any(|status| self.reach(*status).is_some())
    }

    /// Whether the match follows its nominal course where the feed is silent. It does not once it is abandoned or
    /// postponed, nor where its suspension has no place in a period.
    fn goes_on(&self) -> bool {
        use Status::*;
        let called_off = !self.reaches(&COURSE)
            && self.before.status().map_or_else(|| self.reaches(&[Postponed]), |status| status != Scheduled);
        let unplaced = self.reaches(&[Suspended]) && self.suspensions.is_empty();
        !(self.is_abandoned() || called_off || unplaced)
    }

    /// Whether the match ends before its time.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.is_some() || self.reaches(&[Status::Abandoned])
    }
}
