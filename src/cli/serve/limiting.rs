//! Bounds on what others may take of a server, as they are written.

use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use touchline::error::{Error, Result};
use touchline::server::{Limits, OpenFiles, Timing};

use super::super::playing::length;
use super::super::print::count;

/// With fewer files than this the number of connections is said: it is the usual limit, and nobody expects less.
const FEW_FILES: usize = 1_024;

/// Bounds on what others may take.
#[derive(Debug, clap::Args)]
pub struct Limiting {
    /// Connections at once [default: as many as this process may open files for]
    #[arg(long, value_name = "N", value_parser = from_one())]
    max_connections: Option<usize>,
    /// Replays at once, main included; where there are as many, an opened one that nobody follows gives way to a
    /// new one
    #[arg(long, value_name = "N", default_value_t = Limits::default().replays, value_parser = from_one())]
    max_replays: usize,
    /// The longest head of a request, 8192 to 1048576
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().head_bytes, value_parser = within(8 << 10, 1 << 20))]
    max_header_bytes: usize,
    /// The longest body of a request, 1024 to 16777216
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body_bytes, value_parser = within(1 << 10, 16 << 20))]
    max_body_bytes: usize,
    /// How many bytes of answers may wait for those who asked, 1048576 to 4294967296
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().answer_bytes, value_parser = within(1 << 20, 4 << 30))]
    max_answer_bytes: usize,
    /// The longest message on a WebSocket, 1024 to 16777216
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().message_bytes, value_parser = within(1 << 10, 16 << 20))]
    max_message_bytes: usize,
    /// How long a request's head may take to come; a TLS handshake before it may take as long
    #[arg(long, value_name = "D", default_value = "10s", value_parser = length)]
    header_timeout: Duration,
    /// How long a request's body may take to come
    #[arg(long, value_name = "D", default_value = "10s", value_parser = length)]
    body_timeout: Duration,
    /// How often subscribers are pinged
    #[arg(long, value_name = "D", default_value = "15s", value_parser = length)]
    ping: Duration,
    /// Without a sign of life for so long, a subscriber counts as gone
    #[arg(long, value_name = "D", default_value = "50s", value_parser = length)]
    silence: Duration,
    /// A subscriber that takes nothing for so long of what it is owed is closed
    #[arg(long, value_name = "D", default_value = "20s", value_parser = length)]
    stall: Duration,
    /// How many MiB of encoded events are kept, of all matches together; the rest is encoded when it is needed
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    frame_memory: u32,
}

fn within(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=most)
}

fn from_one() -> RangedU64ValueParser<usize> {
    within(1, u32::MAX.into())
}

impl Limiting {
    /// What others may take, where this process may open so many files.
    pub fn limits(&self, files: OpenFiles) -> Result<Limits> {
        let room = files.connections();
        let connections = self.max_connections.unwrap_or(room);
        if connections > room {
            return Err(Error::misuse(format!(
                "--max-connections {connections}: this process may open files for {room} (`ulimit -Hn` shows the limit)"
            )));
        }
        Ok(Limits {
            connections,
            replays: self.max_replays,
            head_bytes: self.max_header_bytes,
            head_time: self.header_timeout,
            body_bytes: self.max_body_bytes,
            body_time: self.body_timeout,
            answer_bytes: self.max_answer_bytes,
            message_bytes: self.max_message_bytes,
        })
    }

    /// What to say at start where there is room for few connections and nobody asked for that.
    pub fn remark(&self, files: OpenFiles) -> Option<String> {
        if self.max_connections.is_some() || files.files >= FEW_FILES {
            return None;
        }
        let connections = files.connections();
        Some(format!(
            "this process may open {} files: room for {} at once, and {} more are accepted only to be refused with \"full\"; \
             `ulimit -n` raises it",
            files.files,
            count(connections, "connection", "connections"),
            files.overflow(connections)
        ))
    }

    /// How long things may take in a conversation.
    pub fn timing(&self) -> Result<Timing> {
        if self.silence <= self.ping {
            return Err(Error::misuse("--silence must be longer than --ping: nobody else has anything to answer"));
        }
        Ok(Timing { ping_every: self.ping, silence: self.silence, stall: self.stall, ..Timing::default() })
    }

    /// How many bytes of encoded events are kept.
    pub fn frame_budget(&self) -> usize {
        usize::try_from(self.frame_memory).unwrap_or(usize::MAX).saturating_mul(1 << 20)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use touchline::hub::FRAME_BUDGET;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        limiting: Limiting,
    }

    fn limiting(words: &str) -> Result<Limiting, String> {
        let line = Line::try_parse_from(std::iter::once("serve").chain(words.split_whitespace()));
        line.map(|line| line.limiting).map_err(|error| error.to_string())
    }

    /// Room for so many connections.
    fn room(connections: usize) -> OpenFiles {
        let fits = |files: &OpenFiles| files.connections() >= connections;
        (0..).map(|files| OpenFiles { files }).find(fits).expect("a limit")
    }

    #[test]
    fn few_files_are_told_and_many_are_not() {
        let told = limiting("").expect("nothing said").remark(OpenFiles { files: 64 }).expect("few");
        let words = "this process may open 64 files: room for 28 connections at once, and 4 more are accepted only to be \
                     refused with \"full\"; \
                     `ulimit -n` raises it";
        assert_eq!(told, words);
        assert_eq!(limiting("").expect("nothing said").remark(OpenFiles { files: 1_024 }), None);
        assert_eq!(limiting("--max-connections 7").expect("a number").remark(OpenFiles { files: 64 }), None);
    }

    #[test]
    fn what_is_not_said_is_what_the_library_has() {
        let usual = limiting("").expect("nothing said");
        let same = Limits { connections: 500, ..Limits::default() };
        assert_eq!(format!("{:?}", usual.limits(room(500)).expect("sensible")), format!("{same:?}"));
        assert_eq!(format!("{:?}", usual.timing().expect("sensible")), format!("{:?}", Timing::default()));
        assert_eq!(usual.frame_budget(), FRAME_BUDGET);
    }

    #[test]
    fn what_is_said_holds() {
        let all = "--max-connections 7 --max-replays 2 --max-header-bytes 9000 --max-body-bytes 2000 --header-timeout 1s \
                   --body-timeout 2s --ping 3s --silence 4s --stall 5s --frame-memory 1 --max-answer-bytes 2000000 \
                   --max-message-bytes 3000";
        let all = limiting(all).expect("understood");
        let Limits { connections, replays, head_bytes, head_time, body_bytes, body_time, answer_bytes, message_bytes } =
            all.limits(room(7)).expect("room");
        assert_eq!((connections, replays, head_bytes, body_bytes), (7, 2, 9_000, 2_000));
        assert_eq!((answer_bytes, message_bytes), (2_000_000, 3_000));
        let Timing { ping_every, silence, stall, .. } = all.timing().expect("sensible");
        let times = [head_time, body_time, ping_every, silence, stall];
        assert_eq!(times.map(|time| time.as_secs()), [1, 2, 3, 4, 5]);
        assert_eq!(all.frame_budget(), 1 << 20);
    }

    #[test]
    fn what_would_serve_nobody_is_refused() {
        for words in ["--max-connections 0", "--max-header-bytes 100", "--max-body-bytes 0", "--stall 0s", "--ping 5"] {
            assert!(limiting(words).is_err(), "{words}");
        }
        let many = limiting("--max-connections 8").expect("a number").limits(room(7)).expect_err("no room");
        assert!(many.to_string().contains("files for 7"), "{many}");
        assert!(limiting("--ping 50s").expect("a length").timing().is_err());
    }
}
