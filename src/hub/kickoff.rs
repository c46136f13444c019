//! Kick-off times: as recorded, or as if the match were played today.

use std::time::Instant;

use jiff::civil::Time;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, Zoned};

use super::replay_options::ReplayOptions;
use crate::football::Status;
use crate::playback::{MIN_LAP, Playback, Rejection, wall_duration};
use crate::scenario::{MediaTime, Span, Timeline};

/// When the first match of a replay kicks off, as subscribers see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kickoff {
    /// As recorded in the scenario.
    #[default]
    Recorded,
    /// Today, at the moment at which playback reaches the kick-off.
    Now,
    /// At this time. Playback is where it would be had it played since.
    At(KickoffTime),
}

/// A wall-clock time, of today or of a given day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KickoffTime {
    /// The occurrence of a time of day that is nearest to now, at an offset from UTC.
    Daily(Time, Offset),
    /// A point in time.
    Moment(Timestamp),
}

impl KickoffTime {
    /// Parses `20:45`, `20:45:30` (both UTC), `20:45+01:00` and `2026-11-22T20:45:00Z`.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("{text:?} is no time on the wall: write 20:45 (UTC), 20:45+01:00 or 2026-11-22T20:45:00Z");
        // An unescaped plus in a query arrives as a blank.
        let text = text.trim().replace(' ', "+");
        if text.contains('T') {
            return text.parse().map(Self::Moment).map_err(|_| wrong());
        }
        let (time, offset) = match text.find(['+', '-', 'Z']) {
            Some(at) => text.split_at(at),
            None => (&*text, "Z"),
        };
        let parts = |text: &str| -> Option<Vec<i8>> {
            let two =
                |part: &str| part.parse().ok().filter(|_| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()));
            text.split(':').map(two).collect()
        };
        let time = match parts(time).as_deref() {
            Some([hour, minute]) => Time::new(*hour, *minute, 0, 0).ok(),
            Some([hour, minute, second]) => Time::new(*hour, *minute, *second, 0).ok(),
            _ => None,
        };
        let offset = match (offset.split_at(1), parts(offset.get(1..).unwrap_or_default()).as_deref()) {
            (("Z", ""), _) => Some(Offset::UTC),
            ((sign, _), Some([hours, minutes])) if *hours <= 14 && *minutes < 60 => {
                let seconds = i32::from(*hours) * 3_600 + i32::from(*minutes) * 60;
                Offset::from_seconds(if sign == "-" { -seconds } else { seconds }).ok()
            }
            _ => None,
        };
        Ok(Self::Daily(time.ok_or_else(wrong)?, offset.ok_or_else(wrong)?))
    }

    /// The point in time, given the present one.
    fn resolve_at(self, now: Timestamp) -> Option<Timestamp> {
        let (time, offset) = match self {
            Self::Moment(moment) => return Some(moment),
            Self::Daily(time, offset) => (time, offset),
        };
        let here: Zoned = now.to_zoned(offset.to_time_zone());
        let days = [here.date().yesterday().ok()?, here.date(), here.date().tomorrow().ok()?];
        let moments = days.into_iter().filter_map(|day| offset.to_timestamp(day.to_datetime(time)).ok());
        moments.min_by_key(|moment| moment.duration_since(now).abs())
    }
}

/// The most past laps that are played through to find the present: each takes time, and any visitor may ask for it.
const MOST_LAPS: u32 = 2_000;
/// The most past cues where a pace is set, because each may change the speed. One lap is always played through.
const MOST_PACED_CUES: u32 = 2_000_000;

/// Where on a timeline the first match kicks off, and the recorded time of that in milliseconds since the Unix epoch.
fn first_kickoff(timeline: &Timeline) -> Option<(MediaTime, i64)> {
    let kickoffs = timeline.tracks().iter().filter_map(|track| {
        let first_half = track.layout.phases().iter().find(|phase| phase.status == Status::FirstHalf)?;
        Some((first_half.from, track.fixture.kickoff.0))
    });
    kickoffs.min()
}

