//! Cards: a second yellow card sends off and needs a first, and a player is sent off once.

use std::collections::HashMap;

use super::report::{LineRef, LintReport};
use super::{EventType, MatchView, Op, Revision};
use crate::football::{EventId, MatchEvent, PlayerId};

/// A card that has not been taken back.
#[derive(Clone)]
struct Card<'a> {
    id: &'a EventId,
    line: u32,
    kind: &'a EventType,
}

/// The cards of one player that have not been taken back.
#[derive(Default)]
struct PlayerCards<'a> {
    cards: Vec<Card<'a>>,
    /// The correction that took the first yellow card back while there was a second: its line, and the field that did
    /// so.
    first_taken_back: Option<(u32, &'static str)>,
}

impl<'a> PlayerCards<'a> {
    fn find(&self, kind: &EventType) -> Option<&Card<'a>> {
        self.cards.iter().find(|card| card.kind == kind)
    }

    fn find_sending_off(&self) -> Option<&Card<'a>> {
        self.find(&EventType::SecondYellowCard).or_else(|| self.find(&EventType::RedCard))
    }

    /// Whether a card is wrong in view of the others.
    fn still_has_mistake(&self, player: &PlayerId, id: &EventId) -> bool {
        let Some(card) = self.cards.iter().find(|card| card.id == id) else { return false };
        let others =
            Self { cards: self.cards.iter().filter(|card| card.id != id).cloned().collect(), ..Self::default() };
        find_card_mistake(&others, player, card.kind).is_some()
    }

    /// The second yellow card, if there is no first.
    fn find_unpaired_second_yellow(&self) -> Option<&Card<'a>> {
        let second = self.find(&EventType::SecondYellowCard)?;
        self.find(&EventType::YellowCard).is_none().then_some(second)
    }
}

/// The player to whom an event shows a card.
fn card_recipient(event: &MatchEvent) -> Option<&PlayerId> {
    event.player().filter(|_| event.kind.is_card() && event.is_in_force())
}

/// A second yellow card is a `second_yellow_card` and needs a first, also after all corrections. A player who has been
/// sent off gets no more cards.
pub(super) fn check_cards_are_consistent(view: &MatchView<'_>, out: &mut LintReport) {
    // A line that could not be read may show a first yellow card or take a card back.
    if view.may_lack(&[EventType::YellowCard, EventType::SecondYellowCard, EventType::RedCard]) {
        return;
    }
    let mut cards_of: HashMap<&PlayerId, PlayerCards<'_>> = HashMap::new();
    let mut mistakes = Vec::new();
    for revision in &view.revisions {
        let previous = revision.previous.and_then(|previous| Some((card_recipient(previous)?, previous)));
        if let Some((player, previous)) = previous {
            cards_of.entry(player).or_default().cards.retain(|card| *card.id != previous.id);
        }
        let now = card_recipient(revision.event);
        let as_before =
            previous.is_some_and(|(player, previous)| now == Some(player) && previous.kind == revision.event.kind);
        let mistake = match now {
            Some(player) => {
                let cards = cards_of.entry(player).or_default();
                // The first yellow card may be told late, or restored by a correction.
                let first = revision.is_late()
                    && revision.event.kind == EventType::YellowCard
                    && cards.find_unpaired_second_yellow().is_some();
                let mistake =
                    if as_before || first { None } else { find_card_mistake(cards, player, &revision.event.kind) };
                cards.cards.push(Card { id: &revision.event.id, line: revision.line, kind: &revision.event.kind });
                mistake
            }
            None => None,
        };
        if let Some((field, message)) = mistake {
            // A correction with the same player has changed the type of the card.
            let field = if previous.is_some_and(|(player, _)| now == Some(player)) { "type" } else { field };
            mistakes.push((now, revision, field, message));
        } else if let Some((player, previous)) = previous.filter(|_| !as_before)
            && previous.kind == EventType::YellowCard
            && let Some(cards) = cards_of.get_mut(player)
            && cards.find_unpaired_second_yellow().is_some()
        {
            cards.first_taken_back = Some((revision.line, change_text(revision, previous)));
        }
    }
    // A mistake that a later correction repairs is not reported.
    for (player, revision, field, message) in mistakes {
        let Some((player, cards)) = player.and_then(|player| Some((player, cards_of.get(player)?))) else { continue };
        if cards.still_has_mistake(player, &revision.event.id) {
            out.error(LineRef::Line(revision.line), field, message);
        }
    }
    for (player, cards) in cards_of {
        if let (Some((line, field)), Some(second)) = (cards.first_taken_back, cards.find_unpaired_second_yellow()) {
            let message = format!(
                "the first yellow card of {player:?} is taken back, but the second, {:?} on line {}, still sends the \
                 player off: remove it too, or make it a \"yellow_card\"",
                second.id, second.line
            );
            out.warning(LineRef::Line(line), field, message);
        }
    }
}

