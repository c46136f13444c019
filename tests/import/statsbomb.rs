//! StatsBomb: real matches, whose figures are counted from their rows, and hand-made ones.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use touchline::football::{
    Details, EventType, Field, FieldValue, MatchEvent, PlayerId, Score, Side, Statistics, Status, UtcMillis,
};
use touchline::import::{Detail, ImportOptions, ImportedMatch, import};
use touchline::scenario::Severity;
use touchline::{Scenario, Timeline};

/// Real matches: the sample, the id, and what is known of the match: the score; shots (goals among them, no own goals); yellow
/// and red cards; substitutions. Both sides together, but for the score.
const SAMPLES: &[(&str, &str, [u16; 2], [usize; 5])] = &[
    ("kloppy-3.19.1/statsbomb_15986_event.json", "15986", [2, 2], [27, 4, 8, 1, 6]),
    ("kloppy-3.19.1/statsbomb_3788741_event.json", "3788741", [0, 3], [27, 2, 2, 0, 9]),
    // An edited file: an own goal was added to a 3-0, out of order.
    ("kloppy-3.19.1/statsbomb_event.json", "kloppy-3.19.1-statsbomb_event", [3, 1], [28, 3, 2, 0, 6]),
    ("silly-kicks-4.139.1/raw/events/3754058.json", "3754058", [0, 0], [27, 0, 2, 1, 5]),
    ("silly-kicks-4.139.1/raw/events/7298.json", "7298", [2, 2], [34, 4, 1, 0, 6]),
    ("silly-kicks-4.139.1/raw/events/7584.json", "7584", [3, 2], [40, 5, 1, 0, 4]),
];

const RESTARTS: [&str; 5] = ["Kick Off", "Goal Kick", "Throw-in", "Corner", "Free Kick"];

/// The figures of a side: goals, shots, on target, corners, fouls, offsides, yellow cards, sent off, substitutions, saves, passes,
/// completed passes.
type Figures = [usize; 12];

/// Counts the figures from the rows of a file: those of the first line-up, those of the second.
fn count_rows(path: &Path) -> [Figures; 2] {
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(path).expect("a sample")).expect("JSON");
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let home = rows.iter().find(|row| name(&row["type"]) == "Starting XI").expect("a line-up")["team"]["id"].clone();
    let count = |of: &dyn Fn(&Value) -> bool| {
        let of_side =
            |at_home: bool| rows.iter().filter(|row| (row["team"]["id"] == home) == at_home && of(row)).count();
        [of_side(true), of_side(false)]
    };
    let of_type = |row: &Value, kind: &str| name(&row["type"]) == kind;
    let shot = |row: &Value, outcomes: &[&str]| {
        of_type(row, "Shot") && outcomes.contains(&name(&row["shot"]["outcome"]).as_str())
    };
    let card = |row: &Value, cards: &[&str]| {
        let details = [&row["foul_committed"]["card"], &row["bad_behaviour"]["card"]];
        details.into_iter().any(|card| cards.contains(&name(card).as_str()))
    };
    let restart = |row: &Value| RESTARTS.contains(&name(&row["pass"]["type"]).as_str());
    let open_pass = |row: &Value| of_type(row, "Pass") && !restart(row);
    let counted = [
        count(&|row| shot(row, &["Goal"]) || of_type(row, "Own Goal For")),
        count(&|row| of_type(row, "Shot")),
        count(&|row| shot(row, &["Goal", "Saved", "Saved to Post"])),
        count(&|row| name(&row["pass"]["type"]) == "Corner"),
        count(&|row| of_type(row, "Foul Committed")),
        count(&|row| of_type(row, "Offside") || name(&row["pass"]["outcome"]) == "Pass Offside"),
        count(&|row| card(row, &["Yellow Card"])),
        count(&|row| card(row, &["Red Card", "Second Yellow"])),
        count(&|row| of_type(row, "Substitution")),
        count(&|row| name(&row["goalkeeper"]["type"]).contains("Save")),
        count(&|row| open_pass(row)),
        count(&|row| open_pass(row) && row["pass"]["outcome"].is_null()),
    ];
    [0, 1].map(|side| counted.map(|both| both[side]))
}

