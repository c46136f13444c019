//! Resolves a position on a given timeline, relative to where playback is.

mod by_clock;
mod by_name;

use by_clock::{resolve_clock, resolve_status_start, resolve_stoppage};
use by_name::resolve_name;

use super::position::Position;
use super::rejection::Rejection;
use super::resolved::{ResolvedPosition, SeekOrigin};
use super::search::{matching_cues, nothing_found_text};
use crate::error_code::ErrorCode;
use crate::football::Status;
use crate::scenario::{MAX_HINT_CANDIDATES, MediaTime, Span, Timeline, Track};

impl Position {
    /// The place that this position means, `lead` of media time earlier.
    ///
    /// Clock readings, half-time and full time belong to the match at index `track`; without one, to the first match
    /// that has them. `next:` and `prev:` search that match; without one, all matches. A name is a marker first, then
    /// an event's id, then an id and a revision; without a `track`, the earliest match that has it.
    ///
    /// Fails if the position does not exist here, or `lead` is negative.
    pub(crate) fn resolve(
        &self,
        timeline: &Timeline,
        track: Option<usize>,
        from: &SeekOrigin,
        lead: Span,
    ) -> Result<ResolvedPosition, Rejection> {
        if lead < Span::ZERO {
            return Err(Rejection::bad_argument(
                "lead must not be negative: it is how long before the position to arrive",
            ));
        }
        let mut resolved = match self {
            Self::Clock(reading) => {
                resolve_on_clock(timeline, track, |of, name| resolve_clock(&of.layout, *reading, name))?
            }
            Self::Stoppage { minute, past } => {
                resolve_on_clock(timeline, track, |of, name| resolve_stoppage(of, *minute, past.as_millis(), name))?
            }
            Self::Label(label) => {
                let past = i64::from(label.added.unwrap_or(1)) * 60_000 - 60_000;
                resolve_on_clock(timeline, track, |of, name| resolve_stoppage(of, label.minute, past, name))?
            }
            Self::HalfTime => resolve_on_clock(timeline, track, |of, name| {
                resolve_status_start(&of.layout, Status::HalfTime, "half-time", name)
            })?,
            Self::FullTime => resolve_on_clock(timeline, track, |of, name| {
                resolve_status_start(&of.layout, Status::FullTime, "full-time", name)
            })?,
            Self::Percent(percent) if *percent >= 100.0 => ResolvedPosition::end(timeline),
            Self::Percent(percent) => {
                let nanos = timeline.truth().length().as_nanos() as f64 * percent / 100.0;
                ResolvedPosition::just_before(MediaTime::from_nanos(nanos.round() as i64))
            }
            Self::Relative(by) => ResolvedPosition::just_before(from.at + *by),
            Self::Next(word) => {
                let places = matching_cues(timeline, word, track)?;
                let ahead = from.target.filter(|target| *target >= from.head).map_or(from.head, |target| target + 1);
                let (behind, ahead) = places.split_at(places.partition_point(|moment| *moment < ahead));
                let none =
                    || Rejection::not_found(nothing_found_text(timeline, word, track, "ahead", behind.last().copied()));
                ahead.first().map(|cue| ResolvedPosition::at_cue(timeline, *cue)).ok_or_else(none)?
            }
            Self::Previous(word) => {
                let places = matching_cues(timeline, word, track)?;
                let behind = from.target.filter(|target| *target >= from.head).unwrap_or(from.head);
                let (behind, ahead) = places.split_at(places.partition_point(|moment| *moment < behind));
                let none = || {
                    Rejection::not_found(nothing_found_text(timeline, word, track, "behind", ahead.first().copied()))
                };
                behind.last().map(|cue| ResolvedPosition::at_cue(timeline, *cue)).ok_or_else(none)?
            }
            Self::Named(name) => resolve_name(timeline, track, name)?,
        };
        resolved.track = resolved.track.or(track);
        Ok(resolved.with_lead(timeline, lead))
    }
}

