//! A JSON writer that keeps the order of keys, and a reader of object members as raw JSON.
//!
//! A written object is a single line for any reader: it contains none of U+000A, U+000D, U+0085, U+2028 and U+2029. Some
//! line readers, such as Python's `splitlines`, split at the last three, too.
//!
//! serde_json serialises structs with a static shape or maps with sorted keys; the fields of an event are neither.
//! serde_json still escapes the strings.

use crate::message::excerpt;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt::{self, Display};
use std::io::Write;

use serde::Deserialize;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// The largest integer that all JSON readers represent exactly (RFC 8259, section 6): 2^53 - 1.
pub(crate) const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;

/// The most members of an object that a client sends. Tiny ones take many times as much memory as text.
const MAX_MEMBERS: usize = 10_000;

/// The members of a JSON object by name, as raw JSON. Unlike a map of values it reports duplicate names, and accepts
/// numbers of any size and nesting of any depth.
#[derive(Debug, Default)]
pub(crate) struct Members<'a> {
    pub(crate) by_name: BTreeMap<String, &'a RawValue>,
    /// The first name that occurs twice.
    pub(crate) duplicate: Option<String>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Members::default();
        for (name, value) in deserializer.deserialize_map(ObjectVisitor { most: MAX_MEMBERS })? {
            match members.by_name.entry(name) {
                Entry::Vacant(vacant) => drop(vacant.insert(value)),
                Entry::Occupied(taken) => {
                    members.duplicate.get_or_insert_with(|| taken.key().clone());
                }
            }
        }
        Ok(members)
    }
}

/// The members of a JSON object in the order of the text, as raw JSON. A duplicate name occurs twice.
#[derive(Default)]
pub(crate) struct MembersInOrder<'a>(pub(crate) Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for MembersInOrder<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor { most: usize::MAX }).map(MembersInOrder)
    }
}

/// Reads the members of an object, and refuses one that has more than `most`.
struct ObjectVisitor {
    most: usize,
}

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            if members.len() == self.most {
                return Err(A::Error::custom(format_args!("more than {} members", self.most)));
            }
            members.push(member);
        }
        Ok(members)
    }
}

/// Parses the value of a member. Fails for a number beyond the range of floats, or nesting that is too deep.
///
/// Any object becomes an empty one: no caller accepts objects, and serde_json interprets an object with one of its private
/// names as the value of that member.
pub(crate) fn parse_value(member: &RawValue) -> Result<Value, String> {
    if holds_object(member.get()) {
        let object = Value::Object(serde_json::Map::new());
        return Ok(if member.get().starts_with('[') { Value::Array(vec![object]) } else { object });
    }
    // The position is relative to the member, so it would mislead.
    serde_json::from_str(member.get()).map_err(|error| error_without_place(&error))
}

/// The message of an error without its end, ` at line 1 column 7`.
pub(crate) fn error_without_place(error: &serde_json::Error) -> String {
    let message = error.to_string();
    message.split(" at line ").next().unwrap_or_default().to_owned()
}

/// Whether valid JSON is or contains an object.
fn holds_object(json: &str) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    json.bytes().any(|byte| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'{' => return !quoted,
            _ => {}
        }
        false
    })
}

/// A value for a message: on one line, shortened.
pub(crate) fn message_excerpt(value: &Value) -> String {
    excerpt(&value.to_string())
}

