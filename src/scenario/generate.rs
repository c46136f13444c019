//! Scenarios generated from a seed: matches to test with where the story does not matter.

use super::{Scenario, ScenarioBuilder};
use crate::error::Result;
use crate::football::{EventType, Side};

/// Per cent of the minutes that have an event of a type. The figures make about three goals, twenty-five shots, ten corners,
/// twenty-five fouls and four bookings a match.
const CHANCES: &[(EventType, u64)] = &[
    (EventType::Goal, 3),
    (EventType::Shot, 27),
    (EventType::Corner, 11),
    (EventType::Foul, 27),
    (EventType::YellowCard, 4),
    (EventType::Offside, 4),
];

/// The pseudo-random numbers of a seed: SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

impl Scenario {
    /// A fictional match generated from a seed: the same seed gives the same scenario, in every build.
    ///
    /// ```
    /// use touchline::{Scenario, Timeline};
    ///
    /// let scenario = Scenario::generate(7)?;
    /// assert_eq!(scenario, Scenario::generate(7)?);
    /// assert!(Timeline::new(&scenario).cues().len() > 40);
    /// # Ok::<(), touchline::Error>(())
    /// ```
    pub fn generate(seed: u64) -> Result<Self> {
        let mut random = Random(seed);
        let mut builder = Self::builder("Eastmoor", "Westhaven");
        for minute in 0..90 {
            for (kind, chance) in CHANCES {
                if random.below(100) < *chance {
                    builder = event(builder, &mut random, kind.clone(), &format!("{minute}"));
                }
            }
        }
        for stoppage in ["45+1", "90+1", "90+2"] {
            builder = event(builder, &mut random, EventType::Shot, stoppage);
        }
        builder.build()
    }
}

fn event(builder: ScenarioBuilder, random: &mut Random, kind: EventType, minute: &str) -> ScenarioBuilder {
    let (second, side) = (random.below(60), if random.below(2) == 0 { Side::Home } else { Side::Away });
    builder.event(kind, &format!("{minute}:{second:02}"), side)
}

#[cfg(test)]
mod tests {
    use super::super::Timeline;
    use super::*;

    #[test]
    fn every_seed_gives_a_plausible_match_of_its_own() {
        let of = |seed: u64| Scenario::generate(seed).expect("a scenario");
        let goals = |seed: u64| {
            let (scenario, timeline) = (of(seed), Timeline::new(&of(seed)));
            assert_eq!(scenario.check().error_count(), 0, "{seed}");
            let score = timeline.state_at(0, timeline.cues().len()).score();
            u32::from(score.home + score.away)
        };
        let goals: Vec<u32> = (0..40).map(goals).collect();
        assert!((80..160).contains(&goals.iter().sum::<u32>()), "two to four a match: {goals:?}");
        assert_ne!(of(1), of(2));
        assert_eq!(Timeline::new(&of(7)).digest(), 926_878_075, "the same in every build");
    }
}
