//! The lints of `touchline check` in the files of `tests/cases/`, each with one mistake.

use std::path::Path;

use touchline::scenario::{Finding, Scenario, Severity};

/// An expected finding: its severity and line, the value that its mark points at, and parts of its message.
type Expected = (Severity, u32, &'static str, &'static [&'static str]);

/// Files, and all errors and warnings that each should give.
const CASES: &[(&str, &[Expected])] = &[
    (
        "first-yellow-removed-second-stays",
        &[(Severity::Warning, 7, "\"y\"", &["\"a4\"", "\"y2\" on line 6", "still sends the player off"])],
    ),
    ("sub-no-out", &[(Severity::Error, 12, "\"yates\"", &["needs \"out\"", "does not come on"])]),
    (
        "so1-same-player-twice",
        &[(Severity::Warning, 10, "\"a9\"", &["\"a9\" kicks again after line 8", "all 11 of Alba"])],
    ),
    (
        "so3-after-decided",
        &[(
            Severity::Warning,
            14,
            "\"shootout_penalty\"",
            &["line 13 decides the shoot-out, 3-0", "remove this one (and 3 after it)"],
        )],
    ),
    ("so4-level-end", &[(Severity::Warning, 10, "\"period_end\"", &["ends level, 1-1"])]),
    ("subbed-red", &[]),
    ("concussion", &[]),
    ("awarded-suspended", &[]),
    ("award-taken-back", &[]),
    ("late-called-off", &[]),
    ("walkover", &[]),
    ("delayed-told", &[]),
    ("played-on-later", &[]),
    ("extra-time-sixth", &[]),
    ("return-substitution", &[]),
    ("warmup-injury", &[]),
    ("min-coach-red", &[]),
    ("event-data", &[]),
    ("coach-booked", &[]),
    ("keeper-off", &[]),
    (
        "mistakes/31-duplicate-shirt-number",
        &[(Severity::Error, 2, "10", &["\"Joe Vance\" and \"Art Wade\" of Westhaven", "number 10"])],
    ),
    (
        "mistakes/34-goalkeeper-position-words",
        &[(Severity::Error, 2, "\"Goalkeeper\"", &["\"position\":\"GK\"", "Eastmoor"])],
    ),
    ("mistakes/36-in-out-swapped", &[(Severity::Error, 12, "\"pike\"", &["look swapped", "\"pike\"", "\"yates\""])]),
    (
        "mistakes/t-01-table-other-competition",
        &[(
            Severity::Warning,
            3,
            "\"Coast Leage\"",
            &["no match of this file counts for this table", "did you mean \"Coast League\"?"],
        )],
    ),
    (
        "mistakes/t-03-table-wrong-team-id",
        &[(Severity::Warning, 3, "\"east-moor\"", &["\"eastmoor\" (Eastmoor) has no row", "did you mean"])],
    ),
    ("table-deducted", &[]),
    ("table-listed", &[]),
    ("table-head-to-head", &[]),
    ("table-fair-play", &[]),
    ("tie-away-goals", &[]),
    ("tie-shootout", &[]),
    (
        "mistakes/tie-not-swapped",
        &[(Severity::Error, 4, "[\"leg-1\"", &["both legs are at home of Alba", "\"leg-2\""])],
    ),
    (
        "mistakes/tie-other-teams",
        &[(Severity::Error, 4, "[\"leg-1\"", &["not of the same teams", "Alba and Bora", "Cresta and Alba"])],
    ),
    ("mistakes/tie-twice", &[(Severity::Error, 5, "[{", &["\"leg-2\" belongs to an earlier tie"])]),
    ("mistakes/tie-line-twice", &[(Severity::Error, 5, "[\"leg-2\"", &["both legs belong to an earlier tie"])]),
    ("mistakes/tie-unknown-match", &[(Severity::Error, 4, "[\"leg-l\"", &["\"leg-l\"", "did you mean \"leg-1\"?"])]),
    ("mistakes/tie-level", &[(Severity::Warning, 3, "[{", &["the tie ends level, 2-2 on aggregate", "shoot-out"])]),
    ("mistakes/tie-wrong-order", &[(Severity::Warning, 4, "[\"leg-2\"", &["does not kick off after the first"])]),
    (
        "mistakes/table-head-to-head-unknown",
        &[
            (Severity::Warning, 3, "[\"points\"", &["\"head_to_head\" is skipped", "Alba and 1 more"]),
            (Severity::Warning, 3, "[\"points\"", &["\"fair_play\" is skipped", "Alba and 1 more"]),
        ],
    ),
    (
        "mistakes/table-deduction-not-taken-off",
        &[(
            Severity::Warning,
            3,
            "6",
            &["Alba: 6 points are 3 for each of 2 won and 1 for each of 0 drawn: subtract the 6 deducted"],
        )],
    ),
    (
        "mistakes/t-05-table-sums-wrong",
        &[(Severity::Warning, 3, "8", &["8 played is not 6 won + 2 drawn + 1 lost = 9"])],
    ),
];

/// Whether a finding is the expected one.
fn is(finding: &Finding, text: &str, (severity, line, mark, pieces): &Expected) -> bool {
    let at = text.lines().nth(finding.line.saturating_sub(1) as usize).unwrap_or_default();
    let marked: String = at.chars().skip(finding.column.saturating_sub(1) as usize).collect();
    finding.severity == *severity
        && finding.line == *line
        && marked.starts_with(mark)
        && pieces.iter().all(|piece| finding.message.contains(piece))
}

#[test]
fn each_mistake_is_reported_once_at_its_line() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut wrong = Vec::new();
    for (case, expected) in CASES {
        let path = folder.join(format!("{case}.jsonl"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{case}: {error}"));
        let reading = Scenario::check_file(&path).expect("readable");
        let found: Vec<&Finding> =
            reading.findings.listed().iter().filter(|finding| finding.severity > Severity::Note).collect();
        let as_expected = found.len() == expected.len()
            && found.iter().zip(*expected).all(|(finding, expected)| is(finding, &text, expected));
        let listed: Vec<String> = found.iter().map(ToString::to_string).collect();
        println!("{case}\n  expected: {expected:?}\n  found:    {listed:?}");
        if !as_expected {
            wrong.push(*case);
        }
    }
    assert!(wrong.is_empty(), "not as expected: {wrong:?}");
}
