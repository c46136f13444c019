//! The media times in which a fault happens.

use super::fault::Fault;
use super::place::Place;
use crate::playback::{Rejection, SeekOrigin};
use crate::scenario::{MediaTime, Timeline};

/// Later than any event: faults may move some beyond the end of the truth.
const FOREVER: MediaTime = MediaTime::from_nanos(i64::MAX);

/// The media time of a place, which the parameter `name` of a fault gives.
pub(super) fn time_of(
    name: &str,
    place: &Place,
    truth: &Timeline,
    track: Option<usize>,
) -> Result<MediaTime, Rejection> {
    let found = place.resolve(truth, track, &SeekOrigin::default());
    found.map(|found| found.at).map_err(|rejection| rejection.context(name))
}

/// From when until when a fault happens, both included. Without `from` it is from `earliest` on.
pub(super) fn window_of(
    fault: &Fault,
    truth: &Timeline,
    track: Option<usize>,
    earliest: MediaTime,
) -> Result<(MediaTime, MediaTime), Rejection> {
    let time_or = |name: &str, place: &Option<Place>, default: MediaTime| {
        place.as_ref().map_or(Ok(default), |place| time_of(name, place, truth, track))
    };
    let window = (time_or("from", &fault.from, earliest)?, time_or("until", &fault.until, FOREVER)?);
    if window.0 > window.1 {
        return Err(Rejection::bad_argument("until lies before from"));
    }
    Ok(window)
}
