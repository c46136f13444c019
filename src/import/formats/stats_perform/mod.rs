//! Stats Perform: events of MA3, with line-ups and results of MA1, as JSON or XML.
//!
//! Sources: the public specifications of the Soccer Data API feeds MA1 and MA3. The rows are those of
//! [`opta_events`](crate::import::opta_events). Times are UTC.

mod match_data;
#[cfg(test)]
mod tests;
mod tree;

use super::super::draft::MatchDraft;
use super::super::format::Importer;
use super::super::opta_events::{ABSENT, OptaMatchData, OptaRow, RowNames, draft_match, read_number};
use super::super::{Detail, Document, DocumentRole, Format, ImportError, ImportedMatch};
use tree::FeedNode;

pub static FORMAT: Format = Format {
    word: "stats-perform",
    name: "Stats Perform MA3",
    documents: &[
        ("Stats Perform MA3 events", DocumentRole::Events),
        ("Stats Perform MA1 match data", DocumentRole::MatchData),
    ],
    absent: ABSENT,
    start: || Box::new(StatsPerform::default()),
};

const NAMES: RowNames = RowNames {
    event_id: "eventId",
    kind: "typeId",
    period: "periodId",
    minute: "timeMin",
    second: "timeSec",
    team: "contestantId",
    player: "playerId",
};

/// All match data of a run.
#[derive(Default)]
struct StatsPerform {
    matches: Vec<OptaMatchData>,
}

impl Importer for StatsPerform {
    fn add_match_data(&mut self, document: &Document) -> Result<(), ImportError> {
        let root = tree::read_document(document)?;
        for found in matches_of(&root) {
            let events = found.child("liveData").is_some_and(|live| live.children("event").next().is_some());
            if events {
                let message = "these are events (MA3), but the beginning of the document looks like match data (MA1): put \
                               \"event\" first in \"liveData\"";
                return Err(ImportError::new(document, message));
            }
            self.matches.push(match_data::read_match(found).map_err(|message| ImportError::new(document, message))?);
        }
        Ok(())
    }

    fn import(
        &self,
        document: &Document,
        detail: Detail,
        out: &mut dyn FnMut(Result<ImportedMatch, ImportError>),
    ) -> Result<(), ImportError> {
        let root = tree::read_document(document)?;
        for found in matches_of(&root) {
            let drafted = self.import_match(found, document);
            out(drafted
                .map(|mut draft| {
                    draft.sources.push("Stats Perform MA3, converted".into());
                    draft.finish(document, &FORMAT, detail)
                })
                .map_err(|message| ImportError::new(document, message)));
        }
        Ok(())
    }
}

impl StatsPerform {
    fn import_match(&self, found: &FeedNode, document: &Document) -> Result<MatchDraft, String> {
        let own = match_data::read_match(found)?;
        let live = found.child("liveData");
        let rows = live.into_iter().flat_map(|live| live.children("event")).enumerate();
        let rows = rows.map(|(at, event)| read_row(event).map_err(|message| format!("event[{at}] {message}")));
        let rows: Vec<OptaRow> = rows.collect::<Result<_, _>>()?;
        if rows.is_empty() && live.is_some_and(|live| live.children("lineUp").next().is_some()) {
            return Err("this is match data (MA1), not events (MA3): it has no \"event\" in \"liveData\"".to_owned());
        }
        let data = self.matches.iter().find(|data| own.id.is_some() && data.id == own.id);
        let mut draft = draft_match(rows, own, data, &document.match_id())?;
        if data.is_none() && !self.matches.is_empty() {
            draft.warn("none of the MA1 documents is of this match".to_owned());
        }
        Ok(draft)
    }
}

/// The matches of a document: itself, or those of a list.
fn matches_of(root: &FeedNode) -> Vec<&FeedNode> {
    let list: Vec<&FeedNode> = root.children("match").filter(|found| found.child("matchInfo").is_some()).collect();
    if list.is_empty() { vec![root] } else { list }
}

fn read_row(event: &FeedNode) -> Result<OptaRow, String> {
    let mut row = OptaRow::read(&NAMES, |name| event.field(name))?;
    row.player_name = event.field("playerName").map(Into::into);
    row.at = event.field("timeStamp").and_then(match_data::parse_moment);
    row.version = event.field("lastModified").and_then(match_data::parse_moment).map(|moment| moment.0);
    for qualifier in event.children("qualifier") {
        let id = read_number("qualifierId", qualifier.field("qualifierId"))
            .map_err(|message| format!("has a qualifier that {message}"))?;
        row.qualifiers.push((id, qualifier.field("value").unwrap_or_default().into()));
    }
    Ok(row)
}
