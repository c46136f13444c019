//! Wyscout v3 and v4: the events of a match as the API gives them (apidocs.wyscout.com), with the related blocks `match`, `teams`,
//! `players`, `formations`, `substitutions`, `coaches` and `referees` as far as they were fetched.
//!
//! Clocks are match clocks, in which the second half begins at 45:00. Coordinates are percentages from the top left; the acting
//! team attacks towards x = 100. Possessions are left out.

mod changes;
mod duels;
mod events;
mod fixture;
mod rows;
mod shots;
mod words;

use super::super::format::Importer;
use super::super::{Detail, Document, DocumentRole, Format, ImportError, ImportedMatch};
use rows::EventsFile;

pub static FORMAT: Format = Format {
    word: "wyscout-v3",
    name: "Wyscout v3",
    documents: &[("Wyscout v3 events", DocumentRole::Events)],
    absent: "injuries, video reviews, added time, whistles at the ends of periods, disallowed goals",
    start: || Box::new(WyscoutV3),
};

struct WyscoutV3;

impl Importer for WyscoutV3 {
    fn add_match_data(&mut self, _: &Document) -> Result<(), ImportError> {
        Ok(())
    }

    fn import(
        &self,
        document: &Document,
        detail: Detail,
        out: &mut dyn FnMut(Result<ImportedMatch, ImportError>),
    ) -> Result<(), ImportError> {
        let mut file: EventsFile = document.json()?;
        // The API wraps the blocks of a match in a list of one.
        if let Some(element) = file.elements.take().and_then(|elements| elements.into_iter().next()) {
            file = element;
        }
        let draft = events::draft_match(&file).map_err(|message| ImportError::new(document, message))?;
        out(Ok(draft.finish(document, &FORMAT, detail)));
        Ok(())
    }
}
