//! Telling the program that started this one where to connect, in a line of JSON.

use std::fs::OpenOptions;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

use serde::Serialize;
use touchline::error::Error;
use touchline::server::ControlToken;

use super::super::Failure;
use super::super::print::out;
use super::links::Links;

/// The line.
#[derive(Serialize)]
struct Ready {
    ready: bool,
    pid: u32,
    http: String,
    ws: String,
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
            replay: "main",
            version: env!("CARGO_PKG_VERSION"),
            control: token.map(|token| links.control(token)),
        }
    }

    fn line(&self) -> Result<String, Error> {
        serde_json::to_string(self).map_err(|error| Error::invalid(format!("the ready line: {error}")))
    }
}

/// Tells it: on standard output, unless a person sits there, and in a file that is there only when it is complete.
pub fn tell_ready(links: &Links, token: Option<&ControlToken>, file: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = file {
        write_whole(path, &format!("{}\n", Ready::new(links, token).line()?), 0o600)?;
    }
    if io::stdout().is_terminal() { Ok(()) } else { out(&Ready::new(links, None).line()?) }
}

/// Writes a file that is there only when it is complete, for those whom `mode` allows it.
pub fn write_whole(path: &Path, text: &str, mode: u32) -> Result<(), Error> {
    let written = || {
        let mut name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_owned();
        name.push(format!(".{}.part", std::process::id()));
        let part = path.with_file_name(name);
        // Left by another program of that number.
        let _ = std::fs::remove_file(&part);
        let written = create(&part, mode)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| std::fs::rename(&part, path));
        if written.is_err() {
            // The reason is told; a rest that cannot be removed either is not worth another.
            let _ = std::fs::remove_file(&part);
        }
        written
    };
    written().map_err(|error| Error::io(format!("writing {}", path.display()), error))
}

/// Opens a file that was not there.
fn create(path: &Path, mode: u32) -> io::Result<std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
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
