//! One connection: HTTP/1.1 as long as requests are answered, then perhaps a stream on what lies below it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::accept::Begun;
use super::conversation::{self, Conversation};
use super::countdown::HyperTimer;
use super::entrance::Entrance;
use super::outflow::Patience;
use super::refusal::{close_code, last_answer, rejection};
use super::routes::{Answered, answer};
use super::seats::Seat;
use super::site::Site;
use super::tls::TlsStream;
use crate::playback::Rejection;

/// A stream that somebody has asked for.
#[derive(Debug)]
pub(super) enum Stream {
    /// It begins.
    Enter(Box<Entrance>),
    /// It is refused inside a WebSocket, after this answer to the handshake.
    Refuse(Vec<u8>, Rejection),
}

/// What a connection runs on.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send + Sized + 'static {
    /// Has somebody served on it from here on; `early` is what it has said beyond its request's head.
    fn enter(self, entrance: Entrance, early: Vec<u8>, seat: Seat, site: &Site) {
        converse(self, entrance, early, seat, site);
    }
}

impl Transport for TcpStream {
    fn enter(self, entrance: Entrance, early: Vec<u8>, seat: Seat, site: &Site) {
        let Some(delivery) = &site.delivery else { return converse(self, entrance, early, seat, site) };
        // It fails where the peer has gone meanwhile.
        let joined = self.into_std().and_then(|link| delivery.join(entrance.newcomer(link, early, Some(seat))));
        if let Err(error) = joined {
            tracing::debug!("a subscriber did not come to the delivery loop: {error}");
        }
    }
}

impl Transport for TlsStream<TcpStream> {}

/// Serves a subscriber in a task that holds nothing else: there are as many as there are subscribers.
fn converse<S: Transport>(socket: S, entrance: Entrance, early: Vec<u8>, seat: Seat, site: &Site) {
    let Entrance { greeting, replay, control, join, message_bytes } = entrance;
    let conversation = Conversation::new(socket, early, replay, control, site.timing, site.meters.clone());
    let serving = conversation.greeting(greeting).hearing(message_bytes).holding(Some(seat)).serve(join);
    let abort = site.abort.clone();
    tokio::spawn(async move {
        abort.run_until_cancelled(serving).await;
    });
}

