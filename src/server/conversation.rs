//! One subscriber's conversation: drives an [`Outbound`] over a socket and reads requests beside it.
//!
//! Generic over the socket, so that whole matches run over in-memory pipes under virtual time.

use std::io::{self, IoSlice};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures::future::poll_fn;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::OwnedSemaphorePermit;

use super::parameters;
use super::transport::websocket::{Heard, Reader};
use crate::dialect::{Action, Request, RequestError, native};
use crate::hub::{CloseCode, Control, Join, Outbound, Outlet, Progress, Replay, View, control_frame, framed};
use crate::playback::Rejection;

/// How long things may take in a conversation.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Between two pings.
    pub ping_every: Duration,
    /// Without a sign of life (a pong is one) before the peer counts as gone.
    pub silence: Duration,
    /// Without progress while something is to be written, before a reader is closed.
    pub stall: Duration,
    /// For the closing handshake.
    pub farewell: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(15),
            silence: Duration::from_secs(50),
            stall: Duration::from_secs(20),
            farewell: Duration::from_secs(2),
        }
    }
}

/// A connection's place: given back when the last clone is dropped.
pub(super) type Seat = Arc<OwnedSemaphorePermit>;

/// How many answers may wait before no more requests are read.
const ANSWERS: usize = 32;

/// A WebSocket subscriber of a replay, from after the handshake to the end.
#[derive(Debug)]
pub struct Conversation<S> {
    socket: S,
    reader: Reader,
    replay: Replay,
    control: Option<Control>,
    timing: Timing,
    /// Its place among the connections, given back when it is over.
    _seat: Option<Seat>,
}

