//! What lies around a playhead, in words: a refusal says where playback is and which positions would be found.

use super::landing::{Landing, Whence};
use super::moments::{CORRECTION, moments};
use super::position::Position;
use crate::football::MatchClock;
use crate::scenario::{MAX_HINT_CANDIDATES, MediaTime, Span, Timeline};

/// The types whose next event a refusal names.
const SOUGHT: [&str; 4] = ["goal", "card", "substitution", CORRECTION];
/// How many of the markers ahead it names.
const MARKERS: usize = 3;

/// A place as people say it: by the clock of the match that is meant or the only one, else by the time since the beginning
/// of the timeline.
pub(super) fn place(timeline: &Timeline, track: Option<usize>, at: MediaTime, head: u32) -> String {
    match track.or((timeline.tracks().len() == 1).then_some(0)) {
        Some(track) => {
            let state = timeline.state_at(track, head as usize);
            let clock = timeline.clock_at(track, at, &state);
            format!("{}{}", MatchClock { status: clock.status, reading: clock.reading }, of(timeline, track))
        }
        None => format!("{} of the timeline", at - MediaTime::ZERO),
    }
}

/// ` of van-lar`; nothing where there is no other match.
fn of(timeline: &Timeline, track: usize) -> String {
    match timeline.tracks() {
        [] | [_] => String::new(),
        tracks => format!(" of {}", tracks[track].fixture.id.as_str()),
    }
}

/// The positions ahead of a place, and not beyond `stop`, as they can be typed: `ahead are FT, next:goal at 89:07, "Koulibaly!"`.
/// Where no match is meant, each names its own: `next:goal at 89:07 of juv-nap`.
pub(super) fn ahead(timeline: &Timeline, track: Option<usize>, from: &Whence, stop: MediaTime) -> String {
    let within = |at: MediaTime| from.at < at && at <= stop;
    let mut found = Vec::new();
    let whose = |of_track: usize| if track.is_some() { String::new() } else { of(timeline, of_track) };
    for name in [Position::HalfTime, Position::FullTime] {
        let landing = name.resolve(timeline, track, from, Span::ZERO).ok().filter(|landing| within(landing.at));
        found.extend(landing.map(|landing| format!("{name}{}", landing.track.map(whose).unwrap_or_default())));
    }
    for word in SOUGHT {
        let places = moments(timeline, word, track).unwrap_or_default();
        let next = places.get(places.partition_point(|place| *place < from.head));
        let cue = next.map(|next| &timeline.cues()[*next as usize]).filter(|cue| cue.at <= stop);
        found.extend(cue.map(|cue| {
            let whose = whose(usize::from(cue.track));
            match cue.event.reported_at() {
                clock if clock.status.in_play() => format!("next:{word} at {}{whose}", clock.reading),
                clock => format!("next:{word} at {clock}{whose}"),
            }
        }));
    }
    let markers = timeline.markers();
    let markers = &markers[markers.partition_point(|marker| marker.at <= from.at)..];
    let own = |of: u16| track.is_none_or(|track| usize::from(of) == track);
    // There may be as many markers as events, and of one match none.
    let soon = markers.iter().take(MAX_HINT_CANDIDATES).take_while(|marker| within(marker.at));
    let named = soon.filter(|marker| own(marker.track));
    found.extend(named.take(MARKERS).map(|marker| format!("{:?}", marker.name)));
    match (&found[..], timeline.index_after(stop) > from.head as usize) {
        ([], true) => "ahead is only the end".to_owned(),
        ([], false) => "nothing is ahead".to_owned(),
        ([one], _) => format!("ahead is {one}"),
        (several, _) => format!("ahead are {}", several.join(", ")),
    }
}

/// Why a step does not go to a place that the timeline has.
pub(super) fn not_ahead(
    timeline: &Timeline,
    to: &Position,
    landing: &Landing,
    from: &Whence,
    stop: MediaTime,
) -> Option<String> {
    let whistle = matches!(to, Position::HalfTime | Position::FullTime);
    let to = to.to_string();
    let there = || place(timeline, landing.track, landing.at, landing.index(timeline));
    let here = || place(timeline, landing.track, from.at, from.head);
    let ahead = || ahead(timeline, landing.track, from, stop);
    match landing {
        Landing { beyond: true, .. } => {
            Some(format!("the timeline has no {to:?}: the nearest place is {}; {}", there(), ahead()))
        }
        Landing { at, .. } if *at < from.at => {
            let there = if whistle { String::new() } else { format!(", at {}", there()) };
            Some(format!("{to:?} is behind{there}: playback is at {}; {}", here(), ahead()))
        }
        Landing { at, .. } if *at > stop => Some(format!("{to:?} lies beyond the end of this replay; {}", ahead())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::command::Command;
    use super::super::engine::Options;
    use super::super::testing::{Film, matchday, options};

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
            let mut film = Film::new(&timeline, Options { paused: true, ..options(60.0) });
            film.tell(&format!("seek {there}"));
            let rejection = film.give(&Command::parse_line(line).expect(line)).expect_err(line);
            assert_eq!(rejection.message, message, "{there} {line}");
        }
    }
}
