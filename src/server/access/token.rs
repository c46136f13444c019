//! Tokens that give control.

use std::fmt;

use crate::error::{Error, Result};
use http::HeaderMap;
use http::header::AUTHORIZATION;
use subtle::ConstantTimeEq;

/// The shortest token that is accepted, in characters.
const MIN_TOKEN: usize = 8;
/// The longest token that is accepted, in characters.
const MAX_TOKEN: usize = 256;

/// A token that gives control of every replay. Its `Debug` output does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct ControlToken(Box<str>);

impl ControlToken {
    /// Accepts 8 to 256 characters that need no escaping in a URL: ASCII letters, digits, and `- . _ ~`.
    pub fn new(word: &str) -> Result<Self> {
        let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
        if (MIN_TOKEN..=MAX_TOKEN).contains(&word.len()) && word.chars().all(unreserved) {
            Ok(Self(word.into()))
        } else {
            Err(Error::misuse(format!("a token has {MIN_TOKEN} to {MAX_TOKEN} letters, digits, -, ., _ and ~")))
        }
    }

    /// The token itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether a presented token is this one, in constant time.
    pub(super) fn matches(&self, word: &str) -> bool {
        self.0.as_bytes().ct_eq(word.as_bytes()).into()
    }
}

impl fmt::Debug for ControlToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ControlToken(..)")
    }
}

/// A token as a client presents it. Its `Debug` output does not show it.
#[derive(Clone)]
pub(super) struct PresentedToken(pub(super) Box<str>);

impl fmt::Debug for PresentedToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Presented(..)")
    }
}

/// The token of a request: after `Bearer` in its Authorization header, or in its query, for browsers, which cannot set
/// that header on a WebSocket.
pub(super) fn find_token(headers: &HeaderMap, query: &str) -> Option<Box<str>> {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer =
        bearer.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    match bearer {
        Some((_, token)) => Some(token.trim().into()),
        None => {
            form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "token").map(|(_, token)| token.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "correct-horse";

    #[test]
    fn a_token_is_given_in_a_header_or_in_the_query() {
        let mut headers = HeaderMap::new();
        assert_eq!(find_token(&headers, "match=a&token=other").as_deref(), Some("other"));
        headers.insert(AUTHORIZATION, format!("bearer {TOKEN}").parse().expect("a header"));
        assert_eq!(find_token(&headers, "token=other").as_deref(), Some(TOKEN));
        headers.insert(AUTHORIZATION, "Basic eDp5".parse().expect("a header"));
        assert_eq!(find_token(&headers, "token=other").as_deref(), Some("other"));
    }

    #[test]
    fn a_token_is_in_no_log_and_long_enough() {
        let token = ControlToken::new(TOKEN).expect("a token");
        assert!(!format!("{token:?}").contains("horse"));
        for word in ["", "short", "white space here", "am&persand=1", &"x".repeat(257)] {
            assert!(ControlToken::new(word).is_err(), "{word}");
        }
    }
}
