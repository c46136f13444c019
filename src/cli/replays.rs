//! `touchline open`, `close` and `replays`: the replays of a running server.

use std::time::Duration;

use crate::client::PlaybackInfo;
use crate::client::http::{ApiRequest, encode_path_segment};
use crate::error::{Error, Result};
use crate::hub::parse_seed;
use crate::playback::{Pace, Position, Speed};
use crate::scenario::Span;
use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::CliError;

use super::playback_args;
use super::playback_text::{describe_playback, format_offset, speed_text};
use super::print::{format_table, print_line, sanitise};
use super::remote::{RemoteArgs, check_answer, show_answer};
use super::scenario_upload::{ReceivedFindings, ScenarioUpload};

/// `touchline open`.
#[derive(Debug, clap::Args)]
#[command(after_help = "The replay closes some time after its last subscriber has left (--linger). The token that is
printed gives the right to control it.

A file is sent to the server, which plays it if it would play it at its start. That takes the server's token, unless it runs
with --allow-uploads.

Examples:
  touchline open var --speed 120
  touchline open juv --from 85:00 --paused --name late-drama
  touchline open my-match.jsonl --name mine
  sed s/goal/shot/ my-match.jsonl | touchline open -")]
pub struct OpenArgs {
    /// A scenario that the server offers: a shipped one, or one that it was started with; or a file to send, at most 8 MiB: a
    /// path, a name that ends with .jsonl, or - for standard input
    #[arg(value_name = "SCENARIO|FILE")]
    scenario: String,
    /// Name of the replay [default: chosen by the server]
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Speed as a multiple of real time: 0.01 to 10000, or max
    #[arg(long, value_name = "S", value_parser = Speed::parse)]
    speed: Option<Speed>,
    /// Rule for where to play faster or slower: gap=5s, break=3s, goal:lead=30s,speed=5; highlights is
    /// all three, with gap=2s; may be repeated
    #[arg(long, value_name = "P")]
    pace: Vec<String>,
    /// Choose the speed at which the whole takes this long: 90s, 3m
    #[arg(long, value_name = "D", value_parser = validate_duration, conflicts_with = "speed")]
    fit: Option<String>,
    /// Begin at this position: 80:00, 45+2, HT, 50%, next:goal, a marker's name
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    from: Option<Position>,
    /// End at this position
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    until: Option<Position>,
    /// Begin again at each end
    #[arg(long = "loop")]
    looping: bool,
    /// With --loop: how long the end is shown before the next lap, from 0s
    #[arg(long, value_name = "D", value_parser = validate_duration_or_zero, requires = "looping")]
    hold: Option<String>,
    /// Begin paused
    #[arg(long)]
    paused: bool,
    /// Begin when this many subscribers are connected
    #[arg(long, value_name = "N")]
    wait_for: Option<u32>,
    /// How long the replay stays open after its last subscriber has left: 60s, or forever
    #[arg(long, value_name = "D", value_parser = validate_linger)]
    linger: Option<String>,
    /// Show kick-off times as if the first match kicked off when it is played
    #[arg(long)]
    now: bool,
    /// Play as if the first match kicked off at this time of day: 20:45
    #[arg(long, value_name = "HH:MM")]
    wall: Option<String>,
    /// What goes wrong in the feed: faults separated by ;, as 'drop:at=89:07; late:p=0.05,by=20s', a preset, or off
    /// [default: what the scenario says]
    #[arg(long, value_name = "PLAN", value_parser = validate_faults)]
    faults: Option<String>,
    /// The seed of what chance decides about faults [default: 0]
    #[arg(long, value_name = "N", value_parser = parse_seed, allow_negative_numbers = true)]
    seed: Option<u64>,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print the server's JSON answer
    #[arg(long)]
    json: bool,
}

