//! Folders, archives and what is wrong with them. The format is Wyscout v2 throughout.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use touchline::import::{ImportOptions, import};
use zip::write::SimpleFileOptions;

use super::{fixture, run};

/// A folder that is removed with its content.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("touchline-import-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("written");
        path
    }
}

impl std::ops::Deref for Folder {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
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
    assert_eq!(import_all(&folder.join("season")), expected);
    assert_eq!(import_all(&archive), expected);
    let season = folder.join("season");
    let run = run(&[season.clone(), season.join("events/9001.json")]);
    assert_eq!((run.imported.len(), run.errors.len(), run.left_out.len()), (2, 0, 1), "the notes, and each file once");
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
    let (matches, errors) = import_all(&folder);
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
        import(&[folder.join("gone.json")], &ImportOptions::default(), |_| ()).expect_err("missing").to_string();
    assert!(missing.contains("gone.json: No such file"), "{missing}");
}

/// The matches that are imported of an input, and what is left out of it, in words.
fn titles_and_left_out(inputs: &[PathBuf], options: &ImportOptions) -> (Vec<String>, Vec<String>) {
    let run = import(inputs, options, |imported| imported.scenario.matches[0].id.to_string()).expect("matches");
    assert_eq!(run.errors, []);
    (run.imported, run.left_out.into_iter().map(|left| format!("{}: {}", left.document, left.reason)).collect())
}

#[test]
fn the_first_document_with_a_match_counts() {
    let folder = Folder::new("twice");
    let (full, minimal) = (text("full.json"), text("minimal.json"));
    for round in 0..10 {
        folder.write("a.json", if round % 2 == 0 { &minimal } else { &full });
        folder.write("b.json", if round % 2 == 0 { &full } else { &minimal });
        for name in ["c.json", "d.json"] {
            folder.write(name, &minimal);
        }
        let run = run(&[folder.to_path_buf()]);
        assert_eq!(run.imported.len(), 1);
        assert!(run.imported[0].document.ends_with("a.json"), "{}", run.imported[0].document);
        let errors: Vec<String> = run.errors.iter().map(ToString::to_string).collect();
        assert!(errors.len() == 3 && errors.iter().all(|error| error.contains("a.json already")), "{errors:?}");
    }
}

#[cfg(unix)]
#[test]
fn a_folder_is_walked_once_and_only_regular_files_are_opened() {
    let folder = Folder::new("links");
    folder.write("in/full.json", text("full.json"));
    for name in ["loop", "loop2"] {
        std::os::unix::fs::symlink(".", folder.join("in").join(name)).expect("a link");
    }
    std::os::unix::fs::symlink("../in", folder.join("in/back")).expect("a link");
    let _socket = std::os::unix::net::UnixListener::bind(folder.join("in/socket")).expect("a socket");
    let made = std::process::Command::new("mkfifo").arg(folder.join("in/pipe.json")).status().expect("mkfifo");
    assert!(made.success());
    let (matches, left_out) =
        titles_and_left_out(&[folder.join("in"), folder.join("in/loop")], &ImportOptions::default());
    assert_eq!(matches, ["9001"]);
    let expected = ["pipe.json", "socket"].map(|name| format!("{}/in/{name}: not a regular file", folder.display()));
    assert_eq!(left_out, expected);
}

