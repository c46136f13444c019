//! Subscribers in step: those who have been sent the same, want the same, and so are owed the same.
//!
//! What one subscriber is owed is a function of its terms, of what it has been sent, and of the view. A cohort therefore
//! needs one [`Outbound`] for all: what that writes is written to every member. A member whose socket does not take it
//! all leaves with an Outbound of its own, the leader's as it stood before, and comes back when it is owed nothing.

use std::io::{self, IoSlice};

use crate::hub::{Outbound, Outlet};

/// Subscribers in step.
#[derive(Debug)]
pub(super) struct Cohort {
    /// What every member has been sent and is owed.
    pub(super) leader: Outbound,
    /// The members' slots.
    pub(super) members: Vec<u32>,
    /// The serial of the view of which the leader owes nothing any more.
    pub(super) settled: u64,
    /// Whether it waits for its next turn.
    pub(super) queued: bool,
    /// Who is written to first: another one each time, so that nobody is always the last.
    first: usize,
}

impl Cohort {
    /// Led by one who owes nothing by the view of that serial; without members yet.
    pub(super) fn led_by(leader: Outbound, settled: u64) -> Self {
        Self { leader, members: Vec::new(), settled, queued: false, first: 0 }
    }

    /// The members, each once, beginning further on each time.
    pub(super) fn round(&mut self) -> impl Iterator<Item = u32> + use<'_> {
        // About the golden ratio: wherever the rounds stop, their beginnings are spread evenly.
        self.first = (self.first + self.members.len() * 5 / 8 + 1) % self.members.len().max(1);
        let (before, from) = self.members.split_at(self.first);
        from.iter().chain(before).copied()
    }
}

/// Takes down everything, for everyone.
pub(super) struct Chunk<'a>(pub(super) &'a mut Vec<u8>);

impl Outlet for Chunk<'_> {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let before = self.0.len();
        for buffer in buffers {
            self.0.extend_from_slice(buffer);
        }
        Ok(self.0.len() - before)
    }
}

/// Takes as many bytes as a socket has taken already, and no more.
pub(super) struct Taken(pub(super) usize);

impl Outlet for Taken {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let offered: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let taken = offered.min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }
}
