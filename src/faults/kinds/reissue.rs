//! `reissue`: an event is replaced by the same one under another id, with a later minute.
//!
//! After `by` the first report silently stops counting, and the same event is reported with the id `<id>-r1` and a clock
//! later by `by`. Corrections after that carry the new id, as in feeds that number their events anew; references of other events
//! still name the former id.

use super::{Kind, is_played, story};
use crate::faults::deliveries::show;
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::faults::story::Story;
use crate::football::{EventType, FaultKind, MatchClock, MatchEvent, Op, Reading, TypeClass};
use crate::scenario::Span;

pub(super) const KIND: Kind = story(
    FaultSpec {
        suitable: "event of play",
        suits: |_, event| is_reissued(&event.kind) && is_played(event),
        ..FaultSpec::new(FaultKind::Reissue)
    },
    reissue,
);

/// How long after the first report the second one follows, unless the fault says otherwise.
const DELAY: Span = Span::from_secs(60);

fn is_reissued(kind: &EventType) -> bool {
    kind.is(TypeClass::Play) || kind.is_card() || *kind == EventType::Substitution
}

fn reissue(story: &mut Story<'_>, chosen: &Chosen<'_>) {
    for line in story.chosen_lines(chosen) {
        let first = story.line(line).clone();
        let by = chosen.further_dice(first.track, &first.event).span(chosen.fault().by.unwrap_or((DELAY, DELAY)));
        let at = first.at + by;
        let (before, after): (Vec<usize>, Vec<usize>) =
            story.revisions_after(line).into_iter().partition(|line| story.line(*line).at <= at);
        let latest = story.line(before.last().copied().unwrap_or(line)).event.clone();
        if !latest.is_in_force() || !is_reissued(&latest.kind) {
            continue;
        }
        let id = story.free_id(line, "r");
        let later = |event: &mut MatchEvent| {
            let reading = Reading::from_millis(event.clock.reading.as_millis() + by.as_millis());
            event.clock = MatchClock { reading, ..event.clock };
            event.official = None;
        };
        let removed = story.add_correction(at, first.track, &latest, Op::Remove);
        story.hide(removed);
        story.note(chosen, removed, format!("silently replaced by {id}"));
        let again = story.add_correction(at, first.track, &latest, Op::Add);
        story.rename(again, &id);
        story.change(again, later);
        story.note(chosen, again, format!("{} again, with a clock {} later", first.event.id, show(by)));
        for revision in after {
            story.rename(revision, &id);
            // A correction of the clock stands as it is.
            if story.line(revision).event.clock == latest.clock {
                story.change(revision, later);
            }
            story.note(chosen, revision, format!("correction of {} sent for {id}", first.event.id));
        }
    }
}
