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
    let events = || Some(Unit::Other("events".to_owned()));
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
    let gauge = |name, help, value: usize| Metric {
        name,
        unit: None,
        help,
        samples: Samples::Gauge(vec![(Labels::new(), value as f64)]),
    };
    let counter =
        |name, help, times| Metric { name, unit: None, help, samples: Samples::Counter(vec![(Labels::new(), times)]) };
    let by_transport = |of: fn(&super::TransportCounters) -> &AtomicU64| {
        TRANSPORTS.map(|(framing, word)| {
            (one_label("transport", word), of(metrics.transport_counters(framing)).load(Ordering::Relaxed))
        })
    };
    let mut all = vec![
        Metric {
            name: "touchline_build",
            unit: None,
            help: "The program that is running",
            samples: Samples::Info(one_label("version", env!("CARGO_PKG_VERSION"))),
        },
        Metric {
            name: "touchline_start_time",
            unit: Some(Unit::Seconds),
            help: "When the server was bound, since 1970",
            samples: Samples::Gauge(vec![(Labels::new(), unix_seconds(metrics.started))]),
        },
        Metric {
            name: "touchline_subscribers",
            unit: None,
            help: "Subscribers by transport",
            samples: Samples::Gauge(
                by_transport(|it| &it.subscribers).map(|(labels, count)| (labels, count as f64)).to_vec(),
            ),
        },
        gauge(
            "touchline_subscribers_behind",
            "Subscribers now whose sockets are full",
            usize::try_from(metrics.behind.load(Ordering::Relaxed)).unwrap_or(usize::MAX),
        ),
        Metric {
            name: "touchline_largest_lag",
            unit: events(),
            help: "The largest number of released events that a subscriber with a full socket had not been sent, in the \
                   last 15 to 30 seconds",
            samples: Samples::Gauge(vec![(Labels::new(), metrics.lag.largest(runtime_now()).into())]),
        },
        Metric {
            name: "touchline_sent_frames",
            unit: None,
            help: "Frames sent to subscribers, each once its last byte was taken",
            samples: Samples::Counter(by_transport(|it| &it.frames).to_vec()),
        },
        Metric {
            name: "touchline_sent",
            unit: Some(Unit::Bytes),
            help: "Bytes that subscribers' sockets took: frames, response heads, keep-alives and close frames",
            samples: Samples::Counter(by_transport(|it| &it.bytes).to_vec()),
        },
        counter(
            "touchline_stalled_readers",
            "Subscribers closed because they read nothing for too long",
            metrics.stalled.load(Ordering::Relaxed),
        ),
        counter(
            "touchline_resyncs",
            "Times that a subscriber lagged by more than a lap and was moved to the present",
            metrics.resyncs.load(Ordering::Relaxed),
        ),
        lateness_metric(&hub.lateness()),
        Metric {
            name: "touchline_replays",
            unit: None,
            help: "Replays now: shared, which are listed, and private",
            samples: Samples::Gauge(vec![
                (one_label("kind", "shared"), listed as f64),
                (one_label("kind", "private"), replays.saturating_sub(listed) as f64),
            ]),
        },
        gauge("touchline_replays_limit", "The limit of replays", hub.max_replays()),
        counter("touchline_replays_opened", "Replays opened", tally.opened()),
        counter("touchline_replays_closed", "Replays closed, or removed after their end", tally.closed()),
        Metric {
            name: "touchline_commands",
            unit: None,
            help: "Commands to replays: applied, or valid but refused",
            samples: Samples::Counter(commands.collect()),
        },
        counter(
            "touchline_steps_timed_out",
            "Steps over HTTP that timed out before all awaited subscribers had been sent them",
            metrics.steps_timed_out.load(Ordering::Relaxed),
        ),
        Metric {
            name: "touchline_refusals",
            unit: None,
            help: "Refusals by code: over HTTP, inside streams, and before a request is complete",
            samples: Samples::Counter(refusals.collect()),
        },
        Metric {
            name: "touchline_http_requests",
            unit: None,
            help: "Requests answered, by route and class of status; streams count when they start",
            samples: Samples::Counter(requests.collect()),
        },
    ];
    if let Some(ConnectionUsage { in_use, over_limit, limit }) = connections {
        all.extend([
            gauge("touchline_connections", "Connections within the limit", in_use),
            gauge(
                "touchline_connections_standing",
                "Connections over the limit, accepted only to be refused",
                over_limit,
            ),
            gauge("touchline_connections_limit", "The limit of connections", limit),
        ]);
    }
    all.extend(resident_memory().map(|bytes| Metric {
        name: "process_resident_memory",
        unit: Some(Unit::Bytes),
        help: "Memory of the process that is not swapped out",
        samples: Samples::Gauge(vec![(Labels::new(), bytes as f64)]),
    }));
    all
}

fn one_label(label: &'static str, value: &'static str) -> Labels {
    vec![(label, Cow::Borrowed(value))]
}

fn lateness_metric(lateness: &Latency) -> Metric {
    let bounds = LATENESS_MICROS.map(Duration::from_micros);
    let seconds = bounds.iter().map(Duration::as_secs_f64).chain([f64::INFINITY]);
    Metric {
        name: "touchline_lateness",
        unit: Some(Unit::Seconds),
        help: "How late single events were, from due to first written; bounds are exact to one per cent",
        samples: Samples::Histogram(seconds.zip(lateness.buckets(&bounds)).collect(), lateness.total().as_secs_f64()),
    }
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
