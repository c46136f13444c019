//! Who is on the field: only those players act, and a substitution brings on one who was not.

use std::collections::{HashMap, HashSet};

use super::remark::{Place, Remarks};
use super::{EventType, Field, MatchState, Op, Severity, Step, Story};
use crate::football::{MatchEvent, PlayerId, Presence};

/// How many players of a side are on the field at most.
const ELEVEN: usize = 11;

/// Whether it is done by a player in play. Cards may go to the bench, and the hurt may have been taken off by the time that
/// the feed says so.
pub(super) fn is_play(kind: &EventType) -> bool {
    use EventType::*;
    matches!(
        kind,
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
            | Carry
            | BallReceipt
            | Pressure
            | Touch
            | Dribble
    )
}

/// The players who must be on the field for an event to be possible.
fn actors(event: &MatchEvent) -> impl Iterator<Item = (Field, &PlayerId)> {
    let on_the_field = is_play(&event.kind) || matches!(event.kind, EventType::PlayerOff | EventType::PositionChange);
    let fields = [Field::Player, Field::Assist, Field::Fouled, Field::Opponent, Field::Passer, Field::Recipient];
    fields.into_iter().filter(move |_| on_the_field).filter_map(|field| Some((field, event.details.player(field)?)))
}

/// A player who has not come on, has gone off or has been sent off does not act. A substitution names two players: one
/// who was on the field and one who was not.
pub(super) fn players_are_on_the_field(story: &Story<'_>, out: &mut Remarks) {
    let mut presences =
        Presences { story, lasting: story.lasting(), doubted: HashSet::new(), incomplete: HashSet::new() };
    story.walk(|state, step| {
        presences.acting(state, step, out);
        presences.eleven(state, step, out);
        presences.coming_back(state, step, out);
        if step.event.kind == EventType::Substitution && step.event.stands() {
            presences.substitution(state, step, out);
        }
    });
}

/// What is known while a match is gone through.
struct Presences<'a> {
    story: &'a Story<'a>,
    lasting: HashMap<&'a str, &'a MatchEvent>,
    /// Players of whom it has been said that they are not where the state has them: once is enough.
    doubted: HashSet<PlayerId>,
    /// Incomplete substitutions that have had a remark, and sides without a sheet that have.
    incomplete: HashSet<&'a str>,
}

impl<'a> Presences<'a> {
    /// A correction can leave more players on the field than may be there: of a change that another was built on.
    fn eleven(&mut self, state: &MatchState, step: &Step<'_>, out: &mut Remarks) {
        let (Some(was), Some(side)) = (step.was, step.event.side) else { return };
        // The state does not have the revision before.
        let mut after = state.clone();
        after.apply(step.event, None);
        let mut with_it = state.clone();
        with_it.apply(was, None);
        let on = |state: &MatchState| state.players(side).filter(|(_, presence, _)| *presence == Presence::On).count();
        let on = (on(&with_it), on(&after));
        if on.1 > on.0.max(ELEVEN) {
            let message =
                format!("{} of {} are on the field after this correction", on.1, self.story.fixture.team(side).name);
            out.warning(Place::Line(step.line), "id", message);
        }
    }

    fn acting(&mut self, state: &MatchState, step: &Step<'_>, out: &mut Remarks) {
        if !step.event.stands() {
            return;
        }
        for (field, player) in actors(step.event) {
            let said_before = step.was.is_some_and(|was| was.stands() && was.details.player(field) == Some(player));
            let message = match state.presence(player.as_str()) {
                Some(Presence::Bench) => "is on the bench and has not come on",
                // What is told late may have happened while the player was still on.
                Some(Presence::Off) if !step.is_late() => "has gone off",
                Some(Presence::SentOff) if !step.is_late() => "has been sent off",
                _ => continue,
            };
            if !said_before && self.doubted.insert(player.clone()) {
                let message = format!("{field} {player:?} {message}, and cannot act");
                out.error(Place::Line(step.line), field.as_str(), message);
            }
        }
    }

    fn coming_back(&mut self, state: &MatchState, step: &Step<'_>, out: &mut Remarks) {
        let event = step.event;
        if event.kind == EventType::PlayerOn
            && event.op == Op::Add
            && let Some(player) = event.player()
            && !self.is_away(state, player)
        {
            let message = format!("player {player:?} comes back who has not left for a while (\"player_off\")");
            out.error(Place::Line(step.line), "player", message);
        }
    }

