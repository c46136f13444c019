//! What a poller sees: a test for each row of the table in `docs/dialects/espn.md`.

use super::super::super::document::testing::{DocumentFixture, assert_golden, document_at};
use super::super::Espn;
use crate::scenario::Timeline;
use crate::scenario::testing::scenario;

use super::{details, event_of, plays, score, status, summary_of};

#[test]
fn goal() {
    let juventus = DocumentFixture::shipped("juventus");
    let before = event_of(&juventus.before("juv-nap", "koulibaly-goal"), "juv-nap");
    let after = event_of(&juventus.after("juv-nap", "koulibaly-goal"), "juv-nap");
    assert_eq!((score(&before), score(&after)), ("0-0".to_owned(), "0-1".to_owned()));
    assert_eq!(details(&after).len(), details(&before).len() + 1);
    let competition = &after["competitions"][0];
    let goal = competition["details"].as_array().and_then(|details| details.last()).expect("the goal");
    assert_eq!(goal["type"]["id"], "137");
    assert_eq!(goal["team"]["id"], competition["competitors"][1]["id"]);
    assert_eq!((&goal["scoringPlay"], &goal["ownGoal"]), (&true.into(), &false.into()));
    assert_eq!(goal["athletesInvolved"][0]["displayName"], "Kalidou Koulibaly");
    assert_eq!(competition["competitors"][1]["winner"], false, "nobody has won during the match");
}

#[test]
fn goal_annulled() {
    let night = DocumentFixture::shipped("var-night");
    let scored = event_of(&night.after("van-lar", "wyckhart-67"), "van-lar");
    assert_eq!(score(&scored), "2-1");
    assert_eq!(details(&scored).last().expect("the goal"), "70 68' 4030 Sena Wyckhart");
    let annulled = event_of(&night.after("van-lar", "wyckhart-67@2"), "van-lar");
    assert_eq!(score(&annulled), "1-1");
    assert!(details(&annulled).iter().all(|play| !play.contains("Wyckhart")), "{annulled:#}");
    let summary = summary_of(&night.after("van-lar", "wyckhart-67@2"), "van-lar");
    assert!(plays(&summary["keyEvents"]).iter().all(|play| !play.starts_with("70 68'")), "{summary:#}");
}

#[test]
fn goal_corrected() {
    let night = DocumentFixture::shipped("var-night");
    let goal = |position: &str| {
        let event = event_of(&night.after("van-lar", position), "van-lar");
        let competition = &event["competitions"][0];
        let (goal, competitors) = (&competition["details"][0], &competition["competitors"]);
        let side = if goal["team"]["id"] == competitors[0]["id"] { "home" } else { "away" };
        (score(&event), goal["type"]["text"].clone(), goal["ownGoal"].clone(), side)
    };
    assert_eq!(goal("marrable-17"), ("1-0".to_owned(), "Goal".into(), false.into(), "home"));
    // The side for which it counts; whether the provider has it so is not verified.
    assert_eq!(goal("marrable-17@1"), ("0-1".to_owned(), "Own Goal".into(), true.into(), "away"));
}

#[test]
fn second_yellow() {
    let night = DocumentFixture::shipped("var-night");
    let event = event_of(&night.after("qui-bra", "54:45"), "qui-bra");
    let cards: Vec<_> = details(&event).into_iter().filter(|play| play.contains("Umberg")).collect();
    assert_eq!(cards, ["94 23' 1378 Karl Umberg", "93 55' 3285 Karl Umberg"]);
}

#[test]
fn stoppage_goal() {
    let night = DocumentFixture::shipped("var-night");
    let event = event_of(&night.after("van-lar", "doverel-45-9"), "van-lar");
    assert_eq!(details(&event).last().expect("the goal"), "70 45'+9' 2700 Bram Doverel");
    assert_eq!(status(&event), "in STATUS_FIRST_HALF 45'+9' 2700 p1 45'+9'");
}

#[test]
fn half_time() {
    let night = DocumentFixture::shipped("var-night");
    let event = event_of(&night.after("van-lar", "HT"), "van-lar");
    assert_eq!(status(&event), "in STATUS_HALFTIME 45'+10' 2700 p1 HT");
    assert_eq!(event["status"]["type"]["description"], "Halftime");
    // The official minute of the change is 46.
    let juventus = DocumentFixture::shipped("juventus");
    let key_events = plays(&summary_of(&juventus.after("juv-nap", "46:00"), "juv-nap")["keyEvents"]);
    let last = &key_events[key_events.len() - 3..];
    assert_eq!(last, ["81 45'+3' 2700 ", "76 45' 2700 Juan Cuadrado, Paulo Dybala", "82 45' 2700 "]);
    let kick_off = event_of(&night.after("van-lar", "45:00"), "van-lar");
    assert_eq!(status(&kick_off), "in STATUS_SECOND_HALF 46' 2760 p2 46'");
}

