//! Suspensions: what is interrupted goes on, or is abandoned, and meanwhile nobody plays.

use super::remark::{Place, Remarks};
use super::{EventType, Item, MatchEvent, Op, Story, Telling};

/// Suspended play is resumed or abandoned, in that order, and nothing is played between.
///
/// The order is that of the file: on the timeline a later clock has its place after the suspension already.
pub(super) fn play_goes_on(story: &Story<'_>, out: &mut Remarks) {
    if story.lacks(&[EventType::Suspended, EventType::Resumed, EventType::Abandoned]) {
        return;
    }
    let lasting = story.lasting();
    let lasts = |event: &MatchEvent| lasting.get(event.id.as_str()).is_some_and(|last| last.kind == event.kind);
    let mut suspended: Option<(u32, &MatchEvent)> = None;
    for (entry, _) in &story.entries {
        let place = Place::Line(entry.line);
        let event = match &entry.item {
            Item::Event(Telling::First(event)) => event,
            Item::Event(Telling::Correction(correction)) => {
                suspended = suspended.filter(|(_, of)| correction.op != Op::Remove || of.id != correction.id);
                continue;
            }
            Item::Marker(_) | Item::Fault(_) => continue,
        };
        match (&event.kind, suspended) {
            (EventType::Suspended, Some((line, _))) => {
                out.error(place, "type", format!("play has been suspended since line {line}, and not resumed"));
            }
            (EventType::Suspended, None) => suspended = Some((entry.line, event)),
            (EventType::Resumed, None) => {
                out.error(place, "type", "play goes on that was not suspended: \"suspended\" comes first".into());
            }
            (EventType::Resumed, _) if event.clock.period().is_some() => {
                suspended = None;
                let message = "a suspension resumed in a period lasts no time: say \"status\":\"suspended\", and as the \
                               clock how long it lasted";
                out.warning(place, "period", message.into());
            }
            (EventType::Awarded, _) if !lasts(event) => {}
            (EventType::Resumed | EventType::Abandoned | EventType::Awarded, _) => suspended = None,
            (_, Some((line, since))) => {
                let at = since.clock.reading;
                if event.clock.period().is_some()
                    && event.clock.status == since.clock.status
                    && event.clock.reading > at
                {
                    let message = format!("play has been suspended at {at} since line {line}, and not resumed");
                    out.error(place, "clock", message);
                }
            }
            _ => {}
        }
    }
    if let Some((line, _)) = suspended {
        let message = "play is neither resumed nor abandoned after this".to_owned();
        out.warning(Place::Line(line), "type", message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn what_is_suspended_goes_on() {
        finds(
            r#"{"type":"suspended","period":1,"clock":"20:00"}
               {"type":"foul","period":1,"clock":"20:30","side":"home"}
               {"type":"resumed","status":"suspended","clock":"05:00"}
               {"type":"foul","period":1,"clock":"20:30","side":"home"}"#,
            &[
                "4 \"20:30\": error: play has been suspended at 20:00 since line 3, and not resumed",
                "5 \"05:00\": error: told at 05:00 of suspended, but line 4 before it is told at 20:30 of period 1: lines stand in order of telling",
            ],
        );
        finds(
            r#"{"type":"resumed","period":1,"clock":"20:00"}
               {"type":"suspended","period":1,"clock":"21:00"}"#,
            &[
                "3 \"resumed\": error: play goes on that was not suspended: \"suspended\" comes first",
                "4 \"suspended\": warning: play is neither resumed nor abandoned after this",
            ],
        );
        finds(
            r#"{"type":"suspended","period":1,"clock":"20:00"}
               {"type":"abandoned","status":"suspended","clock":"30:00"}"#,
            &[],
        );
    }
}
