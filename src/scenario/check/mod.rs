//! Lints that know football: what reads without error and still cannot be, or hardly.
//!
//! Nonsense is an error, the doubtful a warning, what a sparse feed may well leave out a note. To add a lint: a
//! function beside those that look at the same thing, and a line in [`LINTS`], or in [`FILE_LINTS`] if it looks at
//! several matches or at tables.

mod called_off;
mod cards;
mod course;
mod interruptions;
mod keepers;
mod names;
mod order;
mod presence;
mod references;
mod remark;
mod sheets;
mod shootout;
mod sides;
mod standings;
mod substitutions;
mod tables;
mod ties;

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::finding::{Findings, Severity};
use super::media_time::MediaTime;
use super::read::{FileReading, Flawed, read};
use super::timeline::{ScenarioLayout, Timeline, Track};
use super::{Entry, EventRecord, Item, Scenario};
use crate::error::{Error, Result};
use crate::football::{
    EventType, Field, Match, MatchClock, MatchEvent, MatchState, Op, Period, Reading, Side, Status, Team, Value,
};
use remark::{PlaceLines, Remarks};

/// A lint looks at one match as it is told and remarks on what is wrong with it.
type Lint = fn(&Story<'_>, &mut Remarks);

/// A lint that looks at the whole file.
type FileLint = fn(&Scenario, &mut Remarks);

/// All lints that look at one match.
const LINTS: &[Lint] = &[
    sheets::eleven_start,
    sheets::one_keeps_goal,
    sheets::shirts_and_armbands,
    names::players_have_names_of_their_own,
    order::told_in_order,
    order::clocks_within_reason,
    order::labels_run_forwards,
    order::stated_starts_hold,
    course::periods_have_bounds,
    course::bounds_are_told,
    course::play_needs_a_period,
    course::rules_are_kept,
    interruptions::play_goes_on,
    called_off::decisions_are_complete,
    called_off::called_off_is_not_played,
    called_off::decisions_can_be_laid_out,
    sides::sides_are_told,
    sides::players_are_on_that_side,
    presence::players_are_on_the_field,
    substitutions::changes_are_within_the_rules,
    cards::two_yellows_make_a_red,
    cards::coaches_only_get_cards,
    keepers::positions_are_taken,
    keepers::somebody_keeps_goal,
    shootout::kicks_follow_the_laws,
    references::what_is_named_is_there,
];

/// All lints that look at the file.
const FILE_LINTS: &[FileLint] = &[
    names::teams_have_names_of_their_own,
    tables::tables_count,
    tables::rows_add_up,
    standings::deductions_are_taken_off,
    standings::order_can_be_known,
    ties::legs_belong_together,
];

/// Looks for what football does not allow. Lines are those of the file that the scenario was read from; columns are
/// not known here: [`check_file`] finds them.
pub fn check(scenario: &Scenario) -> Findings {
    let flawed = Flawed::default();
    remarks(scenario, &flawed).in_order(&PlaceLines::default(), &flawed).with(&Findings::default())
}

/// Reads a scenario file and checks it: everything found, in the order of the lines.
///
/// Fails only where the file itself cannot be read.
pub fn check_file(path: impl AsRef<Path>) -> Result<FileReading> {
    let path = path.as_ref();
    let open = || File::open(path).map(BufReader::new);
    check_input(open, open).map_err(|error| Error::io(format!("reading {}", path.display()), error))
}

/// The same for a file in memory.
pub fn check_text(text: &[u8]) -> FileReading {
    // Memory does not refuse to be read.
    check_input(|| Ok(text), || Ok(text)).unwrap_or_else(|_| FileReading::default())
}

/// Reads twice, so that no line needs to be held for its excerpt: once for the scenario, and once more for the lines
/// that the lints remark on.
fn check_input<A: BufRead, B: BufRead>(
    first: impl FnOnce() -> std::io::Result<A>,
    again: impl FnOnce() -> std::io::Result<B>,
) -> std::io::Result<FileReading> {
    let mut reading = read(first()?)?;
    let remarks = remarks(&reading.scenario, &reading.flawed);
    let lines = PlaceLines { matches: &reading.match_lines, tables: &reading.table_lines, ties: &reading.tie_lines };
    let mut ordered = remarks.in_order(&lines, &reading.flawed);
    ordered.place(again()?)?;
    reading.findings = ordered.with(&reading.findings);
    Ok(reading)
}

fn remarks(scenario: &Scenario, flawed: &Flawed) -> Remarks {
    let timeline = Timeline::new(scenario);
    let mut remarks = Remarks::default();
    for story in stories(scenario, &timeline, flawed) {
        for lint in LINTS {
            lint(&story, &mut remarks);
        }
    }
    for lint in FILE_LINTS {
        lint(scenario, &mut remarks);
    }
    remarks
}

/// One match as it is told: what the lints look at.
struct Story<'a> {
    /// The place of the match in the scenario.
    track: usize,
    fixture: &'a Match,
    laid: &'a Track,
    /// Its lines in the order of the file, each with when it is told.
    entries: Vec<(&'a Entry, MediaTime)>,
    /// Its events in the order of telling.
    steps: Vec<Step<'a>>,
    /// What could not be read: what comes of a missing line is no second mistake.
    flawed: &'a Flawed,
}

/// An event as it is told.
struct Step<'a> {
    /// The line that tells it.
    line: u32,
    event: &'a MatchEvent,
    /// The revision before it.
    was: Option<&'a MatchEvent>,
}

