//! One connection: HTTP/1.1 through hyper until it is closed or becomes a stream.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use parking_lot::Mutex;

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
use tracing::Instrument;

use super::accept::Rewind;
use super::admission::Admission;
use super::app_state::AppState;
use super::connection_limit::ConnectionPermit;
use super::countdown::HyperTimer;
use super::mount::{Intercepted, Interceptor};
use super::refusal::final_response;
use super::routes::{Outcome, StreamOutcome, handle};
use super::subscriber_task::{self, SubscriberTask, reset_on_drop};
use super::tls::TlsStream;
use super::write_timeout::WriteTimeout;
use crate::error_code::ErrorCode;
use crate::playback::Rejection;

/// A socket on which a connection runs.
pub(super) trait StreamSocket: AsyncRead + AsyncWrite + Unpin + Send + Sized + 'static {
    /// Starts serving a subscriber on the socket; `leftover` is what arrived behind the request's head.
    fn start_stream(self, admission: Admission, leftover: Vec<u8>, permit: ConnectionPermit, app: &AppState) {
        spawn_task(self, admission, leftover, permit, app);
    }

    /// Makes dropping the socket reset the connection.
    fn reset_on_drop(&self);
}

impl StreamSocket for TcpStream {
    fn start_stream(self, admission: Admission, leftover: Vec<u8>, permit: ConnectionPermit, app: &AppState) {
        let Some(delivery) = &app.delivery else { return spawn_task(self, admission, leftover, permit, app) };
        // It fails if the peer has disconnected.
        let joined = self
            .into_std()
            .and_then(|socket| delivery.join(admission.into_new_subscriber(socket, leftover, Some(permit))));
        if let Err(error) = joined {
            tracing::debug!("a subscriber could not join the delivery loop: {error}");
        }
    }

    fn reset_on_drop(&self) {
        reset_on_drop(self);
    }
}

impl StreamSocket for TlsStream<TcpStream> {
    fn reset_on_drop(&self) {
        reset_on_drop(self.get_ref().0);
    }
}

impl StreamSocket for TlsStream<Rewind<TcpStream>> {
    fn reset_on_drop(&self) {
        reset_on_drop(self.get_ref().0.get_ref());
    }
}

/// Spawns a task for a subscriber. The task holds nothing else, because there is one for each subscriber.
fn spawn_task<S: StreamSocket>(
    socket: S,
    admission: Admission,
    leftover: Vec<u8>,
    permit: ConnectionPermit,
    app: &AppState,
) {
    let Admission { response_head, replay, control, join, message_bytes } = admission;
    let task = SubscriberTask::new(socket, leftover, replay, control, app.timing, app.metrics.clone());
    let serving = task
        .on_reset(S::reset_on_drop)
        .response_head(response_head)
        .max_message_bytes(message_bytes)
        .with_permit(Some(permit))
        .serve(join);
    let abort = app.abort.clone();
    let serving = async move {
        abort.run_until_cancelled(serving).await;
    };
    tokio::spawn(serving.in_current_span());
}

