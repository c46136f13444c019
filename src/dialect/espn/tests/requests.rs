//! Paths, parameters and errors.

use serde_json::{Value, json};

use super::super::super::document::testing::{DocumentFixture, document_at, respond_at};
use super::super::super::document::{DocumentDialect, DocumentRequest, Moment, Usage};
use super::super::{Espn, EspnPath};

/// The short names of the events of a scoreboard.
fn events(moment: &Moment<'_>, target: &str) -> Vec<String> {
    let document = document_at(&Espn, moment, target);
    let events = document["events"].as_array().expect("events");
    events.iter().map(|event| event["shortName"].as_str().expect("a name").to_owned()).collect()
}

#[test]
fn parts_of_a_path_may_be_missing_in_front() {
    for path in [
        "/apis/site/v2/sports/soccer/ita.1/scoreboard",
        "/apis/web/v2/sports/soccer/ita.1/scoreboard/",
        "/site/v2/sports/soccer/ita.1/scoreboard",
        "/sports/soccer/ita.1/scoreboard",
        "/soccer/ita.1/scoreboard",
        "/ita.1/scoreboard",
    ] {
        assert_eq!(EspnPath::parse(path), Some(EspnPath::Scoreboard("ita.1")), "{path}");
    }
    assert_eq!(EspnPath::parse("/apis/v2/sports/soccer/all/standings"), Some(EspnPath::Standings("all")));
    assert_eq!(EspnPath::parse("/soccer/a/teams/7/schedule"), Some(EspnPath::Schedule("a", "7")));
    assert_eq!(EspnPath::parse("/core/soccer/scoreboard"), Some(EspnPath::CdnScoreboard));
    for path in ["/", "", "/scoreboard", "/apis/site/v2/sports/soccer/ita.1", "/soccer/ita.1/news", "/a/b/c/scoreboard"]
    {
        assert_eq!(EspnPath::parse(path), None, "{path}");
    }
}

#[test]
fn days_choose_the_matches() {
    let round = DocumentFixture::shipped("serie-a");
    let start = round.at_index(0);
    let of = |query: &str| events(&start, &format!("/ita.1/scoreboard{query}"));
    assert_eq!(of("?dates=20180422").len(), 6);
    assert_eq!(of("?dates=20180421-20180422").len(), 9);
    assert_eq!(of("?dates=20180421-20180422&limit=2&lang=de&groups=5"), ["ROM @ SPA", "FIO @ SAS"]);
    assert_eq!(of("?dates=201804").len(), 10);
    assert_eq!(of("?dates=2018&limit=none").len(), 10);
    assert_eq!(of("?dates=").len(), 3, "without days: those of the first match");
    for none in ["?dates=20180420", "?dates=tomorrow", "?dates=2018-04-21", "?dates=20180422-20180421"] {
        assert_eq!(of(none), [""; 0], "{none}");
    }
    let sunday = round.after("juv-nap", "koulibaly-goal");
    assert!(events(&sunday, "/ita.1/scoreboard").contains(&"NAP @ JUV".to_owned()));
    assert_eq!(document_at(&Espn, &sunday, "/ita.1/scoreboard")["day"]["date"], "2018-04-22");
}

#[test]
fn an_app_that_asks_for_no_day_gets_the_nearest_match_day() {
    let saturday = DocumentFixture::shipped("hard-saturday");
    let day_before = Moment { at: crate::scenario::MediaTime::from_millis(-200_000_000), ..saturday.at_index(0) };
    assert_eq!(events(&day_before, "/four.rivers.league/scoreboard").len(), 4);
}

#[test]
fn a_league_without_matches_has_an_empty_list() {
    let saturday = DocumentFixture::shipped("hard-saturday");
    let start = saturday.at_index(0);
    for league in ["eng.1", "fifa.world", "%2e%2e", "nonsense"] {
        let document = document_at(&Espn, &start, &format!("/apis/site/v2/sports/soccer/{league}/scoreboard"));
        assert_eq!((&document["events"], &document["leagues"][0]["slug"]), (&json!([]), &json!(league)));
        let teams = document_at(&Espn, &start, &format!("/soccer/{league}/teams"));
        assert_eq!(teams["sports"][0]["leagues"][0]["teams"], json!([]));
        assert_eq!(document_at(&Espn, &start, &format!("/{league}/standings"))["children"], json!([]));
    }
    assert_eq!(events(&start, "/all/scoreboard").len(), 4);
}

