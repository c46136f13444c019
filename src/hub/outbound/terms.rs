//! What a subscriber wants.

use crate::dialect::native::SnapshotDetail;
use crate::hub::cursor::Since;
use crate::hub::follow::Follow;
use crate::hub::framing::Framing;
use crate::hub::token::Token;

/// How often a subscriber wants ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum TickRate {
    /// Every second while playing, every five otherwise.
    #[default]
    Usual,
    /// Every five seconds.
    Slow,
    /// Never.
    Off,
}

/// What a subscriber wants for as long as it stays. Two with the same terms who are owed nothing are owed the same from then
/// on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    /// Which matches and types.
    pub follow: Follow,
    /// What snapshots hold; `None`: no snapshots at all.
    pub snapshot: Option<SnapshotDetail>,
    /// How often it wants ticks.
    pub ticks: TickRate,
    /// Whether events say when they were emitted.
    pub stamp: bool,
    /// How frames are told apart on the wire.
    pub framing: Framing,
    /// Whether the places that frames tell name the replay as well: for readers of one whose address does not.
    pub names_replay: bool,
}

impl Default for Terms {
    fn default() -> Self {
        Self {
            follow: Follow::default(),
            snapshot: Some(SnapshotDetail::Key),
            ticks: TickRate::default(),
            stamp: false,
            framing: Framing::default(),
            names_replay: false,
        }
    }
}

/// How a subscriber joins.
#[derive(Debug, Clone, Default)]
pub struct Join {
    /// What it wants.
    pub terms: Terms,
    /// Where it was.
    pub since: Option<Since>,
    /// Whether it may control the replay. Only on a WebSocket can it.
    pub control: bool,
    /// What gives the right to control the replay, told to whoever opened it.
    pub token: Option<Token>,
    /// Its number among the replay's subscribers.
    pub subscriber: u32,
}
