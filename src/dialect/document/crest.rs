//! Crests of teams, drawn from their colours. No provider's crests are copied.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::football::is_colour;

/// The most characters of a name on a crest.
const MAX_CHARS: usize = 4;

/// A shield in the first colour with a stripe in the second one and a short name, as SVG.
pub fn crest_svg(name: &str, colours: &[Arc<str>]) -> String {
    let colour = |index: usize| colours.get(index).map(|colour| &**colour).filter(|colour| is_colour(colour));
    let shirt = colour(0).unwrap_or("#6b7280");
    let detail = colour(1).filter(|detail| *detail != shirt).unwrap_or_else(|| contrasting(shirt));
    let name = crest_text(name);
    format!(
        concat!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 120" width="500" height="600" role="img">"##,
            r##"<clipPath id="s"><path d="M5 5h90v60q0 35-45 50q-45-15-45-50z"/></clipPath>"##,
            r##"<g clip-path="url(#s)"><path fill="{shirt}" d="M0 0h100v120H0z"/>"##,
            r##"<path fill="{detail}" d="M0 70h100v14H0z"/></g>"##,
            r##"<path fill="none" stroke="{detail}" stroke-width="5" d="M5 5h90v60q0 35-45 50q-45-15-45-50z"/>"##,
            r##"<text x="50" y="52" fill="{text}" font-family="sans-serif" font-weight="bold" font-size="25" "##,
            r##"text-anchor="middle">{name}</text></svg>"##
        ),
        shirt = shirt,
        detail = detail,
        text = contrasting(shirt),
        name = name,
    )
}

/// The first letters and digits of a name, escaped.
fn crest_text(name: &str) -> String {
    let shown = name.chars().filter(|c| c.is_alphanumeric()).take(MAX_CHARS);
    let mut escaped = String::new();
    for c in shown {
        let _ = if c.is_ascii() { write!(escaped, "{c}") } else { write!(escaped, "&#{};", u32::from(c)) };
    }
    escaped
}

/// Black or white, whichever can be read on a colour `#rrggbb`.
fn contrasting(colour: &str) -> &'static str {
    let channel =
        |from: usize| colour.get(from..from + 2).and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
    let brightness = channel(1) * 299 + channel(3) * 587 + channel(5) * 114;
    if brightness > 128_000 { "#000000" } else { "#ffffff" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crest(short: &str, colours: &[&str]) -> String {
        crest_svg(short, &colours.iter().map(|colour| (*colour).into()).collect::<Vec<Arc<str>>>())
    }

    #[test]
    fn a_crest_has_the_colours_and_the_name_of_its_team() {
        let svg = crest("NAP", &["#12a0d7", "#ffffff"]);
        assert!(svg.contains(r##"fill="#12a0d7""##) && svg.contains(r##"stroke="#ffffff""##), "{svg}");
        assert!(svg.contains(">NAP</text>"), "{svg}");
        let text = |svg: &str| svg.split("<text").nth(1).map(|text| text.contains(r##"fill="#000000""##));
        assert_eq!(text(&crest("A", &["#ffff00"])), Some(true));
        assert_eq!(text(&crest("A", &["#000080"])), Some(false));
        assert!(crest("A", &["#000000", "#000000"]).contains(r##"stroke="#ffffff""##), "a stripe that can be seen");
    }

    #[test]
    fn nothing_of_a_name_is_markup() {
        let svg = crest("<script>&\"", &["red\"/><x", "#12"]);
        assert!(svg.contains(">scri</text>") && svg.contains("#6b7280") && !svg.contains("<x"), "{svg}");
        assert!(crest("Žďár nad", &[]).contains(">&#381;&#271;&#225;r</text>"));
        assert!(crest("💥", &[]).contains("></text>"));
    }
}
