//! What is played and how fast: the words that `serve` and `info` have in common.

use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Args;
use touchline::error::{Error, Kind, Result};
use touchline::playback::{Options, Pace, Playback, Position, Speed, fit, wall_duration};
use touchline::scenario::{Cue, MediaTime, Scenario, Span, Timeline, merge, open};

/// Which scenarios, at which speed.
#[derive(Debug, Clone, Default, Args)]
pub struct Playing {
    /// A shipped scenario (its name or the beginning of it) or the path of a file; several are played on one clock
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// How many times faster than life: 0.01 to 10000, or max [default: 60]
    #[arg(long, value_name = "S", value_parser = Speed::parse)]
    pub speed: Option<Speed>,
    /// Where to hurry or to linger: gap=5s, break=3s, goal:lead=30s,speed=5; highlights is
    /// all three, with gap=2s; may be repeated
    #[arg(long, value_name = "P")]
    pub pace: Vec<String>,
    /// One speed that makes the whole last so long: 90s, 3m
    #[arg(long, value_name = "D", value_parser = length, conflicts_with = "speed")]
    pub fit: Option<Duration>,
    /// Begin there: 80:00, 45+2, HT, 50%, next:goal, a marker's name
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    pub from: Option<Position>,
    /// End there, likewise
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    pub until: Option<Position>,
}

/// Reads a length of time that is more than nothing.
pub fn length(text: &str) -> Result<Duration, String> {
    match Span::parse_length(text) {
        Some(length) if !length.is_zero() => Ok(length),
        _ => Err(format!("no length {text:?}: write 90s, 3m or 1m30s")),
    }
}

/// Reads a length of time that may be nothing.
pub fn pause(text: &str) -> Result<Duration, String> {
    Span::parse_length(text).ok_or_else(|| format!("no length {text:?}: write 20s, 1m30s or 0s"))
}

/// A stretch of a timeline and how fast it is gone through.
#[derive(Debug)]
pub struct Plan {
    /// The speed.
    pub speed: Speed,
    /// Where faster or slower than that.
    pub pace: Pace,
    /// How long it takes on the wall; `None` at `max`.
    pub wall: Option<Duration>,
}

/// Opens a scenario by name or path.
pub fn load_one(word: &str) -> Result<Scenario> {
    open(word).map_err(|error| match error.kind() {
        Kind::NotFound => super::hint_at_command(error, word),
        _ => error,
    })
}

/// Opens scenarios by name or path and puts them side by side.
pub fn load(words: &[String]) -> Result<Scenario> {
    match words {
        [] => Err(Error::misuse("no scenario is named")),
        [one] => load_one(one),
        several => merge(several.iter().map(|word| load_one(word)).collect::<Result<Vec<_>>>()?),
    }
}

impl Playing {
    /// What the words mean on a timeline; `pace` holds where none is given.
    pub fn plan(&self, timeline: &Timeline, pace: &str) -> Result<Plan> {
        let pace = if self.pace.is_empty() { pace.to_owned() } else { self.pace.join("+") };
        let pace =
            Pace::parse(&pace, timeline.own_types()).map_err(|error| Error::misuse(format!("--pace: {error}")))?;
        let (from, until) = self.stretch(timeline)?;
        let speed = match self.fit {
            Some(wall) => {
                fit(timeline, &pace, from, until, wall).map_err(|error| Error::misuse(format!("--fit: {error}")))?
            }
            None => self.speed.unwrap_or_default(),
        };
        Ok(Plan { speed, wall: wall_duration(timeline, speed, &pace, from, until), pace })
    }

    /// `3m 32s with --pace gap=1m: nothing happens for 503h 15m`: how long the plan takes without its long silences. `None`: it
    /// has none, or its length is a given one.
    pub fn without_silences(&self, timeline: &Timeline, plan: &Plan) -> Result<Option<String>> {
        /// Longer than a match: in less, a sparse feed may merely have nothing to tell.
        const LONG: Span = Span::from_secs(3 * 3_600);
        let (from, until) = self.stretch(timeline)?;
        let apart = |pair: &[Cue]| pair[1].at.clamp(from, until) - pair[0].at.clamp(from, until);
        let silence = timeline.cues().windows(2).map(apart).max().filter(|silence| *silence > LONG);
        let Some(silence) = silence.filter(|_| self.fit.is_none() && plan.pace.gap.is_none()) else { return Ok(None) };
        let pace = Pace { gap: Some(Span::from_secs(60)), ..plan.pace.clone() };
        let sooner = wall_duration(timeline, plan.speed, &pace, from, until).filter(|wall| Some(*wall) < plan.wall);
        Ok(sooner.map(|wall| format!("{} with --pace gap=1m: nothing happens for {silence}", in_words(wall))))
    }

