//! Parses the address of a replay as a person types it: a URL, `host:port`, `host` or `:port`.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use http::uri::Scheme;

use crate::error::{Error, Result};
use crate::hub::{ReplaySpec, Since};

/// The path of the replay `main`, the default.
const PATH: &str = "/ws";
/// The default port of a server.
const PORT: u16 = 8089;

/// The address of a replay: a `ws://` or `wss://` URL.
///
/// Its parameters choose what is received:
///
/// | parameter | meaning |
/// |---|---|
/// | `match=juv-nap` | the events of these matches, by ids with commas between |
/// | `types=goal,card` | events of these types and groups |
/// | `since=start`, `since=RUN.EPOCH.N` | all events played so far, or those after a [cursor](crate::client::ResumePosition::cursor), before the live ones; without it, snapshots |
/// | `ticks=5s`, `ticks=off` | clocks every five seconds instead of every second, or none |
/// | `token=...` | the right to control |
/// | `scenario=juv&speed=600` | opens a replay of one's own |
///
/// `docs/protocol.md` lists them all.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Whether the connection uses TLS.
    secure: bool,
    host: String,
    /// The prefix of all paths of the server: empty, or a proxy's path such as `/tl`.
    base: String,
    /// The server's own path, `/ws` or `/r/{replay}/ws`; for another server, the whole path.
    path: String,
    /// Without `since`, which differs for each connection.
    query: Vec<(String, String)>,
    since: Option<String>,
}

impl Address {
    /// Parses `ws://host:port/path?query`, the same with `wss://`, `http://` or `https://`, and `host`, `host:port` or
    /// `:port` alone.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) with an example, for anything else. The message leaves out the
    /// parameters.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        // Parameters may hold a token: messages leave them out.
        let shown = text.split('?').next().unwrap_or_default();
        let wrong = || {
            Error::misuse(format!("{shown:?} is not an address: write ws://127.0.0.1:{PORT}/ws or 127.0.0.1:{PORT}"))
        };
        let bare = !text.contains("://");
        // A resolver reads a bare number as an IPv4 address, and a token would go there.
        if !shown.is_empty() && shown.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::misuse(format!(
                "{shown:?} is not an address: write 127.0.0.1:{shown} for a port of this machine"
            )));
        }
        let whole = match bare {
            true if text.starts_with(':') => format!("ws://127.0.0.1{text}"),
            true => format!("ws://{text}"),
            false => text.to_owned(),
        };
        let whole = whole.split('#').next().unwrap_or_default();
        let uri: Uri = whole.parse().map_err(|_| wrong())?;
        let secure = match uri.scheme().map(Scheme::as_str) {
            Some("ws" | "http") => false,
            Some("wss" | "https") => true,
            _ => return Err(wrong()),
        };
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@')).ok_or_else(wrong)?;
        // `Uri` accepts invalid ports: "localhost:" and "localhost:99999".
        let stated = authority.as_str().rsplit_once(':').filter(|(_, port)| !port.contains(']')).map(|(_, port)| port);
        if authority.host().is_empty() || stated.is_some() && authority.port_u16().is_none() {
            return Err(wrong());
        }
        let port = authority.port_u16().unwrap_or(match (bare, secure) {
            (true, _) => PORT,
            (false, false) => 80,
            (false, true) => 443,
        });
        let mut query: Vec<(String, String)> =
            form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
        let since = query.iter().position(|(name, _)| name == "since").map(|place| query.remove(place).1);
        // A WebSocket URL may have any path. The path of a page is the server's prefix.
        let is_page = !matches!(uri.scheme_str(), Some("ws" | "wss")) || bare;
        let (base, path) = split_prefix_and_stream_path(uri.path(), is_page);
        Ok(Self { secure, host: format!("{}:{port}", authority.host()), base, path, query, since })
    }

    /// Sets a parameter, replacing its earlier value.
    #[must_use]
    pub fn with_parameter(mut self, name: &str, value: &str) -> Self {
        if name == "since" {
            return Self { since: Some(value.to_owned()), ..self };
        }
        self.query.retain(|(known, _)| known != name);
        self.query.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Without the cursor in `since`, and that cursor; `start` stays.
    pub(super) fn split_cursor(self) -> (Self, Option<Since>) {
        match self.since.as_deref().and_then(Since::parse) {
            Some(cursor @ Since::Cursor(_)) => (Self { since: None, ..self }, Some(cursor)),
            _ => (self, None),
        }
    }

    /// Whether each connection opens a replay of its own.
    pub(super) fn opens_replay(&self) -> bool {
        self.replay().is_none() && self.query.iter().any(|(name, _)| ReplaySpec::is_field(name))
    }

    /// The address of a replay that this address has opened.
    pub(super) fn of_opened_replay(&self, replay: &str) -> Self {
        let replay: String = form_urlencoded::byte_serialize(replay.as_bytes()).collect();
        let query = self.query.iter().filter(|(name, _)| !ReplaySpec::is_field(name)).cloned().collect();
        Self { path: format!("/r/{replay}{PATH}"), query, ..self.clone() }
    }

    /// The same address over TLS, without its token.
    pub(crate) fn with_tls(&self) -> Self {
        let query = self.query.iter().filter(|(name, _)| name != "token").cloned().collect();
        Self { secure: true, query, ..self.clone() }
    }

    /// `host:port`.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The prefix of all paths of the server: empty, or such as `/tl`.
    pub(super) fn base(&self) -> &str {
        &self.base
    }

    /// The host without the port and without brackets, as a certificate names it.
    pub(super) fn host_name(&self) -> &str {
        let name = self.host.rsplit_once(':').map_or(&*self.host, |(name, _)| name);
        name.trim_start_matches('[').trim_end_matches(']')
    }

    /// Whether only this machine can have the address: a loopback address, or `localhost`.
    pub(crate) fn is_loopback(&self) -> bool {
        let name = self.host_name();
        let literal = name.parse::<IpAddr>().map(|ip| ip.to_canonical().is_loopback());
        literal.unwrap_or_else(|_| name.strip_suffix('.').unwrap_or(name).eq_ignore_ascii_case("localhost"))
    }

    /// Whether the connection uses TLS.
    pub fn is_secure(&self) -> bool {
        self.secure
    }

    /// The replay named by the path or by the parameter `replay`; `None` means the default replay, `main`.
    pub fn replay(&self) -> Option<&str> {
        replay_in(&self.path).map(|(replay, _)| replay).or_else(|| self.parameter("replay"))
    }

    /// The token in the parameters.
    pub fn token(&self) -> Option<&str> {
        self.parameter("token")
    }

    fn scheme(&self) -> &'static str {
        if self.secure { "wss" } else { "ws" }
    }

    /// The value of a parameter, unless it is empty.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let given = match name {
            "since" => self.since.as_ref(),
            _ => self.query.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        };
        given.map(String::as_str).filter(|value| !value.is_empty())
    }

    /// The URL of the stream. `cursor` replaces the address's own `since`.
    pub(super) fn url(&self, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(&self.query);
        if let Some(since) = cursor.or(self.since.as_deref()) {
            query.append_pair("since", since);
        }
        let query = query.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}://{}{}{}{mark}{query}", self.scheme(), self.host, self.base, self.path)
    }
}

