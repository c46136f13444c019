//! WebSocket frames as a server writes them (RFC 6455, section 5.2): unmasked, unfragmented.
//!
//! Frames are encoded with their header in front, so that a run of them goes out in one write. Parsing is in the server's
//! transport.

/// The longest payload of a control frame (RFC 6455, section 5.5).
const CONTROL_PAYLOAD: usize = 125;

/// Appends a text frame.
pub(super) fn write_text_frame(out: &mut Vec<u8>, payload: &[u8]) {
    const FIN_TEXT: u8 = 0x81;
    write_frame(out, FIN_TEXT, payload);
}

/// A frame whose first byte has the opcode and the flag of a final frame.
pub(crate) fn encode_frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    write_frame(&mut out, first, payload);
    out
}

fn write_frame(out: &mut Vec<u8>, first: u8, payload: &[u8]) {
    out.reserve(payload.len() + 10);
    out.push(first);
    match payload.len() {
        len @ ..=125 => out.push(len as u8),
        len @ ..=0xffff => {
            out.push(126);
            out.extend_from_slice(&(len as u16).to_be_bytes());
        }
        len => {
            out.push(127);
            out.extend_from_slice(&(len as u64).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}

/// The payload of a frame written by [`write_text_frame`].
pub(crate) fn frame_payload(frame: &[u8]) -> &[u8] {
    let header = match frame.get(1) {
        Some(126) => 4,
        Some(127) => 10,
        _ => 2,
    };
    frame.get(header..).unwrap_or_default()
}

/// A control frame with an opcode: 8 close, 9 ping, 10 pong. The payload is truncated to the 125 bytes that are allowed.
pub(crate) fn encode_control_frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let payload = &payload[..payload.len().min(CONTROL_PAYLOAD)];
    let mut frame = vec![0x80 | (opcode & 0x0f), payload.len() as u8];
    frame.extend_from_slice(payload);
    frame
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_has_the_length_in_one_three_or_nine_bytes() {
        for (len, header) in
            [(125, vec![0x81, 125]), (126, vec![0x81, 126, 0, 126]), (65_536, vec![0x81, 127, 0, 0, 0, 0, 0, 1, 0, 0])]
        {
            let (mut out, text) = (Vec::new(), vec![b'x'; len]);
            write_text_frame(&mut out, &text);
            assert_eq!(out[..header.len()], header);
            assert_eq!(out.len(), header.len() + len);
            assert_eq!(frame_payload(&out), text);
        }
    }
}
