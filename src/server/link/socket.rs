//! A subscriber's socket with the faults of its link: what is written is held back, damaged, fragmented or sent slowly.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Sleep;

use super::frames::{FragmentedFrame, FrameSplitter, WrittenPart, corrupt, frame_text, is_event};
use crate::faults::link::{ConnectionFaults, Corruption, LinkDone};
use crate::football::FaultKind;
use crate::hub::{Framing, runtime_now};
use crate::playback::Playhead;

/// How many bytes are held back before writing blocks.
const MAX_HELD_BYTES: usize = 256 << 10;
/// In how many parts a throttled connection sends what it may send in a second.
const PARTS_PER_SECOND: u32 = 20;

/// A subscriber's socket. Without link faults it passes everything through.
#[derive(Debug)]
pub(in crate::server) struct LinkSocket<S> {
    socket: S,
    link: Option<Box<BentLink>>,
}

/// The state of a link with faults.
#[derive(Debug)]
struct BentLink {
    framing: Framing,
    faults: ConnectionFaults,
    splitter: FrameSplitter,
    held: VecDeque<HeldBytes>,
    /// The memory that this takes: small pieces are counted with what each takes beside its bytes.
    held_bytes: usize,
    /// Nothing is sent before this: the last frame that was held back, as a connection keeps its order.
    last_due: Instant,
    /// Nothing is sent before this: the rate is used up.
    throttled_until: Instant,
    timer: Pin<Box<Sleep>>,
    /// Set with a truncated frame: nothing is sent after it.
    ends: bool,
    /// What was done since the last look, for the journal.
    done: Vec<LinkDone>,
    /// The texts of the frames that were sent since the last look, where they are wanted.
    sent: Option<Vec<(Instant, Bytes)>>,
}

#[derive(Debug)]
struct HeldBytes {
    due: Instant,
    /// What is sent next of it.
    bytes: Bytes,
    /// What follows that, where the frame is sent in pieces.
    rest: Option<FragmentedFrame>,
    /// The memory that it counts for.
    cost: usize,
    /// The text of the frame that is complete with these bytes.
    text: Option<Bytes>,
}

impl<S> LinkSocket<S> {
    pub(in crate::server) fn new(socket: S) -> Self {
        Self { socket, link: None }
    }

    pub(in crate::server) fn get_ref(&self) -> &S {
        &self.socket
    }

    pub(in crate::server) fn into_inner(self) -> S {
        self.socket
    }

    /// The faults of the link, if there have ever been any.
    pub(in crate::server) fn faults_mut(&mut self) -> Option<&mut ConnectionFaults> {
        self.link.as_mut().map(|link| &mut link.faults)
    }

    /// From here on faults concern the connection. `before_frames`: how many bytes are still to be written of a frame that has been
    /// begun, or of the response head; if `head_is_next`, all of that, and it comes late by `handshake_delay`.
    pub(in crate::server) fn bend(
        &mut self,
        mut faults: ConnectionFaults,
        framing: Framing,
        (before_frames, head_is_next): (usize, bool),
        now: Instant,
    ) {
        let mut last_due = now;
        let mut done = Vec::new();
        if let Some((fault, delay)) = Some(&mut faults).filter(|_| head_is_next).and_then(|it| it.handshake_delay()) {
            last_due = now.checked_add(delay).unwrap_or(now);
            let what = format!("response sent {delay:?} late");
            done.push(LinkDone { kind: FaultKind::SlowHandshake, fault: Some(fault), what });
        }
        self.link = Some(Box::new(BentLink {
            framing,
            faults,
            splitter: FrameSplitter::new(framing, before_frames),
            held: VecDeque::new(),
            held_bytes: 0,
            last_due,
            throttled_until: now,
            timer: Box::pin(tokio::time::sleep_until(now.into())),
            ends: false,
            done,
            sent: None,
        }));
    }

    /// From here on the texts of sent frames are kept for [`Self::take_sent`]. The link must be bent.
    pub(in crate::server) fn keep_sent(&mut self) {
        if let Some(link) = &mut self.link {
            link.sent.get_or_insert_default();
        }
    }

    /// The texts of the frames that were sent since the last call, as they were sent.
    pub(in crate::server) fn take_sent(&mut self) -> Vec<(Instant, Bytes)> {
        self.link.as_mut().and_then(|link| link.sent.as_mut()).map(std::mem::take).unwrap_or_default()
    }

    /// Whether a fault holds something back: the peer is not to blame that it does not take it.
    pub(in crate::server) fn is_holding(&self, now: Instant) -> bool {
        self.link.as_ref().is_some_and(|link| {
            let holds = |held: &HeldBytes| held.due > now || link.throttled_until > now;
            link.faults.conditions().stalled || link.held.front().is_some_and(holds)
        })
    }

    /// When the faults have to be advanced again, if before the playhead changes.
    pub(in crate::server) fn next_change(&self, playhead: &Playhead, now: Instant) -> Option<Instant> {
        self.link.as_ref()?.faults.next_change(playhead, now)
    }

    /// Whether a fault has ended what is sent, with half a frame.
    pub(in crate::server) fn has_ended(&self) -> bool {
        self.link.as_ref().is_some_and(|link| link.ends)
    }

