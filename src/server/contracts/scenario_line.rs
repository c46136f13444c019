//! The lines of a scenario file, each of which is one object.

use std::collections::BTreeMap;

use serde_json::json;

use super::commands::fault_parameters;
use super::common::{clock, colour, moment};
use super::event::{DetailForm, detail, details};
use super::schema::{
    Node, Property, Schema, any_of, closed, constant, flag, integer_in, list, map, members, object, one_of, open_words,
    opt_or_null, pattern, reference, req, text, words,
};
use crate::football::{EventType, FaultKind, Field as Detail, Op, OrderKey, Status};

/// The kinds of lines.
const LINES: &[&str] = &[
    "ScenarioLine",
    "MatchLine",
    "TableLine",
    "TieLine",
    "FixtureLine",
    "EventLine",
    "CorrectionLine",
    "MarkerLine",
    "FaultLine",
];

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    vec![
        (
            "Line",
            one_of(LINES)
                .about("A line of a scenario file. null is the same as leaving a field out, but in a correction."),
        ),
        (
            "ScenarioLine",
            line(
                "scenario",
                "The first line of a file.",
                [
                    req("version", constant(1), ""),
                    req("title", text(), "A headline."),
                    opt_or_null("about", text(), "What the scenario is good for."),
                    opt_or_null("sources", list(text()), "Where its facts come from."),
                ],
            ),
        ),
        ("MatchLine", match_line()),
        ("TeamSheet", team()),
        ("PlayerSheet", player()),
        ("TableLine", table()),
        (
            "TieLine",
            line(
                "tie",
                "A two-legged tie.",
                [
                    req(
                        "legs",
                        list(any_of([text(), reference("Score")]))
                            .with("minItems", json!(2))
                            .with("maxItems", json!(2)),
                        "The ids of both matches; instead of the first its result.",
                    ),
                    opt_or_null("away_goals", flag(), "Whether away goals decide a level tie."),
                ],
            ),
        ),
        (
            "FixtureLine",
            line(
                "fixture",
                "A match that is announced and not played.",
                [
                    opt_or_null("competition", text(), ""),
                    opt_or_null("round", text(), ""),
                    opt_or_null("kickoff", moment(), ""),
                    req("home", text(), ""),
                    req("away", text(), ""),
                ],
            ),
        ),
        ("EventLine", event()),
        ("CorrectionLine", correction()),
        (
            "MarkerLine",
            line(
                "marker",
                "A named place on the timeline.",
                place().into_iter().chain([req("clock", clock(), ""), req("name", text(), "")]),
            ),
        ),
        ("FaultLine", fault()),
    ]
}

fn line(kind: &'static str, description: &str, fields: impl IntoIterator<Item = Property>) -> Schema {
    closed(description, [req("kind", constant(kind), "")].into_iter().chain(fields))
}

fn match_line() -> Schema {
    let rules = closed(
        "",
        [
            opt_or_null("substitutions", integer_in(0, 255), "Changes allowed to each side; 5 by default."),
            opt_or_null("extra_time_substitutions", integer_in(0, 255), "How many more from extra time on."),
            opt_or_null("concussion_substitutions", integer_in(0, 255), "How many more for a concussion."),
            opt_or_null("return_substitutions", flag(), "Whether a player who was replaced may return."),
            opt_or_null("period_minutes", integer_in(1, 120), "Of a half; 45 by default."),
            opt_or_null("extra_time_minutes", integer_in(1, 120), "Of a half of extra time; 15 by default."),
            opt_or_null("extra_time", flag(), "Whether there may be extra time."),
            opt_or_null("var", flag(), "Whether there is a video assistant."),
        ],
    );
    let period_starts = ["1", "2", "3", "4", "5"].map(|period| opt_or_null(period, moment(), ""));
    line(
        "match",
        "A match: its kick-off, its rules and both teams.",
        [
            req("id", pattern("^[^,/?#&]{1,100}$"), "Unique in the scenario."),
            req("kickoff", moment(), "The scheduled kick-off, with an offset or Z."),
            req("home", reference("TeamSheet"), ""),
            req("away", reference("TeamSheet"), ""),
            opt_or_null("competition", text(), ""),
            opt_or_null("season", text(), ""),
            opt_or_null("round", text(), ""),
            opt_or_null("venue", text(), ""),
            opt_or_null("officials", map(any_of([text(), list(text())]).or_null()), "A name or names, by role."),
            opt_or_null("rules", rules, ""),
            opt_or_null("period_starts", closed("", period_starts), "When each period began."),
        ],
    )
}

fn team() -> Schema {
    let coach = closed("", [req("id", text(), "By which cards name the coach."), req("name", text(), "")]);
    closed(
        "A team and its players.",
        [
            req("id", text(), ""),
            req("name", text(), ""),
            opt_or_null("short", text(), "Some three letters; by default the first three of the name."),
            opt_or_null("colours", list(colour()), "Shirt, then detail."),
            opt_or_null("formation", text(), "As 4-3-3."),
            opt_or_null("coach", any_of([text(), coach]), ""),
            opt_or_null("players", list(reference("PlayerSheet")).with("maxItems", json!(100)), ""),
        ],
    )
}

fn player() -> Schema {
    closed(
        "A player on the team sheet.",
        [
            req("id", text(), "Unique in the match."),
            req("name", text(), "In full."),
            opt_or_null("number", integer_in(0, 65_535), "The shirt number."),
            opt_or_null("position", text(), "GK marks the goalkeeper, all else is free."),
            opt_or_null("starts", flag(), "Whether the player is among the eleven."),
            opt_or_null("captain", flag(), ""),
        ],
    )
}

