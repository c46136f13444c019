//! Standard output of `watch`: lines that scroll and, on a terminal, a status line that is redrawn below them.

use std::io::{self, IsTerminal};

use super::CliError;
use super::print::{eprint_line, write_out};

/// Standard output with an optional status line.
#[derive(Debug)]
pub struct TerminalOutput {
    /// Whether a status line is shown at all.
    has_status: bool,
    /// The status line on the screen; empty: none.
    status: String,
}

/// Moves the cursor to the start of the line and erases the line.
const ERASE_LINE: &str = "\r\u{1b}[K";
/// Turns line wrapping off and on again. A status line that is too long is cut: a wrapped one could not be erased.
const NO_WRAP: (&str, &str) = ("\u{1b}[?7l", "\u{1b}[?7h");

impl TerminalOutput {
    /// Shows a status line if `with_status` and standard output is a terminal.
    pub fn new(with_status: bool) -> Self {
        Self { has_status: with_status && io::stdout().is_terminal(), status: String::new() }
    }

    /// Prints a line above the status line.
    pub fn print_line(&mut self, text: &str) -> Result<(), CliError> {
        let status = self.rendered_status();
        let erase = if self.status.is_empty() { "" } else { ERASE_LINE };
        write_out(&format!("{erase}{text}\n{status}"))
    }

    /// Prints a line to standard error, for messages that are not part of the ticker.
    pub fn eprint_line(&mut self, text: &str) -> Result<(), CliError> {
        if !self.status.is_empty() {
            write_out(ERASE_LINE)?;
        }
        eprint_line(text);
        write_out(&self.rendered_status())
    }

    /// Replaces the status line.
    pub fn set_status(&mut self, text: String) -> Result<(), CliError> {
        if !self.has_status || text == self.status {
            return Ok(());
        }
        self.status = text;
        write_out(&format!("{ERASE_LINE}{}", self.rendered_status()))
    }

    /// Erases the status line.
    pub fn clear_status(&mut self) -> Result<(), CliError> {
        if std::mem::take(&mut self.status).is_empty() { Ok(()) } else { write_out(ERASE_LINE) }
    }

    fn rendered_status(&self) -> String {
        if self.status.is_empty() { String::new() } else { format!("{}{}{}", NO_WRAP.0, self.status, NO_WRAP.1) }
    }
}
