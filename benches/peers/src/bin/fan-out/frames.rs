//! A fast parser for the frames of a server and their event numbers.

use touchline_peers::message::PREFIX;

/// A frame.
#[derive(Debug, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its length in bytes, with the header.
    pub length: usize,
    /// Its payload.
    pub payload: &'a [u8],
}

/// The first frame in the bytes; `None` if it is incomplete.
///
/// # Errors
/// If the frame is no complete, unmasked text message or a close.
pub fn first(bytes: &[u8]) -> Result<Option<Frame<'_>>, String> {
    let [opening, short, ..] = bytes else { return Ok(None) };
    let (header, payload): (usize, usize) = match short {
        126 => {
            let Some(&[high, low]) = bytes.get(2..4) else { return Ok(None) };
            (4, usize::from(u16::from_be_bytes([high, low])))
        }
        127 => {
            let Some(long) = bytes.get(2..10).and_then(|long| <[u8; 8]>::try_from(long).ok()) else { return Ok(None) };
            (10, usize::try_from(u64::from_be_bytes(long)).map_err(|_| "a frame longer than memory".to_owned())?)
        }
        128.. => return Err("a masked frame, or what is no frame at all".into()),
        _ => (2, usize::from(*short)),
    };
    let Some(content) = bytes.get(header..header.saturating_add(payload)) else { return Ok(None) };
    match opening {
        // Text, ping or pong. Pings need no answer: a run is shorter than the ping timeout of any server.
        0x81 | 0x89 | 0x8a => Ok(Some(Frame { length: header + payload, payload: content })),
        0x88 => {
            let code = content.first_chunk().map_or(1005, |code| u16::from_be_bytes(*code));
            Err(format!("the server closed with {code}"))
        }
        other => Err(format!("a frame that begins with {other:#04x}: no whole text")),
    }
}

/// The number of an event; `None` for any other message.
pub fn number(payload: &[u8]) -> Option<u64> {
    let digits = payload.strip_prefix(PREFIX.as_bytes())?;
    let mut number = 0;
    for digit in digits {
        match digit {
            b'0'..=b'9' => number = number * 10 + u64::from(digit - b'0'),
            _ => break,
        }
    }
    Some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_found_whole_or_not_at_all() {
        for length in [0_usize, 125, 126, 400, 70_000] {
            let mut bytes = vec![0x81];
            match length {
                0..126 => bytes.push(length as u8),
                126..65_536 => {
                    bytes.push(126);
                    bytes.extend((length as u16).to_be_bytes());
                }
                _ => {
                    bytes.push(127);
                    bytes.extend((length as u64).to_be_bytes());
                }
            }
            bytes.resize(bytes.len() + length, b'x');
            let whole = bytes.len();
            bytes.extend([0x81, 3]);
            let frame = first(&bytes).expect("a frame").expect("whole");
            assert_eq!((frame.length, frame.payload.len()), (whole, length));
            for end in [0, 1, 2, whole - 1] {
                if end < whole {
                    assert_eq!(first(&bytes[..end]), Ok(None), "{end} of {whole}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        assert_eq!(first(&[0x88, 2, 0x03, 0xe9]), Err("the server closed with 1001".into()));
        assert!(first(&[0x01, 1, b'x']).is_err(), "the beginning of a message in pieces");
        assert!(first(&[0x81, 0x81, 0, 0, 0, 0, b'x']).is_err(), "masked");
    }

    #[test]
    fn only_events_have_numbers() {
        let event = format!("{PREFIX}4096,\"sent\":17}}");
        assert_eq!(number(event.as_bytes()), Some(4_096));
        assert_eq!(number(br#"{"kind":"end","match":"fan-out","n":4096,"score":{}}"#), None);
    }
}
