//! Plays: the goals and cards of a scoreboard, and the key events of a summary.

use serde_json::{Value, json};

use super::super::document::{MatchMoment, NumericIds, PlayClock, line_of};
use super::leagues::hyphenated;
use super::status::{UNKNOWN_ID, clock_text};
use crate::football::{EventType, Field, MatchEvent, Minute, Period, PlayerId, Side, clamp_minutes};

/// What the provider calls a play: its id and text.
type PlayType = (&'static str, &'static str);

/// The type of a goal or card that counts; `None` for all else.
fn detail_type(event: &MatchEvent) -> Option<PlayType> {
    let situation = event.details.text(Field::Situation);
    Some(match event.kind {
        EventType::Goal if event.is_own_goal() => ("97", "Own Goal"),
        EventType::Goal if situation == Some("penalty") => ("98", "Penalty - Scored"),
        EventType::Goal if event.details.text(Field::BodyPart) == Some("head") => ("137", "Goal - Header"),
        // Only a direct free kick: nobody assists it.
        EventType::Goal if situation == Some("free_kick") && event.details.player(Field::Assist).is_none() => {
            ("138", "Goal - Free-kick")
        }
        EventType::Goal => ("70", "Goal"),
        EventType::ShootoutPenalty if event.details.text(Field::Outcome) == Some("scored") => {
            ("104", "Penalty - Scored")
        }
        EventType::YellowCard => ("94", "Yellow Card"),
        EventType::SecondYellowCard | EventType::RedCard => ("93", "Red Card"),
        _ => return None,
    })
}

/// The type of a key event.
fn key_event_type(event: &MatchEvent) -> Option<PlayType> {
    if let Some(detail) = detail_type(event) {
        return Some(detail);
    }
    Some(match (&event.kind, event.clock.period()) {
        (EventType::PenaltyMissed | EventType::ShootoutPenalty, _) => match event.details.text(Field::Outcome) {
            Some("saved" | "saved_woodwork") => ("114", "Penalty - Saved"),
            _ => (UNKNOWN_ID, "Penalty - Missed"),
        },
        (EventType::Substitution, _) => ("76", "Substitution"),
        (EventType::Suspended, _) => ("129", "Start Delay"),
        (EventType::Resumed, _) => ("130", "End Delay"),
        (EventType::PeriodStart, Some(Period::First)) => ("80", "Kickoff"),
        (EventType::PeriodEnd, Some(Period::First)) => ("81", "Halftime"),
        (EventType::PeriodStart, Some(Period::Second)) => ("82", "Start 2nd Half"),
        (EventType::PeriodEnd, Some(Period::Second)) => ("83", "End Regular Time"),
        (EventType::PeriodStart, Some(Period::ExtraFirst)) => ("84", "Start Extra Time"),
        (EventType::PeriodEnd, Some(Period::ExtraFirst)) => ("85", "Halftime Extra Time"),
        (EventType::PeriodStart, Some(Period::ExtraSecond)) => ("86", "Start 2nd Half Extra Time"),
        (EventType::PeriodEnd, Some(Period::ExtraSecond)) => ("87", "End Extra Time"),
        (EventType::PeriodStart, Some(Period::Shootout)) => ("88", "Start Shootout"),
        _ => return None,
    })
}

/// When a play happened: seconds of the running clock, which stands still in stoppage time, the minute, and the period.
fn clock_of(of: &MatchMoment<'_>, event: &MatchEvent) -> (f64, Minute, Period) {
    let PlayClock { period, reading, minute } = of.clock_of(event);
    let rules = &of.fixture.rules.periods;
    let held = reading.clamp(rules.start(period), rules.end(period));
    // The start of a period is the minute before its first one.
    let at_start = period == Period::Shootout || event.kind == EventType::PeriodStart;
    let started = Minute { minute: clamp_minutes(held.minutes()), added: None };
    // The official minute of what happens at half-time may be that of the next period.
    let end = of.end_of(period).minute;
    let minute = if minute.minute > end.minute { end } else { minute };
    ((held.as_millis() / 1_000) as f64, if at_start { started } else { minute }, period)
}

/// The goals and cards that count, in the order in which they were reported.
pub(super) fn details(of: &MatchMoment<'_>) -> Vec<Value> {
    let in_force = of.events.iter().map(|cue| &*cue.event).filter(|event| event.is_in_force());
    in_force.filter_map(|event| Some(detail(of, event, detail_type(event)?))).collect()
}

