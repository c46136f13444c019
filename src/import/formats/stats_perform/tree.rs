//! Documents as trees of fields: the feeds have the same names in JSON and in XML.
//!
//! In XML a list has an element around it (`<events>` around each `<event>`), and some texts stand between the tags.

use roxmltree::Node;
use serde_json::Value;

use crate::import::{Document, ImportError, xml};

/// The deepest nesting that is read. The feeds have six levels.
const MAX_DEPTH: usize = 32;

/// An object of a document.
#[derive(Debug, Default)]
pub struct FeedNode {
    fields: Vec<(Box<str>, Box<str>)>,
    children: Vec<(Box<str>, FeedNode)>,
}

impl FeedNode {
    /// A field, as text, unless it is empty.
    pub fn field(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(known, _)| &**known == name)?;
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    /// The first object of this name.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|(known, _)| &**known == name).map(|(_, child)| child)
    }

    /// All objects of this name.
    pub fn children(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.children.iter().filter(move |(known, _)| &**known == name).map(|(_, child)| child)
    }
}

/// Reads a document in either notation.
pub fn read_document(document: &Document) -> Result<FeedNode, ImportError> {
    let text = document.text()?;
    if text.trim_start().starts_with('<') {
        let xml = xml::parse(document, &text)?;
        return Ok(of_element(xml.root_element(), 0));
    }
    let value = serde_json::from_str(&text).map_err(|error| ImportError::json(document, &error))?;
    let mut root = FeedNode::default();
    match value {
        Value::Object(_) => root = of_value(value, 0),
        other => add_value(&mut root, "match", other, 0),
    }
    Ok(root)
}

fn of_value(value: Value, depth: usize) -> FeedNode {
    let mut node = FeedNode::default();
    if let Value::Object(members) = value {
        for (name, value) in members {
            add_value(&mut node, &name, value, depth);
        }
    }
    node
}

/// Adds a member: a plain value as a field, an object and each object of a list as a child.
fn add_value(node: &mut FeedNode, name: &str, value: Value, depth: usize) {
    match value {
        Value::Null => {}
        Value::String(text) => node.fields.push((name.into(), text.into())),
        Value::Bool(flag) => node.fields.push((name.into(), flag.to_string().into())),
        Value::Number(number) => node.fields.push((name.into(), number.to_string().into())),
        Value::Array(items) => {
            for item in items {
                if item.is_object() {
                    add_value(node, name, item, depth);
                }
            }
        }
        Value::Object(_) if depth >= MAX_DEPTH => {}
        Value::Object(_) => node.children.push((name.into(), of_value(value, depth + 1))),
    }
}

fn of_element(element: Node<'_, '_>, depth: usize) -> FeedNode {
    let fields = element.attributes().map(|attribute| (attribute.name().into(), attribute.value().into()));
    let mut node = FeedNode { fields: fields.collect(), children: Vec::new() };
    let text = element.text().map(str::trim).filter(|text| !text.is_empty());
    if let Some(text) = text.filter(|_| node.field("name").is_none()) {
        node.fields.push(("name".into(), text.into()));
    }
    if depth >= MAX_DEPTH {
        return node;
    }
    for child in element.children().filter(Node::is_element) {
        let name = child.tag_name().name();
        let members = || child.children().filter(Node::is_element);
        let is_list = child.attributes().next().is_none()
            && members().next().is_some()
            && members().all(|member| Some(member.tag_name().name()) == name.strip_suffix('s'));
        if is_list {
            node.children
                .extend(members().map(|member| (member.tag_name().name().into(), of_element(member, depth + 2))));
            continue;
        }
        // An element that holds nothing but a text is a field in JSON.
        let plain = child.attributes().next().is_none() && members().next().is_none();
        match child.text().map(str::trim) {
            Some(text) if plain => node.fields.push((name.into(), text.into())),
            _ => node.children.push((name.into(), of_element(child, depth + 1))),
        }
    }
    node
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> FeedNode {
        read_document(&Document::in_memory("test", text.as_bytes().to_vec())).expect("readable")
    }

    #[test]
    fn json_and_xml_give_one_tree() {
        let json = read(
            r#"{"matchInfo":{"week":"6","venue":{"id":"v","name":"Park"}},
                "liveData":{"event":[{"id":1,"x":46.5,"y":null,"qualifier":[{"qualifierId":5}]},{"id":2}]}}"#,
        );
        let xml = read(
            r#"<matchEvents><matchInfo week="6"><venue id="v">Park</venue></matchInfo>
               <liveData><events><event id="1" x="46.5"><qualifier qualifierId="5"/></event><event id="2"/></events></liveData>
               </matchEvents>"#,
        );
        for root in [json, xml] {
            let info = root.child("matchInfo").expect("given");
            assert_eq!(info.field("week"), Some("6"));
            assert_eq!(info.child("venue").and_then(|venue| venue.field("name")), Some("Park"));
            let events: Vec<_> = root.child("liveData").expect("given").children("event").collect();
            assert_eq!(events.len(), 2);
            assert_eq!(events[0].field("x"), Some("46.5"));
            assert_eq!(events[0].field("y"), None);
            assert_eq!(events[0].children("qualifier").next().and_then(|q| q.field("qualifierId")), Some("5"));
        }
    }

    #[test]
    fn deep_documents_are_cut() {
        let deep = format!("{}{}", "<a>".repeat(20_000), "</a>".repeat(20_000));
        read(&deep);
        let error = read_document(&Document::in_memory("d", "[".repeat(20_000).into_bytes())).expect_err("too deep");
        assert!(error.to_string().starts_with("d:1:"), "{error}");
    }
}
