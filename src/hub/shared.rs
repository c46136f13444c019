//! The playback of a shared replay: each server computes its playhead from the same record, so that all are at the same place.

use std::time::{Duration, Instant};

use super::replay_record::ReplayRecord;
use super::wall::Wall;
use crate::playback::{Playback, Rejection, WallAnchor, WallTime};
use crate::scenario::Timeline;

/// How often the clock of a shared replay is compared with that of the system.
const COMPARE_INTERVAL: Duration = Duration::from_secs(1);
/// Corrections of the system's clock are followed by this part of the time at most: 5 ms a second.
const MAX_SLEW: i64 = 200;

/// The playback of a shared replay: which record it follows, and by which clock.
#[derive(Debug)]
pub(super) struct SharedPlayback {
    clock: WallAnchor,
    /// When the clock was last compared with that of the system.
    compared: Instant,
    /// The instance and the revision of the record.
    followed: (u32, u64),
    /// By how much its epochs are numbered higher than those of the record.
    epoch_offset: u64,
    /// The same for versions.
    version_offset: u64,
}

/// The clock of this server at an instant.
pub(super) fn wall_anchor(wall: Wall, now: Instant) -> WallAnchor {
    WallAnchor { instant: now, time: WallTime::of(wall.at(now)) }
}

impl SharedPlayback {
    /// The playback of the record with which a shared replay begins.
    pub(super) fn start(
        timeline: &Timeline,
        record: &ReplayRecord,
        wall: Wall,
        now: Instant,
    ) -> Result<(Self, Playback), Rejection> {
        let clock = wall_anchor(wall, now);
        let playback = Playback::restore(timeline, &record.playback, clock, now)?;
        let followed = (record.instance, record.revision);
        Ok((Self { clock, compared: now, followed, epoch_offset: 0, version_offset: 0 }, playback))
    }

    /// The playback after a record; `None` if a later one has been adopted already. What subscribers here have been sent stays true:
    ///
    /// - Cues that this server has released too early, because it learnt late of the record, stay released within their epoch.
    /// - Epochs and versions rise. Where this server has gone on in laps of its own while it heard nothing, or where the other server
    ///   was restarted, those of the record are numbered higher here, until the record's own are higher.
    pub(super) fn adopt(
        &mut self,
        timeline: &Timeline,
        present: &Playback,
        record: &ReplayRecord,
        now: Instant,
    ) -> Result<Option<Playback>, Rejection> {
        let (instance, revision) = self.followed;
        if record.instance == instance && record.revision <= revision {
            return Ok(None);
        }
        let clock = WallAnchor { instant: now, time: self.clock.time_of(now) };
        let mut next = Playback::restore(timeline, &record.playback, clock, now)?;
        let (before, after) = (present.playhead(), next.playhead());
        if after.epoch > before.epoch {
            self.epoch_offset = 0;
        }
        next.renumber_epoch(self.epoch_offset);
        let (here, there) = (present.record(now, self.clock), next.record(now, clock));
        let is_same_epoch = record.instance == instance && here.is_same_epoch(&there);
        // The first version that is new to subscribers here must have a higher number than the last one that they were sent.
        let first_new = if is_same_epoch { after.version } else { after.at_epoch_start().version };
        let is_known = is_same_epoch && here.is_same_version(&there);
        self.version_offset = if is_known { 0 } else { (before.version + 1).saturating_sub(first_new) };
        next.renumber_versions(self.version_offset);
        if is_same_epoch {
            next.continue_epoch(present);
        } else if let Some(missing) = (before.epoch + 1).checked_sub(next.playhead().epoch) {
            self.epoch_offset += missing;
            next.renumber_epoch(missing);
        }
        (self.clock, self.followed) = (clock, (record.instance, record.revision));
        Ok(Some(next))
    }

    /// By how much versions are numbered higher than those of the record.
    pub(super) fn version_offset(&self) -> u64 {
        self.version_offset
    }

    /// The playback by the system's clock, if that was corrected. It is compared once a second, and followed by 5 ms a second at most.
    pub(super) fn follow_clock(
        &mut self,
        timeline: &Timeline,
        playback: &Playback,
        wall: Wall,
        now: Instant,
    ) -> Option<Playback> {
        let elapsed = now.saturating_duration_since(self.compared);
        if elapsed < COMPARE_INTERVAL {
            return None;
        }
        self.compared = now;
        let expected = self.clock.time_of(now);
        let most = i64::try_from(elapsed.as_nanos()).unwrap_or(i64::MAX) / MAX_SLEW;
        let correction = WallTime::of(wall.at(now)).nanos_since(expected).clamp(-most, most);
        // Reading two clocks one after the other is no more exact than this.
        if correction.unsigned_abs() < 100_000 {
            return None;
        }
        let clock = WallAnchor { instant: now, time: expected.shifted(correction) };
        let record = playback.record(now, self.clock);
        let mut moved = Playback::restore(timeline, &record, clock, now).ok()?;
        moved.continue_epoch(playback);
        self.clock = clock;
        Some(moved)
    }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use proptest::prelude::*;

