//! The core of the delivery loop: replays and all their subscribers, without threads and without waiting.
//!
//! The caller reports which sockets are ready, and calls [`Fanout::run_due`] at the instants that it returns; `epoll.rs`
//! does so for the kernel's sockets.
//!
//! `cohort` holds subscribers that are served together, `dispatch` writes to them, `connection` serves one subscriber,
//! and `wakes` schedules the replays.

mod cohort;
mod connection;
mod dispatch;
mod link_faults;
mod slow_commands;
#[cfg(test)]
mod tests;
mod wakes;

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use slab::Slab;
use tokio::sync::watch;

use self::cohort::Cohort;
use self::connection::LoopConnection;
use self::slow_commands::SlowCommands;
use self::wakes::{PendingWakes, WakeQueue};
use super::network::{ConnectionToken, Network};
use crate::faults::link::LinkPlan;
use crate::hub::{Driver, Due, Replay, ReplayStatus, SubscribeOptions};
use crate::latency::Latency;
use crate::server::metrics::Metrics;
use crate::server::timers::Timing;

/// How often the timers of each subscriber are checked.
const SWEEP_INTERVAL: Duration = Duration::from_secs(1);
/// In how many parts they are checked, so that no turn takes long.
const SWEEP_PARTS: usize = 20;
/// How many subscribers a part has at least. A few are not worth twenty wake-ups a second.
const MIN_SWEEP: usize = 64;
/// The longest time between two sweeps. A suspension shows as a late sweep, and up to this much time before it still
/// counts against the peers. So it must be much shorter than the shortest timer, the close time-out of two seconds.
const MAX_SWEEP_GAP: Duration = Duration::from_millis(250);
/// How many replays are driven before sockets have their turn.
const DRIVES_PER_TURN: usize = 1_024;
/// How many queued cohorts and connections are served in a turn.
const READY_PER_TURN: usize = 1_024;
/// For how long replays are driven for ticks before sockets have their turn. A replay that was not observed has seconds
/// of its timeline to catch up with.
const TICK_BUDGET: Duration = Duration::from_millis(5);

/// A replay, and the cohorts of its subscribers.
struct HostedReplay {
    replay: Replay,
    /// `None` once the replay is over.
    driver: Option<Driver>,
    waker: Waker,
    /// When to call the driver.
    due: Option<Due>,
    status_receiver: watch::Receiver<ReplayStatus>,
    /// The status that all subscribers are served from, until the next one.
    status: ReplayStatus,
    /// Increases with each new status.
    serial: u64,
    /// Whether the status differs from the one before only by a tick. Cohorts may then be waiting for their turn.
    ticking: bool,
    cohorts: Slab<Cohort>,
    by_options: HashMap<Arc<SubscribeOptions>, usize>,
    /// How many subscribers there are, in cohorts or not.
    connections: usize,
    /// The version of the link faults that its connections have been checked for.
    link_version: u64,
    /// These link faults; `None`: there have never been any.
    link_plan: Option<Arc<LinkPlan>>,
}

impl HostedReplay {
    /// Takes over the current status. Returns the one before.
    fn refresh_status(&mut self) -> ReplayStatus {
        self.serial += 1;
        std::mem::replace(&mut self.status, self.status_receiver.borrow_and_update().clone())
    }
}

/// What can make progress at once, and waits for its turn.
#[derive(Clone, Copy)]
enum Ready {
    Cohort { replay: u32, cohort: u32 },
    Connection(ConnectionToken),
}

/// Replays and all their subscribers.
pub struct Fanout<N: Network> {
    net: N,
    timing: Timing,
    /// Boxed, so that growing the slab copies pointers only, and its spare capacity costs little.
    replays: Slab<Box<HostedReplay>>,
    by_id: HashMap<u64, u32>,
    connections: Slab<LoopConnection<N::Socket>>,
    /// How many connections there have been.
    generation: u32,
    /// When to call drivers for cues.
    cues: WakeQueue,
    /// When to call drivers for ticks. Cues go first: a thousand ticks at once must not delay a goal.
    ticks: WakeQueue,
    pending_wakes: Arc<PendingWakes>,
    slow_commands: SlowCommands,
    /// How many replays may still be driven in this turn.
    drives: usize,
    ready: VecDeque<Ready>,
    /// How many tick rounds there have been.
    tick_rounds: u64,
    /// When and where the next sweep starts.
    sweep: (Instant, usize),
    lateness: Arc<Mutex<Latency>>,
    metrics: Arc<Metrics>,
    /// The bytes that are being written to a cohort.
    chunk: Vec<u8>,
    /// Members that took only part of a chunk, with the number of bytes taken; and members whose connection failed.
    partial: Vec<(u32, usize)>,
    broken: Vec<u32>,
}

