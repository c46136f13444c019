//! The football model: events, the match clock, line-ups, tables, and the states folded from events.

// This floor uses the standard library only: no files, wall clocks or networks. To add an event type, add a line in
// `event_type.rs`, and count it in `state.rs`, `statistics.rs` or `tally.rs` if a state depends on it.

mod event;
mod event_data;
mod event_type;
mod fault_words;
mod lineup;
mod match_clock;
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
mod value_history;
mod words;

pub use event::{Details, FieldValue, MatchEvent, Source};
pub use event_data::Passing;
#[cfg_attr(not(feature = "import"), allow(unused_imports))]
pub(crate) use event_data::is_completed_pass;
pub use event_type::{CustomType, EventType, Field, TypeSelector};
pub(crate) use event_type::{GROUPS, TypeClass};
pub use fault_words::FaultKind;
pub(crate) use lineup::is_colour;
pub use lineup::{Coach, EventId, Match, MatchId, Player, PlayerId, Rules, Team, TeamId, UtcMillis};
pub(crate) use match_clock::clamp_minutes;
pub use match_clock::{MatchClock, Minute, PeriodRules, Reading};
pub use pitch::Point;
pub(crate) use pitch::{LENGTH as PITCH_LENGTH, WIDTH as PITCH_WIDTH};
pub use score::Score;
pub use state::{Allowance, MatchState};
pub use statistics::Statistics;
pub use table::{LeagueTable, OrderKey, TableRow};
pub(crate) use table::{MatchResult, disciplinary_points};
pub use tally::{Presence, Tally};
pub use tie::{Leg, Legs};
pub(crate) use value_history::ValueHistory;
pub use words::{Op, Period, Side, Status};

#[doc(hidden)]
pub mod internals {
    pub use super::event_type::GROUPS;
}
