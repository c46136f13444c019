//! What `finish` makes of drafts that no scenario could be.

use super::*;
use crate::football::{Coach, Period, Player, Reading, Rules, Status, Team, UtcMillis};
use crate::import::FORMATS;

fn player(id: &str, number: u16, starts: bool) -> Player {
    Player { id: id.into(), name: id.into(), number: Some(number), position: None, starts, captain: false }
}

fn team(name: &str, players: Vec<Player>) -> Team {
    Team {
        id: name.to_lowercase().into(),
        name: name.into(),
        short: "".into(),
        colours: vec!["#AABBCC".into(), "red".into()],
        formation: None,
        coach: None,
        players,
    }
}

/// A draft of Eastmoor (a1 starts, a2 on the bench) and Westhaven (b1 starts).
fn draft() -> MatchDraft {
    MatchDraft::new(Match {
        id: "m".into(),
        competition: None,
        season: None,
        round: None,
        kickoff: UtcMillis(1),
        period_starts: Vec::new(),
        venue: None,
        officials: Vec::new(),
        rules: Rules::default(),
        home: team("Eastmoor", vec![player("a1", 1, true), player("a2", 2, false)]),
        away: team("Westhaven", vec![player("b1", 1, true)]),
    })
}

fn event(id: &str, kind: EventType, period: Period, minute: i64) -> DraftEvent {
    DraftEvent::new(id, kind, MatchClock::in_period(period, Reading::from_minutes(minute))).side(Side::Home)
}

fn finish(draft: MatchDraft, detail: Detail) -> ImportedMatch {
    draft.finish(&Document::in_memory("test", Vec::new()), FORMATS[0], detail)
}

fn events(imported: &ImportedMatch) -> Vec<Arc<MatchEvent>> {
    let entries = imported.scenario.entries.iter();
    let first = entries.filter_map(|line| match &line.item {
        LineContent::Event(EventRecord::First(event)) => Some(event.clone()),
        _ => None,
    });
    first.collect()
}

