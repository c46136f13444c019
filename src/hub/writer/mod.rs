//! The writer of one subscriber: decides what to send next, without I/O of its own.
//!
//! A [`SubscriberWriter`] holds the subscriber's cursor and the unwritten rest of the frame in flight. It works out from the
//! replay's status what is missing, and writes that through a [`TryWrite`] until nothing is pending or the sink would block. Events are lossless and in order.
//! Status is latest-wins: a frame that went stale before it could be sent is never sent. Nothing else writes to a subscriber.

mod backlog;
mod frame_writer;
mod in_flight;
mod options;
mod replies;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use self::backlog::{Backlog, encode_frame_of_cue, frame_kinds_after};
use self::frame_writer::FrameWriter;
use self::in_flight::InFlight;
pub use self::options::{SubscribeOptions, SubscribeRequest, TickRate};
use super::cursor::{Cursor, Since};
use super::frame::Frame;
use super::frame_cache::FrameCache;
use super::framing::PendingBytes;
use super::replay::Replay;
use super::replay_status::ReplayStatus;
use super::segment::FrameKind;
use super::state_frame::StateKey;
use super::subscribers::SentMark;
use super::tick::Tick;
use super::token::Token;
use crate::close_code::CloseCode;
use crate::dialect::native::{self, Hello, Resumed};
use crate::football::{MatchId, Score};
use crate::playback::{ChangeCause, Playhead};
use crate::scenario::{MediaTime, Timeline};

/// The most bytes that one call of [`SubscriberWriter::pump`] writes, so that one backlog does not delay other subscribers.
const MAX_PUMP_BYTES: usize = 256 << 10;
/// A call also returns after this many bytes of snapshots and tables: encoding them takes longer than writing them.
const MAX_PUMP_STATE_BYTES: usize = 128 << 10;
/// The most cues that a call examines: a filter may pass over most of them. The limit does not depend on which frames were
/// encoded before, because clones of a writer must write the same bytes in the same call.
const MAX_PUMP_CUES: u32 = 8_192;

/// From this many matches on, hello copies their cached list rather than encode it anew.
const CACHED_MATCH_LIST: usize = 64;

/// A sink that may refuse bytes: a non-blocking socket.
pub trait TryWrite {
    /// Writes as much of the buffers as it can; [`io::ErrorKind::WouldBlock`] if that is nothing.
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize>;
}

/// How a call of [`SubscriberWriter::pump`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PumpResult {
    /// Nothing is pending until the status changes or a request arrives.
    Idle,
    /// The sink would block.
    Blocked,
    /// More could be written at once, but other subscribers should have their turn.
    More,
    /// The close frame has been written.
    Finished,
}

/// Totals of what has been written. A call of [`SubscriberWriter::pump`] has written the difference between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SentTotals {
    /// Frames of `touchline.v1`, each once its last byte is written. An event that was encoded for this
    /// subscriber alone, and its table and end frame, count once the last of them is written.
    pub frames: u64,
    /// All bytes that the sink has taken: the measure of progress.
    pub bytes: u64,
    /// How often the subscriber was more than a lap behind and was moved to the present.
    pub resyncs: u64,
}

impl SentTotals {
    /// The difference to earlier totals.
    pub fn since(self, before: Self) -> Self {
        Self {
            frames: self.frames - before.frames,
            bytes: self.bytes - before.bytes,
            resyncs: self.resyncs - before.resyncs,
        }
    }
}

