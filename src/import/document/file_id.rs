//! Which file or folder a path leads to, through all links.

use std::collections::HashSet;
use std::fs::metadata;
use std::io;
use std::path::Path;

/// Files and folders, each by its device and inode, so that two paths of one file are the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileSet(HashSet<FileId>);

#[cfg(unix)]
type FileId = (u64, u64);
#[cfg(not(unix))]
type FileId = std::path::PathBuf;

impl FileSet {
    /// Adds an existing file. `false`: it is there already.
    pub fn insert(&mut self, path: &Path) -> io::Result<bool> {
        file_id(path).map(|id| self.0.insert(id))
    }

    /// Whether the path leads to one of the files.
    pub fn contains(&self, path: &Path) -> bool {
        file_id(path).is_ok_and(|id| self.0.contains(&id))
    }

    /// Adds the files of another set.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }
}

impl<'a> FromIterator<&'a Path> for FileSet {
    /// Those of the paths that exist.
    fn from_iter<T: IntoIterator<Item = &'a Path>>(paths: T) -> Self {
        Self(paths.into_iter().filter_map(|path| file_id(path).ok()).collect())
    }
}

#[cfg(unix)]
fn file_id(path: &Path) -> io::Result<FileId> {
    use std::os::unix::fs::MetadataExt;
    metadata(path).map(|found| (found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn file_id(path: &Path) -> io::Result<FileId> {
    metadata(path).and_then(|_| path.canonicalize())
}
