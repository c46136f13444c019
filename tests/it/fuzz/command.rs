//! Requests of a subscriber, one a line: each is decoded, and playback commands are applied.

use std::time::{Duration, Instant};

use touchline::internals::dialect::{Action, Request};
use touchline::playback::{Playback, PlaybackOptions};

use super::{FLAGSHIP, transcript_texts};

/// Of the commands that no transcript has.
const REQUESTS: &[&str] = &[
    r#"{"command":"seek","to":"next:goal","lead":"20s","id":"x"}"#,
    r#"{"command":"seek","to":"45+1:12","match":"juv-nap"}"#,
    r#"{"command":"pace","to":"gap=5s+break=3s+goal:lead=30s,speed=5"}"#,
    r#"{"command":"subscribe","match":["juv-nap"],"types":["goal","card"]}"#,
    r#"{"command":"ping","payload":{"a":[1,null,"\u00e9"]}}"#,
    "seek 89:07",
    "seek 50%",
    "seek +5m",
    "speed max",
    "step 5",
    "step HT or=end",
    "loop on\nrestart\nplay",
];

pub fn seeds() -> Vec<Vec<u8>> {
    let lines = transcript_texts("say").into_iter().chain(REQUESTS.iter().map(|line| (*line).to_owned()));
    lines.map(String::into_bytes).collect()
}

pub fn run(bytes: &[u8]) {
    let timeline = &*FLAGSHIP;
    let mut now = Instant::now();
    let mut playback = Playback::new(timeline, PlaybackOptions::default(), now).expect("a playback");
    for line in String::from_utf8_lossy(bytes).split('\n').take(100) {
        now += Duration::from_millis(7);
        let refusal = match Request::decode(line) {
            Ok(Request { action: Action::Playback(request), .. }) => {
                playback.apply(timeline, &request.command, now).err()
            }
            Ok(_) => None,
            Err(error) => Some(error.rejection),
        };
        if let Some(rejection) = refusal {
            assert!(!rejection.message.contains('\n'), "one line: {:?}", rejection.message);
        }
        playback.advance(timeline, now);
    }
}
