//! The league table: what stood before the round, and the matches being played folded in as they stand.

use std::cmp::{Ordering, Reverse};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::event::MatchEvent;
use super::event_type::EventType;
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
    /// Points deducted: [`points`](Self::points) is without them.
    pub deducted: u32,
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
        /// Points, then goal difference, then goals scored in the matches between the teams that are equal so far.
        HeadToHead = "head_to_head",
        /// Fewer [`disciplinary_points`] first.
        FairPlay = "fair_play",
        /// The order of the rows in the file, for lots that were drawn.
        Listed = "listed",
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
    /// The rows, best first; in a table with [`OrderKey::Listed`] that is not [computed](Self::with) in the order of the file.
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
    /// The disciplinary points of its home and its away side; they matter only in a table with [`OrderKey::FairPlay`].
    pub discipline: [u32; 2],
}

/// How many disciplinary points a card costs its side by the scheme of FIFA tournaments: 1 for a caution, 3 for two of one
/// player, 4 for a direct red card, 5 for a caution and a direct red card of one player. A second caution adds 2 to the first.
pub fn disciplinary_points(event: &MatchEvent) -> u32 {
    match event.kind {
        EventType::YellowCard => 1,
        EventType::SecondYellowCard => 2,
        EventType::RedCard => 4,
        _ => 0,
    }
}

/// What the matches of the file say of the teams of a table, by the places of their rows.
#[derive(Default)]
struct Known {
    /// The teams have matches behind them that the file does not hold.
    played_before: Vec<bool>,
    discipline: Vec<u32>,
    /// Matches between two teams of the table.
    met: Vec<(usize, usize, Score)>,
}

