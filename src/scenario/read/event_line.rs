//! Reads event lines: added events, and corrections of earlier ones.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use super::clocks::{read_clock, read_official_minute, read_side, read_told_clock};
use super::details::accepted_fields;
use super::known_events::KnownEvent;
use super::line_fields::EVENT_FIELDS;
use super::{Correction, EventRecord, Fields, Findings, LineContent, Reader, Severity, TimedLine};
use crate::football::{
    EventId, EventType, Field, FieldValue, GROUPS, Match, MatchClock, MatchEvent, Op, Reading, Status,
};
use crate::message::{suggest, suggestion_text};
use crate::scenario::hints;

/// The result of reading an event line. If the line has errors, `telling` is discarded and the rest goes into
/// [`ReadGaps`].
///
/// [`ReadGaps`]: super::ReadGaps
#[derive(Default)]
struct EventOutcome {
    telling: Option<EventRecord>,
    kind: Option<EventType>,
    clock: Option<MatchClock>,
    /// The id of the event that the line adds.
    id: Option<EventId>,
}

impl Reader {
    /// Reads an event line.
    pub(super) fn read_event_line(&mut self, mut fields: Fields<'_>, line: u32) {
        let errors = self.findings.reported_error_count();
        rename_aliases(&mut fields, &mut self.findings);
        let Some((track, fixture)) = self.read_track(&mut fields) else {
            self.gaps.add_unknown_id(None);
            return self.gaps.add_event(None, None, None);
        };
        let known = &mut self.known_events[usize::from(track)];
        known.lines = known.lines.saturating_add(1);
        let op = match (fields.has("op"), fields.peek("id")) {
            (true, _) => fields.word("op", Op::WORDS, Op::parse, &mut self.findings),
            (false, Some(id))
                if !fields.has("type") && known.contains(&self.scenario.entries, id.trim_matches('"')) =>
            {
                let message = format!("a correction of {id} needs \"op\":\"update\" or \"op\":\"remove\"");
                fields.report_grouped(&mut self.findings, "id", "no op", message);
                None
            }
            (false, _) => Some(Op::Add),
        };
        let op_is_valid = self.findings.reported_error_count() == errors;
        let outcome = match op {
            Some(Op::Add) => self.read_added_event(fields, &fixture, track),
            Some(op) => self.read_correction(fields, &fixture, track, (op, op_is_valid)),
            // The line may add an event with any id.
            None => {
                self.gaps.add_unknown_id(Some(track));
                EventOutcome::default()
            }
        };
        let valid = self.findings.reported_error_count() == errors;
        let Some(telling) = outcome.telling.filter(|_| valid) else {
            self.gaps.add_event(Some(track), outcome.kind.as_ref(), outcome.clock.map(|clock| clock.status));
            // The id is known even if the line has other errors, so that corrections of the event are not reported as
            // well.
            if let Some(id) = outcome.id {
                let kind = outcome.kind.unwrap_or_else(|| EventType::Other("".into()));
                let known = KnownEvent { kind, clock: outcome.clock, removed: false };
                self.known_events[usize::from(track)].set_override(id, known);
            }
            return;
        };
        if let EventRecord::First(event) = &telling
            && let EventType::Other(word) = &event.kind
            && !self.custom_types.0.contains(&**word)
        {
            // Another feed's word for known types: events of those types are missing.
            for kind in hints::event_type_hint(word).into_iter().flat_map(|advice| hints::find_event_types(&advice)) {
                self.gaps.add_event(Some(track), Some(&kind), Some(event.clock.status));
            }
        }
        let (entries, known) = (&mut self.scenario.entries, &mut self.known_events[usize::from(track)]);
        entries.push(TimedLine { line, track, item: LineContent::Event(telling) });
        known.add(entries, entries.len() - 1);
    }

