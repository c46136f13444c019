//! Where a position lies on a given timeline, seen from where one is.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::position::Position;
use super::rejection::Rejection;
use crate::error::did_you_mean;
use crate::football::{EventType, Op, Period, Reading, Status, TypeSelector};
use crate::scenario::{Cue, Layout, MediaTime, Span, Timeline};

/// From where one looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Whence {
    /// The media time now.
    pub at: MediaTime,
    /// How many cues have been released.
    pub head: u32,
    /// The cue that the last `next:`, `prev:` or event id aimed at. As long as it has not been released, a search goes
    /// on from it, so that `next:goal` twice with a lead reaches the second goal.
    pub target: Option<u32>,
}

/// Where a position lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landing {
    /// When.
    pub at: MediaTime,
    /// Whether the cues of that very instant are behind it, as after `HT`; else they come next.
    pub after: bool,
    /// The cue aimed at.
    pub target: Option<u32>,
    /// Whether the position named a moment that the timeline does not have, so that this is the nearest one to it.
    pub beyond: bool,
}

impl Landing {
    /// How many cues are behind it.
    pub fn index(&self, timeline: &Timeline) -> u32 {
        count(if self.after { timeline.index_after(self.at) } else { timeline.index_before(self.at) })
    }

    fn before(at: MediaTime) -> Self {
        Self { at, after: false, target: None, beyond: false }
    }
}

