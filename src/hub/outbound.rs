//! What one subscriber is owed next, decided without I/O.
//!
//! An [`Outbound`] is a cursor in an epoch and the rest of what it has begun to send. It looks at the replay's view and
//! writes through an [`Outlet`] until nothing is owed or the outlet is full. Events are lossless and in order; status is
//! latest-wins: what has become stale before it could be sent is never sent. Nothing else writes to a subscriber.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::time::Instant;

use bytes::{Buf, Bytes};

use super::cursor::{Cursor, Since};
use super::follow::Follow;
use super::frames::{FrameKind, Frames, SEGMENT_CUES, Segment};
use super::replay::{Answer, Replay, Tick, View};
use super::websocket_frame::{control_frame, text_frame};
use crate::dialect::native::{self, Hello, Resumed, SnapshotDetail};
use crate::playback::{Cause, Playhead, Rejection};
use crate::scenario::MediaTime;

/// How much one call of [`Outbound::pump`] writes at most, so that one reader's backlog does not keep others waiting.
const PASS_BYTES: usize = 256 << 10;
/// How many runs of frames are put together for one write where a filter leaves holes.
const RUNS: usize = 16;
/// How many cues a filter is asked about before the pass ends.
const SCAN_CUES: usize = 65_536;

/// Where bytes go: a socket that may say it is full.
pub trait Outlet {
    /// Writes what it can of the buffers; [`io::ErrorKind::WouldBlock`] where that is nothing.
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize>;
}

/// How a call of [`Outbound::pump`] ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Nothing more is owed until the view changes or something is asked.
    Idle,
    /// The outlet is full.
    Blocked,
    /// More could be written at once; others had better have their turn.
    More,
    /// The goodbye has been written.
    Finished,
}

/// How often a subscriber wants ticks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TickRate {
    /// Every second while playing, every five otherwise.
    #[default]
    Usual,
    /// Every five seconds.
    Slow,
    /// Never.
    Off,
}

/// What a subscriber wants as it joins.
#[derive(Debug, Clone)]
pub struct Join {
    /// Which matches and types.
    pub follow: Follow,
    /// Where it was.
    pub since: Option<Since>,
    /// What snapshots hold; `None`: no snapshots at all.
    pub snapshot: Option<SnapshotDetail>,
    /// How often it wants ticks.
    pub ticks: TickRate,
    /// Whether events say when they were emitted.
    pub stamp: bool,
    /// Whether it may control the replay.
    pub control: bool,
}

impl Default for Join {
    fn default() -> Self {
        Self {
            follow: Follow::default(),
            since: None,
            snapshot: Some(SnapshotDetail::Key),
            ticks: TickRate::Usual,
            stamp: false,
            control: false,
        }
    }
}

/// Frames on their way, in order. A piece is begun when part of a frame of it has been written.
#[derive(Debug)]
enum Piece {
    /// A run of bytes of a segment: whole frames, of which `pos` has been written.
    Shared { segment: usize, pos: usize, end: usize },
    /// One frame made for this subscriber, and the cue it belongs to.
    Own { frame: Bytes, cue: u32, begun: bool },
}

/// One subscriber's side of a replay.
#[derive(Debug)]
pub struct Outbound {
    replay: Replay,
    follow: Follow,
    ticks: TickRate,
    snapshot: Option<SnapshotDetail>,
    stamp: bool,
    /// The epoch that it is in.
    epoch: u32,
    /// The cue after the last of which everything followed has been sent.
    next: u32,
    /// The cue after the last that is in `pieces` or was passed over; `next` where there are none.
    planned: u32,
    /// The version of playback that it knows.
    version: u32,
    /// The tick that it knows.
    tick: u64,
    /// The rest of a frame that has been begun (or is about to be): goes before all else.
    sending: Bytes,
    /// The frames that open an epoch; a later epoch replaces them.
    opening: VecDeque<Bytes>,
    /// Answers; never dropped.
    control: VecDeque<Bytes>,
    pieces: VecDeque<Piece>,
    /// The goodbye, once it is due; nothing follows it.
    farewell: Option<Bytes>,
    said_goodbye: bool,
    written: u64,
}

