//! Results files: the matches of a season so far, from which a league table is computed.
//!
//! Two shapes are read: CSV with a line of column names, as football-data.co.uk has it, and JSON with `columns` and `rows`, and
//! `teams` where teams are given by id.

mod teams;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::Path;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::Value;

use super::{Document, ImportError, Listing};
use crate::error::{Error, Result};
use crate::football::{LeagueTable, OrderKey, Score, TableRow, UtcMillis};
use crate::message::format_count;
use crate::scenario::Scenario;
use teams::{FileTeam, TeamRows};

/// The columns that are read, by their names in lower case without separators.
const COLUMNS: [(&str, &[&str]); 5] = [
    ("date", &["date", "dateutc", "utcdate", "kickoff"]),
    ("home team", &["home", "hometeam"]),
    ("away team", &["away", "awayteam"]),
    ("home goals", &["homescore", "homegoals", "fthg", "hg"]),
    ("away goals", &["awayscore", "awaygoals", "ftag", "ag"]),
];

/// The results of a season.
#[derive(Debug)]
pub struct Results {
    name: String,
    played: Vec<PlayedMatch>,
    /// Rows that are there twice count once: how many, and the first one.
    repeated: Option<(usize, usize)>,
}

#[derive(Debug)]
struct PlayedMatch {
    /// In UTC; the end of the day where only the day is known, as the scenario may begin with a match of that day.
    at: UtcMillis,
    home: FileTeam,
    away: FileTeam,
    score: Score,
}

#[derive(Deserialize)]
struct Columnar {
    columns: Vec<String>,
    #[serde(default)]
    teams: HashMap<String, String>,
    rows: Vec<Vec<Value>>,
}

impl Results {
    /// Reads a results file.
    ///
    /// # Errors
    /// If it cannot be read, lacks a column, or a row cannot be understood.
    pub fn read(path: &Path) -> Result<Self> {
        let document = match <[Document; 1]>::try_from(Listing::of(path).map_err(in_words)?.documents) {
            Ok([document]) => document,
            Err(_) => return Err(Error::invalid(format!("{} is not one file of results", path.display()))),
        };
        Self::of_document(&document).map_err(in_words)
    }

    fn of_document(document: &Document) -> Result<Self, ImportError> {
        let text = document.text()?;
        let (columns, teams, rows) = if text.trim_start().starts_with('{') {
            let file: Columnar = document.json()?;
            let cell = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let rows = file.rows.iter().map(|row| row.iter().map(cell).collect()).collect();
            (file.columns, file.teams, rows)
        } else {
            let (columns, rows) = read_csv(document, &text)?;
            (columns, HashMap::new(), rows)
        };
        let places = find_columns(document, &columns)?;
        let mut played = Vec::with_capacity(rows.len());
        let mut known: HashMap<_, Score> = HashMap::with_capacity(rows.len());
        let mut repeated = None;
        for (number, row) in rows.iter().enumerate() {
            let cell = |which: usize| row.get(places[which]).map_or("", |cell| cell.trim());
            // Matches that are still to be played, and empty lines at the end.
            if cell(3).is_empty() || cell(3) == "null" {
                continue;
            }
            let goals = |which: usize| {
                cell(which).parse::<u16>().map_err(|_| {
                    let message = format!("row {}: {:?} is no number of goals", number + 1, cell(which));
                    ImportError::new(document, message)
                })
            };
            let at = parse_date(cell(0)).ok_or_else(|| {
                let message = format!("row {}: {:?} is no date: write 2018-04-22 or 22/04/2018", number + 1, cell(0));
                ImportError::new(document, message)
            })?;
            let team = |which: usize| match teams.get(cell(which)) {
                Some(name) => FileTeam { id: Some(cell(which).to_owned()), name: name.clone() },
                None => FileTeam { id: None, name: cell(which).to_owned() },
            };
            let score = Score { home: goals(3)?, away: goals(4)? };
            match known.entry((at, team(1), team(2))) {
                Entry::Vacant(place) => _ = place.insert(score),
                Entry::Occupied(first) if *first.get() == score => {
                    repeated.get_or_insert((0, number + 1)).0 += 1;
                    continue;
                }
                Entry::Occupied(first) => {
                    let Score { home, away } = first.get();
                    let message = format!("row {}: a row before it has {home}-{away} for this match", number + 1);
                    return Err(ImportError::new(document, message));
                }
            }
            played.push(PlayedMatch { at, home: team(1), away: team(2), score });
        }
        Ok(Self { name: document.name().to_owned(), played, repeated })
    }

