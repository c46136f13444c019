//! Telling the program that started this one where to connect, in a line of JSON.

use std::io::{self, IsTerminal};
use std::path::Path;

use serde::Serialize;
use touchline::error::Error;
use touchline::server::ControlToken;

use super::super::Failure;
use super::super::print::out;
use super::super::teller::Teller;
use super::links::Links;
use super::output_file::{OutputFile, write_file};

/// The line.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    pid: u32,
    http: String,
    ws: String,
    /// Where clients find the page through a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    replay: &'static str,
    version: &'static str,
    /// Holds a secret: in the file only, which nobody else may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<String>,
}

impl Ready {
    fn new(links: &Links, token: Option<&ControlToken>) -> Self {
        Self {
            ready: true,
            pid: std::process::id(),
            http: links.http(),
            ws: links.ws(),
            public: links.view().filter(|_| links.is_public()),
            replay: "main",
            version: env!("CARGO_PKG_VERSION"),
            control: token.map(|token| links.control(token)),
        }
    }

    fn line(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::invalid(format!("the ready line: {error}")))
    }
}

/// Writes the line: to standard output, unless that is a terminal, and to a file. A regular file is there only when it is
/// complete, and is removed when what is returned is dropped.
pub fn tell_ready(
    links: &Links,
    token: Option<&ControlToken>,
    file: Option<&Path>,
    teller: &Teller,
) -> Result<Option<OutputFile>, Failure> {
    let written = match file {
        Some(path) => write_file(path, &format!("{}\n", Ready::new(links, token).line()?), 0o600, teller.reporting())?,
        None => None,
    };
    if !io::stdout().is_terminal() {
        out(&Ready::new(links, None).line()?)?;
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_what_the_documentation_says() {
        let links = Links::new("127.0.0.1:8089".parse().expect("an address"), None, false);
        let line = Ready::new(&links, None).line().expect("serializable");
        assert!(line.starts_with(r#"{"ready":true,"pid":"#), "{line}");
        assert!(
            line.contains(r#""http":"http://127.0.0.1:8089","ws":"ws://127.0.0.1:8089/ws","replay":"main""#),
            "{line}"
        );
        assert!(!line.contains("control"), "{line}");
        let token = ControlToken::new("correct-horse").expect("a token");
        let line = Ready::new(&links, Some(&token)).line().expect("serializable");
        assert!(line.ends_with(r#","control":"http://127.0.0.1:8089/?token=correct-horse"}"#), "{line}");
    }
}
