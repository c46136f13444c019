//! A match served from a program of your own: `cargo run --example serve_a_match`.

use std::sync::Arc;

use touchline::hub::{Hub, ReplayOptions};
use touchline::scenario::{SHIPPED, Timeline};
use touchline::server::{self, ServerOptions};

#[tokio::main]
async fn main() -> touchline::error::Result<()> {
    let hub = Hub::new();
    let timeline = Arc::new(Timeline::new(&SHIPPED[0].load()?));
    let mut options = ReplayOptions { wait_for: 1, ..ReplayOptions::default() };
    options.playback.speed = touchline::playback::Speed::parse("600").unwrap_or_default();
    let opened = hub.open("main", timeline, options)?;
    let listener = server::listen(([127, 0, 0, 1], 0).into()).await?;
    if let Ok(address) = listener.local_addr() {
        println!("ws://{address}/ws");
    }
    server::serve(listener, hub, ServerOptions::default(), async move { opened.replay.over().await }).await
}
