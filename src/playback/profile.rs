//! What pace rules make of a timeline at a speed: the speed in effect at each moment, and how long that takes.

use std::collections::BTreeSet;
use std::ops::Range;
use std::time::Duration;

use super::clock::wall_needed;
use super::pace::Pace;
use super::speed::Speed;
use crate::scenario::{MediaTime, Span, Timeline};

/// The speed in effect along a timeline: the same until the next of a few boundaries.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// What holds before the first piece.
    first: Speed,
    /// From when another speed holds, in order; no two neighbours have the same.
    pieces: Vec<(MediaTime, Speed)>,
}

impl Profile {
    /// One speed throughout.
    pub fn flat(speed: Speed) -> Self {
        Self { first: speed, pieces: Vec::new() }
    }

    /// What `pace` makes of `nominal` on this timeline. At `max` nothing is waited for, so there is nothing to pace.
    pub fn new(timeline: &Timeline, nominal: Speed, pace: &Pace) -> Self {
        match nominal.factor() {
            Some(factor) if !pace.is_none() => Draft::new(timeline, factor, pace).finish(nominal),
            _ => Self::flat(nominal),
        }
    }

    /// The speed in effect from a moment on.
    pub fn speed_at(&self, media: MediaTime) -> Speed {
        let passed = self.pieces.partition_point(|(from, _)| *from <= media);
        passed.checked_sub(1).map_or(self.first, |piece| self.pieces[piece].1)
    }

    /// The next moment at which it changes.
    pub fn next_boundary(&self, media: MediaTime) -> Option<MediaTime> {
        let passed = self.pieces.partition_point(|(from, _)| *from <= media);
        self.pieces.get(passed).map(|(from, _)| *from)
    }

    /// How long the wall waits between two moments; `None` at `max`.
    pub fn wall_length(&self, from: MediaTime, until: MediaTime) -> Option<Duration> {
        let mut wall = Duration::ZERO;
        let mut now = from;
        while now < until {
            let next = self.next_boundary(now).map_or(until, |boundary| boundary.min(until));
            wall = wall.saturating_add(wall_needed(next - now, self.speed_at(now).factor()?));
            now = next;
        }
        self.first.factor().map(|_| wall)
    }
}

/// How long a stretch of a timeline takes on the wall; `None` at `max`.
pub fn wall_length(
    timeline: &Timeline,
    speed: Speed,
    pace: &Pace,
    from: MediaTime,
    until: MediaTime,
) -> Option<Duration> {
    Profile::new(timeline, speed, pace).wall_length(from, until)
}

/// The one speed that makes a stretch of a timeline last so long on the wall, to the millisecond and as round as that
/// allows. The error says what would be possible.
pub fn fit(
    timeline: &Timeline,
    pace: &Pace,
    from: MediaTime,
    until: MediaTime,
    wall: Duration,
) -> Result<Speed, String> {
    let length = |factor: f64| {
        let profile = Profile::new(timeline, Speed::effective(factor), pace);
        profile.wall_length(from, until).unwrap_or_default()
    };
    let bounds = [Speed::SLOWEST, Speed::FASTEST].map(|speed| speed.factor().unwrap_or(1.0));
    let [mut slow, mut fast] = bounds;
    let (longest, shortest) = (length(slow), length(fast));
    let close = |factor: f64| length(factor).abs_diff(wall) <= Duration::from_millis(1);
    if wall > longest && !close(slow) || wall < shortest && !close(fast) {
        let print = Span::of;
        let (wall, shortest, longest) = (print(wall), print(shortest), print(longest));
        let paced = if pace.is_none() { String::new() } else { format!(" with pace {pace}") };
        return Err(format!("no speed makes it last {wall}{paced}: {shortest} to {longest} is possible"));
    }
    // The length never rises with the speed. The middle is the geometric one: the range spans six orders.
    for _ in 0..64 {
        let middle = (slow * fast).sqrt();
        if length(middle) > wall { slow = middle } else { fast = middle }
    }
    let [slowest, fastest] = bounds;
    let found = fast.clamp(slowest, fastest);
    let round = (0..9).map(|digits| 10_f64.powi(digits)).map(|unit| (found * unit).round() / unit);
    let round = round.filter(|factor| (slowest..=fastest).contains(factor)).find(|factor| close(*factor));
    Speed::new(round.unwrap_or(found))
}

/// A profile in the making: every moment at which a rule may begin or cease to hold, and the speed from there on.
struct Draft {
    edges: Vec<MediaTime>,
    speeds: Vec<f64>,
}

