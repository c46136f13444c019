//! The files of the page, as they are in the program: what they are, their tags, and what they are short.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use bytes::Bytes;
use flate2::Compression;
use ring::digest::{Context, SHA256};

use crate::server::shorten::gzip;

/// The folder: part of the program in release builds, read from disk in debug builds.
#[derive(rust_embed::Embed)]
#[folder = "src/server/dashboard/page/"]
struct Embedded;

/// How many bytes of a digest are told: enough for two versions never to have the same.
const TOLD: usize = 8;

/// One file.
#[derive(Debug)]
pub(super) struct File {
    /// Its media type, as `Content-Type` says it.
    pub(super) media_type: &'static str,
    pub(super) bytes: Bytes,
    /// Of its content, as `ETag` says it. Weak: it stands for the compressed bytes as well.
    pub(super) tag: String,
    gzip: OnceLock<Option<Bytes>>,
}

impl File {
    fn new(name: &str, bytes: Bytes) -> Self {
        let tag = format!("W/\"{}\"", hex(ring::digest::digest(&SHA256, &bytes).as_ref()));
        Self { media_type: media_type(name).unwrap_or("application/octet-stream"), bytes, tag, gzip: OnceLock::new() }
    }

    /// It in fewer bytes, where it can be said in fewer. Found out once.
    pub(super) fn gzip(&self) -> Option<&Bytes> {
        self.gzip.get_or_init(|| gzip(&self.bytes, Compression::best())).as_ref()
    }
}

/// What a name ends in, and what that is.
fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "css" => "text/css; charset=utf-8",
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

/// All files of one version.
#[derive(Debug)]
pub(super) struct Files {
    /// Digest of all files: changes with any of them.
    pub(super) digest: String,
    /// The pages, with their placeholders.
    templates: BTreeMap<String, Bytes>,
    /// What pages load.
    assets: BTreeMap<String, File>,
    /// The pages as they were filled in last. Held while they are.
    filled: Mutex<Option<Arc<Filled>>>,
}

/// The version that was read last.
static LAST: Mutex<Option<(Stamp, Arc<Files>)>> = Mutex::new(None);

fn last() -> MutexGuard<'static, Option<(Stamp, Arc<Files>)>> {
    LAST.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Files {
    /// The current version. Release builds read it once, debug builds again whenever a file has changed on disk.
    pub(super) fn now() -> Arc<Self> {
        // Taken before the files are read: a change in between is seen by the next request.
        let stamp = stamp();
        let mut last = last();
        match &*last {
            Some((known, files)) if *known == stamp => files.clone(),
            _ => last.insert((stamp, Arc::new(Self::of(embedded())))).1.clone(),
        }
    }

    /// The version with this digest if it was read last, without a look at the disk; else the current one.
    pub(super) fn version(digest: &str) -> Arc<Self> {
        let known = last().as_ref().map(|(_, files)| files.clone());
        known.filter(|files| files.digest == digest).unwrap_or_else(Self::now)
    }

    fn of(files: impl IntoIterator<Item = (String, Bytes)>) -> Self {
        let files: BTreeMap<String, Bytes> = files.into_iter().collect();
        let mut digest = Context::new(&SHA256);
        for (name, bytes) in &files {
            // Lengths in front, so that no other files say the same one after the other.
            for part in [name.as_bytes(), bytes] {
                digest.update(&part.len().to_be_bytes());
                digest.update(part);
            }
        }
        let (templates, assets): (BTreeMap<_, _>, BTreeMap<_, _>) =
            files.into_iter().partition(|(name, _)| name.ends_with(".html"));
        let assets = assets.into_iter().map(|(name, bytes)| {
            let file = File::new(&name, bytes);
            (name, file)
        });
        let digest = hex(digest.finish().as_ref());
        Self { digest, templates, assets: assets.collect(), filled: Mutex::default() }
    }

    /// The pages for servers below the path prefix `base`, filled in once unless servers of this process differ in that.
    pub(super) fn filled(&self, base: &str) -> Arc<Filled> {
        let mut last = self.filled.lock().unwrap_or_else(PoisonError::into_inner);
        match &*last {
            Some(filled) if filled.base == base => filled.clone(),
            _ => last.insert(Arc::new(Filled { base: base.to_owned(), pages: self.pages(base) })).clone(),
        }
    }

    /// All pages, filled in for a server below the path prefix `base`.
    fn pages(&self, base: &str) -> BTreeMap<String, File> {
        let base = escaped(base);
        let fill = |(name, template): (&String, &Bytes)| {
            let page = filled(&String::from_utf8_lossy(template), &base, &self.digest, &self.assets);
            (name.clone(), File::new(name, page.into()))
        };
        self.templates.iter().map(fill).collect()
    }

    /// An asset by its path in the folder: exactly the path that it has there, so never a file outside.
    pub(super) fn asset(&self, path: &str) -> Option<&File> {
        self.assets.get(path)
    }

    /// The paths of all assets.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.assets.keys().map(String::as_str)
    }
}

