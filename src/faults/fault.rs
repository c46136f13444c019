//! One fault of a plan: `late:p=0.05,by=20s`.

use std::fmt;
use std::ops::RangeInclusive;

use super::chance::Dice;
use super::place::Place;
use super::probability::Probability;
use crate::football::{FaultKind, MatchEvent, MatchId};
use crate::message::{did_you_mean, excerpt};
use crate::playback::{Rejection, SeekOrigin, track_of};
use crate::scenario::{MediaTime, Span, Timeline};

/// What a kind of faults takes, and what it can concern.
#[derive(Debug)]
pub(super) struct FaultSpec {
    pub(super) word: FaultKind,
    /// The parameters without which it cannot do anything.
    pub(super) requires: &'static [&'static str],
    /// The words that its parameter `what` takes.
    pub(super) variants: &'static [&'static str],
    /// The numbers that its parameter `code` takes, and whether it takes `reset` too.
    pub(super) codes: (&'static [RangeInclusive<u16>], bool),
    /// The events that it can concern, for messages: `event`, `goal`.
    pub(super) suitable: &'static str,
    /// Whether it can concern an event.
    pub(super) suits: fn(&Fault, &MatchEvent) -> bool,
    /// Refuses a fault that cannot happen on a timeline.
    pub(super) check: fn(&Timeline, &Fault) -> Result<(), Rejection>,
}

impl FaultSpec {
    /// A kind that requires no parameter, and can concern any event.
    pub(super) const fn new(word: FaultKind) -> Self {
        Self {
            word,
            requires: &[],
            variants: &[],
            codes: (&[], false),
            suitable: "event",
            suits: |_, _| true,
            check: |_, _| Ok(()),
        }
    }

    fn takes(&self, name: &str) -> bool {
        self.word.choosing_parameters().contains(&name) || self.word.parameters().contains(&name)
    }
}

/// A fault with its parameters.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    spec: &'static FaultSpec,
    /// The parameters in the order of [`PARAMETERS`], with their texts.
    texts: Vec<(&'static str, String)>,
    /// The probability for each event.
    pub(super) p: Option<Probability>,
    /// The place of the one event that it concerns.
    pub(super) at: Option<Place>,
    /// The types that it concerns, as written.
    pub(super) types: Vec<String>,
    /// The match that it concerns.
    pub(super) of_match: Option<MatchId>,
    /// Where it begins and ends to happen.
    pub(super) from: Option<Place>,
    pub(super) until: Option<Place>,
    /// By how much: between these.
    pub(super) by: Option<(Span, Span)>,
    /// For how long.
    pub(super) lasts: Option<Span>,
    /// How often.
    pub(super) times: Option<u32>,
    /// Which of the kind's variants.
    pub(super) what: Option<String>,
    /// The other match.
    pub(super) with: Option<MatchId>,
    /// The number of the one subscriber that it concerns.
    pub(crate) subscriber: Option<u32>,
    /// The name of the clients that it concerns.
    pub(super) client: Option<String>,
    /// How often it begins again: after a time between these, on the wall clock.
    pub(super) every: Option<(Span, Span)>,
    /// How a connection or a request ends.
    pub(super) code: Option<EndCode>,
    /// Bytes a second.
    pub(super) rate: Option<u32>,
    /// Bytes.
    pub(super) size: Option<u32>,
}

/// How a connection or a request ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndCode {
    /// The connection is reset.
    Reset,
    /// A close code, or an HTTP status.
    Number(u16),
}

/// A parameter: its name, what it means, and how it is read.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// What is accepted, for messages.
    pub(super) accepted: &'static str,
    read: fn(&mut Fault, &str) -> bool,
}

/// The longest time by which a fault may move something.
const MAX_SPAN: Span = Span::from_secs(24 * 3_600);
/// The most copies of an event, or refusals.
const MAX_TIMES: u32 = 10;
/// The most requests of a limit.
const MAX_REQUESTS: u32 = 100_000;
/// The longest name of a client, in bytes.
pub(crate) const MAX_CLIENT_BYTES: usize = 60;

const A_PLACE: &str = "a position, as 89:07; in an address the + of 45+2 is written %2B";