#[test]
fn archives_within_archives_and_second_entries_of_a_name_are_reported() {
    let folder = Folder::new("nested");
    let full = text("full.json");
    let inner = zip(&[("full.json", &full)]);
    let archive = zip(&[("full.json", &full), ("inner.zip", &inner), ("twice.json.gz", &gzip(&gzip(&full)))]);
    folder.write("season.zip", archive);
    folder.write("inner.zip.gz", gzip(&inner));
    let said = |inputs: &[PathBuf]| titles_and_left_out(inputs, &ImportOptions::default());
    let (matches, left_out) = said(&[folder.to_path_buf()]);
    assert_eq!((matches.len(), left_out.len()), (1, 3), "{left_out:?}");
    assert!(left_out.iter().all(|left| left.ends_with("an archive within an archive, which is not opened")));
    assert!(left_out.iter().any(|left| left.contains("season.zip/twice.json.gz")), "{left_out:?}");

    let two = zip(&[("full.json", &full), ("odd0.json", &text("odd.json"))]);
    let (matches, left_out) = said(&[folder.write("same.zip", replaced(&two, b"odd0.json", b"full.json"))]);
    assert_eq!((matches.len(), left_out.len()), (1, 1));
    assert!(left_out[0].ends_with("of several entries with one name, the last one is read"), "{left_out:?}");
}

fn replaced(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    while let Some(at) = bytes.windows(from.len()).position(|window| window == from) {
        bytes[at..at + from.len()].copy_from_slice(to);
    }
    bytes
}

#[test]
fn a_damaged_entry_is_an_error() {
    let folder = Folder::new("damaged");
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    writer.start_file("full.json", options).expect("memory");
    writer.write_all(&text("full.json")).expect("memory");
    let archive = writer.finish().expect("memory").into_inner();
    let damaged = replaced(&archive, b"Westhaven", b"Weathaven");
    let damaged = folder.write("damaged.zip", damaged);
    let error = import(std::slice::from_ref(&damaged), &ImportOptions::default(), |_| ()).expect_err("damaged");
    assert!(error.to_string().contains("damaged.zip/full.json: it is damaged: its checksum is wrong"), "{error}");
    let gone = folder.join("gone.json");
    let run = run(&[damaged, gone, folder.write("full.json", text("full.json"))]);
    assert_eq!((run.imported.len(), run.errors.len()), (1, 2), "others are imported");
}

#[test]
fn match_data_beside_a_folder_are_found() {
    let folder = Folder::new("beside-folder");
    folder.write("data/events/1/9001.json", text("full.json"));
    folder.write("data/matches/1/9001.json", text("matches.json"));
    folder.write("data/other/1/9002.json", text("matches.json"));
    assert_eq!(import_all(&folder.join("data/events")), (vec!["9001, 22 start".to_owned()], Vec::new()));
    assert_eq!(
        import_all(&folder.join("data/events/1")),
        (vec!["9001, 0 start".to_owned()], Vec::new()),
        "not next to it"
    );
}

#[test]
fn a_large_folder_is_said_to_be_looked_at_in_part() {
    let folder = Folder::new("large");
    let events = folder.write("9001.json", text("full.json"));
    for number in 0..501 {
        folder.write(&format!("x{number}.txt"), "");
    }
    folder.write("a-matches.json", text("matches.json"));
    let (_, left_out) = titles_and_left_out(std::slice::from_ref(&events), &ImportOptions::default());
    assert_eq!(left_out.len(), 1);
    assert!(left_out[0].contains("match data are looked for in 500 of its 502 entries"), "{left_out:?}");
    assert_eq!(import_all(&events).0, ["9001, 22 start"], "the first ones by name are looked at");
}

