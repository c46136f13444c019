//! A segment: the encoded frames of consecutive cues.
//!
//! The frames lie one after another with their WebSocket headers in front, so that a backlog without a filter is one slice and
//! one write.

use super::websocket_frame::write_text_frame;
use crate::dialect::native;
use crate::scenario::Timeline;

/// The number of cues in a segment.
pub const SEGMENT_CUES: usize = 256;

/// The kind of a frame in a segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// A cue's event.
    Event,
    /// The table that the event changed.
    Table,
    /// The end of the match.
    End,
}

/// The place of one frame in a segment.
#[derive(Debug, Clone, Copy)]
struct FrameSpan {
    /// Where the frame ends. It begins where the frame before ends.
    end: u32,
    /// Where the text begins, after the header.
    text: u32,
    /// The cue of the frame, counted from the first of the segment.
    cue: u16,
    kind: FrameKind,
}

/// The encoded frames of consecutive cues.
#[derive(Debug)]
pub struct Segment {
    bytes: Box<[u8]>,
    spans: Box<[FrameSpan]>,
}

impl Segment {
    pub(super) fn encode(timeline: &Timeline, first: usize, cues: usize) -> Self {
        let (mut bytes, mut spans, mut text) = (Vec::new(), Vec::new(), Vec::new());
        let mut put = |text: &mut Vec<u8>, cue: usize, kind| {
            write_text_frame(&mut bytes, text);
            let end = bytes.len();
            spans.push(FrameSpan { end: to_u32(end), text: to_u32(end - text.len()), cue: (cue - first) as u16, kind });
            text.clear();
        };
        let end = (first + cues).min(timeline.cues().len());
        for index in first..end {
            let cue = &timeline.cues()[index];
            if !cue.silent {
                native::write_event(timeline, index, &mut text);
                put(&mut text, index, FrameKind::Event);
            }
            if let Some(table) = cue.table {
                native::write_table(&timeline.table_at(usize::from(table), index + 1), index + 1, &mut text);
                put(&mut text, index, FrameKind::Table);
            }
            if cue.last {
                native::write_end(timeline, index, &mut text);
                put(&mut text, index, FrameKind::End);
            }
        }
        Self { bytes: bytes.into(), spans: spans.into() }
    }

    /// All bytes, headers included.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of bytes that the segment takes in memory.
    pub(super) fn memory_bytes(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.spans)
    }

    /// The frames of a cue (counted from the first of the segment), as indices.
    pub fn frame_range_of(&self, cue: usize) -> std::ops::Range<usize> {
        let from = self.spans.partition_point(|span| usize::from(span.cue) < cue);
        let to = self.spans.partition_point(|span| usize::from(span.cue) <= cue);
        from..to
    }

    /// The kind of a frame.
    pub fn kind(&self, frame: usize) -> FrameKind {
        self.spans[frame].kind
    }

    /// The bytes of a frame, header included.
    pub fn byte_range(&self, frame: usize) -> std::ops::Range<usize> {
        let start = frame.checked_sub(1).map_or(0, |before| self.spans[before].end as usize);
        start..self.spans[frame].end as usize
    }

    /// The text of a frame.
    pub fn text(&self, frame: usize) -> &[u8] {
        let span = &self.spans[frame];
        &self.bytes[span.text as usize..span.end as usize]
    }

    /// The end of the frames of the first `cues` cues.
    pub fn end_of_cues(&self, cues: usize) -> usize {
        match self.spans.partition_point(|span| usize::from(span.cue) < cues) {
            0 => 0,
            frames => self.spans[frames - 1].end as usize,
        }
    }

    /// The end of the frame in which a byte lies. A position between two frames is the end of the first.
    pub fn frame_end(&self, position: usize) -> usize {
        match self.spans.partition_point(|span| (span.end as usize) < position) {
            frame if frame < self.spans.len() && position > 0 => self.spans[frame].end as usize,
            _ => position,
        }
    }

    /// The number of frames that end beyond `after` and not beyond `by`.
    pub fn completed_frame_count(&self, after: usize, by: usize) -> usize {
        let ended = |by: usize| self.spans.partition_point(|span| span.end as usize <= by);
        ended(by) - ended(after)
    }

    /// The last cue whose event ends beyond `after` and not beyond `by`.
    pub fn last_event(&self, after: usize, by: usize) -> Option<usize> {
        let ended = self.spans.partition_point(|span| span.end as usize <= by);
        let spans = self.spans[..ended].iter().rev().take_while(|span| span.end as usize > after);
        spans.filter(|span| span.kind == FrameKind::Event).map(|span| span.cue.into()).next()
    }

    /// The number of cues whose frames all lie within the first `position` bytes.
    pub fn complete_cue_count(&self, position: usize) -> usize {
        let frames = self.spans.partition_point(|span| span.end as usize <= position);
        match (frames.checked_sub(1), self.spans.get(frames)) {
            (None, _) => 0,
            (Some(last), Some(next)) if next.cue == self.spans[last].cue => usize::from(next.cue),
            (Some(last), _) => usize::from(self.spans[last].cue) + 1,
        }
    }
}

/// A segment holds a few hundred frames of a few hundred bytes. The line limit of files keeps it far below four gigabytes.
fn to_u32(bytes: usize) -> u32 {
    u32::try_from(bytes).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    #[test]
    fn frames_lie_one_after_another_and_can_be_found_from_any_byte() {
        let timeline = Timeline::new(&SHIPPED[1].load().expect("shipped"));
        let segment = Segment::encode(&timeline, 0, SEGMENT_CUES);
        let mut position = 0;
        for cue in 0..timeline.cues().len().min(SEGMENT_CUES) {
            for frame in segment.frame_range_of(cue) {
                let byte_range = segment.byte_range(frame);
                assert_eq!(byte_range.start, position);
                assert_eq!(segment.frame_end(byte_range.start + 1), byte_range.end);
                assert_eq!(segment.frame_end(byte_range.end), byte_range.end);
                assert_eq!(segment.completed_frame_count(0, byte_range.end - 1), frame);
                assert_eq!(segment.completed_frame_count(byte_range.start, byte_range.end), 1);
                position = byte_range.end;
                let whole = if frame + 1 == segment.frame_range_of(cue).end { cue + 1 } else { cue };
                assert_eq!(segment.complete_cue_count(position), whole);
                assert!(serde_json::from_slice::<serde_json::Value>(segment.text(frame)).is_ok());
            }
            assert_eq!(segment.end_of_cues(cue + 1), position);
        }
        assert_eq!(position, segment.bytes().len());
        assert_eq!((segment.frame_end(0), segment.complete_cue_count(0)), (0, 0));
    }
}
