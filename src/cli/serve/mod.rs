//! `touchline serve`: plays scenarios to subscribers.

mod access_args;
mod follow_args;
mod limit_args;
mod ready_line;
mod replay_ticker;
mod server_urls;
mod startup;
mod tls_args;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::client::FollowedReplay;
use crate::dialect::template::TemplateDialect;
use crate::error::{Error, ErrorKind};
use crate::hub::{Kickoff, KickoffTime, RecordedRun, Replay, ReplayOptions};
use crate::playback::PlaybackOptions;
use crate::scenario::Timeline;
use crate::server::{Authority, MAIN_REPLAY, PublicUrl, Server, raise_open_file_limit};
use crate::trace::TraceHeader;
use futures::future::OptionFuture;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

use self::access_args::AccessArgs;
use self::follow_args::{FollowArgs, served_scenarios};
use self::limit_args::LimitArgs;
use self::ready_line::{ReadyLine, write_ready_line};
use self::replay_ticker::follow_replay;
use self::server_urls::{ServerUrls, external_address};
use self::startup::{StartupInfo, StartupStyle, describe_replay};
use self::tls_args::TlsArgs;
use super::CliError;
use super::fault_args::{AppliedFaults, FaultPlanArgs};
use super::listen_address::{self, DEFAULT_PORT};
use super::log::{LogArgs, LogFormat};
use super::output_file::{OutputFile, write_file};
use super::playback_args::{self, PlaybackArgs, PlaybackPlan};
use super::print::{format_count, sanitise};
use super::provider_args::ProviderArgs;
use super::provider_environment::{ProviderEnvironment, export_line};
use super::served_scenarios::{ServedScenarios, ServedTrace};
use super::signals::{ShutdownSignals, end_of_stdin};
use super::stderr_writer::StderrWriter;
use super::trace_files::{describe_failure_of, describe_trace, failure_of_main, position_before};

/// The pace of the demo: a short half-time, and slower before goals.
const DEMO_PACE: &str = "break=5s+goal:lead=1m,speed=10";
/// How long the end is shown before the next lap, by default.
const DEFAULT_HOLD: Duration = Duration::from_secs(20);

/// `touchline serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a scenario and a speed this is a demo: it waits for the first subscriber, plays the match
at 60x with a short half-time and slower before the goal, and begins again. Otherwise it begins
at once and stays up at the end.

Examples:
  touchline serve juv --speed 120 --from 80:00
  touchline serve serie-a --pace highlights --loop
  touchline serve a.jsonl b.jsonl --wait-for 2 --once
  touchline serve var --port 0 --ready-file ready.json
  touchline serve juv --speed 1 --wall 20:45
  touchline serve --follow https://first.example:8089/r/derby
  touchline serve --listen 0.0.0.0:8089 --control-token auto --tls-self-signed"
)]
pub struct Args {
    #[command(flatten)]
    pub playback_args: PlaybackArgs,
    /// Address and port to listen on [default: TOUCHLINE_LISTEN, else 127.0.0.1:8089]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listen_address::parse, conflicts_with = "port")]
    listen: Option<SocketAddr>,
    /// Port to listen on, for clients on this machine only; 0 picks a free one
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Begin again at each end
    #[arg(long = "loop", conflicts_with = "once")]
    looping: bool,
    /// With --loop: how long the end is shown before the next lap, from 0s [default: 20s]
    #[arg(long, value_name = "D", value_parser = playback_args::parse_duration_or_zero)]
    hold: Option<Duration>,
    /// Begin paused, until a client sends play
    #[arg(long)]
    paused: bool,
    /// Begin when this many subscribers are connected [default: 0; 1 for the demo and with --once]
    #[arg(long, value_name = "N")]
    wait_for: Option<usize>,
    /// Play once and exit when every subscriber has received everything
    #[arg(long)]
    once: bool,
    /// Play as if the first match kicked off at this time: 20:45 (UTC), 20:45+01:00, 2026-11-22T20:45:00Z
    #[arg(long, value_name = "TIME", value_parser = KickoffTime::parse, conflicts_with_all = ["now", "paused", "wait_for"])]
    wall: Option<KickoffTime>,
    /// Show kick-off times as if the first match kicked off when it is played
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    fault_args: FaultPlanArgs,
    /// Write one line of JSON to this file when the server accepts subscribers; removed at exit
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    /// Stop when standard input ends, as that of a program that holds the other end of a pipe and dies
    #[arg(long)]
    exit_with_stdin: bool,
    #[command(flatten)]
    follow_args: FollowArgs,
    // The groups with a heading come last: a heading applies to everything that follows.
    #[command(flatten, next_help_heading = "Data providers")]
    provider_args: ProviderArgs,
    #[command(flatten, next_help_heading = "Access")]
    access_args: AccessArgs,
    #[command(flatten, next_help_heading = "TLS")]
    tls_args: TlsArgs,
    #[command(flatten, next_help_heading = "Limits")]
    limit_args: LimitArgs,
    #[command(flatten, next_help_heading = "Log")]
    log_args: LogArgs,
}

