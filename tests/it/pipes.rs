//! Both delivery modes over in-memory pipes: one task per subscriber, or the delivery loop with pipes in place of sockets.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use futures::future::poll_fn;
use futures::task::AtomicWaker;
use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use touchline::internals::Latency;
use touchline::internals::hub::{CacheBudget, Driver, DriverRunner, MAX_REPLAYS, SubscribeRequest};
use touchline::internals::server::delivery::{ConnectionToken, Fanout, Interest, Network, NewSubscriber};
use touchline::internals::server::{HandedOver, Metrics, SubscriberTask};
use touchline::replay::{Control, Hub, Replay};
use touchline::server::Timing;

/// What serves the subscribers: one task each, or the delivery loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryMode {
    Tasks,
    Loop,
}

pub const DELIVERY_MODES: [DeliveryMode; 2] = [DeliveryMode::Tasks, DeliveryMode::Loop];

/// A hub, and subscribers connected to it as the server would after the handshake.
pub struct TestHub {
    pub hub: Arc<Hub>,
    pub metrics: Arc<Metrics>,
    delivery: Option<Arc<Delivery>>,
}

/// The remains of a handshake: the response still to send, and the bytes that arrived together with the request.
#[derive(Default)]
pub struct Handshake {
    pub response_head: Vec<u8>,
    pub leftover: Vec<u8>,
}

/// Set once the server has dropped its end of a connection.
#[derive(Clone, Default)]
pub struct CloseFlag(Arc<AtomicBool>);

impl CloseFlag {
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl TestHub {
    pub fn new(mode: DeliveryMode) -> Self {
        let metrics = Arc::<Metrics>::default();
        let delivery = (mode == DeliveryMode::Loop).then(|| Delivery::start(metrics.clone()));
        let hub = match &delivery {
            // A budget of one byte: every segment that is needed again is encoded again.
            Some(delivery) => Hub::with_runner(delivery.clone(), CacheBudget::new(1), MAX_REPLAYS),
            None => Hub::new(),
        };
        Self { hub, metrics, delivery }
    }

    /// Connects a subscriber over a pipe of this capacity in bytes.
    pub fn connect(
        &self,
        replay: &Replay,
        control: Control,
        join: SubscribeRequest,
        pipe: usize,
    ) -> (DuplexStream, CloseFlag) {
        self.connect_with(replay, control, join, pipe, Handshake::default())
    }

    /// Like [`Self::connect`], with the remains of a handshake.
    pub fn connect_with(
        &self,
        replay: &Replay,
        control: Control,
        mut join: SubscribeRequest,
        pipe: usize,
        Handshake { response_head, leftover }: Handshake,
    ) -> (DuplexStream, CloseFlag) {
        let (client_end, server_end) = tokio::io::duplex(pipe);
        let closed = CloseFlag::default();
        let server_end = ServerEnd { pipe: server_end, closed: closed.clone() };
        match &self.delivery {
            None => {
                let (replay, metrics) = (replay.clone(), self.metrics.clone());
                let task = SubscriberTask::new(server_end, leftover, replay, Some(control), Timing::default(), metrics);
                tokio::spawn(task.response_head(response_head).serve(join));
            }
            Some(delivery) => {
                join.control = true;
                let socket = Pipe { pipe: server_end, loop_waker: delivery.loop_waker.clone() };
                let message_bytes = 64 << 10;
                let subscriber = NewSubscriber {
                    socket,
                    response_head,
                    leftover,
                    replay: replay.clone(),
                    join,
                    message_bytes,
                    permit: None,
                };
                delivery.send(LoopMessage::Join(Box::new(subscriber)));
            }
        }
        (client_end, closed)
    }
}

/// The server's end of a pipe. Sets the flag when it is dropped.
struct ServerEnd {
    pipe: DuplexStream,
    closed: CloseFlag,
}

impl Drop for ServerEnd {
    fn drop(&mut self) {
        self.closed.0.store(true, Ordering::SeqCst);
    }
}

impl AsyncRead for ServerEnd {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for ServerEnd {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.pipe).poll_write_vectored(cx, buffers)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_shutdown(cx)
    }
}

/// The delivery loop, driven by a task of a runtime under virtual time.
struct Delivery {
    messages: mpsc::UnboundedSender<LoopMessage>,
    loop_waker: Arc<LoopWaker>,
    lateness: Arc<Mutex<Latency>>,
}

enum LoopMessage {
    Run(Box<Driver>),
    Join(Box<NewSubscriber<Pipe>>),
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery")
    }
}

impl DriverRunner for Delivery {
    fn run(&self, driver: Driver) {
        self.send(LoopMessage::Run(Box::new(driver)));
    }

    fn lateness(&self) -> Latency {
        self.lateness.lock().clone()
    }
}

