//! `burst`: the feed says nothing for a while, then everything at once.

use super::{Kind, delivery};
use crate::faults::deliveries::{Deliveries, show};
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::football::FaultKind;
use crate::scenario::{MediaTime, Span};

pub(super) const KIND: Kind = delivery(FaultSpec { requires: &["for"], ..FaultSpec::new(FaultKind::Burst) }, hold_back);

fn hold_back(deliveries: &mut Deliveries<'_>, chosen: &Chosen<'_>) {
    let lasts = chosen.fault().lasts.unwrap_or(Span::ZERO);
    for parcels in deliveries.in_order() {
        let mut until = MediaTime::ZERO;
        for parcel in parcels {
            let at = deliveries.at(parcel);
            // A silence that has begun holds back everything; no other begins within it.
            if at >= until && deliveries.is_chosen(chosen, parcel) {
                until = at + lasts;
            }
            if at < until {
                let sent = deliveries.postpone(parcel, until);
                deliveries.note(chosen, sent, format!("held back for {}", show(until - at)));
            }
        }
    }
}
