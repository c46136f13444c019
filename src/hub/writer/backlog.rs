//! The backlog of one subscriber: the events between its cursor and the head, and how far they have been written.
//!
//! Frames in shared segments are referred to, not copied: a long backlog is a few numbers. Only frames with bytes of the
//! subscriber's own (with emission times, or in another framing than WebSocket's) are held here, and not many at a time.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::sync::Arc;

use bytes::{Buf, Bytes};

use super::TryWrite;
use super::frame_writer::FrameWriter;
use crate::hub::filter::Filter;
use crate::hub::frame::Frame;
use crate::hub::frame_cache::{FrameCache, SINGLE_CUES, SegmentPin};
use crate::hub::segment::{FrameKind, SEGMENT_CUES, Segment};
use crate::scenario::{Cue, Timeline};

/// The most pieces that are planned_until and written together.
const MAX_PIECES: usize = 64;
/// The bytes of frames encoded for one subscriber after which planning stops until some are written.
const OWN_BYTES: usize = 32 << 10;
/// Where a filter selects at most so many cues of a segment, each is encoded singly rather than the whole segment.
const SPARSE: usize = SEGMENT_CUES / 8;

/// Frames to be written, in order. A piece is begun when part of a frame of it has been written.
#[derive(Debug, Clone)]
enum Piece {
    /// A range of bytes of a segment: whole frames. All before `pos` has been written.
    Shared { pin: SegmentPin, pos: usize, end: usize },
    /// The frames of one cue, encoded for this subscriber, their number, and whether the event is one of them.
    Own { frames: Bytes, count: u32, cue: u32, event: bool, begun: bool },
}

/// Which frames of a cue a filter selects.
struct SelectedFrames {
    event: bool,
    table: bool,
    end_of_match: bool,
}

impl SelectedFrames {
    fn select(cue: &Cue, filter: &Filter) -> Self {
        Self {
            event: filter.selects(cue),
            table: cue.table.is_some_and(|table| filter.selects_table(table.into())),
            end_of_match: cue.last && filter.selects_track(cue.track.into()),
        }
    }

