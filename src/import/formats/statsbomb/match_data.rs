//! What is known of matches beside their events: line-ups (`lineups/15986.json`) and lists of matches (`matches/11/4.json`).

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::football::{Score, UtcMillis};
use crate::import::{Document, ImportError};

/// All match data of a run.
#[derive(Debug, Default)]
pub struct StatsBombDataset {
    matches: HashMap<u64, ListedMatch>,
    lineups: Vec<LineupDocument>,
}

/// A match of a list of matches.
#[derive(Debug)]
pub struct ListedMatch {
    /// Without a time zone, taken as UTC.
    pub kickoff: Option<UtcMillis>,
    /// The list has a time, not only a date.
    pub has_time: bool,
    pub competition: Option<String>,
    pub season: Option<String>,
    pub round: Option<String>,
    pub stadium: Option<String>,
    pub referee: Option<String>,
    /// Home, away.
    pub teams: [ListedTeam; 2],
    /// After extra time, if there was any; without the shoot-out.
    pub score: Option<Score>,
}

/// A side of a listed match.
#[derive(Debug, PartialEq, Eq)]
pub struct ListedTeam {
    pub id: u64,
    pub name: Option<String>,
    pub manager: Option<String>,
}

/// The line-ups of a match.
#[derive(Debug)]
pub struct LineupDocument {
    /// The id in the name of the document.
    match_id: Option<u64>,
    pub teams: Vec<LineupTeam>,
}

/// The line-up of a side: whoever played, and in newer files the bench.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LineupTeam {
    pub team_id: u64,
    pub team_name: Option<String>,
    lineup: Option<Vec<LineupPlayer>>,
}

/// A player of a line-up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LineupPlayer {
    pub player_id: u64,
    /// In full: `Lionel Andrés Messi Cuccittini`.
    pub player_name: Option<String>,
    /// As the player is known: `Lionel Messi`.
    pub player_nickname: Option<String>,
    pub jersey_number: Option<u16>,
    positions: Option<Vec<LineupPosition>>,
}

/// A position, and why the player took it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct LineupPosition {
    pub position: Option<String>,
    start_reason: Option<String>,
}

impl LineupTeam {
    pub fn players(&self) -> &[LineupPlayer] {
        self.lineup.as_deref().unwrap_or_default()
    }
}

impl LineupPlayer {
    /// The first position in the match.
    pub fn position(&self) -> Option<&str> {
        self.positions.as_ref()?.first()?.position.as_deref()
    }

    pub fn starts(&self) -> bool {
        let first = self.positions.as_ref().and_then(|positions| positions.first());
        first.is_some_and(|first| first.start_reason.as_deref() == Some("Starting XI"))
    }
}

