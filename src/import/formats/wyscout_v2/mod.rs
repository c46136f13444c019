//! Wyscout v2: the public data set of seven competitions (Pappalardo et al. 2019), doi:10.6084/m9.figshare.c.4415000.
//!
//! Events come as a file for each match (`events`, `teams`, `players`), or as one array for all matches of a competition.
//! Match data hold the sides, line-ups, substitutions and results; lists of players and teams belong to the arrays.
//! Coordinates are percentages from the top left; the acting team attacks towards x = 100.

mod events;
mod match_data;
mod rows;
mod sheets;
mod tags;

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Error, SeqAccess, Visitor};

use super::super::format::Importer;
use super::super::{Detail, Document, DocumentRole, Format, ImportError, ImportedMatch};
use match_data::MatchDataset;
use rows::{WyscoutV2File, WyscoutV2Row};

pub static FORMAT: Format = Format {
    word: "wyscout-v2",
    name: "Wyscout v2",
    documents: &[
        ("Wyscout v2 events", DocumentRole::Events),
        ("Wyscout v2 match data", DocumentRole::MatchData),
        ("Wyscout v2 data", DocumentRole::MatchData),
    ],
    absent: "injuries, video reviews, added time, whistles at the ends of periods, disallowed goals, shirt numbers, formations",
    start: || Box::new(WyscoutV2::default()),
};

#[derive(Default)]
struct WyscoutV2 {
    dataset: MatchDataset,
}

impl Importer for WyscoutV2 {
    fn add_match_data(&mut self, document: &Document) -> Result<(), ImportError> {
        self.dataset.add(document)
    }

    fn import(
        &self,
        document: &Document,
        detail: Detail,
        out: &mut dyn FnMut(Result<ImportedMatch, ImportError>),
    ) -> Result<(), ImportError> {
        let mut finish = |match_id: u64, file: WyscoutV2File| {
            let failed = |message| ImportError::new(document, format!("match {match_id}: {message}"));
            let drafted = events::draft_match(match_id, file, &self.dataset).map_err(failed);
            out(drafted.map(|draft| draft.finish(document, &FORMAT, detail)));
        };
        if document.head()?.trim_ascii_start().starts_with(b"[") {
            return import_array(document, &mut finish);
        }
        let file: WyscoutV2File = document.json()?;
        let Some(first) = file.events.first() else {
            return Err(ImportError::new(document, "there are no events in it"));
        };
        match file.events.iter().position(|row| row.match_id != first.match_id) {
            None => finish(first.match_id, file),
            Some(other) => {
                let message = format!(
                    "events[{other}] is of match {}, the rows before it of match {}: mixed-up files",
                    file.events[other].match_id, first.match_id
                );
                return Err(ImportError::new(document, message));
            }
        }
        Ok(())
    }
}

/// Imports an array of the rows of all matches. Of them, two matches at a time are in memory.
fn import_array(document: &Document, finish: &mut dyn FnMut(u64, WyscoutV2File)) -> Result<(), ImportError> {
    struct Matches<'a>(&'a mut dyn FnMut(u64, WyscoutV2File));
    impl<'de> DeserializeSeed<'de> for Matches<'_> {
        type Value = ();
        fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
            deserializer.deserialize_seq(self)
        }
    }
    impl<'de> Visitor<'de> for Matches<'_> {
        type Value = ();
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of events")
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
            let mut begun = HashSet::new();
            // A match is held back until the next one is complete: rows that alternate are found before anything is made of them.
            let mut held: Vec<(u64, WyscoutV2File)> = Vec::new();
            while let Some(row) = rows.next_element::<WyscoutV2Row>()? {
                let before = held.last().map(|(id, _)| *id);
                if before != Some(row.match_id) {
                    if !begun.insert(row.match_id) {
                        return Err(A::Error::custom(format!(
                            "match {} goes on here, after rows of another match: sort the rows by \"matchId\"",
                            row.match_id
                        )));
                    }
                    if held.len() == 2 {
                        let (id, file) = held.remove(0);
                        (self.0)(id, file);
                    }
                    held.push((row.match_id, WyscoutV2File::default()));
                }
                if let Some((_, file)) = held.last_mut() {
                    file.events.push(row);
                }
            }
            held.into_iter().for_each(|(id, file)| (self.0)(id, file));
            Ok(())
        }
    }
    let mut deserializer = serde_json::Deserializer::from_reader(document.stream()?);
    let read = Matches(finish).deserialize(&mut deserializer).and_then(|()| deserializer.end());
    read.map_err(|error| ImportError::json(document, &error))
}
