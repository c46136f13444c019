//! The rows of an events file, as they stand there. Any value may be `null`.

use std::hash::Hash;

use serde::Deserialize;
use serde_json::Value;

use crate::import::wyscout::mapping::WyscoutRow;
use crate::import::wyscout::values::{number, read_number, read_optional};

/// The file of a match.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventsFile {
    pub events: Option<Vec<WyscoutV3Row>>,
    pub elements: Option<Vec<EventsFile>>,
    /// The related blocks. An empty one may be a list.
    #[serde(rename = "match")]
    pub match_data: Value,
    pub teams: Value,
    pub players: Value,
    pub formations: Value,
    pub substitutions: Value,
    pub coaches: Value,
    pub referees: Value,
}

/// An event. Ids are 0 if unknown.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct WyscoutV3Row {
    #[serde(deserialize_with = "read_number")]
    pub id: u64,
    #[serde(deserialize_with = "read_number")]
    pub match_id: u64,
    pub match_period: Option<String>,
    #[serde(deserialize_with = "read_optional")]
    pub minute: Option<u32>,
    #[serde(deserialize_with = "read_number")]
    pub second: u32,
    /// `00:45:00.945`, the match clock.
    pub match_timestamp: Option<String>,
    #[serde(rename = "type")]
    kind: Option<RowType>,
    pub location: Option<Location>,
    pub team: Option<Named>,
    pub player: Option<Named>,
    pub pass: Option<PassRow>,
    pub shot: Option<ShotRow>,
    pub ground_duel: Option<DuelRow>,
    pub aerial_duel: Option<DuelRow>,
    pub infraction: Option<InfractionRow>,
    pub carry: Option<CarryRow>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RowType {
    primary: Option<String>,
    secondary: Option<Vec<Option<String>>>,
}

/// A team or player.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Named {
    /// 0 if unknown.
    #[serde(deserialize_with = "read_number")]
    pub id: u64,
    pub name: Option<String>,
    pub position: Option<String>,
}

/// Percentages of the field.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Location {
    #[serde(deserialize_with = "read_optional")]
    x: Option<f64>,
    #[serde(deserialize_with = "read_optional")]
    y: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct PassRow {
    pub accurate: Option<bool>,
    pub recipient: Option<Named>,
    pub end_location: Option<Location>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct ShotRow {
    pub body_part: Option<String>,
    pub is_goal: Option<bool>,
    pub on_target: Option<bool>,
    pub goal_zone: Option<String>,
    #[serde(deserialize_with = "read_optional")]
    pub xg: Option<f64>,
    /// The row of the goalkeeper, 0 if unknown.
    #[serde(deserialize_with = "read_number")]
    pub goalkeeper_action_id: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct DuelRow {
    pub opponent: Option<Named>,
    pub duel_type: Option<String>,
    pub progressed_with_ball: Option<bool>,
    pub stopped_progress: Option<bool>,
    pub recovered_possession: Option<bool>,
    pub first_touch: Option<bool>,
    /// The other row, 0 if unknown.
    #[serde(deserialize_with = "read_number")]
    pub related_duel_id: u64,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct InfractionRow {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub yellow_card: Option<bool>,
    pub red_card: Option<bool>,
    pub opponent: Option<Named>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct CarryRow {
    pub end_location: Option<Location>,
}

impl WyscoutV3Row {
    pub fn primary(&self) -> &str {
        self.kind.as_ref().and_then(|kind| kind.primary.as_deref()).unwrap_or_default()
    }

    /// Whether it has a secondary type.
    pub fn has(&self, word: &str) -> bool {
        let secondary = self.kind.as_ref().and_then(|kind| kind.secondary.as_ref());
        secondary.is_some_and(|words| words.iter().flatten().any(|known| known == word))
    }

    pub fn is_goal(&self) -> bool {
        self.has("goal") || self.shot.as_ref().and_then(|shot| shot.is_goal) == Some(true)
    }

    /// The player who was fouled.
    pub fn fouled(&self) -> u64 {
        id_of(self.infraction.as_ref().and_then(|infraction| infraction.opponent.as_ref()))
    }

    /// What tells it from other rows of its id. `None` without an id.
    pub fn identity(&self) -> Option<impl Hash + Eq + use<>> {
        let place = self.place().map(|(x, y)| (x.to_bits(), y.to_bits()));
        let time = (self.match_period.clone(), self.match_timestamp.clone(), self.minute, self.second);
        let of_row = (self.id, time, self.primary().to_owned(), self.team_id(), self.player_id(), place);
        (self.id > 0).then_some(of_row)
    }
}

impl WyscoutRow for WyscoutV3Row {
    fn id(&self) -> u64 {
        self.id
    }

    fn team_id(&self) -> u64 {
        id_of(self.team.as_ref())
    }

    fn player_id(&self) -> u64 {
        id_of(self.player.as_ref())
    }

    fn place(&self) -> Option<(f64, f64)> {
        self.location.and_then(Location::xy)
    }

    fn is_pass(&self) -> bool {
        self.primary() == "pass"
    }

    fn is_assist(&self) -> bool {
        self.has("assist")
    }

    fn attempt_suffix(&self) -> Option<&'static str> {
        self.shot.as_ref().map(|_| if self.is_corner() { "-shot" } else { "" })
    }

    fn is_foul(&self) -> bool {
        self.primary() == "infraction" && self.has("foul")
    }

    fn is_set_piece(&self) -> bool {
        matches!(self.primary(), "free_kick" | "throw_in" | "goal_kick" | "corner" | "penalty")
    }

    fn is_corner(&self) -> bool {
        self.primary() == "corner"
    }

    fn stops_play(&self) -> bool {
        matches!(self.primary(), "game_interruption" | "infraction" | "offside" | "own_goal") || self.is_goal()
    }
}

pub fn id_of(named: Option<&Named>) -> u64 {
    named.map_or(0, |named| named.id)
}

impl Location {
    pub fn xy(self) -> Option<(f64, f64)> {
        self.x.zip(self.y)
    }
}
/// All players of a block of substitutions.
pub fn changed_players(block: &Value) -> impl Iterator<Item = u64> {
    let moments = block.as_object().into_iter().flatten().flat_map(|(_, moments)| moments.as_object());
    moments.flatten().flat_map(|(_, lists)| [listed_players(&lists["in"]), listed_players(&lists["out"])].concat())
}

/// The ids of a list of players.
pub fn listed_players(list: &Value) -> Vec<u64> {
    let players = list.as_array().into_iter().flatten();
    players.filter_map(|player| number(&player["playerId"])).filter(|id| *id > 0).collect()
}
