//! Opens replays, for documents and for streams alike.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::app_state::{AppState, MAIN_REPLAY};
use super::catalogue::Lookup;
use super::slow_work::run_blocking;
use crate::error_code::ErrorCode;
use crate::faults::FaultPlan;
use crate::faults::link::LinkPlan;
use crate::hub::runtime_now;
use crate::hub::{Opened, ReplayOptions, ReplaySpec, UploadedScenario};
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// The longest that a request waits until its scenario is read and built.
const MAX_UPLOAD_WAIT: Duration = Duration::from_secs(30);

/// The scenario to play: the one that `main` plays if none is named.
pub(super) fn find(app: &AppState, replay_spec: &ReplaySpec) -> Result<Lookup, Rejection> {
    match &replay_spec.scenario {
        Some(name) => app.catalogue.find(name),
        None => app.hub.find(MAIN_REPLAY).map(|(replay, _)| Lookup::Ready(replay.timeline().clone())),
    }
}

/// Loads a shipped scenario on the blocking pool.
pub(super) async fn load(app: &AppState, index: usize) -> Result<Arc<Timeline>, Rejection> {
    let catalogue = app.catalogue.clone();
    let loaded = tokio::task::spawn_blocking(move || catalogue.load(index)).await;
    let entry =
        loaded.unwrap_or_else(|_| Err(Rejection::new(ErrorCode::Unavailable, "the scenario could not be loaded")));
    entry.map(|entry| entry.timeline)
}

/// Reads, checks and builds the scenario of these lines, unless other requests do so or replays play it already.
pub(super) async fn build_upload(app: &AppState, lines: &[u8]) -> Result<UploadedScenario, Rejection> {
    let uploads = app.hub.uploads();
    let upload = run_blocking(|| uploads.find(lines));
    let building = upload.get_or_build(|| async { app.slow_work.run(|| uploads.build(&upload, lines)).await? });
    // Those that wait for the same lines would otherwise each wait for a turn, one after the other.
    timeout(MAX_UPLOAD_WAIT, building).await.unwrap_or_else(|_| {
        Err(Rejection::new(ErrorCode::OverLimit, "the server is busy with other scenarios; try again in a moment"))
    })
}

/// Opens a replay as the client specified it, under a name if one is given. `adapt` changes the options further. It may
/// take long: see [`ReplaySpec::cost_depends_on_length`].
pub(super) fn open(
    app: &AppState,
    name: Option<&str>,
    replay_spec: &ReplaySpec,
    timeline: Arc<Timeline>,
    adapt: impl FnOnce(&mut ReplayOptions),
) -> Result<Opened, Rejection> {
    // Faults belong to a replay: none are inherited from that of which this one plays the scenario, but for those of the scenario.
    let plan = replay_spec.faults.clone().map_or_else(|| FaultPlan::of_scenario(&timeline), Ok);
    let of_faults = |rejection: Rejection| rejection.context("faults");
    let plan =
        plan.and_then(|plan| plan.resolve_from(&timeline.truth(), replay_spec.from.as_ref())).map_err(of_faults)?;
    let link = LinkPlan::resolve(&timeline, &plan, replay_spec.seed).map_err(of_faults)?;
    let feed = plan.feed();
    let timeline = if feed.is_empty() && timeline.faults().is_none() {
        timeline
    } else {
        app.hub.with_faults(&timeline, &feed, replay_spec.seed).map_err(of_faults)?
    };
    let mut options = replay_spec.options(&timeline, runtime_now())?;
    options.link = Some(Arc::new(link)).filter(|link| !link.is_empty());
    // A named replay is meant to be found.
    options.listed = name.is_some();
    adapt(&mut options);
    match name {
        Some(name) => app.hub.open(name, timeline, options),
        None => app.hub.open_with_random_name(timeline, options),
    }
}
