//! The scoreboard clock of a match at any time, including while the feed reports nothing.

use super::super::layout::kickoff_delay;
use super::{MediaTime, Timeline, Track};
use crate::football::{MatchClock, MatchState, Minute, Reading, Status};

/// The clock of a scoreboard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ScoreboardClock {
    /// The status of the match.
    pub status: Status,
    /// The clock reading.
    pub reading: Reading,
    /// The minute; `None` outside play.
    pub minute: Option<Minute>,
    /// The minutes of stoppage time announced for the period.
    pub announced: Option<u16>,
}

impl Timeline {
    /// The scoreboard clock of a match at a time, given its state after the cues released by then.
    ///
    /// At the exact start of a phase the state decides: until the cue that reports it is released, the previous phase shows.
    ///
    /// # Panics
    /// If `track` is not an index in [`Self::tracks`].
    pub fn clock_at(&self, track: usize, at: MediaTime, state: &MatchState) -> ScoreboardClock {
        let Track { fixture, layout, .. } = &self.content.tracks[track];
        let phase_start = layout.phase_of(state.status, at).map(|phase| phase.from);
        let status = match (layout.phase_before(at), phase_start) {
            // A sparse feed does not report kick-offs and ends; the layout knows them.
            (Some(phase), Some(phase_start)) if phase.from > phase_start => phase.status,
            (Some(phase), None) if state.status == Status::Scheduled => phase.status,
            _ => state.status,
        };
        let Some(phase) = layout.phase_of(status, at) else {
            // No clock is reported in this status: count down to the first phase, or up from the last.
            let since = |from: MediaTime| Reading::from_millis((at - from).as_nanos().div_euclid(1_000_000));
            let phases = layout.phases();
            let reading = match status {
                Status::Scheduled => phases.first().map(|first| since(first.from).min(Reading::default())),
                _ => phases.last().map(|last| since(last.to).max(Reading::default())),
            };
            let reading = reading.unwrap_or_default();
            return ScoreboardClock { status, reading, minute: None, announced: None };
        };
        let at = match status {
            // The countdown extends to any time before the match.
            Status::Scheduled => at,
            // In play, the last reading stays until the end of the period is reported.
            status if status.is_in_play() => at.min(phase.to).max(phase.from),
            _ => at.max(phase.from),
        };
        let reading = match status {
            // Counts down to the kick-off known to the state, and stops at zero if the kick-off is late without a report.
            Status::Scheduled => {
                let kickoff = layout.scheduled_kickoff() + kickoff_delay(fixture, state.kickoff());
                Reading::from_millis((at - kickoff).as_nanos().div_euclid(1_000_000)).min(Reading::default())
            }
            _ => phase.reading_at(at),
        };
        let clock = MatchClock { status, reading };
        let announced = status.period().and_then(|period| state.announced_minutes(period));
        ScoreboardClock { status, reading, minute: clock.minute(&fixture.rules.periods), announced }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::scenario;
    use super::*;

    fn timeline(lines: &str) -> Timeline {
        Timeline::new(&scenario(lines))
    }

    /// The scoreboard at a time, in milliseconds of the timeline: `first_half 45:00 45+1`.
    fn shown(timeline: &Timeline, millis: i64) -> String {
        let at = MediaTime::from_millis(millis);
        let state = timeline.state_at(0, timeline.index_after(at));
        let clock = timeline.clock_at(0, at, &state);
        let minute = clock.minute.map(|minute| format!(" {minute}")).unwrap_or_default();
        let announced = clock.announced.map(|minutes| format!(" (+{minutes})")).unwrap_or_default();
        format!("{} {}{minute}{announced}", clock.status, clock.reading)
    }

    #[test]
    fn the_scoreboard_of_a_full_feed() {
        let timeline = timeline(
            r#"{"type":"lineup","status":"scheduled","clock":"-1:00","side":"home"}
               {"type":"period_start","period":1,"clock":"00:00"}
               {"type":"added_time","period":1,"clock":"45:00","minutes":2}
               {"type":"period_end","period":1,"clock":"47:05"}
               {"type":"period_start","period":2,"clock":"45:00"}
               {"type":"period_end","period":2,"clock":"94:02"}
               {"type":"match_end","period":2,"clock":"94:02"}
               {"type":"commentary","status":"full_time","clock":"0:30","text":"over"}"#,
        );
        let (kickoff, half, second, end) = (60_000, 60_000 + 2_825_000, 60_000 + 3_725_000, 60_000 + 6_667_000);
        for (at, expected) in [
            (0, "scheduled -1:00"),
            (kickoff - 1, "scheduled -0:00.001"),
            (kickoff, "first_half 00:00 1"),
            (kickoff + 59_999, "first_half 00:59.999 1"),
            (kickoff + 2_699_999, "first_half 44:59.999 45"),
            (kickoff + 2_700_000, "first_half 45:00 45+1 (+2)"),
            (half - 1, "first_half 47:04.999 45+3 (+2)"),
            (half, "half_time 00:00"),
            (half + 60_000, "half_time 01:00"),
            (second - 1, "half_time 14:59.999"),
            (second, "second_half 45:00 46"),
            (end - 2_000, "second_half 94:00 90+5"),
            (end, "full_time 00:00"),
            (end + 30_000, "full_time 00:30"),
        ] {
            assert_eq!(shown(&timeline, at), expected, "at {at}");
        }
    }

    #[test]
    fn the_scoreboard_of_a_sparse_feed() {
        let timeline = timeline(
            r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"type":"goal","period":2,"clock":"50:00","side":"home","player":"h9"}
               {"type":"commentary","status":"full_time","clock":"1:00","text":"over"}"#,
        );
        for (at, expected) in [
            (0, "first_half 20:00 21"),
            (1_499_999, "first_half 44:59.999 45"),
            (1_500_000, "first_half 45:00 45+1"),
            (1_500_001, "half_time 00:00.001"),
            (2_400_000, "half_time 15:00"),
            (2_400_001, "second_half 45:00.001 46"),
            (2_700_000, "second_half 50:00 51"),
            (5_100_001, "full_time 00:00.001"),
            (5_160_000, "full_time 01:00"),
        ] {
            assert_eq!(shown(&timeline, at), expected, "at {at}");
        }
    }

