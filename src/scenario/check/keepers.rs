//! Position changes, and whether each side has a goalkeeper.

use super::report::{LineRef, LintReport};
use super::{EventType, Field, MatchState, MatchView, Side};
use crate::football::{MatchEvent, Presence, Team, TypeClass};
use crate::scenario::hints;

/// A position change names a player and a position; a goalkeeper's is `GK`.
pub(super) fn check_position_changes_are_complete(view: &MatchView<'_>, out: &mut LintReport) {
    let lacks = |event: &MatchEvent| {
        let position = event.details.text(Field::Position).unwrap_or_default();
        let needed = [("player", event.player().is_none()), ("position", position.trim().is_empty())];
        let needed: Vec<String> =
            needed.iter().filter(|(_, lacks)| *lacks).map(|(field, _)| format!("{field:?}")).collect();
        (event.kind == EventType::PositionChange && !needed.is_empty()).then(|| needed.join(" and "))
    };
    for revision in view.without_removals() {
        let place = LineRef::Line(revision.line);
        let previous = revision.previous_in_force();
        if let Some(needed) = lacks(revision.event).filter(|needed| previous.and_then(lacks).as_ref() != Some(needed)) {
            let message = format!("a position_change needs {needed}: the player, and the new position, such as \"GK\"");
            out.error(place, "type", message);
        }
        let position = |event: &MatchEvent| event.details.text(Field::Position).map(str::to_owned);
        if let Some(word) = position(revision.event).filter(|word| word != "GK" && hints::is_goalkeeper(word))
            && previous.and_then(position).as_ref() != Some(&word)
        {
            out.warning(place, "position", format!("mark the goalkeeper by \"GK\", not {word:?}"));
        }
    }
}

/// A side that loses its goalkeeper plays on with another: a substitute, or a field player with a position change.
///
/// Judged at the end, since the change may be told late. A goalkeeper who is off for a while may come back.
pub(super) fn check_each_side_has_a_goalkeeper(view: &MatchView<'_>, out: &mut LintReport) {
    use EventType::*;
    if !view.knows_players_on_field() || view.may_lack(&[PositionChange]) {
        return;
    }
    let mut state = MatchState::new(view.fixture.clone());
    let known = |side: &&Side| has_goalkeeper(&state, **side);
    let sides: Vec<Side> = Side::ALL
        .iter()
        .filter(known)
        .copied()
        .filter(|side| has_one_starting_goalkeeper(view.fixture.team(*side)))
        .collect();
    // Line and field after which a side has no goalkeeper, and whether play goes on.
    let mut lost: [Option<(u32, &str, bool)>; 2] = [None; 2];
    for revision in &view.revisions {
        state.apply(revision.event, revision.previous);
        let decides = [Some(revision.event), revision.previous].into_iter().flatten().any(|event| {
            matches!(
                event.kind,
                Substitution | YellowCard | SecondYellowCard | RedCard | PositionChange | PlayerOff | PlayerOn
            )
        });
        for side in &sides {
            let lost = &mut lost[side.index()];
            match lost {
                _ if decides && has_goalkeeper(&state, *side) => *lost = None,
                None if decides => {
                    *lost = Some((revision.line, if revision.previous.is_some() { "id" } else { "type" }, false))
                }
                Some((.., plays_on)) => {
                    *plays_on |= revision.event.is_in_force() && revision.event.kind.is(TypeClass::Play)
                }
                None => {}
            }
        }
    }
    for side in sides {
        if let Some((line, field, true)) = lost[side.index()] {
            let message = format!(
                "{} have no goalkeeper from here on: add the substitution, or a \"position_change\" with \
                 \"position\":\"GK\" for the player who goes in goal",
                view.fixture.team(side).name
            );
            out.warning(LineRef::Line(line), field, message);
        }
    }
}

/// Whether exactly one starter is marked as goalkeeper.
fn has_one_starting_goalkeeper(team: &Team) -> bool {
    team.players.iter().filter(|player| player.starts && player.is_goalkeeper()).count() == 1
}

