//! What is decided off the field: a match is postponed, kicks off at another time, or has its result awarded.

use super::remark::{Place, Remarks};
use super::{EventType, Field, MatchEvent, Status, Story};

/// `delayed` has a `kickoff` and `awarded` a `score`; `postponed` and `delayed` are told before kick-off.
pub(super) fn decisions_are_complete(story: &Story<'_>, out: &mut Remarks) {
    for step in story.standing().filter(|step| step.was.is_none_or(|was| !was.stands() || was.kind != step.event.kind))
    {
        let (kind, place) = (&step.event.kind, Place::Line(step.line));
        let needed = match kind {
            EventType::Delayed => Some((Field::Kickoff, r#""kickoff", the moment at which the match now begins"#)),
            EventType::Awarded => Some((Field::Score, r#""score", such as {"home":3,"away":0}"#)),
            _ => None,
        };
        if let Some((_, needs)) = needed.filter(|(field, _)| step.event.details.get(*field).is_none()) {
            out.error(place, "type", format!("{kind} needs {needs}"));
        }
        let before = matches!(kind, EventType::Postponed | EventType::Delayed);
        if before && step.event.clock.status != Status::Scheduled {
            let message = format!(
                "{kind} is told before kick-off, with \"status\":\"scheduled\": a match that has begun is \"suspended\" or \
                 \"abandoned\""
            );
            out.error(place, "type", message);
        }
    }
}

/// What is postponed is not played.
pub(super) fn postponed_is_not_played(story: &Story<'_>, out: &mut Remarks) {
    let lasting = story.lasting();
    let first = |of: &dyn Fn(&MatchEvent) -> bool| {
        story.standing().find(|step| lasting.get(step.event.id.as_str()).is_some_and(|last| of(last)))
    };
    let in_play = |event: &MatchEvent| event.clock.period().is_some();
    let Some(postponed) = first(&|event| event.kind == EventType::Postponed && !in_play(event)) else { return };
    if let Some(played) = first(&in_play) {
        let message = format!("the match is played, and is postponed on line {}", postponed.line);
        out.error(Place::Line(played.line), "type", message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    const OFF: &str = r#"{"type":"postponed","id":"off","status":"scheduled","clock":"-90:00"}"#;

    #[test]
    fn a_postponed_match_is_not_played() {
        let goal = r#"{"type":"goal","period":1,"clock":"10:00","side":"home","player":"h9"}"#;
        finds(&format!("{OFF}\n{goal}"), &["4 \"goal\": error: the match is played, and is postponed on line 3"]);
        let back = r#"{"op":"remove","id":"off","told":"-60:00","told_status":"scheduled"}"#;
        finds(&format!("{OFF}\n{back}\n{goal}"), &[]);
        finds(OFF, &[]);
    }

    #[test]
    fn decisions_say_what_they_are_about_and_come_in_time() {
        finds(
            r#"{"type":"delayed","status":"scheduled","clock":"-5:00"}
               {"type":"period_start","period":1,"clock":"0:00"}
               {"type":"postponed","period":1,"clock":"3:00"}
               {"type":"awarded","period":1,"clock":"4:00"}"#,
            &[
                "3 \"delayed\": error: delayed needs \"kickoff\", the moment at which the match now begins",
                "5 \"postponed\": error: postponed is told before kick-off, with \"status\":\"scheduled\": a match that has begun is \"suspended\" or \"abandoned\"",
                "6 \"awarded\": error: awarded needs \"score\", such as {\"home\":3,\"away\":0}",
            ],
        );
    }

    #[test]
    fn clocks_before_the_match_end_with_the_real_kick_off() {
        let late = |clock: &str| {
            format!(
                r#"{{"type":"delayed","status":"scheduled","clock":"-5:00","kickoff":"2018-04-22T18:55:00Z"}}
                   {{"type":"commentary","status":"scheduled","clock":"{clock}","text":"They wait."}}
                   {{"type":"period_start","period":1,"clock":"0:00"}}"#
            )
        };
        finds(&late("9:59"), &[]);
        let found = &["4 \"11:00\": error: clock 11:00 is after kick-off, which is at 10:00"];
        finds(&late("11:00"), found);
        finds(
            r#"{"type":"commentary","status":"scheduled","clock":"1:00","text":"They wait."}"#,
            &["3 \"1:00\": error: clock 01:00 is after kick-off: before the match the clock is negative"],
        );
    }
}
