//! `touchline play`, `pause`, `seek`, `speed`, `pace`, `step`, `restart`, `loop` and `faults`: control a replay from the command line.

use std::time::Duration;

use crate::client::{ApiCommand, BarrierOptions};
use crate::error::{Error, Result};
use crate::faults::FaultPlan;
use crate::hub::parse_seed;
use crate::message::did_you_mean;
use crate::playback::{Command, CommandRequest, StepTarget};
use crate::scenario::Span;

use super::CliError;
use super::command_summary::summarise;
use super::playback_args;
use super::remote::RemoteArgs;

/// Which replay a command is for, who sends it, and on what condition.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct CommandArgs {
    /// The server's URL, as with --on; one with a path, as http://127.0.0.1:8089/r/derby, names the replay too
    // Before the URL: the further words of an argument that has several, as a marker's name.
    #[arg(value_name = "URL")]
    words: Vec<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Name of the replay [default: the one in the URL, else main]
    #[arg(long, value_name = "NAME")]
    replay: Option<String>,
    /// Your name, shown to all subscribers with the command
    #[arg(long, value_name = "NAME", value_parser = parse_sender_name)]
    by: Option<String>,
    /// Fail unless playback still has this version
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
    /// Print the server's JSON answer
    #[arg(long)]
    json: bool,
}

fn parse_sender_name(text: &str) -> Result<String, String> {
    // Parsed with the server's own rules: a name that it would refuse is misuse of the command line.
    CommandRequest::validate_sender_name(text).map(|name| name.to_string()).map_err(|refused| refused.message)
}

/// `touchline play`, `pause` and `restart`: commands without arguments of their own.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline pause
  touchline pause http://127.0.0.1:8089/r/derby --by anna
  touchline play --replay derby")]
pub struct PlainArgs {
    #[command(flatten)]
    command: CommandArgs,
}

/// `touchline seek`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline seek 89:07
  touchline seek next:goal --lead 20s
  touchline seek -30s
  touchline seek \"Chiellini injured\" --on http://127.0.0.1:7000")]
pub struct SeekArgs {
    /// Position to go to: 89:07, 45+2, HT, FT, 50%, +5m, -30s, next:goal, prev:card, next:correction, next:removal, a marker's
    /// name, an event's id, a revision of it (ID@2)
    #[arg(value_name = "POSITION", allow_hyphen_values = true)]
    to: String,
    /// Go to this long before the position, in match time, from 0s
    #[arg(long, value_name = "D", value_parser = playback_args::parse_duration_or_zero, allow_hyphen_values = true)]
    lead: Option<Duration>,
    /// Id of the match that the position refers to
    #[arg(long = "match", value_name = "ID")]
    track: Option<String>,
    #[command(flatten)]
    command: CommandArgs,
}

/// `touchline step`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Playback is paused first. The answer comes when the events have been sent to every subscriber. A
position that is not ahead is refused, and nothing moves, unless --or end is given.

Examples:
  touchline step
  touchline step 12
  touchline step next:goal --or end
  touchline step HT --wait-for 2 --acknowledged --timeout 10s"
)]
pub struct StepArgs {
    /// Number of events, from 1, or a position; all events of its instant are included [default: 1]
    #[arg(value_name = "N|POSITION", allow_hyphen_values = true)]
    to: Option<String>,
    /// Id of the match that the position refers to
    #[arg(long = "match", value_name = "ID")]
    track: Option<String>,
    /// Go to the end if the position is not ahead
    #[arg(long, value_name = "end", value_parser = ["end"])]
    or: Option<String>,
    /// First wait until this many subscribers are connected
    #[arg(long, value_name = "N")]
    wait_for: Option<u32>,
    /// Wait until every subscriber has acknowledged the events
    #[arg(long)]
    acknowledged: bool,
    /// Time limit for waiting for subscribers [default: 5s]
    #[arg(long, value_name = "D", value_parser = playback_args::parse_duration)]
    timeout: Option<Duration>,
    #[command(flatten)]
    command: CommandArgs,
}

/// `touchline speed`.
#[derive(Debug, clap::Args)]
pub struct SpeedArgs {
    /// Speed as a multiple of real time: 0.01 to 10000, or max
    #[arg(value_name = "S", allow_negative_numbers = true)]
    to: String,
    #[command(flatten)]
    command: CommandArgs,
}

/// `touchline pace`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline pace highlights                         gap=2s+break=3s+goal:lead=30s,speed=5
  touchline pace break=3s+goal:lead=30s,speed=5     no break is longer; slower before goals
  touchline pace off")]
pub struct PaceArgs {
    /// Rules for where to play faster or slower: gap=5s, break=3s, goal:lead=30s,speed=5, highlights; joined by +; or off
    #[arg(value_name = "P")]
    to: String,
    #[command(flatten)]
    command: CommandArgs,
}

