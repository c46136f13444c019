//! The hub: all replays of a process, by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use super::close::CloseCode;
use super::driver;
use super::frames::Frames;
use super::host::{Host, Tasks};
use super::name::{MAX_NAME, is_a_name};
use super::replay::{Control, Replay, ReplayOptions};
use super::room::Room;
use super::shelf::Shelf;
use super::tally::Tally;
use super::token::unguessable_name;
use super::view::Stopping;
use crate::error::excerpt;
use crate::latency::Latency;
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// The most replays in one process, unless it is told otherwise.
pub const MAX_REPLAYS: usize = 10_000;

/// All replays, by name.
#[derive(Debug)]
pub struct Hub {
    host: Arc<dyn Host>,
    shelf: Arc<Shelf>,
    /// Held while a list is looked into or changed.
    lists: Arc<Mutex<Lists>>,
    max_replays: usize,
    tally: Arc<Tally>,
}

#[derive(Debug, Default)]
struct Lists {
    replays: BTreeMap<String, (Replay, Control)>,
    /// How many of them are listed.
    listed: usize,
    /// Whether no more are opened: the server is stopping.
    closed: bool,
    room: Room,
    /// The frames of each timeline that is played, by its address: replays of the same share them.
    frames: HashMap<usize, Weak<Frames>>,
}

impl Lists {
    /// Refuses a replay that there is no place for. Evicts nobody.
    fn check(&mut self, name: &str, most: usize, now: Instant) -> Result<(), Rejection> {
        self.check_name(name)?;
        let has_place =
            self.replays.len() < most || self.room.any(now, self.replays.values().map(|(replay, _)| replay));
        if has_place { Ok(()) } else { Err(full(most)) }
    }

    fn check_name(&self, name: &str) -> Result<(), Rejection> {
        match self.replays.contains_key(name) {
            _ if self.closed => Err(refused("closing", "the server is stopping".to_owned())),
            true => Err(refused("taken", format!("there is a replay {name:?} already"))),
            false => Ok(()),
        }
    }

    /// Inserts a replay where there is a place for it. Gives the one that was evicted for it, if one had to be.
    fn insert(
        &mut self,
        replay: &Replay,
        control: &Control,
        most: usize,
        now: Instant,
    ) -> Result<Option<Replay>, Rejection> {
        self.check_name(replay.name())?;
        let mut evicted = None;
        if self.replays.len() >= most {
            let idle = self.room.make(now, self.replays.values().map(|(replay, _)| replay));
            let removed = idle.and_then(|idle| self.remove(idle.name(), idle.id())).ok_or_else(|| full(most))?;
            evicted = Some(removed.0);
        }
        self.listed += usize::from(replay.is_listed());
        self.room.take_in(replay);
        self.replays.insert(replay.name().to_owned(), (replay.clone(), control.clone()));
        Ok(evicted)
    }

    /// Removes a replay, but not another of its name.
    fn remove(&mut self, name: &str, id: u64) -> Option<(Replay, Control)> {
        self.replays.get(name).filter(|(replay, _)| replay.id() == id)?;
        let removed = self.replays.remove(name);
        self.listed -= usize::from(removed.as_ref().is_some_and(|(replay, _)| replay.is_listed()));
        removed
    }

    fn frames(&mut self, timeline: Arc<Timeline>, shelf: &Arc<Shelf>) -> Arc<Frames> {
        let address = Arc::as_ptr(&timeline).addr();
        // As long as there are frames they hold the timeline, so that no other can have its address.
        if let Some(frames) = self.frames.get(&address).and_then(Weak::upgrade) {
            return frames;
        }
        self.frames.retain(|_, frames| frames.strong_count() > 0);
        let frames = Frames::new(timeline, shelf.clone());
        self.frames.insert(address, Arc::downgrade(&frames));
        frames
    }
}

fn refused(code: &'static str, message: String) -> Rejection {
    Rejection { code, message, accepted: Vec::new() }
}

fn full(most: usize) -> Rejection {
    let message = format!("there are {most} replays already, as many as there may be, and none that nobody follows");
    refused("over_limit", message)
}

