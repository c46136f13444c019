//! Opta F24 with F7: a real file, which its publishers have altered, and invented ones.

use std::path::PathBuf;

use touchline::Timeline;
use touchline::football::{EventType, Field, FieldValue, Match, MatchEvent, Side};
use touchline::import::ImportedMatch;
use touchline::scenario::{Finding, Severity};

use super::{fixture, run, sample};

/// Imports files of which one match is made.
pub fn import_one(files: &[PathBuf]) -> ImportedMatch {
    let mut run = run(files);
    assert_eq!(run.errors, []);
    assert_eq!(run.left_out, []);
    assert_eq!(run.imported.len(), 1);
    run.imported.remove(0)
}

/// The events of a match, in order.
pub fn events(imported: &ImportedMatch) -> Vec<MatchEvent> {
    Timeline::new(&imported.scenario).cues().iter().map(|cue| (*cue.event).clone()).collect()
}

pub fn of_type(events: &[MatchEvent], kind: EventType) -> Vec<&MatchEvent> {
    events.iter().filter(|event| event.kind == kind).collect()
}

/// An event in a line: `38:30 home 2005 own_goal`.
pub fn line(event: &MatchEvent) -> String {
    let side = event.side.map(|side| side.to_string()).unwrap_or_default();
    let mut words = vec![event.id.to_string(), format!("{}", event.clock.reading), side];
    for (field, value) in event.details.iter() {
        match &*value {
            FieldValue::Player(id) => words.push(format!("{field}={id}")),
            FieldValue::Text(text) => words.push(format!("{field}={text}")),
            FieldValue::Event(id) => words.push(format!("{field}={id}")),
            FieldValue::Flag(true) => words.push(field.to_string()),
            FieldValue::Minutes(minutes) => words.push(format!("{field}={minutes}")),
            _ => {}
        }
    }
    words.join(" ")
}

/// The lines of all events of a type.
pub fn lines(events: &[MatchEvent], kind: EventType) -> Vec<String> {
    of_type(events, kind).into_iter().map(line).collect()
}

/// What `touchline check` finds beside notes.
pub fn findings(imported: &ImportedMatch) -> Vec<String> {
    let worse = |finding: &&Finding| finding.severity > Severity::Note;
    imported.scenario.check().listed().iter().filter(worse).map(|finding| finding.message.clone()).collect()
}

fn left_out(imported: &ImportedMatch, reason: &str) -> usize {
    imported.left_out.iter().find(|(known, _)| *known == reason).map_or(0, |(_, times)| *times)
}

fn moment(fixture: &Match, period: usize) -> String {
    jiff::Timestamp::from_millisecond(fixture.period_starts[period].1.0).expect("in range").to_string()
}