/// The same figures of the imported match, at its end.
fn fold(imported: &ImportedMatch) -> [Figures; 2] {
    let timeline = Timeline::new(&imported.scenario);
    let state = timeline.state_at(0, timeline.cues().len());
    [Side::Home, Side::Away].map(|side| {
        let of: &Statistics = state.statistics(side);
        let passing = state.passing(side);
        let goals = if side == Side::Home { state.score().home } else { state.score().away };
        let counted = [of.shots, of.shots_on_target, of.corners, of.fouls, of.offsides, of.yellow_cards, of.red_cards];
        let counted = counted.into_iter().chain([of.substitutions, of.saves]);
        let passes = [passing.map_or(0, |it| it.passes), passing.map_or(0, |it| it.completed)];
        let figures = std::iter::once(u32::from(goals)).chain(counted).chain(passes);
        let figures: Vec<usize> = figures.map(|figure| figure.try_into().expect("few")).collect();
        figures.try_into().expect("twelve")
    })
}

/// What `check` finds beside notes, of the scenario as it is written to a file.
fn faults(imported: &ImportedMatch) -> Vec<String> {
    let mut text = Vec::new();
    imported.scenario.write(&mut text).expect("written");
    let written = Scenario::parse("written", std::str::from_utf8(&text).expect("UTF-8")).expect("readable");
    let findings = written.check();
    findings.listed().iter().filter(|it| it.severity > Severity::Note).map(|it| it.text()).collect()
}

fn events(imported: &ImportedMatch) -> Vec<Arc<MatchEvent>> {
    Timeline::new(&imported.scenario).cues().iter().map(|cue| cue.event.clone()).collect()
}

/// The event of an id as a line: type, status and clock in milliseconds, side, player.
fn line(events: &[Arc<MatchEvent>], id: &str) -> String {
    let Some(event) = events.iter().find(|event| event.id.as_str() == id) else { return "nothing".to_owned() };
    let side = event.side.map_or("-", |side| side.as_str());
    let player = event.player().map_or("-", |player| player.as_str());
    format!("{} {} {} {side} {player}", event.kind, event.clock.status, event.clock.reading.as_millis())
}

fn details<'a>(events: &'a [Arc<MatchEvent>], id: &str) -> &'a Details {
    &events.iter().find(|event| event.id.as_str() == id).unwrap_or_else(|| panic!("no event {id}")).details
}

fn fixture(name: &str) -> PathBuf {
    super::fixture("statsbomb").join(name)
}

fn run_one(files: &[PathBuf]) -> ImportedMatch {
    let mut run = super::run(files);
    assert_eq!(run.errors, []);
    assert_eq!(run.imported.len(), 1);
    run.imported.remove(0)
}

#[test]
fn real_matches_fold_to_the_figures_of_their_rows() {
    println!("goals shots target corners fouls offsides yellow red changes saves passes (completed)");
    for (sample, id, score, known) in SAMPLES {
        let Some(file) = super::sample(sample) else { return };
        let lineups = file.with_file_name(sample.replace("_event", "_lineup").split('/').next_back().expect("a name"));
        let with_lineups = lineups != file && lineups.exists();
        let files = if with_lineups { vec![file.clone(), lineups] } else { vec![file.clone()] };
        let imported = run_one(&files);
        let (counted, folded) = (count_rows(&file), fold(&imported));
        println!("{id} {folded:?}\n  {:?}\n  {:?}", imported.warnings, imported.left_out);
        assert_eq!(folded, counted, "{id}");
        assert_eq!([folded[0][0], folded[1][0]], score.map(usize::from), "{id}");
        let both = |figure: usize| folded[0][figure] + folded[1][figure];
        let own_goals = events(&imported).iter().filter(|event| event.is_own_goal()).count();
        assert_eq!([both(1), both(0) - own_goals, both(6), both(7), both(8)], *known, "{id}");
        assert_eq!(faults(&imported), Vec::<String>::new(), "{id}");
        let fixture = &imported.scenario.matches[0];
        assert_eq!(fixture.id.as_str(), *id);
        for side in Side::ALL {
            let team = fixture.team(*side);
            assert_eq!(team.players.iter().filter(|player| player.starts).count(), 11, "{id}");
            assert!(team.players.iter().all(|player| !player.name.starts_with("Player ")), "{id}");
            assert!(team.players.iter().all(|player| player.number.is_some() || !with_lineups), "{id}");
        }
        let no_line_ups = imported.warnings.iter().any(|warning| warning.starts_with("no line-ups"));
        assert_eq!(no_line_ups, !with_lineups, "{id}: {:?}", imported.warnings);
    }
}