/// Splits a path into the server's prefix and the path of the stream.
fn split_prefix_and_stream_path(path: &str, is_page: bool) -> (String, String) {
    let end = path.trim_end_matches('/');
    // A public path has no segment `r` (see `PublicUrl`), so the first one is the server's.
    let replay = end.match_indices("/r/").map(|(at, _)| end.split_at(at)).find(|(_, rest)| replay_in(rest).is_some());
    match replay {
        Some((base, rest)) if replay_in(rest).is_some_and(|(_, rest)| rest.is_empty()) => {
            (base.to_owned(), format!("{rest}{PATH}"))
        }
        Some((base, _)) => (base.to_owned(), path[base.len()..].to_owned()),
        None => match end.strip_suffix(PATH) {
            Some(base) => (base.to_owned(), PATH.to_owned()),
            None if end.is_empty() || is_page => (end.to_owned(), PATH.to_owned()),
            None => (String::new(), path.to_owned()),
        },
    }
}

/// The replay in a path, and the rest of the path.
fn replay_in(path: &str) -> Option<(&str, &str)> {
    let path = path.strip_prefix("/r/")?;
    let (replay, rest) = path.split_once('/').unwrap_or((path, ""));
    (!replay.is_empty()).then_some((replay, rest))
}

impl fmt::Display for Address {
    /// Without parameters, which may hold a token.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}{}", self.scheme(), self.host, self.base, self.path)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_accepted_form_becomes_a_url() {
        for (typed, url) in [
            ("ws://127.0.0.1:8089/ws", "ws://127.0.0.1:8089/ws"),
            ("http://127.0.0.1:8089", "ws://127.0.0.1:8089/ws"),
            ("http://127.0.0.1:8089/", "ws://127.0.0.1:8089/ws"),
            ("localhost:7000", "ws://localhost:7000/ws"),
            ("localhost", "ws://localhost:8089/ws"),
            (":7000", "ws://127.0.0.1:7000/ws"),
            ("[::1]:7000", "ws://[::1]:7000/ws"),
            ("ws://scores.example", "ws://scores.example:80/ws"),
            ("ws://h:1/r/cup/ws?types=goal,card&stamp=1#x", "ws://h:1/r/cup/ws?types=goal%2Ccard&stamp=1"),
            ("http://h:1/r/cup", "ws://h:1/r/cup/ws"),
            ("http://h:1/r/cup/?token=t", "ws://h:1/r/cup/ws?token=t"),
            ("h:1?match=a", "ws://h:1/ws?match=a"),
            ("h:1?since=start", "ws://h:1/ws?since=start"),
            ("wss://scores.example", "wss://scores.example:443/ws"),
            ("https://scores.example:8089/r/cup/ws?types=goal", "wss://scores.example:8089/r/cup/ws?types=goal"),
            ("https://[::1]:8089", "wss://[::1]:8089/ws"),
            ("https://scores.example/tl/", "wss://scores.example:443/tl/ws"),
            ("https://scores.example/tl", "wss://scores.example:443/tl/ws"),
            ("https://scores.example/tl/r/cup/?token=t", "wss://scores.example:443/tl/r/cup/ws?token=t"),
            ("wss://scores.example/live/tl/ws", "wss://scores.example:443/live/tl/ws"),
            ("scores.example/tl", "ws://scores.example:8089/tl/ws"),
            ("ws://h:1/live", "ws://h:1/live"),
            ("ws://h:1/r/", "ws://h:1/r/"),
        ] {
            assert_eq!(Address::parse(typed).expect(typed).url(None), url, "{typed}");
        }
    }

    #[test]
    fn an_invalid_address_is_refused_with_an_example() {
        for typed in ["", "ftp://h/", "ws://", "ws://h:99999/", "h:", "a b", "user@h:1", "wss://", "http:///x", "::::"]
        {
            let error = Address::parse(typed).expect_err(typed).to_string();
            assert!(error.contains("ws://"), "{error}");
        }
    }

    #[test]
    fn a_port_alone_is_not_taken_for_a_host() {
        for typed in ["18092", "18092?token=secret"] {
            let error = Address::parse(typed).expect_err(typed).to_string();
            assert!(error.contains("write 127.0.0.1:18092") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_certificate_names_the_host_alone() {
        for (typed, name) in
            [("wss://h.example:1/", "h.example"), ("wss://[::1]:1/", "::1"), ("wss://10.0.0.1", "10.0.0.1")]
        {
            let address = Address::parse(typed).expect(typed);
            assert_eq!((address.host_name(), address.is_secure()), (name, true));
        }
        assert!(!Address::parse("h:443").expect("an address").is_secure());
        let secure = Address::parse("https://h:1/?token=a").expect("an address");
        assert_eq!(secure.to_string(), "wss://h:1/ws");
    }

    #[test]
    fn a_public_path_stands_in_front_of_everything() {
        for (typed, base, replay) in [
            ("https://scores.example/tl/", "/tl", None),
            ("wss://scores.example/tl/ws", "/tl", None),
            ("https://scores.example/tl/r/cup/", "/tl", Some("cup")),
            ("wss://scores.example/live/tl/r/r/ws", "/live/tl", Some("r")),
            ("https://scores.example/r/cup", "", Some("cup")),
            ("ws://h:1/live", "", None),
        ] {
            let address = Address::parse(typed).expect(typed);
            assert_eq!((address.base(), address.replay()), (base, replay), "{typed}");
        }
        let address = Address::parse("http://h:1/tl/r/cup?token=t&types=goal").expect("an address");
        assert_eq!(address.with_tls().url(None), "wss://h:1/tl/r/cup/ws?types=goal");
    }

    #[test]
    fn the_replay_and_the_token_are_found() {
        for (typed, replay, token) in [
            ("h:1", None, None),
            ("http://h:1/r/", None, None),
            ("ws://h:1/r/cup/ws?token=t", Some("cup"), Some("t")),
            ("http://h:1/r/cup/events", Some("cup"), None),
            ("ws://h:1/ws?replay=cup&token=", Some("cup"), None),
        ] {
            let address = Address::parse(typed).expect(typed);
            assert_eq!((address.replay(), address.token()), (replay, token), "{typed}");
        }
        for typed in ["ftp://h/?token=secret", "h:?token=secret"] {
            let error = Address::parse(typed).expect_err(typed).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn a_cursor_replaces_the_since_of_the_address() {
        let address = Address::parse("h:1?since=start&types=goal").expect("an address").with_parameter("types", "card");
        assert_eq!(address.url(Some("7c1e90ab.1.4")), "ws://h:1/ws?types=card&since=7c1e90ab.1.4");
        assert_eq!(address.to_string(), "ws://h:1/ws", "parameters stay out of messages");
        let resuming = address.with_parameter("since", "7c1e90ab.1.5");
        assert_eq!(resuming.parameter("since"), Some("7c1e90ab.1.5"));
        assert_eq!(resuming.url(None), "ws://h:1/ws?types=card&since=7c1e90ab.1.5");
    }
}
