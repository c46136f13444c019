//! Where a position lies on a given timeline, seen from where playback is.

mod clocks;
mod names;

use clocks::{at_clock, at_start_of, at_stoppage};
use names::named;

use super::landing::{Landing, Whence};
use super::moments::{moments, no_moment};
use super::position::Position;
use super::rejection::Rejection;
use crate::football::Status;
use crate::scenario::{MAX_HINT_CANDIDATES, MediaTime, Span, Timeline, Track};

impl Position {
    /// Where it lies, `lead` of media time earlier.
    ///
    /// Clocks, half-time and full time belong to the match at place `track`, else to the first one that has them; `next:` and `prev:` look
    /// at that match only, else at all. A name is a marker first, then an event's id, then the id and revision of one; with no
    /// `track`, the earliest match that has it.
    pub fn resolve(
        &self,
        timeline: &Timeline,
        track: Option<usize>,
        from: &Whence,
        lead: Span,
    ) -> Result<Landing, Rejection> {
        if lead < Span::ZERO {
            return Err(Rejection::bad_argument("lead is how long before the position, and not negative"));
        }
        let mut landing = match self {
            Self::Clock(reading) => of_match(timeline, track, |of, whose| at_clock(&of.layout, *reading, whose))?,
            Self::Stoppage { minute, past } => {
                of_match(timeline, track, |of, whose| at_stoppage(of, *minute, past.as_millis(), whose))?
            }
            Self::Label(label) => {
                let past = i64::from(label.added.unwrap_or(1)) * 60_000 - 60_000;
                of_match(timeline, track, |of, whose| at_stoppage(of, label.minute, past, whose))?
            }
            Self::HalfTime => {
                of_match(timeline, track, |of, whose| at_start_of(&of.layout, Status::HalfTime, "half-time", whose))?
            }
            Self::FullTime => {
                of_match(timeline, track, |of, whose| at_start_of(&of.layout, Status::FullTime, "full-time", whose))?
            }
            Self::Percent(percent) if *percent >= 100.0 => Landing::end(timeline),
            Self::Percent(percent) => {
                let nanos = timeline.length().as_nanos() as f64 * percent / 100.0;
                Landing::before(MediaTime::from_nanos(nanos.round() as i64))
            }
            Self::Relative(by) => Landing::before(from.at + *by),
            Self::Next(word) => {
                let moments = moments(timeline, word, track)?;
                let ahead = from.target.filter(|target| *target >= from.head).map_or(from.head, |target| target + 1);
                let (behind, ahead) = moments.split_at(moments.partition_point(|moment| *moment < ahead));
                let none = || Rejection::not_found(no_moment(timeline, word, track, "ahead", behind.last().copied()));
                ahead.first().map(|place| Landing::at_cue(timeline, *place)).ok_or_else(none)?
            }
            Self::Previous(word) => {
                let moments = moments(timeline, word, track)?;
                let behind = from.target.filter(|target| *target >= from.head).unwrap_or(from.head);
                let (behind, ahead) = moments.split_at(moments.partition_point(|moment| *moment < behind));
                let none = || Rejection::not_found(no_moment(timeline, word, track, "behind", ahead.first().copied()));
                behind.last().map(|place| Landing::at_cue(timeline, *place)).ok_or_else(none)?
            }
            Self::Named(name) => named(timeline, track, name)?,
        };
        landing.track = landing.track.or(track);
        Ok(landing.within(timeline, lead))
    }
}

