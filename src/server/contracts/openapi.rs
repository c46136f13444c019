//! The OpenAPI document: what there is over HTTP. Streams are described by `itemSchema`, which OpenAPI has since 3.2.

use serde_json::{Value, json};

use super::commands::open_option;
use super::schema::{Node, members};
use super::stream_parameters::stream_parameters;
use super::{BaseUrl, api_document, definition};
use crate::hub::ReplaySpec;

/// The version of the specification: <https://spec.openapis.org/oas/v3.2.0.html>.
const VERSION: &str = "3.2.0";

/// A method of a path.
struct Operation {
    method: &'static str,
    /// Without the prefix of a replay.
    path: &'static str,
    /// Whether the path exists below `/r/{replay}`, too; without a name it means `main`.
    of_replay: bool,
    id: &'static str,
    summary: &'static str,
    parameters: &'static [&'static str],
    /// Whether it is a stream: it has parameters of its own, and without the name of a replay those that open one.
    is_stream: bool,
    body: Option<Value>,
    answers: Vec<(&'static str, Value)>,
    /// Whether it may take a token, unless the caller is one that may control anyway.
    takes_control: bool,
}

fn operation(method: &'static str, path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        path,
        of_replay: false,
        id,
        summary,
        parameters: &[],
        is_stream: false,
        body: None,
        answers: Vec::new(),
        takes_control: false,
    }
}

impl Operation {
    fn of_replay(self) -> Self {
        Self { of_replay: true, ..self }
    }

    fn takes_control(self) -> Self {
        Self { takes_control: true, ..self }
    }

    fn parameters(self, parameters: &'static [&'static str]) -> Self {
        Self { parameters, ..self }
    }

    fn stream(self) -> Self {
        Self { is_stream: true, ..self }
    }

    fn body(self, content: Value) -> Self {
        Self { body: Some(json!({"required": true, "content": content})), ..self }
    }

    fn optional_body(self, content: Value) -> Self {
        Self { body: Some(json!({"required": false, "content": content})), ..self }
    }

    fn answer(mut self, status: &'static str, description: &str, content: Value) -> Self {
        let content = if content.is_null() { json!({}) } else { json!({"content": content}) };
        let mut answer = json!({"description": description});
        if let (Some(answer), Value::Object(content)) = (answer.as_object_mut(), content) {
            answer.extend(content);
        }
        self.answers.push((status, answer));
        self
    }

    /// Answered with a document.
    fn document(self, name: &str) -> Self {
        self.answer("200", "The document.", json_of(name))
    }

    /// A document with a tag, by which a client asks whether it has changed.
    fn tagged_document(self, name: &str) -> Self {
        self.document(name).not_modified()
    }

    fn not_modified(self) -> Self {
        self.answer("304", "The tag in If-None-Match still holds.", Value::Null)
    }

    fn describe(&self, path_parameters: &[&str], named: bool) -> Node {
        let id = if named { format!("{}OfReplay", self.id) } else { self.id.to_owned() };
        let of_stream = stream_parameters().into_iter().filter(|_| self.is_stream).map(|(name, _)| name);
        let opening = ReplaySpec::FIELDS.iter().filter(|_| self.is_stream && !named);
        let parameters = path_parameters.iter().chain(self.parameters).copied().chain(of_stream).map(str::to_owned);
        let parameters = parameters.chain(opening.map(|field| format!("open-{field}")));
        let parameters = parameters.map(|name| json!({"$ref": format!("#/components/parameters/{name}")}));
        let mut operation = vec![
            ("operationId", json!(id).into()),
            ("summary", json!(self.summary).into()),
            ("parameters", Node::List(parameters.map(Node::from).collect())),
        ];
        if let Some(body) = &self.body {
            operation.push(("requestBody", body.clone().into()));
        }
        let refused = ("default", json!({"$ref": "#/components/responses/Refused"}));
        let answers = self.answers.iter().cloned().chain([refused]);
        operation.push(("responses", members(answers.map(|(status, answer)| (status, answer.into())))));
        let security =
            if self.takes_control { json!([{"token": []}, {"tokenInAddress": []}, {}]) } else { json!([{}]) };
        operation.push(("security", security.into()));
        members(operation)
    }
}

fn json_of(name: &str) -> Value {
    json!({"application/json": {"schema": definition(name)}})
}

/// Texts of these media types.
fn texts(media: &[&str]) -> Value {
    media.iter().map(|media| ((*media).to_owned(), json!({"schema": {"type": "string"}}))).collect()
}

fn any_json() -> Value {
    json!({"application/json": {"schema": {"type": "object"}}})
}

