//! `footballscore` reads a whole match from its default address: an app that is not changed at all.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use provider_clients::{Provider, scenario_as};
use serde_json::{Value, json};

#[tokio::test]
async fn a_whole_match_moment_by_moment() {
    let provider = Provider::start(&scenario_as("cup-final", "FIFA World Cup", "2026"));
    let mut app = Command::new(env!("CARGO_BIN_EXE_footballscore_poll"))
        .envs(provider.environment())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("an app");
    let (mut requests, mut responses) =
        (app.stdin.take().expect("piped"), BufReader::new(app.stdout.take().expect("piped")));
    let teams = provider.http.get("https://v3.football.api-sports.io/teams?code=SKA").header("x-apisports-key", "any");
    let teams: Value = teams.send().await.expect("sent").json().await.expect("JSON");
    let team = &teams["response"][0]["team"]["id"];
    let mut statuses = Vec::new();
    loop {
        writeln!(requests, "{team}").expect("a request");
        let mut line = String::new();
        responses.read_line(&mut line).expect("a response");
        let read: Value = serde_json::from_str(&line).expect("JSON");
        let state = provider.get("/state").await;
        let (own, in_play) = (&state["matches"][0]["state"]["score"], read[0]["fixture"]["status"]["short"].as_str());
        assert!(read.is_array(), "{read}");
        if let Some(status) = in_play {
            assert_eq!(read[0]["goals"], *own, "{}", state["matches"][0]["now"]);
            if statuses.last().map(String::as_str) != Some(status) {
                statuses.push(status.to_owned());
            }
        }
        if state["playback"]["state"] == "ended" {
            break;
        }
        provider.command(&json!({ "command": "step", "count": 1 })).await;
    }
    drop(requests);
    assert!(app.wait().expect("an end").success());
    assert_eq!(statuses, ["1H", "HT", "2H", "BT", "ET", "BT", "ET", "BT", "P"]);
}
