//! The contracts in the form that programs read: JSON Schema for everything that is sent and received, and the documents that
//! say where: AsyncAPI for the streams, OpenAPI for HTTP.
//!
//! The words come from the tables of the floors below. Frames and documents are written field by field, without types from which
//! a schema could be derived, so their fields are listed here a second time; the tests validate all that the server writes
//! against these lists, with no other fields allowed, and fail where a listed field is never written.

mod asyncapi;
mod commands;
mod common;
mod documents;
mod event;
mod frames;
mod openapi;
mod scenario_line;
mod schema;
mod state;
mod stream_parameters;
mod verdict;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::access::{Authority, BaseUrl, HostName};
use schema::{DEFINITION, Node, members};

/// What can be asked for by name: the name, the definition that it is, and what it describes.
const SCHEMAS: &[(&str, &str, &str)] = &[
    ("frame", "Frame", "a frame of a stream"),
    ("command", "Command", "a command on a WebSocket"),
    ("http-command", "HttpCommand", "a command over HTTP"),
    ("scenario-line", "Line", "a line of a scenario file"),
    ("open-request", "OpenRequest", "the body that opens a replay"),
    ("opened-replay", "OpenedReplay", "the answer to it"),
    ("state", "StateDocument", "/state"),
    ("match-state", "MatchStateDocument", "/state/{match}"),
    ("timeline", "TimelineDocument", "/timeline"),
    ("history", "HistoryDocument", "/history"),
    ("table", "TableDocument", "/table"),
    ("replay", "ReplayDocument", "/api/replays/{id}"),
    ("replays", "ReplaysDocument", "/api/replays"),
    ("scenarios", "ScenariosDocument", "/api/scenarios"),
    ("command-answer", "CommandAnswer", "the answer to a command over HTTP"),
    ("shows-request", "ShowsRequest", "the body of /shows"),
    ("shows-answer", "ShowsAnswer", "the answer to it"),
    ("journal", "JournalDocument", "/api/replays/{id}/journal"),
    ("record", "RecordDocument", "/api/replays/{id}/record"),
    ("submitted", "SubmittedDocument", "the answer to a command that another server passes on"),
    ("verdict", "VerdictDocument", "/api/replays/{id}/verdict"),
    ("error", "Refusal", "the body of a refusal"),
];

/// All definitions together, for generators of types.
const PROTOCOL: &str = "protocol";

/// Documents that are no JSON Schema, with what they describe.
const API_DOCUMENTS: &[(&str, &str)] =
    &[("asyncapi", "the streams, as AsyncAPI 3.1"), ("openapi", "HTTP, as OpenAPI 3.2")];

/// All definitions, in the order of their files.
static DEFINITIONS: LazyLock<Vec<(&'static str, Node)>> = LazyLock::new(|| {
    [
        common::definitions(),
        event::definitions(),
        state::definitions(),
        frames::definitions(),
        commands::definitions(),
        documents::definitions(),
        verdict::definitions(),
        scenario_line::definitions(),
    ]
    .into_iter()
    .flatten()
    .map(|(name, schema)| (name, schema.into()))
    .collect()
});

/// What can be asked for: names, and what each describes.
pub fn names() -> impl Iterator<Item = (&'static str, &'static str)> {
    let schemas = SCHEMAS.iter().map(|(name, _, about)| (*name, *about));
    schemas.chain([(PROTOCOL, "all definitions, for generators of types")]).chain(API_DOCUMENTS.iter().copied())
}

/// The names of the JSON Schemas among [`names`].
pub(super) fn schema_names() -> impl Iterator<Item = &'static str> {
    SCHEMAS.iter().map(|(name, ..)| *name).chain([PROTOCOL])
}

/// A contract by its name in [`names`], as indented JSON. That of an API is of a server at the default address.
pub fn document(name: &str) -> Option<String> {
    let authority = Authority { host: HostName::Address(Ipv4Addr::LOCALHOST.into()), port: Some(8089) };
    let base = BaseUrl { secure: false, authority, path: String::new() };
    Some(match name {
        "asyncapi" => asyncapi(&base),
        "openapi" => openapi(&base),
        _ => schema(name)?,
    })
}

