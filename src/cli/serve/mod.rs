//! `touchline serve`: plays scenarios to whoever subscribes.

mod admission;
mod encryption;
mod limiting;
mod links;
mod output_file;
mod ready;
mod repertoire;
mod welcome;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use touchline::error::{Error, Kind};
use touchline::hub::{Kickoff, KickoffTime, Opened, ReplayOptions};
use touchline::playback::Options;
use touchline::scenario::Timeline;
use touchline::server::{Authority, PublicUrl, Server, ServerOptions, raise_open_file_limit};

use self::admission::Admission;
use self::encryption::Encryption;
use self::limiting::Limiting;
use self::links::{Links, outside};
use self::output_file::{OutputFile, write_file};
use self::ready::tell_ready;
use self::repertoire::Repertoire;
use self::welcome::{Reader, Started, programme};
use super::Failure;
use super::listening::{self, PORT};
use super::log::{Format, Logging};
use super::narrate::narrate;
use super::playing::{self, Plan, Playing};
use super::print::count;
use super::signals::Signals;
use super::teller::Teller;

/// What the demo plays by: half-time shortened, and time to look before goals.
const DEMO_PACE: &str = "break=5s+goal:lead=1m,speed=10";
/// How long an end is shown before the next lap.
const HOLD: Duration = Duration::from_secs(20);

/// Plays scenarios to whoever subscribes.
///
/// Without a scenario and a speed it is a demo: it waits for the first subscriber, plays the match at 60x with half-time
/// shortened and slower before the goal, and begins again. Otherwise it begins at once and stays up at the end.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline serve juv --speed 120 --from 80:00
  touchline serve serie-a --pace highlights --loop
  touchline serve a.jsonl b.jsonl --wait-for 2 --once
  touchline serve var --port 0 --ready-file ready.json
  touchline serve juv --speed 1 --wall 20:45
  touchline serve --listen 0.0.0.0:8089 --control-token auto --tls-self-signed")]
pub struct Args {
    #[command(flatten)]
    pub playing: Playing,
    /// The address and port to serve on [default: TOUCHLINE_LISTEN, else 127.0.0.1:8089]
    #[arg(long, value_name = "ADDR:PORT", value_parser = listening::address, conflicts_with = "port")]
    listen: Option<SocketAddr>,
    /// The port to serve on, for this machine only; 0 takes a free one
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Begin again at each end
    #[arg(long = "loop", conflicts_with = "once")]
    looping: bool,
    /// How long the end is shown before that [default: 20s]
    #[arg(long, value_name = "D", value_parser = playing::pause)]
    hold: Option<Duration>,
    /// Begin paused, for somebody to press play
    #[arg(long)]
    paused: bool,
    /// Begin when so many have subscribed [default: 0; 1 for the demo and with --once]
    #[arg(long, value_name = "N")]
    wait_for: Option<usize>,
    /// Play once, from the first subscriber on: exit when everyone has received everything
    #[arg(long)]
    once: bool,
    /// Be where it would be had its first match kicked off then: 20:45 (UTC), 20:45+01:00, 2026-11-22T20:45:00Z
    #[arg(long, value_name = "TIME", value_parser = KickoffTime::parse, conflicts_with_all = ["now", "paused", "wait_for"])]
    wall: Option<KickoffTime>,
    /// Tell kick-offs as if the first match kicked off today, when it is played
    #[arg(long)]
    now: bool,
    /// Write one line of JSON to this file as soon as subscribers may come; removed at the end
    #[arg(long, value_name = "PATH")]
    ready_file: Option<PathBuf>,
    // What has a heading stands last: it would be that of whatever follows.
    #[command(flatten, next_help_heading = "Who may look and control")]
    admission: Admission,
    #[command(flatten, next_help_heading = "TLS")]
    encryption: Encryption,
    #[command(flatten, next_help_heading = "Limits")]
    limiting: Limiting,
    #[command(flatten, next_help_heading = "Log")]
    logging: Logging,
}

impl Args {
    /// Whether nothing was said about what to play and how fast.
    fn is_demo(&self) -> bool {
        let Playing { scenarios, speed, pace, fit, .. } = &self.playing;
        scenarios.is_empty() && speed.is_none() && pace.is_empty() && fit.is_none()
    }

    fn looping(&self) -> bool {
        self.looping || self.is_demo() && !self.once
    }

