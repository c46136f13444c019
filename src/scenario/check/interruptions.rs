//! Suspensions: what is interrupted goes on, or is abandoned, and meanwhile nobody plays.

use std::collections::HashMap;

use super::remark::{Place, Remarks};
use super::{EventRecord, EventType, Item, MatchClock, Op, Story};
use crate::football::EventId;

/// What interrupts play or takes it up again, in the order of the file: on the timeline a later clock has its place after
/// the suspension already.
#[derive(Default)]
struct Turns<'a> {
    /// Each with its line, its type and when it is told; `None`: removed.
    turns: Vec<Option<(u32, &'a EventType, MatchClock)>>,
    /// The place in `turns` of each event that stands.
    places: HashMap<&'a EventId, usize>,
}

impl<'a> Turns<'a> {
    fn add(&mut self, id: &'a EventId, line: u32, kind: &'a EventType, told: MatchClock) {
        self.places.insert(id, self.turns.len());
        self.turns.push(Some((line, kind, told)));
    }

    fn remove(&mut self, id: &EventId) {
        if let Some(place) = self.places.remove(id) {
            self.turns[place] = None;
        }
        while self.turns.pop_if(|turn| turn.is_none()).is_some() {}
    }

    fn last(&self) -> Option<&EventType> {
        self.turns.last().copied().flatten().map(|(_, kind, _)| kind)
    }

    /// The line and the clock of the suspension that lasts.
    fn suspended(&self) -> Option<(u32, MatchClock)> {
        let (line, kind, told) = self.turns.last().copied().flatten()?;
        (*kind == EventType::Suspended).then_some((line, told))
    }
}

/// Suspended play is resumed or abandoned, in that order, and nothing is played between.
pub(super) fn play_goes_on(story: &Story<'_>, out: &mut Remarks) {
    if story.lacks(&[EventType::Suspended, EventType::Resumed, EventType::Abandoned]) {
        return;
    }
    let lasting = story.lasting();
    let lasts = |id: &EventId, kind: &EventType| lasting.get(id.as_str()).is_some_and(|last| last.kind == *kind);
    let mut turns = Turns::default();
    for (entry, _) in &story.entries {
        let (line, place) = (entry.line, Place::Line(entry.line));
        let (id, kind, clock) = match &entry.item {
            Item::Event(EventRecord::First(event)) => (&event.id, &event.kind, event.clock),
            Item::Event(EventRecord::Correction(correction)) => {
                if correction.op == Op::Remove || correction.kind.is_some() {
                    turns.remove(&correction.id);
                }
                let Some(kind) = &correction.kind else { continue };
                (&correction.id, kind, correction.told)
            }
            Item::Marker(_) | Item::Fault(_) => continue,
        };
        let suspended = turns.suspended();
        match (kind, suspended) {
            (EventType::Suspended, Some((since, _))) => {
                out.error(place, "type", format!("play has been suspended since line {since}, and not resumed"));
            }
            (EventType::Suspended, None) => turns.add(id, line, kind, clock),
            (EventType::Resumed, None) => {
                let message = match turns.last() {
                    Some(EventType::Abandoned) => {
                        "an abandoned match is over: one that is played on later is \"suspended\", not \"abandoned\""
                    }
                    _ => "play goes on that was not suspended: \"suspended\" comes first",
                };
                out.error(place, "type", message.into());
            }
            (EventType::Resumed, _) if clock.period().is_some() => {
                turns.add(id, line, kind, clock);
                let message = "a suspension resumed in a period lasts no time: say \"status\":\"suspended\", and as the \
                               clock how long it lasted";
                out.warning(place, "period", message.into());
            }
            (EventType::Awarded, _) if !lasts(id, kind) => {}
            (EventType::Resumed | EventType::Abandoned | EventType::Awarded, _) => turns.add(id, line, kind, clock),
            (_, Some((since, at)))
                if clock.period().is_some() && clock.status == at.status && clock.reading > at.reading =>
            {
                let at = at.reading;
                let message = format!("play has been suspended at {at} since line {since}, and not resumed");
                out.error(place, "clock", message);
            }
            _ => {}
        }
    }
    if let Some((line, _)) = turns.suspended() {
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

    #[test]
    fn corrections_of_interruptions_count() {
        let start = r#"{"type":"suspended","id":"s","period":1,"clock":"20:00"}"#;
        let resumed = r#"{"type":"resumed","status":"suspended","clock":"40:00"}"#;
        let case = |lines: &[&str]| finds(&[&[start], lines].concat().join("\n"), &[]);
        let abandoned = r#"{"type":"abandoned","id":"a","status":"suspended","clock":"20:00"}"#;
        case(&[abandoned, r#"{"op":"remove","id":"a","told":"21:00","told_status":"suspended"}"#, resumed]);
        let early = r#"{"type":"resumed","id":"r","status":"suspended","clock":"30:00"}"#;
        case(&[early, r#"{"op":"remove","id":"r","told":"31:00","told_status":"suspended"}"#, resumed]);
        case(&[r#"{"op":"update","id":"s","told":"5:00","told_status":"suspended","type":"abandoned"}"#]);
        finds(
            r#"{"type":"abandoned","period":1,"clock":"20:00"}
               {"type":"resumed","status":"suspended","clock":"9000:00"}
               {"type":"goal","period":1,"clock":"30:00","side":"home","player":"h9"}"#,
            &[
                "4 \"resumed\": error: an abandoned match is over: one that is played on later is \"suspended\", not \"abandoned\"",
            ],
        );
    }

    #[test]
    fn a_match_is_suspended_once_it_has_begun() {
        finds(
            r#"{"type":"suspended","status":"scheduled","clock":"-5:00"}
               {"type":"resumed","status":"suspended","clock":"10:00"}"#,
            &[
                "3 \"suspended\": error: a match is suspended in a period or a break of it: before kick-off it is \"delayed\" or \"postponed\"",
            ],
        );
    }
}
