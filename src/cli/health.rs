//! `touchline health`: exits with 0 if a server is up and ready, for a container's health check.

use std::time::{Duration, Instant};

use crate::client::ErrorFrame;
use crate::client::http::{ApiRequest, ApiResponse};
use crate::error::{Error, ErrorKind};
use crate::error_code::ErrorCode;
use http::Method;

use super::CliError;
use super::playback_args;
use super::print::print_line;
use super::remote::{RemoteArgs, RemoteServer, check_answer};

/// `touchline health`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a URL it asks the server on this machine, at the port of TOUCHLINE_LISTEN. If that server
speaks TLS its certificate is not checked: the request holds no secret.

In a container:
  HEALTHCHECK CMD [\"touchline\", \"health\"]"
)]
pub struct Args {
    /// The server's URL, as with --on
    #[arg(value_name = "URL", conflicts_with = "on")]
    url: Option<String>,
    #[command(flatten)]
    remote: RemoteArgs,
    /// Time limit for both answers together, as 500ms, 2s
    #[arg(long, value_name = "D", default_value = "2s", value_parser = playback_args::parse_duration)]
    timeout: Duration,
}

/// Requests `/healthz` and `/readyz`.
pub fn run(args: &Args) -> Result<(), CliError> {
    let mut server = args.remote.server(args.url.as_deref())?;
    let until = Instant::now() + args.timeout;
    let get = |server: &RemoteServer, path: &str| {
        server.request(ApiRequest::new(Method::GET, path).with_timeout(until.saturating_duration_since(Instant::now())))
    };
    for path in ["/healthz", "/readyz"] {
        let mut answer = get(&server, path)?;
        if args.url.is_none() && args.remote.is_default() && requires_tls(&answer) {
            server = server.with_tls()?;
            answer = get(&server, path)?;
        }
        // Any refusal is a failure of the server and never misuse of the command line.
        let answer = check_answer(answer).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))?;
        if !matches!(answer.text().trim_end(), "ok" | "ready") {
            let why = format!("{path}: the answer is not that of a touchline server; is another program on this port?");
            return Err(Error::new(ErrorKind::Io, why).into());
        }
    }
    print_line("up and ready")
}

fn requires_tls(answer: &ApiResponse) -> bool {
    answer.parse_json::<ErrorFrame>().is_ok_and(|refusal| refusal.code == ErrorCode::TlsRequired)
}
