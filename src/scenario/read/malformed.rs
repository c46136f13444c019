//! Lines that are not one JSON object: reports what is wrong, and reads what it can, so that lines that refer to them
//! are not reported as well.

use std::borrow::Cow;

use serde_json::error::Category;

use super::json_mistakes::{comment_text, find_comment_mark, json_mistake_text, text_after_key};
use super::known_events::KnownEvent;
use super::{Fields, MAX_LINE_BYTES, Reader, Severity, error_without_column};
use crate::football::{EventId, EventType, Op};
use crate::json::error_without_place;
use crate::scenario::recognise::{FIRST_LINE, NO_COMMAS};

/// An object or comment that continues on the next line.
pub(super) enum Unfinished {
    /// An object, up to the current line.
    Object(UnfinishedObject),
    /// A comment, until `*/`.
    Comment,
}

/// An object over several lines.
pub(super) struct UnfinishedObject {
    /// Its first line.
    line: u32,
    text: String,
    nesting: Nesting,
}

/// The state of the scan for the end of an object.
#[derive(Default)]
struct Nesting {
    depth: u32,
    quoted: bool,
    escaped: bool,
}

impl Nesting {
    /// Scans more of the text. Returns whether the object ends.
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

/// Advice for an object over several lines.
const COMPACT: &str = "a scenario has one object per line (jq -c . FILE writes it so)";

/// The message about a line that ends within an object.
const CUT_OFF: &str = "the line ends inside a JSON object: the rest of the object is missing";

impl Reader {
    /// Handles a line that is not one JSON object; `error` is from parsing it.
    pub(super) fn report_malformed_line(&mut self, number: u32, text: &str, error: &serde_json::Error) {
        let trimmed = text.trim_start();
        let at = text.len() - trimmed.len();
        if let Some(comment) = find_comment_mark(trimmed) {
            if comment == "/*" && !trimmed.contains("*/") {
                self.unfinished = Some(Unfinished::Comment);
            }
            return self.report_grouped("comment", number, at, text, comment_text(comment));
        }
        if !trimmed.starts_with('{') {
            return self.report_no_object(number, at, text);
        }
        if error.classify() == Category::Eof {
            let mut nesting = Nesting::default();
            // An unclosed string would swallow the rest of the file: then the line is taken as it is.
            if !nesting.scan(text) && !nesting.quoted {
                self.unfinished =
                    Some(Unfinished::Object(UnfinishedObject { line: number, text: text.to_owned(), nesting }));
                return;
            }
        }
        self.read_objects(number, text, at);
    }

    /// Handles the line after an unfinished one.
    pub(super) fn continue_unfinished(&mut self, unfinished: Unfinished, number: u32, text: &str) {
        let mut object = match unfinished {
            Unfinished::Comment => {
                if !text.contains("*/") {
                    self.unfinished = Some(Unfinished::Comment);
                }
                return;
            }
            Unfinished::Object(object) => object,
        };
        // A line of a scenario ends an unfinished object before it.
        let begins = Fields::of_line(text, number)
            .is_ok_and(|fields| ["kind", "type", "op"].iter().any(|key| fields.peek(key).is_some()));
        if begins || object.text.len() + text.len() > MAX_LINE_BYTES {
            self.report_unfinished(&object);
            return if begins { self.read_text_line(number, text) } else { self.stopped = true };
        }
        object.text.push('\n');
        object.text.push_str(text);
        if !object.nesting.scan(text) {
            self.unfinished = Some(Unfinished::Object(object));
            return;
        }
        let UnfinishedObject { line, text, .. } = object;
        self.gaps.add_line(line);
        // A file that is not a scenario has its own finding.
        if self.started || Fields::of_line(&text, line).is_ok_and(|fields| fields.has("kind")) {
            let message = format!("this object continues to line {number}: {COMPACT}");
            self.report_grouped("several lines", line, 0, &text, message);
        }
        let end = text.len() - text.trim_start().len();
        self.read_objects(line, &text, end);
    }

    /// Reports an object that is unfinished at the end of the file.
    pub(super) fn report_truncated_at_eof(&mut self) {
        if let Some(Unfinished::Object(object)) = self.unfinished.take() {
            self.report_unfinished(&object);
        }
    }

    /// Reports an object that does not end.
    fn report_unfinished(&mut self, object: &UnfinishedObject) {
        self.gaps.add_line(object.line);
        let first = object.text.split('\n').next().unwrap_or_default();
        if object.text.len() > first.len() && object.nesting.depth > 0 {
            let message = format!("this object is not closed: {COMPACT}");
            self.findings.add(Severity::Error, object.line, 0, first, message);
        } else {
            let message = CUT_OFF.to_owned();
            let end = first.char_indices().last().map_or(0, |(at, _)| at);
            self.findings.add(Severity::Error, object.line, end, first, message);
        }
        self.started = true;
        self.record_lost_event(&object.text);
    }