#[test]
fn a_format_is_forced_on_named_files_only() {
    let folder = Folder::new("forced");
    let format = |word: &str| touchline::import::FORMATS.iter().copied().find(|format| format.word == word);
    let options = |word: &str| super::options(|it| it.format = format(word));
    let full = folder.write("full.json", text("full.json"));
    let notes = folder.write("notes.txt", "nothing");
    let (matches, left_out) = titles_and_left_out(&[folder.to_path_buf()], &options("wyscout-v2"));
    assert_eq!((matches.len(), left_out), (1, vec![format!("{}: no known format", notes.display())]));
    let run = import(&[full.clone(), notes.clone()], &options("wyscout-v2"), |_| ()).expect("matches");
    assert_eq!((run.imported.len(), run.errors.len()), (1, 1), "the notes are named");
    let error = import(std::slice::from_ref(&full), &options("opta"), |_| ()).expect_err("another format").to_string();
    assert!(error.contains("full.json: this is Wyscout v2, and --from asks for Opta F24"), "{error}");
    assert!(!error.contains("StatsBomb"), "{error}");
    // What is given as match data is not imported.
    let meta = super::options(|it| {
        (it.match_data, it.format) = (vec![folder.to_path_buf(), notes], format("wyscout-v2"));
    });
    let run =
        import(&[folder.write("odd.json", text("odd.json"))], &meta, |imported| imported.document).expect("matches");
    assert_eq!((run.imported.len(), run.errors.len()), (1, 1), "{:?}", run.errors);
    let left: Vec<_> = run.left_out.iter().map(|left| left.reason.as_str()).collect();
    let events = "events of Wyscout v2, given as match data: give it as INPUT";
    assert_eq!(left, [events, events]);
}

#[test]
fn schemas_and_scenarios_are_named() {
    let folder = Folder::new("not-events");
    let schema = r#"{"title": "Event", "description": "x", "type": "object", "required": ["event"], "properties":
        {"is_successful": {}, "outcome_type": {}, "related_event_ids": {}}}"#;
    let scenario = "{\"kind\":\"scenario\",\"version\":1,\"title\":\"A\"}\n";
    for (name, content, said) in [
        ("event.schema.json", schema, "this looks like a JSON schema, which is not imported"),
        ("one.jsonl", scenario, "this is a scenario already"),
    ] {
        let error =
            import(&[folder.write(name, content)], &ImportOptions::default(), |_| ()).expect_err(name).to_string();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn other_encodings_give_the_same() {
    let folder = Folder::new("encodings");
    let name = "full_f24.xml";
    let xml = std::fs::read_to_string(fixture("opta").join(name)).expect("a fixture");
    let xml = xml.split_once("?>").map_or(&*xml, |(_, rest)| rest);
    let imported = |bytes: &[u8]| {
        import(&[folder.write(name, bytes)], &ImportOptions::default(), |it| it.scenario).expect("events").imported
    };
    let utf8 = imported(xml.as_bytes());
    assert_eq!(utf8.len(), 1);
    let utf16 =
        |text: &str| [0xfeff].into_iter().chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    assert_eq!(imported(&utf16(&format!("<?xml version=\"1.0\" encoding=\"UTF-16\"?>{xml}"))), utf8);
    let latin = format!("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>{xml}")
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?'))
        .collect::<Vec<u8>>();
    assert_eq!(imported(&latin), utf8);
    let json = String::from_utf8(text("full.json")).expect("UTF-8");
    let expected = import_all(&folder.write("9001.json", &json));
    assert_eq!(import_all(&folder.write("9001.json", utf16(&json))), expected);
    let cut = &xml[..xml.len() / 2];
    let run = import(&[folder.write("cut.xml", cut)], &ImportOptions::default(), |_| ()).expect("events");
    let place = format!("cut.xml:{}:", cut.lines().count());
    assert!(run.errors[0].to_string().contains(&place), "{} {place}", run.errors[0]);
}

#[test]
fn a_document_has_as_many_errors_as_one_reads() {
    let row = |id: u32| {
        format!(
            r#"{{"matchId":{id},"eventId":8,"teamId":1,"playerId":1,"matchPeriod":"1H","eventSec":1.0,"tags":[],"positions":[],"id":1,"eventName":"Pass","subEventName":"Simple pass","subEventId":85}}"#
        )
    };
    let rows: Vec<String> = (0..500).map(row).collect();
    let folder = Folder::new("errors");
    let (matches, errors) = import_all(&folder.write("all.json", format!("[{}]", rows.join(","))));
    assert_eq!((matches.len(), errors.len()), (0, 21), "{errors:?}");
    assert!(errors[20].ends_with("all.json: and 480 more matches of it have errors"), "{errors:?}");
}