    /// How many subscribers it waits for: what is played once would else be over before the first could come.
    fn wait_for(&self) -> usize {
        // At a given time it begins then, whoever is there.
        self.wait_for.unwrap_or(usize::from((self.is_demo() || self.once) && self.wall.is_none()))
    }

    fn address(&self) -> Result<SocketAddr, Error> {
        match (self.listen, self.port) {
            (Some(address), _) => Ok(address),
            (None, Some(port)) => Ok(listening::here(port)),
            (None, None) => listening::around().unwrap_or(Ok(listening::here(PORT))).map_err(Error::misuse),
        }
    }

    fn kickoff(&self) -> Kickoff {
        match self.wall {
            Some(time) => Kickoff::At(time),
            None if self.now => Kickoff::Now,
            None => Kickoff::Recorded,
        }
    }

    fn options(&self, plan: &Plan, timeline: &Timeline) -> Result<ReplayOptions, Error> {
        let playback = Options {
            speed: plan.speed,
            pace: plan.pace.clone(),
            from: self.playing.from.clone(),
            until: self.playing.until.clone(),
            looping: self.looping(),
            hold: self.hold.unwrap_or(HOLD),
            paused: self.paused,
            waiting: false,
        };
        let listed = true;
        let wait_for = self.wait_for();
        let mut options = ReplayOptions { playback, wait_for, once: self.once, listed, ..ReplayOptions::default() };
        let flag = if self.now { "--now" } else { "--wall" };
        let applied = self.kickoff().apply(timeline, &mut options, Instant::now());
        applied.map_err(|rejection| Error::misuse(format!("{flag}: {}", rejection.message)))?;
        Ok(options)
    }
}

/// Runs it until it is told to stop or, with `--once`, has played.
pub fn run(args: &Args) -> Result<(), Failure> {
    if args.hold.is_some() && !args.looping() {
        return Err(Failure::misuse("--hold says how long the end is shown before the next lap: it needs --loop"));
    }
    let format = args.logging.format();
    let (teller, telling) = Teller::start(format)?;
    let log = teller.clone();
    args.logging.start(move || log.clone())?;
    let mut served = play(args, &teller);
    match served {
        Ok(()) => teller.tell("goodbye"),
        // What reads the log reads this too. Misused words are for whoever wrote them.
        Err(Failure::Error(error)) if format == Format::Json && error.kind() != Kind::Misuse => {
            teller.complain(&error.to_string());
            served = Err(Failure::Told);
        }
        Err(_) => {}
    }
    telling.finish(teller);
    served
}

fn play(args: &Args, teller: &Teller) -> Result<(), Failure> {
    let repertoire = Repertoire::load(&args.playing.scenarios)?;
    let plan = args.playing.plan(&repertoire.main, if args.is_demo() { DEMO_PACE } else { "off" })?;
    let runtime = super::runtime(!args.encryption.is_on())?;
    let served = runtime.block_on(serve(args, repertoire, plan, teller));
    // Whatever still runs has been given its time.
    runtime.shutdown_background();
    served
}

