//! The flags about access: the control token, allowed origins and hosts, and reverse proxies.

use std::net::IpAddr;

use crate::error::{Error, ErrorKind, Result};
use crate::hub::Token;
use crate::server::{Authority, ControlToken, PublicUrl, WebOrigin};
use ipnet::IpNet;

use super::super::secret::Secret;

/// The environment variable with the token, where no flag gives one: every user of the machine can read a command line.
const ENV_VARIABLE: &str = "TOUCHLINE_CONTROL_TOKEN";
/// The word that generates a token.
const AUTO: &str = "auto";

/// Who may connect and who may control.
#[derive(Debug, clap::Args)]
pub struct AccessArgs {
    /// Require this token for control, from this machine too: 8 to 256 letters, digits, -, ., _ and ~; auto generates one
    /// [default: TOUCHLINE_CONTROL_TOKEN]
    #[arg(long, value_name = "WORD|auto")]
    control_token: Option<Secret>,
    /// Let every client that may read open replays of scenarios of its own; without this it takes the right to control
    #[arg(long)]
    pub allow_uploads: bool,
    /// Let web pages of this origin subscribe, as https://scores.example; may be repeated
    #[arg(long, value_name = "URL", value_parser = str::parse::<WebOrigin>)]
    pub allow_origin: Vec<WebOrigin>,
    /// Answer requests for this host name too, as scores.example; may be repeated
    #[arg(long, value_name = "NAME", value_parser = str::parse::<Authority>)]
    pub allow_host: Vec<Authority>,
    /// The URL under which a reverse proxy serves this server, as https://scores.example/tl: links begin with it, request
    /// paths may begin with its path, and its host and origin are allowed
    #[arg(long, value_name = "URL", value_parser = str::parse::<PublicUrl>)]
    pub public_url: Option<PublicUrl>,
    /// Trust Forwarded, X-Forwarded-Host and X-Forwarded-Proto from the proxy at this address or network, as 127.0.0.1 or
    /// 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "ADDR", value_parser = parse_network)]
    pub trust_proxy: Vec<IpNet>,
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let wrong = |_| format!("{text:?} is not an IP address or network: write 127.0.0.1, ::1 or 10.0.0.0/8");
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(wrong)
}

impl AccessArgs {
    /// The token of the flag or the variable, or a generated one; `None` where none is configured.
    pub fn token(&self) -> Result<Option<ControlToken>> {
        // A variable that is set but empty is an error: it must not leave the server without a token.
        let from_env = || Some((ENV_VARIABLE, Secret::from(std::env::var(ENV_VARIABLE).ok()?)));
        match self.control_token.clone().map(|word| ("--control-token", word)).or_else(from_env) {
            Some((source, word)) => parse_token(source, word.reveal()).map(Some),
            None => Ok(None),
        }
    }
}

/// `source`: the flag or variable, for the message. The message does not repeat the token.
fn parse_token(source: &str, word: &str) -> Result<ControlToken> {
    let wrong = |why: Error| Error::misuse(format!("{source}: {why}, or is {AUTO}"));
    if word != AUTO {
        return ControlToken::new(word).map_err(wrong);
    }
    let generated = Token::new()
        .ok_or_else(|| Error::new(ErrorKind::Io, "the system gave no random bytes to generate a token from"))?;
    ControlToken::new(generated.reveal()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_parsed_or_generated_and_a_wrong_one_is_not_repeated() {
        assert_eq!(parse_token("--control-token", "correct-horse").expect("a token").reveal(), "correct-horse");
        let (one, other) = (parse_token("", AUTO).expect("generated"), parse_token("", AUTO).expect("generated"));
        assert_ne!(one, other);
        let wrong = parse_token("--control-token", "s3cret").expect_err("too short").to_string();
        assert!(wrong.contains("8 to 256") && wrong.contains("auto") && !wrong.contains("s3cret"), "{wrong}");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        let read = |text| parse_network(text).map(|network| network.to_string());
        assert_eq!(read("127.0.0.1").as_deref(), Ok("127.0.0.1/32"));
        assert_eq!(read("::1").as_deref(), Ok("::1/128"));
        assert_eq!(read("10.0.0.0/8").as_deref(), Ok("10.0.0.0/8"));
        for text in ["localhost", "10.0.0.0/33", "", "127.0.0.1:8089"] {
            assert!(read(text).is_err_and(|why| why.contains("10.0.0.0/8")), "{text}");
        }
    }
}