/// What happened on the socket.
enum Event {
    Heard(Heard),
    /// More can be written at once.
    More,
    /// The goodbye is out.
    Finished,
    Failed,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Conversation<S> {
    /// Over a socket whose handshake is done; `early` are bytes that came with it.
    pub fn new(socket: S, early: Vec<u8>, replay: Replay, control: Option<Control>, timing: Timing) -> Self {
        Self { socket, reader: Reader::new(early), replay, control, timing, _seat: None }
    }

    /// Keeps a place among the connections as long as it lasts.
    pub(super) fn holding(mut self, seat: Option<Seat>) -> Self {
        self._seat = seat;
        self
    }

    /// Serves the subscriber until either side ends it.
    pub async fn serve(mut self, mut join: Join) {
        join.control = self.control.is_some();
        let guard = self.replay.count_in();
        let mut views = self.replay.watch();
        let now = tokio::time::Instant::now().into_std();
        let mut outbound = {
            let view = views.borrow_and_update();
            Box::new(Outbound::join(self.replay.clone(), join, &view, now))
        };
        let mut pulse = Pulse::new(now, self.timing);
        let mut alarm = pin!(tokio::time::sleep_until(now.into()));
        loop {
            let now = tokio::time::Instant::now().into_std();
            if let Some(due) = pulse.due(now) {
                match due {
                    Due::Ping => outbound.send_raw(control_frame(9, b"")),
                    // Nothing that is written would arrive, or not in time.
                    Due::Silent | Due::Gone => return,
                    Due::Stalled => {
                        tracing::info!(replay = self.replay.name(), "a reader made no progress and was closed");
                        self.say_last_words(&mut outbound, CloseCode::NoProgress);
                        break;
                    }
                }
            }
            let view = views.borrow_and_update().clone();
            let stopping = view.stopping.is_some_and(|stopping| !stopping.drain);
            pulse.parting(stopping || outbound.is_closing(), now);
            // Once by itself, so that the alarm below is set by what this has found.
            let first = poll_fn(|cx| Poll::Ready(self.poll(cx, &mut outbound, &mut pulse, &view, now))).await;
            let event = match first {
                Poll::Ready(event) => event,
                Poll::Pending => {
                    // Setting a timer takes a lock that all share, and it hardly ever changes.
                    let next = pulse.next().into();
                    if alarm.deadline() != next {
                        alarm.as_mut().reset(next);
                    }
                    tokio::select! {
                        event = poll_fn(|cx| self.poll(cx, &mut outbound, &mut pulse, &view, now)) => event,
                        _ = views.changed() => continue,
                        () = &mut alarm => continue,
                    }
                }
            };
            let now = tokio::time::Instant::now().into_std();
            match event {
                Event::More => tokio::task::yield_now().await,
                Event::Finished => break,
                Event::Failed | Event::Heard(Heard::Gone) => return,
                Event::Heard(heard) => {
                    pulse.heard(now);
                    self.answer(heard, &mut outbound).await;
                }
            }
        }
        drop(guard);
        drop(outbound);
        part(self.socket, self.timing).await;
    }

    /// Writes what can be written and reads what is there.
    fn poll(
        &mut self,
        cx: &mut Context<'_>,
        outbound: &mut Outbound,
        pulse: &mut Pulse,
        view: &View,
        now: Instant,
    ) -> Poll<Event> {
        let mut outlet = SocketOutlet { socket: &mut self.socket, cx };
        match outbound.pump(view, now, &mut outlet) {
            Ok(progress) => {
                pulse.pumped(progress, outbound.written(), now);
                match progress {
                    Progress::Finished => return Poll::Ready(Event::Finished),
                    Progress::More => return Poll::Ready(Event::More),
                    Progress::Idle | Progress::Blocked => {}
                }
            }
            Err(_) => return Poll::Ready(Event::Failed),
        }
        // After a goodbye nothing more is read: after a broken frame, there is no telling what it would be.
        if outbound.is_closing() || outbound.answers_waiting() >= ANSWERS {
            return Poll::Pending;
        }
        let mut answers = Vec::new();
        let heard = self.reader.poll(cx, &mut self.socket, &mut answers);
        let echo = matches!(heard, Poll::Ready(Heard::Close));
        if echo {
            outbound.close_with(answers);
        } else if !answers.is_empty() {
            outbound.send_raw(answers);
        }
        heard.map(Event::Heard)
    }

    async fn answer(&mut self, heard: Heard, outbound: &mut Outbound) {
        let text = match heard {
            Heard::Text(text) => text,
            Heard::Broken(code) => return outbound.close(code),
            Heard::Alive | Heard::Close | Heard::Gone => return,
        };
        let Request { id, action } = match Request::decode(&text) {
            Ok(request) => request,
            Err(RequestError { id, rejection }) => return outbound.refuse(id.as_deref(), &rejection),
        };
        let id = id.as_deref();
        match action {
            Action::Ping { payload } => {
                outbound.pong(id, payload.as_deref(), tokio::time::Instant::now().into_std());
            }
            Action::Subscribe { matches, types } => {
                match parameters::follow(self.replay.timeline(), matches.as_deref(), types.as_deref()) {
                    Ok(follow) => outbound.subscribe(id, follow),
                    Err((_, rejection)) => outbound.refuse(id, &rejection),
                }
            }
            Action::Playback(command) => {
                let Some(control) = &self.control else {
                    let message = "this connection may look, not control".to_owned();
                    let rejection = Rejection { code: "not_authorised", message, accepted: Vec::new() };
                    return outbound.refuse(id, &rejection);
                };
                // The replay answers at once or is gone: reading waits for it, writing hardly.
                match control.apply(command).await {
                    Ok(Ok(answer)) => outbound.reply(id, &answer),
                    Ok(Err(rejection)) => outbound.refuse(id, &rejection),
                    // A replay that is stopping says goodbye itself, and says why.
                    Err(_) if self.replay.is_stopping() => {}
                    Err(_) => outbound.close(CloseCode::Gone),
                }
            }
        }
    }

    /// Tries to say why, without waiting: the socket of a stalled reader is full, but may not be.
    fn say_last_words(&mut self, outbound: &mut Outbound, code: CloseCode) {
        outbound.close(code);
        let view = self.replay.watch().borrow().clone();
        let mut cx = Context::from_waker(futures::task::noop_waker_ref());
        let now = tokio::time::Instant::now().into_std();
        let _ = outbound.pump(&view, now, &mut SocketOutlet { socket: &mut self.socket, cx: &mut cx });
    }
}

/// After the goodbye: waits a moment for the peer to leave as well. What it still sends is taken and thrown away, for a
/// connection that is closed with bytes unread is reset, and the goodbye with it.
async fn part<S: AsyncRead + AsyncWrite + Unpin>(mut socket: S, timing: Timing) {
    let wait = async {
        // Half-closing tells the peer that nothing more comes, whatever it is doing.
        let _ = socket.shutdown().await;
        let mut thrown_away = [0; 512];
        while socket.read(&mut thrown_away).await.is_ok_and(|bytes| bytes > 0) {}
    };
    let _ = tokio::time::timeout(timing.farewell, wait).await;
}

/// Refuses a subscriber in a way that it can read: one error frame, then the close code.
pub(super) async fn refuse<S: AsyncRead + AsyncWrite + Unpin>(
    mut socket: S,
    code: CloseCode,
    rejection: &Rejection,
    timing: Timing,
) {
    let mut frames = framed(|out| native::error(None, rejection, out)).to_vec();
    frames.extend_from_slice(&code.frame());
    if let Ok(Ok(())) = tokio::time::timeout(timing.farewell, socket.write_all(&frames)).await {
        part(socket, timing).await;
    }
}

/// A socket as an [`Outlet`]: what would wait is left for later, and the task is woken then.
struct SocketOutlet<'a, 'b, S> {
    socket: &'a mut S,
    cx: &'a mut Context<'b>,
}

impl<S: AsyncWrite + Unpin> Outlet for SocketOutlet<'_, '_, S> {
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

/// What time asks for.
enum Due {
    Ping,
    Silent,
    Stalled,
    Gone,
}

/// The clocks of a conversation: pings, silence, progress.
struct Pulse {
    timing: Timing,
    ping_at: Instant,
    heard_at: Instant,
    blocked: Option<(Instant, u64)>,
    /// When it must be over, once the goodbye is due.
    leave_by: Option<Instant>,
}

impl Pulse {
    fn new(now: Instant, timing: Timing) -> Self {
        Self { timing, ping_at: now + timing.ping_every, heard_at: now, blocked: None, leave_by: None }
    }

