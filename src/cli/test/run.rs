//! One run: the server, the command, and the verdict when the command has ended.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::cli::CliError;
use crate::cli::fault_args::AppliedFaults;
use crate::cli::listen_address::loopback;
use crate::cli::playback_args::PlaybackPlan;
use crate::cli::print::{eprint_line, sanitise};
use crate::cli::provider_args::ServedProviders;
use crate::cli::provider_environment::ProviderEnvironment;
use crate::cli::served_scenarios::ServedScenarios;
use crate::cli::signals::ShutdownSignals;
use crate::dialect::template::TemplateDialect;
use crate::error::{Error, ErrorKind, Result};
use crate::faults::FaultPlan;
use crate::hub::{DocumentCounts, Hub, Kickoff, Opened, Replay, ReplayOptions};
use crate::playback::{PlaybackOptions, State};
use crate::scenario::{Scenario, Timeline};
use crate::server::Server;
use crate::trace::{TraceFailure, TraceHeader, TracePlayback};
use crate::verdict::{Expectations, RunOutcome, Verdict};

use super::Args;
use super::command::TestCommand;
use super::outcome::{CommandEnding, TestResult};
use super::progress::TestProgress;
use super::recording::{RunRecording, default_trace_path};
use super::reports::{ReportFormat, write_result};

/// How often progress is printed and time limits are checked.
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// How long what a command has sent before its exit may take to arrive.
const SETTLE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long the server may take to stop.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);

/// What is needed for a run.
pub struct TestRun<'a> {
    pub args: &'a Args,
    pub plan: PlaybackPlan,
    pub expectations: Expectations,
}

/// The server of a run.
struct RunServer {
    hub: Arc<Hub>,
    main: Replay,
    url: String,
    ws_url: String,
    providers: ServedProviders,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<Result<()>>,
}

/// What is played: the scenario, and the faults that are in force from the beginning.
struct PlayedScenario {
    name: String,
    scenario: Arc<Scenario>,
    faults: FaultPlan,
}

/// Why waiting for the command has ended.
enum WaitEnd {
    Exited,
    OutlivedReplay,
    TimedOut,
}

