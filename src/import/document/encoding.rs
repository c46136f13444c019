//! Text in other encodings as UTF-8: UTF-16 by its byte order mark, and what XML declares.

use std::io::{self, Read};

use encoding_rs::{Encoding, UTF_8};
use encoding_rs_io::DecodeReaderBytesBuilder;

/// A text without a byte order mark, in UTF-8 unless its encoding is unknown. `start` is the beginning of `rest`, read already.
pub(super) fn into_utf8(start: Vec<u8>, rest: Box<dyn Read>) -> Box<dyn Read> {
    // Text that is declared as UTF-8 and is not is an error later on, not mended. That which is declared as UTF-16 is not, or the
    // declaration could not be read.
    let declared = declared_encoding(&start).and_then(|name| Encoding::for_label(name.as_bytes()));
    let declared = declared.filter(|encoding| *encoding != UTF_8 && encoding.is_ascii_compatible());
    let mut builder = DecodeReaderBytesBuilder::new();
    let builder = builder.encoding(declared).bom_override(true).strip_bom(true).utf8_passthru(true);
    Box::new(builder.build(io::Cursor::new(start).chain(rest)))
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
        let czech = decoded(b"<?xml version=\"1.0\" encoding=\"ISO-8859-2\"?><a>\xc8apek</a>");
        assert!(String::from_utf8(czech).is_ok_and(|text| text.ends_with("<a>\u{10c}apek</a>")));
        // What is no known encoding, or is not what is declared, is left as it is.
        for name in ["x-unknown", "UTF-8", "UTF-16"] {
            let bytes = [format!("<?xml version='1.0' encoding='{name}'?>").as_bytes(), b"<a>\xe8</a>"].concat();
            assert_eq!((&decoded(&bytes), declared_encoding(&bytes)), (&bytes, Some(name)));
        }
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
