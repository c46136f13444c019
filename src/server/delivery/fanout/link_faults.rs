//! Gives connections under a link fault to tasks of their own. The rest of the loop has no notion of link faults.

use super::super::network::{ConnectionToken, Network};
use super::connection::Mode;
use super::{Fanout, HostedReplay, index_to_u32};
use crate::faults::EndCode;
use crate::faults::link::{LinkPlan, SeenPlace};
use crate::hub::Replay;
use crate::server::link::{HandedOver, ServedSubscriber};
use crate::server::subscriber_task::refusal_response;
use crate::verdict::Shown;

impl<N: Network> Fanout<N> {
    /// Whether a link fault refuses a client that connects now; the socket is gone then.
    pub(super) fn refuse_by_fault(
        &mut self,
        replay: &Replay,
        client: Option<&std::sync::Arc<str>>,
        socket: N::Socket,
    ) -> Option<N::Socket> {
        let Some(code) = replay.refuse_by_fault(client, self.net.now()) else { return Some(socket) };
        self.net.refuse(
            socket,
            match code {
                EndCode::Reset => None,
                EndCode::Number(status) => Some(refusal_response(status)),
            },
        );
        None
    }

    /// Hands over the connections of a replay that its link faults concern, if these have changed.
    pub(super) fn hand_over_faulty(&mut self, index: u32) {
        self.hand_over_faulty_with(index, None);
    }

    /// The same, where one of them has sent something that was not read yet. Returns whether that one was handed over.
    pub(super) fn hand_over_faulty_with(&mut self, index: u32, reading: Option<(ConnectionToken, &[u8])>) -> bool {
        let Some(hosted) = self.replays.get_mut(index as usize) else { return false };
        let (version, serial) = (hosted.replay.link_version(), hosted.link_serial());
        if version == hosted.link_version {
            return false;
        }
        hosted.link_version = version;
        hosted.link_plan = hosted.replay.link_plan();
        let Some(plan) = hosted.link_plan.clone() else { return false };
        let mut found = false;
        for slot in 0..self.connections.capacity() {
            let Some(connection) = self.connections.get(slot).filter(|connection| connection.replay == index) else {
                continue;
            };
            let token = ConnectionToken { slot: index_to_u32(slot), generation: connection.generation };
            let unread = reading.filter(|(reading, _)| *reading == token).map(|(_, unread)| unread);
            let gone = self.hand_over_if_concerned(token, &plan, serial, unread.unwrap_or_default());
            found |= gone && unread.is_some();
        }
        found
    }

    /// Hands a connection over if link faults concern it; of those that happened at once, the ones after `serial` count.
    /// Returns whether it has.
    pub(super) fn hand_over_if_concerned(
        &mut self,
        token: ConnectionToken,
        plan: &LinkPlan,
        serial: u64,
        unread: &[u8],
    ) -> bool {
        let guard = self.connection(token).and_then(|connection| connection.guard.as_ref());
        let Some(guard) = guard else { return false };
        let concerned = plan.concerns(guard.number(), guard.client().map(|client| &**client), serial);
        // One that waits for an answer is handed over once it has it.
        if !concerned || self.slow_commands.is_waiting(token) {
            return false;
        }
        self.hand_over(token, serial, unread.to_vec(), None);
        true
    }

    /// Gives a connection to a task, with everything that it has.
    pub(super) fn hand_over(
        &mut self,
        token: ConnectionToken,
        link_serial: u64,
        leftover: Vec<u8>,
        shown: Option<Shown>,
    ) {
        self.detach(token.slot);
        let connection = self.connections.remove(token.slot as usize);
        let replay = connection.replay;
        let status = &self.replays[replay as usize].status;
        let seen = SeenPlace::of(status.timeline(), &status.playhead, self.net.now());
        if let (Mode::Detached(writer), Some(guard), Some(gauge)) =
            (connection.mode, connection.guard, connection.gauge)
        {
            let state = ServedSubscriber {
                writer,
                reader: connection.reader,
                timers: connection.timers,
                guard,
                gauge,
                may_control: connection.may_control,
                permit: connection.permit,
                link_serial,
                seen,
                shown,
            };
            let (timing, metrics) = (self.timing, self.metrics.clone());
            self.net.hand_over(HandedOver { socket: connection.socket, state, timing, metrics, leftover });
        }
        self.replays[replay as usize].connections -= 1;
        self.remove_if_over(replay);
    }

    /// Hands over a connection that has been answered, if link faults concern it by now: of those that happened at once the ones
    /// after `serial`, such as its own. `unread` has arrived behind its command.
    pub(super) fn hand_over_answered(&mut self, token: ConnectionToken, unread: &[u8], serial: u64) -> bool {
        let Some(connection) = self.connection(token) else { return false };
        let Some(plan) = self.replays[connection.replay as usize].replay.link_plan() else { return false };
        self.hand_over_if_concerned(token, &plan, serial, unread)
    }
}

impl HostedReplay {
    /// The number of the last fault that happened at once and that its connections have been checked for.
    pub(super) fn link_serial(&self) -> u64 {
        self.link_plan.as_ref().map_or(0, |plan| plan.serial())
    }
}
