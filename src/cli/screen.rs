//! Lines that scroll, and below them, on a terminal, one that is drawn anew.

use std::io::{self, IsTerminal, Write};

use super::Failure;
use super::print::note;

/// Standard output as a ticker uses it.
#[derive(Debug)]
pub struct Screen {
    /// Whether there is a status line at all.
    live: bool,
    /// What it shows.
    status: String,
}

/// Back to the beginning of the line, and nothing left of it.
const WIPE: &str = "\r\u{1b}[K";
/// A line that is too long is cut rather than wrapped: a wrapped one could not be wiped.
const CUT: (&str, &str) = ("\u{1b}[?7l", "\u{1b}[?7h");

impl Screen {
    /// With a status line if that is wanted and this is a terminal.
    pub fn new(wanted: bool) -> Self {
        Self { live: wanted && io::stdout().is_terminal(), status: String::new() }
    }

    /// Writes a line above the status.
    pub fn line(&mut self, text: &str) -> Result<(), Failure> {
        let status = self.drawn();
        let wipe = if self.status.is_empty() { "" } else { WIPE };
        write(&format!("{wipe}{text}\n{status}"))
    }

    /// Tells something that is not part of what is watched, on standard error.
    pub fn aside(&mut self, text: &str) -> Result<(), Failure> {
        if !self.status.is_empty() {
            write(WIPE)?;
        }
        note(text);
        write(&self.drawn())
    }

    /// Shows another status.
    pub fn status(&mut self, text: String) -> Result<(), Failure> {
        if !self.live || text == self.status {
            return Ok(());
        }
        self.status = text;
        write(&format!("{WIPE}{}", self.drawn()))
    }

    /// Takes the status away, for good or for now.
    pub fn clear(&mut self) -> Result<(), Failure> {
        match std::mem::take(&mut self.status).is_empty() {
            true => Ok(()),
            false => write(WIPE),
        }
    }

    fn drawn(&self) -> String {
        match self.status.is_empty() {
            true => String::new(),
            false => format!("{}{}{}", CUT.0, self.status, CUT.1),
        }
    }
}

fn write(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(Failure::output)
}
