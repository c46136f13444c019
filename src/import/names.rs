//! Names of people and teams, as a scoreboard shows them.

/// The name by which a player is known: the short name where it is one, as `Jorginho`, else the names in full.
pub(super) fn known_name(short: Option<&str>, first: Option<&str>, last: Option<&str>) -> Option<String> {
    let clean = |name: Option<&str>| name.map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned);
    let short = clean(short);
    let initial = |name: &String| name.split(' ').next().is_some_and(|word| word.ends_with('.'));
    let full = [clean(first), clean(last)].into_iter().flatten().collect::<Vec<_>>().join(" ");
    short.clone().filter(|name| !initial(name)).or(Some(full).filter(|name| !name.is_empty())).or(short)
}

/// Abbreviations of two teams that differ, if any do: of their first words, or else of their last.
pub(super) fn short_names(home: &str, away: &str) -> [String; 2] {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).take(3).collect::<String>().to_uppercase();
    let last = |name: &str| letters(name.split_whitespace().next_back().unwrap_or(name));
    let first = [letters(home), letters(away)];
    if first[0] == first[1] { [last(home), last(away)] } else { first }
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
        assert_eq!(short_names("Eastmoor", "Westhaven"), ["EAS", "WES"]);
        assert_eq!(short_names("Borussia Eastmoor", "Borussia Westhaven"), ["EAS", "WES"]);
        assert_eq!(short_names("", ""), ["", ""]);
    }
}
