//! `touchline serve`: plays scenarios to whoever subscribes.

use std::io::{IsTerminal, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use touchline::error::{Error, Result};
use touchline::hub::{Opened, ReplayOptions};
use touchline::playback::Options;
use touchline::scenario::{SHIPPED, Scenario, Timeline};
use touchline::server::{self, Limits, Server, ServerOptions};

use super::Failure;
use super::narrate::narrate;
use super::playing::{self, Plan, Playing, in_words, lay_out, speed_in_words};
use super::print::{count, harmless, out};
use super::signals::Signals;
use super::teller::Teller;

/// Where it is served unless somebody says otherwise.
const PORT: u16 = 8089;
/// What the demo plays by: half-time shortened, and time to look before goals.
const DEMO_PACE: &str = "break=5s+goal:lead=1m,speed=10";
/// How long an end is shown before the next lap.
const HOLD: Duration = Duration::from_secs(20);

/// Plays scenarios to whoever subscribes.
///
/// Without a scenario and a speed it is a demo: it waits for the first subscriber, plays the match at 60x with half-time
/// shortened and slower before the goal, and begins again. Otherwise it begins at once and stays up at the end.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline serve juv --speed 120 --from 80:00
  touchline serve serie-a --pace highlights --loop
  touchline serve a.jsonl b.jsonl --wait-for 2 --once
  touchline serve var --port 0 --ready-file ready.json")]
pub struct Args {
    #[command(flatten)]
    pub playing: Playing,
    /// The address and port to serve on [default: 127.0.0.1:8089]
    #[arg(long, value_name = "ADDR:PORT", value_parser = address, conflicts_with = "port")]
    listen: Option<SocketAddr>,
    /// The port to serve on, for this machine only; 0 takes a free one
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Begin again at each end
    #[arg(long = "loop", conflicts_with = "once")]
    looping: bool,
    /// How long the end is shown before that [default: 20s]
    #[arg(long, value_name = "D", value_parser = playing::pause)]
    hold: Option<Duration>,
    /// Begin paused, for somebody to press play
    #[arg(long)]
    paused: bool,
    /// Begin when so many have subscribed
    #[arg(long, value_name = "N")]
    wait_for: Option<usize>,
    /// Play once: exit when everyone has received everything
    #[arg(long)]
    once: bool,
    /// Write one line of JSON to this file as soon as subscribers may come
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// How many MiB of encoded events are kept, of all matches together; the rest is encoded when it is needed
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=65_536))]
    frame_memory: u32,
    /// Let pages of another origin look, as https://scores.example; may be repeated
    #[arg(long, value_name = "URL", value_parser = origin)]
    allow_origin: Vec<String>,
    /// Answer to another name, as scores.example; may be repeated
    #[arg(long, value_name = "NAME")]
    allow_host: Vec<String>,
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let name = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    name.as_deref()
        .unwrap_or(text)
        .parse()
        .map_err(|_| format!("{text:?} is no address with a port: write 127.0.0.1:8089, 0.0.0.0:8089 or [::1]:8089"))
}

fn origin(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest.map(|rest| rest.trim_end_matches('/')) {
        Some(host) if !host.is_empty() && !host.contains(['/', ' ', '?', '#']) => Ok(text.to_owned()),
        _ => Err(format!("{text:?} is no origin: write https://scores.example or http://127.0.0.1:3000")),
    }
}

impl Args {
    /// Whether nothing was said about what to play and how fast.
    fn is_demo(&self) -> bool {
        let Playing { scenarios, speed, pace, fit, .. } = &self.playing;
        scenarios.is_empty() && speed.is_none() && pace.is_empty() && fit.is_none()
    }

    fn looping(&self) -> bool {
        self.looping || self.is_demo() && !self.once
    }

    /// How many subscribers it waits for.
    fn wait_for(&self) -> usize {
        self.wait_for.unwrap_or(usize::from(self.is_demo()))
    }

