//! The state of a match, as snapshots and documents have it.

use super::common::by_side;
use super::schema::{
    Property, Schema, constant, count, integer, integer_in, list, map, number, object, opt, reference, req, text, words,
};
use crate::football::Statistics;

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    vec![
        ("MatchState", object("The state of a match.", state_fields())),
        ("Lineup", lineup()),
        ("LineupPlayer", lineup_player()),
        ("Coach", coach()),
        ("Moves", moves()),
        ("Statistics", statistics()),
    ]
}

fn state_fields() -> Vec<Property> {
    vec![
        req("status", reference("Status"), ""),
        req("period", reference("Period").or_null(), "null outside play."),
        req("score", reference("Score"), "The awarded one, if a result is awarded."),
        opt("played", reference("Score"), "As it was played, if a result is awarded."),
        req("half_time", reference("Score").or_null(), "Of the first half, once that is over."),
        req("shootout", reference("Score").or_null(), "Once it has begun."),
        req("match", match_info(), "What is known of the match beside its teams."),
        req("lineups", by_side("", || reference("Lineup")), ""),
        req("substitutions_left", by_side("", integer), "Negative where a side has made more than its rules allow."),
        opt("extra_time", constant(true), "The additional substitutions of extra time are counted."),
        opt("concussion_substitutions_left", by_side("", integer), ""),
        req("statistics", by_side("", || reference("Statistics")), ""),
        opt("tie", reference("Tie"), "Only of a leg of a two-legged tie."),
        req("events", list(reference("MatchEvent")), "Those in force, in the order of their first reports."),
    ]
}

fn match_info() -> Schema {
    object(
        "",
        [
            opt("competition", text(), ""),
            opt("season", text(), ""),
            opt("round", text(), ""),
            opt("venue", text(), ""),
            opt("officials", map(list(text())), "Names, by role."),
            opt("extra_time_substitutions", count(), "How many more each side gets from extra time on."),
        ],
    )
}

fn lineup() -> Schema {
    object(
        "The players of a side, by where they are.",
        [
            opt("formation", text(), ""),
            opt("coach", text(), "The coach's name."),
            opt("staff", list(reference("Coach")), "The coach, if cards can name him."),
            req("on", list(reference("LineupPlayer")), "On the field."),
            req("bench", list(reference("LineupPlayer")), ""),
            req("off", list(reference("LineupPlayer")), "Went off."),
            req("sent_off", list(reference("LineupPlayer")), ""),
        ],
    )
}

fn lineup_player() -> Schema {
    object(
        "A player in a line-up.",
        [
            req("id", text(), ""),
            req("name", text(), ""),
            req("number", integer_in(0, 65_535).or_null(), ""),
            opt("position", text(), "The latest known: GK for the goalkeeper."),
            opt("captain", constant(true), ""),
            opt("yellow_cards", count(), "2 after a second_yellow_card; left out if 0."),
            opt("goals", count(), "Left out if 0."),
            opt("own_goals", count(), "Left out if 0."),
            opt("from", words(["bench", "off"]), "Sent off while not on the field."),
            opt("temporary", constant(true), "Away for a while, not replaced."),
            opt("moves", reference("Moves"), ""),
        ],
    )
}

fn coach() -> Schema {
    object(
        "A coach whom cards can name.",
        [
            req("id", text(), ""),
            req("name", text(), ""),
            req("role", words(["coach"]), ""),
            opt("yellow_cards", count(), "Left out if 0."),
            opt("sent_off", constant(true), ""),
            opt("moves", reference("Moves"), ""),
        ],
    )
}

fn moves() -> Schema {
    object(
        "How often somebody came and went, where the line-up does not show it.",
        [
            req("came_on", integer(), "A start counts."),
            req("went_off", integer(), ""),
            req("away", integer(), ""),
            req("sent_off", integer(), ""),
        ],
    )
}

fn statistics() -> Schema {
    let counted = Statistics::default().entries().map(|(name, _)| req(name, count(), ""));
    object(
        "What a side has done.",
        counted.into_iter().chain([
            req("passes", count().or_null(), "null while the match has none, as the next two."),
            req("passes_completed", count().or_null(), ""),
            req("possession", count().or_null(), "The percentage of all passes."),
            req("xg", number().or_null(), "Expected goals; null while those of both sides are 0."),
        ]),
    )
}

/// What a match is at, in a snapshot and in documents.
pub(super) fn place_fields() -> Vec<Property> {
    vec![
        req("match", text(), "The id of the match."),
        req("n", count(), "The number of events of the timeline that are counted in."),
        req("seq", count(), "The number of the match's last event."),
        req("at", integer(), "When the event n was due, in ms; 0 before the first."),
    ]
}
