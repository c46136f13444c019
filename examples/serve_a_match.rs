//! Serves a match from your own program: `cargo run --example serve_a_match`. It prints the address of the stream, waits for the
//! first subscriber, and exits when the match is over.

use std::sync::Arc;

use touchline::replay::ReplayOptions;
use touchline::scenario::SHIPPED;
use touchline::server::Server;
use touchline::{Result, Timeline};

#[tokio::main]
async fn main() -> Result<()> {
    let server = Server::bind(([127, 0, 0, 1], 0).into()).await?;
    let timeline = Arc::new(Timeline::new(&SHIPPED[0].load()?));
    // At the default speed of 60, a match takes not quite two minutes.
    let options = ReplayOptions { wait_for: 1, ..ReplayOptions::default() };
    let replay = server.hub().open("main", timeline, options)?.replay;
    println!("ws://{}/ws", server.address());
    server.run(replay.wait_until_over()).await
}
