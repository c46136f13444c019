//! `touchline open`, `close` and `replays`: replays beside `main`, on a server that is running.

use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};
use touchline::client::PlaybackInfo;
use touchline::client::http::ApiRequest;
use touchline::error::{Error, Result};
use touchline::playback::{Pace, Position, Speed};
use touchline::scenario::Span;

use super::Failure;
use super::applied::{place, standing};
use super::playing;
use super::print::{harmless, out, table};
use super::remote::{Remote, in_path};
use super::viewer::speed;

/// Open another replay on a server that is running.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "It is closed some time after its last subscriber has gone (--linger). Who has its token may control it.

Examples:
  touchline open var --speed 120
  touchline open juv --from 85:00 --paused --name late-drama"
)]
pub struct Opening {
    /// A scenario that the server knows: shipped, or given when it was started
    #[arg(value_name = "SCENARIO")]
    scenario: String,
    /// What it is to be called; else the server finds a name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// How many times faster than life: 0.01 to 10000, or max
    #[arg(long, value_name = "S", value_parser = Speed::parse)]
    speed: Option<Speed>,
    /// Where to hurry or to linger: gap=5s, break=3s, goal:lead=30s,speed=5; highlights is
    /// all three, with gap=2s; may be repeated
    #[arg(long, value_name = "P")]
    pace: Vec<String>,
    /// One speed that makes the whole last so long: 90s, 3m
    #[arg(long, value_name = "D", value_parser = span, conflicts_with = "speed")]
    fit: Option<String>,
    /// Begin there: 80:00, 45+2, HT, 50%, next:goal, a marker's name
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    from: Option<Position>,
    /// End there, likewise
    #[arg(long, value_name = "P", value_parser = Position::parse, allow_hyphen_values = true)]
    until: Option<Position>,
    /// Begin again at each end
    #[arg(long = "loop")]
    looping: bool,
    /// How long the end is shown before that
    #[arg(long, value_name = "D", value_parser = hold, requires = "looping")]
    hold: Option<String>,
    /// Begin paused
    #[arg(long)]
    paused: bool,
    /// Begin when so many have subscribed
    #[arg(long, value_name = "N")]
    wait_for: Option<u32>,
    /// How long it stays after the last subscriber has gone: 60s, forever
    #[arg(long, value_name = "D", value_parser = linger)]
    linger: Option<String>,
    /// Tell the kick-offs as if the matches began now
    #[arg(long)]
    now: bool,
    /// Play as if kicked off at this time of day: 20:45
    #[arg(long, value_name = "HH:MM")]
    wall: Option<String>,
    #[command(flatten)]
    remote: Remote,
    /// The server's answer as it is
    #[arg(long)]
    json: bool,
}

/// Close a replay that was opened.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Its subscribers are sent away. The one that the server was started with, main, cannot be closed: it lasts as
long as the server does."
)]
pub struct Closing {
    /// Its name, or its URL
    #[arg(value_name = "REPLAY")]
    replay: String,
    #[command(flatten)]
    remote: Remote,
}

/// List the replays of a server.
#[derive(Debug, clap::Args)]
pub struct Listing {
    /// Where it is served, as with --on
    #[arg(value_name = "URL", conflicts_with = "on")]
    url: Option<String>,
    #[command(flatten)]
    remote: Remote,
    /// The server's answer as it is
    #[arg(long)]
    json: bool,
}

/// A length as it was written: the server reads the same notation.
fn span(text: &str) -> Result<String, String> {
    playing::length(text).map(|_| text.to_owned())
}

fn hold(text: &str) -> Result<String, String> {
    playing::pause(text).map(|_| text.to_owned())
}

fn linger(text: &str) -> Result<String, String> {
    match text {
        "forever" => Ok(text.to_owned()),
        _ => hold(text).map_err(|error| format!("{error}, or forever")),
    }
}

impl Opening {
    /// What is sent: nothing that was not said, so that the server's own defaults hold.
    fn body(&self) -> Result<Value> {
        let pace = match &self.pace[..] {
            [] => None,
            rules => Some(rules.join("+")),
        };
        if let Some(pace) = &pace {
            // The scenario may have event types of its own, which the server knows.
            Pace::read(pace).map_err(|refused| Error::misuse(format!("--pace: {refused}")))?;
        }
        let text = |text: &Option<String>| text.clone().map(Value::from);
        let place = |place: &Option<Position>| place.as_ref().map(|place| Value::from(place.to_string()));
        let flag = |set: bool| set.then_some(Value::Bool(true));
        let fields = [
            ("scenario", Some(self.scenario.clone().into())),
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
        ];
        let said = fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Ok(Value::Object(said.collect::<Map<_, _>>()))
    }
}

