//! Link faults on the connection of a task: which concern it, and how they end it.

use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures::future::poll_fn;
use http::StatusCode;
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

use super::super::countdown::timeout;
use super::{Served, SubscriberTask, close_gracefully};
use crate::faults::EndCode;
use crate::faults::link::{Break, ConnectionFaults, DueBreak, LinkDone, LinkPlan, SeenPlace};
use crate::football::FaultKind;
use crate::hub::{PumpResult, ReplayStatus, SubscriberGuard, SubscriberWriter, runtime_now};

/// How long a socket may take for what goes before the end. A fresh one is not known to be writable yet.
const LAST_WRITE: Duration = Duration::from_millis(50);

/// What a task knows of the link faults of its replay.
pub(super) struct LinkWatch {
    /// The version of the plan that it has looked at.
    pub(super) version: u64,
    /// Faults that happened at once, up to this serial number, do not concern the connection.
    pub(super) serial: u64,
    /// Where playback was at the last look.
    pub(super) seen: SeenPlace,
}

impl<S: AsyncRead + AsyncWrite + Unpin> SubscriberTask<S> {
    /// Refuses the connection because of a link fault.
    pub(super) async fn refuse(mut self, code: EndCode) {
        match code {
            EndCode::Reset => (self.reset)(self.socket.get_ref()),
            EndCode::Number(status) => {
                let _ = self.socket.write_all(&refusal_response(status)).await;
                close_gracefully(self.socket, self.timing).await;
            }
        }
    }

    /// Takes over the plan of link faults, if it has changed and concerns the connection.
    pub(super) fn watch_link(
        &mut self,
        link: &mut LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        now: Instant,
    ) {
        let version = self.replay.link_version();
        if std::mem::replace(&mut link.version, version) == version {
            return;
        }
        let Some(plan) = self.replay.link_plan() else { return };
        if let Some(faults) = self.socket.faults_mut() {
            faults.change_plan(&plan, now);
        } else if plan.concerns(guard.number(), guard.client().map(|client| &**client), link.serial) {
            self.bend(&plan, link, guard, writer, now);
        }
        link.serial = plan.serial();
    }

    /// Puts the connection under the faults of a plan.
    pub(super) fn bend(
        &mut self,
        plan: &LinkPlan,
        link: &LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        now: Instant,
    ) {
        let client = guard.client().cloned();
        let faults = ConnectionFaults::new(plan, guard.number(), client, link.serial, link.seen, now);
        let begun = (writer.bytes_to_frame_end(), writer.head_is_next());
        self.socket.bend(faults, writer.options().framing, begun, now);
    }

    /// How a fault ends the connection now, if one does.
    pub(super) fn due_break(&mut self, link: &mut LinkWatch, status: &ReplayStatus, now: Instant) -> Option<DueBreak> {
        match self.socket.faults_mut() {
            Some(faults) => faults.advance(status.timeline(), &status.playhead, now),
            None => {
                link.seen = SeenPlace::of(status.timeline(), &status.playhead, now);
                None
            }
        }
    }

    /// Writes what goes before the end of the connection: replies, and the events before the place at which a fault ends it, however
    /// late this task is; `None`: all that is due.
    pub(super) async fn write_up_to(
        &mut self,
        cues: Option<u32>,
        status: &ReplayStatus,
        writer: &mut SubscriberWriter,
        served: &mut Served,
    ) {
        let mut before = status.clone();
        before.stopping = None;
        if let Some(cues) = cues {
            if writer.sent_mark().epoch != status.playhead.epoch {
                // Playback jumped onto the place.
                return;
            }
            before.tick = None;
            before.playhead = status.playhead.up_to(cues, writer.sent_mark().version);
        }
        let now = runtime_now();
        loop {
            let written = poll_fn(|cx| Poll::Ready(self.pump(cx, writer, &before, served, now))).await;
            match written {
                Some(PumpResult::More) => tokio::task::yield_now().await,
                _ => break,
            }
        }
        // What the socket does not take in a moment, or a fault holds back, is lost with the connection.
        let flush = poll_fn(|cx| match Pin::new(&mut self.socket).poll_flush(cx) {
            Poll::Pending if self.socket.is_holding(runtime_now()) => Poll::Ready(()),
            Poll::Pending => Poll::Pending,
            Poll::Ready(_) => Poll::Ready(()),
        });
        let _ = tokio::time::timeout(LAST_WRITE, flush).await;
    }

    /// Sends and answers nothing more, and resets the connection after a time, or once the peer has left, the replay ends or
    /// another plan is in force.
    pub(super) async fn fall_silent(self, after: Duration, mut statuses: watch::Receiver<ReplayStatus>) {
        let Self { socket, reset, replay, .. } = self;
        let plan_of = || replay.link_plan().map_or(0, |plan| plan.replaced_at());
        let plan = plan_of();
        let mut socket = socket.into_inner();
        if !after.is_zero() {
            let mut discarded = [0; 512];
            let peer_leaves = async { while socket.read(&mut discarded).await.is_ok_and(|bytes| bytes > 0) {} };
            tokio::select! {
                _ = timeout(after, peer_leaves) => {}
                _ = statuses.wait_for(|status| {
                    status.stopping.is_some_and(|stopping| !stopping.drain) || plan_of() != plan
                }) => {}
                () = replay.wait_until_over() => {}
            }
        }
        reset(&socket);
    }

    pub(super) fn note_break(
        &self,
        guard: &SubscriberGuard,
        due: DueBreak,
        status: &ReplayStatus,
        served: &mut Served,
    ) {
        let (kind, what) = match due.how {
            Break::Close(code) => (FaultKind::Cut, format!("closed with {code}")),
            Break::Reset(Duration::ZERO) => (FaultKind::Cut, "connection reset".to_owned()),
            Break::Reset(after) => (FaultKind::HalfOpen, format!("silent for {after:?}")),
        };
        self.note(guard, LinkDone { kind, fault: due.fault, what }, status, served);
    }

    /// Adds what faults have done to the journal, and passes on to the judge what was sent.
    pub(super) fn note_done(&mut self, guard: &SubscriberGuard, status: &ReplayStatus, served: &mut Served) {
        for (at, text) in self.socket.take_sent() {
            served.judged.iter_mut().for_each(|judged| judged.sent(&text, at));
        }
        for done in self.socket.take_done() {
            self.note(guard, done, status, served);
        }
    }

    fn note(&self, guard: &SubscriberGuard, done: LinkDone, status: &ReplayStatus, served: &Served) {
        served.judged.iter().for_each(|judged| judged.fault(&format!("{}: {}", done.kind, done.what)));
        let now = runtime_now();
        let at = status.playhead.clock.media_time(now);
        self.replay.note_link_fault(Some(guard.number()), guard.client().cloned(), done, at, now);
    }
}

/// Makes dropping a socket reset the connection.
pub(in crate::server) fn reset_on_drop<'a, S>(socket: &'a S)
where
    SockRef<'a>: From<&'a S>,
{
    // It fails if the peer has reset it already.
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}

/// The response to a client that a fault refuses.
pub(in crate::server) fn refusal_response(status: u16) -> Vec<u8> {
    let reason = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason()).unwrap_or("Refused");
    let retry = if let 429 | 503 = status { "retry-after: 1\r\n" } else { "" };
    format!("HTTP/1.1 {status} {reason}\r\n{retry}content-length: 0\r\nconnection: close\r\n\r\n").into_bytes()
}
