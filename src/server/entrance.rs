//! How subscribers of every kind get in: which replay they mean, what they want of it, and the answer to their request's
//! head. The same for those who are let in where they arrive and for those who come by hyper.

use http::header::{HeaderName, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, Method, StatusCode, Version};

use super::access::{Visitor, WrongToken};
use super::catalogue::Found;
use super::delivery::Newcomer;
use super::handshake::{accept_key, offers_protocol};
use super::opening;
use super::parameters::Parameters;
use super::refusal::{rejection, unknown_replay};
use super::seats::Seat;
use super::site::{MAIN, Site};
use crate::dialect::native;
use crate::hub::{CloseCode, Control, Framing, Opened, Replay, Since, SubscribeRequest};
use crate::playback::Rejection;

/// Where a stream is found.
pub(super) struct Stream {
    pub(super) framing: Framing,
    /// The path that means the replay `main`.
    pub(super) path: &'static str,
    /// The pattern of the one that means any.
    of_any: &'static str,
}

/// All streams.
pub(super) const STREAMS: &[Stream] = &[
    Stream { framing: Framing::WebSocket, path: "/ws", of_any: "/r/{replay}/ws" },
    Stream { framing: Framing::Sse, path: "/events", of_any: "/r/{replay}/events" },
    Stream { framing: Framing::Lines, path: "/events.ndjson", of_any: "/r/{replay}/events.ndjson" },
];
/// Where a browser says what it has received last (WHATWG HTML, section 9.2.4).
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// A request for a stream.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) method: &'a Method,
    pub(super) version: Version,
    pub(super) framing: Framing,
    /// The replay that the path names.
    pub(super) replay: Option<&'a str>,
    pub(super) query: &'a str,
    pub(super) headers: &'a HeaderMap,
    /// Whether there is time to work out what is to be played: not where others wait meanwhile.
    pub(super) patient: bool,
}

impl Asked<'_> {
    /// What the answer to it begins with, where it gets its stream.
    pub(super) fn status(&self) -> StatusCode {
        if self.framing == Framing::WebSocket { StatusCode::SWITCHING_PROTOCOLS } else { StatusCode::OK }
    }
}

/// Which stream a path means: its framing, and the replay if it names one.
pub(super) fn stream_of(path: &str) -> Option<(Framing, Option<&str>)> {
    let (replay, path) = match path.strip_prefix("/r/").and_then(|rest| rest.split_at_checked(rest.find('/')?)) {
        Some((replay, path)) => (Some(replay), path),
        None => (None, path),
    };
    STREAMS.iter().find(|stream| stream.path == path).map(|stream| (stream.framing, replay))
}

/// The pattern of a stream's path.
pub(super) fn stream_route(framing: Framing, names_replay: bool) -> &'static str {
    let stream = STREAMS.iter().find(|stream| stream.framing == framing);
    stream.map_or("other", |stream| if names_replay { stream.of_any } else { stream.path })
}

/// A subscriber who may come in.
#[derive(Debug)]
pub(super) struct Entrance {
    /// The answer to its request's head, to be sent before all else.
    pub(super) greeting: Vec<u8>,
    pub(super) replay: Replay,
    /// Given where it may control the replay.
    pub(super) control: Option<Control>,
    pub(super) join: SubscribeRequest,
    /// The longest message that it may send, in bytes.
    pub(super) message_bytes: usize,
}

impl Entrance {
    /// The one who comes in by it.
    pub(super) fn newcomer<L>(self, link: L, early: Vec<u8>, seat: Option<Seat>) -> Newcomer<L> {
        let Self { greeting, replay, control, join, message_bytes } = self;
        let join = SubscribeRequest { control: control.is_some(), ..join };
        Newcomer { link, greeting, early, replay, join, message_bytes, seat }
    }
}

/// Why somebody cannot come in, or not yet.
#[derive(Debug)]
pub(super) enum Turned {
    /// Told over HTTP.
    Away(Rejection),
    /// Told inside a WebSocket, where a browser's page can read it: after this answer to the handshake.
    Inside(Vec<u8>, Rejection),
    /// What it was reading is over: a browser, which comes back by itself, must be told not to.
    Over,
    /// This scenario has to be laid out first.
    Wait(usize),
    /// It would take a while to find out.
    Slow,
}

/// Lets a subscriber in.
pub(super) fn enter(site: &Site, visitor: &Visitor, asked: Asked<'_>) -> Result<Entrance, Turned> {
    let greeting = greeting(&asked, visitor)?;
    let entered = find(site, visitor, asked);
    match (entered, asked.framing) {
        (Ok((replay, control, join)), _) => {
            let route = stream_route(asked.framing, asked.replay.is_some());
            site.meters.answered(route.into(), asked.status());
            Ok(Entrance { greeting, replay, control, join, message_bytes: site.limits.message_bytes })
        }
        (Err(Turned::Away(rejection)), Framing::WebSocket) => Err(Turned::Inside(greeting, rejection)),
        (Err(turned), _) => Err(turned),
    }
}

