//! `touchline test`: runs a command against a replay, and judges what the command's app says that it shows.

mod command;
mod descendants;
mod outcome;
mod progress;
mod reports;
mod run;

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;
use crate::verdict::Expectations;

use super::CliError;
use super::fault_args::FaultArgs;
use super::playback_args::{self, PlaybackArgs};
use super::served_scenarios::ServedScenarios;

use self::reports::{ReportArg, prepare_file};
use self::run::TestRun;

/// `touchline test`.
#[derive(Debug, Clone, clap::Args)]
#[command(after_help = "The command finds the server in its environment:
  TOUCHLINE_URL   http://127.0.0.1:PORT
  TOUCHLINE_WS    ws://127.0.0.1:PORT/ws
An app says what it shows, over its WebSocket or to /api/replays/main/command:
  {\"command\":\"shows\",\"match\":\"juv-nap\",\"score\":\"0-1\"}

Exit codes:
  0    passed
  1    could not be run: a file, the server
  2    misused: an option, the contents of a file
  3    the verdict failed
  4    the command failed, or could not be started
  5    nobody subscribed
  6    nothing was judged: no client said what it shows
  7    the command hung
  130  interrupted (Ctrl-C)
If several apply, it is 7, 4, 5, 6 or 3, in this order.

Examples:
  touchline test juv --from 88:00 -- npm test
  touchline test juv --faults 'drop:at=koulibaly-goal' --report junit=report.xml -- npx playwright test
  touchline test touchline-juventus-napoli-2018-04-22-0.trace.jsonl")]
pub struct Args {
    #[command(flatten)]
    playback_args: PlaybackArgs,
    #[command(flatten)]
    fault_args: FaultArgs,
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
    /// The command to run, and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the test. Whatever can be refused is refused before the command starts.
pub fn run(args: &Args) -> Result<(), CliError> {
    if args.playback_args.scenarios.is_empty() {
        return Err(CliError::misuse("test needs a scenario: a name that `touchline scenarios` lists, or the path of a file"));
    }
    if args.command.is_empty() {
        return Err(CliError::misuse("test needs a command, after --, as in: touchline test juv -- npm test"));
    }
    let expectations = match &args.expect {
        None => Expectations::default(),
        Some(path) => {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| Error::io(format!("reading {name}"), error))?;
            Expectations::parse(&name, &text)?
        }
    };
    let scenarios = ServedScenarios::load(&args.playback_args.scenarios)?;
    let plan = args.playback_args.plan(&scenarios.main, "off")?;
    for report in &args.report {
        prepare_file(&report.path)?;
    }
    let runtime = super::build_server_runtime(true)?;
    let ended = runtime.block_on(TestRun { args, plan, expectations }.run(scenarios));
    runtime.shutdown_background();
    match ended? {
        0 => Ok(()),
        code => Err(CliError::Exit(code)),
    }
}
