//! The record of a match beside its events: `matches_*.json` of version 2, the block `match` of version 3.

use serde_json::Value;

use super::values::{number, text};
use crate::football::{Match, Score, Side, UtcMillis};
use crate::import::draft::RecordedResult;

/// The record of a match.
#[derive(Debug)]
pub struct MatchRecord {
    pub kickoff: Option<UtcMillis>,
    competition: Option<(&'static str, CompetitionKind)>,
    round: Option<u64>,
    venue: Option<String>,
    /// Home, away, if it says which is which.
    pub teams: Option<[TeamRecord; 2]>,
    /// The result that the events have to give.
    pub result: Option<RecordedResult>,
}

/// A side of a match.
#[derive(Debug)]
pub struct TeamRecord {
    pub id: u64,
    /// The line-up, and after it the bench.
    pub sheet: Vec<SheetEntry>,
    pub substitutions: Vec<SubstitutionRecord>,
}

/// A player on the sheet of a side.
#[derive(Debug, Clone, Copy)]
pub struct SheetEntry {
    pub player: u64,
    pub starts: bool,
    /// The shirt number.
    pub number: Option<u16>,
    pub captain: bool,
}

/// A substitution. Of its time only the minute is known.
#[derive(Debug, Clone, Copy)]
pub struct SubstitutionRecord {
    pub player_in: u64,
    pub player_out: u64,
    /// Counted from 1.
    pub minute: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CompetitionKind {
    /// From July to June.
    League,
    /// Within one summer.
    Tournament,
}

impl MatchRecord {
    pub fn read(item: &Value) -> Self {
        let side = |side: &str| item["teamsData"].as_object()?.values().find(|team| team["side"] == side);
        let sides = side("home").zip(side("away"));
        let teams = sides.and_then(|(home, away)| Some([TeamRecord::read(home)?, TeamRecord::read(away)?]));
        Self {
            kickoff: item["dateutc"].as_str().and_then(parse_utc),
            competition: number(&item["competitionId"]).and_then(competition),
            round: number(&item["gameweek"]).filter(|round| *round > 0),
            venue: text(&item["venue"]).map(str::to_owned),
            teams,
            result: sides.and_then(|(home, away)| read_result(text(&item["duration"]), home, away)),
        }
    }

    pub fn team(&self, side: Side) -> Option<&TeamRecord> {
        self.teams.as_ref().map(|teams| &teams[side.index()])
    }

    /// Adds to a match line when and where the match was played, and in which competition.
    pub fn describe(&self, fixture: &mut Match, clean: impl Fn(&str) -> String) {
        fixture.kickoff = self.kickoff.unwrap_or(fixture.kickoff);
        fixture.competition = self.competition.map(|(name, _)| name.into());
        fixture.season =
            self.competition.zip(self.kickoff).and_then(|((_, kind), at)| season(kind, at)).map(Into::into);
        fixture.round = self.round.map(|round| round.to_string().into());
        fixture.venue = self.venue.as_deref().map(|venue| clean(venue).into());
    }
}

impl TeamRecord {
    fn read(team: &Value) -> Option<Self> {
        let formation = &team["formation"];
        let list = |list: &str, starts: bool| {
            let players = formation[list].as_array().into_iter().flatten();
            let entry = move |entry: &Value| {
                let shirt = number(&entry["shirtNumber"]).and_then(|number| u16::try_from(number).ok());
                Some(SheetEntry {
                    player: number(&entry["playerId"]).filter(|id| *id > 0)?,
                    starts,
                    number: shirt.filter(|number| *number > 0),
                    captain: entry["captain"].as_bool() == Some(true),
                })
            };
            players.filter_map(entry).collect::<Vec<_>>()
        };
        // Where there were no substitutions, some matches have the text "null".
        let changes = formation["substitutions"].as_array().into_iter().flatten().filter_map(|change| {
            Some(SubstitutionRecord {
                player_in: number(&change["playerIn"]).unwrap_or(0),
                player_out: number(&change["playerOut"]).unwrap_or(0),
                minute: u16::try_from(number(&change["minute"])?).ok().filter(|minute| *minute <= 200)?,
            })
        });
        Some(Self {
            id: number(&team["teamId"]).filter(|id| *id > 0)?,
            sheet: [list("lineup", true), list("bench", false)].concat(),
            substitutions: changes.collect(),
        })
    }

    /// Whether it says who starts.
    pub fn has_lineup(&self) -> bool {
        self.sheet.iter().any(|entry| entry.starts)
    }
}

/// `score` is that after 90 minutes, whatever followed.
fn read_result(duration: Option<&str>, home: &Value, away: &Value) -> Option<RecordedResult> {
    let goals = |team: &Value, name: &str| u16::try_from(number(&team[name])?).ok();
    let score = |name: &str| Some(Score { home: goals(home, name)?, away: goals(away, name)? });
    let duration = duration.unwrap_or("Regular");
    Some(RecordedResult {
        score: score(if duration == "Regular" { "score" } else { "scoreET" })?,
        shootout: if duration == "Penalties" { score("scoreP") } else { None },
    })
}

/// `2018-04-22 18:45:00`, in UTC.
fn parse_utc(text: &str) -> Option<UtcMillis> {
    let civil: jiff::civil::DateTime = text.parse().ok()?;
    Some(UtcMillis(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond()))
}

/// The competitions of the public data set, by their ids.
fn competition(id: u64) -> Option<(&'static str, CompetitionKind)> {
    Some(match id {
        28 => ("World Cup", CompetitionKind::Tournament),
        102 => ("European Championship", CompetitionKind::Tournament),
        364 => ("Premier League", CompetitionKind::League),
        412 => ("Ligue 1", CompetitionKind::League),
        426 => ("Bundesliga", CompetitionKind::League),
        524 => ("Serie A", CompetitionKind::League),
        795 => ("La Liga", CompetitionKind::League),
        _ => return None,
    })
}

fn season(kind: CompetitionKind, kickoff: UtcMillis) -> Option<String> {
    let date = jiff::Timestamp::from_millisecond(kickoff.0).ok()?.to_zoned(jiff::tz::TimeZone::UTC).date();
    let year = i32::from(date.year());
    Some(match (kind, date.month()) {
        (CompetitionKind::Tournament, _) => year.to_string(),
        (CompetitionKind::League, 7..) => format!("{year}/{:02}", (year + 1) % 100),
        (CompetitionKind::League, _) => format!("{}/{:02}", year - 1, year % 100),
    })
}
