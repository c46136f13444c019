//! Positions and formations, in the words of the format.

/// The positions that the format knows, by their group.
const POSITIONS: &[(&str, &[&str])] = &[
    ("GK", &["GK"]),
    ("DF", &["LB", "LCB", "CB", "RCB", "RB"]),
    ("MF", &["LDM", "CDM", "RDM", "LM", "LCM", "CM", "RCM", "RM", "LAM", "CAM", "RAM"]),
    ("FW", &["LW", "LCF", "CF", "RCF", "RW"]),
];
/// Words of other formats for the groups.
const GROUP_WORDS: &[(&str, &str)] = &[("MD", "MF")];

/// The group of a position, and the position if the format knows it.
pub(super) fn position(word: Option<&str>) -> (Option<&'static str>, Option<&str>) {
    let Some(word) = word else { return (None, None) };
    let word = GROUP_WORDS.iter().find(|(other, _)| *other == word).map_or(word, |(_, group)| group);
    match POSITIONS.iter().find(|(group, positions)| *group == word || positions.contains(&word)) {
        Some((group, positions)) => (Some(group), Some(word).filter(|word| positions.contains(word))),
        None => (None, None),
    }
}

/// Whether the validator accepts a formation: three to five lines of one to five players, seven to ten together.
pub(super) fn is_formation(text: &str) -> bool {
    let lines: Vec<Option<u8>> = text
        .split('-')
        .map(|line| line.parse().ok().filter(|count| line.len() == 1 && (1..=5).contains(count)))
        .collect();
    let together: Option<u8> = lines.iter().copied().sum();
    (3..=5).contains(&lines.len()) && together.is_some_and(|players| (7..=10).contains(&players))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_the_format() {
        assert_eq!(position(Some("GK")), (Some("GK"), Some("GK")));
        assert_eq!(position(Some("LCB")), (Some("DF"), Some("LCB")));
        assert_eq!(position(Some("MD")), (Some("MF"), None));
        assert_eq!(position(Some("FW")), (Some("FW"), None));
        assert_eq!(position(Some("libero")), (None, None));
        assert_eq!(position(None), (None, None));
    }

    #[test]
    fn formations_are_those_that_the_validator_accepts() {
        for text in ["4-3-3", "4-2-3-1", "3-5-2", "4-1-2-1-2"] {
            assert!(is_formation(text), "{text}");
        }
        for text in ["", "4-4", "4-4-4", "6-2-2", "4-3-3-0", "diamond", "4 3 3", "+4-3-3", "1-1-1-1-1-1-1"] {
            assert!(!is_formation(text), "{text}");
        }
    }
}
