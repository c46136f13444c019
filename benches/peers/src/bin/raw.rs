//! The floor to compare with: one non-blocking `send` per subscriber and message, and nothing else.
//!
//! One thread, one epoll. The frames lie one behind the other in memory, and a subscriber is a place in them. As fast as
//! they are taken, each `send` carries up to 32; a subscriber whose socket is full is left until it can be written again.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use clap::Parser;
use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::net::{SendFlags, send, sockopt};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use touchline_peers::command_line::{ADDRESS, CommandLine, tell_port};
use touchline_peers::message::{FRAME_LENGTH, append_frame};
use touchline_peers::schedule::Schedule;

/// How many messages are sent in one go where they are sent as fast as they are taken.
const BATCH: u64 = 32;
/// What epoll knows the listener by; subscribers are known by their place in the list.
const LISTENER: u64 = u64::MAX;

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    common: CommandLine,
    /// Bound every socket's send buffer to so many bytes; left out, the kernel sizes it as it likes
    #[arg(long)]
    send_buffer: Option<usize>,
}

struct Subscriber {
    socket: TcpStream,
    /// What has come of its request; `None` once that has been answered.
    request: Option<Vec<u8>>,
    /// How much of the frames it has been sent, in bytes.
    sent: usize,
    /// Its socket is full.
    blocked: bool,
}

struct Server {
    epoll: rustix::fd::OwnedFd,
    subscribers: Vec<Subscriber>,
    /// All frames so far.
    frames: Vec<u8>,
    /// How much one `send` carries, in bytes.
    at_most: usize,
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
    tell_port(listener.local_addr()?)?;

    let at_most = if common.rate == 0 { FRAME_LENGTH * BATCH as usize } else { usize::MAX };
    let mut server = Server { epoll, subscribers: Vec::new(), frames: Vec::new(), at_most };
    let mut open = 0;
    while open < common.subscribers {
        open += server.turn(Some(&listener), None)?;
    }

    let mut next = 1;
    match Schedule::from_now(common.rate) {
        Some(schedule) => {
            while next <= common.messages {
                let wait = schedule.due(next).saturating_duration_since(Instant::now());
                server.turn(None, Some(wait))?;
                if Instant::now() >= schedule.due(next) {
                    append_frame(next, &mut server.frames);
                    server.pass()?;
                    next += 1;
                }
            }
        }
        None => {
            while next <= common.messages {
                let end = common.messages.min(next + BATCH - 1);
                (next..=end).for_each(|n| append_frame(n, &mut server.frames));
                next = end + 1;
                server.pass()?;
                // While everyone is blocked, more would only be more to keep.
                let blocked = server.subscribers.iter().all(|subscriber| subscriber.blocked);
                server.turn(None, if blocked { None } else { Some(Duration::ZERO) })?;
            }
        }
    }
    loop {
        server.turn(None, None)?;
    }
}

impl Server {
    /// Waits for something to happen and deals with it; tells how many have become subscribers by that.
    fn turn(&mut self, listener: Option<&TcpListener>, wait: Option<Duration>) -> io::Result<usize> {
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

    /// Reads a request, or sends what could not be sent before. True: the request was whole and has been answered.
    fn serve(&mut self, index: usize) -> io::Result<bool> {
        let subscriber = &mut self.subscribers[index];
        let Some(request) = &mut subscriber.request else {
            if subscriber.blocked {
                self.send(index)?;
            } else {
                // It says something, or leaves: neither is of interest here.
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
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
             Sec-WebSocket-Accept: {accept}\r\n\r\n"
        );
        subscriber.socket.write_all(answer.as_bytes())?;
        Ok(true)
    }

    /// Everyone who can be sent something is.
    fn pass(&mut self) -> io::Result<()> {
        for index in 0..self.subscribers.len() {
            if !self.subscribers[index].blocked {
                self.send(index)?;
            }
        }
        Ok(())
    }

    /// Sends a subscriber what there is, as far as its socket takes it.
    fn send(&mut self, index: usize) -> io::Result<()> {
        let subscriber = &mut self.subscribers[index];
        let was_blocked = subscriber.blocked;
        while subscriber.sent < self.frames.len() {
            let end = self.frames.len().min(subscriber.sent.saturating_add(self.at_most));
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
