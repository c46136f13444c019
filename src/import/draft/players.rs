//! Players in events: each is on a sheet, of the right side, and on the field when acting.

use hashbrown::HashMap;

use super::{DraftEvent, MatchDraft};
use crate::football::{EventType, Field, FieldValue, PlayerId, Presence, Side, TypeClass};

/// All players and coaches of both sheets.
pub(super) type ListedPeople = HashMap<PlayerId, ListedPerson>;

/// A player or coach.
pub(super) struct ListedPerson {
    side: Side,
    /// `None` where the line-up of the side is unknown, so that anybody may be on the field.
    presence: Option<Presence>,
}

impl MatchDraft {
    /// Leaves players out of events who are on neither sheet, or on that of the wrong side.
    pub(super) fn drop_strangers(&mut self, listed: &ListedPeople) {
        let (mut unknown, mut mixed_up) = (0_usize, 0_usize);
        for event in &mut self.events {
            let own_goal = event.fields.iter().any(|(field, _)| *field == Field::OwnGoal);
            let side = event.side.filter(|_| !names_any_player(&event.kind));
            event.fields.retain(|(field, value)| {
                let FieldValue::Player(id) = value else { return true };
                let expected = match field {
                    Field::Fouled | Field::Opponent => side.map(Side::other),
                    Field::Player if own_goal => side.map(Side::other),
                    _ => side,
                };
                match listed.get(id) {
                    None => unknown += 1,
                    Some(person) if expected.is_some_and(|expected| expected != person.side) => mixed_up += 1,
                    Some(_) => return true,
                }
                false
            });
        }
        if unknown > 0 {
            self.warn(format!("players on neither sheet are left out of events: {unknown} times"));
        }
        if mixed_up > 0 {
            self.warn(format!("players of the other side are left out of events: {mixed_up} times"));
        }
    }

    /// Warns of players who act while they are not on the field. The events are in the order of the match.
    pub(super) fn check_presence(&mut self, mut listed: ListedPeople) {
        let (mut absent, mut first) = (0_usize, None);
        for event in &self.events {
            let acts = event.kind.is(TypeClass::Play) || event.kind == EventType::PositionChange;
            let is_absent = |id: &PlayerId| {
                let presence = listed.get(id).and_then(|person| person.presence);
                presence.is_some_and(|presence| presence != Presence::On)
            };
            let players = event.fields.iter().filter_map(|(_, value)| match value {
                FieldValue::Player(id) => Some(id),
                _ => None,
            });
            if let Some(player) = players.filter(|_| acts).find(|id| is_absent(id)) {
                absent += 1;
                first.get_or_insert_with(|| (player.clone(), event.clock, event.id.clone()));
            }
            follow(event, &mut listed);
        }
        if let Some((player, clock, id)) = first {
            let name = self.fixture.player(player.as_str()).map_or(player.as_str(), |(_, _, player)| &*player.name);
            self.warn(format!(
                "players act who are not on the field by the line-ups and changes: {absent} times, the first one {name} at {} \
                 (event {id})",
                clock.reading
            ));
        }
    }

    /// Players and coaches, where they are at kick-off.
    pub(super) fn listed_people(&self) -> ListedPeople {
        let mut listed = HashMap::new();
        for side in Side::ALL.iter().copied() {
            let team = self.fixture.team(side);
            let knows_line_up = team.players.iter().any(|player| player.starts);
            let coach = team.coach.as_ref().and_then(|coach| coach.id.clone());
            listed.extend(coach.map(|id| (id, ListedPerson { side, presence: None })));
            listed.extend(team.players.iter().map(|player| {
                let presence = if player.starts { Presence::On } else { Presence::Bench };
                (player.id.clone(), ListedPerson { side, presence: Some(presence).filter(|_| knows_line_up) })
            }));
        }
        listed
    }
}

/// Takes over who is on the field after an event.
fn follow(event: &DraftEvent, listed: &mut ListedPeople) {
    let changes: &[(Field, Presence)] = match event.kind {
        EventType::Substitution => &[(Field::In, Presence::On), (Field::Out, Presence::Off)],
        EventType::PlayerOff => &[(Field::Player, Presence::Off)],
        EventType::PlayerOn => &[(Field::Player, Presence::On)],
        EventType::SecondYellowCard | EventType::RedCard => &[(Field::Player, Presence::SentOff)],
        _ => return,
    };
    for (field, presence) in changes {
        let named = event.fields.iter().find(|(known, _)| known == field);
        if let Some((_, FieldValue::Player(id))) = named
            && let Some(person) = listed.get_mut(id)
        {
            person.presence = person.presence.map(|_| *presence);
        }
    }
}

/// Whether an event of this type may name players of either side.
fn names_any_player(kind: &EventType) -> bool {
    matches!(kind, EventType::PenaltyAwarded | EventType::VarReview | EventType::VarDecision | EventType::Commentary)
}