    /// Reads a line that adds an event.
    fn read_added_event(&mut self, mut fields: Fields<'_>, fixture: &Match, track: u16) -> EventOutcome {
        let out = &mut self.findings;
        let kind = read_event_type(&mut fields, true, &mut self.custom_types, out);
        let clock = read_clock(&mut fields, fixture, None, out);
        let number = self.known_events[usize::from(track)].lines;
        let id: EventId = if fields.has("id") {
            match fields.required_text("id", out) {
                Some(id) => self.interner.intern(&id).into(),
                None => {
                    self.gaps.add_unknown_id(Some(track));
                    return EventOutcome { kind, clock, ..EventOutcome::default() };
                }
            }
        } else {
            self.default_id(number)
        };
        let (out, known) = (&mut self.findings, &self.known_events[usize::from(track)]);
        if known.contains(&self.scenario.entries, id.as_str()) {
            let message = if fields.has("id") {
                format!("id {:?} is used twice in this match: give each event an id of its own", id.as_str())
            } else {
                let id = id.as_str();
                format!("this event gets the default id {id:?}, which another event of the match has: add an \"id\"")
            };
            fields.report_at(out, "id", Severity::Error, message);
        }
        // An unknown type may have any fields.
        let assumed = kind.clone().unwrap_or_else(|| EventType::Other("".into()));
        let event = self.build_event(&mut fields, (track, fixture), &id, &assumed, clock);
        EventOutcome { telling: Some(EventRecord::First(Arc::new(event))), kind, clock, id: Some(id) }
    }

    /// Reads the remaining fields of an added event, in a match given by track and value.
    pub(super) fn build_event(
        &mut self,
        fields: &mut Fields<'_>,
        (track, fixture): (u16, &Match),
        id: &EventId,
        kind: &EventType,
        clock: Option<MatchClock>,
    ) -> MatchEvent {
        let out = &mut self.findings;
        let told = read_told_clock(fields, fixture, clock, out);
        let (official, side) = (read_official_minute(fields, out), read_side(fields, fixture, out));
        let details = self.read_details(fields, (track, fixture), kind, false);
        report_unknown_fields(fields, kind, &mut self.findings);
        // Without a clock the line has an error, and the event is discarded.
        let clock = clock.unwrap_or(MatchClock { status: Status::Scheduled, reading: Reading::default() });
        MatchEvent {
            id: id.clone(),
            rev: 0,
            op: Op::Add,
            kind: kind.clone(),
            clock,
            status: told.unwrap_or(clock).status,
            told: told.map(Box::new),
            official,
            side,
            details,
        }
    }

    /// The id of an event without one: `e` and the number of its line in the match. The matches share the allocations.
    pub(super) fn default_id(&mut self, number: u32) -> EventId {
        let id = |number: u32| EventId::from(super::super::number::numbered_id(number));
        if self.scenario.matches.len() == 1 {
            return id(number);
        }
        while self.default_ids.len() < number as usize {
            let next = u32::try_from(self.default_ids.len() + 1).unwrap_or(number);
            self.default_ids.push(id(next));
        }
        self.default_ids.get((number as usize).saturating_sub(1)).cloned().unwrap_or_else(|| id(number))
    }

