//! One subscriber's conversation: drives a [`SubscriberWriter`] over a socket and reads requests beside it.
//!
//! Generic over the socket, so that whole matches run over in-memory pipes under virtual time.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};

use super::countdown::timeout;
use super::meters::{Account, Meters};
use super::pulse::{Due, Pulse, Timing};
use super::requests::{self, ANSWERS, Answered};
use super::seats::Seat;
use super::transport::{READ_BYTES, Reader};
use crate::dialect::MAX_REQUEST_BYTES;
use crate::hub::{
    CloseCode, Control, Framing, Progress, Replay, ReplayStatus, SubscribeRequest, SubscriberWriter, TryWrite,
};
use crate::playback::Rejection;
use crate::suspension::suspended;

/// A subscriber of a replay, from after the handshake to the end.
#[derive(Debug)]
pub struct Conversation<S> {
    socket: S,
    /// What is written before all else.
    greeting: Vec<u8>,
    /// What arrived together with the handshake.
    early: Vec<u8>,
    replay: Replay,
    control: Option<Control>,
    /// Its number among those of the replay.
    subscriber: u32,
    timing: Timing,
    meters: Arc<Meters>,
    /// As long as it is served.
    account: Option<Account>,
    /// The longest message that it may send, in bytes.
    message_bytes: usize,
    /// Its place among the connections, given back when it is over.
    _seat: Option<Seat>,
}

/// What happened on the socket.
enum Event {
    Read(Vec<u8>),
    /// More can be written at once.
    More,
    /// The goodbye is out.
    Finished,
    Failed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// Over a socket whose handshake is done; `early` are bytes that came with it.
    pub fn new(
        socket: S,
        early: Vec<u8>,
        replay: Replay,
        control: Option<Control>,
        timing: Timing,
        meters: Arc<Meters>,
    ) -> Self {
        Self {
            socket,
            greeting: Vec::new(),
            early,
            replay,
            control,
            subscriber: 0,
            timing,
            meters,
            account: None,
            message_bytes: MAX_REQUEST_BYTES,
            _seat: None,
        }
    }

    /// Writes something before all else: the answer to the handshake, if that is not out yet.
    pub fn greeting(self, greeting: Vec<u8>) -> Self {
        Self { greeting, ..self }
    }

    /// Lets it send messages of so many bytes at most, instead of 65,536.
    pub fn hearing(self, message_bytes: usize) -> Self {
        Self { message_bytes, ..self }
    }

    /// Keeps a place among the connections as long as it lasts.
    pub(super) fn holding(mut self, seat: Option<Seat>) -> Self {
        self._seat = seat;
        self
    }

