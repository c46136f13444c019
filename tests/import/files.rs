//! Folders, archives and what is wrong with them. The format is Wyscout v2 throughout.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use touchline::import::{ImportOptions, import};
use zip::write::SimpleFileOptions;

use super::{fixture, run};

/// A folder that is removed with its content.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("touchline-import-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("written");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn text(name: &str) -> Vec<u8> {
    std::fs::read(fixture("wyscout-v2").join(name)).expect("a fixture")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory");
    encoder.finish().expect("memory")
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(*name, SimpleFileOptions::default()).expect("memory");
        writer.write_all(bytes).expect("memory");
    }
    writer.finish().expect("memory").into_inner()
}

/// The matches and the errors of an input.
fn import_all(input: &Path) -> (Vec<String>, Vec<String>) {
    let run = import(&[input.to_owned()], &ImportOptions::default(), |imported| imported).expect("matches to import");
    let title = |imported: &touchline::import::ImportedMatch| {
        let fixture = &imported.scenario.matches[0];
        let listed = fixture.home.players.iter().chain(&fixture.away.players);
        format!("{}, {} start", fixture.id, listed.filter(|player| player.starts).count())
    };
    (run.imported.iter().map(title).collect(), run.errors.iter().map(ToString::to_string).collect())
}

#[test]
fn folders_and_archives_hold_the_same_as_their_files() {
    let folder = Folder::new("archives");
    let (full, matches, odd) = (text("full.json"), text("matches.json"), text("odd.json"));
    folder.write("season/events/9001.json", &full);
    folder.write("season/events/9002.json.gz", gzip(&odd));
    folder.write("season/matches.json", &matches);
    folder.write("season/.hidden.json", "{");
    folder.write("season/README.md", "# Notes\n");
    let entries: [(&str, &[u8]); 4] =
        [("events/9001.json", &full), ("matches.json", &gzip(&matches)), ("9002.json", &odd), ("__MACOSX/._x", b"x")];
    let archive = folder.write("season.zip", zip(&entries));
    let expected = (vec!["9001, 22 start".to_owned(), "9002, 0 start".to_owned()], Vec::new());
    assert_eq!(import_all(&folder.0.join("season")), expected);
    assert_eq!(import_all(&archive), expected);
    assert_eq!(run(&[folder.0.join("season")]).left_out.len(), 1, "the notes");
}

#[test]
fn match_data_beside_a_file_are_found() {
    let folder = Folder::new("beside");
    let events = folder.write("9001.json", text("full.json"));
    assert_eq!(import_all(&events), (vec!["9001, 0 start".to_owned()], Vec::new()), "no match data");
    folder.write("matches.json", text("matches.json"));
    folder.write("broken.json", r#"[{"wyId": 1, "teamsData": 3}"#);
    assert_eq!(import_all(&events), (vec!["9001, 22 start".to_owned()], Vec::new()));
}

#[test]
fn a_broken_file_does_not_keep_the_others_from_being_imported() {
    let folder = Folder::new("broken");
    let full = text("full.json");
    folder.write("a.json", &full[..full.len() / 3]);
    folder.write("b.json", text("odd.json"));
    folder.write("c.json.gz", &gzip(&full)[..400]);
    folder.write("matches.json", &text("matches.json")[..900]);
    folder.write("z.zip", &zip(&[("d.json", &full)])[..300]);
    let (matches, errors) = import_all(&folder.0);
    assert_eq!(matches, ["9002, 0 start"]);
    let found: Vec<&str> = errors
        .iter()
        .map(|error| error.rsplit_once('/').expect("a path").1.split(':').next().expect("a name"))
        .collect();
    assert_eq!(found, ["z.zip", "c.json.gz", "matches.json", "a.json"], "{errors:?}");
}

#[test]
fn a_bomb_is_refused() {
    let folder = Folder::new("bomb");
    // Begins like events, and goes on with sixty megabytes of spaces.
    let start = br#"{"events": [{"eventSec": 1, "matchPeriod": "1H"}"#;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(start).expect("memory");
    let spaces = vec![b' '; 1 << 20];
    for _ in 0..60 {
        encoder.write_all(&spaces).expect("memory");
    }
    let bomb = encoder.finish().expect("memory");
    let gzipped = folder.write("bomb.json.gz", &bomb);
    let (_, errors) = import_all(&gzipped);
    assert!(errors.len() == 1 && errors[0].contains("decompressed it is longer than 200 times"), "{errors:?}");
    let inside = [start.as_slice(), &vec![b' '; 60 << 20]].concat();
    let zipped = folder.write("bomb.zip", zip(&[("bomb.json", &inside)]));
    let (_, errors) = import_all(&zipped);
    assert!(errors.len() == 1 && errors[0].contains("decompressed it is longer than 200 times"), "{errors:?}");
}

#[test]
fn what_holds_no_events_is_said_to_be_what_it_is() {
    let folder = Folder::new("none");
    for (name, content, said) in [
        ("matches.json", text("matches.json"), "match data of Wyscout v2, without any of its events"),
        (
            "goals.json",
            br#"{"IdMatch": 1, "IdCompetition": 2}"#.to_vec(),
            "this looks like FIFA data, which is not imported",
        ),
        ("notes.txt", b"Nothing here".to_vec(), "no known format"),
        ("empty.json", Vec::new(), "no known format"),
    ] {
        let path = folder.write(name, content);
        let error = import(&[path], &ImportOptions::default(), |_| ()).expect_err(name).to_string();
        assert!(
            error.contains(said) && error.contains("what can be read are the event files of Wyscout v2"),
            "{error}"
        );
    }
    let missing =
        import(&[folder.0.join("gone.json")], &ImportOptions::default(), |_| ()).expect_err("missing").to_string();
    assert!(missing.contains("gone.json: No such file"), "{missing}");
}
