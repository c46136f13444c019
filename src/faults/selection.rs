//! Which events a fault concerns.

use super::chance::{Chance, Dice};
use super::fault::Fault;
use super::place::{Place, Resolved};
use super::probability::Probability;
use super::window::window_of;
use crate::football::{FaultKind, MatchEvent, TypeSelector};
use crate::playback::{Rejection, SeekOrigin, track_of};
use crate::scenario::{MediaTime, Timeline};

/// A fault with everything resolved that chooses its events.
pub(super) struct Chosen<'a> {
    fault: &'a Fault,
    /// Its place in the plan.
    place: usize,
    chance: Chance,
    p: Probability,
    /// The one true cue that it concerns.
    only: Option<u32>,
    types: Option<Vec<TypeSelector>>,
    track: Option<usize>,
    /// The media times in which it happens, both included.
    window: (MediaTime, MediaTime),
    /// The ids of the matches, which are part of the keys of chance.
    match_ids: Vec<&'a str>,
}

impl<'a> Chosen<'a> {
    /// Resolves one of the faults of a plan on the true timeline.
    pub(super) fn resolve(
        truth: &'a Timeline,
        faults: &'a [Fault],
        place: usize,
        seed: u64,
    ) -> Result<Self, Rejection> {
        let fault = &faults[place];
        let resolve = || -> Result<Self, Rejection> {
            let track = track_of(truth, fault.of_match.as_ref())?;
            (fault.spec().check)(truth, fault)?;
            let types = fault.types.iter().map(|word| {
                TypeSelector::parse(word, truth.custom_types())
                    .map_err(|message| Rejection::bad_argument(message).context("types"))
            });
            let types: Vec<TypeSelector> = types.collect::<Result<_, _>>()?;
            let window = window_of(fault, truth, track, MediaTime::ZERO)?;
            let word = fault.kind.as_str();
            let ordinal = faults[..place].iter().filter(|before| before.kind == fault.kind).count();
            let mut chosen = Self {
                fault,
                place,
                chance: Chance::new(seed, word, ordinal),
                p: fault.p.unwrap_or(Probability::ONE),
                only: None,
                types: Some(types).filter(|types| !types.is_empty()),
                track,
                window,
                match_ids: truth.tracks().iter().map(|track| track.fixture.id.as_str()).collect(),
            };
            if let Some(place) = &fault.at {
                chosen.only = Some(chosen.event_at(truth, place).map_err(|rejection| rejection.context("at"))?);
            }
            Ok(chosen)
        };
        resolve().map_err(|rejection| rejection.context(fault.kind))
    }

    /// The true cue that a place names or finds; for a time, the first event then or later.
    fn event_at(&self, truth: &Timeline, place: &Place) -> Result<u32, Rejection> {
        let Resolved { at, target, track } = place.resolve(truth, self.track, &SeekOrigin::default())?;
        let suits = |index: &u32| {
            let cue = &truth.cues()[*index as usize];
            track.is_none_or(|track| track == usize::from(cue.track))
                && self.is_of_type(&cue.event)
                && (self.fault.spec().suits)(self.fault, &cue.event)
        };
        let found = match target {
            Some(target) => Some(target).filter(suits),
            None => (truth.index_before(at)..truth.cues().len()).map(|index| index as u32).find(suits),
        };
        found.ok_or_else(|| {
            let what = self.fault.spec().suitable;
            Rejection::not_found(match target {
                Some(_) => format!("{place} does not suit: the fault needs a {what}{}", of_types(&self.fault.types)),
                None => format!("no {what} is at {place} or after it"),
            })
        })
    }

    fn is_of_type(&self, event: &MatchEvent) -> bool {
        self.types.as_ref().is_none_or(|types| types.iter().any(|of| of.selects(&event.kind)))
    }

    /// Whether it concerns an event that stands for the true cue `origin`, is sent at `at` and belongs to a match.
    pub(super) fn chooses(&self, origin: Option<u32>, at: MediaTime, track: u16, event: &MatchEvent) -> bool {
        if let Some(only) = self.only {
            return origin == Some(only);
        }
        self.track.is_none_or(|of| of == usize::from(track))
            && (self.window.0..=self.window.1).contains(&at)
            && self.is_of_type(event)
            && (self.fault.spec().suits)(self.fault, event)
            && self.p.decides(self.dice(track, event).roll())
    }

    /// The random numbers for an event. The first one decides whether it is chosen.
    pub(super) fn dice(&self, track: u16, event: &MatchEvent) -> Dice {
        self.chance.of(self.match_ids[usize::from(track)], event)
    }

    /// The random numbers for an event after that decision.
    pub(super) fn further_dice(&self, track: u16, event: &MatchEvent) -> Dice {
        let mut dice = self.dice(track, event);
        dice.roll();
        dice
    }

    /// The end of the times in which it happens.
    pub(super) fn until(&self) -> MediaTime {
        self.window.1
    }

    pub(super) fn fault(&self) -> &'a Fault {
        self.fault
    }

    /// Its place in the plan.
    pub(super) fn place(&self) -> usize {
        self.place
    }
}

/// ` of type goal or card`; empty for all types.
fn of_types(types: &[String]) -> String {
    if types.is_empty() { String::new() } else { format!(" of type {}", types.join(" or ")) }
}

/// Refuses a plan that loses an event and does something else to it.
pub(super) fn check_contradictions(chosen: &[Chosen<'_>]) -> Result<(), Rejection> {
    for lost in chosen.iter().filter(|chosen| chosen.fault.kind == FaultKind::Drop && chosen.only.is_some()) {
        let other = chosen.iter().find(|other| other.place != lost.place && other.only == lost.only);
        if let Some(other) = other {
            let message = format!("{} and {} concern the same event, which is lost", lost.fault, other.fault);
            return Err(Rejection::bad_argument(message));
        }
    }
    Ok(())
}