impl TestRun<'_> {
    /// Runs the command, prints the verdict and returns the exit code.
    pub async fn run(self, scenarios: ServedScenarios, templates: Vec<TemplateDialect>) -> Result<u8, CliError> {
        let mut signals = ShutdownSignals::new()?;
        let (server, played) = self.start_server(scenarios, templates).await?;
        let ran = self.run_command(&server, &mut signals).await;
        let RunServer { stop, serving, main, providers, .. } = server;
        let _ = stop.send(());
        let _ = tokio::time::timeout(STOP_TIMEOUT, serving).await;
        let (result, recording) = ran?;
        for line in result.lines().iter().chain(&providers.refusals()) {
            eprint_line(line);
        }
        let trace = match self.trace_path(&played, &result) {
            Some(path) => {
                let header = self.trace_header(&played, recording.failure(&result.verdict), &result);
                let trace = recording.trace(&header, &played.scenario, &main, &result.verdict);
                self.write_trace(&path, &trace)?.then_some(path)
            }
            None => None,
        };
        self.write_reports(&result, trace.as_deref())?;
        Ok(result.outcome().exit_code())
    }

    fn trace_header(&self, played: &PlayedScenario, failure: Option<TraceFailure>, result: &TestResult) -> TraceHeader {
        let args = self.args;
        let playback = TracePlayback {
            from: args.playback_args.from.clone(),
            until: args.playback_args.until.clone(),
            speed: self.plan.speed,
            pace: self.plan.pace.to_string(),
            wait_for: args.wait_for(),
            once: args.once,
        };
        TraceHeader {
            program: env!("CARGO_PKG_VERSION").to_owned(),
            scenario: played.name.clone(),
            faults: played.faults.clone(),
            seed: args.fault_args.seed(),
            playback,
            expectations: self.expectations.clone(),
            command: args.command.iter().map(|word| word.to_string_lossy().into_owned()).collect(),
            outcome: result.outcome().as_str().to_owned(),
            failure,
        }
    }

    /// The file of the trace, if one is to be written.
    fn trace_path(&self, played: &PlayedScenario, result: &TestResult) -> Option<PathBuf> {
        let by_itself = result.verdict.outcome == RunOutcome::Failed && !self.args.no_trace;
        let default = || default_trace_path(&played.name, self.args.fault_args.seed());
        self.args.trace.clone().or_else(|| by_itself.then(default))
    }

    /// Writes the trace. Where nobody has asked for it, a file that cannot be written is no failure. Returns whether there is a file.
    fn write_trace(&self, path: &Path, trace: &[u8]) -> Result<bool, CliError> {
        match write_result(path, &String::from_utf8_lossy(trace)) {
            Ok(()) => {
                let path = path.display();
                eprint_line(&format!("trace: {path} (play it: touchline {path}; run it again: touchline test {path})"));
                Ok(true)
            }
            Err(error) if self.args.trace.is_none() => {
                eprint_line(&format!("touchline: warning: no trace: {error}"));
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn start_server(
        &self,
        scenarios: ServedScenarios,
        templates: Vec<TemplateDialect>,
    ) -> Result<(RunServer, PlayedScenario), CliError> {
        let mut server = Server::bind(loopback(0)).await?;
        let providers = self.args.provider_args.bind(&mut server, templates).await?;
        providers.lines().iter().for_each(|line| eprint_line(&sanitise(line)));
        let (hub, address) = (server.hub().clone(), server.address());
        hub.record_all();
        let ServedScenarios { main, offered, name, scenario, .. } = scenarios;
        for (name, offered) in offered {
            server.catalogue().add(&name, offered);
        }
        let from = &self.args.playback_args.from;
        let AppliedFaults { timeline, link, plan: faults } = self.args.fault_args.apply(main, from.as_ref())?;
        let playback = PlaybackOptions {
            speed: self.plan.speed,
            pace: self.plan.pace.clone(),
            from: from.clone(),
            until: self.args.playback_args.until.clone(),
            ..PlaybackOptions::default()
        };
        let (wait_for, once) = (self.args.wait_for(), self.args.once);
        let mut options = ReplayOptions { playback, wait_for, once, link, listed: true, ..ReplayOptions::default() };
        self.apply_kickoff(&timeline, &mut options)?;
        // What is refused comes from the command line.
        let opened = hub.open("main", timeline, options);
        let Opened { replay: main, .. } = opened.map_err(|rejection| CliError::misuse(rejection.message))?;
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        let (url, ws_url) = (format!("http://{address}"), format!("ws://{address}/ws"));
        let server = RunServer { hub, main, url, ws_url, providers, stop, serving };
        Ok((server, PlayedScenario { name, scenario, faults }))
    }

    /// Sets the kick-off times. Apps that poll a provider ask for today's matches.
    fn apply_kickoff(&self, timeline: &Timeline, options: &mut ReplayOptions) -> Result<(), CliError> {
        let args = self.args;
        if !args.now && !args.provider_args.shows_today() {
            return Ok(());
        }
        let flag = if args.now { "--now" } else { "--as-provider without --recorded-dates" };
        let applied = Kickoff::Now.apply(timeline, options, Instant::now());
        applied.map_err(|rejection| CliError::misuse(format!("{flag}: {}", rejection.message)))
    }

    async fn run_command(
        &self,
        server: &RunServer,
        signals: &mut ShutdownSignals,
    ) -> Result<(TestResult, RunRecording), CliError> {
        let base_urls = server.providers.base_urls(&server.url);
        let proxy = server.providers.proxy.as_ref().map(ProviderEnvironment::new).transpose()?;
        let mut environment = vec![("TOUCHLINE_URL", &*server.url), ("TOUCHLINE_WS", &*server.ws_url)];
        environment.extend(base_urls.iter().map(|(name, url)| (&**name, &**url)));
        if let Some(proxy) = &proxy {
            proxy.notes.iter().for_each(|note| eprint_line(&sanitise(&format!("touchline: {note}"))));
            environment.extend(proxy.variables.iter().map(|(name, value)| (&**name, &**value)));
        }
        let mut command = match TestCommand::start(&self.args.command, &environment) {
            Ok(command) => command,
            Err(error) => {
                let command = CommandEnding::NotStarted(error.to_string());
                let result = TestResult {
                    verdict: self.verdict(&server.hub),
                    command,
                    documents: DocumentCounts::default(),
                    hint: None,
                };
                return Ok((result, RunRecording::of_hub(&server.hub)));
            }
        };
        let mut progress = TestProgress::new();
        let waited = self.wait(&mut command, server, signals, &mut progress).await;
        if let Ok(WaitEnd::Exited) = waited {
            wait_for_disconnects(&server.hub).await;
        }
        progress.update(&server.hub);
        progress.finish();
        if let Err(CliError::Exit(_)) = waited {
            eprint_line("interrupted");
        }
        // Before the processes are ended: what becomes of their connections then is not judged.
        let (verdict, recording) = (self.verdict(&server.hub), RunRecording::of_hub(&server.hub));
        let documents = server.hub.list().iter().map(Replay::document_counts).sum();
        let status = command.end(signals.next()).await;
        let command = match waited? {
            WaitEnd::OutlivedReplay => CommandEnding::OutlivedReplay(self.args.grace),
            WaitEnd::TimedOut => CommandEnding::TimedOut(self.args.timeout),
            WaitEnd::Exited => {
                let status = status.map_err(|error| Error::io("waiting for the command", error))?;
                CommandEnding::Exited(status)
            }
        };
        let unreached = server.providers.proxy.as_ref().filter(|proxy| !proxy.was_reached());
        let hint =
            unreached.map(|_| "nothing reached the proxy: does the app use HTTPS_PROXY? See docs/as-provider.md");
        Ok((TestResult { verdict, command, documents, hint }, recording))
    }

    /// Waits until the command has exited or a time limit is over.
    async fn wait(
        &self,
        command: &mut TestCommand,
        server: &RunServer,
        signals: &mut ShutdownSignals,
        progress: &mut TestProgress,
    ) -> Result<WaitEnd, CliError> {
        let begun = Instant::now();
        let mut replay_end = None;
        loop {
            tokio::select! {
                () = command.exited() => return Ok(WaitEnd::Exited),
                code = signals.next() => return Err(CliError::Exit(code)),
                () = tokio::time::sleep(POLL_INTERVAL) => {}
            }
            progress.update(&server.hub);
            if server.serving.is_finished() {
                let message = "the server has ended before the command";
                return Err(Error::new(ErrorKind::Io, message).into());
            }
            let now = Instant::now();
            let ended = server.main.is_over() || server.main.status(now).playhead.state == State::Ended;
            replay_end = ended.then(|| replay_end.unwrap_or(now));
            if replay_end.is_some_and(|end| now - end >= self.args.grace) {
                return Ok(WaitEnd::OutlivedReplay);
            }
            if now - begun >= self.args.timeout {
                return Ok(WaitEnd::TimedOut);
            }
        }
    }

    fn verdict(&self, hub: &Hub) -> Verdict {
        let judges = hub.judges().into_iter();
        let reports = judges.flat_map(|(name, judge)| {
            judge.reports().into_iter().map(|report| (name.clone(), report)).collect::<Vec<_>>()
        });
        Verdict::new(reports, self.expectations.clone())
    }

    fn write_reports(&self, result: &TestResult, trace: Option<&Path>) -> Result<(), CliError> {
        for report in &self.args.report {
            let text = match report.format {
                ReportFormat::Junit => result.to_junit(),
                ReportFormat::Json => result
                    .to_json(trace.map(|trace| trace.display().to_string()).as_deref())
                    .map_err(|error| Error::new(ErrorKind::Io, format!("writing the report: {error}")))?,
            };
            write_result(&report.path, &text)?;
        }
        Ok(())
    }
}

/// Waits until the connections of the processes that have exited are closed: then everything that was sent on them has been judged.
async fn wait_for_disconnects(hub: &Hub) {
    let begun = Instant::now();
    while hub.list().iter().any(|replay| replay.subscriber_count() > 0) && begun.elapsed() < SETTLE_TIMEOUT {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
