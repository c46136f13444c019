//! The command line: parses arguments into options of the floors below, runs the subcommand, and prints. Nothing else prints.
//!
//! To add a subcommand: a file here with its `Args` and a `run`, a variant of [`CliCommand`], its arm in [`run`] and its place in
//! [`GROUPS`].

mod check;
mod command_summary;
mod completions;
mod control;
mod error;
mod export;
mod fault_args;
mod final_results;
mod fixtures;
mod health;
mod import;
mod info;
mod listen_address;
mod load;
mod log;
mod man;
mod output_file;
mod playback_args;
mod playback_text;
mod played_scores;
mod print;
mod provider_args;
mod provider_environment;
mod remote;
mod replays;
mod scenario_files;
mod scenario_upload;
mod scenarios;
mod schema;
mod secret;
mod serve;
mod served_scenarios;
mod signals;
mod stderr_writer;
mod terminal_output;
mod test;
mod ticker;
mod tie;
mod trace_files;
mod trust_args;
mod watch;
mod watch_view;

use std::ffi::OsString;
use std::process::ExitCode;

use crate::error::Error;
use crate::message::did_you_mean;
use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::runtime::Runtime;

use error::CliError;
use log::start_log;

/// A live football match, replayed over WebSocket on a clock you control.
#[derive(Debug, Parser)]
#[command(
    name = "touchline",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  touchline                                 the demo: begins with the first subscriber
  touchline watch                           a live ticker of the match being served
  touchline juv --speed 120                 begin at once, at twice the usual speed
  touchline serie-a --fit 3m                ten matches in three minutes
  touchline my-match.jsonl --once --port 0  one run, for a test, on a free port
  touchline seek next:goal --lead 20s       go to 20 s before the next goal
  touchline test juv -- npm test            run an app's tests against a match, and judge what it shows
  touchline load --subscribers 1000         measure a server under a thousand subscribers
  touchline check my-match.jsonl            report everything that is wrong with a file

`touchline` alone is `touchline serve`, and the options above are those of `serve`. `touchline
serve --help` adds the options for access, TLS, limits and the log; `touchline seek --help` and
the like describe the other commands. Subscribe with any WebSocket client to
ws://127.0.0.1:8089/ws."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<CliCommand>,
    #[command(flatten)]
    serve: Box<serve::Args>,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Serve scenarios to subscribers (the default)
    Serve(Box<serve::Args>),
    /// Show a live ticker of the match being served
    Watch(watch::Args),
    /// Run an app's test command against a replay, and judge what the app shows
    Test(Box<test::Args>),
    /// Start the clock; at the end, begin again
    Play(control::PlainArgs),
    /// Stop the clock
    Pause(control::PlainArgs),
    /// Go to a match clock, a marker or an event, such as the next goal
    Seek(control::SeekArgs),
    /// Pause, then advance by a number of events or to a position
    Step(control::StepArgs),
    /// Set the speed
    Speed(control::SpeedArgs),
    /// Set the pace: rules for where to play faster or slower
    Pace(control::PaceArgs),
    /// Go back to the beginning
    Restart(control::PlainArgs),
    /// Turn looping on or off
    Loop(control::LoopArgs),
    /// Change what goes wrong in the feed and on the connections of a replay
    Faults(control::FaultsArgs),
    /// Add one fault, or break connections now
    Fault(control::FaultArgs),
    /// Open another replay beside main
    Open(replays::OpenArgs),
    /// Close a replay other than main
    Close(replays::CloseArgs),
    /// List the replays of a server
    Replays(replays::ListArgs),
    /// Check that a server is up and ready: exit 0 if it is, 1 if not
    Health(health::Args),
    /// Measure a server under many subscribers
    Load(load::Args),
    /// Write matches in a format of other programs
    Export(export::Args),
    /// Make scenarios of the event files of data providers
    Import(import::Args),
    /// Report everything that is wrong with scenario files
    Check(check::Args),
    /// Describe scenarios: matches, event counts, length, sources
    Info(info::Args),
    /// List the scenarios that come with the program
    Scenarios(scenarios::Args),
    /// Print the schemas of frames, commands, documents and scenario lines
    Schema(schema::Args),
    /// Print the completion script of a shell
    Completions(completions::Args),
    /// Print the manual page of the program or of a command
    Man(man::Args),
}

