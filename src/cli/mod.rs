//! Words typed by a person become options of the floors below. The only place that prints.
//!
//! To add a subcommand: a file here with its arguments and a `run`, a variant of [`Command`], its arm in [`run`] and its place
//! in [`GROUPS`].

mod applied;
mod check;
mod control;
mod endings;
mod failure;
mod fixtures;
mod health;
mod info;
mod listening;
mod load;
mod log;
mod narrate;
mod played;
mod playing;
pub mod print;
mod remote;
mod replays;
mod scenarios;
mod screen;
mod secret;
mod serve;
mod signals;
mod teller;
mod ticker;
mod tie;
mod trust;
mod viewer;
mod watch;

use std::ffi::OsString;

use clap::error::ErrorKind;
use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use tokio::runtime::Runtime;
use touchline::error::{Error, did_you_mean};

pub use failure::Failure;
use log::log;

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
  touchline seek next:goal --lead 20s       what is being served goes there
  touchline load --subscribers 1000         what a server does under a thousand subscribers
  touchline check my-match.jsonl            everything that is wrong with a file

`touchline` alone and `touchline serve` are the same, and what the options above are for;
`touchline serve --help` has those for tokens, TLS, limits and logs too, `touchline seek --help`
and the like tell about the others. Subscribe with any WebSocket client to
ws://127.0.0.1:8089/ws."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: Box<serve::Args>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Play scenarios to whoever subscribes (the default)
    Serve(Box<serve::Args>),
    /// Show a live ticker of what is being served
    Watch(watch::Args),
    /// Let it run; from the end, from the beginning again
    Play(control::Plain),
    /// Stop the clock
    Pause(control::Plain),
    /// Go to a clock, a marker, the next goal
    Seek(control::Seek),
    /// Pause, and go forward event by event or to a position
    Step(control::Stepping),
    /// Change the speed
    Speed(control::Speeding),
    /// Say where to hurry and where to linger
    Pace(control::Pacing),
    /// Go back to the beginning
    Restart(control::Plain),
    /// Begin again at each end, or no more
    Loop(control::Looping),
    /// Open another replay beside what is being served
    Open(replays::Opening),
    /// Close a replay that was opened
    Close(replays::Closing),
    /// List the replays
    Replays(replays::Listing),
    /// Ask whether a server is up and ready: exit 0, or 1
    Health(health::Args),
    /// Measure a WebSocket server under many subscribers
    Load(load::Args),
    /// Say everything that is wrong with scenario files
    Check(check::Args),
    /// Tell about scenarios: matches, counts, lengths, sources
    Info(info::Args),
    /// List the scenarios that come with the program
    Scenarios(scenarios::Args),
}

/// The subcommands as help lists them, by what they are for.
const GROUPS: &[(&str, &[&str])] = &[
    ("Commands", &["serve", "watch"]),
    ("Control what is being served", &["play", "pause", "seek", "step", "speed", "pace", "restart", "loop"]),
    ("Several replays on one server", &["open", "close", "replays"]),
    ("Scenarios", &["scenarios", "info", "check"]),
    ("Operation", &["health", "load"]),
];

/// The command line: what clap derives, with the subcommands in groups, which it cannot do by itself.
fn description() -> clap::Command {
    // What is for whoever runs a server in earnest is told by `touchline serve --help`.
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
            listed += &format!("  {name_style}{name:<9}{name_style:#}  {about}\n");
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
    let matches = description().try_get_matches_from(words)?;
    Cli::from_arg_matches(&matches)
}