impl LeagueTable {
    /// The table with these matches folded in as they stand: a match that has begun counts as if it ended now.
    ///
    /// Matches of other competitions, and teams that are not in the table, are passed over.
    pub fn with<'a>(&self, matches: impl IntoIterator<Item = MatchResult<'a>>) -> Self {
        let mut table = self.clone();
        let mut places: HashMap<&str, usize> = HashMap::with_capacity(self.rows.len());
        for (place, row) in self.rows.iter().enumerate() {
            places.entry(row.team.as_str()).or_insert(place);
        }
        let mut known = Known {
            played_before: self.rows.iter().map(TableRow::has_played).collect(),
            discipline: vec![0; self.rows.len()],
            met: Vec::new(),
        };
        for MatchResult { fixture, status, score, awarded, discipline } in matches {
            if !self.counts(fixture, status, awarded) {
                continue;
            }
            let [home, away] = [&fixture.home, &fixture.away].map(|team| places.get(team.id.as_str()).copied());
            for (place, scored, conceded, cards) in
                [(home, score.home, score.away, discipline[0]), (away, score.away, score.home, discipline[1])]
            {
                let Some(place) = place else { continue };
                table.rows[place].enter(scored.into(), conceded.into());
                known.discipline[place] = known.discipline[place].saturating_add(cards);
            }
            if let (Some(home), Some(away)) = (home, away) {
                known.met.push((home, away, score));
            }
        }
        table.rank(&known);
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

    /// Puts the rows in order without any matches. In a table with [`OrderKey::Listed`] they stay in that of the file.
    pub fn sort(&mut self) {
        if !self.order.contains(&OrderKey::Listed) {
            self.rank(&Known::default());
        }
    }

    /// Puts the rows in order: key by key, each among the rows that are equal so far.
    fn rank(&mut self, known: &Known) {
        let mut places: Vec<usize> = (0..self.rows.len()).collect();
        places.sort_by_key(|place| &self.rows[*place].name);
        let mut level: Vec<Range<usize>> = std::iter::once(0..places.len()).collect();
        for key in &self.order {
            let values = self.values(*key, &places, &level, known);
            let mut still_level = Vec::new();
            for group in level {
                let rows = &mut places[group.clone()];
                rows.sort_by_key(|place| Reverse(values[*place]));
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
        self.rows = places.iter().map(|place| self.rows[*place].clone()).collect();
    }

    /// What a key says of each row, the greater the better. `level`: the groups of `places` that are equal so far.
    fn values(&self, key: OrderKey, places: &[usize], level: &[Range<usize>], known: &Known) -> Vec<[i64; 3]> {
        let each = |value: fn(&TableRow) -> i64| self.rows.iter().map(|row| [value(row), 0, 0]).collect();
        let played_before = |place: &usize| known.played_before.get(*place).copied().unwrap_or_default();
        let mut values = vec![[0; 3]; self.rows.len()];
        match key {
            OrderKey::Points => return each(|row| row.points.into()),
            OrderKey::GoalDifference => return each(|row| i64::from(row.goals_for) - i64::from(row.goals_against)),
            OrderKey::GoalsFor => return each(|row| row.goals_for.into()),
            OrderKey::Wins => return each(|row| row.won.into()),
            OrderKey::Listed => (0..).zip(&mut values).for_each(|(place, value): (i64, _)| *value = [-place, 0, 0]),
            // Cards of earlier matches are not known.
            OrderKey::FairPlay => {
                let rows = level.iter().map(|group| &places[group.clone()]);
                for place in rows.filter(|rows| !rows.iter().any(played_before)).flatten() {
                    values[*place][0] = -i64::from(known.discipline.get(*place).copied().unwrap_or_default());
                }
            }
            OrderKey::HeadToHead => {
                let mut group_of = vec![None; self.rows.len()];
                for (number, group) in level.iter().enumerate() {
                    let rows = &places[group.clone()];
                    // Two teams that have played before may have met.
                    if rows.iter().filter(|place| played_before(place)).count() < 2 {
                        rows.iter().for_each(|place| group_of[*place] = Some(number));
                    }
                }
                for (home, away, score) in &known.met {
                    if group_of[*home].is_some() && group_of[*home] == group_of[*away] {
                        let (scored, conceded) = (i64::from(score.home), i64::from(score.away));
                        for (place, scored, conceded) in [(home, scored, conceded), (away, conceded, scored)] {
                            let [points, difference, goals] = &mut values[*place];
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

/// What a victory, a draw and a defeat are worth.
fn points_for(result: Ordering) -> i32 {
    match result {
        Ordering::Greater => 3,
        Ordering::Equal => 1,
        Ordering::Less => 0,
    }
}

impl TableRow {
    /// Whether the team has played a match.
    pub fn has_played(&self) -> bool {
        [self.played, self.won, self.drawn, self.lost].iter().any(|count| *count > 0)
    }

    /// Counts a match.
    fn enter(&mut self, scored: u32, conceded: u32) {
        // Saturating: a file may state any standings.
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
    fn a_match_counts_from_kick_off_as_it_stands() {
        let mut state = MatchState::new(fixture());
        let with = |state: &MatchState| {
            table().with([MatchResult {
                fixture: state.fixture(),
                status: state.status,
                score: state.score(),
                awarded: state.awarded().is_some(),
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

    /// The teams in order, in a table of these rows with these matches of one league: each the ids and goals of two teams and
    /// their disciplinary points.
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
        let ranked = table.with(results);
        ranked.rows.iter().map(|row| row.team.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn keys_decide_among_the_rows_that_are_equal_so_far() {
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
        // Two of the equal teams may have met before; one that has played before has met none of the others.
        assert_eq!(ranked(&[Points, HeadToHead, Listed], rows(1), &round), "c b a d");
        let one_before =
            rows(0).into_iter().map(|row| TableRow { lost: u32::from(&*row.name == "b"), ..row }).collect();
        assert_eq!(ranked(&[Points, HeadToHead, Listed], one_before, &round), "b c a d");
        // Fewer cards first; without knowing those of earlier matches the next key decides.
        let cards = [("a", 1, 1, "b", [4, 1]), ("c", 1, 1, "d", [1, 0])];
        assert_eq!(ranked(&[Points, FairPlay, Listed], rows(0), &cards), "d c b a");
        assert_eq!(ranked(&[Points, FairPlay, GoalsFor], rows(0), &cards), "d b c a");
        assert_eq!(ranked(&[Points, FairPlay], rows(1), &cards), "a b c d");
        assert_eq!(ranked(&[Points, Listed], rows(1), &[]), "d c b a");
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
