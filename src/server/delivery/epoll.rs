//! The delivery loop over the kernel's sockets: one thread, one epoll, and waits exact to some ten microseconds.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::fmt;
use std::io::{self, Write};
use std::net::{Shutdown, TcpStream};
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::sync::{Arc, mpsc};
use std::task::{Wake, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::super::link::HandedOver;
use super::super::subscriber_task::{SubscriberTask, reset_on_drop};
use super::acceptor::Acceptor;
use super::fanout::Fanout;
use super::network::{ConnectionToken, Interest, Network, NewSubscriber};
use crate::error::{Error, Result};
use crate::hub::{Driver, DriverRunner};
use crate::latency::Latency;
use crate::server::metrics::Metrics;
use crate::server::timers::Timing;

/// How many sockets are handled between two checks for due events.
const EVENT_BATCH: usize = 256;
/// How often the loop checks for the driver of a replay that has a pending join.
const CHECK_DRIVER: Duration = Duration::from_millis(10);
/// For how long it checks. A hub hosts a driver right after its replay can be found.
const DRIVER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long to wait for the loop to stop accepting.
const STOP_TIMEOUT: Duration = Duration::from_secs(1);
/// The token of the eventfd that wakes the loop: no connection's.
const WAKE_TOKEN: ConnectionToken = ConnectionToken { slot: u32::MAX, generation: u32::MAX };

/// The delivery loop. It moves the replays that it hosts and serves their subscribers, until it is dropped.
pub struct Delivery {
    channel: Arc<CommandChannel>,
    lateness: Arc<Mutex<Latency>>,
    thread: Option<JoinHandle<()>>,
    /// Aborts the tasks that connections have been handed over to.
    abort: CancellationToken,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").finish_non_exhaustive()
    }
}

/// Commands from other threads to the loop. It needs no bound of its own: the hub bounds drivers, and the connection
/// limit bounds subscribers.
struct CommandChannel {
    /// Locked only to push one command or to take all.
    commands: Mutex<Vec<LoopCommand>>,
    wake: OwnedFd,
}

enum LoopCommand {
    Host(Box<Driver>),
    Join(Box<NewSubscriber<TcpStream>>),
    /// Accepts connections from now on.
    Accept(Box<Acceptor>),
    /// Drops the acceptor, with the connections that have sent nothing yet, and then the sender.
    StopAccepting(mpsc::Sender<Infallible>),
    /// Disconnects all subscribers at once.
    DisconnectAll,
    Quit,
}

impl CommandChannel {
    fn send(&self, command: LoopCommand) {
        let first = {
            let mut commands = self.commands.lock();
            commands.push(command);
            commands.len() == 1
        };
        if first {
            self.wake_loop();
        }
    }

    fn wake_loop(&self) {
        // It fails only if the counter is full: then a wake-up is pending already.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

impl Wake for CommandChannel {
    fn wake(self: Arc<Self>) {
        self.wake_loop();
    }
}

impl DriverRunner for Delivery {
    fn run(&self, driver: Driver) {
        self.channel.send(LoopCommand::Host(Box::new(driver)));
    }

    fn lateness(&self) -> Latency {
        self.lateness.lock().clone()
    }
}

impl Delivery {
    /// Starts the loop, which counts in these metrics. `None` if the system cannot have one: it takes Linux.
    /// Connections under a link fault become tasks of the runtime in which this is called.
    pub fn start(timing: Timing, metrics: Arc<Metrics>) -> Result<Option<Self>> {
        let doing = |error: Errno| Error::io("starting the delivery loop", error.into());
        let epoll = Arc::new(epoll::create(CreateFlags::CLOEXEC).map_err(doing)?);
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(doing)?;
        let channel = Arc::new(CommandChannel { commands: Mutex::default(), wake });
        epoll::add(&*epoll, &channel.wake, event_data(WAKE_TOKEN), EventFlags::IN).map_err(doing)?;
        let lateness = Arc::default();
        let abort = CancellationToken::new();
        let net = EpollNetwork { epoll: epoll.clone(), runtime: Handle::try_current().ok(), abort: abort.clone() };
        let waker = Waker::from(channel.clone());
        let fanout = Fanout::new(net, timing, waker, Arc::clone(&lateness), metrics);
        let commands = channel.clone();
        let thread = std::thread::Builder::new().name("delivery".into()).spawn(move || run(&epoll, &commands, fanout));
        let thread = thread.map_err(|error| Error::io("starting the delivery loop", error))?;
        Ok(Some(Self { channel, lateness, thread: Some(thread), abort }))
    }

    /// Passes on a subscriber of a replay that the loop hosts. Its socket is made non-blocking.
    pub fn join(&self, subscriber: NewSubscriber<TcpStream>) -> io::Result<()> {
        subscriber.socket.set_nonblocking(true)?;
        self.channel.send(LoopCommand::Join(Box::new(subscriber)));
        Ok(())
    }

    /// Accepts connections from now on.
    pub(in crate::server) fn start_accepting(&self, acceptor: Acceptor) {
        self.channel.send(LoopCommand::Accept(Box::new(acceptor)));
    }

    /// Accepts no more, and drops the connections that have sent nothing yet. Blocks until the listening socket is closed, for one
    /// turn of the loop.
    pub(in crate::server) fn stop_accepting(&self) {
        let (closing, closed) = mpsc::channel();
        self.channel.send(LoopCommand::StopAccepting(closing));
        // Times out where the loop has ended with an error, and has closed the socket with it.
        let _ = closed.recv_timeout(STOP_TIMEOUT);
    }

    /// Disconnects all subscribers, whatever they have not received yet.
    pub fn disconnect_all(&self) {
        self.abort.cancel();
        self.channel.send(LoopCommand::DisconnectAll);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.abort.cancel();
        self.channel.send(LoopCommand::Quit);
        // The acceptor shares ownership of the loop through its fast path. If its reference was the last one, this is
        // the loop's own thread, which cannot join itself.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            // A panic of the thread has been reported.
            let _ = thread.join();
        }
    }
}

/// Subscribers of replays whose driver is not hosted yet: a replay can be found just before its hub hosts the driver.
#[derive(Default)]
struct PendingJoins(VecDeque<(Instant, NewSubscriber<TcpStream>)>);

impl PendingJoins {
    /// When to check again.
    fn next_check(&self) -> Option<Instant> {
        (!self.0.is_empty()).then(|| Instant::now() + CHECK_DRIVER)
    }

