//! What one subscriber is owed next, decided without I/O.
//!
//! An [`Outbound`] is a cursor in an epoch and the rest of what it has begun to send. It looks at the replay's view and
//! writes through an [`Outlet`] until nothing is owed or the outlet is full. Events are lossless and in order; status is
//! latest-wins: what has become stale before it could be sent is never sent. Nothing else writes to a subscriber.

mod answers;
mod backlog;
mod sending;
mod telling;
mod terms;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use self::backlog::{Backlog, kinds_after, told_after};
use self::sending::Sending;
use self::telling::{Stamp, Telling};
pub use self::terms::{Join, Terms, TickRate};
use super::audience::Told;
use super::close::CloseCode;
use super::cursor::{Cursor, Since};
use super::frame::Frame;
use super::framing::{Pen, Wire};
use super::replay::Replay;
use super::segment::FrameKind;
use super::state_frame::StateKey;
use super::tick::Tick;
use super::token::Token;
use super::view::View;
use crate::dialect::native::{self, Hello, Resumed};
use crate::playback::{ChangeCause, Playhead};

/// How much one call of [`Outbound::pump`] writes at most, so that one reader's backlog does not keep others waiting.
const PASS_BYTES: usize = 256 << 10;
/// After how many bytes of snapshots and tables it gives way likewise: to encode them takes longer than to write them.
const PASS_STATES: usize = 128 << 10;
/// How many cues it looks at likewise: a filter may pass over most of them. It gives way in front of one and the same cue
/// whichever frames were encoded before, for copies have to write the same at the same turn.
const PASS_CUES: u32 = 8_192;

/// From how many matches on hello takes over what it tells of them, rather than write it anew.
const SHARED_LINES: usize = 64;

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

/// What has been written so far. What a call of [`Outbound::pump`] has written is the difference to before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sent {
    /// Frames of `touchline.v1`, each once its last byte is out. Events that are made for this subscriber (stamped ones, for
    /// instance) count together with the table and the end that come with them.
    pub frames: u64,
    /// All bytes that the outlet has taken: the measure of progress.
    pub bytes: u64,
    /// How often it was more than a lap behind, and was cut over to the present.
    pub resyncs: u64,
}

impl Sent {
    /// What of it was written after that.
    pub fn since(self, before: Self) -> Self {
        Self {
            frames: self.frames - before.frames,
            bytes: self.bytes - before.bytes,
            resyncs: self.resyncs - before.resyncs,
        }
    }
}

/// One subscriber's side of a replay, or that of many who are in the same place on the same terms: what it writes is a
/// function of what it is and of the view. A clone is owed what the original is owed.
#[derive(Debug, Clone)]
pub struct Outbound {
    replay: Replay,
    terms: Arc<Terms>,
    /// The epoch that it is in.
    epoch: u64,
    /// The events on their way, and the cursor.
    backlog: Backlog,
    /// Where it began in that: what lies before has been told by snapshots, if at all.
    joined: u32,
    /// The version of playback that it knows.
    version: u64,
    /// The tick that it knows.
    tick: u64,
    /// The rest of a frame that has been begun (or is about to be): goes before all else.
    sending: Sending,
    /// What opens an epoch; a later epoch replaces it.
    opening: VecDeque<Opening>,
    /// Answers; never dropped.
    control: VecDeque<Wire>,
    /// States of matches that are followed from now on; those of a later epoch replace them.
    news: VecDeque<StateKey>,
    /// The goodbye, once it is due; nothing follows it.
    farewell: Option<Wire>,
    said_goodbye: bool,
    sent: Sent,
}

/// A frame of those that open an epoch. It is encoded when its turn comes: there may be hundreds, of half a megabyte each.
#[derive(Debug, Clone)]
enum Opening {
    /// The change of playback that began the epoch. It tells of the instant of that change, whenever it is encoded.
    Playback(Box<Frame>),
    State(StateKey),
    /// What is told after the event of a cue, with the same number.
    After(FrameKind, u32),
    /// A tick of the moment at which it is encoded.
    Tick,
}