impl Args {
    /// Whether to play the demo: neither a scenario nor anything about the speed is given.
    fn is_demo(&self) -> bool {
        let PlaybackArgs { scenarios, speed, pace, fit, .. } = &self.playback_args;
        !self.follow_args.is_on() && scenarios.is_empty() && speed.is_none() && pace.is_empty() && fit.is_none()
    }

    fn looping(&self) -> bool {
        self.looping || self.is_demo() && !self.once
    }

    /// How many subscribers to wait for. A single run waits for one by default: it might end before the first can connect.
    fn wait_for(&self) -> usize {
        // With --wall playback begins at that time, with or without subscribers.
        self.wait_for.unwrap_or(usize::from((self.is_demo() || self.once) && self.wall.is_none()))
    }

    fn address(&self) -> Result<SocketAddr, Error> {
        match (self.listen, self.port) {
            (Some(address), _) => Ok(address),
            (None, Some(port)) => Ok(listen_address::loopback(port)),
            (None, None) => {
                let address = listen_address::from_env().unwrap_or(Ok(listen_address::loopback(DEFAULT_PORT)));
                address.map_err(Error::misuse)
            }
        }
    }

    fn kickoff(&self) -> Kickoff {
        match self.wall {
            Some(time) => Kickoff::At(time),
            None if self.now || self.provider_args.shows_today() => Kickoff::Now,
            None => Kickoff::Recorded,
        }
    }

    /// Adds what a trace says where the command line says nothing. A failed run is opened at the failure, and paused there.
    fn adopt(&mut self, header: &TraceHeader) {
        let begins_elsewhere = self.playback_args.from.is_some() || self.wall.is_some();
        self.playback_args.adopt(&header.playback);
        self.fault_args.adopt(header);
        match failure_of_main(header) {
            Some(failure) if !begins_elsewhere => {
                self.playback_args.from = position_before(failure).or(self.playback_args.from.take());
                self.paused = true;
            }
            _ if self.wall.is_none() => {
                self.wait_for.get_or_insert(header.playback.wait_for);
            }
            _ => {}
        }
    }

    fn options(&self, plan: &PlaybackPlan, timeline: &Timeline) -> Result<ReplayOptions, Error> {
        let playback = PlaybackOptions {
            speed: plan.speed,
            pace: plan.pace.clone(),
            from: self.playback_args.from.clone(),
            until: self.playback_args.until.clone(),
            looping: self.looping(),
            hold: self.hold.unwrap_or(DEFAULT_HOLD),
            paused: self.paused,
            waiting: false,
            ..PlaybackOptions::default()
        };
        let listed = true;
        let wait_for = self.wait_for();
        let mut options = ReplayOptions { playback, wait_for, once: self.once, listed, ..ReplayOptions::default() };
        let flag = match self.wall {
            Some(_) => "--wall",
            None if self.now => "--now",
            None => "--as-provider without --recorded-dates",
        };
        let applied = self.kickoff().apply(timeline, &mut options, Instant::now());
        applied.map_err(|rejection| Error::misuse(format!("{flag}: {}", rejection.message)))?;
        Ok(options)
    }
}

/// Serves until a signal arrives or, with `--once`, until the replay is over.
pub fn run(args: Args) -> Result<(), CliError> {
    if args.hold.is_some() && !args.looping() {
        return Err(CliError::misuse("--hold says how long the end is shown before the next lap: it needs --loop"));
    }
    let format = args.log_args.log_format;
    let (stderr, stderr_thread) = StderrWriter::start(format)?;
    let log = stderr.clone();
    args.log_args.start(move || log.clone())?;
    let mut served = start(args, &stderr);
    match served {
        Ok(()) => stderr.info("stopped"),
        // A log collector expects JSON for this line too. Misuse is for the person who typed the command line.
        Err(CliError::Error(error)) if format == LogFormat::Json && error.kind() != ErrorKind::Misuse => {
            stderr.error(&error.to_string());
            served = Err(CliError::Reported);
        }
        Err(_) => {}
    }
    stderr_thread.finish(stderr);
    served
}

fn start(mut args: Args, stderr: &StderrWriter) -> Result<(), CliError> {
    let runtime = super::build_server_runtime(!args.tls_args.is_on())?;
    let followed = runtime.block_on(args.follow_args.fetch())?;
    let scenarios = match &followed {
        Some(followed) => served_scenarios(followed),
        None => ServedScenarios::load(&args.playback_args)?,
    };
    if let Some(trace) = &scenarios.trace {
        args.adopt(&trace.header);
    }
    let plan = args.playback_args.plan(&scenarios.main, if args.is_demo() { DEMO_PACE } else { "off" })?;
    let templates = args.provider_args.read_templates(&scenarios.main)?;
    let served = runtime.block_on(serve(&args, scenarios, followed, templates, plan, stderr));
    // The server has given its tasks time to finish: whatever still runs is dropped.
    runtime.shutdown_background();
    served
}

