//! Building a timeline: every telling put in its place, completed to a whole revision, and folded.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::digest::digest;
use super::super::layout::{Clocks, Layout, Reach};
use super::super::parallel::both;
use super::super::{Item, Scenario, Telling};
use super::discipline::Disciplines;
use super::index::{Ids, Index, kind_number};
use super::kickoffs::Kickoffs;
use super::nearest::Nearest;
use super::status::StatusTracker;
use super::ties::TieLeg;
use super::{Cue, KEYFRAME_EVERY, Marker, MediaTime, Span, Taken, Timeline, Track, is_key};
use crate::football::{EventType, MatchEvent, MatchState, OrderKey, PlayerId, Score};

/// A stretch in which no match is in play that is longer than this is cut.
const LONGEST_LULL: Span = Span::from_secs(3_600);
/// What it is cut to.
const CUT_LULL: Span = Span::from_secs(60);

/// From how many entries on a thread is worth its while.
const MANY: usize = 50_000;

/// Lays a scenario out.
pub(super) fn timeline(scenario: &Scenario) -> Timeline {
    let (digest, timeline) = match scenario.entries.len() {
        ..MANY => (digest(scenario), laid_out(scenario)),
        MANY.. => both(|| digest(scenario), || laid_out(scenario)),
    };
    Timeline { digest, ..timeline }
}

/// The timeline but for its digest.
fn laid_out(scenario: &Scenario) -> Timeline {
    let Laid { layouts, places, uncut } = Laid::new(scenario);
    let mut told: Vec<u32> = Vec::with_capacity(scenario.entries.len());
    let mut markers = Vec::new();
    let mut lines = vec![0_u32; scenario.matches.len()];
    for ((entry, &at), index) in scenario.entries.iter().zip(&places).zip(0..) {
        match &entry.item {
            Item::Event(_) => {
                lines[usize::from(entry.track)] += 1;
                told.push(index);
            }
            Item::Marker(marker) => markers.push(Marker { at, name: marker.name.clone(), track: entry.track }),
            Item::Fault(_) => {}
        }
    }
    // Stable: what is told at one instant keeps the order of the file.
    told.sort_by_key(|index| places[*index as usize]);
    markers.sort_by_key(|marker| marker.at);

    let mut builder = Builder {
        scenario,
        statuses: scenario.matches.iter().map(|_| StatusTracker::default()).collect(),
        layouts,
        uncut,
        cues: Vec::with_capacity(told.len()),
        entries: Vec::with_capacity(told.len()),
        ids: Ids::new(lines),
        latest: HashMap::new(),
    };
    for index in told {
        let entry = &scenario.entries[index as usize];
        if let Item::Event(telling) = &entry.item {
            builder.tell(places[index as usize], entry.track, index, telling);
        }
    }
    builder.fold(markers)
}

/// Where everything in a scenario lies on the common timeline.
pub(in super::super) struct Laid {
    /// The phases of each match.
    pub(in super::super) layouts: Vec<Layout>,
    /// When each entry is told, in the order of [`Scenario::entries`].
    pub(in super::super) places: Vec<MediaTime>,
    /// How long it all would be without cutting the lulls between matches.
    pub(in super::super) uncut: Span,
}

impl Laid {
    /// Lays the matches out, each from its own kick-off, and then side by side.
    pub(in super::super) fn new(scenario: &Scenario) -> Self {
        let matches = scenario.matches.iter().zip(Clocks::of(scenario));
        let layouts: Vec<Layout> = matches.map(|(fixture, clocks)| Layout::new(fixture, &clocks)).collect();

        let mut resumed = vec![0; layouts.len()];
        let mut reaches: Vec<Option<Reach>> = vec![None; layouts.len()];
        let mut places = Vec::with_capacity(scenario.entries.len());
        for entry in &scenario.entries {
            let track = usize::from(entry.track);
            let at = layouts[track].place(entry.item.told(), resumed[track]);
            if matches!(&entry.item, Item::Event(Telling::First(event)) if event.kind == EventType::Resumed) {
                resumed[track] += 1;
            }
            let since = at - MediaTime::ZERO;
            let now = Reach { first: since, last: since };
            reaches[track] = Some(reaches[track].map_or(now, |so_far| so_far.joined(now)));
            places.push(at);
        }

        let (kickoffs, uncut) = side_by_side(scenario, &layouts, &reaches);
        for (place, entry) in places.iter_mut().zip(&scenario.entries) {
            *place += kickoffs[usize::from(entry.track)] - MediaTime::ZERO;
        }
        let layouts = layouts.into_iter().zip(kickoffs).map(|(layout, kickoff)| layout.moved(kickoff)).collect();
        Self { layouts, places, uncut }
    }
}

/// A timeline in the making.
struct Builder<'a> {
    scenario: &'a Scenario,
    /// The status of each match.
    statuses: Vec<StatusTracker>,
    layouts: Vec<Layout>,
    uncut: Span,
    cues: Vec<Cue>,
    /// For each cue the entry that it was made from.
    entries: Vec<u32>,
    /// The first telling of every happening.
    ids: Ids,
    /// The latest telling of those that have been corrected, by the first.
    latest: HashMap<u32, u32>,
}

