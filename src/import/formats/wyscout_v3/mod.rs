//! Wyscout v3 and v4: the events of a match as the API gives them (apidocs.wyscout.com), with the related blocks `match`, `teams`,
//! `players`, `formations`, `substitutions`, `coaches` and `referees` as far as they were fetched.
//!
//! Clocks are match clocks, in which the second half begins at 45:00. Coordinates are percentages from the top left; the acting
//! team attacks towards x = 100. Possessions are left out.

mod changes;
mod duels;
mod events;
mod fixture;
mod mapping;
mod rows;
mod shots;

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
        // The API wraps the blocks of a match in a list, mostly of one.
        let mut elements = file.elements.take().filter(|elements| !elements.is_empty()).unwrap_or_else(|| vec![file]);
        let several = elements.len() > 1;
        for (at, file) in elements.iter_mut().enumerate() {
            let place = if several { format!("elements[{at}]: ") } else { String::new() };
            let failed = |message| ImportError::new(document, format!("{place}{message}"));
            let drafted = events::draft_match(file).map_err(failed);
            out(drafted.map(|draft| draft.finish(document, &FORMAT, detail)));
        }
        Ok(())
    }
}