/// Whether a side may have a goalkeeper. A substitute without a position may be one, unless the sheet marks a
/// goalkeeper on the bench.
fn has_goalkeeper(state: &MatchState, side: Side) -> bool {
    let bench_is_marked =
        state.fixture().team(side).players.iter().any(|player| !player.starts && player.is_goalkeeper());
    state.players(side).enumerate().any(|(index, (player, presence, tally))| {
        let available = presence == Presence::On || presence == Presence::Off && tally.is_away(player);
        available
            && match state.position(side, index) {
                // Another word for a goalkeeper is reported where it is written.
                Some(position) => position == "GK" || hints::is_goalkeeper(position),
                None => !player.starts && !bench_is_marked,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn a_position_change_has_player_and_position() {
        finds(
            r#"{"type":"position_change","period":1,"clock":"10:00"}
               {"type":"position_change","id":"p","period":1,"clock":"11:00","side":"home","player":"h4","position":" "}
               {"op":"update","id":"p","told":"11:10","text":"He moves."}
               {"op":"update","id":"p","told":"11:20","position":"goalkeeper"}
               {"type":"position_change","status":"half_time","clock":"1:00","side":"home","player":"h12","position":"CB"}
               {"type":"position_change","period":2,"clock":"46:00","side":"home","player":"a4","position":"CB"}"#,
            &[
                "3 \"position_change\": error: position_change needs a side: \"home\" or \"away\"",
                "3 \"position_change\": error: a position_change needs \"player\" and \"position\": the player, and the new position, such as \"GK\"",
                "4 \"position_change\": error: a position_change needs \"position\": the player, and the new position, such as \"GK\"",
                "6 \"goalkeeper\": warning: mark the goalkeeper by \"GK\", not \"goalkeeper\"",
                "7 \"h12\": error: player \"h12\" is on the bench and has not come on, and cannot act",
                "8 \"a4\": error: player \"a4\" plays for away: in a position_change of home, \"player\" names a player of home",
            ],
        );
    }

    const SENT_OFF: &str = r#"{"type":"red_card","id":"r","period":1,"clock":"10:00","side":"home","player":"h1"}"#;
    const PLAYED_ON: &str = r#"{"type":"corner","period":1,"clock":"40:00","side":"away"}"#;

    #[track_caller]
    fn after(lines: &[&str], expected: &[&str]) {
        finds(&lines.join("\n"), expected);
    }

    #[test]
    fn a_side_without_goalkeeper_is_reported() {
        let without = "3 \"red_card\": warning: Home have no goalkeeper from here on: add the substitution, or a \
                       \"position_change\" with \"position\":\"GK\" for the player who goes in goal";
        after(&[SENT_OFF, PLAYED_ON], &[without]);
        after(&[SENT_OFF], &[]);
        let takes = |player: &str, position: &str| {
            format!(
                r#"{{"type":"position_change","id":"p","period":1,"clock":"12:00","side":"home","player":"{player}","position":"{position}"}}"#
            )
        };
        let late = takes("h4", "GK").replacen(r#""clock":"12:00""#, r#""clock":"12:00","told":"41:00""#, 1);
        after(&[SENT_OFF, PLAYED_ON, &late], &[]);
        after(&[SENT_OFF, &takes("h4", "CB"), PLAYED_ON], &[without]);
        let removed = r#"{"op":"remove","id":"p","told":"13:00"}"#;
        after(
            &[SENT_OFF, &takes("h4", "GK"), removed, PLAYED_ON],
            &[&without.replacen("3 \"red_card\"", "5 \"p\"", 1)],
        );
        // No substitute is marked as goalkeeper: any of them may be one.
        let change = r#"{"type":"substitution","period":1,"clock":"11:00","side":"home","in":"h12","out":"h9"}"#;
        after(&[SENT_OFF, change, PLAYED_ON], &[]);
        let rescinded = r#"{"op":"remove","id":"r","told":"11:00"}"#;
        after(&[SENT_OFF, rescinded, PLAYED_ON], &[]);
        let treated = r#"{"type":"player_off","period":1,"clock":"10:00","side":"home","player":"h1"}"#;
        after(&[treated, PLAYED_ON], &[]);
        let away = r#"{"type":"red_card","period":1,"clock":"10:00","side":"away","player":"a4"}"#;
        after(&[away, PLAYED_ON], &[]);
    }

    #[test]
    fn another_word_for_the_goalkeeper_is_one_finding() {
        finds(
            r#"{"type":"red_card","period":1,"clock":"50:00","side":"home","player":"h1"}
               {"type":"position_change","period":1,"clock":"51:00","side":"home","player":"h3","position":"gk"}
               {"type":"corner","period":1,"clock":"52:00","side":"home","player":"h4"}"#,
            &["4 \"gk\": warning: mark the goalkeeper by \"GK\", not \"gk\""],
        );
    }
}
