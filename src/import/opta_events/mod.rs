//! Events by Opta's type ids and qualifier ids, which several feeds of Stats Perform share: F24 and MA3.
//!
//! A format reads its documents into [`OptaRow`] and [`OptaMatchData`]; [`draft_match`] makes the draft of a match of them.
//! Sources: the public appendices of the F24 specification ("event types", "qualifiers") as many open projects repeat them.
//! Coordinates are percentages from the bottom left: y = 0 is the right-hand side of the acting team, which attacks towards
//! x = 100.

mod challenges;
mod clean;
mod clocks;
mod course;
mod discipline;
mod ids;
mod mapping;
mod match_data;
mod pairs;
mod passes;
mod row;
mod sheets;
mod shots;
mod substitutions;

pub(super) use match_data::{
    OptaMatchData, OptaTeam, StaffCards, format_formation, format_season, position_word, role_word,
};
pub(super) use row::{OptaRow, RowNames, read_number};

use super::draft::MatchDraft;
use clean::clean_rows;
use mapping::OptaMapping;
use sheets::begin_draft;

/// What the feeds do not carry, for people.
pub(super) const ABSENT: &str = "receivers of passes, carries, pressure, suspensions";

/// Makes the draft of a match of its rows.
///
/// `own` is what the document of events says about the match, `data` the match data beside it. `fallback_id` names the match
/// where neither has an id.
pub(super) fn draft_match(
    rows: Vec<OptaRow>,
    own: OptaMatchData,
    data: Option<&OptaMatchData>,
    fallback_id: &str,
) -> Result<MatchDraft, String> {
    if rows.is_empty() {
        return Err("there are no events in it".to_owned());
    }
    let count = rows.len();
    let cleaned = clean_rows(rows);
    let known = own.completed_by(data)?;
    let (mut draft, sheets) = begin_draft(known, &cleaned.rows, fallback_id)?;
    draft.rows = count;
    for (reason, times) in cleaned.left_out {
        draft.leave_out_rows(reason, times);
    }
    if data.is_none() {
        draft.warn(
            "no match data: what is known of the teams is what the events say: give the file with --meta".to_owned(),
        );
    }
    Ok(OptaMapping::new(&cleaned.rows, sheets, draft).finish())
}
