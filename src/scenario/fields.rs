//! The fields of one JSON object on a line, with their places, so that every finding can name its column.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::finding::{Findings, Severity};
use super::hints::{self, WordHint};
use crate::football::EventType;
use crate::json::error_without_place;
use crate::message::{excerpt, suggestion_text};

/// The fields of one JSON object on a line. A reader takes them one by one; a field that nothing took is unexpected.
pub(super) struct Fields<'a> {
    /// The whole line. Excerpts and columns refer to it.
    text: &'a str,
    line: u32,
    /// The name of the object in messages: `the event`.
    what: &'static str,
    /// Where the object begins in the line.
    at: usize,
    entries: Vec<RawField<'a>>,
    /// The union of the marks of all keys. Most lookups are for fields that are absent: this answers without a search.
    marks: u64,
}

/// One of 64 bits, the same for the same key (a one-hash Bloom filter).
fn key_mark(key: &str) -> u64 {
    let (first, last) = (key.as_bytes().first(), key.as_bytes().last());
    let mixed =
        first.map_or(0, |byte| usize::from(*byte) * 5) + last.map_or(0, |byte| usize::from(*byte)) + key.len() * 11;
    1 << (mixed % 64)
}

struct RawField<'a> {
    key: Cow<'a, str>,
    raw: &'a RawValue,
    taken: bool,
    /// The name was wrong, has been reported and corrected. Errors in the value are then counted but not listed.
    renamed: bool,
}

/// Where `part`, a slice of `text`, begins in it.
fn byte_offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

impl<'a> Fields<'a> {
    /// Parses the object that begins at byte `at` of `text`. Also returns the byte at which it ends.
    pub(super) fn of_object(text: &'a str, line: u32, at: usize) -> Result<(Self, usize), serde_json::Error> {
        let rest = text.get(at..).unwrap_or_default();
        let mut objects = serde_json::Deserializer::from_str(rest).into_iter::<RawObject<'a>>();
        match objects.next() {
            Some(object) => {
                let RawObject { entries, marks } = object?;
                let end = at + objects.byte_offset();
                Ok((Self { text, line, what: "the line", at, entries, marks }, end))
            }
            None => Err(serde::de::Error::custom("nothing")),
        }
    }

    /// Parses a line that is one object.
    pub(super) fn of_line(text: &'a str, line: u32) -> Result<Self, serde_json::Error> {
        let RawObject { entries, marks } = serde_json::from_str(text)?;
        Ok(Self { text, line, what: "the line", at: 0, entries, marks })
    }

    /// Sets the name of the object in messages.
    pub(super) fn set_object_name(&mut self, what: &'static str) {
        self.what = what;
    }

    /// Reports something about the whole object.
    pub(super) fn report(&self, findings: &mut Findings, severity: Severity, message: String) {
        findings.add(severity, self.line, self.at, self.text, message);
    }

    /// Reports something about the value of a field, or about the whole object where the field is absent.
    pub(super) fn report_at(&self, findings: &mut Findings, key: &str, severity: Severity, message: String) {
        if let Some(at) = self.report_offset(key, findings, severity) {
            findings.add(severity, self.line, at, self.text, message);
        }
    }

    /// Reports an error whose message differs from place to place: errors with the same `mistake` are one finding.
    pub(super) fn report_grouped(&self, findings: &mut Findings, key: &str, mistake: &str, message: String) {
        if let Some(at) = self.report_offset(key, findings, Severity::Error) {
            findings.add_grouped(mistake, Severity::Error, self.line, at, self.text, message);
        }
    }

    /// Whether a field was given under another name.
    pub(super) fn is_renamed(&self, key: &str) -> bool {
        self.find(key).is_some_and(|at| self.entries[at].renamed)
    }

    /// Renames a field whose wrong name has been reported already.
    pub(super) fn rename(&mut self, key: &str, right: &'static str) {
        if let Some(at) = self.find(key) {
            self.rename_at(at, right);
        }
    }

    /// Renames a field. No other field of the new name may have a value other than `null`.
    fn rename_at(&mut self, at: usize, right: &'static str) {
        // A `null` counts as absent, but a search would find it first.
        if let Some(null) = self.find(right) {
            self.entries[null].key = Cow::Borrowed("");
            self.entries[null].taken = true;
        }
        let entry = &mut self.entries[at];
        entry.key = Cow::Borrowed(right);
        (entry.renamed, entry.taken) = (true, false);
        self.marks |= key_mark(right);
    }

