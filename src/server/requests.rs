//! What a subscriber says, and what is answered: the same on every driver.

use std::time::Instant;

use super::access::READ_ONLY;
use super::meters::Meters;
use super::parameters;
use super::refusal::rejection;
use super::transport::websocket::Heard;
use crate::dialect::{Action, Request, RequestError};
use crate::hub::{Answer, CloseCode, SubscriberWriter};
use crate::playback::{CommandRequest, Rejection};

/// How many answers may wait before no more requests are read.
pub(super) const ANSWERS: usize = 32;

/// What became of something that was heard.
pub(super) enum Answered {
    /// What was to be said about it is on its way.
    Here,
    /// It is for the replay to answer.
    Command(Asked),
}

/// A command, and under which name it wants to be answered.
pub(super) struct Asked {
    id: Option<String>,
    pub(super) instruction: CommandRequest,
}

impl Asked {
    /// Passes the replay's answer on; `None`: there is none any more that could.
    pub(super) fn answered(
        self,
        answer: Option<Result<Answer, Rejection>>,
        outbound: &mut SubscriberWriter,
        meters: &Meters,
    ) {
        match answer {
            Some(Ok(answer)) => outbound.reply(self.id.as_deref(), &answer),
            Some(Err(rejection)) => refuse(self.id.as_deref(), &rejection, outbound, meters),
            // A replay that is stopping says goodbye itself, and says why.
            None if outbound.replay().is_stopping() => {}
            None => outbound.close(CloseCode::Gone),
        }
    }
}

/// Answers what was heard, but for commands.
pub(super) fn answer(
    heard: Heard,
    outbound: &mut SubscriberWriter,
    subscriber: u32,
    may_control: bool,
    meters: &Meters,
    now: Instant,
) -> Answered {
    let text = match heard {
        Heard::Text(text) => text,
        Heard::Alive { answers } => {
            if !answers.is_empty() {
                outbound.send_raw(answers);
            }
            return Answered::Here;
        }
        Heard::Close { echo } => {
            outbound.close_with(echo);
            return Answered::Here;
        }
        Heard::Broken(code) => {
            meters.refused(match code {
                CloseCode::TooLong => "too_long",
                CloseCode::NotUtf8 => "not_utf8",
                CloseCode::NotText => "not_text",
                _ => "protocol",
            });
            outbound.close(code);
            return Answered::Here;
        }
    };
    let Request { id, action } = match Request::decode(&text) {
        Ok(request) => request,
        Err(RequestError { id, rejection }) => {
            refuse(id.as_deref(), &rejection, outbound, meters);
            return Answered::Here;
        }
    };
    match action {
        Action::Playback(instruction) if may_control => return Answered::Command(Asked { id, instruction }),
        Action::Ack { n, epoch } => {
            if let Err(rejection) = outbound.acknowledge(id.as_deref(), subscriber, epoch, n) {
                refuse(id.as_deref(), &rejection, outbound, meters);
            }
        }
        Action::Playback(_) => {
            let rejection = rejection("not_authorised", READ_ONLY);
            refuse(id.as_deref(), &rejection, outbound, meters);
        }
        Action::Ping { payload } => outbound.pong(id.as_deref(), payload.as_deref(), now),
        Action::Subscribe { matches, types } => {
            match parameters::follow(outbound.replay().timeline(), matches.as_deref(), types.as_deref()) {
                Ok(follow) => outbound.subscribe(id.as_deref(), follow),
                Err(rejection) => refuse(id.as_deref(), &rejection, outbound, meters),
            }
        }
    }
    Answered::Here
}

fn refuse(id: Option<&str>, rejection: &Rejection, outbound: &mut SubscriberWriter, meters: &Meters) {
    meters.refused(rejection.code);
    outbound.refuse(id, rejection);
}