#[test]
fn the_other_host_wraps_the_scoreboard() {
    let juventus = DocumentFixture::shipped("juventus");
    let start = juventus.at_index(0);
    let wrapped = document_at(&Espn, &start, "/core/soccer/scoreboard?xhr=1&league=ita.1&date=20180422");
    let plain = document_at(&Espn, &start, "/soccer/ita.1/scoreboard?dates=20180422");
    assert_eq!(wrapped, json!({ "content": { "sbData": plain } }));
    assert_eq!(plain["events"].as_array().map(Vec::len), Some(1));
    // A fault that takes the one away leaves the other.
    assert_eq!(Espn.document_name("/apis/site/v2/sports/soccer/ita.1/scoreboard"), "espn-scoreboard");
    assert_eq!(Espn.document_name("/core/soccer/scoreboard"), "");
    assert_eq!(Espn.document_name("/soccer/ita.1/summary"), "");
}

#[test]
fn what_there_is_not_is_an_error_in_the_style_of_the_provider() {
    let juventus = DocumentFixture::shipped("juventus");
    let start = juventus.at_index(0);
    for target in [
        "/",
        "/soccer/ita.1/news",
        "/soccer/ita.1/summary",
        "/soccer/ita.1/summary?event=",
        "/soccer/ita.1/summary?event=1",
        "/soccer/ita.1/teams/1",
        "/soccer/ita.1/teams/1/schedule",
        "/i/teamlogos/soccer/500/1.svg",
        "/i/teamlogos/soccer/500/1.png",
    ] {
        let response = respond_at(&Espn, &start, target);
        let body: Value = serde_json::from_slice(&response.body).expect("JSON");
        assert_eq!((response.status, &body["code"]), (404, &json!(404)), "{target}");
        assert!(body["message"].is_string());
    }
    let request = DocumentRequest::new("/", "", &|_| None, Usage::default());
    let forbidden = Espn.error(&request, 403);
    assert_eq!(&*forbidden.body, br#"{"code":403,"message":"Forbidden"}"#);
}

#[test]
fn a_team_has_a_document_a_schedule_and_a_crest() {
    let round = DocumentFixture::shipped("serie-a");
    let start = round.at_index(0);
    let teams = document_at(&Espn, &start, "/ita.1/teams");
    let teams = teams["sports"][0]["leagues"][0]["teams"].as_array().expect("teams").clone();
    assert_eq!(teams.len(), 20);
    let napoli = &teams.iter().find(|team| team["team"]["abbreviation"] == "NAP").expect("Napoli")["team"];
    let id = napoli["id"].as_str().expect("text");
    assert_eq!(&document_at(&Espn, &start, &format!("/ita.1/teams/{id}"))["team"], napoli);
    let to_come = format!("/all/teams/{id}/schedule?fixture=true");
    let schedule = document_at(&Espn, &start, &to_come);
    assert_eq!((&schedule["team"], &schedule["events"][0]["shortName"]), (napoli, &json!("NAP @ JUV")));
    let results = format!("/all/teams/{id}/schedule");
    assert_eq!(document_at(&Espn, &start, &results)["events"], json!([]));
    let end = round.at_index(round.timeline.cues().len());
    assert_eq!(document_at(&Espn, &end, &results)["events"][0]["shortName"], "NAP @ JUV");
    assert_eq!(document_at(&Espn, &end, &to_come)["events"], json!([]));
    let logo = napoli["logo"].as_str().expect("text");
    let crest = respond_at(&Espn, &start, logo);
    assert_eq!((crest.status, crest.content_type), (200, "image/svg+xml"));
    assert!(std::str::from_utf8(&crest.body).expect("text").contains(">NAP</text>"));
}

#[test]
fn a_table_follows_the_matches() {
    let round = DocumentFixture::shipped("serie-a");
    let points = |moment: &Moment<'_>| {
        let table = document_at(&Espn, moment, "/apis/v2/sports/soccer/ita.1/standings");
        let entries = table["children"][0]["standings"]["entries"].as_array().expect("entries").clone();
        let napoli = entries.iter().find(|entry| entry["team"]["abbreviation"] == "NAP").expect("Napoli");
        let stats = napoli["stats"].as_array().expect("stats");
        stats.iter().find(|stat| stat["name"] == "points").expect("points")["value"].as_f64().expect("a number")
    };
    assert_eq!(points(&round.at_index(round.timeline.cues().len())) - points(&round.at_index(0)), 3.0);
}
