//! Builds JSON Schema 2020-12: the keywords that the contracts use, in the order in which they are written.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

/// A JSON value whose members keep their order, unlike those of [`Value`]: a schema is read by people, too.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Value(Value),
    List(Vec<Node>),
    Object(Vec<(Cow<'static, str>, Node)>),
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Value(value) => value.serialize(serializer),
            Self::List(items) => serializer.collect_seq(items),
            Self::Object(members) => serializer.collect_map(members.iter().map(|(name, value)| (name, value))),
        }
    }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self::Value(value)
    }
}

impl From<Schema> for Node {
    fn from(schema: Schema) -> Self {
        schema.0
    }
}

/// An object of these members.
pub(super) fn members(members: impl IntoIterator<Item = (impl Into<Cow<'static, str>>, Node)>) -> Node {
    Node::Object(members.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

impl Node {
    /// Adds the names of the definitions that it refers to.
    pub(super) fn references(&self, found: &mut BTreeSet<String>) {
        match self {
            Self::Value(value) => value_references(value, found),
            Self::List(items) => items.iter().for_each(|item| item.references(found)),
            Self::Object(members) => members.iter().for_each(|(_, value)| value.references(found)),
        }
    }

    /// Moves the definitions that it refers to: `#/$defs/Score` becomes `{to}Score`.
    pub(super) fn refer_to(self, to: &str) -> Self {
        match self {
            Self::Value(value) => Self::Value(moved_references(value, to)),
            Self::List(items) => Self::List(items.into_iter().map(|item| item.refer_to(to)).collect()),
            Self::Object(members) => {
                Self::Object(members.into_iter().map(|(name, value)| (name, value.refer_to(to))).collect())
            }
        }
    }
}

/// Every text that begins so is a reference: no description does.
fn value_references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => found.extend(text.strip_prefix(DEFINITION).map(str::to_owned)),
        Value::Array(items) => items.iter().for_each(|item| value_references(item, found)),
        Value::Object(members) => members.values().for_each(|value| value_references(value, found)),
        _ => {}
    }
}

fn moved_references(value: Value, to: &str) -> Value {
    match value {
        Value::String(text) => match text.strip_prefix(DEFINITION) {
            Some(name) => format!("{to}{name}").into(),
            None => text.into(),
        },
        Value::Array(items) => items.into_iter().map(|item| moved_references(item, to)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, moved_references(value, to))).collect()
        }
        other => other,
    }
}

/// The beginning of a reference to a definition.
pub(super) const DEFINITION: &str = "#/$defs/";

/// A schema.
#[derive(Debug, Clone)]
pub(super) struct Schema(Node);

