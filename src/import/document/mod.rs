//! Documents: files, entries of zip archives and text in memory, decompressed and as UTF-8, with limits on what they may grow to.

mod archive;
mod encoding;
mod error;
mod file_id;
mod json_words;
mod listing;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;

use archive::{ArchiveEntry, ZIP, invalid};
pub use error::{ImportError, LeftOutDocument};
pub(crate) use file_id::FileSet;
pub(super) use json_words::in_json_words;
pub(crate) use listing::{Listing, STDIN, STDIN_NAME, sorted_entries};

/// The bytes by which a document is recognised.
const HEAD_BYTES: u64 = 64 << 10;
/// The bytes that tell whether a document is compressed, and its encoding.
const START_BYTES: u64 = 1 << 10;
/// The longest document that is held in memory. The longest known match has 10 MB.
const MAX_BYTES: u64 = 256 << 20;
/// The longest document that is read match by match. The events of a season of a large league have 200 MB.
const MAX_STREAM_BYTES: u64 = 4 << 30;
/// How many times as long as its compressed form a document may be. JSON and XML reach 40; a bomb of zeros reaches 1,000.
const MAX_EXPANSION: u64 = 200;
/// The bytes that begin gzip.
const GZIP: &[u8] = b"\x1f\x8b";

/// A document of a provider: a file, an entry of an archive, or text in memory.
///
/// Gzip inside is decompressed, and other encodings are turned into UTF-8 without a byte order mark. Nothing is read before
/// [`head`](Self::head) or one of the others is called.
#[derive(Debug, Clone)]
pub struct Document {
    name: Arc<str>,
    bytes: Bytes,
    /// The part that is the document, where `bytes` are an archive.
    entry: Option<ArchiveEntry>,
    /// Whether the user names it, rather than a folder or an archive that it is in.
    named: bool,
}

/// Where bytes are read from.
#[derive(Debug, Clone)]
enum Bytes {
    File(Arc<Path>),
    Memory(Arc<[u8]>),
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

impl Bytes {
    /// Opens them, and says how many there are.
    fn open(&self) -> io::Result<(Box<dyn ReadSeek>, u64)> {
        match self {
            Self::File(path) => {
                let file = File::open(path)?;
                let length = file.metadata()?.len();
                Ok((Box::new(file), length))
            }
            Self::Memory(bytes) => Ok((Box::new(Cursor::new(bytes.clone())), bytes.len() as u64)),
        }
    }
}

impl Document {
    /// A text in memory, named for messages.
    pub fn in_memory(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { name: name.into(), bytes: Bytes::Memory(bytes.into()), entry: None, named: true }
    }

    /// The path, and behind it the name of an entry of an archive: `serie-a.zip/2576295.json`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The last part of the name without extensions: `2576295`.
    pub fn stem(&self) -> &str {
        let file = self.name.rsplit(['/', '\\']).next().unwrap_or(&self.name);
        file.split('.').next().unwrap_or(file)
    }

    /// An id for a match that has none: the names of the folder and of the file, `m1-events`, as files of a provider may have one
    /// name in many folders.
    pub fn match_id(&self) -> String {
        // However the path is written.
        let path = self.file().and_then(|file| file.canonicalize().ok()).unwrap_or_else(|| (&*self.name).into());
        let folder = path.parent().and_then(Path::file_name).map(|folder| folder.to_string_lossy());
        folder.map_or_else(|| self.stem().to_owned(), |folder| format!("{folder}-{}", self.stem()))
    }

    /// Whether the user names it, rather than a folder or an archive that it is in.
    pub fn is_named(&self) -> bool {
        self.named
    }

    /// The file that it is, or that is the archive which it is in.
    pub fn file(&self) -> Option<&Path> {
        match &self.bytes {
            Bytes::File(path) => Some(path),
            Bytes::Memory(_) => None,
        }
    }

    /// The first bytes.
    pub fn head(&self) -> Result<Vec<u8>, ImportError> {
        let mut head = Vec::new();
        self.open()?.take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| self.io_error(error))?;
        Ok(head)
    }

    /// All of it.
    pub fn bytes(&self) -> Result<Vec<u8>, ImportError> {
        read_to_limit(self.open()?).map_err(|error| self.io_error(error))
    }

    /// All of it, as text.
    pub fn text(&self) -> Result<String, ImportError> {
        String::from_utf8(self.bytes()?).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            let declared = encoding::declared_encoding(error.as_bytes());
            let encoding = declared.filter(|name| !name.eq_ignore_ascii_case("utf-8")).unwrap_or("ENCODING");
            let hint = format!("save it as UTF-8 (iconv -f {encoding} -t UTF-8 FILE > OTHER)");
            ImportError::new(self, format!("line {line} is not UTF-8: {hint}"))
        })
    }

    /// All of it, as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, ImportError> {
        // Validated at once, which is faster than text by text.
        serde_json::from_str(&self.text()?).map_err(|error| ImportError::json(self, &error))
    }

    /// Reads it piece by piece.
    pub fn stream(&self) -> Result<impl Read + use<>, ImportError> {
        let input = self.open()?;
        Ok(BufReader::with_capacity(256 << 10, Bounded { input, left: MAX_STREAM_BYTES, limit: "4 GiB" }))
    }

    fn open(&self) -> Result<Box<dyn Read>, ImportError> {
        self.try_open().map_err(|error| self.io_error(error))
    }

    fn try_open(&self) -> io::Result<Box<dyn Read>> {
        let (bytes, length) = self.bytes.open()?;
        let (input, compressed_size): (Box<dyn Read>, u64) = match self.entry {
            None => (bytes, length),
            Some(entry) => (limit_expansion(entry.open(bytes)?, entry.compressed_size), entry.compressed_size),
        };
        let (mut start, mut input) = read_start(BufReader::with_capacity(64 << 10, input))?;
        if start.starts_with(GZIP) {
            let compressed = MultiGzDecoder::new(Cursor::new(start).chain(input));
            (start, input) = read_start(limit_expansion(compressed, compressed_size))?;
        }
        Ok(encoding::into_utf8(start, input))
    }

    fn io_error(&self, error: io::Error) -> ImportError {
        ImportError::new(self, error.to_string())
    }
}

/// Whether a document, once decompressed, is compressed or an archive: these are not opened.
pub(super) fn is_archive(head: &[u8]) -> bool {
    head.starts_with(ZIP) || head.starts_with(GZIP)
}

/// Reads all of an input that is held in memory.
fn read_to_limit(input: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    input.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_BYTES {
        let message = format!("longer than {} MiB, the limit for a document", MAX_BYTES >> 20);
        return Err(invalid(message));
    }
    Ok(bytes)
}

/// The first bytes of an input, and all others.
fn read_start(mut input: impl Read + 'static) -> io::Result<(Vec<u8>, Box<dyn Read>)> {
    let mut start = Vec::new();
    input.by_ref().take(START_BYTES).read_to_end(&mut start)?;
    Ok((start, Box::new(input)))
}

fn limit_expansion(input: impl Read + 'static, compressed_size: u64) -> Box<dyn Read> {
    let left = compressed_size.saturating_mul(MAX_EXPANSION).saturating_add(HEAD_BYTES);
    Box::new(Bounded { input, left, limit: "200 times its compressed size" })
}

/// A reader that fails where its input is longer than a limit.
struct Bounded<R> {
    input: R,
    left: u64,
    limit: &'static str,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let read = self.input.read(out)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| invalid(format!("decompressed it is longer than {}", self.limit)))?;
        Ok(read)
    }
}
