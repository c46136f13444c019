//! The state that a replay's two handles and its driver share: subscribers, published status, queued commands, lifetime.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant, SystemTime};

use parking_lot::Mutex;

use tokio::sync::{Notify, watch};

use super::command_queue::CommandQueue;
use super::documents::Documents;
use super::emission_log::EmissionLog;
use super::feeds::Feeds;
use super::judge::ReplayJudge;
use super::link_faults::LinkFaults;
use super::replay_options::ReplayOptions;
use super::replay_record::CommandAuthority;
use super::replay_status::{ReplayStatus, Stopping};
use super::subscribers::Subscribers;
use super::token::Token;
use super::wake_flag::WakeFlag;
use super::wall::Wall;
use super::wall::runtime_now;
use crate::playback::{Playhead, Release, State};
use crate::scenario::Span;

/// How long a replay on demand waits for its first subscriber at least, however short its linger time.
const FIRST_SUBSCRIBER_TIMEOUT: Duration = Duration::from_secs(60);

/// How many bytes of emission times a replay on demand keeps for each epoch: some ten thousand wakes.
const EMISSION_LOG_BYTES: usize = 32 << 10;

/// How soon a replay is evicted: the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct EvictionRank {
    /// Whether the replay has ever had a subscriber.
    had_subscriber: bool,
    /// Whether it has no linger time, and stays open for good.
    stays: bool,
    last_activity: Instant,
}

/// The state that a replay's two handles and its driver share.
#[derive(Debug)]
pub(super) struct ReplayInner {
    pub(super) id: u64,
    pub(super) instance_id: u32,
    pub(super) name: Arc<str>,
    pub(super) feeds: Arc<Feeds>,
    /// The seed of feed faults that was given last.
    pub(super) seed: AtomicU64,
    pub(super) link: LinkFaults,
    /// The documents of dialects.
    pub(super) documents: Documents,
    /// Whether a document of a dialect has been requested. For playback that waits for subscribers, that is one.
    polled: AtomicBool,
    /// Judges what clients show, once one says so.
    pub(super) judge: OnceLock<Arc<ReplayJudge>>,
    pub(super) status: watch::Sender<ReplayStatus>,
    pub(super) subscribers: Subscribers,
    /// How many observers there are: readers of the status that are not subscribers.
    pub(super) observers: AtomicUsize,
    /// How many subscribers playback waits for before it starts.
    pub(super) wait_for: usize,
    pub(super) commands: CommandQueue,
    pub(super) linger: Option<Duration>,
    pub(super) opened: Instant,
    /// When a client last subscribed, left or asked for something, in milliseconds since the replay was opened.
    pub(super) last_activity_ms: AtomicU64,
    /// Whether a subscriber disconnected before it had received everything: it may resume.
    pub(super) subscriber_lost: AtomicBool,
    pub(super) kickoff_offset: Span,
    pub(super) listed: bool,
    pub(super) owned: bool,
    pub(super) token: Option<Token>,
    /// Wakes the driver.
    pub(super) wake_flag: Arc<WakeFlag>,
    /// Set once there is no driver any more.
    pub(super) over: AtomicBool,
    /// Wakes tasks that wait for the end. Separate from the `Notify` of the subscribers, because a server always waits for the
    /// end and must not be woken by every subscriber that comes or leaves.
    pub(super) ended: Notify,
    /// Held while two short lists are appended to or searched.
    pub(super) emissions: Mutex<EmissionLog>,
    pub(super) wall: Wall,
    /// Who decides about commands, where the replay is shared.
    pub(super) authority: Option<Arc<dyn CommandAuthority>>,
    /// The instances of the replay on the servers above this one, as a record has them. Held to copy them.
    pub(super) upstream_servers: Mutex<Vec<u32>>,
}

impl ReplayInner {
    pub(super) fn new(
        name: &str,
        status: ReplayStatus,
        options: &ReplayOptions,
        feeds: Arc<Feeds>,
        opened: Instant,
    ) -> Self {
        let of_links = options.link.as_ref().map_or(0, |link| link.seed());
        let seed = status.timeline().faults().map_or(of_links, |report| report.seed);
        static NEXT_ID: AtomicU64 = AtomicU64::new(0);
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let since = options.wall.at(opened).duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        // The low bits of both are enough.
        let instance_id = (since.as_millis() as u32) ^ (id as u32).rotate_left(20);
        Self {
            id,
            instance_id,
            name: name.into(),
            feeds,
            seed: AtomicU64::new(seed),
            judge: OnceLock::new(),
            link: LinkFaults::new(options.link.clone()),
            documents: Documents::default(),
            polled: AtomicBool::new(false),
            status: watch::Sender::new(status),
            subscribers: Subscribers::default(),
            observers: AtomicUsize::new(0),
            wait_for: options.wait_for,
            commands: CommandQueue::default(),
            linger: options.linger,
            opened,
            last_activity_ms: AtomicU64::new(0),
            subscriber_lost: AtomicBool::new(false),
            kickoff_offset: options.kickoff_offset,
            listed: options.listed,
            owned: options.owned,
            token: options.owned.then(Token::new).flatten(),
            wake_flag: Arc::default(),
            over: AtomicBool::new(false),
            ended: Notify::new(),
            emissions: Mutex::new(EmissionLog::with_limit(if options.owned { EMISSION_LOG_BYTES } else { usize::MAX })),
            wall: options.wall,
            authority: options.shared.as_ref().map(|start| start.authority.clone()),
            upstream_servers: Mutex::new(
                options.shared.as_ref().map(|start| start.record.servers.clone()).unwrap_or_default(),
            ),
        }
    }

