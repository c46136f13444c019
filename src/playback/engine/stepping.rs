//! The step command: forward by a number of cues, or to a position ahead.

use std::time::Instant;

use super::control::{just_past, track_of};
use super::{Playback, TimelinePoint};
use crate::error_code::ErrorCode;
use crate::playback::command::{StepOutcome, StepTarget};
use crate::playback::playhead::{ChangeCause, State};
use crate::playback::position::Position;
use crate::playback::rejection::Rejection;
use crate::playback::resolved::{ResolvedPosition, SeekOrigin, cue_count};
use crate::playback::wording::{describe_ahead, describe_position, why_not_ahead};
use crate::scenario::{Span, Timeline};

impl Playback {
    /// Steps, and returns the outcome and the match that the step was about. Rejects a step that has nowhere to go.
    pub(super) fn step(
        &mut self,
        timeline: &Timeline,
        step: &StepTarget,
        now: Instant,
    ) -> Result<(StepOutcome, Option<usize>), Rejection> {
        let from = TimelinePoint { at: self.playhead.clock.media_time(now), index: self.playhead.head };
        let stop = self.stop().max(from);
        let (to, reached, track) = match step {
            StepTarget::Count(0) => {
                return Err(Rejection::bad_argument("the count of a step must be at least 1, not 0"));
            }
            StepTarget::Count(cues) => {
                let index = index_after_events(timeline, from.index, *cues).min(stop.index);
                let last = timeline.cues().get(index.saturating_sub(1) as usize).filter(|_| index > from.index);
                let last = last.ok_or_else(|| nothing_ahead_rejection(timeline, from))?;
                let point = TimelinePoint { at: last.at.max(from.at), index };
                (point, events_between(timeline, from.index, index) == *cues, Some(usize::from(last.track)))
            }
            StepTarget::Until { to, track, or_end } => {
                let track = track_of(timeline, track.as_ref())?;
                match self.resolve_ahead(timeline, to, track, stop, now) {
                    Ok(ResolvedPosition { at, track, .. }) => {
                        let at = just_past(timeline, at);
                        (TimelinePoint { at, index: cue_count(timeline.index_after(at)).max(from.index) }, true, track)
                    }
                    Err(StepError::NotAhead(_)) if *or_end => (stop, false, track),
                    Err(StepError::NotAhead(rejection)) if stop > from => {
                        let message = rejection.message + "; with or=end a step runs to the end instead";
                        return Err(Rejection { message, ..rejection });
                    }
                    Err(StepError::NotAhead(rejection) | StepError::Invalid(rejection)) => return Err(rejection),
                }
            }
        };
        // Nothing is modified above this line, so a rejection has no effect.
        let over = to.index >= stop.index;
        self.stepped_to_end = over;
        self.epoch_ended |= over;
        self.stop_clock(timeline, if over { State::Ended } else { State::Paused }, now);
        self.playhead.head = to.index;
        self.anchor(timeline, to.at, now);
        self.playhead.steps = self.playhead.steps.saturating_add(1);
        self.bump_version(ChangeCause::Step);
        Ok((StepOutcome { from: from.index, to: to.index, reached }, track))
    }

    /// Resolves the position that a step goes to.
    fn resolve_ahead(
        &self,
        timeline: &Timeline,
        to: &Position,
        track: Option<usize>,
        stop: TimelinePoint,
        now: Instant,
    ) -> Result<ResolvedPosition, StepError> {
        // A step goes to the next cue that is not released, even if a seek has already targeted it.
        let origin = SeekOrigin { target: None, ..self.seek_origin(timeline, now) };
        let backward = match to {
            Position::Previous(_) => true,
            Position::Relative(by) => *by < Span::ZERO,
            _ => false,
        };
        if backward {
            let ahead = describe_ahead(timeline, track, &origin, stop.at);
            let message = format!("a step only goes forward, and {to} is behind; {ahead}");
            return Err(StepError::Invalid(Rejection::not_found(message)));
        }
        let resolved =
            to.resolve(timeline, track, &origin, Span::ZERO).map_err(|rejection| match (rejection.code, to) {
                // A name that exists nowhere is a typing error: not even `or=end` applies.
                (ErrorCode::NotFound, Position::Named(_)) => StepError::Invalid(rejection),
                (ErrorCode::NotFound, _) => {
                    let ahead = describe_ahead(timeline, track, &origin, stop.at);
                    StepError::NotAhead(Rejection { message: format!("{}; {ahead}", rejection.message), ..rejection })
                }
                _ => StepError::Invalid(rejection),
            })?;
        match why_not_ahead(timeline, to, &resolved, &origin, stop.at) {
            Some(message) => Err(StepError::NotAhead(Rejection::not_found(message))),
            None => Ok(resolved),
        }
    }
}

/// The index after so many more cues that send an event; beyond the end, if there are fewer.
fn index_after_events(timeline: &Timeline, from: u32, count: u32) -> u32 {
    if timeline.faults().is_none() {
        return from.saturating_add(count);
    }
    let ahead = timeline.cues().iter().zip(1..).skip(from as usize).filter(|(cue, _)| !cue.silent);
    ahead.map(|(_, index)| index).nth((count as usize).saturating_sub(1)).unwrap_or(u32::MAX)
}

