//! `touchline health`: whether a server is there and ready, for a container's health check.

use std::time::{Duration, Instant};

use http::Method;
use touchline::client::ErrorFrame;
use touchline::client::http::{ApiRequest, ApiResponse};
use touchline::error::{Error, Kind};

use super::Failure;
use super::playing;
use super::print::out;
use super::remote::{Remote, Server, accepted};

/// Ask whether a server is up and ready: exit 0, or 1.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a URL it asks on this machine, at the port of TOUCHLINE_LISTEN as `touchline serve` does,
and over TLS where that is spoken, whatever the certificate: it tells no secrets.

In a container:
  HEALTHCHECK CMD [\"touchline\", \"health\"]"
)]
pub struct Args {
    /// Where it is served, as with --on
    #[arg(value_name = "URL", conflicts_with = "on")]
    url: Option<String>,
    #[command(flatten)]
    remote: Remote,
    /// How long the answers may take together
    #[arg(long, value_name = "D", default_value = "2s", value_parser = playing::length)]
    timeout: Duration,
}

/// Asks for both.
pub fn run(args: &Args) -> Result<(), Failure> {
    let mut server = args.remote.server(args.url.as_deref())?;
    let until = Instant::now() + args.timeout;
    let ask = |server: &Server, path: &str| {
        server.ask(ApiRequest::new(Method::GET, path).within(until.saturating_duration_since(Instant::now())))
    };
    for path in ["/healthz", "/readyz"] {
        let mut answer = ask(&server, path)?;
        if args.url.is_none() && args.remote.is_here() && speaks_tls(&answer) {
            server = server.over_tls()?;
            answer = ask(&server, path)?;
        }
        // Whatever is wrong, it is with the server and not with the words.
        let answer = accepted(answer).map_err(|error| Error::new(Kind::Io, error.to_string()))?;
        if !matches!(answer.text().trim_end(), "ok" | "ready") {
            let why = format!("{path}: something answers, but not as touchline does");
            return Err(Error::new(Kind::Io, why).into());
        }
    }
    out("up and ready")
}

fn speaks_tls(answer: &ApiResponse) -> bool {
    answer.read::<ErrorFrame>().is_ok_and(|refusal| refusal.code == "tls_required")
}