fn table() -> Schema {
    let counted = ["played", "won", "drawn", "lost", "for", "against", "deducted"];
    let row = closed(
        "",
        [req("team", text(), "The team's id."), opt_or_null("name", text(), "")]
            .into_iter()
            .chain(counted.map(|name| opt_or_null(name, integer_in(0, u32::MAX.into()), "")))
            .chain([opt_or_null(
                "points",
                integer_in(i32::MIN.into(), i32::MAX.into()),
                "By default 3 for each win and 1 for each draw, less deducted.",
            )]),
    );
    let order = list(words(OrderKey::WORDS)).with("maxItems", json!(20));
    line(
        "table",
        "A league table before the matches of the file.",
        [
            req("competition", text(), ""),
            opt_or_null("season", text(), ""),
            opt_or_null("order", order, "The first key that differs decides."),
            opt_or_null("rows", list(row).with("maxItems", json!(1_000)), ""),
        ],
    )
}

/// Where in a match.
fn place() -> Vec<Property> {
    let outside_play = Status::ALL.iter().filter(|status| !status.is_in_play()).map(|status| status.as_str());
    vec![
        opt_or_null("match", text(), "The id of the match; may be left out if there is one."),
        opt_or_null("period", reference("Period"), "In play."),
        opt_or_null("status", words(outside_play), "Outside play, instead of period."),
    ]
}

/// The fields of every event line but its details.
fn event_fields() -> Vec<Property> {
    let mut fields = place();
    fields.extend([
        opt_or_null("told", clock(), "When the feed reports it, if later than it happened."),
        opt_or_null("told_period", reference("Period"), "Of told, if it is not that of the event."),
        opt_or_null("told_status", reference("Status"), "Of told, outside play."),
        opt_or_null(
            "minute",
            any_of([integer_in(1, 65_535), minute()]),
            "The official minute, if not that of the clock.",
        ),
        opt_or_null("label", any_of([integer_in(1, 65_535), minute()]), "The same as text, 45+2."),
        opt_or_null("side", reference("Side"), "Of a goal the side that it counts for."),
    ]);
    fields
}

fn minute() -> Schema {
    pattern(r"^\d+(\+\d+)?$")
}

fn event_kind() -> Property {
    opt_or_null("kind", constant("event"), "May be left out.")
}

fn event() -> Schema {
    let common = details(DetailForm::File, |field| Detail::COMMON.contains(&field));
    let fields = [
        event_kind(),
        req("type", reference("EventType"), "A type that is none of the list is played as it is, with all its fields."),
        opt_or_null("op", constant("add"), "May be left out."),
        opt_or_null("id", text(), "For corrections and references; unique in the match."),
        req("clock", clock(), "16:04, or 16:04.250; it runs on through the period."),
    ];
    let fields: Vec<Property> = fields.into_iter().chain(event_fields()).chain(common.map(Property::or_null)).collect();
    let names: Vec<String> = fields.iter().map(|field| field.name().to_owned()).collect();
    object("An event, as it is first reported.", fields)
        .with("additionalProperties", json!(true))
        .with("allOf", fields_by_type(&names))
}

/// For types with the same fields: the fields that they have beside those of every event, and that they have no other.
fn fields_by_type(common: &[String]) -> Node {
    let mut groups: BTreeMap<Vec<(&str, &[&str])>, Vec<&'static str>> = BTreeMap::new();
    for word in EventType::WORDS {
        let Some(kind) = EventType::parse(word) else { continue };
        let own = kind.own_fields().iter().filter(|field| !Detail::COMMON.contains(field));
        let own = own.map(|field| (field.as_str(), field.accepted_values(&kind))).collect();
        groups.entry(own).or_default().push(word);
    }
    let condition = |(own, types): (Vec<(&str, &[&str])>, Vec<&'static str>)| {
        let own = Detail::ALL.iter().filter_map(|field| {
            let (_, accepted) = own.iter().find(|(name, _)| *name == field.as_str())?;
            let property = detail(*field, DetailForm::File);
            Some(if accepted.is_empty() { property } else { property.with_schema(words(*accepted)) }.or_null())
        });
        let own: Vec<Property> = own.collect();
        let names: Vec<&str> = common.iter().map(String::as_str).chain(own.iter().map(Property::name)).collect();
        let only = json!({"enum": names});
        members([
            ("if", object("", [req("type", words(types), "")]).into()),
            ("then", object("", own).with("propertyNames", only).into()),
        ])
    };
    Node::List(groups.into_iter().map(condition).collect())
}

fn correction() -> Schema {
    let fields = [
        event_kind(),
        req("op", words([Op::Update.as_str(), Op::Remove.as_str()]), ""),
        req("id", text(), "Of the event that it corrects."),
        opt_or_null("type", reference("EventType"), "Only if it changes."),
        opt_or_null("clock", clock(), "Only if it changes."),
    ];
    let details = details(DetailForm::File, |_| true).map(Property::or_null);
    object(
        "A correction: it changes or removes an earlier event. It names what it changes; null withdraws a fact.",
        fields.into_iter().chain(event_fields()).chain(details),
    )
}

fn fault() -> Schema {
    let fields: Vec<Property> = [req("kind", constant("fault"), "")]
        .into_iter()
        .chain(place())
        .chain([
            req("clock", clock(), ""),
            req("do", open_words(FaultKind::WORDS), "What goes wrong; an unknown word is kept."),
        ])
        // The line is the place of the fault, and of its match.
        .chain(fault_parameters(&["at", "from", "match"]))
        .collect();
    let names: Vec<&str> = fields.iter().map(Property::name).collect();
    let only = json!({"propertyNames": {"enum": names}});
    let known = object("", [req("do", words(FaultKind::WORDS), "")]);
    object("Something that goes wrong in the feed, or on connections, from this place on.", fields)
        .with("if", known)
        .with("then", only)
}