    /// Joins a subscriber now, or once the driver is hosted.
    fn join(&mut self, subscriber: NewSubscriber<TcpStream>, fanout: &mut Fanout<EpollNetwork>) {
        if fanout.hosts(&subscriber.replay) {
            fanout.join(subscriber)
        } else {
            self.0.push_back((Instant::now(), subscriber))
        }
        fanout.catch_up();
    }

    /// Joins the subscribers whose driver is hosted by now, or gone.
    fn retry_joins(&mut self, fanout: &mut Fanout<EpollNetwork>) {
        for (since, subscriber) in std::mem::take(&mut self.0) {
            // After the time-out `Fanout::join` logs that there is no driver, and drops the subscriber.
            if fanout.hosts(&subscriber.replay) || since.elapsed() > DRIVER_TIMEOUT {
                fanout.join(subscriber);
                fanout.catch_up();
            } else {
                self.0.push_back((since, subscriber));
            }
        }
    }
}

/// Runs the loop until it is told to quit.
fn run(epoll: &OwnedFd, channel: &CommandChannel, mut fanout: Fanout<EpollNetwork>) {
    // By default the kernel may delay a wake-up by 50 us to join it with others. If it refuses a smaller slack,
    // wake-ups are that late.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    let mut acceptor: Option<Box<Acceptor>> = None;
    let mut pending = PendingJoins::default();
    let mut events = Vec::with_capacity(EVENT_BATCH);
    loop {
        pending.retry_joins(&mut fanout);
        let others = [pending.next_check(), acceptor.as_ref().and_then(|acceptor| acceptor.next_check())];
        let next = fanout.run_due().into_iter().chain(others.into_iter().flatten()).min();
        events.clear();
        if let Err(error) = wait(epoll, next, &mut events) {
            tracing::error!("waiting for sockets: {error}");
            return;
        }
        if let Some(acceptor) = &mut acceptor {
            acceptor.check(epoll, Instant::now());
        }
        if events.is_empty() {
            continue;
        }
        // Due events go before whatever clients have sent.
        for event in events.drain(..) {
            fanout.catch_up();
            let (flags, token) = (event.flags, ConnectionToken::from(event.data.u64()));
            if token == WAKE_TOKEN {
                let _ = rustix::io::read(&channel.wake, &mut [0_u8; 8]);
                // Taken out first: a `for` would hold the lock until its end.
                let commands = std::mem::take(&mut *channel.commands.lock());
                for command in commands {
                    fanout.catch_up();
                    match command {
                        LoopCommand::Host(driver) => fanout.add_driver(*driver),
                        LoopCommand::Join(subscriber) => pending.join(*subscriber, &mut fanout),
                        LoopCommand::Accept(new) => acceptor = Some(new),
                        LoopCommand::StopAccepting(closing) => {
                            acceptor = None;
                            drop(closing);
                        }
                        LoopCommand::DisconnectAll => {
                            pending = PendingJoins::default();
                            fanout.disconnect_all();
                        }
                        LoopCommand::Quit => return,
                    }
                }
            } else if Acceptor::owns(token) {
                if let Some(acceptor) = &mut acceptor {
                    acceptor.on_readable(epoll, token, &mut |subscriber| pending.join(subscriber, &mut fanout));
                }
            } else {
                let readable = flags.intersects(EventFlags::IN | EventFlags::ERR | EventFlags::HUP);
                fanout.on_ready(token, readable, flags.contains(EventFlags::OUT));
            }
        }
    }
}

/// Waits until a socket is ready or the instant has come.
///
/// The timeout of epoll's own wait is in milliseconds (`epoll_pwait2` counts nanoseconds, but takes Linux 5.11). An
/// epoll can itself be polled, and `ppoll` is exact to some ten microseconds.
fn wait(epoll: &OwnedFd, until: Option<Instant>, events: &mut Vec<epoll::Event>) -> io::Result<()> {
    let timeout = until.map(|at| at.saturating_duration_since(Instant::now()));
    if timeout != Some(Duration::ZERO) {
        let timeout = timeout.and_then(|timeout| Timespec::try_from(timeout).ok());
        match poll(&mut [PollFd::new(epoll, PollFlags::IN)], timeout.as_ref()) {
            Ok(0) | Err(Errno::INTR) => return Ok(()),
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
    match epoll::wait(epoll, spare_capacity(events), Some(&Timespec::default())) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// The kernel's sockets.
struct EpollNetwork {
    epoll: Arc<OwnedFd>,
    /// Runs connections that are handed over; `None`: the loop was made outside of a runtime.
    runtime: Option<Handle>,
    abort: CancellationToken,
}

impl Network for EpollNetwork {
    type Socket = TcpStream;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn register(&mut self, socket: &TcpStream, token: ConnectionToken, interest: Interest) -> io::Result<()> {
        match epoll::add(&*self.epoll, socket, event_data(token), event_flags(interest)) {
            // The acceptor has registered the socket while it waited for the first packet.
            Err(Errno::EXIST) => self.reregister(socket, token, interest),
            added => Ok(added?),
        }
    }

    fn reregister(&mut self, socket: &TcpStream, token: ConnectionToken, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&*self.epoll, socket, event_data(token), event_flags(interest))?)
    }

    fn shutdown_write(&mut self, socket: &mut TcpStream) {
        // It fails if the peer has disconnected, which is fine.
        let _ = socket.shutdown(Shutdown::Write);
    }

    fn hand_over(&mut self, connection: HandedOver<TcpStream>) {
        let _ = epoll::delete(&*self.epoll, connection.socket());
        let Some(runtime) = &self.runtime else { return };
        let (abort, span) = (self.abort.clone(), connection.span());
        let serving = async move {
            // It fails where the runtime shuts down.
            if let Ok(connection) = connection.try_map_socket(tokio::net::TcpStream::from_std) {
                let serving = SubscriberTask::resume(connection, |socket| reset_on_drop(socket));
                abort.run_until_cancelled(serving).await;
            }
        };
        runtime.spawn(serving.instrument(span));
    }

    fn refuse(&mut self, mut socket: TcpStream, response: Option<Vec<u8>>) {
        let _ = epoll::delete(&*self.epoll, &socket);
        match response {
            // A few bytes, and nothing is in the socket's buffer yet.
            Some(response) => drop(socket.write_all(&response)),
            None => reset_on_drop(&socket),
        }
    }
}

fn event_flags(interest: Interest) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, interest.read);
    flags.set(EventFlags::OUT, interest.write);
    flags
}

