//! Lints: football rules that a valid scenario file can still break.
//!
//! What is impossible is an error, what is improbable a warning, what a sparse feed may leave out a note. To add a
//! lint, write a function beside those on the same subject and add it to [`LINTS`], or to [`FILE_LINTS`] if it looks at
//! several matches or at tables.

mod called_off;
mod cards;
mod interruptions;
mod keepers;
mod names;
mod order;
mod periods;
mod presence;
mod references;
mod report;
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
use std::sync::Arc;

use super::finding::{Findings, Severity};
use super::media_time::MediaTime;
use super::read::{FileReading, ReadGaps, read};
use super::timeline::{ScenarioLayout, Timeline};
use super::{EventRecord, Layout, LineContent, Scenario, TimedLine};
use crate::error::{Error, Result};
use crate::football::{
    EventType, Field, FieldValue, Match, MatchClock, MatchEvent, MatchState, Op, Period, Reading, Side, Status, Team,
};
use report::{LineNumbers, LintReport};

/// A lint on one match.
type Lint = fn(&MatchView<'_>, &mut LintReport);

/// A lint on the whole file.
type FileLint = fn(&Scenario, &mut LintReport);

/// All lints on one match.
const LINTS: &[Lint] = &[
    sheets::check_eleven_start,
    sheets::check_one_keeps_goal,
    sheets::check_shirt_numbers_and_captain,
    names::check_player_names_are_unique,
    order::check_lines_are_in_order,
    order::check_clocks_are_plausible,
    order::check_labels_run_forwards,
    order::check_stated_starts_hold,
    periods::check_events_lie_within_their_period,
    periods::check_starts_and_ends_are_given,
    periods::check_play_needs_a_period,
    periods::check_rules_are_kept,
    interruptions::check_suspensions_are_resolved,
    called_off::check_decisions_are_complete,
    called_off::check_called_off_is_not_played,
    called_off::check_decisions_are_within_limits,
    sides::check_sides_are_given,
    sides::check_players_belong_to_the_side,
    presence::check_players_are_on_the_field,
    substitutions::check_substitutions_are_within_the_rules,
    cards::check_cards_are_consistent,
    cards::check_coaches_only_get_cards,
    keepers::check_position_changes_are_complete,
    keepers::check_each_side_has_a_goalkeeper,
    shootout::check_kicks_follow_the_laws,
    references::check_referenced_events_exist,
];

/// All lints on the whole file.
const FILE_LINTS: &[FileLint] = &[
    names::check_team_names_are_unique,
    tables::check_tables_match_the_matches,
    tables::check_rows_add_up,
    standings::check_deductions_are_subtracted,
    standings::check_order_can_be_applied,
];

impl Scenario {
    /// Runs the lints on a scenario. Line numbers are those of the file it was read from; columns are 0. [`Self::check_file`]
    /// and [`Self::check_text`] know the columns as well.
    pub fn check(&self) -> Findings {
        let gaps = ReadGaps::default();
        run_lints(self, &gaps).into_sorted(&LineNumbers::default(), &gaps).merged_with(&Findings::default())
    }

    /// Reads a scenario file and runs the lints: all findings, in the order of lines.
    ///
    /// # Errors
    /// If the file itself cannot be read.
    pub fn check_file(path: impl AsRef<Path>) -> Result<FileReading> {
        let path = path.as_ref();
        let open = || File::open(path).map(BufReader::new);
        check_input(open, open).map_err(|error| Error::io(format!("reading {}", path.display()), error))
    }

    /// Checks a file in memory, as [`Self::check_file`] does.
    pub fn check_text(text: &[u8]) -> FileReading {
        // Reading from memory does not fail.
        check_input(|| Ok(text), || Ok(text)).unwrap_or_else(|_| FileReading::default())
    }
}

/// Reads the input twice, so that no line is held for its excerpt: first for the scenario, then for the lines that the
/// lints reported.
fn check_input<A: BufRead, B: BufRead>(
    first: impl FnOnce() -> std::io::Result<A>,
    again: impl FnOnce() -> std::io::Result<B>,
) -> std::io::Result<FileReading> {
    let mut reading = read(first()?)?;
    let report = run_lints(&reading.scenario, &reading.gaps);
    let lines = LineNumbers { matches: &reading.match_lines, tables: &reading.table_lines, ties: &reading.tie_lines };
    let mut sorted = report.into_sorted(&lines, &reading.gaps);
    sorted.add_columns_and_excerpts(again()?)?;
    reading.findings = sorted.merged_with(&reading.findings);
    Ok(reading)
}

fn run_lints(scenario: &Scenario, gaps: &ReadGaps) -> LintReport {
    let mut report = LintReport::default();
    references::check_matches_exist(scenario, &mut report);
    if !report.is_empty() {
        return report;
    }
    let timeline = Timeline::new(scenario);
    for view in match_views(scenario, &timeline, gaps) {
        for lint in LINTS {
            lint(&view, &mut report);
        }
    }
    for lint in FILE_LINTS {
        lint(scenario, &mut report);
    }
    ties::check_ties(scenario, &timeline, &mut report);
    report
}

/// One match as the lints see it.
struct MatchView<'a> {
    /// The index of the match in the scenario.
    track: usize,
    fixture: &'a Arc<Match>,
    layout: &'a Layout,
    /// The entries of the match in the order of the file, with their times on the timeline.
    entries: Vec<(&'a TimedLine, MediaTime)>,
    /// The revisions of all events in the order of the timeline.
    revisions: Vec<Revision<'a>>,
    /// What could not be read. A lint does not report what may follow from a missing line.
    gaps: &'a ReadGaps,
}

/// One revision of an event.
struct Revision<'a> {
    /// The line that it comes from.
    line: u32,
    event: &'a MatchEvent,
    /// The revision that it corrects.
    previous: Option<&'a MatchEvent>,
}

