//! Match data beside inputs: in the folders of named files, and under the same names in the folders next to those of the inputs.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::document::{Document, LeftOutDocument, sorted_entries};

/// The most files, or folders, of a folder that are looked at.
const MAX_ENTRIES: usize = 500;

/// The inputs by their folders.
#[derive(Default)]
pub(super) struct Neighbours {
    folders: BTreeMap<PathBuf, InputFolder>,
    /// The resolved paths of all inputs.
    inputs: HashSet<PathBuf>,
}

#[derive(Default)]
struct InputFolder {
    /// Whether it is itself the input, and all of its files are.
    is_input: bool,
    /// The documents in it: the path within it of each file.
    documents: BTreeSet<(PathBuf, PathBuf)>,
}

impl Neighbours {
    /// Adds an input, and its documents.
    pub fn add(&mut self, input: &Path, documents: &[Document]) {
        // Standard input and pipes lie nowhere.
        if documents.iter().all(|document| document.file().is_none()) {
            return;
        }
        let is_input = input.is_dir();
        let folder = match input.parent() {
            _ if is_input => input,
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let Ok(folder) = folder.canonicalize() else { return };
        let of_folder = self.folders.entry(folder.clone()).or_default();
        of_folder.is_input |= is_input;
        for file in documents.iter().filter_map(Document::file) {
            let inside = if is_input { file.strip_prefix(input).ok() } else { input.file_name().map(Path::new) };
            if let Some(inside) = inside.filter(|inside| !inside.as_os_str().is_empty()) {
                self.inputs.insert(folder.join(inside));
                of_folder.documents.insert((inside.to_owned(), file.to_owned()));
            }
        }
    }

    /// The files beside, without the inputs, and the folders that are too large. Names are those of files with events: match data
    /// of one name in the folders next to an input belong to other matches.
    pub fn find(&self, events: &HashSet<&Path>) -> (BTreeSet<PathBuf>, Vec<LeftOutDocument>) {
        let (mut found, mut too_large) = (BTreeSet::new(), BTreeMap::new());
        let mut list = |folder: &Path, is_wanted: &dyn Fn(&Path) -> bool| {
            let mut entries = sorted_entries(folder).unwrap_or_default();
            entries.retain(|entry| is_wanted(entry));
            if entries.len() > MAX_ENTRIES {
                too_large.insert(folder.to_owned(), entries.len());
                entries.truncate(MAX_ENTRIES);
            }
            entries
        };
        for (folder, InputFolder { is_input, documents }) in &self.folders {
            if !is_input {
                found.extend(list(folder, &|path| !self.inputs.contains(path) && path.is_file()));
            }
            let next_to = folder.parent().map(|parent| list(parent, &|next| next != folder && next.is_dir()));
            for next in next_to.unwrap_or_default() {
                let events = documents.iter().filter(|(_, file)| events.contains(&**file));
                let paths = events.map(|(inside, _)| next.join(inside));
                found.extend(paths.filter(|path| !self.inputs.contains(path) && path.is_file()));
            }
        }
        let report = |(folder, entries): (PathBuf, usize)| LeftOutDocument {
            document: folder.display().to_string(),
            reason: format!(
                "match data are looked for in {MAX_ENTRIES} of its {entries} entries: --meta names further ones"
            ),
        };
        (found, too_large.into_iter().map(report).collect())
    }
}
