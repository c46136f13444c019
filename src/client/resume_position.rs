//! The position to resume from after a disconnect, kept up to date frame by frame.

use super::frame::ClientFrame;
use super::word::Word;
use crate::dialect::native::Resumed;

/// The last position received: `run.epoch.n`.
///
/// `n` is unknown until an event or a tick states it, as between the frames that open an epoch. Resuming then begins
/// with snapshots again, and no event is missed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResumePosition {
    run: String,
    epoch: u64,
    n: Option<u32>,
}

impl ResumePosition {
    /// Advances the position by a frame.
    #[doc(hidden)]
    pub fn update(&mut self, frame: &ClientFrame) {
        match frame {
            // The server continues from the cursor it was given, so the position stays.
            ClientFrame::Hello(hello) if hello.resumed == Some(Word::Known(Resumed::Ok)) => {}
            ClientFrame::Hello(hello) => *self = Self { run: hello.run.clone(), epoch: hello.epoch, n: None },
            ClientFrame::Playback(playback) if playback.run != self.run || playback.epoch != self.epoch => {
                *self = Self { run: playback.run.clone(), epoch: playback.epoch, n: None };
            }
            ClientFrame::Event(event) => self.n = Some(event.n),
            ClientFrame::Tick(tick) => self.n = Some(tick.n),
            _ => {}
        }
    }

    /// The cursor for `since=`, if `n` is known.
    pub fn cursor(&self) -> Option<String> {
        self.n.map(|n| format!("{}.{}.{n}", self.run, self.epoch))
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
}