fn match_views<'a>(scenario: &'a Scenario, timeline: &'a Timeline, gaps: &'a ReadGaps) -> Vec<MatchView<'a>> {
    let mut views: Vec<MatchView<'a>> = timeline
        .tracks()
        .iter()
        .enumerate()
        .map(|(index, track)| MatchView {
            track: index,
            fixture: &track.fixture,
            layout: &track.layout,
            entries: Vec::new(),
            revisions: Vec::new(),
            gaps,
        })
        .collect();
    for (entry, at) in scenario.entries.iter().zip(ScenarioLayout::new(scenario).times) {
        views[usize::from(entry.track)].entries.push((entry, at));
    }
    for (index, cue) in timeline.cues().iter().enumerate() {
        let line = scenario.entries[timeline.entry_of(index)].line;
        let revision = Revision { line, event: &cue.event, previous: timeline.previous_revision(cue) };
        views[usize::from(cue.track)].revisions.push(revision);
    }
    views
}

impl<'a> MatchView<'a> {
    /// All revisions except removals.
    fn without_removals(&self) -> impl Iterator<Item = &Revision<'a>> {
        self.revisions.iter().filter(|revision| revision.event.is_in_force())
    }

    /// The last revision of each event that is not removed in the end, by id.
    fn final_events(&self) -> HashMap<&'a str, &'a MatchEvent> {
        let mut last: HashMap<_, _> =
            self.revisions.iter().map(|revision| (revision.event.id.as_str(), revision.event)).collect();
        last.retain(|_, event| event.is_in_force());
        last
    }

    /// Whether an event of one of these types may be missing because its line could not be read.
    fn may_lack(&self, kinds: &[EventType]) -> bool {
        self.gaps.may_lack(self.track, kinds, None)
    }

    /// Whether it is known which players are on the field: the starters are known, and so is every event that changes
    /// them.
    fn knows_players_on_field(&self) -> bool {
        use EventType::*;
        let no_starters = |team: &Team| team.players.iter().all(|player| !player.starts) && !team.players.is_empty();
        !self.may_lack(&[Substitution, PlayerOff, PlayerOn, YellowCard, SecondYellowCard, RedCard])
            && self.gaps.knows_starters(self.track)
            && !no_starters(&self.fixture.home)
            && !no_starters(&self.fixture.away)
    }

    /// Calls `visit` for each revision with the match state before it. For a correction that is the state without the
    /// revision that it corrects.
    ///
    /// Does nothing if the players on the field are not known, since the states would be wrong.
    fn for_each_state(&self, mut visit: impl FnMut(&MatchState, &Revision<'a>)) {
        if !self.knows_players_on_field() {
            return;
        }
        let mut state = MatchState::new(self.fixture.clone());
        for revision in &self.revisions {
            match revision.previous_in_force() {
                Some(previous) => {
                    let mut without = state.clone();
                    without.apply(&MatchEvent { op: Op::Remove, ..previous.clone() }, Some(previous));
                    without.status = state.status;
                    visit(&without, revision);
                }
                None => visit(&state, revision),
            }
            state.apply(revision.event, revision.previous);
        }
    }
}

