//! Elements of the XML feeds, and what their ids and times look like.

use std::sync::Arc;

use roxmltree::{Document as Xml, Node};

use crate::football::UtcMillis;
use crate::import::{Document, ImportError};

/// Parses a document. Document type definitions are refused: they could make it grow without bounds.
pub fn parse<'a>(document: &Document, text: &'a str) -> Result<Xml<'a>, ImportError> {
    Xml::parse(text).map_err(|error| ImportError::xml(document, &error))
}

/// The elements of this name directly in another.
pub fn children<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> + use<'a, 'input> {
    node.children().filter(move |child| child.has_tag_name(name))
}

/// The text of an element directly in another, unless it is empty.
pub fn text_of(node: Node<'_, '_>, name: &'static str) -> Option<Arc<str>> {
    children(node, name).find_map(|child| trimmed(child.text()))
}

/// An attribute, unless it is empty.
pub fn attribute(node: Node<'_, '_>, name: &str) -> Option<Arc<str>> {
    trimmed(node.attribute(name))
}

pub fn trimmed(text: Option<&str>) -> Option<Arc<str>> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(Into::into)
}

/// The id in a reference: `569` of `t569`. F24 has it without the letter.
pub fn bare_id(text: &str) -> &str {
    text.trim().trim_start_matches(|c: char| c.is_ascii_alphabetic())
}

/// A time with its offset: `20180923T150213+0100`.
pub fn parse_moment(text: &str) -> Option<UtcMillis> {
    let text = text.trim();
    let (digits, offset) = text.split_at_checked(15)?;
    let (date, time) = digits.split_once('T')?;
    if date.len() != 8 || time.len() != 6 || !(date.bytes().chain(time.bytes())).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let part = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i16>().ok();
    let small = |text: &str, from: usize, to: usize| text.get(from..to)?.parse::<i8>().ok();
    let civil = jiff::civil::DateTime::new(
        part(date, 0, 4)?,
        small(date, 4, 6)?,
        small(date, 6, 8)?,
        small(time, 0, 2)?,
        small(time, 2, 4)?,
        small(time, 4, 6)?,
        0,
    )
    .ok()?;
    let minutes = match offset.as_bytes() {
        [] | b"Z" => 0,
        [sign, rest @ ..] if matches!(sign, b'+' | b'-') && rest.len() >= 4 => {
            let digits: String = offset.get(1..)?.chars().filter(char::is_ascii_digit).collect();
            let minutes = i64::from(small(&digits, 0, 2)?) * 60 + i64::from(small(&digits, 2, 4)?);
            if *sign == b'-' { -minutes } else { minutes }
        }
        _ => return None,
    };
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond();
    Some(UtcMillis(utc.checked_sub(minutes * 60_000)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_offset() {
        let shown = |text| {
            let moment = parse_moment(text)?;
            jiff::Timestamp::from_millisecond(moment.0).ok().map(|at| at.to_string())
        };
        assert_eq!(shown("20180923T150213+0100").as_deref(), Some("2018-09-23T14:02:13Z"));
        assert_eq!(shown("20180923T150213-0530").as_deref(), Some("2018-09-23T20:32:13Z"));
        assert_eq!(shown("20180923T150213Z").as_deref(), Some("2018-09-23T15:02:13Z"));
        for text in ["", "2018", "20180923T150213+", "20181323T150213Z", "2018-09-23T15:02:13", "ééééééééé"] {
            assert_eq!(shown(text), None, "{text}");
        }
        assert_eq!(bare_id("t569"), "569");
        assert_eq!(bare_id("569"), "569");
    }
}
