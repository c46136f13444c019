//! Pace rules: where a replay may hurry and where it must not, in the words they are given in.

use std::fmt;

use super::speed::Speed;
use crate::error::did_you_mean;
use crate::football::TypeSelector;
use crate::scenario::Span;

/// Rules that bend the speed along the timeline; `Profile` is what they make of one.
///
/// A pace never moves a cue in media time. Limits on waits win over slower stretches: with `gap=2s` nothing takes
/// longer than two seconds on the wall, goal ahead or not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pace {
    /// `gap=5s`: the longest that two cues may be apart on the wall.
    pub gap: Option<Span>,
    /// `break=3s`: the longest that a stretch between two spells of play may take on the wall, when no match is in
    /// play.
    pub break_: Option<Span>,
    /// `goal:lead=30s,speed=5`: slower before certain events.
    pub before: Vec<Before>,
}

/// At most some speed, from so long before each event of a type until it is told.
#[derive(Debug, Clone, PartialEq)]
pub struct Before {
    /// Which events: the moments at which one is told for the first time, even if it is later taken back.
    pub events: TypeSelector,
    /// How long before, in media time.
    pub lead: Span,
    /// The speed not to exceed.
    pub speed: Speed,
}

/// The names that rules and presets go by, beside event types.
const NAMES: [&str; 4] = ["gap", "break", "highlights", "off"];
/// No list of rules is longer; each costs a pass over the cues of every part of it that is looked at.
const MOST_RULES: usize = 32;
/// No pace takes more bytes to write down: everyone is told it, with every change of playback.
const LONGEST: usize = 2_000;

impl Pace {
    /// No rules.
    pub const NONE: Self = Self { gap: None, break_: None, before: Vec::new() };

    /// `gap=2s+break=3s+goal:lead=30s,speed=5`: no long silences, a short half-time, and time to look before goals.
    pub const HIGHLIGHTS: &'static str = "gap=2s+break=3s+goal:lead=30s,speed=5";

    /// Reads rules separated by `+`, `;` or white space; `off` or nothing for no rules. `own_types` are the
    /// scenario's own event types.
    ///
    /// A preset's rules may be overridden by rules after it; a rule that stands twice otherwise is refused.
    pub fn parse<'a>(text: &str, own_types: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, String> {
        let pace = Self::read(text)?;
        pace.check(|_| own_types.clone())?;
        Ok(pace)
    }

    /// Reads rules when the timeline is not at hand; `check` must follow.
    pub fn read(text: &str) -> Result<Self, String> {
        let rules: Vec<&str> =
            text.split(|c: char| c == '+' || c == ';' || c.is_whitespace()).filter(|rule| !rule.is_empty()).collect();
        if let ["off"] | [] = rules[..] {
            return Ok(Self::NONE);
        }
        let bounded = |rules: usize| match rules {
            0..=MOST_RULES => Ok(()),
            _ => Err(format!("a pace has at most {MOST_RULES} rules")),
        };
        bounded(rules.len())?;
        let mut preset = Self::NONE;
        let mut pace = Self::NONE;
        for rule in rules {
            if rule == "highlights" {
                preset = Self::read(Self::HIGHLIGHTS)?;
            } else {
                pace.add(rule)?;
            }
        }
        let overridden = |before: &Before| pace.before.iter().any(|own| own.events == before.events);
        let mut before: Vec<Before> = preset.before.into_iter().filter(|before| !overridden(before)).collect();
        before.append(&mut pace.before);
        let pace = Self { gap: pace.gap.or(preset.gap), break_: pace.break_.or(preset.break_), before };
        // Written out, a preset is several: what is told must be taken again.
        bounded(usize::from(pace.gap.is_some()) + usize::from(pace.break_.is_some()) + pace.before.len())?;
        if pace.to_string().len() > LONGEST {
            return Err(format!("a pace takes at most {LONGEST} bytes to write down"));
        }
        Ok(pace)
    }

    /// Whether every event type that the rules name is known, or among the scenario's own: those in which to look a word up.
    pub(super) fn check<'a, I>(&self, own_types: impl Fn(&str) -> I) -> Result<(), String>
    where
        I: IntoIterator<Item = &'a str> + Clone,
    {
        self.before.iter().try_for_each(|before| {
            TypeSelector::parse(before.events.as_str(), own_types(before.events.as_str()))
                .map(drop)
                .map_err(|error| format!("{error} in pace rule {before}"))
        })
    }

    /// Whether there are no rules.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    fn add(&mut self, rule: &str) -> Result<(), String> {
        match (rule.split_once('='), rule.split_once(':')) {
            // A rule of an event type has a colon before its first equals sign.
            (name, Some((events, limits))) if name.is_none_or(|(name, _)| name.len() > events.len()) => {
                let before = Before::parse(rule, events, limits)?;
                if self.before.iter().any(|other| other.events == before.events) {
                    return Err(format!("pace rule {events}: is given twice"));
                }
                self.before.push(before);
                Ok(())
            }
            (Some(("gap", limit)), _) => once(&mut self.gap, rule, limit),
            (Some(("break", limit)), _) => once(&mut self.break_, rule, limit),
            (name, _) => {
                let name = name.map_or(rule, |(name, _)| name);
                let hint = did_you_mean(name, NAMES);
                let rules = "gap=5s, break=3s, goal:lead=30s,speed=5, highlights, off";
                Err(format!("no pace rule {rule:?}{hint}: rules are {rules}"))
            }
        }
    }
}

