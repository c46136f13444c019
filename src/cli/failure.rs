//! How a command ends when it does not end well.

use std::fmt;
use std::io;

use touchline::error::{Error, Kind};

/// Why a command could not do what it was asked to.
#[derive(Debug)]
pub enum Failure {
    /// One line for a person.
    Error(Error),
    /// Everything that was to be said has been said already.
    Told,
    /// Nobody reads what is printed any more: as in `touchline info juv | head -1`, that is no failure.
    ReaderGone,
}

impl Failure {
    /// Words on the command line that make no sense.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::Error(Error::misuse(message))
    }

    /// Writing to standard output went wrong.
    pub fn output(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Error(Error::io("writing to standard output", error)),
        }
    }

    /// 0 done, 1 failed, 2 misused.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Error(error) if error.kind() == Kind::Misuse => 2,
            Self::Error(_) | Self::Told => 1,
            Self::ReaderGone => 0,
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error(error) => error.fmt(f),
            Self::Told | Self::ReaderGone => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_tells_failure_from_misuse_and_a_closed_pipe_is_neither() {
        assert_eq!(Failure::misuse("no speed").exit_code(), 2);
        assert_eq!(Failure::Error(Error::not_found("no scenario")).exit_code(), 1);
        assert_eq!(Failure::output(io::ErrorKind::BrokenPipe.into()).exit_code(), 0);
        assert_eq!(Failure::output(io::ErrorKind::StorageFull.into()).exit_code(), 1);
    }
}
