//! The core of the delivery loop: replays and all their subscribers, without threads and without waiting.
//!
//! Whoever drives it tells it what can be read and written, and calls [`Fanout::turn`] when that asks to be called; see
//! `epoll.rs` for the kernel's way.

mod cohort;
mod in_step;
mod member;
#[cfg(test)]
mod tests;
mod wakes;

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use slab::Slab;
use tokio::sync::watch;

use self::cohort::Cohort;
use self::member::Member;
use self::wakes::{Rung, Wakes};
use super::net::{Net, Token};
use crate::hub::{Driver, Due, Replay, ReplayStatus, SubscribeOptions};
use crate::latency::Latency;
use crate::server::meters::Meters;
use crate::server::pulse::Timing;

/// How often the clocks of each subscriber are looked at,
const SWEEP: Duration = Duration::from_secs(1);
/// in how many parts,
const SWEEPS: usize = 20;
/// and of how many subscribers at once in any case: few are not worth being woken for twenty times a second.
const SWEPT: usize = 64;
/// The longest time between two looks. A suspension is seen by a look that comes late, and what lies between the look before and
/// the suspension counts against the peers: that must be little beside the shortest clock, a farewell of two seconds.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// How many replays are driven before sockets have their turn,
const DRIVES: usize = 1_024;
/// and how many of those that wait for a turn have it.
const TURNS: usize = 1_024;
/// For how long replays are driven for ticks before sockets have their turn: one that was not observed has seconds of its timeline
/// to catch up with.
const TICKING: Duration = Duration::from_millis(5);

/// A replay, and those who follow it.
struct Hosted {
    replay: Replay,
    /// Gone once the replay is over.
    driver: Option<Driver>,
    bell: Waker,
    /// When the driver wants to be called.
    due: Option<Due>,
    views: watch::Receiver<ReplayStatus>,
    /// What every subscriber is served by, until the next.
    view: ReplayStatus,
    /// Rises with each view.
    serial: u64,
    /// Whether the view brings nothing but a tick, and some cohorts may not have had their turn by it.
    ticking: bool,
    cohorts: Slab<Cohort>,
    by_options: HashMap<Arc<SubscribeOptions>, usize>,
    /// How many members there are, in step or not.
    members: usize,
}

impl Hosted {
    /// Takes over the present view. Gives the one before.
    fn look(&mut self) -> ReplayStatus {
        self.serial += 1;
        std::mem::replace(&mut self.view, self.views.borrow_and_update().clone())
    }
}

/// Something that can go on at once, and waits for its turn.
#[derive(Clone, Copy)]
enum Ready {
    Cohort { replay: u32, cohort: u32 },
    Member(Token),
}

/// Replays and all their subscribers.
pub struct Fanout<N: Net> {
    net: N,
    timing: Timing,
    /// Each in a place of its own: there may be thousands, and a list that grows is copied and leaves as much room again.
    replays: Slab<Box<Hosted>>,
    by_id: HashMap<u64, u32>,
    members: Slab<Member<N::Link>>,
    /// How many connections there have been.
    generation: u32,
    /// When drivers want to be called for cues,
    cues: Wakes,
    /// and when for ticks, which give way to the cues of others: a thousand ticks at once must not make a goal late.
    ticks: Wakes,
    rung: Arc<Rung>,
    /// How many replays may still be driven in this turn.
    drives: usize,
    ready: VecDeque<Ready>,
    /// How many tick rounds there have been.
    tick_rounds: u64,
    /// When and where the next sweep begins.
    sweep: (Instant, usize),
    lateness: Arc<Mutex<Latency>>,
    meters: Arc<Meters>,
    /// What is being written to a cohort.
    chunk: Vec<u8>,
    /// Members that a round has found behind, and how many bytes they took; and those that it has found gone.
    fallen: Vec<(u32, usize)>,
    gone: Vec<u32>,
}

