//! What `next:` and `prev:` search for: events that become something, and corrections.

use super::rejection::Rejection;
use crate::football::{EventType, TypeSelector};
use crate::scenario::{Cue, Timeline};

/// What `next:` and `prev:` take beside event types: whatever changes or takes back an earlier event,
pub(super) const CORRECTION: &str = "correction";
/// and what takes it back.
pub(super) const REMOVAL: &str = "removal";

/// The places of the cues that a word after `next:` or `prev:` means, in order.
pub(super) fn moments<'a>(timeline: &'a Timeline, word: &str, track: Option<usize>) -> Result<&'a [u32], Rejection> {
    match word {
        // A type of the scenario's own that is called so is meant.
        _ if timeline.kinds(word).is_some() => {}
        CORRECTION => return Ok(timeline.corrections(track)),
        REMOVAL => return Ok(timeline.removals(track)),
        _ => {}
    }
    let known = timeline.custom_types_near(word).chain([CORRECTION, REMOVAL]);
    let selector = TypeSelector::parse(word, known).map_err(Rejection::bad_argument)?;
    Ok(timeline.cues_of_type(&selector, track))
}

/// Where a search found nothing on its side: `no goal ahead; the last is koulibaly-goal at 89:07, second half`.
pub(super) fn no_moment(
    timeline: &Timeline,
    word: &str,
    track: Option<usize>,
    side: &str,
    other: Option<u32>,
) -> String {
    let of = track.map(|track| format!(" of {}", timeline.tracks()[track].fixture.id.as_str())).unwrap_or_default();
    let cue = other.and_then(|place| timeline.cues().get(place as usize));
    match (cue, side) {
        (Some(cue), "ahead") => format!("no {word}{of} ahead; the last is {}", in_words(timeline, cue)),
        (Some(cue), _) => format!("no {word}{of} behind; the first is {}", in_words(timeline, cue)),
        (None, _) => format!("no {word}{of} {side}: the whole timeline has none"),
    }
}

/// `koulibaly-goal at 89:07, second half`, for a goal with the score after it.
fn in_words(timeline: &Timeline, cue: &Cue) -> String {
    let event = &cue.event;
    let of = match timeline.tracks().len() {
        1 => String::new(),
        _ => format!(" of {}", timeline.tracks()[usize::from(cue.track)].fixture.id.as_str()),
    };
    let score = match event.kind {
        EventType::Goal => format!(", {}-{}", cue.score.home, cue.score.away),
        _ => String::new(),
    };
    format!("{:?}{of} at {}{score}", event.id.as_str(), event.reported_at())
}
