//! The match line: teams, their sheets, and when the match was played.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Map, Value};

use super::rows::{EventsFile, MatchRow, Named};
use super::words;
use crate::football::{Coach, Match, Player, PlayerId, Rules, Score, Side, Team, UtcMillis};
use crate::import::draft::{MatchDraft, RecordedResult};
use crate::import::names::{known_name, short_names, wyscout_competition};

/// The ids of both teams, home first.
#[derive(Debug, Clone, Copy)]
pub struct TeamIds([u64; 2]);

impl TeamIds {
    pub fn side(self, team: Option<u64>) -> Option<Side> {
        Side::ALL.iter().copied().find(|side| Some(self.of(*side)) == team)
    }

    pub fn of(self, side: Side) -> u64 {
        let [home, away] = self.0;
        if side == Side::Home { home } else { away }
    }
}

/// Begins the draft of a match with its sheets.
pub fn begin_draft(file: &EventsFile, rows: &[MatchRow]) -> Result<(MatchDraft, TeamIds), String> {
    let match_id = find_match_id(file, rows)?;
    let record = &file.match_data;
    let teams = find_teams(file, rows)?;
    let mut warnings = Vec::new();
    let mut on_a_sheet = HashSet::new();
    let acting = first_rows(rows);
    let mut build = |side: Side| build_team(teams.of(side), file, rows, &acting, &mut on_a_sheet);
    let (mut home, mut away) = (build(Side::Home), build(Side::Away));
    let [short_home, short_away] = short_names(&home.name, &away.name);
    (home.short, away.short) = (short_home.into(), short_away.into());
    if record.is_null() {
        warnings.push(format!(
            "the file has no \"match\": the date and the line-ups are unknown, and that {} plays at home",
            home.name
        ));
    }
    let kickoff = record["dateutc"].as_str().and_then(parse_utc);
    if kickoff.is_none() && !record.is_null() {
        warnings.push("the match has no readable \"dateutc\"".to_owned());
    }
    let competition_id = number(&record["competitionId"]);
    let fixture = Match {
        id: match_id.to_string().into(),
        competition: competition_id.and_then(wyscout_competition).map(Into::into),
        season: kickoff.and_then(|at| season(competition_id?, at)).map(Into::into),
        round: number(&record["gameweek"]).filter(|round| *round > 0).map(|round| round.to_string().into()),
        kickoff: kickoff.unwrap_or(UtcMillis(0)),
        period_starts: Vec::new(),
        venue: text(&record["venue"]).map(Into::into),
        officials: read_officials(file),
        rules: Rules::default(),
        home,
        away,
    };
    let mut draft = MatchDraft::new(fixture);
    warnings.into_iter().for_each(|warning| draft.warn(warning));
    draft.recorded = read_result(record, teams);
    Ok((draft, teams))
}

/// The id of the match, which all rows and the block `match` share.
fn find_match_id(file: &EventsFile, rows: &[MatchRow]) -> Result<u64, String> {
    let stated = number(&file.match_data["wyId"]);
    let mut id = stated;
    for (at, row) in rows.iter().enumerate() {
        match (id, row.match_id) {
            (Some(id), Some(other)) if id != other => {
                let by = if stated.is_some() { "\"match\" is" } else { "the rows before it are" };
                return Err(format!("events[{at}] is of match {other}, but {by} of match {id}: mixed-up files"));
            }
            (None, other) => id = other,
            _ => {}
        }
    }
    id.ok_or_else(|| "neither \"match\" nor an event says which match it is (\"matchId\")".to_owned())
}

