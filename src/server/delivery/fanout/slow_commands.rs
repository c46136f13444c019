//! Commands that take longer than a turn of the loop: a task of the runtime applies them, and the loop sends the answers.

use std::collections::HashMap;
use std::sync::Arc;
use std::task::Waker;

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tracing::{Instrument, Span};

use crate::error_code::ErrorCode;
use crate::hub::{Answer, Control};
use crate::playback::Rejection;
use crate::server::delivery::network::ConnectionToken;
use crate::server::requests::PendingCommand;

/// An answer, the command that it belongs to, and the connection that sent it.
type LateAnswer = (ConnectionToken, PendingCommand, Result<Answer, Rejection>);

/// A connection that waits for an answer.
#[derive(Default)]
struct Waiting {
    /// What has arrived behind the command: nothing is read until the answer, so that commands keep their order.
    unread: Vec<u8>,
    /// Link faults that happened at once, up to this serial number, came before.
    link_serial: u64,
}

/// Commands that are being applied elsewhere.
pub(super) struct SlowCommands {
    /// Runs them; `None`: the loop was made outside of a runtime.
    runtime: Option<Handle>,
    /// Held while one is added, or all are taken.
    answers: Arc<Mutex<Vec<LateAnswer>>>,
    /// The connections that wait for one.
    waiting: HashMap<ConnectionToken, Waiting>,
    loop_waker: Waker,
}

impl SlowCommands {
    /// Uses the runtime in which this is called. `loop_waker` is woken when there is an answer.
    pub(super) fn new(loop_waker: Waker) -> Self {
        Self { runtime: Handle::try_current().ok(), answers: Arc::default(), waiting: HashMap::new(), loop_waker }
    }

    /// Begins to apply a command. `unread` has arrived behind it.
    pub(super) fn start(
        &mut self,
        token: ConnectionToken,
        command: PendingCommand,
        unread: &[u8],
        link_serial: u64,
        control: Control,
        span: Span,
    ) {
        self.waiting.insert(token, Waiting { unread: unread.to_vec(), link_serial });
        let Some(runtime) = &self.runtime else {
            let unavailable = Rejection::new(ErrorCode::Unavailable, "this server applies no commands that take time");
            self.answers.lock().push((token, command, Err(unavailable)));
            return self.loop_waker.wake_by_ref();
        };
        let (answers, waker) = (self.answers.clone(), self.loop_waker.clone());
        runtime.spawn(
            async move {
                let answer = control.apply(command.command_request.clone()).await;
                answers.lock().push((token, command, answer));
                waker.wake();
            }
            .instrument(span),
        );
    }

    /// Whether a connection waits for an answer.
    pub(super) fn is_waiting(&self, token: ConnectionToken) -> bool {
        !self.waiting.is_empty() && self.waiting.contains_key(&token)
    }

    /// Keeps what a waiting connection has sent. Returns whether it waits.
    pub(super) fn hold(&mut self, token: ConnectionToken, unread: &[u8]) -> bool {
        let held = if self.waiting.is_empty() { None } else { self.waiting.get_mut(&token) };
        held.map(|held| held.unread.extend_from_slice(unread)).is_some()
    }

    /// Ends the wait of a connection. Returns what it has sent meanwhile, and the serial number of the last link fault that happened
    /// at once before.
    pub(super) fn release(&mut self, token: ConnectionToken) -> (Vec<u8>, u64) {
        let Waiting { unread, link_serial } = self.waiting.remove(&token).unwrap_or_default();
        (unread, link_serial)
    }

    /// The answers that have come since the last call.
    pub(super) fn take_answers(&self) -> Vec<LateAnswer> {
        std::mem::take(&mut *self.answers.lock())
    }
}
