//! Validates what tests receive against the published schemas, more strictly than a client may: with no further members. So a
//! member that the server writes and no schema lists is found.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use touchline::football::EventType;
use touchline::internals::server::contracts;

/// The definitions of the protocol, without further members.
pub static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::published);

/// Built where it is needed: few tests need all.
type LazyValidator = LazyLock<Validator, Box<dyn FnOnce() -> Validator + Send>>;

pub struct Contract {
    definitions: Map<String, Value>,
    validators: BTreeMap<String, LazyValidator>,
    /// The definition of each frame, by its kind.
    frames: BTreeMap<String, String>,
}

/// What a request is answered with: the end of a method and path, and the definition.
const BODIES: &[(&str, &str)] = &[
    ("GET /state", "StateDocument"),
    ("GET /state/{}", "MatchStateDocument"),
    ("GET /timeline", "TimelineDocument"),
    ("GET /history", "HistoryDocument"),
    ("GET /table", "TableDocument"),
    ("POST /shows", "ShowsAnswer"),
    ("GET /api/scenarios", "ScenariosDocument"),
    ("GET /api/replays", "ReplaysDocument"),
    ("POST /api/replays", "OpenedReplay"),
    ("GET /api/replays/{}", "ReplayDocument"),
    ("POST /api/replays/{}/command", "CommandAnswer"),
    ("GET /api/replays/{}/journal", "JournalDocument"),
    ("GET /api/replays/{}/verdict", "VerdictDocument"),
];

impl Contract {
    fn published() -> Self {
        let protocol = contracts::document("protocol").expect("the protocol");
        let protocol: Value = serde_json::from_str(&protocol).expect("JSON");
        let Value::Object(mut definitions) = protocol["$defs"].clone() else { panic!("no definitions") };
        definitions.values_mut().for_each(without_further_members);
        let frames = definitions["Frame"]["oneOf"].as_array().expect("frames").iter().map(|frame| {
            let name = referred(frame).expect("a reference").to_owned();
            (definitions[&name]["properties"]["kind"]["const"].as_str().expect("a kind").to_owned(), name)
        });
        let frames = frames.collect();
        let validator = |name: &String| {
            let schema = json!({"$ref": format!("#/$defs/{name}"), "$defs": definitions});
            let build = move || jsonschema::options().should_validate_formats(true).build(&schema).expect("a schema");
            (name.clone(), LazyValidator::new(Box::new(build)))
        };
        let validators = definitions.keys().map(validator).collect();
        Self { definitions, validators, frames }
    }

    /// Fails if the value is not what a definition says.
    pub fn check(&self, definition: &str, value: &Value) -> Result<(), String> {
        let validator = self.validators.get(definition).ok_or_else(|| format!("no definition {definition}"))?;
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{} at {}", error, error.instance_path())).collect();
        if errors.is_empty() { Ok(()) } else { Err(format!("{definition}: {}\n{value}", errors.join("\n"))) }
    }

    /// The definition of a frame.
    pub fn frame(&self, frame: &Value) -> Result<&str, String> {
        let kind = frame["kind"].as_str().unwrap_or_default();
        self.frames.get(kind).map(String::as_str).ok_or_else(|| format!("no frame of this kind: {frame}"))
    }

    /// Panics if the text is not a frame.
    pub fn expect_frame(&self, text: &str) {
        let frame: Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"));
        let checked = self.frame(&frame).and_then(|definition| self.check(definition, &frame));
        checked.unwrap_or_else(|why| panic!("{why}"));
    }

