//! `swap`: the events of two matches are sent under each other's match id.

use super::{Kind, delivery};
use crate::faults::deliveries::Deliveries;
use crate::faults::fault::{Fault, FaultSpec};
use crate::faults::selection::Chosen;
use crate::football::FaultKind;
use crate::playback::{Rejection, track_of};
use crate::scenario::{MediaTime, Span, Timeline};

pub(super) const KIND: Kind = delivery(FaultSpec { check: needs_two, ..FaultSpec::new(FaultKind::Swap) }, swap);

/// For how long two matches are swapped, unless the fault says otherwise.
const LASTS: Span = Span::from_secs(10 * 60);
/// Among how many of the nearest matches the other one is searched.
const NEAR: usize = 20;

fn needs_two(truth: &Timeline, fault: &Fault) -> Result<(), Rejection> {
    if truth.tracks().len() < 2 {
        return Err(Rejection::bad_argument("needs a second match"));
    }
    let with = track_of(truth, fault.with.as_ref()).map_err(|rejection| rejection.context("with"))?;
    if with.is_some() && fault.with == fault.of_match {
        return Err(Rejection::bad_argument("with must name another match than match"));
    }
    Ok(())
}

fn swap(deliveries: &mut Deliveries<'_>, chosen: &Chosen<'_>) {
    let truth = deliveries.truth();
    let lasts = chosen.fault().lasts.unwrap_or(LASTS);
    let with = chosen.fault().with.as_ref().and_then(|id| truth.track_of(id.as_str()));
    // For each match the one it is swapped with, and until when.
    let mut swapped: Vec<Option<(u16, MediaTime)>> = vec![None; truth.tracks().len()];
    let mut parcels = deliveries.in_order().concat();
    parcels.sort_by_key(|parcel| deliveries.at(*parcel));
    for parcel in parcels {
        let (at, track) = (deliveries.at(parcel), deliveries.event(parcel).track);
        let now = |swapped: &[Option<(u16, MediaTime)>], track: u16| {
            swapped[usize::from(track)].filter(|(_, until)| at < *until).map(|(other, _)| other)
        };
        if now(&swapped, track).is_none()
            && deliveries.is_chosen(chosen, parcel)
            && let Some(other) = with.map_or_else(|| next_in_play(truth, track, at), |with| u16::try_from(with).ok())
            && other != track
            && now(&swapped, other).is_none()
        {
            swapped[usize::from(track)] = Some((other, at + lasts));
            swapped[usize::from(other)] = Some((track, at + lasts));
        }
        if let Some(other) = now(&swapped, track)
            && deliveries.sent_under(parcel) == track
        {
            deliveries.send_under(parcel, other);
            let id = &truth.tracks()[usize::from(other)].fixture.id;
            deliveries.note(chosen, parcel, format!("sent as an event of {id}"));
        }
    }
}

/// The next match of those in play at a time; if no other is, of those nearest to it.
fn next_in_play(truth: &Timeline, track: u16, at: MediaTime) -> Option<u16> {
    let mut near = truth.nearest_matches(at, NEAR);
    near.retain(|other| *other != track);
    near.sort_by_key(|other| (*other < track, *other));
    let in_play = |other: &&u16| {
        let phase = truth.tracks()[usize::from(**other)].layout.phase_before(at);
        phase.is_some_and(|phase| at <= phase.to && phase.status.is_in_play())
    };
    near.iter().find(in_play).or(near.first()).copied()
}
