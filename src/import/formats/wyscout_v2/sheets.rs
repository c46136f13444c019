//! The match line: teams, their sheets, and when and where the match was played.

use std::collections::{HashMap, HashSet};

use super::match_data::MatchDataset;
use super::rows::{NamedTeam, PlayerRecord, WyscoutV2File};
use crate::football::{Match, Player, Rules, Side, Team, UtcMillis};
use crate::import::draft::MatchDraft;
use crate::import::names::known_name;
use crate::import::teams::find_two_teams;
use crate::import::wyscout::mapping::WyscoutIds;
use crate::import::wyscout::match_record::MatchRecord;

/// Begins the draft of a match with its sheets.
pub fn begin_draft(
    match_id: u64,
    file: &WyscoutV2File,
    dataset: &MatchDataset,
) -> Result<(MatchDraft, WyscoutIds), String> {
    let record = dataset.matches.get(&match_id);
    let teams = find_teams(file, record)?;
    let [home, away] =
        [Side::Home, Side::Away].map(|side| build_team(teams[side.index()], side, file, dataset, record));
    let mut fixture = Match {
        id: match_id.to_string().into(),
        competition: None,
        season: None,
        round: None,
        kickoff: UtcMillis::UNKNOWN,
        period_starts: Vec::new(),
        venue: None,
        officials: Vec::new(),
        rules: Rules { substitutions: 3, ..Rules::default() },
        home,
        away,
    };
    if let Some(record) = record {
        record.describe(&mut fixture, unescape);
    }
    let ids = WyscoutIds::new(teams, &fixture);
    let mut draft = MatchDraft::new(fixture);
    draft.sources.push(
        "Wyscout v2: Pappalardo, L., Massucco, E. (2019): Soccer match event dataset. figshare. \
         doi:10.6084/m9.figshare.c.4415000 (CC BY 4.0), converted"
            .into(),
    );
    match record {
        None => draft.warn(format!(
            "no match data of match {match_id}: its substitutions are unknown, and team {} plays at home by the order of the teams: \
             give the file with --meta",
            teams[0]
        )),
        Some(record) => {
            draft.recorded = record.result;
        }
    }
    Ok((draft, ids))
}

/// The ids of both teams, home first: by the match data, else by the order in the file, else of the rows.
fn find_teams(file: &WyscoutV2File, record: Option<&MatchRecord>) -> Result<[u64; 2], String> {
    let in_file: Vec<u64> = file.teams.0.iter().map(|(id, _)| *id).collect();
    let by_record = record.and_then(|record| record.teams.as_ref()).map(|teams| teams.each_ref().map(|team| team.id));
    let by_record = by_record.map(|teams| ("the match data", teams));
    let stated = by_record.or_else(|| Some(("the teams of the file", in_file.try_into().ok()?)));
    let rows = file.events.iter().map(|row| row.team_id).enumerate().filter(|(_, team)| *team > 0);
    find_two_teams(stated, rows, |at| format!("events[{at}]"))
}

fn build_team(id: u64, side: Side, file: &WyscoutV2File, dataset: &MatchDataset, record: Option<&MatchRecord>) -> Team {
    let in_file = file.teams.get(id).and_then(|entry| entry.team.as_ref());
    let name = |team: &NamedTeam| team.name.as_deref().or(team.official_name.as_deref()).map(unescape);
    let name = in_file.and_then(name).or_else(|| dataset.teams.get(&id).and_then(name));
    let squad = || file.players.get(id).into_iter().flatten().flatten().filter_map(|entry| entry.player.as_ref());
    let by_id: HashMap<u64, &PlayerRecord> = squad().map(|player| (player.id, player)).collect();
    let person = |player: u64| by_id.get(&player).copied().or_else(|| dataset.players.get(&player));
    let data = record.and_then(|record| record.team(side)).filter(|team| team.has_lineup());
    let mut sheet: Vec<(u64, bool)> = match data {
        Some(data) => data.sheet.iter().map(|entry| (entry.player, entry.starts)).collect(),
        None => squad().map(|player| (player.id, false)).collect(),
    };
    // Players who act or are changed were there, whether the sheet says so or not.
    let acting = file.events.iter().filter(|row| row.team_id == id).map(|row| row.player_id);
    let changed = data.into_iter().flat_map(|data| &data.substitutions).flat_map(|it| [it.player_out, it.player_in]);
    let mut listed: HashSet<u64> = sheet.iter().map(|(id, _)| *id).collect();
    sheet.extend(acting.chain(changed).filter(|id| *id > 0 && listed.insert(*id)).map(|id| (id, false)));
    let player = |(id, starts): (u64, bool)| {
        let person = person(id);
        let name = person.and_then(player_name).unwrap_or_default();
        let position = person.and_then(|person| person.role.as_ref()?.code2.as_deref()).map(Into::into);
        Player { id: id.to_string().into(), name: name.into(), number: None, position, starts, captain: false }
    };
    let players = sheet.into_iter().map(player).collect();
    Team {
        id: id.to_string().into(),
        name: name.unwrap_or_default().into(),
        short: "".into(),
        colours: Vec::new(),
        formation: None,
        coach: None,
        players,
    }
}

fn player_name(player: &PlayerRecord) -> Option<String> {
    let [short, first, last] =
        [&player.short_name, &player.first_name, &player.last_name].map(|name| name.as_deref().map(unescape));
    known_name(short.as_deref(), first.as_deref(), last.as_deref())
}

/// A text whose characters outside ASCII are escaped twice: after JSON is parsed, `\u010d` stands in it as six characters.
fn unescape(text: &str) -> String {
    let mut units: Vec<u16> = Vec::with_capacity(text.len());
    let mut rest = text.trim();
    while let Some(next) = rest.chars().next() {
        let escaped = rest
            .strip_prefix("\\u")
            .and_then(|after| Some((u16::from_str_radix(after.get(..4)?, 16).ok()?, &after[4..])));
        match escaped {
            Some((unit, after)) => {
                units.push(unit);
                rest = after;
            }
            None => {
                units.extend(next.encode_utf16(&mut [0; 2]).iter());
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    String::from_utf16_lossy(&units).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unescaped_once() {
        assert_eq!(unescape("M. Ham\\u0161\\u00edk "), "M. Hamšík");
        assert_eq!(unescape("\\ud83d\\ude00 é \\u12"), "😀 é \\u12");
    }
}
