//! Event lines: what is told for the first time, and what is told again.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::{Arc, LazyLock};

use super::clocks::{clock, official, side, told_at};
use super::details::carried;
use super::told::Happening;
use super::{Correction, Entry, EventRecord, Fields, Findings, Item, Reader, Severity};
use crate::error::{suggest, suggestion};
use crate::football::{EventId, EventType, Field, GROUPS, Match, MatchClock, MatchEvent, Op, Reading, Status, Value};
use crate::scenario::hints;

/// What has come of an event line: a telling, unless it has errors, and what it would have told.
#[derive(Default)]
struct Read {
    telling: Option<EventRecord>,
    kind: Option<EventType>,
    clock: Option<MatchClock>,
    /// The id that it tells for the first time.
    id: Option<EventId>,
}

impl Reader {
    pub(super) fn event(&mut self, mut fields: Fields<'_>, line: u32) {
        let errors = self.findings.reported_errors();
        rename_aliases(&mut fields, &mut self.findings);
        let Some((track, fixture)) = self.track(&mut fields) else {
            self.flawed.add_unknown_id(None);
            return self.flawed.add_event(None, None, None);
        };
        let told = &mut self.told[usize::from(track)];
        told.lines = told.lines.saturating_add(1);
        let op = match (fields.has("op"), fields.peek("id")) {
            (true, _) => fields.word("op", Op::WORDS, Op::parse, &mut self.findings),
            (false, Some(id)) if !fields.has("type") && told.has(&self.scenario.entries, id.trim_matches('"')) => {
                let message = format!("a correction of {id} needs \"op\":\"update\" or \"op\":\"remove\"");
                fields.report_alike(&mut self.findings, "id", "no op", message);
                None
            }
            (false, _) => Some(Op::Add),
        };
        let op_is_right = self.findings.reported_errors() == errors;
        let read = match op {
            Some(Op::Add) => self.first(fields, &fixture, track),
            Some(op) => self.correction(fields, &fixture, track, (op, op_is_right)),
            // It may tell an event, of whatever id.
            None => {
                self.flawed.add_unknown_id(Some(track));
                Read::default()
            }
        };
        let right = self.findings.reported_errors() == errors;
        let Some(telling) = read.telling.filter(|_| right) else {
            self.flawed.add_event(Some(track), read.kind.as_ref(), read.clock.map(|clock| clock.status));
            // Even a line that is otherwise wrong has said its id: corrections of it are not wrong as well.
            if let Some(id) = read.id {
                let kind = read.kind.unwrap_or_else(|| EventType::Other("".into()));
                self.told[usize::from(track)].set(id, Happening { kind, clock: read.clock, stands: true });
            }
            return;
        };
        if let EventRecord::First(event) = &telling
            && let EventType::Other(word) = &event.kind
            && !self.own_types.0.contains(&**word)
        {
            // Another feed's word: the events that it stands for are missing.
            for kind in hints::event_type(word).into_iter().flat_map(|advice| hints::types_in(&advice)) {
                self.flawed.add_event(Some(track), Some(&kind), Some(event.clock.status));
            }
        }
        let (entries, told) = (&mut self.scenario.entries, &mut self.told[usize::from(track)]);
        entries.push(Entry { line, track, item: Item::Event(telling) });
        told.add(entries, entries.len() - 1);
    }

