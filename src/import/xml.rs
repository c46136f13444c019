//! Elements of XML documents.

use roxmltree::{Document as Xml, Node};

use super::{Document, ImportError};

/// Parses a document. Document type definitions are refused: they could make it grow without bounds.
pub(super) fn parse<'a>(document: &Document, text: &'a str) -> Result<Xml<'a>, ImportError> {
    Xml::parse(text).map_err(|error| ImportError::xml(document, &error))
}

/// An attribute, unless it is empty.
pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Option<&'a str> {
    node.attribute(name).map(str::trim).filter(|text| !text.is_empty())
}

/// The elements of this name directly in another.
pub(super) fn children<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// The first element of this name directly in another.
pub(super) fn child<'a, 'input>(node: Node<'a, 'input>, name: &'static str) -> Option<Node<'a, 'input>> {
    children(node, name).next()
}
