//! Checks the examples in `docs/protocol.md`: frames and commands are valid, and documents equal the encoders' output to the byte.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;
use touchline::ErrorCode;
use touchline::client::ClientFrame;
use touchline::faults::{FaultPlan, apply};
use touchline::football::FaultKind;
use touchline::internals::dialect::native;
use touchline::internals::dialect::native::documents;
use touchline::internals::dialect::native::documents::{PlayedFaults, ReplayEntry, SpoilerLimit};
use touchline::internals::dialect::native::{PlaybackStatus, SnapshotDetail};
use touchline::internals::dialect::{Action, Request};
use touchline::internals::faults::LinkNote;
use touchline::internals::hub::{ReplaySpec, run_of};
use touchline::playback::{Command, Playback, PlaybackOptions, Speed};
use touchline::replay::ReplayOptions;
use touchline::scenario::{MediaTime, SHIPPED, Scenario, Span, Timeline};

fn page() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/protocol.md");
    std::fs::read_to_string(page).expect("the page")
}

/// The beginnings of lines that are documents, neither frames nor commands.
const DOCUMENTS: [&str; 5] = ["{\"run\":", "{\"id\":", "{\"name\":", "{\"ok\":", "[{"];

fn is_document(line: &str) -> bool {
    DOCUMENTS.iter().any(|start| line.starts_with(start)) && !is_opening(line)
}

/// Whether a line is the body of a request to open a replay.
fn is_opening(line: &str) -> bool {
    line.starts_with("{\"name\":") && line.contains("\"scenario\":")
}

/// The command without `timeout` and the other barrier fields, which only HTTP accepts.
fn without_waits(line: &str) -> String {
    let mut fields: serde_json::Map<String, Value> = serde_json::from_str(line).expect("an object");
    for field in ["wait_for", "acknowledged", "timeout"] {
        fields.remove(field).filter(|_| fields["command"] != "step").inspect(|_| panic!("{field} in {line}"));
    }
    Value::Object(fields).to_string()
}

/// The replay options of an open request.
fn replay_options(fields: &serde_json::Map<String, Value>, timeline: &Timeline) -> ReplayOptions {
    let mut replay_options = ReplaySpec::default();
    for (field, value) in fields.iter().filter(|(field, _)| *field != "name") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        replay_options.set(field, &value).unwrap_or_else(|refused| panic!("{refused}: {field}"));
    }
    replay_options.options(timeline, Instant::now()).expect("options")
}

#[test]
fn documented_replay_options_open_and_every_field_is_documented() {
    let page = page();
    let openings: Vec<&str> = page.lines().filter(|line| is_opening(line)).collect();
    assert_eq!(openings.len(), 1);
    let timeline = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    for line in openings {
        replay_options(&serde_json::from_str(line).expect("an object"), &timeline);
    }
    let (_, section) = page.split_once("## Replays\n").expect("the section");
    let rows: Vec<&str> = section.lines().filter(|line| line.starts_with("| `")).collect();
    for field in ReplaySpec::FIELDS {
        let documented =
            rows.iter().any(|row| row.split('|').nth(1).is_some_and(|cell| cell.contains(&format!("`{field}`"))));
        assert!(documented, "{field} is not documented");
    }
}

#[test]
fn documented_error_codes_equal_those_of_the_server() {
    let page = page();
    let (_, section) = page.split_once("\n## Refusals\n").expect("the section");
    let (section, _) = section.split_once("\n## ").expect("a section behind");
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).map(|row| row.split(" | ").collect());
    let (codes, close_codes): (Vec<Vec<&str>>, Vec<_>) = rows.partition(|row: &Vec<&str>| row.len() == 4);
    let documented: Vec<String> = codes[1..].iter().map(|row| row[..3].join(" ")).collect();
    let row = |code: &ErrorCode| format!("`{code}` {} {}", code.http_status(), code.close_code().code());
    assert_eq!(documented, ErrorCode::ALL.iter().map(row).collect::<Vec<_>>());
    for code in ErrorCode::ALL {
        let close_code = code.close_code().code().to_string();
        assert!(close_codes.iter().any(|row| row[0] == close_code), "{close_code} is not documented");
    }
}

