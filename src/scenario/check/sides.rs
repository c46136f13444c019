//! Sides: events that need a side have one, and their players belong to it.

use super::report::{LineRef, LintReport};
use super::{EventType, Field, MatchView, Side};
use crate::football::{Match, MatchEvent, PlayerId};

/// A mistake in an event: severity, field and message.
type Mistake = (super::Severity, &'static str, String);

/// Reports the mistakes that `of` finds in each revision, except in fields that were wrong in the previous one.
fn report_new(view: &MatchView<'_>, out: &mut LintReport, of: impl Fn(&Match, &MatchEvent) -> Vec<Mistake>) {
    for revision in view.without_removals() {
        let previous = revision.previous.map(|previous| of(view.fixture, previous)).unwrap_or_default();
        for (severity, field, message) in of(view.fixture, revision.event) {
            if !previous.iter().any(|(_, before, _)| *before == field) {
                out.add(severity, LineRef::Line(revision.line), field, message);
            }
        }
    }
}

/// Events that count for a side have one.
pub(super) fn check_sides_are_given(view: &MatchView<'_>, out: &mut LintReport) {
    use EventType::*;
    report_new(view, out, |_, event| {
        let severity = match event.kind {
            _ if event.kind.needs_side() => super::Severity::Error,
            FreeKick | ThrowIn | GoalKick | KickOff | FormationChange | Injury | PlayerOff | PlayerOn => {
                super::Severity::Warning
            }
            Pass | Cross if event.player().is_some() => super::Severity::Note,
            _ => return Vec::new(),
        };
        match event.side {
            Some(_) => Vec::new(),
            None if severity == super::Severity::Note => {
                vec![(severity, "type", format!("{} without a side counts for neither", event.kind))]
            }
            None => vec![(severity, "type", format!("{} needs a side: \"home\" or \"away\"", event.kind))],
        }
    });
}

/// Players belong to the side of the event, opponents to the other.
pub(super) fn check_players_belong_to_the_side(view: &MatchView<'_>, out: &mut LintReport) {
    report_new(view, out, |fixture, event| {
        let mut mistakes = Vec::new();
        if let Some(player) = event.details.player(Field::Recipient).filter(|player| event.player() == Some(player)) {
            let message = format!("{player:?} is both player and recipient of the {}", event.kind);
            mistakes.push((super::Severity::Warning, Field::Recipient.as_str(), message));
        }
        let Some(side) = event.side else { return mistakes };
        if event.kind == EventType::Goal {
            mistakes.extend(check_scorer(fixture, event, side));
        }
        mistakes.extend(
            own_side_fields(event).iter().filter_map(|field| find_misplaced_player(fixture, event, *field, side)),
        );
        mistakes.extend(
            other_side_fields(event)
                .iter()
                .filter_map(|field| find_misplaced_player(fixture, event, *field, side.other())),
        );
        mistakes
    });
}

/// The fields that name players of the event's side.
fn own_side_fields(event: &MatchEvent) -> &'static [Field] {
    match event.kind {
        // `scorer` checks the player of a goal. The player of a penalty or a commentary may be of either side.
        EventType::Goal => &[Field::Assist],
        EventType::PenaltyAwarded | EventType::Commentary | EventType::Other(_) => &[],
        EventType::VarReview | EventType::VarDecision => &[],
        EventType::Substitution => &[Field::In, Field::Out],
        EventType::Offside => &[Field::Player, Field::Passer],
        EventType::Pass | EventType::Cross => &[Field::Player, Field::Recipient],
        _ => &[Field::Player],
    }
}

/// The fields that name players of the other side.
fn other_side_fields(event: &MatchEvent) -> &'static [Field] {
    match event.kind {
        EventType::Foul => &[Field::Fouled],
        EventType::Pass | EventType::Cross | EventType::Clearance => &[Field::Opponent],
        EventType::Interception | EventType::Duel | EventType::TakeOn => &[Field::Opponent],
        EventType::Pressure | EventType::Dribble => &[Field::Opponent],
        _ => &[],
    }
}

/// The mistake if the player in a field is not of this side.
fn find_misplaced_player(fixture: &Match, event: &MatchEvent, field: Field, side: Side) -> Option<Mistake> {
    let player = event.details.player(field)?;
    let plays = fixture.player(player.as_str()).map(|(of, ..)| (of, "plays for"));
    let coaches = || fixture.coach(player.as_str()).map(|(of, _)| (of, "is the coach of"));
    let (team, does) = plays.or_else(coaches).filter(|(of, _)| *of != side)?;
    let message = format!(
        "{field} {player:?} {does} {team}: in a {} of {}, \"{field}\" names a player of {side}",
        event.kind,
        event.side.unwrap_or(side)
    );
    Some((super::Severity::Error, field.as_str(), message))
}