/// The AsyncAPI document of a server that clients reach at this URL.
pub(super) fn asyncapi(base: &BaseUrl) -> String {
    text_of(&asyncapi::document(base))
}

/// The OpenAPI document of a server that clients reach at this URL.
pub(super) fn openapi(base: &BaseUrl) -> String {
    text_of(&openapi::document(base))
}

/// A JSON Schema by its name.
fn schema(name: &str) -> Option<String> {
    if name == PROTOCOL {
        let all = members(DEFINITIONS.iter().cloned());
        return Some(text_of(&schema_document(name, "The protocol touchline.v1", Vec::new(), all)));
    }
    let (_, definition, about) = SCHEMAS.iter().find(|(known, ..)| *known == name)?;
    let root = vec![("$ref".into(), json!(format!("{DEFINITION}{definition}")).into())];
    Some(text_of(&schema_document(name, about, root, definitions_of([(*definition).to_owned()].into()))))
}

fn text_of(node: &Node) -> String {
    // Writing to memory cannot fail.
    let mut text = serde_json::to_string_pretty(node).unwrap_or_default();
    text.push('\n');
    text
}

fn schema_document(name: &str, title: &str, root: Vec<(Cow<'static, str>, Node)>, definitions: Node) -> Node {
    let head = [
        ("$schema", json!("https://json-schema.org/draft/2020-12/schema")),
        // A name, not an address: any server has the schema, and all have the same.
        ("$id", json!(format!("urn:touchline:v1:{name}"))),
        ("title", json!(title)),
    ];
    let head = head.map(|(keyword, value)| (Cow::from(keyword), Node::from(value)));
    Node::Object(head.into_iter().chain(root).chain([("$defs".into(), definitions)]).collect())
}

/// These definitions with all that they refer to, in the order of [`DEFINITIONS`].
fn definitions_of(roots: BTreeSet<String>) -> Node {
    let by_name: BTreeMap<&str, &Node> = DEFINITIONS.iter().map(|(name, node)| (*name, node)).collect();
    let (mut needed, mut open) = (BTreeSet::new(), roots);
    while let Some(name) = open.pop_first() {
        if let Some(node) = by_name.get(&*name).filter(|_| needed.insert(name)) {
            node.references(&mut open);
        }
    }
    members(DEFINITIONS.iter().filter(|(name, _)| needed.contains(*name)).cloned())
}

/// An API document of these members, with the schemas that it refers to as `components`, beside others.
fn api_document(parts: Vec<(&'static str, Node)>, mut others: Vec<(&'static str, Node)>) -> Node {
    let mut needed = BTreeSet::new();
    parts.iter().chain(&others).for_each(|(_, part)| part.references(&mut needed));
    others.push(("schemas", definitions_of(needed)));
    members(parts.into_iter().chain([("components", members(others))])).refer_to("#/components/schemas/")
}

/// The names of all definitions.
fn definition_names() -> impl Iterator<Item = &'static str> {
    DEFINITIONS.iter().map(|(name, _)| *name)
}

/// What an API document says about itself.
fn info(description: &str) -> Node {
    json!({"title": "Touchline", "version": env!("CARGO_PKG_VERSION"), "description": description}).into()
}

/// A reference to a definition, within an API document.
fn definition(name: &str) -> Value {
    json!({"$ref": format!("{DEFINITION}{name}")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_has_a_definition_and_every_definition_is_used() {
        let mut referred: BTreeSet<String> =
            SCHEMAS.iter().map(|(_, definition, _)| (*definition).to_owned()).collect();
        DEFINITIONS.iter().for_each(|(_, node)| node.references(&mut referred));
        let defined: BTreeSet<String> = DEFINITIONS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(defined.len(), DEFINITIONS.len(), "a name is defined twice");
        assert_eq!(referred, defined);
    }
}
