//! What a feed's clocks tell of the course of a match: what it passes through, how far each part reaches, and where
//! it is interrupted.

use std::collections::HashMap;

use super::super::{Item, Scenario, Telling};
use crate::football::{
    EventId, EventType, Field, MatchClock, MatchEvent, Newest, Op, Reading, Status, UtcMillis, Value,
};

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

/// How many kick-offs of one match are laid out, for the same reason.
pub(in super::super) const MAX_KICKOFFS: usize = 50;

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
    /// Where it was called off before kick-off, and what it was then.
    called_off: Vec<(Reading, Status)>,
    /// The kick-offs that are told before the match, each with when it is told; `None`: the scheduled one again.
    pub(super) kickoffs: Vec<(Reading, Option<UtcMillis>)>,
}

/// What an event that is corrected is in the end: `None` once it is removed, else its type, and when that was told.
type Outcomes<'a> = HashMap<(u16, &'a EventId), Option<(&'a EventType, u32)>>;

/// What becomes of the events whose type is corrected or that are removed; a type with the line that last says so.
fn outcomes(scenario: &Scenario) -> Outcomes<'_> {
    let mut outcomes = Outcomes::new();
    for entry in &scenario.entries {
        let Item::Event(Telling::Correction(correction)) = &entry.item else { continue };
        let key = (entry.track, &correction.id);
        match (&correction.kind, correction.op) {
            (_, Op::Remove) => _ = outcomes.insert(key, None),
            (Some(kind), _) => {
                let since = outcomes.get(&key).copied().flatten().filter(|(last, _)| *last == kind);
                outcomes.insert(key, Some((kind, since.map_or(entry.line, |(_, line)| line))));
            }
            _ => {}
        }
    }
    outcomes
}

impl Clocks {
    /// Of each match.
    pub(in super::super) fn of(scenario: &Scenario) -> Vec<Self> {
        let mut clocks: Vec<Self> = scenario.matches.iter().map(|_| Self::default()).collect();
        // What is removed later has interrupted and ended nothing, what becomes such by a correction does so from then on.
        let outcomes = outcomes(scenario);
        let mut corrected: HashMap<(u16, &EventId), &MatchEvent> = HashMap::new();
        let mut delays: Vec<Newest<UtcMillis>> = scenario.matches.iter().map(|_| Newest::default()).collect();
        for entry in &scenario.entries {
            let clocks = &mut clocks[usize::from(entry.track)];
            clocks.delay(&entry.item, &mut delays[usize::from(entry.track)]);
            match &entry.item {
                Item::Event(Telling::First(event)) => {
                    clocks.see(event.clock);
                    let key = (entry.track, &event.id);
                    let outcome = outcomes.get(&key).copied();
                    // What interrupts the match until a correction makes an end of it has interrupted it meanwhile.
                    let interrupts = matches!(event.kind, EventType::Suspended | EventType::Postponed);
                    let ends = |kind: &EventType| matches!(kind, EventType::Abandoned | EventType::Awarded);
                    let kept = |kind: &EventType| *kind == event.kind || interrupts && ends(kind);
                    if outcome.is_none_or(|outcome| outcome.is_some_and(|(kind, _)| kept(kind))) {
                        clocks.structure(&event.kind, event.clock);
                    }
                    if outcome.flatten().is_some_and(|(kind, _)| *kind != event.kind) {
                        corrected.insert(key, event);
                    }
                }
                Item::Event(Telling::Correction(correction)) => {
                    let key = (entry.track, &correction.id);
                    if let (Some(Some((kind, line))), Some(event)) = (outcomes.get(&key), corrected.get(&key))
                        && *line == entry.line
                    {
                        // The end of a period is that of the event, and so is how long a suspension lasted.
                        let own = matches!(kind, EventType::PeriodEnd | EventType::MatchEnd | EventType::Resumed);
                        clocks.structure(kind, if own { event.clock } else { correction.told });
                    }
                }
                Item::Marker(_) | Item::Fault(_) => {}
            }
            clocks.see(entry.item.told());
        }
        clocks
    }

    /// Takes in a kick-off that is told, told again or taken back; `delays` are those that stand.
    fn delay(&mut self, item: &Item, delays: &mut Newest<UtcMillis>) {
        // What is told in play comes too late.
        let Item::Event(telling) = item else { return };
        if telling.told().status != Status::Scheduled {
            return;
        }
        match telling {
            Telling::First(event) if event.kind == EventType::Delayed => {
                delays.set(&event.id, event.details.moment(Field::Kickoff));
            }
            Telling::Correction(correction)
                if delays.has(&correction.id) || correction.kind == Some(EventType::Delayed) =>
            {
                let other = correction.kind.as_ref().is_some_and(|kind| *kind != EventType::Delayed);
                let kickoff = correction.details.get(Field::Kickoff);
                if other || correction.op == Op::Remove || kickoff.as_deref() == Some(&Value::Withdrawn) {
                    delays.set(&correction.id, None);
                } else if let Some(at) = correction.details.moment(Field::Kickoff) {
                    delays.set(&correction.id, Some(at));
                }
            }
            _ => return,
        }
        if self.kickoffs.len() < MAX_KICKOFFS {
            self.kickoffs.push((item.told().reading, delays.last().copied()));
        }
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
            EventType::Postponed | EventType::Abandoned | EventType::Awarded if clock.status == Status::Scheduled => {
                let status = if *kind == EventType::Postponed { Status::Postponed } else { Status::Abandoned };
                if self.called_off.last().is_none_or(|(_, last)| *last != status)
                    && self.called_off.len() < MAX_KICKOFFS
                {
                    self.called_off.push((clock.reading, status));
                }
            }
            EventType::Abandoned => self.abandoned = Some(clock),
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
        let called_off = (self.reaches(&[Postponed]) || !self.called_off.is_empty()) && !self.reaches(&COURSE);
        let unplaced = self.reaches(&[Suspended]) && self.suspensions.is_empty();
        !(self.is_abandoned() || called_off || unplaced)
    }

    /// Where the match was called off before kick-off, and what it was then; nothing where it is played all the same.
    pub(super) fn called_off(&self) -> &[(Reading, Status)] {
        if self.reaches(&COURSE) { &[] } else { &self.called_off }
    }

    /// Whether the match ends before its time.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.is_some() || self.reaches(&[Status::Abandoned])
    }
}