#[test]
fn scheduled_and_full_time() {
    let juventus = DocumentFixture::shipped("juventus");
    let event = event_of(&juventus.at_index(0), "juv-nap");
    assert_eq!(status(&event), "pre STATUS_SCHEDULED 0' 0 Scheduled");
    assert_eq!(event["status"]["type"]["detail"], "Sun, April 22nd at 6:45 PM UTC");
    let event = event_of(&juventus.after("juv-nap", "FT"), "juv-nap");
    assert_eq!(status(&event), "post STATUS_FULL_TIME 90'+5' 5400 p2 FT completed");
    let winner = |side: usize| event["competitions"][0]["competitors"][side]["winner"].clone();
    assert_eq!([winner(0), winner(1)], [false, true]);
}

#[test]
fn extra_time() {
    let cup = DocumentFixture::shipped("cup-final");
    let shown = |position: &str| {
        let event = event_of(&cup.after("ska-sel", position), "ska-sel");
        format!("{} {}", score(&event), status(&event))
    };
    let break_before = event_of(&cup.before("ska-sel", "90:00"), "ska-sel");
    assert_eq!(status(&break_before), "in STATUS_END_OF_REGULATION 90'+6' 5400 p2 End of Regulation");
    assert_eq!(shown("97:50"), "1-2 in STATUS_OVERTIME 98' 5880 p3 98'");
    assert_eq!(shown("105+1:30"), "1-2 in STATUS_OVERTIME 105'+2' 6300 p3 105'+2'");
    assert_eq!(shown("114:05"), "2-2 in STATUS_OVERTIME 115' 6900 p4 115'");
    let event = event_of(&cup.after("ska-sel", "sarrane-115"), "ska-sel");
    assert_eq!(details(&event).last().expect("the goal"), "138 115' 6845 Amadou Sarrané");
}

#[test]
fn shoot_out() {
    let cup = DocumentFixture::shipped("cup-final");
    let shown = |position: &str| {
        let event = event_of(&cup.after("ska-sel", position), "ska-sel");
        format!("{} {}", score(&event), status(&event))
    };
    assert_eq!(shown("121:25"), "2-2 (1-1) in STATUS_SHOOTOUT 120' 7200 p5 Pens");
    assert_eq!(shown("FT"), "2-2 (6-5) post STATUS_FINAL_PEN 120' 7200 p5 FT-Pens completed");
    let event = event_of(&cup.after("ska-sel", "FT"), "ska-sel");
    let details = event["competitions"][0]["details"].as_array().expect("details");
    let kicks: Vec<_> = details.iter().filter(|detail| detail["shootout"] == true).collect();
    assert_eq!(kicks.len(), 11, "only kicks that were scored");
    assert!(kicks.iter().all(|kick| kick["type"]["id"] == "104" && kick["clock"]["displayValue"] == "120'"));
    let winner = |side: usize| event["competitions"][0]["competitors"][side]["winner"].clone();
    assert_eq!([winner(0), winner(1)], [true, false]);
    let summary = summary_of(&cup.after("ska-sel", "FT"), "ska-sel");
    let key_events = summary["keyEvents"].as_array().expect("key events");
    assert_eq!(key_events.iter().filter(|play| play["shootout"] == true).count(), 14, "all kicks");
    let goals: Vec<_> = summary["header"]["competitions"][0]["competitors"][0]["linescores"]
        .as_array()
        .expect("a score for each period")
        .iter()
        .map(|period| period["displayValue"].clone())
        .collect();
    assert_eq!(goals, ["0", "1", "0", "1"]);
    let begins: Vec<_> = plays(&summary["keyEvents"]).into_iter().filter(|play| play.starts_with('8')).collect();
    let expected = [
        "80 0' 0 ",
        "81 45'+4' 2700 ",
        "82 45' 2700 ",
        "83 90'+6' 5400 ",
        "84 90' 5400 ",
        "85 105'+3' 6300 ",
        "86 105' 6300 ",
        "87 120'+2' 7200 ",
        "88 120' 7200 ",
    ];
    assert_eq!(begins, expected);
}

#[test]
fn postponement() {
    let saturday = DocumentFixture::shipped("hard-saturday");
    let event = event_of(&saturday.after("sal-fer", "sal-fer-off"), "sal-fer");
    assert_eq!(status(&event), "post STATUS_POSTPONED 0' 0 Postponed");
    assert_eq!(event["competitions"][0]["details"], serde_json::json!([]));
}

