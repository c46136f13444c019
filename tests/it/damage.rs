//! Damaged requests: none may panic the decoder or the playback.

use std::sync::Arc;

use touchline::internals::dialect::{Action, Request};
use touchline::playback::{Options, Playback};
use touchline::scenario::{SHIPPED, Timeline};

use super::seeded_damage::{Random, damaged, seed};

const REQUESTS: &[&str] = &[
    r#"{"command":"play","id":1}"#,
    r#"{"command":"seek","to":"next:goal","lead":"20s","id":"x"}"#,
    r#"{"command":"seek","to":"45+1:12","match":"juv-nap"}"#,
    r#"{"command":"step","count":3}"#,
    r#"{"command":"step","until":"HT"}"#,
    r#"{"command":"speed","to":60.5}"#,
    r#"{"command":"pace","to":"gap=5s+break=3s+goal:lead=30s,speed=5"}"#,
    r#"{"command":"loop","to":true}"#,
    r#"{"command":"subscribe","match":["juv-nap"],"types":["goal","card"]}"#,
    r#"{"command":"ping","payload":{"a":[1,null,"\u00e9"]}}"#,
    "seek 89:07",
    "seek 50%",
    "seek +5m",
    "speed max",
    "step 5",
    "restart",
];

#[test]
fn ten_thousand_damaged_requests_cause_no_panic() {
    let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
    let mut now = std::time::Instant::now();
    let mut playback = Playback::new(&timeline, Options::default(), now).expect("a playback");
    let mut random = Random::from(seed());
    let (mut understood, mut refused) = (0, 0);
    for round in 0..10_000 {
        let text = damaged(REQUESTS[round % REQUESTS.len()].as_bytes(), &mut random);
        let text = String::from_utf8_lossy(&text);
        now += std::time::Duration::from_millis(7);
        match Request::decode(&text) {
            Ok(Request { action: Action::Playback(instruction), .. }) => {
                understood += 1;
                let _ = playback.apply(&timeline, &instruction.command, now);
            }
            Ok(_) => understood += 1,
            Err(error) => {
                refused += 1;
                assert!(!error.rejection.message.contains('\n'), "one line: {:?}", error.rejection.message);
            }
        }
        playback.advance(&timeline, now);
    }
    // Damage is light enough that both happen often; otherwise the test would test little.
    assert!(understood > 500 && refused > 500, "{understood} understood, {refused} refused");
}
