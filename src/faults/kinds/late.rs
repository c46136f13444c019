//! `late`: an event is sent later than it happened.

use super::{Kind, delivery};
use crate::faults::deliveries::{Deliveries, show};
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::football::FaultKind;
use crate::scenario::Span;

pub(super) const KIND: Kind = delivery(FaultSpec { requires: &["by"], ..FaultSpec::new(FaultKind::Late) }, send_late);

fn send_late(deliveries: &mut Deliveries<'_>, chosen: &Chosen<'_>) {
    for parcel in deliveries.chosen_parcels(chosen) {
        let cue = deliveries.event(parcel);
        let by = chosen.further_dice(cue.track, &cue.event).span(chosen.fault().by.unwrap_or((Span::ZERO, Span::ZERO)));
        let late = deliveries.postpone(parcel, deliveries.at(parcel) + by);
        deliveries.note(chosen, late, format!("sent {} late", show(by)));
    }
}
