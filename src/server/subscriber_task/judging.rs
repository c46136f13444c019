//! What the client of a task shows: passed on to the judge of the replay, with what the connection is really sent.

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::Handle;

use super::link_faults::LinkWatch;
use super::{Served, SubscriberTask};
use crate::close_code::CloseCode;
use crate::faults::link::LinkPlan;
use crate::hub::{SubscriberGuard, SubscriberWriter, runtime_now};
use crate::verdict::{DisconnectedBy, Shown};

impl<S: AsyncRead + AsyncWrite + Unpin> SubscriberTask<S> {
    /// Judges the connection from here on.
    pub(super) fn begin_judging(
        &mut self,
        link: &LinkWatch,
        guard: &SubscriberGuard,
        writer: &mut SubscriberWriter,
        served: &mut Served,
    ) {
        let judge = self.replay.start_judge(false, &Handle::current()).clone();
        served.judged = judge.connect(guard.client(), guard.number());
        if self.socket.faults_mut().is_none() {
            // Without faults it only splits what is written into frames.
            self.bend(&LinkPlan::default(), link, guard, writer, runtime_now());
        }
        self.socket.keep_sent();
    }

    /// The client says what it shows: from the first time on, it is judged.
    pub(super) fn take_shown(
        &mut self,
        shown: &[Shown],
        link: &LinkWatch,
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

    /// Notes how the connection has ended. `cut`: by a fault.
    pub(super) fn note_end(&self, cut: bool, mut served: Served) {
        let Some(judged) = &mut served.judged else { return };
        let ended = self.replay.status_receiver().borrow().stopping.map(|stopping| stopping.code);
        judged.ended_by = if cut {
            DisconnectedBy::Fault
        } else if served.client_closes || ended == Some(CloseCode::Ended) {
            // The end of the replay is no loss.
            DisconnectedBy::Client
        } else {
            DisconnectedBy::Server
        };
    }
}
