//! Builds a timeline: gives every record a time, completes it to a full revision, and folds the states.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::super::digest::digest;
use super::super::layout::{Clocks, FeedSpan, Layout, Prematch};
use super::super::parallel::run_both;
use super::super::{EventRecord, LineContent, Scenario};
use super::discipline::DisciplineTracker;
use super::event_ids::EventIds;
use super::index::{Index, cue_kind};
use super::kickoffs::SilentKickoffs;
use super::nearest::NearestMatches;
use super::status::StatusTracker;
use super::story_event::StoryEvent;
use super::ties::TieLeg;
use super::{Content, Cue, KEYFRAME_EVERY, Marker, MediaTime, PlayerPosition, ScenarioFault, Span, Track, is_key};
use crate::football::{EventType, MatchClock, MatchEvent, MatchState, OrderKey, PlayerId, Score, Status};

/// A gap between matches longer than this is cut.
const MAX_GAP: Span = Span::from_secs(3_600);
/// The length of a gap after the cut.
const CUT_GAP: Span = Span::from_secs(60);

/// The number of entries from which the digest is computed on a second thread.
const PARALLEL_FROM: usize = 50_000;

/// Builds the timeline of a scenario.
pub(super) fn content(scenario: &Scenario) -> Content {
    let (digest, content) = match scenario.entries.len() {
        ..PARALLEL_FROM => (digest(scenario), build_without_digest(scenario)),
        PARALLEL_FROM.. => run_both(|| digest(scenario), || build_without_digest(scenario)),
    };
    Content { digest, ..content }
}

/// The timeline without its digest.
fn build_without_digest(scenario: &Scenario) -> Content {
    let ScenarioLayout { layouts, times, uncut_length } = ScenarioLayout::new(scenario);
    let mut events: Vec<u32> = Vec::with_capacity(scenario.entries.len());
    let (mut markers, mut faults) = (Vec::new(), Vec::new());
    let mut lines = vec![0_u32; scenario.matches.len()];
    for ((entry, &at), index) in scenario.entries.iter().zip(&times).zip(0..) {
        match &entry.item {
            LineContent::Event(_) => {
                lines[usize::from(entry.track)] += 1;
                events.push(index);
            }
            LineContent::Marker(marker) => markers.push(Marker { at, name: marker.name.clone(), track: entry.track }),
            LineContent::Fault(fault) => {
                let (line, track, fault) = (entry.line, entry.track, (**fault).clone());
                faults.push(ScenarioFault { at, line, track, fault });
            }
        }
    }
    // A stable sort: events at the same time keep the file order.
    events.sort_by_key(|index| times[*index as usize]);
    markers.sort_by_key(|marker| marker.at);

    let mut builder = TimelineBuilder {
        scenario,
        statuses: scenario.matches.iter().map(|_| StatusTracker::default()).collect(),
        layouts,
        uncut_length,
        cues: Vec::with_capacity(events.len()),
        entries: Vec::with_capacity(events.len()),
        ids: EventIds::new(lines),
        latest: HashMap::new(),
    };
    for index in events {
        let entry = &scenario.entries[index as usize];
        if let LineContent::Event(record) = &entry.item {
            builder.push_cue(times[index as usize], entry.track, index, record);
        }
    }
    Content { faults, ..builder.finish(markers) }
}

/// Builds what a feed with other events says of the same matches: sequence numbers, scores and statuses after its events.
/// Tables and markers are those of the truth.
pub(super) fn retold(truth: &Content, events: impl IntoIterator<Item = StoryEvent>) -> Content {
    let matches: Vec<_> = truth.tracks.iter().map(|track| track.fixture.clone()).collect();
    let scenario = Scenario { title: truth.title.clone(), matches, ..Scenario::default() };
    let mut builder = TimelineBuilder {
        scenario: &scenario,
        statuses: truth.tracks.iter().map(|_| StatusTracker::default()).collect(),
        layouts: truth.tracks.iter().map(|track| track.layout.clone()).collect(),
        uncut_length: truth.uncut_length,
        cues: Vec::new(),
        entries: Vec::new(),
        ids: EventIds::new(vec![0; truth.tracks.len()]),
        latest: HashMap::new(),
    };
    for StoryEvent { at, track, event, previous, hidden } in events {
        builder.push_revision(at, track, event, previous);
        if let Some(cue) = builder.cues.last_mut() {
            cue.silent = hidden;
        }
    }
    builder.finish(Vec::new())
}

