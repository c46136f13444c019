//! `POST /api/replays/{id}/command`: the commands of a WebSocket, and a step that waits until all subscribers have been
//! sent its events.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{body_text, json_response, read_body};
use crate::dialect::Request as WireRequest;
use crate::dialect::native;
use crate::error_code::ErrorCode;
use crate::hub::{Barrier, Behind, Control};
use crate::playback::{Command, CommandRequest, Playhead, Rejection};
use crate::scenario::Span;
use crate::server::app_state::AppState;
use crate::server::extract::{ApiError, RequestedReplay};

/// How long a step waits for subscribers by default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest wait that a step can ask for.
const MAX_TIMEOUT: Duration = Duration::from_secs(60);
/// The most subscribers that a step can wait for.
const MAX_WAIT_FOR: u64 = 1_000_000;
/// How many lagging subscribers an error names.
const MAX_NAMED: usize = 10;

/// What a step waits for, and for how long.
#[derive(Debug, PartialEq, Eq)]
struct WaitOptions {
    wait_for: usize,
    acknowledged: bool,
    timeout: Duration,
}

impl WaitOptions {
    /// Removes the wait options from a step's fields. The replay does not know them.
    fn take_from(fields: &mut Map<String, Value>) -> Result<Self, Rejection> {
        let wait_for = match fields.remove("wait_for") {
            None | Some(Value::Null) => 0,
            Some(count) => count.as_u64().filter(|count| *count <= MAX_WAIT_FOR).ok_or_else(|| {
                Rejection::bad_argument(format!("step: wait_for must be a number from 0 to {MAX_WAIT_FOR}"))
            })?,
        };
        let acknowledged = match fields.remove("acknowledged") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                return Err(
                    Rejection::bad_argument("step: acknowledged must be true or false").accepting(["true", "false"])
                );
            }
        };
        let timeout = match fields.remove("timeout") {
            None | Some(Value::Null) => DEFAULT_TIMEOUT,
            Some(Value::String(text)) => {
                Span::parse_length(&text).filter(|timeout| *timeout <= MAX_TIMEOUT).ok_or_else(|| {
                    Rejection::bad_argument(format!("step: timeout must be a length up to {MAX_TIMEOUT:?}, as \"5s\""))
                })?
            }
            Some(_) => return Err(Rejection::bad_argument("step: timeout must be a text, as \"5s\"")),
        };
        Ok(Self { wait_for: usize::try_from(wait_for).unwrap_or(usize::MAX), acknowledged, timeout })
    }
}

pub(super) async fn command(
    State(app): State<Arc<AppState>>,
    requested: RequestedReplay,
    request: Request,
) -> Result<Response, ApiError> {
    let control = requested.control()?;
    let (parts, sent) = request.into_parts();
    let sent = read_body(&app, &parts, sent).await?;
    let (command_request, wait_options) = parse(&sent)?;
    let applied = match (&command_request.command, wait_options) {
        (Command::Step(_), Some(wait_options)) => {
            let stepped = apply_step(&requested, control, command_request, &wait_options).await;
            stepped.inspect_err(|rejection| {
                if rejection.code == ErrorCode::Behind {
                    app.metrics.record_step_timeout();
                }
            })?
        }
        _ => apply(&requested, control, command_request).await?,
    };
    Ok(json_response(StatusCode::OK, applied))
}

/// The fields of a step that are wait options.
const WAIT_FIELDS: &[&str] = &["wait_for", "acknowledged", "timeout"];

/// Parses a command: JSON, or a line of text.
fn parse(sent: &[u8]) -> Result<(CommandRequest, Option<WaitOptions>), Rejection> {
    let text = body_text(sent)?;
    let mut wait_options = None;
    let command_request = WireRequest::decode_command(text, |fields| {
        if fields.get("command").is_none_or(|command| command != "step") {
            return Ok(&[]);
        }
        wait_options = Some(WaitOptions::take_from(fields)?);
        Ok(WAIT_FIELDS)
    })?;
    if matches!(command_request.command, Command::Step(_)) && wait_options.is_none() {
        wait_options = Some(WaitOptions::take_from(&mut Map::new())?);
    }
    Ok((command_request, wait_options))
}

async fn apply(
    requested: &RequestedReplay,
    control: &Control,
    command_request: CommandRequest,
) -> Result<Vec<u8>, Rejection> {
    let replay = &requested.replay;
    let answer = control.apply(command_request).await?;
    let mut out = Vec::new();
    native::write_answer(
        |body| body.write_outcome(answer.timeline(), &answer.applied, &replay.playback_status_after(&answer)),
        &mut out,
    );
    Ok(out)
}

