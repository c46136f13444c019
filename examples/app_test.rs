//! A test of a program that shows live scores: `cargo test --example app_test`. The match stands still except where the test steps
//! it, so there are no sleeps.

use touchline::client::{ClientFrame, Subscription, Update};

/// The program under test: shows the score of the stream that it follows.
#[allow(dead_code, reason = "the example is its test")]
async fn show_scores(address: String, mut show: impl FnMut(String)) -> touchline::Result<()> {
    let mut subscription = Subscription::to(&address)?;
    while let Some(update) = subscription.next().await {
        match update? {
            Update::Frame { frame: ClientFrame::Snapshot(snapshot), .. } => {
                show(format!("{}-{}", snapshot.state.score.home, snapshot.state.score.away));
            }
            Update::Frame { frame: ClientFrame::Event(event), .. } => {
                show(event.score.unwrap_or_default().to_string());
            }
            _ => {}
        }
    }
    Ok(())
}

fn main() {
    println!("cargo test --example app_test");
}

#[cfg(test)]
mod tests {
    use tokio::sync::watch;
    use touchline::Scenario;
    use touchline::football::{EventType, Side};
    use touchline::testing::TestServer;

    #[tokio::test]
    async fn an_annulled_goal_is_taken_back() -> touchline::Result<()> {
        let scenario = Scenario::builder("Reds", "Blues")
            .event_with(EventType::Goal, "89:07", Side::Away, [("id", "late".into())])
            .remove("late", "90+1:00")
            .build()?;
        let server = TestServer::start(&scenario).await?;
        let (shown, mut screen) = watch::channel(String::new());
        let app = tokio::spawn(super::show_scores(server.websocket_url(), move |score| drop(shown.send(score))));
        server.wait_for_subscribers(1).await?;

        server.step_to("next:goal").await?;
        screen.wait_for(|score| score == "0-1").await.expect("the app runs");

        server.step_to("90+2").await?;
        assert_eq!(server.state().score().to_string(), "0-0");
        screen.wait_for(|score| score == "0-0").await.expect("the app runs");
        app.abort();
        Ok(())
    }
}