fn stories<'a>(scenario: &'a Scenario, timeline: &'a Timeline, flawed: &'a Flawed) -> Vec<Story<'a>> {
    let mut stories: Vec<Story<'a>> = timeline
        .tracks()
        .iter()
        .enumerate()
        .map(|(track, laid)| Story {
            track,
            fixture: &laid.fixture,
            laid,
            entries: Vec::new(),
            steps: Vec::new(),
            flawed,
        })
        .collect();
    for (entry, at) in scenario.entries.iter().zip(ScenarioLayout::new(scenario).times) {
        stories[usize::from(entry.track)].entries.push((entry, at));
    }
    for (index, cue) in timeline.cues().iter().enumerate() {
        let line = scenario.entries[timeline.entry_of(index)].line;
        let step = Step { line, event: &cue.event, was: timeline.previous_revision(cue) };
        stories[usize::from(cue.track)].steps.push(step);
    }
    stories
}

impl<'a> Story<'a> {
    /// What is told and not taken back by the same line.
    fn standing(&self) -> impl Iterator<Item = &Step<'a>> {
        self.steps.iter().filter(|step| step.event.stands())
    }

    /// The last revision of each happening that is not taken back in the end.
    fn lasting(&self) -> HashMap<&'a str, &'a MatchEvent> {
        let mut last: HashMap<_, _> = self.steps.iter().map(|step| (step.event.id.as_str(), step.event)).collect();
        last.retain(|_, event| event.stands());
        last
    }

    /// Whether a line of one of these types could not be read.
    fn lacks(&self, kinds: &[EventType]) -> bool {
        self.flawed.lacks(self.track, kinds, None)
    }

    /// Whether it is known who starts, and every line could be read that decides who is on the field.
    fn knows_who_is_on(&self) -> bool {
        use EventType::*;
        let nobody_starts = |team: &Team| team.players.iter().all(|player| !player.starts) && !team.players.is_empty();
        !self.lacks(&[Substitution, PlayerOff, PlayerOn, YellowCard, SecondYellowCard, RedCard])
            && self.flawed.knows_starters(self.track)
            && !nobody_starts(&self.fixture.home)
            && !nobody_starts(&self.fixture.away)
    }

    /// Goes through the match with the state that each event meets: where it corrects an earlier revision, as if
    /// that had never been told.
    ///
    /// Where it is not known who starts, or a line could not be read that decides who is on the field, the states are not
    /// those of the match: then there is nothing to go through.
    fn walk(&self, mut see: impl FnMut(&MatchState, &Step<'a>)) {
        if !self.knows_who_is_on() {
            return;
        }
        let mut state = MatchState::new(self.laid.fixture.clone());
        for step in &self.steps {
            match step.was.filter(|was| was.stands()) {
                Some(was) => {
                    let mut without = state.clone();
                    without.apply(&MatchEvent { op: Op::Remove, ..was.clone() }, Some(was));
                    without.status = state.status;
                    see(&without, step);
                }
                None => see(&state, step),
            }
            state.apply(step.event, step.was);
        }
    }
}