/// The writer of one subscriber, or of many with equal options that have been sent the same. What it writes is a function of
/// its state and of the status. A clone writes what the original would write.
#[derive(Debug, Clone)]
pub struct SubscriberWriter {
    replay: Replay,
    /// The frames that the cursor refers to.
    frames: Arc<FrameCache>,
    options: Arc<SubscribeOptions>,
    /// The epoch of the cursor.
    epoch: u64,
    /// The cursor, and the events between it and what has been planned.
    backlog: Backlog,
    /// The cursor at which the subscriber joined or entered the epoch. Cues before it are covered by snapshots, if at all.
    joined: u32,
    /// The version of playback that the subscriber has been sent.
    version: u64,
    /// The serial number of the latest tick considered.
    tick: u64,
    /// The rest of a frame that has been begun or is next: goes before all else.
    in_flight: InFlight,
    /// The frames that open an epoch; a later epoch replaces them.
    opening: VecDeque<EpochFrame>,
    /// Replies and control frames; never dropped.
    replies: VecDeque<PendingBytes>,
    /// Snapshots of matches that the subscriber follows anew; a later epoch replaces them.
    snapshots: VecDeque<StateKey>,
    /// The close frame, once one is due; nothing follows it.
    close_frame: Option<PendingBytes>,
    /// Whether the close frame is in flight or written.
    closed: bool,
    sent: SentTotals,
    /// How many bytes go before the first frame.
    head_bytes: u64,
}

/// One of the frames that open an epoch. It is encoded when its turn comes: there may be hundreds, of half a megabyte each.
#[derive(Debug, Clone)]
enum EpochFrame {
    /// The change of playback that began the epoch. It shows the instant of that change, whenever it is encoded.
    Playback(Box<Frame>),
    State(StateKey),
    /// A frame that follows the event of a cue and has the same number.
    After(FrameKind, u32),
    /// A tick of the moment at which it is encoded.
    Tick,
}

impl SubscriberWriter {
    /// Subscribes to a replay. Pending are hello, snapshots, and what follows: see `docs/protocol.md`, "Order of frames".
    pub fn new(replay: Replay, request: SubscribeRequest, status: &ReplayStatus, now: Instant) -> Self {
        let playhead = status.playhead;
        let (resumed, next) = match &request.since {
            None => (None, playhead.head),
            Some(Since::Start) => (None, 0),
            Some(Since::Cursor(Cursor { run, epoch, n, replay: named })) => {
                let of_this = named.as_deref().is_none_or(|name| name == replay.name()) && *run == status.frames.run();
                if of_this && *epoch == playhead.epoch && *n <= playhead.head {
                    (Some(Resumed::Ok), *n)
                } else {
                    (Some(Resumed::Reset), playhead.head)
                }
            }
        };
        let mut writer = Self {
            epoch: playhead.epoch,
            backlog: Backlog::starting_at(next),
            joined: next,
            version: playhead.version,
            tick: status.tick.as_ref().map_or(0, |tick| tick.serial),
            options: Arc::new(request.options),
            in_flight: InFlight::default(),
            opening: VecDeque::new(),
            replies: VecDeque::new(),
            snapshots: VecDeque::new(),
            close_frame: None,
            closed: false,
            sent: SentTotals::default(),
            head_bytes: 0,
            frames: status.frames.clone(),
            replay,
        };
        let replay = &writer.replay;
        let tracks: Vec<usize> = writer.options.filter.tracks(writer.frames.timeline()).collect();
        let kickoff_offset = replay.kickoff_offset();
        let many = tracks.len() > CACHED_MATCH_LIST;
        let lines = many.then(|| writer.frames.state(StateKey::Matches { kickoff_offset }));
        let hello = Hello {
            replay: replay.name(),
            status: replay.playback_status(status, now),
            subscriber: request.subscriber,
            control: request.control && writer.options.framing.is_two_way(),
            token: request.token.as_ref().map(Token::reveal),
            resumed,
            tracks: &tracks,
            lines: lines.as_ref().map(|lines| lines.text()),
            kickoff_offset,
        };
        // Not among the frames that open the epoch: hello comes first even if another epoch has begun meanwhile.
        let hello = Frame::encode(|out| native::write_hello(writer.frames.timeline(), &hello, out));
        writer.in_flight = writer.frame_writer().encode(hello).with_prefix(writer.options.framing.preamble()).into();
        if resumed != Some(Resumed::Ok) {
            // One that asked for the start begins with the state before the first event.
            let at = if next == playhead.head { playhead.clock.media_time(now) } else { MediaTime::ZERO };
            writer.open_states(next, at, &playhead, now);
        } else if let Some(last) = next.checked_sub(1) {
            // The cursor names the event; frames after it with the same number may have been cut off.
            let kinds = frame_kinds_after(last, &writer.options.filter, writer.frames.timeline());
            writer.opening.extend(kinds.map(|kind| EpochFrame::After(kind, last)));
        }
        writer
    }