impl<'a> Revision<'a> {
    /// The revision that it corrects, unless that removes the event.
    fn previous_in_force(&self) -> Option<&'a MatchEvent> {
        self.previous.filter(|previous| previous.is_in_force())
    }

    /// Whether the event is reported late: then the state before the report is not the state in which it happened.
    fn is_late(&self) -> bool {
        self.previous.is_some() || self.event.reported_at() != self.event.clock
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
            let findings = Scenario::check_text(shipped.text().as_bytes()).findings;
            let found: Vec<String> = findings.listed().iter().map(ToString::to_string).collect();
            assert!(found.is_empty(), "{}: {found:#?}", shipped.name);
        }
    }

    #[test]
    fn findings_of_reader_and_lints_are_in_order_with_excerpts() {
        let text = r#"{"kind":"scenario","version":1,"title":"t"}
{"kind":"match","id":"m","kickoff":"2018-04-22T18:45:00Z","home":{"id":"a","name":"Ärger","players":[]},"away":{"id":"b","name":"B","players":[]}}
{"type":"foul","period":1,"clock":"10:00","side":"home","player":"unknown"}
{"text":"Đoković","type":"corner","period":1,"clock":"09:00"}
{"type":"corner","period":1,"clock":"08:00","side":"hme"}
"#;
        let reading = Scenario::check_text(text.as_bytes());
        let errors = reading.findings.listed().iter().filter(|finding| finding.severity == Severity::Error);
        let found: Vec<String> = errors.map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "3:66: error: player \"unknown\" cannot be named: Ärger have no players (list them in \"players\" of the match line, or name them in \"text\" alone)",
                "4:26: error: corner needs a side: \"home\" or \"away\"",
                "5:52: error: unknown side \"hme\" (did you mean \"home\"?); accepted: home, away",
            ]
        );
        let order: Vec<u32> = reading.findings.listed().iter().map(|finding| finding.line).collect();
        assert_eq!(order, [2, 2, 2, 3, 4, 5], "{:#?}", reading.findings);
        assert!(reading.findings.listed().iter().all(|finding| finding.line == 0 || !finding.excerpt.is_empty()));
    }

    #[test]
    fn findings_on_a_scenario_have_line_numbers() {
        let lines = r#"{"type":"corner","period":1,"clock":"09:00"}"#;
        let findings = crate::scenario::testing::scenario(lines).check();
        let error = findings.first_error().expect("no side");
        assert_eq!((error.line, error.column, error.excerpt.as_str()), (3, 0, ""));
    }

    #[test]
    fn a_file_is_checked_from_its_path() {
        let path = std::env::temp_dir().join(format!("touchline-check-{}.jsonl", std::process::id()));
        let corner = r#"{"type":"corner","period":1,"clock":"09:00"}"#;
        std::fs::write(&path, crate::scenario::testing::file(corner)).expect("a file");
        let reading = Scenario::check_file(&path).expect("readable");
        std::fs::remove_file(&path).expect("removable");
        let error = reading.findings.first_error().expect("no side");
        assert_eq!((error.line, error.column, error.excerpt.as_str()), (3, 9, corner));
        let gone = Scenario::check_file(&path).expect_err("removed");
        assert!(gone.kind() == crate::error::ErrorKind::Io && gone.to_string().contains("touchline-check"), "{gone}");
    }

    #[test]
    fn findings_in_a_file_of_nonsense_are_counted_beyond_the_limit() {
        let corners = "{\"type\":\"corner\",\"period\":1,\"clock\":\"09:00\"}\n".repeat(10_500);
        let findings = Scenario::check_text(crate::scenario::testing::file(&corners).as_bytes()).findings;
        let error = findings.first_error().expect("no side").to_string();
        assert_eq!(error, "3:9: error: corner needs a side: \"home\" or \"away\" (and 10,499 more)");
        assert_eq!(findings.error_count(), 1);

        let foul = |at: usize| {
            format!(
                "{{\"type\":\"foul\",\"period\":1,\"clock\":\"09:00\",\"side\":\"home\",\"related\":[\"x{at}\"]}}\n"
            )
        };
        let fouls: String = (0..10_500).map(foul).collect();
        let findings = Scenario::check_text(crate::scenario::testing::file(&fouls).as_bytes()).findings;
        assert_eq!((findings.error_count(), findings.listed().len()), (10_500, Findings::MAX_LISTED));
        assert_eq!(findings.listed()[99].line, 102, "the first of them");
    }
}
