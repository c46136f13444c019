//! `/metrics`: parsed strictly, and compared to the byte with what subscribers have received.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::time::sleep;
use touchline::CloseCode;
use touchline::internals::hub::Framing;
use touchline::internals::server::{ConnectionUsage, Metrics, parse_parameters};
use touchline::playback::{Command, Speed};
use touchline::replay::{Hub, Opened, ReplayOptions, Stopping};
use touchline::scenario::{SHIPPED, Timeline};
use touchline::server::{Limits, Server, ServerBuilder, Timing};

use super::client_frame::{BINARY, FINAL, frame, text};
use super::pipes::{DELIVERY_MODES, Handshake, TestHub};
use super::wire::{FRAMINGS, Received, StreamDecoder};

/// A parsed OpenMetrics 1.0 page, by series. Strict: a violation of the standard is a panic.
struct Page(BTreeMap<String, f64>);

impl Page {
    fn read(text: &str) -> Self {
        let mut kinds = BTreeMap::new();
        let mut families = BTreeSet::new();
        let mut samples = BTreeMap::new();
        let mut family = String::new();
        let body = text.strip_suffix("# EOF\n").expect("an end");
        for line in body.lines() {
            if let Some(rest) = line.strip_prefix("# ") {
                let mut words = rest.splitn(3, ' ');
                let (what, name, rest) = (words.next(), words.next().expect("a name"), words.next().expect("a word"));
                if family != name {
                    assert!(families.insert(name.to_owned()), "a family stands in one place: {line}");
                    family = name.to_owned();
                }
                match what.expect("a word") {
                    "TYPE" => assert_eq!(kinds.insert(family.clone(), rest.to_owned()), None, "{line}"),
                    "HELP" => assert!(rest.len() > 10, "{line}"),
                    "UNIT" => assert!(name.ends_with(&format!("_{rest}")), "{line}"),
                    other => panic!("{other}: {line}"),
                }
                continue;
            }
            let (series, value) = line.rsplit_once(' ').expect("a sample");
            let (name, labels) = series.split_once('{').unwrap_or((series, "}"));
            assert!(!series.ends_with("{}"), "empty braces: {line}");
            let labels = labels.strip_suffix('}').expect("a brace");
            for label in labels.split("\",").filter(|label| !label.is_empty()) {
                let (label, value) = label.split_once("=\"").expect("a label");
                assert!(label.chars().all(|c| c.is_ascii_lowercase() || c == '_'), "{line}");
                assert!(!value.trim_end_matches('"').contains(['"', '\\', '\n']), "{line}");
            }
            let suffix = name.strip_prefix(&family).unwrap_or_else(|| panic!("of another family: {line}"));
            match (kinds.get(&family).expect("a type before its samples").as_str(), suffix) {
                ("gauge", "") | ("counter", "_total") | ("info", "_info") => {}
                ("histogram", "_sum" | "_count" | "_bucket") => {}
                (kind, suffix) => panic!("a {kind} with {suffix:?}: {line}"),
            }
            let value: f64 = value.parse().expect("a number");
            assert!(value >= 0.0, "{line}");
            assert_eq!(samples.insert(series.to_owned(), value), None, "twice: {line}");
        }
        for (family, _) in kinds.iter().filter(|(_, kind)| *kind == "histogram") {
            let start = format!("{family}_bucket{{le=\"");
            let mut buckets: Vec<(f64, f64)> = samples
                .iter()
                .filter_map(|(series, count)| {
                    let bound = series.strip_prefix(&start)?.strip_suffix("\"}").expect("one label");
                    Some((bound.replace('+', "").parse().expect("a bound"), *count))
                })
                .collect();
            buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
            assert!(buckets.is_sorted_by_key(|(_, count)| *count), "cumulative: {buckets:?}");
            let (last, count) = *buckets.last().expect("buckets");
            assert_eq!((last, count), (f64::INFINITY, samples[&format!("{family}_count")]));
            assert!(samples.contains_key(&format!("{family}_sum")));
        }
        Self(samples)
    }

    /// The value of a series. One with labels is absent, and so 0, until something is counted.
    fn get(&self, series: &str) -> u64 {
        let absent = series.contains('{').then_some(0.0);
        let value = self.0.get(series).copied().or(absent).unwrap_or_else(|| panic!("no {series}"));
        assert_eq!(value.fract(), 0.0, "{series}");
        value as u64
    }

