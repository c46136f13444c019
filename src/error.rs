//! The error type of the library.

use std::fmt;

use crate::error_code::ErrorCode;

/// An error with a one-line message: what failed, in which file and line, and what would be accepted.
///
/// The message is for people; code branches on [`Error::kind`] and, where a server refused something, on [`Error::code`].
pub struct Error {
    kind: ErrorKind,
    code: Option<ErrorCode>,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An invalid argument: a flag, a position, a parameter. Retry with another value.
    Misuse,
    /// A named scenario, replay or position does not exist.
    NotFound,
    /// A file or frame has invalid contents.
    Invalid,
    /// A server refuses for another reason, as a wrong token or a limit: [`Error::code`].
    Refused,
    /// An operation of the operating system or the network failed: a file that does not exist, a port in use.
    Io,
}

/// A [`std::result::Result`] with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// Creates an error.
    pub(crate) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, code: None, message: message.into(), source: None }
    }

    /// An error of kind [`ErrorKind::Misuse`].
    pub(crate) fn misuse(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Misuse, message)
    }

    /// An error of kind [`ErrorKind::NotFound`].
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::NotFound, message)
    }

    /// An error of kind [`ErrorKind::Invalid`].
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Invalid, message)
    }

    /// An error of kind [`ErrorKind::Io`]; `doing` says which operation failed: `reading cup.jsonl`.
    pub(crate) fn io(doing: impl Into<String>, source: std::io::Error) -> Self {
        Self { source: Some(Box::new(source)), ..Self::new(ErrorKind::Io, doing) }
    }

    /// A server's refusal, of the kind that its code says or, for an unknown code, the HTTP status of the answer.
    pub(crate) fn refused(http_status: Option<u16>, code: Option<ErrorCode>, message: impl Into<String>) -> Self {
        let kind = match code.map(ErrorCode::http_status).or(http_status) {
            _ if code == Some(ErrorCode::BadScenario) => ErrorKind::Invalid,
            Some(400) => ErrorKind::Misuse,
            Some(404) => ErrorKind::NotFound,
            Some(500..) => ErrorKind::Io,
            _ => ErrorKind::Refused,
        };
        Self::new(kind, message).with_code(code)
    }

    /// Sets the code.
    pub(crate) fn with_code(self, code: impl Into<Option<ErrorCode>>) -> Self {
        Self { code: code.into(), ..self }
    }

    /// Prefixes the message with the operation that failed.
    pub(crate) fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// The kind of the error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The code with which a command, an option or a whole subscription was refused. `None` for other errors, and for codes that
    /// this version does not know.
    pub fn code(&self) -> Option<ErrorCode> {
        self.code
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// The error itself or the first of its causes that has this type.
#[cfg(feature = "net")]
pub(crate) fn find_cause<'a, T: std::error::Error + 'static>(
    error: &'a (dyn std::error::Error + 'static),
) -> Option<&'a T> {
    std::iter::successors(Some(error), |error| error.source()).find_map(|error| error.downcast_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_operation_and_the_cause() {
        let error = Error::io("reading cup.jsonl", std::io::Error::other("disk on fire")).context("serve");
        assert_eq!(error.to_string(), "serve: reading cup.jsonl: disk on fire");
        assert_eq!(error.kind(), ErrorKind::Io);
    }
}
