//! The query parameters of a stream.

use super::query;
use crate::dialect::native::SnapshotDetail;
use crate::error_code::ErrorCode;
use crate::faults::is_client_name;
use crate::hub::{Filter, ReplaySpec, Since, SubscribeRequest, TickRate};
use crate::message::{did_you_mean, excerpt};
use crate::playback::Rejection;
use crate::scenario::Timeline;

/// The parameters of a stream, beside those that open a replay ([`ReplaySpec::FIELDS`]).
pub(super) const NAMES: &[&str] =
    &["match", "types", "since", "snapshot", "ticks", "stamp", "client", "replay", "token"];
/// How EventSource polyfills say where to resume, in upper or lower case.
const LAST_EVENT_ID: &[&str] = &["lastEventId", "Last-Event-ID"];
/// The most matches or types that one request may name.
pub(super) const MAX_NAMES: usize = 500;

/// The parsed query parameters of a stream.
#[derive(Debug, Clone, Default)]
pub(super) struct StreamParameters {
    matches: Option<Vec<String>>,
    types: Option<Vec<String>>,
    /// All but the filter.
    pub(super) join: SubscribeRequest,
    /// The name of the replay.
    pub(super) replay: Option<String>,
    /// What a replay is to play that this request opens.
    pub(super) replay_spec: Option<ReplaySpec>,
}

/// Parses the parameters of a stream that opens no replay.
pub fn parse(query: &str, timeline: &Timeline) -> Result<SubscribeRequest, Rejection> {
    StreamParameters::read(query, false)?.into_subscribe_request(timeline)
}

impl StreamParameters {
    /// Parses all but the names of matches and types, which take a timeline. If the path names a replay, errors do not
    /// list the parameters that name or open one.
    pub(super) fn read(query: &str, names_replay: bool) -> Result<Self, Rejection> {
        let mut parameters = Self::default();
        let Self { matches, types, join, replay, replay_spec } = &mut parameters;
        let mut seen: Vec<String> = Vec::new();
        let mut last_event_id = None;
        for (name, value) in query::parse_pairs(query) {
            // An EventSource polyfill appends it to the URL again at each reconnection: the last one counts.
            if LAST_EVENT_ID.iter().any(|known| name.eq_ignore_ascii_case(known)) {
                last_event_id = Since::parse(&value);
                continue;
            }
            if seen.iter().any(|seen| *seen == name) {
                return Err(given_twice_rejection(&name));
            }
            seen.push(name.to_string());
            match &*name {
                "match" => *matches = Some(split_list(&value)),
                "types" => *types = Some(split_list(&value)),
                "since" => {
                    let since = Since::parse(&value);
                    join.since = Some(since.ok_or_else(|| {
                        bad_parameter_rejection(
                            format!("since={} is not a place in a replay", quote_value(&value)),
                            &["start", "run.epoch.n", "run.epoch.n@replay"],
                        )
                    })?);
                }
                "snapshot" => {
                    join.options.snapshot = match &*value {
                        "key" => Some(SnapshotDetail::Key),
                        "full" => Some(SnapshotDetail::Full),
                        "off" => None,
                        _ => return Err(not_one_of_rejection("snapshot", &value, &["key", "full", "off"])),
                    }
                }
                "ticks" => {
                    join.options.ticks = match &*value {
                        "1s" => TickRate::Usual,
                        "5s" => TickRate::Slow,
                        "off" => TickRate::Off,
                        _ => return Err(not_one_of_rejection("ticks", &value, &["1s", "5s", "off"])),
                    }
                }
                "stamp" => {
                    join.options.stamp = match &*value {
                        "1" => true,
                        "0" => false,
                        _ => return Err(not_one_of_rejection("stamp", &value, &["1", "0"])),
                    }
                }
                "client" => {
                    let client = Some(&*value).filter(|name| is_client_name(name)).ok_or_else(|| {
                        let name = quote_value(&value);
                        let message = format!(
                            "client={name} is no name of a client: 1 to 60 letters of ASCII, digits, \"-\", \"_\" or \".\""
                        );
                        bad_parameter_rejection(message, &[])
                    })?;
                    join.client = Some(client.into());
                }
                "replay" => *replay = Some(value.into_owned()),
                // Checked with the access rules.
                "token" => {}
                field if ReplaySpec::is_field(field) => {
                    let replay_spec = replay_spec.get_or_insert_default();
                    replay_spec.set(field, &value)?;
                }
                _ => {
                    let opens = |name: &str| name == "replay" || ReplaySpec::is_field(name);
                    let all = NAMES.iter().chain(LAST_EVENT_ID).chain(ReplaySpec::FIELDS).copied();
                    let known: Vec<&str> = all.filter(|name| !names_replay || !opens(name)).collect();
                    return Err(unknown_parameter_rejection(&name, &known));
                }
            }
        }
        // Newer than `since`, which has been in the address from the start.
        parameters.join.since = last_event_id.or(parameters.join.since);
        Ok(parameters)
    }

