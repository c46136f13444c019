//! One line of a scenario file, taken apart: which fields stand where, so that every error can name its column.

use std::borrow::Cow;
use std::fmt;
use std::hash::{BuildHasher, Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashTable;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::finding::{Findings, Severity};
use super::hints::{self, FieldHint};
use crate::error::{excerpt, suggestion};
use crate::football::{EventType, Field, Value};

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
    /// The marks of all keys: most fields that are asked for are not there, and this says so without a search.
    marks: u64,
}

/// One of 64 marks, the same for the same key.
fn mark(key: &str) -> u64 {
    let (first, last) = (key.as_bytes().first(), key.as_bytes().last());
    let mixed =
        first.map_or(0, |byte| usize::from(*byte) * 5) + last.map_or(0, |byte| usize::from(*byte)) + key.len() * 11;
    1 << (mixed % 64)
}

struct Entry<'a> {
    key: Cow<'a, str>,
    raw: &'a RawValue,
    taken: bool,
    /// The name has been put right, and that it was wrong is reported: what it holds is not reported as well.
    renamed: bool,
}

/// Where `part`, a slice of `text`, begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len())
}

impl<'a> Fields<'a> {
    /// Takes the object apart that `text` begins with at the byte `at`, and says where it ends.
    pub(super) fn of_object(text: &'a str, line: u32, at: usize) -> Result<(Self, usize), serde_json::Error> {
        let rest = text.get(at..).unwrap_or_default();
        let mut objects = serde_json::Deserializer::from_str(rest).into_iter::<Object<'a>>();
        match objects.next() {
            Some(object) => {
                let Object { entries, marks } = object?;
                let end = at + objects.byte_offset();
                Ok((Self { text, line, what: "the line", at, entries, marks }, end))
            }
            None => Err(serde::de::Error::custom("nothing")),
        }
    }

    /// Takes a line apart that is one object.
    pub(super) fn of_line(text: &'a str, line: u32) -> Result<Self, serde_json::Error> {
        let Object { entries, marks } = serde_json::from_str(text)?;
        Ok(Self { text, line, what: "the line", at: 0, entries, marks })
    }

    /// Names what the object has turned out to be, for messages.
    pub(super) fn set_object_name(&mut self, what: &'static str) {
        self.what = what;
    }

    /// Reports something about the whole object.
    pub(super) fn report(&self, findings: &mut Findings, severity: Severity, message: String) {
        findings.add(severity, self.line, self.at, self.text, message);
    }

    /// Reports something about the value of a field (or the whole object, if it is not there).
    pub(super) fn report_at(&self, findings: &mut Findings, key: &str, severity: Severity, message: String) {
        if let Some(at) = self.place(key, findings, severity) {
            findings.add(severity, self.line, at, self.text, message);
        }
    }

    /// The same for a mistake that has another message in each place.
    pub(super) fn report_alike(&self, findings: &mut Findings, key: &str, mistake: &str, message: String) {
        if let Some(at) = self.place(key, findings, Severity::Error) {
            findings.add_alike(mistake, Severity::Error, self.line, at, self.text, message);
        }
    }

    /// Whether a field had another name.
    pub(super) fn is_renamed(&self, key: &str) -> bool {
        self.find(key).is_some_and(|at| self.entries[at].renamed)
    }

    /// Gives a field another name, under which it has been reported already.
    pub(super) fn rename(&mut self, key: &str, right: &'static str) {
        if let Some(at) = self.find(key) {
            self.rename_at(at, right);
        }
    }

    /// Gives a field another name, which no field has that says anything.
    fn rename_at(&mut self, at: usize, right: &'static str) {
        // A `null` is as good as absent, but would be found first.
        if let Some(null) = self.find(right) {
            self.entries[null].key = Cow::Borrowed("");
            self.entries[null].taken = true;
        }
        let entry = &mut self.entries[at];
        entry.key = Cow::Borrowed(right);
        (entry.renamed, entry.taken) = (true, false);
        self.marks |= mark(right);
    }

    /// Where to report something about a field: its value, or the whole object if it is not there. `None` if the field had
    /// another name: one mistake is said once.
    fn place(&self, key: &str, findings: &mut Findings, severity: Severity) -> Option<usize> {
        // The official minute stands in one of two fields.
        let key = if key == "label" && !self.has(key) { "minute" } else { key };
        let Some(entry) = self.entries.iter().find(|entry| entry.key == key) else { return Some(self.at) };
        if entry.renamed && severity == Severity::Error {
            findings.repeat_error();
            return None;
        }
        Some(self.value_at(entry.raw))
    }

    /// Where the name of a field stands.
    fn key_at(&self, raw: &RawValue) -> usize {
        let value = self.value_at(raw);
        self.text[..value].rfind('"').and_then(|end| self.text[..end].rfind('"')).unwrap_or(value)
    }

