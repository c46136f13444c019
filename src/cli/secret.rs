//! A word that gives a right, on its way from the command line to where it is needed.

use std::fmt;

/// A secret: it is in no message.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The one in an environment variable, if there is one.
    pub fn around(name: &str) -> Option<Self> {
        std::env::var(name).ok().filter(|word| !word.is_empty()).map(Self)
    }

    /// The word itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    /// Takes any word: what clap refuses, it quotes.
    fn from(word: String) -> Self {
        Self(word)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }
}
