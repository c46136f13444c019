//! Lines that are not one JSON object: what is wrong with them, and what can be read all the same, so that the lines that
//! refer to them are not reported as well.

use std::borrow::Cow;

use serde_json::error::Category;

use super::slips::{comment, not_a_comment, slip, text_after_key};
use super::told::Happening;
use super::{Fields, MAX_LINE_BYTES, Reader, Severity, whole};
use crate::football::{EventId, EventType, Op};
use crate::scenario::recognise::{FIRST_LINE, NO_COMMAS};

/// Something that began on an earlier line and is not over.
pub(super) enum Open {
    /// An object, as far as it has been read.
    Object(Object),
    /// A comment, until `*/`.
    Comment,
}

/// An object that goes on over several lines.
pub(super) struct Object {
    /// Its first line.
    line: u32,
    text: String,
    nesting: Nesting,
}

/// Where the scan of an object has come to.
#[derive(Default)]
struct Nesting {
    depth: u32,
    quoted: bool,
    escaped: bool,
}

impl Nesting {
    /// Goes through more of the text, and tells whether the object is over.
    fn scan(&mut self, text: &str) -> bool {
        for byte in text.bytes() {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = self.quoted,
                b'"' => self.quoted = !self.quoted,
                _ if self.quoted => {}
                b'{' | b'[' => self.depth = self.depth.saturating_add(1),
                b'}' | b']' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
        self.depth == 0 && !self.quoted
    }
}

/// How a file is written with one object per line.
const COMPACT: &str = "a scenario has one object per line (jq -c . FILE writes it so)";

impl Reader {
    /// A line that could not be taken apart, for this reason.
    pub(super) fn broken(&mut self, number: u32, text: &str, error: &serde_json::Error) {
        let trimmed = text.trim_start();
        let at = text.len() - trimmed.len();
        if let Some(comment) = comment(trimmed) {
            if comment == "/*" && !trimmed.contains("*/") {
                self.open = Some(Open::Comment);
            }
            return self.alike("comment", number, at, text, not_a_comment(comment));
        }
        if !trimmed.starts_with('{') {
            return self.no_object(number, at, text);
        }
        if error.classify() == Category::Eof {
            let mut nesting = Nesting::default();
            // A string that is never closed swallows the rest of the file: the line is as it is.
            if !nesting.scan(text) && !nesting.quoted {
                self.open = Some(Open::Object(Object { line: number, text: text.to_owned(), nesting }));
                return;
            }
        }
        self.objects(number, text, at);
    }

    /// A line that is or continues what an earlier line began.
    pub(super) fn go_on(&mut self, open: Open, number: u32, text: &str) {
        let mut object = match open {
            Open::Comment => {
                if !text.contains("*/") {
                    self.open = Some(Open::Comment);
                }
                return;
            }
            Open::Object(object) => object,
        };
        // A line of a scenario ends what broke off before it.
        let begins = Fields::of_line(text, number)
            .is_ok_and(|fields| ["kind", "type", "op"].iter().any(|key| fields.peek(key).is_some()));
        if begins || object.text.len() + text.len() > MAX_LINE_BYTES {
            self.breaks_off(&object);
            return match begins {
                true => self.line(number, text),
                // Over the limit the file is not line-based: stop.
                false => self.stopped = true,
            };
        }
        object.text.push('\n');
        object.text.push_str(text);
        if !object.nesting.scan(text) {
            self.open = Some(Open::Object(object));
            return;
        }
        let Object { line, text, .. } = object;
        self.flawed.add_line(line);
        // Of what is no scenario, that is all there is to say.
        if self.began || Fields::of_line(&text, line).is_ok_and(|fields| fields.has("kind")) {
            let message = format!("this object goes on to line {number}: {COMPACT}");
            self.alike("several lines", line, 0, &text, message);
        }
        let end = text.len() - text.trim_start().len();
        self.objects(line, &text, end);
    }