/// The groups in which help lists the subcommands.
const GROUPS: &[(&str, &[&str])] = &[
    ("Commands", &["serve", "watch", "test"]),
    ("Control playback", &["play", "pause", "seek", "step", "speed", "pace", "restart", "loop", "faults", "fault"]),
    ("Several replays on one server", &["open", "close", "replays"]),
    ("Scenarios", &["scenarios", "info", "check", "import", "export", "schema"]),
    ("Operation", &["health", "load"]),
    ("Installation", &["completions", "man"]),
];

/// The clap command, with a help template that lists the subcommands in groups: clap has no groups of subcommands.
fn clap_command() -> clap::Command {
    // The options for operating a server (those with a heading) are listed by `touchline serve --help` only.
    let command = Cli::command().mut_args(|arg| match arg.get_help_heading() {
        Some(_) => arg.hide(true),
        None => arg,
    });
    let (heading, name_style) = (*command.get_styles().get_header(), *command.get_styles().get_literal());
    let mut listed = String::new();
    for (title, names) in GROUPS {
        listed += &format!("{heading}{title}:{heading:#}\n");
        for name in *names {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            listed += &format!("  {name_style}{name:<11}{name_style:#}  {about}\n");
        }
        listed.push('\n');
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{listed}\
         {heading}Arguments:{heading:#}\n{{positionals}}\n\n{heading}Options:{heading:#}\n{{options}}{{after-help}}"
    );
    command.help_template(template)
}

fn parse(words: impl IntoIterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let matches = clap_command().try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches)
}

/// Runs the program. Exit codes: 0 done, 1 failed, 2 misused.
pub fn run_program() -> ExitCode {
    match run(std::env::args_os()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = error.to_string();
            if !message.is_empty() {
                print::eprint_line(&format!("touchline: {message}"));
            }
            ExitCode::from(error.exit_code())
        }
    }
}

/// Parses the command line and runs the subcommand.
fn run(words: impl IntoIterator<Item = OsString>) -> Result<(), CliError> {
    let cli = match parse(words) {
        Ok(cli) => cli,
        Err(error) => return report_clap_error(&error),
    };
    match cli.command.unwrap_or(CliCommand::Serve(cli.serve)) {
        CliCommand::Serve(args) => serve::run(*args),
        CliCommand::Watch(args) => watch::run(&args),
        CliCommand::Test(args) => test::run(*args),
        CliCommand::Play(args) => control::run("play", &args),
        CliCommand::Pause(args) => control::run("pause", &args),
        CliCommand::Seek(args) => control::seek(&args),
        CliCommand::Step(args) => control::step(&args),
        CliCommand::Speed(args) => control::speed(&args),
        CliCommand::Pace(args) => control::pace(&args),
        CliCommand::Restart(args) => control::run("restart", &args),
        CliCommand::Loop(args) => control::set_loop(&args),
        CliCommand::Faults(args) => control::faults(&args),
        CliCommand::Fault(args) => control::fault(&args),
        CliCommand::Open(args) => replays::open(&args),
        CliCommand::Close(args) => replays::close(&args),
        CliCommand::Replays(args) => replays::list(&args),
        CliCommand::Health(args) => health::run(&args),
        CliCommand::Load(args) => load::run(&args),
        CliCommand::Check(args) => check::run(&args),
        CliCommand::Export(args) => export::run(&args),
        CliCommand::Import(args) => import::run(&args),
        CliCommand::Info(args) => info::run(&args),
        CliCommand::Scenarios(args) => scenarios::run(&args),
        CliCommand::Schema(args) => schema::run(&args),
        CliCommand::Completions(args) => completions::run(&args),
        CliCommand::Man(args) => man::run(&args),
    }
}

/// Prints help or the version; turns any other parse error into one line.
fn report_clap_error(error: &clap::Error) -> Result<(), CliError> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.print().map_err(CliError::output),
        _ => Err(CliError::misuse(one_line_text(error))),
    }
}

fn one_line_text(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    // clap puts suggestions into paragraphs of their own.
    let tips = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let tips: Vec<&str> = tips.collect();
    if !tips.is_empty() {
        message = format!("{message} ({})", tips.join("; "));
    }
    message
}

/// The names of all subcommands.
fn command_names() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// The options of a subcommand, as `--name`.
fn options_of(command: &str) -> Vec<String> {
    let cli = Cli::command();
    let options = cli.find_subcommand(command).into_iter().flat_map(clap::Command::get_arguments);
    options.filter_map(|option| Some(format!("--{}", option.get_long()?))).collect()
}

