//! `vanish`: a goal stops counting, and no event says so. Several feeds drop annulled goals like this.
//!
//! If the truth annuls the goal, that correction is not sent, nor are those after it until one lets the goal count again; the score
//! follows them. A goal that stands stops counting after `by`, and later corrections are not sent. Snapshots still have it.

use super::{Kind, is_played, story};
use crate::faults::deliveries::show;
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::faults::story::Story;
use crate::football::{EventType, FaultKind, Op};
use crate::scenario::Span;

pub(super) const KIND: Kind = story(
    FaultSpec {
        suitable: "goal",
        suits: |_, event| event.kind == EventType::Goal && is_played(event),
        ..FaultSpec::new(FaultKind::Vanish)
    },
    vanish,
);

/// How long a goal that stands counts, unless the fault says otherwise.
const DELAY: Span = Span::from_secs(60);

fn vanish(story: &mut Story<'_>, chosen: &Chosen<'_>) {
    for line in story.chosen_lines(chosen) {
        let goal = story.line(line).clone();
        let revisions = story.revisions_after(line);
        let counts = |line: &usize| {
            let event = &story.line(*line).event;
            event.kind == EventType::Goal && event.is_in_force()
        };
        if let Some(annulled) = revisions.iter().position(|line| !counts(line)) {
            let annulled = &revisions[annulled..];
            let silent = annulled.iter().position(counts).unwrap_or(annulled.len());
            for revision in &annulled[..silent] {
                // Another fault may have made it vanish already.
                if !story.line(*revision).hidden {
                    story.hide(*revision);
                    story.note(chosen, *revision, "annulled silently".to_owned());
                }
            }
            continue;
        }
        let by = chosen.further_dice(goal.track, &goal.event).span(chosen.fault().by.unwrap_or((DELAY, DELAY)));
        let at = goal.at + by;
        let (before, after): (Vec<usize>, Vec<usize>) = revisions.iter().partition(|line| story.line(**line).at <= at);
        let latest = story.line(before.last().copied().unwrap_or(line)).event.clone();
        let removed = story.add_correction(at, goal.track, &latest, Op::Remove);
        story.hide(removed);
        story.note(chosen, removed, format!("silently counts no longer after {}", show(by)));
        for revision in after {
            story.change(revision, |event| event.op = Op::Remove);
            story.hide(revision);
            story.note(chosen, revision, NOT_SENT.to_owned());
        }
    }
}

const NOT_SENT: &str = "correction of the vanished goal not sent";
