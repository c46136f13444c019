//! The core of the delivery loop: replays and all their subscribers, without threads and without waiting.
//!
//! Whoever drives it tells it what can be read and written, and calls [`Fanout::turn`] when that asks to be called; see
//! `epoll.rs` for the kernel's way.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::io::{self, IoSlice, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::time::{Duration, Instant};

use slab::Slab;
use tokio::sync::watch;

use super::cohort::{Chunk, Cohort, Taken};
use super::net::{Interest, Net, Newcomer, Token};
use crate::hub::{CloseCode, Driver, Outbound, Outlet, Progress, Replay, SubscriberGuard, Terms, View, control_frame};
use crate::latency::Latency;
use crate::server::pulse::{Due, Pulse, Timing};
use crate::server::requests::{self, ANSWERS, Answered};
use crate::server::seats::Seat;
use crate::server::transport::websocket::{Heard, READ_BYTES, Reader};

/// How often some of the subscribers' clocks are looked at,
const SWEEP: Duration = Duration::from_millis(50);
/// and in how many such times all of them are.
const SWEEPS: usize = 20;

const READING: Interest = Interest { read: true, write: false };

/// A replay, and those who follow it.
struct Hosted {
    replay: Replay,
    /// Gone once the replay is over.
    driver: Option<Driver>,
    bell: Waker,
    /// When the driver wants to be called.
    wake: Option<Instant>,
    views: watch::Receiver<View>,
    /// What every subscriber is served by, until the next.
    view: View,
    /// Rises with each view.
    serial: u64,
    cohorts: Slab<Cohort>,
    by_terms: HashMap<Arc<Terms>, usize>,
    /// How many members there are, in step or not.
    members: usize,
}

/// A subscriber.
struct Member<L> {
    link: L,
    phase: Phase,
    replay: u32,
    generation: u32,
    interest: Interest,
    may_control: bool,
    reader: Reader,
    pulse: Pulse,
    /// Counted as long as it is served.
    guard: Option<SubscriberGuard>,
    _seat: Option<Seat>,
}

/// How a subscriber is served.
enum Phase {
    /// As a member of a cohort: which, and at which place in its list.
    InStep { cohort: u32, place: u32 },
    /// By itself: behind, or with something of its own to be told.
    Own(Box<Outbound>),
    /// The goodbye is said, and the peer is given until then to leave as well. What it still sends is thrown away, for a
    /// connection that is closed with bytes unread is reset, and the goodbye with it.
    Parting(Instant),
}

/// Something that can go on at once, and waits for its turn.
#[derive(Clone, Copy)]
enum Ready {
    Cohort { replay: u32, cohort: u32 },
    Member(Token),
}

/// Replays whose bells have rung.
struct Rung {
    replays: Mutex<Vec<u32>>,
    /// Calls whoever drives the loop.
    shell: Waker,
}

struct Ringer {
    rung: Arc<Rung>,
    replay: u32,
}

impl Wake for Ringer {
    fn wake(self: Arc<Self>) {
        self.rung.replays.lock().unwrap_or_else(PoisonError::into_inner).push(self.replay);
        self.rung.shell.wake_by_ref();
    }
}

/// Replays and all their subscribers.
pub struct Fanout<N: Net> {
    net: N,
    timing: Timing,
    replays: Slab<Hosted>,
    by_id: HashMap<u64, u32>,
    members: Slab<Member<N::Link>>,
    /// How many connections there have been.
    generation: u32,
    /// When drivers want to be called. Those whose wish has changed since are passed over.
    wakes: BinaryHeap<Reverse<(Instant, u32)>>,
    rung: Arc<Rung>,
    ready: VecDeque<Ready>,
    /// When and where the next sweep begins.
    sweep: (Instant, usize),
    lateness: Arc<Mutex<Latency>>,
    /// What is being written to a cohort.
    chunk: Vec<u8>,
    /// Members that a round has found behind, and how many bytes they took; and those that it has found gone.
    fallen: Vec<(u32, usize)>,
    gone: Vec<u32>,
}

