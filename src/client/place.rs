//! Where a reader is: the cursor to come back with, kept up to date frame by frame.

use super::frame::Frame;

/// The place that has been reached: `run.epoch.n`.
///
/// `n` is known once an event or a tick has told it; before that, as between the frames that open an epoch, coming back
/// begins with snapshots again, and nothing is missed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    run: String,
    epoch: u64,
    n: Option<u32>,
}

impl Place {
    /// Follows a frame.
    pub fn follow(&mut self, frame: &Frame) {
        match frame {
            // The server goes on from the cursor that it was given: it is still the place.
            Frame::Hello(hello) if hello.resumed.as_deref() == Some("ok") => {}
            Frame::Hello(hello) => *self = Self { run: hello.run.clone(), epoch: hello.epoch, n: None },
            Frame::Playback(playback) if playback.run != self.run || playback.epoch != self.epoch => {
                *self = Self { run: playback.run.clone(), epoch: playback.epoch, n: None };
            }
            Frame::Event(event) => self.n = Some(event.n),
            Frame::Tick(tick) => self.n = Some(tick.n),
            _ => {}
        }
    }

    /// What `since=` takes.
    pub fn cursor(&self) -> Option<String> {
        self.n.map(|n| format!("{}.{}.{n}", self.run, self.epoch))
    }

    /// The number of the last event that is known to have come.
    pub fn n(&self) -> Option<u32> {
        self.n
    }

    /// The unbroken run of playback that it is in.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(place: &mut Place, frame: &str) -> Option<String> {
        place.follow(&serde_json::from_str(frame).expect(frame));
        place.cursor()
    }

    const EVENT: &str = r#"{"kind":"event","match":"m","n":7,"id":"e","op":"add","type":"goal","status":"first_half"}"#;

    #[test]
    fn the_cursor_is_known_from_the_first_event_or_tick_and_forgotten_with_the_epoch() {
        let mut place = Place::default();
        let playback = r#""playback":{"state":"playing","speed":60,"at":0}"#;
        let hello = format!(r#"{{"kind":"hello","replay":"main","run":"7c1e90ab","epoch":2,"head":6,{playback}}}"#);
        assert_eq!(follow(&mut place, &hello), None);
        assert_eq!(follow(&mut place, r#"{"kind":"tick","n":6}"#).as_deref(), Some("7c1e90ab.2.6"));
        assert_eq!(follow(&mut place, EVENT).as_deref(), Some("7c1e90ab.2.7"));
        let playback = |epoch: u64| {
            format!(
                r#"{{"kind":"playback","state":"playing","speed":1,"at":0,"run":"7c1e90ab","epoch":{epoch},"cause":"speed"}}"#
            )
        };
        assert_eq!(follow(&mut place, &playback(2)).as_deref(), Some("7c1e90ab.2.7"));
        assert_eq!(follow(&mut place, &playback(3)), None);
        assert_eq!(follow(&mut place, EVENT).as_deref(), Some("7c1e90ab.3.7"));
        let resumed = hello.replace(r#""epoch":2"#, r#""epoch":3,"resumed":"ok""#);
        assert_eq!(follow(&mut place, &resumed).as_deref(), Some("7c1e90ab.3.7"), "still the place");
        let reset = hello.replace(r#""epoch":2"#, r#""epoch":1,"resumed":"reset""#);
        assert_eq!(follow(&mut place, &reset), None);
    }
}