#[test]
fn real_matches_have_their_moments() {
    let Some(file) = super::sample("kloppy-3.19.1/statsbomb_15986_event.json") else { return };
    let Some(lineups) = super::sample("kloppy-3.19.1/statsbomb_15986_lineup.json") else { return };
    let imported = run_one(&[file, lineups]);
    let home = &imported.scenario.matches[0].home;
    let named = |id: &str| home.players.iter().find(|player| player.id.as_str() == id).map(|player| &*player.name);
    assert_eq!((named("5503"), named("5470")), (Some("Lionel Messi"), Some("Ivan Rakitić")));
    assert_eq!(home.formation.as_deref(), Some("4-1-2-2-1"));
    let events = events(&imported);
    let goals = events.iter().filter(|event| event.kind == EventType::Goal);
    let goals: Vec<_> =
        goals.map(|goal| (goal.clock.reading.as_millis(), goal.player().map(PlayerId::as_str))).collect();
    let expected =
        [(1_101_121, Some("5503")), (2_669_908, Some("6351")), (3_018_479, Some("6351")), (3_731_272, Some("5213"))];
    assert_eq!(goals, expected);
    // Both changes of half-time: one has the time of the restart, one of two seconds later.
    let at_half_time = events.iter().filter(|event| event.clock.status == Status::HalfTime);
    assert_eq!(at_half_time.filter(|event| event.kind == EventType::Substitution).count(), 2);

    let Some(file) = super::sample("kloppy-3.19.1/statsbomb_3788741_event.json") else { return };
    let imported = run_one(&[file]);
    let events = self::events(&imported);
    let own_goal = events.iter().find(|event| event.is_own_goal()).expect("an own goal");
    assert_eq!((own_goal.side, own_goal.player().map(PlayerId::as_str)), (Some(Side::Away), Some("23558")));
    // Demiral's place is before his own goal, which is at x = 0: he plays for the home side.
    assert_eq!(own_goal.details.get(Field::X).as_deref(), Some(&FieldValue::Metres(3.59)));
}

/// Two made-up files of another project: eleven players are not in them, nor ids, but two changes.
#[test]
fn rows_without_ids_are_imported() {
    for (sample, status) in [
        ("silly-kicks-4.139.1/raw/events/synthetic_gk_sub.json", Status::FirstHalf),
        ("silly-kicks-4.139.1/raw/events/synthetic_gk_sub_halftime.json", Status::HalfTime),
    ] {
        let Some(file) = super::sample(sample) else { return };
        let imported = run_one(&[file]);
        let events = events(&imported);
        let changes: Vec<_> = events.iter().filter(|event| event.kind == EventType::Substitution).collect();
        assert_eq!(changes.len(), 2);
        assert_eq!(changes[0].clock.status, status);
        assert!(imported.warnings.iter().any(|warning| warning == "the line-up of Home FC has 2 starters"));
        let home = &imported.scenario.matches[0].home;
        assert!(
            home.players.iter().filter(|player| player.is_goalkeeper()).count() == 2,
            "the keeper's substitute too"
        );
    }
}

