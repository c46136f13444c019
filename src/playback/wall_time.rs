//! Wall-clock times of instants, exact to the nanosecond both ways: what servers share are wall-clock times.

use std::fmt;
use std::time::{Duration, Instant, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A wall-clock time in nanoseconds since the Unix epoch; in JSON a text as in RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct WallTime(i64);

impl WallTime {
    /// The time of a clock of the system; at the ends of the range for one that lies outside of it (years 1677 to 2262).
    pub(crate) fn of(time: SystemTime) -> Self {
        Self(match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(after) => i64::try_from(after.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_nanos()).map_or(i64::MIN, |nanos| -nanos),
        })
    }

    /// So much later.
    pub(crate) fn after(self, by: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(by.as_nanos()).unwrap_or(i64::MAX)))
    }

    /// So many nanoseconds later, or earlier where the number is negative.
    pub(crate) fn shifted(self, nanos: i64) -> Self {
        Self(self.0.saturating_add(nanos))
    }

    /// How much later it is than another time, in nanoseconds; negative where it is earlier.
    pub(crate) fn nanos_since(self, other: Self) -> i64 {
        self.0.saturating_sub(other.0)
    }
}

impl fmt::Display for WallTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(self.0.into()) {
            Ok(time) => write!(f, "{time}"),
            Err(error) => write!(f, "{error}"),
        }
    }
}

impl Serialize for WallTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for WallTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let time: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        i64::try_from(time.as_nanosecond()).map(Self).map_err(serde::de::Error::custom)
    }
}

/// Converts between instants of this process and wall-clock times, by one pair of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WallAnchor {
    /// An instant.
    pub(crate) instant: Instant,
    /// The wall-clock time of that instant.
    pub(crate) time: WallTime,
}

impl WallAnchor {
    /// The wall-clock time of an instant.
    pub(crate) fn time_of(self, instant: Instant) -> WallTime {
        match instant.checked_duration_since(self.instant) {
            Some(later) => self.time.after(later),
            None => {
                let earlier = self.instant.saturating_duration_since(instant);
                WallTime(self.time.0.saturating_sub(i64::try_from(earlier.as_nanos()).unwrap_or(i64::MAX)))
            }
        }
    }

    /// The instant of a wall-clock time; `None` if this process cannot represent it.
    pub(crate) fn instant_of(self, time: WallTime) -> Option<Instant> {
        let apart = Duration::from_nanos(time.0.abs_diff(self.time.0));
        if time >= self.time { self.instant.checked_add(apart) } else { self.instant.checked_sub(apart) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_time_reads_as_it_prints() {
        let time = WallTime(1_795_327_200_123_456_789);
        assert_eq!(serde_json::to_string(&time).expect("a text"), r#""2026-11-22T06:00:00.123456789Z""#);
        assert_eq!(WallTime::of(SystemTime::UNIX_EPOCH + Duration::from_nanos(7)), WallTime(7));
        assert_eq!(WallTime::of(SystemTime::UNIX_EPOCH - Duration::from_nanos(7)), WallTime(-7));
        for wrong in ["\"\"", "7", "\"2026-11-22\"", "\"9999-01-01T00:00:00Z\""] {
            assert!(serde_json::from_str::<WallTime>(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn both_ways_are_exact(nanos in any::<i64>(), apart in -1_000_000_000_000_000_i64..1_000_000_000_000_000) {
            let time = WallTime(nanos);
            let text = serde_json::to_string(&time).expect("a text");
            prop_assert_eq!(serde_json::from_str::<WallTime>(&text).expect(&text), time);
            let clock = WallAnchor { instant: Instant::now(), time: WallTime(1_795_327_200_123_456_789) };
            let time = WallTime(clock.time.0 + apart);
            prop_assert_eq!(clock.time_of(clock.instant_of(time).expect("near")), time);
        }
    }
}