/// `touchline loop`.
#[derive(Debug, clap::Args)]
pub struct LoopArgs {
    /// Whether to begin again at each end: on or off
    #[arg(value_name = "on|off")]
    to: String,
    #[command(flatten)]
    command: CommandArgs,
}

/// `touchline faults`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline faults 'drop:at=next:goal'
  touchline faults 'late:p=0.1,by=20s; duplicate:p=0.05' --seed 7
  touchline faults off")]
pub struct FaultsArgs {
    /// What goes wrong in the feed from now on: faults separated by ;, a preset, or off
    #[arg(value_name = "PLAN")]
    to: String,
    /// The seed of what chance decides [default: as before]
    #[arg(long, value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    #[command(flatten)]
    command: CommandArgs,
}

/// `touchline fault`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline fault cut
  touchline fault cut subscriber=3 at=next:goal code=1012
  touchline fault stall client=phone for=10s
  touchline fault drop at=next:goal")]
pub struct FaultArgs {
    /// What goes wrong besides what does already: a fault and its parameters. Faults of connections without a place happen at once
    #[arg(value_name = "FAULT")]
    fault: String,
    #[command(flatten)]
    command: CommandArgs,
}

/// Sends `play`, `pause` or `restart`.
pub fn run(name: &str, args: &PlainArgs) -> Result<(), CliError> {
    let (words, url) = split_url(None, &args.command.words);
    reject_words(name, &words)?;
    args.command.send(Command::parse_line(name).map_err(Error::from)?.into(), url)
}

/// Sends `seek`.
pub fn seek(args: &SeekArgs) -> Result<(), CliError> {
    let (words, url) = split_url(Some(&args.to), &args.command.words);
    let mut command = parse_command("seek", &words)?;
    if let Command::Seek { lead, track, .. } = &mut command {
        *lead = args.lead.map_or(*lead, Span::from_duration);
        *track = args.track.as_deref().map(Into::into).or(track.take());
    }
    args.command.send(command.into(), url)
}

/// Sends `step`.
pub fn step(args: &StepArgs) -> Result<(), CliError> {
    let (words, url) = split_url(args.to.as_deref(), &args.command.words);
    let mut command = parse_command("step", &words)?;
    match (&mut command, args.track.as_deref()) {
        (Command::Step(StepTarget::Until { track, .. }), Some(id)) => *track = Some(id.into()),
        (_, Some(_)) => {
            return Err(CliError::misuse("--match says which match a position refers to: give a position"));
        }
        _ => {}
    }
    match (&mut command, &args.or) {
        (Command::Step(StepTarget::Until { or_end, .. }), Some(_)) => *or_end = true,
        (_, Some(_)) => {
            return Err(CliError::misuse("--or end says where to go if a position is not ahead: give a position"));
        }
        _ => {}
    }
    let StepArgs { wait_for, acknowledged, timeout, .. } = *args;
    let barrier = BarrierOptions { wait_for, acknowledged, timeout };
    args.command.send(ApiCommand { barrier, ..command.into() }, url)
}

/// Sends `speed`.
pub fn speed(args: &SpeedArgs) -> Result<(), CliError> {
    let (words, url) = split_url(Some(&args.to), &args.command.words);
    args.command.send(parse_command("speed", &words)?.into(), url)
}

/// Sends `pace`.
pub fn pace(args: &PaceArgs) -> Result<(), CliError> {
    let (words, url) = split_url(Some(&args.to), &args.command.words);
    args.command.send(parse_command("pace", &words)?.into(), url)
}

/// Sends `loop`.
pub fn set_loop(args: &LoopArgs) -> Result<(), CliError> {
    let (words, url) = split_url(Some(&args.to), &args.command.words);
    if !matches!(&words[..], ["on" | "off"]) {
        return Err(CliError::misuse(format!("loop takes on or off, not {:?}", words.join(" "))));
    }
    args.command.send(parse_command("loop", &words)?.into(), url)
}

/// Sends `faults`.
pub fn faults(args: &FaultsArgs) -> Result<(), CliError> {
    let (words, url) = split_url(Some(&args.to), &args.command.words);
    let mut command = parse_command("faults", &words)?;
    if let Command::Faults { plan, seed } = &mut command {
        FaultPlan::parse(plan).map_err(Error::from)?;
        *seed = args.seed.or(*seed);
    }
    args.command.send(command.into(), url)
}

/// Sends `fault`.
pub fn fault(args: &FaultArgs) -> Result<(), CliError> {
    let (words, url) = split_url(Some(&args.fault), &args.command.words);
    let command = parse_command("fault", &words)?;
    if let Command::Fault { fault } = &command {
        FaultPlan::parse_fault(fault).map_err(Error::from)?;
    }
    if args.command.by.is_some() {
        let message = "--by: a fault has a parameter of that name, so this command names no sender";
        return Err(Error::misuse(message).into());
    }
    args.command.send(command.into(), url)
}

