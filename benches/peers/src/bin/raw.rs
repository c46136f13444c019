//! The baseline: one non-blocking `send` per subscriber and message, and nothing else.
//!
//! One thread, one epoll. All frames lie in one buffer, and a subscriber is an offset in it. In a burst each `send`
//! carries up to 32 frames. A subscriber whose socket is full is skipped until the socket is writable.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use clap::Parser;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::net::{SendFlags, send, sockopt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use touchline_peers::command_line::{ADDRESS, CommandLine, print_port};
use touchline_peers::message::{FRAME_LENGTH, append_frame};
use touchline_peers::schedule::Schedule;

/// The number of messages per `send` in a burst.
const BATCH: u64 = 32;
/// The epoll data of the listener; that of a subscriber is its index.
const LISTENER: u64 = u64::MAX;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommandLine,
    /// Size of every socket's send buffer in bytes [default: chosen by the kernel]
    #[arg(long)]
    send_buffer: Option<usize>,
}

struct Subscriber {
    socket: TcpStream,
    /// The bytes of its request so far; `None` once it is answered.
    request: Option<Vec<u8>>,
    /// The number of bytes sent to it.
    sent: usize,
    /// Whether its socket is full.
    blocked: bool,
}

struct Server {
    epoll: rustix::fd::OwnedFd,
    subscribers: Vec<Subscriber>,
    /// All frames so far.
    frames: Vec<u8>,
    /// The most bytes of one `send`.
    send_limit: usize,
}

fn main() -> io::Result<()> {
    let Arguments { common, send_buffer } = Arguments::parse();
    let listener = TcpListener::bind(ADDRESS)?;
    if let Some(bytes) = send_buffer {
        // Accepted sockets inherit it.
        sockopt::set_socket_send_buffer_size(&listener, bytes)?;
    }
    listener.set_nonblocking(true)?;
    let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
    epoll::add(&epoll, &listener, epoll::EventData::new_u64(LISTENER), epoll::EventFlags::IN)?;
    print_port(listener.local_addr()?)?;

    let send_limit = if common.rate == 0 { FRAME_LENGTH * BATCH as usize } else { usize::MAX };
    let mut server = Server { epoll, subscribers: Vec::new(), frames: Vec::new(), send_limit };
    let mut open = 0;
    while open < common.subscribers {
        open += server.poll(Some(&listener), None)?;
    }

    let mut next = 1;
    match Schedule::from_now(common.rate) {
        Some(schedule) => {
            while next <= common.messages {
                let wait = schedule.due(next).saturating_duration_since(Instant::now());
                server.poll(None, Some(wait))?;
                if Instant::now() >= schedule.due(next) {
                    append_frame(next, &mut server.frames);
                    server.broadcast()?;
                    next += 1;
                }
            }
        }
        None => {
            while next <= common.messages {
                let end = common.messages.min(next + BATCH - 1);
                (next..=end).for_each(|n| append_frame(n, &mut server.frames));
                next = end + 1;
                server.broadcast()?;
                // While all subscribers are blocked, more frames would only use memory.
                let blocked = server.subscribers.iter().all(|subscriber| subscriber.blocked);
                server.poll(None, if blocked { None } else { Some(Duration::ZERO) })?;
            }
        }
    }
    loop {
        server.poll(None, None)?;
    }
}

impl Server {
    /// Waits for events and handles them. Returns how many handshakes were completed.
    fn poll(&mut self, listener: Option<&TcpListener>, wait: Option<Duration>) -> io::Result<usize> {
        let wait = wait.and_then(|wait| Timespec::try_from(wait).ok());
        let mut events = Vec::with_capacity(1_024);
        epoll::wait(&self.epoll, spare_capacity(&mut events), wait.as_ref())?;
        let mut opened = 0;
        for event in events {
            match event.data.u64() {
                LISTENER => {
                    if let Some(listener) = listener {
                        self.accept(listener)?;
                    }
                }
                index => opened += usize::from(self.serve(index as usize)?),
            }
        }
        Ok(opened)
    }

    fn accept(&mut self, listener: &TcpListener) -> io::Result<()> {
        loop {
            let socket = match listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error),
            };
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            let index = epoll::EventData::new_u64(self.subscribers.len() as u64);
            epoll::add(&self.epoll, &socket, index, epoll::EventFlags::IN)?;
            self.subscribers.push(Subscriber { socket, request: Some(Vec::new()), sent: 0, blocked: false });
        }
    }

    /// Reads a request, or sends what did not fit before. Returns whether a handshake was completed.
    fn serve(&mut self, index: usize) -> io::Result<bool> {
        let subscriber = &mut self.subscribers[index];
        let Some(request) = &mut subscriber.request else {
            if subscriber.blocked {
                self.send(index)?;
            } else {
                // The subscriber sent something or disconnected: both are ignored.
                epoll::delete(&self.epoll, &subscriber.socket)?;
            }
            return Ok(false);
        };
        let mut buffer = [0; 1_024];
        let length = subscriber.socket.read(&mut buffer)?;
        request.extend(&buffer[..length]);
        if !request.ends_with(b"\r\n\r\n") {
            return if length > 0 { Ok(false) } else { Err(io::ErrorKind::UnexpectedEof.into()) };
        }
        let request = subscriber.request.take().unwrap_or_default();
        let request = String::from_utf8_lossy(&request);
        let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "));
        let accept = derive_accept_key(key.ok_or(io::ErrorKind::InvalidData)?.as_bytes());
        let response = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        subscriber.socket.write_all(response.as_bytes())?;
        Ok(true)
    }

    /// Sends to every subscriber that is not blocked.
    fn broadcast(&mut self) -> io::Result<()> {
        for index in 0..self.subscribers.len() {
            if !self.subscribers[index].blocked {
                self.send(index)?;
            }
        }
        Ok(())
    }

    /// Sends a subscriber all pending frames, as far as its socket takes them.
    fn send(&mut self, index: usize) -> io::Result<()> {
        let subscriber = &mut self.subscribers[index];
        let was_blocked = subscriber.blocked;
        while subscriber.sent < self.frames.len() {
            let end = self.frames.len().min(subscriber.sent.saturating_add(self.send_limit));
            match send(&subscriber.socket, &self.frames[subscriber.sent..end], SendFlags::NOSIGNAL) {
                Ok(sent) => subscriber.sent += sent,
                Err(rustix::io::Errno::AGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        subscriber.blocked = subscriber.sent < self.frames.len();
        if subscriber.blocked != was_blocked {
            let flags = if subscriber.blocked { epoll::EventFlags::OUT } else { epoll::EventFlags::IN };
            epoll::modify(&self.epoll, &subscriber.socket, epoll::EventData::new_u64(index as u64), flags)?;
        }
        Ok(())
    }
}
