//! What the client of a task shows: passed on to the judge of the replay, with what the connection is really sent.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;

use super::link_faults::LinkWatch;
use super::{Served, SubscriberTask};
use crate::close_code::CloseCode;
use crate::hub::{SubscriberGuard, SubscriberWriter, runtime_now};
use crate::verdict::{DisconnectedBy, Shown};

impl<S: AsyncRead + AsyncWrite + Unpin> SubscriberTask<S> {
    /// Judges the connection from here on.
    pub(super) fn begin_judging(
        &mut self,
        link: &mut LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        served: &mut Served,
    ) {
        let judge = self.replay.start_judge(false, &Handle::current()).clone();
        served.judged = judge.connect(guard.client(), guard.number());
        if self.socket.faults_mut().is_none() {
            // Also without faults: what is written has to be split into frames. The version goes first: a later plan is taken
            // over then.
            link.version = self.replay.link_version();
            let plan = self.replay.link_plan().unwrap_or_default();
            self.bend(&plan, link, guard, writer, runtime_now());
            link.serial = plan.serial();
        }
        self.socket.keep_sent();
    }

    /// The client says what it shows: from the first time on, it is judged.
    pub(super) fn take_shown(
        &mut self,
        shown: &[Shown],
        link: &mut LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        served: &mut Served,
    ) {
        for shown in shown {
            if served.judged.is_none() {
                self.begin_judging(link, guard, writer, served);
                let sent = writer.last_sent_score(&shown.match_id).map(|score| (shown.match_id.clone(), score));
                served.judged.iter_mut().for_each(|judged| judged.begin_midway(sent.clone()));
            }
            served.judged.iter().for_each(|judged| judged.shows(shown));
        }
    }

    /// Tells the judge how the connection has ended.
    pub(super) fn note_end(&self, ended_by: EndedBy, mut served: Served) {
        let Some(judged) = &mut served.judged else { return };
        let stopping = self.replay.status_receiver().borrow().stopping.map(|stopping| stopping.code);
        judged.ended_by = match ended_by {
            EndedBy::Fault => DisconnectedBy::Fault,
            // The end of the replay is no loss.
            _ if served.client_closes || stopping == Some(CloseCode::Ended) => DisconnectedBy::Client,
            EndedBy::Server => DisconnectedBy::Server,
            // An app that a fault has brought down has not left by itself.
            EndedBy::Peer if judged.was_hit() => DisconnectedBy::Fault,
            EndedBy::Peer => DisconnectedBy::Client,
        };
    }
}

/// What a task knows of the end of its connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EndedBy {
    /// A link fault has ended it.
    Fault,
    /// This end has closed it, or answered a close.
    Server,
    /// The peer is gone, with or without a close frame.
    Peer,
}

impl EndedBy {
    /// `by_us`: whether this end has closed it.
    pub(super) fn of(cut: bool, by_us: bool) -> Self {
        match (cut, by_us) {
            (true, _) => Self::Fault,
            (false, true) => Self::Server,
            (false, false) => Self::Peer,
        }
    }
}
