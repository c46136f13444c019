//! `touchline play`, `pause`, `seek`, `speed`, `pace`, `step`, `restart` and `loop`: a replay that is being served, controlled
//! from the command line.

use std::time::Duration;

use http::Method;
use touchline::client::http::ApiRequest;
use touchline::client::{BarrierOptions, CommandRequest};
use touchline::error::{Error, Result, did_you_mean};
use touchline::playback::{Command, Instruction, Step};
use touchline::scenario::Span;

use super::Failure;
use super::applied::applied;
use super::playing;
use super::print::out;
use super::remote::{Remote, in_path};

/// How long a step may take on the server unless somebody says otherwise.
const STEP_TIME: Duration = Duration::from_secs(5);
/// How long the answer may take beyond what the server itself waits.
const ANSWER_TIME: Duration = Duration::from_secs(10);

/// Whom a command is for, and on what condition.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Giving {
    /// Where it is served, as with --on; http://127.0.0.1:8089/r/derby names the replay too
    // And, before it, the other words of a name that has several.
    #[arg(value_name = "URL")]
    words: Vec<String>,
    #[command(flatten)]
    remote: Remote,
    /// The replay [default: the one in the URL, else main]
    #[arg(long, value_name = "NAME")]
    replay: Option<String>,
    /// Who does it, shown to everyone who watches
    #[arg(long, value_name = "NAME", value_parser = by)]
    by: Option<String>,
    /// Only if nothing has changed since playback had this version
    #[arg(long, value_name = "N")]
    if_version: Option<u64>,
    /// The server's answer as it is
    #[arg(long)]
    json: bool,
}

fn by(text: &str) -> Result<String, String> {
    // As the server reads it: a name that it would refuse is misuse of the command line.
    Instruction::name(text).map(|name| name.to_string()).map_err(|refused| refused.message)
}

/// A command that needs no more than its name.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline pause
  touchline pause http://127.0.0.1:8089/r/derby --by anna
  touchline play --replay derby")]
pub struct Plain {
    #[command(flatten)]
    giving: Giving,
}

/// Where a seek goes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline seek 89:07
  touchline seek next:goal --lead 20s
  touchline seek -30s
  touchline seek \"Chiellini injured\" --on http://127.0.0.1:7000")]
pub struct Seek {
    /// Where to: 89:07, 45+2, HT, FT, 50%, +5m, -30s, next:goal, prev:card, next:correction, next:removal, a marker's name,
    /// an event's id, a revision of it (ID@2)
    #[arg(value_name = "POSITION", allow_hyphen_values = true)]
    to: String,
    /// So much earlier, in match time
    #[arg(long, value_name = "D", value_parser = playing::pause, allow_hyphen_values = true)]
    lead: Option<Duration>,
    /// The match whose clock or events are meant
    #[arg(long = "match", value_name = "ID")]
    track: Option<String>,
    #[command(flatten)]
    giving: Giving,
}

/// How far a step goes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It pauses first. The answer comes when what was stepped over has been written to every subscriber.
A position that is not ahead is refused, and nothing moves, unless --or end is given.

Examples:
  touchline step
  touchline step 12
  touchline step next:goal --or end
  touchline step HT --wait-for 2 --acknowledged --timeout 10s"
)]
pub struct Stepping {
    /// So many events, or up to a position, all events of that instant included [default: 1]
    #[arg(value_name = "N|POSITION", allow_hyphen_values = true)]
    to: Option<String>,
    /// The match whose clock or events are meant
    #[arg(long = "match", value_name = "ID")]
    track: Option<String>,
    /// Where the position is not ahead: go to the end
    #[arg(long, value_name = "end", value_parser = ["end"])]
    or: Option<String>,
    /// First wait until so many have subscribed
    #[arg(long, value_name = "N")]
    wait_for: Option<u32>,
    /// Wait until all have acknowledged what they were sent
    #[arg(long)]
    acknowledged: bool,
    /// How long to wait for them in all [default: 5s]
    #[arg(long, value_name = "D", value_parser = playing::length)]
    timeout: Option<Duration>,
    #[command(flatten)]
    giving: Giving,
}