fn detail(of: &MatchMoment<'_>, event: &MatchEvent, (id, text): PlayType) -> Value {
    let (seconds, minute, _) = clock_of(of, event);
    let scores = !event.kind.is_card();
    let athletes: Vec<Value> = event.player().and_then(|player| athlete(of, player)).into_iter().collect();
    json!({
        "type": { "id": id, "text": text },
        "clock": { "value": seconds, "displayValue": clock_text(minute) },
        "team": event.side.map(|side| json!({ "id": team_id(of, side) })),
        "scoreValue": u8::from(scores),
        "scoringPlay": scores,
        "redCard": id == "93",
        "yellowCard": id == "94",
        "penaltyKick": matches!(id, "98" | "104"),
        "ownGoal": id == "97",
        "shootout": event.kind == EventType::ShootoutPenalty,
        "athletesInvolved": athletes,
    })
}

/// A player; `None` for a coach, who is no athlete.
fn athlete(of: &MatchMoment<'_>, id: &PlayerId) -> Option<Value> {
    let (side, index, player) = of.fixture.player(id.as_str())?;
    let mut athlete = json!({
        "id": of.number_of(id).to_string(),
        "displayName": &*player.name,
        "shortName": short_name(&player.name),
        "fullName": &*player.name,
        "team": { "id": team_id(of, side) },
        "position": position(of, side, index),
    });
    if let Some(number) = player.number {
        athlete["jersey"] = number.to_string().into();
    }
    Some(athlete)
}

/// The position of the player at an index of a sheet, in the provider's letters.
pub(super) fn position(of: &MatchMoment<'_>, side: Side, index: usize) -> &'static str {
    let starts = of.fixture.team(side).players.get(index).is_some_and(|player| player.starts);
    if starts { of.state.position(side, index).map(line_of).unwrap_or_default() } else { "SUB" }
}

/// A name with the first name abbreviated: `K. Koulibaly`.
pub(super) fn short_name(name: &str) -> String {
    match name.split_once(' ') {
        Some((first, rest)) if !rest.trim().is_empty() => {
            format!("{}. {rest}", first.chars().next().unwrap_or_default())
        }
        _ => name.to_owned(),
    }
}

/// The id of the team of a side, as text.
pub(super) fn team_id(of: &MatchMoment<'_>, side: Side) -> String {
    of.ids.teams[side.index()].to_string()
}

/// The key events of a summary, in the order in which they were reported.
pub(super) fn key_events(of: &MatchMoment<'_>) -> Vec<Value> {
    let in_force = of.events.iter().map(|cue| &*cue.event).filter(|event| event.is_in_force());
    in_force.filter_map(|event| Some(key_event(of, event, key_event_type(event)?))).collect()
}

fn key_event(of: &MatchMoment<'_>, event: &MatchEvent, (id, text): PlayType) -> Value {
    let (seconds, minute, period) = clock_of(of, event);
    let acting = match event.kind {
        EventType::Substitution => [event.details.player(Field::In), event.details.player(Field::Out)],
        EventType::Goal => [event.player(), event.details.player(Field::Assist)],
        _ => [event.player(), None],
    };
    let named = acting.into_iter().flatten().filter_map(|player| Some((player, of.person(player)?.1)));
    let participants: Vec<(&PlayerId, &str)> = named.collect();
    let short_text = match participants.first() {
        Some((_, name)) => format!("{name} {text}"),
        None => text.to_owned(),
    };
    let participant = |(player, name): &(&PlayerId, &str)| json!({ "athlete": { "id": of.number_of(player).to_string(), "displayName": name } });
    let mut document = json!({
        "id": NumericIds::within(of.fixture.id.as_str(), event.id.as_str()).to_string(),
        "type": { "id": id, "text": text, "type": type_word(text) },
        "text": event.details.text(Field::Text).unwrap_or(&short_text),
        "shortText": short_text,
        "period": { "number": period.number() },
        "clock": { "value": seconds, "displayValue": clock_text(minute) },
        "scoringPlay": detail_type(event).is_some() && !event.kind.is_card(),
        "shootout": event.kind == EventType::ShootoutPenalty,
        "participants": participants.iter().map(participant).collect::<Vec<_>>(),
    });
    if let Some(side) = event.side {
        document["team"] = json!({ "id": team_id(of, side), "displayName": &*of.team(side).name });
    }
    document
}

/// The word for the text of a type: `yellow-card`, `penalty---saved`. Every space and hyphen of the text is a hyphen.
fn type_word(text: &str) -> String {
    if text.contains(" - ") {
        let parts: Vec<String> = text.split(" - ").map(|part| hyphenated(part, "-")).collect();
        return parts.join("---");
    }
    hyphenated(text, "-")
}
