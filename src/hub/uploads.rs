//! Scenarios that clients send: each is read and built once, however many requests send the same lines at the same time.

use std::collections::HashMap;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;
use ring::digest::{SHA256, digest};
use tokio::sync::OnceCell;

use super::timeline_budget::TimelineBudget;
use crate::faults;
use crate::playback::Rejection;
use crate::scenario::{Finding, Findings, Scenario, Severity, Timeline, WeakTimeline};

/// The SHA-256 of a scenario's lines.
type LinesDigest = [u8; 32];

/// What was found in a scenario that a client has sent.
#[derive(Debug, Default)]
pub struct UploadReport {
    /// The findings of `touchline check`.
    pub findings: Findings,
    /// Whether its fault lines cannot be played. A replay with faults of its own does without them.
    pub has_bad_faults: bool,
}

/// A scenario that a client has sent.
#[derive(Debug, Clone)]
pub struct UploadedScenario {
    /// What is played; `None`: the scenario cannot be read.
    pub timeline: Option<Arc<Timeline>>,
    pub report: Arc<UploadReport>,
}

/// The lines of a scenario while requests wait for it to be read, or have not opened their replays of it yet.
#[derive(Debug)]
pub struct Upload {
    digest: LinesDigest,
    scenario: OnceCell<UploadedScenario>,
}

/// Where the scenario of some lines is.
#[derive(Debug, Default)]
struct KnownLines {
    upload: Weak<Upload>,
    /// Its timeline once it is built, for as long as a replay plays it.
    built: Option<(WeakTimeline, Arc<UploadReport>)>,
}

impl KnownLines {
    fn is_alive(&self) -> bool {
        self.upload.strong_count() > 0 || self.built.as_ref().is_some_and(|(timeline, _)| timeline.is_alive())
    }
}

/// The scenarios that clients have sent.
#[derive(Debug)]
pub struct Uploads {
    budget: Arc<TimelineBudget>,
    /// Held for a look-up.
    known: Mutex<HashMap<LinesDigest, KnownLines>>,
}

impl Uploads {
    pub(super) fn new(budget: Arc<TimelineBudget>) -> Self {
        Self { budget, known: Mutex::default() }
    }

    /// The upload of these lines: equal lines share one. Takes time in proportion to their length.
    pub fn find(&self, lines: &[u8]) -> Arc<Upload> {
        let mut key = LinesDigest::default();
        key.copy_from_slice(digest(&SHA256, lines).as_ref());
        let mut known = self.known.lock();
        known.retain(|_, known| known.is_alive());
        let known = known.entry(key).or_default();
        if let Some(upload) = known.upload.upgrade() {
            return upload;
        }
        let built = known.built.as_ref().and_then(|(timeline, report)| {
            Some(UploadedScenario { timeline: Some(Arc::new(timeline.upgrade()?)), report: report.clone() })
        });
        let upload = Arc::new(Upload { digest: key, scenario: OnceCell::new_with(built) });
        known.upload = Arc::downgrade(&upload);
        upload
    }

    /// Reads, checks and builds the scenario of an upload's lines; that takes long. The rejection has the code `over_limit`: the
    /// memory for such timelines is used up.
    pub fn build(&self, upload: &Upload, lines: &[u8]) -> Result<UploadedScenario, Rejection> {
        self.budget.check_free()?;
        let reading = Scenario::check_text(lines);
        let is_playable = reading.is_playable();
        let timeline = is_playable.then(|| Arc::new(Timeline::keeping(Arc::new(reading.scenario))));
        let mut report = UploadReport { findings: reading.findings, has_bad_faults: false };
        if let Some(timeline) = &timeline
            && let Err(rejection) = faults::check_scenario(timeline)
        {
            report.has_bad_faults = true;
            report.findings.push(Finding::without_column(Severity::Error, 0, rejection.message));
        }
        let report = Arc::new(report);
        if let Some(timeline) = &timeline {
            self.budget.add(timeline, timeline.content_bytes() + lines.len())?;
            let mut known = self.known.lock();
            known.entry(upload.digest).or_default().built = Some((timeline.downgrade(), report.clone()));
        }
        Ok(UploadedScenario { timeline, report })
    }
}