    /// The end of the file.
    pub(super) fn close(&mut self) {
        if let Some(Open::Object(object)) = self.open.take() {
            self.breaks_off(&object);
        }
    }

    /// An object that never ends.
    fn breaks_off(&mut self, object: &Object) {
        self.flawed.add_line(object.line);
        let first = object.text.split('\n').next().unwrap_or_default();
        if object.text.len() > first.len() && object.nesting.depth > 0 {
            let message = format!("this object does not end: {COMPACT}");
            self.findings.add(Severity::Error, object.line, 0, first, message);
        } else {
            let message = "the line breaks off in the middle of a JSON object".to_owned();
            let end = first.char_indices().last().map_or(0, |(at, _)| at);
            self.findings.add(Severity::Error, object.line, end, first, message);
        }
        self.began = true;
        self.note_lost_event(&object.text);
    }

    /// One object after the other, with what stands behind each.
    fn objects(&mut self, number: u32, text: &str, mut at: usize) {
        loop {
            let end = match Fields::of_object(text, number, at) {
                Ok((fields, end)) => {
                    self.object(fields, number);
                    end
                }
                Err(error) => return self.no_json(number, text, at, &error),
            };
            let behind = text[end..].trim_start();
            let from = text.len() - behind.len();
            let next = behind.strip_prefix(',').map_or(behind, str::trim_start);
            if next.starts_with('{') {
                at = text.len() - next.len();
                let message =
                    "another object begins here: a scenario has one object per line, without commas between them";
                self.alike("comma", number, at, text, message.into());
                continue;
            }
            let (mistake, message) = match (behind.chars().next(), comment(next)) {
                (None, _) => return,
                (Some(',' | ']'), _) if next.is_empty() || next.starts_with(']') || behind.starts_with(']') => {
                    ("comma", NO_COMMAS.to_owned())
                }
                (_, Some(comment)) => ("comment", not_a_comment(comment)),
                _ => {
                    let message = "something stands behind the object: a line is one JSON object and nothing else";
                    ("comma", message.to_owned())
                }
            };
            return self.alike(mistake, number, from, text, message);
        }
    }

    /// A line that does not begin with an object.
    fn no_object(&mut self, number: u32, at: usize, text: &str) {
        let first = !std::mem::replace(&mut self.began, true);
        let trimmed = text.trim();
        if !first && trimmed.chars().all(|c| "[],".contains(c)) {
            return self.alike("comma", number, at, text, NO_COMMAS.into());
        }
        let message = match trimmed.chars().next() {
            Some('\u{feff}') => "a byte order mark stands before the object: only line 1 may have one".to_owned(),
            Some(c) if !crate::printable::is_printable(c) => {
                format!("the line begins with an invisible character (U+{:04X}), not with an object", u32::from(c))
            }
            _ if first => format!("this is no scenario: {FIRST_LINE}"),
            _ => "not a JSON object: a line begins with { and ends with }".to_owned(),
        };
        self.alike("no object", number, at, text, message);
        // What does not even begin like a scenario is not one.
        self.stopped |= first;
        self.note_lost_event(text);
    }

    /// An object that is not JSON.
    fn no_json(&mut self, number: u32, text: &str, from: usize, error: &serde_json::Error) {
        // serde_json counts lines and columns (in bytes) from 1, and puts the place at the end of its message.
        let message = error.to_string();
        let message = message.split(" at line ").next().unwrap_or(&message);
        let line_start =
            text[from..].split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let byte = (from + line_start + error.column().saturating_sub(1)).min(text.len());
        let byte = (0..=byte).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let message = match error.classify() {
            Category::Eof => Cow::Borrowed("the line breaks off in the middle of a JSON object"),
            Category::Data => Cow::Owned(message.to_owned()),
            _ => slip(text, byte).map_or_else(|| Cow::Owned(format!("not a JSON object: {message}")), Cow::Borrowed),
        };
        self.began = true;
        self.findings.add(Severity::Error, number, byte, text, message.into_owned());
        self.note_lost_event(text.get(from..).unwrap_or_default());
    }

