//! Both drivers over in-memory pipes: a task for each subscriber, or the delivery loop with pipes for sockets.

use std::collections::HashMap;
use std::fmt;
use std::io::{self, Read, Write};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use futures::future::poll_fn;
use futures::task::AtomicWaker;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::sync::mpsc;
use touchline::hub::{CacheBudget, Control, Driver, DriverRunner, Hub, MAX_REPLAYS, Replay, SubscribeRequest};
use touchline::latency::Latency;
use touchline::server::delivery::{ConnectionToken, Fanout, Interest, Network, NewSubscriber};
use touchline::server::{Metrics, SubscriberTask, Timing};

/// Who serves subscribers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    ByTasks,
    ByTheLoop,
}

pub const BOTH: [Served; 2] = [Served::ByTasks, Served::ByTheLoop];

/// A hub, and subscribers connected to it as the server would after the handshake.
pub struct House {
    pub hub: Arc<Hub>,
    pub metrics: Arc<Metrics>,
    delivery: Option<Arc<Delivery>>,
}

/// What is left of a handshake: the answer to it, and what came together with it.
#[derive(Default)]
pub struct Handshake {
    pub response_head: Vec<u8>,
    pub leftover: Vec<u8>,
}

/// Told once the server has let go of a connection.
#[derive(Clone, Default)]
pub struct Over(Arc<AtomicBool>);

impl Over {
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

impl House {
    pub fn new(served: Served) -> Self {
        let metrics = Arc::<Metrics>::default();
        let delivery = (served == Served::ByTheLoop).then(|| Delivery::start(metrics.clone()));
        let hub = match &delivery {
            // With room for no more than one segment: whatever is needed again is encoded again.
            Some(delivery) => Hub::with_runner(delivery.clone(), CacheBudget::new(1), MAX_REPLAYS),
            None => Hub::new(),
        };
        Self { hub, metrics, delivery }
    }

    /// Connects a subscriber over a pipe that holds so many bytes.
    pub fn connect(
        &self,
        replay: &Replay,
        control: Control,
        join: SubscribeRequest,
        pipe: usize,
    ) -> (DuplexStream, Over) {
        self.connect_with(replay, control, join, pipe, Handshake::default())
    }

    /// The same where something is left of the handshake.
    pub fn connect_with(
        &self,
        replay: &Replay,
        control: Control,
        mut join: SubscribeRequest,
        pipe: usize,
        Handshake { response_head, leftover }: Handshake,
    ) -> (DuplexStream, Over) {
        let (ours, theirs) = tokio::io::duplex(pipe);
        let over = Over::default();
        let theirs = Watched { pipe: theirs, over: over.clone() };
        match &self.delivery {
            None => {
                let (replay, metrics) = (replay.clone(), self.metrics.clone());
                let task = SubscriberTask::new(theirs, leftover, replay, Some(control), Timing::default(), metrics);
                tokio::spawn(task.response_head(response_head).serve(join));
            }
            Some(delivery) => {
                join.control = true;
                let socket = Pipe { pipe: theirs, shell: delivery.shell.clone() };
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
                delivery.put(Letter::Join(Box::new(subscriber)));
            }
        }
        (ours, over)
    }
}

/// The server's end of a pipe.
struct Watched {
    pipe: DuplexStream,
    over: Over,
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.over.0.store(true, Ordering::SeqCst);
    }
}

impl AsyncRead for Watched {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.pipe).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
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
    letters: mpsc::UnboundedSender<Letter>,
    shell: Arc<Shell>,
    lateness: Arc<Mutex<Latency>>,
}

enum Letter {
    Host(Box<Driver>),
    Join(Box<NewSubscriber<Pipe>>),
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Delivery")
    }
}

impl DriverRunner for Delivery {
    fn run(&self, driver: Driver) {
        self.put(Letter::Host(Box::new(driver)));
    }

    fn lateness(&self) -> Latency {
        self.lateness.lock().expect("unbroken").clone()
    }
}

/// Wakes the task that drives the loop, and counts what pipes have taken and given.
#[derive(Default)]
struct Shell {
    called: AtomicBool,
    task: AtomicWaker,
    moved: AtomicUsize,
}

impl Wake for Shell {
    fn wake(self: Arc<Self>) {
        self.called.store(true, Ordering::SeqCst);
        self.task.wake();
    }
}

impl Delivery {
    fn start(metrics: Arc<Metrics>) -> Arc<Self> {
        let (letters, inbox) = mpsc::unbounded_channel();
        let shell = Arc::<Shell>::default();
        let lateness = Arc::<Mutex<Latency>>::default();
        let waker = Waker::from(shell.clone());
        let fanout = Fanout::new(Pipes::default(), Timing::default(), waker, lateness.clone(), metrics);
        tokio::spawn(drive(fanout, inbox, shell.clone()));
        Arc::new(Self { letters, shell, lateness })
    }

    fn put(&self, letter: Letter) {
        // Where the runtime is going away, so is whoever would wait for this.
        let _ = self.letters.send(letter);
    }
}

async fn drive(mut fanout: Fanout<Pipes>, mut inbox: mpsc::UnboundedReceiver<Letter>, shell: Arc<Shell>) {
    let mut next = None;
    loop {
        let called = poll_fn(|cx| {
            shell.task.register(cx.waker());
            if shell.called.swap(false, Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        });
        let due = async {
            match next {
                Some(at) => tokio::time::sleep_until(tokio::time::Instant::from_std(at)).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            letter = inbox.recv() => match letter {
                Some(Letter::Host(driver)) => fanout.host(*driver),
                Some(Letter::Join(subscriber)) => fanout.join(*subscriber),
                None => return,
            },
            () = called => {}
            () = due => {}
        }
        loop {
            next = fanout.run_due();
            let before = shell.moved.load(Ordering::SeqCst);
            let watched: Vec<_> = fanout.net().watched.iter().map(|(token, interest)| (*token, *interest)).collect();
            for (token, interest) in watched {
                fanout.on_ready(token, interest.read, interest.write);
            }
            // A pipe wakes only whom it has told to wait.
            if shell.moved.load(Ordering::SeqCst) == before && next.is_none_or(|at| at > fanout.net().now()) {
                break;
            }
        }
    }
}

/// Pipes, and virtual time. That of a pipe which has gone is told all the same: nobody may take it for another's.
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
        let waker = Waker::from(socket.shell.clone());
        let _ = Pin::new(&mut socket.pipe).poll_shutdown(&mut Context::from_waker(&waker));
    }
}

/// A pipe that says "would block", and wakes the loop's task when it would not any more.
struct Pipe {
    pipe: Watched,
    shell: Arc<Shell>,
}

impl Pipe {
    fn ready<T>(
        &mut self,
        poll: impl FnOnce(Pin<&mut Watched>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> io::Result<T> {
        let waker = Waker::from(self.shell.clone());
        match poll(Pin::new(&mut self.pipe), &mut Context::from_waker(&waker)) {
            Poll::Ready(result) => {
                self.shell.moved.fetch_add(1, Ordering::SeqCst);
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
