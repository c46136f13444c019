//! Numbers in place of the ids of a scenario, for providers that have only numbers.
//!
//! A number is a hash of the id, so that it is the same in every run, on every machine and in every scenario with the team. Some
//! clients read the ids of teams, leagues and venues as 16-bit numbers, so these are below 65,536; of two that would have the same
//! number in one scenario, the second takes the next free one.

use std::collections::{HashMap, HashSet};

use super::competitions::find_competition;
use crate::fnv;
use crate::football::{Match, Side};
use crate::scenario::Timeline;

/// The numbers of a scenario.
#[derive(Debug)]
pub struct NumericIds {
    matches: Vec<MatchIds>,
    teams: HashMap<String, u16>,
}

/// The numbers of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchIds {
    /// Of the match itself, below 2³¹.
    pub fixture: u32,
    /// Of its competition, for providers that count up to 65,535.
    pub league: u16,
    /// Of its venue; `None`: the scenario has none.
    pub venue: Option<u16>,
    /// Of its teams, in the order of [`Side::ALL`].
    pub teams: [u16; 2],
}

/// The numbers up to a limit that are taken.
struct Numbers<N> {
    limit: u64,
    by_text: HashMap<String, N>,
    taken: HashSet<N>,
}

impl<N: Copy + Eq + std::hash::Hash + TryFrom<u64> + Default> Numbers<N> {
    fn up_to(limit: u64) -> Self {
        Self { limit, by_text: HashMap::new(), taken: HashSet::new() }
    }

    /// The number of a text. One that is itself a number within the limit stands for itself.
    fn of(&mut self, text: &str) -> N {
        if let Some(known) = self.by_text.get(text) {
            return *known;
        }
        let own = text.parse().ok().filter(|number| (1..=self.limit).contains(number));
        let first = own.unwrap_or_else(|| hash_text(text) % self.limit + 1);
        let candidates = (first..=self.limit).chain(1..first);
        let free = candidates.filter_map(|number| N::try_from(number).ok()).find(|number| !self.taken.contains(number));
        self.take(text, free.unwrap_or_default())
    }

    fn take(&mut self, text: &str, number: N) -> N {
        self.taken.insert(number);
        self.by_text.insert(text.to_owned(), number);
        number
    }
}

impl NumericIds {
    /// The numbers of a timeline's scenario.
    pub fn new(timeline: &Timeline) -> Self {
        let (mut fixtures, mut leagues) = (Numbers::<u32>::up_to(i32::MAX as u64), Numbers::<u16>::up_to(65_535));
        let (mut venues, mut teams) = (Numbers::<u16>::up_to(65_535), Numbers::<u16>::up_to(65_535));
        let known = |name: &str| find_competition(name).map(|competition| competition.api_football);
        let competitions = timeline.tracks().iter().filter_map(|track| track.fixture.competition.as_deref());
        // What is known has its number, whatever else would fall on it.
        for name in competitions {
            if let Some(number) = known(name) {
                leagues.take(name, number);
            }
        }
        let mut of_match = |fixture: &Match| MatchIds {
            fixture: fixtures.of(fixture.id.as_str()),
            league: leagues.of(fixture.competition.as_deref().unwrap_or_default()),
            venue: fixture.venue.as_deref().map(|venue| venues.of(venue)),
            teams: [Side::Home, Side::Away].map(|side| teams.of(fixture.team(side).id.as_str())),
        };
        let matches = timeline.tracks().iter().map(|track| of_match(&track.fixture)).collect();
        // Teams that only a league table names.
        for row in timeline.tables().iter().flat_map(|table| &table.rows) {
            teams.of(row.team.as_str());
        }
        Self { matches, teams: teams.by_text }
    }

    /// The numbers of a match, by its index in [`Timeline::tracks`].
    pub fn of_match(&self, track: usize) -> &MatchIds {
        &self.matches[track]
    }

    /// The number of a team of a match or of a table; 0: there is no such team.
    pub fn team(&self, id: &str) -> u16 {
        self.teams.get(id).copied().unwrap_or_default()
    }

    /// The number of a player of a team, or of an event of a match, below 2³¹.
    pub fn within(whole: &str, id: &str) -> u32 {
        let own = id.parse().ok().filter(|number| (1..=i32::MAX as u32).contains(number));
        own.unwrap_or_else(|| (hash_text(&format!("{whole}/{id}")) % (i32::MAX as u64)) as u32 + 1)
    }
}

/// A hash that is the same on every machine.
pub fn hash_text(text: &str) -> u64 {
    fnv::extend(fnv::EMPTY, text.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    #[test]
    fn numbers_are_stable_and_tell_everything_apart() {
        let ids = |name: &str| {
            let shipped = SHIPPED.iter().find(|shipped| shipped.name.contains(name)).expect("shipped");
            NumericIds::new(&Timeline::new(&shipped.load().expect("shipped")))
        };
        let (flagship, round) = (ids("juventus-napoli"), ids("serie-a"));
        assert_eq!(flagship.of_match(0).league, 135);
        assert_eq!(flagship.team("napoli"), round.team("napoli"));
        let teams: HashSet<u16> = round.teams.values().copied().collect();
        assert_eq!((teams.len(), teams.contains(&0)), (20, false));
        assert_eq!(NumericIds::within("napoli", "koulibaly"), NumericIds::within("napoli", "koulibaly"));
        assert_ne!(NumericIds::within("napoli", "koulibaly"), NumericIds::within("juventus", "koulibaly"));
    }

    #[test]
    fn of_two_texts_with_one_number_the_second_takes_the_next() {
        let mut numbers = Numbers::<u16>::up_to(3);
        let three = ["a", "b", "3"].map(|text| numbers.of(text));
        assert_eq!(HashSet::from(three), HashSet::from([1, 2, 3]));
        assert_eq!(["a", "b", "3"].map(|text| numbers.of(text)), three);
    }
}
