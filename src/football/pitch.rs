//! Where on the field: metres on 105 x 68 in one fixed frame, both halves.

/// A point on the field in metres. Origin top-left; the home side attacks towards x = 105 in both halves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Metres along the field, 0 to [`LENGTH`].
    pub x: f32,
    /// Metres across the field, 0 to [`WIDTH`].
    pub y: f32,
}

/// The length of the field in metres (the size that the laws recommend for international matches).
pub const LENGTH: f32 = 105.0;
/// The width of the field in metres.
pub const WIDTH: f32 = 68.0;
/// How far outside the lines a point may still lie, in metres: a throw-in is taken from behind the line.
pub const MARGIN: f32 = 5.0;

impl Point {
    /// Whether the point lies on the field or just beside it.
    pub fn is_plausible(self) -> bool {
        (-MARGIN..=LENGTH + MARGIN).contains(&self.x) && (-MARGIN..=WIDTH + MARGIN).contains(&self.y)
    }
}