    /// What is odd about the file.
    pub(crate) fn warning(&self) -> Option<String> {
        let (count, first) = self.repeated?;
        let rows = format_count(count, "row is", "rows are");
        Some(format!("{}: warning: {rows} there twice and counted once, the first one of them row {first}", self.name))
    }

    /// The table of the competition of a scenario's matches, before the first of them.
    ///
    /// Teams are those of the scenario where their id or name is in the file.
    ///
    /// # Errors
    /// If the matches are of no competition or of several, or a team of theirs is not in the file.
    pub fn table_before(&self, scenario: &Scenario) -> Result<LeagueTable> {
        let failed = |message: String| Error::invalid(format!("{}: {message}", self.name));
        let mut competitions: Vec<_> =
            scenario.matches.iter().filter_map(|it| Some((it.competition.clone()?, it.season.clone()))).collect();
        competitions.dedup();
        let [(competition, season)] = &competitions[..] else {
            return Err(failed(format!(
                "a table takes matches of one competition, and these are of {}",
                competitions.len()
            )));
        };
        let kickoffs = scenario.matches.iter().map(|fixture| fixture.kickoff);
        let Some(first) = kickoffs.filter(|kickoff| *kickoff != UtcMillis::UNKNOWN).min() else {
            return Err(failed("a table takes the results before the first kick-off, and none is known".to_owned()));
        };
        let teams: Vec<_> = scenario.matches.iter().flat_map(|it| [&it.home, &it.away]).collect();
        let mut rows = TeamRows::new(&teams, self.played.iter().flat_map(|played| [&played.home, &played.away]));
        for played in self.played.iter().filter(|played| played.at < first) {
            let Score { home, away } = played.score;
            rows.of(&played.home).add_result(home.into(), away.into());
            rows.of(&played.away).add_result(away.into(), home.into());
        }
        let rows: Vec<TableRow> = rows.into_rows();
        if let Some(missing) = teams.iter().find(|team| rows.iter().all(|row| row.team != team.id)) {
            let known: Vec<&str> = rows.iter().map(|row| &*row.name).collect();
            let known = if known.is_empty() {
                "there are no results in it".to_owned()
            } else {
                format!("its teams are {}", known.join(", "))
            };
            return Err(failed(format!("no team {:?}; {known}", missing.name)));
        }
        let order = vec![OrderKey::Points, OrderKey::GoalDifference, OrderKey::GoalsFor];
        let mut table = LeagueTable { competition: competition.clone(), season: season.clone(), order, rows };
        table.sort();
        Ok(table)
    }
}

fn in_words(error: ImportError) -> Error {
    Error::invalid(format!("reading {error}"))
}

fn read_csv(document: &Document, text: &str) -> Result<(Vec<String>, Vec<Vec<String>>), ImportError> {
    let first = text.lines().next().unwrap_or_default();
    let delimiter = if first.matches(';').count() > first.matches(',').count() { b';' } else { b',' };
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let failed = |error: csv::Error| ImportError::new(document, error.to_string());
    let columns = reader.headers().map_err(failed)?.iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| Ok(row.map_err(failed)?.iter().map(str::to_owned).collect()));
    Ok((columns, rows.collect::<Result<_, ImportError>>()?))
}

fn find_columns(document: &Document, columns: &[String]) -> Result<[usize; 5], ImportError> {
    let mut places = [0; 5];
    for (place, (what, names)) in places.iter_mut().zip(COLUMNS) {
        *place = columns.iter().position(|column| names.contains(&letters_of(column).as_str())).ok_or_else(|| {
            let names = names.join(", ");
            ImportError::new(document, format!("no column for the {what}: it is named {names}, in any spelling"))
        })?;
    }
    Ok(places)
}