    fn selects_any(&self) -> bool {
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

/// The frames that follow the event of a cue with the same number: the table, the end of the match.
pub(super) fn frame_kinds_after(
    index: u32,
    filter: &Filter,
    timeline: &Timeline,
) -> impl Iterator<Item = FrameKind> + use<> {
    let selected = SelectedFrames::select(&timeline.cues()[index as usize], filter);
    [FrameKind::Table, FrameKind::End].into_iter().filter(move |kind| selected.includes(*kind))
}

/// A frame of a cue, encoded by itself.
pub(super) fn encode_frame_of_cue(kind: FrameKind, index: u32, timeline: &Timeline) -> Frame {
    let alone = Segment::encode(timeline, index as usize, 1);
    let found = alone.frame_range_of(0).find(|frame| alone.kind(*frame) == kind);
    Frame::encode(|out| out.extend_from_slice(found.map_or(&[][..], |frame| alone.text(frame))))
}

/// A cursor, and the frames planned after it.
#[derive(Debug, Clone)]
pub(super) struct Backlog {
    /// The cursor: all selected frames of cues before it have been written.
    pub(super) next: u32,
    /// The first cue that is neither in `pieces` nor passed over by the filter; equal to `next` if nothing is planned.
    pub(super) planned_until: u32,
    /// The number of the last event written, under whatever filter; 0: none has been.
    pub(super) last_event: u32,
    pieces: VecDeque<Piece>,
}

impl Backlog {
    /// An empty backlog with the cursor before cue `next`.
    pub(super) fn starting_at(next: u32) -> Self {
        Self { next, planned_until: next, last_event: 0, pieces: VecDeque::new() }
    }

    /// Whether no frame is planned_until.
    pub(super) fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Drops all planned_until frames.
    pub(super) fn clear(&mut self) {
        self.pieces.clear();
    }

    /// Frees the memory that a burst has needed.
    pub(super) fn shrink(&mut self) {
        if self.pieces.is_empty() && self.pieces.capacity() > 0 {
            self.pieces = VecDeque::new();
        }
    }

    /// Whether part of a frame of the first piece has been written, so that no other frame may come between.
    pub(super) fn is_mid_frame(&self, frames: &Arc<FrameCache>) -> bool {
        match self.pieces.front() {
            Some(Piece::Shared { pin, pos, .. }) => frames.segment(pin.segment).frame_end(*pos) != *pos,
            Some(Piece::Own { begun, .. }) => *begun,
            None => false,
        }
    }

    /// How many bytes are left to write of the frame that has been begun.
    pub(super) fn bytes_to_frame_end(&self, frames: &Arc<FrameCache>) -> usize {
        match self.pieces.front() {
            Some(Piece::Shared { pin, pos, .. }) => frames.segment(pin.segment).frame_end(*pos) - *pos,
            Some(Piece::Own { frames, begun: true, .. }) => frames.len(),
            Some(Piece::Own { .. }) | None => 0,
        }
    }

    /// Plans events up to cue `limit`.
    pub(super) fn plan(&mut self, limit: u32, mut frame_writer: FrameWriter<'_>, frames: &Arc<FrameCache>) {
        let (timeline, filter) = (frames.timeline(), &frame_writer.options.filter);
        let start = self.planned_until as usize;
        let end = limit as usize;
        let (mut at, mut made) = (start, 0);
        // The segment last examined, and whether the filter selects few of its cues.
        let mut sparse = (usize::MAX, false);
        while at < end && self.pieces.len() < MAX_PIECES && made < OWN_BYTES {
            let (index, first) = (at / SEGMENT_CUES, at % SEGMENT_CUES);
            let stop = end.min((index + 1) * SEGMENT_CUES);
            let anything_selected = |cue| SelectedFrames::select(&timeline.cues()[cue], filter).selects_any();
            if stop - at <= SINGLE_CUES
                && (at..stop).any(anything_selected)
                && let Some((from, encoded)) = frames.encode_at_head(at..stop)
            {
                for cue in at..stop {
                    made += self.plan_private_cue(&encoded, cue - from, cue, &mut frame_writer, timeline);
                }
                at = stop;
                continue;
            }
            if filter.selects_everything() && frame_writer.shares_segments() {
                let segment = frames.segment(index);
                let (pos, end) = (segment.end_of_cues(first), segment.end_of_cues(stop - index * SEGMENT_CUES));
                self.pieces.push_back(Piece::Shared { pin: frames.pin(index), pos, end });
                at = stop;
                continue;
            }
            // Cues of matches that are not followed are passed over without being encoded.
            let cue = &timeline.cues()[at];
            let selected = SelectedFrames::select(cue, filter);
            if selected.selects_any() {
                if sparse.0 != index {
                    sparse = (index, (at..stop).filter(|cue| anything_selected(*cue)).count() <= SPARSE);
                }
                if sparse.1
                    && let Some(alone) = frames.encode_singly(at..at + 1)
                {
                    made += self.plan_private_cue(&alone, 0, at, &mut frame_writer, timeline);
                    at += 1;
                    continue;
                }
                let segment = frames.segment(index);
                if frame_writer.needs_private_encoding(selected.event) {
                    made += self.plan_private_cue(&segment, first, at, &mut frame_writer, timeline);
                } else {
                    let wanted = segment.frame_range_of(first).filter(|frame| selected.includes(segment.kind(*frame)));
                    wanted.for_each(|frame| self.plan_frame(frames, index, segment.byte_range(frame)));
                }
            }
            at += 1;
        }
        self.planned_until = u32::try_from(at).unwrap_or(u32::MAX);
        if self.pieces.is_empty() {
            self.next = self.planned_until;
        }
    }

    /// Plans the selected frames of a cue as a piece of its own; `place` is its index in the segment. Returns the number of bytes.
    fn plan_private_cue(
        &mut self,
        segment: &Segment,
        place: usize,
        cue: usize,
        frame_writer: &mut FrameWriter<'_>,
        timeline: &Timeline,
    ) -> usize {
        let selected = SelectedFrames::select(&timeline.cues()[cue], &frame_writer.options.filter);
        let cue = u32::try_from(cue).unwrap_or(u32::MAX);
        let (mut out, mut count) = (Vec::new(), 0);
        for frame in segment.frame_range_of(place).filter(|frame| selected.includes(segment.kind(*frame))) {
            frame_writer.write(&mut out, segment.text(frame), segment.kind(frame), cue);
            count += 1;
        }
        let bytes = out.len();
        if count > 0 {
            self.pieces.push_back(Piece::Own { frames: out.into(), count, cue, event: selected.event, begun: false });
        }
        bytes
    }

    fn plan_frame(&mut self, frames: &Arc<FrameCache>, index: usize, byte_range: Range<usize>) {
        match self.pieces.back_mut() {
            Some(Piece::Shared { pin, end, .. }) if pin.segment == index && *end == byte_range.start => {
                *end = byte_range.end
            }
            _ => self.pieces.push_back(Piece::Shared {
                pin: frames.pin(index),
                pos: byte_range.start,
                end: byte_range.end,
            }),
        }
    }

    /// Writes at most `at_most` bytes. If `interrupted`, only the rest of a frame, because another frame must follow it.
    pub(super) fn write(
        &self,
        frames: &Arc<FrameCache>,
        interrupted: bool,
        mut at_most: usize,
        sink: &mut impl TryWrite,
    ) -> io::Result<usize> {
        let count = if interrupted { 1 } else { self.pieces.len().min(MAX_PIECES) };
        // Held while their bytes are written, because they may be evicted meanwhile.
        let mut segments = [const { None }; MAX_PIECES];
        for (segment, piece) in segments.iter_mut().zip(self.pieces.iter().take(count)) {
            if let Piece::Shared { pin, .. } = piece {
                *segment = Some(frames.segment(pin.segment));
            }
        }
        let mut buffers = [IoSlice::new(&[]); MAX_PIECES];
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
        sink.try_write_vectored(&buffers[..count])
    }

    /// Removes bytes that have been written. Returns the number of frames that are complete with them.
    pub(super) fn advance(&mut self, mut written: usize, frames: &Arc<FrameCache>) -> u32 {
        let mut ended = 0;
        while written > 0
            && let Some(piece) = self.pieces.front_mut()
        {
            match piece {
                Piece::Shared { pin, pos, end } => {
                    let step = written.min(*end - *pos);
                    *pos += step;
                    written -= step;
                    let segment = frames.segment(pin.segment);
                    ended += segment.completed_frame_count(*pos - step, *pos);
                    let first = pin.segment * SEGMENT_CUES;
                    if let Some(event) = segment.last_event(*pos - step, *pos) {
                        self.last_event = u32::try_from(first + event + 1).unwrap_or(u32::MAX);
                    }
                    let whole = first + segment.complete_cue_count(*pos);
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
            self.next = self.planned_until;
        }
        u32::try_from(ended).unwrap_or(u32::MAX)
    }

    /// Drops all planned_until frames but the rest of a cue that has been begun.
    pub(super) fn discard_after_current_cue(&mut self, frames: &Arc<FrameCache>) {
        match self.pieces.front_mut() {
            Some(Piece::Shared { pin, pos, end }) => {
                let encoded = frames.segment(pin.segment);
                let whole = encoded.complete_cue_count(*pos);
                if encoded.end_of_cues(whole) == *pos {
                    self.pieces.clear();
                    self.planned_until = self.next;
                } else {
                    *end = (*end).min(encoded.end_of_cues(whole + 1));
                    let planned_until = pin.segment * SEGMENT_CUES + whole + 1;
                    self.planned_until = u32::try_from(planned_until).unwrap_or(u32::MAX);
                    self.pieces.truncate(1);
                }
            }
            Some(Piece::Own { cue, begun: true, .. }) => {
                self.planned_until = *cue + 1;
                self.pieces.truncate(1);
            }
            _ => {
                self.pieces.clear();
                self.planned_until = self.next;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::cursor::Cursor;
    use crate::hub::framing::Framing;
    use crate::hub::writer::options::SubscribeOptions;
    use crate::scenario::{SHIPPED, Scenario};

    /// Takes all bytes, and records how many were offered at a time.
    #[derive(Default)]
    struct Offered(Vec<usize>);

    impl TryWrite for Offered {
        fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
            let bytes = buffers.iter().map(|buffer| buffer.len()).sum();
            self.0.push(bytes);
            Ok(bytes)
        }
    }

    #[test]
    fn a_long_backlog_in_another_framing_is_encoded_and_written_in_portions() {
        // Now and then thirty long events in a row.
        let long = format!(r#""type":"x_drone","sees":"{}","#, "the pitch ".repeat(400));
        let copy = |at: usize| {
            let text = SHIPPED[0].text().replace(r#""type":"kick_off","#, &long);
            let text = text.replace("juv-nap", &format!("copy-{at}"));
            Scenario::parse("a copy", &text).expect("a scenario")
        };
        let season = Scenario::merge((0..30).map(copy).collect()).expect("matches that differ");
        let timeline = Arc::new(Timeline::new(&season));
        let cues = u32::try_from(timeline.cues().len()).expect("a few");
        let frames = FrameCache::new(timeline, Arc::default());
        for framing in [Framing::Sse, Framing::Lines] {
            let options = SubscribeOptions { framing, ..SubscribeOptions::default() };
            let (mut backlog, mut sink) = (Backlog::starting_at(0), Offered::default());
            let mut complete = 0;
            while backlog.planned_until < cues {
                let cursor = Cursor { run: 1, epoch: 1, n: 0, replay: None };
                backlog.plan(cues, FrameWriter { options: &options, cursor, emissions: None }, &frames);
                let made = backlog.pieces.iter().map(|piece| match piece {
                    Piece::Own { frames, .. } => frames.len(),
                    Piece::Shared { .. } => panic!("in a WebSocket's framing"),
                });
                let (pieces, made) = (backlog.pieces.len(), made.sum::<usize>());
                // The last piece may exceed the limit.
                assert!(pieces <= MAX_PIECES && made < OWN_BYTES + 16_384, "{pieces} cues, {made} bytes");
                let written = backlog.write(&frames, false, usize::MAX, &mut sink).expect("taken");
                complete += backlog.advance(written, &frames);
                assert!(backlog.is_empty(), "in one write");
            }
            let (writes, bytes) = (sink.0.len(), sink.0.iter().sum::<usize>());
            assert!(bytes / writes > OWN_BYTES / 4, "{bytes} bytes in {writes} writes");
            let segments = frames.timeline().cues().len().div_ceil(SEGMENT_CUES);
            let marks = (0..segments).map(|segment| {
                let segment = frames.segment(segment);
                segment.completed_frame_count(0, segment.bytes().len())
            });
            assert_eq!(complete as usize, marks.sum::<usize>());
        }
    }
}
