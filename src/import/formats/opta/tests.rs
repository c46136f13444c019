//! Bad input.

use crate::import::testing::import_texts;
use crate::import::{Document, ImportRun, ImportedMatch};

const F24: &str = include_str!("../../../../tests/fixtures/import/opta/full_f24.xml");
const F7: &str = include_str!("../../../../tests/fixtures/import/opta/full_f7.xml");

fn import(documents: &[(&str, &str)]) -> ImportRun<ImportedMatch> {
    try_import(documents).expect("documents of the format")
}

fn try_import(documents: &[(&str, &str)]) -> crate::error::Result<ImportRun<ImportedMatch>> {
    import_texts(&super::FORMAT, documents)
}

/// The only error of a run.
fn error(documents: &[(&str, &str)]) -> String {
    let run = import(documents);
    let errors: Vec<String> = run.errors.iter().map(ToString::to_string).collect();
    assert_eq!((errors.len(), run.imported.len()), (1, 0), "{errors:?}");
    errors.concat()
}

#[test]
fn a_file_that_is_cut_off_is_an_error_with_its_place() {
    for length in [F24.len() / 2, F24.len() - 10, 300] {
        let error = error(&[("f24.xml", &F24[..length])]);
        assert!(error.starts_with("f24.xml:") && error.contains("the file is cut off"), "{error}");
    }
}

#[test]
fn no_prefix_and_no_damage_makes_it_panic() {
    for length in (0..F24.len()).step_by(97) {
        _ = try_import(&[("f24.xml", F24.get(..length).unwrap_or_default()), ("f7.xml", F7)]);
    }
    for word in ["team_id=\"101\"", "type_id=\"", "period_id=\"1\"", "min=\"", "value=\"", "timestamp=\"2025"] {
        for with in ["", "x=\"", "team_id=\"\"", "value=\"99999999999", "min=\"4294967295\" a=\"", "timestamp=\"-9999"]
        {
            _ = try_import(&[("f24.xml", &F24.replace(word, with)), ("f7.xml", &F7.replace(word, with))]);
        }
    }
}

#[test]
fn an_attribute_that_is_missing_or_no_number_is_named() {
    let error_of = |from: &str, to: &str| error(&[("f24.xml", &F24.replacen(from, to, 1))]);
    let message = error_of("type_id=\"32\"", "type_id=\"start\"");
    assert_eq!(
        message,
        "f24.xml: match 900001: line 6, Event[2] has type_id=\"start\", which is no whole number in its range"
    );
    let message = error_of("min=\"9\" sec=\"30\"", "min=\"4294967295\" sec=\"30\"");
    assert!(message.ends_with("Event[9] has min=4294967295 and sec=30, which is no clock of a match"), "{message}");
    assert!(error_of("period_id=\"1\"", "").ends_with("Event[2] has no \"period_id\""));
    assert!(error_of("<Event id=\"5003\"", "<Event").ends_with("Event[2] has no \"id\""));
    assert!(error_of("qualifier_id=\"279\"", "").contains("has a <Q> that has no \"qualifier_id\""));
}

#[test]
fn files_of_the_wrong_kind_say_what_they_are() {
    let f24 = Document::in_memory("f24.xml", F24.as_bytes().to_vec());
    let mistaken = super::result::read_matches(&f24).expect_err("no match data").to_string();
    assert_eq!(mistaken, "f24.xml: these are events (F24), not match data (F7 or F9)");
    let f7 = Document::in_memory("f7.xml", F7.as_bytes().to_vec());
    let mistaken = super::events::read_games(&f7).map(|_| ()).expect_err("no events").to_string();
    assert!(mistaken.contains("this is match data (F7 or F9), not events (F24)"), "{mistaken}");
    assert!(error(&[("page.html", "<html><body/></html>")]).contains("this is <html>"));
    assert!(error(&[("f24.xml", "<Games><Game id=\"1\"/></Games>")]).ends_with("there are no events in it"));
    let run = import(&[("f24.xml", F24), ("f7.xml", "<SoccerFeed><SoccerDocument/></SoccerFeed>")]);
    assert_eq!(run.errors[0].to_string(), "f7.xml: SoccerDocument[0] has no <MatchData>");
    assert_eq!(run.imported.len(), 1, "the events are read without it");
}

#[test]
fn a_document_type_is_refused() {
    let bomb = F24.replacen("<Games ", "<!DOCTYPE Games [<!ENTITY a \"aaaa\">]><Games ", 1);
    assert!(error(&[("f24.xml", &bomb)]).contains("not readable as XML"));
}

#[test]
fn line_ups_of_another_match_are_an_error_or_a_warning() {
    // The same id, but other teams.
    let message = error(&[("f24.xml", F24), ("f7.xml", &F7.replace("t202", "t303"))]);
    assert!(message.contains("the events are of the teams 101 and 202, the match data of 101 and 303"), "{message}");
    // Another id.
    let run = import(&[("f24.xml", F24), ("f7.xml", &F7.replace("f900001", "f900009"))]);
    let said = run.imported[0].warnings.join("\n");
    assert!(said.contains("none of the F7 and F9 documents is of this match"), "{said}");
    // Rows of a third team.
    let (before, after) = F24.split_once("<Event id=\"5009\"").expect("there");
    let other = format!("{before}<Event id=\"5009\"{}", after.replacen("team_id=\"202\"", "team_id=\"303\"", 1));
    let message = error(&[("f24.xml", &other)]);
    assert!(message.contains("event 5009 is of team 303") && message.contains("mixed-up"), "{message}");
}

#[test]
fn a_result_that_differs_is_reported() {
    let run = import(&[("f24.xml", F24), ("f7.xml", &F7.replace("ShootOutScore=\"4\"", "ShootOutScore=\"5\""))]);
    assert_eq!(run.imported[0].warnings, ["the shoot-out ends 3-4 by the events, 3-5 by the match data"]);
}