impl Schema {
    fn of(keywords: Vec<(&'static str, Node)>) -> Self {
        Self(members(keywords))
    }

    /// Adds a keyword at the end.
    pub(super) fn with(mut self, keyword: &'static str, value: impl Into<Node>) -> Self {
        if let Node::Object(keywords) = &mut self.0 {
            keywords.push((keyword.into(), value.into()));
        }
        self
    }

    /// Says in words what the value means.
    pub(super) fn about(self, description: &str) -> Self {
        self.with("description", json!(description))
    }

    /// Accepts `null` as well.
    pub(super) fn or_null(mut self) -> Self {
        let Node::Object(keywords) = &mut self.0 else { return self };
        match keywords.iter_mut().find(|(keyword, _)| matches!(&**keyword, "type" | "enum")) {
            Some((_, Node::Value(Value::Array(accepted)))) => accepted.push(Value::Null),
            Some((_, Node::Value(name))) => *name = json!([name, "null"]),
            _ => return any_of([self, typed("null")]),
        }
        self
    }
}

/// Any value of this type.
fn typed(name: &str) -> Schema {
    Schema::of(vec![("type", json!(name).into())])
}

/// Any JSON. Not an empty schema, which generators of types take for an unknown one.
pub(super) fn any() -> Schema {
    Schema::of(vec![("type", json!(["object", "array", "string", "number", "boolean", "null"]).into())])
}

/// Any text.
pub(super) fn text() -> Schema {
    typed("string")
}

/// A text that matches a regular expression.
pub(super) fn pattern(pattern: &str) -> Schema {
    text().with("pattern", json!(pattern))
}

/// A whole number.
pub(super) fn integer() -> Schema {
    typed("integer")
}

/// A whole number, 0 or more.
pub(super) fn count() -> Schema {
    integer().with("minimum", json!(0))
}

/// A whole number within these limits, both included.
pub(super) fn integer_in(from: i64, to: i64) -> Schema {
    integer().with("minimum", json!(from)).with("maximum", json!(to))
}

/// Any number.
pub(super) fn number() -> Schema {
    typed("number")
}

/// A number within these limits, both included.
pub(super) fn number_in(from: f64, to: f64) -> Schema {
    number().with("minimum", json!(from)).with("maximum", json!(to))
}

/// `true` or `false`.
pub(super) fn flag() -> Schema {
    typed("boolean")
}

/// A list.
pub(super) fn list(items: Schema) -> Schema {
    typed("array").with("items", items)
}

/// An object of any members whose values are these.
pub(super) fn map(values: Schema) -> Schema {
    typed("object").with("additionalProperties", values)
}

/// Exactly this value.
pub(super) fn constant(value: impl Into<Value>) -> Schema {
    Schema::of(vec![("const", value.into().into())])
}

/// One of these words and no other.
pub(super) fn words(words: impl IntoIterator<Item = impl AsRef<str>>) -> Schema {
    let words: Value = words.into_iter().map(|word| word.as_ref().to_owned()).collect();
    Schema::of(vec![("enum", words.into())])
}

/// One of these words, or another that a later version adds.
pub(super) fn open_words(known: impl IntoIterator<Item = impl AsRef<str>>) -> Schema {
    any_of([words(known), text()])
}

/// A definition by its name.
pub(super) fn reference(name: &str) -> Schema {
    Schema::of(vec![("$ref", json!(format!("{DEFINITION}{name}")).into())])
}

/// Any of these.
pub(super) fn any_of(schemas: impl IntoIterator<Item = Schema>) -> Schema {
    Schema::of(vec![("anyOf", Node::List(schemas.into_iter().map(Node::from).collect()))])
}

/// One of these definitions.
pub(super) fn one_of(names: impl IntoIterator<Item = impl AsRef<str>>) -> Schema {
    Schema::of(vec![("oneOf", Node::List(names.into_iter().map(|name| reference(name.as_ref()).into()).collect()))])
}

/// A member of an object.
#[derive(Debug, Clone)]
pub(super) struct Property {
    name: Cow<'static, str>,
    schema: Schema,
    description: String,
    required: bool,
}

impl Property {
    /// The name of the member.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// The same member with another schema.
    pub(super) fn with_schema(self, schema: Schema) -> Self {
        Self { schema, ..self }
    }

    /// May be `null`, too.
    pub(super) fn or_null(self) -> Self {
        Self { schema: self.schema.or_null(), ..self }
    }
}

/// A member that is always present.
pub(super) fn req(name: &'static str, schema: Schema, description: &str) -> Property {
    Property { name: name.into(), schema, description: description.to_owned(), required: true }
}

/// A member that may be left out.
pub(super) fn opt(name: &'static str, schema: Schema, description: &str) -> Property {
    Property { required: false, ..req(name, schema, description) }
}

/// A member that may be left out, or be `null`, which is the same: what a server is sent, or a file has.
pub(super) fn opt_or_null(name: &'static str, schema: Schema, description: &str) -> Property {
    opt(name, schema, description).or_null()
}

fn described(schema: Schema, description: &str) -> Schema {
    if description.is_empty() { schema } else { schema.about(description) }
}

/// An object. It may have further members, which a client ignores: see [`closed`].
pub(super) fn object(description: &str, fields: impl IntoIterator<Item = Property>) -> Schema {
    let fields: Vec<Property> = fields.into_iter().collect();
    let required: Value = fields.iter().filter(|field| field.required).map(|field| &*field.name).collect();
    let property = |field: Property| (field.name, described(field.schema, &field.description).into());
    let properties = members(fields.into_iter().map(property));
    described(typed("object"), description).with("properties", properties).with("required", required)
}

/// An object with no further members: what a server is sent, or a file has.
pub(super) fn closed(description: &str, fields: impl IntoIterator<Item = Property>) -> Schema {
    object(description, fields).with("additionalProperties", json!(false))
}
