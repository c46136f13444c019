//! Thousands of subscribers on one thread that never sleeps, so that the server hardly ever pays for waking it.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::OwnedFd;
use rustix::net::sockopt;
use touchline_peers::message::monotonic_nanos;

use crate::frames;

/// The most handshakes in flight: fewer than the shortest accept queue of any server (100).
const MAX_HANDSHAKES: usize = 64;
/// The size of a read, small enough to stay in the cache.
const READ_BYTES: usize = 128 << 10;
/// A run fails after this time without a byte.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A message as received.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Its payload at the first subscriber.
    pub payload: Vec<u8>,
    /// When the last subscriber received it, by the monotonic clock in nanoseconds.
    pub last: u64,
}

/// All messages and deliveries.
#[derive(Debug, Default)]
pub struct Received {
    /// Each message, in order.
    pub messages: Vec<Message>,
    /// Each delivery: the index of its message, and the time by the monotonic clock in nanoseconds.
    pub deliveries: Vec<(u32, u64)>,
}

struct Subscriber {
    socket: TcpStream,
    /// The incomplete frame at the end of the last read.
    rest: Vec<u8>,
    /// The number of the last event; 0 before the first.
    last: u64,
    /// Whether the handshake is complete.
    open: bool,
}

/// The subscribers of one server.
pub struct Subscribers {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
    list: Vec<Subscriber>,
    buffer: Vec<u8>,
    /// The difference between successive event numbers: more than one if a filter omits events.
    stride: u64,
    /// The number of complete handshakes.
    open: usize,
    /// The number of events received, over all subscribers.
    pub received_events: u64,
    /// The bytes of their frames, with headers.
    pub bytes: u64,
    /// When the last bytes were received.
    last_received: Instant,
    /// Touchline's last playback frame, which has the anchor of the clock.
    pub playback: Option<Vec<u8>>,
    /// `None` in a burst, where recording every delivery would cost too much.
    received: Option<Received>,
}

impl Subscribers {
    /// No subscribers yet. `stride` is the difference between successive event numbers. `expected` is the number of
    /// messages and deliveries to record; with `None` only counts are kept.
    pub fn new(stride: u64, expected: Option<(usize, usize)>) -> Result<Self, String> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC).map_err(|error| format!("epoll: {error}"))?;
        let received = expected.map(|(messages, deliveries)| Received {
            messages: vec![Message::default(); messages],
            deliveries: Vec::with_capacity(deliveries),
        });
        Ok(Self {
            epoll,
            events: Vec::with_capacity(1_024),
            list: Vec::new(),
            buffer: vec![0; READ_BYTES],
            stride,
            open: 0,
            received_events: 0,
            bytes: 0,
            last_received: Instant::now(),
            playback: None,
            received,
        })
    }

    /// Connects `count` more subscribers and waits for all handshakes.
    pub fn connect(&mut self, count: usize, address: SocketAddr, path: &str) -> Result<(), String> {
        // The key of the example in RFC 6455: servers only hash it.
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        );
        let all = self.list.len() + count;
        while self.open < all {
            while self.list.len() < all && self.list.len() - self.open < MAX_HANDSHAKES {
                self.add(address, request.as_bytes()).map_err(|error| format!("connecting: {error}"))?;
            }
            self.poll()?;
        }
        Ok(())
    }

    fn add(&mut self, address: SocketAddr, request: &[u8]) -> std::io::Result<()> {
        let mut socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        // Reset on close, so that thousands of sockets do not linger into the next run.
        sockopt::set_socket_linger(&socket, Some(Duration::ZERO))?;
        socket.write_all(request)?;
        socket.set_nonblocking(true)?;
        let index = epoll::EventData::new_u64(self.list.len() as u64);
        epoll::add(&self.epoll, &socket, index, epoll::EventFlags::IN)?;
        self.list.push(Subscriber { socket, rest: Vec::new(), last: 0, open: false });
        self.last_received = Instant::now();
        Ok(())
    }

    /// Receives until `until` events have been received in all.
    pub fn receive(&mut self, until: u64) -> Result<(), String> {
        self.last_received = Instant::now();
        while self.received_events < until {
            self.poll().map_err(|error| format!("{error}, after {} of {until} events", self.received_events))?;
        }
        Ok(())
    }

    /// Receives until no bytes have been received for `quiet`.
    pub fn wait_until_idle(&mut self, quiet: Duration) -> Result<(), String> {
        self.last_received = Instant::now();
        while self.last_received.elapsed() < quiet {
            self.poll()?;
        }
        Ok(())
    }

    /// Takes the recorded messages and deliveries.
    pub fn received(&mut self) -> Received {
        self.received.take().unwrap_or_default()
    }

    /// Polls once, without waiting.
    fn poll(&mut self) -> Result<(), String> {
        let mut events = std::mem::take(&mut self.events);
        events.clear();
        epoll::wait(&self.epoll, spare_capacity(&mut events), Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))
            .map_err(|error| format!("epoll: {error}"))?;
        if events.is_empty() && self.last_received.elapsed() > READ_TIMEOUT {
            return Err(format!("nothing was received for {} s", READ_TIMEOUT.as_secs()));
        }
        for event in &events {
            self.read(event.data.u64() as usize)?;
        }
        if !events.is_empty() {
            self.last_received = Instant::now();
        }
        self.events = events;
        Ok(())
    }

    /// Reads once from a subscriber's socket and checks every frame.
    fn read(&mut self, index: usize) -> Result<(), String> {
        let Self { list, buffer, stride, received, .. } = self;
        let subscriber = &mut list[index];
        let kept = subscriber.rest.len();
        buffer[..kept].copy_from_slice(&subscriber.rest);
        let length = match subscriber.socket.read(&mut buffer[kept..]) {
            Ok(0) => return Err("the server closed the connection".into()),
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(format!("reading: {error}")),
        };
        let now = if received.is_some() { monotonic_nanos() } else { 0 };
        let mut bytes = &buffer[..kept + length];
        if !subscriber.open {
            match response(bytes)? {
                Some(length) => bytes = &bytes[length..],
                None => {
                    subscriber.rest = bytes.to_vec();
                    return Ok(());
                }
            }
            subscriber.open = true;
            self.open += 1;
        }
        let mut last = subscriber.last;
        while let Some(frame) = frames::first(bytes)? {
            bytes = &bytes[frame.length..];
            let Some(number) = frames::number(frame.payload) else {
                if frame.payload.starts_with(br#"{"kind":"error""#) {
                    return Err(String::from_utf8_lossy(frame.payload).into_owned());
                }
                // All subscribers receive the same playback frames.
                if index == 0 && frame.payload.starts_with(br#"{"kind":"playback""#) {
                    self.playback = Some(frame.payload.to_vec());
                }
                continue;
            };
            if number != if last == 0 { 1 } else { last + *stride } {
                return Err(format!("subscriber {index} was sent event {number} after {last}"));
            }
            last = number;
            self.received_events += 1;
            self.bytes += frame.length as u64;
            if let Some(received) = received {
                let place = (number - 1) / *stride;
                let message = received
                    .messages
                    .get_mut(place as usize)
                    .ok_or_else(|| format!("event {number} is beyond the last expected"))?;
                if message.payload.is_empty() {
                    message.payload = frame.payload.to_vec();
                }
                message.last = now;
                received.deliveries.push((place as u32, now));
            }
        }
        subscriber.last = last;
        if bytes.len() == buffer.len() {
            return Err(format!("a frame of more than {} bytes", buffer.len()));
        }
        subscriber.rest.clear();
        subscriber.rest.extend(bytes);
        Ok(())
    }
}