    fn heard(&mut self, now: Instant) {
        self.heard_at = now;
    }

    /// Progress is bytes taken, not time passed: a slow reader that takes a little every so often stays.
    fn pumped(&mut self, progress: Progress, written: u64, now: Instant) {
        if self.blocked.is_some_and(|(_, at)| at != written) {
            // Whoever takes bytes is there; pings do not go to a reader that is behind, so it has nothing to answer.
            self.heard_at = now;
        }
        self.blocked = match (progress, self.blocked) {
            (Progress::Blocked, Some((since, at))) if at == written => Some((since, at)),
            (Progress::Blocked, _) => Some((now, written)),
            _ => None,
        };
    }

    fn next(&self) -> Instant {
        let silent = self.heard_at + self.timing.silence;
        let stalled = self.blocked.map(|(since, _)| since + self.timing.stall);
        [Some(self.ping_at), Some(silent), stalled, self.leave_by].into_iter().flatten().min().unwrap_or(silent)
    }

    /// Where the goodbye is due, a reader that does not read is not waited for.
    fn parting(&mut self, parting: bool, now: Instant) {
        if parting {
            self.leave_by.get_or_insert(now + self.timing.farewell);
        }
    }

    fn due(&mut self, now: Instant) -> Option<Due> {
        if self.leave_by.is_some_and(|leave_by| now >= leave_by) {
            return Some(Due::Gone);
        }
        if self.blocked.is_some_and(|(since, _)| now >= since + self.timing.stall) {
            return Some(Due::Stalled);
        }
        if now >= self.heard_at + self.timing.silence {
            return Some(Due::Silent);
        }
        if now < self.ping_at {
            return None;
        }
        self.ping_at = now + self.timing.ping_every;
        // A reader that is behind proves itself by reading; a ping would only wait behind the rest.
        self.blocked.is_none().then_some(Due::Ping)
    }
}