    /// Serves the subscriber until either side ends it.
    pub async fn serve(mut self, mut join: SubscribeRequest) {
        join.control = self.control.is_some();
        let framing = join.options.framing;
        let guard = self.replay.add_subscriber();
        self.subscriber = guard.number();
        self.account = Some(Account::open(&self.meters, framing));
        join.subscriber = guard.number();
        let mut views = self.replay.status_receiver();
        // It cannot fail: the replay, and what sends its view, is held here.
        let _ = views.wait_for(ReplayStatus::is_current).await;
        let now = tokio::time::Instant::now().into_std();
        let mut outbound = {
            let view = views.borrow_and_update();
            Box::new(SubscriberWriter::new(self.replay.clone(), join, &view, now))
        };
        outbound.prepend(&std::mem::take(&mut self.greeting));
        let mut reader = Reader::beside(framing, self.message_bytes);
        let early = std::mem::take(&mut self.early);
        self.read(&early, &mut reader, &mut outbound).await;
        let mut pulse = Pulse::new(now, &self.timing, framing);
        let mut has_everything = false;
        let mut alarm = pin!(tokio::time::sleep_until(now.into()));
        // When it wanted to be woken.
        let mut asked = None;
        loop {
            let now = tokio::time::Instant::now().into_std();
            let slept = asked.take().map_or(Duration::ZERO, |asked| suspended(asked, now));
            if !slept.is_zero() {
                pulse.put_off(slept, now, &self.timing);
            }
            if let Some(due) = pulse.due(now, &self.timing) {
                match due {
                    Due::Ping => outbound.keep_alive(),
                    // Nothing that is written would arrive in time.
                    Due::Gone => return,
                    Due::Silent => {
                        self.say_last_words(&mut outbound, CloseCode::Silent);
                        break;
                    }
                    Due::Stalled => {
                        self.meters.stalled(&self.replay);
                        self.say_last_words(&mut outbound, CloseCode::NoProgress);
                        break;
                    }
                }
            }
            let view = views.borrow_and_update().clone();
            let stopping = view.stopping.is_some_and(|stopping| !stopping.drain);
            pulse.parting(stopping || outbound.is_closing(), now, &self.timing);
            // Once by itself, so that the alarm below is set by what this has found.
            let first = poll_fn(|cx| Poll::Ready(self.poll(cx, &mut outbound, &mut pulse, &view, now))).await;
            let event = match first {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    // Setting a timer takes a lock that all share; one that rings too early is left alone.
                    let next = pulse.next(now, &self.timing);
                    let present = alarm.deadline().into_std();
                    if let Some(next) = next.filter(|next| present <= now || present > *next) {
                        alarm.as_mut().reset(next.into());
                    }
                    asked = next.map(|_| alarm.deadline().into_std());
                    tokio::select! {
                        event = poll_fn(|cx| self.poll(cx, &mut outbound, &mut pulse, &view, now)) => event,
                        _ = views.changed() => continue,
                        () = &mut alarm, if next.is_some() => continue,
                    }
                }
            };
            let now = tokio::time::Instant::now().into_std();
            match event {
                Event::More => tokio::task::yield_now().await,
                Event::Finished => {
                    has_everything = true;
                    break;
                }
                Event::Failed => return,
                Event::Read(bytes) => {
                    pulse.heard(now);
                    self.read(&bytes, &mut reader, &mut outbound).await;
                }
            }
        }
        match has_everything {
            true => guard.finish(),
            false => drop(guard),
        }
        drop(outbound);
        self.account = None;
        part(self.socket, self.timing).await;
    }

    /// Writes what can be written and reads what is there.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        outbound: &mut SubscriberWriter,
        pulse: &mut Pulse,
        view: &ReplayStatus,
        now: Instant,
    ) -> Poll<Event> {
        match self.pump(cx, outbound, view, now) {
            Some(progress) => {
                pulse.pumped(progress, outbound.sent().bytes, now);
                match progress {
                    Progress::Finished => return Poll::Ready(Event::Finished),
                    Progress::More => return Poll::Ready(Event::More),
                    Progress::Idle if self.replay.has_barriers() => {
                        self.replay.record_sent(std::iter::once(self.subscriber), outbound.sent_mark());
                    }
                    Progress::Idle | Progress::Blocked => {}
                }
            }
            None => return Poll::Ready(Event::Failed),
        }
        // What a socket holds back (one that encrypts, for instance) goes out as well.
        if let Poll::Ready(Err(_)) = Pin::new(&mut self.socket).poll_flush(cx) {
            return Poll::Ready(Event::Failed);
        }
        // After a goodbye nothing more is read: after a broken frame, there is no telling what it would be.
        if outbound.is_closing() || outbound.pending_replies() >= ANSWERS {
            return Poll::Pending;
        }
        let mut bytes = [0; READ_BYTES];
        let mut buffer = ReadBuf::new(&mut bytes);
        match Pin::new(&mut self.socket).poll_read(cx, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Ok(())) if !buffer.filled().is_empty() => Poll::Ready(Event::Read(buffer.filled().to_vec())),
            Poll::Ready(_) => Poll::Ready(Event::Failed),
        }
    }

    /// Writes what can be written; `None`: the connection is broken.
    fn pump(
        &mut self,
        cx: &mut Context<'_>,
        outbound: &mut SubscriberWriter,
        view: &ReplayStatus,
        now: Instant,
    ) -> Option<Progress> {
        let before = outbound.sent();
        let progress = outbound.pump(view, now, &mut SocketOutlet { socket: &mut self.socket, cx }).ok();
        if let Some(account) = &mut self.account {
            account.pumped(outbound, before, progress, view, now);
        }
        progress
    }

    /// Takes in what has arrived, and answers.
    async fn read(&mut self, bytes: &[u8], reader: &mut Reader, outbound: &mut SubscriberWriter) {
        let mut unread = bytes;
        while !outbound.is_closing() {
            let Some(heard) = reader.hear(&mut unread) else { return };
            let now = tokio::time::Instant::now().into_std();
            let asked =
                match requests::answer(heard, outbound, self.subscriber, self.control.is_some(), &self.meters, now) {
                    Answered::Here => continue,
                    Answered::Command(asked) => asked,
                };
            let Some(control) = &self.control else { continue };
            // The replay answers at once or is gone: reading waits for it, writing hardly.
            let answer = control.apply(asked.instruction.clone()).await.ok();
            asked.answered(answer, outbound, &self.meters);
        }
    }

    /// Tries to say why, without waiting: the socket of a stalled reader may be full, and a silent one may have vanished.
    fn say_last_words(&mut self, outbound: &mut SubscriberWriter, code: CloseCode) {
        outbound.close(code);
        let view = self.replay.status_receiver().borrow().clone();
        let mut cx = Context::from_waker(futures::task::noop_waker_ref());
        let now = tokio::time::Instant::now().into_std();
        self.pump(&mut cx, outbound, &view, now);
    }
}

/// After the goodbye: waits a moment for the peer to leave as well. What it still sends is taken and thrown away, for a
/// connection that is closed with bytes unread is reset, and the goodbye with it.
pub(super) async fn part<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, timing: Timing) {
    let wait = async {
        // Half-closing tells the peer that nothing more comes, whatever it is doing.
        let _ = socket.shutdown().await;
        let mut thrown_away = [0; 512];
        while socket.read(&mut thrown_away).await.is_ok_and(|bytes| bytes > 0) {}
    };
    let _ = timeout(timing.farewell, wait).await;
}

/// Says a last thing, if the peer takes it in time, and parts.
pub(super) async fn last_words<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, words: &[u8], timing: Timing) {
    if let Ok(Ok(())) = timeout(timing.farewell, socket.write_all(words)).await {
        part(socket, timing).await;
    }
}

/// Refuses a WebSocket in a way that it can read: after the answer to its handshake one error frame, then the close code.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    socket: S,
    greeting: Vec<u8>,
    code: CloseCode,
    rejection: &Rejection,
    timing: Timing,
) {
    let frames = [greeting, Framing::WebSocket.refusal(code, rejection)].concat();
    last_words(socket, &frames, timing).await;
}

/// A socket as a [`TryWrite`]: what would wait is left for later, and the task is woken then.
struct SocketOutlet<'a, 'b, S> {
    socket: &'a mut S,
    cx: &'a mut Context<'b>,
}

impl<S: AsyncWrite + Unpin> TryWrite for SocketOutlet<'_, '_, S> {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        let socket = Pin::new(&mut *self.socket);
        // One buffer is the usual case, and a plain send is cheaper than a vectored one.
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