#[test]
fn a_match_alone() {
    let imported = alone("minimal.json");
    assert_eq!(faults(&imported), Vec::<String>::new());
    let fixture = &imported.scenario.matches[0];
    assert!(fixture.id.as_str().ends_with("-minimal"), "of the folder and the file: {}", fixture.id);
    assert_eq!((fixture.kickoff, &*fixture.home.name), (UtcMillis(0), "Eastmoor"));
    assert_eq!((fixture.home.formation.as_deref(), &*fixture.home.short), (Some("4-3-3"), "EAS"));
    assert_eq!(fold(&imported).map(|figures| figures[0]), [1, 0]);
    let events = events(&imported);
    assert_eq!(line(&events, "xi-eastmoor"), "lineup scheduled 0 home -");
    assert_eq!(line(&events, "start-1-a"), "period_start first_half 0 - -");
    assert_eq!(line(&events, "goal-1"), "goal first_half 1044000 home 111");
    assert_eq!(details(&events, "goal-1").player(Field::Assist).map(PlayerId::as_str), Some("109"));
    assert_eq!(line(&events, "end-2-a"), "period_end second_half 5580000 - -");
    assert_eq!(imported.rows, 15);
    assert_eq!(imported.warnings.len(), 3, "{:?}", imported.warnings);
    assert!(imported.scenario.sources[0].starts_with("StatsBomb open data"));
    let live = super::options(|it| it.detail = Detail::LiveScore);
    let live = import(&[self::fixture("minimal.json")], &live, |imported| imported).expect("imported").imported;
    assert_eq!(line(&self::events(&live[0]), "pass-1"), "nothing");
    assert_eq!(faults(&live[0]), Vec::<String>::new());
}

fn full() -> ImportedMatch {
    run_one(&[fixture("full-9101.json"), fixture("full-9101-lineups.json"), fixture("full-matches.json")])
}

#[test]
fn the_list_of_matches_says_where_when_and_who() {
    let imported = full();
    let fixture = &imported.scenario.matches[0];
    assert_eq!((&*fixture.home.name, &*fixture.away.name), ("Eastmoor", "Westhaven"), "not the first line-up");
    assert_eq!(fixture.kickoff, UtcMillis(1_933_183_800_000));
    let texts = [&fixture.competition, &fixture.season, &fixture.round, &fixture.venue].map(|text| text.as_deref());
    assert_eq!(texts, [Some("Coast Cup"), Some("2030/2031"), Some("Final"), Some("Harbour Park")]);
    assert_eq!(fixture.officials, [("referee".into(), vec!["Ada Munro".into()])]);
    assert_eq!(fixture.home.coach.as_ref().map(|coach| &*coach.name), Some("Meg Farrow"));
    assert!(fixture.rules.extra_time);
    let home: Vec<_> = fixture.home.players.iter().map(|player| (&*player.name, player.starts)).collect();
    assert_eq!(home[0], ("Col Adair", true));
    assert_eq!(home[2], ("Patrick Coyle", true), "no nickname");
    assert_eq!(home[13], ("Oswald Penn", false), "on the bench all the time");
    assert_eq!(fixture.home.players[13].position.as_deref(), Some("GK"));
    let away =
        |number: u16| fixture.away.players.iter().find(|player| player.number == Some(number)).expect("a player");
    assert_eq!((&*away(7).name, &*away(10).name), ("James Stone", "Joseph Vance"), "both are known as Jimmy");
    assert_eq!(imported.warnings.len(), 1, "{:?}", imported.warnings);
    assert!(imported.warnings[0].contains("time zone"));
}