/// Resolves a position by the clock of the match at `track`; without one, of the first match that has it. If all
/// matches end before it, the one that ends last counts.
fn resolve_on_clock(
    timeline: &Timeline,
    track: Option<usize>,
    find: impl Fn(&Track, &str) -> Result<ResolvedPosition, Rejection>,
) -> Result<ResolvedPosition, Rejection> {
    let tracks = timeline.tracks();
    let several = tracks.len() > 1;
    let found = |track_index: usize| {
        let match_name = if several { tracks[track_index].fixture.id.as_str() } else { "the match" };
        find(&tracks[track_index], match_name).map(|resolved| ResolvedPosition { track: Some(track_index), ..resolved })
    };
    if let Some(track) = track {
        return found(track);
    }
    let mut nearest: Result<ResolvedPosition, Rejection> =
        Err(Rejection::not_found("this scenario has no match, so it has no clock"));
    for track_index in 0..tracks.len().min(MAX_HINT_CANDIDATES) {
        match found(track_index) {
            Ok(resolved) if !resolved.beyond => return Ok(resolved),
            Ok(resolved) if nearest.as_ref().is_ok_and(|so_far| resolved.at <= so_far.at) => {}
            Ok(resolved) => nearest = Ok(resolved),
            Err(rejection) if track_index == 0 => nearest = Err(rejection),
            _ => {}
        }
    }
    nearest.map_err(|rejection| {
        if several && rejection.code == ErrorCode::NotFound {
            Rejection { message: rejection.message + ", nor has any other match", ..rejection }
        } else {
            rejection
        }
    })
}

#[cfg(test)]
mod tests {
    use super::super::resolved::cue_count;
    use super::super::testing::{flagship, matchday, position, timeline, var_night};
    use super::*;
    use crate::football::{EventType, Op};
    use crate::scenario::Cue;

    fn find(timeline: &Timeline, text: &str, from: SeekOrigin) -> ResolvedPosition {
        position(text).resolve(timeline, None, &from, Span::ZERO).expect(text)
    }

    fn rejection(timeline: &Timeline, text: &str) -> Rejection {
        position(text).resolve(timeline, None, &SeekOrigin::default(), Span::ZERO).expect_err(text)
    }

    fn at(seconds: i64) -> MediaTime {
        MediaTime::from_millis(seconds * 1_000)
    }

    #[test]
    fn every_notation_finds_its_place_in_the_flagship() {
        let timeline = flagship();
        let from = SeekOrigin { at: at(1_000), head: cue_count(timeline.index_after(at(1_000))), target: None };
        // A minute of talk, 47:05, a quarter of an hour, 49:02 from 45:00, and 1:40 of talk.
        let (half_time, second_half, full_time) = (2_885, 3_785, 6_727);
        for (text, seconds, after) in [
            ("-0:30", 30, false),
            ("00:00", 60, false),
            ("10:15", 675, false),
            ("45:00", second_half, false),
            ("47:04", second_half + 124, false),
            ("89:07", second_half + 2_647, false),
            ("45+1:12", 60 + 2_772, false),
            ("45+2", 60 + 2_760, false),
            ("90+1", second_half + 2_700, false),
            ("HT", half_time, true),
            ("FT", full_time, true),
            ("0%", 0, false),
            ("100%", full_time + 100, true),
            ("100.0 %", full_time + 100, true),
            ("Koulibaly!", second_half + 2_647, false),
            ("koulibaly-goal", second_half + 2_647, false),
            ("next:goal", second_half + 2_647, false),
            ("next:card", 60 + 1_591, false),
            ("prev:card", 60 + 900, false),
            ("+5m", 1_300, false),
            ("-30s", 970, false),
        ] {
            let resolved = find(&timeline, text, from);
            assert_eq!((resolved.at, resolved.after, resolved.beyond), (at(seconds), after, false), "{text}");
        }
        assert_eq!(find(&timeline, "50%", from).at.as_nanos(), timeline.length().as_nanos() / 2);
    }
    #[test]
    fn a_missing_moment_resolves_to_the_nearest_and_is_flagged() {
        let timeline = flagship();
        let from = SeekOrigin { at: at(1_000), ..SeekOrigin::default() };
        for (text, seconds) in
            [("120:00", 6_727), ("45+9", 2_885), ("90+30:00", 6_727), ("-10:00", 0), ("-1h", 0), ("+5h", 6_827)]
        {
            let resolved = find(&timeline, text, from);
            assert_eq!((resolved.at, resolved.beyond), (at(seconds), true), "{text}");
        }
    }