/// Answers the requests on a connection until it is closed or becomes a stream.
pub(super) async fn serve<S: Transport>(
    socket: Begun<S>,
    peer: IpAddr,
    site: Arc<Site>,
    router: Router,
    seat: Seat,
    stopping: CancellationToken,
) {
    // Held for the time of a look.
    let asked_for: Arc<Mutex<Option<Stream>>> = Arc::default();
    let answered = Arc::<AtomicBool>::default();
    let service = {
        let (site, seat, asked_for, answered) = (site.clone(), seat.clone(), asked_for.clone(), answered.clone());
        service_fn(move |request: Request<Incoming>| {
            answered.store(true, Ordering::Relaxed);
            let (site, router, seat, asked_for) = (site.clone(), router.clone(), seat.clone(), asked_for.clone());
            Box::pin(async move {
                match answer(&site, router, request.map(Body::new), peer, &seat).await {
                    Answered::With(response) => Ok::<_, Infallible>(response),
                    Answered::By(stream) => {
                        *asked_for.lock().unwrap_or_else(PoisonError::into_inner) = Some(stream);
                        // The socket is taken from under this: nobody answers here any more.
                        std::future::pending().await
                    }
                }
            })
        })
    };
    let mut patience = Patience::new(socket.outflow(), site.timing.stall);
    let mut connection = http1::Builder::new()
        .timer(HyperTimer)
        .header_read_timeout(site.limits.head_time)
        .max_buf_size(site.limits.head_bytes)
        .serve_connection(TokioIo::new(socket), service);
    let mut told_to_stop = pin!(stopping.cancelled());
    let mut is_stopping = false;
    let mut is_lost = false;
    let mut failed = None;
    let stream = poll_fn(|cx| {
        if !is_stopping && told_to_stop.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        // Not without shutdown: where the rest of a request is not read, that ends while its answer still waits to be written.
        let mut ended = Pin::new(&mut connection).poll(cx);
        // Where an upgrade is refused and its request has a body, hyper ends before the answer is written. Polled again, it
        // writes it.
        if patience.is_waiting() && matches!(ended, Poll::Ready(Ok(()))) {
            ended = Pin::new(&mut connection).poll(cx);
        }
        // Not before the answers to earlier requests are out.
        if !patience.is_waiting()
            && let Some(stream) = asked_for.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            return Poll::Ready(Some(stream));
        }
        if ended.is_pending() && patience.poll_lost(cx).is_ready() {
            is_lost = true;
            return Poll::Ready(None);
        }
        ended.map(|ended| {
            failed = ended.err();
            None
        })
    })
    .await;
    let parts = connection.into_parts();
    // Who has sent nothing of another request is not answered: it asked nothing.
    let is_http2 = failed.as_ref().is_some_and(hyper::Error::is_parse_version_h2);
    let too_slow = failed.as_ref().is_some_and(hyper::Error::is_timeout) && !parts.read_buf.is_empty();
    if let Some(error) = failed {
        // Whoever has had an answer may leave it at that.
        let idle = answered.load(Ordering::Relaxed) && parts.read_buf.is_empty();
        if let Some(code) = head_refusal(&error).filter(|_| !idle) {
            site.meters.refused(code);
        }
        tracing::debug!("a connection ended: {error}");
    }
    // Copied: the buffer that hyper read into is many times as large as what is in it.
    let (socket, unread) = parts.io.into_inner().into_parts();
    match stream {
        Some(Stream::Enter(entrance)) => {
            let early = [&parts.read_buf[..], &unread].concat();
            socket.enter(*entrance, early, seat, &site);
        }
        Some(Stream::Refuse(greeting, rejection)) => {
            conversation::refuse(socket, greeting, close_code(&rejection), &rejection, site.timing).await;
        }
        // Whatever is written would only wait behind what it has not taken.
        None if is_lost => tracing::info!("a connection was closed whose peer did not take its answers"),
        None if too_slow => {
            let message = format!("the head of a request took longer than {:?}", site.limits.head_time);
            conversation::last_words(socket, &last_answer(&rejection("too_slow", message)), site.timing).await;
        }
        // hyper answers all other requests that it cannot read.
        None if is_http2 => {
            let answer = last_answer(&rejection("bad_request", "HTTP/2 is not supported; use HTTP/1.1"));
            conversation::last_words(socket, &answer, site.timing).await;
        }
        // A peer that still sends would have the last answer cut off by a reset.
        None if !is_stopping => conversation::part(socket, site.timing).await,
        None => {}
    }
}

/// Which refusal of a request's head an error of hyper's is, which has answered where it could.
fn head_refusal(error: &hyper::Error) -> Option<&'static str> {
    match error {
        error if error.is_timeout() => Some("head_too_slow"),
        error if error.is_parse_too_large() => Some("head_too_long"),
        error if error.is_parse() => Some("bad_request"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::task::Context;

    use tokio::io::{AsyncReadExt, DuplexStream, ReadBuf};

    use super::super::api;
    use super::super::seats::Seats;
    use super::super::site::testing::site;
    use super::*;

    /// A socket of which nobody knows yet whether it can be written to, as one that has just come.
    struct Fresh {
        pipe: DuplexStream,
        known: bool,
    }

    impl Transport for Fresh {}

    impl AsyncRead for Fresh {
        fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.pipe).poll_read(cx, buffer)
        }
    }

    impl AsyncWrite for Fresh {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            if !std::mem::replace(&mut self.known, true) {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Pin::new(&mut self.pipe).poll_write(cx, bytes)
        }

        fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.pipe).poll_flush(cx)
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
            Pin::new(&mut self.pipe).poll_shutdown(cx)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_written_even_where_the_socket_is_not_ready_to_be_written_to() {
        let upgrade = "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
                       Content-Length: 6\r\n\r\n";
        for (said, status) in [("nonsense\r\n\r\n", 400), (upgrade, 426)] {
            let site = Arc::new(site());
            let (ours, mut theirs) = tokio::io::duplex(4_096);
            let socket = Begun::new(said.into(), Fresh { pipe: ours, known: false });
            let seat = Seats::new(1, 1).try_take().expect("a seat");
            let router = api::router(site.clone());
            let peer = IpAddr::from([127, 0, 0, 1]);
            tokio::spawn(serve(socket, peer, site, router, seat, CancellationToken::new()));
            let mut answer = String::new();
            theirs.read_to_string(&mut answer).await.expect("an answer");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{said}: {answer}");
        }
    }
}