    /// The byte at which to report something about a field: its value, or the whole object where it is absent. `None`
    /// for an error in a renamed field: the wrong name is the one mistake that is listed.
    fn report_offset(&self, key: &str, findings: &mut Findings, severity: Severity) -> Option<usize> {
        // The official minute is given as `label` or as `minute`.
        let key = if key == "label" && !self.has(key) { "minute" } else { key };
        let Some(entry) = self.entries.iter().find(|entry| entry.key == key) else { return Some(self.at) };
        if entry.renamed && severity == Severity::Error {
            findings.count_repeated_error();
            return None;
        }
        Some(self.value_offset(entry.raw))
    }

    /// The byte at which the name of a field begins.
    fn key_offset(&self, raw: &RawValue) -> usize {
        let value = self.value_offset(raw);
        self.text[..value].rfind('"').and_then(|end| self.text[..end].rfind('"')).unwrap_or(value)
    }

    /// Renames fields that are misspelt, or that other feeds call differently, to one of `accepted`, and reports each.
    /// Their values are then read under the right name. With `only`, the object may have any fields: names that do not
    /// stand for one of these are left alone.
    pub(super) fn rename_aliases(&mut self, accepted: &[&'static str], only: Option<&[&str]>, findings: &mut Findings) {
        self.rename_aliases_of(self.what, accepted, only, findings);
    }

    /// As [`rename_aliases`](Self::rename_aliases), with the hints for this kind of object.
    pub(super) fn rename_aliases_of(
        &mut self,
        object: &str,
        accepted: &[&'static str],
        only: Option<&[&str]>,
        findings: &mut Findings,
    ) {
        for at in 0..self.entries.len() {
            let entry = &self.entries[at];
            if entry.taken || accepted.contains(&&*entry.key) || entry.raw.get() == "null" {
                continue;
            }
            let Some((right, advice)) = find_meant_field(object, &entry.key, accepted, findings) else { continue };
            let free = right.is_some_and(|right| !self.has(right));
            if only.is_some_and(|only| !free || right.is_none_or(|right| !only.contains(&right))) {
                continue;
            }
            let message = format!("{} has no field {:?}{advice}", self.what, &*entry.key);
            findings.add(Severity::Error, self.line, self.key_offset(entry.raw), self.text, message);
            match right.filter(|_| free) {
                Some(right) => self.rename_at(at, right),
                None => self.entries[at].taken = true,
            }
        }
    }

    #[inline]
    fn find(&self, key: &str) -> Option<usize> {
        if self.marks & key_mark(key) == 0 {
            return None;
        }
        self.entries.iter().position(|entry| entry.key == key)
    }

    fn value_offset(&self, raw: &RawValue) -> usize {
        byte_offset(self.text, raw.get())
    }

    /// Whether the field is present. `null` counts as absent.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some_and(|at| self.entries[at].raw.get() != "null")
    }

    /// Takes a field: its JSON text. `null` counts as absent.
    pub(super) fn take_raw(&mut self, key: &str) -> Option<&'a RawValue> {
        let at = self.find(key)?;
        let entry = &mut self.entries[at];
        entry.taken = true;
        (entry.raw.get() != "null").then_some(entry.raw)
    }

