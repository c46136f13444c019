//! Random tokens and names that cannot be guessed.

use std::fmt;

use subtle::ConstantTimeEq;

/// Characters that are not mistaken for each other, in print or in speech.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A secret that gives the right to control one replay. Debug output hides it: code that prints it calls [`Self::reveal`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 16]);

impl Token {
    /// A new token with 80 random bits. `None` where the system has no randomness.
    pub fn new() -> Option<Self> {
        random_bytes().map(Self)
    }

    /// The token as text.
    pub fn reveal(&self) -> &str {
        // All bytes come from the alphabet.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether `word` is this token. The time taken does not depend on how much of it matches.
    pub fn matches(&self, word: &str) -> bool {
        self.0[..].ct_eq(word.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A random name for a replay that was given none.
pub(super) fn unguessable_name() -> Option<String> {
    random_bytes::<12>().map(|name| String::from_utf8_lossy(&name).into_owned())
}

fn random_bytes<const N: usize>() -> Option<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).ok()?;
    Some(bytes.map(|byte| ALPHABET[usize::from(byte) % ALPHABET.len()]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_only_itself_and_does_not_show_itself() {
        let (token, other) = (Token::new().expect("randomness"), Token::new().expect("randomness"));
        assert_ne!(token.reveal(), other.reveal());
        assert!(token.matches(token.reveal()) && !token.matches(other.reveal()));
        assert!(
            !token.matches("")
                && !token.matches(&token.reveal()[1..])
                && !token.matches(&format!("{}a", token.reveal()))
        );
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_eq!(token.reveal().len(), 16);
    }
}
