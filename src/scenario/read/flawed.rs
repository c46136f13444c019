//! What could not be read as it was meant. Lints do not see such lines, and must not be misled by that: one mistake is
//! said once.

use std::collections::HashSet;

use crate::football::{EventId, EventType, Period, Status};

/// What is known of the lines that have errors or warnings.
#[derive(Debug, Default)]
pub(in super::super) struct Flawed {
    /// The lines, as ranges in order: a file may be wrong on every line.
    lines: Vec<(u32, u32)>,
    /// What is missing of each match.
    matches: Vec<Missing>,
    /// The matches of which it is not known who starts.
    sheets: HashSet<u16>,
    /// Likewise of events that may belong to any match.
    anywhere: Missing,
}

/// Events that left no entry.
#[derive(Debug, Default, Clone)]
struct Missing {
    /// The ids under which they would have been known.
    ids: HashSet<EventId>,
    /// There are others whose ids are not known.
    other_ids: bool,
    /// What they tell and in which status, each pair once; `None` where that is not known.
    events: Vec<(Option<EventType>, Option<Status>)>,
}

impl Flawed {
    /// Notes that a line has an error or a warning. Lines come in order.
    pub(super) fn add_line(&mut self, line: u32) {
        match self.lines.last_mut() {
            Some((_, last)) if line <= *last => {}
            Some((_, last)) if line == last.saturating_add(1) => *last = line,
            _ => self.lines.push((line, line)),
        }
    }

    /// Notes that an event is missing, of a match or (`None`) of any.
    pub(super) fn add_event(&mut self, track: Option<u16>, kind: Option<&EventType>, status: Option<Status>) {
        let event = (kind.cloned(), status);
        let events = &mut self.missing(track).events;
        // No lint asks about types of one's own, which are without number.
        if !matches!(kind, Some(EventType::Other(_))) && !events.contains(&event) {
            events.push(event);
        }
    }

    /// Notes that it is not known who starts a match.
    pub(super) fn add_sheet(&mut self, track: u16) {
        self.sheets.insert(track);
    }

    /// Whether it is known who starts a match.
    pub(in super::super) fn knows_starters(&self, track: usize) -> bool {
        u16::try_from(track).is_ok_and(|track| !self.sheets.contains(&track))
    }

    /// Notes that the id of an event is not known.
    pub(super) fn add_unknown_id(&mut self, track: Option<u16>) {
        self.missing(track).other_ids = true;
    }

    pub(super) fn add_ids(&mut self, track: u16, ids: impl Iterator<Item = EventId>) {
        self.missing(Some(track)).ids.extend(ids);
    }

    fn missing(&mut self, track: Option<u16>) -> &mut Missing {
        let Some(track) = track.map(usize::from) else { return &mut self.anywhere };
        if self.matches.len() <= track {
            self.matches.resize_with(track + 1, Missing::default);
        }
        &mut self.matches[track]
    }

    fn of(&self, track: usize) -> impl Iterator<Item = &Missing> {
        self.matches.get(track).into_iter().chain([&self.anywhere])
    }

    /// Whether a line has an error or a warning.
    pub(in super::super) fn has_line(&self, line: u32) -> bool {
        let after = self.lines.partition_point(|(_, last)| *last < line);
        self.lines.get(after).is_some_and(|(first, _)| *first <= line)
    }

    /// Whether an event of one of these types may be missing that belongs to this period, or to any where none is given.
    pub(in super::super) fn lacks(&self, track: usize, kinds: &[EventType], period: Option<Period>) -> bool {
        let among = |kind: &Option<EventType>| kind.as_ref().is_none_or(|kind| kinds.contains(kind));
        let there = |status: &Option<Status>| status.is_none_or(|status| period.is_none() || status.period() == period);
        self.of(track).any(|missing| missing.events.iter().any(|(kind, status)| among(kind) && there(status)))
    }

    /// Whether anything may be missing at all.
    pub(in super::super) fn lacks_anything(&self, track: usize) -> bool {
        self.of(track).any(|missing| !missing.events.is_empty())
    }

    /// Whether an event of this id may be missing.
    pub(in super::super) fn may_have_id(&self, track: usize, id: &str) -> bool {
        self.has_unknown_ids(track) || self.matches.get(track).is_some_and(|missing| missing.ids.contains(id))
    }

    /// Whether there are events whose ids are not known.
    pub(in super::super) fn has_unknown_ids(&self, track: usize) -> bool {
        self.of(track).any(|missing| missing.other_ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_as_ranges() {
        let mut flawed = Flawed::default();
        [3, 4, 4, 5, 9].into_iter().for_each(|line| flawed.add_line(line));
        assert_eq!(flawed.lines, [(3, 5), (9, 9)]);
        let wrong: Vec<u32> = (0..12).filter(|line| flawed.has_line(*line)).collect();
        assert_eq!(wrong, [3, 4, 5, 9]);
    }

    #[test]
    fn what_is_not_known_may_be_anything() {
        let mut flawed = Flawed::default();
        flawed.add_event(Some(1), Some(&EventType::PeriodEnd), Some(Status::FirstHalf));
        let end = [EventType::PeriodEnd];
        assert!(flawed.lacks(1, &end, None) && !flawed.lacks(1, &[EventType::Goal], None));
        assert!(flawed.lacks(1, &end, Some(Period::First)) && !flawed.lacks(1, &end, Some(Period::Second)));
        assert!(!flawed.lacks_anything(0));
        flawed.add_event(None, None, None);
        assert!(flawed.lacks(0, &[EventType::Goal], None) && flawed.lacks(0, &end, Some(Period::Second)));
        assert!(!flawed.may_have_id(0, "x"));
        flawed.add_unknown_id(Some(0));
        assert!(flawed.may_have_id(0, "x") && !flawed.may_have_id(1, "x"));
    }
}
