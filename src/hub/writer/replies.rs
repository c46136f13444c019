//! Replies to a subscriber's requests: answers to commands, new filters, acknowledgements.

use std::sync::Arc;
use std::time::Instant;

use super::{SubscribeOptions, SubscriberWriter};
use crate::dialect::native;
use crate::hub::answer::Answer;
use crate::hub::filter::Filter;
use crate::hub::frame::Frame;
use crate::hub::state_frame::StateKey;
use crate::playback::Rejection;
use crate::scenario::MediaTime;

/// Bytes per extra reply: a reply counts as 1 + its length / `LONG_REPLY` against the limit.
const LONG_REPLY: usize = 2 << 10;

impl SubscriberWriter {
    /// Queues a reply.
    fn queue_reply(&mut self, frame: Frame) {
        let answer = self.frame_writer().encode(frame);
        self.replies.push_back(answer);
    }

    /// The number of queued replies and of snapshots that they announced, with long replies counted as several. While there are
    /// many, no more requests are read from the connection.
    pub fn pending_replies(&self) -> usize {
        let long: usize = self.replies.iter().map(|reply| reply.bytes.len() / LONG_REPLY).sum();
        self.replies.len() + long + self.snapshots.len()
    }

    /// Answers a command.
    pub fn reply(&mut self, id: Option<&str>, answer: &Answer) {
        let here = self.replay.playback_status_after(answer);
        let frame = Frame::encode(|out| {
            native::write_reply(id, |body| body.write_outcome(answer.timeline(), &answer.applied, &here), out);
        });
        self.queue_reply(frame);
    }

    /// Confirms a request that had an id.
    pub fn confirm(&mut self, id: Option<&str>) {
        if id.is_some() {
            self.queue_reply(Frame::encode(|out| native::write_reply(id, |_| {}, out)));
        }
    }

    /// Answers a ping.
    pub fn send_pong(&mut self, id: Option<&str>, payload: Option<&str>, now: Instant) {
        let wall = self.replay.wall().at(now);
        self.queue_reply(Frame::encode(|out| native::write_reply(id, |body| body.write_pong(payload, wall), out)));
    }

    /// Refuses a request.
    pub fn refuse(&mut self, id: Option<&str>, rejection: &Rejection) {
        self.queue_reply(Frame::encode(|out| native::write_error(id, rejection, out)));
    }

    /// Replaces the filter: sends a reply, and snapshots of the matches that were not followed before.
    pub fn subscribe(&mut self, id: Option<&str>, filter: Filter) {
        let frames = self.frames.clone();
        self.backlog.discard_after_current_cue(&frames);
        let options = Arc::new(SubscribeOptions { filter, ..SubscribeOptions::clone(&self.options) });
        let before = std::mem::replace(&mut self.options, options);
        self.queue_reply(Frame::encode(|out| native::write_reply(id, |_| {}, out)));
        if let Some(detail) = self.options.snapshot {
            let timeline = self.frames.timeline();
            let planned = self.backlog.planned_until;
            let at = match planned.checked_sub(1) {
                Some(last) => timeline.cues()[last as usize].at,
                None => MediaTime::ZERO,
            };
            let tracks = self.options.filter.snapshot_tracks(timeline, at).into_iter();
            let (index, past) = (planned as usize, timeline.true_index(planned as usize));
            let untold = tracks.filter(|track| !before.filter.guarantees_state_sent(timeline, *track));
            self.snapshots.extend(untold.map(|track| StateKey::Snapshot { track, index, past, detail }));
        }
    }

    /// Handles an acknowledgement of an event and all before it. Only one with an id is answered, because most clients send one
    /// for each event. The error says why the acknowledgement is invalid.
    pub fn acknowledge(
        &mut self,
        id: Option<&str>,
        subscriber: u32,
        epoch: Option<u64>,
        n: u32,
    ) -> Result<(), Rejection> {
        let epoch = epoch.unwrap_or(self.epoch);
        if epoch > self.epoch || epoch == self.epoch && n > self.backlog.planned_until {
            let message = format!("ack: no event {n} of epoch {epoch} has been sent on this connection");
            return Err(Rejection::bad_argument(message));
        }
        self.replay.record_acknowledged(subscriber, epoch, n);
        self.confirm(id);
        Ok(())
    }
}
