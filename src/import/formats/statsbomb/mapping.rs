//! A match under way: its rows, what has been made of them, and how rows refer to each other.

use std::collections::HashMap;

use super::order::TimedRow;
use super::rows::{Coordinates, StatsBombRow};
use super::sheets::{StatsBombTeams, player_id};
use crate::football::{EventId, EventType, Field, PlayerId, Point, Side};
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::frame::PitchFrame;

/// The field in yards, from the top left. Places are cells of one yard or a tenth of it, counted from 1; the half cell to
/// their middle is less than they are exact.
const YARDS: PitchFrame = PitchFrame { length: 120.0, width: 80.0, from_right: false };

/// The rows of a match on their way to events.
pub struct StatsBombMapping<'a> {
    pub rows: &'a [TimedRow],
    pub draft: MatchDraft,
    teams: StatsBombTeams,
    /// Where the row of an id stands.
    by_id: HashMap<&'a str, usize>,
    /// The ball is out of play, and the event for it is there.
    pub ball_is_out: bool,
}

impl<'a> StatsBombMapping<'a> {
    pub fn new(rows: &'a [TimedRow], draft: MatchDraft, teams: StatsBombTeams) -> Self {
        let mut by_id = HashMap::with_capacity(rows.len());
        for (index, timed) in rows.iter().enumerate() {
            by_id.entry(timed.id.as_str()).or_insert(index);
        }
        Self { rows, draft, teams, by_id, ball_is_out: false }
    }

    pub fn row(&self, index: usize) -> &'a StatsBombRow {
        &self.rows[index].row
    }

    pub fn side(&self, index: usize) -> Option<Side> {
        self.teams.side(self.row(index).team_id())
    }

    pub fn player(&self, index: usize) -> Option<PlayerId> {
        self.row(index).player_id().map(player_id)
    }

    /// An event of a row, with its clock, side and player.
    pub fn event(&self, index: usize, kind: EventType, suffix: &str) -> DraftEvent {
        let event = DraftEvent::new(self.id(index, suffix), kind, self.rows[index].clock);
        event.side(self.side(index)).player(Field::Player, self.player(index).as_ref())
    }

    /// The id of a row, or of another event that is made of it.
    pub fn id(&self, index: usize, suffix: &str) -> EventId {
        let id = &self.rows[index].id;
        if suffix.is_empty() { id.clone() } else { format!("{id}{suffix}").into() }
    }

    /// Adds an event of a row at its place.
    pub fn add_plain(&mut self, index: usize, kind: EventType) {
        let event = self.event(index, kind, "").at(self.location(index));
        self.draft.add(event);
    }

    /// Where a row happened.
    pub fn location(&self, index: usize) -> Option<Point> {
        self.point(index, self.row(index).location.as_ref())
    }

    /// A place, as the team of a row has it.
    pub fn point(&self, index: usize, place: Option<&Coordinates>) -> Option<Point> {
        let (x, y) = place?.xy()?;
        YARDS.point(self.side(index)?, x, y)
    }

    /// Where the row of an id stands.
    pub fn find(&self, id: &str) -> Option<usize> {
        self.by_id.get(id).copied()
    }

    /// The first related row that suits.
    pub fn find_related(&self, index: usize, suits: impl Fn(&StatsBombRow) -> bool) -> Option<usize> {
        let mut related = self.row(index).related().filter_map(|id| self.find(id));
        related.find(|other| *other != index && suits(self.row(*other)))
    }

    /// The first related row of this type.
    pub fn find_related_kind(&self, index: usize, kind: u64) -> Option<usize> {
        self.find_related(index, |row| row.kind() == kind)
    }

    /// The player of the other side whom a row is about.
    pub fn opponent(&self, index: usize) -> Option<PlayerId> {
        let own = self.row(index).team_id();
        let other = self.find_related(index, |row| row.team_id() != own && row.player_id().is_some())?;
        self.player(other)
    }
}