    fn address(&self) -> SocketAddr {
        self.listen.unwrap_or_else(|| (Ipv4Addr::LOCALHOST, self.port.unwrap_or(PORT)).into())
    }

    fn scenario(&self) -> Result<Scenario> {
        match &self.playing.scenarios[..] {
            [] => SHIPPED.first().map_or_else(|| Err(Error::not_found("no scenario is shipped")), |first| first.load()),
            words => playing::load(words),
        }
    }

    fn options(&self, plan: &Plan) -> ReplayOptions {
        let playback = Options {
            speed: plan.speed,
            pace: plan.pace.clone(),
            from: self.playing.from.clone(),
            until: self.playing.until.clone(),
            looping: self.looping(),
            hold: self.hold.unwrap_or(HOLD),
            paused: self.paused,
            waiting: false,
        };
        let listed = true;
        ReplayOptions { playback, wait_for: self.wait_for(), once: self.once, listed, ..ReplayOptions::default() }
    }
}

/// The line that tells a program that started this one where to connect.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    pid: u32,
    http: String,
    ws: String,
    replay: &'static str,
    version: &'static str,
}

impl Ready {
    fn new(bound: SocketAddr) -> Self {
        let reachable = reachable(bound);
        Self {
            ready: true,
            pid: std::process::id(),
            http: format!("http://{reachable}"),
            ws: format!("ws://{reachable}/ws"),
            replay: "main",
            version: env!("CARGO_PKG_VERSION"),
        }
    }
}

/// An address to connect to: one bound wide is no destination.
fn reachable(bound: SocketAddr) -> SocketAddr {
    let ip = match bound.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, bound.port())
}

/// Runs it until it is told to stop or, with `--once`, has played.
pub fn run(args: Args) -> Result<(), Failure> {
    if args.hold.is_some() && !args.looping() {
        return Err(Failure::misuse("--hold says how long the end is shown before the next lap: it needs --loop"));
    }
    let (teller, telling) = Teller::start()?;
    let log = teller.clone();
    super::log(move || log.clone())?;
    let timeline = lay_out(&args.scenario()?);
    let plan = args.playing.plan(&timeline, if args.is_demo() { DEMO_PACE } else { "none" })?;
    let runtime = super::runtime()?;
    let served = runtime.block_on(serve(&args, timeline, plan, &teller));
    // Whatever still runs has been given its time.
    runtime.shutdown_background();
    if served.is_ok() {
        teller.tell("goodbye");
    }
    telling.finish(teller);
    served
}

async fn serve(args: &Args, timeline: Arc<Timeline>, plan: Plan, teller: &Teller) -> Result<(), Failure> {
    let limits = Limits { connections: server::raise_open_file_limit(), ..Limits::default() };
    let signals = Signals::new()?;
    let options = ServerOptions {
        allow_origins: args.allow_origin.clone(),
        allow_hosts: args.allow_host.clone(),
        limits,
        frame_budget: usize::try_from(args.frame_memory).unwrap_or(usize::MAX).saturating_mul(1 << 20),
        ..ServerOptions::default()
    };
    let server = Server::bind(args.address(), options).await?;
    let bound = server.address();
    let hub = server.hub().clone();
    let Opened { replay, .. } = hub.open("main", timeline.clone(), args.options(&plan)).map_err(Error::from)?;

    announce(bound, &timeline, &plan, teller);
    tell_ready(&Ready::new(bound), args.ready_file.as_deref())?;
    let hold = args.looping().then(|| args.hold.unwrap_or(HOLD));
    let narrator = tokio::spawn(narrate(replay.clone(), hold, args.wait_for(), teller.clone()));

    let stopping = teller.clone();
    let shutdown = async move {
        tokio::select! {
            () = signals.first() => stopping.tell("stopping"),
            // With --once: played, and received by everyone.
            () = replay.over() => {}
        }
    };
    server.run(shutdown).await?;
    // It has seen that the replay is stopping, and ends; a panic in it has been reported.
    let _ = narrator.await;
    let lateness = hub.lateness();
    if lateness.count() > 0 {
        teller.tell(&format!(
            "lateness of {}, from due to first written: {lateness}",
            count(usize::try_from(lateness.count()).unwrap_or(usize::MAX), "event", "events")
        ));
    }
    Ok(())
}

