//! Commands on their way to a driver, first in, first out.

use std::collections::VecDeque;
use std::sync::Arc;

use parking_lot::Mutex;

use tokio::sync::oneshot;
use tracing::Span;

use super::answer::Answer;
use super::frame_cache::FrameCache;
use super::replay_record::ReplayRecord;
use crate::faults::link::LinkPlan;
use crate::playback::{CommandRequest, Rejection};

/// The most commands that may be queued. A driver takes all of them at its next poll, so that only a flood fills the queue.
const CAPACITY: usize = 1_024;

/// A command, and the channel for its answer.
#[derive(Debug)]
pub(super) struct QueuedCommand {
    pub(super) order: Order,
    pub(super) answer: oneshot::Sender<Result<Answer, Rejection>>,
    /// The span of the sender's log lines.
    pub(super) span: Span,
}

/// What a command asks for.
#[derive(Debug)]
pub(super) enum Order {
    /// A command to playback.
    Playback(CommandRequest),
    /// The playback as it is.
    Read,
    /// A record of a shared replay to be followed from now on, and the frames that it plays.
    Adopt { record: Box<ReplayRecord>, frames: Arc<FrameCache> },
    /// Frames of the same matches with other feed faults.
    Frames {
        frames: Arc<FrameCache>,
        /// The link faults to be in force from then on.
        link: LinkPlan,
        /// The seed that was given with them.
        seed: Option<u64>,
        /// The name of the command.
        command: &'static str,
        /// As in [`CommandRequest::if_version`].
        if_version: Option<u64>,
        /// As in [`CommandRequest::by`].
        by: Option<Arc<str>>,
    },
}

/// Why a command was not queued.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PushError {
    /// The driver is gone.
    Closed,
    /// [`CAPACITY`] is reached.
    Full,
}

/// A bounded queue of commands. An empty queue has no heap memory, because a process may hold thousands of idle replays.
#[derive(Debug, Default)]
pub(super) struct CommandQueue {
    /// Held while one command is pushed or popped.
    state: Mutex<QueueState>,
}

#[derive(Debug, Default)]
struct QueueState {
    commands: VecDeque<QueuedCommand>,
    closed: bool,
}

impl CommandQueue {
    pub(super) fn push(&self, command: QueuedCommand) -> Result<(), PushError> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(PushError::Closed);
        }
        if state.commands.len() >= CAPACITY {
            return Err(PushError::Full);
        }
        state.commands.push_back(command);
        Ok(())
    }

    /// The oldest command whose sender still waits for the answer. Commands without a waiting sender are dropped.
    pub(super) fn pop(&self) -> Option<QueuedCommand> {
        let mut state = self.state.lock();
        let popped = std::iter::from_fn(|| state.commands.pop_front()).find(|command| !command.answer.is_closed());
        if state.commands.is_empty() && state.commands.capacity() > 0 {
            state.commands = VecDeque::new();
        }
        popped
    }

    /// Refuses further commands, and drops those queued: their senders learn that no answer will come.
    pub(super) fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        state.commands = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::Command;

    fn queued(command: Command) -> (QueuedCommand, oneshot::Receiver<Result<Answer, Rejection>>) {
        let (answer, answered) = oneshot::channel();
        (QueuedCommand { order: Order::Playback(command.into()), answer, span: Span::none() }, answered)
    }

    #[test]
    fn commands_are_popped_in_order_unless_the_sender_has_gone() {
        let queue = CommandQueue::default();
        let (first, _waits) = queued(Command::Pause);
        let (taken_back, _) = queued(Command::Restart);
        let (second, _waits_too) = queued(Command::Play);
        for command in [first, taken_back, second] {
            assert_eq!(queue.push(command), Ok(()));
        }
        let commands: Vec<_> = std::iter::from_fn(|| queue.pop())
            .filter_map(|queued| match queued.order {
                Order::Playback(command_request) => Some(command_request.command),
                _ => None,
            })
            .collect();
        assert_eq!(commands, [Command::Pause, Command::Play]);
    }

    #[test]
    fn a_full_queue_refuses_and_a_closed_one_drops_all() {
        let queue = CommandQueue::default();
        let mut waiting: Vec<_> = (0..CAPACITY)
            .map(|_| {
                let (command, answered) = queued(Command::Play);
                assert_eq!(queue.push(command), Ok(()));
                answered
            })
            .collect();
        assert_eq!(queue.push(queued(Command::Play).0), Err(PushError::Full));
        queue.close();
        assert!(waiting[0].try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert_eq!(queue.push(queued(Command::Play).0), Err(PushError::Closed));
    }
}
