//! `wc-data` reads a whole match from both dialects, moment by moment, and gets what the server's own state says.

use provider_clients::{Provider, scenario_as};
use serde_json::{Value, json};
use time::macros::date;
use wc_data::backends::{ApiFootballProvider, EspnProvider};
use wc_data::domain::{Match, MatchEventKind, MatchStatus};
use wc_data::provider::ScoreProvider;
use wc_data::transport::Http;

/// The status as `wc-data` has it, of one of the server's.
fn is_status(own: &str, read: &MatchStatus) -> bool {
    match own {
        "scheduled" => matches!(read, MatchStatus::Scheduled),
        "half_time" => matches!(read, MatchStatus::HalfTime),
        "full_time" => matches!(read, MatchStatus::FullTime),
        "first_half" | "second_half" => matches!(read, MatchStatus::Live { minute: Some(_), .. }),
        // It knows no word of API-Football for it; of ESPN the match is live.
        "suspended" => matches!(read, MatchStatus::Live { .. } | MatchStatus::Unknown),
        _ => false,
    }
}

/// The match of a home team.
fn find<'a>(matches: &'a [Match], home: &str) -> &'a Match {
    matches.iter().find(|of| of.home.name == home).unwrap_or_else(|| panic!("{home}: {matches:?}"))
}

fn score(of: &Match) -> (u8, u8) {
    of.score.as_ref().map_or((0, 0), |score| (score.home, score.away))
}

#[tokio::test]
async fn a_whole_match_by_both_dialects() {
    let provider = Provider::start(&scenario_as("goalless", "FIFA World Cup", "2026"));
    let http = || Http::with_client(provider.http.clone());
    let (espn, api_football) = (EspnProvider::new(http()), ApiFootballProvider::new(http(), "any".to_owned()));
    let mut seen = std::collections::BTreeSet::new();
    loop {
        let state = provider.get("/state").await;
        let of = &state["matches"][0];
        let (own, home) = (of["state"]["score"].clone(), "Aberlune");
        for (name, matches) in
            [("espn", espn.scoreboard(None).await), ("api-football", api_football.scoreboard(None).await)]
        {
            let matches = matches.unwrap_or_else(|error| panic!("{name}: {error}"));
            let read = find(&matches, home);
            let status = of["now"]["status"].as_str().expect("a status");
            assert_eq!(json!(score(read).0), own["home"], "{name} at {}", of["now"]);
            assert_eq!(json!(score(read).1), own["away"], "{name} at {}", of["now"]);
            assert!(is_status(status, &read.status), "{name}: {status} as {:?}", read.status);
            seen.insert(status.to_owned());
        }
        if state["playback"]["state"] == "ended" {
            break;
        }
        provider.command(&json!({ "command": "step", "count": 1 })).await;
    }
    let all = ["first_half", "full_time", "half_time", "scheduled", "second_half", "suspended"];
    assert!(seen.iter().eq(all.iter()), "{seen:?}");
}

/// What wc-data itself reads wrongly, as it is: it looks for the word "goal" before it looks at the type, so that a goal that was
/// annulled counts.
#[tokio::test]
async fn an_annulled_goal_is_a_goal_to_wc_data() {
    let provider = Provider::start(&scenario_as("var-night", "FIFA World Cup", "2026"));
    let http = || Http::with_client(provider.http.clone());
    let (espn, api_football) = (EspnProvider::new(http()), ApiFootballProvider::new(http(), "any".to_owned()));
    let seek = |to: &str| json!({ "command": "seek", "to": to, "match": "van-lar" });
    let is_goal = |kind: &MatchEventKind| matches!(kind, MatchEventKind::Goal);
    let mut counted = Vec::new();
    for place in ["68:00", "70:00"] {
        provider.command(&seek(place)).await;
        let mut row: Vec<Value> = Vec::new();
        let matches = espn.scoreboard(Some(date!(2026 - 06 - 15))).await.expect("a scoreboard");
        let detail = espn.match_detail(&find(&matches, "Vanterra").id).await.expect("a summary");
        let goals = |events: &[wc_data::domain::MatchEvent]| events.iter().filter(|event| is_goal(&event.kind)).count();
        row.push(json!([score(&detail.summary), goals(&detail.events)]));
        let matches = api_football.scoreboard(None).await.expect("fixtures");
        let detail = api_football.match_detail(&find(&matches, "Vanterra").id).await.expect("a fixture");
        row.push(json!([score(&detail.summary), goals(&detail.events)]));
        counted.push(row);
    }
    let [[espn_before, football_before], [espn_after, football_after]] =
        [&counted[0][..], &counted[1][..]].map(|row| [row[0].clone(), row[1].clone()]);
    // The score goes back in both.
    assert_eq!((&espn_before[0], &football_before[0]), (&football_before[0], &espn_before[0]));
    assert_ne!(espn_before[0], espn_after[0]);
    assert_eq!(espn_after[0], football_after[0]);
    // ESPN's row is gone; of API-Football the Var row is left, and read as a goal.
    assert_eq!(football_after[1], football_before[1], "{counted:?}");
    assert_eq!(json!(espn_before[1].as_u64().expect("a count") - 1), espn_after[1], "{counted:?}");
}

/// Tables cannot be read: it expects `goals_diff` where the provider sends `goalsDiff`.
#[tokio::test]
async fn tables_of_api_football_cannot_be_read_by_wc_data() {
    let provider = Provider::start(&scenario_as("last-day", "FIFA World Cup", "2026"));
    let api_football = ApiFootballProvider::new(Http::with_client(provider.http.clone()), "any".to_owned());
    let error = api_football.standings().await.expect_err("no table").to_string();
    assert!(error.contains("goals_diff"), "{error}");
}
