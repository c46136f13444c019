//! A live ticker: `cargo run --example ticker -- ws://127.0.0.1:8089/ws`. It follows a replay, resumes after a disconnect, and
//! prints every goal with the score, until the replay ends.

use touchline::client::{ClientFrame, Subscription, Update};

#[tokio::main(flavor = "current_thread")]
async fn main() -> touchline::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "ws://127.0.0.1:8089/ws".to_owned());
    let mut subscription = Subscription::to(&address)?;
    while let Some(update) = subscription.next().await {
        match update? {
            Update::Frame { frame: ClientFrame::Event(event), .. } if event.kind == "goal" => {
                let minute = event.label.as_deref().unwrap_or_default();
                println!(
                    "{minute:>7}  {} {}  {} {}",
                    event.op,
                    event.kind,
                    event.match_id,
                    event.score.unwrap_or_default()
                );
            }
            Update::Lost { reason, again_in } => eprintln!("{reason}; again in {again_in:?}"),
            Update::Ended { reason } => println!("{reason}"),
            _ => {}
        }
    }
    Ok(())
}
