//! Architecture tests: imports point to lower floors only, files have no import cycles, and type names are unique. The floors are
//! described in `docs/architecture.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, UseTree, Visibility};

/// The floor of each folder. Folders on the same floor must not import each other.
const FLOORS: &[(&str, i8)] = &[
    // Files below all floors.
    ("certificate.rs", -1),
    ("close_code.rs", -1),
    ("error.rs", -1),
    ("error_code.rs", -1),
    ("json.rs", -1),
    ("fnv.rs", -1),
    ("latency.rs", -1),
    ("message.rs", -1),
    ("printable.rs", -1),
    ("suspension.rs", -1),
    ("words.rs", -1),
    ("football", 0),
    ("scenario", 1),
    ("playback", 2),
    ("import", 2),
    ("export", 2),
    ("faults", 3),
    ("verdict", 3),
    ("dialect", 4),
    ("trace", 4),
    ("hub", 5),
    ("server", 6),
    ("client", 6),
    ("testing.rs", 7),
    ("cli", 7),
];

/// Packages that only these folders may use.
const PACKAGES: &[(&str, &[&str])] = &[
    ("tokio", &["hub", "server", "client", "testing.rs", "cli"]),
    ("tokio_tungstenite", &["server", "client"]),
    ("tokio_rustls", &["server", "client"]),
    ("rustls", &["certificate.rs", "server", "client"]),
    ("rcgen", &["server"]),
    ("axum", &["server"]),
    ("hyper", &["server", "client"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
];

/// Type names that several files may define; also those of the delivery loop and its replacement on other systems.
const SHARED_TYPE_NAMES: &[&str] = &["Args", "Error", "Result", "State", "Acceptor", "Delivery"];

fn floor(name: &str) -> Option<i8> {
    FLOORS.iter().find(|(folder, _)| *folder == name).map(|(_, floor)| *floor)
}

/// The segments of a path: `crate`, `hub`, `Replay`.
type Names = Vec<String>;

/// The paths and types of one source file.
#[derive(Default)]
struct Paths {
    /// Each path, and whether it is in test code.
    named: Vec<(Names, bool)>,
    /// The types that the file defines, without test code.
    types: Vec<String>,
    /// Re-exports: the name and the full path.
    exported: BTreeMap<String, Names>,
    in_tests: bool,
    /// How many inline modules enclose the visited item.
    inline: usize,
}

impl Paths {
    fn of(source: &str) -> Self {
        let mut paths = Self::default();
        paths.visit_file(&syn::parse_file(source).expect("Rust"));
        paths
    }

    /// Records a path, relative to the module of the file.
    fn name(&mut self, mut path: Names) {
        let up = path.iter().take_while(|name| *name == "super").count();
        path.drain(..up.min(self.inline));
        self.named.push((path, self.in_tests));
    }

    fn use_tree(&mut self, before: &[String], tree: &UseTree, exported: bool) {
        let with = |name: &dyn ToString| before.iter().cloned().chain([name.to_string()]).collect::<Names>();
        let (path, alias) = match tree {
            UseTree::Path(path) => return self.use_tree(&with(&path.ident), &path.tree, exported),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.use_tree(before, tree, exported));
            }
            UseTree::Glob(_) => (before.to_vec(), None),
            UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(rename) => (with(&rename.ident), Some(rename.rename.to_string())),
        };
        if let Some(alias) = alias.filter(|_| exported && self.inline == 0) {
            self.exported.insert(alias, path.clone());
        }
        self.name(path);
    }

    /// Records the paths in a macro's body, whose tokens `syn` does not parse.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path = Names::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 && !path.is_empty() {
                        let done = std::mem::take(&mut path);
                        self.name(done);
                    }
                    path.push(ident.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => self.tokens(group.stream()),
                _ => colons = 0,
            }
        }
        self.name(path);
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let outer = self.in_tests;
        self.in_tests |= is_cfg_test(&item.attrs);
        self.use_tree(&[], &item.tree, !matches!(item.vis, Visibility::Inherited));
        self.in_tests = outer;
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let outer = self.in_tests;
        self.in_tests |= is_cfg_test(&item.attrs);
        self.inline += usize::from(item.content.is_some());
        visit::visit_item_mod(self, item);
        self.inline -= usize::from(item.content.is_some());
        self.in_tests = outer;
    }

    fn visit_item(&mut self, item: &'ast Item) {
        let (ident, attributes) = match item {
            Item::Struct(item) => (&item.ident, &item.attrs),
            Item::Enum(item) => (&item.ident, &item.attrs),
            Item::Trait(item) => (&item.ident, &item.attrs),
            Item::Type(item) => (&item.ident, &item.attrs),
            _ => return visit::visit_item(self, item),
        };
        let conditional = attributes.iter().any(|attribute| attribute.path().is_ident("cfg"));
        if !self.in_tests && !conditional {
            self.types.push(ident.to_string());
        }
        visit::visit_item(self, item);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.name(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        self.tokens(item.tokens.clone());
        visit::visit_macro(self, item);
    }
}

