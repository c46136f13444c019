//! The AsyncAPI document: the streams. `action` is seen from the server, which sends frames and receives commands.

use serde_json::{Value, json};

use super::schema::{Node, members};
use super::stream_parameters::stream_parameters;
use super::{BaseUrl, api_document, definition, definition_names};

/// The version of the specification: <https://www.asyncapi.com/docs/reference/specification/v3.1.0>.
const VERSION: &str = "3.1.0";

/// The document.
pub(super) fn document(base: &BaseUrl) -> Node {
    let frames: Vec<&str> = definition_names().filter(|name| name.ends_with("Frame") && *name != "Frame").collect();
    let commands: Vec<&str> = definition_names()
        .filter(|name| name.ends_with("Command") && !["Command", "HttpCommand", "BarrierCommand"].contains(name))
        .collect();
    let without = |left_out: &str| frames.iter().copied().filter(|name| *name != left_out).collect::<Vec<_>>();
    // A WebSocket ends with a close code, and the other streams answer no commands.
    let (on_websocket, one_way) = (without("CloseFrame"), without("ReplyFrame"));
    let parts = vec![
        ("asyncapi", json!(VERSION).into()),
        ("info", super::info("The streams of Touchline. Everything else over HTTP is described by openapi.json.")),
        ("defaultContentType", json!("application/json").into()),
        ("servers", servers(base)),
        (
            "channels",
            members([
                ("websocket", channel(Channel::WEBSOCKET, &[&on_websocket[..], &commands].concat())),
                ("serverSentEvents", channel(Channel::SERVER_SENT_EVENTS, &one_way)),
                ("lines", channel(Channel::LINES, &one_way)),
            ]),
        ),
        (
            "operations",
            members([
                ("sendFrames", operation("send", "websocket", &on_websocket, &[])),
                ("receiveCommands", operation("receive", "websocket", &commands, &["ReplyFrame", "ErrorFrame"])),
                ("sendEvents", operation("send", "serverSentEvents", &one_way, &[])),
                ("sendLines", operation("send", "lines", &one_way, &[])),
            ]),
        ),
    ];
    let messages = members(frames.iter().chain(&commands).map(|name| (*name, message(name))));
    api_document(parts, vec![("messages", messages)])
}

fn servers(base: &BaseUrl) -> Node {
    let secure = if base.secure { "s" } else { "" };
    let server = |protocol: &str| {
        let mut server = json!({"host": base.authority.to_string(), "protocol": format!("{protocol}{secure}")});
        if !base.path.is_empty() {
            server["pathname"] = json!(base.path);
        }
        server
    };
    json!({"websocket": server("ws"), "http": server("http")}).into()
}

/// A stream.
struct Channel {
    address: &'static str,
    description: &'static str,
    server: &'static str,
}

impl Channel {
    const WEBSOCKET: Self =
        Self { address: "/ws", description: "Frames, and commands to the server.", server: "websocket" };
    const SERVER_SENT_EVENTS: Self =
        Self { address: "/events", description: "Frames as server-sent events.", server: "http" };
    const LINES: Self = Self { address: "/events.ndjson", description: "Frames as lines.", server: "http" };
}

fn channel(channel: Channel, messages: &[&str]) -> Node {
    let Channel { address, description, server } = channel;
    let message = |name: &&str| ((*name).to_owned(), json!({"$ref": format!("#/components/messages/{name}")}).into());
    let mut described = vec![
        ("address", json!(address).into()),
        ("description", json!(format!("{description} Below /r/{{replay}} of any replay.")).into()),
        ("servers", json!([{"$ref": format!("#/servers/{server}")}]).into()),
        ("messages", members(messages.iter().map(message))),
    ];
    if server == "websocket" {
        described.push(("bindings", json!({"ws": {"query": query()}}).into()));
    }
    members(described)
}

/// The parameters of the address.
fn query() -> Value {
    let token = ("token", json!({"type": "string", "description": "Gives the right to control the replay."}));
    let properties = stream_parameters().into_iter().chain([token]).map(|(name, schema)| (name.to_owned(), schema));
    json!({"type": "object", "properties": properties.collect::<serde_json::Map<_, _>>()})
}

fn operation(action: &str, channel: &str, messages: &[&str], reply: &[&str]) -> Node {
    let message = |name: &&str| json!({"$ref": format!("#/channels/{channel}/messages/{name}")});
    let all = |names: &[&str]| names.iter().map(message).collect::<Value>();
    let of_channel = json!({"$ref": format!("#/channels/{channel}")});
    let mut operation = json!({"action": action, "channel": of_channel, "messages": all(messages)});
    if !reply.is_empty() {
        operation["reply"] = json!({"channel": of_channel, "messages": all(reply)});
    }
    operation.into()
}

fn message(name: &str) -> Node {
    json!({"name": name, "contentType": "application/json", "payload": definition(name)}).into()
}