/// A replay that has just been opened.
#[derive(Debug)]
pub struct Opened {
    /// The right to look.
    pub replay: Replay,
    /// The right to touch.
    pub control: Control,
}

impl Hub {
    /// Without replays. Each will be moved by a task of the tokio runtime in which it is opened.
    pub fn new() -> Arc<Self> {
        Self::by_tasks(Shelf::default(), MAX_REPLAYS)
    }

    /// The same, so many at most, with their encoded frames kept on this shelf.
    pub fn by_tasks(shelf: Shelf, max_replays: usize) -> Arc<Self> {
        Self::hosted(Arc::<Tasks>::default(), shelf, max_replays)
    }

    /// Without replays. Each will be moved by this host, and their encoded frames kept on this shelf; there will be so many
    /// at most.
    pub fn hosted(host: Arc<dyn Host>, shelf: Shelf, max_replays: usize) -> Arc<Self> {
        Arc::new(Self { host, shelf: Arc::new(shelf), lists: Arc::default(), max_replays, tally: Arc::default() })
    }

    /// Opens a replay of a timeline under a name: 1 to 64 letters of ASCII, digits, `-` and `_`. Replays of the same timeline
    /// share its encoded frames.
    ///
    /// What is refused is so with a code: `taken` (the name), `over_limit`, or what [`Playback::new`] says.
    ///
    /// [`Playback::new`]: crate::playback::Playback::new
    pub fn open(&self, name: &str, timeline: Arc<Timeline>, options: ReplayOptions) -> Result<Opened, Rejection> {
        if !is_a_name(name) {
            let shown = excerpt(name);
            let message =
                format!("{shown:?} is no name for a replay: 1 to {MAX_NAME} of the letters of ASCII, digits, - and _");
            return Err(refused("bad_argument", message));
        }
        let now = tokio::time::Instant::now().into_std();
        let frames = {
            let mut lists = self.lists();
            // Asked again below. Here it spares the work where there is no place.
            lists.check(name, self.max_replays, now)?;
            lists.frames(timeline, &self.shelf)
        };
        // Before anything is evicted, because the options may be refused; and without the lock, because every subscriber that
        // comes in waits for it.
        let (replay, control, mut driver) = driver::open(name, frames, options, self.tally.clone(), now)?;
        let (lists, tally, id) = (Arc::downgrade(&self.lists), self.tally.clone(), replay.id());
        let own_name = replay.name().to_owned();
        driver.at_the_end(move || {
            if let Some(lists) = lists.upgrade() {
                forget(&lists, &tally, &own_name, id);
            }
        });
        // A statement of its own, which releases the lock: a driver that is dropped, here or by its host, takes the lock.
        let evicted = self.lists().insert(&replay, &control, self.max_replays, now);
        let evicted = evicted?;
        self.tally.note_opened();
        self.host.host(driver);
        self.send_away(evicted);
        Ok(Opened { replay, control })
    }

    /// The same under a name that nobody can guess.
    pub fn open_unnamed(&self, timeline: Arc<Timeline>, options: ReplayOptions) -> Result<Opened, Rejection> {
        let name = unguessable_name().ok_or_else(|| {
            refused("unavailable", "the system has no randomness to make a name of; give one".to_owned())
        })?;
        self.open(&name, timeline, options)
    }

    /// The replay of that name.
    pub fn get(&self, name: &str) -> Option<(Replay, Control)> {
        self.lists().replays.get(name).cloned()
    }

    /// All replays, by name.
    pub fn list(&self) -> Vec<Replay> {
        self.lists().replays.values().map(|(replay, _)| replay.clone()).collect()
    }

