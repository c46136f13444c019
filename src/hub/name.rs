//! Valid names of replays.

/// The longest name of a replay, in bytes.
pub(super) const MAX_NAME_BYTES: usize = 64;

/// Whether `text` is a valid name: 1 to 64 ASCII letters, digits, `_` and `-`.
pub(super) fn is_valid_name(text: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=MAX_NAME_BYTES).contains(&text.len()) && text.bytes().all(letter)
}
