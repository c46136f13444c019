//! Requests to a running server: its address, the token, and the answer.

use crate::client::http::{self, ApiRequest, ApiResponse};
use crate::client::{Address, Trust};
use crate::error::{Error, ErrorKind, Result};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::CliError;
use super::listen_address::{self, DEFAULT_PORT, connectable};
use super::print::print_line;
use super::secret::Secret;
use super::trust_args::TrustArgs;

/// The environment variable with the token, where neither `--token` nor the URL has one.
pub const TOKEN_VARIABLE: &str = "TOUCHLINE_TOKEN";
/// The variable that `serve` reads its own token from. It is read last, and only for a server on this machine: the token is
/// a secret of that server, and is sent to no other machine.
const SERVER_TOKEN_VARIABLE: &str = "TOUCHLINE_CONTROL_TOKEN";
/// The value of [`SERVER_TOKEN_VARIABLE`] with which `serve` generates a token; it is not a token itself.
const GENERATE_TOKEN: &str = "auto";

/// Which server to send requests to, and with which token.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct RemoteArgs {
    /// The server's URL: http://, https://, ws://, wss:// or host:port [default: on this machine, at the
    /// port of TOUCHLINE_LISTEN, else 8089]
    #[arg(long, value_name = "URL")]
    on: Option<String>,
    /// The control token [default: the one in the URL, else in TOUCHLINE_TOKEN, else, for a server on this machine, in
    /// TOUCHLINE_CONTROL_TOKEN]
    #[arg(long, value_name = "T")]
    token: Option<Secret>,
    #[command(flatten)]
    trust_args: TrustArgs,
}

/// A server to send requests to.
#[derive(Debug)]
pub struct RemoteServer {
    pub address: Address,
    token: Option<Secret>,
    trust: Trust,
}

impl RemoteArgs {
    /// Whether `--on` was left out.
    pub fn is_default(&self) -> bool {
        self.on.is_none()
    }

    /// The server of `--on` or of `url`, a positional argument. Both together are misuse.
    pub fn server(&self, url: Option<&str>) -> Result<RemoteServer> {
        if let (Some(_), Some(url)) = (&self.on, url) {
            let url = url.split('?').next().unwrap_or_default();
            return Err(Error::misuse(format!("the server is given twice, by --on and by {url:?}: give it once")));
        }
        let address = match url.or(self.on.as_deref()) {
            Some(url) => Address::parse(url)?,
            None => default_address()?,
        };
        let in_url = || address.token().map(|token| Secret::from(token.to_owned()));
        let token = self.token.clone().or_else(in_url).or_else(|| token_from_env(&address, Secret::from_env));
        let trust = self.trust_args.trust_for(&address.to_string(), address.is_secure())?;
        Ok(RemoteServer { address, token, trust })
    }
}

/// The token for a server that the environment variables hold; `variable` reads one.
fn token_from_env(address: &Address, variable: impl Fn(&str) -> Option<Secret>) -> Option<Secret> {
    let servers =
        || variable(SERVER_TOKEN_VARIABLE).filter(|word| address.is_loopback() && word.reveal() != GENERATE_TOKEN);
    variable(TOKEN_VARIABLE).or_else(servers)
}

/// The address of the server on this machine, as `TOUCHLINE_LISTEN` has it.
pub fn default_address() -> Result<Address> {
    Address::parse(&default_url()?)
}

/// The URL of [`default_address`].
pub fn default_url() -> Result<String> {
    let bound = listen_address::from_env().unwrap_or(Ok(listen_address::loopback(DEFAULT_PORT)));
    Ok(format!("http://{}", connectable(bound.map_err(Error::misuse)?)))
}

impl RemoteServer {
    /// The same server over TLS, without a token and without a check of its certificate: only for a server on this machine,
    /// and for requests that hold no secret.
    pub fn with_tls(&self) -> Result<Self> {
        Ok(Self { address: self.address.with_tls(), token: None, trust: Trust::accept_any()? })
    }

    /// The replay `named`, else the one in the URL, else `main`.
    pub fn replay(&self, named: Option<&str>) -> Result<String> {
        match (named, self.address.replay()) {
            (Some(named), Some(other)) if named != other => {
                Err(Error::misuse(format!("--replay names {named:?} and the URL names {other:?}: name one of them")))
            }
            (named, in_url) => Ok(named.or(in_url).unwrap_or("main").to_owned()),
        }
    }

    /// Sends a request and waits for the answer.
    pub fn request(&self, request: ApiRequest) -> Result<ApiResponse, CliError> {
        let token = self.token.as_ref().map(Secret::reveal);
        let answer = super::build_client_runtime()?.block_on(http::request(
            &self.address,
            &self.trust,
            request.with_token(token),
        ));
        Ok(answer.map_err(|error| match error.kind() {
            ErrorKind::Io => {
                Error::new(ErrorKind::Io, format!("{error}; is a touchline server running there? --on names another"))
            }
            _ => error,
        })?)
    }

