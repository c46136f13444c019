//! A word of a frame that a later version of the server may have added to its vocabulary.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A word of a vocabulary, such as [`Status`](crate::football::Status), or one that this version does not know.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String", bound = "T: FromStr")]
pub enum Word<T> {
    /// A word of the vocabulary.
    Known(T),
    /// Any other word, as received.
    Unknown(String),
}

impl<T: Copy> Word<T> {
    /// The word, if this version knows it.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(word) => Some(*word),
            Self::Unknown(_) => None,
        }
    }
}

impl<T> Default for Word<T> {
    /// The empty word: the field is missing.
    fn default() -> Self {
        Self::Unknown(String::new())
    }
}

impl<T: FromStr> From<String> for Word<T> {
    fn from(word: String) -> Self {
        word.parse().map_or_else(|_| Self::Unknown(word), Self::Known)
    }
}

impl<T: PartialEq> PartialEq<T> for Word<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Known(word) if word == other)
    }
}

impl<T: fmt::Display> fmt::Display for Word<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(word) => word.fmt(f),
            Self::Unknown(word) => f.pad(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::football::Status;

    #[test]
    fn an_unknown_word_is_kept_as_received() {
        let read = |json: &str| serde_json::from_str::<Word<Status>>(json).expect(json);
        assert!(read(r#""half_time""#) == Status::HalfTime && read(r#""half_time""#).known() == Some(Status::HalfTime));
        let unknown = read(r#""water_break""#);
        assert!(unknown != Status::HalfTime && unknown.known().is_none() && unknown.to_string() == "water_break");
    }
}
