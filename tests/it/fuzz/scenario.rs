//! A scenario file: it is read, checked, played, edited and written.

use touchline::internals::scenario::{Chunking, read_in_chunks};
use touchline::scenario::{MediaTime, Scenario, Span, Timeline};

use super::files;

/// Two matches with few players and a little of everything that a feed can report.
const SMALL: &[u8] = include_bytes!("small.jsonl");

pub fn seeds() -> Vec<Vec<u8>> {
    let paths = ["tests/cases", "tests/cases/mistakes", "tests/page/fixtures", "scenarios"].into_iter().flat_map(files);
    std::iter::once(SMALL.to_vec()).chain(paths.map(|path| std::fs::read(path).expect("a file"))).collect()
}

pub fn run(bytes: &[u8]) {
    let reading = Scenario::check_text(bytes);
    let scenario = &reading.scenario;
    for finding in reading.findings.listed() {
        assert!(!finding.message.contains('\n') && finding.excerpt.chars().count() <= 122, "{finding}");
    }
    let timeline = play(scenario);
    let mut out = Vec::new();
    scenario.write(&mut out).expect("memory");
    // Ids are unique only if the file is valid; only then is the written file valid, too.
    if reading.findings.error_count() == 0 {
        let written = std::str::from_utf8(&out).expect("text");
        assert!(Scenario::parse("written", written).is_ok_and(|again| again.matches == scenario.matches), "{written}");
    }
    // What takes longer, for some of the inputs.
    match bytes.len() % 8 {
        0 => {
            play(&scenario.trimmed(half(&timeline), timeline.length()));
            play(&scenario.shifted(Span::from_secs(-86_400)));
            let _ = Scenario::merge(vec![scenario.clone(), scenario.clone()]).map(|merged| play(&merged));
        }
        rest @ (1 | 2) => assert_the_same_in_chunks(bytes, [1, 300][rest - 1], 1 + rest),
        _ => {}
    }
}

/// A file reads the same however it is divided among threads.
fn assert_the_same_in_chunks(text: &[u8], bytes: usize, threads: usize) {
    let whole = read_in_chunks(text, Chunking { bytes, threads: 1 }).expect("memory");
    let chunked = read_in_chunks(text, Chunking { bytes, threads }).expect("memory");
    assert_eq!(chunked.scenario, whole.scenario);
    assert_eq!(chunked.findings.listed(), whole.findings.listed());
    assert_eq!(chunked.findings.unlisted_count(), whole.findings.unlisted_count());
}

fn play(scenario: &Scenario) -> Timeline {
    let timeline = Timeline::new(scenario);
    let cues = timeline.cues().len();
    for track in 0..timeline.tracks().len() {
        for index in [cues / 2, cues] {
            let state = timeline.state_at(track, index);
            let _ = timeline.clock_at(track, half(&timeline), &state);
            let _ = timeline.clock_at(track, timeline.length(), &state);
            let _ = timeline.events_in_force(track, index, index % 2 == 0);
        }
    }
    for table in 0..timeline.tables().len() {
        let _ = timeline.table_at(table, cues);
    }
    timeline
}

fn half(timeline: &Timeline) -> MediaTime {
    MediaTime::from_millis(timeline.length().as_millis() / 2)
}
