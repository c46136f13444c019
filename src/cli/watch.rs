//! `touchline watch`: a live ticker in the terminal.

use std::pin::pin;

use futures::StreamExt;
use touchline::client::{Address, ClientFrame, Trust, Update, subscribe};
use touchline::error::{Error, Kind};

use super::Failure;
use super::print::Colours;
use super::remote::here;
use super::screen::Screen;
use super::trust::Trusting;
use super::viewer::Viewer;

/// Show a live ticker of what is being served.
///
/// After a cut it connects again and goes on where it was.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  touchline watch
  touchline watch 127.0.0.1:7000 --all
  touchline watch --match van-lar --types goal,card
  touchline watch \"ws://127.0.0.1:8089/ws?since=start\"
  touchline watch wss://scores.example
  touchline watch wss://192.168.0.7:8089 --tls-ca its-certificate.pem
  touchline watch --json | jq 'select(.type == \"goal\")'")]
pub struct Args {
    /// Where it is served: ws://, wss://, http://, https:// or host:port; parameters of the URL are passed on [default: on
    /// this machine, at the port of TOUCHLINE_LISTEN, else 8089]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Every event, not only those that matter
    #[arg(long)]
    all: bool,
    /// The frames as they come, one a line
    #[arg(long, conflicts_with = "all")]
    json: bool,
    /// Only these matches, by id
    #[arg(long = "match", value_name = "ID", value_delimiter = ',')]
    matches: Vec<String>,
    /// Only events of these types or groups: goal, card, var, ...
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Wait for a server that is not there yet
    #[arg(long)]
    retry: bool,
    #[command(flatten)]
    trusting: Trusting,
}

impl Args {
    fn address(&self) -> Result<Address, Error> {
        let mut address = self.url.as_deref().map_or_else(here, Address::parse)?;
        for (name, words) in [("match", &self.matches), ("types", &self.types)] {
            if !words.is_empty() {
                address = address.with(name, &words.join(","));
            }
        }
        Ok(address)
    }
}

/// Watches until the replay ends or somebody presses Ctrl-C.
pub fn run(args: &Args) -> Result<(), Failure> {
    super::log(std::io::stderr)?;
    let address = args.address()?;
    let trust = args.trusting.at(&address.to_string(), address.is_secure())?;
    super::one_thread()?.block_on(watch(args, address, trust))
}

async fn watch(args: &Args, address: Address, trust: Trust) -> Result<(), Failure> {
    // Who asked for types has said what matters.
    let all = args.all || !args.types.is_empty();
    let mut show = Show {
        viewer: Viewer::new(all, address.parameter("ticks") != Some("off"), Colours::of(&std::io::stdout())),
        screen: Screen::new(!args.json),
        json: args.json,
        lost: false,
    };
    let mut interrupted = pin!(super::signals::Signals::new()?.first());
    let mut updates = pin!(subscribe(address, trust, args.retry));
    loop {
        let update = tokio::select! {
            update = updates.next() => update,
            () = &mut interrupted => break,
        };
        match update {
            Some(Ok(update)) => show.update(update)?,
            Some(Err(error)) => {
                show.rest()?;
                show.screen.clear()?;
                return Err(with_hint(error).into());
            }
            None => break,
        }
    }
    show.rest()?;
    show.screen.clear()
}

/// A server that is not there is most often one that has not been started.
fn with_hint(error: Error) -> Error {
    match error.kind() {
        Kind::Io => Error::new(Kind::Io, format!("{error}; start `touchline` first, or wait for it with --retry")),
        _ => error,
    }
}

struct Show {
    viewer: Viewer,
    screen: Screen,
    json: bool,
    /// Whether it has been said that the connection is lost.
    lost: bool,
}

impl Show {
    fn update(&mut self, update: Update) -> Result<(), Failure> {
        match update {
            Update::Frame { text, frame } => self.frame(&text, &frame),
            Update::Lost { reason, .. } => {
                self.rest()?;
                if !std::mem::replace(&mut self.lost, true) {
                    let lost = if self.viewer.began() { "connection lost" } else { "no connection yet" };
                    self.screen.aside(&format!("{lost} ({reason}), trying again"))?;
                }
                Ok(())
            }
            Update::Ended { reason } => {
                self.rest()?;
                self.screen.aside(&reason)
            }
        }
    }

    fn frame(&mut self, text: &str, frame: &ClientFrame) -> Result<(), Failure> {
        if let (ClientFrame::Hello(hello), true) = (frame, self.lost) {
            self.lost = false;
            if let Some(back) = self.viewer.back(hello) {
                self.screen.aside(&back)?;
            }
        }
        let lines = self.viewer.lines(frame);
        if self.json {
            return self.screen.line(text);
        }
        self.lines(&lines)?;
        self.screen.status(self.viewer.status())
    }

    /// Shows what waited for frames that do not come.
    fn rest(&mut self) -> Result<(), Failure> {
        let lines = self.viewer.rest();
        if self.json { Ok(()) } else { self.lines(&lines) }
    }

    fn lines(&mut self, lines: &[String]) -> Result<(), Failure> {
        lines.iter().try_for_each(|line| self.screen.line(line))
    }
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

    #[test]
    fn flags_become_parameters() {
        let words = ["watch", ":7000/?stamp=1", "--match", "a,b", "--types", "goal", "--types", "card"];
        let address = Line::parse_from(words).args.address().expect("an address");
        assert_eq!(
            format!("{address:?}"),
            format!("{:?}", Address::parse(":7000?stamp=1&match=a,b&types=goal,card").expect("one"))
        );
    }
}
