//! Accepts connections on the delivery loop's own thread.
//!
//! A connection whose first packet is a complete and valid stream request joins the loop at once, by the fast path that the
//! acceptor is given. Every other connection is handed over to hyper, with the bytes that have been read.

use std::io::{self, Read};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::event::epoll::{self, EventData, EventFlags};
use rustix::net::{SocketFlags, acceptfrom_with};
use slab::Slab;
use tokio::sync::mpsc;

use super::super::admission::FastPath;
use super::network::{ConnectionToken, NewSubscriber};
use crate::server::accept::{ACCEPT_RETRY, Accepted, Entry, log_accept_error};
use crate::server::connection_limit::{ConnectionLimit, ConnectionPermit};
use crate::server::limits::Limits;
use crate::server::metrics::Metrics;
use crate::server::timers::saturating_add;
use crate::suspension::suspended_for;

/// The token of the listening socket: no subscriber's slot.
const LISTENER: ConnectionToken = ConnectionToken { slot: u32::MAX - 1, generation: u32::MAX };
/// Slots from here on are connections that have sent nothing yet.
const FIRST_SLOT: u32 = 1 << 31;
/// How many connections are accepted before subscribers have their turn.
const ACCEPT_BATCH: usize = 64;
/// How often connections that have sent nothing are checked for a time-out.
const CHECK_INTERVAL: Duration = Duration::from_secs(1);

/// A listening socket, and the connections that have sent nothing yet.
pub struct Acceptor {
    listener: TcpListener,
    fast_path: FastPath,
    head_time: Duration,
    metrics: Arc<Metrics>,
    connection_limit: ConnectionLimit,
    to_http: mpsc::UnboundedSender<Accepted>,
    awaiting: Slab<AwaitingHead>,
    generation: u32,
    /// Whether the listening socket is registered: not while there is no permit.
    listening: bool,
    /// When to check for time-outs, or for a permit.
    check_at: Instant,
    /// The read buffer.
    head: Vec<u8>,
}

/// A connection that has sent nothing yet.
#[derive(Debug)]
struct AwaitingHead {
    socket: TcpStream,
    peer: IpAddr,
    permit: ConnectionPermit,
    since: Instant,
    generation: u32,
}

impl Acceptor {
    /// Accepts from the listener, within the limit; connections that the fast path does not admit go to `to_http`.
    pub(in crate::server) fn new(
        listener: TcpListener,
        fast_path: FastPath,
        limits: &Limits,
        metrics: Arc<Metrics>,
        connection_limit: ConnectionLimit,
        to_http: mpsc::UnboundedSender<Accepted>,
    ) -> Self {
        Self {
            listener,
            fast_path,
            head_time: limits.head_time,
            metrics,
            connection_limit,
            to_http,
            awaiting: Slab::new(),
            generation: 0,
            listening: false,
            check_at: Instant::now(),
            head: vec![0; limits.head_bytes],
        }
    }

    /// The latest instant at which to call [`Self::check`].
    pub(super) fn next_check(&self) -> Option<Instant> {
        (!self.listening || !self.awaiting.is_empty()).then_some(self.check_at)
    }

    /// Drops connections that have sent nothing in time and resumes accepting, if a check is due.
    pub(super) fn check(&mut self, epoll: &OwnedFd, now: Instant) {
        if now < self.check_at {
            return;
        }
        let slept = suspended_for(self.check_at, now);
        self.check_at = now + CHECK_INTERVAL;
        self.awaiting.retain(|_, awaiting| {
            awaiting.since = saturating_add(awaiting.since, slept).min(now);
            let in_time = now < saturating_add(awaiting.since, self.head_time);
            if !in_time {
                self.metrics.record_refused("head_too_slow");
            }
            in_time
        });
        if !self.listening {
            self.listening =
                epoll::add(epoll, &self.listener, EventData::new_u64(LISTENER.into()), EventFlags::IN).is_ok();
        }
    }

    /// Whether a token is one of the acceptor's.
    pub(super) fn owns(token: ConnectionToken) -> bool {
        token.slot >= FIRST_SLOT
    }