    /// Whether a player has left the field for a while: such a player can be replaced meanwhile.
    fn is_away(&self, state: &MatchState, id: &PlayerId) -> bool {
        let player = self.story.fixture.player(id.as_str()).map(|(.., player)| player);
        player.zip(state.tally(id.as_str())).is_some_and(|(player, tally)| tally.is_away(player))
    }

    fn substitution(&mut self, state: &MatchState, step: &Step<'a>, out: &mut Remarks) {
        let (event, place) = (step.event, Place::Line(step.line));
        let before = |field| step.was.filter(|was| was.stands()).and_then(|was| was.details.player(field));
        let (Some(on), Some(off)) = (event.details.player(Field::In), event.details.player(Field::Out)) else {
            return self.incomplete(state, step, out);
        };
        if before(Field::In) == Some(on) && before(Field::Out) == Some(off) {
            return;
        }
        if on == off {
            out.error(place, "in", format!("{on:?} is both \"in\" and \"out\""));
            return;
        }
        let presence = |player: &PlayerId| state.presence(player.as_str());
        let playing = presence(on) == Some(Presence::On) || self.is_away(state, on);
        if playing && presence(off) == Some(Presence::Bench) {
            let message =
                format!("\"in\" and \"out\" look swapped: {on:?} is on the field already, and {off:?} on the bench");
            out.error(place, "in", message);
            self.doubted.extend([on.clone(), off.clone()]);
            return;
        }
        let both = (presence(on), presence(off)) == (Some(Presence::On), Some(Presence::Off));
        if both && !self.is_away(state, off) && step.was.is_none() {
            out.error(place, "in", format!("{on:?} is on already and {off:?} has gone off: this change is told twice"));
            return;
        }
        for (field, player) in [(Field::In, on), (Field::Out, off)] {
            let mut severity = Severity::Error;
            let message = match (field, presence(player)) {
                _ if before(field) == Some(player) || self.doubted.contains(player) => continue,
                (Field::In, Some(Presence::On)) => "is on already",
                (Field::In, Some(Presence::Off)) if self.story.fixture.rules.return_substitutions => continue,
                (Field::In, Some(Presence::Off)) => {
                    severity = Severity::Warning;
                    "has gone off and cannot come back; where the rules allow it they have \"return_substitutions\":true"
                }
                (_, Some(Presence::SentOff)) => "has been sent off and cannot be part of a change",
                (Field::Out, Some(Presence::Bench)) => "is not on",
                (Field::Out, Some(Presence::Off)) if !self.is_away(state, player) => "has gone off already",
                _ => continue,
            };
            out.add(severity, place, field.as_str(), format!("{field} {player:?} {message}"));
        }
    }

