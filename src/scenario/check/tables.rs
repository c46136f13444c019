//! League tables: matches of the file count for them, the teams have rows, and the numbers of a row add up.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::Scenario;
use super::report::{LineRef, LintReport, ValueRef};
use crate::football::{LeagueTable, Match, TableRow, Team};
use crate::message::{did_you_mean, suggest};

/// The most tables and teams that get a suggestion. The search goes through all names.
const SUGGESTIONS: usize = 20;
/// The most names in one message.
const MAX_NAMED: usize = 3;

/// The matches of one competition.
#[derive(Default)]
struct Competition<'a> {
    seasons: BTreeSet<&'a str>,
    /// Whether a match has no season. It then counts for every table of the competition.
    any_season: bool,
    matches: Vec<&'a Match>,
}

/// Each table has a match of the file that counts for it, and every team of such a match has a row.
pub(super) fn check_tables_match_the_matches(scenario: &Scenario, out: &mut LintReport) {
    if scenario.tables.is_empty() || scenario.matches.is_empty() {
        return;
    }
    let mut competitions: HashMap<&str, Competition<'_>> = HashMap::new();
    for fixture in &scenario.matches {
        let Some(name) = fixture.competition.as_deref() else { continue };
        let competition = competitions.entry(name).or_default();
        competition.matches.push(fixture);
        match fixture.season.as_deref() {
            Some(season) => drop(competition.seasons.insert(season)),
            None => competition.any_season = true,
        }
    }
    let mut names: Vec<&str> = competitions.keys().copied().collect();
    names.sort_unstable();
    let mut searches = 0;
    // Several tables of one competition (groups) share its teams.
    let mut groups: BTreeMap<&str, Vec<(usize, &LeagueTable)>> = BTreeMap::new();
    for (at, table) in scenario.tables.iter().enumerate() {
        let covered = competitions.get(&*table.competition).is_some_and(|competition| competition.is_covered_by(table));
        if covered {
            groups.entry(&table.competition).or_default().push((at, table))
        } else {
            searches += 1;
            let near = if searches <= SUGGESTIONS { &*names } else { &[] };
            let (field, why) = no_match_reason(table, competitions.get(&*table.competition), &names, near);
            out.warning(LineRef::Table(at), field, format!("no match of this file counts for this table: {why}"));
        }
    }
    let teams = team_ids(scenario);
    for (name, tables) in &groups {
        if let Some(competition) = competitions.get(name) {
            check_teams_have_rows(competition, tables, &teams, out);
        }
    }
}

impl Competition<'_> {
    fn is_covered_by(&self, table: &LeagueTable) -> bool {
        match table.season.as_deref() {
            Some(season) => self.any_season || self.seasons.contains(season),
            None => true,
        }
    }
}

/// The ids of all teams of matches of the file.
fn team_ids(scenario: &Scenario) -> HashSet<&str> {
    scenario.matches.iter().flat_map(|fixture| [&fixture.home, &fixture.away]).map(|team| team.id.as_str()).collect()
}

/// Why no match counts for a table: the field that differs, `competition` or `season`, and the reason. The suggestion
/// is one of `near`.
fn no_match_reason(
    table: &LeagueTable,
    same: Option<&Competition<'_>>,
    names: &[&str],
    near: &[&str],
) -> (&'static str, String) {
    if let (Some(competition), Some(season)) = (same, &table.season) {
        let seasons = quoted_list(competition.seasons.iter().copied());
        let why = format!("its season is {season:?}, but the matches of {:?} are of {seasons}", table.competition);
        return ("season", why);
    }
    let why = match names {
        [] => format!("the matches have no \"competition\" (add \"competition\":{:?})", table.competition),
        _ => {
            let hint = did_you_mean(&table.competition, near.iter().copied());
            if hint.is_empty() {
                format!("the matches are of {}", quoted_list(names.iter().copied()))
            } else {
                format!("no match is of {:?}{hint}", table.competition)
            }
        }
    };
    ("competition", why)
}

