//! Two-legged ties: two matches of the same teams, home and away swapped. The aggregate decides which team goes through.

use super::score::Score;
use super::words::Side;

/// A leg of a tie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leg {
    /// The first leg.
    First,
    /// The second leg, which decides the tie.
    Second,
}

impl Leg {
    /// 1 or 2.
    pub const fn number(self) -> u8 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }
}

/// The current scores of both legs, seen from one of them: "home" and "away" are the teams of that match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Legs {
    /// The score of the match itself.
    pub own: Score,
    /// The score of the other leg with home and away swapped, so that `home` is the same team in both.
    pub other: Score,
    /// Kicks scored in the shoot-out of the second leg, if there is one.
    pub shootout: Option<Score>,
    /// Whether the second leg has ended, or its result is awarded.
    pub over: bool,
    /// Whether away goals decide if the aggregate is level.
    pub away_goals: bool,
}

impl Legs {
    /// The aggregate: home, away.
    pub fn aggregate(&self) -> [u32; 2] {
        let Self { own, other, .. } = self;
        [[own.home, other.home], [own.away, other.away]].map(|goals| goals.map(u32::from).iter().sum())
    }

    /// The side that goes through: by the aggregate, then by away goals (in extra time, too), then by the shoot-out. `None`
    /// before the end of the second leg, and if none of these decides.
    pub fn winner(&self) -> Option<Side> {
        let more = |home: u32, away: u32| match home.cmp(&away) {
            std::cmp::Ordering::Greater => Some(Side::Home),
            std::cmp::Ordering::Less => Some(Side::Away),
            std::cmp::Ordering::Equal => None,
        };
        if !self.over {
            return None;
        }
        let [home, away] = self.aggregate();
        let by_away_goals = || more(self.other.home.into(), self.own.away.into()).filter(|_| self.away_goals);
        let by_kicks = || self.shootout.and_then(|kicks| more(kicks.home.into(), kicks.away.into()));
        more(home, away).or_else(by_away_goals).or_else(by_kicks)
    }
}

impl Score {
    /// The score with home and away swapped.
    pub(crate) const fn swapped(self) -> Self {
        Self { home: self.away, away: self.home }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_aggregate_decides_then_goals_scored_away_then_the_shootout() {
        let score = |(home, away)| Score { home, away };
        for (own, other, away_goals, shootout, expected) in [
            ((2, 1), (0, 0), false, None, Some(Side::Home)),
            ((1, 2), (0, 0), false, None, Some(Side::Away)),
            ((1, 0), (0, 1), false, None, None),
            // 1-0 and 1-2 seen from the second leg: the home team has no goal away, the away team one.
            ((2, 1), (0, 1), true, None, Some(Side::Away)),
            ((1, 0), (1, 2), true, None, Some(Side::Home)),
            ((2, 1), (1, 2), true, None, None),
            ((1, 0), (0, 1), true, Some((4, 3)), Some(Side::Home)),
            ((1, 0), (0, 1), false, Some((3, 4)), Some(Side::Away)),
            ((2, 1), (0, 1), true, Some((5, 0)), Some(Side::Away)),
        ] {
            let legs =
                Legs { own: score(own), other: score(other), shootout: shootout.map(score), over: true, away_goals };
            assert_eq!(legs.winner(), expected, "{legs:?}");
            assert_eq!(Legs { over: false, ..legs }.winner(), None);
            // Seen from the other leg, the winner is the other side.
            let (own, other) = (legs.other.swapped(), legs.own.swapped());
            let from_other = Legs { own, other, shootout: legs.shootout.map(Score::swapped), ..legs };
            assert_eq!(from_other.winner(), expected.map(Side::other), "{legs:?} from the other leg");
        }
    }
}