    /// Where playback begins and ends.
    fn stretch(&self, timeline: &Timeline) -> Result<(MediaTime, MediaTime)> {
        let options = Options { from: self.from.clone(), until: self.until.clone(), ..Options::default() };
        let playback = Playback::new(timeline, options, Instant::now())
            .map_err(|rejection| Error::misuse(format!("--{}", rejection.message)))?;
        Ok((playback.from(), playback.until()))
    }
}

/// `at 60x`, `at 60x, pace break=3s`, `as fast as possible`.
pub fn speed_in_words(plan: &Plan) -> String {
    let speed = match plan.speed.factor() {
        Some(factor) => format!("at {}x", Speed::rounded(factor)),
        None => "as fast as it can be read".to_owned(),
    };
    if plan.pace.is_none() { speed } else { format!("{speed}, pace {}", plan.pace) }
}

/// `1m 52s`.
pub fn in_words(wall: Duration) -> String {
    let seconds = Duration::from_secs((wall.as_millis() + 500) as u64 / 1_000);
    let shown = if wall < Duration::from_secs(10) { wall } else { seconds };
    Span::of(shown).to_string()
}

/// A timeline, shared as everything above wants it.
pub fn lay_out(scenario: &Scenario) -> Arc<Timeline> {
    Arc::new(Timeline::new(scenario))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(playing: Playing) -> Result<Plan> {
        playing.plan(&lay_out(&load(&["juv".to_owned()])?), "off")
    }

    #[test]
    fn a_fit_finds_the_speed_and_keeps_to_the_stretch() {
        let from = Position::parse("80:00").expect("a clock");
        let playing = Playing { fit: Some(Duration::from_secs(10)), from: Some(from), ..Playing::default() };
        let plan = plan(playing).expect("possible");
        let wall = plan.wall.expect("not max");
        assert!(wall.abs_diff(Duration::from_secs(10)) <= Duration::from_millis(1), "{wall:?}");
    }

    #[test]
    fn a_long_silence_is_said_with_the_pace_that_passes_over_it() {
        let of = |scenario: &str, playing: Playing| {
            let timeline = lay_out(&load(&[scenario.to_owned()]).expect(scenario));
            let plan = playing.plan(&timeline, "off").expect("playable");
            playing.without_silences(&timeline, &plan).expect("playable")
        };
        let three_weeks = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/played-on-later.jsonl");
        let said = of(three_weeks, Playing::default()).expect("a silence");
        assert_eq!(said, "3m 32s with --pace gap=1m: nothing happens for 503h 15m");
        let until = Position::parse("20:00").ok();
        for (scenario, playing) in [
            ("serie-a", Playing::default()),
            (three_weeks, Playing { pace: vec!["gap=5s".into()], ..Playing::default() }),
            (three_weeks, Playing { fit: Some(Duration::from_secs(600)), ..Playing::default() }),
            (three_weeks, Playing { speed: Speed::parse("max").ok(), ..Playing::default() }),
            (three_weeks, Playing { until, ..Playing::default() }),
        ] {
            assert_eq!(of(scenario, playing.clone()), None, "{scenario} {playing:?}");
        }
    }

    #[test]
    fn wrong_words_are_misuse_and_name_their_flag() {
        let pace = plan(Playing { pace: vec!["gaap=2s".into()], ..Playing::default() }).expect_err("no such rule");
        assert_eq!(pace.kind(), Kind::Misuse);
        assert!(pace.to_string().starts_with("--pace: unknown pace rule"), "{pace}");
        let from = Some(Position::parse("nowhere").expect("a name"));
        let from = plan(Playing { from, ..Playing::default() }).expect_err("no such marker");
        assert!(from.to_string().starts_with("--from nowhere: "), "{from}");
        assert!(length("0s").is_err() && pause("0s").is_ok() && pause("-1s").is_err());
    }

    #[test]
    fn a_mistyped_command_is_recognised() {
        let error = load(&["scenarois".to_owned()]).expect_err("neither");
        assert!(error.to_string().contains("did you mean \"scenarios\""), "{error}");
        for (word, commands_listed) in [("state", true), ("stat", true), ("juventos", false), ("./state", false)] {
            let error = load(&[word.to_owned()]).expect_err(word).to_string();
            let listed = error.contains("; commands: serve, watch, play, ");
            assert!(listed == commands_listed && error.contains(word) && !error.contains('\n'), "{error}");
        }
    }
}
