//! The way in: connections are accepted where subscribers are served. Whoever has said all at once, and rightly, is let in;
//! everybody else is passed on to the runtime, to hyper.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::net::{SocketFlags, acceptfrom_with};
use slab::Slab;
use tokio::sync::mpsc;

use super::net::{Newcomer, Token};
use crate::server::accept::{Arrived, TROUBLE_PAUSE, trouble};
use crate::server::handshake::welcome;
use crate::server::pulse::later;
use crate::server::seats::{Seat, Seats};
use crate::server::site::Site;
use crate::suspension::suspended;

/// What names the listening socket: no subscriber's slot.
const LISTENER: Token = Token { slot: u32::MAX - 1, generation: u32::MAX };
/// The slots of connections that have said nothing yet lie from here on.
const SILENT: u32 = 1 << 31;
/// How many connections are accepted before those who are served have their turn.
const ACCEPTS: usize = 64;
/// How often it is looked for those who have been silent for too long.
const CHECK: Duration = Duration::from_secs(1);

/// A listening socket, and those who have come and said nothing yet.
#[derive(Debug)]
pub struct Door {
    listener: TcpListener,
    site: std::sync::Arc<Site>,
    seats: Seats,
    pass_on: mpsc::UnboundedSender<Arrived>,
    silent: Slab<Silent>,
    generation: u32,
    /// Whether the listening socket is waited for: not while there is no seat.
    listening: bool,
    /// When to look after the silent, or for a seat.
    check_at: Instant,
    /// What is being read.
    head: Vec<u8>,
}

#[derive(Debug)]
struct Silent {
    socket: TcpStream,
    peer: IpAddr,
    seat: Seat,
    since: Instant,
    generation: u32,
}

impl Door {
    pub(in crate::server) fn new(
        listener: TcpListener,
        site: std::sync::Arc<Site>,
        seats: Seats,
        pass_on: mpsc::UnboundedSender<Arrived>,
    ) -> Self {
        let head = vec![0; site.limits.head_bytes];
        Self {
            listener,
            site,
            seats,
            pass_on,
            silent: Slab::new(),
            generation: 0,
            listening: false,
            check_at: Instant::now(),
            head,
        }
    }

    /// When it wants to be called again, at the latest.
    pub(super) fn next(&self) -> Option<Instant> {
        (!self.listening || !self.silent.is_empty()).then_some(self.check_at)
    }

    /// Looks after the silent and the seats, if it is time for that.
    pub(super) fn check(&mut self, epoll: &OwnedFd, now: Instant) {
        if now < self.check_at {
            return;
        }
        let slept = suspended(self.check_at, now);
        self.check_at = now + CHECK;
        self.silent.retain(|_, silent| {
            silent.since = later(silent.since, slept).min(now);
            let in_time = now < later(silent.since, self.site.limits.head_time);
            if !in_time {
                self.site.meters.refused("head_too_slow");
            }
            in_time
        });
        if !self.listening {
            self.listening =
                epoll::add(epoll, &self.listener, EventData::new_u64(LISTENER.into()), EventFlags::IN).is_ok();
        }
    }

    /// Whether a token names something here.
    pub(super) fn knows(token: Token) -> bool {
        token.slot >= SILENT
    }

    /// Acts on a socket that can be read. Gives whoever is let in to the function.
    pub(super) fn act(&mut self, epoll: &OwnedFd, token: Token, let_in: &mut impl FnMut(Newcomer<TcpStream>)) {
        if token == LISTENER {
            return self.accept(epoll, let_in);
        }
        let slot = (token.slot - SILENT) as usize;
        if self.silent.get(slot).is_some_and(|silent| silent.generation == token.generation) {
            let Silent { socket, peer, seat, .. } = self.silent.remove(slot);
            self.read(epoll, socket, peer, seat, let_in);
        }
    }

    fn accept(&mut self, epoll: &OwnedFd, let_in: &mut impl FnMut(Newcomer<TcpStream>)) {
        for _ in 0..ACCEPTS {
            let Some(seat) = self.seats.try_take() else { return self.pause(epoll) };
            match acceptfrom_with(&self.listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Ok((socket, peer)) => {
                    // A peer that has left already has no address.
                    if let Some(Ok(peer)) = peer.map(SocketAddr::try_from) {
                        self.read(epoll, socket.into(), peer.ip(), seat, let_in);
                    }
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => {}
                Err(error) => {
                    trouble(&self.site.meters, &error.into());
                    return self.pause(epoll);
                }
            }
        }
    }

    /// Accepts no more for a moment: others wait in the kernel's queue.
    fn pause(&mut self, epoll: &OwnedFd) {
        let _ = epoll::delete(epoll, &self.listener);
        self.listening = false;
        self.check_at = self.check_at.min(Instant::now() + TROUBLE_PAUSE);
    }

    /// Reads what one who has come has said.
    fn read(
        &mut self,
        epoll: &OwnedFd,
        mut socket: TcpStream,
        peer: IpAddr,
        seat: Seat,
        let_in: &mut impl FnMut(Newcomer<TcpStream>),
    ) {
        // Whoever stands is to be told that there is no seat, and soon: it is not waited for here.
        if seat.is_standing() {
            return self.pass_on(epoll, socket, peer, Vec::new(), seat);
        }
        let read = match socket.read(&mut self.head) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.wait(epoll, socket, peer, seat),
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let said = &self.head[..read];
        match welcome(&self.site, said, peer) {
            Some((head, entrance)) => let_in(entrance.newcomer(socket, said[head..].to_vec(), Some(seat))),
            None => {
                let begun = said.to_vec();
                self.pass_on(epoll, socket, peer, begun, seat);
            }
        }
    }

    fn pass_on(&self, epoll: &OwnedFd, socket: TcpStream, peer: IpAddr, begun: Vec<u8>, seat: Seat) {
        let _ = epoll::delete(epoll, &socket);
        // Where nobody takes it any more, the server is stopping.
        let _ = self.pass_on.send(Arrived { socket, peer, begun, seat });
    }

    fn wait(&mut self, epoll: &OwnedFd, socket: TcpStream, peer: IpAddr, seat: Seat) {
        self.generation = self.generation.wrapping_add(1);
        let entry = self.silent.vacant_entry();
        let slot = SILENT + u32::try_from(entry.key()).unwrap_or(0);
        let token = Token { slot, generation: self.generation };
        let now = Instant::now();
        if self.silent.is_empty() {
            self.check_at = self.check_at.max(now + CHECK);
        }
        // A socket that was waited for before is still registered, under its old name.
        let data = EventData::new_u64(token.into());
        let watched = epoll::add(epoll, &socket, data, EventFlags::IN)
            .or_else(|_| epoll::modify(epoll, &socket, data, EventFlags::IN));
        if watched.is_ok() {
            self.silent.insert(Silent { socket, peer, seat, since: now, generation: self.generation });
        }
    }
}
