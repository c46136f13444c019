//! Statistics that only feeds with full event data carry: passes and expected goals.

use super::event::MatchEvent;
use super::event_type::{EventType, Field};

/// The outcomes of a completed pass. A pass without an outcome is completed, too; any other outcome is a failure.
const COMPLETED: &[&str] = &["accurate", "complete", "completed", "success", "successful"];

/// Whether a pass with this outcome is completed.
pub(crate) fn is_completed_pass(outcome: Option<&str>) -> bool {
    let completed = |outcome| COMPLETED.iter().any(|word| word.eq_ignore_ascii_case(outcome));
    outcome.is_none_or(completed)
}

/// Expected goals are summed as integers, in ten-thousandths: a sum of floats would drift with corrections.
const PARTS: f64 = 10_000.0;

/// The passes and expected goals of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct EventData {
    passes: u32,
    completed: u32,
    /// Expected goals in ten-thousandths; each attempt is rounded.
    xg: u64,
}

/// The passes of one side, including crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Passing {
    /// Passes attempted.
    pub passes: u32,
    /// Passes completed.
    pub completed: u32,
    /// The side's share of all passes attempted, in percent. The shares of both sides sum to 100.
    pub possession: u8,
}

impl EventData {
    /// Adds (`by` 1) or subtracts (`by` -1) the contribution of an event.
    pub(super) fn add_contribution(&mut self, event: &MatchEvent, by: i32) {
        match event.kind {
            EventType::Pass | EventType::Cross => {
                self.passes = self.passes.saturating_add_signed(by);
                if is_completed_pass(event.details.text(Field::Outcome)) {
                    self.completed = self.completed.saturating_add_signed(by);
                }
            }
            EventType::Goal if event.is_own_goal() => {}
            EventType::Goal | EventType::Shot | EventType::PenaltyMissed => {
                let share = event.details.probability(Field::Xg).unwrap_or_default();
                let parts = (f64::from(share) * PARTS).round() as i64;
                self.xg = self.xg.saturating_add_signed(parts * i64::from(by));
            }
            _ => {}
        }
    }
}

/// The passes of both sides; `None` before the first pass of the match.
pub(super) fn passing_by_side(sides: &[EventData; 2]) -> Option<[Passing; 2]> {
    let [home, away] = sides.map(|side| u64::from(side.passes));
    let all = home + away;
    let share = u8::try_from((200 * home + all).checked_div(2 * all)?).unwrap_or(100);
    let of = |side: &EventData, possession| Passing { passes: side.passes, completed: side.completed, possession };
    Some([of(&sides[0], share), of(&sides[1], 100 - share)])
}

/// The expected goals of both sides; `None` before the first attempt that has any.
pub(super) fn xg_by_side(sides: &[EventData; 2]) -> Option<[f64; 2]> {
    sides.iter().any(|side| side.xg > 0).then(|| sides.map(|side| side.xg as f64 / PARTS))
}

#[cfg(test)]
mod tests {
    use super::super::event::FieldValue;
    use super::super::testing::{event, fixture};
    use super::super::words::{Op, Side};
    use super::super::{MatchState, Point};
    use super::*;

    fn pass(id: &str, kind: EventType, side: Side, outcome: Option<&str>) -> MatchEvent {
        let mut event = event(id, kind, "60:00", side, "");
        if let Some(outcome) = outcome {
            event.details.set(Field::Outcome, FieldValue::Text(outcome.into()));
        }
        event.details.set(Field::End, FieldValue::Point(Point { x: 1.0, y: 2.0 }));
        event
    }

    fn attempt(id: &str, kind: EventType, side: Side, xg: f32) -> MatchEvent {
        let mut event = event(id, kind, "60:00", side, "");
        event.details.set(Field::Xg, FieldValue::Probability(xg));
        event
    }

    /// `passes/completed possession` and expected goals of both sides.
    fn cues_text(state: &MatchState) -> String {
        let side = |side: Side| {
            let passing = state.passing(side).map(|of| format!("{}/{} {}%", of.passes, of.completed, of.possession));
            format!("{} {:?}", passing.unwrap_or_default(), state.xg(side))
        };
        format!("{}, {}", side(Side::Home), side(Side::Away))
    }

    #[test]
    fn a_pass_is_completed_unless_its_outcome_says_otherwise() {
        let mut state = MatchState::new(fixture());
        assert_eq!(cues_text(&state), " None,  None");
        for outcome in
            [None, Some("accurate"), Some("Complete"), Some("COMPLETED"), Some("success"), Some("Successful")]
        {
            state.apply(&pass("p", EventType::Pass, Side::Home, outcome), None);
        }
        assert_eq!(cues_text(&state), "6/6 100% None, 0/0 0% None");
        for outcome in ["inaccurate", "incomplete", "Pass Offside", "out", "unsuccessful", "intercepted", ""] {
            state.apply(&pass("p", EventType::Cross, Side::Away, Some(outcome)), None);
        }
        assert_eq!(cues_text(&state), "6/6 46% None, 7/0 54% None");
    }

    #[test]
    fn a_correction_replaces_the_contribution_of_the_previous_revision() {
        let mut state = MatchState::new(fixture());
        let lost = pass("p1", EventType::Pass, Side::Home, Some("lost"));
        let found = MatchEvent { rev: 1, op: Op::Update, ..pass("p1", EventType::Pass, Side::Home, None) };
        let other = MatchEvent { rev: 2, op: Op::Update, ..pass("p1", EventType::Cross, Side::Away, Some("lost")) };
        let none = MatchEvent { rev: 3, op: Op::Remove, ..other.clone() };
        let mut found_after = Vec::new();
        for (event, previous) in [(&lost, None), (&found, Some(&lost)), (&other, Some(&found)), (&none, Some(&other))] {
            state.apply(event, previous);
            found_after.push(cues_text(&state));
        }
        let after = ["1/0 100% None, 0/0 0% None", "1/1 100% None, 0/0 0% None", "0/0 0% None, 1/0 100% None"];
        assert_eq!(found_after[..3], after);
        assert_eq!(found_after[3], " None,  None", "no pass stands");
    }

    #[test]
    fn expected_goals_do_not_drift_with_corrections() {
        let mut state = MatchState::new(fixture());
        let kept = attempt("s", EventType::Shot, Side::Away, 0.1);
        state.apply(&kept, None);
        for round in 0..10_000 {
            let shot = attempt("g", EventType::Goal, Side::Home, 0.3 + (round % 7) as f32 / 100.0);
            state.apply(&shot, None);
            state.apply(&MatchEvent { rev: 1, op: Op::Remove, ..shot.clone() }, Some(&shot));
        }
        let mut own_goal = attempt("og", EventType::Goal, Side::Home, 0.5);
        own_goal.details.set(Field::OwnGoal, FieldValue::Flag(true));
        state.apply(&own_goal, None);
        assert_eq!(cues_text(&state), " Some(0.0),  Some(0.1)");
    }
}
