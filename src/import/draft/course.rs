//! The course of the match: line-ups, starts and ends of periods where the importer has none, labels, and the rules that the
//! events show.

use super::{DraftEvent, MatchDraft};
use crate::football::{EventType, Field, MatchClock, Period, Reading, Side, Status};

/// How long before the nominal end of a period its last event may be: some feeds have no row for the whistle.
const QUIET_END_MILLIS: i64 = 2 * 60_000;

impl MatchDraft {
    /// Adds line-ups, starts and ends of periods, and the end of the match, where they are missing. A match that was abandoned,
    /// or of which the end is missing, gets no whistle.
    pub(super) fn add_frame(&mut self) {
        // Each goes to the front.
        for side in Side::ALL.iter().rev() {
            if self.fixture.team(*side).players.iter().any(|player| player.starts) {
                let clock = MatchClock { status: Status::Scheduled, reading: Reading::default() };
                self.add_if_missing("lineup", EventType::Lineup, clock, Some(*side));
            }
        }
        let mut played = Vec::with_capacity(Period::ALL.len());
        for period in Period::ALL {
            let clocks = self.events.iter().map(|event| event.clock).filter(|clock| clock.period() == Some(period));
            if let Some(end) = clocks.map(|clock| clock.reading).max() {
                let start = MatchClock::in_period(period, self.fixture.rules.periods.start(period));
                self.add_if_missing("start", EventType::PeriodStart, start, None);
                played.push((period, MatchClock::in_period(period, end)));
            }
        }
        let Some((last, end)) = played.last().copied() else { return };
        self.warn_of_missing_periods(last, &played);
        let is_over = self.is_over(last, end);
        for (_, end) in played.into_iter().filter(|(period, _)| *period != last || is_over) {
            self.add_if_missing("end", EventType::PeriodEnd, end, None);
        }
        if is_over && !matches!(last, Period::First | Period::ExtraFirst) {
            self.add_if_missing("match", EventType::MatchEnd, end, None);
        }
    }

    fn warn_of_missing_periods(&mut self, last: Period, played: &[(Period, MatchClock)]) {
        let expected: &[Period] = match last {
            Period::ExtraSecond => &[Period::First, Period::Second, Period::ExtraFirst],
            // It may follow straight after 90 minutes.
            Period::ExtraFirst | Period::Shootout => &[Period::First, Period::Second],
            Period::First | Period::Second => &[Period::First],
        };
        for missing in expected.iter().filter(|period| **period <= last && played.iter().all(|(of, _)| of != *period)) {
            self.warn(format!(
                "there are no events of period {}, as if a part of the file were missing",
                missing.number()
            ));
        }
    }

    /// Whether the last period came to its end.
    fn is_over(&mut self, last: Period, end: MatchClock) -> bool {
        let of = |kind: EventType| self.events.iter().filter(move |event| event.kind == kind);
        let ended =
            of(EventType::PeriodEnd).chain(of(EventType::MatchEnd)).any(|event| event.clock.status == end.status);
        if of(EventType::Abandoned).next().is_some()
            || of(EventType::Suspended).count() > of(EventType::Resumed).count()
        {
            return false;
        }
        let nominal = self.fixture.rules.periods.end(last);
        if !ended && end.reading.as_millis() + QUIET_END_MILLIS < nominal.as_millis() {
            self.warn(format!(
                "the events end at {}, before {nominal}, as if the file were cut off: the scenario has no final whistle",
                end.reading
            ));
            return false;
        }
        if matches!(last, Period::First | Period::ExtraFirst) {
            self.warn("the events end with the first half, as if the file were cut off".to_owned());
        }
        true
    }

    fn add_if_missing(&mut self, word: &str, kind: EventType, clock: MatchClock, side: Option<Side>) {
        let same = |event: &DraftEvent| match kind {
            EventType::MatchEnd => event.kind == kind,
            EventType::Lineup => event.kind == kind && event.side == side,
            _ => event.kind == kind && event.clock.status == clock.status,
        };
        if self.events.iter().any(same) {
            return;
        }
        let id = match side {
            Some(side) => format!("{word}-{side}"),
            None => format!("{word}-{}", clock.status).replace('_', "-"),
        };
        let event = DraftEvent::new(id.as_str(), kind, clock).side(side);
        // A start comes before everything of its period.
        let at = if matches!(event.kind, EventType::PeriodStart | EventType::Lineup) { 0 } else { self.events.len() };
        self.events.insert(at, event);
    }

    /// The rules that the events show: extra time, video review, and at least as many substitutions as were made.
    pub(super) fn set_rules_shown(&mut self) {
        let rules = &mut self.fixture.rules;
        // All, those before extra time, and those for a concussion.
        let mut changes = [[0_u8; 3]; 2];
        for event in &self.events {
            rules.extra_time |= matches!(event.clock.period(), Some(Period::ExtraFirst | Period::ExtraSecond));
            rules.var |= matches!(event.kind, EventType::VarReview | EventType::VarDecision);
            let Some(side) = event.side.filter(|_| event.kind == EventType::Substitution) else { continue };
            let concussion = event.text_of(Field::Reason) == Some("concussion");
            let counted = [!concussion, !concussion && event.clock.status <= Status::SecondHalf, concussion];
            for (count, counts) in changes[side.index()].iter_mut().zip(counted) {
                *count = count.saturating_add(u8::from(counts));
            }
        }
        let [all, regular, concussions] = [0, 1, 2].map(|at| changes[0][at].max(changes[1][at]));
        rules.substitutions = rules.substitutions.max(regular);
        rules.concussion_substitutions = rules.concussion_substitutions.max(concussions);
        if rules.extra_time {
            // The laws allow one more; whatever was made was allowed.
            let more = all.saturating_sub(rules.substitutions).max(1);
            rules.extra_time_substitutions = rules.extra_time_substitutions.max(more);
        }
    }

    pub(super) fn drop_labels_that_run_backwards(&mut self) {
        let rules = self.fixture.rules.periods;
        let own = |event: &DraftEvent| event.clock.minute(&rules);
        for index in 0..self.events.len() {
            let Some(label) = self.events[index].official else { continue };
            let event = &self.events[index];
            let status = event.clock.status;
            let shown = |event: &DraftEvent| event.official.or(own(event)).filter(|_| event.clock.status == status);
            let before = self.events[..index].iter().rev().find_map(shown);
            let after =
                self.events[index + 1..].iter().find_map(|event| own(event).filter(|_| event.clock.status == status));
            let fits = before.is_none_or(|before| before <= label) && after.is_none_or(|after| label <= after);
            if own(event).is_none() || own(event) == Some(label) || !fits {
                self.events[index].official = None;
            }
        }
    }
}
