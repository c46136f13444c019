//! Reads WebSocket frames (RFC 6455, sections 5 to 8).
//!
//! Frames are sent as they were encoded, so this only reads; the caller sends pongs and the echo of a close. A fault is
//! found with the first byte that shows it: in a frame's header before its payload has arrived, in text before the
//! message is complete. State is kept only while a frame or a message is incomplete, since most subscribers never send
//! more than a pong.

use crate::close_code::CloseCode;
use crate::hub::encode_control_frame;

/// The longest payload of a control frame.
const CONTROL_PAYLOAD: u64 = 125;

const CONTINUATION: u8 = 0x0;
const TEXT: u8 = 0x1;
const BINARY: u8 = 0x2;
const CLOSE: u8 = 0x8;
const PING: u8 = 0x9;
const PONG: u8 = 0xa;

/// What a subscriber has sent.
#[derive(Debug)]
pub(crate) enum Incoming {
    /// A text message.
    Text(String),
    /// A ping or a pong.
    Control {
        /// The frame to send in reply: a pong to a ping, nothing to a pong.
        reply: Vec<u8>,
    },
    /// A close frame.
    Close {
        /// The close frame to send in reply.
        echo: Vec<u8>,
    },
    /// A protocol violation: the connection is to be closed with this code.
    Invalid(CloseCode),
}

/// The reading half of a WebSocket.
#[derive(Debug)]
pub(crate) struct MessageReader {
    /// The longest message, in bytes.
    message_bytes: usize,
    /// `None` between messages.
    incomplete: Option<Box<Incomplete>>,
}

/// What has arrived of a frame, and of the message that it belongs to.
#[derive(Debug, Default)]
struct Incomplete {
    /// The first bytes of a frame, until its header is complete.
    head: PartialHeader,
    /// The frame whose payload is arriving.
    frame: Option<PartialFrame>,
    /// The payload of a control frame, which may come between the frames of a message.
    control: Vec<u8>,
    message: Option<PartialMessage>,
}

/// The bytes of a frame's header: two, up to eight of a length, four of a mask.
#[derive(Debug, Default)]
struct PartialHeader {
    bytes: [u8; 14],
    length: usize,
}

/// A frame while its payload arrives.
#[derive(Debug, Clone, Copy)]
struct PartialFrame {
    opcode: u8,
    is_final: bool,
    /// Rotated so that its first byte masks the next byte of the payload.
    mask: [u8; 4],
    /// How many bytes of the payload have not arrived.
    missing: usize,
}

/// A text message that has begun.
#[derive(Debug, Default)]
struct PartialMessage {
    text: Vec<u8>,
    /// How many of its bytes are known to be UTF-8.
    valid: usize,
}

impl MessageReader {
    pub(crate) fn new(message_bytes: usize) -> Self {
        Self { message_bytes, incomplete: None }
    }

    /// Reads the next message or control frame, and removes its bytes. `None`: all bytes are consumed, and nothing more
    /// is complete.
    pub(crate) fn read_next(&mut self, unread: &mut &[u8]) -> Option<Incoming> {
        if unread.is_empty() {
            return None;
        }
        let read_all = match &mut self.incomplete {
            Some(incomplete) => {
                let read_all = incomplete.read(unread, self.message_bytes);
                if incomplete.is_empty() {
                    self.incomplete = None;
                }
                read_all
            }
            // On the stack: most frames arrive complete, and leave no state to keep.
            None => {
                let mut incomplete = Incomplete::default();
                let read_all = incomplete.read(unread, self.message_bytes);
                if !incomplete.is_empty() {
                    self.incomplete = Some(Box::new(incomplete));
                }
                read_all
            }
        };
        read_all.unwrap_or_else(|code| Some(Incoming::Invalid(code)))
    }
}