    /// What faults have done since the last call, for the journal.
    pub(in crate::server) fn take_done(&mut self) -> Vec<LinkDone> {
        self.link.as_mut().map(|link| std::mem::take(&mut link.done)).unwrap_or_default()
    }
}

impl BentLink {
    fn hold(&mut self, bytes: &[u8]) {
        self.splitter.push(bytes);
        while let Some(part) = self.splitter.next_part() {
            let now = runtime_now();
            let due = now.checked_add(self.faults.next_delay()).unwrap_or(now).max(self.last_due);
            self.last_due = due;
            let (bytes, text) = match part {
                _ if self.ends => continue,
                WrittenPart::Other(bytes) => (bytes, None),
                WrittenPart::Frame(frame) => self.bend_frame(frame),
            };
            let cost = bytes.len() + size_of::<HeldBytes>();
            let mut rest =
                self.faults.conditions().piece.map(|size| {
                    FragmentedFrame::new(self.framing, &bytes, usize::try_from(size).unwrap_or(usize::MAX))
                });
            let bytes = rest.as_mut().and_then(FragmentedFrame::next_piece).unwrap_or(bytes);
            self.held_bytes += cost;
            self.held.push_back(HeldBytes { due, bytes, rest, cost, text });
        }
    }

    /// A frame as it is sent, damaged or not, and its text where that is wanted.
    fn bend_frame(&mut self, frame: Bytes) -> (Bytes, Option<Bytes>) {
        let framing = self.framing;
        let mut sent = frame;
        if is_event(framing, &sent)
            && let Some((fault, how)) = self.faults.next_corruption()
        {
            self.ends = how == Corruption::Truncated;
            let what = match how {
                Corruption::Json => "an event without its last brace",
                Corruption::Utf8 => "an event with a byte that is no UTF-8",
                Corruption::Truncated => "half an event, then the end",
            };
            self.done.push(LinkDone { kind: FaultKind::Corrupt, fault, what: what.to_owned() });
            sent = corrupt(framing, &sent, how);
        }
        // Pings and comments have none.
        let text = Some(frame_text(framing, &sent)).filter(|text| self.sent.is_some() && !text.is_empty());
        let text = text.map(|text| sent.slice_ref(text));
        (sent, text)
    }

    /// Sends what is due. Ready once nothing is held any more.
    fn poll_send<S: AsyncWrite + Unpin>(&mut self, socket: &mut S, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(first) = self.held.front_mut() {
            // The driver polls again when the stall is over.
            if self.faults.conditions().stalled {
                return Poll::Pending;
            }
            let now = runtime_now();
            let due = first.due.max(self.throttled_until);
            if due > now {
                self.timer.as_mut().reset(due.into());
                ready!(self.timer.as_mut().poll(cx));
                continue;
            }
            let rate = self.faults.conditions().rate;
            let most = rate.map_or(usize::MAX, |rate| (rate / PARTS_PER_SECOND).max(1) as usize);
            let chunk = &first.bytes[..first.bytes.len().min(most)];
            let written = ready!(Pin::new(&mut *socket).poll_write(cx, chunk))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            if let Some(rate) = rate {
                let takes = Duration::from_secs_f64(written as f64 / f64::from(rate));
                self.throttled_until = now.checked_add(takes).unwrap_or(now);
            }
            first.bytes.advance(written);
            if !first.bytes.is_empty() {
                continue;
            }
            if let Some(next) = first.rest.as_mut().and_then(FragmentedFrame::next_piece) {
                first.bytes = next;
                continue;
            }
            if let Some(HeldBytes { cost, text, .. }) = self.held.pop_front() {
                self.held_bytes -= cost;
                self.sent.iter_mut().for_each(|sent| sent.extend(text.clone().map(|text| (now, text))));
            }
        }
        ready!(Pin::new(socket).poll_flush(cx))?;
        if self.ends { Poll::Ready(Err(io::ErrorKind::ConnectionReset.into())) } else { Poll::Ready(Ok(())) }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for LinkSocket<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.link.as_ref().is_some_and(|link| link.faults.conditions().stalled) {
            return Poll::Pending;
        }
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LinkSocket<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let Self { socket, link } = &mut *self;
        let Some(link) = link else {
            // One buffer is the usual case, and a plain write is cheaper than a vectored one.
            return match buffers {
                [only] => Pin::new(socket).poll_write(cx, only),
                several => Pin::new(socket).poll_write_vectored(cx, several),
            };
        };
        if link.held_bytes >= MAX_HELD_BYTES {
            if let Poll::Ready(Err(error)) = link.poll_send(socket, cx) {
                return Poll::Ready(Err(error));
            }
            if link.held_bytes >= MAX_HELD_BYTES {
                return Poll::Pending;
            }
        }
        buffers.iter().for_each(|buffer| link.hold(buffer));
        Poll::Ready(Ok(buffers.iter().map(|buffer| buffer.len()).sum()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let Self { socket, link } = &mut *self;
        match link {
            Some(link) => link.poll_send(socket, cx),
            None => Pin::new(socket).poll_flush(cx),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}
