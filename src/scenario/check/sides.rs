//! Sides: told where they count, and those of the players told of.

use super::remark::{Place, Remarks};
use super::{EventType, Field, Side, Story};
use crate::football::{Match, MatchEvent, PlayerId};

/// What is wrong with an event: whether certainly, the field, and the message.
type Fault = (super::Severity, &'static str, String);

/// Remarks on each fault once: a correction that leaves it as it was says nothing new.
fn judge(story: &Story<'_>, out: &mut Remarks, of: impl Fn(&Match, &MatchEvent) -> Vec<Fault>) {
    for step in story.standing() {
        let was = step.was.map(|was| of(story.fixture, was)).unwrap_or_default();
        for (severity, field, message) in of(story.fixture, step.event) {
            if !was.iter().any(|(_, before, _)| *before == field) {
                out.add(severity, Place::Line(step.line), field, message);
            }
        }
    }
}

/// What counts for a side has one.
pub(super) fn sides_are_told(story: &Story<'_>, out: &mut Remarks) {
    use EventType::*;
    judge(story, out, |_, event| {
        let severity = match event.kind {
            Goal | DisallowedGoal | Shot | Save | PenaltyAwarded | PenaltyMissed | ShootoutPenalty | Foul
            | YellowCard | SecondYellowCard | RedCard | Substitution | Corner | Offside | Lineup | PositionChange => {
                super::Severity::Error
            }
            FreeKick | ThrowIn | GoalKick | KickOff | FormationChange | Injury | PlayerOff | PlayerOn => {
                super::Severity::Warning
            }
            _ => return Vec::new(),
        };
        match event.side {
            Some(_) => Vec::new(),
            None => vec![(severity, "type", format!("{} needs a side: \"home\" or \"away\"", event.kind))],
        }
    });
}

/// The player who acts belongs to the side of the event, the opponent to the other.
pub(super) fn players_are_on_that_side(story: &Story<'_>, out: &mut Remarks) {
    judge(story, out, |fixture, event| {
        let Some(side) = event.side else { return Vec::new() };
        let mut faults = Vec::new();
        if event.kind == EventType::Goal {
            faults.extend(scorer(fixture, event, side));
        }
        faults.extend(own(event).iter().filter_map(|field| misplaced(fixture, event, *field, side)));
        faults.extend(others(event).iter().filter_map(|field| misplaced(fixture, event, *field, side.other())));
        faults
    });
}

/// The fields that name players of the event's own side.
fn own(event: &MatchEvent) -> &'static [Field] {
    match event.kind {
        // A goal's scorer has a separate rule; a penalty's player and a commentary's may be anybody.
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
fn others(event: &MatchEvent) -> &'static [Field] {
    match event.kind {
        EventType::Foul => &[Field::Fouled],
        EventType::Pass | EventType::Cross | EventType::Clearance => &[Field::Opponent],
        EventType::Interception | EventType::Duel | EventType::TakeOn => &[Field::Opponent],
        EventType::Pressure | EventType::Dribble => &[Field::Opponent],
        _ => &[],
    }
}

fn misplaced(fixture: &Match, event: &MatchEvent, field: Field, side: Side) -> Option<Fault> {
    let player = event.details.player(field)?;
    let plays = fixture.player(player.as_str()).map(|(of, ..)| (of, "plays for"));
    let coaches = || fixture.coach(player.as_str()).map(|(of, _)| (of, "is the coach of"));
    let (team, does) = plays.or_else(coaches).filter(|(of, _)| *of != side)?;
    let message = format!(
        "{field} {player:?} {does} {team}; in a {} of {}, \"{field}\" is of {side}",
        event.kind,
        event.side.unwrap_or(side)
    );
    Some((super::Severity::Error, field.as_str(), message))
}

/// A goal is credited to the side of its scorer, an own goal to the other.
fn scorer(fixture: &Match, event: &MatchEvent, side: Side) -> Vec<Fault> {
    let mut faults = Vec::new();
    let error = |field, message| (super::Severity::Error, field, message);
    if let Some((player, plays_for)) = sided(fixture, event.player()) {
        match event.is_own_goal() {
            false if plays_for != side => faults.push(error(
                "side",
                format!(
                    "a goal of {player:?}, who plays for {plays_for}, credited to {side}: it needs \"own_goal\":true"
                ),
            )),
            true if plays_for == side => faults
                .push(error("side", format!("an own goal of {player:?} counts for {}, not for {side}", side.other()))),
            _ => {}
        }
        if event.details.player(Field::Assist) == Some(player) {
            faults.push(error(
                "assist",
                format!("{player:?} is both \"player\" and \"assist\": a goal is not assisted by its scorer"),
            ));
        }
    }
    faults
}

fn sided<'a>(fixture: &Match, player: Option<&'a PlayerId>) -> Option<(&'a PlayerId, Side)> {
    let player = player?;
    fixture.player(player.as_str()).map(|(side, ..)| (player, side))
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[test]
    fn what_counts_has_a_side() {
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
                "3 \"away\": error: a goal of \"h9\", who plays for home, credited to away: it needs \"own_goal\":true",
                "5 \"home\": error: an own goal of \"h9\" counts for away, not for home",
                "6 \"h9\": error: \"h9\" is both \"player\" and \"assist\": a goal is not assisted by its scorer",
                "7 \"a9\": error: assist \"a9\" plays for away; in a goal of home, \"assist\" is of home",
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
                "4 \"a8\": error: recipient \"a8\" plays for away; in a pass of home, \"recipient\" is of home",
                "5 \"h2\": error: recipient \"h2\" plays for home; in a cross of away, \"recipient\" is of away",
                "6 \"h3\": error: player \"h3\" plays for home; in a ball_receipt of away, \"player\" is of away",
                "7 \"h5\": error: opponent \"h5\" plays for home; in a pressure of home, \"opponent\" is of away",
                "8 \"h6\": error: opponent \"h6\" plays for home; in a dribble of home, \"opponent\" is of away",
            ],
        );
    }

    #[test]
    fn players_act_for_their_own_side() {
        finds(
            r#"{"type":"foul","period":1,"clock":"20:00","side":"away","player":"h9","fouled":"a4"}
               {"type":"substitution","period":1,"clock":"21:00","side":"home","in":"a12","out":"h9"}
               {"type":"commentary","period":1,"clock":"22:00","side":"away","player":"h4","text":"anybody"}"#,
            &[
                "3 \"h9\": error: player \"h9\" plays for home; in a foul of away, \"player\" is of away",
                "3 \"a4\": error: fouled \"a4\" plays for away; in a foul of away, \"fouled\" is of home",
                "4 \"a12\": error: in \"a12\" plays for away; in a substitution of home, \"in\" is of home",
            ],
        );
    }
}
