//! `touchline load`: measures a server under many subscribers.

use std::io::IsTerminal;
use std::time::Duration;

use crate::client::load::{
    CauseCounts, LoadPlan, LoadTarget, OrderCheckMethod, Progress, Report, Stopped, Unjudged, measure,
};
use crate::error::Error;
use crate::latency::Latency;
use crate::message::group_digits;
use crate::server::raise_open_file_limit;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::CliError;
use super::playback_args::{format_duration, parse_duration};
use super::print::{eprint_line, format_count, format_table, print_line, sanitise};
use super::signals::ShutdownSignals;
use super::trust_args::TrustArgs;

/// The share of its cores beyond which this process, and no longer the server, limits the figures.
const SATURATED: f64 = 0.85;
/// The default of `--duration`.
const DEFAULT_DURATION: Duration = Duration::from_secs(10);
/// The default of `--duration` with `--until-closed`.
const DEFAULT_UNTIL_CLOSED: Duration = Duration::from_secs(600);

/// `touchline load`.
#[derive(Debug, clap::Args)]
#[command(after_help = "The subscribers connect over WebSocket, server-sent events or NDJSON. This works with any
server that sends the same messages to every subscriber; for a Touchline server it also knows
when each event was due.

Latency counts from when an event was due (Touchline), from the send time in the frame
(--sent-at), or otherwise from when the first subscriber received the frame. Where each
subscriber has a replay of its own, it counts by the clock of that replay.

Exits with 1 if a connection failed or was lost, if any frame was lost, duplicated or out of
order, or if nothing could be checked: no frame came at all, or none with a number or a timestamp
in the field named by --sequence or --sent-at.

Examples:
  touchline load --subscribers 1000 --duration 30s --pid $(pidof -s touchline)
  touchline load ws://127.0.0.1:9000/live --subscribers 10000 --duration 1m
  touchline load ws://127.0.0.1:9000/live --sequence seq --sent-at sent --json
  touchline load http://127.0.0.1:8089/events.ndjson --subscribers 1000
  touchline load 'ws://127.0.0.1:8089/ws?scenario=juv&speed=600' --subscribers 1000 --until-closed")]
pub struct Args {
    /// URL of the stream: ws:// or wss:// as it is; http:// or https:// with a path, server-sent events or NDJSON by its
    /// content type; http://host:port or host:port, the WebSocket of a Touchline server [default: on this machine, at the
    /// port of TOUCHLINE_LISTEN, else 8089]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Number of subscribers, from 1
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    subscribers: u32,
    /// How long to measure once all are connected [default: 10s; with --until-closed 10m at most]
    #[arg(long, value_name = "D", value_parser = parse_duration)]
    duration: Option<Duration>,
    /// Read each stream from its beginning until the server closes it normally (code 1000, or the end of the body), and count
    /// the subscribers that received the same; for streams that begin anew for each, as ?scenario=juv
    #[arg(long)]
    until_closed: bool,
    /// Process id of the server on this machine, to measure its CPU use (Linux)
    #[arg(long, value_name = "PID")]
    pid: Option<u32>,
    /// Field that numbers the frames, rising by one: seq, or data.seq; frames without it may differ between subscribers
    #[arg(long, value_name = "FIELD")]
    sequence: Option<String>,
    /// Field with the send time of a frame: milliseconds or microseconds since 1970, or RFC 3339
    #[arg(long, value_name = "FIELD")]
    sent_at: Option<String>,
    /// Print the report as one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trust_args: TrustArgs,
}

