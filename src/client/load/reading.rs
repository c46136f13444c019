//! What a measurement needs of a frame, and no more; read once for all subscribers to whom the same bytes come.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;

use foldhash::quality::FixedState;
use serde::Deserialize;
use serde_json::Value;

/// How many frames' readings are kept; the same frame comes to all subscribers within a short time.
const KEPT: usize = 4_096;

/// When media time was what, and how fast it runs: what due times are computed from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Anchor {
    /// Milliseconds of the timeline.
    at: i64,
    /// Microseconds since 1970.
    wall: i64,
    speed: f64,
}

impl Anchor {
    /// When an event is due, in microseconds since 1970; `None` for one that was due before the anchor was taken.
    pub(super) fn due(&self, at: i64) -> Option<i64> {
        let since = at.checked_sub(self.at).filter(|since| *since >= 0)?;
        self.wall.checked_add((since as f64 * 1e3 / self.speed).round() as i64)
    }
}

/// What a frame of Touchline means for order and time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    /// `replay`: a hash of its name.
    Hello {
        replay: u64,
        epoch: u64,
        head: u64,
        anchor: Option<Anchor>,
    },
    Playback {
        epoch: u64,
        anchor: Option<Anchor>,
        cause: Cause,
    },
    Snapshot {
        n: u64,
    },
    Event {
        n: u64,
        at: i64,
    },
    Tick {
        n: u64,
    },
    Other,
}

/// What opened an epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// The next lap: the one before was told to its end.
    Loop,
    /// The subscriber was more than a lap behind.
    Resync,
    /// Something else: what had not been sent is dropped.
    Other,
}

/// A frame, as far as it matters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Reading {
    pub(super) kind: Kind,
    /// Under the field that numbers frames.
    pub(super) number: Option<u64>,
    /// Under the field that tells when it was sent, in microseconds since 1970.
    pub(super) sent: Option<i64>,
}

/// Where frames tell their number and time; the parts of a path.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields {
    pub(super) sequence: Option<String>,
    pub(super) sent_at: Option<String>,
}

/// Reads frames, and remembers by their hash what they mean.
#[derive(Debug, Default)]
pub(super) struct Reader {
    fields: Fields,
    known: HashMap<u64, Reading>,
}

impl Reader {
    pub(super) fn new(fields: Fields) -> Self {
        Self { fields, known: HashMap::new() }
    }

    /// What a frame with this hash means.
    pub(super) fn read(&mut self, hash: u64, frame: &[u8]) -> Reading {
        if let Some(known) = self.known.get(&hash) {
            return *known;
        }
        if self.known.len() >= KEPT {
            self.known.clear();
        }
        let (mut number, mut sent) = (None, None);
        if self.fields.sequence.is_some() || self.fields.sent_at.is_some() {
            let value: Value = serde_json::from_slice(frame).unwrap_or_default();
            let field = |path: &Option<String>| path.as_ref().and_then(|path| find(&value, path));
            number = field(&self.fields.sequence).and_then(Value::as_u64);
            sent = field(&self.fields.sent_at).and_then(micros);
        }
        let reading = Reading { kind: kind(frame).unwrap_or(Kind::Other), number, sent };
        self.known.insert(hash, reading);
        reading
    }
}

/// `seq`, or `data.seq` for a field within another.
fn find<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |value, name| value.get(name))
}

/// A time in whatever unit it can only be: milliseconds and microseconds of our age are three digits apart.
fn micros(value: &Value) -> Option<i64> {
    /// As milliseconds the year 5138, as microseconds the third of March 1973.
    const MILLIS_BELOW: f64 = 1e14;
    match value {
        Value::Number(number) => {
            let number = number.as_f64().filter(|number| *number >= 0.0)?;
            Some(if number < MILLIS_BELOW { number * 1e3 } else { number } as i64)
        }
        Value::String(text) => rfc_3339(text),
        _ => None,
    }
}

fn rfc_3339(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Playback<'a> {
    #[serde(borrow)]
    state: Cow<'a, str>,
    speed: Value,
    at: i64,
    #[serde(borrow)]
    wall: Cow<'a, str>,
}

impl Playback<'_> {
    /// Nothing is due at a time of its own while the clock stands, or at a speed that has none.
    fn anchor(&self) -> Option<Anchor> {
        let speed = self.speed.as_f64().filter(|speed| *speed > 0.0 && self.state == "playing")?;
        Some(Anchor { at: self.at, wall: rfc_3339(&self.wall)?, speed })
    }
}

