//! Runs a computation for each item on all processors; what has to be in order takes turns.

use std::collections::VecDeque;
use std::panic::resume_unwind;
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread;

/// Lets computations do something in the order of their items.
#[derive(Default)]
struct Turns {
    next: Mutex<usize>,
    changed: Condvar,
}

/// The turn of one item. It ends when this is dropped, also by a panic: those behind it would wait for ever.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    item: usize,
}

impl Turn<'_> {
    /// Waits until the turns of all items before have ended.
    pub fn wait(&self) {
        let next = self.turns.next.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.turns.changed.wait_while(next, |next| *next < self.item);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.wait();
        *self.turns.next.lock().unwrap_or_else(PoisonError::into_inner) = self.item + 1;
        self.turns.changed.notify_all();
    }
}

/// Runs a computation for each item on all processors; the results are in the order of the items.
///
/// Items are begun in their order, so the one whose turn it is always runs.
pub(super) fn in_parallel<I: Sync, R: Send>(items: &[I], compute: impl Fn(&I, Turn) -> R + Sync) -> Vec<R> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(items.len());
    let turns = Turns::default();
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..items.len()).collect());
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
    let work = || {
        let mut done = Vec::new();
        while let Some(item) = next() {
            done.push((item, compute(&items[item], Turn { turns: &turns, item })));
        }
        done
    };
    let mut done = thread::scope(|scope| {
        let others: Vec<_> =
            (1..threads).filter_map(|_| thread::Builder::new().spawn_scoped(scope, work).ok()).collect();
        let mut done = work();
        for thread in others {
            done.extend(thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        done
    });
    done.sort_unstable_by_key(|(item, _)| *item);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::time::Duration;

    use super::*;

    #[test]
    fn turns_are_in_the_order_of_the_items_whatever_the_order_of_the_results() {
        let items: Vec<u64> = (0..40).collect();
        let order = Mutex::new(Vec::new());
        let results = in_parallel(&items, |item, turn| {
            thread::sleep(Duration::from_micros(500 * (item % 3)));
            turn.wait();
            order.lock().expect("no panic").push(*item);
            drop(turn);
            item * 2
        });
        assert_eq!(order.into_inner().expect("no panic"), items);
        assert_eq!(results, items.iter().map(|item| item * 2).collect::<Vec<_>>());
    }

    #[test]
    fn a_panic_ends_its_turn() {
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            in_parallel(&[0, 1, 2, 3], |item, turn| {
                assert_ne!(*item, 1, "meant");
                turn.wait();
            })
        }));
        assert!(panicked.is_err());
    }
}
