//! What `meta.json` and `match.json` say of matches.

use std::collections::HashMap;

use serde_json::Value;

use super::rows::{CdfRow, CentredPitch};
use super::values::{known, list, moment, period, text};
use crate::football::{Period, Score, Side};
use crate::import::draft::RecordedResult;
use crate::import::{Document, ImportError};

/// The longest time between the kick-off and an event of the same match, in milliseconds.
const SAME_MATCH: i64 = 24 * 3_600_000;

/// All match data of a run.
#[derive(Debug, Default)]
pub struct CdfDataset {
    matches: HashMap<String, CdfMatchRecord>,
}

/// A match, as either document or both describe it.
#[derive(Debug, Clone, Default)]
pub struct CdfMatchRecord {
    pub competition: Option<String>,
    pub season: Option<String>,
    pub round: Option<String>,
    pub venue: Option<String>,
    /// In milliseconds since 1970, as all times.
    pub kickoff: Option<i64>,
    pub actual_kickoff: Option<i64>,
    pub periods: Vec<PeriodRecord>,
    /// Home, away.
    pub teams: [CdfTeamRecord; 2],
    /// Type and name.
    pub officials: Vec<(Option<String>, String)>,
    pub pitch: Option<CentredPitch>,
    pub event_vendor: Option<String>,
    pub result: Option<RecordedResult>,
    /// The match sheet: `match.json`.
    pub has_sheet: bool,
    pub goals: Vec<SheetRow>,
    pub substitutions: Vec<SheetRow>,
    pub cards: Vec<SheetRow>,
}

/// A period.
#[derive(Debug, Clone)]
pub struct PeriodRecord {
    pub period: Period,
    pub start: Option<i64>,
    pub end: Option<i64>,
    /// Who plays to the right.
    pub to_the_right: Side,
}

/// A team.
#[derive(Debug, Clone, Default)]
pub struct CdfTeamRecord {
    pub id: String,
    pub name: Option<String>,
    pub short: Option<String>,
    pub colour: Option<String>,
    pub formation: Option<String>,
    /// Id and name.
    pub coach: Option<(Option<String>, String)>,
    pub players: Vec<PersonRecord>,
}

/// A player.
#[derive(Debug, Clone, Default)]
pub struct PersonRecord {
    pub id: String,
    pub name: Option<String>,
    pub number: Option<u16>,
    pub position: Option<String>,
    pub starts: bool,
    pub captain: bool,
}

/// A goal, substitution or card of the match sheet.
#[derive(Debug, Clone, Default)]
pub struct SheetRow {
    pub time: Option<i64>,
    pub period: Option<Period>,
    pub team: Option<String>,
    /// The scorer, the player who comes on, or the player who is shown the card.
    pub player: Option<String>,
    /// The assistant, or the player who goes off.
    pub other: Option<String>,
    /// The type of a card.
    pub card: Option<String>,
}

impl CdfDataset {
    pub fn add(&mut self, document: &Document) -> Result<(), ImportError> {
        let value: Value = document.json()?;
        let failed = |message: String| ImportError::new(document, message);
        let of_match = value.get("match").ok_or_else(|| failed("there is no object \"match\"".to_owned()))?;
        let id = text(of_match, "id").ok_or_else(|| failed("\"match\" has no \"id\"".to_owned()))?;
        let record = self.matches.entry(id.clone()).or_default();
        for side in Side::ALL {
            let team = value.get("teams").and_then(|teams| teams.get(side.as_str()));
            let read = team.map(read_team).filter(|team| !team.id.is_empty());
            let read = read.ok_or_else(|| failed(format!("\"teams\" has no \"{side}\" with an \"id\"")))?;
            let known = &mut record.teams[side.index()];
            if !known.id.is_empty() && known.id != read.id {
                return Err(failed(format!(
                    "the {side} team of match {id:?} is {:?} here and {:?} in other match data: mixed-up files",
                    read.id, known.id
                )));
            }
            known.complete(read);
        }
        record.read_meta(&value, of_match);
        if of_match.get("result").is_some() {
            record.read_sheet(&value, of_match);
        }
        if record.officials.is_empty() {
            record.officials =
                list(&value, "officials").filter_map(|it| Some((known(it, "type"), person_name(it)?))).collect();
        }
        Ok(())
    }