    fn of(&self, name: &str, framing: Framing) -> u64 {
        let series = format!("{name}{{transport=\"{}\"}}", word(framing));
        assert!(self.0.contains_key(&series), "{series} is always there");
        self.get(&series)
    }

    /// The series that have risen since, without those that time alone changes.
    fn since(&self, before: &Self) -> BTreeMap<String, u64> {
        let risen = self.0.keys().map(|series| (series.clone(), self.get_rounded(series) - before.get_rounded(series)));
        risen.filter(|(_, by)| *by > 0.0).map(|(series, by)| (series, by as u64)).collect()
    }

    fn get_rounded(&self, series: &str) -> f64 {
        if series.starts_with("process_") { 0.0 } else { self.0.get(series).copied().unwrap_or(0.0).floor() }
    }
}

fn word(framing: Framing) -> &'static str {
    match framing {
        Framing::WebSocket => "websocket",
        Framing::Sse => "sse",
        Framing::Lines => "ndjson",
    }
}

fn flagship() -> Arc<Timeline> {
    Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")))
}

/// The number of `touchline.v1` frames among the bytes that a subscriber has received.
fn frames(framing: Framing, bytes: &[u8]) -> u64 {
    let mut decoder = StreamDecoder::of(framing);
    let received = decoder.feed(bytes);
    assert!(decoder.is_whole());
    received.iter().filter(|received| matches!(received, Received::Frame(..))).count() as u64
}

/// A subscriber's end of a pipe, and all bytes it has received.
struct Reader {
    framing: Framing,
    pipe: DuplexStream,
    received: Vec<u8>,
}

impl Reader {
    fn join(test_hub: &TestHub, opened: &Opened, framing: Framing, pipe: usize) -> Self {
        let mut join = parse_parameters("", &opened.replay.timeline()).expect("parameters");
        join.options.framing = framing;
        let (pipe, _) = test_hub.connect_with(&opened.replay, opened.control.clone(), join, pipe, Handshake::default());
        Self { framing, pipe, received: Vec::new() }
    }

    /// Reads the available bytes, at most this many.
    fn read(&mut self, most: usize) {
        let mut bytes = vec![0; most];
        let read = self.pipe.read(&mut bytes).now_or_never();
        self.received.extend_from_slice(&bytes[..read.map_or(0, |read| read.expect("readable"))]);
    }

    async fn read_all(&mut self) {
        let mut before = usize::MAX;
        while std::mem::replace(&mut before, self.received.len()) != self.received.len() {
            sleep(Duration::from_millis(1)).await;
            self.read(4 << 20);
        }
    }
}

fn at_max() -> ReplayOptions {
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::MAX;
    options
}

fn page(test_hub: &TestHub) -> Page {
    Page::read(&test_hub.metrics.page(&test_hub.hub, None))
}

fn for_each_mode(test: impl AsyncFn(TestHub)) {
    for mode in DELIVERY_MODES {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
        runtime.expect("a runtime").block_on(async { test(TestHub::new(mode)).await });
    }
}

#[test]
fn frame_and_byte_counters_equal_what_subscribers_received() {
    for_each_mode(async |test_hub| {
        let opened =
            test_hub.hub.open("main", flagship(), ReplayOptions { wait_for: 9, ..at_max() }).expect("a replay");
        // Per framing a pipe that holds everything, a small one and a tiny one.
        let mut readers = Vec::new();
        for (framing, pipe) in
            FRAMINGS.iter().flat_map(|framing| [(*framing, 4 << 20), (*framing, 5_003), (*framing, 61)])
        {
            readers.push(Reader::join(&test_hub, &opened, framing, pipe));
        }
        sleep(Duration::from_millis(10)).await;
        let behind = page(&test_hub);
        for framing in FRAMINGS {
            assert_eq!(behind.of("touchline_subscribers", framing), 3);
        }
        assert_eq!(behind.get("touchline_subscribers_behind"), 6);
        // The smallest pipes have received only part of hello.
        let cues = opened.replay.timeline().cues().len() as u64;
        assert_eq!(behind.get("touchline_largest_lag_events"), cues);
        for step in 0..2_000 {
            for (place, reader) in readers.iter_mut().enumerate() {
                reader.read(1 + (step * 37 + place * 11) % 997);
            }
            sleep(Duration::from_millis(1)).await;
        }
        for reader in &mut readers {
            reader.read_all().await;
        }
        let after = page(&test_hub);
        assert_counted(&after, &readers);
        assert_eq!(after.get("touchline_subscribers_behind"), 0);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(page(&test_hub).get("touchline_largest_lag_events"), 0, "it is forgotten");
        drop(readers);
        sleep(Duration::from_secs(60)).await;
        assert_eq!(FRAMINGS.map(|framing| page(&test_hub).of("touchline_subscribers", framing)), [0; 3]);
    });
}

