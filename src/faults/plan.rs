//! A plan: the faults of a feed, `late:p=0.05,by=20s; drop:at=89:07`, or the name of a preset.

use std::fmt;

use super::chance::hash;
use super::fault::Fault;
use super::kinds;
use super::place::Place;
use crate::football::FaultKind;
use crate::message::did_you_mean;
use crate::playback::{Position, Rejection, SeekOrigin};
use crate::scenario::{MediaTime, ScenarioFault, Span, Timeline};

/// The faults of a feed. Empty: none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FaultPlan {
    faults: Vec<Fault>,
}

/// Plans with a name.
pub const PRESETS: &[(&str, &str)] = &[
    // A poor connection.
    ("lossy", "drop:p=0.05; duplicate:p=0.03; reorder:p=0.03; late:p=0.05,by=5s..30s"),
    // An evening of reviews: goals vanish, goals and cards that never were are taken back, decisions come late.
    (
        "var-night",
        "vanish:p=0.3; correct:p=0.05,types=shot,what=goal,by=60s..3m; correct:p=0.05,types=foul,what=card,by=60s..3m; \
         late:p=0.5,types=var,by=20s..90s",
    ),
    // What statisticians put right afterwards: scorers and minutes, and events entered anew; the system stalls at times.
    (
        "monday-morning",
        "correct:p=0.3,what=scorer,by=5m..20m; correct:p=0.2,what=minute,by=5m..20m; \
         reissue:p=0.2,types=goal+card+substitution,by=60s..5m; burst:p=0.01,for=90s",
    ),
    // A wireless network at the edge of its range: delays, silences, and now and then no network at all.
    ("flaky-wifi", "delay:by=10ms..300ms; stall:every=8s..20s,for=1500ms; cut:every=15s..30s"),
    // A full stadium: everybody uses one cell.
    (
        "stadium-4g",
        "slow_handshake:by=800ms..3s; delay:by=150ms..1200ms; throttle:rate=12000; stall:every=10s..30s,for=3s; \
         half_open:every=60s..120s,for=30s; slow_body:by=500ms..3s",
    ),
    // The free plan of API-Football.
    ("api-football-limit", "limit:times=10,every=60s,what=api-football"),
    // Scoreboards of ESPN that are refused, as public programs met in 2026; the same data are to be had from its CDN.
    ("espn-403", "http_error:code=403,what=espn-scoreboard"),
];

/// The most faults of a plan.
const MAX_FAULTS: usize = 32;
/// The longest plan, in bytes.
const MAX_BYTES: usize = 4 << 10;

