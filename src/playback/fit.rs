//! The one speed that makes a stretch of a timeline last so long on the wall.

use std::time::Duration;

use super::clock::wall_needed;
use super::pace::Pace;
use super::profile::Draft;
use super::speed::Speed;
use crate::scenario::{MediaTime, Span, Timeline};

/// The one speed that makes a stretch of a timeline last so long on the wall, to the millisecond and as round as that
/// allows. The error says what would be possible. Takes the longer, the more cues are in it: some 70 passes.
pub fn fit(
    timeline: &Timeline,
    pace: &Pace,
    from: MediaTime,
    until: MediaTime,
    wall: Duration,
) -> Result<Speed, String> {
    let mut lengths = Lengths { draft: Draft::around(timeline, pace, from, until, 1), from, until, speeds: Vec::new() };
    let bounds = [Speed::SLOWEST, Speed::FASTEST].map(|speed| speed.factor().unwrap_or(1.0));
    let [mut slow, mut fast] = bounds;
    let (longest, shortest) = (lengths.at(slow), lengths.at(fast));
    let close = |length: Duration| length.abs_diff(wall) <= Duration::from_millis(1);
    if wall > longest && !close(longest) || wall < shortest && !close(shortest) {
        let print = Span::of;
        let (wall, shortest, longest) = (print(wall), print(shortest), print(longest));
        let paced = if pace.is_none() { String::new() } else { format!(" with pace {pace}") };
        return Err(format!("no speed makes it last {wall}{paced}: {shortest} to {longest} is possible"));
    }
    // The length never rises with the speed. The middle is the geometric one: the range spans six orders.
    for _ in 0..64 {
        let middle = (slow * fast).sqrt();
        if lengths.at(middle) > wall { slow = middle } else { fast = middle }
    }
    let [slowest, fastest] = bounds;
    let found = fast.clamp(slowest, fastest);
    let round = (0..9).map(|digits| 10_f64.powi(digits)).map(|unit| (found * unit).round() / unit);
    let round = round.filter(|factor| (slowest..=fastest).contains(factor)).find(|factor| close(lengths.at(*factor)));
    Speed::new(round.unwrap_or(found))
}

/// How long a stretch of a timeline takes on the wall, by the speed.
struct Lengths {
    draft: Draft,
    from: MediaTime,
    until: MediaTime,
    /// Kept for the next speed.
    speeds: Vec<f64>,
}

impl Lengths {
    fn at(&mut self, factor: f64) -> Duration {
        let Self { draft, from, until, speeds } = self;
        draft.speeds(factor, speeds);
        let nominal = Speed::effective(factor);
        let mut wall = Duration::ZERO;
        let mut pass = |span: Span, speed: Speed| {
            wall = wall.saturating_add(speed.factor().map_or(Duration::ZERO, |factor| wall_needed(span, factor)));
        };
        let (mut now, mut speed) = (*from, nominal);
        for (at, next) in draft.pieces(nominal, speeds).take_while(|(at, _)| at < until) {
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
    use super::super::wall_length;
    use super::*;
    use crate::playback::profile::tests::any_pace;
    use crate::scenario::testing::arbitrary::scenarios;

    fn pace(text: &str) -> Pace {
        Pace::parse(text, []).expect("rules")
    }

    #[test]
    fn one_speed_fits_and_what_does_not_fit_is_said() {
        let timeline = flagship();
        let (start, until) = (MediaTime::ZERO, timeline.length());
        assert_eq!(fit(&timeline, &Pace::NONE, start, until, secs(6_827.0 / 60.0)), Ok(speed(60.0)));
        for rules in ["off", "highlights", "break=3s", "gap=10s+card:lead=1m,speed=20"] {
            let wall = secs(60.0);
            let speed = fit(&timeline, &pace(rules), start, until, wall).expect(rules);
            let found = wall_length(&timeline, speed, &pace(rules), start, until).expect("finite");
            assert!(found.abs_diff(wall) <= Duration::from_millis(1), "{rules}: {speed}x takes {found:?}");
        }
        let error =
            fit(&timeline, &pace("highlights"), start, until, secs(3.0)).expect_err("six seconds before the goal");
        assert!(error.contains("highlights") || error.contains("possible"), "{error}");
        let error = fit(&timeline, &pace("gap=1s"), start, until, secs(86_400.0)).expect_err("no longer than its gaps");
        assert!(error.contains("possible"), "{error}");
        assert!(fit(&timeline, &Pace::NONE, until, until, secs(1.0)).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        /// What is tried out takes as long as it is said to take elsewhere, on any stretch.
        #[test]
        fn a_length_at_a_speed_is_the_length(
            scenario in scenarios(60),
            rules in any_pace(),
            power in -2.0_f64..4.0,
            shares in (-0.1_f64..1.1, -0.1_f64..1.1),
        ) {
            let timeline = Timeline::new(&scenario);
            let whole = timeline.length().as_nanos() as f64;
            let [from, until] = [shares.0, shares.1].map(|share| MediaTime::from_nanos((whole * share) as i64));
            let mut lengths =
                Lengths { draft: Draft::around(&timeline, &rules, from, until, 1), from, until, speeds: Vec::new() };
            let factor = 10_f64.powf(power);
            let length = wall_length(&timeline, speed(factor), &rules, from, until);
            prop_assert_eq!(Some(lengths.at(factor)), length);
        }
    }
}
