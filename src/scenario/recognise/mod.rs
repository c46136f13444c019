//! Recognises files that are not scenarios by their first bytes: compressed, in another encoding, in another notation,
//! or the data of a provider. Each gives one finding that says what to do, whatever the size of the file.
//!
//! To recognise another provider, add a line to [`formats`].

mod binary;
mod formats;

use std::borrow::Cow;

use super::fields::Fields;
use super::finding::{Finding, Findings, Severity};

/// The number of bytes at the beginning of a file that are examined.
pub(super) const HEAD_BYTES: u64 = 64 << 10;

/// Advice for a file with commas or brackets between its objects.
pub(super) const NO_COMMAS: &str =
    "a scenario has one object per line, without commas between them and without brackets around them";

/// Advice that ends most messages: how a scenario begins.
pub(super) const FIRST_LINE: &str =
    "a scenario is JSON Lines and begins with {\"kind\":\"scenario\",\"version\":1,\"title\":…}";

/// The finding for a file that begins with `head` and is not a scenario. `None` if the file is to be read.
pub(super) fn recognise(head: &[u8]) -> Option<Finding> {
    if let Some(message) = binary::binary_file_text(head) {
        return Some(Finding::without_column(Severity::Error, 0, message));
    }
    let text = decode_head(head)?;
    let trimmed = text.trim_start();
    let first = trimmed.lines().next().unwrap_or_default();
    let message = match trimmed.as_bytes().first()? {
        b'{' if is_frame(first) => {
            format!("these are frames recorded from a Touchline server, not the scenario that it plays: {FIRST_LINE}")
        }
        b'{' if is_trace(first) => {
            "this is a trace that `touchline test` has written: `touchline serve FILE` plays it, \
                                    `touchline test FILE` runs it again"
                .to_owned()
        }
        b'{' if has_kind(trimmed) => return None,
        b'<' => markup_text(trimmed),
        b'{' => looks_like_text(formats::recognise_json(trimmed).or_else(|| recognise_document(trimmed))?),
        b'[' if is_toml(trimmed) => looks_like_text("TOML"),
        b'[' => array_text(trimmed),
        _ if has_kind(trimmed) => return None,
        _ => recognise_table(trimmed)?,
    };
    let mut findings = Findings::default();
    let line = text[..text.len() - trimmed.len()].matches('\n').count();
    findings.add(Severity::Error, u32::try_from(line + 1).unwrap_or(1), 0, first, message);
    findings.listed().first().cloned()
}

/// The name of the provider's format that a document is in, by its first bytes. `None` for scenarios and unknown formats.
pub(crate) fn recognise_provider(head: &[u8]) -> Option<&'static str> {
    let text = decode_head(head)?;
    let trimmed = text.trim_start();
    match trimmed.as_bytes().first()? {
        b'<' => formats::recognise_xml(trimmed),
        b'{' | b'[' => formats::recognise_json(trimmed).filter(|_| !has_kind(trimmed)),
        _ => formats::recognise_csv(trimmed.lines().next()?),
    }
}

/// All names that [`recognise_provider`] can give.
#[cfg(test)]
pub(crate) fn provider_names() -> Vec<&'static str> {
    formats::names()
}

/// `head` as text. It may end within a character, and bytes that are not UTF-8 do not matter here.
fn decode_head(head: &[u8]) -> Option<Cow<'_, str>> {
    let head = head.strip_prefix("\u{feff}".as_bytes()).unwrap_or(head);
    (!head.is_empty()).then(|| String::from_utf8_lossy(head))
}

/// Whether a file is a scenario, by its first bytes.
#[cfg_attr(not(feature = "import"), allow(dead_code))]
pub(crate) fn is_scenario(head: &[u8]) -> bool {
    let text = decode_head(head).unwrap_or_default();
    let first = text.trim_start().lines().next().unwrap_or_default();
    Fields::of_line(first, 1).is_ok_and(|fields| fields.peek("kind") == Some("\"scenario\""))
}