#[derive(Deserialize)]
struct Hello<'a> {
    #[serde(borrow)]
    protocol: Cow<'a, str>,
    #[serde(borrow, default)]
    replay: Cow<'a, str>,
    epoch: u64,
    head: u64,
    #[serde(borrow)]
    playback: Playback<'a>,
}

#[derive(Deserialize)]
struct Change<'a> {
    epoch: u64,
    #[serde(borrow, default)]
    cause: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Numbered {
    n: u64,
    #[serde(default)]
    at: i64,
}

/// What it means if it is a frame of `touchline.v1`.
fn kind(frame: &[u8]) -> Option<Kind> {
    fn read<'a, T: Deserialize<'a>>(frame: &'a [u8]) -> Option<T> {
        serde_json::from_slice(frame).ok()
    }
    let Named { kind } = read(frame)?;
    let numbered = || read::<Numbered>(frame);
    Some(match &*kind {
        "hello" => {
            let hello: Hello<'_> = read(frame)?;
            if hello.protocol != crate::dialect::native::PROTOCOL {
                return None;
            }
            let replay = FixedState::default().hash_one(&*hello.replay);
            Kind::Hello { replay, epoch: hello.epoch, head: hello.head, anchor: hello.playback.anchor() }
        }
        "playback" => {
            let Change { epoch, cause } = read(frame)?;
            let cause = match &*cause {
                "loop" => Cause::Loop,
                "resync" => Cause::Resync,
                _ => Cause::Other,
            };
            Kind::Playback { epoch, anchor: read::<Playback<'_>>(frame)?.anchor(), cause }
        }
        "snapshot" => Kind::Snapshot { n: numbered()?.n },
        "event" => numbered().map(|event| Kind::Event { n: event.n, at: event.at })?,
        "tick" => Kind::Tick { n: numbered()?.n },
        _ => Kind::Other,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(sequence: &str, sent_at: &str, frame: &str) -> Reading {
        let field = |name: &str| Some(name.to_owned()).filter(|name| !name.is_empty());
        let fields = Fields { sequence: field(sequence), sent_at: field(sent_at) };
        Reader::new(fields).read(1, frame.as_bytes())
    }

    #[test]
    fn frames_of_touchline_are_known_by_the_examples_of_its_contract() {
        let page = include_str!("../../../docs/protocol.md");
        let mut seen = Vec::new();
        for line in page.lines().filter(|line| line.starts_with(r#"{"kind""#)) {
            seen.push(match kind(line.as_bytes()).expect("a frame") {
                Kind::Hello { epoch, head, anchor, .. } => {
                    assert_eq!(anchor, Some(Anchor { at: 30_060, wall: 1_795_327_200_501_000, speed: 60.0 }));
                    format!("hello {epoch} {head}")
                }
                Kind::Playback { epoch, anchor, cause } => {
                    // One example stands still.
                    let due = anchor.and_then(|anchor| anchor.due(6_407_000));
                    assert!(due.is_none_or(|due| due == 1_795_327_204_000_000), "five seconds at 5x later: {due:?}");
                    format!("playback {epoch} {cause:?}")
                }
                Kind::Snapshot { n } => format!("snapshot {n}"),
                Kind::Event { n, at } => format!("event {n} {at}"),
                Kind::Tick { n } => format!("tick {n}"),
                Kind::Other => continue,
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
            match kind(text.as_bytes()) {
                Some(Kind::Playback { anchor, .. }) => anchor,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(playback("paused", "60"), None);
        assert_eq!(playback("playing", "\"max\""), None);
        let anchor = playback("playing", "2").expect("an anchor");
        assert_eq!((anchor.due(999), anchor.due(1_000), anchor.due(1_001)), (None, Some(1_000_000), Some(1_000_500)));
    }

    #[test]
    fn number_and_time_are_found_where_they_are_said_to_be() {
        let frame =
            r#"{"data":{"seq":7,"ms":1795327200501,"us":1795327200501000,"at":"2026-11-22T07:00:00.501+01:00"}}"#;
        for path in ["data.ms", "data.us", "data.at"] {
            let reading = read("data.seq", path, frame);
            assert_eq!((reading.number, reading.sent), (Some(7), Some(1_795_327_200_501_000)), "{path}");
        }
        for frame in ["{}", "7", "no JSON", r#"{"data":7}"#, r#"{"data":{"seq":-1,"ms":[]}}"#] {
            let reading = read("data.seq", "data.ms", frame);
            assert_eq!(reading, Reading { kind: Kind::Other, number: None, sent: None }, "{frame}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut reader = Reader::default();
        for hash in 0..10_000 {
            reader.read(hash, b"{}");
        }
        assert!(reader.known.len() <= KEPT);
    }
}