    /// A substitution that lacks a player, also after all corrections.
    fn incomplete(&mut self, state: &MatchState, step: &Step<'a>, out: &mut Remarks) {
        let event = step.event;
        let lacks = |field: Field| {
            let last = self.lasting.get(event.id.as_str());
            let lacking = |event: &MatchEvent| event.details.player(field).is_none();
            lacking(event) && last.is_some_and(|last| last.kind == event.kind && lacking(last))
        };
        let (on, off) = (event.details.player(Field::In), event.details.player(Field::Out));
        let (no_in, no_out) = (lacks(Field::In), lacks(Field::Out));
        let team = event.side.map(|side| (side, self.story.fixture.team(side)));
        let key = match team {
            Some((side, team)) if team.players.is_empty() => side.as_str(),
            _ => event.id.as_str(),
        };
        if !(no_in || no_out) || !self.incomplete.insert(key) {
            return;
        }
        if let Some((_, team)) = team.filter(|(_, team)| team.players.is_empty()) {
            let message = format!("the substitutions of {} name nobody: its \"players\" are not given", team.name);
            return out.warning(Place::Line(step.line), "type", message);
        }
        // The player of whom it is known, where the file can say it.
        self.doubted.extend(on.or(off).cloned());
        let presence = |player: &PlayerId| state.presence(player.as_str());
        let (field, message) = match (on, off) {
            (Some(on), _) if presence(on) == Some(Presence::On) => {
                let message =
                    format!("a substitution needs \"in\" and \"out\": {on:?} is on the field, and can be \"out\"");
                ("in", message)
            }
            (Some(on), _) => {
                let message =
                    format!("a substitution needs \"out\": until it says who goes off, {on:?} does not come on");
                ("in", message)
            }
            (None, Some(off)) if presence(off) == Some(Presence::Bench) => {
                let message =
                    format!("a substitution needs \"in\" and \"out\": {off:?} is on the bench, and can be \"in\"");
                ("out", message)
            }
            (None, Some(off)) if event.player().and_then(presence) == Some(Presence::Bench) => {
                let message =
                    format!("a substitution needs \"in\": who comes on for {off:?} is \"in\", not \"player\"");
                ("player", message)
            }
            (None, Some(off)) => {
                let message = format!(
                    "a substitution needs \"in\": {off:?} goes off and nobody comes on (a player who is not replaced is \
                     a \"player_off\")"
                );
                ("out", message)
            }
            (None, None) => {
                let message = "a substitution needs \"in\" and \"out\": the line-up stays as it was".to_owned();
                return out.warning(Place::Line(step.line), "type", message);
            }
        };
        // A correction that withdraws a player is to blame at that field.
        let withdrawn =
            |field: &Field| step.was.is_some_and(|was| was.stands() && was.details.player(*field).is_some());
        let lacking = [(Field::In, no_in), (Field::Out, no_out)].into_iter().filter(|(_, lacks)| *lacks);
        let field = lacking.map(|(field, _)| field).find(withdrawn).map_or(field, Field::as_str);
        out.error(Place::Line(step.line), field, message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with, without_a_sheet};

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
                "3 \"h12\": error: player \"h12\" is on the bench and has not come on, and cannot act",
                "6 \"h9\": error: assist \"h9\" has gone off, and cannot act",
                "7 \"a4\": error: player \"a4\" has been sent off, and cannot act",
            ],
        );
    }

    #[test]
    fn the_small_things_of_play_are_done_on_the_field() {
        finds(
            r#"{"type":"carry","period":1,"clock":"10:00","side":"home","player":"h12"}
               {"type":"ball_receipt","period":1,"clock":"10:01","side":"home","player":"h13"}
               {"type":"pressure","period":1,"clock":"10:02","side":"home","player":"h14","opponent":"a12"}
               {"type":"touch","period":1,"clock":"10:03","side":"home","player":"h15"}
               {"type":"dribble","period":1,"clock":"10:04","side":"home","player":"h16"}
               {"type":"cross","period":1,"clock":"10:05","side":"away","player":"a9","recipient":"a13"}"#,
            &[
                "3 \"h12\": error: player \"h12\" is on the bench and has not come on, and cannot act",
                "4 \"h13\": error: player \"h13\" is on the bench and has not come on, and cannot act",
                "5 \"h14\": error: player \"h14\" is on the bench and has not come on, and cannot act",
                "5 \"a12\": error: opponent \"a12\" is on the bench and has not come on, and cannot act",
                "6 \"h15\": error: player \"h15\" is on the bench and has not come on, and cannot act",
                "7 \"h16\": error: player \"h16\" is on the bench and has not come on, and cannot act",
                "8 \"a13\": error: recipient \"a13\" is on the bench and has not come on, and cannot act",
            ],
        );
    }

    #[test]
    fn what_is_told_late_may_have_happened_before_the_change() {
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
    fn a_rescinded_red_card_lets_the_player_play_on() {
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
                "5 \"h9\": warning: in \"h9\" has gone off and cannot come back; where the rules allow it they have \"return_substitutions\":true",
                "6 \"h10\": error: \"in\" and \"out\" look swapped: \"h10\" is on the field already, and \"h14\" on the bench",
                "7 \"h13\": error: a substitution needs \"out\": until it says who goes off, \"h13\" does not come on",
            ],
        );
    }

    #[test]
    fn a_substitution_that_lacks_a_player_is_said_once() {
        finds(
            r#"{"type":"substitution","period":1,"clock":"20:00","side":"home","in":"h12"}
               {"type":"shot","period":1,"clock":"21:00","side":"home","player":"h12","outcome":"saved"}
               {"type":"substitution","period":1,"clock":"22:00","side":"home","out":"h12","in":"h13"}
               {"type":"substitution","period":1,"clock":"23:00","side":"home","out":"h9"}
               {"type":"substitution","period":1,"clock":"24:00","side":"home","out":"h14"}
               {"type":"substitution","period":1,"clock":"25:00","side":"away","in":"a9"}
               {"type":"substitution","id":"n","period":1,"clock":"26:00","side":"away"}
               {"op":"update","id":"n","told":"27:00","text":"Nobody knows who."}"#,
            &[
                "3 \"h12\": error: a substitution needs \"out\": until it says who goes off, \"h12\" does not come on",
                "6 \"h9\": error: a substitution needs \"in\": \"h9\" goes off and nobody comes on (a player who is not \
                 replaced is a \"player_off\")",
                "7 \"h14\": error: a substitution needs \"in\" and \"out\": \"h14\" is on the bench, and can be \"in\"",
                "8 \"a9\": error: a substitution needs \"in\" and \"out\": \"a9\" is on the field, and can be \"out\"",
                "9 \"substitution\": warning: a substitution needs \"in\" and \"out\": the line-up stays as it was",
            ],
        );
    }

    #[test]
    fn a_correction_leaves_no_more_than_eleven() {
        finds(
            r#"{"type":"substitution","id":"s","period":1,"clock":"20:00","side":"home","in":"h12","out":"h5"}
               {"type":"substitution","period":1,"clock":"30:00","side":"home","in":"h14","out":"h12"}
               {"op":"remove","id":"s","told":"31:00"}"#,
            &["5 \"s\": warning: 12 of Home are on the field after this correction"],
        );
        finds(
            r#"{"type":"red_card","id":"r","period":1,"clock":"20:00","side":"home","player":"h5"}
               {"op":"remove","id":"r","told":"31:00"}"#,
            &[],
        );
    }

    #[test]
    fn a_substitution_that_is_completed_later_is_no_mistake() {
        for correction in
            [r#""op":"update","out":"h9""#, r#""op":"remove""#, r#""op":"update","type":"injury","player":"h9""#]
        {
            finds(
                &format!(
                    r#"{{"type":"substitution","id":"s","period":1,"clock":"20:00","side":"home","in":"h12"}}
                       {{{correction},"id":"s","told":"20:30"}}"#
                ),
                &[],
            );
        }
        finds(
            r#"{"type":"substitution","id":"s","period":1,"clock":"20:00","side":"home","in":"h12","out":"h9"}
               {"op":"update","id":"s","told":"20:30","out":null}"#,
            &["4 null: error: a substitution needs \"out\": until it says who goes off, \"h12\" does not come on"],
        );
    }

    #[test]
    fn without_a_sheet_substitutions_have_one_warning_a_side() {
        let change = |clock: u8, side: &str| {
            format!(r#"{{"type":"substitution","period":1,"clock":"{clock}:00","side":"{side}","text":"A change."}}"#)
                + "\n"
        };
        let events: String = [change(20, "home"), change(21, "home"), change(22, "home"), change(23, "away")].concat();
        finds_in_match_with(
            without_a_sheet,
            &events,
            &[
                "3 \"substitution\": warning: the substitutions of Home name nobody: its \"players\" are not given",
                "6 \"substitution\": warning: a substitution needs \"in\" and \"out\": the line-up stays as it was",
            ],
        );
    }

    #[test]
    fn swapped_players_are_one_mistake() {
        finds(
            r#"{"type":"substitution","period":1,"clock":"20:00","side":"home","in":"h9","out":"h12"}
               {"type":"shot","period":1,"clock":"21:00","side":"home","player":"h12","outcome":"saved"}
               {"type":"substitution","id":"s","period":1,"clock":"22:00","side":"home","in":"h13","out":"h8"}
               {"op":"update","id":"s","told":"22:30","in":"h8","out":"h13"}
               {"type":"player_off","period":1,"clock":"23:00","side":"home","player":"h7"}
               {"type":"substitution","period":1,"clock":"24:00","side":"home","in":"h7","out":"h14"}
               {"type":"substitution","period":1,"clock":"25:00","side":"home","in":"h10","out":"h10"}"#,
            &[
                "3 \"h9\": error: \"in\" and \"out\" look swapped: \"h9\" is on the field already, and \"h12\" on the bench",
                "6 \"h8\": error: \"in\" and \"out\" look swapped: \"h8\" is on the field already, and \"h13\" on the bench",
                "8 \"h7\": error: \"in\" and \"out\" look swapped: \"h7\" is on the field already, and \"h14\" on the bench",
                "9 \"h10\": error: \"h10\" is both \"in\" and \"out\"",
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
    fn who_is_away_after_a_correction_comes_back() {
        let off = r#"{"type":"player_off","period":1,"clock":"10:00","side":"home","player":"h9"}"#;
        let on = r#"{"type":"player_on","id":"on","period":1,"clock":"11:00","side":"home","player":"h9"}"#;
        let change =
            r#"{"type":"substitution","id":"on","period":1,"clock":"11:00","side":"home","in":"h12","out":"h9"}"#;
        let removed = r#"{"op":"remove","id":"on","told":"12:00"}"#;
        let again = r#"{"type":"player_on","period":1,"clock":"13:00","side":"home","player":"h9"}"#;
        finds(&[off, on, removed, again].join("\n"), &[]);
        finds(&[off, change, removed, again].join("\n"), &[]);
        finds(
            &[off, on, again].join("\n"),
            &["5 \"h9\": error: player \"h9\" comes back who has not left for a while (\"player_off\")"],
        );
    }
}
