//! Third-party clients against the real program: Python's `websockets` and `httpx-sse`, Node's `ws` and `eventsource`, curl and jq,
//! and the README's snippets for them, verbatim.
//!
//! `tests/all` installs them and sets `TOUCHLINE_FOREIGN` to their folder. Without them these tests print that they are skipped;
//! under `CI=true` they fail.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use super::files::Folder;
use super::program::Program;

/// Prints that a test is skipped; fails under `CI=true`.
pub fn skip(what: &str) {
    let message = format!("SKIPPED: no {what}; run tests/all, which installs it");
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{message}");
    eprintln!("{message}");
}

/// The folder of the installed packages.
pub fn foreign_folder() -> Option<PathBuf> {
    std::env::var_os("TOUCHLINE_FOREIGN").map(PathBuf::from)
}

/// An interpreter that can import a package; `None` if it is not installed.
pub fn with(package: &str) -> Option<Command> {
    let installed = foreign_folder().and_then(|folder| {
        let (packages, variable, interpreter) = match package {
            "ws" | "eventsource" | "@playwright/test" => (folder.join("node/node_modules"), "NODE_PATH", "node"),
            _ => (folder.join("python"), "PYTHONPATH", "python3"),
        };
        let mut command = Command::new(interpreter);
        command.env(variable, &packages);
        packages.join(package).is_dir().then_some(command)
    });
    if installed.is_none() {
        skip(package);
    }
    installed
}

/// The WebSocket client of a language; its address is still to be added.
fn client(language: &str) -> Option<Command> {
    match language {
        "python" => script("websockets", "subscribe.py"),
        _ => script("ws", "subscribe.mjs"),
    }
}

/// One of the scripts in `tests/foreign`.
fn script(package: &str, name: &str) -> Option<Command> {
    let mut command = with(package)?;
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(name));
    Some(command)
}

/// Whether all of these programs are installed.
pub fn all_installed(programs: &[&str]) -> bool {
    let missing = programs.iter().find(|program| Command::new(program).arg("--version").output().is_err());
    missing.inspect(|program| skip(program)).is_none()
}

/// The README snippet that begins with this line, with the address of this server.
fn readme_snippet(first_line: &str, program: &Program) -> String {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the page");
    let at = page.find(&format!("\n{first_line}")).unwrap_or_else(|| panic!("{first_line:?} is not on the page"));
    let code = page[at + 1..].split("\n```").next().expect("a block");
    code.replace("127.0.0.1:8089", &format!("127.0.0.1:{}", program.port()))
}

/// The output of a command, which must succeed.
fn printed(command: &mut Command) -> String {
    let output = command.output().expect("it runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).expect("text")
}

/// The lines a client printed: the frames it received, and its close.
fn frames(mut client: Command, arguments: &[&str]) -> Vec<Value> {
    let text = printed(client.args(arguments));
    text.lines().map(|line| serde_json::from_str(line).expect("a frame")).collect()
}

fn of_kind<'a>(frames: &'a [Value], kind: &str) -> Vec<&'a Value> {
    frames.iter().filter(|frame| frame["kind"] == kind).collect()
}

