//! Doing two things at once, where there is enough of them.

use std::thread;

/// Does two things, one on a thread of its own if one can be had; else one after the other.
pub(super) fn both<A: Send, B>(one: impl Fn() -> A + Sync, other: impl FnOnce() -> B) -> (A, B) {
    thread::scope(|scope| {
        let thread = thread::Builder::new().spawn_scoped(scope, &one).ok();
        let other = other();
        // A thread that could not be had, or did not come to its end: then here, where a panic is the caller's.
        let one = thread.and_then(|thread| thread.join().ok()).unwrap_or_else(&one);
        (one, other)
    })
}
