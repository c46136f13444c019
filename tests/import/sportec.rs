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
                - ["<KickOff", "<ThrowIn ", "<GoalKick ", "<CornerKick ", "<FreeKick "]
                    .map(in_file)
                    .iter()
                    .sum::<usize>(),
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
            "players act who are not on the field by the line-ups and changes: 1 times, the first one Nils Petersen at 57:58.35 \
             (event 17364900001017)",
            "the events give 2-0, the match data 1-0: the scenario has the score of the events",
        ]
    );
    let findings = imported.scenario.check();
    let worse: Vec<_> = findings.listed().iter().filter(|it| it.severity > Severity::Note).collect();
    println!("{worse:?}");
    assert_eq!(worse.len(), 1, "the extract has not the substitution of the scorer");
}

/// An invented cup tie with extra time and a shoot-out. At first the home side plays to the left.
#[test]
fn a_cup_tie_has_all_kinds_of_rows() {
    let imported = only(&["full_events.xml", "full_matchinformation.xml"]);
    assert_eq!(imported.warnings, [""; 0]);
    let findings = imported.scenario.check();
    assert!(findings.listed().is_empty(), "{:?}", findings.listed());
    let events = events(&imported);
    let of = |kind: EventType| events.iter().filter(move |event| event.kind == kind);
    let by_id = |id: &str| events.iter().find(|event| event.id.as_str() == id).unwrap_or_else(|| panic!("{id}"));

    let state = Timeline::new(&imported.scenario);
    let state = state.state_at(0, state.cues().len());
    assert_eq!((state.score().home, state.score().away), (2, 2));
    let goals: Vec<_> =
        of(EventType::Goal).map(|it| (it.clock.to_string(), it.side, text(it, Field::Situation))).collect();
    assert_eq!(
        goals,
        [
            ("10:00, first half".to_owned(), Some(Side::Home), "penalty"),
            ("15:00, first half".to_owned(), Some(Side::Away), "-"),
            ("89:55, second half".to_owned(), Some(Side::Home), "corner"),
            ("91:30, second half".to_owned(), Some(Side::Away), "open_play"),
        ]
    );
    assert_eq!((by_id("13").is_own_goal(), player(by_id("13"), Field::Player)), (true, "E5"));
    assert_eq!(place(by_id("13")), Some((6.0, 32.0)), "before the goal of the home side");
    assert_eq!((player(by_id("30"), Field::Assist), place(by_id("30"))), ("E8", Some((99.0, 32.0))));
    assert_eq!(place(by_id("3")), Some((85.0, 30.0)), "the first half, turned round");
    assert_eq!(place(by_id("35")), Some((90.0, 38.0)), "ends are drawn anew for extra time");
    assert_eq!(place(by_id("38")), Some((90.0, 30.0)));

    assert_eq!(
        (by_id("11-awarded").clock.to_string().as_str(), player(by_id("11-awarded"), Field::Fouled)),
        ("09:00, first half", "E9")
    );
    assert_eq!((&by_id("25").kind, text(by_id("25"), Field::Outcome)), (&EventType::PenaltyMissed, "saved"));
    assert_eq!((player(by_id("25-save"), Field::Player), by_id("25-save").side), ("E1", Some(Side::Home)));
    let kicks: Vec<_> = of(EventType::ShootoutPenalty).map(|kick| text(kick, Field::Outcome)).collect();
    assert_eq!(kicks, ["scored", "saved", "scored", "missed", "scored", "missed"]);

    assert_eq!((&by_id("23").kind, player(by_id("23"), Field::Player)), (&EventType::SecondYellowCard, "W4"));
    assert_eq!(by_id("23").details.get(Field::About).as_deref(), Some(&FieldValue::Event("22".into())));
    assert_eq!((&by_id("20").kind, player(by_id("20"), Field::Player)), (&EventType::YellowCard, "W-COACH"));
    assert_eq!(player(by_id("14"), Field::Player), "W7", "the later version of the row");
    assert!(events.iter().all(|event| event.id.as_str() != "15"), "the row is withdrawn");
    assert_eq!(by_id("19").clock.to_string(), "half-time (05:00)");
    assert_eq!(by_id("17").details.minutes(Field::Minutes), Some(2));
    assert_eq!(text(by_id("26"), Field::Reason), "offside");
    assert_eq!((text(by_id("3"), Field::Outcome), text(by_id("9"), Field::Outcome)), ("saved", "woodwork"));
    assert_eq!((text(by_id("35"), Field::Outcome), text(by_id("38"), Field::Outcome)), ("off_target", "blocked"));
    assert_eq!(by_id("2").details.flag(Field::KeyPass), Some(true));
    assert_eq!((player(by_id("6"), Field::Player), player(by_id("6"), Field::Opponent)), ("E6", "W7"));
    assert_eq!(text(by_id("24-review"), Field::Question), "penalty");
    assert_eq!(
        (by_id("24-review").clock.to_string().as_str(), by_id("24").clock.to_string().as_str()),
        ("54:20, second half", "55:20, second half")
    );

    let fixture = &imported.scenario.matches[0];
    assert_eq!(fixture.venue.as_deref(), Some("Harbour Park"));
    let officials: Vec<String> =
        fixture.officials.iter().map(|(role, names)| format!("{role}: {}", names.join(", "))).collect();
    assert_eq!(
        officials,
        ["referee: Ada Munro", "assistants: Bo Lind, Cy Marsh", "fourth_official: Di Nash", "var: Ed Orr"]
    );
    let keepers: Vec<_> =
        fixture.away.players.iter().filter(|it| it.is_goalkeeper()).map(|it| it.id.as_str()).collect();
    assert_eq!(keepers, ["W1", "W12"], "the second by his substitution");
    assert_eq!(fixture.home.colours, ["#14532d".into(), "#ffffff".into()]);
    assert_eq!(fixture.home.formation.as_deref(), Some("4-2-3-1"));
    assert_eq!(fixture.home.coach.as_ref().map(|coach| coach.name.as_ref()), Some("Meg Farrow"));
    assert_eq!(imported.left_out.iter().map(|(_, count)| count).sum::<usize>(), 4);
}

