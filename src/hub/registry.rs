//! The hub: all replays of a process, by name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use parking_lot::Mutex;
use tokio::runtime::Handle;

use super::cache_budget::CacheBudget;
use super::counters::HubCounters;
use super::driver;
use super::eviction::EvictionCandidates;
use super::feeds::Feeds;
use super::judge::ReplayJudge;
use super::name::{MAX_NAME_BYTES, is_valid_name};
use super::replay::{Control, Replay};
use super::replay_options::ReplayOptions;
use super::replay_status::Stopping;
use super::runner::{DriverRunner, TokioRunner};
use super::shared_clock::SharedClock;
use super::timeline_budget::TimelineBudget;
use super::token::unguessable_name;
use super::uploads::Uploads;
use super::wall::runtime_now;
use crate::close_code::CloseCode;
use crate::error_code::ErrorCode;
use crate::faults::FaultPlan;
use crate::latency::Latency;
use crate::message::excerpt;
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// The default limit on open replays.
pub const MAX_REPLAYS: usize = 10_000;

/// All replays of a process, by name. A replay plays on after its hub is dropped, as long as there is a handle on it, a reader or a
/// subscriber; without any of them it ends within seconds.
#[derive(Debug)]
pub struct Hub {
    runner: Arc<dyn DriverRunner>,
    feeds: Arc<Feeds>,
    uploads: Uploads,
    timeline_budget: Arc<TimelineBudget>,
    /// Locked while replays are looked up, added or removed.
    state: Arc<Mutex<RegistryState>>,
    max_replays: usize,
    counters: Arc<HubCounters>,
    shared_clock: Arc<SharedClock>,
    /// The judges of all replays, by name, where everything is recorded. Held to add one or to copy all.
    judges: Mutex<Option<Judges>>,
}

/// The judges of all replays, and the runtime in which they follow the truth.
#[derive(Debug)]
struct Judges {
    runtime: Handle,
    by_name: Vec<(String, Arc<ReplayJudge>)>,
}

#[derive(Debug, Default)]
struct RegistryState {
    replays: BTreeMap<String, Replay>,
    /// A second name of a replay, and its first.
    alias: Option<(String, String)>,
    /// How many replays public listings show.
    listed: usize,
    /// Set when the server is stopping: no replay is opened any more.
    closed: bool,
    candidates: EvictionCandidates,
}

impl RegistryState {
    /// Refuses a replay whose name is taken, or for which no place can be made. Evicts none.
    fn check_can_open(&mut self, name: &str, most: usize, now: Instant) -> Result<(), Rejection> {
        self.check_name(name)?;
        let has_place = self.replays.len() < most || self.candidates.has_any(now, self.replays.values());
        if has_place { Ok(()) } else { Err(hub_full_rejection(most)) }
    }

    /// The replay of a name, or of an alias.
    fn find(&self, name: &str) -> Option<&Replay> {
        let of_alias = || self.alias.as_ref().filter(|(alias, _)| alias == name);
        self.replays.get(name).or_else(|| self.replays.get(&of_alias()?.1))
    }

    fn check_name(&self, name: &str) -> Result<(), Rejection> {
        match self.find(name).is_some() {
            _ if self.closed => Err(stopping_rejection()),
            true => {
                let message = format!("there is a replay {name:?} already: choose another name");
                Err(Rejection::new(ErrorCode::Taken, message))
            }
            false => Ok(()),
        }
    }

    /// Inserts a replay, and returns the replay that was evicted for it, if any.
    fn insert(&mut self, replay: &Replay, most: usize, now: Instant) -> Result<Option<Replay>, Rejection> {
        self.check_name(replay.name())?;
        let mut evicted = None;
        if self.replays.len() >= most {
            let idle = self.candidates.take(now, self.replays.values());
            evicted = idle.and_then(|idle| self.remove(idle.name(), idle.id()));
            evicted.as_ref().ok_or_else(|| hub_full_rejection(most))?;
        }
        self.listed += usize::from(replay.is_listed());
        self.candidates.add(replay);
        self.replays.insert(replay.name().to_owned(), replay.clone());
        Ok(evicted)
    }