/// Measures, and prints the report.
pub fn run(args: &Args) -> Result<(), CliError> {
    super::start_log(std::io::stderr)?;
    let subscribers = usize::try_from(args.subscribers).unwrap_or(usize::MAX);
    let possible = raise_open_file_limit().sockets();
    if subscribers > possible {
        return Err(CliError::misuse(format!(
            "--subscribers {subscribers}: the limit on open files allows {possible} (`ulimit -Hn` shows it)"
        )));
    }
    let target = match &args.url {
        Some(url) => LoadTarget::parse(url)?,
        None => LoadTarget::parse(&super::remote::default_url()?)?,
    };
    let plan = LoadPlan {
        trust: args.trust_args.trust_for(&target.to_string(), target.is_secure())?,
        target,
        subscribers,
        duration: args.duration.unwrap_or(if args.until_closed { DEFAULT_UNTIL_CLOSED } else { DEFAULT_DURATION }),
        until_closed: args.until_closed,
        pid: args.pid,
        sequence: args.sequence.clone(),
        sent_at: args.sent_at.clone(),
    };
    // Half of the cores, four at most: a server on this machine needs the others.
    let cores = std::thread::available_parallelism().map_or(1, |cores| (cores.get() / 2).clamp(1, 4));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(cores).enable_all().build();
    let runtime = runtime.map_err(|error| Error::io("starting threads", error))?;
    let report = runtime.block_on(async {
        let signals = ShutdownSignals::new()?;
        let bar = LoadProgress::new(&plan);
        let report = measure(&plan, |progress| bar.update(progress), signals.wait()).await;
        bar.clear();
        report
    });
    // Drops the connections that are still open.
    runtime.shutdown_background();
    let report = report?;
    print_line(&if args.json { as_json(&report).to_string() } else { as_text(&report) })?;
    for line in measurement_notes(&report, cores) {
        eprint_line(&line);
    }
    if report.is_flawless() { Ok(()) } else { Err(CliError::Reported) }
}

/// A progress bar on standard error, if that is a terminal.
struct LoadProgress {
    bar: ProgressBar,
    subscribers: u64,
    duration: Duration,
}

impl LoadProgress {
    fn new(plan: &LoadPlan) -> Self {
        let bar = if std::io::stderr().is_terminal() { ProgressBar::no_length() } else { ProgressBar::hidden() };
        let style = ProgressStyle::with_template("{msg:30} [{bar:40}] {prefix}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "));
        Self { bar, subscribers: plan.subscribers as u64, duration: plan.duration }
    }

    fn update(&self, progress: Progress) {
        let millis = |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let (place, length, message, prefix) = match progress {
            Progress::Connecting(connected) => (
                connected as u64,
                self.subscribers,
                format!("connecting {connected}"),
                format!("of {}", self.subscribers),
            ),
            Progress::Measuring(since, frames) => {
                let prefix = format!(
                    "{} of {}",
                    format_duration(Duration::from_secs(since.as_secs())),
                    format_duration(self.duration)
                );
                (millis(since), millis(self.duration), format!("{} frames received", group_digits(frames)), prefix)
            }
        };
        self.bar.set_length(length);
        self.bar.set_message(message);
        self.bar.set_prefix(prefix);
        self.bar.set_position(place);
    }

    fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

fn format_bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}

fn verdict_text(report: &Report) -> String {
    let number = |number: u64, one: &str, many: &str| {
        (number > 0).then(|| format!("{} {}", group_digits(number), if number == 1 { one } else { many }))
    };
    let faults = [
        number(report.faults.lost, "frame lost", "frames lost"),
        number(report.faults.out_of_order, "frame out of order", "frames out of order"),
        number(report.faults.duplicates, "frame duplicated", "frames duplicated"),
        number(
            report.faults.extra.saturating_sub(report.faults.duplicates),
            "frame received by some only",
            "frames received by some only",
        ),
        number(report.faults.behind_at_end, "subscriber behind at the end", "subscribers behind at the end"),
        number(report.tally.resyncs, "subscriber skipped ahead", "subscribers skipped ahead"),
        number(
            report.differing_stream_count() as u64,
            "subscriber with different frames",
            "subscribers with different frames",
        ),
        number(report.open_stream_count() as u64, "stream not closed", "streams not closed"),
    ];
    let unjudged = report.unchecked_part().map(|unjudged| {
        let why = match unjudged {
            Unjudged::Everything => "not checked: no frame came at all",
            Unjudged::Sequence => "not checked: no frame has a number in the field named by --sequence",
            Unjudged::SentAt => "latency not measured: no frame has a timestamp in the field named by --sent-at",
        };
        why.to_owned()
    });
    let faults: Vec<String> = faults.into_iter().flatten().chain(unjudged).collect();
    match (report.tally.checked, faults.is_empty()) {
        (_, false) => faults.join(", "),
        (0, true) => "nothing to check".to_owned(),
        (_, true) if !report.checks_completeness => {
            "in order (completeness not checked: the filter leaves gaps)".to_owned()
        }
        (_, true) => "complete and in order".to_owned(),
    }
}