    /// Puts names right that are misspelt or are other feeds' names for `accepted` fields, and reports each. What they hold
    /// is then read as if it had been named right. Where `only` is given, the object may have any fields, and nothing but
    /// another name for one of these is looked for.
    pub(super) fn rename_aliases(&mut self, accepted: &[&'static str], only: Option<&[&str]>, findings: &mut Findings) {
        self.rename_aliases_of(self.what, accepted, only, findings);
    }

    /// The same, with the names that other feeds have in objects of this kind.
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
            let Some((right, advice)) = meant(object, &entry.key, accepted, findings) else { continue };
            let free = right.is_some_and(|right| !self.has(right));
            if only.is_some_and(|only| !free || right.is_none_or(|right| !only.contains(&right))) {
                continue;
            }
            let message = format!("{} has no field {:?}{advice}", self.what, &*entry.key);
            findings.add(Severity::Error, self.line, self.key_at(entry.raw), self.text, message);
            match right.filter(|_| free) {
                Some(right) => self.rename_at(at, right),
                None => self.entries[at].taken = true,
            }
        }
    }

    #[inline]
    fn find(&self, key: &str) -> Option<usize> {
        if self.marks & mark(key) == 0 {
            return None;
        }
        self.entries.iter().position(|entry| entry.key == key)
    }

    fn value_at(&self, raw: &RawValue) -> usize {
        offset(self.text, raw.get())
    }

    /// Whether the field says anything; `null` counts as absent.
    pub(super) fn has(&self, key: &str) -> bool {
        self.find(key).is_some_and(|at| self.entries[at].raw.get() != "null")
    }

    /// The JSON text of a field; `null` counts as absent.
    pub(super) fn raw(&mut self, key: &str) -> Option<&'a RawValue> {
        let at = self.find(key)?;
        let entry = &mut self.entries[at];
        entry.taken = true;
        (entry.raw.get() != "null").then_some(entry.raw)
    }

    /// The JSON text of a field, which stays to be asked for.
    pub(super) fn peek(&self, key: &str) -> Option<&'a str> {
        self.find(key).map(|at| self.entries[at].raw.get()).filter(|raw| *raw != "null")
    }

    /// Whether a field is there and says `null`: in an update, the fact is withdrawn.
    pub(super) fn is_null(&self, key: &str) -> bool {
        self.find(key).is_some_and(|at| self.entries[at].raw.get() == "null")
    }

    /// A field of any type that JSON can be read into; `expected` says in a message what would be accepted.
    pub(super) fn get<T: Deserialize<'a>>(&mut self, key: &str, expected: &str, findings: &mut Findings) -> Option<T> {
        let raw = self.raw(key)?;
        self.parsed(key, raw, expected, findings)
    }

    fn parsed<T: Deserialize<'a>>(
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
                self.report_alike(findings, key, &format!("{key} of {} {expected}", self.what), message);
                None
            }
        }
    }

    pub(super) fn text(&mut self, key: &str, findings: &mut Findings) -> Option<Cow<'a, str>> {
        let raw = self.raw(key)?;
        // The line has been parsed: between its quotes, a text without escapes is what it says.
        match raw.get().strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
            Some(text) if !text.as_bytes().contains(&b'\\') => Some(Cow::Borrowed(text)),
            _ => self.parsed::<Text<'a>>(key, raw, "a string", findings).map(|text| text.0),
        }
    }

    /// A coordinate or the like.
    pub(super) fn decimal(&mut self, key: &str, expected: &str, findings: &mut Findings) -> Option<f32> {
        let raw = self.raw(key)?;
        // A number as JSON writes it is one as Rust reads it. What is too large for one is for the parser to refuse.
        match raw.get().parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number as f32),
            _ => self.parsed(key, raw, expected, findings),
        }
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
        self.word_of(key, None, words, parse, findings)
    }

    /// A word of a closed list that depends on the type of the event. What another feed says in its place is taken as it is
    /// meant, once it has been reported.
    pub(super) fn word_of<T>(
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
        let meant = hints::value(key, kind, &word);
        let near = findings.near(&word, words.iter().copied());
        let hint = match meant {
            Some(hint) if hint.right.is_empty() => format!(": {}", hint.advice),
            Some(hint) => suggestion(hint.right),
            None => near.map(suggestion).unwrap_or_default(),
        };
        let message = format!("unknown {key} {word:?}{hint}; accepted: {}", words.join(", "));
        self.report_at(findings, key, Severity::Error, message);
        meant.map(|hint| hint.right).or(near).and_then(parse)
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
            Ok(Object { entries, marks }) => Some(Self { text: self.text, line: self.line, what, at, entries, marks }),
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

    /// Whether every field has been asked for.
    pub(super) fn is_used_up(&self) -> bool {
        self.entries.iter().all(|entry| entry.taken)
    }

    /// Reports every field that nobody has asked for; `accepted` are the names that would have been.
    pub(super) fn finish(&self, accepted: &[&str], findings: &mut Findings) {
        // A known field that is null has been taken for absent.
        let absent = |key: &str, raw: &RawValue| raw.get() == "null" && accepted.contains(&key);
        for (key, raw) in self.left_over().filter(|(key, raw)| !absent(key, raw) && !self.is_renamed(key)) {
            let hint = findings.hint(key, accepted.iter().copied());
            let message = format!("{} has no field {key:?}{hint}; accepted: {}", self.what, accepted.join(", "));
            // What is accepted depends on the type of an event.
            let mistake = format!("{} {key}", self.what);
            findings.add_alike(&mistake, Severity::Error, self.line, self.key_at(raw), self.text, message);
        }
    }
}

