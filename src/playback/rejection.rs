//! A command or an option that cannot be followed, as it is told to whoever gave it.

use std::fmt;

use crate::error::{Error, did_you_mean, excerpt};

/// The most words that are listed.
const MOST_LISTED: usize = 200;

/// Why something was refused. Nothing has changed when one is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// One word for programs: `unknown_command`, `bad_argument`, `unknown_match`, `not_found` or `stale`.
    pub code: &'static str,
    /// One line for people.
    pub message: String,
    /// What would have been accepted: all of it, or nothing where that is a long list.
    pub accepted: Vec<String>,
}

impl Rejection {
    /// There is no such command; `accepted` are all that there are.
    pub fn unknown_command(name: &str, accepted: &[&str]) -> Self {
        let hint = did_you_mean(name, accepted.iter().copied());
        Self::new("unknown_command", format!("unknown command {name:?}{hint}")).accepting(accepted)
    }

    /// The command is known; what came with it makes no sense.
    pub fn bad_argument(message: impl Into<String>) -> Self {
        Self::new("bad_argument", message)
    }

    /// A JSON object has the field twice.
    pub fn field_given_twice(field: &str) -> Self {
        Self::bad_argument(format!("the field {:?} is given twice", excerpt(field)))
    }

    /// The value of a field cannot be read; `why` says what is wrong with it.
    pub fn unreadable_field(field: &str, why: &str) -> Self {
        Self::bad_argument(format!("the field {:?} cannot be read: {why}", excerpt(field)))
    }

    /// It makes sense, but there is nothing of that name here.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new("not_found", message)
    }

    /// It was made on another version of playback than the present one.
    pub fn stale(message: impl Into<String>) -> Self {
        Self::new("stale", message)
    }

    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), accepted: Vec::new() }
    }

    /// A list for [`Self::accepted`]: every word, or none where there are too many for a message.
    pub fn listed<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
        let listed: Vec<String> = words.take(MOST_LISTED + 1).map(str::to_owned).collect();
        if listed.len() > MOST_LISTED { Vec::new() } else { listed }
    }

    /// The same, naming what would have been accepted.
    pub fn accepting<T: ToString>(mut self, accepted: impl IntoIterator<Item = T>) -> Self {
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
    /// For the command line, where the words of a person are what is refused.
    fn from(rejection: Rejection) -> Self {
        Self::misuse(rejection.message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_whole_or_left_out() {
        assert_eq!(Rejection::listed(["a"; MOST_LISTED].into_iter()).len(), MOST_LISTED);
        assert_eq!(Rejection::listed(["a"; MOST_LISTED + 1].into_iter()), Vec::<String>::new());
    }

    #[test]
    fn a_mistyped_command_is_answered_with_the_one_that_was_meant() {
        let rejection = Rejection::unknown_command("sek", &["play", "seek"]);
        assert_eq!(rejection.to_string(), "unknown command \"sek\" (did you mean \"seek\"?)");
        assert_eq!(rejection.accepted, ["play", "seek"]);
        assert_eq!(Error::from(rejection).kind(), crate::error::Kind::Misuse);
    }
}
