//! One subscriber: coming, speaking, being served by itself, leaving.

use std::io::{self, IoSlice, Read, Write};
use std::time::{Duration, Instant};

use super::super::net::{Interest, Net, Newcomer, Token};
use super::{Fanout, LOOK_EVERY, Ready, SWEEP, SWEEPS, SWEPT, number};
use crate::hub::{CloseCode, Progress, SubscriberGuard, SubscriberWriter, TryWrite};
use crate::server::meters::Account;
use crate::server::pulse::{Due, Pulse, later};
use crate::server::requests::{self, ANSWERS, Answered};
use crate::server::seats::Seat;
use crate::server::transport::websocket::Heard;
use crate::server::transport::{READ_BYTES, Reader};
use crate::suspension::suspended;

pub(super) const READING: Interest = Interest { read: true, write: false };

/// A subscriber.
pub(super) struct Member<L> {
    pub(super) link: L,
    pub(super) phase: Phase,
    pub(super) replay: u32,
    pub(super) generation: u32,
    pub(super) interest: Interest,
    /// Whether it waits for its next turn.
    pub(super) queued: bool,
    /// The last tick round that has reached it.
    pub(super) tick_round: u64,
    pub(super) may_control: bool,
    pub(super) reader: Reader,
    pub(super) pulse: Pulse,
    /// Counted as long as it is served.
    pub(super) guard: Option<SubscriberGuard>,
    /// Likewise.
    pub(super) account: Option<Account>,
    pub(super) _seat: Option<Seat>,
}

/// How a subscriber is served.
pub(super) enum Phase {
    /// As a member of a cohort: which, and at which place in its list.
    InStep { cohort: u32, place: u32 },
    /// By itself: behind, or with something of its own to be told.
    Own(Box<SubscriberWriter>),
    /// The goodbye is said, and the peer is given until then to leave as well. What it still sends is thrown away, for a
    /// connection that is closed with bytes unread is reset, and the goodbye with it.
    Parting(Instant),
}

impl<N: Net> Fanout<N> {
    /// Takes over a subscriber of a replay that is hosted here.
    pub fn join(&mut self, newcomer: Newcomer<N::Link>) {
        let Newcomer { link, greeting, early, replay, mut join, message_bytes, seat } = newcomer;
        let index = match self.by_id.get(&replay.id()) {
            Some(index) => *index,
            // Over, and forgotten: whoever comes now is told so.
            None if replay.is_over() => self.add_replay(replay.clone(), None),
            None => {
                tracing::error!(
                    replay = replay.name(),
                    "a subscriber of a replay that is hosted elsewhere was dropped"
                );
                return;
            }
        };
        let now = self.net.now();
        if self.members.is_empty() {
            // Without members nothing is swept. Else the first sweep would seem to come late, as after a suspension.
            self.sweep = (now + LOOK_EVERY, 0);
        }
        let guard = replay.add_subscriber();
        join.subscriber = guard.number();
        let hosted = &mut self.replays[index as usize];
        hosted.members += 1;
        if !hosted.views.borrow().is_current() {
            self.drive(index);
        }
        let hosted = &mut self.replays[index as usize];
        if hosted.members == 1 {
            // Views are not taken over while there are no members.
            hosted.look();
        }
        let (may_control, framing) = (join.control, join.options.framing);
        let mut outbound = SubscriberWriter::new(replay, join, &hosted.view, now);
        outbound.prepend(&greeting);
        self.generation = self.generation.wrapping_add(1);
        let mut pulse = Pulse::new(now, &self.timing, framing);
        let entry = self.members.vacant_entry();
        let token = Token { slot: number(entry.key()), generation: self.generation };
        // Spread, so that those who came together are not all pinged together.
        pulse.hurry_ping(self.timing.ping_every / 64 * (token.slot.wrapping_mul(0x9e37_79b1) >> 27));
        let watched = self.net.watch(&link, token, READING);
        entry.insert(Member {
            link,
            phase: Phase::Own(Box::new(outbound)),
            replay: index,
            generation: self.generation,
            interest: READING,
            queued: false,
            tick_round: 0,
            may_control,
            reader: Reader::beside(framing, message_bytes),
            pulse,
            guard: Some(guard),
            account: Some(Account::open(&self.meters, framing)),
            _seat: seat,
        });
        if watched.is_err() {
            return self.remove(token.slot);
        }
        self.hear(token, &early);
        self.pump(token);
    }

