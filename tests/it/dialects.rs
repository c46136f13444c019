//! Dialects over real sockets: the real program, with faults, templates, and Python clients of providers that others wrote.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::files::{Folder, word};
use super::foreign::{foreign_folder, skip};
use super::program::{Program, run};

/// Runs curl on a path of the server, with a key. Returns the status and the body.
fn get(base: &str, path: &str) -> (u16, String) {
    let url = format!("{base}{path}");
    let arguments = ["-sS", "--max-time", "30", "-H", "x-apisports-key: any", "-w", "\n%{http_code}", &url];
    let Output { stdout, stderr, .. } = Command::new("curl").args(arguments).output().expect("curl runs");
    let text = String::from_utf8_lossy(&stdout).into_owned();
    let (body, status) = text.rsplit_once('\n').unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&stderr)));
    (status.parse().expect("a status"), body.to_owned())
}

fn json_of((status, body): (u16, String)) -> Value {
    assert_eq!(status, 200, "{body}");
    serde_json::from_str(&body).unwrap_or_else(|error| panic!("{error}: {body}"))
}

fn command(program: &Program, command: &Value) {
    let answer = program.post("/api/replays/main/command", &command.to_string());
    assert!(answer.contains("200 OK"), "{command}: {answer}");
}

/// The goals of the one live match.
fn live_goals(base: &str) -> Value {
    json_of(get(base, "/fixtures?live=all"))["response"][0]["goals"].clone()
}

