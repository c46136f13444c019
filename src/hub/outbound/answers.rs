//! What a subscriber has asked for: answers, other filters, acknowledgements.

use std::sync::Arc;
use std::time::Instant;

use super::{Outbound, Terms};
use crate::dialect::native;
use crate::hub::follow::Follow;
use crate::hub::frame::Frame;
use crate::hub::replay::Answer;
use crate::hub::state_frame::StateKey;
use crate::playback::Rejection;
use crate::scenario::MediaTime;

/// An answer counts once more for each so many bytes.
const LONG_ANSWER: usize = 2 << 10;

impl Outbound {
    /// Puts an answer on its way.
    fn answer(&mut self, frame: Frame) {
        let answer = self.pen().wire(frame);
        self.control.push_back(answer);
    }

    /// How many answers, and frames that they brought, wait to be written, long ones counted as several: the driver reads no
    /// more requests while there are many.
    pub fn answers_waiting(&self) -> usize {
        let long: usize = self.control.iter().map(|answer| answer.bytes.len() / LONG_ANSWER).sum();
        self.control.len() + long + self.news.len()
    }

    /// Answers a command.
    pub fn reply(&mut self, id: Option<&str>, answer: &Answer) {
        let status = self.replay.after(answer);
        let frame = Frame::of(|out| {
            native::reply(id, |body| body.outcome(self.replay.timeline(), &answer.applied, &status), out);
        });
        self.answer(frame);
    }

    /// Answers a ping.
    pub fn pong(&mut self, id: Option<&str>, payload: Option<&str>, now: Instant) {
        let wall = self.replay.wall().at(now);
        self.answer(Frame::of(|out| native::reply(id, |body| body.pong(payload, wall), out)));
    }

    /// Refuses a request.
    pub fn refuse(&mut self, id: Option<&str>, rejection: &Rejection) {
        self.answer(Frame::of(|out| native::error(id, rejection, out)));
    }

    /// Follows something else from here on: answers, and tells the state of matches that were not followed before.
    pub fn subscribe(&mut self, id: Option<&str>, follow: Follow) {
        let frames = self.replay.frames().clone();
        self.backlog.cut_to_cue(&frames);
        let terms = Arc::new(Terms { follow, ..Terms::clone(&self.terms) });
        let before = std::mem::replace(&mut self.terms, terms);
        self.answer(Frame::of(|out| native::reply(id, |_| {}, out)));
        if let Some(detail) = self.terms.snapshot {
            let timeline = self.replay.timeline();
            let planned = self.backlog.planned();
            let at = match planned.checked_sub(1) {
                Some(last) => timeline.cues()[last as usize].at,
                None => MediaTime::ZERO,
            };
            let tracks = self.terms.follow.snapshots(timeline, at).into_iter();
            let untold = tracks.filter(|track| !before.follow.surely_told(timeline, *track));
            self.news.extend(untold.map(|track| StateKey::Snapshot { track, index: planned as usize, detail }));
        }
    }

    /// Takes in that its reader has dealt with an event and all before it. Only an acknowledgement with an id is answered: most
    /// readers send one for each event. The error is what is wrong with it.
    pub fn acknowledge(
        &mut self,
        id: Option<&str>,
        subscriber: u32,
        epoch: Option<u64>,
        n: u32,
    ) -> Result<(), Rejection> {
        let epoch = epoch.unwrap_or(self.epoch);
        if epoch > self.epoch || epoch == self.epoch && n > self.backlog.planned() {
            let message = format!("ack: no event {n} of epoch {epoch} has been sent on this connection");
            return Err(Rejection::bad_argument(message));
        }
        self.replay.note_acknowledged(subscriber, epoch, n);
        if id.is_some() {
            self.answer(Frame::of(|out| native::reply(id, |_| {}, out)));
        }
        Ok(())
    }
}
