//! `duplicate`: an event is sent several times.

use super::{Kind, delivery};
use crate::faults::deliveries::{Deliveries, show};
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::football::FaultKind;
use crate::scenario::Span;

pub(super) const KIND: Kind = delivery(FaultSpec::new(FaultKind::Duplicate), send_again);

/// How long after an event its copy is sent, unless the fault says otherwise.
const DELAY: Span = Span::from_secs(1);

fn send_again(deliveries: &mut Deliveries<'_>, chosen: &Chosen<'_>) {
    let mut parcels = deliveries.chosen_parcels(chosen);
    // Copies of copies would multiply with each further fault.
    parcels.retain(|parcel| !deliveries.is_copy(*parcel));
    for parcel in parcels {
        let cue = deliveries.event(parcel);
        let mut dice = chosen.further_dice(cue.track, &cue.event);
        let mut at = deliveries.at(parcel);
        for _ in 0..chosen.fault().times.unwrap_or(1) {
            at += dice.span(chosen.fault().by.unwrap_or((DELAY, DELAY)));
            let copy = deliveries.copy(parcel, at);
            let after = show(at - deliveries.at(parcel));
            deliveries.note(chosen, copy, format!("sent again after {after}"));
        }
    }
}
