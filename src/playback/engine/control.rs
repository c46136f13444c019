//! The effects of commands: [`Playback::apply`].

use std::time::Instant;

use super::{Playback, TimelinePoint};
use crate::error_code::ErrorCode;
use crate::football::MatchId;
use crate::message::{did_you_mean, excerpt};
use crate::playback::command::{Applied, Command};
use crate::playback::pace::Pace;
use crate::playback::playhead::{ChangeCause, State};
use crate::playback::rejection::Rejection;
use crate::playback::resolved::{SeekOrigin, cue_count};
use crate::playback::speed::Speed;
use crate::scenario::{MAX_HINT_CANDIDATES, MediaTime, Span, Timeline};

impl Playback {
    /// Executes a command at `now`. What is due by then is released first, and what the command makes due is released
    /// immediately. A rejected command has no effect. The wake returned before is no longer valid: call
    /// [`advance`](Self::advance) for the new one.
    pub fn apply(&mut self, timeline: &Timeline, command: &Command, now: Instant) -> Result<Applied, Rejection> {
        let now = self.monotonic_now(now);
        self.advance(timeline, now);
        let mut applied = Applied::default();
        match command {
            Command::Play => self.play(timeline, now),
            Command::Pause => self.pause(timeline, now),
            Command::Speed(speed) => self.set_speed(timeline, *speed, now),
            Command::Pace(pace) => self.set_pace(timeline, pace, now)?,
            Command::Seek { to, lead, track } => {
                let track = track_of(timeline, track.as_ref())?;
                let resolved = to.resolve(timeline, track, &self.seek_origin(timeline, now), *lead)?;
                let index = resolved.index(timeline);
                let at = if resolved.after { just_past(timeline, resolved.at) } else { resolved.at };
                self.seek(timeline, TimelinePoint { at, index }, now, ChangeCause::Seek);
                self.target = resolved.target;
                applied.moved_to = Some(resolved.at);
                (applied.beyond, applied.track) = (resolved.beyond, resolved.track);
            }
            Command::Restart => {
                self.seek(timeline, self.from, now, ChangeCause::Restart);
                applied.moved_to = Some(self.from.at);
            }
            Command::Step(step) => {
                let (stepped, track) = self.step(timeline, step, now)?;
                (applied.stepped, applied.track) = (Some(stepped), track);
            }
            Command::Loop(looping) => self.set_looping(*looping, now),
            Command::Faults { .. } | Command::Fault { .. } => {
                let message = "a playback cannot change the faults of its timeline: play the timeline with others";
                return Err(Rejection::new(ErrorCode::Unavailable, message));
            }
        }
        self.advance(timeline, now);
        Ok(applied)
    }

    pub(super) fn seek_origin(&self, timeline: &Timeline, now: Instant) -> SeekOrigin {
        let at = self.playhead.clock.media_time(now);
        SeekOrigin { at, head: cue_count(timeline.true_index_at(self.playhead.head as usize, at)), target: self.target }
    }

    fn play(&mut self, timeline: &Timeline, now: Instant) {
        let at_the_end = || TimelinePoint { at: self.playhead.clock.media, index: self.playhead.head } >= self.end;
        match self.playhead.state {
            State::Playing => {}
            State::Waiting => self.leave_waiting(timeline, now, ChangeCause::Play),
            // If a seek led to the end of a paused playback, playing on reaches that end first.
            State::Paused if !(self.epoch_ended && at_the_end()) => {
                self.playhead.state = State::Playing;
                self.reanchor_clock_at(timeline, now);
                self.bump_version(ChangeCause::Play);
            }
            State::Paused | State::Ended => {
                self.playhead.state = State::Playing;
                self.open_epoch(timeline, self.from, now, None);
                self.bump_version(ChangeCause::Restart);
            }
        }
    }

    /// At the end of a lap, this pauses the lap to come.
    fn pause(&mut self, timeline: &Timeline, now: Instant) {
        if self.playhead.state == State::Paused || self.is_over() {
            return;
        }
        self.stop_clock(timeline, State::Paused, now);
        self.bump_version(ChangeCause::Pause);
    }

    pub(super) fn stop_clock(&mut self, timeline: &Timeline, state: State, now: Instant) {
        let media = self.playhead.clock.media_time(now);
        self.playhead.state = state;
        self.next_lap = None;
        self.anchor(timeline, media, now);
    }

    fn set_speed(&mut self, timeline: &Timeline, speed: Speed, now: Instant) {
        if speed != self.playhead.nominal {
            self.playhead.nominal = speed;
            self.rebuild_profile(timeline, self.pace().clone(), now, ChangeCause::Speed);
        }
    }

    fn set_pace(&mut self, timeline: &Timeline, pace: &Pace, now: Instant) -> Result<(), Rejection> {
        pace.check_for(timeline)?;
        if pace != self.pace() {
            self.pace_text = super::pace_text(pace);
            self.rebuild_profile(timeline, pace.clone(), now, ChangeCause::Pace);
        }
        Ok(())
    }

