//! Opening a replay for somebody, whether it asks for that in a document or by the address of a stream.

use std::sync::Arc;

use super::catalogue::Found;
use super::refusal::{rejection, unknown_replay};
use super::site::{MAIN, Site};
use crate::hub::{Opened, ReplayOptions, ReplaySpec};
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// What a programme plays: what is on already, where it names nothing.
pub(super) fn find(site: &Site, programme: &ReplaySpec) -> Result<Found, Rejection> {
    match &programme.scenario {
        Some(name) => site.catalogue.find(name),
        None => match site.hub.get(MAIN) {
            Some((replay, _)) => Ok(Found::Ready(replay.timeline().clone())),
            None => Err(unknown_replay(MAIN)),
        },
    }
}

/// A shipped scenario laid out, where that keeps nobody waiting.
pub(super) async fn lay_out(site: &Site, place: usize) -> Result<Arc<Timeline>, Rejection> {
    let catalogue = site.catalogue.clone();
    let laid_out = tokio::task::spawn_blocking(move || catalogue.lay_out(place)).await;
    let offered = laid_out.unwrap_or_else(|_| Err(rejection("unavailable", "the scenario could not be laid out")));
    offered.map(|offered| offered.timeline)
}

/// Opens a replay, under a name if it is given one, as the programme says and as the options are adapted to what it is for.
/// It may take a while: see [`ReplaySpec::takes_time`].
pub(super) fn open(
    site: &Site,
    name: Option<&str>,
    programme: &ReplaySpec,
    timeline: Arc<Timeline>,
    adapt: impl FnOnce(&mut ReplayOptions),
) -> Result<Opened, Rejection> {
    let mut options = programme.options(&timeline, tokio::time::Instant::now().into_std())?;
    // Whoever gives it a name wants it to be found.
    options.listed = name.is_some();
    adapt(&mut options);
    match name {
        Some(name) => site.hub.open(name, timeline, options),
        None => site.hub.open_unnamed(timeline, options),
    }
}
