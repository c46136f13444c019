//! The formats of other programs and providers, each recognised by names near the beginning of its files.
//!
//! One row per format: its name, and field names that must all occur. The first row that matches wins, so specific rows
//! come first.

/// JSON documents and JSON Lines, by field names.
const JSON: &[(&str, &[&str])] = &[
    // A schema has the field names of the format that it describes.
    ("a JSON schema", &["$defs"]),
    ("a JSON schema", &["properties", "required", "description"]),
    ("Wyscout v2 events", &["eventSec", "matchPeriod"]),
    ("Wyscout v3 events", &["matchTimestamp", "type", "primary"]),
    ("Wyscout v2 match data", &["wyId", "teamsData"]),
    ("Wyscout v2 match data", &["gameweek", "teamsData"]),
    ("Wyscout v2 data", &["wyId"]),
    ("StatsBomb events", &["possession_team", "play_pattern"]),
    ("StatsBomb events", &["index", "timestamp", "possession", "possession_team"]),
    ("StatsBomb events", &["period", "tactics", "formation", "jersey_number"]),
    ("StatsBomb line-ups", &["player_nickname", "jersey_number"]),
    ("StatsBomb line-ups", &["lineup", "team_id", "player_name"]),
    ("StatsBomb 360 frames", &["event_uuid", "visible_area"]),
    ("a StatsBomb list of matches", &["match_date", "home_team", "home_team_name"]),
    ("a StatsBomb list of competitions", &["competition_id", "season_id", "match_available"]),
    ("Opta data in JSON", &["SoccerFeed"]),
    ("Opta F24 events in JSON", &["Games", "Event", "type_id"]),
    ("Stats Perform MA3 events", &["matchInfo", "liveData", "typeId", "periodId"]),
    ("Stats Perform MA1 match data", &["matchInfo", "liveData"]),
    ("Stats Perform data", &["matchInfo", "contestant"]),
    ("API-Football v3 data", &["get", "parameters", "paging", "response"]),
    ("API-Football v3 fixtures", &["fixture", "league", "teams", "goals", "elapsed"]),
    ("football-data.org v4 data", &["utcDate", "homeTeam", "awayTeam"]),
    ("football-data.org v4 data", &["filters", "resultSet", "competition"]),
    ("an ESPN summary", &["boxscore", "displayName"]),
    ("an ESPN summary", &["keyEvents"]),
    ("an ESPN scoreboard", &["leagues", "abbreviation", "slug", "calendar"]),
    ("an ESPN scoreboard", &["competitors", "homeAway", "shortName"]),
    ("Sportradar data", &["sport_event"]),
    ("Sportradar data", &["generated_at", "competitors", "sport_event_context"]),
    ("Sportradar push frames", &["heartbeat", "package"]),
    ("Sportmonks v3 data", &["sport_id", "starting_at"]),
    ("Sportmonks v3 events", &["fixture_id", "participant_id", "type_id"]),
    ("Sportmonks v2 data", &["localteam_id", "visitorteam_id"]),
    ("Metrica events", &["subtypes", "start", "frame"]),
    ("SkillCorner tracking", &["frame", "player_data"]),
    ("SkillCorner tracking", &["trackable_object"]),
    ("SkillCorner match data", &["pitch_length", "home_team", "kit"]),
    ("Common Data Format events", &["is_successful", "outcome_type", "related_event_ids"]),
    ("Common Data Format match data", &["is_neutral", "has_extratime"]),
    ("Common Data Format meta data", &["kickoff_time", "periods", "whistles"]),
    ("Datafactory events", &["incidences"]),
    ("Impect data", &["squadHome", "squadAway"]),
    ("Impect events", &["pxT", "gameTimeInSec"]),
    ("Impect events", &["gameTime", "periodId", "squadId"]),
    ("PFF events", &["gameEventId", "possessionEventId"]),
    ("PFF events", &["gameEvents", "possessionEvents"]),
    ("OpenLigaDB data", &["matchID", "team1", "team2"]),
    ("TheSportsDB data", &["idEvent", "strEvent"]),
    ("Sofascore incidents", &["incidents", "incidentType"]),
    ("FotMob data", &["general", "matchId", "leagueId", "homeTeam"]),
    ("FIFA data", &["IdMatch", "IdCompetition"]),
    ("Understat shots", &["xG", "shotType", "lastAction"]),
    ("a STATSCORE feed", &["event_incidents"]),
    ("an HTTP archive (HAR)", &["log", "creator", "entries"]),
];

