//! Subscribers in step: served together, falling out, and coming back.

use std::io::{self, Write};
use std::time::Instant;

use super::super::net::{Interest, Net, Token};
use super::cohort::{Chunk, Cohort, Taken};
use super::member::Phase;
use super::{Fanout, Hosted, Ready, number};
use crate::hub::{Progress, ReplayStatus, SubscriberGuard, SubscriberWriter};

/// How many members get a tick before it is asked whether an event is due: some 0.1 ms.
pub(super) const STRIDE: usize = 16;
/// How many get it before sockets have their turn.
const TICKS: usize = 1_024;
/// How much memory is kept for the next chunk.
const CHUNK_BYTES: usize = 64 << 10;

impl<N: Net> Fanout<N> {
    /// Queues a cohort for its next turn.
    pub(super) fn queue_cohort(&mut self, index: u32, cohort: usize) {
        let company = self.replays.get_mut(index as usize).and_then(|hosted| hosted.cohorts.get_mut(cohort));
        if company.is_some_and(|company| !std::mem::replace(&mut company.queued, true)) {
            self.ready.push_back(Ready::Cohort { replay: index, cohort: number(cohort) });
        }
    }

    /// A queued cohort has its turn.
    pub(super) fn take_turn(&mut self, index: u32, cohort: usize) {
        let company = self.replays.get_mut(index as usize).and_then(|hosted| hosted.cohorts.get_mut(cohort));
        let Some(company) = company else { return };
        company.queued = false;
        if company.ticking.is_none() {
            self.serve(index, cohort, None);
        }
        self.send_ticks(index, cohort);
    }

    /// Writes what a cohort is owed to all its members. Tells when the first of them was. Where that is only a tick, it is
    /// left to [`Self::send_ticks`].
    ///
    /// `skipped` is the view before the present one, if not every cohort has been served by it.
    pub(super) fn serve(&mut self, index: u32, cohort: usize, skipped: Option<&ReplayStatus>) -> Option<Instant> {
        let now = self.net.now();
        let hosted = self.replays.get_mut(index as usize)?;
        let company = hosted.cohorts.get_mut(cohort)?;
        let before = company.leader.clone();
        // In front lies the tick of the round in progress: only members that lack it are sent that part.
        self.chunk.clear();
        self.chunk.extend(company.ticking.iter().flat_map(|round| &round.tick[..]));
        let late = self.chunk.len();
        let mut progress = Progress::Idle;
        for view in skipped.into_iter().chain([&hosted.view]) {
            // Memory refuses nothing.
            progress = company.leader.pump(view, now, &mut Chunk(&mut self.chunk)).unwrap_or(Progress::Idle);
        }
        if progress == Progress::Idle {
            company.settled = hosted.serial;
        }
        let mut first = None;
        if self.chunk.len() == late {
            // Nothing was written: a round in progress goes on.
        } else if progress == Progress::Idle
            && late == 0
            && company.leader.wrote_only_a_tick_since(&before, &hosted.view)
        {
            self.tick_rounds += 1;
            company.begin_ticks(self.tick_rounds, &self.chunk);
        } else {
            first = self.write_to_all(index, cohort, &before, late, skipped, now);
        }
        if self.chunk.capacity() > CHUNK_BYTES && progress != Progress::More {
            self.chunk = Vec::new();
        }
        if progress == Progress::More {
            self.queue_cohort(index, cohort);
        }
        let hosted = self.replays.get(index as usize).filter(|hosted| hosted.replay.has_barriers());
        if progress == Progress::Idle
            && let Some((hosted, company)) = hosted.and_then(|hosted| Some((hosted, hosted.cohorts.get(cohort)?)))
        {
            self.note_told_together(hosted, company);
        }
        if progress == Progress::Finished {
            let company = self.replays.get(index as usize).and_then(|hosted| hosted.cohorts.get(cohort));
            for slot in company.map(|company| company.members.clone()).unwrap_or_default() {
                self.part(slot, true);
            }
        }
        first
    }

