//! The rows of an events file, as they stand there. `null` is the same as a missing field.

use serde::Deserialize;

/// An event of StatsBomb.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StatsBombRow {
    pub id: Option<String>,
    /// The order of the rows, counted from 1.
    pub index: Option<u64>,
    /// Open data have it in the name of the file only; other exports repeat it here.
    pub match_id: Option<u64>,
    pub period: Option<u64>,
    /// Since the period began: `00:18:11.954`.
    pub timestamp: Option<String>,
    /// The match clock, which runs on through the match.
    pub minute: Option<u32>,
    pub second: Option<u32>,
    #[serde(rename = "type")]
    pub kind: Option<NamedId>,
    pub team: Option<NamedId>,
    pub player: Option<NamedId>,
    pub position: Option<NamedId>,
    pub location: Option<Coordinates>,
    pub related_events: Option<Vec<Option<String>>>,
    /// The ball left the field.
    pub out: Option<bool>,
    pub tactics: Option<Tactics>,
    pub pass: Option<Box<RowDetail>>,
    pub shot: Option<Box<RowDetail>>,
    pub carry: Option<Box<RowDetail>>,
    pub dribble: Option<Box<RowDetail>>,
    pub duel: Option<Box<RowDetail>>,
    #[serde(rename = "50_50")]
    pub fifty_fifty: Option<Box<RowDetail>>,
    pub interception: Option<Box<RowDetail>>,
    pub ball_receipt: Option<Box<RowDetail>>,
    pub goalkeeper: Option<Box<RowDetail>>,
    pub foul_committed: Option<Box<RowDetail>>,
    pub foul_won: Option<Box<RowDetail>>,
    pub bad_behaviour: Option<Box<RowDetail>>,
    pub substitution: Option<Box<RowDetail>>,
}

impl StatsBombRow {
    /// The number of its type; 0 if it has none.
    pub fn kind(&self) -> u64 {
        self.kind.as_ref().and_then(|kind| kind.id).unwrap_or(0)
    }

    pub fn team_id(&self) -> Option<u64> {
        self.team.as_ref()?.id
    }

    pub fn player_id(&self) -> Option<u64> {
        self.player.as_ref()?.id
    }

    /// The ids of the rows that belong to the same action.
    pub fn related(&self) -> impl Iterator<Item = &str> {
        self.related_events.iter().flatten().filter_map(Option::as_deref)
    }
}

/// What a row says beside its type, whatever its type. Each type uses some of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RowDetail {
    #[serde(rename = "type")]
    pub kind: Option<NamedId>,
    pub outcome: Option<NamedId>,
    pub body_part: Option<NamedId>,
    pub card: Option<NamedId>,
    pub recipient: Option<NamedId>,
    /// The player who comes on.
    pub replacement: Option<NamedId>,
    pub end_location: Option<Coordinates>,
    pub cross: Option<bool>,
    pub shot_assist: Option<bool>,
    pub goal_assist: Option<bool>,
    pub penalty: Option<bool>,
    /// The pass before a shot.
    pub key_pass_id: Option<String>,
    pub statsbomb_xg: Option<f64>,
}

impl RowDetail {
    /// The name of its type, `""` if it has none.
    pub fn kind(&self) -> &str {
        name_of(self.kind.as_ref())
    }

    /// The name of its outcome, `""` if it has none.
    pub fn outcome(&self) -> &str {
        name_of(self.outcome.as_ref())
    }
}

/// A team, a player or a word of the vocabulary.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct NamedId {
    pub id: Option<u64>,
    pub name: Option<String>,
}

/// The name of something, `""` if it is not known.
pub fn name_of(named: Option<&NamedId>) -> &str {
    named.and_then(|named| named.name.as_deref()).unwrap_or_default()
}

/// A place in yards: x, y and, at the ends of shots, the height. Some places are `[null, null]`.
#[derive(Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Coordinates(Vec<Option<f64>>);

impl Coordinates {
    pub fn xy(&self) -> Option<(f64, f64)> {
        Some(((*self.0.first()?)?, (*self.0.get(1)?)?))
    }
}

/// The formation and the places of the players in it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Tactics {
    /// 4231 stands for 4-2-3-1.
    pub formation: Option<u64>,
    pub lineup: Option<Vec<TacticalPlace>>,
}

impl Tactics {
    pub fn places(&self) -> &[TacticalPlace] {
        self.lineup.as_deref().unwrap_or_default()
    }

    /// The formation with hyphens.
    pub fn formation(&self) -> Option<String> {
        let digits = self.formation.filter(|formation| *formation > 0)?.to_string();
        Some(digits.chars().map(String::from).collect::<Vec<_>>().join("-"))
    }
}

/// A player in a formation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TacticalPlace {
    pub player: Option<NamedId>,
    pub position: Option<NamedId>,
    pub jersey_number: Option<u16>,
}

impl TacticalPlace {
    pub fn player_id(&self) -> Option<u64> {
        self.player.as_ref()?.id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_is_the_same_as_nothing() {
        let row = r#"{"id":null,"type":{"id":30,"name":null},"team":null,"location":[null,null],"related_events":[null],"pass":{"outcome":null,"end_location":[60.5,40,null]}}"#;
        let row: StatsBombRow = serde_json::from_str(row).expect("accepted");
        assert_eq!((row.kind(), row.team_id(), row.related().count()), (30, None, 0));
        assert_eq!(row.location.expect("accepted").xy(), None);
        let pass = row.pass.expect("accepted");
        assert_eq!(pass.outcome(), "");
        assert_eq!(pass.end_location.as_ref().and_then(Coordinates::xy), Some((60.5, 40.0)));
        assert_eq!(Coordinates(vec![Some(1.0)]).xy(), None);
    }

    #[test]
    fn a_formation_has_hyphens() {
        let tactics = |formation| Tactics { formation, lineup: None }.formation();
        assert_eq!(tactics(Some(4231)).as_deref(), Some("4-2-3-1"));
        assert_eq!(tactics(Some(0)), None);
        assert_eq!(tactics(None), None);
    }
}
