//! `touchline watch`: a live ticker in the terminal.

use std::pin::pin;

use crate::client::{Address, ClientFrame, Subscription, Trust, Update};
use crate::error::{Error, ErrorKind};

use super::CliError;
use super::print::Colours;
use super::remote::default_address;
use super::terminal_output::TerminalOutput;
use super::trust_args::TrustArgs;
use super::watch_view::WatchView;

/// `touchline watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "After a lost connection it reconnects and resumes where it was.

Examples:
  touchline watch
  touchline watch 127.0.0.1:7000 --all
  touchline watch --match van-lar --types goal,card
  touchline watch \"ws://127.0.0.1:8089/ws?since=start\"
  touchline watch wss://scores.example
  touchline watch wss://192.168.0.7:8089 --tls-ca its-certificate.pem
  touchline watch --json | jq 'select(.type == \"goal\")'")]
pub struct Args {
    /// The server's URL: ws://, wss://, http://, https:// or host:port; its query is passed on [default: on this machine, at
    /// the port of TOUCHLINE_LISTEN, else 8089]
    #[arg(value_name = "URL")]
    url: Option<String>,
    /// Show every event, not only key events, shots and commentary
    #[arg(long)]
    all: bool,
    /// Print the JSON frames as they arrive, one a line
    #[arg(long, conflicts_with = "all")]
    json: bool,
    /// Follow only these matches: ids, separated by commas
    #[arg(long = "match", value_name = "ID", value_delimiter = ',')]
    matches: Vec<String>,
    /// Follow only events of these types or groups, separated by commas: goal, card, var, ...
    #[arg(long, value_name = "TYPE", value_delimiter = ',')]
    types: Vec<String>,
    /// Retry until the server is up, instead of failing
    #[arg(long)]
    retry: bool,
    #[command(flatten)]
    trust_args: TrustArgs,
}

impl Args {
    fn address(&self) -> Result<Address, Error> {
        let mut address = self.url.as_deref().map_or_else(default_address, Address::parse)?;
        for (name, words) in [("match", &self.matches), ("types", &self.types)] {
            if !words.is_empty() {
                address = address.with_parameter(name, &words.join(","));
            }
        }
        Ok(address)
    }
}

/// Watches until the replay ends or a signal arrives.
pub fn run(args: &Args) -> Result<(), CliError> {
    super::start_log(std::io::stderr)?;
    let address = args.address()?;
    let trust = args.trust_args.trust_for(&address.to_string(), address.is_secure())?;
    super::build_client_runtime()?.block_on(watch(args, address, trust))
}

async fn watch(args: &Args, address: Address, trust: Trust) -> Result<(), CliError> {
    // With --types the filter already says what to show.
    let all = args.all || !args.types.is_empty();
    let mut watch_output = WatchOutput {
        view: WatchView::new(all, address.parameter("ticks") != Some("off"), Colours::for_stream(&std::io::stdout())),
        output: TerminalOutput::new(!args.json),
        json: args.json,
        lost: false,
    };
    let mut interrupted = pin!(super::signals::ShutdownSignals::new()?.wait());
    let mut subscription = Subscription::new(address, trust).retry_first(args.retry);
    loop {
        let update = tokio::select! {
            update = subscription.next() => update,
            () = &mut interrupted => break,
        };
        match update {
            Some(Ok(update)) => watch_output.update(update)?,
            Some(Err(error)) => {
                watch_output.write_remaining_lines()?;
                watch_output.output.clear_status()?;
                return Err(with_hint(error).into());
            }
            None => break,
        }
    }
    watch_output.write_remaining_lines()?;
    watch_output.output.clear_status()
}

/// A refused connection most often means that the server has not been started.
fn with_hint(error: Error) -> Error {
    match error.kind() {
        ErrorKind::Io => {
            Error::new(ErrorKind::Io, format!("{error}; start `touchline` first, or add --retry to wait for it"))
        }
        _ => error,
    }
}

struct WatchOutput {
    view: WatchView,
    output: TerminalOutput,
    json: bool,
    /// Whether the loss of the connection has been printed.
    lost: bool,
}

impl WatchOutput {
    fn update(&mut self, update: Update) -> Result<(), CliError> {
        match update {
            Update::Frame { text, frame } => self.write_frame(&text, &frame),
            Update::Lost { reason, .. } => {
                self.write_remaining_lines()?;
                if !std::mem::replace(&mut self.lost, true) {
                    let lost = if self.view.was_connected() { "connection lost" } else { "no connection yet" };
                    self.output.eprint_line(&format!("{lost} ({reason}), retrying"))?;
                }
                Ok(())
            }
            Update::Ended { reason } => {
                self.write_remaining_lines()?;
                self.output.eprint_line(&reason)
            }
        }
    }

    fn write_frame(&mut self, text: &str, frame: &ClientFrame) -> Result<(), CliError> {
        if let (ClientFrame::Hello(hello), true) = (frame, self.lost) {
            self.lost = false;
            if let Some(message) = self.view.reconnect_message(hello) {
                self.output.eprint_line(&message)?;
            }
        }
        let lines = self.view.lines_for(frame);
        if self.json {
            return self.output.print_line(text);
        }
        self.write_lines(&lines)?;
        self.output.set_status(self.view.status())
    }

    /// Prints the lines that wait for a further frame.
    fn write_remaining_lines(&mut self) -> Result<(), CliError> {
        let lines = self.view.remaining_lines();
        if self.json { Ok(()) } else { self.write_lines(&lines) }
    }

    fn write_lines(&mut self, lines: &[String]) -> Result<(), CliError> {
        lines.iter().try_for_each(|line| self.output.print_line(line))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct TestCli {
        #[command(flatten)]
        args: Args,
    }

    #[test]
    fn flags_become_query_parameters() {
        let words = ["watch", ":7000/?stamp=1", "--match", "a,b", "--types", "goal", "--types", "card"];
        let address = TestCli::parse_from(words).args.address().expect("an address");
        assert_eq!(
            format!("{address:?}"),
            format!("{:?}", Address::parse(":7000?stamp=1&match=a,b&types=goal,card").expect("one"))
        );
    }
}