    fn first(&mut self, mut fields: Fields<'_>, fixture: &Match, track: u16) -> Read {
        let out = &mut self.findings;
        let kind = event_type(&mut fields, true, &mut self.own_types, out);
        let clock = clock(&mut fields, fixture, None, out);
        let number = self.told[usize::from(track)].lines;
        let id: EventId = match fields.has("id") {
            true => match fields.required("id", out) {
                Some(id) => self.interner.share(&id).into(),
                None => {
                    self.flawed.add_unknown_id(Some(track));
                    return Read { kind, clock, ..Read::default() };
                }
            },
            false => self.numbered(number),
        };
        let (out, told) = (&mut self.findings, &self.told[usize::from(track)]);
        if told.has(&self.scenario.entries, id.as_str()) {
            let message = match fields.has("id") {
                true => format!("id {:?} stands twice in this match", id.as_str()),
                false => {
                    let id = id.as_str();
                    format!("this event, number {number} of its match, would be called {id:?}, which another is")
                }
            };
            fields.report_at(out, "id", Severity::Error, message);
        }
        // What the fields of a type are that is not known is anybody's guess.
        let guessed = kind.clone().unwrap_or_else(|| EventType::Other("".into()));
        let event = self.happening(&mut fields, (track, fixture), &id, &guessed, clock);
        Read { telling: Some(EventRecord::First(Arc::new(event))), kind, clock, id: Some(id) }
    }

    /// The rest of a first telling, of a match by its place and itself.
    pub(super) fn happening(
        &mut self,
        fields: &mut Fields<'_>,
        (track, fixture): (u16, &Match),
        id: &EventId,
        kind: &EventType,
        clock: Option<MatchClock>,
    ) -> MatchEvent {
        let out = &mut self.findings;
        let told = told_at(fields, fixture, clock, out);
        let (official, side) = (official(fields, out), side(fields, fixture, out));
        let details = self.details(fields, (track, fixture), kind, false);
        finish(fields, kind, &mut self.findings);
        // Where it is not known, the line has an error and no event comes of it.
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

    /// The id of an event that states none. Matches share them.
    pub(super) fn numbered(&mut self, number: u32) -> EventId {
        let id = |number: u32| EventId::from(super::super::number::numbered(number));
        if self.scenario.matches.len() == 1 {
            return id(number);
        }
        while self.numbered.len() < number as usize {
            let next = u32::try_from(self.numbered.len() + 1).unwrap_or(number);
            self.numbered.push(id(next));
        }
        self.numbered.get((number as usize).saturating_sub(1)).cloned().unwrap_or_else(|| id(number))
    }

    /// A correction. Where the op is only guessed, nothing is said that depends on it.
    fn correction(
        &mut self,
        mut fields: Fields<'_>,
        fixture: &Match,
        track: u16,
        (op, op_is_right): (Op, bool),
    ) -> Read {
        let out = &mut self.findings;
        let Some(id) = fields.required("id", out) else { return Read::default() };
        let told = &self.told[usize::from(track)];
        let entries = &self.scenario.entries;
        let Some(Happening { kind, clock: when, stands }) = told.happening(entries, &id) else {
            if op_is_right && !self.flawed.has_unknown_ids(usize::from(track)) {
                let hint = out.hint(&id, told.ids(entries));
                let message = format!("{op} of {id:?}, which has not been told{hint}");
                fields.report_alike(out, "id", &format!("unknown id {id}"), message);
                // Whatever else names it is not reported as well.
                self.flawed.add_ids(track, std::iter::once(EventId::from(&*id)));
            }
            return Read::default();
        };
        if !stands {
            if op_is_right {
                fields.report_at(out, "id", Severity::Error, format!("{op} of {id:?}, which has been removed"));
            }
            return Read { kind: Some(kind), ..Read::default() };
        }
        // These can be told otherwise, but not be untold.
        for key in ["type", "side", "label", "minute", "clock", "period", "status"] {
            if fields.is_null(key) {
                fields.report_at(out, key, Severity::Error, format!("{key} can be changed, not withdrawn"));
            }
        }
        let changed = event_type(&mut fields, false, &mut self.own_types, out);
        let before = kind.clone();
        let kind = changed.clone().unwrap_or(kind);
        let moved = match fields.has("clock") || fields.has("period") || fields.has("status") {
            true => clock(&mut fields, fixture, when, out),
            false => None,
        };
        let when = moved.or(when);
        let id: EventId = self.interner.share(&id).into();
        let happening = Happening { kind: kind.clone(), clock: when, stands: op == Op::Update || !op_is_right };
        self.told[usize::from(track)].set(id.clone(), happening);
        let told = told_at(&mut fields, fixture, when, out);
        if told.is_none() && !fields.has("told") {
            fields.report(out, Severity::Error, format!("{op} needs \"told\": when the feed says so"));
        }
        let (official, side) = (official(&mut fields, out), side(&mut fields, fixture, out));
        let mut details = self.details(&mut fields, (track, fixture), &kind, true);
        // What only the type before could carry may be withdrawn in so many words.
        for field in before.own_fields() {
            if fields.is_null(field.as_str()) {
                fields.raw(field.as_str());
                details.set(*field, Value::Withdrawn);
            }
        }
        finish(&mut fields, &kind, &mut self.findings);
        // A happening that left no entry cannot be corrected by one.
        let stands = self.told[usize::from(track)].is_entry(&self.scenario.entries, id.as_str());
        let told = told.filter(|_| stands);
        let correction = |told| Correction { id, op, told, clock: moved, kind: changed, official, side, details };
        let telling = told.map(|told| EventRecord::Correction(Box::new(correction(told))));
        Read { telling, kind: Some(kind), clock: when, id: None }
    }
}

/// The fields of an event line, beside those that it carries by its type.
const OF_ANY: [&str; 14] = [
    "kind",
    "type",
    "match",
    "op",
    "id",
    "period",
    "status",
    "clock",
    "side",
    "told",
    "told_period",
    "told_status",
    "minute",
    "label",
];
/// Fields of one event type, whose names mean something else in other feeds.
const OF_ONE: [Field; 4] = [Field::Score, Field::Position, Field::Kickoff, Field::Minutes];
/// All other fields that events may have.
static FIELDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
    let fields = Field::ALL.iter().filter(|field| !OF_ONE.contains(field)).map(|field| field.as_str());
    OF_ANY.into_iter().chain(fields).collect()
});

