//! The log on standard error: as text, or as one JSON object a line.

use std::io::{self, Write};

use clap::ValueEnum;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde_json::json;
use tracing_subscriber::filter::{LevelFilter, ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, fmt};

use super::CliError;
use super::print::{Colours, escape_all_but_colours, sanitise};

/// The environment variable that sets the filter where `--log` does not.
const ENV_VARIABLE: &str = "TOUCHLINE_LOG";
const LEVELS: [&str; 6] = ["off", "error", "warn", "info", "debug", "trace"];

/// `--log` and `--log-format`.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub struct LogArgs {
    /// Log events of this level and above [default: TOUCHLINE_LOG, else warn]
    #[arg(long, value_name = "LEVEL", value_parser = PossibleValuesParser::new(LEVELS).try_map(|word| word.parse::<LevelFilter>()))]
    log: Option<LevelFilter>,
    /// Format of all lines on standard error; json is one object a line, with the time
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,
}

/// The format of all lines on standard error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    // No doc comments on the variants: clap would print them, and spread every option of `serve` over more lines.
    #[default]
    Text,
    Json,
}

impl LogFormat {
    /// Formats a line that does not come from the log, so that it looks like those that do.
    pub fn format_line(self, level: &str, text: &str) -> String {
        match self {
            Self::Text => text.to_owned(),
            Self::Json => {
                let now = format!("{:.6}", jiff::Timestamp::now());
                json!({"timestamp": now, "level": level, "message": text}).to_string()
            }
        }
    }
}

impl LogArgs {
    /// Installs the global subscriber, which writes to `to`.
    pub fn start<W: Write>(self, to: impl Fn() -> W + Send + Sync + 'static) -> Result<(), CliError> {
        let filter = match self.log {
            Some(level) => Targets::new().with_default(level),
            None => filter_from_env()?,
        };
        // Without it the subscriber has a limit of its own.
        let most = <Targets as Layer<Registry>>::max_level_hint(&filter).unwrap_or(LevelFilter::TRACE);
        let log = fmt().with_target(false).with_max_level(most);
        match self.log_format {
            LogFormat::Text => {
                let colours = Colours::for_stream(&std::io::stderr()).on;
                let log = log.compact().without_time().with_ansi(colours);
                log.with_writer(move || SanitizingWriter { to: to(), colours }).finish().with(filter).init();
            }
            LogFormat::Json => {
                let log = log.json().flatten_event(true).with_span_list(false);
                log.with_writer(to).finish().with(filter).init();
            }
        }
        Ok(())
    }
}

/// Replaces control characters, which field values from clients may contain. The log writes each line in one call.
struct SanitizingWriter<W> {
    to: W,
    /// Whether the log colours its lines. If not, every escape sequence is foreign and is replaced.
    colours: bool,
}

impl<W: Write> Write for SanitizingWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let shown = match (self.colours, text.strip_suffix('\n')) {
            (true, _) => escape_all_but_colours(&text),
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

/// Starts the log of a subcommand that has no log flags: text, at the level of `TOUCHLINE_LOG`, else warn.
pub fn start_log<W: Write>(to: impl Fn() -> W + Send + Sync + 'static) -> Result<(), CliError> {
    LogArgs::default().start(to)
}

fn filter_from_env() -> Result<Targets, CliError> {
    let wanted = std::env::var(ENV_VARIABLE).unwrap_or_else(|_| "warn".to_owned());
    wanted.parse().map_err(|error: ParseError| {
        CliError::misuse(format!("{ENV_VARIABLE}={wanted:?}: {error}; write warn or debug"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

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
        let line = LogFormat::Json.format_line("INFO", "\"a\"\nb\u{1b}[1m");
        assert_eq!(line.lines().count(), 1);
        let read: Value = serde_json::from_str(&line).expect("an object");
        assert_eq!((&read["level"], &read["message"]), (&"INFO".into(), &"\"a\"\nb\u{1b}[1m".into()));
        let time: jiff::Timestamp = read["timestamp"].as_str().and_then(|time| time.parse().ok()).expect("a time");
        assert!(time <= jiff::Timestamp::now());
        assert_eq!(LogFormat::Text.format_line("INFO", "a\nb"), "a\nb");
    }
}