    /// Reads the objects of a line one after the other, and reports what follows each.
    fn read_objects(&mut self, number: u32, text: &str, mut at: usize) {
        loop {
            let end = match Fields::of_object(text, number, at) {
                Ok((fields, end)) => {
                    self.read_object(fields, number);
                    end
                }
                Err(error) => return self.report_invalid_json(number, text, at, &error),
            };
            let rest = text[end..].trim_start();
            let from = text.len() - rest.len();
            let next = rest.strip_prefix(',').map_or(rest, str::trim_start);
            if next.starts_with('{') {
                at = text.len() - next.len();
                let message =
                    "another object begins here: a scenario has one object per line, without commas between them";
                self.report_grouped("comma", number, at, text, message.into());
                continue;
            }
            let (mistake, message) = match (rest.chars().next(), find_comment_mark(next)) {
                (None, _) => return,
                (Some(',' | ']'), _) if next.is_empty() || next.starts_with(']') || rest.starts_with(']') => {
                    ("comma", NO_COMMAS.to_owned())
                }
                (_, Some(comment)) => ("comment", comment_text(comment)),
                _ => {
                    let message = "unexpected text after the object: a line is one JSON object and nothing else";
                    ("comma", message.to_owned())
                }
            };
            return self.report_grouped(mistake, number, from, text, message);
        }
    }

    /// Reports a line that does not begin with an object.
    fn report_no_object(&mut self, number: u32, at: usize, text: &str) {
        let first = !std::mem::replace(&mut self.started, true);
        let trimmed = text.trim();
        if !first && trimmed.chars().all(|c| "[],".contains(c)) {
            return self.report_grouped("comma", number, at, text, NO_COMMAS.into());
        }
        let message = match trimmed.chars().next() {
            Some('\u{feff}') => "a byte order mark before the object: only line 1 may have one".to_owned(),
            Some(c) if !crate::printable::is_printable(c) => {
                format!("the line begins with an invisible character (U+{:04X}), not with an object", u32::from(c))
            }
            _ if first => format!("this is not a scenario: {FIRST_LINE}"),
            _ => "not a JSON object: a line begins with { and ends with }".to_owned(),
        };
        self.report_grouped("no object", number, at, text, message);
        // A file whose first line is not an object is not a scenario: reading stops.
        self.stopped |= first;
        self.record_lost_event(text);
    }

    /// Reports an object that is not JSON.
    fn report_invalid_json(&mut self, number: u32, text: &str, from: usize, error: &serde_json::Error) {
        let message = error_without_place(error);
        // serde_json counts lines and columns (in bytes) from 1.
        let line_start =
            text[from..].split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum::<usize>();
        let byte = (from + line_start + error.column().saturating_sub(1)).min(text.len());
        let byte = (0..=byte).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let message = match error.classify() {
            Category::Eof => Cow::Borrowed(CUT_OFF),
            Category::Data => Cow::Owned(message),
            _ => json_mistake_text(text, byte)
                .map_or_else(|| Cow::Owned(format!("not a JSON object: {message}")), Cow::Borrowed),
        };
        self.started = true;
        self.findings.add(Severity::Error, number, byte, text, message.into_owned());
        self.record_lost_event(text.get(from..).unwrap_or_default());
    }

    /// Records the event that an unreadable line contains, as far as it can be made out.
    pub(super) fn record_lost_event(&mut self, text: &str) {
        let find = |key| text_after_key(text, key);
        match find("kind") {
            None | Some("event") => {}
            Some("match") => return self.has_lost_match = true,
            Some(_) => return,
        }
        let only = (self.scenario.matches.len() == 1).then_some(0);
        let track = find("match").and_then(|id| self.matches.get(id).copied()).or(only);
        let (op, id) = (find("op").and_then(Op::parse), find("id"));
        let mut kind = find("type").and_then(EventType::parse);
        if let Some(track) = track {
            let known = &mut self.known_events[usize::from(track)];
            known.lines = known.lines.saturating_add(1);
            let (number, entries) = (known.lines, &self.scenario.entries);
            if let (Some(_), Some(id)) = (op, id) {
                kind = kind.or_else(|| known.get(entries, id).map(|known| known.kind));
            }
            if find("type").is_some() && op.is_none() {
                let id: EventId = id.map_or_else(|| self.default_id(number), EventId::from);
                let kind = kind.clone().unwrap_or(EventType::Other("".into()));
                self.known_events[usize::from(track)]
                    .set_override(id, KnownEvent { kind, clock: None, removed: false });
            } else if op.is_none() {
                self.gaps.add_unknown_id(Some(track));
            }
        } else {
            self.gaps.add_unknown_id(None);
        }
        self.gaps.add_event(track, kind.as_ref(), None);
    }

    fn report_grouped(&mut self, mistake: &str, number: u32, byte: usize, text: &str, message: String) {
        self.findings.add_grouped(mistake, Severity::Error, number, byte, text, message);
    }

