//! The frames that answer a request: reply and error.

use std::time::SystemTime;

use super::frames::{MatchTick, PlaybackStatus, format_wall_time, write_playback_fields};
use super::match_frames::write_score;
use crate::json::{ObjectWriter, write_object, write_text};
use crate::playback::{Applied, Rejection};
use crate::scenario::{Findings, Timeline};

/// Writes a reply frame; `id` is the request's own, as JSON.
pub fn write_reply(id: Option<&str>, fill: impl FnOnce(&mut ReplyBody<'_, '_>), out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.text("kind", "reply");
        o.verbatim_if("id", id);
        o.unquoted("ok", true);
        fill(&mut ReplyBody(o));
    });
}

/// The same for a request over HTTP, which needs neither `kind` nor `id`.
pub fn write_answer(fill: impl FnOnce(&mut ReplyBody<'_, '_>), out: &mut Vec<u8>) {
    write_object(out, |o| {
        o.unquoted("ok", true);
        fill(&mut ReplyBody(o));
    });
}

/// Writes the body of a reply.
pub struct ReplyBody<'a, 'b>(&'a mut ObjectWriter<'b>);

impl ReplyBody<'_, '_> {
    /// The outcome of a command: its effect, where playback is after it, and what the scoreboard shows.
    pub fn write_outcome(&mut self, timeline: &Timeline, applied: &Applied, status: &PlaybackStatus<'_>) {
        self.write_command_effect(applied);
        self.write_playback(status);
        self.write_now(timeline, applied, status);
    }

    fn write_command_effect(&mut self, applied: &Applied) {
        if let Some(stepped) = &applied.stepped {
            self.0.unquoted("from", stepped.from);
            self.0.unquoted("to", stepped.to);
            self.0.unquoted("reached", stepped.reached);
        }
        if applied.beyond {
            self.0.unquoted("beyond", true);
        }
    }

    /// What the scoreboard shows of the match that the command was about, or of the only match. If there are several,
    /// also how many are in play.
    fn write_now(&mut self, timeline: &Timeline, applied: &Applied, status: &PlaybackStatus<'_>) {
        let (at, matches) = (status.at(), timeline.tracks().len());
        if let Some(track) = applied.track.or((matches == 1).then_some(0)) {
            let past = timeline.true_index_at(status.playhead.head as usize, at);
            let state = timeline.truth().state_at(track, past);
            let tick = MatchTick::new(timeline, track, &state, at, status.playhead.clock.running);
            self.0.object("now", |o| {
                o.text("match", state.fixture().id.as_str());
                tick.write_scoreboard(o);
                write_score(o, "score", Some(state.score()));
            });
        }
        if matches > 1 {
            self.0.unquoted("in_play", timeline.matches_in_play_at(at));
        }
    }

    /// How many subscribers the barrier waited for.
    pub fn write_subscribers(&mut self, count: usize) {
        self.0.unquoted("subscribers", count);
    }

    /// Where playback is after the command.
    pub fn write_playback(&mut self, status: &PlaybackStatus<'_>) {
        self.0.object("playback", |o| write_playback_fields(o, status));
    }

    /// The reply to a ping: its payload as JSON on one line, and the time.
    pub fn write_pong(&mut self, payload: Option<&str>, wall: SystemTime) {
        self.0.verbatim_if("payload", payload);
        self.0.text("wall", &format_wall_time(wall));
    }
}

/// Writes an error frame; `id` is the request's own, as JSON.
pub fn write_error(id: Option<&str>, rejection: &Rejection, out: &mut Vec<u8>) {
    write_object(out, |o| write_error_fields(o, id, rejection));
}

/// Writes an error frame about a scenario that a client has sent.
pub fn write_scenario_error(rejection: &Rejection, findings: &Findings, out: &mut Vec<u8>) {
    write_object(out, |o| {
        write_error_fields(o, None, rejection);
        write_findings(o, findings);
    });
}

fn write_error_fields(o: &mut ObjectWriter<'_>, id: Option<&str>, rejection: &Rejection) {
    o.text("kind", "error");
    o.verbatim_if("id", id);
    o.text("code", rejection.code.as_str());
    o.text("message", &rejection.message);
    if !rejection.accepted.is_empty() {
        o.array("accepted", &rejection.accepted, |out, word| write_text(out, word));
    }
}

/// Writes `"findings":[{"severity","line","column","message"}]`, without `line` or `column` where a finding is about the whole
/// file or line, and `unlisted`, if further ones are only counted. Without findings it writes nothing.
pub(super) fn write_findings(o: &mut ObjectWriter<'_>, findings: &Findings) {
    if findings.is_empty() {
        return;
    }
    o.array("findings", findings.listed(), |out, finding| {
        write_object(out, |o| {
            o.text("severity", finding.severity.as_str());
            o.unquoted_if("line", Some(finding.line).filter(|line| *line > 0));
            o.unquoted_if("column", Some(finding.column).filter(|column| *column > 0));
            o.text("message", &finding.text());
        });
    });
    o.unquoted_if("unlisted", Some(findings.unlisted_count()).filter(|unlisted| *unlisted > 0));
}
