//! References: the events that an event refers to are in the same match.

use std::collections::HashSet;

use super::report::{LineRef, LintReport};
use super::{FieldValue, MatchView};
use crate::message::did_you_mean;

/// The most unknown ids that get a suggestion. The search goes through all ids of the match.
const SUGGESTIONS: usize = 20;

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
