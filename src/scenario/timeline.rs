//! What is played: every revision complete and in its place, and the states that follow from them.
//!
//! A timeline is immutable and ordered; what moves over it is a playhead. It is built once, from a [`Scenario`].

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::layout::{Layout, Reach};
use super::media_time::{MediaTime, Span};
use super::{Entry, Item, Scenario, Telling};
use crate::football::{
    EventId, EventType, Field, LeagueTable, Match, MatchEvent, MatchState, Minute, Reading, Score, Status,
};

/// How many cues of a match lie between two keyframes of its state.
const KEYFRAME_EVERY: usize = 256;
/// A stretch without any match running that is longer than this is cut.
const LONGEST_LULL: Span = Span::from_secs(3_600);
/// What it is cut to.
const CUT_LULL: Span = Span::from_secs(60);

/// One thing to be told, and when.
#[derive(Debug, Clone)]
pub struct Cue {
    /// When it is due.
    pub at: MediaTime,
    /// The match it belongs to: a place in [`Timeline::tracks`].
    pub track: u16,
    /// Its number within the match, from 1.
    pub seq: u32,
    /// What is told.
    pub event: MatchEvent,
    /// The cue that told the revision before.
    pub was: Option<u32>,
    /// The score once it has been told.
    pub score: Score,
    /// Likewise of the shoot-out, once it has begun.
    pub shootout: Option<Score>,
    /// The league table that it changes: a place in [`Timeline::tables`].
    pub table: Option<u16>,
    /// Whether it is the last of its match.
    pub last: bool,
}

/// One match on the timeline.
#[derive(Debug)]
pub struct Track {
    /// Who plays whom.
    pub fixture: Arc<Match>,
    /// Where its clocks lie.
    pub layout: Layout,
    /// Its cues, by their places in the timeline.
    cues: Vec<u32>,
    /// Those that matter to a late joiner, likewise.
    key_cues: Vec<u32>,
    /// Its state after 0, 256, 512, ... of its cues.
    keyframes: Vec<MatchState>,
}

impl Track {
    /// How many events it has.
    pub fn len(&self) -> usize {
        self.cues.len()
    }

    /// Whether nothing is told of it.
    pub fn is_empty(&self) -> bool {
        self.cues.is_empty()
    }

    /// How many of the first `index` cues of the timeline are its own.
    pub fn told(&self, index: usize) -> usize {
        self.cues.partition_point(|cue| (*cue as usize) < index)
    }

    /// Its cues, by their places in the timeline.
    pub fn cues(&self) -> &[u32] {
        &self.cues
    }
}

/// A place on the timeline with a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    /// Where.
    pub at: MediaTime,
    /// What it is called.
    pub name: Arc<str>,
    /// The match it belongs to: a place in [`Timeline::tracks`].
    pub track: u16,
}

/// What a scoreboard shows of a match at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScoreboardClock {
    /// Where the match is.
    pub status: Status,
    /// What its clock reads.
    pub reading: Reading,
    /// The minute, in play.
    pub minute: Option<Minute>,
    /// Minutes of stoppage time announced for the period.
    pub announced: Option<u16>,
}

/// An ordered, immutable sequence of cues with the states folded from them.
#[derive(Debug)]
pub struct Timeline {
    title: Arc<str>,
    cues: Vec<Cue>,
    tracks: Vec<Track>,
    markers: Vec<Marker>,
    tables: Vec<LeagueTable>,
    own_types: BTreeSet<Arc<str>>,
    length: MediaTime,
    uncut: Span,
    digest: u32,
}

impl Timeline {
    /// Lays a scenario out.
    pub fn new(scenario: &Scenario) -> Self {
        Builder::new(scenario).build()
    }

    /// The scenario's headline.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Everything told, in order.
    pub fn cues(&self) -> &[Cue] {
        &self.cues
    }

    /// The matches.
    pub fn tracks(&self) -> &[Track] {
        &self.tracks
    }

