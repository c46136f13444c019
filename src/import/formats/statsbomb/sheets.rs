//! The match line: teams, their sheets, and when and where the match was played.

use std::collections::{HashMap, HashSet};

use super::match_data::{LineupDocument, LineupPlayer, LineupTeam, ListedMatch, StatsBombDataset};
use super::order::TimedRow;
use super::rows::{NamedId, StatsBombRow, TacticalPlace, Tactics, name_of};
use super::vocabulary::kind;
use crate::football::{Coach, Match, Player, PlayerId, Rules, Side, Team, UtcMillis};
use crate::import::draft::{MatchDraft, RecordedResult};
use crate::import::teams::find_two_teams;

/// How StatsBomb calls the goalkeeper.
const GOALKEEPER: &str = "Goalkeeper";
/// The position of a player on the bench.
const SUBSTITUTE: &str = "Substitute";

/// The ids of both teams, home first.
#[derive(Debug, Clone, Copy)]
pub struct StatsBombTeams([u64; 2]);

impl StatsBombTeams {
    pub fn side(self, team: Option<u64>) -> Option<Side> {
        Side::ALL.iter().copied().find(|side| Some(self.0[side.index()]) == team)
    }
}

/// The name of the match and the number in it, from the name of the document.
#[derive(Debug)]
pub struct MatchName {
    pub text: String,
    pub id: Option<u64>,
}

/// Begins the draft of a match with its sheets.
pub fn begin_draft(
    name: &MatchName,
    rows: &[TimedRow],
    dataset: &StatsBombDataset,
) -> Result<(MatchDraft, StatsBombTeams), String> {
    let in_rows = find_teams(rows)?;
    let mut warnings = Vec::new();
    let mut keep = |warning: String| warnings.push(warning);
    let listed = dataset.find_match(name.id, &in_rows).unwrap_or_else(|warning| (keep(warning), None).1);
    let lineups = dataset.find_lineups(name.id, &in_rows).unwrap_or_else(|warning| (keep(warning), None).1);
    let ids = match listed {
        Some(listed) => [listed.teams[0].id, listed.teams[1].id],
        None => in_rows,
    };
    let [home_only, away_only] = ids.map(|id| sure_players(id, rows, lineup_of(lineups, id)));
    let named_by_home: HashSet<u64> = players_in_rows(rows, ids[0]).0.into_iter().collect();
    // A row may name a player of the other team, but no player is on both sheets.
    let not_at_home = |id: u64| away_only.contains(&id) && !home_only.contains(&id);
    let not_away = |id: u64| home_only.contains(&id) || named_by_home.contains(&id) && !away_only.contains(&id);
    let home = build_team(ids[0], Side::Home, rows, listed, lineups, &not_at_home);
    let away = build_team(ids[1], Side::Away, rows, listed, lineups, &not_away);
    let fixture = Match {
        id: name.text.as_str().into(),
        competition: listed.and_then(|listed| listed.competition.as_deref()).map(Into::into),
        season: listed.and_then(|listed| listed.season.as_deref()).map(Into::into),
        round: listed.and_then(|listed| listed.round.as_deref()).map(Into::into),
        kickoff: listed.and_then(|listed| listed.kickoff).unwrap_or(UtcMillis::UNKNOWN),
        period_starts: Vec::new(),
        venue: listed.and_then(|listed| listed.stadium.as_deref()).map(Into::into),
        officials: listed
            .and_then(|listed| listed.referee.as_deref())
            .map(|referee| ("referee".into(), vec![referee.into()]))
            .into_iter()
            .collect(),
        rules: Rules::default(),
        home,
        away,
    };
    let mut draft = MatchDraft::new(fixture);
    draft.sources.push(
        "StatsBomb open data (https://github.com/statsbomb/open-data), under the StatsBomb user agreement: name StatsBomb as \
         the source and show its logo wherever you publish it; converted"
            .into(),
    );
    draft.recorded = listed.and_then(|listed| listed.score).map(|score| RecordedResult { score, shootout: None });
    for warning in warnings {
        draft.warn(warning);
    }
    warn_of_missing_data(&mut draft, name, listed, lineups);
    warn_of_strangers(&mut draft, rows, ids, lineups);
    Ok((draft, StatsBombTeams(ids)))
}

/// The two teams of the rows, the one of the first line-up first.
fn find_teams(rows: &[TimedRow]) -> Result<[u64; 2], String> {
    let line_ups = rows.iter().filter(|timed| timed.row.kind() == kind::STARTING_XI);
    let of_rows = line_ups.chain(rows).filter_map(|timed| Some((timed.at, timed.row.team_id()?)));
    find_two_teams(None, of_rows, |at| format!("[{at}]"))
}

