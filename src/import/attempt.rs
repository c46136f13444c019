//! Attempts at goal: the type of event that one is, and the details that an event of that type has.

use super::draft::DraftEvent;
use crate::football::{EventType, Field, FieldValue, Period, PlayerId, Side};

/// An attempt at goal, as a provider records it. What it does not record is `None`.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Attempt<'a> {
    pub goal: bool,
    /// The goal counts for the other side than that of the player.
    pub own_goal: bool,
    /// Who made the last pass before a goal.
    pub assist: Option<&'a PlayerId>,
    /// What became of it if it was no goal: `saved`, `saved_woodwork`, `blocked`, `woodwork` or `off_target`.
    pub outcome: Option<&'a str>,
    /// `penalty`, `free_kick`, `corner`, `throw_in` or `open_play`.
    pub situation: Option<&'a str>,
    pub body_part: Option<&'a str>,
    /// Where it went to, as in `zone`.
    pub zone: Option<&'a str>,
    /// Expected goals. Values outside 0 to 1 are left out.
    pub xg: Option<f64>,
}

impl Attempt<'_> {
    /// Turns an event with the clock, the player and the player's side into that of the attempt. In the shoot-out every attempt is
    /// a kick of it.
    pub fn into_event(self, mut event: DraftEvent) -> DraftEvent {
        let penalty = self.situation == Some("penalty");
        // Who stands in the way of a penalty is the goalkeeper.
        let outcome = self.outcome.map(|word| if penalty && word == "blocked" { "saved" } else { word });
        if event.clock.period() == Some(Period::Shootout) {
            event.kind = EventType::ShootoutPenalty;
            let outcome = match outcome {
                _ if self.goal => "scored",
                Some("saved" | "saved_woodwork" | "blocked") => "saved",
                _ => "missed",
            };
            return event.text(Field::Outcome, Some(outcome));
        }
        if self.own_goal {
            event.kind = EventType::Goal;
            event.side = event.side.map(Side::other);
            return event.flag(Field::OwnGoal, true).text(Field::BodyPart, self.body_part);
        }
        event.kind = match (self.goal, penalty) {
            (true, _) => EventType::Goal,
            (false, true) => EventType::PenaltyMissed,
            (false, false) => EventType::Shot,
        };
        #[allow(clippy::cast_possible_truncation)]
        let xg = self.xg.filter(|xg| (0.0..=1.0).contains(xg)).map(|xg| FieldValue::Probability(xg as f32));
        let (missed_penalty, shot) = (event.kind == EventType::PenaltyMissed, event.kind == EventType::Shot);
        event
            .player(Field::Assist, self.assist.filter(|_| self.goal && !penalty))
            .text(Field::Outcome, outcome.filter(|_| !self.goal))
            .text(Field::Situation, self.situation.filter(|_| !missed_penalty))
            .text(Field::BodyPart, self.body_part.filter(|_| !missed_penalty))
            .text(Field::Zone, self.zone.filter(|_| shot))
            .set(Field::Xg, xg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::football::{MatchClock, Reading};

    /// What an attempt with all details becomes: `penalty_missed home outcome=saved`.
    fn event(period: Period, attempt: Attempt<'_>) -> String {
        let clock = MatchClock::in_period(period, Reading::from_minutes(10));
        let assist = PlayerId::from("7");
        let attempt = Attempt {
            assist: Some(&assist),
            body_part: Some("head"),
            zone: Some("low_left"),
            xg: attempt.xg.or(Some(0.5)),
            ..attempt
        };
        let event = attempt.into_event(DraftEvent::new("1", EventType::Touch, clock).side(Side::Home));
        let mut words = vec![event.kind.to_string(), event.side.map_or("".to_owned(), |side| side.to_string())];
        words.extend(event.fields.iter().map(|(field, value)| match value {
            FieldValue::Text(text) => format!("{field}={text}"),
            FieldValue::Player(id) => format!("{field}={id}"),
            FieldValue::Probability(xg) => format!("{field}={xg}"),
            _ => field.to_string(),
        }));
        words.join(" ")
    }

    #[test]
    fn the_type_decides_which_details_an_attempt_has() {
        let (penalty, blocked) = (Some("penalty"), Some("blocked"));
        let of = |attempt| event(Period::First, attempt);
        assert_eq!(
            of(Attempt { goal: true, outcome: blocked, ..Attempt::default() }),
            "goal home assist=7 body_part=head xg=0.5"
        );
        assert_eq!(
            of(Attempt { goal: true, situation: penalty, ..Attempt::default() }),
            "goal home situation=penalty body_part=head xg=0.5"
        );
        assert_eq!(
            of(Attempt { outcome: blocked, situation: penalty, xg: Some(1.5), ..Attempt::default() }),
            "penalty_missed home outcome=saved"
        );
        assert_eq!(
            of(Attempt { outcome: blocked, situation: Some("corner"), ..Attempt::default() }),
            "shot home outcome=blocked situation=corner body_part=head zone=low_left xg=0.5"
        );
        assert_eq!(of(Attempt { own_goal: true, ..Attempt::default() }), "goal away own_goal body_part=head");
    }

    #[test]
    fn attempts_of_the_shoot_out_are_its_kicks() {
        let of = |attempt| event(Period::Shootout, attempt);
        assert_eq!(of(Attempt { goal: true, ..Attempt::default() }), "shootout_penalty home outcome=scored");
        let missed = Attempt { outcome: Some("woodwork"), situation: Some("penalty"), ..Attempt::default() };
        assert_eq!(of(missed), "shootout_penalty home outcome=missed");
        let saved = Attempt { outcome: Some("saved_woodwork"), ..Attempt::default() };
        assert_eq!(of(saved), "shootout_penalty home outcome=saved");
    }
}