    /// The match of that id: its place in [`Timeline::tracks`].
    pub fn track_of(&self, id: &str) -> Option<usize> {
        self.tracks.iter().position(|track| track.fixture.id.as_str() == id)
    }

    /// The named places, in order.
    pub fn markers(&self) -> &[Marker] {
        &self.markers
    }

    /// The league tables as they stood before.
    pub fn tables(&self) -> &[LeagueTable] {
        &self.tables
    }

    /// The event types of its own that this version does not know, each once.
    pub fn own_types(&self) -> Vec<&str> {
        self.own_types.iter().map(|word| &**word).collect()
    }

    /// When the last cue is due.
    pub fn length(&self) -> MediaTime {
        self.length
    }

    /// How long it was before stretches without a match were cut.
    pub fn uncut_length(&self) -> Span {
        self.uncut
    }

    /// A digest of what is played: the same for the same scenario, whoever plays it, and most unlikely to be the
    /// same for another.
    pub fn digest(&self) -> u32 {
        self.digest
    }

    /// How many cues are due before a moment, those of the moment itself left out.
    pub fn index_before(&self, at: MediaTime) -> usize {
        self.cues.partition_point(|cue| cue.at < at)
    }

    /// How many cues are due by a moment, those of the moment itself included.
    pub fn index_after(&self, at: MediaTime) -> usize {
        self.cues.partition_point(|cue| cue.at <= at)
    }

    /// The state of a match after the first `index` cues of the timeline.
    pub fn state_at(&self, track: usize, index: usize) -> MatchState {
        let Track { cues, keyframes, .. } = &self.tracks[track];
        let told = self.tracks[track].told(index);
        let keyframe = told / KEYFRAME_EVERY;
        let mut state = keyframes[keyframe].clone();
        for cue in &cues[keyframe * KEYFRAME_EVERY..told] {
            let cue = &self.cues[*cue as usize];
            state.apply(&cue.event, self.revision_before(cue));
        }
        state
    }

    /// What a cue's happening was before it.
    pub fn revision_before(&self, cue: &Cue) -> Option<&MatchEvent> {
        cue.was.map(|was| &self.cues[was as usize].event)
    }

    /// A league table after the first `index` cues.
    pub fn table_at(&self, table: usize, index: usize) -> LeagueTable {
        let states: Vec<_> = (0..self.tracks.len()).map(|track| self.state_at(track, index)).collect();
        self.tables[table].with(&states)
    }

    /// The happenings of a match that stand after the first `index` cues, each in its latest revision, in the order
    /// in which they were first told. `key`: only those that a late joiner's ticker wants.
    pub fn standing(&self, track: usize, index: usize, key: bool) -> Vec<&Cue> {
        let track = &self.tracks[track];
        let cues = if key { &track.key_cues } else { &track.cues };
        let mut standing: Vec<&Cue> = Vec::new();
        let mut places: HashMap<&EventId, usize> = HashMap::new();
        for cue in cues.iter().take_while(|cue| (**cue as usize) < index) {
            let cue = &self.cues[*cue as usize];
            match places.get(&cue.event.id) {
                Some(place) => standing[*place] = cue,
                None => {
                    places.insert(&cue.event.id, standing.len());
                    standing.push(cue);
                }
            }
        }
        standing.retain(|cue| cue.event.stands() && (!key || is_key(&cue.event)));
        standing
    }

