//! The ready line: one line of JSON that tells a parent process where to connect.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal};
use std::path::Path;

use crate::error::Error;
use serde::Serialize;

use super::super::CliError;
use super::super::output_file::{OutputFile, write_file};
use super::super::print::print_line;
use super::super::stderr_writer::StderrWriter;
use super::server_urls::ServerUrls;

/// The fields of the line.
#[derive(Serialize)]
pub struct ReadyLine {
    ready: bool,
    pid: u32,
    http: String,
    ws: String,
    /// The page through a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    public: Option<String>,
    replay: &'static str,
    version: &'static str,
    /// The addresses of dialects with a port of their own.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    dialects: BTreeMap<String, String>,
    /// The environment in which programs find the proxy that answers in place of data providers.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    environment: BTreeMap<String, String>,
    /// Holds the token: written to the file only, which no other user may read.
    #[serde(skip_serializing_if = "Option::is_none")]
    control: Option<String>,
}

impl ReadyLine {
    /// The line of a server with these URLs.
    pub fn new(urls: &ServerUrls) -> Self {
        Self {
            ready: true,
            pid: std::process::id(),
            http: urls.http_url(),
            ws: urls.ws_url(),
            public: urls.page_url().filter(|_| urls.is_public()),
            replay: "main",
            version: env!("CARGO_PKG_VERSION"),
            dialects: BTreeMap::new(),
            environment: BTreeMap::new(),
            control: None,
        }
    }

    /// Adds what the server has of data providers.
    pub fn with_providers(self, dialects: &[(String, String)], environment: &[(String, String)]) -> Self {
        let (dialects, environment) = (dialects.iter().cloned().collect(), environment.iter().cloned().collect());
        Self { dialects, environment, ..self }
    }

    fn to_json(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::invalid(format!("the ready line: {error}")))
    }
}

/// Writes the line to standard output, unless that is a terminal, and with the control link to `file`. A regular file appears only
/// when it is complete, and is removed when the returned [`OutputFile`] is dropped.
pub fn write_ready_line(
    line: ReadyLine,
    control: Option<String>,
    file: Option<&Path>,
    stderr: &StderrWriter,
) -> Result<Option<OutputFile>, CliError> {
    let public_text = line.to_json()?;
    let written = match file {
        Some(path) => {
            let text = ReadyLine { control, ..line }.to_json()?;
            write_file(path, &format!("{text}\n"), 0o600, stderr.error_reporter())?
        }
        None => None,
    };
    if !io::stdout().is_terminal() {
        print_line(&public_text)?;
    }
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::ControlToken;

    #[test]
    fn the_ready_line_is_as_documented() {
        let urls = ServerUrls::new("127.0.0.1:8089".parse().expect("an address"), None, false);
        let line = ReadyLine::new(&urls).to_json().expect("serializable");
        assert!(line.starts_with(r#"{"ready":true,"pid":"#), "{line}");
        assert!(
            line.contains(r#""http":"http://127.0.0.1:8089","ws":"ws://127.0.0.1:8089/ws","replay":"main""#),
            "{line}"
        );
        assert!(!line.contains("control"), "{line}");
        let token = ControlToken::new("correct-horse").expect("a token");
        let control = Some(urls.control_url(&token));
        let line = ReadyLine { control, ..ReadyLine::new(&urls) }.to_json().expect("serializable");
        assert!(line.ends_with(r#","control":"http://127.0.0.1:8089/?token=correct-horse"}"#), "{line}");
    }
}