    /// Removes a replay, unless another has its name by now.
    fn remove(&mut self, name: &str, id: u64) -> Option<Replay> {
        self.replays.get(name).filter(|replay| replay.id() == id)?;
        let removed = self.replays.remove(name);
        self.listed -= usize::from(removed.as_ref().is_some_and(Replay::is_listed));
        removed
    }
}

fn stopping_rejection() -> Rejection {
    Rejection::new(ErrorCode::Stopping, "the server is stopping")
}

fn hub_full_rejection(most: usize) -> Rejection {
    let message = format!("the limit of {most} replays is reached, and each is in use: close one, or retry later");
    Rejection::new(ErrorCode::OverLimit, message)
}

/// A replay that has just been opened.
#[derive(Debug)]
pub struct Opened {
    /// A handle with which it can be observed.
    pub replay: Replay,
    /// A handle with which it can be controlled.
    pub control: Control,
}

impl Hub {
    /// A hub whose drivers run as tasks of the tokio runtime in which replays are opened.
    pub fn new() -> Arc<Self> {
        Self::with_limits(CacheBudget::default(), MAX_REPLAYS)
    }

    /// [`Self::new`] with a budget for encoded frames and a limit on open replays.
    pub(crate) fn with_limits(budget: CacheBudget, max_replays: usize) -> Arc<Self> {
        Self::with_runner(Arc::<TokioRunner>::default(), budget, max_replays)
    }

    /// A hub whose drivers are given to a runner, with a budget for encoded frames and a limit on open replays.
    #[doc(hidden)]
    pub fn with_runner(runner: Arc<dyn DriverRunner>, budget: CacheBudget, max_replays: usize) -> Arc<Self> {
        let timeline_budget = Arc::<TimelineBudget>::default();
        Arc::new(Self {
            runner,
            feeds: Feeds::new(Arc::new(budget), timeline_budget.clone()),
            uploads: Uploads::new(timeline_budget.clone()),
            timeline_budget,
            state: Arc::default(),
            max_replays,
            counters: Arc::default(),
            shared_clock: Arc::default(),
            judges: Mutex::default(),
        })
    }

    /// Sets the memory limit for timelines of sent scenarios and for those with feed faults, in bytes.
    pub(crate) fn set_timeline_budget(&self, bytes: usize) {
        self.timeline_budget.set_limit(bytes);
    }

    /// The scenarios that clients have sent.
    pub(crate) fn uploads(&self) -> &Uploads {
        &self.uploads
    }

