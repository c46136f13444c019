//! Content negotiation: parses `Accept` and `Accept-Encoding`.

use http::HeaderMap;
use http::header::HeaderName;

/// Whether a list header names this item with a quality above 0 (RFC 9110, section 12.4.2). Wildcards such as `*/*` do
/// not count: tools send them that prefer something else.
pub(super) fn accepts(headers: &HeaderMap, list: HeaderName, word: &str) -> bool {
    quality_of(headers, list, word, |_, _| true).is_some_and(|quality| quality > 0.0)
}

/// The items of a list header, over all its lines. Lines that are not ASCII are left out.
pub(super) fn list_items(headers: &HeaderMap, list: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(list).into_iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// The highest quality (0 to 1) that a list header gives to an item. Entries with a parameter for which `is_right` is
/// false do not count. `None`: the header does not list the item.
pub(super) fn quality_of(
    headers: &HeaderMap,
    list: HeaderName,
    word: &str,
    is_right: impl Fn(&str, &str) -> bool,
) -> Option<f32> {
    let qualities = list_items(headers, list).filter_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        parts.next().filter(|name| name.eq_ignore_ascii_case(word))?;
        let is_quality =
            |part: &&str| part.split_once('=').is_some_and(|(name, _)| name.trim().eq_ignore_ascii_case("q"));
        let (qualities, others): (Vec<&str>, Vec<&str>) = parts.partition(is_quality);
        let right = others
            .iter()
            .filter_map(|other| other.split_once('='))
            .all(|(name, value)| is_right(&name.trim().to_ascii_lowercase(), value.trim().trim_matches('"')));
        right.then(|| qualities.into_iter().map(parse_quality).fold(1.0, f32::min))
    });
    qualities.reduce(f32::max)
}

/// The quality that a parameter gives: 1 if it is another parameter, 0 if it cannot be parsed.
fn parse_quality(parameter: &str) -> f32 {
    match parameter.split_once('=') {
        Some((name, value)) if name.trim().eq_ignore_ascii_case("q") => {
            value.trim().parse().ok().filter(|quality| (0.0..=1.0).contains(quality)).unwrap_or(0.0)
        }
        _ => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use http::header::{ACCEPT, ACCEPT_ENCODING};

    use super::*;

    #[test]
    fn a_named_item_is_accepted_unless_its_quality_is_zero() {
        let accepts = |line: &'static str| {
            let headers = [(ACCEPT, HeaderValue::from_static(line))].into_iter().collect();
            accepts(&headers, ACCEPT, "text/html")
        };
        for line in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "application/json , TEXT/HTML;level=1 ; Q=0.4",
            "text/html; q=1.000",
        ] {
            assert!(accepts(line), "{line}");
        }
        for line in ["", "*/*", "text/*", "text/htm", "text/html;q=0", "text/html ; q=0.000", "text/html;q=much"] {
            assert!(!accepts(line), "{line}");
        }
    }

    #[test]
    fn a_list_may_be_split_over_several_headers() {
        let mut headers = HeaderMap::new();
        assert!(!accepts(&headers, ACCEPT_ENCODING, "gzip"));
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("br;q=1.0, zstd"));
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static("gzip;q=0.2"));
        assert!(accepts(&headers, ACCEPT_ENCODING, "gzip"));
    }
}