    /// Handles a readable socket. Calls `join` with each admitted subscriber.
    pub(super) fn on_readable(
        &mut self,
        epoll: &OwnedFd,
        token: ConnectionToken,
        join: &mut impl FnMut(NewSubscriber<TcpStream>),
    ) {
        if token == LISTENER {
            return self.accept(epoll, join);
        }
        let slot = (token.slot - FIRST_SLOT) as usize;
        if self.awaiting.get(slot).is_some_and(|awaiting| awaiting.generation == token.generation) {
            let AwaitingHead { socket, peer, permit, .. } = self.awaiting.remove(slot);
            self.read(epoll, socket, peer, permit, join);
        }
    }

    fn accept(&mut self, epoll: &OwnedFd, join: &mut impl FnMut(NewSubscriber<TcpStream>)) {
        for _ in 0..ACCEPT_BATCH {
            let Some(mut permit) = self.connection_limit.try_acquire() else { return self.pause(epoll) };
            match acceptfrom_with(&self.listener, SocketFlags::NONBLOCK | SocketFlags::CLOEXEC) {
                Ok((socket, peer)) => {
                    // A peer that has already disconnected has no address.
                    if let Some(Ok(peer)) = peer.map(SocketAddr::try_from) {
                        permit.number_connection(peer.ip());
                        self.read(epoll, socket.into(), peer.ip(), permit, join);
                    }
                }
                Err(rustix::io::Errno::WOULDBLOCK) => return,
                Err(rustix::io::Errno::INTR | rustix::io::Errno::CONNABORTED) => {}
                Err(error) => {
                    log_accept_error(&self.metrics, &error.into());
                    return self.pause(epoll);
                }
            }
        }
    }

    /// Stops accepting for a moment. Connections wait in the kernel's queue.
    fn pause(&mut self, epoll: &OwnedFd) {
        let _ = epoll::delete(epoll, &self.listener);
        self.listening = false;
        self.check_at = self.check_at.min(Instant::now() + ACCEPT_RETRY);
    }

    /// Reads the first packet, and passes the connection on accordingly.
    fn read(
        &mut self,
        epoll: &OwnedFd,
        mut socket: TcpStream,
        peer: IpAddr,
        permit: ConnectionPermit,
        join: &mut impl FnMut(NewSubscriber<TcpStream>),
    ) {
        // Over the limit the client is only to be refused, and soon: its request is not waited for here.
        if permit.is_overflow() {
            return self.hand_over(epoll, socket, peer, Vec::new(), permit);
        }
        let read = match socket.read(&mut self.head) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return self.wait(epoll, socket, peer, permit),
            Ok(0) | Err(_) => return,
            Ok(read) => read,
        };
        let received = &self.head[..read];
        match permit.span().in_scope(|| (self.fast_path)(received, peer)) {
            Some((head, admission)) => {
                join(admission.into_new_subscriber(socket, received[head..].to_vec(), Some(permit)));
            }
            None => {
                let received = received.to_vec();
                self.hand_over(epoll, socket, peer, received, permit);
            }
        }
    }

    fn hand_over(&self, epoll: &OwnedFd, socket: TcpStream, peer: IpAddr, received: Vec<u8>, permit: ConnectionPermit) {
        let _ = epoll::delete(epoll, &socket);
        // Without a receiver the server is stopping.
        let _ = self.to_http.send(Accepted { socket, peer, received, permit, entry: Entry::Server });
    }

    fn wait(&mut self, epoll: &OwnedFd, socket: TcpStream, peer: IpAddr, permit: ConnectionPermit) {
        self.generation = self.generation.wrapping_add(1);
        let entry = self.awaiting.vacant_entry();
        let slot = FIRST_SLOT + u32::try_from(entry.key()).unwrap_or(0);
        let token = ConnectionToken { slot, generation: self.generation };
        let now = Instant::now();
        if self.awaiting.is_empty() {
            self.check_at = self.check_at.max(now + CHECK_INTERVAL);
        }
        // A socket that has waited before is still registered, under its old token.
        let data = EventData::new_u64(token.into());
        let registered = epoll::add(epoll, &socket, data, EventFlags::IN)
            .or_else(|_| epoll::modify(epoll, &socket, data, EventFlags::IN));
        if registered.is_ok() {
            self.awaiting.insert(AwaitingHead { socket, peer, permit, since: now, generation: self.generation });
        }
    }
}
