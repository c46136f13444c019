//! Wording for rejections: where playback is, and which positions lie ahead.

use super::position::Position;
use super::resolved::{ResolvedPosition, SeekOrigin};
use super::search::{CORRECTION, matching_cues, of_match_suffix};
use crate::football::MatchClock;
use crate::message::excerpt;
use crate::scenario::{MAX_HINT_CANDIDATES, MediaTime, ScoreboardClock, Span, Timeline};

/// The types whose next event a rejection names.
const SEARCHED_TYPES: [&str; 4] = ["goal", "card", "substitution", CORRECTION];
/// How many of the markers ahead a rejection names.
const MAX_MARKERS: usize = 3;

/// A position for people: by the clock of the match that is meant, or of the only match; else by the time since the
/// beginning of the timeline. `head`: how many true cues are past.
pub(super) fn describe_position(timeline: &Timeline, track: Option<usize>, at: MediaTime, head: u32) -> String {
    match track.or((timeline.tracks().len() == 1).then_some(0)) {
        Some(track) => {
            let state = timeline.truth().state_at(track, head as usize);
            let ScoreboardClock { status, reading, .. } = timeline.clock_at(track, at, &state);
            format!("{}{}", MatchClock { status, reading }, of_match_suffix(timeline, track))
        }
        None => format!("{} of the timeline", at - MediaTime::ZERO),
    }
}

/// The positions ahead of `from` and not beyond `stop`, in the notation that commands accept: `ahead are FT, next:goal
/// at 89:07, "Koulibaly!"`. Without a `track`, each names its match: `next:goal at 89:07 of juv-nap`.
pub(super) fn describe_ahead(timeline: &Timeline, track: Option<usize>, from: &SeekOrigin, stop: MediaTime) -> String {
    let within = |at: MediaTime| from.at < at && at <= stop;
    let mut found = Vec::new();
    let match_suffix =
        |of_track: usize| if track.is_some() { String::new() } else { of_match_suffix(timeline, of_track) };
    for name in [Position::HalfTime, Position::FullTime] {
        let resolved = name.resolve(timeline, track, from, Span::ZERO).ok().filter(|resolved| within(resolved.at));
        found
            .extend(resolved.map(|resolved| format!("{name}{}", resolved.track.map(match_suffix).unwrap_or_default())));
    }
    for word in SEARCHED_TYPES {
        let found_cues = matching_cues(timeline, word, track).unwrap_or_default();
        let next = found_cues.get(found_cues.partition_point(|index| *index < from.head));
        let cue = next.map(|next| &timeline.true_cues()[*next as usize]).filter(|cue| cue.at <= stop);
        found.extend(cue.map(|cue| {
            let of_match = match_suffix(usize::from(cue.track));
            match cue.event.reported_at() {
                clock if clock.status.is_in_play() => format!("next:{word} at {}{of_match}", clock.reading),
                clock => format!("next:{word} at {clock}{of_match}"),
            }
        }));
    }
    let markers = timeline.markers();
    let markers = &markers[markers.partition_point(|marker| marker.at <= from.at)..];
    let own = |of: u16| track.is_none_or(|track| usize::from(of) == track);
    // A timeline may have as many markers as events, and none of them in this match: the search is bounded.
    let soon = markers.iter().take(MAX_HINT_CANDIDATES).take_while(|marker| within(marker.at));
    let named = soon.filter(|marker| own(marker.track));
    found.extend(named.take(MAX_MARKERS).map(|marker| format!("{:?}", marker.name)));
    match (&found[..], timeline.truth().index_after(stop) > from.head as usize) {
        ([], true) => "ahead is only the end".to_owned(),
        ([], false) => "nothing is ahead".to_owned(),
        ([one], _) => format!("ahead is {one}"),
        (several, _) => format!("ahead are {}", several.join(", ")),
    }
}

/// Why a step cannot go to a position that could be resolved; `None` if it can.
pub(super) fn why_not_ahead(
    timeline: &Timeline,
    to: &Position,
    resolved: &ResolvedPosition,
    from: &SeekOrigin,
    stop: MediaTime,
) -> Option<String> {
    let is_whistle = matches!(to, Position::HalfTime | Position::FullTime);
    let to = excerpt(&to.to_string());
    let there = || describe_position(timeline, resolved.track, resolved.at, resolved.index(&timeline.truth()));
    let here = || describe_position(timeline, resolved.track, from.at, from.head);
    let ahead = || describe_ahead(timeline, resolved.track, from, stop);
    match resolved {
        ResolvedPosition { beyond: true, .. } => {
            Some(format!("the timeline has no {to:?}: the nearest place is {}; {}", there(), ahead()))
        }
        ResolvedPosition { at, .. } if *at < from.at => {
            let there = if is_whistle { String::new() } else { format!(", at {}", there()) };
            Some(format!("{to:?} is behind{there}: playback is at {}; {}", here(), ahead()))
        }
        ResolvedPosition { at, .. } if *at > stop => {
            Some(format!("{to:?} lies beyond the end of this replay; {}", ahead()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::engine::PlaybackOptions;
    use super::super::testing::{TestDriver, matchday, options};

    #[test]
    fn of_several_matches_each_position_ahead_names_its_own() {
        let timeline = matchday();
        for (there, line, message) in [
            (
                "0%",
                "step next:red_card",
                "no red_card ahead: the whole timeline has none; ahead are HT of all, FT of all, next:goal at 05:00 of all; \
                 with or=end a step runs to the end instead",
            ),
            (
                "0%",
                "step next:red_card match=cut",
                "no red_card of cut ahead: the whole timeline has none; ahead is next:goal at 10:00; with or=end a step runs \
                 to the end instead",
            ),
            (
                "50:00",
                "step HT",
                "\"HT\" is behind: playback is at 50:00, second half of all; ahead are FT, next:goal at 88:00; with or=end a \
                 step runs to the end instead",
            ),
            ("100%", "step HT", "\"HT\" is behind: playback is at full time of all; nothing is ahead"),
        ] {
            let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
            driver.run(&format!("seek {there}"));
            let rejection = driver.apply(&Command::parse_line(line).expect(line)).expect_err(line);
            assert_eq!(rejection.message, message, "{there} {line}");
        }
    }
}