    /// Judges and records the clients of all replays that are opened from now on.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn record_all(&self) {
        let judges = || Judges { runtime: Handle::current(), by_name: Vec::new() };
        self.judges.lock().get_or_insert_with(judges);
    }

    /// The judges of all replays that there have been since [`Self::record_all`], in the order in which they were opened.
    pub(crate) fn judges(&self) -> Vec<(String, Arc<ReplayJudge>)> {
        self.judges.lock().as_ref().map(|judges| judges.by_name.clone()).unwrap_or_default()
    }

    /// Opens a replay of a timeline under a name: 1 to 64 ASCII letters, digits, `-` and `_`. Replays of one timeline share its
    /// encoded frames. At the limit, an idle replay is evicted.
    ///
    /// A rejection has the code `bad_argument` (the name), `taken` (the name), `over_limit`, `stopping`, or a code of
    /// [`Playback::new`].
    ///
    /// # Panics
    /// Outside a tokio runtime, unless the hub is that of a server with a delivery loop.
    ///
    /// [`Playback::new`]: crate::playback::Playback::new
    pub fn open(&self, name: &str, timeline: Arc<Timeline>, options: ReplayOptions) -> Result<Opened, Rejection> {
        if !is_valid_name(name) {
            let shown = excerpt(name);
            let message =
                format!("{shown:?} is no name for a replay: use 1 to {MAX_NAME_BYTES} ASCII letters, digits, - and _");
            return Err(Rejection::bad_argument(message));
        }
        let now = runtime_now();
        // Checked again on insertion. This check spares the work of opening where there is no place.
        self.state.lock().check_can_open(name, self.max_replays, now)?;
        // Opened before an eviction, because the options may be refused; and without the lock, because every new subscriber
        // waits for that.
        let (replay, control, mut driver) =
            driver::open(name, timeline, options, &self.feeds, self.counters.clone(), now)?;
        let (state, counters, id) = (Arc::downgrade(&self.state), self.counters.clone(), replay.id());
        let own_name = replay.name().to_owned();
        driver.on_drop(move || {
            if let Some(state) = state.upgrade() {
                remove_finished(&state, &counters, &own_name, id);
            }
        });
        // A statement of its own, so that the lock is released: dropping a driver, here or in the runner, takes the lock.
        let evicted = self.state.lock().insert(&replay, self.max_replays, now);
        let evicted = evicted?;
        self.counters.count_replay_opened();
        if let Some(Judges { runtime, by_name }) = &mut *self.judges.lock() {
            by_name.push((name.to_owned(), replay.start_judge(true, runtime).clone()));
        }
        self.runner.run(driver);
        self.stop_removed(evicted);
        Ok(Opened { replay, control })
    }

    /// A timeline with the faults of a plan in place of its own, shared with the replays that play it already. Takes time in
    /// proportion to its length.
    pub(crate) fn with_faults(
        &self,
        timeline: &Timeline,
        plan: &FaultPlan,
        seed: u64,
    ) -> Result<Arc<Timeline>, Rejection> {
        self.feeds.with_faults(timeline, plan, seed)
    }

    /// Opens a replay under a random name that cannot be guessed: see [`Self::open`]. Further rejection code: `unavailable`.
    pub fn open_with_random_name(&self, timeline: Arc<Timeline>, options: ReplayOptions) -> Result<Opened, Rejection> {
        let name = unguessable_name().ok_or_else(|| {
            Rejection::new(ErrorCode::Unavailable, "the system has no randomness to make a name of: give one")
        })?;
        self.open(&name, timeline, options)
    }

    /// The replay with a name.
    pub fn get(&self, name: &str) -> Option<(Replay, Control)> {
        let replay = self.state.lock().find(name).cloned()?;
        let control = Control { inner: replay.inner.clone() };
        Some((replay, control))
    }

    /// Gives a replay a second name, by which it is found, too.
    pub(crate) fn set_alias(&self, alias: &str, name: &str) {
        self.state.lock().alias = Some((alias.to_owned(), name.to_owned()));
    }

    /// [`Self::get`], or why there is none: `unknown_replay`, or `stopping`, for replays go one by one as the server stops, and
    /// that they are no more is not what a client should conclude.
    pub(crate) fn find(&self, name: &str) -> Result<(Replay, Control), Rejection> {
        self.get(name).ok_or_else(|| {
            let closed = self.state.lock().closed;
            if closed { stopping_rejection() } else { Rejection::unknown_replay(name) }
        })
    }

    /// All replays, by name.
    pub fn list(&self) -> Vec<Replay> {
        self.state.lock().replays.values().cloned().collect()
    }

    /// The number of open replays.
    pub fn len(&self) -> usize {
        self.state.lock().replays.len()
    }

    /// Whether no replay is open.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of replays that public listings show.
    pub(crate) fn listed_count(&self) -> usize {
        self.state.lock().listed
    }

    /// What has happened since the hub was created.
    pub(crate) fn counters(&self) -> &HubCounters {
        &self.counters
    }

    /// How far the clock of this machine is from that of other servers whose replays are played here.
    pub(crate) fn shared_clock(&self) -> &Arc<SharedClock> {
        &self.shared_clock
    }

    /// The limit on open replays.
    pub fn max_replays(&self) -> usize {
        self.max_replays
    }

    /// Closes a replay: its subscribers are closed with [`CloseCode::Gone`], and its name is free at once. Returns whether this
    /// replay (not another of the same name) was still open.
    pub fn close(&self, replay: &Replay) -> bool {
        let closed = self.state.lock().remove(replay.name(), replay.id());
        let was_open = closed.is_some();
        self.stop_removed(closed);
        was_open
    }

    /// Stops a replay that was removed from the registry. Must not be called while the state is locked.
    fn stop_removed(&self, replay: Option<Replay>) {
        if let Some(replay) = replay {
            self.counters.count_replay_closed();
            tracing::info!(replay = replay.name(), "closed");
            replay.stop(Stopping { code: CloseCode::Gone, drain: false });
        }
    }

    /// How late the cues of all replays were: from due to first written.
    #[doc(hidden)]
    pub fn lateness(&self) -> Latency {
        self.runner.lateness()
    }

    /// Stops every replay, and refuses new ones.
    pub fn stop(&self, stopping: Stopping) {
        let replays = {
            let mut state = self.state.lock();
            state.closed = true;
            state.replays.values().cloned().collect::<Vec<_>>()
        };
        for replay in replays {
            replay.stop(stopping);
        }
    }
}

