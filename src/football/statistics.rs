//! Match statistics: the counts of each side.

use super::event::MatchEvent;
use super::event_type::{EventType, Field};

/// The match statistics of one side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Statistics {
    /// Attempts, including goals and missed penalties. An own goal is no attempt of either side.
    pub shots: u32,
    /// Goals, and attempts that the goalkeeper kept out.
    pub shots_on_target: u32,
    /// Attempts that missed the goal.
    pub shots_off_target: u32,
    /// Attempts blocked by a player.
    pub shots_blocked: u32,
    /// Attempts that hit the post or the bar.
    pub woodwork: u32,
    /// Shots kept out by the goalkeeper.
    pub saves: u32,
    /// Corners taken.
    pub corners: u32,
    /// Times caught offside.
    pub offsides: u32,
    /// Fouls committed.
    pub fouls: u32,
    /// Cautions. A second caution counts as a red card instead.
    pub yellow_cards: u32,
    /// Players sent off, by a second caution or directly.
    pub red_cards: u32,
    /// Substitutions made.
    pub substitutions: u32,
}

impl Statistics {
    /// All names and values, in wire order.
    pub fn entries(&self) -> [(&'static str, u32); 12] {
        [
            ("shots", self.shots),
            ("shots_on_target", self.shots_on_target),
            ("shots_off_target", self.shots_off_target),
            ("shots_blocked", self.shots_blocked),
            ("woodwork", self.woodwork),
            ("saves", self.saves),
            ("corners", self.corners),
            ("offsides", self.offsides),
            ("fouls", self.fouls),
            ("yellow_cards", self.yellow_cards),
            ("red_cards", self.red_cards),
            ("substitutions", self.substitutions),
        ]
    }

    /// Adds (`by` 1) or subtracts (`by` -1) the contribution of an event.
    pub(super) fn add_contribution(&mut self, event: &MatchEvent, by: i32) {
        let add = |counter: &mut u32| *counter = counter.saturating_add_signed(by);
        match event.kind {
            EventType::Goal if !event.is_own_goal() => {
                add(&mut self.shots);
                add(&mut self.shots_on_target);
            }
            EventType::Shot | EventType::PenaltyMissed => {
                add(&mut self.shots);
                match event.details.text(Field::Outcome) {
                    Some("saved") => add(&mut self.shots_on_target),
                    Some("saved_woodwork") => {
                        add(&mut self.shots_on_target);
                        add(&mut self.woodwork);
                    }
                    Some("woodwork") => add(&mut self.woodwork),
                    Some("blocked") => add(&mut self.shots_blocked),
                    Some("off_target") => add(&mut self.shots_off_target),
                    _ => {}
                }
            }
            EventType::Save => add(&mut self.saves),
            EventType::Corner => add(&mut self.corners),
            EventType::Offside => add(&mut self.offsides),
            EventType::Foul => add(&mut self.fouls),
            EventType::YellowCard => add(&mut self.yellow_cards),
            EventType::SecondYellowCard | EventType::RedCard => add(&mut self.red_cards),
            EventType::Substitution => add(&mut self.substitutions),
            _ => {}
        }
    }
}