/// XML documents, by their elements and attributes.
const XML: &[(&str, &[&str])] = &[
    ("Opta F24 events", &["<Games", "<Event "]),
    ("Opta F24 events", &["<Games", "<Game "]),
    ("Opta F1 fixtures", &["<SoccerDocument", "RESULTS Latest"]),
    ("Opta F40 squads", &["<SoccerDocument", "SQUADS Latest"]),
    ("Opta F7 or F9 match data", &["<SoccerFeed"]),
    ("Opta F7 or F9 match data", &["<SoccerDocument"]),
    ("DFL (Sportec) event data", &["<PutDataRequest", "<Event "]),
    ("DFL (Sportec) match information", &["<PutDataRequest", "<MatchInformation"]),
    ("DFL (Sportec) data", &["<PutDataRequest"]),
    ("Stats Perform MA3 events", &["<matchInfo", "typeId="]),
    ("Stats Perform MA1 match data", &["<matchInfo"]),
    ("Stats Perform data", &["<matchStats"]),
    ("Sportradar data", &["<sport_event"]),
    ("Sportradar data", &["schemas.sportradar.com"]),
    ("SportsML", &["<sports-content"]),
    ("SportsML", &["<sports-event"]),
    ("EPTS meta data (FIFA, Metrica)", &["<Metadata", "<GlobalConfig"]),
    ("TRACAB meta data", &["<TracabMetaData"]),
];

/// Tables, by the names of columns.
const CSV: &[(&str, &[&str])] = &[
    ("Metrica events (CSV)", &["Start Frame", "Start Time [s]"]),
    ("SkillCorner dynamic events (CSV)", &["event_id", "frame_start", "frame_end"]),
    ("SPADL actions (CSV)", &["period_id", "time_seconds", "start_x"]),
    ("kloppy's table of events (CSV)", &["event_id", "event_type", "period_id"]),
    ("football-data.co.uk results (CSV)", &["HomeTeam", "AwayTeam", "FTHG"]),
];

/// Kinds of frames that a Touchline server sends and that are not kinds of scenario lines.
pub(super) const FRAMES: &[&str] = &["hello", "snapshot", "tick", "playback", "reply", "close", "end", "error"];

pub(super) fn recognise_json(text: &str) -> Option<&'static str> {
    find(JSON, |name| has_field(text, name))
}

pub(super) fn recognise_xml(text: &str) -> Option<&'static str> {
    find(XML, |part| text.contains(part))
}

pub(super) fn recognise_csv(header: &str) -> Option<&'static str> {
    let columns: Vec<&str> = header.split([',', ';', '\t']).map(|column| column.trim().trim_matches('"')).collect();
    find(CSV, |name| columns.contains(&name))
}

#[cfg(test)]
pub(super) fn names() -> Vec<&'static str> {
    JSON.iter().chain(XML).chain(CSV).map(|(name, _)| *name).collect()
}