/// The times of everything in a scenario on the common timeline.
pub(in super::super) struct ScenarioLayout {
    /// The phases of each match.
    pub(in super::super) layouts: Vec<Layout>,
    /// The time of each entry, in the order of [`Scenario::entries`].
    pub(in super::super) times: Vec<MediaTime>,
    /// The length without cutting the gaps between matches.
    pub(in super::super) uncut_length: Span,
}

impl ScenarioLayout {
    /// Lays out each match from its own kick-off, then places all matches on the common timeline.
    pub(in super::super) fn new(scenario: &Scenario) -> Self {
        let clocks = Clocks::collect(scenario);
        let layouts: Vec<Layout> =
            scenario.matches.iter().zip(&clocks).map(|(fixture, clocks)| Layout::new(fixture, clocks)).collect();

        let mut resumed = vec![0; layouts.len()];
        let mut prematch: Vec<Prematch> = layouts.iter().map(|_| Prematch::default()).collect();
        let mut spans: Vec<Option<FeedSpan>> = vec![None; layouts.len()];
        let mut times = Vec::with_capacity(scenario.entries.len());
        for (index, entry) in scenario.entries.iter().enumerate() {
            let track = usize::from(entry.track);
            let told = entry.item.reported_at();
            // A match may be called off several times: the clock counts from the last time before this line.
            let called_off = prematch[track].since_decision(told);
            let told = called_off.map_or(told, |reading| MatchClock { status: Status::Scheduled, reading });
            let at = layouts[track].time_of(told, resumed[track]);
            prematch[track].add_change(&entry.item);
            resumed[track] += usize::from(clocks[track].resumed_by.get(resumed[track]) == Some(&index));
            let since = at - MediaTime::ZERO;
            let now = FeedSpan { first: since, last: since };
            spans[track] = Some(spans[track].map_or(now, |so_far| so_far.union(now)));
            times.push(at);
        }

        let (kickoffs, uncut_length) = place_matches(scenario, &layouts, &spans);
        for (time, entry) in times.iter_mut().zip(&scenario.entries) {
            *time += kickoffs[usize::from(entry.track)] - MediaTime::ZERO;
        }
        let layouts = layouts.into_iter().zip(kickoffs).map(|(layout, kickoff)| layout.shifted(kickoff)).collect();
        Self { layouts, times, uncut_length }
    }
}

/// A timeline under construction.
struct TimelineBuilder<'a> {
    scenario: &'a Scenario,
    /// The status tracker of each match.
    statuses: Vec<StatusTracker>,
    layouts: Vec<Layout>,
    uncut_length: Span,
    cues: Vec<Cue>,
    /// The entry index of each cue.
    entries: Vec<u32>,
    /// The first cue of every event.
    ids: EventIds,
    /// The latest cue of each corrected event, by its first cue.
    latest: HashMap<u32, u32>,
}

