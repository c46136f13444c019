//! Property test over real sockets in real time: after any actions, the state that a client folds from its frames equals the
//! server's state document. The last action is a step with a barrier, so that its frames are the last that the clients receive.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use touchline::internals::hub::Framing;

use crate::fold::{Fold, shown};
use crate::real::{TestServer, TestSubscriber, path, within};
use crate::wire::FRAMINGS;

#[derive(Debug, Clone, Copy)]
enum DeliveryMode {
    Tasks,
    Loop,
    Tls,
}

#[derive(Debug, Clone)]
enum Action {
    Wait(u64),
    Command(String),
    /// A reader receives up to this many frames.
    Read(usize, usize),
    /// A reader disconnects, losing what it has not read, and reconnects: it resumes, or (`true`) joins anew.
    Reconnect(usize, bool),
}

fn action() -> impl Strategy<Value = Action> {
    let command = prop_oneof![
        Just("pause".to_owned()),
        Just("play".to_owned()),
        Just("restart".to_owned()),
        // Some clients do not read: the barrier does not wait for them for long.
        Just(r#"{"command":"step","count":3,"timeout":"1ms"}"#.to_owned()),
        Just(r#"{"command":"step","until":"HT","timeout":"1ms"}"#.to_owned()),
        Just("seek next:goal".to_owned()),
        Just("seek prev:goal".to_owned()),
        Just("loop on".to_owned()),
        Just("loop off".to_owned()),
        (0u32..100).prop_map(|percent| format!("seek {percent}%")),
        (100u32..10_000).prop_map(|speed| format!("speed {speed}")),
        Just("speed max".to_owned()),
    ];
    prop_oneof![
        3 => (1u64..80).prop_map(Action::Wait),
        5 => command.prop_map(Action::Command),
        2 => (0..FRAMINGS.len(), 1usize..60).prop_map(|(who, frames)| Action::Read(who, frames)),
        2 => (0..FRAMINGS.len(), any::<bool>()).prop_map(|(who, anew)| Action::Reconnect(who, anew)),
    ]
}

/// A client that reconnects.
struct Reader<'a> {
    server: &'a TestServer,
    framing: Framing,
    address: String,
    listener: TestSubscriber,
    fold: Fold,
    /// Run, epoch, and `n` once an event or a tick has stated it.
    position: (String, u64, Option<u64>),
}

impl<'a> Reader<'a> {
    async fn new(server: &'a TestServer, replay: &str, framing: Framing) -> Self {
        let address = format!("/r/{replay}{}", path(framing));
        let listener = server.subscribe(framing, &address).await;
        Self { server, framing, address, listener, fold: Fold::default(), position: Default::default() }
    }

    async fn reconnect(&mut self, anew: bool) {
        let position = match (&self.listener.last_id, &self.position) {
            (Some(id), _) if self.framing == Framing::Sse => Some(id.clone()),
            (_, (run, epoch, Some(n))) if self.framing != Framing::Sse => Some(format!("{run}.{epoch}.{n}")),
            _ => None,
        };
        let last_id = self.listener.last_id.take();
        let address = match position.filter(|_| !anew) {
            Some(position) => format!("{}?since={position}", self.address),
            None => self.address.clone(),
        };
        self.listener = self.server.subscribe(self.framing, &address).await;
        self.listener.last_id = last_id.filter(|_| !anew);
    }

    async fn read(&mut self) -> Value {
        let text = self.listener.next_text().await.expect("it goes on");
        self.fold.take(&text);
        let frame: Value = serde_json::from_str(&text).expect("a frame");
        let (epoch, n) = (frame["epoch"].as_u64(), frame["n"].as_u64());
        match frame["kind"].as_str() {
            Some("hello") => {
                let n = self.position.2.filter(|_| frame["resumed"] == "ok");
                self.position = (frame["run"].as_str().expect("a run").to_owned(), epoch.expect("an epoch"), n);
            }
            Some("playback") if epoch != Some(self.position.1) => {
                (self.position.1, self.position.2) = (epoch.expect("an epoch"), None);
            }
            Some("event" | "tick") => self.position.2 = n,
            _ => {}
        }
        frame
    }

    /// Reads up to the playback frame of the command sent by this name, and the tick after it.
    async fn read_to(&mut self, by: &str) {
        let reading = async {
            while self.read().await["by"] != by {}
            while self.read().await["kind"] != "tick" {}
        };
        within("the barrier's own frames", reading).await;
    }
}

/// Asserts that two JSON objects are equal; shows the text around the first difference.
fn assert_same(who: &str, folded: &Value, expected: &Value) {
    for (key, expected) in expected.as_object().expect("an object") {
        let (folded, expected) = (folded[key].to_string(), expected.to_string());
        let at =
            folded.bytes().zip(expected.bytes()).position(|(a, b)| a != b).unwrap_or(folded.len().min(expected.len()));
        let around = |text: &str| text.chars().skip(at.saturating_sub(80)).take(200).collect::<String>();
        assert!(
            folded == expected,
            "{who}: {key} differs:\nfolded …{}\nserver …{}",
            around(&folded),
            around(&expected)
        );
    }
}

async fn run_actions(mode: DeliveryMode, scenario: &str, actions: Vec<Action>) {
    let server = match mode {
        DeliveryMode::Tasks => TestServer::with_delivery_loop(false).await,
        DeliveryMode::Loop => TestServer::with_delivery_loop(true).await,
        DeliveryMode::Tls => TestServer::with_tls().await,
    };
    let asked = json!({"scenario": scenario, "speed": 2000, "wait_for": 3, "hold": "20ms"}).to_string();
    let replay = server.open(&asked).await["id"].as_str().expect("a name").to_owned();
    let mut readers = Vec::new();
    for framing in FRAMINGS {
        readers.push(Reader::new(&server, &replay, framing).await);
    }
    for action in actions {
        match action {
            Action::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Action::Command(words) => {
                let answer = server.post(&format!("/api/replays/{replay}/command"), &words).await;
                let code = if answer.status == 200 { Value::Null } else { answer.json()["code"].clone() };
                // The seek may find no goal.
                assert!(code.is_null() || code == "not_found" || code == "behind", "{words}: {answer:?}");
            }
            Action::Read(who, frames) => {
                for _ in 0..frames {
                    // After a moment of silence it has read everything there is.
                    if tokio::time::timeout(Duration::from_millis(5), readers[who].read()).await.is_err() {
                        break;
                    }
                }
            }
            Action::Reconnect(who, anew) => readers[who].reconnect(anew).await,
        }
    }
    for words in ["loop off", "pause"] {
        server.command(&replay, words).await;
    }
    // Valid at any position, also at the end.
    let barrier = r#"{"command":"step","until":"+0s","by":"the barrier","timeout":"30s"}"#;
    let [one, two, three] = &mut readers[..] else { panic!("three readers") };
    let reading =
        async { tokio::join!(one.read_to("the barrier"), two.read_to("the barrier"), three.read_to("the barrier")) };
    let (stepped, _) = tokio::join!(server.command(&replay, barrier), reading);
    assert_eq!(stepped["subscribers"], 3);

    let state = server.get(&format!("/r/{replay}/state")).await.expect_json(200);
    let tables = server.get(&format!("/r/{replay}/table")).await.expect_json(200);
    assert_eq!(state["n"], stepped["to"]);
    for reader in &readers {
        let who = format!("{:?}", reader.framing);
        assert!(reader.fold.faults.is_empty(), "{who}: {:?}", reader.fold.faults);
        assert_eq!((&json!(reader.fold.epoch), &json!(reader.position.2)), (&state["epoch"], &state["n"]), "{who}");
        let folded = reader.fold.states();
        for expected in state["matches"].as_array().expect("matches") {
            let (id, expected) = shown(&expected.to_string());
            assert_same(&who, &folded[&*id], &expected);
        }
        for table in tables["tables"].as_array().expect("tables") {
            let competition = table["competition"].as_str().expect("a name");
            assert_eq!(reader.fold.tables[competition], table["rows"], "{who}");
        }
    }
}

proptest! {
    // In real time: few cases, and shrinking is limited.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn after_any_actions_over_sockets_the_folded_state_equals_the_state_document(
        mode in prop::sample::select(vec![DeliveryMode::Tasks, DeliveryMode::Loop, DeliveryMode::Tls]),
        scenario in prop::sample::select(vec!["juv", "serie", "var"]),
        actions in prop::collection::vec(action(), 1..25),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(run_actions(mode, scenario, actions));
    }
}
