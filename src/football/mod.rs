//! What football is: events, the match clock, line-ups, the pitch, and the states folded from events.
//!
//! This floor knows nothing of files, clocks on walls or networks; it may use the standard library only. To add an
//! event type: a line in `event_type.rs`, and its share in `state.rs`, `statistics.rs` or `tally.rs` if it
//! counts for something.

mod event;
mod event_data;
mod event_type;
mod lineup;
mod match_clock;
mod newest;
mod pitch;
mod positions;
mod score;
mod state;
mod statistics;
mod table;
mod tally;
#[cfg(test)]
pub(crate) mod testing;
mod tie;
mod words;

pub use event::{Details, MatchEvent, Source, Value};
pub use event_data::Passing;
pub use event_type::{EventType, Field, GROUPS, OwnType, TypeSelector};
pub use lineup::{Coach, EventId, Match, MatchId, Player, PlayerId, Rules, Team, TeamId, UtcMillis};
pub use match_clock::{MatchClock, Minute, PeriodRules, Reading};
pub(crate) use newest::Newest;
pub use pitch::{LENGTH, MARGIN, Point, WIDTH};
pub use score::Score;
pub use state::{Allowance, MatchState};
pub use statistics::Statistics;
pub use table::{LeagueTable, MatchResult, OrderKey, TableRow, disciplinary_points};
pub use tally::{Presence, Tally};
pub use tie::{Leg, Legs};
pub use words::{Op, Period, Side, Status};