    use super::super::replay_record::FORMAT;
    use super::*;
    use crate::playback::{Command, PlaybackOptions, Playhead, Speed};
    use crate::scenario::SHIPPED;

    /// A record of a playback, with an instance and a revision.
    fn record(playback: &Playback, instance: u32, revision: u64, wall: Wall, now: Instant) -> ReplayRecord {
        ReplayRecord {
            format: FORMAT,
            server: "0".into(),
            replay: "derby".into(),
            run: String::new(),
            instance,
            servers: vec![instance],
            revision,
            listed: true,
            wait_for: 0,
            kickoff_offset_ms: 0,
            faults: None,
            seed: 0,
            by: None,
            playback: playback.record(now, wall_anchor(wall, now)),
        }
    }

    /// A server that follows: its playback, and the records on their way to it.
    struct Follower {
        shared: SharedPlayback,
        playback: Playback,
        on_their_way: Vec<(Instant, ReplayRecord)>,
        /// What its subscribers were sent last.
        before: Playhead,
    }

    impl Follower {
        fn new(timeline: &Timeline, record: &ReplayRecord, wall: Wall, now: Instant) -> Self {
            let (shared, playback) = SharedPlayback::start(timeline, record, wall, now).expect("a record");
            Self { shared, before: playback.playhead(), playback, on_their_way: Vec::new() }
        }

        /// Moves to an instant, and adopts what has arrived by then, as a driver does.
        fn poll(&mut self, timeline: &Timeline, now: Instant) {
            let (arrived, rest): (Vec<_>, Vec<_>) = self.on_their_way.drain(..).partition(|(at, _)| *at <= now);
            self.on_their_way = rest;
            self.playback.advance_until_idle(timeline, now, &mut |_| ());
            self.check();
            for (_, record) in arrived {
                if let Some(adopted) =
                    self.shared.adopt(timeline, &self.playback, &record, now).expect("it can be played")
                {
                    self.playback = adopted;
                }
                self.check();
            }
        }

        /// What subscribers are sent never goes back.
        fn check(&mut self) {
            let (before, after) = (self.before, self.playback.playhead());
            assert!(after.epoch >= before.epoch && after.version >= before.version, "{before:?} -> {after:?}");
            if after.epoch > before.epoch {
                let announced = after.at_epoch_start().version;
                assert!(announced > before.version || after.previous_lap.is_some(), "{before:?} -> {after:?}");
            }
            if after.epoch == before.epoch {
                assert!(after.head >= before.head && after.start == before.start, "{before:?} -> {after:?}");
            }
            self.before = after;
        }
    }

    fn timeline() -> Timeline {
        Timeline::new(&SHIPPED[0].load().expect("shipped"))
    }

    fn any_command() -> impl Strategy<Value = &'static str> {
        let lines = [
            "pause",
            "play",
            "play",
            "seek 10:00",
            "seek 89:00",
            "seek 100%",
            "restart",
            "step",
            "step 20",
            "speed 600",
            "speed 60",
            "loop on",
            "loop off",
            "pace highlights",
            "pace off",
        ];
        prop::sample::select(lines.to_vec())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

