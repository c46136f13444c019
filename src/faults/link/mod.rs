//! Link faults: what goes wrong on connections rather than in the feed. Pure: the caller passes instants, playheads and frames.
//!
//! Lengths of time are the wall's. Places are those of the true timeline, and are reached when media time is.

mod connection;
mod note;
mod plan;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod text_tests;

use std::time::Duration;

pub use connection::{ConnectionFaults, SeenPlace};
pub use note::{LinkDone, LinkNote};
pub use plan::{DocumentFault, LinkPlan};

/// What bends a connection at present.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// By how much later what is sent arrives: between these.
    pub delay: (Duration, Duration),
    /// Whether nothing is sent or read.
    pub stalled: bool,
    /// The most bytes that are sent in a second.
    pub rate: Option<u32>,
    /// The longest piece in which a frame is sent, in bytes.
    pub piece: Option<u32>,
}

/// How a link fault ends a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Break {
    /// Nothing more is sent or read. The socket is reset after this time.
    Reset(Duration),
    /// It is closed with a code.
    Close(u16),
}

/// The end of a connection, when it is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueBreak {
    /// How it ends.
    pub how: Break,
    /// The place in the plan of the fault that ends it; `None`: a command did.
    pub fault: Option<usize>,
    /// How many cues of the timeline it may be sent before it ends; `None`: what has been written is all.
    pub cues: Option<u32>,
}

/// How the frame of an event is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corruption {
    /// Its text is no complete JSON.
    Json,
    /// Its text is not UTF-8.
    Utf8,
    /// It ends halfway, and the connection with it.
    Truncated,
}
