//! What to play and how fast: the arguments that `serve` and `info` share.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::faults::FaultPlan;
use crate::import::Results;
use crate::playback::{Pace, Playback, PlaybackOptions, Position, Speed, fit_speed, wall_duration};
use crate::scenario::{Alignment, Cue, MediaTime, Scenario, Span, Timeline};
use crate::trace::TracePlayback;
use clap::Args;

use super::scenario_files::{OpenedScenario, open_scenarios};

/// Which scenarios to play, from where to where, and how fast.
#[derive(Debug, Clone, Default, Args)]
pub struct PlaybackArgs {
    /// A shipped scenario, by its name or the start of it, or the path of a file or folder, also of a data provider; several
    /// are played on one clock
    #[arg(value_name = "SCENARIO")]
    pub scenarios: Vec<String>,
    /// Where several matches lie to each other: kick-off (all kick off at once), day (all on one day),
    /// real [default: real]
    #[arg(long, value_name = "A", value_parser = parse_alignment)]
    pub align: Option<Alignment>,
    /// Compute the league table before the matches from a file of results: CSV, or JSON with columns and rows
    #[arg(long, value_name = "FILE")]
    pub results: Option<PathBuf>,
    /// Speed as a multiple of real time: 0.01 to 10000, or max [default: 60]
    #[arg(long, value_name = "S", value_parser = Speed::parse)]
    pub speed: Option<Speed>,
    /// Rule for where to play faster or slower: gap=5s, break=3s, goal:lead=30s,speed=5; highlights is
    /// all three, with gap=2s; may be repeated
    #[arg(long, value_name = "P")]
    pub pace: Vec<String>,
    /// Choose the speed at which the whole takes this long: 90s, 3m
    #[arg(long, value_name = "D", value_parser = parse_duration, conflicts_with = "speed")]
    pub fit: Option<Duration>,
    /// Begin at this position: 80:00, 45+2, HT, 50%, next:goal, a marker's name
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    pub from: Option<Position>,
    /// End at this position
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    pub until: Option<Position>,
}

/// Parses a duration longer than zero.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    match Span::parse_length(text) {
        Some(length) if !length.is_zero() => Ok(length),
        _ => Err(format!("{text:?} is not a duration longer than zero: write 90s, 3m or 1m30s")),
    }
}

/// Parses a duration, zero included.
pub fn parse_duration_or_zero(text: &str) -> Result<Duration, String> {
    Span::parse_length(text).ok_or_else(|| format!("{text:?} is not a duration: write 20s, 1m30s or 0s"))
}

/// Parses a plan of feed faults.
pub fn parse_faults(text: &str) -> Result<FaultPlan, String> {
    FaultPlan::parse(text).map_err(|rejection| rejection.describe())
}

fn parse_alignment(word: &str) -> Result<Alignment, String> {
    Alignment::parse(word).ok_or_else(|| format!("{word:?} is none of {}", Alignment::WORDS.join(", ")))
}

/// How fast a part of a timeline is played, and how long that takes.
#[derive(Debug)]
pub struct PlaybackPlan {
    /// The nominal speed.
    pub speed: Speed,
    /// The rules for where to play faster or slower.
    pub pace: Pace,
    /// How long it takes in real time; `None` at `max`.
    pub wall: Option<Duration>,
}

impl PlaybackArgs {
    /// Opens the scenarios on one clock, arranged as the arguments say.
    pub fn open(&self) -> Result<OpenedScenario> {
        let mut opened = open_scenarios(&self.scenarios)?;
        opened.scenario = self.arrange(opened.scenario, &mut opened.notes)?;
        Ok(opened)
    }

