//! The match line: teams, their sheets, and when the match was played.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::rows::{EventsFile, Named, WyscoutV3Row, changed_players};
use crate::football::{Coach, Match, Player, Rules, Side, Team, UtcMillis};
use crate::import::draft::MatchDraft;
use crate::import::names::{add_official, known_name};
use crate::import::teams::find_two_teams;
use crate::import::wyscout::mapping::{WyscoutIds, WyscoutRow};
use crate::import::wyscout::match_record::{MatchRecord, SheetEntry};
use crate::import::wyscout::values::{number, text};

/// Begins the draft of a match with its sheets.
pub fn begin_draft(
    file: &EventsFile,
    rows: &[WyscoutV3Row],
    record: &MatchRecord,
) -> Result<(MatchDraft, WyscoutIds), String> {
    let match_id = find_match_id(file, rows)?;
    let teams = find_teams(rows, record)?;
    let mut warnings = Vec::new();
    let acting = first_rows(rows);
    let [home, away] =
        [Side::Home, Side::Away].map(|side| build_team(teams[side.index()], side, file, rows, record, &acting));
    if file.match_data.is_null() {
        warnings.push(format!("the file has no \"match\": team {} plays at home by the order of the events", teams[0]));
    }
    let mut fixture = Match {
        id: match_id.to_string().into(),
        competition: None,
        season: None,
        round: None,
        kickoff: UtcMillis::UNKNOWN,
        period_starts: Vec::new(),
        venue: None,
        officials: read_officials(file),
        rules: Rules::default(),
        home,
        away,
    };
    record.describe(&mut fixture, str::to_owned);
    let ids = WyscoutIds::new(teams, &fixture);
    let mut draft = MatchDraft::new(fixture);
    warnings.into_iter().for_each(|warning| draft.warn(warning));
    draft.recorded = record.result;
    Ok((draft, ids))
}

/// The id of the match, which all rows and the block `match` share.
fn find_match_id(file: &EventsFile, rows: &[WyscoutV3Row]) -> Result<u64, String> {
    let stated = number(&file.match_data["wyId"]);
    let mut id = stated;
    for (at, row) in rows.iter().enumerate().filter(|(_, row)| row.match_id > 0) {
        let known = *id.get_or_insert(row.match_id);
        if known != row.match_id {
            let by = if stated.is_some() { "\"match\" is" } else { "the rows before it are" };
            return Err(format!(
                "events[{at}] is of match {}, but {by} of match {known}: mixed-up files",
                row.match_id
            ));
        }
    }
    id.ok_or_else(|| "neither \"match\" nor an event says which match it is (\"matchId\")".to_owned())
}

/// The ids of both teams, home first: by the block `match`, else in the order of the rows.
fn find_teams(rows: &[WyscoutV3Row], record: &MatchRecord) -> Result<[u64; 2], String> {
    let stated = record.teams.as_ref().map(|teams| ("\"match\"", teams.each_ref().map(|team| team.id)));
    let of_rows = rows.iter().map(WyscoutV3Row::team_id).enumerate().filter(|(_, team)| *team > 0);
    find_two_teams(stated, of_rows, |at| format!("events[{at}]"))
}

/// The players as the first of their rows has them.
fn first_rows(rows: &[WyscoutV3Row]) -> HashMap<u64, &Named> {
    let mut players = HashMap::new();
    for row in rows {
        if let Some(player) = row.player.as_ref() {
            players.entry(player.id).or_insert(player);
        }
    }
    players
}

fn build_team(
    id: u64,
    side: Side,
    file: &EventsFile,
    rows: &[WyscoutV3Row],
    record: &MatchRecord,
    acting: &HashMap<u64, &Named>,
) -> Team {
    let key = id.to_string();
    let in_row = || rows.iter().find(|row| row.team_id() == id).and_then(|row| row.team.as_ref()?.name.clone());
    let team = &file.teams[&key]["team"];
    let name = text(&team["name"]).or_else(|| text(&team["officialName"])).map(str::to_owned).or_else(in_row);
    let squad = Squad::read(&key, file);
    let first = first_formation(&file.formations[&key]);
    let positions = first.map(|(_, formation)| read_positions(formation)).unwrap_or_default();
    let unlisted = |player: u64, starts: bool| SheetEntry { player, starts, number: None, captain: false };
    let mut sheet: Vec<SheetEntry> = record.team(side).map(|team| team.sheet.clone()).unwrap_or_default();
    // Without a line-up, the first formation has the eleven.
    if !sheet.iter().any(|entry| entry.starts) {
        let mut eleven: Vec<u64> = positions.keys().copied().collect();
        eleven.sort_unstable();
        sheet.splice(..0, eleven.into_iter().map(|player| unlisted(player, true)));
    }
    // Players who act or are changed were there, whether the sheet says so or not.
    let own = rows.iter().filter(|row| row.team_id() == id).map(WyscoutV3Row::player_id);
    let changes = record.team(side).into_iter().flat_map(|team| &team.substitutions);
    let changed = changes.flat_map(|it| [it.player_out, it.player_in]);
    let changed = changed.chain(changed_players(&file.substitutions[&key]));
    sheet.extend(own.chain(changed).map(|player| unlisted(player, false)));
    sheet.retain(|entry| entry.player > 0);
    let player = |entry: SheetEntry| {
        let acting = acting.get(&entry.player);
        let name = squad.name(entry.player).or_else(|| acting?.name.clone());
        let position = positions.get(&entry.player).cloned().or_else(|| acting?.position.clone());
        let position = position.or_else(|| squad.role(entry.player)).map(|word| word.to_uppercase());
        Player {
            id: entry.player.to_string().into(),
            name: name.unwrap_or_default().into(),
            number: entry.number,
            position: position.filter(|word| !word.is_empty()).map(Into::into),
            starts: entry.starts,
            captain: entry.captain,
        }
    };
    let players = sheet.into_iter().map(player).collect();
    let coach = &file.coaches[&key]["coach"];
    let coach = person_name(coach)
        .map(|name| Coach { id: number(&coach["wyId"]).map(|id| id.to_string().into()), name: name.into() });
    Team {
        id: key.into(),
        name: name.unwrap_or_default().into(),
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
        let (Some(role), Some(name)) = (text(&entry["role"]).map(official), name) else { continue };
        add_official(&mut officials, role, &name);
    }
    officials
}

fn person_name(person: &Value) -> Option<String> {
    known_name(text(&person["shortName"]), text(&person["firstName"]), text(&person["lastName"]))
}

/// The role of an official, as in `officials`.
fn official(role: &str) -> &str {
    match role {
        "firstAssistant" | "secondAssistant" => "assistants",
        "fourthOfficial" => "fourth_official",
        "firstAdditionalAssistant" | "secondAdditionalAssistant" => "additional_assistants",
        other => other,
    }
}
