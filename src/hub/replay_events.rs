//! The events of a replay as a stream within the process: for a transport of one's own.

use super::replay::{Observer, Replay};
use super::replay_status::ReplayStatus;
use super::wall::runtime_now;
use crate::playback::Playhead;

/// A step of a replay as [`ReplayEvents`] yields it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReplayEvent {
    /// The cue with this index in [`Timeline::cues`](crate::Timeline::cues) was released.
    Cue(usize),
    /// Playback is at another place: exactly the cues before this index are past. The first item of a stream is one; others come
    /// with a seek, a restart and a new lap. Cues that were released before a seek or a restart and had not been read by then are not
    /// yielded any more, nor are those of a lap if the reader was more than a lap behind. A change of feed faults is a jump too, to
    /// cues of another timeline: read [`Replay::timeline`] anew.
    Jumped(usize),
}

/// Reads the events of a replay from now on, in order and without loss but for what a [jump](ReplayEvent::Jumped) discards: see
/// [`Replay::events`].
#[derive(Debug)]
#[must_use = "events are read with `next`"]
pub struct ReplayEvents {
    observer: Observer,
    status: Option<ReplayStatus>,
    /// Whether the first item has been read.
    begun: bool,
    /// The epoch that is read, and the index of its next cue.
    epoch: u64,
    next: u32,
}

impl Replay {
    /// Reads the events of the replay from this call on. The replay does not wait for the reader, which is no subscriber, and keeps
    /// nothing for it: events are read from the timeline.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> touchline::Result<()> {
    /// use std::sync::Arc;
    ///
    /// use touchline::playback::{PlaybackOptions, Speed};
    /// use touchline::replay::{Hub, ReplayEvent, ReplayOptions};
    /// use touchline::{Scenario, Timeline};
    ///
    /// let timeline = Arc::new(Timeline::new(&Scenario::generate(7)?));
    /// let playback = PlaybackOptions { speed: Speed::MAX, ..PlaybackOptions::default() };
    /// let options = ReplayOptions { playback, once: true, ..ReplayOptions::default() };
    /// let replay = Hub::new().open("main", timeline.clone(), options)?.replay;
    /// let mut events = replay.events_from_start();
    /// while let Some(event) = events.next().await {
    ///     if let ReplayEvent::Cue(index) = event {
    ///         println!("{}", timeline.cues()[index].event.kind);
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn events(&self) -> ReplayEvents {
        self.events_at(|playhead| playhead.head)
    }

    /// The same, but first the events of the present epoch that are past: whatever the replay has played since it was opened, or
    /// since the last jump.
    pub fn events_from_start(&self) -> ReplayEvents {
        self.events_at(|playhead| playhead.start)
    }

    fn events_at(&self, place: impl Fn(&Playhead) -> u32) -> ReplayEvents {
        // Observed before it is looked at, so that nothing lies between.
        let observer = self.observe();
        let playhead = self.status(runtime_now()).playhead;
        ReplayEvents { observer, status: None, begun: false, epoch: playhead.epoch, next: place(&playhead) }
    }
}