async fn serve(
    args: &Args,
    scenarios: ServedScenarios,
    followed: Option<FollowedReplay>,
    templates: Vec<TemplateDialect>,
    plan: PlaybackPlan,
    stderr: &StderrWriter,
) -> Result<(), CliError> {
    let Args { access_args, tls_args, limit_args, provider_args, ready_file, .. } = args;
    let signals = ShutdownSignals::new()?;
    let address = args.address()?;
    let external = external_address(address);
    let token = access_args.token()?;
    let public_host = access_args.public_url.iter().map(PublicUrl::authority);
    let hosts: Vec<Authority> = access_args.allow_host.iter().chain(public_host).cloned().collect();
    let tls = tls_args.tls(address, external, &hosts)?;
    let files = raise_open_file_limit();
    let mut server = Server::builder()
        .allow_origins(access_args.allow_origin.clone())
        .allow_hosts(access_args.allow_host.clone())
        .token(token.clone())
        .allow_uploads(access_args.allow_uploads)
        .public_url(access_args.public_url.clone())
        .trust_proxies(access_args.trust_proxy.clone())
        .tls(tls.clone())
        .timing(limit_args.timing()?)
        .limits(limit_args.limits(files)?)
        .frame_budget(limit_args.frame_budget())
        .bind(address)
        .await?;
    let providers = provider_args.bind(&mut server, templates).await?;
    let bound = server.address();
    let hub = server.hub().clone();
    let ServedScenarios { main, offered, trace, notes, .. } = scenarios;
    for (name, offered) in offered {
        server.catalogue().add(&name, offered);
    }
    let (opened, replay_lines, (hold, wait_for)) = match &followed {
        Some(followed) => {
            hub.set_alias(MAIN_REPLAY, followed.name());
            (followed.open(&hub, followed.name()), Vec::new(), followed.hold_and_wait_for())
        }
        None => {
            let from = args.playback_args.from.as_ref();
            let AppliedFaults { timeline: main, link, .. } = args.fault_args.apply(main, from)?;
            let options = ReplayOptions { link, ..args.options(&plan, &main)? };
            let lines = describe_replay(&main, &plan, &options);
            (hub.open(MAIN_REPLAY, main, options), lines, (args.hold.unwrap_or(DEFAULT_HOLD), args.wait_for()))
        }
    };
    // What is refused comes from the command line, or from the followed server.
    let opened = opened.map_err(|rejection| match followed {
        Some(_) => Error::invalid(format!("--follow: {}", rejection.message)),
        None => Error::misuse(rejection.message),
    })?;
    let replay = opened.replay.clone();
    let trace_lines = trace.map(|trace| show_recorded_run(trace, &replay)).unwrap_or_default();

    let style = StartupStyle::for_stderr(args.log_args.log_format);
    let urls = ServerUrls::new(bound, external, tls.is_some()).with_public(access_args.public_url.clone());
    let in_ready_file = ready_file.is_some();
    let startup = StartupInfo { bound, urls: urls.clone(), tls: tls.as_ref(), token: token.as_ref(), in_ready_file };
    let notes: Vec<String> = notes.iter().map(|note| sanitise(note)).collect();
    let lines = startup.lines(style);
    let lines = lines.iter().chain(&notes).chain(&replay_lines).chain(&trace_lines);
    let provider_lines = providers.lines();
    for line in lines.chain(&provider_lines).chain(&limit_args.low_limit_note(files)) {
        stderr.info(line);
    }
    let own_pem = tls.as_ref().and_then(|tls| tls.pem());
    let environment = providers.proxy.as_ref().map(|proxy| ProviderEnvironment::with_server(proxy, own_pem));
    let environment = environment.transpose()?;
    let mut variables = Vec::new();
    if let Some(environment) = &environment {
        variables = [providers.base_urls(&urls.http_url()), environment.variables.clone()].concat();
        environment.notes.iter().for_each(|note| stderr.info(&sanitise(note)));
        variables.iter().for_each(|(name, value)| stderr.info(&export_line(name, value)));
    }
    if let (Some(path), Some(pem)) = (&tls_args.tls_pem, own_pem) {
        // The file outlives the server: clients may go on trusting the certificate.
        write_file(path, pem, 0o644, stderr.error_reporter())?.into_iter().for_each(OutputFile::keep);
    }
    let ready = ReadyLine::new(&urls).with_providers(&providers.dialects, &variables);
    let ready =
        write_ready_line(ready, token.as_ref().map(|token| urls.control_url(token)), ready_file.as_deref(), stderr)?;
    let ticking = follow_replay(replay.clone(), hold, wait_for, stderr.clone(), style.colours).await;
    let ticker_task = tokio::spawn(ticking);
    let following = followed.map(|followed| followed.follow(opened, hub.shared_clock().clone()));
    let (failure, failed) = oneshot::channel();

    let stdin_ended = args.exit_with_stdin.then(end_of_stdin).transpose()?;
    let (stopping, played) = (stderr.clone(), replay.clone());
    let shutdown = async move {
        tokio::select! {
            () = signals.wait() => stopping.info("stopping"),
            Some(()) = OptionFuture::from(stdin_ended) => stopping.info("stopping: standard input has ended"),
            Some(Err(error)) = OptionFuture::from(following) => drop(failure.send(error)),
            // With --once: the replay has ended and every subscriber has received everything.
            () = replay.wait_until_over() => {}
        }
        // The server accepts no more subscribers from here on, so the ready file goes first.
        drop(ready);
    };
    server.run(shutdown).await?;
    if let Ok(error) = failed.await {
        return Err(error.into());
    }
    // The task ends because the replay is stopping. A panic in it has been reported by its hook.
    let _ = ticker_task.await;
    providers.refusals().iter().for_each(|line| stderr.info(line));
    if args.once && played.newest_subscriber_number() == 0 && played.document_counts().requested == 0 {
        stderr.info("no subscriber connected");
    }
    let lateness = hub.lateness();
    if lateness.count() > 0 {
        stderr.info(&format!(
            "lateness of {}, from due to first written: {lateness}",
            format_count(lateness.count(), "event", "events")
        ));
    }
    Ok(())
}

