//! The scenario for Touchline: passes at a steady rate, with frames of about the length of the peers' messages.

use std::fmt::Write as _;
use std::time::Duration;

/// The events played between those that subscribers follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interleaved {
    /// None.
    Nothing,
    /// Events of another type, at the same rate.
    OtherType,
    /// Events of another match, at the same rate.
    OtherMatch,
}

/// The length of the text that, with the numbers below, brings a pass to the length of the peers' messages.
const TEXT: usize = 49;

/// A scenario of `passes` passes, one per `period` of media time, the first at its beginning. `after` delays the final
/// whistle after the last pass, so that the replay does not end with it.
pub fn lines(passes: u64, period: Duration, interleaved: Interleaved, after: Option<Duration>) -> String {
    let other = r#""home":{"id":"ham","name":"Hamm"},"away":{"id":"unna","name":"Unna"}"#;
    let mut lines = String::from(concat!(
        r#"{"kind":"scenario","version":1,"title":"Passes at a steady rate"}"#,
        "\n",
        r#"{"kind":"match","id":"fan-out","kickoff":"2026-03-07T15:00:00Z","#,
        r#""home":{"id":"eastmoor","name":"Eastmoor","players":[{"id":"innes","name":"Kit Innes","number":9,"starts":true}]},"#,
        r#""away":{"id":"westhaven","name":"Westhaven"}}"#,
        "\n"
    ));
    if interleaved == Interleaved::OtherMatch {
        let _ = writeln!(lines, r#"{{"kind":"match","id":"another","kickoff":"2026-03-07T15:00:00Z",{other}}}"#);
    }
    let period = u64::try_from(period.as_millis()).unwrap_or(u64::MAX);
    for pass in 0..passes {
        let at = pass * period;
        let clock = clock(at);
        // The numbers in the frame grow, and the text shrinks accordingly.
        let topic: usize = [pass, pass, pass, at].iter().map(|number| number.to_string().len()).sum();
        let text = ".".repeat(TEXT.saturating_sub(topic));
        let _ = writeln!(
            lines,
            r#"{{"type":"pass","match":"fan-out","period":1,"clock":"{clock}","side":"home","player":"innes","outcome":"accurate","x":52.5,"y":34,"end":{{"x":61.3,"y":20.1}},"text":"{text}"}}"#
        );
        let clock = self::clock(at + period / 2);
        let _ = match interleaved {
            Interleaved::Nothing => Ok(()),
            Interleaved::OtherType => {
                writeln!(lines, r#"{{"type":"throw_in","match":"fan-out","period":1,"clock":"{clock}","side":"away"}}"#)
            }
            Interleaved::OtherMatch => {
                writeln!(lines, r#"{{"type":"throw_in","match":"another","period":1,"clock":"{clock}","side":"away"}}"#)
            }
        };
    }
    if let Some(after) = after {
        let clock = clock(passes * period + u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
        let _ = writeln!(lines, r#"{{"type":"period_end","match":"fan-out","period":1,"clock":"{clock}"}}"#);
    }
    lines
}

/// `01:02.500`
fn clock(millis: u64) -> String {
    format!("{:02}:{:02}.{:03}", millis / 60_000, millis / 1_000 % 60, millis % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_events_lie_between_the_passes() {
        let lines = lines(3, Duration::from_millis(10), Interleaved::OtherType, Some(Duration::from_secs(60)));
        let events: Vec<serde_json::Value> =
            lines.lines().skip(2).map(|line| serde_json::from_str(line).expect("JSON")).collect();
        let seen: Vec<_> = events.iter().map(|event| (event["type"].as_str(), event["clock"].as_str())).collect();
        assert_eq!(seen[2], (Some("pass"), Some("00:00.010")));
        assert_eq!(seen[3], (Some("throw_in"), Some("00:00.015")));
        assert_eq!(seen[6], (Some("period_end"), Some("01:00.030")));
        assert_eq!(seen.len(), 7);
    }
}
