//! Sanitising foreign text for terminals and for names that all clients see.

use std::ops::RangeInclusive;

/// Invisible characters that change or hide the text around them, beside the control characters: Unicode's
/// `Default_Ignorable_Code_Point`, `Cf`, `Zl` and `Zp`, in order.
///
/// Exceptions within these classes: variation selectors 15 and 16, which only choose how the character before them is
/// drawn and are common after emoji typed on a phone; and the number signs of Arabic, Syriac and Kaithi, which are
/// visible. Joiners are included: without them a joined emoji is shown in its parts and stays readable, while with them
/// two different names look alike.
const INVISIBLE: &[RangeInclusive<char>] = &[
    '\u{ad}'..='\u{ad}',
    '\u{34f}'..='\u{34f}',
    '\u{61c}'..='\u{61c}',
    '\u{115f}'..='\u{1160}',
    '\u{17b4}'..='\u{17b5}',
    '\u{180b}'..='\u{180f}',
    '\u{200b}'..='\u{200f}',
    '\u{2028}'..='\u{202e}',
    '\u{2060}'..='\u{206f}',
    '\u{3164}'..='\u{3164}',
    '\u{fe00}'..='\u{fe0d}',
    '\u{feff}'..='\u{feff}',
    '\u{ffa0}'..='\u{ffa0}',
    '\u{fff0}'..='\u{fffb}',
    '\u{13430}'..='\u{1343f}',
    '\u{1bca0}'..='\u{1bca3}',
    '\u{1d173}'..='\u{1d17a}',
    '\u{e0000}'..='\u{e0fff}',
];

/// Whether a character is shown as itself and does not change the characters around it. True for blanks.
pub fn is_printable(c: char) -> bool {
    let after = INVISIBLE.partition_point(|range| *range.end() < c);
    !c.is_control() && !INVISIBLE.get(after).is_some_and(|range| range.contains(&c))
}

/// Whether a text has a visible character.
pub fn is_visible(text: &str) -> bool {
    // Two printable characters are drawn as nothing: the blank Braille pattern and the musical null notehead.
    let blank = |c: char| c.is_whitespace() || matches!(c, '\u{2800}' | '\u{1d159}' | '\u{fe0e}' | '\u{fe0f}');
    text.chars().any(|c| is_printable(c) && !blank(c))
}

/// Replaces each character that is not [printable](is_printable) by U+FFFD. The result cannot control a terminal, begin a
/// line, or change the order or meaning of the text around it. Idempotent.
pub fn sanitise(text: &str) -> String {
    text.replace(|c: char| !is_printable(c), "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_ranges_are_in_order() {
        assert!(INVISIBLE.is_sorted_by(|one, next| one.end() < next.start()));
        assert!(INVISIBLE.iter().all(|range| range.start() <= range.end()));
    }

    #[test]
    fn control_invisible_and_bidirectional_characters_are_replaced() {
        for (name, characters) in [
            ("controls", "\0\u{7}\u{8}\t\n\u{b}\u{c}\r\u{1b}\u{7f}\u{80}\u{85}\u{90}\u{9b}\u{9d}\u{9f}"),
            ("line and paragraph separators", "\u{2028}\u{2029}"),
            ("bidirectional marks", "\u{61c}\u{200e}\u{200f}"),
            ("bidirectional embeddings and overrides", "\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}"),
            ("bidirectional isolates", "\u{2066}\u{2067}\u{2068}\u{2069}"),
            ("without a width", "\u{200b}\u{200c}\u{200d}\u{2060}\u{feff}\u{180e}\u{ad}\u{34f}"),
            ("invisible operators and old shaping", "\u{2061}\u{2064}\u{206a}\u{206f}"),
            ("fillers", "\u{115f}\u{1160}\u{3164}\u{ffa0}"),
            ("annotations", "\u{fff9}\u{fffa}\u{fffb}"),
            ("tags and rare variants", "\u{e0001}\u{e0041}\u{e007f}\u{e0100}\u{e01ef}\u{fe00}"),
        ] {
            for c in characters.chars() {
                assert_eq!(sanitise(&format!("a{c}b")), "a\u{fffd}b", "{name}: U+{:04X}", u32::from(c));
                assert!(!is_visible(&format!(" {c} ")), "{name}: U+{:04X}", u32::from(c));
            }
        }
    }

    #[test]
    fn ordinary_text_is_unchanged() {
        for text in [
            "Miralem Pjanić",
            "Pjanic\u{301}",
            "صلاح",
            "משחק",
            "本田 圭佑",
            "⚽\u{fe0f} 1-0",
            "🇮🇹",
            "a\u{a0}b",
            "\u{600}12",
        ] {
            assert_eq!(sanitise(text), text);
        }
    }

    #[test]
    fn blanks_are_not_visible() {
        for text in ["", " ", "\u{a0}\u{3000}\u{2003}", "\u{2800}", "\u{fe0f}", "\u{1d159}"] {
            assert!(!is_visible(text), "{text:?}");
        }
        assert!(is_visible(" a ") && is_visible("⚽"));
    }

    proptest! {
        #[test]
        fn sanitising_is_idempotent_and_keeps_the_length(text in any::<String>()) {
            let shown = sanitise(&text);
            prop_assert!(shown.chars().all(is_printable));
            prop_assert_eq!(sanitise(&shown), &*shown);
            prop_assert_eq!(shown.chars().count(), text.chars().count());
        }
    }
}
