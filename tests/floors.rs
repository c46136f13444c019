//! The house has floors, and imports point down only: this test is the wall. The map is in `docs/architecture.md`.

use std::path::{Path, PathBuf};

/// Each folder's floor. Siblings on a floor do not know each other.
const FLOORS: &[(&str, i8)] = &[
    // Files, not folders: they lie under all floors.
    ("certificate.rs", -1),
    ("error.rs", -1),
    ("json.rs", -1),
    ("latency.rs", -1),
    ("printable.rs", -1),
    ("suspension.rs", -1),
    ("football", 0),
    ("scenario", 1),
    ("playback", 2),
    ("import", 2),
    ("faults", 2),
    ("dialect", 3),
    ("hub", 4),
    ("server", 5),
    ("client", 5),
    ("cli", 6),
];

/// Packages that belong to some floors only.
const PACKAGES: &[(&str, &[&str])] = &[
    ("tokio", &["hub", "server", "client", "cli"]),
    ("tokio_tungstenite", &["server", "client"]),
    ("tokio_rustls", &["server", "client"]),
    ("rustls", &["certificate.rs", "server", "client"]),
    ("rcgen", &["server"]),
    ("axum", &["server"]),
    ("hyper", &["server", "client"]),
    ("clap", &["cli"]),
    ("indicatif", &["cli"]),
];

fn floor(name: &str) -> Option<i8> {
    FLOORS.iter().find(|(folder, _)| *folder == name).map(|(_, floor)| *floor)
}

/// What is wrong with one file, a line each. `path` is relative to `src`.
fn violations(path: &Path, source: &str) -> Vec<String> {
    let folder = path.components().next().and_then(|first| first.as_os_str().to_str()).unwrap_or_default();
    let Some(own) = floor(folder) else { return Vec::new() };
    let mut found = Vec::new();
    let mut grouped = false;
    for (at, line) in source.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        let mut names = named(code, "crate::");
        names.extend(named(code, "touchline::"));
        // `use crate::{football, scenario::...}` over one or several lines.
        grouped |= ["crate::{", "touchline::{"].iter().any(|start| code.contains(start));
        if grouped {
            let inside = code.rsplit("::{").next().unwrap_or_default();
            names.extend(inside.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned));
            grouped = !code.contains(';');
        }
        for name in names {
            if let Some(floor) = floor(&name)
                && name != folder
                && floor >= own
            {
                found.push(format!("src/{}:{}: {folder} must not know {name}", path.display(), at + 1));
            }
        }
        for (package, folders) in PACKAGES {
            if !folders.contains(&folder) && word(code, package) {
                found.push(format!("src/{}:{}: {package} does not belong in {folder}", path.display(), at + 1));
            }
        }
    }
    found
}

/// The names that follow a prefix such as `crate::`.
fn named(code: &str, prefix: &str) -> Vec<String> {
    let after = code.match_indices(prefix).map(|(at, _)| &code[at + prefix.len()..]);
    after.map(|rest| rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()).collect()
}

/// Whether a package is used by a path: `tokio::`.
fn word(code: &str, package: &str) -> bool {
    code.match_indices(&format!("{package}::"))
        .any(|(at, _)| !code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':'))
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

#[test]
fn imports_point_down() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 30, "the sources are there");
    let mut found = Vec::new();
    for file in files {
        let source = std::fs::read_to_string(&file).expect("a source");
        found.extend(violations(file.strip_prefix(&src).expect("within src"), &source));
    }
    assert!(found.is_empty(), "\n{}", found.join("\n"));
}

#[test]
fn the_wall_stands() {
    let broken = |path: &str, line: &str| violations(Path::new(path), line).len();
    assert_eq!(broken("scenario/read.rs", "use crate::hub::Hub;"), 1, "upwards");
    assert_eq!(broken("server/routes.rs", "let x = crate::client::connect();"), 1, "sideways");
    assert_eq!(broken("playback/engine.rs", "use tokio::time::Instant;"), 1, "a package too low");
    assert_eq!(broken("hub/replay.rs", "use tokio_tungstenite::tungstenite;"), 1, "a package beside its place");
    assert_eq!(broken("football/state.rs", "use crate::{error, scenario::Cue};"), 1, "in a group");
    assert_eq!(broken("football/state.rs", "use crate::{\n    error,\n    scenario::Cue,\n};"), 1, "over lines");
    assert_eq!(
        broken("hub/replay.rs", "use crate::playback::Playhead; // feeds crate::server"),
        0,
        "down, and a comment"
    );
    assert_eq!(broken("error.rs", "use crate::football::Side;"), 1, "under all floors");
    assert_eq!(broken("lib.rs", "pub use crate::football::Side;"), 0, "the map itself");
}
