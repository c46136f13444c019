//! The result of a command, as one line of text.

use crate::client::{ApiCommand, CommandReply, CurrentMatch};
use crate::football::{MatchClock, Reading};
use crate::playback::{Command, Speed, State, StepTarget};
use crate::scenario::Span;

use super::playback_text::{describe_playback_at, format_offset};
use super::print::{format_count, sanitise};

/// What the server did, and where playback is now.
pub fn summarise(order: &ApiCommand, reply: &CommandReply) -> String {
    let now = describe_playback_at(&reply.playback, &position_text(reply));
    let playing = reply.playback.state == State::Playing;
    let done = match &order.command {
        Command::Play | Command::Pause => None,
        Command::Speed(_) if playing => None,
        Command::Speed(speed) => Some(
            speed.factor().map_or("speed max".to_owned(), |factor| format!("speed {}", Speed::format_factor(factor))),
        ),
        Command::Pace(pace) => Some(format!("pace {pace}")),
        Command::Fault { fault } => Some(format!("fault {}", sanitise(fault))),
        Command::Faults { plan, .. } => Some(format!("faults {}", sanitise(plan))),
        Command::Loop(true) => Some("loop on".to_owned()),
        Command::Loop(false) => Some("loop off".to_owned()),
        Command::Seek { to, lead, .. } if reply.beyond => {
            let before = if *lead > Span::ZERO { format!("{lead} before ") } else { String::new() };
            Some(format!("{before}{:?} is outside the timeline, went to the nearest position", to.to_string()))
        }
        Command::Seek { .. } => Some("jumped".to_owned()),
        Command::Restart => Some("from the beginning".to_owned()),
        Command::Step(step) => Some(step_text(step, order.barrier.acknowledged, reply)),
    };
    let done = done.map(|done| format!("{done}; ")).unwrap_or_default();
    format!("{done}{now}, version {}", reply.playback.version)
}

/// The position after a command, by the clock of the match that the command was about: `89:07, second half`. Where the replay has
/// several matches and the command was about none of them, `1h 46m 42s, 4 matches in play`.
fn position_text(reply: &CommandReply) -> String {
    let CommandReply { now, in_play, playback, .. } = reply;
    match (now, in_play) {
        (Some(CurrentMatch { match_id, board }), _) => {
            let clock = match (board.status.known(), Reading::parse(&board.clock)) {
                (Some(status), Some(reading)) => MatchClock { status, reading }.to_string(),
                // A word of a later version of the server.
                _ => format!("{}, {}", sanitise(&board.clock), sanitise(&board.status.to_string())),
            };
            match in_play {
                Some(_) => format!("{clock} of {}", sanitise(match_id)),
                None => clock,
            }
        }
        (None, Some(in_play @ 1..)) => {
            format!("{}, {} in play", format_offset(playback.at), format_count(*in_play, "match", "matches"))
        }
        (None, Some(0)) if playback.state != State::Ended => {
            format!("{}, no match in play", format_offset(playback.at))
        }
        (None, _) => format_offset(playback.at),
    }
}

