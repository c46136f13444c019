//! What a server sends on a stream.

use serde_json::Value;

use super::common::{at, cause, playback_fields, run_and_epoch, scoreboard, table_fields, wall};
use super::event::{event_fields, positions};
use super::schema::{
    Property, Schema, any, any_of, constant, count, flag, integer_in, list, map, object, one_of, open_words, opt,
    reference, req, text, words,
};
use super::state::place_fields;
use crate::dialect::native::{PROTOCOL, Resumed};
use crate::error_code::ErrorCode;

/// The frames, in the order of the protocol.
const FRAMES: &[&str] = &[
    "HelloFrame",
    "SnapshotFrame",
    "EventFrame",
    "PlaybackFrame",
    "TickFrame",
    "TableFrame",
    "EndFrame",
    "ReplyFrame",
    "ErrorFrame",
    "CloseFrame",
];

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    vec![
        ("Frame", one_of(FRAMES).about("A frame of the stream, by its kind. Ignore kinds that you do not know.")),
        ("HelloFrame", hello()),
        (
            "SnapshotFrame",
            frame(
                "snapshot",
                "The state of a match.",
                place_fields().into_iter().chain([req("state", reference("MatchState"), "")]),
            ),
        ),
        ("EventFrame", event()),
        (
            "PlaybackFrame",
            frame(
                "playback",
                "How the replay moves: sent with every change.",
                playback_fields(run_and_epoch(), Vec::new()).into_iter().chain([
                    req("cause", cause(), ""),
                    opt("by", text(), "The name of the sender of the command, if it gave one."),
                ]),
            ),
        ),
        ("TickFrame", tick()),
        (
            "TableFrame",
            frame(
                "table",
                "A league table: every match that has begun counts as if it ended now.",
                [n()].into_iter().chain(table_fields()),
            ),
        ),
        ("EndFrame", end()),
        (
            "ReplyFrame",
            frame(
                "reply",
                "The answer to a command.",
                [id()]
                    .into_iter()
                    .chain(reply_fields())
                    .chain([opt("payload", any(), "Of a ping."), opt("wall", super::common::moment(), "Of a ping.")]),
            ),
        ),
        ("ErrorFrame", frame("error", "Why something was refused.", [id()].into_iter().chain(error_fields()))),
        (
            "CloseFrame",
            frame(
                "close",
                "The end of a stream of server-sent events or lines.",
                [req("code", integer_in(1000, 4999), "As the close code of a WebSocket."), req("reason", text(), "")],
            ),
        ),
        ("PlaybackAfter", object("Where the replay is after a command.", playback_fields(run_and_epoch(), Vec::new()))),
        (
            "MatchNow",
            object(
                "What a scoreboard shows of a match.",
                [req("match", text(), "The id of the match.")].into_iter().chain(scoreboard(true)),
            ),
        ),
    ]
}

/// The kind of a frame.
pub(super) fn kind(word: &'static str) -> Property {
    req("kind", constant(word), "")
}

fn frame(word: &'static str, description: &str, fields: impl IntoIterator<Item = Property>) -> Schema {
    object(description, [kind(word)].into_iter().chain(fields))
}

/// The number of events that have been released.
pub(super) fn n() -> Property {
    req("n", count(), "How many events have been released.")
}

fn id() -> Property {
    opt("id", any(), "The id of the command.")
}

fn hello() -> Schema {
    frame("hello", "The first frame of every connection.", [
        req("protocol", constant(PROTOCOL), ""),
        req("server", text(), "The version of the server."),
        req("replay", text(), "The name of the replay."),
    ].into_iter().chain(run_and_epoch()).chain([
        req("head", count(), "How many events have been released: those up to it that follow are no news."),
        req("subscriber", count(), "The number of this connection within the replay, from 1."),
        req("control", flag(), "Whether this connection may send playback commands."),
        opt("token", text(), "Gives the right to control the replay: sent to whose address has opened it."),
        req("resumed", any_of([words(Resumed::WORDS), constant(Value::Null)]),
            "ok: the missed events follow; reset: they cannot be sent, snapshots follow; null: no cursor was given."),
        req("title", text(), ""),
        req("matches", list(reference("ListedMatch")), "Those that this connection follows."),
        req("playback", reference("Playback"), ""),
    ]))
}

fn event() -> Schema {
    let place = [
        req("match", text(), "The id of the match."),
        req("n", count(), "The place in the timeline, from 1: the number to resume from."),
        req("seq", count(), "The number within the match, from 1."),
    ];
    frame(
        "event",
        "An event, or a correction of one. It may have further fields, if its type is none of the list. A feed \
        with the fault unknown may break any of this.",
        place.into_iter().chain(event_fields(true)).chain([
            opt("was", reference("MatchEvent"), "The previous revision, in a correction."),
            opt(
                "positions",
                positions(),
                "After a change of position: the positions of the players that it names, by id.",
            ),
            opt("emitted", super::common::moment(), "When it was sent, with stamp=1."),
        ]),
    )
}

fn tick() -> Schema {
    frame(
        "tick",
        "The clock of every match.",
        [
            req("n", count(), "All events up to this one that are followed have been sent."),
            at("The position on the timeline, in ms."),
            wall(),
            req("matches", map(reference("Scoreboard")), "By the id of the match, at most 20."),
        ],
    )
}

fn end() -> Schema {
    frame(
        "end",
        "A match has no more events.",
        [
            req("match", text(), "The id of the match."),
            n(),
            req("status", reference("Status"), ""),
            req("score", reference("Score"), ""),
            opt("tie", reference("Tie"), ""),
        ],
    )
}

/// The members of an answer to a command.
pub(super) fn reply_fields() -> Vec<Property> {
    vec![
        req("ok", constant(true), ""),
        opt("from", count(), "Of a step: how many events had been released before."),
        opt("to", count(), "Of a step: how many are released now."),
        opt("reached", flag(), "Of a step: false if it went to the end instead."),
        opt("beyond", constant(true), "Of a seek: the timeline does not have the moment; it went to the nearest one."),
        opt("playback", reference("PlaybackAfter"), ""),
        opt("now", reference("MatchNow"), "Of the match that the position named, or of the only one."),
        opt("in_play", count(), "How many matches are in play, if there are several."),
    ]
}

/// The members of an error, beside the id of the command.
pub(super) fn error_fields() -> Vec<Property> {
    vec![
        req("code", open_words(ErrorCode::WORDS), ""),
        req("message", text(), "For people."),
        opt("accepted", list(text()), "Everything that would be accepted in that place."),
    ]
}
