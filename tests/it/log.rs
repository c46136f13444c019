//! The log of the real program.

use futures::{SinkExt, StreamExt};
use serde_json::Value;
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;

use super::program::{Program, run};

#[test]
fn each_line_of_a_json_log_is_json() {
    let program = Program::serve(&["juv", "--port", "0", "--paused", "--log-format", "json", "--log", "info"]);
    assert!(run(&["play", "--on", &program.http()]).status.success());
    let log = program.stop();
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|stderr| panic!("{stderr}: {line}")))
        .collect();
    for line in &lines {
        let time = line["timestamp"].as_str().and_then(|time| time.parse::<jiff::Timestamp>().ok());
        assert!(time.is_some() && line["level"].is_string() && line["message"].is_string(), "{line}");
    }
    let has = |field: &str, value: &str| lines.iter().any(|line| line[field] == value);
    assert!(has("command", "play") && has("message", "applied") && has("message", "stopped"), "{log}");
    assert!(lines[0]["message"].as_str().is_some_and(|line| line.contains("subscribe at ws://")), "{log}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let output = run(&["juv", "--port", &port, "--log-format", "json"]);
    let (code, stderr) = (output.status.code(), String::from_utf8_lossy(&output.stderr));
    let last: Value = serde_json::from_str(stderr.lines().last().expect("a line")).expect("JSON");
    assert_eq!((code, &last["level"]), (Some(1), &"ERROR".into()));
    assert!(last["message"].as_str().is_some_and(|line| line.contains("the port is in use")), "{stderr}");
}

/// A line of the log: its message, its connection and its replay.
type Line = (String, Option<u64>, Option<String>);

fn parse_line(line: &str, format: &str) -> Option<Line> {
    if format == "json" {
        let line: Value = serde_json::from_str(line).expect("JSON");
        let replay = line["replay"].as_str().map(str::to_owned);
        return Some((line["message"].as_str()?.to_owned(), line["span"]["connection"].as_u64(), replay));
    }
    let field = |name: &str| line.split_once(name)?.1.split(' ').next();
    let message = line.split_once("connection: ")?.1.split(' ').next()?;
    let replay = field("replay=").map(|name| name.trim_matches('"').to_owned());
    Some((message.to_owned(), field("connection=").and_then(|number| number.parse().ok()), replay))
}

/// One connection subscribes and controls; with TLS, where tasks serve the subscribers, another controls.
#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_a_connection_have_its_number_and_those_of_a_subscriber_its_replay() {
    for (format, tls) in [("text", false), ("json", false), ("text", true), ("json", true)] {
        let words = ["juv", "--port", "0", "--once", "--log", "debug", "--log-format", format];
        let program = Program::serve(&[&words[..], if tls { &["--tls-self-signed"] } else { &[] }].concat());
        if tls {
            for command in [&["speed", "max", "--on", &program.http()][..], &["watch", &program.ws()]] {
                assert!(run(&[command, &["--insecure"]].concat()).status.success(), "{command:?}");
            }
        } else {
            let (mut socket, _) = connect_async(program.ws()).await.expect("connected");
            socket.send(Message::text("speed max")).await.expect("sent");
            while let Some(Ok(_)) = socket.next().await {}
        }
        let log = program.wait_for_stderr();
        let lines: Vec<Line> = log.lines().filter_map(|line| parse_line(line, format)).collect();
        let connections_of = |message: &str, replay: Option<&str>| -> Vec<u64> {
            let of = lines.iter().filter(|line| line.0 == message && line.2.as_deref() == replay);
            of.filter_map(|line| line.1).collect()
        };
        let accepted = connections_of("accepted", None);
        let [subscribed, applied] = ["subscribed", "applied"].map(|line| connections_of(line, Some("main")));
        assert_eq!((subscribed.len(), applied.len()), (1, 1), "{format}, TLS {tls}: {log}");
        assert!(accepted.contains(&subscribed[0]) && accepted.contains(&applied[0]), "{format}, TLS {tls}: {log}");
        assert_eq!(subscribed[0] == applied[0], !tls, "{log}");
    }
}