impl<N: Network> Fanout<N> {
    /// Without replays. `loop_waker` wakes the caller for its next [`Self::run_due`].
    pub fn new(
        net: N,
        timing: Timing,
        loop_waker: Waker,
        lateness: Arc<Mutex<Latency>>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let sweep = (net.now() + MAX_SWEEP_GAP, 0);
        Self {
            net,
            timing,
            replays: Slab::new(),
            by_id: HashMap::new(),
            connections: Slab::new(),
            generation: 0,
            cues: WakeQueue::default(),
            ticks: WakeQueue::default(),
            slow_commands: SlowCommands::new(loop_waker.clone()),
            pending_wakes: PendingWakes::new(loop_waker),
            drives: DRIVES_PER_TURN,
            ready: VecDeque::new(),
            tick_rounds: 0,
            sweep,
            lateness,
            metrics,
            chunk: Vec::new(),
            partial: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// The network.
    pub fn network_mut(&mut self) -> &mut N {
        &mut self.net
    }

    /// Takes over the driver of a replay.
    pub fn add_driver(&mut self, driver: Driver) {
        let replay = driver.replay();
        let index = self.add_replay(replay, Some(driver));
        self.drive(index);
    }

    /// Whether subscribers of the replay can join: it is hosted here, or over.
    pub fn hosts(&self, replay: &Replay) -> bool {
        self.by_id.contains_key(&replay.id()) || replay.is_over()
    }

    fn add_replay(&mut self, replay: Replay, driver: Option<Driver>) -> u32 {
        let entry = self.replays.vacant_entry();
        let index = index_to_u32(entry.key());
        let mut status_receiver = replay.status_receiver();
        let status = status_receiver.borrow_and_update().clone();
        self.by_id.insert(replay.id(), index);
        entry.insert(Box::new(HostedReplay {
            replay,
            driver,
            waker: self.pending_wakes.waker_for(index),
            due: None,
            status_receiver,
            status,
            serial: 0,
            ticking: false,
            cohorts: Slab::new(),
            by_options: HashMap::new(),
            connections: 0,
            link_version: 0,
            link_plan: None,
        }));
        index
    }

    /// How many subscribers there are, closing ones included.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Disconnects all subscribers, whatever they have not received yet.
    pub fn disconnect_all(&mut self) {
        for slot in 0..self.connections.capacity() {
            if self.connections.contains(slot) {
                self.remove(index_to_u32(slot));
            }
        }
    }

    /// Does all that is due. Returns the latest instant for the next call.
    pub fn run_due(&mut self) -> Option<Instant> {
        self.drives = DRIVES_PER_TURN;
        let ticks_until = self.net.now() + TICK_BUDGET;
        while self.drives > 0 && (self.drive_cue() || self.net.now() < ticks_until && self.drive_tick()) {
            self.drives -= 1;
        }
        // Between the steps below, cues get the same number of drives again. Input and new subscribers are handled in
        // any case.
        self.drives = DRIVES_PER_TURN;
        for replay in self.pending_wakes.take() {
            self.catch_up();
            self.drive(replay);
        }
        for (token, command, answer) in self.slow_commands.take_answers() {
            self.finish_slow_command(token, command, answer);
        }
        for _ in 0..self.ready.len().min(READY_PER_TURN) {
            self.catch_up();
            match self.ready.pop_front() {
                Some(Ready::Cohort { replay, cohort }) => self.take_turn(replay, cohort as usize),
                Some(Ready::Connection(token)) if self.connection(token).is_some() => {
                    self.connections[token.slot as usize].queued = false;
                    self.pump(token);
                }
                // The connection has been removed since.
                Some(Ready::Connection(_)) | None => {}
            }
        }
        let now = self.net.now();
        if !self.connections.is_empty() && self.sweep.0 <= now {
            self.sweep();
        }
        if !self.ready.is_empty() {
            return Some(now);
        }
        let sweep = (!self.connections.is_empty()).then_some(self.sweep.0);
        [self.cues.first(), self.ticks.first(), sweep].into_iter().flatten().min()
    }

    /// Drives the replays whose cues have become due. To be called in between whenever other work takes time.
    pub fn catch_up(&mut self) {
        while self.drives > 0 && self.drive_cue() {
            self.drives -= 1;
        }
    }

    /// Drives the replay whose cue has been due for longest. Returns whether there was one.
    fn drive_cue(&mut self) -> bool {
        let now = self.net.now();
        while let Some((at, replay)) = self.cues.take(now) {
            if self.driver_due(replay).and_then(|due| due.cue) == Some(at) {
                self.drive(replay);
                return true;
            }
        }
        false
    }

    /// The same for ticks.
    fn drive_tick(&mut self) -> bool {
        let now = self.net.now();
        while let Some((at, replay)) = self.ticks.take(now) {
            if self.driver_due(replay).map(|due| due.tick) == Some(at) {
                self.drive(replay);
                return true;
            }
        }
        false
    }

    /// Drops outdated instants from the queues, once there are many.
    fn drop_stale_wakes(&mut self) {
        let enough = 4 * self.replays.len() + 1_024;
        if self.cues.len() > enough {
            let dues = self.replays.iter().filter_map(|(index, hosted)| Some((hosted.due?.cue?, index_to_u32(index))));
            self.cues = dues.collect();
        }
        if self.ticks.len() > enough {
            let dues = self.replays.iter().filter_map(|(index, hosted)| Some((hosted.due?.tick, index_to_u32(index))));
            self.ticks = dues.collect();
        }
    }

    fn driver_due(&self, replay: u32) -> Option<Due> {
        self.replays.get(replay as usize).and_then(|hosted| hosted.due)
    }

    /// Calls a replay's driver for what is due, and serves its subscribers. Those that a changed link fault concerns are handed over
    /// before: it may concern what comes now.
    fn drive(&mut self, index: u32) {
        self.drive_while_reading(index, None);
    }

    /// The same, where a subscriber has sent something that was not read yet. Returns whether that one was handed over.
    fn drive_while_reading(&mut self, index: u32, reading: Option<(ConnectionToken, &[u8])>) -> bool {
        let now = self.net.now();
        let Some(hosted) = self.replays.get_mut(index as usize) else { return false };
        // Also without a driver: draining subscribers may still be told to go.
        let bell = hosted.replay.wake_flag();
        bell.register(&hosted.waker);
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
        // The driver may have changed the link faults. What it has released is not for connections that they concern.
        let gone = self.hand_over_faulty_with(index, reading);
        let Some(hosted) = self.replays.get_mut(index as usize) else { return gone };
        let news = hosted.driver.as_ref().is_some_and(|driver| driver.has_changes());
        // Besides the driver, only a stop changes the status.
        let stopped = hosted.status_receiver.has_changed().unwrap_or(false)
            && hosted.status_receiver.borrow_and_update().stopping != hosted.status.stopping;
        if hosted.connections == 0 {
            // The first subscriber to join takes the status over.
        } else if news || stopped {
            self.serve_all(index);
        } else {
            // A barrier may have begun to wait for what was sent long ago.
            self.note_sent(index);
        }
        if let Some(hosted) = self.replays.get_mut(index as usize) {
            if let Some(driver) = &mut hosted.driver {
                driver.notify_watchers();
            }
            if hosted.due.is_none() {
                hosted.driver = None;
            }
        }
        self.remove_if_over(index);
        self.drop_stale_wakes();
        gone
    }

    /// Serves all subscribers from a new status. If it brings only a tick, cohorts wait for their turn, so that events
    /// overtake it.
    fn serve_all(&mut self, index: u32) {
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        let before = hosted.refresh_status();
        let cohorts = hosted.cohorts.capacity();
        if (hosted.status.playhead, hosted.status.stopping) == (before.playhead, before.stopping) {
            hosted.ticking = true;
            for cohort in 0..cohorts {
                self.queue_cohort(index, cohort);
            }
            return;
        }
        let skipped = std::mem::take(&mut hosted.ticking).then_some(before);
        let mut first_write = None;
        for cohort in 0..cohorts {
            let first = self.serve(index, cohort, skipped.as_ref());
            first_write = first_write.or(first);
            let group = self.replays.get(index as usize).and_then(|hosted| hosted.cohorts.get(cohort));
            if group.is_some_and(|group| group.ticking.is_some()) {
                self.queue_cohort(index, cohort);
            }
        }
        // The last subscribers may have gone, and the replay with them.
        let Some(hosted) = self.replays.get_mut(index as usize) else { return };
        if let Some(driver) = &mut hosted.driver {
            let first_write = first_write.unwrap_or_else(|| self.net.now());
            driver.record_lateness(first_write, &mut self.lateness.lock());
        }
        // The check saves a scan: many replays stop without a subscriber.
        if hosted.connections > 0 && hosted.status.stopping.is_some_and(|stopping| !stopping.drain) {
            let now = self.net.now();
            for (_, connection) in self.connections.iter_mut().filter(|(_, connection)| connection.replay == index) {
                connection.timers.start_closing(true, now, &self.timing);
            }
        }
    }

    /// Removes a replay that is over and has no subscribers.
    fn remove_if_over(&mut self, index: u32) {
        let over = |hosted: &HostedReplay| hosted.driver.is_none() && hosted.connections == 0;
        if let Some(id) = self.replays.get(index as usize).filter(|it| over(it)).map(|hosted| hosted.replay.id()) {
            self.by_id.remove(&id);
            self.replays.remove(index as usize);
        }
    }
}

/// Slots and indices are 32 bits wide: the connection limit is far below.
pub(super) fn index_to_u32(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