/// Frames, one after another.
fn frames(media: &[&str]) -> Value {
    media.iter().map(|media| ((*media).to_owned(), json!({"itemSchema": definition("Frame")}))).collect()
}

/// Frames as server-sent events.
fn events() -> Value {
    let data = json!({"type": "string", "contentMediaType": "application/json", "contentSchema": definition("Frame")});
    let item =
        json!({"type": "object", "properties": {"id": {"type": "string"}, "data": data, "retry": {"type": "integer"}}});
    json!({"text/event-stream": {"itemSchema": item}})
}

/// All operations.
fn operations() -> Vec<Operation> {
    let get = |path, id, summary| operation("get", path, id, summary);
    let post = |path, id, summary| operation("post", path, id, summary);
    let lines = frames(&["application/x-ndjson"]);
    let mut opening = json_of("OpenRequest");
    opening["application/x-ndjson"] = json!({"itemSchema": definition("Line")});
    let mut command = json_of("HttpCommand");
    command["text/plain"] = json!({"schema": {"type": "string"}});
    vec![
        get("/", "index", "A page for browsers; for other clients how to subscribe, in words.")
            .answer("200", "The page, or words.", texts(&["text/html", "text/plain"]))
            .not_modified(),
        get("/events", "events", "The stream as server-sent events.")
            .of_replay()
            .stream()
            .answer("200", "The stream.", events())
            .answer("204", "The replay is over: do not reconnect.", Value::Null),
        get("/events.ndjson", "lines", "The stream as lines.").of_replay().stream().answer("200", "The stream.", lines),
        get("/state", "state", "The state of the matches.")
            .of_replay()
            .parameters(&["match", "snapshot", "wait"])
            .tagged_document("StateDocument"),
        get("/state/{match}", "stateOfMatch", "The state of one match.")
            .of_replay()
            .parameters(&["snapshot", "wait"])
            .tagged_document("MatchStateDocument"),
        get("/timeline", "timeline", "The course of the matches, for a scrubber.")
            .of_replay()
            .parameters(&["match", "spoilers"])
            .tagged_document("TimelineDocument"),
        get("/history", "history", "Event frames of the past.")
            .of_replay()
            .parameters(&["from", "to", "match", "types"])
            .document("HistoryDocument"),
        get("/table", "table", "The league tables.")
            .of_replay()
            .parameters(&["match", "wait"])
            .tagged_document("TableDocument"),
        post("/shows", "shows", "Says what an app shows, to be judged.")
            .of_replay()
            .body(json_of("ShowsRequest"))
            .document("ShowsAnswer"),
        get("/api/scenarios", "scenarios", "What can be played.").document("ScenariosDocument"),
        get("/api/replays", "replays", "The replays.").document("ReplaysDocument"),
        post(
            "/api/replays",
            "openReplay",
            "Opens a replay; of lines alone, with the fields as parameters. Lines may take a token.",
        )
        .takes_control()
        .optional_body(opening)
        .answer("201", "The replay is open.", json_of("OpenedReplay")),
        get("/api/replays/{id}", "replay", "A replay.").document("ReplayDocument"),
        operation("delete", "/api/replays/{id}", "closeReplay", "Closes a replay.").takes_control().answer(
            "204",
            "It is closed.",
            Value::Null,
        ),
        post("/api/replays/{id}/command", "command", "Controls a replay.")
            .takes_control()
            .body(command)
            .document("CommandAnswer"),
        get("/api/replays/{id}/journal", "journal", "What the faults of a replay have done.")
            .takes_control()
            .parameters(&["all"])
            .document("JournalDocument"),
        get("/api/replays/{id}/record", "record", "What another server needs to play the same at every moment.")
            .takes_control()
            .parameters(&["wait"])
            .document("RecordDocument"),
        post("/api/replays/{id}/record", "submit", "Controls a replay, for a server that plays the same.")
            .takes_control()
            .body(json_of("HttpCommand"))
            .document("SubmittedDocument"),
        get("/api/replays/{id}/scenario", "scenario", "The scenario of a replay, as a file has it.")
            .takes_control()
            .answer("200", "The lines.", json!({"application/x-ndjson": {"itemSchema": definition("Line")}})),
        get("/api/replays/{id}/verdict", "verdict", "What clients have shown, and whether that was right.")
            .takes_control()
            .document("VerdictDocument"),
        get("/schema/{file}", "schema", "A JSON Schema, by its name and .json.")
            .answer("200", "The schema.", any_json())
            .not_modified(),
        get("/openapi.json", "openapi", "This document.").answer("200", "The document.", any_json()).not_modified(),
        get("/asyncapi.json", "asyncapi", "The streams, as AsyncAPI.")
            .answer("200", "The document.", any_json())
            .not_modified(),
        get("/client.js", "client", "The module with which a page follows a replay.")
            .answer("200", "The module.", texts(&["text/javascript"]))
            .not_modified(),
        get("/healthz", "healthz", "200 while the server runs.").answer("200", "It runs.", texts(&["text/plain"])),
        get("/readyz", "readyz", "200 until the server is stopping.")
            .answer("200", "It is ready.", texts(&["text/plain"]))
            .answer("503", "It is stopping.", texts(&["text/plain"])),
        get("/metrics", "metrics", "The metrics, for Prometheus.").answer(
            "200",
            "The metrics.",
            texts(&["text/plain", "application/openmetrics-text"]),
        ),
    ]
}

