//! A fuzz test: ten thousand damaged files, none of which may cause a panic.

use super::testing::header;
use super::{MediaTime, SHIPPED, Scenario, Span, Timeline, check_text, merge, read, shift, trim, write};

/// A xorshift64* generator, so that every run does the same damage.
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound.max(1)
    }
}

/// Two matches with few players and a little of everything that a feed can report.
fn small() -> String {
    let team = |letter: char| {
        let player = |at: u8| format!(r#"{{"id":"{letter}{at}","name":"{letter}","starts":{}}}"#, at < 3);
        format!(
            r#"{{"id":"{letter}","name":"{letter}","players":[{}]}}"#,
            (1..4).map(player).collect::<Vec<_>>().join(",")
        )
    };
    let fixture = |id: &str, time: &str| {
        format!(
            r#"{{"kind":"match","id":"{id}","competition":"L","kickoff":"2018-04-22T{time}:00Z","rules":{{"substitutions":1}},"home":{},"away":{}}}"#,
            team('h'),
            team('a')
        )
    };
    format!(
        r#"{}
{}
{}
{{"kind":"table","competition":"L","order":["points"],"rows":[{{"team":"h","played":1,"points":3}},{{"team":"a"}}]}}
{{"kind":"fixture","kickoff":"2018-04-23T18:45:00Z","home":"H","away":"A"}}
{{"type":"lineup","match":"m","status":"scheduled","clock":"-1:00","side":"home"}}
{{"type":"period_start","match":"m","period":1,"clock":"00:00"}}
{{"type":"goal","id":"g","match":"m","period":1,"clock":"12:00","side":"home","player":"h1","assist":"h2","confirmed":false,"x":99.5,"y":34}}
{{"type":"goal","id":"g","match":"n","period":2,"clock":"50:00","side":"away","player":"h1","own_goal":true}}
{{"op":"update","id":"g","match":"m","told":"12:30","player":"h2","assist":null,"confirmed":true}}
{{"type":"var_review","match":"m","period":1,"clock":"12:40","about":"g","question":"goal"}}
{{"op":"remove","id":"g","match":"m","told":"13:00","reason":"offside"}}
{{"kind":"marker","match":"m","period":1,"clock":"20:00","name":"Ž"}}
{{"kind":"fault","match":"m","period":1,"clock":"20:00","do":"cut","code":1012}}
{{"type":"suspended","match":"m","period":1,"clock":"20:00"}}
{{"type":"resumed","match":"m","status":"suspended","clock":"05:00"}}
{{"type":"x_drone","match":"m","period":1,"clock":"21:00","alt":[1,{{}}]}}
{{"type":"yellow_card","match":"m","period":1,"clock":"22:00","told":"46:00","told_period":2,"side":"away","player":"a1","minute":22}}
{{"type":"second_yellow_card","match":"m","period":2,"clock":"47:00","side":"away","player":"a1","label":"47"}}
{{"type":"substitution","match":"m","status":"half_time","clock":"13:00","side":"home","in":"h3","out":"h1"}}
{{"type":"added_time","match":"m","period":2,"clock":"90:00","minutes":3}}
{{"type":"shootout_penalty","match":"m","period":5,"clock":"120:00","side":"home","outcome":"scored"}}
{{"type":"match_end","match":"m","period":5,"clock":"121:00"}}
"#,
        header("small"),
        fixture("m", "18:45"),
        fixture("n", "20:45"),
    )
}

/// Values that replace others.
const WORDS: &[&str] = &[
    "null",
    "-1",
    "1e999",
    "4294967296",
    "\"\"",
    "\"-0:00\"",
    "\"9999:59\"",
    "\"suspended\"",
    "\"half_time\"",
    "5",
    "\"remove\"",
    "\"update\"",
    "\"g\"",
    "\"goal\"",
    "\"resumed\"",
    "\"period_end\"",
    "\"-009999-01-01T00:00:00Z\"",
    "\"9999-12-30T00:00:00Z\"",
    "\"full_time\"",
    "\"scheduled\"",
    "[]",
    "{}",
    "true",
    "\"match_end\"",
    "\"abandoned\"",
];

/// Damages a file once.
fn damage(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.below(bytes.len());
    let to = (at + rng.below(40)).min(bytes.len());
    match rng.below(9) {
        0 => drop(bytes.drain(at..to)),
        1 => {
            let copy = bytes[at..to].to_vec();
            let into = rng.below(bytes.len());
            bytes.splice(into..into, copy);
        }
        2 if !bytes.is_empty() => bytes[at] ^= 1 << rng.below(8),
        3 if !bytes.is_empty() => bytes[at] = b"{}[]\",:\\\n\r0-.e\xff\xc3"[rng.below(16)],
        4 if rng.below(4) == 0 => bytes.truncate(at),
        5 => lines(bytes, |lines, one, other| lines.swap(one, other), rng),
        6 => lines(bytes, |lines, one, other| lines[one] = lines[other], rng),
        7 => lines(bytes, |lines, one, _| lines[one] = b"", rng),
        _ => {
            // Replace a value.
            let Some(from) = bytes[at..].iter().position(|byte| *byte == b':').map(|from| at + from + 1) else {
                return;
            };
            let until =
                bytes[from..].iter().position(|byte| b",}\n".contains(byte)).map_or(bytes.len(), |to| from + to);
            bytes.splice(from..until, WORDS[rng.below(WORDS.len())].bytes());
        }
    }
}

fn lines(bytes: &mut Vec<u8>, change: impl FnOnce(&mut Vec<&[u8]>, usize, usize), rng: &mut Rng) {
    let copy = bytes.clone();
    let mut lines: Vec<&[u8]> = copy.split(|byte| *byte == b'\n').collect();
    let (one, other) = (rng.below(lines.len()), rng.below(lines.len()));
    change(&mut lines, one, other);
    *bytes = lines.join(&b'\n');
}

/// Reads, checks, plays and writes a file; with `edited`, also runs the edits.
fn exercise(bytes: &[u8], edited: bool) {
    let reading = check_text(bytes);
    let scenario = &reading.scenario;
    for finding in reading.findings.listed() {
        assert!(!finding.message.contains('\n') && finding.excerpt.chars().count() <= 122, "{finding}");
    }
    let timeline = play(scenario);
    let mut out = Vec::new();
    write(scenario, &mut out).expect("memory");
    // Ids are unique only if the file is valid; only then is the written file valid, too.
    if reading.findings.error_count() == 0 {
        let again = read(&*out).expect("memory");
        assert_eq!(again.findings.error_count(), 0, "{:?}\n{}", again.findings, String::from_utf8_lossy(&out));
    }
    if edited {
        play(&trim(scenario, half(&timeline), timeline.length()));
        play(&shift(scenario, Span::from_secs(-86_400)));
        let _ = merge(vec![scenario.clone(), scenario.clone()]).map(|merged| play(&merged));
    }
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

/// Damaged copies of the small file.
pub(super) fn damaged_files(count: usize) -> impl Iterator<Item = Vec<u8>> {
    let mut rng = Rng(0x94d0_49bb_1331_11eb);
    (0..count).map(move |_| {
        let mut bytes = small().into_bytes();
        for _ in 0..1 + rng.below(4) {
            damage(&mut bytes, &mut rng);
        }
        bytes
    })
}

/// A generator seeded with the test's own seed, varied by `TOUCHLINE_SEED`, which `tests/long` sets.
fn seeded(own: u64) -> Rng {
    let other = std::env::var("TOUCHLINE_SEED").ok().and_then(|seed| seed.parse::<u64>().ok()).unwrap_or(0);
    Rng((own ^ other.wrapping_mul(0x9e37_79b9_7f4a_7c15)).max(1))
}

/// Runs the test on `times` damaged copies of a file.
fn survives(whole: &str, times: usize, seed: u64) {
    let mut rng = seeded(seed);
    for time in 0..times {
        let mut bytes = whole.as_bytes().to_vec();
        for _ in 0..1 + rng.below(4) {
            damage(&mut bytes, &mut rng);
        }
        let copy = bytes.clone();
        if std::panic::catch_unwind(move || exercise(&copy, time % 8 == 0)).is_err() {
            panic!("this file panics:\n{}", String::from_utf8_lossy(&bytes));
        }
    }
}

#[test]
fn the_small_file_is_valid() {
    let reading = read(small().as_bytes()).expect("memory");
    assert_eq!(reading.findings.error_count(), 0, "{:?}", reading.findings);
    exercise(small().as_bytes(), true);
}

#[test]
fn nine_thousand_eight_hundred_damaged_small_files_do_not_panic() {
    // Two threads, because this test takes seconds.
    std::thread::scope(|scope| {
        for seed in [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9] {
            scope.spawn(move || survives(&small(), 4_900, seed));
        }
    });
}

#[test]
fn two_hundred_damaged_large_files_do_not_panic() {
    let night = SHIPPED.iter().find(|shipped| shipped.name == "var-night").expect("shipped");
    survives(night.text(), 200, 0xd1b5_4a32_d192_ed03);
}
