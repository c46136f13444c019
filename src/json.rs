//! Writing one JSON object after another into a buffer, keys in the order they are given.
//!
//! serde_json writes structs whose shape is known when compiled, or sorts the keys of a map; an event's fields are
//! neither. Text is still escaped by serde_json.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::{self, Display};
use std::io::Write;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The members of a JSON object by name, each as it is written. Unlike a map of values it tells where a name is given twice,
/// and holds numbers of any size and nesting of any depth.
#[derive(Debug, Default)]
pub(crate) struct Members<'a> {
    pub(crate) by_name: BTreeMap<String, &'a RawValue>,
    /// A name that is given twice.
    pub(crate) twice: Option<String>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OfObject;
        impl<'de> Visitor<'de> for OfObject {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Members::default();
                while let Some((name, value)) = map.next_entry::<String, &'de RawValue>()? {
                    match members.by_name.entry(name) {
                        Entry::Vacant(vacant) => drop(vacant.insert(value)),
                        Entry::Occupied(taken) => {
                            members.twice.get_or_insert_with(|| taken.key().clone());
                        }
                    }
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(OfObject)
    }
}

/// A member's value, or why it is none that can be used: a number that no float holds, or nesting without end.
pub(crate) fn value(member: &RawValue) -> Result<Value, String> {
    serde_json::from_str(member.get()).map_err(|error| {
        let message = error.to_string();
        // The place is counted within the member, which tells nobody anything.
        message.split(" at line ").next().unwrap_or_default().to_owned()
    })
}

/// A value as a message shows it: on one line, and not at any length.
pub(crate) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = value.to_string();
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// An object being written. The closing brace is written by [`Object::end`].
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> Object<'a> {
    /// Begins an object at the end of `out`.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    fn key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        text(self.out, key);
        self.out.push(b':');
        self.out
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        text(self.key(key), value);
    }

    pub(crate) fn text_if(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A number, `true`, `false`: whatever prints as JSON.
    pub(crate) fn plain(&mut self, key: &str, value: impl Display) {
        let out = self.key(key);
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{value}");
    }

    pub(crate) fn plain_if(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.plain(key, value);
        }
    }

    /// JSON that somebody else has written. Line breaks, which can only stand between its parts, become blanks: what is
    /// written here is one line, whatever ends a line for its reader.
    pub(crate) fn verbatim(&mut self, key: &str, json: &str) {
        let lines = json.split(['\n', '\r']).map(str::as_bytes);
        let out = self.key(key);
        for (at, line) in lines.enumerate() {
            if at > 0 {
                out.push(b' ');
            }
            out.extend_from_slice(line);
        }
    }

    pub(crate) fn null(&mut self, key: &str) {
        self.plain(key, "null");
    }

    pub(crate) fn text_or_null(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(key, value),
            None => self.null(key),
        }
    }

    pub(crate) fn plain_or_null(&mut self, key: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.plain(key, value),
            None => self.null(key),
        }
    }

    pub(crate) fn object(&mut self, key: &str, fill: impl FnOnce(&mut Object<'_>)) {
        object(self.key(key), fill);
    }

    pub(crate) fn array<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        element: impl FnMut(&mut Vec<u8>, T),
    ) {
        array(self.key(key), items, element);
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

/// Writes a whole object.
pub(crate) fn object(out: &mut Vec<u8>, fill: impl FnOnce(&mut Object<'_>)) {
    let mut object = Object::begin(out);
    fill(&mut object);
    object.end();
}

/// Writes a whole array.
pub(crate) fn array<T>(
    out: &mut Vec<u8>,
    items: impl IntoIterator<Item = T>,
    mut element: impl FnMut(&mut Vec<u8>, T),
) {
    out.push(b'[');
    for (at, item) in items.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        element(out, item);
    }
    out.push(b']');
}

/// Writes a string with its quotes.
pub(crate) fn text(out: &mut Vec<u8>, value: &str) {
    // Writing a str to a Vec cannot fail.
    let _ = serde_json::to_writer(out, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json_in_the_order_given() {
        let mut out = Vec::new();
        object(&mut out, |o| {
            o.text("z", "Pjanić \"quoted\"\n");
            o.plain("a", 1.5);
            o.null("n");
            o.verbatim("v", "[1,\r\n2]");
            o.object("empty", |_| {});
            o.array("list", [1, 2], |out, item| object(out, |o| o.plain("i", item)));
        });
        let text = String::from_utf8(out).expect("text");
        assert_eq!(
            text,
            r#"{"z":"Pjanić \"quoted\"\n","a":1.5,"n":null,"v":[1,  2],"empty":{},"list":[{"i":1},{"i":2}]}"#
        );
    }
}
