//! The events on their way to one subscriber: which frames, and how far they have been written.
//!
//! Frames are taken from shared segments by reference, as they lie there for WebSockets. Only frames that are the
//! subscriber's own (stamped ones, those in another framing) are held here, and not many at a time; whole backlogs of shared
//! ones are a few numbers.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::Outlet;
use super::telling::Telling;
use crate::hub::follow::Follow;
use crate::hub::frame::Frame;
use crate::hub::frames::{ALONE, Frames, Stand};
use crate::hub::segment::{FrameKind, SEGMENT_CUES, Segment};
use crate::scenario::{Cue, Timeline};

/// How many runs of frames are put together for one write where a filter leaves holes.
const RUNS: usize = 64;
/// How many bytes of frames are made for one subscriber before some of them are written.
const OWN_BYTES: usize = 32 << 10;
/// Of how many cues at most that a filter leaves of a segment each is encoded by itself, rather than the segment.
const SPARSE: usize = SEGMENT_CUES / 8;

/// Frames on their way, in order. A piece is begun when part of a frame of it has been written.
#[derive(Debug, Clone)]
enum Piece {
    /// A run of bytes of a segment: whole frames, of which all before `pos` has been written.
    Shared { stand: Stand, pos: usize, end: usize },
    /// The frames of one cue, made for this subscriber, how many they are, and whether its event is one of them.
    Own { frames: Bytes, count: u32, cue: u32, event: bool, begun: bool },
}

/// Which frames of a cue a reader is owed.
struct Owed {
    event: bool,
    table: bool,
    end_of_match: bool,
}

impl Owed {
    fn of(cue: &Cue, follow: &Follow) -> Self {
        Self {
            event: follow.wants(cue),
            table: cue.table.is_some_and(|table| follow.wants_table(table.into())),
            end_of_match: cue.last && follow.follows(cue.track.into()),
        }
    }

    fn anything(&self) -> bool {
        self.event || self.table || self.end_of_match
    }

    fn includes(&self, kind: FrameKind) -> bool {
        match kind {
            FrameKind::Event => self.event,
            FrameKind::Table => self.table,
            FrameKind::End => self.end_of_match,
        }
    }
}

/// What a reader is owed after the event of a cue, with the same number: the table, the end of the match.
pub(super) fn kinds_after(index: u32, follow: &Follow, timeline: &Timeline) -> impl Iterator<Item = FrameKind> + use<> {
    let owed = Owed::of(&timeline.cues()[index as usize], follow);
    [FrameKind::Table, FrameKind::End].into_iter().filter(move |kind| owed.includes(*kind))
}

/// That frame of a cue.
pub(super) fn told_after(kind: FrameKind, index: u32, timeline: &Timeline) -> Frame {
    let alone = Segment::encode(timeline, index as usize, 1);
    let told = alone.frames_of(0).find(|frame| alone.kind(*frame) == kind);
    Frame::of(|out| out.extend_from_slice(told.map_or(&[][..], |frame| alone.text(frame))))
}

/// A cursor, and the frames between it and where planning has come to.
#[derive(Debug, Clone)]
pub(super) struct Backlog {
    /// The cue before which everything followed has been written.
    next: u32,
    /// The cue after the last that is in `pieces` or was passed over; `next` where there are none.
    planned: u32,
    /// The number of the last event that has been written; 0: none has.
    last_event: u32,
    pieces: VecDeque<Piece>,
}

impl Backlog {
    /// Nothing on its way; the cursor stands before this cue.
    pub(super) fn at(next: u32) -> Self {
        Self { next, planned: next, last_event: 0, pieces: VecDeque::new() }
    }

    /// The number of the last event that has been written, whatever was followed then; 0: none has been.
    pub(super) fn last_event(&self) -> u32 {
        self.last_event
    }

    /// The cue before which everything followed has been written.
    pub(super) fn next(&self) -> u32 {
        self.next
    }

    /// The cue that planning has come to.
    pub(super) fn planned(&self) -> u32 {
        self.planned
    }

