//! The match line as a scenario may have it, whatever the importer has found.

use hashbrown::HashSet;

use super::MatchDraft;
use crate::football::{Match, MatchId, PlayerId, Side, Team, UtcMillis, is_colour};
use crate::import::names::short_names;

impl MatchDraft {
    /// Fills in names that the importer left empty, and removes what no sheet may have: a player or a shirt twice, a coach who
    /// is a player, colours that are none.
    pub(super) fn clean_sheets(&mut self) {
        let fixture = &mut self.fixture;
        fixture.id = MatchId::cleaned(fixture.id.as_str());
        let mut used = HashSet::new();
        let mut unnamed = 0;
        for team in [&mut fixture.home, &mut fixture.away] {
            clean_team(team, &mut used, &mut unnamed);
        }
        for team in [&mut fixture.home, &mut fixture.away] {
            // Only now all players are known.
            if let Some(coach) = &mut team.coach {
                coach.id = coach.id.take().filter(|id| !used.contains(id));
            }
        }
        set_short_names(fixture);
        if unnamed > 0 {
            self.warn(format!("{unnamed} players or teams have no name in the data: their ids stand for it"));
        }
        if self.fixture.kickoff == UtcMillis::UNKNOWN {
            self.warn("the kick-off is unknown: it stands as the beginning of 1970".to_owned());
        }
        let starters = |side: Side| self.fixture.team(side).players.iter().filter(|player| player.starts).count();
        let counts = [starters(Side::Home), starters(Side::Away)];
        if counts == [0, 0] {
            return self.warn("the line-ups are unknown: who starts is not said".to_owned());
        }
        for side in Side::ALL.iter().copied().filter(|side| counts[side.index()] != 11) {
            let (count, name) = (counts[side.index()], &self.fixture.team(side).name);
            self.warn(format!("the line-up of {name} has {count} starters"));
        }
    }
}

fn clean_team(team: &mut Team, used: &mut HashSet<PlayerId>, unnamed: &mut usize) {
    if team.name.trim().is_empty() {
        team.name = format!("Team {}", team.id).into();
        *unnamed += 1;
    }
    team.players.retain(|player| used.insert(player.id.clone()));
    let mut shirts = HashSet::new();
    for player in &mut team.players {
        player.number = player.number.filter(|number| shirts.insert(*number));
        if player.name.trim().is_empty() {
            player.name = format!("Player {}", player.id).into();
            *unnamed += 1;
        }
    }
    team.colours.retain(|colour| is_colour(colour));
    for colour in &mut team.colours {
        *colour = colour.to_ascii_lowercase().into();
    }
}

/// Abbreviations where there are none, and others where both teams have the same.
fn set_short_names(fixture: &mut Match) {
    let (home, away) = (&mut fixture.home, &mut fixture.away);
    let [short_home, short_away] = short_names(&home.name, &away.name);
    let same = home.short == away.short;
    for (team, short) in [(home, short_home), (away, short_away)] {
        if same || team.short.is_empty() {
            team.short = short.into();
        }
    }
}
