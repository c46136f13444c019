//! The ends of the field: which side defends the left goal in each period, and with it the fixed frame of a scenario.

use super::match_information::MatchInformation;
use super::periods::MatchPeriods;
use super::rows::EventRow;
use crate::football::{PITCH_LENGTH, PITCH_WIDTH, Period, Point, Side};
use crate::import::frame::point_in_metres;

/// A kick-off is taken this near the centre, in metres. A longer way is a wrong place.
const NEAR_CENTRE: f64 = 5.0;

/// The side on the left in each period, as far as it is known.
pub struct FieldEnds {
    left: [Option<Side>; 5],
}

impl FieldEnds {
    /// From `TeamLeft` of the kick-offs; else from the change of ends at half-time; else from where corners, goal kicks and
    /// shots are taken.
    pub fn find(rows: &[EventRow], periods: &MatchPeriods, information: &MatchInformation) -> Self {
        let mut left = [None; 5];
        for played in periods.played.iter().filter(|played| played.period != Period::Shootout) {
            let stated = played.team_left.as_deref().and_then(|team| information.side(team));
            let before =
                played.period.number().checked_sub(2).and_then(|at| left.get(usize::from(at)).copied().flatten());
            // Before extra time, ends are drawn anew.
            let changed =
                before.map(Side::other).filter(|_| matches!(played.period, Period::Second | Period::ExtraSecond));
            let seen = || {
                let rows = rows.iter().filter(|row| (played.start..=played.end).contains(&row.at));
                side_on_the_left(rows, information)
            };
            if let Some(end) = left.get_mut(usize::from(played.period.number()) - 1) {
                *end = stated.or(changed).or_else(seen);
            }
        }
        // The first half may be the one that is unknown.
        if left[0].is_none() {
            left[0] = left[1].map(Side::other);
        }
        Self { left }
    }

    /// Where a row happened. `None` where the ends are unknown, or the place stands for an unknown one.
    pub fn point(&self, row: &EventRow, period: Option<Period>) -> Option<Point> {
        let (x, y) = row.position()?;
        let (length, width) = (f64::from(PITCH_LENGTH), f64::from(PITCH_WIDTH));
        let far = |(x, y): (f64, f64)| (x - length / 2.0).abs() > NEAR_CENTRE || (y - width / 2.0).abs() > NEAR_CENTRE;
        if row.kind() == "KickOff" && far((x, y)) || row.kind() != "CornerKick" && x == 0.0 && y == 0.0 {
            return None;
        }
        let left = self.left.get(usize::from(period?.number()) - 1).copied().flatten()?;
        // The home side attacks to the right, with its left at y = 0.
        match left {
            Side::Home => point_in_metres(x, width - y),
            Side::Away => point_in_metres(length - x, y),
        }
    }

    /// Whether the ends of a period are unknown. In a shoot-out both sides attack one goal.
    pub fn is_unknown(&self, period: Period) -> bool {
        period != Period::Shootout && self.left.get(usize::from(period.number()) - 1).is_none_or(Option::is_none)
    }
}

/// The side on the left by where corners and shots are taken (in the half that is attacked) and goal kicks (in the own half).
fn side_on_the_left<'a, 'r: 'a>(
    rows: impl Iterator<Item = &'a EventRow<'r>>,
    information: &MatchInformation,
) -> Option<Side> {
    let middle = f64::from(PITCH_LENGTH) / 2.0;
    // Positive for the home side on the left.
    let mut votes = 0_i32;
    for row in rows {
        let attack = row.kind() == "CornerKick" || row.action("ShotAtGoal").is_some();
        if !attack && row.kind() != "GoalKick" {
            continue;
        }
        let (Some((x, _)), Some(side)) = (row.position(), row.team().and_then(|team| information.side(team))) else {
            continue;
        };
        let on_the_left = if attack == (x > middle) { side } else { side.other() };
        votes += if on_the_left == Side::Home { 1 } else { -1 };
    }
    match votes.signum() {
        1 => Some(Side::Home),
        -1 => Some(Side::Away),
        _ => None,
    }
}
