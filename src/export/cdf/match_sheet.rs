//! `match.json`: the result, line-ups, goals, substitutions and cards.

use std::collections::HashSet;

use serde::Serialize;

use super::json_text::moment;
use super::line_up_words::{is_formation, position};
use super::meta_data::{SheetOfficial, officials};
use super::wall_clock::period_word;
use super::{DatedEvent, FinishedMatch, NO_NUMBER, UNKNOWN};
use crate::football::{EventType, Field, Match, Period, Player, PlayerId, Score, Side, Status, Team};

#[derive(Serialize)]
struct MatchSheet<'a> {
    r#match: SheetMatch<'a>,
    teams: SheetTeams<'a>,
    officials: Vec<SheetOfficial<'a>>,
    events: SheetEvents<'a>,
    meta: SheetVendor,
}

#[derive(Serialize)]
struct SheetVendor {
    vendor: &'static str,
}

#[derive(Serialize)]
struct SheetMatch<'a> {
    id: &'a str,
    status: SheetStatus,
    result: SheetResult<'a>,
}

#[derive(Serialize)]
struct SheetStatus {
    is_neutral: bool,
    has_extratime: bool,
    has_shootout: bool,
}

#[derive(Serialize)]
struct SheetResult<'a> {
    r#final: FinalScore<'a>,
    first_half: ScorePair,
    second_half: ScorePair,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_half_extratime: Option<ScorePair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    second_half_extratime: Option<ScorePair>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shootout: Option<ScorePair>,
}

#[derive(Serialize)]
struct FinalScore<'a> {
    home: u16,
    away: u16,
    winning_team_id: Option<&'a str>,
}

#[derive(Serialize)]
struct ScorePair {
    home: u16,
    away: u16,
}

#[derive(Serialize)]
struct SheetTeams<'a> {
    home: SheetTeam<'a>,
    away: SheetTeam<'a>,
}

#[derive(Serialize)]
struct SheetTeam<'a> {
    id: &'a str,
    short_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    formation: Option<&'a str>,
    players: Vec<SheetPlayer<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    coaches: Vec<SheetCoach<'a>>,
}

#[derive(Serialize)]
struct SheetPlayer<'a> {
    id: &'a str,
    first_name: &'static str,
    last_name: &'a str,
    short_name: &'a str,
    team_id: &'a str,
    jersey_number: i32,
    is_starter: bool,
    has_played: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    position_group: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    is_captain: Option<bool>,
}

#[derive(Serialize)]
struct SheetCoach<'a> {
    id: &'a str,
    first_name: &'static str,
    last_name: &'a str,
    short_name: &'a str,
}

/// The lists are `null` where they are empty.
#[derive(Serialize)]
struct SheetEvents<'a> {
    goals: Option<Vec<SheetGoal<'a>>>,
    substitutions: Option<Vec<SheetSubstitution<'a>>>,
    cards: Option<Vec<SheetCard<'a>>>,
}

#[derive(Serialize)]
struct SheetGoal<'a> {
    time: String,
    period: &'static str,
    team_id: &'a str,
    player_id: &'a str,
    assist_id: Option<&'a str>,
    is_own_goal: bool,
    is_penalty: bool,
    score: ScorePair,
}

#[derive(Serialize)]
struct SheetSubstitution<'a> {
    team_id: &'a str,
    in_time: String,
    in_player_id: &'a str,
    out_time: String,
    out_player_id: &'a str,
    period: &'static str,
}

#[derive(Serialize)]
struct SheetCard<'a> {
    team_id: &'a str,
    time: String,
    period: &'static str,
    player_id: &'a str,
    r#type: &'static str,
}

pub(super) fn write(finished: &FinishedMatch<'_>) -> String {
    let FinishedMatch { fixture, wall, .. } = finished;
    let played = have_played(finished);
    let team = |side| sheet_team(fixture.team(side), &played);
    let sheet = MatchSheet {
        r#match: SheetMatch {
            id: fixture.id.as_str(),
            status: SheetStatus {
                is_neutral: false,
                has_extratime: wall.has_extra_time(),
                has_shootout: wall.has_shootout(),
            },
            result: result(finished),
        },
        teams: SheetTeams { home: team(Side::Home), away: team(Side::Away) },
        officials: officials(fixture),
        events: SheetEvents {
            goals: unless_empty(goals(finished)),
            substitutions: unless_empty(substitutions(finished)),
            cards: unless_empty(cards(finished)),
        },
        meta: SheetVendor { vendor: "touchline" },
    };
    let mut text = serde_json::to_string_pretty(&sheet).unwrap_or_default();
    text.push('\n');
    text
}

fn unless_empty<T>(list: Vec<T>) -> Option<Vec<T>> {
    Some(list).filter(|list| !list.is_empty())
}

fn pair(score: Score) -> ScorePair {
    ScorePair { home: score.home, away: score.away }
}