/// All parameters. [`FaultKind::parameters`] says which of them a kind has.
pub(super) const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "p",
        accepted: "a probability from 0 to 1 with at most six decimals, as 0.05",
        read: |fault, text| set(&mut fault.p, Probability::parse(text)),
    },
    Parameter { name: "at", accepted: A_PLACE, read: |fault, text| set(&mut fault.at, read_place(text)) },
    Parameter {
        name: "types",
        accepted: "event types joined by +, as goal+card",
        read: |fault, text| {
            fault.types = text.split('+').map(str::to_owned).collect();
            fault.types.iter().all(|word| !word.is_empty())
        },
    },
    Parameter {
        name: "match",
        accepted: "the id of a match",
        read: |fault, text| set(&mut fault.of_match, read_match_id(text)),
    },
    Parameter { name: "from", accepted: A_PLACE, read: |fault, text| set(&mut fault.from, read_place(text)) },
    Parameter { name: "until", accepted: A_PLACE, read: |fault, text| set(&mut fault.until, read_place(text)) },
    Parameter {
        name: "by",
        accepted: "a length above 0 and up to 24h, as 20s, or a range, the shorter first, as 5s..40s",
        read: |fault, text| set(&mut fault.by, read_range(text)),
    },
    Parameter {
        name: "for",
        accepted: "a length above 0 and up to 24h, as 90s",
        read: |fault, text| set(&mut fault.lasts, read_span(text)),
    },
    Parameter {
        name: "times",
        accepted: "a whole number from 1 to 10, for limit to 100000",
        read: |fault, text| {
            let most = if fault.kind == FaultKind::Limit { MAX_REQUESTS } else { MAX_TIMES };
            set(&mut fault.times, read_number(text, most))
        },
    },
    Parameter { name: "what", accepted: "a word", read: |fault, text| set(&mut fault.what, Some(text.to_owned())) },
    Parameter {
        name: "with",
        accepted: "the id of a match",
        read: |fault, text| set(&mut fault.with, read_match_id(text)),
    },
    Parameter {
        name: "subscriber",
        accepted: "the number of a subscriber, as in hello.subscriber",
        read: |fault, text| set(&mut fault.subscriber, text.parse().ok().filter(|number| *number > 0)),
    },
    Parameter {
        name: "client",
        accepted: "the name of a client, as given by client= in the address of its stream",
        read: |fault, text| set(&mut fault.client, Some(text.to_owned()).filter(|name| is_client_name(name))),
    },
    Parameter {
        name: "every",
        accepted: "a length above 0 and up to 24h, as 20s, or a range, the shorter first, as 20s..40s",
        read: |fault, text| set(&mut fault.every, read_range(text)),
    },
    Parameter {
        name: "code",
        accepted: "a number, or reset",
        read: |fault, text| {
            let number = || text.parse().ok().map(EndCode::Number);
            set(&mut fault.code, if text == "reset" { Some(EndCode::Reset) } else { number() })
        },
    },
    Parameter {
        name: "rate",
        accepted: "bytes a second, a whole number from 1 to 1000000000",
        read: |fault, text| set(&mut fault.rate, read_number(text, 1_000_000_000)),
    },
    Parameter {
        name: "size",
        accepted: "bytes, a whole number from 1 to 65535",
        read: |fault, text| set(&mut fault.size, read_number(text, 65_535)),
    },
];

/// Whether a text can be the name of a client: letters of ASCII, digits, `-`, `_` and `.`, at most 60 of them.
pub(crate) fn is_client_name(name: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    !name.is_empty() && name.len() <= MAX_CLIENT_BYTES && name.bytes().all(valid)
}

fn read_number(text: &str, most: u32) -> Option<u32> {
    text.parse().ok().filter(|number| (1..=most).contains(number))
}

fn set<T>(field: &mut Option<T>, value: Option<T>) -> bool {
    *field = value;
    field.is_some()
}

/// No name is digits with a blank: such a blank is the `+` of an address.
fn read_place(text: &str) -> Option<Place> {
    let is_clock = text.bytes().all(|byte| byte.is_ascii_digit() || b": ".contains(&byte));
    Place::parse(text).filter(|_| !(is_clock && text.contains(' ')))
}

fn read_match_id(text: &str) -> Option<MatchId> {
    Some(text).filter(|id| !id.is_empty()).map(MatchId::from)
}

fn read_span(text: &str) -> Option<Span> {
    Span::parse(text).filter(|span| *span > Span::ZERO && *span <= MAX_SPAN)
}

