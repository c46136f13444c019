//! The course of the match: its periods, their ends and starts, added time, and the rules that it shows.

use super::ids::{kind, q};
use super::mapping::{OptaMapping, id_of};
use super::row::OptaRow;
use crate::football::{EventType, Field, FieldValue, Period, UtcMillis};
use crate::import::draft::DraftEvent;

impl OptaMapping<'_> {
    /// The announced added time. Some feeds have it for each team.
    pub(super) fn add_added_time(&mut self, index: usize) {
        let row = &self.rows[index];
        let same = |other: &&OptaRow| other.kind == kind::ADDED_TIME && other.period == row.period;
        let before =
            self.rows[..index].iter().filter(same).any(|other| other.value(q::MINUTES) == row.value(q::MINUTES));
        let Some(minutes) = row.number(q::MINUTES).filter(|_| !before) else {
            return self.draft.leave_out("second rows of added time");
        };
        let event = self.event(index, EventType::AddedTime, "").side(None);
        self.draft.add(event.set(Field::Minutes, Some(FieldValue::Minutes(minutes))));
    }

    /// The start or end of a period, which each team has.
    pub(super) fn add_period_mark(&mut self, index: usize, kind: EventType) {
        let row = &self.rows[index];
        if self.rows[..index].iter().any(|other| other.kind == row.kind && other.period == row.period) {
            return self.draft.leave_out("second rows of starts and ends");
        }
        let mut mark = DraftEvent::new(id_of(row, ""), kind.clone(), self.clock(index));
        if let (EventType::PeriodStart, Some(period)) = (&kind, mark.clock.period()) {
            mark.clock.reading = self.draft.fixture.rules.periods.start(period);
        }
        self.draft.add(mark);
    }

    pub(super) fn add_match_end(&mut self, index: usize) {
        let row = &self.rows[index];
        if self.rows[..index].iter().any(|other| other.kind == kind::END && other.period == row.period) {
            return self.draft.leave_out("second rows of starts and ends");
        }
        let in_play = self.clocks.iter().flatten().filter(|clock| clock.period().is_some());
        let Some(last) = in_play.copied().max_by_key(|clock| (clock.status, clock.reading)) else { return };
        self.draft.add(DraftEvent::new(id_of(row, ""), EventType::MatchEnd, last));
    }

    /// The moments at which the periods began: by the rows, else by the match data. One that contradicts the length of the
    /// period before is left out.
    pub(super) fn set_period_starts(&mut self) {
        let rules = self.draft.fixture.rules.periods;
        let known = std::mem::take(&mut self.draft.fixture.period_starts);
        let mut over: Option<UtcMillis> = None;
        for period in Period::ALL {
            let readings = self.clocks.iter().flatten().filter(|clock| clock.period() == Some(period));
            let Some(latest) = readings.map(|clock| clock.reading).max() else { continue };
            let stated = known.iter().find(|(of, _)| *of == period).map(|(_, start)| *start);
            let Some(start) = self.times.start(period).or(stated) else { continue };
            if over.is_some_and(|over| start < over) {
                self.draft.warn(format!(
                    "the start of period {} is left out: it lies before the end of the one before",
                    period.number()
                ));
                continue;
            }
            over = Some(UtcMillis(start.0.saturating_add(latest.as_millis() - rules.start(period).as_millis())));
            self.draft.fixture.period_starts.push((period, start));
        }
    }

    /// Whether a review is shown.
    pub(super) fn set_rules(&mut self) {
        let video = |row: &OptaRow| {
            matches!(row.kind, kind::REFEREE_DECISION | kind::DELETED_AFTER_REVIEW) || row.has(q::VIDEO_DELAY)
        };
        self.draft.fixture.rules.var |= self.rows.iter().any(video);
    }

    /// A period ends after everything that happened in it, and the match with its last period.
    pub(super) fn move_ends(&mut self) {
        let events = self.draft.events_mut();
        for period in Period::ALL {
            let status = period.status();
            let readings = events.iter().filter(|event| event.clock.status == status).map(|event| event.clock.reading);
            let Some(latest) = readings.max() else { continue };
            let ends = |event: &&mut DraftEvent| matches!(event.kind, EventType::PeriodEnd | EventType::MatchEnd);
            for end in events.iter_mut().filter(|event| event.clock.status == status).filter(ends) {
                end.clock.reading = latest;
            }
        }
    }
}
