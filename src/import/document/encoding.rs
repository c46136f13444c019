//! Text in other encodings as UTF-8: UTF-16 by its byte order mark, ISO-8859-1 and windows-1252 where XML declares them.

use std::io::{self, Read};

/// The byte order mark of UTF-8.
const MARK: &[u8] = b"\xef\xbb\xbf";
/// The characters of windows-1252 that are not those of ISO-8859-1: from 0x80. Those that it leaves out are controls.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘', '’',
    '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf16Le,
    Utf16Be,
    /// ISO-8859-1 as well: what differs are control characters there, which no text has.
    Windows1252,
}

/// A text without a byte order mark, in UTF-8 unless its encoding is none of those that are known. `start` is the beginning of
/// `rest`, read already.
pub(super) fn into_utf8(mut start: Vec<u8>, rest: Box<dyn Read>) -> Box<dyn Read> {
    let (encoding, mark) = match &start[..] {
        [0xff, 0xfe, 0, 0, ..] => (None, 0),
        [0xff, 0xfe, ..] => (Some(Encoding::Utf16Le), 2),
        [0xfe, 0xff, ..] => (Some(Encoding::Utf16Be), 2),
        start if start.starts_with(MARK) => (None, MARK.len()),
        start => {
            let known = ["iso-8859-1", "latin1", "windows-1252", "cp1252"];
            let declared = declared_encoding(start).map(str::to_ascii_lowercase);
            (declared.filter(|name| known.contains(&name.as_str())).map(|_| Encoding::Windows1252), 0)
        }
    };
    start.drain(..mark);
    let input = io::Cursor::new(start).chain(rest);
    match encoding {
        None => Box::new(input),
        Some(encoding) => {
            Box::new(Utf8Reader { input, encoding, undecoded: Vec::new(), decoded: io::Cursor::default() })
        }
    }
}

/// The encoding that the XML declaration at the beginning names.
pub(super) fn declared_encoding(start: &[u8]) -> Option<&str> {
    let declaration = start.trim_ascii_start().strip_prefix(b"<?xml")?;
    let end = declaration.iter().position(|byte| *byte == b'>')?;
    let value = std::str::from_utf8(&declaration[..end]).ok()?.split_once("encoding")?.1.trim_start();
    let value = value.strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| "'\"".contains(*c))?;
    value[1..].split(quote).next()
}

struct Utf8Reader<R> {
    input: R,
    encoding: Encoding,
    /// The beginning of a character whose end is not read yet.
    undecoded: Vec<u8>,
    decoded: io::Cursor<Vec<u8>>,
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.decoded.read(out)?;
            if read > 0 || out.is_empty() {
                return Ok(read);
            }
            let mut chunk = [0; 8 << 10];
            let got = self.input.read(&mut chunk)?;
            self.undecoded.extend(&chunk[..got]);
            if self.undecoded.is_empty() {
                return Ok(0);
            }
            self.decoded = io::Cursor::new(self.decode(got == 0).into_bytes());
        }
    }
}

impl<R> Utf8Reader<R> {
    fn decode(&mut self, at_end: bool) -> String {
        let unit = match self.encoding {
            Encoding::Windows1252 => {
                let character = |byte: u8| match byte {
                    0x80..=0x9f => WINDOWS_1252[usize::from(byte - 0x80)],
                    _ => char::from(byte),
                };
                return self.undecoded.drain(..).map(character).collect();
            }
            Encoding::Utf16Le => u16::from_le_bytes,
            Encoding::Utf16Be => u16::from_be_bytes,
        };
        let units = self.undecoded.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let half = units.clone().next_back().is_some_and(|last| (0xd800..0xdc00).contains(&last)) && !at_end;
        let whole = units.len() - usize::from(half);
        let mut text: String =
            char::decode_utf16(units.take(whole)).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        self.undecoded.drain(..2 * whole);
        if at_end && !self.undecoded.is_empty() {
            self.undecoded.clear();
            text.push(char::REPLACEMENT_CHARACTER);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time.
    struct Slow(io::Cursor<Vec<u8>>);

    impl Read for Slow {
        fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
            let length = out.len().min(1);
            self.0.read(&mut out[..length])
        }
    }

    fn decoded(bytes: &[u8]) -> Vec<u8> {
        let mut whole = Vec::new();
        into_utf8(bytes.to_vec(), Box::new(io::empty())).read_to_end(&mut whole).expect("memory");
        let mut slow = Vec::new();
        let (start, rest) = bytes.split_at(bytes.len().min(60));
        let rest = Slow(io::Cursor::new(rest.to_vec()));
        into_utf8(start.to_vec(), Box::new(rest)).read_to_end(&mut slow).expect("memory");
        assert_eq!(whole, slow, "in pieces");
        whole
    }

    #[test]
    fn marks_and_declarations_name_the_encoding() {
        let text = "{\"name\":\"Čapek 😀 and as much again: Čapek 😀\"}";
        let utf16 = |unit: fn(u16) -> [u8; 2]| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(unit);
        for bytes in [
            text.as_bytes().to_vec(),
            format!("\u{feff}{text}").into_bytes(),
            utf16(u16::to_le_bytes).collect(),
            utf16(u16::to_be_bytes).collect(),
        ] {
            assert_eq!(String::from_utf8(decoded(&bytes)).as_deref(), Ok(text));
        }
        for name in ["ISO-8859-1", "windows-1252"] {
            let bytes =
                [format!("<?xml version='1.0' encoding = '{name}' ?><a>").as_bytes(), b"Vo\xdf \x80\x96</a>"].concat();
            let text = String::from_utf8(decoded(&bytes)).expect("UTF-8");
            assert!(text.ends_with("<a>Voß €–</a>"), "{text}");
        }
        let unknown = b"<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a>\xe8</a>";
        assert_eq!((decoded(unknown), declared_encoding(unknown)), (unknown.to_vec(), Some("ISO-8859-2")));
    }

    #[test]
    fn broken_text_is_replaced_and_ends() {
        for (units, expected) in
            [(&b"\xff\xfea\0\x00\xd8"[..], "a\u{fffd}"), (b"\xff\xfea\0b", "a\u{fffd}"), (b"\xff\xfe", "")]
        {
            assert_eq!(String::from_utf8(decoded(units)).as_deref(), Ok(expected));
        }
        assert_eq!(decoded(b""), b"");
        assert_eq!(decoded(b"<?xml encoding"), b"<?xml encoding");
    }
}
