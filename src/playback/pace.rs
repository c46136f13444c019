//! Pace rules: where a replay speeds up and where it slows down, as parsed from text such as
//! `gap=5s+goal:lead=30s,speed=5`.

use std::fmt;

use super::rejection::Rejection;
use super::speed::Speed;
use crate::football::TypeSelector;
use crate::message::did_you_mean;
use crate::scenario::{Span, Timeline};

/// Rules that vary the speed along the timeline.
///
/// A pace never moves a cue in media time. Caps on waiting take precedence over slowdowns: with `gap=2s` no wait takes
/// longer than two seconds of wall time, even before a goal.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Pace {
    /// `gap=5s`: the maximum wall time between two cues.
    pub gap: Option<Span>,
    /// `break=3s`: the maximum wall time of a break, which is a stretch between two periods of play in which no match
    /// is in play.
    pub break_: Option<Span>,
    /// `goal:lead=30s,speed=5`: slowdowns before certain events.
    pub slowdowns: Vec<Slowdown>,
}

/// Limits the speed for some time before each event of a type.
#[derive(Debug, Clone, PartialEq)]
pub struct Slowdown {
    /// The events: the moments at which one is first reported, even if it is removed later.
    pub events: TypeSelector,
    /// How long before the event the limit begins, in media time.
    pub lead: Span,
    /// The maximum speed.
    pub speed: Speed,
}

/// The names of rules and presets, which stand beside event types.
const NAMES: [&str; 4] = ["gap", "break", "highlights", "off"];
/// The maximum number of rules. Each costs a pass over the cues of every window of the timeline.
const MAX_RULES: usize = 32;
/// The maximum length of a pace as text, in bytes: it is sent to every subscriber with every change of playback.
const MAX_BYTES: usize = 2_000;

impl Pace {
    /// No rules.
    pub const NONE: Self = Self { gap: None, break_: None, slowdowns: Vec::new() };

    /// `gap=2s+break=3s+goal:lead=30s,speed=5`: no long waits, a short half-time, and slow before goals.
    pub const HIGHLIGHTS: &'static str = "gap=2s+break=3s+goal:lead=30s,speed=5";

    /// Parses rules separated by `+`, `;` or white space; `off` or nothing means no rules. `own_types` are the
    /// scenario's own event types.
    ///
    /// Rules after a preset override those of the preset. Any other duplicate is an error.
    pub fn parse<'a>(text: &str, own_types: impl IntoIterator<Item = &'a str> + Clone) -> Result<Self, Rejection> {
        let pace = Self::read(text)?;
        pace.check_types(|_| own_types.clone()).map_err(Rejection::bad_argument)?;
        Ok(pace)
    }

    /// Parses rules when the timeline is not available yet; the caller must run `check` later.
    pub(crate) fn read(text: &str) -> Result<Self, Rejection> {
        Self::read_rules(text).map_err(Rejection::bad_argument)
    }

    fn read_rules(text: &str) -> Result<Self, String> {
        let rules: Vec<&str> =
            text.split(|c: char| c == '+' || c == ';' || c.is_whitespace()).filter(|rule| !rule.is_empty()).collect();
        if let ["off"] | [] = rules[..] {
            return Ok(Self::NONE);
        }
        let bounded = |rules: usize| match rules {
            0..=MAX_RULES => Ok(()),
            _ => Err(format!("a pace may have at most {MAX_RULES} rules")),
        };
        bounded(rules.len())?;
        let mut preset = Self::NONE;
        let mut pace = Self::NONE;
        for rule in rules {
            if rule == "highlights" {
                preset = Self::read_rules(Self::HIGHLIGHTS)?;
            } else {
                pace.add_rule(rule)?;
            }
        }
        let overridden = |slowdown: &Slowdown| pace.slowdowns.iter().any(|own| own.events == slowdown.events);
        let mut slowdowns: Vec<Slowdown> =
            preset.slowdowns.into_iter().filter(|slowdown| !overridden(slowdown)).collect();
        slowdowns.append(&mut pace.slowdowns);
        let pace = Self { gap: pace.gap.or(preset.gap), break_: pace.break_.or(preset.break_), slowdowns };
        // A preset expands to several rules. What is sent to clients must be accepted from them again.
        bounded(usize::from(pace.gap.is_some()) + usize::from(pace.break_.is_some()) + pace.slowdowns.len())?;
        if pace.to_string().len() > MAX_BYTES {
            return Err(format!("a pace may be at most {MAX_BYTES} bytes long"));
        }
        Ok(pace)
    }

    /// Checks the rules for a timeline. They may have been built in code: their limits must be such as can be parsed, because
    /// subscribers receive them as text.
    pub(super) fn check_for(&self, timeline: &Timeline) -> Result<(), Rejection> {
        Self::read(&self.to_string())?;
        self.check_types(|word| timeline.similar_custom_types(word)).map_err(Rejection::bad_argument)
    }

    /// Checks that every event type in the rules is known, or one of the scenario's own: `own_types` returns those to
    /// compare a word with.
    fn check_types<'a, I>(&self, own_types: impl Fn(&str) -> I) -> Result<(), String>
    where
        I: IntoIterator<Item = &'a str> + Clone,
    {
        self.slowdowns.iter().try_for_each(|slowdown| {
            TypeSelector::parse(slowdown.events.as_str(), own_types(slowdown.events.as_str()))
                .map(drop)
                .map_err(|error| format!("{error} in pace rule {slowdown}"))
        })
    }

    /// Whether there are no rules.
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    fn add_rule(&mut self, rule: &str) -> Result<(), String> {
        match (rule.split_once('='), rule.split_once(':')) {
            // A rule for an event type has a colon before its first equals sign.
            (name, Some((events, limits))) if name.is_none_or(|(name, _)| name.len() > events.len()) => {
                let slowdown = Slowdown::parse(rule, events, limits)?;
                if self.slowdowns.iter().any(|other| other.events == slowdown.events) {
                    return Err(format!("pace rule {events}: given twice"));
                }
                self.slowdowns.push(slowdown);
                Ok(())
            }
            (Some(("gap", limit)), _) => set_limit(&mut self.gap, rule, limit),
            (Some(("break", limit)), _) => set_limit(&mut self.break_, rule, limit),
            (name, _) => {
                let name = name.map_or(rule, |(name, _)| name);
                let hint = did_you_mean(name, NAMES);
                let rules = "gap=5s, break=3s, goal:lead=30s,speed=5, highlights, off";
                Err(format!("unknown pace rule {rule:?}{hint}: rules are {rules}"))
            }
        }
    }
}