/// The length of the response to the handshake; `None` while it is incomplete.
fn response(bytes: &[u8]) -> Result<Option<usize>, String> {
    let Some(end) = bytes.windows(4).position(|end| end == b"\r\n\r\n") else { return Ok(None) };
    if bytes.starts_with(b"HTTP/1.1 101 ") {
        Ok(Some(end + 4))
    } else {
        Err(format!("the handshake was answered with {:?}", String::from_utf8_lossy(&bytes[..end])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    use touchline_peers::message::append_frame;

    /// The result of a subscriber whose server completes the handshake and sends these events in pieces of `piece`
    /// bytes.
    fn subscribe(numbers: &[u64], stride: u64, piece: usize) -> Result<Received, String> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let mut bytes = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n".to_vec();
        numbers.iter().for_each(|n| append_frame(*n, &mut bytes));
        let server = std::thread::spawn(move || {
            let (mut socket, _) = listener.accept().expect("a subscriber");
            socket.set_nodelay(true).expect("set");
            let mut request = [0; 1_024];
            assert!(socket.read(&mut request).expect("a request") > 0);
            bytes.chunks(piece).for_each(|piece| socket.write_all(piece).expect("sent"));
            socket
        });
        let mut subscribers = Subscribers::new(stride, Some((4, 4)))?;
        subscribers.connect(1, address, "/ws")?;
        let _socket = server.join().expect("a server");
        subscribers.receive(numbers.len() as u64)?;
        Ok(subscribers.received())
    }

    #[test]
    fn events_are_parsed_in_pieces_of_any_size() {
        for piece in [1_usize, 7, 403, 404, 5_000] {
            let received = subscribe(&[1, 2, 3], 1, piece).expect("all");
            assert_eq!(received.deliveries.iter().map(|(place, _)| *place).collect::<Vec<_>>(), [0, 1, 2]);
            assert_eq!(frames::number(&received.messages[2].payload), Some(3));
            assert_eq!(received.messages[2].last, received.deliveries[2].1);
        }
        assert_eq!(subscribe(&[1, 3, 5], 2, 100).expect("all").deliveries.len(), 3);
    }

    #[test]
    fn lost_and_reordered_events_are_errors() {
        assert_eq!(subscribe(&[1, 3], 1, 5_000).err().as_deref(), Some("subscriber 0 was sent event 3 after 1"));
        assert!(subscribe(&[2], 1, 5_000).is_err(), "the first is missing");
        assert!(subscribe(&[1, 1], 1, 5_000).is_err(), "twice");
        assert!(subscribe(&[1, 2, 3, 4, 5], 1, 5_000).is_err(), "more than were asked for");
    }
}
