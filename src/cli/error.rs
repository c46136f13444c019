//! Why a subcommand fails, and the exit code that follows.

use std::fmt;
use std::io;

use crate::error::{Error, ErrorKind};

/// Why a subcommand did not do what it was asked to.
#[derive(Debug)]
pub enum CliError {
    /// Printed as one line.
    Error(Error),
    /// The subcommand has already printed what went wrong.
    Reported,
    /// The subcommand has already printed its result, and has exit codes of its own.
    Exit(u8),
    /// The reader of standard output is gone, as in `touchline info juv | head -1`. This is no failure.
    BrokenPipe,
}

impl CliError {
    /// A command line that makes no sense: exit code 2.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::Error(Error::misuse(message))
    }

    /// An error while writing to standard output.
    pub fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::BrokenPipe,
            _ => Self::Error(Error::io("writing to standard output", error)),
        }
    }

    /// 0 done, 1 failed, 2 misused; others by subcommands.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Error(error) if error.kind() == ErrorKind::Misuse => 2,
            Self::Error(_) | Self::Reported => 1,
            Self::Exit(code) => *code,
            Self::BrokenPipe => 0,
        }
    }
}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Reported | Self::Exit(_) | Self::BrokenPipe => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_distinguish_failure_and_misuse_and_a_broken_pipe_is_neither() {
        assert_eq!(CliError::misuse("no speed").exit_code(), 2);
        assert_eq!(CliError::Error(Error::not_found("no scenario")).exit_code(), 1);
        assert_eq!(CliError::output(io::ErrorKind::BrokenPipe.into()).exit_code(), 0);
        assert_eq!(CliError::output(io::ErrorKind::StorageFull.into()).exit_code(), 1);
    }
}
