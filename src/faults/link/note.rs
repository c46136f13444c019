//! The journal of link faults.

use std::sync::Arc;
use std::time::SystemTime;

use crate::football::FaultKind;
use crate::scenario::MediaTime;

/// What a link fault has done to something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkDone {
    /// The kind of fault.
    pub kind: FaultKind,
    /// The place of the fault among the link faults; `None`: it happened once, by a command.
    pub fault: Option<usize>,
    /// What was done.
    pub what: String,
}

/// An entry of the journal: what a link fault has done, to whom and when.
#[derive(Debug, Clone, PartialEq)]
pub struct LinkNote {
    /// The wall-clock time.
    pub wall: SystemTime,
    /// The media time.
    pub at: MediaTime,
    /// The number of the subscriber; `None`: the connection or request was of none.
    pub subscriber: Option<u32>,
    /// The name of its client, if it has one.
    pub client: Option<Arc<str>>,
    /// The kind of fault.
    pub kind: FaultKind,
    /// The place of the fault in the whole plan, from 0; `None`: it happened once, by a command.
    pub fault: Option<usize>,
    /// What was done.
    pub what: String,
}
