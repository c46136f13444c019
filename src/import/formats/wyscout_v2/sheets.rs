//! The match line: teams, their sheets, and when and where the match was played.

use std::collections::HashMap;

use super::match_data::{MatchDataset, MatchRecord};
use super::rows::{MatchFile, PlayerRecord, TeamRecord};

use crate::football::{Match, Player, PlayerId, Rules, Side, Team, UtcMillis};
use crate::import::draft::MatchDraft;
use crate::import::names::wyscout_competition;

/// The ids of Wyscout, and what they are in the scenario.
pub struct Sheets {
    /// Home, away.
    pub teams: [u64; 2],
    players: HashMap<u64, PlayerId>,
}

impl Sheets {
    pub fn side(&self, team: u64) -> Option<Side> {
        Side::ALL.iter().copied().find(|side| self.teams[side.index()] == team)
    }

    /// The id of a player on one of the sheets. 0 stands for an unknown player.
    pub fn player(&self, id: u64) -> Option<&PlayerId> {
        self.players.get(&id)
    }
}

/// Begins the draft of a match with its sheets.
pub fn begin_draft(match_id: u64, file: &MatchFile, dataset: &MatchDataset) -> Result<(MatchDraft, Sheets), String> {
    let record = dataset.find_match(match_id);
    let teams = find_teams(file, record)?;
    let mut players = HashMap::new();
    let mut unnamed = 0;
    let [home, away] = Side::ALL
        .iter()
        .map(|side| {
            let id = teams[side.index()];
            build_team(id, *side, file, dataset, record, &mut players, &mut unnamed)
        })
        .collect::<Vec<_>>()
        .try_into()
        .map_err(|_| "two teams")?;
    let competition_id = record.and_then(|record| record.competition_id);
    let kickoff = record.and_then(|record| record.kickoff);
    let kickoff_year = kickoff.and_then(|at| jiff::Timestamp::from_millisecond(at.0).ok());
    let fixture = Match {
        id: match_id.to_string().into(),
        competition: competition_id.and_then(wyscout_competition).map(Into::into),
        season: kickoff_year.and_then(|at| season(competition_id?, at)).map(Into::into),
        round: record.and_then(|record| record.round).map(|round| round.to_string().into()),
        kickoff: kickoff.unwrap_or(UtcMillis(0)),
        period_starts: Vec::new(),
        venue: record.and_then(|record| record.venue.as_deref()).map(|venue| unescape(venue).into()),
        officials: Vec::new(),
        rules: Rules { substitutions: 3, ..Rules::default() },
        home,
        away,
    };
    let mut draft = MatchDraft::new(fixture);
    draft.sources.push(
        "Wyscout v2: Pappalardo, L., Massucco, E. (2019): Soccer match event dataset. figshare. \
         doi:10.6084/m9.figshare.c.4415000 (CC BY 4.0), converted"
            .into(),
    );
    match record {
        None => draft.warn(format!(
            "no match data: the date, line-ups and substitutions of match {match_id} are unknown, and {} plays at home by the \
             order of the teams",
            draft.fixture.home.name
        )),
        Some(record) => {
            draft.recorded = Some(record.result());
            if record.kickoff.is_none() {
                draft.warn("the match data have no readable \"dateutc\"".to_owned());
            }
        }
    }
    if unnamed > 0 {
        draft.warn(format!("{unnamed} players have no name in the file: their ids stand for it"));
    }
    Ok((draft, Sheets { teams, players }))
}

/// The season of a kick-off: leagues play from July to June, tournaments in a summer.
fn season(competition_id: u64, kickoff: jiff::Timestamp) -> Option<String> {
    wyscout_competition(competition_id)?;
    let date = kickoff.to_zoned(jiff::tz::TimeZone::UTC).date();
    let year = i32::from(date.year());
    Some(match competition_id {
        28 | 102 => year.to_string(),
        _ if date.month() >= 7 => format!("{year}/{:02}", (year + 1) % 100),
        _ => format!("{}/{:02}", year - 1, year % 100),
    })
}

/// The ids of both teams, home first: by the match data, else by the order in the file, else of the rows.
fn find_teams(file: &MatchFile, record: Option<&MatchRecord>) -> Result<[u64; 2], String> {
    let mut in_rows: Vec<u64> = Vec::new();
    for row in &file.events {
        if row.team_id != 0 && !in_rows.contains(&row.team_id) {
            in_rows.push(row.team_id);
        }
    }
    let stated: Vec<u64> = match record {
        Some(record) => record.teams.iter().map(|team| team.id).collect(),
        None => file.teams.0.iter().map(|(id, _)| *id).collect(),
    };
    let known = if stated.len() == 2 { stated } else { in_rows.clone() };
    let [home, away] = known[..] else {
        return Err(format!("the rows are of {} teams, not of 2: {known:?}", known.len()));
    };
    if let Some(stranger) = in_rows.iter().find(|id| **id != home && **id != away) {
        let at = file.events.iter().position(|row| row.team_id == *stranger).unwrap_or(0);
        let by = if record.is_some() { "the match data" } else { "the teams of the file" };
        return Err(format!(
            "events[{at}] is of team {stranger}, but {by} are {home} and {away}: mixed-up files of two matches"
        ));
    }
    Ok([home, away])
}

