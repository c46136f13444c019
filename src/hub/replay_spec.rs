//! What a client wants played, as text: the parameters of a query or the members of a JSON object.

use std::time::{Duration, Instant};

use serde_json::Value;

use super::kickoff::{Kickoff, KickoffTime};
use super::replay_options::ReplayOptions;
use crate::faults::FaultPlan;
use crate::json::message_excerpt;
use crate::message::{did_you_mean, excerpt};
use crate::playback::{Pace, Playback, PlaybackOptions, Position, Rejection, Speed, fit_speed};
use crate::scenario::{Span, Timeline};

/// The default linger time of a replay on demand.
pub const DEFAULT_LINGER: Duration = Duration::from_secs(60);
/// The greatest seed: a whole number that every JSON reader represents exactly.
const MAX_SEED: u64 = crate::json::MAX_SAFE_INTEGER;
/// The most subscribers that a replay can wait for.
const MAX_WAIT_FOR: usize = 1_000_000;

/// What a client wants played, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplaySpec {
    /// The scenario; `None`: whatever the server plays.
    pub scenario: Option<String>,
    /// The playback speed.
    pub speed: Option<Speed>,
    /// The pace rules.
    pub pace: Option<Pace>,
    /// The wall time that one lap is to take. The speed follows from it.
    pub fit: Option<Duration>,
    /// Where playback begins.
    pub from: Option<Position>,
    /// Where playback ends.
    pub until: Option<Position>,
    /// Whether playback starts anew at each end.
    pub looping: bool,
    /// How long the end is shown before that.
    pub hold: Duration,
    /// Whether playback begins paused.
    pub paused: bool,
    /// How many subscribers playback waits for.
    pub wait_for: Option<usize>,
    /// How long the replay stays open after its last subscriber.
    pub linger: Linger,
    /// When the first match kicks off, as subscribers see it.
    pub kickoff: Kickoff,
    /// What goes wrong in the feed.
    pub faults: Option<FaultPlan>,
    /// The seed of what chance decides about that.
    pub seed: u64,
}

/// How long a replay on demand stays open after its last subscriber.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Linger {
    /// [`DEFAULT_LINGER`].
    #[default]
    Default,
    /// So long.
    For(Duration),
    /// For good.
    Forever,
}

