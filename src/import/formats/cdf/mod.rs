//! The Common Data Format (CDF) v0.3.2: Anzer et al. (2025), arXiv 2505.15820; schemas: common-data-format-validator 0.1.1.
//!
//! A match is `event.jsonl`, with `meta.json` (teams, periods, directions of play) and `match.json` (the match sheet). Places are
//! metres from the centre; the fixed frame follows from the direction of play of each period.

mod clocks;
mod events;
mod match_data;
mod row_kinds;
mod rows;
mod sheet_matching;
mod sheets;
mod values;

use super::super::duplicate_rows::remove_duplicate_rows;
use super::super::format::Importer;
use super::super::teams::find_two_teams;
use super::super::{Detail, Document, DocumentRole, Format, ImportError, ImportedMatch};
use match_data::CdfDataset;

pub static FORMAT: Format = Format {
    word: "cdf",
    name: "Common Data Format",
    documents: &[
        ("Common Data Format events", DocumentRole::Events),
        ("Common Data Format match data", DocumentRole::MatchData),
        ("Common Data Format meta data", DocumentRole::MatchData),
    ],
    absent: "announced added time, players who were fouled, reasons of fouls, cards and substitutions, changes of formation, \
             when the video assistant decided, texts",
    start: || Box::new(CommonDataFormat::default()),
};

#[derive(Default)]
struct CommonDataFormat {
    dataset: CdfDataset,
}

impl Importer for CommonDataFormat {
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
        let mut rows = rows::read_rows(document)?;
        let Some(first) = rows.first() else {
            return Err(failed("there are no events in it".to_owned()));
        };
        if let Some(other) = rows.iter().find(|row| row.match_id != first.match_id) {
            let id = |id: &Option<String>| id.as_deref().unwrap_or("none").to_owned();
            return Err(failed(format!(
                "line {} is of match {:?}, the lines before it of match {:?}: mixed-up files",
                other.line,
                id(&other.match_id),
                id(&first.match_id)
            )));
        }
        let id = first.match_id.clone().unwrap_or_else(|| document.match_id());
        let Some((record, message)) = self.dataset.find(&id, &rows) else {
            let known = self.dataset.ids();
            let given = if known.is_empty() { "there are none".to_owned() } else { format!("they are of {known:?}") };
            return Err(failed(format!(
                "no match data of match {id:?} ({given}): which team plays at home stands in its meta.json or match.json: give one with --meta"
            )));
        };
        let stated = record.teams.each_ref().map(|team| team.id.as_str());
        let of_rows = rows.iter().filter_map(|row| Some((row.line, row.team.as_deref()?)));
        find_two_teams(Some(("the match data", stated)), of_rows, |line| format!("line {line}")).map_err(failed)?;
        let count = rows.len();
        let repeated = remove_duplicate_rows(&mut rows, |row| Some(row.identity()));
        let mut draft = events::draft_match(&id, &rows, record);
        draft.rows = count;
        draft.leave_out_rows("duplicate rows", repeated);
        if let Some(message) = message {
            draft.warn(message);
        }
        out(Ok(draft.finish(document, &FORMAT, detail)));
        Ok(())
    }
}