/// Writes the members of a JSON object. [`ObjectWriter::end`] writes the closing brace.
pub(crate) struct ObjectWriter<'a> {
    out: &'a mut Vec<u8>,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    /// Begins an object at the end of `out`.
    pub(crate) fn begin(out: &'a mut Vec<u8>) -> Self {
        out.push(b'{');
        Self { out, empty: true }
    }

    fn write_key(&mut self, key: &str) -> &mut Vec<u8> {
        if !std::mem::take(&mut self.empty) {
            self.out.push(b',');
        }
        write_text(self.out, key);
        self.out.push(b':');
        self.out
    }

    pub(crate) fn text(&mut self, key: &str, value: &str) {
        write_text(self.write_key(key), value);
    }

    pub(crate) fn text_if(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// Writes a value whose `Display` is valid JSON: a number or a boolean.
    pub(crate) fn unquoted(&mut self, key: &str, value: impl Display) {
        let out = self.write_key(key);
        // Writing to a Vec cannot fail.
        let _ = write!(out, "{value}");
    }

    pub(crate) fn unquoted_if(&mut self, key: &str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.unquoted(key, value);
        }
    }

    /// Writes valid foreign JSON, changed only where it would end a line.
    pub(crate) fn verbatim(&mut self, key: &str, json: &str) {
        write_on_one_line(self.write_key(key), json);
    }

    pub(crate) fn verbatim_if(&mut self, key: &str, json: Option<&str>) {
        if let Some(json) = json {
            self.verbatim(key, json);
        }
    }

    pub(crate) fn null(&mut self, key: &str) {
        self.unquoted(key, "null");
    }

    pub(crate) fn text_or_null(&mut self, key: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(key, value),
            None => self.null(key),
        }
    }

    pub(crate) fn unquoted_or_null(&mut self, key: &str, value: Option<impl Display>) {
        match value {
            Some(value) => self.unquoted(key, value),
            None => self.null(key),
        }
    }

    pub(crate) fn object(&mut self, key: &str, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
        write_object(self.write_key(key), fill);
    }

    pub(crate) fn array<T>(
        &mut self,
        key: &str,
        items: impl IntoIterator<Item = T>,
        element: impl FnMut(&mut Vec<u8>, T),
    ) {
        write_array(self.write_key(key), items, element);
    }

    pub(crate) fn end(self) {
        self.out.push(b'}');
    }
}

