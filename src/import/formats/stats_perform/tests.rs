//! Bad input.

use crate::import::testing::import_texts;
use crate::import::{Document, ImportRun, ImportedMatch};

const MA3: &str = include_str!("../../../../tests/fixtures/import/stats_perform/full_ma3.json");
const MA1: &str = include_str!("../../../../tests/fixtures/import/stats_perform/full_ma1.json");

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
    let message = error(&[("ma3.json", &MA3[..MA3.len() / 2])]);
    assert!(message.starts_with("ma3.json:") && message.contains("the file is cut off"), "{message}");
    let message = error(&[("ma3.xml", "<matchEvents><matchInfo id=\"a\"/><liveData><events><event typeId=\"1\"/>")]);
    assert!(message.starts_with("ma3.xml:1:") && message.contains("the file is cut off"), "{message}");
}

#[test]
fn no_prefix_and_no_damage_makes_it_panic() {
    for length in (0..MA3.len()).step_by(97) {
        _ = try_import(&[("ma3.json", MA3.get(..length).unwrap_or_default()), ("ma1.json", MA1)]);
    }
    for word in ["\"typeId\":1", "\"timeMin\":", "\"value\":\"", "\"eastmoor0id\"", "\"event\"", "\"periodLength\":45"]
    {
        for with in
            ["null", "\"typeId\":null", "\"timeMin\":-", "\"\"", "\"timeMin\":9", "\"periodLength\":255", "[{}]"]
        {
            _ = try_import(&[("ma3.json", &MA3.replace(word, with)), ("ma1.json", &MA1.replace(word, with))]);
        }
    }
}

#[test]
fn a_field_that_is_missing_or_no_number_is_named() {
    let error_of = |from: &str, to: &str| error(&[("ma3.json", &MA3.replacen(from, to, 1))]);
    assert_eq!(error_of("\"typeId\":32", "\"typeId\":null"), "ma3.json: event[2] has no \"typeId\"");
    let message = error_of("\"typeId\":32", "\"typeId\":\"start\"");
    assert_eq!(message, "ma3.json: event[2] has typeId=\"start\", which is no whole number in its range");
    assert!(error_of("\"qualifierId\":279", "\"other\":1").contains("has a qualifier that has no \"qualifierId\""));
}

#[test]
fn files_of_the_wrong_kind_say_what_they_are() {
    let only = |text: &str| {
        // Without the names by which it would be recognised as match data.
        let importer = super::StatsPerform::default();
        let document = Document::in_memory("d.json", text.as_bytes().to_vec());
        let mut errors = Vec::new();
        let about = &mut |result: Result<ImportedMatch, crate::import::ImportError>| errors.extend(result.err());
        let ended = super::Importer::import(&importer, &document, crate::import::Detail::Full, about);
        errors.extend(ended.err());
        errors.iter().map(ToString::to_string).collect::<String>()
    };
    assert_eq!(only(MA1), "d.json: this is match data (MA1), not events (MA3): it has no \"event\" in \"liveData\"");
    assert_eq!(only("{\"a\":1}"), "d.json: there is no \"matchInfo\" in it");
    assert_eq!(only("[]"), "d.json: there is no \"matchInfo\" in it");
    assert_eq!(only("{\"matchInfo\":{},\"liveData\":{\"event\":[]}}"), "d.json: there are no events in it");
    let mut importer = super::StatsPerform::default();
    let ma3 = Document::in_memory("ma3.json", MA3.as_bytes().to_vec());
    let mistaken = super::Importer::add_match_data(&mut importer, &ma3).expect_err("no match data").to_string();
    assert!(mistaken.contains("these are events (MA3)"), "{mistaken}");
}

#[test]
fn line_ups_of_another_match_are_an_error_or_a_warning() {
    let message = error(&[("ma3.json", MA3), ("ma1.json", &MA1.replace("westhaven0id", "millford0id"))]);
    assert!(message.contains("mixed-up files of two matches"), "{message}");
    let run = import(&[("ma3.json", MA3), ("ma1.json", &MA1.replace("match0id", "match9id"))]);
    let said = run.imported[0].warnings.join("\n");
    assert!(said.contains("none of the MA1 documents is of this match"), "{said}");
}
