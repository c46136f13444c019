//! Many subscribers at once: what a server does under them.
//!
//! Works with any server that sends the same messages to all who are connected, over WebSocket, as server-sent events or as
//! NDJSON; of one that speaks `touchline.v1` it knows more.

mod causes;
mod cpu;
mod dial;
mod head;
mod holes;
mod inbox;
mod ledger;
mod line;
mod numbers;
mod reading;
mod report;
mod subscriber;
mod tally;
mod target;
mod timing;

use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::client::tls::Stream;
use crate::client::trust::Trust;
use crate::error::{Error, Kind, Result};
use cpu::Process;
use inbox::Inbox;
use line::Mouth;
use reading::Fields;
use tally::Tally;
use timing::Moment;

pub use causes::Causes;
pub use report::{Report, Stopped, Unjudged};
pub use tally::{Complete, Order};
pub use target::{Target, Transport};

/// How many handshakes are under way at once.
const AT_ONCE: usize = 100;
/// After how many failures in a row no more connections are tried.
const IN_VAIN: usize = 200;
/// How long what was sent before the end may take to arrive.
const DRAIN: Duration = Duration::from_secs(2);
/// How often it is looked whether it has.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often progress is told.
const TELL_EVERY: Duration = Duration::from_millis(200);

/// What is to be measured.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub target: Target,
    /// Whom to believe that it is the server, if TLS is spoken there.
    pub trust: Trust,
    /// How many subscribers; each is an open file.
    pub subscribers: usize,
    /// How long, from when all are connected and have been told what each is told at first.
    pub duration: Duration,
    /// Each stream is followed from its beginning to its end, which must come within the duration, and all must have been
    /// told the same: for streams that the server begins anew for each. What is measured begins with the first connection.
    pub until_closed: bool,
    /// The server's process on this machine, whose CPU time is asked for.
    pub pid: Option<u32>,
    /// The field that numbers frames one after the other, `seq` or `data.seq`. Frames without it may differ.
    pub sequence: Option<String>,
    /// The field that tells when a frame was sent: milliseconds or microseconds since 1970, or RFC 3339.
    pub sent_at: Option<String>,
}

/// How far a measurement is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// So many are connected.
    Connecting(usize),
    /// All are, since so long, and so many frames have been received.
    Measuring(Duration, u64),
}

/// What subscribers and the measurement have in common.
struct Bench {
    tally: Mutex<Tally>,
    began: Instant,
    /// Somebody's connection has come to its end.
    left: Notify,
}

impl Bench {
    /// No lock is held across an await, and nobody panics while holding it; if somebody did, the numbers are still numbers.
    fn tally(&self) -> std::sync::MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn now(&self) -> Moment {
        Moment::now(self.began)
    }
}

