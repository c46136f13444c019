//! What a server answers over HTTP.

use super::common::{clock, fixture_fields, run_and_epoch, scoreboard, table_fields, wall};
use super::event::{DetailForm, details};
use super::frames::{error_fields, kind, n, reply_fields};
use super::schema::{
    Property, Schema, any, any_of, constant, count, flag, integer, list, map, object, open_words, opt, reference, req,
    text, words,
};
use super::state::place_fields;
use crate::dialect::native::documents::MARKER_FIELDS;
use crate::football::{FaultKind, Op};
use crate::scenario::Severity;

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    vec![
        (
            "Refusal",
            object(
                "Why a request was refused: an error frame.",
                [kind("error")].into_iter().chain(error_fields()).chain(findings()),
            ),
        ),
        (
            "CommandAnswer",
            object(
                "What a command has done.",
                reply_fields().into_iter().chain([opt(
                    "subscribers",
                    count(),
                    "Of a step: for how many subscribers it waited.",
                )]),
            ),
        ),
        ("ShowsAnswer", object("It is known what the app shows.", [req("ok", constant(true), "")])),
        ("MatchStatus", match_status()),
        (
            "StateDocument",
            object(
                "The state of the matches.",
                run_and_epoch().into_iter().chain([
                    n(),
                    req("playback", reference("Playback"), ""),
                    req("matches", list(reference("MatchStatus")), "Without a choice, the 20 nearest in time."),
                ]),
            ),
        ),
        (
            "MatchStateDocument",
            object(
                "The state of one match.",
                run_and_epoch()
                    .into_iter()
                    .chain([req("playback", reference("Playback"), "")])
                    .chain(match_status_fields()),
            ),
        ),
        ("HistoryDocument", list(reference("EventFrame")).about("Event frames of the past.")),
        (
            "TableDocument",
            object(
                "The league tables.",
                run_and_epoch().into_iter().chain([n(), req("tables", list(reference("LeagueTable")), "")]),
            ),
        ),
        ("LeagueTable", object("A league table.", table_fields())),
        ("TimelineDocument", timeline()),
        (
            "TimelineMatch",
            object(
                "A match of a timeline.",
                fixture_fields().into_iter().chain([req(
                    "phases",
                    list(reference("Phase")),
                    "Without gaps; none before its first event, with spoilers=0.",
                )]),
            ),
        ),
        ("Phase", phase()),
        ("EventMarker", event_marker()),
        (
            "NamedMarker",
            object(
                "A place that the scenario names.",
                [req("at", integer(), "In ms."), req("match", text(), "The id of the match."), req("name", text(), "")],
            ),
        ),
        ("ReplayDocument", replay()),
        ("ReplaysDocument", object("The replays.", [req("replays", list(reference("ReplayDocument")), "")])),
        (
            "OpenedReplay",
            object(
                "A replay that has been opened.",
                [
                    req("id", text(), "Its name."),
                    req("ws", text(), "Where to subscribe."),
                    req("http", text(), "The beginning of the addresses of its documents."),
                    opt("control", text(), "The token that gives the right to control it."),
                ]
                .into_iter()
                .chain(run_and_epoch())
                .chain([req("playback", reference("Playback"), "")])
                .chain(findings()),
            ),
        ),
        (
            "Finding",
            object(
                "Something about the lines of a scenario, as check reports it.",
                [
                    req("severity", words(Severity::WORDS), ""),
                    opt("line", count(), "From 1; left out if it is about the whole."),
                    opt("column", count(), "In characters, from 1; left out if it is about the whole line."),
                    req("message", text(), ""),
                ],
            ),
        ),
        ("ListedScenario", scenario()),
        ("ScenariosDocument", object("What can be played.", [req("scenarios", list(reference("ListedScenario")), "")])),
        ("JournalDocument", journal()),
        ("RecordDocument", record()),
        (
            "SubmittedDocument",
            object(
                "What a command has done, and the record after it.",
                [req("applied", map(any()), "For servers alone."), req("record", reference("RecordDocument"), "")],
            ),
        ),
    ]
}

fn match_status_fields() -> Vec<Property> {
    place_fields()
        .into_iter()
        .chain([
            req("now", object("", scoreboard(false)), "What a scoreboard shows beside the score."),
            req("state", reference("MatchState"), "To the byte that of a snapshot."),
        ])
        .collect()
}

fn match_status() -> Schema {
    object("A match and its state.", match_status_fields())
}

/// What was found in the lines that were sent.
fn findings() -> [Property; 2] {
    [
        opt(
            "findings",
            list(reference("Finding")),
            "In the lines that were sent, at most 100; left out if there are none.",
        ),
        opt("unlisted", count(), "How many more there are."),
    ]
}

fn timeline() -> Schema {
    object(
        "The course of the matches.",
        [
            req("run", text(), "As in hello."),
            opt("n", count(), "Only with spoilers=0: how many events have been released."),
            req("length", integer(), "In ms; with spoilers=0 as far as it is known."),
            req("matches", list(reference("TimelineMatch")), ""),
            req("markers", list(any_of([reference("EventMarker"), reference("NamedMarker")])), "In order of time."),
        ],
    )
}

