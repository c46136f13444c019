//! Runs two computations in parallel.

use std::thread;

/// Runs `one` on a thread of its own and `other` on this one; both on this one if no thread can be created.
pub(super) fn run_both<A: Send, B>(one: impl Fn() -> A + Sync, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, &one).ok();
        let other = other();
        // If the thread could not be created or panicked, run it here, where a panic reaches the caller.
        let one = thread.and_then(|thread| thread.join().ok()).unwrap_or_else(&one);
        (one, other)
    })
}
