//! What happens inside, told to whoever runs the program: as text, or a line of JSON each.

use std::io::{self, Write};

use clap::ValueEnum;
use serde_json::{Map, Value};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::{EnvFilter, fmt};

use super::Failure;
use super::print::{Colours, harmless_but_colours, sanitise};

/// Says what is written where no flag does.
const VARIABLE: &str = "TOUCHLINE_LOG";

/// How a server tells what happens.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct Logging {
    /// What is written of what happens inside [default: TOUCHLINE_LOG, else warn]
    #[arg(long, value_name = "LEVEL")]
    log: Option<Level>,
    /// How everything on standard error is written; json is an object a line, with the time
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    log_format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Level {
    Off,
    Error,
    Warn,
    Info,
    Debug,
    Trace,
}

/// How lines for whoever runs a server are written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    // What help says of each would spread all other options over more lines.
    #[default]
    Text,
    Json,
}

impl Format {
    /// A line that is no event of the log, in the way of those that are.
    pub fn line(self, level: &str, text: &str) -> String {
        match self {
            Self::Text => text.to_owned(),
            Self::Json => {
                let now = format!("{:.6}", jiff::Timestamp::now());
                let fields = [("timestamp", &*now), ("level", level), ("message", text)];
                let fields = fields.map(|(name, value)| (name.to_owned(), Value::from(value)));
                Value::Object(Map::from_iter(fields)).to_string()
            }
        }
    }
}

impl Logging {
    /// How it is written.
    pub fn format(self) -> Format {
        self.log_format
    }

    /// Begins to write.
    pub fn start<W: Write>(self, to: impl Fn() -> W + Send + Sync + 'static) -> Result<(), Failure> {
        let filter = match self.log {
            Some(level) => EnvFilter::default().add_directive(LevelFilter::from(level).into()),
            None => around()?,
        };
        let log = fmt().with_target(false).with_env_filter(filter);
        match self.log_format {
            Format::Text => {
                let colours = Colours::of(&std::io::stderr()).on();
                let log = log.compact().without_time().with_ansi(colours);
                log.with_writer(move || SanitizingWriter { to: to(), colours }).init();
            }
            Format::Json => {
                let log = log.json().flatten_event(true).with_current_span(false).with_span_list(false);
                log.with_writer(to).init();
            }
        }
        Ok(())
    }
}

/// Passes on lines of text without control characters of foreign values. The log writes each line in one piece.
struct SanitizingWriter<W> {
    to: W,
    /// Whether the log colours its lines; otherwise all escape sequences are foreign.
    colours: bool,
}

impl<W: Write> Write for SanitizingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let shown = match (self.colours, text.strip_suffix('\n')) {
            (true, _) => harmless_but_colours(&text),
            (false, Some(text)) => sanitise(text) + "\n",
            (false, None) => sanitise(&text),
        };
        self.to.write_all(shown.as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Writes warnings as text; `TOUCHLINE_LOG=debug` asks for more.
pub fn log<W: Write>(to: impl Fn() -> W + Send + Sync + 'static) -> Result<(), Failure> {
    Logging::default().start(to)
}

fn around() -> Result<EnvFilter, Failure> {
    let wanted = std::env::var(VARIABLE).unwrap_or_else(|_| "warn".to_owned());
    EnvFilter::try_new(&wanted)
        .map_err(|error| Failure::misuse(format!("{VARIABLE}={wanted:?}: {error}; write warn or debug")))
}

impl From<Level> for LevelFilter {
    fn from(level: Level) -> Self {
        match level {
            Level::Off => Self::OFF,
            Level::Error => Self::ERROR,
            Level::Warn => Self::WARN,
            Level::Info => Self::INFO,
            Level::Debug => Self::DEBUG,
            Level::Trace => Self::TRACE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_value_in_the_log_cannot_command_the_terminal() {
        for (colours, shown) in [
            (false, "WARN refused: a\u{fffd}b\u{fffd}[2J\u{fffd}[31mc\u{fffd}\n"),
            (true, "WARN refused: a\u{fffd}b\u{fffd}[2J\u{1b}[31mc\u{fffd}\n"),
        ] {
            let mut to = Vec::new();
            let line = "WARN refused: a\u{2028}b\u{1b}[2J\u{1b}[31mc\u{202e}\n";
            SanitizingWriter { to: &mut to, colours }.write_all(line.as_bytes()).expect("written");
            assert_eq!(String::from_utf8_lossy(&to), shown);
        }
    }

    #[test]
    fn a_line_of_json_is_one_line_whatever_is_in_it() {
        let line = Format::Json.line("INFO", "\"a\"\nb\u{1b}[1m");
        assert_eq!(line.lines().count(), 1);
        let read: Value = serde_json::from_str(&line).expect("an object");
        assert_eq!((&read["level"], &read["message"]), (&"INFO".into(), &"\"a\"\nb\u{1b}[1m".into()));
        let time: jiff::Timestamp = read["timestamp"].as_str().and_then(|time| time.parse().ok()).expect("a time");
        assert!(time <= jiff::Timestamp::now());
        assert_eq!(Format::Text.line("INFO", "a\nb"), "a\nb");
    }
}