#[test]
fn each_row_has_its_event() {
    let imported = full();
    assert_eq!(faults(&imported), Vec::<String>::new());
    let events = events(&imported);
    for (id, expected) in [
        ("kick-off-1", "kick_off first_half 500 home 111"),
        ("pressure-1", "pressure first_half 2000 away 209"),
        ("dribble-1", "take_on first_half 5000 home 110"),
        ("past-1", "nothing"),
        ("tackle-1", "duel first_half 5000 away 202"),
        ("pass-2-out", "ball_out first_half 6000 away 202"),
        ("block-1", "block first_half 6500 home 110"),
        ("block-1-out", "nothing"),
        ("throw-1", "throw_in first_half 15000 home 105"),
        ("cross-1", "cross first_half 600000 home 110"),
        ("goal-1", "goal first_half 601250 home 111"),
        ("keeper-1", "nothing"),
        ("corner-1", "corner first_half 900000 away 208"),
        ("shot-1", "shot first_half 902000 away 211"),
        ("save-1", "save first_half 902500 home 101"),
        ("save-1-out", "ball_out first_half 902500 home 101"),
        ("offside-pass-1", "pass first_half 1200000 away 210"),
        ("offside-pass-1-offside", "offside first_half 1200000 away 211"),
        ("offside-1", "offside first_half 1320000 home 109"),
        ("foul-1", "foul first_half 1500000 away 205"),
        ("foul-1-card", "yellow_card first_half 1500000 away 205"),
        ("won-1", "nothing"),
        ("injury-1", "injury first_half 1530000 home 109"),
        ("off-1", "player_off first_half 1560000 home 109"),
        ("free-kick-1", "free_kick first_half 1570000 home 108"),
        ("interception-1", "interception first_half 1572000 away 204"),
        ("on-1", "player_on first_half 1660000 home 109"),
        ("fifty-a", "duel first_half 1800000 home 106"),
        ("fifty-b", "nothing"),
        ("drop-1", "drop_ball first_half 1980000 away -"),
        ("last-receipt", "ball_receipt first_half 2769000 home 103"),
        ("end-1-a", "period_end first_half 2770600 - -"),
        ("end-1-b", "nothing"),
        ("change-1", "substitution half_time 900000 away -"),
        ("change-2", "substitution half_time 900000 home -"),
        ("foul-2-penalty", "penalty_awarded second_half 3600000 home -"),
        ("foul-2-card", "second_yellow_card second_half 3600000 away 205"),
        ("goal-2", "goal second_half 3690000 home 108"),
        ("shift-1", "formation_change second_half 3750000 away -"),
        ("shift-1-position", "nothing"),
        ("own-for", "goal second_half 4500000 away 104"),
        ("own-against", "nothing"),
        ("change-3", "substitution second_half 5490000 home -"),
        ("goal-3", "goal second_half 5580000 away 210"),
        ("miss-1", "penalty_missed extra_first_half 5880000 away 210"),
        ("save-2", "save extra_first_half 5880400 home 101"),
        ("bad-1", "red_card extra_second_half 7020000 home 101"),
        ("shift-2-position", "position_change extra_second_half 7080000 home 109"),
        ("kick-2", "shootout_penalty shootout 7320000 away 210"),
        ("kick-2-keeper", "nothing"),
        ("end-5-a", "period_end shootout 7570000 - -"),
        ("match-shootout", "match_end shootout 7570000 - -"),
    ] {
        assert_eq!(line(&events, id), expected, "{id}");
    }
}