async fn serve(args: &Args, repertoire: Repertoire, plan: Plan, teller: &Teller) -> Result<(), Failure> {
    let Args { admission, encryption, limiting, ready_file, .. } = args;
    let signals = Signals::new()?;
    let address = args.address()?;
    let outside = outside(address);
    let token = admission.token()?;
    let public_host = admission.public_url.iter().map(PublicUrl::authority);
    let hosts: Vec<Authority> = admission.allow_host.iter().chain(public_host).cloned().collect();
    let tls = encryption.tls(address, outside, &hosts)?;
    let files = raise_open_file_limit();
    let options = ServerOptions {
        allow_origins: admission.allow_origin.clone(),
        allow_hosts: admission.allow_host.clone(),
        token: token.clone(),
        public_url: admission.public_url.clone(),
        trusted_proxies: admission.trust_proxy.clone(),
        tls: tls.clone(),
        timing: limiting.timing()?,
        limits: limiting.limits(files)?,
        frame_budget: limiting.frame_budget(),
        ..ServerOptions::default()
    };
    let server = Server::bind(address, options).await?;
    let bound = server.address();
    let hub = server.hub().clone();
    let Repertoire { main, offered } = repertoire;
    for (name, offered) in offered {
        server.catalogue().add(&name, offered);
    }
    let options = args.options(&plan, &main)?;
    let programme = programme(&main, &plan, &options);
    let Opened { replay, .. } = hub.open("main", main, options).map_err(Error::from)?;

    let reader = Reader::of_stderr(args.logging.format());
    let links = Links::new(bound, outside, tls.is_some()).with_public(admission.public_url.clone());
    let in_ready_file = ready_file.is_some();
    let started = Started { bound, links: links.clone(), tls: tls.as_ref(), token: token.as_ref(), in_ready_file };
    for line in started.lines(reader).iter().chain(&programme).chain(&limiting.remark(files)) {
        teller.tell(line);
    }
    if let (Some(path), Some(pem)) = (&encryption.tls_pem, tls.as_ref().and_then(|tls| tls.pem())) {
        // Whoever trusts it goes on doing so after the end.
        write_file(path, pem, 0o644, teller.reporting())?.into_iter().for_each(OutputFile::keep);
    }
    let ready = tell_ready(&links, token.as_ref(), ready_file.as_deref(), teller)?;
    let hold = args.hold.unwrap_or(HOLD);
    let narration = narrate(replay.clone(), hold, args.wait_for(), teller.clone(), reader.colours()).await;
    let narrator = tokio::spawn(narration);

    let (stopping, played) = (teller.clone(), replay.clone());
    let shutdown = async move {
        tokio::select! {
            () = signals.first() => stopping.tell("stopping"),
            // With --once: played, and received by everyone.
            () = replay.over() => {}
        }
        // From here on no more subscribers are taken: the ready file goes first.
        drop(ready);
    };
    server.run(shutdown).await?;
    // It has seen that the replay is stopping, and ends; a panic in it has been reported.
    let _ = narrator.await;
    if args.once && played.newest_subscriber() == 0 {
        teller.tell("no subscriber came");
    }
    let lateness = hub.lateness();
    if lateness.count() > 0 {
        teller.tell(&format!(
            "lateness of {}, from due to first written: {lateness}",
            count(usize::try_from(lateness.count()).unwrap_or(usize::MAX), "event", "events")
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    fn args(words: &str) -> Args {
        Line::parse_from(std::iter::once("serve").chain(words.split_whitespace())).args
    }

    #[test]
    fn the_demo_is_what_plays_when_nothing_is_said_about_it() {
        for words in ["", "--port 0", "--from 80:00 --hold 1s"] {
            assert!(args(words).is_demo() && args(words).looping(), "{words}");
        }
        for words in ["juv", "--speed 60", "--pace highlights", "--fit 3m"] {
            assert!(!args(words).is_demo() && !args(words).looping(), "{words}");
        }
        assert!(!args("--once").looping(), "one run of the demo");
        assert!(args("juv --loop").looping());
    }

    #[test]
    fn it_is_served_where_that_is_said() {
        assert_eq!(args("--port 0").address().expect("an address").to_string(), "127.0.0.1:0");
        assert_eq!(args("--listen 0.0.0.0:7000").address().expect("an address").to_string(), "0.0.0.0:7000");
    }

    #[test]
    fn at_a_given_time_nobody_is_waited_for() {
        let options = |words: &str| {
            let args = args(words);
            let main = Repertoire::load(&args.playing.scenarios)?.main;
            args.options(&args.playing.plan(&main, "off")?, &main)
        };
        assert_eq!(options("").expect("the demo").wait_for, 1);
        for (words, wait_for) in [
            ("juv", 0),
            ("juv --once", 1),
            ("juv --once --wait-for 0", 0),
            ("juv --once --wait-for 3", 3),
            ("juv --once --paused", 1),
            ("juv --once --wall 20:45", 0),
        ] {
            assert_eq!(options(words).expect(words).wait_for, wait_for, "{words}");
        }
        let daily = options("--wall 20:45").expect("the demo at a time");
        assert!(daily.wait_for == 0 && daily.began.is_some() && daily.kickoff_moved != touchline::scenario::Span::ZERO);
        let now = options("juv --now").expect("today");
        assert!(now.began.is_none() && now.kickoff_moved != touchline::scenario::Span::ZERO);
        let far = options("juv --wall 2018-04-22T18:45:00Z").expect_err("years ago").to_string();
        assert!(far.starts_with("--wall: wall lies too far away"), "{far}");
        for words in ["--wall late", "--wall 20:45 --now", "--wall 20:45 --paused", "--wall 20:45 --wait-for 1"] {
            let words = std::iter::once("serve").chain(words.split_whitespace());
            assert!(Line::try_parse_from(words).is_err());
        }
    }
}