/// A coach is named only on cards. The reader checks lines by themselves; a correction can also change the type of a
/// card.
pub(super) fn check_coaches_only_get_cards(view: &MatchView<'_>, out: &mut LintReport) {
    let wrong = |event: &MatchEvent| {
        let coach = event.player().filter(|player| view.fixture.coach(player.as_str()).is_some());
        coach.filter(|_| event.is_in_force() && !event.kind.is_card()).cloned()
    };
    for revision in &view.revisions {
        if let Some(coach) = wrong(revision.event).filter(|_| revision.previous.and_then(wrong).is_none()) {
            let message = format!("player {coach:?} is the coach, who can only be named on cards");
            out.error(LineRef::Line(revision.line), "type", message);
        }
    }
}

/// What is wrong with a further card for a player with these cards: field and message.
fn find_card_mistake(cards: &PlayerCards<'_>, player: &PlayerId, kind: &EventType) -> Option<(&'static str, String)> {
    if let Some(card) = cards.find_sending_off() {
        return Some(("player", format!("{player:?} has been sent off already, on line {}", card.line)));
    }
    match (kind, cards.find(&EventType::YellowCard)) {
        (EventType::YellowCard, Some(first)) => {
            let line = first.line;
            let message =
                format!("{player:?} has a yellow card on line {line}: write the second one as \"second_yellow_card\"");
            Some(("type", message))
        }
        (EventType::SecondYellowCard, None) => {
            Some(("type", format!("{player:?} has no yellow card: a \"second_yellow_card\" needs one before it")))
        }
        _ => None,
    }
}

/// The field by which a correction takes a card from its player.
fn change_text(revision: &Revision<'_>, previous: &MatchEvent) -> &'static str {
    match revision.event {
        event if event.op == Op::Remove => "id",
        event if event.player() != previous.player() => "player",
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
                "6 \"y\": warning: the first yellow card of \"c\" is taken back, but the second, \"e2\" on line 4, still sends the \
                 player off: remove it too, or make it a \"yellow_card\"",
                "7 \"c\": error: player \"c\" is the coach of home: in a red_card of away, \"player\" names a player of away",
            ],
        );
        finds_in_match_with(
            coached,
            r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"c"}
               {"op":"update","id":"y","told":"11:00","type":"foul"}
               {"op":"update","id":"y","told":"12:00","text":"Still."}"#,
            &["4 \"foul\": error: player \"c\" is the coach, who can only be named on cards"],
        );
    }

    #[test]
    fn a_second_yellow_card_has_its_own_type() {
        finds(
            r#"{"type":"yellow_card","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"type":"yellow_card","period":1,"clock":"20:00","side":"home","player":"h4"}
               {"type":"second_yellow_card","period":1,"clock":"21:00","side":"home","player":"h5"}
               {"type":"red_card","period":1,"clock":"22:00","side":"home","player":"h5"}"#,
            &[
                "4 \"yellow_card\": error: \"h4\" has a yellow card on line 3: write the second one as \"second_yellow_card\"",
                "5 \"second_yellow_card\": error: \"h5\" has no yellow card: a \"second_yellow_card\" needs one before it",
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
    fn cautions_may_be_corrected_in_any_order() {
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

    /// The findings for these lines after two cautions of `h4`: `y` on line 3 and `s` on line 4.
    #[track_caller]
    fn after_two_cautions(lines: &str, expected: &[&str]) {
        let cautions = r#"{"type":"yellow_card","id":"y","period":1,"clock":"10:00","side":"home","player":"h4"}
               {"type":"second_yellow_card","id":"s","period":1,"clock":"20:00","side":"home","player":"h4"}"#;
        finds(&format!("{cautions}\n{lines}"), expected);
    }

    const ALONE: &str = "the first yellow card of \"h4\" is taken back, but the second, \"s\" on line 4, still sends the \
                         player off: remove it too, or make it a \"yellow_card\"";

    #[test]
    fn a_second_caution_without_its_first_is_reported() {
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
        // A wrong side is an error of its own, and the caution still counts for the player.
        after_two_cautions(
            r#"{"op":"update","id":"y","told":"31:00","side":"away"}"#,
            &[
                "5 {\"op\":\"update\": error: player \"h4\" plays for home: in a yellow_card of away, \"player\" names a player of away",
            ],
        );
        // A caution that turns into a red card makes the second one impossible.
        after_two_cautions(
            r#"{"op":"update","id":"y","told":"31:00","type":"red_card"}"#,
            &["5 \"red_card\": error: \"h4\" has been sent off already, on line 4"],
        );
    }

    #[test]
    fn a_mistake_that_is_corrected_later_is_not_reported() {
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
