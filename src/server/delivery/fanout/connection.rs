//! One connection of the loop: it joins, is read and written, times out, and closes.

use std::io::{self, IoSlice, Read, Write};
use std::time::{Duration, Instant};

use tracing::Span;

use super::super::network::{ConnectionToken, Interest, Network, NewSubscriber};
use super::{Fanout, MAX_SWEEP_GAP, MIN_SWEEP, Ready, SWEEP_INTERVAL, SWEEP_PARTS, index_to_u32};
use crate::close_code::CloseCode;
use crate::hub::{Answer, PumpResult, SubscriberGuard, SubscriberWriter, TryWrite};
use crate::playback::Rejection;
use crate::server::connection_limit::ConnectionPermit;
use crate::server::metrics::SubscriberGauge;
use crate::server::requests::{self, Handled, MAX_QUEUED_REPLIES, PendingCommand};
use crate::server::timers::{ConnectionTimers, TimerEvent, saturating_add};
use crate::server::transport::websocket::Incoming;
use crate::server::transport::{READ_BUFFER_BYTES, StreamReader};
use crate::suspension::suspended_for;

pub(super) const READ_INTEREST: Interest = Interest { read: true, write: false };

/// A subscriber's connection.
pub(super) struct LoopConnection<S> {
    pub(super) socket: S,
    pub(super) mode: Mode,
    pub(super) replay: u32,
    pub(super) generation: u32,
    pub(super) interest: Interest,
    /// Whether it waits for its next turn.
    pub(super) queued: bool,
    /// The last tick round that has reached it.
    pub(super) tick_round: u64,
    pub(super) may_control: bool,
    pub(super) reader: StreamReader,
    pub(super) timers: ConnectionTimers,
    /// Present while it is served.
    pub(super) guard: Option<SubscriberGuard>,
    /// Present while it is served.
    pub(super) gauge: Option<SubscriberGauge>,
    pub(super) permit: Option<ConnectionPermit>,
}

/// The span of a connection's log lines. The loop enters it only to log, so that it costs nothing to serve a connection.
fn span_of(permit: Option<&ConnectionPermit>) -> Span {
    permit.map_or_else(Span::none, ConnectionPermit::span)
}

/// How a connection is served.
pub(super) enum Mode {
    /// As a member of a cohort, at an index of its list.
    Grouped { cohort: u32, place: u32 },
    /// With a writer of its own: it lags, or something is pending for it alone.
    Detached(Box<SubscriberWriter>),
    /// The close frame is out. The peer has until then to close too. Its input is discarded: closing a socket with
    /// unread bytes resets the connection, and may lose the close frame.
    Closing(Instant),
}