impl TimelineBuilder<'_> {
    /// Adds the cue of a record.
    fn push_cue(&mut self, at: MediaTime, track: u16, entry: u32, record: &EventRecord) {
        let cues = &self.cues;
        let index = u32::try_from(cues.len()).unwrap_or(u32::MAX);
        let (event, previous) = match record {
            EventRecord::First(event) => {
                // Only a scenario built in code can have a duplicate id. Corrections then apply to the later event.
                if let Some(first) = self.ids.add(cues, index, track, &event.id) {
                    self.latest.insert(first, index);
                }
                (event.clone(), None)
            }
            EventRecord::Correction(correction) => {
                // A correction without its event: the reader rejects one, but an edit may have removed the event.
                let Some(first) = self.ids.first(cues, track, correction.id.as_str()) else { return };
                let previous = self.latest.insert(first, index).unwrap_or(first);
                (Arc::new(correction.applied_to(&cues[previous as usize].event)), Some(previous))
            }
        };
        self.entries.push(entry);
        self.push_revision(at, track, event, previous);
    }

    /// Adds the cue of a complete revision.
    fn push_revision(&mut self, at: MediaTime, track: u16, mut event: Arc<MatchEvent>, previous: Option<u32>) {
        let cues = &mut self.cues;
        let ends = self.layouts[usize::from(track)].phases();
        let tracker = &mut self.statuses[usize::from(track)];
        let before = previous.map(|previous: u32| cues[previous as usize].event.clone());
        let status =
            tracker.status_after(&event, before.as_deref(), |status| ends.iter().any(|phase| phase.status == status));
        if event.status != status {
            Arc::make_mut(&mut event).status = status;
        }
        cues.push(Cue {
            at,
            track,
            seq: 0,
            kind: cue_kind(event.kind.index()),
            event,
            previous,
            score: Score::default(),
            shootout: None,
            table: None,
            last: false,
            silent: false,
        });
    }

    /// Folds the cues: sequence numbers, scores, keyframes, and changes of tables.
    fn finish(mut self, markers: Vec<Marker>) -> Content {
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
        TieLeg::assign_to_tracks(ties, &mut tracks);
        let mut disciplines = DisciplineTracker::new(tracks.len(), tables);
        let mut kickoffs = SilentKickoffs::new(&tracks, tables);
        for index in 0..cues.len() {
            let place = u32::try_from(index).unwrap_or(u32::MAX);
            kickoffs.advance_to(cues[index].at, &states);
            let (before, rest) = cues.split_at_mut(index);
            let cue = &mut rest[0];
            let previous = cue.previous.map(|previous| &*before[previous as usize].event);
            let (track, state) = (&mut tracks[usize::from(cue.track)], &mut states[usize::from(cue.track)]);
            let counting = |state: &MatchState| {
                let (status, awarded) = (state.status, state.awarded_score().is_some());
                tables.iter().position(|table| table.includes_match(&track.fixture, status, awarded))
            };
            let (score, counted, awarded) = (state.score(), counting(state), state.awarded_score().is_some());
            state.apply(&cue.event, previous);
            let counts = counting(state);
            if let Some(taken) = changed_positions(state, &cue.event, previous) {
                track.positions.push((place, taken));
            }
            if state.awarded_score().is_some() != awarded {
                track.awards.push(place);
            }
            cue.score = state.score();
            cue.shootout = state.shootout_score();
            if counted != counts || counts.is_some() && score != cue.score {
                cue.table = counts.or(counted).and_then(|table| u16::try_from(table).ok());
            }
            if let Some(discipline) = disciplines.apply_cue(cue, previous) {
                track.discipline.push((place, discipline));
                let by_cards = counts.filter(|table| tables[*table].order.contains(&OrderKey::FairPlay));
                cue.table = cue.table.or(by_cards.and_then(|table| u16::try_from(table).ok()));
            }
            cue.table = kickoffs.table_to_attach(cue.table);
            if cue.silent {
                continue;
            }
            track.cues.push(place);
            cue.seq = u32::try_from(track.cues.len()).unwrap_or(u32::MAX);
            // An event that was once key stays key, because clients have shown it and need its corrections.
            let was_key = cue.previous.is_some_and(|previous| track.key_cues.binary_search(&previous).is_ok());
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
                cue.kind = index.custom_type_number(word).unwrap_or(Cue::OVERFLOW_KIND);
            }
        }
        Content {
            index,
            nearest: NearestMatches::new(&tracks),
            title: title.clone(),
            scenario: None,
            digest: 0,
            cues,
            entries: self.entries,
            breaks: find_breaks(&tracks, end.unwrap_or_default()),
            play_bounds: play_intervals(&tracks),
            tracks,
            markers,
            faults: Vec::new(),
            tables: tables.clone(),
            length: end.unwrap_or_default(),
            uncut_length: self.uncut_length,
        }
    }
}

