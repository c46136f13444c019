//! Edits of scenarios: trim, shift and merge. An edit keeps, moves or combines what the feed reports; it invents nothing.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::media_time::{MediaTime, Span};
use super::read::MAX_MATCHES;
use super::timeline::ScenarioLayout;
use super::{EventRecord, FirstLeg, LineContent, Scenario, Tie, TimedLine};
use crate::error::{Error, Result};
use crate::football::{EventId, EventType, Field, FieldValue, LeagueTable, Match, MatchId, Period, UtcMillis};
use crate::words::words;

words! {
    /// How several matches are placed on one timeline.
    #[derive(Default)]
    Alignment {
        /// All kick off at the same moment, that of the first one whose kick-off is known.
        KickOff = "kick-off",
        /// All are played on the day of the first one (UTC), each at its own time, or with the first one where that is unknown.
        Day = "day",
        /// As they were.
        #[default]
        Real = "real",
    }
}

impl Scenario {
    /// The entries from one time of the timeline to another, both inclusive.
    ///
    /// The trimmed scenario starts afresh: the score begins at 0-0, players sent off are back. Corrections of removed events
    /// are removed, too; matches stay, even without events. All distances in time stay the same, because the match lines state
    /// when later periods began. The exception is a cut through a suspension or a break: the match loses the time that its
    /// remaining lines do not account for.
    ///
    /// # Panics
    /// If an entry or a tie is of no match of the scenario.
    #[must_use]
    pub fn trimmed(&self, from: MediaTime, until: MediaTime) -> Self {
        let scenario_layout = ScenarioLayout::new(self);
        let mut kept_events: HashSet<(u16, &EventId)> = HashSet::new();
        let mut kept: Vec<(&TimedLine, MediaTime)> = Vec::new();
        for (entry, &at) in self.entries.iter().zip(&scenario_layout.times) {
            let keep = (from..=until).contains(&at)
                && match &entry.item {
                    LineContent::Event(EventRecord::First(event)) => kept_events.insert((entry.track, &event.id)),
                    LineContent::Event(EventRecord::Correction(correction)) => {
                        kept_events.contains(&(entry.track, &correction.id))
                    }
                    LineContent::Marker(_) | LineContent::Fault(_) => true,
                };
            if keep {
                kept.push((entry, at));
            }
        }
        let mut begins: HashMap<(u16, Period), UtcMillis> = HashMap::new();
        for (entry, at) in &kept {
            let (clock, fixture) = (entry.item.reported_at(), &self.matches[usize::from(entry.track)]);
            let Some(period) = clock.period() else { continue };
            let kickoff = scenario_layout.layouts[usize::from(entry.track)].scheduled_kickoff();
            let into = clock.reading.as_millis() - fixture.rules.periods.start(period).as_millis();
            let begun = *at + Span::from_millis(-into) - kickoff;
            begins.entry((entry.track, period)).or_insert(shift_time(fixture.kickoff, begun));
        }
        let mut trimmed = self.clone();
        trimmed.entries = kept.into_iter().map(|(entry, _)| entry.clone()).collect();
        for (fixture, track) in trimmed.matches.iter_mut().zip(0..) {
            let begun = |period: Period| {
                begins.get(&(track, period)).copied().or_else(|| period_start(fixture, &scenario_layout, track, period))
            };
            let starts = Period::ALL.iter().filter_map(|period| Some((*period, begun(*period)?)));
            let stated = |(period, at): &(Period, UtcMillis)| *period != Period::First || *at != fixture.kickoff;
            Arc::make_mut(fixture).period_starts = starts.filter(stated).collect();
        }
        trimmed
    }

    /// The same with all wall-clock times shifted: kick-offs, stated starts of periods, delays, and upcoming matches.
    ///
    /// Match clocks stay, so a scenario of one match plays exactly as before.
    #[must_use]
    pub fn shifted(&self, by: Span) -> Self {
        let mut shifted = self.clone();
        shifted.shift_matches(|_| by);
        for fixture in &mut shifted.fixtures {
            fixture.kickoff = fixture.kickoff.map(|kickoff| shift_time(kickoff, by));
        }
        shifted
    }

