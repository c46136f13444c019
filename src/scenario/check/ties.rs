//! Two-legged ties: both legs are between the same teams, with home and away swapped, a match belongs to one tie, and a tie
//! that has ended has a winner.

use std::collections::HashSet;

use super::report::{LineRef, LintReport};
use super::{Scenario, Status, Timeline};
use crate::football::{Match, Team};
use crate::scenario::FirstLeg;

/// The legs of each tie match, and a tie does not end level.
pub(super) fn check_ties(scenario: &Scenario, timeline: &Timeline, out: &mut LintReport) {
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
        check_has_a_winner(at, first, tie.second, timeline, out);
    }
}

fn check_has_a_winner(at: usize, first: Option<u16>, second: u16, timeline: &Timeline, out: &mut LintReport) {
    let end = timeline.cues().len();
    let is_over = |track: u16| {
        let state = timeline.state_at(usize::from(track), end);
        state.status == Status::FullTime || state.awarded_score().is_some()
    };
    let Some(legs) = timeline.tie_at(usize::from(second), end).map(|tie| tie.legs) else { return };
    if legs.over && legs.winner().is_none() && first.is_none_or(is_over) {
        let [home, away] = legs.aggregate();
        let too = if legs.away_goals { " and by away goals" } else { "" };
        let message =
            format!("the tie ends level, {home}-{away} on aggregate{too}: no extra time or shoot-out decides it");
        out.warning(LineRef::Tie(at), "legs", message);
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
