//! The result: that of the events, beside that of other data.

use super::MatchDraft;
use crate::football::{EventType, Field, Score};

impl MatchDraft {
    /// The score of the events, after extra time, and that of the shoot-out.
    fn counted_result(&self) -> (Score, Score) {
        let (mut score, mut shootout) = (Score::default(), Score::default());
        for event in &self.events {
            let Some(side) = event.side else { continue };
            match event.kind {
                EventType::Goal => score.add_goal(side),
                EventType::ShootoutPenalty if event.text_of(Field::Outcome) == Some("scored") => {
                    shootout.add_goal(side)
                }
                _ => {}
            }
        }
        (score, shootout)
    }

    pub(super) fn compare_results(&mut self) {
        let Some(recorded) = self.recorded else { return };
        let (score, shootout) = self.counted_result();
        let text = |score: Score| format!("{}-{}", score.home, score.away);
        if score != recorded.score {
            self.warn(format!(
                "the events give {}, the match data {}: the scenario has the score of the events",
                text(score),
                text(recorded.score)
            ));
        }
        if let Some(kicks) = recorded.shootout.filter(|kicks| *kicks != shootout) {
            self.warn(format!(
                "the shoot-out ends {} by the events, {} by the match data",
                text(shootout),
                text(kicks)
            ));
        }
    }
}