fn is_cfg_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().contains("test"))
    })
}

/// The files of the crate by module path: `hub`, `replay`.
struct SourceTree(BTreeMap<Names, Paths>);

impl SourceTree {
    fn new<'a>(files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let module = |path: &str| {
            let mut names: Names = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
            if names.last().is_some_and(|last| ["mod", "lib"].contains(&last.as_str())) {
                names.pop();
            }
            names
        };
        Self(files.into_iter().map(|(path, source)| (module(path), Paths::of(source))).collect())
    }

    /// The module that defines the target of a path, following re-exports; `None` for another crate.
    fn defining(&self, module: &[String], path: &[String], depth: usize) -> Option<Names> {
        let (mut at, mut rest) = (module.to_vec(), path);
        match path.first()?.as_str() {
            "crate" | "touchline" => (at, rest) = (Names::new(), &path[1..]),
            "self" => rest = &path[1..],
            "super" => {}
            child => {
                let child: Names = module.iter().cloned().chain([child.to_owned()]).collect();
                self.0.get(&child)?;
            }
        }
        while let Some((name, after)) = rest.split_first() {
            if name == "super" {
                at.pop();
            } else {
                let child: Names = at.iter().cloned().chain([name.clone()]).collect();
                match self.0.get(&at).and_then(|paths| paths.exported.get(name)).filter(|_| depth > 0) {
                    _ if self.0.contains_key(&child) => at = child,
                    Some(exported) => return self.defining(&at, exported, depth - 1).or(Some(at)),
                    None => break,
                }
            }
            rest = after;
        }
        Some(at)
    }

    /// Every path that its file's floor must not use.
    fn violations(&self) -> Vec<String> {
        let mut found = BTreeSet::new();
        for (module, paths) in &self.0 {
            let Some(folder) = module.first() else { continue };
            let Some(own) = floor(folder).or_else(|| floor(&format!("{folder}.rs"))) else { continue };
            let file = module.join("/");
            for (path, _) in &paths.named {
                let Some(first) = path.first() else { continue };
                if let Some((package, folders)) = PACKAGES.iter().find(|(package, _)| package == first)
                    && !folders.iter().any(|of| of.trim_end_matches(".rs") == folder)
                {
                    found.insert(format!("{file}: {package} does not belong in {folder}"));
                }
                let other = self.defining(module, path, 8).and_then(|other| other.first().cloned());
                if let Some(other) = other.filter(|other| other != folder)
                    && floor(&other).is_some_and(|floor| floor >= own)
                {
                    found.insert(format!("{file}: {folder} must not know {other} ({})", path.join("::")));
                }
            }
        }
        found.into_iter().collect()
    }

    /// The type names that several files define.
    fn duplicate_types(&self) -> Vec<String> {
        let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (module, paths) in &self.0 {
            for name in &paths.types {
                files.entry(name).or_default().push(module.join("/"));
            }
        }
        let twice = files.into_iter().filter(|(name, files)| files.len() > 1 && !SHARED_TYPE_NAMES.contains(name));
        twice.map(|(name, files)| format!("{name}: {}", files.join(", "))).collect()
    }

    /// The groups of files that import each other, directly or transitively. A parent and its child count as one.
    fn cycles(&self) -> Vec<String> {
        let related = |one: &Names, other: &Names| one.starts_with(other) || other.starts_with(one);
        let imports: BTreeMap<&Names, BTreeSet<Names>> = self
            .0
            .iter()
            .map(|(module, paths)| {
                let named = paths.named.iter().filter(|(_, in_tests)| !in_tests);
                let imports = named.filter_map(|(path, _)| self.defining(module, path, 8));
                (module, imports.filter(|other| !related(module, other)).collect())
            })
            .collect();
        let reached = |from: &Names| {
            let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(module) = next.pop() {
                for other in imports.get(module).into_iter().flatten() {
                    if reached.insert(other) {
                        next.push(other);
                    }
                }
            }
            reached
        };
        let reached: BTreeMap<&Names, BTreeSet<&Names>> =
            imports.keys().map(|module| (*module, reached(module))).collect();
        let mut cycles = BTreeSet::new();
        for (module, reach) in &reached {
            let cycle: Vec<String> = reach
                .iter()
                .filter(|other| reached.get(**other).is_some_and(|back| back.contains(module)))
                .map(|other| other.join("/"))
                .collect();
            if !cycle.is_empty() {
                cycles.insert(cycle.join(", "));
            }
        }
        cycles.into_iter().collect()
    }
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn source_tree() -> SourceTree {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 30, "the sources are found");
    let read = |file: &PathBuf| {
        let path = file.strip_prefix(&src).expect("within src").to_str().expect("text").to_owned();
        (path, std::fs::read_to_string(file).expect("a source"))
    };
    let files: Vec<(String, String)> = files.iter().map(read).collect();
    SourceTree::new(files.iter().map(|(path, source)| (path.as_str(), source.as_str())))
}