impl<N: Net> Fanout<N> {
    /// Without replays. The waker calls whoever drives it to its next [`Self::turn`].
    pub fn new(net: N, timing: Timing, shell: Waker, lateness: Arc<Mutex<Latency>>) -> Self {
        let sweep = (net.now() + SWEEP, 0);
        Self {
            net,
            timing,
            replays: Slab::new(),
            by_id: HashMap::new(),
            members: Slab::new(),
            generation: 0,
            wakes: BinaryHeap::new(),
            rung: Arc::new(Rung { replays: Mutex::default(), shell }),
            ready: VecDeque::new(),
            sweep,
            lateness,
            chunk: Vec::new(),
            fallen: Vec::new(),
            gone: Vec::new(),
        }
    }

    /// The network, for whoever drives it.
    pub fn net(&mut self) -> &mut N {
        &mut self.net
    }

    /// Takes over a driver.
    pub fn host(&mut self, driver: Driver) {
        let replay = driver.replay();
        let index = self.add_replay(replay, Some(driver));
        self.drive(index);
    }

    fn add_replay(&mut self, replay: Replay, driver: Option<Driver>) -> u32 {
        let entry = self.replays.vacant_entry();
        let index = number(entry.key());
        let mut views = replay.watch();
        let view = views.borrow_and_update().clone();
        self.by_id.insert(replay.id(), index);
        entry.insert(Hosted {
            replay,
            driver,
            bell: Arc::new(Ringer { rung: self.rung.clone(), replay: index }).into(),
            wake: None,
            views,
            view,
            serial: 0,
            cohorts: Slab::new(),
            by_terms: HashMap::new(),
            members: 0,
        });
        index
    }

