//! The teams of a results file, and which of a scenario each is.

use std::collections::HashMap;
use std::sync::Arc;

use super::letters_of;
use crate::football::{TableRow, Team, TeamId};

/// The shortest name that may be a part of another.
const SHORTEST: usize = 4;

/// A team of a results file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileTeam {
    /// Where the file has ids.
    pub id: Option<String>,
    pub name: String,
}

/// The rows of a table: one for each team of a file.
pub struct TeamRows<'a> {
    rows: Vec<TableRow>,
    places: HashMap<&'a FileTeam, usize>,
}

impl<'a> TeamRows<'a> {
    /// Empty rows of all teams of the file, under the ids and names of the scenario's teams where they are these.
    pub fn new(of_scenario: &[&Team], of_file: impl Iterator<Item = &'a FileTeam>) -> Self {
        let (mut teams, mut places) = (Vec::new(), HashMap::new());
        for team in of_file {
            places.entry(team).or_insert_with(|| {
                teams.push(team);
                teams.len() - 1
            });
        }
        let found = find_teams(of_scenario, &teams);
        let row = |(team, found): (&&FileTeam, &Option<usize>)| match found.map(|found| of_scenario[found]) {
            Some(known) => TableRow::new(known.id.clone(), known.name.clone()),
            None => {
                let id: TeamId = team.id.as_deref().unwrap_or(&team.name).into();
                TableRow::new(id, Arc::from(team.name.as_str()))
            }
        };
        Self { rows: teams.iter().zip(&found).map(row).collect(), places }
    }

    /// The row of a team of the file.
    pub fn of(&mut self, team: &FileTeam) -> &mut TableRow {
        // Every team of the file has one.
        &mut self.rows[self.places[team]]
    }

    pub fn into_rows(self) -> Vec<TableRow> {
        self.rows
    }
}

/// Which of the scenario's teams each team of the file is: by id, by name, or by a part of the name that fits no other. Each is
/// one at most.
fn find_teams(of_scenario: &[&Team], of_file: &[&FileTeam]) -> Vec<Option<usize>> {
    let mut missing: Vec<usize> = (0..of_scenario.len()).collect();
    missing.sort_by_key(|team| &of_scenario[*team].id);
    missing.dedup_by_key(|team| &of_scenario[*team].id);
    missing.sort_unstable();
    let mut found: Vec<Option<usize>> = vec![None; of_file.len()];
    let names: Vec<String> = of_scenario.iter().map(|team| letters_of(&team.name)).collect();
    let file_names: Vec<String> = of_file.iter().map(|team| letters_of(&team.name)).collect();
    let is_id = |team: usize, place: usize| of_file[place].id.as_deref() == Some(of_scenario[team].id.as_str());
    let is_name = |team: usize, place: usize| file_names[place] == names[team];
    let is_part = |team: usize, place: usize| is_same_team(&file_names[place], &names[team]);
    let mut assign = |is_it: &dyn Fn(usize, usize) -> bool| -> bool {
        let only = |team: usize| {
            let mut fits = (0..found.len()).filter(|place| found[*place].is_none() && is_it(team, *place));
            fits.next().filter(|_| fits.next().is_none())
        };
        let fits: Vec<(usize, usize)> = missing.iter().filter_map(|team| Some((*team, only(*team)?))).collect();
        let mut teams_of_place: HashMap<usize, usize> = HashMap::new();
        fits.iter().for_each(|(_, place)| *teams_of_place.entry(*place).or_default() += 1);
        let fits: Vec<_> = fits.into_iter().filter(|(_, place)| teams_of_place[place] == 1).collect();
        fits.iter().for_each(|(team, place)| found[*place] = Some(*team));
        missing.retain(|team| fits.iter().all(|(found, _)| found != team));
        !fits.is_empty()
    };
    assign(&is_id);
    assign(&is_name);
    // What is found may leave one team for a name that fitted two.
    while assign(&is_part) {}
    found
}

/// Whether two names may be of one team: one begins or ends the other, as `Inter` does `Internazionale`, and `Verona`
/// `Hellas Verona`.
fn is_same_team(one: &str, other: &str) -> bool {
    let affix = |short: &str, long: &str| short.len() >= SHORTEST && (long.starts_with(short) || long.ends_with(short));
    affix(one, other) || affix(other, one)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::football::testing::fixture;

    fn rows(of_scenario: &[&str], of_file: &[&str]) -> Vec<String> {
        let teams: Vec<Team> = of_scenario
            .iter()
            .map(|name| Team { id: (*name).into(), name: (*name).into(), ..fixture().home.clone() })
            .collect();
        let file: Vec<FileTeam> = of_file.iter().map(|name| FileTeam { id: None, name: (*name).to_owned() }).collect();
        let rows = TeamRows::new(&teams.iter().collect::<Vec<_>>(), file.iter()).into_rows();
        rows.iter().map(|row| row.name.to_string()).collect()
    }

    #[test]
    fn each_team_of_a_file_is_one_of_the_scenario_at_most() {
        assert_eq!(rows(&["Inter", "Milan"], &["Inter Milan", "AC Milan"]), ["Inter", "Milan"]);
        assert_eq!(rows(&["Milan"], &["Inter Milan", "AC Milan"]), ["Inter Milan", "AC Milan"], "it could be either");
        assert_eq!(
            rows(&["Internazionale", "Hellas Verona"], &["Verona", "Inter", "Roma"]),
            ["Hellas Verona", "Internazionale", "Roma"]
        );
        assert_eq!(rows(&["Milan", "Milano"], &["AC Milan", "Milan"]), ["AC Milan", "Milan"]);
    }
}
