//! Starts the judge of a replay, and tells it the truth.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::judge::ReplayJudge;
use super::replay::Replay;
use crate::verdict::ClientReport;

impl Replay {
    /// Judges what clients show from now on. `records`: also what they are sent, each from its first connection on.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub(crate) fn start_judge(&self, records: bool, runtime: &Handle) -> &Arc<ReplayJudge> {
        self.inner.judge.get_or_init(|| {
            let judge = ReplayJudge::new(self.status_receiver(), records);
            runtime.spawn(follow_truth(judge.clone(), self.clone()));
            judge
        })
    }
}

/// Tells the judge the truth until the replay is over.
async fn follow_truth(judge: Arc<ReplayJudge>, replay: Replay) {
    let mut observer = replay.observe();
    loop {
        tokio::select! {
            status = observer.next() => judge.take_truth(&status),
            () = replay.wait_until_over() => return,
        }
    }
}

/// What has been found about each client of a replay that says what it shows.
pub fn client_reports(replay: &Replay) -> Vec<ClientReport> {
    replay.judge().map(|judge| judge.reports()).unwrap_or_default()
}
