//! `reorder`: an event is sent after the next event of its match.

use super::{Kind, delivery};
use crate::faults::deliveries::Deliveries;
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::football::FaultKind;
use crate::scenario::Span;

pub(super) const KIND: Kind = delivery(FaultSpec::new(FaultKind::Reorder), send_after_next);

/// How far away the next event may be, unless the fault says otherwise.
const WITHIN: Span = Span::from_secs(60);

fn send_after_next(deliveries: &mut Deliveries<'_>, chosen: &Chosen<'_>) {
    for parcels in deliveries.in_order() {
        for pair in parcels.windows(2) {
            let (parcel, next) = (pair[0], pair[1]);
            let cue = deliveries.event(parcel);
            let within = chosen.fault().by.map_or(WITHIN, |by| chosen.further_dice(cue.track, &cue.event).span(by));
            if deliveries.is_chosen(chosen, parcel) && deliveries.at(next) - deliveries.at(parcel) <= within {
                let what = format!("sent after {}", deliveries.event(next).event.id.as_str());
                let moved = deliveries.postpone(parcel, deliveries.at(next));
                deliveries.note(chosen, moved, what);
            }
        }
    }
}
