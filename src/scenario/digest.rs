//! The digest of a scenario: a 32-bit hash of its contents. Equal scenarios have equal digests.
//!
//! It covers everything that [`Scenario::write`] writes, but hashes values instead of their text: numbers as they
//! are, texts with their lengths. It is stable across machines and compiler versions, which the standard library's hasher
//! does not promise. Structs are destructured completely, so that the compiler reports a new field that is not hashed.

use std::sync::Arc;

use super::{
    Correction, EventRecord, FaultLine, FirstLeg, LineContent, MarkerLine, Scenario, Tie, TimedLine, UpcomingMatch,
};
use crate::football::{
    Coach, Details, EventId, EventType, FieldValue, LeagueTable, Match, MatchClock, MatchEvent, MatchId, Minute, Op,
    OrderKey, Period, PeriodRules, Player, PlayerId, Point, Reading, Rules, Score, Side, Source, Status, TableRow,
    Team, TeamId, UtcMillis,
};

/// Computes the digest. Line numbers are not included.
pub(super) fn digest(scenario: &Scenario) -> u32 {
    let mut digest = Digest(0x9e37_79b9_7f4a_7c15);
    scenario.add_to(&mut digest);
    (digest.0 >> 32) as u32 ^ digest.0 as u32
}

/// The hash so far.
struct Digest(u64);

impl Digest {
    /// Mixes in a word. Multiplication by an odd number and the xor-shift are invertible, so two different states stay
    /// different after the same word.
    fn add_word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.0 = mixed ^ mixed >> 32;
    }
}

/// A value with a digest.
trait Digested {
    /// Mixes the value in.
    fn add_to(&self, digest: &mut Digest);
}

/// Implements [`Digested`] for structs, by their fields in the order in which they are hashed. Those after `unless` are
/// hashed, with a text before them, only where the condition does not hold: other values keep the digest of earlier versions.
macro_rules! digest_fields {
    ($($name:ident { $($field:ident),+ }
        $(ignoring { $($ignored:ident),+ })?
        $(unless $none:block $text:literal { $($rare:ident),+ })?;
    )+) => {
        $(impl Digested for $name {
            #[inline]
            fn add_to(&self, digest: &mut Digest) {
                let Self { $($field,)+ $($($ignored: _,)+)? $($($rare,)+)? } = self;
                $($field.add_to(digest);)+
                $(if !$none {
                    $text.add_to(digest);
                    $($rare.add_to(digest);)+
                })?
            }
        })+
    };
}

/// Implements [`Digested`] for types by an equivalent value.
macro_rules! digest_as {
    ($(|$value:ident: $($name:ty $(where [$($generic:tt)+])?),+| $as:expr;)+) => {
        $($(impl $(<$($generic)+>)? Digested for $name {
            #[inline]
            fn add_to(&self, digest: &mut Digest) {
                let $value = self;
                $as.add_to(digest);
            }
        })+)+
    };
}

digest_fields! {
    Scenario { title, about, sources, matches, tables, fixtures, entries } unless { ties.is_empty() } "ties" { ties };
    Match { id, competition, season, round, venue, kickoff, period_starts, officials, rules, home, away };
    Rules { substitutions, periods, extra_time, var }
        unless { (extra_time_substitutions, concussion_substitutions, return_substitutions) == (&0, &0, &false) }
        "substitutions" { extra_time_substitutions, concussion_substitutions, return_substitutions };
    PeriodRules { half_minutes, extra_minutes };
    Team { id, name, short, colours, formation, coach, players };
    Player { id, name, number, position, starts, captain };
    LeagueTable { competition, season, order, rows };
    TableRow { team, name, played, won, drawn, lost, goals_for, goals_against, points }
        unless { *deducted == 0 } "deducted" { deducted };
    Tie { first, second, away_goals };
    UpcomingMatch { competition, round, kickoff, home, away };
    TimedLine { track, item } ignoring { line };
    // What it ignores is the same in all original reports, or derived by the timeline.
    MatchEvent { id, kind, clock, told, official, side, details } ignoring { rev, op, status };
    Correction { id, op, told, clock, kind, official, side, details };
    MarkerLine { clock, name };
    FaultLine { clock, fields };
    MatchClock { status, reading };
    Minute { minute, added };
    Source { provider, id, note };
    Point { x, y };
    Score { home, away };
}

digest_as! {
    |number: bool, u8, u16, u32, i32| i64::from(*number);
    |number: f32| number.to_bits();
    |at: UtcMillis| at.0;
    |reading: Reading| reading.as_millis();
    |period: Period| period.number();
    |id: MatchId, TeamId, PlayerId, EventId| id.as_str();
    |word: Side, Status, Op, OrderKey, EventType| word.as_str();
    |list: Vec<T> where [T: Digested]| list.as_slice();
    |shared: Arc<T> where [T: Digested + ?Sized]| **shared;
    |boxed: Box<T> where [T: Digested]| **boxed;
    |borrowed: &T where [T: Digested]| **borrowed;
}

impl Digested for i64 {
    fn add_to(&self, digest: &mut Digest) {
        digest.add_word(*self as u64);
    }
}

impl Digested for str {
    fn add_to(&self, digest: &mut Digest) {
        digest.add_word(self.len() as u64);
        let (words, rest) = self.as_bytes().as_chunks::<8>();
        for word in words {
            digest.add_word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            digest.add_word(u64::from_le_bytes(last));
        }
    }
}

impl<T: Digested> Digested for [T] {
    fn add_to(&self, digest: &mut Digest) {
        digest.add_word(self.len() as u64);
        self.iter().for_each(|item| item.add_to(digest));
    }
}

