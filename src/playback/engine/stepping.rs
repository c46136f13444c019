//! The step: forward by so many cues, or to a position that is ahead.

use std::time::Instant;

use super::control::track_of;
use super::{Place, Playback};
use crate::playback::command::{Step, Stepped};
use crate::playback::landing::{Landing, Whence, count};
use crate::playback::playhead::{Cause, State};
use crate::playback::position::Position;
use crate::playback::rejection::Rejection;
use crate::playback::surroundings::{ahead, not_ahead, place};
use crate::scenario::{Span, Timeline};

impl Playback {
    /// Steps, and returns the match that the step was about. A step that has nowhere to go is refused, and leaves all as it was.
    pub(super) fn step(
        &mut self,
        timeline: &Timeline,
        step: &Step,
        now: Instant,
    ) -> Result<(Stepped, Option<usize>), Rejection> {
        let from = Place { at: self.playhead.clock.media_time(now), index: self.playhead.head };
        let stop = self.stop().max(from);
        let (to, reached, track) = match step {
            Step::Count(cues) => {
                let index = from.index.saturating_add(*cues).min(stop.index);
                let last = timeline.cues().get(index.saturating_sub(1) as usize).filter(|_| index > from.index);
                let last = last.ok_or_else(|| nothing_ahead(timeline, from))?;
                let place = Place { at: last.at.max(from.at), index };
                (place, index - from.index == *cues, Some(usize::from(last.track)))
            }
            Step::Until { to, track, or_end } => {
                let track = track_of(timeline, track.as_ref())?;
                match self.landing_ahead(timeline, to, track, stop, now) {
                    Ok(Landing { at, track, .. }) => {
                        (Place { at, index: count(timeline.index_after(at)).max(from.index) }, true, track)
                    }
                    Err(Miss::NotAhead(_)) if *or_end => (stop, false, track),
                    Err(Miss::NotAhead(rejection)) if stop > from => {
                        let message = rejection.message + "; with or=end a step runs to the end instead";
                        return Err(Rejection { message, ..rejection });
                    }
                    Err(Miss::NotAhead(rejection) | Miss::Wrong(rejection)) => return Err(rejection),
                }
            }
        };
        // Nothing has been touched before this line: a rejection leaves all as it was.
        let over = to.index >= stop.index;
        self.stepped_to_the_end = over;
        self.has_ended |= over;
        self.stand_still(timeline, if over { State::Ended } else { State::Paused }, now);
        self.playhead.head = to.index;
        self.anchor(timeline, to.at, now);
        self.playhead.steps = self.playhead.steps.saturating_add(1);
        self.changed(Cause::Step);
        Ok((Stepped { from: from.index, to: to.index, reached }, track))
    }

    /// Where a step that goes to a position arrives.
    fn landing_ahead(
        &self,
        timeline: &Timeline,
        to: &Position,
        track: Option<usize>,
        stop: Place,
        now: Instant,
    ) -> Result<Landing, Miss> {
        // A step goes to what it has not released yet, even if a seek has aimed at it before.
        let whence = Whence { target: None, ..self.whence(now) };
        let backward = match to {
            Position::Previous(_) => true,
            Position::Relative(by) => *by < Span::ZERO,
            _ => false,
        };
        if backward {
            let ahead = ahead(timeline, track, &whence, stop.at);
            let message = format!("a step goes forward only, and {to} lies behind; {ahead}");
            return Err(Miss::Wrong(Rejection::not_found(message)));
        }
        let landing =
            to.resolve(timeline, track, &whence, Span::ZERO).map_err(|rejection| match (rejection.code, to) {
                // A name that is nowhere is a slip of the pen: not even a step to the end is meant.
                ("not_found", Position::Named(_)) => Miss::Wrong(rejection),
                ("not_found", _) => {
                    let ahead = ahead(timeline, track, &whence, stop.at);
                    Miss::NotAhead(Rejection { message: format!("{}; {ahead}", rejection.message), ..rejection })
                }
                _ => Miss::Wrong(rejection),
            })?;
        match not_ahead(timeline, to, &landing, &whence, stop.at) {
            Some(message) => Err(Miss::NotAhead(Rejection::not_found(message))),
            None => Ok(landing),
        }
    }
}

/// Why a step cannot go to its position.
enum Miss {
    /// It makes no sense, or names what is nowhere.
    Wrong(Rejection),
    /// It is not ahead.
    NotAhead(Rejection),
}