    /// What a scoreboard shows of a match at a moment, when its state is that after the cues released by then.
    ///
    /// At the very instant that a phase begins the state decides: before the cue that tells it, the phase before.
    pub fn clock_at(&self, track: usize, at: MediaTime, state: &MatchState) -> ScoreboardClock {
        let Track { fixture, layout, .. } = &self.tracks[track];
        let told = layout.phase_of(state.status, at).map(|phase| phase.from);
        let status = match (layout.phase_before(at), told) {
            // Sparse feeds do not tell kick-offs and ends; the layout knows them all the same.
            (Some(phase), Some(told)) if phase.from > told => phase.status,
            (Some(phase), None) if state.status == Status::Scheduled => phase.status,
            _ => state.status,
        };
        let Some(phase) = layout.phase_of(status, at) else {
            // A status that no clock was told in: it counts to the first phase, or from the last.
            let since = |from: MediaTime| Reading::from_millis((at - from).as_nanos().div_euclid(1_000_000));
            let phases = layout.phases();
            let reading = match status {
                Status::Scheduled => phases.first().map(|first| since(first.from).min(Reading::default())),
                _ => phases.last().map(|last| since(last.to).max(Reading::default())),
            };
            let reading = reading.unwrap_or_default();
            return ScoreboardClock { status, reading, minute: None, announced: None };
        };
        // Play goes on showing the last reading until its end has been told.
        let last = if status.in_play() { at.min(phase.to) } else { at };
        let reading = phase.reading_at(last.max(phase.from));
        let clock = crate::football::MatchClock { status, reading };
        let announced = status.period().and_then(|period| state.announced(period));
        ScoreboardClock { status, reading, minute: clock.minute(&fixture.rules.periods), announced }
    }
}

/// Whether a late joiner's ticker wants it: a key type, or anything with words.
fn is_key(event: &MatchEvent) -> bool {
    event.kind.is_key() || event.details.get(Field::Text).is_some()
}

struct Builder<'a> {
    scenario: &'a Scenario,
    /// Where each match is in the telling.
    tellers: Vec<Teller>,
    layouts: Vec<Layout>,
    uncut: Span,
}

/// What has been told of a match so far, while the timeline is built.
#[derive(Default)]
struct Teller {
    latest: HashMap<EventId, u32>,
    status: Option<Status>,
    in_play: Option<Status>,
    resumed: usize,
}

impl<'a> Builder<'a> {
    fn new(scenario: &'a Scenario) -> Self {
        let mut entries: Vec<Vec<&Entry>> = vec![Vec::new(); scenario.matches.len()];
        for entry in &scenario.entries {
            entries[usize::from(entry.track)].push(entry);
        }
        let layouts: Vec<Layout> = scenario
            .matches
            .iter()
            .zip(&entries)
            .map(|(fixture, entries)| Layout::new(fixture, entries.iter().copied()))
            .collect();
        let (kickoffs, uncut) = side_by_side(scenario, &layouts);
        let layouts = layouts.into_iter().zip(kickoffs).map(|(layout, kickoff)| layout.moved(kickoff)).collect();
        let tellers = scenario.matches.iter().map(|_| Teller::default()).collect();
        Self { scenario, tellers, layouts, uncut }
    }

    fn build(mut self) -> Timeline {
        let mut told: Vec<(MediaTime, &Entry)> = Vec::with_capacity(self.scenario.entries.len());
        let mut markers = Vec::new();
        for entry in &self.scenario.entries {
            let track = usize::from(entry.track);
            let (layout, teller) = (&self.layouts[track], &mut self.tellers[track]);
            match &entry.item {
                Item::Event(telling) => {
                    told.push((layout.place(telling.told(), teller.resumed), entry));
                    if matches!(telling, Telling::First(event) if event.kind == EventType::Resumed) {
                        teller.resumed += 1;
                    }
                }
                Item::Marker { clock, name } => {
                    let at = layout.place(*clock, teller.resumed);
                    markers.push(Marker { at, name: name.clone(), track: entry.track });
                }
                Item::Fault { .. } => {}
            }
        }
        // Stable: what is told at one instant keeps the order of the file.
        told.sort_by_key(|(at, _)| *at);
        markers.sort_by_key(|marker| marker.at);

        let mut cues: Vec<Cue> = Vec::with_capacity(told.len());
        for (at, entry) in told {
            if let Item::Event(telling) = &entry.item {
                self.tell(&mut cues, at, entry.track, telling);
            }
        }
        self.fold(cues, markers)
    }