/// Whether a line is a frame of a Touchline server.
fn is_frame(line: &str) -> bool {
    let Ok(fields) = Fields::of_line(line, 1) else { return false };
    match fields.peek("kind").map(|kind| kind.trim_matches('"')) {
        Some("event") => fields.has("n") && fields.has("rev"),
        kind => kind.is_some_and(|kind| formats::FRAMES.contains(&kind)),
    }
}

/// Whether a line is the header of a trace of a test run.
fn is_trace(line: &str) -> bool {
    Fields::of_line(line, 1).is_ok_and(|fields| fields.peek("kind") == Some("\"trace\""))
}

/// Whether a text begins with an object that has `kind`, as lines of a scenario do: anywhere in the first line if that
/// is JSON, else within the first 200 characters.
fn has_kind(text: &str) -> bool {
    let first = text.lines().next().unwrap_or_default();
    let near = text.char_indices().nth(200).map_or(text, |(end, _)| &text[..end]);
    Fields::of_line(first, 1).is_ok_and(|fields| fields.has("kind")) || near.contains("\"kind\"")
}

/// Recognises a JSON object over several lines that has no field of a scenario.
fn recognise_document(text: &str) -> Option<&'static str> {
    let mut lines = text.lines();
    let whole_line = lines.next().is_some_and(|first| Fields::of_line(first, 1).is_ok());
    let known = ["kind", "clock", "period", "told"].iter().any(|name| formats::has_field(text, name));
    (!whole_line && !known && lines.next().is_some()).then_some("a JSON document of another kind")
}

fn is_toml(text: &str) -> bool {
    let mut lines = text.lines();
    let head = lines.next().and_then(|first| first.trim().strip_prefix('[')?.strip_suffix(']'));
    let named =
        head.is_some_and(|head| !head.is_empty() && head.chars().all(|c| c.is_alphanumeric() || "._-[]".contains(c)));
    named && lines.next().is_some_and(|second| second.contains(" = "))
}

fn looks_like_text(what: &str) -> String {
    format!("this looks like {what}: {FIRST_LINE}")
}

fn markup_text(text: &str) -> String {
    let start: String = text.chars().take(512).collect::<String>().to_ascii_lowercase();
    if start.starts_with("<!--") && !start.contains('>') {
        return looks_like_text("XML");
    }
    if start.contains("<!doctype html") || start.contains("<html") {
        return format!("this is an HTML page, perhaps an error page saved in place of a file: {FIRST_LINE}");
    }
    looks_like_text(formats::recognise_xml(text).unwrap_or("XML"))
}

fn array_text(text: &str) -> String {
    match formats::recognise_json(text).filter(|_| !has_kind(text)) {
        Some(name) => looks_like_text(name),
        None if text.contains('"') && !["kind", "type", "clock"].iter().any(|name| formats::has_field(text, name)) => {
            looks_like_text("a JSON document of another kind")
        }
        None => format!("the file is one JSON array: {NO_COMMAS} (jq -c '.[]' FILE writes it so)"),
    }
}

