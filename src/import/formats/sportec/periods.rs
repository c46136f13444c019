//! Periods: a period runs from its `KickOff` with a `GameSection` to its `FinalWhistle`, by the wall clock.

use super::rows::EventRow;
use super::words;
use crate::football::{EventId, MatchClock, Period, PeriodRules, Reading, Status};

/// The periods of a match, in playing order.
pub struct MatchPeriods {
    pub played: Vec<PlayedPeriod>,
    rules: PeriodRules,
}

/// A period that was played.
pub struct PlayedPeriod {
    pub period: Period,
    /// Milliseconds since 1970.
    pub start: i64,
    pub end: i64,
    /// The row that begins it.
    pub start_id: Option<EventId>,
    /// The row of the whistle.
    pub end_id: Option<EventId>,
    /// The id of the team that defends the left goal, if a row says so.
    pub team_left: Option<String>,
}

/// Finds the periods. `kickoff` is the actual one, where another document has it.
pub fn find_periods(rows: &[EventRow], kickoff: Option<i64>, rules: PeriodRules) -> Result<MatchPeriods, String> {
    let mut played: Vec<PlayedPeriod> = Vec::new();
    for row in rows {
        let Some(period) = begun_by(row)? else { continue };
        if played.iter().all(|known| known.period != period) {
            played.push(PlayedPeriod {
                period,
                start: row.at,
                end: row.at,
                start_id: Some(row.id.clone()),
                end_id: None,
                team_left: row.attribute("TeamLeft").map(str::to_owned),
            });
        }
    }
    if played.iter().all(|known| known.period != Period::First) {
        let start = kickoff.ok_or_else(|| {
            "there is no <KickOff GameSection=\"firstHalf\">: the clock of the match is unknown".to_owned()
        })?;
        let first =
            PlayedPeriod { period: Period::First, start, end: start, start_id: None, end_id: None, team_left: None };
        played.insert(0, first);
    }
    // Rows are in the order of their times.
    if let Some(pair) = played.windows(2).find(|pair| pair[0].period >= pair[1].period || pair[0].start > pair[1].start)
    {
        return Err(format!(
            "period {} begins before period {}: the times of <KickOff> contradict each other",
            pair[1].period.number(),
            pair[0].period.number()
        ));
    }
    let starts: Vec<i64> = played.iter().map(|period| period.start).collect();
    for (index, period) in played.iter_mut().enumerate() {
        let next = starts.get(index + 1).copied().unwrap_or(i64::MAX);
        let within = |row: &&EventRow| (period.start..next).contains(&row.at);
        let whistle = rows.iter().filter(within).rfind(|row| ended_by(row) == Some(period.period));
        let last_play = || rows.iter().filter(within).rfind(|row| !happens_anywhere(row.kind()));
        period.end = whistle.or_else(last_play).map_or(period.start, |row| row.at);
        period.end_id = whistle.map(|row| row.id.clone());
    }
    Ok(MatchPeriods { played, rules })
}

fn begun_by(row: &EventRow) -> Result<Option<Period>, String> {
    match (row.kind(), row.attribute("GameSection")) {
        ("StartPenaltyShootOut", _) => Ok(Some(Period::Shootout)),
        ("KickOff", Some(word)) => words::section(word).map(Some).ok_or_else(|| {
            format!("event {} has \"GameSection\":{word:?}, which is none of {}", row.id, words::sections())
        }),
        _ => Ok(None),
    }
}

fn ended_by(row: &EventRow) -> Option<Period> {
    row.attribute("GameSection").filter(|_| row.kind() == "FinalWhistle").and_then(words::section)
}

/// Whether rows of a type may lie outside the periods.
pub fn happens_anywhere(kind: &str) -> bool {
    matches!(
        kind,
        "Caution"
            | "CautionTeamofficial"
            | "Substitution"
            | "OtherPlayerAction"
            | "VideoAssistantAction"
            | "FinalWhistle"
    )
}

impl MatchPeriods {
    /// The clock of a moment. Actions of play that are a little outside their period are put at its end or start.
    pub fn clock(&self, at: i64, anywhere: bool, kickoff: i64) -> MatchClock {
        let index = self.played.iter().rposition(|period| period.start <= at);
        let Some((index, period)) = index.and_then(|index| Some((index, self.played.get(index)?))) else {
            return match self.played.first() {
                Some(first) if !anywhere => self.in_period(first, first.start),
                _ => outside(Status::Scheduled, at.saturating_sub(kickoff)),
            };
        };
        if at <= period.end {
            return self.in_period(period, at);
        }
        let next = self.played.get(index + 1);
        if anywhere {
            return outside(status_after(period.period, next.map(|next| next.period)), at.saturating_sub(period.end));
        }
        match next {
            Some(next) if next.start.saturating_sub(at) < at.saturating_sub(period.end) => {
                self.in_period(next, next.start)
            }
            _ => self.in_period(period, period.end),
        }
    }

    fn in_period(&self, period: &PlayedPeriod, at: i64) -> MatchClock {
        let elapsed = at.saturating_sub(period.start).max(0);
        let start = self.rules.start(period.period).as_millis();
        MatchClock::in_period(period.period, Reading::from_millis(start.saturating_add(elapsed)))
    }
}

/// What follows a period.
fn status_after(period: Period, next: Option<Period>) -> Status {
    match (period, next) {
        (Period::First, _) => Status::HalfTime,
        (Period::ExtraFirst, _) => Status::ExtraHalfTime,
        (_, Some(Period::Shootout)) => Status::ShootoutBreak,
        (Period::Second, Some(_)) => Status::ExtraTimeBreak,
        (_, _) => Status::FullTime,
    }
}

fn outside(status: Status, millis: i64) -> MatchClock {
    MatchClock { status, reading: Reading::from_millis(millis) }
}