    /// The same with the matches moved to each other: see [`Alignment`]. Match clocks and upcoming matches stay.
    #[must_use]
    pub fn aligned(&self, alignment: Alignment) -> Self {
        const DAY: i64 = 86_400_000;
        let mut aligned = self.clone();
        let unknown = UtcMillis::UNKNOWN.0;
        let kickoffs = self.matches.iter().map(|fixture| fixture.kickoff.0);
        let Some(first) = kickoffs.filter(|kickoff| *kickoff != unknown).min() else { return aligned };
        let moved = |kickoff: i64| match alignment {
            Alignment::KickOff => first,
            Alignment::Day if kickoff == unknown => first,
            Alignment::Day => first.div_euclid(DAY) * DAY + kickoff.rem_euclid(DAY),
            Alignment::Real => kickoff,
        };
        aligned.shift_matches(|fixture| Span::from_millis(moved(fixture.kickoff.0).saturating_sub(fixture.kickoff.0)));
        aligned
    }

    /// Shifts the wall-clock times of each match: kick-off, stated starts of periods, delays.
    fn shift_matches(&mut self, by: impl Fn(&Match) -> Span) {
        let spans: Vec<Span> = self.matches.iter().map(|fixture| by(fixture)).collect();
        for (fixture, by) in self.matches.iter_mut().zip(&spans) {
            let fixture = Arc::make_mut(fixture);
            fixture.kickoff = shift_time(fixture.kickoff, *by);
            for (_, start) in &mut fixture.period_starts {
                *start = shift_time(*start, *by);
            }
        }
        for entry in &mut self.entries {
            let LineContent::Event(record) = &mut entry.item else { continue };
            let details = match record {
                EventRecord::First(event) if event.kind == EventType::Delayed => &mut Arc::make_mut(event).details,
                EventRecord::First(_) => continue,
                EventRecord::Correction(correction) => &mut correction.details,
            };
            if let Some(at) = details.time(Field::Kickoff) {
                details.set(Field::Kickoff, FieldValue::Moment(shift_time(at, spans[usize::from(entry.track)])));
            }
        }
    }

    /// Merges scenarios by wall-clock time. Match ids must be unique. Equal sources, tables and fixtures are kept once; of two
    /// tables of the same competition and season, the first one gets the missing rows of the second.
    pub fn merge(scenarios: Vec<Self>) -> Result<Self> {
        let mut scenarios = scenarios.into_iter();
        let Some(mut merged) = scenarios.next() else {
            return Err(Error::misuse("merging needs at least one scenario"));
        };
        let mut ids: HashSet<MatchId> = merged.matches.iter().map(|fixture| fixture.id.clone()).collect();
        let mut twice: Vec<String> = Vec::new();
        let mut alone = true;
        for scenario in scenarios {
            alone = false;
            let tracks = merged.matches.len();
            for fixture in &scenario.matches {
                if !ids.insert(fixture.id.clone()) {
                    twice.push(format!("{:?} ({} and {})", fixture.id.as_str(), merged.title, scenario.title));
                }
            }
            if tracks + scenario.matches.len() > MAX_MATCHES {
                return Err(Error::misuse(format!("merging would give more than {MAX_MATCHES} matches")));
            }
            merged.title = format!("{} + {}", merged.title, scenario.title).into();
            merged.about = match (merged.about.take(), scenario.about) {
                (Some(about), Some(more)) if about != more => Some(format!("{about} {more}").into()),
                (about, more) => about.or(more),
            };
            append_missing(&mut merged.sources, scenario.sources);
            append_missing(&mut merged.fixtures, scenario.fixtures);
            merge_tables(&mut merged.tables, scenario.tables);
            merged.matches.extend(scenario.matches);
            // The sums are below the number of matches.
            let behind = |track: u16| u16::try_from(usize::from(track) + tracks).unwrap_or(u16::MAX);
            merged.ties.extend(scenario.ties.into_iter().map(|tie| Tie {
                first: match tie.first {
                    FirstLeg::Match(track) => FirstLeg::Match(behind(track)),
                    result @ FirstLeg::Result(_) => result,
                },
                second: behind(tie.second),
                ..tie
            }));
            merged
                .entries
                .extend(scenario.entries.into_iter().map(|entry| TimedLine { track: behind(entry.track), ..entry }));
        }
        if !twice.is_empty() {
            return Err(Error::misuse(format!(
                "match ids must be unique to merge scenarios; used twice: {}",
                twice.join(", ")
            )));
        }
        if !alone {
            // Line numbers of several files are ambiguous.
            merged.entries.iter_mut().for_each(|entry| entry.line = 0);
        }
        Ok(merged)
    }
}