/// The ids of both teams, home first: by the block `match`, else in the order of the rows.
fn find_teams(file: &EventsFile, rows: &[MatchRow]) -> Result<TeamIds, String> {
    let mut in_rows: Vec<(usize, u64)> = Vec::new();
    for (at, id) in rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.team_id()?))) {
        if in_rows.iter().all(|(_, known)| *known != id) {
            in_rows.push((at, id));
        }
    }
    let record = &file.match_data["teamsData"];
    let by_side =
        |side: &str| record.as_object()?.values().find(|team| team["side"] == side).map(|team| &team["teamId"]);
    let stated = by_side("home").and_then(number).zip(by_side("away").and_then(number));
    let (home, away) = match (stated, in_rows.as_slice()) {
        (Some(teams), _) => teams,
        (None, [(_, home), (_, away)]) => (*home, *away),
        (None, _) => return Err(format!("the rows are of {} teams, not of 2", in_rows.len())),
    };
    match in_rows.iter().find(|(_, id)| *id != home && *id != away) {
        None => Ok(TeamIds([home, away])),
        Some((at, stranger)) => Err(format!(
            "events[{at}] is of team {stranger}, but \"match\" is of {home} and {away}: mixed-up files of two matches"
        )),
    }
}

/// The players as the first of their rows has them.
fn first_rows(rows: &[MatchRow]) -> HashMap<u64, &Named> {
    let mut players = HashMap::new();
    for row in rows {
        if let Some((id, player)) = row.player_id().zip(row.player.as_ref()) {
            players.entry(id).or_insert(player);
        }
    }
    players
}

fn build_team(
    id: u64,
    file: &EventsFile,
    rows: &[MatchRow],
    acting: &HashMap<u64, &Named>,
    on_a_sheet: &mut HashSet<u64>,
) -> Team {
    let key = id.to_string();
    let in_row = || rows.iter().find(|row| row.team_id() == Some(id)).and_then(|row| row.team.as_ref()?.name.clone());
    let team = &file.teams[&key]["team"];
    let name = text(&team["name"]).or_else(|| text(&team["officialName"])).map(str::to_owned).or_else(in_row);
    let name = name.unwrap_or_else(|| format!("Team {id}"));
    let squad = Squad::read(&key, file);
    let first = first_formation(&file.formations[&key]);
    let positions = first.map(|(_, formation)| read_positions(formation)).unwrap_or_default();
    let sheet = &file.match_data["teamsData"][&key]["formation"];
    let mut players: Vec<Player> = Vec::new();
    let mut add = |player: u64, entry: &Value, starts: bool| {
        if player == 0 || !on_a_sheet.insert(player) {
            return;
        }
        let acting = || acting.get(&player);
        let name = squad.name(player).or_else(|| acting()?.name.clone()).unwrap_or_else(|| format!("Player {player}"));
        let position = positions.get(&player).cloned().or_else(|| acting()?.position.clone());
        let position = position.or_else(|| squad.role(player)).map(|word| word.to_uppercase());
        players.push(Player {
            id: player_id(player),
            name: name.into(),
            number: number(&entry["shirtNumber"])
                .filter(|number| *number > 0)
                .and_then(|number| u16::try_from(number).ok()),
            position: position.filter(|word| !word.is_empty()).map(Into::into),
            starts,
            captain: entry["captain"].as_bool() == Some(true),
        });
    };
    for (list, starts) in [("lineup", true), ("bench", false)] {
        for entry in sheet[list].as_array().into_iter().flatten() {
            add(number(&entry["playerId"]).unwrap_or(0), entry, starts);
        }
    }
    // Without a sheet, the first formation has the eleven.
    if sheet["lineup"].as_array().is_none_or(Vec::is_empty) {
        let mut eleven: Vec<u64> = positions.keys().copied().collect();
        eleven.sort_unstable();
        eleven.into_iter().for_each(|player| add(player, &Value::Null, true));
    }
    // Whoever acts was there, whether the sheet says so or not.
    let own = rows.iter().filter(|row| row.team_id() == Some(id)).filter_map(MatchRow::player_id);
    own.for_each(|player| add(player, &Value::Null, false));
    let coach = &file.coaches[&key]["coach"];
    let coach = person_name(coach).map(|name| Coach {
        id: number(&coach["wyId"]).filter(|id| !on_a_sheet.contains(id)).map(player_id),
        name: name.into(),
    });
    Team {
        id: key.into(),
        name: name.into(),
        short: "".into(),
        colours: Vec::new(),
        formation: first.map(|(scheme, _)| scheme.into()),
        coach,
        players,
    }
}