fn build_team(
    id: u64,
    side: Side,
    file: &MatchFile,
    dataset: &MatchDataset,
    record: Option<&MatchRecord>,
    ids: &mut HashMap<u64, PlayerId>,
    unnamed: &mut usize,
) -> Team {
    let in_file = file.teams.get(id).and_then(|entry| entry.team.as_ref());
    let name = |team: &TeamRecord| team.name.as_deref().or(team.official_name.as_deref()).map(unescape);
    let name = in_file.and_then(name).or_else(|| dataset.teams.get(&id).and_then(name));
    let name = name.unwrap_or_else(|| format!("Team {id}"));
    let squad = || file.players.get(id).into_iter().flatten().flatten().filter_map(|entry| entry.player.as_ref());
    let person = |player: u64| squad().find(|known| known.id == player).or_else(|| dataset.players.get(&player));
    let data = record.map(|record| &record.teams[side.index()]).filter(|data| !data.lineup.is_empty());
    let mut sheet: Vec<(u64, bool)> = match data {
        Some(data) => {
            data.lineup.iter().map(|id| (*id, true)).chain(data.bench.iter().map(|id| (*id, false))).collect()
        }
        None => squad().map(|player| (player.id, false)).collect(),
    };
    // Whoever acts or is changed was there, whether the sheet says so or not.
    let acting = file.events.iter().filter(|row| row.team_id == id).map(|row| row.player_id);
    let changed = data.into_iter().flat_map(|data| &data.substitutions).flat_map(|it| [it.player_out, it.player_in]);
    let mut on_sheet: std::collections::HashSet<u64> = sheet.iter().map(|(id, _)| *id).collect();
    sheet.extend(acting.chain(changed).filter(|id| *id > 0 && on_sheet.insert(*id)).map(|id| (id, false)));
    let mut players: Vec<Player> = Vec::with_capacity(sheet.len());
    for (id, starts) in sheet {
        let player_id: PlayerId = id.to_string().into();
        // The same player may be listed twice.
        if ids.insert(id, player_id.clone()).is_some() {
            continue;
        }
        let person = person(id);
        let name = person.and_then(player_name).unwrap_or_else(|| {
            *unnamed += 1;
            format!("Player {id}")
        });
        let position = person.and_then(|person| person.role.as_ref()?.code2.as_deref()).map(Into::into);
        players.push(Player { id: player_id, name: name.into(), number: None, position, starts, captain: false });
    }
    let short: String = name.chars().filter(|c| c.is_alphanumeric()).take(3).collect::<String>().to_uppercase();
    Team {
        id: id.to_string().into(),
        name: name.into(),
        short: short.into(),
        colours: Vec::new(),
        formation: None,
        coach: None,
        players,
    }
}

/// The name by which a player is known: the short name where it is one, as `Jorginho`, else the names in full.
fn player_name(player: &PlayerRecord) -> Option<String> {
    let clean = |name: &Option<String>| name.as_deref().map(unescape).filter(|name| !name.is_empty());
    let short = clean(&player.short_name);
    let initial = |name: &String| name.split(' ').next().is_some_and(|word| word.ends_with('.'));
    let full = [clean(&player.first_name), clean(&player.last_name)];
    let full = full.into_iter().flatten().collect::<Vec<_>>().join(" ");
    short.clone().filter(|name| !initial(name)).or(Some(full).filter(|name| !name.is_empty())).or(short)
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

    #[test]
    fn a_player_has_the_name_by_which_he_is_known() {
        let named = |short: &str, first: &str, last: &str| {
            let text = |text: &str| Some(text.to_owned());
            player_name(&PlayerRecord {
                short_name: text(short),
                first_name: text(first),
                last_name: text(last),
                ..Default::default()
            })
        };
        assert_eq!(named("Jorginho", "Jorge Luiz", "Frello Filho").as_deref(), Some("Jorginho"));
        assert_eq!(named("M. Ham\\u0161\\u00edk", "Marek", "Ham\\u0161\\u00edk").as_deref(), Some("Marek Hamšík"));
        assert_eq!(named("M. Rog", "", "").as_deref(), Some("M. Rog"));
        assert_eq!(named("", "", ""), None);
    }
}
