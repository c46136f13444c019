//! League tables: the table before the round, with the current scores of its matches folded in.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::event::MatchEvent;
use super::event_type::EventType;
use super::lineup::{Match, TeamId};
use super::score::Score;
use super::words::Status;
use crate::words::words;

/// The row of one team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableRow {
    /// The id of the team.
    pub team: TeamId,
    /// The name: `Juventus`; empty if only the id is known.
    pub name: Arc<str>,
    /// Matches played.
    pub played: u32,
    /// Matches won.
    pub won: u32,
    /// Matches drawn.
    pub drawn: u32,
    /// Matches lost.
    pub lost: u32,
    /// Goals scored.
    pub goals_for: u32,
    /// Goals conceded.
    pub goals_against: u32,
    /// Points, after deductions.
    pub points: i32,
    /// Points deducted, already subtracted from [`points`](Self::points).
    pub deducted: u32,
}

words! {
    /// A criterion for the order of a table. Criteria apply in turn to the teams that are level so far.
    #[non_exhaustive]
    OrderKey {
        /// More points first.
        Points = "points",
        /// The greater difference first.
        GoalDifference = "goal_difference",
        /// More goals first.
        GoalsFor = "goals_for",
        /// More wins first.
        Wins = "wins",
        /// Points, then goal difference, then goals scored in the matches between the teams that are level so far.
        HeadToHead = "head_to_head",
        /// Fewer `disciplinary_points` first.
        FairPlay = "fair_play",
        /// The order of the rows in the file, for instance by lot.
        Listed = "listed",
    }
}

/// A league table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeagueTable {
    /// The competition: `Serie A`.
    pub competition: Arc<str>,
    /// The season: `2017/18`.
    pub season: Option<Arc<str>>,
    /// The criteria for the order. Rows that stay level are ordered by name.
    pub order: Vec<OrderKey>,
    /// The rows, best first. A table with [`OrderKey::Listed`] keeps the order of the file until it is
    /// computed.
    pub rows: Vec<TableRow>,
}

/// The current result of a match, for a table.
#[derive(Debug, Clone, Copy)]
pub struct MatchResult<'a> {
    /// The match.
    pub fixture: &'a Match,
    /// Its status.
    pub status: Status,
    /// Its current score.
    pub score: Score,
    /// Whether the score was awarded.
    pub awarded: bool,
    /// The disciplinary points of the home and the away side; used only by [`OrderKey::FairPlay`].
    pub discipline: [u32; 2],
}

/// The disciplinary points of a card in the scheme of FIFA tournaments: 1 for a caution, 3 for two cautions of one player
/// (the second adds 2), 4 for a direct red card, 5 for a caution and a direct red card of one player.
pub fn disciplinary_points(event: &MatchEvent) -> u32 {
    match event.kind {
        EventType::YellowCard => 1,
        EventType::SecondYellowCard => 2,
        EventType::RedCard => 4,
        _ => 0,
    }
}

/// What the matches contribute to the ranking beside the rows, by row index.
#[derive(Default)]
struct RankingData {
    /// Whether the team has played matches that the scenario does not contain.
    played_before: Vec<bool>,
    discipline: Vec<u32>,
    /// Matches between two teams of the table: row indices and score.
    met: Vec<(usize, usize, Score)>,
}

