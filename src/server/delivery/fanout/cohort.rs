//! Subscribers in step: those who have been sent the same, want the same, and so are owed the same.
//!
//! What one subscriber is owed is a function of its terms, of what it has been sent, and of the view. A cohort therefore
//! needs one [`SubscriberWriter`] for all: what that writes is written to every member. A member whose socket does not take it
//! all leaves with an Outbound of its own, the leader's as it stood before, and comes back when it is owed nothing.

use std::io::{self, IoSlice};

use bytes::Bytes;

use crate::hub::{SentTotals, SubscriberWriter, TryWrite};

/// Subscribers in step.
#[derive(Debug)]
pub(super) struct Cohort {
    /// What every member has been sent and is owed.
    pub(super) leader: SubscriberWriter,
    /// The members' slots.
    pub(super) members: Vec<u32>,
    /// The serial of the view of which the leader owes nothing any more.
    pub(super) settled: u64,
    /// Whether it waits for its next turn.
    pub(super) queued: bool,
    /// The tick that the leader has written, while it has not reached every member.
    pub(super) ticking: Option<TickRound>,
    /// Who is written to first: another one each time, so that nobody is always the last.
    first: usize,
}

/// A tick on its way to the members of a cohort. Events overtake it: see "The delivery loop" in `docs/architecture.md`.
#[derive(Debug)]
pub(super) struct TickRound {
    /// Rises with each round of any cohort. A member that has the tick, or came after it, bears this number.
    pub(super) number: u64,
    /// The tick as it is written.
    pub(super) tick: Bytes,
    /// The slots that have not been reached, in reverse. Their members may have left meanwhile, and others may have come.
    pub(super) unreached: Vec<u32>,
}

impl TickRound {
    /// What a member has been sent with the tick.
    pub(super) fn sent(&self) -> SentTotals {
        SentTotals { frames: 1, bytes: self.tick.len() as u64, resyncs: 0 }
    }

    /// Whether a member of its cohort that bears this number has the tick.
    pub(super) fn has_reached(&self, member: u64) -> bool {
        member == self.number
    }
}

impl Cohort {
    /// Led by one who owes nothing by the view of that serial; without members yet.
    pub(super) fn led_by(leader: SubscriberWriter, settled: u64) -> Self {
        Self { leader, members: Vec::new(), settled, queued: false, ticking: None, first: 0 }
    }

    /// An Outbound for a member by itself, which bears the number of that tick round.
    pub(super) fn outbound(&self, tick_round: u64) -> SubscriberWriter {
        let mut own = self.leader.clone();
        if let Some(round) = self.ticking.as_ref().filter(|round| !round.has_reached(tick_round)) {
            own.resend_tick(round.tick.clone());
        }
        own
    }

    /// Begins to send every member a tick that the leader has written.
    pub(super) fn begin_ticks(&mut self, number: u64, tick: &[u8]) {
        let mut unreached: Vec<u32> = self.round().collect();
        unreached.reverse();
        self.ticking = Some(TickRound { number, tick: Bytes::copy_from_slice(tick), unreached });
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

impl TryWrite for Chunk<'_> {
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

impl TryWrite for Taken {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let offered: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let taken = offered.min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }
}
