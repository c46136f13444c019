//! Pitches of providers, turned into the fixed frame of a scenario.

use crate::football::{PITCH_LENGTH, PITCH_WIDTH, Point, Side};

/// The coordinates of a provider in which the acting team attacks towards greater x.
#[derive(Debug, Clone, Copy)]
pub(super) struct PitchFrame {
    /// The greatest x: the goal line that is attacked.
    pub length: f64,
    /// The greatest y.
    pub width: f64,
    /// Whether y = 0 is the right-hand side of the acting team, with the origin at the bottom left.
    pub from_right: bool,
}

impl PitchFrame {
    /// Percentages from the top left.
    pub const PERCENT: Self = Self { length: 100.0, width: 100.0, from_right: false };

    /// A point of an event of this side, in metres to the centimetre. `None` if it lies far outside the field.
    pub fn point(&self, side: Side, x: f64, y: f64) -> Option<Point> {
        let (along, across) = (x / self.length, y / self.width);
        let across = if self.from_right { 1.0 - across } else { across };
        let (along, across) = match side {
            Side::Home => (along, across),
            Side::Away => (1.0 - along, 1.0 - across),
        };
        point_in_metres(along * f64::from(PITCH_LENGTH), across * f64::from(PITCH_WIDTH))
    }
}

/// A point in the frame of a scenario, to the centimetre. `None` if it lies far outside the field or is no number.
#[allow(clippy::cast_possible_truncation)]
pub(super) fn point_in_metres(x: f64, y: f64) -> Option<Point> {
    let centimetres = |metres: f64| (metres * 100.0).round() / 100.0;
    let point = Point { x: centimetres(x) as f32, y: centimetres(y) as f32 };
    point.is_plausible().then_some(point)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_attack_their_goal_in_one_frame() {
        let at = |frame: PitchFrame, side, x, y| frame.point(side, x, y).map(|point| (point.x, point.y));
        assert_eq!(at(PitchFrame::PERCENT, Side::Home, 100.0, 50.0), Some((105.0, 34.0)));
        assert_eq!(at(PitchFrame::PERCENT, Side::Away, 100.0, 50.0), Some((0.0, 34.0)));
        // The left of who attacks: above for the home side, below for the guests.
        assert_eq!(at(PitchFrame::PERCENT, Side::Home, 80.0, 0.0), Some((84.0, 0.0)));
        assert_eq!(at(PitchFrame::PERCENT, Side::Away, 80.0, 0.0), Some((21.0, 68.0)));
        let opta = PitchFrame { from_right: true, ..PitchFrame::PERCENT };
        assert_eq!(at(opta, Side::Home, 80.0, 100.0), Some((84.0, 0.0)));
        assert_eq!(at(opta, Side::Away, 80.0, 100.0), Some((21.0, 68.0)));
        assert_eq!(
            at(PitchFrame { length: 120.0, width: 80.0, ..PitchFrame::PERCENT }, Side::Home, 60.0, 40.0),
            Some((52.5, 34.0))
        );
        for (x, y) in [(200.0, 50.0), (f64::NAN, 1.0), (50.0, -20.0)] {
            assert_eq!(PitchFrame::PERCENT.point(Side::Home, x, y), None);
        }
    }
}
