//! Parses what the measurement needs of a frame. The result is cached by hash: the same bytes come to all subscribers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use serde::Deserialize;
use serde_json::Value;

/// The capacity of the cache, in frames: the same frame reaches all subscribers within a short time.
const CACHE_CAPACITY: usize = 4_096;

/// A pair of media time and wall time, with the speed: the basis of due times.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ClockAnchor {
    /// The media time, in milliseconds.
    at: i64,
    /// The wall time, in microseconds since 1970.
    wall: i64,
    speed: f64,
}

impl ClockAnchor {
    /// The due time of an event, in microseconds since 1970; `None` if it was due before the anchor was taken.
    pub(super) fn due_time_of(&self, at: i64) -> Option<i64> {
        let since = at.checked_sub(self.at).filter(|since| *since >= 0)?;
        self.wall.checked_add((since as f64 * 1e3 / self.speed).round() as i64)
    }
}

/// A frame of `touchline.v1`, reduced to what matters for order and time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum TouchlineFrame {
    /// `replay` is a hash of the replay's name.
    Hello {
        replay: u64,
        epoch: u64,
        head: u64,
        anchor: Option<ClockAnchor>,
    },
    Playback {
        epoch: u64,
        anchor: Option<ClockAnchor>,
        cause: EpochCause,
    },
    Snapshot {
        n: u64,
    },
    Event {
        n: u64,
        at: i64,
    },
    /// A `table` or `end`. With feed faults its number may be one that no event has.
    Result {
        n: u64,
    },
    Tick {
        n: u64,
    },
    Other,
}

/// What opened an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EpochCause {
    /// The next lap: the previous one is played to its end.
    Loop,
    /// The subscriber was more than a lap behind and was cut over.
    Resync,
    /// Another cause, as a seek: events not sent yet are dropped.
    Other,
}

/// The parsed content of a frame.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct ParsedFrame {
    pub(super) kind: TouchlineFrame,
    /// The value of the sequence field.
    pub(super) number: Option<u64>,
    /// The value of the field with the time of sending, in microseconds since 1970.
    pub(super) sent: Option<i64>,
}

/// The paths of the fields to read, such as `seq` or `data.seq`.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldPaths {
    pub(super) sequence: Option<String>,
    pub(super) sent_at: Option<String>,
}

/// Parses frames and caches the results by hash.
#[derive(Debug, Default)]
pub(super) struct FrameParser {
    fields: FieldPaths,
    cache: HashMap<u64, ParsedFrame>,
}

impl FrameParser {
    pub(super) fn new(fields: FieldPaths) -> Self {
        Self { fields, cache: HashMap::new() }
    }

    /// Parses a frame, given its hash.
    pub(super) fn parse(&mut self, hash: u64, frame: &[u8]) -> ParsedFrame {
        if let Some(known) = self.cache.get(&hash) {
            return *known;
        }
        if self.cache.len() >= CACHE_CAPACITY {
            self.cache.clear();
        }
        let (mut number, mut sent) = (None, None);
        if self.fields.sequence.is_some() || self.fields.sent_at.is_some() {
            let value: Value = serde_json::from_slice(frame).unwrap_or_default();
            let field = |path: &Option<String>| path.as_ref().and_then(|path| value_at(&value, path));
            number = field(&self.fields.sequence).and_then(Value::as_u64);
            sent = field(&self.fields.sent_at).and_then(parse_micros);
        }
        let parsed = ParsedFrame { kind: parse_touchline(frame).unwrap_or(TouchlineFrame::Other), number, sent };
        self.cache.insert(hash, parsed);
        parsed
    }
}

/// The value at a path, such as `seq`, or `data.seq` for a nested field.
fn value_at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

/// A time in microseconds since 1970. The unit of a number follows from its size: milliseconds and microseconds of
/// today differ by three digits.
fn parse_micros(value: &Value) -> Option<i64> {
    /// As milliseconds the year 5138, as microseconds 3 March 1973.
    const MILLIS_BELOW: f64 = 1e14;
    match value {
        Value::Number(number) => {
            let number = number.as_f64().filter(|number| *number >= 0.0)?;
            Some(if number < MILLIS_BELOW { number * 1e3 } else { number } as i64)
        }
        Value::String(text) => parse_rfc_3339(text),
        _ => None,
    }
}

fn parse_rfc_3339(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

#[derive(Deserialize)]
struct KindField<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct PlaybackFields<'a> {
    #[serde(borrow)]
    state: Cow<'a, str>,
    speed: Value,
    at: i64,
    #[serde(borrow)]
    wall: Cow<'a, str>,
}

impl PlaybackFields<'_> {
    /// The anchor, while playback has a clock: not while it is paused, and not at `max`.
    fn anchor(&self) -> Option<ClockAnchor> {
        let speed = self.speed.as_f64().filter(|speed| *speed > 0.0 && self.state == "playing")?;
        Some(ClockAnchor { at: self.at, wall: parse_rfc_3339(&self.wall)?, speed })
    }
}

#[derive(Deserialize)]
struct HelloFields<'a> {
    #[serde(borrow)]
    protocol: Cow<'a, str>,
    #[serde(borrow, default)]
    replay: Cow<'a, str>,
    epoch: u64,
    head: u64,
    #[serde(borrow)]
    playback: PlaybackFields<'a>,
}

#[derive(Deserialize)]
struct EpochFields<'a> {
    epoch: u64,
    #[serde(borrow, default)]
    cause: Cow<'a, str>,
}