/// The intervals between play of any match, up to the end of the timeline.
fn find_breaks(tracks: &[Track], end: MediaTime) -> Vec<Range<MediaTime>> {
    let phases = tracks.iter().flat_map(|track| track.layout.phases());
    let mut play: Vec<_> = phases.filter(|phase| phase.status.is_in_play()).map(|phase| phase.from..phase.to).collect();
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

/// The positions of the players affected by a change of position or its correction: those of the event and of its previous
/// revision. `None` if there are none.
fn changed_positions(
    state: &MatchState,
    event: &MatchEvent,
    previous: Option<&MatchEvent>,
) -> Option<Box<[PlayerPosition]>> {
    let changes = |event: &&MatchEvent| event.kind == EventType::PositionChange;
    let events = [Some(event).filter(changes), previous.filter(changes)].into_iter().flatten();
    let mut players: Vec<&PlayerId> = events.filter_map(MatchEvent::player).collect();
    players.dedup();
    let taken = players.into_iter().filter_map(|id| {
        let (side, place, player) = state.fixture().player(id.as_str())?;
        Some((player.id.clone(), state.position(side, place).map(Arc::from)))
    });
    Some(taken.collect::<Box<[_]>>()).filter(|taken| !taken.is_empty())
}

/// The starts and ends of play of all matches, each sorted. Play ends with the start of the next phase, or just after the
/// end of the last one.
fn play_intervals(tracks: &[Track]) -> (Vec<MediaTime>, Vec<MediaTime>) {
    let spells = tracks.iter().flat_map(|track| {
        let phases = track.layout.phases();
        let nexts = phases.iter().skip(1).map(|next| next.from);
        let ends = nexts.chain(phases.last().map(|last| last.to + Span::from_millis(1)));
        phases.iter().zip(ends).filter(|(phase, _)| phase.status.is_in_play()).map(|(phase, end)| (phase.from, end))
    });
    let (mut starts, mut ends): (Vec<_>, Vec<_>) = spells.unzip();
    starts.sort_unstable();
    ends.sort_unstable();
    (starts, ends)
}

/// The time of each match's kick-off on the common timeline, whose zero is the first report of all, and the length without
/// cutting the gaps between matches.
///
/// A gap is an interval outside the spans of all matches. The span of a match covers its nominal course and everything that
/// the feed reports of it, so matches that kick off together stay together.
fn place_matches(scenario: &Scenario, layouts: &[Layout], spans: &[Option<FeedSpan>]) -> (Vec<MediaTime>, Span) {
    let origin = scenario.matches.iter().map(|fixture| fixture.kickoff.0).min().unwrap_or(0);
    let kickoff = |track: usize| Span::from_millis(scenario.matches[track].kickoff.0.saturating_sub(origin));
    let reported = || (0..).zip(spans).filter_map(|(track, span)| span.map(|span| (kickoff(track), span)));
    let start = reported().map(|(kickoff, span)| kickoff + span.first).min().unwrap_or_default();
    let end = reported().map(|(kickoff, span)| kickoff + span.last).max().unwrap_or_default();
    let mut order: Vec<(Span, usize, Span)> = Vec::with_capacity(spans.len());
    for (track, (layout, span)) in layouts.iter().zip(spans).enumerate() {
        let taken = [layout.span_since_kickoff(), *span].into_iter().flatten().reduce(FeedSpan::union);
        let FeedSpan { first, last } = taken.unwrap_or(FeedSpan { first: Span::ZERO, last: Span::ZERO });
        order.push((kickoff(track) + first, track, kickoff(track) + last));
    }
    order.sort_unstable();
    let mut kickoffs = vec![MediaTime::ZERO; spans.len()];
    let (mut shift, mut until) = (-start, start);
    for (first, track, last) in order {
        let gap = first + -until;
        // Gaps after the last report are not cut.
        if gap > MAX_GAP && first <= end {
            shift = shift + -gap + CUT_GAP;
        }
        until = until.max(last);
        kickoffs[track] = MediaTime::ZERO + kickoff(track) + shift;
    }
    (kickoffs, end + -start)
}