fn set_limit(slot: &mut Option<Span>, rule: &str, limit: &str) -> Result<(), String> {
    let shortest = Span::from_millis(1);
    let limit = Span::parse(limit).filter(|limit| *limit >= shortest);
    let limit = limit
        .ok_or_else(|| format!("pace rule {rule:?}: its limit must be a duration of at least 1ms, as in gap=5s"))?;
    match slot.replace(limit) {
        None => Ok(()),
        Some(_) => Err(format!("pace rule {rule:?}: given twice")),
    }
}

impl Slowdown {
    fn parse(rule: &str, events: &str, limits: &str) -> Result<Self, String> {
        let (mut lead, mut speed) = (None, None);
        for limit in limits.split(',').filter(|limit| !limit.is_empty()) {
            let (name, value) = limit.split_once('=').unwrap_or((limit, ""));
            let duplicate = match name {
                "lead" => {
                    let span = Span::parse(value).filter(|span| *span > Span::ZERO);
                    let span = span.ok_or_else(|| {
                        format!("pace rule {rule:?}: lead {value:?} is not a positive duration: write lead=30s")
                    })?;
                    lead.replace(span).is_some()
                }
                "speed" => {
                    let limit = Speed::parse(value).map_err(|error| format!("pace rule {rule:?}: {error}"))?;
                    if limit == Speed::MAX {
                        return Err(format!("pace rule {rule:?}: speed=max sets no limit"));
                    }
                    speed.replace(limit).is_some()
                }
                _ => {
                    let hint = did_you_mean(name, ["lead", "speed"]);
                    return Err(format!("pace rule {rule:?}: unknown limit {name:?}{hint}; write lead=30s,speed=5"));
                }
            };
            if duplicate {
                return Err(format!("pace rule {rule:?}: {name} given twice"));
            }
        }
        match (lead, speed) {
            (Some(lead), Some(speed)) => {
                // Accept any word until the timeline is available.
                let events = TypeSelector::parse(events, [events])?;
                Ok(Self { events, lead, speed })
            }
            _ => Err(format!("pace rule {rule:?}: it needs both lead and speed, as in goal:lead=30s,speed=5")),
        }
    }
}

impl fmt::Display for Slowdown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:lead={},speed={}", self.events.as_str(), format_span(self.lead), self.speed)
    }
}

impl fmt::Display for Pace {
    /// Prints what [`Pace::parse`] reads as the same pace: `highlights` for the rules of that preset, however they were
    /// given.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = self.gap.map(|gap| format!("gap={}", format_span(gap)));
        let break_ = self.break_.map(|break_| format!("break={}", format_span(break_)));
        let slowdowns = self.slowdowns.iter().map(Slowdown::to_string);
        let rules: Vec<String> = gap.into_iter().chain(break_).chain(slowdowns).collect();
        f.write_str(match &*rules.join("+") {
            "" => "off",
            Self::HIGHLIGHTS => "highlights",
            rules => rules,
        })
    }
}