/// The first names in quotes, and the number of others.
fn quoted_list<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(MAX_NAMED);
    let named: Vec<String> = names.take(MAX_NAMED).map(|name| format!("{name:?}")).collect();
    match more {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

/// Reports teams whose matches count for one of these tables but that have no row.
fn check_teams_have_rows(
    competition: &Competition<'_>,
    tables: &[(usize, &LeagueTable)],
    teams: &HashSet<&str>,
    out: &mut LintReport,
) {
    // The teams with rows, by the season of the table.
    let mut rows: HashMap<Option<&str>, HashSet<&str>> = HashMap::new();
    let mut all: HashSet<&str> = HashSet::new();
    for (_, table) in tables {
        let ids = table.rows.iter().map(|row| row.team.as_str());
        all.extend(ids.clone());
        rows.entry(table.season.as_deref()).or_default().extend(ids);
    }
    let mut first_of: HashMap<Option<&str>, usize> = HashMap::new();
    for (at, table) in tables.iter().rev() {
        first_of.insert(table.season.as_deref(), *at);
    }
    let has_row = |season: Option<&str>, id: &str| match season {
        Some(_) => [season, None].iter().any(|season| rows.get(season).is_some_and(|rows| rows.contains(id))),
        None => all.contains(id),
    };
    // Rows of teams without a match in the file: a missing team may be one of them.
    let mut idle: Vec<(usize, &TableRow)> =
        tables.iter().flat_map(|(at, table)| table.rows.iter().map(|row| (*at, row))).collect();
    idle.retain(|(_, row)| !teams.contains(row.team.as_str()));
    let mut seen: HashSet<&str> = HashSet::new();
    let mut missing: Vec<(usize, &Team)> = Vec::new();
    for fixture in &competition.matches {
        let season = fixture.season.as_deref();
        let table = match season {
            Some(_) => first_of.get(&season).or_else(|| first_of.get(&None)).copied(),
            None => tables.first().map(|(at, _)| *at),
        };
        // Without a table of its season, the match counts for none.
        let Some(table) = table else { continue };
        for team in [&fixture.home, &fixture.away] {
            if !has_row(season, team.id.as_str()) && seen.insert(team.id.as_str()) {
                missing.push((table, team));
            }
        }
    }
    let mut searches = 0;
    missing.retain(|(_, team)| {
        searches += 1;
        let near = if searches <= SUGGESTIONS { row_of(team, &idle) } else { None };
        let Some((at, row)) = near else { return true };
        let message = format!(
            "team {:?} ({}) has no row in this table (did you mean it by {:?}, which has no match?)",
            team.id, team.name, row.team
        );
        out.warning(LineRef::Table(at), ValueRef::Row(row.team.clone(), "team"), message);
        false
    });
    missing.sort_by_key(|(at, _)| *at);
    for of_table in missing.chunk_by(|(before, _), (after, _)| before == after) {
        let names = quoted_list(of_table.iter().map(|(_, team)| team.id.as_str()));
        let (noun, verb) = if of_table.len() == 1 { ("team", "has") } else { ("teams", "have") };
        let message = format!("{noun} {names} {verb} no row in this table: results count only for teams with a row");
        out.warning(LineRef::Table(of_table[0].0), "rows", message);
    }
}

/// The row that is probably meant for a team: one with its name, or with a similar id.
fn row_of<'a>(team: &Team, rows: &[(usize, &'a TableRow)]) -> Option<(usize, &'a TableRow)> {
    let same = |row: &TableRow| row.name.to_lowercase() == team.name.to_lowercase();
    let named = rows.iter().find(|(_, row)| same(row)).copied();
    named.or_else(|| {
        let near = suggest(team.id.as_str(), rows.iter().map(|(_, row)| row.team.as_str()))?;
        rows.iter().find(|(_, row)| row.team.as_str() == near).copied()
    })
}

