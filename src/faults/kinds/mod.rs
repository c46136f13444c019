//! The kinds of faults: a file for each, and one list.

mod burst;
mod clock;
mod correct;
mod drop;
mod duplicate;
mod late;
mod reissue;
mod reorder;
mod swap;
mod unknown;
mod vanish;

use super::deliveries::Deliveries;
use super::fault::Fault;
use super::selection::Chosen;
use super::story::Story;
use crate::football::{FaultKind, MatchEvent, Op, Period};
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// A kind of faults.
pub(super) struct Kind {
    pub(super) word: FaultKind,
    /// The parameters that it takes beside those that choose events.
    pub(super) optional: &'static [&'static str],
    /// Those without which it cannot do anything.
    pub(super) requires: &'static [&'static str],
    /// The words that its parameter `what` takes.
    pub(super) variants: &'static [&'static str],
    /// The events that it can concern, for messages: `event`, `goal`.
    pub(super) suitable: &'static str,
    /// Whether it can concern an event.
    suits: fn(&Fault, &MatchEvent) -> bool,
    /// Refuses a fault that cannot happen on a timeline.
    pub(super) check: fn(&Timeline, &Fault) -> Result<(), Rejection>,
    pub(super) effect: Effect,
}

/// What a fault changes.
pub(super) enum Effect {
    /// What the feed says.
    Story(fn(&mut Story<'_>, &Chosen<'_>)),
    /// When it is sent.
    Delivery(fn(&mut Deliveries<'_>, &Chosen<'_>)),
}

/// All kinds, in the order of [`FaultKind::ALL`].
pub(super) const KINDS: [&Kind; FaultKind::ALL.len()] = [
    &late::KIND,
    &drop::KIND,
    &duplicate::KIND,
    &reorder::KIND,
    &burst::KIND,
    &vanish::KIND,
    &correct::KIND,
    &reissue::KIND,
    &unknown::KIND,
    &clock::KIND,
    &swap::KIND,
];

/// A kind that takes no parameters but those that choose events, and can concern any event.
const fn kind(word: FaultKind, effect: Effect) -> Kind {
    Kind {
        word,
        optional: &[],
        requires: &[],
        variants: &[],
        suitable: "event",
        suits: |_, _| true,
        check: |_, _| Ok(()),
        effect,
    }
}

/// Such a kind of delivery faults.
const fn delivery(word: FaultKind, change: fn(&mut Deliveries<'_>, &Chosen<'_>)) -> Kind {
    kind(word, Effect::Delivery(change))
}

/// Such a kind of story faults.
const fn story(word: FaultKind, change: fn(&mut Story<'_>, &Chosen<'_>)) -> Kind {
    kind(word, Effect::Story(change))
}

/// Whether an event is the first report of something in open play, reported in play.
fn is_played(event: &MatchEvent) -> bool {
    let playing = |period: Option<Period>| period.is_some_and(|period| period != Period::Shootout);
    event.op == Op::Add && playing(event.clock.period()) && playing(event.reported_at().period())
}

impl Kind {
    /// Whether it takes a parameter.
    pub(super) fn takes(&self, name: &str) -> bool {
        self.optional.contains(&name) || self.requires.contains(&name)
    }

    /// Whether it can concern an event.
    pub(super) fn suits(&self, fault: &Fault, event: &MatchEvent) -> bool {
        (self.suits)(fault, event)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_words() {
        assert!(KINDS.iter().map(|kind| kind.word).eq(FaultKind::ALL.iter().copied()));
    }
}
