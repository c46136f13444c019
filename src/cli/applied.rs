//! What became of a command, in a line for a person.

use touchline::client::{Order, Reply, State};
use touchline::playback::{Command, Step};

use super::print::{count, harmless};
use super::viewer::speed;

/// What was done, in a line.
pub fn applied(order: &Order, reply: &Reply) -> String {
    let now = standing(&reply.playback);
    let playing = reply.playback.state == "playing";
    let done = match &order.command {
        Command::Play | Command::Pause => None,
        Command::Speed(_) if playing => None,
        Command::Speed(speed) => Some(format!("speed {speed}")),
        Command::Pace(pace) => Some(format!("pace {pace}")),
        Command::Loop(true) => Some("loop on".to_owned()),
        Command::Loop(false) => Some("loop off".to_owned()),
        Command::Seek { .. } => Some("there".to_owned()),
        Command::Restart => Some("from the beginning".to_owned()),
        Command::Step(step) => Some(stepped(step, order.barrier.acknowledged, reply)),
    };
    let done = done.map(|done| format!("{done}; ")).unwrap_or_default();
    format!("{done}{now}, version {}", reply.playback.version)
}

/// `playing at 60x from 1h 46m 42s`.
pub fn standing(state: &State) -> String {
    let at = place(state.at);
    match &*state.state {
        "playing" => {
            let now = speed(&state.speed);
            match state.nominal.as_ref().map(speed).filter(|nominal| *nominal != now) {
                Some(nominal) => format!("playing {now} (paced, {nominal} otherwise) from {at}"),
                None => format!("playing {now} from {at}"),
            }
        }
        "ended" => format!("at the end, {at}"),
        "waiting" => format!("waiting to begin at {at}"),
        other => format!("{} at {at}", harmless(other)),
    }
}

/// A place on the timeline, or a length of it, in milliseconds: `1h 46m 42s`. It is no match clock, and does not look
/// like one.
pub fn place(millis: i64) -> String {
    let seconds = millis.div_euclid(1_000);
    match (seconds / 3_600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, seconds) => format!("{hours}h {minutes:02}m {seconds:02}s"),
    }
}

/// `stepped 12 events, to 84, acknowledged by 1 subscriber`.
fn stepped(step: &Step, acknowledged: bool, reply: &Reply) -> String {
    let to = reply.to.unwrap_or_default();
    let events = to.saturating_sub(reply.from.unwrap_or_default()) as usize;
    let mut told = format!("stepped {}, to {to}", count(events, "event", "events"));
    if let Some(subscribers) = reply.subscribers.filter(|subscribers| *subscribers > 0) {
        let by = if acknowledged { "acknowledged by" } else { "written to" };
        told += &format!(", {by} {}", count(subscribers as usize, "subscriber", "subscribers"));
    }
    if reply.reached == Some(false) {
        told += &match step {
            Step::Count(wanted) => {
                format!(", and no further: {} were not left", count(*wanted as usize, "event", "events"))
            }
            Step::Until { to, .. } => format!(", the end: {:?} is not ahead", to.to_string()),
        };
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_is_told_in_a_line() {
        let told = |line: &str, reply: &str| {
            let order = Order::from(Command::parse_line(line).expect(line));
            applied(&order, &serde_json::from_str(reply).expect(reply))
        };
        let playing = r#"{"ok":true,"playback":{"state":"playing","speed":60,"at":6402000,"version":4}}"#;
        let paced = r#"{"playback":{"state":"playing","speed":5,"nominal":60,"at":42000,"version":5}}"#;
        let paused = r#"{"playback":{"state":"paused","speed":"max","at":62900,"version":6}}"#;
        for (line, reply, words) in [
            ("play", playing, "playing at 60x from 1h 46m 42s, version 4"),
            ("seek HT", playing, "there; playing at 60x from 1h 46m 42s, version 4"),
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
                "step next:goal",
                r#"{"from":100,"to":101,"reached":false,"subscribers":0,"playback":{"state":"ended","speed":60,"at":60000,"version":8}}"#,
                "stepped 1 event, to 101, the end: \"next:goal\" is not ahead; at the end, 1m 00s, version 8",
            ),
        ] {
            assert_eq!(told(line, reply), words);
        }
    }
}