    /// Adds the cue of one telling.
    fn tell(&mut self, cues: &mut Vec<Cue>, at: MediaTime, track: u16, telling: &Telling) {
        let ends = self.layouts[usize::from(track)].phases();
        let teller = &mut self.tellers[usize::from(track)];
        let index = u32::try_from(cues.len()).unwrap_or(u32::MAX);
        let (mut event, was) = match telling {
            Telling::First(event) => (event.clone(), None),
            Telling::Correction(correction) => match teller.latest.get(&correction.id) {
                Some(was) => (correction.applied_to(&cues[*was as usize].event), Some(*was)),
                // The reader refuses it; an edit may have cut away what it corrects.
                None => return,
            },
        };
        teller.latest.insert(event.id.clone(), index);
        event.status = teller.status_after(&event, |status| ends.iter().any(|phase| phase.status == status));
        cues.push(Cue {
            at,
            track,
            seq: 0,
            event,
            was,
            score: Score::default(),
            shootout: None,
            table: None,
            last: false,
        });
    }

    /// Folds the cues: numbers, scores, keyframes, and where the tables change.
    fn fold(self, mut cues: Vec<Cue>, markers: Vec<Marker>) -> Timeline {
        let Scenario { matches, tables, title, .. } = self.scenario;
        let mut tracks: Vec<Track> = matches
            .iter()
            .zip(self.layouts)
            .map(|(fixture, layout)| Track {
                fixture: fixture.clone(),
                layout,
                cues: Vec::new(),
                key_cues: Vec::new(),
                keyframes: vec![MatchState::new(fixture.clone())],
            })
            .collect();
        let mut own_types = BTreeSet::new();
        let mut states: Vec<MatchState> = tracks.iter().map(|track| track.keyframes[0].clone()).collect();
        for index in 0..cues.len() {
            let (before, rest) = cues.split_at_mut(index);
            let cue = &mut rest[0];
            let was = cue.was.map(|was| &before[was as usize].event);
            let (track, state) = (&mut tracks[usize::from(cue.track)], &mut states[usize::from(cue.track)]);
            let (score, counted) = (state.score(), tables.iter().position(|table| table.counts(state)));
            state.apply(&cue.event, was);
            let counts = tables.iter().position(|table| table.counts(state));
            cue.score = state.score();
            cue.shootout = state.shootout();
            if counted != counts || counts.is_some() && score != cue.score {
                cue.table = counts.or(counted).and_then(|table| u16::try_from(table).ok());
            }
            if let EventType::Other(word) = &cue.event.kind
                && !own_types.contains(word)
            {
                own_types.insert(word.clone());
            }
            let place = u32::try_from(index).unwrap_or(u32::MAX);
            track.cues.push(place);
            cue.seq = u32::try_from(track.cues.len()).unwrap_or(u32::MAX);
            if is_key(&cue.event) || was.is_some_and(is_key) {
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
        Timeline {
            title: title.clone(),
            digest: digest(self.scenario),
            cues,
            tracks,
            markers,
            tables: tables.clone(),
            own_types,
            length: end.unwrap_or_default(),
            uncut: self.uncut,
        }
    }
}

impl Teller {
    /// Where the match is once an event has been told. `laid` says whether the match ever has a status.
    fn status_after(&mut self, event: &MatchEvent, laid: impl Fn(Status) -> bool) -> Status {
        use Status::*;
        let now = self.status.unwrap_or(Scheduled);
        let first = |candidates: &[Status]| candidates.iter().copied().find(|status| laid(*status));
        let told = event.telling().status;
        let after = match (&event.kind, event.clock.status) {
            _ if event.rev > 0 => now.max_in_course(told),
            (EventType::PeriodEnd, FirstHalf) => HalfTime,
            (EventType::PeriodEnd, SecondHalf) => first(&[ExtraTimeBreak, ShootoutBreak]).unwrap_or(FullTime),
            (EventType::PeriodEnd, ExtraFirstHalf) => ExtraHalfTime,
            (EventType::PeriodEnd, ExtraSecondHalf) => first(&[ShootoutBreak]).unwrap_or(FullTime),
            (EventType::PeriodEnd, Shootout) | (EventType::MatchEnd, _) => FullTime,
            (EventType::Suspended, _) => Suspended,
            (EventType::Abandoned, _) => Abandoned,
            (EventType::Resumed, _) => self.in_play.unwrap_or(told),
            _ => now.max_in_course(told),
        };
        if after.in_play() {
            self.in_play = Some(after);
        }
        self.status = Some(after);
        after
    }
}

impl Status {
    /// The later of two statuses in the course of a match; interruptions and ends hold until they are told to be over.
    fn max_in_course(self, other: Self) -> Self {
        match self {
            Self::Suspended | Self::Abandoned | Self::Postponed => self,
            _ => self.max(other),
        }
    }
}

/// Where each match's kick-off lies on the common timeline, whose zero is the first telling of all, and how long that
/// would be without cutting the lulls between matches.
fn side_by_side(scenario: &Scenario, layouts: &[Layout]) -> (Vec<MediaTime>, Span) {
    let origin = scenario.matches.iter().map(|fixture| fixture.kickoff.0).min().unwrap_or(0);
    let mut spans: Vec<(usize, Span, Reach)> = Vec::new();
    for (track, (fixture, layout)) in scenario.matches.iter().zip(layouts).enumerate() {
        let kickoff = Span::from_millis(fixture.kickoff.0.saturating_sub(origin));
        spans.push((track, kickoff, reach(scenario, track, layout)));
    }
    spans.sort_by_key(|(track, kickoff, reach)| (*kickoff + reach.first, *track));
    let mut kickoffs = vec![MediaTime::ZERO; layouts.len()];
    let Some((_, kickoff, first)) = spans.first().copied() else { return (kickoffs, Span::ZERO) };
    let start = kickoff + first.first;
    let (mut shift, mut until, mut end) = (-start, start, start);
    for (track, kickoff, reach) in spans {
        let lull = kickoff + reach.first + -until;
        if lull > LONGEST_LULL {
            shift = shift + -lull + CUT_LULL;
        }
        until = until.max(kickoff + reach.last);
        end = end.max(until);
        kickoffs[track] = MediaTime::ZERO + kickoff + shift;
    }
    (kickoffs, end + -start)
}

/// How far a match's feed reaches, seen from its kick-off.
fn reach(scenario: &Scenario, track: usize, layout: &Layout) -> Reach {
    let mut resumed = 0;
    let mut reach: Option<Reach> = None;
    for entry in scenario.entries.iter().filter(|entry| usize::from(entry.track) == track) {
        let clock = match &entry.item {
            Item::Event(telling) => telling.told(),
            Item::Marker { clock, .. } | Item::Fault { clock, .. } => *clock,
        };
        let at = layout.place(clock, resumed) - MediaTime::ZERO;
        if matches!(&entry.item, Item::Event(Telling::First(event)) if event.kind == EventType::Resumed) {
            resumed += 1;
        }
        let so_far = reach.unwrap_or(Reach { first: at, last: at });
        reach = Some(Reach { first: so_far.first.min(at), last: so_far.last.max(at) });
    }
    reach.unwrap_or(Reach { first: Span::ZERO, last: Span::ZERO })
}

/// FNV-1a (Fowler, Noll and Vo) over the scenario as it would be written, folded to 32 bits: stable across versions of the
/// compiler and across machines, which the standard library's hasher does not promise.
fn digest(scenario: &Scenario) -> u32 {
    struct Fnv(u64);
    impl std::io::Write for Fnv {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    // Writing into a hash cannot fail.
    let _ = super::write(scenario, &mut hash);
    (hash.0 >> 32) as u32 ^ hash.0 as u32
}
