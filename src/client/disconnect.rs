//! Why a connection failed or ended, and whether to retry.

use http::header::{HeaderValue, LOCATION};
use tokio_tungstenite::tungstenite::Error as WireError;
use tokio_tungstenite::tungstenite::error::{CapacityError, ProtocolError};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::address::Address;
use super::frame::ErrorFrame;
use super::received::{ReceivedBytes, redirect_hint};
use super::tls::describe_io_error;
use crate::close_code::CloseCode;
use crate::error::{Error, ErrorKind};
use crate::error_code::ErrorCode;

/// The longest frame accepted, in bytes.
pub const MAX_FRAME_BYTES: usize = 16 << 20;
/// tungstenite's limit for a response head, in bytes.
const MAX_HEAD_BYTES: u64 = 64 << 10;

/// Why a connection failed or ended, and whether to retry.
pub(super) enum Disconnect {
    /// A retry may help.
    Retry(Error),
    /// The response is not Touchline's. Fatal before the first session; later a proxy may be answering in place of a
    /// server that restarts.
    Foreign(String),
    /// A retry does not help.
    Fatal(Error),
    /// The server ended the subscription regularly.
    End(String),
}

impl Disconnect {
    pub(super) fn retry(reason: impl Into<String>) -> Self {
        Self::Retry(Error::new(ErrorKind::Io, reason))
    }

    /// Maps a close code: 1000 ends, 4500 to 4999 are fatal, all others mean reconnect. `refusal` is the error frame before it,
    /// which says more.
    pub(super) fn from_close(close: Option<CloseFrame>, refusal: Option<&ErrorFrame>) -> Self {
        let Some(CloseFrame { code, reason }) = close else { return Self::retry("the connection was closed") };
        let reason = if reason.is_empty() { format!("closed with code {code}") } else { reason.to_string() };
        match u16::from(code) {
            1000 => Self::End(reason),
            number @ 4500..=4999 => Self::Fatal(match refusal {
                Some(refusal) => refusal.to_error(None),
                // A replay that is closed later sends no error frame.
                None => {
                    let gone = number == CloseCode::Gone.code();
                    Error::refused(None, gone.then_some(ErrorCode::Closing), reason)
                }
            }),
            _ => Self::retry(reason),
        }
    }

    /// Adds the address to a fatal error.
    pub(super) fn with_address(self, address: &Address) -> Self {
        match self {
            Self::Fatal(error) => Self::Fatal(error.context(format!("connecting to {address}"))),
            other => other,
        }
    }

    /// The reason, in one line.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Foreign(reason) | Self::End(reason) => reason,
            Self::Retry(error) | Self::Fatal(error) => error.to_string(),
        }
    }
}

/// Classifies a failure to connect.
pub(super) fn disconnect_from_dial(error: Error, address: &Address) -> Disconnect {
    match error.kind() {
        ErrorKind::Io => Disconnect::Retry(error),
        _ => Disconnect::Fatal(error).with_address(address),
    }
}

/// Classifies an error of the handshake or of an established connection. `received` is what the connection received.
pub(super) fn disconnect_from(error: WireError, received: &ReceivedBytes) -> Disconnect {
    let fatal = |message: String| Disconnect::Fatal(Error::invalid(message));
    match error {
        // tungstenite limits the bytes of a head and also the number of reads it takes.
        WireError::AttackAttempt if received.byte_count() > MAX_HEAD_BYTES => {
            fatal(format!("the response head is longer than {} KiB", MAX_HEAD_BYTES >> 10))
        }
        WireError::AttackAttempt => {
            fatal("the response head does not end, and arrives in very small pieces".to_owned())
        }
        WireError::Capacity(CapacityError::TooManyHeaders) => fatal("the response head has too many fields".to_owned()),
        WireError::Protocol(ProtocolError::HttparseError(_)) => Disconnect::Foreign(received.describe_not_http()),
        WireError::Protocol(ProtocolError::HandshakeIncomplete) => {
            Disconnect::retry("the connection was cut before the response was complete")
        }
        WireError::Io(error) => Disconnect::retry(describe_io_error(&error)),
        WireError::ConnectionClosed | WireError::AlreadyClosed => Disconnect::retry("the connection was closed"),
        WireError::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Disconnect::retry("the connection was cut"),
        WireError::Protocol(
            ProtocolError::WrongHttpVersion
            | ProtocolError::MissingConnectionUpgradeHeader
            | ProtocolError::MissingUpgradeWebSocketHeader
            | ProtocolError::SecWebSocketAcceptKeyMismatch
            | ProtocolError::SecWebSocketSubProtocolError(_)
            | ProtocolError::InvalidHeader(_),
        ) => Disconnect::Foreign(
            "the server answers 101 Switching Protocols, but Upgrade, Connection or Sec-WebSocket-Accept is missing or wrong"
                .to_owned(),
        ),
        WireError::Protocol(error) => Disconnect::Foreign(format!("the server does not speak WebSocket: {error}")),
        WireError::Http(response) => {
            let body = response.body().as_deref().unwrap_or_default();
            let status = response.status();
            let refusal = serde_json::from_slice::<ErrorFrame>(body).map(|frame| frame.to_error(Some(status.as_u16())));
            let location = response.headers().get(LOCATION).filter(|_| status.is_redirection());
            let hint = redirect_hint(location.map(HeaderValue::as_bytes));
            match (status.is_server_error(), refusal) {
                (true, Ok(refusal)) => Disconnect::Retry(refusal),
                (true, Err(_)) => Disconnect::retry(format!("the server answers {status}{hint}")),
                (false, Ok(refusal)) => Disconnect::Fatal(refusal.context("refused")),
                (false, Err(_)) => Disconnect::Foreign(format!("refused: the server answers {status}{hint}")),
            }
        }
        WireError::Capacity(_) => {
            Disconnect::Fatal(Error::invalid(format!("a frame of more than {} MiB was refused", MAX_FRAME_BYTES >> 20)))
        }
        error => Disconnect::Fatal(Error::invalid(error.to_string())),
    }
}