#[test]
fn bytes_written_before_a_subscriber_detaches_are_counted_exactly() {
    for_each_mode(async |test_hub| {
        let mut options = ReplayOptions { wait_for: 6, ..ReplayOptions::default() };
        options.playback.speed = Speed::new(2_000.0).expect("a speed");
        let opened = test_hub.hub.open("main", flagship(), options).expect("a replay");
        // They read about as fast as frames are sent: sometimes they are grouped, sometimes a chunk does not fit their pipes.
        let pipes = FRAMINGS.iter().flat_map(|framing| [(*framing, 613), (*framing, 1_009)]);
        let mut readers: Vec<Reader> =
            pipes.map(|(framing, pipe)| Reader::join(&test_hub, &opened, framing, pipe)).collect();
        let mut changes = 0;
        let mut behind = 0;
        for step in 0..500 {
            sleep(Duration::from_millis(10)).await;
            for (place, reader) in readers.iter_mut().enumerate() {
                reader.read(1 + (step * 37 + place * 11) % 570);
            }
            let now = page(&test_hub).get("touchline_subscribers_behind");
            changes += u64::from(std::mem::replace(&mut behind, now) != now);
        }
        assert!(changes > 50, "{changes}");
        for reader in &mut readers {
            reader.read_all().await;
        }
        assert_counted(&page(&test_hub), &readers);
    });
}

/// Asserts that the counters equal what subscribers have received, all at frame boundaries.
fn assert_counted(page: &Page, readers: &[Reader]) {
    for framing in FRAMINGS {
        let of = || readers.iter().filter(|reader| reader.framing == framing);
        let bytes: usize = of().map(|reader| reader.received.len()).sum();
        let received: u64 = of().map(|reader| frames(framing, &reader.received)).sum();
        assert!(received > 100 * of().count() as u64, "{received} frames");
        assert_eq!(page.of("touchline_sent_bytes_total", framing), bytes as u64, "{framing:?}");
        assert_eq!(page.of("touchline_sent_frames_total", framing), received, "{framing:?}");
    }
}