impl Step<'_> {
    /// Whether it is told later than it happened, so that the state it meets is not the one it happened in.
    fn is_late(&self) -> bool {
        self.was.is_some() || self.event.reported_at() != self.event.clock
    }
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    #[test]
    fn the_shipped_scenarios_are_football() {
        for shipped in SHIPPED {
            let findings = check_text(shipped.text().as_bytes()).findings;
            let found: Vec<String> = findings.listed().iter().map(ToString::to_string).collect();
            assert!(found.is_empty(), "{}: {found:#?}", shipped.name);
        }
    }

    #[test]
    fn what_the_reader_and_the_lints_find_stands_in_order_with_excerpts() {
        let text = r#"{"kind":"scenario","version":1,"title":"t"}
{"kind":"match","id":"m","kickoff":"2018-04-22T18:45:00Z","home":{"id":"a","name":"Ärger","players":[]},"away":{"id":"b","name":"B","players":[]}}
{"type":"foul","period":1,"clock":"10:00","side":"home","player":"nobody"}
{"text":"Đoković","type":"corner","period":1,"clock":"09:00"}
{"type":"corner","period":1,"clock":"08:00","side":"hme"}
"#;
        let reading = check_text(text.as_bytes());
        let errors = reading.findings.listed().iter().filter(|finding| finding.severity == Severity::Error);
        let found: Vec<String> = errors.map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "3:66: error: player \"nobody\" cannot be named: Ärger have no players (list them in \"players\" of the match line, or name them in \"text\" alone)",
                "4:26: error: corner needs a side: \"home\" or \"away\"",
                "5:52: error: unknown side \"hme\" (did you mean \"home\"?); accepted: home, away",
            ]
        );
        let order: Vec<u32> = reading.findings.listed().iter().map(|finding| finding.line).collect();
        assert_eq!(order, [2, 2, 2, 3, 4, 5], "{:#?}", reading.findings);
        assert!(reading.findings.listed().iter().all(|finding| finding.line == 0 || !finding.excerpt.is_empty()));
    }

    #[test]
    fn in_memory_the_lines_are_those_of_the_file() {
        let lines = r#"{"type":"corner","period":1,"clock":"09:00"}"#;
        let findings = check(&crate::scenario::testing::scenario(lines));
        let error = findings.first_error().expect("no side");
        assert_eq!((error.line, error.column, error.excerpt.as_str()), (3, 0, ""));
    }

    #[test]
    fn a_file_is_checked_where_it_lies() {
        let path = std::env::temp_dir().join(format!("touchline-check-{}.jsonl", std::process::id()));
        let corner = r#"{"type":"corner","period":1,"clock":"09:00"}"#;
        std::fs::write(&path, crate::scenario::testing::file(corner)).expect("a file");
        let reading = check_file(&path).expect("readable");
        std::fs::remove_file(&path).expect("removable");
        let error = reading.findings.first_error().expect("no side");
        assert_eq!((error.line, error.column, error.excerpt.as_str()), (3, 9, corner));
        let gone = check_file(&path).expect_err("removed");
        assert!(gone.kind() == crate::error::Kind::Io && gone.to_string().contains("touchline-check"), "{gone}");
    }

    #[test]
    fn a_file_of_nonsense_is_counted_and_not_listed_without_end() {
        let corners = "{\"type\":\"corner\",\"period\":1,\"clock\":\"09:00\"}\n".repeat(10_500);
        let findings = check_text(crate::scenario::testing::file(&corners).as_bytes()).findings;
        let error = findings.first_error().expect("no side").to_string();
        assert_eq!(error, "3:9: error: corner needs a side: \"home\" or \"away\" (and 10,499 more)");
        assert_eq!(findings.errors(), 1);

        let foul = |at: usize| {
            format!(
                "{{\"type\":\"foul\",\"period\":1,\"clock\":\"09:00\",\"side\":\"home\",\"related\":[\"x{at}\"]}}\n"
            )
        };
        let fouls: String = (0..10_500).map(foul).collect();
        let findings = check_text(crate::scenario::testing::file(&fouls).as_bytes()).findings;
        assert_eq!((findings.errors(), findings.listed().len()), (10_500, Findings::LISTED));
        assert_eq!(findings.listed()[99].line, 102, "the first of them");
    }
}