impl<N: Network> Fanout<N> {
    /// Adds a subscriber of a replay that is hosted here.
    pub fn join(&mut self, subscriber: NewSubscriber<N::Socket>) {
        let NewSubscriber { socket, response_head, leftover, replay, mut join, message_bytes, permit } = subscriber;
        let index = match self.by_id.get(&replay.id()) {
            Some(index) => *index,
            // The replay is over and removed: the subscriber is told so.
            None if replay.is_over() => self.add_replay(replay.clone(), None),
            None => {
                tracing::error!(
                    parent: &span_of(permit.as_ref()),
                    replay = replay.name(),
                    "dropped a subscriber: this delivery loop does not host its replay"
                );
                return;
            }
        };
        let now = self.net.now();
        if self.connections.is_empty() {
            // Without connections there are no sweeps. Otherwise the first one would come late, as after a suspension.
            self.sweep = (now + MAX_SWEEP_GAP, 0);
        }
        let Some(socket) = self.refuse_by_fault(&replay, join.client.as_ref(), socket) else {
            return self.remove_if_over(index);
        };
        // What has happened to the others before now does not concern it.
        self.hand_over_faulty(index);
        let guard = replay.add_client(join.client.clone());
        tracing::debug!(parent: &span_of(permit.as_ref()), replay = replay.name(), "subscribed");
        join.subscriber = guard.number();
        let hosted = &mut self.replays[index as usize];
        hosted.connections += 1;
        if !hosted.status_receiver.borrow().is_current() {
            self.drive(index);
        }
        let hosted = &mut self.replays[index as usize];
        if hosted.connections == 1 {
            // Without subscribers the status is not taken over.
            hosted.refresh_status();
        }
        let (may_control, framing) = (join.control, join.options.framing);
        let (link_plan, is_judged) = (hosted.link_plan.clone(), replay.judges_from_start(guard.client()));
        let mut writer = SubscriberWriter::new(replay, join, &hosted.status, now);
        writer.prepend(&response_head);
        self.generation = self.generation.wrapping_add(1);
        let mut timers = ConnectionTimers::new(now, &self.timing, framing);
        let entry = self.connections.vacant_entry();
        let token = ConnectionToken { slot: index_to_u32(entry.key()), generation: self.generation };
        // Spread, so that subscribers that joined together are not all pinged at once.
        timers.bring_ping_forward(self.timing.ping_every / 64 * (token.slot.wrapping_mul(0x9e37_79b1) >> 27));
        let registered = self.net.register(&socket, token, READ_INTEREST);
        entry.insert(LoopConnection {
            socket,
            mode: Mode::Detached(Box::new(writer)),
            replay: index,
            generation: self.generation,
            interest: READ_INTEREST,
            queued: false,
            tick_round: 0,
            may_control,
            reader: StreamReader::new(framing, message_bytes),
            timers,
            guard: Some(guard),
            gauge: Some(SubscriberGauge::open(&self.metrics, framing)),
            permit,
        });
        if registered.is_err() {
            return self.remove(token.slot);
        }
        if is_judged {
            return self.hand_over(token, link_plan.map_or(0, |plan| plan.serial()), leftover, None);
        }
        if let Some(plan) = link_plan
            && self.hand_over_if_concerned(token, &plan, plan.serial(), &leftover)
        {
            return;
        }
        self.handle_input(token, &leftover);
        self.pump(token);
    }

    pub(super) fn connection(&self, token: ConnectionToken) -> Option<&LoopConnection<N::Socket>> {
        self.connections.get(token.slot as usize).filter(|connection| connection.generation == token.generation)
    }