    /// Moves matches to each other, and adds the table of `--results`.
    pub fn arrange(&self, scenario: Scenario, notes: &mut Vec<String>) -> Result<Scenario> {
        let read = |path| {
            let results = Results::read(path)?;
            notes.extend(results.warning());
            // The table is of the real calendar.
            results.table_before(&scenario)
        };
        let table = self.results.as_deref().map(read).transpose();
        let table = table.map_err(|error| error.context("--results"))?;
        let mut arranged = match self.align {
            None | Some(Alignment::Real) => scenario,
            Some(alignment) => scenario.aligned(alignment),
        };
        if let Some(table) = table {
            arranged.tables.retain(|known| (&known.competition, &known.season) != (&table.competition, &table.season));
            arranged.tables.push(table);
        }
        Ok(arranged)
    }

    /// Adds what a trace says where the command line says nothing.
    pub fn adopt(&mut self, playback: &TracePlayback) {
        let TracePlayback { from, until, speed, pace, .. } = playback;
        self.from = self.from.take().or_else(|| from.clone());
        self.until = self.until.take().or_else(|| until.clone());
        if self.fit.is_none() {
            self.speed.get_or_insert(*speed);
        }
        if self.pace.is_empty() {
            self.pace.push(pace.clone());
        }
    }

    /// Resolves the arguments on a timeline. `pace` applies where `--pace` is not given.
    pub fn plan(&self, timeline: &Timeline, pace: &str) -> Result<PlaybackPlan> {
        let pace = if self.pace.is_empty() { pace.to_owned() } else { self.pace.join("+") };
        let pace =
            Pace::parse(&pace, timeline.custom_types()).map_err(|error| Error::misuse(format!("--pace: {error}")))?;
        let (from, until) = self.range(timeline)?;
        let speed = match self.fit {
            Some(wall) => fit_speed(timeline, &pace, from, until, wall)
                .map_err(|error| Error::misuse(format!("--fit: {error}")))?,
            None => self.speed.unwrap_or_default(),
        };
        Ok(PlaybackPlan { speed, wall: wall_duration(timeline, speed, &pace, from, until), pace })
    }

    /// `3m 32s with --pace gap=1m: nothing happens for 503h 15m`: a pace that shortens long stretches without events. `None` where
    /// there are none, or where `--fit` or a `gap` rule is given.
    pub fn gap_suggestion(&self, timeline: &Timeline, plan: &PlaybackPlan) -> Result<Option<String>> {
        /// Longer than a match: a sparse feed may have no event for as long as one lasts.
        const LONG: Span = Span::from_secs(3 * 3_600);
        let (from, until) = self.range(timeline)?;
        let apart = |pair: &[Cue]| pair[1].at.clamp(from, until) - pair[0].at.clamp(from, until);
        let gap = timeline.cues().windows(2).map(apart).max().filter(|gap| *gap > LONG);
        let Some(longest) = gap.filter(|_| self.fit.is_none() && plan.pace.gap.is_none()) else { return Ok(None) };
        let pace = Pace { gap: Some(Span::from_secs(60)), ..plan.pace.clone() };
        let sooner = wall_duration(timeline, plan.speed, &pace, from, until).filter(|wall| Some(*wall) < plan.wall);
        Ok(sooner.map(|wall| format!("{} with --pace gap=1m: nothing happens for {longest}", format_duration(wall))))
    }

    /// Where playback begins and ends, in media time.
    fn range(&self, timeline: &Timeline) -> Result<(MediaTime, MediaTime)> {
        let options =
            PlaybackOptions { from: self.from.clone(), until: self.until.clone(), ..PlaybackOptions::default() };
        let playback = Playback::new(timeline, options, Instant::now())
            .map_err(|rejection| Error::misuse(format!("--{}", rejection.message)))?;
        Ok((playback.from(), playback.until()))
    }
}

/// `at 60x`, `at 60x, pace break=3s`, `as fast as subscribers read`.
pub fn describe_speed(plan: &PlaybackPlan) -> String {
    let speed = match plan.speed.factor() {
        Some(factor) => format!("at {}x", Speed::format_factor(factor)),
        None => "as fast as subscribers read".to_owned(),
    };
    if plan.pace.is_none() { speed } else { format!("{speed}, pace {}", plan.pace) }
}

