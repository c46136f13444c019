//! A playback as a record: what servers share of it, so that each computes the same playhead at the same moment.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::{Playback, TimelinePoint, pace_text};
use crate::json::MAX_SAFE_INTEGER;
use crate::playback::clock::PlaybackClock;
use crate::playback::pace::Pace;
use crate::playback::playhead::{ChangeCause, EpochStart, Playhead, PreviousLap, State};
use crate::playback::profile::SpeedProfile;
use crate::playback::rejection::Rejection;
use crate::playback::resolved::cue_count;
use crate::playback::speed::Speed;
use crate::playback::wall_time::{WallAnchor, WallTime};
use crate::scenario::{MediaTime, Span, Timeline};

/// The most laps between a record and the moment at which it is read, and the most cues in them where a pace is set.
const MAX_LAPS: u32 = 2_000;
const MAX_PACED_CUES: u32 = 2_000_000;
/// How far a clock may stand beyond the end of its timeline.
const MAX_OVERTIME: Span = Span::from_secs(7 * 86_400);

/// The complete state of a playback at one instant, without its timeline. All later playheads follow from it by arithmetic, up to the next
/// command: laps, pace boundaries and the end included.
///
/// Instants are wall-clock times, because it is read in other processes. [`Playback::record`] makes it, [`Playback::restore`] reads it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlaybackRecord {
    /// The instant at which playback was as the record says.
    pub(crate) at: WallTime,
    version: VersionRecord,
    epoch: u64,
    /// The last version before the first cue of the epoch.
    epoch_start: VersionRecord,
    /// How many cues were behind when the epoch began.
    start: u32,
    head: u32,
    version_head: u32,
    steps: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous_lap: Option<PreviousLap>,
    from: TimelinePoint,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<TimelinePoint>,
    /// How long the end is shown before the next lap.
    hold_ns: u64,
    starts_paused: bool,
    stepped_to_end: bool,
    epoch_ended: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    target: Option<u32>,
    lap_started: WallTime,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_lap: Option<WallTime>,
}

/// What a version is made of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct VersionRecord {
    number: u64,
    #[serde(with = "word")]
    cause: ChangeCause,
    #[serde(with = "word")]
    state: State,
    #[serde(with = "exact_speed")]
    nominal: Speed,
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<String>,
    #[serde(rename = "loop")]
    looping: bool,
    /// The anchor pair of the clock, its media time in nanoseconds, and the speed in effect.
    media: MediaTime,
    wall: WallTime,
    #[serde(with = "exact_speed")]
    speed: Speed,
}

/// Whether two readings of the wall clock can be of one instant: it may have been corrected in between.
fn is_same_time(one: WallTime, other: WallTime) -> bool {
    one.nanos_since(other).unsigned_abs() < 1_000_000_000
}

impl PlaybackRecord {
    /// Whether both are of the same epoch: of the same number, from the same place, begun at the same time.
    pub(crate) fn is_same_epoch(&self, other: &Self) -> bool {
        self.epoch == other.epoch && self.start == other.start && is_same_time(self.lap_started, other.lap_started)
    }

    /// Whether both are of the same version: of the same number, made by the same change at the same time.
    pub(crate) fn is_same_version(&self, other: &Self) -> bool {
        let same_time = is_same_time(self.version.wall, other.version.wall);
        same_time
            && self.version
                == VersionRecord { wall: self.version.wall, media: self.version.media, ..other.version.clone() }
    }

    /// How long the end is shown before the next lap.
    pub(crate) fn hold(&self) -> Duration {
        Duration::from_nanos(self.hold_ns)
    }
}

