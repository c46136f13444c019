//! References: the events that an event refers to are in the same match, and matches are referred to by their indices.

use std::collections::HashSet;

use super::report::{LineRef, LintReport};
use super::{FieldValue, MatchView, Scenario};
use crate::message::did_you_mean;
use crate::scenario::FirstLeg;

/// The most unknown ids that get a suggestion. The search goes through all ids of the match.
const SUGGESTIONS: usize = 20;

/// Lines and ties are of matches of the scenario. The reader sees to that: in other scenarios nothing else can be checked.
pub(super) fn check_matches_exist(scenario: &Scenario, out: &mut LintReport) {
    let exists = |track: u16| usize::from(track) < scenario.matches.len();
    for (at, tie) in scenario.ties.iter().enumerate() {
        if !exists(tie.second) || matches!(tie.first, FirstLeg::Match(first) if !exists(first)) {
            out.error(LineRef::Tie(at), "", format!("tie {at} has a leg that is not an index in matches"));
        }
    }
    for entry in scenario.entries.iter().filter(|entry| !exists(entry.track)) {
        out.error(LineRef::Line(entry.line), "", format!("track {} is not an index in matches", entry.track));
    }
}

/// `about` and `related` name other events of the same match.
pub(super) fn check_referenced_events_exist(view: &MatchView<'_>, out: &mut LintReport) {
    let ids: HashSet<&str> = view.revisions.iter().map(|revision| revision.event.id.as_str()).collect();
    let mut suggestions = 0;
    for revision in view.without_removals() {
        for (field, value) in revision.event.details.iter() {
            if revision.previous.is_some_and(|previous| previous.details.get(field).as_deref() == Some(&*value)) {
                continue;
            }
            let named = match &*value {
                FieldValue::Event(id) => std::slice::from_ref(id),
                FieldValue::Events(ids) => ids,
                _ => continue,
            };
            for id in named {
                if *id == revision.event.id {
                    out.error(LineRef::Line(revision.line), field.as_str(), format!("{field} names the event itself"));
                } else if !ids.contains(id.as_str()) && !view.gaps.may_be_id_of_unread_event(view.track, id.as_str()) {
                    suggestions += 1;
                    let hint = if suggestions <= SUGGESTIONS {
                        did_you_mean(id.as_str(), ids.iter().copied())
                    } else {
                        String::new()
                    };
                    let message = format!("{field} names {:?}, which is not an event of this match{hint}", id.as_str());
                    out.error(LineRef::Line(revision.line), field.as_str(), message);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;
    use crate::scenario::{FirstLeg, Scenario, Tie};

    #[test]
    fn an_index_of_no_match_is_found_before_anything_is_laid_out() {
        let valid = Scenario::generate(7).expect("a scenario");
        assert_eq!(valid.check().error_count(), 0);
        let tie = |first, second| {
            let ties = vec![Tie { first, second, away_goals: true }];
            Scenario { ties, ..valid.clone() }.check()
        };
        for found in
            [tie(FirstLeg::Match(0), 1), tie(FirstLeg::Match(7), 0), tie(FirstLeg::Result(Default::default()), 8)]
        {
            let error = found.first_error().expect("a bad leg").to_string();
            assert!(error.contains("tie 0 has a leg that is not an index in matches"), "{error}");
        }
        let mut misplaced = valid.clone();
        misplaced.entries[3].track = 9;
        let error = misplaced.check().first_error().expect("a bad track").to_string();
        assert!(error.contains("track 9 is not an index in matches"), "{error}");
    }

    #[test]
    fn references_name_other_events_of_the_match() {
        finds(
            r#"{"type":"foul","id":"late-foul","period":1,"clock":"20:00","side":"home"}
               {"type":"yellow_card","id":"c","period":1,"clock":"20:10","side":"home","player":"h4","about":"late-fuol","related":["late-foul","c"]}
               {"op":"update","id":"c","told":"20:20","text":"once is enough"}"#,
            &[
                "4 \"late-fuol\": error: about names \"late-fuol\", which is not an event of this match (did you mean \"late-foul\"?)",
                "4 [\"late-foul\": error: related names the event itself",
            ],
        );
    }
}
