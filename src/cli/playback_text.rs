//! The state of playback, in words.

use crate::client::{PlaybackInfo, Word};
use crate::playback::{Speed, State};

use super::print::{sanitise, with_actor};

/// `playing at 60x from 1h 46m 42s`.
pub fn describe_playback(state: &PlaybackInfo) -> String {
    describe_playback_at(state, &format_offset(state.at))
}

/// Like [`describe_playback`], with a position that is formatted already.
pub fn describe_playback_at(state: &PlaybackInfo, at: &str) -> String {
    match state.state {
        Word::Known(State::Playing) => {
            let now = speed_text(state.speed);
            match state.nominal.map(speed_text).filter(|nominal| *nominal != now) {
                Some(nominal) => format!("playing {now} (paced, {nominal} otherwise) from {at}"),
                None => format!("playing {now} from {at}"),
            }
        }
        Word::Known(State::Ended) => format!("at the end, {at}"),
        Word::Known(State::Waiting) => format!("waiting to begin at {at}"),
        ref other => format!("{} at {at}", sanitise(&other.to_string())),
    }
}

/// Media time or a length of it, in milliseconds: `1h 46m 42s`. It must not look like a match clock, for it is none.
pub fn format_offset(millis: i64) -> String {
    let seconds = millis.div_euclid(1_000);
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, seconds) => format!("{hours}h {minutes:02}m {seconds:02}s"),
    }
}

/// `at 60x`, `at 13.7x`, `at speed max`.
pub fn speed_text(speed: Speed) -> String {
    speed.factor().map_or("at speed max".to_owned(), |factor| format!("at {}x", Speed::format_factor(factor)))
}

/// The part of the playback state whose changes a ticker shows.
#[derive(Debug, Clone)]
pub struct PlaybackSettings {
    pub state: Word<State>,
    /// The nominal speed: what a pace rule makes of it is not shown.
    speed: String,
    looping: bool,
    pace: Option<String>,
}

impl PlaybackSettings {
    /// Of a playback state on the wire.
    pub fn from_info(playback: &PlaybackInfo) -> Self {
        Self {
            state: playback.state.clone(),
            speed: speed_text(playback.nominal.unwrap_or(playback.speed)),
            looping: playback.looping,
            pace: playback.pace.as_deref().map(sanitise),
        }
    }

    /// `waiting to begin`, `playing at 60x`, `paused`, `the end`.
    pub fn state_text(&self) -> String {
        match &self.state {
            Word::Known(State::Waiting) => "waiting to begin".to_owned(),
            Word::Known(State::Playing) => format!("playing {}", self.speed),
            Word::Known(State::Ended) => "the end".to_owned(),
            state => sanitise(&state.to_string()),
        }
    }

    /// `playing at 60x, pace highlights, loop on`: everything that a new viewer does not know yet.
    pub fn full_text(&self) -> String {
        let pace = self.pace.as_ref().map(|pace| format!(", pace {pace}")).unwrap_or_default();
        self.state_text() + &pace + if self.looping { ", loop on" } else { "" }
    }

    /// The line for a new speed. A new state is shown with its speed, so this has none then.
    pub fn speed_change_text(&self, before: &Self, by: Option<&str>) -> Option<String> {
        let changed = before.state == self.state && before.speed != self.speed;
        changed.then(|| with_actor(&format!("now {}", self.speed), by))
    }

    /// The line for a new pace.
    pub fn pace_change_text(&self, before: &Self, by: Option<&str>) -> Option<String> {
        let changed = before.pace != self.pace;
        changed.then(|| with_actor(&format!("pace {}", self.pace.as_deref().unwrap_or("off")), by))
    }

    /// The line for looping turned on or off.
    pub fn loop_change_text(&self, before: &Self, by: Option<&str>) -> Option<String> {
        let changed = before.looping != self.looping;
        changed.then(|| with_actor(if self.looping { "loop on" } else { "loop off" }, by))
    }
}
