//! Tests of the documents over the shipped scenarios.

mod poller;
mod properties;
mod requests;

use serde_json::Value;

use super::super::document::Moment;
use super::super::document::testing::document_at;
use super::Espn;

/// The event of a match on the scoreboard of all leagues.
fn event_of(moment: &Moment<'_>, id: &str) -> Value {
    let track = moment.timeline.track_of(id).expect(id);
    let id = moment.ids.of_match(track).fixture.to_string();
    let scoreboard = document_at(&Espn, moment, "/soccer/all/scoreboard?dates=1900-2100");
    let events = scoreboard["events"].as_array().expect("events").iter();
    events.clone().find(|event| event["id"] == id.as_str()).expect("the match").clone()
}

/// The summary of a match.
fn summary_of(moment: &Moment<'_>, id: &str) -> Value {
    let track = moment.timeline.track_of(id).expect(id);
    let id = moment.ids.of_match(track).fixture;
    document_at(&Espn, moment, &format!("/apis/site/v2/sports/soccer/all/summary?event={id}"))
}

/// The score of an event: `0-1`, with a shoot-out `2-2 (6-5)`.
fn score(event: &Value) -> String {
    let both = |field: &str| {
        let of = |side: usize| match &event["competitions"][0]["competitors"][side][field] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        format!("{}-{}", of(0), of(1))
    };
    match both("shootoutScore").as_str() {
        "null-null" => both("score"),
        kicks => format!("{} ({kicks})", both("score")),
    }
}

/// The status of an event in a line: `in STATUS_FIRST_HALF 45'+2' 2700 p1 HT`.
fn status(event: &Value) -> String {
    let status = &event["status"];
    assert_eq!(status, &event["competitions"][0]["status"], "the event and its competition have the same status");
    let kind = &status["type"];
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let period = status["period"].as_u64().map(|period| format!(" p{period}")).unwrap_or_default();
    let done = if kind["completed"] == true { " completed" } else { "" };
    let [state, name, clock, short] =
        [&kind["state"], &kind["name"], &status["displayClock"], &kind["shortDetail"]].map(word);
    format!("{state} {name} {clock} {}{period} {short}{done}", status["clock"].as_f64().expect("a number"))
}

/// The plays of a list in lines: `70 89' 5347 Kalidou Koulibaly`.
fn plays(list: &Value) -> Vec<String> {
    let line = |play: &Value| {
        let who = ["athletesInvolved", "participants"].map(|list| &play[list]);
        let named = who.iter().find_map(|list| list.as_array()).into_iter().flatten();
        let names =
            named.map(|of| of["displayName"].as_str().or(of["athlete"]["displayName"].as_str()).expect("a name"));
        let clock = &play["clock"];
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        format!(
            "{} {} {} {}",
            text(&play["type"]["id"]),
            text(&clock["displayValue"]),
            clock["value"].as_f64().expect("a number"),
            names.collect::<Vec<_>>().join(", ")
        )
    };
    list.as_array().expect("a list").iter().map(line).collect()
}

/// The goals and cards of an event.
fn details(event: &Value) -> Vec<String> {
    plays(&event["competitions"][0]["details"])
}