#[test]
fn rows_keep_what_they_say() {
    let imported = full();
    let events = events(&imported);
    let of = |id: &str| details(&events, id);
    let player = |id: &str, field: Field| of(id).player(field).map(PlayerId::as_str);
    let place = |id: &str| [Field::X, Field::Y].map(|field| of(id).get(field).map(|value| format!("{value:?}")));
    let metres = |x: &str, y: &str| [x, y].map(|metres| Some(format!("Metres({metres})")));
    assert_eq!(player("goal-1", Field::Assist), Some("110"));
    assert_eq!(
        (of("goal-1").text(Field::BodyPart), of("goal-1").text(Field::Situation)),
        (Some("head"), Some("open_play"))
    );
    assert_eq!(of("goal-1").probability(Field::Xg), Some(0.31));
    assert_eq!(place("goal-1"), metres("96.25", "35.7"));
    assert_eq!(of("goal-2").text(Field::Situation), Some("penalty"));
    assert_eq!(player("goal-2", Field::Assist), None);
    // Both teams attack the right-hand side in their own rows: an own goal of the home side is at its goal, x = 0.
    assert_eq!((place("own-for"), of("own-for").flag(Field::OwnGoal)), (metres("3.5", "34.85"), Some(true)));
    assert_eq!(place("corner-1"), metres("0.0", "67.92"));
    assert_eq!(of("save-1").get(Field::About).as_deref(), Some(&FieldValue::Event("shot-1".into())));
    assert_eq!(place("save-1"), metres("1.75", "34.85"));
    assert_eq!(player("pressure-1", Field::Opponent), Some("107"));
    assert_eq!((player("tackle-1", Field::Opponent), of("tackle-1").text(Field::Outcome)), (Some("110"), Some("won")));
    assert_eq!(of("dribble-1").text(Field::Outcome), Some("incomplete"));
    assert_eq!(
        (of("pass-1").text(Field::Outcome), player("pass-1", Field::Recipient)),
        (Some("complete"), Some("110"))
    );
    assert_eq!((of("pass-2").text(Field::Outcome), of("cross-1").flag(Field::KeyPass)), (Some("out"), Some(true)));
    assert_eq!(of("offside-pass-1").text(Field::Outcome), Some("pass_offside"));
    assert_eq!(player("offside-pass-1-offside", Field::Passer), Some("210"));
    assert_eq!(player("foul-1", Field::Fouled), Some("109"));
    assert_eq!(of("foul-1-card").get(Field::About).as_deref(), Some(&FieldValue::Event("foul-1".into())));
    assert_eq!(
        (of("foul-2").text(Field::Reason), player("foul-2-penalty", Field::Fouled)),
        (Some("handball"), Some("111"))
    );
    assert_eq!((player("change-2", Field::Out), player("change-2", Field::In)), (Some("110"), Some("112")));
    assert_eq!(
        (of("change-2").text(Field::Reason), of("change-3").text(Field::Reason)),
        (Some("injury"), Some("tactical"))
    );
    assert_eq!(of("shift-1").text(Field::Formation), Some("4-4-1"));
    let outcomes = ["shot-1", "shot-2", "shot-3", "shot-4", "miss-1", "kick-1", "kick-2", "kick-4"];
    let outcomes = outcomes.map(|id| of(id).text(Field::Outcome).unwrap_or_default());
    assert_eq!(outcomes, ["saved", "blocked", "saved_woodwork", "off_target", "saved", "scored", "saved", "missed"]);
    let timeline = Timeline::new(&imported.scenario);
    let state = timeline.state_at(0, timeline.cues().len());
    assert_eq!(state.score(), Score { home: 2, away: 2 });
    assert_eq!(state.shootout_score(), Some(Score { home: 3, away: 0 }));
    assert_eq!(state.position(Side::Home, 8), Some("GK"));
    let counts = |side| {
        let of = state.statistics(side);
        [
            of.shots,
            of.shots_on_target,
            of.saves,
            of.corners,
            of.offsides,
            of.yellow_cards,
            of.red_cards,
            of.substitutions,
        ]
    };
    assert_eq!(counts(Side::Home), [4, 3, 2, 0, 1, 0, 1, 2]);
    assert_eq!(counts(Side::Away), [4, 3, 0, 1, 1, 1, 1, 1]);
}

