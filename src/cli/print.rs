//! Output helpers: lines, colours, tables, counts, and replacing control characters in foreign text.

use std::io::{self, IsTerminal, Write};

pub(crate) use crate::message::format_count;
pub use crate::printable::sanitise;
use anstyle::Style;

use super::CliError;

/// Whether output to a stream is coloured; decided once.
#[derive(Debug, Clone, Copy)]
pub struct Colours {
    pub on: bool,
}

impl Colours {
    /// No colours.
    pub const OFF: Self = Self { on: false };

    /// On for a terminal, unless `NO_COLOR` is set or `TERM` is `dumb`.
    pub fn for_stream(stream: &impl IsTerminal) -> Self {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let dumb = set("TERM").is_some_and(|term| term == "dumb");
        Self { on: stream.is_terminal() && set("NO_COLOR").is_none() && !dumb }
    }

    /// `text` in `style`, or plain.
    pub fn paint(self, style: Style, text: &str) -> String {
        if self.on { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }
}

/// Replaces everything that is not printable but colour sequences and the line end. For lines that were formatted elsewhere,
/// as those of the log.
pub fn escape_all_but_colours(line: &str) -> String {
    const BEGIN: &str = "\u{1b}[";
    let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
    let mut parts = line.split(BEGIN);
    let mut shown = sanitise(parts.next().unwrap_or_default());
    for part in parts {
        let digits = part.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        match digits.strip_prefix('m') {
            Some(rest) => {
                shown += BEGIN;
                shown += &part[..part.len() - rest.len()];
                shown += &sanitise(rest);
            }
            None => shown += &sanitise(&format!("{BEGIN}{part}")),
        }
    }
    shown + end
}

/// `paused by anna`; `paused` where the actor is not known.
pub fn with_actor(what: &str, by: Option<&str>) -> String {
    match by {
        Some(by) => format!("{what} by {}", sanitise(by)),
        None => what.to_owned(),
    }
}

/// Prints `text` and a line end to standard output.
pub fn print_line(text: &str) -> Result<(), CliError> {
    write_out(&format!("{text}\n"))
}

/// Writes `text` to standard output, and flushes it.
pub fn write_out(text: &str) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).map_err(CliError::output)
}

/// Prints a line to standard error, without colours. A failure to write is ignored.
///
/// Every error message leaves the program here, so this is the one place where foreign text in it (a server's message, a file
/// name, a word of the command line) loses its control characters.
pub fn eprint_line(text: &str) {
    // One write: several processes may share standard error.
    let _ = io::stderr().lock().write_all(format!("{}\n", sanitise(text)).as_bytes());
}

/// Rows as aligned columns; `right` says which are flush right. Lines have no trailing spaces.
pub fn format_table(rows: &[Vec<String>], right: &[bool]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().enumerate().map(|(column, cell)| match right.get(column) {
            Some(true) => format!("{cell:>0$}", widths[column]),
            _ => format!("{cell:<0$}", widths[column]),
        });
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text.pop();
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_letters() {
        let rows = [vec!["Höwedes".to_owned(), "1".into(), "a".into()], vec!["Rog".into(), "22".into(), "b".into()]];
        assert_eq!(format_table(&rows, &[false, true]), "Höwedes   1  a\nRog      22  b");
        assert_eq!(format_table(&[], &[]), "");
    }

    #[test]
    fn a_line_keeps_its_colours_and_its_end_and_no_other_command() {
        for (line, shown) in [
            ("\u{1b}[2mWARN\u{1b}[0m a\u{202e}b\n", "\u{1b}[2mWARN\u{1b}[0m a\u{fffd}b\n"),
            ("a\u{1b}[2Jb\nc\u{9b}d\n", "a\u{fffd}[2Jb\u{fffd}c\u{fffd}d\n"),
            ("\u{1b}[1;38;5;9mx\u{1b}]0;title\u{7}\u{1b}[", "\u{1b}[1;38;5;9mx\u{fffd}]0;title\u{fffd}\u{fffd}["),
            ("\u{1b}\u{1b}[31m\u{1b}[31", "\u{fffd}\u{1b}[31m\u{fffd}[31"),
            ("", ""),
        ] {
            assert_eq!(escape_all_but_colours(line), shown, "{line:?}");
        }
    }

    #[test]
    fn colour_is_only_put_where_it_is_wanted() {
        let bold = Style::new().bold();
        assert_eq!(Colours::OFF.paint(bold, "GOAL"), "GOAL");
        assert_eq!(Colours { on: true }.paint(bold, "GOAL"), "\u{1b}[1mGOAL\u{1b}[0m");
    }
}