    fn rebuild_profile(&mut self, timeline: &Timeline, pace: Pace, now: Instant, cause: ChangeCause) {
        self.profile.set(self.playhead.nominal, pace);
        self.reanchor_clock_at(timeline, now);
        self.bump_version(cause);
    }

    fn seek(&mut self, timeline: &Timeline, point: TimelinePoint, now: Instant, cause: ChangeCause) {
        self.playhead.state = match self.playhead.state {
            State::Ended if self.stepped_to_end => State::Paused,
            State::Ended => State::Playing,
            state => state,
        };
        self.open_epoch(timeline, point, now, None);
        self.bump_version(cause);
    }

    /// Plays another timeline of the same matches from here on, in a new epoch. What is past in truth stays past.
    pub(crate) fn change_timeline(&mut self, before: &Timeline, after: &Timeline, now: Instant) {
        let same_point = |TimelinePoint { at, index }: TimelinePoint| {
            let past = before.true_index_at(index as usize, at);
            let index = after.index_of_past(at, past);
            // What was sent here may be sent elsewhere now. It stays past all the same.
            let at = if after.true_index_at(index, at) < past { just_past(after, at) } else { at };
            TimelinePoint { at, index: cue_count(index) }
        };
        let here = TimelinePoint { at: self.playhead.clock.media_time(now), index: self.playhead.head };
        self.from = same_point(self.from);
        self.until = self.until.map(same_point);
        self.end = TimelinePoint { at: after.length(), index: cue_count(after.cues().len()) };
        self.profile.set(self.playhead.nominal, self.pace().clone());
        self.seek(after, same_point(here), now, ChangeCause::Faults);
        self.advance(after, now);
    }

    fn set_looping(&mut self, looping: bool, now: Instant) {
        if looping == self.playhead.looping {
            return;
        }
        self.playhead.looping = looping;
        let ended = self.playhead.state == State::Ended && !self.stepped_to_end;
        self.next_lap = (looping && ended).then(|| self.next_lap_start(now)).flatten();
        self.bump_version(ChangeCause::Loop);
    }
}

/// Just after everything that happens at a time: what a feed loses or moves is past only after its time.
pub(super) fn just_past(timeline: &Timeline, at: MediaTime) -> MediaTime {
    if timeline.faults().is_some() { at + Span::from_nanos(1) } else { at }
}