#[test]
fn a_live_score_feed_has_the_course_only() {
    let files = ["full_events.xml", "full_matchinformation.xml"].map(|file| super::fixture(&format!("sportec/{file}")));
    let options = super::options(|it| it.detail = touchline::import::Detail::LiveScore);
    let run = touchline::import::import(&files, &options, |imported| imported).expect("a match");
    let events = events(&run.imported[0]);
    assert!(events.iter().all(|event| !matches!(event.kind, EventType::Pass | EventType::Duel | EventType::KickOff)));
    assert_eq!(events.iter().filter(|event| event.kind == EventType::Goal).count(), 4);
}

#[test]
fn a_file_may_say_little() {
    let imported = only(&["minimal_events.xml", "minimal_matchinformation.xml"]);
    let events = events(&imported);
    let goal = events.iter().find(|event| event.kind == EventType::Goal).expect("a goal");
    assert_eq!((goal.side, place(goal)), (Some(Side::Home), Some((95.0, 38.0))), "by where the goal kick was taken");
    assert_eq!(imported.scenario.matches[0].kickoff.0, 1_772_892_060_000, "by the whistle");
    assert!(imported.warnings[0].contains("PlannedKickoffTime"), "{:?}", imported.warnings);
}

#[test]
fn odd_rows_are_left_out_and_counted() {
    let imported = only(&["odd_events.xml", "odd_matchinformation.xml"]);
    let left_out: Vec<String> = imported.left_out.iter().map(|(reason, count)| format!("{count} {reason}")).collect();
    assert_eq!(
        left_out,
        [
            "1 cards of an unknown colour",
            "1 empty rows",
            "1 other actions of players",
            "1 rows of an unknown type",
            "1 rows without a team",
            "1 substitutions of which nothing says who went off",
            "1 withdrawn rows, and their withdrawals",
        ]
    );
    let last = events(&imported).last().map(|event| event.kind.clone());
    assert_eq!(last, Some(EventType::Abandoned), "the referee broke the match off");
    let fixture = &imported.scenario.matches[0];
    assert_eq!(fixture.home.name.as_ref(), "Eastmoor");
    assert_eq!((fixture.home.players.len(), fixture.home.players[0].number), (1, None));
    let kick_off = events(&imported).into_iter().find(|event| event.kind == EventType::KickOff).expect("one");
    assert_eq!(place(&kick_off), None, "far from the centre");
}

/// The errors of the full match after a change of its events. The match information is that of `information`.
fn errors(name: &str, information: Option<&str>, change: impl Fn(&str) -> String) -> Vec<String> {
    let text = std::fs::read_to_string(super::fixture("sportec/full_events.xml")).expect("readable");
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("sportec-{name}.xml"));
    std::fs::write(&path, change(&text)).expect("writable");
    let mut files = vec![path];
    files.extend(information.map(|file| super::fixture(&format!("sportec/{file}"))));
    super::run(&files).errors.iter().map(ToString::to_string).collect()
}

#[test]
fn bad_files_are_explained() {
    let information = Some("full_matchinformation.xml");
    type Change<'a> = (&'a str, Option<&'a str>, &'a dyn Fn(&str) -> String, &'a str);
    let changes: &[Change] = &[
        ("cut", information, &|it| it[..it.len() / 2].to_owned(), "the file is cut off"),
        ("alone", None, &str::to_owned, "there is no match information of match DFL-MAT-EASWES"),
        ("other", Some("odd_matchinformation.xml"), &str::to_owned, "(there is that of DFL-MAT-ODD)"),
        (
            "teams",
            information,
            &|it| it.replace("Team=\"DFL-CLU-WES\"", "Team=\"DFL-CLU-MIL\""),
            "mixed-up files of two matches",
        ),
        (
            "mixed",
            information,
            &|it| it.replacen("DFL-MAT-EASWES\" EventId=\"9\"", "DFL-MAT-OTHER\" EventId=\"9\"", 1),
            "of match DFL-MAT-OTHER",
        ),
        (
            "time",
            information,
            &|it| it.replacen("EventTime=\"2026-03-07T15:02", "EventTime=\"15:02", 1),
            "Event 2 in line 6",
        ),
        ("section", information, &|it| it.replace("\"secondHalf\"", "\"thirdHalf\""), "none of firstHalf, secondHalf"),
        (
            "order",
            information,
            &|it| {
                it.replace("\"secondHalf\"", "\"x\"")
                    .replace("firstHalf\"", "secondHalf\"")
                    .replace("\"x\"", "\"firstHalf\"")
            },
            "contradict each other",
        ),
        (
            "dtd",
            information,
            &|it| it.replacen("<Put", "<!DOCTYPE a [<!ENTITY b \"c\">]><Put", 1),
            "not readable as XML",
        ),
        (
            "deep",
            information,
            &|it| it.replacen("<Nutmeg", &format!("{}<Nutmeg", "<a>".repeat(200_000)), 1),
            "not readable as XML",
        ),
        (
            "empty",
            information,
            &|_| "<PutDataRequest><Event ></Event></PutDataRequest>".to_owned(),
            "Event 1 in line 1 has no \"MatchId\"",
        ),
    ];
    for (name, information, change, expected) in changes {
        let errors = errors(name, *information, change);
        assert!(errors.iter().any(|error| error.contains(expected)), "{name}: {errors:?}");
    }
}