    /// Reads a correction. If the op was wrong, reports nothing that depends on it.
    fn read_correction(
        &mut self,
        mut fields: Fields<'_>,
        fixture: &Match,
        track: u16,
        (op, op_is_valid): (Op, bool),
    ) -> EventOutcome {
        let out = &mut self.findings;
        let Some(id) = fields.required_text("id", out) else { return EventOutcome::default() };
        let known_events = &self.known_events[usize::from(track)];
        let entries = &self.scenario.entries;
        let Some(KnownEvent { kind, clock: when, removed }) = known_events.get(entries, &id) else {
            if op_is_valid && !self.gaps.has_unknown_ids(usize::from(track)) {
                let hint = out.hint(&id, known_events.ids(entries));
                let message = format!("{op} of {id:?}: no earlier event of this match has this id{hint}");
                fields.report_grouped(out, "id", &format!("unknown id {id}"), message);
                // References to this id are not reported as well.
                self.gaps.add_ids(track, std::iter::once(EventId::from(&*id)));
            }
            return EventOutcome::default();
        };
        if removed {
            if op_is_valid {
                let message = format!("{op} of {id:?}, which has been removed: add a new event instead");
                fields.report_at(out, "id", Severity::Error, message);
            }
            return EventOutcome { kind: Some(kind), ..EventOutcome::default() };
        }
        // Every event has a value for these, so they cannot be withdrawn.
        for key in ["type", "side", "label", "minute", "clock", "period", "status"] {
            if fields.is_null(key) {
                fields.report_at(out, key, Severity::Error, format!("{key} can be changed, not withdrawn"));
            }
        }
        let changed = read_event_type(&mut fields, false, &mut self.custom_types, out);
        let previous_kind = kind.clone();
        let kind = changed.clone().unwrap_or(kind);
        let moved = if fields.has("clock") || fields.has("period") || fields.has("status") {
            read_clock(&mut fields, fixture, when, out)
        } else {
            None
        };
        let when = moved.or(when);
        let id: EventId = self.interner.intern(&id).into();
        let known = KnownEvent { kind: kind.clone(), clock: when, removed: op == Op::Remove && op_is_valid };
        self.known_events[usize::from(track)].set_override(id.clone(), known);
        let told = read_told_clock(&mut fields, fixture, when, out);
        if told.is_none() && !fields.has("told") {
            fields.report(out, Severity::Error, format!("{op} needs \"told\", the clock at which the feed tells it"));
        }
        let (official, side) = (read_official_minute(&mut fields, out), read_side(&mut fields, fixture, out));
        let mut details = self.read_details(&mut fields, (track, fixture), &kind, true);
        // Fields that only the previous type has may be withdrawn explicitly.
        for field in previous_kind.own_fields() {
            if fields.is_null(field.as_str()) {
                fields.take_raw(field.as_str());
                details.set(*field, FieldValue::Withdrawn);
            }
        }
        report_unknown_fields(&mut fields, &kind, &mut self.findings);
        // Without an entry there is nothing to correct: the line of the event has errors.
        let has_entry = self.known_events[usize::from(track)].has_entry(&self.scenario.entries, id.as_str());
        let told = told.filter(|_| has_entry);
        let correction = |told| Correction { id, op, told, clock: moved, kind: changed, official, side, details };
        let telling = told.map(|told| EventRecord::Correction(Box::new(correction(told))));
        EventOutcome { telling, kind: Some(kind), clock: when, id: None }
    }
}

/// Fields of a single event type whose names mean something else in other feeds.
const AMBIGUOUS_FIELDS: [Field; 4] = [Field::Score, Field::Position, Field::Kickoff, Field::Minutes];
/// All fields that events may have, except the ambiguous ones.
static COMMON_FIELDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let fields = Field::ALL.iter().filter(|field| !AMBIGUOUS_FIELDS.contains(field)).map(|field| field.as_str());
    EVENT_FIELDS.into_iter().chain(fields).collect()
});

/// Renames misnamed fields, as far as the type of the event is known. A custom type may have any fields: there only the
/// names of required fields that are absent are corrected.
fn rename_aliases(fields: &mut Fields<'_>, out: &mut Findings) {
    const NEEDED: &[&str] = &["clock", "period"];
    let word = fields.peek("type").map(|word| word.trim_matches('"'));
    let kind = word.and_then(EventType::parse);
    let own = word.is_some() && kind.is_none();
    let needed = if fields.has("status") { &NEEDED[..1] } else { NEEDED };
    if !own || needed.iter().any(|key| !fields.has(key)) {
        // A correction without `type` may be of an event of any type.
        let carries = |field: &Field| kind.as_ref().map_or(word.is_none(), |kind| kind.carries(*field));
        let accepted: Cow<'_, [&'static str]> = if AMBIGUOUS_FIELDS.iter().any(carries) {
            COMMON_FIELDS
                .iter()
                .copied()
                .chain(AMBIGUOUS_FIELDS.into_iter().filter(carries).map(Field::as_str))
                .collect()
        } else {
            Cow::Borrowed(&COMMON_FIELDS)
        };
        fields.rename_aliases_of(hints::event_object(word), &accepted, own.then_some(needed), out);
    }
}