/// A token as epoll stores it.
fn event_data(token: ConnectionToken) -> EventData {
    EventData::new_u64(token.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::super::manual_host::ManualHost;
    use super::*;
    use crate::hub::{CacheBudget, Hub, MAX_REPLAYS, ReplayOptions};
    use crate::scenario::{SHIPPED, Timeline};
    use crate::server::internals::parse_parameters;

    #[test]
    fn a_subscriber_that_joins_before_the_driver_is_served_once_that_is_hosted_or_gone() {
        for comes in [true, false] {
            let delivery = Delivery::start(Timing::default(), Arc::default()).expect("started").expect("on Linux");
            let manual_host = Arc::<ManualHost>::default();
            let hub = Hub::with_runner(manual_host.clone(), CacheBudget::default(), MAX_REPLAYS);
            let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
            let replay = hub.open("main", timeline, ReplayOptions::default()).expect("a replay").replay;
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let mut ours = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
            let (socket, _) = listener.accept().expect("connected");
            let join = parse_parameters("", &replay.timeline()).expect("parameters");
            let (response_head, leftover, permit) = (b"HTTP/1.1 101".to_vec(), Vec::new(), None);
            let subscriber =
                NewSubscriber { socket, response_head, leftover, replay, join, message_bytes: 1_024, permit };
            delivery.join(subscriber).expect("a socket");
            // Longer than the loop takes to check, and to check again.
            std::thread::sleep(5 * CHECK_DRIVER);
            let driver = manual_host.0.lock().remove(0);
            if comes {
                delivery.run(driver);
            } else {
                drop(driver);
            }
            ours.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
            let mut received = Vec::new();
            while !received.windows(7).any(|bytes| bytes == if comes { b"playing" } else { b"has gon" }) {
                let mut bytes = [0; 4_096];
                let read = ours.read(&mut bytes).expect("received in time");
                assert!(read > 0, "dropped after {:?}", String::from_utf8_lossy(&received));
                received.extend(&bytes[..read]);
            }
        }
    }
}
