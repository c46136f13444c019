//! The league table: what stood before the round, and the matches being played folded in as they stand.

use std::cmp::Reverse;
use std::sync::Arc;

use super::lineup::{Match, TeamId};
use super::score::Score;
use super::words::Status;

/// One team's row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// Names the team.
    pub team: TeamId,
    /// `Juventus`; empty where only the id is known.
    pub name: Arc<str>,
    /// Matches played.
    pub played: u32,
    /// Of which won.
    pub won: u32,
    /// Drawn.
    pub drawn: u32,
    /// Lost.
    pub lost: u32,
    /// Goals scored.
    pub goals_for: u32,
    /// Goals conceded.
    pub goals_against: u32,
    /// Points, deductions taken off.
    pub points: i32,
}

super::words::words! {
    /// What decides the order of a table, the first that differs deciding.
    OrderKey {
        /// More points first.
        Points = "points",
        /// The greater difference first.
        GoalDifference = "goal_difference",
        /// More goals first.
        GoalsFor = "goals_for",
        /// More victories first.
        Wins = "wins",
    }
}

/// A league table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeagueTable {
    /// `Serie A`.
    pub competition: Arc<str>,
    /// `2017/18`.
    pub season: Option<Arc<str>>,
    /// What decides the order; equal rows stand by name.
    pub order: Vec<OrderKey>,
    /// The rows, best first.
    pub rows: Vec<TableRow>,
}

/// A match as it stands, for a table.
#[derive(Debug, Clone, Copy)]
pub struct MatchResult<'a> {
    /// Which match.
    pub fixture: &'a Match,
    /// Where it is.
    pub status: Status,
    /// Its score.
    pub score: Score,
    /// Whether that was awarded.
    pub awarded: bool,
}

impl LeagueTable {
    /// The table with these matches folded in as they stand: a match that has begun counts as if it ended now.
    ///
    /// Matches of other competitions, and teams that are not in the table, are passed over.
    pub fn with<'a>(&self, matches: impl IntoIterator<Item = MatchResult<'a>>) -> Self {
        let mut table = self.clone();
        for MatchResult { fixture, status, score, awarded } in matches {
            if !self.counts(fixture, status, awarded) {
                continue;
            }
            let Score { home, away } = score;
            table.enter(&fixture.home.id, home.into(), away.into());
            table.enter(&fixture.away.id, away.into(), home.into());
        }
        table.sort();
        table
    }

    /// Whether a match is of this competition and stands in the table as it is now. One whose result is awarded does in any
    /// case.
    pub fn counts(&self, fixture: &Match, status: Status, awarded: bool) -> bool {
        let played = !matches!(status, Status::Scheduled | Status::Postponed | Status::Abandoned);
        self.covers(fixture) && (played || awarded)
    }

    /// Whether a match is of this competition and season.
    fn covers(&self, fixture: &Match) -> bool {
        fixture.competition.as_deref() == Some(&*self.competition)
            && (self.season.is_none() || fixture.season.is_none() || self.season == fixture.season)
    }

    fn enter(&mut self, team: &TeamId, scored: u32, conceded: u32) {
        let Some(row) = self.rows.iter_mut().find(|row| row.team == *team) else { return };
        // Saturating: a file may state any standings.
        let add = |count: &mut u32, by: u32| *count = count.saturating_add(by);
        add(&mut row.played, 1);
        add(&mut row.goals_for, scored);
        add(&mut row.goals_against, conceded);
        match scored.cmp(&conceded) {
            std::cmp::Ordering::Greater => {
                add(&mut row.won, 1);
                row.points = row.points.saturating_add(3);
            }
            std::cmp::Ordering::Equal => {
                add(&mut row.drawn, 1);
                row.points = row.points.saturating_add(1);
            }
            std::cmp::Ordering::Less => add(&mut row.lost, 1),
        }
    }

    /// Puts the rows in order.
    pub fn sort(&mut self) {
        let order = self.order.clone();
        let key = |row: &TableRow, key: OrderKey| match key {
            OrderKey::Points => i64::from(row.points),
            OrderKey::GoalDifference => i64::from(row.goals_for) - i64::from(row.goals_against),
            OrderKey::GoalsFor => i64::from(row.goals_for),
            OrderKey::Wins => i64::from(row.won),
        };
        self.rows.sort_by_cached_key(|row| {
            let keys: Vec<_> = order.iter().map(|by| Reverse(key(row, *by))).collect();
            (keys, row.name.clone())
        });
    }
}

#[cfg(test)]
mod tests {
    use super::super::event_type::EventType;
    use super::super::state::MatchState;
    use super::super::testing::{event, fixture};
    use super::super::words::Side;
    use super::*;

    fn row(team: &str, points: i32, goals_for: u32) -> TableRow {
        TableRow {
            team: team.into(),
            name: team.into(),
            played: 1,
            won: 0,
            drawn: 0,
            lost: 0,
            goals_for,
            goals_against: 0,
            points,
        }
    }

    fn table() -> LeagueTable {
        LeagueTable {
            competition: "League".into(),
            season: None,
            order: vec![OrderKey::Points, OrderKey::GoalDifference],
            rows: vec![row("home", 3, 2), row("away", 2, 9), row("third", 2, 9)],
        }
    }

    #[test]
    fn a_match_counts_from_kick_off_as_it_stands() {
        let mut state = MatchState::new(fixture());
        let with = |state: &MatchState| {
            table().with([MatchResult {
                fixture: state.fixture(),
                status: state.status,
                score: state.score(),
                awarded: state.awarded().is_some(),
            }])
        };
        assert_eq!(with(&state).rows[0].played, 1, "not yet kicked off");

        state.apply(&event("k", EventType::PeriodStart, "00:00", Side::Home, ""), None);
        let level = with(&state);
        assert_eq!((level.rows[0].team.as_str(), level.rows[0].points), ("home", 4), "level at the start");

        state.apply(&event("g", EventType::Goal, "10:00", Side::Away, "a9"), None);
        let led = with(&state);
        assert_eq!((led.rows[0].team.as_str(), led.rows[0].points), ("away", 5));
        assert_eq!((led.rows[1].team.as_str(), led.rows[1].lost), ("home", 1));
    }

    #[test]
    fn equal_rows_stand_by_name() {
        let mut table = table();
        table.rows.reverse();
        table.sort();
        let order: Vec<_> = table.rows.iter().map(|row| row.team.as_str()).collect();
        assert_eq!(order, ["home", "away", "third"]);
    }
}
