//! Link faults on the connections of subscribers. `docs/faults.md` describes them; which are in force, and when, is pure
//! (`faults/link`).

mod frames;
mod handover;
mod socket;

pub use handover::HandedOver;
pub(super) use handover::ServedSubscriber;
pub(super) use socket::LinkSocket;
