//! The team sheets: eleven start, one of them in goal.

use std::collections::HashSet;

use super::remark::{Place, Remarks};
use super::{Side, Story};
use crate::football::Team;

/// Both sheets, with the field of the match line that each stands in.
fn sheets<'a>(story: &Story<'a>) -> impl Iterator<Item = (&'static str, &'a Team)> + use<'a> {
    let fixture = story.fixture;
    Side::ALL.iter().map(move |side| (side.as_str(), fixture.team(*side)))
}

/// Eleven start a side. A sheet without any player is that of a feed that does not know line-ups.
pub(super) fn eleven_start(story: &Story<'_>, out: &mut Remarks) {
    for (field, team) in sheets(story) {
        let starters = team.players.iter().filter(|player| player.starts).count();
        if team.players.is_empty() {
            out.note(Place::Match(story.track), field, format!("{} have no players: none can be named", team.name));
        } else if starters != 11 {
            out.error(Place::Match(story.track), field, format!("{} start with {starters} players, not 11", team.name));
        }
    }
}

/// One of them keeps goal.
pub(super) fn one_keeps_goal(story: &Story<'_>, out: &mut Remarks) {
    for (field, team) in sheets(story) {
        let starters = || team.players.iter().filter(|player| player.starts);
        let place = Place::Match(story.track);
        match starters().filter(|player| player.is_goalkeeper()).count() {
            1 => {}
            0 if starters().all(|player| player.position.is_none()) => {
                if starters().next().is_some() {
                    let message =
                        format!("none of {}'s starters is marked as goalkeeper (\"position\":\"GK\")", team.name);
                    out.warning(place, field, message);
                }
            }
            keepers => out.error(place, field, format!("{} start with {keepers} goalkeepers, not 1", team.name)),
        }
    }
}

/// No shirt number twice, no second captain, none on the bench, and nobody plays against himself.
pub(super) fn shirts_and_armbands(story: &Story<'_>, out: &mut Remarks) {
    let place = Place::Match(story.track);
    for (field, team) in sheets(story) {
        let mut numbers = HashSet::new();
        for number in team.players.iter().filter_map(|player| player.number) {
            if !numbers.insert(number) {
                out.error(place, field, format!("two players of {} wear number {number}", team.name));
            }
        }
        let mut captains = team.players.iter().filter(|player| player.captain);
        if captains.next().is_some_and(|captain| !captain.starts) {
            out.warning(place, field, format!("{}'s captain does not start", team.name));
        }
        if captains.next().is_some() {
            out.warning(place, field, format!("{} have more than one captain", team.name));
        }
    }
    if story.fixture.home.id == story.fixture.away.id {
        out.error(place, "away", format!("{} play against themselves", story.fixture.home.name));
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match};

    #[test]
    fn eleven_start_with_one_in_goal() {
        let swap = |from: &'static str, to: &'static str| move |line: &str| line.replacen(from, to, 1);
        finds_in_match(
            swap(r#""number":11,"starts":true"#, r#""number":11"#),
            &["error: Home start with 10 players, not 11"],
        );
        finds_in_match(
            swap(r#""number":2,"#, r#""number":2,"position":"GK","#),
            &["error: Home start with 2 goalkeepers, not 1"],
        );
        finds_in_match(
            swap(r#","position":"GK""#, ""),
            &["warning: none of Home's starters is marked as goalkeeper (\"position\":\"GK\")"],
        );
    }

    #[test]
    fn a_shirt_is_worn_once() {
        finds_in_match(
            |line| line.replacen(r#""number":3"#, r#""number":4"#, 1),
            &["error: two players of Home wear number 4"],
        );
        finds_in_match(
            |line| line.replace(r#""number":12"#, r#""number":12,"captain":true"#),
            &["warning: Home's captain does not start", "warning: Away's captain does not start"],
        );
        finds("", &[]);
    }
}