/// Puts names of fields right, as far as the type of the event is known. A type of one's own may carry anything: only what
/// it needs and does not have is looked for.
fn rename_aliases(fields: &mut Fields<'_>, out: &mut Findings) {
    const NEEDED: &[&str] = &["clock", "period"];
    let word = fields.peek("type").map(|word| word.trim_matches('"'));
    let kind = word.and_then(EventType::parse);
    let own = word.is_some() && kind.is_none();
    let needed = if fields.has("status") { &NEEDED[..1] } else { NEEDED };
    if !own || needed.iter().any(|key| !fields.has(key)) {
        // A correction may be one of whatever type.
        let carries = |field: &Field| kind.as_ref().map_or(word.is_none(), |kind| kind.carries(*field));
        let accepted: Cow<'_, [&'static str]> = match OF_ONE.iter().any(carries) {
            true => FIELDS.iter().copied().chain(OF_ONE.into_iter().filter(carries).map(Field::as_str)).collect(),
            false => Cow::Borrowed(&FIELDS),
        };
        fields.rename_aliases_of(hints::event_object(word), &accepted, own.then_some(needed), out);
    }
}

fn finish(fields: &mut Fields<'_>, kind: &EventType, out: &mut Findings) {
    for key in ["match", "op"] {
        fields.raw(key);
    }
    if fields.is_used_up() {
        return;
    }
    let accepted: Vec<&str> = OF_ANY[1..].iter().copied().chain(carried(kind, false).map(Field::as_str)).collect();
    fields.finish(&accepted, out);
}

/// Event types that were found to be nothing but types of the scenario's own: looking for what else they may be takes as
/// long as reading dozens of lines.
#[derive(Debug, Default)]
pub(super) struct OwnTypes(HashSet<Box<str>>);

impl OwnTypes {
    /// How many are kept.
    const MOST: usize = 1_000;

    fn add(&mut self, word: &str) {
        if self.0.len() < Self::MOST {
            self.0.insert(word.into());
        }
    }
}

