//! The published schemas: they describe what the server writes and accepts, all of it and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};
use touchline::internals::dialect::Request;
use touchline::internals::dialect::native::{self, SnapshotDetail, documents};
use touchline::internals::hub::{Framing, ReplaySpec};
use touchline::internals::scenario::line_fields;
use touchline::internals::server::contracts;
use touchline::internals::verdict::client_reports;
use touchline::playback::{Command, PlaybackOptions};
use touchline::replay::ReplayOptions;
use touchline::scenario::{Scenario, Span, Timeline};

use super::contract::CONTRACT;
use super::harness::{Harness, PIPE_BYTES};
use super::pipes::DeliveryMode;
use super::real::{TestServer, flagship, path};
use super::wire::FRAMINGS;

/// Values that were received or accepted: checked, and their members marked as met.
#[derive(Default)]
struct Met(BTreeSet<String>);

impl Met {
    fn see(&mut self, definition: &str, value: &Value) {
        CONTRACT.check(definition, value).unwrap_or_else(|why| panic!("{why}"));
        CONTRACT.mark(definition, value, &mut self.0);
    }

    fn see_frame(&mut self, frame: &Value) {
        self.see(CONTRACT.frame(frame).unwrap_or_else(|why| panic!("{why}")), frame);
    }

    fn see_written(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut out = Vec::new();
        write(&mut out);
        self.see_frame(&serde_json::from_slice(&out).expect("JSON"));
    }
}

/// What only the verdict on a trace has: met where one is played, in `test_command.rs`.
pub const OF_A_TRACE: [&str; 8] = [
    "ClientReport.replay",
    "VerdictDocument.recorded",
    "VerdictDocument.failure",
    "VerdictDocument.failure.client",
    "VerdictDocument.failure.replay",
    "VerdictDocument.failure.match",
    "VerdictDocument.failure.at",
    "VerdictDocument.failure.what",
];

/// A coach who is sent off twice, which no line-up can show.
const TWICE_SENT_OFF: &str = r#"{"kind":"scenario","version":1,"title":"Sent off twice"}
{"kind":"match","id":"m","kickoff":"2026-03-07T15:00:00Z","home":{"id":"h","name":"Alba","coach":{"id":"farrow","name":"Meg Farrow"}},"away":{"id":"a","name":"Borea"}}
{"type":"red_card","period":1,"clock":"10:00","side":"home","player":"farrow"}
{"type":"red_card","period":1,"clock":"11:00","side":"home","player":"farrow"}
"#;

fn files(folder: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("a folder").map(|file| file.expect("a file").path()).collect();
    files.retain(|file| file.extension().is_some_and(|kind| kind == "jsonl"));
    files.sort();
    files
}

/// The texts of all scenarios without a mistake.
fn scenarios() -> Vec<String> {
    let files = ["scenarios", "tests/cases", "tests/page/fixtures"].into_iter().flat_map(files);
    let texts = files.map(|file| std::fs::read_to_string(file).expect("text"));
    texts.chain([TWICE_SENT_OFF.to_owned()]).collect()
}

/// Everything that depends on the timeline alone.
fn see_timeline(met: &mut Met, timeline: &Timeline) {
    let (cues, tracks) = (timeline.cues().len(), timeline.tracks().len());
    for index in 0..cues {
        met.see_written(|out| native::write_event(timeline, index, out));
        if timeline.cues()[index].last {
            met.see_written(|out| native::write_end(timeline, index, out));
        }
    }
    for index in (0..=cues).step_by(5).chain([cues]) {
        for track in 0..tracks.min(20) {
            met.see_written(|out| native::write_snapshot(timeline, track, index, index, SnapshotDetail::Full, out));
        }
        for table in 0..timeline.tables().len() {
            met.see_written(|out| native::write_table(&timeline.table_at(table, index), index, out));
        }
    }
    let (mut out, tracks) = (Vec::new(), (0..tracks).collect::<Vec<_>>());
    documents::write_timeline(timeline, "0badcafe", &tracks, Span::ZERO, None, &mut out);
    met.see("TimelineDocument", &serde_json::from_slice(&out).expect("JSON"));
}