/// Steps, and answers when all subscribers that were there have been sent its events, or have acknowledged them.
async fn apply_step(
    requested: &RequestedReplay,
    control: &Control,
    command_request: CommandRequest,
    wait_options: &WaitOptions,
) -> Result<Vec<u8>, Rejection> {
    let (replay, until) = (&requested.replay, Instant::now() + wait_options.timeout);
    match tokio::time::timeout_at(until, replay.wait_for_subscribers(wait_options.wait_for)).await {
        Ok(true) => {}
        Ok(false) => return Err(Rejection::unknown_replay(replay.name())),
        Err(_) => {
            let message = format!(
                "{} of {} subscribers have joined within {}; nothing was stepped",
                replay.subscriber_count(),
                wait_options.wait_for,
                Span::from_duration(wait_options.timeout)
            );
            return Err(Rejection::new(ErrorCode::Behind, message));
        }
    }
    let (newest, subscribers) = (replay.newest_subscriber_number(), replay.subscriber_count());
    let answer = control.apply(command_request).await?;
    let from = answer.applied.stepped.map_or(0, |stepped| stepped.from);
    let Playhead { epoch, version, .. } = answer.playhead;
    let barrier = Barrier { version, newest, acknowledged_from: wait_options.acknowledged.then_some((epoch, from)) };
    let passed = tokio::select! {
        biased;
        passed = replay.wait_for_barrier(barrier, until.saturating_duration_since(Instant::now())) => passed,
        // Nothing more is sent. Subscribers that have closed have received everything.
        () = replay.wait_until_over() => match replay.wait_for_barrier(barrier, Duration::ZERO).await {
            Ok(()) => Ok(()),
            Err(_) => return Err(Rejection::unknown_replay(replay.name())),
        },
    };
    if let Err(behind) = passed {
        return Err(behind_error(&behind, wait_options, answer.playhead.head));
    }
    let mut out = Vec::new();
    native::write_answer(
        |body| {
            body.write_subscribers(subscribers);
            body.write_outcome(answer.timeline(), &answer.applied, &replay.playback_status_after(&answer));
        },
        &mut out,
    );
    Ok(out)
}

fn behind_error(behind: &[Behind], wait_options: &WaitOptions, head: u32) -> Rejection {
    let one = |behind: &Behind| {
        let sent = match behind.told {
            Some(n) => format!("was sent up to {n}"),
            None => "was not sent everything".to_owned(),
        };
        let acknowledged = match (wait_options.acknowledged, behind.acknowledged) {
            (false, _) => String::new(),
            (true, Some(n)) if n > 0 => format!(", acknowledged up to {n}"),
            (true, _) => ", acknowledged nothing (a client has to send `ack` on a WebSocket)".to_owned(),
        };
        format!("subscriber {} {sent}{acknowledged}", behind.subscriber)
    };
    let mut named: Vec<String> = behind.iter().take(MAX_NAMED).map(one).collect();
    if behind.len() > MAX_NAMED {
        named.push(format!("and {} more", behind.len() - MAX_NAMED));
    }
    let within = Span::from_duration(wait_options.timeout);
    Rejection::new(ErrorCode::Behind, format!("stepped to {head}, but within {within} {}", named.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::StepTarget;

    #[test]
    fn wait_options_are_separated_from_a_step() {
        let step = br#"{"command":"step","until":"89:00","wait_for":1,"acknowledged":true,"timeout":"2s","by":"anna"}"#;
        let (command_request, wait_options) = parse(step).expect("a step");
        assert!(matches!(command_request.command, Command::Step(StepTarget::Until { .. })));
        assert_eq!(command_request.by.as_deref(), Some("anna"));
        let two = Duration::from_secs(2);
        assert_eq!(wait_options, Some(WaitOptions { wait_for: 1, acknowledged: true, timeout: two }));
        let (_, wait_options) = parse(b" step 3 ").expect("a step");
        assert_eq!(wait_options, Some(WaitOptions { wait_for: 0, acknowledged: false, timeout: DEFAULT_TIMEOUT }));
        assert_eq!(parse(b"pause").expect("a command").1, None);
    }

    #[test]
    fn invalid_commands_are_refused_with_a_reason() {
        for (sent, code, hint) in [
            (&br#"{"command":"step","wait_for":-1}"#[..], "bad_argument", "wait_for"),
            (br#"{"command":"step","timeout":5}"#, "bad_argument", "as \"5s\""),
            (br#"{"command":"step","timeout":"1h"}"#, "bad_argument", "up to 60s"),
            (br#"{"command":"step","acknowledged":1}"#, "bad_argument", "true or false"),
            (br#"{"command":"pause","wait_for":1}"#, "bad_argument", "unknown field \"wait_for\""),
            (br#"{"command":"step","acknowledged":"true"}"#, "bad_argument", "true or false"),
            (br#"{"command":"step","wait_for":"1"}"#, "bad_argument", "a number from 0"),
            (br#"{"command":"step","wait_for":1,"wait_for":2}"#, "bad_argument", "\"wait_for\" is given twice"),
            (br#"{"command":"step","count":1e999}"#, "bad_argument", "number out of range"),
            (br#"{"command":"subscribe","types":["goal"]}"#, "bad_argument", "on a WebSocket"),
            (b"", "unknown_command", ""),
            (b"sek 10:00", "unknown_command", "did you mean \"seek\""),
            (b"\xff", "bad_json", "UTF-8"),
        ] {
            let refused = parse(sent).expect_err(hint);
            assert!(refused.code.as_str() == code && refused.message.contains(hint), "{refused:?}");
        }
    }
}