    /// The JSON text of a field, without taking it.
    pub(super) fn peek(&self, key: &str) -> Option<&'a str> {
        self.find(key).map(|at| self.entries[at].raw.get()).filter(|raw| *raw != "null")
    }

    /// Whether a field is `null`: in an update, that withdraws the fact.
    pub(super) fn is_null(&self, key: &str) -> bool {
        self.find(key).is_some_and(|at| self.entries[at].raw.get() == "null")
    }

    /// Takes a field of any type that deserialises from JSON. `expected` names the accepted values in the message.
    pub(super) fn get<T: Deserialize<'a>>(&mut self, key: &str, expected: &str, findings: &mut Findings) -> Option<T> {
        let raw = self.take_raw(key)?;
        self.parse_value(key, raw, expected, findings)
    }

    fn parse_value<T: Deserialize<'a>>(
        &self,
        key: &str,
        raw: &'a RawValue,
        expected: &str,
        findings: &mut Findings,
    ) -> Option<T> {
        match serde_json::from_str(raw.get()) {
            Ok(value) => Some(value),
            Err(_) => {
                let message = format!("{key} of {} is {}, expected {expected}", self.what, excerpt(raw.get()));
                self.report_grouped(findings, key, &format!("{key} of {} {expected}", self.what), message);
                None
            }
        }
    }

    /// Takes a string.
    pub(super) fn text(&mut self, key: &str, findings: &mut Findings) -> Option<Cow<'a, str>> {
        let raw = self.take_raw(key)?;
        // The line is valid JSON: a string without escapes is the text between its quotes.
        match raw.get().strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(text) if !text.as_bytes().contains(&b'\\') => Some(Cow::Borrowed(text)),
            _ => self.parse_value::<JsonString<'a>>(key, raw, "a string", findings).map(|text| text.0),
        }
    }

    /// Takes a number.
    pub(super) fn decimal(&mut self, key: &str, expected: &str, findings: &mut Findings) -> Option<f32> {
        let raw = self.take_raw(key)?;
        // Rust parses every JSON number. One that overflows is left to the JSON parser, which reports it.
        match raw.get().parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number as f32),
            _ => self.parse_value(key, raw, expected, findings),
        }
    }

    /// Takes a string that must be present and not blank.
    pub(super) fn required_text(&mut self, key: &str, findings: &mut Findings) -> Option<Cow<'a, str>> {
        if !self.has(key) {
            self.report(findings, Severity::Error, format!("{} needs {key:?}", self.what));
            return None;
        }
        self.text(key, findings).filter(|text| {
            let fine = !text.trim().is_empty();
            if !fine {
                self.report_at(findings, key, Severity::Error, format!("{key} of {} is empty", self.what));
            }
            fine
        })
    }

    /// Takes a boolean.
    pub(super) fn flag(&mut self, key: &str, findings: &mut Findings) -> Option<bool> {
        self.get(key, "true or false", findings)
    }

    /// Takes a word of a closed list.
    pub(super) fn word<T>(
        &mut self,
        key: &str,
        words: &[&str],
        parse: impl FnOnce(&str) -> Option<T>,
        findings: &mut Findings,
    ) -> Option<T> {
        self.word_for_kind(key, None, words, parse, findings)
    }

    /// Takes a word of a closed list that depends on the type of the event. A word that another feed uses for it is
    /// reported, and then read as the right one.
    pub(super) fn word_for_kind<T>(
        &mut self,
        key: &str,
        kind: Option<&EventType>,
        words: &[&str],
        parse: impl FnOnce(&str) -> Option<T>,
        findings: &mut Findings,
    ) -> Option<T> {
        let word = self.text(key, findings)?;
        if words.contains(&&*word) {
            return parse(&word);
        }
        let meant = hints::value_hint(key, kind, &word);
        let near = findings.closest_match(&word, words.iter().copied());
        let hint = match meant {
            Some(hint) if hint.right.is_empty() => format!(": {}", hint.advice),
            Some(hint) => suggestion_text(hint.right),
            None => near.map(suggestion_text).unwrap_or_default(),
        };
        let message = format!("unknown {key} {word:?}{hint}; accepted: {}", words.join(", "));
        self.report_at(findings, key, Severity::Error, message);
        meant.map(|hint| hint.right).or(near).and_then(parse)
    }

    /// Takes a nested object.
    pub(super) fn object(&mut self, key: &str, what: &'static str, findings: &mut Findings) -> Option<Self> {
        let raw = self.take_raw(key)?;
        self.parse_nested(raw, what, findings)
    }

    /// Takes a list of objects.
    pub(super) fn objects(&mut self, key: &str, what: &'static str, findings: &mut Findings) -> Vec<Self> {
        let list: Vec<&'a RawValue> = self.get(key, "a list of objects", findings).unwrap_or_default();
        list.into_iter().filter_map(|raw| self.parse_nested(raw, what, findings)).collect()
    }

    fn parse_nested(&self, raw: &'a RawValue, what: &'static str, findings: &mut Findings) -> Option<Self> {
        let at = self.value_offset(raw);
        match serde_json::from_str::<RawObject<'a>>(raw.get()) {
            Ok(RawObject { entries, marks }) => {
                Some(Self { text: self.text, line: self.line, what, at, entries, marks })
            }
            Err(_) => {
                findings.add(Severity::Error, self.line, at, self.text, format!("{what} must be an object"));
                None
            }
        }
    }

    /// The fields that have not been taken: name and JSON text of each.
    pub(super) fn untaken_fields(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.entries.iter().filter(|entry| !entry.taken).map(|entry| (&*entry.key, entry.raw))
    }

    /// Takes all remaining fields except `handled`, to be passed on unchanged: name and JSON text of each.
    ///
    /// Reports JSON that common parsers refuse: deep nesting, numbers beyond a double, lone surrogates.
    pub(super) fn take_remaining(&mut self, handled: &[&str], findings: &mut Findings) -> Vec<(String, &'a str)> {
        let mut kept = Vec::new();
        for at in 0..self.entries.len() {
            let entry = &mut self.entries[at];
            if entry.taken || handled.contains(&&*entry.key) {
                continue;
            }
            entry.taken = true;
            let (key, raw) = (entry.key.clone().into_owned(), entry.raw);
            match serde_json::from_str::<serde_json::Value>(raw.get()) {
                Ok(_) => kept.push((key, raw.get())),
                Err(error) => {
                    let why = error_without_place(&error);
                    let message = format!("{key} of {} cannot be passed on unchanged: {why}", self.what);
                    self.report_at(findings, &key, Severity::Error, message);
                }
            }
        }
        kept
    }

    /// Whether every field has been taken.
    pub(super) fn is_exhausted(&self) -> bool {
        self.entries.iter().all(|entry| entry.taken)
    }

    /// Reports every field that has not been taken. `accepted` lists the fields of this object.
    pub(super) fn finish(&self, accepted: &[&str], findings: &mut Findings) {
        // A known field that is `null` counts as absent.
        let absent = |key: &str, raw: &RawValue| raw.get() == "null" && accepted.contains(&key);
        for (key, raw) in self.untaken_fields().filter(|(key, raw)| !absent(key, raw) && !self.is_renamed(key)) {
            let hint = findings.hint(key, accepted.iter().copied());
            let message = format!("{} has no field {key:?}{hint}; accepted: {}", self.what, accepted.join(", "));
            // The accepted fields, and so the message, depend on the type of the event.
            let mistake = format!("{} {key}", self.what);
            findings.add_grouped(&mistake, Severity::Error, self.line, self.key_offset(raw), self.text, message);
        }
    }
}

