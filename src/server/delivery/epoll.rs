//! The delivery loop over the kernel's sockets: one thread, one epoll, waits exact to the nanosecond asked for.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{Shutdown, TcpStream};
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Wake, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::epoll::{self, CreateFlags, EventData, EventFlags};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::door::Door;
use super::fanout::Fanout;
use super::net::{Interest, Net, Newcomer, Token};
use crate::error::{Error, Result};
use crate::hub::{Driver, DriverRunner};
use crate::latency::Latency;
use crate::server::meters::Meters;
use crate::server::pulse::Timing;

/// How many connections are heard of at once, before what has become due meanwhile has its turn.
const EVENTS: usize = 256;
/// How often the loop checks for the driver of a replay that has a pending join,
const CHECK_DRIVER: Duration = Duration::from_millis(10);
/// and for how long. A hub hosts a driver right after its replay can be found.
const DRIVER_TIMEOUT: Duration = Duration::from_secs(10);
/// What wakes the loop is no connection.
const INBOX: Token = Token { slot: u32::MAX, generation: u32::MAX };

/// The delivery loop. It moves the replays of a hub that it hosts and serves their subscribers, until it is dropped.
pub struct Delivery {
    inbox: Arc<Inbox>,
    lateness: Arc<Mutex<Latency>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").finish_non_exhaustive()
    }
}

/// What other threads say to the loop. Drivers are bounded by their hub, newcomers by the places for connections.
struct Inbox {
    /// Held while one letter is added or all are taken.
    letters: Mutex<Vec<Letter>>,
    wake: OwnedFd,
}

enum Letter {
    Host(Box<Driver>),
    Join(Box<Newcomer<TcpStream>>),
    /// Accepts connections from here on,
    Open(Box<Door>),
    /// and no more.
    Shut,
    /// Lets go of all subscribers.
    Clear,
    Quit,
}

impl Inbox {
    fn put(&self, letter: Letter) {
        let first = {
            let mut letters = self.letters.lock().unwrap_or_else(PoisonError::into_inner);
            letters.push(letter);
            letters.len() == 1
        };
        if first {
            self.call();
        }
    }

    fn call(&self) {
        // It fails only where the counter is full: then the loop has been called.
        let _ = rustix::io::write(&self.wake, &1_u64.to_ne_bytes());
    }
}

impl Wake for Inbox {
    fn wake(self: Arc<Self>) {
        self.call();
    }
}

impl DriverRunner for Delivery {
    fn run(&self, driver: Driver) {
        self.inbox.put(Letter::Host(Box::new(driver)));
    }

    fn lateness(&self) -> Latency {
        self.lateness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Delivery {
    /// Starts the loop, which counts what it does in these meters. `None` where the system cannot have one: it takes Linux.
    pub fn start(timing: Timing, meters: Arc<Meters>) -> Result<Option<Self>> {
        let doing = |error: Errno| Error::io("starting the delivery loop", error.into());
        let epoll = Arc::new(epoll::create(CreateFlags::CLOEXEC).map_err(doing)?);
        let wake = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK).map_err(doing)?;
        let inbox = Arc::new(Inbox { letters: Mutex::default(), wake });
        epoll::add(&*epoll, &inbox.wake, data(INBOX), EventFlags::IN).map_err(doing)?;
        let lateness = Arc::default();
        let (net, waker) = (Kernel { epoll: epoll.clone() }, Waker::from(inbox.clone()));
        let fanout = Fanout::new(net, timing, waker, Arc::clone(&lateness), meters);
        let letters = inbox.clone();
        let thread = std::thread::Builder::new().name("delivery".into()).spawn(move || run(&epoll, &letters, fanout));
        let thread = thread.map_err(|error| Error::io("starting the delivery loop", error))?;
        Ok(Some(Self { inbox, lateness, thread: Some(thread) }))
    }

    /// Takes over a subscriber of a replay that it hosts. Its socket is made non-blocking.
    pub fn join(&self, newcomer: Newcomer<TcpStream>) -> io::Result<()> {
        newcomer.link.set_nonblocking(true)?;
        self.inbox.put(Letter::Join(Box::new(newcomer)));
        Ok(())
    }

    /// Accepts connections at a door from here on.
    pub(in crate::server) fn open(&self, door: Door) {
        self.inbox.put(Letter::Open(Box::new(door)));
    }

    /// Accepts no more, and lets go of those who have said nothing yet.
    pub(in crate::server) fn shut(&self) {
        self.inbox.put(Letter::Shut);
    }

    /// Lets go of all subscribers, whatever they are owed.
    pub fn clear(&self) {
        self.inbox.put(Letter::Clear);
    }
}

impl Drop for Delivery {
    fn drop(&mut self) {
        self.inbox.put(Letter::Quit);
        // The door holds what it lets people into: where nobody else does any more, this is the loop's own thread, which
        // cannot wait for itself.
        if let Some(thread) = self.thread.take().filter(|thread| thread.thread().id() != std::thread::current().id()) {
            // A panic there has been reported.
            let _ = thread.join();
        }
    }
}

/// Subscribers of replays whose driver is not hosted yet: a replay can be found just before its hub hosts the driver.
#[derive(Default)]
struct PendingJoins(VecDeque<(Instant, Newcomer<TcpStream>)>);

impl PendingJoins {
    /// When to check again.
    fn next(&self) -> Option<Instant> {
        (!self.0.is_empty()).then(|| Instant::now() + CHECK_DRIVER)
    }