impl StatsBombDataset {
    pub fn add(&mut self, document: &Document) -> Result<(), ImportError> {
        let items = match document.json()? {
            Value::Array(items) => items,
            other => vec![other],
        };
        let mut teams = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let failed = |message: String| ImportError::new(document, format!("[{index}]: {message}"));
            if item.get("lineup").is_some() {
                teams.push(serde_json::from_value(item).map_err(|error| failed(error.to_string()))?);
            } else if let Some(id) = item["match_id"].as_u64() {
                self.matches.insert(id, read_match(&item).map_err(failed)?);
            } else {
                return Err(failed("neither a match with \"match_id\" nor a team with \"lineup\"".to_owned()));
            }
        }
        if !teams.is_empty() {
            self.lineups.push(LineupDocument { match_id: find_id(document.stem()), teams });
        }
        Ok(())
    }

    /// The listed match of this id, or the only one of these teams where the id is not known.
    ///
    /// An error says that the match of this id has other teams.
    pub fn find_match(&self, id: Option<u64>, teams: &[u64]) -> Result<Option<&ListedMatch>, String> {
        let Some(id) = id else {
            return Ok(only(self.matches.values().filter(|listed| {
                let [home, away] = &listed.teams;
                same_teams(&[home.id, away.id], teams)
            })));
        };
        let Some(listed) = self.matches.get(&id) else { return Ok(None) };
        let [home, away] = &listed.teams;
        if !same_teams(&[home.id, away.id], teams) {
            return Err(format!(
                "the list of matches has teams {} and {} for match {id}, the events {teams:?}: mixed-up files, so the list is not used",
                home.id, away.id
            ));
        }
        Ok(Some(listed))
    }

    /// The line-ups of the match of this id, or the only ones of these teams where an id is not known.
    ///
    /// An error says that the line-ups of this id are of other teams.
    pub fn find_lineups(&self, id: Option<u64>, teams: &[u64]) -> Result<Option<&LineupDocument>, String> {
        let ids = |found: &LineupDocument| found.teams.iter().map(|team| team.team_id).collect::<Vec<_>>();
        let same_id = self.lineups.iter().find(|found| id.is_some() && found.match_id == id);
        if let Some(found) = same_id {
            if !same_teams(&ids(found), teams) {
                return Err(format!(
                    "the line-ups are of teams {:?}, the events of {teams:?}: mixed-up files of two matches, so the line-ups are \
                     not used",
                    ids(found)
                ));
            }
            return Ok(Some(found));
        }
        // Both ids known and different: another match of the same teams.
        let possible = |found: &&LineupDocument| id.is_none() || found.match_id.is_none();
        Ok(only(self.lineups.iter().filter(possible).filter(|found| same_teams(&ids(found), teams))))
    }
}

/// The match id in the name of a document: the longest of its numbers. `statsbomb_15986_event` has 15986.
pub fn find_id(stem: &str) -> Option<u64> {
    let numbers = stem.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
    numbers.max_by_key(|digits| digits.len())?.parse().ok()
}

fn same_teams(one: &[u64], other: &[u64]) -> bool {
    one.len() == other.len() && one.iter().all(|id| other.contains(id)) && other.iter().all(|id| one.contains(id))
}

/// The only item, `None` if there are several.
fn only<T>(mut items: impl Iterator<Item = T>) -> Option<T> {
    items.next().filter(|_| items.next().is_none())
}

fn read_match(item: &Value) -> Result<ListedMatch, String> {
    let name = |object: &str, name: &str| text(&item[object][name]);
    let team = |side: &str| {
        let team = &item[format!("{side}_team").as_str()];
        let field = |name: &str| &team[format!("{side}_team_{name}").as_str()];
        let id = field("id").as_u64().ok_or_else(|| format!("no \"{side}_team_id\" in \"{side}_team\""))?;
        let managers = team["managers"].as_array().into_iter().flatten();
        let names = managers.filter_map(|manager| text(&manager["nickname"]).or_else(|| text(&manager["name"])));
        let manager = Some(names.collect::<Vec<_>>().join(", ")).filter(|names| !names.is_empty());
        Ok::<_, String>(ListedTeam { id, name: text(field("name")), manager })
    };
    let goals = |name: &str| item[name].as_u64().and_then(|goals| u16::try_from(goals).ok());
    let score = goals("home_score").zip(goals("away_score"));
    let time = text(&item["kick_off"]);
    let date = text(&item["match_date"]);
    let stage = name("competition_stage", "name");
    let week = item["match_week"].as_u64().filter(|week| *week > 0).map(|week| week.to_string());
    Ok(ListedMatch {
        kickoff: date.and_then(|date| parse_kickoff(&date, time.as_deref())),
        has_time: time.is_some(),
        competition: name("competition", "competition_name"),
        season: name("season", "season_name"),
        round: match stage {
            Some(stage) if stage != "Regular Season" => Some(stage),
            stage => week.or(stage),
        },
        stadium: name("stadium", "name"),
        referee: name("referee", "name"),
        teams: [team("home")?, team("away")?],
        score: score.map(|(home, away)| Score { home, away }),
    })
}

/// A text without the spaces around it; some names of stadiums begin with a tab.
fn text(value: &Value) -> Option<String> {
    Some(value.as_str()?.trim().to_owned()).filter(|text| !text.is_empty())
}

