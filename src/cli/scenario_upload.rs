//! The scenario that `touchline open` sends to a server, and what the server has found in it.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::client::http::ApiRequest;
use crate::dialect::MAX_SCENARIO_BYTES;
use crate::error::{Error, Result};
use crate::scenario::{Finding, Findings, Severity};
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::check::format_findings;
use super::print::{Colours, eprint_line, format_count, sanitise};
use super::scenario_files::{Input, InputSource, read_inputs};

/// A scenario to be sent.
#[derive(Debug)]
pub struct ScenarioUpload {
    /// The file's name, for messages.
    name: String,
    lines: Vec<u8>,
}

/// The findings in an answer, or in a refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReceivedFindings {
    findings: Vec<ReceivedFinding>,
    unlisted: usize,
}

#[derive(Debug, Deserialize)]
struct ReceivedFinding {
    severity: String,
    #[serde(default)]
    line: u32,
    #[serde(default)]
    column: u32,
    message: String,
}

impl ScenarioUpload {
    /// The scenario that a word of the command line means; `None`: the word is the name of a scenario on the server.
    ///
    /// # Errors
    /// If the file cannot be read, or is longer than servers accept.
    pub fn read(word: &str) -> Result<Option<Self>> {
        let inputs = read_inputs(&[PathBuf::from(word)], |imported| imported)?;
        match &inputs.inputs[..] {
            [Input { source: InputSource::Word, .. }] => return Self::read_file(word),
            [Input { source: InputSource::Documents(documents), .. }] => {
                // A pipe, which the server reports on.
                if let Some(document) = documents.first().filter(|document| document.file().is_none()) {
                    let lines = document.bytes().map_err(|error| Error::invalid(format!("reading {error}")))?;
                    return Self::of_lines(document.name(), lines).map(Some);
                }
            }
            _ => {}
        }
        let (mut notes, mut lines) = (Vec::new(), Vec::new());
        let Some((_, scenario)) = inputs.open(&mut notes)?.pop() else { return Ok(None) };
        notes.iter().for_each(|note| eprint_line(note));
        scenario.write(&mut lines).map_err(|error| Error::io(format!("converting {word}"), error))?;
        Self::of_lines(word, lines).map(Some)
    }

    fn read_file(word: &str) -> Result<Option<Self>> {
        if !(word.contains(std::path::is_separator) || word.ends_with(".jsonl") || Path::new(word).is_file()) {
            return Ok(None);
        }
        let failed = |error| Error::io(format!("reading {word}"), error);
        let mut lines = Vec::new();
        let most = MAX_SCENARIO_BYTES as u64;
        File::open(word).and_then(|file| file.take(most + 1).read_to_end(&mut lines)).map_err(failed)?;
        Self::of_lines(word, lines).map(Some)
    }

    fn of_lines(name: &str, lines: Vec<u8>) -> Result<Self> {
        if lines.len() > MAX_SCENARIO_BYTES {
            return Err(Error::invalid(format!(
                "{name} has more than {MAX_SCENARIO_BYTES} bytes, the limit for a scenario that is sent"
            )));
        }
        Ok(Self { name: name.to_owned(), lines })
    }

    /// The request that opens a replay of it with these options.
    pub fn to_request(&self, options: &Map<String, Value>) -> ApiRequest {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (field, value) in options {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            query.append_pair(field, &text);
        }
        let path = format!("/api/replays?{}", query.finish());
        ApiRequest::new(Method::POST, path.trim_end_matches('?')).with_body("application/x-ndjson", self.lines.clone())
    }

    /// Prints what the server has found in a scenario that it refuses, as `touchline check` does.
    pub fn print_findings(&self, received: &ReceivedFindings) {
        for line in format_findings(&sanitise(&self.name), &self.with_excerpts(received), Colours::OFF) {
            eprint_line(&line);
        }
    }

