//! Names of people and teams, as a scoreboard shows them.

use std::sync::Arc;

/// The name by which a player is known: the short name where it is one, as `Jorginho`, else the names in full.
pub(super) fn known_name(short: Option<&str>, first: Option<&str>, last: Option<&str>) -> Option<String> {
    let clean = |name: Option<&str>| name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let short = clean(short);
    let initial = |name: &String| name.split(' ').next().is_some_and(|word| word.ends_with('.'));
    let full = [clean(first), clean(last)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    short.clone().filter(|name| !initial(name)).or(Some(full).filter(|name| !name.is_empty())).or(short)
}

/// Abbreviations of two teams that differ, if any of theirs do: `JUV` and `NAP`, `RMA` and `RSO`, `MAD` and `MAL`.
pub(super) fn short_names(home: &str, away: &str) -> [String; 2] {
    fn letters(text: &str, count: usize) -> String {
        text.chars().filter(|c| c.is_alphanumeric()).take(count).flat_map(char::to_uppercase).collect()
    }
    let first_words = |name: &str| {
        let mut words = name.split_whitespace();
        let first = letters(words.next().unwrap_or_default(), 1);
        words.next().map_or_else(|| letters(name, 3), |second| first + &letters(second, 2))
    };
    let last_word = |name: &str| letters(name.split_whitespace().next_back().unwrap_or_default(), 3);
    let both = |short: &dyn Fn(&str) -> String| [short(home), short(away)];
    let names = [both(&|name| letters(name, 3)), both(&first_words), both(&last_word)];
    names.iter().find(|[home, away]| home != away).unwrap_or(&names[0]).clone()
}

/// Adds the name of an official to those of the role.
pub(super) fn add_official(officials: &mut Vec<(Arc<str>, Vec<Arc<str>>)>, role: &str, name: &str) {
    match officials.iter_mut().find(|(known, _)| **known == *role) {
        Some((_, names)) => names.push(name.into()),
        None => officials.push((role.into(), vec![name.into()])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_player_has_the_name_by_which_he_is_known() {
        let name = |short, first, last| known_name(Some(short), Some(first), Some(last));
        assert_eq!(name("Raffael", "Raffael", "Caetano de Araújo").as_deref(), Some("Raffael"));
        assert_eq!(name("A. Schwolow", "Alexander", "Schwolow").as_deref(), Some("Alexander Schwolow"));
        assert_eq!(name("A. Schwolow", "", " ").as_deref(), Some("A. Schwolow"));
        assert_eq!(name("", "", ""), None);
    }

    #[test]
    fn the_abbreviations_of_two_teams_differ() {
        for (home, away, short) in [
            ("Eastmoor", "Westhaven", ["EAS", "WES"]),
            ("Real Madrid", "Real Sociedad", ["RMA", "RSO"]),
            ("Real Madrid", "Real Mallorca", ["MAD", "MAL"]),
            ("1. FC Köln", "1. FC Union", ["KÖL", "UNI"]),
            ("", "", ["", ""]),
        ] {
            assert_eq!(short_names(home, away), short, "{home} - {away}");
        }
    }
}
