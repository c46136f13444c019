//! What `next:` and `prev:` search for: event types, corrections and removals.

use super::rejection::Rejection;
use crate::football::{EventType, TypeSelector};
use crate::scenario::{Cue, Timeline};

/// Finds every cue that changes or removes an earlier event.
pub(super) const CORRECTION: &str = "correction";
/// Finds every cue that removes an earlier event.
pub(super) const REMOVAL: &str = "removal";

/// The indices of the cues that a word after `next:` or `prev:` matches, in order.
pub(super) fn matching_cues<'a>(
    timeline: &'a Timeline,
    word: &str,
    track: Option<usize>,
) -> Result<&'a [u32], Rejection> {
    match word {
        // An event type that the scenario itself defines under one of these names takes precedence.
        _ if timeline.cue_kinds(word).is_some() => {}
        CORRECTION => return Ok(timeline.corrections(track)),
        REMOVAL => return Ok(timeline.removals(track)),
        _ => {}
    }
    let known = timeline.similar_custom_types(word).chain([CORRECTION, REMOVAL]);
    let selector = TypeSelector::parse(word, known).map_err(Rejection::bad_argument)?;
    Ok(timeline.cues_of_type(&selector, track))
}

/// The message for a search without a result on its side: `no goal ahead; the last is koulibaly-goal at 89:07, second
/// half`.
pub(super) fn nothing_found_text(
    timeline: &Timeline,
    word: &str,
    track: Option<usize>,
    side: &str,
    other: Option<u32>,
) -> String {
    let of = track.map(|track| format!(" of {}", timeline.tracks()[track].fixture.id.as_str())).unwrap_or_default();
    let cue = other.and_then(|place| timeline.true_cues().get(place as usize));
    match (cue, side) {
        (Some(cue), "ahead") => format!("no {word}{of} ahead; the last is {}", describe_cue(timeline, cue)),
        (Some(cue), _) => format!("no {word}{of} behind; the first is {}", describe_cue(timeline, cue)),
        (None, _) => format!("no {word}{of} {side}: the whole timeline has none"),
    }
}

/// ` of van-lar`; empty if the timeline has a single match.
pub(super) fn of_match_suffix(timeline: &Timeline, track: usize) -> String {
    match timeline.tracks() {
        [] | [_] => String::new(),
        tracks => format!(" of {}", tracks[track].fixture.id.as_str()),
    }
}

/// `koulibaly-goal at 89:07, second half`; for a goal also the score after it.
fn describe_cue(timeline: &Timeline, cue: &Cue) -> String {
    let (event, of) = (&cue.event, of_match_suffix(timeline, usize::from(cue.track)));
    let score = match event.kind {
        EventType::Goal => format!(", {}-{}", cue.score.home, cue.score.away),
        _ => String::new(),
    };
    format!("{:?}{of} at {}{score}", event.id.as_str(), event.reported_at())
}