impl Outbound {
    /// Joins a replay: owed are hello, snapshots, and what follows; see `docs/protocol.md`, "What arrives, in order".
    pub fn join(replay: Replay, join: Join, view: &View, now: Instant) -> Self {
        let playhead = view.playhead;
        let (resumed, next) = match &join.since {
            None => (Resumed::Fresh, playhead.head),
            Some(Since::Start) => (Resumed::Fresh, 0),
            Some(Since::Cursor(Cursor { run, epoch, n })) => {
                match *run == replay.run() && *epoch == playhead.epoch && *n <= playhead.head {
                    true => (Resumed::Ok, *n),
                    false => (Resumed::Reset, playhead.head),
                }
            }
        };
        let mut outbound = Self {
            epoch: playhead.epoch,
            next,
            planned: next,
            version: playhead.version,
            tick: view.tick.as_ref().map_or(0, |tick| tick.serial),
            follow: join.follow,
            ticks: join.ticks,
            snapshot: join.snapshot,
            stamp: join.stamp,
            sending: Bytes::new(),
            opening: VecDeque::new(),
            control: VecDeque::new(),
            pieces: VecDeque::new(),
            farewell: None,
            said_goodbye: false,
            written: 0,
            replay,
        };
        let replay = &outbound.replay;
        let tracks: Vec<usize> = outbound.follow.tracks(replay.timeline()).collect();
        let hello = Hello {
            replay: replay.name(),
            run: replay.run_word(),
            playhead: &playhead,
            now,
            wall: replay.wall().at(now),
            control: join.control,
            resumed,
            tracks: &tracks,
        };
        let hello = framed(|out| native::hello(replay.timeline(), &hello, out));
        outbound.opening.push_back(hello);
        if resumed != Resumed::Ok {
            outbound.open_states(next, &playhead, now);
            if outbound.ticks != TickRate::Off && next == playhead.head {
                let tick = Tick::now(&playhead, now, outbound.replay.wall());
                outbound.opening.push_back(tick.frame(outbound.replay.timeline(), &outbound.follow));
            }
        }
        outbound
    }

    /// Snapshots and tables after `index` cues, for a reader that begins there.
    fn open_states(&mut self, index: u32, playhead: &Playhead, now: Instant) {
        let (frames, timeline) = (self.replay.frames(), self.replay.timeline());
        let Some(detail) = self.snapshot else { return };
        let tracks = self.follow.snapshots(timeline, playhead.clock.media_time(now));
        self.opening.extend(tracks.iter().map(|track| frames.snapshot(*track, index as usize, detail)));
        let tables = (0..timeline.tables().len()).filter(|table| self.follow.wants_table(timeline, *table));
        self.opening.extend(tables.map(|table| frames.table(table, index as usize)));
    }

