//! Statistics of the teams.

use serde_json::{Value, json};

use super::envelope::ApiFootballError;
use super::fixture::team;
use super::parameters::Parameters;
use crate::dialect::document::{MatchMoment, Moment};
use crate::football::Side;

/// `/fixtures/statistics`.
pub(super) fn of_fixture(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    let mut chosen = parameters.of_teams(moment, statistics)?;
    if let Some(kind) = parameters.text("type") {
        for rows in chosen.iter_mut().filter_map(|of_team| of_team["statistics"].as_array_mut()) {
            rows.retain(|row| row["type"].as_str().is_some_and(|own| own.eq_ignore_ascii_case(kind)));
        }
    }
    Ok(chosen)
}

/// The statistics of both teams; none before the match.
pub(super) fn statistics(of: &MatchMoment<'_>) -> Vec<(Side, Value)> {
    let sides = Side::ALL.iter().copied().filter(|_| of.has_begun());
    sides.map(|side| (side, json!({ "team": team(of, side), "statistics": rows(of, side) }))).collect()
}

fn rows(of: &MatchMoment<'_>, side: Side) -> Vec<Value> {
    let (counts, passing, xg) = (of.state.statistics(side), of.state.passing(side), of.state.xg(side));
    // What has not happened is null, not 0.
    let count = |count: u32| if count == 0 { Value::Null } else { json!(count) };
    let percent = |percent: u32| json!(format!("{percent}%"));
    let accurate =
        passing.and_then(|passing| (100 * passing.completed + passing.passes / 2).checked_div(passing.passes));
    [
        ("Shots on Goal", count(counts.shots_on_target)),
        ("Shots off Goal", count(counts.shots_off_target)),
        ("Total Shots", count(counts.shots)),
        ("Blocked Shots", count(counts.shots_blocked)),
        ("Shots insidebox", Value::Null),
        ("Shots outsidebox", Value::Null),
        ("Fouls", count(counts.fouls)),
        ("Corner Kicks", count(counts.corners)),
        ("Offsides", count(counts.offsides)),
        ("Ball Possession", passing.map_or(Value::Null, |passing| percent(passing.possession.into()))),
        ("Yellow Cards", count(counts.yellow_cards)),
        ("Red Cards", count(counts.red_cards)),
        ("Goalkeeper Saves", count(counts.saves)),
        ("Total passes", passing.map_or(Value::Null, |passing| json!(passing.passes))),
        ("Passes accurate", passing.map_or(Value::Null, |passing| json!(passing.completed))),
        ("Passes %", accurate.map_or(Value::Null, percent)),
        ("expected_goals", xg.map_or(Value::Null, |xg| json!(format!("{xg:.2}")))),
        ("goals_prevented", Value::Null),
    ]
    .into_iter()
    .map(|(name, value)| json!({ "type": name, "value": value }))
    .collect()
}
