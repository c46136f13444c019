//! `serve --follow`: real servers that play the replay of another one.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use touchline::client::{ClientFrame, Subscription, Update};

use super::files::Folder;
use super::program::{Program, run, run_with};

const PATIENCE: Duration = Duration::from_secs(30);

/// A server of its own.
fn first(arguments: &[&str]) -> Program {
    Program::serve(&[&["serve", "--port", "0"], arguments].concat())
}

/// A server that follows another one.
fn following(upstream: &Program) -> Program {
    Program::serve(&["serve", "--port", "0", "--follow", &upstream.http()])
}

/// The status and the body of a request.
fn ask(server: &Program, method: &str, path: &str, body: &str) -> (u16, Value) {
    let answer = server.ask(method, path, body);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

fn command(server: &Program, line: &str) -> Value {
    let (status, answer) = ask(server, "POST", "/api/replays/main/command", line);
    assert_eq!(status, 200, "{line}: {answer}");
    answer
}

/// What must be equal on all servers: run, epoch, version and head.
fn place(server: &Program) -> [Value; 4] {
    let (_, replay) = ask(server, "GET", "/api/replays/main", "");
    [&replay["run"], &replay["epoch"], &replay["playback"]["version"], &replay["head"]].map(Value::clone)
}

/// Waits until a server has what another one has.
fn wait_for_place(server: &Program, wanted: &[Value; 4]) {
    let until = std::time::Instant::now() + PATIENCE;
    while place(server) != *wanted {
        assert!(std::time::Instant::now() < until, "{:?} is not {wanted:?}", place(server));
        // Polling hides no race: the state is what is waited for.
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn servers_in_a_tree_play_the_same_and_commands_to_any_reach_all() {
    let upstream = first(&["last-day", "--paused", "--faults", "late:p=0.2,by=30s", "--seed", "7"]);
    let middle = following(&upstream);
    let leaf = following(&middle);
    let servers = [&upstream, &middle, &leaf];
    assert_eq!(place(&leaf), place(&upstream));
    for (at, line) in [(2, "step next:goal"), (0, "seek HT"), (1, "step 20"), (2, "speed 2"), (0, "loop on")] {
        let answer = command(servers[at], line);
        let wanted = place(servers[at]);
        assert_eq!(answer["playback"]["version"], wanted[2], "{line}");
        servers.iter().for_each(|server| wait_for_place(server, &wanted));
    }
    // What cannot be applied is refused by the first one, in its words.
    for (line, code) in [("seek next:gaol", "bad_argument"), (r#"{"command":"play","if_version":1}"#, "stale")] {
        let (status, refused) = ask(&leaf, "POST", "/api/replays/main/command", line);
        assert_eq!((status >= 400, &refused["code"]), (true, &json!(code)), "{refused}");
    }
    // Other faults are another run.
    command(&leaf, "faults drop:p=0.5 seed=3");
    let wanted = place(&upstream);
    servers.iter().for_each(|server| wait_for_place(server, &wanted));
    // What played for longer than the timeline without faults is.
    for line in ["faults late:p=0.5,by=3m seed=1", "seek 100%", "faults off"] {
        command(&middle, line);
        let wanted = place(&upstream);
        servers.iter().for_each(|server| wait_for_place(server, &wanted));
    }
    assert_eq!(place(&following(&leaf)), place(&upstream));
    let scenario = |server: &Program| {
        server.ask("GET", "/api/replays/main/scenario", "").split_once("\r\n\r\n").expect("a body").1.to_owned()
    };
    assert_eq!(scenario(&leaf), scenario(&upstream));
    let (_, metrics) = leaf
        .ask("GET", "/metrics", "")
        .split_once("\r\n\r\n")
        .map(|(head, body)| (head.to_owned(), body.to_owned()))
        .expect("a body");
    assert!(metrics.contains("touchline_clock_offset_seconds "), "{metrics}");
}

#[test]
fn without_the_first_server_replays_go_on_and_a_new_one_is_followed() {
    let mut upstream = first(&["juv", "--speed", "10", "--loop"]);
    let port = upstream.port().to_string();
    let follower = following(&upstream);
    command(&follower, "seek 10:00");
    let before = place(&follower);
    upstream.signal(Signal::KILL);
    upstream.wait();
    let answer = follower.post("/api/replays/main/command", "pause");
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    assert!(answer.contains(r#""code":"unavailable""#) && answer.contains("does not answer"), "{answer}");
    let (_, replay) = ask(&follower, "GET", "/api/replays/main", "");
    assert_eq!((&replay["epoch"], &replay["playback"]["state"]), (&before[1], &json!("playing")));
    // The new one begins at epoch 1: what subscribers here are sent goes on to rise.
    let upstream = Program::serve(&["serve", "juv", "--paused", "--port", &port]);
    let until = std::time::Instant::now() + PATIENCE;
    loop {
        let (_, replay) = ask(&follower, "GET", "/api/replays/main", "");
        if replay["playback"]["state"] == "paused" {
            assert!(replay["epoch"].as_u64() > before[1].as_u64(), "{replay}");
            assert!(replay["playback"]["version"].as_u64() > before[2].as_u64(), "{replay}");
            break;
        }
        assert!(std::time::Instant::now() < until, "{replay}");
        std::thread::sleep(Duration::from_millis(5));
    }
    let answer = command(&follower, "step 3");
    assert_eq!((&answer["to"], place(&upstream)[3].clone()), (&json!(3), json!(3)));
    let text = follower.stop();
    assert!(text.contains("playback goes on without the followed server") && text.contains("answers again"), "{text}");
}

/// What one subscriber was sent: epoch and number of each event, and where a hello said that it could not resume.
#[derive(Default)]
struct Seen {
    epoch: u64,
    events: Vec<(u64, u32)>,
    resumed: Vec<String>,
}

impl Seen {
    fn note(&mut self, update: Update) {
        match update {
            Update::Frame { frame: ClientFrame::Hello(hello), .. } => {
                self.epoch = hello.epoch;
                self.resumed.extend(hello.resumed.map(|word| word.to_string()));
            }
            Update::Frame { frame: ClientFrame::Playback(playback), .. } => self.epoch = playback.epoch,
            Update::Frame { frame: ClientFrame::Event(event), .. } => self.events.push((self.epoch, event.n)),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_of_a_server_that_is_killed_go_on_at_another_one() {
    // One lap: a cursor of an earlier one would be reset.
    let upstream = first(&["juv", "--speed", "1000", "--wait-for", "1"]);
    let (mut left, right) = (following(&upstream), following(&upstream));
    let mut subscribers = Vec::new();
    let (killed, kill) = tokio::sync::watch::channel(false);
    let (came, mut all_came) = tokio::sync::mpsc::channel(20);
    for _ in 0..20 {
        let (left, right, mut kill, came) = (left.ws(), right.ws(), kill.clone(), came.clone());
        subscribers.push(tokio::spawn(async move {
            let mut seen = Seen::default();
            let mut first = Subscription::to(&left).expect("an address");
            let cursor = loop {
                tokio::select! {
                    biased;
                    () = async { kill.wait_for(|killed| *killed).await.map(drop).expect("killed") } => break first.position().cursor().expect("a place"),
                    update = first.next() => if let Some(Ok(update)) = update {
                        seen.note(update);
                        if seen.events.len() == 10 {
                            came.send(()).await.expect("somebody waits");
                        }
                    },
                }
            };
            let mut second = Subscription::to(&format!("{right}?since={cursor}")).expect("an address");
            while seen.events.len() < 101 {
                seen.note(second.next().await.expect("goes on").expect("an update"));
            }
            seen
        }));
    }
    for _ in 0..20 {
        all_came.recv().await.expect("ten events");
    }
    left.signal(Signal::KILL);
    left.wait();
    killed.send(true).expect("somebody waits");
    for subscriber in subscribers {
        let seen = tokio::time::timeout(PATIENCE, subscriber).await.expect("in time").expect("no panic");
        assert_eq!(seen.resumed, ["ok"]);
        assert_eq!(seen.events, (1..=101).map(|n| (1, n)).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_of_a_dashboard_at_a_follower_reach_all() {
    use futures::{SinkExt, StreamExt};
    use tokio_tungstenite::tungstenite::Message;
    let upstream = first(&["juv", "--paused"]);
    let plain = following(&upstream);
    let folder = Folder::new("follow-tls");
    let pem = folder.join("own.pem");
    let encrypted = [
        "serve",
        "--port",
        "0",
        "--follow",
        &upstream.http(),
        "--tls-self-signed",
        "--tls-pem",
        pem.to_str().expect("text"),
    ];
    let encrypted = Program::serve(&encrypted);
    let (mut socket, _) = tokio_tungstenite::connect_async(plain.ws()).await.expect("connected");
    socket.send(Message::text(r#"{"command":"step","until":"next:goal","by":"anna","id":1}"#)).await.expect("sent");
    let reply = loop {
        let frame: Value =
            serde_json::from_str(socket.next().await.expect("open").expect("a frame").to_text().expect("text"))
                .expect("JSON");
        if frame["kind"] == "reply" {
            break frame;
        }
    };
    assert_eq!((&reply["ok"], &reply["to"]), (&json!(true), &json!(87)), "{reply}");
    assert_eq!(place(&upstream), place(&plain));
    // A server with TLS drives its subscribers by tasks.
    let trust = touchline::client::Trust::from_pem_file(&pem).expect("a certificate");
    let address = touchline::client::Address::parse(&encrypted.http()).expect("an address");
    let mut updates = Subscription::new(address, trust);
    while !matches!(updates.next().await.expect("open").expect("an update"), Update::Frame { frame: ClientFrame::Hello(hello), .. } if hello.head == 87)
    {
    }
    // What is about connections stays here.
    socket.send(Message::text(r#"{"command":"fault","do":"cut","subscriber":1,"id":2}"#)).await.expect("sent");
    while let Some(Ok(_)) = socket.next().await {}
    let links =
        |server: &Program| ask(server, "GET", "/api/replays/main/journal", "").1["links"].as_array().map(Vec::len);
    assert_eq!((links(&plain), links(&upstream)), (Some(1), Some(0)));
}

#[test]
fn a_match_that_kicks_off_later_begins_on_all_servers_then() {
    let soon = std::time::SystemTime::now() + Duration::from_secs(63);
    let soon = jiff::Timestamp::try_from(soon).expect("a time").to_string();
    // The timeline begins a minute before the kick-off.
    let upstream = first(&["juv", "--speed", "1", "--wall", &soon]);
    let follower = following(&upstream);
    let state = |server: &Program| ask(server, "GET", "/api/replays/main", "").1["playback"]["state"].clone();
    assert_eq!((state(&upstream), state(&follower)), (json!("waiting"), json!("waiting")));
    let until = std::time::Instant::now() + PATIENCE;
    while state(&follower) == "waiting" {
        assert!(std::time::Instant::now() < until);
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!((state(&upstream), state(&follower)), (json!("playing"), json!("playing")));
}

#[test]
fn a_replay_that_waits_begins_when_enough_have_come_to_a_follower() {
    let upstream = first(&["juv", "--wait-for", "1"]);
    let follower = following(&upstream);
    assert_eq!(ask(&follower, "GET", "/api/replays/main", "").1["playback"]["state"], "waiting");
    let mut socket = std::net::TcpStream::connect(("127.0.0.1", follower.port())).expect("connected");
    std::io::Write::write_all(&mut socket, b"GET /events.ndjson HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("asked");
    let until = std::time::Instant::now() + PATIENCE;
    while ask(&upstream, "GET", "/api/replays/main", "").1["playback"]["state"] != "playing" {
        assert!(std::time::Instant::now() < until);
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_replay_of_a_name_is_followed_under_it_and_as_main() {
    let folder = Folder::new("follow");
    let lines = Program::serve(&["serve", "var", "--port", "0", "--paused"]);
    let scenario = lines.ask("GET", "/api/replays/main/scenario", "");
    let path = folder.write("own.jsonl", scenario.split_once("\r\n\r\n").expect("a body").1);
    let upstream = first(&[path.to_str().expect("text"), "--paused"]);
    let (status, opened) =
        ask(&upstream, "POST", "/api/replays", r#"{"name":"derby","paused":true,"from":"30:00","now":true}"#);
    assert_eq!(status, 201, "{opened}");
    let url = format!("{}/r/derby", upstream.http());
    let follower = Program::serve(&["serve", "--port", "0", "--follow", &url]);
    for path in ["/api/replays/derby", "/api/replays/main"] {
        let (_, replay) = ask(&follower, "GET", path, "");
        assert_eq!((&replay["id"], &replay["run"]), (&json!("derby"), &opened["run"]), "{path}");
    }
    let kickoff = |server: &Program| {
        let timeline = server.ask("GET", "/r/derby/timeline", "");
        timeline.split_once("\r\n\r\n").expect("a body").1.to_owned()
    };
    assert_eq!(kickoff(&follower), kickoff(&upstream), "kick-offs are moved alike");
    let (status, taken) = ask(&follower, "POST", "/api/replays", r#"{"name":"main"}"#);
    assert_eq!((status, &taken["code"]), (409, &json!("taken")));
}

#[test]
fn what_cannot_be_followed_is_one_line_and_an_exit_code() {
    let secured = Program::serve_with(
        &["serve", "juv", "--port", "0", "--paused"],
        &[("TOUCHLINE_CONTROL_TOKEN", "correct-horse")],
    );
    let nothing = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = nothing.local_addr().expect("an address").port();
    drop(nothing);
    let fails = |arguments: &[&str], environment: &[(&str, &str)]| {
        let output = run_with(&[&["serve", "--port", "0"], arguments].concat(), environment);
        (output.status.code(), String::from_utf8(output.stderr).expect("text"))
    };
    for (url, code, hint) in [
        (secured.http(), 1, "token"),
        (format!("{}/?token=wrong", secured.http()), 1, "token"),
        (format!("{}/r/derby?token=correct-horse", secured.http()), 1, "derby"),
        (format!("http://127.0.0.1:{port}"), 1, "refused"),
        ("ftp://127.0.0.1".to_owned(), 2, "is not an address"),
    ] {
        let (status, text) = fails(&["--follow", &url], &[]);
        assert_eq!((status, text.lines().count()), (Some(code), 1), "{url}: {text}");
        assert!(text.contains("--follow") && text.contains(hint) && !text.contains("wrong"), "{url}: {text}");
    }
    let by_variable = Program::serve_with(
        &["serve", "--port", "0", "--follow", &secured.http()],
        &[("TOUCHLINE_TOKEN", "correct-horse")],
    );
    assert_eq!(place(&by_variable)[0], place(&secured)[0]);
    for other in [&["juv"][..], &["--speed", "60"], &["--loop"], &["--now"], &["--faults", "off"], &["--wait-for", "1"]]
    {
        let output = run(&[&["serve", "--follow", "http://127.0.0.1:1"], other].concat());
        assert_eq!(output.status.code(), Some(2), "{other:?}");
    }
}

#[test]
fn a_server_that_is_restarted_at_once_is_not_taken_for_the_same() {
    let mut upstream = first(&["juv", "--paused"]);
    let port = upstream.port().to_string();
    let follower = following(&upstream);
    command(&upstream, "step 6");
    wait_for_place(&follower, &place(&upstream));
    follower.signal(Signal::STOP);
    upstream.signal(Signal::KILL);
    upstream.wait();
    let upstream = Program::serve(&["serve", "juv", "--paused", "--port", &port]);
    command(&upstream, "step 1");
    follower.signal(Signal::CONT);
    let until = std::time::Instant::now() + PATIENCE;
    while place(&follower)[3] != place(&upstream)[3] {
        assert!(std::time::Instant::now() < until, "{:?}", place(&follower));
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(place(&follower)[1], json!(2), "a new epoch here");
    // A command that changes nothing is no news.
    let before = place(&follower);
    command(&follower, "pause");
    assert_eq!(place(&follower), before);
}

#[test]
fn servers_in_a_circle_are_not_followed() {
    let mut upstream = first(&["juv", "--paused"]);
    let port = upstream.port().to_string();
    let mut follower = following(&upstream);
    upstream.signal(Signal::KILL);
    upstream.wait();
    let _circle = Program::serve(&["serve", "--port", &port, "--follow", &follower.http()]);
    assert_eq!(follower.wait().code(), Some(1));
}

#[test]
fn a_server_that_plays_another_scenario_by_now_is_not_followed_any_more() {
    let mut upstream = first(&["juv", "--paused"]);
    let port = upstream.port().to_string();
    let mut follower = following(&upstream);
    upstream.signal(Signal::KILL);
    upstream.wait();
    let _other = Program::serve(&["serve", "var", "--paused", "--port", &port]);
    assert_eq!(follower.wait().code(), Some(1));
}
