//! Frames as a WebSocket client sends them (RFC 6455, section 5.2).

pub const FINAL: u8 = 0x80;
pub const CONTINUATION: u8 = 0x0;
pub const TEXT: u8 = 0x1;
pub const BINARY: u8 = 0x2;
pub const CLOSE: u8 = 0x8;
pub const PING: u8 = 0x9;
pub const PONG: u8 = 0xa;

pub const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// The first bytes of a frame with a mask, before its key; the length in its shortest form.
pub fn head(first: u8, length: u64) -> Vec<u8> {
    match length {
        0..=125 => vec![first, 0x80 | length as u8],
        126..=0xffff => [&[first, 0x80 | 126][..], &(length as u16).to_be_bytes()].concat(),
        _ => [&[first, 0x80 | 127][..], &length.to_be_bytes()].concat(),
    }
}

/// A key, and a payload masked with it.
pub fn masked(key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    key.into_iter().chain(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key)).collect()
}

/// A whole frame; `first` is the byte with its opcode.
pub fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [head(first, payload.len() as u64), masked(KEY, payload)].concat()
}

/// A whole message of text.
pub fn text(payload: &[u8]) -> Vec<u8> {
    frame(FINAL | TEXT, payload)
}