/// Answers the requests on a connection until it is closed or becomes a stream.
pub(super) async fn serve<S: StreamSocket>(
    socket: Rewind<S>,
    peer: IpAddr,
    app: Arc<AppState>,
    router: Router,
    permit: ConnectionPermit,
    interceptor: Option<Arc<dyn Interceptor>>,
    stopping: CancellationToken,
) {
    // Locked only to put the stream in or take it out.
    let requested_stream: Arc<Mutex<Option<StreamOutcome>>> = Arc::default();
    let has_answered = Arc::<AtomicBool>::default();
    let service = {
        let (app, permit, requested_stream, has_answered) =
            (app.clone(), permit.clone(), requested_stream.clone(), has_answered.clone());
        service_fn(move |request: Request<Incoming>| {
            has_answered.store(true, Ordering::Relaxed);
            let entered = match &interceptor {
                Some(interceptor) => interceptor.intercept(request),
                None => Intercepted::Request(request),
            };
            let (app, router, permit, requested_stream) =
                (app.clone(), router.clone(), permit.clone(), requested_stream.clone());
            Box::pin(async move {
                let request = match entered {
                    Intercepted::Request(request) => request,
                    Intercepted::Answered(response) => return Ok(response.await),
                };
                match handle(&app, router, request.map(Body::new), peer, &permit).await {
                    Outcome::Response(response) => Ok::<_, Infallible>(response),
                    Outcome::Stream(stream) => {
                        *requested_stream.lock() = Some(stream);
                        // The socket is taken from under hyper: no response follows.
                        std::future::pending().await
                    }
                }
            })
        })
    };
    let mut write_timeout = WriteTimeout::new(socket.write_progress(), app.timing.stall);
    let mut connection = http1::Builder::new()
        .timer(HyperTimer)
        .header_read_timeout(app.limits.head_time)
        .max_buf_size(app.limits.head_bytes)
        .serve_connection(TokioIo::new(socket), service);
    let mut stop_requested = pin!(stopping.cancelled());
    let mut is_stopping = false;
    let mut write_timed_out = false;
    let mut failed = None;
    let stream = poll_fn(|cx| {
        if !is_stopping && stop_requested.as_mut().poll(cx).is_ready() {
            is_stopping = true;
            Pin::new(&mut connection).graceful_shutdown();
        }
        // Polled without shutdown: if the rest of a request is not read, a shutdown would end while the response still
        // waits to be written.
        let mut ended = Pin::new(&mut connection).poll(cx);
        // If an upgrade is refused and its request has a body, hyper ends before the response is written. Polled again,
        // it writes it.
        if write_timeout.is_blocked() && matches!(ended, Poll::Ready(Ok(()))) {
            ended = Pin::new(&mut connection).poll(cx);
        }
        // Not before the responses to earlier requests are written.
        if !write_timeout.is_blocked()
            && let Some(stream) = requested_stream.lock().take()
        {
            return Poll::Ready(Some(stream));
        }
        if ended.is_pending() && write_timeout.poll_elapsed(cx).is_ready() {
            write_timed_out = true;
            return Poll::Ready(None);
        }
        ended.map(|ended| {
            failed = ended.err();
            None
        })
    })
    .await;
    let parts = connection.into_parts();
    // Without a byte of another request there is nothing to answer.
    let is_http2 = failed.as_ref().is_some_and(hyper::Error::is_parse_version_h2);
    let too_slow = failed.as_ref().is_some_and(hyper::Error::is_timeout) && !parts.read_buf.is_empty();
    if let Some(error) = failed {
        // A client that has had a response may time out or disconnect.
        let idle = has_answered.load(Ordering::Relaxed) && parts.read_buf.is_empty();
        if let Some(code) = head_refusal(&error).filter(|_| !idle) {
            app.metrics.record_refused(code);
        }
        tracing::debug!("a connection ended: {error}");
    }
    // Copied: hyper's read buffer is much larger than what is in it.
    let (socket, unread) = parts.io.into_inner().into_parts();
    match stream {
        Some(StreamOutcome::Start(admission)) => {
            let leftover = [&parts.read_buf[..], &unread].concat();
            socket.start_stream(*admission, leftover, permit, &app);
        }
        Some(StreamOutcome::Reject(response_head, rejection)) => {
            subscriber_task::reject_websocket(socket, response_head, &rejection, app.timing).await;
        }
        // The close reason would only wait behind the response that the peer does not take.
        None if write_timed_out => tracing::info!("closed a connection whose peer did not read its responses"),
        None if too_slow => {
            let message = format!("the head of a request took longer than {:?}", app.limits.head_time);
            let answer = final_response(&Rejection::new(ErrorCode::TooSlow, message));
            subscriber_task::write_and_close(socket, &answer, app.timing).await;
        }
        // hyper itself answers all other requests that it cannot parse.
        None if is_http2 => {
            let answer =
                final_response(&Rejection::new(ErrorCode::BadRequest, "HTTP/2 is not supported; use HTTP/1.1"));
            subscriber_task::write_and_close(socket, &answer, app.timing).await;
        }
        // Closing at once while the peer still sends would reset the connection, and cut the last response off.
        None if !is_stopping => subscriber_task::close_gracefully(socket, app.timing).await,
        None => {}
    }
}

/// The code of a request head that hyper rejected. hyper has answered where it could.
fn head_refusal(error: &hyper::Error) -> Option<&'static str> {
    match error {
        error if error.is_timeout() => Some("head_too_slow"),
        error if error.is_parse_too_large() => Some("head_too_long"),
        error if error.is_parse() => Some(ErrorCode::BadRequest.as_str()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::task::Context;

    use tokio::io::{AsyncReadExt, DuplexStream, ReadBuf};

    use super::super::api;
    use super::super::app_state::testing::app;
    use super::super::connection_limit::ConnectionLimit;
    use super::*;

    /// A socket whose readiness is unknown, as that of a new connection.
    struct Fresh {
        pipe: DuplexStream,
        known: bool,
    }

    impl StreamSocket for Fresh {
        fn reset_on_drop(&self) {}
    }

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
            let app = Arc::new(app());
            let (ours, mut theirs) = tokio::io::duplex(4_096);
            let socket = Rewind::new(said.into(), Fresh { pipe: ours, known: false });
            let permit = ConnectionLimit::new(1, 1).try_acquire().expect("a permit");
            let router = api::router(app.clone());
            let peer = IpAddr::from([127, 0, 0, 1]);
            tokio::spawn(serve(socket, peer, app, router, permit, None, CancellationToken::new()));
            let mut answer = String::new();
            theirs.read_to_string(&mut answer).await.expect("an answer");
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{said}: {answer}");
        }
    }
}
