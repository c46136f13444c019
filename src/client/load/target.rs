//! What server is to be measured, and how its stream is read.

use std::fmt;
use std::net::SocketAddr;

use http::Uri;
use tokio::net::lookup_host;

use crate::client::Address;
use crate::client::subscription::DIAL_TIME;
use crate::error::{Error, Kind, Result};

/// A stream of a server that is to be measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Where that is.
    pub(super) address: Address,
    /// As it was given: another server's path and parameters are its own.
    pub(super) url: String,
    transport: Transport,
    /// Whether the parameters name matches or types of events.
    filtered: bool,
}

/// How a stream is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// By the handshake of RFC 6455.
    WebSocket,
    /// With a GET; the answer's content type says whether it is server-sent events or NDJSON.
    Http,
}

impl Target {
    /// Reads `ws://host:port/path?query` or `http://...`, the same with `wss://` and `https://`, which is taken as it is;
    /// `http://host:port` without a path, and `host`, `host:port` and `:port` alone, mean the WebSocket of a Touchline
    /// server there.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let address = Address::parse(text)?;
        let whole = text.split('#').next().filter(|_| text.contains("://"));
        let uri: Option<Uri> = whole.and_then(|whole| whole.parse().ok());
        let (transport, url) = match (whole, uri.as_ref().and_then(Uri::scheme_str)) {
            (Some(_), Some("http" | "https")) if uri.as_ref().is_some_and(|uri| matches!(uri.path(), "" | "/")) => {
                (Transport::WebSocket, address.url(None))
            }
            (Some(whole), Some("http" | "https")) => (Transport::Http, whole.to_owned()),
            (Some(whole), _) => (Transport::WebSocket, whole.to_owned()),
            (None, _) => (Transport::WebSocket, address.url(None)),
        };
        let query = url.split_once('?').map_or("", |(_, query)| query);
        let filtered = form_urlencoded::parse(query.as_bytes()).any(|(name, _)| matches!(&*name, "match" | "types"));
        Ok(Self { address, url, transport, filtered })
    }

    /// How its stream is asked for.
    pub fn transport(&self) -> Transport {
        self.transport
    }

    /// Whether TLS is spoken there.
    pub fn is_secure(&self) -> bool {
        self.address.is_secure()
    }

    /// Whether a Touchline server there leaves out some events.
    pub(super) fn is_filtered(&self) -> bool {
        self.filtered
    }

    /// Where its name leads.
    pub(super) async fn resolve(&self) -> Result<Vec<SocketAddr>> {
        let host = self.address.host();
        let doing = || format!("looking up {host}");
        let found = tokio::time::timeout(DIAL_TIME, lookup_host(host)).await;
        let found = found.map_err(|_| Error::new(Kind::Io, format!("{}: no answer", doing())))?;
        Ok(found.map_err(|error| Error::io(doing(), error))?.collect())
    }
}

impl fmt::Display for Target {
    /// Without parameters: they may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.split('?').next().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_taken_as_it_is_given() {
        use Transport::{Http, WebSocket};
        for (typed, url, transport, filtered) in [
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
            let target = Target::parse(typed).expect(typed);
            assert_eq!((target.url.as_str(), target.transport, target.filtered), (url, transport, filtered), "{typed}");
        }
        assert_eq!(Target::parse("ws://h:1/live?token=a").expect("an address").to_string(), "ws://h:1/live");
        for (typed, words) in [("ftp://h:1/x", "ws://"), ("a b", "ws://"), ("", "ws://"), ("http:///events", "ws://")] {
            let error = Target::parse(typed).expect_err(typed);
            assert!(error.kind() == Kind::Misuse && error.to_string().contains(words), "{error}");
        }
    }
}
