//! The match line: teams, their sheets, and when and where the match was played.

use std::collections::{HashMap, HashSet};

use super::ids::{self, kind, q};
use super::match_data::{OptaMatchData, OptaTeam, StaffCards};
use super::row::OptaRow;
use crate::football::{Coach, EventId, Match, PeriodRules, Player, PlayerId, Rules, Side, Team, UtcMillis};
use crate::import::draft::MatchDraft;
use crate::import::teams::find_two_teams;

/// The ids of the feed, and what they are in the scenario.
pub struct OptaSheets {
    /// Home, away.
    teams: [Box<str>; 2],
    sides: HashMap<PlayerId, Side>,
    /// The row by which a team was set up, if there is one.
    pub set_ups: [Option<EventId>; 2],
    /// Coaches and other staff who got a card, by the id of the row.
    pub staff_cards: StaffCards,
}

impl OptaSheets {
    pub fn side(&self, row: &OptaRow) -> Option<Side> {
        let team = row.team.as_deref()?;
        Side::ALL.iter().copied().find(|side| &*self.teams[side.index()] == team)
    }

    pub fn side_of_player(&self, id: &str) -> Option<Side> {
        self.sides.get(id).copied()
    }
}

/// Begins the draft of a match with its sheets.
pub fn begin_draft(
    known: OptaMatchData,
    rows: &[OptaRow],
    fallback_id: &str,
) -> Result<(MatchDraft, OptaSheets), String> {
    let has_guessed_home = !known.knows_teams();
    let teams = find_teams(&known, rows)?;
    let set_ups = [&teams[0], &teams[1]].map(|team| find_set_up(rows, team));
    let build = |side: Side| build_team(known.team(side), &teams[side.index()], set_ups[side.index()], rows);
    let (home, away) = (build(Side::Home), build(Side::Away));
    // Players on both sheets are at home.
    let sides = [(Side::Away, &away), (Side::Home, &home)];
    let sides = sides.iter().flat_map(|(side, team)| team.players.iter().map(|player| (player.id.clone(), *side)));
    let sheets = OptaSheets {
        sides: sides.collect(),
        set_ups: set_ups.map(|row| row.map(|row| (&*row.id).into())),
        staff_cards: known.staff_cards,
        teams,
    };
    let usual = PeriodRules::default();
    let periods = PeriodRules {
        half_minutes: known.half_minutes.unwrap_or(usual.half_minutes),
        extra_minutes: known.extra_minutes.unwrap_or(usual.extra_minutes),
    };
    let first_row = rows.iter().filter(|row| row.kind == kind::START && row.period == 1).filter_map(|row| row.at).min();
    let kickoff = known.kickoff.or(first_row);
    let fixture = Match {
        id: known.id.as_deref().unwrap_or(fallback_id).into(),
        competition: known.competition,
        season: known.season,
        round: known.round,
        kickoff: kickoff.unwrap_or(UtcMillis::UNKNOWN),
        period_starts: known.period_starts,
        venue: known.venue,
        officials: known.officials,
        rules: Rules { periods, ..Rules::default() },
        home,
        away,
    };
    let mut draft = MatchDraft::new(fixture);
    draft.recorded = known.result;
    if has_guessed_home {
        let home = &draft.fixture.home.id;
        draft.warn(format!("nothing says who plays at home: it is team {home} by the order of the events: give the file of match data with --meta"));
    }
    Ok((draft, sheets))
}

/// The ids of both teams, home first: by the data, else by the order of the rows.
fn find_teams(known: &OptaMatchData, rows: &[OptaRow]) -> Result<[Box<str>; 2], String> {
    let stated = Some(("the match data", known.team_ids())).filter(|_| known.knows_teams());
    let of_rows = rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.team.as_deref()?)));
    Ok(find_two_teams(stated, of_rows, |at| format!("event {}", rows[at].id))?.map(Into::into))
}

