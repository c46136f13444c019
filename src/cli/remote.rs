//! A server that runs elsewhere: where it is, who asks, and asking it.

use serde_json::Value;
use touchline::client::http::{self, ApiRequest, ApiResponse};
use touchline::client::{Address, Trust};
use touchline::error::{Error, Kind, Result};

use super::Failure;
use super::listening::{self, PORT, reachable};
use super::secret::Secret;
use super::trust::Trusting;

/// Where a token is looked for that was given nowhere else.
const TOKEN: &str = "TOUCHLINE_TOKEN";
/// And then here, where the server is on this machine: the variable that `serve` itself reads its token from. It is a
/// secret of that server, and is sent to no other machine.
const SERVER_TOKEN_VARIABLE: &str = "TOUCHLINE_CONTROL_TOKEN";
/// In [`SERVER_TOKEN_VARIABLE`] this asks `serve` to make a token, and is none.
const NO_TOKEN: &str = "auto";

/// Which server is asked, and in whose name.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Remote {
    /// Where it is served: http://, https://, ws://, wss:// or host:port [default: on this machine, at the
    /// port of TOUCHLINE_LISTEN, else 8089]
    #[arg(long, value_name = "URL")]
    on: Option<String>,
    /// The token to control with; else the one in the URL, in TOUCHLINE_TOKEN, and for a server on this machine in
    /// TOUCHLINE_CONTROL_TOKEN
    #[arg(long, value_name = "T")]
    token: Option<Secret>,
    #[command(flatten)]
    trusting: Trusting,
}

/// A server that can be asked.
#[derive(Debug)]
pub struct Server {
    address: Address,
    token: Option<Secret>,
    trust: Trust,
}

impl Remote {
    /// Whether no server was named.
    pub fn is_here(&self) -> bool {
        self.on.is_none()
    }

    /// The server that was named with `--on` or by a word of its own.
    pub fn server(&self, url: Option<&str>) -> Result<Server> {
        if let (Some(_), Some(url)) = (&self.on, url) {
            let url = url.split('?').next().unwrap_or_default();
            return Err(Error::misuse(format!("a server is named by --on and by {url:?}: name it once")));
        }
        let address = match url.or(self.on.as_deref()) {
            Some(url) => Address::parse(url)?,
            None => here()?,
        };
        let in_url = || address.token().map(|token| Secret::from(token.to_owned()));
        let token = self.token.clone().or_else(in_url).or_else(|| around(&address, Secret::around));
        let trust = self.trusting.at(&address.to_string(), address.is_secure())?;
        Ok(Server { address, token, trust })
    }
}

/// The token that the environment has for a server; `variable` looks one up.
fn around(address: &Address, variable: impl Fn(&str) -> Option<Secret>) -> Option<Secret> {
    let servers = || variable(SERVER_TOKEN_VARIABLE).filter(|word| address.is_loopback() && word.reveal() != NO_TOKEN);
    variable(TOKEN).or_else(servers)
}

/// Where a server is unless somebody says otherwise.
pub fn here() -> Result<Address> {
    Address::parse(&here_url()?)
}

/// Likewise, as it is typed.
pub fn here_url() -> Result<String> {
    let listening = listening::around().unwrap_or(Ok(listening::here(PORT))).map_err(Error::misuse)?;
    Ok(format!("http://{}", reachable(listening)))
}

impl Server {
    /// The same over TLS, without a token and with no check of who answers: only for this machine, and for what is no
    /// secret.
    pub fn over_tls(&self) -> Result<Self> {
        Ok(Self { address: self.address.over_tls(), token: None, trust: Trust::anyone()? })
    }

    /// The replay that is meant: the one named, else the one in the URL, else `main`.
    pub fn replay(&self, named: Option<&str>) -> Result<String> {
        match (named, self.address.replay()) {
            (Some(named), Some(other)) if named != other => {
                Err(Error::misuse(format!("--replay says {named:?} and the URL {other:?}: name one")))
            }
            (named, in_url) => Ok(named.or(in_url).unwrap_or("main").to_owned()),
        }
    }

    /// The replay that the URL itself names.
    pub fn replay_in_url(&self) -> Option<String> {
        self.address.replay().map(str::to_owned)
    }

    /// Asks, and waits for the answer.
    pub fn ask(&self, request: ApiRequest) -> Result<ApiResponse, Failure> {
        let token = self.token.as_ref().map(Secret::reveal);
        let answer =
            super::one_thread()?.block_on(http::request(&self.address, &self.trust, request.with_token(token)));
        Ok(answer.map_err(|error| match error.kind() {
            Kind::Io => Error::new(Kind::Io, format!("{error}; is touchline serving there? --on says where")),
            _ => error,
        })?)
    }

    /// Asks, and prints what a program wants to read: the answer as it is, whatever it says. `None`: that has been done.
    pub fn told(&self, request: ApiRequest, json: bool) -> Result<Option<ApiResponse>, Failure> {
        let answer = self.ask(request)?;
        if json && serde_json::from_slice::<Value>(&answer.body).is_ok() {
            super::print::out(&answer.text())?;
        }
        let answer = accepted(answer)?;
        Ok((!json).then_some(answer))
    }
}

/// The answer, if it is no refusal; a refusal is told with what helps.
pub fn accepted(answer: ApiResponse) -> Result<ApiResponse, Error> {
    let status = answer.status.as_u16();
    answer.accepted().map_err(|error| {
        let hint = match status {
            401 | 403 => {
                "; a token is given with --token, in TOUCHLINE_TOKEN or, for a server on this machine, in TOUCHLINE_CONTROL_TOKEN"
            }
            _ => "",
        };
        Error::new(error.kind(), format!("{error}{hint}"))
    })
}

/// A name as a part of a path.
pub fn in_path(name: &str) -> String {
    form_urlencoded::byte_serialize(name.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(on: Option<&str>, token: Option<&str>) -> Remote {
        let token = token.map(|token| Secret::from(token.to_owned()));
        Remote { on: on.map(str::to_owned), token, trusting: Trusting::default() }
    }

    #[test]
    fn a_server_is_named_once_and_a_replay_too() {
        let server = remote(None, None).server(Some("ws://h:1/r/cup/ws")).expect("a server");
        assert_eq!(server.replay(None).expect("one"), "cup");
        assert_eq!(server.replay(Some("cup")).expect("the same"), "cup");
        assert!(server.replay(Some("main")).expect_err("two").to_string().contains("name one"));
        let here = remote(None, None).server(None).expect("a server");
        assert_eq!((here.address.host(), &*here.replay(None).expect("one")), ("127.0.0.1:8089", "main"));
        let twice = remote(Some(":1"), None).server(Some("ws://h:1/?token=secret")).expect_err("two").to_string();
        assert!(twice.contains("name it once") && !twice.contains("secret"), "{twice}");
    }

    #[test]
    fn a_token_that_is_given_goes_before_the_one_in_the_url_and_is_not_shown() {
        let token = |server: Server| server.token.map(|token| token.reveal().to_owned());
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
            around(&Address::parse(url).expect(url), variable).map(|token| token.reveal().to_owned())
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

    #[test]
    fn a_name_cannot_leave_its_part_of_the_path() {
        assert_eq!(in_path("cup-1_a.b"), "cup-1_a.b");
        assert_eq!(in_path("a b/../c?d"), "a%20b%2F..%2Fc%3Fd");
    }
}