/// Formats a non-negative span exactly, as [`Span::parse`] reads it: not rounded, without spaces.
pub(crate) fn format_span(span: Span) -> String {
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

    fn read(text: &str) -> Result<Pace, Rejection> {
        Pace::parse(text, [])
    }

    #[test]
    fn rules_are_parsed_with_any_separator() {
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
    fn rule_8_invalid_rules_are_rejected_with_suggestions() {
        for (text, hint) in [
            ("gpa=5s", "did you mean \"gap\""),
            ("highlight", "did you mean \"highlights\""),
            ("gaol:lead=30s,speed=5", "did you mean \"goal\""),
            ("goal:led=30s,speed=5", "did you mean \"lead\""),
            ("goal:lead=30s", "needs both"),
            ("goal:lead=30s,speed=0", "0.01 to 10000"),
            ("goal:lead=30s,speed=max", "sets no limit"),
            ("goal:lead=0s,speed=5", "not a positive duration"),
            ("gap=0s", "at least 1ms"),
            ("gap=-5s", "at least 1ms"),
            ("gap=5", "at least 1ms"),
            ("gap=5s+gap=3s", "given twice"),
            ("off+gap=3s", "unknown pace rule \"off\""),
            ("goal", "goal:lead=30s,speed=5"),
        ] {
            let error = read(text).expect_err(text);
            assert!(error.message.contains(hint), "{text}: {error}");
        }
        assert!(Pace::parse("drone:lead=5s,speed=1", ["drone"]).is_ok());
    }

    #[test]
    fn a_pace_is_limited_in_rules_and_bytes() {
        let types = || EventType::WORDS.iter().filter(|word| **word != "goal");
        let rules =
            |count: usize| types().take(count).map(|word| format!("{word}:lead=30s,speed=5")).collect::<Vec<_>>();
        let most = read(&rules(32).join("+")).expect("as many as there may be");
        assert_eq!(read(&most.to_string()), Ok(most));
        assert!(read(&rules(33).join("+")).expect_err("one more").message.contains("32 rules"));
        let refined = |count: usize| read(&format!("highlights+{}", rules(count).join("+")));
        assert_eq!(refined(29).map(|pace| read(&pace.to_string()).as_ref() == Ok(&pace)), Ok(true));
        assert!(refined(30).expect_err("the preset is three").message.contains("32 rules"));
        // A scenario may define words of any length.
        let word = "x".repeat(MAX_BYTES - ":lead=1s,speed=5".len());
        assert!(read_own(&format!("{word}:lead=1s,speed=5"), &word).is_ok());
        assert!(
            read_own(&format!("{word}:lead=10s,speed=5"), &word).expect_err("too long").message.contains("2000 bytes")
        );
    }

    fn read_own(text: &str, word: &str) -> Result<Pace, Rejection> {
        Pace::parse(text, [word])
    }

    /// A duration as people write it, up to the longest that is accepted.
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

    #[test]
    fn a_pace_built_in_code_needs_limits_that_can_be_parsed() {
        let timeline = Timeline::new(&crate::scenario::SHIPPED[0].load().expect("shipped"));
        let goal = |lead, speed| Slowdown { events: TypeSelector::parse("goal", []).expect("a type"), lead, speed };
        let (second, five) = (Span::from_secs(1), Speed::new(5.0).expect("a speed"));
        let pace = Pace { gap: Some(second), break_: Some(second), slowdowns: vec![goal(second, five)] };
        assert_eq!(pace.check_for(&timeline), Ok(()));
        for limit in [Span::ZERO, Span::from_secs(-5), Span::from_nanos(-1), Span::from_nanos(i64::MIN)] {
            Pace { gap: Some(limit), ..pace.clone() }.check_for(&timeline).expect_err("too short");
            Pace { break_: Some(limit), ..pace.clone() }.check_for(&timeline).expect_err("too short");
            Pace { slowdowns: vec![goal(limit, five)], ..pace.clone() }.check_for(&timeline).expect_err("too short");
        }
        for slowdowns in [vec![goal(second, Speed::MAX)], vec![goal(second, five); 2], vec![goal(second, five); 99]] {
            Pace { slowdowns, ..pace.clone() }.check_for(&timeline).expect_err("no limit, or too many");
        }
    }

    proptest! {
        #[test]
        fn a_printed_pace_parses_to_the_same(rules in proptest::collection::vec(any_rule(), 0..5)) {
            // A contradictory combination is rejected, so there is nothing to print.
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
