//! Real and hand-made matches of the DFL (Sportec).

use touchline::Timeline;
use touchline::football::{EventType, Field, FieldValue, MatchEvent, Side};
use touchline::import::ImportedMatch;
use touchline::scenario::Severity;

/// Imports some hand-made files.
fn hand_made(files: &[&str]) -> touchline::import::ImportRun<ImportedMatch> {
    let files: Vec<_> = files.iter().map(|file| super::fixture(&format!("sportec/{file}"))).collect();
    super::run(&files)
}

/// The one match of some hand-made files.
fn only(files: &[&str]) -> ImportedMatch {
    let mut run = hand_made(files);
    assert_eq!(run.errors, []);
    assert_eq!(run.imported.len(), 1);
    run.imported.remove(0)
}

/// The events of a match in the order of play.
fn events(imported: &ImportedMatch) -> Vec<MatchEvent> {
    Timeline::new(&imported.scenario).cues().iter().map(|cue| (*cue.event).clone()).collect()
}

fn text(event: &MatchEvent, field: Field) -> &str {
    event.details.text(field).unwrap_or("-")
}

fn player(event: &MatchEvent, field: Field) -> &str {
    event.details.player(field).map_or("-", |player| player.as_str())
}

fn place(event: &MatchEvent) -> Option<(f32, f32)> {
    let metres = |field| match event.details.get(field).as_deref() {
        Some(FieldValue::Metres(metres)) => Some(*metres),
        _ => None,
    };
    Some((metres(Field::X)?, metres(Field::Y)?))
}

/// An extract of Freiburg 1-0 Mönchengladbach, to which an own goal of another match was added.
#[test]
fn a_real_extract_folds_to_the_figures_of_its_file() {
    let (Some(file), Some(information)) =
        (super::sample("kloppy-3.19.1/sportec_events.xml"), super::sample("kloppy-3.19.1/sportec_meta.xml"))
    else {
        return;
    };
    let raw = std::fs::read_to_string(&file).expect("readable");
    let mut run = super::run(&[information, file]);
    assert_eq!(run.errors, []);
    let imported = run.imported.remove(0);
    let events = events(&imported);
    let in_file = |text: &str| raw.matches(text).count();
    let counted = |kind: EventType| events.iter().filter(|event| event.kind == kind).count();
    let rows = [
        ("goals", counted(EventType::Goal), in_file("<SuccessfulShot ") + in_file("<OwnGoal ")),
        ("other shots", counted(EventType::Shot), in_file("<ShotAtGoal ") - in_file("<SuccessfulShot ")),
        ("yellow cards", counted(EventType::YellowCard), in_file("CardColor=\"yellow\"")),
        ("red cards", counted(EventType::RedCard), in_file("CardColor=\"red\"")),
        ("substitutions", counted(EventType::Substitution), in_file("<Substitution ")),
        ("corners", counted(EventType::Corner), in_file("<CornerKick ")),
        ("fouls", counted(EventType::Foul), in_file("<Foul ")),
        ("offsides", counted(EventType::Offside), in_file("<Offside ")),
        ("throw-ins", counted(EventType::ThrowIn), in_file("<ThrowIn ")),
        ("goal kicks", counted(EventType::GoalKick), in_file("<GoalKick ")),
        ("kick-offs", counted(EventType::KickOff), in_file("<KickOff")),
        ("duels", counted(EventType::Duel), in_file("<TacklingGame ")),
        ("disallowed goals", counted(EventType::DisallowedGoal), in_file("<GoalDisallowed ")),
        // The passes of set pieces are no passes of their own.
        (
            "passes",
            counted(EventType::Pass) + counted(EventType::Cross),
            in_file("<Play ")
                - ["<KickOff", "<ThrowIn ", "<GoalKick ", "<CornerKick ", "<FreeKick "].map(in_file).iter().sum::<usize>(),
        ),
    ];
    for (what, imported, in_file) in rows {
        println!("{what}: {imported}");
        assert_eq!(imported, in_file, "{what}");
    }
    assert_eq!(imported.rows, in_file("<Event "));
    println!("{:?} {:?}", imported.warnings, imported.left_out);

    // Who plays to the right changes at half-time; goals lie at the ends of one fixed frame.
    let goals: Vec<_> = events.iter().filter(|event| event.kind == EventType::Goal).collect();
    let [header, own_goal] = goals[..] else { panic!("two goals") };
    assert_eq!((header.clock.to_string(), header.side), ("57:58, second half".to_owned(), Some(Side::Home)));
    assert_eq!(place(header), Some((94.11, 28.86)), "the second half, in which the home side plays to the left");
    assert_eq!((text(header, Field::Situation), text(header, Field::BodyPart)), ("free_kick", "head"));
    assert_eq!((player(header, Field::Player), player(header, Field::Assist)), ("DFL-OBJ-0000IU", "DFL-OBJ-0001E6"));
    assert_eq!(own_goal.side, Some(Side::Home));
    assert_eq!((own_goal.is_own_goal(), player(own_goal, Field::Player)), (true, "DFL-OBJ-0028QK"));
    let corner = events.iter().find(|event| event.kind == EventType::Corner).expect("a corner");
    assert_eq!((corner.side, place(corner)), (Some(Side::Away), Some((0.0, 68.0))), "the left of the guests");
    let shots: Vec<_> = events.iter().filter(|event| event.kind == EventType::Shot).collect();
    for shot in shots {
        let (x, _) = place(shot).expect("a place");
        assert_eq!(x > 52.5, shot.side == Some(Side::Home), "{} is in the half that is attacked", shot.id);
    }

    let fixture = &imported.scenario.matches[0];
    assert_eq!((fixture.season.as_deref(), fixture.round.as_deref()), (Some("2019/20"), Some("30")));
    assert_eq!(fixture.kickoff.0, 1_591_381_800_000);
    let starts: Vec<i64> = fixture.period_starts.iter().map(|(_, at)| at.0 - fixture.kickoff.0).collect();
    assert_eq!(starts, [210, 3_807_010], "20:30:00.210 and 21:33:27.010");
    assert_eq!((fixture.home.short.as_ref(), fixture.away.short.as_ref()), ("SPO", "BOR"));
    assert_eq!(fixture.home.players.iter().filter(|player| player.starts).count(), 11);
    let ends: Vec<String> =
        events.iter().filter(|it| it.kind == EventType::PeriodEnd).map(|it| it.clock.to_string()).collect();
    assert_eq!(ends, ["46:23, first half", "94:50, second half"]);
    assert_eq!(
        imported.warnings,
        [
            "Nils Petersen acts, but no substitution brings him on",
            "the events give 2-0, the match data 1-0: the scenario has the score of the events",
        ]
    );
    let findings = imported.scenario.check();
    let worse: Vec<_> = findings.listed().iter().filter(|it| it.severity > Severity::Note).collect();
    println!("{worse:?}");
    assert_eq!(worse.len(), 1, "the extract has not the substitution of the scorer");
}
