//! `meta.json`: the competition, the periods and their times, the teams, the venue and the officials.

use serde::Serialize;

use super::json_text::{moment, snake_case};
use super::wall_clock::period_word;
use super::{FinishedMatch, NO_NUMBER, UNKNOWN, VERSION};
use crate::football::{EventType, Match, Period, Team};

#[derive(Serialize)]
struct MetaData<'a> {
    competition: CdfNamedId<'a>,
    season: CdfNamedId<'a>,
    r#match: MetaMatch<'a>,
    teams: MetaTeams<'a>,
    venue: CdfNamedId<'a>,
    meta: DataVendors,
    officials: Vec<SheetOfficial<'a>>,
}

/// A scenario has names only, which serve as ids.
#[derive(Serialize)]
struct CdfNamedId<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct MetaMatch<'a> {
    id: &'a str,
    kickoff_time: String,
    periods: Vec<MetaPeriod>,
    whistles: Vec<Whistle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    round: Option<String>,
    scheduled_kickoff_time: String,
}

#[derive(Serialize)]
struct MetaPeriod {
    period: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    play_direction: Option<&'static str>,
    start_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    end_time: Option<String>,
}

#[derive(Serialize)]
struct Whistle {
    r#type: &'static str,
    sub_type: &'static str,
    time: String,
}

#[derive(Serialize)]
struct MetaTeams<'a> {
    home: MetaTeam<'a>,
    away: MetaTeam<'a>,
}

#[derive(Serialize)]
struct MetaTeam<'a> {
    id: &'a str,
    players: Vec<MetaPlayer<'a>>,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    jersey_colour: Option<&'a str>,
}

#[derive(Serialize)]
struct MetaPlayer<'a> {
    id: &'a str,
    team_id: &'a str,
    jersey_number: i32,
    is_starter: bool,
    last_name: &'a str,
}

/// Which data there are. Who collected the events, and whether live, is not known.
#[derive(Serialize)]
struct DataVendors {
    video: Option<()>,
    event: Option<()>,
    tracking: Option<()>,
    landmarks: Option<()>,
    ball: Option<()>,
    meta: VendorVersion,
    cdf: FormatVersion,
}

#[derive(Serialize)]
struct VendorVersion {
    version: &'static str,
    name: &'static str,
}

#[derive(Serialize)]
struct FormatVersion {
    version: &'static str,
}

#[derive(Serialize)]
pub(super) struct SheetOfficial<'a> {
    id: String,
    last_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
}

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
pub(super) fn officials(fixture: &Match) -> Vec<SheetOfficial<'_>> {
    let mut officials = Vec::new();
    for (role, names) in &fixture.officials {
        let r#type = OFFICIALS.iter().find(|(of, _)| **of == **role).map(|(_, official)| *official);
        for (number, name) in names.iter().enumerate() {
            let id = if number == 0 { role.to_string() } else { format!("{role}_{}", number + 1) };
            officials.push(SheetOfficial { id, last_name: name, r#type });
        }
    }
    officials
}

/// The id of the referee.
pub(super) fn referee_id(fixture: &Match) -> &'static str {
    let known = fixture.officials.iter().any(|(role, names)| **role == *REFEREE && !names.is_empty());
    if known { REFEREE } else { UNKNOWN }
}

/// A name that serves as an id.
fn named(name: Option<&str>) -> CdfNamedId<'_> {
    CdfNamedId { id: name.unwrap_or(UNKNOWN), name }
}

pub(super) fn write(finished: &FinishedMatch<'_>) -> String {
    let fixture = finished.fixture;
    let kickoff = moment(fixture.kickoff.0);
    let meta = MetaData {
        competition: named(fixture.competition.as_deref()),
        season: named(fixture.season.as_deref()),
        r#match: MetaMatch {
            id: fixture.id.as_str(),
            kickoff_time: kickoff.clone(),
            periods: periods(finished),
            whistles: whistles(finished),
            round: fixture.round.as_deref().map(snake_case),
            scheduled_kickoff_time: kickoff,
        },
        teams: MetaTeams { home: meta_team(&fixture.home), away: meta_team(&fixture.away) },
        venue: named(fixture.venue.as_deref()),
        meta: DataVendors {
            video: None,
            event: None,
            tracking: None,
            landmarks: None,
            ball: None,
            meta: VendorVersion { version: env!("CARGO_PKG_VERSION"), name: "touchline" },
            cdf: FormatVersion { version: VERSION },
        },
        officials: officials(fixture),
    };
    let mut text = serde_json::to_string_pretty(&meta).unwrap_or_default();
    text.push('\n');
    text
}

/// The periods that were played. The events of the home side go from left to right in all of them; which side it really
/// defended is not known. An end is given where it is reported, and where no correction has moved it out of the period.
fn periods(finished: &FinishedMatch<'_>) -> Vec<MetaPeriod> {
    let starts = &finished.wall.starts;
    let ends = |period: Period, start: i64, next: Option<i64>| {
        let ended = finished
            .events
            .iter()
            .rfind(|dated| dated.event.kind == EventType::PeriodEnd && dated.event.clock.period() == Some(period));
        ended.map(|dated| dated.at).filter(|end| start <= *end && next.is_none_or(|next| *end <= next))
    };
    let period = |(index, (period, start)): (usize, &(Period, i64))| MetaPeriod {
        period: period_word(*period),
        play_direction: (*period != Period::Shootout).then_some("left_right"),
        start_time: moment(*start),
        end_time: ends(*period, *start, starts.get(index + 1).map(|(_, next)| *next)).map(moment),
    };
    starts.iter().enumerate().map(period).collect()
}

/// The whistles that are reported: starts and ends of periods and of suspensions.
fn whistles(finished: &FinishedMatch<'_>) -> Vec<Whistle> {
    let whistles = finished.events.iter().filter_map(|dated| {
        let period = dated.event.clock.period().map(period_word);
        let (r#type, sub_type) = match dated.event.kind {
            EventType::PeriodStart => (period?, "start"),
            EventType::PeriodEnd => (period?, "end"),
            EventType::Suspended => ("suspension", "start"),
            EventType::Resumed => ("suspension", "end"),
            EventType::Abandoned => ("abandoned", "end"),
            _ => return None,
        };
        Some(Whistle { r#type, sub_type, time: moment(dated.at) })
    });
    whistles.collect()
}

fn meta_team(team: &Team) -> MetaTeam<'_> {
    let players = team.players.iter().map(|player| MetaPlayer {
        id: player.id.as_str(),
        team_id: team.id.as_str(),
        jersey_number: player.number.map_or(NO_NUMBER, i32::from),
        is_starter: player.starts,
        last_name: &player.name,
    });
    let colour = team.colours.first().map(|colour| &**colour).filter(|colour| is_colour(colour));
    MetaTeam { id: team.id.as_str(), players: players.collect(), name: &team.name, jersey_colour: colour }
}

/// Whether a text is a colour of the form `#rrggbb`.
fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|it| it.is_ascii_hexdigit()))
}
