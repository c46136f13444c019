//! Subscribers whose sockets take a given number of bytes, without a network.

mod idle;
mod overtaking;
mod slow_net;

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use std::io::{self, Read, Write};

use super::super::manual_host::ManualHost;
use super::super::network::{Interest, NewSubscriber};
use super::*;
use crate::hub::{CacheBudget, Hub, MAX_REPLAYS, ReplayOptions, SubscribeRequest};
use crate::playback::{Command, Speed};
use crate::scenario::{SHIPPED, Scenario, Timeline};
use crate::server::internals::{HandedOver, Metrics, parse_parameters};

/// Takes as many bytes as there is room for, and keeps them.
#[derive(Clone, Default)]
struct Sink(Rc<RefCell<(Vec<u8>, usize)>>);

impl Sink {
    fn with_room(room: usize) -> Self {
        Self(Rc::new(RefCell::new((Vec::new(), room))))
    }

    /// The `n` of every event so far.
    fn events(&self) -> Vec<u64> {
        let text = String::from_utf8_lossy(&self.0.borrow().0).into_owned();
        let received = text.split(r#"{"kind":"event""#).skip(1).filter_map(|rest| rest.split(r#""n":"#).nth(1));
        received.map(|rest| rest.split(',').next().and_then(|n| n.parse().ok()).expect("a number")).collect()
    }
}

impl Read for Sink {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (taken, room) = &mut *self.0.borrow_mut();
        let bytes = &bytes[..bytes.len().min(*room)];
        *room -= bytes.len();
        taken.extend_from_slice(bytes);
        if bytes.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A network without time. It keeps what the connections that were handed over have left unread.
struct FixedClock(Instant, Vec<Vec<u8>>);

impl Network for FixedClock {
    type Socket = Sink;

    fn now(&self) -> Instant {
        self.0
    }

    fn register(&mut self, _: &Sink, _: ConnectionToken, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn reregister(&mut self, _: &Sink, _: ConnectionToken, _: Interest) -> io::Result<()> {
        Ok(())
    }

    fn shutdown_write(&mut self, _: &mut Sink) {}

    fn hand_over(&mut self, connection: HandedOver<Sink>) {
        self.1.push(connection.leftover);
    }

    fn refuse(&mut self, _: Sink, _: Option<Vec<u8>>) {}
}

struct Scene {
    hub: Arc<Hub>,
    metrics: Arc<Metrics>,
    fanout: Fanout<FixedClock>,
    replay: Replay,
}

impl Scene {
    /// Thirty copies of the flagship in one timeline; playback starts once so many subscribers have joined.
    fn new(wait_for: usize) -> Self {
        Self::at(Speed::MAX, wait_for)
    }

    fn at(speed: Speed, wait_for: usize) -> Self {
        let copy = |at: usize| {
            let text = SHIPPED[0].text().replace("juv-nap", &format!("copy-{at}"));
            Scenario::parse("a copy", &text).expect("a scenario")
        };
        let season = Scenario::merge((0..30).map(copy).collect()).expect("matches that differ");
        let manual_host = Arc::<ManualHost>::default();
        let hub = Hub::with_runner(manual_host.clone(), CacheBudget::default(), MAX_REPLAYS);
        let mut options = ReplayOptions { wait_for, ..ReplayOptions::default() };
        options.playback.speed = speed;
        let opened = hub.open("main", Arc::new(Timeline::new(&season)), options).expect("a replay");
        let (net, metrics) = (FixedClock(Instant::now(), Vec::new()), Arc::<Metrics>::default());
        let mut fanout = Fanout::new(net, Timing::default(), Waker::noop().clone(), Arc::default(), metrics.clone());
        fanout.add_driver(manual_host.0.lock().remove(0));
        Self { hub, metrics, fanout, replay: opened.replay }
    }

    fn join(&mut self, room: usize) -> Sink {
        self.join_as(room, false)
    }

    fn join_as(&mut self, room: usize, control: bool) -> Sink {
        let sink = Sink::with_room(room);
        let join = SubscribeRequest {
            control,
            ..parse_parameters("ticks=off&snapshot=off", &self.replay.timeline()).expect("parameters")
        };
        self.fanout.join(NewSubscriber {
            socket: sink.clone(),
            response_head: Vec::new(),
            leftover: Vec::new(),
            replay: self.replay.clone(),
            join,
            message_bytes: 64 << 10,
            permit: None,
        });
        sink
    }

    fn finish(&mut self) {
        while self.fanout.run_due() == Some(self.fanout.net.now()) {}
    }

