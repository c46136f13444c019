//! Presence: only players on the field act, and substitutions name one player on the field and one who is not.

use std::collections::{HashMap, HashSet};

use super::report::{LineRef, LintReport};
use super::{EventType, Field, MatchState, MatchView, Op, Revision, Severity};
use crate::football::{MatchEvent, Player, PlayerId, Presence, Side, Tally, TypeClass};

/// The most players of a side on the field.
const MAX_ON_FIELD: usize = 11;

/// The fields and players of an event who must be on the field.
fn actors(event: &MatchEvent) -> impl Iterator<Item = (Field, &PlayerId)> {
    let on_the_field =
        event.kind.is(TypeClass::Play) || matches!(event.kind, EventType::PlayerOff | EventType::PositionChange);
    let fields = [Field::Player, Field::Assist, Field::Fouled, Field::Opponent, Field::Passer, Field::Recipient];
    fields.into_iter().filter(move |_| on_the_field).filter_map(|field| Some((field, event.details.player(field)?)))
}

/// Only players on the field act. A substitution names a player on the field (`out`) and one who is not (`in`).
pub(super) fn check_players_are_on_the_field(view: &MatchView<'_>, out: &mut LintReport) {
    let mut check = PresenceCheck {
        view,
        final_events: view.final_events(),
        reported_players: HashSet::new(),
        reported_incomplete: HashSet::new(),
    };
    view.for_each_state(|state, revision| {
        check.check_actors(state, revision, out);
        check.check_player_count(state, revision, out);
        check.check_return(state, revision, out);
        if revision.event.kind == EventType::Substitution && revision.event.is_in_force() {
            check.check_substitution(state, revision, out);
        }
    });
}

/// The state of the lint for one match.
struct PresenceCheck<'a> {
    view: &'a MatchView<'a>,
    final_events: HashMap<&'a str, &'a MatchEvent>,
    /// Players whose presence has been reported as contradictory. Each is reported once.
    reported_players: HashSet<PlayerId>,
    /// The ids of incomplete substitutions that have been reported, and sides without a sheet that have.
    reported_incomplete: HashSet<&'a str>,
}

impl<'a> PresenceCheck<'a> {
    /// Warns if a correction leaves a side with more than eleven players, those who are away for a while or have been sent
    /// off among them: for example by removing a substitution on which a later one depends.
    fn check_player_count(&mut self, state: &MatchState, revision: &Revision<'_>, out: &mut LintReport) {
        let Some(previous) = revision.previous else { return };
        // The state is the one without the previous revision.
        let mut after = state.clone();
        after.apply(revision.event, None);
        let mut with_previous = state.clone();
        with_previous.apply(previous, None);
        for side in Side::ALL.iter().copied() {
            let count = |state: &MatchState, of: &dyn Fn(&Player, Presence, &Tally) -> bool| {
                state.players(side).filter(|(player, presence, tally)| of(player, *presence, tally)).count()
            };
            let on = |state: &MatchState| count(state, &|_, presence, _| presence == Presence::On);
            let away = |player: &Player, presence, tally: &Tally| presence == Presence::Off && tally.is_away(player);
            let missing = |state: &MatchState| count(state, &away) + state.players_down(side);
            let all = |state: &MatchState| on(state) + missing(state);
            if all(&after) <= all(&with_previous).max(MAX_ON_FIELD) {
                continue;
            }
            let others = match missing(&after) {
                0 => String::new(),
                missing => format!(", besides {missing} away or sent off"),
            };
            let team = &self.view.fixture.team(side).name;
            let message = format!("{} of {team} are on the field after this correction{others}", on(&after));
            out.warning(LineRef::Line(revision.line), "id", message);
        }
    }

    /// Players who act are on the field.
    fn check_actors(&mut self, state: &MatchState, revision: &Revision<'_>, out: &mut LintReport) {
        if !revision.event.is_in_force() {
            return;
        }
        for (field, player) in actors(revision.event) {
            if self.line_up_is_unknown(player) {
                continue;
            }
            let before = revision.previous_in_force().and_then(|previous| previous.details.player(field));
            let message = match state.presence(player.as_str()) {
                Some(Presence::Bench) => "is on the bench and has not come on",
                // An event that is told late may have happened while the player was on the field.
                Some(Presence::Off) if !revision.is_late() => "has gone off",
                Some(Presence::SentOff) if !revision.is_late() => "has been sent off",
                _ => continue,
            };
            if before != Some(player) && self.reported_players.insert(player.clone()) {
                let message = format!("{field} {player:?} {message}, and cannot act");
                out.error(LineRef::Line(revision.line), field.as_str(), message);
            }
        }
    }

