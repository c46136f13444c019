//! What a client sends: commands, and the options of a replay.

use std::collections::BTreeSet;

use super::schema::{
    Property, Schema, any, any_of, closed, constant, count, flag, integer_in, list, number, number_in, one_of, opt,
    opt_or_null, pattern, reference, req, text, words,
};
use crate::football::FaultKind;
use crate::hub::ReplaySpec;
use crate::json::MAX_SAFE_INTEGER;
use crate::playback::Command;

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    let about_connection = ["SubscribeCommand", "AckCommand", "ShowsCommand", "PingCommand"].map(str::to_owned);
    let of_playback = || Command::NAMES.iter().map(|name| command_definition(name));
    let over_http = of_playback().map(|name| if name == "StepCommand" { "BarrierCommand".to_owned() } else { name });
    vec![
        ("Command", one_of(of_playback().chain(about_connection)).about("A command on a WebSocket.")),
        ("HttpCommand", one_of(over_http).about("A command over HTTP.")),
        ("PlayCommand", playback("play", "Plays; at the end, from the beginning.", [])),
        ("PauseCommand", playback("pause", "Pauses.", [])),
        ("SpeedCommand", playback("speed", "Changes the speed.", [req("to", speed(), "")])),
        (
            "PaceCommand",
            playback(
                "pace",
                "Changes the rules for the speed.",
                [req("to", text(), "Rules joined by +, as break=3s+goal:lead=30s,speed=5; highlights; or off.")],
            ),
        ),
        (
            "SeekCommand",
            playback(
                "seek",
                "Goes to a position, forward or back.",
                [
                    req(
                        "to",
                        position(),
                        "89:07, 45+2, HT, 50%, +5m, next:goal, the name of a marker or the id of an event.",
                    ),
                    opt_or_null("lead", length(), "How much earlier to land."),
                    opt_or_null("match", text(), "The match whose clock is meant."),
                ],
            ),
        ),
        ("StepCommand", playback("step", "Pauses, and moves forward by events.", step_fields())),
        (
            "BarrierCommand",
            playback(
                "step",
                "Pauses, and moves forward by events; answered when every subscriber has been sent all of it.",
                step_fields().into_iter().chain([
                    opt_or_null("wait_for", integer_in(0, 1_000_000), "First waits for this many subscribers."),
                    opt_or_null("acknowledged", flag(), "Also waits until each has acknowledged."),
                    opt_or_null("timeout", text(), "The limit for all of this, 5s, up to 60s."),
                ]),
            ),
        ),
        ("RestartCommand", playback("restart", "Goes to where playback began.", [])),
        ("LoopCommand", playback("loop", "Begins again at each end, or not.", [req("to", flag(), "")])),
        (
            "FaultsCommand",
            playback(
                "faults",
                "Replaces the plan of faults.",
                [
                    req("to", text(), "A plan, as drop:at=next:goal; or off."),
                    opt_or_null("seed", seed(), "The seed of what chance decides; as before if left out."),
                ],
            ),
        ),
        ("FaultCommand", fault()),
        (
            "SubscribeCommand",
            connection(
                "subscribe",
                "Replaces the filter of this connection.",
                [
                    opt_or_null("match", words_or_list(), "Ids of matches; all if left out."),
                    opt_or_null("types", words_or_list(), "Types and groups of types; all if left out."),
                ],
            ),
        ),
        (
            "AckCommand",
            connection(
                "ack",
                "Acknowledges an event and all before it.",
                [
                    req("n", integer_in(0, u32::MAX.into()), ""),
                    opt_or_null("epoch", count(), "The epoch of that event, if it is not the present one."),
                ],
            ),
        ),
        ("ShowsCommand", connection("shows", "Says what the app shows of a match.", shown_fields())),
        ("PingCommand", connection("ping", "Asks for the time of the server.", [opt("payload", any(), "Comes back.")])),
        (
            "ShowsRequest",
            closed(
                "What an app shows of a match, over HTTP.",
                [req(
                    "client",
                    pattern("^[A-Za-z0-9._-]{1,60}$"),
                    "The name of the client, as in the address of its stream.",
                )]
                    .into_iter()
                    .chain(shown_fields()),
            ),
        ),
        (
            "OpenRequest",
            closed(
                "What is to be played, and how.",
                [
                    opt_or_null(
                        "name",
                        pattern("^[A-Za-z0-9_-]{1,64}$"),
                        "The replay's name: it is listed; one that cannot be guessed if left out.",
                    ),
                    opt_or_null(
                        "lines",
                        any_of([text(), list(reference("Line"))]),
                        "A scenario to be played, instead of one that the server has: its file as a text, or its lines.",
                    ),
                ]
                .into_iter()
                .chain(ReplaySpec::FIELDS.iter().map(|field| open_field(field))),
            ),
        ),
    ]
}