fn nothing_ahead(timeline: &Timeline, from: Place) -> Rejection {
    let last = timeline.cues().get((from.index as usize).wrapping_sub(1)).map(|cue| usize::from(cue.track));
    let here = place(timeline, last.filter(|_| timeline.tracks().len() == 1), from.at, from.index);
    Rejection::not_found(format!("no event is ahead: playback is at the end, {here}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::Command;
    use crate::playback::engine::Options;
    use crate::playback::testing::{Film, flagship, media_secs, options, position, secs, short, told, var_night};

    #[test]
    fn a_step_pauses_and_goes_forward_without_a_new_epoch() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.advance();
        let stepped = |film: &mut Film, line: &str| {
            let Stepped { from, to, reached } = film.tell(line).stepped.expect("a step");
            (from, to, reached)
        };
        assert_eq!(stepped(&mut film, "step"), (1, 2, true));
        assert_eq!(told(&film), (1, 2, State::Paused, Cause::Step));
        assert_eq!(media_secs(&film), 60.0);
        assert_eq!(stepped(&mut film, "step 2"), (2, 4, true), "between two cues of one instant");
        assert_eq!(stepped(&mut film, "step 03:00"), (4, 5, true), "the rest of the instant");
        assert_eq!(stepped(&mut film, "step 03:00"), (5, 5, true));
        assert_eq!((film.head().steps, film.head().epoch), (4, 1));
        film.tell("play");
        assert_eq!(film.play_for(secs(0.5)), ());
        assert_eq!(stepped(&mut film, "step next:goal or=end"), (5, 6, false), "none ahead: to the end");
        assert_eq!(told(&film), (1, 6, State::Ended, Cause::Step));
        assert_eq!(stepped(&mut film, "step 100%"), (6, 6, true), "it is there already");
        assert_eq!(stepped(&mut film, "step +0s"), (6, 6, true), "nowhere else");
        film.tell("seek 0%");
        assert_eq!(film.head().state, State::Paused, "it had been stepped to the end");
        assert_eq!(stepped(&mut film, "step next:goal"), (0, 2, true));
        film.tell("seek next:goal lead=20s");
        assert_eq!(stepped(&mut film, "step next:goal"), (2, 3, true), "to the goal that the seek aimed at");
        assert_eq!(stepped(&mut film, "step 99"), (3, 6, false));
    }

    #[test]
    fn at_the_end_of_a_lap_only_a_step_that_is_allowed_to_go_nowhere_keeps_the_next_from_beginning() {
        let timeline = short();
        let mut film = Film::new(&timeline, Options { looping: true, hold: secs(20.0), ..options(60.0) });
        film.play_for(secs(5.0));
        let before = film.head();
        for line in ["step", "step 3", "step next:goal"] {
            assert_eq!(film.give(&Command::parse_line(line).expect(line)).expect_err(line).code, "not_found");
            assert_eq!(film.head(), before, "{line}");
        }
        let nowhere = Stepped { from: 6, to: 6, reached: false };
        assert_eq!(film.tell("step next:goal or=end").stepped, Some(nowhere));
        film.play_for(secs(60.0));
        assert_eq!(told(&film), (1, 6, State::Ended, Cause::Step));
    }

    /// Refusals, each of which must leave everything as it was.
    fn refused(film: &mut Film, line: &str, code: &str, hints: &[&str]) {
        film.advance();
        let before = film.head();
        let rejection = film.give(&Command::parse_line(line).expect(line)).expect_err(line);
        assert_eq!(rejection.code, code, "{line}: {rejection}");
        for hint in hints {
            assert!(rejection.message.contains(hint), "{line}: {rejection}");
        }
        assert_eq!(film.head(), before, "{line}");
    }

    #[test]
    fn a_step_to_what_is_not_ahead_moves_nothing_and_names_what_is() {
        let timeline = flagship();
        for (there, line, hints) in [
            (
                "60:12",
                "step HT",
                &["\"HT\" is behind: playback is at 60:12, second half", "ahead are FT, next:goal at 89:07"][..],
            ),
            ("60:12", "step 45:00", &["\"45:00\" is behind", "ahead are FT"]),
            ("60:12", "step 10%", &["\"10%\" is behind", "first half"]),
            ("90:00", "step Koulibaly!", &["\"Koulibaly!\" is behind, at 89:07, second half", "ahead is FT"]),
            ("90:00", "step koulibaly-goal", &["is behind, at 89:07"]),
            (
                "90:00",
                "step next:goal",
                &["no goal ahead; the last is \"koulibaly-goal\" at 89:07, second half, 0-1", "or=end"],
            ),
            ("20:00", "step next:red_card", &["no red_card ahead: the whole timeline has none", "next:goal at 89:07"]),
            ("20:00", "step next:removal", &["no removal ahead", "ahead are HT, FT"]),
            ("20:00", "step 45+9", &["the timeline has no \"45+9\"", "nearest place"]),
            ("20:00", "step 120:00", &["the timeline has no \"120:00\""]),
            ("20:00", "step +5h", &["the timeline has no \"+5h\"", "full time"]),
            ("20:00", "step 105+1", &["no extra_first_half", "ahead are HT"]),
            ("100%", "step", &["no event is ahead: playback is at the end, full time"]),
            ("100%", "step 5", &["no event is ahead"]),
            ("100%", "step FT", &["\"FT\" is behind", "nothing is ahead"]),
        ] {
            let mut film = Film::new(&timeline, Options { paused: true, ..options(60.0) });
            film.tell(&format!("seek {there}"));
            refused(&mut film, line, "not_found", hints);
            film.tell("play");
            let mut film = Film::new(&timeline, options(60.0));
            film.tell(&format!("seek {there}"));
            refused(&mut film, line, "not_found", hints);
        }
    }

    #[test]
    fn a_slip_in_a_name_is_refused_even_where_the_end_would_do() {
        let timeline = flagship();
        let mut film = Film::new(&timeline, Options { paused: true, ..options(60.0) });
        refused(&mut film, "step Koulibali! or=end", "not_found", &["did you mean \"Koulibaly!\""]);
        refused(&mut film, "step elsewhere or=end", "not_found", &["the markers are \""]);
        refused(&mut film, "step next:gaol or=end", "bad_argument", &["did you mean \"goal\""]);
        refused(&mut film, "step next:remove", "bad_argument", &["did you mean \"removal\""]);
        refused(&mut film, "step HT match=juv-nab or=end", "unknown_match", &["did you mean \"juv-nap\""]);
        refused(&mut film, "step prev:goal or=end", "not_found", &["forward only"]);
        for line in ["step 0:30", "step next:red_card", "step 120:00", "step 105+1"] {
            let mut film = Film::new(&timeline, Options { paused: true, ..options(60.0) });
            film.tell("seek 60:00");
            let end = film.tell(&format!("{line} or=end")).stepped.expect("a step");
            assert_eq!((end.to as usize, end.reached), (timeline.cues().len(), false), "{line}");
            assert_eq!(film.head().state, State::Ended);
        }
    }

    #[test]
    fn the_end_of_a_replay_bounds_its_steps() {
        let timeline = flagship();
        let bounded = Options { until: Some(position("60:00")), paused: true, ..options(60.0) };
        let mut film = Film::new(&timeline, bounded);
        refused(
            &mut film,
            "step FT",
            "not_found",
            &["\"FT\" lies beyond the end of this replay; ahead are HT, next:card at 08:51"],
        );
        refused(&mut film, "step next:goal", "not_found", &["lies beyond the end of this replay"]);
        assert!(film.tell("step 60:00").stepped.expect("a step").reached);
        assert_eq!(film.head().state, State::Ended);
    }

    #[test]
    fn of_several_matches_each_has_its_own_whistles_and_goals() {
        let timeline = var_night();
        let places = |track: usize| {
            let moments =
                timeline.cues_of_type(&crate::football::TypeSelector::parse("goal", []).expect("goal"), Some(track));
            moments.iter().map(|place| *place + 1).collect::<Vec<_>>()
        };
        for (track, id) in ["van-lar", "qui-bra"].into_iter().enumerate() {
            let mut film = Film::new(&timeline, Options { paused: true, ..options(60.0) });
            let mut found = Vec::new();
            let step = Command::parse_line(&format!("step next:goal match={id}")).expect("a step");
            while let Ok(applied) = film.give(&step) {
                assert_eq!(applied.track, Some(track));
                found.push(film.head().head);
            }
            // Cues of the same instant are included.
            let due = |index: u32| count(timeline.index_after(timeline.cues()[index as usize - 1].at));
            assert_eq!(found, places(track).into_iter().map(due).collect::<Vec<_>>(), "{id}");
            refused(
                &mut film,
                &format!("step next:goal match={id}"),
                "not_found",
                &[&format!("no goal of {id} ahead")],
            );
            let whistle = film.tell(&format!("step FT match={id}"));
            assert_eq!((whistle.track, whistle.stepped.map(|step| step.reached)), (Some(track), Some(true)));
            refused(&mut film, &format!("step HT match={id}"), "not_found", &["\"HT\" is behind: playback is at"]);
        }
        let mut film = Film::new(&timeline, Options { paused: true, ..options(60.0) });
        assert_eq!(film.tell("step FT").track, Some(0), "the first match's whistle");
        assert!(film.head().state == State::Paused && media_secs(&film) > 0.0, "the other goes on");
    }

    #[test]
    fn a_step_finds_corrections_and_revisions() {
        let timeline = var_night();
        let mut film = Film::new(&timeline, Options { paused: true, ..options(60.0) });
        let last = |film: &Film| {
            let event = &timeline.cues()[film.head().head as usize - 1].event;
            format!("{}@{} {}", event.id.as_str(), event.rev, event.op)
        };
        film.tell("step next:removal match=van-lar");
        assert!(last(&film).ends_with(" remove"), "{}", last(&film));
        film.tell("seek 0%");
        film.tell("step next:correction");
        assert!(!last(&film).ends_with(" add"), "{}", last(&film));
        film.tell("seek 0%");
        for (revision, op) in [("wyckhart-67", "add"), ("wyckhart-67@1", ""), ("wyckhart-67@2", "remove")] {
            film.tell(&format!("step {revision}"));
            let wanted = if revision.contains('@') { revision.to_owned() } else { format!("{revision}@0") };
            assert!(last(&film).starts_with(&format!("{wanted} ")) && last(&film).ends_with(op), "{}", last(&film));
        }
        refused(&mut film, "step wyckhart-67@0", "not_found", &["\"wyckhart-67@0\" is behind"]);
        refused(&mut film, "step wyckhart-67@9", "not_found", &["no revision 9", "wyckhart-67@0 to wyckhart-67@2"]);
    }
}