    /// Writes the chunk to all members of a cohort: its first `late` bytes only to those who lack the last tick.
    fn write_to_all(
        &mut self,
        index: u32,
        cohort: usize,
        before: &SubscriberWriter,
        late: usize,
        skipped: Option<&ReplayStatus>,
        now: Instant,
    ) -> Option<Instant> {
        let company = self.replays.get_mut(index as usize)?.cohorts.get_mut(cohort)?;
        let ticking = company.ticking.take();
        let (mut first, mut in_step, mut with_tick) = (None, 0, 0);
        for slot in company.round() {
            first.get_or_insert_with(|| self.net.now());
            let member = &mut self.members[slot as usize];
            let reached = ticking.as_ref().is_none_or(|round| round.has_reached(member.tick_round));
            let bytes = if reached { &self.chunk[late..] } else { &self.chunk };
            match write(&mut member.link, bytes) {
                Ok(taken) if taken == bytes.len() => {
                    in_step += 1;
                    with_tick += u64::from(!reached);
                }
                Ok(taken) => self.fallen.push((slot, taken)),
                Err(_) => self.gone.push(slot),
            }
        }
        let written = company.leader.sent().since(before.sent());
        self.meters.wrote(before.replay(), before.options().framing, written, in_step);
        for (slot, mut taken) in std::mem::take(&mut self.fallen) {
            let (mut own, member) = (before.clone(), &self.members[slot as usize]);
            if let Some(round) = ticking.as_ref().filter(|round| !round.has_reached(member.tick_round)) {
                match taken.checked_sub(round.tick.len()) {
                    Some(beyond) => {
                        taken = beyond;
                        with_tick += 1;
                    }
                    None => own.resend_tick(round.tick.clone()),
                }
            }
            self.fall_out(slot, own, taken, skipped, now);
        }
        if let Some(round) = &ticking {
            self.meters.wrote(before.replay(), before.options().framing, round.sent(), with_tick);
        }
        for slot in std::mem::take(&mut self.gone) {
            self.remove(slot);
        }
        first
    }

    /// Writes the tick of a cohort to members that lack it, until an event is due or others are to have their turn.
    fn send_ticks(&mut self, index: u32, cohort: usize) {
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        let Some(company) = hosted.cohorts.get_mut(cohort) else { return };
        let Some(round) = &mut company.ticking else { return };
        let mut in_step = 0;
        for at in 1..=TICKS {
            let Some(slot) = round.unreached.pop() else { break };
            let member = self.members.get_mut(slot as usize).filter(|member| {
                let place = (member.replay == index).then_some(&member.phase);
                matches!(place, Some(Phase::InStep { cohort: its, .. }) if *its as usize == cohort)
            });
            if let Some(member) = member.filter(|member| !round.has_reached(member.tick_round)) {
                member.tick_round = round.number;
                match write(&mut member.link, &round.tick) {
                    Ok(taken) if taken == round.tick.len() => in_step += 1,
                    Ok(taken) => self.fallen.push((slot, taken)),
                    Err(_) => self.gone.push(slot),
                }
            }
            if at % STRIDE == 0 && self.cues.first().is_some_and(|due| due <= self.net.now()) {
                break;
            }
        }
        self.meters.wrote(company.leader.replay(), company.leader.options().framing, round.sent(), in_step);
        let mut own = company.leader.clone();
        own.resend_tick(round.tick.clone());
        let more = !round.unreached.is_empty();
        if !more {
            company.ticking = None;
        }
        // The next tick may have come meanwhile.
        if more || company.settled != hosted.serial {
            self.queue_cohort(index, cohort);
        }
        let now = self.net.now();
        for (slot, taken) in std::mem::take(&mut self.fallen) {
            self.fall_out(slot, own.clone(), taken, None, now);
        }
        for slot in std::mem::take(&mut self.gone) {
            self.remove(slot);
        }
    }

    /// Notes what those who are owed nothing have been told, for whoever waits to know.
    pub(super) fn record_sent(&self, index: u32) {
        let Some(hosted) = self.replays.get(index as usize).filter(|hosted| hosted.replay.has_barriers()) else {
            return;
        };
        for (_, company) in hosted.cohorts.iter().filter(|(_, company)| company.settled == hosted.serial) {
            self.note_told_together(hosted, company);
        }
    }

    fn note_told_together(&self, hosted: &Hosted, company: &Cohort) {
        let guards = company.members.iter().filter_map(|slot| self.members[*slot as usize].guard.as_ref());
        hosted.replay.record_sent(guards.map(SubscriberGuard::number), company.leader.sent_mark());
    }

