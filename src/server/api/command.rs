//! `POST /api/replays/{id}/command`: what can be said on a WebSocket, and the step that waits until everyone has been told.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value};
use tokio::time::Instant;

use super::{Looked, Refused, body, json};
use crate::dialect::Request as Said;
use crate::dialect::native;
use crate::hub::{Barrier, Behind, Control};
use crate::playback::{Command, CommandRequest, Playhead, Rejection};
use crate::scenario::Span;
use crate::server::refusal::{rejection, unknown_replay};
use crate::server::site::Site;

/// How long a step waits for subscribers unless it says otherwise,
const PATIENCE: Duration = Duration::from_secs(5);
/// and at most.
const MOST_PATIENCE: Duration = Duration::from_secs(60);
/// The most subscribers that one can wait for.
const MAX_WAIT_FOR: u64 = 1_000_000;
/// How many of those who are behind are named.
const NAMED: usize = 10;

/// What a step waits for, and for how long.
#[derive(Debug, PartialEq, Eq)]
struct Waits {
    wait_for: usize,
    acknowledged: bool,
    patience: Duration,
}

impl Waits {
    /// Takes out of a step what is not the replay's business.
    fn take(fields: &mut Map<String, Value>) -> Result<Self, Rejection> {
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
        let patience = match fields.remove("timeout") {
            None | Some(Value::Null) => PATIENCE,
            Some(Value::String(text)) => {
                Span::parse_length(&text).filter(|patience| *patience <= MOST_PATIENCE).ok_or_else(|| {
                    Rejection::bad_argument(format!(
                        "step: timeout must be a length up to {MOST_PATIENCE:?}, as \"5s\""
                    ))
                })?
            }
            Some(_) => return Err(Rejection::bad_argument("step: timeout must be a text, as \"5s\"")),
        };
        Ok(Self { wait_for: usize::try_from(wait_for).unwrap_or(usize::MAX), acknowledged, patience })
    }
}

pub(super) async fn command(
    State(site): State<Arc<Site>>,
    looked: Looked,
    request: Request,
) -> Result<Response, Refused> {
    let control = looked.control()?;
    let (parts, sent) = request.into_parts();
    let sent = body(&site, &parts, sent).await?;
    let (instruction, waits) = understood(&sent)?;
    let applied = match (&instruction.command, waits) {
        (Command::Step(_), Some(waits)) => {
            let stepped = step(&looked, control, instruction, &waits).await;
            stepped.inspect_err(|rejection| {
                if rejection.code == "behind" {
                    site.meters.step_timed_out();
                }
            })?
        }
        _ => apply(&looked, control, instruction).await?,
    };
    Ok(json(StatusCode::OK, applied))
}

/// What a step takes here beside its own fields.
const WAITS: &[&str] = &["wait_for", "acknowledged", "timeout"];

/// Reads a command: JSON, or the words of a line.
fn understood(sent: &[u8]) -> Result<(CommandRequest, Option<Waits>), Rejection> {
    let text = str::from_utf8(sent).map_err(|_| rejection("bad_json", "the body is not UTF-8"))?;
    let mut waits = None;
    let instruction = Said::decode_command(text, |fields| {
        if fields.get("command").is_none_or(|command| command != "step") {
            return Ok(&[]);
        }
        waits = Some(Waits::take(fields)?);
        Ok(WAITS)
    })?;
    if matches!(instruction.command, Command::Step(_)) && waits.is_none() {
        waits = Some(Waits::take(&mut Map::new())?);
    }
    Ok((instruction, waits))
}

async fn apply(looked: &Looked, control: &Control, instruction: CommandRequest) -> Result<Vec<u8>, Rejection> {
    let replay = &looked.replay;
    let answer = control.apply(instruction).await.map_err(|_| unknown_replay(replay.name()))??;
    let mut out = Vec::new();
    native::answer(|body| body.outcome(replay.timeline(), &answer.applied, &replay.after(&answer)), &mut out);
    Ok(out)
}

