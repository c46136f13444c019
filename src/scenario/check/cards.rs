//! Cards: a second caution sends off and needs a first, and a player is sent off once.

use std::collections::HashMap;

use super::remark::{Place, Remarks};
use super::{EventType, Op, Step, Story};
use crate::football::{EventId, MatchEvent, PlayerId};

/// A card that stands.
#[derive(Clone)]
struct Card<'a> {
    id: &'a EventId,
    line: u32,
    kind: &'a EventType,
}

/// The cards of one player that stand.
#[derive(Default)]
struct Book<'a> {
    cards: Vec<Card<'a>>,
    /// The first caution was taken back while a second stood: the line, and the field that says so.
    first_taken_back: Option<(u32, &'static str)>,
}

impl<'a> Book<'a> {
    fn find(&self, kind: &EventType) -> Option<&Card<'a>> {
        self.cards.iter().find(|card| card.kind == kind)
    }

    fn sending_off(&self) -> Option<&Card<'a>> {
        self.find(&EventType::SecondYellowCard).or_else(|| self.find(&EventType::RedCard))
    }

    /// Whether a card that stands is wrong beside the others that do.
    fn still_has_fault(&self, player: &PlayerId, id: &EventId) -> bool {
        let Some(card) = self.cards.iter().find(|card| card.id == id) else { return false };
        let others =
            Self { cards: self.cards.iter().filter(|card| card.id != id).cloned().collect(), ..Self::default() };
        fault(&others, player, card.kind).is_some()
    }

    /// The second caution of a player who has no first.
    fn second_alone(&self) -> Option<&Card<'a>> {
        let second = self.find(&EventType::SecondYellowCard)?;
        self.find(&EventType::YellowCard).is_none().then_some(second)
    }
}

/// The player to whom a standing event shows a card.
fn shown_to(event: &MatchEvent) -> Option<&PlayerId> {
    event.player().filter(|_| event.kind.is_card() && event.stands())
}

/// A second caution is a `second_yellow_card` and needs a first, also at the end; a player who has been sent off gets
/// no more cards.
pub(super) fn two_yellows_make_a_red(story: &Story<'_>, out: &mut Remarks) {
    // The first caution may be on a line that could not be read, or what took a card back.
    if story.lacks(&[EventType::YellowCard, EventType::SecondYellowCard, EventType::RedCard]) {
        return;
    }
    let mut books: HashMap<&PlayerId, Book<'_>> = HashMap::new();
    let mut faults = Vec::new();
    for step in &story.steps {
        let was = step.was.and_then(|was| Some((shown_to(was)?, was)));
        if let Some((player, was)) = was {
            books.entry(player).or_default().cards.retain(|card| *card.id != was.id);
        }
        let now = shown_to(step.event);
        let as_before = was.is_some_and(|(player, was)| now == Some(player) && was.kind == step.event.kind);
        let fault = match now {
            Some(player) => {
                let book = books.entry(player).or_default();
                // The first caution may be told late, or put right again.
                let first = step.is_late() && step.event.kind == EventType::YellowCard && book.second_alone().is_some();
                let fault = if as_before || first { None } else { fault(book, player, &step.event.kind) };
                book.cards.push(Card { id: &step.event.id, line: step.line, kind: &step.event.kind });
                fault
            }
            None => None,
        };
        if let Some((field, message)) = fault {
            // A correction that does not name the player has made another card of it.
            let field = if was.is_some_and(|(player, _)| now == Some(player)) { "type" } else { field };
            faults.push((now, step, field, message));
        } else if let Some((player, was)) = was.filter(|_| !as_before)
            && was.kind == EventType::YellowCard
            && let Some(book) = books.get_mut(player)
            && book.second_alone().is_some()
        {
            book.first_taken_back = Some((step.line, what_changed(step, was)));
        }
    }
    // What is corrected later is no mistake: the end of the story counts.
    for (player, step, field, message) in faults {
        let Some((player, book)) = player.and_then(|player| Some((player, books.get(player)?))) else { continue };
        if book.still_has_fault(player, &step.event.id) {
            out.error(Place::Line(step.line), field, message);
        }
    }
    for (player, book) in books {
        if let (Some((line, field)), Some(second)) = (book.first_taken_back, book.second_alone()) {
            let message = format!(
                "{player:?} has no first caution any more and stays sent off by the second, {:?} on line {}: remove that \
                 too, or make it a \"yellow_card\"",
                second.id, second.line
            );
            out.warning(Place::Line(line), field, message);
        }
    }
}