    /// Resolves the names against a timeline.
    pub(super) fn into_subscribe_request(mut self, timeline: &Timeline) -> Result<SubscribeRequest, Rejection> {
        self.join.options.filter = parse_filter(timeline, self.matches.as_deref(), self.types.as_deref())?;
        Ok(self.join)
    }
}

/// The filter for these matches and types, or what is wrong with their names.
pub(super) fn parse_filter(
    timeline: &Timeline,
    matches: Option<&[String]>,
    types: Option<&[String]>,
) -> Result<Filter, Rejection> {
    for names in [matches, types].into_iter().flatten() {
        if names.len() > MAX_NAMES {
            let message = format!("{} names are too many, at most {MAX_NAMES}", names.len());
            return Err(Rejection::new(ErrorCode::OverLimit, message));
        }
    }
    Filter::new(timeline, matches, types).map_err(|unknown| {
        let code = if unknown.is_match { ErrorCode::UnknownMatch } else { ErrorCode::UnknownType };
        Rejection { accepted: unknown.accepted, ..Rejection::new(code, unknown.message) }
    })
}

pub(super) fn split_list(value: &str) -> Vec<String> {
    value.split(',').map(|word| word.trim().to_owned()).collect()
}

fn quote_value(value: &str) -> String {
    format!("{:?}", excerpt(value))
}

pub(super) fn not_one_of_rejection(name: &str, value: &str, accepted: &[&str]) -> Rejection {
    let hint = did_you_mean(value, accepted.iter().copied());
    bad_parameter_rejection(format!("{name}={} is not known{hint}", quote_value(value)), accepted)
}

pub(super) fn unknown_parameter_rejection(name: &str, known: &[&str]) -> Rejection {
    let hint = did_you_mean(name, known.iter().copied());
    bad_parameter_rejection(format!("unknown parameter {}{hint}", quote_value(name)), known)
}

pub(super) fn given_twice_rejection(name: &str) -> Rejection {
    bad_parameter_rejection(format!("the parameter {} is given twice", quote_value(name)), &[])
}

fn bad_parameter_rejection(message: String, accepted: &[&str]) -> Rejection {
    Rejection::new(ErrorCode::BadParameter, message).accepting(accepted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::SHIPPED;

    fn refusal(query: &str) -> String {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let rejection = parse(query, &timeline).expect_err(query);
        format!("{} {} {}", rejection.code.close_code().code(), rejection.code, rejection.message)
    }

    #[test]
    fn parameters_are_parsed() {
        let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
        let query = "match=juv-nap&types=goal,card&since=7c1e90ab.1.84&snapshot=full&ticks=5s&stamp=1";
        let join = parse(query, &timeline).expect("understood");
        assert!(join.options.stamp && join.since.is_some() && join.options.ticks == TickRate::Slow);
        assert!(parse("", &timeline).expect("nothing asked").options.filter.selects_everything());
    }

    #[test]
    fn errors_name_what_would_be_accepted() {
        assert_eq!(refusal("typs=goal"), "4500 bad_parameter unknown parameter \"typs\" (did you mean \"types\"?)");
        assert_eq!(refusal("types=gaol"), "4500 unknown_type unknown event type \"gaol\" (did you mean \"goal\"?)");
        assert_eq!(
            refusal("match=juv-nab"),
            "4504 unknown_match unknown match \"juv-nab\" (did you mean \"juv-nap\"?)"
        );
        assert!(refusal("sped=60").contains("did you mean \"speed\""));
        assert!(refusal("speed=fast").starts_with("4500 bad_argument speed: "));
        assert!(refusal("since=yesterday").contains("not a place in a replay"));
        assert!(refusal("ticks=2s").contains("ticks=\"2s\" is not known"));
        assert!(refusal("stamp=1&stamp=1").contains("given twice"));
        assert!(refusal(&format!("types={}", "goal,".repeat(600))).starts_with("4505 over_limit"));
    }
}