/// Splits off the last word if it is the address of a server.
fn split_url<'a>(first: Option<&'a str>, more: &'a [String]) -> (Vec<&'a str>, Option<&'a str>) {
    let mut words: Vec<&str> = first.into_iter().chain(more.iter().map(String::as_str)).collect();
    let url = words.pop_if(|word| is_address(word));
    (words, url)
}

/// Whether a word is a URL or `host:port`, and not a position like `89:07` or `next:goal`: a host has a dot or brackets, or is
/// `localhost`.
fn is_address(word: &str) -> bool {
    let host_and_port = word.split_once('/').map_or(word, |(authority, _)| authority).rsplit_once(':');
    word.contains("://")
        || host_and_port.is_some_and(|(host, port)| {
            port.parse::<u16>().is_ok() && (host == "localhost" || host.starts_with('[') || host.contains('.'))
        })
}

/// Refuses arguments of a command that takes none.
fn reject_words(name: &str, words: &[&str]) -> Result<()> {
    let Some(word) = words.first() else { return Ok(()) };
    let instead = match name {
        "play" => format!("to serve a scenario, write `touchline {word}`; "),
        _ => String::new(),
    };
    Err(Error::misuse(format!(
        "{name} controls a replay that is already being served, and takes no argument {word:?}: {instead}to name the server, write \
         --on {word}"
    )))
}

/// Parses a command as the server does, so that a wrong one is never sent.
fn parse_command(name: &str, words: &[&str]) -> Result<Command> {
    // Positions may begin with a hyphen, so clap passes unknown options on as words.
    if let Some(option) = words.iter().find(|word| looks_like_option(word)) {
        let option = option.split('=').next().unwrap_or_default();
        let options = super::options_of(name);
        if options.iter().any(|known| known == option) {
            return Err(Error::misuse(format!(
                "{option} follows \"--\", after which nothing is an option: write it before \"--\""
            )));
        }
        let hint = did_you_mean(option, options.iter().map(String::as_str));
        return Err(Error::misuse(format!("{name} has no option {option:?}{hint}")));
    }
    Command::parse_line(&format!("{name} {}", words.join(" "))).map_err(Error::from)
}

/// Whether a word looks like an option; a negative position has a digit after the hyphen.
fn looks_like_option(word: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic();
    word.starts_with("--") || word.strip_prefix('-').is_some_and(|rest| rest.starts_with(letter))
}

impl CommandArgs {
    fn send(&self, order: ApiCommand, url: Option<&str>) -> Result<(), CliError> {
        let server = self.remote.server(url)?;
        let replay = server.replay(self.replay.as_deref())?;
        let order = ApiCommand { by: self.by.clone(), if_version: self.if_version, ..order };
        server.show(order.to_request(&replay), self.json, |reply| summarise(&order, reply))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        text.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_last_word_may_be_an_address() {
        for (typed, position, url) in [
            ("89:07", "89:07", None),
            ("next:goal", "next:goal", None),
            ("89:07 ws://h:1/ws", "89:07", Some("ws://h:1/ws")),
            ("Chiellini injured", "Chiellini injured", None),
            ("45+1:30.5", "45+1:30.5", None),
            ("HT 127.0.0.1:8123", "HT", Some("127.0.0.1:8123")),
            ("HT localhost:8123/r/cup", "HT", Some("localhost:8123/r/cup")),
            ("HT [::1]:8123", "HT", Some("[::1]:8123")),
            ("http://h:1/r/cup", "", Some("http://h:1/r/cup")),
        ] {
            let words = words(typed);
            let (words, found) = split_url(words.first().map(String::as_str), &words[1..]);
            assert_eq!((&*words.join(" "), found), (position, url), "{typed}");
        }
    }

    #[test]
    fn a_wrong_command_is_refused_with_a_hint() {
        for (name, typed, hint) in [
            ("seek", "89:7", "write 89:07"),
            ("seek", "--laed 20s", "seek has no option \"--laed\" (did you mean \"--lead\"?)"),
            ("step", "--tokn=secret", "step has no option \"--tokn\" (did you mean \"--token\"?)"),
            ("step", "0", "at least 1"),
            ("speed", "fast", "0.01 to 10000"),
            ("pace", "gpa=5s", "did you mean \"gap\""),
        ] {
            let error = parse_command(name, &typed.split(' ').collect::<Vec<_>>()).expect_err(typed);
            assert_eq!(error.kind(), crate::error::ErrorKind::Misuse);
            assert!(error.to_string().contains(hint) && !error.to_string().contains("secret"), "{error}");
        }
        assert!(matches!(parse_command("seek", &["-30s"]), Ok(Command::Seek { .. })));
        let error = reject_words("play", &["juv"]).expect_err("a scenario").to_string();
        assert!(error.contains("`touchline juv`") && error.contains("--on juv"), "{error}");
    }
}
