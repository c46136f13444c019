//! One line of a scenario file, taken apart: which fields stand where, so that every error can name its column.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::error::Category;
use serde_json::value::RawValue;

use super::finding::{Findings, Severity};

/// The fields of one JSON object on a line, to be taken one by one; what is left over was not expected.
pub(super) struct Fields<'a> {
    /// The whole line: excerpts and columns refer to it.
    text: &'a str,
    line: u32,
    /// What the object is, for messages: `an event`.
    what: &'static str,
    /// Where the object begins in the line.
    at: usize,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    key: Cow<'a, str>,
    raw: &'a RawValue,
    taken: bool,
}

/// Where `part`, a slice of `text`, begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

impl<'a> Fields<'a> {
    /// Takes a line apart, or reports why it cannot be.
    pub(super) fn of_line(text: &'a str, line: u32, what: &'static str, findings: &mut Findings) -> Option<Self> {
        match serde_json::from_str::<Object<'a>>(text) {
            Ok(object) => Some(Self { text, line, what, at: 0, entries: object.0 }),
            Err(error) => {
                // serde_json counts columns in bytes, from 1, and puts the place at the end of its message.
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or(&message);
                let message = match error.classify() {
                    Category::Eof => "the line breaks off in the middle of a JSON object".to_owned(),
                    Category::Data if text.trim_start().starts_with('{') => message.to_owned(),
                    _ => format!("not a JSON object: {message}"),
                };
                let byte = (0..=error.column().saturating_sub(1)).rev().find(|at| text.is_char_boundary(*at));
                findings.add(Severity::Error, line, byte.unwrap_or(0), text, message);
                None
            }
        }
    }

    /// Names what the object has turned out to be, for messages.
    pub(super) fn call(&mut self, what: &'static str) {
        self.what = what;
    }

    /// Reports something about the whole object.
    pub(super) fn report(&self, findings: &mut Findings, severity: Severity, message: String) {
        findings.add(severity, self.line, self.at, self.text, message);
    }

    /// Reports something about the value of a field (or the whole object, if it is not there).
    pub(super) fn report_at(&self, findings: &mut Findings, key: &str, severity: Severity, message: String) {
        let at = self.entries.iter().find(|entry| entry.key == key).map_or(self.at, |entry| self.value_at(entry.raw));
        findings.add(severity, self.line, at, self.text, message);
    }

    fn value_at(&self, raw: &RawValue) -> usize {
        offset(self.text, raw.get())
    }

    /// Whether the field says anything; `null` counts as absent.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key && entry.raw.get() != "null")
    }

    /// The JSON text of a field; `null` counts as absent.
    pub(super) fn raw(&mut self, key: &str) -> Option<&'a RawValue> {
        let entry = self.entries.iter_mut().find(|entry| entry.key == key)?;
        entry.taken = true;
        (entry.raw.get() != "null").then_some(entry.raw)
    }

    /// Whether a field is there and says `null`: in an update, the fact is withdrawn.
    pub(super) fn is_null(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key && entry.raw.get() == "null")
    }

    /// A field of any type that JSON can be read into; `expected` says in a message what would be accepted.
    pub(super) fn get<T: Deserialize<'a>>(&mut self, key: &str, expected: &str, findings: &mut Findings) -> Option<T> {
        let raw = self.raw(key)?;
        match serde_json::from_str(raw.get()) {
            Ok(value) => Some(value),
            Err(_) => {
                let shown: String = raw.get().chars().take(40).collect();
                self.report_at(
                    findings,
                    key,
                    Severity::Error,
                    format!("{key} of {} is {shown}, expected {expected}", self.what),
                );
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &str, findings: &mut Findings) -> Option<Cow<'a, str>> {
        self.get::<Text<'a>>(key, "a string", findings).map(|text| text.0)
    }

    /// A text that must be there.
    pub(super) fn required(&mut self, key: &str, findings: &mut Findings) -> Option<Cow<'a, str>> {
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

    pub(super) fn flag(&mut self, key: &str, findings: &mut Findings) -> Option<bool> {
        self.get(key, "true or false", findings)
    }

    /// A word of a closed list.
    pub(super) fn word<T>(
        &mut self,
        key: &str,
        words: &[&str],
        parse: impl FnOnce(&str) -> Option<T>,
        findings: &mut Findings,
    ) -> Option<T> {
        let word = self.text(key, findings)?;
        let member = parse(&word);
        if member.is_none() {
            let hint = findings.hint(&word, words.iter().copied());
            let message = format!("unknown {key} {word:?}{hint}; accepted: {}", words.join(", "));
            self.report_at(findings, key, Severity::Error, message);
        }
        member
    }

    /// An object within the object.
    pub(super) fn object(&mut self, key: &str, what: &'static str, findings: &mut Findings) -> Option<Self> {
        let raw = self.raw(key)?;
        self.nested(raw, what, findings)
    }

    /// The objects of a list.
    pub(super) fn objects(&mut self, key: &str, what: &'static str, findings: &mut Findings) -> Vec<Self> {
        let list: Vec<&'a RawValue> = self.get(key, "a list of objects", findings).unwrap_or_default();
        list.into_iter().filter_map(|raw| self.nested(raw, what, findings)).collect()
    }

    fn nested(&self, raw: &'a RawValue, what: &'static str, findings: &mut Findings) -> Option<Self> {
        let at = self.value_at(raw);
        match serde_json::from_str::<Object<'a>>(raw.get()) {
            Ok(object) => Some(Self { text: self.text, line: self.line, what, at, entries: object.0 }),
            Err(_) => {
                findings.add(Severity::Error, self.line, at, self.text, format!("{what} must be an object"));
                None
            }
        }
    }

    /// What nobody has asked for: unknown names, each with where it stands.
    pub(super) fn left_over(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.entries.iter().filter(|entry| !entry.taken).map(|entry| (&*entry.key, entry.raw))
    }

    /// What nobody has asked for, but for `handled`, to be passed on as it is: name and JSON text of each.
    ///
    /// It must be JSON that any reader can take: not nested beyond measure, no numbers beyond measure, no halves of
    /// characters.
    pub(super) fn verbatim(&mut self, handled: &[&str], findings: &mut Findings) -> Vec<(String, &'a str)> {
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
                    let message = error.to_string();
                    let why = message.split(" at line ").next().unwrap_or(&message);
                    let message = format!("{key} of {} cannot be passed on as it is: {why}", self.what);
                    self.report_at(findings, &key, Severity::Error, message);
                }
            }
        }
        kept
    }

    /// Reports every field that nobody has asked for; `accepted` are the names that would have been.
    pub(super) fn finish(&self, accepted: &[&str], findings: &mut Findings) {
        // A known field that is null has been taken for absent.
        let absent = |key: &str, raw: &RawValue| raw.get() == "null" && accepted.contains(&key);
        for (key, raw) in self.left_over().filter(|(key, raw)| !absent(key, raw)) {
            let hint = findings.hint(key, accepted.iter().copied());
            let message = format!("{} has no field {key:?}{hint}; accepted: {}", self.what, accepted.join(", "));
            // The key stands just before its value; looking for it there keeps keys with escapes right enough.
            let value = self.value_at(raw);
            let at = self.text[..value].rfind('"').and_then(|end| self.text[..end].rfind('"')).unwrap_or(value);
            findings.add(Severity::Error, self.line, at, self.text, message);
        }
    }
}

/// A string, borrowed where it has no escapes.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

/// Keys in the order of the text, each once.
struct Object<'a>(Vec<Entry<'a>>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<Entry<'de>> = Vec::new();
                while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
                    let raw = map.next_value::<&'de RawValue>()?;
                    // Quadratic, so bounded: no object of the format has a tenth of this many fields.
                    if entries.len() >= 256 {
                        return Err(serde::de::Error::custom("more than 256 fields in one object"));
                    }
                    if entries.iter().any(|entry| entry.key == key) {
                        return Err(serde::de::Error::custom(format_args!("field {key:?} stands twice")));
                    }
                    entries.push(Entry { key, raw, taken: false });
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Shares equal strings, so that a name told a thousand times is held once.
#[derive(Default)]
pub(super) struct Interner(std::collections::HashSet<Arc<str>>);

impl Interner {
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        match self.0.get(text) {
            Some(shared) => shared.clone(),
            None => {
                let shared: Arc<str> = text.into();
                self.0.insert(shared.clone());
                shared
            }
        }
    }
}
