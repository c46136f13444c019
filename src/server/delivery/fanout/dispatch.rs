//! Writes to cohorts: events and ticks to all members, and how members leave a cohort and rejoin one.

use std::io::{self, Write};
use std::time::Instant;

use super::super::network::{ConnectionToken, Interest, Network};
use super::cohort::{AlreadyWritten, ChunkWriter, Cohort};
use super::connection::Mode;
use super::{Fanout, HostedReplay, Ready, index_to_u32};
use crate::hub::{PumpResult, ReplayStatus, SubscriberGuard, SubscriberWriter};

/// How many members are sent a tick before the next check for a due event: some 0.1 ms.
pub(super) const TICK_BATCH: usize = 16;
/// How many members are sent a tick before sockets have their turn.
const TICKS_PER_TURN: usize = 1_024;
/// How much capacity is kept for the next chunk, in bytes.
const KEPT_CHUNK_BYTES: usize = 64 << 10;

impl<N: Network> Fanout<N> {
    /// Queues a cohort for its next turn.
    pub(super) fn queue_cohort(&mut self, index: u32, cohort: usize) {
        let group = self.replays.get_mut(index as usize).and_then(|hosted| hosted.cohorts.get_mut(cohort));
        if group.is_some_and(|group| !std::mem::replace(&mut group.queued, true)) {
            self.ready.push_back(Ready::Cohort { replay: index, cohort: index_to_u32(cohort) });
        }
    }

    /// Serves a queued cohort.
    pub(super) fn take_turn(&mut self, index: u32, cohort: usize) {
        let group = self.replays.get_mut(index as usize).and_then(|hosted| hosted.cohorts.get_mut(cohort));
        let Some(group) = group else { return };
        group.queued = false;
        if group.ticking.is_none() {
            self.serve(index, cohort, None);
        }
        self.send_ticks(index, cohort);
    }

    /// Writes what is pending for a cohort to all its members. Returns when the first of them was written to. A tick
    /// alone is left to [`Self::send_ticks`].
    ///
    /// `skipped` is the status before the current one, if not every cohort has been served from it.
    pub(super) fn serve(&mut self, index: u32, cohort: usize, skipped: Option<&ReplayStatus>) -> Option<Instant> {
        let now = self.net.now();
        let hosted = self.replays.get_mut(index as usize)?;
        let group = hosted.cohorts.get_mut(cohort)?;
        let before = group.leader.clone();
        // The chunk starts with the tick of an unfinished round, which only members that lack it are sent.
        self.chunk.clear();
        self.chunk.extend(group.ticking.iter().flat_map(|round| &round.tick[..]));
        let tick_bytes = self.chunk.len();
        let mut progress = PumpResult::Idle;
        for status in skipped.into_iter().chain([&hosted.status]) {
            // Writing to memory cannot fail.
            progress = group.leader.pump(status, now, &mut ChunkWriter(&mut self.chunk)).unwrap_or(PumpResult::Idle);
        }
        if progress == PumpResult::Idle {
            group.settled = hosted.serial;
        }
        let mut first = None;
        if self.chunk.len() == tick_bytes {
            // Nothing was written: an unfinished round goes on.
        } else if progress == PumpResult::Idle
            && tick_bytes == 0
            && group.leader.wrote_only_a_tick_since(&before, &hosted.status)
        {
            self.tick_rounds += 1;
            group.begin_ticks(self.tick_rounds, &self.chunk);
        } else {
            first = self.write_to_all(index, cohort, &before, tick_bytes, skipped, now);
        }
        if self.chunk.capacity() > KEPT_CHUNK_BYTES && progress != PumpResult::More {
            self.chunk = Vec::new();
        }
        if progress == PumpResult::More {
            self.queue_cohort(index, cohort);
        }
        let hosted = self.replays.get(index as usize).filter(|hosted| hosted.replay.has_barriers());
        if progress == PumpResult::Idle
            && let Some((hosted, group)) = hosted.and_then(|hosted| Some((hosted, hosted.cohorts.get(cohort)?)))
        {
            self.note_cohort_sent(hosted, group);
        }
        if progress == PumpResult::Finished {
            let group = self.replays.get(index as usize).and_then(|hosted| hosted.cohorts.get(cohort));
            for slot in group.map(|group| group.members.clone()).unwrap_or_default() {
                self.begin_close(slot, true);
            }
        }
        first
    }

