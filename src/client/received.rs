//! Records how many bytes a connection has received and how they begin, for the errors about a response that is not
//! HTTP or does not end.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio_util::io::InspectReader;

/// How many of the first bytes are recorded, to be quoted.
const QUOTED: usize = 40;
/// The first two bytes of a TLS record (RFC 8446, section 5.1): a handshake or an alert, and major version 3.
const TLS: [[u8; 2]; 2] = [[22, 3], [21, 3]];
/// The first bytes of an HTTP response.
const HTTP: &[u8] = b"HTTP/1.";

/// The number of bytes received on a connection, and the first of them.
#[derive(Debug, Clone, Default)]
pub(super) struct ReceivedBytes(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    bytes: AtomicU64,
    beginning: OnceLock<Vec<u8>>,
}

impl ReceivedBytes {
    /// Counts received bytes and records the first of them.
    pub(super) fn record(&self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.0.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
            self.0.beginning.get_or_init(|| bytes[..bytes.len().min(QUOTED)].to_vec());
        }
    }

    /// Records what a connection receives.
    pub(super) fn record_from<S: AsyncRead>(&self, stream: S) -> RecordingStream<S> {
        let received = self.clone();
        InspectReader::new(stream, Box::new(move |bytes| received.record(bytes)))
    }

    /// The number of bytes received.
    pub(super) fn byte_count(&self) -> u64 {
        self.0.bytes.load(Ordering::Relaxed)
    }

    fn beginning(&self) -> &[u8] {
        self.0.beginning.get().map_or(&[], Vec::as_slice)
    }

    /// The error for a response that cannot be parsed as HTTP.
    pub(super) fn describe_not_http(&self) -> String {
        let beginning = self.beginning();
        if TLS.iter().any(|record| beginning.starts_with(record)) {
            return "the server speaks TLS: use https:// or wss://".to_owned();
        }
        let line = beginning.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        if beginning.starts_with(HTTP) {
            "malformed HTTP response head".to_owned()
        } else {
            format!("the response is not HTTP; it starts with {:?}", String::from_utf8_lossy(line))
        }
    }

    /// The error for a response that timed out before `part` of it was complete.
    pub(super) fn describe_timeout(&self, part: &str, within: Duration) -> String {
        // The rest of a deadline is not a round number.
        let within = (within.as_secs_f64() * 100.0).round() / 100.0;
        match self.byte_count() {
            0 => format!("no response within {within} s"),
            _ if TLS.iter().any(|record| self.beginning().starts_with(record)) => self.describe_not_http(),
            bytes => format!("{part} did not end within {within} s ({bytes} bytes received)"),
        }
    }
}

/// A connection that records what it receives.
pub(super) type RecordingStream<S> = InspectReader<S, Box<dyn FnMut(&[u8]) + Send + Sync>>;

/// The end of an error about a redirect: `, which redirects to "https://h/": use that address`. Empty without a
/// location.
pub(super) fn redirect_hint(location: Option<&[u8]>) -> String {
    const LONGEST: usize = 200;
    let Some(location) = location else { return String::new() };
    let shown: String = String::from_utf8_lossy(location).chars().take(LONGEST).collect();
    // Parameters may hold a token: the message leaves them out.
    format!(", which redirects to {:?}: use that address", shown.split('?').next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_identify_a_foreign_protocol() {
        for (bytes, words) in [
            (&b"\x15\x03\x01\x00\x02\x02\x46"[..], "the server speaks TLS"),
            (b"\x16\x03\x03\x00\x50", "the server speaks TLS"),
            (b"220 mail.example ESMTP\r\nmore", "it starts with \"220 mail.example ESMTP\""),
            (b"\x1b[2J\xff", "it starts with \"\\u{1b}[2J\u{fffd}\""),
            (b"HTTP/1.1 what", "malformed HTTP response head"),
        ] {
            let received = ReceivedBytes::default();
            assert_eq!(received.describe_timeout("the head", Duration::from_millis(100)), "no response within 0.1 s");
            received.record(bytes);
            received.record(&[b'x'; 1_000]);
            assert!(received.describe_not_http().contains(words), "{}", received.describe_not_http());
            assert_eq!(received.byte_count(), bytes.len() as u64 + 1_000);
        }
        let received = ReceivedBytes::default();
        received.record(b"HTTP/1.1");
        assert_eq!(
            received.describe_timeout("the head", Duration::from_secs(2)),
            "the head did not end within 2 s (8 bytes received)"
        );
    }

    #[test]
    fn a_redirect_hint_has_no_parameters_and_is_short() {
        assert_eq!(
            redirect_hint(Some(b"https://h/a?token=x")),
            ", which redirects to \"https://h/a\": use that address"
        );
        assert!(redirect_hint(Some(&[b'x'; 10_000])).len() < 300);
        assert_eq!(redirect_hint(None), "");
    }
}
