//! The lines of a scenario file, each of which is one object.

use std::collections::BTreeMap;

use serde_json::json;

use super::common::{clock, colour, moment};
use super::event::{DetailForm, details, words_of};
use super::schema::{
    Node, Property, Schema, any_of, closed, constant, flag, integer_in, list, map, members, number, object, one_of,
    open_words, opt, pattern, reference, req, text, words,
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
                    optional("about", text(), "What the scenario is good for."),
                    optional("sources", list(text()), "Where its facts come from."),
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
                    optional("away_goals", flag(), "Whether away goals decide a level tie."),
                ],
            ),
        ),
        (
            "FixtureLine",
            line(
                "fixture",
                "A match that is announced and not played.",
                [
                    optional("competition", text(), ""),
                    optional("round", text(), ""),
                    optional("kickoff", moment(), ""),
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

fn optional(name: &'static str, schema: Schema, description: &str) -> Property {
    opt(name, schema.or_null(), description)
}

fn line(kind: &'static str, description: &str, fields: impl IntoIterator<Item = Property>) -> Schema {
    closed(description, [req("kind", constant(kind), "")].into_iter().chain(fields))
}

fn match_line() -> Schema {
    let rules = closed(
        "",
        [
            optional("substitutions", integer_in(0, 255), "Changes allowed to each side; 5 by default."),
            optional("extra_time_substitutions", integer_in(0, 255), "How many more from extra time on."),
            optional("concussion_substitutions", integer_in(0, 255), "How many more for a concussion."),
            optional("return_substitutions", flag(), "Whether a player who was replaced may return."),
            optional("period_minutes", integer_in(1, 120), "Of a half; 45 by default."),
            optional("extra_time_minutes", integer_in(1, 120), "Of a half of extra time; 15 by default."),
            optional("extra_time", flag(), "Whether there may be extra time."),
            optional("var", flag(), "Whether there is a video assistant."),
        ],
    );
    let period_starts = ["1", "2", "3", "4", "5"].map(|period| optional(period, moment(), ""));
    line(
        "match",
        "A match: its kick-off, its rules and both teams.",
        [
            req("id", pattern("^[^,/?#&]{1,100}$"), "Unique in the scenario."),
            req("kickoff", moment(), "The scheduled kick-off, with an offset or Z."),
            req("home", reference("TeamSheet"), ""),
            req("away", reference("TeamSheet"), ""),
            optional("competition", text(), ""),
            optional("season", text(), ""),
            optional("round", text(), ""),
            optional("venue", text(), ""),
            optional("officials", map(any_of([text(), list(text())]).or_null()), "A name or names, by role."),
            optional("rules", rules, ""),
            optional("period_starts", closed("", period_starts), "When each period began."),
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
            optional("short", text(), "Some three letters; by default the first three of the name."),
            optional("colours", list(colour()), "Shirt, then detail."),
            optional("formation", text(), "As 4-3-3."),
            optional("coach", any_of([text(), coach]), ""),
            optional("players", list(reference("PlayerSheet")).with("maxItems", json!(100)), ""),
        ],
    )
}

fn player() -> Schema {
    closed(
        "A player on the team sheet.",
        [
            req("id", text(), "Unique in the match."),
            req("name", text(), "In full."),
            optional("number", integer_in(0, 65_535), "The shirt number."),
            optional("position", text(), "GK marks the goalkeeper, all else is free."),
            optional("starts", flag(), "Whether the player is among the eleven."),
            optional("captain", flag(), ""),
        ],
    )
}

fn table() -> Schema {
    let counted = ["played", "won", "drawn", "lost", "for", "against", "deducted"];
    let row = closed(
        "",
        [req("team", text(), "The team's id."), optional("name", text(), "")]
            .into_iter()
            .chain(counted.map(|name| optional(name, integer_in(0, u32::MAX.into()), "")))
            .chain([optional(
                "points",
                integer_in(i32::MIN.into(), i32::MAX.into()),
                "By default 3 for each win and 1 for each draw, less deducted.",
            )]),
    );
    let order = list(words(OrderKey::WORDS.iter().copied())).with("maxItems", json!(20));
    line(
        "table",
        "A league table before the matches of the file.",
        [
            req("competition", text(), ""),
            optional("season", text(), ""),
            optional("order", order, "The first key that differs decides."),
            optional("rows", list(row).with("maxItems", json!(1_000)), ""),
        ],
    )
}

/// Where in a match.
fn place() -> Vec<Property> {
    let outside_play = Status::ALL.iter().filter(|status| !status.is_in_play()).map(|status| status.as_str());
    vec![
        optional("match", text(), "The id of the match; may be left out if there is one."),
        optional("period", reference("Period"), "In play."),
        optional("status", words(outside_play), "Outside play, instead of period."),
    ]
}

/// The fields of every event line but its details.
fn event_fields() -> Vec<Property> {
    let mut fields = place();
    fields.extend([
        optional("told", clock(), "When the feed reports it, if later than it happened."),
        optional("told_period", reference("Period"), "Of told, if it is not that of the event."),
        optional("told_status", reference("Status"), "Of told, outside play."),
        optional("minute", any_of([integer_in(1, 65_535), minute()]), "The official minute, if not that of the clock."),
        optional("label", any_of([integer_in(1, 65_535), minute()]), "The same as text, 45+2."),
        optional("side", reference("Side"), "Of a goal the side that it counts for."),
    ]);
    fields
}

fn minute() -> Schema {
    pattern(r"^\d+(\+\d+)?$")
}

fn event_kind() -> Property {
    optional("kind", constant("event"), "May be left out.")
}

fn event() -> Schema {
    let common =
        details(DetailForm::File).filter(|field| Detail::COMMON.iter().any(|known| known.as_str() == field.name()));
    let fields = [
        event_kind(),
        req("type", reference("EventType"), "A type that is none of the list is played as it is, with all its fields."),
        optional("op", constant("add"), "May be left out."),
        optional("id", text(), "For corrections and references; unique in the match."),
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
        let own = details(DetailForm::File).filter_map(|field| {
            let (_, accepted) = own.iter().find(|(name, _)| *name == field.name())?;
            Some(if accepted.is_empty() { field } else { words_of(field, accepted) })
        });
        let own: Vec<Property> = own.map(Property::or_null).collect();
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
        optional("type", reference("EventType"), "Only if it changes."),
        optional("clock", clock(), "Only if it changes."),
    ];
    let details = details(DetailForm::File).map(Property::or_null);
    object(
        "A correction: it changes or removes an earlier event. It names what it changes; null withdraws a fact.",
        fields.into_iter().chain(event_fields()).chain(details),
    )
}

fn fault() -> Schema {
    let place_of_line = ["at", "from", "match"];
    let mut parameters: Vec<&str> = FaultKind::ALL
        .iter()
        .flat_map(|kind| kind.choosing_parameters().iter().chain(kind.parameters()))
        .copied()
        .filter(|name| !place_of_line.contains(name))
        .collect();
    parameters.sort_unstable();
    parameters.dedup();
    let parameter = |name| optional(name, any_of([text(), number()]), "");
    let fields: Vec<Property> = [req("kind", constant("fault"), "")]
        .into_iter()
        .chain(place())
        .chain([
            req("clock", clock(), ""),
            req("do", open_words(FaultKind::WORDS.iter().copied()), "What goes wrong; an unknown word is kept."),
        ])
        .chain(parameters.into_iter().map(parameter))
        .collect();
    let names: Vec<&str> = fields.iter().map(Property::name).collect();
    let only = json!({"propertyNames": {"enum": names}});
    let known = object("", [req("do", words(FaultKind::WORDS.iter().copied()), "")]);
    object("Something that goes wrong in the feed, or on connections, from this place on.", fields)
        .with("if", known)
        .with("then", only)
}