fn once(slot: &mut Option<Span>, rule: &str, limit: &str) -> Result<(), String> {
    let shortest = Span::from_millis(1);
    let limit = Span::parse(limit).filter(|limit| *limit >= shortest);
    let limit = limit.ok_or_else(|| format!("pace rule {rule:?}: no time on the wall; write 5s, 1ms or more"))?;
    match slot.replace(limit) {
        None => Ok(()),
        Some(_) => Err(format!("pace rule {rule:?}: given before")),
    }
}

impl Before {
    fn parse(rule: &str, events: &str, limits: &str) -> Result<Self, String> {
        let (mut lead, mut speed) = (None, None);
        for limit in limits.split(',').filter(|limit| !limit.is_empty()) {
            let (name, value) = limit.split_once('=').unwrap_or((limit, ""));
            let given_before = match name {
                "lead" => {
                    let span = Span::parse(value).filter(|span| *span > Span::ZERO);
                    let span = span.ok_or_else(|| format!("pace rule {rule:?}: no lead {value:?}; write 30s"))?;
                    lead.replace(span).is_some()
                }
                "speed" => {
                    let limit = Speed::parse(value).map_err(|error| format!("pace rule {rule:?}: {error}"))?;
                    if limit == Speed::MAX {
                        return Err(format!("pace rule {rule:?}: speed max limits nothing"));
                    }
                    speed.replace(limit).is_some()
                }
                _ => {
                    let hint = did_you_mean(name, ["lead", "speed"]);
                    return Err(format!("pace rule {rule:?}: unknown limit {name:?}{hint}; write lead=30s,speed=5"));
                }
            };
            if given_before {
                return Err(format!("pace rule {rule:?}: {name} is given twice"));
            }
        }
        match (lead, speed) {
            (Some(lead), Some(speed)) => {
                // Any word will do until the timeline is at hand.
                let events = TypeSelector::parse(events, [events])?;
                Ok(Self { events, lead, speed })
            }
            _ => Err(format!("pace rule {rule:?}: needs both lead and speed, as in goal:lead=30s,speed=5")),
        }
    }
}

impl fmt::Display for Before {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:lead={},speed={}", self.events.as_str(), exact(self.lead), self.speed)
    }
}

impl fmt::Display for Pace {
    /// What [`Pace::parse`] reads as the same pace. `highlights` for its rules, however they were given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = self.gap.map(|gap| format!("gap={}", exact(gap)));
        let break_ = self.break_.map(|break_| format!("break={}", exact(break_)));
        let before = self.before.iter().map(Before::to_string);
        let rules: Vec<String> = gap.into_iter().chain(break_).chain(before).collect();
        f.write_str(match &*rules.join("+") {
            "" => "off",
            Self::HIGHLIGHTS => "highlights",
            rules => rules,
        })
    }
}