/// A coach is booked and sent off, and does nothing else: a correction can make something else of a card.
pub(super) fn coaches_only_get_cards(story: &Story<'_>, out: &mut Remarks) {
    let wrong = |event: &MatchEvent| {
        let coach = event.player().filter(|player| story.fixture.coach(player.as_str()).is_some());
        coach.filter(|_| event.stands() && !event.kind.is_card()).cloned()
    };
    for step in &story.steps {
        if let Some(coach) = wrong(step.event).filter(|_| step.was.and_then(wrong).is_none()) {
            let message = format!("player {coach:?} is the coach: a coach can only be booked and sent off");
            out.error(Place::Line(step.line), "type", message);
        }
    }
}

/// What is wrong with a card for a player who has those in the book, and the field that says so.
fn fault(book: &Book<'_>, player: &PlayerId, kind: &EventType) -> Option<(&'static str, String)> {
    if let Some(card) = book.sending_off() {
        return Some(("player", format!("{player:?} has been sent off already, on line {}", card.line)));
    }
    match (kind, book.find(&EventType::YellowCard)) {
        (EventType::YellowCard, Some(first)) => {
            let line = first.line;
            let message = format!(
                "{player:?} has been booked on line {line}: the second caution of a player is a \"second_yellow_card\""
            );
            Some(("type", message))
        }
        (EventType::SecondYellowCard, None) => {
            Some(("type", format!("{player:?} has not been booked: a second yellow card needs a first")))
        }
        _ => None,
    }
}