fn order_check_text(report: &Report) -> &'static str {
    match report.order {
        Some(OrderCheckMethod::Touchline) => "the numbers of Touchline's events",
        Some(OrderCheckMethod::Numbers) => "the numbers of the frames",
        Some(OrderCheckMethod::Content) => "the same text for all",
        None => "nothing",
    }
}

/// The event from which latency counts.
fn latency_origin_text(report: &Report) -> &'static str {
    match report.order {
        _ if report.by_sent_at => "sent",
        Some(OrderCheckMethod::Touchline) => "due",
        _ => "first received",
    }
}

fn to_millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn as_text(report: &Report) -> String {
    let mut rows: Vec<[String; 2]> = Vec::new();
    let mut row = |name: &str, figure: String| rows.push([name.to_owned(), figure]);
    row(
        "connected",
        format!(
            "{} of {} in {:.2} s, {:.0} handshakes/s",
            report.connected,
            report.subscribers,
            report.connecting.as_secs_f64(),
            report.handshakes_per_second()
        ),
    );
    for (cause, times) in report.failures.iter() {
        row("failed", format!("{times}: {}", sanitise(cause)));
    }
    for (cause, times) in report.tally.drops.iter() {
        row("disconnected", format!("{times}: {}", sanitise(cause)));
    }
    let why = match report.stopped {
        None => "",
        Some(Stopped::Asked) => ", stopped early",
        Some(Stopped::AllGone) if report.tally.finished == report.connected => ", then every stream had ended",
        Some(Stopped::AllGone) => ", then no subscriber was connected",
    };
    row("measured", format!("{:.1} s{why}", report.measured.as_secs_f64()));
    if let Some(complete) = report.complete {
        let (closed, of) = (group_digits(report.tally.finished as u64), group_digits(report.connected as u64));
        let same = group_digits(complete.subscribers as u64);
        let what = match (report.order, complete.frames) {
            (Some(OrderCheckMethod::Touchline), 1) => "event",
            (Some(OrderCheckMethod::Touchline), _) => "events",
            (_, 1) => "frame",
            _ => "frames",
        };
        let frames = group_digits(complete.frames);
        row("complete", format!("{same} of {of}: closed by the server ({closed}), the same {frames} {what} each"));
    }
    row("frames", format!("{}, {:.0}/s", group_digits(report.tally.frames), report.frames_per_second()));
    let each = report.tally.bytes.checked_div(report.tally.frames).unwrap_or(0);
    row("bytes", format!("{}, {} a frame", format_bytes(report.tally.bytes), format_bytes(each)));
    row("verdict", verdict_text(report));
    row("checked by", format!("{}, {} receipts", order_check_text(report), group_digits(report.tally.checked)));
    let last = ("to the last".to_owned(), &report.latencies.last);
    let last = Some(last).filter(|_| !report.own_clocks);
    for (name, latency) in
        [(format!("{} to received", latency_origin_text(report)), &report.latencies.all)].into_iter().chain(last)
    {
        let figures = if latency.count() == 0 { "nothing to measure".to_owned() } else { latency.to_string() };
        row(&name, figures);
    }
    if let Some(cores) = report.cores_used() {
        let each = report.cpu_micros_per_frame().map(|micros| format!(", {micros:.1} us a frame")).unwrap_or_default();
        row("server CPU", format!("{:.0} % of a core{each}", cores * 100.0));
    }
    row("own CPU", format!("{:.0} % of a core", report.own_cores_used() * 100.0));
    let rows: Vec<Vec<String>> = rows.into_iter().map(Vec::from).collect();
    format_table(&rows, &[false, false])
}