/// `stepped 12 events, to 84, acknowledged by 1 subscriber`.
fn step_text(step: &StepTarget, acknowledged: bool, reply: &CommandReply) -> String {
    let to = reply.to.unwrap_or_default();
    let events = to.saturating_sub(reply.from.unwrap_or_default()) as usize;
    let mut text = format!("stepped {}, to {to}", format_count(events, "event", "events"));
    if let Some(subscribers) = reply.subscribers.filter(|subscribers| *subscribers > 0) {
        let by = if acknowledged { "acknowledged by" } else { "written to" };
        text += &format!(", {by} {}", format_count(subscribers as usize, "subscriber", "subscribers"));
    }
    if reply.reached == Some(false) {
        text += &match step {
            StepTarget::Count(wanted) => {
                format!(" instead of {wanted}: the timeline ends there")
            }
            StepTarget::Until { to, .. } => format!(", the end: {:?} is not ahead", to.to_string()),
        };
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_summary_is_one_line() {
        let summarised = |line: &str, reply: &str| {
            let order = ApiCommand::from(Command::parse_line(line).expect(line));
            summarise(&order, &serde_json::from_str(reply).expect(reply))
        };
        let playing = r#"{"ok":true,"playback":{"state":"playing","speed":60,"at":6402000,"version":4}}"#;
        let paced = r#"{"playback":{"state":"playing","speed":5,"nominal":60,"at":42000,"version":5}}"#;
        let paused = r#"{"playback":{"state":"paused","speed":"max","at":62900,"version":6}}"#;
        for (line, reply, words) in [
            ("play", playing, "playing at 60x from 1h 46m 42s, version 4"),
            ("seek HT", playing, "jumped; playing at 60x from 1h 46m 42s, version 4"),
            ("speed 60", playing, "playing at 60x from 1h 46m 42s, version 4"),
            ("pace highlights", paced, "pace highlights; playing at 5x (paced, at 60x otherwise) from 42s, version 5"),
            ("pause", paused, "paused at 1m 02s, version 6"),
            ("speed max", paused, "speed max; paused at 1m 02s, version 6"),
            ("loop on", paused, "loop on; paused at 1m 02s, version 6"),
            ("restart", paused, "from the beginning; paused at 1m 02s, version 6"),
            (
                "step 12",
                r#"{"from":72,"to":84,"reached":true,"subscribers":1,"playback":{"state":"paused","speed":60,"at":0,"version":7}}"#,
                "stepped 12 events, to 84, written to 1 subscriber; paused at 0s, version 7",
            ),
            (
                "step next:goal or=end",
                r#"{"from":100,"to":101,"reached":false,"subscribers":0,"playback":{"state":"ended","speed":60,"at":60000,"version":8}}"#,
                "stepped 1 event, to 101, the end: \"next:goal\" is not ahead; at the end, 1m 00s, version 8",
            ),
            (
                "step 9",
                r#"{"from":100,"to":101,"reached":false,"playback":{"state":"ended","speed":60,"at":60000,"version":8}}"#,
                "stepped 1 event, to 101 instead of 9: the timeline ends there; at the end, 1m 00s, version 8",
            ),
        ] {
            assert_eq!(summarised(line, reply), words);
        }
    }

    #[test]
    fn the_position_is_given_by_the_clock_of_the_match() {
        let summarised = |line: &str, state: &str, rest: &str| {
            let order = ApiCommand::from(Command::parse_line(line).expect(line));
            let reply = format!(
                r#"{{"ok":true,"playback":{{"state":"{state}","speed":13.666666666666668,"at":6432000,"version":4}}{rest}}}"#
            );
            summarise(&order, &serde_json::from_str(&reply).expect(&reply))
        };
        let now = |status: &str, clock: &str| {
            format!(
                r#","now":{{"match":"van-lar","status":"{status}","period":2,"clock":"{clock}","label":"90","announced":null,
                "running":false,"score":{{"home":0,"away":1}}}}"#
            )
        };
        let second_half = now("second_half", "89:07");
        for (line, state, rest, words) in [
            ("pause", "paused", second_half.clone(), "paused at 89:07, second half, version 4"),
            ("pause", "paused", now("half_time", "05:00"), "paused at half-time (05:00), version 4"),
            ("pause", "paused", now("scheduled", "-0:30"), "paused at 0:30 before kick-off, version 4"),
            (
                "pause",
                "paused",
                now("in the \\u001btunnel", "01:00"),
                "paused at 01:00, in the \u{fffd}tunnel, version 4",
            ),
            (
                "speed 13.666666666666668",
                "paused",
                second_half.clone(),
                "speed 13.7; paused at 89:07, second half, version 4",
            ),
            ("play", "playing", second_half.clone(), "playing at 13.7x from 89:07, second half, version 4"),
            (
                "seek FT match=van-lar",
                "playing",
                second_half.clone() + r#","in_play":2"#,
                "jumped; playing at 13.7x from 89:07, second half of van-lar, version 4",
            ),
            ("pause", "paused", r#","in_play":2"#.to_owned(), "paused at 1h 47m 12s, 2 matches in play, version 4"),
            ("pause", "paused", r#","in_play":1"#.to_owned(), "paused at 1h 47m 12s, 1 match in play, version 4"),
            ("pause", "paused", r#","in_play":0"#.to_owned(), "paused at 1h 47m 12s, no match in play, version 4"),
            ("seek 50%", "ended", r#","in_play":0"#.to_owned(), "jumped; at the end, 1h 47m 12s, version 4"),
            ("pause", "paused", String::new(), "paused at 1h 47m 12s, version 4"),
            (
                "seek 10:00 lead=30m",
                "paused",
                r#","beyond":true"#.to_owned(),
                "30m 00s before \"10:00\" is outside the timeline, went to the nearest position; paused at 1h 47m 12s, version 4",
            ),
            (
                "seek 120:00",
                "paused",
                now("full_time", "00:00") + r#","beyond":true"#,
                "\"120:00\" is outside the timeline, went to the nearest position; paused at full time, version 4",
            ),
        ] {
            assert_eq!(summarised(line, state, &rest), words);
        }
    }
}
