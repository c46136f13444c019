//! What commands do to a playback: the arms of [`Playback::apply`].

use std::time::Instant;

use super::{Place, Playback};
use crate::error::did_you_mean;
use crate::football::MatchId;
use crate::playback::command::{Applied, Command};
use crate::playback::landing::Whence;
use crate::playback::pace::Pace;
use crate::playback::playhead::{Cause, State};
use crate::playback::rejection::Rejection;
use crate::playback::speed::Speed;
use crate::scenario::{MAX_HINT_CANDIDATES, Timeline};

impl Playback {
    /// Does what a command says, at `now`; what is due by then is released first, and what becomes due by it at once.
    /// A rejection leaves the command undone entirely. The wake named before no longer holds: call
    /// [`advance`](Self::advance) for the new one.
    pub fn apply(&mut self, timeline: &Timeline, command: &Command, now: Instant) -> Result<Applied, Rejection> {
        let now = self.at_the_latest(now);
        self.advance(timeline, now);
        let mut applied = Applied::default();
        match command {
            Command::Play => self.play(timeline, now),
            Command::Pause => self.pause(timeline, now),
            Command::Speed(speed) => self.set_speed(timeline, *speed, now),
            Command::Pace(pace) => self.set_pace(timeline, pace, now)?,
            Command::Seek { to, lead, track } => {
                let track = track_of(timeline, track.as_ref())?;
                let landing = to.resolve(timeline, track, &self.whence(now), *lead)?;
                self.seek(timeline, Place { at: landing.at, index: landing.index(timeline) }, now, Cause::Seek);
                self.target = landing.target;
                applied.landed = Some(landing.at);
                (applied.beyond, applied.track) = (landing.beyond, landing.track);
            }
            Command::Restart => {
                self.seek(timeline, self.from, now, Cause::Restart);
                applied.landed = Some(self.from.at);
            }
            Command::Step(step) => {
                let (stepped, track) = self.step(timeline, step, now)?;
                (applied.stepped, applied.track) = (Some(stepped), track);
            }
            Command::Loop(looping) => self.set_looping(*looping, now),
        }
        self.advance(timeline, now);
        Ok(applied)
    }

    pub(super) fn whence(&self, now: Instant) -> Whence {
        Whence { at: self.playhead.clock.media_time(now), head: self.playhead.head, target: self.target }
    }

    fn play(&mut self, timeline: &Timeline, now: Instant) {
        let at_the_end = || Place { at: self.playhead.clock.media, index: self.playhead.head } >= self.end;
        match self.playhead.state {
            State::Playing => {}
            State::Waiting => self.leave_waiting(timeline, now, Cause::Play),
            // At an end that it was led to by a seek, all that is left to play is that end.
            State::Paused if !(self.has_ended && at_the_end()) => {
                self.playhead.state = State::Playing;
                self.anchor_here(timeline, now);
                self.changed(Cause::Play);
            }
            State::Paused | State::Ended => {
                self.playhead.state = State::Playing;
                self.open_epoch(timeline, self.from, now, None);
                self.changed(Cause::Restart);
            }
        }
    }

    /// At the end it is only the lap to come that can be paused.
    fn pause(&mut self, timeline: &Timeline, now: Instant) {
        let ends_for_good = self.playhead.state == State::Ended && self.next_lap.is_none();
        if self.playhead.state == State::Paused || ends_for_good {
            return;
        }
        self.stand_still(timeline, State::Paused, now);
        self.changed(Cause::Pause);
    }

    pub(super) fn stand_still(&mut self, timeline: &Timeline, state: State, now: Instant) {
        let media = self.playhead.clock.media_time(now);
        self.playhead.state = state;
        self.next_lap = None;
        self.anchor(timeline, media, now);
    }

    fn set_speed(&mut self, timeline: &Timeline, speed: Speed, now: Instant) {
        if speed != self.playhead.nominal {
            self.playhead.nominal = speed;
            self.re_pace(timeline, self.pace().clone(), now, Cause::Speed);
        }
    }

    fn set_pace(&mut self, timeline: &Timeline, pace: &Pace, now: Instant) -> Result<(), Rejection> {
        pace.check(|word| timeline.custom_types_near(word)).map_err(Rejection::bad_argument)?;
        if pace != self.pace() {
            self.pace_word = super::in_words(pace);
            self.re_pace(timeline, pace.clone(), now, Cause::Pace);
        }
        Ok(())
    }

