//! A segment: the frames of cues in a row, encoded.
//!
//! They lie one after another with their WebSocket headers in front: a reader that follows everything is served whole
//! backlogs in one write.

use super::websocket_frame::text_frame;
use crate::dialect::native;
use crate::scenario::Timeline;

/// How many cues are encoded together.
pub const SEGMENT_CUES: usize = 256;

/// What a frame of a segment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FrameKind {
    /// A cue's event.
    Event,
    /// The table that it changed.
    Table,
    /// The end of its match.
    End,
}

/// One frame in a segment.
#[derive(Debug, Clone, Copy)]
struct Mark {
    /// Where it ends; it begins where the one before ends.
    end: u32,
    /// Where its text begins, after the header.
    text: u32,
    /// The cue that it belongs to, counted from the segment's first.
    cue: u16,
    kind: FrameKind,
}

/// The frames of some cues in a row.
#[derive(Debug)]
pub struct Segment {
    bytes: Box<[u8]>,
    marks: Box<[Mark]>,
}

impl Segment {
    pub(super) fn encode(timeline: &Timeline, first: usize, cues: usize) -> Self {
        let (mut bytes, mut marks, mut text) = (Vec::new(), Vec::new(), Vec::new());
        let mut put = |text: &mut Vec<u8>, cue: usize, kind| {
            text_frame(&mut bytes, text);
            let end = bytes.len();
            marks.push(Mark { end: size(end), text: size(end - text.len()), cue: (cue - first) as u16, kind });
            text.clear();
        };
        let end = (first + cues).min(timeline.cues().len());
        for index in first..end {
            let cue = &timeline.cues()[index];
            native::event(timeline, index, &mut text);
            put(&mut text, index, FrameKind::Event);
            if let Some(table) = cue.table {
                native::table(&timeline.table_at(usize::from(table), index + 1), index + 1, &mut text);
                put(&mut text, index, FrameKind::Table);
            }
            if cue.last {
                native::end(timeline, index, &mut text);
                put(&mut text, index, FrameKind::End);
            }
        }
        Self { bytes: bytes.into(), marks: marks.into() }
    }

    /// The bytes, headers and all.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// How much memory it takes.
    pub(super) fn memory(&self) -> usize {
        self.bytes.len() + size_of_val(&*self.marks)
    }

    /// The frames of a cue (counted from the segment's first): their places in the segment.
    pub fn frames_of(&self, cue: usize) -> std::ops::Range<usize> {
        let from = self.marks.partition_point(|mark| usize::from(mark.cue) < cue);
        let to = self.marks.partition_point(|mark| usize::from(mark.cue) <= cue);
        from..to
    }

    /// What a frame is.
    pub fn kind(&self, frame: usize) -> FrameKind {
        self.marks[frame].kind
    }

    /// Where a frame lies, header and all.
    pub fn wire(&self, frame: usize) -> std::ops::Range<usize> {
        let start = frame.checked_sub(1).map_or(0, |before| self.marks[before].end as usize);
        start..self.marks[frame].end as usize
    }

    /// The text of a frame.
    pub fn text(&self, frame: usize) -> &[u8] {
        let mark = &self.marks[frame];
        &self.bytes[mark.text as usize..mark.end as usize]
    }

    /// Where the frames of the first `cues` cues end.
    pub fn end_of(&self, cues: usize) -> usize {
        match self.marks.partition_point(|mark| usize::from(mark.cue) < cues) {
            0 => 0,
            frames => self.marks[frames - 1].end as usize,
        }
    }

    /// The end of the frame that a byte lies in. A position between two frames is the end of the first.
    pub fn frame_end(&self, position: usize) -> usize {
        match self.marks.partition_point(|mark| (mark.end as usize) < position) {
            frame if frame < self.marks.len() && position > 0 => self.marks[frame].end as usize,
            _ => position,
        }
    }

    /// How many frames end after one byte and not after another.
    pub fn frames_ended(&self, after: usize, by: usize) -> usize {
        let ended = |by: usize| self.marks.partition_point(|mark| mark.end as usize <= by);
        ended(by) - ended(after)
    }

    /// The last cue whose event ends after one byte and not after another.
    pub fn last_event(&self, after: usize, by: usize) -> Option<usize> {
        let ended = self.marks.partition_point(|mark| mark.end as usize <= by);
        let marks = self.marks[..ended].iter().rev().take_while(|mark| mark.end as usize > after);
        marks.filter(|mark| mark.kind == FrameKind::Event).map(|mark| mark.cue.into()).next()
    }

    /// How many cues have all their frames within the first `position` bytes.
    pub fn whole_cues(&self, position: usize) -> usize {
        let frames = self.marks.partition_point(|mark| mark.end as usize <= position);
        match (frames.checked_sub(1), self.marks.get(frames)) {
            (None, _) => 0,
            (Some(last), Some(next)) if next.cue == self.marks[last].cue => usize::from(next.cue),
            (Some(last), _) => usize::from(self.marks[last].cue) + 1,
        }
    }
}

/// Segments hold a few hundred frames of a few hundred bytes; four gigabytes are out of reach by the line limit of files.
fn size(bytes: usize) -> u32 {
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
            for frame in segment.frames_of(cue) {
                let wire = segment.wire(frame);
                assert_eq!(wire.start, position);
                assert_eq!(segment.frame_end(wire.start + 1), wire.end);
                assert_eq!(segment.frame_end(wire.end), wire.end);
                assert_eq!(segment.frames_ended(0, wire.end - 1), frame);
                assert_eq!(segment.frames_ended(wire.start, wire.end), 1);
                position = wire.end;
                let whole = if frame + 1 == segment.frames_of(cue).end { cue + 1 } else { cue };
                assert_eq!(segment.whole_cues(position), whole);
                assert!(serde_json::from_slice::<serde_json::Value>(segment.text(frame)).is_ok());
            }
            assert_eq!(segment.end_of(cue + 1), position);
        }
        assert_eq!(position, segment.bytes().len());
        assert_eq!((segment.frame_end(0), segment.whole_cues(0)), (0, 0));
    }
}