/// The start of a period in the layout, else as stated.
fn period_start(fixture: &Match, scenario_layout: &ScenarioLayout, track: u16, period: Period) -> Option<UtcMillis> {
    let layout = &scenario_layout.layouts[usize::from(track)];
    match layout.phases().iter().find(|phase| phase.status == period.status()) {
        Some(phase) => Some(shift_time(fixture.kickoff, phase.from - layout.scheduled_kickoff())),
        None => fixture.period_starts.iter().find(|(of, _)| *of == period).map(|(_, at)| *at),
    }
}

/// A shifted time, clamped to the range that a file can state.
fn shift_time(at: UtcMillis, by: Span) -> UtcMillis {
    let (first, last) = (jiff::Timestamp::MIN.as_millisecond(), jiff::Timestamp::MAX.as_millisecond());
    UtcMillis(at.0.saturating_add(by.as_millis()).clamp(first, last))
}

/// Appends the items that the list does not have yet.
fn append_missing<T: PartialEq>(list: &mut Vec<T>, more: Vec<T>) {
    for item in more {
        if !list.contains(&item) {
            list.push(item);
        }
    }
}

fn merge_tables(tables: &mut Vec<LeagueTable>, more: Vec<LeagueTable>) {
    for table in more {
        let same = |known: &&mut LeagueTable| known.competition == table.competition && known.season == table.season;
        match tables.iter_mut().find(same) {
            None => tables.push(table),
            Some(known) => {
                let missing = |row: &crate::football::TableRow| known.rows.iter().all(|had| had.team != row.team);
                let rows: Vec<_> = table.rows.into_iter().filter(missing).collect();
                known.rows.extend(rows);
                known.sort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::scenario;
    use super::super::{Cue, SHIPPED, Scenario, Timeline, read};
    use super::*;
    use crate::football::{Score, Status};

    fn flagship() -> Scenario {
        SHIPPED[0].load().expect("shipped")
    }

    /// The time and the event of each cue.
    fn cue_times(scenario: &Scenario) -> Vec<(i64, String)> {
        cue_times_where(scenario, |_| true)
    }

    fn cue_times_where(scenario: &Scenario, is_wanted: impl FnMut(&&Cue) -> bool) -> Vec<(i64, String)> {
        let timeline = Timeline::new(scenario);
        let id = |track: u16| timeline.tracks()[usize::from(track)].fixture.id.clone();
        let describe = |cue: &Cue| (cue.at.as_millis(), format!("{} {}", id(cue.track), cue.event.id));
        timeline.cues().iter().filter(is_wanted).map(describe).collect()
    }

    /// Those of which the time is kept: all but the cues of a break through which the scenario was cut.
    fn kept_cue_times(trimmed: &Scenario) -> Vec<(i64, String)> {
        let mut played = HashSet::new();
        cue_times_where(trimmed, |cue| {
            let clock = cue.event.clock;
            if clock.period().is_some() || clock.status == Status::Scheduled {
                played.insert(cue.track);
            }
            played.contains(&cue.track)
        })
    }

    #[test]
    fn trimming_keeps_the_entries_within_and_their_distances() {
        for shipped in SHIPPED {
            let whole = shipped.load().expect("shipped");
            let timeline = Timeline::new(&whole);
            let length = timeline.length().as_millis();
            for (from, until) in [(0, 1), (1, 3), (2, 4), (1, 2)] {
                let (from, until) = (length * from / 4, length * until / 4);
                let trimmed = whole.trimmed(MediaTime::from_millis(from), MediaTime::from_millis(until));
                let expected: Vec<_> =
                    cue_times(&whole).into_iter().filter(|(at, _)| (from..=until).contains(at)).collect();
                let cue_times = cue_times(&trimmed);
                let start = expected.first().map_or(0, |(at, _)| *at);
                // Corrections of removed events are missing.
                let expected: Vec<_> = expected.into_iter().map(|(at, id)| (at - start, id)).collect();
                let kept = kept_cue_times(&trimmed);
                let (ids, all): (HashSet<_>, HashSet<_>) = (kept.iter().collect(), expected.iter().collect());
                assert!(ids.is_subset(&all), "{}: {:?}", shipped.name, ids.difference(&all).collect::<Vec<_>>());
                assert!(expected.len() - cue_times.len() <= 2, "{}: {expected:?}", shipped.name);
            }
        }
    }

    #[test]
    fn trimming_to_the_whole_length_changes_nothing() {
        for shipped in SHIPPED {
            let whole = shipped.load().expect("shipped");
            let trimmed = whole.trimmed(MediaTime::ZERO, Timeline::new(&whole).length());
            assert_eq!(trimmed.entries, whole.entries);
            assert_eq!(cue_times(&trimmed), cue_times(&whole));
        }
    }

    #[test]
    fn a_correction_goes_with_what_it_corrects() {
        let whole = scenario(
            r#"{"type":"goal","id":"g","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"type":"goal","id":"h","period":1,"clock":"11:00","side":"home","player":"h9"}
               {"op":"remove","id":"g","told":"12:00"}
               {"op":"update","id":"h","told":"12:30","assist":"h8"}"#,
        );
        let trimmed = whole.trimmed(MediaTime::from_millis(60_000), MediaTime::from_millis(150_000));
        let ids = trimmed.entries.iter().filter_map(|entry| match &entry.item {
            LineContent::Event(record) => Some(record.id().as_str()),
            _ => None,
        });
        assert_eq!(ids.collect::<Vec<_>>(), ["h", "h"]);
    }

    #[test]
    fn shifting_moves_the_calendar_and_nothing_else() {
        let shifted = flagship().shifted(Span::from_secs(86_400));
        assert_eq!(shifted.matches[0].kickoff.0 - flagship().matches[0].kickoff.0, 86_400_000);
        assert_eq!(cue_times(&shifted), cue_times(&flagship()));
        assert_eq!(shifted.shifted(Span::from_secs(-86_400)), flagship());
        let saturday = Scenario::open("hard-saturday").expect("shipped");
        let later = saturday.shifted(Span::from_secs(86_400));
        assert_eq!(cue_times(&later), cue_times(&saturday), "a delay moves with its match");
        let mut out = Vec::new();
        flagship().shifted(Span::from_nanos(i64::MAX)).write(&mut out).expect("memory");
        assert_eq!(read(&*out).expect("memory").findings.error_count(), 0, "within the calendar");
    }

    #[test]
    fn matches_are_aligned_by_kick_off_or_by_day() {
        let round = Scenario::open("serie-a").expect("shipped");
        let kickoffs = |scenario: &Scenario| -> Vec<i64> { scenario.matches.iter().map(|it| it.kickoff.0).collect() };
        let together = kickoffs(&round.aligned(Alignment::KickOff));
        assert!(together.iter().all(|kickoff| Some(kickoff) == kickoffs(&round).iter().min()), "{together:?}");
        let day = |at: &i64| at.div_euclid(86_400_000);
        let real = kickoffs(&round);
        let one_day = kickoffs(&round.aligned(Alignment::Day));
        assert!(real.iter().any(|at| day(at) != day(&real[0])) && one_day.iter().all(|at| day(at) == day(&one_day[0])));
        assert!(real.iter().zip(&one_day).all(|(was, is)| (was - is) % 86_400_000 == 0), "each at its own time");
        assert_eq!(round.aligned(Alignment::Real), round);
        let mut dateless = round.clone();
        Arc::make_mut(&mut dateless.matches[1]).kickoff = UtcMillis::UNKNOWN;
        for alignment in [Alignment::Day, Alignment::KickOff] {
            assert_eq!(
                kickoffs(&dateless.aligned(alignment))[..2],
                [real[0], real[0]],
                "an unknown kick-off is no day"
            );
        }
        let saturday = Scenario::open("hard-saturday").expect("shipped").aligned(Alignment::KickOff);
        assert_eq!(saturday.check().error_count(), 0, "a delay moves with its match");
    }

    #[test]
    fn merged_matches_play_on_one_calendar() {
        let (flagship, night) = (flagship(), Scenario::open("var-night").expect("shipped"));
        let merged = Scenario::merge(vec![flagship.clone(), night.clone()]).expect("different matches");
        assert_eq!(&*merged.title, format!("{} + {}", flagship.title, night.title));
        assert_eq!(merged.matches.len(), 3);
        assert_eq!(merged.entries.len(), flagship.entries.len() + night.entries.len());
        assert_eq!(merged.tables.len(), 2);
        assert!(merged.about.as_deref().is_some_and(|about| about.contains("FICTIONAL")));
        let goals = |scenario: &Scenario| Timeline::new(scenario).cues().len();
        assert_eq!(goals(&merged), goals(&flagship) + goals(&night));
        assert_eq!(merged.check().error_count(), 0);
        assert_eq!(Scenario::merge(vec![flagship.clone()]).expect("one"), flagship);
    }

    #[test]
    fn ties_of_merged_files_keep_their_matches() {
        let with_tie = |name: &str| {
            let mut scenario = Scenario::open(name).expect("shipped");
            scenario.ties = vec![
                Tie { first: FirstLeg::Match(0), second: 1, away_goals: true },
                Tie { first: FirstLeg::Result(Score { home: 1, away: 2 }), second: 0, away_goals: false },
            ];
            scenario
        };
        let merged = Scenario::merge(vec![flagship(), with_tie("var-night")]).expect("different matches");
        let second: Vec<u16> = merged.ties.iter().map(|tie| tie.second).collect();
        assert_eq!((merged.ties[0].first, second), (FirstLeg::Match(1), vec![2, 1]));
    }

    #[test]
    fn one_match_cannot_be_merged_with_itself() {
        let error = Scenario::merge(vec![flagship(), flagship()]).expect_err("the same match").to_string();
        assert!(error.contains("\"juv-nap\""), "{error}");
        assert!(Scenario::merge(Vec::new()).is_err());
    }

    #[test]
    fn tables_are_merged_by_competition_and_season() {
        let (mut one, mut other) = (flagship(), Scenario::open("serie-a").expect("shipped"));
        other.matches.retain(|fixture| fixture.id != one.matches[0].id);
        other.entries.clear();
        let merged = Scenario::merge(vec![one.clone(), other.clone()]).expect("different matches");
        assert_eq!(merged.tables.len(), 1);
        assert_eq!(merged.tables[0].rows.len(), 20);
        one.tables[0].season = None;
        other.fixtures = one.fixtures.clone();
        let merged = Scenario::merge(vec![one.clone(), other]).expect("different matches");
        assert_eq!((merged.tables.len(), merged.fixtures.len()), (2, one.fixtures.len()));
    }
}
