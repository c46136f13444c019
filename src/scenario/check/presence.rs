//! Who is on the field: only he can act, and changes put on who was not.

use std::collections::HashSet;

use super::remark::{Place, Remarks};
use super::{EventType, Field, Op, Severity, Status, Story};
use crate::football::{MatchEvent, PlayerId, Presence};

/// The players who must be on the field for an event to be possible. Cards may go to the bench, and the hurt may have
/// been taken off by the time that the feed says so.
fn actors(event: &MatchEvent) -> impl Iterator<Item = (Field, &PlayerId)> {
    use EventType::*;
    let on_the_field = matches!(
        event.kind,
        Goal | DisallowedGoal
            | Shot
            | Save
            | PenaltyMissed
            | ShootoutPenalty
            | Foul
            | Corner
            | FreeKick
            | ThrowIn
            | GoalKick
            | KickOff
            | Offside
            | Pass
            | Cross
            | Clearance
            | Interception
            | Duel
            | TakeOn
            | BallOut
            | PlayerOff
    );
    let fields = [Field::Player, Field::Assist, Field::Fouled, Field::Opponent, Field::Passer];
    fields.into_iter().filter(move |_| on_the_field).filter_map(|field| Some((field, event.details.player(field)?)))
}

/// A player who has not come on, has gone off or has been sent off cannot act.
pub(super) fn who_acts_is_on(story: &Story<'_>, out: &mut Remarks) {
    // Once is enough: whoever is wrongly taken to be off would be remarked on at his every touch.
    let mut remarked: HashSet<PlayerId> = HashSet::new();
    story.walk(|state, step| {
        if !step.event.stands() {
            return;
        }
        for (field, player) in actors(step.event) {
            let said_before = step.was.is_some_and(|was| was.stands() && was.details.player(field) == Some(player));
            let message = match state.presence(player.as_str()) {
                Some(Presence::Bench) => "is on the bench and has not come on",
                // What is told late may have happened while he was still on.
                Some(Presence::Off) if !step.is_late() => "has gone off",
                Some(Presence::SentOff) if !step.is_late() => "has been sent off",
                _ => continue,
            };
            if !said_before && remarked.insert(player.clone()) {
                out.error(
                    Place::Line(step.line),
                    field.as_str(),
                    format!("{field} {player:?} {message}: he cannot act"),
                );
            }
        }
    });
}

/// Whoever comes on was on the bench, whoever goes off was on.
pub(super) fn changes_are_possible(story: &Story<'_>, out: &mut Remarks) {
    // A player who has left the field for a while can be replaced meanwhile.
    let mut away: HashSet<PlayerId> = HashSet::new();
    story.walk(|state, step| {
        let (event, place) = (step.event, Place::Line(step.line));
        match (&event.kind, event.player()) {
            (EventType::PlayerOff, Some(player)) if event.stands() => drop(away.insert(player.clone())),
            (EventType::PlayerOff, Some(player)) => drop(away.remove(player)),
            (EventType::PlayerOn, Some(player)) if event.op == Op::Add && !away.remove(player) => {
                let message = format!("player {player:?} comes back who has not left for a while (\"player_off\")");
                out.error(place, "player", message);
            }
            _ => {}
        }
        if event.kind != EventType::Substitution || !event.stands() {
            return;
        }
        let (on, off) = (event.details.player(Field::In), event.details.player(Field::Out));
        for (field, player) in [(Field::In, on), (Field::Out, off)] {
            let Some(player) = player else {
                let message = format!("a substitution needs {:?}", field.as_str());
                out.warning(place, "type", message);
                continue;
            };
            if step.was.is_some_and(|was| was.stands() && was.details.player(field) == Some(player)) {
                continue;
            }
            let message = match (field, state.presence(player.as_str())) {
                (Field::In, Some(Presence::On)) => "is on already",
                (Field::In, Some(Presence::Off)) => "has gone off and cannot come back",
                (_, Some(Presence::SentOff)) => "has been sent off and cannot be part of a change",
                (Field::Out, Some(Presence::Bench)) => "is not on",
                (Field::Out, Some(Presence::Off)) if !away.contains(player) => "has gone off already",
                _ => continue,
            };
            out.error(place, field.as_str(), format!("{field} {player:?} {message}"));
        }
        if on.is_some() && on == off {
            out.error(place, "in", "a player cannot replace himself".into());
        }
    });
}

