//! Finds the speed at which a section of a timeline takes a given wall time.

use std::time::Duration;

use super::clock::media_to_wall;
use super::pace::Pace;
use super::profile::PaceWindow;
use super::rejection::Rejection;
use super::speed::Speed;
use crate::scenario::{MediaTime, Span, Timeline};

/// Finds the speed at which the section from `from` to `until` takes `wall`, to the millisecond and as round a number
/// as that allows. The error names the possible range. The cost grows with the number of cues in the section: some 70
/// passes.
pub fn fit_speed(
    timeline: &Timeline,
    pace: &Pace,
    from: MediaTime,
    until: MediaTime,
    wall: Duration,
) -> Result<Speed, Rejection> {
    let mut section = SectionDuration {
        window: PaceWindow::covering(timeline, pace, from, until, 1),
        from,
        until,
        speeds: Vec::new(),
    };
    let bounds = [Speed::SLOWEST, Speed::FASTEST].map(|speed| speed.factor().unwrap_or(1.0));
    let [mut slow, mut fast] = bounds;
    let (longest, shortest) = (section.at_factor(slow), section.at_factor(fast));
    let close = |length: Duration| length.abs_diff(wall) <= Duration::from_millis(1);
    if wall > longest && !close(longest) || wall < shortest && !close(shortest) {
        let [wall, shortest, longest] = [wall, shortest, longest].map(Span::from_duration);
        let paced = if pace.is_none() { String::new() } else { format!(" with pace {pace}") };
        return Err(Rejection::bad_argument(format!(
            "no speed between 0.01 and 10000 makes it last {wall}{paced}: give {shortest} to {longest}"
        )));
    }
    // The duration never increases with the speed. The range spans six orders of magnitude, so bisect by the geometric
    // mean.
    for _ in 0..64 {
        let middle = (slow * fast).sqrt();
        if section.at_factor(middle) > wall { slow = middle } else { fast = middle }
    }
    let [slowest, fastest] = bounds;
    let found = fast.clamp(slowest, fastest);
    let round = (0..9).map(|digits| 10_f64.powi(digits)).map(|unit| (found * unit).round() / unit);
    let round =
        round.filter(|factor| (slowest..=fastest).contains(factor)).find(|factor| close(section.at_factor(*factor)));
    Speed::new(round.unwrap_or(found))
}

/// The wall time that a section of a timeline takes, as a function of the speed.
struct SectionDuration {
    window: PaceWindow,
    from: MediaTime,
    until: MediaTime,
    /// A buffer, kept for the next speed.
    speeds: Vec<f64>,
}

impl SectionDuration {
    fn at_factor(&mut self, factor: f64) -> Duration {
        let Self { window, from, until, speeds } = self;
        window.fill_speeds(factor, speeds);
        let nominal = Speed::from_pace_factor(factor);
        let mut wall = Duration::ZERO;
        let mut pass = |span: Span, speed: Speed| {
            wall = wall.saturating_add(speed.factor().map_or(Duration::ZERO, |factor| media_to_wall(span, factor)));
        };
        let (mut now, mut speed) = (*from, nominal);
        for (at, next) in window.speed_changes(nominal, speeds).take_while(|(at, _)| at < until) {
            if at > now {
                pass(at - now, speed);
                now = at;
            }
            speed = next;
        }
        pass(*until - now, speed);
        wall
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{flagship, secs, speed};
    use super::super::wall_duration;
    use super::*;
    use crate::playback::profile::tests::any_pace;
    use crate::scenario::testing::arbitrary::scenarios;

    fn pace(text: &str) -> Pace {
        Pace::parse(text, []).expect("rules")
    }

    #[test]
    fn fit_finds_the_speed_or_names_the_possible_range() {
        let timeline = flagship();
        let (start, until) = (MediaTime::ZERO, timeline.length());
        assert_eq!(fit_speed(&timeline, &Pace::NONE, start, until, secs(6_827.0 / 60.0)), Ok(speed(60.0)));
        for rules in ["off", "highlights", "break=3s", "gap=10s+card:lead=1m,speed=20"] {
            let wall = secs(60.0);
            let speed = fit_speed(&timeline, &pace(rules), start, until, wall).expect(rules);
            let found = wall_duration(&timeline, speed, &pace(rules), start, until).expect("finite");
            assert!(found.abs_diff(wall) <= Duration::from_millis(1), "{rules}: {speed}x takes {found:?}");
        }
        let error = fit_speed(&timeline, &pace("highlights"), start, until, secs(3.0))
            .expect_err("six seconds before the goal");
        assert!(error.message.contains("highlights") || error.message.contains("give "), "{error}");
        let error =
            fit_speed(&timeline, &pace("gap=1s"), start, until, secs(86_400.0)).expect_err("no longer than its gaps");
        assert!(error.message.contains("give "), "{error}");
        assert!(fit_speed(&timeline, &Pace::NONE, until, until, secs(1.0)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        /// A probed duration equals what `wall_duration` computes, for any section.
        #[test]
        fn a_probed_duration_is_the_wall_duration(
            scenario in scenarios(60),
            rules in any_pace(),
            power in -2.0_f64..4.0,
            shares in (-0.1_f64..1.1, -0.1_f64..1.1),
        ) {
            let timeline = Timeline::new(&scenario);
            let whole = timeline.length().as_nanos() as f64;
            let [from, until] = [shares.0, shares.1].map(|share| MediaTime::from_nanos((whole * share) as i64));
            let mut section =
                SectionDuration { window: PaceWindow::covering(&timeline, &rules, from, until, 1), from, until, speeds: Vec::new() };
            let factor = 10_f64.powf(power);
            let length = wall_duration(&timeline, speed(factor), &rules, from, until);
            prop_assert_eq!(Some(section.at_factor(factor)), length);
        }
    }
}
