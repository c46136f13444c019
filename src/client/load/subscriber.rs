//! One subscriber's task: reads messages until the connection ends, and answers pings.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures::FutureExt;
use serde::Deserialize;
use tokio::io::{AsyncRead, AsyncWriteExt, BufReader, ReadBuf};
use tokio::task::unconstrained;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::Frame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::LoadContext;
use super::decoder::{Decoder, ServerMessage};
use super::measurement::{OrderCheckMethod, StreamEnd};
use crate::client::tls::{MaybeTlsStream, describe_io_error};

const READ_BYTES: usize = 64 << 10;
/// The mask of client frames. RFC 6455 requires one; a constant is enough, as pongs only repeat the server's own
/// payload.
const MASK: [u8; 4] = [0x37, 0x5a, 0x11, 0xc4];

thread_local! {
    /// The read buffer of all subscribers on a thread: none needs one of its own while it waits.
    static READ_BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// A subscriber's connection. Dropping it sends a close frame, over a WebSocket, if the socket takes it at once.
pub(super) struct SubscriberConnection {
    /// At the first byte of the messages.
    pub(super) stream: BufReader<MaybeTlsStream>,
    pub(super) decoder: Decoder,
}

impl Drop for SubscriberConnection {
    fn drop(&mut self) {
        let last = if self.decoder.is_one_way() { Vec::new() } else { close_frame() };
        let sent = async {
            self.stream.write_all(&last).await?;
            self.stream.shutdown().await
        };
        // If the socket's buffer is full, the server sees the connection close without a close frame.
        let _ = unconstrained(sent).now_or_never();
    }
}

/// Reads until the connection ends, and reports the end to the measurement.
pub(super) async fn run(mut connection: SubscriberConnection, id: usize, context: Arc<LoadContext>) {
    let end = connection.read_until_end(id, &context).await;
    drop(connection);
    context.measurement.lock().record_end(id, end);
    context.disconnected.notify_one();
}

impl SubscriberConnection {
    async fn read_until_end(&mut self, id: usize, context: &LoadContext) -> StreamEnd {
        loop {
            let mut replies = Vec::new();
            let read = |cx: &mut Context<'_>| {
                READ_BUFFER.with_borrow_mut(|buffer| self.poll_read_messages(buffer, &mut replies, id, context, cx))
            };
            if let Some(end) = std::future::poll_fn(read).await {
                return end;
            }
            if !replies.is_empty()
                && let Err(error) = self.write(&replies).await
            {
                return StreamEnd::Cut(describe_io_error(&error));
            }
        }
    }

    /// Nothing is read meanwhile: a server that pings is expected to read the pong.
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await?;
        self.stream.flush().await
    }

    /// Reads once and records the messages. Pongs to be sent go to `replies`. Returns how the stream ended, if it has.
    fn poll_read_messages(
        &mut self,
        buffer: &mut [u8],
        replies: &mut Vec<u8>,
        id: usize,
        context: &LoadContext,
        cx: &mut Context<'_>,
    ) -> Poll<Option<StreamEnd>> {
        let Self { stream, decoder } = self;
        let mut buf = ReadBuf::new(buffer);
        if let Err(error) = ready!(Pin::new(stream).poll_read(cx, &mut buf)) {
            return Poll::Ready(Some(StreamEnd::Cut(describe_io_error(&error))));
        }
        let now = context.now();
        let one_way = decoder.is_one_way();
        let mut closed = None;
        let mut measurement = context.measurement.lock();
        let emit = |message: ServerMessage<'_>| match message {
            // Messages after a close are ignored.
            _ if closed.is_some() => {}
            ServerMessage::Data(data) => match one_way.then(|| CloseMessage::parse(data)).flatten() {
                Some(close) if measurement.order == Some(OrderCheckMethod::Touchline) => {
                    closed = Some(stream_end_from_code(close.code, &close.reason))
                }
                _ => measurement.receive(id, data, now),
            },
            ServerMessage::Ping(payload) => append_masked(Frame::pong(payload.to_vec()), replies),
            ServerMessage::Close(payload) => closed = Some(stream_end(payload)),
            ServerMessage::End => closed = Some(StreamEnd::Eof),
        };
        if buf.filled().is_empty() {
            decoder.decode_eof(emit);
            return Poll::Ready(closed.or_else(|| Some(StreamEnd::Cut("the connection was cut".to_owned()))));
        }
        let decoded = decoder.decode(buf.filled(), emit);
        Poll::Ready(closed.or_else(|| decoded.err().map(|error| StreamEnd::Cut(format!("protocol error: {error}")))))
    }
}

/// Touchline's last frame over HTTP, which has no close frames.
#[derive(Deserialize)]
struct CloseMessage {
    code: u16,
    #[serde(default)]
    reason: String,
}

impl CloseMessage {
    fn parse(frame: &[u8]) -> Option<Self> {
        frame.starts_with(br#"{"kind":"close","#).then(|| serde_json::from_slice(frame).ok())?
    }
}

/// The stream's end by the payload of a WebSocket close frame.
fn stream_end(payload: &[u8]) -> StreamEnd {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return StreamEnd::Cut("closed by the server".to_owned());
    };
    stream_end_from_code(u16::from_be_bytes(*code), &String::from_utf8_lossy(reason))
}

fn stream_end_from_code(code: u16, reason: &str) -> StreamEnd {
    match (code, reason) {
        (1000, _) => StreamEnd::Finished,
        (code, "") => StreamEnd::Cut(format!("closed by the server with code {code}")),
        (code, reason) => StreamEnd::Cut(format!("closed by the server with code {code}: {reason}")),
    }
}

fn append_masked(mut frame: Frame, bytes: &mut Vec<u8>) {
    frame.header_mut().mask = Some(MASK);
    // Writing to memory does not fail.
    let _ = frame.format(bytes);
}

/// The close frame of a subscriber.
fn close_frame() -> Vec<u8> {
    let mut bytes = Vec::new();
    append_masked(Frame::close(Some(CloseFrame { code: CloseCode::Normal, reason: "measured".into() })), &mut bytes);
    bytes
}