    /// Whether nobody of a player's side starts, so that anyone may be on the field.
    fn line_up_is_unknown(&self, player: &PlayerId) -> bool {
        let fixture = self.view.fixture;
        let side = fixture.player(player.as_str()).map(|(side, ..)| side);
        side.is_some_and(|side| fixture.team(side).players.iter().all(|player| !player.starts))
    }

    /// `player_on` follows `player_off`.
    fn check_return(&mut self, state: &MatchState, revision: &Revision<'_>, out: &mut LintReport) {
        let event = revision.event;
        if event.kind == EventType::PlayerOn
            && event.op == Op::Add
            && let Some(player) = event.player()
            && !self.is_away(state, player)
        {
            let message = format!("player {player:?} comes back without having left: no \"player_off\" before this");
            out.error(LineRef::Line(revision.line), "player", message);
        }
    }

    /// Whether a player has left the field for a while. Such a player can return or be replaced.
    fn is_away(&self, state: &MatchState, id: &PlayerId) -> bool {
        let player = self.view.fixture.player(id.as_str()).map(|(.., player)| player);
        player.zip(state.tally(id.as_str())).is_some_and(|(player, tally)| tally.is_away(player))
    }

    /// A substitution brings on a player who was off, for one who was on.
    fn check_substitution(&mut self, state: &MatchState, revision: &Revision<'a>, out: &mut LintReport) {
        let (event, place) = (revision.event, LineRef::Line(revision.line));
        let before = |field| revision.previous_in_force().and_then(|previous| previous.details.player(field));
        let (Some(on), Some(off)) = (event.details.player(Field::In), event.details.player(Field::Out)) else {
            return self.check_incomplete_substitution(state, revision, out);
        };
        if before(Field::In) == Some(on) && before(Field::Out) == Some(off) {
            return;
        }
        if on == off {
            out.error(place, "in", format!("{on:?} is both \"in\" and \"out\""));
            return;
        }
        if self.line_up_is_unknown(on) {
            return;
        }
        let presence = |player: &PlayerId| state.presence(player.as_str());
        let in_is_playing = presence(on) == Some(Presence::On) || self.is_away(state, on);
        if in_is_playing && presence(off) == Some(Presence::Bench) {
            let message =
                format!("\"in\" and \"out\" look swapped: {on:?} is on the field already, and {off:?} on the bench");
            out.error(place, "in", message);
            self.reported_players.extend([on.clone(), off.clone()]);
            return;
        }
        let both = (presence(on), presence(off)) == (Some(Presence::On), Some(Presence::Off));
        if both && !self.is_away(state, off) && revision.previous.is_none() {
            out.error(
                place,
                "in",
                format!("{on:?} is on already and {off:?} has gone off: the same change is written twice"),
            );
            return;
        }
        for (field, player) in [(Field::In, on), (Field::Out, off)] {
            let mut severity = Severity::Error;
            let message = match (field, presence(player)) {
                _ if before(field) == Some(player) || self.reported_players.contains(player) => continue,
                (Field::In, Some(Presence::On)) => "is on already",
                (Field::In, Some(Presence::Off)) if self.is_away(state, player) => {
                    "has gone off for a while: write \"player_on\" when the player comes back"
                }
                (Field::In, Some(Presence::Off)) if self.view.fixture.rules.return_substitutions => {
                    // `player_off` and `out` count as leaving twice, and `in` as one return.
                    if !state.tally(player.as_str()).is_some_and(Tally::left_while_away) {
                        continue;
                    }
                    "was replaced while away, and does not come on: write \"player_on\" before that substitution"
                }
                (Field::In, Some(Presence::Off)) => {
                    severity = Severity::Warning;
                    "has gone off and cannot come back; if the rules allow it, add \"return_substitutions\":true to \"rules\""
                }
                (_, Some(Presence::SentOff)) => "has been sent off and cannot be part of a change",
                (Field::Out, Some(Presence::Bench)) => "is not on",
                (Field::Out, Some(Presence::Off)) if !self.is_away(state, player) => "has gone off already",
                _ => continue,
            };
            out.add(severity, place, field.as_str(), format!("{field} {player:?} {message}"));
            // From here on the player is counted in the wrong place.
            if severity == Severity::Error {
                self.reported_players.insert(player.clone());
            }
        }
    }

