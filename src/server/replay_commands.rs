//! Applies the commands that need more than a replay: a change of feed faults, for which a timeline has to be built.

use super::app_state::AppState;
use crate::faults::FaultPlan;
use crate::hub::{Answer, Control, Replay, runtime_now};
use crate::playback::{Command, CommandRequest, Rejection};

/// Applies a command of a client that may control the replay.
pub(super) async fn apply(
    app: &AppState,
    replay: &Replay,
    control: &Control,
    command_request: CommandRequest,
) -> Result<Answer, Rejection> {
    let Command::Faults { plan, seed } = &command_request.command else { return control.apply(command_request).await };
    let refused = |rejection: Rejection| rejection.context("faults");
    let plan = FaultPlan::parse(plan).map_err(refused)?;
    let now = runtime_now();
    let status = replay.status(now);
    let timeline = status.timeline();
    // Positions such as next:goal are those of the moment at which the command came.
    let plan = plan
        .from_here(timeline, status.playhead.clock.media_time(now), status.playhead.head as usize)
        .map_err(refused)?;
    let seed = seed.or(timeline.faults().map(|report| report.seed)).unwrap_or(0);
    let build = || app.faulty_timelines.build(&timeline.truth(), &plan, seed);
    let timeline = app.slow_work.run(build).await?.map_err(refused)?;
    app.hub.change_faults(control, timeline, command_request.if_version, command_request.by).await
}
