//! Ten real matches of Wyscout v2. What their events add up to was counted from the raw files.

use touchline::Timeline;
use touchline::football::{EventType, Side, Statistics};
use touchline::import::ImportedMatch;
use touchline::scenario::{Cue, Severity};

/// What the file of a match adds up to: id, score, shots, on target, corners, fouls, offsides, yellow, second yellow, saves,
/// passes, accurate passes; home and away.
type Figures = (u32, [[u32; 2]; 11]);

const EXPECTED: &[Figures] = &[
    (2_576_289, [[0, 1], [21, 5], [6, 1], [4, 1], [14, 9], [3, 5], [2, 3], [0, 1], [0, 6], [563, 329], [484, 270]]),
    (2_576_290, [[0, 0], [9, 6], [2, 2], [7, 1], [16, 13], [2, 1], [3, 5], [0, 0], [2, 2], [382, 348], [305, 280]]),
    (2_576_291, [[1, 2], [15, 11], [6, 2], [6, 5], [21, 7], [0, 9], [2, 0], [0, 0], [0, 5], [331, 357], [245, 264]]),
    (2_576_292, [[1, 0], [8, 6], [6, 1], [4, 2], [23, 20], [2, 1], [6, 3], [0, 1], [1, 5], [313, 409], [235, 307]]),
    (2_576_293, [[3, 1], [15, 10], [8, 3], [8, 2], [14, 11], [0, 1], [2, 3], [0, 0], [2, 6], [427, 456], [351, 386]]),
    (2_576_294, [[1, 2], [12, 11], [6, 5], [4, 10], [11, 9], [4, 3], [1, 1], [0, 0], [4, 5], [393, 620], [313, 530]]),
    (2_576_295, [[0, 1], [4, 13], [0, 5], [3, 3], [11, 16], [2, 4], [3, 1], [0, 0], [5, 0], [418, 652], [354, 575]]),
    (2_576_296, [[0, 3], [6, 15], [3, 7], [2, 3], [11, 11], [4, 1], [4, 1], [0, 0], [5, 3], [288, 544], [202, 463]]),
    (2_576_297, [[4, 0], [16, 6], [10, 2], [8, 4], [12, 8], [6, 1], [1, 2], [0, 0], [2, 6], [407, 455], [331, 377]]),
    (2_576_298, [[2, 1], [22, 10], [8, 1], [11, 4], [19, 19], [1, 2], [2, 2], [0, 0], [0, 6], [384, 340], [310, 270]]),
];

fn figures(timeline: &Timeline) -> [[u32; 2]; 11] {
    let state = timeline.state_at(0, timeline.cues().len());
    let both = |of: &dyn Fn(&Statistics) -> u32| [Side::Home, Side::Away].map(|side| of(state.statistics(side)));
    let passing = |of: &dyn Fn(touchline::football::Passing) -> u32| {
        [Side::Home, Side::Away].map(|side| state.passing(side).map_or(0, of))
    };
    let second_yellow = |side: Side| {
        let counts = |cue: &&Cue| cue.event.kind == EventType::SecondYellowCard && cue.event.side == Some(side);
        u32::try_from(timeline.cues().iter().filter(counts).count()).expect("few")
    };
    [
        [state.score().home.into(), state.score().away.into()],
        both(&|s| s.shots),
        both(&|s| s.shots_on_target),
        both(&|s| s.corners),
        both(&|s| s.fouls),
        both(&|s| s.offsides),
        both(&|s| s.yellow_cards),
        [Side::Home, Side::Away].map(second_yellow),
        both(&|s| s.saves),
        passing(&|p| p.passes),
        passing(&|p| p.completed),
    ]
}

fn all() -> Option<Vec<ImportedMatch>> {
    let folder = super::data("wyscout-v2")?;
    let run = super::run(&[folder]);
    assert_eq!(run.errors, []);
    Some(run.imported)
}

#[test]
fn ten_matches_fold_to_the_figures_of_their_files() {
    let Some(imported) = all() else { return };
    assert_eq!(imported.len(), EXPECTED.len());
    println!("match    score shots target corners fouls offsides yellow 2nd saves passes (accurate)");
    for (imported, (id, expected)) in imported.iter().zip(EXPECTED) {
        let timeline = Timeline::new(&imported.scenario);
        let found = figures(&timeline);
        let cells = found.iter().map(|[home, away]| format!("{home}-{away}")).collect::<Vec<_>>();
        println!("{id} {}", cells.join("  "));
        assert_eq!(imported.scenario.matches[0].id.as_str(), id.to_string());
        assert_eq!(found, *expected, "{id}");
        let findings = imported.scenario.check();
        let worse: Vec<_> = findings.listed().iter().filter(|it| it.severity > Severity::Note).collect();
        println!("  {:?} {:?} left out {:?}", imported.warnings, worse, imported.left_out);
    }
}