/// The answer to a request's head. What is wrong with the request itself is told over HTTP.
pub(super) fn greeting(asked: &Asked<'_>, visitor: &Visitor) -> Result<Vec<u8>, Turned> {
    let media_type = match asked.framing.media_type() {
        Some(media_type) => media_type,
        None => {
            let accept = accept_key(asked.method, asked.version, asked.headers).map_err(Turned::Away)?;
            let mut answer = b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
                sec-websocket-accept: "
                .to_vec();
            answer.extend_from_slice(accept.as_bytes());
            if offers_protocol(asked.headers) {
                for part in ["\r\n", SEC_WEBSOCKET_PROTOCOL.as_str(), ": ", native::PROTOCOL] {
                    answer.extend_from_slice(part.as_bytes());
                }
            }
            answer.extend_from_slice(b"\r\n\r\n");
            return Ok(answer);
        }
    };
    if asked.method != Method::GET {
        return Err(Turned::Away(rejection("method_not_allowed", "a stream is read with GET").accepting(["GET"])));
    }
    // It ends when the connection does: there is neither a length nor are there chunks. Proxies are not to keep it back.
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {media_type}\r\ncache-control: no-store\r\nx-accel-buffering: no\r\n\
         x-content-type-options: nosniff\r\nconnection: close\r\n"
    )
    .into_bytes();
    if let Some(origin) = &visitor.origin {
        answer.extend_from_slice(b"access-control-allow-origin: ");
        answer.extend_from_slice(origin.as_bytes());
        answer.extend_from_slice(b"\r\nvary: origin\r\n");
    }
    answer.extend_from_slice(b"\r\n");
    Ok(answer)
}

/// Which replay somebody means, what it may do with it, and what it wants of it.
fn find(
    site: &Site,
    visitor: &Visitor,
    asked: Asked<'_>,
) -> Result<(Replay, Option<Control>, SubscribeRequest), Turned> {
    let mut parameters = Parameters::read(asked.query, asked.replay.is_some()).map_err(Turned::Away)?;
    if asked.framing == Framing::Sse
        && let Some(since) = asked.headers.get(LAST_EVENT_ID).and_then(|last| Since::parse(last.to_str().ok()?))
    {
        parameters.set_since(since);
    }
    // Whoever comes back to a replay of its own by the address that opened it means the one that it has.
    let own = match parameters.since() {
        Some(Since::Cursor(cursor)) if parameters.programme.is_some() => cursor.replay.clone(),
        _ => None,
    };
    if let Some(name) = own {
        let Some(found) = site.hub.get(&name) else {
            return Err(match asked.framing {
                Framing::Sse => Turned::Over,
                Framing::WebSocket | Framing::Lines => Turned::Away(unknown_replay(&name)),
            });
        };
        if asked.framing == Framing::Sse && has_everything(&found.0, parameters.since()) {
            return Err(Turned::Over);
        }
        return look(visitor, found, parameters, asked.framing, true);
    }
    let programme = parameters.programme.take();
    let named = parameters.replay.take();
    if asked.replay.is_some() && (programme.is_some() || named.is_some()) {
        let message = "this address names a replay already: replays are opened at /ws, /events and /events.ndjson";
        return Err(Turned::Away(rejection("bad_parameter", message)));
    }
    let name = asked.replay.or(named.as_deref());
    match (name, programme) {
        (name, Some(programme)) => {
            if let Some(found) = name.and_then(|name| site.hub.get(name)) {
                return look(visitor, found, parameters, asked.framing, true);
            }
            if !asked.patient && programme.takes_time() {
                return Err(Turned::Slow);
            }
            let timeline = match opening::find(site, &programme).map_err(Turned::Away)? {
                Found::Ready(timeline) => timeline,
                Found::Shipped(place) => return Err(Turned::Wait(place)),
            };
            let join = parameters.clone().join(&timeline).map_err(Turned::Away)?;
            // It begins when its opener is there, and its end is the end.
            let opened = opening::open(site, name, &programme, timeline, |options| {
                if programme.wait_for.is_none() && options.began.is_none() {
                    options.wait_for = 1;
                }
                options.once = true;
            });
            let (replay, control) = match opened {
                Ok(Opened { replay, control }) => (replay, control),
                Err(refused) => {
                    // Somebody else has opened it meanwhile.
                    let other = name.filter(|_| refused.code == "taken").and_then(|name| site.hub.get(name));
                    let other = other.ok_or(Turned::Away(refused))?;
                    return look(visitor, other, parameters, asked.framing, true);
                }
            };
            let join = SubscribeRequest { token: replay.token(), ..framed(join, asked.framing, true) };
            Ok((replay, Some(control), join))
        }
        (name, None) => {
            let name = name.unwrap_or(MAIN);
            let found = site.hub.get(name).ok_or_else(|| Turned::Away(unknown_replay(name)))?;
            look(visitor, found, parameters, asked.framing, false)
        }
    }
}

/// Whether a replay has ended, and who was there has had all of it: the replay may only be waiting for others.
fn has_everything(replay: &Replay, since: Option<&Since>) -> bool {
    // The view of a replay that nobody observes has to be worked out.
    if !replay.is_stopping() {
        return false;
    }
    let view = replay.status(tokio::time::Instant::now().into_std());
    let ended = view.stopping.is_some_and(|stopping| stopping.code == CloseCode::Ended);
    ended && matches!(since, Some(Since::Cursor(at)) if (at.epoch, at.n) == (view.playhead.epoch, view.playhead.head))
}

/// Has a stream framed like that. By query: the address that opens a replay does not name it, so the cursors do by which a
/// browser comes back.
fn framed(mut join: SubscribeRequest, framing: Framing, by_query: bool) -> SubscribeRequest {
    join.options.framing = framing;
    join.options.names_replay = by_query && framing == Framing::Sse;
    join
}

/// Comes to a replay that is there.
fn look(
    visitor: &Visitor,
    (replay, control): (Replay, Control),
    parameters: Parameters,
    framing: Framing,
    by_query: bool,
) -> Result<(Replay, Option<Control>, SubscribeRequest), Turned> {
    let may_control = visitor.controls(&replay).map_err(|WrongToken| Turned::Away(wrong_token()))?;
    let join = parameters.join(replay.timeline()).map_err(Turned::Away)?;
    Ok((replay, may_control.then_some(control), framed(join, framing, by_query)))
}

pub(super) fn wrong_token() -> Rejection {
    rejection("not_authorised", "the token is neither this server's nor this replay's")
}
