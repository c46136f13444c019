//! Names that nobody can guess: what opens a private replay to its owner alone.

use std::fmt;

use subtle::ConstantTimeEq;

/// Characters that are not taken for each other, in print or in speech.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// The right to control one replay, as a word. It never shows itself in a log: what prints it asks for it by
/// [`Self::reveal`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Token([u8; 16]);

impl Token {
    /// A new one; 80 bits that nobody can guess. `None` where the system has no randomness to give.
    pub fn new() -> Option<Self> {
        random().map(Self)
    }

    /// The word itself.
    pub fn reveal(&self) -> &str {
        // Made of the alphabet's letters.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Whether a word is this one, in a time that does not depend on how much of it is.
    pub fn is(&self, word: &str) -> bool {
        self.0[..].ct_eq(word.as_bytes()).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// A name for a replay that has been given none: unlike all others, and not to be guessed.
pub(super) fn unguessable_name() -> Option<String> {
    random::<12>().map(|name| String::from_utf8_lossy(&name).into_owned())
}

fn random<const N: usize>() -> Option<[u8; N]> {
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
        assert!(token.is(token.reveal()) && !token.is(other.reveal()));
        assert!(!token.is("") && !token.is(&token.reveal()[1..]) && !token.is(&format!("{}a", token.reveal())));
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_eq!(token.reveal().len(), 16);
    }
}
