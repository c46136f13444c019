//! What must hold whatever is done, over real sockets and in real time: the fold of what a client was sent is the state that
//! the server tells. A step that waits for its readers is the last thing done: what it changes is the last that they are sent.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use touchline::hub::Framing;

use crate::fold::{Fold, shown};
use crate::real::{Listener, Real, path, within};
use crate::wire::FRAMINGS;

#[derive(Debug, Clone, Copy)]
enum Served {
    ByTasks,
    ByTheLoop,
    OverTls,
}

#[derive(Debug, Clone)]
enum Act {
    Wait(u64),
    Tell(String),
    /// A reader takes so many frames, if there are.
    Read(usize, usize),
    /// It is cut, with whatever it has not read, and comes back: where it was, or as a stranger.
    Cut(usize, bool),
}

fn act() -> impl Strategy<Value = Act> {
    let tell = prop_oneof![
        Just("pause".to_owned()),
        Just("play".to_owned()),
        Just("restart".to_owned()),
        // Some do not read: they are not waited for.
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
        3 => (1u64..80).prop_map(Act::Wait),
        5 => tell.prop_map(Act::Tell),
        2 => (0..FRAMINGS.len(), 1usize..60).prop_map(|(who, frames)| Act::Read(who, frames)),
        2 => (0..FRAMINGS.len(), any::<bool>()).prop_map(|(who, anew)| Act::Cut(who, anew)),
    ]
}

/// A client that comes back.
struct Reader<'a> {
    real: &'a Real,
    framing: Framing,
    address: String,
    listener: Listener,
    fold: Fold,
    /// Run, epoch, and `n` once an event or a tick has told it.
    place: (String, u64, Option<u64>),
}

impl<'a> Reader<'a> {
    async fn new(real: &'a Real, replay: &str, framing: Framing) -> Self {
        let address = format!("/r/{replay}{}", path(framing));
        let listener = real.listen(framing, &address).await;
        Self { real, framing, address, listener, fold: Fold::default(), place: Default::default() }
    }

    async fn come_back(&mut self, anew: bool) {
        let place = match (&self.listener.last_id, &self.place) {
            (Some(id), _) if self.framing == Framing::Sse => Some(id.clone()),
            (_, (run, epoch, Some(n))) if self.framing != Framing::Sse => Some(format!("{run}.{epoch}.{n}")),
            _ => None,
        };
        let last_id = self.listener.last_id.take();
        let address = match place.filter(|_| !anew) {
            Some(place) => format!("{}?since={place}", self.address),
            None => self.address.clone(),
        };
        self.listener = self.real.listen(self.framing, &address).await;
        self.listener.last_id = last_id.filter(|_| !anew);
    }

    async fn read(&mut self) -> Value {
        let text = self.listener.next_text().await.expect("it goes on");
        self.fold.take(&text);
        let frame: Value = serde_json::from_str(&text).expect("a frame");
        let (epoch, n) = (frame["epoch"].as_u64(), frame["n"].as_u64());
        match frame["kind"].as_str() {
            Some("hello") => {
                let n = self.place.2.filter(|_| frame["resumed"] == "ok");
                self.place = (frame["run"].as_str().expect("a run").to_owned(), epoch.expect("an epoch"), n);
            }
            Some("playback") if epoch != Some(self.place.1) => {
                (self.place.1, self.place.2) = (epoch.expect("an epoch"), None);
            }
            Some("event" | "tick") => self.place.2 = n,
            _ => {}
        }
        frame
    }

    /// Reads up to the change of playback that somebody of this name has made, and the tick after it.
    async fn read_to(&mut self, by: &str) {
        let reading = async {
            while self.read().await["by"] != by {}
            while self.read().await["kind"] != "tick" {}
        };
        within("the barrier's own frames", reading).await;
    }
}

