//! The files of the page, embedded in the program, and the pages rendered from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;

use bytes::Bytes;
use ring::digest::{Context, SHA256};

use super::render::RenderedPages;
use crate::server::static_file::{StaticFile, hex_text};

/// The folder: embedded in release builds, read from disk in debug builds.
#[derive(rust_embed::Embed)]
#[folder = "src/server/dashboard/page/"]
struct Embedded;

/// All files of one version.
#[derive(Debug)]
pub(super) struct PageFiles {
    /// A digest of all files: it changes with any of them.
    pub(super) digest: String,
    /// The pages, with their placeholders.
    templates: BTreeMap<String, Bytes>,
    /// What pages load.
    assets: BTreeMap<String, StaticFile>,
    /// The pages as last rendered. Locked while they are rendered.
    rendered: Mutex<Option<Arc<RenderedPages>>>,
}

/// The version that was read last.
static LAST: Mutex<Option<(FilesVersion, Arc<PageFiles>)>> = Mutex::new(None);

impl PageFiles {
    /// The current version. Release builds read it once, debug builds again whenever a file has changed on disk.
    pub(super) fn current() -> Arc<Self> {
        // Taken before the files are read: a change in between is noticed by the next request.
        let files_version = files_version();
        let mut last = LAST.lock();
        match &*last {
            Some((known, files)) if *known == files_version => files.clone(),
            _ => last.insert((files_version, Arc::new(Self::from_files(embedded_files())))).1.clone(),
        }
    }

    /// The version with this digest if it was read last, without reading from disk; otherwise the current one.
    pub(super) fn version(digest: &str) -> Arc<Self> {
        let known = LAST.lock().as_ref().map(|(_, files)| files.clone());
        known.filter(|files| files.digest == digest).unwrap_or_else(Self::current)
    }

    fn from_files(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let files: BTreeMap<String, Bytes> = files.into_iter().collect();
        let mut digest = Context::new(&SHA256);
        for (name, bytes) in &files {
            // Prefixed with lengths, so that other files cannot add up to the same input.
            for part in [name.as_bytes(), bytes] {
                digest.update(&part.len().to_be_bytes());
                digest.update(part);
            }
        }
        let (templates, assets): (BTreeMap<_, _>, BTreeMap<_, _>) =
            files.into_iter().partition(|(name, _)| name.ends_with(".html"));
        let assets = assets.into_iter().map(|(name, bytes)| {
            let file = StaticFile::new(&name, bytes);
            (name, file)
        });
        let digest = hex_text(digest.finish().as_ref());
        Self { digest, templates, assets: assets.collect(), rendered: Mutex::default() }
    }

    /// The pages of servers below the path prefix `base`: rendered once, unless servers of this process differ in it.
    pub(super) fn render_for_base(&self, base: &str) -> Arc<RenderedPages> {
        let mut last = self.rendered.lock();
        match &*last {
            Some(pages) if pages.base == base => pages.clone(),
            _ => {
                let pages = RenderedPages::new(base, &self.digest, &self.templates, &self.assets);
                last.insert(Arc::new(pages)).clone()
            }
        }
    }

    /// An asset by exactly the path that it has in the folder, so never a file outside of it.
    pub(super) fn asset(&self, path: &str) -> Option<&StaticFile> {
        self.assets.get(path)
    }

    /// The paths of all assets.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.assets.keys().map(String::as_str)
    }
}

/// Identifies one state of the folder: names, modification times and sizes.
#[cfg(debug_assertions)]
type FilesVersion = Vec<(String, Option<(std::time::SystemTime, u64)>)>;
#[cfg(not(debug_assertions))]
type FilesVersion = ();