    /// How many replays there are.
    pub fn len(&self) -> usize {
        self.lists().replays.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many of them are listed, for all who may look.
    pub fn listed(&self) -> usize {
        self.lists().listed
    }

    /// What has been counted since it was made.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// How many there may be.
    pub fn max_replays(&self) -> usize {
        self.max_replays
    }

    /// Closes a replay: its subscribers are told that it has gone, and its name is free at once. Tells whether it was still
    /// there: not another of its name.
    pub fn close(&self, replay: &Replay) -> bool {
        let closed = self.lists().remove(replay.name(), replay.id()).map(|(replay, _)| replay);
        let there_was_one = closed.is_some();
        self.send_away(closed);
        there_was_one
    }

    /// Tells whoever follows a replay that it has gone. Not to be called while the lists are held.
    fn send_away(&self, replay: Option<Replay>) {
        if let Some(replay) = replay {
            self.tally.note_closed();
            tracing::info!(replay = replay.name(), "closed");
            replay.stop(Stopping { code: CloseCode::Gone, drain: false });
        }
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How late the cues of all replays have been, from due to first written.
    pub fn lateness(&self) -> Latency {
        self.host.lateness()
    }

    /// Stops every replay; no more are opened.
    pub fn stop(&self, stopping: Stopping) {
        let replays = {
            let mut lists = self.lists();
            lists.closed = true;
            lists.replays.values().map(|(replay, _)| replay.clone()).collect::<Vec<_>>()
        };
        for replay in replays {
            replay.stop(stopping);
        }
    }
}

/// Forgets a replay that is over, unless another has its name by now.
fn forget(lists: &Mutex<Lists>, tally: &Tally, name: &str, id: u64) {
    // What goes with it goes when the lists are not held any more.
    let forgotten = lists.lock().unwrap_or_else(PoisonError::into_inner).remove(name, id);
    if forgotten.is_some() {
        tally.note_closed();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::hub::{Barrier, Told};
    use crate::playback::{Command, CommandRequest, Options, Speed, State};
    use crate::scenario::SHIPPED;

    fn flagship() -> Arc<Timeline> {
        Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")))
    }

    fn on_demand(linger: u64) -> ReplayOptions {
        let playback = Options { paused: true, ..Options::default() };
        ReplayOptions { linger: Some(Duration::from_secs(linger)), owned: true, playback, ..ReplayOptions::default() }
    }

    async fn later(seconds: f64) {
        tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    }

    #[tokio::test(start_paused = true)]
    async fn a_replay_on_demand_goes_some_time_after_its_last_subscriber() {
        let hub = Hub::new();
        let Opened { replay, .. } = hub.open("a", flagship(), on_demand(10)).expect("a replay");
        assert!(replay.token().is_some() && hub.get("a").is_some());
        later(59.0).await;
        assert!(!replay.is_over(), "it has patience with the first");
        let first = replay.count_in();
        later(1_000.0).await;
        let second = replay.count_in();
        drop(first);
        later(1_000.0).await;
        drop(second);
        later(8.0).await;
        drop(replay.count_in());
        later(9.0).await;
        assert!(!replay.is_over(), "somebody had come back");
        later(1.1).await;
        assert!(replay.is_over() && hub.get("a").is_none() && hub.is_empty());
        let Opened { replay, .. } = hub.open("a", flagship(), on_demand(0)).expect("the name is free again");
        later(1.0).await;
        drop(replay.count_in());
        later(0.1).await;
        assert!(replay.is_over(), "no lingering at all");
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspended_process_does_not_linger_less() {
        let hub = Hub::new();
        for paused in [true, false] {
            let mut options = on_demand(20);
            options.playback.paused = paused;
            let Opened { replay, .. } = hub.open("a", flagship(), options).expect("a replay");
            later(1.0).await;
            drop(replay.count_in());
            later(8.0).await;
            tokio::time::advance(Duration::from_secs(600)).await;
            later(4.0).await;
            assert!(!replay.is_over(), "whoever left could not come back in it");
            later(8.0).await;
            assert!(replay.is_over() && hub.is_empty());
        }
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_played_once_waits_for_whoever_was_cut_off() {
        let hub = Hub::new();
        let options = || {
            let playback = Options { speed: Speed::MAX, ..Options::default() };
            ReplayOptions { once: true, wait_for: 1, playback, ..on_demand(10) }
        };
        let Opened { replay, .. } = hub.open("a", flagship(), options()).expect("a replay");
        let guard = replay.count_in();
        later(1.0).await;
        assert!(replay.is_stopping() && !replay.is_over());
        guard.finish();
        later(0.1).await;
        assert!(replay.is_over(), "everybody has everything");
        let Opened { replay, .. } = hub.open("a", flagship(), options()).expect("a replay");
        drop(replay.count_in());
        later(9.0).await;
        assert!(!replay.is_over(), "it may come back for the rest");
        later(1.1).await;
        assert!(replay.is_over());
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_loops_is_not_over_between_two_laps() {
        let hub = Hub::new();
        for hold in [0, 5] {
            let hold = Duration::from_secs(hold);
            let playback = Options { speed: Speed::MAX, looping: true, hold, ..Options::default() };
            let options = ReplayOptions { once: true, wait_for: 1, playback, ..on_demand(10) };
            let Opened { replay, control } = hub.open_unnamed(flagship(), options).expect("a replay");
            let guard = replay.count_in();
            later(20.0).await;
            assert!(replay.view(tokio::time::Instant::now().into_std()).playhead.epoch > 3 && !replay.is_stopping());
            control.apply(Command::Loop(false)).await.expect("a replay").expect("applied");
            later(6.0).await;
            assert!(replay.is_stopping(), "this lap was the last");
            guard.finish();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn names_and_numbers_are_bounded() {
        let hub = Hub::hosted(Arc::<Tasks>::default(), Shelf::default(), 2);
        let options = || ReplayOptions { owned: false, ..on_demand(10) };
        let open = |name: &str| hub.open(name, flagship(), options()).map(drop).map_err(|refused| refused.code);
        for name in ["", "a b", "../x", "é", &"x".repeat(65)] {
            assert_eq!(open(name), Err("bad_argument"), "{name}");
        }
        assert_eq!(
            (open("a-B_9"), open("a-B_9"), open("b"), open("c")),
            (Ok(()), Err("taken"), Ok(()), Err("over_limit"))
        );
        let b = hub.get("b").expect("a replay").0;
        assert!(hub.close(&b) && !hub.close(&b));
        let Opened { replay, .. } = hub.open_unnamed(flagship(), on_demand(10)).expect("there is room again");
        assert_eq!((hub.len(), replay.name().len(), replay.is_listed()), (2, 12, false));
        later(0.1).await;
        assert_eq!(hub.len(), 2, "the one that was closed takes no other with it");
    }

    #[tokio::test(start_paused = true)]
    async fn an_opening_that_is_refused_evicts_nobody() {
        let hub = Hub::hosted(Arc::<Tasks>::default(), Shelf::default(), 1);
        let Opened { replay, .. } = hub.open("idle", flagship(), on_demand(10)).expect("a replay");
        let nowhere = crate::playback::Position::parse("no-such-marker").expect("a marker");
        let playback = Options { from: Some(nowhere), ..Options::default() };
        let options = ReplayOptions { playback, ..on_demand(10) };
        let refused = hub.open("another", flagship(), options).expect_err("no such place");
        assert_ne!(refused.code, "over_limit");
        assert!(hub.get("idle").is_some() && !replay.is_stopping() && hub.len() == 1);
        hub.open("another", flagship(), on_demand(10)).expect("the idle one gives way");
        assert!(hub.get("idle").is_none() && replay.is_stopping() && hub.len() == 1);
    }

    /// Drops every driver at once.
    #[derive(Debug)]
    struct Dropping;

    impl Host for Dropping {
        fn host(&self, _: driver::Driver) {}

        fn lateness(&self) -> Latency {
            Latency::new()
        }
    }

    #[test]
    fn a_host_that_drops_a_driver_leaves_the_hub_usable_and_the_name_free() {
        let hub = Hub::hosted(Arc::new(Dropping), Shelf::default(), 1);
        let (done, is_done) = std::sync::mpsc::channel();
        // Not joined: it would hang where the hub waits for itself.
        std::thread::spawn(move || {
            for _ in 0..2 {
                let Opened { replay, .. } =
                    hub.open("a", flagship(), ReplayOptions::default()).expect("the name is free");
                assert!(replay.is_over() && hub.is_empty() && hub.listed() == 0);
            }
            done.send(()).expect("somebody waits");
        });
        is_done.recv_timeout(Duration::from_secs(60)).expect("the hub goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stale_command_is_refused_and_the_others_say_whose_they_were() {
        let hub = Hub::new();
        let Opened { replay, control } = hub.open("a", flagship(), ReplayOptions::default()).expect("a replay");
        let instruct =
            |json: &str| CommandRequest::decode(&mut serde_json::from_str(json).expect("an object")).expect("one");
        let pause = instruct(r#"{"command":"pause","if_version":1,"by":"anna"}"#);
        let answer = control.apply(pause.clone()).await.expect("a replay").expect("applied");
        assert_eq!((answer.playhead.version, answer.playhead.state), (2, State::Paused));
        assert_eq!(replay.view(tokio::time::Instant::now().into_std()).by.as_deref(), Some("anna"));
        let stale = control.apply(pause).await.expect("a replay").expect_err("stale");
        assert_eq!(stale.code, "stale");
        assert!(stale.message.contains("version 2 (pause by anna)"), "{stale}");
        control.apply(Command::Restart).await.expect("a replay").expect("applied");
        let view = replay.view(tokio::time::Instant::now().into_std());
        assert_eq!((view.playhead.version, view.by, view.opened_by), (3, None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn who_began_in_the_past_or_will_begin_is_where_he_would_be() {
        let hub = Hub::new();
        let now = tokio::time::Instant::now().into_std();
        let sixty = Options { speed: Speed::new(60.0).expect("a speed"), ..Options::default() };
        let began = |began| ReplayOptions { began: Some(began), playback: sixty.clone(), ..ReplayOptions::default() };
        let past = hub.open("past", flagship(), began(now - Duration::from_secs(10))).expect("a replay").replay;
        let future = hub.open("future", flagship(), began(now + Duration::from_secs(30))).expect("a replay").replay;
        let head = |replay: &Replay| replay.view(tokio::time::Instant::now().into_std()).playhead;
        assert_eq!(head(&past).clock.media_time(now).as_millis(), 600_000);
        assert!(head(&past).head > 3);
        assert_eq!((head(&future).state, head(&future).head), (State::Waiting, 0));
        later(29.9).await;
        assert_eq!(head(&future).state, State::Waiting);
        later(30.2).await;
        let now = tokio::time::Instant::now().into_std();
        let ahead = head(&past).clock.media_time(now) - head(&future).clock.media_time(now);
        assert_eq!((head(&future).state, ahead.to_duration()), (State::Playing, Duration::from_secs(40 * 60)));
        assert_eq!(head(&past).version, head(&future).version);
    }

    #[tokio::test(start_paused = true)]
    async fn a_barrier_tells_who_is_not_through() {
        let hub = Hub::new();
        let Opened { replay, control } = hub.open("a", flagship(), on_demand(10)).expect("a replay");
        let (ann, ben) = (replay.count_in(), replay.count_in());
        let answer =
            control.apply(Command::parse_line("step 3").expect("a step")).await.expect("a replay").expect("applied");
        let barrier =
            Barrier { version: answer.playhead.version, newest: replay.newest_subscriber(), acknowledged_from: None };
        let told = |n| Told { version: barrier.version, epoch: 1, n, last: n, joined: 0 };
        let noting = async {
            later(1.0).await;
            assert!(replay.is_watched());
            replay.note_told([ann.number()].into_iter(), told(3));
        };
        let (passed, ()) = tokio::join!(replay.pass_within(barrier, Duration::from_secs(5)), noting);
        let behind = passed.expect_err("ben has not been told");
        assert_eq!((behind.len(), behind[0].subscriber, behind[0].told), (1, ben.number(), None));
        let noting = async {
            later(1.0).await;
            replay.note_told([ann.number(), ben.number()].into_iter(), told(3));
        };
        let (passed, ()) = tokio::join!(replay.pass_within(barrier, Duration::from_secs(5)), noting);
        assert_eq!((passed, replay.is_watched()), (Ok(()), false));
    }
}