    /// Sends bytes before all else. Must be called before the first [`Self::pump`].
    pub fn prepend(&mut self, greeting: &[u8]) {
        self.head_bytes = greeting.len() as u64;
        if let InFlight::Bytes(hello) = &mut self.in_flight {
            *hello = std::mem::take(hello).with_prefix(greeting);
        }
    }

    /// Encodes frames for this subscriber, at its present cursor.
    fn frame_writer(&self) -> FrameWriter<'_> {
        FrameWriter::new(&self.replay, &self.frames, &self.options, self.epoch, self.backlog.next)
    }

    /// Queues snapshots, tables and a tick after `index` cues and at a media time, for a subscriber that begins there.
    fn open_states(&mut self, index: u32, at: MediaTime, playhead: &Playhead, now: Instant) {
        let index = index as usize;
        let timeline = self.frames.timeline();
        let past = timeline.true_index_at(index, at);
        let SubscribeOptions { filter, ticks, snapshot, .. } = &*self.options;
        if let Some(detail) = *snapshot {
            let tracks = filter.snapshot_tracks(timeline, playhead.clock.media_time(now)).into_iter();
            self.opening
                .extend(tracks.map(|track| EpochFrame::State(StateKey::Snapshot { track, index, past, detail })));
            let tables = (0..timeline.tables().len()).filter(|table| filter.selects_table(*table));
            self.opening.extend(tables.map(|table| EpochFrame::State(StateKey::Table { table, index, past })));
        }
        if *ticks != TickRate::Off {
            self.opening.push_back(EpochFrame::Tick);
        }
    }

    /// A tick of this moment, after the snapshots. `None` where events follow at once: its moment would lie beyond them.
    fn opening_tick(&self, status: &ReplayStatus, now: Instant) -> Option<PendingBytes> {
        let playhead = &status.playhead;
        if (playhead.epoch, playhead.head) != (self.epoch, self.backlog.next) {
            return None;
        }
        let tick = Tick::at_present(playhead, now, self.replay.wall());
        Some(self.frame_writer().encode(tick.encoded(self.frames.timeline(), &self.options.filter, false)))
    }

    /// Writes what is pending, as far as the sink takes it.
    pub fn pump(&mut self, status: &ReplayStatus, now: Instant, sink: &mut impl TryWrite) -> io::Result<PumpResult> {
        let mut frames = self.frames.clone();
        let (mut budget, mut states) = (MAX_PUMP_BYTES, 0);
        let mut pass_start = (self.epoch, self.backlog.planned_until);
        loop {
            let begun = self.backlog.is_mid_frame(&frames);
            if self.in_flight.is_empty() && !begun {
                if self.closed {
                    return Ok(PumpResult::Finished);
                }
                self.switch_epoch(status, now);
                self.take_priority_frame(status, now);
            }
            // A new epoch may play other frames. Nothing of the old ones is in flight then.
            if !Arc::ptr_eq(&frames, &self.frames) {
                frames = self.frames.clone();
            }
            let written = if !self.in_flight.is_empty() {
                states += self.in_flight.prepare(&frames);
                self.in_flight.write(sink)
            } else if !self.backlog.is_empty() {
                self.backlog.write(&frames, begun && self.must_interleave_frame(status), budget, sink)
            } else {
                if pass_start.0 != self.epoch {
                    pass_start = (self.epoch, self.backlog.planned_until);
                }
                match self.plan_next(status, now, pass_start.1.saturating_add(MAX_PUMP_CUES)) {
                    Planned::Something => continue,
                    Planned::Later => return Ok(PumpResult::More),
                    Planned::Nothing => {
                        self.shrink();
                        return Ok(PumpResult::Idle);
                    }
                }
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    let whole = if self.in_flight.is_empty() {
                        self.backlog.advance(written, &frames)
                    } else {
                        self.in_flight.advance(written)
                    };
                    self.sent.frames += u64::from(whole);
                    self.sent.bytes += written as u64;
                    budget = budget.saturating_sub(written);
                    if budget == 0 || states >= MAX_PUMP_STATE_BYTES && self.in_flight.is_empty() {
                        return Ok(PumpResult::More);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if frames.budget().states_over_budget() {
                        self.in_flight.release_shared();
                    }
                    return Ok(PumpResult::Blocked);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether another frame must follow the one that has been begun, before the rest of the events.
    fn must_interleave_frame(&self, status: &ReplayStatus) -> bool {
        !self.opening.is_empty()
            || !self.replies.is_empty()
            || !self.snapshots.is_empty()
            || self.close_frame.is_some()
            || status.playhead.epoch != self.epoch
            || status.stopping.is_some_and(|stopping| !stopping.drain)
    }

    /// Moves the next frame that goes before pending events into flight.
    fn take_priority_frame(&mut self, status: &ReplayStatus, now: Instant) {
        if let Some(stopping) = status.stopping.filter(|stopping| !stopping.drain) {
            self.close(stopping.code);
        }
        if let Some(close_frame) = self.close_frame.take() {
            self.closed = true;
            self.opening.clear();
            self.snapshots.clear();
            self.backlog.clear();
            self.in_flight = close_frame.into();
            return;
        }
        let framing = self.options.framing;
        while let Some(opening) = self.opening.pop_front() {
            self.in_flight = match opening {
                EpochFrame::Playback(frame) => self.frame_writer().encode(*frame).into(),
                EpochFrame::State(key) => InFlight::state(key, framing),
                EpochFrame::After(kind, cue) => {
                    self.frame_writer().encode(encode_frame_of_cue(kind, cue, self.frames.timeline())).into()
                }
                EpochFrame::Tick => match self.opening_tick(status, now) {
                    Some(tick) => tick.into(),
                    None => continue,
                },
            };
            return;
        }
        if let Some(reply) = self.replies.pop_front() {
            self.in_flight = reply.into();
        } else if let Some(key) = self.snapshots.pop_front() {
            self.in_flight = InFlight::state(key, framing);
        }
    }

    /// Closes the subscriber: a close frame follows the frame in flight and the replies. All else that is pending is dropped.
    pub fn close(&mut self, code: CloseCode) {
        let close_frame = self.options.framing.close_frame(code.code(), code.reason());
        self.queue_close(match code {
            // Otherwise a client that has received no cursor yet would open another replay when it reconnects.
            CloseCode::Ended | CloseCode::Gone if self.options.names_replay => {
                close_frame.with_prefix(&self.frame_writer().sse_id_line())
            }
            _ => close_frame,
        });
    }

    /// Closes the subscriber with any code: a fault does.
    pub(crate) fn close_by_fault(&mut self, code: u16) {
        let close_frame = self.options.framing.close_frame(code, "");
        self.queue_close(close_frame);
    }

    /// Whether the bytes before the first frame are still to be written.
    pub(crate) fn head_is_next(&self) -> bool {
        self.head_bytes > 0 && self.sent.bytes == 0
    }

    /// How many bytes are left to write of the frame that has been begun, or of what goes before the first one.
    pub(crate) fn bytes_to_frame_end(&mut self) -> usize {
        if self.sent.bytes <= self.head_bytes {
            return usize::try_from(self.head_bytes - self.sent.bytes).unwrap_or(usize::MAX);
        }
        let frames = self.frames.clone();
        if self.in_flight.is_empty() {
            self.backlog.bytes_to_frame_end(&frames)
        } else {
            self.in_flight.remaining(&frames)
        }
    }

    /// The score of a match that the subscriber has been sent last, in an event or in the snapshots of the epoch.
    pub(crate) fn last_sent_score(&self, match_id: &MatchId) -> Option<Score> {
        let timeline = self.frames.timeline();
        let track = timeline.track_of(match_id.as_str())?;
        let (joined, next) = (self.joined as usize, self.backlog.next as usize);
        let sent = timeline.cues().get(joined..next)?.iter().rfind(|cue| usize::from(cue.track) == track);
        let at_start = || timeline.truth().state_at(track, timeline.true_index(joined)).score();
        Some(sent.map_or_else(at_start, |cue| cue.score))
    }

    /// Closes a WebSocket subscriber with an encoded close frame.
    pub fn close_with(&mut self, frame: impl Into<Bytes>) {
        self.queue_close(PendingBytes::from_control_bytes(frame));
    }

    fn queue_close(&mut self, close_frame: PendingBytes) {
        if !self.is_closing() {
            self.close_frame = Some(PendingBytes::concat(self.replies.drain(..).chain([close_frame])));
        }
    }

    /// Enters the present epoch, if the old one is done. What is pending of the old one is dropped, except for the rest of a
    /// frame and, after a loop, the rest of the lap.
    fn switch_epoch(&mut self, status: &ReplayStatus, now: Instant) {
        let playhead = &status.playhead;
        if playhead.epoch == self.epoch || self.release_limit(playhead) > self.backlog.next {
            return;
        }
        let lapped = playhead.previous_lap.is_some_and(|previous_lap| previous_lap.epoch != self.epoch);
        if lapped {
            self.sent.resyncs += 1;
        }
        self.opening.clear();
        self.snapshots.clear();
        self.epoch = playhead.epoch;
        self.frames = status.frames.clone();
        self.backlog = Backlog::starting_at(playhead.start);
        self.joined = playhead.start;
        // A change of playback since the first cue is sent after the cues before that change.
        let opening = playhead.at_epoch_start();
        let cause = if lapped { ChangeCause::Resync } else { opening.cause };
        let (pace, by) = (status.epoch_start_pace.as_deref(), status.opened_by.as_deref());
        self.opening.push_back(EpochFrame::Playback(self.playback_frame(&opening, pace, cause, by).into()));
        self.version = opening.version;
        self.open_states(playhead.start, opening.clock.media, playhead, now);
    }

    /// The end of the events that may be sent now.
    fn release_limit(&self, playhead: &Playhead) -> u32 {
        if playhead.epoch == self.epoch {
            // A change of playback is sent between the events before it and those after.
            return if playhead.version == self.version { playhead.head } else { playhead.version_head };
        }
        match playhead.previous_lap {
            Some(previous_lap) if previous_lap.epoch == self.epoch => previous_lap.head,
            _ => 0,
        }
    }

    fn playback_frame(&self, playhead: &Playhead, pace: Option<&str>, cause: ChangeCause, by: Option<&str>) -> Frame {
        let here = self.replay.playback_status_of(&self.frames, playhead, pace, playhead.clock.instant);
        Frame::encode(|out| native::write_playback(&here, cause.as_str(), by, out))
    }

    /// Plans what follows when nothing is in flight: more events, but not beyond cue `stop` in this pass; a change of playback,
    /// a tick, or the close frame.
    fn plan_next(&mut self, status: &ReplayStatus, now: Instant, stop: u32) -> Planned {
        let playhead = &status.playhead;
        let limit = self.release_limit(playhead);
        if self.backlog.planned_until < limit {
            if self.backlog.planned_until >= stop {
                return Planned::Later;
            }
            // Not by the method, which would borrow the backlog as well.
            let frame_writer =
                FrameWriter::new(&self.replay, &self.frames, &self.options, self.epoch, self.backlog.next);
            self.backlog.plan(limit.min(stop), frame_writer, &self.frames);
            return Planned::Something;
        }
        if playhead.epoch != self.epoch {
            self.switch_epoch(status, now);
            return Planned::Something;
        }
        if playhead.version != self.version {
            self.version = playhead.version;
            let (pace, by) = (status.pace.as_deref(), status.by.as_deref());
            self.in_flight = self.frame_writer().encode(self.playback_frame(playhead, pace, playhead.cause, by)).into();
            return Planned::Something;
        }
        if let Some(tick) = &status.tick
            && (tick.epoch, tick.n) == (self.epoch, self.backlog.next)
            && self.take_tick(tick)
        {
            let others = self.replay.subscriber_count() > 1;
            let frame = tick.encoded(self.frames.timeline(), &self.options.filter, others);
            self.in_flight = self.frame_writer().encode(frame).into();
            return Planned::Something;
        }
        if let Some(stopping) = status.stopping {
            self.close(stopping.code);
            return Planned::Something;
        }
        Planned::Nothing
    }

    /// Marks a tick as considered. Returns whether it is new and to be sent.
    fn take_tick(&mut self, tick: &Tick) -> bool {
        let seen = std::mem::replace(&mut self.tick, tick.serial) == tick.serial;
        !seen && self.wants_tick(tick)
    }

    fn wants_tick(&self, tick: &Tick) -> bool {
        match self.options.ticks {
            TickRate::Off => false,
            TickRate::Usual => true,
            TickRate::Slow => tick.slow || tick.for_all_rates,
        }
    }

    /// Whether the only frame written since `before` is the regular tick of the status: not one that answers a step or marks an
    /// end. Valid only where nothing more is pending.
    pub fn wrote_only_a_tick_since(&self, before: &Self, status: &ReplayStatus) -> bool {
        self.sent.frames == before.sent.frames + 1
            && status.tick.as_ref().is_some_and(|tick| {
                // Its number was noted when it was due, and a wanted tick is written then.
                tick.serial == self.tick && self.tick != before.tick && self.wants_tick(tick) && !tick.for_all_rates
            })
    }

    /// Sends a tick before all else. For a clone, whose subscriber lacks the last tick that the original has written.
    pub fn resend_tick(&mut self, tick: Bytes) {
        debug_assert!(self.in_flight.is_empty());
        self.in_flight = PendingBytes { bytes: tick, frames: 1 }.into();
    }

    /// Frees the memory that a burst has needed.
    fn shrink(&mut self) {
        // All are empty: nothing is pending.
        (self.opening, self.replies, self.snapshots) = Default::default();
        self.backlog.shrink();
        self.in_flight = InFlight::default();
    }

    /// Sends an encoded WebSocket control frame: a pong.
    pub fn send_raw(&mut self, frame: impl Into<Bytes>) {
        self.replies.push_back(PendingBytes::from_control_bytes(frame));
    }

    /// Sends the bytes that keep the connection alive, if its framing has any.
    pub fn send_keep_alive(&mut self) {
        self.replies.extend(self.options.framing.keep_alive().map(PendingBytes::from_control_bytes));
    }

    /// Whether the close frame is pending or written. Requests are ignored from then on.
    pub fn is_closing(&self) -> bool {
        self.closed || self.close_frame.is_some()
    }

    /// The options of the subscriber.
    pub fn options(&self) -> &Arc<SubscribeOptions> {
        &self.options
    }

    /// The replay.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// The timeline that the cursor refers to.
    pub fn timeline(&self) -> &Timeline {
        self.frames.timeline()
    }

    /// What the subscriber has been sent. Valid only where nothing more is pending.
    pub fn sent_mark(&self) -> SentMark {
        SentMark {
            version: self.version,
            epoch: self.epoch,
            n: self.backlog.next,
            last_event: self.backlog.last_event,
            joined: self.joined,
        }
    }

    /// The totals of what has been written. A clone continues from there.
    pub fn sent(&self) -> SentTotals {
        self.sent
    }

    /// How many released cues the subscriber has not reached yet, followed or not. Cues of an epoch that will be cut off do not
    /// count, the rest of a lap does. 0 after the close frame.
    pub fn lag(&self, status: &ReplayStatus) -> u32 {
        let playhead = &status.playhead;
        if self.is_closing() {
            return 0;
        }
        if playhead.epoch == self.epoch {
            return playhead.head.saturating_sub(self.backlog.next);
        }
        let rest_of_lap = self.release_limit(playhead).saturating_sub(self.backlog.next);
        rest_of_lap + playhead.head.saturating_sub(playhead.start)
    }
}

/// The outcome of planning.
enum Planned {
    Something,
    /// More may follow, but other subscribers should have their turn first.
    Later,
    Nothing,
}
