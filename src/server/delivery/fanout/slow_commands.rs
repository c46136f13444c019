//! Commands that take longer than a turn of the loop: a task of the runtime applies them, and the loop sends the answers.

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

/// Commands that are being applied elsewhere.
pub(super) struct SlowCommands {
    /// Runs them; `None`: the loop was made outside of a runtime.
    runtime: Option<Handle>,
    /// Held while one is added, or all are taken.
    answers: Arc<Mutex<Vec<LateAnswer>>>,
    loop_waker: Waker,
}

impl SlowCommands {
    /// Uses the runtime in which this is called. `loop_waker` is woken when there is an answer.
    pub(super) fn new(loop_waker: Waker) -> Self {
        Self { runtime: Handle::try_current().ok(), answers: Arc::default(), loop_waker }
    }

    /// Begins to apply a command.
    pub(super) fn start(&self, token: ConnectionToken, command: PendingCommand, control: Control, span: Span) {
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

    /// The answers that have come since the last call.
    pub(super) fn take_answers(&self) -> Vec<LateAnswer> {
        std::mem::take(&mut *self.answers.lock())
    }
}