impl ReplayEvents {
    /// The next event; `None` once the replay is over.
    ///
    /// Cancel safety: dropping the future loses no event.
    pub async fn next(&mut self) -> Option<ReplayEvent> {
        if !std::mem::replace(&mut self.begun, true) {
            return Some(ReplayEvent::Jumped(self.next as usize));
        }
        loop {
            if let Some(status) = &self.status {
                let playhead = &status.playhead;
                // After a loop, the rest of the lap comes first.
                let limit = match playhead.previous_lap {
                    _ if playhead.epoch == self.epoch => playhead.head,
                    Some(lap) if lap.epoch == self.epoch => lap.head,
                    _ => 0,
                };
                if self.next < limit {
                    self.next += 1;
                    let index = self.next as usize - 1;
                    if status.timeline().cues()[index].silent {
                        continue;
                    }
                    return Some(ReplayEvent::Cue(index));
                }
                if playhead.epoch != self.epoch {
                    (self.epoch, self.next) = (playhead.epoch, playhead.start);
                    return Some(ReplayEvent::Jumped(self.next as usize));
                }
                if status.stopping.is_some() {
                    return None;
                }
            }
            self.status = Some(self.observer.next().await);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::{Hub, ReplayOptions};
    use super::*;
    use crate::playback::{Command, PlaybackOptions, Speed};
    use crate::scenario::{Scenario, Timeline};

    fn timeline() -> Arc<Timeline> {
        Arc::new(Timeline::new(&Scenario::generate(7).expect("a scenario")))
    }

    #[tokio::test(start_paused = true)]
    async fn every_event_is_read_once_and_in_order_from_the_first_to_the_end() {
        let timeline = timeline();
        let options = ReplayOptions { once: true, ..ReplayOptions::default() };
        let replay = Hub::new().open("main", timeline.clone(), options).expect("open").replay;
        let mut events = replay.events();
        assert_eq!(events.next().await, Some(ReplayEvent::Jumped(0)));
        for index in 0..timeline.cues().len() {
            assert_eq!(events.next().await, Some(ReplayEvent::Cue(index)));
        }
        assert_eq!(events.next().await, None);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_played_between_the_call_and_the_first_read_is_not_lost() {
        let timeline = timeline();
        let playback = PlaybackOptions { speed: Speed::MAX, paused: true, ..PlaybackOptions::default() };
        let options = ReplayOptions { playback, ..ReplayOptions::default() };
        let opened = Hub::new().open("main", timeline.clone(), options).expect("open");
        let mut events = opened.replay.events();
        opened.control.apply(Command::Play).await.expect("applied");
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut late = opened.replay.events_from_start();
        for events in [&mut events, &mut late] {
            assert_eq!(events.next().await, Some(ReplayEvent::Jumped(0)));
            for index in 0..timeline.cues().len() {
                assert_eq!(events.next().await, Some(ReplayEvent::Cue(index)));
            }
        }
        assert_eq!(opened.replay.events().next().await, Some(ReplayEvent::Jumped(timeline.cues().len())));
    }

    #[tokio::test(start_paused = true)]
    async fn a_seek_discards_what_has_not_been_read() {
        let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
        let options = ReplayOptions { playback, ..ReplayOptions::default() };
        let opened = Hub::new().open("main", timeline(), options).expect("open");
        let mut events = opened.replay.events();
        for line in ["step 5", "seek 0:00", "step 2"] {
            opened.control.apply(Command::parse_line(line).expect("a command")).await.expect("applied");
        }
        use ReplayEvent::{Cue, Jumped};
        for expected in [Jumped(0), Jumped(0), Cue(0), Cue(1)] {
            assert_eq!(events.next().await, Some(expected));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_seek_and_a_lap_are_jumps_and_the_rest_of_a_lap_comes_before_the_next() {
        let timeline = timeline();
        let playback =
            PlaybackOptions { speed: Speed::new(600.0).expect("a speed"), looping: true, ..PlaybackOptions::default() };
        let options = ReplayOptions { playback, ..ReplayOptions::default() };
        let opened = Hub::new().open("main", timeline.clone(), options).expect("open");
        let mut events = opened.replay.events();
        assert_eq!(events.next().await, Some(ReplayEvent::Jumped(0)));
        let seek = Command::parse_line("seek 89:00").expect("a command");
        opened.control.apply(seek).await.expect("applied");
        let mut jumped = events.next().await;
        while let Some(ReplayEvent::Cue(_)) = jumped {
            jumped = events.next().await;
        }
        let Some(ReplayEvent::Jumped(at)) = jumped else { panic!("{jumped:?}") };
        assert!(at > 10, "{at}");
        // Not read meanwhile: the end of the lap and the begin of the next.
        let end = timeline.cues().len();
        tokio::time::sleep(Duration::from_secs(3)).await;
        for index in at..end {
            assert_eq!(events.next().await, Some(ReplayEvent::Cue(index)));
        }
        assert_eq!(events.next().await, Some(ReplayEvent::Jumped(0)));
        assert_eq!(events.next().await, Some(ReplayEvent::Cue(0)));
    }
}
