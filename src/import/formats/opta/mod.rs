//! Opta: events of F24, with line-ups and results of F7 or F9, all of them XML.
//!
//! Sources: the public specifications of the feeds F7, F9 and F24. The rows are those of
//! [`opta_events`](crate::import::opta_events). Times of F24 are London time without a zone.

mod events;
mod feed;
mod london;
mod result;
#[cfg(test)]
mod tests;

use super::super::format::Importer;
use super::super::opta_events::{ABSENT, OptaMatchData, draft_match};
use super::super::{Detail, Document, DocumentRole, Format, ImportError, ImportedMatch};

pub static FORMAT: Format = Format {
    word: "opta",
    name: "Opta F24",
    documents: &[("Opta F24 events", DocumentRole::Events), ("Opta F7 or F9 match data", DocumentRole::MatchData)],
    absent: ABSENT,
    start: || Box::new(Opta::default()),
};

/// All match data of a run.
#[derive(Default)]
struct Opta {
    matches: Vec<OptaMatchData>,
}

impl Importer for Opta {
    fn add_match_data(&mut self, document: &Document) -> Result<(), ImportError> {
        self.matches.extend(result::read_matches(document)?);
        Ok(())
    }

    fn import(
        &self,
        document: &Document,
        detail: Detail,
        out: &mut dyn FnMut(Result<ImportedMatch, ImportError>),
    ) -> Result<(), ImportError> {
        for (number, game) in events::read_games(document)?.into_iter().enumerate() {
            let fallback =
                if number == 0 { document.match_id() } else { format!("{}-{}", document.match_id(), number + 1) };
            let name = game.own.id.as_deref().unwrap_or(&fallback).to_owned();
            let data = self.find(&game);
            let drafted = game.rows.and_then(|rows| draft_match(rows, game.own, data, &fallback));
            out(drafted
                .map(|mut draft| {
                    draft.sources.push("Opta F24, converted".into());
                    if data.is_none() && !self.matches.is_empty() {
                        draft.warn("none of the F7 and F9 documents is of this match".to_owned());
                    }
                    draft.finish(document, &FORMAT, detail)
                })
                .map_err(|message| ImportError::new(document, format!("match {name}: {message}"))));
        }
        Ok(())
    }
}

impl Opta {
    /// The match data of a game: by its id, else by its teams.
    fn find(&self, game: &events::Game) -> Option<&OptaMatchData> {
        let by_id = |data: &&OptaMatchData| game.own.id.is_some() && data.id == game.own.id;
        let teams = game.teams();
        let by_teams = |data: &&OptaMatchData| {
            let other_id = data.id.is_some() && game.own.id.is_some();
            !other_id && teams.as_ref().is_some_and(|[one, other]| data.has_teams([one, other]))
        };
        self.matches.iter().find(by_id).or_else(|| self.matches.iter().find(by_teams))
    }
}