    /// Notes what a line would have told that cannot be read, as far as that can be seen.
    pub(super) fn note_lost_event(&mut self, text: &str) {
        let find = |key| text_after_key(text, key);
        match find("kind") {
            None | Some("event") => {}
            Some("match") => return self.lost_match = true,
            Some(_) => return,
        }
        let only = (self.scenario.matches.len() == 1).then_some(0);
        let track = find("match").and_then(|id| self.matches.get(id).copied()).or(only);
        let (op, id) = (find("op").and_then(Op::parse), find("id"));
        let mut kind = find("type").and_then(EventType::parse);
        if let Some(track) = track {
            let told = &mut self.told[usize::from(track)];
            told.lines = told.lines.saturating_add(1);
            let (number, entries) = (told.lines, &self.scenario.entries);
            if let (Some(_), Some(id)) = (op, id) {
                kind = kind.or_else(|| told.happening(entries, id).map(|happening| happening.kind));
            }
            if find("type").is_some() && op.is_none() {
                let id: EventId = id.map_or_else(|| self.numbered(number), EventId::from);
                let happening =
                    Happening { kind: kind.clone().unwrap_or(EventType::Other("".into())), clock: None, stands: true };
                self.told[usize::from(track)].set(id, happening);
            } else if op.is_none() {
                self.flawed.add_unknown_id(Some(track));
            }
        } else {
            self.flawed.add_unknown_id(None);
        }
        self.flawed.add_event(track, kind.as_ref(), None);
    }

    fn alike(&mut self, mistake: &str, number: u32, byte: usize, text: &str, message: String) {
        self.findings.add_alike(mistake, Severity::Error, number, byte, text, message);
    }

    /// A line that is not UTF-8, as far as it can be shown, and the first byte that is not.
    pub(super) fn noise(&mut self, number: u32, text: &str, at: usize, byte: u8) {
        let latin = char::from(byte);
        let message = match latin.is_alphanumeric() && !text.chars().any(|c| c.is_control() && c != '\t') {
            true => format!(
                "not UTF-8 text: byte 0x{byte:02X} is {latin:?} in Latin-1; save the file as UTF-8 \
                 (iconv -f WINDOWS-1252 -t UTF-8 FILE)"
            ),
            false => "not UTF-8 text".to_owned(),
        };
        self.alike("not UTF-8", number, at, text, message);
        if let Some(open) = self.open.take() {
            return self.go_on(open, number, text);
        }
        match Fields::of_line(text, number) {
            Ok(fields) => self.object(fields, number),
            Err(_) => {
                // Nothing here begins like a scenario.
                self.stopped |= !std::mem::replace(&mut self.began, true) && !text.trim_start().starts_with('{');
                self.note_lost_event(text);
            }
        }
    }