impl Draft {
    fn new(timeline: &Timeline, nominal: f64, pace: &Pace) -> Self {
        let breaks = if pace.break_.is_some() { breaks(timeline) } else { Vec::new() };
        let waits = if pace.gap.is_some() { waits(timeline) } else { Vec::new() };
        let slower = slower(timeline, pace);
        let stretches = slower.iter().map(|(stretch, _)| stretch).chain(&breaks).chain(&waits);
        let edges: BTreeSet<MediaTime> = stretches.flat_map(|stretch| [stretch.start, stretch.end]).collect();
        let edges: Vec<MediaTime> = edges.into_iter().collect();
        let mut draft = Self { speeds: vec![nominal; edges.len()], edges };
        for (stretch, most) in &slower {
            for piece in draft.pieces(stretch) {
                draft.speeds[piece] = draft.speeds[piece].min(*most);
            }
        }
        // Caps come last, and only ever make a stretch shorter, so each holds whichever was first.
        for (stretches, cap) in [(&breaks, pace.break_), (&waits, pace.gap)] {
            for stretch in stretches {
                draft.shorten(stretch, cap.unwrap_or_default());
            }
        }
        draft
    }

    fn pieces(&self, stretch: &Range<MediaTime>) -> Range<usize> {
        let piece = |at: MediaTime| self.edges.partition_point(|edge| *edge < at);
        piece(stretch.start)..piece(stretch.end)
    }

    /// Speeds a stretch up, all of it alike, if it takes longer than `cap` on the wall.
    fn shorten(&mut self, stretch: &Range<MediaTime>, cap: Span) {
        let pieces = self.pieces(stretch);
        let length = |piece: usize| (self.edges[piece + 1] - self.edges[piece]).as_nanos() as f64;
        let wall: f64 = pieces.clone().map(|piece| length(piece) / self.speeds[piece]).sum();
        let cap = cap.as_nanos() as f64;
        if wall > cap {
            self.speeds[pieces].iter_mut().for_each(|speed| *speed *= wall / cap);
        }
    }

    fn finish(self, nominal: Speed) -> Profile {
        let mut profile = Profile::flat(nominal);
        let pieces = self.edges.into_iter().zip(self.speeds);
        for (from, speed) in pieces.map(|(from, speed)| (from, Speed::effective(speed))) {
            let before = profile.pieces.last().map_or(nominal, |(_, speed)| *speed);
            if before != speed {
                profile.pieces.push((from, speed));
            }
        }
        profile
    }
}

/// The stretches between two spells of play, of whatever match: half-times, suspensions, lulls between matches.
fn breaks(timeline: &Timeline) -> Vec<Range<MediaTime>> {
    let phases = timeline.tracks().iter().flat_map(|track| track.layout.phases());
    let mut play: Vec<_> = phases.filter(|phase| phase.status.in_play()).map(|phase| phase.from..phase.to).collect();
    play.sort_by_key(|spell| spell.start);
    let mut breaks = Vec::new();
    let mut until = play.first().map_or(MediaTime::ZERO, |spell| spell.end);
    for spell in play {
        if spell.start > until {
            breaks.push(until..spell.start);
        }
        until = until.max(spell.end);
    }
    breaks
}

/// The waits between one cue and the next, and those before the first and after the last.
fn waits(timeline: &Timeline) -> Vec<Range<MediaTime>> {
    let mut moments: Vec<MediaTime> = timeline.cues().iter().map(|cue| cue.at).collect();
    moments.extend([MediaTime::ZERO, timeline.length()]);
    moments.sort_unstable();
    moments.dedup();
    moments.windows(2).map(|pair| pair[0]..pair[1]).collect()
}

/// The stretches before events, each with the speed not to exceed in it.
fn slower(timeline: &Timeline, pace: &Pace) -> Vec<(Range<MediaTime>, f64)> {
    let mut slower = Vec::new();
    for before in &pace.before {
        let moments = timeline.moments(&before.events, None).iter().map(|cue| &timeline.cues()[*cue as usize]);
        let most = before.speed.factor().unwrap_or(f64::INFINITY);
        slower.extend(moments.map(|cue| (cue.at - before.lead..cue.at, most)));
    }
    slower
}

#[cfg(test)]
mod tests {
    use super::super::testing::{flagship, secs, speed, timeline, var_night};
    use super::*;

    fn pace(text: &str) -> Pace {
        Pace::parse(text, []).expect("rules")
    }

    fn at(seconds: i64) -> MediaTime {
        MediaTime::from_millis(seconds * 1_000)
    }