    #[test]
    fn a_clock_before_kick_off_is_that_of_the_scoreboard() {
        // The countdown begins at -20:00, jumps from -10:00 to -25:00, and from -5:00 to -15:00.
        let timeline = timeline(
            r#"{"type":"lineup","status":"scheduled","clock":"-20:00","side":"home"}
               {"type":"delayed","status":"scheduled","clock":"-10:00","kickoff":"2018-04-22T19:00:00Z"}
               {"type":"delayed","status":"scheduled","clock":"10:00","kickoff":"2018-04-22T19:10:00Z"}
               {"type":"period_start","period":1,"clock":"0:00"}"#,
        );
        for (text, minutes, beyond) in [
            ("-22:00", 13, false),
            ("-16:00", 19, false),
            ("-12:00", 33, false),
            ("-5:00", 40, false),
            ("-30:00", 0, true),
        ] {
            let resolved = find(&timeline, text, SeekOrigin::default());
            assert_eq!((resolved.at, resolved.beyond), (at(minutes * 60), beyond), "{text}");
        }
    }

    #[test]
    fn unknown_positions_are_rejected_with_suggestions() {
        let timeline = flagship();
        for (text, code, hint) in [
            ("Koulibali!", "not_found", "did you mean \"Koulibaly!\""),
            ("koulibaly-gaol", "not_found", "did you mean \"koulibaly-goal\""),
            ("17", "not_found", "17:00"),
            ("89min", "not_found", "the clock is written 89:00"),
            ("89'", "not_found", "the clock is written 89:00"),
            ("half-time", "not_found", "did you mean \"HT\""),
            ("end", "not_found", "did you mean \"100%\""),
            ("goal", "not_found", "did you mean \"next:goal\""),
            ("next_goal", "not_found", "did you mean \"next:goal\""),
            ("Red card", "not_found", "did you mean \"next:red_card\""),
            ("next:gaol", "bad_argument", "did you mean \"goal\""),
            ("nowhere at all", "not_found", "the markers are \"Chiellini injured\""),
            ("koulibaly-goal@1", "not_found", "it has only koulibaly-goal@0"),
            ("koulibaly-goal@x", "not_found", "no marker or event"),
            ("koulibaly-gaol@0", "not_found", "no marker or event"),
            ("prev:goal", "not_found", "no goal behind; the first is \"koulibaly-goal\" at 89:07, second half, 0-1"),
            ("next:red_card", "not_found", "no red_card ahead: the whole timeline has none"),
            ("next:corection", "bad_argument", "did you mean \"correction\""),
            ("next:correction", "not_found", "no correction ahead: the whole timeline has none"),
            ("50+1", "bad_argument", "no period ends with minute 50"),
            ("105+1", "not_found", "no extra_first_half"),
        ] {
            let rejection = rejection(&timeline, text);
            assert_eq!(rejection.code.as_str(), code, "{text}: {rejection}");
            assert!(rejection.message.contains(hint), "{text}: {rejection}");
        }
        let empty = Timeline::new(&crate::scenario::Scenario::default());
        for text in ["89:07", "45+2", "HT", "FT", "next:goal", "e1"] {
            assert_eq!(rejection(&empty, text).code, ErrorCode::NotFound, "{text}");
        }
        assert_eq!(find(&empty, "50%", SeekOrigin::default()).at, MediaTime::ZERO);
    }

