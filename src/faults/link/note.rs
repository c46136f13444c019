//! The journal of link faults.

use std::sync::Arc;
use std::time::SystemTime;

use crate::football::FaultKind;
use crate::scenario::MediaTime;

/// What a link fault has done.
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
    /// The place of the fault in the whole plan, from 0; `None`: a command did it.
    pub fault: Option<usize>,
    /// What was done.
    pub what: String,
}