    /// Writes what is owed, as far as the outlet takes it.
    pub fn pump(&mut self, view: &View, now: Instant, outlet: &mut impl Outlet) -> io::Result<Progress> {
        let frames = self.replay.frames().clone();
        let mut budget = PASS_BYTES;
        loop {
            let begun = self.begun(&frames);
            if self.sending.is_empty() && !begun {
                if self.said_goodbye {
                    return Ok(Progress::Finished);
                }
                self.cut_if_stale(view, now);
                self.take_single(view);
            }
            let written = if !self.sending.is_empty() {
                outlet.try_write_vectored(&[IoSlice::new(&self.sending)])
            } else if !self.pieces.is_empty() {
                self.write_pieces(&frames, begun && self.interrupted(view), outlet)
            } else {
                match self.next_owed(view, now, &frames) {
                    Owed::Something => continue,
                    Owed::Later => return Ok(Progress::More),
                    Owed::Nothing => {
                        self.rest();
                        return Ok(Progress::Idle);
                    }
                }
            };
            match written {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => {
                    self.advance(written, &frames);
                    self.written += written as u64;
                    budget = budget.saturating_sub(written);
                    if budget == 0 {
                        return Ok(Progress::More);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(Progress::Blocked),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether part of a frame of the first piece has been written, so that nothing may come between.
    fn begun(&self, frames: &Frames) -> bool {
        match self.pieces.front() {
            Some(Piece::Shared { segment, pos, .. }) => frames.segment(*segment).frame_end(*pos) != *pos,
            Some(Piece::Own { begun, .. }) => *begun,
            None => false,
        }
    }

    /// Whether something is to come after the frame that has been begun, before the rest of the events.
    fn interrupted(&self, view: &View) -> bool {
        !self.opening.is_empty()
            || !self.control.is_empty()
            || self.farewell.is_some()
            || view.playhead.epoch != self.epoch
            || view.stopping.is_some_and(|stopping| !stopping.drain)
    }

    /// Takes the next single frame that goes before the events on their way.
    fn take_single(&mut self, view: &View) {
        if let Some(stopping) = view.stopping.filter(|stopping| !stopping.drain) {
            self.close(stopping.code, stopping.reason);
        }
        if let Some(farewell) = self.farewell.take() {
            self.said_goodbye = true;
            self.opening.clear();
            self.pieces.clear();
            self.sending = farewell;
        } else if let Some(frame) = self.opening.pop_front().or_else(|| self.control.pop_front()) {
            self.sending = frame;
        }
    }

    /// Says goodbye as soon as the frame under way is finished; what was owed beyond it is dropped, answers apart.
    pub fn close(&mut self, code: u16, reason: &str) {
        let mut payload = code.to_be_bytes().to_vec();
        payload.extend_from_slice(reason.as_bytes());
        self.close_with(control_frame(8, &payload));
    }

    /// The same with a close frame that is ready.
    pub fn close_with(&mut self, frame: impl Into<Bytes>) {
        if !self.said_goodbye && self.farewell.is_none() {
            let mut farewell: Vec<u8> = self.control.drain(..).flatten().collect();
            farewell.extend_from_slice(&frame.into());
            self.farewell = Some(farewell.into());
        }
    }

    /// A new epoch has begun: what was not yet sent of the old one is dropped, but for the rest of a frame and, after a
    /// loop, the rest of the lap.
    fn cut_if_stale(&mut self, view: &View, now: Instant) {
        let playhead = &view.playhead;
        if playhead.epoch == self.epoch || self.limit(playhead) > self.next {
            return;
        }
        let lapped = playhead.tail.is_some_and(|tail| tail.epoch != self.epoch);
        if lapped {
            self.replay.count_resync();
            tracing::warn!(replay = self.replay.name(), "a reader more than a lap behind was cut over to the present");
        }
        self.pieces.clear();
        self.opening.clear();
        self.epoch = playhead.epoch;
        self.next = playhead.start;
        self.planned = playhead.start;
        let cause = if lapped { Cause::Resync } else { playhead.cause };
        self.opening.push_back(self.playback_frame(playhead, cause));
        self.version = playhead.version;
        self.open_states(playhead.start, playhead, now);
    }

    /// The cue before which its events end for now.
    fn limit(&self, playhead: &Playhead) -> u32 {
        if playhead.epoch == self.epoch {
            // A change of playback is told between the events before it and those after.
            return if playhead.version == self.version { playhead.head } else { playhead.version_head };
        }
        match playhead.tail {
            Some(tail) if tail.epoch == self.epoch => tail.head,
            _ => 0,
        }
    }

    fn playback_frame(&self, playhead: &Playhead, cause: Cause) -> Bytes {
        let wall = self.replay.wall().at(playhead.clock.instant);
        framed(|out| native::playback(playhead, self.replay.run_word(), wall, cause.as_str(), out))
    }

    /// Finds what is owed after all that is under way: more events, a change of playback, a tick, the goodbye.
    fn next_owed(&mut self, view: &View, now: Instant, frames: &Frames) -> Owed {
        let playhead = &view.playhead;
        let limit = self.limit(playhead);
        if self.planned < limit {
            self.plan(limit, frames);
            return match self.pieces.is_empty() {
                true if self.planned < limit => Owed::Later,
                _ => Owed::Something,
            };
        }
        if playhead.epoch != self.epoch {
            self.cut_if_stale(view, now);
            return Owed::Something;
        }
        if playhead.version != self.version {
            self.version = playhead.version;
            self.sending = self.playback_frame(playhead, playhead.cause);
            return Owed::Something;
        }
        if let Some(tick) = &view.tick
            && (tick.epoch, tick.n) == (self.epoch, self.next)
            && self.wants(tick)
        {
            self.sending = tick.frame(self.replay.timeline(), &self.follow);
            return Owed::Something;
        }
        if let Some(stopping) = view.stopping {
            self.close(stopping.code, stopping.reason);
            return Owed::Something;
        }
        Owed::Nothing
    }

    /// Whether a tick is wanted; it is so once.
    fn wants(&mut self, tick: &Tick) -> bool {
        let seen = std::mem::replace(&mut self.tick, tick.serial) == tick.serial;
        !seen
            && match self.ticks {
                TickRate::Off => false,
                TickRate::Usual => true,
                TickRate::Slow => tick.slow || tick.asked,
            }
    }

    /// Puts events on their way, up to `limit`.
    fn plan(&mut self, limit: u32, frames: &Frames) {
        let timeline = self.replay.timeline().clone();
        let start = self.planned as usize;
        let end = (limit as usize).min(start + SCAN_CUES);
        let mut at = start;
        while at < end && self.pieces.len() < RUNS {
            let (index, first) = (at / SEGMENT_CUES, at % SEGMENT_CUES);
            let stop = end.min((index + 1) * SEGMENT_CUES);
            if self.follow.everything() && !self.stamp {
                let segment = frames.segment(index);
                let (pos, end) = (segment.end_of(first), segment.end_of(stop - index * SEGMENT_CUES));
                self.pieces.push_back(Piece::Shared { segment: index, pos, end });
                at = stop;
                continue;
            }
            // Cues whose match is not followed are passed over without being encoded.
            let cue = &timeline.cues()[at];
            let (event, end_of_match) = (self.follow.wants(cue), cue.last && self.follow.follows(cue.track.into()));
            let table = cue.table.is_some_and(|table| self.follow.wants_table(&timeline, table.into()));
            if event || end_of_match || table {
                let segment = frames.segment(index);
                for frame in segment.frames_of(first) {
                    let wanted = match segment.kind(frame) {
                        FrameKind::Event => event,
                        FrameKind::Table => table,
                        FrameKind::End => end_of_match,
                    };
                    if wanted {
                        self.plan_frame(index, segment, frame, at);
                    }
                }
            }
            at += 1;
        }
        self.planned = u32::try_from(at).unwrap_or(u32::MAX);
        if self.pieces.is_empty() {
            self.next = self.planned;
        }
    }

    fn plan_frame(&mut self, index: usize, segment: &Segment, frame: usize, cue: usize) {
        let wire = segment.wire(frame);
        if self.stamp && segment.kind(frame) == FrameKind::Event {
            let cue = u32::try_from(cue).unwrap_or(u32::MAX);
            let stamped = self.stamped(segment.text(frame), cue);
            self.pieces.push_back(Piece::Own { frame: stamped, cue, begun: false });
            return;
        }
        match self.pieces.back_mut() {
            Some(Piece::Shared { segment, end, .. }) if *segment == index && *end == wire.start => *end = wire.end,
            _ => self.pieces.push_back(Piece::Shared { segment: index, pos: wire.start, end: wire.end }),
        }
    }

    /// An event frame with the time of its emission.
    fn stamped(&self, text: &[u8], cue: u32) -> Bytes {
        let wall = self.replay.told(self.epoch, cue);
        framed(|out| {
            out.extend_from_slice(text);
            if let Some(wall) = wall {
                out.pop();
                out.extend_from_slice(b",\"emitted\":\"");
                out.extend_from_slice(native::wall_time(wall).as_bytes());
                out.extend_from_slice(b"\"}");
            }
        })
    }

    /// Writes as much of the pieces as may go out: only the rest of a frame where something is to come after it.
    fn write_pieces(&self, frames: &Frames, interrupted: bool, outlet: &mut impl Outlet) -> io::Result<usize> {
        let mut buffers = Vec::with_capacity(if interrupted { 1 } else { self.pieces.len().min(RUNS) });
        for piece in &self.pieces {
            match piece {
                Piece::Shared { segment, pos, end } => {
                    let segment = frames.segment(*segment);
                    let end = if interrupted { segment.frame_end(*pos).min(*end) } else { *end };
                    buffers.push(IoSlice::new(&segment.bytes()[*pos..end]));
                }
                Piece::Own { frame, .. } => buffers.push(IoSlice::new(frame)),
            }
            if interrupted || buffers.len() == RUNS {
                break;
            }
        }
        outlet.try_write_vectored(&buffers)
    }

    /// Notes that so many bytes have been written.
    fn advance(&mut self, mut written: usize, frames: &Frames) {
        if !self.sending.is_empty() {
            self.sending.advance(written.min(self.sending.len()));
            return;
        }
        while written > 0
            && let Some(piece) = self.pieces.front_mut()
        {
            match piece {
                Piece::Shared { segment, pos, end } => {
                    let step = written.min(*end - *pos);
                    *pos += step;
                    written -= step;
                    let whole = *segment * SEGMENT_CUES + frames.segment(*segment).whole_cues(*pos);
                    self.next = self.next.max(u32::try_from(whole).unwrap_or(u32::MAX));
                    if pos < end {
                        return;
                    }
                }
                Piece::Own { frame, cue, begun } => {
                    let step = written.min(frame.len());
                    frame.advance(step);
                    *begun = true;
                    written -= step;
                    if !frame.is_empty() {
                        return;
                    }
                    self.next = self.next.max(*cue + 1);
                }
            }
            self.pieces.pop_front();
        }
        if self.pieces.is_empty() {
            self.next = self.planned;
        }
    }

    /// Gives back what a burst has needed.
    fn rest(&mut self) {
        for queue in [&mut self.opening, &mut self.control] {
            if queue.capacity() > 0 {
                *queue = VecDeque::new();
            }
        }
        if self.pieces.capacity() > 0 {
            self.pieces = VecDeque::new();
        }
        self.sending = Bytes::new();
    }

    /// Sends a WebSocket control frame or other bytes that are whole frames.
    pub fn send_raw(&mut self, frame: impl Into<Bytes>) {
        self.control.push_back(frame.into());
    }

    /// How many answers wait to be written: the driver reads no more requests while there are many.
    pub fn answers_waiting(&self) -> usize {
        self.control.len()
    }

    /// Answers a command.
    pub fn reply(&mut self, id: Option<&str>, answer: &Answer) {
        let run = self.replay.run_word();
        let frame = framed(|out| {
            native::reply(
                id,
                |body| {
                    body.applied(&answer.applied);
                    body.playback(&answer.playhead, run, answer.at, answer.wall);
                },
                out,
            );
        });
        self.control.push_back(frame);
    }

    /// Answers a ping.
    pub fn pong(&mut self, id: Option<&str>, payload: Option<&str>, now: Instant) {
        let wall = self.replay.wall().at(now);
        self.control.push_back(framed(|out| native::reply(id, |body| body.pong(payload, wall), out)));
    }

    /// Refuses a request.
    pub fn refuse(&mut self, id: Option<&str>, rejection: &Rejection) {
        self.control.push_back(framed(|out| native::error(id, rejection, out)));
    }

    /// Follows something else from here on: answers, and tells the state of matches that were not followed before.
    pub fn subscribe(&mut self, id: Option<&str>, follow: Follow) {
        let frames = self.replay.frames().clone();
        self.cut_to_cue(&frames);
        let before = std::mem::replace(&mut self.follow, follow);
        self.control.push_back(framed(|out| native::reply(id, |_| {}, out)));
        if let Some(detail) = self.snapshot {
            let timeline = self.replay.timeline();
            let at = match self.planned.checked_sub(1) {
                Some(last) => timeline.cues()[last as usize].at,
                None => MediaTime::ZERO,
            };
            for track in self.follow.snapshots(timeline, at).into_iter().filter(|track| !before.follows(*track)) {
                self.control.push_back(frames.snapshot(track, self.planned as usize, detail));
            }
        }
    }

    /// Takes back what is on its way, but for the rest of a cue that has been begun.
    fn cut_to_cue(&mut self, frames: &Frames) {
        match self.pieces.front_mut() {
            Some(Piece::Shared { segment, pos, end }) => {
                let encoded = frames.segment(*segment);
                let whole = encoded.whole_cues(*pos);
                if encoded.end_of(whole) == *pos {
                    self.pieces.clear();
                    self.planned = self.next;
                } else {
                    *end = (*end).min(encoded.end_of(whole + 1));
                    let planned = *segment * SEGMENT_CUES + whole + 1;
                    self.planned = u32::try_from(planned).unwrap_or(u32::MAX);
                    self.pieces.truncate(1);
                }
            }
            Some(Piece::Own { cue, begun: true, .. }) => {
                self.planned = *cue + 1;
                self.pieces.truncate(1);
            }
            _ => {
                self.pieces.clear();
                self.planned = self.next;
            }
        }
    }

    /// The replay that it follows.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// How many bytes the outlet has taken: the measure of progress.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// How many cues it is behind.
    pub fn lag(&self, view: &View) -> u32 {
        match view.playhead.epoch == self.epoch {
            true => view.playhead.head.saturating_sub(self.next),
            false => view.playhead.head.saturating_sub(view.playhead.start),
        }
    }
}

enum Owed {
    Something,
    /// More may be found, but others should have their turn first.
    Later,
    Nothing,
}

/// A text frame, header and all.
fn framed(fill: impl FnOnce(&mut Vec<u8>)) -> Bytes {
    let (mut text, mut frame) = (Vec::new(), Vec::new());
    fill(&mut text);
    text_frame(&mut frame, &text);
    frame.into()
}
