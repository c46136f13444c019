//! The messages of every peer: JSON texts of one length, numbered and timestamped.

use std::fmt::Write;
use std::iter::repeat_n;

use rustix::time::{ClockId, clock_gettime};

/// The beginning of each message. Touchline's events in the benchmark's scenario begin the same way, so that one parser
/// finds the number in both.
pub const PREFIX: &str = r#"{"kind":"event","match":"fan-out","n":"#;

/// The length of each message in bytes, without the frame header.
pub const LENGTH: usize = 400;

/// The length of a message as a WebSocket frame from a server: 400 bytes need a header of four.
pub const FRAME_LENGTH: usize = LENGTH + 4;

/// The monotonic clock of this machine, in nanoseconds: the same in all processes.
pub fn monotonic_nanos() -> u64 {
    let time = clock_gettime(ClockId::Monotonic);
    u64::try_from(time.tv_sec).unwrap_or(0) * 1_000_000_000 + u64::try_from(time.tv_nsec).unwrap_or(0)
}

/// Message `n`, timestamped now.
pub fn text(n: u64) -> String {
    let mut text = String::with_capacity(LENGTH);
    text.push_str(PREFIX);
    // Writing to a string does not fail.
    let _ = write!(text, r#"{n},"sent":{},"text":""#, monotonic_nanos());
    let rest = LENGTH.saturating_sub(text.len() + 2);
    text.extend(repeat_n('.', rest));
    text.push_str("\"}");
    text
}

/// Appends message `n` as a complete WebSocket frame: final, text, unmasked.
pub fn append_frame(n: u64, frames: &mut Vec<u8>) {
    let text = text(n);
    let length = u16::try_from(text.len()).unwrap_or(u16::MAX);
    frames.extend([0x81, 126]);
    frames.extend(length.to_be_bytes());
    frames.extend(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_is_json_of_the_stated_length() {
        for n in [1, 99, 123_456] {
            let mut frame = Vec::new();
            append_frame(n, &mut frame);
            assert_eq!(frame.len(), FRAME_LENGTH, "message {n}");
            let message: serde_json::Value = serde_json::from_slice(&frame[4..]).expect("JSON");
            assert_eq!(message["n"], n);
            assert!(message["sent"].as_u64().is_some_and(|sent| sent <= monotonic_nanos()), "{message}");
        }
    }
}
