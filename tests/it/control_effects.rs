//! Control from the command line against the real server: each command has the effect that subscribers then see.

use std::process::Output;

use futures::StreamExt;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;

use super::program::{Program, run, run_with};

/// Runs the program against a served one: returns the exit code, standard output and standard error.
fn run_on(program: &Program, arguments: &[&str]) -> (Option<i32>, String, String) {
    let http = program.http();
    printed(&run(&[arguments, &["--on", &http]].concat()))
}

fn printed(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Runs a command that must succeed; returns its output.
fn run_ok(program: &Program, arguments: &[&str]) -> String {
    let (code, out, err) = run_on(program, arguments);
    assert_eq!((code, &*err), (Some(0), ""), "{arguments:?}: {out}");
    out
}

/// The response to a command, as JSON.
fn answer(program: &Program, arguments: &[&str]) -> Value {
    let out = run_ok(program, &[arguments, &["--json"]].concat());
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
}

#[test]
fn each_command_is_applied_and_printed() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    assert!(run_ok(&program, &["seek", "89:07"]).starts_with("jumped; paused at 89:07, second half, version "));
    let stepped = answer(&program, &["step", "3"]);
    assert_eq!(stepped["ok"], true);
    assert_eq!(stepped["to"].as_u64().zip(stepped["from"].as_u64()).map(|(to, from)| to - from), Some(3));
    assert_eq!(stepped["reached"], true);
    assert_eq!(stepped["playback"]["state"], "paused");
    assert!(run_ok(&program, &["speed", "2"]).starts_with("speed 2; paused at 90:33, second half, version "));
    assert!(run_ok(&program, &["pace", "off"]).starts_with("pace off; paused"));
    assert!(run_ok(&program, &["loop", "on"]).starts_with("loop on; paused"));
    assert!(run_ok(&program, &["restart"]).starts_with("from the beginning; paused at 1:00 before kick-off, "));
    assert!(run_ok(&program, &["play"]).starts_with("playing at 2x from 1:00 before kick-off, "));
    assert!(run_ok(&program, &["pause"]).starts_with("paused at "));
    let end = run_ok(&program, &["step", "FT"]);
    // The events after the final whistle are still to come.
    assert!(end.contains("to 96") && end.contains("; paused at full time, version "), "{end}");
}

#[test]
fn a_step_to_an_earlier_position_fails_and_moves_nothing() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    run_ok(&program, &["seek", "60:12"]);
    let before = answer(&program, &["pause"]);
    for (arguments, words) in [
        (&["step", "HT"][..], "\"HT\" is behind: playback is at 60:12, second half; ahead are FT, next:goal at 89:07"),
        (&["step", "next:red_card"], "no red_card ahead: the whole timeline has none"),
        (&["step", "Koulibali!", "--or", "end"], "did you mean \"Koulibaly!\""),
        (&["step", "120:00"], "the timeline has no \"120:00\""),
    ] {
        let (code, out, err) = run_on(&program, arguments);
        assert_eq!((code, &*out), (Some(1), ""), "{arguments:?}: {err}");
        assert!(err.contains(words) && err.lines().count() == 1, "{arguments:?}: {err}");
        let after = answer(&program, &["pause"]);
        for field in ["at", "epoch", "version"] {
            assert_eq!(after["playback"][field], before["playback"][field], "{arguments:?}");
        }
    }
    let (code, out, err) = run_on(&program, &["step", "HT", "--json"]);
    let refused: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!((code, refused["code"].as_str()), (Some(1), Some("not_found")), "{err}");
    for arguments in [&["step", "5", "--or", "end"][..], &["step", "--or", "end"], &["step", "HT", "--or", "stay"]] {
        assert_eq!(run_on(&program, arguments).0, Some(2), "{arguments:?}");
    }
    let end = run_ok(&program, &["step", "HT", "--or", "end"]);
    assert!(
        end.starts_with("stepped ") && end.contains("the end: \"HT\" is not ahead; at the end, full time"),
        "{end}"
    );
    let (code, _, err) = run_on(&program, &["step"]);
    assert!(code == Some(1) && err.contains("no event is ahead"), "{err}");
    let beyond = run_ok(&program, &["seek", "+5h"]);
    assert!(beyond.starts_with("\"+5h\" is outside the timeline, went to the nearest position; "), "{beyond}");
    let lead = run_ok(&program, &["seek", "10:00", "--lead", "30m"]);
    assert!(
        lead.starts_with("30m 00s before \"10:00\" is outside the timeline, went to the nearest position; "),
        "{lead}"
    );
}

#[test]
fn the_output_shows_the_named_match_or_the_number_in_play() {
    let program = Program::serve(&["var", "--port", "0", "--paused"]);
    let printed = run_ok(&program, &["seek", "wyckhart-67@2"]);
    assert!(printed.starts_with("jumped; paused at 69:12, second half of van-lar, version "), "{printed}");
    let printed = run_ok(&program, &["pause"]);
    assert!(printed.starts_with("paused at 1h 34m 43s, 2 matches in play, version "), "{printed}");
    let printed = run_ok(&program, &["step", "FT", "--match", "van-lar"]);
    assert!(printed.contains("; paused at full time of van-lar, version "), "{printed}");
    let printed = run_ok(&program, &["pause"]);
    assert!(printed.contains(", 1 match in play, version "), "the other goes on: {printed}");
}

