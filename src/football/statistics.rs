//! What is counted for each side of a match.

use super::event::MatchEvent;
use super::event_type::{EventType, Field};

/// What is counted for each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Statistics {
    /// Attempts, goals and missed penalties among them; own goals are nobody's attempt.
    pub shots: u32,
    /// Attempts that were goals or would have been but for the goalkeeper.
    pub shots_on_target: u32,
    /// Attempts that went past the goal.
    pub shots_off_target: u32,
    /// Attempts stopped by a player in the way.
    pub shots_blocked: u32,
    /// Attempts against post or bar.
    pub woodwork: u32,
    /// Shots kept out by the goalkeeper.
    pub saves: u32,
    /// Corners taken.
    pub corners: u32,
    /// Times caught offside.
    pub offsides: u32,
    /// Fouls committed.
    pub fouls: u32,
    /// Cautions; a second one counts as a red card, not here.
    pub yellow_cards: u32,
    /// Players sent off, by a second caution or at once.
    pub red_cards: u32,
    /// Changes made.
    pub substitutions: u32,
}

impl Statistics {
    /// Name and value of each, in the order of the wire.
    pub fn named(&self) -> [(&'static str, u32); 12] {
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

    /// Adds (`by` 1) or takes back (`by` -1) an event's share.
    pub(super) fn count(&mut self, event: &MatchEvent, own_goal: bool, by: i32) {
        let add = |counter: &mut u32| *counter = counter.saturating_add_signed(by);
        match event.kind {
            EventType::Goal if !own_goal => {
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