impl Kickoff {
    /// Sets when playback begins in `options`; all other options must be set already.
    pub fn apply(self, timeline: &Timeline, options: &mut ReplayOptions, now: Instant) -> Result<(), Rejection> {
        let at = match self {
            Self::Recorded => return Ok(()),
            Self::Now => None,
            Self::At(at) => Some(at),
        };
        let Some((kickoff, recorded)) = first_kickoff(timeline) else {
            return Err(Rejection::bad_argument("no match of this scenario kicks off"));
        };
        // How long after the start of playback the kick-off comes; negative where it lies before the start.
        let playback = Playback::new(timeline, options.playback.clone(), now)?;
        let between = |from, until| {
            wall_duration(timeline, options.playback.speed, &options.playback.pace, from, until)
                .map(|wall| SignedDuration::try_from(wall).unwrap_or(SignedDuration::MAX))
        };
        let until_kickoff = match between(playback.from(), kickoff).zip(between(kickoff, playback.from())) {
            Some((ahead, behind)) => ahead.saturating_sub(behind),
            None if at.is_some() => {
                return Err(Rejection::bad_argument(
                    "at speed max there is no wall time: give wall a speed, or leave it out",
                ));
            }
            None => SignedDuration::ZERO,
        };
        let wall = options.wall.at(now);
        let present =
            Timestamp::try_from(wall).map_err(|_| Rejection::bad_argument("the system's clock is out of range"))?;
        let target = match at {
            None => {
                present.saturating_add(until_kickoff).map_err(|error| Rejection::bad_argument(error.to_string()))?
            }
            Some(at) => {
                if options.wait_for > 0 || options.playback.paused {
                    let message = "wall says when it begins: it goes with neither wait_for nor paused";
                    return Err(Rejection::bad_argument(message));
                }
                let out_of_reach =
                    || Rejection::bad_argument("wall lies too far away: a day before or after now at most");
                let target = at.resolve_at(present).ok_or_else(out_of_reach)?;
                let since = present.duration_since(target).saturating_add(until_kickoff);
                if since.abs() > SignedDuration::from_hours(24) {
                    return Err(out_of_reach());
                }
                let lap = between(playback.from(), playback.until()).unwrap_or_default();
                let lap = lap.unsigned_abs().saturating_add(options.playback.hold).max(MIN_LAP);
                let cues = u32::try_from(timeline.cues().len()).unwrap_or(u32::MAX).max(1);
                let most = if options.playback.pace.is_none() {
                    MOST_LAPS
                } else {
                    (MOST_PACED_CUES / cues).clamp(1, MOST_LAPS)
                };
                if options.playback.looping && since > SignedDuration::ZERO && since.unsigned_abs() / most > lap {
                    let message = format!("wall would have to live through more than {most} laps: give a later one");
                    return Err(Rejection::bad_argument(message));
                }
                let amount = since.unsigned_abs();
                let began = if since.is_negative() { now.checked_add(amount) } else { now.checked_sub(amount) };
                options.began = Some(began.ok_or_else(out_of_reach)?);
                target
            }
        };
        // Frames give kick-offs in whole seconds.
        let moved = (target.as_second() * 1_000).saturating_sub(recorded);
        options.kickoff_offset = Span::from_nanos(moved.saturating_mul(1_000_000));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;
    use crate::hub::Wall;
    use crate::playback::{Pace, PlaybackOptions, Speed};
    use crate::scenario::SHIPPED;
    use crate::scenario::testing::scenario;

    fn moment(text: &str, now: &str) -> String {
        let time = KickoffTime::parse(text).expect(text);
        time.resolve_at(now.parse().expect("a time")).expect("within reach").to_string()
    }

    #[test]
    fn a_time_of_day_is_the_nearest_one() {
        assert_eq!(moment("20:45", "2026-11-22T19:00:00Z"), "2026-11-22T20:45:00Z");
        assert_eq!(moment("23:45", "2026-11-22T00:30:00Z"), "2026-11-21T23:45:00Z");
        assert_eq!(moment("00:15", "2026-11-22T23:30:00Z"), "2026-11-23T00:15:00Z");
        assert_eq!(moment("20:45:30+01:00", "2026-11-22T19:00:00Z"), "2026-11-22T19:45:30Z");
        assert_eq!(moment("20:45 01:00", "2026-11-22T19:00:00Z"), "2026-11-22T19:45:00Z", "a plus in a query");
        assert_eq!(moment("2018-04-22T20:45:00+02:00", "2026-11-22T19:00:00Z"), "2018-04-22T18:45:00Z");
        for wrong in ["", "25:00", "20", "20:4", "+1:00", "20:45+25:00", "20:45+1", "tomorrow", "20:45é", "T"] {
            assert!(KickoffTime::parse(wrong).is_err(), "{wrong}");
        }
    }

    /// The kick-off in milliseconds, and how many seconds ago (negative: in how many) playback begins.
    fn begun(kickoff: Kickoff, speed: f64, from: Option<&str>) -> Result<(i64, f64), Rejection> {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let now = Instant::now();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200);
        let from = from.map(|from| crate::playback::Position::parse(from).expect("a position"));
        let playback =
            PlaybackOptions { speed: Speed::new(speed).expect("a speed"), from, ..PlaybackOptions::default() };
        let mut options =
            ReplayOptions { playback, wall: Wall::Fixed { instant: now, time }, ..ReplayOptions::default() };
        kickoff.apply(&timeline, &mut options, now)?;
        let since = options.began.map_or(0.0, |began| match now.checked_duration_since(began) {
            Some(ago) => ago.as_secs_f64(),
            None => -began.duration_since(now).as_secs_f64(),
        });
        Ok((timeline.tracks()[0].fixture.kickoff.0 + options.kickoff_offset.as_millis(), since))
    }

