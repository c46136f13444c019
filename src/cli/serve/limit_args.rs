//! The flags about limits: connections, replays, sizes, time-outs and memory.

use std::time::Duration;

use crate::error::{Error, Result};
use crate::server::{Limits, OpenFiles, Timing};
use clap::builder::RangedU64ValueParser;

use super::super::playback_args::parse_duration;
use super::super::print::format_count;

/// With fewer open files than this, the usual limit of a process, the connection limit is printed at start.
const FEW_FILES: usize = 1_024;

/// What clients may use of the server.
#[derive(Debug, clap::Args)]
pub struct LimitArgs {
    /// Most connections at once, from 1 [default: as many as the limit on open files allows]
    #[arg(long, value_name = "N", value_parser = at_least_one())]
    max_connections: Option<usize>,
    /// Most replays at once, main included, from 1; at the limit a new replay evicts an opened one without subscribers, if
    /// there is one
    #[arg(long, value_name = "N", default_value_t = Limits::default().replays, value_parser = at_least_one())]
    max_replays: usize,
    /// Longest request head, 8192 to 1048576
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().head_bytes, value_parser = in_range(8 << 10, 1 << 20))]
    max_header_bytes: usize,
    /// Longest request body, 1024 to 16777216
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body_bytes, value_parser = in_range(1 << 10, 16 << 20))]
    max_body_bytes: usize,
    /// Most bytes of responses that wait to be sent, of all connections together, 1048576 to 4294967296
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().answer_bytes, value_parser = in_range(1 << 20, 4 << 30))]
    max_answer_bytes: usize,
    /// Longest WebSocket message from a client, 1024 to 16777216
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().message_bytes, value_parser = in_range(1 << 10, 16 << 20))]
    max_message_bytes: usize,
    /// Most bytes of sent scenarios that are being received and read, of all requests together, 16777216 to 4294967296
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().upload_bytes, value_parser = in_range(16 << 20, 4 << 30))]
    max_upload_bytes: usize,
    /// Time limit for receiving a request head; the same again for a TLS handshake before it
    #[arg(long, value_name = "D", default_value = "10s", value_parser = parse_duration)]
    header_timeout: Duration,
    /// Time limit for receiving a request body
    #[arg(long, value_name = "D", default_value = "10s", value_parser = parse_duration)]
    body_timeout: Duration,
    /// Interval between pings to a subscriber; shorter than --silence
    #[arg(long, value_name = "D", default_value = "15s", value_parser = parse_duration)]
    ping: Duration,
    /// Close a WebSocket subscriber that neither answers pings nor takes data for this long
    #[arg(long, value_name = "D", default_value = "50s", value_parser = parse_duration)]
    silence: Duration,
    /// Close a subscriber that takes no data for this long while some is pending
    #[arg(long, value_name = "D", default_value = "20s", value_parser = parse_duration)]
    stall: Duration,
    /// Most MiB of encoded events to keep, of all matches together, 1 to 65536; the rest is encoded again when needed
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    frame_memory: u32,
    /// Most MiB of timelines of sent scenarios and of those with faults, 1 to 65536
    #[arg(long, value_name = "N", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    timeline_memory: u32,
}

fn in_range(least: u64, most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(least..=most)
}

fn at_least_one() -> RangedU64ValueParser<usize> {
    in_range(1, u32::MAX.into())
}

fn mebibytes(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX).saturating_mul(1 << 20)
}