/// Steps, and answers when everyone who was there has been written all of it, or has acknowledged it.
async fn step(
    looked: &Looked,
    control: &Control,
    instruction: CommandRequest,
    waits: &Waits,
) -> Result<Vec<u8>, Rejection> {
    let (replay, until) = (&looked.replay, Instant::now() + waits.patience);
    let enough = tokio::select! {
        enough = tokio::time::timeout_at(until, replay.wait_for_subscribers(waits.wait_for)) => enough,
        () = replay.over() => return Err(unknown_replay(replay.name())),
    };
    if enough.is_err() {
        let message = format!(
            "{} of {} subscribers have come within {}; nothing was stepped",
            replay.subscribers(),
            waits.wait_for,
            Span::of(waits.patience)
        );
        return Err(rejection("behind", message));
    }
    let (newest, subscribers) = (replay.newest_subscriber(), replay.subscribers());
    let answer = control.apply(instruction).await.map_err(|_| unknown_replay(replay.name()))??;
    let from = answer.applied.stepped.map_or(0, |stepped| stepped.from);
    let Playhead { epoch, version, .. } = answer.playhead;
    let barrier = Barrier { version, newest, acknowledged_from: waits.acknowledged.then_some((epoch, from)) };
    let passed = tokio::select! {
        biased;
        passed = replay.wait_for_barrier(barrier, until.saturating_duration_since(Instant::now())) => passed,
        // Nobody is told any more; who has left with a goodbye has been told all.
        () = replay.over() => match replay.wait_for_barrier(barrier, Duration::ZERO).await {
            Ok(()) => Ok(()),
            Err(_) => return Err(unknown_replay(replay.name())),
        },
    };
    if let Err(behind) = passed {
        return Err(still_behind(&behind, waits, answer.playhead.head));
    }
    let mut out = Vec::new();
    native::answer(
        |body| {
            body.subscribers(subscribers);
            body.outcome(replay.timeline(), &answer.applied, &replay.after(&answer));
        },
        &mut out,
    );
    Ok(out)
}

fn still_behind(behind: &[Behind], waits: &Waits, head: u32) -> Rejection {
    let one = |behind: &Behind| {
        let told = match behind.told {
            Some(n) => format!("was sent up to {n}"),
            None => "was not sent all".to_owned(),
        };
        let acknowledged = match (waits.acknowledged, behind.acknowledged) {
            (false, _) => String::new(),
            (true, Some(n)) if n > 0 => format!(", acknowledged up to {n}"),
            (true, _) => ", acknowledged nothing".to_owned(),
        };
        format!("subscriber {} {told}{acknowledged}", behind.subscriber)
    };
    let mut named: Vec<String> = behind.iter().take(NAMED).map(one).collect();
    if behind.len() > NAMED {
        named.push(format!("and {} more", behind.len() - NAMED));
    }
    let within = Span::of(waits.patience);
    rejection("behind", format!("stepped to {head}, but within {within} {}", named.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::playback::StepTarget;

    #[test]
    fn what_a_step_waits_for_is_taken_out_of_it() {
        let step = br#"{"command":"step","until":"89:00","wait_for":1,"acknowledged":true,"timeout":"2s","by":"anna"}"#;
        let (instruction, waits) = understood(step).expect("a step");
        assert!(matches!(instruction.command, Command::Step(StepTarget::Until { .. })));
        assert_eq!(instruction.by.as_deref(), Some("anna"));
        let two = Duration::from_secs(2);
        assert_eq!(waits, Some(Waits { wait_for: 1, acknowledged: true, patience: two }));
        let (_, waits) = understood(b" step 3 ").expect("a step");
        assert_eq!(waits, Some(Waits { wait_for: 0, acknowledged: false, patience: PATIENCE }));
        assert_eq!(understood(b"pause").expect("a command").1, None);
    }

    #[test]
    fn what_makes_no_sense_is_refused_and_said_why() {
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
            let refused = understood(sent).expect_err(hint);
            assert!(refused.code == code && refused.message.contains(hint), "{refused:?}");
        }
    }
}