    /// The data of a match by its id. Where none has it, the only match of the same teams, players and day: then also what is to
    /// be said about it.
    pub fn find(&self, id: &str, rows: &[CdfRow]) -> Option<(&CdfMatchRecord, Option<String>)> {
        if let Some(record) = self.matches.get(id) {
            return Some((record, None));
        }
        let mut fitting = self.matches.iter().filter(|(_, record)| record.fits(rows));
        let (other, record) = fitting.next()?;
        fitting.next().is_none().then(|| {
            let message = format!(
                "the events are of match {id:?}, the match data of {other:?}: taken as one match, as teams, players and day agree"
            );
            (record, Some(message))
        })
    }

    /// The ids of all matches, for messages.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.matches.keys().map(String::as_str).collect();
        ids.sort_unstable();
        ids
    }
}

impl CdfMatchRecord {
    pub fn side_of_team(&self, id: &str) -> Option<Side> {
        Side::ALL.iter().copied().find(|side| self.teams[side.index()].id == id)
    }

    pub fn side_of_player(&self, id: &str) -> Option<Side> {
        Side::ALL.iter().copied().find(|side| self.teams[side.index()].players.iter().any(|player| player.id == id))
    }

    /// Whether rows are of this match, by what they name.
    fn fits(&self, rows: &[CdfRow]) -> bool {
        let teams = rows.iter().filter_map(|row| row.team.as_deref());
        let players = rows.iter().filter_map(|row| row.player.as_deref());
        let near = |time: i64| self.kickoff.is_some_and(|kickoff| time.abs_diff(kickoff) <= SAME_MATCH.unsigned_abs());
        teams.clone().next().is_some()
            && teams.into_iter().all(|team| self.side_of_team(team).is_some())
            && players.into_iter().all(|player| self.side_of_player(player).is_some())
            && rows.iter().filter_map(|row| row.time).all(near)
    }

    /// What `meta.json` says.
    fn read_meta(&mut self, value: &Value, of_match: &Value) {
        let named = |object: &str| {
            let object = value.get(object)?;
            known(object, "name").or_else(|| known(object, "id"))
        };
        let set = |into: &mut Option<String>, text: Option<String>| {
            if into.is_none() {
                *into = text;
            }
        };
        set(&mut self.competition, named("competition"));
        set(&mut self.season, named("season"));
        set(&mut self.venue, named("venue"));
        set(&mut self.round, known(of_match, "round"));
        let vendor = value.get("meta").and_then(|meta| meta.get("event")).and_then(|event| known(event, "name"));
        set(&mut self.event_vendor, vendor);
        let first = moment(of_match, "kickoff_time");
        if let Some(scheduled) = moment(of_match, "scheduled_kickoff_time").or(first) {
            self.kickoff = Some(scheduled);
            self.actual_kickoff = first.filter(|first| *first != scheduled);
        }
        let metres = |name: &str| value.get("venue").and_then(|venue| venue.get(name)).and_then(Value::as_f64);
        if let (Some(length), Some(width)) = (metres("pitch_length"), metres("pitch_width"))
            && (80.0..=130.0).contains(&length)
            && (40.0..=100.0).contains(&width)
        {
            self.pitch = Some(CentredPitch { length, width });
        }
        for item in list(of_match, "periods") {
            let Some(period) = text(item, "period").as_deref().and_then(period) else { continue };
            let to_the_right =
                if text(item, "play_direction").as_deref() == Some("right_left") { Side::Away } else { Side::Home };
            let (start, end) = (moment(item, "start_time"), moment(item, "end_time"));
            if self.periods.iter().all(|known| known.period != period) {
                self.periods.push(PeriodRecord { period, start, end, to_the_right });
            }
        }
        for whistle in list(of_match, "whistles") {
            let word = text(whistle, "type");
            let Some(of) = word.as_deref().and_then(period) else { continue };
            let Some(found) = self.periods.iter_mut().find(|found| found.period == of) else { continue };
            let time = moment(whistle, "time");
            match text(whistle, "sub_type").as_deref() {
                Some("start") => found.start = found.start.or(time),
                Some("end") => found.end = found.end.or(time),
                _ => {}
            }
        }
    }