impl ReplaySpec {
    /// All field names.
    pub const FIELDS: &'static [&'static str] = &[
        "scenario", "speed", "pace", "fit", "from", "until", "loop", "hold", "paused", "wait_for", "linger", "now",
        "wall", "faults", "seed",
    ];

    /// Whether `field` is one of [`Self::FIELDS`].
    pub fn is_field(field: &str) -> bool {
        Self::FIELDS.contains(&field)
    }

    /// Sets a field from text: flags are `1` or `true`, lengths of time `90s` or `3m`.
    pub fn set(&mut self, field: &str, value: &str) -> Result<(), Rejection> {
        let wrong = |message: String| Rejection::bad_argument(format!("{field}: {message}"));
        let refused = |rejection: Rejection| rejection.context(field);
        let flag = |value| parse_flag(value).map_err(|message| wrong(message).accepting(FLAGS));
        let position = |value| Position::parse(value).map_err(refused);
        match field {
            "scenario" => self.scenario = Some(value.to_owned()),
            "speed" => self.speed = Some(Speed::parse(value).map_err(refused)?),
            "pace" => self.pace = Some(Pace::read(value).map_err(refused)?),
            "fit" => {
                self.fit = Some(
                    Span::parse_length(value)
                        .filter(|fit| !fit.is_zero())
                        .ok_or_else(|| wrong(invalid_length_text(value)))?,
                )
            }
            "from" => self.from = Some(position(value)?),
            "until" => self.until = Some(position(value)?),
            "loop" => self.looping = flag(value)?,
            "hold" => self.hold = Span::parse_length(value).ok_or_else(|| wrong(invalid_length_text(value)))?,
            "paused" => self.paused = flag(value)?,
            "wait_for" => {
                let count = value.parse().ok().filter(|count| *count <= MAX_WAIT_FOR);
                self.wait_for = Some(count.ok_or_else(|| wrong(format!("a number from 0 to {MAX_WAIT_FOR}")))?);
            }
            "linger" => {
                self.linger = match value {
                    "forever" => Linger::Forever,
                    _ => Linger::For(
                        Span::parse_length(value)
                            .ok_or_else(|| wrong(format!("{}, or forever", invalid_length_text(value))))?,
                    ),
                };
            }
            "now" if flag(value)? => self.set_kickoff(Kickoff::Now)?,
            "now" => {}
            "faults" => self.faults = Some(FaultPlan::parse(value).map_err(refused)?),
            "seed" => self.seed = parse_seed(value).map_err(wrong)?,
            "wall" => self.set_kickoff(Kickoff::At(KickoffTime::parse(value).map_err(wrong)?))?,
            _ => return Err(Self::unknown_field_rejection(field, &[])),
        }
        Ok(())
    }

    /// Sets a field from a member of a JSON object. Flags are `true` or `false`, `wait_for` and `seed` are whole numbers, `speed` a number
    /// or a text, all others are the texts that [`Self::set`] takes. `null` leaves the default. `beside` names the members that the
    /// caller reads itself: a rejection lists them too.
    pub fn set_json(&mut self, field: &str, value: &Value, beside: &[&str]) -> Result<(), Rejection> {
        let wrong =
            |what: &str| Rejection::bad_argument(format!("{field} must be {what}, and is {}", message_excerpt(value)));
        match (field, value) {
            (field, _) if !Self::is_field(field) => Err(Self::unknown_field_rejection(field, beside)),
            (_, Value::Null) => Ok(()),
            ("loop" | "paused" | "now", Value::Bool(flag)) => self.set(field, if *flag { "1" } else { "0" }),
            ("loop" | "paused" | "now", _) => Err(wrong("true or false").accepting(["true", "false"])),
            ("seed", value) => match value.as_u64() {
                Some(seed) => self.set(field, &seed.to_string()),
                None => Err(wrong(&format!("a whole number from 0 to {MAX_SEED}"))),
            },
            ("wait_for", value) => match value.as_u64() {
                Some(count) => self.set(field, &count.to_string()),
                None => Err(wrong(&format!("a whole number from 0 to {MAX_WAIT_FOR}"))),
            },
            ("speed", Value::Number(_)) => {
                let speed = Speed::from_json(value).map_err(|rejection| rejection.context(field))?;
                self.speed = Some(speed);
                Ok(())
            }
            ("speed", value) if !value.is_string() => Err(wrong("a number from 0.01 to 10000, or a text as \"max\"")),
            (_, Value::String(text)) => self.set(field, text),
            _ => Err(wrong("a text")),
        }
    }

    /// The rejection of an unknown field. `beside`: as in [`Self::set_json`].
    fn unknown_field_rejection(field: &str, beside: &[&str]) -> Rejection {
        let accepted = || beside.iter().chain(Self::FIELDS).copied();
        let hint = did_you_mean(field, accepted());
        let field = excerpt(field);
        Rejection::bad_argument(format!("unknown field {field:?}{hint}")).accepting(accepted())
    }

    fn set_kickoff(&mut self, kickoff: Kickoff) -> Result<(), Rejection> {
        if self.kickoff != Kickoff::Recorded {
            return Err(Rejection::bad_argument("now and wall are two ways to say when it kicks off: give one"));
        }
        self.kickoff = kickoff;
        Ok(())
    }

    /// Whether [`Self::options`], or opening the replay, takes longer for a longer timeline: where a speed has to be found,
    /// where a kick-off requires a wall length or a past to be played through, and with feed faults.
    pub fn cost_depends_on_length(&self, timeline: &Timeline) -> bool {
        let has_faults = match &self.faults {
            Some(plan) => !plan.is_empty(),
            None => !timeline.scenario_faults().is_empty(),
        };
        self.fit.is_some() || has_faults || self.kickoff != Kickoff::Recorded
    }

    /// The options of a replay on demand that plays a timeline so.
    pub fn options(&self, timeline: &Timeline, now: Instant) -> Result<ReplayOptions, Rejection> {
        let pace = self.pace.clone().unwrap_or(Pace::NONE);
        let mut playback = PlaybackOptions {
            speed: self.speed.unwrap_or_default(),
            pace,
            from: self.from.clone(),
            until: self.until.clone(),
            looping: self.looping,
            hold: self.hold,
            paused: self.paused,
            waiting: false,
            ..PlaybackOptions::default()
        };
        if let Some(wall) = self.fit {
            if self.speed.is_some() {
                return Err(Rejection::bad_argument("fit finds the speed: give one of the two"));
            }
            let whole = Playback::new(timeline, playback.clone(), now)?;
            playback.speed = fit_speed(timeline, &playback.pace, whole.from(), whole.until(), wall)
                .map_err(|rejection| rejection.context("fit"))?;
        }
        let mut options = ReplayOptions {
            playback,
            wait_for: self.wait_for.unwrap_or(0),
            linger: match self.linger {
                Linger::Default => Some(DEFAULT_LINGER),
                Linger::For(length) => Some(length),
                Linger::Forever => None,
            },
            owned: true,
            ..ReplayOptions::default()
        };
        self.kickoff.apply(timeline, &mut options, now)?;
        Ok(options)
    }
}

/// Parses the seed of feed faults.
pub(crate) fn parse_seed(value: &str) -> Result<u64, String> {
    let seed = value.parse().ok().filter(|seed| *seed <= MAX_SEED);
    seed.ok_or_else(|| format!("{:?} is no whole number from 0 to {MAX_SEED}", excerpt(value)))
}

/// The spellings of a flag.
const FLAGS: [&str; 6] = ["1", "true", "on", "0", "false", "off"];

fn parse_flag(value: &str) -> Result<bool, String> {
    match value {
        "1" | "true" | "on" => Ok(true),
        "0" | "false" | "off" => Ok(false),
        _ => Err(format!("{:?} is neither 1 nor 0", excerpt(value))),
    }
}

