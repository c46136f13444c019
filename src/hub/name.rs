//! What a replay may be called.

/// The longest name of a replay.
pub(super) const MAX_NAME: usize = 64;

/// Whether a replay could be called so: 1 to 64 letters of ASCII, digits, `_` and `-`.
pub(super) fn is_a_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(letter)
}