fn as_json(report: &Report) -> Value {
    let causes = |causes: &CauseCounts| {
        causes.iter().map(|(cause, times)| json!({"cause": cause, "times": times})).collect::<Vec<_>>()
    };
    let latency = |latency: &Latency| {
        (latency.count() > 0).then(|| {
            let at = |percent: f64| to_millis(latency.percentile(percent));
            json!({"count": latency.count(), "p50": at(50.0), "p90": at(90.0), "p99": at(99.0), "worst": to_millis(latency.worst())})
        })
    };
    json!({
        "flawless": report.is_flawless(),
        "subscribers": report.subscribers, "connected": report.connected,
        "connecting_ms": to_millis(report.connecting), "handshakes_per_second": report.handshakes_per_second(),
        "failed": causes(&report.failures), "cut": causes(&report.tally.drops), "finished": report.tally.finished,
        "until_closed": report.until_closed, "apart": report.own_clocks,
        "complete": report.complete.map(|complete| complete.subscribers),
        "complete_frames": report.complete.map(|complete| complete.frames),
        "differing": report.differing_stream_count(), "not_closed": report.open_stream_count(),
        "measured_ms": to_millis(report.measured), "stopped_early": report.stopped.is_some(),
        "frames": report.tally.frames, "bytes": report.tally.bytes, "frames_per_second": report.frames_per_second(),
        "judged_by": match report.order {
            Some(OrderCheckMethod::Touchline) => Some("touchline"),
            Some(OrderCheckMethod::Numbers) => Some("sequence"),
            Some(OrderCheckMethod::Content) => Some("content"),
            None => None,
        },
        "completeness_checked": report.checks_completeness, "checked": report.tally.checked,
        "lost": report.faults.lost, "out_of_order": report.faults.out_of_order, "extra": report.faults.extra, "behind": report.faults.behind_at_end,
        "twice": report.faults.duplicates, "cut_over": report.tally.resyncs,
        "unjudged": report.unchecked_part().map(|unjudged| match unjudged {
            Unjudged::Everything => "everything",
            Unjudged::Sequence => "sequence",
            Unjudged::SentAt => "sent_at",
        }),
        "latency_since": latency_origin_text(report).replace(' ', "_"), "latency_ms": latency(&report.latencies.all),
        "latency_to_last_ms": latency(&report.latencies.last), "early": report.latencies.received_early,
        "server_cores": report.cores_used(), "server_cpu_us_per_frame": report.cpu_micros_per_frame(),
        "own_cores": report.own_cores_used(),
    })
}

/// Notes on how far the figures can be trusted.
fn measurement_notes(report: &Report, cores: usize) -> Vec<String> {
    let mut notes = Vec::new();
    if report.own_cores_used() > SATURATED * cores as f64 {
        let cores = format_count(cores, "core", "cores");
        notes.push(format!(
            "note: this program used nearly all of the {cores} it may use: it limits latency and throughput, not the server"
        ));
    }
    if report.by_sent_at && report.tally.timestamped > 0 && report.tally.frames > 0 && report.latencies.all.count() == 0
    {
        notes.push(
            "note: no latency: every timestamp in the field named by --sent-at is from before the measurement began"
                .to_owned(),
        );
    }
    if report.latencies.received_early > 0 {
        let times = group_digits(report.latencies.received_early);
        notes.push(format!(
            "note: {times} frames were received before their send time: the clocks of server and subscribers differ"
        ));
    }
    if report.order == Some(OrderCheckMethod::Content)
        && report.faults.extra + report.differing_stream_count() as u64 > 0
    {
        notes.push(
            "note: for a server that sends each subscriber different frames, use --sequence FIELD to check by number"
                .to_owned(),
        );
    }
    notes
}