fn find(formats: &[(&'static str, &[&'static str])], has: impl Fn(&'static str) -> bool) -> Option<&'static str> {
    formats.iter().find(|(_, marks)| marks.iter().all(|mark| has(mark))).map(|(name, _)| *name)
}

/// Whether a text has a field of this name, in any object.
pub(super) fn has_field(text: &str, name: &str) -> bool {
    text.match_indices(name).any(|(at, _)| {
        let after = text[at + name.len()..].strip_prefix('"').map(str::trim_start);
        text[..at].ends_with('"') && after.is_some_and(|after| after.starts_with(':'))
    })
}

#[cfg(test)]
mod tests {
    use super::super::recognise;

    /// The name of a format and the beginning of an invented file in it.
    const FILES: &[(&str, &str)] = &[
        (
            "Wyscout v2 events",
            r#"{"events": [{"eventId": 8, "tags": [], "playerId": 1, "matchPeriod": "1H", "eventSec": 1.9}"#,
        ),
        ("Wyscout v2 events", "{\n  \"events\": [\n    {\n \"matchPeriod\": \"2H\",\n \"eventSec\": 5400.0,"),
        ("Wyscout v2 match data", r#"[{"status": "Played", "gameweek": 34, "teamsData": {"1": {"side": "home"}}"#),
        (
            "Wyscout v3 events",
            r#"{"events":[{"id":1,"matchTimestamp":"00:00:01.945","type":{"primary":"pass","secondary":[]}"#,
        ),
        (
            "Wyscout v3 events",
            r#"{"match":{"wyId":1,"teamsData":{}},"events":[{"id":1,"matchTimestamp":"00:00:01.945","type":{"primary":"pass"}"#,
        ),
        (
            "StatsBomb events",
            r#"[{"id":"a","index":1,"period":1,"timestamp":"00:00:00.000","type":{"id":35},"possession":1,"possession_team":{},"play_pattern":{}"#,
        ),
        (
            "StatsBomb events",
            r#"[{"type":{"id":35,"name":"Starting XI"},"period":1,"tactics":{"formation":442,"lineup":[{"jersey_number":1}"#,
        ),
        (
            "StatsBomb line-ups",
            r#"[{"team_id":1,"team_name":"A","lineup":[{"player_id":1,"player_name":"B","player_nickname":null,"jersey_number":1}"#,
        ),
        (
            "a StatsBomb list of matches",
            r#"[{"match_id":1,"match_date":"2020-09-20","home_team":{"home_team_id":1,"home_team_name":"A"}"#,
        ),
        ("StatsBomb 360 frames", r#"[{"event_uuid":"a","visible_area":[1.0]"#),
        ("Opta F24 events", r#"<?xml version="1.0"?><Games timestamp="x"><Game id="1"><Event id="1" type_id="34"/>"#),
        ("Opta F7 or F9 match data", r#"<SoccerFeed TimeStamp="x"><SoccerDocument Type="Result">"#),
        ("Opta F7 or F9 match data", r#"<SoccerDocument Type="Latest" uID="f1">"#),
        ("Opta F1 fixtures", r#"<SoccerFeed><SoccerDocument Type="RESULTS Latest" competition_id="8">"#),
        ("Opta F40 squads", r#"<SoccerFeed><SoccerDocument Type="SQUADS Latest" competition_id="8">"#),
        ("DFL (Sportec) event data", r#"<?xml version="1.0"?><PutDataRequest><Event EventId="1">"#),
        ("DFL (Sportec) match information", "<PutDataRequest><MatchInformation>"),
        ("Stats Perform MA1 match data", r#"{"matchInfo":{"id":"a","contestant":[]},"liveData":{"lineUp":[]}}"#),
        (
            "Stats Perform MA3 events",
            r#"{"matchInfo":{"id":"a"},"liveData":{"event":[{"id":1,"typeId":32,"periodId":1,"timeMin":0}]}}"#,
        ),
        ("Stats Perform MA1 match data", r#"<match><matchInfo id="a"><liveData><goal type="G"/>"#),
        ("Stats Perform MA1 match data", r#"<matchStats><matchInfo id="a">"#),
        ("Stats Perform MA3 events", r#"<matchEvents><matchInfo id="a"/><liveData><events><event typeId="34"/>"#),
        (
            "API-Football v3 data",
            r#"{"get":"fixtures/events","parameters":{"fixture":"1"},"errors":[],"results":1,"paging":{"current":1,"total":1},"response":[]}"#,
        ),
        (
            "football-data.org v4 data",
            r#"{"area":{},"id":1,"utcDate":"2026-03-07T15:00:00Z","homeTeam":{"tla":"EAS"},"awayTeam":{}}"#,
        ),
        ("an ESPN summary", r#"{"boxscore":{"teams":[{"team":{"id":"1","displayName":"A"}}]},"gameInfo":{}}"#),
        (
            "an ESPN scoreboard",
            r#"{"leagues":[{"id":"1","abbreviation":"X","slug":"eng.1","calendar":[]}],"events":[]}"#,
        ),
        ("Sportradar data", r#"{"generated_at":"x","sport_event":{"id":"sr:sport_event:1"},"sport_event_status":{}}"#),
        ("Sportmonks v3 data", r#"{"data":{"id":1,"sport_id":1,"league_id":8,"starting_at":"2026-03-07 15:00:00"}}"#),
        (
            "Metrica events",
            r#"{"data":[{"index":1,"team":{"name":"Team A"},"type":{"id":5},"subtypes":{},"start":{"frame":1}}]}"#,
        ),
        (
            "Metrica events (CSV)",
            "Team,Type,Subtype,Period,Start Frame,Start Time [s],End Frame\nAway,SET PIECE,KICK OFF,1,1,0.04,1",
        ),
        ("SkillCorner tracking", r#"{"frame": 10, "timestamp": "00:00:01.00", "period": 1, "player_data": []}"#),
        ("SkillCorner dynamic events (CSV)", "event_id,index,match_id,frame_start,frame_end\n8_0,0,1,10,20"),
        (
            "Common Data Format events",
            r#"{"match": {}, "event": {"id": "1", "period": "first_half", "type": "pass", "is_successful": true, "outcome_type": "successful", "player_id": "p", "related_event_ids": null}}"#,
        ),
        (
            "Common Data Format match data",
            r#"{"match": {"id": "1", "status": {"is_neutral": false, "has_extratime": false}}}"#,
        ),
        (
            "Common Data Format meta data",
            r#"{"match": {"id": "1", "kickoff_time": "x", "periods": [], "whistles": []}}"#,
        ),
        (
            "SPADL actions (CSV)",
            "game_id,original_event_id,period_id,time_seconds,team_id,player_id,start_x\n1,2,1,3.0,4,5,6",
        ),
        ("SportsML", "<?xml version=\"1.0\"?>\n<sports-content>"),
        ("OpenLigaDB data", r#"[{"matchID":1,"matchDateTime":"x","team1":{},"team2":{}}]"#),
    ];

    #[test]
    fn files_of_providers_are_recognised() {
        for (name, head) in FILES {
            let found = recognise(head.as_bytes()).map(|finding| finding.message).unwrap_or_default();
            assert!(found.starts_with(&format!("this looks like {name}: a scenario is")), "{name}: {found:?}\n{head}");
            // A longer file is recognised as well: only the beginning counts.
            let long = format!("{head}{}", " ".repeat(20_000));
            assert!(recognise(long.as_bytes()).is_some_and(|finding| finding.message == found), "{name}");
        }
        for head in [r#"{"kind":"hello","protocol":"touchline.v1"}"#, r#"{"kind":"tick","n":1}"#] {
            let found = recognise(head.as_bytes()).map(|finding| finding.message).unwrap_or_default();
            assert!(found.contains("frames recorded from a Touchline server"), "{found}");
        }
    }

    #[test]
    fn scenarios_are_not_mistaken_for_other_formats() {
        for shipped in crate::scenario::SHIPPED {
            assert_eq!(recognise(shipped.text().as_bytes()), None, "{}", shipped.name);
            let pretty = shipped.text().replacen('{', "{\n", 1);
            assert_eq!(recognise(pretty.as_bytes()), None, "{}", shipped.name);
            let without = shipped.text().split_once('\n').map_or("", |(_, rest)| rest);
            assert_eq!(recognise(without.as_bytes()), None, "{} without its first line", shipped.name);
        }
    }
}
