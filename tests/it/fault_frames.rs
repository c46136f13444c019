//! What each feed fault makes of the frames around it: `tests/golden/faults/`. `TOUCHLINE_BLESS=1` rewrites the files.

use std::path::Path;
use std::sync::Arc;

use touchline::faults::{FaultPlan, apply};
use touchline::football::FaultKind;
use touchline::internals::hub::{FrameCache, SEGMENT_CUES};
use touchline::scenario::{Cue, Scenario, Timeline};

/// For each kind of feed faults a scenario and a plan.
const CASES: &[(&str, &str)] = &[
    ("var", "late:at=brackwater-first,by=40s"),
    ("var", "drop:at=wyckhart-67"),
    ("var", "duplicate:at=brackwater-first,times=2"),
    ("var", "reorder:at=brackwater-first,by=2m"),
    ("var", "burst:at=16:00,for=2m"),
    ("var", "vanish:at=brackwater-first,by=50s"),
    ("var", "correct:at=brackwater-first,what=scorer,by=30s"),
    ("var", "reissue:at=brackwater-first,by=30s"),
    ("var", "unknown:at=brackwater-first,what=type; unknown:at=brackwater-first@1,what=wrong_type"),
    ("var", "clock:at=brackwater-first,what=jump,for=1m"),
    ("var", "swap:at=brackwater-first,for=1m"),
];

/// The plan, what it did, and all frames from the first of the events that it concerns to the one after.
fn written(name: &str, text: &str) -> String {
    let timeline = Timeline::new(&Scenario::open(name).expect(name));
    let faulty = apply(&timeline, &FaultPlan::parse(text).expect(text), 7).expect(text);
    let journal = &faulty.faults().expect("faults").journal;
    let shown = |n: usize| n.clamp(1, faulty.cues().len()) - 1;
    let (first, last) = (journal.first().expect(text).n, journal.last().expect(text).n);
    let mut lines = vec![format!("# {name}, seed 7: {text}")];
    lines.extend(journal.iter().map(|entry| format!("# {entry}")));
    let concerned = |cue: &Cue| journal.iter().any(|entry| cue.event.id.as_str() == entry.id);
    let begins = faulty.cues().iter().position(concerned).unwrap_or(usize::MAX);
    let cues = begins.min(shown(first.saturating_sub(1)))..=shown(last + 1);
    let frames = FrameCache::new(Arc::new(faulty.clone()), Arc::default());
    for cue in cues {
        let segment = frames.segment(cue / SEGMENT_CUES);
        let texts = segment.frame_range_of(cue % SEGMENT_CUES).map(|frame| segment.text(frame).to_vec());
        lines.extend(texts.map(|text| String::from_utf8(text).expect("text")));
    }
    lines.join("\n") + "\n"
}

#[test]
fn each_fault_makes_of_the_frames_what_its_file_shows() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/faults");
    let kind_of = |(_, text): &(&str, &str)| FaultKind::parse(text.split(':').next().unwrap_or_default());
    let kinds: Vec<FaultKind> = FaultKind::ALL.iter().copied().filter(|kind| !kind.is_link()).collect();
    assert!(CASES.iter().map(kind_of).eq(kinds.iter().copied().map(Some)), "a case for each kind");
    let mut different = Vec::new();
    for (kind, (name, text)) in kinds.iter().zip(CASES) {
        let (file, made) = (folder.join(format!("{kind}.txt")), written(name, text));
        if std::env::var_os("TOUCHLINE_BLESS").is_some() {
            std::fs::write(&file, &made).expect("written");
        } else if std::fs::read_to_string(&file).ok().as_deref() != Some(&made) {
            different.push(format!("{kind}:\n{made}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
