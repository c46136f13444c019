//! What the feed has told, in the words of the frames: for templates.

use super::super::frames::{MatchTick, write_fixture_fields, write_table_fields};
use super::super::match_frames::{write_event_fields, write_match_state, write_tie};
use crate::dialect::document::Moment;
use crate::json::{ObjectWriter, write_object};

/// Writes what the feed has told of the matches at these indices in [`Timeline::tracks`](crate::scenario::Timeline::tracks):
/// `{"at","now","matches":[{"id","competition","kickoff","home":{},"away":{},"now":{},"state":{}}],"tables":[]}`.
///
/// A match is as in hello, `now` what a scoreboard shows, `state` as in a snapshot, of the events told.
pub fn write_sent(moment: &Moment<'_>, tracks: impl IntoIterator<Item = usize>, out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.unquoted("at", moment.at.as_millis());
        o.text("now", &moment.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        o.array("matches", tracks, |out, track| write_object(out, |o| write_sent_match(o, moment, track)));
        o.array("tables", 0..moment.timeline.tables().len(), |out, table| {
            write_object(out, |o| write_table_fields(o, &moment.timeline.table_at(table, moment.index)));
        });
    });
}

fn write_sent_match(o: &mut ObjectWriter<'_>, moment: &Moment<'_>, track: usize) {
    let (timeline, told) = (moment.timeline, moment.timeline.sent_match(track, moment.index, moment.at));
    let fixture = told.state.fixture();
    write_fixture_fields(o, fixture, moment.kickoff_offset);
    let tick = MatchTick::new(timeline, track, &told.state, moment.at, false).reported(timeline, track, moment.at);
    o.object("now", |o| tick.write_scoreboard(o));
    o.object("state", |o| {
        write_match_state(o, &told.state);
        let true_index = timeline.true_index_at(moment.index, moment.at);
        write_tie(o, timeline, timeline.truth().tie_at(track, true_index));
        let in_force = told.events.iter().copied().filter(|cue| cue.event.is_in_force());
        o.array("events", in_force, |out, cue| write_object(out, |o| write_event_fields(o, fixture, cue, false)));
    });
}