#[test]
fn delay() {
    let saturday = DocumentFixture::shipped("hard-saturday");
    let date = |position: &str| event_of(&saturday.after("qua-mil", position), "qua-mil")["date"].clone();
    assert_eq!([date("qua-late"), date("qua-late@1")], ["2026-03-21T15:10Z", "2026-03-21T15:20Z"]);
}

#[test]
fn suspension() {
    let night = DocumentFixture::shipped("var-night");
    let event = event_of(&night.after("qui-bra", "63:20"), "qui-bra");
    assert_eq!(status(&event), "in STATUS_SECOND_HALF 64' 3840 p2 64'", "the clock goes on from there");
    let suspended = night.timeline.cues().iter().position(|cue| cue.event.kind.as_str() == "suspended");
    let event = event_of(&night.at_index(suspended.expect("a suspension") + 1), "qui-bra");
    assert_eq!(status(&event), "in STATUS_SUSPENDED 64' 3840 p2 Suspended");
    assert_eq!(event["competitions"][0]["wasSuspended"], true);
}

#[test]
fn abandonment_and_award() {
    let saturday = DocumentFixture::shipped("hard-saturday");
    let abandoned = saturday.timeline.cues().iter().position(|cue| cue.event.kind.as_str() == "abandoned");
    let event = event_of(&saturday.at_index(abandoned.expect("an abandonment") + 1), "tar-bra");
    assert_eq!(format!("{} {}", score(&event), status(&event)), "1-0 post STATUS_ABANDONED 57' 3420 p2 ABN");
    let event = event_of(&saturday.after("tar-bra", "tb-award"), "tar-bra");
    assert_eq!(
        format!("{} {}", score(&event), status(&event)),
        "0-3 post STATUS_FORFEIT 57' 3420 p2 Forfeit completed"
    );
    assert_eq!(event["competitions"][0]["competitors"][1]["winner"], true);
}

#[test]
fn abandonment_before_kick_off() {
    let text = r#"{"type":"abandoned","status":"scheduled","clock":"-5:00"}"#;
    let of = DocumentFixture::new(Timeline::new(&scenario(text)));
    let moment = of.at_index(1);
    let id = &*of.timeline.tracks()[0].fixture.id.to_string();
    let event = event_of(&moment, id);
    assert!(status(&event).starts_with("post STATUS_ABANDONED"), "{event:#}");
    assert_eq!(event["competitions"][0]["competitors"][0]["statistics"], serde_json::json!([]));
    assert_eq!(summary_of(&moment, id)["boxscore"]["teams"][0]["statistics"], serde_json::json!([]));
}

#[test]
fn missed_penalties_and_changes_are_key_events_only() {
    let night = DocumentFixture::shipped("var-night");
    let missed = night.after("qui-bra", "bryndal-penalty");
    assert!(details(&event_of(&missed, "qui-bra")).iter().all(|play| !play.contains("Brýndal")));
    let key_events = plays(&summary_of(&missed, "qui-bra")["keyEvents"]);
    assert_eq!(key_events.last().expect("the kick"), "114 61' 3640 Ola Brýndal");
    // Comes on, goes off.
    assert!(key_events.iter().any(|play| play == "76 57' 3360 Ari Lindqvale, Teo Maskarin"), "{key_events:#?}");
    let saturday = DocumentFixture::shipped("hard-saturday");
    let scored = details(&event_of(&saturday.after("qua-mil", "qm-g2"), "qua-mil"));
    assert!(scored.last().expect("the goal").starts_with("98 55' 3290 "), "{scored:?}");
}

#[test]
fn golden_documents() {
    let juventus = DocumentFixture::shipped("juventus");
    let goal = juventus.after("juv-nap", "koulibaly-goal");
    let golden = |file: &str, document| assert_golden(&format!("espn/golden/{file}.json"), &document);
    let site = "/apis/site/v2/sports/soccer";
    golden("scoreboard-goal", document_at(&Espn, &goal, &format!("{site}/ita.1/scoreboard?dates=20180422")));
    let summary = summary_of(&goal, "juv-nap");
    golden("summary-goal", summary);
    golden("teams", document_at(&Espn, &goal, &format!("{site}/ita.1/teams")));
    let cup = DocumentFixture::shipped("cup-final");
    golden("event-shootout", event_of(&cup.after("ska-sel", "126:00"), "ska-sel"));
    let round = DocumentFixture::shipped("serie-a");
    let half_time = round.after("juv-nap", "HT");
    let mut standings = document_at(&Espn, &half_time, "/apis/v2/sports/soccer/ita.1/standings");
    let entries = standings["children"][0]["standings"]["entries"].as_array_mut().expect("entries");
    entries.truncate(2);
    golden("standings", standings);
    let saturday = DocumentFixture::shipped("hard-saturday");
    golden("event-postponed", event_of(&saturday.after("sal-fer", "sal-fer-off"), "sal-fer"));
}
