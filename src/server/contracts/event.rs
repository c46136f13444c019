//! Events: the fields of [`Field`], as frames and scenario files have them, and which type has which.

use super::common::{METRES_X, METRES_Y, clock, moment};
use super::schema::{
    Property, Schema, count, flag, integer, integer_in, list, map, number, number_in, object, open_words, opt,
    reference, req, text, words,
};
use crate::football::{EventType, Field, Op};

/// Where an event is described: a frame names players with what is known about them, a file by their ids.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum DetailForm {
    Frame,
    File,
}

/// The definitions, by name.
pub(super) fn definitions() -> Vec<(&'static str, Schema)> {
    vec![
        ("EventType", open_words(EventType::WORDS).about("What happened; a scenario may have types of its own.")),
        ("MatchEvent", object("An event in one of its revisions.", event_fields(false))),
    ]
}

/// The fields of [`Field`] that are wanted, each optional.
pub(super) fn details(form: DetailForm, is_wanted: impl Fn(Field) -> bool) -> impl Iterator<Item = Property> {
    Field::ALL.iter().copied().filter(move |field| is_wanted(*field)).map(move |field| detail(field, form))
}

/// A field of [`Field`], optional.
pub(super) fn detail(field: Field, form: DetailForm) -> Property {
    let (schema, description) = value_of(field, form);
    opt(field.as_str(), schema, description)
}

fn value_of(field: Field, form: DetailForm) -> (Schema, &'static str) {
    let person = || if form == DetailForm::Frame { reference("Person") } else { text() };
    match field {
        Field::Player => (person(), "Who did it; of an own goal a player of the other side."),
        Field::In => (person(), "Who comes on."),
        Field::Out => (person(), "Who goes off."),
        Field::Assist => (person(), "Who played the last pass."),
        Field::Fouled => (person(), "Who was fouled."),
        Field::Opponent => (person(), ""),
        Field::Passer => (person(), "Who passed to the player offside."),
        Field::Recipient => (person(), "Whom the pass was meant for."),
        Field::Outcome => (text(), "The result; the words depend on the type."),
        Field::Question => (accepted_words(field), "What is reviewed."),
        Field::About => (text(), "The id of the event that this one refers to."),
        Field::Reason => (text(), ""),
        Field::Situation => (accepted_words(field), ""),
        Field::BodyPart => (accepted_words(field), ""),
        Field::Zone => (text(), "Where at or beside the goal."),
        Field::OwnGoal => (flag(), ""),
        Field::Xg => (number_in(0.0, 1.0), "Expected goals: how likely the attempt was to be a goal."),
        Field::KeyPass => (flag(), "It leads to an attempt."),
        Field::Confirmed => (flag(), "false while the fact may still change."),
        Field::Minutes => (integer_in(0, 65_535), "Stoppage time that is announced, in minutes."),
        Field::Position => (text(), "The player's new position: GK for the goalkeeper."),
        Field::Kickoff => (moment(), "The new kick-off."),
        Field::Score => (reference("Score"), "The awarded result."),
        Field::Formation => (text(), ""),
        Field::X => (number(), METRES_X),
        Field::Y => (number(), METRES_Y),
        Field::End => (reference("Point"), "Where the action ended."),
        Field::Related => (list(text()), "The ids of other events of the same incident."),
        Field::Text => (text(), "The event in words."),
        Field::Source => (reference("Source"), ""),
    }
}

/// The closed list of words of a field whose words do not depend on the type.
fn accepted_words(field: Field) -> Schema {
    words(field.accepted_values(&EventType::Goal))
}

/// The fields of an event; `in_frame`: with its place in the stream.
pub(super) fn event_fields(in_frame: bool) -> Vec<Property> {
    let mut fields = vec![
        req("id", text(), "Identifies the event within its match, for good."),
        req("rev", count(), "Rises by one with each correction."),
        req("op", words(Op::WORDS), ""),
        req("type", reference("EventType"), ""),
        req("status", reference("Status"), "Of the match, after this event."),
        req("period", reference("Period").or_null(), "When it happened; null outside play."),
        req("clock", clock(), "The running clock: 46:12 of period 1 is stoppage time."),
        opt("clock_status", reference("Status"), "The break in which it happened, if that is not status."),
        opt("told", clock(), "When the feed reported it, if later than it happened."),
        opt("told_period", reference("Period"), ""),
        opt("told_status", reference("Status"), ""),
        req("minute", count().or_null(), "The minute as a scoreboard shows it."),
        req("added", count().or_null(), "The minute of stoppage time."),
        req("label", text().or_null(), "Both: 45+2; outside play a word such as HT."),
    ];
    if in_frame {
        fields.push(req("at", integer(), "When it is due on the timeline, in ms."));
    }
    fields.push(opt("side", reference("Side"), "Of a goal the side that it counts for."));
    // The score of a frame is that after the event, or the awarded one.
    fields.extend(details(DetailForm::Frame, |field| field != Field::Score));
    fields.extend([
        opt("delay", number(), "Of a delayed: by how many minutes the new kick-off is later than scheduled."),
        req("score", reference("Score"), "After this event."),
        opt("shootout", reference("Score"), "After this event, once the shoot-out has begun."),
    ]);
    fields
}

/// The positions of players by their ids.
pub(super) fn positions() -> Schema {
    map(text().or_null())
}
