//! Control of a replay on a server, over HTTP.

use std::time::Duration;

use http::Method;
use serde_json::Value;

use super::address::Address;
use super::api_command::{ApiCommand, CommandReply};
use super::http::{ApiRequest, ApiResponse, encode_path_segment, request};
use super::trust::Trust;
use crate::error::Result;
use crate::playback::Command;

/// How long the server waits for subscribers of a step by default.
const STEP_TIMEOUT: Duration = Duration::from_secs(5);
/// How long to wait for the answer to a command, beyond the time that the server itself waits.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(10);

/// A replay on a server, controlled over HTTP: each call is a request of its own.
///
/// ```no_run
/// # async fn control() -> touchline::Result<()> {
/// use touchline::client::RemoteReplay;
///
/// let replay = RemoteReplay::at("http://127.0.0.1:8089/r/derby?token=a-long-enough-secret")?;
/// replay.command("pause").await?;
/// // Returns once the goal and all events before it have been sent to every subscriber.
/// let reply = replay.command("step next:goal").await?;
/// assert_eq!(reply.reached, Some(true));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct RemoteReplay {
    pub(super) address: Address,
    pub(super) trust: Trust,
}

impl RemoteReplay {
    /// The replay at an address, as [`Address::parse`] takes it; without a name in it, `main`. The token is the parameter
    /// `token`. An encrypted connection trusts the public authorities.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if the address is none.
    pub fn at(address: &str) -> Result<Self> {
        Ok(Self { address: Address::parse(address)?, trust: Trust::public_authorities()? })
    }

    /// Sets the certificates to trust.
    #[must_use]
    pub fn with_trust(self, trust: Trust) -> Self {
        Self { trust, ..self }
    }

    /// Sends a command as a line of text: `play`, `seek 89:07 lead=20s`, `step next:goal`.
    ///
    /// # Errors
    /// As [`Self::apply`]; a line that is no command is not sent.
    pub async fn command(&self, line: &str) -> Result<CommandReply> {
        self.apply(Command::parse_line(line)?).await
    }

    /// Sends a command. A step is answered once its events have been sent to every subscriber.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) if the server refuses the command, [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) if
    /// the replay or the position does not exist, [`ErrorKind::Refused`](crate::ErrorKind::Refused) if the token is wrong, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if no answer arrives, or not every subscriber follows in time;
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) if the answer is not Touchline's. What the server answered says
    /// [`Error::code`](crate::Error::code).
    pub async fn apply(&self, command: impl Into<ApiCommand>) -> Result<CommandReply> {
        self.send(command.into().to_request(self.name())).await?.parse_json()
    }

    /// The document of the replay's matches, as `GET /state` of it returns it: what every client must show by now.
    ///
    /// # Errors
    /// As [`Self::apply`].
    pub async fn state(&self) -> Result<Value> {
        let path = format!("/r/{}/state", encode_path_segment(self.name()));
        self.send(ApiRequest::new(Method::GET, path)).await?.parse_json()
    }

    /// Closes the replay. Its subscribers are disconnected.
    ///
    /// # Errors
    /// As [`Self::apply`]; [`ErrorKind::Refused`](crate::ErrorKind::Refused) also if the replay lasts as long as the server, as
    /// `main` does.
    pub async fn close(self) -> Result<()> {
        let path = format!("/api/replays/{}", encode_path_segment(self.name()));
        self.send(ApiRequest::new(Method::DELETE, path)).await.map(drop)
    }

    pub(super) fn name(&self) -> &str {
        self.address.replay().unwrap_or("main")
    }

    pub(super) async fn send(&self, api_request: ApiRequest) -> Result<ApiResponse> {
        let api_request = api_request.with_token(self.address.token());
        request(&self.address, &self.trust, api_request).await?.into_accepted()
    }
}

impl ApiCommand {
    /// The request that sends the command to a replay.
    pub(crate) fn to_request(&self, replay: &str) -> ApiRequest {
        let waiting = match self.command {
            Command::Step(_) => self.barrier.timeout.unwrap_or(STEP_TIMEOUT),
            _ => Duration::ZERO,
        };
        ApiRequest::new(Method::POST, format!("/api/replays/{}/command", encode_path_segment(replay)))
            .with_json(self.to_json())
            .with_timeout(ANSWER_TIMEOUT.saturating_add(waiting))
    }
}