impl Outbound {
    /// Joins a replay: owed are hello, snapshots, and what follows; see `docs/protocol.md`, "What arrives, in order".
    pub fn join(replay: Replay, join: Join, view: &View, now: Instant) -> Self {
        let playhead = view.playhead;
        let (resumed, next) = match &join.since {
            None => (Resumed::Fresh, playhead.head),
            Some(Since::Start) => (Resumed::Fresh, 0),
            Some(Since::Cursor(Cursor { run, epoch, n, replay: named })) => {
                let of_this = named.as_deref().is_none_or(|name| name == replay.name()) && *run == replay.run();
                match of_this && *epoch == playhead.epoch && *n <= playhead.head {
                    true => (Resumed::Ok, *n),
                    false => (Resumed::Reset, playhead.head),
                }
            }
        };
        let mut outbound = Self {
            epoch: playhead.epoch,
            backlog: Backlog::at(next),
            joined: next,
            version: playhead.version,
            tick: view.tick.as_ref().map_or(0, |tick| tick.serial),
            terms: Arc::new(join.terms),
            sending: Sending::default(),
            opening: VecDeque::new(),
            control: VecDeque::new(),
            news: VecDeque::new(),
            farewell: None,
            said_goodbye: false,
            sent: Sent::default(),
            replay,
        };
        let replay = &outbound.replay;
        let tracks: Vec<usize> = outbound.terms.follow.tracks(replay.timeline()).collect();
        let kickoff_moved = replay.kickoff_moved();
        let many = tracks.len() > SHARED_LINES;
        let lines = many.then(|| replay.frames().state(StateKey::Matches { kickoff_moved }));
        let hello = Hello {
            replay: replay.name(),
            status: replay.whereabouts(view, now),
            subscriber: join.subscriber,
            control: join.control && outbound.terms.framing.is_two_way(),
            token: join.token.as_ref().map(Token::reveal),
            resumed,
            tracks: &tracks,
            lines: lines.as_ref().map(|lines| lines.text()),
            kickoff_moved,
        };
        // Not with what opens the epoch: it is the first frame even if another epoch has begun meanwhile.
        let hello = Frame::of(|out| native::hello(replay.timeline(), &hello, out));
        outbound.sending = outbound.pen().wire(hello).after(outbound.terms.framing.preamble()).into();
        if resumed != Resumed::Ok {
            outbound.open_states(next, &playhead, now);
        } else if let Some(last) = next.checked_sub(1) {
            // Its cursor names the event; what came after that with the same number may have been cut off.
            let kinds = kinds_after(last, &outbound.terms.follow, outbound.replay.timeline());
            outbound.opening.extend(kinds.map(|kind| Opening::After(kind, last)));
        }
        outbound
    }

    /// Has something sent before all else. To be called before the first [`Self::pump`].
    pub fn greet(&mut self, greeting: &[u8]) {
        if let Sending::Own(hello) = &mut self.sending {
            *hello = std::mem::take(hello).after(greeting);
        }
    }

    /// What frames its frames.
    fn pen(&self) -> Pen {
        let replay = self.terms.names_replay.then(|| self.replay.name().into());
        Pen {
            framing: self.terms.framing,
            cursor: Cursor { run: self.replay.run(), epoch: self.epoch, n: self.backlog.next(), replay },
        }
    }

    /// Snapshots, tables and a tick after `index` cues, for a reader that begins there.
    fn open_states(&mut self, index: u32, playhead: &Playhead, now: Instant) {
        let index = index as usize;
        let timeline = self.replay.timeline();
        let Terms { follow, ticks, snapshot, .. } = &*self.terms;
        if let Some(detail) = *snapshot {
            let tracks = follow.snapshots(timeline, playhead.clock.media_time(now)).into_iter();
            self.opening.extend(tracks.map(|track| Opening::State(StateKey::Snapshot { track, index, detail })));
            let tables = (0..timeline.tables().len()).filter(|table| follow.wants_table(*table));
            self.opening.extend(tables.map(|table| Opening::State(StateKey::Table { table, index })));
        }
        if *ticks != TickRate::Off {
            self.opening.push_back(Opening::Tick);
        }
    }