#[test]
fn third_party_websocket_clients_receive_a_whole_match() {
    for language in ["python", "node"] {
        let Some(command) = client(language) else { continue };
        let program = Program::serve(&["juv", "--speed", "2000", "--wait-for", "1", "--port", "0"]);
        let frames = frames(command, &[&program.ws()]);
        assert_eq!(frames[0]["kind"], "hello", "{language}");
        assert_eq!(frames[1]["kind"], "snapshot", "{language}");
        let events = of_kind(&frames, "event");
        let numbers: Vec<_> = events.iter().filter_map(|event| event["n"].as_u64()).collect();
        assert_eq!(numbers, (1..=101).collect::<Vec<_>>(), "{language}");
        let goal = events.iter().find(|event| event["type"] == "goal").expect("a goal");
        assert_eq!(goal["player"]["name"], "Kalidou Koulibaly", "{language}: diacritics and all");
        assert_eq!(events[100]["score"].to_string(), r#"{"away":1,"home":0}"#, "{language}");
        assert_eq!(of_kind(&frames, "end").len(), 1, "{language}");
    }
}

#[test]
fn third_party_clients_control_the_replay() {
    for language in ["python", "node"] {
        let Some(command) = client(language) else { continue };
        let program = Program::serve(&["juv", "--paused", "--port", "0"]);
        let seek = r#"{"command":"seek","to":"next:goal","lead":"10s","id":"s"}"#;
        let frames =
            frames(command, &[&program.ws(), seek, "sek 10:00", r#"{"command":"speed","to":"max","id":2}"#, "play"]);
        let reply = of_kind(&frames, "reply");
        assert_eq!(reply[0]["id"], "s", "{language}");
        assert_eq!(reply[0]["playback"]["epoch"], 2, "{language}");
        let error = of_kind(&frames, "error");
        assert!(error[0]["message"].as_str().unwrap_or_default().contains("did you mean \"seek\""), "{language}");
        assert!(of_kind(&frames, "event").iter().any(|event| event["type"] == "goal"), "{language}");
    }
}

#[test]
fn third_party_clients_see_link_faults() {
    for language in ["python", "node"] {
        let program = Program::serve(&["juv", "--paused", "--port", "0"]);
        let received = |command: &str| {
            let client = client(language)?;
            let frames = frames(client, &[&program.ws(), command]);
            let replied = of_kind(&frames, "reply").len();
            Some((replied, frames.last().expect("its close")["code"].clone()))
        };
        let cut = |code: &str| received(&format!(r#"{{"command":"fault","do":"cut"{code}}}"#));
        let Some(closed) = cut(r#","code":1012"#) else { continue };
        assert_eq!(closed, (1, json!(1_012)), "{language}");
        // Neither got a close frame.
        assert_eq!(cut(""), Some((1, json!(1_006))), "{language}");
        // Messages in many frames are the same messages.
        let fragmented = client(language)
            .map(|client| frames(client, &[&program.ws(), "faults fragment:size=9", "speed max", "play"]));
        assert_eq!(fragmented.map(|frames| numbers(&frames)), Some(all()), "{language}");
    }
}

#[test]
fn promtool_accepts_the_metrics_of_a_fresh_and_a_busy_server() {
    if !all_installed(&["bash", "curl", "promtool"]) {
        return;
    }
    let program = Program::serve(&["juv", "--speed", "max", "--port", "0"]);
    let http = program.http();
    let check = || {
        let script = format!("set -euo pipefail\ncurl -sSf {http}/metrics | promtool check metrics 2>&1");
        printed(Command::new("bash").args(["-c", &script]))
    };
    assert_eq!(check(), "", "fresh");
    // Gives every label values: streams, applied and refused commands, requests, refusals.
    let busy = format!(
        "for path in events events.ndjson; do curl -s '{http}/'$path'?scenario=juv&speed=max' >/dev/null; done\n\
         for words in 'loop on' pause 'seek 89:00' 'seek nowhere' 'sek 1'; do\n\
         curl -s {http}/api/replays/main/command -d \"$words\"; done >/dev/null\n\
         curl -s {http}/nowhere {http}/r/nobody/state -X PUT {http}/state >/dev/null"
    );
    printed(Command::new("bash").args(["-c", &busy]));
    assert_eq!(check(), "", "busy");
}

#[test]
fn pythons_prometheus_client_reads_openmetrics() {
    let Some(mut python) = with("prometheus_client") else { return };
    let program = Program::serve(&["juv", "--speed", "max", "--port", "0"]);
    let code = "import sys, urllib.request\n\
                from prometheus_client.openmetrics.parser import text_string_to_metric_families\n\
                request = urllib.request.Request(sys.argv[1], headers={'Accept': 'application/openmetrics-text'})\n\
                text = urllib.request.urlopen(request).read().decode()\n\
                print(*sorted(family.name for family in text_string_to_metric_families(text)))\n";
    let text = printed(python.args(["-c", code, &format!("{}/metrics", program.http())]));
    for family in
        ["touchline_build", "touchline_lateness_seconds", "touchline_sent_bytes", "process_resident_memory_bytes"]
    {
        assert!(text.split_whitespace().any(|name| name == family), "{family}: {text}");
    }
}

fn numbers(frames: &[Value]) -> Vec<u64> {
    of_kind(frames, "event").iter().filter_map(|event| event["n"].as_u64()).collect()
}

fn all() -> Vec<u64> {
    (1..=101).collect()
}

#[test]
fn curl_gets_instructions_to_subscribe_and_they_work() {
    if !all_installed(&["curl"]) {
        return;
    }
    let program = Program::serve(&["juv", "--port", "0"]);
    let text = printed(Command::new("curl").args(["-s", &program.http()]));
    assert!(text.contains(&program.ws()), "{text}");
    let (lines, events) =
        (format!("curl -N {}/events.ndjson", program.http()), format!("curl -N {}/events", program.http()));
    let page = readme_snippet("websocat ws://", &program);
    assert!(text.contains(&lines) && page.contains(&lines) && page.contains(&events), "{text}\n{page}");
    for line in [lines, events] {
        // Verbatim, but of a replay that ends.
        let words: Vec<&str> = line.split(' ').collect();
        let address = format!("{}?scenario=juv&speed=max&ticks=off", words[2]);
        let text = printed(Command::new("curl").args(["-s", words[1], &address]));
        let of_lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("data: ").or_else(|| line.strip_prefix('{').map(|_| line)));
        let frames: Vec<Value> = of_lines.map(|line| serde_json::from_str(line).expect("a frame")).collect();
        assert_eq!(numbers(&frames), all(), "{address}");
        assert_eq!(frames.last().map(|frame| frame["code"].clone()), Some(json!(1000)), "{address}");
    }
}

#[test]
fn the_client_for_node_steps_a_replay_over_a_goal() {
    let Some(mut node) = with("ws") else { return };
    let program = Program::serve(&["juv", "--port", "0"]);
    let code = readme_snippet("import { openReplay } from \"touchline\"", &program);
    assert!(code.lines().count() < 15, "{code}");
    // As `npm install` leaves a folder: the client is a link, and `ws` lies beside it.
    let folder = Folder::new("client-for-node");
    let packages = folder.join("node_modules");
    std::fs::create_dir(&packages).expect("a folder");
    let clients = Path::new(env!("CARGO_MANIFEST_DIR")).join("clients/js");
    symlink(clients, packages.join("touchline")).expect("linked");
    symlink(foreign_folder().expect("installed").join("node/node_modules/ws"), packages.join("ws")).expect("linked");
    let text = printed(node.env_remove("NODE_PATH").arg(folder.write("goal.mjs", &code)));
    assert_eq!(text, "Juventus 0-1 Napoli 89:07\n");
    let replays = printed(Command::new(env!("CARGO_BIN_EXE_touchline")).args(["replays", &program.http()]));
    assert_eq!(replays.lines().filter(|line| line.contains("Juventus")).count(), 1, "closed: {replays}");
}

#[test]
fn lines_can_be_piped_through_jq() {
    if !all_installed(&["bash", "curl", "jq"]) {
        return;
    }
    let program = Program::serve(&["juv", "--port", "0"]);
    let code = readme_snippet("curl -sN 'http://", &program).replace("fit=30s", "speed=max");
    let text = printed(Command::new("bash").args(["-c", &format!("set -euo pipefail\n{code}")]));
    assert_eq!(text, "89 Kalidou Koulibaly 0-1\n");
}

#[test]
fn curl_and_python_step_a_replay_over_a_goal() {
    let program = Program::serve(&["juv", "--port", "0"]);
    if all_installed(&["bash", "curl", "jq"]) {
        let code = readme_snippet("base=http://", &program);
        let text = printed(Command::new("bash").args(["-c", &format!("set -euo pipefail\n{code}")]));
        let lines: Vec<&str> = text.lines().collect();
        let replies: Vec<Value> = [0, 2].iter().map(|at| serde_json::from_str(lines[*at]).expect("a reply")).collect();
        assert_eq!((&replies[0]["to"], &replies[1]["to"]), (&json!(86), &json!(87)), "{text}");
        assert_eq!((lines[1], lines[3]), (r#"{"home":0,"away":0}"#, r#"{"home":0,"away":1}"#));
        assert_eq!(lines.len(), 4, "{text}");
    }
    let (Some(mut python), Some(_)) = (with("httpx"), with("websockets")) else { return };
    let code = readme_snippet("import json, httpx\nfrom websockets.sync", &program);
    printed(python.args(["-c", &format!("{code}\ntest_the_goal_is_shown()\n")]));
}

#[test]
fn server_sent_events_are_read_with_python() {
    let Some(client) = script("httpx_sse", "events.py") else { return };
    let program = Program::serve(&["juv", "--port", "0"]);
    let frames = frames(client, &[&format!("{}/events?scenario=juv&speed=max", program.http())]);
    assert_eq!(frames[0]["kind"], "hello");
    assert_eq!(numbers(&frames), all());
    let place = format!(
        "{}.1.101@{}",
        frames[0]["run"].as_str().expect("a run"),
        frames[0]["replay"].as_str().expect("a name")
    );
    assert_eq!(frames.last().map(|last| last["id"].clone()), Some(json!(place)));
    let Some(mut python) = with("httpx_sse") else { return };
    let code = readme_snippet("import json, httpx\nfrom httpx_sse", &program).replace("fit=30s", "speed=max");
    let text = printed(python.args(["-c", &code]));
    assert_eq!(text.lines().count(), 101);
    assert!(text.contains("89 goal {'home': 0, 'away': 1}"), "{text}");
}

/// A TCP proxy that cuts its first connection after this many bytes from the server.
fn cutting_proxy(program: &Program, after: usize) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let (port, to) = (listener.local_addr().expect("bound").port(), program.port());
    std::thread::spawn(move || {
        let mut first = true;
        while let Ok((near, _)) = listener.accept() {
            let cut = std::mem::take(&mut first).then_some(after);
            std::thread::spawn(move || relay(near, TcpStream::connect(("127.0.0.1", to)).expect("the server"), cut));
        }
    });
    port
}

fn relay(near: TcpStream, far: TcpStream, cut: Option<usize>) {
    let (mut near_too, mut far_too) = (near.try_clone().expect("a socket"), far.try_clone().expect("a socket"));
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut near_too, &mut far_too);
        let _ = far_too.shutdown(Shutdown::Both);
    });
    let (mut near, far) = (near, far);
    let _ = match cut {
        Some(bytes) => std::io::copy(&mut far.take(bytes as u64), &mut near),
        None => std::io::copy(&mut &far, &mut near),
    };
    let _ = near.flush();
    let _ = near.shutdown(Shutdown::Both);
}

#[test]
fn node_eventsource_resumes_and_stops_at_the_end() {
    for query in ["scenario=juv&speed=2000", "scenario=juv&speed=max&types=goal&ticks=off"] {
        let Some(client) = script("eventsource", "events.mjs") else { return };
        let program = Program::serve(&["juv", "--port", "0"]);
        let whole = query.contains("2000");
        // Cut in the middle of the first half, or not at all.
        let port = if whole { cutting_proxy(&program, 20_000) } else { program.port() };
        let frames = frames(client, &[&format!("http://127.0.0.1:{port}/events?{query}")]);
        let hellos = of_kind(&frames, "hello");
        assert!(hellos.iter().all(|hello| hello["replay"] == hellos[0]["replay"]), "{hellos:?}");
        assert_eq!(of_kind(&frames, "close").len(), 1);
        let opened = &of_kind(&frames, "closed")[0]["opened"];
        if whole {
            assert_eq!(numbers(&frames), all(), "each once");
            assert_eq!((hellos.len(), &hellos[1]["resumed"], opened), (2, &json!("ok"), &json!(2)));
        } else {
            assert_eq!((numbers(&frames), hellos.len(), opened), (vec![87], 1, &json!(1)));
        }
    }
}