fn read_range(text: &str) -> Option<(Span, Span)> {
    let (shortest, longest) = match text.split_once("..") {
        Some((shortest, longest)) => (read_span(shortest)?, read_span(longest)?),
        None => (read_span(text)?, read_span(text)?),
    };
    (shortest <= longest).then_some((shortest, longest))
}

impl Fault {
    /// Parses one fault. `spec_of` gives what its kind takes.
    pub(super) fn parse(text: &str, spec_of: fn(FaultKind) -> &'static FaultSpec) -> Result<Self, Rejection> {
        let (word, parameters) = text.split_once(':').unwrap_or((text, ""));
        let word = word.trim();
        let kind = FaultKind::parse(word).ok_or_else(|| {
            let hint = did_you_mean(word, FaultKind::WORDS.iter().copied());
            let message = format!("unknown fault {:?}{hint}", excerpt(word));
            Rejection::bad_argument(message).accepting(FaultKind::WORDS)
        })?;
        let mut fault = Self {
            kind,
            spec: spec_of(kind),
            texts: Vec::new(),
            p: None,
            at: None,
            types: Vec::new(),
            of_match: None,
            from: None,
            until: None,
            by: None,
            lasts: None,
            times: None,
            what: None,
            with: None,
            subscriber: None,
            client: None,
            every: None,
            code: None,
            rate: None,
            size: None,
        };
        for parameter in parameters.split(',').map(str::trim).filter(|parameter| !parameter.is_empty()) {
            fault.set(parameter).map_err(|rejection| rejection.context(word))?;
        }
        fault.check().map_err(|rejection| rejection.context(word))?;
        Ok(fault)
    }