    /// Writes the chunk to all members of a cohort. Its first `tick_bytes` bytes are for members that lack the last tick.
    fn write_to_all(
        &mut self,
        index: u32,
        cohort: usize,
        before: &SubscriberWriter,
        tick_bytes: usize,
        skipped: Option<&ReplayStatus>,
        now: Instant,
    ) -> Option<Instant> {
        let group = self.replays.get_mut(index as usize)?.cohorts.get_mut(cohort)?;
        let ticking = group.ticking.take();
        let (mut first, mut complete, mut with_tick) = (None, 0, 0);
        for slot in group.members_in_rotation() {
            first.get_or_insert_with(|| self.net.now());
            let member = &mut self.connections[slot as usize];
            let reached = ticking.as_ref().is_none_or(|round| round.has_reached(member.tick_round));
            let bytes = if reached { &self.chunk[tick_bytes..] } else { &self.chunk };
            match write(&mut member.socket, bytes) {
                Ok(taken) if taken == bytes.len() => {
                    complete += 1;
                    with_tick += u64::from(!reached);
                }
                Ok(taken) => self.partial.push((slot, taken)),
                Err(_) => self.broken.push(slot),
            }
        }
        let written = group.leader.sent().since(before.sent());
        self.metrics.record_written(before.replay(), before.options().framing, written, complete);
        for (slot, mut taken) in std::mem::take(&mut self.partial) {
            let (mut own, member) = (before.clone(), &self.connections[slot as usize]);
            if let Some(round) = ticking.as_ref().filter(|round| !round.has_reached(member.tick_round)) {
                match taken.checked_sub(round.tick.len()) {
                    Some(beyond) => {
                        taken = beyond;
                        with_tick += 1;
                    }
                    None => own.resend_tick(round.tick.clone()),
                }
            }
            self.detach_behind(slot, own, taken, skipped, now);
        }
        if let Some(round) = &ticking {
            self.metrics.record_written(before.replay(), before.options().framing, round.sent_totals(), with_tick);
        }
        for slot in std::mem::take(&mut self.broken) {
            self.remove(slot);
        }
        first
    }

    /// Writes a cohort's tick to members that lack it, until an event is due or sockets are to have their turn.
    fn send_ticks(&mut self, index: u32, cohort: usize) {
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        let Some(group) = hosted.cohorts.get_mut(cohort) else { return };
        let Some(round) = &mut group.ticking else { return };
        let mut complete = 0;
        for at in 1..=TICKS_PER_TURN {
            let Some(slot) = round.unreached.pop() else { break };
            let member = self.connections.get_mut(slot as usize).filter(|member| {
                let place = (member.replay == index).then_some(&member.mode);
                matches!(place, Some(Mode::Grouped { cohort: its, .. }) if *its as usize == cohort)
            });
            if let Some(member) = member.filter(|member| !round.has_reached(member.tick_round)) {
                member.tick_round = round.number;
                match write(&mut member.socket, &round.tick) {
                    Ok(taken) if taken == round.tick.len() => complete += 1,
                    Ok(taken) => self.partial.push((slot, taken)),
                    Err(_) => self.broken.push(slot),
                }
            }
            if at % TICK_BATCH == 0 && self.cues.first().is_some_and(|due| due <= self.net.now()) {
                break;
            }
        }
        self.metrics.record_written(
            group.leader.replay(),
            group.leader.options().framing,
            round.sent_totals(),
            complete,
        );
        let mut own = group.leader.clone();
        own.resend_tick(round.tick.clone());
        let more = !round.unreached.is_empty();
        if !more {
            group.ticking = None;
        }
        // The next tick may be due by now.
        if more || group.settled != hosted.serial {
            self.queue_cohort(index, cohort);
        }
        let now = self.net.now();
        for (slot, taken) in std::mem::take(&mut self.partial) {
            self.detach_behind(slot, own.clone(), taken, None, now);
        }
        for slot in std::mem::take(&mut self.broken) {
            self.remove(slot);
        }
    }

    /// Notes for barriers what cohorts without a backlog have been sent.
    pub(super) fn note_sent(&self, index: u32) {
        let Some(hosted) = self.replays.get(index as usize).filter(|hosted| hosted.replay.has_barriers()) else {
            return;
        };
        for (_, group) in hosted.cohorts.iter().filter(|(_, group)| group.settled == hosted.serial) {
            self.note_cohort_sent(hosted, group);
        }
    }

    fn note_cohort_sent(&self, hosted: &HostedReplay, group: &Cohort) {
        let guards = group.members.iter().filter_map(|slot| self.connections[*slot as usize].guard.as_ref());
        hosted.replay.record_sent(guards.map(SubscriberGuard::number), group.leader.sent_mark());
    }

