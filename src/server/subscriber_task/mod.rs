//! The other driver: a task per subscriber, which writes to the socket and reads requests from it.
//!
//! Generic over the socket, so that tests play whole matches over in-memory pipes under virtual time.

mod judging;
mod link_faults;

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use self::judging::EndedBy;
use self::link_faults::LinkWatch;
pub(super) use self::link_faults::{refusal_response, reset_on_drop};
use super::connection_limit::ConnectionPermit;
use super::countdown::timeout;
use super::link::{HandedOver, LinkSocket, ServedSubscriber};
use super::metrics::{Metrics, SubscriberGauge};
use super::requests::{self, Handled, MAX_QUEUED_REPLIES};
use super::timers::{ConnectionTimers, TimerEvent, Timing};
use super::transport::websocket::Incoming;
use super::transport::{READ_BUFFER_BYTES, StreamReader};
use crate::close_code::CloseCode;
use crate::dialect::MAX_REQUEST_BYTES;
use crate::faults::link::{Break, SeenPlace};
use crate::hub::runtime_now;
use crate::hub::{
    Control, Framing, JudgedConnection, PumpResult, Replay, ReplayStatus, SubscribeRequest, SubscriberWriter, TryWrite,
};
use crate::playback::Rejection;
use crate::suspension::suspended_for;
use crate::verdict::Shown;

/// Serves one subscriber of a replay, from after the handshake to the end.
#[derive(Debug)]
pub struct SubscriberTask<S> {
    socket: LinkSocket<S>,
    /// Written before the first frame.
    response_head: Vec<u8>,
    /// What arrived behind the request's head.
    leftover: Vec<u8>,
    replay: Replay,
    control: Option<Control>,
    timing: Timing,
    metrics: Arc<Metrics>,
    /// The longest message that the subscriber may send, in bytes.
    message_bytes: usize,
    /// The connection permit, returned when the task ends.
    permit: Option<ConnectionPermit>,
    /// Makes dropping the socket reset the connection.
    reset: fn(&S),
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
            socket: LinkSocket::new(socket),
            response_head: Vec::new(),
            leftover,
            replay,
            control,
            timing,
            metrics,
            message_bytes: MAX_REQUEST_BYTES,
            permit: None,
            reset: |_| {},
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

    /// Sets what makes dropping the socket reset the connection, for link faults.
    pub fn on_reset(self, reset: fn(&S)) -> Self {
        Self { reset, ..self }
    }

    /// Holds a connection permit until the task ends.
    pub(super) fn with_permit(self, permit: Option<ConnectionPermit>) -> Self {
        Self { permit, ..self }
    }

    /// Serves a connection that the delivery loop has handed over, until either side ends it. `reset` makes dropping the socket reset
    /// the connection.
    pub async fn resume(handed_over: HandedOver<S>, reset: fn(&S)) {
        let HandedOver { socket, state, timing, metrics, leftover } = handed_over;
        let replay = state.writer.replay().clone();
        let control = state.may_control.then(|| replay.control());
        let task = Self::new(socket, leftover, replay, control, timing, metrics).on_reset(reset);
        task.run(state).await;
    }

    /// Serves the subscriber until either side ends it.
    pub async fn serve(mut self, mut join: SubscribeRequest) {
        join.control = self.control.is_some();
        let framing = join.options.framing;
        if let Some(code) = self.replay.refuse_by_fault(join.client.as_ref(), runtime_now()) {
            return self.refuse(code).await;
        }
        let guard = self.replay.add_client(join.client.clone());
        tracing::debug!(replay = self.replay.name(), "subscribed");
        let gauge = SubscriberGauge::open(&self.metrics, framing);
        join.subscriber = guard.number();
        let mut statuses = self.replay.status_receiver();
        // It cannot fail: the task holds the replay, and with it the sender.
        let _ = statuses.wait_for(ReplayStatus::is_current).await;
        let link_serial = self.replay.link_plan().map_or(0, |plan| plan.serial());
        let (now, mut writer, seen) = {
            let status = statuses.borrow_and_update();
            let now = runtime_now();
            let seen = SeenPlace::of(status.timeline(), &status.playhead, now);
            (now, Box::new(SubscriberWriter::new(self.replay.clone(), join, &status, now)), seen)
        };
        writer.prepend(&self.response_head);
        let state = ServedSubscriber {
            writer,
            reader: StreamReader::new(framing, self.message_bytes),
            timers: ConnectionTimers::new(now, &self.timing, framing),
            guard,
            gauge,
            may_control: self.control.is_some(),
            permit: self.permit.take(),
            link_serial,
            seen,
            shown: None,
        };
        self.run(state).await;
    }

