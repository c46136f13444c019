//! F24: the events of one or more games.

use roxmltree::Node;

use super::feed::bare_id;
use super::london::{parse_london, parse_utc};
use crate::football::{Period, Score, UtcMillis};
use crate::import::draft::RecordedResult;
use crate::import::opta_events::{OptaMatchData, OptaRow, OptaTeam, RowNames, format_season, read_number};
use crate::import::teams::find_two_teams;
use crate::import::xml::{attribute, children, parse};
use crate::import::{Document, ImportError};

const NAMES: RowNames = RowNames {
    event_id: "event_id",
    kind: "type_id",
    period: "period_id",
    minute: "min",
    second: "sec",
    team: "team_id",
    player: "player_id",
};

/// A game of a document.
pub struct Game {
    pub rows: Result<Vec<OptaRow>, String>,
    /// What the element of the game says about the match.
    pub own: OptaMatchData,
}

impl Game {
    /// The ids of both teams, in any order.
    pub fn teams(&self) -> Option<[Box<str>; 2]> {
        if self.own.knows_teams() {
            return Some(self.own.team_ids().map(Into::into));
        }
        let teams = self.rows.as_ref().ok()?.iter().filter_map(|row| row.team.as_deref()).enumerate();
        find_two_teams(None, teams, |_| String::new()).ok().map(|teams| teams.map(Into::into))
    }
}

/// Reads all games of a document.
pub fn read_games(document: &Document) -> Result<Vec<Game>, ImportError> {
    let text = document.text()?;
    let xml = parse(document, &text)?;
    let root = xml.root_element();
    if root.descendants().any(|node| node.has_tag_name("SoccerDocument")) {
        return Err(ImportError::new(document, "this is match data (F7 or F9), not events (F24): it has no <Game>"));
    }
    let games: Vec<Game> = root.descendants().filter(|node| node.has_tag_name("Game")).map(read_game).collect();
    if games.is_empty() {
        return Err(ImportError::new(
            document,
            format!("events of F24 are in <Games> with <Game>, this is <{}>", root.tag_name().name()),
        ));
    }
    Ok(games)
}

fn read_game(game: Node<'_, '_>) -> Game {
    let rows = children(game, "Event").enumerate().map(|(at, event)| {
        read_row(event).map_err(|message| {
            let line = event.document().text_pos_at(event.range().start).row;
            format!("line {line}, Event[{at}] {message}")
        })
    });
    let team = |id: &str, name: &str| OptaTeam {
        id: attribute(game, id).map_or_else(Box::default, |id| bare_id(id).into()),
        name: attribute(game, name).map(Into::into),
        ..OptaTeam::default()
    };
    let period_starts = Period::ALL.into_iter().filter_map(|period| {
        let start = game.attribute(&*format!("period_{}_start", period.number()))?;
        Some((period, parse_london(start)?))
    });
    let number = |name: &str| game.attribute(name)?.trim().parse().ok();
    let score = number("home_score").zip(number("away_score")).map(|(home, away)| Score { home, away });
    let own = OptaMatchData {
        id: attribute(game, "id").map(|id| bare_id(id).into()),
        teams: [team("home_team_id", "home_team_name"), team("away_team_id", "away_team_name")],
        kickoff: game.attribute("game_date").and_then(parse_london),
        period_starts: period_starts.collect(),
        competition: attribute(game, "competition_name").map(Into::into),
        season: attribute(game, "season_name").and_then(format_season),
        round: attribute(game, "matchday").map(Into::into),
        result: score.map(|score| RecordedResult { score, shootout: None }),
        ..OptaMatchData::default()
    };
    Game { rows: rows.collect(), own }
}

fn read_row(event: Node<'_, '_>) -> Result<OptaRow, String> {
    let mut row = OptaRow::read(&NAMES, |name| event.attribute(name))?;
    row.at = read_time(event);
    row.version = event.attribute("version").and_then(|version| version.trim().parse().ok());
    for qualifier in children(event, "Q") {
        let id = read_number("qualifier_id", qualifier.attribute("qualifier_id").map(str::trim))
            .map_err(|message| format!("has a <Q> that {message}"))?;
        row.qualifiers.push((id, qualifier.attribute("value").unwrap_or_default().into()));
    }
    Ok(row)
}

fn read_time(event: Node<'_, '_>) -> Option<UtcMillis> {
    let utc = event.attribute("timestamp_utc").and_then(parse_utc);
    utc.or_else(|| event.attribute("timestamp").and_then(parse_london))
}
