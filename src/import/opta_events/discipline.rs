//! Fouls, penalties, cards, stoppages, and what video assistants decide.

use super::ids::{CARD_REASONS, FOUL_REASONS, QUESTIONS, kind, q, word_of};
use super::mapping::{OptaMapping, id_of, player};
use super::row::OptaRow;
use crate::football::{EventId, EventType, Field, PlayerId, Side};
use crate::import::draft::DraftEvent;

/// The longest time between a foul and its card, in milliseconds.
const FOUL_TO_CARD: i64 = 180_000;
/// The longest time between something and the decision about it.
const TO_DECISION: i64 = 420_000;

impl OptaMapping<'_> {
    /// A foul: the row is of the player who commits it, or, where that one is missing, of the player who was fouled.
    pub(super) fn add_foul(&mut self, index: usize) {
        let row = &self.rows[index];
        let other = self.partners[index].map(|other| &self.rows[other]);
        let (committed, suffered) = if row.is_foul_committed() { (Some(row), other) } else { (other, Some(row)) };
        let side = match committed {
            Some(row) => self.sheets.side(row),
            None => self.sheets.side(row).map(Side::other),
        };
        let fouled = suffered.and_then(player);
        let reason = word_of(FOUL_REASONS, |id| row.has(id));
        let clock = self.clock(index);
        let place = if row.is_foul_committed() { self.point(row) } else { committed.and_then(|row| self.point(row)) };
        let foul = DraftEvent::new(id_of(row, ""), EventType::Foul, clock).side(side);
        let foul = foul.player(Field::Player, committed.and_then(player).as_ref());
        let foul = foul.player(Field::Fouled, fouled.as_ref()).text(Field::Reason, reason);
        self.draft.add(foul.at(place.or_else(|| self.point(row))));
        let penalty = row.has(q::PENALTY) || other.is_some_and(|other| other.has(q::PENALTY));
        if penalty {
            let awarded = DraftEvent::new(id_of(row, "-penalty"), EventType::PenaltyAwarded, clock);
            self.draft.add(awarded.side(side.map(Side::other)).player(Field::Fouled, fouled.as_ref()));
        }
    }

    /// A card. Those of coaches and other staff have no player.
    pub(super) fn add_card(&mut self, index: usize) {
        let row = &self.rows[index];
        let cards = [
            (q::SECOND_YELLOW_CARD, EventType::SecondYellowCard),
            (q::RED_CARD, EventType::RedCard),
            (q::YELLOW_CARD, EventType::YellowCard),
        ];
        let Some((_, kind)) = cards.into_iter().find(|(id, _)| row.has(*id)) else {
            return self.draft.leave_out("cards without a colour");
        };
        let foul = self.foul_of_card(index);
        let reason = word_of(CARD_REASONS, |id| row.has(id));
        let mut card = self.event(index, kind, "").about(foul.as_ref()).text(Field::Reason, reason);
        if let Some((id, name)) = self.sheets.staff_cards.get(&row.id).filter(|_| row.player.is_none()) {
            let coach = self.sheets.side(row).and_then(|side| self.draft.fixture.team(side).coach.as_ref());
            let coach = coach.and_then(|coach| coach.id.as_ref()).filter(|coach| coach.as_str() == &**id);
            card = match coach {
                Some(coach) => card.player(Field::Player, Some(coach)),
                None => card.text(Field::Text, Some(name)),
            };
        }
        self.draft.add(card);
    }

    /// The last foul of the player before a card, unless a card was shown for it.
    fn foul_of_card(&self, card: usize) -> Option<EventId> {
        let row = &self.rows[card];
        let of_player = |other: &OptaRow| other.player == row.player && other.team == row.team;
        let before = self.rows_before(card, FOUL_TO_CARD).map(|(_, other)| other);
        let mut relevant = before.filter(|other| other.kind == kind::CARD || other.is_foul_committed());
        let last = relevant.find(|other| row.player.is_some() && of_player(other))?;
        last.is_foul_committed().then(|| id_of(last, ""))
    }

    /// Play stops or goes on: for an injury, for the video assistant, or for another reason.
    pub(super) fn add_delay(&mut self, index: usize) {
        let row = &self.rows[index];
        let other = self.partners[index].map(|other| &self.rows[other]);
        let both = || [Some(row), other].into_iter().flatten();
        if row.kind == kind::END_DELAY {
            let resumed = self.event(index, EventType::Other("stoppage_end".into()), "").side(None);
            return self.draft.add(resumed);
        }
        if both().any(|row| row.has(q::INJURY)) {
            let hurt = both().find_map(|row| row.value(q::INJURED_PLAYER));
            let side = self.side_of(hurt).or_else(|| self.sheets.side(row));
            let clock = self.clock(index);
            let injury = DraftEvent::new(id_of(row, ""), EventType::Injury, clock).side(side);
            let hurt = hurt.map(PlayerId::from).or_else(|| player(row));
            return self.draft.add(injury.player(Field::Player, hurt.as_ref()));
        }
        let question = both().find_map(|row| word_of(QUESTIONS, |id| row.has(id)));
        if question.is_some() || both().any(|row| row.has(q::VIDEO_DELAY)) {
            let review = self.event(index, EventType::VarReview, "").side(None).text(Field::Question, question);
            return self.draft.add(review);
        }
        let stopped = self.event(index, EventType::Other("stoppage".into()), "").side(None);
        self.draft.add(stopped);
    }

    /// A talking point: a decision of the video assistant if the row says what became of it, a review if it says only
    /// what was looked at.
    pub(super) fn add_referee_decision(&mut self, index: usize) {
        let row = &self.rows[index];
        let question = word_of(QUESTIONS, |id| row.has(id));
        let outcome = match (row.has(q::DECISION_CONFIRMED), row.has(q::DECISION_CANCELLED)) {
            (true, false) => Some("upheld"),
            (false, true) => Some("overturned"),
            _ => None,
        };
        if question.is_none() && outcome.is_none() {
            return self.draft.leave_out("talking points without a review");
        }
        let kind = if outcome.is_some() { EventType::VarDecision } else { EventType::VarReview };
        let event = self.event(index, kind, "").text(Field::Question, question).text(Field::Outcome, outcome);
        let about = self.reviewed_row(index, question).map(|reviewed| id_of(&self.rows[reviewed], ""));
        // Not every row has become an event.
        let about = about.filter(|about| self.draft.events_mut().iter().any(|event| event.id == *about));
        self.draft.add(event.about(about.as_ref()));
    }

    /// The row that was reviewed.
    fn reviewed_row(&self, index: usize, question: Option<&str>) -> Option<usize> {
        let row = &self.rows[index];
        let told =
            |other: &OptaRow| other.kind != kind::DELETED_AFTER_REVIEW || type_before_review(other) == kind::GOAL;
        if let Some(id) = row.value(q::REVIEWED_EVENT)
            && let Some(at) = self.rows.iter().position(|other| &*other.id == id && told(other))
        {
            return Some(at);
        }
        let deleted = |other: &OptaRow| other.kind == kind::DELETED_AFTER_REVIEW && told(other);
        let mut before = self.rows_before(index, TO_DECISION);
        (question == Some("goal")).then(|| before.find(|(_, other)| deleted(other)).map(|(at, _)| at))?
    }

    /// An event that the video assistant took back: of a goal remains that it was disallowed, of a card or a penalty the
    /// decision.
    pub(super) fn add_deleted_after_review(&mut self, index: usize) {
        let row = &self.rows[index];
        let before = type_before_review(row);
        let question = match before {
            kind::GOAL => "goal",
            kind::CARD => "red_card",
            kind::FOUL if row.has(q::PENALTY) => "penalty",
            _ => return self.draft.leave_out("rows deleted after a review"),
        };
        // Each team has a row of a foul.
        if before == kind::FOUL && row.success {
            return self.draft.leave_out("rows deleted after a review");
        }
        let goal = before == kind::GOAL;
        if goal {
            let disallowed = self.event(index, EventType::DisallowedGoal, "").at(self.point(row));
            self.draft.add(disallowed);
        }
        if !self.is_decided_by_a_row(index, question) {
            let decision = self.event(index, EventType::VarDecision, "-decision").text(Field::Question, Some(question));
            let about = id_of(row, "");
            let decision = decision.text(Field::Outcome, Some("overturned")).about(Some(&about).filter(|_| goal));
            self.draft.add(decision);
        }
    }

    /// Whether a row of its own tells the decision by which another row was deleted.
    fn is_decided_by_a_row(&self, index: usize, question: &str) -> bool {
        let row = &self.rows[index];
        self.rows.iter().any(|other| {
            other.kind == kind::REFEREE_DECISION
                && other.has(q::DECISION_CANCELLED)
                && other.period == row.period
                && (0..=TO_DECISION).contains(&(other.millis() - row.millis()))
                && word_of(QUESTIONS, |id| other.has(id)) == Some(question)
        })
    }
}

/// The type that a deleted row had, 0 if it is not said.
fn type_before_review(row: &OptaRow) -> u16 {
    row.number(q::TYPE_BEFORE_REVIEW).or_else(|| row.number(q::DELETED_TYPE)).unwrap_or(0)
}