/// The pages of one version, below one path prefix.
#[derive(Debug)]
pub(super) struct Filled {
    base: String,
    pages: BTreeMap<String, File>,
}

impl Filled {
    /// A page by its file's name.
    pub(super) fn page(&self, name: &str) -> Option<&File> {
        self.pages.get(name)
    }
}

/// What tells one state of the folder from another: names, times of change and sizes.
#[cfg(debug_assertions)]
type Stamp = Vec<(String, Option<(std::time::SystemTime, u64)>)>;
#[cfg(not(debug_assertions))]
type Stamp = ();

#[cfg(debug_assertions)]
fn stamp() -> Stamp {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/server/dashboard/page");
    let changed = |name: &str| {
        let metadata = std::fs::metadata(folder.join(name)).ok()?;
        Some((metadata.modified().ok()?, metadata.len()))
    };
    Embedded::iter().map(|name| (name.to_string(), changed(&name))).collect()
}

#[cfg(not(debug_assertions))]
fn stamp() -> Stamp {}

/// A page with its addresses: `{{base}}` is the path prefix, `{{assets}}` the folder of the assets, and `{{preload main.js}}`
/// links to that module and all that it imports at its start, so that they come in one go rather than each found in the one
/// before.
fn filled(page: &str, base: &str, digest: &str, assets: &BTreeMap<String, File>) -> String {
    let folder = format!("{base}/assets/{digest}");
    let page = page.replace("{{base}}", base).replace("{{assets}}", &folder);
    let Some((before, (entry, after))) =
        page.split_once("{{preload ").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    else {
        return page;
    };
    let link = |name: &String| format!("<link rel=\"modulepreload\" href=\"{folder}/{name}\">");
    let links: Vec<String> = modules(entry, assets).iter().map(link).collect();
    format!("{before}{}{after}", links.join("\n"))
}

/// A text as the value of an attribute in double quotes.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// A module, and all that are imported where they begin; those that are fetched when they are needed are not among them.
fn modules(entry: &str, assets: &BTreeMap<String, File>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![entry.to_owned()];
    while let Some(name) = open.pop() {
        let Some(file) = assets.get(&name) else { continue };
        let text = String::from_utf8_lossy(&file.bytes);
        let imported = text.split(" from \"").skip(1).filter_map(|rest| rest.split_once('"'));
        open.extend(imported.filter_map(|(path, _)| beside(&name, path)).filter(|path| !found.contains(path)));
        found.insert(name);
    }
    found
}

