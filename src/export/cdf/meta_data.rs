//! `meta.json`: the competition, the periods and their times, the teams, the venue and the officials.

use serde_json::{Value, json};

use super::json_text::{moment, pretty, snake_case, without_absent};
use super::wall_clock::period_word;
use super::{FinishedMatch, NO_NUMBER, UNKNOWN, VERSION};
use crate::football::{EventType, Match, Period, Team, is_colour};

/// The referee among the roles of a match.
const REFEREE: &str = "referee";
/// The types of officials that the format knows, by the roles of scenarios.
const OFFICIALS: &[(&str, &str)] = &[
    (REFEREE, "main_referee"),
    ("assistants", "assistant_referee"),
    ("fourth_official", "fourth_official"),
    ("var", "video_assistant_referee"),
    ("avar", "assistant_video_assistant_referee"),
    ("reserve_assistant", "reserve_assistant_referee"),
    ("support_var", "support_video_assistant_referee"),
];

/// The officials of a match. A scenario has names only; the ids are made of the roles.
pub(super) fn officials(fixture: &Match) -> Vec<Value> {
    let mut officials = Vec::new();
    for (role, names) in &fixture.officials {
        let of_format = OFFICIALS.iter().find(|(of, _)| **of == **role).map(|(_, official)| *official);
        for (number, name) in names.iter().enumerate() {
            let id = if number == 0 { role.to_string() } else { format!("{role}_{}", number + 1) };
            officials.push(without_absent(json!({ "id": id, "last_name": &**name, "type": of_format })));
        }
    }
    officials
}

/// The id of the referee.
pub(super) fn referee_id(fixture: &Match) -> &'static str {
    let known = fixture.officials.iter().any(|(role, names)| **role == *REFEREE && !names.is_empty());
    if known { REFEREE } else { UNKNOWN }
}

/// A name that serves as an id, too.
fn named(name: Option<&str>) -> Value {
    without_absent(json!({ "id": name.unwrap_or(UNKNOWN), "name": name }))
}

pub(super) fn write(finished: &FinishedMatch<'_>) -> String {
    let fixture = finished.fixture;
    let kickoff = moment(fixture.kickoff.0);
    pretty(&json!({
        "competition": named(fixture.competition.as_deref()),
        "season": named(fixture.season.as_deref()),
        "match": without_absent(json!({
            "id": fixture.id.as_str(),
            "kickoff_time": kickoff,
            "scheduled_kickoff_time": kickoff,
            "periods": periods(finished),
            "whistles": whistles(finished),
            "round": fixture.round.as_deref().map(snake_case),
        })),
        "teams": { "home": meta_team(&fixture.home), "away": meta_team(&fixture.away) },
        "venue": named(fixture.venue.as_deref()),
        // Which data there are. Who collected the events, and whether live, is not known.
        "meta": {
            "video": null,
            "event": null,
            "tracking": null,
            "landmarks": null,
            "ball": null,
            "meta": { "version": env!("CARGO_PKG_VERSION"), "name": "touchline" },
            "cdf": { "version": VERSION },
        },
        "officials": officials(fixture),
    }))
}

/// The periods that were played. The events of the home side go from left to right in all of them; which side it really
/// defended is not known. An end is given where it is reported, and where no correction has moved it out of the period.
fn periods(finished: &FinishedMatch<'_>) -> Vec<Value> {
    let starts = &finished.wall.starts;
    let ends = |period: Period, start: i64, next: Option<i64>| {
        let ended = finished
            .events
            .iter()
            .rfind(|dated| dated.event.kind == EventType::PeriodEnd && dated.event.clock.period() == Some(period));
        ended.map(|dated| dated.at).filter(|end| start <= *end && next.is_none_or(|next| *end <= next))
    };
    let period = |(index, (period, start)): (usize, &(Period, i64))| {
        let end = ends(*period, *start, starts.get(index + 1).map(|(_, next)| *next));
        without_absent(json!({
            "period": period_word(*period),
            "play_direction": (*period != Period::Shootout).then_some("left_right"),
            "start_time": moment(*start),
            "end_time": end.map(moment),
        }))
    };
    starts.iter().enumerate().map(period).collect()
}

/// The whistles that are reported: starts and ends of periods and of suspensions.
fn whistles(finished: &FinishedMatch<'_>) -> Vec<Value> {
    let whistles = finished.events.iter().filter_map(|dated| {
        let period = dated.event.clock.period().map(period_word);
        let (kind, sub_type) = match dated.event.kind {
            EventType::PeriodStart => (period?, "start"),
            EventType::PeriodEnd => (period?, "end"),
            EventType::Suspended => ("suspension", "start"),
            EventType::Resumed => ("suspension", "end"),
            EventType::Abandoned => ("abandoned", "end"),
            _ => return None,
        };
        Some(json!({ "type": kind, "sub_type": sub_type, "time": moment(dated.at) }))
    });
    whistles.collect()
}

fn meta_team(team: &Team) -> Value {
    let players = team.players.iter().map(|player| {
        json!({
            "id": player.id.as_str(),
            "team_id": team.id.as_str(),
            "jersey_number": player.number.map_or(NO_NUMBER, i32::from),
            "is_starter": player.starts,
            "last_name": &*player.name,
        })
    });
    without_absent(json!({
        "id": team.id.as_str(),
        "players": players.collect::<Vec<_>>(),
        "name": &*team.name,
        "jersey_colour": team.colours.first().map(|colour| &**colour).filter(|colour| is_colour(colour)),
    }))
}
