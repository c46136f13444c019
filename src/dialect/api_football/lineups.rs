//! Line-ups.

use serde_json::{Value, json};

use super::envelope::ApiFootballError;
use super::fixture::team;
use super::parameters::Parameters;
use crate::dialect::document::{MatchMoment, Moment, NumericIds, line_of};
use crate::football::{Player, Side, Team};

/// `/fixtures/lineups`.
pub(super) fn of_fixture(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    parameters.of_teams(moment, lineups)
}

/// The line-ups that are known.
pub(super) fn lineups(of: &MatchMoment<'_>) -> Vec<(Side, Value)> {
    let known = Side::ALL.iter().copied().filter(|side| of.has_lineup(*side));
    known.map(|side| (side, lineup(of, side))).collect()
}

fn lineup(of: &MatchMoment<'_>, side: Side) -> Value {
    let sheet = of.team(side);
    let starters: Vec<&Player> = sheet.players.iter().filter(|player| player.starts).collect();
    let grid = grid(sheet, &starters);
    let entry = |player: &Player, grid: Option<&String>| {
        json!({ "player": {
            "id": NumericIds::within(sheet.id.as_str(), player.id.as_str()),
            "name": &*player.name,
            "number": player.number,
            "pos": player.position.as_deref().map(line_of),
            "grid": grid,
        }})
    };
    let start_xi: Vec<Value> =
        starters.iter().enumerate().map(|(place, player)| entry(player, grid.get(place))).collect();
    let substitutes: Vec<Value> =
        sheet.players.iter().filter(|player| !player.starts).map(|player| entry(player, None)).collect();
    let coach = sheet.coach.as_ref();
    let coach_id = coach.map(|coach| coach.id.as_ref().map_or(&*coach.name, |id| id.as_str()));
    let mut named = team(of, side);
    named["colors"] = colours(sheet);
    json!({
        "team": named,
        "formation": sheet.formation.as_deref(),
        "startXI": start_xi,
        "substitutes": substitutes,
        "coach": {
            "id": coach_id.map(|id| NumericIds::within(sheet.id.as_str(), id)),
            "name": coach.map(|coach| &*coach.name),
            "photo": null,
        },
    })
}

/// The shirt and its number in the team's colours, and the goalkeeper's the other way round, for a scenario does not say.
/// Without colours `null`.
fn colours(sheet: &Team) -> Value {
    let hex = |place: usize| sheet.colours.get(place).map(|colour| colour.trim_start_matches('#').to_owned());
    let Some(shirt) = hex(0) else { return Value::Null };
    let number = hex(1).unwrap_or_else(|| if shirt == "ffffff" { "000000" } else { "ffffff" }.to_owned());
    let kit = |primary: &str, number: &str| json!({ "primary": primary, "number": number, "border": primary });
    json!({ "player": kit(&shirt, &number), "goalkeeper": kit(&number, &shirt) })
}

/// Row and place of each starter on a pitch seen from the goal: the goalkeeper, then the rows of the formation in the order of the
/// sheet. Empty unless the formation has as many players as the sheet.
fn grid(sheet: &Team, starters: &[&Player]) -> Vec<String> {
    let rows = sheet.formation.as_deref().unwrap_or_default().split('-').map(|row| row.trim().parse::<usize>().ok());
    let Some(rows) = rows.collect::<Option<Vec<usize>>>() else { return Vec::new() };
    let first = starters.first().is_some_and(|player| player.is_goalkeeper());
    if !first || rows.iter().fold(1_usize, |sum, row| sum.saturating_add(*row)) != starters.len() {
        return Vec::new();
    }
    let places = std::iter::once(1).chain(rows).enumerate();
    places.flat_map(|(row, count)| (1..=count).map(move |place| format!("{}:{place}", row + 1))).collect()
}
