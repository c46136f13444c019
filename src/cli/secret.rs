//! A token on its way from the command line or the environment to the request that needs it.

use std::fmt;

/// A secret string. `Debug` does not show it, so it appears in no message.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// The value of an environment variable; `None` where it is unset or empty.
    pub fn from_env(name: &str) -> Option<Self> {
        std::env::var(name).ok().filter(|value| !value.is_empty()).map(Self)
    }

    /// The secret itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    /// Accepts any string: clap would quote a value that it refuses.
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }
}
