//! Positions that are names: of a marker, an event, a revision of one.

use crate::error::{did_you_mean, excerpt};
use crate::playback::landing::{Landing, count};
use crate::playback::position::Position;
use crate::playback::rejection::Rejection;
use crate::scenario::{MAX_HINT_CANDIDATES, Timeline};

/// How many markers a refusal names where none is near to the name that was given.
const NAMED: usize = 5;

/// The marker of this name, the event of this id, or the revision of an event (`ID@2`), in this order.
pub(super) fn named(timeline: &Timeline, track: Option<usize>, name: &str) -> Result<Landing, Rejection> {
    // A marker is a place for all matches; of two with one name, the own match's is meant.
    if let Some(marker) = timeline.marker(name, track) {
        return Ok(Landing { track: Some(usize::from(marker.track)), ..Landing::before(marker.at) });
    }
    let cue = |index| Landing::at_cue(timeline, count(index));
    if let Some(first) = timeline.first_cue_of(name, track) {
        return Ok(cue(first));
    }
    if let Some((id, rev)) = name.rsplit_once('@')
        && let Ok(rev) = rev.parse::<usize>()
        && let Some(first) = timeline.first_cue_of(id, track)
    {
        return timeline.revision(first, rev).map(cue).ok_or_else(|| {
            let has = match timeline.revisions(first) - 1 {
                0 => format!("only {id}@0"),
                last => format!("{id}@0 to {id}@{last}"),
            };
            Rejection::not_found(format!("no revision {rev} of {:?}: it has {has}", excerpt(id)))
        });
    }
    let markers = timeline.markers().iter().map(|marker| &*marker.name);
    let own = |of: u16| track.is_none_or(|track| usize::from(of) == track);
    let ids =
        timeline.cues().iter().take(MAX_HINT_CANDIDATES).filter(|cue| own(cue.track)).map(|cue| cue.event.id.as_str());
    let markers = markers.take(MAX_HINT_CANDIDATES);
    let near = match name.parse::<u16>() {
        Ok(minute) => format!(" (the clock is written {minute}:00)"),
        Err(_) => did_you_mean(name, markers.clone().chain(ids).chain(["HT", "FT"])),
    };
    let hint = match near.is_empty() {
        true => there_are(markers),
        false => near,
    };
    let message = format!("no marker or event {name:?}{hint}");
    Err(Rejection::not_found(message).accepting(Position::NOTATIONS))
}

/// `; the markers are "Koulibaly!" and 5 more`: where no name is near to the one that was given.
fn there_are<'a>(markers: impl Iterator<Item = &'a str> + Clone) -> String {
    let shown: Vec<String> = markers.clone().take(NAMED).map(|name| format!("{name:?}")).collect();
    match (&shown[..], markers.count().saturating_sub(NAMED)) {
        ([], _) => String::new(),
        (shown, 0) => format!("; the markers are {}", shown.join(", ")),
        (shown, more) => format!("; the markers are {} and {more} more", shown.join(", ")),
    }
}