#[test]
fn odd_rows_do_no_harm() {
    let imported = alone("odd.json");
    let events = events(&imported);
    for (id, expected) in [
        ("x1", "pass first_half 300000 home 107"),
        ("x1-2", "ball_receipt first_half 960000 home 108"),
        ("x2", "pass first_half 240000 home -"),
        ("x3", "goal first_half 360000 home 203"),
        ("x4", "goal first_half 540000 home -"),
        ("x5", "save first_half 600000 away 201"),
        ("x6", "shot first_half 660000 home 111"),
        ("x7", "nothing"),
        ("x8", "foul first_half 780000 away 206"),
        ("x9", "nothing"),
        ("x10", "player_off first_half 900000 away 206"),
        ("row-15", "carry first_half 1110000 home 104"),
        ("x12", "pass first_half 0 home 555"),
        ("x13", "duel first_half 1140000 home 104"),
        ("x14", "duel first_half 1200000 away 204"),
        ("end-first-half", "nothing"),
    ] {
        assert_eq!(line(&events, id), expected, "{id}");
    }
    assert!(events.iter().all(|event| event.id.as_str() != "x11"));
    for id in ["x1", "x5", "x12"] {
        assert_eq!(details(&events, id).get(Field::X).is_some(), id == "x12", "{id}");
    }
    assert_eq!(details(&events, "x6").get(Field::Xg), None, "no probability");
    assert_eq!(details(&events, "x6").text(Field::Outcome), None, "no outcome of this format");
    assert_eq!(details(&events, "x1").player(Field::Recipient), None, "a pass to oneself");
    let left_out: Vec<_> = imported.left_out.iter().map(|(reason, count)| (*reason, *count)).collect();
    assert_eq!(
        left_out,
        [
            ("bad behaviour without a card", 1),
            ("rows of an unknown type", 1),
            ("rows without a period", 1),
            ("shots without an outcome", 1)
        ]
    );
    assert!(imported.warnings.join("\n").contains("as if the file were cut off"), "{:?}", imported.warnings);
    assert!(imported.warnings.iter().any(|it| it.contains("players act who are not on the field")));
    // A row of the other team names him; he stays on his own sheet.
    assert_eq!(line(&events, "x15"), "pass first_half 1030000 away -");
    let expected = [
        "player \"555\" is on the bench and has not come on, and cannot act",
        "player \"209\" has gone off, and cannot act",
    ];
    assert_eq!(faults(&imported), expected);
    let mut numbers: Vec<_> = imported.scenario.matches[0].home.players.iter().filter_map(|it| it.number).collect();
    numbers.dedup();
    assert_eq!(numbers, [1, 2, 4, 5, 6, 7, 8, 9, 10, 11], "a number once");
}

/// Files of a folder that is removed at the end.
struct Files(PathBuf);