/// Connects all subscribers, reads for the time that is planned, and tells what was found. When `stop` completes, it ends
/// early and tells what has been found by then. Fails if not even one subscriber can connect.
pub async fn measure(plan: &Plan, mut tell: impl FnMut(Progress), stop: impl Future<Output = ()>) -> Result<Report> {
    let process = plan.pid.map(Process::of).transpose()?;
    let fields = Fields { sequence: plan.sequence.clone(), sent_at: plan.sent_at.clone() };
    let bench = Arc::new(Bench {
        tally: Mutex::new(Tally::new(fields, !plan.target.is_filtered(), plan.until_closed)),
        began: Instant::now(),
        left: Notify::new(),
    });
    let mut stop = pin!(stop);
    let mut crowd = Crowd::new(bench.clone(), plan.target.transport());
    let early = if plan.until_closed { Some(Opened::now(&bench, process)?) } else { None };
    let dialling = Instant::now();
    let stopped = tokio::select! {
        connected = crowd.connect(plan, &mut tell) => { connected?; false },
        () = &mut stop => true,
    };
    let connecting = dialling.elapsed();
    let (stopped, opened) = match early {
        Some(opened) => (stopped, opened),
        None => {
            let stopped = stopped
                || tokio::select! {
                    () = settle(&bench) => false,
                    () = &mut stop => true,
                };
            (stopped, Opened::now(&bench, process)?)
        }
    };
    let Opened { at: opened, cpu, own } = opened;
    let ended = match stopped {
        true => Some(Stopped::Asked),
        false => watch(&bench, plan.duration, &mut tell, stop).await,
    };
    let measured = opened.elapsed();
    bench.tally().drain();
    let cpu = match (process, cpu) {
        // A process that has ended by itself has taken its figures along.
        (Some(process), Some(before)) => process.used().ok().map(|used| used.saturating_sub(before)),
        _ => None,
    };
    let own = cpu::own().saturating_sub(own);

    let drained = Instant::now();
    while !bench.tally().is_done() && drained.elapsed() < DRAIN {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    bench.tally().close();
    let connected = crowd.seats.len();
    let failures = crowd.go_home();
    let report = Report::new(&bench.tally(), plan.subscribers, failures);
    let until_closed = plan.until_closed;
    Ok(Report { connected, connecting, measured, until_closed, stopped: ended, cpu, own_cpu: own, ..report })
}

/// When it began to count, and what had been used by then.
struct Opened {
    at: Instant,
    cpu: Option<Duration>,
    own: Duration,
}

impl Opened {
    fn now(bench: &Bench, process: Option<Process>) -> Result<Self> {
        let (cpu, own) = (process.map(Process::used).transpose()?, cpu::own());
        bench.tally().open(bench.now());
        Ok(Self { at: Instant::now(), cpu, own })
    }
}

/// Waits until what a server tells each subscriber at first has come.
async fn settle(bench: &Bench) {
    let began = Instant::now();
    while !bench.tally().is_settled(began.elapsed()) {
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Waits until the time is over; or tells why it ended before.
async fn watch(
    bench: &Bench,
    duration: Duration,
    tell: &mut impl FnMut(Progress),
    mut stop: std::pin::Pin<&mut impl Future<Output = ()>>,
) -> Option<Stopped> {
    let began = Instant::now();
    let mut end = pin!(tokio::time::sleep(duration));
    let mut telling = tokio::time::interval(TELL_EVERY);
    loop {
        if bench.tally().present() == 0 {
            return Some(Stopped::AllGone);
        }
        tokio::select! {
            () = &mut end => return None,
            () = &mut stop => return Some(Stopped::Asked),
            () = bench.left.notified() => {}
            _ = telling.tick() => tell(Progress::Measuring(began.elapsed(), bench.tally().frames)),
        }
    }
}

/// All subscribers that are connected.
struct Crowd {
    bench: Arc<Bench>,
    transport: Transport,
    readers: JoinSet<()>,
    /// What is left of each: the way to say goodbye.
    seats: Vec<Mouth>,
    failures: Causes,
}

impl Crowd {
    fn new(bench: Arc<Bench>, transport: Transport) -> Self {
        Self { bench, transport, readers: JoinSet::new(), seats: Vec::new(), failures: Causes::default() }
    }

    /// Connects them: the first alone, for if it cannot, nobody can.
    async fn connect(&mut self, plan: &Plan, tell: &mut impl FnMut(Progress)) -> Result<()> {
        let Plan { target, trust, .. } = plan;
        let addresses = target.resolve().await?;
        let first = target.dial(&addresses, trust).await;
        let first = first.map_err(|why| Error::new(Kind::Io, format!("connecting to {target}: {why}")))?;
        self.admit(first);
        let rest = 1..plan.subscribers;
        let mut dialled = stream::iter(rest.clone().map(|_| target.dial(&addresses, trust))).buffer_unordered(AT_ONCE);
        let mut telling = tokio::time::interval(TELL_EVERY);
        let (mut tried, mut in_vain) = (0, 0);
        while in_vain < IN_VAIN {
            let dialled = tokio::select! {
                dialled = dialled.next() => dialled,
                _ = telling.tick() => {
                    tell(Progress::Connecting(self.seats.len()));
                    continue;
                }
            };
            match dialled {
                Some(Ok(connection)) => {
                    in_vain = 0;
                    self.admit(connection);
                }
                Some(Err(cause)) => {
                    in_vain += 1;
                    self.failures.note(cause, 1);
                }
                None => break,
            }
            tried += 1;
        }
        if tried < rest.len() {
            self.failures.note(format!("not tried after {IN_VAIN} failures in a row"), rest.len() - tried);
        }
        Ok(())
    }

    fn admit(&mut self, (stream, inbox): (Stream, Inbox)) {
        let id = self.bench.tally().join();
        let (ear, mouth) = line::split(stream);
        self.readers.spawn(subscriber::read(ear, inbox, id, self.bench.clone()));
        self.seats.push(mouth);
    }

    /// Says goodbye to the server; does not wait for an answer. Tells why the others did not come.
    fn go_home(mut self) -> Causes {
        self.readers.abort_all();
        let goodbye = match self.transport {
            Transport::WebSocket => subscriber::goodbye(),
            Transport::Http => Vec::new(),
        };
        for seat in &mut self.seats {
            // Whoever has no room for it will see the connection close.
            seat.say_last(&goodbye);
        }
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

    async fn listen(subscribers: usize) -> (TcpListener, Plan) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let plan = Plan {
            target: Target::parse(&format!("ws://{address}/")).expect("an address"),
            trust: Trust::public().expect("trust"),
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
    async fn a_ping_is_answered_and_the_end_is_said() {
        let (listener, plan) = listen(1).await;
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let server = async {
            let (socket, _) = listener.accept().await.expect("a connection");
            let mut socket = accept_async(socket).await.expect("a handshake");
            socket.send(Message::text("hello")).await.expect("sent");
            socket.send(Message::Ping("are you there".into())).await.expect("sent");
            let pong = socket.next().await.expect("an answer").expect("a frame");
            stop.send(()).expect("heard");
            (pong, socket.next().await.expect("an end").expect("a frame"))
        };
        let measured = measure(&plan, |_| {}, async { stopped.await.expect("sent") });
        let both = async { tokio::join!(server, measured) };
        let ((pong, end), report) = tokio::time::timeout(Duration::from_secs(20), both).await.expect("an answer");
        assert_eq!(pong, Message::Pong("are you there".into()));
        assert!(matches!(&end, Message::Close(Some(close)) if close.reason == "measured"), "{end:?}");
        let report = report.expect("measured");
        assert_eq!((report.connected, report.order, report.stopped), (1, Some(Order::Content), Some(Stopped::Asked)));
    }

    #[tokio::test]
    async fn connections_that_fail_are_counted_by_cause_and_not_tried_for_ever() {
        let (listener, plan) = listen(2_000).await;
        let server = async {
            let mut welcome = Vec::new();
            for _ in 0..3 {
                let (socket, _) = listener.accept().await.expect("a connection");
                let mut socket = accept_async(socket).await.expect("a handshake");
                // Who answers has been admitted: none comes in after some that are refused.
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
        // The clients give up, and then somebody stops it.
        let (given_up, stop) = (Notify::new(), Notify::new());
        let tell = |progress| {
            if matches!(progress, Progress::Measuring(..)) {
                given_up.notify_one();
            }
        };
        let measured = measure(&plan, tell, stop.notified());
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
        let [(refused, times), (not_tried, rest)] = report.failures.iter().collect::<Vec<_>>()[..] else {
            panic!("{:?}", report.failures)
        };
        assert_eq!(refused, "it answers 503 Service Unavailable");
        assert!(not_tried.starts_with("not tried after 200 failures"), "{not_tried}");
        assert_eq!((times, rest), (IN_VAIN, 1_997 - IN_VAIN));
    }
}