    /// Handles a line that is not UTF-8: its text with replacement characters, and the first invalid byte.
    pub(super) fn report_invalid_utf8(&mut self, number: u32, text: &str, at: usize, byte: u8) {
        let latin = char::from(byte);
        let message = if latin.is_alphanumeric() && !text.chars().any(|c| c.is_control() && c != '\t') {
            format!(
                "not UTF-8 text: byte 0x{byte:02X} is {latin:?} in Latin-1; save the file as UTF-8 \
             (iconv -f WINDOWS-1252 -t UTF-8 FILE)"
            )
        } else {
            "not UTF-8 text".to_owned()
        };
        self.report_grouped("not UTF-8", number, at, text, message);
        if let Some(unfinished) = self.unfinished.take() {
            return self.continue_unfinished(unfinished, number, text);
        }
        match Fields::of_line(text, number) {
            Ok(fields) => self.read_object(fields, number),
            Err(_) => {
                // A file whose first line is not an object is not a scenario.
                self.stopped |= !std::mem::replace(&mut self.started, true) && !text.trim_start().starts_with('{');
                self.record_lost_event(text);
            }
        }
    }

    /// Reports a line that is not read at all.
    pub(super) fn report_skipped_line(&mut self, number: u32, message: String) {
        self.stopped |= !std::mem::replace(&mut self.started, true);
        self.gaps.add_unknown_id(None);
        self.gaps.add_event(None, None, None);
        self.findings.push(error_without_column(number, message));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, header, reading_finds};
    use super::*;

    const GOAL: &str = r#"{"type":"goal","id":"g","period":1,"clock":"10:00","side":"home","player":"h9"}"#;
    const UPDATE: &str = r#"{"op":"update","id":"g","told":"10:30","assist":"h8"}"#;

    /// The findings in a file with this line for a goal, and a correction of the goal.
    fn finds(goal: &str) -> Vec<String> {
        reading_finds(&file(&format!("{goal}\n{UPDATE}")))
    }

    #[test]
    fn a_mistake_in_json_is_named_once_and_its_id_is_known() {
        for (goal, expected) in [
            (GOAL.replace(r#","side""#, r#""side""#), "a comma is missing before this"),
            (GOAL.replace('}', ",}"), "remove the comma before the closing bracket"),
            (GOAL.replace('"', "'"), "double quotation marks, not single ones"),
            (GOAL.replace(r#""side""#, "“side”"), "straight quotation marks"),
            (GOAL.replace(r#""period""#, "period"), "write field names in double quotation marks"),
            (GOAL.replace(r#""home""#, "home"), "write texts in double quotation marks"),
            (GOAL.replace('}', r#","confirmed":True}"#), "write true, false or null"),
            (GOAL.replace(":1,", ":01,"), "write numbers without a leading 0"),
            (GOAL.replace('}', r#","text":"he said "yes""}"#), "a quotation mark within a text as"),
            (format!("{GOAL},"), "one object per line, without commas"),
            (format!("{GOAL}]"), "one object per line, without commas"),
            (format!("{GOAL};"), "unexpected text after the object"),
            (format!("{GOAL} // one-nil"), "JSON Lines have no comments"),
            (format!("{GOAL} # one-nil"), "JSON Lines have no comments"),
            (format!("{GOAL}{}", GOAL.replace("\"g\"", "\"h\"")), "another object begins here"),
            (format!("{GOAL}, {}", GOAL.replace("\"g\"", "\"h\"")), "another object begins here"),
            (format!("// a goal\n{GOAL}"), "JSON Lines have no comments"),
            (format!("/* a goal,\nand its {{correction}}\n*/\n{GOAL}"), "JSON Lines have no comments"),
            (format!("\u{feff}{GOAL}"), "a byte order mark before the object"),
            (
                GOAL.replace(",\"", ",\n  \"").replace('{', "{\n").replace('}', "\n}"),
                "continues to line 10: a scenario has",
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
        // A second mistake is reported on its own line.
        let found = reading_finds(&text.replace("\"home\",", "\"hme\",").replace("\n\"hme\"", "\"hme\""));
        assert!(found.iter().any(|found| found.contains("\"hme\": error: unknown side")), "{found:?}");
    }

    #[test]
    fn an_unfinished_line_does_not_swallow_the_next() {
        let cut = &GOAL[..GOAL.len() - 1];
        let found = finds(cut);
        assert!(found.len() == 1 && found[0].contains("ends inside a JSON object"), "{found:?}");
        let found = finds(&GOAL[..GOAL.len() - 4]);
        assert!(found.len() == 1 && found[0].contains("ends inside a JSON object"), "{found:?}");
    }

    #[test]
    fn an_object_without_end_is_given_up() {
        let text = format!("{}\n{{\"a\":[\n{}", header("t"), "1,\n".repeat(MAX_LINE_BYTES));
        let found = reading_finds(&text);
        assert!(found.len() == 1 && found[0].contains("this object is not closed"), "{found:?}");
    }
}
