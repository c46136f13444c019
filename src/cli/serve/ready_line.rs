//! The ready line: one line of JSON that tells a parent process where to connect.

use std::io::{self, IsTerminal};
use std::path::Path;

use crate::error::Error;
use crate::server::ControlToken;
use serde::Serialize;

use super::super::CliError;
use super::super::output_file::{OutputFile, write_file};
use super::super::print::print_line;
use super::super::stderr_writer::StderrWriter;
use super::server_urls::ServerUrls;

/// The fields of the line.
#[derive(Serialize)]
struct ReadyLine {
    ready: bool,
    pid: u32,
    http: String,
    ws: String,
    /// The page through a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    replay: &'static str,
    version: &'static str,
    /// Holds the token: written to the file only, which no other user may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<String>,
}

impl ReadyLine {
    fn new(urls: &ServerUrls, token: Option<&ControlToken>) -> Self {
        Self {
            ready: true,
            pid: std::process::id(),
            http: urls.http_url(),
            ws: urls.ws_url(),
            public: urls.page_url().filter(|_| urls.is_public()),
            replay: "main",
            version: env!("CARGO_PKG_VERSION"),
            control: token.map(|token| urls.control_url(token)),
        }
    }

    fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::invalid(format!("the ready line: {error}")))
    }
}

/// Writes the line to standard output, unless that is a terminal, and to `file`. A regular file appears only when it is
/// complete, and is removed when the returned [`OutputFile`] is dropped.
pub fn write_ready_line(
    urls: &ServerUrls,
    token: Option<&ControlToken>,
    file: Option<&Path>,
    stderr: &StderrWriter,
) -> Result<Option<OutputFile>, CliError> {
    let written = match file {
        Some(path) => {
            let line = ReadyLine::new(urls, token).to_json()?;
            write_file(path, &format!("{line}\n"), 0o600, stderr.error_reporter())?
        }
        None => None,
    };
    if !io::stdout().is_terminal() {
        print_line(&ReadyLine::new(urls, None).to_json()?)?;
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ready_line_is_as_documented() {
        let urls = ServerUrls::new("127.0.0.1:8089".parse().expect("an address"), None, false);
        let line = ReadyLine::new(&urls, None).to_json().expect("serializable");
        assert!(line.starts_with(r#"{"ready":true,"pid":"#), "{line}");
        assert!(
            line.contains(r#""http":"http://127.0.0.1:8089","ws":"ws://127.0.0.1:8089/ws","replay":"main""#),
            "{line}"
        );
        assert!(!line.contains("control"), "{line}");
        let token = ControlToken::new("correct-horse").expect("a token");
        let line = ReadyLine::new(&urls, Some(&token)).to_json().expect("serializable");
        assert!(line.ends_with(r#","control":"http://127.0.0.1:8089/?token=correct-horse"}"#), "{line}");
    }
}
