//! What is known of matches beside their events: `matches_*.json`, `players.json` and `teams.json`.

use std::collections::HashMap;

use serde_json::Value;

use super::rows::{PlayerRecord, TeamRecord};
use crate::football::{Score, UtcMillis};
use crate::import::draft::RecordedResult;
use crate::import::{Document, ImportError};

/// All match data of a run.
#[derive(Debug, Default)]
pub struct MatchDataset {
    matches: HashMap<u64, MatchRecord>,
    pub players: HashMap<u64, PlayerRecord>,
    pub teams: HashMap<u64, TeamRecord>,
}

/// A match.
#[derive(Debug)]
pub struct MatchRecord {
    pub kickoff: Option<UtcMillis>,
    pub competition_id: Option<u64>,
    pub round: Option<u64>,
    pub venue: Option<String>,
    /// Home, away.
    pub teams: [TeamData; 2],
    /// `Regular`, `ExtraTime` or `Penalties`.
    duration: String,
}

/// A side of a match.
#[derive(Debug, Default)]
pub struct TeamData {
    pub id: u64,
    pub lineup: Vec<u64>,
    pub bench: Vec<u64>,
    pub substitutions: Vec<SubstitutionRecord>,
    /// After 90 minutes, after extra time, in the shoot-out.
    goals: [u16; 3],
}

/// A substitution, as the record has it.
#[derive(Debug, Clone, Copy)]
pub struct SubstitutionRecord {
    pub player_in: u64,
    pub player_out: u64,
    /// Counted from 1.
    pub minute: u16,
}

impl MatchDataset {
    pub fn add(&mut self, document: &Document) -> Result<(), ImportError> {
        let items = match document.json()? {
            Value::Array(items) => items,
            other => vec![other],
        };
        for (index, item) in items.into_iter().enumerate() {
            let failed = |message: String| ImportError::new(document, format!("[{index}]: {message}"));
            let Some(id) = item["wyId"].as_u64() else {
                return Err(failed("an object without \"wyId\"".to_owned()));
            };
            if item.get("teamsData").is_some() {
                self.matches.insert(id, read_match(&item).map_err(failed)?);
            } else if item.get("officialName").is_some() {
                self.teams.insert(id, serde_json::from_value(item).map_err(|error| failed(error.to_string()))?);
            } else if item.get("shortName").is_some() || item.get("lastName").is_some() {
                self.players.insert(id, serde_json::from_value(item).map_err(|error| failed(error.to_string()))?);
            }
        }
        Ok(())
    }

    pub fn find_match(&self, id: u64) -> Option<&MatchRecord> {
        self.matches.get(&id)
    }
}

impl MatchRecord {
    /// The result that the events have to give. `score` is that after 90 minutes, whatever followed.
    pub fn result(&self) -> RecordedResult {
        let [home, away] = &self.teams;
        let after = usize::from(self.duration != "Regular");
        let score = |at: usize| Score { home: home.goals[at], away: away.goals[at] };
        RecordedResult { score: score(after), shootout: (self.duration == "Penalties").then(|| score(2)) }
    }
}

fn read_match(item: &Value) -> Result<MatchRecord, String> {
    let teams = item["teamsData"].as_object().ok_or("\"teamsData\" is no object")?;
    let of_side = |side: &str| {
        let data = teams.values().find(|team| team["side"] == side);
        data.map(read_team).ok_or_else(|| format!("no team with \"side\":{side:?} in \"teamsData\""))
    };
    let text = |name: &str| item[name].as_str().map(str::to_owned).filter(|text| !text.is_empty());
    Ok(MatchRecord {
        kickoff: item["dateutc"].as_str().and_then(parse_utc),
        competition_id: item["competitionId"].as_u64(),
        round: item["gameweek"].as_u64().filter(|round| *round > 0),
        venue: text("venue"),
        teams: [of_side("home")?, of_side("away")?],
        duration: text("duration").unwrap_or_else(|| "Regular".to_owned()),
    })
}

/// `2018-04-22 18:45:00`, in UTC.
fn parse_utc(text: &str) -> Option<UtcMillis> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(UtcMillis(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

fn read_team(team: &Value) -> TeamData {
    let formation = &team["formation"];
    let ids = |list: &str| {
        let players = formation[list].as_array().into_iter().flatten();
        players.filter_map(|player| number(&player["playerId"])).filter(|id| *id > 0).collect()
    };
    // Where there were no substitutions, some matches have the text "null".
    let substitutions = formation["substitutions"].as_array().into_iter().flatten().filter_map(|change| {
        Some(SubstitutionRecord {
            player_in: number(&change["playerIn"])?,
            player_out: number(&change["playerOut"])?,
            minute: u16::try_from(number(&change["minute"])?).ok()?,
        })
    });
    let goals = |name: &str| number(&team[name]).and_then(|goals| u16::try_from(goals).ok()).unwrap_or(0);
    TeamData {
        id: number(&team["teamId"]).unwrap_or(0),
        lineup: ids("lineup"),
        bench: ids("bench"),
        substitutions: substitutions.collect(),
        goals: [goals("score"), goals("scoreET"), goals("scoreP")],
    }
}

/// A number, which may be written as a text.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
