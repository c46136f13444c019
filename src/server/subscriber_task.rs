//! The other driver: a task per subscriber, which writes to the socket and reads requests from it.
//!
//! Generic over the socket, so that tests play whole matches over in-memory pipes under virtual time.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::connection_limit::ConnectionPermit;
use super::countdown::timeout;
use super::metrics::{Metrics, SubscriberGauge};
use super::requests::{self, Handled, MAX_QUEUED_REPLIES};
use super::timers::{ConnectionTimers, TimerEvent, Timing};
use super::transport::{READ_BUFFER_BYTES, StreamReader};
use crate::close_code::CloseCode;
use crate::dialect::MAX_REQUEST_BYTES;
use crate::hub::runtime_now;
use crate::hub::{Control, Framing, PumpResult, Replay, ReplayStatus, SubscribeRequest, SubscriberWriter, TryWrite};
use crate::playback::Rejection;
use crate::suspension::suspended_for;

/// Serves one subscriber of a replay, from after the handshake to the end.
#[derive(Debug)]
pub struct SubscriberTask<S> {
    socket: S,
    /// Written before the first frame.
    response_head: Vec<u8>,
    /// What arrived behind the request's head.
    leftover: Vec<u8>,
    replay: Replay,
    control: Option<Control>,
    /// The subscriber's number in its replay.
    subscriber: u32,
    timing: Timing,
    metrics: Arc<Metrics>,
    /// Present while the subscriber is served.
    gauge: Option<SubscriberGauge>,
    /// The longest message that the subscriber may send, in bytes.
    message_bytes: usize,
    /// The connection permit, returned when the task ends.
    _permit: Option<ConnectionPermit>,
}

/// What happened on the socket.
enum SocketEvent {
    Read(Vec<u8>),
    /// More can be written at once.
    More,
    /// The close frame is out.
    Finished,
    Failed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> SubscriberTask<S> {
    /// Serves a socket whose handshake is done; `leftover` is what arrived behind the request's head.
    pub fn new(
        socket: S,
        leftover: Vec<u8>,
        replay: Replay,
        control: Option<Control>,
        timing: Timing,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            socket,
            response_head: Vec::new(),
            leftover,
            replay,
            control,
            subscriber: 0,
            timing,
            metrics,
            gauge: None,
            message_bytes: MAX_REQUEST_BYTES,
            _permit: None,
        }
    }

    /// Sets the bytes to write before the first frame: the head of the HTTP response, unless it is out already.
    pub fn response_head(self, response_head: Vec<u8>) -> Self {
        Self { response_head, ..self }
    }

    /// Sets the longest message that the subscriber may send, in bytes. The default is 65,536.
    pub fn max_message_bytes(self, message_bytes: usize) -> Self {
        Self { message_bytes, ..self }
    }

    /// Holds a connection permit until the task ends.
    pub(super) fn with_permit(mut self, permit: Option<ConnectionPermit>) -> Self {
        self._permit = permit;
        self
    }