/// No more changes than the rules allow. Extra time may bring one more, which no rule of a match line states.
pub(super) fn changes_are_within_the_rules(story: &Story<'_>, out: &mut Remarks) {
    let allowed = u32::from(story.fixture.rules.substitutions);
    story.walk(|state, step| {
        let Some(side) = step.event.side else { return };
        if step.event.kind != EventType::Substitution || step.event.op != Op::Add {
            return;
        }
        let made = state.statistics(side).substitutions + 1;
        let extra = step.event.clock.status > Status::SecondHalf;
        let severity = match made.saturating_sub(allowed) {
            0 => return,
            1 if extra => Severity::Warning,
            _ => Severity::Error,
        };
        let team = &story.fixture.team(side).name;
        out.add(
            severity,
            Place::Line(step.line),
            "side",
            format!("change {made} of {team}: the rules allow {allowed}"),
        );
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with};

    #[test]
    fn who_is_off_cannot_act() {
        finds(
            r#"{"type":"shot","period":1,"clock":"10:00","side":"home","player":"h12","outcome":"saved"}
               {"type":"substitution","period":1,"clock":"20:00","side":"home","in":"h12","out":"h9"}
               {"type":"red_card","period":1,"clock":"21:00","side":"away","player":"a4"}
               {"type":"goal","period":1,"clock":"22:00","side":"home","player":"h12","assist":"h9"}
               {"type":"foul","period":1,"clock":"23:00","side":"away","player":"a4","fouled":"h12"}
               {"type":"foul","period":1,"clock":"24:00","side":"away","player":"a4","fouled":"h12"}"#,
            &[
                "3 \"h12\": error: player \"h12\" is on the bench and has not come on: he cannot act",
                "6 \"h9\": error: assist \"h9\" has gone off: he cannot act",
                "7 \"a4\": error: player \"a4\" has been sent off: he cannot act",
            ],
        );
    }

    #[test]
    fn what_is_told_late_may_have_happened_before_he_went_off() {
        finds(
            r#"{"type":"goal","id":"g","period":1,"clock":"19:00","side":"home","player":"h10"}
               {"type":"substitution","period":1,"clock":"20:00","side":"home","in":"h12","out":"h9"}
               {"type":"offside","period":1,"clock":"19:50","told":"20:05","side":"home","player":"h9"}
               {"op":"update","id":"g","told":"20:30","player":"h9"}
               {"type":"yellow_card","period":1,"clock":"21:00","side":"home","player":"h9"}"#,
            &[],
        );
    }

    #[test]
    fn a_rescinded_red_card_lets_him_play_on() {
        finds(
            r#"{"type":"red_card","id":"r","period":1,"clock":"19:00","side":"home","player":"h10"}
               {"op":"remove","id":"r","told":"20:30"}
               {"type":"foul","period":1,"clock":"21:00","side":"home","player":"h10"}"#,
            &[],
        );
    }

    #[test]
    fn a_change_puts_on_who_was_not() {
        finds(
            r#"{"type":"substitution","id":"s","period":1,"clock":"20:00","side":"home","in":"h12","out":"h9"}
               {"op":"update","id":"s","told":"20:05","reason":"injury"}
               {"type":"substitution","period":1,"clock":"21:00","side":"home","in":"h9","out":"h12"}
               {"type":"substitution","period":1,"clock":"22:00","side":"home","in":"h10","out":"h14"}
               {"type":"substitution","period":1,"clock":"23:00","side":"home","in":"h13"}"#,
            &[
                "5 \"h9\": error: in \"h9\" has gone off and cannot come back",
                "6 \"h10\": error: in \"h10\" is on already",
                "6 \"h14\": error: out \"h14\" is not on",
                "7 \"substitution\": warning: a substitution needs \"out\"",
            ],
        );
    }

    #[test]
    fn a_player_who_left_for_a_while_comes_back_or_is_replaced() {
        finds(
            r#"{"type":"player_off","period":1,"clock":"20:00","side":"home","player":"h9"}
               {"type":"player_on","period":1,"clock":"21:00","side":"home","player":"h9"}
               {"type":"shot","period":1,"clock":"21:30","side":"home","player":"h9","outcome":"saved"}
               {"type":"player_off","period":1,"clock":"22:00","side":"home","player":"h9"}
               {"type":"substitution","period":1,"clock":"23:00","side":"home","in":"h12","out":"h9"}
               {"type":"player_on","period":1,"clock":"24:00","side":"home","player":"h8"}"#,
            &["8 \"h8\": error: player \"h8\" comes back who has not left for a while (\"player_off\")"],
        );
    }

    #[test]
    fn the_rules_allow_so_many_changes() {
        let one = |line: &str| line.replacen(r#""home":{"#, r#""rules":{"substitutions":1},"home":{"#, 1);
        let change = |place: &str, on: u8, off: u8| {
            format!(r#"{{"type":"substitution",{place},"side":"home","in":"h{on}","out":"h{off}"}}"#) + "\n"
        };
        let events = change(r#""period":2,"clock":"60:00""#, 12, 9) + &change(r#""period":2,"clock":"61:00""#, 13, 8);
        finds_in_match_with(one, &events, &["4 \"home\": error: change 2 of Home: the rules allow 1"]);
        let extra = change(r#""period":2,"clock":"60:00""#, 12, 9)
            + &change(r#""status":"extra_time_break","clock":"01:00""#, 13, 8);
        finds_in_match_with(one, &extra, &["4 \"home\": warning: change 2 of Home: the rules allow 1"]);
    }
}
