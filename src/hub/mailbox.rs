//! Commands on their way to a driver, in order.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::replay::Answer;
use crate::playback::{CommandRequest, Rejection};

/// The most commands that may wait. A driver takes them all at its next turn, so more than a few wait only where somebody
/// floods it.
const MOST: usize = 1_024;

/// A command, and who waits for its answer.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) instruction: CommandRequest,
    pub(super) answer: oneshot::Sender<Result<Answer, Rejection>>,
}

/// Why an order was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// Nobody will take it.
    Closed,
    /// Too many wait.
    Full,
}

/// Commands on their way to a driver. It takes no memory while it is empty: there may be thousands.
#[derive(Debug, Default)]
pub(super) struct Mailbox {
    /// Held while one order is put or taken.
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    orders: VecDeque<Order>,
    closed: bool,
}

impl Mailbox {
    pub(super) fn put(&self, order: Order) -> Result<(), Refused> {
        let mut waiting = self.waiting();
        if waiting.closed {
            return Err(Refused::Closed);
        }
        if waiting.orders.len() >= MOST {
            return Err(Refused::Full);
        }
        waiting.orders.push_back(order);
        Ok(())
    }

    /// The order that has waited for longest, among those that are still waited for.
    pub(super) fn take(&self) -> Option<Order> {
        let mut waiting = self.waiting();
        let taken = std::iter::from_fn(|| waiting.orders.pop_front()).find(|order| !order.answer.is_closed());
        if waiting.orders.is_empty() && waiting.orders.capacity() > 0 {
            waiting.orders = VecDeque::new();
        }
        taken
    }

    /// Whoever waits is told that no answer will come.
    pub(super) fn close(&self) {
        let mut waiting = self.waiting();
        waiting.closed = true;
        waiting.orders = VecDeque::new();
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::Command;

    fn order(command: Command) -> (Order, oneshot::Receiver<Result<Answer, Rejection>>) {
        let (answer, answered) = oneshot::channel();
        (Order { instruction: command.into(), answer }, answered)
    }

    #[test]
    fn orders_are_taken_in_order_unless_nobody_waits_for_them_any_more() {
        let mailbox = Mailbox::default();
        let (first, _waits) = order(Command::Pause);
        let (taken_back, _) = order(Command::Restart);
        let (second, _waits_too) = order(Command::Play);
        for order in [first, taken_back, second] {
            assert_eq!(mailbox.put(order), Ok(()));
        }
        let commands: Vec<_> = std::iter::from_fn(|| mailbox.take()).map(|order| order.instruction.command).collect();
        assert_eq!(commands, [Command::Pause, Command::Play]);
    }

    #[test]
    fn a_flood_is_refused_and_a_closed_box_tells_everybody() {
        let mailbox = Mailbox::default();
        let mut waiting: Vec<_> = (0..MOST)
            .map(|_| {
                let (order, answered) = order(Command::Play);
                assert_eq!(mailbox.put(order), Ok(()));
                answered
            })
            .collect();
        assert_eq!(mailbox.put(order(Command::Play).0), Err(Refused::Full));
        mailbox.close();
        assert!(waiting[0].try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert_eq!(mailbox.put(order(Command::Play).0), Err(Refused::Closed));
    }
}