    /// Reads one parameter, `by=20s`.
    fn set(&mut self, text: &str) -> Result<(), Rejection> {
        let of_kind = || PARAMETERS.iter().enumerate().filter(|(_, it)| self.spec.takes(it.name));
        let names: Vec<&str> = of_kind().map(|(_, it)| it.name).collect();
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name.trim(), value.trim()),
            None => {
                let hint = if self.has("types") { ", and join types by +, as goal+card" } else { "" };
                let message = format!("{:?} is no parameter: write name=value{hint}", excerpt(text));
                return Err(Rejection::bad_argument(message).accepting(names));
            }
        };
        let Some((place, parameter)) = of_kind().find(|(_, it)| it.name == name) else {
            let hint = did_you_mean(name, names.iter().copied());
            let message = format!("unknown parameter {:?}{hint}", excerpt(name));
            return Err(Rejection::bad_argument(message).accepting(names));
        };
        if self.texts.iter().any(|(given, _)| *given == name) {
            return Err(Rejection::bad_argument(format!("{name} is given twice")));
        }
        // In an address a + is a blank.
        let value = if name == "types" { value.replace(' ', "+") } else { value.to_owned() };
        if !(parameter.read)(self, &value) {
            let message = format!("{name} is {:?}, and must be {}", excerpt(&value), parameter.accepted);
            return Err(Rejection::bad_argument(message));
        }
        let before = |(given, _): &(&str, String)| PARAMETERS.iter().take(place).any(|it| it.name == *given);
        let at = self.texts.partition_point(before);
        self.texts.insert(at, (parameter.name, value));
        Ok(())
    }

    /// Checks the parameters together.
    fn check(&self) -> Result<(), Rejection> {
        let bad = |message: String| Err(Rejection::bad_argument(message));
        // Of a link fault `p` is the probability for each connection, and it goes with all others.
        let beside_at: &[&str] =
            if self.kind.is_link() { &["from", "until", "every"] } else { &["p", "from", "until"] };
        for name in beside_at {
            if self.at.is_some() && self.has(name) {
                let what = if self.kind.is_link() { "moment" } else { "event" };
                return bad(format!("at names one {what}, so {name} does not go with it"));
            }
        }
        let (ranges, takes_reset) = &self.spec.codes;
        let wrong_code = match self.code {
            Some(EndCode::Number(number)) if !ranges.iter().any(|range| range.contains(&number)) => number.to_string(),
            Some(EndCode::Reset) if !takes_reset => "\"reset\"".to_owned(),
            _ => String::new(),
        };
        if !wrong_code.is_empty() {
            let ranges: Vec<_> = ranges.iter().map(|range| format!("{} to {}", range.start(), range.end())).collect();
            let or_reset = if *takes_reset { ", or reset" } else { "" };
            return bad(format!("code is {wrong_code}, and must be a number from {}{or_reset}", ranges.join(" or ")));
        }
        if let FaultKind::Delay | FaultKind::Throttle | FaultKind::Fragment = self.kind
            && self.every.is_some()
            && self.lasts.is_none()
        {
            return bad("every goes with for, how long it lasts each time".to_owned());
        }
        if self.kind == FaultKind::Limit && self.every.is_some_and(|(shortest, longest)| shortest != longest) {
            return bad("every of a limit is one length, as 60s".to_owned());
        }
        if !self.kind.is_link() && self.at.is_none() && self.p.is_none() {
            return bad("give p, the probability for each event, or at, the place of one".to_owned());
        }
        if let Some(name) = self.spec.requires.iter().find(|name| !self.has(name)) {
            let accepted = PARAMETERS.iter().find(|it| it.name == *name).map_or("", |it| it.accepted);
            return bad(format!("{name} is missing: {accepted}"));
        }
        match &self.what {
            Some(word) if !self.spec.variants.contains(&&**word) => {
                let hint = did_you_mean(word, self.spec.variants.iter().copied());
                let message = format!("what is {:?}{hint}", excerpt(word));
                Err(Rejection::bad_argument(message).accepting(self.spec.variants))
            }
            _ => Ok(()),
        }
    }

    /// Replaces places that depend on where playback is by those that they mean now.
    pub(super) fn make_absolute(&mut self, timeline: &Timeline, origin: &SeekOrigin) -> Result<(), Rejection> {
        let track = track_of(timeline, self.of_match.as_ref())?;
        let mut of_match = None;
        for (name, place) in [("at", &mut self.at), ("from", &mut self.from), ("until", &mut self.until)] {
            let Some(relative) = place.as_ref().filter(|place| place.is_relative()) else { continue };
            let found = relative.resolve(timeline, track, origin).map_err(|rejection| rejection.context(name))?;
            let event = found.target.filter(|_| name == "at").and_then(|target| Place::of_event(timeline, target));
            // An event has its id within its match.
            of_match = of_match.or(event.as_ref().and(found.track).filter(|_| timeline.tracks().len() > 1));
            let absolute = event.unwrap_or(Place::Media(found.at - MediaTime::ZERO));
            if let Some((_, text)) = self.texts.iter_mut().find(|(given, _)| *given == name) {
                *text = absolute.to_string();
            }
            *place = Some(absolute);
        }
        match of_match.filter(|_| track.is_none()) {
            Some(of) => self.set(&format!("match={}", timeline.tracks()[of].fixture.id)),
            None => Ok(()),
        }
    }

    /// Whether a command with it means: once, now, on the connections that there are.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn happens_once(&self) -> bool {
        let ends = matches!(self.kind, FaultKind::Cut | FaultKind::HalfOpen | FaultKind::Stall | FaultKind::Corrupt);
        let lasts = ends || self.kind.parameters().contains(&"for") && self.lasts.is_some();
        lasts && !["p", "at", "from", "until", "every"].iter().any(|name| self.has(name))
    }

    fn has(&self, name: &str) -> bool {
        self.texts.iter().any(|(given, _)| *given == name)
    }

    /// The variant of its kind that it asks for, else one by chance.
    pub(super) fn variant(&self, dice: &mut Dice) -> &str {
        self.what.as_deref().unwrap_or_else(|| self.spec.variants[dice.pick(self.spec.variants.len())])
    }

    /// What its kind takes, and what it can concern.
    pub(super) fn spec(&self) -> &'static FaultSpec {
        self.spec
    }
}

impl PartialEq for Fault {
    fn eq(&self, other: &Self) -> bool {
        // All other fields follow from these.
        (self.kind, &self.texts) == (other.kind, &other.texts)
    }
}

impl fmt::Display for Fault {
    /// Prints what [`FaultPlan::parse`](super::FaultPlan::parse) reads as the same fault.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.as_str())?;
        for (place, (name, value)) in self.texts.iter().enumerate() {
            write!(f, "{}{name}={value}", if place == 0 { ':' } else { ',' })?;
        }
        Ok(())
    }
}