/// Recognises a table, recorded server-sent events, YAML and Markdown.
fn recognise_table(text: &str) -> Option<String> {
    let mut lines = text.lines();
    let (first, second) = (lines.next()?, lines.next().unwrap_or_default());
    if let Some(name) = formats::recognise_csv(first) {
        return Some(looks_like_text(name));
    }
    if first.starts_with("event:") || first.starts_with("data:") || first.starts_with("id:") && second.contains("data:")
    {
        return Some(looks_like_text("server-sent events, recorded"));
    }
    let yaml = ["kind:", "---", "- kind:", "title:", "version:", "%YAML"];
    if yaml.iter().any(|start| first.starts_with(start)) {
        return Some(looks_like_text("YAML"));
    }
    if first.starts_with("# ") && !text.lines().any(|line| line.trim_start().starts_with('{')) {
        return Some(looks_like_text("Markdown or plain text"));
    }
    let separator = ['\t', ';', ',', '|'].into_iter().max_by_key(|separator| first.matches(*separator).count())?;
    let count = |line: &str| line.matches(separator).count();
    let table = count(first) > 0 && (count(second) >= count(first) || second.is_empty() && count(first) > 1);
    let begins = first.starts_with(|c: char| c.is_alphanumeric() || c == '"');
    (table && begins).then(|| looks_like_text("a table (CSV)"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{file, header};
    use super::*;

    #[track_caller]
    fn message_for(head: &[u8]) -> String {
        recognise(head).unwrap_or_else(|| panic!("not recognised: {:?}", String::from_utf8_lossy(head))).to_string()
    }

    #[test]
    fn a_scenario_is_read() {
        for text in [file(""), format!("\u{feff}{}", header("t")), format!("\n\n{}", header("t"))] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
        // `kind` may be the last field, and custom types may have fields of any name.
        let sorted = header("t")
            .replace(r#"{"kind":"scenario","#, "{")
            .replace('}', &format!(r#","about":"{}","kind":"scenario"}}"#, "x".repeat(300)));
        assert_eq!(recognise(format!("{sorted}\n{{\"type\":\"touch\",\"wyId\":1}}\n").as_bytes()), None);
        assert_eq!(recognise(header("a, b").trim_start_matches('{').as_bytes()), None);
        // Small mistakes in a scenario are left to the reader.
        for text in ["", "\n", "// a comment\n", "{\n", "{'kind':'scenario'}", "Half-time\n", "{\"version\":1}"] {
            assert_eq!(recognise(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn other_notations_are_named_with_what_to_do() {
        for (head, named) in [
            ("[\n{\"kind\":\"scenario\"},\n", "1:1: error: the file is one JSON array"),
            ("[]", "jq -c '.[]' FILE"),
            ("  \n[1,2]", "2:1: error: the file is one JSON array"),
            ("<!DOCTYPE html>\n<html>", "this is an HTML page"),
            ("<html><body>502 Bad Gateway", "this is an HTML page"),
            ("<?xml version=\"1.0\"?>\n<teams/>", "this looks like XML"),
            ("minute,team,player,type\n12,Eastmoor,Innes,goal\n", "this looks like a table (CSV)"),
            ("minute;team\n12;Eastmoor", "this looks like a table (CSV)"),
            ("minute\tteam\n12\tEastmoor", "this looks like a table (CSV)"),
            ("---\nkind: scenario\n", "this looks like YAML"),
            ("[scenario]\nversion = 1\n", "this looks like TOML"),
            ("# Title\n\nSome text\n", "this looks like Markdown or plain text"),
            ("{\n  \"FrameData\": [],\n  \"GameID\": 1\n}\n", "this looks like a JSON document of another kind"),
            ("[\n  {\"FrameData\": []}\n]\n", "this looks like a JSON document of another kind"),
            (
                r#"{"kind":"event","match":"m","n":1,"seq":1,"id":"e1","rev":0}"#,
                "frames recorded from a Touchline server",
            ),
            ("id: 1\ndata: {}\n", "server-sent events"),
        ] {
            assert!(message_for(head.as_bytes()).contains(named), "{head}: {}", message_for(head.as_bytes()));
        }
    }

    #[test]
    fn only_the_beginning_is_examined() {
        struct Counted(usize);
        impl std::io::Read for Counted {
            fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
                self.0 += out.len();
                out.fill(b'[');
                Ok(out.len())
            }
        }
        let mut input = std::io::BufReader::new(Counted(0));
        let reading = super::super::read(&mut input).expect("memory");
        assert_eq!(reading.findings.error_count(), 1);
        assert!(input.get_ref().0 <= 2 * HEAD_BYTES as usize, "{} bytes read", input.get_ref().0);
    }
}
