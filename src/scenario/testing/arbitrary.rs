//! Random scenarios for property tests: matches, events of every type, corrections, markers and faults.

use std::sync::Arc;

use proptest::prelude::*;

use super::super::{Correction, EventRecord, FaultLine, FirstLeg, LineContent, MarkerLine, Scenario, Tie, TimedLine};
use super::{fixture, header};
use crate::football::{
    Coach, Details, EventId, EventType, Field, FieldValue, Match, MatchClock, MatchEvent, Minute, Op, Period, Point,
    Reading, Score, Side, Source, Status, UtcMillis,
};

/// The random bytes of one line. Each byte decides something, so that a failing case shrinks to few and small ones.
type LineDice = [u8; 12];

/// Scenarios of at most `lines` lines. They may be nonsense as football, but every line is valid.
pub(crate) fn scenarios(lines: usize) -> impl Strategy<Value = Scenario> {
    (1..=3u16, any::<[u8; 3]>(), prop::collection::vec(any::<LineDice>(), 0..=lines))
        .prop_map(|(matches, days, lines)| written(matches, days, &lines))
}

/// Scenarios of one match with exactly `lines` lines.
pub(crate) fn long_matches(lines: usize) -> impl Strategy<Value = Scenario> {
    prop::collection::vec(any::<LineDice>(), lines).prop_map(|lines| written(1, [0; 3], &lines))
}

fn written(matches: u16, days: [u8; 3], lines: &[LineDice]) -> Scenario {
    let mut text = header("chance");
    for (id, day) in ["a", "b", "c"].iter().zip(days).take(usize::from(matches)) {
        let kickoff = format!("2018-04-{:02}T{:02}:{:02}:00Z", 1 + day % 3, day % 24, day % 60);
        text = format!("{text}\n{}", fixture(id, &kickoff));
    }
    let mut scenario = Scenario::parse("chance", &text).expect("matches");
    for fixture in &mut scenario.matches {
        let fixture = Arc::make_mut(fixture);
        fixture.home.coach = Some(Coach { id: Some("hc".into()), name: "Ž \"coach\"".into() });
        fixture.away.coach = Some(Coach { id: None, name: "A coach".into() });
    }
    scenario.ties = match (matches, days[0] % 4) {
        (2.., 0) => vec![Tie { first: FirstLeg::Match(0), second: 1, away_goals: days[1].is_multiple_of(2) }],
        (_, 1) => {
            let score = Score { home: days[1].into(), away: days[2].into() };
            vec![Tie { first: FirstLeg::Result(score), second: matches - 1, away_goals: false }]
        }
        _ => Vec::new(),
    };
    let mut reported: Vec<Vec<(EventId, MatchEvent)>> = vec![Vec::new(); scenario.matches.len()];
    let head = 2 + u32::from(matches) + u32::from(!scenario.ties.is_empty());
    for (dice, line) in lines.iter().zip(head..) {
        let track = u16::from(dice[0]) % matches;
        let fixture = scenario.matches[usize::from(track)].clone();
        let item = item(*dice, line, &fixture, &mut reported[usize::from(track)]);
        scenario.entries.push(TimedLine { line, track, item });
    }
    scenario
}