#[test]
fn the_real_file_has_its_goals_and_its_card() {
    let (Some(f24), Some(f7)) = (sample("kloppy-3.19.1/opta_f24.xml"), sample("kloppy-3.19.1/opta_f7.xml")) else {
        return;
    };
    let raw = std::fs::read_to_string(&f24).expect("readable");
    let rows: Vec<&str> = raw.split("<Event ").skip(1).collect();
    let goals: Vec<&&str> = rows.iter().filter(|row| row.contains("type_id=\"16\"")).collect();
    let own_goals = goals.iter().filter(|row| row.contains("qualifier_id=\"28\"")).count();
    let shootout = goals.iter().filter(|row| row.contains("period_id=\"5\"")).count();
    let cards = rows.iter().filter(|row| row.contains("type_id=\"17\"") && row.contains("qualifier_id=\"33\"")).count();
    assert_eq!((rows.len(), goals.len(), own_goals, shootout, cards), (67, 4, 1, 1, 1));

    let imported = import_one(&[f24, f7]);
    let events = events(&imported);
    assert_eq!(imported.rows, rows.len());
    assert_eq!(
        lines(&events, EventType::Goal),
        [
            "2509132178 22:09 away player=116187 situation=penalty body_part=right_foot",
            "2318695229 47:19.452 away player=460842 situation=open_play body_part=left_foot",
            "2318697001 49:19.452 home player=460842 body_part=right_foot own_goal",
        ]
    );
    assert_eq!(lines(&events, EventType::ShootoutPenalty), ["2614247749 120:25 away player=460842 outcome=scored"]);
    assert_eq!(lines(&events, EventType::RedCard), ["2318454729 50:19.452 away player=460842 reason=handball"]);
    assert_eq!(
        lines(&events, EventType::Substitution),
        ["1228391962 16:19.602 away in=460842 out=445731 reason=tactical"]
    );
    // An id that the file has twice.
    let clearances = of_type(&events, EventType::Clearance);
    let ids: Vec<_> = clearances.iter().map(|event| event.id.as_str()).collect();
    assert_eq!(ids, ["2498907287", "2498907287-2"]);
    let save = of_type(&events, EventType::Save);
    assert_eq!(save.len(), 1, "the other row of a save is a block by a defender");

    let fixture = &imported.scenario.matches[0];
    assert_eq!(fixture.home.name.as_ref(), "FC København");
    assert_eq!(fixture.home.formation.as_deref(), Some("4-4-2"));
    assert_eq!(fixture.home.coach.as_ref().map(|coach| &*coach.name), Some("Stale Solbakken"));
    assert_eq!(name_of_number(fixture, Side::Home, 10), Some("Zeca"));
    // London time is an hour ahead of UTC in September.
    assert_eq!(moment(fixture, 0), "2018-09-23T14:02:13.608Z");
    assert_eq!(moment(fixture, 1), "2018-09-23T15:05:28.873Z");

    // The file contradicts itself, and says so.
    let said = imported.warnings.join("\n");
    for part in [
        "6 rows have a minute before their period began",
        "players act who are not on the field by the line-ups and changes: 9 times, the first one Mohammed Kudus at 19:14",
        "players on neither sheet",
        "the events give 1-2, the match data 2-1",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    println!("{} rows, {} events; left out: {:?}", imported.rows, events.len(), imported.left_out);
}

fn name_of_number(fixture: &Match, side: Side, number: u16) -> Option<&str> {
    let mut players = fixture.team(side).players.iter();
    players.find(|player| player.number == Some(number)).map(|player| &*player.name)
}

/// The events of a cup tie that F24 and MA3 tell alike.
pub fn check_cup_tie(imported: &ImportedMatch) {
    let events = events(imported);
    let expect = |kind: EventType, expected: &[&str]| assert_eq!(lines(&events, kind), expected);
    expect(
        EventType::Goal,
        &[
            "5015 14:04 home player=1009 assist=1007 situation=open_play body_part=head",
            "5033 38:30 home player=2005 body_part=other own_goal",
            "5052 57:40 away player=2010 situation=penalty body_part=right_foot",
            "5065 88:07.02 away player=2012 situation=free_kick body_part=left_foot",
        ],
    );
    expect(EventType::DisallowedGoal, &["5034 41:00 away player=2011"]);
    expect(EventType::VarDecision, &["5035 42:10 away outcome=overturned question=goal about=5034"]);
    expect(
        EventType::Shot,
        &[
            "5016 20:10 away player=2011 outcome=saved situation=open_play body_part=left_foot zone=low_right",
            "5018 22:00 away player=2009 outcome=blocked situation=free_kick body_part=right_foot",
            "5048 52:00 home player=1008 outcome=woodwork situation=corner body_part=right_foot zone=out_right",
            "7777 65:12 home player=1007 outcome=off_target situation=open_play body_part=right_foot zone=out_high",
        ],
    );
    expect(EventType::PenaltyMissed, &["5059 71:30 home player=1010 outcome=saved"]);
    expect(EventType::Save, &["5017 20:11 home player=1001 about=5016", "5061 71:30 away player=2001 about=5059"]);
    expect(EventType::Other("shot_block".into()), &["5019 22:00 home player=1004"]);
    expect(
        EventType::Foul,
        &[
            "5010 09:30 away player=2004 fouled=1009",
            "5049 56:20 home player=1002 fouled=2011 reason=handball",
            "5057 70:10 away player=2003 fouled=1009",
        ],
    );
    expect(EventType::PenaltyAwarded, &["5049-penalty 56:20 away fouled=2011", "5057-penalty 70:10 home fouled=1009"]);
    expect(
        EventType::YellowCard,
        &[
            "5012 09:50 away player=2004 about=5010 reason=foul",
            "5042 02:00 away player=2009 reason=dissent",
            "5097 01:00 home player=1010 reason=dissent",
        ],
    );
    expect(EventType::SecondYellowCard, &["5053 60:00 away player=2004 reason=time_wasting"]);
    expect(EventType::RedCard, &["5062 76:00 home player=1006 reason=violent_conduct"]);
    expect(
        EventType::Substitution,
        &["5040 14:00 home in=1012 out=1011 reason=tactical", "5054 61:00 away in=2012 out=2011 reason=tactical"],
    );
    expect(EventType::Corner, &["5022 22:40 away player=2009"]);
    expect(EventType::Offside, &["5026-offside 27:15 away player=2011 passer=2010"]);
    expect(EventType::Injury, &["5028 31:00 away player=2007"]);
    expect(EventType::AddedTime, &["5036 45:00  minutes=2"]);
    expect(EventType::FormationChange, &["5056 61:05 away formation=4-1-4-1"]);
    expect(EventType::BallOut, &["5007 00:05 home player=1006"]);
    expect(
        EventType::Duel,
        &["5024 22:42 home player=1005 opponent=2005 outcome=won", "5047 49:00 away player=2006 outcome=lost"],
    );
    expect(EventType::TakeOn, &["5045 48:00 home player=1012 opponent=2002 outcome=unsuccessful"]);
    expect(EventType::PlayerOff, &["5063 80:00 home player=1003"]);
    expect(EventType::PlayerOn, &["5064 82:00 home player=1003"]);
    let kicks = lines(&events, EventType::ShootoutPenalty);
    assert_eq!((kicks.len(), &*kicks[2]), (10, "5086 122:10 home player=1010 outcome=saved"));
    assert_eq!(of_type(&events, EventType::PeriodStart).len(), 5);
    assert_eq!(of_type(&events, EventType::PeriodEnd).len(), 5);
    expect(EventType::MatchEnd, &["5098 128:00 "]);

    // y = 0 is the right-hand side of who acts; an own goal is where its player stands.
    let at = |id: &str| {
        let details = &events.iter().find(|event| event.id.as_str() == id).expect("there").details;
        [Field::X, Field::Y].map(|field| match details.get(field).as_deref() {
            Some(FieldValue::Metres(metres)) => *metres,
            _ => f32::NAN,
        })
    };
    assert_eq!(at("5014"), [78.75, 13.6], "from the left of the home side");
    assert_eq!(at("5022"), [0.53, 67.66], "from the left of the guests");
    assert_eq!(at("5033"), [100.8, 35.36]);
    assert!(at("5069")[0].is_nan(), "(0, 0) stands for an unknown point");

    for (reason, times) in [
        ("deleted rows", 1),
        ("older copies of rows", 1),
        ("second rows of fouls", 3),
        ("second rows of substitutions", 2),
        ("second rows of added time", 1),
        ("rows of an unknown type", 1),
        ("keepers' rows of the shoot-out", 1),
        ("keepers' rows of penalties", 2),
    ] {
        assert_eq!(left_out(imported, reason), times, "{reason}");
    }

    let timeline = Timeline::new(&imported.scenario);
    let state = timeline.state_at(0, timeline.cues().len());
    assert_eq!((state.score().home, state.score().away), (2, 2));
    assert_eq!(state.shootout_score().map(|score| (score.home, score.away)), Some((3, 4)));
    let fixture = &imported.scenario.matches[0];
    assert_eq!(fixture.competition.as_deref(), Some("Coast Cup"));
    assert_eq!((fixture.season.as_deref(), fixture.round.as_deref()), (Some("2025/26"), Some("3")));
    assert_eq!(fixture.venue.as_deref(), Some("Harbour Park"));
    assert_eq!(fixture.officials[0].1[0].as_ref(), "Ada Munro");
    assert_eq!(moment(fixture, 0), "2025-10-25T14:02:10.608Z");
    assert_eq!(fixture.home.formation.as_deref(), Some("4-3-3"));
    assert_eq!(name_of_number(fixture, Side::Home, 10), Some("Joycinho"));
    assert!(fixture.home.players[0].is_goalkeeper() && fixture.home.players[9].captain);
    assert!(fixture.rules.var && fixture.rules.extra_time);
    assert_eq!(imported.warnings, [""; 0]);
    assert_eq!(findings(imported), [""; 0]);
}

#[test]
fn a_cup_tie_with_everything() {
    let imported = import_one(&[fixture("opta/full_f24.xml"), fixture("opta/full_f7.xml")]);
    check_cup_tie(&imported);
    let about = &imported.scenario.matches[0];
    assert_eq!(about.id.as_str(), "900001");
    assert_eq!(about.home.colours.first().map(|colour| &**colour), Some("#14532d"));
    assert_eq!(imported.file_stem(), "2025-10-25-eastmoor-westhaven-900001");
}

#[test]
fn without_match_data_the_set_ups_are_the_line_ups() {
    let imported = import_one(&[fixture("opta/full_f24.xml")]);
    let team = &imported.scenario.matches[0].away;
    let starters = team.players.iter().filter(|player| player.starts).count();
    assert_eq!((starters, team.players.len(), team.formation.as_deref()), (11, 13, Some("4-5-1")));
    assert_eq!(team.players[0].position.as_deref(), Some("GK"));
    assert_eq!((team.players[2].number, &*team.players[2].name), (Some(3), "Player 2003"));
    assert!(team.players[9].captain);
    assert_eq!(findings(&imported), [""; 0]);
    let said = imported.warnings.join("\n");
    assert!(said.contains("no match data") && said.contains("26 players or teams have no name"), "{said}");
}

#[test]
fn a_bare_file_still_has_its_goals() {
    let imported = import_one(&[fixture("opta/minimal.xml")]);
    let events = events(&imported);
    assert_eq!(
        lines(&events, EventType::Goal),
        [
            "5015 14:04 away player=1009",
            "5033 38:30 away player=2005 own_goal",
            "5052 57:40 home player=2010 situation=penalty",
            "5065 88:07.02 home player=2012",
        ]
    );
    assert_eq!(imported.scenario.matches[0].id.as_str(), "opta-minimal");
    let said = imported.warnings.join("\n");
    assert!(
        said.contains("team 202 by the order of the events") && said.contains("the line-ups are unknown"),
        "{said}"
    );
}

#[test]
fn odd_rows_are_tolerated() {
    let imported = import_one(&[fixture("opta/odd.xml")]);
    let events = events(&imported);
    let expect = |kind: EventType, expected: &[&str]| assert_eq!(lines(&events, kind), expected);
    expect(EventType::Foul, &["2 03:00 away fouled=1009"]);
    expect(EventType::PenaltyAwarded, &["2-penalty 03:00 home fouled=1009"]);
    expect(EventType::Goal, &["3 04:00 home situation=penalty"]);
    expect(EventType::Substitution, &["4 20:00 away in=2012 out=2011"]);
    expect(EventType::Corner, &["8 26:00 home player=1009"]);
    expect(EventType::VarDecision, &["9-decision 30:00 away player=2004 outcome=overturned question=red_card"]);
    expect(EventType::VarReview, &["10 31:00 away question=penalty", "12 33:00 "]);
    expect(EventType::PenaltyMissed, &["13 40:00 home player=1009 outcome=woodwork"]);
    expect(EventType::Pass, &["14 45:00 home player=1009 outcome=successful"]);
    expect(EventType::Save, &["15 50:00 away player=2001"]);
    expect(EventType::Offside, &["16 51:00 away player=2010"]);
    for (reason, times) in [
        ("cards without a colour", 1),
        ("talking points without a review", 1),
        ("provisional rows, which others replace", 1),
    ] {
        assert_eq!(left_out(&imported, reason), times, "{reason}");
    }
    let said = imported.warnings.join("\n");
    assert!(said.contains("nothing says who comes on: 1 times a player goes off"), "{said}");
    assert!(said.contains("1 rows have a minute before their period began"), "{said}");
}
