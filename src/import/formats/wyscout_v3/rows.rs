//! The rows of an events file, as they stand there. Any value may be `null`.

use serde::Deserialize;
use serde_json::Value;

/// The file of a match.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct EventsFile {
    pub events: Option<Vec<MatchRow>>,
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

/// An event.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct MatchRow {
    pub id: Option<u64>,
    pub match_id: Option<u64>,
    pub match_period: Option<String>,
    pub minute: Option<u32>,
    pub second: Option<u32>,
    /// `00:45:00.945`, the match clock.
    pub match_timestamp: Option<String>,
    pub related_event_id: Option<u64>,
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
    id: Option<u64>,
    pub name: Option<String>,
    pub position: Option<String>,
}

/// Percentages of the field.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Location {
    x: Option<f64>,
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
    pub xg: Option<f64>,
    /// The row of the goalkeeper.
    pub goalkeeper_action_id: Option<u64>,
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
    pub related_duel_id: Option<u64>,
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

impl MatchRow {
    pub fn primary(&self) -> &str {
        self.kind.as_ref().and_then(|kind| kind.primary.as_deref()).unwrap_or_default()
    }

    /// Whether it has a secondary type.
    pub fn has(&self, word: &str) -> bool {
        let secondary = self.kind.as_ref().and_then(|kind| kind.secondary.as_ref());
        secondary.is_some_and(|words| words.iter().flatten().any(|known| known == word))
    }

    pub fn team_id(&self) -> Option<u64> {
        self.team.as_ref().and_then(Named::id)
    }

    pub fn player_id(&self) -> Option<u64> {
        self.player.as_ref().and_then(Named::id)
    }

    pub fn is_goal(&self) -> bool {
        self.has("goal") || self.shot.as_ref().and_then(|shot| shot.is_goal) == Some(true)
    }
}

impl Named {
    /// 0 stands for an unknown one.
    pub fn id(&self) -> Option<u64> {
        self.id.filter(|id| *id > 0)
    }
}

impl Location {
    pub fn xy(self) -> Option<(f64, f64)> {
        self.x.zip(self.y)
    }
}
