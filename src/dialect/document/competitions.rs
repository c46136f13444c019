//! Competitions by the ids under which apps ask providers for them.

/// A competition that providers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownCompetition {
    /// The names by which scenarios call it, in lower case.
    names: &'static [&'static str],
    /// The country in API-Football; `World` for competitions of several.
    pub country: &'static str,
    /// The id in API-Football.
    pub api_football: u16,
    /// The word in ESPN's paths.
    pub espn_slug: &'static str,
    /// The id in ESPN's documents.
    pub espn: u32,
}

/// The competitions that public programs ask for most, with the ids met in their sources.
const COMPETITIONS: &[KnownCompetition] = &[
    KnownCompetition {
        names: &["fifa world cup", "world cup"],
        country: "World",
        api_football: 1,
        espn_slug: "fifa.world",
        espn: 606,
    },
    KnownCompetition {
        names: &["uefa champions league", "champions league"],
        country: "World",
        api_football: 2,
        espn_slug: "uefa.champions",
        espn: 775,
    },
    KnownCompetition {
        names: &["uefa europa league", "europa league"],
        country: "World",
        api_football: 3,
        espn_slug: "uefa.europa",
        espn: 776,
    },
    KnownCompetition {
        names: &["premier league", "english premier league", "england, premier league"],
        country: "England",
        api_football: 39,
        espn_slug: "eng.1",
        espn: 700,
    },
    KnownCompetition {
        names: &["la liga", "laliga", "primera division"],
        country: "Spain",
        api_football: 140,
        espn_slug: "esp.1",
        espn: 740,
    },
    KnownCompetition {
        names: &["serie a", "italian serie a"],
        country: "Italy",
        api_football: 135,
        espn_slug: "ita.1",
        espn: 730,
    },
    KnownCompetition {
        names: &["bundesliga", "1. bundesliga", "german bundesliga"],
        country: "Germany",
        api_football: 78,
        espn_slug: "ger.1",
        espn: 720,
    },
    KnownCompetition {
        names: &["ligue 1", "french ligue 1"],
        country: "France",
        api_football: 61,
        espn_slug: "fra.1",
        espn: 710,
    },
    KnownCompetition {
        names: &["major league soccer", "mls"],
        country: "USA",
        api_football: 253,
        espn_slug: "usa.1",
        espn: 770,
    },
];

/// The competition of a name; `None`: providers know it under no id that we know.
pub fn find_competition(name: &str) -> Option<&'static KnownCompetition> {
    let name = name.to_lowercase();
    COMPETITIONS.iter().find(|competition| competition.names.contains(&&*name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_competition_has_ids_and_names_of_its_own() {
        assert_eq!(find_competition("Serie A").map(|of| (of.api_football, of.espn_slug)), Some((135, "ita.1")));
        assert_eq!(find_competition("Lantern Cup"), None);
        for (place, one) in COMPETITIONS.iter().enumerate() {
            for other in &COMPETITIONS[..place] {
                assert!(one.api_football != other.api_football && one.espn != other.espn, "{one:?}");
                assert!(one.espn_slug != other.espn_slug, "{one:?}");
                assert!(one.names.iter().all(|name| !other.names.contains(name)), "{one:?}");
            }
        }
    }
}