fn warn_of_missing_data(
    draft: &mut MatchDraft,
    name: &MatchName,
    listed: Option<&ListedMatch>,
    lineups: Option<&LineupDocument>,
) {
    match listed {
        None => draft.warn(format!(
            "no list of matches names match {}: {} plays at home because its line-up comes first: give the list with --meta",
            name.text, draft.fixture.home.name
        )),
        Some(ListedMatch { kickoff: None, .. }) => {}
        Some(ListedMatch { has_time: false, .. }) => {
            draft.warn("the list of matches has no \"kick_off\": it is set to midnight".to_owned());
        }
        Some(_) => {
            draft.warn("the list of matches does not say of which time zone \"kick_off\" is: taken as UTC".to_owned())
        }
    }
    if lineups.is_none() {
        draft.warn(
            "no line-ups: the sheets have only players who are in the events, with their names in full: give the \
             file with --meta"
                .to_owned(),
        );
    }
}

/// Warns of a starting eleven that the line-ups do not know.
fn warn_of_strangers(draft: &mut MatchDraft, rows: &[TimedRow], ids: [u64; 2], lineups: Option<&LineupDocument>) {
    for side in Side::ALL {
        let id = ids[side.index()];
        let Some(listed) = lineup_of(lineups, id) else { continue };
        let known: HashSet<u64> = listed.players().iter().map(|player| player.player_id).collect();
        let places = starting_tactics(rows, id).map(Tactics::places).unwrap_or_default();
        let strangers = places.iter().filter_map(TacticalPlace::player_id).filter(|id| !known.contains(id)).count();
        if strangers > 0 {
            let name = &draft.fixture.team(*side).name;
            draft.warn(format!(
                "{strangers} of the eleven of {name} are not in the line-ups: the line-ups of another match?"
            ));
        }
    }
}

/// The formation with which a team starts.
fn starting_tactics(rows: &[TimedRow], team: u64) -> Option<&Tactics> {
    let of_team = |timed: &&TimedRow| timed.row.kind() == kind::STARTING_XI && timed.row.team_id() == Some(team);
    rows.iter().find(of_team)?.row.tactics.as_ref()
}

/// What the events say of a player.
#[derive(Default)]
struct SeenPlayer<'a> {
    name: Option<&'a str>,
    number: Option<u16>,
    position: Option<&'a str>,
    /// That of the player whom this one replaced.
    inherited: Option<&'a str>,
}

/// What the rows say of the players of a team, in the order in which they name them.
fn players_in_rows(rows: &[TimedRow], team: u64) -> (Vec<u64>, HashMap<u64, SeenPlayer<'_>>) {
    let (mut order, mut noted) = (Vec::new(), HashSet::new());
    let mut seen: HashMap<u64, SeenPlayer<'_>> = HashMap::new();
    let mut note = |player: Option<&'_ NamedId>| -> Option<u64> {
        let id = player?.id?;
        if noted.insert(id) {
            order.push(id);
        }
        Some(id)
    };
    for StatsBombRow { player, position, tactics, substitution, .. } in of_team(rows, team) {
        if let Some(id) = note(player.as_ref()) {
            let known = seen.entry(id).or_default();
            known.name = known.name.or(player.as_ref().and_then(|player| player.name.as_deref()));
            known.position = known.position.or(known_position(name_of(position.as_ref())));
        }
        for place in tactics.iter().flat_map(Tactics::places) {
            if let Some(id) = note(place.player.as_ref()) {
                let known = seen.entry(id).or_default();
                known.name = known.name.or(place.player.as_ref().and_then(|player| player.name.as_deref()));
                known.number = known.number.or(place.jersey_number);
                known.position = known.position.or(known_position(name_of(place.position.as_ref())));
            }
        }
        let replacement = substitution.as_ref().and_then(|change| change.replacement.as_ref());
        if let Some(id) = note(replacement) {
            let known = seen.entry(id).or_default();
            known.name = known.name.or(replacement.and_then(|player| player.name.as_deref()));
            known.inherited = known.inherited.or(known_position(name_of(position.as_ref())));
        }
    }
    (order, seen)
}

fn of_team(rows: &[TimedRow], team: u64) -> impl Iterator<Item = &StatsBombRow> {
    rows.iter().map(|timed| &timed.row).filter(move |row| row.team_id() == Some(team))
}