/// Does what the words say.
pub fn run(words: impl IntoIterator<Item = OsString>) -> Result<(), Failure> {
    let cli = match parse(words) {
        Ok(cli) => cli,
        Err(error) => return explain(&error),
    };
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(args) => serve::run(&args),
        Command::Watch(args) => watch::run(&args),
        Command::Play(args) => control::plain("play", &args),
        Command::Pause(args) => control::plain("pause", &args),
        Command::Seek(args) => control::seek(&args),
        Command::Step(args) => control::step(&args),
        Command::Speed(args) => control::run_at(&args),
        Command::Pace(args) => control::pace(&args),
        Command::Restart(args) => control::plain("restart", &args),
        Command::Loop(args) => control::repeat(&args),
        Command::Open(args) => replays::open(&args),
        Command::Close(args) => replays::close(&args),
        Command::Replays(args) => replays::list(&args),
        Command::Health(args) => health::run(&args),
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

/// The options of a subcommand, as they are typed.
fn options_of(command: &str) -> Vec<String> {
    let cli = Cli::command();
    let options = cli.find_subcommand(command).into_iter().flat_map(clap::Command::get_arguments);
    options.filter_map(|option| Some(format!("--{}", option.get_long()?))).collect()
}

/// Adds to the error about an unknown scenario the subcommand that may have been meant; all of them where no name is near.
fn hint_at_command(error: Error, word: &str) -> Error {
    let commands = commands();
    if commands.iter().any(|command| command == word) {
        return Error::misuse(format!("{word:?} is a command: it stands first, before options and scenarios"));
    }
    match did_you_mean(word, commands.iter().map(String::as_str)) {
        // A scenario's name is near.
        hint if hint.is_empty() && error.to_string().contains("did you mean") => error,
        hint if hint.is_empty() => Error::not_found(format!("{error}; commands: {}", commands.join(", "))),
        hint => Error::not_found(format!("no command or scenario {word:?}{hint}")),
    }
}

/// One thread that waits: enough for whoever asks or watches.
fn one_thread() -> Result<Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.map_err(|error| Error::io("starting", error).into())
}

/// By how much they do: a niceness.
const GIVE_WAY: i32 = 10;

/// The threads that serve. More than four only wait for each other: frames are encoded once, and the rest is writing.
///
/// Beside a delivery loop they give way to it where there are too few cores: whoever floods the server with requests is to
/// make answers late, not events.
fn runtime(beside_a_loop: bool) -> Result<Runtime, Failure> {
    let workers = std::thread::available_parallelism().map_or(2, |cores| cores.get().min(4));
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(workers)
        .on_thread_start(move || {
            // On Linux it is the thread's own, elsewhere the whole process's.
            if cfg!(target_os = "linux") && beside_a_loop {
                // Where it is forbidden, they compete.
                let _ = rustix::process::nice(GIVE_WAY);
            }
        })
        .enable_all()
        .build()
        .map_err(|error| Error::io("starting threads", error).into())
}

#[cfg(test)]
mod tests {
    use touchline::scenario::SHIPPED;

    use super::*;

    fn refusal(words: &str) -> String {
        let words = std::iter::once("touchline").chain(words.split_whitespace());
        one_line(&parse(words.map(OsString::from)).expect_err("refused"))
    }

    #[test]
    fn the_description_holds_together() {
        description().debug_assert();
    }

    #[test]
    fn every_subcommand_stands_in_one_group_of_the_help() {
        let mut grouped: Vec<_> =
            GROUPS.iter().flat_map(|(_, names)| names.iter().map(|name| (*name).to_owned())).collect();
        let mut all = commands();
        grouped.sort();
        all.sort();
        assert_eq!(grouped, all);
        let help = description().render_help().to_string();
        for part in
            ["\n  seek       Go to", "\n  load       Measure", "Usage: touchline [OPTIONS]", "--speed <S>", "Examples:"]
        {
            assert!(help.contains(part), "no {part:?} in\n{help}");
        }
        assert!(!help.contains("--max-connections"), "that is told by `touchline serve --help`:\n{help}");
    }

    #[test]
    fn no_scenario_is_called_like_a_command() {
        for name in commands() {
            assert!(SHIPPED.iter().all(|shipped| !shipped.name.starts_with(&name)), "{name}");
        }
    }

    #[test]
    fn a_command_that_does_not_stand_first_is_told_where_it_stands() {
        let error = hint_at_command(Error::not_found("no scenario"), "play");
        assert!(error.to_string().contains("it stands first"), "{error}");
    }

    #[test]
    fn serving_needs_no_subcommand() {
        for words in [&["touchline", "juv", "--speed", "120"][..], &["touchline", "serve", "juv", "--speed", "120"]] {
            let cli = parse(words.iter().map(OsString::from)).expect("understood");
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
