//! The hub: all replays of a process, by name.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::driver;
use super::frames::Frames;
use super::host::{Host, Tasks};
use super::replay::{Control, Replay, ReplayOptions, Stopping};
use super::shelf::Shelf;
use crate::error::{Error, Result};
use crate::latency::Latency;
use crate::scenario::Timeline;

/// The most replays in one process.
const MAX_REPLAYS: usize = 100_000;

/// All replays, by name.
#[derive(Debug)]
pub struct Hub {
    host: Arc<dyn Host>,
    shelf: Arc<Shelf>,
    /// Held while a list is looked into or changed.
    lists: Mutex<Lists>,
}

#[derive(Debug, Default)]
struct Lists {
    replays: BTreeMap<String, (Replay, Control)>,
    /// The frames of each timeline that is played, by its address: replays of the same share them.
    frames: HashMap<usize, Weak<Frames>>,
}

impl Lists {
    /// Whether there may be another replay, and of that name.
    fn admit(&self, name: &str) -> Result<()> {
        if self.replays.contains_key(name) {
            return Err(Error::misuse(format!("there is a replay {name:?} already")));
        }
        if self.replays.len() >= MAX_REPLAYS {
            return Err(Error::misuse(format!("there are {MAX_REPLAYS} replays already")));
        }
        Ok(())
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
        Self::by_tasks(Shelf::default())
    }

    /// The same, with their encoded frames kept on this shelf.
    pub fn by_tasks(shelf: Shelf) -> Arc<Self> {
        Self::hosted(Arc::<Tasks>::default(), shelf)
    }

    /// Without replays. Each will be moved by this host, and their encoded frames kept on this shelf.
    pub fn hosted(host: Arc<dyn Host>, shelf: Shelf) -> Arc<Self> {
        Arc::new(Self { host, shelf: Arc::new(shelf), lists: Mutex::default() })
    }

    /// Opens a replay of a timeline under a name. Replays of the same timeline share its encoded frames.
    pub fn open(&self, name: &str, timeline: Arc<Timeline>, options: ReplayOptions) -> Result<Opened> {
        // The lists are not held while the replay is made: whoever lets subscribers in waits for them.
        let frames = {
            let mut lists = self.lists();
            lists.admit(name)?;
            lists.frames(timeline, &self.shelf)
        };
        let now = tokio::time::Instant::now().into_std();
        let (replay, control, driver) =
            driver::open(name, frames, options, now).map_err(|refused| Error::misuse(refused.message))?;
        let mut lists = self.lists();
        lists.admit(name)?;
        lists.replays.insert(name.to_owned(), (replay.clone(), control.clone()));
        // Before anybody can find it: its driver is on its way when its first subscriber is.
        self.host.host(driver);
        Ok(Opened { replay, control })
    }

    /// The replay of that name.
    pub fn get(&self, name: &str) -> Option<(Replay, Control)> {
        self.lists().replays.get(name).cloned()
    }

    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.lists.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How late the cues of all replays have been, from due to first written.
    pub fn lateness(&self) -> Latency {
        self.host.lateness()
    }

    /// Stops every replay.
    pub fn stop(&self, stopping: Stopping) {
        for (replay, _) in self.lists().replays.values() {
            replay.stop(stopping);
        }
    }
}