    #[test]
    fn the_scoreboard_of_a_suspension() {
        let timeline = timeline(
            r#"{"type":"period_start","period":1,"clock":"00:00"}
               {"type":"suspended","period":1,"clock":"30:00"}
               {"type":"resumed","status":"suspended","clock":"10:00"}
               {"type":"corner","period":1,"clock":"30:00","side":"home"}
               {"type":"corner","period":1,"clock":"31:00","side":"home"}"#,
        );
        for (at, expected) in [
            (1_799_999, "first_half 29:59.999 30"),
            (1_800_000, "suspended 00:00"),
            (2_399_999, "suspended 09:59.999"),
            (2_400_000, "first_half 30:00 31"),
            (2_459_999, "first_half 30:59.999 31"),
            (2_460_000, "first_half 31:00 32"),
        ] {
            assert_eq!(shown(&timeline, at), expected, "at {at}");
        }
    }

    #[test]
    fn a_delay_does_not_show_before_its_own_cue() {
        let timeline = timeline(
            r#"{"type":"lineup","status":"scheduled","clock":"-20:00","side":"home"}
               {"type":"delayed","status":"scheduled","clock":"-10:00","kickoff":"2018-04-22T19:05:00Z"}"#,
        );
        let at = timeline.cues()[1].at;
        let reading = |index| timeline.clock_at(0, at, &timeline.state_at(0, index)).reading.to_string();
        assert_eq!((reading(1), reading(2)), ("-10:00".to_owned(), "-30:00".to_owned()));
    }
}