/// Whether two JSON objects are the same; told briefly where they are not.
fn assert_same(who: &str, held: &Value, told: &Value) {
    for (key, told) in told.as_object().expect("an object") {
        let (held, told) = (held[key].to_string(), told.to_string());
        let at = held.bytes().zip(told.bytes()).position(|(a, b)| a != b).unwrap_or(held.len().min(told.len()));
        let around = |text: &str| text.chars().skip(at.saturating_sub(80)).take(200).collect::<String>();
        assert!(held == told, "{who}: {key} differs:\nheld …{}\ntold …{}", around(&held), around(&told));
    }
}

async fn whatever_is_done(served: Served, scenario: &str, acts: Vec<Act>) {
    let real = match served {
        Served::ByTasks => Real::by(false).await,
        Served::ByTheLoop => Real::by(true).await,
        Served::OverTls => Real::encrypted().await,
    };
    let asked = json!({"scenario": scenario, "speed": 2000, "wait_for": 3, "hold": "20ms"}).to_string();
    let replay = real.open(&asked).await["id"].as_str().expect("a name").to_owned();
    let mut readers = Vec::new();
    for framing in FRAMINGS {
        readers.push(Reader::new(&real, &replay, framing).await);
    }
    for act in acts {
        match act {
            Act::Wait(millis) => tokio::time::sleep(Duration::from_millis(millis)).await,
            Act::Tell(words) => {
                let answer = real.post(&format!("/api/replays/{replay}/command"), &words).await;
                let code = if answer.status == 200 { Value::Null } else { answer.json()["code"].clone() };
                // There may be no goal there.
                assert!(code.is_null() || code == "not_found" || code == "behind", "{words}: {answer:?}");
            }
            Act::Read(who, frames) => {
                for _ in 0..frames {
                    // Where nothing comes for a moment, it has read what there is.
                    if tokio::time::timeout(Duration::from_millis(5), readers[who].read()).await.is_err() {
                        break;
                    }
                }
            }
            Act::Cut(who, anew) => readers[who].come_back(anew).await,
        }
    }
    for words in ["loop off", "pause"] {
        real.command(&replay, words).await;
    }
    // Wherever it stands, also at the end.
    let barrier = r#"{"command":"step","until":"+0s","by":"the barrier","timeout":"30s"}"#;
    let [one, two, three] = &mut readers[..] else { panic!("three readers") };
    let reading =
        async { tokio::join!(one.read_to("the barrier"), two.read_to("the barrier"), three.read_to("the barrier")) };
    let (stepped, _) = tokio::join!(real.command(&replay, barrier), reading);
    assert_eq!(stepped["subscribers"], 3);

    let state = real.get(&format!("/r/{replay}/state")).await.done(200);
    let tables = real.get(&format!("/r/{replay}/table")).await.done(200);
    assert_eq!(state["n"], stepped["to"]);
    for reader in &readers {
        let who = format!("{:?}", reader.framing);
        assert!(reader.fold.faults.is_empty(), "{who}: {:?}", reader.fold.faults);
        assert_eq!((&json!(reader.fold.epoch), &json!(reader.place.2)), (&state["epoch"], &state["n"]), "{who}");
        let held = reader.fold.states();
        for told in state["matches"].as_array().expect("matches") {
            let (id, told) = shown(&told.to_string());
            assert_same(&who, &held[&*id], &told);
        }
        for table in tables["tables"].as_array().expect("tables") {
            let competition = table["competition"].as_str().expect("a name");
            assert_eq!(reader.fold.tables[competition], table["rows"], "{who}");
        }
    }
}

proptest! {
    // In real time: few, and a counterexample is not made small for ever.
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, max_shrink_iters: 60, ..ProptestConfig::default() })]

    #[test]
    fn after_any_actions_over_sockets_the_folded_state_equals_the_state_document(
        served in prop::sample::select(vec![Served::ByTasks, Served::ByTheLoop, Served::OverTls]),
        scenario in prop::sample::select(vec!["juv", "serie", "var"]),
        acts in prop::collection::vec(act(), 1..25),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(whatever_is_done(served, scenario, acts));
    }
}