    /// Takes over a subscriber of a replay that is hosted here.
    pub fn join(&mut self, newcomer: Newcomer<N::Link>) {
        let Newcomer { link, greeting, early, replay, join, seat } = newcomer;
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
        let guard = replay.count_in();
        let hosted = &mut self.replays[index as usize];
        hosted.members += 1;
        let may_control = join.control;
        let mut outbound = Outbound::join(replay, join, &hosted.view, now);
        outbound.greet(&greeting);
        self.generation = self.generation.wrapping_add(1);
        let mut pulse = Pulse::new(now, &self.timing);
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
            may_control,
            reader: Reader::default(),
            pulse,
            guard: Some(guard),
            _seat: seat,
        });
        if watched.is_err() || !self.hear(token, &early) {
            return self.remove(token.slot);
        }
        self.pump(token);
    }

    /// How many subscribers there are, those that are leaving among them.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Lets go of all subscribers, whatever they are owed.
    pub fn clear(&mut self) {
        for slot in 0..self.members.capacity() {
            if self.members.contains(slot) {
                self.remove(number(slot));
            }
        }
    }

    /// Does all that is due. Gives the instant at which it wants to be called again, at the latest.
    pub fn turn(&mut self) -> Option<Instant> {
        let now = self.net.now();
        while let Some(Reverse((at, replay))) = self.wakes.peek().copied().filter(|Reverse((at, _))| *at <= now) {
            self.wakes.pop();
            if self.replays.get(replay as usize).is_some_and(|hosted| hosted.wake == Some(at)) {
                self.drive(replay);
            }
        }
        let rung = std::mem::take(&mut *self.rung.replays.lock().unwrap_or_else(PoisonError::into_inner));
        for replay in rung {
            self.drive(replay);
        }
        for _ in 0..self.ready.len() {
            match self.ready.pop_front() {
                Some(Ready::Cohort { replay, cohort }) => {
                    self.serve(replay, cohort as usize);
                }
                Some(Ready::Member(token)) => self.pump(token),
                None => {}
            }
        }
        if self.members.is_empty() {
            // Nothing to be swept; a newcomer's clocks begin when it comes.
            self.sweep = (now + SWEEP, 0);
        } else if self.sweep.0 <= now {
            self.sweep();
        }
        if !self.ready.is_empty() {
            return Some(now);
        }
        let wake = self.wakes.peek().map(|Reverse((at, _))| *at);
        wake.into_iter().chain((!self.members.is_empty()).then_some(self.sweep.0)).min()
    }

    /// Has a replay's driver do what is due, and its subscribers served.
    fn drive(&mut self, index: u32) {
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        if let Some(driver) = &mut hosted.driver {
            let bell = driver.bell();
            bell.wakes(&hosted.bell);
            bell.take();
            let next = driver.turn(self.net.now());
            if next.is_none() {
                hosted.driver = None;
            }
            if hosted.wake != next {
                hosted.wake = next;
                self.wakes.extend(next.map(|at| Reverse((at, index))));
            }
        }
        if hosted.views.has_changed().unwrap_or(false) {
            self.stir(index);
        }
        self.forget_if_over(index);
    }

    /// Serves everyone by a new view.
    fn stir(&mut self, index: u32) {
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        hosted.view = hosted.views.borrow_and_update().clone();
        hosted.serial += 1;
        let mut told = None;
        for cohort in 0..hosted.cohorts.capacity() {
            let first = self.serve(index, cohort);
            told = told.or(first);
        }
        // Its last subscribers may have gone, and it with them.
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        if let Some(driver) = &mut hosted.driver {
            let told = told.unwrap_or_else(|| self.net.now());
            driver.note_lateness(told, &mut self.lateness.lock().unwrap_or_else(PoisonError::into_inner));
        }
        if hosted.view.stopping.is_some_and(|stopping| !stopping.drain) {
            let now = self.net.now();
            for (_, member) in self.members.iter_mut().filter(|(_, member)| member.replay == index) {
                member.pulse.parting(true, now, &self.timing);
            }
        }
    }

    /// Writes what a cohort is owed to all its members. Tells when the first of them had been written to.
    fn serve(&mut self, index: u32, cohort: usize) -> Option<Instant> {
        let now = self.net.now();
        let hosted = self.replays.get_mut(index as usize)?;
        let serial = hosted.serial;
        let company = hosted.cohorts.get_mut(cohort)?;
        let before = company.leader.clone();
        self.chunk.clear();
        // Memory refuses nothing.
        let progress = company.leader.pump(&hosted.view, now, &mut Chunk(&mut self.chunk)).unwrap_or(Progress::Idle);
        let mut first = None;
        for slot in company.round().filter(|_| !self.chunk.is_empty()) {
            let taken = write(&mut self.members[slot as usize].link, &self.chunk);
            if first.is_none() {
                first = Some(self.net.now());
            }
            match taken {
                Ok(taken) if taken == self.chunk.len() => {}
                Ok(taken) => self.fallen.push((slot, taken)),
                Err(_) => self.gone.push(slot),
            }
        }
        match progress {
            Progress::Idle => company.settled = serial,
            Progress::More => self.ready.push_back(Ready::Cohort { replay: index, cohort: number(cohort) }),
            Progress::Blocked | Progress::Finished => {}
        }
        for (slot, taken) in std::mem::take(&mut self.fallen) {
            self.fall_out(slot, &before, taken, now);
        }
        for slot in std::mem::take(&mut self.gone) {
            self.remove(slot);
        }
        if progress == Progress::Finished {
            let company = self.replays.get(index as usize).and_then(|hosted| hosted.cohorts.get(cohort));
            for slot in company.map(|company| company.members.clone()).unwrap_or_default() {
                self.part(slot);
            }
        }
        first
    }

    /// Serves a member by itself from here on: it has taken so many bytes of what the cohort was just owed.
    fn fall_out(&mut self, slot: u32, before: &Outbound, taken: usize, now: Instant) {
        self.leave_cohort(slot);
        let member = &mut self.members[slot as usize];
        let mut outbound = Box::new(before.clone());
        let view = &self.replays[member.replay as usize].view;
        // It writes the same again, to nobody, as far as it had come.
        let progress = outbound.pump(view, now, &mut Taken(taken)).unwrap_or(Progress::Blocked);
        member.pulse.pumped(progress, outbound.written(), now);
        member.phase = Phase::Own(outbound);
        self.set_interest(slot, Interest { read: true, write: true });
    }

    /// Takes a member out of its cohort's list; the last one to leave dissolves it.
    fn leave_cohort(&mut self, slot: u32) {
        let member = &self.members[slot as usize];
        let Phase::InStep { cohort, place } = member.phase else { return };
        let hosted = &mut self.replays[member.replay as usize];
        let company = &mut hosted.cohorts[cohort as usize];
        company.members.swap_remove(place as usize);
        if let Some(moved) = company.members.get(place as usize).copied() {
            self.members[moved as usize].phase = Phase::InStep { cohort, place };
        } else if company.members.is_empty() {
            hosted.by_terms.remove(company.leader.terms());
            hosted.cohorts.remove(cohort as usize);
        }
    }

    /// Gives a member an Outbound of its own, if it has none.
    fn step_out(&mut self, slot: u32) {
        let member = &self.members[slot as usize];
        if let Phase::InStep { cohort, .. } = member.phase {
            let own = Box::new(self.replays[member.replay as usize].cohorts[cohort as usize].leader.clone());
            self.leave_cohort(slot);
            self.members[slot as usize].phase = Phase::Own(own);
        }
    }

    /// Puts a member that is owed nothing in step with those who want the same.
    fn step_in(&mut self, slot: u32, outbound: Outbound) {
        let member = &mut self.members[slot as usize];
        let hosted = &mut self.replays[member.replay as usize];
        let serial = hosted.serial;
        let cohort = match hosted.by_terms.get(outbound.terms()) {
            Some(cohort) if hosted.cohorts[*cohort].settled == serial => *cohort,
            // The others have not come as far as this one yet: they will in a moment.
            Some(_) => {
                member.phase = Phase::Own(Box::new(outbound));
                self.ready.push_back(Ready::Member(Token { slot, generation: member.generation }));
                return;
            }
            None => {
                let terms = outbound.terms().clone();
                let cohort = hosted.cohorts.insert(Cohort::led_by(outbound, serial));
                hosted.by_terms.insert(terms, cohort);
                cohort
            }
        };
        let members = &mut hosted.cohorts[cohort].members;
        member.phase = Phase::InStep { cohort: number(cohort), place: number(members.len()) };
        members.push(slot);
    }

    fn member(&self, token: Token) -> Option<&Member<N::Link>> {
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
            Ok(read) if self.hear(token, &bytes[..read]) => self.pump(token),
            Ok(_) => self.remove(token.slot),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.remove(token.slot),
        }
    }

    /// Takes in what a subscriber has said, and answers; tells whether it is still there.
    fn hear(&mut self, token: Token, mut unread: &[u8]) -> bool {
        let now = self.net.now();
        if unread.is_empty() {
            return true;
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
                return true;
            }
            let Some(heard) = member.reader.hear(&mut unread) else { return true };
            if matches!(&heard, Heard::Alive { answers } if answers.is_empty()) {
                continue;
            }
            self.step_out(token.slot);
            let member = &mut self.members[token.slot as usize];
            let (index, may_control) = (member.replay, member.may_control);
            let Phase::Own(outbound) = &mut member.phase else { return true };
            match requests::answer(heard, outbound, may_control, now) {
                Answered::Here => {}
                Answered::Gone => return false,
                Answered::Command(asked) => {
                    let driver = self.replays[index as usize].driver.as_mut();
                    let answer = driver.map(|driver| driver.apply(&asked.command, now));
                    asked.answered(answer, outbound);
                    self.drive(index);
                }
            }
        }
    }

    /// Writes what a member is owed that is served by itself.
    fn pump(&mut self, token: Token) {
        if self.member(token).is_none() {
            return;
        }
        let slot = token.slot;
        let member = &mut self.members[slot as usize];
        let Phase::Own(outbound) = &mut member.phase else { return };
        let now = self.net.now();
        let view = &self.replays[member.replay as usize].view;
        let Ok(progress) = outbound.pump(view, now, &mut LinkOutlet(&mut member.link)) else {
            return self.remove(slot);
        };
        member.pulse.pumped(progress, outbound.written(), now);
        let stopping = view.stopping.is_some_and(|stopping| !stopping.drain);
        member.pulse.parting(stopping || outbound.is_closing(), now, &self.timing);
        let interest = Interest {
            read: !outbound.is_closing() && outbound.answers_waiting() < ANSWERS,
            write: progress == Progress::Blocked,
        };
        match progress {
            Progress::Idle => {
                let outbound = std::mem::replace(&mut member.phase, Phase::Parting(now));
                if let Phase::Own(outbound) = outbound {
                    self.step_in(slot, *outbound);
                }
            }
            Progress::More => self.ready.push_back(Ready::Member(token)),
            Progress::Finished => return self.part(slot),
            Progress::Blocked => {}
        }
        self.set_interest(slot, interest);
    }

    fn set_interest(&mut self, slot: u32, interest: Interest) {
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
    fn part(&mut self, slot: u32) {
        self.leave_cohort(slot);
        let until = self.net.now() + self.timing.farewell;
        let member = &mut self.members[slot as usize];
        member.phase = Phase::Parting(until);
        member.guard = None;
        self.net.finish(&mut member.link);
        self.set_interest(slot, READING);
    }

    fn remove(&mut self, slot: u32) {
        self.leave_cohort(slot);
        let member = self.members.remove(slot as usize);
        let index = member.replay;
        drop(member);
        self.replays[index as usize].members -= 1;
        self.forget_if_over(index);
    }

    /// A replay that is over goes with its last subscriber.
    fn forget_if_over(&mut self, index: u32) {
        let over = |hosted: &&Hosted| hosted.driver.is_none() && hosted.members == 0;
        if let Some(id) = self.replays.get(index as usize).filter(over).map(|hosted| hosted.replay.id()) {
            self.by_id.remove(&id);
            self.replays.remove(index as usize);
        }
    }

    /// Looks at the clocks of some of the members.
    fn sweep(&mut self) {
        let (now, from) = (self.net.now(), self.sweep.1);
        let slots = self.members.capacity();
        let to = (from + slots.div_ceil(SWEEPS)).min(slots);
        self.sweep = (now + SWEEP, if to == slots { 0 } else { to });
        for slot in from..to {
            let Some(member) = self.members.get_mut(slot) else { continue };
            let (slot, token) = (number(slot), Token { slot: number(slot), generation: member.generation });
            if let Phase::Parting(until) = member.phase {
                if until <= now {
                    self.remove(slot);
                }
                continue;
            }
            match member.pulse.due(now, &self.timing) {
                None => {}
                Some(Due::Ping) => self.say(token, |outbound| outbound.send_raw(control_frame(9, b""))),
                // Nothing that is written would arrive, or not in time.
                Some(Due::Silent | Due::Gone) => self.remove(slot),
                Some(Due::Stalled) => {
                    let replay = &self.replays[member.replay as usize].replay;
                    tracing::info!(replay = replay.name(), "a reader made no progress and was closed");
                    // The socket of a stalled reader is full, but may not be.
                    self.say(token, |outbound| outbound.close(CloseCode::NoProgress));
                    if self.member(token).is_some() {
                        self.part(slot);
                    }
                }
            }
        }
    }

    /// Tells a member something of its own.
    fn say(&mut self, token: Token, what: impl FnOnce(&mut Outbound)) {
        self.step_out(token.slot);
        if let Phase::Own(outbound) = &mut self.members[token.slot as usize].phase {
            what(outbound);
        }
        self.pump(token);
    }
}

