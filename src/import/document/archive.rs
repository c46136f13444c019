//! Zip archives: the directory is parsed once, when the archive is listed; an entry is then read without it, piece by piece.

use std::io::{self, BufReader, Read, SeekFrom};

use flate2::CrcReader;
use flate2::read::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::{Bytes, ReadSeek};

/// The most documents of one archive.
const MAX_ENTRIES: usize = 100_000;
/// The bytes that begin a zip archive.
pub(super) const ZIP: &[u8] = b"PK\x03\x04";

/// Where an entry lies in its archive.
#[derive(Debug, Clone, Copy)]
pub(super) struct ArchiveEntry {
    start: u64,
    pub compressed_size: u64,
    method: CompressionMethod,
    encrypted: bool,
    checksum: u32,
}

/// The files of an archive by their names, and whether others have the same names: only the last one of a name is listed.
pub(super) fn list_archive(archive: &Bytes) -> io::Result<(Vec<(String, ArchiveEntry)>, bool)> {
    let mut archive = ZipArchive::new(BufReader::new(archive.open()?.0)).map_err(zip_error)?;
    if archive.len() > MAX_ENTRIES {
        return Err(invalid(format!("more than {MAX_ENTRIES} entries, the limit for an archive")));
    }
    let mut entries = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(zip_error)?;
        let name = entry.name().map_err(zip_error)?.into_owned();
        // macOS adds files of its own.
        if let Some(start) = entry.data_start().filter(|_| entry.is_file() && !name.starts_with("__MACOSX/")) {
            let entry = ArchiveEntry {
                start,
                compressed_size: entry.compressed_size(),
                method: entry.compression(),
                encrypted: entry.encrypted(),
                checksum: entry.crc32(),
            };
            entries.push((name, entry));
        }
    }
    Ok((entries, archive.has_duplicate_names()))
}

impl ArchiveEntry {
    /// Reads the entry from its archive. A wrong checksum is an error at its end.
    pub fn open(self, mut archive: Box<dyn ReadSeek>) -> io::Result<Box<dyn Read>> {
        if self.encrypted {
            return Err(invalid("it is encrypted: unpack the archive first".to_owned()));
        }
        archive.seek(SeekFrom::Start(self.start))?;
        let data = archive.take(self.compressed_size);
        let data: Box<dyn Read> = match self.method {
            CompressionMethod::Stored => Box::new(data),
            CompressionMethod::Deflated => Box::new(DeflateDecoder::new(data)),
            other => return Err(invalid(format!("it is compressed with {other}: unpack the archive first"))),
        };
        Ok(Box::new(ChecksumReader { data: CrcReader::new(data), checksum: self.checksum }))
    }
}

struct ChecksumReader<R> {
    data: CrcReader<R>,
    checksum: u32,
}

impl<R: Read> Read for ChecksumReader<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.data.read(out)?;
        if read == 0 && !out.is_empty() && self.data.crc().sum() != self.checksum {
            return Err(invalid("it is damaged: its checksum is wrong".to_owned()));
        }
        Ok(read)
    }
}

pub(super) fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

fn zip_error(error: zip::result::ZipError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
