//! The position to resume from after a disconnect, kept up to date frame by frame.

use std::sync::Arc;

use super::address::Address;
use super::frame::ClientFrame;
use super::word::Word;
use crate::dialect::native::Resumed;
use crate::hub::Since;

/// The last position received: `run.epoch.n`, or `run.epoch.n@replay` if the address has opened the replay and so does not name it.
///
/// `n` is unknown until an event or a tick states it, as between the frames that open an epoch. Resuming then begins
/// with snapshots again, and no event is missed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResumePosition {
    run: String,
    epoch: u64,
    n: Option<u32>,
    /// The replay that the address has opened.
    replay: Option<Arc<str>>,
}

impl ResumePosition {
    /// The position that an address resumes from.
    pub(super) fn from_since(since: &Since) -> Self {
        let Since::Cursor(cursor) = since else { return Self::default() };
        Self {
            run: format!("{:08x}", cursor.run),
            epoch: cursor.epoch,
            n: Some(cursor.n),
            replay: cursor.replay.clone(),
        }
    }

    /// Advances the position by a frame.
    #[doc(hidden)]
    pub fn update(&mut self, frame: &ClientFrame) {
        match frame {
            // The server continues from the cursor it was given, so `n` stays.
            ClientFrame::Hello(hello) if hello.resumed == Some(Word::Known(Resumed::Ok)) => {
                self.enter(&hello.run, hello.epoch);
            }
            ClientFrame::Hello(hello) => {
                *self = Self { run: hello.run.clone(), epoch: hello.epoch, n: None, replay: None };
            }
            ClientFrame::Playback(playback) => self.enter(&playback.run, playback.epoch),
            ClientFrame::Event(event) => self.n = Some(event.n),
            ClientFrame::Tick(tick) => self.n = Some(tick.n),
            _ => {}
        }
    }

    /// Forgets `n` if the run or the epoch is another one.
    fn enter(&mut self, run: &str, epoch: u64) {
        if run != self.run || epoch != self.epoch {
            (self.run, self.epoch, self.n) = (run.to_owned(), epoch, None);
        }
    }

    /// Sets the replay that the address has opened.
    pub(super) fn set_replay(&mut self, replay: &str) {
        self.replay = Some(replay.into());
    }

    /// The cursor for `since=`, if `n` is known.
    pub fn cursor(&self) -> Option<String> {
        let n = self.n.filter(|_| !self.run.is_empty())?;
        let replay = self.replay.as_ref().map(|replay| format!("@{replay}")).unwrap_or_default();
        Some(format!("{}.{}.{n}{replay}", self.run, self.epoch))
    }

    /// The URL of the stream of an address from this position on.
    pub(super) fn url(&self, address: &Address) -> String {
        match (self.cursor(), &self.replay) {
            // Without a cursor to name the replay, the address would open another.
            (None, Some(replay)) => address.of_opened_replay(replay).url(None),
            (cursor, _) => address.url(cursor.as_deref()),
        }
    }

    /// The number of the last event known to have been received.
    pub fn n(&self) -> Option<u32> {
        self.n
    }

    /// The epoch: an unbroken stretch of playback.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn updated(position: &mut ResumePosition, frame: &str) -> Option<String> {
        position.update(&serde_json::from_str(frame).expect(frame));
        position.cursor()
    }

    const EVENT: &str = r#"{"kind":"event","match":"m","n":7,"id":"e","op":"add","type":"goal","status":"first_half"}"#;

    #[test]
    fn the_cursor_is_known_from_the_first_event_or_tick_and_forgotten_with_the_epoch() {
        let mut position = ResumePosition::default();
        let playback = r#""playback":{"state":"playing","speed":60,"at":0}"#;
        let hello = format!(r#"{{"kind":"hello","replay":"main","run":"7c1e90ab","epoch":2,"head":6,{playback}}}"#);
        assert_eq!(updated(&mut position, &hello), None);
        assert_eq!(updated(&mut position, r#"{"kind":"tick","n":6}"#).as_deref(), Some("7c1e90ab.2.6"));
        assert_eq!(updated(&mut position, EVENT).as_deref(), Some("7c1e90ab.2.7"));
        let playback = |epoch: u64| {
            format!(
                r#"{{"kind":"playback","state":"playing","speed":1,"at":0,"run":"7c1e90ab","epoch":{epoch},"cause":"speed"}}"#
            )
        };
        assert_eq!(updated(&mut position, &playback(2)).as_deref(), Some("7c1e90ab.2.7"));
        assert_eq!(updated(&mut position, &playback(3)), None);
        assert_eq!(updated(&mut position, EVENT).as_deref(), Some("7c1e90ab.3.7"));
        let resumed = hello.replace(r#""epoch":2"#, r#""epoch":3,"resumed":"ok""#);
        assert_eq!(updated(&mut position, &resumed).as_deref(), Some("7c1e90ab.3.7"), "the position stays");
        let reset = hello.replace(r#""epoch":2"#, r#""epoch":1,"resumed":"reset""#);
        assert_eq!(updated(&mut position, &reset), None);
    }
    #[test]
    fn a_position_without_a_run_takes_it_from_hello() {
        let mut position = ResumePosition::default();
        assert_eq!(updated(&mut position, EVENT), None, "no hello yet");
        let resumed = r#"{"kind":"hello","replay":"main","run":"7c1e90ab","epoch":2,"head":6,"resumed":"ok",
            "playback":{"state":"playing","speed":60,"at":0}}"#;
        assert_eq!(updated(&mut position, resumed), None);
        assert_eq!(updated(&mut position, EVENT).as_deref(), Some("7c1e90ab.2.7"));
    }

    #[test]
    fn a_new_run_is_taken_from_a_playback_frame() {
        let cursor = Since::parse("7c1e90ab.2.7@x7kq").expect("a cursor");
        let mut position = ResumePosition::from_since(&cursor);
        assert_eq!(position.cursor().as_deref(), Some("7c1e90ab.2.7@x7kq"));
        let faults =
            r#"{"kind":"playback","state":"playing","speed":1,"at":0,"run":"00c0ffee","epoch":3,"cause":"faults"}"#;
        assert_eq!(updated(&mut position, faults), None);
        assert_eq!(updated(&mut position, EVENT).as_deref(), Some("00c0ffee.3.7@x7kq"));
        // Also within an epoch.
        assert_eq!(updated(&mut position, &faults.replace("00c0ffee", "7c1e90ab")), None);
    }
}