/// The field that is meant by a name, if it is one that is accepted, and what to say of it.
fn meant(
    object: &str,
    key: &str,
    accepted: &[&'static str],
    findings: &Findings,
) -> Option<(Option<&'static str>, String)> {
    let Some(FieldHint { right, advice }) = hints::field(object, key) else {
        let near = findings.near(key, accepted.iter().copied())?;
        return Some((Some(near), suggestion(near)));
    };
    let says = match (right, advice) {
        ("", advice) => format!(": {advice}"),
        (right, "") => format!(": the field is {right:?}"),
        (right, advice) => format!(": the field is {right:?}, {advice}"),
    };
    Some((Some(right).filter(|right| accepted.contains(right)), says))
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
struct Object<'a> {
    entries: Vec<Entry<'a>>,
    marks: u64,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut entries: Vec<Entry<'de>> = Vec::with_capacity(12);
                let mut marks = 0;
                while let Some(Text(key)) = map.next_key::<Text<'de>>()? {
                    let raw = map.next_value::<&'de RawValue>()?;
                    // Quadratic, so bounded: no object of the format has a tenth of this many fields.
                    if entries.len() >= 256 {
                        return Err(serde::de::Error::custom("more than 256 fields in one object"));
                    }
                    let mark = mark(&key);
                    if marks & mark != 0 && entries.iter().any(|entry| entry.key == key) {
                        return Err(serde::de::Error::custom(format_args!("field {key:?} stands twice")));
                    }
                    marks |= mark;
                    entries.push(Entry { key, raw, taken: false, renamed: false });
                }
                Ok(Object { entries, marks })
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// Shares equal strings, so that a name told a thousand times is held once.
#[derive(Default)]
pub(super) struct Interner {
    texts: hashbrown::HashSet<Arc<str>>,
    lists: HashTable<Arc<[Value]>>,
}

impl Interner {
    pub(super) fn share(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(shared) => shared.clone(),
            None => {
                let shared: Arc<str> = text.into();
                self.texts.insert(shared.clone());
                shared
            }
        }
    }

    /// The values of some fields, the same list for all that have the same: who passes to whom with what outcome is told
    /// a thousand times. A list with a text of its own is its own.
    pub(super) fn share_values(&mut self, fields: &mut Vec<(Field, Value)>) -> Arc<[Value]> {
        if fields.iter().any(|(_, value)| hashed(value).is_none()) {
            return fields.drain(..).map(|(_, value)| value).collect();
        }
        let hasher = self.texts.hasher();
        let hash = |list: &mut dyn Iterator<Item = &Value>| {
            let mut state = hasher.build_hasher();
            list.filter_map(hashed).for_each(|value| value.hash(&mut state));
            state.finish()
        };
        let key = hash(&mut fields.iter().map(|(_, value)| value));
        let same = |list: &Arc<[Value]>| list.iter().eq(fields.iter().map(|(_, value)| value));
        if let Some(shared) = self.lists.find(key, same) {
            return shared.clone();
        }
        let shared: Arc<[Value]> = fields.drain(..).map(|(_, value)| value).collect();
        self.lists.insert_unique(key, shared.clone(), |list| hash(&mut list.iter()));
        shared
    }
}

/// What of a value is hashed to find its list again; nothing of those that make a list its event's own.
fn hashed(value: &Value) -> Option<(&str, u16)> {
    match value {
        Value::Player(id) => Some((id.as_str(), 0)),
        // Longer ones are sentences.
        Value::Text(text) if text.len() <= 24 => Some((text, 0)),
        Value::Flag(flag) => Some(("", u16::from(*flag))),
        Value::Minutes(minutes) => Some(("", *minutes)),
        Value::Withdrawn => Some(("withdrawn", 0)),
        _ => None,
    }
}