    pub(super) fn member(&self, token: Token) -> Option<&Member<N::Link>> {
        self.members.get(token.slot as usize).filter(|member| member.generation == token.generation)
    }

    /// Acts on what can be done with a connection.
    pub fn act(&mut self, token: Token, readable: bool, writable: bool) {
        if writable {
            self.pump(token);
        }
        if !readable || self.member(token).is_none() {
            return;
        }
        let member = &mut self.members[token.slot as usize];
        let mut bytes = [0; READ_BYTES];
        let read = loop {
            match member.link.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        match read {
            Ok(0) => self.remove(token.slot),
            Ok(read) => {
                self.hear(token, &bytes[..read]);
                self.pump(token);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.remove(token.slot),
        }
    }

    /// Takes in what a subscriber has said, and answers.
    pub(super) fn hear(&mut self, token: Token, mut unread: &[u8]) {
        let now = self.net.now();
        if unread.is_empty() {
            return;
        }
        self.members[token.slot as usize].pulse.heard(now);
        loop {
            let member = &mut self.members[token.slot as usize];
            let closing = match &member.phase {
                Phase::InStep { .. } => false,
                Phase::Own(outbound) => outbound.is_closing(),
                Phase::Parting(_) => true,
            };
            // After a goodbye nothing counts any more: after a broken frame, there is no telling what it would be.
            if closing {
                return;
            }
            let Some(heard) = member.reader.hear(&mut unread) else { return };
            if matches!(&heard, Heard::Alive { answers } if answers.is_empty()) {
                continue;
            }
            self.step_out(token.slot);
            let member = &mut self.members[token.slot as usize];
            let (index, may_control) = (member.replay, member.may_control);
            let subscriber = member.guard.as_ref().map_or(0, SubscriberGuard::number);
            let Phase::Own(outbound) = &mut member.phase else { return };
            match requests::answer(heard, outbound, subscriber, may_control, &self.meters, now) {
                Answered::Here => {}
                Answered::Command(asked) => {
                    let driver = self.replays[index as usize].driver.as_mut();
                    let answer = driver.map(|driver| driver.apply(&asked.instruction, now));
                    asked.answered(answer, outbound, &self.meters);
                    self.drive(index);
                }
            }
        }
    }

    /// Writes what a member is owed that is served by itself.
    pub(super) fn pump(&mut self, token: Token) {
        if self.member(token).is_none() {
            return;
        }
        let slot = token.slot;
        let member = &mut self.members[slot as usize];
        let Phase::Own(outbound) = &mut member.phase else { return };
        let now = self.net.now();
        let view = &self.replays[member.replay as usize].view;
        let before = outbound.sent();
        let progress = outbound.pump(view, now, &mut LinkOutlet(&mut member.link)).ok();
        if let Some(account) = &mut member.account {
            account.pumped(outbound, before, progress, view, now);
        }
        let Some(progress) = progress else { return self.remove(slot) };
        member.pulse.pumped(progress, outbound.sent().bytes, now);
        let stopping = view.stopping.is_some_and(|stopping| !stopping.drain);
        member.pulse.parting(stopping || outbound.is_closing(), now, &self.timing);
        let interest = Interest {
            read: !outbound.is_closing() && outbound.pending_replies() < ANSWERS,
            write: progress == Progress::Blocked,
        };
        match progress {
            Progress::Idle => {
                let outbound = std::mem::replace(&mut member.phase, Phase::Parting(now));
                if let Phase::Own(outbound) = outbound {
                    self.step_in(slot, *outbound);
                }
            }
            Progress::More => self.queue(token),
            Progress::Finished => return self.part(slot, true),
            Progress::Blocked => {}
        }
        self.set_interest(slot, interest);
    }

    /// Gives a member another turn after the others.
    pub(super) fn queue(&mut self, token: Token) {
        if !std::mem::replace(&mut self.members[token.slot as usize].queued, true) {
            self.ready.push_back(Ready::Member(token));
        }
    }

    pub(super) fn set_interest(&mut self, slot: u32, interest: Interest) {
        let member = &mut self.members[slot as usize];
        if member.interest != interest {
            member.interest = interest;
            let token = Token { slot, generation: member.generation };
            if self.net.change(&member.link, token, interest).is_err() {
                self.remove(slot);
            }
        }
    }

    /// The goodbye is out: waits a moment for the peer to leave as well.
    pub(super) fn part(&mut self, slot: u32, has_everything: bool) {
        self.leave_cohort(slot);
        let until = later(self.net.now(), self.timing.farewell);
        let member = &mut self.members[slot as usize];
        member.phase = Phase::Parting(until);
        member.account = None;
        if let Some(guard) = member.guard.take().filter(|_| has_everything) {
            guard.finish();
        }
        self.net.finish(&mut member.link);
        self.set_interest(slot, READING);
    }

    pub(super) fn remove(&mut self, slot: u32) {
        self.leave_cohort(slot);
        let member = self.members.remove(slot as usize);
        let index = member.replay;
        drop(member);
        self.replays[index as usize].members -= 1;
        self.forget_if_over(index);
    }

    /// Looks at the clocks of some of the members.
    pub(super) fn sweep(&mut self) {
        let (now, from) = (self.net.now(), self.sweep.1);
        let slept = suspended(self.sweep.0, now);
        if !slept.is_zero() {
            self.put_off(slept, now);
        }
        let slots = self.members.capacity();
        let part = slots.div_ceil(SWEEPS).max(SWEPT);
        let to = (from + part).min(slots);
        let parts = u32::try_from(slots.div_ceil(part)).unwrap_or(u32::MAX).max(1);
        self.sweep = (now + (SWEEP / parts).min(LOOK_EVERY), if to == slots { 0 } else { to });
        for slot in from..to {
            let Some(member) = self.members.get_mut(slot) else { continue };
            let (slot, token) = (number(slot), Token { slot: number(slot), generation: member.generation });
            if let Phase::Parting(until) = member.phase {
                if until <= now {
                    self.remove(slot);
                }
                continue;
            }
            if let (Phase::Own(outbound), Some(account)) = (&member.phase, &member.account) {
                account.note_lag(outbound, &self.replays[member.replay as usize].view, now);
            }
            match member.pulse.due(now, &self.timing) {
                None => {}
                Some(Due::Ping) => {
                    self.say(token, SubscriberWriter::keep_alive);
                    self.catch_up();
                }
                // Nothing that is written would arrive in time.
                Some(Due::Gone) => self.remove(slot),
                Some(Due::Silent) => self.close(token, CloseCode::Silent),
                Some(Due::Stalled) => {
                    self.meters.stalled(&self.replays[member.replay as usize].replay);
                    self.close(token, CloseCode::NoProgress);
                }
            }
        }
    }

    /// Puts the clocks of all members off by the time in which this process was suspended, before any is judged.
    fn put_off(&mut self, by: Duration, now: Instant) {
        for (_, member) in &mut self.members {
            member.pulse.put_off(by, now, &self.timing);
            if let Phase::Parting(until) = &mut member.phase {
                *until = later(*until, by).min(later(now, self.timing.farewell));
            }
        }
    }

    /// Closes a member. The socket of a stalled one may be full, and a silent one may have vanished: whether the close frame
    /// goes out is not waited for.
    fn close(&mut self, token: Token, code: CloseCode) {
        self.say(token, |outbound| outbound.close(code));
        if self.member(token).is_some() {
            self.part(token.slot, false);
        }
    }

    /// Tells a member something of its own.
    pub(super) fn say(&mut self, token: Token, what: impl FnOnce(&mut SubscriberWriter)) {
        self.step_out(token.slot);
        if let Phase::Own(outbound) = &mut self.members[token.slot as usize].phase {
            what(outbound);
        }
        self.pump(token);
    }
}

/// A connection as a [`TryWrite`].
struct LinkOutlet<'a, L>(&'a mut L);

impl<L: Write> TryWrite for LinkOutlet<'_, L> {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        match buffers {
            // The usual case; a plain send is cheaper than a vectored one.
            [only] => self.0.write(only),
            several => self.0.write_vectored(several),
        }
    }
}
