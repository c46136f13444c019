//! A fixture, without what happened in it.

use serde_json::{Value, json};

use super::crests;
use crate::dialect::document::{MatchLength, MatchMoment, Moment, find_competition, venue_and_city};
use crate::football::{Minute, Period, Score, Side, Status};

/// The status of a match: the short word and the long one.
pub(super) fn status_words(of: &MatchMoment<'_>) -> (&'static str, &'static str) {
    if of.status().is_final() && of.state.awarded_score().is_some() {
        return ("AWD", "Technical Loss");
    }
    match of.status() {
        Status::Scheduled => ("NS", "Not Started"),
        Status::FirstHalf => ("1H", "First Half"),
        Status::HalfTime => ("HT", "Halftime"),
        Status::SecondHalf => ("2H", "Second Half"),
        Status::ExtraTimeBreak | Status::ExtraHalfTime | Status::ShootoutBreak => ("BT", "Break Time"),
        Status::ExtraFirstHalf | Status::ExtraSecondHalf => ("ET", "Extra Time"),
        Status::Shootout => ("P", "Penalty In Progress"),
        Status::FullTime => match of.match_length() {
            MatchLength::RegularTime => ("FT", "Match Finished"),
            MatchLength::ExtraTime => ("AET", "Match Finished"),
            MatchLength::Shootout => ("PEN", "Match Finished"),
        },
        Status::Suspended => ("SUSP", "Match Suspended"),
        Status::Abandoned => ("ABD", "Match Abandoned"),
        Status::Postponed => ("PST", "Match Postponed"),
    }
}

/// The statuses that `live=all` lists.
pub(super) const LIVE: &[&str] = &["1H", "HT", "2H", "ET", "BT", "P", "SUSP", "INT", "LIVE"];

fn sides<T>(of: impl Fn(Side) -> T) -> Value
where
    T: Into<Value>,
{
    json!({ "home": of(Side::Home).into(), "away": of(Side::Away).into() })
}

fn score(score: Option<Score>) -> Value {
    sides(|side| score.map(|score| score.of(side)))
}

/// A fixture as it stands in every list.
pub(super) fn fixture(moment: &Moment<'_>, track: usize, of: &MatchMoment<'_>) -> Value {
    let (short, long) = status_words(of);
    let minute = of.shown_minute();
    // At half-time and full time the added minute of the whistle stays.
    let whistle = match short {
        "HT" => of.whistle_of(Period::First),
        "FT" => of.whistle_of(Period::Second),
        _ => None,
    };
    let begun = of.has_begun();
    // An award is a result, too.
    let over = of.status() == Status::FullTime || short == "AWD";
    // The score of regular time is told once that is over.
    let fulltime = match of.match_length() {
        MatchLength::RegularTime => over.then(|| of.state.score()),
        MatchLength::ExtraTime | MatchLength::Shootout => Some(of.regular_score()),
    };
    // Until half-time it is the running score.
    let halftime = begun.then(|| of.state.goals_in(&[Period::First]));
    let referee = of.fixture.officials.iter().find(|(role, _)| &**role == "referee");
    json!({
        "fixture": {
            "id": of.ids.fixture,
            "referee": referee.and_then(|(_, names)| names.first()).map(|name| &**name),
            "timezone": "UTC",
            "date": of.kickoff.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            "timestamp": of.kickoff.as_second(),
            "periods": {
                "first": begun.then(|| of.begin_of(Status::FirstHalf)).flatten().map(jiff::Timestamp::as_second),
                "second": begun.then(|| of.begin_of(Status::SecondHalf)).flatten().map(jiff::Timestamp::as_second),
            },
            "venue": venue(of.ids.venue, of.fixture.venue.as_deref()),
            "status": {
                "long": long,
                "short": short,
                "elapsed": minute.map(|minute| minute.minute),
                "extra": whistle.or(minute).and_then(|minute: Minute| minute.added),
            },
        },
        "league": league(moment, track),
        "teams": sides(|side| {
            let mut team = team(of, side);
            team["winner"] = json!(of.leader().filter(|_| begun).map(|leader| leader == side));
            team
        }),
        "goals": score((begun || over).then(|| of.state.score())),
        "score": {
            "halftime": score(halftime),
            "fulltime": score(fulltime),
            "extratime": score(of.extra_time_score().filter(|_| of.status() != Status::ExtraTimeBreak)),
            "penalty": score(of.state.shootout_score()),
        },
    })
}

/// A venue, with what follows the last comma of its name as its city.
pub(super) fn venue(id: Option<u16>, text: Option<&str>) -> Value {
    let (name, city) = text.map(venue_and_city).unzip();
    json!({ "id": id, "name": name, "city": city.flatten() })
}

/// The competition of a match, in a season.
pub(super) fn league(moment: &Moment<'_>, track: usize) -> Value {
    let fixture = &moment.timeline.tracks()[track].fixture;
    let name = fixture.competition.as_deref().unwrap_or_default();
    let id = moment.ids.of_match(track).league;
    let round = fixture.round.as_deref().map(|round| match round.parse::<u16>() {
        Ok(number) => format!("Regular Season - {number}"),
        Err(_) => round.to_owned(),
    });
    json!({
        "id": id,
        "name": name,
        "country": country(name),
        "logo": crests::league_address(moment.base, id),
        "flag": null,
        "season": moment.season_year(track),
        "round": round.unwrap_or_default(),
        "standings": has_table(moment, name),
    })
}

/// Whether a competition has a table.
pub(super) fn has_table(moment: &Moment<'_>, competition: &str) -> bool {
    moment.timeline.tables().iter().any(|table| &*table.competition == competition)
}

/// The country of a competition.
pub(super) fn country(competition: &str) -> &'static str {
    find_competition(competition).map_or("World", |known| known.country)
}

/// A team: number, name and crest.
pub(super) fn team(of: &MatchMoment<'_>, side: Side) -> Value {
    let id = of.ids.teams[side.index()];
    json!({ "id": id, "name": &*of.team(side).name, "logo": crests::address(of.base, id) })
}