    /// Sends a request and prints the answer in words. With `json` it is printed as it came, refusals included.
    pub fn show<T: DeserializeOwned>(
        &self,
        request: ApiRequest,
        json: bool,
        describe: impl FnOnce(&T) -> String,
    ) -> Result<(), CliError> {
        show_answer(self.request(request)?, json, describe)
    }
}

/// Prints an answer, as [`RemoteServer::show`] does.
pub fn show_answer<T: DeserializeOwned>(
    answer: ApiResponse,
    json: bool,
    describe: impl FnOnce(&T) -> String,
) -> Result<(), CliError> {
    if json && serde_json::from_slice::<Value>(&answer.body).is_ok() {
        print_line(&answer.text())?;
    }
    let answer = check_answer(answer)?;
    if json { Ok(()) } else { print_line(&describe(&answer.parse_json()?)) }
}

/// The answer, unless it is a refusal: that becomes an error which says what to do.
pub fn check_answer(answer: ApiResponse) -> Result<ApiResponse, Error> {
    let status = answer.status.as_u16();
    answer.into_accepted().map_err(|error| {
        let hint = match status {
            401 | 403 => {
                "; give the token with --token, in TOUCHLINE_TOKEN or, for a server on this machine, in TOUCHLINE_CONTROL_TOKEN"
            }
            _ => "",
        };
        Error::new(error.kind(), format!("{error}{hint}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(on: Option<&str>, token: Option<&str>) -> RemoteArgs {
        let token = token.map(|token| Secret::from(token.to_owned()));
        RemoteArgs { on: on.map(str::to_owned), token, trust_args: TrustArgs::default() }
    }

    #[test]
    fn a_server_is_given_once_and_a_replay_is_named_once() {
        let server = remote(None, None).server(Some("ws://h:1/r/cup/ws")).expect("a server");
        assert_eq!(server.replay(None).expect("one"), "cup");
        assert_eq!(server.replay(Some("cup")).expect("the same"), "cup");
        assert!(server.replay(Some("main")).expect_err("two").to_string().contains("name one of them"));
        let here = remote(None, None).server(None).expect("a server");
        assert_eq!((here.address.host(), &*here.replay(None).expect("one")), ("127.0.0.1:8089", "main"));
        let twice = remote(Some(":1"), None).server(Some("ws://h:1/?token=secret")).expect_err("two").to_string();
        assert!(twice.contains("give it once") && !twice.contains("secret"), "{twice}");
    }

    #[test]
    fn the_token_flag_overrides_the_token_in_the_url_and_is_not_in_debug_output() {
        let token = |server: RemoteServer| server.token.map(|token| token.reveal().to_owned());
        let url = "http://h:1/r/cup?token=from-url";
        assert_eq!(token(remote(None, None).server(Some(url)).expect("a server")).as_deref(), Some("from-url"));
        let given = remote(Some(url), Some("given"));
        assert_eq!(token(given.server(None).expect("a server")).as_deref(), Some("given"));
        assert!(!format!("{:?}", remote(None, Some("given"))).contains("given"));
    }

    #[test]
    fn the_servers_own_variable_is_read_for_a_server_on_this_machine_only() {
        let found = |url: &str, set: &[(&str, &str)]| {
            let variable = |name: &str| {
                let found = set.iter().find(|(known, _)| *known == name);
                found.map(|(_, word)| Secret::from((*word).to_owned()))
            };
            token_from_env(&Address::parse(url).expect(url), variable).map(|token| token.reveal().to_owned())
        };
        let servers = ("TOUCHLINE_CONTROL_TOKEN", "of-the-server");
        let both = [("TOUCHLINE_TOKEN", "mine"), servers];
        for url in [":1", "http://localhost:1", "https://LOCALHOST./r/cup", "http://127.8.9.1:1", "ws://[::1]:1/ws"] {
            assert_eq!(found(url, &[servers]).as_deref(), Some("of-the-server"), "{url}");
            assert_eq!(found(url, &both).as_deref(), Some("mine"), "{url}");
            assert_eq!(found(url, &[("TOUCHLINE_CONTROL_TOKEN", "auto")]), None, "{url}");
            assert_eq!(found(url, &[]), None, "{url}");
        }
        for url in [
            "http://scores.example",
            "http://192.0.2.7:1",
            "http://0.0.0.0:1",
            "ws://[2001:db8::7]:1/ws",
            "https://localhost.example",
            "http://localhost..",
            "http://127.0.0.1.example",
        ] {
            assert_eq!(found(url, &[servers]), None, "{url}");
            assert_eq!(found(url, &both).as_deref(), Some("mine"), "{url}");
        }
    }
}
