//! `match.json`: the result, line-ups, goals, substitutions and cards.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::json_text::{moment, pretty, without_absent};
use super::line_up_words::{is_formation, position};
use super::meta_data::officials;
use super::wall_clock::period_word;
use super::{DatedEvent, FinishedMatch, NO_NUMBER, UNKNOWN};
use crate::football::{EventType, Field, Match, Period, Player, PlayerId, Score, Side, Status, Team};

pub(super) fn write(finished: &FinishedMatch<'_>) -> String {
    let FinishedMatch { fixture, wall, .. } = finished;
    let played = have_played(finished);
    let team = |side| sheet_team(fixture.team(side), &played);
    // Empty lists are `null`.
    let list = |rows: Vec<Value>| Some(rows).filter(|rows| !rows.is_empty());
    pretty(&json!({
        "match": {
            "id": fixture.id.as_str(),
            "status": {
                "is_neutral": false,
                "has_extratime": wall.has_extra_time(),
                "has_shootout": wall.has_shootout(),
            },
            "result": result(finished),
        },
        "teams": { "home": team(Side::Home), "away": team(Side::Away) },
        "officials": officials(fixture),
        "events": {
            "goals": list(goals(finished)),
            "substitutions": list(substitutions(finished)),
            "cards": list(cards(finished)),
        },
        "meta": { "vendor": "touchline" },
    }))
}

fn pair(score: Score) -> Value {
    json!({ "home": score.home, "away": score.away })
}

/// The final score is that of an award, if there is one; the others are those played.
fn result(finished: &FinishedMatch<'_>) -> Value {
    let FinishedMatch { fixture, wall, state, .. } = finished;
    let until = |period: Period| {
        let mut score = Score::default();
        for (side, of) in goals_in_order(finished).map(|(dated, side)| (side, period_of(finished, dated))) {
            if of <= period {
                score.add_goal(side);
            }
        }
        pair(score)
    };
    let score = state.score();
    let shootout = state.shootout_score().filter(|_| wall.has_shootout());
    let leads = |score: Score| match score.home.cmp(&score.away) {
        std::cmp::Ordering::Greater => Some(Side::Home),
        std::cmp::Ordering::Less => Some(Side::Away),
        std::cmp::Ordering::Equal => None,
    };
    let winner = leads(score).or_else(|| leads(shootout?));
    let extra = wall.has_extra_time();
    without_absent(json!({
        "final": {
            "home": score.home,
            "away": score.away,
            "winning_team_id": winner.map(|side| fixture.team(side).id.as_str()),
        },
        "first_half": until(Period::First),
        "second_half": until(Period::Second),
        "first_half_extratime": extra.then(|| until(Period::ExtraFirst)),
        "second_half_extratime": extra.then(|| until(Period::ExtraSecond)),
        "shootout": wall.has_shootout().then(|| pair(shootout.unwrap_or_default())),
    }))
}

fn period_of(finished: &FinishedMatch<'_>, dated: &DatedEvent<'_>) -> Period {
    finished.wall.period_of(dated.event.clock, dated.at)
}

/// The goals, each with the side that it counts for.
fn goals_in_order<'b, 'a>(finished: &'b FinishedMatch<'a>) -> impl Iterator<Item = (&'b DatedEvent<'a>, Side)> {
    let goals = finished.events.iter().filter(|dated| dated.event.kind == EventType::Goal);
    goals.filter_map(|dated| Some((dated, dated.event.side?)))
}

fn goals(finished: &FinishedMatch<'_>) -> Vec<Value> {
    let mut score = Score::default();
    let goals = goals_in_order(finished).map(|(dated, side)| {
        let DatedEvent { event, at } = *dated;
        score.add_goal(side);
        json!({
            "time": moment(at),
            "period": period_word(period_of(finished, dated)),
            "team_id": finished.fixture.team(side).id.as_str(),
            "player_id": player_or_unknown(event.player()),
            "assist_id": event.details.player(Field::Assist).map(|id| id.as_str()),
            "is_own_goal": event.is_own_goal(),
            "is_penalty": event.details.text(Field::Situation) == Some("penalty"),
            "score": pair(score),
        })
    });
    goals.collect()
}