    /// Checks a loop that began in the past.
    fn looped(timeline: &Timeline, kickoff: Kickoff, speed: f64, pace: &str) -> Result<(), Rejection> {
        let now = Instant::now();
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200);
        let (speed, pace) = (Speed::new(speed).expect("a speed"), Pace::read(pace).expect("rules"));
        let playback = PlaybackOptions { speed, pace, looping: true, ..PlaybackOptions::default() };
        let mut options =
            ReplayOptions { playback, wall: Wall::Fixed { instant: now, time }, ..ReplayOptions::default() };
        kickoff.apply(timeline, &mut options, now)
    }

    #[test]
    fn everything_is_where_it_would_be_had_it_kicked_off_then() {
        // It is 06:00 on that day.
        let at = |time| Kickoff::At(KickoffTime::parse(time).expect("a time"));
        let six = 1_795_327_200_000;
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let lead = first_kickoff(&timeline).expect("a kick-off").0.as_millis() as f64 / 1_000.0;
        assert_eq!(begun(at("06:00"), 1.0, None), Ok((six, lead)), "what comes before the kick-off has been played");
        assert_eq!(begun(at("05:30"), 1.0, None), Ok((six - 1_800_000, 1_800.0 + lead)));
        assert_eq!(begun(at("06:10"), 60.0, None), Ok((six + 600_000, lead / 60.0 - 600.0)));
        let (kickoff, since) = begun(at("06:00"), 1.0, Some("10:00")).expect("a place");
        assert_eq!((kickoff, since), (six, -600.0), "it begins ten minutes after its kick-off");
        let (kickoff, since) = begun(Kickoff::Now, 60.0, None).expect("now");
        assert_eq!((kickoff, since), (six + (lead / 60.0) as i64 * 1_000, 0.0));
        assert_eq!(begun(Kickoff::Recorded, 60.0, None), Ok((timeline.tracks()[0].fixture.kickoff.0, 0.0)));
        assert!(begun(at("2018-04-22T18:45:00Z"), 1.0, None).is_err(), "years away");
        assert!(begun(at("20:00"), 10_000.0, None).is_ok(), "once is once");
        let looped = |speed, pace| looped(&timeline, at("20:00"), speed, pace);
        assert!(looped(60.0, "off").is_ok() && looped(10_000.0, "off").is_err(), "36,000 laps");
        assert!(looped(60.0, "highlights").is_ok());
    }

    #[test]
    fn laps_with_a_pace_are_the_fewer_the_longer_the_timeline() {
        let corner = |second: i32| {
            let clock = format!("{:02}:{:02}", second / 60, second % 60);
            format!(r#"{{"type":"corner","period":1,"clock":"{clock}","side":"home"}}"#)
        };
        let lines: Vec<String> = (0..2_100).map(corner).collect();
        let timeline = Timeline::new(&scenario(&lines.join("\n")));
        let looped =
            |time, pace| looped(&timeline, Kickoff::At(KickoffTime::parse(time).expect("a time")), 600.0, pace);
        // A lap takes 3.5 s: an hour and a half are some 1,500.
        assert_eq!(looped("04:30", "off"), Ok(()));
        let refused = looped("04:30", "break=3s").expect_err("three million cues");
        assert!(refused.message.contains("more than 952 laps"), "{refused}");
        assert_eq!(looped("05:30", "break=3s"), Ok(()));
    }
}