/// Writes a complete object.
pub(crate) fn write_object(out: &mut Vec<u8>, fill: impl FnOnce(&mut ObjectWriter<'_>)) {
    let mut object = ObjectWriter::begin(out);
    fill(&mut object);
    object.end();
}

/// Writes a complete array.
pub(crate) fn write_array<T>(
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

/// Writes a quoted, escaped string.
pub(crate) fn write_text(out: &mut Vec<u8>, value: &str) {
    if find_separators(value).next().is_none() {
        // Writing a str to a Vec cannot fail.
        let _ = serde_json::to_writer(out, value);
    } else {
        write_on_one_line(out, &serde_json::Value::from(value).to_string());
    }
}

/// Appends valid JSON as one line. U+000A and U+000D occur only between tokens and become blanks; the separators occur
/// only in strings and are escaped.
fn write_on_one_line(out: &mut Vec<u8>, json: &str) {
    let (from, mut copied) = (out.len(), 0);
    for (at, separator) in find_separators(json) {
        out.extend_from_slice(&json.as_bytes()[copied..at]);
        out.extend_from_slice(separator.escaped);
        copied = at + separator.bytes.len();
    }
    out.extend_from_slice(&json.as_bytes()[copied..]);
    for byte in &mut out[from..] {
        if matches!(byte, b'\n' | b'\r') {
            *byte = b' ';
        }
    }
}

/// A non-ASCII character that ends a line for some readers.
struct Separator {
    bytes: &'static [u8],
    escaped: &'static [u8],
}

const SEPARATORS: [Separator; 3] = [
    Separator { bytes: "\u{85}".as_bytes(), escaped: b"\\u0085" },
    Separator { bytes: "\u{2028}".as_bytes(), escaped: b"\\u2028" },
    Separator { bytes: "\u{2029}".as_bytes(), escaped: b"\\u2029" },
];

/// The separators in a text, with their byte offsets. Searches for their first bytes, C2 and E2.
fn find_separators(text: &str) -> impl Iterator<Item = (usize, &'static Separator)> {
    let bytes = text.as_bytes();
    memchr::memchr2_iter(SEPARATORS[0].bytes[0], SEPARATORS[1].bytes[0], bytes).filter_map(|at| {
        let separator = SEPARATORS.iter().find(|separator| bytes[at..].starts_with(separator.bytes))?;
        Some((at, separator))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_members_that_a_client_sends_are_limited_and_those_of_a_file_are_not() {
        let object = |count: usize| {
            let members: Vec<String> = (0..count).map(|number| format!("\"m{number}\":{number}")).collect();
            format!("{{{}}}", members.join(","))
        };
        let (most, more) = (object(MAX_MEMBERS), object(MAX_MEMBERS + 1));
        assert_eq!(serde_json::from_str::<Members<'_>>(&most).expect("read").by_name.len(), MAX_MEMBERS);
        assert!(serde_json::from_str::<Members<'_>>(&more).is_err());
        assert_eq!(serde_json::from_str::<MembersInOrder<'_>>(&more).expect("read").0.len(), MAX_MEMBERS + 1);
    }

    #[test]
    fn an_object_with_a_private_name_of_serde_json_is_an_object() {
        let read = |json: &str| parse_value(serde_json::from_str(json).expect("JSON")).expect("readable");
        for private in ["$serde_json::private::RawValue", "\\u0024serde_json::private::RawValue", "a"] {
            let object = format!("{{\"{private}\":\"3\"}}");
            assert_eq!(read(&object), serde_json::json!({}), "{object}");
            assert_eq!(read(&format!("[1,[{object}]]")), serde_json::json!([{}]));
        }
        assert_eq!(read(r#""a \"{ b""#), Value::from("a \"{ b"));
        assert_eq!(read(r#"["{", "\\"]"#), serde_json::json!(["{", "\\"]));
    }

    #[test]
    fn keys_are_written_in_the_order_given() {
        let mut out = Vec::new();
        write_object(&mut out, |o| {
            o.text("z", "Pjanić \"quoted\"\n");
            o.unquoted("a", 1.5);
            o.null("n");
            o.verbatim("v", "[1,\r\n2]");
            o.object("empty", |_| {});
            o.array("list", [1, 2], |out, item| write_object(out, |o| o.unquoted("i", item)));
        });
        let text = String::from_utf8(out).expect("text");
        assert_eq!(
            text,
            r#"{"z":"Pjanić \"quoted\"\n","a":1.5,"n":null,"v":[1,  2],"empty":{},"list":[{"i":1},{"i":2}]}"#
        );
    }

    #[test]
    fn nothing_that_is_written_ends_a_line() {
        // All that ends a line in Unicode (section 5.8) and in Python's `splitlines`, and neighbours of theirs that stay.
        let ends = "\n\r\u{b}\u{c}\u{1c}\u{1d}\u{1e}\u{85}\u{2028}\u{2029}";
        let stays = "\u{84}\u{86}\u{a0}\u{2027}\u{202a}\u{2122}\u{c5}\u{e2}\u{7f}";
        let value = format!("{ends}{stays}{ends}");
        let json = format!("[\n\"\u{85}{stays}\u{2028}\",\r\n{{\"\u{2029}\":\"\\u2028\"}}\r]");
        let mut out = Vec::new();
        write_object(&mut out, |o| {
            o.text("text", &value);
            o.text(&value, "key");
            o.verbatim("json", &json);
            o.verbatim_if("id", Some("\"\u{85}\""));
            o.array("list", [&*value], write_text);
        });
        let out = String::from_utf8(out).expect("text");
        assert!(!out.contains(|c| ends.contains(c)), "{out:?}");
        for kept in stays.chars() {
            assert_eq!(out.matches(kept).count(), 4, "{kept:?} in {out:?}");
        }
        let read: serde_json::Value = serde_json::from_str(&out).expect("JSON");
        assert_eq!(read["text"], value);
        assert_eq!(read[&value], "key");
        assert_eq!(read["list"][0], value);
        assert_eq!(read["id"], "\u{85}");
        assert_eq!(read["json"], serde_json::from_str::<serde_json::Value>(&json).expect("JSON"));
    }
}