#[test]
fn a_dialect_is_below_each_replay_and_on_a_port_of_its_own() {
    let program =
        Program::serve(&["serve", "juv", "--from", "89:30", "--paused", "--port", "0", "--serve", "api-football=0"]);
    let port = program.ready["dialects"]["api-football"].as_str().expect("an address").to_owned();
    let below = format!("{}/r/main/dialect/api-football", program.http());
    for base in [&port, &below, &format!("{}/dialect/api-football", program.http())] {
        assert_eq!(live_goals(base), json!({ "home": 0, "away": 1 }), "{base}");
        let teams = json_of(get(base, "/v3/teams?search=napoli"));
        let logo = teams["response"][0]["team"]["logo"].as_str().expect("an address");
        let (status, crest) = get(logo, "");
        assert!(status == 200 && crest.starts_with("<svg"), "{logo}: {crest}");
    }
    // Another replay has a place of its own.
    let opened = program.post("/api/replays", r#"{"scenario":"juv","from":"HT","paused":true}"#);
    let opened: Value = serde_json::from_str(opened.rsplit("\r\n\r\n").next().expect("a body")).expect("JSON");
    let own = format!("{}/r/{}/dialect/api-football", program.http(), opened["id"].as_str().expect("a name"));
    assert_eq!(live_goals(&own), json!({ "home": 0, "away": 0 }));
    let (status, body) = get(&program.http(), "/r/main/dialect/esnp/x");
    assert!(status == 404 && body.contains(r#"did you mean \"espn\""#), "{body}");
    // Nothing else is behind the port.
    for path in ["/../../../api/replays", "/api/replays", "/r/main/state"] {
        let (status, body) = get(&port, path);
        assert!(status == 200 && body.contains("endpoint"), "{path}: {status} {body}");
    }
}

#[test]
fn ports_without_a_connection_take_no_place_from_the_server() {
    let ports = ["--serve", "espn=0", "--serve", "api-football=0", "--as-provider", "espn"];
    let program =
        Program::serve(&[&["serve", "juv", "--paused", "--port", "0", "--max-connections", "3"], &ports[..]].concat());
    for _ in 0..3 {
        assert_eq!(get(&program.http(), "/state").0, 200);
    }
}

#[test]
fn faults_of_the_feed_show_in_documents() {
    let plan = "drop:at=koulibaly-goal";
    let program = Program::serve(&["serve", "juv", "--from", "89:30", "--paused", "--port", "0", "--faults", plan]);
    let base = format!("{}/r/main/dialect/api-football", program.http());
    assert_eq!(live_goals(&base), json!({ "home": 0, "away": 0 }));
    command(&program, &json!({ "command": "faults", "to": "vanish:at=koulibaly-goal,by=60s" }));
    assert_eq!(live_goals(&base), json!({ "home": 0, "away": 1 }));
    command(&program, &json!({ "command": "seek", "to": "90:30" }));
    assert_eq!(live_goals(&base), json!({ "home": 0, "away": 0 }));
    command(&program, &json!({ "command": "faults", "to": "off" }));
    assert_eq!(live_goals(&base), json!({ "home": 0, "away": 1 }));
}

#[test]
fn faults_of_documents_are_answered_in_the_style_of_the_provider() {
    let program =
        Program::serve(&["serve", "juv", "--paused", "--port", "0", "--faults", "api-football-limit; espn-403"]);
    let of = |dialect: &str| format!("{}/r/main/dialect/{dialect}", program.http());
    let errors = |_: u8| json_of(get(&of("api-football"), "/fixtures?live=all"))["errors"].clone();
    let answers: Vec<Value> = (0..12).map(errors).collect();
    assert!(answers[..10].iter().all(|errors| *errors == json!([])), "{answers:?}");
    assert!(answers[10..].iter().all(|errors| errors["rateLimit"].is_string()), "{answers:?}");
    let (status, body) = get(&of("espn"), "/apis/site/v2/sports/soccer/ita.1/scoreboard");
    assert!(status == 403 && body.contains(r#""code":403"#), "{body}");
    assert_eq!(get(&of("espn"), "/core/soccer/scoreboard?xhr=1&league=ita.1").0, 200);
    command(&program, &json!({ "command": "faults", "to": "http_error:code=500,what=dialect" }));
    let (status, body) = get(&of("api-football"), "/fixtures?live=all");
    assert!(status == 500 && body.contains(r#""results":0"#), "{body}");
    assert_eq!(get(&program.http(), "/state").0, 200);
    let journal = program.ask("GET", "/api/replays/main/journal", "");
    assert!(journal.contains("answered that too many were requested"), "{journal}");
}

#[test]
fn the_template_of_the_documentation_is_served_and_a_wrong_one_is_refused() {
    let page = include_str!("../../docs/dialects/templates.md");
    let template = page.split("```jinja\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a template");
    let folder = Folder::new("templates");
    let file = folder.write("acme.dialect", template);
    let file = word(&file);
    let arguments =
        ["serve", "juv", "--from", "89:30", "--paused", "--port", "0", "--dialect", file, "--serve", "acme=0"];
    let program = Program::serve(&arguments);
    let base = program.ready["dialects"]["acme"].as_str().expect("an address").to_owned();
    assert_eq!(json_of(get(&base, "/v1/scores/juv-nap")), json!({ "scorers": ["Kalidou Koulibaly"] }));
    assert_eq!(json_of(get(&base, "/v1/scores"))[0]["score"], json!([0, 1]));
    let (status, body) = get(&base, "/v1/scores/jvu-nap");
    assert!(status == 404 && body.contains(r#""problem": "there is no match"#), "{status} {body}");

    // The command of a test finds the address.
    let fetch = "curl -sS $ACME_BASE_URL/v1/scores/juv-nap";
    let output =
        run(&["test", "juv", "--wait-for", "9", "--dialect", file, "--serve", "acme=0", "--", "sh", "-c", fetch]);
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(stdout.starts_with("{\"scorers\": ["), "{stdout}{}", String::from_utf8_lossy(&output.stderr));

    let wrong = folder.write("wrong.dialect", "=== /a\n{\"a\":\n {{ matches[0].state.scores }}}\n");
    let taken = folder.write("espn.dialect", template);
    for (file, message, code) in [
        (word(&wrong), "wrong.dialect:3: undefined value", 1),
        (word(&taken), "there is a dialect \"espn\" already", 2),
        ("none.dialect", "reading none.dialect: ", 1),
    ] {
        for word in ["serve", "test"] {
            let command: &[&str] = if word == "test" { &["--", "true"] } else { &["--port", "0"] };
            let output = run(&[&[word, "juv", "--dialect", file], command].concat());
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), text.lines().count()), (Some(code), 1), "{text}");
            assert!(text.contains(message), "{text}");
        }
    }
}

#[test]
fn a_signal_ends_a_program_that_waits_for_a_template() {
    let folder = Folder::new("templates-pipe");
    let path = folder.join("acme.dialect");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    for arguments in [&["serve", "juv", "--port", "0"][..], &["test", "juv"]] {
        let command: &[&str] = if arguments[0] == "test" { &["--", "true"] } else { &[] };
        let mut child = Command::new(env!("CARGO_BIN_EXE_touchline"))
            .args([arguments, &["--dialect", word(&path)], command].concat())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program starts");
        // Opened once the program has the other end; it waits for the text then.
        let _writer = std::fs::File::options().write(true).open(&path).expect("a pipe");
        let id = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("signalled");
        let ended = (0..200).find_map(|_| {
            std::thread::sleep(Duration::from_millis(50));
            child.try_wait().expect("a child")
        });
        let _ = child.kill();
        assert_eq!(ended.and_then(|status| status.signal()), Some(15), "{arguments:?}");
    }
}

/// A client in Python, asked for each step of a whole match what it reads. `check` is given what the server's state says.
fn read_a_whole_match(package: &str, script: &str, scenario: &str, check: impl Fn(&Value, &Value)) {
    let Some(folder) = foreign_folder().filter(|folder| folder.join("python").join(package).is_dir()) else {
        return skip(package);
    };
    let program = Program::serve(&["serve", scenario, "--paused", "--port", "0"]);
    let dialect = if package == "espn_sports_api" { "espn" } else { "api-football" };
    let root = format!("{}/r/main/dialect/{dialect}", program.http());
    let fixtures = json_of(get(&format!("{}/r/main/dialect/api-football", program.http()), "/fixtures?last=1"));
    let all = json_of(get(
        &format!("{}/r/main/dialect/api-football", program.http()),
        "/fixtures?from=1900-01-01&to=2999-01-01",
    ));
    assert_eq!(fixtures["results"], 0, "no match is over");
    let second = if dialect == "espn" { "all".to_owned() } else { all["response"][0]["fixture"]["id"].to_string() };
    let path = format!("{}/tests/foreign/{script}", env!("CARGO_MANIFEST_DIR"));
    let mut client = Command::new("python3")
        .args([&path, &root, &second])
        .env("PYTHONPATH", folder.join("python"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3");
    let (mut requests, mut lines) =
        (client.stdin.take().expect("piped"), BufReader::new(client.stdout.take().expect("piped")).lines());
    let mut next = || -> Value {
        let line = lines.next().expect("a line").expect("a line");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    };
    if dialect == "espn" {
        assert_eq!(next().as_array().map(Vec::len), Some(2), "two teams");
    }
    loop {
        let state = json_of(get(&program.http(), "/state"));
        writeln!(requests).expect("a request");
        check(&next(), &state["matches"][0]);
        if state["playback"]["state"] == "ended" {
            break;
        }
        command(&program, &json!({ "command": "step", "count": 4 }));
    }
    drop(requests);
    assert!(client.wait().expect("an end").success());
}

#[test]
fn espn_sports_api_reads_a_whole_match() {
    read_a_whole_match("espn_sports_api", "espn.py", "cup-final", |read, own| {
        let score = &own["state"]["score"];
        let texts = json!([score["home"].to_string(), score["away"].to_string()]);
        assert_eq!((&read["score"], &read["summary"]), (&texts, &texts), "{read} {}", own["now"]);
        let kicks = own["state"]["shootout"].as_object().map(|kicks| json!([kicks["home"], kicks["away"]]));
        assert!(kicks.is_none_or(|kicks| read["shootout"] == kicks), "{read} {}", own["now"]);
    });
}

/// What the library reads wrongly itself: it holds every error that is an object for a failure of its own types.
#[test]
fn apisports_football_reads_a_whole_match() {
    read_a_whole_match("apisports_football", "api_football.py", "cup-final", |read, own| {
        let (score, now) = (&own["state"]["score"], own["now"]["status"].as_str().expect("a status"));
        if now == "scheduled" {
            assert_eq!(read["score"], json!([null, null]));
        } else {
            assert_eq!(read["score"], json!([score["home"], score["away"]]), "{read} {}", own["now"]);
            assert_eq!(read["statistics"], 2);
        }
        let goals = read["goals"].as_array().map_or(0, Vec::len);
        assert_eq!(json!(goals), json!(score["home"].as_u64().unwrap_or(0) + score["away"].as_u64().unwrap_or(0)));
        assert!(read["error"].is_string(), "{read}");
    });
}