    /// A tick of this moment for a reader that has just been told the states. `None` where events follow at once: it would
    /// tell of a moment that they come before.
    fn opening_tick(&self, view: &View, now: Instant) -> Option<Wire> {
        let playhead = &view.playhead;
        if (playhead.epoch, playhead.head) != (self.epoch, self.backlog.next()) {
            return None;
        }
        let tick = Tick::now(playhead, now, self.replay.wall());
        Some(self.pen().wire(tick.frame(self.replay.timeline(), &self.terms.follow, false)))
    }

    /// Writes what is owed, as far as the outlet takes it.
    pub fn pump(&mut self, view: &View, now: Instant, outlet: &mut impl Outlet) -> io::Result<Progress> {
        let frames = self.replay.frames().clone();
        let (mut budget, mut states) = (PASS_BYTES, 0);
        let mut began = (self.epoch, self.backlog.planned());
        loop {
            let begun = self.backlog.begun(&frames);
            if self.sending.is_empty() && !begun {
                if self.said_goodbye {
                    return Ok(Progress::Finished);
                }
                self.cut_if_stale(view, now);
                self.take_single(view, now);
            }
            let written = if !self.sending.is_empty() {
                states += self.sending.prepare(&frames);
                self.sending.write(outlet)
            } else if !self.backlog.is_empty() {
                self.backlog.write(&frames, begun && self.interrupted(view), budget, outlet)
            } else {
                if began.0 != self.epoch {
                    began = (self.epoch, self.backlog.planned());
                }
                match self.next_owed(view, now, began.1.saturating_add(PASS_CUES)) {
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
                    let whole = match self.sending.is_empty() {
                        true => self.backlog.advance(written, &frames),
                        false => self.sending.advance(written),
                    };
                    self.sent.frames += u64::from(whole);
                    self.sent.bytes += written as u64;
                    budget = budget.saturating_sub(written);
                    if budget == 0 || states >= PASS_STATES && self.sending.is_empty() {
                        return Ok(Progress::More);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if frames.shelf().has_too_many_states() {
                        self.sending.let_go();
                    }
                    return Ok(Progress::Blocked);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Whether something is to come after the frame that has been begun, before the rest of the events.
    fn interrupted(&self, view: &View) -> bool {
        !self.opening.is_empty()
            || !self.control.is_empty()
            || !self.news.is_empty()
            || self.farewell.is_some()
            || view.playhead.epoch != self.epoch
            || view.stopping.is_some_and(|stopping| !stopping.drain)
    }

    /// Takes the next single frame that goes before the events on their way.
    fn take_single(&mut self, view: &View, now: Instant) {
        if let Some(stopping) = view.stopping.filter(|stopping| !stopping.drain) {
            self.close(stopping.code);
        }
        if let Some(farewell) = self.farewell.take() {
            self.said_goodbye = true;
            self.opening.clear();
            self.news.clear();
            self.backlog.clear();
            self.sending = farewell.into();
            return;
        }
        let framing = self.terms.framing;
        while let Some(opening) = self.opening.pop_front() {
            self.sending = match opening {
                Opening::Playback(frame) => self.pen().wire(*frame).into(),
                Opening::State(key) => Sending::state(key, framing),
                Opening::After(kind, cue) => self.pen().wire(told_after(kind, cue, self.replay.timeline())).into(),
                Opening::Tick => match self.opening_tick(view, now) {
                    Some(tick) => tick.into(),
                    None => continue,
                },
            };
            return;
        }
        if let Some(answer) = self.control.pop_front() {
            self.sending = answer.into();
        } else if let Some(key) = self.news.pop_front() {
            self.sending = Sending::state(key, framing);
        }
    }

    /// Says goodbye as soon as the frame under way is finished; what was owed beyond it is dropped, answers apart.
    pub fn close(&mut self, code: CloseCode) {
        let farewell = self.terms.framing.farewell(code);
        self.part_with(match code {
            // Whoever was told no place by then would come back as a stranger, for another replay from the beginning.
            CloseCode::Ended | CloseCode::Gone if self.terms.names_replay => farewell.after(&self.pen().place_line()),
            _ => farewell,
        });
    }

    /// The same with the close frame of a WebSocket that is ready.
    pub fn close_with(&mut self, frame: impl Into<Bytes>) {
        self.part_with(Wire::raw(frame));
    }

    fn part_with(&mut self, farewell: Wire) {
        if !self.is_closing() {
            self.farewell = Some(Wire::joined(self.control.drain(..).chain([farewell])));
        }
    }

    /// A new epoch has begun: what was not yet sent of the old one is dropped, but for the rest of a frame and, after a
    /// loop, the rest of the lap.
    fn cut_if_stale(&mut self, view: &View, now: Instant) {
        let playhead = &view.playhead;
        if playhead.epoch == self.epoch || self.limit(playhead) > self.backlog.next() {
            return;
        }
        let lapped = playhead.previous_lap.is_some_and(|previous_lap| previous_lap.epoch != self.epoch);
        if lapped {
            self.sent.resyncs += 1;
        }
        self.opening.clear();
        self.news.clear();
        self.epoch = playhead.epoch;
        self.backlog = Backlog::at(playhead.start);
        self.joined = playhead.start;
        // What has changed since its first cue is told after the cues before that.
        let opening = playhead.at_epoch_start();
        let cause = if lapped { ChangeCause::Resync } else { opening.cause };
        let (pace, by) = (view.epoch_start_pace.as_deref(), view.opened_by.as_deref());
        self.opening.push_back(Opening::Playback(self.playback_frame(&opening, pace, cause, by).into()));
        self.version = opening.version;
        self.open_states(playhead.start, playhead, now);
    }

    /// The cue before which its events end for now.
    fn limit(&self, playhead: &Playhead) -> u32 {
        if playhead.epoch == self.epoch {
            // A change of playback is told between the events before it and those after.
            return if playhead.version == self.version { playhead.head } else { playhead.version_head };
        }
        match playhead.previous_lap {
            Some(previous_lap) if previous_lap.epoch == self.epoch => previous_lap.head,
            _ => 0,
        }
    }

    fn playback_frame(&self, playhead: &Playhead, pace: Option<&str>, cause: ChangeCause, by: Option<&str>) -> Frame {
        let status = self.replay.located(playhead, pace, playhead.clock.instant);
        Frame::of(|out| native::playback(&status, cause.as_str(), by, out))
    }

    /// Finds what is owed after all that is under way: more events, but not beyond the cue `stop` for now; a change of
    /// playback, a tick, the goodbye.
    fn next_owed(&mut self, view: &View, now: Instant, stop: u32) -> Owed {
        let playhead = &view.playhead;
        let limit = self.limit(playhead);
        if self.backlog.planned() < limit {
            if self.backlog.planned() >= stop {
                return Owed::Later;
            }
            let pen = self.pen();
            let stamp = self.terms.stamp.then_some(Stamp { replay: &self.replay, epoch: self.epoch });
            let telling = Telling { follow: &self.terms.follow, stamp, pen };
            self.backlog.plan(limit.min(stop), telling, self.replay.frames());
            return Owed::Something;
        }
        if playhead.epoch != self.epoch {
            self.cut_if_stale(view, now);
            return Owed::Something;
        }
        if playhead.version != self.version {
            self.version = playhead.version;
            let (pace, by) = (view.pace.as_deref(), view.by.as_deref());
            self.sending = self.pen().wire(self.playback_frame(playhead, pace, playhead.cause, by)).into();
            return Owed::Something;
        }
        if let Some(tick) = &view.tick
            && (tick.epoch, tick.n) == (self.epoch, self.backlog.next())
            && self.wants(tick)
        {
            let others = self.replay.subscribers() > 1;
            let frame = tick.frame(self.replay.timeline(), &self.terms.follow, others);
            self.sending = self.pen().wire(frame).into();
            return Owed::Something;
        }
        if let Some(stopping) = view.stopping {
            self.close(stopping.code);
            return Owed::Something;
        }
        Owed::Nothing
    }

    /// Whether a tick is wanted; it is so once.
    fn wants(&mut self, tick: &Tick) -> bool {
        let seen = std::mem::replace(&mut self.tick, tick.serial) == tick.serial;
        !seen && self.takes(tick)
    }

    fn takes(&self, tick: &Tick) -> bool {
        match self.terms.ticks {
            TickRate::Off => false,
            TickRate::Usual => true,
            TickRate::Slow => tick.slow || tick.asked,
        }
    }

    /// Whether all that it has written since it was `before` is a tick of the view, and one that nobody has asked for. Holds
    /// where it is owed nothing more.
    pub fn wrote_only_a_tick_since(&self, before: &Self, view: &View) -> bool {
        self.sent.frames == before.sent.frames + 1
            && view.tick.as_ref().is_some_and(|tick| {
                // Its number was noted when it was due, and a tick that is wanted then is written.
                tick.serial == self.tick && self.tick != before.tick && self.takes(tick) && !tick.asked
            })
    }

    /// Sends a tick before all else: this is a clone for a reader that lacks the last tick which the original has written.
    pub fn send_tick_again(&mut self, tick: Bytes) {
        debug_assert!(self.sending.is_empty());
        self.sending = Wire { bytes: tick, frames: 1 }.into();
    }

    /// Gives back what a burst has needed.
    fn rest(&mut self) {
        // They are empty: nothing is owed.
        (self.opening, self.control, self.news) = Default::default();
        self.backlog.rest();
        self.sending = Sending::default();
    }

    /// Sends a control frame of a WebSocket that is ready: a pong.
    pub fn send_raw(&mut self, frame: impl Into<Bytes>) {
        self.control.push_back(Wire::raw(frame));
    }

    /// Sends what keeps the connection alive, where its framing has such a thing.
    pub fn keep_alive(&mut self) {
        self.control.extend(self.terms.framing.keep_alive().map(Wire::raw));
    }

    /// Whether its goodbye is due or written, so that nothing that is said to it counts any more.
    pub fn is_closing(&self) -> bool {
        self.said_goodbye || self.farewell.is_some()
    }

    /// What it wants.
    pub fn terms(&self) -> &Arc<Terms> {
        &self.terms
    }

    /// The replay that it follows.
    pub fn replay(&self) -> &Replay {
        &self.replay
    }

    /// What it has been sent, once it is owed nothing more.
    pub fn told(&self) -> Told {
        Told {
            version: self.version,
            epoch: self.epoch,
            n: self.backlog.next(),
            last: self.backlog.last_event(),
            joined: self.joined,
        }
    }

    /// What has been written so far. A clone goes on counting from there.
    pub fn sent(&self) -> Sent {
        self.sent
    }

    /// How many cues have been released that it has still to come to, followed or not. Those of an epoch that it is to be cut
    /// off from do not count; the rest of a lap does. Nothing after the goodbye.
    pub fn lag(&self, view: &View) -> u32 {
        let playhead = &view.playhead;
        if self.is_closing() {
            return 0;
        }
        if playhead.epoch == self.epoch {
            return playhead.head.saturating_sub(self.backlog.next());
        }
        let rest_of_lap = self.limit(playhead).saturating_sub(self.backlog.next());
        rest_of_lap + playhead.head.saturating_sub(playhead.start)
    }
}

enum Owed {
    Something,
    /// More may be found, but others should have their turn first.
    Later,
    Nothing,
}
