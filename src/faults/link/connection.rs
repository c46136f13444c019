//! The link faults of one connection: which are in force, when the next begins, and when the connection ends.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::super::chance::Dice;
use super::super::kinds::LinkEffect;
use super::plan::{LinkFault, LinkPlan};
use super::{Conditions, Corruption, DueBreak};
use crate::playback::{Playhead, Speed};
use crate::scenario::{MediaTime, Span, Timeline};

/// The link faults of one connection.
#[derive(Debug)]
pub struct ConnectionFaults {
    subscriber: u32,
    client: Option<Arc<str>>,
    items: Vec<ConnectionFault>,
    /// The serial number of the last fault that has happened at once.
    serial: u64,
    /// The epoch and the media time of the last call of [`Self::advance`].
    seen: SeenPlace,
    conditions: Conditions,
    /// Random numbers for the delays of frames, from the first fault that delays.
    jitter: Option<Dice>,
}

/// Where playback was at a look: the epoch and the media time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenPlace(u64, MediaTime);

impl SeenPlace {
    /// Where playback is at an instant. It does not pass a cue that is due and not released yet.
    pub fn of(timeline: &Timeline, playhead: &Playhead, now: Instant) -> Self {
        let media = playhead.clock.media_time(now);
        let next = timeline.cues().get(playhead.head as usize).map_or(media, |cue| cue.at);
        Self(playhead.epoch, media.min(next))
    }
}

/// A fault on this connection.
#[derive(Debug)]
struct ConnectionFault {
    fault: Arc<LinkFault>,
    /// Of one that happens at once.
    serial: Option<u64>,
    dice: Dice,
    /// When it begins again, if it does so by the wall clock.
    next: Option<Instant>,
    /// Until when it is in force, if it has begun for a time.
    until: Option<Instant>,
    /// Whether playback was in its window.
    inside: bool,
    /// Whether it damages the next frame of an event.
    armed: bool,
}

impl ConnectionFaults {
    /// The faults of a connection by a plan. Faults that happened at once, up to a serial number, do not concern it. Places count
    /// as reached from where playback was `seen`.
    pub fn new(
        plan: &LinkPlan,
        subscriber: u32,
        client: Option<Arc<str>>,
        serial: u64,
        seen: SeenPlace,
        now: Instant,
    ) -> Self {
        let mut faults = Self {
            subscriber,
            client,
            items: Vec::new(),
            serial,
            seen,
            conditions: Conditions::default(),
            jitter: None,
        };
        faults.change_plan(plan, now);
        faults
    }

    /// Takes over a plan. Faults that stay go on as they are.
    pub fn change_plan(&mut self, plan: &LinkPlan, now: Instant) {
        self.items.retain(|item| match item.serial {
            Some(serial) => serial > plan.ended && item.goes_on(now),
            None => plan.faults.iter().any(|fault| Arc::ptr_eq(fault, &item.fault)),
        });
        let concerned = |fault: &&Arc<LinkFault>| fault.concerns(self.subscriber, self.client.as_deref());
        let known = |fault: &&Arc<LinkFault>| self.items.iter().any(|item| Arc::ptr_eq(&item.fault, fault));
        let lasting = plan.faults.iter().filter(concerned).filter(|fault| !known(fault));
        let mut new: Vec<ConnectionFault> = lasting.map(|fault| self.item(fault, None, now)).collect();
        let once = plan.once_after(self.serial).filter(|(_, fault)| concerned(&fault));
        new.extend(once.map(|(serial, fault)| self.item(fault, Some(*serial), now)));
        self.items.append(&mut new);
        self.serial = plan.serial;
        let delays = self.items.iter().find(|item| item.fault.fault.by.is_some());
        self.jitter = self.jitter.take().or(delays.map(|item| item.fault.dice(!u64::from(self.subscriber))));
    }

    fn item(&self, fault: &Arc<LinkFault>, serial: Option<u64>, now: Instant) -> ConnectionFault {
        let mut dice = fault.dice(u64::from(self.subscriber));
        // The first number has decided whether the fault concerns the connection.
        dice.roll();
        let next = match fault.fault.every {
            Some(_) => now.checked_add(fault.length_of(fault.fault.every, &mut dice)),
            None => serial.map(|_| now),
        };
        ConnectionFault { fault: fault.clone(), serial, dice, next, until: None, inside: false, armed: false }
    }

    /// Begins and ends faults up to an instant. Returns how the connection ends, if it does.
    pub fn advance(&mut self, timeline: &Timeline, playhead: &Playhead, now: Instant) -> Option<DueBreak> {
        let here = SeenPlace::of(timeline, playhead, now);
        let (SeenPlace(epoch, seen), media) = (std::mem::replace(&mut self.seen, here), here.1);
        // A jump onto a place reaches it, too: what is there is sent next.
        let before_start = || playhead.at_epoch_start().clock.media + Span::from_nanos(-1);
        let seen = if epoch == playhead.epoch { seen } else { before_start() };
        let mut due = None;
        for item in &mut self.items {
            let begins = item.advance((seen, media), now);
            match item.fault.effect() {
                LinkEffect::End(break_of) if begins => {
                    let cues = item.fault.at.map(|at| u32::try_from(timeline.index_before(at)).unwrap_or(u32::MAX));
                    due = due.or(Some(DueBreak { how: break_of(&item.fault.fault), fault: item.fault.place, cues }));
                }
                LinkEffect::Corrupt if begins => item.armed |= !item.is_of_each_frame(),
                _ => {}
            }
        }
        self.conditions = Conditions::default();
        for item in self.items.iter().filter(|item| item.is_in_force(now)) {
            if let LinkEffect::Bend(bend) = item.fault.effect() {
                bend(&item.fault.fault, &mut self.conditions);
            }
        }
        due
    }

