//! Small scenarios for the tests of every floor.

use super::Scenario;

/// One match, `home` against `away`, players `h1` to `h16` and `a1` to `a16`; the lines are its events.
pub(crate) fn scenario(lines: &str) -> Scenario {
    let lines: String = lines.lines().map(|line| format!("{}\n", line.trim())).collect();
    let text = format!("{}\n{}\n{lines}", header("test"), fixture("hom-awa", "2018-04-22T18:45:00Z"));
    Scenario::parse("test", &text).expect("a scenario")
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