impl LeagueTable {
    /// The table with the current results of matches: a match that has begun counts as if it ended now.
    ///
    /// Matches of other competitions, and teams that are not in the table, are ignored.
    pub(crate) fn with_results<'a>(&self, matches: impl IntoIterator<Item = MatchResult<'a>>) -> Self {
        let mut table = self.clone();
        let mut indices: HashMap<&str, usize> = HashMap::with_capacity(self.rows.len());
        for (index, row) in self.rows.iter().enumerate() {
            indices.entry(row.team.as_str()).or_insert(index);
        }
        let mut data = RankingData {
            played_before: self.rows.iter().map(TableRow::has_played).collect(),
            discipline: vec![0; self.rows.len()],
            met: Vec::new(),
        };
        for MatchResult { fixture, status, score, awarded, discipline } in matches {
            if !self.includes_match(fixture, status, awarded) {
                continue;
            }
            let [home, away] = [&fixture.home, &fixture.away].map(|team| indices.get(team.id.as_str()).copied());
            for (index, scored, conceded, cards) in
                [(home, score.home, score.away, discipline[0]), (away, score.away, score.home, discipline[1])]
            {
                let Some(index) = index else { continue };
                table.rows[index].add_result(scored.into(), conceded.into());
                data.discipline[index] = data.discipline[index].saturating_add(cards);
            }
            if let (Some(home), Some(away)) = (home, away) {
                data.met.push((home, away, score));
            }
        }
        table.rank(&data);
        table
    }

    /// Whether a match is of this competition and counts for the table now: it has kicked off and is not called off, or its
    /// result is awarded.
    pub(crate) fn includes_match(&self, fixture: &Match, status: Status, awarded: bool) -> bool {
        let played = !matches!(status, Status::Scheduled | Status::Postponed | Status::Abandoned);
        self.covers(fixture) && (played || awarded)
    }

    /// Whether a match is of this competition and season.
    fn covers(&self, fixture: &Match) -> bool {
        fixture.competition.as_deref() == Some(&*self.competition)
            && (self.season.is_none() || fixture.season.is_none() || self.season == fixture.season)
    }

    /// Sorts the rows without any matches. A table with [`OrderKey::Listed`] keeps the order of the file.
    pub fn sort(&mut self) {
        if !self.order.contains(&OrderKey::Listed) {
            self.rank(&RankingData::default());
        }
    }

    /// Sorts the rows key by key, each key among the rows that are level so far.
    fn rank(&mut self, data: &RankingData) {
        let mut indices: Vec<usize> = (0..self.rows.len()).collect();
        indices.sort_by_key(|index| &self.rows[*index].name);
        let mut level: Vec<Range<usize>> = std::iter::once(0..indices.len()).collect();
        for key in &self.order {
            let values = self.ranking_values(*key, &indices, &level, data);
            let mut still_level = Vec::new();
            for group in level {
                let rows = &mut indices[group.clone()];
                rows.sort_by_key(|index| Reverse(values[*index]));
                let mut from = group.start;
                for equal in rows.chunk_by(|one, other| values[*one] == values[*other]) {
                    if equal.len() > 1 {
                        still_level.push(from..from + equal.len());
                    }
                    from += equal.len();
                }
            }
            level = still_level;
            if level.is_empty() {
                break;
            }
        }
        self.rows = indices.iter().map(|index| self.rows[*index].clone()).collect();
    }

    /// The value of each row for a key; greater is better. `level`: the groups of `indices` that are level so far.
    fn ranking_values(
        &self,
        key: OrderKey,
        indices: &[usize],
        level: &[Range<usize>],
        data: &RankingData,
    ) -> Vec<[i64; 3]> {
        let each = |value: fn(&TableRow) -> i64| self.rows.iter().map(|row| [value(row), 0, 0]).collect();
        let played_before = |index: &usize| data.played_before.get(*index).copied().unwrap_or_default();
        let mut values = vec![[0; 3]; self.rows.len()];
        match key {
            OrderKey::Points => return each(|row| row.points.into()),
            OrderKey::GoalDifference => return each(|row| i64::from(row.goals_for) - i64::from(row.goals_against)),
            OrderKey::GoalsFor => return each(|row| row.goals_for.into()),
            OrderKey::Wins => return each(|row| row.won.into()),
            OrderKey::Listed => (0..).zip(&mut values).for_each(|(index, value): (i64, _)| *value = [-index, 0, 0]),
            // Cards of earlier matches are unknown, so a group with such a team is not separated.
            OrderKey::FairPlay => {
                let rows = level.iter().map(|group| &indices[group.clone()]);
                for index in rows.filter(|rows| !rows.iter().any(played_before)).flatten() {
                    values[*index][0] = -i64::from(data.discipline.get(*index).copied().unwrap_or_default());
                }
            }
            OrderKey::HeadToHead => {
                let mut group_of = vec![None; self.rows.len()];
                for (number, group) in level.iter().enumerate() {
                    let rows = &indices[group.clone()];
                    // Two teams with earlier matches may have met in one of them, so their group is not separated.
                    if rows.iter().filter(|index| played_before(index)).count() < 2 {
                        rows.iter().for_each(|index| group_of[*index] = Some(number));
                    }
                }
                for (home, away, score) in &data.met {
                    if group_of[*home].is_some() && group_of[*home] == group_of[*away] {
                        let (scored, conceded) = (i64::from(score.home), i64::from(score.away));
                        for (index, scored, conceded) in [(home, scored, conceded), (away, conceded, scored)] {
                            let [points, difference, goals] = &mut values[*index];
                            *points += i64::from(points_for(scored.cmp(&conceded)));
                            *difference += scored - conceded;
                            *goals += scored;
                        }
                    }
                }
            }
        }
        values
    }
}

/// The points for a win, a draw and a defeat.
fn points_for(result: Ordering) -> i32 {
    match result {
        Ordering::Greater => 3,
        Ordering::Equal => 1,
        Ordering::Less => 0,
    }
}