impl Builder<'_> {
    /// Adds the cue of one telling.
    fn tell(&mut self, at: MediaTime, track: u16, entry: u32, telling: &Telling) {
        let cues = &mut self.cues;
        let ends = self.layouts[usize::from(track)].phases();
        let tracker = &mut self.statuses[usize::from(track)];
        let index = u32::try_from(cues.len()).unwrap_or(u32::MAX);
        let (mut event, was) = match telling {
            Telling::First(event) => {
                // In a scenario made by hand an id may stand twice: then the later one is meant.
                if let Some(first) = self.ids.add(cues, index, track, &event.id) {
                    self.latest.insert(first, index);
                }
                (event.clone(), None)
            }
            Telling::Correction(correction) => {
                // The reader refuses it; an edit may have cut away what it corrects.
                let Some(first) = self.ids.first(cues, track, correction.id.as_str()) else { return };
                let was = self.latest.insert(first, index).unwrap_or(first);
                (Arc::new(correction.applied_to(&cues[was as usize].event)), Some(was))
            }
        };
        let before = was.map(|was: u32| cues[was as usize].event.clone());
        let status =
            tracker.status_after(&event, before.as_deref(), |status| ends.iter().any(|phase| phase.status == status));
        if event.status != status {
            Arc::make_mut(&mut event).status = status;
        }
        self.entries.push(entry);
        cues.push(Cue {
            at,
            track,
            seq: 0,
            kind: kind_number(event.kind.place()),
            event,
            was,
            score: Score::default(),
            shootout: None,
            table: None,
            last: false,
        });
    }

    /// Folds the cues: numbers, scores, keyframes, and where the tables change.
    fn fold(mut self, markers: Vec<Marker>) -> Timeline {
        let mut cues = std::mem::take(&mut self.cues);
        let Scenario { matches, tables, ties, title, .. } = self.scenario;
        let mut tracks: Vec<Track> = matches
            .iter()
            .zip(std::mem::take(&mut self.layouts))
            .map(|(fixture, layout)| Track {
                fixture: fixture.clone(),
                layout,
                cues: Vec::new(),
                key_cues: Vec::new(),
                awards: Vec::new(),
                positions: Vec::new(),
                tie: None,
                discipline: Vec::new(),
                keyframes: vec![MatchState::new(fixture.clone())],
            })
            .collect();
        let mut states: Vec<MatchState> = tracks.iter().map(|track| track.keyframes[0].clone()).collect();
        TieLeg::enter(ties, &mut tracks);
        let mut disciplines = Disciplines::new(tracks.len(), tables);
        let mut kickoffs = Kickoffs::new(&tracks, tables);
        for index in 0..cues.len() {
            let place = u32::try_from(index).unwrap_or(u32::MAX);
            kickoffs.until(cues[index].at, &states);
            let (before, rest) = cues.split_at_mut(index);
            let cue = &mut rest[0];
            let was = cue.was.map(|was| &*before[was as usize].event);
            let (track, state) = (&mut tracks[usize::from(cue.track)], &mut states[usize::from(cue.track)]);
            let counting = |state: &MatchState| {
                let (status, awarded) = (state.status, state.awarded().is_some());
                tables.iter().position(|table| table.counts(&track.fixture, status, awarded))
            };
            let (score, counted, awarded) = (state.score(), counting(state), state.awarded().is_some());
            state.apply(&cue.event, was);
            let counts = counting(state);
            if let Some(taken) = positions(state, &cue.event, was) {
                track.positions.push((place, taken));
            }
            if state.awarded().is_some() != awarded {
                track.awards.push(place);
            }
            cue.score = state.score();
            cue.shootout = state.shootout();
            if counted != counts || counts.is_some() && score != cue.score {
                cue.table = counts.or(counted).and_then(|table| u16::try_from(table).ok());
            }
            if let Some(discipline) = disciplines.changed(cue, was) {
                track.discipline.push((place, discipline));
                let by_cards = counts.filter(|table| tables[*table].order.contains(&OrderKey::FairPlay));
                cue.table = cue.table.or(by_cards.and_then(|table| u16::try_from(table).ok()));
            }
            cue.table = kickoffs.changed(cue.table);
            track.cues.push(place);
            cue.seq = u32::try_from(track.cues.len()).unwrap_or(u32::MAX);
            // Once key, always key: whatever becomes of it, somebody was told of it as such.
            let was_key = cue.was.is_some_and(|was| track.key_cues.binary_search(&was).is_ok());
            if is_key(&cue.event) || was_key {
                track.key_cues.push(place);
            }
            if track.cues.len().is_multiple_of(KEYFRAME_EVERY) {
                track.keyframes.push(state.clone());
            }
        }
        for track in &tracks {
            if let Some(last) = track.cues.last() {
                cues[*last as usize].last = true;
            }
        }
        let end = cues.last().map(|cue| cue.at).into_iter().chain(markers.last().map(|marker| marker.at)).max();
        cues.shrink_to_fit();
        self.entries.shrink_to_fit();
        tracks.iter_mut().for_each(Track::shrink);
        let index = Index::new(&cues, &tracks, &markers, tables, self.ids);
        for cue in &mut cues {
            if let EventType::Other(word) = &cue.event.kind {
                cue.kind = index.own_kind(word).unwrap_or(Cue::REST);
            }
        }
        Timeline {
            index,
            nearest: Nearest::new(&tracks),
            title: title.clone(),
            digest: 0,
            cues,
            entries: self.entries,
            breaks: breaks(&tracks, end.unwrap_or_default()),
            play: play(&tracks),
            tracks,
            markers,
            tables: tables.clone(),
            length: end.unwrap_or_default(),
            uncut: self.uncut,
        }
    }
}