impl Playback {
    /// The record of the playback as it is at an instant. What is due by then must have been released.
    pub(crate) fn record(&self, now: Instant, wall: WallAnchor) -> PlaybackRecord {
        let Playhead { epoch, start, head, version_head, steps, previous_lap, epoch_start, .. } = self.playhead;
        let version = |of: &EpochStart, pace: Option<&std::sync::Arc<str>>| VersionRecord {
            number: of.version,
            cause: of.cause,
            state: of.state,
            nominal: of.nominal,
            pace: pace.map(|pace| pace.to_string()),
            looping: of.looping,
            media: of.clock.media,
            wall: wall.time_of(of.clock.instant),
            speed: of.clock.speed,
        };
        PlaybackRecord {
            at: wall.time_of(now),
            version: version(&EpochStart::from_playhead(&self.playhead), self.pace_text.as_ref()),
            epoch,
            epoch_start: version(&epoch_start, self.epoch_start_pace.as_ref()),
            start,
            head,
            version_head,
            steps,
            previous_lap,
            from: self.from,
            until: self.until,
            hold_ns: u64::try_from(self.hold.as_nanos()).unwrap_or(u64::MAX),
            starts_paused: self.starts_paused,
            stepped_to_end: self.stepped_to_end,
            epoch_ended: self.epoch_ended,
            target: self.target,
            lap_started: wall.time_of(self.lap_started),
            next_lap: self.next_lap.map(|at| wall.time_of(at)),
        }
    }

    /// The playback of a record, as it is at an instant; where that is before the record's, as it was then. It has no
    /// [`stall_limit`](super::PlaybackOptions::stall_limit), because a stall of one server must not move the others.
    ///
    /// Fails if the record cannot be of this timeline, or is so old that to live through all laps since would take too long.
    pub(crate) fn restore(
        timeline: &Timeline,
        record: &PlaybackRecord,
        wall: WallAnchor,
        now: Instant,
    ) -> Result<Self, Rejection> {
        let mut playback = Self::as_recorded(timeline, record, wall).ok_or_else(|| {
            Rejection::bad_argument("the record of the playback is not of this scenario, or cannot be true")
        })??;
        let cues = cue_count(timeline.cues().len()).max(1);
        let most = if playback.pace().is_none() { MAX_LAPS } else { (MAX_PACED_CUES / cues).clamp(1, MAX_LAPS) };
        for _ in 0..=most {
            if playback.advance(timeline, now.max(playback.latest)).is_none_or(|wake| wake > now) {
                return Ok(playback);
            }
        }
        let message = format!("the record of the playback, of {}, is more than {most} laps old", record.at);
        Err(Rejection::bad_argument(message))
    }