    /// Reports a substitution that lacks a player, also after all corrections.
    fn check_incomplete_substitution(&mut self, state: &MatchState, revision: &Revision<'a>, out: &mut LintReport) {
        let event = revision.event;
        let lacks = |field: Field| {
            let last = self.final_events.get(event.id.as_str());
            let lacking = |event: &MatchEvent| event.details.player(field).is_none();
            lacking(event) && last.is_some_and(|last| last.kind == event.kind && lacking(last))
        };
        let (on, off) = (event.details.player(Field::In), event.details.player(Field::Out));
        let (no_in, no_out) = (lacks(Field::In), lacks(Field::Out));
        let team = event.side.map(|side| (side, self.view.fixture.team(side)));
        let key = match team {
            Some((side, team)) if team.players.is_empty() => side.as_str(),
            _ => event.id.as_str(),
        };
        if !(no_in || no_out) || !self.reported_incomplete.insert(key) {
            return;
        }
        if let Some((_, team)) = team.filter(|(_, team)| team.players.is_empty()) {
            let message =
                format!("substitutions of {} name no players: list its \"players\" in the match line", team.name);
            return out.warning(LineRef::Line(revision.line), "type", message);
        }
        // The named player may be in the wrong place because of this mistake.
        self.reported_players.extend(on.or(off).cloned());
        let presence = |player: &PlayerId| state.presence(player.as_str());
        let (field, message) = match (on, off) {
            (Some(on), _) if presence(on) == Some(Presence::On) => {
                let message =
                    format!("a substitution needs \"in\" and \"out\": {on:?} is on the field, and can be \"out\"");
                ("in", message)
            }
            (Some(on), _) => {
                let message = format!(
                    "a substitution needs \"out\", the player who goes off: without it {on:?} does not come on"
                );
                ("in", message)
            }
            (None, Some(off)) if presence(off) == Some(Presence::Bench) => {
                let message =
                    format!("a substitution needs \"in\" and \"out\": {off:?} is on the bench, and can be \"in\"");
                ("out", message)
            }
            (None, Some(off)) if event.player().and_then(presence) == Some(Presence::Bench) => {
                let message = format!(
                    "a substitution needs \"in\": write the player who comes on for {off:?} as \"in\", not \"player\""
                );
                ("player", message)
            }
            (None, Some(off)) => {
                let message = format!(
                    "a substitution needs \"in\", the player who comes on for {off:?} (if there is none, write \"player_off\")"
                );
                ("out", message)
            }
            (None, None) => {
                let message =
                    "a substitution needs \"in\" and \"out\": without them the line-up does not change".to_owned();
                return out.warning(LineRef::Line(revision.line), "type", message);
            }
        };
        // If a correction withdraws a player, the finding is at that field.
        let before = |field: Field| revision.previous_in_force().and_then(|previous| previous.details.player(field));
        let lacking = [(Field::In, no_in), (Field::Out, no_out)].into_iter().filter(|(_, lacks)| *lacks);
        let field = lacking.map(|(field, _)| field).find(|field| before(*field).is_some()).map_or(field, Field::as_str);
        out.error(LineRef::Line(revision.line), field, message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with, without_a_sheet};

    #[test]
    fn players_off_the_field_cannot_act() {
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
    fn ball_events_need_players_on_the_field() {
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
    fn an_event_told_late_may_have_happened_before_the_change() {
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
    fn a_substitution_brings_on_a_player_who_was_off() {
        finds(
            r#"{"type":"substitution","id":"s","period":1,"clock":"20:00","side":"home","in":"h12","out":"h9"}
               {"op":"update","id":"s","told":"20:05","reason":"injury"}
               {"type":"substitution","period":1,"clock":"21:00","side":"home","in":"h9","out":"h12"}
               {"type":"substitution","period":1,"clock":"22:00","side":"home","in":"h10","out":"h14"}
               {"type":"substitution","period":1,"clock":"23:00","side":"home","in":"h13"}"#,
            &[
                "5 \"h9\": warning: in \"h9\" has gone off and cannot come back; if the rules allow it, add \"return_substitutions\":true to \"rules\"",
                "6 \"h10\": error: \"in\" and \"out\" look swapped: \"h10\" is on the field already, and \"h14\" on the bench",
                "7 \"h13\": error: a substitution needs \"out\", the player who goes off: without it \"h13\" does not come on",
            ],
        );
    }

    #[test]
    fn an_incomplete_substitution_is_reported_once() {
        finds(
            r#"{"type":"substitution","period":1,"clock":"20:00","side":"home","in":"h12"}
               {"type":"shot","period":1,"clock":"21:00","side":"home","player":"h12","outcome":"saved"}
               {"type":"substitution","period":1,"clock":"22:00","side":"home","out":"h12","in":"h13"}
               {"type":"substitution","period":1,"clock":"23:00","side":"home","out":"h9"}
               {"type":"substitution","period":1,"clock":"24:00","side":"home","out":"h14"}
               {"type":"substitution","period":1,"clock":"25:00","side":"away","in":"a9"}
               {"type":"substitution","id":"n","period":1,"clock":"26:00","side":"away"}
               {"op":"update","id":"n","told":"27:00","text":"Not known who."}"#,
            &[
                "3 \"h12\": error: a substitution needs \"out\", the player who goes off: without it \"h12\" does not come on",
                "6 \"h9\": error: a substitution needs \"in\", the player who comes on for \"h9\" (if there is none, \
                 write \"player_off\")",
                "7 \"h14\": error: a substitution needs \"in\" and \"out\": \"h14\" is on the bench, and can be \"in\"",
                "8 \"a9\": error: a substitution needs \"in\" and \"out\": \"a9\" is on the field, and can be \"out\"",
                "9 \"substitution\": warning: a substitution needs \"in\" and \"out\": without them the line-up does not change",
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
    fn a_correction_leaves_no_more_than_eleven_in_the_team() {
        let change = |id: &str, clock: u8, on: &str, off: &str| {
            format!(
                r#"{{"type":"substitution","id":"{id}","period":1,"clock":"{clock}:00","side":"home","in":"{on}","out":"{off}"}}"#
            )
        };
        let (first, second) = (change("s", 20, "h12", "h9"), change("t", 30, "h14", "h12"));
        let removed = r#"{"op":"remove","id":"s","told":"31:00"}"#;
        let player = |kind: &str, clock: u8| {
            format!(r#"{{"type":"{kind}","id":"p","period":1,"clock":"{clock}:00","side":"home","player":"h5"}}"#)
        };
        let found = |line: u8| {
            format!(
                "{line} \"s\": warning: 11 of Home are on the field after this correction, besides 1 away or sent off"
            )
        };
        for kind in ["player_off", "red_card"] {
            let lines = [&player(kind, 10), &first, &second, removed].map(ToOwned::to_owned);
            finds(&lines.join("\n"), &[&found(6)]);
        }
        let back = player("player_on", 40).replace("\"p\"", "\"q\"");
        finds(
            &[&player("player_off", 10), &first, &second, removed, &back].map(ToOwned::to_owned).join("\n"),
            &[&found(6)],
        );
        // The other side has one player more.
        let other_side = r#"{"op":"update","id":"s","told":"31:00","side":"away","in":"a12","out":"a9"}"#;
        finds(
            &[&first, &second, other_side].map(ToOwned::to_owned).join("\n"),
            &["5 \"s\": warning: 12 of Home are on the field after this correction"],
        );
    }

    #[test]
    fn a_player_replaced_while_away_does_not_return_uncounted() {
        let returns = |line: &str| line.replacen(r#""home":{"#, r#""rules":{"return_substitutions":true},"home":{"#, 1);
        let case = |lines: &[&str], expected: &[&str]| finds_in_match_with(returns, &lines.join("\n"), expected);
        let off = r#"{"type":"player_off","period":1,"clock":"20:00","side":"home","player":"h9"}"#;
        let on = r#"{"type":"player_on","period":1,"clock":"21:00","side":"home","player":"h9"}"#;
        let replaced = r#"{"type":"substitution","period":1,"clock":"22:00","side":"home","in":"h12","out":"h9"}"#;
        let again = replaced.replace("22:00", "23:00").replace("h12", "h13");
        let back = r#"{"type":"substitution","period":1,"clock":"30:00","side":"home","in":"h9","out":"h12"}"#;
        let shot = r#"{"type":"shot","period":1,"clock":"31:00","side":"home","player":"h9","outcome":"saved"}"#;
        case(
            &[off, replaced, back, shot],
            &[
                "5 \"h9\": error: in \"h9\" was replaced while away, and does not come on: write \"player_on\" before that substitution",
            ],
        );
        case(&[off, on, replaced, back, shot], &[]);
        case(&[replaced, back, shot], &[]);
        case(
            &[off, &back.replace("h12", "h8")],
            &["4 \"h9\": error: in \"h9\" has gone off for a while: write \"player_on\" when the player comes back"],
        );
        case(&[replaced, &again, back, shot], &["4 \"h9\": error: out \"h9\" has gone off already"]);
    }

    #[test]
    fn a_substitution_may_be_completed_later() {
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
            &[
                "4 null: error: a substitution needs \"out\", the player who goes off: without it \"h12\" does not come on",
            ],
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
                "3 \"substitution\": warning: substitutions of Home name no players: list its \"players\" in the match line",
                "6 \"substitution\": warning: a substitution needs \"in\" and \"out\": without them the line-up does not change",
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
            &["8 \"h8\": error: player \"h8\" comes back without having left: no \"player_off\" before this"],
        );
    }

    #[test]
    fn a_player_who_is_away_after_a_correction_may_return() {
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
            &["5 \"h9\": error: player \"h9\" comes back without having left: no \"player_off\" before this"],
        );
    }
}