    /// Prints how much the server has found in a scenario that it plays.
    pub fn print_summary(&self, received: &ReceivedFindings) {
        if let Some(summary) = received.summary() {
            let hint = match &*self.name {
                name if Path::new(name).is_file() => format!(": `touchline check {name}` shows them"),
                _ => String::new(),
            };
            eprint_line(&format!("{}: {summary}{hint}", self.name));
        }
    }

    fn with_excerpts(&self, received: &ReceivedFindings) -> Findings {
        let text = String::from_utf8_lossy(&self.lines);
        let lines: Vec<&str> = text.lines().collect();
        let mut findings = Findings::default();
        for ReceivedFinding { severity, line, column, message } in &received.findings {
            let severity = Severity::parse(severity).unwrap_or(Severity::Note);
            let place = usize::try_from(*line).ok().and_then(|line| lines.get(line.checked_sub(1)?));
            let byte = |text: &str| {
                let before = usize::try_from(*column).ok()?.checked_sub(1)?;
                text.char_indices().map(|(at, _)| at).chain([text.len()]).nth(before)
            };
            match place.and_then(|text| Some((text, byte(text)?))) {
                Some((text, byte)) => findings.add(severity, *line, byte, text, message.clone()),
                None => findings.push(Finding::without_column(severity, *line, message.clone())),
            }
        }
        findings.count_unlisted(received.unlisted, 0);
        findings
    }
}

impl ReceivedFindings {
    /// `1 error, 2 warnings, 7 notes`; `None` if nothing was found.
    fn summary(&self) -> Option<String> {
        let words = [("error", "errors"), ("warning", "warnings"), ("note", "notes")];
        let counts = words.into_iter().map(|(one, many)| {
            let found = self.findings.iter().filter(|finding| finding.severity == one).count();
            (found, one, many)
        });
        let counts = counts.chain([(self.unlisted, "further finding", "further findings")]);
        let parts: Vec<String> =
            counts.filter(|(count, ..)| *count > 0).map(|(count, one, many)| format_count(count, one, many)).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scenario::{SHIPPED, Scenario};

    #[test]
    fn a_word_is_a_file_if_it_exists_or_looks_like_a_path() {
        assert!(ScenarioUpload::read("juv").expect("a name").is_none());
        assert!(ScenarioUpload::read("scenarios/var-night.jsonl").expect("a file").is_some());
        for missing in ["./juv", "cup.jsonl"] {
            assert!(
                ScenarioUpload::read(missing).expect_err("no file").to_string().starts_with("reading "),
                "{missing}"
            );
        }
    }

    #[test]
    fn options_are_sent_in_the_query() {
        let upload = ScenarioUpload { name: "cup.jsonl".to_owned(), lines: b"{}".to_vec() };
        let Value::Object(options) = json!({"from": "45+2", "paused": true, "speed": 60, "name": "cup"}) else {
            panic!("an object")
        };
        let shown = |options| format!("{:?}", upload.to_request(options));
        assert_eq!(shown(&options), "POST /api/replays?from=45%2B2&name=cup&paused=true&speed=60");
        assert_eq!(shown(&Map::new()), "POST /api/replays");
    }

    #[test]
    fn received_findings_are_shown_as_check_shows_its_own() {
        let text = SHIPPED[0].text();
        let text = text[..text.trim_end().len() - 1].replacen("\"clock\":\"", "\"clock\":\"x", 1);
        let own = Scenario::check_text(text.as_bytes()).findings;
        assert!(own.error_count() > 1, "{own:?}");
        let received: Vec<Value> = own
            .listed()
            .iter()
            .map(|it| json!({"severity": it.severity.as_str(), "line": it.line, "column": it.column, "message": it.text()}))
            .collect();
        let received = serde_json::from_value(json!({"findings": received, "unlisted": 0})).expect("findings");
        let upload = ScenarioUpload { name: "a.jsonl".to_owned(), lines: text.into_bytes() };
        let shown = |findings: &Findings| format_findings("a.jsonl", findings, Colours::OFF);
        assert_eq!(shown(&upload.with_excerpts(&received)), shown(&own));
    }
}