fn lineup_of(lineups: Option<&LineupDocument>, team: u64) -> Option<&LineupTeam> {
    lineups?.teams.iter().find(|found| found.team_id == team)
}

/// The players of a team by its line-ups, formations and substitutions.
fn sure_players(team: u64, rows: &[TimedRow], lineup: Option<&LineupTeam>) -> HashSet<u64> {
    let listed = lineup.map(LineupTeam::players).unwrap_or_default().iter().map(|player| player.player_id);
    let in_rows = of_team(rows, team).flat_map(|row| {
        let places = row.tactics.iter().flat_map(Tactics::places).filter_map(TacticalPlace::player_id);
        places.chain(row.substitution.as_ref().and_then(|change| change.replacement.as_ref()?.id))
    });
    listed.chain(in_rows).collect()
}

/// A position on the field.
fn known_position(name: &str) -> Option<&str> {
    Some(name).filter(|name| !name.is_empty() && *name != SUBSTITUTE)
}

fn build_team(
    id: u64,
    side: Side,
    rows: &[TimedRow],
    listed: Option<&ListedMatch>,
    lineups: Option<&LineupDocument>,
    is_other: &dyn Fn(u64) -> bool,
) -> Team {
    let listed = listed.map(|listed| &listed.teams[side.index()]);
    let lineup = lineup_of(lineups, id);
    let in_rows = of_team(rows, id).find_map(|row| row.team.as_ref()?.name.as_deref());
    let name = listed.and_then(|listed| listed.name.as_deref());
    let name = name.or(in_rows).or(lineup.and_then(|lineup| lineup.team_name.as_deref()));
    let tactics = starting_tactics(rows, id);
    Team {
        id: id.to_string().into(),
        name: name.unwrap_or_default().into(),
        short: "".into(),
        colours: Vec::new(),
        formation: tactics.and_then(Tactics::formation).map(Into::into),
        coach: listed.and_then(|listed| listed.manager.as_deref()).map(|name| Coach { id: None, name: name.into() }),
        players: build_sheet(id, rows, tactics, lineup, is_other),
    }
}

/// The players of a team: the eleven, then the others of the line-up, then whoever else the events name.
fn build_sheet(
    team: u64,
    rows: &[TimedRow],
    tactics: Option<&Tactics>,
    lineup: Option<&LineupTeam>,
    is_other: &dyn Fn(u64) -> bool,
) -> Vec<Player> {
    let listed = lineup.map(LineupTeam::players).unwrap_or_default();
    let places = tactics.map(Tactics::places).unwrap_or_default();
    let eleven: Vec<u64> = match places {
        [] => listed.iter().filter(|player| player.starts()).map(|player| player.player_id).collect(),
        places => places.iter().filter_map(TacticalPlace::player_id).collect(),
    };
    let (order, seen) = players_in_rows(rows, team);
    let others = listed.iter().map(|player| player.player_id).chain(order);
    let mut on_sheet = HashSet::new();
    let ids: Vec<u64> =
        eleven.iter().copied().chain(others).filter(|id| !is_other(*id) && on_sheet.insert(*id)).collect();
    let nobody = SeenPlayer::default();
    let find = |id: u64| (listed.iter().find(|player| player.player_id == id), seen.get(&id).unwrap_or(&nobody));
    let short = |id: u64| find(id).0.and_then(|listed| known_text(listed.player_nickname.as_deref()));
    let full = |id: u64| {
        let (listed, seen) = find(id);
        listed.and_then(|listed| known_text(listed.player_name.as_deref())).or(known_text(seen.name))
    };
    let mut names: HashMap<&str, usize> = HashMap::new();
    for name in ids.iter().filter_map(|id| short(*id).or(full(*id))) {
        *names.entry(name).or_default() += 1;
    }
    let players = ids.iter().map(|id| {
        let (listed, seen) = find(*id);
        // Two players may be known by the same name.
        let name = short(*id).filter(|name| names.get(name) == Some(&1)).or(full(*id)).or(short(*id));
        let position = seen.position.or(listed.and_then(LineupPlayer::position)).or(seen.inherited);
        Player {
            id: player_id(*id),
            name: name.unwrap_or_default().into(),
            number: listed.and_then(|listed| listed.jersey_number).or(seen.number),
            position: position.map(|name| if name == GOALKEEPER { "GK".into() } else { name.into() }),
            starts: eleven.contains(id),
            captain: false,
        }
    });
    players.collect()
}

/// The id of a player in the scenario.
pub fn player_id(id: u64) -> PlayerId {
    id.to_string().into()
}

fn known_text(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}