/// What a module means by a relative path.
fn beside(name: &str, path: &str) -> Option<String> {
    let mut folders: Vec<&str> = name.split('/').collect();
    folders.pop();
    for step in path.split('/') {
        match step {
            "." => {}
            ".." => _ = folders.pop()?,
            "" => return None,
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

fn embedded() -> impl Iterator<Item = (String, Bytes)> {
    let files = Embedded::iter().filter_map(|name| Some((Embedded::get(&name)?.data, name)));
    files.map(|(data, name)| (name.into_owned(), Bytes::from_owner(data)))
}

fn hex(digest: &[u8]) -> String {
    digest.iter().take(TOLD).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn files(of: &[(&str, &'static str)]) -> Files {
        Files::of(of.iter().map(|(name, text)| ((*name).to_owned(), Bytes::from_static(text.as_bytes()))))
    }

    #[test]
    fn a_page_says_where_its_files_are_and_which_modules_come() {
        let of = files(&[
            ("index.html", "<html data-base=\"{{base}}\"><a href=\"{{assets}}/x.svg\">\n{{preload main.js}}\n"),
            ("ui/dom.js", "import { main } from \"../main.js\";"),
            ("main.js", "import { h } from \"./ui/dom.js\";\nimport { x } from \"/x.js\";\nimport(\"./later.js\");"),
            ("later.js", ""),
            ("overlay/goal.js", ""),
            ("style/page.css", ""),
        ]);
        for (base, written) in [("", ""), ("/tl", "/tl"), ("/a/b&\"<", "/a/b&amp;&quot;&lt;")] {
            let pages = of.pages(base);
            let folder = format!("{written}/assets/{}", of.digest);
            let link = |name: &str| format!("\n<link rel=\"modulepreload\" href=\"{folder}/{name}\">");
            let expected = format!(
                "<html data-base=\"{written}\"><a href=\"{folder}/x.svg\">{}{}\n",
                link("main.js"),
                link("ui/dom.js")
            );
            assert_eq!(pages["index.html"].bytes, expected);
        }
        assert!(of.asset("index.html").is_none(), "only with all that is left to be said");
        assert!(of.asset("ui/dom.js").is_some() && !of.pages("").contains_key("ui/dom.js"));
    }

    #[test]
    fn pages_are_filled_once_for_each_version_and_base() {
        let (one, other) = (files(&[("index.html", "{{assets}}")]), files(&[("index.html", "{{assets}} ")]));
        let tag = |filled: &Filled| filled.page("index.html").expect("a page").tag.clone();
        let root = one.filled("");
        assert!(Arc::ptr_eq(&root, &one.filled("")), "kept");
        let below = one.filled("/tl");
        assert_ne!(tag(&root), tag(&below), "other bytes have another tag");
        assert_ne!(tag(&below), tag(&other.filled("/tl")));
        assert_eq!(tag(&root), tag(&one.filled("")));
    }

    #[test]
    fn files_that_have_not_changed_are_not_read_again() {
        let files = Files::now();
        assert!(Arc::ptr_eq(&files, &Files::now()));
        assert_eq!(files.digest, Files::of(embedded()).digest);
        for digest in [&*files.digest, "0123456789abcdef"] {
            assert!(Arc::ptr_eq(&files, &Files::version(digest)));
        }
    }

    #[cfg(debug_assertions)]
    #[test]
    fn a_stamp_knows_every_file() {
        let stamp = stamp();
        assert!(stamp.len() > 50 && stamp.iter().all(|(_, changed)| changed.is_some()), "{stamp:?}");
    }

    #[test]
    fn a_digest_is_another_as_soon_as_anything_is() {
        let one = files(&[("a.js", "1"), ("b.js", "2")]);
        assert_eq!(one.digest, files(&[("b.js", "2"), ("a.js", "1")]).digest);
        assert_eq!(one.digest.len(), 2 * TOLD);
        for (other, a_is_the_same) in [
            (files(&[("a.js", "1"), ("b.js", "3")]), true),
            (files(&[("a.js", "1"), ("c.js", "2")]), true),
            (files(&[("a.js", "1")]), true),
            (files(&[("a.js", "12"), ("b.js", "")]), false),
        ] {
            assert_ne!(one.digest, other.digest, "{other:?}");
            let tag = |files: &Files| files.asset("a.js").expect("there").tag.clone();
            assert_eq!(tag(&one) == tag(&other), a_is_the_same, "{other:?}");
        }
    }

    #[test]
    fn a_file_is_made_short_where_that_makes_it_shorter() {
        let long = "export const goal = 'goal';\n".repeat(40);
        let file = File::new("a.js", Bytes::from(long.clone()));
        let short = file.gzip().expect("shorter");
        assert!(short.len() < long.len() / 4, "{}", short.len());
        let mut read = String::new();
        flate2::read::GzDecoder::new(&short[..]).read_to_string(&mut read).expect("gzip");
        assert_eq!(read, long);
        assert_eq!(file.gzip().map(|again| again.as_ptr()), Some(short.as_ptr()), "kept");
        assert_eq!(File::new("a.js", Bytes::from_static(b"1")).gzip(), None);
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
            assert!(media_type(&name).is_some(), "{name}: its type stands in no list");
            let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-._/".contains(c);
            assert!(name.chars().all(plain), "{name}");
        }
    }

    #[test]
    fn pages_load_nothing_from_elsewhere() {
        // Names that are spelt like addresses, and that nothing is ever loaded from.
        let namespaces = ["http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink", "http://www.w3.org/1999/xhtml"];
        for (name, bytes) in embedded() {
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
