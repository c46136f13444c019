//! The state machine of one client in one replay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::MAX_MATCHES;
use super::client_report::{ClientReport, Reconnects};
use super::match_judge::{ClosedPeriod, MatchJudge, RightSource};
use super::recovery::Recoveries;
use super::shown::Shown;
use super::wrong_period::{Reason, WrongPeriods};
use crate::football::{MatchId, Score};

/// The most connections of one client at a time that are known. Further ones count as reconnects only.
const MAX_CONNECTIONS: usize = 64;

/// Who has ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DisconnectedBy {
    /// A link fault.
    Fault,
    /// The client itself.
    Client,
    /// The server: a slow client, a shutdown.
    Server,
}

/// The true score of a match at the playhead.
#[derive(Debug, Clone)]
pub struct TrueScore {
    pub score: Score,
    /// Whether it comes about because an event was updated or removed.
    pub is_correction: bool,
    /// The match clock, for messages.
    pub clock: Option<Arc<str>>,
}

/// A score that a frame has told the client.
#[derive(Debug, Clone)]
pub struct SentScore {
    pub score: Score,
    pub sent_in: SentIn,
    /// The match clock, for messages.
    pub clock: Option<Arc<str>>,
}

/// The frame that contained a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SentIn {
    /// A snapshot.
    Snapshot,
    /// A tick.
    Tick,
    /// An event.
    Event {
        /// Its number.
        n: u32,
        /// Whether it updates or removes an earlier event.
        is_correction: bool,
        /// Whether it was sent before: a client that knows its number ignores it.
        repeated: bool,
    },
}

/// Judges one client, over all its connections to one replay.
///
/// Instants that go back count as the latest instant so far. No order of calls is an error.
#[derive(Debug, Clone)]
pub struct ClientJudge {
    client: Arc<str>,
    begin: Instant,
    latest: Instant,
    matches: BTreeMap<MatchId, MatchJudge>,
    connected: BTreeSet<u32>,
    connections: u64,
    reconnects: Reconnects,
    judged: u64,
    not_judged: u64,
    wrong: WrongPeriods,
    recoveries: Recoveries,
    /// The report as of the moment at which the client left by itself. It counts unless the client comes back: an app that has been
    /// closed shows nothing any more.
    left: Option<Box<ClientReport>>,
    finished: bool,
}

impl ClientJudge {
    /// A client that has not connected yet.
    pub fn new(client: impl Into<Arc<str>>, now: Instant) -> Self {
        Self {
            client: client.into(),
            begin: now,
            latest: now,
            matches: BTreeMap::new(),
            connected: BTreeSet::new(),
            connections: 0,
            reconnects: Reconnects::default(),
            judged: 0,
            not_judged: 0,
            wrong: WrongPeriods::default(),
            recoveries: Recoveries::default(),
            left: None,
            finished: false,
        }
    }

    /// The client has connected. `resumed`: whether it resumed at the cursor that it gave; `None` if it gave none.
    pub fn connected(&mut self, subscriber: u32, resumed: Option<bool>, now: Instant) {
        if !self.advance_all(now) {
            return;
        }
        self.left = None;
        self.connections += 1;
        if self.connections > 1 {
            let Reconnects { total, resumed: at_cursor, reset, without_cursor } = &mut self.reconnects;
            *total += 1;
            *match resumed {
                Some(true) => at_cursor,
                Some(false) => reset,
                None => without_cursor,
            } += 1;
        }
        if self.connected.len() < MAX_CONNECTIONS {
            self.connected.insert(subscriber);
        }
        self.recoveries.note_connected();
        self.check_recovery();
    }

    /// A connection has ended. While the client has another one, nothing is lost.
    pub fn disconnected(&mut self, subscriber: u32, by: DisconnectedBy, now: Instant) {
        if !self.advance_all(now) || !self.connected.remove(&subscriber) || !self.connected.is_empty() {
            return;
        }
        let what = match by {
            DisconnectedBy::Fault => "disconnected by a fault",
            DisconnectedBy::Server => "disconnected by the server",
            DisconnectedBy::Client => {
                self.left = Some(Box::new(self.report(now)));
                return;
            }
        };
        self.recoveries.begin_disconnect(what, self.begin, self.latest);
    }

    /// A link fault hits the client's connection. A disconnect that it causes is reported as well, afterwards.
    pub fn fault(&mut self, what: &str, now: Instant) {
        if self.advance_all(now) {
            self.recoveries.begin_fault(what, self.begin, self.latest);
            self.check_recovery();
        }
    }

    /// The true score of a match, whenever the playhead has changed it; repeating it has no effect.
    pub fn truth(&mut self, match_id: &MatchId, truth: &TrueScore, now: Instant) {
        let right = (truth.score, truth.is_correction);
        self.change(match_id, now, |judge, now| judge.set_right(RightSource::Truth, right, truth.clock.as_ref(), now));
    }

