//! A subscriber that has been admitted to a replay, and all that serving it takes.

use std::net::IpAddr;

use super::connection_limit::ConnectionPermit;
use super::delivery::NewSubscriber;
use crate::hub::{Control, Replay, SubscribeRequest};

/// Admits the subscriber whose request the bytes begin with, and returns the length of the request's head; `None`: the request
/// is hyper's to answer. A function, because the loop does not know the server that it works for.
pub(super) type FastPath = Box<dyn Fn(&[u8], IpAddr) -> Option<(usize, Admission)> + Send>;

/// An admitted subscriber.
#[derive(Debug)]
pub(super) struct Admission {
    /// The head of the HTTP response, to be sent before the first frame.
    pub(super) response_head: Vec<u8>,
    pub(super) replay: Replay,
    /// Present if the subscriber may control the replay.
    pub(super) control: Option<Control>,
    pub(super) join: SubscribeRequest,
    /// The longest message that the subscriber may send, in bytes.
    pub(super) message_bytes: usize,
}

impl Admission {
    /// Hands the admitted subscriber over to the delivery loop; `leftover` is what arrived behind the request's head.
    pub(super) fn into_new_subscriber<S>(
        self,
        socket: S,
        leftover: Vec<u8>,
        permit: Option<ConnectionPermit>,
    ) -> NewSubscriber<S> {
        let Self { response_head, replay, control, join, message_bytes } = self;
        let join = SubscribeRequest { control: control.is_some(), ..join };
        NewSubscriber { socket, response_head, leftover, replay, join, message_bytes, permit }
    }
}
