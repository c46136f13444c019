//! Serves a match from your own program: `cargo run --example serve_a_match`. It prints the URL of the stream, waits for the first
//! subscriber, and exits when the match is over.

use std::sync::Arc;

use touchline::replay::ReplayOptions;
use touchline::scenario::{SHIPPED, Timeline};
use touchline::server::Server;

#[tokio::main]
async fn main() -> touchline::Result<()> {
    let server = Server::builder().bind(([127, 0, 0, 1], 0).into()).await?;
    let timeline = Arc::new(Timeline::new(&SHIPPED[0].load()?));
    let mut options = ReplayOptions { wait_for: 1, ..ReplayOptions::default() };
    options.playback.speed = touchline::playback::Speed::parse("600").unwrap_or_default();
    let opened = server.hub().open("main", timeline, options)?;
    println!("ws://{}/ws", server.address());
    server.run(async move { opened.replay.wait_until_over().await }).await
}
