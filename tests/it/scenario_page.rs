//! Checks `docs/scenario.md`: its examples pass `check`, and its tables agree with the code.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use touchline::football::{EventType, Field, Side};
use touchline::internals::football::GROUPS;
use touchline::internals::scenario::{MAX_LINE_BYTES, MAX_LINES};
use touchline::scenario::{SHIPPED, Scenario, Severity, Timeline};

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/scenario.md");
    std::fs::read_to_string(page).expect("the page")
}

/// The fenced blocks of a language, in order.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if let Some(fence) = line.strip_prefix("```") {
            let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            if fence == language {
                blocks.push(block.join("\n") + "\n");
            }
        }
    }
    blocks
}

/// The blocks that are complete files, and those that are excerpts.
fn examples(page: &str) -> (Vec<String>, Vec<String>) {
    blocks(page, "json").into_iter().partition(|block| block.starts_with(r#"{"kind":"scenario""#))
}

fn found(text: &str, least: Severity) -> Vec<String> {
    let findings = Scenario::check_text(text.as_bytes()).findings;
    findings.listed().iter().filter(|finding| finding.severity >= least).map(ToString::to_string).collect()
}

/// The cells of each row of the table whose header begins with these cells.
fn table(page: &str, head: &str) -> Vec<Vec<String>> {
    let mut lines = page.lines().skip_while(|line| !line.starts_with(head));
    assert!(lines.next().is_some(), "no table {head}");
    let rows = lines.skip(1).take_while(|line| line.starts_with('|'));
    rows.map(|row| row.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect()).collect()
}

/// The words in backticks.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn json_examples_are_valid_and_in_checked_blocks() {
    let page = page();
    let shown = page.lines().filter(|line| line.starts_with('{')).count();
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    for line in blocks(&page, "json").iter().flat_map(|block| block.lines()) {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        *kinds.entry(value["kind"].as_str().unwrap_or("event").to_owned()).or_default() += 1;
    }
    assert_eq!(kinds.values().sum::<usize>(), shown);
    let kinds: Vec<_> = kinds.keys().map(String::as_str).collect();
    assert_eq!(kinds, ["event", "fault", "fixture", "marker", "match", "scenario", "table", "tie"]);
}

#[test]
fn complete_examples_pass_check() {
    let page = page();
    let (files, _) = examples(&page);
    let [complete, sparse] = &files[..] else { panic!("two whole files: {files:#?}") };
    assert_eq!(found(complete, Severity::Note), [""; 0]);
    assert_eq!(found(sparse, Severity::Warning), [""; 0]);

    let notes: Vec<String> =
        found(sparse, Severity::Note).iter().map(|note| format!("my-match.jsonl:{note}")).collect();
    assert!(page.contains(&format!("```text\n{}\n```", notes.join("\n"))), "{notes:#?}");

    let scenario = Scenario::check_text(complete.as_bytes()).scenario;
    let timeline = Timeline::new(&scenario);
    let score = timeline.state_at(0, timeline.cues().len()).score();
    assert_eq!((score.home, score.away), (1, 0), "as the title says");
}

#[test]
fn partial_examples_belong_to_the_complete_example() {
    let page = page();
    let (files, parts) = examples(&page);
    let head: Vec<&str> = files[0].lines().take(2).collect();
    let with_extra_time = head[1].replacen(r#""rules":{"#, r#""rules":{"extra_time":true,"#, 1);
    assert!(parts.len() > 8, "{}", parts.len());
    let tie = parts.iter().find(|part| part.contains(r#""legs":["semi-1""#)).expect("a tie");
    let timeline = Timeline::new(&Scenario::check_text(format!("{}\n{tie}", head[0]).as_bytes()).scenario);
    let legs = timeline.tie_at(1, timeline.cues().len()).expect("a second leg").legs;
    assert_eq!((legs.aggregate(), legs.winner()), ([1, 2], Some(Side::Away)), "as its last line says");
    for part in parts {
        let before = if part.contains(r#""kind":"match""#) { "" } else { &*with_extra_time };
        let found = found(&format!("{}\n{before}\n{part}", head[0]), Severity::Warning);
        assert!(found.is_empty(), "{part}{found:#?}");
    }
}

#[test]
fn the_table_lists_each_type_with_its_fields_and_rules() {
    let page = page();
    let rows = table(&page, "| type | own fields |");
    let types: Vec<_> = rows.iter().flat_map(|row| words(&row[0])).collect();
    assert_eq!(types, EventType::WORDS);
    for row in rows {
        let [kind, own, side, outside, _] = &row[..] else { panic!("{row:?}") };
        let word = words(kind)[0];
        let kind = EventType::parse(word).expect("known");
        let fields: Vec<_> = kind.own_fields().iter().map(|field| field.as_str()).collect();
        assert_eq!(words(own), fields, "{word}");

        let event = |rest: &str| {
            let minimal = examples(&page).0.remove(1);
            let head: Vec<&str> = minimal.lines().take(2).collect();
            let text = format!("{}\n{{\"type\":\"{word}\",{rest}}}\n", head.join("\n"));
            found(&text, Severity::Note)
        };
        let period = if kind == EventType::ShootoutPenalty { 5 } else { 1 };
        let sideless = event(&format!(r#""period":{period},"clock":"120:00""#));
        let found_note = sideless.iter().find(|finding| finding.contains("needs a side"));
        let expected = match found_note {
            Some(finding) if finding.contains(" error: ") => "yes",
            Some(_) => "warn",
            None => "any",
        };
        assert_eq!(side, expected, "{word}");
        let outside_play = event(r#""status":"half_time","clock":"1:00","side":"home""#);
        let refused = outside_play.iter().any(|finding| finding.contains("happens in play"));
        assert_eq!(outside, if refused { "no" } else { "yes" }, "{word}");
    }
}

#[test]
fn documented_words_and_groups_are_exactly_those_accepted() {
    let page = page();
    // An earlier table has a header that begins likewise.
    let section = page.split("What the fields hold.").nth(1).expect("the section");
    let rows = table(section, "| field | value |");
    let listed = |name: &str| rows.iter().find(|row| row[0] == name).map(|row| words(&row[1]));
    let mut closed = 0;
    for kind in EventType::WORDS.iter().map(|word| EventType::parse(word).expect("known")) {
        for field in kind.own_fields() {
            let name = match field {
                Field::Outcome => format!("`outcome` of `{kind}`"),
                field => format!("`{field}`"),
            };
            let accepted = field.accepted_values(&kind);
            let stands = rows.iter().any(|row| words(&row[0]).contains(&field.as_str()));
            assert!(stands, "{field} is not explained");
            if accepted.is_empty() {
                assert!(*field != Field::Outcome || listed(&name).is_none(), "{name} is open");
                continue;
            }
            closed += 1;
            assert_eq!(listed(&name).unwrap_or_default(), accepted, "{name}");
        }
    }
    assert!(closed > 6, "{closed}");

    let groups = table(&page, "| group | types |");
    let shown: Vec<(&str, Vec<&str>)> = groups.iter().map(|row| (words(&row[0])[0], words(&row[1]))).collect();
    let groups: Vec<(&str, Vec<&str>)> =
        GROUPS.iter().map(|(name, of)| (*name, of.iter().map(EventType::as_str).collect())).collect();
    assert_eq!(shown, groups);

    let prose = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let common = prose.split("Beside the fields in the table any event may have ").nth(1).expect("the sentence");
    let common = words(common.split(". ").next().unwrap_or_default());
    assert_eq!(common, Field::COMMON.iter().map(|field| field.as_str()).collect::<Vec<_>>());
}

#[test]
fn documented_limits_and_shipped_scenarios_are_current() {
    let page = page();
    let grouped = |number: usize| {
        let digits = number.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|g| std::str::from_utf8(g).unwrap_or("")).collect();
        groups.join(",")
    };
    assert!(page.contains(&format!("({} bytes)", grouped(MAX_LINE_BYTES))));
    assert!(page.contains(&format!("| {} lines |", grouped(usize::try_from(MAX_LINES).expect("fits")))));
    let rows = table(&page, "| name | what it is |");
    assert_eq!(rows.len(), SHIPPED.len());
    for (row, shipped) in rows.iter().zip(SHIPPED) {
        let scenario = shipped.load().expect(shipped.name);
        assert_eq!(words(&row[0]), [shipped.name]);
        assert!(row[1].contains(&format!("{} events", Timeline::new(&scenario).cues().len())), "{}", row[1]);
        for source in scenario.sources.iter().filter(|source| source.contains("Pappalardo")) {
            let source = source.strip_prefix("Wyscout public data set, CC BY 4.0: ").unwrap_or(source);
            assert!(page.contains(source), "{source}");
        }
    }
}