    fn near(wall: Option<Duration>, seconds: f64) -> bool {
        wall.is_some_and(|wall| wall.abs_diff(secs(seconds)) < Duration::from_micros(1))
    }

    #[test]
    fn no_rules_and_no_waiting_mean_one_speed() {
        let timeline = flagship();
        for (nominal, rules) in [(speed(60.0), "off"), (Speed::MAX, "highlights")] {
            assert_eq!(Profile::new(&timeline, nominal, &pace(rules)), Profile::flat(nominal));
        }
        let length = timeline.length();
        assert!(near(wall_length(&timeline, speed(60.0), &Pace::NONE, at(0), length), 6_827.0 / 60.0));
        assert_eq!(wall_length(&timeline, Speed::MAX, &Pace::NONE, at(0), length), None);
    }

    #[test]
    fn half_time_takes_three_seconds_and_the_match_no_less_than_before() {
        let timeline = flagship();
        let profile = Profile::new(&timeline, speed(60.0), &pace("break=3s"));
        assert!(near(profile.wall_length(at(2_885), at(3_785)), 3.0));
        assert!(near(profile.wall_length(at(0), at(2_885)), 2_885.0 / 60.0));
        assert!(near(profile.wall_length(at(3_785), timeline.length()), 3_042.0 / 60.0));
        // What is short enough stays as it is.
        let fast = Profile::new(&timeline, speed(1_000.0), &pace("break=3s"));
        assert_eq!(fast, Profile::flat(speed(1_000.0)));
    }

    #[test]
    fn no_two_cues_are_further_apart_than_the_gap() {
        for timeline in [flagship(), var_night()] {
            let profile = Profile::new(&timeline, speed(10.0), &pace("gap=5s+goal:lead=2m,speed=1"));
            for wait in waits(&timeline) {
                let wall = profile.wall_length(wait.start, wait.end).expect("finite");
                assert!(wall < secs(5.000_001), "{wall:?}");
            }
        }
    }

    #[test]
    fn before_a_goal_it_is_slow_and_after_it_as_before() {
        let timeline = flagship();
        let goal = at(6_432);
        let profile = Profile::new(&timeline, speed(60.0), &pace("goal:lead=30s,speed=5"));
        let speeds = [-31, -30, -1, 0].map(|seconds| profile.speed_at(goal + Span::from_secs(seconds)).to_string());
        assert_eq!(speeds, ["60", "5", "5", "60"]);
        assert_eq!(profile.next_boundary(at(0)), Some(goal - Span::from_secs(30)));
        assert_eq!(profile.next_boundary(goal), None);
        // At most that speed: who plays slower is not hurried.
        let slow = Profile::new(&timeline, speed(2.0), &pace("goal:lead=30s,speed=5"));
        assert_eq!(slow, Profile::flat(speed(2.0)));
    }

    #[test]
    fn one_speed_fits_and_what_does_not_fit_is_said() {
        let timeline = flagship();
        let until = timeline.length();
        assert_eq!(fit(&timeline, &Pace::NONE, at(0), until, secs(6_827.0 / 60.0)), Ok(speed(60.0)));
        for rules in ["off", "highlights", "break=3s", "gap=10s+card:lead=1m,speed=20"] {
            let wall = secs(60.0);
            let speed = fit(&timeline, &pace(rules), at(0), until, wall).expect(rules);
            let found = wall_length(&timeline, speed, &pace(rules), at(0), until).expect("finite");
            assert!(found.abs_diff(wall) <= Duration::from_millis(1), "{rules}: {speed}x takes {found:?}");
        }
        let error =
            fit(&timeline, &pace("highlights"), at(0), until, secs(3.0)).expect_err("six seconds before the goal");
        assert!(error.contains("highlights") || error.contains("possible"), "{error}");
        let error = fit(&timeline, &pace("gap=1s"), at(0), until, secs(86_400.0)).expect_err("no longer than its gaps");
        assert!(error.contains("possible"), "{error}");
        assert!(fit(&timeline, &Pace::NONE, until, until, secs(1.0)).is_err());
    }

    #[test]
    fn a_stretch_without_an_end_or_without_cues_is_no_trouble() {
        let empty = Timeline::new(&crate::scenario::Scenario::default());
        assert_eq!(Profile::new(&empty, speed(60.0), &pace("highlights")), Profile::flat(speed(60.0)));
        let one = timeline(r#"{"type":"goal","period":1,"clock":"0:00","side":"home","player":"h9"}"#);
        assert_eq!(wall_length(&one, speed(1.0), &pace("highlights"), at(0), one.length()), Some(Duration::ZERO));
    }
}