/// Slots and places are counted in 32 bits: connections are bounded far below.
fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
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

/// A connection as an [`Outlet`].
struct LinkOutlet<'a, L>(&'a mut L);

impl<L: Write> Outlet for LinkOutlet<'_, L> {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        match buffers {
            // The usual case; a plain send is cheaper than a vectored one.
            [only] => self.0.write(only),
            several => self.0.write_vectored(several),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;
    use crate::hub::{Host, Hub, Join, ReplayOptions, Shelf};
    use crate::playback::Speed;
    use crate::scenario::{SHIPPED, Scenario, Timeline, merge};
    use crate::server::parse_parameters;

    /// Keeps drivers until somebody takes them.
    #[derive(Debug, Default)]
    struct Lobby(Mutex<Vec<Driver>>);

    impl Host for Lobby {
        fn host(&self, driver: Driver) {
            self.0.lock().expect("unbroken").push(driver);
        }

        fn lateness(&self) -> Latency {
            Latency::new()
        }
    }

    /// Takes as many bytes as there is room for, and keeps them.
    #[derive(Clone, Default)]
    struct Sink(Rc<RefCell<(Vec<u8>, usize)>>);

    impl Sink {
        fn with_room(room: usize) -> Self {
            Self(Rc::new(RefCell::new((Vec::new(), room))))
        }

        /// The `n` of every event so far.
        fn events(&self) -> Vec<u64> {
            let text = String::from_utf8_lossy(&self.0.borrow().0).into_owned();
            let told = text.split(r#"{"kind":"event""#).skip(1).filter_map(|rest| rest.split(r#""n":"#).nth(1));
            told.map(|rest| rest.split(',').next().and_then(|n| n.parse().ok()).expect("a number")).collect()
        }
    }

    impl Read for Sink {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::ErrorKind::WouldBlock.into())
        }
    }

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let (taken, room) = &mut *self.0.borrow_mut();
            let bytes = &bytes[..bytes.len().min(*room)];
            *room -= bytes.len();
            taken.extend_from_slice(bytes);
            if bytes.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(bytes.len()) }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Still(Instant);

    impl Net for Still {
        type Link = Sink;

        fn now(&self) -> Instant {
            self.0
        }

        fn watch(&mut self, _: &Sink, _: Token, _: Interest) -> io::Result<()> {
            Ok(())
        }

        fn change(&mut self, _: &Sink, _: Token, _: Interest) -> io::Result<()> {
            Ok(())
        }

        fn finish(&mut self, _: &mut Sink) {}
    }

    struct Scene {
        fanout: Fanout<Still>,
        replay: Replay,
    }

    impl Scene {
        /// Thirty flagships at once, as soon as so many have come.
        fn new(wait_for: usize) -> Self {
            let copy = |at: usize| {
                let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
                Scenario::parse("a copy", &text).expect("a scenario")
            };
            let season = merge((0..30).map(copy).collect()).expect("matches that differ");
            let lobby = Arc::<Lobby>::default();
            let hub = Hub::hosted(lobby.clone(), Shelf::default());
            let mut options = ReplayOptions { wait_for, ..ReplayOptions::default() };
            options.playback.speed = Speed::MAX;
            let opened = hub.open("main", Arc::new(Timeline::new(&season)), options).expect("a replay");
            let net = Still(Instant::now());
            let mut fanout = Fanout::new(net, Timing::default(), Waker::noop().clone(), Arc::default());
            fanout.host(lobby.0.lock().expect("unbroken").remove(0));
            Self { fanout, replay: opened.replay }
        }

        fn join(&mut self, room: usize) -> Sink {
            let sink = Sink::with_room(room);
            let join = Join {
                control: false,
                ..parse_parameters("ticks=off&snapshot=off", self.replay.timeline()).expect("parameters")
            };
            self.fanout.join(Newcomer {
                link: sink.clone(),
                greeting: Vec::new(),
                early: Vec::new(),
                replay: self.replay.clone(),
                join,
                seat: None,
            });
            sink
        }

        fn finish(&mut self) {
            while self.fanout.turn() == Some(self.fanout.net.now()) {}
        }

        fn all(&self) -> Vec<u64> {
            (1..=self.replay.timeline().cues().len() as u64).collect()
        }
    }

    #[test]
    fn who_is_ahead_of_the_others_does_not_step_in_before_they_have_caught_up() {
        let mut scene = Scene::new(2);
        let (first, second) = (scene.join(usize::MAX), scene.join(usize::MAX));
        // The replay begins, and is told as far as one round goes.
        scene.fanout.turn();
        let told = first.events().len();
        assert!(0 < told && told < scene.all().len(), "{told} events in the first round");
        let late = scene.join(usize::MAX);
        scene.finish();
        assert!(first.events() == scene.all() && second.events() == scene.all());
        assert_eq!(late.events(), [0; 0], "all was told before it came");
        assert_eq!(scene.fanout.replays[0].cohorts.len(), 1, "and now they are in step");
    }

    #[test]
    fn who_falls_behind_is_served_alone_and_comes_back() {
        let mut scene = Scene::new(2);
        let (wide, narrow) = (scene.join(usize::MAX), scene.join(300_000));
        scene.finish();
        let behind = narrow.events().len();
        assert!(wide.events() == scene.all(), "nobody waits for the narrow one");
        assert!(behind < scene.all().len());
        assert_eq!(scene.fanout.replays[0].cohorts.iter().map(|(_, cohort)| cohort.members.len()).sum::<usize>(), 1);
        narrow.0.borrow_mut().1 = usize::MAX;
        scene.fanout.act(Token { slot: 1, generation: 2 }, false, true);
        scene.finish();
        assert!(narrow.events() == scene.all());
        assert_eq!(scene.fanout.replays[0].cohorts[0].members.len(), 2);
    }

    #[test]
    fn a_late_word_about_one_who_has_gone_is_not_taken_for_its_successor() {
        let mut scene = Scene::new(9);
        scene.join(usize::MAX);
        scene.fanout.remove(0);
        let second = scene.join(usize::MAX);
        let before = second.0.borrow().0.len();
        // Reading would find it broken and remove it.
        scene.fanout.act(Token { slot: 0, generation: 1 }, true, true);
        assert_eq!((scene.fanout.len(), second.0.borrow().0.len()), (1, before));
    }
}