/// A number of cues; no timeline has more than a `u32` counts.
pub(super) fn count(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// The event types that are the scenario's own: what selectors may name beside the known ones.
pub fn own_types(timeline: &Timeline) -> BTreeSet<&str> {
    let own = |cue: &'_ Cue| matches!(cue.event.kind, EventType::Other(_));
    timeline.cues().iter().filter(|cue| own(cue)).map(|cue| cue.event.kind.as_str()).collect()
}

/// Whether a cue is the moment at which a happening becomes one of the selected sort: told for the first time, or
/// corrected into it. A goal that is later annulled is still a goal at its moment.
pub(super) fn is_moment_of(timeline: &Timeline, cue: &Cue, selector: &TypeSelector) -> bool {
    let is = |op: Op, kind: &EventType| op != Op::Remove && selector.selects(kind);
    let was = timeline.revision_before(cue).is_some_and(|was| is(was.op, &was.kind));
    is(cue.event.op, &cue.event.kind) && !was
}

impl Position {
    /// Where it lies, `lead` of media time earlier.
    ///
    /// Clocks belong to the match at place `track`, else to the first one; `next:` and `prev:` look at that match only,
    /// else at all. A name is a marker first, then an event's id; with no `track`, the earliest match that has it.
    pub fn resolve(
        &self,
        timeline: &Timeline,
        track: Option<usize>,
        from: &Whence,
        lead: Span,
    ) -> Result<Landing, Rejection> {
        if lead < Span::ZERO {
            return Err(Rejection::bad_argument("lead is how long before the position, and not negative"));
        }
        let layout = timeline.tracks().get(track.unwrap_or(0)).map(|track| &track.layout);
        let layout = || layout.ok_or_else(|| Rejection::not_found("there is no match here, and so no clock"));
        let landing = match self {
            Self::Clock(reading) => at_clock(layout()?, *reading)?,
            Self::Stoppage { minute, past } => at_stoppage(timeline, track.unwrap_or(0), *minute, past.as_millis())?,
            Self::Label(label) => {
                let past = i64::from(label.added.unwrap_or(1)) * 60_000 - 60_000;
                at_stoppage(timeline, track.unwrap_or(0), label.minute, past)?
            }
            Self::HalfTime => at_start_of(layout()?, Status::HalfTime, "half-time")?,
            Self::FullTime => at_start_of(layout()?, Status::FullTime, "full-time")?,
            Self::Percent(percent) => {
                let nanos = timeline.length().as_nanos() as f64 * percent / 100.0;
                Landing::before(MediaTime::from_nanos(nanos.round() as i64))
            }
            Self::Relative(by) => Landing::before(from.at + *by),
            Self::Next(word) => {
                let selector = selector(timeline, word)?;
                let ahead = from.target.filter(|target| *target >= from.head).map_or(from.head, |target| target + 1);
                let mut cues = timeline.cues().iter().enumerate().skip(ahead as usize);
                let found = cues.find(|(_, cue)| wanted(timeline, cue, track, &selector));
                aimed_at(found).ok_or_else(|| Rejection::not_found(format!("no {word} ahead")))?
            }
            Self::Previous(word) => {
                let selector = selector(timeline, word)?;
                let behind = from.target.filter(|target| *target >= from.head).unwrap_or(from.head);
                let mut cues = timeline.cues().iter().enumerate().take(behind as usize);
                let found = cues.rfind(|(_, cue)| wanted(timeline, cue, track, &selector));
                aimed_at(found).ok_or_else(|| Rejection::not_found(format!("no {word} behind")))?
            }
            Self::Named(name) => named(timeline, track, name)?,
        };
        Ok(within(timeline, landing, lead))
    }
}

/// The landing, earlier by `lead`, and on the timeline in any case.
fn within(timeline: &Timeline, landing: Landing, lead: Span) -> Landing {
    let wanted = landing.at - lead;
    let at = wanted.clamp(MediaTime::ZERO, timeline.length().max(MediaTime::ZERO));
    Landing {
        at,
        after: landing.after && lead == Span::ZERO,
        target: landing.target,
        beyond: landing.beyond || at != wanted,
    }
}

fn wanted(timeline: &Timeline, cue: &Cue, track: Option<usize>, selector: &TypeSelector) -> bool {
    track.is_none_or(|track| usize::from(cue.track) == track) && is_moment_of(timeline, cue, selector)
}

fn selector(timeline: &Timeline, word: &str) -> Result<TypeSelector, Rejection> {
    TypeSelector::parse(word, own_types(timeline)).map_err(Rejection::bad_argument)
}

fn aimed_at(found: Option<(usize, &Cue)>) -> Option<Landing> {
    found.map(|(index, cue)| Landing { target: Some(count(index)), ..Landing::before(cue.at) })
}

/// The later of two periods that have the reading; past them all, the end of the last one that began before it.
fn at_clock(layout: &Layout, reading: Reading) -> Result<Landing, Rejection> {
    let phases = layout.phases();
    if reading < Reading::default() {
        let scheduled = phases.iter().find(|phase| phase.status == Status::Scheduled);
        let at = scheduled.map(|phase| phase.from + Span::from_millis(reading.as_millis() - phase.base.as_millis()));
        return at
            .map(Landing::before)
            .ok_or_else(|| Rejection::not_found(format!("nothing is told before kick-off, so there is no {reading}")));
    }
    let begun = || phases.iter().filter(|phase| phase.status.in_play() && phase.base <= reading);
    let place =
        |phase: &crate::scenario::Phase| phase.from + Span::from_millis(reading.as_millis() - phase.base.as_millis());
    let inside = begun().rfind(|phase| place(phase) <= phase.to);
    if let Some(phase) = inside {
        return Ok(Landing::before(place(phase)));
    }
    match begun().next_back() {
        Some(phase) => Ok(Landing { beyond: true, ..Landing::before(phase.to) }),
        None => Err(Rejection::not_found(format!("no period of the match has {reading}"))),
    }
}

/// So many milliseconds past the regular end of the period that ends with `minute`.
fn at_stoppage(timeline: &Timeline, track: usize, minute: u16, past: i64) -> Result<Landing, Rejection> {
    let Some(track) = timeline.tracks().get(track) else {
        return Err(Rejection::not_found("there is no match here, and so no clock"));
    };
    let rules = &track.fixture.rules.periods;
    let played = Period::ALL.iter().filter(|period| **period != Period::Shootout);
    let ends: Vec<i64> = played.clone().map(|period| rules.end(*period).minutes()).collect();
    let Some(period) = played.clone().find(|period| rules.end(**period).minutes() == i64::from(minute)) else {
        let message = format!("no period ends with minute {minute}: stoppage time is added to one that does");
        return Err(Rejection::bad_argument(message).accepting(ends.iter().map(|end| format!("{end}+1"))));
    };
    let reading = Reading::from_millis(rules.end(*period).as_millis() + past);
    let mut of_period = track.layout.phases().iter().filter(|phase| phase.status == period.status());
    match of_period.rfind(|phase| phase.base <= reading) {
        Some(phase) => {
            let at = phase.from + Span::from_millis(reading.as_millis() - phase.base.as_millis());
            Ok(Landing { beyond: at > phase.to, ..Landing::before(at.min(phase.to)) })
        }
        None => Err(Rejection::not_found(format!("the match has no {}", period.status()))),
    }
}

/// Just after what went before a status has ended.
fn at_start_of(layout: &Layout, status: Status, name: &str) -> Result<Landing, Rejection> {
    match layout.phases().iter().find(|phase| phase.status == status) {
        Some(phase) => Ok(Landing { after: true, ..Landing::before(phase.from) }),
        None => Err(Rejection::not_found(format!("the match has no {name}"))),
    }
}

fn named(timeline: &Timeline, track: Option<usize>, name: &str) -> Result<Landing, Rejection> {
    let own = |of: u16| track.is_none_or(|track| usize::from(of) == track);
    let markers = timeline.markers().iter().filter(|marker| &*marker.name == name);
    // A marker is a place for all matches; of two with one name, the own match's is meant.
    if let Some(marker) = markers.min_by_key(|marker| Reverse(own(marker.track))) {
        return Ok(Landing::before(marker.at));
    }
    let told = timeline.cues().iter().enumerate().filter(|(_, cue)| own(cue.track) && cue.event.id.as_str() == name);
    if let Some(landing) = aimed_at(told.min_by_key(|(index, cue)| (cue.track, *index))) {
        return Ok(landing);
    }
    let markers = timeline.markers().iter().map(|marker| &*marker.name);
    let ids = timeline.cues().iter().filter(|cue| own(cue.track)).map(|cue| cue.event.id.as_str());
    let hint = match name.parse::<u16>() {
        Ok(minute) => format!(" (the clock is written {minute}:00)"),
        Err(_) => did_you_mean(name, markers.chain(ids).chain(["HT", "FT"])),
    };
    let message = format!("no marker or event {name:?}{hint}");
    Err(Rejection::not_found(message).accepting(Position::NOTATIONS))
}