/// What is answered to an opening.
#[derive(Debug, Deserialize)]
struct Opened {
    id: String,
    ws: String,
    http: String,
    control: Option<String>,
    playback: PlaybackInfo,
}

/// Opens a replay.
pub fn open(args: &Opening) -> Result<(), Failure> {
    let server = args.remote.server(None)?;
    let request = ApiRequest::new(Method::POST, "/api/replays").with_json(args.body()?.to_string());
    // Long enough for a long scenario to be read.
    match server.told(request.within(Duration::from_secs(60)), args.json)? {
        Some(answer) => out(&opened(&answer.read()?)),
        None => Ok(()),
    }
}

fn opened(replay: &Opened) -> String {
    let mut told = format!("opened {}: {}", harmless(&replay.id), standing(&replay.playback));
    let parts = [("ws", Some(&replay.ws)), ("http", Some(&replay.http)), ("token", replay.control.as_ref())];
    for (name, value) in parts.into_iter().filter_map(|(name, value)| Some((name, value?))) {
        told += &format!("\n  {name:<5}  {}", harmless(value));
    }
    told
}

/// Closes a replay.
pub fn close(args: &Closing) -> Result<(), Failure> {
    let url = Some(&*args.replay).filter(|replay| replay.contains("://"));
    let server = args.remote.server(url)?;
    let replay = match url {
        Some(_) => server.replay_in_url().ok_or_else(|| {
            Failure::misuse("the URL names no replay: write http://127.0.0.1:8089/r/NAME, or close NAME --on URL")
        })?,
        None => args.replay.clone(),
    };
    server.told(ApiRequest::new(Method::DELETE, format!("/api/replays/{}", in_path(&replay))), false)?;
    out(&format!("closed {}", harmless(&replay)))
}

/// The replays of a server.
#[derive(Debug, Deserialize)]
struct List {
    replays: Vec<Listed>,
}

#[derive(Debug, Deserialize)]
struct Listed {
    id: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    subscribers: u64,
    /// A length, or `forever`.
    linger: String,
    playback: PlaybackInfo,
}

/// Lists the replays.
pub fn list(args: &Listing) -> Result<(), Failure> {
    let server = args.remote.server(args.url.as_deref())?;
    match server.told(ApiRequest::new(Method::GET, "/api/replays"), args.json)? {
        Some(answer) => out(&listing(&answer.read()?)),
        None => Ok(()),
    }
}

fn listing(list: &List) -> String {
    let head = ["replay", "state", "speed", "at", "of", "subscribers", "stays", "title"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    for Listed { id, title, subscribers, linger, playback } in &list.replays {
        let asked = speed(playback.nominal.as_ref().unwrap_or(&playback.speed));
        rows.push(vec![
            harmless(id),
            harmless(&playback.state),
            asked.trim_start_matches("at speed ").trim_start_matches("at ").to_owned(),
            place(playback.at),
            playback.length.map(place).unwrap_or_default(),
            subscribers.to_string(),
            Span::parse(linger).map_or_else(|| harmless(linger), |linger| linger.to_string()),
            harmless(title),
        ]);
    }
    table(&rows, &[false, false, true, true, true, true, true, false])
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use serde_json::json;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Opening,
    }

    fn body(words: &str) -> Value {
        let words = std::iter::once("open").chain(words.split_whitespace());
        Line::try_parse_from(words).expect("understood").args.body().expect("sensible")
    }

    #[test]
    fn only_what_was_said_is_sent() {
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
    fn what_makes_no_sense_is_not_sent() {
        for words in ["", "juv --fit 0s", "juv --speed 0", "juv --linger never", "juv --hold 5s", "juv --from 89:7"] {
            let words = std::iter::once("open").chain(words.split_whitespace());
            assert!(Line::try_parse_from(words.clone()).is_err(), "{:?}", words.collect::<Vec<_>>());
        }
        let line = Line::try_parse_from(["open", "juv", "--pace", "gpa=5s"]).expect("words");
        assert!(line.args.body().expect_err("no rule").to_string().contains("did you mean \"gap\""));
    }

    #[test]
    fn answers_are_told_as_people_read_them() {
        let opened = opened(
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
            listing(&serde_json::from_value(list).expect("an answer")),
            "replay  state    speed          at          of  subscribers    stays  title\n\
             main    playing    60x  1h 46m 42s  1h 52m 10s            3  forever  Juventus 0-1 Napoli\n\
             cup     paused     max          0s                        0   1m 00s  A night"
        );
    }
}