#[cfg(debug_assertions)]
fn files_version() -> FilesVersion {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/dashboard/page");
    let changed = |name: &str| {
        let metadata = std::fs::metadata(folder.join(name)).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    Embedded::iter().map(|name| (name.to_string(), changed(&name))).collect()
}

#[cfg(not(debug_assertions))]
fn files_version() -> FilesVersion {}

fn embedded_files() -> impl Iterator<Item = (String, Bytes)> {
    let files = Embedded::iter().filter_map(|name| Some((Embedded::get(&name)?.data, name)));
    files.map(|(data, name)| (name.into_owned(), Bytes::from_owner(data)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::static_file::{TAG_BYTES, media_type};

    fn files(of: &[(&str, &'static str)]) -> PageFiles {
        PageFiles::from_files(of.iter().map(|(name, text)| ((*name).to_owned(), Bytes::from_static(text.as_bytes()))))
    }

    #[test]
    fn pages_are_rendered_once_for_each_version_and_base() {
        let (one, other) = (files(&[("index.html", "{{assets}}")]), files(&[("index.html", "{{assets}} ")]));
        let tag = |pages: &RenderedPages| pages.page("index.html", false).expect("a page").tag.clone();
        let root = one.render_for_base("");
        assert!(Arc::ptr_eq(&root, &one.render_for_base("")), "kept");
        let below = one.render_for_base("/tl");
        assert_ne!(tag(&root), tag(&below), "other bytes have another tag");
        assert_ne!(tag(&below), tag(&other.render_for_base("/tl")));
        assert_eq!(tag(&root), tag(&one.render_for_base("")));
        assert!(one.asset("index.html").is_none(), "only rendered");
    }

    #[test]
    fn files_that_have_not_changed_are_not_read_again() {
        let files = PageFiles::current();
        assert!(Arc::ptr_eq(&files, &PageFiles::current()));
        assert_eq!(files.digest, PageFiles::from_files(embedded_files()).digest);
        for digest in [&*files.digest, "0123456789abcdef"] {
            assert!(Arc::ptr_eq(&files, &PageFiles::version(digest)));
        }
    }

    #[cfg(debug_assertions)]
    #[test]
    fn a_stamp_knows_every_file() {
        let files_version = files_version();
        assert!(
            files_version.len() > 50 && files_version.iter().all(|(_, changed)| changed.is_some()),
            "{files_version:?}"
        );
    }

    #[test]
    fn a_digest_is_another_as_soon_as_anything_is() {
        let one = files(&[("a.js", "1"), ("b.js", "2")]);
        assert_eq!(one.digest, files(&[("b.js", "2"), ("a.js", "1")]).digest);
        assert_eq!(one.digest.len(), 2 * TAG_BYTES);
        for (other, a_is_the_same) in [
            (files(&[("a.js", "1"), ("b.js", "3")]), true),
            (files(&[("a.js", "1"), ("c.js", "2")]), true),
            (files(&[("a.js", "1")]), true),
            (files(&[("a.js", "12"), ("b.js", "")]), false),
        ] {
            assert_ne!(one.digest, other.digest, "{other:?}");
            let tag = |files: &PageFiles| files.asset("a.js").expect("there").tag.clone();
            assert_eq!(tag(&one) == tag(&other), a_is_the_same, "{other:?}");
        }
    }

    #[test]
    fn every_file_is_of_a_known_type_and_its_path_needs_no_escape() {
        let names: Vec<String> = Embedded::iter().map(|name| name.into_owned()).collect();
        assert!(
            ["index.html", "overlay.html", "client.js", "main.js", "favicon.svg"]
                .iter()
                .all(|name| names.iter().any(|there| there == name))
        );
        for name in names {
            assert!(media_type(&name).is_some(), "{name}: its media type is unknown");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c);
            assert!(name.chars().all(plain), "{name}");
        }
    }

    #[test]
    fn pages_load_nothing_from_elsewhere() {
        // XML namespaces look like addresses, but nothing is loaded from them.
        let namespaces = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/1999/xhtml"];
        for (name, bytes) in embedded_files() {
            let text = std::str::from_utf8(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
            for (at, line) in text.lines().enumerate() {
                let line = namespaces.iter().fold(line.to_owned(), |line, namespace| line.replace(namespace, ""));
                for foreign in ["http://", "https://", "\"//", "'//", "`//", "url(//"] {
                    assert!(!line.contains(foreign), "{name}:{}: {foreign} in {line}", at + 1);
                }
            }
        }
    }
}
