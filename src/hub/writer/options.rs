//! The options of a subscription.

use std::sync::Arc;

use crate::dialect::native::SnapshotDetail;
use crate::hub::cursor::Since;
use crate::hub::filter::Filter;
use crate::hub::framing::Framing;
use crate::hub::token::Token;

/// How often a subscriber receives ticks.
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

/// The options of a subscriber. Two subscribers with equal options for which nothing is pending receive the same from then on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SubscribeOptions {
    /// Which matches and event types.
    pub filter: Filter,
    /// The detail of snapshots; `None`: no snapshots.
    pub snapshot: Option<SnapshotDetail>,
    /// How often ticks are sent.
    pub ticks: TickRate,
    /// Whether events contain the time of their emission.
    pub stamp: bool,
    /// How frames are delimited on the wire.
    pub framing: Framing,
    /// Whether cursors contain the name of the replay: for subscribers whose address does not contain it.
    pub names_replay: bool,
}

impl Default for SubscribeOptions {
    fn default() -> Self {
        Self {
            filter: Filter::default(),
            snapshot: Some(SnapshotDetail::Key),
            ticks: TickRate::default(),
            stamp: false,
            framing: Framing::default(),
            names_replay: false,
        }
    }
}

/// A request to subscribe.
#[derive(Debug, Clone, Default)]
pub struct SubscribeRequest {
    /// The options.
    pub options: SubscribeOptions,
    /// The place from which the client resumes.
    pub since: Option<Since>,
    /// The name that the client gives itself. Its connections have it in common.
    pub client: Option<Arc<str>>,
    /// Whether the subscriber may control the replay, which only WebSockets can.
    pub control: bool,
    /// The token that hello tells a client which has opened the replay.
    pub token: Option<Token>,
    /// The subscriber's number in the replay.
    pub subscriber: u32,
}