/// The field of a correction that takes a card from its player.
fn what_changed(step: &Step<'_>, was: &MatchEvent) -> &'static str {
    match step.event {
        event if event.op == Op::Remove => "id",
        event if event.player() != was.player() => "player",
        _ => "type",
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with};

    #[test]
    fn cards_of_a_coach_are_cards_and_nothing_else() {
        let coached = |line: &str| line.replacen(r#""home":{"#, r#""home":{"coach":{"id":"c","name":"C"},"#, 1);
        finds_in_match_with(
            coached,
            r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"c"}
               {"type":"second_yellow_card","period":1,"clock":"20:00","side":"home","player":"c"}
               {"type":"red_card","period":1,"clock":"21:00","side":"home","player":"c"}
               {"op":"remove","id":"y","told":"22:00"}
               {"type":"red_card","id":"r","period":1,"clock":"23:00","side":"away","player":"c"}"#,
            &[
                "5 \"c\": error: \"c\" has been sent off already, on line 4 (and 1 more)",
                "6 \"y\": warning: \"c\" has no first caution any more and stays sent off by the second, \"e2\" on line 4: \
                 remove that too, or make it a \"yellow_card\"",
                "7 \"c\": error: player \"c\" is the coach of home; in a red_card of away, \"player\" is of away",
            ],
        );
        finds_in_match_with(
            coached,
            r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"c"}
               {"op":"update","id":"y","told":"11:00","type":"foul"}
               {"op":"update","id":"y","told":"12:00","text":"Still."}"#,
            &["4 \"foul\": error: player \"c\" is the coach: a coach can only be booked and sent off"],
        );
    }

    #[test]
    fn two_yellows_make_a_red() {
        finds(
            r#"{"type":"yellow_card","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"type":"yellow_card","period":1,"clock":"20:00","side":"home","player":"h4"}
               {"type":"second_yellow_card","period":1,"clock":"21:00","side":"home","player":"h5"}
               {"type":"red_card","period":1,"clock":"22:00","side":"home","player":"h5"}"#,
            &[
                "4 \"yellow_card\": error: \"h4\" has been booked on line 3: the second caution of a player is a \"second_yellow_card\"",
                "5 \"second_yellow_card\": error: \"h5\" has not been booked: a second yellow card needs a first",
                "6 \"h5\": error: \"h5\" has been sent off already, on line 5",
            ],
        );
        finds(
            r#"{"type":"yellow_card","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"type":"second_yellow_card","id":"s","period":1,"clock":"20:00","side":"home","player":"h4"}
               {"op":"update","id":"s","told":"20:10","reason":"dissent"}"#,
            &[],
        );
    }

    #[test]
    fn a_withdrawn_caution_does_not_count() {
        finds(
            r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"op":"remove","id":"y","told":"10:30"}
               {"type":"yellow_card","period":1,"clock":"20:00","side":"home","player":"h4"}"#,
            &[],
        );
    }

    #[test]
    fn cautions_that_are_put_right_in_any_order_are_no_mistake() {
        let first = r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"h4"}"#;
        let second = r#"{"type":"second_yellow_card","id":"s","period":1,"clock":"20:00","side":"home","player":"h4"}"#;
        let (remove, lessen) = (
            r#"{"op":"remove","id":"y","told":"TOLD"}"#,
            r#"{"op":"update","id":"s","told":"TOLD","type":"yellow_card"}"#,
        );
        for (one, other) in [(remove, lessen), (lessen, remove)] {
            let (one, other) = (one.replace("TOLD", "21:00"), other.replace("TOLD", "22:00"));
            finds(&format!("{first}\n{second}\n{one}\n{other}"), &[]);
        }
    }

    /// What is found where these lines follow two cautions of `h4`, `y` and `s`, on lines 3 and 4.
    #[track_caller]
    fn after_two_cautions(lines: &str, expected: &[&str]) {
        let cautions = r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"type":"second_yellow_card","id":"s","period":1,"clock":"20:00","side":"home","player":"h4"}"#;
        finds(&format!("{cautions}\n{lines}"), expected);
    }

    const ALONE: &str = "\"h4\" has no first caution any more and stays sent off by the second, \"s\" on line 4: \
                         remove that too, or make it a \"yellow_card\"";

    #[test]
    fn a_second_caution_does_not_outlive_the_first() {
        for (correction, mark) in [
            (r#""op":"remove""#, "\"y\""),
            (r#""op":"update","player":"h5""#, "\"h5\""),
            (r#""op":"update","player":null"#, "null"),
            (r#""op":"update","side":"away","player":"a4""#, "\"a4\""),
            (r#""op":"update","type":"foul""#, "\"foul\""),
        ] {
            let line = format!(r#"{{{correction},"id":"y","told":"31:00"}}"#);
            after_two_cautions(&line, &[&format!("5 {mark}: warning: {ALONE}")]);
        }
        // The side alone is an error of its own, and the caution still counts for the player.
        after_two_cautions(
            r#"{"op":"update","id":"y","told":"31:00","side":"away"}"#,
            &[
                "5 {\"op\":\"update\": error: player \"h4\" plays for home; in a yellow_card of away, \"player\" is of away",
            ],
        );
        // A caution that turns into a red card makes the second one impossible.
        after_two_cautions(
            r#"{"op":"update","id":"y","told":"31:00","type":"red_card"}"#,
            &["5 \"red_card\": error: \"h4\" has been sent off already, on line 4"],
        );
    }

    #[test]
    fn what_is_put_right_later_is_no_mistake() {
        for lines in [
            r#"{"op":"remove","id":"y","told":"31:00"}
               {"op":"remove","id":"s","told":"32:00"}"#,
            r#"{"op":"remove","id":"s","told":"31:00"}
               {"op":"remove","id":"y","told":"32:00"}"#,
            r#"{"op":"remove","id":"y","told":"31:00"}
               {"op":"update","id":"s","told":"32:00","type":"yellow_card"}"#,
            r#"{"op":"remove","id":"y","told":"31:00"}
               {"op":"update","id":"s","told":"32:00","type":"red_card"}"#,
            r#"{"op":"update","id":"y","told":"31:00","player":"h5"}
               {"op":"update","id":"y","told":"32:00","player":"h4"}"#,
            r#"{"op":"remove","id":"y","told":"31:00"}
               {"type":"yellow_card","period":1,"clock":"10:10","told":"32:00","side":"home","player":"h4"}"#,
            r#"{"op":"update","id":"y","told":"31:00","text":"For dissent."}"#,
        ] {
            after_two_cautions(lines, &[]);
        }
        after_two_cautions(
            r#"{"op":"update","id":"y","told":"31:00","player":"h5"}
               {"op":"remove","id":"y","told":"32:00"}"#,
            &[&format!("5 \"h5\": warning: {ALONE}")],
        );
    }
}