impl Files {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let folder = std::env::temp_dir().join(format!("touchline-statsbomb-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("a folder");
        for (name, text) in files {
            fs::write(folder.join(name), text).expect("written");
        }
        Self(folder)
    }

    fn run(&self) -> touchline::import::ImportRun<ImportedMatch> {
        super::run(std::slice::from_ref(&self.0))
    }

    fn errors(&self) -> String {
        let run = self.run();
        assert!(run.imported.is_empty());
        run.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn read(name: &str) -> String {
    fs::read_to_string(fixture(name)).expect("a fixture")
}

/// A fixture without the match data of the others, which would be found beside it.
fn alone(name: &str) -> ImportedMatch {
    let files = Files::new(&format!("alone-{name}"), &[(name, &read(name))]);
    run_one(&[files.0.join(name)])
}

#[test]
fn what_is_wrong_is_said() {
    let minimal = read("minimal.json");
    let errors = |name: &str, text: &str| Files::new(name, &[("9101.json", text)]).errors();
    let cut = errors("cut", &minimal[..minimal.len() - 200]);
    assert!(cut.contains("9101.json:15:") && cut.contains("the file is cut off"), "{cut}");
    let period = errors("period", &minimal.replacen("\"index\":3,\"period\":1", "\"index\":3,\"period\":9", 1));
    assert!(period.contains("[2] has \"period\":9, which is none of 1 to 5"), "{period}");
    let time = errors("time", &minimal.replacen("00:17:20.000", "17 minutes", 1));
    assert!(time.contains("[4] has no \"timestamp\" such as \"00:18:11.954\""), "{time}");
    let third = errors("third", &minimal.replacen("\"id\":\"foul-1\"", "\"id\":\"foul-1\",\"team\":{\"id\":7}", 1));
    assert!(third.contains("duplicate field `team`"), "{third}");
    let third =
        minimal.replace("\"team\":{\"id\":1002,\"name\":\"Westhaven\"},\"player\"", "\"team\":{\"id\":7},\"player\"");
    let third = errors("third", &third);
    assert!(third.contains("is of team 7") && third.contains("mixed-up files of two matches"), "{third}");
    let wrong = errors("wrong", &minimal.replacen("\"location\":[80,20]", "\"location\":\"here\"", 1));
    assert!(wrong.contains("9101.json:6:") && wrong.contains("expected a list"), "{wrong}");
}

#[test]
fn other_documents_are_told_apart() {
    let folder = |name: &str, text: &str| {
        let files = Files::new(name, &[("9101.json", text)]);
        let read = import(std::slice::from_ref(&files.0), &ImportOptions::default(), |imported| imported);
        read.expect_err("nothing to import").to_string()
    };
    let frames = folder("frames", r#"[{"event_uuid":"a","visible_area":[1.0]}]"#);
    assert!(frames.contains("StatsBomb 360 frames, which is not imported"), "{frames}");
    let lineups = folder("lineups", &read("full-9101-lineups.json"));
    assert!(lineups.contains("match data of StatsBomb open data, without any of its events"), "{lineups}");
    // With the format given, a named file that is not recognised is read as events.
    let formats = touchline::import::FORMATS;
    let format = formats.iter().copied().find(|format| format.word == "statsbomb");
    let options = super::options(|it| it.format = format);
    for (text, expected) in [("[]", "there are no events in it"), ("{}", "expected a list"), ("[{}]", "of 0 teams")] {
        let files = Files::new("given", &[("9101.json", text)]);
        let run = import(&[files.0.join("9101.json")], &options, |imported| imported).expect("a run");
        assert!(run.errors[0].to_string().contains(expected), "{:?}", run.errors);
    }
}

#[test]
fn teams_that_begin_alike_have_short_names_of_their_own() {
    let text = read("minimal.json").replace("Eastmoor", "Real East").replace("Westhaven", "Real West Haven");
    let imported = Files::new("alike", &[("9101.json", &text)]).run().imported.remove(0);
    let fixture = &imported.scenario.matches[0];
    assert_eq!((&*fixture.home.short, &*fixture.away.short), ("REA", "RWE"));
    let text = read("minimal.json").replace("Eastmoor", "Manchester City").replace("Westhaven", "Manchester United");
    let imported = Files::new("alike", &[("9101.json", &text)]).run().imported.remove(0);
    let fixture = &imported.scenario.matches[0];
    assert_eq!((&*fixture.home.short, &*fixture.away.short), ("MCI", "MUN"));
}

#[test]
fn mixed_up_match_data_are_not_used() {
    let (full, lineups, list) = (read("full-9101.json"), read("full-9101-lineups.json"), read("full-matches.json"));
    let import = |name: &str, lineups: &str, list: &str| {
        let files = Files::new(name, &[("9101.json", &full), ("9101-lineups.json", lineups), ("list.json", list)]);
        let mut run = files.run();
        assert_eq!(run.errors, []);
        run.imported.remove(0)
    };
    let warns = |imported: &ImportedMatch, part: &str| imported.warnings.iter().any(|warning| warning.contains(part));
    let other = import("other-lineups", &lineups.replace("\"team_id\":1002", "\"team_id\":7"), &list);
    assert!(warns(&other, "the line-ups are of teams [7, 1001], the events of [1002, 1001]"), "{:?}", other.warnings);
    assert_eq!(&*other.scenario.matches[0].home.players[0].name, "Colin Adair");
    let other = import("other-list", &lineups, &list.replace("\"home_team_id\":1001", "\"home_team_id\":7"));
    assert!(warns(&other, "the list of matches has teams 7 and 1002 for match 9101"), "{:?}", other.warnings);
    assert_eq!(&*other.scenario.matches[0].home.name, "Westhaven");
    let other = import("other-eleven", &lineups.replace("\"player_id\":105,", "\"player_id\":999,"), &list);
    assert!(warns(&other, "1 of the eleven of Eastmoor are not in the line-ups"), "{:?}", other.warnings);
    let other = import("other-score", &lineups, &list.replace("\"home_score\":2", "\"home_score\":4"));
    assert!(warns(&other, "the events give 2-2, the match data 4-2"), "{:?}", other.warnings);
    let broken = Files::new("broken", &[("9101.json", &full), ("9101-lineups.json", &lineups[..1500])]).run();
    assert_eq!((broken.imported.len(), broken.errors.len()), (1, 1));
    assert!(broken.errors[0].to_string().contains("the file is cut off"), "{:?}", broken.errors);
}
