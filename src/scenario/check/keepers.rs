//! Positions that players take during a match, and who keeps goal once the goalkeeper is gone.

use super::presence::is_play;
use super::remark::{Place, Remarks};
use super::{EventType, Field, MatchState, Side, Story};
use crate::football::{MatchEvent, Presence, Team};
use crate::scenario::hints;

/// A change of position says who takes which; the goalkeeper's is `GK`.
pub(super) fn positions_are_taken(story: &Story<'_>, out: &mut Remarks) {
    let lacks = |event: &MatchEvent| {
        let position = event.details.text(Field::Position).unwrap_or_default();
        let needed = [("player", event.player().is_none()), ("position", position.trim().is_empty())];
        let needed: Vec<String> =
            needed.iter().filter(|(_, lacks)| *lacks).map(|(field, _)| format!("{field:?}")).collect();
        (event.kind == EventType::PositionChange && !needed.is_empty()).then(|| needed.join(" and "))
    };
    for step in story.standing() {
        let place = Place::Line(step.line);
        let was = step.was.filter(|was| was.stands());
        if let Some(needed) = lacks(step.event).filter(|needed| was.and_then(lacks).as_ref() != Some(needed)) {
            let message = format!("a position_change needs {needed}: who takes which position, such as \"GK\"");
            out.error(place, "type", message);
        }
        let position = |event: &MatchEvent| event.details.text(Field::Position).map(str::to_owned);
        if let Some(word) = position(step.event).filter(|word| word != "GK" && hints::is_goalkeeper(word))
            && was.and_then(position).as_ref() != Some(&word)
        {
            out.warning(place, "position", format!("the goalkeeper is marked by \"GK\", not {word:?}"));
        }
    }
}

/// A side that has lost its goalkeeper plays on with another: one who comes on, or one who goes in goal.
///
/// What is told late counts, so a side is looked at when all has been told. Whoever is off for a while may come back.
pub(super) fn somebody_keeps_goal(story: &Story<'_>, out: &mut Remarks) {
    use EventType::*;
    if !story.knows_who_is_on() || story.lacks(&[PositionChange]) {
        return;
    }
    let mut state = MatchState::new(story.laid.fixture.clone());
    let marked = |side: &&Side| keeps_goal(&state, **side);
    let sides: Vec<Side> =
        Side::ALL.iter().filter(marked).copied().filter(|side| marks_one(story.fixture.team(*side))).collect();
    // The line after which nobody keeps goal, and whether play goes on.
    let mut lost: [Option<(u32, &str, bool)>; 2] = [None; 2];
    for step in &story.steps {
        state.apply(step.event, step.was);
        let decides = [Some(step.event), step.was].into_iter().flatten().any(|event| {
            matches!(
                event.kind,
                Substitution | YellowCard | SecondYellowCard | RedCard | PositionChange | PlayerOff | PlayerOn
            )
        });
        for side in &sides {
            let lost = &mut lost[side.index()];
            match lost {
                _ if decides && keeps_goal(&state, *side) => *lost = None,
                None if decides => *lost = Some((step.line, if step.was.is_some() { "id" } else { "type" }, false)),
                Some((.., plays_on)) => *plays_on |= step.event.stands() && is_play(&step.event.kind),
                None => {}
            }
        }
    }
    for side in sides {
        if let Some((line, field, true)) = lost[side.index()] {
            let message = format!(
                "nobody keeps goal for {} from here on: tell who comes on, or who goes in goal by a \"position_change\" \
                 with \"position\":\"GK\"",
                story.fixture.team(side).name
            );
            out.warning(Place::Line(line), field, message);
        }
    }
}

/// Whether exactly one starter is marked as goalkeeper.
fn marks_one(team: &Team) -> bool {
    team.players.iter().filter(|player| player.starts && player.is_goalkeeper()).count() == 1
}

/// Whether somebody keeps goal for a side, as far as can be known: a substitute without a position may, unless the sheet
/// marks a goalkeeper on the bench.
fn keeps_goal(state: &MatchState, side: Side) -> bool {
    let bench_is_marked =
        state.fixture().team(side).players.iter().any(|player| !player.starts && player.is_goalkeeper());
    state.players(side).enumerate().any(|(index, (player, presence, tally))| {
        let there = presence == Presence::On || presence == Presence::Off && tally.is_away(player);
        there
            && match state.position(side, index) {
                // Another word for it is remarked on where it is written.
                Some(position) => position == "GK" || hints::is_goalkeeper(position),
                None => !player.starts && !bench_is_marked,
            }
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn a_position_change_says_who_takes_which() {
        finds(
            r#"{"type":"position_change","period":1,"clock":"10:00"}
               {"type":"position_change","id":"p","period":1,"clock":"11:00","side":"home","player":"h4","position":" "}
               {"op":"update","id":"p","told":"11:10","text":"He moves."}
               {"op":"update","id":"p","told":"11:20","position":"goalkeeper"}
               {"type":"position_change","status":"half_time","clock":"1:00","side":"home","player":"h12","position":"CB"}
               {"type":"position_change","period":2,"clock":"46:00","side":"home","player":"a4","position":"CB"}"#,
            &[
                "3 \"position_change\": error: position_change needs a side: \"home\" or \"away\"",
                "3 \"position_change\": error: a position_change needs \"player\" and \"position\": who takes which position, such as \"GK\"",
                "4 \"position_change\": error: a position_change needs \"position\": who takes which position, such as \"GK\"",
                "6 \"goalkeeper\": warning: the goalkeeper is marked by \"GK\", not \"goalkeeper\"",
                "7 \"h12\": error: player \"h12\" is on the bench and has not come on, and cannot act",
                "8 \"a4\": error: player \"a4\" plays for away; in a position_change of home, \"player\" is of home",
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
    fn somebody_keeps_goal_once_the_goalkeeper_is_gone() {
        let nobody = "3 \"red_card\": warning: nobody keeps goal for Home from here on: tell who comes on, or who goes in \
                      goal by a \"position_change\" with \"position\":\"GK\"";
        after(&[SENT_OFF, PLAYED_ON], &[nobody]);
        after(&[SENT_OFF], &[]);
        let takes = |player: &str, position: &str| {
            format!(
                r#"{{"type":"position_change","id":"p","period":1,"clock":"12:00","side":"home","player":"{player}","position":"{position}"}}"#
            )
        };
        let late = takes("h4", "GK").replacen(r#""clock":"12:00""#, r#""clock":"12:00","told":"41:00""#, 1);
        after(&[SENT_OFF, PLAYED_ON, &late], &[]);
        after(&[SENT_OFF, &takes("h4", "CB"), PLAYED_ON], &[nobody]);
        let removed = r#"{"op":"remove","id":"p","told":"13:00"}"#;
        after(&[SENT_OFF, &takes("h4", "GK"), removed, PLAYED_ON], &[&nobody.replacen("3 \"red_card\"", "5 \"p\"", 1)]);
        // Nobody of the bench is marked: whoever comes on may be a goalkeeper.
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
            &["4 \"gk\": warning: the goalkeeper is marked by \"GK\", not \"gk\""],
        );
    }
}