/// `2018-04-22`, `2018-04-22 18:45:00`, `2018-04-22T18:45:00Z`, `22/04/2018` or `22/04/18`.
fn parse_date(text: &str) -> Option<UtcMillis> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(UtcMillis(at.as_millisecond()));
    }
    let at = if text.contains(':') {
        text.parse::<DateTime>().ok()?
    } else {
        text.parse().ok().or_else(|| parse_day_month_year(text))?.at(23, 59, 59, 999_000_000)
    };
    Some(UtcMillis(at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

fn parse_day_month_year(text: &str) -> Option<Date> {
    let parts: Vec<&str> = text.split(['/', '.']).collect();
    let [day, month, year] = parts[..] else { return None };
    let century = if year.len() == 2 { 2_000 } else { 0 };
    Date::new(year.parse::<i16>().ok()?.checked_add(century)?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// The letters and digits of a name, in lower case.
fn letters_of(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results(text: &str) -> Result<Results, ImportError> {
        Results::of_document(&Document::in_memory("results", text.as_bytes()))
    }

    #[test]
    fn a_table_is_computed_from_the_results_before() {
        let csv = "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG\n\
                   I1,21/04/2018,Napoli,Roma,2,2\n\
                   I1,20/04/18,Juventus,Roma,3,0\n\
                   I1,22/04/2018,Juventus,Napoli,0,1\n\
                   I1,29/04/2018,Roma,Juventus,,\n";
        let json = r#"{"columns":["dateutc","home","away","home_score","away_score"],"teams":{"1":"Napoli","2":"Roma","3":"Juve"},
            "rows":[["2018-04-21 15:00:00",1,2,2,2],["2018-04-20",3,2,3,0],["2018-04-22 18:45:00",3,1,0,1]]}"#;
        let scenario = Scenario::open("juv").expect("shipped");
        for text in [csv, &csv.replace(',', ";"), json] {
            let table = results(text).expect("results").table_before(&scenario).expect("one competition");
            let rows: Vec<_> = table.rows.iter().map(|row| (row.team.as_str(), row.played, row.points)).collect();
            let roma = if text == json { "2" } else { "Roma" };
            assert_eq!(rows, [("juventus", 1, 3), ("napoli", 1, 1), (roma, 2, 1)]);
        }
    }

    #[test]
    fn a_row_that_is_there_twice_counts_once() {
        let csv = "Date,Home,Away,HG,AG\n2018-04-20,Juventus,Napoli,3,0\n2018-04-20,Juventus,Napoli,3,0\n";
        let twice = results(csv).expect("results");
        let table = twice.table_before(&Scenario::open("juv").expect("shipped")).expect("one competition");
        assert_eq!(table.rows[0].played, 1);
        let said = "results: warning: 1 row is there twice and counted once, the first one of them row 2";
        assert_eq!(twice.warning().as_deref(), Some(said));
        let error = results(&csv.replace("3,0\n2", "3,1\n2")).expect_err("contradictory").to_string();
        assert!(error.contains("row 2: a row before it has 3-1 for this match"), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_row() {
        for (text, said) in [
            ("Date,Home,Away,FTHG\n", "no column for the away goals: it is named awayscore, awaygoals, ftag, ag"),
            ("Date,Home,Away,HG,AG\n2018-04-22,A,B,x,1\n", "row 1: \"x\" is no number of goals"),
            ("Date,Home,Away,HG,AG\nyesterday,A,B,1,1\n", "row 1: \"yesterday\" is no date"),
            ("{\"columns\":[", "the file is cut off"),
        ] {
            let error = results(text).expect_err(text).to_string();
            assert!(error.contains(said), "{error}");
        }
        let none = results("Date,Home,Away,HG,AG\n").expect("readable");
        let error = none.table_before(&Scenario::open("juv").expect("shipped")).expect_err("no teams").to_string();
        assert!(error.ends_with("no team \"Juventus\"; there are no results in it"), "{error}");
        let unknown = results("Date,Home,Away,HG,AG\n2018-04-20,A,B,1,1\n").expect("readable");
        let error = unknown.table_before(&Scenario::open("juv").expect("shipped")).expect_err("other teams");
        assert!(error.to_string().contains("no team \"Juventus\"; its teams are A, B"), "{error}");
    }
}