impl TableRow {
    /// Whether the team has played a match.
    pub(crate) fn has_played(&self) -> bool {
        [self.played, self.won, self.drawn, self.lost].iter().any(|count| *count > 0)
    }

    /// The row of a team that has not played.
    #[cfg_attr(not(feature = "import"), allow(dead_code))]
    pub(crate) fn new(team: TeamId, name: Arc<str>) -> Self {
        let (played, won, drawn, lost, goals_for, goals_against) = (0, 0, 0, 0, 0, 0);
        Self { team, name, played, won, drawn, lost, goals_for, goals_against, points: 0, deducted: 0 }
    }

    /// Adds a result.
    pub(crate) fn add_result(&mut self, scored: u32, conceded: u32) {
        // Saturating: a file may state any counts.
        let add = |count: &mut u32, by: u32| *count = count.saturating_add(by);
        add(&mut self.played, 1);
        add(&mut self.goals_for, scored);
        add(&mut self.goals_against, conceded);
        let result = scored.cmp(&conceded);
        self.points = self.points.saturating_add(points_for(result));
        add(
            match result {
                Ordering::Greater => &mut self.won,
                Ordering::Equal => &mut self.drawn,
                Ordering::Less => &mut self.lost,
            },
            1,
        );
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
            deducted: 0,
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
    fn a_match_counts_with_its_current_score_from_kick_off() {
        let mut state = MatchState::new(fixture());
        let with = |state: &MatchState| {
            table().with_results([MatchResult {
                fixture: state.fixture(),
                status: state.status,
                score: state.score(),
                awarded: state.awarded_score().is_some(),
                discipline: [0; 2],
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

    /// The teams in table order, given rows and matches of one league: each match is the ids and goals of two teams and their
    /// disciplinary points.
    fn ranked(order: &[OrderKey], rows: Vec<TableRow>, matches: &[(&str, u16, u16, &str, [u32; 2])]) -> String {
        let table = LeagueTable { competition: "League".into(), season: None, order: order.to_vec(), rows };
        let fixtures: Vec<_> = matches
            .iter()
            .map(|(home, .., away, _)| {
                let mut fixture = Match::clone(&fixture());
                (fixture.home.id, fixture.away.id) = ((*home).into(), (*away).into());
                fixture
            })
            .collect();
        let results = fixtures.iter().zip(matches).map(|(fixture, (_, home, away, _, discipline))| MatchResult {
            fixture,
            status: Status::FullTime,
            score: Score { home: *home, away: *away },
            awarded: false,
            discipline: *discipline,
        });
        let ranked = table.with_results(results);
        ranked.rows.iter().map(|row| row.team.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_decide_among_the_rows_that_are_level_so_far() {
        use OrderKey::*;
        let rows = |played: u32| ["d", "c", "b", "a"].map(|team| TableRow { played, ..row(team, 0, 0) }).to_vec();
        let none = [0; 2];
        // a, b and c have four points each: among them b has four, c one, a none.
        let round = [
            ("a", 0, 1, "b", none),
            ("c", 1, 1, "b", none),
            ("a", 9, 0, "d", none),
            ("c", 1, 0, "d", none),
            ("a", 0, 0, "x", none),
        ];
        assert_eq!(ranked(&[Points, HeadToHead, Listed], rows(0), &round), "b c a d");
        assert_eq!(ranked(&[Points, GoalDifference], rows(0), &round), "a b c d");
        // Two level teams with earlier matches may have met; a single team with earlier matches has met none of the others.
        assert_eq!(ranked(&[Points, HeadToHead, Listed], rows(1), &round), "c b a d");
        let one_before =
            rows(0).into_iter().map(|row| TableRow { lost: u32::from(&*row.name == "b"), ..row }).collect();
        assert_eq!(ranked(&[Points, HeadToHead, Listed], one_before, &round), "b c a d");
        // Fewer cards first. Without the cards of earlier matches the next key decides.
        let cards = [("a", 1, 1, "b", [4, 1]), ("c", 1, 1, "d", [1, 0])];
        assert_eq!(ranked(&[Points, FairPlay, Listed], rows(0), &cards), "d c b a");
        assert_eq!(ranked(&[Points, FairPlay, GoalsFor], rows(0), &cards), "d b c a");
        assert_eq!(ranked(&[Points, FairPlay], rows(1), &cards), "a b c d");
        assert_eq!(ranked(&[Points, Listed], rows(1), &[]), "d c b a");
    }

    #[test]
    fn level_rows_are_ordered_by_name() {
        let mut table = table();
        table.rows.reverse();
        table.sort();
        let order: Vec<_> = table.rows.iter().map(|row| row.team.as_str()).collect();
        assert_eq!(order, ["home", "away", "third"]);
    }
}
