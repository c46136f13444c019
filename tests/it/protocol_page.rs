//! The frames shown in `docs/protocol.md`: they are JSON, and have just the fields, in just the order, of real ones.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use touchline::dialect::Request;

#[test]
fn every_frame_and_command_on_the_page_is_one() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for line in page.lines().filter(|line| line.starts_with('{')) {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        match value["kind"].as_str() {
            Some(kind) => {
                assert!(line.starts_with(&format!("{{\"kind\":\"{kind}\"")), "kind comes first: {line}");
                *shown.entry(kind.to_owned()).or_default() += 1;
            }
            None => {
                Request::decode(line).unwrap_or_else(|error| panic!("{} in {line}", error.rejection.message));
                *shown.entry("command".to_owned()).or_default() += 1;
            }
        }
    }
    let kinds: Vec<_> = shown.keys().map(String::as_str).collect();
    assert_eq!(
        kinds,
        ["close", "command", "end", "error", "event", "hello", "playback", "reply", "snapshot", "table", "tick"]
    );
}