    async fn run(mut self, state: ServedSubscriber) {
        let ServedSubscriber { mut writer, mut reader, mut timers, guard, gauge, .. } = state;
        let ServedSubscriber { permit: _permit, link_serial, seen, shown, .. } = state;
        let mut link = LinkWatch { version: 0, serial: link_serial, seen };
        let mut served = Served { subscriber: guard.number(), gauge: Some(gauge), client_closes: false, judged: None };
        let mut statuses = self.replay.status_receiver();
        if self.replay.judges_from_start(guard.client()) {
            self.begin_judging(&mut link, &guard, &mut writer, &mut served);
        }
        self.watch_link(&mut link, &guard, &mut writer, runtime_now());
        self.take_shown(shown.as_slice(), &mut link, &guard, &mut writer, &mut served);
        let leftover = std::mem::take(&mut self.leftover);
        let shown = self.read(&leftover, &mut reader, &mut writer, &mut served).await;
        self.take_shown(&shown, &mut link, &guard, &mut writer, &mut served);
        let mut received_all = false;
        let mut timer = pin!(tokio::time::sleep_until(runtime_now().into()));
        // The instant that the timer was set to.
        let mut timer_at = None;
        // Whether a fault ends the connection.
        let mut cut = false;
        loop {
            let status = statuses.borrow_and_update().clone();
            // Not before the status is read: what that has released must not be later than now.
            let now = runtime_now();
            let slept = timer_at.take().map_or(Duration::ZERO, |at| suspended_for(at, now));
            if !slept.is_zero() {
                timers.postpone(slept, now, &self.timing);
            }
            // A replay that was closed does not wait for what a fault holds back.
            let stopping = status.stopping.is_some_and(|stopping| !stopping.drain);
            let holding = self.socket.is_holding(now) && !stopping;
            if holding {
                // A peer that gets nothing, and is not listened to, cannot be silent or stalled.
                timers.postpone_for_fault(now, &self.timing);
            }
            if let Some(event) = timers.take_due(now, &self.timing) {
                match event {
                    TimerEvent::Ping => writer.send_keep_alive(),
                    // Nothing that is written now would arrive in time.
                    TimerEvent::CloseTimedOut => {
                        return self.note_end(EndedBy::of(cut, true), served);
                    }
                    TimerEvent::Silent => {
                        self.try_send_close(&mut writer, &mut served, CloseCode::Silent);
                        break;
                    }
                    TimerEvent::Stalled => {
                        self.metrics.record_stalled(&self.replay);
                        self.try_send_close(&mut writer, &mut served, CloseCode::NoProgress);
                        break;
                    }
                }
            }
            self.watch_link(&mut link, &guard, &mut writer, now);
            if let Some(due) = self.due_break(&mut link, &status, now).filter(|_| !cut && !writer.is_closing()) {
                cut = true;
                self.write_up_to(due.cues, &status, &mut writer, &mut served).await;
                self.note_break(&guard, due, &status, &mut served);
                match due.how {
                    Break::Close(code) => writer.close_by_fault(code),
                    Break::Reset(after) => {
                        drop((guard, writer));
                        self.note_end(EndedBy::Fault, served);
                        return self.fall_silent(after, statuses).await;
                    }
                }
            }
            if !holding {
                timers.start_closing(stopping || writer.is_closing(), now, &self.timing);
            }
            // Polled once before the timer is set, because this may change the timers.
            let first =
                poll_fn(|cx| Poll::Ready(self.poll(cx, &mut writer, &mut timers, &status, &mut served, now))).await;
            self.note_done(&guard, &status, &mut served);
            let event = match first {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    // Setting a timer takes a lock that all tasks share. One that fires too early is left alone.
                    let change = self.socket.next_change(&status.playhead, now);
                    let next = timers.next_check(now, &self.timing).into_iter().chain(change).min();
                    let current = timer.deadline().into_std();
                    if let Some(next) = next.filter(|next| current <= now || current > *next) {
                        timer.as_mut().reset(next.into());
                    }
                    timer_at = next.map(|_| timer.deadline().into_std());
                    tokio::select! {
                        event = poll_fn(|cx| self.poll(cx, &mut writer, &mut timers, &status, &mut served, now)) => event,
                        _ = statuses.changed() => continue,
                        () = &mut timer, if next.is_some() => continue,
                    }
                }
            };
            let now = runtime_now();
            match event {
                SocketEvent::More => tokio::task::yield_now().await,
                SocketEvent::Finished => {
                    received_all = !cut;
                    break;
                }
                // A fault has sent half a frame, and that is to arrive.
                SocketEvent::Failed if self.socket.has_ended() => break,
                SocketEvent::Failed => return self.note_end(EndedBy::of(cut, false), served),
                SocketEvent::Read(bytes) => {
                    timers.record_received(now);
                    let shown = self.read(&bytes, &mut reader, &mut writer, &mut served).await;
                    self.take_shown(&shown, &mut link, &guard, &mut writer, &mut served);
                }
            }
        }
        if received_all {
            guard.finish()
        } else {
            drop(guard)
        }
        drop(writer);
        self.note_end(EndedBy::of(cut || self.socket.has_ended(), true), served);
        close_gracefully(self.socket, self.timing).await;
    }

    /// Writes what can be written, and reads what has arrived.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        writer: &mut SubscriberWriter,
        timers: &mut ConnectionTimers,
        status: &ReplayStatus,
        served: &mut Served,
        now: Instant,
    ) -> Poll<SocketEvent> {
        let Some(progress) = self.pump(cx, writer, status, served, now) else {
            return Poll::Ready(SocketEvent::Failed);
        };
        let counted = if self.socket.is_holding(now) { PumpResult::Idle } else { progress };
        timers.record_progress(counted, writer.sent().bytes, now);
        if progress == PumpResult::More {
            return Poll::Ready(SocketEvent::More);
        }
        // An encrypting socket holds bytes back until it is flushed, and a link fault until they are due.
        let flushed = match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Ready(Err(_)) => return Poll::Ready(SocketEvent::Failed),
            flushed => flushed.is_ready(),
        };
        match progress {
            PumpResult::Finished if flushed => return Poll::Ready(SocketEvent::Finished),
            PumpResult::Idle if flushed && self.replay.has_barriers() => {
                self.replay.record_sent(std::iter::once(served.subscriber), writer.sent_mark());
            }
            _ => {}
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
        status: &ReplayStatus,
        served: &mut Served,
        now: Instant,
    ) -> Option<PumpResult> {
        let before = writer.sent();
        let progress = writer.pump(status, now, &mut TaskSocketWriter { socket: &mut self.socket, cx }).ok();
        if let Some(gauge) = &mut served.gauge {
            gauge.record_pump(writer, before, progress, status, now);
        }
        progress
    }

    /// Handles what the subscriber has sent. Returns what its client says that it shows.
    async fn read(
        &mut self,
        bytes: &[u8],
        reader: &mut StreamReader,
        writer: &mut SubscriberWriter,
        served: &mut Served,
    ) -> Vec<Shown> {
        let mut unread = bytes;
        let mut all_shown = Vec::new();
        while !writer.is_closing() {
            let Some(incoming) = reader.read_next(&mut unread) else { break };
            served.client_closes |= matches!(incoming, Incoming::Close { .. });
            let (now, subscriber) = (runtime_now(), served.subscriber);
            let command =
                match requests::handle(incoming, writer, subscriber, self.control.is_some(), &self.metrics, now) {
                    Handled::Done => continue,
                    Handled::Shows(shown) => {
                        all_shown.push(shown);
                        continue;
                    }
                    Handled::Command(command) => command,
                };
            let Some(control) = &self.control else { continue };
            // The replay answers at once or is gone, so writing hardly waits for it. That of another server is passed on first.
            let answer = control.apply(command.command_request.clone()).await;
            command.reply(answer, writer, &self.metrics);
        }
        all_shown
    }

    /// Tries to send the close reason, without waiting: the socket of a stalled peer may be full, and a silent peer may
    /// have vanished.
    fn try_send_close(&mut self, writer: &mut SubscriberWriter, served: &mut Served, code: CloseCode) {
        writer.close(code);
        let status = self.replay.status_receiver().borrow().clone();
        let mut cx = Context::from_waker(futures::task::noop_waker_ref());
        let now = runtime_now();
        self.pump(&mut cx, writer, &status, served, now);
        // A fault may hold back nothing, but has to split what is written.
        let _ = Pin::new(&mut self.socket).poll_flush(&mut cx);
    }
}

/// How a subscriber is counted while it is served.
struct Served {
    /// Its number in its replay.
    subscriber: u32,
    gauge: Option<SubscriberGauge>,
    /// Whether the client has begun to close the connection.
    client_closes: bool,
    /// Present once what its client shows is judged.
    judged: Option<JudgedConnection>,
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