    /// Serves the subscriber until either side ends it.
    pub async fn serve(mut self, mut join: SubscribeRequest) {
        join.control = self.control.is_some();
        let framing = join.options.framing;
        let guard = self.replay.add_subscriber();
        tracing::debug!(replay = self.replay.name(), "subscribed");
        self.subscriber = guard.number();
        self.gauge = Some(SubscriberGauge::open(&self.metrics, framing));
        join.subscriber = guard.number();
        let mut views = self.replay.status_receiver();
        // It cannot fail: the task holds the replay, and with it the sender.
        let _ = views.wait_for(ReplayStatus::is_current).await;
        let now = runtime_now();
        let mut writer = {
            let view = views.borrow_and_update();
            Box::new(SubscriberWriter::new(self.replay.clone(), join, &view, now))
        };
        writer.prepend(&std::mem::take(&mut self.response_head));
        let mut reader = StreamReader::new(framing, self.message_bytes);
        let leftover = std::mem::take(&mut self.leftover);
        self.read(&leftover, &mut reader, &mut writer).await;
        let mut timers = ConnectionTimers::new(now, &self.timing, framing);
        let mut received_all = false;
        let mut timer = pin!(tokio::time::sleep_until(now.into()));
        // The instant that the timer was set to.
        let mut timer_at = None;
        loop {
            let now = runtime_now();
            let slept = timer_at.take().map_or(Duration::ZERO, |at| suspended_for(at, now));
            if !slept.is_zero() {
                timers.postpone(slept, now, &self.timing);
            }
            if let Some(event) = timers.take_due(now, &self.timing) {
                match event {
                    TimerEvent::Ping => writer.send_keep_alive(),
                    // Nothing that is written now would arrive in time.
                    TimerEvent::CloseTimedOut => return,
                    TimerEvent::Silent => {
                        self.try_send_close(&mut writer, CloseCode::Silent);
                        break;
                    }
                    TimerEvent::Stalled => {
                        self.metrics.record_stalled(&self.replay);
                        self.try_send_close(&mut writer, CloseCode::NoProgress);
                        break;
                    }
                }
            }
            let view = views.borrow_and_update().clone();
            let stopping = view.stopping.is_some_and(|stopping| !stopping.drain);
            timers.start_closing(stopping || writer.is_closing(), now, &self.timing);
            // Polled once before the timer is set, because this may change the timers.
            let first = poll_fn(|cx| Poll::Ready(self.poll(cx, &mut writer, &mut timers, &view, now))).await;
            let event = match first {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    // Setting a timer takes a lock that all tasks share. One that fires too early is left alone.
                    let next = timers.next_check(now, &self.timing);
                    let current = timer.deadline().into_std();
                    if let Some(next) = next.filter(|next| current <= now || current > *next) {
                        timer.as_mut().reset(next.into());
                    }
                    timer_at = next.map(|_| timer.deadline().into_std());
                    tokio::select! {
                        event = poll_fn(|cx| self.poll(cx, &mut writer, &mut timers, &view, now)) => event,
                        _ = views.changed() => continue,
                        () = &mut timer, if next.is_some() => continue,
                    }
                }
            };
            let now = runtime_now();
            match event {
                SocketEvent::More => tokio::task::yield_now().await,
                SocketEvent::Finished => {
                    received_all = true;
                    break;
                }
                SocketEvent::Failed => return,
                SocketEvent::Read(bytes) => {
                    timers.record_received(now);
                    self.read(&bytes, &mut reader, &mut writer).await;
                }
            }
        }
        if received_all {
            guard.finish()
        } else {
            drop(guard)
        }
        drop(writer);
        self.gauge = None;
        close_gracefully(self.socket, self.timing).await;
    }

    /// Writes what can be written, and reads what has arrived.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut SubscriberWriter,
        timers: &mut ConnectionTimers,
        view: &ReplayStatus,
        now: Instant,
    ) -> Poll<SocketEvent> {
        match self.pump(cx, writer, view, now) {
            Some(progress) => {
                timers.record_progress(progress, writer.sent().bytes, now);
                match progress {
                    PumpResult::Finished => return Poll::Ready(SocketEvent::Finished),
                    PumpResult::More => return Poll::Ready(SocketEvent::More),
                    PumpResult::Idle if self.replay.has_barriers() => {
                        self.replay.record_sent(std::iter::once(self.subscriber), writer.sent_mark());
                    }
                    PumpResult::Idle | PumpResult::Blocked => {}
                }
            }
            None => return Poll::Ready(SocketEvent::Failed),
        }
        // An encrypting socket holds bytes back until it is flushed.
        if let Poll::Ready(Err(_)) = Pin::new(&mut self.socket).poll_flush(cx) {
            return Poll::Ready(SocketEvent::Failed);
        }
        // Nothing is read after a close. After a malformed frame the boundaries are unknown.
        if writer.is_closing() || writer.pending_replies() >= MAX_QUEUED_REPLIES {
            return Poll::Pending;
        }
        let mut bytes = [0; READ_BUFFER_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut self.socket).poll_read(cx, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                Poll::Ready(SocketEvent::Read(buffer.filled().to_vec()))
            }
            Poll::Ready(_) => Poll::Ready(SocketEvent::Failed),
        }
    }

    /// Writes what can be written; `None`: the connection is broken.
    fn pump(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut SubscriberWriter,
        view: &ReplayStatus,
        now: Instant,
    ) -> Option<PumpResult> {
        let before = writer.sent();
        let progress = writer.pump(view, now, &mut TaskSocketWriter { socket: &mut self.socket, cx }).ok();
        if let Some(gauge) = &mut self.gauge {
            gauge.record_pump(writer, before, progress, view, now);
        }
        progress
    }

    /// Handles what the subscriber has sent.
    async fn read(&mut self, bytes: &[u8], reader: &mut StreamReader, writer: &mut SubscriberWriter) {
        let mut unread = bytes;
        while !writer.is_closing() {
            let Some(incoming) = reader.read_next(&mut unread) else { return };
            let now = runtime_now();
            let command =
                match requests::handle(incoming, writer, self.subscriber, self.control.is_some(), &self.metrics, now) {
                    Handled::Done => continue,
                    Handled::Command(command) => command,
                };
            let Some(control) = &self.control else { continue };
            // The replay answers at once or is gone, so writing hardly waits for it.
            let answer = control.apply(command.command_request.clone()).await;
            command.reply(answer, writer, &self.metrics);
        }
    }

    /// Tries to send the close reason, without waiting: the socket of a stalled peer may be full, and a silent peer may
    /// have vanished.
    fn try_send_close(&mut self, writer: &mut SubscriberWriter, code: CloseCode) {
        writer.close(code);
        let view = self.replay.status_receiver().borrow().clone();
        let mut cx = Context::from_waker(futures::task::noop_waker_ref());
        let now = runtime_now();
        self.pump(&mut cx, writer, &view, now);
    }
}