pub(super) fn event_type(
    fields: &mut Fields<'_>,
    required: bool,
    own: &mut OwnTypes,
    out: &mut Findings,
) -> Option<EventType> {
    let word = match required {
        true => fields.required("type", out)?,
        false => fields.text("type", out)?,
    };
    if let Some(kind) = EventType::parse(&word) {
        return Some(kind);
    }
    let passed_on = |fields: &Fields<'_>, out: &mut Findings| {
        let message = format!("unknown event type {word:?} is passed on as it is");
        fields.report_at(out, "type", Severity::Note, message);
        Some(EventType::Other((&*word).into()))
    };
    if own.0.contains(&*word) {
        return passed_on(fields, out);
    }
    if let Some((_, members)) = GROUPS.iter().find(|(name, _)| *name == word) {
        let members = members.iter().map(EventType::as_str).collect::<Vec<_>>().join(", ");
        let message = format!("{word:?} is a group of event types; accepted: {members}");
        fields.report_at(out, "type", Severity::Error, message);
        return None;
    }
    if let Some(advice) = hints::event_type(&word) {
        let message = format!("{word:?} is no event type and counts for nothing: {advice}");
        fields.report_at(out, "type", Severity::Warning, message);
        return Some(EventType::Other((&*word).into()));
    }
    // A word close to a known one is a slip of the pen; any other is a word of a later version or of one's own.
    let Some(near) = suggest(&word, EventType::WORDS.iter().copied()) else {
        own.add(&word);
        return passed_on(fields, out);
    };
    let message = format!("unknown event type {word:?}{}", suggestion(near));
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
    fn a_mistyped_type_is_an_error_and_a_strange_one_is_not() {
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
            ["4 {\"type\":\"corner\": error: with several matches every line needs \"match\""]
        );
    }

    #[test]
    fn a_correction_is_of_something_that_stands() {
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
                "4 \"g2\": error: remove of \"g2\", which has not been told (did you mean \"g1\"?)",
                "5 {\"op\":\"update\": error: update needs \"told\": when the feed says so",
                "7 \"g1\": error: update of \"g1\", which has been removed",
                "8 \"undo\": error: unknown op \"undo\" (did you mean \"remove\"?); accepted: add, update, remove",
            ]
        );
    }

    #[test]
    fn an_id_is_given_once() {
        let corner =
            |id: &str| format!("{{\"type\":\"corner\",{id}\"period\":1,\"clock\":\"10:00\",\"side\":\"home\"}}\n");
        let twice = corner("\"id\":\"c\",").repeat(2);
        assert_eq!(finds(&twice), ["4 \"c\": error: id \"c\" stands twice in this match"]);
        let taken = corner("\"id\":\"e2\",") + &corner("");
        assert_eq!(
            finds(&taken),
            [
                "4 {\"type\":\"corner\": error: this event, number 2 of its match, would be called \"e2\", which another is"
            ]
        );
        assert!(finds(r#"{"type":"corner","type":"goal"}"#)[0].ends_with("field \"type\" stands twice"));
    }

    #[test]
    fn a_correction_changes_what_it_gives_and_withdraws_what_it_nulls() {
        let scenario = scenario(
            r#"{"type":"shot","id":"s","period":1,"clock":"10:00","side":"home","player":"h9","outcome":"saved"}
               {"op":"update","id":"s","told":"10:30","type":"goal","clock":"10:01","outcome":null,"assist":"h8","reason":"over the line"}"#,
        );
        let Item::Event(EventRecord::Correction(correction)) = &scenario.entries[1].item else {
            panic!("a correction")
        };
        assert_eq!(correction.kind, Some(EventType::Goal));
        assert_eq!(correction.clock.map(|clock| clock.reading.to_string()), Some("10:01".into()));
        assert_eq!(correction.details.text(Field::Reason), Some("over the line"));
        assert_eq!(correction.details.get(Field::Outcome).as_deref(), Some(&Value::Withdrawn));
    }

    #[test]
    fn null_says_nothing_where_something_is_needed() {
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