fn kinds_of(draft: MatchDraft) -> String {
    let imported = finish(draft, Detail::Full);
    events(&imported).iter().map(|event| event.kind.to_string()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_field_that_is_set_twice_has_the_last_value() {
    let mut draft = draft();
    let twice = event("g", EventType::Goal, Period::First, 3).text(Field::BodyPart, Some("head"));
    draft
        .add(twice.text(Field::Situation, Some("penalty")).text(Field::BodyPart, Some("foot")).text(Field::Zone, None));
    let goal =
        events(&finish(draft, Detail::Full)).into_iter().find(|event| event.kind == EventType::Goal).expect("it");
    let texts = [Field::BodyPart, Field::Situation].map(|field| goal.details.text(field).map(str::to_owned));
    assert_eq!(texts, [Some("foot".to_owned()), Some("penalty".to_owned())]);
}

#[test]
fn only_a_match_that_came_to_its_end_has_a_final_whistle() {
    let played = |last: &[DraftEvent]| {
        let mut draft = draft();
        draft.add(event("1", EventType::Touch, Period::First, 44));
        for it in last {
            draft.add(DraftEvent { fields: Vec::new(), kind: it.kind.clone(), id: it.id.clone(), ..*it });
        }
        kinds_of(draft)
    };
    let second = |kind, minute| event("2", kind, Period::Second, minute);
    let start = "lineup lineup period_start touch period_end period_start";
    assert_eq!(played(&[second(EventType::Touch, 89)]), format!("{start} touch period_end match_end"));
    assert_eq!(played(&[second(EventType::Touch, 61)]), format!("{start} touch"));
    assert_eq!(
        played(&[second(EventType::Touch, 95), second(EventType::Abandoned, 95)]),
        format!("{start} touch abandoned")
    );
    assert_eq!(played(&[second(EventType::Suspended, 91)]), format!("{start} suspended"));
    let resumed = [second(EventType::Suspended, 80), second(EventType::Resumed, 80), second(EventType::Touch, 90)];
    assert_eq!(played(&resumed), format!("{start} suspended resumed touch period_end match_end"));
    let whistle = [second(EventType::PeriodEnd, 61)];
    assert_eq!(played(&whistle), format!("{start} period_end match_end"), "a row says so");
}

#[test]
fn references_are_to_events_that_are_there() {
    let pass = EventId::from("p");
    let related = FieldValue::Events([pass.clone(), "g".into(), "s".into()].into());
    for (detail, about, count) in [(Detail::Full, true, 2), (Detail::LiveScore, false, 1)] {
        let mut draft = draft();
        draft.add(event("p", EventType::Pass, Period::First, 1));
        draft.add(event("s", EventType::Shot, Period::First, 1));
        let goal = event("g", EventType::Goal, Period::First, 1).about(Some(&pass));
        draft.add(goal.set(Field::Related, Some(related.clone())));
        let events = events(&finish(draft, detail));
        let goal = events.iter().find(|event| event.kind == EventType::Goal).expect("it");
        let named = match goal.details.get(Field::Related).as_deref() {
            Some(FieldValue::Events(ids)) => ids.len(),
            _ => 0,
        };
        assert_eq!((goal.details.get(Field::About).is_some(), named), (about, count));
    }
}

#[test]
fn what_stands_twice_counts_once() {
    let mut draft = draft();
    for player in ["a1", "a1", "a2"] {
        draft.add(event("g", EventType::Goal, Period::First, 1).player(Field::Player, Some(&player.into())));
    }
    let imported = finish(draft, Detail::Full);
    let goals = events(&imported).iter().filter(|event| event.kind == EventType::Goal).count();
    assert_eq!((goals, &*imported.left_out), (2, &[("duplicate rows", 1)][..]));
}

#[test]
fn ids_are_made_unique_in_time_that_does_not_grow_with_their_square() {
    let mut draft = draft();
    for (place, id) in ["0-3"].into_iter().chain(std::iter::repeat_n("0", 60_000)).enumerate() {
        let minutes = u16::try_from(place).expect("few");
        draft
            .add(event(id, EventType::Touch, Period::First, 1).set(Field::Minutes, Some(FieldValue::Minutes(minutes))));
    }
    let imported = finish(draft, Detail::Full);
    let events = events(&imported);
    let touches: Vec<&str> =
        events.iter().filter(|event| event.kind == EventType::Touch).map(|event| event.id.as_str()).collect();
    assert_eq!(touches[..4], ["0-3", "0", "0-2", "0-4"]);
    assert_eq!(touches.iter().collect::<std::collections::HashSet<_>>().len(), 60_001);
}

#[test]
fn sheets_are_as_a_scenario_may_have_them() {
    let mut draft = draft();
    let fixture = &mut draft.fixture;
    fixture.id = "a/b, c".into();
    fixture.home.name = "".into();
    fixture.home.players.extend([player("a1", 9, true), player("a3", 2, false)]);
    fixture.away.players.extend([player("a2", 5, false), Player { name: " ".into(), ..player("b2", 6, false) }]);
    fixture.home.coach = Some(Coach { id: Some("b2".into()), name: "Una Brandt".into() });
    let imported = finish(draft, Detail::Full);
    let fixture = &imported.scenario.matches[0];
    let sheet = |side: Side| {
        let players = fixture.team(side).players.iter();
        players.map(|it| format!("{} {} {:?}", it.id, it.name, it.number)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(fixture.id.as_str(), "a-b- c");
    assert_eq!((&*fixture.home.name, &*fixture.home.short, &*fixture.away.short), ("Team eastmoor", "TEA", "WES"));
    assert_eq!(sheet(Side::Home), "a1 a1 Some(1), a2 a2 Some(2), a3 a3 None");
    assert_eq!(sheet(Side::Away), "b1 b1 Some(1), b2 Player b2 Some(6)");
    assert_eq!(fixture.home.coach.as_ref().map(|coach| coach.id.is_some()), Some(false));
    assert_eq!(fixture.home.colours, ["#aabbcc".into()]);
    assert!(imported.warnings[0].starts_with("2 players or teams have no name"), "{:?}", imported.warnings);
    let mut text = Vec::new();
    imported.scenario.write(&mut text).expect("written");
    Scenario::parse("m", &String::from_utf8(text).expect("text")).expect("a scenario");
}

#[test]
fn rules_allow_what_was_done() {
    let mut draft = draft();
    for (at, minute) in [(Period::Second, 60), (Period::ExtraFirst, 95)] {
        for number in 0..7 {
            let change = event("s", EventType::Substitution, at, minute + number).player(Field::In, Some(&"a2".into()));
            let change = change.player(Field::Out, Some(&"a1".into()));
            draft.add(change.text(Field::Reason, Some(if number == 0 { "concussion" } else { "tactical" })));
        }
    }
    let rules = finish(draft, Detail::Full).scenario.matches[0].rules.clone();
    assert_eq!((rules.substitutions, rules.extra_time_substitutions, rules.concussion_substitutions), (6, 6, 2));
    let mut shootout = self::draft();
    shootout.add(event("k", EventType::ShootoutPenalty, Period::Shootout, 120));
    assert!(!finish(shootout, Detail::Full).scenario.matches[0].rules.extra_time, "straight after 90 minutes");
}

#[test]
fn players_who_are_not_on_the_field_are_reported_once() {
    let mut draft = draft();
    let acts = |id: &str, minute, player: &str| {
        event(id, EventType::Touch, Period::First, minute).player(Field::Player, Some(&player.into()))
    };
    draft.add(acts("1", 1, "a1"));
    draft.add(acts("2", 2, "a2"));
    let change = event("3", EventType::Substitution, Period::First, 3).player(Field::In, Some(&"a2".into()));
    draft.add(change.player(Field::Out, Some(&"a1".into())));
    draft.add(acts("4", 4, "a2"));
    draft.add(acts("5", 5, "a1"));
    let said = finish(draft, Detail::Full).warnings.join("\n");
    let expected = "players act who are not on the field by the line-ups and changes: 2 times, the first one a2 at 02:00 (event 2)";
    assert!(said.contains(expected), "{said}");
    let clock = MatchClock { status: Status::HalfTime, reading: Reading::default() };
    let mut outside = self::draft();
    outside.add(
        DraftEvent::new("c", EventType::RedCard, clock).side(Side::Home).player(Field::Player, Some(&"a2".into())),
    );
    assert!(!finish(outside, Detail::Full).warnings.join("\n").contains("not on the field"));
}

#[test]
fn a_substitution_of_one_player_takes_one_off_or_none_on() {
    let mut draft = draft();
    let change = |id: &str| event(id, EventType::Substitution, Period::First, 44);
    draft.add(change("1").player(Field::Out, Some(&"a1".into())));
    draft.add(change("2").player(Field::In, Some(&"a2".into())));
    draft.add(change("3"));
    let itself = change("4").player(Field::In, Some(&"a1".into())).player(Field::Out, Some(&"a1".into()));
    draft.add(itself);
    let imported = finish(draft, Detail::Full);
    let off = events(&imported).into_iter().find(|event| event.kind == EventType::PlayerOff).expect("it");
    assert_eq!((off.id.as_str(), off.player().map(PlayerId::as_str)), ("1", Some("a1")));
    assert_eq!(imported.left_out, [("substitutions of which nothing says who went off", 3)]);
    assert!(!events(&imported).iter().any(|event| event.kind == EventType::Substitution));
}

#[test]
fn periods_that_are_missing_are_reported() {
    let said = |periods: &[Period]| {
        let mut draft = draft();
        for (number, period) in periods.iter().enumerate() {
            draft.add(event(&number.to_string(), EventType::Touch, *period, 121));
        }
        let warnings = finish(draft, Detail::Full).warnings;
        warnings.iter().filter(|it| it.contains("there are no events of period")).count()
    };
    use Period::{ExtraFirst, ExtraSecond, First, Second, Shootout};
    assert_eq!(said(&[First, Second, ExtraFirst, ExtraSecond, Shootout]), 0);
    assert_eq!(said(&[First, Second, Shootout]), 0, "straight after 90 minutes");
    assert_eq!([said(&[First]), said(&[Second]), said(&[First, Second, ExtraSecond]), said(&[Shootout])], [0, 1, 1, 2]);
}