/// Wakes the task that drives the loop, and counts successful reads and writes on its pipes.
#[derive(Default)]
struct LoopWaker {
    woken: AtomicBool,
    task: AtomicWaker,
    moved: AtomicUsize,
}

impl Wake for LoopWaker {
    fn wake(self: Arc<Self>) {
        self.woken.store(true, Ordering::SeqCst);
        self.task.wake();
    }
}

impl Delivery {
    fn start(metrics: Arc<Metrics>) -> Arc<Self> {
        let (messages, inbox) = mpsc::unbounded_channel();
        let loop_waker = Arc::<LoopWaker>::default();
        let lateness = Arc::<Mutex<Latency>>::default();
        let waker = Waker::from(loop_waker.clone());
        let fanout = Fanout::new(Pipes::default(), Timing::default(), waker, lateness.clone(), metrics);
        tokio::spawn(drive(fanout, inbox, loop_waker.clone()));
        Arc::new(Self { messages, loop_waker, lateness })
    }

    fn send(&self, message: LoopMessage) {
        // While the runtime shuts down, no task waits for this any more.
        let _ = self.messages.send(message);
    }
}

async fn drive(mut fanout: Fanout<Pipes>, mut inbox: mpsc::UnboundedReceiver<LoopMessage>, loop_waker: Arc<LoopWaker>) {
    let mut next = None;
    loop {
        let woken = poll_fn(|cx| {
            loop_waker.task.register(cx.waker());
            if loop_waker.woken.swap(false, Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        });
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(tokio::time::Instant::from_std(at)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            message = inbox.recv() => match message {
                Some(LoopMessage::Run(driver)) => fanout.add_driver(*driver),
                Some(LoopMessage::Join(subscriber)) => fanout.join(*subscriber),
                None => return,
            },
            () = woken => {}
            () = due => {}
        }
        loop {
            next = fanout.run_due();
            let before = loop_waker.moved.load(Ordering::SeqCst);
            let watched: Vec<_> =
                fanout.network_mut().watched.iter().map(|(token, interest)| (*token, *interest)).collect();
            for (token, interest) in watched {
                fanout.on_ready(token, interest.read, interest.write);
            }
            // A pipe wakes only after it has returned "would block": poll again until nothing moves.
            if loop_waker.moved.load(Ordering::SeqCst) == before
                && next.is_none_or(|at| at > fanout.network_mut().now())
            {
                break;
            }
        }
    }
}

/// Pipes as sockets, and virtual time. Readiness of a dropped pipe is reported as well: the loop must not attribute it to another
/// connection.
#[derive(Default)]
struct Pipes {
    watched: HashMap<ConnectionToken, Interest>,
}

impl Network for Pipes {
    type Socket = Pipe;

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into_std()
    }

    fn register(&mut self, _: &Pipe, token: ConnectionToken, interest: Interest) -> io::Result<()> {
        assert_eq!(self.watched.insert(token, interest), None, "a token names one connection");
        Ok(())
    }

    fn reregister(&mut self, _: &Pipe, token: ConnectionToken, interest: Interest) -> io::Result<()> {
        assert!(self.watched.insert(token, interest).is_some_and(|before| before != interest), "a change");
        Ok(())
    }

    fn shutdown_write(&mut self, socket: &mut Pipe) {
        let waker = Waker::from(socket.loop_waker.clone());
        let _ = Pin::new(&mut socket.pipe).poll_shutdown(&mut Context::from_waker(&waker));
    }

    fn hand_over(&mut self, connection: HandedOver<Pipe>) {
        // The pipe no longer wakes the loop, but the task.
        let Ok(connection) = connection.try_map_socket(|socket| Ok::<_, ()>(socket.pipe)) else { return };
        tokio::spawn(SubscriberTask::resume(connection, |_| ()));
    }

    fn refuse(&mut self, mut socket: Pipe, response: Option<Vec<u8>>) {
        let _ = socket.write(&response.unwrap_or_default());
    }
}

/// A non-blocking pipe: returns "would block", and wakes the loop's task once it is ready.
struct Pipe {
    pipe: ServerEnd,
    loop_waker: Arc<LoopWaker>,
}

impl Pipe {
    fn ready<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut ServerEnd>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> io::Result<T> {
        let waker = Waker::from(self.loop_waker.clone());
        match poll(Pin::new(&mut self.pipe), &mut Context::from_waker(&waker)) {
            Poll::Ready(result) => {
                self.loop_waker.moved.fetch_add(1, Ordering::SeqCst);
                result
            }
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(bytes);
        self.ready(|pipe, cx| pipe.poll_read(cx, &mut buffer))?;
        Ok(buffer.filled().len())
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.ready(|pipe, cx| pipe.poll_write(cx, bytes))
    }

    fn write_vectored(&mut self, buffers: &[io::IoSlice<'_>]) -> io::Result<usize> {
        self.ready(|pipe, cx| pipe.poll_write_vectored(cx, buffers))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
