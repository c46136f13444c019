//! The stream to be measured: its URL, and the protocol to request it by.

use std::fmt;
use std::net::SocketAddr;

use http::Uri;
use tokio::net::lookup_host;

use crate::client::Address;
use crate::client::tls::DIAL_TIMEOUT;
use crate::error::{Error, ErrorKind, Result};

/// The stream to subscribe to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadTarget {
    /// The server to connect to.
    pub(super) address: Address,
    /// The URL as given: the path and parameters of another server are used unchanged.
    pub(super) url: String,
    pub(super) protocol: TargetProtocol,
    /// Whether the parameters filter by match or event type.
    pub(super) filtered: bool,
}

/// How the stream is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TargetProtocol {
    /// By a WebSocket handshake.
    WebSocket,
    /// By a GET; the content type of the response states whether it is server-sent events or NDJSON.
    Http,
}

impl LoadTarget {
    /// Parses `ws://host:port/path?query` or `http://...`, the same with `wss://` and `https://`, and uses it
    /// unchanged. `http://host:port` without a path, and `host`, `host:port` and `:port` alone, mean the WebSocket of a
    /// Touchline server.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let address = Address::parse(text)?;
        let whole = text.split('#').next().filter(|_| text.contains("://"));
        let uri: Option<Uri> = whole.and_then(|whole| whole.parse().ok());
        let (protocol, url) = match (whole, uri.as_ref().and_then(Uri::scheme_str)) {
            (Some(_), Some("http" | "https")) if uri.as_ref().is_some_and(|uri| matches!(uri.path(), "" | "/")) => {
                (TargetProtocol::WebSocket, address.url(None))
            }
            (Some(whole), Some("http" | "https")) => (TargetProtocol::Http, whole.to_owned()),
            (Some(whole), _) => (TargetProtocol::WebSocket, whole.to_owned()),
            (None, _) => (TargetProtocol::WebSocket, address.url(None)),
        };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let filtered = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| matches!(&*name, "match" | "types"));
        Ok(Self { address, url, protocol, filtered })
    }

    /// Whether the connection uses TLS.
    pub fn is_secure(&self) -> bool {
        self.address.is_secure()
    }

    /// Resolves the host name, within the timeout of connecting.
    pub(super) async fn resolve(&self) -> Result<Vec<SocketAddr>> {
        let host = self.address.host();
        let doing = || format!("looking up {host}");
        let found = tokio::time::timeout(DIAL_TIMEOUT, lookup_host(host)).await;
        let found = found.map_err(|_| Error::new(ErrorKind::Io, format!("{}: no response", doing())))?;
        Ok(found.map_err(|error| Error::io(doing(), error))?.collect())
    }
}

impl fmt::Display for LoadTarget {
    /// Without parameters, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.split('?').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_used_unchanged() {
        use TargetProtocol::{Http, WebSocket};
        for (typed, url, protocol, filtered) in [
            ("ws://h:1/live?token=a,b&x", "ws://h:1/live?token=a,b&x", WebSocket, false),
            ("ws://h:1/", "ws://h:1/", WebSocket, false),
            ("ws://h:1/ws?types=goal#x", "ws://h:1/ws?types=goal", WebSocket, true),
            (":7000", "ws://127.0.0.1:7000/ws", WebSocket, false),
            ("h:1?match=a", "ws://h:1/ws?match=a", WebSocket, true),
            ("wss://h/live?x", "wss://h/live?x", WebSocket, false),
            ("http://h:1", "ws://h:1/ws", WebSocket, false),
            ("https://h:1/?types=goal", "wss://h:1/ws?types=goal", WebSocket, true),
            ("http://h:1/events", "http://h:1/events", Http, false),
            ("https://h/r/cup/events.ndjson?match=a#x", "https://h/r/cup/events.ndjson?match=a", Http, true),
            ("http://h/feed/?a=%20b", "http://h/feed/?a=%20b", Http, false),
        ] {
            let target = LoadTarget::parse(typed).expect(typed);
            assert_eq!((target.url.as_str(), target.protocol, target.filtered), (url, protocol, filtered), "{typed}");
        }
        assert_eq!(LoadTarget::parse("ws://h:1/live?token=a").expect("an address").to_string(), "ws://h:1/live");
        for (typed, words) in [("ftp://h:1/x", "ws://"), ("a b", "ws://"), ("", "ws://"), ("http:///events", "ws://")] {
            let error = LoadTarget::parse(typed).expect_err(typed);
            assert!(error.kind() == ErrorKind::Misuse && error.to_string().contains(words), "{error}");
        }
    }
}
