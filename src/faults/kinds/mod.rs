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
use super::fault::FaultSpec;
use super::selection::Chosen;
use super::story::Story;
use crate::football::{FaultKind, MatchEvent, Op, Period};

/// A kind of faults.
pub(super) struct Kind {
    pub(super) spec: FaultSpec,
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

/// A kind of delivery faults.
const fn delivery(spec: FaultSpec, change: fn(&mut Deliveries<'_>, &Chosen<'_>)) -> Kind {
    Kind { spec, effect: Effect::Delivery(change) }
}

/// A kind of story faults.
const fn story(spec: FaultSpec, change: fn(&mut Story<'_>, &Chosen<'_>)) -> Kind {
    Kind { spec, effect: Effect::Story(change) }
}

/// The kind of a fault.
pub(super) fn kind_of(word: FaultKind) -> &'static Kind {
    KINDS.iter().find(|kind| kind.spec.word == word).unwrap_or(&KINDS[0])
}

/// Whether an event is the first report of something in open play, reported in play.
fn is_played(event: &MatchEvent) -> bool {
    let playing = |period: Option<Period>| period.is_some_and(|period| period != Period::Shootout);
    event.op == Op::Add && playing(event.clock.period()) && playing(event.reported_at().period())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_words() {
        assert!(KINDS.iter().map(|kind| kind.spec.word).eq(FaultKind::ALL.iter().copied()));
    }
}