    /// Handles a connection that can be read or written.
    pub fn on_ready(&mut self, token: ConnectionToken, readable: bool, writable: bool) {
        if writable {
            self.pump(token);
        }
        if !readable || self.connection(token).is_none() {
            return;
        }
        let connection = &mut self.connections[token.slot as usize];
        let mut bytes = [0; READ_BUFFER_BYTES];
        let read = loop {
            match connection.socket.read(&mut bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => break read,
            }
        };
        match read {
            Ok(0) => self.remove(token.slot),
            Ok(read) => {
                self.handle_input(token, &bytes[..read]);
                self.pump(token);
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => self.remove(token.slot),
        }
    }

    /// Handles what a subscriber has sent.
    pub(super) fn handle_input(&mut self, token: ConnectionToken, mut unread: &[u8]) {
        let now = self.net.now();
        if unread.is_empty() {
            return;
        }
        self.connections[token.slot as usize].timers.record_received(now);
        if self.slow_commands.hold(token, unread) {
            return;
        }
        loop {
            let connection = &mut self.connections[token.slot as usize];
            let closing = match &connection.mode {
                Mode::Grouped { .. } => false,
                Mode::Detached(writer) => writer.is_closing(),
                Mode::Closing(_) => true,
            };
            // Input after a close is ignored. After a malformed frame its boundaries are unknown.
            if closing {
                return;
            }
            let Some(incoming) = connection.reader.read_next(&mut unread) else { return };
            if matches!(&incoming, Incoming::Control { reply } if reply.is_empty()) {
                continue;
            }
            self.detach(token.slot);
            let connection = &mut self.connections[token.slot as usize];
            let (index, may_control) = (connection.replay, connection.may_control);
            let subscriber = connection.guard.as_ref().map_or(0, SubscriberGuard::number);
            let Mode::Detached(writer) = &mut connection.mode else { return };
            match requests::handle(incoming, writer, subscriber, may_control, &self.metrics, now) {
                Handled::Done => {}
                Handled::Shows(shown) => {
                    // A client that says what it shows is judged, by a task that sees each frame.
                    let serial = self.replays[index as usize].link_serial();
                    return self.hand_over(token, serial, unread.to_vec(), Some(shown));
                }
                Handled::Command(command) if command.takes_time(writer.replay()) => {
                    let (control, span) = (writer.replay().control(), span_of(connection.permit.as_ref()));
                    let link_serial = self.replays[index as usize].link_serial();
                    self.slow_commands.start(token, command, unread, link_serial, control, span);
                    return;
                }
                Handled::Command(command) => {
                    let driver = self.replays[index as usize].driver.as_mut();
                    let span = span_of(connection.permit.as_ref());
                    let answer = match driver {
                        Some(driver) => span.in_scope(|| driver.apply(&command.command_request, now)),
                        None => Err(Rejection::unknown_replay(writer.replay().name())),
                    };
                    command.reply(answer, writer, &self.metrics);
                    // Another command may have changed the link faults, and this connection is handed over.
                    if self.drive_while_reading(index, Some((token, unread))) {
                        return;
                    }
                }
            }
        }
    }

    /// Sends the answer to a command that was applied elsewhere, unless the connection has gone.
    pub(super) fn finish_slow_command(
        &mut self,
        token: ConnectionToken,
        command: PendingCommand,
        answer: Result<Answer, Rejection>,
    ) {
        let (held, link_serial) = self.slow_commands.release(token);
        if self.connection(token).is_none() {
            return;
        }
        self.detach(token.slot);
        if let Mode::Detached(writer) = &mut self.connections[token.slot as usize].mode {
            command.reply(answer, writer, &self.metrics);
        }
        if self.hand_over_answered(token, &held, link_serial) {
            return;
        }
        self.handle_input(token, &held);
        self.pump(token);
    }

    /// Writes what is pending for a detached connection.
    pub(super) fn pump(&mut self, token: ConnectionToken) {
        if self.connection(token).is_none() {
            return;
        }
        let slot = token.slot;
        let connection = &mut self.connections[slot as usize];
        let Mode::Detached(writer) = &mut connection.mode else { return };
        let now = self.net.now();
        let status = &self.replays[connection.replay as usize].status;
        let before = writer.sent();
        let progress = writer.pump(status, now, &mut SocketWriter(&mut connection.socket)).ok();
        let _span = (writer.sent().resyncs > before.resyncs).then(|| span_of(connection.permit.as_ref()).entered());
        if let Some(gauge) = &mut connection.gauge {
            gauge.record_pump(writer, before, progress, status, now);
        }
        let Some(progress) = progress else { return self.remove(slot) };
        connection.timers.record_progress(progress, writer.sent().bytes, now);
        let stopping = status.stopping.is_some_and(|stopping| !stopping.drain);
        connection.timers.start_closing(stopping || writer.is_closing(), now, &self.timing);
        let interest = Interest {
            read: !writer.is_closing()
                && writer.pending_replies() < MAX_QUEUED_REPLIES
                && !self.slow_commands.is_waiting(token),
            write: progress == PumpResult::Blocked,
        };
        match progress {
            PumpResult::Idle => {
                let writer = std::mem::replace(&mut connection.mode, Mode::Closing(now));
                if let Mode::Detached(writer) = writer {
                    self.join_cohort(slot, *writer);
                }
            }
            PumpResult::More => self.requeue(token),
            PumpResult::Finished => return self.begin_close(slot, true),
            PumpResult::Blocked => {}
        }
        self.set_interest(slot, interest);
    }

    /// Gives a connection another turn, after the others.
    pub(super) fn requeue(&mut self, token: ConnectionToken) {
        if !std::mem::replace(&mut self.connections[token.slot as usize].queued, true) {
            self.ready.push_back(Ready::Connection(token));
        }
    }

    pub(super) fn set_interest(&mut self, slot: u32, interest: Interest) {
        let connection = &mut self.connections[slot as usize];
        if connection.interest != interest {
            connection.interest = interest;
            let token = ConnectionToken { slot, generation: connection.generation };
            if self.net.reregister(&connection.socket, token, interest).is_err() {
                self.remove(slot);
            }
        }
    }

    /// Starts closing: the close frame is out, and the peer gets a moment to close too.
    pub(super) fn begin_close(&mut self, slot: u32, received_all: bool) {
        self.leave_cohort(slot);
        let until = saturating_add(self.net.now(), self.timing.close_timeout);
        let connection = &mut self.connections[slot as usize];
        connection.mode = Mode::Closing(until);
        connection.gauge = None;
        if let Some(guard) = connection.guard.take().filter(|_| received_all) {
            guard.finish();
        }
        self.net.shutdown_write(&mut connection.socket);
        self.set_interest(slot, READ_INTEREST);
    }

    pub(super) fn remove(&mut self, slot: u32) {
        self.leave_cohort(slot);
        let connection = self.connections.remove(slot as usize);
        let index = connection.replay;
        drop(connection);
        self.replays[index as usize].connections -= 1;
        self.remove_if_over(index);
    }

    /// Checks the timers of some of the connections.
    pub(super) fn sweep(&mut self) {
        let (now, from) = (self.net.now(), self.sweep.1);
        let slept = suspended_for(self.sweep.0, now);
        if !slept.is_zero() {
            self.postpone_timers(slept, now);
        }
        let slots = self.connections.capacity();
        let part = slots.div_ceil(SWEEP_PARTS).max(MIN_SWEEP);
        let to = (from + part).min(slots);
        let parts = u32::try_from(slots.div_ceil(part)).unwrap_or(u32::MAX).max(1);
        self.sweep = (now + (SWEEP_INTERVAL / parts).min(MAX_SWEEP_GAP), if to == slots { 0 } else { to });
        for slot in from..to {
            let Some(connection) = self.connections.get_mut(slot) else { continue };
            let (slot, token) =
                (index_to_u32(slot), ConnectionToken { slot: index_to_u32(slot), generation: connection.generation });
            if let Mode::Closing(until) = connection.mode {
                if until <= now {
                    self.remove(slot);
                }
                continue;
            }
            if let (Mode::Detached(writer), Some(gauge)) = (&connection.mode, &connection.gauge) {
                gauge.note_lag(writer, &self.replays[connection.replay as usize].status, now);
            }
            match connection.timers.take_due(now, &self.timing) {
                None => {}
                Some(TimerEvent::Ping) => {
                    self.detach_and_send(token, SubscriberWriter::send_keep_alive);
                    self.catch_up();
                }
                // Nothing that is written now would arrive in time.
                Some(TimerEvent::CloseTimedOut) => self.remove(slot),
                Some(TimerEvent::Silent) => self.close(token, CloseCode::Silent),
                Some(TimerEvent::Stalled) => {
                    let replay = &self.replays[connection.replay as usize].replay;
                    span_of(connection.permit.as_ref()).in_scope(|| self.metrics.record_stalled(replay));
                    self.close(token, CloseCode::NoProgress);
                }
            }
        }
    }

    /// Moves all timers by the time in which this process was suspended, before any is checked.
    fn postpone_timers(&mut self, by: Duration, now: Instant) {
        for (_, connection) in &mut self.connections {
            connection.timers.postpone(by, now, &self.timing);
            if let Mode::Closing(until) = &mut connection.mode {
                *until = saturating_add(*until, by).min(saturating_add(now, self.timing.close_timeout));
            }
        }
    }

    /// Closes a connection without waiting for the close frame to go out: the socket of a stalled peer may be full, and
    /// a silent peer may have vanished.
    fn close(&mut self, token: ConnectionToken, code: CloseCode) {
        self.detach_and_send(token, |writer| writer.close(code));
        if self.connection(token).is_some() {
            self.begin_close(token.slot, false);
        }
    }

    /// Writes something to one subscriber alone.
    pub(super) fn detach_and_send(&mut self, token: ConnectionToken, what: impl FnOnce(&mut SubscriberWriter)) {
        self.detach(token.slot);
        if let Mode::Detached(writer) = &mut self.connections[token.slot as usize].mode {
            what(writer);
        }
        self.pump(token);
    }
}

/// A socket that the writer writes to.
struct SocketWriter<'a, S>(&'a mut S);

impl<S: Write> TryWrite for SocketWriter<'_, S> {
    fn try_write_vectored(&mut self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        match buffers {
            // The usual case; a plain send is cheaper than a vectored one.
            [only] => self.0.write(only),
            several => self.0.write_vectored(several),
        }
    }
}
