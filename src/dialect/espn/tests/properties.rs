//! Properties over arbitrary scenarios.

use proptest::prelude::*;
use serde_json::Value;

use super::super::super::document::testing::{DocumentFixture, document_at, respond_at};
use super::super::Espn;
use super::score;
use crate::scenario::Timeline;
use crate::scenario::testing::arbitrary::scenarios;

const TARGETS: &[&str] = &[
    "/all/scoreboard",
    "/league/scoreboard?dates=20180401-20180430",
    "/core/soccer/scoreboard?xhr=1",
    "/all/teams",
    "/all/teams/HOM",
    "/all/teams/HOM/schedule",
    "/all/standings",
    "/all/summary",
    "/nowhere",
];

proptest! {
    // Every case makes hundreds of documents.
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn every_request_at_every_moment_has_the_same_answer_and_the_score_of_the_fold(scenario in scenarios(16)) {
        let fixture = DocumentFixture::new(Timeline::new(&scenario));
        for index in 0..=fixture.timeline.cues().len() {
            let moment = fixture.at_index(index);
            let summaries: Vec<String> =
                moment.tracks().map(|track| format!("/all/summary?event={}", moment.ids.of_match(track).fixture)).collect();
            for target in TARGETS.iter().copied().chain(summaries.iter().map(String::as_str)) {
                let response = respond_at(&Espn, &moment, target);
                prop_assert!(serde_json::from_slice::<Value>(&response.body).is_ok(), "{}", target);
                prop_assert_eq!(&response, &respond_at(&Espn, &moment, target));
            }
            let document = document_at(&Espn, &moment, "/all/scoreboard?dates=1900-2100");
            let events = document["events"].as_array().expect("events");
            prop_assert_eq!(events.len(), moment.tracks().len());
            for track in moment.tracks() {
                let id = moment.ids.of_match(track).fixture.to_string();
                let event = events.iter().find(|event| event["id"] == id.as_str()).expect("the match");
                let shown = score(event);
                let told = fixture.timeline.state_at(track, index).score().to_string();
                prop_assert!(shown == told || shown.starts_with(&format!("{told} (")), "{} {}", shown, told);
            }
        }
    }
}