impl FaultPlan {
    /// Parses a plan: faults and names of presets, separated by `;`. `off` is the plan without faults.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        if text.len() > MAX_BYTES {
            let message = format!("a plan has at most {MAX_BYTES} bytes, and this one has {}", text.len());
            return Err(Rejection::bad_argument(message));
        }
        let mut faults = Vec::new();
        let mut parts = text.split(';').map(str::trim).filter(|part| !part.is_empty()).peekable();
        if parts.peek().is_none() {
            return Err(Rejection::bad_argument("the plan is empty: write a fault, a preset, or off"));
        }
        for part in parts.filter(|_| text.trim() != "off") {
            match PRESETS.iter().find(|(name, _)| *name == part) {
                Some((_, plan)) => faults.extend(Self::parse(plan)?.faults),
                None => faults.push(Self::parse_part(part)?),
            }
        }
        Self { faults }.within_limit()
    }

    /// The faults of the feed only, or those of links only.
    fn part(&self, of_links: bool) -> Self {
        Self { faults: self.faults.iter().filter(|fault| fault.kind.is_link() == of_links).cloned().collect() }
    }

    /// The plan without link faults: what the feed says and sends depends on these only.
    pub(crate) fn feed(&self) -> Self {
        self.part(false)
    }

    /// The link faults of the plan.
    pub(crate) fn link(&self) -> Self {
        self.part(true)
    }

    /// The faults of both plans.
    pub(crate) fn joined(mut self, other: &Self) -> Self {
        self.faults.extend(other.faults.iter().cloned());
        self
    }

    /// The plan with one fault more.
    pub(crate) fn with(&self, fault: Fault) -> Result<Self, Rejection> {
        let mut faults = self.faults.clone();
        faults.push(fault);
        Self { faults }.within_limit()
    }

    fn within_limit(mut self) -> Result<Self, Rejection> {
        // Journals count the faults of the feed, so these come first.
        self.faults.sort_by_key(|fault| fault.kind.is_link());
        if self.faults.len() > MAX_FAULTS {
            let message = format!("a plan has at most {MAX_FAULTS} faults, and this one has {}", self.faults.len());
            return Err(Rejection::bad_argument(message));
        }
        Ok(self)
    }

    /// Parses one fault.
    pub(crate) fn parse_fault(text: &str) -> Result<Fault, Rejection> {
        Fault::parse(text, |word| &kinds::kind_of(word).spec)
    }

    fn parse_part(part: &str) -> Result<Fault, Rejection> {
        Self::parse_fault(part).map_err(|rejection| {
            let names = PRESETS.iter().map(|(name, _)| *name);
            if part.contains(':') || FaultKind::parse(part).is_some() {
                return rejection;
            }
            let words = || FaultKind::WORDS.iter().copied().chain(names.clone());
            let hint = did_you_mean(part, words());
            let message = format!("unknown fault or preset {:?}{hint}", crate::message::excerpt(part));
            Rejection::bad_argument(message).accepting(words())
        })
    }

    /// The plan that the `fault` lines of a timeline's scenario make. The place of a line is the place of its fault, or with `p` the
    /// place from which on it may happen. Lines with other words than [`FaultKind`] has are left out.
    pub fn of_scenario(timeline: &Timeline) -> Result<Self, Rejection> {
        let mut faults = Vec::new();
        for ScenarioFault { at, line, track, fault } in timeline.scenario_faults() {
            let text_of = |json: &str| match serde_json::from_str(json) {
                Ok(serde_json::Value::Null) => None,
                Ok(serde_json::Value::String(text)) => Some(text),
                _ => Some(json.to_owned()),
            };
            let members = || fault.fields.iter().filter_map(|(name, json)| Some((&**name, text_of(json)?)));
            let word = members().find(|(name, _)| *name == "do").and_then(|(_, word)| FaultKind::parse(&word));
            let Some(word) = word else { continue };
            // A fault with a probability, or one that begins again and again, is possible from the line on.
            let place = if members().any(|(name, _)| name == "p" || name == "every") { "from" } else { "at" };
            let mut text = format!("{word}:{place}={}", Place::Media(*at - MediaTime::ZERO));
            if let [_, _, ..] = timeline.tracks() {
                text += &format!(",match={}", timeline.tracks()[usize::from(*track)].fixture.id);
            }
            members().filter(|(name, _)| *name != "do").for_each(|(name, value)| text += &format!(",{name}={value}"));
            let of_line = |rejection: Rejection| rejection.context(format_args!("the fault in line {line}"));
            faults.push(Self::parse_part(&text).map_err(of_line)?);
        }
        Self { faults }.within_limit()
    }

    /// The same plan for a replay that is at a media time, with `head` cues released: `next:goal` and `+5m` become places that stay
    /// what they are.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn resolve_relative(
        mut self,
        timeline: &Timeline,
        at: MediaTime,
        head: usize,
    ) -> Result<Self, Rejection> {
        let past = u32::try_from(timeline.true_index_at(head, at)).unwrap_or(u32::MAX);
        let origin = SeekOrigin { at, head: past, target: None };
        for fault in &mut self.faults {
            fault.make_absolute(timeline, &origin).map_err(|rejection| rejection.context(fault.kind))?;
        }
        Ok(self)
    }

    /// The same plan for a replay that begins at a position; `None`: at the beginning of the timeline.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn resolve_from(self, timeline: &Timeline, from: Option<&Position>) -> Result<Self, Rejection> {
        // A position that does not exist is refused where playback begins.
        let begins = from.map(|from| from.resolve(&timeline.truth(), None, &SeekOrigin::default(), Span::ZERO));
        match begins.and_then(Result::ok) {
            Some(begins) => self.resolve_relative(timeline, begins.at, timeline.index_before(begins.at)),
            None => Ok(self),
        }
    }

    /// The faults, in order.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Whether it has no faults.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty()
    }

    /// A digest of the plan with a seed: equal for equal ones, and never 0.
    pub(super) fn digest(&self, seed: u64) -> u32 {
        let hash = hash([self.to_string().as_bytes(), &seed.to_le_bytes()]);
        ((hash >> 32) as u32 ^ hash as u32).max(1)
    }
}

impl fmt::Display for FaultPlan {
    /// Prints what [`Self::parse`] reads as the same plan.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("off");
        }
        for (place, fault) in self.faults.iter().enumerate() {
            write!(f, "{}{fault}", if place == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}