    /// Joins a subscriber now, or once the driver is hosted.
    fn join(&mut self, newcomer: Newcomer<TcpStream>, fanout: &mut Fanout<Kernel>) {
        match fanout.hosts(&newcomer.replay) {
            true => fanout.join(newcomer),
            false => self.0.push_back((Instant::now(), newcomer)),
        }
        fanout.catch_up();
    }

    /// Joins the subscribers whose driver is hosted by now, or gone.
    fn check(&mut self, fanout: &mut Fanout<Kernel>) {
        for (since, newcomer) in std::mem::take(&mut self.0) {
            // After the time-out `Fanout::join` logs that there is no driver, and drops the subscriber.
            if fanout.hosts(&newcomer.replay) || since.elapsed() > DRIVER_TIMEOUT {
                fanout.join(newcomer);
                fanout.catch_up();
            } else {
                self.0.push_back((since, newcomer));
            }
        }
    }
}

/// Waits, and has done what is due, until it is told to quit.
fn run(epoll: &OwnedFd, inbox: &Inbox, mut fanout: Fanout<Kernel>) {
    // The kernel may put wake-ups off to join them, by 50 us unless it is told otherwise. Where it refuses, they are late.
    let _ = rustix::thread::set_current_timer_slack(NonZeroU64::new(1));
    let mut door: Option<Box<Door>> = None;
    let mut pending = PendingJoins::default();
    let mut events = Vec::with_capacity(EVENTS);
    loop {
        pending.check(&mut fanout);
        let others = [pending.next(), door.as_ref().and_then(|door| door.next())];
        let next = fanout.turn().into_iter().chain(others.into_iter().flatten()).min();
        events.clear();
        if let Err(error) = wait(epoll, next, &mut events) {
            tracing::error!("waiting for sockets: {error}");
            return;
        }
        if let Some(door) = &mut door {
            door.check(epoll, Instant::now());
        }
        if events.is_empty() {
            continue;
        }
        // What is due goes before what has been said.
        for event in events.drain(..) {
            fanout.catch_up();
            let (flags, token) = (event.flags, Token::from(event.data.u64()));
            if token == INBOX {
                let _ = rustix::io::read(&inbox.wake, &mut [0_u8; 8]);
                // Taken first: a `for` would hold the lock as long as it lasts.
                let letters = std::mem::take(&mut *inbox.letters.lock().unwrap_or_else(PoisonError::into_inner));
                for letter in letters {
                    fanout.catch_up();
                    match letter {
                        Letter::Host(driver) => fanout.host(*driver),
                        Letter::Join(newcomer) => pending.join(*newcomer, &mut fanout),
                        Letter::Open(new) => door = Some(new),
                        Letter::Shut => door = None,
                        Letter::Clear => {
                            pending = PendingJoins::default();
                            fanout.clear();
                        }
                        Letter::Quit => return,
                    }
                }
            } else if Door::knows(token) {
                if let Some(door) = &mut door {
                    door.act(epoll, token, &mut |newcomer| pending.join(newcomer, &mut fanout));
                }
            } else {
                let readable = flags.intersects(EventFlags::IN | EventFlags::ERR | EventFlags::HUP);
                fanout.act(token, readable, flags.contains(EventFlags::OUT));
            }
        }
    }
}

/// Waits until something has happened or the instant has come.
///
/// Not in epoll's own wait, whose time-out is counted in milliseconds (that of `epoll_pwait2` is not, but it takes Linux
/// 5.11): epoll can be polled like any other file, and `ppoll` is exact to some ten microseconds.
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
struct Kernel {
    epoll: Arc<OwnedFd>,
}

impl Net for Kernel {
    type Link = TcpStream;

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn watch(&mut self, link: &TcpStream, token: Token, interest: Interest) -> io::Result<()> {
        match epoll::add(&*self.epoll, link, data(token), flags(interest)) {
            // It had to be waited for at the door.
            Err(Errno::EXIST) => self.change(link, token, interest),
            added => Ok(added?),
        }
    }