    /// The playback at the instant of the record; `None` if there cannot be such a one.
    fn as_recorded(timeline: &Timeline, record: &PlaybackRecord, wall: WallAnchor) -> Option<Result<Self, Rejection>> {
        let cues = cue_count(timeline.cues().len());
        let index = |index: u32| Some(index).filter(|index| *index <= cues);
        // Feed faults that were taken back may have played for longer than the timeline is.
        let last = timeline.length().max(MediaTime::ZERO) + MAX_OVERTIME;
        let media = |at| Some(at).filter(|at| (MediaTime::ZERO..=last).contains(at));
        let number = |number: u64| Some(number).filter(|number| (1..=MAX_SAFE_INTEGER).contains(number));
        let point = |point: TimelinePoint| Some(TimelinePoint { at: media(point.at)?, index: index(point.index)? });
        let version = |of: &VersionRecord| {
            let clock = PlaybackClock {
                media: media(of.media)?,
                instant: wall.instant_of(of.wall)?,
                speed: of.speed,
                running: of.state == State::Playing,
            };
            Some(EpochStart {
                version: number(of.number)?,
                clock,
                nominal: of.nominal,
                state: of.state,
                looping: of.looping,
                cause: of.cause,
            })
        };
        let pace = |of: &VersionRecord| match &of.pace {
            Some(text) => Pace::read(text).and_then(|pace| pace.check_for(timeline).map(|()| pace)),
            None => Ok(Pace::NONE),
        };
        let paces = pace(&record.version).and_then(|now| Ok((now, pace(&record.epoch_start)?)));
        let (pace, pace_before) = match paces {
            Ok(paces) => paces,
            Err(rejection) => return Some(Err(rejection.context("the record of the playback"))),
        };
        let EpochStart { version: number_of, clock, nominal, state, looping, cause } = version(&record.version)?;
        let previous_lap = match record.previous_lap {
            Some(PreviousLap { epoch, head }) => Some(PreviousLap { epoch: number(epoch)?, head: index(head)? }),
            None => None,
        };
        let in_order = record.start <= record.head
            && record.version_head <= record.head
            && record.epoch_start.number <= record.version.number
            && record.target.is_none_or(|target| (target as usize) < timeline.true_cues().len())
            && (record.next_lap.is_none() || state == State::Ended);
        let playhead = Playhead {
            epoch: number(record.epoch)?,
            start: index(record.start)?,
            head: index(record.head)?,
            previous_lap,
            clock,
            nominal,
            state,
            looping,
            version: number_of,
            version_head: record.version_head,
            steps: record.steps,
            cause,
            epoch_start: version(&record.epoch_start)?,
        };
        let until = match record.until {
            Some(until) => Some(point(until)?),
            None => None,
        };
        let next_lap = match record.next_lap {
            Some(at) => Some(wall.instant_of(at)?),
            None => None,
        };
        in_order.then_some(())?;
        Some(Ok(Self {
            playhead,
            pace_text: pace_text(&pace),
            epoch_start_pace: pace_text(&pace_before),
            profile: SpeedProfile::new(nominal, pace),
            speed_known_until: clock.media,
            from: point(record.from)?,
            until,
            end: TimelinePoint { at: timeline.length(), index: cues },
            hold: Duration::from_nanos(record.hold_ns),
            stall_limit: Duration::MAX,
            starts_paused: record.starts_paused,
            stepped_to_end: record.stepped_to_end,
            epoch_ended: record.epoch_ended,
            target: record.target,
            lap_started: wall.instant_of(record.lap_started)?,
            next_lap,
            wake: None,
            latest: wall.instant_of(record.at)?,
            stalls: 0,
        }))
    }

    /// Numbers the epochs so much higher: subscribers of this server have been sent those numbers for other epochs. Theirs is no longer the
    /// previous lap of this one.
    pub(crate) fn renumber_epoch(&mut self, by: u64) {
        if by > 0 {
            self.playhead.epoch = self.playhead.epoch.saturating_add(by).min(MAX_SAFE_INTEGER);
            self.playhead.previous_lap = None;
        }
    }

    /// Numbers the versions so much higher, that with which the epoch began among them.
    pub(crate) fn renumber_versions(&mut self, by: u64) {
        for number in [&mut self.playhead.version, &mut self.playhead.epoch_start.version] {
            *number = number.saturating_add(by).min(MAX_SAFE_INTEGER);
        }
    }

    /// Continues the epoch of another playback of it: what subscribers have been sent of it stays, cues that were released too early
    /// among it.
    pub(crate) fn continue_epoch(&mut self, other: &Self) {
        self.playhead.head = self.playhead.head.max(other.playhead.head);
        self.playhead.previous_lap = other.playhead.previous_lap;
        self.playhead.epoch_start = other.playhead.epoch_start;
        self.epoch_start_pace.clone_from(&other.epoch_start_pace);
    }
}

/// A speed as a text that reads back as the same number.
mod exact_speed {
    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    use super::Speed;

    pub(super) fn serialize<S: Serializer>(speed: &Speed, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(speed)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Speed, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "max" => Ok(Speed::MAX),
            number => number.parse().map(Speed::from_pace_factor).map_err(|_| D::Error::custom("not a speed")),
        }
    }
}

/// A member of a closed vocabulary.
mod word {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::de::{Deserialize, Deserializer, Error};
    use serde::ser::Serializer;

    pub(super) fn serialize<S: Serializer, W: Display>(word: &W, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(word)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, W: FromStr<Err = String>>(
        deserializer: D,
    ) -> Result<W, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}