        /// However late and in whatever order records arrive, nothing that subscribers were sent is taken back; and once the last record
        /// is there, all show the same.
        #[test]
        fn followers_agree_once_they_know_the_same(
            looping in any::<bool>(),
            steps in prop::collection::vec((any_command(), 0_u64..8_000, 0_u64..30_000), 1..20),
            restarted in any::<bool>(),
        ) {
            let (timeline, mut now) = (timeline(), Instant::now());
            let wall = Wall::Fixed { instant: now, time: SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200) };
            let options = PlaybackOptions {
                looping, speed: Speed::new(600.0).expect("a speed"), hold: Duration::from_secs(1), ..PlaybackOptions::default()
            };
            let mut upstream = Playback::new(&timeline, options.clone(), now).expect("options");
            upstream.advance_until_idle(&timeline, now, &mut |_| ());
            let (mut instance, mut revision) = (1, 1);
            let first = record(&upstream, instance, revision, wall, now);
            let mut followers = [0, 1].map(|_| Follower::new(&timeline, &first, wall, now));
            for (index, (line, wait, delay)) in steps.iter().enumerate() {
                now += Duration::from_millis(*wait);
                upstream.advance_until_idle(&timeline, now, &mut |_| ());
                followers.iter_mut().for_each(|follower| follower.poll(&timeline, now));
                if restarted && index == 5 {
                    upstream = Playback::new(&timeline, options.clone(), now).expect("options");
                    (instance, revision) = (2, 0);
                }
                let _ = upstream.apply(&timeline, &Command::parse_line(line).expect(line), now);
                revision += 1;
                let sent = record(&upstream, instance, revision, wall, now);
                // The second follower learns of everything at once.
                for (follower, delay) in followers.iter_mut().zip([*delay, 0]) {
                    let arrives = now + Duration::from_millis(delay);
                    follower.on_their_way.push((arrives, sent.clone()));
                }
                followers[1].poll(&timeline, now);
            }
            now += Duration::from_millis(30_000);
            upstream.advance_until_idle(&timeline, now, &mut |_| ());
            followers.iter_mut().for_each(|follower| follower.poll(&timeline, now));
            // A restart of the other server, or laps of one's own, may have numbered epochs and versions higher.
            let natural = |follower: &Follower| follower.shared.epoch_offset == 0;
            for follower in &followers {
                let (here, there) = (follower.playback.playhead(), upstream.playhead());
                prop_assert_eq!(here.epoch - follower.shared.epoch_offset, there.epoch);
                prop_assert_eq!((here.state, here.nominal, here.looping), (there.state, there.nominal, there.looping));
                prop_assert_eq!(here.clock.media_time(now), there.clock.media_time(now));
                prop_assert!(here.head >= there.head, "{here:?} {there:?}");
                if follower.playback.playhead().head != there.head {
                    // It was late for a pause.
                    prop_assert!(here.clock.media_time(now) <= timeline.cues()[here.head as usize - 1].at);
                }
            }
            if !restarted {
                prop_assert!(natural(&followers[1]));
                prop_assert_eq!(followers[1].playback.playhead().version, upstream.playhead().version);
            }
        }
    }

    #[test]
    fn a_server_that_learns_late_of_a_pause_keeps_its_head_until_the_others_are_there() {
        let (timeline, now) = (timeline(), Instant::now());
        let wall = Wall::Fixed { instant: now, time: SystemTime::UNIX_EPOCH };
        let mut upstream = Playback::new(&timeline, PlaybackOptions::default(), now).expect("options");
        let mut follower = Follower::new(&timeline, &record(&upstream, 1, 1, wall, now), wall, now);
        let (paused, learns) = (now + Duration::from_secs(50), now + Duration::from_secs(60));
        upstream.apply(&timeline, &Command::Pause, paused).expect("applied");
        follower.on_their_way.push((learns, record(&upstream, 1, 2, wall, paused)));
        follower.poll(&timeline, learns);
        let (here, there) = (follower.playback.playhead(), upstream.playhead());
        assert_eq!((here.epoch, here.state, here.version), (there.epoch, there.state, there.version));
        assert_eq!(here.clock.media, there.clock.media);
        assert!(here.head > there.head, "{} {}", here.head, there.head);
        let resumed = learns + Duration::from_secs(5);
        upstream.apply(&timeline, &Command::Play, resumed).expect("applied");
        follower.on_their_way.push((resumed, record(&upstream, 1, 3, wall, resumed)));
        follower.poll(&timeline, resumed);
        let later = resumed + Duration::from_secs(11);
        upstream.advance_until_idle(&timeline, later, &mut |_| ());
        follower.poll(&timeline, later);
        assert_eq!(follower.playback.playhead().head, upstream.playhead().head);
    }

    #[test]
    fn an_older_record_is_not_adopted() {
        let (timeline, now) = (timeline(), Instant::now());
        let wall = Wall::Fixed { instant: now, time: SystemTime::UNIX_EPOCH };
        let mut upstream = Playback::new(&timeline, PlaybackOptions::default(), now).expect("options");
        let old = record(&upstream, 1, 1, wall, now);
        upstream.apply(&timeline, &Command::Pause, now).expect("applied");
        let mut follower = Follower::new(&timeline, &record(&upstream, 1, 2, wall, now), wall, now);
        assert_eq!(
            follower.shared.adopt(&timeline, &follower.playback, &old, now).map(|adopted| adopted.is_none()),
            Ok(true)
        );
        follower.on_their_way.push((now, old));
        follower.poll(&timeline, now);
        assert_eq!(follower.playback.playhead(), upstream.playhead());
    }

    #[test]
    fn corrections_of_the_wall_clock_are_followed_slowly() {
        let (timeline, now) = (timeline(), Instant::now());
        let at = |time| Wall::Fixed { instant: now, time: SystemTime::UNIX_EPOCH + Duration::from_millis(time) };
        let options = PlaybackOptions { speed: Speed::SLOWEST, ..PlaybackOptions::default() };
        let upstream = Playback::new(&timeline, options, now).expect("options");
        let (mut shared, playback) =
            SharedPlayback::start(&timeline, &record(&upstream, 1, 1, at(1_000), now), at(1_000), now)
                .expect("a record");
        // However long it was right before.
        let hour = now + Duration::from_secs(3_600);
        assert!(shared.follow_clock(&timeline, &playback, at(1_000), hour).is_none());
        let later = hour + Duration::from_secs(4);
        // The clock was set forward by 300 ms: of these, four seconds take 20 ms, at 0.01x 0.2 ms of match time.
        let moved = shared.follow_clock(&timeline, &playback, at(1_300), later).expect("moved");
        let ahead = moved.playhead().clock.media_time(later) - playback.playhead().clock.media_time(later);
        assert_eq!(ahead.as_nanos(), 200_000);
        assert_eq!(moved.playhead().epoch_start, playback.playhead().epoch_start);
    }
}