    /// What `match.json` says.
    fn read_sheet(&mut self, value: &Value, of_match: &Value) {
        self.has_sheet = true;
        let score = |name: &str| {
            let score = of_match.get("result")?.get(name)?;
            let goals = |side: &str| score.get(side)?.as_u64().and_then(|goals| u16::try_from(goals).ok());
            Some(Score { home: goals("home")?, away: goals("away")? })
        };
        self.result = score("final").map(|of| RecordedResult { score: of, shootout: score("shootout") });
        let Some(events) = value.get("events") else { return };
        let row = |item: &Value, time: &str, player: &str, other: &str| SheetRow {
            time: moment(item, time),
            period: text(item, "period").as_deref().and_then(period),
            team: known(item, "team_id"),
            player: known(item, player),
            other: known(item, other),
            card: text(item, "type"),
        };
        self.goals = list(events, "goals").map(|item| row(item, "time", "player_id", "assist_id")).collect();
        self.cards = list(events, "cards").map(|item| row(item, "time", "player_id", "")).collect();
        self.substitutions =
            list(events, "substitutions").map(|item| row(item, "in_time", "in_player_id", "out_player_id")).collect();
    }
}

impl CdfTeamRecord {
    /// Takes what another document says of the same team.
    fn complete(&mut self, other: Self) {
        self.id = other.id;
        self.name = self.name.take().or(other.name);
        self.short = self.short.take().or(other.short);
        self.colour = self.colour.take().or(other.colour);
        self.formation = self.formation.take().or(other.formation);
        self.coach = self.coach.take().or(other.coach);
        for person in other.players {
            match self.players.iter_mut().find(|known| known.id == person.id) {
                None => self.players.push(person),
                Some(known) => {
                    known.name = known.name.take().or(person.name);
                    known.number = known.number.or(person.number);
                    known.position = known.position.take().or(person.position);
                    known.starts |= person.starts;
                    known.captain |= person.captain;
                }
            }
        }
    }
}

/// The name by which a person is known.
fn person_name(item: &Value) -> Option<String> {
    known(item, "short_name").or_else(|| {
        let names = [text(item, "first_name"), text(item, "last_name")];
        Some(names.into_iter().flatten().collect::<Vec<_>>().join(" ")).filter(|name| !name.is_empty())
    })
}

fn read_team(team: &Value) -> CdfTeamRecord {
    let flag = |item: &Value, name: &str| item.get(name).and_then(Value::as_bool) == Some(true);
    let players = list(team, "players").filter_map(|item| {
        // A substitute has the position "SUB".
        let position = |name: &str| known(item, name).filter(|word| word != "SUB");
        Some(PersonRecord {
            id: text(item, "id")?,
            name: person_name(item),
            number: item.get("jersey_number").and_then(Value::as_u64).and_then(|number| u16::try_from(number).ok()),
            position: position("position").or_else(|| position("position_group")),
            starts: flag(item, "is_starter"),
            captain: flag(item, "is_captain"),
        })
    });
    let mut listed: Vec<PersonRecord> = Vec::new();
    for player in players {
        if listed.iter().all(|known| known.id != player.id) {
            listed.push(player);
        }
    }
    CdfTeamRecord {
        id: text(team, "id").unwrap_or_default(),
        name: known(team, "name"),
        short: known(team, "short_name"),
        colour: known(team, "jersey_colour"),
        formation: known(team, "formation"),
        coach: list(team, "coaches").find_map(|coach| Some((known(coach, "id"), person_name(coach)?))),
        players: listed,
    }
}