    fn all(&self) -> Vec<u64> {
        (1..=self.replay.timeline().cues().len() as u64).collect()
    }
}

#[test]
fn a_subscriber_ahead_of_a_cohort_joins_it_once_the_cohort_has_caught_up() {
    let mut scene = Scene::new(2);
    let (first, second) = (scene.join(usize::MAX), scene.join(usize::MAX));
    // Playback starts, and is sent as far as one round goes.
    scene.fanout.run_due();
    let received = first.events().len();
    assert!(0 < received && received < scene.all().len(), "{received} events in the first round");
    let late = scene.join(usize::MAX);
    scene.finish();
    assert!(first.events() == scene.all() && second.events() == scene.all());
    assert_eq!(late.events(), [0; 0], "everything was sent before it joined");
    assert_eq!(scene.fanout.replays[0].cohorts.len(), 1, "and now they are in step");
}

#[test]
fn a_lagging_subscriber_is_detached_and_rejoins() {
    let mut scene = Scene::new(2);
    let (wide, narrow) = (scene.join(usize::MAX), scene.join(300_000));
    scene.finish();
    let behind = narrow.events().len();
    assert!(wide.events() == scene.all(), "the narrow one delays no other");
    assert!(behind < scene.all().len());
    assert_eq!(scene.fanout.replays[0].cohorts.iter().map(|(_, cohort)| cohort.members.len()).sum::<usize>(), 1);
    narrow.0.borrow_mut().1 = usize::MAX;
    scene.fanout.on_ready(ConnectionToken { slot: 1, generation: 2 }, false, true);
    scene.finish();
    assert!(narrow.events() == scene.all());
    assert_eq!(scene.fanout.replays[0].cohorts[0].members.len(), 2);
}

#[test]
fn the_lag_of_a_blocked_subscriber_is_noted_once_a_second_though_its_socket_is_silent() {
    let mut scene = Scene::at(Speed::new(60.0).expect("a speed"), 1);
    let _silent = scene.join(0);
    for _ in 0..12 * 20 {
        scene.fanout.network_mut().0 += SWEEP_INTERVAL / 20;
        scene.finish();
    }
    let head = scene.replay.status(scene.fanout.network_mut().0).playhead.head;
    let page = scene.metrics.page(&scene.hub, None);
    let lag = page.lines().find_map(|line| line.strip_prefix("touchline_largest_lag_events ")).expect("a lag");
    let lag: f64 = lag.parse().expect("a number");
    // The lag of the last second may not have been noted yet.
    assert!(head > 100 && lag > 0.8 * f64::from(head), "{lag} of {head}");
}

#[test]
fn a_suspension_does_not_count_against_any_connection() {
    let mut scene = Scene::at(Speed::new(60.0).expect("a speed"), 1);
    // An hour without connections is no suspension.
    scene.fanout.network_mut().0 += Duration::from_secs(3_600);
    let _silent: Vec<_> = (0..100).map(|_| scene.join(usize::MAX)).collect();
    let pass = |scene: &mut Scene, seconds: u32| {
        for _ in 0..seconds * 20 {
            scene.fanout.network_mut().0 += SWEEP_INTERVAL / 20;
            scene.finish();
        }
        scene.fanout.len()
    };
    assert_eq!(pass(&mut scene, 10), 100);
    scene.fanout.network_mut().0 += Duration::from_secs(60);
    assert_eq!(pass(&mut scene, 37), 100, "a second of it counts, the rest does not");
    assert_eq!(pass(&mut scene, 8), 0, "they have been silent for fifty, and had time to leave");
}

#[test]
fn a_late_event_of_a_closed_connection_does_not_reach_its_successor() {
    let mut scene = Scene::new(9);
    scene.join(usize::MAX);
    scene.fanout.remove(0);
    let second = scene.join(usize::MAX);
    let before = second.0.borrow().0.len();
    // Reading would fail, and remove the connection.
    scene.fanout.on_ready(ConnectionToken { slot: 0, generation: 1 }, true, true);
    assert_eq!((scene.fanout.len(), second.0.borrow().0.len()), (1, before));
}

#[test]
fn a_connection_is_as_small_as_the_architecture_says() {
    let size = size_of::<LoopConnection<std::net::TcpStream>>();
    assert!(size < 200, "{size} bytes");
}

#[test]
fn a_connection_with_unread_commands_is_handed_over_with_them() {
    let mut scene = Scene::at(Speed::new(60.0).expect("a speed"), 1);
    let _subscribers = [scene.join_as(usize::MAX, true), scene.join_as(usize::MAX, true)];
    scene.finish();
    let control = scene.replay.control();
    let command = Command::parse_line("fault stall subscriber=1 for=10s").expect("a command");
    let mut applied = pin!(control.apply(command));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(applied.as_mut().poll(&mut cx).is_pending(), "the driver is to be asked");
    // The fault is still queued when the input comes: two commands from each, in frames whose mask is zero. The driver takes it
    // with the first one.
    let pause = [&[0x81, 0x85, 0, 0, 0, 0][..], b"pause"].concat().repeat(2);
    for slot in [1, 0] {
        let token = ConnectionToken { slot, generation: slot + 1 };
        if scene.fanout.connection(token).is_some() {
            scene.fanout.handle_input(token, &pause);
        }
    }
    scene.finish();
    assert!(matches!(applied.as_mut().poll(&mut cx), Poll::Ready(Ok(_))));
    assert_eq!(scene.fanout.len(), 1, "the other one stays");
    assert_eq!(scene.fanout.net.1, [Vec::<u8>::new()], "the other's input had it handed over");

    let mut scene = Scene::at(Speed::new(60.0).expect("a speed"), 1);
    let _subscriber = scene.join_as(usize::MAX, true);
    scene.finish();
    let control = scene.replay.control();
    let mut applied = pin!(control.apply(Command::parse_line("fault stall for=10s").expect("a command")));
    assert!(applied.as_mut().poll(&mut cx).is_pending());
    scene.fanout.handle_input(ConnectionToken { slot: 0, generation: 1 }, &pause);
    assert!(scene.fanout.is_empty());
    let second = pause[pause.len() / 2..].to_vec();
    assert_eq!(scene.fanout.net.1, [second], "what it had sent behind its first command goes with it");
}
