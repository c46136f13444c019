//! Small scenarios for the tests of all floors.

pub(crate) mod arbitrary;

use super::Scenario;

/// A scenario of one match, `home` against `away` with players `h1` to `h16` and `a1` to `a16`; `lines` are its events.
pub(crate) fn scenario(lines: &str) -> Scenario {
    Scenario::parse("test", &file(lines)).expect("a scenario")
}

/// The first line of a file.
pub(crate) fn header(title: &str) -> String {
    format!(r#"{{"kind":"scenario","version":1,"title":"{title}"}}"#)
}

/// A match line: `home` against `away` in `League`.
pub(crate) fn fixture(id: &str, kickoff: &str) -> String {
    let players = |letter: char| {
        let player = |number: u16| {
            let role = if number == 1 { r#","position":"GK""# } else { "" };
            let starts = if number <= 11 { r#","starts":true"# } else { "" };
            let upper = letter.to_ascii_uppercase();
            format!(r#"{{"id":"{letter}{number}","name":"{upper} {number}","number":{number}{role}{starts}}}"#)
        };
        (1..=16).map(player).collect::<Vec<_>>().join(",")
    };
    format!(
        r#"{{"kind":"match","id":"{id}","competition":"League","kickoff":"{kickoff}","home":{{"id":"home","name":"Home","short":"HOM","players":[{}]}},"away":{{"id":"away","name":"Away","short":"AWA","players":[{}]}}}}"#,
        players('h'),
        players('a')
    )
}

/// The findings of reading a file, without notes: each with its line, the value at its column, and the message.
pub(crate) fn reading_finds(text: &str) -> Vec<String> {
    let reading = super::read(text.as_bytes()).expect("memory");
    let worth = reading.findings.listed().iter().filter(|finding| finding.severity > super::Severity::Note);
    worth.map(|finding| pointed(text, finding)).collect()
}

/// A finding with the value at its column in place of the column.
pub(crate) fn pointed(text: &str, finding: &super::Finding) -> String {
    let super::Finding { line, column, severity, .. } = finding;
    let message = finding.text();
    match text.lines().nth((*line as usize).wrapping_sub(1)) {
        Some(at) if *column > 0 => {
            let value: String = at.chars().skip(*column as usize - 1).take_while(|c| !",}".contains(*c)).collect();
            format!("{line} {value}: {severity}: {message}")
        }
        _ => finding.to_string(),
    }
}

/// The text of a file with one match and the given events.
pub(crate) fn file(events: &str) -> String {
    let events: String = events.lines().map(|line| format!("{}\n", line.trim())).collect();
    format!("{}\n{}\n{events}", header("test"), fixture("hom-awa", "2018-04-22T18:45:00Z"))
}
