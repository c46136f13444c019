//! Event data and match information of the DFL, as Sportec Solutions delivers them; the seven open matches of Bassek et al.
//! (2025), "An integrated dataset of spatiotemporal and event data in elite soccer", have this schema.
//!
//! A match is two XML documents. Match information holds the sides, line-ups, officials and the result; event data hold rows with
//! wall-clock times. Coordinates are metres from the bottom left of a field of 105 x 68 that stays as the camera sees it: the
//! teams change ends at half-time, and `KickOff` says who is on the left.

mod ends;
mod events;
mod match_information;
mod periods;
mod rows;
mod shots;
mod words;

use std::collections::HashMap;

use super::super::format::Importer;
use super::super::{Detail, Document, DocumentRole, Format, ImportError, ImportedMatch, xml};
use match_information::MatchInformation;

pub static FORMAT: Format = Format {
    word: "sportec",
    name: "DFL (Sportec)",
    documents: &[
        ("DFL (Sportec) event data", DocumentRole::Events),
        ("DFL (Sportec) match information", DocumentRole::MatchData),
    ],
    absent: "injuries, where passes end, changes of formation, outcomes of video reviews",
    start: || Box::new(Sportec::default()),
};

#[derive(Default)]
struct Sportec {
    /// By the id of the match.
    matches: HashMap<String, MatchInformation>,
}

impl Importer for Sportec {
    fn add_match_data(&mut self, document: &Document) -> Result<(), ImportError> {
        let text = document.text()?;
        let xml = xml::parse(document, &text)?;
        let information = match_information::read(&xml).map_err(|message| ImportError::new(document, message))?;
        self.matches.insert(information.fixture.id.to_string(), information);
        Ok(())
    }

    fn import(
        &self,
        document: &Document,
        detail: Detail,
        out: &mut dyn FnMut(Result<ImportedMatch, ImportError>),
    ) -> Result<(), ImportError> {
        let text = document.text()?;
        let xml = xml::parse(document, &text)?;
        let failed = |message: String| ImportError::new(document, message);
        let rows = rows::read_rows(&xml).map_err(failed)?;
        let information = self.matches.get(&rows.match_id).ok_or_else(|| {
            let known = self.matches.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
            let instead = if known.is_empty() { String::new() } else { format!(" (there is that of {known})") };
            failed(format!(
                "there is no match information of match {}{instead}: give its \"matchinformation\" file with --meta: the \
                 event data do not say who plays at home",
                rows.match_id
            ))
        })?;
        let draft = events::draft_match(&rows, information).map_err(failed)?;
        out(Ok(draft.finish(document, &FORMAT, detail)));
        Ok(())
    }
}