    #[test]
    fn a_search_continues_from_its_last_target_until_that_is_released() {
        let timeline = timeline(
            r#"{"type":"kick_off","period":1,"clock":"00:00","side":"home"}
               {"type":"goal","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"type":"goal","period":1,"clock":"10:10","side":"home","player":"h9"}
               {"type":"goal","period":1,"clock":"30:00","side":"away","player":"a9"}"#,
        );
        let lead = Span::from_secs(20);
        let mut from = SeekOrigin::default();
        let mut search = |text: &str| {
            let resolved = position(text).resolve(&timeline, None, &from, lead).ok()?;
            from = SeekOrigin { at: resolved.at, head: resolved.index(&timeline), target: resolved.target };
            Some(resolved.at)
        };
        assert_eq!(search("next:goal"), Some(at(580)));
        assert_eq!(search("next:goal"), Some(at(590)), "the second, though the first is still ahead");
        assert_eq!(search("next:goal"), Some(at(1_780)));
        assert_eq!(search("next:goal"), None);
        assert_eq!(search("prev:goal"), Some(at(590)));
        assert_eq!(search("prev:goal"), Some(at(580)));
        assert_eq!(search("prev:goal"), None);
        // After its release the target is behind.
        let passed = SeekOrigin { at: at(700), head: 3, target: Some(1) };
        assert_eq!(find(&timeline, "next:goal", passed).at, at(1_800));
        assert_eq!(find(&timeline, "prev:goal", passed).at, at(610));
    }

    #[test]
    fn a_goal_is_found_at_its_moment_even_if_it_is_removed_and_a_correction_is_not_another() {
        let timeline = var_night();
        let goals = |from: &str| {
            let mut origin = SeekOrigin::default();
            let mut ids = Vec::new();
            while let Ok(resolved) = position(from).resolve(&timeline, None, &origin, Span::ZERO) {
                let target = resolved.target.expect("aimed at a cue");
                let event = &timeline.cues()[target as usize].event;
                assert_eq!((event.rev, event.kind.as_str()), (0, "goal"));
                ids.push(event.id.clone());
                origin = SeekOrigin { at: resolved.at, head: resolved.index(&timeline), target: resolved.target };
            }
            ids
        };
        let all = goals("next:goal");
        let mut once = all.clone();
        once.dedup();
        assert_eq!(all, once);
        let goals = timeline.cues().iter().filter(|cue| cue.event.kind == EventType::Goal && cue.event.rev == 0);
        assert_eq!(all.len(), goals.count());
        let removed = |cue: &&Cue| cue.event.op == Op::Remove && all.contains(&cue.event.id);
        assert!(timeline.cues().iter().any(|cue| removed(&cue)));
    }

    #[test]
    fn a_hundred_per_cent_is_after_the_last_event_whatever_its_time() {
        // Two cues at the last instant, which no percentage below 100 hits in nanoseconds or milliseconds.
        let timeline = timeline(
            r#"{"type":"kick_off","period":1,"clock":"00:00","side":"home"}
               {"type":"foul","period":1,"clock":"07:13.337","side":"home"}
               {"type":"foul","period":1,"clock":"07:13.337","side":"away"}"#,
        );
        for (text, index, beyond) in
            [("0%", 0, false), ("99.999999999999%", 1, false), ("100%", 3, false), ("+1h", 3, true), ("-1h", 0, true)]
        {
            let resolved = find(&timeline, text, SeekOrigin::default());
            assert_eq!((resolved.index(&timeline), resolved.beyond), (index, beyond), "{text}");
            assert!(resolved.at <= timeline.length());
        }
        assert_eq!(find(&timeline, "100%", SeekOrigin::default()).at, timeline.length());
        let lead =
            position("100%").resolve(&timeline, None, &SeekOrigin::default(), Span::from_secs(1)).expect("a place");
        assert_eq!((lead.index(&timeline), lead.beyond), (1, false), "a second before");
        let empty = Timeline::new(&crate::scenario::Scenario::default());
        assert_eq!(find(&empty, "100%", SeekOrigin::default()).index(&empty), 0);
    }

    #[test]
    fn corrections_and_revisions_are_places_too() {
        let timeline = timeline(
            r#"{"type":"goal","id":"g1","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"op":"update","id":"g1","told":"11:00","player":"h10"}
               {"op":"update","id":"g1","told":"12:00","player":"h9"}
               {"op":"remove","id":"g1","told":"13:00"}
               {"type":"goal","id":"g1@2","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"op":"remove","id":"g1@2","told":"21:00"}"#,
        );
        let start = timeline.cues()[0].at;
        let minutes = |resolved: ResolvedPosition| (resolved.at - start).as_millis() / 60_000;
        for (text, expected) in [
            ("g1", 0),
            ("g1@0", 0),
            ("g1@1", 1),
            ("g1@3", 3),
            // An id that contains an `@` takes precedence over a revision.
            ("g1@2", 10),
            ("g1@2@1", 11),
            ("next:correction", 1),
            ("next:removal", 3),
        ] {
            let resolved = find(&timeline, text, SeekOrigin::default());
            assert_eq!((minutes(resolved), resolved.after), (expected, false), "{text}");
        }
        let from = SeekOrigin { at: timeline.length(), head: 6, target: None };
        assert_eq!(minutes(find(&timeline, "prev:correction", from)), 11);
        let back = SeekOrigin { at: timeline.cues()[5].at, head: 5, target: None };
        assert_eq!(
            (minutes(find(&timeline, "prev:correction", back)), minutes(find(&timeline, "prev:removal", back))),
            (3, 3)
        );
        let own = timeline_of_own_correction();
        assert_eq!(
            own.cues()[find(&own, "next:correction", SeekOrigin::default()).target.expect("a cue") as usize]
                .event
                .id
                .as_str(),
            "c"
        );
    }

    /// A timeline with an event type of its own called `correction`.
    fn timeline_of_own_correction() -> Timeline {
        timeline(
            r#"{"type":"goal","id":"g","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"op":"remove","id":"g","told":"11:00"}
               {"type":"correction","id":"c","period":1,"clock":"12:00"}"#,
        )
    }

    #[test]
    fn a_position_belongs_to_a_match() {
        let timeline = var_night();
        for (text, track, expected) in [
            ("HT", None, Some(0)),
            ("10:00", Some(1), Some(1)),
            ("50%", None, None),
            ("+5m", Some(1), Some(1)),
            ("wyckhart-67", None, Some(0)),
            ("next:goal", Some(1), Some(1)),
            ("Two minutes of joy", None, Some(0)),
        ] {
            let resolved = position(text).resolve(&timeline, track, &SeekOrigin::default(), Span::ZERO).expect(text);
            assert_eq!(resolved.track, expected, "{text}");
        }
        let none = position("105+1").resolve(&timeline, Some(1), &SeekOrigin::default(), Span::ZERO);
        assert!(none.is_err_and(|rejection| rejection.code == ErrorCode::NotFound));
    }

    #[test]
    fn a_clock_without_a_match_is_that_of_the_first_match_with_that_reading() {
        let timeline = matchday();
        let resolve = |text: &str, track| position(text).resolve(&timeline, track, &SeekOrigin::default(), Span::ZERO);
        for (text, track, beyond) in [
            ("20:00", 1, false),
            ("30:00", 1, false),
            ("40:00", 2, false),
            ("45+1", 2, false),
            ("130:00", 2, true),
            ("HT", 2, false),
            ("FT", 2, false),
        ] {
            let resolved = resolve(text, None).expect(text);
            assert_eq!((resolved.track, resolved.beyond), (Some(track), beyond), "{text}");
        }
        for (text, track, message) in [
            ("20:00", Some(0), "no period of off has 20:00"),
            ("HT", Some(0), "off has no half-time"),
            ("105+1", Some(2), "all has no extra_first_half"),
            ("105+1", None, "off has no extra_first_half, nor has any other match"),
        ] {
            assert_eq!(resolve(text, track).expect_err(text).message, message);
        }
    }

    #[test]
    fn a_clock_belongs_to_the_match_beside_it() {
        let timeline = var_night();
        let clock = |track| {
            let resolved = position("FT").resolve(&timeline, track, &SeekOrigin::default(), Span::ZERO);
            resolved.expect("both matches end").at
        };
        assert_eq!(clock(None), clock(Some(0)));
        assert_ne!(clock(Some(0)), clock(Some(1)));
        let goal = |track| position("next:goal").resolve(&timeline, track, &SeekOrigin::default(), Span::ZERO);
        let track_of = |track| goal(track).map(|resolved| timeline.cues()[resolved.target.unwrap_or(0) as usize].track);
        assert_eq!((track_of(Some(0)), track_of(Some(1))), (Ok(0), Ok(1)));
    }

    #[test]
    fn half_time_lies_after_the_cues_of_its_instant_and_a_clock_before() {
        let timeline = flagship();
        let whistle = timeline.cues().iter().position(|cue| cue.event.kind == EventType::PeriodEnd).expect("a whistle");
        let half_time = find(&timeline, "HT", SeekOrigin::default());
        assert!(half_time.index(&timeline) as usize > whistle);
        let clock = find(&timeline, "45+2:05", SeekOrigin::default());
        assert_eq!((clock.at, clock.index(&timeline) as usize), (half_time.at, whistle));
    }
}
