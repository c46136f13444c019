//! The verdict on what clients have shown.

use super::schema::{Schema, constant, count, flag, integer, list, object, open_words, opt, reference, req, text};
use crate::verdict::Reason;

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    vec![
        ("VerdictDocument", verdict()),
        ("ClientReport", client_report()),
        ("WrongPeriod", wrong_period()),
        (
            "Recovery",
            object(
                "The time from a fault until an app shows the truth again.",
                [
                    req("what", text(), "What happened."),
                    req("at_ms", count(), "When, since the beginning of the judgement."),
                    req("for_ms", count(), "How long it took, or has taken so far."),
                    req("recovered", flag(), ""),
                ],
            ),
        ),
    ]
}

fn verdict() -> Schema {
    let shown = object(
        "What a client said that it shows.",
        [
            req("client", text(), ""),
            req("match", text(), "The id of the match."),
            req("at", integer(), "When, on the timeline, in ms."),
            req("score", text(), "0-1"),
            req("truth", text().or_null(), "The true score then."),
            req("clock", text().or_null(), ""),
            req("n", count().or_null(), ""),
        ],
    );
    let failure = object(
        "The first failure of the trace that is played.",
        [
            req("client", text(), ""),
            req("replay", text(), ""),
            req("match", text().or_null(), ""),
            req("at", integer(), "On the timeline, in ms."),
            req("what", text(), "In words."),
        ],
    );
    object(
        "What clients have shown, and whether that was right.",
        [
            req("clients", list(reference("ClientReport")), ""),
            req("shown", list(shown), "In order, at most the first 10,000 times."),
            opt("recorded", constant(true), "The replay plays a trace."),
            opt("failure", failure, ""),
        ],
    )
}

fn client_report() -> Schema {
    let reconnects = object(
        "",
        [
            req("total", count(), ""),
            req("resumed", count(), ""),
            req("reset", count(), ""),
            req("without_cursor", count(), ""),
        ],
    );
    object(
        "What has been found about a client.",
        [
            req("client", text(), "Its name."),
            opt("replay", text(), "Of a trace: the replay that it followed."),
            req("connections", count(), ""),
            req("judged", count(), "How many reports of what it shows were judged."),
            req("not_judged", count(), ""),
            req("wrong_periods", count(), "How often it showed a wrong score."),
            req("missed", count(), "Of these with this reason, as the next three."),
            req("stale", count(), ""),
            req("duplicated", count(), ""),
            req("out_of_order", count(), ""),
            req("longest_wrong", reference("WrongPeriod").or_null(), ""),
            req("wrong", list(reference("WrongPeriod")), "The first ones."),
            req("faults", count(), "How many faults and disconnects that it did not ask for hit it."),
            req("longest_recovery", reference("Recovery").or_null(), ""),
            req(
                "not_recovered",
                reference("Recovery").or_null(),
                "The earliest fault from which it has not recovered.",
            ),
            req("recoveries", list(reference("Recovery")), "The first ones."),
            req("reconnects", reconnects, ""),
            req("feed_wrong_for_ms", count(), "For how long what it was sent was not the truth; not judged."),
        ],
    )
}

fn wrong_period() -> Schema {
    object(
        "A time in which an app showed a wrong score.",
        [
            req("match", text(), "The id of the match."),
            req("at_ms", count(), "When it began, since the beginning of the judgement."),
            req("for_ms", count(), ""),
            req("clock", text().or_null(), "The match clock then."),
            req("shown", text(), "0-1"),
            req("n", count().or_null(), ""),
            req("truth", text().or_null(), ""),
            req("sent", text().or_null(), "The score that the client was sent last."),
            req("missed", text().or_null(), "The score that it missed."),
            req("reason", open_words(Reason::WORDS), ""),
        ],
    )
}
