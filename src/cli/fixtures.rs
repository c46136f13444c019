//! The matches that a ticker shows: the names of their teams, and when they kick off.

use std::collections::HashMap;

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};
use touchline::client::{Goals, MatchInfo};
use touchline::football::Legs;
use touchline::scenario::{Span, Timeline};

use super::print::{count, harmless};
use super::tie::goes_through;

/// What is known of the matches before they begin.
#[derive(Debug, Clone, Default)]
pub struct Fixtures {
    matches: HashMap<String, Pair>,
}

/// A match: both names of both teams.
#[derive(Debug, Clone)]
struct Pair {
    home: (String, String),
    away: (String, String),
    /// The scheduled one.
    kickoff: Option<Timestamp>,
}

impl Fixtures {
    /// Those of a hello frame.
    pub fn of(fixtures: &[MatchInfo]) -> Self {
        let pair = |fixture: &MatchInfo| Pair {
            home: (harmless(&fixture.home.name), harmless(&fixture.home.short)),
            away: (harmless(&fixture.away.name), harmless(&fixture.away.short)),
            kickoff: fixture.kickoff.as_deref().and_then(|at| at.parse().ok()),
        };
        Self { matches: fixtures.iter().map(|fixture| (fixture.id.clone(), pair(fixture))).collect() }
    }

    /// Those of a timeline, the kick-offs moved as a hello frame moves them.
    pub fn in_timeline(timeline: &Timeline, kickoff_moved: Span) -> Self {
        let team = |team: &touchline::football::Team| (harmless(&team.name), harmless(&team.short));
        let matches = timeline.tracks().iter().map(|track| {
            let fixture = &track.fixture;
            let kickoff = fixture.kickoff.0.saturating_add(kickoff_moved.as_millis());
            let kickoff = Timestamp::from_millisecond(kickoff).ok();
            (fixture.id.as_str().to_owned(), Pair { home: team(&fixture.home), away: team(&fixture.away), kickoff })
        });
        Self { matches: matches.collect() }
    }

    /// The name of a team.
    pub fn team(&self, match_id: &str, side: Option<&str>) -> Option<&str> {
        let pair = self.matches.get(match_id)?;
        match side? {
            "home" => Some(&pair.home.0),
            "away" => Some(&pair.away.0),
            _ => None,
        }
    }

    /// `Juventus 0-1 Napoli`; of a match that is postponed `Juventus - Napoli`.
    pub fn result(&self, match_id: &str, status: &str, score: Goals) -> String {
        let score = shown(status, score);
        match self.matches.get(match_id) {
            Some(pair) => format!("{} {score} {}", pair.home.0, pair.away.0),
            None => format!("{} {score}", harmless(match_id)),
        }
    }

    /// `   agg  Ups 3-2 Downs, Ups go through`: the line that follows the end of the second leg of a tie.
    pub fn aggregate(&self, match_id: &str, legs: &Legs, winner: Option<&str>) -> String {
        let [home, away] = legs.aggregate();
        let teams = self.matches.get(match_id).map(|Pair { home: (one, _), away: (other, _), .. }| (one, other));
        let goals =
            teams.map_or_else(|| format!("{home}-{away}"), |(one, other)| format!("{one} {home}-{away} {other}"));
        let through = self.team(match_id, winner).map(|team| goes_through(team, legs)).unwrap_or_default();
        format!("   agg  {goals}{through}")
    }

    /// `0-1`; where there are several matches, `JUV 0-1 NAP`. A match that is postponed has no score: `-`, `JUV - NAP`.
    pub fn score(&self, match_id: &str, status: &str, score: Goals) -> String {
        let score = shown(status, score);
        match self.matches.get(match_id) {
            _ if self.matches.len() == 1 => score,
            Some(Pair { home: (_, one), away: (_, other), .. }) => format!("{one} {score} {other}"),
            None => format!("{} {score}", harmless(match_id)),
        }
    }

    /// `15:20 UTC, 20 minutes late`; on another day than scheduled `8 March 15:00 UTC`.
    pub fn new_kickoff(&self, match_id: &str, minutes_late: f64) -> String {
        let minutes = minutes_late.abs().round() as usize;
        let late = match (minutes, minutes_late < 0.0) {
            (0, _) => "as scheduled".to_owned(),
            (_, early) => format!("{} {}", count(minutes, "minute", "minutes"), if early { "early" } else { "late" }),
        };
        let scheduled = self.matches.get(match_id).and_then(|pair| pair.kickoff);
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

/// A score as it is shown: a match that is postponed has none.
fn shown(status: &str, Goals { home, away }: Goals) -> String {
    match status {
        "postponed" => "-".to_owned(),
        _ => format!("{home}-{away}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_kickoff_is_said_with_its_time_and_on_another_day_with_the_day() {
        let fixtures = |kickoff: &str| {
            let team = r#"{"name":"Ups"}"#;
            let fixture = format!(r#"{{"id":"m","kickoff":{kickoff},"home":{team},"away":{team}}}"#);
            Fixtures::of(&[serde_json::from_str(&fixture).expect(&fixture)])
        };
        for (kickoff, late, said) in [
            (r#""2026-03-07T15:00:00Z""#, 20.0, "15:20 UTC, 20 minutes late"),
            (r#""2026-03-07T15:00:00Z""#, -1.0, "14:59 UTC, 1 minute early"),
            (r#""2026-03-07T15:00:00Z""#, 0.0, "15:00 UTC, as scheduled"),
            (r#""2026-03-07T15:00:00Z""#, 1440.0, "8 March 15:00 UTC"),
            (r#""2026-12-31T23:50:00Z""#, 20.0, "1 January 2027 00:10 UTC"),
            (r#""2026-03-07T15:00:00Z""#, 1e300, "18446744073709551615 minutes late"),
            (r#""soon""#, 20.0, "20 minutes late"),
            ("null", 20.0, "20 minutes late"),
        ] {
            assert_eq!(fixtures(kickoff).new_kickoff("m", late), said);
        }
        assert_eq!(Fixtures::default().new_kickoff("m", 20.0), "20 minutes late");
    }
}
