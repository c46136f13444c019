//! The kinds of faults: a file for each, and one list.

mod burst;
mod clock;
mod correct;
mod corrupt;
mod cut;
mod delay;
mod drop;
mod duplicate;
mod fragment;
mod half_open;
mod http_error;
mod late;
mod limit;
mod refuse;
mod reissue;
mod reorder;
mod slow_body;
mod slow_handshake;
mod stall;
mod swap;
mod throttle;
mod unknown;
mod vanish;

use super::deliveries::Deliveries;
use super::fault::{Fault, FaultSpec};
use super::link::{Break, Conditions};
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
    /// Connections, not the feed.
    Link(LinkEffect),
}

/// What a link fault changes, and when.
pub(super) enum LinkEffect {
    /// What is sent to a subscriber, for as long as the fault is in force.
    Bend(fn(&Fault, &mut Conditions)),
    /// A connection, when the fault begins: it ends.
    End(fn(&Fault) -> Break),
    /// Frames of events: while the fault is in force those that chance chooses, or the next one after it begins.
    Corrupt,
    /// New connections, while the fault is in force.
    Refuse,
    /// The response to the handshake of a subscriber that connects while the fault is in force.
    Handshake,
    /// Responses with documents, while the fault is in force.
    Document,
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
    &delay::KIND,
    &stall::KIND,
    &cut::KIND,
    &refuse::KIND,
    &throttle::KIND,
    &fragment::KIND,
    &corrupt::KIND,
    &half_open::KIND,
    &slow_handshake::KIND,
    &http_error::KIND,
    &slow_body::KIND,
    &limit::KIND,
];

/// The words of `what` for documents: those of this server, all of dialects, those of a provider, and single ones.
const DOCUMENTS: &[&str] =
    &["state", "timeline", "history", "table", "dialect", "api-football", "espn", "espn-scoreboard"];

/// A kind of faults of documents.
const fn document(spec: FaultSpec) -> Kind {
    Kind { spec: FaultSpec { variants: DOCUMENTS, ..spec }, effect: Effect::Link(LinkEffect::Document) }
}

/// A kind of delivery faults.
const fn delivery(spec: FaultSpec, change: fn(&mut Deliveries<'_>, &Chosen<'_>)) -> Kind {
    Kind { spec, effect: Effect::Delivery(change) }
}

/// A kind of story faults.
const fn story(spec: FaultSpec, change: fn(&mut Story<'_>, &Chosen<'_>)) -> Kind {
    Kind { spec, effect: Effect::Story(change) }
}

/// A kind of link faults that bend what is sent.
const fn bend(spec: FaultSpec, change: fn(&Fault, &mut Conditions)) -> Kind {
    Kind { spec, effect: Effect::Link(LinkEffect::Bend(change)) }
}

/// A kind of link faults that end a connection.
const fn end(spec: FaultSpec, break_of: fn(&Fault) -> Break) -> Kind {
    Kind { spec, effect: Effect::Link(LinkEffect::End(break_of)) }
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
