//! References: what an event names is told in the same match.

use std::collections::HashSet;

use super::remark::{Place, Remarks};
use super::{Story, Value};
use crate::error::did_you_mean;

/// How many mistyped ids get a suggestion: looking for one goes through all the ids of the match.
const SUGGESTIONS: usize = 20;

/// `about` and `related` name events of the match, and others than the event itself.
pub(super) fn what_is_named_is_there(story: &Story<'_>, out: &mut Remarks) {
    let ids: HashSet<&str> = story.steps.iter().map(|step| step.event.id.as_str()).collect();
    let mut suggestions = 0;
    for step in story.standing() {
        for (field, value) in step.event.details.iter() {
            if step.was.is_some_and(|was| was.details.get(field).as_deref() == Some(&*value)) {
                continue;
            }
            let named = match &*value {
                Value::Event(id) => std::slice::from_ref(id),
                Value::Events(ids) => ids,
                _ => continue,
            };
            for id in named {
                if *id == step.event.id {
                    out.error(Place::Line(step.line), field.as_str(), format!("{field} names the event itself"));
                } else if !ids.contains(id.as_str()) && !story.flawed.may_have_id(story.track, id.as_str()) {
                    suggestions += 1;
                    let hint = match suggestions <= SUGGESTIONS {
                        true => did_you_mean(id.as_str(), ids.iter().copied()),
                        false => String::new(),
                    };
                    let message = format!("{field} names {:?}, which is no event of this match{hint}", id.as_str());
                    out.error(Place::Line(step.line), field.as_str(), message);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn what_is_named_is_an_event_of_the_match() {
        finds(
            r#"{"type":"foul","id":"late-foul","period":1,"clock":"20:00","side":"home"}
               {"type":"yellow_card","id":"c","period":1,"clock":"20:10","side":"home","player":"h4","about":"late-fuol","related":["late-foul","c"]}
               {"op":"update","id":"c","told":"20:20","text":"once is enough"}"#,
            &[
                "4 \"late-fuol\": error: about names \"late-fuol\", which is no event of this match (did you mean \"late-foul\"?)",
                "4 [\"late-foul\": error: related names the event itself",
            ],
        );
    }
}