impl Upload {
    /// The scenario. Of all requests that wait for it one builds it; if that one gives up or fails, another does.
    pub async fn get_or_build<F>(&self, build: impl FnOnce() -> F) -> Result<UploadedScenario, Rejection>
    where
        F: Future<Output = Result<UploadedScenario, Rejection>>,
    {
        self.scenario.get_or_try_init(build).await.cloned()
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn};
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Poll;

    use super::*;
    use crate::error_code::ErrorCode;
    use crate::faults::FaultPlan;
    use crate::scenario::SHIPPED;

    fn lines() -> &'static [u8] {
        SHIPPED[0].text().as_bytes()
    }

    fn uploads() -> Arc<Uploads> {
        Arc::new(Uploads::new(Arc::default()))
    }

    fn timeline(scenario: &UploadedScenario) -> &Arc<Timeline> {
        scenario.timeline.as_ref().expect("playable")
    }

    /// Builds the scenario unless another request has, and counts that.
    async fn get(uploads: &Uploads, upload: &Upload, builds: &AtomicUsize) -> Result<UploadedScenario, Rejection> {
        let build = || async {
            builds.fetch_add(1, Ordering::Relaxed);
            // Others come to wait meanwhile.
            tokio::task::yield_now().await;
            uploads.build(upload, lines())
        };
        upload.get_or_build(build).await
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn equal_lines_are_built_once_for_all_that_send_them_at_the_same_time() {
        let (uploads, builds) = (uploads(), Arc::<AtomicUsize>::default());
        let requests = (0..40).map(|_| {
            let (uploads, builds) = (uploads.clone(), builds.clone());
            tokio::spawn(async move {
                let upload = uploads.find(lines());
                get(&uploads, &upload, &builds).await.expect("playable")
            })
        });
        let all = futures::future::join_all(requests.collect::<Vec<_>>()).await;
        let all: Vec<UploadedScenario> = all.into_iter().map(|scenario| scenario.expect("no panic")).collect();
        assert!(all.iter().all(|scenario| timeline(scenario).identity() == timeline(&all[0]).identity()));
        assert_eq!(builds.load(Ordering::Relaxed), 1);
        assert_eq!(uploads.known.lock().len(), 1);
    }

    #[tokio::test]
    async fn a_request_that_gives_up_leaves_the_building_to_the_next() {
        let (uploads, builds) = (uploads(), AtomicUsize::new(0));
        let upload = uploads.find(lines());
        let mut next = pin!(get(&uploads, &upload, &builds));
        {
            let mut first = pin!(upload.get_or_build(pending));
            assert!(poll_fn(|context| Poll::Ready(first.as_mut().poll(context).is_pending())).await);
            assert!(poll_fn(|context| Poll::Ready(next.as_mut().poll(context).is_pending())).await);
            assert_eq!(builds.load(Ordering::Relaxed), 0, "it waits");
        }
        timeline(&next.await.expect("playable"));
        assert_eq!(builds.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn a_timeline_is_shared_for_as_long_as_it_is_played_also_with_faults() {
        let (uploads, builds) = (uploads(), AtomicUsize::new(0));
        let again = async || {
            let upload = uploads.find(lines());
            let scenario = get(&uploads, &upload, &builds).await.expect("playable");
            (timeline(&scenario).clone(), builds.load(Ordering::Relaxed))
        };
        let (first, _) = again().await;
        let plan = FaultPlan::parse("drop:p=0.5").expect("a plan");
        let faulty = faults::apply(&first, &plan, 1).expect("playable");
        drop(first);
        let (second, count) = again().await;
        assert_eq!((second.identity(), count), (faulty.truth().identity(), 1));
        drop((second, faulty));
        assert_eq!(again().await.1, 2);
    }

    #[test]
    fn a_scenario_that_cannot_be_read_takes_no_memory_and_one_that_takes_too_much_is_refused() {
        let uploads = uploads();
        let cut = &lines()[..lines().len() - 10];
        let unread = uploads.build(&uploads.find(cut), cut).expect("read");
        assert!(unread.timeline.is_none() && unread.report.findings.error_count() == 1);
        uploads.budget.set_limit(lines().len());
        let refused = uploads.build(&uploads.find(lines()), lines()).expect_err("too much");
        assert_eq!(refused.code, ErrorCode::OverLimit);
        assert!(!uploads.find(lines()).scenario.initialized());
        assert!(!uploads.known.lock().values().any(|known| known.built.is_some()));
    }
}
