//! The link faults of a replay.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::super::chance::{Chance, Dice};
use super::super::fault::{EndCode, Fault};
use super::super::kinds::{self, Effect, LinkEffect};
use super::super::plan::FaultPlan;
use super::super::probability::Probability;
use super::super::window::{time_of, window_of};
use crate::football::FaultKind;
use crate::playback::{Rejection, track_of};
use crate::scenario::{MediaTime, Span, Timeline};

/// How many faults that happen at once are remembered, for connections that have not looked yet.
const MAX_ONCE: usize = 64;

/// The link faults of a replay, with their places on its timeline.
#[derive(Debug, Clone, Default)]
pub struct LinkPlan {
    plan: FaultPlan,
    seed: u64,
    pub(super) faults: Vec<Arc<LinkFault>>,
    /// How many faults of the feed come before these in the whole plan.
    before: usize,
    /// Faults that begin at once on the connections that there are, with their serial numbers.
    once: Vec<(u64, Arc<LinkFault>)>,
    /// The serial number of the latest of those.
    pub(super) serial: u64,
    /// Those up to this serial number have ended: another plan took the place of all faults.
    pub(super) ended: u64,
}

/// A link fault with everything resolved that says when it happens.
#[derive(Debug)]
pub(super) struct LinkFault {
    pub(super) fault: Fault,
    /// Its place among the link faults; `None`: it happens once, by a command.
    pub(super) place: Option<usize>,
    chance: Chance,
    pub(super) p: Probability,
    /// It begins whenever playback reaches this.
    pub(super) at: Option<MediaTime>,
    /// It can happen between these, both included.
    pub(super) window: (MediaTime, MediaTime),
    /// How many connections it has refused.
    refused: AtomicU32,
    /// When the present time of a limit began, and how many requests came in it. Locked briefly.
    window_use: Mutex<Option<(Instant, u32)>>,
}

/// The time of a limit, unless the fault says otherwise.
const LIMIT_TIME: Duration = Duration::from_secs(60);

/// What a link fault does to a response with a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DocumentFault {
    /// The status that it has instead, and the place of the fault.
    pub status: Option<(usize, u16)>,
    /// By how much its body comes late, and the place of the last fault that delays it.
    pub body_delay: Option<(usize, Duration)>,
    /// Too many were requested: the place of the fault, and the status if it says which.
    pub limited: Option<(usize, Option<u16>)>,
    /// The smallest limit in force, and how many requests it still lets through.
    pub limited_to: Option<(u32, u32)>,
}

impl LinkPlan {
    /// The link faults of a plan, for a replay of a timeline. Fails if the timeline has no such place or match.
    pub fn resolve(timeline: &Timeline, plan: &FaultPlan, seed: u64) -> Result<Self, Rejection> {
        Self::default().replaced(timeline, plan, seed)
    }

    /// Another plan in place of this one. A fault that stays keeps its count of refusals. Faults that happened at once end.
    pub fn replaced(&self, timeline: &Timeline, plan: &FaultPlan, seed: u64) -> Result<Self, Rejection> {
        let before = plan.feed().faults().len();
        let plan = plan.link();
        let mut faults = Vec::new();
        for (place, fault) in plan.faults().iter().enumerate() {
            let kept = self.faults.get(place).filter(|before| before.fault == *fault && self.seed == seed);
            let ordinal = plan.faults()[..place].iter().filter(|before| before.kind == fault.kind).count();
            faults.push(match kept {
                Some(kept) => kept.clone(),
                None => Arc::new(LinkFault::resolve(timeline, fault, Some(place), ordinal, seed)?),
            });
        }
        Ok(Self { plan, seed, faults, before, once: Vec::new(), serial: self.serial, ended: self.serial })
    }

    /// The same plan, with the faults of another one that happened at once and go on.
    pub fn with_once_of(self, other: &Self) -> Self {
        Self { once: other.once.clone(), serial: other.serial, ended: other.ended, ..self }
    }

