//! Points on the pitch: metres on 105 x 68, in one fixed frame for both halves.

/// A point on the pitch in metres. The origin is top left; the home side attacks towards x = 105 in both halves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Metres along the pitch, 0 to 105.
    pub x: f32,
    /// Metres across the pitch, 0 to 68.
    pub y: f32,
}

/// The length of the pitch in metres (the size that the laws recommend for international matches).
pub const LENGTH: f32 = 105.0;
/// The width of the pitch in metres.
pub const WIDTH: f32 = 68.0;
/// How far outside the lines a point may lie, in metres: a throw-in is taken from behind the line.
pub const MARGIN: f32 = 5.0;

impl Point {
    /// Whether the point lies on the pitch, or no further than [`MARGIN`] beside it.
    pub(crate) fn is_plausible(self) -> bool {
        (-MARGIN..=LENGTH + MARGIN).contains(&self.x) && (-MARGIN..=WIDTH + MARGIN).contains(&self.y)
    }
}
