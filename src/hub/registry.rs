//! The hub: all replays of a process, by name.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::driver;
use super::frames::Frames;
use super::host::{Host, Tasks};
use super::replay::{Control, Replay, ReplayOptions, Stopping};
use crate::error::{Error, Result};
use crate::latency::Latency;
use crate::scenario::Timeline;

/// The most replays in one process.
const MAX_REPLAYS: usize = 100_000;

/// All replays, by name.
#[derive(Debug)]
pub struct Hub {
    host: Arc<dyn Host>,
    /// Guards the list; held while it is looked into or changed.
    replays: Mutex<BTreeMap<String, (Replay, Control)>>,
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
        Self::hosted(Arc::<Tasks>::default())
    }

    /// Without replays. Each will be moved by this host.
    pub fn hosted(host: Arc<dyn Host>) -> Arc<Self> {
        Arc::new(Self { host, replays: Mutex::default() })
    }

    /// Opens a replay of a timeline under a name.
    pub fn open(&self, name: &str, timeline: Arc<Timeline>, options: ReplayOptions) -> Result<Opened> {
        self.open_frames(name, Arc::new(Frames::new(timeline)), options)
    }

    /// The same, sharing encoded frames with other replays of the timeline.
    pub fn open_frames(&self, name: &str, frames: Arc<Frames>, options: ReplayOptions) -> Result<Opened> {
        let mut replays = self.replays.lock().unwrap_or_else(PoisonError::into_inner);
        if replays.contains_key(name) {
            return Err(Error::misuse(format!("there is a replay {name:?} already")));
        }
        if replays.len() >= MAX_REPLAYS {
            return Err(Error::misuse(format!("there are {MAX_REPLAYS} replays already")));
        }
        let now = tokio::time::Instant::now().into_std();
        let (replay, control, driver) =
            driver::open(name, frames, options, now).map_err(|refused| Error::misuse(refused.message))?;
        replays.insert(name.to_owned(), (replay.clone(), control.clone()));
        self.host.host(driver);
        Ok(Opened { replay, control })
    }

    /// The replay of that name.
    pub fn get(&self, name: &str) -> Option<(Replay, Control)> {
        self.replays.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    /// How late the cues of all replays have been, from due to first written.
    pub fn lateness(&self) -> Latency {
        self.host.lateness()
    }

    /// Stops every replay.
    pub fn stop(&self, stopping: Stopping) {
        let replays = self.replays.lock().unwrap_or_else(PoisonError::into_inner);
        for (replay, _) in replays.values() {
            replay.stop(stopping);
        }
    }
}