impl Incomplete {
    /// Reads to the end of the first message or control frame; `Ok(None)`: there are not enough bytes.
    fn read(&mut self, unread: &mut &[u8], message_bytes: usize) -> Result<Option<Incoming>, CloseCode> {
        loop {
            let mut frame = match self.frame.take() {
                Some(frame) => frame,
                None => match self.head.read(unread, self.message.as_ref(), message_bytes)? {
                    Some(frame) => frame,
                    None => return Ok(None),
                },
            };
            let (payload, rest) = unread.split_at(frame.missing.min(unread.len()));
            *unread = rest;
            if frame.is_control() {
                frame.unmask(payload, &mut self.control);
            } else {
                let message = self.message.get_or_insert_default();
                frame.unmask(payload, &mut message.text);
                // A complete message is validated when it becomes a `String`.
                if frame.missing > 0 || !frame.is_final {
                    message.validate()?;
                }
            }
            if frame.missing > 0 {
                self.frame = Some(frame);
                return Ok(None);
            }
            match frame.opcode {
                CLOSE => return parse_close(&std::mem::take(&mut self.control)).map(Some),
                PING => {
                    let reply = encode_control_frame(PONG, &std::mem::take(&mut self.control));
                    return Ok(Some(Incoming::Control { reply }));
                }
                PONG => {
                    self.control = Vec::new();
                    return Ok(Some(Incoming::Control { reply: Vec::new() }));
                }
                _ if frame.is_final => {
                    let text = self.message.take().unwrap_or_default().text;
                    let text = String::from_utf8(text).map_err(|_| CloseCode::NotUtf8)?;
                    return Ok(Some(Incoming::Text(text)));
                }
                _ => {}
            }
        }
    }

    fn is_empty(&self) -> bool {
        self.head.length == 0 && self.frame.is_none() && self.message.is_none()
    }
}

impl PartialHeader {
    /// Takes bytes until the header is complete; `Ok(None)`: there are not enough. Every byte is checked before the
    /// next is taken.
    fn read(
        &mut self,
        unread: &mut &[u8],
        message: Option<&PartialMessage>,
        message_bytes: usize,
    ) -> Result<Option<PartialFrame>, CloseCode> {
        while let Some((byte, rest)) = unread.split_first() {
            *unread = rest;
            self.bytes[self.length] = *byte;
            self.length += 1;
            if let Some(frame) = PartialFrame::decode(&self.bytes[..self.length], message, message_bytes)? {
                self.length = 0;
                return Ok(Some(frame));
            }
        }
        Ok(None)
    }
}

impl PartialFrame {
    /// Decodes a frame header that may be incomplete (`Ok(None)`); `message` is the one in progress. Fails as soon as
    /// there are enough bytes to know.
    fn decode(head: &[u8], message: Option<&PartialMessage>, message_bytes: usize) -> Result<Option<Self>, CloseCode> {
        const FINAL: u8 = 0x80;
        const RESERVED: u8 = 0x70;
        const MASKED: u8 = 0x80;
        let Some((&first, rest)) = head.split_first() else { return Ok(None) };
        let (opcode, is_final) = (first & 0x0f, first & FINAL != 0);
        let is_expected = match opcode {
            CONTINUATION => message.is_some(),
            TEXT | BINARY => message.is_none(),
            CLOSE | PING | PONG => is_final,
            _ => false,
        };
        if first & RESERVED != 0 || !is_expected {
            return Err(CloseCode::Protocol);
        }
        let Some((&second, rest)) = rest.split_first() else { return Ok(None) };
        let mut frame = Self { opcode, is_final, mask: [0; 4], missing: 0 };
        let short = u64::from(second & !MASKED);
        if second & MASKED == 0 || frame.is_control() && short > CONTROL_PAYLOAD {
            return Err(CloseCode::Protocol);
        }
        if opcode == BINARY {
            return Err(CloseCode::NotText);
        }
        // A client must use the shortest encoding of a length. Longer ones are accepted all the same.
        let (length, rest) = match short {
            126 => match rest.split_first_chunk() {
                Some((bytes, rest)) => (u64::from(u16::from_be_bytes(*bytes)), rest),
                None => return Ok(None),
            },
            127 => match rest.split_first_chunk() {
                Some((bytes, rest)) => (u64::from_be_bytes(*bytes), rest),
                None => return Ok(None),
            },
            short => (short, rest),
        };
        // Section 5.2: the highest bit must be 0.
        if length > i64::MAX as u64 {
            return Err(CloseCode::Protocol);
        }
        let so_far = message.map_or(0, |message| message.text.len());
        let room = if frame.is_control() { usize::MAX } else { message_bytes.saturating_sub(so_far) };
        frame.missing = usize::try_from(length).ok().filter(|length| *length <= room).ok_or(CloseCode::TooLong)?;
        let Some(mask) = rest.first_chunk() else { return Ok(None) };
        frame.mask = *mask;
        Ok(Some(frame))
    }