/// Makes what was recorded in a trace available to the pages of a replay. Returns lines that describe the trace.
fn show_recorded_run(trace: ServedTrace, replay: &Replay) -> Vec<String> {
    let ServedTrace { header, mut shown, clients, warning } = trace;
    let mut lines: Vec<String> =
        warning.into_iter().map(|warning| format!("warning: {}", sanitise(&warning))).collect();
    lines.push(sanitise(&describe_trace(&header)));
    lines.extend(header.failure.iter().map(|failure| sanitise(&format!("failure: {}", describe_failure_of(failure)))));
    shown.retain(|show| show.replay == replay.name());
    let judge = replay.start_judge(false, &Handle::current());
    let failure = header.failure.filter(|failure| failure.replay == replay.name());
    judge.set_recorded_run(RecordedRun { shown, clients, failure });
    lines
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct TestCli {
        #[command(flatten)]
        args: Args,
    }

    fn args(words: &str) -> Args {
        TestCli::parse_from(std::iter::once("serve").chain(words.split_whitespace())).args
    }

    #[test]
    fn the_demo_plays_when_no_scenario_and_no_speed_is_given() {
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
    fn the_address_comes_from_the_flags() {
        assert_eq!(args("--port 0").address().expect("an address").to_string(), "127.0.0.1:0");
        assert_eq!(args("--listen 0.0.0.0:7000").address().expect("an address").to_string(), "0.0.0.0:7000");
    }

    #[test]
    fn wall_time_does_not_wait_for_subscribers() {
        let options = |words: &str| {
            let args = args(words);
            let main = ServedScenarios::load(&args.playback_args)?.main;
            args.options(&args.playback_args.plan(&main, "off")?, &main)
        };
        assert_eq!(options("").expect("the demo").wait_for, 1);
        for (words, wait_for) in [
            ("juv", 0),
            ("juv --once", 1),
            ("juv --once --wait-for 0", 0),
            ("juv --once --wait-for 3", 3),
            ("juv --once --paused", 1),
            ("juv --once --wall 20:45", 0),
        ] {
            assert_eq!(options(words).expect(words).wait_for, wait_for, "{words}");
        }
        let daily = options("--wall 20:45").expect("the demo at a time");
        assert!(daily.wait_for == 0 && daily.began.is_some() && daily.kickoff_offset != crate::scenario::Span::ZERO);
        let now = options("juv --now").expect("today");
        assert!(now.began.is_none() && now.kickoff_offset != crate::scenario::Span::ZERO);
        let far = options("juv --wall 2018-04-22T18:45:00Z").expect_err("years ago").to_string();
        assert!(far.starts_with("--wall: wall lies too far away"), "{far}");
        for words in ["--wall late", "--wall 20:45 --now", "--wall 20:45 --paused", "--wall 20:45 --wait-for 1"] {
            let words = std::iter::once("serve").chain(words.split_whitespace());
            assert!(TestCli::try_parse_from(words).is_err());
        }
    }
}
