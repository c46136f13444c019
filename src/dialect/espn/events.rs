//! Events: a match as the scoreboard and the schedule of a team list it.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::super::document::{MatchMoment, Moment, find_competition, venue_and_city};
use super::leagues::{hyphenated, league_id};
use super::plays::{details, team_id};
use super::status::{is_completed, status};
use super::team_documents::{record_summary, team};
use crate::football::{EventType, Field, Side};

/// The home team is first: some clients go by the order.
pub(super) const SIDES: [Side; 2] = [Side::Home, Side::Away];

/// A time to the minute: `2022-09-17T17:00Z`.
pub(super) fn time_text(time: Timestamp) -> String {
    time.to_zoned(TimeZone::UTC).strftime("%Y-%m-%dT%H:%MZ").to_string()
}

/// An event of a scoreboard.
pub(super) fn event(moment: &Moment<'_>, track: usize, of: &MatchMoment<'_>) -> Value {
    let id = of.ids.fixture.to_string();
    let uid = format!("s:600~l:{}~e:{id}", league_id(moment, track));
    let date = time_text(of.kickoff);
    let status = status(of);
    let [home, away] = SIDES.map(|side| of.team(side));
    let mut competition = json!({
        "id": id,
        "uid": format!("{uid}~c:{id}"),
        "date": date,
        "startDate": date,
        "attendance": 0,
        "timeValid": true,
        "status": status,
        "format": { "regulation": { "periods": 2 } },
        "notes": [],
        "broadcasts": [],
        "broadcast": "",
        "competitors": SIDES.map(|side| competitor(moment, of, side)),
        "details": details(of),
        "wasSuspended": of.events.iter().any(|cue| cue.event.is_in_force() && cue.event.kind == EventType::Suspended),
    });
    let mut event = json!({
        "id": id,
        "uid": uid,
        "date": date,
        "name": format!("{} at {}", away.name, home.name),
        "shortName": format!("{} @ {}", away.short, home.short),
        "season": season(moment, track, of),
        "status": status,
        "links": [],
    });
    if let Some((venue, full_name)) = venue(of) {
        event["venue"] = json!({ "displayName": full_name });
        competition["venue"] = venue;
    }
    event["competitions"] = json!([competition]);
    event
}

/// The season of a match: `{"year":2017,"type":1,"slug":"2017-18-serie-a"}`.
fn season(moment: &Moment<'_>, track: usize, of: &MatchMoment<'_>) -> Value {
    let named = [of.fixture.season.as_deref(), of.fixture.competition.as_deref()];
    let words = named.into_iter().flatten().collect::<Vec<_>>().join(" ");
    json!({ "year": moment.season_year(track), "type": 1, "slug": hyphenated(&words, "-") })
}

/// The venue and its name.
fn venue<'a>(of: &MatchMoment<'a>) -> Option<(Value, &'a str)> {
    let text = of.fixture.venue.as_deref()?;
    let (full_name, city) = venue_and_city(text);
    let known = of.fixture.competition.as_deref().and_then(find_competition);
    let country = known.map(|known| known.country).filter(|country| *country != "World").unwrap_or_default();
    let address = json!({ "city": city.unwrap_or_default(), "country": country });
    let id = of.ids.venue.unwrap_or_default().to_string();
    Some((json!({ "id": id, "fullName": full_name, "address": address }), full_name))
}

fn competitor(moment: &Moment<'_>, of: &MatchMoment<'_>, side: Side) -> Value {
    let mut competitor = competitor_core(of, side);
    competitor["type"] = "team".into();
    competitor["team"] = team(of.base, of.team(side), &team_id(of, side));
    competitor["statistics"] = statistics(of, side);
    let record = record_summary(moment, of.fixture.competition.as_deref(), of.team(side).id.as_str());
    let record = record.map(|summary| json!({ "name": "All Splits", "type": "total", "summary": summary }));
    competitor["records"] = record.into_iter().collect();
    competitor
}

/// What all documents say of a side of a match, without its team.
pub(super) fn competitor_core(of: &MatchMoment<'_>, side: Side) -> Value {
    let id = team_id(of, side);
    let mut competitor = json!({
        "id": id,
        "uid": format!("s:600~t:{id}"),
        "order": side.index(),
        "homeAway": side.as_str(),
        "winner": is_completed(of) && of.leader() == Some(side),
        "score": of.state.score().of(side).to_string(),
    });
    if let Some(kicks) = of.state.shootout_score() {
        competitor["shootoutScore"] = kicks.of(side).into();
    }
    competitor
}

/// The statistics of a side; none before the match.
fn statistics(of: &MatchMoment<'_>, side: Side) -> Value {
    if !of.has_begun() {
        return json!([]);
    }
    let own = of.state.statistics(side);
    let assisted = of.events.iter().filter(|cue| {
        let event = &cue.event;
        event.is_in_force()
            && event.kind == EventType::Goal
            && event.side == Some(side)
            && event.details.player(Field::Assist).is_some()
    });
    let mut statistics = vec![
        ("appearances", "APP", "0".to_owned()),
        ("foulsCommitted", "FC", own.fouls.to_string()),
        ("wonCorners", "CW", own.corners.to_string()),
        ("goalAssists", "A", assisted.count().to_string()),
        ("shotsOnTarget", "SOG", own.shots_on_target.to_string()),
        ("totalGoals", "G", of.state.score().of(side).to_string()),
        ("totalShots", "SHOT", own.shots.to_string()),
    ];
    if let Some(passing) = of.state.passing(side) {
        statistics.insert(4, ("possessionPct", "PP", format!("{}.0", passing.possession)));
    }
    let document = |(name, abbreviation, value): (&str, &str, String)| json!({ "name": name, "abbreviation": abbreviation, "displayValue": value });
    statistics.into_iter().map(document).collect()
}
