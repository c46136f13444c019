//! Team sheets: eleven starters with one goalkeeper, unique shirt numbers, one captain.

use std::collections::HashMap;

use super::report::{LineRef, LintReport, ValueRef};
use super::{MatchView, Side};
use crate::football::{Player, Team};
use crate::scenario::hints;

/// The teams of both sides.
fn team_sheets<'a>(view: &MatchView<'a>) -> impl Iterator<Item = (Side, &'a Team)> + use<'a> {
    let fixture = view.fixture;
    Side::ALL.iter().map(move |side| (*side, fixture.team(*side)))
}

/// Each side has eleven starters. A sheet without players, or without starters, comes from a feed without line-ups.
pub(super) fn check_eleven_start(view: &MatchView<'_>, out: &mut LintReport) {
    for (side, team) in team_sheets(view) {
        let field = side.as_str();
        let starters = team.players.iter().filter(|player| player.starts).count();
        if team.players.is_empty() {
            out.note(
                LineRef::Match(view.track),
                field,
                format!("{} have no players: events cannot name any", team.name),
            );
        } else if starters == 0 {
            let message = format!("the line-up of {} is unknown: nobody has \"starts\":true", team.name);
            out.warning(LineRef::Match(view.track), field, message);
        } else if starters != 11 {
            let message = format!("{} start with {starters} players, not 11", team.name);
            out.error(LineRef::Match(view.track), field, message);
        }
    }
}

/// One starter of each side is the goalkeeper.
pub(super) fn check_one_keeps_goal(view: &MatchView<'_>, out: &mut LintReport) {
    for (side, team) in team_sheets(view) {
        let starters: Vec<&Player> = team.players.iter().filter(|player| player.starts).collect();
        let keepers: Vec<&Player> = starters.iter().copied().filter(|player| player.is_goalkeeper()).collect();
        let called_otherwise = |player: &&&Player| player.position.as_deref().is_some_and(hints::is_goalkeeper);
        let (place, field) = (LineRef::Match(view.track), side.as_str());
        match (&*keepers, starters.iter().find(called_otherwise)) {
            ([_], _) => {}
            ([], Some(player)) => {
                let message = format!(
                    "mark the goalkeeper of {} by \"position\":\"GK\", not {:?}",
                    team.name,
                    player.position.as_deref().unwrap_or_default()
                );
                out.error(place, ValueRef::Player(side, player.id.clone(), "position"), message);
            }
            ([], None) if starters.is_empty() => {}
            ([], None) if starters.iter().all(|player| player.position.is_none()) => {
                let message = format!("no starter of {} is marked as goalkeeper (\"position\":\"GK\")", team.name);
                out.warning(place, field, message);
            }
            ([], None) => {
                let message = format!("{} start with 0 goalkeepers, not 1 (\"position\":\"GK\")", team.name);
                out.error(place, field, message);
            }
            ([first, second, ..], _) => {
                let message = format!(
                    "{} start with {} goalkeepers, not 1: {:?} and {:?}",
                    team.name,
                    keepers.len(),
                    first.name,
                    second.name
                );
                out.error(place, ValueRef::Player(side, second.id.clone(), "position"), message);
            }
        }
    }
}

/// Shirt numbers are unique in a team, one starter is captain, and a team does not play against itself.
pub(super) fn check_shirt_numbers_and_captain(view: &MatchView<'_>, out: &mut LintReport) {
    let place = LineRef::Match(view.track);
    for (side, team) in team_sheets(view) {
        let field = side.as_str();
        let mut numbers = HashMap::new();
        for player in &team.players {
            let Some(number) = player.number else { continue };
            let first: &Player = numbers.entry(number).or_insert(player);
            if first.id != player.id {
                let message =
                    format!("{:?} and {:?} of {} both wear number {number}", first.name, player.name, team.name);
                out.error(place, ValueRef::Player(side, player.id.clone(), "number"), message);
            }
        }
        let mut captains = team.players.iter().filter(|player| player.captain);
        let no_starters = team.players.iter().all(|player| !player.starts);
        if captains.next().is_some_and(|captain| !captain.starts && !no_starters) {
            out.warning(place, field, format!("{}'s captain does not start", team.name));
        }
        if captains.next().is_some() {
            out.warning(place, field, format!("{} have more than one captain", team.name));
        }
    }
    if view.fixture.home.id == view.fixture.away.id {
        out.error(place, "away", format!("{} play against themselves", view.fixture.home.name));
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::{Finding, Severity};
    use super::super::super::testing::{file, pointed};
    use super::super::Scenario;
    use super::super::testing::{finds, finds_in_match};
    use crate::scenario::hints::is_goalkeeper;

    fn swap(from: &'static str, to: &'static str) -> impl Fn(&str) -> String {
        move |line: &str| line.replacen(from, to, 1)
    }

    #[test]
    fn eleven_start_with_one_in_goal() {
        finds_in_match(
            swap(r#""number":11,"starts":true"#, r#""number":11"#),
            &["error: Home start with 10 players, not 11"],
        );
        finds_in_match(
            swap(r#""number":2,"#, r#""number":2,"position":"GK","#),
            &["error: Home start with 2 goalkeepers, not 1: \"H 1\" and \"H 2\""],
        );
        finds_in_match(
            swap(r#","position":"GK""#, ""),
            &["warning: no starter of Home is marked as goalkeeper (\"position\":\"GK\")"],
        );
        finds_in_match(
            swap(r#""position":"GK""#, r#""position":"libero""#),
            &["error: Home start with 0 goalkeepers, not 1 (\"position\":\"GK\")"],
        );
    }

    #[test]
    fn another_word_for_a_goalkeeper_is_recognised() {
        for word in
            ["Goalkeeper", "goal-keeper", "G", "gk", "G.K.", "TW", "Torhüter", "POR", "Keeper", "GKP", "Målvakt"]
        {
            let text = file("").replacen(r#""position":"GK""#, &format!(r#""position":"{word}""#), 1);
            let findings = Scenario::check_text(text.as_bytes()).findings;
            let message =
                format!("2 \"{word}\": error: mark the goalkeeper of Home by \"position\":\"GK\", not \"{word}\"");
            assert!(findings.listed().iter().any(|one| pointed(&text, one) == message), "{word}: {findings:#?}");
        }
        for word in ["GK1", "Defender", "D", "", "Goal poacher", "M"] {
            assert!(!is_goalkeeper(word), "{word}");
        }
    }

    #[test]
    fn a_shirt_is_worn_once() {
        let text = file("").replacen(r#""number":3"#, r#""number":2"#, 1).replacen(r#""number":4"#, r#""number":2"#, 1);
        let findings = Scenario::check_text(text.as_bytes()).findings;
        let errors: Vec<&Finding> = findings.listed().iter().filter(|one| one.severity == Severity::Error).collect();
        let found: Vec<String> = errors.iter().map(|one| pointed(&text, one)).collect();
        assert_eq!(
            found,
            [
                "2 2: error: \"H 2\" and \"H 3\" of Home both wear number 2",
                "2 2: error: \"H 2\" and \"H 4\" of Home both wear number 2",
            ]
        );
        let column =
            text.lines().nth(1).and_then(|line| line.find(r#""id":"h3","name":"H 3","number":2"#)).expect("there");
        let number = column + r#""id":"h3","name":"H 3","number":"#.len() + 1;
        assert_eq!(errors[0].column as usize, number, "at the second one's number");
        finds_in_match(
            |line| line.replace(r#""number":12"#, r#""number":12,"captain":true"#),
            &["warning: Home's captain does not start", "warning: Away's captain does not start"],
        );
        finds("", &[]);
    }
}
