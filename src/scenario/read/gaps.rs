//! What is missing from a scenario because lines have errors. The lints do not see such lines, and consult [`ReadGaps`]
//! so that they do not report consequences of a mistake that has been reported.

use std::collections::HashSet;

use crate::football::{EventId, EventType, Period, Status};

/// The lines with errors or warnings, and what is missing because of them.
#[derive(Debug, Default)]
pub(in super::super) struct ReadGaps {
    /// The lines with errors or warnings, as ordered ranges: a file may be wrong on every line.
    lines: Vec<(u32, u32)>,
    /// What is missing from each match.
    matches: Vec<Missing>,
    /// The matches whose starters are not known.
    sheets: HashSet<u16>,
    /// Missing events that may belong to any match.
    anywhere: Missing,
}

/// Events without an entry.
#[derive(Debug, Default, Clone)]
struct Missing {
    /// Their ids.
    ids: HashSet<EventId>,
    /// Whether some of their ids are not known.
    other_ids: bool,
    /// Their types and statuses, each pair once; `None` where not known.
    events: Vec<(Option<EventType>, Option<Status>)>,
}

impl ReadGaps {
    /// Records that a line has an error or a warning. Call it in the order of lines.
    pub(super) fn add_line(&mut self, line: u32) {
        match self.lines.last_mut() {
            Some((_, last)) if line <= *last => {}
            Some((_, last)) if line == last.saturating_add(1) => *last = line,
            _ => self.lines.push((line, line)),
        }
    }

    /// Records that an event of a match is missing; `None`: of any match.
    pub(super) fn add_event(&mut self, track: Option<u16>, kind: Option<&EventType>, status: Option<Status>) {
        let event = (kind.cloned(), status);
        let events = &mut self.missing_in(track).events;
        // Custom types are left out: no lint asks about them, and a file may have any number.
        if !matches!(kind, Some(EventType::Other(_))) && !events.contains(&event) {
            events.push(event);
        }
    }

    /// Records that the starters of a match are not known.
    pub(super) fn add_unknown_starters(&mut self, track: u16) {
        self.sheets.insert(track);
    }

    /// Whether the starters of a match are known.
    pub(in super::super) fn knows_starters(&self, track: usize) -> bool {
        u16::try_from(track).is_ok_and(|track| !self.sheets.contains(&track))
    }

    /// Records that the id of a missing event is not known.
    pub(super) fn add_unknown_id(&mut self, track: Option<u16>) {
        self.missing_in(track).other_ids = true;
    }

    /// Records ids of a match whose events may be missing.
    pub(super) fn add_ids(&mut self, track: u16, ids: impl Iterator<Item = EventId>) {
        self.missing_in(Some(track)).ids.extend(ids);
    }

    fn missing_in(&mut self, track: Option<u16>) -> &mut Missing {
        let Some(track) = track.map(usize::from) else { return &mut self.anywhere };
        if self.matches.len() <= track {
            self.matches.resize_with(track + 1, Missing::default);
        }
        &mut self.matches[track]
    }

    fn gaps_of(&self, track: usize) -> impl Iterator<Item = &Missing> {
        self.matches.get(track).into_iter().chain([&self.anywhere])
    }

    /// Whether a line has an error or a warning.
    pub(in super::super) fn has_line(&self, line: u32) -> bool {
        let after = self.lines.partition_point(|(_, last)| *last < line);
        self.lines.get(after).is_some_and(|(first, _)| *first <= line)
    }

    /// Whether an event of one of these types may be missing, in this period or (`None`) anywhere in the match.
    pub(in super::super) fn may_lack(&self, track: usize, kinds: &[EventType], period: Option<Period>) -> bool {
        let among = |kind: &Option<EventType>| kind.as_ref().is_none_or(|kind| kinds.contains(kind));
        let there = |status: &Option<Status>| status.is_none_or(|status| period.is_none() || status.period() == period);
        self.gaps_of(track).any(|missing| missing.events.iter().any(|(kind, status)| among(kind) && there(status)))
    }

    /// Whether any event of the match may be missing.
    pub(in super::super) fn may_lack_any(&self, track: usize) -> bool {
        self.gaps_of(track).any(|missing| !missing.events.is_empty())
    }

    /// Whether the event with this id may be missing.
    pub(in super::super) fn may_be_id_of_unread_event(&self, track: usize, id: &str) -> bool {
        self.has_unknown_ids(track) || self.matches.get(track).is_some_and(|missing| missing.ids.contains(id))
    }

    /// Whether ids of missing events are not known.
    pub(in super::super) fn has_unknown_ids(&self, track: usize) -> bool {
        self.gaps_of(track).any(|missing| missing.other_ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_kept_as_ranges() {
        let mut gaps = ReadGaps::default();
        [3, 4, 4, 5, 9].into_iter().for_each(|line| gaps.add_line(line));
        assert_eq!(gaps.lines, [(3, 5), (9, 9)]);
        let wrong: Vec<u32> = (0..12).filter(|line| gaps.has_line(*line)).collect();
        assert_eq!(wrong, [3, 4, 5, 9]);
    }

    #[test]
    fn an_event_of_unknown_type_or_match_may_be_any() {
        let mut gaps = ReadGaps::default();
        gaps.add_event(Some(1), Some(&EventType::PeriodEnd), Some(Status::FirstHalf));
        let end = [EventType::PeriodEnd];
        assert!(gaps.may_lack(1, &end, None) && !gaps.may_lack(1, &[EventType::Goal], None));
        assert!(gaps.may_lack(1, &end, Some(Period::First)) && !gaps.may_lack(1, &end, Some(Period::Second)));
        assert!(!gaps.may_lack_any(0));
        gaps.add_event(None, None, None);
        assert!(gaps.may_lack(0, &[EventType::Goal], None) && gaps.may_lack(0, &end, Some(Period::Second)));
        assert!(!gaps.may_be_id_of_unread_event(0, "x"));
        gaps.add_unknown_id(Some(0));
        assert!(gaps.may_be_id_of_unread_event(0, "x") && !gaps.may_be_id_of_unread_event(1, "x"));
    }
}
