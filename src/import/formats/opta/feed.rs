//! Elements of the XML feeds, and what their ids and times look like.

use std::sync::Arc;

use roxmltree::Node;

use crate::football::UtcMillis;
use crate::import::xml::children;

/// The text of an element directly in another, unless it is empty.
pub fn text_of(node: Node<'_, '_>, name: &'static str) -> Option<Arc<str>> {
    children(node, name).find_map(|child| trimmed(child.text()?))
}

/// A text, unless it is empty.
pub fn trimmed(text: &str) -> Option<Arc<str>> {
    Some(text.trim()).filter(|text| !text.is_empty()).map(Into::into)
}

/// The id in a reference: `569` of `t569`. F24 has it without the letter.
pub fn bare_id(text: &str) -> &str {
    text.trim().trim_start_matches(|c: char| c.is_ascii_alphabetic())
}

/// A time with its offset, or in UTC: `20180923T150213+0100`.
pub fn parse_moment(text: &str) -> Option<UtcMillis> {
    let text = text.trim();
    let (civil, offset) = text.split_at_checked(15)?;
    let offset = if matches!(offset, "" | "Z") { "+0000" } else { offset };
    let at = jiff::Timestamp::strptime("%Y%m%dT%H%M%S%z", format!("{civil}{offset}")).ok()?;
    Some(UtcMillis(at.as_millisecond()))
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
