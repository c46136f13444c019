//! Reading a WebSocket: tungstenite's protocol engine without its stream.
//!
//! Frames go out as they were encoded, so the engine only reads; what it has to say itself (pongs, the echo of a close)
//! is caught and sent between two frames by whoever writes. It is created when the first byte arrives: most subscribers
//! never say a word.

use std::io::{self, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::{Message, Role, WebSocketConfig, WebSocketContext};

use crate::dialect::MAX_REQUEST_BYTES;
use crate::hub::CloseCode;

/// What is read at once. tungstenite's own 128 KiB would be most of what a subscriber costs.
const READ_BYTES: usize = 512;

/// What a subscriber has said.
#[derive(Debug)]
pub(crate) enum Heard {
    /// A text frame.
    Text(String),
    /// A sign of life.
    Alive,
    /// Goodbye; its echo is among the answers.
    Close,
    /// The connection is gone.
    Gone,
    /// Something that ends the conversation.
    Broken(CloseCode),
}

/// The reading half of a WebSocket.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// What arrived together with the handshake.
    early: Vec<u8>,
    engine: Option<Box<WebSocketContext>>,
}

impl Reader {
    pub(crate) fn new(early: Vec<u8>) -> Self {
        Self { early, engine: None }
    }

    /// Reads on. What the engine wants sent is appended to `answers`, whole frames only.
    pub(crate) fn poll<S: AsyncRead + Unpin>(
        &mut self,
        cx: &mut Context<'_>,
        socket: &mut S,
        answers: &mut Vec<u8>,
    ) -> Poll<Heard> {
        let engine = match &mut self.engine {
            Some(engine) => engine,
            none => {
                if self.early.is_empty() {
                    let mut first = [0; READ_BYTES];
                    let mut buffer = ReadBuf::new(&mut first);
                    match Pin::new(&mut *socket).poll_read(cx, &mut buffer) {
                        Poll::Pending => return Poll::Pending,
                        Poll::Ready(Err(_)) => return Poll::Ready(Heard::Gone),
                        Poll::Ready(Ok(())) if buffer.filled().is_empty() => return Poll::Ready(Heard::Gone),
                        Poll::Ready(Ok(())) => self.early.extend_from_slice(buffer.filled()),
                    }
                }
                let config = WebSocketConfig::default()
                    .read_buffer_size(READ_BYTES)
                    .write_buffer_size(0)
                    .max_message_size(Some(MAX_REQUEST_BYTES))
                    .max_frame_size(Some(MAX_REQUEST_BYTES));
                let early = std::mem::take(&mut self.early);
                none.insert(Box::new(WebSocketContext::from_partially_read(early, Role::Server, Some(config))))
            }
        };
        let mut pipe = Pipe { socket, cx, answers };
        match engine.read(&mut pipe) {
            Ok(Message::Text(text)) => Poll::Ready(Heard::Text(text.to_string())),
            Ok(Message::Close(_)) => {
                // The echo stands in the engine until it is asked to write it.
                let _ = engine.flush(&mut pipe);
                Poll::Ready(Heard::Close)
            }
            Ok(Message::Binary(_)) => Poll::Ready(Heard::Broken(CloseCode::NotText)),
            Ok(_) => Poll::Ready(Heard::Alive),
            Err(WsError::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Poll::Pending,
            Err(WsError::Capacity(CapacityError::MessageTooLong { .. })) => {
                Poll::Ready(Heard::Broken(CloseCode::TooLong))
            }
            Err(WsError::Utf8(_)) => Poll::Ready(Heard::Broken(CloseCode::NotText)),
            Err(WsError::Protocol(error)) => {
                use tokio_tungstenite::tungstenite::error::ProtocolError::ResetWithoutClosingHandshake;
                match error {
                    ResetWithoutClosingHandshake => Poll::Ready(Heard::Gone),
                    _ => Poll::Ready(Heard::Broken(CloseCode::Protocol)),
                }
            }
            Err(_) => Poll::Ready(Heard::Gone),
        }
    }
}

/// The socket as the engine sees it: reads what is there, and "writes" into the answers.
struct Pipe<'a, 'b, S> {
    socket: &'a mut S,
    cx: &'a mut Context<'b>,
    answers: &'a mut Vec<u8>,
}

impl<S: AsyncRead + Unpin> Read for Pipe<'_, '_, S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut *self.socket).poll_read(self.cx, &mut buffer) {
            Poll::Ready(Ok(())) => Ok(buffer.filled().len()),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S> Write for Pipe<'_, '_, S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.answers.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