/// Commands with every member, as a WebSocket takes them; those with `false` only over HTTP.
const COMMANDS: &[(&str, bool)] = &[
    (r#"{"command":"play","if_version":4,"by":"anna","id":1}"#, true),
    (r#"{"command":"pause","if_version":4,"by":"anna","id":"a"}"#, true),
    (r#"{"command":"speed","to":60,"if_version":4,"by":"anna","id":[1]}"#, true),
    (r#"{"command":"speed","to":"max"}"#, true),
    (r#"{"command":"pace","to":"highlights","if_version":4,"by":"anna","id":1}"#, true),
    (r#"{"command":"seek","to":"HT","lead":"20s","match":"juv-nap","if_version":4,"by":"anna","id":1}"#, true),
    (r#"{"command":"step","count":3,"if_version":4,"by":"anna","id":1}"#, true),
    (r#"{"command":"step","until":"next:goal","match":"juv-nap","or":"end"}"#, true),
    (r#"{"command":"step","wait_for":1,"acknowledged":true,"timeout":"5s","if_version":1,"by":"anna","id":1}"#, false),
    (r#"{"command":"step","count":null,"until":"HT","match":"juv-nap","or":"end","wait_for":0}"#, false),
    (r#"{"command":"step","count":1,"timeout":"1s"}"#, false),
    (r#"{"command":"restart","if_version":4,"by":"anna","id":1}"#, true),
    (r#"{"command":"loop","to":true,"if_version":4,"by":"anna","id":1}"#, true),
    (r#"{"command":"faults","to":"drop:p=0.1","seed":7,"if_version":4,"by":"anna","id":1}"#, true),
    (r#"{"command":"fault","do":"cut","subscriber":3,"client":"web","code":1012,"every":"5m","p":1}"#, true),
    (r#"{"command":"fault","do":"late","at":"HT","types":"goal","match":"juv-nap","from":"1:00","until":"FT"}"#, true),
    (r#"{"command":"fault","do":"duplicate","by":"1s","times":2,"if_version":4,"id":1}"#, true),
    (r#"{"command":"fault","do":"clock","for":"1m","what":"jump"}"#, true),
    (r#"{"command":"fault","do":"swap","with":"juv-nap"}"#, true),
    (r#"{"command":"fault","do":"throttle","rate":4000}"#, true),
    (r#"{"command":"fault","do":"fragment","size":"100"}"#, true),
    (r#"{"command":"subscribe","match":["juv-nap"],"types":"goal,card","id":1}"#, true),
    (r#"{"command":"ack","n":87,"epoch":1,"id":1}"#, true),
    (r#"{"command":"shows","match":"juv-nap","score":"0-1","clock":"89:07","n":87,"id":1}"#, true),
    (r#"{"command":"ping","payload":{"a":[1]},"id":1}"#, true),
];

/// Commands that neither the server nor the schema accepts.
const WRONG_COMMANDS: &[&str] = &[
    r#"{"command":"sek","to":"HT"}"#,
    r#"{"command":"play","to":60}"#,
    r#"{"command":"speed","to":true}"#,
    r#"{"command":"speed"}"#,
    r#"{"command":"seek","too":"HT"}"#,
    r#"{"command":"seek","to":7}"#,
    r#"{"command":"step","count":0}"#,
    r#"{"command":"step","until":"HT","or":"start"}"#,
    r#"{"command":"step","wait_for":1}"#,
    r#"{"command":"loop","to":"on"}"#,
    r#"{"command":"faults","to":"off","seed":-1}"#,
    r#"{"command":"fault","subscriber":3}"#,
    r#"{"command":"subscribe","types":7}"#,
    r#"{"command":"ack"}"#,
    r#"{"command":"shows","match":"a","score":"3"}"#,
    r#"{"command":"pause","if_version":"4"}"#,
    r#"{"cmd":"play"}"#,
];

fn over_websocket(text: &str) -> Result<(), String> {
    Request::decode(text).map(|_| ()).map_err(|error| error.rejection.message)
}

fn over_http(text: &str) -> Result<(), String> {
    let take = |fields: &mut Map<String, Value>| {
        ["wait_for", "acknowledged", "timeout"].iter().for_each(|field| drop(fields.remove(*field)));
        Ok(&[][..])
    };
    Request::decode_command(text, take).map(|_| ()).map_err(|rejection| rejection.message)
}

#[test]
fn commands_are_accepted_and_refused_as_the_schema_says() {
    for (text, on_websocket) in COMMANDS {
        let command = serde_json::from_str(text).expect("JSON");
        assert_eq!(over_websocket(text).is_ok(), *on_websocket, "{text}: {:?}", over_websocket(text));
        assert_eq!(CONTRACT.check("Command", &command).is_ok(), *on_websocket, "{text}");
        let name = command["command"].as_str().expect("a command");
        if Command::NAMES.contains(&name) {
            assert_eq!((over_http(text), CONTRACT.check("HttpCommand", &command)), (Ok(()), Ok(())), "{text}");
        }
    }
    for text in WRONG_COMMANDS {
        let command = serde_json::from_str(text).expect("JSON");
        assert!(over_websocket(text).is_err(), "{text} is accepted");
        assert!(CONTRACT.check("Command", &command).is_err(), "{text} is as the schema says");
    }
}

/// What opens a replay, with every field.
fn openings() -> Vec<Value> {
    vec![
        json!({"name":"derby","scenario":"juv","speed":60,"from":"85:00","until":"FT","paused":true,"linger":"5m"}),
        json!({"pace":"break=3s","fit":"3m","loop":true,"hold":"1s","wait_for":1,"now":true}),
        json!({"wall":"20:45","faults":"drop:p=0.1","seed":7,"speed":"60","name":null}),
        json!({"lines":TWICE_SENT_OFF}),
        json!({"lines":TWICE_SENT_OFF.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect::<Vec<Value>>()}),
    ]
}

#[tokio::test]
async fn every_member_of_every_schema_is_met() {
    let mut met = Met::default();
    for text in scenarios() {
        for line in text.lines().filter_map(|line| serde_json::from_str(line).ok()) {
            met.see("Line", &line);
        }
        if let Ok(scenario) = Scenario::parse("a scenario", &text) {
            see_timeline(&mut met, &Timeline::new(&scenario));
        }
    }
    for (text, on_websocket) in COMMANDS {
        let definition = if *on_websocket { "Command" } else { "HttpCommand" };
        met.see(definition, &serde_json::from_str(text).expect("JSON"));
    }
    openings().iter().for_each(|opening| met.see("OpenRequest", opening));
    see_server(&mut met).await;
    see_judged(&mut met);
    met.0.extend(OF_A_TRACE.map(str::to_owned));
    let missing: Vec<String> = CONTRACT.members().difference(&met.0).cloned().collect();
    assert!(missing.is_empty(), "never met:\n{}", missing.join("\n"));
}

/// What a server answers, over real sockets.
async fn see_server(met: &mut Met) {
    let server = TestServer::with_delivery_loop(true).await;
    let opening = json!({"name":"late","scenario":"serie","speed":600,"from":"20:00","pace":"highlights","loop":true});
    let opened = server.open(&opening.to_string()).await;
    met.see("OpenedReplay", &opened);
    // A replay that its subscriber opens: hello has the token, and the stream ends.
    let mut own = server.subscribe(Framing::Lines, "/events.ndjson?scenario=juv&speed=max&stamp=1").await;
    own.rest().await.iter().for_each(|frame| met.see_frame(frame));
    let faults = "drop:at=next:goal; cut:at=80:30,client=tablet";
    let body = json!({"name":"odd","scenario":"juv","paused":true,"from":"80:00","faults":faults,"seed":7});
    let odd = server.open(&body.to_string()).await;
    let mut phone = server.subscribe(Framing::WebSocket, "/r/odd/ws?client=phone").await;
    let _tablet = server.subscribe(Framing::WebSocket, "/r/odd/ws?client=tablet").await;
    let commands = [
        r#"{"command":"ping","payload":1,"id":1}"#,
        r#"{"command":"step","until":"next:card","or":"end","by":"anna","id":2}"#,
        r#"{"command":"seek","to":"500:00","id":3}"#,
        r#"{"command":"speed","to":10000,"id":4}"#,
        r#"{"command":"pace","to":"goal:lead=90m,speed=2","id":5}"#,
        r#"{"command":"loop","to":true,"id":6}"#,
        r#"{"command":"nonsense","id":7}"#,
        r#"{"command":"shows","match":"juv-nap","score":"3-3","id":8}"#,
        r#"{"command":"seek","to":"80:00","id":9}"#,
    ];
    for text in commands {
        phone.send_text(text).await;
        let id: Value = serde_json::from_str::<Value>(text).expect("JSON")["id"].clone();
        phone.until(|frame| frame["id"] == id).await.iter().for_each(|frame| met.see_frame(frame));
    }
    for (text, replay) in [
        (r#"{"command":"step","count":2,"timeout":"1s"}"#, "late"),
        (r#"{"command":"seek","to":"500:00","match":"juv-nap"}"#, "late"),
        (r#"{"command":"seek","to":"45+1"}"#, "late"),
        (r#"{"command":"speed","to":600}"#, "late"),
        (r#"{"command":"fault","do":"cut"}"#, "odd"),
        (r#"{"command":"step","until":"81:00"}"#, "odd"),
        (r#"{"command":"seek","to":"91:00"}"#, "odd"),
    ] {
        met.see("CommandAnswer", &server.command(replay, text).await);
    }
    // Many matches without players: more notes than are listed.
    let matches = (0..60).map(|number| {
        let team = |side: &str| json!({"id":format!("{side}{number}"),"name":format!("{side} {number}"),"short":format!("{side}{number}")});
        json!({"kind":"match","id":format!("m{number}"),"kickoff":"2026-03-07T15:00:00Z","home":team("H"),"away":team("A")})
    });
    let lines: Vec<Value> =
        [json!({"kind":"scenario","version":1,"title":"Many"})].into_iter().chain(matches).collect();
    met.see("OpenedReplay", &server.open(&json!({"lines":lines}).to_string()).await);
    let wrong = [&lines[..], &[json!({"kind":"scenery"})]].concat();
    let refused = server.post("/api/replays", &json!({"lines":wrong}).to_string()).await;
    refused.expect_error(400, "bad_scenario");
    met.see("Refusal", &refused.json());
    let refused = server.post("/api/replays/odd/command", r#"{"command":"sek"}"#).await;
    met.see("Refusal", &refused.json());
    let shown = json!({"client":"web","match":"juv-nap","score":"0-1","clock":"89:07","n":87});
    met.see("ShowsRequest", &shown);
    met.see("ShowsAnswer", &server.post("/r/odd/shows", &shown.to_string()).await.expect_json(200));
    let token = format!("authorization: Bearer {}", odd["control"].as_str().expect("a token"));
    let submitted =
        server.ask("POST", "/api/replays/odd/record", &[&token], r#"{"command":"speed","to":2,"by":"anna"}"#).await;
    met.see("SubmittedDocument", &submitted.expect_json(200));
    for (definition, path) in [
        ("StateDocument", "/r/late/state?snapshot=full"),
        ("StateDocument", "/r/odd/state"),
        ("MatchStateDocument", "/r/odd/state/juv-nap"),
        ("MatchStateDocument", "/r/late/state/juv-nap"),
        ("HistoryDocument", "/r/late/history"),
        ("TimelineDocument", "/r/late/timeline?spoilers=0"),
        ("TableDocument", "/r/late/table"),
        ("ScenariosDocument", "/api/scenarios"),
        ("ReplaysDocument", "/api/replays"),
        ("ReplayDocument", "/api/replays/late"),
        ("JournalDocument", "/api/replays/odd/journal?all=1"),
        ("RecordDocument", "/api/replays/odd/record"),
        ("VerdictDocument", "/api/replays/odd/verdict"),
    ] {
        let headers: &[&str] = if path.contains("/odd/") { &[&token] } else { &[] };
        met.see(definition, &server.ask("GET", path, headers, "").await.expect_json(200));
    }
    let mut several = server.subscribe(Framing::WebSocket, "/r/late/ws").await;
    several.send_text(r#"{"command":"pause","id":1}"#).await;
    several.until(|frame| frame["id"] == 1).await.iter().for_each(|frame| met.see_frame(frame));
    let cursor = format!("{}.1.1", odd["run"].as_str().expect("a run"));
    let mut resumed = server.subscribe(Framing::WebSocket, &format!("/r/odd/ws?since={cursor}")).await;
    met.see_frame(&resumed.of_kind("hello").await);
    for framing in FRAMINGS {
        let mut stream = server.subscribe(framing, &format!("/r/late{}", path(framing))).await;
        let begun = stream.until(|frame| frame["kind"] == "tick").await;
        begun.iter().for_each(|frame| met.see_frame(frame));
    }
}

/// What is found about an app that shows a wrong score and does not recover from a cut.
fn see_judged(met: &mut Met) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    std::thread::scope(|threads| {
        let judged = threads.spawn(|| {
            runtime.expect("a runtime").block_on(async {
                let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
                let options = ReplayOptions { playback, ..ReplayOptions::default() };
                let mut scene = Harness::new(DeliveryMode::Loop, flagship(), options);
                let later = async |seconds| tokio::time::sleep(Duration::from_secs(seconds)).await;
                let command = |line: &str| Command::parse_line(line).expect("a command");
                let shows = |score: &str| {
                    format!(r#"{{"command":"shows","match":"juv-nap","score":"{score}","clock":"1:00","n":1,"id":1}}"#)
                };
                for client in ["web", "lazy"] {
                    scene.subscribe(client, &format!("client={client}"), PIPE_BYTES);
                    scene.settle().await;
                    scene.subscriber(client).send_text(&shows("0-0"));
                    scene.settle().await;
                }
                scene.control.apply(command("step next:goal")).await.expect("applied");
                later(20).await;
                // One is cut twice, comes back once, and shows more goals than there were.
                scene.control.apply(command("fault cut client=web")).await.expect("applied");
                later(5).await;
                scene.subscribe("again", "client=web", PIPE_BYTES);
                scene.settle().await;
                for score in ["0-1", "2-0"] {
                    scene.subscriber("again").send_text(&shows(score));
                    later(5).await;
                }
                scene.control.apply(command("fault cut client=web")).await.expect("applied");
                later(5).await;
                client_reports(&scene.replay).iter().map(|report| json!(report)).collect::<Vec<_>>()
            })
        });
        judged.join().expect("no panic").iter().for_each(|report| met.see("ClientReport", report));
    });
}

#[test]
fn the_schema_of_a_line_has_the_fields_that_the_reader_accepts() {
    let document: Value = serde_json::from_str(&contracts::document("scenario-line").expect("a schema")).expect("JSON");
    let fields = |place: &[&str]| -> BTreeSet<String> {
        let object = place.iter().fold(&document["$defs"], |object, name| &object[*name]);
        object["properties"].as_object().unwrap_or_else(|| panic!("{place:?}")).keys().cloned().collect()
    };
    let read: BTreeMap<&[&str], &[&str]> = [
        (&["ScenarioLine"][..], line_fields::SCENARIO_FIELDS),
        (&["MatchLine"], line_fields::MATCH_FIELDS),
        (&["MatchLine", "properties", "rules"], line_fields::RULES_FIELDS),
        (&["TeamSheet"], line_fields::TEAM_FIELDS),
        (&["PlayerSheet"], line_fields::PLAYER_FIELDS),
        (&["TableLine"], line_fields::TABLE_FIELDS),
        (&["TableLine", "properties", "rows", "items"], line_fields::ROW_FIELDS),
        (&["TieLine"], line_fields::TIE_FIELDS),
        (&["FixtureLine"], line_fields::FIXTURE_FIELDS),
        (&["MarkerLine"], line_fields::MARKER_FIELDS),
    ]
    .into();
    for (place, accepted) in read {
        assert_eq!(fields(place), accepted.iter().map(|field| (*field).to_owned()).collect(), "{place:?}");
    }
    let (event, correction) = (fields(&["EventLine"]), fields(&["CorrectionLine"]));
    for field in line_fields::EVENT_FIELDS {
        assert!(event.contains(field) && correction.contains(field), "{field}");
    }
}

#[test]
fn the_schema_of_an_opening_has_the_fields_of_a_replay() {
    let document: Value = serde_json::from_str(&contracts::document("open-request").expect("a schema")).expect("JSON");
    let fields = document["$defs"]["OpenRequest"]["properties"].as_object().expect("fields");
    for field in ReplaySpec::FIELDS {
        assert!(!fields[*field]["description"].as_str().unwrap_or_default().is_empty(), "{field} is not described");
    }
    for (field, value) in [("speed", json!(true)), ("paused", json!("1")), ("wait_for", json!(-1)), ("sped", json!(60))]
    {
        assert!(CONTRACT.check("OpenRequest", &json!({field: value})).is_err(), "{field}");
    }
}

/// What is wrong with a line, and what is not, as its schema says.
#[test]
fn the_schema_of_a_line_finds_mistakes() {
    let event = |more: Value| {
        let mut line = json!({"type":"shot","period":1,"clock":"16:04","side":"home"});
        let fields = more.as_object().expect("fields").clone();
        line.as_object_mut().expect("an object").extend(fields);
        CONTRACT.check("Line", &line).is_ok()
    };
    for fine in
        [json!({}), json!({"outcome":"saved","player":null}), json!({"type":"drone","alt":7}), json!({"xg":0.5})]
    {
        assert!(event(fine.clone()), "{fine}");
    }
    for wrong in [
        json!({"outcome":"on_target"}),
        json!({"assist":"h9"}),
        json!({"plyer":"h9"}),
        json!({"clock":"16.04"}),
        json!({"side":"hme"}),
        json!({"period":6}),
        json!({"status":"first_half"}),
        json!({"xg":2}),
        json!({"op":"replace"}),
    ] {
        assert!(!event(wrong.clone()), "{wrong}");
    }
}

/// The published protocol as a reviewed file, of which `clients/js/protocol.d.ts` is made: a change of a contract shows there.
#[test]
fn the_protocol_is_that_of_the_reviewed_file() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/protocol.schema.json");
    let published = contracts::document("protocol").expect("the protocol");
    if std::env::var_os("TOUCHLINE_BLESS").is_some() {
        std::fs::write(&file, &published).expect("written");
    }
    let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        published == reviewed,
        "the contract has changed: TOUCHLINE_BLESS=1 cargo test --test it contracts, then tests/contracts/types > \
         clients/js/protocol.d.ts; review both"
    );
}

#[test]
fn every_name_has_a_document() {
    for (name, about) in contracts::names() {
        let document: Value = serde_json::from_str(&contracts::document(name).expect(name)).expect("JSON");
        assert!(document.is_object() && !about.is_empty(), "{name}");
    }
    assert_eq!(contracts::document("fram"), None);
}