/// The index of the match with an id; `None` for no id.
pub(crate) fn track_of(timeline: &Timeline, id: Option<&MatchId>) -> Result<Option<usize>, Rejection> {
    let Some(id) = id else { return Ok(None) };
    let ids = || timeline.tracks().iter().map(|track| track.fixture.id.as_str());
    timeline.track_of(id.as_str()).map(Some).ok_or_else(|| {
        let hint = did_you_mean(id.as_str(), ids().take(MAX_HINT_CANDIDATES));
        let message = format!("unknown match {:?}{hint}", excerpt(id.as_str()));
        Rejection::new(ErrorCode::UnknownMatch, message).accepting(Rejection::accepted_list(ids()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::engine::PlaybackOptions;
    use crate::playback::testing::{TestDriver, media_secs, options, secs, short, summary};
    use crate::scenario::MediaTime;

    #[test]
    fn rule_2_seek_and_restart_open_an_epoch_and_cut() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.advance();
        let applied = driver.run("seek 02:30");
        assert_eq!(applied.moved_to, Some(MediaTime::from_millis(150_000)));
        let playhead = driver.head();
        assert_eq!((playhead.epoch, playhead.start, playhead.head, playhead.previous_lap), (2, 3, 3, None));
        driver.run("restart");
        let playhead = driver.head();
        assert_eq!((playhead.epoch, playhead.start, playhead.head, playhead.previous_lap), (3, 0, 1, None));
        assert_eq!((playhead.version, playhead.version_head), (3, 0), "kick-off comes after it");
    }

    #[test]
    fn rule_8_a_command_reports_its_effect_and_a_rejection_has_none() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.advance();
        for (line, seconds, beyond) in [
            ("seek +1h", 240, true),
            ("seek -1h", 0, true),
            ("seek 120:00", 2_700, true),
            ("seek 00:30 lead=1m", 0, true),
            ("seek 100%", 240, false),
            ("seek 0%", 0, false),
            ("seek 01:00", 60, false),
        ] {
            let applied = driver.run(line);
            let moved_to = MediaTime::from_millis(seconds.min(240) * 1_000);
            assert_eq!((applied.moved_to, applied.beyond), (Some(moved_to), beyond), "{line}");
        }
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.advance();
        let before = driver.head();
        for (line, code) in [
            ("seek Koulibaly!", "not_found"),
            ("seek next:card match=nobody", "unknown_match"),
            ("seek next:gaol", "bad_argument"),
            ("step prev:goal", "not_found"),
            ("step -30s", "not_found"),
            ("pace gaol:lead=5s,speed=1", "bad_argument"),
        ] {
            let command = Command::parse_line(line).expect(line);
            assert_eq!(driver.apply(&command).expect_err(line).code.as_str(), code, "{line}");
            assert_eq!(driver.head(), before, "{line}");
        }
    }

    #[test]
    fn a_command_acts_at_its_instant_however_late_the_last_wake() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.now += secs(2.5);
        driver.playback.apply(&timeline, &Command::Pause, driver.now).expect("a word");
        assert_eq!((summary(&driver), media_secs(&driver)), ((1, 3, State::Paused, ChangeCause::Pause), 150.0));
        let playhead = driver.head();
        assert_eq!(playhead.version_head, 3, "the goals come before the pause");
    }

    #[test]
    fn a_command_without_effect_makes_no_version() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.advance();
        for line in ["play", "speed 60", "pace off", "loop off"] {
            driver.run(line);
            assert_eq!(driver.head().version, 1, "{line}");
        }
        driver.run("pause");
        driver.run("pause");
        assert_eq!(driver.head().version, 2);
    }

    #[test]
    fn the_epoch_start_keeps_the_pace_and_looping_of_its_time() {
        let timeline = short();
        let pace = Pace::parse("highlights", []).expect("a preset");
        let mut driver = TestDriver::new(&timeline, PlaybackOptions { looping: true, pace, ..options(60.0) });
        let pace_and_loop = |driver: &TestDriver| {
            let (now, epoch_start) = (driver.playback.pace_text(), driver.playback.epoch_start_pace());
            [(now, driver.head().looping), (epoch_start, driver.head().at_epoch_start().looping)]
                .map(|(pace, looping)| (pace.map(ToString::to_string), looping))
        };
        let (highlights, off) = ((Some("highlights".to_owned()), true), (None, false));
        assert_eq!(pace_and_loop(&driver), [highlights.clone(), highlights.clone()]);
        driver.advance();
        let before = driver.head();
        driver.run("pace off");
        assert_eq!((driver.head().version, driver.head().cause), (before.version + 1, ChangeCause::Pace));
        driver.run("loop off");
        assert_eq!((driver.head().version, driver.head().cause), (before.version + 2, ChangeCause::Loop));
        assert_eq!(pace_and_loop(&driver), [off.clone(), highlights]);
        driver.run("restart");
        assert_eq!(pace_and_loop(&driver), [off.clone(), off]);
    }

    #[test]
    fn a_seek_keeps_what_was_paused_paused_and_plays_on_from_the_end() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.run("pause");
        driver.run("seek 01:30");
        assert_eq!(summary(&driver), (2, 2, State::Paused, ChangeCause::Seek));
        driver.run("play");
        driver.play_out();
        driver.run("seek 01:30");
        assert_eq!(summary(&driver), (3, 2, State::Playing, ChangeCause::Seek));
        driver.play_out();
        driver.run("play");
        assert_eq!(summary(&driver), (4, 1, State::Playing, ChangeCause::Restart));
    }

    #[test]
    fn rule_2_after_a_seek_to_the_end_only_the_end_is_left_to_play() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.advance();
        driver.run("seek 100%");
        assert_eq!(summary(&driver), (2, 6, State::Ended, ChangeCause::End), "it played");
        assert_eq!((driver.head().start, driver.released.len()), (6, 1), "everything is in the snapshot");
        driver.run("play");
        assert_eq!(summary(&driver), (3, 1, State::Playing, ChangeCause::Restart));

        driver.run("pause");
        driver.run("seek 100%");
        assert_eq!(summary(&driver), (4, 6, State::Paused, ChangeCause::Seek));
        let before = driver.released.len();
        driver.run("play");
        assert_eq!((summary(&driver), driver.released.len()), ((4, 6, State::Ended, ChangeCause::End), before));
        driver.run("play");
        assert_eq!(summary(&driver), (5, 1, State::Playing, ChangeCause::Restart));
    }

    #[test]
    fn a_clock_lands_before_the_cues_of_its_instant_and_so_does_a_target() {
        let timeline = short();
        let mut driver = TestDriver::new(&timeline, options(60.0));
        driver.run("pause");
        driver.run("seek 03:00");
        assert_eq!(driver.head().head, 3);
        driver.run("seek 0%");
        driver.run("seek next:goal");
        assert_eq!(driver.head().head, 1);
        driver.run("seek next:goal lead=20s");
        assert_eq!(
            (driver.head().head, media_secs(&driver)),
            (2, 100.0),
            "the second one, since the first was the last target"
        );
        driver.run("play");
        driver.play_for(secs(0.5));
        driver.run("seek prev:goal");
        assert_eq!(media_secs(&driver), 120.0, "it has been released by now, and is behind");
    }

    #[test]
    fn a_pause_at_the_end_of_a_lap_cancels_the_next() {
        let timeline = short();
        let mut driver =
            TestDriver::new(&timeline, PlaybackOptions { looping: true, hold: secs(20.0), ..options(60.0) });
        driver.play_for(secs(5.0));
        driver.run("pause");
        driver.play_for(secs(60.0));
        assert_eq!(summary(&driver), (1, 6, State::Paused, ChangeCause::Pause));
        driver.run("play");
        assert_eq!(summary(&driver), (2, 1, State::Playing, ChangeCause::Restart));
    }
}
