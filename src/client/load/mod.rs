//! Load test: connects many subscribers at once and measures what the server does under them.
//!
//! It works with any server that sends the same messages to all subscribers, over WebSocket, as server-sent events or
//! as NDJSON. With a `touchline.v1` server it also knows when each event was due.
//!
//! A run has four phases: all subscribers connect (`SubscriberPool`), the first messages settle, messages are counted
//! for the planned duration, and those in flight drain. `Measurement` collects what all subscribers receive;
//! [`Report`] is the result.

mod cause_counts;
mod cpu;
pub mod decoder;
mod dial;
mod digest;
mod epochs;
mod frame_parser;
mod gaps;
mod head;
mod latency_recorder;
mod measurement;
mod reference_stream;
mod report;
mod sequence;
mod subscriber;
mod tally;
mod target;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use futures::{StreamExt, stream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::client::trust::Trust;
use crate::error::{Error, ErrorKind, Result};
use cpu::Process;
use frame_parser::FieldPaths;
use latency_recorder::ReceiptTime;
use measurement::Measurement;
use subscriber::SubscriberConnection;

pub use cause_counts::CauseCounts;
pub use measurement::OrderCheckMethod;
pub use report::{Report, Stopped, Unjudged};
pub use target::LoadTarget;

const MAX_CONCURRENT_DIALS: usize = 100;
/// No more connections are tried after this many failures in a row.
const MAX_CONSECUTIVE_FAILURES: usize = 200;
/// The time for messages sent before the end to arrive.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(2);
/// The interval at which settling and draining are polled.
const POLL_INTERVAL: Duration = Duration::from_millis(20);
const PROGRESS_INTERVAL: Duration = Duration::from_millis(200);

/// The parameters of a measurement.
#[derive(Debug, Clone)]
pub struct LoadPlan {
    /// The stream to subscribe to.
    pub target: LoadTarget,
    /// The trusted certificates, for TLS.
    pub trust: Trust,
    /// The number of subscribers; each takes a file descriptor.
    pub subscribers: usize,
    /// The time to measure, from when all subscribers are connected and have received their first messages.
    pub duration: Duration,
    /// Follow each stream from its beginning to its end, which must come within `duration`, and require all streams to
    /// be equal: for streams that the server starts anew for each subscriber. Measuring starts with the first
    /// connection.
    pub until_closed: bool,
    /// The server's process on this machine, to measure its CPU time.
    pub pid: Option<u32>,
    /// The path of the field with the frame's sequence number, `seq` or `data.seq`. Frames without it are not checked.
    pub sequence: Option<String>,
    /// The path of the field with the time of sending: milliseconds or microseconds since 1970, or RFC 3339.
    pub sent_at: Option<String>,
}

/// The progress of a measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The number of subscribers connected so far.
    Connecting(usize),
    /// The time measured so far, and the number of frames received in it.
    Measuring(Duration, u64),
}

/// What the subscriber tasks and the measuring task share.
struct LoadContext {
    measurement: Mutex<Measurement>,
    began: Instant,
    /// Wakes the measuring task when a subscriber disconnects.
    disconnected: Notify,
}

impl LoadContext {
    fn now(&self) -> ReceiptTime {
        ReceiptTime::now(self.began)
    }
}