#[test]
fn imports_point_to_lower_floors() {
    let found = source_tree().violations();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn files_have_no_import_cycles() {
    let found = source_tree().cycles();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn type_names_are_unique() {
    let found = source_tree().duplicate_types();
    assert!(found.is_empty(), "\n{}", found.join("\n"));
    let files = [
        ("hub/one.rs", "struct Frame; #[cfg(test)] mod tests { struct Sink; }"),
        ("hub/other.rs", "enum Frame {} struct Sink;"),
    ];
    assert_eq!(SourceTree::new(files).duplicate_types(), ["Frame: hub/one, hub/other"]);
}

#[test]
fn the_import_check_finds_violations() {
    let broken = |path: &str, source: &str| {
        SourceTree::new([
            (path, source),
            ("hub/mod.rs", ""),
            ("client/mod.rs", ""),
            ("scenario/mod.rs", ""),
            ("football/mod.rs", ""),
            ("lib.rs", "pub use hub::Hub; pub use football::Side;"),
        ])
        .violations()
        .len()
    };
    assert_eq!(broken("scenario/read.rs", "use crate::hub::Hub;"), 1, "upwards");
    assert_eq!(broken("scenario/read.rs", "use crate::Hub;"), 1, "upwards, by what the crate exports");
    assert_eq!(broken("server/routes.rs", "fn x() { crate::client::connect(); }"), 1, "sideways");
    assert_eq!(broken("server/routes.rs", "fn x() { assert!(crate::client::connect()); }"), 1, "in a macro");
    assert_eq!(broken("playback/engine.rs", "use tokio::time::Instant;"), 1, "a package too low");
    assert_eq!(broken("hub/replay.rs", "use tokio_tungstenite::tungstenite;"), 1, "a package beside its place");
    assert_eq!(broken("football/state.rs", "use crate::{\n    error,\n    scenario::Cue,\n};"), 1, "in a group");
    assert_eq!(broken("hub/replay.rs", "use crate::playback::Playhead; // feeds crate::server"), 0, "down");
    assert_eq!(broken("error.rs", "use crate::football::Side;"), 1, "under all floors");
    assert_eq!(broken("client/tls.rs", "use touchline::football::Side;"), 0, "down, from the program");
}

#[test]
fn the_cycle_check_finds_a_cycle() {
    let cycles = |one: &str, other: &str| {
        let files = [
            ("hub/mod.rs", "mod one; mod other; pub use one::One; pub use other::Other;"),
            ("hub/one.rs", one),
            ("hub/other.rs", other),
        ];
        SourceTree::new(files).cycles()
    };
    let (down, up) = ("use super::other::Other;", "use super::One;");
    assert_eq!(cycles(down, up), ["hub/one, hub/other"], "by way of what the parent exports");
    assert!(cycles(down, "").is_empty());
    assert!(cycles(down, "#[cfg(test)] mod tests { use super::super::One; }").is_empty(), "in tests");
    assert_eq!(cycles("fn x() { super::other::y(); }", "fn y() { crate::hub::one::x(); }").len(), 1, "by paths");
}