/// Finds a place by the clock of the match at `track`, else of the first match that has it; where they all end before, of the
/// one that ends last.
fn of_match(
    timeline: &Timeline,
    track: Option<usize>,
    find: impl Fn(&Track, &str) -> Result<Landing, Rejection>,
) -> Result<Landing, Rejection> {
    let tracks = timeline.tracks();
    let several = tracks.len() > 1;
    let found = |place: usize| {
        let whose = if several { tracks[place].fixture.id.as_str() } else { "the match" };
        find(&tracks[place], whose).map(|landing| Landing { track: Some(place), ..landing })
    };
    if let Some(track) = track {
        return found(track);
    }
    let mut nearest: Result<Landing, Rejection> = Err(Rejection::not_found("there is no match here, and so no clock"));
    for place in 0..tracks.len().min(MAX_HINT_CANDIDATES) {
        match found(place) {
            Ok(landing) if !landing.beyond => return Ok(landing),
            Ok(landing) if nearest.as_ref().is_ok_and(|so_far| landing.at <= so_far.at) => {}
            Ok(landing) => nearest = Ok(landing),
            Err(rejection) if place == 0 => nearest = Err(rejection),
            _ => {}
        }
    }
    nearest.map_err(|rejection| match several && rejection.code == "not_found" {
        true => Rejection { message: rejection.message + ", and neither has any other match", ..rejection },
        false => rejection,
    })
}

#[cfg(test)]
mod tests {
    use super::super::landing::count;
    use super::super::testing::{flagship, matchday, position, timeline, var_night};
    use super::*;
    use crate::football::{EventType, Op};
    use crate::scenario::Cue;

    fn find(timeline: &Timeline, text: &str, from: Whence) -> Landing {
        position(text).resolve(timeline, None, &from, Span::ZERO).expect(text)
    }

    fn refusal(timeline: &Timeline, text: &str) -> Rejection {
        position(text).resolve(timeline, None, &Whence::default(), Span::ZERO).expect_err(text)
    }

    fn at(seconds: i64) -> MediaTime {
        MediaTime::from_millis(seconds * 1_000)
    }

