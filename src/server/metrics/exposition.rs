//! Writes all metrics, with their names, units and help texts, in the text formats of OpenMetrics and Prometheus.

use std::borrow::Cow;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet, text};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::{Registry, Unit};

use super::Metrics;
use crate::hub::runtime_now;
use crate::hub::{Framing, Hub};
use crate::latency::Latency;

/// The media type of OpenMetrics text.
pub(in crate::server) const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
/// The media type of the Prometheus text format.
pub(in crate::server) const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// In the order of [`Framing`].
const TRANSPORTS: [(Framing, &str); 3] =
    [(Framing::WebSocket, "websocket"), (Framing::Sse, "sse"), (Framing::Lines, "ndjson")];

/// The bucket bounds for lateness, in microseconds.
const LATENESS_MICROS: [u64; 17] = [
    50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000,
    5_000_000, 10_000_000,
];

/// The usage of the connection limit at one moment.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionUsage {
    /// Connections within the limit.
    pub in_use: usize,
    /// Connections over the limit, refused with an error.
    pub over_limit: usize,
    /// The limit.
    pub limit: usize,
}

type Labels = Vec<(&'static str, Cow<'static, str>)>;

#[derive(Debug)]
enum Samples {
    Gauge(Vec<(Labels, f64)>),
    Counter(Vec<(Labels, u64)>),
    /// Bucket counts by upper bound in seconds (each bucket by itself, the last unbounded), and the sum in seconds.
    Histogram(Vec<(f64, u64)>, f64),
    Info(Labels),
}

#[derive(Debug)]
struct Metric {
    /// Without the unit, which the encoder appends.
    name: &'static str,
    unit: Option<Unit>,
    help: &'static str,
    samples: Samples,
}

impl Metric {
    fn new(name: &'static str, help: &'static str, samples: Samples) -> Self {
        Self { name, unit: None, help, samples }
    }

    fn in_unit(self, unit: Unit) -> Self {
        Self { unit: Some(unit), ..self }
    }
}

/// All metrics at one moment.
#[derive(Debug)]
struct Exposition(Vec<Metric>);

/// Encodes all metrics as OpenMetrics text.
pub(in crate::server) fn encode_metrics(metrics: &Metrics, hub: &Hub, connections: Option<ConnectionUsage>) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Exposition(collect(metrics, hub, connections))));
    let mut page = String::with_capacity(8 << 10);
    // Writing to a String cannot fail.
    let _ = text::encode(&mut page, &registry);
    page
}

/// Converts OpenMetrics text to the Prometheus text format 0.0.4. The samples are the same; metadata name a counter
/// like its samples, an info is a gauge, and there are neither units nor an end marker.
pub(in crate::server) fn prometheus(page: &str) -> String {
    let mut older = String::with_capacity(page.len());
    let mut help = "";
    for line in page.lines() {
        let Some(metadata) = line.strip_prefix("# ") else {
            older.extend([line, "\n"]);
            continue;
        };
        let mut words = metadata.splitn(3, ' ');
        match (words.next(), words.next(), words.next()) {
            (Some("HELP"), _, Some(text)) => help = text,
            // It follows the help line.
            (Some("TYPE"), Some(name), Some(kind)) => {
                let (ending, kind) = match kind {
                    "counter" => ("_total", kind),
                    "info" => ("_info", "gauge"),
                    _ => ("", kind),
                };
                older.extend(["# HELP ", name, ending, " ", help, "\n# TYPE ", name, ending, " ", kind, "\n"]);
            }
            _ => {}
        }
    }
    older
}

