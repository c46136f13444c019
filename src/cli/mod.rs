//! Words typed by a person become options of the floors below. The only place that prints.
//!
//! To add a subcommand: a file here with its arguments and a `run`, a variant of [`Command`] and its arm in [`run`].

mod check;
mod failure;
mod info;
mod load;
mod narrate;
mod playing;
pub mod print;
mod scenarios;
mod screen;
mod serve;
mod signals;
mod teller;
mod ticker;
mod trust;
mod viewer;
mod watch;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, Subcommand};
use tokio::runtime::Runtime;
use touchline::error::{Error, did_you_mean};

pub use failure::Failure;

/// A live football match, replayed over WebSocket on a clock you control.
#[derive(Debug, Parser)]
#[command(
    name = "touchline",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  touchline                                 the demo: waits for somebody to watch
  touchline watch                           a live ticker of what is being served
  touchline juv --speed 120                 begin at once, twice as fast
  touchline serie-a --fit 3m                ten matches in three minutes
  touchline my-match.jsonl --once --port 0  one run for a test, on a free port
  touchline load --subscribers 1000         what a server does under a thousand subscribers
  touchline check my-match.jsonl            everything that is wrong with a file

`touchline` alone and `touchline serve` are the same; subscribe with any WebSocket client to ws://127.0.0.1:8089/ws."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play scenarios to whoever subscribes (the default)
    Serve(serve::Args),
    /// Show a live ticker of what is being served
    Watch(watch::Args),
    /// Measure a WebSocket server under many subscribers
    Load(load::Args),
    /// Say everything that is wrong with scenario files
    Check(check::Args),
    /// Tell about scenarios: matches, counts, lengths, sources
    Info(info::Args),
    /// List the scenarios that come with the program
    Scenarios(scenarios::Args),
}

/// Does what the words say.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
    let cli = match Cli::try_parse_from(words) {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => serve::run(args),
        Command::Watch(args) => watch::run(&args),
        Command::Load(args) => load::run(&args),
        Command::Check(args) => check::run(&args),
        Command::Info(args) => info::run(&args),
        Command::Scenarios(args) => scenarios::run(&args),
    }
}

/// Shows help and version; puts what is wrong with the words in one line.
fn explain(error: &clap::Error) -> Result<(), Failure> {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => error.print().map_err(Failure::output),
        _ => Err(Failure::misuse(one_line(error))),
    }
}

fn one_line(error: &clap::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let (message, rest) = text.split_once("\n\n").unwrap_or((text, ""));
    let mut message = message.split_whitespace().collect::<Vec<_>>().join(" ");
    // What is offered instead stands in a paragraph of its own.
    let tips = rest.lines().filter_map(|line| line.trim().strip_prefix("tip: "));
    let tips: Vec<&str> = tips.collect();
    if !tips.is_empty() {
        message = format!("{message} ({})", tips.join("; "));
    }
    message
}

/// The names of all subcommands: a mistyped one reads as the name of a scenario, and must not leave anyone guessing.
fn commands() -> Vec<String> {
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// Adds to the error about an unknown scenario the subcommand that may have been meant.
fn hint_at_command(error: Error, word: &str) -> Error {
    let commands = commands();
    match did_you_mean(word, commands.iter().map(String::as_str)) {
        hint if hint.is_empty() => error,
        hint => Error::not_found(format!("no command or scenario {word:?}{hint}")),
    }
}

/// The threads that serve. More than four only wait for each other: frames are encoded once, and the rest is writing.
fn runtime() -> Result<Runtime, Failure> {
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(4));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .enable_all()
        .build()
        .map_err(|error| Error::io("starting threads", error).into())
}

/// Warnings are written; `TOUCHLINE_LOG=debug` asks for more.
fn log<W: std::io::Write>(to: impl Fn() -> W + Send + Sync + 'static) -> Result<(), Failure> {
    let wanted = std::env::var("TOUCHLINE_LOG").unwrap_or_else(|_| "warn".to_owned());
    let filter = tracing_subscriber::EnvFilter::try_new(&wanted)
        .map_err(|error| Failure::misuse(format!("TOUCHLINE_LOG={wanted:?}: {error}; write warn or debug")))?;
    tracing_subscriber::fmt()
        .compact()
        .without_time()
        .with_target(false)
        .with_ansi(print::Colours::of(&std::io::stderr()).on())
        .with_env_filter(filter)
        .with_writer(to)
        .init();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(words: &str) -> String {
        let words = std::iter::once("touchline").chain(words.split_whitespace());
        one_line(&Cli::try_parse_from(words).expect_err("refused"))
    }

    #[test]
    fn the_description_holds_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn serving_needs_no_subcommand() {
        for words in [&["touchline", "juv", "--speed", "120"][..], &["touchline", "serve", "juv", "--speed", "120"]] {
            let cli = Cli::try_parse_from(words).expect("understood");
            let Command::Serve(args) = cli.command.unwrap_or(Command::Serve(cli.serve)) else { panic!("serve") };
            assert_eq!(args.playing.scenarios, ["juv"]);
        }
    }

    #[test]
    fn what_is_wrong_is_told_in_one_line() {
        assert_eq!(refusal("--sped 60"), "unexpected argument '--sped' found (a similar argument exists: '--speed')");
        let speed = refusal("--speed fast");
        assert!(speed.contains("0.01 to 10000") && !speed.contains('\n'), "{speed}");
        assert!(refusal("--port 8089 --listen 127.0.0.1:1").contains("cannot be used with"));
        assert!(refusal("check").contains("<FILE>"), "{}", refusal("check"));
    }
}