/// The final score is that of an award, if there is one; the others are those played.
fn result<'a>(finished: &FinishedMatch<'a>) -> SheetResult<'a> {
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
    SheetResult {
        r#final: FinalScore {
            home: score.home,
            away: score.away,
            winning_team_id: winner.map(|side| fixture.team(side).id.as_str()),
        },
        first_half: until(Period::First),
        second_half: until(Period::Second),
        first_half_extratime: extra.then(|| until(Period::ExtraFirst)),
        second_half_extratime: extra.then(|| until(Period::ExtraSecond)),
        shootout: wall.has_shootout().then(|| pair(shootout.unwrap_or_default())),
    }
}

fn period_of(finished: &FinishedMatch<'_>, dated: &DatedEvent<'_>) -> Period {
    finished.wall.period_of(dated.event.clock, dated.at)
}

/// The goals, each with the side that it counts for.
fn goals_in_order<'b, 'a>(finished: &'b FinishedMatch<'a>) -> impl Iterator<Item = (&'b DatedEvent<'a>, Side)> {
    let goals = finished.events.iter().filter(|dated| dated.event.kind == EventType::Goal);
    goals.filter_map(|dated| Some((dated, dated.event.side?)))
}

fn goals<'a>(finished: &FinishedMatch<'a>) -> Vec<SheetGoal<'a>> {
    let mut score = Score::default();
    let mut goals = Vec::new();
    for (dated, side) in goals_in_order(finished) {
        let DatedEvent { event, at } = *dated;
        score.add_goal(side);
        goals.push(SheetGoal {
            time: moment(at),
            period: period_word(period_of(finished, dated)),
            team_id: finished.fixture.team(side).id.as_str(),
            player_id: player_or_unknown(event.player()),
            assist_id: event.details.player(Field::Assist).map(|id| id.as_str()),
            is_own_goal: event.is_own_goal(),
            is_penalty: event.details.text(Field::Situation) == Some("penalty"),
            score: pair(score),
        });
    }
    goals
}

fn player_or_unknown(player: Option<&PlayerId>) -> &str {
    player.map_or(UNKNOWN, |id| id.as_str())
}

fn team_or_unknown(fixture: &Match, side: Option<Side>) -> &str {
    side.map_or(UNKNOWN, |side| fixture.team(side).id.as_str())
}

fn substitutions<'a>(finished: &FinishedMatch<'a>) -> Vec<SheetSubstitution<'a>> {
    let of_type = finished.events.iter().filter(|dated| dated.event.kind == EventType::Substitution);
    let substitution = |dated: &DatedEvent<'a>| {
        let DatedEvent { event, at } = *dated;
        // The list has no shoot-out: a change there has the last period before it.
        let period = match period_of(finished, dated) {
            Period::Shootout if finished.wall.has_extra_time() => Period::ExtraSecond,
            Period::Shootout => Period::Second,
            period => period,
        };
        SheetSubstitution {
            team_id: team_or_unknown(finished.fixture, event.side),
            in_time: moment(at),
            in_player_id: player_or_unknown(event.details.player(Field::In)),
            out_time: moment(at),
            out_player_id: player_or_unknown(event.details.player(Field::Out)),
            period: period_word(period),
        }
    };
    of_type.map(substitution).collect()
}

fn cards<'a>(finished: &FinishedMatch<'a>) -> Vec<SheetCard<'a>> {
    let cards = finished.events.iter().filter_map(|dated| {
        let r#type = match dated.event.kind {
            EventType::YellowCard => "yellow_card",
            EventType::SecondYellowCard => "second_yellow_card",
            EventType::RedCard => "red_card",
            _ => return None,
        };
        Some(SheetCard {
            team_id: team_or_unknown(finished.fixture, dated.event.side),
            time: moment(dated.at),
            period: period_word(period_of(finished, dated)),
            player_id: player_or_unknown(dated.event.player()),
            r#type,
        })
    });
    cards.collect()
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

fn sheet_team<'a>(team: &'a Team, played: &HashSet<&str>) -> SheetTeam<'a> {
    let player = |player: &'a Player| {
        let (position_group, position) = position(player.position.as_deref());
        SheetPlayer {
            id: player.id.as_str(),
            first_name: "",
            last_name: &player.name,
            short_name: &player.name,
            team_id: team.id.as_str(),
            jersey_number: player.number.map_or(NO_NUMBER, i32::from),
            is_starter: player.starts,
            has_played: played.contains(player.id.as_str()),
            position_group,
            position,
            is_captain: player.captain.then_some(true),
        }
    };
    let coach = team.coach.as_ref().map(|coach| SheetCoach {
        id: coach.id.as_ref().map_or(UNKNOWN, |id| id.as_str()),
        first_name: "",
        last_name: &coach.name,
        short_name: &coach.name,
    });
    SheetTeam {
        id: team.id.as_str(),
        short_name: &team.short,
        formation: team.formation.as_deref().filter(|formation| is_formation(formation)),
        players: team.players.iter().map(player).collect(),
        coaches: coach.into_iter().collect(),
    }
}