/// In each row `played` is the sum of `won`, `drawn` and `lost`. A row may have `played` alone.
pub(super) fn check_rows_add_up(scenario: &Scenario, out: &mut LintReport) {
    for (at, table) in scenario.tables.iter().enumerate() {
        let sum = |row: &TableRow| u64::from(row.won) + u64::from(row.drawn) + u64::from(row.lost);
        let wrong = table.rows.iter().filter(|row| sum(row) != 0 && sum(row) != u64::from(row.played));
        let wrong: Vec<&TableRow> = wrong.collect();
        // The same mistake in many rows is one finding.
        let (shown, rest) = if wrong.len() > MAX_NAMED { wrong.split_at(1) } else { wrong.split_at(wrong.len()) };
        for row in shown {
            let more =
                if rest.is_empty() { String::new() } else { format!(" (and so on in {} more rows)", rest.len()) };
            let message = format!(
                "{}: {} played is not {} won + {} drawn + {} lost = {}{more}",
                row.name,
                row.played,
                row.won,
                row.drawn,
                row.lost,
                sum(row)
            );
            out.warning(LineRef::Table(at), ValueRef::Row(row.team.clone(), "played"), message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with};

    /// Compares the findings for this table in a file whose match is of `League`, 2025/26.
    #[track_caller]
    fn table_finds(competition: &str, season: &str, rows: &str, expected: &[&str]) {
        let stated = |line: &str| line.replacen(r#""competition""#, r#""season":"2025/26","competition""#, 1);
        let table = format!(r#"{{"kind":"table","competition":"{competition}"{season},"rows":[{rows}]}}"#);
        finds_in_match_with(stated, &table, expected);
    }

    const BOTH: &str = r#"{"team":"home"},{"team":"away"}"#;

    #[test]
    fn a_match_counts_for_every_table() {
        table_finds("League", "", BOTH, &[]);
        table_finds("League", r#","season":"2025/26""#, BOTH, &[]);
        table_finds(
            "Leageu",
            "",
            BOTH,
            &[
                "3 \"Leageu\": warning: no match of this file counts for this table: no match is of \"Leageu\" (did you mean \"League\"?)",
            ],
        );
        table_finds(
            "Coast Cup",
            "",
            BOTH,
            &["3 \"Coast Cup\": warning: no match of this file counts for this table: the matches are of \"League\""],
        );
        table_finds(
            "League",
            r#","season":"2024/25""#,
            BOTH,
            &[
                "3 \"2024/25\": warning: no match of this file counts for this table: its season is \"2024/25\", but the \
               matches of \"League\" are of \"2025/26\"",
            ],
        );
        finds_in_match_with(
            |line| line.replacen(r#""competition":"League","#, "", 1),
            r#"{"kind":"table","competition":"League","rows":[{"team":"home"},{"team":"away"}]}"#,
            &[
                "3 \"League\": warning: no match of this file counts for this table: the matches have no \"competition\" \
               (add \"competition\":\"League\")",
            ],
        );
        // The match states no season: it counts for a table of any.
        finds(
            r#"{"kind":"table","competition":"League","season":"2019/20","rows":[{"team":"home"},{"team":"away"}]}"#,
            &[],
        );
    }

    #[test]
    fn every_team_has_a_row() {
        table_finds(
            "League",
            "",
            r#"{"team":"hme"},{"team":"away"},{"team":"third"}"#,
            &[
                "3 \"hme\": warning: team \"home\" (Home) has no row in this table (did you mean it by \"hme\", which has no \
               match?)",
            ],
        );
        table_finds(
            "League",
            "",
            r#"{"team":"home"},{"team":"17","name":"AWAY"}"#,
            &[
                "3 \"17\": warning: team \"away\" (Away) has no row in this table (did you mean it by \"17\", which has no \
               match?)",
            ],
        );
        table_finds(
            "League",
            "",
            r#"{"team":"home"},{"team":"third"}"#,
            &[
                "3 [{\"team\":\"home\": warning: team \"away\" has no row in this table: results count only for teams with a row",
            ],
        );
        table_finds(
            "League",
            "",
            "",
            &[
                "3 []: warning: teams \"home\", \"away\" have no row in this table: results count only for teams with a row",
            ],
        );
        // Two groups of one competition.
        finds(
            r#"{"kind":"table","competition":"League","rows":[{"team":"home"},{"team":"third"}]}
               {"kind":"table","competition":"League","rows":[{"team":"away"},{"team":"fourth"}]}"#,
            &[],
        );
        // The table has rows of both teams, with stated points.
        table_finds(
            "League",
            r#","season":"2025/26","order":["points"]"#,
            r#"{"team":"home"},{"team":"away","played":1,"won":1,"points":-2}"#,
            &[],
        );
    }

    #[test]
    fn rows_add_up() {
        let both = |home: &str| format!(r#"{{"team":"home","name":"Home"{home}}},{{"team":"away"}}"#);
        for (home, expected) in [
            (r#","played":8,"won":5,"drawn":2,"lost":1"#, None),
            (r#","played":8,"won":6,"drawn":2,"lost":1"#, Some(("8", "8 played is not 6 won + 2 drawn + 1 lost = 9"))),
            (r#","played":8,"won":6,"drawn":2"#, None),
            (r#","won":6"#, Some(("\"home\"", "0 played is not 6 won + 0 drawn + 0 lost = 6"))),
            (r#","played":8,"points":20"#, None),
            (r#","played":8,"won":5,"drawn":2,"lost":1,"points":11"#, None),
            (
                r#","played":4294967295,"won":4294967295,"lost":1"#,
                Some(("4294967295", "4294967295 played is not 4294967295 won + 0 drawn + 1 lost = 4294967296")),
            ),
        ] {
            let expected = expected.map(|(mark, message)| format!("3 {mark}: warning: Home: {message}"));
            table_finds("League", "", &both(home), &expected.iter().map(String::as_str).collect::<Vec<_>>());
        }
        let rows = format!(
            r#"{BOTH},{}"#,
            (1..=9).map(|at| format!(r#"{{"team":"t{at}","won":1}}"#)).collect::<Vec<_>>().join(",")
        );
        table_finds(
            "League",
            "",
            &rows,
            &["3 \"t1\": warning: t1: 0 played is not 1 won + 0 drawn + 0 lost = 1 (and so on in 8 more rows)"],
        );
    }
}