impl<T: Digested> Digested for Option<T> {
    fn add_to(&self, digest: &mut Digest) {
        self.is_some().add_to(digest);
        self.iter().for_each(|value| value.add_to(digest));
    }
}

impl<A: Digested, B: Digested> Digested for (A, B) {
    fn add_to(&self, digest: &mut Digest) {
        self.0.add_to(digest);
        self.1.add_to(digest);
    }
}

impl Digested for Coach {
    fn add_to(&self, digest: &mut Digest) {
        let Self { id, name } = self;
        name.add_to(digest);
        // Teams whose coach has no id keep the digest of earlier versions.
        if let Some(id) = id {
            "coach".add_to(digest);
            id.add_to(digest);
        }
    }
}

impl Digested for FirstLeg {
    fn add_to(&self, digest: &mut Digest) {
        match self {
            Self::Match(track) => track.add_to(digest),
            Self::Result(score) => {
                "result".add_to(digest);
                score.add_to(digest);
            }
        }
    }
}

impl Digested for LineContent {
    fn add_to(&self, digest: &mut Digest) {
        match self {
            Self::Event(EventRecord::First(event)) => (0_u8, event).add_to(digest),
            Self::Event(EventRecord::Correction(correction)) => (1_u8, correction).add_to(digest),
            Self::Marker(marker) => (2_u8, marker).add_to(digest),
            Self::Fault(fault) => (3_u8, fault).add_to(digest),
        }
    }
}

impl Digested for Details {
    fn add_to(&self, digest: &mut Digest) {
        for (field, value) in self.iter() {
            field.as_str().add_to(digest);
            value.add_to(digest);
        }
        self.unknown_fields().add_to(digest);
    }
}

impl Digested for FieldValue {
    fn add_to(&self, digest: &mut Digest) {
        match self {
            Self::Player(id) => id.add_to(digest),
            Self::Event(id) => id.add_to(digest),
            Self::Events(ids) => ids.add_to(digest),
            Self::Text(text) => text.add_to(digest),
            Self::Flag(flag) => flag.add_to(digest),
            Self::Minutes(minutes) => minutes.add_to(digest),
            Self::Metres(number) | Self::Probability(number) => number.add_to(digest),
            Self::Point(point) => point.add_to(digest),
            Self::Moment(at) => at.add_to(digest),
            Self::Score(score) => score.add_to(digest),
            Self::Source(source) => source.add_to(digest),
            // Distinct from any text, whose hash begins with its length.
            Self::Withdrawn => digest.add_word(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{arbitrary::scenarios, file, scenario};
    use super::super::{SHIPPED, Scenario, read};
    use super::*;

    fn written(scenario: &Scenario) -> Vec<u8> {
        let mut out = Vec::new();
        scenario.write(&mut out).expect("memory");
        out
    }

    #[test]
    fn the_digests_of_shipped_scenarios_do_not_depend_on_the_machine() {
        let digests: Vec<_> = SHIPPED.iter().map(|shipped| digest(&shipped.load().expect("shipped"))).collect();
        let known =
            [2_599_242_058, 2_331_565_521, 340_161_914, 1_713_128_384, 2_286_682_207, 291_164_009, 4_056_730_900];
        assert_eq!(digests, known);
    }

    #[test]
    fn one_letter_changes_the_digest() {
        let corner = |text: &str| {
            let line = format!(r#"{{"type":"corner","period":1,"clock":"9:00","side":"home","text":"{text}"}}"#);
            digest(&scenario(&line))
        };
        assert_ne!(corner("Well taken"), corner("Well taker"));
        let coach = |json: &str| {
            let text = file("").replacen(r#""home":{"#, &format!(r#""home":{{"coach":{json},"#), 1);
            digest(&Scenario::parse("test", &text).expect("a scenario"))
        };
        assert_ne!(coach(r#""C""#), coach(r#"{"id":"c","name":"C"}"#));
        assert_ne!(coach(r#"{"id":"d","name":"C"}"#), coach(r#"{"id":"c","name":"C"}"#));
        assert_ne!(corner("a"), corner("a\\u0000"), "the last word is filled up with zeros, and the length tells");
    }

    #[test]
    fn ties_and_deducted_points_change_the_digest() {
        let table = |row: &str| {
            digest(&scenario(&format!(
                r#"{{"kind":"table","competition":"League","rows":[{{"team":"home","points":1{row}}}]}}"#
            )))
        };
        assert_eq!(table(""), table(r#","deducted":0"#));
        assert_ne!(table(""), table(r#","deducted":3"#));
        let tie = |legs: &str| digest(&scenario(&format!(r#"{{"kind":"tie","legs":{legs}}}"#)));
        let digests = [
            digest(&scenario("")),
            tie(r#"[{"home":1,"away":2},"hom-awa"]"#),
            tie(r#"[{"home":2,"away":1},"hom-awa"]"#),
            tie(r#"[{"home":1,"away":2},"hom-awa"],"away_goals":true"#),
        ];
        for (at, one) in digests.iter().enumerate() {
            assert!(!digests[..at].contains(one), "{digests:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
        #[test]
        fn scenarios_have_the_same_digest_exactly_if_they_are_written_the_same(one in scenarios(6), other in scenarios(6)) {
            let again = read(&*written(&one)).expect("memory").scenario;
            prop_assert_eq!(digest(&again), digest(&one));
            prop_assert_eq!(digest(&one) == digest(&other), written(&one) == written(&other));
        }
    }
}
