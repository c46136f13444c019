//! Decodes the query of a URL. In a form `+` is a space; in a position such as `45+2` it is a plus sign.

use std::borrow::Cow;

use crate::playback::Position;

/// The parameters that hold a position.
const POSITIONS: [&str; 2] = ["from", "until"];

/// The names and values of a query, decoded as forms are. A `+` is kept where a position needs it: `from=45+2` is
/// stoppage time, and `from=Two+minutes+of+joy` the name of a marker.
pub(super) fn parse_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split('&').filter_map(|pair| {
        let (name, value) = form_urlencoded::parse(pair.as_bytes()).next()?;
        let kept = match pair.split_once('=') {
            Some((_, written)) if written.contains('+') && POSITIONS.contains(&&*name) => {
                let signs = format!("={}", written.replace('+', "%2B"));
                form_urlencoded::parse(signs.as_bytes()).next().map(|(_, kept)| kept.into_owned())
            }
            _ => None,
        };
        Some((name, kept.filter(|kept| has_sign(kept)).map_or(value, Cow::Owned)))
    })
}

/// Whether a text with a `+` is a position with a sign, or an incomplete one.
fn has_sign(text: &str) -> bool {
    match Position::parse(text) {
        Ok(Position::Clock(_) | Position::Stoppage { .. } | Position::Label(_) | Position::Relative(_)) => true,
        Ok(_) => false,
        // A marker may be called "4 3 3".
        Err(_) => text.matches('+').count() == 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_is_a_sign_where_a_position_has_one_and_a_blank_elsewhere() {
        // The page decodes its own address by the same rules: tests/page/address.test.mjs reads the same table.
        let table = include_str!("../../tests/page/fixtures/positions.json");
        let table: Vec<(String, String)> = serde_json::from_str(table).expect("pairs of written and meant");
        assert!(table.len() > 20);
        for (written, meant) in &table {
            for name in POSITIONS {
                let query = format!("a=1&{name}={written}&b=2");
                let values: Vec<String> = parse_pairs(&query).map(|(_, value)| value.into_owned()).collect();
                assert_eq!(values, ["1", &**meant, "2"], "{query}");
            }
        }
    }

    #[test]
    fn all_else_is_decoded_as_forms_are() {
        for query in [
            "",
            "&&",
            "=",
            "a",
            "a=+b+",
            "fr%6Fm=a+b",
            "pace=gap%3D5s+break%3D3s",
            "x=%ff&x=%C3%A9",
            "wall=20:45+01:00",
        ] {
            let ours: Vec<_> = parse_pairs(query).collect();
            assert_eq!(ours, form_urlencoded::parse(query.as_bytes()).collect::<Vec<_>>(), "{query}");
        }
        let spelt: Vec<_> = parse_pairs("fr%6Fm=45+2").collect();
        assert_eq!(spelt, [("from".into(), "45+2".into())]);
    }
}
