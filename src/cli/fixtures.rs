//! The matches that a ticker shows: team names and scheduled kick-offs, and the texts made of them.

use std::collections::HashMap;

use crate::client::{MatchInfo, Word};
use crate::football::{Legs, Score, Side, Status};
use crate::scenario::{Span, Timeline};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::print::{format_count, sanitise};
use super::tie::tie_winner_text;

/// The matches, by id.
#[derive(Debug, Clone, Default)]
pub struct Fixtures {
    matches: HashMap<String, MatchNames>,
}

/// Both team names of a match, each long and short, and the scheduled kick-off.
#[derive(Debug, Clone)]
struct MatchNames {
    home: (String, String),
    away: (String, String),
    kickoff: Option<Timestamp>,
}

impl Fixtures {
    /// From a hello frame.
    pub fn from_matches(fixtures: &[MatchInfo]) -> Self {
        let names = |fixture: &MatchInfo| MatchNames {
            home: (sanitise(&fixture.home.name), sanitise(&fixture.home.short)),
            away: (sanitise(&fixture.away.name), sanitise(&fixture.away.short)),
            kickoff: fixture.kickoff.as_deref().and_then(|at| at.parse().ok()),
        };
        Self { matches: fixtures.iter().map(|fixture| (fixture.id.clone(), names(fixture))).collect() }
    }

    /// From a timeline, with the kick-offs moved as in a hello frame.
    pub fn from_timeline(timeline: &Timeline, kickoff_offset: Span) -> Self {
        let team = |team: &crate::football::Team| (sanitise(&team.name), sanitise(&team.short));
        let matches = timeline.tracks().iter().map(|track| {
            let fixture = &track.fixture;
            let kickoff = fixture.kickoff.0.saturating_add(kickoff_offset.as_millis());
            let kickoff = Timestamp::from_millisecond(kickoff).ok();
            (
                fixture.id.as_str().to_owned(),
                MatchNames { home: team(&fixture.home), away: team(&fixture.away), kickoff },
            )
        });
        Self { matches: matches.collect() }
    }

    /// The long name of a team.
    pub fn team(&self, match_id: &str, side: Option<Side>) -> Option<&str> {
        let names = self.matches.get(match_id)?;
        Some(match side? {
            Side::Home => &names.home.0,
            Side::Away => &names.away.0,
        })
    }

    /// `Juventus 0-1 Napoli`; of a match that is postponed `Juventus - Napoli`.
    pub fn scoreline(&self, match_id: &str, status: &Word<Status>, score: Option<Score>) -> String {
        let score = score_text(status, score);
        match self.matches.get(match_id) {
            Some(names) => format!("{} {score} {}", names.home.0, names.away.0),
            None => format!("{} {score}", sanitise(match_id)),
        }
    }

    /// `   agg  Ups 3-2 Downs, Ups go through`: the line that follows the end of the second leg of a tie.
    pub fn aggregate_line(&self, match_id: &str, legs: &Legs, winner: Option<Side>) -> String {
        let [home, away] = legs.aggregate();
        let teams = self.matches.get(match_id).map(|MatchNames { home: (one, _), away: (other, _), .. }| (one, other));
        let goals =
            teams.map_or_else(|| format!("{home}-{away}"), |(one, other)| format!("{one} {home}-{away} {other}"));
        let through = self.team(match_id, winner).map(|team| tie_winner_text(team, legs)).unwrap_or_default();
        format!("   agg  {goals}{through}")
    }

    /// `0-1`; where there are several matches, `JUV 0-1 NAP`. A match that is postponed has no score: `-`, `JUV - NAP`.
    pub fn short_scoreline(&self, match_id: &str, status: &Word<Status>, score: Option<Score>) -> String {
        let score = score_text(status, score);
        match self.matches.get(match_id) {
            _ if self.matches.len() == 1 => score,
            Some(MatchNames { home: (_, one), away: (_, other), .. }) => format!("{one} {score} {other}"),
            None => format!("{} {score}", sanitise(match_id)),
        }
    }

    /// `15:20 UTC, 20 minutes late`; on another day than scheduled `8 March 15:00 UTC`.
    pub fn kickoff_change_text(&self, match_id: &str, minutes_late: f64) -> String {
        let minutes = minutes_late.abs().round() as usize;
        let late = match (minutes, minutes_late < 0.0) {
            (0, _) => "as scheduled".to_owned(),
            (_, early) => {
                format!("{} {}", format_count(minutes, "minute", "minutes"), if early { "early" } else { "late" })
            }
        };
        let scheduled = self.matches.get(match_id).and_then(|names| names.kickoff);
        let by = SignedDuration::from_secs((minutes_late * 60.0).round() as i64);
        let Some((scheduled, now)) = scheduled.and_then(|at| Some((at, at.checked_add(by).ok()?))) else { return late };
        let [scheduled, now] = [scheduled, now].map(|at| Offset::UTC.to_datetime(at));
        match now.date() == scheduled.date() {
            true => format!("{}, {late}", now.strftime("%H:%M UTC")),
            false if now.year() == scheduled.year() => now.strftime("%-d %B %H:%M UTC").to_string(),
            false => now.strftime("%-d %B %Y %H:%M UTC").to_string(),
        }
    }
}

/// A score as text: a postponed match has none.
fn score_text(status: &Word<Status>, score: Option<Score>) -> String {
    match score {
        Some(Score { home, away }) if *status != Status::Postponed => format!("{home}-{away}"),
        _ => "-".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_kickoff_has_its_time_and_on_another_day_the_day() {
        let fixtures = |kickoff: &str| {
            let team = r#"{"name":"Ups"}"#;
            let fixture = format!(r#"{{"id":"m","kickoff":{kickoff},"home":{team},"away":{team}}}"#);
            Fixtures::from_matches(&[serde_json::from_str(&fixture).expect(&fixture)])
        };
        for (kickoff, late, text) in [
            (r#""2026-03-07T15:00:00Z""#, 20.0, "15:20 UTC, 20 minutes late"),
            (r#""2026-03-07T15:00:00Z""#, -1.0, "14:59 UTC, 1 minute early"),
            (r#""2026-03-07T15:00:00Z""#, 0.0, "15:00 UTC, as scheduled"),
            (r#""2026-03-07T15:00:00Z""#, 1440.0, "8 March 15:00 UTC"),
            (r#""2026-12-31T23:50:00Z""#, 20.0, "1 January 2027 00:10 UTC"),
            (r#""2026-03-07T15:00:00Z""#, 1e300, "18446744073709551615 minutes late"),
            (r#""soon""#, 20.0, "20 minutes late"),
            ("null", 20.0, "20 minutes late"),
        ] {
            assert_eq!(fixtures(kickoff).kickoff_change_text("m", late), text);
        }
        assert_eq!(Fixtures::default().kickoff_change_text("m", 20.0), "20 minutes late");
    }
}
