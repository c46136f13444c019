//! Positions by name: a marker, an event, a revision of an event.

use crate::football::TypeSelector;
use crate::message::{did_you_mean, excerpt};
use crate::playback::position::Position;
use crate::playback::rejection::Rejection;
use crate::playback::resolved::{ResolvedPosition, cue_count};
use crate::scenario::{MAX_HINT_CANDIDATES, Timeline};

/// How many markers a rejection lists if none has a similar name.
const MAX_MARKERS_SHOWN: usize = 5;

/// Resolves the marker of this name, the event of this id, or the revision of an event (`ID@2`), in this order.
pub(super) fn resolve_name(
    timeline: &Timeline,
    track: Option<usize>,
    name: &str,
) -> Result<ResolvedPosition, Rejection> {
    // A marker is found whatever the match; of two with the same name, the one of the given match is meant.
    if let Some(marker) = timeline.marker(name, track) {
        return Ok(ResolvedPosition {
            track: Some(usize::from(marker.track)),
            ..ResolvedPosition::just_before(marker.at)
        });
    }
    let cue = |index| ResolvedPosition::at_cue(timeline, cue_count(index));
    if let Some(first) = timeline.first_cue_of(name, track) {
        return Ok(cue(first));
    }
    if let Some((id, rev)) = name.rsplit_once('@')
        && let Ok(rev) = rev.parse::<usize>()
        && let Some(first) = timeline.first_cue_of(id, track)
    {
        return timeline.revision_cue(first, rev).map(cue).ok_or_else(|| {
            let has = match timeline.revision_count(first) - 1 {
                0 => format!("only {id}@0"),
                last => format!("{id}@0 to {id}@{last}"),
            };
            Rejection::not_found(format!("no revision {rev} of {:?}: it has {has}", excerpt(id)))
        });
    }
    let markers = timeline.markers().iter().map(|marker| &*marker.name);
    let own = |of: u16| track.is_none_or(|track| usize::from(of) == track);
    let ids = timeline
        .true_cues()
        .iter()
        .take(MAX_HINT_CANDIDATES)
        .filter(|cue| own(cue.track))
        .map(|cue| cue.event.id.as_str());
    let markers = markers.take(MAX_HINT_CANDIDATES);
    let near = match intended_notation(name) {
        Some(notation) => notation,
        None => did_you_mean(name, markers.clone().chain(ids).chain(["HT", "FT"])),
    };
    let hint = if near.is_empty() { list_of_markers(markers) } else { near };
    let message = format!("no marker or event {:?}{hint}", excerpt(name));
    Err(Rejection::not_found(message).accepting(Position::NOTATIONS))
}

/// How a place that is written in another notation is written here: a minute, a break, a type of event.
fn intended_notation(name: &str) -> Option<String> {
    let word = name.to_lowercase().replace([' ', '-'], "_");
    let minute = word.trim_end_matches(['m', 'i', 'n', '_', '\'', '\u{2019}', '.']);
    if let Ok(minute) = minute.parse::<u16>() {
        return Some(format!(" (the clock is written {minute}:00)"));
    }
    let meant = match &*word {
        "half_time" | "halftime" => "HT".to_owned(),
        "full_time" | "fulltime" => "FT".to_owned(),
        "start" | "beginning" => "0%".to_owned(),
        "end" => "100%".to_owned(),
        word => {
            let kind = word.strip_prefix("next").map_or(word, |rest| rest.trim_start_matches('_'));
            TypeSelector::parse(kind, []).ok()?;
            format!("next:{kind}")
        }
    };
    Some(format!(" (did you mean \"{meant}\"?)"))
}

/// `; the markers are "Koulibaly!" and 5 more`.
fn list_of_markers<'a>(markers: impl Iterator<Item = &'a str> + Clone) -> String {
    let shown: Vec<String> = markers.clone().take(MAX_MARKERS_SHOWN).map(|name| format!("{name:?}")).collect();
    match (&shown[..], markers.count().saturating_sub(MAX_MARKERS_SHOWN)) {
        ([], _) => String::new(),
        (shown, 0) => format!("; the markers are {}", shown.join(", ")),
        (shown, more) => format!("; the markers are {} and {more} more", shown.join(", ")),
    }
}