    /// The names of all members of all definitions: `HelloFrame.run`.
    pub fn members(&self) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        for (name, schema) in &self.definitions {
            collect_members(name, schema, &mut all);
        }
        all
    }

    /// Adds the members that a value has, other than as `null`.
    pub fn mark(&self, definition: &str, value: &Value, met: &mut BTreeSet<String>) {
        self.mark_in(definition, &self.definitions[definition], value, met);
    }

    fn mark_in(&self, place: &str, schema: &Value, value: &Value, met: &mut BTreeSet<String>) {
        if let Some(name) = referred(schema) {
            return self.mark_in(name, &self.definitions[name], value, met);
        }
        for branch in ["anyOf", "oneOf", "allOf"].iter().filter_map(|of| schema[of].as_array()).flatten() {
            if self.suits(branch, value) {
                self.mark_in(place, branch, value, met);
            }
        }
        if schema.get("if").is_some_and(|condition| self.suits(condition, value)) {
            self.mark_in(place, &schema["then"], value, met);
        }
        match value {
            Value::Object(members) => {
                for (name, member) in members.iter().filter(|(_, member)| !member.is_null()) {
                    if let Some(schema) = schema["properties"].get(name) {
                        let place = format!("{place}.{name}");
                        met.insert(place.clone());
                        self.mark_in(&place, schema, member, met);
                    } else if let Some(schema) = schema.get("additionalProperties").filter(|schema| schema.is_object())
                    {
                        self.mark_in(&format!("{place}.*"), schema, member, met);
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.mark_in(place, &schema["items"], item, met)),
            _ => {}
        }
    }

    /// Whether a value could be meant by one of several schemas: it has the type, the constants and the required members.
    fn suits(&self, schema: &Value, value: &Value) -> bool {
        if let Some(name) = referred(schema) {
            return self.suits(&self.definitions[name], value);
        }
        let of_type = |name: &str| match name {
            "object" => value.is_object(),
            "array" => value.is_array(),
            "string" => value.is_string(),
            "boolean" => value.is_boolean(),
            "null" => value.is_null(),
            _ => value.is_number(),
        };
        let typed = match &schema["type"] {
            Value::String(name) => of_type(name),
            Value::Array(names) => names.iter().filter_map(Value::as_str).any(of_type),
            _ => true,
        };
        let constant = schema.get("const").is_none_or(|constant| constant == value);
        let listed = schema["enum"].as_array().is_none_or(|words| words.contains(value));
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let properties = schema["properties"].as_object().into_iter().flatten();
        typed
            && constant
            && listed
            && required.clone().all(|name| value.get(name).is_some())
            && properties.filter_map(|(name, schema)| Some((schema, value.get(name)?))).all(|(schema, value)| {
                let decisive = schema.get("const").is_some() || schema.get("enum").is_some();
                !decisive || self.suits(schema, value)
            })
    }
}

fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/$defs/")
}

/// Lets every object have the members that are listed and no other. An event of a type of the scenario's own has any.
fn without_further_members(schema: &mut Value) {
    match schema {
        Value::Array(items) => items.iter_mut().for_each(without_further_members),
        Value::Object(keywords) => {
            keywords.iter_mut().filter(|(keyword, _)| *keyword != "if").for_each(|(_, of)| without_further_members(of));
            let Some(properties) = keywords.get("properties").and_then(Value::as_object) else { return };
            let closed =
                ["additionalProperties", "propertyNames", "allOf"].iter().any(|key| keywords.contains_key(*key));
            if closed || !keywords.contains_key("required") {
                return;
            }
            let names: Vec<&String> = properties.keys().collect();
            if ["rev", "op", "clock"].iter().all(|name| properties.contains_key(*name)) {
                let only = json!({"propertyNames": {"enum": names}});
                keywords.insert("if".into(), json!({"properties": {"type": {"enum": EventType::WORDS}}}));
                keywords.insert("then".into(), only);
            } else {
                keywords.insert("additionalProperties".into(), false.into());
            }
        }
        _ => {}
    }
}

fn collect_members(place: &str, schema: &Value, all: &mut BTreeSet<String>) {
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        let place = format!("{place}.{name}");
        all.insert(place.clone());
        collect_members(&place, schema, all);
    }
    for nested in ["items", "then"].iter().filter_map(|of| schema.get(of)) {
        collect_members(place, nested, all);
    }
    if schema["additionalProperties"].is_object() {
        collect_members(&format!("{place}.*"), &schema["additionalProperties"], all);
    }
    for branch in ["anyOf", "oneOf", "allOf"].iter().filter_map(|of| schema[of].as_array()).flatten() {
        collect_members(place, branch, all);
    }
}

/// The definition of the body that a request is answered with, if it is JSON of a contract.
pub fn body_definition(method: &str, path: &str, status: u16) -> Option<&'static str> {
    let path = path.split('?').next().unwrap_or(path);
    let path = match path.strip_prefix("/r/").and_then(|rest| rest.split_once('/')) {
        Some((_, rest)) => format!("/{rest}"),
        None => path.to_owned(),
    };
    if status >= 400 {
        return Some("Refusal");
    }
    let matches = |pattern: &str| {
        let (mut given, mut wanted) = (path.split('/'), pattern.split('/'));
        loop {
            match (given.next(), wanted.next()) {
                (None, None) => return true,
                (Some(part), Some(wanted)) if wanted == "{}" || part == wanted => {}
                _ => return false,
            }
        }
    };
    let of = |pattern: &str| pattern.split_once(' ').is_some_and(|(of, path)| of == method && matches(path));
    BODIES.iter().find(|(pattern, _)| of(pattern)).map(|(_, definition)| *definition)
}