/// Removes a replay that is over, unless another has its name by now.
fn remove_finished(state: &Mutex<RegistryState>, counters: &HubCounters, name: &str, id: u64) {
    // What is removed is dropped after the state are unlocked.
    let forgotten = state.lock().remove(name, id);
    if forgotten.is_some() {
        counters.count_replay_closed();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::subscribers::{Barrier, SentMark};
    use super::*;
    use crate::playback::{Command, CommandRequest, PlaybackOptions, Speed, State};
    use crate::scenario::SHIPPED;

    fn flagship() -> Arc<Timeline> {
        Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")))
    }

    fn on_demand(linger: u64) -> ReplayOptions {
        let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
        ReplayOptions { linger: Some(Duration::from_secs(linger)), owned: true, playback, ..ReplayOptions::default() }
    }

    async fn later(seconds: f64) {
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn while_the_server_stops_a_replay_that_is_over_is_not_reported_as_unknown() {
        let hub = Hub::new();
        let replay = hub.open("a", flagship(), ReplayOptions::default()).expect("a replay").replay;
        let code = |name| hub.find(name).err().map(|rejection| rejection.code);
        assert_eq!((code("a"), code("b")), (None, Some(ErrorCode::UnknownReplay)));
        hub.stop(Stopping { code: CloseCode::GoingAway, drain: false });
        replay.wait_until_over().await;
        assert_eq!((code("a"), code("b")), (Some(ErrorCode::Stopping), Some(ErrorCode::Stopping)));
        let refused = hub.open("c", flagship(), ReplayOptions::default()).expect_err("stopping");
        assert_eq!(refused.code, ErrorCode::Stopping);
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_on_demand_closes_some_time_after_its_last_subscriber() {
        let hub = Hub::new();
        let Opened { replay, .. } = hub.open("a", flagship(), on_demand(10)).expect("a replay");
        assert!(replay.token().is_some() && hub.get("a").is_some());
        later(59.0).await;
        assert!(!replay.is_over(), "it waits a minute for the first");
        let first = replay.add_subscriber();
        later(1_000.0).await;
        let second = replay.add_subscriber();
        drop(first);
        later(1_000.0).await;
        drop(second);
        later(8.0).await;
        drop(replay.add_subscriber());
        later(9.0).await;
        assert!(!replay.is_over(), "a subscriber had come meanwhile");
        later(1.1).await;
        assert!(replay.is_over() && hub.get("a").is_none() && hub.is_empty());
        let Opened { replay, .. } = hub.open("a", flagship(), on_demand(0)).expect("the name is free again");
        later(1.0).await;
        drop(replay.add_subscriber());
        later(0.1).await;
        assert!(replay.is_over(), "no lingering at all");
    }

    #[tokio::test(start_paused = true)]
    async fn the_faults_that_are_played_already_change_nothing() {
        let hub = Hub::new();
        let Opened { control, .. } = hub.open("a", flagship(), on_demand(10)).expect("a replay");
        let mut epochs = Vec::new();
        for plan in ["off", "drop:at=89:07", "drop:at=89:07", "drop:at=89:06", "off", "off"] {
            let answer = control.apply(Command::Faults { plan: plan.into(), seed: None }).await.expect("applied");
            epochs.push((answer.playhead.epoch, answer.playhead.version));
        }
        assert_eq!(epochs, [(1, 1), (2, 2), (2, 2), (3, 3), (4, 4), (4, 4)]);
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_waits_for_a_replay_that_is_over() {
        let hub = Hub::new();
        let Opened { replay, .. } = hub.open("a", flagship(), on_demand(10)).expect("a replay");
        let (mut early, waiting) = (replay.observe(), replay.clone());
        let waiting = tokio::spawn(async move { waiting.wait_for_subscribers(1).await });
        later(1.0).await;
        assert!(hub.close(&replay));
        assert!(!waiting.await.expect("no panic"));
        assert!(!replay.wait_for_subscribers(1).await && replay.wait_for_subscribers(0).await);
        for mut observer in [replay.observe(), replay.observe()] {
            assert!(observer.next().await.stopping.is_some());
            assert!(observer.find(|_| false).await.is_none() && observer.find(|_| false).await.is_none());
            assert!(observer.find(|status| status.stopping.is_some()).await.is_some(), "the last one is judged again");
        }
        assert!(early.find(|_| false).await.is_none() && early.find(|_| false).await.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_without_hub_and_handles_ends() {
        let timeline = flagship();
        let hub = Hub::new();
        for name in ["paused", "playing"] {
            let options = ReplayOptions {
                playback: PlaybackOptions { paused: name == "paused", ..PlaybackOptions::default() },
                ..ReplayOptions::default()
            };
            hub.open(name, timeline.clone(), options).expect("a replay");
        }
        let kept = hub.get("playing").expect("open").0.events();
        later(60.0).await;
        assert_eq!(hub.len(), 2, "the hub keeps them");
        let timeline_weak = Arc::downgrade(&timeline);
        drop((hub, timeline));
        later(6.0).await;
        assert_eq!(tokio::runtime::Handle::current().metrics().num_alive_tasks(), 1, "the reader keeps one");
        drop(kept);
        later(6.0).await;
        assert_eq!(timeline_weak.strong_count(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspended_process_does_not_linger_less() {
        let hub = Hub::new();
        for paused in [true, false] {
            let mut options = on_demand(20);
            options.playback.paused = paused;
            let Opened { replay, .. } = hub.open("a", flagship(), options).expect("a replay");
            later(1.0).await;
            drop(replay.add_subscriber());
            later(8.0).await;
            tokio::time::advance(Duration::from_secs(600)).await;
            later(4.0).await;
            assert!(!replay.is_over(), "no client could resume in it");
            later(8.0).await;
            assert!(replay.is_over() && hub.is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_played_once_waits_for_a_disconnected_subscriber() {
        let hub = Hub::new();
        let options = || {
            let playback = PlaybackOptions { speed: Speed::MAX, ..PlaybackOptions::default() };
            ReplayOptions { once: true, wait_for: 1, playback, ..on_demand(10) }
        };
        let Opened { replay, .. } = hub.open("a", flagship(), options()).expect("a replay");
        let guard = replay.add_subscriber();
        later(1.0).await;
        assert!(replay.is_stopping() && !replay.is_over());
        guard.finish();
        later(0.1).await;
        assert!(replay.is_over(), "every subscriber has everything");
        let Opened { replay, .. } = hub.open("a", flagship(), options()).expect("a replay");
        drop(replay.add_subscriber());
        later(9.0).await;
        assert!(!replay.is_over(), "it may come back for the rest");
        later(1.1).await;
        assert!(replay.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn a_loop_is_not_over_between_two_laps() {
        let hub = Hub::new();
        for hold in [0, 5] {
            let hold = Duration::from_secs(hold);
            let playback = PlaybackOptions { speed: Speed::MAX, looping: true, hold, ..PlaybackOptions::default() };
            let options = ReplayOptions { once: true, wait_for: 1, playback, ..on_demand(10) };
            let Opened { replay, control } = hub.open_with_random_name(flagship(), options).expect("a replay");
            let guard = replay.add_subscriber();
            later(20.0).await;
            assert!(replay.status(runtime_now()).playhead.epoch > 3 && !replay.is_stopping());
            control.apply(Command::Loop(false)).await.expect("applied");
            later(6.0).await;
            assert!(replay.is_stopping(), "this lap was the last");
            guard.finish();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn names_and_numbers_are_bounded() {
        let hub = Hub::with_runner(Arc::<TokioRunner>::default(), CacheBudget::default(), 2);
        let options = || ReplayOptions { owned: false, ..on_demand(10) };
        let open = |name: &str| hub.open(name, flagship(), options()).map(drop).map_err(|refused| refused.code);
        for name in ["", "a b", "../x", "é", &"x".repeat(65)] {
            assert_eq!(open(name), Err(ErrorCode::BadArgument), "{name}");
        }
        assert_eq!(
            (open("a-B_9"), open("a-B_9"), open("b"), open("c")),
            (Ok(()), Err(ErrorCode::Taken), Ok(()), Err(ErrorCode::OverLimit))
        );
        let b = hub.get("b").expect("a replay").0;
        assert!(hub.close(&b) && !hub.close(&b));
        let Opened { replay, .. } = hub.open_with_random_name(flagship(), on_demand(10)).expect("there is space again");
        assert_eq!((hub.len(), replay.name().len(), replay.is_listed()), (2, 12, false));
        later(0.1).await;
        assert_eq!(hub.len(), 2, "the one that was closed takes no other with it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_rejected_opening_evicts_none() {
        let hub = Hub::with_runner(Arc::<TokioRunner>::default(), CacheBudget::default(), 1);
        let Opened { replay, .. } = hub.open("idle", flagship(), on_demand(10)).expect("a replay");
        let nowhere = crate::playback::Position::parse("no-such-marker").expect("a marker");
        let playback = PlaybackOptions { from: Some(nowhere), ..PlaybackOptions::default() };
        let options = ReplayOptions { playback, ..on_demand(10) };
        let refused = hub.open("another", flagship(), options).expect_err("no such place");
        assert_ne!(refused.code, ErrorCode::OverLimit);
        assert!(hub.get("idle").is_some() && !replay.is_stopping() && hub.len() == 1);
        hub.open("another", flagship(), on_demand(10)).expect("the idle one is evicted");
        assert!(hub.get("idle").is_none() && replay.is_stopping() && hub.len() == 1);
    }

    /// Drops every driver at once.
    #[derive(Debug)]
    struct Dropping;

    impl DriverRunner for Dropping {
        fn run(&self, _: driver::Driver) {}

        fn lateness(&self) -> Latency {
            Latency::new()
        }
    }

    #[test]
    fn a_runner_that_drops_a_driver_leaves_the_hub_usable_and_the_name_free() {
        let hub = Hub::with_runner(Arc::new(Dropping), CacheBudget::default(), 1);
        let (done, is_done) = std::sync::mpsc::channel();
        // Not joined: it would hang where the hub waits for itself.
        std::thread::spawn(move || {
            for _ in 0..2 {
                let Opened { replay, .. } =
                    hub.open("a", flagship(), ReplayOptions::default()).expect("the name is free");
                assert!(replay.is_over() && hub.is_empty() && hub.listed_count() == 0);
            }
            done.send(()).expect("the test waits");
        });
        is_done.recv_timeout(Duration::from_secs(60)).expect("the hub goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stale_command_is_rejected_and_applied_ones_name_their_author() {
        let hub = Hub::new();
        let Opened { replay, control } = hub.open("a", flagship(), ReplayOptions::default()).expect("a replay");
        let instruct = |json: &str| {
            CommandRequest::decode_accepting(&mut serde_json::from_str(json).expect("an object"), &[]).expect("one")
        };
        let pause = instruct(r#"{"command":"pause","if_version":1,"by":"anna"}"#);
        let answer = control.apply(pause.clone()).await.expect("applied");
        assert_eq!((answer.playhead.version, answer.playhead.state), (2, State::Paused));
        assert_eq!(replay.status(runtime_now()).by.as_deref(), Some("anna"));
        let stale = control.apply(pause).await.expect_err("stale");
        assert_eq!(stale.code, ErrorCode::Stale);
        assert!(stale.message.contains("version 2 (pause by anna)"), "{stale}");
        control.apply(Command::Restart).await.expect("applied");
        let status = replay.status(runtime_now());
        assert_eq!((status.playhead.version, status.by, status.opened_by), (3, None, None));
        hub.close(&replay);
        replay.wait_until_over().await;
        let over = control.apply(Command::Play).await.expect_err("the replay is over");
        assert_eq!(over.code, ErrorCode::UnknownReplay);
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_that_began_in_the_past_or_will_begin_is_where_it_would_be() {
        let hub = Hub::new();
        let now = runtime_now();
        let sixty = PlaybackOptions { speed: Speed::new(60.0).expect("a speed"), ..PlaybackOptions::default() };
        let began = |began| ReplayOptions { began: Some(began), playback: sixty.clone(), ..ReplayOptions::default() };
        let past = hub.open("past", flagship(), began(now - Duration::from_secs(10))).expect("a replay").replay;
        let future = hub.open("future", flagship(), began(now + Duration::from_secs(30))).expect("a replay").replay;
        let head = |replay: &Replay| replay.status(runtime_now()).playhead;
        assert_eq!(head(&past).clock.media_time(now).as_millis(), 600_000);
        assert!(head(&past).head > 3);
        assert_eq!((head(&future).state, head(&future).head), (State::Waiting, 0));
        later(29.9).await;
        assert_eq!(head(&future).state, State::Waiting);
        later(30.2).await;
        let now = runtime_now();
        let ahead = head(&past).clock.media_time(now) - head(&future).clock.media_time(now);
        assert_eq!((head(&future).state, ahead.to_duration()), (State::Playing, Duration::from_secs(40 * 60)));
        assert_eq!(head(&past).version, head(&future).version);
    }

    #[tokio::test(start_paused = true)]
    async fn a_barrier_lists_the_subscribers_that_have_not_passed() {
        let hub = Hub::new();
        let Opened { replay, control } = hub.open("a", flagship(), on_demand(10)).expect("a replay");
        let (ann, ben) = (replay.add_subscriber(), replay.add_subscriber());
        let answer = control.apply(Command::parse_line("step 3").expect("a step")).await.expect("applied");
        let barrier = Barrier {
            version: answer.playhead.version,
            newest: replay.newest_subscriber_number(),
            acknowledged_from: None,
        };
        let sent = |n| SentMark { version: barrier.version, epoch: 1, n, last_event: n, joined: 0 };
        let noting = async {
            later(1.0).await;
            assert!(replay.has_barriers());
            replay.record_sent([ann.number()].into_iter(), sent(3));
        };
        let (passed, ()) = tokio::join!(replay.wait_for_barrier(barrier, Duration::from_secs(5)), noting);
        let behind = passed.expect_err("ben has been sent nothing");
        assert_eq!((behind.len(), behind[0].subscriber, behind[0].told), (1, ben.number(), None));
        let noting = async {
            later(1.0).await;
            replay.record_sent([ann.number(), ben.number()].into_iter(), sent(3));
        };
        let (passed, ()) = tokio::join!(replay.wait_for_barrier(barrier, Duration::from_secs(5)), noting);
        assert_eq!((passed, replay.has_barriers()), (Ok(()), false));
    }
}