impl<N: Net> Fanout<N> {
    /// Without replays. The waker calls whoever drives it to its next [`Self::turn`].
    pub fn new(net: N, timing: Timing, shell: Waker, lateness: Arc<Mutex<Latency>>, meters: Arc<Meters>) -> Self {
        let sweep = (net.now() + LOOK_EVERY, 0);
        Self {
            net,
            timing,
            replays: Slab::new(),
            by_id: HashMap::new(),
            members: Slab::new(),
            generation: 0,
            cues: Wakes::default(),
            ticks: Wakes::default(),
            rung: Rung::new(shell),
            drives: DRIVES,
            ready: VecDeque::new(),
            tick_rounds: 0,
            sweep,
            lateness,
            meters,
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

    /// Whether a replay's subscribers can be taken over.
    pub fn hosts(&self, replay: &Replay) -> bool {
        self.by_id.contains_key(&replay.id()) || replay.is_over()
    }

    fn add_replay(&mut self, replay: Replay, driver: Option<Driver>) -> u32 {
        let entry = self.replays.vacant_entry();
        let index = number(entry.key());
        let mut views = replay.status_receiver();
        let view = views.borrow_and_update().clone();
        self.by_id.insert(replay.id(), index);
        entry.insert(Box::new(Hosted {
            replay,
            driver,
            bell: self.rung.ringer(index),
            due: None,
            views,
            view,
            serial: 0,
            ticking: false,
            cohorts: Slab::new(),
            by_options: HashMap::new(),
            members: 0,
        }));
        index
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
        self.drives = DRIVES;
        let ticks_until = self.net.now() + TICKING;
        while self.drives > 0 && (self.drive_cue() || self.net.now() < ticks_until && self.drive_tick()) {
            self.drives -= 1;
        }
        // Among what else there is to do, cues have as many drives again: whoever speaks or comes is heard in any case.
        self.drives = DRIVES;
        for replay in self.rung.take() {
            self.catch_up();
            self.drive(replay);
        }
        for _ in 0..self.ready.len().min(TURNS) {
            self.catch_up();
            match self.ready.pop_front() {
                Some(Ready::Cohort { replay, cohort }) => self.take_turn(replay, cohort as usize),
                Some(Ready::Member(token)) if self.member(token).is_some() => {
                    self.members[token.slot as usize].queued = false;
                    self.pump(token);
                }
                // It has gone meanwhile.
                Some(Ready::Member(_)) | None => {}
            }
        }
        let now = self.net.now();
        if !self.members.is_empty() && self.sweep.0 <= now {
            self.sweep();
        }
        if !self.ready.is_empty() {
            return Some(now);
        }
        let sweep = (!self.members.is_empty()).then_some(self.sweep.0);
        [self.cues.first(), self.ticks.first(), sweep].into_iter().flatten().min()
    }

    /// Tells the cues that have become due meanwhile: to be called in between where there is much else to do.
    pub fn catch_up(&mut self) {
        while self.drives > 0 && self.drive_cue() {
            self.drives -= 1;
        }
    }

    /// Drives the replay whose cue has been due for longest; tells whether there was one.
    fn drive_cue(&mut self) -> bool {
        let now = self.net.now();
        while let Some((at, replay)) = self.cues.take(now) {
            if self.due_of(replay).and_then(|due| due.cue) == Some(at) {
                self.drive(replay);
                return true;
            }
        }
        false
    }

    /// The same with ticks.
    fn drive_tick(&mut self) -> bool {
        let now = self.net.now();
        while let Some((at, replay)) = self.ticks.take(now) {
            if self.due_of(replay).map(|due| due.tick) == Some(at) {
                self.drive(replay);
                return true;
            }
        }
        false
    }

    /// Forgets the instants that replays have changed their minds about, where those have become many.
    fn tidy_wakes(&mut self) {
        let enough = 4 * self.replays.len() + 1_024;
        if self.cues.len() > enough {
            let dues = self.replays.iter().filter_map(|(index, hosted)| Some((hosted.due?.cue?, number(index))));
            self.cues = dues.collect();
        }
        if self.ticks.len() > enough {
            let dues = self.replays.iter().filter_map(|(index, hosted)| Some((hosted.due?.tick, number(index))));
            self.ticks = dues.collect();
        }
    }

    fn due_of(&self, replay: u32) -> Option<Due> {
        self.replays.get(replay as usize).and_then(|hosted| hosted.due)
    }

    /// Has a replay's driver do what is due, and its subscribers served.
    fn drive(&mut self, index: u32) {
        let now = self.net.now();
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        // Also where there is no driver any more: whoever drains may be sent away.
        let bell = hosted.replay.wake_flag();
        bell.register(&hosted.bell);
        bell.take();
        if let Some(driver) = &mut hosted.driver {
            let next = driver.poll(now);
            let before = std::mem::replace(&mut hosted.due, next);
            if let Some(cue) =
                next.and_then(|due| due.cue).filter(|cue| *cue <= now || before.and_then(|due| due.cue) != Some(*cue))
            {
                self.cues.add(cue, index);
            }
            if let Some(Due { tick, .. }) =
                next.filter(|due| due.tick <= now || before.map(|due| due.tick) != Some(due.tick))
            {
                self.ticks.add(tick, index);
            }
        }
        let news = hosted.driver.as_ref().is_some_and(|driver| driver.has_changes());
        // Besides the driver, only whoever stops a replay changes its view.
        let stopped = hosted.views.has_changed().unwrap_or(false)
            && hosted.views.borrow_and_update().stopping != hosted.view.stopping;
        if hosted.members == 0 {
            // The first member to join takes the view over.
        } else if news || stopped {
            self.stir(index);
        } else {
            // Somebody may have begun to wait for what has long been told.
            self.record_sent(index);
        }
        if let Some(hosted) = self.replays.get_mut(index as usize) {
            if let Some(driver) = &mut hosted.driver {
                driver.notify_watchers();
            }
            if hosted.due.is_none() {
                hosted.driver = None;
            }
        }
        self.forget_if_over(index);
        self.tidy_wakes();
    }

    /// Serves everyone by a new view. Where that brings but a tick, cohorts wait for their turn, so that events overtake it.
    fn stir(&mut self, index: u32) {
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        let before = hosted.look();
        let cohorts = hosted.cohorts.capacity();
        if (hosted.view.playhead, hosted.view.stopping) == (before.playhead, before.stopping) {
            hosted.ticking = true;
            for cohort in 0..cohorts {
                self.queue_cohort(index, cohort);
            }
            return;
        }
        let skipped = std::mem::take(&mut hosted.ticking).then_some(before);
        let mut told = None;
        for cohort in 0..cohorts {
            let first = self.serve(index, cohort, skipped.as_ref());
            told = told.or(first);
            let company = self.replays.get(index as usize).and_then(|hosted| hosted.cohorts.get(cohort));
            if company.is_some_and(|company| company.ticking.is_some()) {
                self.queue_cohort(index, cohort);
            }
        }
        // Its last subscribers may have gone, and it with them.
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        if let Some(driver) = &mut hosted.driver {
            let told = told.unwrap_or_else(|| self.net.now());
            driver.record_lateness(told, &mut self.lateness.lock().unwrap_or_else(PoisonError::into_inner));
        }
        // Many go without ever having had a subscriber, or after the last: nobody is looked for then.
        if hosted.members > 0 && hosted.view.stopping.is_some_and(|stopping| !stopping.drain) {
            let now = self.net.now();
            for (_, member) in self.members.iter_mut().filter(|(_, member)| member.replay == index) {
                member.pulse.parting(true, now, &self.timing);
            }
        }
    }

    /// A replay that is over goes with its last subscriber.
    fn forget_if_over(&mut self, index: u32) {
        let over = |hosted: &Hosted| hosted.driver.is_none() && hosted.members == 0;
        if let Some(id) = self.replays.get(index as usize).filter(|it| over(it)).map(|hosted| hosted.replay.id()) {
            self.by_id.remove(&id);
            self.replays.remove(index as usize);
        }
    }
}

/// Slots and places are counted in 32 bits: connections are bounded far below.
pub(super) fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