/// `2018-09-23` and `20:45:00.000`, as if they were UTC.
fn parse_kickoff(date: &str, time: Option<&str>) -> Option<UtcMillis> {
    let moment: jiff::civil::DateTime = format!("{date}T{}", time.unwrap_or("00:00:00")).parse().ok()?;
    Some(UtcMillis(moment.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = r#"[{"match_id":900,"match_date":"2031-04-05","kick_off":"19:30:00.000",
        "competition":{"competition_name":"Coast League"},"season":{"season_name":"2030/2031"},"match_week":7,
        "competition_stage":{"name":"Regular Season"},"stadium":{"name":"\tHarbour Park"},"referee":null,
        "home_team":{"home_team_id":1,"home_team_name":"Eastmoor","managers":[{"name":"Margaret Farrow","nickname":"Meg Farrow"}]},
        "away_team":{"away_team_id":2,"away_team_name":"Westhaven"},"home_score":2,"away_score":1}]"#;

    fn lineups(ids: &[u64]) -> String {
        let teams = ids.iter().map(|id| format!(r#"{{"team_id":{id},"lineup":[]}}"#));
        format!("[{}]", teams.collect::<Vec<_>>().join(","))
    }

    #[test]
    fn the_id_is_the_longest_number_of_the_name() {
        assert_eq!(find_id("15986"), Some(15_986));
        assert_eq!(find_id("statsbomb_15986_event"), Some(15_986));
        assert_eq!(find_id("v4-15986"), Some(15_986));
        assert_eq!(find_id("eastmoor"), None);
        assert_eq!(find_id("99999999999999999999999999"), None);
    }

    #[test]
    fn a_listed_match() {
        let mut dataset = StatsBombDataset::default();
        dataset.add(&Document::in_memory("matches/11/4.json", LIST.as_bytes())).expect("accepted");
        let listed = dataset.find_match(Some(900), &[2, 1]).expect("accepted").expect("accepted");
        assert_eq!(listed.kickoff, Some(UtcMillis(1_933_183_800_000)));
        assert_eq!((listed.round.as_deref(), listed.stadium.as_deref()), (Some("7"), Some("Harbour Park")));
        assert_eq!(listed.teams[0].manager.as_deref(), Some("Meg Farrow"));
        assert_eq!(listed.score, Some(Score { home: 2, away: 1 }));
        assert!(dataset.find_match(None, &[1, 2]).expect("accepted").is_some(), "by the teams");
        assert!(dataset.find_match(Some(901), &[1, 2]).expect("accepted").is_none(), "the match of another id");
        assert!(dataset.find_match(Some(900), &[1, 3]).expect_err("refused").contains("mixed-up"));
    }

    #[test]
    fn line_ups_belong_to_their_id_or_their_teams() {
        let mut dataset = StatsBombDataset::default();
        for (name, ids) in [("900.json", [1, 2]), ("901.json", [2, 1]), ("lineup.json", [3, 4])] {
            dataset.add(&Document::in_memory(name, lineups(&ids).into_bytes())).expect("accepted");
        }
        let found = |id, teams: &[u64]| dataset.find_lineups(id, teams).expect("accepted").map(|found| found.match_id);
        assert_eq!(found(Some(900), &[2, 1]), Some(Some(900)));
        assert_eq!(found(None, &[1, 2]), None, "two matches of these teams");
        assert_eq!(found(Some(7), &[1, 2]), None, "other matches of these teams");
        assert_eq!(found(Some(7), &[4, 3]), Some(None));
        assert!(dataset.find_lineups(Some(900), &[1, 3]).expect_err("refused").contains("mixed-up files"));
    }

    #[test]
    fn what_is_no_match_data_is_an_error() {
        let add = |text: &str| StatsBombDataset::default().add(&Document::in_memory("x.json", text.as_bytes()));
        for text in ["[1]", "{}", "null", r#"[{"match_id":1}]"#, r#"[{"lineup":[{"jersey_number":"x"}]}]"#, "[{"] {
            assert!(add(text).is_err(), "{text}");
        }
        assert!(add("[]").is_ok());
    }
}
