//! Documents: files, entries of zip archives and standard input, decompressed, with limits on what they may grow to.

mod error;
mod json_words;

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use flate2::read::MultiGzDecoder;
use serde::de::DeserializeOwned;
use zip::ZipArchive;

pub use error::ImportError;
pub(super) use json_words::in_json_words;

/// The bytes by which a document is recognised.
const HEAD_BYTES: u64 = 64 << 10;
/// The longest document that is held in memory. The longest known match has 10 MB.
const MAX_BYTES: u64 = 256 << 20;
/// The longest document that is read match by match. The events of a season of a large league have 200 MB.
const MAX_STREAM_BYTES: u64 = 4 << 30;
/// How many times as long as its compressed form a document may be. JSON and XML reach 40; a bomb of zeros reaches 1,000.
const MAX_EXPANSION: u64 = 200;
/// The most documents of one archive.
const MAX_ENTRIES: usize = 100_000;
/// The two bytes that begin gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// A document of a provider: a file, an entry of an archive, or text in memory.
///
/// Gzip inside is decompressed. Nothing is read before [`head`](Self::head) or one of the others is called.
#[derive(Debug, Clone)]
pub struct Document {
    name: Arc<str>,
    place: DocumentPlace,
}

#[derive(Debug, Clone)]
enum DocumentPlace {
    File(PathBuf),
    ZipEntry { archive: PathBuf, index: usize },
    Memory(Arc<[u8]>),
}

impl Document {
    /// A text in memory, named for messages.
    pub fn in_memory(name: &str, bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { name: name.into(), place: DocumentPlace::Memory(bytes.into()) }
    }

    /// The documents of a path: the file itself, all entries of a zip archive, or all files of a folder and of its folders in
    /// the order of their names. Hidden files and folders are left out.
    ///
    /// # Errors
    /// If the path itself cannot be listed. What cannot be listed within a folder is in [`Listing::errors`].
    pub fn list(path: &Path) -> Result<Listing, ImportError> {
        let mut listing = Listing::default();
        listing.add(path)?;
        Ok(listing)
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

    /// The first bytes.
    pub fn head(&self) -> Result<Vec<u8>, ImportError> {
        let mut head = Vec::new();
        self.open(HEAD_BYTES)?.take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| self.io_error(error))?;
        Ok(head)
    }