/// The accepted field that a name stands for, if any, and the advice for the message.
fn find_meant_field(
    object: &str,
    key: &str,
    accepted: &[&'static str],
    findings: &mut Findings,
) -> Option<(Option<&'static str>, String)> {
    let Some(WordHint { right, advice }) = hints::field_hint(object, key) else {
        let near = findings.closest_match(key, accepted.iter().copied())?;
        return Some((Some(near), suggestion_text(near)));
    };
    let says = match (right, advice) {
        ("", advice) => format!(": {advice}"),
        (right, "") => format!(": the field is {right:?}"),
        (right, advice) => format!(": the field is {right:?}, {advice}"),
    };
    Some((Some(right).filter(|right| accepted.contains(right)), says))
}

/// A JSON string, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct JsonString<'a>(#[serde(borrow)] Cow<'a, str>);

/// The fields of an object in the order of the text. A repeated key is an error.
struct RawObject<'a> {
    entries: Vec<RawField<'a>>,
    marks: u64,
}

impl<'de> Deserialize<'de> for RawObject<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RawObjectVisitor;
        impl<'de> Visitor<'de> for RawObjectVisitor {
            type Value = RawObject<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<RawField<'de>> = Vec::with_capacity(12);
                let mut marks = 0;
                while let Some(JsonString(key)) = map.next_key::<JsonString<'de>>()? {
                    let raw = map.next_value::<&'de RawValue>()?;
                    // The search for repeated keys is quadratic, so bounded. No object of the format has a tenth as
                    // many.
                    if entries.len() >= 256 {
                        return Err(serde::de::Error::custom("more than 256 fields in one object"));
                    }
                    let mark = key_mark(&key);
                    if marks & mark != 0 && entries.iter().any(|entry| entry.key == key) {
                        return Err(serde::de::Error::custom(format_args!("field {key:?} is given twice")));
                    }
                    marks |= mark;
                    entries.push(RawField { key, raw, taken: false, renamed: false });
                }
                Ok(RawObject { entries, marks })
            }
        }
        deserializer.deserialize_map(RawObjectVisitor)
    }
}