/// Connects all subscribers, measures for the planned duration and reports. When `stop` completes, the measurement ends
/// early, with a report of what was found by then.
///
/// # Errors
/// If not even the first subscriber can connect, or the CPU time of `plan.pid` cannot be read.
pub async fn measure(
    plan: &LoadPlan,
    mut on_progress: impl FnMut(Progress),
    stop: impl Future<Output = ()>,
) -> Result<Report> {
    let process = plan.pid.map(Process::from_pid).transpose()?;
    let fields = FieldPaths { sequence: plan.sequence.clone(), sent_at: plan.sent_at.clone() };
    let context = Arc::new(LoadContext {
        measurement: Mutex::new(Measurement::new(fields, !plan.target.filtered, plan.until_closed)),
        began: Instant::now(),
        disconnected: Notify::new(),
    });
    let mut stop = pin!(stop);
    let mut pool = SubscriberPool::new(context.clone());
    let early = if plan.until_closed { Some(Start::now(&context, process)?) } else { None };
    let dialling = Instant::now();
    let stopped = tokio::select! {
        connected = pool.connect(plan, &mut on_progress) => { connected?; false },
        () = &mut stop => true,
    };
    let connecting = dialling.elapsed();
    let (stopped, start) = match early {
        Some(start) => (stopped, start),
        None => {
            let stopped = stopped
                || tokio::select! {
                    () = wait_for_first_frames(&context) => false,
                    () = &mut stop => true,
                };
            (stopped, Start::now(&context, process)?)
        }
    };
    let ended = if stopped {
        Some(Stopped::Asked)
    } else {
        run_until_end(&context, plan.duration, &mut on_progress, stop).await
    };
    let measured = start.at.elapsed();
    context.measurement.lock().start_draining();
    let cpu = match (process, start.cpu) {
        // The CPU time of a process that has exited is gone.
        (Some(process), Some(before)) => process.cpu_time().ok().map(|time| time.saturating_sub(before)),
        _ => None,
    };
    let own_cpu = cpu::own_cpu_time().saturating_sub(start.own_cpu);

    let drained = Instant::now();
    while !context.measurement.lock().is_done() && drained.elapsed() < DRAIN_TIMEOUT {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    context.measurement.lock().finish();
    let connected = pool.readers.len();
    let failures = pool.close().await;
    let measurement = context.measurement.lock();
    Ok(Report {
        subscribers: plan.subscribers,
        connected,
        connecting,
        failures,
        until_closed: plan.until_closed,
        complete: measurement.complete_streams(),
        own_clocks: measurement.has_own_clocks(),
        measured,
        stopped: ended,
        order: measurement.order,
        checks_completeness: measurement.checks_completeness(),
        faults: measurement.faults,
        tally: measurement.tally.clone(),
        latencies: measurement.latencies.clone(),
        by_sequence: plan.sequence.is_some(),
        by_sent_at: plan.sent_at.is_some(),
        cpu,
        own_cpu,
    })
}

/// The instant at which measuring started, and the CPU times at that instant.
struct Start {
    at: Instant,
    cpu: Option<Duration>,
    own_cpu: Duration,
}

impl Start {
    fn now(context: &LoadContext, process: Option<Process>) -> Result<Self> {
        let (cpu, own_cpu) = (process.map(Process::cpu_time).transpose()?, cpu::own_cpu_time());
        context.measurement.lock().start(context.now());
        Ok(Self { at: Instant::now(), cpu, own_cpu })
    }
}

/// Waits until the first messages to each subscriber have arrived.
async fn wait_for_first_frames(context: &LoadContext) {
    let began = Instant::now();
    while !context.measurement.lock().is_settled(began.elapsed()) {
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}

/// Waits for the planned duration. Returns the reason if the measurement ends earlier.
async fn run_until_end(
    context: &LoadContext,
    duration: Duration,
    on_progress: &mut impl FnMut(Progress),
    mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
) -> Option<Stopped> {
    let began = Instant::now();
    let mut end = pin!(tokio::time::sleep(duration));
    let mut progress = tokio::time::interval(PROGRESS_INTERVAL);
    loop {
        if context.measurement.lock().connected == 0 {
            return Some(Stopped::AllGone);
        }
        tokio::select! {
            () = &mut end => return None,
            () = &mut stop => return Some(Stopped::Asked),
            () = context.disconnected.notified() => {}
            _ = progress.tick() => on_progress(Progress::Measuring(began.elapsed(), context.measurement.lock().tally.frames)),
        }
    }
}

/// The subscribers: a reader task each.
struct SubscriberPool {
    context: Arc<LoadContext>,
    readers: JoinSet<()>,
    failures: CauseCounts,
}

impl SubscriberPool {
    fn new(context: Arc<LoadContext>) -> Self {
        Self { context, readers: JoinSet::new(), failures: CauseCounts::default() }
    }

    /// Connects all subscribers. The first connects alone: if it fails, so would the others, and its error is returned.
    async fn connect(&mut self, plan: &LoadPlan, on_progress: &mut impl FnMut(Progress)) -> Result<()> {
        let LoadPlan { target, trust, .. } = plan;
        let addresses = target.resolve().await?;
        let first = target.dial(&addresses, trust).await;
        let first = first.map_err(|why| Error::new(ErrorKind::Io, format!("connecting to {target}: {why}")))?;
        self.add_subscriber(first);
        let rest = 1..plan.subscribers;
        let dials = rest.clone().map(|_| target.dial(&addresses, trust));
        let mut dials = stream::iter(dials).buffer_unordered(MAX_CONCURRENT_DIALS);
        let mut progress = tokio::time::interval(PROGRESS_INTERVAL);
        let (mut tried, mut consecutive_failures) = (0, 0);
        while consecutive_failures < MAX_CONSECUTIVE_FAILURES {
            let dialled = tokio::select! {
                dialled = dials.next() => dialled,
                _ = progress.tick() => {
                    on_progress(Progress::Connecting(self.readers.len()));
                    continue;
                }
            };
            match dialled {
                Some(Ok(connection)) => {
                    consecutive_failures = 0;
                    self.add_subscriber(connection);
                }
                Some(Err(cause)) => {
                    consecutive_failures += 1;
                    self.failures.add(cause, 1);
                }
                None => break,
            }
            tried += 1;
        }
        if tried < rest.len() {
            let cause = format!("not tried after {MAX_CONSECUTIVE_FAILURES} failures in a row");
            self.failures.add(cause, rest.len() - tried);
        }
        Ok(())
    }

    fn add_subscriber(&mut self, connection: SubscriberConnection) {
        let id = self.context.measurement.lock().add_subscriber();
        self.readers.spawn(subscriber::run(connection, id, self.context.clone()));
    }

    /// Closes all connections without waiting for the server. Returns why other subscribers failed to connect.
    async fn close(mut self) -> CauseCounts {
        self.readers.shutdown().await;
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use futures::SinkExt;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;
    use tokio_tungstenite::accept_async;
    use tokio_tungstenite::tungstenite::Message;

    use super::*;

    async fn listen(subscribers: usize) -> (TcpListener, LoadPlan) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let plan = LoadPlan {
            target: LoadTarget::parse(&format!("ws://{address}/")).expect("an address"),
            trust: Trust::public_authorities().expect("trust"),
            subscribers,
            duration: Duration::from_secs(600),
            until_closed: false,
            pid: None,
            sequence: None,
            sent_at: None,
        };
        (listener, plan)
    }

    #[tokio::test]
    async fn a_ping_is_answered_and_a_close_frame_is_sent() {
        let (listener, plan) = listen(1).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = async {
            let (socket, _) = listener.accept().await.expect("a connection");
            let mut socket = accept_async(socket).await.expect("a handshake");
            socket.send(Message::text("hello")).await.expect("sent");
            socket.send(Message::Ping("are you there".into())).await.expect("sent");
            let pong = socket.next().await.expect("an answer").expect("a frame");
            stop.send(()).expect("received");
            (pong, socket.next().await.expect("an end").expect("a frame"))
        };
        let measured = measure(&plan, |_| {}, async { stopped.await.expect("sent") });
        let both = async { tokio::join!(server, measured) };
        let ((pong, end), report) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("an answer");
        assert_eq!(pong, Message::Pong("are you there".into()));
        assert!(matches!(&end, Message::Close(Some(close)) if close.reason == "measured"), "{end:?}");
        let report = report.expect("measured");
        assert_eq!(
            (report.connected, report.order, report.stopped),
            (1, Some(OrderCheckMethod::Content), Some(Stopped::Asked))
        );
    }

    #[tokio::test]
    async fn failed_connections_are_counted_by_cause_and_not_retried_for_ever() {
        let (listener, plan) = listen(2_000).await;
        let server = async {
            let mut welcome = Vec::new();
            for _ in 0..3 {
                let (socket, _) = listener.accept().await.expect("a connection");
                let mut socket = accept_async(socket).await.expect("a handshake");
                // The pong proves that the pool has the subscriber: none connects after others were refused.
                socket.send(Message::Ping("are you there".into())).await.expect("sent");
                let pong = socket.next().await.expect("an answer").expect("a frame");
                assert!(pong.is_pong(), "{pong:?}");
                welcome.push(socket);
            }
            let refuse = async {
                loop {
                    let (mut socket, _) = listener.accept().await.expect("a connection");
                    socket.readable().await.expect("a request");
                    let _ = socket.try_read(&mut [0; 4_096]);
                    let _ = socket.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").await;
                }
            };
            refuse.await
        };
        // The clients give up, and then the test stops the measurement.
        let (given_up, stop) = (Notify::new(), Notify::new());
        let on_progress = |progress| {
            if matches!(progress, Progress::Measuring(..)) {
                given_up.notify_one();
            }
        };
        let measured = measure(&plan, on_progress, stop.notified());
        let report = tokio::select! {
            report = measured => report.expect("measured"),
            () = server => unreachable!("it goes on for ever"),
            () = async {
                given_up.notified().await;
                stop.notify_one();
                std::future::pending::<()>().await;
            } => unreachable!("it waits for ever"),
        };
        assert_eq!((report.connected, report.subscribers, report.is_flawless()), (3, 2_000, false));
        let [(not_tried, rest), (refused, times)] = report.failures.iter().collect::<Vec<_>>()[..] else {
            panic!("{:?}", report.failures)
        };
        assert_eq!(refused, "the server answers 503 Service Unavailable");
        assert!(not_tried.starts_with("not tried after 200 failures"), "{not_tried}");
        assert_eq!((times, rest), (MAX_CONSECUTIVE_FAILURES, 1_997 - MAX_CONSECUTIVE_FAILURES));
    }
}