fn invalid_length_text(value: &str) -> String {
    format!("no length {:?}: write 90s, 3m or 1m30s", excerpt(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error_code::ErrorCode;
    use crate::scenario::SHIPPED;

    fn spec(fields: &[(&str, &str)]) -> Result<ReplaySpec, Rejection> {
        let mut spec = ReplaySpec::default();
        fields.iter().try_for_each(|(field, value)| spec.set(field, value))?;
        Ok(spec)
    }

    fn options(fields: &[(&str, &str)]) -> Result<ReplayOptions, Rejection> {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        spec(fields)?.options(&timeline, Instant::now())
    }

    #[test]
    fn everything_that_can_be_said_is_understood() {
        let all = [
            ("scenario", "juv"),
            ("faults", "lossy"),
            ("seed", "7"),
            ("speed", "600"),
            ("pace", "break=3s"),
            ("from", "80:00"),
            ("until", "90:00"),
            ("loop", "1"),
            ("hold", "2s"),
            ("paused", "true"),
            ("wait_for", "2"),
            ("linger", "5m"),
            ("now", "1"),
        ];
        let options = options(&all).expect("understood");
        assert_eq!(options.playback.speed, Speed::new(600.0).expect("a speed"));
        assert!(options.playback.looping && options.playback.paused && options.kickoff_offset > Span::ZERO);
        assert_eq!((options.wait_for, options.linger), (2, Some(Duration::from_secs(300))));
        let said: Vec<_> = all.iter().map(|(field, _)| *field).chain(["fit", "wall"]).collect();
        assert!(ReplaySpec::FIELDS.iter().all(|field| said.contains(field)), "every field is tried");
    }

    #[test]
    fn each_member_takes_the_types_that_make_sense_for_it() {
        let texts = ["scenario", "pace", "fit", "from", "until", "hold", "linger", "wall", "faults"];
        let values =
            ["true", "false", "1", "0", "1.5", "-1", "60", r#""1""#, r#""on""#, "[]", "[1]", "{}", r#"{"x":1}"#];
        for field in ReplaySpec::FIELDS {
            for text in values {
                let value = serde_json::from_str(text).expect(text);
                let takes = match *field {
                    "loop" | "paused" | "now" => matches!(text, "true" | "false"),
                    "wait_for" | "seed" => matches!(text, "1" | "0" | "60"),
                    "speed" => matches!(text, "1" | "1.5" | "60" | r#""1""#),
                    // Whether the text is valid is tested elsewhere.
                    _ => text.starts_with('"'),
                };
                let taken = ReplaySpec::default().set_json(field, &value, &[]);
                match taken {
                    Ok(()) => assert!(takes, "{field} takes {text}"),
                    Err(refused) if texts.contains(field) && takes => assert!(refused.message.starts_with(field)),
                    Err(refused) => {
                        assert!(!takes, "{field}: {text}: {refused}");
                        assert!(
                            refused.message.starts_with(field) && refused.code == ErrorCode::BadArgument,
                            "{refused}"
                        );
                    }
                }
            }
            assert_eq!(ReplaySpec::default().set_json(field, &Value::Null, &[]), Ok(()));
        }
        let refused = ReplaySpec::default().set_json("nmae", &Value::Null, &["name"]).expect_err("unknown");
        assert!(
            refused.message.contains("did you mean \"name\"") && refused.accepted.len() == ReplaySpec::FIELDS.len() + 1
        );
    }

    #[test]
    fn what_is_not_said_is_what_one_expects() {
        let options = options(&[]).expect("nothing asked");
        assert_eq!((options.wait_for, options.linger, options.kickoff_offset), (0, Some(DEFAULT_LINGER), Span::ZERO));
        assert_eq!(options.playback, PlaybackOptions::default());
    }

    #[test]
    fn a_fit_finds_the_speed() {
        let options = options(&[("fit", "10s")]).expect("possible");
        assert!((options.playback.speed.factor().expect("no max") - 682.7).abs() < 0.1, "{:?}", options.playback.speed);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (fields, hint) in [
            (&[("sped", "60")][..], "did you mean \"speed\""),
            (&[("speed", "fast")], "speed: "),
            (&[("pace", "gpa=5s")], "did you mean \"gap\""),
            (&[("fit", "0s")], "fit: no length"),
            (&[("fit", "0.1s")], "fit: "),
            (&[("fit", "10s"), ("speed", "60")], "one of the two"),
            (&[("from", "89:7")], "from: "),
            (&[("loop", "yes")], "neither 1 nor 0"),
            (&[("hold", "-1s")], "hold: no length"),
            (&[("wait_for", "-1")], "a number from 0"),
            (&[("linger", "ever")], "or forever"),
            (&[("wall", "late")], "no time on the wall"),
            (&[("now", "1"), ("wall", "20:45")], "give one"),
            (&[("wall", "20:45"), ("speed", "max")], "at speed max"),
            (&[("wall", "20:45"), ("paused", "1")], "neither wait_for nor paused"),
        ] {
            let refused = options(fields).expect_err(hint);
            assert!(refused.message.contains(hint), "{fields:?}: {refused}");
        }
    }
}