/// The paths, each with its methods. Those of a replay twice: of `main`, and of any.
fn paths() -> Node {
    let mut paths: Vec<(String, Vec<(&'static str, Node)>)> = Vec::new();
    let mut add = |path: String, method, described| match paths.iter_mut().find(|(known, _)| *known == path) {
        Some((_, methods)) => methods.push((method, described)),
        None => paths.push((path, vec![(method, described)])),
    };
    for operation in operations() {
        let in_path =
            ["match", "id", "file"].into_iter().filter(|name| operation.path.contains(&format!("{{{name}}}")));
        let in_path: Vec<&str> = in_path.map(|name| if name == "match" { "matchInPath" } else { name }).collect();
        let path = operation.path.to_owned();
        add(path, operation.method, operation.describe(&in_path, false));
        if operation.of_replay {
            let in_path: Vec<&str> = ["replay"].into_iter().chain(in_path).collect();
            add(format!("/r/{{replay}}{}", operation.path), operation.method, operation.describe(&in_path, true));
        }
    }
    members(paths.into_iter().map(|(path, methods)| (path, members(methods))))
}

/// The parameters, by the name by which operations refer to them.
fn parameters() -> Node {
    let text = |description: &str| json!({"type": "string", "description": description});
    let flag = |description: &str| json!({"type": "string", "enum": ["1", "0"], "description": description});
    let number =
        |least: u32, description: &str| json!({"type": "integer", "minimum": least, "description": description});
    let of_documents = [
        ("wait", number(0, "Answer only when something has changed, after 25 s at the latest.")),
        ("spoilers", flag("0: only what a viewer knows by now.")),
        ("from", number(1, "The number of the first event.")),
        ("to", number(0, "The number of the last event.")),
        ("all", flag("1: also what feed faults will do.")),
    ];
    let in_query =
        stream_parameters().into_iter().chain(of_documents).map(|(name, schema)| (name.to_owned(), name, schema));
    let opening = ReplaySpec::FIELDS.iter().map(|field| {
        let description = format!("As in the body that opens a replay: {}", open_option(field).1);
        (format!("open-{field}"), *field, text(&description))
    });
    let in_query = in_query.chain(opening).map(|(key, name, mut schema)| {
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        let parameter =
            json!({"name": name, "in": "query", "required": false, "schema": schema, "description": description});
        (key, parameter.into())
    });
    let in_path = [
        ("replay", "replay", "The name of a replay: main, or one that was opened."),
        ("id", "id", "The name of a replay: main, or one that was opened."),
        ("matchInPath", "match", "The id of a match."),
        ("file", "file", "The name of a schema and .json, as frame.json."),
    ];
    let in_path = in_path.map(|(key, name, description)| {
        let schema = json!({"type": "string"});
        let parameter =
            json!({"name": name, "in": "path", "required": true, "schema": schema, "description": description});
        (key.to_owned(), parameter.into())
    });
    members(in_path.into_iter().chain(in_query))
}

/// The document.
pub(super) fn document(base: &BaseUrl) -> Node {
    let refused = json!({"description": "Why not.", "content": json_of("Refusal")});
    let token =
        json!({"type": "http", "scheme": "bearer", "description": "The token of the server, or of the replay."});
    let in_address = json!({"type": "apiKey", "in": "query", "name": "token"});
    let parts = vec![
        ("openapi", json!(VERSION).into()),
        ("info", super::info("What Touchline answers over HTTP. The WebSocket is described by asyncapi.json.")),
        ("servers", json!([{"url": base.http()}]).into()),
        ("paths", paths()),
    ];
    let components = vec![
        ("parameters", parameters()),
        ("responses", json!({"Refused": refused}).into()),
        ("securitySchemes", json!({"token": token, "tokenInAddress": in_address}).into()),
    ];
    api_document(parts, components)
}
