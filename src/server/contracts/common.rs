//! What frames, documents and scenario lines have in common.

use super::schema::{
    Property, Schema, any_of, constant, count, flag, integer, integer_in, list, number, object, open_words, opt,
    pattern, reference, req, text, words,
};
use crate::football::{Side, Status};
use crate::playback::{ChangeCause, State};

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    vec![
        ("Score", score()),
        ("Side", words(Side::WORDS).about("The home or the away team.")),
        ("Status", words(Status::WORDS).about("Where a match is in its course.")),
        ("Period", integer_in(1, 5).about("1 and 2 the halves, 3 and 4 those of extra time, 5 the shoot-out.")),
        ("Speed", speed()),
        ("Team", team()),
        (
            "ListedMatch",
            match_line(
                "A match that is followed.",
                [req("events", count(), "How many events it will send, with the filter in force.")],
            ),
        ),
        ("Person", person()),
        ("Point", point()),
        ("Source", source()),
        ("Scoreboard", object("What a scoreboard shows of a match now.", scoreboard(true))),
        (
            "Playback",
            object(
                "Where a replay is.",
                playback_fields(Vec::new(), vec![req("length", count(), "The length of the timeline, in ms.")]),
            ),
        ),
        ("TableRow", table_row()),
        ("Tie", tie()),
    ]
}

fn score() -> Schema {
    object("A number for each side.", [req("home", count(), ""), req("away", count(), "")])
}

/// The two members of an object that has something for each side.
pub(super) fn by_side(description: &str, schema: impl Fn() -> Schema) -> Schema {
    object(description, [req("home", schema(), ""), req("away", schema(), "")])
}

fn speed() -> Schema {
    any_of([number().with("exclusiveMinimum", serde_json::json!(0)), constant("max")]).about(
        "As a multiple of real time; max: as fast as clients read. A pace may put it above what can be asked for.",
    )
}

fn team() -> Schema {
    object(
        "A team.",
        [
            req("id", text(), ""),
            req("name", text(), ""),
            req("short", text(), "Some three letters, for scoreboards."),
            opt("colours", list(colour()), "Shirt, then detail."),
        ],
    )
}

/// A colour.
pub(super) fn colour() -> Schema {
    pattern("^#[0-9a-fA-F]{6}$")
}

/// A moment in RFC 3339, UTC.
pub(super) fn moment() -> Schema {
    text().with("format", serde_json::json!("date-time"))
}

/// A moment on the clock of the wall, to the microsecond.
pub(super) fn wall() -> Property {
    req("wall", moment(), "RFC 3339 in UTC, with six digits of the second.")
}

/// A time on the timeline.
pub(super) fn at(description: &str) -> Property {
    req("at", integer(), description)
}

/// A match clock.
pub(super) fn clock() -> Schema {
    pattern(r"^-?\d{1,6}:[0-5]\d(\.\d{1,3})?$")
}

fn match_line(description: &str, more: impl IntoIterator<Item = Property>) -> Schema {
    object(description, fixture_fields().into_iter().chain(more))
}

/// What is known of a match long before it.
pub(super) fn fixture_fields() -> Vec<Property> {
    vec![
        req("id", text(), ""),
        opt("competition", text(), ""),
        req("kickoff", moment().or_null(), "The scheduled kick-off."),
        req("home", reference("Team"), ""),
        req("away", reference("Team"), ""),
    ]
}

fn person() -> Schema {
    object(
        "A player or, on a card, a coach.",
        [
            req("id", text(), ""),
            opt("name", text(), ""),
            opt(
                "number",
                integer_in(0, 65_535).or_null(),
                "The shirt number; null if it is not known, and of a coach.",
            ),
            opt("role", words(["coach"]), "Only of a coach."),
        ],
    )
}

/// What the coordinates of the field mean.
pub(super) const METRES_X: &str = "Metres from the left goal line, 0 to 105: home attacks towards 105 in both halves.";
pub(super) const METRES_Y: &str = "Metres from the upper touchline, 0 to 68.";

fn point() -> Schema {
    object("A point on the field, in metres.", [req("x", number(), METRES_X), req("y", number(), METRES_Y)])
}

fn source() -> Schema {
    object(
        "Where a fact comes from.",
        [req("provider", text(), ""), opt("id", text(), "The provider's id of the event."), opt("note", text(), "")],
    )
}

/// The members of a scoreboard.
pub(super) fn scoreboard(with_score: bool) -> Vec<Property> {
    let mut fields = vec![
        req("status", reference("Status"), ""),
        req("period", reference("Period").or_null(), "null outside play."),
        req("clock", clock(), "Of the period or of the break; before the match it counts down."),
        req("label", text().or_null(), "The minute as a scoreboard shows it, 45+2, or a word such as HT."),
        req("announced", count().or_null(), "The minutes of stoppage time that are announced for this period."),
        req("running", flag(), "Whether the clock runs."),
    ];
    if with_score {
        fields.push(req("score", reference("Score"), ""));
    }
    fields
}

/// The members that say where a replay is.
pub(super) fn playback_fields(after_version: Vec<Property>, before_wall: Vec<Property>) -> Vec<Property> {
    let mut fields =
        vec![req("state", words(State::WORDS), ""), req("version", count(), "Rises by one with every change.")];
    fields.extend(after_version);
    fields.extend([
        req("speed", reference("Speed"), "The speed in force."),
        opt("nominal", reference("Speed"), "The speed asked for, while a pace has put another in force."),
        opt("loop", constant(true), "It begins again at each end; else left out."),
        opt("pace", text(), "The rules in force, as the command takes them; left out while there are none."),
        at("Where it was at wall, in ms. While playing, an event is due at wall + (event.at - at) / speed."),
    ]);
    fields.extend(before_wall);
    fields.push(wall());
    fields
}

/// What has changed playback.
pub(super) fn cause() -> Schema {
    open_words(ChangeCause::WORDS)
}

/// What identifies a stretch of playback.
pub(super) fn run_and_epoch() -> Vec<Property> {
    vec![
        req(
            "run",
            pattern("^[0-9a-f]{8}$"),
            "Identifies what is played: scenario, feed faults, revision of the encoding.",
        ),
        req("epoch", count(), "An unbroken stretch of playback: rises with each seek, restart and lap."),
    ]
}

fn table_row() -> Schema {
    object(
        "A row of a league table.",
        [
            req("team", text(), "The team's id."),
            req("name", text(), ""),
            req("played", count(), ""),
            req("won", count(), ""),
            req("drawn", count(), ""),
            req("lost", count(), ""),
            req("for", count(), "Goals scored."),
            req("against", count(), "Goals conceded."),
            req("points", integer(), "Without those deducted."),
            opt("deducted", count(), "Points deducted, if any."),
        ],
    )
}

/// A league table.
pub(super) fn table_fields() -> Vec<Property> {
    vec![
        req("competition", text(), ""),
        opt("season", text(), ""),
        req("rows", list(reference("TableRow")), "The first team first."),
    ]
}

fn tie() -> Schema {
    let other = object(
        "",
        [
            req("match", text().or_null(), "null if only the result of that leg is known."),
            req("score", reference("Score").or_null(), "Seen from this match: its home team's goals are home."),
        ],
    );
    object(
        "A two-legged tie, seen from one of its legs.",
        [
            req("leg", integer_in(1, 2), ""),
            req("other", other, "The other leg."),
            req("aggregate", reference("Score"), "The goals of both legs."),
            req("away_goals", flag(), "Whether away goals decide a level tie."),
            req("winner", reference("Side").or_null(), "Who goes through, once that is decided."),
        ],
    )
}