fn player_or_unknown(player: Option<&PlayerId>) -> &str {
    player.map_or(UNKNOWN, |id| id.as_str())
}

fn team_or_unknown(fixture: &Match, side: Option<Side>) -> &str {
    side.map_or(UNKNOWN, |side| fixture.team(side).id.as_str())
}

fn substitutions(finished: &FinishedMatch<'_>) -> Vec<Value> {
    let of_type = finished.events.iter().filter(|dated| dated.event.kind == EventType::Substitution);
    let substitution = |dated: &DatedEvent<'_>| {
        let DatedEvent { event, at } = *dated;
        // The list has no shoot-out: a change there has the last period before it.
        let period = match period_of(finished, dated) {
            Period::Shootout if finished.wall.has_extra_time() => Period::ExtraSecond,
            Period::Shootout => Period::Second,
            period => period,
        };
        json!({
            "team_id": team_or_unknown(finished.fixture, event.side),
            "in_time": moment(at),
            "in_player_id": player_or_unknown(event.details.player(Field::In)),
            "out_time": moment(at),
            "out_player_id": player_or_unknown(event.details.player(Field::Out)),
            "period": period_word(period),
        })
    };
    of_type.map(substitution).collect()
}

fn cards(finished: &FinishedMatch<'_>) -> Vec<Value> {
    let cards = finished.events.iter().filter(|dated| dated.event.kind.is_card());
    let card = |dated: &DatedEvent<'_>| {
        json!({
            "team_id": team_or_unknown(finished.fixture, dated.event.side),
            "time": moment(dated.at),
            "period": period_word(period_of(finished, dated)),
            "player_id": player_or_unknown(dated.event.player()),
            "type": dated.event.kind.as_str(),
        })
    };
    cards.map(card).collect()
}

/// The players who were on the field: those who start, but for a change before kick-off, and those who come on.
fn have_played<'a>(finished: &FinishedMatch<'a>) -> HashSet<&'a str> {
    let starters = Side::ALL.iter().flat_map(|side| &finished.fixture.team(*side).players).filter(|it| it.starts);
    let mut played: HashSet<&str> = starters.map(|player| player.id.as_str()).collect();
    for DatedEvent { event, .. } in &finished.events {
        let player = |field| event.details.player(field).map(|id| id.as_str());
        match event.kind {
            EventType::Substitution => {
                if event.clock.status == Status::Scheduled
                    && let Some(out) = player(Field::Out)
                {
                    played.remove(out);
                }
                played.extend(player(Field::In));
            }
            EventType::PlayerOn => played.extend(player(Field::Player)),
            _ => {}
        }
    }
    played
}

fn sheet_team(team: &Team, played: &HashSet<&str>) -> Value {
    let player = |player: &Player| {
        let (position_group, position) = position(player.position.as_deref());
        without_absent(json!({
            "id": player.id.as_str(),
            "first_name": "",
            "last_name": &*player.name,
            "short_name": &*player.name,
            "team_id": team.id.as_str(),
            "jersey_number": player.number.map_or(NO_NUMBER, i32::from),
            "is_starter": player.starts,
            "has_played": played.contains(player.id.as_str()),
            "position_group": position_group,
            "position": position,
            "is_captain": player.captain.then_some(true),
        }))
    };
    let coach = team.coach.as_ref().map(|coach| {
        let id = coach.id.as_ref().map_or(UNKNOWN, |id| id.as_str());
        json!([{ "id": id, "first_name": "", "last_name": &*coach.name, "short_name": &*coach.name }])
    });
    without_absent(json!({
        "id": team.id.as_str(),
        "short_name": &*team.short,
        "formation": team.formation.as_deref().filter(|formation| is_formation(formation)),
        "players": team.players.iter().map(player).collect::<Vec<_>>(),
        "coaches": coach,
    }))
}
