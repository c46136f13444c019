//! `touchline test`: runs a command against a replay, and judges what the command's app says that it shows.

mod command;
mod descendants;
mod outcome;
mod progress;
mod recording;
mod reports;
mod run;

use std::ffi::OsString;
use std::io::Read;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;
use crate::trace::TraceHeader;
use crate::verdict::Expectations;

use super::CliError;
use super::fault_args::FaultPlanArgs;
use super::playback_args::{self, PlaybackArgs};
use super::print::{eprint_line, sanitise};
use super::provider_args::ProviderArgs;
use super::served_scenarios::ServedScenarios;
use super::trace_files::describe_trace;

use self::reports::{ReportArg, prepare_file};
use self::run::TestRun;

/// `touchline test`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "The command finds the server in its environment:
  TOUCHLINE_URL   http://127.0.0.1:PORT
  TOUCHLINE_WS    ws://127.0.0.1:PORT/ws
With --serve and --as-provider it also finds the documents of data providers there, and with
--as-provider a proxy and its certificate: an app that polls a provider needs no change.
An app says what it shows, over its WebSocket, or by POST to TOUCHLINE_URL/shows with
\"client\":\"NAME\" added:
  {\"command\":\"shows\",\"match\":\"juv-nap\",\"score\":\"0-1\"}

Exit codes:
  0    passed
  1    could not be run: a file, the server
  2    misused: an option, the contents of a file
  3    the verdict failed
  4    the command failed, or could not be started
  5    nobody subscribed, and nobody requested a document of a provider
  6    nothing was judged: no client said what it shows, and none requested a document
  7    the command hung
  130  interrupted (Ctrl-C)
If several apply, it is 7, 4, 5, 6 or 3, in this order.

Examples:
  touchline test juv --from 88:00 -- npm test
  touchline test juv --as-provider espn -- python3 my_bot.py
  touchline test juv --faults 'drop:at=koulibaly-goal' --report junit=report.xml -- npx playwright test
  touchline test touchline-juventus-napoli-2018-04-22-0.trace.jsonl")]
pub struct Args {
    #[command(flatten)]
    playback_args: PlaybackArgs,
    #[command(flatten)]
    fault_args: FaultPlanArgs,
    /// Show kick-off times as if the first match kicked off when it is played
    #[arg(long)]
    now: bool,
    #[command(flatten)]
    provider_args: ProviderArgs,
    /// Begin when this many subscribers are connected [default: 1]
    #[arg(long, value_name = "N")]
    wait_for: Option<usize>,
    /// Close the connections of subscribers that have received everything
    #[arg(long)]
    once: bool,
    /// A file with what is expected, as {"missed": 0, "wrong_for": "2s"} [default: no mistake, wrong for at most 2s]
    #[arg(long, value_name = "FILE")]
    expect: Option<PathBuf>,
    /// Write a report when the command has ended: junit=FILE or json=FILE; may be repeated
    #[arg(long, value_name = "FORMAT=FILE", value_parser = ReportArg::parse)]
    report: Vec<ReportArg>,
    /// End the command if it takes longer than this
    #[arg(long, value_name = "D", default_value = "10m", value_parser = playback_args::parse_duration)]
    timeout: Duration,
    /// End the command if it still runs this long after the end of the replay
    #[arg(long, value_name = "D", default_value = "30s", value_parser = playback_args::parse_duration_or_zero)]
    grace: Duration,
    /// Write a trace of the run to this file: what was sent and shown. `touchline FILE` plays it, `touchline test FILE` runs it
    /// again [default: touchline-NAME-SEED.trace.jsonl, if the verdict failed]
    #[arg(long, value_name = "FILE", conflicts_with = "no_trace")]
    trace: Option<PathBuf>,
    /// Write no trace
    #[arg(long)]
    no_trace: bool,
    /// The command to run, and its arguments [default: that of the trace]
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// The longest file of expectations, in bytes. What is beyond is not read.
const MAX_EXPECT_BYTES: u64 = 64 << 10;

impl Args {
    /// Adds what a trace says where the command line says nothing. A command of the trace is printed before it runs: the trace may
    /// come from somebody else.
    fn adopt(&mut self, header: &TraceHeader) {
        self.playback_args.adopt(&header.playback);
        self.fault_args.adopt(header);
        self.wait_for.get_or_insert(header.playback.wait_for);
        self.once |= header.playback.once;
        if self.command.is_empty() {
            self.command = header.command.iter().map(OsString::from).collect();
            eprint_line(&sanitise(&format!("command: {}", header.command.join(" "))));
        }
    }

    /// How many subscribers to wait for: playback might end before the first one can connect.
    fn wait_for(&self) -> usize {
        self.wait_for.unwrap_or(1)
    }

    fn expectations(&self, trace: Option<&TraceHeader>) -> Result<Expectations, Error> {
        let Some(path) = &self.expect else {
            return Ok(trace.map(|header| header.expectations.clone()).unwrap_or_default());
        };
        let name = path.display().to_string();
        let mut text = String::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(MAX_EXPECT_BYTES).read_to_string(&mut text));
        read.map_err(|error| Error::io(format!("reading {name}"), error))?;
        Expectations::parse(&name, &text)
    }
}

/// Runs the test. Whatever can be refused is refused before the command starts.
pub fn run(mut args: Args) -> Result<(), CliError> {
    if args.playback_args.scenarios.is_empty() {
        let message =
            "test needs a scenario or a trace: a name that `touchline scenarios` lists, or the path of a file";
        return Err(CliError::misuse(message));
    }
    let scenarios = ServedScenarios::load(&args.playback_args)?;
    scenarios.notes.iter().for_each(|note| eprint_line(&format!("touchline: {note}")));
    if let Some(trace) = &scenarios.trace {
        args.adopt(&trace.header);
        eprint_line(&describe_trace(&trace.header));
        trace.warning.iter().for_each(|warning| eprint_line(&format!("touchline: warning: {warning}")));
    }
    if args.command.is_empty() {
        return Err(CliError::misuse("test needs a command, after --, as in: touchline test juv -- npm test"));
    }
    let expectations = args.expectations(scenarios.trace.as_ref().map(|trace| &trace.header))?;
    let plan = args.playback_args.plan(&scenarios.main, "off")?;
    let files: Vec<&PathBuf> = args.report.iter().map(|report| &report.path).chain(&args.trace).collect();
    for (place, path) in files.iter().enumerate() {
        let absolute = |path: &PathBuf| std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if files[..place].iter().any(|other| absolute(other) == absolute(path)) {
            return Err(CliError::misuse(format!(
                "{} is given twice: each report and the trace need a file",
                path.display()
            )));
        }
    }
    for path in files {
        prepare_file(path)?;
    }
    let templates = args.provider_args.read_templates(&scenarios.main)?;
    let runtime = super::build_server_runtime(true)?;
    let ended = runtime.block_on(TestRun { args: &args, plan, expectations }.run(scenarios, templates));
    runtime.shutdown_background();
    match ended? {
        0 => Ok(()),
        code => Err(CliError::Exit(code)),
    }
}