    /// Serves a member by itself from here on: it has taken so many bytes of what that Outbound owes.
    fn fall_out(
        &mut self,
        slot: u32,
        mut outbound: SubscriberWriter,
        taken: usize,
        skipped: Option<&ReplayStatus>,
        now: Instant,
    ) {
        self.leave_cohort(slot);
        let member = &mut self.members[slot as usize];
        let (sent, mut taken) = (outbound.sent(), Taken(taken));
        let view = &self.replays[member.replay as usize].view;
        let mut progress = Progress::Blocked;
        for view in skipped.into_iter().chain([view]) {
            // It writes the same again, to nobody, as far as the socket has come.
            progress = outbound.pump(view, now, &mut taken).unwrap_or(Progress::Blocked);
            if progress == Progress::Blocked {
                break;
            }
        }
        while progress == Progress::More && taken.0 > 0 {
            progress = outbound.pump(view, now, &mut taken).unwrap_or(Progress::Blocked);
        }
        member.pulse.pumped(progress, outbound.sent().bytes, now);
        if let Some(account) = &mut member.account {
            account.pumped(&outbound, sent, Some(progress), view, now);
        }
        member.phase = Phase::Own(Box::new(outbound));
        self.set_interest(slot, Interest { read: true, write: true });
    }

    /// Takes a member out of its cohort's list; the last one to leave dissolves it.
    pub(super) fn leave_cohort(&mut self, slot: u32) {
        let member = &self.members[slot as usize];
        let Phase::InStep { cohort, place } = member.phase else { return };
        let hosted = &mut self.replays[member.replay as usize];
        let company = &mut hosted.cohorts[cohort as usize];
        company.members.swap_remove(place as usize);
        if let Some(moved) = company.members.get(place as usize).copied() {
            self.members[moved as usize].phase = Phase::InStep { cohort, place };
        } else if company.members.is_empty() {
            hosted.by_options.remove(company.leader.options());
            hosted.cohorts.remove(cohort as usize);
        }
    }

    /// Gives a member an Outbound of its own, if it has none.
    pub(super) fn step_out(&mut self, slot: u32) {
        let member = &self.members[slot as usize];
        if let Phase::InStep { cohort, .. } = member.phase {
            let company = &self.replays[member.replay as usize].cohorts[cohort as usize];
            let own = company.outbound(member.tick_round);
            self.leave_cohort(slot);
            self.members[slot as usize].phase = Phase::Own(Box::new(own));
        }
    }

    /// Puts a member that is owed nothing in step with those who want the same.
    pub(super) fn step_in(&mut self, slot: u32, outbound: SubscriberWriter) {
        let member = &mut self.members[slot as usize];
        let hosted = &mut self.replays[member.replay as usize];
        let serial = hosted.serial;
        let cohort = match hosted.by_options.get(outbound.options()) {
            Some(cohort) if hosted.cohorts[*cohort].settled == serial => *cohort,
            // The others have not come as far as this one yet: they will in a moment.
            Some(_) => {
                member.phase = Phase::Own(Box::new(outbound));
                let token = Token { slot, generation: member.generation };
                self.queue(token);
                return;
            }
            None => {
                let options = outbound.options().clone();
                if hosted.cohorts.capacity() == 0 {
                    // Most replays never have another.
                    hosted.cohorts.reserve_exact(1);
                }
                let cohort = hosted.cohorts.insert(Cohort::led_by(outbound, serial));
                hosted.by_options.insert(options, cohort);
                cohort
            }
        };
        if hosted.replay.has_barriers() {
            let number = member.guard.as_ref().map(SubscriberGuard::number);
            hosted.replay.record_sent(number.into_iter(), hosted.cohorts[cohort].leader.sent_mark());
        }
        let company = &mut hosted.cohorts[cohort];
        if let Some(round) = &company.ticking {
            member.tick_round = round.number;
        }
        let members = &mut company.members;
        member.phase = Phase::InStep { cohort: number(cohort), place: number(members.len()) };
        members.push(slot);
    }
}

/// Writes once; what would wait is nothing taken.
fn write(link: &mut impl Write, bytes: &[u8]) -> io::Result<usize> {
    loop {
        match link.write(bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            written => return written,
        }
    }
}