fn collect(metrics: &Metrics, hub: &Hub, connections: Option<ConnectionUsage>) -> Vec<Metric> {
    let tally = hub.counters();
    let (replays, listed) = (hub.len(), hub.listed_count());
    let commands = tally.commands().flat_map(|(name, [applied, refused])| {
        [("applied", applied), ("refused", refused)].map(|(outcome, times)| {
            (vec![("command", Cow::Borrowed(name)), ("outcome", Cow::Borrowed(outcome))], times)
        })
    });
    let refusals = metrics.refusals.lock().clone();
    let refusals = refusals.into_iter().map(|(code, times)| (one_label("code", code), times));
    let requests = metrics.requests.lock().clone();
    let requests = requests
        .into_iter()
        .map(|((route, class), times)| (vec![("route", route), ("status", Cow::Owned(format!("{class}xx")))], times));
    let gauge = |value: f64| Samples::Gauge(vec![(Labels::new(), value)]);
    let counter = |times: &AtomicU64| Samples::Counter(vec![(Labels::new(), times.load(Ordering::Relaxed))]);
    let by_transport = |of: fn(&super::TransportCounters) -> &AtomicU64| {
        TRANSPORTS.map(|(framing, word)| {
            (one_label("transport", word), of(metrics.transport_counters(framing)).load(Ordering::Relaxed))
        })
    };
    let subscribers = by_transport(|it| &it.subscribers).map(|(labels, count)| (labels, count as f64));
    let by_kind = [("shared", listed), ("private", replays.saturating_sub(listed))];
    let mut all = vec![
        Metric::new(
            "touchline_build",
            "The program that is running",
            Samples::Info(one_label("version", env!("CARGO_PKG_VERSION"))),
        ),
        Metric::new(
            "touchline_start_time",
            "When the server was bound, since 1970",
            gauge(unix_seconds(metrics.started)),
        )
        .in_unit(Unit::Seconds),
        Metric::new("touchline_subscribers", "Subscribers by transport", Samples::Gauge(subscribers.to_vec())),
        Metric::new(
            "touchline_subscribers_behind",
            "Subscribers now whose sockets are full",
            gauge(metrics.behind.load(Ordering::Relaxed) as f64),
        ),
        Metric::new(
            "touchline_largest_lag",
            "The largest number of released events that a subscriber with a full socket had not been sent, in the \
             last 15 to 30 seconds",
            gauge(metrics.lag.largest(runtime_now()).into()),
        )
        .in_unit(Unit::Other("events".to_owned())),
        Metric::new(
            "touchline_sent_frames",
            "Frames sent to subscribers, each once its last byte was taken",
            Samples::Counter(by_transport(|it| &it.frames).to_vec()),
        ),
        Metric::new(
            "touchline_sent",
            "Bytes that subscribers' sockets took: frames, response heads, keep-alives and close frames",
            Samples::Counter(by_transport(|it| &it.bytes).to_vec()),
        )
        .in_unit(Unit::Bytes),
        Metric::new(
            "touchline_stalled_readers",
            "Subscribers closed because they read nothing for too long",
            counter(&metrics.stalled),
        ),
        Metric::new(
            "touchline_resyncs",
            "Times that a subscriber lagged by more than a lap and was moved to the present",
            counter(&metrics.resyncs),
        ),
        lateness_metric(&hub.lateness()),
        Metric::new(
            "touchline_replays",
            "Replays now: shared, which are listed, and private",
            Samples::Gauge(by_kind.map(|(kind, count)| (one_label("kind", kind), count as f64)).to_vec()),
        ),
        Metric::new("touchline_replays_limit", "The limit of replays", gauge(hub.max_replays() as f64)),
        Metric::new("touchline_replays_opened", "Replays opened", counter(&tally.opened)),
        Metric::new("touchline_replays_closed", "Replays closed, or removed after their end", counter(&tally.closed)),
        Metric::new(
            "touchline_commands",
            "Commands to replays: applied, or valid but refused",
            Samples::Counter(commands.collect()),
        ),
        Metric::new(
            "touchline_steps_timed_out",
            "Steps over HTTP that timed out before all awaited subscribers had been sent them",
            counter(&metrics.steps_timed_out),
        ),
        Metric::new(
            "touchline_refusals",
            "Refusals by code: over HTTP, inside streams, and before a request is complete",
            Samples::Counter(refusals.collect()),
        ),
        Metric::new(
            "touchline_http_requests",
            "Requests answered, by route and class of status; streams count when they start",
            Samples::Counter(requests.collect()),
        ),
    ];
    if let Some(ConnectionUsage { in_use, over_limit, limit }) = connections {
        let over = "Connections over the limit, accepted only to be refused";
        all.extend([
            Metric::new("touchline_connections", "Connections within the limit", gauge(in_use as f64)),
            Metric::new("touchline_connections_standing", over, gauge(over_limit as f64)),
            Metric::new("touchline_connections_limit", "The limit of connections", gauge(limit as f64)),
        ]);
    }
    let offset = hub.shared_clock().offset_secs().map(|offset| (Labels::new(), offset));
    let help = "By how much the wall clock of the followed server is ahead of this one";
    all.push(
        Metric::new("touchline_clock_offset", help, Samples::Gauge(offset.into_iter().collect()))
            .in_unit(Unit::Seconds),
    );
    let help = "Memory of the process that is not swapped out";
    all.extend(
        resident_memory()
            .map(|bytes| Metric::new("process_resident_memory", help, gauge(bytes as f64)).in_unit(Unit::Bytes)),
    );
    all
}

fn one_label(label: &'static str, value: &'static str) -> Labels {
    vec![(label, Cow::Borrowed(value))]
}

fn lateness_metric(lateness: &Latency) -> Metric {
    let bounds = LATENESS_MICROS.map(Duration::from_micros);
    let seconds = bounds.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]);
    Metric::new(
        "touchline_lateness",
        "How late single events were, from due to first written; bounds are exact to one per cent",
        Samples::Histogram(seconds.zip(lateness.buckets(&bounds)).collect(), lateness.total().as_secs_f64()),
    )
    .in_unit(Unit::Seconds)
}

fn unix_seconds(time: SystemTime) -> f64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

/// The resident memory in bytes, from proc(5), `statm`: the second number, in pages. `None` if it cannot be read.
fn resident_memory() -> Option<usize> {
    let statm = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = statm.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size())
}

impl Collector for Exposition {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Metric { name, unit, help, samples } in &self.0 {
            let kind = match samples {
                Samples::Gauge(_) => MetricType::Gauge,
                Samples::Counter(_) => MetricType::Counter,
                Samples::Histogram(..) => MetricType::Histogram,
                Samples::Info(_) => MetricType::Info,
            };
            let mut metric = encoder.encode_descriptor(name, help, unit.as_ref(), kind)?;
            match samples {
                Samples::Gauge(samples) => {
                    encode_samples(&mut metric, samples, |metric, value| metric.encode_gauge(value))?
                }
                Samples::Counter(samples) => encode_samples(&mut metric, samples, |metric, times| {
                    metric.encode_counter::<NoLabelSet, u64, f64>(times, None)
                })?,
                Samples::Histogram(buckets, sum) => {
                    let count = buckets.iter().map(|(_, count)| count).sum();
                    metric.encode_histogram::<NoLabelSet>(*sum, count, buckets, None)?;
                }
                Samples::Info(labels) => metric.encode_info(labels)?,
            }
        }
        Ok(())
    }
}

/// Encodes each sample with its labels.
fn encode_samples<T>(
    metric: &mut MetricEncoder<'_>,
    samples: &[(Labels, T)],
    write: impl Fn(&mut MetricEncoder<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    samples.iter().try_for_each(|(labels, value)| {
        if labels.is_empty() { write(metric, value) } else { write(&mut metric.encode_family(labels)?, value) }
    })
}