/// The last set-up of a team before the match: corrections come later.
fn find_set_up<'a>(rows: &'a [OptaRow], team: &str) -> Option<&'a OptaRow> {
    rows.iter().rfind(|row| row.kind == kind::TEAM_SET_UP && row.team.as_deref() == Some(team))
}

fn build_team(known: &OptaTeam, id: &str, set_up: Option<&OptaRow>, rows: &[OptaRow]) -> Team {
    let mut players = known.players.clone();
    let of_team = || rows.iter().filter(|row| row.team.as_deref() == Some(id));
    if players.is_empty() {
        let named: HashMap<&str, &str> =
            of_team().filter_map(|row| Some((row.player.as_deref()?, row.player_name.as_deref()?))).collect();
        players = set_up.map(set_up_players).unwrap_or_default();
        if players.is_empty() {
            // Whoever acts was there.
            let mut seen = HashSet::new();
            let acting = of_team().filter_map(|row| row.player.as_deref()).filter(|id| seen.insert(*id));
            players = acting.map(|id| unnamed_player(id, false)).collect();
        }
        for player in &mut players {
            player.name = (*named.get(player.id.as_str()).unwrap_or(&"")).into();
        }
    }
    let in_set_up = || set_up.and_then(|row| ids::formation(row.value(q::FORMATION)?)).map(Into::into);
    Team {
        id: id.into(),
        name: known.name.clone().unwrap_or_default(),
        short: known.short.clone().unwrap_or_default(),
        colours: known.colours.clone(),
        formation: known.formation.clone().or_else(in_set_up),
        coach: known.coach.as_ref().map(|(id, name)| Coach { id: Some((&**id).into()), name: name.clone() }),
        players,
    }
}

/// The players of a set-up, which lists them beside their shirts, lines and places in the formation. Place 0 is the bench.
fn set_up_players(row: &OptaRow) -> Vec<Player> {
    let (shirts, lines, places) = (row.list(q::SHIRT_NUMBERS), row.list(q::LINES), row.list(q::PLACES_IN_FORMATION));
    let captain = row.value(q::CAPTAIN);
    let players = row.list(q::PLAYERS).into_iter().enumerate().filter(|(_, id)| !id.is_empty());
    players
        .map(|(at, id)| Player {
            number: shirts.get(at).and_then(|shirt| shirt.parse().ok()),
            position: lines.get(at).and_then(|line| line_word(line)).map(Into::into),
            captain: captain == Some(id),
            ..unnamed_player(id, places.get(at).is_some_and(|place| *place != "0"))
        })
        .collect()
}

/// The word of a line: of substitutes it is not known.
fn line_word(line: &str) -> Option<&'static str> {
    Some(match line {
        "1" => "GK",
        "2" => "DF",
        "3" => "MF",
        "4" => "FW",
        _ => return None,
    })
}

fn unnamed_player(id: &str, starts: bool) -> Player {
    Player { id: id.into(), name: "".into(), number: None, position: None, starts, captain: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_up_gives_the_sheet() {
        let values = [
            (q::PLAYERS, "9, 8, 7"),
            (q::SHIRT_NUMBERS, "1, 4, 12"),
            (q::PLACES_IN_FORMATION, "1, 5, 0"),
            (q::LINES, "1, 2, 5"),
            (q::CAPTAIN, "8"),
        ];
        let qualifiers = values.iter().map(|(id, value)| (*id, (*value).into())).collect();
        let players = set_up_players(&OptaRow { qualifiers, ..OptaRow::default() });
        let told: Vec<_> = players
            .iter()
            .map(|it| (it.id.as_str(), it.number, it.position.as_deref(), it.starts, it.captain))
            .collect();
        assert_eq!(
            told,
            [
                ("9", Some(1), Some("GK"), true, false),
                ("8", Some(4), Some("DF"), true, true),
                ("7", Some(12), None, false, false)
            ]
        );
    }
}
