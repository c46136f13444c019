//! `drop`: an event is lost.

use super::{Kind, delivery};
use crate::faults::deliveries::Deliveries;
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::football::FaultKind;

pub(super) const KIND: Kind = delivery(FaultSpec::new(FaultKind::Drop), drop);

fn drop(deliveries: &mut Deliveries<'_>, chosen: &Chosen<'_>) {
    for parcel in deliveries.chosen_parcels(chosen) {
        deliveries.drop(parcel);
        deliveries.note(chosen, parcel, "not sent".to_owned());
    }
}
