//! Two-legged ties: both legs are between the same teams, with home and away swapped, and a match belongs to one tie.

use std::collections::HashSet;

use super::Scenario;
use super::report::{LineRef, LintReport};
use crate::football::{Match, Team};
use crate::scenario::FirstLeg;

/// The legs of each tie match.
pub(super) fn check_legs_match(scenario: &Scenario, out: &mut LintReport) {
    let mut taken: HashSet<u16> = HashSet::new();
    let of = |track: u16| scenario.matches.get(usize::from(track));
    for (at, tie) in scenario.ties.iter().enumerate() {
        let first = match tie.first {
            FirstLeg::Match(first) => Some(first),
            FirstLeg::Result(_) => None,
        };
        let legs = first.into_iter().chain([tie.second]);
        let again: Vec<_> = legs.filter(|track| !taken.insert(*track)).filter_map(of).collect();
        if let [fixture, more @ ..] = &*again {
            let legs = match more {
                [] => format!("match {:?} belongs", fixture.id.as_str()),
                _ => "both legs belong".to_owned(),
            };
            out.error(LineRef::Tie(at), "legs", format!("{legs} to an earlier tie: remove one of the ties"));
            continue;
        }
        if let (Some(first), Some(second)) = (first.and_then(of), of(tie.second)) {
            check_teams_are_swapped(at, first, second, out);
        }
    }
}

fn check_teams_are_swapped(at: usize, first: &Match, second: &Match, out: &mut LintReport) {
    let ids = |[one, other]: [&Team; 2]| (one.id.clone(), other.id.clone());
    let (home, away) = ids([&first.home, &first.away]);
    let (id, other) = (first.id.as_str(), second.id.as_str());
    if ids([&second.home, &second.away]) == (home.clone(), away.clone()) && home != away {
        let message = format!("both legs are at home of {}: swap home and away in {other:?}", first.home.name);
        out.error(LineRef::Tie(at), "legs", message);
    } else if ids([&second.away, &second.home]) != (home, away) {
        let pair = |fixture: &Match| format!("{} and {}", fixture.home.name, fixture.away.name);
        let message = format!(
            "the legs are not of the same teams: {id:?} is between {}, {other:?} between {}",
            pair(first),
            pair(second)
        );
        out.error(LineRef::Tie(at), "legs", message);
    } else if first.kickoff.0 >= second.kickoff.0 {
        let message = format!("the second leg, {other:?}, does not kick off after the first, {id:?}");
        out.warning(LineRef::Tie(at), "legs", message);
    }
}