    #[test]
    fn every_notation_finds_its_place_in_the_flagship() {
        let timeline = flagship();
        let from = Whence { at: at(1_000), head: count(timeline.index_after(at(1_000))), target: None };
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
            let landing = find(&timeline, text, from);
            assert_eq!((landing.at, landing.after, landing.beyond), (at(seconds), after, false), "{text}");
        }
        assert_eq!(find(&timeline, "50%", from).at.as_nanos(), timeline.length().as_nanos() / 2);
    }
    #[test]
    fn a_moment_that_does_not_exist_lands_at_the_nearest_and_says_so() {
        let timeline = flagship();
        let from = Whence { at: at(1_000), ..Whence::default() };
        for (text, seconds) in
            [("120:00", 6_727), ("45+9", 2_885), ("90+30:00", 6_727), ("-10:00", 0), ("-1h", 0), ("+5h", 6_827)]
        {
            let landing = find(&timeline, text, from);
            assert_eq!((landing.at, landing.beyond), (at(seconds), true), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_was_meant() {
        let timeline = flagship();
        for (text, code, hint) in [
            ("Koulibali!", "not_found", "did you mean \"Koulibaly!\""),
            ("koulibaly-gaol", "not_found", "did you mean \"koulibaly-goal\""),
            ("17", "not_found", "17:00"),
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
            let rejection = refusal(&timeline, text);
            assert_eq!(rejection.code, code, "{text}: {rejection}");
            assert!(rejection.message.contains(hint), "{text}: {rejection}");
        }
        let empty = Timeline::new(&crate::scenario::Scenario::default());
        for text in ["89:07", "45+2", "HT", "FT", "next:goal", "e1"] {
            assert_eq!(refusal(&empty, text).code, "not_found", "{text}");
        }
        assert_eq!(find(&empty, "50%", Whence::default()).at, MediaTime::ZERO);
    }

    #[test]
    fn a_search_goes_on_from_its_last_target_until_that_is_passed() {
        let timeline = timeline(
            r#"{"type":"kick_off","period":1,"clock":"00:00","side":"home"}
               {"type":"goal","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"type":"goal","period":1,"clock":"10:10","side":"home","player":"h9"}
               {"type":"goal","period":1,"clock":"30:00","side":"away","player":"a9"}"#,
        );
        let lead = Span::from_secs(20);
        let mut from = Whence::default();
        let mut search = |text: &str| {
            let landing = position(text).resolve(&timeline, None, &from, lead).ok()?;
            from = Whence { at: landing.at, head: landing.index(&timeline), target: landing.target };
            Some(landing.at)
        };
        assert_eq!(search("next:goal"), Some(at(580)));
        assert_eq!(search("next:goal"), Some(at(590)), "the second, though the first is still ahead");
        assert_eq!(search("next:goal"), Some(at(1_780)));
        assert_eq!(search("next:goal"), None);
        assert_eq!(search("prev:goal"), Some(at(590)));
        assert_eq!(search("prev:goal"), Some(at(580)));
        assert_eq!(search("prev:goal"), None);
        // Once it has been told, it is behind.
        let passed = Whence { at: at(700), head: 3, target: Some(1) };
        assert_eq!(find(&timeline, "next:goal", passed).at, at(1_800));
        assert_eq!(find(&timeline, "prev:goal", passed).at, at(610));
    }

    #[test]
    fn a_goal_is_found_at_its_moment_even_if_it_is_taken_back_and_a_correction_is_not_another() {
        let timeline = var_night();
        let goals = |from: &str| {
            let mut whence = Whence::default();
            let mut ids = Vec::new();
            while let Ok(landing) = position(from).resolve(&timeline, None, &whence, Span::ZERO) {
                let target = landing.target.expect("aimed at a cue");
                let event = &timeline.cues()[target as usize].event;
                assert_eq!((event.rev, event.kind.as_str()), (0, "goal"));
                ids.push(event.id.clone());
                whence = Whence { at: landing.at, head: landing.index(&timeline), target: landing.target };
            }
            ids
        };
        let all = goals("next:goal");
        let mut once = all.clone();
        once.dedup();
        assert_eq!(all, once);
        let goals = timeline.cues().iter().filter(|cue| cue.event.kind == EventType::Goal && cue.event.rev == 0);
        assert_eq!(all.len(), goals.count());
        let taken_back = |cue: &&Cue| cue.event.op == Op::Remove && all.contains(&cue.event.id);
        assert!(timeline.cues().iter().any(|cue| taken_back(&cue)));
    }

    #[test]
    fn a_hundred_per_cent_is_after_the_last_event_however_odd_its_end() {
        // Two at the last instant, which no double of nanoseconds and no millisecond of it hits by a share alone.
        let timeline = timeline(
            r#"{"type":"kick_off","period":1,"clock":"00:00","side":"home"}
               {"type":"foul","period":1,"clock":"07:13.337","side":"home"}
               {"type":"foul","period":1,"clock":"07:13.337","side":"away"}"#,
        );
        for (text, index, beyond) in
            [("0%", 0, false), ("99.999999999999%", 1, false), ("100%", 3, false), ("+1h", 3, true), ("-1h", 0, true)]
        {
            let landing = find(&timeline, text, Whence::default());
            assert_eq!((landing.index(&timeline), landing.beyond), (index, beyond), "{text}");
            assert!(landing.at <= timeline.length());
        }
        assert_eq!(find(&timeline, "100%", Whence::default()).at, timeline.length());
        let lead = position("100%").resolve(&timeline, None, &Whence::default(), Span::from_secs(1)).expect("a place");
        assert_eq!((lead.index(&timeline), lead.beyond), (1, false), "a second before");
        let empty = Timeline::new(&crate::scenario::Scenario::default());
        assert_eq!(find(&empty, "100%", Whence::default()).index(&empty), 0);
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
        let minutes = |landing: Landing| (landing.at - start).as_millis() / 60_000;
        for (text, expected) in [
            ("g1", 0),
            ("g1@0", 0),
            ("g1@1", 1),
            ("g1@3", 3),
            // An id that is written like that wins.
            ("g1@2", 10),
            ("g1@2@1", 11),
            ("next:correction", 1),
            ("next:removal", 3),
        ] {
            let landing = find(&timeline, text, Whence::default());
            assert_eq!((minutes(landing), landing.after), (expected, false), "{text}");
        }
        let from = Whence { at: timeline.length(), head: 6, target: None };
        assert_eq!(minutes(find(&timeline, "prev:correction", from)), 11);
        let back = Whence { at: timeline.cues()[5].at, head: 5, target: None };
        assert_eq!(
            (minutes(find(&timeline, "prev:correction", back)), minutes(find(&timeline, "prev:removal", back))),
            (3, 3)
        );
        let own = timeline_of_own_correction();
        assert_eq!(
            own.cues()[find(&own, "next:correction", Whence::default()).target.expect("a cue") as usize]
                .event
                .id
                .as_str(),
            "c"
        );
    }

    /// In which `correction` is an event type of its own.
    fn timeline_of_own_correction() -> Timeline {
        timeline(
            r#"{"type":"goal","id":"g","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"op":"remove","id":"g","told":"11:00"}
               {"type":"correction","id":"c","period":1,"clock":"12:00"}"#,
        )
    }

    #[test]
    fn a_position_speaks_of_a_match() {
        let timeline = var_night();
        for (text, track, spoken_of) in [
            ("HT", None, Some(0)),
            ("10:00", Some(1), Some(1)),
            ("50%", None, None),
            ("+5m", Some(1), Some(1)),
            ("wyckhart-67", None, Some(0)),
            ("next:goal", Some(1), Some(1)),
            ("Two minutes of joy", None, Some(0)),
        ] {
            let landing = position(text).resolve(&timeline, track, &Whence::default(), Span::ZERO).expect(text);
            assert_eq!(landing.track, spoken_of, "{text}");
        }
        let none = position("105+1").resolve(&timeline, Some(1), &Whence::default(), Span::ZERO);
        assert!(none.is_err_and(|rejection| rejection.code == "not_found"));
    }

    #[test]
    fn a_clock_without_a_match_is_the_first_ones_that_has_it() {
        let timeline = matchday();
        let resolve = |text: &str, track| position(text).resolve(&timeline, track, &Whence::default(), Span::ZERO);
        for (text, track, beyond) in [
            ("20:00", 1, false),
            ("30:00", 1, false),
            ("40:00", 2, false),
            ("45+1", 2, false),
            ("130:00", 2, true),
            ("HT", 2, false),
            ("FT", 2, false),
        ] {
            let landing = resolve(text, None).expect(text);
            assert_eq!((landing.track, landing.beyond), (Some(track), beyond), "{text}");
        }
        for (text, track, message) in [
            ("20:00", Some(0), "no period of off has 20:00"),
            ("HT", Some(0), "off has no half-time"),
            ("105+1", Some(2), "all has no extra_first_half"),
            ("105+1", None, "off has no extra_first_half, and neither has any other match"),
        ] {
            assert_eq!(resolve(text, track).expect_err(text).message, message);
        }
    }

    #[test]
    fn a_clock_belongs_to_the_match_beside_it() {
        let timeline = var_night();
        let clock = |track| {
            let landing = position("FT").resolve(&timeline, track, &Whence::default(), Span::ZERO);
            landing.expect("both are played out").at
        };
        assert_eq!(clock(None), clock(Some(0)));
        assert_ne!(clock(Some(0)), clock(Some(1)));
        let goal = |track| position("next:goal").resolve(&timeline, track, &Whence::default(), Span::ZERO);
        let track_of = |track| goal(track).map(|landing| timeline.cues()[landing.target.unwrap_or(0) as usize].track);
        assert_eq!((track_of(Some(0)), track_of(Some(1))), (Ok(0), Ok(1)));
    }

    #[test]
    fn half_time_lies_after_the_cues_of_its_instant_and_a_clock_before() {
        let timeline = flagship();
        let whistle = timeline.cues().iter().position(|cue| cue.event.kind == EventType::PeriodEnd).expect("a whistle");
        let half_time = find(&timeline, "HT", Whence::default());
        assert!(half_time.index(&timeline) as usize > whistle);
        let clock = find(&timeline, "45+2:05", Whence::default());
        assert_eq!((clock.at, clock.index(&timeline) as usize), (half_time.at, whistle));
    }
}