/// A goal counts for the side of its scorer, an own goal for the other. A scorer does not assist.
fn check_scorer(fixture: &Match, event: &MatchEvent, side: Side) -> Vec<Mistake> {
    let mut mistakes = Vec::new();
    let error = |field, message| (super::Severity::Error, field, message);
    if let Some((player, plays_for)) = player_with_side(fixture, event.player()) {
        match event.is_own_goal() {
            false if plays_for != side => mistakes.push(error(
                "side",
                format!(
                    "a goal by {player:?}, who plays for {plays_for}, counts for {side}: write \"own_goal\":true if it is one"
                ),
            )),
            true if plays_for == side => mistakes
                .push(error("side", format!("an own goal by {player:?} counts for {}, not for {side}", side.other()))),
            _ => {}
        }
        if event.details.player(Field::Assist) == Some(player) {
            mistakes.push(error(
                "assist",
                format!("{player:?} is both \"player\" and \"assist\": a goal is not assisted by its scorer"),
            ));
        }
    }
    mistakes
}

fn player_with_side<'a>(fixture: &Match, player: Option<&'a PlayerId>) -> Option<(&'a PlayerId, Side)> {
    let player = player?;
    fixture.player(player.as_str()).map(|(side, ..)| (player, side))
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn events_that_count_have_a_side() {
        finds(
            r#"{"type":"goal","id":"g","period":1,"clock":"20:00","player":"h9"}
               {"op":"update","id":"g","told":"20:10","assist":"h8"}
               {"type":"throw_in","period":1,"clock":"21:00"}
               {"type":"pass","period":1,"clock":"21:00","player":"h9"}"#,
            &[
                "3 \"goal\": error: goal needs a side: \"home\" or \"away\"",
                "5 \"throw_in\": warning: throw_in needs a side: \"home\" or \"away\"",
            ],
        );
    }

    #[test]
    fn a_goal_counts_for_the_side_of_its_scorer() {
        finds(
            r#"{"type":"goal","id":"g","period":1,"clock":"20:00","side":"away","player":"h9"}
               {"op":"update","id":"g","told":"20:10","own_goal":true}
               {"type":"goal","period":1,"clock":"22:00","side":"home","player":"h9","own_goal":true}
               {"type":"goal","period":1,"clock":"23:00","side":"home","player":"h9","assist":"h9"}
               {"type":"goal","period":1,"clock":"24:00","side":"home","player":"h9","assist":"a9"}"#,
            &[
                "3 \"away\": error: a goal by \"h9\", who plays for home, counts for away: write \"own_goal\":true if it is one",
                "5 \"home\": error: an own goal by \"h9\" counts for away, not for home",
                "6 \"h9\": error: \"h9\" is both \"player\" and \"assist\": a goal is not assisted by its scorer",
                "7 \"a9\": error: assist \"a9\" plays for away: in a goal of home, \"assist\" names a player of home",
            ],
        );
    }

    #[test]
    fn a_pass_is_received_by_its_own_side_and_pressure_is_put_on_the_other() {
        finds(
            r#"{"type":"pass","period":1,"clock":"20:00","side":"home","player":"h9","recipient":"h8","opponent":"a4"}
               {"type":"pass","period":1,"clock":"20:01","side":"home","player":"h9","recipient":"a8"}
               {"type":"cross","period":1,"clock":"20:02","side":"away","player":"a9","recipient":"h2"}
               {"type":"ball_receipt","period":1,"clock":"20:03","side":"away","player":"h3"}
               {"type":"pressure","period":1,"clock":"20:04","side":"home","player":"h9","opponent":"h5"}
               {"type":"dribble","period":1,"clock":"20:05","side":"home","player":"h9","opponent":"h6"}"#,
            &[
                "4 \"a8\": error: recipient \"a8\" plays for away: in a pass of home, \"recipient\" names a player of home",
                "5 \"h2\": error: recipient \"h2\" plays for home: in a cross of away, \"recipient\" names a player of away",
                "6 \"h3\": error: player \"h3\" plays for home: in a ball_receipt of away, \"player\" names a player of away",
                "7 \"h5\": error: opponent \"h5\" plays for home: in a pressure of home, \"opponent\" names a player of away",
                "8 \"h6\": error: opponent \"h6\" plays for home: in a dribble of home, \"opponent\" names a player of away",
            ],
        );
    }

    #[test]
    fn players_act_for_their_own_side() {
        finds(
            r#"{"type":"foul","period":1,"clock":"20:00","side":"away","player":"h9","fouled":"a4"}
               {"type":"substitution","period":1,"clock":"21:00","side":"home","in":"a12","out":"h9"}
               {"type":"commentary","period":1,"clock":"22:00","side":"away","player":"h4","text":"of either side"}"#,
            &[
                "3 \"h9\": error: player \"h9\" plays for home: in a foul of away, \"player\" names a player of away",
                "3 \"a4\": error: fouled \"a4\" plays for away: in a foul of away, \"fouled\" names a player of home",
                "4 \"a12\": error: in \"a12\" plays for away: in a substitution of home, \"in\" names a player of home",
            ],
        );
    }
}