    fn change(&mut self, link: &TcpStream, token: Token, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&*self.epoll, link, data(token), flags(interest))?)
    }

    fn finish(&mut self, link: &mut TcpStream) {
        // A peer that has gone needs not be told.
        let _ = link.shutdown(Shutdown::Write);
    }
}

fn flags(interest: Interest) -> EventFlags {
    let mut flags = EventFlags::empty();
    flags.set(EventFlags::IN, interest.read);
    flags.set(EventFlags::OUT, interest.write);
    flags
}

/// A token as the kernel keeps it.
fn data(token: Token) -> EventData {
    EventData::new_u64(token.into())
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::TcpListener;

    use super::super::lobby::Lobby;
    use super::*;
    use crate::hub::{CacheBudget, Hub, MAX_REPLAYS, ReplayOptions};
    use crate::scenario::{SHIPPED, Timeline};
    use crate::server::parse_parameters;

    #[test]
    fn who_comes_before_the_driver_of_its_replay_is_served_once_that_has_come_or_is_gone() {
        for comes in [true, false] {
            let delivery = Delivery::start(Timing::default(), Arc::default()).expect("started").expect("on Linux");
            let lobby = Arc::<Lobby>::default();
            let hub = Hub::with_runner(lobby.clone(), CacheBudget::default(), MAX_REPLAYS);
            let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
            let replay = hub.open("main", timeline, ReplayOptions::default()).expect("a replay").replay;
            let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
            let mut ours = TcpStream::connect(listener.local_addr().expect("bound")).expect("connected");
            let (link, _) = listener.accept().expect("connected");
            let join = parse_parameters("", replay.timeline()).expect("parameters");
            let (greeting, early, seat) = (b"HTTP/1.1 101".to_vec(), Vec::new(), None);
            let newcomer = Newcomer { link, greeting, early, replay, join, message_bytes: 1_024, seat };
            delivery.join(newcomer).expect("a socket");
            // Longer than it takes until the loop has looked, and looked again.
            std::thread::sleep(5 * CHECK_DRIVER);
            let driver = lobby.0.lock().expect("unbroken").remove(0);
            if comes {
                delivery.run(driver);
            } else {
                drop(driver);
            }
            ours.set_read_timeout(Some(Duration::from_secs(30))).expect("a time");
            let mut told = Vec::new();
            while !told.windows(7).any(|bytes| bytes == if comes { b"playing" } else { b"has gon" }) {
                let mut bytes = [0; 4_096];
                let read = ours.read(&mut bytes).expect("told in time");
                assert!(read > 0, "dropped after {:?}", String::from_utf8_lossy(&told));
                told.extend(&bytes[..read]);
            }
        }
    }
}
