//! What is known of matches beside their events: `matches_*.json`, `players.json` and `teams.json`.

use std::collections::HashMap;

use serde_json::Value;

use super::rows::{NamedTeam, PlayerRecord};
use crate::import::document::in_json_words;
use crate::import::wyscout::match_record::MatchRecord;
use crate::import::wyscout::values::number;
use crate::import::{Document, ImportError};

/// All match data of a run.
#[derive(Debug, Default)]
pub struct MatchDataset {
    pub matches: HashMap<u64, MatchRecord>,
    pub players: HashMap<u64, PlayerRecord>,
    pub teams: HashMap<u64, NamedTeam>,
}

impl MatchDataset {
    pub fn add(&mut self, document: &Document) -> Result<(), ImportError> {
        let items = match document.json()? {
            Value::Array(items) => items,
            other => vec![other],
        };
        for (index, item) in items.into_iter().enumerate() {
            let failed = |message: String| ImportError::new(document, format!("[{index}]: {message}"));
            let Some(id) = number(&item["wyId"]) else {
                return Err(failed("an object without \"wyId\"".to_owned()));
            };
            if item.get("teamsData").is_some() {
                let record = MatchRecord::read(&item);
                if record.teams.is_none() {
                    return Err(failed("no teams with \"side\":\"home\" and \"away\" in \"teamsData\"".to_owned()));
                }
                self.matches.insert(id, record);
            } else if item.get("officialName").is_some() {
                self.teams.insert(
                    id,
                    serde_json::from_value(item).map_err(|error| failed(in_json_words(&error.to_string())))?,
                );
            } else if item.get("shortName").is_some() || item.get("lastName").is_some() {
                self.players.insert(
                    id,
                    serde_json::from_value(item).map_err(|error| failed(in_json_words(&error.to_string())))?,
                );
            }
        }
        Ok(())
    }
}
