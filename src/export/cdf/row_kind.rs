//! What an event is in the format: its type, sub-type and outcome.

use std::borrow::Cow;

use super::UNKNOWN;
use super::json_text::snake_case;
use crate::football::{EventType, Field, MatchEvent, is_completed_pass};
use crate::words::words;

words! {
    /// The types of rows that the format names.
    RowClass {
        Shot = "shot",
        Pass = "pass",
        Referee = "referee",
        Defending = "defending",
        Goalkeeping = "goalkeeping",
        Misc = "misc",
    }
}

/// Type, sub-type and outcome of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RowKind {
    pub class: RowClass,
    pub sub_type: Option<Cow<'static, str>>,
    pub is_successful: bool,
    pub outcome: Cow<'static, str>,
}

/// How an event is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Writing {
    /// As a row of the player, or of the referee.
    Row(RowKind),
    /// As a row of the player and one of the referee. Referees' rows name neither player nor team.
    PlayerAndReferee { player: RowKind, referee: RowKind },
    /// Not at all, for this reason.
    LeftOut(&'static str),
}

/// Outcomes of actions that have succeeded, beside those of passes.
const SUCCEEDED: &[&str] = &["won", "goal", "scored"];

fn row(
    class: RowClass,
    sub_type: impl Into<Option<&'static str>>,
    is_successful: bool,
    outcome: impl Into<Cow<'static, str>>,
) -> RowKind {
    RowKind { class, sub_type: sub_type.into().map(Cow::Borrowed), is_successful, outcome: outcome.into() }
}

/// How an event is written in the format.
pub(super) fn writing_of(event: &MatchEvent) -> Writing {
    use EventType as E;
    use RowClass::{Defending, Goalkeeping, Misc, Pass, Referee, Shot};
    let outcome = event.details.text(Field::Outcome);
    let situation = || event.details.text(Field::Situation).and_then(situation_word);
    let referee = |sub_type: &'static str, outcome: &'static str| row(Referee, sub_type, true, outcome);
    // A set piece has no outcome.
    let set_piece = |sub_type: &'static str| row(Pass, sub_type, false, UNKNOWN);
    let pass = |sub_type: Option<&'static str>| {
        let completed = is_completed_pass(outcome);
        row(Pass, sub_type, completed, outcome.map_or("successful".into(), |word| Cow::Owned(snake_case(word))))
    };
    let misc = |sub_type: Cow<'static, str>, known: bool| {
        let succeeded = |word: &str| is_completed_pass(Some(word)) || SUCCEEDED.contains(&word);
        let stated = outcome.map(|word| (succeeded(word), Cow::Owned(snake_case(word))));
        let otherwise = if known { (true, "successful".into()) } else { (false, UNKNOWN.into()) };
        let (is_successful, outcome) = stated.unwrap_or(otherwise);
        RowKind { class: Misc, sub_type: Some(sub_type), is_successful, outcome }
    };
    let defending = |sub_type: &'static str| {
        let done = misc(sub_type.into(), true);
        let outcome = outcome.map_or(sub_type.into(), |word| Cow::Owned(snake_case(word)));
        RowKind { class: Defending, outcome, ..done }
    };
    let with_referee = |sub_type: &'static str, outcome: &'static str| Writing::PlayerAndReferee {
        player: misc(sub_type.into(), true),
        referee: referee(sub_type, outcome),
    };
    Writing::Row(match &event.kind {
        E::Goal if event.is_own_goal() => row(Shot, situation(), false, "own_goal"),
        E::Goal => row(Shot, situation(), true, "successful"),
        E::Shot => row(Shot, situation(), false, outcome.map_or(UNKNOWN, attempt_outcome)),
        E::PenaltyMissed => row(Shot, "penalty_kick", false, outcome.map_or(UNKNOWN, attempt_outcome)),
        E::ShootoutPenalty => match outcome {
            Some("scored") => row(Shot, "penalty_kick", true, "successful"),
            Some("saved") => row(Shot, "penalty_kick", false, "saved"),
            Some(_) => row(Shot, "penalty_kick", false, "missed"),
            None => row(Shot, "penalty_kick", false, UNKNOWN),
        },
        E::Pass => pass(None),
        E::Cross => pass(Some("cross")),
        E::KickOff => set_piece("kick_off"),
        E::Corner => set_piece("corner_kick"),
        E::FreeKick => set_piece("free_kick"),
        E::ThrowIn => set_piece("throw_in"),
        E::GoalKick => set_piece("goal_kick"),
        E::Save => row(Goalkeeping, "save", true, "save"),
        E::Clearance => defending("clearance"),
        E::Interception => defending("interception"),
        E::Pressure => RowKind { sub_type: Some("pressing".into()), ..defending("pressure") },
        E::Foul => return with_referee("foul", "successful"),
        E::Offside => return with_referee("offside", "offside"),
        E::Injury => return with_referee("injury", "injury"),
        E::PenaltyAwarded => return with_referee("penalty_awarded", "successful"),
        E::PlayerOff => return with_referee("player_off", "successful"),
        E::PlayerOn => return with_referee("player_on", "successful"),
        E::YellowCard => referee("caution", "yellow_card"),
        E::SecondYellowCard => referee("caution", "second_yellow_card"),
        E::RedCard => referee("caution", "red_card"),
        E::Substitution => referee("substitution", "successful"),
        E::PeriodStart => referee("period_start", "start"),
        E::PeriodEnd => referee("period_end", "end"),
        E::MatchEnd => referee("final_whistle", "end"),
        E::Suspended => referee("suspended", "end"),
        E::Resumed => referee("resumed", "start"),
        E::Abandoned => referee("abandoned", "end"),
        E::DropBall => referee("drop_ball", "successful"),
        E::VarReview => referee("var_review", "successful"),
        E::VarDecision => referee(
            "var_decision",
            match outcome {
                Some("upheld") => "upheld",
                Some("overturned") => "overturned",
                _ => UNKNOWN,
            },
        ),
        E::Duel | E::TakeOn | E::BallReceipt | E::Dribble => misc(event.kind.as_str().to_owned().into(), false),
        E::BallOut | E::Carry | E::Touch | E::DisallowedGoal => misc(event.kind.as_str().to_owned().into(), true),
        E::Other(word) => misc(snake_case(word).into(), true),
        E::Lineup => return Writing::LeftOut("line-ups, which the match sheet holds"),
        E::Commentary => return Writing::LeftOut("texts"),
        E::AddedTime => return Writing::LeftOut("announcements of added time"),
        E::FormationChange | E::PositionChange => return Writing::LeftOut("changes of formation and position"),
        E::Postponed | E::Delayed => return Writing::LeftOut("postponements and delays"),
        E::Awarded => return Writing::LeftOut("awards, of which the match sheet holds the result"),
    })
}

/// The sub-type of an attempt.
fn situation_word(situation: &str) -> Option<&'static str> {
    Some(match situation {
        "penalty" => "penalty_kick",
        "free_kick" => "free_kick",
        "corner" => "corner_kick",
        "throw_in" => "throw_in",
        "open_play" => "open_play",
        _ => return None,
    })
}

/// The outcome of an attempt that was not scored.
fn attempt_outcome(outcome: &str) -> &'static str {
    match outcome {
        "off_target" => "wide",
        "saved" => "saved",
        "blocked" => "blocked",
        "woodwork" => "woodwork",
        "saved_woodwork" => "saved_woodwork",
        _ => UNKNOWN,
    }
}