/// A new speed.
#[derive(Debug, clap::Args)]
pub struct Speeding {
    /// How many times faster than life: 0.01 to 10000, or max
    #[arg(value_name = "S", allow_negative_numbers = true)]
    to: String,
    #[command(flatten)]
    giving: Giving,
}

/// New rules.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline pace highlights                         gap=2s+break=3s+goal:lead=30s,speed=5
  touchline pace break=3s+goal:lead=30s,speed=5     no break is longer; slower before goals
  touchline pace off")]
pub struct Pacing {
    /// Where to hurry or to linger: gap=5s, break=3s, goal:lead=30s,speed=5, highlights; several joined by +; or off
    #[arg(value_name = "P")]
    to: String,
    #[command(flatten)]
    giving: Giving,
}

/// Whether there is another lap.
#[derive(Debug, clap::Args)]
pub struct Looping {
    /// on or off
    #[arg(value_name = "on|off")]
    to: String,
    #[command(flatten)]
    giving: Giving,
}

/// Plays, pauses or restarts, as the name says.
pub fn plain(name: &str, args: &Plain) -> Result<(), Failure> {
    let (words, url) = parted(None, &args.giving.words);
    alone(name, &words)?;
    args.giving.give(Command::parse_line(name).map_err(Error::from)?.into(), url)
}

/// Seeks.
pub fn seek(args: &Seek) -> Result<(), Failure> {
    let (words, url) = parted(Some(&args.to), &args.giving.words);
    let mut command = read("seek", &words)?;
    if let Command::Seek { lead, track, .. } = &mut command {
        *lead = args.lead.map_or(*lead, Span::of);
        *track = args.track.as_deref().map(Into::into).or(track.take());
    }
    args.giving.give(command.into(), url)
}

/// Steps.
pub fn step(args: &Stepping) -> Result<(), Failure> {
    let (words, url) = parted(args.to.as_deref(), &args.giving.words);
    let mut command = read("step", &words)?;
    match (&mut command, args.track.as_deref()) {
        (Command::Step(Step::Until { track, .. }), Some(id)) => *track = Some(id.into()),
        (_, Some(_)) => {
            return Err(Failure::misuse("--match says whose clock a position is meant on: give a position"));
        }
        _ => {}
    }
    match (&mut command, &args.or) {
        (Command::Step(Step::Until { or_end, .. }), Some(_)) => *or_end = true,
        (_, Some(_)) => {
            return Err(Failure::misuse("--or says what to do where a position is not ahead: give a position"));
        }
        _ => {}
    }
    let Stepping { wait_for, acknowledged, timeout, .. } = *args;
    let barrier = BarrierOptions { wait_for, acknowledged, timeout };
    args.giving.give(CommandRequest { barrier, ..command.into() }, url)
}

/// Changes the speed.
pub fn run_at(args: &Speeding) -> Result<(), Failure> {
    let (words, url) = parted(Some(&args.to), &args.giving.words);
    args.giving.give(read("speed", &words)?.into(), url)
}

/// Changes the pace.
pub fn pace(args: &Pacing) -> Result<(), Failure> {
    let (words, url) = parted(Some(&args.to), &args.giving.words);
    args.giving.give(read("pace", &words)?.into(), url)
}

/// Begins to loop, or ends it.
pub fn repeat(args: &Looping) -> Result<(), Failure> {
    let (words, url) = parted(Some(&args.to), &args.giving.words);
    if !matches!(&words[..], ["on" | "off"]) {
        return Err(Failure::misuse(format!("loop takes on or off, and not {:?}", words.join(" "))));
    }
    args.giving.give(read("loop", &words)?.into(), url)
}

/// The words, and the last of them if it is the address of a server.
fn parted<'a>(first: Option<&'a str>, more: &'a [String]) -> (Vec<&'a str>, Option<&'a str>) {
    let mut words: Vec<&str> = first.into_iter().chain(more.iter().map(String::as_str)).collect();
    let url = words.pop_if(|word| is_address(word));
    (words, url)
}