    /// Whether nothing is on its way.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Drops what is on its way.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
    }

    /// Gives back what a burst has needed.
    pub(super) fn rest(&mut self) {
        if self.pieces.is_empty() && self.pieces.capacity() > 0 {
            self.pieces = VecDeque::new();
        }
    }

    /// Whether part of a frame of the first piece has been written, so that nothing may come between.
    pub(super) fn begun(&self, frames: &Arc<Frames>) -> bool {
        match self.pieces.front() {
            Some(Piece::Shared { stand, pos, .. }) => frames.segment(stand.segment()).frame_end(*pos) != *pos,
            Some(Piece::Own { begun, .. }) => *begun,
            None => false,
        }
    }

    /// Puts events on their way, up to `limit`.
    pub(super) fn plan(&mut self, limit: u32, mut telling: Telling<'_>, frames: &Arc<Frames>) {
        let (timeline, follow) = (frames.timeline(), telling.follow);
        let start = self.planned as usize;
        let end = limit as usize;
        let (mut at, mut made) = (start, 0);
        // Of which segment it is known whether the filter leaves little of it.
        let mut sparse = (usize::MAX, false);
        while at < end && self.pieces.len() < RUNS && made < OWN_BYTES {
            let (index, first) = (at / SEGMENT_CUES, at % SEGMENT_CUES);
            let stop = end.min((index + 1) * SEGMENT_CUES);
            let anything = |cue| Owed::of(&timeline.cues()[cue], follow).anything();
            if stop - at <= ALONE
                && (at..stop).any(anything)
                && let Some((from, encoded)) = frames.at_head(at..stop)
            {
                for cue in at..stop {
                    made += self.plan_own(&encoded, cue - from, cue, &mut telling, timeline);
                }
                at = stop;
                continue;
            }
            if follow.everything() && telling.takes_shared() {
                let segment = frames.segment(index);
                let (pos, end) = (segment.end_of(first), segment.end_of(stop - index * SEGMENT_CUES));
                self.pieces.push_back(Piece::Shared { stand: frames.stand(index), pos, end });
                at = stop;
                continue;
            }
            // Cues whose match is not followed are passed over without being encoded.
            let cue = &timeline.cues()[at];
            let owed = Owed::of(cue, follow);
            if owed.anything() {
                if sparse.0 != index {
                    sparse = (index, (at..stop).filter(|cue| anything(*cue)).count() <= SPARSE);
                }
                if sparse.1
                    && let Some(alone) = frames.alone(at..at + 1)
                {
                    made += self.plan_own(&alone, 0, at, &mut telling, timeline);
                    at += 1;
                    continue;
                }
                let segment = frames.segment(index);
                if telling.makes_own(owed.event) {
                    made += self.plan_own(&segment, first, at, &mut telling, timeline);
                } else {
                    let wanted = segment.frames_of(first).filter(|frame| owed.includes(segment.kind(*frame)));
                    wanted.for_each(|frame| self.plan_frame(frames, index, segment.wire(frame)));
                }
            }
            at += 1;
        }
        self.planned = u32::try_from(at).unwrap_or(u32::MAX);
        if self.pieces.is_empty() {
            self.next = self.planned;
        }
    }

    /// Puts on its way what is owed of a cue, which is the `place`th of the segment, as a piece of its own. Tells how many
    /// bytes that is.
    fn plan_own(
        &mut self,
        segment: &Segment,
        place: usize,
        cue: usize,
        telling: &mut Telling<'_>,
        timeline: &Timeline,
    ) -> usize {
        let owed = Owed::of(&timeline.cues()[cue], telling.follow);
        let cue = u32::try_from(cue).unwrap_or(u32::MAX);
        let (mut out, mut count) = (Vec::new(), 0);
        for frame in segment.frames_of(place).filter(|frame| owed.includes(segment.kind(*frame))) {
            telling.write(&mut out, segment.text(frame), segment.kind(frame), cue);
            count += 1;
        }
        let bytes = out.len();
        if count > 0 {
            self.pieces.push_back(Piece::Own { frames: out.into(), count, cue, event: owed.event, begun: false });
        }
        bytes
    }

    fn plan_frame(&mut self, frames: &Arc<Frames>, index: usize, wire: Range<usize>) {
        match self.pieces.back_mut() {
            Some(Piece::Shared { stand, end, .. }) if stand.segment() == index && *end == wire.start => *end = wire.end,
            _ => self.pieces.push_back(Piece::Shared { stand: frames.stand(index), pos: wire.start, end: wire.end }),
        }
    }

    /// Writes as much as may go out, at most so many bytes: only the rest of a frame where something is to come after it.
    pub(super) fn write(
        &self,
        frames: &Arc<Frames>,
        interrupted: bool,
        mut at_most: usize,
        outlet: &mut impl Outlet,
    ) -> io::Result<usize> {
        let count = if interrupted { 1 } else { self.pieces.len().min(RUNS) };
        // Held while their bytes are written: they may have to make room meanwhile.
        let mut segments = [const { None }; RUNS];
        for (segment, piece) in segments.iter_mut().zip(self.pieces.iter().take(count)) {
            if let Piece::Shared { stand, .. } = piece {
                *segment = Some(frames.segment(stand.segment()));
            }
        }
        let mut buffers = [IoSlice::new(&[]); RUNS];
        for ((buffer, segment), piece) in buffers.iter_mut().zip(&segments).zip(self.pieces.iter().take(count)) {
            let bytes = match (piece, segment) {
                (Piece::Shared { pos, end, .. }, Some(segment)) => {
                    let end = if interrupted { segment.frame_end(*pos).min(*end) } else { *end };
                    &segment.bytes()[*pos..end]
                }
                (Piece::Own { frames, .. }, _) => &frames[..],
                (Piece::Shared { .. }, None) => continue,
            };
            let bytes = &bytes[..bytes.len().min(at_most)];
            at_most -= bytes.len();
            *buffer = IoSlice::new(bytes);
        }
        outlet.try_write_vectored(&buffers[..count])
    }

    /// Notes that so many bytes have been written. Tells how many frames are whole with them.
    pub(super) fn advance(&mut self, mut written: usize, frames: &Arc<Frames>) -> u32 {
        let mut ended = 0;
        while written > 0
            && let Some(piece) = self.pieces.front_mut()
        {
            match piece {
                Piece::Shared { stand, pos, end } => {
                    let step = written.min(*end - *pos);
                    *pos += step;
                    written -= step;
                    let segment = frames.segment(stand.segment());
                    ended += segment.frames_ended(*pos - step, *pos);
                    let first = stand.segment() * SEGMENT_CUES;
                    if let Some(event) = segment.last_event(*pos - step, *pos) {
                        self.last_event = u32::try_from(first + event + 1).unwrap_or(u32::MAX);
                    }
                    let whole = first + segment.whole_cues(*pos);
                    self.next = self.next.max(u32::try_from(whole).unwrap_or(u32::MAX));
                    if pos < end {
                        break;
                    }
                }
                Piece::Own { frames, count, cue, event, begun } => {
                    let step = written.min(frames.len());
                    frames.advance(step);
                    *begun = true;
                    written -= step;
                    if !frames.is_empty() {
                        break;
                    }
                    ended += *count as usize;
                    if *event {
                        self.last_event = *cue + 1;
                    }
                    self.next = self.next.max(*cue + 1);
                }
            }
            self.pieces.pop_front();
        }
        if self.pieces.is_empty() {
            self.next = self.planned;
        }
        u32::try_from(ended).unwrap_or(u32::MAX)
    }

    /// Takes back what is on its way, but for the rest of a cue that has been begun.
    pub(super) fn cut_to_cue(&mut self, frames: &Arc<Frames>) {
        match self.pieces.front_mut() {
            Some(Piece::Shared { stand, pos, end }) => {
                let encoded = frames.segment(stand.segment());
                let whole = encoded.whole_cues(*pos);
                if encoded.end_of(whole) == *pos {
                    self.pieces.clear();
                    self.planned = self.next;
                } else {
                    *end = (*end).min(encoded.end_of(whole + 1));
                    let planned = stand.segment() * SEGMENT_CUES + whole + 1;
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::cursor::Cursor;
    use crate::hub::framing::{Framing, Pen};
    use crate::scenario::{SHIPPED, Scenario, merge};

    /// Takes all that it is offered, and notes how much that was.
    #[derive(Default)]
    struct Offered(Vec<usize>);

    impl Outlet for Offered {
        fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
            let bytes = buffers.iter().map(|buffer| buffer.len()).sum();
            self.0.push(bytes);
            Ok(bytes)
        }
    }

    #[test]
    fn of_a_long_backlog_in_another_framing_a_little_is_made_at_a_time_and_goes_out_together() {
        // Now and then thirty long ones in a row.
        let long = format!(r#""type":"x_drone","sees":"{}","#, "the pitch ".repeat(400));
        let copy = |at: usize| {
            let text = SHIPPED[0].text().replace(r#""type":"kick_off","#, &long);
            let text = text.replace("juv-nap", &format!("copy-{at}"));
            Scenario::parse("a copy", &text).expect("a scenario")
        };
        let season = merge((0..30).map(copy).collect()).expect("matches that differ");
        let timeline = Arc::new(Timeline::new(&season));
        let cues = u32::try_from(timeline.cues().len()).expect("a few");
        let frames = Frames::new(timeline, Arc::default());
        let follow = Follow::default();
        for framing in [Framing::Sse, Framing::Lines] {
            let (mut backlog, mut outlet) = (Backlog::at(0), Offered::default());
            let mut told = 0;
            while backlog.planned() < cues {
                let pen = Pen { framing, cursor: Cursor { run: 1, epoch: 1, n: 0, replay: None } };
                backlog.plan(cues, Telling { follow: &follow, stamp: None, pen }, &frames);
                let made = backlog.pieces.iter().map(|piece| match piece {
                    Piece::Own { frames, .. } => frames.len(),
                    Piece::Shared { .. } => panic!("in a WebSocket's framing"),
                });
                let (pieces, made) = (backlog.pieces.len(), made.sum::<usize>());
                // The last piece may go beyond.
                assert!(pieces <= RUNS && made < OWN_BYTES + 16_384, "{pieces} cues, {made} bytes");
                let written = backlog.write(&frames, false, usize::MAX, &mut outlet).expect("taken");
                told += backlog.advance(written, &frames);
                assert!(backlog.is_empty(), "in one write");
            }
            let (writes, bytes) = (outlet.0.len(), outlet.0.iter().sum::<usize>());
            assert!(bytes / writes > OWN_BYTES / 4, "{bytes} bytes in {writes} writes");
            let segments = frames.timeline().cues().len().div_ceil(SEGMENT_CUES);
            let marks = (0..segments).map(|segment| {
                let segment = frames.segment(segment);
                segment.frames_ended(0, segment.bytes().len())
            });
            assert_eq!(told as usize, marks.sum::<usize>());
        }
    }
}
