//! Players of a match with their counts.

use serde_json::{Value, json};

use super::envelope::ApiFootballError;
use super::fixture::team;
use super::parameters::Parameters;
use crate::dialect::document::{MatchMoment, Moment, NumericIds, line_of};
use crate::football::Side;

/// `/fixtures/players`.
pub(super) fn of_fixture(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    parameters.of_teams(moment, people)
}

/// The players of both teams; none before the match. Only what a scenario counts of a player has a value.
pub(super) fn people(of: &MatchMoment<'_>) -> Vec<(Side, Value)> {
    let sides = Side::ALL.iter().copied().filter(|side| of.has_begun() && of.has_lineup(*side));
    sides.map(|side| (side, json!({ "team": team(of, side), "players": players(of, side) }))).collect()
}

fn players(of: &MatchMoment<'_>, side: Side) -> Vec<Value> {
    let team = of.team(side);
    let player = |(player, _, tally): (&crate::football::Player, _, &crate::football::Tally)| {
        let goals = Some(tally.goals).filter(|goals| *goals > 0);
        let statistics = json!({
            "games": {
                "minutes": null,
                "number": player.number,
                "position": player.position.as_deref().map(line_of),
                "rating": null,
                "captain": player.captain,
                "substitute": !player.starts,
            },
            "offsides": null,
            "shots": { "total": null, "on": null },
            "goals": { "total": goals, "conceded": null, "assists": null, "saves": null },
            "passes": { "total": null, "key": null, "accuracy": null },
            "tackles": { "total": null, "blocks": null, "interceptions": null },
            "duels": { "total": null, "won": null },
            "dribbles": { "attempts": null, "success": null, "past": null },
            "fouls": { "drawn": null, "committed": null },
            "cards": { "yellow": tally.yellow_cards, "red": i32::from(tally.is_sent_off()) },
            "penalty": { "won": null, "commited": null, "scored": null, "missed": null, "saved": null },
        });
        let id = NumericIds::within(team.id.as_str(), player.id.as_str());
        json!({
            "player": { "id": id, "name": &*player.name, "photo": null },
            "statistics": [statistics],
        })
    };
    of.state.players(side).map(player).collect()
}