    fn re_pace(&mut self, timeline: &Timeline, pace: Pace, now: Instant, cause: Cause) {
        self.profile.set(self.playhead.nominal, pace);
        self.anchor_here(timeline, now);
        self.changed(cause);
    }

    fn seek(&mut self, timeline: &Timeline, place: Place, now: Instant, cause: Cause) {
        self.playhead.state = match self.playhead.state {
            State::Ended if self.stepped_to_the_end => State::Paused,
            State::Ended => State::Playing,
            state => state,
        };
        self.open_epoch(timeline, place, now, None);
        self.changed(cause);
    }

    fn set_looping(&mut self, looping: bool, now: Instant) {
        if looping == self.playhead.looping {
            return;
        }
        self.playhead.looping = looping;
        let ended = self.playhead.state == State::Ended && !self.stepped_to_the_end;
        self.next_lap = (looping && ended).then(|| self.lap_after(now)).flatten();
        self.changed(Cause::Loop);
    }
}

pub(super) fn track_of(timeline: &Timeline, id: Option<&MatchId>) -> Result<Option<usize>, Rejection> {
    let Some(id) = id else { return Ok(None) };
    let ids = || timeline.tracks().iter().map(|track| track.fixture.id.as_str());
    timeline.track_of(id.as_str()).map(Some).ok_or_else(|| {
        let hint = did_you_mean(id.as_str(), ids().take(MAX_HINT_CANDIDATES));
        let message = format!("unknown match {:?}{hint}", id.as_str());
        Rejection { code: "unknown_match", message, accepted: Vec::new() }.accepting(Rejection::listed(ids()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::engine::Options;
    use crate::playback::testing::{Film, media_secs, options, secs, short, told};
    use crate::scenario::MediaTime;

    #[test]
    fn rule_2_seek_and_restart_open_an_epoch_and_cut() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.advance();
        let applied = film.tell("seek 02:30");
        assert_eq!(applied.landed, Some(MediaTime::from_millis(150_000)));
        let playhead = film.head();
        assert_eq!((playhead.epoch, playhead.start, playhead.head, playhead.tail), (2, 3, 3, None));
        film.tell("restart");
        let playhead = film.head();
        assert_eq!((playhead.epoch, playhead.start, playhead.head, playhead.tail), (3, 0, 1, None));
        assert_eq!((playhead.version, playhead.version_head), (3, 0), "kick-off comes after it");
    }

    #[test]
    fn rule_8_a_command_says_what_was_done_and_a_rejection_does_nothing() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.advance();
        for (line, seconds, beyond) in [
            ("seek +1h", 240, true),
            ("seek -1h", 0, true),
            ("seek 120:00", 2_700, true),
            ("seek 00:30 lead=1m", 0, true),
            ("seek 100%", 240, false),
            ("seek 0%", 0, false),
            ("seek 01:00", 60, false),
        ] {
            let applied = film.tell(line);
            let landed = MediaTime::from_millis(seconds.min(240) * 1_000);
            assert_eq!((applied.landed, applied.beyond), (Some(landed), beyond), "{line}");
        }
        let mut film = Film::new(&timeline, options(60.0));
        film.advance();
        let before = film.head();
        for (line, code) in [
            ("seek Koulibaly!", "not_found"),
            ("seek next:card match=nobody", "unknown_match"),
            ("seek next:gaol", "bad_argument"),
            ("step prev:goal", "not_found"),
            ("step -30s", "not_found"),
            ("pace gaol:lead=5s,speed=1", "bad_argument"),
        ] {
            let command = Command::parse_line(line).expect(line);
            assert_eq!(film.give(&command).expect_err(line).code, code, "{line}");
            assert_eq!(film.head(), before, "{line}");
        }
    }

    #[test]
    fn a_command_acts_on_the_true_now_however_long_nobody_woke() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.now += secs(2.5);
        film.playback.apply(&timeline, &Command::Pause, film.now).expect("a word");
        assert_eq!((told(&film), media_secs(&film)), ((1, 3, State::Paused, Cause::Pause), 150.0));
        let playhead = film.head();
        assert_eq!(playhead.version_head, 3, "the goals come before the pause");
    }

    #[test]
    fn what_changes_nothing_makes_no_version() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.advance();
        for line in ["play", "speed 60", "pace off", "loop off"] {
            film.tell(line);
            assert_eq!(film.head().version, 1, "{line}");
        }
        film.tell("pause");
        film.tell("pause");
        assert_eq!(film.head().version, 2);
    }

    #[test]
    fn pace_and_loop_are_told_and_of_the_opening_as_they_were_then() {
        let timeline = short();
        let pace = Pace::parse("highlights", []).expect("a preset");
        let mut film = Film::new(&timeline, Options { looping: true, pace, ..options(60.0) });
        let words = |film: &Film| {
            let (now, opening) = (film.playback.pace_word(), film.playback.opening_pace());
            [(now, film.head().looping), (opening, film.head().at_opening().looping)]
                .map(|(pace, looping)| (pace.map(ToString::to_string), looping))
        };
        let (highlights, off) = ((Some("highlights".to_owned()), true), (None, false));
        assert_eq!(words(&film), [highlights.clone(), highlights.clone()]);
        film.advance();
        let before = film.head();
        film.tell("pace off");
        assert_eq!((film.head().version, film.head().cause), (before.version + 1, Cause::Pace));
        film.tell("loop off");
        assert_eq!((film.head().version, film.head().cause), (before.version + 2, Cause::Loop));
        assert_eq!(words(&film), [off.clone(), highlights]);
        film.tell("restart");
        assert_eq!(words(&film), [off.clone(), off]);
    }

    #[test]
    fn a_seek_keeps_what_was_paused_paused_and_plays_on_from_the_end() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.tell("pause");
        film.tell("seek 01:30");
        assert_eq!(told(&film), (2, 2, State::Paused, Cause::Seek));
        film.tell("play");
        film.play_out();
        film.tell("seek 01:30");
        assert_eq!(told(&film), (3, 2, State::Playing, Cause::Seek));
        film.play_out();
        film.tell("play");
        assert_eq!(told(&film), (4, 1, State::Playing, Cause::Restart));
    }

    #[test]
    fn rule_2_after_a_seek_to_the_end_only_the_end_is_left_to_play() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.advance();
        film.tell("seek 100%");
        assert_eq!(told(&film), (2, 6, State::Ended, Cause::End), "it played");
        assert_eq!((film.head().start, film.released.len()), (6, 1), "everything is in the snapshot");
        film.tell("play");
        assert_eq!(told(&film), (3, 1, State::Playing, Cause::Restart));

        film.tell("pause");
        film.tell("seek 100%");
        assert_eq!(told(&film), (4, 6, State::Paused, Cause::Seek));
        let before = film.released.len();
        film.tell("play");
        assert_eq!((told(&film), film.released.len()), ((4, 6, State::Ended, Cause::End), before));
        film.tell("play");
        assert_eq!(told(&film), (5, 1, State::Playing, Cause::Restart));
    }

    #[test]
    fn a_clock_lands_before_the_cues_of_its_instant_and_so_does_a_target() {
        let timeline = short();
        let mut film = Film::new(&timeline, options(60.0));
        film.tell("pause");
        film.tell("seek 03:00");
        assert_eq!(film.head().head, 3);
        film.tell("seek 0%");
        film.tell("seek next:goal");
        assert_eq!(film.head().head, 1);
        film.tell("seek next:goal lead=20s");
        assert_eq!((film.head().head, media_secs(&film)), (2, 100.0), "the second one, for the first was aimed at");
        film.tell("play");
        film.play_for(secs(0.5));
        film.tell("seek prev:goal");
        assert_eq!(media_secs(&film), 120.0, "it has been told by now, and is behind");
    }

    #[test]
    fn pausing_the_end_of_a_lap_keeps_the_next_from_beginning() {
        let timeline = short();
        let mut film = Film::new(&timeline, Options { looping: true, hold: secs(20.0), ..options(60.0) });
        film.play_for(secs(5.0));
        film.tell("pause");
        film.play_for(secs(60.0));
        assert_eq!(told(&film), (1, 6, State::Paused, Cause::Pause));
        film.tell("play");
        assert_eq!(told(&film), (2, 1, State::Playing, Cause::Restart));
    }
}