/// Reports the fields that an event of this type does not have.
fn report_unknown_fields(fields: &mut Fields<'_>, kind: &EventType, out: &mut Findings) {
    for key in ["match", "op"] {
        fields.take_raw(key);
    }
    if fields.is_exhausted() {
        return;
    }
    let accepted: Vec<&str> =
        EVENT_FIELDS[1..].iter().copied().chain(accepted_fields(kind, false).map(Field::as_str)).collect();
    fields.finish(&accepted, out);
}

/// Event types that have been found to be custom ones. A cache: searching for a similar known type takes as long as
/// reading dozens of lines.
#[derive(Debug, Default)]
pub(super) struct CustomTypes(HashSet<Box<str>>);

impl CustomTypes {
    const MAX_LEN: usize = 1_000;

    fn add(&mut self, word: &str) {
        if self.0.len() < Self::MAX_LEN {
            self.0.insert(word.into());
        }
    }
}

/// Reads the type of an event.
pub(super) fn read_event_type(
    fields: &mut Fields<'_>,
    required: bool,
    custom: &mut CustomTypes,
    out: &mut Findings,
) -> Option<EventType> {
    let word = if required { fields.required_text("type", out)? } else { fields.text("type", out)? };
    if let Some(kind) = EventType::parse(&word) {
        return Some(kind);
    }
    let passed_on = |fields: &Fields<'_>, out: &mut Findings| {
        let message = format!("unknown event type {word:?} is passed on unchanged");
        fields.report_at(out, "type", Severity::Note, message);
        Some(EventType::Other((&*word).into()))
    };
    if custom.0.contains(&*word) {
        return passed_on(fields, out);
    }
    if let Some((_, members)) = GROUPS.iter().find(|(name, _)| *name == word) {
        let members = members.iter().map(EventType::as_str).collect::<Vec<_>>().join(", ");
        let message = format!("{word:?} is a group of event types; accepted: {members}");
        fields.report_at(out, "type", Severity::Error, message);
        return None;
    }
    if let Some(advice) = hints::event_type_hint(&word) {
        let message = format!("{word:?} is not an event type and is not counted: {advice}");
        fields.report_at(out, "type", Severity::Warning, message);
        return Some(EventType::Other((&*word).into()));
    }
    // A word close to a known one is a typing mistake. Any other is a custom type, or one of a later version.
    let Some(near) = suggest(&word, EventType::WORDS.iter().copied()) else {
        custom.add(&word);
        return passed_on(fields, out);
    };
    let message = format!("unknown event type {word:?}{}", suggestion_text(near));
    fields.report_at(out, "type", Severity::Error, message);
    EventType::parse(near)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, fixture, header, reading_finds, scenario};
    use super::*;

    fn finds(lines: &str) -> Vec<String> {
        reading_finds(&file(lines))
    }

    #[test]
    fn a_mistyped_type_is_an_error_and_a_custom_one_is_not() {
        assert_eq!(
            finds(r#"{"type":"gaol","period":1,"clock":"10:00","side":"home","player":"h9"}"#),
            ["3 \"gaol\": error: unknown event type \"gaol\" (did you mean \"goal\"?)"]
        );
        assert_eq!(finds(r#"{"type":"streaker","period":1,"clock":"10:00"}"#), [""; 0]);
        assert_eq!(finds(r#"{"period":1,"clock":"10:00"}"#), ["3 {\"period\":1: error: the event needs \"type\""]);
    }

    #[test]
    fn a_mistyped_match_is_named() {
        let line = r#"{"type":"corner","match":"hom-aaw","period":1,"clock":"10:00","side":"home"}"#;
        assert_eq!(finds(line), ["3 \"hom-aaw\": error: unknown match \"hom-aaw\" (did you mean \"hom-awa\"?)"]);
        let line = line.replace("hom-aaw", "other");
        assert_eq!(finds(&line), ["3 \"other\": error: unknown match \"other\" (the only match is \"hom-awa\")"]);

        let at = "2018-04-22T18:45:00Z";
        let two = format!("{}\n{}\n{}\n", header("t"), fixture("a", at), fixture("b", at));
        let line = r#"{"type":"corner","period":1,"clock":"10:00","side":"home"}"#;
        assert_eq!(
            reading_finds(&(two + line)),
            ["4 {\"type\":\"corner\": error: the file has several matches: add \"match\" with the id of one"]
        );
    }

    #[test]
    fn a_correction_is_of_an_event_that_is_not_removed() {
        assert_eq!(
            finds(
                r#"{"type":"goal","id":"g1","period":1,"clock":"10:00","side":"home","player":"h9"}
                   {"op":"remove","id":"g2","told":"10:10"}
                   {"op":"update","id":"g1","assist":"h8"}
                   {"op":"remove","id":"g1","told":"10:10"}
                   {"op":"update","id":"g1","told":"10:20"}
                   {"op":"undo","id":"g1","told":"10:20"}"#
            ),
            [
                "4 \"g2\": error: remove of \"g2\": no earlier event of this match has this id (did you mean \"g1\"?)",
                "5 {\"op\":\"update\": error: update needs \"told\", the clock at which the feed tells it",
                "7 \"g1\": error: update of \"g1\", which has been removed: add a new event instead",
                "8 \"undo\": error: unknown op \"undo\" (did you mean \"remove\"?); accepted: add, update, remove",
            ]
        );
    }

    #[test]
    fn an_id_is_given_once() {
        let corner =
            |id: &str| format!("{{\"type\":\"corner\",{id}\"period\":1,\"clock\":\"10:00\",\"side\":\"home\"}}\n");
        let twice = corner("\"id\":\"c\",").repeat(2);
        assert_eq!(
            finds(&twice),
            ["4 \"c\": error: id \"c\" is used twice in this match: give each event an id of its own"]
        );
        let taken = corner("\"id\":\"e2\",") + &corner("");
        assert_eq!(
            finds(&taken),
            [
                "4 {\"type\":\"corner\": error: this event gets the default id \"e2\", which another event of the match has: add an \"id\""
            ]
        );
        assert!(finds(r#"{"type":"corner","type":"goal"}"#)[0].ends_with("field \"type\" is given twice"));
    }

    #[test]
    fn a_correction_changes_fields_with_values_and_withdraws_null_fields() {
        let scenario = scenario(
            r#"{"type":"shot","id":"s","period":1,"clock":"10:00","side":"home","player":"h9","outcome":"saved"}
               {"op":"update","id":"s","told":"10:30","type":"goal","clock":"10:01","outcome":null,"assist":"h8","reason":"over the line"}"#,
        );
        let LineContent::Event(EventRecord::Correction(correction)) = &scenario.entries[1].item else {
            panic!("a correction")
        };
        assert_eq!(correction.kind, Some(EventType::Goal));
        assert_eq!(correction.clock.map(|clock| clock.reading.to_string()), Some("10:01".into()));
        assert_eq!(correction.details.text(Field::Reason), Some("over the line"));
        assert_eq!(correction.details.get(Field::Outcome).as_deref(), Some(&FieldValue::Withdrawn));
    }

    #[test]
    fn null_counts_as_absent_where_a_value_is_required() {
        let of = |line: &str| finds(line).join("; ");
        assert!(of(r#"{"type":"corner","period":1,"clock":null,"side":"home"}"#).contains("needs \"clock\""));
        assert!(of(r#"{"type":"corner","period":null,"clock":"1:00"}"#).contains("needs \"period\""));
        let corner = r#"{"type":"corner","id":"c","period":1,"clock":"1:00","side":"home"}"#;
        assert!(of(&format!("{corner}\n{}", r#"{"op":"update","id":"c","told":null}"#)).contains("needs \"told\""));
        let unsaid = format!("{corner}\n{}", r#"{"op":"update","id":"c","told":"1:05","side":null}"#);
        assert!(of(&unsaid).contains("side can be changed, not withdrawn"));
        assert_eq!(of(r#"{"kind":null,"op":null,"match":null,"type":"corner","period":1,"clock":"1:00"}"#), "");
    }

    #[test]
    fn a_group_is_not_a_type() {
        let found = finds(r#"{"type":"card","period":1,"clock":"10:00","side":"home","player":"h9"}"#).join("; ");
        assert!(found.contains("\"card\" is a group of event types; accepted: yellow_card"), "{found}");
    }
}