/// How many cues send an event between two indices.
fn events_between(timeline: &Timeline, from: u32, to: u32) -> u32 {
    match timeline.faults() {
        None => to - from,
        Some(_) => cue_count(timeline.cues()[from as usize..to as usize].iter().filter(|cue| !cue.silent).count()),
    }
}

/// Why a step cannot go to its position.
enum StepError {
    /// The position is invalid, or a name that does not exist.
    Invalid(Rejection),
    /// The position is not ahead.
    NotAhead(Rejection),
}

fn nothing_ahead_rejection(timeline: &Timeline, from: TimelinePoint) -> Rejection {
    let last = timeline.cues().get((from.index as usize).wrapping_sub(1)).map(|cue| usize::from(cue.track));
    let past = cue_count(timeline.true_index_at(from.index as usize, from.at));
    let here = describe_position(timeline, last.filter(|_| timeline.tracks().len() == 1), from.at, past);
    Rejection::not_found(format!("no event is ahead: playback is at the end, {here}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::Command;
    use crate::playback::engine::PlaybackOptions;
    use crate::playback::testing::{
        TestDriver, flagship, media_secs, options, position, secs, short, summary, var_night,
    };

    #[test]
    fn a_step_pauses_and_goes_forward_without_a_new_epoch() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.advance();
        let stepped = |driver: &mut TestDriver, line: &str| {
            let StepOutcome { from, to, reached } = driver.run(line).stepped.expect("a step");
            (from, to, reached)
        };
        assert_eq!(stepped(&mut driver, "step"), (1, 2, true));
        assert_eq!(summary(&driver), (1, 2, State::Paused, ChangeCause::Step));
        assert_eq!(media_secs(&driver), 60.0);
        assert_eq!(stepped(&mut driver, "step 2"), (2, 4, true), "between two cues of one instant");
        assert_eq!(stepped(&mut driver, "step 03:00"), (4, 5, true), "the rest of the instant");
        assert_eq!(stepped(&mut driver, "step 03:00"), (5, 5, true));
        assert_eq!((driver.head().steps, driver.head().epoch), (4, 1));
        driver.run("play");
        assert_eq!(driver.play_for(secs(0.5)), ());
        assert_eq!(stepped(&mut driver, "step next:goal or=end"), (5, 6, false), "none ahead: to the end");
        assert_eq!(summary(&driver), (1, 6, State::Ended, ChangeCause::Step));
        assert_eq!(stepped(&mut driver, "step 100%"), (6, 6, true), "it is there already");
        assert_eq!(stepped(&mut driver, "step +0s"), (6, 6, true), "nowhere else");
        driver.run("seek 0%");
        assert_eq!(driver.head().state, State::Paused, "it had been stepped to the end");
        assert_eq!(stepped(&mut driver, "step next:goal"), (0, 2, true));
        driver.run("seek next:goal lead=20s");
        assert_eq!(stepped(&mut driver, "step next:goal"), (2, 3, true), "to the goal that the seek aimed at");
        assert_eq!(stepped(&mut driver, "step 99"), (3, 6, false));
    }

    #[test]
    fn at_the_end_of_a_lap_only_a_step_with_or_end_cancels_the_next_lap() {
        let timeline = short();
        let mut driver =
            TestDriver::new(&timeline, PlaybackOptions { looping: true, hold: secs(20.0), ..options(60.0) });
        driver.play_for(secs(5.0));
        let before = driver.head();
        for line in ["step", "step 3", "step next:goal"] {
            assert_eq!(
                driver.apply(&Command::parse_line(line).expect(line)).expect_err(line).code,
                ErrorCode::NotFound
            );
            assert_eq!(driver.head(), before, "{line}");
        }
        let nowhere = StepOutcome { from: 6, to: 6, reached: false };
        assert_eq!(driver.run("step next:goal or=end").stepped, Some(nowhere));
        driver.play_for(secs(60.0));
        assert_eq!(summary(&driver), (1, 6, State::Ended, ChangeCause::Step));
    }

    /// Expects a rejection that leaves the playhead unchanged.
    fn expect_rejection(driver: &mut TestDriver, line: &str, code: &str, hints: &[&str]) {
        driver.advance();
        let before = driver.head();
        let rejection = driver.apply(&Command::parse_line(line).expect(line)).expect_err(line);
        assert_eq!(rejection.code.as_str(), code, "{line}: {rejection}");
        for hint in hints {
            assert!(rejection.message.contains(hint), "{line}: {rejection}");
        }
        assert_eq!(driver.head(), before, "{line}");
    }

    #[test]
    fn a_step_to_a_position_not_ahead_is_rejected_with_those_that_are() {
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
            let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
            driver.run(&format!("seek {there}"));
            expect_rejection(&mut driver, line, "not_found", hints);
            driver.run("play");
            let mut driver = TestDriver::new(&timeline, options(60.0));
            driver.run(&format!("seek {there}"));
            expect_rejection(&mut driver, line, "not_found", hints);
        }
    }

    #[test]
    fn a_mistyped_name_is_rejected_even_with_or_end() {
        let timeline = flagship();
        let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
        expect_rejection(&mut driver, "step Koulibali! or=end", "not_found", &["did you mean \"Koulibaly!\""]);
        expect_rejection(&mut driver, "step elsewhere or=end", "not_found", &["the markers are \""]);
        expect_rejection(&mut driver, "step next:gaol or=end", "bad_argument", &["did you mean \"goal\""]);
        expect_rejection(&mut driver, "step next:remove", "bad_argument", &["did you mean \"removal\""]);
        expect_rejection(&mut driver, "step HT match=juv-nab or=end", "unknown_match", &["did you mean \"juv-nap\""]);
        expect_rejection(&mut driver, "step prev:goal or=end", "not_found", &["only goes forward"]);
        for line in ["step 0:30", "step next:red_card", "step 120:00", "step 105+1"] {
            let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
            driver.run("seek 60:00");
            let end = driver.run(&format!("{line} or=end")).stepped.expect("a step");
            assert_eq!((end.to as usize, end.reached), (timeline.cues().len(), false), "{line}");
            assert_eq!(driver.head().state, State::Ended);
        }
    }

    #[test]
    fn the_end_of_a_replay_bounds_its_steps() {
        let timeline = flagship();
        let bounded = PlaybackOptions { until: Some(position("60:00")), paused: true, ..options(60.0) };
        let mut driver = TestDriver::new(&timeline, bounded);
        expect_rejection(
            &mut driver,
            "step FT",
            "not_found",
            &["\"FT\" lies beyond the end of this replay; ahead are HT, next:card at 08:51"],
        );
        expect_rejection(&mut driver, "step next:goal", "not_found", &["lies beyond the end of this replay"]);
        assert!(driver.run("step 60:00").stepped.expect("a step").reached);
        assert_eq!(driver.head().state, State::Ended);
    }

    #[test]
    fn of_several_matches_each_has_its_own_whistles_and_goals() {
        let timeline = var_night();
        let places = |track: usize| {
            let moments =
                timeline.cues_of_type(&crate::football::TypeSelector::parse("goal", []).expect("goal"), Some(track));
            moments.iter().map(|index| *index + 1).collect::<Vec<_>>()
        };
        for (track, id) in ["van-lar", "qui-bra"].into_iter().enumerate() {
            let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
            let mut found = Vec::new();
            let step = Command::parse_line(&format!("step next:goal match={id}")).expect("a step");
            while let Ok(applied) = driver.apply(&step) {
                assert_eq!(applied.track, Some(track));
                found.push(driver.head().head);
            }
            // Cues of the same instant are included.
            let due = |index: u32| cue_count(timeline.index_after(timeline.cues()[index as usize - 1].at));
            assert_eq!(found, places(track).into_iter().map(due).collect::<Vec<_>>(), "{id}");
            expect_rejection(
                &mut driver,
                &format!("step next:goal match={id}"),
                "not_found",
                &[&format!("no goal of {id} ahead")],
            );
            let whistle = driver.run(&format!("step FT match={id}"));
            assert_eq!((whistle.track, whistle.stepped.map(|step| step.reached)), (Some(track), Some(true)));
            expect_rejection(
                &mut driver,
                &format!("step HT match={id}"),
                "not_found",
                &["\"HT\" is behind: playback is at"],
            );
        }
        let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
        assert_eq!(driver.run("step FT").track, Some(0), "the first match's whistle");
        assert!(driver.head().state == State::Paused && media_secs(&driver) > 0.0, "the other goes on");
    }

    #[test]
    fn a_step_finds_corrections_and_revisions() {
        let timeline = var_night();
        let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
        let last = |driver: &TestDriver| {
            let event = &timeline.cues()[driver.head().head as usize - 1].event;
            format!("{}@{} {}", event.id.as_str(), event.rev, event.op)
        };
        driver.run("step next:removal match=van-lar");
        assert!(last(&driver).ends_with(" remove"), "{}", last(&driver));
        driver.run("seek 0%");
        driver.run("step next:correction");
        assert!(!last(&driver).ends_with(" add"), "{}", last(&driver));
        driver.run("seek 0%");
        for (revision, op) in [("wyckhart-67", "add"), ("wyckhart-67@1", ""), ("wyckhart-67@2", "remove")] {
            driver.run(&format!("step {revision}"));
            let wanted = if revision.contains('@') { revision.to_owned() } else { format!("{revision}@0") };
            assert!(
                last(&driver).starts_with(&format!("{wanted} ")) && last(&driver).ends_with(op),
                "{}",
                last(&driver)
            );
        }
        expect_rejection(&mut driver, "step wyckhart-67@0", "not_found", &["\"wyckhart-67@0\" is behind"]);
        expect_rejection(
            &mut driver,
            "step wyckhart-67@9",
            "not_found",
            &["no revision 9", "wyckhart-67@0 to wyckhart-67@2"],
        );
    }
}