/// `1m 52s`; below ten seconds with a fraction, `2.5s`.
pub fn format_duration(wall: Duration) -> String {
    let seconds = Duration::from_secs((wall.as_millis() + 500) as u64 / 1_000);
    let shown = if wall < Duration::from_secs(10) { wall } else { seconds };
    Span::from_duration(shown).to_string()
}

/// The timeline of a scenario.
pub fn build_timeline(scenario: &Scenario) -> Arc<Timeline> {
    Arc::new(Timeline::new(scenario))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    fn plan(playback_args: PlaybackArgs) -> Result<PlaybackPlan> {
        playback_args.plan(&build_timeline(&open_scenarios(&["juv".to_owned()])?.scenario), "off")
    }

    #[test]
    fn a_fit_finds_the_speed_for_the_range() {
        let from = Position::parse("80:00").expect("a clock");
        let playback_args =
            PlaybackArgs { fit: Some(Duration::from_secs(10)), from: Some(from), ..PlaybackArgs::default() };
        let plan = plan(playback_args).expect("possible");
        let wall = plan.wall.expect("not max");
        assert!(wall.abs_diff(Duration::from_secs(10)) <= Duration::from_millis(1), "{wall:?}");
    }

    #[test]
    fn a_pace_is_suggested_for_a_long_stretch_without_events() {
        let of = |scenario: &str, playback_args: PlaybackArgs| {
            let timeline = build_timeline(&open_scenarios(&[scenario.to_owned()]).expect(scenario).scenario);
            let plan = playback_args.plan(&timeline, "off").expect("playable");
            playback_args.gap_suggestion(&timeline, &plan).expect("playable")
        };
        let three_weeks = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/played-on-later.jsonl");
        let suggestion = of(three_weeks, PlaybackArgs::default()).expect("a long gap");
        assert_eq!(suggestion, "3m 32s with --pace gap=1m: nothing happens for 503h 15m");
        let until = Position::parse("20:00").ok();
        for (scenario, playback_args) in [
            ("serie-a", PlaybackArgs::default()),
            (three_weeks, PlaybackArgs { pace: vec!["gap=5s".into()], ..PlaybackArgs::default() }),
            (three_weeks, PlaybackArgs { fit: Some(Duration::from_secs(600)), ..PlaybackArgs::default() }),
            (three_weeks, PlaybackArgs { speed: Speed::parse("max").ok(), ..PlaybackArgs::default() }),
            (three_weeks, PlaybackArgs { until, ..PlaybackArgs::default() }),
        ] {
            assert_eq!(of(scenario, playback_args.clone()), None, "{scenario} {playback_args:?}");
        }
    }

    #[test]
    fn a_wrong_value_is_misuse_and_the_message_names_the_flag() {
        let pace =
            plan(PlaybackArgs { pace: vec!["gaap=2s".into()], ..PlaybackArgs::default() }).expect_err("no such rule");
        assert_eq!(pace.kind(), ErrorKind::Misuse);
        assert!(pace.to_string().starts_with("--pace: unknown pace rule"), "{pace}");
        let from = Some(Position::parse("nowhere").expect("a name"));
        let from = plan(PlaybackArgs { from, ..PlaybackArgs::default() }).expect_err("no such marker");
        assert!(from.to_string().starts_with("--from nowhere: "), "{from}");
        assert!(parse_duration("0s").is_err());
        assert!(parse_duration_or_zero("0s").is_ok() && parse_duration_or_zero("-1s").is_err());
    }

    #[test]
    fn a_mistyped_command_is_recognised() {
        let error = open_scenarios(&["scenarois".to_owned()]).expect_err("neither");
        assert!(error.to_string().contains("did you mean \"scenarios\""), "{error}");
        for (word, commands_listed) in [("state", true), ("stat", true), ("juventos", false), ("./state", false)] {
            let error = open_scenarios(&[word.to_owned()]).expect_err(word).to_string();
            let listed = error.contains("; commands: serve, watch, test, play, ");
            assert!(listed == commands_listed && error.contains(word) && !error.contains('\n'), "{error}");
        }
    }
}