    /// What bends the connection at present.
    pub fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    /// By how much the response to the handshake comes late, for a connection that begins now; and the place of the last fault that
    /// delays it.
    pub fn handshake_delay(&mut self) -> Option<(usize, Duration)> {
        let media = self.seen.1;
        let slow = self.items.iter_mut().filter(|item| matches!(item.fault.effect(), LinkEffect::Handshake));
        let in_force = slow.filter(|item| item.fault.is_in_force(media));
        let delays = in_force.map(|item| {
            let delay = item.fault.length_of(item.fault.fault.by, &mut item.dice);
            (item.fault.place.unwrap_or(0), delay)
        });
        delays.reduce(|(_, sum), (place, delay)| (place, sum + delay))
    }

    /// By how much the next frame comes late.
    pub fn next_delay(&mut self) -> Duration {
        let (shortest, longest) = self.conditions.delay;
        let wider = (longest - shortest).as_micros().saturating_add(1);
        match &mut self.jitter {
            Some(dice) if wider > 1 => {
                shortest + Duration::from_micros(dice.roll() % u64::try_from(wider).unwrap_or(u64::MAX))
            }
            _ => shortest,
        }
    }

    /// How the next frame of an event is damaged, if it is, and the place of the fault that does it.
    pub fn next_corruption(&mut self) -> Option<(Option<usize>, Corruption)> {
        let now_in_force = self.items.iter_mut().filter(|item| matches!(item.fault.effect(), LinkEffect::Corrupt));
        let mut chosen = None;
        for item in now_in_force {
            let by_chance = item.inside && item.is_of_each_frame();
            let hit = std::mem::take(&mut item.armed) || by_chance && item.fault.p.decides(item.dice.roll());
            if hit && chosen.is_none() {
                let how = match item.fault.fault.variant(&mut item.dice) {
                    "json" => Corruption::Json,
                    "utf8" => Corruption::Utf8,
                    _ => Corruption::Truncated,
                };
                chosen = Some((item.fault.place, how));
            }
        }
        chosen
    }

    /// When to call [`Self::advance`] next; `None`: not before the playhead changes.
    pub fn next_change(&self, playhead: &Playhead, now: Instant) -> Option<Instant> {
        let SeenPlace(_, media) = self.seen;
        let due_at = |place: MediaTime| {
            let moves = playhead.clock.running && playhead.clock.speed != Speed::MAX;
            Some(place).filter(|place| moves && *place > media).and_then(|place| playhead.clock.due_at(place))
        };
        let times = self.items.iter().flat_map(|item| {
            // A window ends just after its last instant.
            let (from, until) = item.fault.window;
            let after = MediaTime::from_nanos(until.as_nanos().saturating_add(1));
            [item.fault.at.and_then(due_at), due_at(from), due_at(after), item.next, item.until]
        });
        times.flatten().filter(|at| *at > now).min()
    }
}

impl ConnectionFault {
    /// Returns whether it begins now.
    fn advance(&mut self, (seen, media): (MediaTime, MediaTime), now: Instant) -> bool {
        let fault = &self.fault.fault;
        let (lasts, repeats) = (fault.lasts.map(Span::to_duration), fault.every.is_some());
        self.until = self.until.filter(|until| *until > now);
        let inside = self.fault.is_in_force(media);
        let enters = match self.fault.at {
            Some(at) => seen < at && at <= media,
            None => inside && !self.inside && !repeats && self.fault.place.is_some(),
        };
        // After `at` it is in force from when that was reached on this connection.
        self.inside = inside && (self.inside || enters || self.fault.at.is_none());
        let by_clock = self.next.is_some_and(|next| next <= now);
        if by_clock {
            let wait = self.fault.length_of(fault.every, &mut self.dice) + lasts.unwrap_or_default();
            self.next = now.checked_add(wait).filter(|_| repeats);
        }
        let begins = enters || by_clock && inside;
        if begins {
            self.until = lasts.and_then(|lasts| now.checked_add(lasts));
        }
        begins
    }

    /// Whether one that happens at once still has something to do.
    fn goes_on(&self, now: Instant) -> bool {
        self.armed || self.next.is_some() || self.until.is_some_and(|until| until > now)
    }

    /// Whether it can damage any frame, rather than the next one after it begins.
    fn is_of_each_frame(&self) -> bool {
        self.fault.place.is_some() && self.fault.at.is_none() && self.fault.fault.every.is_none()
    }

    /// Whether it bends the connection: for its length, or as long as playback is where it happens.
    fn is_in_force(&self, now: Instant) -> bool {
        match self.fault.fault.lasts {
            Some(_) => self.until.is_some_and(|until| until > now),
            None => self.inside,
        }
    }
}