/// The players of a team in the block `players`.
struct Squad<'a>(HashMap<u64, &'a Value>);

impl<'a> Squad<'a> {
    fn read(team: &str, file: &'a EventsFile) -> Self {
        let entries = file.players[team].as_array().into_iter().flatten().map(|entry| &entry["player"]);
        Self(entries.filter_map(|player| Some((number(&player["wyId"])?, player))).collect())
    }

    fn name(&self, id: u64) -> Option<String> {
        self.0.get(&id).and_then(|player| person_name(player))
    }

    /// `GK`, `DF`, `MD` or `FW`.
    fn role(&self, id: u64) -> Option<String> {
        self.0.get(&id).and_then(|player| text(&player["role"]["code2"])).map(str::to_owned)
    }
}

/// The formation at the start: scheme and players.
fn first_formation(formations: &Value) -> Option<(&str, &Value)> {
    let periods = formations["1H"].as_object()?;
    let first = periods.iter().min_by_key(|(second, _)| second.parse::<u32>().unwrap_or(u32::MAX))?.1;
    first.as_object()?.iter().next().map(|(scheme, formation)| (scheme.as_str(), formation))
}

/// The positions of `players`, a list of objects of one player each.
fn read_positions(formation: &Value) -> HashMap<u64, String> {
    let entries = formation["players"].as_array().into_iter().flatten().filter_map(Value::as_object);
    let players = entries.flat_map(Map::values);
    players.filter_map(|player| Some((number(&player["playerId"])?, text(&player["position"])?.to_owned()))).collect()
}

/// The officials whose names are known, by their roles.
fn read_officials(file: &EventsFile) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
    let mut officials: Vec<(Arc<str>, Vec<Arc<str>>)> = Vec::new();
    for entry in file.referees.as_array().into_iter().flatten() {
        let name = person_name(&entry["referee"]).or_else(|| person_name(entry));
        let (Some(role), Some(name)) = (text(&entry["role"]).map(words::official), name) else { continue };
        match officials.iter_mut().find(|(known, _)| &**known == role) {
            Some((_, names)) => names.push(name.into()),
            None => officials.push((role.into(), vec![name.into()])),
        }
    }
    officials
}

/// The result that the events have to give. `score` is that after 90 minutes, whatever followed.
fn read_result(record: &Value, teams: TeamIds) -> Option<RecordedResult> {
    let goals = |side: Side, name: &str| {
        let goals = number(&record["teamsData"][teams.of(side).to_string()][name])?;
        u16::try_from(goals).ok()
    };
    let score = |name: &str| Some(Score { home: goals(Side::Home, name)?, away: goals(Side::Away, name)? });
    let duration = text(&record["duration"]).unwrap_or("Regular");
    let score_of_play = score(if duration == "Regular" { "score" } else { "scoreET" })?;
    let shootout = if duration == "Penalties" { score("scoreP") } else { None };
    Some(RecordedResult { score: score_of_play, shootout })
}

/// The season of a kick-off: leagues play from July to June, tournaments in a summer.
fn season(competition_id: u64, kickoff: UtcMillis) -> Option<String> {
    wyscout_competition(competition_id)?;
    let date = jiff::Timestamp::from_millisecond(kickoff.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    let year = i32::from(date.year());
    Some(match date.month() {
        _ if words::is_tournament(competition_id) => year.to_string(),
        7.. => format!("{year}/{:02}", (year + 1) % 100),
        _ => format!("{}/{:02}", year - 1, year % 100),
    })
}

/// `2020-09-20 18:45:00`, in UTC.
fn parse_utc(text: &str) -> Option<UtcMillis> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(UtcMillis(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

fn person_name(person: &Value) -> Option<String> {
    known_name(text(&person["shortName"]), text(&person["firstName"]), text(&person["lastName"]))
}

pub fn player_id(id: u64) -> PlayerId {
    id.to_string().into()
}

/// A number, which may be written as a text.
pub fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

/// A text that is not empty.
fn text(value: &Value) -> Option<&str> {
    value.as_str().map(str::trim).filter(|text| !text.is_empty())
}