    /// A line that is not read at all.
    pub(super) fn unread(&mut self, number: u32, message: String) {
        self.stopped |= !std::mem::replace(&mut self.began, true);
        self.flawed.add_unknown_id(None);
        self.flawed.add_event(None, None, None);
        self.findings.push(whole(number, message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, header, reading_finds};
    use super::*;

    const GOAL: &str = r#"{"type":"goal","id":"g","period":1,"clock":"10:00","side":"home","player":"h9"}"#;
    const UPDATE: &str = r#"{"op":"update","id":"g","told":"10:30","assist":"h8"}"#;

    /// What is found where a line of a match is written so, and another corrects it.
    fn finds(goal: &str) -> Vec<String> {
        reading_finds(&file(&format!("{goal}\n{UPDATE}")))
    }

    #[test]
    fn what_breaks_json_is_named_once_and_its_id_is_known() {
        for (goal, expected) in [
            (GOAL.replace(r#","side""#, r#""side""#), "a comma is missing before this"),
            (GOAL.replace('}', ",}"), "a comma stands before the closing bracket"),
            (GOAL.replace('"', "'"), "double quotation marks, not single ones"),
            (GOAL.replace(r#""side""#, "“side”"), "straight quotation marks"),
            (GOAL.replace(r#""period""#, "period"), "the name of a field stands in double quotation marks"),
            (GOAL.replace(r#""home""#, "home"), "a text stands in double quotation marks"),
            (GOAL.replace('}', r#","confirmed":True}"#), "JSON has true, false and null"),
            (GOAL.replace(":1,", ":01,"), "a number does not begin with 0"),
            (GOAL.replace('}', r#","text":"he said "yes""}"#), "a quotation mark in a text is written as"),
            (format!("{GOAL},"), "one object per line, without commas"),
            (format!("{GOAL}]"), "one object per line, without commas"),
            (format!("{GOAL};"), "something stands behind the object"),
            (format!("{GOAL} // one-nil"), "JSON Lines have no comments"),
            (format!("{GOAL} # one-nil"), "JSON Lines have no comments"),
            (format!("{GOAL}{}", GOAL.replace("\"g\"", "\"h\"")), "another object begins here"),
            (format!("{GOAL}, {}", GOAL.replace("\"g\"", "\"h\"")), "another object begins here"),
            (format!("// a goal\n{GOAL}"), "JSON Lines have no comments"),
            (format!("/* a goal,\nand its {{correction}}\n*/\n{GOAL}"), "JSON Lines have no comments"),
            (format!("\u{feff}{GOAL}"), "a byte order mark stands before the object"),
            (
                GOAL.replace(",\"", ",\n  \"").replace('{', "{\n").replace('}', "\n}"),
                "goes on to line 10: a scenario has",
            ),
        ] {
            let found = finds(&goal);
            assert!(found.len() == 1 && found[0].contains(expected), "{goal}\n{expected}: {found:#?}");
        }
        assert_eq!(finds(&GOAL.replace("h9", "h,9")).len(), 1, "JSON after all");
    }

    #[test]
    fn a_comment_before_the_first_line_is_all_that_is_wrong() {
        let text = format!("# my match\n{}", file(GOAL));
        assert_eq!(reading_finds(&text).len(), 1, "{:?}", reading_finds(&text));
    }

    #[test]
    fn a_file_that_is_spread_over_lines_is_read_all_the_same() {
        let spread = |line: &str| line.replace("\":", "\":\n").replace("{", "{\n ");
        let text: String = file(&format!("{GOAL}\n{UPDATE}")).lines().map(|line| spread(line) + "\n").collect();
        let found = reading_finds(&text);
        assert!(found.len() == 1 && found[0].starts_with("1 {") && found[0].ends_with("(and 3 more)"), "{found:?}");
        // What else is wrong has its own line.
        let found = reading_finds(&text.replace("\"home\",", "\"hme\",").replace("\n\"hme\"", "\"hme\""));
        assert!(found.iter().any(|said| said.contains("\"hme\": error: unknown side")), "{found:?}");
    }

    #[test]
    fn a_line_that_breaks_off_does_not_swallow_the_next() {
        let cut = &GOAL[..GOAL.len() - 1];
        let found = finds(cut);
        assert!(found.len() == 1 && found[0].contains("breaks off"), "{found:?}");
        let found = finds(&GOAL[..GOAL.len() - 4]);
        assert!(found.len() == 1 && found[0].contains("breaks off"), "{found:?}");
    }

    #[test]
    fn what_never_ends_is_given_up() {
        let text = format!("{}\n{{\"a\":[\n{}", header("t"), "1,\n".repeat(MAX_LINE_BYTES));
        let found = reading_finds(&text);
        assert!(found.len() == 1 && found[0].contains("this object does not end"), "{found:?}");
    }
}
