//! What is known of rows by other rows, while they become events.

use std::collections::{HashMap, HashSet};

use super::rows::WyscoutV3Row;
use crate::import::wyscout::mapping::WyscoutMapping;

/// Rows under way to events, with what this version remembers.
pub type WyscoutV3Mapping<'a> = WyscoutMapping<'a, WyscoutV3Row, WyscoutV3State>;

/// What is known of rows by others.
#[derive(Default)]
pub struct WyscoutV3State {
    /// The other row of a duel.
    pub duel_partners: HashMap<usize, usize>,
    /// The attempts by the ids of goalkeepers' rows.
    pub attempt_of_keeper: HashMap<u64, usize>,
    pub booked: HashSet<u64>,
    pub sent_off: HashSet<u64>,
}