/// A length that is not negative, as [`Span::parse`] reads it: nothing rounded, no spaces.
pub(super) fn exact(span: Span) -> String {
    let nanos = span.as_nanos();
    let (seconds, rest) = (nanos / 1_000_000_000, nanos % 1_000_000_000);
    let (millis, finer) = (rest / 1_000_000, rest % 1_000_000);
    let whole = match seconds {
        0 if rest > 0 => String::new(),
        3_600.. if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        1.. if seconds % 60 == 0 => format!("{}m", seconds / 60),
        _ => format!("{seconds}s"),
    };
    match (millis, finer) {
        (0, 0) => whole,
        (_, 0) => format!("{whole}{millis}ms"),
        _ => format!("{whole}{millis}.{finer:06}ms"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::football::EventType;

    fn read(text: &str) -> Result<Pace, String> {
        Pace::parse(text, [])
    }

    #[test]
    fn rules_are_read_however_they_are_separated() {
        let pace = read("gap=5s+break=3s+goal:lead=30s,speed=5").expect("rules");
        assert_eq!(read("gap=5s break=3s  goal:speed=5,lead=30s"), Ok(pace.clone()));
        assert_eq!(read("break=3s;gap=5s;goal:lead=30s,speed=5"), Ok(pace.clone()));
        assert_eq!(pace.to_string(), "gap=5s+break=3s+goal:lead=30s,speed=5");
        for none in ["", " ", "off"] {
            assert!(read(none).expect(none).is_none());
        }
        assert_eq!(Pace::NONE.to_string(), "off");
    }

    #[test]
    fn a_preset_may_be_refined() {
        let highlights = read("highlights").expect("a preset");
        assert_eq!((highlights.to_string(), read(Pace::HIGHLIGHTS)), ("highlights".to_owned(), Ok(highlights)));
        let refined = read("highlights+gap=5s+goal:lead=1m,speed=2").expect("refined");
        assert_eq!(refined.to_string(), "gap=5s+break=3s+goal:lead=1m,speed=2");
    }

    #[test]
    fn rule_8_what_makes_no_sense_is_refused_with_the_word_that_was_meant() {
        for (text, hint) in [
            ("gpa=5s", "did you mean \"gap\""),
            ("highlight", "did you mean \"highlights\""),
            ("gaol:lead=30s,speed=5", "did you mean \"goal\""),
            ("goal:led=30s,speed=5", "did you mean \"lead\""),
            ("goal:lead=30s", "needs both"),
            ("goal:lead=30s,speed=0", "0.01 to 10000"),
            ("goal:lead=30s,speed=max", "limits nothing"),
            ("goal:lead=0s,speed=5", "no lead"),
            ("gap=0s", "1ms or more"),
            ("gap=-5s", "1ms or more"),
            ("gap=5", "1ms or more"),
            ("gap=5s+gap=3s", "given before"),
            ("off+gap=3s", "no pace rule \"off\""),
            ("goal", "goal:lead=30s,speed=5"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.contains(hint), "{text}: {error}");
        }
        assert!(Pace::parse("drone:lead=5s,speed=1", ["drone"]).is_ok());
    }

    #[test]
    fn what_is_read_is_told_in_so_many_bytes_and_no_more() {
        let types = || EventType::WORDS.iter().filter(|word| **word != "goal");
        let rules =
            |count: usize| types().take(count).map(|word| format!("{word}:lead=30s,speed=5")).collect::<Vec<_>>();
        let most = read(&rules(32).join("+")).expect("as many as there may be");
        assert_eq!(read(&most.to_string()), Ok(most));
        assert!(read(&rules(33).join("+")).expect_err("one more").contains("32 rules"));
        let refined = |count: usize| read(&format!("highlights+{}", rules(count).join("+")));
        assert_eq!(refined(29).map(|pace| read(&pace.to_string()).as_ref() == Ok(&pace)), Ok(true));
        assert!(refined(30).expect_err("the preset is three").contains("32 rules"));
        // A scenario may have words of any length.
        let word = "x".repeat(LONGEST - ":lead=1s,speed=5".len());
        assert!(read_own(&format!("{word}:lead=1s,speed=5"), &word).is_ok());
        assert!(read_own(&format!("{word}:lead=10s,speed=5"), &word).expect_err("too long").contains("2000 bytes"));
    }

    fn read_own(text: &str, word: &str) -> Result<Pace, String> {
        Pace::parse(text, [word])
    }

    /// A length as people write them, up to the longest that is read.
    fn any_length() -> impl Strategy<Value = String> {
        let number = prop_oneof![(1_u32..9_000).prop_map(|n| n.to_string()), "[0-9]{1,3}\\.[0-9]{1,9}"];
        let unit = proptest::sample::select(vec!["ms", "s", "m", "h"]);
        proptest::collection::vec((number, unit), 1..3)
            .prop_map(|parts| parts.into_iter().map(|(number, unit)| number + unit).collect())
    }

    fn any_rule() -> impl Strategy<Value = String> {
        let word = proptest::sample::select(vec!["goal", "card", "var", "drone", "corner"]);
        let speed = prop_oneof![0.01_f64..10_000.0, Just(5.0)];
        prop_oneof![
            Just("highlights".to_owned()),
            any_length().prop_map(|length| format!("gap={length}")),
            any_length().prop_map(|length| format!("break={length}")),
            (word, any_length(), speed).prop_map(|(word, lead, speed)| format!("{word}:speed={speed},lead={lead}")),
        ]
    }

    proptest! {
        #[test]
        fn a_pace_is_told_as_it_can_be_given_again(rules in proptest::collection::vec(any_rule(), 0..5)) {
            // What makes no sense together is refused, and not told.
            if let Ok(pace) = read_own(&rules.join(" "), "drone") {
                prop_assert_eq!(read_own(&pace.to_string(), "drone"), Ok(pace));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(text in "\\PC{0,20}|[a-z=:+,0-9. ]{0,30}") {
            if let Ok(pace) = read(&text) {
                prop_assert_eq!(read(&pace.to_string()), Ok(pace));
            }
        }
    }
}