    fn is_control(&self) -> bool {
        self.opcode & 0x8 != 0
    }

    /// Appends bytes of the payload.
    fn unmask(&mut self, payload: &[u8], to: &mut Vec<u8>) {
        to.extend(payload.iter().zip(self.mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
        self.mask.rotate_left(payload.len() % 4);
        self.missing -= payload.len();
    }
}

impl PartialMessage {
    /// Rejects bytes that no further byte can make UTF-8.
    fn validate(&mut self) -> Result<(), CloseCode> {
        match str::from_utf8(&self.text[self.valid..]) {
            Ok(text) => self.valid += text.len(),
            // The last character is incomplete.
            Err(error) if error.error_len().is_none() => self.valid += error.valid_up_to(),
            Err(_) => return Err(CloseCode::NotUtf8),
        }
        Ok(())
    }
}

/// Parses a close frame (sections 5.5.1 and 7.4). Its payload is echoed.
fn parse_close(payload: &[u8]) -> Result<Incoming, CloseCode> {
    if let Some((code, reason)) = payload.split_first_chunk() {
        if !is_close_code(u16::from_be_bytes(*code)) {
            return Err(CloseCode::Protocol);
        }
        str::from_utf8(reason).map_err(|_| CloseCode::NotUtf8)?;
    } else if !payload.is_empty() {
        return Err(CloseCode::Protocol);
    }
    Ok(Incoming::Close { echo: encode_control_frame(CLOSE, payload) })
}

/// Whether a close frame may carry the code: those that IANA has registered for that, and those for libraries and
/// applications.
fn is_close_code(code: u16) -> bool {
    matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client's frame, masked.
    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
        let mut frame = vec![first];
        match payload.len() {
            length @ ..=125 => frame.push(0x80 | length as u8),
            length => {
                frame.push(0x80 | 126);
                frame.extend_from_slice(&(length as u16).to_be_bytes());
            }
        }
        frame.extend_from_slice(&KEY);
        frame.extend(payload.iter().zip(KEY.iter().cycle()).map(|(byte, key)| byte ^ key));
        frame
    }

    /// What is read from the bytes when they arrive in pieces of that size, until a fault is found.
    fn read_all(bytes: &[u8], piece: usize) -> (Vec<String>, MessageReader) {
        let mut reader = MessageReader::new(1_000);
        let mut received = Vec::new();
        for piece in bytes.chunks(piece) {
            let mut unread = piece;
            while let Some(incoming) = reader.read_next(&mut unread) {
                received.push(format!("{incoming:?}"));
                if let Incoming::Invalid(_) = incoming {
                    return (received, reader);
                }
            }
            assert!(unread.is_empty());
        }
        (received, reader)
    }

    #[test]
    fn the_same_is_read_however_the_bytes_arrive() {
        let long = "x".repeat(300);
        let frames = [
            frame(0x8a, b""),
            frame(0x81, br#"{"command":"play"}"#),
            frame(0x89, b"there?"),
            frame(0x81, long.as_bytes()),
            frame(0x01, b"in "),
            frame(0x89, b"between"),
            frame(0x80, b"parts"),
            frame(0x8a, b"pong"),
        ];
        let bytes = frames.concat();
        let (received, _) = read_all(&bytes, bytes.len());
        assert_eq!(received.len(), 7, "{received:?}");
        assert!(received[0].starts_with("Control") && received[1].contains("play") && received[3].contains(&long));
        assert!(received[4].contains("[138, 7, 98"), "the pong to the ping between the parts: {}", received[4]);
        assert!(received[5].contains("in parts"));
        for piece in [1, 2, 3, 5, 7, 100] {
            assert_eq!(read_all(&bytes, piece).0, received, "{piece} bytes at a time");
        }
    }

    #[test]
    fn nothing_is_kept_between_messages() {
        let bytes = [frame(0x8a, b"x"), frame(0x81, b"{}"), frame(0x01, b"a"), frame(0x80, b"b")].concat();
        for piece in [1, 3, bytes.len()] {
            assert!(read_all(&bytes, piece).1.incomplete.is_none(), "{piece} bytes at a time");
        }
        for end in 1..frame(0x81, b"{}").len() {
            assert!(read_all(&frame(0x81, b"{}")[..end], 1).1.incomplete.is_some(), "{end} bytes");
        }
        let bytes = [frame(0x01, b""), frame(0x89, b"")].concat();
        assert!(read_all(&bytes, bytes.len()).1.incomplete.is_some(), "an empty fragment begins a message");
    }

    #[test]
    fn a_fault_is_found_with_the_byte_that_shows_it() {
        let long = [&frame(0x01, &[b'x'; 600])[..], &[0x80, 0xfe, 1, 145]].concat();
        for (bytes, code) in [
            (&[0xc1][..], CloseCode::Protocol),
            (&[0xa9], CloseCode::Protocol),
            (&[0x90], CloseCode::Protocol),
            (&[0x83], CloseCode::Protocol),
            (&[0x8b], CloseCode::Protocol),
            (&[0x09], CloseCode::Protocol),
            (&[0x08], CloseCode::Protocol),
            (&[0x80], CloseCode::Protocol),
            (&[0x00], CloseCode::Protocol),
            (&[0x81, 0x02], CloseCode::Protocol),
            (&[0x82, 0x02], CloseCode::Protocol),
            (&[0x89, 0xfe], CloseCode::Protocol),
            (&[0x88, 0xff], CloseCode::Protocol),
            (&[0x82, 0x80], CloseCode::NotText),
            (&[0x02, 0xff], CloseCode::NotText),
            (&[0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 1], CloseCode::Protocol),
            (&[0x81, 0xfe, 3, 233], CloseCode::TooLong),
            (&[0x01, 0xff, 0, 0, 1, 0, 0, 0, 0, 0], CloseCode::TooLong),
            (&[0x01, 0x80, 0, 0, 0, 0, 0x81], CloseCode::Protocol),
            (&[0x81, 0x83, 0, 0, 0, 0, b'x', 0xff], CloseCode::NotUtf8),
            (&[0x81, 0x84, 0, 0, 0, 0, 0xf4, 0x90], CloseCode::NotUtf8),
            (&[0x81, 0x81, 0, 0, 0, 0, 0xc3], CloseCode::NotUtf8),
            (&[0x88, 0x81, 0, 0, 0, 0, 3], CloseCode::Protocol),
            (&long, CloseCode::TooLong),
        ] {
            let before = read_all(&bytes[..bytes.len() - 1], 1).0;
            assert!(before.is_empty(), "{bytes:x?}: {before:?}");
            for piece in [1, bytes.len()] {
                assert_eq!(read_all(bytes, piece).0, [format!("Invalid({code:?})")], "{bytes:x?}");
            }
        }
        let most = [frame(0x01, &[b'x'; 600]), frame(0x00, &[b'x'; 400]), frame(0x80, b"")].concat();
        assert!(read_all(&most, most.len()).0[0].starts_with("Text"), "as long as may be");
    }

    #[test]
    fn a_close_is_echoed_where_its_code_may_be_sent() {
        for code in 0..=u16::MAX {
            let valid = match code {
                // RFC 6455, section 7.4, and IANA's registry: not 1004 (reserved), 1005, 1006 and 1015 (never sent).
                1000..=1003 | 1007..=1014 => true,
                3000..=4999 => true,
                _ => false,
            };
            let [high, low] = code.to_be_bytes();
            let expected =
                if valid { format!("Close {{ echo: [136, 2, {high}, {low}] }}") } else { "Invalid(Protocol)".into() };
            assert_eq!(read_all(&frame(0x88, &[high, low]), 8).0, [expected]);
        }
        assert_eq!(read_all(&frame(0x88, b""), 6).0, ["Close { echo: [136, 0] }"]);
        assert_eq!(read_all(&frame(0x88, b"\x03\xe8bye"), 11).0, ["Close { echo: [136, 5, 3, 232, 98, 121, 101] }"]);
        assert_eq!(read_all(&frame(0x88, b"\x03\xe8b\xff"), 11).0, ["Invalid(NotUtf8)"]);
    }
}