impl LimitArgs {
    /// The limits. Misuse where `--max-connections` exceeds what the limit on open files allows.
    pub fn limits(&self, files: OpenFiles) -> Result<Limits> {
        let possible = files.connections();
        let connections = self.max_connections.unwrap_or(possible);
        if connections > possible {
            return Err(Error::misuse(format!(
                "--max-connections {connections}: the limit on open files allows {possible} (`ulimit -Hn` shows it)"
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
            upload_bytes: self.max_upload_bytes,
            timeline_bytes: mebibytes(self.timeline_memory),
        })
    }

    /// A note for the start-up messages where the limit on open files allows few connections, unless `--max-connections` is
    /// given.
    pub fn low_limit_note(&self, files: OpenFiles) -> Option<String> {
        if self.max_connections.is_some() || files.files >= FEW_FILES {
            return None;
        }
        let connections = files.connections();
        Some(format!(
            "the limit on open files is {}: it allows {} at once, and {} more that are only answered with \"full\"; \
             raise it with `ulimit -n`",
            files.files,
            format_count(connections, "connection", "connections"),
            files.overflow(connections)
        ))
    }

    /// The time-outs of a subscriber connection. Misuse where `--silence` is not longer than `--ping`.
    pub fn timing(&self) -> Result<Timing> {
        if self.silence <= self.ping {
            return Err(Error::misuse(
                "--silence must be longer than --ping: otherwise subscribers are closed before they are pinged",
            ));
        }
        Ok(Timing { ping_every: self.ping, silence: self.silence, stall: self.stall, ..Timing::default() })
    }

    /// The budget for encoded events, in bytes.
    pub fn frame_budget(&self) -> usize {
        mebibytes(self.frame_memory)
    }
}

#[cfg(test)]
mod tests {
    use crate::hub::FRAME_BUDGET_BYTES;
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct TestCli {
        #[command(flatten)]
        limit_args: LimitArgs,
    }

    fn limit_args(words: &str) -> Result<LimitArgs, String> {
        let line = TestCli::try_parse_from(std::iter::once("serve").chain(words.split_whitespace()));
        line.map(|line| line.limit_args).map_err(|error| error.to_string())
    }

    /// The smallest limit on open files that allows so many connections.
    fn open_files(connections: usize) -> OpenFiles {
        let fits = |files: &OpenFiles| files.connections() >= connections;
        (0..).map(|files| OpenFiles { files }).find(fits).expect("a limit")
    }

    #[test]
    fn a_low_limit_on_open_files_is_noted() {
        let note = limit_args("").expect("no flags").low_limit_note(OpenFiles { files: 64 }).expect("few");
        let expected = "the limit on open files is 64: it allows 28 connections at once, and 4 more that are only answered with \
                        \"full\"; raise it with `ulimit -n`";
        assert_eq!(note, expected);
        assert_eq!(limit_args("").expect("no flags").low_limit_note(OpenFiles { files: 1_024 }), None);
        assert_eq!(limit_args("--max-connections 7").expect("a number").low_limit_note(OpenFiles { files: 64 }), None);
    }

    #[test]
    fn the_defaults_are_those_of_the_library() {
        let usual = limit_args("").expect("no flags");
        let same = Limits { connections: 500, ..Limits::default() };
        assert_eq!(format!("{:?}", usual.limits(open_files(500)).expect("sensible")), format!("{same:?}"));
        assert_eq!(format!("{:?}", usual.timing().expect("sensible")), format!("{:?}", Timing::default()));
        assert_eq!(usual.frame_budget(), FRAME_BUDGET_BYTES);
    }

    #[test]
    fn every_flag_is_applied() {
        let all = "--max-connections 7 --max-replays 2 --max-header-bytes 9000 --max-body-bytes 2000 --header-timeout 1s \
                   --body-timeout 2s --ping 3s --silence 4s --stall 5s --frame-memory 1 --max-answer-bytes 2000000 \
                   --max-message-bytes 3000 --max-upload-bytes 40000000 --timeline-memory 2";
        let all = limit_args(all).expect("understood");
        let Limits {
            connections,
            replays,
            head_bytes,
            head_time,
            body_bytes,
            body_time,
            answer_bytes,
            message_bytes,
            upload_bytes,
            timeline_bytes,
        } = all.limits(open_files(7)).expect("room");
        assert_eq!((connections, replays, head_bytes, body_bytes), (7, 2, 9_000, 2_000));
        assert_eq!((answer_bytes, message_bytes), (2_000_000, 3_000));
        assert_eq!((upload_bytes, timeline_bytes), (40_000_000, 2 << 20));
        let Timing { ping_every, silence, stall, .. } = all.timing().expect("sensible");
        let times = [head_time, body_time, ping_every, silence, stall];
        assert_eq!(times.map(|time| time.as_secs()), [1, 2, 3, 4, 5]);
        assert_eq!(all.frame_budget(), 1 << 20);
    }

    #[test]
    fn values_that_would_serve_no_subscriber_are_refused() {
        for words in ["--max-connections 0", "--max-header-bytes 100", "--max-body-bytes 0", "--stall 0s", "--ping 5"] {
            assert!(limit_args(words).is_err(), "{words}");
        }
        let many = limit_args("--max-connections 8").expect("a number").limits(open_files(7)).expect_err("no room");
        assert!(many.to_string().contains("open files allows 7"), "{many}");
        assert!(limit_args("--ping 50s").expect("a length").timing().is_err());
    }
}