    /// The place in the whole plan of a fault, by its place among the link faults.
    pub fn place_in_plan(&self, place: usize) -> usize {
        self.before + place
    }

    /// The same plan, and a fault that happens once, now, to the connections that there are.
    pub fn with_once(&self, timeline: &Timeline, fault: &Fault) -> Result<Self, Rejection> {
        let mut next = self.clone();
        next.serial += 1;
        let ordinal = usize::try_from(next.serial).unwrap_or(usize::MAX);
        let fault = LinkFault::resolve(timeline, fault, None, ordinal, self.seed)?;
        next.once.push((next.serial, Arc::new(fault)));
        let surplus = next.once.len().saturating_sub(MAX_ONCE);
        next.once.drain(..surplus);
        Ok(next)
    }

    /// The seed of what chance decides.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The faults as a plan.
    pub fn plan(&self) -> &FaultPlan {
        &self.plan
    }

    /// Rises when another plan takes the place of all faults.
    pub fn replaced_at(&self) -> u64 {
        self.ended
    }

    /// Whether it has no faults, and never had one that happened at once.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty() && self.once.is_empty()
    }

    /// Whether anything can happen to the connection of a subscriber, by its number and the name of its client; of faults that happen
    /// at once only those after `serial` count.
    pub fn concerns(&self, subscriber: u32, client: Option<&str>, serial: u64) -> bool {
        let bends = |fault: &&Arc<LinkFault>| fault.concerns(subscriber, client) && fault.is_of_streams();
        self.faults.iter().any(|fault| bends(&fault)) || self.once_after(serial).any(|(_, fault)| bends(&fault))
    }

    pub(super) fn once_after(&self, serial: u64) -> impl Iterator<Item = &(u64, Arc<LinkFault>)> {
        self.once.iter().filter(move |(number, _)| *number > serial)
    }

    /// The number of the last fault that has happened at once.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Whether a client that connects now is refused, and how. `connect` numbers the attempts. Counts.
    pub(crate) fn refuse(&self, media: MediaTime, client: Option<&str>, connect: u64) -> Option<(usize, EndCode)> {
        let refusing = self.faults.iter().filter(|it| matches!(it.effect(), LinkEffect::Refuse));
        let mut refusing = refusing.filter(|it| it.is_of_client(client) && it.is_in_force(media));
        let fault = refusing.find(|it| it.happens(connect) && it.count_refusal())?;
        Some((fault.place.unwrap_or(0), fault.fault.code.unwrap_or(EndCode::Reset)))
    }

    /// What happens to a document that is requested now, which some `words` mean. `request` numbers the requests. Counts.
    pub fn document(&self, media: MediaTime, request: u64, words: &[&str], now: Instant) -> DocumentFault {
        let mut document = DocumentFault::default();
        let place = |it: &LinkFault| it.place.unwrap_or(0);
        for it in self.faults.iter().filter(|it| matches!(it.effect(), LinkEffect::Document)) {
            let is_meant = it.fault.what.as_deref().is_none_or(|what| words.contains(&what));
            if !is_meant || !it.is_in_force(media) || !it.happens(request) {
                continue;
            }
            let code = match it.fault.code {
                Some(EndCode::Number(status)) => Some(status),
                _ => None,
            };
            match it.fault.code {
                _ if it.fault.kind == FaultKind::Limit => {
                    let limit = it.fault.times.unwrap_or(1);
                    let requests = it.count_in_window(now);
                    if requests > limit {
                        document.limited = document.limited.or(Some((place(it), code)));
                    }
                    let to = (limit, limit.saturating_sub(requests));
                    document.limited_to = Some(document.limited_to.map_or(to, |before: (u32, u32)| before.min(to)));
                }
                Some(EndCode::Number(status)) => document.status = document.status.or(Some((place(it), status))),
                _ => {
                    let before = document.body_delay.map_or(Duration::ZERO, |(_, delay)| delay);
                    document.body_delay = Some((place(it), before + it.length_of(it.fault.by, &mut it.dice(request))));
                }
            }
        }
        document
    }

    /// Whether it refuses connections.
    pub fn refuses(&self) -> bool {
        self.faults.iter().any(|it| matches!(it.effect(), LinkEffect::Refuse))
    }

    /// Whether it concerns documents.
    pub fn concerns_documents(&self) -> bool {
        self.faults.iter().any(|it| matches!(it.effect(), LinkEffect::Document))
    }
}

