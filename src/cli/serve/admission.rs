//! Who may look and who may control, as it is written.

use std::net::IpAddr;

use ipnet::IpNet;
use touchline::error::{Error, Kind, Result};
use touchline::hub::Token;
use touchline::server::{Authority, ControlToken, PublicUrl, WebOrigin};

use super::super::secret::Secret;

/// Where the token is looked for that no flag gives: a command line is seen by everyone on the machine.
const VARIABLE: &str = "TOUCHLINE_CONTROL_TOKEN";
/// Asks for a new one.
const AUTO: &str = "auto";

/// Who may look and who may control.
#[derive(Debug, clap::Args)]
pub struct Admission {
    /// Control takes this token, from anywhere, this machine included: 8 to 256 letters, digits, -, ., _ and ~; auto makes one
    /// [default: TOUCHLINE_CONTROL_TOKEN]
    #[arg(long, value_name = "WORD|auto")]
    control_token: Option<Secret>,
    /// Let pages of another origin look, as https://scores.example; may be repeated
    #[arg(long, value_name = "URL", value_parser = str::parse::<WebOrigin>)]
    pub allow_origin: Vec<WebOrigin>,
    /// Answer to another name, as scores.example; may be repeated
    #[arg(long, value_name = "NAME", value_parser = str::parse::<Authority>)]
    pub allow_host: Vec<Authority>,
    /// The address under which a reverse proxy serves it, as https://scores.example/tl: links are made of it, its path may
    /// stand in front of all paths, and its host and origin are allowed
    #[arg(long, value_name = "URL", value_parser = str::parse::<PublicUrl>)]
    pub public_url: Option<PublicUrl>,
    /// Believe what the proxy at this address says in Forwarded, X-Forwarded-Host and X-Forwarded-Proto, as 127.0.0.1 or
    /// 10.0.0.0/8; may be repeated
    #[arg(long, value_name = "ADDR", value_parser = network)]
    pub trust_proxy: Vec<IpNet>,
}

fn network(text: &str) -> Result<IpNet, String> {
    let wrong = |_| format!("{text:?} is no address or network: write 127.0.0.1, ::1 or 10.0.0.0/8");
    text.parse::<IpNet>().or_else(|_| text.parse::<IpAddr>().map(IpNet::from)).map_err(wrong)
}

impl Admission {
    /// The token that was given, or a new one.
    pub fn token(&self) -> Result<Option<ControlToken>> {
        // Set and empty is a slip, and must not open the server to everybody.
        let around = || Some((VARIABLE, Secret::from(std::env::var(VARIABLE).ok()?)));
        match self.control_token.clone().map(|word| ("--control-token", word)).or_else(around) {
            Some((from, word)) => read(from, word.reveal()).map(Some),
            None => Ok(None),
        }
    }
}

fn read(from: &str, word: &str) -> Result<ControlToken> {
    let wrong = |why: String| Error::misuse(format!("{from}: {why}, or is {AUTO}"));
    if word != AUTO {
        return ControlToken::new(word).map_err(wrong);
    }
    let made = Token::new().ok_or_else(|| Error::new(Kind::Io, "the system has no randomness to make a token of"))?;
    ControlToken::new(made.reveal()).map_err(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_taken_or_made_and_a_wrong_one_is_not_repeated() {
        assert_eq!(read("--control-token", "correct-horse").expect("a token").reveal(), "correct-horse");
        let (one, other) = (read("", AUTO).expect("made"), read("", AUTO).expect("made"));
        assert_ne!(one, other);
        let wrong = read("--control-token", "s3cret").expect_err("too short").to_string();
        assert!(wrong.contains("8 to 256") && wrong.contains("auto") && !wrong.contains("s3cret"), "{wrong}");
    }

    #[test]
    fn a_proxy_is_an_address_or_a_network() {
        let read = |text| network(text).map(|network| network.to_string());
        assert_eq!(read("127.0.0.1").as_deref(), Ok("127.0.0.1/32"));
        assert_eq!(read("::1").as_deref(), Ok("::1/128"));
        assert_eq!(read("10.0.0.0/8").as_deref(), Ok("10.0.0.0/8"));
        for text in ["localhost", "10.0.0.0/33", "", "127.0.0.1:8089"] {
            assert!(read(text).is_err_and(|why| why.contains("10.0.0.0/8")), "{text}");
        }
    }
}