fn phase() -> Schema {
    object(
        "A stretch of the timeline with one status.",
        [
            req("status", reference("Status"), ""),
            req("period", reference("Period").or_null(), ""),
            req("clock", clock(), "The clock at from."),
            req("from", integer(), "In ms."),
            opt("stoppage", integer(), "Where stoppage time begins, in ms."),
            req("to", integer().or_null(), "In ms; null while it is unknown."),
            opt("expected", constant(true), "It is not over, and to is a forecast."),
        ],
    )
}

fn event_marker() -> Schema {
    let corrected = object(
        "",
        [
            req("at", integer(), "In ms."),
            req("n", count(), ""),
            opt("was", text(), "The first type, if it has changed."),
        ],
    );
    object(
        "An event of a key type, once: at and n are of its first report, all else of the latest revision.",
        [
            req("at", integer(), "In ms."),
            req("n", count(), ""),
            req("match", text(), "The id of the match."),
            req("id", text(), ""),
            req("op", words(Op::WORDS), "Of the latest revision: remove if it does not stand."),
            req("type", reference("EventType"), ""),
            req("period", reference("Period").or_null(), ""),
            req("clock", clock(), ""),
            req("label", text().or_null(), ""),
            opt("side", reference("Side"), ""),
        ]
        .into_iter()
        .chain(details(DetailForm::Frame, |field| MARKER_FIELDS.contains(&field)))
        .chain([
            req("score", reference("Score"), "After it; only events count that stand."),
            opt("shootout", reference("Score"), ""),
            opt("text", text(), ""),
            opt("corrected", corrected, "Where the latest revision is."),
        ]),
    )
}

fn replay() -> Schema {
    object(
        "A replay.",
        [req("id", text(), "Its name."), req("title", text(), "")].into_iter().chain(run_and_epoch()).chain([
            req("head", count(), "How many events have been released."),
            req("shared", flag(), "Whether it is listed: opened under a name, or present from the start."),
            req("subscribers", count(), ""),
            req("linger", text(), "How long it stays without subscribers: 60s, or forever."),
            req("playback", reference("Playback"), ""),
        ]),
    )
}

fn scenario() -> Schema {
    object(
        "A scenario that the server has.",
        [
            req("name", text(), ""),
            req("title", text(), ""),
            opt("about", text(), "What it is good for."),
            req("matches", list(reference("ListedMatch")), ""),
            req("events", count(), "Of all matches."),
            req("length", integer(), "Of the timeline, in ms."),
            opt("sources", list(text()), "Where its facts come from."),
        ],
    )
}

fn record() -> Schema {
    object(
        "What another server of the same version needs to play the same at every moment.",
        [
            req("format", count(), "The form of this document: 1."),
            req("server", text(), "The version of the program that wrote it."),
            req("replay", text(), "The name of the replay."),
            req("run", text(), "As in hello."),
            req("instance", count(), "Tells the replay from others of that name."),
            req("servers", list(count()), "The instances on all servers through which it came, this one last."),
            req("revision", count(), "Rises with each change that does not follow from the record by arithmetic."),
            req("listed", flag(), "Whether it is listed."),
            req("wait_for", count(), "How many subscribers playback waits for at its beginning."),
            req("kickoff_offset_ms", integer(), "How much later than in the scenario kick-offs are."),
            opt("faults", text(), "The plan of feed faults; left out without any."),
            req("seed", count(), "What decides about them."),
            opt("by", text(), "Who made the latest change."),
            req("playback", map(any()), "Where playback is, and where every lap begins and ends, for servers alone."),
        ],
    )
}

fn fault_kind() -> Schema {
    open_words(FaultKind::WORDS)
}

fn journal() -> Schema {
    let entry = object(
        "Something that was done to the feed.",
        [
            req("n", count(), "The event with which it shows; of a lost event the next one."),
            req("at", integer(), "When it shows, in ms."),
            req("match", text(), "The id of the match."),
            req("seq", count().or_null(), "null if the feed never mentions the event."),
            req("id", text(), "The id of the event."),
            req("rev", count(), ""),
            req("fault", count(), "The place of the fault in the plan, from 1."),
            req("kind", fault_kind(), ""),
            req("what", text(), "In words."),
        ],
    );
    let link = object(
        "Something that was done to a connection or a document.",
        [
            wall(),
            req("at", integer(), "On the timeline, in ms."),
            req("subscriber", count().or_null(), ""),
            opt("client", text(), "The name of the client."),
            opt("fault", count(), "The place of the fault in the plan, from 1; left out if it happened by command."),
            req("kind", fault_kind(), ""),
            req("what", text(), "In words."),
        ],
    );
    object(
        "What the faults of a replay have done.",
        run_and_epoch().into_iter().chain([
            n(),
            req("faults", text(), "The plan in force, or off."),
            opt("seed", count(), "Left out without faults."),
            req("entries", list(entry), "To the feed, in the order in which it shows."),
            req("links", list(link), "To connections and documents, at most the last 1000."),
        ]),
    )
}
