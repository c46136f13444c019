//! The error of a command or an option: a code for programs, a message for people, and what would be accepted.

use std::fmt;

use crate::error::Error;
use crate::error_code::ErrorCode;
use crate::message::{did_you_mean, excerpt, with_accepted};

/// The maximum number of accepted words in a rejection.
const MAX_LISTED: usize = 200;

/// Why a command or an option was refused. A refused command has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rejection {
    /// A code for programs.
    pub code: ErrorCode,
    /// One line for people.
    pub message: String,
    /// What would have been accepted: the complete list, or empty if that is long.
    pub accepted: Vec<String>,
}

impl Rejection {
    /// A rejection without a list of what would have been accepted.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), accepted: Vec::new() }
    }

    /// The command does not exist; `accepted` lists all commands.
    pub(crate) fn unknown_command(name: &str, accepted: &[&str]) -> Self {
        let hint = did_you_mean(name, accepted.iter().copied());
        Self::new(ErrorCode::UnknownCommand, format!("unknown command {name:?}{hint}")).accepting(accepted)
    }

    /// There is no replay of that name.
    pub(crate) fn unknown_replay(name: &str) -> Self {
        let name = excerpt(name);
        Self::new(ErrorCode::UnknownReplay, format!("there is no replay {name:?}, or not any more"))
    }

    /// The command exists, but an argument is invalid.
    pub(crate) fn bad_argument(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::BadArgument, message)
    }

    /// A JSON object has the same field twice.
    pub(crate) fn field_given_twice(field: &str) -> Self {
        Self::bad_argument(format!("the field {:?} is given twice", excerpt(field)))
    }

    /// The value of a field cannot be parsed; `why` gives the reason.
    pub(crate) fn unreadable_field(field: &str, why: &str) -> Self {
        Self::bad_argument(format!("the field {:?} cannot be read: {why}", excerpt(field)))
    }

    /// The arguments are valid, but the position or the item they name does not exist here.
    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::NotFound, message)
    }

    /// A value for [`Self::accepted`]: every word, or none if they are too many for a message.
    pub(crate) fn accepted_list<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
        let listed: Vec<String> = words.take(MAX_LISTED + 1).map(str::to_owned).collect();
        if listed.len() > MAX_LISTED { Vec::new() } else { listed }
    }

    /// Prefixes the message with the option or the command that was refused.
    pub(crate) fn context(mut self, what: impl fmt::Display) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// The message, followed by what would have been accepted if that is little.
    pub(crate) fn describe(&self) -> String {
        with_accepted(&self.message, &self.accepted)
    }

    /// The same rejection with the list of what would have been accepted.
    pub(crate) fn accepting<T: ToString>(mut self, accepted: impl IntoIterator<Item = T>) -> Self {
        self.accepted = accepted.into_iter().map(|word| word.to_string()).collect();
        self
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Rejection {}

impl From<Rejection> for Error {
    /// Of the kind that the code says, as a server's refusal.
    fn from(rejection: Rejection) -> Self {
        Self::refused(None, Some(rejection.code), rejection.describe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_list_is_whole_or_left_out() {
        assert_eq!(Rejection::accepted_list(["a"; MAX_LISTED].into_iter()).len(), MAX_LISTED);
        assert_eq!(Rejection::accepted_list(["a"; MAX_LISTED + 1].into_iter()), Vec::<String>::new());
    }

    #[test]
    fn a_mistyped_command_is_rejected_with_a_suggestion() {
        let rejection = Rejection::unknown_command("sek", &["play", "seek"]);
        assert_eq!(rejection.to_string(), "unknown command \"sek\" (did you mean \"seek\"?)");
        assert_eq!(rejection.accepted, ["play", "seek"]);
        let error = Error::from(rejection);
        assert_eq!((error.kind(), error.code()), (ErrorKind::Misuse, Some(ErrorCode::UnknownCommand)));
        assert!(error.to_string().ends_with("(did you mean \"seek\"?); accepted: play, seek"), "{error}");
    }

    #[test]
    fn the_kind_of_an_error_follows_from_the_code() {
        for (code, kind) in [
            (ErrorCode::BadArgument, ErrorKind::Misuse),
            (ErrorCode::NotFound, ErrorKind::NotFound),
            (ErrorCode::Taken, ErrorKind::Refused),
            (ErrorCode::OverLimit, ErrorKind::Refused),
        ] {
            assert_eq!(Error::from(Rejection::new(code, "no")).kind(), kind, "{code}");
        }
    }
}