fn item(dice: LineDice, line: u32, fixture: &Match, reported: &mut Vec<(EventId, MatchEvent)>) -> LineContent {
    let clock = clock(dice[2], dice[3], dice[4]);
    match dice[1] {
        250.. => return LineContent::Marker(Box::new(MarkerLine { clock, name: format!("m{line} Đ").into() })),
        244..250 => {
            let fields = vec![("do".into(), r#""wobble""#.into()), ("code".into(), "[1012, null]".into())];
            return LineContent::Fault(Box::new(FaultLine { clock, fields }));
        }
        160..244 if !reported.is_empty() => {
            let at = usize::from(dice[5]) % reported.len();
            let (id, previous) = reported[at].clone();
            let op = if dice[6].is_multiple_of(3) { Op::Remove } else { Op::Update };
            let kind = (dice[7] > 200).then(|| kind(dice[8])).filter(|kind| *kind != previous.kind);
            let correction = Correction {
                id,
                op,
                told: self::clock(dice[2], dice[3], dice[4]),
                clock: (dice[7] > 180).then_some(clock),
                official: (dice[9] > 200).then_some(Minute { minute: 45, added: Some(u16::from(dice[9])) }),
                side: dice[9].is_multiple_of(5).then(|| side(dice[6])),
                details: details(dice, kind.as_ref().unwrap_or(&previous.kind), fixture, true),
                kind,
            };
            let now = correction.applied_to(&previous);
            match op {
                Op::Remove => drop(reported.remove(at)),
                _ => reported[at].1 = now,
            }
            return LineContent::Event(EventRecord::Correction(Box::new(correction)));
        }
        _ => {}
    }
    let kind = kind(dice[8]);
    let late = MatchClock { reading: Reading::from_millis(clock.reading.as_millis() + 7_250), ..clock };
    let report_clock = (dice[5] > 180 && clock.status != Status::Scheduled).then_some(late);
    let event = MatchEvent {
        id: format!("n{line}").into(),
        rev: 0,
        op: Op::Add,
        clock,
        told: report_clock.map(Box::new),
        status: report_clock.unwrap_or(clock).status,
        official: (dice[9] > 230).then_some(Minute { minute: 1 + u16::from(dice[9]), added: None }),
        side: (!dice[6].is_multiple_of(7)).then(|| side(dice[6])),
        details: details(dice, &kind, fixture, false),
        kind,
    };
    reported.push((event.id.clone(), event.clone()));
    LineContent::Event(EventRecord::First(event.into()))
}

fn side(dice: u8) -> Side {
    Side::ALL[usize::from(dice) % 2]
}

/// Mostly a type that a state counts, sometimes any type, sometimes a custom one.
fn kind(dice: u8) -> EventType {
    use EventType::*;
    const COUNTED: [EventType; 16] = [
        Goal,
        Goal,
        Shot,
        Pass,
        Pass,
        Cross,
        Substitution,
        YellowCard,
        RedCard,
        SecondYellowCard,
        AddedTime,
        PeriodStart,
        PeriodEnd,
        Suspended,
        Resumed,
        PositionChange,
    ];
    match dice {
        0..150 => COUNTED[usize::from(dice) % COUNTED.len()].clone(),
        150..240 => {
            EventType::parse(EventType::WORDS[usize::from(dice - 150) % EventType::WORDS.len()]).expect("a word")
        }
        _ => Other("x_drone".into()),
    }
}

fn clock(place: u8, high: u8, low: u8) -> MatchClock {
    let seconds = i64::from(high) * 12 + i64::from(low) % 12;
    let millis = seconds * 1_000 + if low > 250 { 250 } else { 0 };
    match place % 16 {
        0..6 => MatchClock::in_period(Period::First, Reading::from_millis(millis)),
        6..12 => MatchClock::in_period(Period::Second, Reading::from_millis(45 * 60_000 + millis)),
        12 => MatchClock { status: Status::HalfTime, reading: Reading::from_millis(millis / 4) },
        13 => MatchClock { status: Status::Scheduled, reading: Reading::from_millis(-millis) },
        14 => MatchClock { status: Status::FullTime, reading: Reading::from_millis(millis) },
        _ => MatchClock::in_period(Period::ExtraFirst, Reading::from_millis(90 * 60_000 + millis)),
    }
}

/// Some of the fields that an event of this type may carry.
fn details(dice: LineDice, kind: &EventType, fixture: &Match, correcting: bool) -> Details {
    let mut details = Details::default();
    let chance = u32::from_le_bytes([dice[8], dice[9], dice[10], dice[11]]);
    for (field, at) in Field::COMMON.iter().chain(kind.own_fields()).copied().zip(0u32..) {
        match chance.rotate_right(3 * at) % 5 {
            0 | 1 => details.set(field, value(field, kind, fixture, dice, at)),
            2 if correcting => details.set(field, FieldValue::Withdrawn),
            _ => {}
        }
    }
    if let EventType::Other(_) = kind {
        const ODD: [&str; 5] = [r#"{"deep":[[1.50,{}],"Ž\u00e9"]}"#, "null", "-0.0e1", r#""""#, "[ ]"];
        for at in 0..usize::from(dice[10] % 4) {
            details.set_unknown(format!("odd{at}").into(), ODD[(usize::from(dice[11]) + at) % ODD.len()].into());
        }
    }
    details
}

fn value(field: Field, kind: &EventType, fixture: &Match, dice: LineDice, at: u32) -> FieldValue {
    let die = dice[(at as usize + 5) % dice.len()];
    let metres = |die: u8| f32::from(die) / 4.0 + f32::from(dice[3]) / 1_000.0;
    match field {
        Field::Player if kind.is_card() && die > 200 => FieldValue::Player("hc".into()),
        _ if field.names_player() => {
            let players = &fixture.team(side(dice[6])).players;
            FieldValue::Player(players[usize::from(die) % players.len()].id.clone())
        }
        Field::About => FieldValue::Event(format!("n{die}").into()),
        Field::Related => FieldValue::Events((0..die % 3).map(|id| format!("n{id}").into()).collect()),
        Field::Xg => FieldValue::Probability(f32::from(die) / 255.0),
        Field::Kickoff => FieldValue::Moment(UtcMillis(fixture.kickoff.0 + i64::from(die) * 60_000)),
        Field::Score => FieldValue::Score(Score { home: u16::from(die % 4), away: u16::from(die % 3) }),
        Field::OwnGoal | Field::Confirmed | Field::KeyPass => FieldValue::Flag(die.is_multiple_of(2)),
        Field::Minutes => FieldValue::Minutes(u16::from(die)),
        Field::X | Field::Y => FieldValue::Metres(metres(die)),
        Field::End => FieldValue::Point(Point { x: metres(die), y: 0.1 }),
        Field::Source => {
            let id = (die > 100).then(|| format!("{die}").into());
            FieldValue::Source(Source { provider: "chance".into(), id, note: None }.into())
        }
        Field::Outcome if matches!(kind, EventType::Pass | EventType::Cross) && die < 128 => {
            FieldValue::Text(["accurate", "Successful", "complete", "lost"][usize::from(die) % 4].into())
        }
        _ => FieldValue::Text(match field.accepted_values(kind) {
            [] => format!("said \"{die}\" — ž\u{1F7E5}\\\t").into(),
            words => words[usize::from(die) % words.len()].into(),
        }),
    }
}