/// Waits a moment after the close for the peer to close too. Its input is discarded: closing a socket with unread bytes
/// resets the connection, and may lose the close frame.
pub(super) async fn close_gracefully<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, timing: Timing) {
    let wait = async {
        // Half-closing tells the peer that nothing more comes.
        let _ = socket.shutdown().await;
        let mut discarded = [0; 512];
        while socket.read(&mut discarded).await.is_ok_and(|bytes| bytes > 0) {}
    };
    let _ = timeout(timing.close_timeout, wait).await;
}

/// Writes the last bytes of a connection, if the peer takes them in time, and closes it.
pub(super) async fn write_and_close<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, bytes: &[u8], timing: Timing) {
    if let Ok(Ok(())) = timeout(timing.close_timeout, socket.write_all(bytes)).await {
        close_gracefully(socket, timing).await;
    }
}

/// Rejects a subscriber inside its WebSocket, where a page can read the reason: the response to the handshake, an error
/// frame, and the close code.
pub(super) async fn reject_websocket<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    response_head: Vec<u8>,
    rejection: &Rejection,
    timing: Timing,
) {
    let frames = [response_head, Framing::WebSocket.refusal_bytes(rejection)].concat();
    write_and_close(socket, &frames, timing).await;
}

/// A socket that the writer writes to. If it would block, the task is woken once it is writable.
struct TaskSocketWriter<'a, 'b, S> {
    socket: &'a mut S,
    cx: &'a mut Context<'b>,
}

impl<S: AsyncWrite + Unpin> TryWrite for TaskSocketWriter<'_, '_, S> {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let socket = Pin::new(&mut *self.socket);
        // One buffer is the usual case, and a plain write is cheaper than a vectored one.
        let written = match buffers {
            [only] => socket.poll_write(self.cx, only),
            several => socket.poll_write_vectored(self.cx, several),
        };
        match written {
            Poll::Ready(written) => written,
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}