#[derive(Deserialize)]
struct NumberFields {
    n: u64,
    #[serde(default)]
    at: i64,
}

/// Parses a frame of `touchline.v1`; `None` for any other text.
fn parse_touchline(frame: &[u8]) -> Option<TouchlineFrame> {
    fn parse<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Option<T> {
        serde_json::from_slice(frame).ok()
    }
    let KindField { kind } = parse(frame)?;
    let numbered = || parse::<NumberFields>(frame);
    Some(match &*kind {
        "hello" => {
            let hello: HelloFields<'_> = parse(frame)?;
            if hello.protocol != crate::dialect::native::PROTOCOL {
                return None;
            }
            let replay = FixedState::default().hash_one(&*hello.replay);
            TouchlineFrame::Hello { replay, epoch: hello.epoch, head: hello.head, anchor: hello.playback.anchor() }
        }
        "playback" => {
            let EpochFields { epoch, cause } = parse(frame)?;
            let cause = match &*cause {
                "loop" => EpochCause::Loop,
                "resync" => EpochCause::Resync,
                _ => EpochCause::Other,
            };
            TouchlineFrame::Playback { epoch, anchor: parse::<PlaybackFields<'_>>(frame)?.anchor(), cause }
        }
        "snapshot" => TouchlineFrame::Snapshot { n: numbered()?.n },
        "event" => numbered().map(|event| TouchlineFrame::Event { n: event.n, at: event.at })?,
        "table" | "end" => TouchlineFrame::Result { n: numbered()?.n },
        "tick" => TouchlineFrame::Tick { n: numbered()?.n },
        _ => TouchlineFrame::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(sequence: &str, sent_at: &str, frame: &str) -> ParsedFrame {
        let field = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let fields = FieldPaths { sequence: field(sequence), sent_at: field(sent_at) };
        FrameParser::new(fields).parse(1, frame.as_bytes())
    }

    #[test]
    fn the_examples_of_the_protocol_page_are_parsed() {
        let page = include_str!("../../../docs/protocol.md");
        let mut seen = Vec::new();
        for line in page.lines().filter(|line| line.starts_with(r#"{"kind""#)) {
            seen.push(match parse_touchline(line.as_bytes()).expect("a frame") {
                TouchlineFrame::Hello { epoch, head, anchor, .. } => {
                    assert_eq!(anchor, Some(ClockAnchor { at: 30_060, wall: 1_795_327_200_501_000, speed: 60.0 }));
                    format!("hello {epoch} {head}")
                }
                TouchlineFrame::Playback { epoch, anchor, cause } => {
                    // One example is paused.
                    let due = anchor.and_then(|anchor| anchor.due_time_of(6_407_000));
                    assert!(due.is_none_or(|due| due == 1_795_327_204_000_000), "five seconds at 5x later: {due:?}");
                    format!("playback {epoch} {cause:?}")
                }
                TouchlineFrame::Snapshot { n } => format!("snapshot {n}"),
                TouchlineFrame::Event { n, at } => format!("event {n} {at}"),
                TouchlineFrame::Result { n } => format!("result {n}"),
                TouchlineFrame::Tick { n } => format!("tick {n}"),
                TouchlineFrame::Other => continue,
            });
        }
        let of = |kind: &str| seen.iter().filter(|frame| frame.starts_with(kind)).count();
        assert_eq!(
            (of("hello 1 3"), of("playback 2 Other"), of("snapshot 2"), of("tick 42")),
            (1, 2, 1, 1),
            "{seen:?}"
        );
        assert!(seen.contains(&"event 87 6432000".to_owned()), "{seen:?}");
    }

    #[test]
    fn nothing_is_due_before_the_anchor_while_paused_or_at_max() {
        let playback = |state: &str, speed: &str| {
            let text = format!(
                r#"{{"kind":"playback","state":"{state}","epoch":1,"speed":{speed},"at":1000,"wall":"1970-01-01T00:00:01Z"}}"#
            );
            match parse_touchline(text.as_bytes()) {
                Some(TouchlineFrame::Playback { anchor, .. }) => anchor,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(playback("paused", "60"), None);
        assert_eq!(playback("playing", "\"max\""), None);
        let anchor = playback("playing", "2").expect("an anchor");
        assert_eq!(
            (anchor.due_time_of(999), anchor.due_time_of(1_000), anchor.due_time_of(1_001)),
            (None, Some(1_000_000), Some(1_000_500))
        );
    }

    #[test]
    fn number_and_time_are_found_at_their_paths() {
        let frame =
            r#"{"data":{"seq":7,"ms":1795327200501,"us":1795327200501000,"at":"2026-11-22T07:00:00.501+01:00"}}"#;
        for path in ["data.ms", "data.us", "data.at"] {
            let parsed = parse("data.seq", path, frame);
            assert_eq!((parsed.number, parsed.sent), (Some(7), Some(1_795_327_200_501_000)), "{path}");
        }
        for frame in ["{}", "7", "no JSON", r#"{"data":7}"#, r#"{"data":{"seq":-1,"ms":[]}}"#] {
            let parsed = parse("data.seq", "data.ms", frame);
            assert_eq!(parsed, ParsedFrame { kind: TouchlineFrame::Other, number: None, sent: None }, "{frame}");
        }
    }

    #[test]
    fn the_cache_is_bounded() {
        let mut parser = FrameParser::default();
        for hash in 0..10_000 {
            parser.parse(hash, b"{}");
        }
        assert!(parser.cache.len() <= CACHE_CAPACITY);
    }
}