/// `SeekCommand` for `seek`.
fn command_definition(command: &str) -> String {
    let (first, rest) = command.split_at(1);
    format!("{}{rest}Command", first.to_uppercase())
}

fn connection(name: &'static str, description: &str, fields: impl IntoIterator<Item = Property>) -> Schema {
    let id = opt("id", any(), "Any JSON of at most 200 bytes: the answer repeats it.");
    closed(description, [req("command", constant(name), "")].into_iter().chain(fields).chain([id]))
}

fn playback(name: &'static str, description: &str, fields: impl IntoIterator<Item = Property>) -> Schema {
    let sender =
        (name != "fault").then(|| opt_or_null("by", text(), "The name of the sender: playback frames show it."));
    let version = opt_or_null("if_version", count(), "Refuse the command with stale if playback has another version.");
    connection(name, description, fields.into_iter().chain([version]).chain(sender))
}

fn step_fields() -> [Property; 4] {
    [
        opt_or_null("count", integer_in(1, u32::MAX.into()), "How many events: 1 if until is left out as well."),
        opt_or_null("until", position(), "To a position that is ahead, all events of its instant included."),
        opt_or_null("match", text(), "The match whose clock is meant."),
        opt_or_null("or", words(["end"]), "Go to the end where there is no such position ahead."),
    ]
}

fn fault() -> Schema {
    let word = req("do", text(), "The word of the fault, as cut.");
    playback("fault", "Adds one fault, or makes it happen now.", [word].into_iter().chain(fault_parameters(&[])))
}

/// The parameters of all faults but these.
pub(super) fn fault_parameters(without: &[&str]) -> impl Iterator<Item = Property> {
    let parameters = FaultKind::ALL.iter().flat_map(|kind| kind.choosing_parameters().iter().chain(kind.parameters()));
    let names: BTreeSet<&str> = parameters.copied().filter(|name| !without.contains(name)).collect();
    names.into_iter().map(|name| opt_or_null(name, any_of([text(), number()]), ""))
}

fn shown_fields() -> [Property; 4] {
    [
        req("match", pattern("."), "The id of the match."),
        req("score", pattern(r"^\d{1,2}-\d{1,2}$"), "0-1"),
        opt_or_null("clock", text(), "The match clock that is shown, 89:07 or 45+2:10."),
        opt_or_null("n", integer_in(0, u32::MAX.into()), "The number of the last event that is included."),
    ]
}

fn speed() -> Schema {
    any_of([number_in(0.01, 10_000.0), text()]).about("A multiple of real time, or max.")
}

fn position() -> Schema {
    text()
}

fn length() -> Schema {
    text().with("examples", serde_json::json!(["90s", "3m", "1m30s"]))
}

fn seed() -> Schema {
    count().with("maximum", serde_json::json!(MAX_SAFE_INTEGER))
}

fn words_or_list() -> Schema {
    any_of([text(), list(text())])
}

/// A field of [`ReplaySpec`].
fn open_field(field: &'static str) -> Property {
    let (schema, description) = open_option(field);
    opt_or_null(field, schema, description)
}

/// The value of a field of [`ReplaySpec`] in JSON, and its meaning.
pub(super) fn open_option(field: &str) -> (Schema, &'static str) {
    match field {
        "scenario" => (text(), "The name of a scenario that the server has, or its beginning."),
        "speed" => (speed(), "60 if left out."),
        "pace" => (text(), "Where playback is faster or slower."),
        "fit" => (length(), "Choose the one speed with which the whole lasts this long."),
        "from" => (position(), "Where it begins."),
        "until" => (position(), "Where it ends."),
        "loop" => (flag(), "Begin again at each end."),
        "hold" => (length(), "How long the end is shown before the next lap."),
        "paused" => (flag(), "Begin paused."),
        "wait_for" => (integer_in(0, 1_000_000), "Begin when this many subscribers are connected."),
        "linger" => (text(), "How long it stays after its last subscriber: a length, or forever."),
        "now" => (flag(), "Move the kick-offs as if the first were now."),
        "wall" => (text(), "Play as if it had kicked off then: 20:45, or a moment."),
        "faults" => (text(), "What goes wrong: a plan of faults, or off."),
        "seed" => (seed(), "The seed of what chance decides about faults."),
        // A test fails until it is described.
        _ => (any(), ""),
    }
}