#[test]
fn commands_and_rejections_on_a_stream_are_counted_once() {
    for_each_mode(async |test_hub| {
        let paused = || {
            let mut options = at_max();
            options.playback.paused = true;
            options
        };
        let opened = test_hub.hub.open("main", flagship(), paused()).expect("a replay");
        let mut reader = Reader::join(&test_hub, &opened, Framing::WebSocket, 4 << 20);
        reader.read_all().await;
        for (input, risen) in [
            (r#"{"command":"speed","to":7}"#, r#"touchline_commands_total{command="speed",outcome="applied"}"#),
            (
                r#"{"command":"seek","to":"next:shootout"}"#,
                r#"touchline_commands_total{command="seek",outcome="refused"}"#,
            ),
            (r#"{"command":"sek"}"#, r#"touchline_refusals_total{code="unknown_command"}"#),
            (r#"{"command":"ack","n":99999}"#, r#"touchline_refusals_total{code="bad_argument"}"#),
            (r#"{"command":"subscribe","types":["gaol"]}"#, r#"touchline_refusals_total{code="unknown_type"}"#),
            ("{", r#"touchline_refusals_total{code="bad_json"}"#),
        ] {
            let before = page(&test_hub);
            reader.pipe.write_all(&text(input.as_bytes())).await.expect("sent");
            reader.read_all().await;
            let since = page(&test_hub).since(&before);
            assert_eq!(since.get(risen), Some(&1), "{input}: {since:?}");
            let others = since.keys().filter(|series| !series.starts_with("touchline_sent_")).count();
            // A refused command also counts as a rejection.
            assert_eq!(others, 1 + usize::from(risen.contains("outcome=\"refused\"")), "{input}: {since:?}");
        }
        for (broken, code) in [
            (frame(FINAL | BINARY, b"abc"), "not_text"),
            (text(b"\xff"), "not_utf8"),
            (frame(FINAL | 3, b""), "protocol"),
        ] {
            let mut reader = Reader::join(&test_hub, &opened, Framing::WebSocket, 4 << 20);
            reader.read_all().await;
            let before = page(&test_hub);
            reader.pipe.write_all(&broken).await.expect("sent");
            reader.read_all().await;
            let since = page(&test_hub).since(&before);
            assert_eq!(since.get(&*format!("touchline_refusals_total{{code=\"{code}\"}}")), Some(&1), "{since:?}");
        }
    });
}

#[test]
fn a_stalled_subscriber_is_disconnected_and_counted() {
    for_each_mode(async |test_hub| {
        let opened = test_hub.hub.open("main", flagship(), at_max()).expect("a replay");
        let _reader = Reader::join(&test_hub, &opened, Framing::Lines, 61);
        sleep(Duration::from_secs(19)).await;
        // It stays behind, and is reported so while nothing else happens.
        let scraped = page(&test_hub);
        assert_eq!(
            (scraped.get("touchline_subscribers_behind"), scraped.get("touchline_stalled_readers_total")),
            (1, 0)
        );
        sleep(Timing::default().stall).await;
        let scraped = page(&test_hub);
        assert_eq!(
            (scraped.get("touchline_subscribers_behind"), scraped.get("touchline_stalled_readers_total")),
            (0, 1)
        );
        assert_eq!(scraped.of("touchline_subscribers", Framing::Lines), 0);
    });
}

#[test]
fn lag_grows_while_a_subscriber_reads_nothing() {
    for_each_mode(async |test_hub| {
        let mut options = ReplayOptions::default();
        options.playback.speed = Speed::new(60.0).expect("a speed");
        let opened = test_hub.hub.open("main", flagship(), options).expect("a replay");
        sleep(Duration::from_millis(1)).await;
        let head = || opened.replay.status(tokio::time::Instant::now().into_std()).playhead.head;
        let (_reader, joined) = (Reader::join(&test_hub, &opened, Framing::Sse, 61), head());
        sleep(Duration::from_secs(12)).await;
        opened.control.apply(Command::Pause).await.expect("applied");
        // Timers are checked at least once a second.
        sleep(Duration::from_millis(1_100)).await;
        let lag = head() - joined;
        assert!(lag > 5);
        assert_eq!(page(&test_hub).get("touchline_largest_lag_events"), u64::from(lag));
    });
}

#[test]
fn each_subscriber_lagging_past_a_lap_is_counted() {
    for_each_mode(async |test_hub| {
        let opened =
            test_hub.hub.open("main", flagship(), ReplayOptions { wait_for: 3, ..at_max() }).expect("a replay");
        opened.control.apply(Command::Loop(true)).await.expect("applied");
        let mut readers: Vec<Reader> =
            [61, 61, 4_000].map(|pipe| Reader::join(&test_hub, &opened, Framing::Lines, pipe)).into();
        let mut resyncs = 0;
        for round in 0..60 {
            sleep(Duration::from_millis(300)).await;
            readers[round % 2].read(40_000);
            readers[2].read(1_000_000);
        }
        for reader in &readers {
            let text = String::from_utf8_lossy(&reader.received);
            resyncs += text.matches(r#""cause":"resync""#).count() as u64;
        }
        let counted = page(&test_hub).get("touchline_resyncs_total");
        // The resync frame of a subscriber already counted may not have been sent yet.
        assert!(resyncs > 0 && (resyncs..=resyncs + 3).contains(&counted), "{counted} counted, {resyncs} sent");
    });
}

#[test]
fn the_lateness_histogram_holds_every_scheduled_event() {
    for_each_mode(async |test_hub| {
        let options = ReplayOptions { wait_for: 1, ..ReplayOptions::default() };
        let opened = test_hub.hub.open("main", flagship(), options).expect("a replay");
        opened.control.apply(Command::Speed(Speed::new(60.0).expect("a speed"))).await.expect("applied");
        let mut reader = Reader::join(&test_hub, &opened, Framing::Lines, 4 << 20);
        sleep(Duration::from_secs(600)).await;
        reader.read_all().await;
        // All but the events at the very beginning, which are sent at the start.
        let events = String::from_utf8_lossy(&reader.received).matches(r#"{"kind":"event""#).count() as u64;
        let timeline = opened.replay.timeline();
        let cues = timeline.cues();
        let at_once = cues.iter().filter(|cue| cue.at == cues[0].at).count() as u64;
        let scraped = page(&test_hub);
        let counted = scraped.get("touchline_lateness_seconds_count");
        assert!(events == cues.len() as u64 && (events - at_once..=events).contains(&counted), "{counted} of {events}");
        // Under virtual time lateness stays within the resolution of tokio's timer, a millisecond.
        assert_eq!(scraped.get(r#"touchline_lateness_seconds_bucket{le="0.0025"}"#), counted);
        assert!(scraped.0["touchline_lateness_seconds_sum"] < 0.002 * counted as f64);
    });
}

#[tokio::test(start_paused = true)]
async fn replay_counters_follow_opens_and_closes() {
    let (hub, metrics) = (Hub::new(), Metrics::default());
    let page = || Page::read(&metrics.page(&hub, None));
    let counts = || {
        let page = page();
        let kind = |kind: &str| page.get(&format!("touchline_replays{{kind=\"{kind}\"}}"));
        let [opened, closed] = ["opened", "closed"].map(|what| page.get(&format!("touchline_replays_{what}_total")));
        (kind("shared"), kind("private"), opened, closed)
    };
    assert_eq!(counts(), (0, 0, 0, 0));
    let listed = || ReplayOptions { listed: true, ..ReplayOptions::default() };
    hub.open("a", flagship(), listed()).expect("a replay");
    hub.open("b", flagship(), listed()).expect("a replay");
    let private = hub.open_with_random_name(flagship(), ReplayOptions::default()).expect("a replay");
    assert!(hub.open("a", flagship(), listed()).is_err());
    assert_eq!(counts(), (2, 1, 3, 0));
    let a = hub.get("a").expect("a replay").0;
    assert!(hub.close(&a) && !hub.close(&a));
    assert_eq!(counts(), (1, 1, 3, 1));
    private.replay.stop(Stopping { code: CloseCode::Gone, drain: false });
    sleep(Duration::from_millis(10)).await;
    assert_eq!(counts(), (1, 0, 3, 2));
    assert_eq!(page().get("touchline_replays_limit"), hub.max_replays() as u64);
}

/// Sends a request and returns everything received until the connection ends.
async fn ask(address: SocketAddr, request: &str) -> Vec<u8> {
    let mut socket = TcpStream::connect(address).await.expect("connected");
    socket.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut answer))
        .await
        .expect("in time")
        .expect("answered");
    answer
}

async fn get(address: SocketAddr, path: &str, headers: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{headers}connection: close\r\n\r\n");
    String::from_utf8(ask(address, &request).await).expect("text")
}

const OPENMETRICS: &str = "accept: application/openmetrics-text; version=1.0.0\r\n";

async fn scrape(address: SocketAddr) -> Page {
    let answer = get(address, "/metrics", OPENMETRICS).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.contains("application/openmetrics-text; version=1.0.0"),
        "{head}"
    );
    Page::read(body)
}

const UPGRADE: &str = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
                       sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

async fn serve(options: ServerBuilder, replay: ReplayOptions) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let server = options.bind(([127, 0, 0, 1], 0).into()).await.expect("bound");
    server.hub().open("main", flagship(), replay).expect("a replay");
    let address = server.address();
    let serving = tokio::spawn(async move { server.run(std::future::pending()).await.expect("served") });
    (address, serving)
}

#[tokio::test]
async fn a_whole_match_over_sockets_is_counted_exactly() {
    for delivery_loop in [true, false] {
        let options = Server::builder().delivery_loop(delivery_loop);
        let (address, serving) =
            serve(options, ReplayOptions { wait_for: 3, once: true, listed: true, ..at_max() }).await;
        let asks = [("/ws", UPGRADE), ("/events", ""), ("/events.ndjson", "")].map(|(path, headers)| {
            let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{headers}\r\n");
            tokio::spawn(async move {
                let mut socket = TcpStream::connect(address).await.expect("connected");
                socket.write_all(request.as_bytes()).await.expect("sent");
                let (mut received, mut chunk) = (Vec::new(), [0; 4096]);
                // Until the close; the server ends its side once this one has left.
                while let Ok(read @ 1..) = socket.read(&mut chunk).await {
                    received.extend_from_slice(&chunk[..read]);
                }
                received
            })
        });
        let mut received = Vec::new();
        for (ask, framing) in asks.into_iter().zip(FRAMINGS) {
            let bytes = tokio::time::timeout(Duration::from_secs(20), ask).await.expect("in time").expect("received");
            let head = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
            received.push((framing, bytes.len() as u64, frames(framing, &bytes[head..])));
        }
        let page = scrape(address).await;
        for (framing, bytes, frames) in received {
            assert!(frames > 100);
            assert_eq!(page.of("touchline_sent_frames_total", framing), frames, "{framing:?}");
            assert_eq!(page.of("touchline_sent_bytes_total", framing), bytes, "{framing:?}");
        }
        for (route, status) in [("/ws", "1xx"), ("/events", "2xx"), ("/events.ndjson", "2xx")] {
            let series = format!("touchline_http_requests_total{{route=\"{route}\",status=\"{status}\"}}");
            assert_eq!(page.get(&series), 1, "{series}");
        }
        assert!(page.0["touchline_start_time_seconds"] > 1e9);
        assert_eq!(page.0[&format!("touchline_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"))], 1.0);
        #[cfg(target_os = "linux")]
        assert!(page.get("process_resident_memory_bytes") > 1 << 20);
        serving.abort();
    }
}

#[test]
fn the_metrics_page_lists_exactly_the_exposed_metrics() {
    for_each_mode(async |test_hub| {
        let connections = ConnectionUsage { in_use: 1, over_limit: 0, limit: 2 };
        let text = test_hub.metrics.page(&test_hub.hub, Some(connections));
        let exposed: BTreeSet<(&str, &str)> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
        let docs = include_str!("../../docs/operations.md");
        let listed = docs.lines().filter_map(|line| {
            let (series, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
            let kind = rest.split_once(" | ")?.0;
            let name = series.split('{').next().expect("a name");
            Some((name.trim_end_matches("_total").trim_end_matches("_info"), kind))
        });
        let listed: BTreeSet<(&str, &str)> = listed.collect();
        assert_eq!(listed, exposed);
    });
}

#[tokio::test]
async fn each_refusal_is_counted_once_under_its_route() {
    for delivery_loop in [true, false] {
        let limits = Limits { body_bytes: 1_000, head_time: Duration::from_millis(300), ..Limits::default() };
        let options = Server::builder().delivery_loop(delivery_loop).limits(limits);
        let mut replay = at_max();
        replay.playback.paused = true;
        let (address, serving) = serve(options, replay).await;
        let request = |line: &str, headers: &str, body: &str| {
            let length = body.len();
            format!(
                "{line} HTTP/1.1\r\nhost: {address}\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n{body}"
            )
        };
        let upgrade = |path: &str| format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{UPGRADE}\r\n");
        let command = "POST /api/replays/main/command";
        for (asked, code, route, status) in [
            (request("GET /state", "origin: https://evil.example\r\n", ""), "forbidden", "other", "4xx"),
            (request("GET /events", "origin: https://evil.example\r\n", ""), "forbidden", "/events", "4xx"),
            ("GET / HTTP/1.1\r\nhost: evil.example\r\nconnection: close\r\n\r\n".into(), "forbidden", "other", "4xx"),
            (request("GET /api/replays/nobody", "", ""), "unknown_replay", "/api/replays/{replay}", "4xx"),
            (request("GET /r/nobody/state", "", ""), "unknown_replay", "/r/{replay}/state", "4xx"),
            (request("GET /r/nobody/events", "", ""), "unknown_replay", "/r/{replay}/events", "4xx"),
            (upgrade("/r/nobody/ws"), "unknown_replay", "/r/{replay}/ws", "1xx"),
            (upgrade("/ws?typs=goal"), "bad_parameter", "/ws", "1xx"),
            (request("GET /ws", "", ""), "upgrade_required", "/ws", "4xx"),
            (request(command, "", &"x".repeat(1_001)), "too_long", "/api/replays/{replay}/command", "4xx"),
            (request(command, "", "sek"), "unknown_command", "/api/replays/{replay}/command", "4xx"),
            (request("GET /a/path/of/the/visitors/choice", "", ""), "not_found", "other", "4xx"),
            (request("PUT /state", "", ""), "method_not_allowed", "/state", "4xx"),
        ] {
            let before = scrape(address).await;
            ask(address, &asked).await;
            let mut since = scrape(address).await.since(&before);
            // The scrape itself.
            assert_eq!(since.remove(r#"touchline_http_requests_total{route="/metrics",status="2xx"}"#), Some(1));
            // A refused connection may still be closing.
            since.remove("touchline_connections");
            let expected = [
                (format!("touchline_refusals_total{{code=\"{code}\"}}"), 1),
                (format!("touchline_http_requests_total{{route=\"{route}\",status=\"{status}\"}}"), 1),
            ];
            assert_eq!(since, BTreeMap::from(expected), "{asked}");
        }
        for (input, code) in [
            ("GET / HT", "head_too_slow"),
            ("", "head_too_slow"),
            ("what is this\r\n\r\n", "bad_request"),
            (&format!("GET /{} HTTP/1.1\r\n", "x".repeat(100_000)), "head_too_long"),
        ] {
            let before = scrape(address).await;
            let mut socket = TcpStream::connect(address).await.expect("connected");
            socket.write_all(input.as_bytes()).await.expect("sent");
            let series = format!("touchline_refusals_total{{code=\"{code}\"}}");
            let counted = async {
                // The scrape itself is served at once and does not count here.
                while scrape(address).await.get(&series) == before.get(&series) {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            tokio::time::timeout(Duration::from_secs(10), counted).await.unwrap_or_else(|_| panic!("{code}"));
            drop(socket);
            assert_eq!(scrape(address).await.get(&series), before.get(&series) + 1, "{code}");
        }
        let before = scrape(address).await;
        ask(address, &request(command, "", r#"{"command":"step","wait_for":1,"timeout":"10ms"}"#)).await;
        let since = scrape(address).await.since(&before);
        assert_eq!(since.get("touchline_steps_timed_out_total"), Some(&1), "{since:?}");
        let answer = get(address, "/metrics", "origin: https://evil.example\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        assert!(!get(address, "/healthz", "").await.contains("404"));
        serving.abort();
    }
}

#[tokio::test]
async fn metrics_show_that_the_connection_limit_is_reached() {
    for delivery_loop in [true, false] {
        let limits = Limits { connections: 2, ..Limits::default() };
        let options = Server::builder().delivery_loop(delivery_loop).limits(limits);
        let (address, serving) = serve(options, ReplayOptions::default()).await;
        let mut held = Vec::new();
        for _ in 0..2 {
            let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{address}/ws")).await.expect("let in");
            futures::StreamExt::next(&mut socket).await.expect("hello").expect("hello");
            held.push(socket);
        }
        assert!(get(address, "/state", "").await.starts_with("HTTP/1.1 503 "));
        let opens = format!("GET /events?speed=max HTTP/1.1\r\nhost: {address}\r\n\r\n");
        assert!(ask(address, &opens).await.starts_with(b"HTTP/1.1 503 "));
        let places =
            |page: &Page| ["", "_standing", "_limit"].map(|what| page.get(&format!("touchline_connections{what}")));
        // The scrape itself is counted, and refused connections until they are closed.
        let all_have_left = async {
            loop {
                let page = scrape(address).await;
                if places(&page) == [2, 1, 2] {
                    break page;
                }
            }
        };
        let page = tokio::time::timeout(Duration::from_secs(10), all_have_left).await.expect("in time");
        assert_eq!(page.get(r#"touchline_refusals_total{code="full"}"#), 2);
        assert_eq!(page.get("touchline_replays_opened_total"), 1, "who has no place opens nothing");
        serving.abort();
    }
}

#[tokio::test]
async fn failed_tls_handshakes_are_counted_by_kind() {
    let tls = touchline::server::Tls::self_signed(&["localhost".to_owned()]).expect("a certificate");
    let limits = Limits { head_time: Duration::from_millis(300), ..Limits::default() };
    let server = Server::builder().tls(tls).limits(limits).bind(([127, 0, 0, 1], 0).into()).await.expect("bound");
    let (address, hub, metrics) = (server.address(), server.hub().clone(), server.metrics().clone());
    let serving = tokio::spawn(server.run(std::future::pending()));
    for (input, code) in [
        (&b"GET / HTTP/1.1\r\n\r\n"[..], "tls_required"),
        (&[0x16, 9, 9, 9, 9, 9, 9, 9, 9], "tls_handshake"),
        (&[0x16], "head_too_slow"),
    ] {
        let mut socket = TcpStream::connect(address).await.expect("connected");
        socket.write_all(input).await.expect("sent");
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(10), socket.read_to_end(&mut answer)).await.expect("in time");
        let series = format!("touchline_refusals_total{{code=\"{code}\"}}");
        let counted = async {
            while Page::read(&metrics.page(&hub, None)).get(&series) != 1 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), counted).await.unwrap_or_else(|_| panic!("{code}"));
    }
    drop(TcpStream::connect(address).await.expect("connected"));
    let page = Page::read(&metrics.page(&hub, None));
    let refusals: u64 =
        page.0.keys().filter(|series| series.starts_with("touchline_refusals")).map(|it| page.get(it)).sum();
    assert_eq!(refusals, 3);
    serving.abort();
}

/// A parsed page in Prometheus' text format 0.0.4, by series. Strict, as [`Page::read`] is.
fn read_older(text: &str) -> BTreeMap<String, f64> {
    let mut kinds: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut helped, mut samples) = (BTreeSet::new(), BTreeMap::new());
    for line in text.lines() {
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        match words[..] {
            ["#", "HELP", name, help] => assert!(helped.insert(name) && help.len() > 10, "{line}"),
            ["#", "TYPE", name, kind @ ("counter" | "gauge" | "histogram")] => {
                assert!(helped.contains(name) && kinds.insert(name, kind).is_none(), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
            }
            ["#", ..] => panic!("{line}"),
            _ => {
                let (series, value) = line.rsplit_once(' ').expect("a sample");
                let name = series.split('{').next().unwrap_or(series);
                let of_histogram = ["_bucket", "_sum", "_count"].iter().filter_map(|ending| name.strip_suffix(ending));
                let typed = kinds.contains_key(name)
                    || of_histogram.into_iter().any(|name| kinds.get(name) == Some(&"histogram"));
                assert!(typed, "of no type: {line}");
                assert_eq!(samples.insert(series.to_owned(), value.parse().expect("a number")), None, "twice: {line}");
            }
        }
    }
    samples
}

#[tokio::test]
async fn the_metrics_format_is_negotiated_and_both_hold_the_same_values() {
    let (address, serving) = serve(Server::builder(), at_max()).await;
    get(address, "/state", "").await;
    scrape(address).await;
    let opens = "GET /events.ndjson HTTP/1.1\r\nhost: x\r\n\r\n".replace("host: x", &format!("host: {address}"));
    let mut reader = TcpStream::connect(address).await.expect("connected");
    reader.write_all(opens.as_bytes()).await.expect("asked");
    reader.read_u8().await.expect("it is served");
    let newer = scrape(address).await;
    let answer = get(address, "/metrics", "accept: text/plain;version=0.0.4, */*;q=0.1\r\n").await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let head = head.to_lowercase();
    assert!(head.contains("content-type: text/plain; version=0.0.4; charset=utf-8\r\n"), "{head}");
    assert!(head.lines().any(|line| line.starts_with("vary:") && line.contains("accept")), "{head}");
    let older = read_older(body);
    assert!(older.keys().eq(newer.0.keys()), "the same series:\n{body}");
    assert_eq!(older["touchline_replays_opened_total"], newer.0["touchline_replays_opened_total"]);
    assert!(older.keys().any(|series| series.starts_with("touchline_build_info{version=")));
    assert!(!body.contains("# EOF") && !body.contains("# UNIT"), "{body}");
    for other in ["", "accept: */*\r\n", "accept: text/html\r\n", "accept: application/openmetrics-text;q=0\r\n"] {
        read_older(get(address, "/metrics", other).await.split_once("\r\n\r\n").expect("a head").1);
    }
    serving.abort();
}