    /// A frame on one of the client's connections has told a score.
    ///
    /// A repeated event changes nothing, and nor does a tick that repeats the score. A lower total is a correction, whatever frame
    /// tells it: a goal has been taken back.
    pub fn sent(&mut self, match_id: &MatchId, sent: &SentScore, now: Instant) {
        self.change(match_id, now, |judge, now| {
            let before = judge.sent_score();
            let SentIn::Event { is_correction, repeated, .. } = sent.sent_in else {
                let right = (sent.score, is_lower(sent.score, before));
                return judge.set_right(RightSource::Sent, right, sent.clock.as_ref(), now);
            };
            if repeated && before.is_some() {
                return None;
            }
            let right = (sent.score, is_correction || is_lower(sent.score, before));
            judge.set_right(RightSource::Sent, right, sent.clock.as_ref(), now)
        });
    }

    /// The client says what it shows.
    pub fn shows(&mut self, shown: &Shown, now: Instant) {
        if self.finished {
            return;
        }
        self.left = None;
        let (mut known, mut comparable) = (false, false);
        self.change(&shown.match_id, now, |judge, now| {
            (known, comparable) = (true, judge.is_comparable());
            judge.set_shown(shown, now)
        });
        *if known && comparable { &mut self.judged } else { &mut self.not_judged } += 1;
    }

    /// Ends the judgement. Later calls have no effect.
    pub fn finish(&mut self, now: Instant) {
        if !self.advance_all(now) {
            return;
        }
        self.finished = true;
        let closed = self.matches.iter_mut().filter_map(|(id, judge)| Some((id, judge.finish(self.latest)?)));
        for (id, closed) in closed {
            push(&mut self.wrong, closed, id, self.begin);
        }
        self.recoveries.finish(self.latest);
    }

    /// What has been found so far: as if the judgement ended now.
    pub fn report(&self, now: Instant) -> ClientReport {
        if let Some(report) = &self.left {
            return (**report).clone();
        }
        if !self.finished {
            let mut ended = self.clone();
            ended.finish(now);
            return ended.report(now);
        }
        let count = |reason| self.wrong.count(reason);
        ClientReport {
            client: self.client.clone(),
            connections: self.connections,
            judged: self.judged,
            not_judged: self.not_judged,
            wrong_periods: self.wrong.total(),
            missed: count(Reason::Missed),
            stale: count(Reason::Stale),
            duplicated: count(Reason::Duplicated),
            out_of_order: count(Reason::OutOfOrder),
            longest_wrong: self.wrong.longest().cloned(),
            wrong: self.wrong.list(),
            faults: self.recoveries.count(),
            longest_recovery: self.recoveries.longest().cloned(),
            not_recovered: self.recoveries.pending().cloned(),
            recoveries: self.recoveries.list().to_vec(),
            reconnects: self.reconnects,
            feed_wrong_for: self.matches.values().map(MatchJudge::feed_wrong_for).fold(Duration::ZERO, saturating_sum),
        }
    }

    /// Counts the time of all matches up to `now`. `false` if the judgement has ended.
    fn advance_all(&mut self, now: Instant) -> bool {
        if self.finished {
            return false;
        }
        self.latest = self.latest.max(now);
        let connected = !self.connected.is_empty();
        self.matches.values_mut().for_each(|judge| judge.advance(self.latest, connected));
        true
    }

    /// Changes one match, unless there are too many.
    fn change(
        &mut self,
        match_id: &MatchId,
        now: Instant,
        change: impl FnOnce(&mut MatchJudge, Instant) -> Option<ClosedPeriod>,
    ) {
        if self.finished {
            return;
        }
        self.latest = self.latest.max(now);
        let now = self.latest;
        if self.matches.len() < MAX_MATCHES && !self.matches.contains_key(match_id) {
            self.matches.insert(match_id.clone(), MatchJudge::new(now));
        }
        let Some(judge) = self.matches.get_mut(match_id) else { return };
        judge.advance(now, !self.connected.is_empty());
        if let Some(closed) = change(judge, now) {
            push(&mut self.wrong, closed, match_id, self.begin);
        }
        self.check_recovery();
    }

    /// Ends the recoveries that are pending once the client is connected and shows the truth.
    fn check_recovery(&mut self) {
        if self.recoveries.is_pending()
            && !self.connected.is_empty()
            && self.matches.values().all(MatchJudge::shows_truth)
        {
            self.recoveries.recover(self.latest);
        }
    }
}

fn push(wrong: &mut WrongPeriods, closed: ClosedPeriod, match_id: &MatchId, begin: Instant) {
    if let Some(period) = closed.report(match_id, begin) {
        wrong.push(period);
    }
}

/// Whether a score has fewer goals in all than the one before.
fn is_lower(score: Score, before: Option<Score>) -> bool {
    before.is_some_and(|before| score.total() < before.total())
}

fn saturating_sum(one: Duration, other: Duration) -> Duration {
    one.saturating_add(other)
}