#[test]
fn failed_commands_change_nothing_and_set_the_exit_code() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    let version = answer(&program, &["pause"])["playback"]["version"].as_u64().expect("a version");
    let stale = (version + 1).to_string();
    for (arguments, code, words) in [
        (&["seek", "next:gaol"][..], 2, "did you mean \"goal\""),
        (&["seek", "prev:goal"], 1, ""),
        (&["seek", "HT", "--if-version", &stale], 1, "version"),
        (&["pause", "--replay", "mian"], 1, "mian"),
        (&["step", "--wait-for", "1", "--timeout", "200ms"], 1, ""),
        (&["close", "mian"], 1, "mian"),
        (&["open", "./secret.jsonl"], 1, ""),
        (&["open", "juv", "--name", "main"], 1, "main"),
    ] {
        let (exit, out, err) = run_on(&program, arguments);
        assert_eq!((exit, &*out), (Some(code), ""), "{arguments:?}: {err}");
        assert!(err.contains(words) && err.lines().count() == 1, "{arguments:?}: {err}");
    }
    let after = answer(&program, &["pause"]);
    assert_eq!(after["playback"]["at"], 0);
    let version = version.to_string();
    assert_eq!(run_on(&program, &["seek", "HT", "--if-version", &version]).0, Some(0), "nothing had changed");
}

#[test]
fn the_servers_token_variable_is_read_for_local_servers() {
    let variable = ("TOUCHLINE_CONTROL_TOKEN", "correct-horse");
    let program = Program::serve_with(&["juv", "--port", "0", "--paused"], &[variable]);
    let http = program.http();
    let pause = |around: &[(&str, &str)]| printed(&run_with(&["pause", "--on", &http], around));
    let (code, out, err) = pause(&[variable]);
    assert_eq!((code, &*err), (Some(0), ""), "{out}");
    assert_eq!(pause(&[("TOUCHLINE_TOKEN", "correct-horse")]).0, Some(0));
    for around in [&[][..], &[("TOUCHLINE_CONTROL_TOKEN", "another-horse")]] {
        let (code, out, err) = pause(around);
        assert_eq!((code, &*out), (Some(1), ""), "{err}");
        assert!(err.contains("TOUCHLINE_TOKEN") && err.contains("TOUCHLINE_CONTROL_TOKEN"), "{err}");
        assert!(!err.contains("horse"), "{err}");
    }
}

#[tokio::test]
async fn watchers_see_the_author_of_a_command() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    let (mut socket, _) = tokio_tungstenite::connect_async(program.ws()).await.expect("connected");
    let http = program.http();
    let asked = tokio::task::spawn_blocking(move || {
        printed(&run(&["seek", "next:goal", "--lead", "20s", "--by", "anna", "--on", &http]))
    });
    let (code, out, err) = asked.await.expect("ran");
    assert_eq!((code, &*err), (Some(0), ""), "{out}");
    loop {
        let Some(Ok(Message::Text(text))) = socket.next().await else { panic!("the frame comes first") };
        let frame: Value = serde_json::from_str(&text).expect("a frame");
        if frame["kind"] == "playback" {
            assert_eq!((&frame["cause"], &frame["by"]), (&"seek".into(), &"anna".into()), "{text}");
            break;
        }
    }
}

#[tokio::test]
async fn a_private_replay_is_opened_watched_controlled_and_closed() {
    let program = Program::serve(&["juv", "--port", "0", "--paused"]);
    let opened =
        answer(&program, &["open", "juv", "--from", "85:00", "--paused", "--name", "drama", "--linger", "forever"]);
    assert_eq!((&opened["id"], &opened["playback"]["state"]), (&"drama".into(), &"paused".into()));
    let (ws, http) = (opened["ws"].as_str().expect("an address"), opened["http"].as_str().expect("an address"));
    assert!(opened["control"].as_str().is_some_and(|token| !token.is_empty()));

    let (mut socket, _) = tokio_tungstenite::connect_async(ws).await.expect("connected");
    let Some(Ok(Message::Text(hello))) = socket.next().await else { panic!("hello") };
    assert!(hello.contains(r#""replay":"drama""#), "{hello}");

    let listing = run_ok(&program, &["replays"]);
    let line = |name: &str| listing.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("main").contains("paused") && line("drama").contains("forever"), "{listing}");

    // By its URL, by its WebSocket's URL, and by its name.
    for arguments in [&["step", http][..], &["step", ws], &["step", "--replay", "drama", program.http().as_str()]] {
        let output = run(arguments);
        let (code, out, err) = printed(&output);
        assert_eq!(code, Some(0), "{arguments:?}: {err}");
        assert!(out.starts_with("stepped 1 event, to "), "{out}");
    }
    assert_eq!(answer(&program, &["pause"])["playback"]["at"], 0, "main stands where it stood");

    assert_eq!(run_ok(&program, &["close", "drama"]), "closed drama");
    let last = loop {
        match socket.next().await {
            Some(Ok(Message::Close(close))) => break close.map(|close| u16::from(close.code)),
            Some(Ok(_)) => {}
            other => panic!("closed in words: {other:?}"),
        }
    };
    assert_eq!(last, Some(4506));
    assert!(!run_ok(&program, &["replays"]).contains("drama"));
}

#[test]
fn health_succeeds_for_a_running_server() {
    let mut program = Program::serve(&["juv", "--port", "0"]);
    assert_eq!(run_ok(&program, &["health"]), "up and ready");
    let http = program.http();
    program.signal(rustix::process::Signal::TERM);
    program.wait();
    let (code, _, err) = printed(&run(&["health", &http]));
    assert_eq!(code, Some(1), "{err}");
}
