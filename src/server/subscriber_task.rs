//! The other driver: a task per subscriber, which writes to the socket and reads requests from it.
//!
//! Generic over the socket, so that tests play whole matches over in-memory pipes under virtual time.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::poll_fn;
use http::StatusCode;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::runtime::Handle;

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
use crate::faults::EndCode;
use crate::faults::link::{Break, ConnectionFaults, DueBreak, LinkPlan};
use crate::football::FaultKind;
use crate::hub::runtime_now;
use crate::hub::{
    Control, Framing, JudgedConnection, PumpResult, Replay, ReplayStatus, SubscribeRequest, SubscriberGuard,
    SubscriberWriter, TryWrite,
};
use crate::playback::{Playhead, Rejection};
use crate::suspension::suspended_for;
use crate::verdict::{DisconnectedBy, Shown};

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
        let now = runtime_now();
        let mut writer = {
            let status = statuses.borrow_and_update();
            Box::new(SubscriberWriter::new(self.replay.clone(), join, &status, now))
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
            link_serial: self.replay.link_plan().map_or(0, |plan| plan.serial()),
            shown: None,
            has_head: !std::mem::take(&mut self.response_head).is_empty(),
        };
        self.run(state).await;
    }

    async fn run(mut self, state: ServedSubscriber) {
        let ServedSubscriber { mut writer, mut reader, mut timers, guard, gauge, .. } = state;
        let ServedSubscriber { permit: _permit, link_serial, has_head, shown, .. } = state;
        let mut link = LinkWatch { version: 0, serial: link_serial, has_head };
        let mut served = Served { subscriber: guard.number(), gauge: Some(gauge), client_closes: false, judged: None };
        let mut statuses = self.replay.status_receiver();
        if self.replay.judges_from_start(guard.client()) {
            served.judged = self.replay.judge().and_then(|judge| judge.connect(guard.client(), guard.number()));
            self.keep_sent(&link, &guard, &mut writer);
        }
        self.watch_link(&mut link, &guard, &mut writer, &statuses.borrow_and_update().playhead);
        if let Some(shown) = shown {
            self.take_shown(&shown, &link, &guard, &mut writer, &mut served);
        }
        let leftover = std::mem::take(&mut self.leftover);
        let shown = self.read(&leftover, &mut reader, &mut writer, &mut served).await;
        shown.iter().for_each(|shown| self.take_shown(shown, &link, &guard, &mut writer, &mut served));
        let mut received_all = false;
        let mut timer = pin!(tokio::time::sleep_until(runtime_now().into()));
        // The instant that the timer was set to.
        let mut timer_at = None;
        // Whether a fault ends the connection.
        let mut cut = false;
        loop {
            let now = runtime_now();
            let slept = timer_at.take().map_or(Duration::ZERO, |at| suspended_for(at, now));
            if !slept.is_zero() {
                timers.postpone(slept, now, &self.timing);
            }
            if self.socket.is_holding(now) {
                // A peer that gets nothing, and is not listened to, cannot be silent or stalled.
                timers.postpone_for_fault(now, &self.timing);
            }
            if let Some(event) = timers.take_due(now, &self.timing) {
                match event {
                    TimerEvent::Ping => writer.send_keep_alive(),
                    // Nothing that is written now would arrive in time.
                    TimerEvent::CloseTimedOut => return,
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
            let status = statuses.borrow_and_update().clone();
            self.watch_link(&mut link, &guard, &mut writer, &status.playhead);
            let timeline = status.timeline();
            let due = self.socket.faults_mut().and_then(|faults| faults.advance(timeline, &status.playhead, now));
            if let Some(due) = due.filter(|_| !cut && !writer.is_closing()) {
                cut = true;
                if let Some(cues) = due.cues.filter(|_| writer.sent_mark().epoch == status.playhead.epoch) {
                    self.write_up_to(cues, &status, &mut writer, &mut served).await;
                }
                self.note_break(&guard, due, &mut served);
                match due.how {
                    Break::Close(code) => writer.close_by_fault(code),
                    Break::Reset(after) => {
                        drop((guard, writer, served));
                        return self.fall_silent(after).await;
                    }
                }
            }
            let stopping = status.stopping.is_some_and(|stopping| !stopping.drain);
            if !self.socket.is_holding(now) {
                timers.start_closing(stopping || writer.is_closing(), now, &self.timing);
            }
            // Polled once before the timer is set, because this may change the timers.
            let first =
                poll_fn(|cx| Poll::Ready(self.poll(cx, &mut writer, &mut timers, &status, &mut served, now))).await;
            self.note_done(&guard, &mut served);
            let event = match first {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    // Setting a timer takes a lock that all tasks share. One that fires too early is left alone.
                    let change = self.socket.faults_mut().and_then(|faults| faults.next_change(&status.playhead, now));
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
                SocketEvent::Failed => return,
                SocketEvent::Read(bytes) => {
                    timers.record_received(now);
                    let shown = self.read(&bytes, &mut reader, &mut writer, &mut served).await;
                    shown.iter().for_each(|shown| self.take_shown(shown, &link, &guard, &mut writer, &mut served));
                }
            }
        }
        if received_all {
            guard.finish()
        } else {
            drop(guard)
        }
        if let Some(judged) = &mut served.judged {
            let ended = self.replay.status_receiver().borrow().stopping.map(|stopping| stopping.code);
            judged.ended_by = match cut {
                true => DisconnectedBy::Fault,
                // The end of the replay is no loss.
                false if served.client_closes || ended == Some(CloseCode::Ended) => DisconnectedBy::Client,
                false => DisconnectedBy::Server,
            };
        }
        drop(writer);
        drop(served);
        close_gracefully(self.socket, self.timing).await;
    }

    /// Keeps what is sent from here on, for the judge.
    fn keep_sent(&mut self, link: &LinkWatch, guard: &SubscriberGuard, writer: &mut SubscriberWriter) {
        if self.socket.faults_mut().is_none() {
            let playhead = self.replay.status_receiver().borrow().playhead;
            self.bend(&LinkPlan::default(), link, guard, writer, &playhead);
        }
        self.socket.keep_sent();
    }

    /// The client says what it shows: from the first time on, it is judged.
    fn take_shown(
        &mut self,
        shown: &Shown,
        link: &LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        served: &mut Served,
    ) {
        if served.judged.is_none() {
            let judge = self.replay.start_judge(false, &Handle::current()).clone();
            served.judged = judge.connect(guard.client(), guard.number());
            self.keep_sent(link, guard, writer);
            let sent = writer.last_sent_score(&shown.match_id).map(|score| (shown.match_id.clone(), score));
            served.judged.iter_mut().for_each(|judged| judged.begin_midway(sent.clone()));
        }
        served.judged.iter().for_each(|judged| judged.shows(shown));
    }

    /// Puts the connection under faults.
    fn bend(
        &mut self,
        plan: &LinkPlan,
        link: &LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        playhead: &Playhead,
    ) {
        let now = runtime_now();
        let client = guard.client().cloned();
        let faults = ConnectionFaults::new(plan, guard.number(), client, link.serial, playhead, now);
        let before_frames = match (writer.sent().bytes, link.has_head) {
            (0, true) => None,
            (0, false) => Some(0),
            _ => Some(writer.bytes_to_frame_end()),
        };
        self.socket.bend(faults, writer.options().framing, before_frames, now);
    }

    /// Refuses the connection because of a link fault.
    async fn refuse(mut self, code: EndCode) {
        match code {
            EndCode::Reset => (self.reset)(self.socket.get_ref()),
            EndCode::Number(status) => {
                let _ = self.socket.write_all(&refusal_response(status)).await;
                close_gracefully(self.socket, self.timing).await;
            }
        }
    }

    /// Takes over the plan of link faults, if it has changed and concerns the connection.
    fn watch_link(
        &mut self,
        link: &mut LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        playhead: &Playhead,
    ) {
        let version = self.replay.link_version();
        if std::mem::replace(&mut link.version, version) == version {
            return;
        }
        let Some(plan) = self.replay.link_plan() else { return };
        let now = runtime_now();
        if let Some(faults) = self.socket.faults_mut() {
            faults.change_plan(&plan, now);
        } else if plan.concerns(guard.number(), guard.client().map(|client| &**client), link.serial) {
            self.bend(&plan, link, guard, writer, playhead);
        }
        link.serial = plan.serial();
    }

    /// Writes the events before a place at which a fault ends the connection, however late this task is.
    async fn write_up_to(
        &mut self,
        cues: u32,
        status: &ReplayStatus,
        writer: &mut SubscriberWriter,
        served: &mut Served,
    ) {
        let mut before = status.clone();
        (before.tick, before.stopping) = (None, None);
        before.playhead = status.playhead.up_to(cues, writer.sent_mark().version);
        let now = runtime_now();
        loop {
            let written = poll_fn(|cx| Poll::Ready(self.pump(cx, writer, &before, served, now))).await;
            match written {
                Some(PumpResult::More) => tokio::task::yield_now().await,
                _ => break,
            }
        }
        // What the socket does not take at once, or a fault holds back, is lost with the connection.
        let _ = poll_fn(|cx| Poll::Ready(Pin::new(&mut self.socket).poll_flush(cx))).await;
    }

    /// Sends and answers nothing more, and resets the connection after a time, or once the peer has left.
    async fn fall_silent(self, after: Duration) {
        let mut socket = self.socket.into_inner();
        if !after.is_zero() {
            let wait = async {
                let mut discarded = [0; 512];
                while socket.read(&mut discarded).await.is_ok_and(|bytes| bytes > 0) {}
            };
            let _ = timeout(after, wait).await;
        }
        (self.reset)(&socket);
    }

    fn note_break(&self, guard: &SubscriberGuard, due: DueBreak, served: &mut Served) {
        let (kind, what) = match due.how {
            Break::Close(code) => (FaultKind::Cut, format!("closed with {code}")),
            Break::Reset(Duration::ZERO) => (FaultKind::Cut, "connection reset".to_owned()),
            Break::Reset(after) => (FaultKind::HalfOpen, format!("silent for {after:?}")),
        };
        if let Some(judged) = &mut served.judged {
            judged.fault(&format!("{kind}: {what}"));
            judged.ended_by = DisconnectedBy::Fault;
        }
        self.note(guard, kind, due.fault, what);
    }

    /// Adds what faults have done to the journal, and passes on what was sent to the judge.
    fn note_done(&mut self, guard: &SubscriberGuard, served: &mut Served) {
        for (at, text) in self.socket.take_sent() {
            served.judged.iter_mut().for_each(|judged| judged.sent(&text, at));
        }
        for (kind, what) in self.socket.take_done() {
            served.judged.iter().for_each(|judged| judged.fault(&format!("{kind}: {what}")));
            self.note(guard, kind, None, what);
        }
    }

    fn note(&self, guard: &SubscriberGuard, kind: FaultKind, fault: Option<usize>, what: String) {
        let now = runtime_now();
        self.replay.note_link_fault(Some(guard.number()), guard.client().cloned(), kind, fault, what, now);
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
            // The replay answers at once or is gone, so writing hardly waits for it.
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
    }
}

/// What a task knows of the link faults of its replay.
struct LinkWatch {
    /// The version of the plan that it has looked at.
    version: u64,
    /// Faults that happened at once, up to this serial number, do not concern the connection.
    serial: u64,
    /// Whether the response head is written before the first frame.
    has_head: bool,
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

/// Makes dropping a socket reset the connection.
pub(super) fn reset_on_drop<'a, S>(socket: &'a S)
where
    SockRef<'a>: From<&'a S>,
{
    // It fails if the peer has reset it already.
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}

/// The response to a client that a fault refuses.
pub(super) fn refusal_response(status: u16) -> Vec<u8> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Refused");
    let retry = if let 429 | 503 = status { "retry-after: 1\r\n" } else { "" };
    format!("HTTP/1.1 {status} {reason}\r\n{retry}content-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
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
