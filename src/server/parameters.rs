//! What stands behind the question mark of a stream's address.

use crate::dialect::native::SnapshotDetail;
use crate::error::did_you_mean;
use crate::hub::{CloseCode, Follow, Join, Since, TickRate};
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// Every parameter.
const NAMES: &[&str] = &["match", "types", "since", "snapshot", "ticks", "stamp"];
/// The most matches or types that one request may name.
pub(super) const MAX_NAMES: usize = 500;

/// Reads the parameters of a stream: what the subscriber wants, or the refusal and its close code.
pub fn parse(query: &str, timeline: &Timeline) -> Result<Join, (CloseCode, Rejection)> {
    let mut join = Join::default();
    let (mut matches, mut types) = (None, None);
    let mut seen: Vec<String> = Vec::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if seen.iter().any(|seen| *seen == name) {
            return Err(bad(format!("the parameter {name:?} stands twice"), &[]));
        }
        seen.push(name.to_string());
        match &*name {
            "match" => matches = Some(list(&value)),
            "types" => types = Some(list(&value)),
            "since" => {
                let since = Since::parse(&value);
                join.since = Some(since.ok_or_else(|| {
                    bad(format!("since={} is not a place in a replay", shown(&value)), &["start", "run.epoch.n"])
                })?);
            }
            "snapshot" => {
                join.terms.snapshot = match &*value {
                    "key" => Some(SnapshotDetail::Key),
                    "full" => Some(SnapshotDetail::Full),
                    "off" => None,
                    _ => return Err(one_of("snapshot", &value, &["key", "full", "off"])),
                }
            }
            "ticks" => {
                join.terms.ticks = match &*value {
                    "1s" => TickRate::Usual,
                    "5s" => TickRate::Slow,
                    "off" => TickRate::Off,
                    _ => return Err(one_of("ticks", &value, &["1s", "5s", "off"])),
                }
            }
            "stamp" => {
                join.terms.stamp = match &*value {
                    "1" => true,
                    "0" => false,
                    _ => return Err(one_of("stamp", &value, &["1", "0"])),
                }
            }
            _ => {
                let hint = did_you_mean(&name, NAMES.iter().copied());
                return Err(bad(format!("unknown parameter {}{hint}", shown(&name)), NAMES));
            }
        }
    }
    join.terms.follow = follow(timeline, matches.as_deref(), types.as_deref())?;
    Ok(join)
}

/// What is to be followed, or why that cannot be.
pub(super) fn follow(
    timeline: &Timeline,
    matches: Option<&[String]>,
    types: Option<&[String]>,
) -> Result<Follow, (CloseCode, Rejection)> {
    for names in [matches, types].into_iter().flatten() {
        if names.len() > MAX_NAMES {
            let message = format!("{} names are too many, at most {MAX_NAMES}", names.len());
            return Err((CloseCode::Limit, Rejection { code: "over_limit", message, accepted: Vec::new() }));
        }
    }
    Follow::new(timeline, matches, types).map_err(|unknown| match unknown.is_match {
        true => {
            let rejection = Rejection { code: "unknown_match", message: unknown.message, accepted: unknown.accepted };
            (CloseCode::Unknown, rejection)
        }
        false => {
            let rejection = Rejection { code: "unknown_type", message: unknown.message, accepted: unknown.accepted };
            (CloseCode::BadRequest, rejection)
        }
    })
}

fn list(value: &str) -> Vec<String> {
    value.split(',').map(|word| word.trim().to_owned()).collect()
}

fn shown(value: &str) -> String {
    format!("{:?}", value.chars().take(60).collect::<String>())
}

fn one_of(name: &str, value: &str, accepted: &[&str]) -> (CloseCode, Rejection) {
    let hint = did_you_mean(value, accepted.iter().copied());
    bad(format!("{name}={} is not known{hint}", shown(value)), accepted)
}

fn bad(message: String, accepted: &[&str]) -> (CloseCode, Rejection) {
    let accepted = accepted.iter().map(|word| (*word).to_owned()).collect();
    (CloseCode::BadRequest, Rejection { code: "bad_parameter", message, accepted })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    fn refusal(query: &str) -> String {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let (code, rejection) = parse(query, &timeline).expect_err(query);
        format!("{} {} {}", code.code(), rejection.code, rejection.message)
    }

    #[test]
    fn what_is_wanted_is_understood() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let query = "match=juv-nap&types=goal,card&since=7c1e90ab.1.84&snapshot=full&ticks=5s&stamp=1";
        let join = parse(query, &timeline).expect("understood");
        assert!(join.terms.stamp && join.since.is_some() && join.terms.ticks == TickRate::Slow);
        assert!(parse("", &timeline).expect("nothing asked").terms.follow.everything());
    }

    #[test]
    fn what_is_wrong_is_named_with_what_would_be_right() {
        assert_eq!(refusal("typs=goal"), "4500 bad_parameter unknown parameter \"typs\" (did you mean \"types\"?)");
        assert_eq!(refusal("types=gaol"), "4500 unknown_type unknown event type \"gaol\" (did you mean \"goal\"?)");
        assert_eq!(
            refusal("match=juv-nab"),
            "4504 unknown_match unknown match \"juv-nab\" (did you mean \"juv-nap\"?)"
        );
        assert!(refusal("since=yesterday").contains("not a place in a replay"));
        assert!(refusal("ticks=2s").contains("ticks=\"2s\" is not known"));
        assert!(refusal("stamp=1&stamp=1").contains("stands twice"));
        assert!(refusal(&format!("types={}", "goal,".repeat(600))).starts_with("4505 over_limit"));
    }
}