/// What lies between the spells of play of all matches, up to the end of the timeline.
fn breaks(tracks: &[Track], end: MediaTime) -> Vec<Range<MediaTime>> {
    let phases = tracks.iter().flat_map(|track| track.layout.phases());
    let mut play: Vec<_> = phases.filter(|phase| phase.status.in_play()).map(|phase| phase.from..phase.to).collect();
    play.sort_by_key(|spell| spell.start);
    let mut breaks = Vec::new();
    let mut until = play.first().map_or(MediaTime::ZERO, |spell| spell.end);
    for spell in play {
        if spell.start > until && until < end {
            breaks.push(until..spell.start);
        }
        until = until.max(spell.end);
    }
    breaks.shrink_to_fit();
    breaks
}

/// After a change of position, or a correction of one: the positions of the players that it names, and named before.
fn positions(state: &MatchState, event: &MatchEvent, was: Option<&MatchEvent>) -> Option<Box<[Taken]>> {
    let changes = |event: &&MatchEvent| event.kind == EventType::PositionChange;
    let events = [Some(event).filter(changes), was.filter(changes)].into_iter().flatten();
    let mut players: Vec<&PlayerId> = events.filter_map(MatchEvent::player).collect();
    players.dedup();
    let taken = players.into_iter().filter_map(|id| {
        let (side, place, player) = state.fixture().player(id.as_str())?;
        Some((player.id.clone(), state.position(side, place).map(Arc::from)))
    });
    Some(taken.collect::<Box<[_]>>()).filter(|taken| !taken.is_empty())
}

/// When a match comes into play, and when one is in play no more: where another phase follows, from its beginning on.
fn play(tracks: &[Track]) -> (Vec<MediaTime>, Vec<MediaTime>) {
    let spells = tracks.iter().flat_map(|track| {
        let phases = track.layout.phases();
        let nexts = phases.iter().skip(1).map(|next| next.from);
        let ends = nexts.chain(phases.last().map(|last| last.to + Span::from_millis(1)));
        phases.iter().zip(ends).filter(|(phase, _)| phase.status.in_play()).map(|(phase, end)| (phase.from, end))
    });
    let (mut starts, mut ends): (Vec<_>, Vec<_>) = spells.unzip();
    starts.sort_unstable();
    ends.sort_unstable();
    (starts, ends)
}

/// Where each match's kick-off lies on the common timeline, whose zero is the first telling of all, and how long that
/// would be without cutting the lulls between matches.
///
/// A lull is a stretch in which no match is in play by its course and nothing is told of one that has begun or is yet to
/// kick off: matches that kick off together stay together.
fn side_by_side(scenario: &Scenario, layouts: &[Layout], reaches: &[Option<Reach>]) -> (Vec<MediaTime>, Span) {
    let origin = scenario.matches.iter().map(|fixture| fixture.kickoff.0).min().unwrap_or(0);
    let kickoff = |track: usize| Span::from_millis(scenario.matches[track].kickoff.0.saturating_sub(origin));
    let told = || (0..).zip(reaches).filter_map(|(track, reach)| reach.map(|reach| (kickoff(track), reach)));
    let start = told().map(|(kickoff, reach)| kickoff + reach.first).min().unwrap_or_default();
    let end = told().map(|(kickoff, reach)| kickoff + reach.last).max().unwrap_or_default();
    let mut order: Vec<(Span, usize, Span)> = Vec::with_capacity(reaches.len());
    for (track, (layout, reach)) in layouts.iter().zip(reaches).enumerate() {
        let taken = [layout.play(), *reach].into_iter().flatten().reduce(Reach::joined);
        let Reach { first, last } = taken.unwrap_or(Reach { first: Span::ZERO, last: Span::ZERO });
        order.push((kickoff(track) + first, track, kickoff(track) + last));
    }
    order.sort_unstable();
    let mut kickoffs = vec![MediaTime::ZERO; reaches.len()];
    let (mut shift, mut until) = (-start, start);
    for (first, track, last) in order {
        let lull = first + -until;
        // After the last telling there is nothing to wait for.
        if lull > LONGEST_LULL && first <= end {
            shift = shift + -lull + CUT_LULL;
        }
        until = until.max(last);
        kickoffs[track] = MediaTime::ZERO + kickoff(track) + shift;
    }
    (kickoffs, end + -start)
}
