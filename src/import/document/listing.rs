//! The documents of the paths that a user names: files, all files of folders, and all entries of archives.

use std::fs::{File, metadata, read_dir};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::archive::{ZIP, list_archive};
use super::{Bytes, Document, FileSet, ImportError, LeftOutDocument};

/// The word for standard input.
pub(crate) const STDIN: &str = "-";
/// The name of standard input as a document.
pub(crate) const STDIN_NAME: &str = "standard input";

/// The documents of some paths.
#[derive(Debug, Default)]
pub(crate) struct Listing {
    /// In the order of the paths, and within a folder in the order of their names.
    pub documents: Vec<Document>,
    /// Folders and archives that cannot be listed.
    pub errors: Vec<ImportError>,
    /// What a folder holds beside documents.
    pub left_out: Vec<LeftOutDocument>,
    /// The files and folders that have been listed, each once: links may lead back to a folder.
    pub(in crate::import) listed: FileSet,
}

impl Listing {
    /// The documents of a path.
    ///
    /// # Errors
    /// If the path itself cannot be listed. What cannot be listed within a folder is in [`errors`](Self::errors).
    pub fn of(path: &Path) -> Result<Self, ImportError> {
        let mut listing = Self::default();
        listing.add(path)?;
        Ok(listing)
    }

    /// Adds the documents of a path that the user names: the file itself, all entries of a zip archive, or all regular files of
    /// a folder and of its folders. Hidden ones are left out. What is neither file nor folder, such as a pipe or `-` for
    /// standard input, is read into memory.
    pub fn add(&mut self, path: &Path) -> Result<(), ImportError> {
        if path == Path::new(STDIN) {
            return self.add_stream(STDIN_NAME.into(), io::stdin().lock());
        }
        let name: Arc<str> = path.display().to_string().into();
        let failed = |error: io::Error| ImportError::at(&name, error.to_string());
        let found = metadata(path).map_err(failed)?;
        if found.is_dir() {
            return self.add_folder(path).map_err(failed);
        }
        if !found.is_file() {
            let input = File::open(path).map_err(failed)?;
            return self.add_stream(name, input);
        }
        self.add_file(name, path, true)
    }

    fn add_stream(&mut self, name: Arc<str>, input: impl Read) -> Result<(), ImportError> {
        let bytes = super::read_to_limit(input).map_err(|error| ImportError::at(&name, error.to_string()))?;
        self.add_bytes(name, Bytes::Memory(bytes.into()), true)
    }

    fn add_folder(&mut self, folder: &Path) -> io::Result<()> {
        if !self.listed.insert(folder)? {
            return Ok(());
        }
        for path in sorted_entries(folder)? {
            let name: Arc<str> = path.display().to_string().into();
            let added = match metadata(&path) {
                Ok(found) if found.is_dir() => {
                    self.add_folder(&path).map_err(|error| ImportError::at(&name, error.to_string()))
                }
                Ok(found) if found.is_file() => self.add_file(name, &path, false),
                // Opening it could wait for ever.
                Ok(_) => {
                    let reason = "not a regular file".to_owned();
                    self.left_out.push(LeftOutDocument { document: name.to_string(), reason });
                    Ok(())
                }
                Err(error) => Err(ImportError::at(&name, error.to_string())),
            };
            self.errors.extend(added.err());
        }
        Ok(())
    }

    fn add_file(&mut self, name: Arc<str>, path: &Path, named: bool) -> Result<(), ImportError> {
        // What cannot be read is reported when it is read as a document.
        if self.listed.insert(path).unwrap_or(true) {
            return self.add_bytes(name, Bytes::File(path.into()), named);
        }
        let same = |document: &&mut Document| document.entry.is_none() && document.file() == Some(path);
        if named && let Some(document) = self.documents.iter_mut().find(same) {
            document.named = true;
        }
        Ok(())
    }

    /// Adds a file, or the entries of an archive.
    fn add_bytes(&mut self, name: Arc<str>, bytes: Bytes, named: bool) -> Result<(), ImportError> {
        let mut start = [0; ZIP.len()];
        // What cannot be read is reported when it is read as a document.
        if !bytes.open().and_then(|(mut bytes, _)| bytes.read_exact(&mut start)).is_ok_and(|()| start == ZIP) {
            self.documents.push(Document { name, bytes, entry: None, named });
            return Ok(());
        }
        let (entries, same_names) = list_archive(&bytes).map_err(|error| ImportError::at(&name, error.to_string()))?;
        for (inside, entry) in entries {
            let name = format!("{name}/{inside}").into();
            self.documents.push(Document { name, bytes: bytes.clone(), entry: Some(entry), named: false });
        }
        if same_names {
            let reason = "of several entries with one name, the last one is read".to_owned();
            self.left_out.push(LeftOutDocument { document: name.to_string(), reason });
        }
        Ok(())
    }
}

/// What a folder holds, without hidden files, in the order of the names.
pub(crate) fn sorted_entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut entries = read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    entries.retain(|entry| entry.file_name().is_some_and(|name| !name.to_string_lossy().starts_with('.')));
    entries.sort();
    Ok(entries)
}