    /// Records activity of a client: the linger time starts anew.
    pub(super) fn touch(&self) {
        if self.owned || self.linger.is_some() {
            let since = runtime_now().saturating_duration_since(self.opened);
            self.last_activity_ms.store(u64::try_from(since.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        }
    }

    /// Postpones the linger deadline by the time for which this process was suspended: no client could resume in it.
    pub(super) fn postpone_linger(&self, by: Duration, now: Instant) {
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        let until_now = millis(now.saturating_duration_since(self.opened));
        let postponed = self.last_activity_ms.load(Ordering::Relaxed).saturating_add(millis(by));
        // Activity since then is later.
        self.last_activity_ms.fetch_max(postponed.min(until_now), Ordering::Relaxed);
    }

    fn last_activity(&self) -> Option<Instant> {
        self.opened.checked_add(Duration::from_millis(self.last_activity_ms.load(Ordering::Relaxed)))
    }

    /// When the replay closes if no client subscribes; `None`: not while things are as they are.
    pub(super) fn linger_deadline(&self) -> Option<Instant> {
        let linger = self.linger.filter(|_| self.subscribers.count() == 0)?;
        let linger = if self.subscribers.newest_number() == 0 { linger.max(FIRST_SUBSCRIBER_TIMEOUT) } else { linger };
        self.last_activity()?.checked_add(linger)
    }

    /// The rank for eviction; `None`: the replay may not be evicted.
    pub(super) fn eviction_rank(&self) -> Option<EvictionRank> {
        if !self.owned || self.subscribers.count() > 0 {
            return None;
        }
        let last_activity = self.last_activity()?;
        Some(EvictionRank {
            had_subscriber: self.subscribers.newest_number() > 0,
            stays: self.linger.is_none(),
            last_activity,
        })
    }

    /// Marks the replay as over: there is no driver any more.
    pub(super) fn mark_over(&self) {
        self.commands.close();
        self.over.store(true, Ordering::Release);
        self.ended.notify_waiters();
        self.subscribers.notify_waiters();
    }

    /// Whether a disconnected subscriber may resume for what it has not received.
    pub(super) fn awaits_return(&self) -> bool {
        self.owned && self.subscriber_lost.load(Ordering::Relaxed)
    }

    /// Stops the replay: its subscribers are closed. Wakes the driver only if that is news.
    pub(super) fn stop(&self, stopping: Stopping) {
        let changed = self.status.send_if_modified(|status| {
            // A stop that drains can be made immediate, and nothing else can change.
            let changed = status.stopping.is_none_or(|present| present.drain && !stopping.drain);
            if changed {
                status.stopping = Some(stopping);
            }
            changed
        });
        if changed {
            self.wake_flag.wake();
        }
    }

    /// Whether as many subscribers are connected as playback waits for.
    pub(super) fn has_enough_subscribers(&self) -> bool {
        self.subscribers.count() + usize::from(self.polled.load(Ordering::Acquire)) >= self.wait_for
    }

    /// A document of a dialect was requested.
    pub(super) fn note_poll(&self) {
        if !self.polled.load(Ordering::Acquire) && !self.polled.swap(true, Ordering::AcqRel) {
            self.wake_for_subscriber();
        }
    }

    /// Wakes the driver where a new subscriber matters to it: it is idle, or waits for subscribers before it starts.
    pub(super) fn wake_for_subscriber(&self) {
        let (idle, waiting) = {
            let status = self.status.borrow();
            (!status.is_current(), status.playhead.state == State::Waiting)
        };
        if idle || waiting && self.has_enough_subscribers() {
            self.wake_flag.wake();
        }
    }

    /// Whether there is a subscriber or an observer.
    pub(super) fn is_observed(&self) -> bool {
        self.subscribers.count() > 0 || self.observers.load(Ordering::Acquire) > 0
    }

    /// Wakes the driver where it waits for the last subscriber to leave, or closes the replay some time after that.
    pub(super) fn wake_after_leave(&self) {
        let awaited = self.linger.is_some() || self.status.borrow().stopping.is_some();
        if awaited && self.subscribers.count() == 0 {
            self.wake_flag.wake();
        }
    }

    /// Records that playback has released cues up to the playhead just now.
    pub(super) fn record_emission(&self, playhead: &Playhead, now: Instant) {
        self.emissions.lock().record(playhead, self.wall.at(now));
    }

    /// Records cues that came due while the replay was idle.
    pub(super) fn record_unobserved(&self, release: &Release) {
        // At `max` they were due when the clock was set.
        let wall = self.wall.at(release.clock.instant);
        let frames = self.status.borrow().frames.clone();
        let mut emissions = self.emissions.lock();
        emissions.record_due(release, wall, frames.timeline().cues());
    }
}