/// Whether a word is a URL, or a host and its port. `89:07` and `next:goal` are positions: a host has a dot or brackets, or is
/// `localhost`.
fn is_address(word: &str) -> bool {
    let host_and_port = word.split_once('/').map_or(word, |(authority, _)| authority).rsplit_once(':');
    word.contains("://")
        || host_and_port.is_some_and(|(host, port)| {
            port.parse::<u16>().is_ok() && (host == "localhost" || host.starts_with('[') || host.contains('.'))
        })
}

/// Refuses words behind a command that takes none.
fn alone(name: &str, words: &[&str]) -> Result<()> {
    let Some(word) = words.first() else { return Ok(()) };
    let instead = match name {
        "play" => format!("to serve a scenario write `touchline {word}`, "),
        _ => String::new(),
    };
    Err(Error::misuse(format!(
        "{name} is for what is being served already, and takes no {word:?}: {instead}to say where it is served --on {word}"
    )))
}

/// Reads a command as it is typed into a connection, so that what makes no sense is never sent.
fn read(name: &str, words: &[&str]) -> Result<Command> {
    // A position may begin with a hyphen, so options that do not exist arrive here.
    if let Some(option) = words.iter().find(|word| stray(word)) {
        let option = option.split('=').next().unwrap_or_default();
        let options = super::options_of(name);
        if options.iter().any(|known| known == option) {
            return Err(Error::misuse(format!(
                "{option} stands behind \"--\", where nothing is an option: write it before"
            )));
        }
        let hint = did_you_mean(option, options.iter().map(String::as_str));
        return Err(Error::misuse(format!("{name} has no option {option:?}{hint}")));
    }
    Command::parse_line(&format!("{name} {}", words.join(" "))).map_err(Error::from)
}

/// Whether a word is meant to be an option.
fn stray(word: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphabetic();
    word.starts_with("--") || word.strip_prefix('-').is_some_and(|rest| rest.starts_with(letter))
}

impl Giving {
    fn give(&self, order: CommandRequest, url: Option<&str>) -> Result<(), Failure> {
        let server = self.remote.server(url)?;
        let replay = server.replay(self.replay.as_deref())?;
        let order = CommandRequest { by: self.by.clone(), if_version: self.if_version, ..order };
        let waiting = match order.command {
            Command::Step(_) => order.barrier.timeout.unwrap_or(STEP_TIME),
            _ => Duration::ZERO,
        };
        let request = ApiRequest::new(Method::POST, format!("/api/replays/{}/command", in_path(&replay)))
            .with_json(order.to_json())
            .within(ANSWER_TIME + waiting);
        match server.told(request, self.json)? {
            Some(answer) => out(&applied(&order, &answer.read()?)),
            None => Ok(()),
        }
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
            let (words, found) = parted(words.first().map(String::as_str), &words[1..]);
            assert_eq!((&*words.join(" "), found), (position, url), "{typed}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_what_was_meant() {
        for (name, typed, hint) in [
            ("seek", "89:7", "write 89:07"),
            ("seek", "--laed 20s", "seek has no option \"--laed\" (did you mean \"--lead\"?)"),
            ("step", "--tokn=secret", "step has no option \"--tokn\" (did you mean \"--token\"?)"),
            ("step", "0", "from 1"),
            ("speed", "fast", "0.01 to 10000"),
            ("pace", "gpa=5s", "did you mean \"gap\""),
        ] {
            let error = read(name, &typed.split(' ').collect::<Vec<_>>()).expect_err(typed);
            assert_eq!(error.kind(), touchline::error::Kind::Misuse);
            assert!(error.to_string().contains(hint) && !error.to_string().contains("secret"), "{error}");
        }
        assert!(matches!(read("seek", &["-30s"]), Ok(Command::Seek { .. })));
        let error = alone("play", &["juv"]).expect_err("a scenario").to_string();
        assert!(error.contains("`touchline juv`") && error.contains("--on juv"), "{error}");
    }
}