    /// Detaches a member that took `taken` bytes of what the writer is about to write.
    fn detach_behind(
        &mut self,
        slot: u32,
        mut writer: SubscriberWriter,
        taken: usize,
        skipped: Option<&ReplayStatus>,
        now: Instant,
    ) {
        self.leave_cohort(slot);
        let member = &mut self.connections[slot as usize];
        let (sent, mut taken) = (writer.sent(), AlreadyWritten(taken));
        let status = &self.replays[member.replay as usize].status;
        let mut progress = PumpResult::Blocked;
        for status in skipped.into_iter().chain([status]) {
            // Writes the same bytes again, to no socket, as far as the socket has taken them.
            progress = writer.pump(status, now, &mut taken).unwrap_or(PumpResult::Blocked);
            if progress == PumpResult::Blocked {
                break;
            }
        }
        while progress == PumpResult::More && taken.0 > 0 {
            progress = writer.pump(status, now, &mut taken).unwrap_or(PumpResult::Blocked);
        }
        member.timers.record_progress(progress, writer.sent().bytes, now);
        if let Some(gauge) = &mut member.gauge {
            gauge.record_pump(&writer, sent, Some(progress), status, now);
        }
        member.mode = Mode::Detached(Box::new(writer));
        let read = !self.slow_commands.is_waiting(ConnectionToken { slot, generation: member.generation });
        self.set_interest(slot, Interest { read, write: true });
    }

    /// Removes a connection from its cohort, if it is in one. A cohort without members is removed.
    pub(super) fn leave_cohort(&mut self, slot: u32) {
        let member = &self.connections[slot as usize];
        let Mode::Grouped { cohort, place } = member.mode else { return };
        let hosted = &mut self.replays[member.replay as usize];
        let group = &mut hosted.cohorts[cohort as usize];
        group.members.swap_remove(place as usize);
        if let Some(moved) = group.members.get(place as usize).copied() {
            self.connections[moved as usize].mode = Mode::Grouped { cohort, place };
        } else if group.members.is_empty() {
            hosted.by_options.remove(group.leader.options());
            hosted.cohorts.remove(cohort as usize);
        }
    }

    /// Detaches a connection: gives it a writer of its own, if it has none.
    pub(super) fn detach(&mut self, slot: u32) {
        let member = &self.connections[slot as usize];
        if let Mode::Grouped { cohort, .. } = member.mode {
            let group = &self.replays[member.replay as usize].cohorts[cohort as usize];
            let own = group.member_writer(member.tick_round);
            self.leave_cohort(slot);
            self.connections[slot as usize].mode = Mode::Detached(Box::new(own));
        }
    }

    /// Puts a connection for which nothing is pending into the cohort with the same options.
    pub(super) fn join_cohort(&mut self, slot: u32, writer: SubscriberWriter) {
        let member = &mut self.connections[slot as usize];
        let hosted = &mut self.replays[member.replay as usize];
        let serial = hosted.serial;
        let cohort = match hosted.by_options.get(writer.options()) {
            Some(cohort) if hosted.cohorts[*cohort].settled == serial => *cohort,
            // The cohort has not been served from this status yet. It will be in a moment.
            Some(_) => {
                member.mode = Mode::Detached(Box::new(writer));
                let token = ConnectionToken { slot, generation: member.generation };
                self.requeue(token);
                return;
            }
            None => {
                let options = writer.options().clone();
                if hosted.cohorts.capacity() == 0 {
                    // Most replays never have a second cohort.
                    hosted.cohorts.reserve_exact(1);
                }
                let cohort = hosted.cohorts.insert(Cohort::with_leader(writer, serial));
                hosted.by_options.insert(options, cohort);
                cohort
            }
        };
        if hosted.replay.has_barriers() {
            let number = member.guard.as_ref().map(SubscriberGuard::number);
            hosted.replay.record_sent(number.into_iter(), hosted.cohorts[cohort].leader.sent_mark());
        }
        let group = &mut hosted.cohorts[cohort];
        if let Some(round) = &group.ticking {
            member.tick_round = round.number;
        }
        let members = &mut group.members;
        member.mode = Mode::Grouped { cohort: index_to_u32(cohort), place: index_to_u32(members.len()) };
        members.push(slot);
    }
}

/// Writes once. A socket that would block has taken nothing.
fn write(socket: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match socket.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            written => return written,
        }
    }
}
