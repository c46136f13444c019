//! Cohorts: subscribers that asked for the same and have been sent the same, and so are sent the same next.
//!
//! What is pending for a subscriber is a function of its options, of what it has been sent, and of the replay's status.
//! A cohort therefore needs one [`SubscriberWriter`], its leader: what the leader writes is sent to every member. A member
//! whose socket does not take all of it leaves with a copy of the leader from before the write, and rejoins when
//! nothing is pending.

use std::io::{self, IoSlice};

use bytes::Bytes;

use crate::hub::{SentTotals, SubscriberWriter, TryWrite};

/// Subscribers that are served together.
#[derive(Debug)]
pub(super) struct Cohort {
    /// What every member has been sent, and what is pending for it.
    pub(super) leader: SubscriberWriter,
    /// The members' slots.
    pub(super) members: Vec<u32>,
    /// The serial of the last status of which the leader has written everything.
    pub(super) settled: u64,
    /// Whether the cohort waits for its next turn.
    pub(super) queued: bool,
    /// The tick that the leader has written and that some members have not been sent yet.
    pub(super) ticking: Option<TickRound>,
    /// The member that is written to first. It changes each time, so that no member is always the last.
    first: usize,
}

/// A tick on its way to the members of a cohort. Events overtake it: see "The delivery loop" in `docs/architecture.md`.
#[derive(Debug)]
pub(super) struct TickRound {
    /// Increases with each round of any cohort. A member that has the tick, or joined after it, carries this number.
    pub(super) number: u64,
    /// The encoded tick.
    pub(super) tick: Bytes,
    /// The slots still to be sent to, in reverse. Their members may have left since, and other connections may have
    /// taken the slots.
    pub(super) unreached: Vec<u32>,
}

impl TickRound {
    /// What sending the tick counts as.
    pub(super) fn sent_totals(&self) -> SentTotals {
        SentTotals { frames: 1, bytes: self.tick.len() as u64, resyncs: 0 }
    }

    /// Whether the member that carries this number has the tick.
    pub(super) fn has_reached(&self, member: u64) -> bool {
        member == self.number
    }
}

impl Cohort {
    /// A cohort without members, whose leader has written everything of the status with that serial.
    pub(super) fn with_leader(leader: SubscriberWriter, settled: u64) -> Self {
        Self { leader, members: Vec::new(), settled, queued: false, ticking: None, first: 0 }
    }

    /// A writer for a member that leaves; `tick_round` is the number that the member carries.
    pub(super) fn member_writer(&self, tick_round: u64) -> SubscriberWriter {
        let mut own = self.leader.clone();
        if let Some(round) = self.ticking.as_ref().filter(|round| !round.has_reached(tick_round)) {
            own.resend_tick(round.tick.clone());
        }
        own
    }

    /// Begins to send every member a tick that the leader has written.
    pub(super) fn begin_ticks(&mut self, number: u64, tick: &[u8]) {
        let mut unreached: Vec<u32> = self.members_in_rotation().collect();
        unreached.reverse();
        self.ticking = Some(TickRound { number, tick: Bytes::copy_from_slice(tick), unreached });
    }

    /// Every member once, starting further on each time.
    pub(super) fn members_in_rotation(&mut self) -> impl Iterator<Item = u32> + use<'_> {
        // About the golden ratio: wherever rounds stop, their starts are spread evenly.
        self.first = (self.first + self.members.len() * 5 / 8 + 1) % self.members.len().max(1);
        let (before, from) = self.members.split_at(self.first);
        from.iter().chain(before).copied()
    }
}

/// Collects what the leader writes, to be sent to every member.
pub(super) struct ChunkWriter<'a>(pub(super) &'a mut Vec<u8>);

impl TryWrite for ChunkWriter<'_> {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let before = self.0.len();
        for buffer in buffers {
            self.0.extend_from_slice(buffer);
        }
        Ok(self.0.len() - before)
    }
}

/// Takes as many bytes as the socket has taken already, then would block.
pub(super) struct AlreadyWritten(pub(super) usize);

impl TryWrite for AlreadyWritten {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let offered: usize = buffers.iter().map(|buffer| buffer.len()).sum();
        let taken = offered.min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(taken) }
    }
}
