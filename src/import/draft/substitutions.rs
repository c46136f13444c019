//! Substitutions of which the record does not name both players.

use super::MatchDraft;
use crate::football::{EventType, Field, FieldValue};

impl MatchDraft {
    /// Without one who comes on, a player goes off. Without one who goes off there is no substitution: the player who comes on
    /// would be one too many.
    pub(super) fn complete_substitutions(&mut self) {
        let (mut left_out, mut of_one) = (Vec::new(), 0_usize);
        self.events.retain_mut(|event| {
            let value = |field: Field| event.fields.iter().find(|(known, _)| *known == field).map(|(_, value)| value);
            let (on, off) = (value(Field::In), value(Field::Out));
            if event.kind != EventType::Substitution || on.is_some() && off.is_some() && on != off {
                return true;
            }
            // Nobody comes on for oneself.
            if off.is_none() || on == off {
                left_out.push((event.clock.reading, event.id.clone()));
                return false;
            }
            of_one += 1;
            event.kind = EventType::PlayerOff;
            for (field, value) in &mut event.fields {
                if *field == Field::Out && matches!(value, FieldValue::Player(_)) {
                    *field = Field::Player;
                }
            }
            true
        });
        if of_one > 0 {
            self.warn(format!("nothing says who comes on: {of_one} times a player goes off"));
        }
        for (reading, id) in left_out {
            self.leave_out("substitutions of which nothing says who went off");
            self.warn(format!("the substitution at {reading} (event {id}) is left out: nothing says who went off"));
        }
    }
}
