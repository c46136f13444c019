//! A server for tests of programs that follow live football.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::client::{ApiCommand, CommandReply, RemoteReplay};
use crate::error::{Error, ErrorKind, Result};
use crate::football::MatchState;
use crate::hub::{Replay, ReplayOptions, runtime_now};
use crate::playback::{Command, PlaybackOptions, Position, Rejection, StepTarget};
use crate::scenario::{Scenario, Timeline};
use crate::server::Server;

/// How long to wait for subscribers: a program under test that has failed never joins.
const JOIN_TIMEOUT: Duration = Duration::from_secs(10);

/// A server on a free port of this machine, whose replay `main` is paused at its beginning. A test steps it to where something
/// happens, waits until the program under test has shown it, and compares that with [`Self::state`]: no sleeps, no clocks.
///
/// It serves on the tokio runtime that it is started on, and stops when it is dropped. It needs real time: tokio's paused clock
/// (`#[tokio::test(start_paused = true)]`) moves to the next timeout while the network is waited for.
///
/// ```
/// # #[tokio::main]
/// # async fn main() -> touchline::Result<()> {
/// use touchline::client::{ClientFrame, Subscription, Update};
/// use touchline::football::{EventType, Side};
/// use touchline::testing::TestServer;
/// use touchline::Scenario;
///
/// let scenario = Scenario::builder("Reds", "Blues").event(EventType::Goal, "89:07", Side::Away).build()?;
/// let server = TestServer::start(&scenario).await?;
///
/// // The program under test.
/// let mut app = Subscription::to(&server.websocket_url())?;
/// let follow = tokio::spawn(async move {
///     while let Some(update) = app.next().await {
///         if let Update::Frame { frame: ClientFrame::Event(event), .. } = update?
///             && event.kind == "goal"
///         {
///             return Ok(event.score);
///         }
///     }
///     Ok::<_, touchline::Error>(None)
/// });
///
/// server.wait_for_subscribers(1).await?;
/// server.step_to("next:goal").await?;
/// let score = server.state().score();
/// assert_eq!(follow.await.expect("no panic")?, Some(score));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TestServer {
    address: SocketAddr,
    replay: Replay,
    remote: RemoteReplay,
    serving: JoinHandle<Result<()>>,
}

impl TestServer {
    /// Serves a scenario.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if no port can be bound.
    pub async fn start(scenario: &Scenario) -> Result<Self> {
        let server = Server::bind(([127, 0, 0, 1], 0).into()).await?;
        let playback = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
        let options = ReplayOptions { playback, listed: true, ..ReplayOptions::default() };
        let replay = server.hub().open("main", Arc::new(Timeline::new(scenario)), options)?.replay;
        let address = server.address();
        let remote = RemoteReplay::at(&format!("http://{address}"))?;
        Ok(Self { address, replay, remote, serving: tokio::spawn(server.run(std::future::pending())) })
    }

    /// The address of the page and of the API: `http://127.0.0.1:49152`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The address of the stream: `ws://127.0.0.1:49152/ws`.
    pub fn websocket_url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    /// Waits until there are at least `count` subscribers.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] if there are not after ten seconds.
    pub async fn wait_for_subscribers(&self, count: usize) -> Result<()> {
        match tokio::time::timeout(JOIN_TIMEOUT, self.replay.wait_for_subscribers(count)).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Rejection::unknown_replay(self.replay.name()).into()),
            Err(_) => {
                let present = self.replay.subscriber_count();
                let message = format!("{present} of {count} subscribers have joined within {JOIN_TIMEOUT:?}");
                Err(Error::new(ErrorKind::Io, message))
            }
        }
    }

    /// Plays all events up to a position: `next:goal`, `HT`, `89:07`, a marker's name, an event's id. Returns once all of them have
    /// been sent to every subscriber. Sent is not yet shown: the test then waits for the screen, as the example does, or for an
    /// [acknowledgement](crate::client::Subscription::acknowledge).
    ///
    /// # Errors
    /// As [`RemoteReplay::apply`].
    pub async fn step_to(&self, position: &str) -> Result<CommandReply> {
        let to = Position::parse(position)?;
        self.apply(Command::Step(StepTarget::Until { to, track: None, or_end: false })).await
    }

    /// Sends a command with options: a step that waits for [acknowledgements](crate::client::Subscription::acknowledge), say.
    ///
    /// # Errors
    /// As [`RemoteReplay::apply`].
    pub async fn apply(&self, command: impl Into<ApiCommand>) -> Result<CommandReply> {
        self.remote.apply(command).await
    }

    /// Sends any command as a line of text: `seek 45+1`, `play`, `speed max`.
    ///
    /// # Errors
    /// As [`RemoteReplay::apply`].
    pub async fn command(&self, line: &str) -> Result<CommandReply> {
        self.remote.command(line).await
    }

    /// The state of the first match, as every client must show it by now.
    ///
    /// # Panics
    /// If the scenario has no match.
    pub fn state(&self) -> MatchState {
        self.state_at(0)
    }

    /// The state of a match by its id; `None` if the scenario does not have it.
    pub fn state_of(&self, match_id: &str) -> Option<MatchState> {
        self.timeline().track_of(match_id).map(|track| self.state_at(track))
    }

    fn state_at(&self, track: usize) -> MatchState {
        let (now, status) = (runtime_now(), self.replay.status(runtime_now()));
        let past =
            status.timeline().true_index_at(status.playhead.head as usize, status.playhead.clock.media_time(now));
        status.timeline().truth().state_at(track, past)
    }

    /// The timeline that is played.
    pub fn timeline(&self) -> Arc<Timeline> {
        self.replay.timeline()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
