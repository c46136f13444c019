//! Events into a channel of your own, without a server: `cargo run --example own_channel`. The same loop feeds a message broker or
//! a test double.

use std::sync::Arc;

use tokio::sync::mpsc;
use touchline::playback::{PlaybackOptions, Speed};
use touchline::replay::{Hub, ReplayEvent, ReplayOptions};
use touchline::{Result, Scenario, Timeline};

#[tokio::main]
async fn main() -> Result<()> {
    let timeline = Arc::new(Timeline::new(&Scenario::generate(2018)?));
    let playback = PlaybackOptions { speed: Speed::MAX, ..PlaybackOptions::default() };
    let options = ReplayOptions { playback, once: true, ..ReplayOptions::default() };
    let replay = Hub::new().open("main", timeline.clone(), options)?.replay;
    let (channel, mut receiver) = mpsc::channel(16);
    let play = async {
        let mut events = replay.events_from_start();
        while let Some(event) = events.next().await {
            if let ReplayEvent::Cue(index) = event {
                let event = &timeline.cues()[index].event;
                // The replay does not wait: a slow receiver delays this loop only.
                let _ = channel.send(format!("{} {}", event.clock, event.kind)).await;
            }
        }
        drop(channel);
    };
    let print = async {
        while let Some(line) = receiver.recv().await {
            println!("{line}");
        }
    };
    tokio::join!(play, print);
    Ok(())
}
