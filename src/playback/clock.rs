//! The clock of a replay: one matched pair of media time and wall time, and two lines of arithmetic.

use std::time::{Duration, Instant};

use super::speed::Speed;
use crate::scenario::{MediaTime, Span};

/// Where media time is at any instant, until the next change of speed, pause, position or pace.
///
/// The pair is re-taken at each such change and never in between, and the arithmetic is on integers, so nothing adds
/// up: a replay of a week is as exact in its last second as in its first. [`due`](Self::due) is the first instant at
/// which [`media_time`](Self::media_time) has arrived.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaybackClock {
    /// The media time of the pair.
    pub media: MediaTime,
    /// The instant of the pair.
    pub instant: Instant,
    /// The speed in effect, after pace rules; see [`Playhead::nominal`](super::Playhead::nominal) for the one asked for.
    pub speed: Speed,
    /// Whether media time runs at all. Pause is not speed zero.
    pub running: bool,
}

impl PlaybackClock {
    /// The media time at an instant. At `max` it moves only when the pair is re-taken, at the next stop.
    pub fn media_time(&self, now: Instant) -> MediaTime {
        let Some(factor) = self.speed.factor().filter(|_| self.running) else { return self.media };
        self.media + media_passed(now.saturating_duration_since(self.instant), factor)
    }

    /// The instant at which a media time is reached, to the nanosecond and never a hair early; what has passed was
    /// due at the anchor, and at `max` so is everything. `None` if the clock stands still.
    pub fn due(&self, media: MediaTime) -> Option<Instant> {
        if !self.running {
            return None;
        }
        let Some(factor) = self.speed.factor() else { return Some(self.instant) };
        self.instant.checked_add(wall_needed(media - self.media, factor))
    }
}

/// The media time that passes in so much time on the wall, rounded down.
fn media_passed(wall: Duration, factor: f64) -> Span {
    let (mantissa, shift) = parts(factor);
    let wall = i128::from(i64::try_from(wall.as_nanos()).unwrap_or(i64::MAX));
    Span::from_nanos(i64::try_from((wall * mantissa) >> shift).unwrap_or(i64::MAX))
}

/// The time on the wall that so much media time takes, rounded up; none for what has passed.
pub(super) fn wall_needed(media: Span, factor: f64) -> Duration {
    let (mantissa, shift) = parts(factor);
    let scaled = i128::from(media.as_nanos().max(0)) << shift;
    let wall = (scaled + mantissa - 1) / mantissa;
    Duration::from_nanos(u64::try_from(wall).unwrap_or(u64::MAX))
}

/// A factor as what it is: an integer below 2^53 over a power of two.
///
/// [`Speed`] keeps a factor within 2^-10..2^47, so the shift is 5 to 62 and no product of the two functions above
/// leaves 127 bits.
fn parts(factor: f64) -> (i128, u32) {
    let bits = factor.to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | 1 << 52;
    let exponent = (bits >> 52 & 0x7ff) as i32 - 1_075;
    (i128::from(mantissa), exponent.unsigned_abs().min(63))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn clock(factor: f64) -> PlaybackClock {
        PlaybackClock {
            media: MediaTime::from_millis(5_000),
            instant: Instant::now(),
            speed: Speed::effective(factor),
            running: true,
        }
    }

    #[test]
    fn at_sixty_a_minute_is_a_second() {
        let clock = clock(60.0);
        let second = clock.instant + Duration::from_secs(1);
        assert_eq!(clock.media_time(second), MediaTime::from_millis(65_000));
        assert_eq!(clock.due(MediaTime::from_millis(65_000)), Some(second));
        assert_eq!(clock.due(MediaTime::ZERO), Some(clock.instant));
    }

    #[test]
    fn a_clock_that_stands_still_has_nothing_due_and_max_has_everything() {
        let paused = PlaybackClock { running: false, ..clock(60.0) };
        let later = paused.instant + Duration::from_secs(9);
        assert_eq!((paused.due(MediaTime::ZERO), paused.media_time(later)), (None, paused.media));
        let max = PlaybackClock { speed: Speed::MAX, ..paused };
        assert_eq!(PlaybackClock { running: true, ..max }.due(MediaTime::from_millis(i64::MAX)), Some(max.instant));
    }

    #[test]
    fn rule_9_a_week_is_exact_at_every_speed_that_is_a_whole_number() {
        const WEEK_NANOS: i64 = 7 * 86_400 * 1_000_000_000;
        for factor in [1, 7, 60, 64, 1_000, 10_000] {
            let clock = clock(factor as f64);
            let due = clock.due(clock.media + Span::from_nanos(WEEK_NANOS)).expect("running");
            assert_eq!(due - clock.instant, Duration::from_nanos((WEEK_NANOS as u64).div_ceil(factor)));
        }
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        for factor in [f64::MIN_POSITIVE, 0.01, 1e14, f64::MAX] {
            let clock = clock(factor);
            for nanos in [i64::MIN, -1, 0, 1, i64::MAX] {
                clock.due(MediaTime::from_nanos(nanos));
                clock.media_time(clock.instant + Duration::from_nanos(nanos.unsigned_abs()));
            }
        }
    }

    proptest! {
        /// Not a nanosecond early, not a nanosecond late: whoever wakes at `due` finds it due, and would not have before.
        #[test]
        fn due_is_the_first_instant_at_which_the_media_time_has_come(
            factor in 0.01_f64..20_000.0, nanos in 1_i64..i64::MAX / 2_000,
        ) {
            let clock = clock(factor);
            let media = clock.media + Span::from_nanos(nanos);
            let due = clock.due(media).expect("running");
            prop_assert!(clock.media_time(due) >= media);
            prop_assert!(clock.media_time(due - Duration::from_nanos(1)) < media);
        }
    }
}
