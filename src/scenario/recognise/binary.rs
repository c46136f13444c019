//! Recognises files that are not UTF-8 text: archives and images by their first bytes, UTF-16 and UTF-32 by their zero
//! bytes.

/// The first bytes of file types, and the message for each: what the file is and how to unpack it.
const SIGNATURES: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", "this is compressed with gzip: unpack it first (gunzip FILE, or zcat FILE > OTHER)"),
    (b"PK\x03\x04", "this is a zip archive: unpack it first (unzip FILE); a spreadsheet is one too"),
    (b"PK\x05\x06", "this is an empty zip archive"),
    (b"\x28\xb5\x2f\xfd", "this is compressed with zstd: unpack it first (unzstd FILE)"),
    (b"BZh", "this is compressed with bzip2: unpack it first (bunzip2 FILE)"),
    (b"\xfd7zXZ\x00", "this is compressed with xz: unpack it first (unxz FILE)"),
    (b"7z\xbc\xaf\x27\x1c", "this is a 7-Zip archive: unpack it first (7z x FILE)"),
    (b"\x04\x22\x4d\x18", "this is compressed with lz4: unpack it first (unlz4 FILE)"),
    (b"Rar!\x1a\x07", "this is a RAR archive: unpack it first (unrar x FILE)"),
    (b"\x1f\x9d", "this is compressed with compress: unpack it first (uncompress FILE)"),
    (b"\xff\x06\x00\x00sNaPpY", "this is compressed with snappy: unpack it first"),
    (b"SQLite format 3\x00", "this is an SQLite database"),
    (b"PAR1", "this is a Parquet file"),
    (b"ARROW1", "this is an Arrow file"),
    (b"%PDF-", "this is a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "this is an image (PNG)"),
    (b"\xff\xd8\xff", "this is an image (JPEG)"),
    (b"GIF8", "this is an image (GIF)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is an old Office document"),
    (b"\x7fELF", "this is a program (ELF)"),
    (b"MZ\x90\x00", "this is a program (EXE)"),
];

/// Byte order marks. UTF-32LE comes first: its mark begins with that of UTF-16LE.
const MARKS: &[(&[u8], &str)] = &[
    (b"\xff\xfe\x00\x00", "UTF-32LE"),
    (b"\x00\x00\xfe\xff", "UTF-32BE"),
    (b"\xff\xfe", "UTF-16LE"),
    (b"\xfe\xff", "UTF-16BE"),
];

/// The message for a file that begins with `head`, if it is not UTF-8 text.
pub(super) fn binary_file_text(head: &[u8]) -> Option<String> {
    if let Some((_, what)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Some((*what).to_owned());
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("this is a tar archive: unpack it first (tar -xf FILE)".to_owned());
    }
    let marked = MARKS.iter().find(|(mark, _)| head.starts_with(mark)).map(|(_, encoding)| *encoding);
    if let Some(encoding) = marked.or_else(|| guess_encoding(head)) {
        return Some(format!(
            "this is text in {encoding}, not in UTF-8: save it as UTF-8 (iconv -f {encoding} -t UTF-8 FILE > OTHER)"
        ));
    }
    // UTF-8 text may contain a stray zero byte, but not in its first line.
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    line.contains(&0).then(|| "this is not a text file: a scenario is JSON Lines in UTF-8".to_owned())
}

/// The encoding by the zero bytes beside each ASCII letter.
fn guess_encoding(head: &[u8]) -> Option<&'static str> {
    let units = |size: usize, place: usize| {
        let units = head.chunks_exact(size).take(256);
        let (all, fits) = units.fold((0, 0), |(all, fits), unit| {
            let zeros = unit.iter().enumerate().all(|(at, byte)| (*byte == 0) == (at != place));
            (all + 1, fits + usize::from(zeros))
        });
        // Some letters are not ASCII: seven units in ten are enough.
        all > 0 && fits * 10 >= all * 7
    };
    [(4, 0, "UTF-32LE"), (4, 3, "UTF-32BE"), (2, 0, "UTF-16LE"), (2, 1, "UTF-16BE")]
        .into_iter()
        .find(|(size, place, _)| units(*size, *place))
        .map(|(.., encoding)| encoding)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::file;
    use super::*;

    fn utf16(text: &str, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(unit).collect()
    }

    fn utf32(text: &str, unit: fn(u32) -> [u8; 4]) -> Vec<u8> {
        text.chars().flat_map(|c| unit(u32::from(c))).collect()
    }

    #[test]
    fn encodings_are_named_with_and_without_a_mark() {
        let text = file("").replace("Home", "Žižkov 日本");
        for text in [text.clone(), format!("\u{feff}{text}")] {
            for (bytes, encoding) in [
                (utf16(&text, u16::to_le_bytes), "UTF-16LE"),
                (utf16(&text, u16::to_be_bytes), "UTF-16BE"),
                (utf32(&text, u32::to_le_bytes), "UTF-32LE"),
                (utf32(&text, u32::to_be_bytes), "UTF-32BE"),
            ] {
                let message = binary_file_text(&bytes).expect(encoding);
                assert!(message.contains(&format!("text in {encoding},")), "{encoding}: {message}");
            }
            assert_eq!(binary_file_text(text.as_bytes()), None);
        }
    }

    #[test]
    fn compressed_files_are_named() {
        for (bytes, name) in [
            (&b"\x1f\x8b\x08\x00\x00"[..], "gzip"),
            (b"PK\x03\x04\x14\x00", "zip archive"),
            (b"\x28\xb5\x2f\xfd\x04", "zstd"),
            (b"BZh91AY&SY", "bzip2"),
            (b"\xfd7zXZ\x00\x00", "xz"),
            (b"\x00\x01\x02\x03\xff", "not a text file"),
        ] {
            assert!(
                binary_file_text(bytes).is_some_and(|message| message.contains(name)),
                "{name}: {:?}",
                binary_file_text(bytes)
            );
        }
        let mut tar = vec![b'a'; 257];
        tar.extend(b"ustar\x0000");
        assert!(binary_file_text(&tar).is_some_and(|message| message.contains("tar archive")));
        assert_eq!((binary_file_text(b""), binary_file_text(b"{}\n\x00")), (None, None));
    }
}