fn announce(bound: SocketAddr, timeline: &Timeline, plan: &Plan, teller: &Teller) {
    let reachable = reachable(bound);
    teller.tell(&format!(
        "touchline {} on http://{reachable}, subscribe at ws://{reachable}/ws",
        env!("CARGO_PKG_VERSION")
    ));
    if !bound.ip().is_loopback() {
        teller.tell(&format!("bound to {bound}: others may look, and not control"));
    }
    let matches = count(timeline.tracks().len(), "match", "matches");
    let events = count(timeline.cues().len(), "event", "events");
    teller.tell(&format!("{}: {matches}, {events}", harmless(timeline.title())));
    let speed = speed_in_words(plan);
    match plan.wall {
        Some(wall) => teller.tell(&format!("{speed}: {} from beginning to end", in_words(wall))),
        None => teller.tell(&speed),
    }
}

/// Tells whoever started this program: on standard output, unless a person sits there, and in a file that is there only
/// when it is complete.
fn tell_ready(ready: &Ready, file: Option<&Path>) -> Result<(), Failure> {
    let line = serde_json::to_string(ready).map_err(|error| Error::invalid(format!("the ready line: {error}")))?;
    if let Some(path) = file {
        write_whole(path, &line).map_err(|error| Error::io(format!("writing {}", path.display()), error))?;
    }
    if std::io::stdout().is_terminal() { Ok(()) } else { out(&line) }
}

fn write_whole(path: &Path, line: &str) -> std::io::Result<()> {
    let mut name = path.file_name().ok_or(std::io::ErrorKind::InvalidFilename)?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    let written = std::fs::File::create(&part)
        .and_then(|mut file| writeln!(file, "{line}"))
        .and_then(|()| std::fs::rename(&part, path));
    if written.is_err() {
        // The reason is told; a rest that cannot be removed either is not worth another.
        let _ = std::fs::remove_file(&part);
    }
    written
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(words: &str) -> Args {
        Line::parse_from(std::iter::once("serve").chain(words.split_whitespace())).args
    }

    #[test]
    fn the_demo_is_what_plays_when_nothing_is_said_about_it() {
        for words in ["", "--port 0", "--from 80:00 --hold 1s"] {
            assert!(args(words).is_demo() && args(words).looping(), "{words}");
        }
        for words in ["juv", "--speed 60", "--pace highlights", "--fit 3m"] {
            assert!(!args(words).is_demo() && !args(words).looping(), "{words}");
        }
        assert!(!args("--once").looping(), "one run of the demo");
        assert!(args("juv --loop").looping());
    }

    #[test]
    fn an_address_is_one_that_somebody_can_connect_to() {
        assert_eq!(args("").address(), "127.0.0.1:8089".parse().expect("an address"));
        assert_eq!(args("--port 0").address().port(), 0);
        let wide = address("0.0.0.0:7000").expect("an address");
        assert_eq!(Ready::new(wide).ws, "ws://127.0.0.1:7000/ws");
        assert_eq!(Ready::new(address("[::1]:7000").expect("an address")).http, "http://[::1]:7000");
        assert!(address("8089").is_err() && address("localhost:99999").is_err());
        assert!(origin("https://scores.example").is_ok() && origin("scores.example").is_err());
    }

    #[test]
    fn the_ready_line_is_what_the_documentation_says() {
        let ready = Ready::new("127.0.0.1:8089".parse().expect("an address"));
        let line = serde_json::to_string(&ready).expect("serializable");
        assert!(line.starts_with(r#"{"ready":true,"pid":"#), "{line}");
        assert!(
            line.contains(r#""http":"http://127.0.0.1:8089","ws":"ws://127.0.0.1:8089/ws","replay":"main""#),
            "{line}"
        );
    }
}