impl LinkFault {
    fn resolve(
        timeline: &Timeline,
        fault: &Fault,
        place: Option<usize>,
        ordinal: usize,
        seed: u64,
    ) -> Result<Self, Rejection> {
        let resolve = || {
            let truth = timeline.truth();
            let track = track_of(&truth, fault.of_match.as_ref())?;
            let at = fault.at.as_ref().map(|at| time_of("at", at, &truth, track)).transpose()?;
            let window = window_of(fault, &truth, track, MediaTime::from_nanos(i64::MIN))?;
            let chance = Chance::new(seed, fault.kind.as_str(), ordinal);
            let p = fault.p.unwrap_or(Probability::ONE);
            Ok(Self {
                fault: fault.clone(),
                place,
                chance,
                p,
                at,
                window,
                refused: AtomicU32::new(0),
                window_use: Mutex::default(),
            })
        };
        resolve().map_err(|rejection: Rejection| rejection.context(fault.kind))
    }

    pub(super) fn effect(&self) -> &'static LinkEffect {
        match &kinds::kind_of(self.fault.kind).effect {
            Effect::Link(effect) => effect,
            // A plan of link faults has no others.
            Effect::Story(_) | Effect::Delivery(_) => &LinkEffect::Document,
        }
    }

    fn is_of_streams(&self) -> bool {
        !matches!(self.effect(), LinkEffect::Refuse | LinkEffect::Document)
    }

    fn is_of_client(&self, client: Option<&str>) -> bool {
        self.fault.client.as_deref().is_none_or(|name| client == Some(name))
    }

    pub(super) fn concerns(&self, subscriber: u32, client: Option<&str>) -> bool {
        self.fault.subscriber.is_none_or(|number| number == subscriber)
            && self.is_of_client(client)
            // The probability of damage is that for each frame.
            && (self.fault.kind == FaultKind::Corrupt || self.happens(u64::from(subscriber)))
    }

    /// Whether chance decides for it, in the case of a number.
    fn happens(&self, number: u64) -> bool {
        self.p == Probability::ONE || self.p.decides(self.dice(number).roll())
    }

    /// The random numbers for a connection or a request.
    pub(super) fn dice(&self, number: u64) -> Dice {
        self.chance.of_number(number)
    }

    pub(super) fn length_of(&self, range: Option<(Span, Span)>, dice: &mut Dice) -> Duration {
        range.map_or(Duration::ZERO, |range| dice.span(range).to_duration())
    }

    pub(super) fn is_in_window(&self, media: MediaTime) -> bool {
        (self.window.0..=self.window.1).contains(&media)
    }

    /// Whether it applies to what begins now; with `at`: from that place on.
    pub(super) fn is_in_force(&self, media: MediaTime) -> bool {
        self.is_in_window(media) && self.at.is_none_or(|at| media >= at)
    }

    /// Counts a request. Returns how many there are in the present time of the limit.
    fn count_in_window(&self, now: Instant) -> u32 {
        let time = self.fault.every.map_or(LIMIT_TIME, |(shortest, _)| shortest.to_duration());
        let mut window_use = self.window_use.lock().unwrap_or_else(PoisonError::into_inner);
        let present = window_use.filter(|(since, _)| now.saturating_duration_since(*since) < time);
        let (since, requests) = present.unwrap_or((now, 0));
        let requests = requests.saturating_add(1);
        *window_use = Some((since, requests));
        requests
    }

    fn count_refusal(&self) -> bool {
        let most = self.fault.times.unwrap_or(1);
        let count = |refused: u32| (refused < most).then_some(refused + 1);
        self.refused.fetch_update(Ordering::Relaxed, Ordering::Relaxed, count).is_ok()
    }
}
