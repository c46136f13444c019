//! The journal of faults: what was done to the feed, and where it shows; what was done to connections, and when.

use super::super::frames::{PlaybackStatus, format_wall_time};
use crate::faults::FaultPlan;
use crate::faults::link::LinkNote;
use crate::json::write_object;
use crate::scenario::{JournalEntry, Timeline};

/// The faults of a replay.
#[derive(Debug)]
pub struct PlayedFaults<'a> {
    /// All that are in force.
    pub plan: &'a FaultPlan,
    /// The seed of what chance decides.
    pub seed: u64,
    /// What link faults have done.
    pub links: &'a [LinkNote],
}

/// Writes the faults of a replay: `{"run","epoch","n","faults","seed","entries":[{"n","at","match","seq","id","rev","fault",
/// "kind","what"}],"links":[{"wall","at","subscriber","client","fault","kind","what"}]}`. `faults` is the plan as text, `off`
/// if there is none; `fault` the place in the plan, from 1; `n` the number of the event with which it shows, of a lost event
/// that of the next one.
///
/// `all`: also what has not shown yet, or not in this epoch. Of link faults only what has been done is known.
pub fn write_journal(
    timeline: &Timeline,
    faults: &PlayedFaults<'_>,
    status: &PlaybackStatus<'_>,
    all: bool,
    out: &mut Vec<u8>,
) {
    let (report, head) = (timeline.faults(), status.playhead.head as usize);
    // A fault shows with its event; a lost event cannot, but its time passes.
    let of_epoch = |entry: &JournalEntry| entry.n > status.playhead.start as usize;
    let has_shown = |entry: &&JournalEntry| all || of_epoch(entry) && (entry.n <= head || entry.at < status.at());
    write_object(out, |o| {
        o.text("run", status.run);
        o.unquoted("epoch", status.playhead.epoch);
        o.unquoted("n", head);
        o.text("faults", &faults.plan.to_string());
        o.unquoted_if("seed", Some(faults.seed).filter(|_| !faults.plan.is_empty()));
        let entries = report.into_iter().flat_map(|report| &report.journal).filter(has_shown);
        o.array("entries", entries, |out, entry| {
            write_object(out, |o| {
                o.unquoted("n", entry.n);
                o.unquoted("at", entry.at.as_millis());
                o.text("match", entry.match_id.as_str());
                o.unquoted_or_null("seq", entry.seq);
                o.text("id", &entry.id);
                o.unquoted("rev", entry.rev);
                o.unquoted("fault", entry.fault + 1);
                o.text("kind", entry.kind.as_str());
                o.text("what", &entry.what);
            });
        });
        o.array("links", faults.links, |out, note| {
            write_object(out, |o| {
                o.text("wall", &format_wall_time(note.wall));
                o.unquoted("at", note.at.as_millis());
                o.unquoted_or_null("subscriber", note.subscriber);
                o.text_if("client", note.client.as_deref());
                o.unquoted_if("fault", note.fault.map(|place| place + 1));
                o.text("kind", note.kind.as_str());
                o.text("what", &note.what);
            });
        });
    });
}