/// Adds the subcommands to an error about an unknown scenario, for a mistyped subcommand parses as the name of a scenario: the
/// one with a similar name, or all of them where no scenario has one either.
fn with_command_hint(error: Error, word: &str) -> Error {
    let commands = command_names();
    if commands.iter().any(|command| command == word) {
        return Error::misuse(format!("{word:?} is a command: write it first, before options and scenarios"));
    }
    match did_you_mean(word, commands.iter().map(String::as_str)) {
        // The error already suggests a scenario.
        hint if hint.is_empty() && error.to_string().contains("did you mean") => error,
        hint if hint.is_empty() => Error::not_found(format!("{error}; commands: {}", commands.join(", "))),
        hint => Error::not_found(format!("no command or scenario {word:?}{hint}")),
    }
}

/// A single-threaded runtime, for the client subcommands.
fn build_client_runtime() -> Result<Runtime, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::io("starting the runtime", error).into())
}

/// The niceness of the worker threads beside a delivery loop.
const WORKER_NICENESS: i32 = 10;

/// The runtime of `serve`, with four worker threads at most. More only wait for each other: frames are encoded once, and the
/// rest is writing.
///
/// Beside a delivery loop the workers run at a lower priority: a flood of requests then delays answers, not events.
fn build_server_runtime(beside_a_loop: bool) -> Result<Runtime, CliError> {
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(4));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .on_thread_start(move || {
            // On Linux niceness belongs to the thread, elsewhere to the whole process.
            if cfg!(target_os = "linux") && beside_a_loop {
                // If it is forbidden, the workers run at normal priority.
                let _ = rustix::process::nice(WORKER_NICENESS);
            }
        })
        .enable_all()
        .build()
        .map_err(|error| Error::io("starting threads", error).into())
}

#[cfg(test)]
mod tests {
    use crate::scenario::SHIPPED;

    use super::*;

    fn parse_error(words: &str) -> String {
        let words = std::iter::once("touchline").chain(words.split_whitespace());
        one_line_text(&parse(words.map(OsString::from)).expect_err("refused"))
    }

    #[test]
    fn the_clap_command_is_consistent() {
        clap_command().debug_assert();
    }

    #[test]
    fn every_subcommand_is_in_one_group_of_the_help() {
        let mut grouped: Vec<_> =
            GROUPS.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned())).collect();
        let mut all = command_names();
        grouped.sort();
        all.sort();
        assert_eq!(grouped, all);
        let help = clap_command().render_help().to_string();
        for part in [
            "\n  seek         Go to",
            "\n  load         Measure",
            "Usage: touchline [OPTIONS]",
            "--speed <S>",
            "Examples:",
        ] {
            assert!(help.contains(part), "no {part:?} in\n{help}");
        }
        assert!(!help.contains("--max-connections"), "listed by `touchline serve --help` only:\n{help}");
    }

    #[test]
    fn no_scenario_is_named_like_a_command() {
        for name in command_names() {
            assert!(SHIPPED.iter().all(|shipped| !shipped.name.starts_with(&name)), "{name}");
        }
    }

    #[test]
    fn a_command_after_other_words_is_refused_with_its_place() {
        let error = with_command_hint(Error::not_found("no scenario"), "play");
        assert!(error.to_string().contains("write it first"), "{error}");
    }

    #[test]
    fn serving_needs_no_subcommand() {
        for words in [&["touchline", "juv", "--speed", "120"][..], &["touchline", "serve", "juv", "--speed", "120"]] {
            let cli = parse(words.iter().map(OsString::from)).expect("understood");
            let CliCommand::Serve(args) = cli.command.unwrap_or(CliCommand::Serve(cli.serve)) else { panic!("serve") };
            assert_eq!(args.playback_args.scenarios, ["juv"]);
        }
    }

    #[test]
    fn a_parse_error_is_one_line() {
        assert_eq!(
            parse_error("--sped 60"),
            "unexpected argument '--sped' found (a similar argument exists: '--speed')"
        );
        let speed = parse_error("--speed fast");
        assert!(speed.contains("0.01 to 10000") && !speed.contains('\n'), "{speed}");
        assert!(parse_error("--port 8089 --listen 127.0.0.1:1").contains("cannot be used with"));
        assert!(parse_error("check").contains("<FILE>"), "{}", parse_error("check"));
    }
}