#[test]
fn documented_frames_and_commands_are_valid() {
    let mut shown: BTreeMap<String, usize> = BTreeMap::new();
    for line in page().lines().filter(|line| line.starts_with('{') && !is_document(line) && !is_opening(line)) {
        let value: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"));
        match value["kind"].as_str() {
            Some(kind) => {
                assert!(line.starts_with(&format!("{{\"kind\":\"{kind}\"")), "kind comes first: {line}");
                *shown.entry(kind.to_owned()).or_default() += 1;
                check_client_reads(line);
            }
            None => {
                Request::decode(&without_waits(line))
                    .unwrap_or_else(|error| panic!("{} in {line}", error.rejection.message));
                *shown.entry("command".to_owned()).or_default() += 1;
            }
        }
    }
    let kinds: Vec<_> = shown.keys().map(String::as_str).collect();
    assert_eq!(
        kinds,
        ["close", "command", "end", "error", "event", "hello", "playback", "reply", "snapshot", "table", "tick"]
    );
}

/// The library's client reads what the server writes: the two have types of their own.
pub fn check_client_reads(frame: &str) {
    let read: ClientFrame = serde_json::from_str(frame).unwrap_or_else(|error| panic!("{error} in {frame}"));
    let words = format!("{read:?}");
    let unread = ["close", "reply", "table"].iter().any(|kind| frame.starts_with(&format!(r#"{{"kind":"{kind}""#)));
    assert_eq!(matches!(read, ClientFrame::Unknown), unread, "{frame}");
    assert!(!words.contains("Unknown(\""), "a word that the client does not know: {frame}");
}

/// A shipped scenario reduced to these matches, players and events, so that its documents are short enough for the page.
fn cut_scenario(place: usize, matches: &[&str], players: &[&str], happenings: &[&str]) -> Scenario {
    let keep = |line: &str| -> Option<String> {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        let fields = line.as_object_mut().expect("an object");
        let word = |key: &str| fields.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let of = |ids: &[&str], key: &str| ids.contains(&word(key).as_str());
        let kept = match word("kind").as_str() {
            "scenario" => true,
            "match" => of(matches, "id"),
            "table" => true,
            "marker" => of(happenings, "name") && (fields.get("match").is_none() || of(matches, "match")),
            _ => {
                of(happenings, "id")
                    || of(happenings, "type") && (fields.get("match").is_none() || of(matches, "match"))
            }
        };
        fields.retain(|key, _| !["about", "sources", "officials"].contains(&key.as_str()));
        for side in ["home", "away"] {
            if let Some(sheet) = fields.get_mut(side).and_then(|team| team.get_mut("players")?.as_array_mut()) {
                sheet.retain(|player| player["id"].as_str().is_some_and(|id| players.contains(&id)));
            }
        }
        if let Some(rows) = fields.get_mut("rows").and_then(Value::as_array_mut) {
            rows.truncate(1);
        }
        kept.then(|| line.to_string())
    };
    let lines: Vec<String> = SHIPPED[place].text().lines().filter_map(keep).collect();
    Scenario::parse("cut", &lines.join("\n")).expect("a scenario")
}

/// The documents that the server writes, in the order of the page.
fn server_documents() -> Vec<String> {
    let mut documents = Vec::new();
    let mut put = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut out = Vec::new();
        write(&mut out);
        documents.push(String::from_utf8(out).expect("text"));
    };

    let run = |timeline: &Timeline| format!("{:08x}", run_of(timeline));
    let mut flagship = cut_scenario(0, &["juv-nap"], &["buffon"], &["period_start", "period_end"]);
    flagship.about = Some("The night the gap at the top became a single point.".into());
    flagship.sources = vec!["Wyscout public data set, CC BY 4.0".into()];
    let timeline = Timeline::new(&flagship);
    let began = Instant::now();
    let options = PlaybackOptions { speed: Speed::parse("60").expect("a speed"), ..PlaybackOptions::default() };
    let mut playback = Playback::new(&timeline, options, began).expect("a playback");
    playback.apply(&timeline, &Command::parse_line("seek 30:00").expect("a command"), began).expect("applied");
    playback.advance(&timeline, began);
    let digest = run(&timeline);
    let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_327_200);
    let status = PlaybackStatus {
        run: &digest,
        playhead: &playback.playhead(),
        pace: playback.pace_text().map(|word| &**word),
        now: began,
        wall,
    };
    // The replay that the page opens and steps.
    let whole = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    let opening: serde_json::Map<String, Value> = page()
        .lines()
        .find(|line| is_opening(line))
        .map(|line| serde_json::from_str(line).expect("an object"))
        .expect("one");
    let mut derby = Playback::new(&whole, replay_options(&opening, &whole).playback, began).expect("a playback");
    let base = "127.0.0.1:8089/r/derby";
    let opened = documents::OpenedReplay {
        findings: None,
        id: "derby",
        ws: &format!("ws://{base}/ws"),
        http: &format!("http://{base}"),
        control: Some("hkgng4r5rtnhqam3"),
        status: PlaybackStatus {
            run: &run(&whole),
            playhead: &derby.playhead(),
            pace: derby.pace_text().map(|word| &**word),
            now: began,
            wall,
        },
    };
    put(&|out| documents::write_opened_replay(&whole, &opened, out));
    put(&|out| documents::write_state(&timeline, &status, &[0], SnapshotDetail::Key, out));
    put(&|out| documents::write_history(&timeline, 0..1, out));
    put(&|out| documents::write_tables(&timeline, &status, [0], out));

    let happenings = ["wyckhart-67", "Two minutes of joy", "period_start", "period_end"];
    let scenario = cut_scenario(2, &["van-lar"], &["wyckhart", "quenby"], &happenings);
    let night = Timeline::new(&scenario);
    put(&|out| documents::write_timeline(&night, &run(&night), &[0], Span::ZERO, None, out));
    let seen = SpoilerLimit { n: 3, at: MediaTime::from_millis(4_300_000) };
    put(&|out| documents::write_timeline(&night, &run(&night), &[0], Span::ZERO, Some(seen), out));

    let line = ReplayEntry { id: "main", status, shared: true, subscribers: 2, linger: None };
    put(&|out| documents::write_replay(&timeline, &line, out));
    put(&|out| {
        documents::write_scenario(
            "juventus-napoli-2018-04-22",
            flagship.about.as_deref(),
            &flagship.sources,
            &timeline,
            out,
        )
    });

    let plan = FaultPlan::parse("drop:at=koulibaly-goal").expect("a plan");
    let faulty = apply(&whole, &plan, 0).expect("applied");
    let mut faulty_playback = Playback::new(&faulty, PlaybackOptions::default(), began).expect("a playback");
    let to_the_goal = Command::parse_line("step next:goal").expect("a command");
    faulty_playback.apply(&faulty, &to_the_goal, began).expect("applied");
    let (run_of_it, playhead) = (run(&faulty), faulty_playback.playhead());
    let status_of_it = PlaybackStatus { run: &run_of_it, playhead: &playhead, pace: None, now: began, wall };
    let broken = LinkNote {
        wall,
        at: MediaTime::from_millis(6_432_000),
        subscriber: Some(3),
        client: Some("phone".into()),
        kind: FaultKind::Cut,
        fault: Some(1),
        what: "connection reset".to_owned(),
    };
    let both = FaultPlan::parse("drop:at=koulibaly-goal; cut:at=89:07,client=phone").expect("a plan");
    let played = PlayedFaults { plan: &both, seed: 0, links: &[broken] };
    put(&|out| documents::write_journal(&faulty, &played, &status_of_it, false, out));

    let until = "\"until\":\"89:06\"";
    let step = page()
        .lines()
        .find(|line| line.starts_with("{\"command\":\"step\"") && line.contains(until))
        .map(without_waits);
    let Request { action: Action::Playback(step), .. } = Request::decode(&step.expect("a step")).expect("a command")
    else {
        panic!("a step moves playback");
    };
    let step = derby.apply(&whole, &step.command, began).expect("applied");
    let digest = run(&whole);
    let status = PlaybackStatus {
        run: &digest,
        playhead: &derby.playhead(),
        pace: derby.pace_text().map(|word| &**word),
        now: began,
        wall,
    };
    put(&|out| {
        native::write_answer(
            |body| {
                body.write_subscribers(1);
                body.write_outcome(&whole, &step, &status);
            },
            out,
        );
    });
    documents
}

#[test]
fn documented_documents_equal_what_the_server_writes() {
    let page = page();
    let shown: Vec<&str> = page.lines().filter(|line| is_document(line)).collect();
    let server_documents = server_documents();
    for (shown, server_documents) in shown.iter().zip(&server_documents) {
        assert_eq!(shown, server_documents);
    }
    assert_eq!(shown.len(), server_documents.len(), "written are:\n{}", server_documents.join("\n"));
}
