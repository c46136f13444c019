//! Cards: a second caution sends off, and nobody is sent off twice.

use super::remark::{Place, Remarks};
use super::{EventType, Story};
use crate::football::Presence;

/// A second caution is a `second_yellow_card`, and needs a first; whoever has been sent off gets no more.
pub(super) fn two_yellows_make_a_red(story: &Story<'_>, out: &mut Remarks) {
    story.walk(|state, step| {
        let (event, place) = (step.event, Place::Line(step.line));
        let Some((player, tally)) = event.player().and_then(|player| Some((player, state.tally(player.as_str())?)))
        else {
            return;
        };
        let as_before =
            step.was.is_some_and(|was| was.stands() && was.kind == event.kind && was.player() == Some(player));
        let card = matches!(event.kind, EventType::YellowCard | EventType::SecondYellowCard | EventType::RedCard);
        if !card || !event.stands() || as_before {
            return;
        }
        if state.presence(player.as_str()) == Some(Presence::SentOff) {
            out.error(place, "player", format!("{player:?} has been sent off already"));
            return;
        }
        match event.kind {
            EventType::YellowCard if tally.yellow_cards > 0 => {
                let message = format!("{player:?} has been booked: his second caution is a \"second_yellow_card\"");
                out.error(place, "type", message);
            }
            EventType::SecondYellowCard if tally.yellow_cards == 0 => {
                out.error(place, "type", format!("{player:?} has not been booked: a second yellow card needs a first"));
            }
            _ => {}
        }
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn two_yellows_make_a_red() {
        finds(
            r#"{"type":"yellow_card","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"type":"yellow_card","period":1,"clock":"20:00","side":"home","player":"h4"}
               {"type":"second_yellow_card","period":1,"clock":"21:00","side":"home","player":"h5"}
               {"type":"red_card","period":1,"clock":"22:00","side":"home","player":"h5"}"#,
            &[
                "4 \"yellow_card\": error: \"h4\" has been booked: his second caution is a \"second_yellow_card\"",
                "5 \"second_yellow_card\": error: \"h5\" has not been booked: a second yellow card needs a first",
                "6 \"h5\": error: \"h5\" has been sent off already",
            ],
        );
        finds(
            r#"{"type":"yellow_card","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"type":"second_yellow_card","id":"s","period":1,"clock":"20:00","side":"home","player":"h4"}
               {"op":"update","id":"s","told":"20:10","reason":"dissent"}"#,
            &[],
        );
    }

    #[test]
    fn a_withdrawn_caution_does_not_count() {
        finds(
            r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"op":"remove","id":"y","told":"10:30"}
               {"type":"yellow_card","period":1,"clock":"20:00","side":"home","player":"h4"}"#,
            &[],
        );
    }
}