/// `touchline close`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Its subscribers are disconnected. The replay that the server was started with, main, cannot be
closed: it lasts as long as the server does.")]
pub struct CloseArgs {
    /// Name or URL of the replay
    #[arg(value_name = "REPLAY")]
    replay: String,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// `touchline replays`.
#[derive(Debug, clap::Args)]
pub struct ListArgs {
    /// The server's URL, as with --on
    #[arg(value_name = "URL", conflicts_with = "on")]
    url: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Print the server's JSON answer
    #[arg(long)]
    json: bool,
}

/// Checks a duration and passes its text on: the server uses the same notation.
fn validate_duration(text: &str) -> Result<String, String> {
    playback_args::parse_duration(text).map(|_| text.to_owned())
}

fn validate_duration_or_zero(text: &str) -> Result<String, String> {
    playback_args::parse_duration_or_zero(text).map(|_| text.to_owned())
}

fn validate_faults(text: &str) -> Result<String, String> {
    playback_args::parse_faults(text).map(|_| text.to_owned())
}

fn validate_linger(text: &str) -> Result<String, String> {
    match text {
        "forever" => Ok(text.to_owned()),
        _ => validate_duration_or_zero(text).map_err(|error| format!("{error}, or forever")),
    }
}

impl OpenArgs {
    /// The options of the replay. Only what was given is sent, so that the defaults of the server apply.
    fn options(&self) -> Result<Map<String, Value>> {
        let pace = match &self.pace[..] {
            [] => None,
            rules => Some(rules.join("+")),
        };
        if let Some(pace) = &pace {
            // Checks the syntax only: the scenario may have event types of its own, which the server knows.
            Pace::read(pace).map_err(|refused| Error::misuse(format!("--pace: {refused}")))?;
        }
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let place = |place: &Option<Position>| place.as_ref().map(|place| Value::from(place.to_string()));
        let flag = |set: bool| set.then_some(Value::Bool(true));
        let fields = [
            ("name", text(&self.name)),
            ("speed", self.speed.map(Value::from)),
            ("pace", text(&pace)),
            ("fit", text(&self.fit)),
            ("from", place(&self.from)),
            ("until", place(&self.until)),
            ("loop", flag(self.looping)),
            ("hold", text(&self.hold)),
            ("paused", flag(self.paused)),
            ("wait_for", self.wait_for.map(Value::from)),
            ("linger", text(&self.linger)),
            ("now", flag(self.now)),
            ("wall", text(&self.wall)),
            ("faults", text(&self.faults)),
            ("seed", self.seed.map(Value::from)),
        ];
        Ok(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
    }

    /// The body of a request for a scenario that the server has.
    fn to_json(&self) -> Result<Value> {
        let mut fields = self.options()?;
        fields.insert("scenario".to_owned(), self.scenario.clone().into());
        Ok(Value::Object(fields))
    }
}

/// The answer to `POST /api/replays`.
#[derive(Debug, Deserialize)]
struct OpenAnswer {
    id: String,
    ws: String,
    http: String,
    control: Option<String>,
    playback: PlaybackInfo,
}

/// Opens a replay.
pub fn open(args: &OpenArgs) -> Result<(), CliError> {
    let server = args.remote.server(None)?;
    let upload = ScenarioUpload::read(&args.scenario)?;
    let request = match &upload {
        Some(upload) => upload.to_request(&args.options()?),
        None => ApiRequest::new(Method::POST, "/api/replays").with_json(args.to_json()?.to_string()),
    };
    // A long scenario takes the server some time to read.
    let answer = server.request(request.with_timeout(Duration::from_secs(60)))?;
    if let Some(upload) = upload
        && !args.json
    {
        // An answer that cannot be read is reported below.
        let findings = answer.parse_json::<ReceivedFindings>().unwrap_or_default();
        if answer.status.is_success() { upload.print_summary(&findings) } else { upload.print_findings(&findings) }
    }
    show_answer(answer, args.json, describe_opened)
}

fn describe_opened(replay: &OpenAnswer) -> String {
    let mut text = format!("opened {}: {}", sanitise(&replay.id), describe_playback(&replay.playback));
    let parts = [("ws", Some(&replay.ws)), ("http", Some(&replay.http)), ("token", replay.control.as_ref())];
    for (name, value) in parts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        text += &format!("\n  {name:<5}  {}", sanitise(value));
    }
    text
}

/// Closes a replay.
pub fn close(args: &CloseArgs) -> Result<(), CliError> {
    let url = Some(&*args.replay).filter(|replay| replay.contains("://"));
    let server = args.remote.server(url)?;
    let replay = match url {
        Some(_) => server.address.replay().ok_or_else(|| {
            CliError::misuse("the URL names no replay: write http://127.0.0.1:8089/r/NAME, or close NAME --on URL")
        })?,
        None => &args.replay,
    };
    let path = format!("/api/replays/{}", encode_path_segment(replay));
    check_answer(server.request(ApiRequest::new(Method::DELETE, path))?)?;
    print_line(&format!("closed {}", sanitise(replay)))
}

/// The answer to `GET /api/replays`.
#[derive(Debug, Deserialize)]
struct ListAnswer {
    replays: Vec<ReplayRow>,
}

#[derive(Debug, Deserialize)]
struct ReplayRow {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    subscribers: u64,
    /// A duration, or `forever`.
    linger: String,
    playback: PlaybackInfo,
}

/// Lists the replays.
pub fn list(args: &ListArgs) -> Result<(), CliError> {
    let server = args.remote.server(args.url.as_deref())?;
    server.show(ApiRequest::new(Method::GET, "/api/replays"), args.json, format_replay_table)
}

fn format_replay_table(list: &ListAnswer) -> String {
    let head = ["replay", "state", "speed", "at", "of", "subscribers", "stays", "title"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for ReplayRow { id, title, subscribers, linger, playback } in &list.replays {
        let nominal = speed_text(playback.nominal.unwrap_or(playback.speed));
        rows.push(vec![
            sanitise(id),
            sanitise(&playback.state.to_string()),
            nominal.trim_start_matches("at speed ").trim_start_matches("at ").to_owned(),
            format_offset(playback.at),
            playback.length.map(format_offset).unwrap_or_default(),
            subscribers.to_string(),
            Span::parse(linger).map_or_else(|| sanitise(linger), |linger| linger.to_string()),
            sanitise(title),
        ]);
    }
    format_table(&rows, &[false, false, true, true, true, true, true, false])
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct TestCli {
        #[command(flatten)]
        args: OpenArgs,
    }

    fn body(words: &str) -> Value {
        let words = std::iter::once("open").chain(words.split_whitespace());
        TestCli::try_parse_from(words).expect("understood").args.to_json().expect("sensible")
    }

    #[test]
    fn only_what_was_given_is_sent() {
        assert_eq!(body("juv"), json!({"scenario": "juv"}));
        assert_eq!(
            body("juv --name a --speed max --pace gap=5s --pace break=3s --from 80:00 --until FT --loop --hold 0s"),
            json!({"scenario": "juv", "name": "a", "speed": "max", "pace": "gap=5s+break=3s", "from": "80:00",
                "until": "FT", "loop": true, "hold": "0s"})
        );
        assert_eq!(
            body("var --fit 90s --paused --wait-for 2 --linger forever --now --wall 20:45"),
            json!({"scenario": "var", "fit": "90s", "paused": true, "wait_for": 2, "linger": "forever", "now": true,
                "wall": "20:45"})
        );
    }

    #[test]
    fn faults_are_checked_and_sent_as_they_were_given() {
        assert_eq!(
            body("juv --faults lossy;drop:at=89:07 --seed 7"),
            json!({"scenario": "juv", "faults": "lossy;drop:at=89:07", "seed": 7})
        );
        let refused = |words: &[&str]| {
            let words = ["open", "juv"].iter().chain(words);
            TestCli::try_parse_from(words).err().expect("refused").to_string()
        };
        let faults = refused(&["--faults", "dorp"]);
        assert!(faults.contains("(did you mean \"drop\"?); accepted: late, drop, "), "{faults}");
        let seed = refused(&["--seed", "-1"]);
        assert!(seed.contains("\"-1\" is no whole number from 0 to "), "{seed}");
    }

    #[test]
    fn wrong_values_are_not_sent() {
        for words in ["", "juv --fit 0s", "juv --speed 0", "juv --linger never", "juv --hold 5s", "juv --from 89:7"] {
            let words = std::iter::once("open").chain(words.split_whitespace());
            assert!(TestCli::try_parse_from(words.clone()).is_err(), "{:?}", words.collect::<Vec<_>>());
        }
        let line = TestCli::try_parse_from(["open", "juv", "--pace", "gpa=5s"]).expect("words");
        assert!(line.args.to_json().expect_err("no rule").to_string().contains("did you mean \"gap\""));
    }

    #[test]
    fn answers_are_formatted_as_text() {
        let opened = describe_opened(
            &serde_json::from_value(json!({"id": "cup", "ws": "ws://h:1/r/cup/ws", "http": "http://h:1/r/cup",
            "control": "t0ken", "playback": {"state": "waiting", "speed": 60, "at": 0, "version": 1}}))
            .expect("an answer"),
        );
        assert_eq!(
            opened,
            "opened cup: waiting to begin at 0s\n  ws     ws://h:1/r/cup/ws\n  http   http://h:1/r/cup\n  token  t0ken"
        );
        let list = json!({"replays": [
            {"id": "main", "title": "Juventus 0-1 Napoli", "shared": true, "subscribers": 3, "linger": "forever",
             "playback": {"state": "playing", "version": 4, "run": "7c1e90ab", "epoch": 2, "speed": 5, "nominal": 60,
             "at": 6_402_000, "length": 6_730_000, "wall": "2026-11-22T06:00:03.000000Z"}},
            {"id": "cup", "title": "A night", "shared": false, "subscribers": 0, "linger": "60s",
             "playback": {"state": "paused", "version": 1, "run": "7c1e90ab", "epoch": 1, "speed": "max", "at": 0}}]});
        assert_eq!(
            format_replay_table(&serde_json::from_value(list).expect("an answer")),
            "replay  state    speed          at          of  subscribers    stays  title\n\
             main    playing    60x  1h 46m 42s  1h 52m 10s            3  forever  Juventus 0-1 Napoli\n\
             cup     paused     max          0s                        0   1m 00s  A night"
        );
    }
}
