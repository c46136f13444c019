//! The clock of a replay: one anchor pair of media time and wall time, and the arithmetic between them.

use std::time::{Duration, Instant};

use super::speed::Speed;
use crate::scenario::{MediaTime, Span};

/// Maps instants to media time and back, until the next change of speed, pause, position or pace.
///
/// The anchor pair is re-taken at each such change and never in between. All arithmetic is on integers, so no error
/// accumulates: a replay of a week is as exact in its last second as in its first. [`due_at`](Self::due_at) is the first
/// instant at which [`media_time`](Self::media_time) has reached a given media time.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct PlaybackClock {
    /// The media time of the anchor pair.
    pub media: MediaTime,
    /// The instant of the anchor pair.
    pub instant: Instant,
    /// The speed in effect, after pace rules. The requested speed is [`Playhead::nominal`](super::Playhead::nominal).
    pub speed: Speed,
    /// Whether media time advances. A paused clock keeps its speed: pause is not speed zero.
    pub running: bool,
}

impl PlaybackClock {
    /// The media time at an instant. At `max` it changes only when the anchor is re-taken, at the next stop.
    pub fn media_time(&self, now: Instant) -> MediaTime {
        let Some(factor) = self.speed.factor().filter(|_| self.running) else { return self.media };
        self.media + wall_to_media(now.saturating_duration_since(self.instant), factor)
    }

    /// The instant at which a media time is reached: exact to the nanosecond, never early. A media time at or before
    /// the anchor, and any media time at `max`, is due at the anchor's instant. `None` if the clock is not running.
    pub fn due_at(&self, media: MediaTime) -> Option<Instant> {
        if !self.running {
            return None;
        }
        let Some(factor) = self.speed.factor() else { return Some(self.instant) };
        self.instant.checked_add(media_to_wall(media - self.media, factor))
    }
}

/// The media time that passes in `wall` at this speed, rounded down.
fn wall_to_media(wall: Duration, factor: f64) -> Span {
    let (mantissa, shift) = mantissa_and_shift(factor);
    let wall = i128::from(i64::try_from(wall.as_nanos()).unwrap_or(i64::MAX));
    Span::from_nanos(i64::try_from((wall * mantissa) >> shift).unwrap_or(i64::MAX))
}

/// The wall time that a span of media time takes at this speed, rounded up; zero for a negative span.
pub(super) fn media_to_wall(media: Span, factor: f64) -> Duration {
    let (mantissa, shift) = mantissa_and_shift(factor);
    let scaled = i128::from(media.as_nanos().max(0)) << shift;
    let wall = (scaled + mantissa - 1) / mantissa;
    Duration::from_nanos(u64::try_from(wall).unwrap_or(u64::MAX))
}

/// Splits a factor into an integer below 2^53 and a power of two to divide it by.
///
/// [`Speed`] keeps a factor within 2^-10..2^47, so the shift is 5 to 62 and the products in the two functions above fit
/// into 127 bits.
fn mantissa_and_shift(factor: f64) -> (i128, u32) {
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
            speed: Speed::from_pace_factor(factor),
            running: true,
        }
    }

    #[test]
    fn at_sixty_a_minute_is_a_second() {
        let clock = clock(60.0);
        let second = clock.instant + Duration::from_secs(1);
        assert_eq!(clock.media_time(second), MediaTime::from_millis(65_000));
        assert_eq!(clock.due_at(MediaTime::from_millis(65_000)), Some(second));
        assert_eq!(clock.due_at(MediaTime::ZERO), Some(clock.instant));
    }

    #[test]
    fn at_a_stopped_clock_nothing_is_due_and_at_max_everything() {
        let paused = PlaybackClock { running: false, ..clock(60.0) };
        let later = paused.instant + Duration::from_secs(9);
        assert_eq!((paused.due_at(MediaTime::ZERO), paused.media_time(later)), (None, paused.media));
        let max = PlaybackClock { speed: Speed::MAX, ..paused };
        assert_eq!(PlaybackClock { running: true, ..max }.due_at(MediaTime::from_millis(i64::MAX)), Some(max.instant));
    }

    #[test]
    fn rule_9_a_week_is_exact_at_every_speed_that_is_a_whole_number() {
        const WEEK_NANOS: i64 = 7 * 86_400 * 1_000_000_000;
        for factor in [1, 7, 60, 64, 1_000, 10_000] {
            let clock = clock(factor as f64);
            let due = clock.due_at(clock.media + Span::from_nanos(WEEK_NANOS)).expect("running");
            assert_eq!(due - clock.instant, Duration::from_nanos((WEEK_NANOS as u64).div_ceil(factor)));
        }
    }

    #[test]
    fn the_extremes_do_not_overflow() {
        for factor in [f64::MIN_POSITIVE, 0.01, 1e14, f64::MAX] {
            let clock = clock(factor);
            for nanos in [i64::MIN, -1, 0, 1, i64::MAX] {
                clock.due_at(MediaTime::from_nanos(nanos));
                clock.media_time(clock.instant + Duration::from_nanos(nanos.unsigned_abs()));
            }
        }
    }

    proptest! {
        /// Not a nanosecond early or late: at `due` the media time has been reached, one nanosecond before it has not.
        #[test]
        fn due_is_the_first_instant_at_which_the_media_time_has_come(
            factor in 0.01_f64..20_000.0, nanos in 1_i64..i64::MAX / 2_000,
        ) {
            let clock = clock(factor);
            let media = clock.media + Span::from_nanos(nanos);
            let due = clock.due_at(media).expect("running");
            prop_assert!(clock.media_time(due) >= media);
            prop_assert!(clock.media_time(due - Duration::from_nanos(1)) < media);
        }
    }
}
