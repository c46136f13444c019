//! StatsBomb open data: events, line-ups and lists of matches, by the StatsBomb open data specification.
//!
//! The events of a match are an array in a file that is named for the match. Neither they nor the line-ups say which team
//! plays at home: the list of matches does. Places are yards from the top left; the acting team attacks towards x = 120.

mod events;
mod fouls;
mod mapping;
mod match_data;
mod order;
mod rows;
mod sheets;
mod shots;
mod vocabulary;

use super::super::format::Importer;
use super::super::{Detail, Document, DocumentRole, Format, ImportError, ImportedMatch};
use match_data::{StatsBombDataset, find_id};
use rows::StatsBombRow;
use sheets::MatchName;

pub static FORMAT: Format = Format {
    word: "statsbomb",
    name: "StatsBomb open data",
    documents: &[
        ("StatsBomb events", DocumentRole::Events),
        ("StatsBomb line-ups", DocumentRole::MatchData),
        ("a StatsBomb list of matches", DocumentRole::MatchData),
    ],
    absent: "video reviews, announced added time, disallowed goals, captains, wall-clock times of periods",
    start: || Box::new(StatsBomb::default()),
};

#[derive(Default)]
struct StatsBomb {
    dataset: StatsBombDataset,
}

impl Importer for StatsBomb {
    fn add_match_data(&mut self, document: &Document) -> Result<(), ImportError> {
        self.dataset.add(document)
    }

    fn import(
        &self,
        document: &Document,
        detail: Detail,
        out: &mut dyn FnMut(Result<ImportedMatch, ImportError>),
    ) -> Result<(), ImportError> {
        let failed = |message: String| ImportError::new(document, message);
        let rows: Vec<StatsBombRow> = document.json()?;
        if rows.is_empty() {
            return Err(failed("there are no events in it".to_owned()));
        }
        let name = name_match(document, &rows).map_err(failed)?;
        let ordered = order::order_rows(rows).map_err(failed)?;
        let draft = events::draft_match(&name, &ordered, &self.dataset).map_err(failed)?;
        out(Ok(draft.finish(document, &FORMAT, detail)));
        Ok(())
    }
}

/// The id of the match: of the rows where they have it, else the number in the name of the document, else that name.
fn name_match(document: &Document, rows: &[StatsBombRow]) -> Result<MatchName, String> {
    let in_rows = || rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.match_id?)));
    let first = in_rows().next().map(|(_, id)| id);
    if let Some((at, other)) = in_rows().find(|(_, id)| Some(*id) != first) {
        let first = first.unwrap_or_default();
        return Err(format!("[{at}] is of match {other}, the rows before it of match {first}: mixed-up files"));
    }
    let id = first.or_else(|| find_id(document.stem()));
    Ok(MatchName { text: id.map_or_else(|| document.match_id(), |id| id.to_string()), id })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Replaces the values of a file, one after the other, by others. None of them may panic.
    #[test]
    fn no_value_panics() {
        let files = [
            include_str!("../../../../tests/fixtures/import/statsbomb/odd.json"),
            include_str!("../../../../tests/fixtures/import/statsbomb/full-9101.json"),
        ];
        let values =
            ["null", "0", "9", "18446744073709551615", "-1", "1e300", "\"\"", "\"x\"", "[]", "{}", "true", "[null]"];
        let (mut read, mut failed) = (0, 0);
        for (file, every) in files.into_iter().zip([1, 11]) {
            let starts = file.match_indices(':').map(|(at, _)| at + 1);
            for (number, start) in starts.filter(|at| file[..*at].ends_with("\":")).enumerate().step_by(every) {
                let length = file[start..].find([',', '}', ']']).unwrap_or(0);
                for value in ["null", values[number % values.len()]] {
                    let text = format!("{}{value}{}", &file[..start], &file[start + length..]);
                    let document = Document::in_memory("900.json", text.into_bytes());
                    let mut found = 0;
                    let mut count = |result: Result<ImportedMatch, ImportError>| found += usize::from(result.is_ok());
                    let ended = StatsBomb::default().import(&document, Detail::Full, &mut count);
                    if ended.is_ok() { read += found } else { failed += 1 }
                }
            }
        }
        assert!(read > 200 && failed > 100, "{read} read, {failed} failed");
    }

    #[test]
    fn a_match_is_named_for_its_rows_or_its_document() {
        let row = |match_id| StatsBombRow { match_id, ..StatsBombRow::default() };
        let named = |name: &str, rows: &[StatsBombRow]| {
            name_match(&Document::in_memory(name, Vec::new()), rows).map(|name| (name.text, name.id))
        };
        assert_eq!(named("900", &[row(None)]), Ok(("900".to_owned(), Some(900))));
        assert_eq!(named("900", &[row(None), row(Some(901))]), Ok(("901".to_owned(), Some(901))));
        assert_eq!(named("derby/events.json", &[row(None)]), Ok(("derby-events".to_owned(), None)));
        assert_eq!(named("./events.json", &[row(None)]), Ok(("events".to_owned(), None)));
        let mixed = named("x", &[row(Some(1)), row(Some(2))]).expect_err("refused");
        assert_eq!(mixed, "[1] is of match 2, the rows before it of match 1: mixed-up files");
    }
}
