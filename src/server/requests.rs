//! Handles the messages of a subscriber: the same for every driver.

use std::time::Instant;

use super::access::READ_ONLY_MESSAGE;
use super::metrics::Metrics;
use super::parameters;
use super::transport::websocket::Incoming;
use crate::close_code::CloseCode;
use crate::dialect::{Action, Request, RequestError};
use crate::error_code::ErrorCode;
use crate::hub::{Answer, Replay, SubscriberWriter};
use crate::playback::{Command, CommandRequest, Rejection};
use crate::verdict::Shown;

/// How many replies may be queued before no more requests are read.
pub(super) const MAX_QUEUED_REPLIES: usize = 32;

/// The result of handling a client's message.
pub(super) enum Handled {
    /// The reply, if any, is queued.
    Done,
    /// The replay has to apply a command.
    Command(PendingCommand),
    /// The client says what it shows. The reply, if any, is queued.
    Shows(Shown),
}

/// A command that is to be applied, and the id of its request.
pub(super) struct PendingCommand {
    id: Option<String>,
    pub(super) command_request: CommandRequest,
}

impl PendingCommand {
    /// Whether applying it to a replay takes longer than a moment: in proportion to the timeline, or where another server decides.
    pub(super) fn takes_time(&self, replay: &Replay) -> bool {
        matches!(self.command_request.command, Command::Faults { .. } | Command::Fault { .. }) || replay.is_shared()
    }

    /// Queues the reply to the command. If the replay is over, the subscriber is closed instead.
    pub(super) fn reply(self, answer: Result<Answer, Rejection>, writer: &mut SubscriberWriter, metrics: &Metrics) {
        match answer {
            Ok(answer) => writer.reply(self.id.as_deref(), &answer),
            Err(rejection) if rejection.code != ErrorCode::UnknownReplay => {
                refuse(self.id.as_deref(), &rejection, writer, metrics);
            }
            // A stopping replay closes the subscriber itself, with its reason.
            Err(_) if writer.replay().is_stopping() => {}
            Err(_) => writer.close(CloseCode::Gone),
        }
    }
}

/// Handles a message. Commands are left to the caller to apply.
pub(super) fn handle(
    incoming: Incoming,
    writer: &mut SubscriberWriter,
    subscriber: u32,
    may_control: bool,
    metrics: &Metrics,
    now: Instant,
) -> Handled {
    let text = match incoming {
        Incoming::Text(text) => text,
        Incoming::Control { reply } => {
            if !reply.is_empty() {
                writer.send_raw(reply);
            }
            return Handled::Done;
        }
        Incoming::Close { echo } => {
            writer.close_with(echo);
            return Handled::Done;
        }
        Incoming::Invalid(code) => {
            metrics.record_refused(match code {
                CloseCode::TooLong => ErrorCode::TooLong.as_str(),
                CloseCode::NotUtf8 => "not_utf8",
                CloseCode::NotText => "not_text",
                _ => "protocol",
            });
            writer.close(code);
            return Handled::Done;
        }
    };
    let Request { id, action } = match Request::decode(&text) {
        Ok(request) => request,
        Err(RequestError { id, rejection }) => {
            refuse(id.as_deref(), &rejection, writer, metrics);
            return Handled::Done;
        }
    };
    match action {
        Action::Playback(command_request) if may_control => {
            return Handled::Command(PendingCommand { id, command_request });
        }
        Action::Ack { n, epoch } => {
            if let Err(rejection) = writer.acknowledge(id.as_deref(), subscriber, epoch, n) {
                refuse(id.as_deref(), &rejection, writer, metrics);
            }
        }
        Action::Playback(_) => {
            let rejection = Rejection::new(ErrorCode::NotAuthorised, READ_ONLY_MESSAGE);
            refuse(id.as_deref(), &rejection, writer, metrics);
        }
        Action::Shows(shown) => match shown.check_match(writer.timeline()) {
            Ok(()) => {
                writer.confirm(id.as_deref());
                return Handled::Shows(shown);
            }
            Err(rejection) => refuse(id.as_deref(), &rejection, writer, metrics),
        },
        Action::Ping { payload } => writer.send_pong(id.as_deref(), payload.as_deref(), now),
        Action::Subscribe { matches, types } => {
            match parameters::parse_filter(writer.timeline(), matches.as_deref(), types.as_deref()) {
                Ok(follow) => writer.subscribe(id.as_deref(), follow),
                Err(rejection) => refuse(id.as_deref(), &rejection, writer, metrics),
            }
        }
    }
    Handled::Done
}

fn refuse(id: Option<&str>, rejection: &Rejection, writer: &mut SubscriberWriter, metrics: &Metrics) {
    metrics.record_refused(rejection.code.as_str());
    writer.refuse(id, rejection);
}