    /// All of it, without a byte order mark.
    pub fn bytes(&self) -> Result<Vec<u8>, ImportError> {
        let mut bytes = Vec::with_capacity(self.size_hint());
        self.open(u64::MAX)?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| self.io_error(error))?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(ImportError::new(
                self,
                format!("longer than {} MiB, the limit for a document", MAX_BYTES >> 20),
            ));
        }
        if bytes.starts_with("\u{feff}".as_bytes()) {
            bytes.drain(..3);
        }
        Ok(bytes)
    }

    /// All of it, as text.
    pub(super) fn text(&self) -> Result<String, ImportError> {
        String::from_utf8(self.bytes()?).map_err(|error| {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|byte| **byte == b'\n').count() + 1;
            ImportError::new(self, format!("line {line} is not UTF-8"))
        })
    }

    /// All of it, as JSON.
    pub(super) fn json<T: DeserializeOwned>(&self) -> Result<T, ImportError> {
        // Validated at once, which is faster than text by text.
        serde_json::from_str(&self.text()?).map_err(|error| ImportError::json(self, &error))
    }

    /// Reads it piece by piece.
    pub fn stream(&self) -> Result<impl Read, ImportError> {
        let input = self.open(u64::MAX)?;
        Ok(BufReader::with_capacity(256 << 10, Bounded { input, left: MAX_STREAM_BYTES, limit: "4 GiB" }))
    }

    fn size_hint(&self) -> usize {
        let size = match &self.place {
            DocumentPlace::File(path) => std::fs::metadata(path).map_or(0, |file| file.len()),
            DocumentPlace::Memory(bytes) => bytes.len() as u64,
            DocumentPlace::ZipEntry { .. } => 0,
        };
        usize::try_from(size.min(MAX_BYTES) + 1).unwrap_or(0)
    }

    /// Opens it to read so many bytes, or fewer.
    fn open(&self, wanted: u64) -> Result<Box<dyn Read>, ImportError> {
        self.try_open(wanted).map_err(|error| self.io_error(error))
    }

    fn try_open(&self, wanted: u64) -> io::Result<Box<dyn Read>> {
        let (input, compressed): (Box<dyn Read>, _) = match &self.place {
            DocumentPlace::Memory(bytes) => (Box::new(Cursor::new(bytes.clone())), bytes.len() as u64),
            DocumentPlace::File(path) => {
                let file = File::open(path)?;
                let length = file.metadata()?.len();
                (Box::new(file), length)
            }
            DocumentPlace::ZipEntry { archive, index } => {
                let mut archive = open_archive(archive)?;
                let entry = archive.by_index(*index).map_err(zip_error)?;
                let compressed = entry.compressed_size();
                // The entry borrows the archive; whole entries are short, and each is bounded.
                let mut bytes = Vec::new();
                let limit = MAX_STREAM_BYTES.min(compressed.saturating_mul(MAX_EXPANSION).saturating_add(HEAD_BYTES));
                Bounded { input: entry.take(wanted), left: limit, limit: "200 times its compressed size" }
                    .read_to_end(&mut bytes)?;
                (Box::new(Cursor::new(bytes)), compressed)
            }
        };
        let mut input = BufReader::with_capacity(64 << 10, input);
        let gzip = io::BufRead::fill_buf(&mut input)?.starts_with(&GZIP);
        if !gzip {
            return Ok(Box::new(input));
        }
        let limit = compressed.saturating_mul(MAX_EXPANSION).saturating_add(HEAD_BYTES);
        Ok(Box::new(Bounded { input: MultiGzDecoder::new(input), left: limit, limit: "200 times its compressed size" }))
    }

    fn io_error(&self, error: io::Error) -> ImportError {
        ImportError::new(self, error.to_string())
    }
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
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidData, format!("decompressed it is longer than {}", self.limit))
        })?;
        Ok(read)
    }
}

fn open_archive(path: &Path) -> io::Result<ZipArchive<BufReader<File>>> {
    ZipArchive::new(BufReader::new(File::open(path)?)).map_err(zip_error)
}

fn zip_error(error: zip::result::ZipError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// The documents of a path.
#[derive(Debug, Default)]
pub struct Listing {
    /// In the order of their names.
    pub documents: Vec<Document>,
    /// Folders and archives that cannot be listed.
    pub errors: Vec<ImportError>,
}

impl Listing {
    /// Adds the documents of another path.
    pub(super) fn add(&mut self, path: &Path) -> Result<(), ImportError> {
        let name: Arc<str> = path.display().to_string().into();
        let failed = |error: io::Error| ImportError::at(&name, error.to_string());
        if std::fs::metadata(path).map_err(failed)?.is_dir() {
            let mut entries = std::fs::read_dir(path)
                .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>())
                .map_err(failed)?;
            entries.retain(|entry| entry.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
            entries.sort();
            for entry in entries {
                if let Err(error) = self.add(&entry) {
                    self.errors.push(error);
                }
            }
            return Ok(());
        }
        if !is_zip(path) {
            self.documents.push(Document { name, place: DocumentPlace::File(path.to_owned()) });
            return Ok(());
        }
        let mut archive = open_archive(path).map_err(failed)?;
        if archive.len() > MAX_ENTRIES {
            return Err(ImportError::at(&name, format!("more than {MAX_ENTRIES} entries, the limit for an archive")));
        }
        for index in 0..archive.len() {
            let entry = archive.by_index_raw(index).map_err(|error| failed(zip_error(error)))?;
            let inside = entry.name().map_err(|error| failed(zip_error(error)))?;
            // macOS adds files of its own.
            if entry.is_file() && !inside.starts_with("__MACOSX/") {
                let name = format!("{name}/{inside}").into();
                self.documents
                    .push(Document { name, place: DocumentPlace::ZipEntry { archive: path.to_owned(), index } });
            }
        }
        Ok(())
    }
}

fn is_zip(path: &Path) -> bool {
    let mut start = [0; 4];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *b"PK\x03\x04"
}
