//! A moment of a replay: all that a document is made of.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::numeric_ids::{MatchIds, NumericIds};
use crate::football::{
    EventType, Field, FieldValue, Match, MatchClock, MatchEvent, MatchState, Minute, Period, PlayerId, Reading, Score,
    Side, Status, Team, clamp_minutes,
};
use crate::scenario::{Cue, MediaTime, ScoreboardClock, Span, Timeline};

/// A moment of a replay.
#[derive(Debug, Clone, Copy)]
pub struct Moment<'a> {
    /// What is played.
    pub timeline: &'a Timeline,
    /// How many cues are released.
    pub index: usize,
    /// The media time.
    pub at: MediaTime,
    /// By how much later kick-offs are shown than the scenario has them.
    pub kickoff_offset: Span,
    /// The numbers of the scenario.
    pub ids: &'a NumericIds,
    /// The address of the dialect's root as the caller knows it, without a slash at the end; for addresses in documents.
    pub base: &'a str,
}

/// A match at a moment, as far as the feed has told it.
#[derive(Debug)]
pub struct MatchMoment<'a> {
    /// The match as known before kick-off.
    pub fixture: &'a Match,
    /// Its numbers.
    pub ids: &'a MatchIds,
    /// As in [`Moment::base`].
    pub base: &'a str,
    /// The fold of what was told.
    pub state: MatchState,
    /// The events told that are or were key events, each in its latest revision.
    pub events: Vec<&'a Cue>,
    /// What a scoreboard shows.
    pub clock: ScoreboardClock,
    /// The kick-off as known now, as it is shown.
    pub kickoff: Timestamp,
    /// The phases that have begun.
    begun: Vec<(Status, MediaTime)>,
}

/// When something happened, by the match clock in play.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlayClock {
    /// The period.
    pub period: Period,
    /// The reading.
    pub reading: Reading,
    /// The minute: the official one if there is any.
    pub minute: Minute,
}

/// How far a match went, or goes at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum MatchLength {
    /// Two halves.
    RegularTime,
    /// Extra time.
    ExtraTime,
    /// Kicks from the penalty mark.
    Shootout,
}

impl<'a> Moment<'a> {
    /// The indices of all matches in [`Timeline::tracks`].
    pub fn tracks(&self) -> std::ops::Range<usize> {
        0..self.timeline.tracks().len()
    }

    /// A match as told by now.
    pub fn of_match(&self, track: usize) -> MatchMoment<'a> {
        let told = self.timeline.sent_match(track, self.index, self.at);
        let (fixture, phases) =
            (&*self.timeline.tracks()[track].fixture, self.timeline.tracks()[track].layout.phases());
        let clock = self.timeline.bent_clock(track, self.at, self.timeline.clock_at(track, self.at, &told.state));
        let begun = phases.iter().filter(|phase| phase.from <= self.at).map(|phase| (phase.status, phase.from));
        MatchMoment {
            fixture,
            ids: self.ids.of_match(track),
            base: self.base,
            kickoff: self.shown_time(told.state.kickoff().0),
            state: told.state,
            events: told.events,
            clock,
            begun: begun.collect(),
        }
    }

    /// The scheduled kick-off of a match, as it is shown.
    pub fn scheduled_kickoff(&self, track: usize) -> Timestamp {
        self.shown_time(self.timeline.tracks()[track].fixture.kickoff.0)
    }

    fn shown_time(&self, millis: i64) -> Timestamp {
        let shown = millis.saturating_add(self.kickoff_offset.as_millis());
        Timestamp::from_millisecond(shown).unwrap_or(if shown > 0 { Timestamp::MAX } else { Timestamp::MIN })
    }

    /// The time of day at which the match nearest to this moment is: what the clock of a provider would show.
    pub fn now(&self) -> Timestamp {
        let nearest = self.timeline.nearest_matches(self.at, 1);
        let Some(track) = nearest.first().map(|track| usize::from(*track)) else { return Timestamp::UNIX_EPOCH };
        let since = self.at - self.timeline.tracks()[track].layout.scheduled_kickoff();
        let kickoff = self.scheduled_kickoff(track);
        kickoff.checked_add(jiff::SignedDuration::from_millis(since.as_millis())).unwrap_or(kickoff)
    }

    /// The year in which the season of a match begins, moved with its kick-off.
    pub fn season_year(&self, track: usize) -> i16 {
        let fixture = &self.timeline.tracks()[track].fixture;
        let recorded = Timestamp::from_millisecond(fixture.kickoff.0).map(date_of).unwrap_or_default();
        let shown = date_of(self.scheduled_kickoff(track));
        let named = fixture.season.as_deref().and_then(first_year);
        // A season over two years, `2017/18`, begins in summer.
        let spans_years = fixture.season.as_deref().is_some_and(|season| named.is_some() && has_second_year(season));
        let begun = |date: Date| date.year() - i16::from(spans_years && date.month() < 7);
        named.unwrap_or_else(|| begun(recorded)) + begun(shown) - begun(recorded)
    }
}

/// The stadium and the town of a venue, `Allianz Stadium, Turin`.
pub fn venue_and_city(venue: &str) -> (&str, Option<&str>) {
    match venue.rsplit_once(", ") {
        Some((stadium, city)) => (stadium, Some(city).filter(|city| !city.is_empty())),
        None => (venue, None),
    }
}

/// G, D, M or F: the line in which a position is.
pub fn line_of(position: &str) -> &'static str {
    match position.to_ascii_uppercase().as_str() {
        "GK" | "G" | "GOALKEEPER" => "G",
        word if word.starts_with('D') && !word.starts_with("DM") || word.ends_with('B') || word.contains("BACK") => "D",
        word if word.contains('M') => "M",
        _ => "F",
    }
}

/// The day of a time, in UTC.
pub fn date_of(time: Timestamp) -> Date {
    time.to_zoned(TimeZone::UTC).date()
}

/// The first four digits in a row, as a year.
fn first_year(season: &str) -> Option<i16> {
    let begin = season.find(|c: char| c.is_ascii_digit())?;
    season.get(begin..begin + 4)?.parse().ok()
}

/// Whether the first year of a season is followed by another: `2017/18`, `2017-2018`.
fn has_second_year(season: &str) -> bool {
    let begin = season.find(|c: char| c.is_ascii_digit()).unwrap_or(season.len());
    let rest = season.get(begin + 4..).unwrap_or_default();
    rest.chars().nth(1).is_some_and(|c| c.is_ascii_digit())
}

impl<'a> MatchMoment<'a> {
    /// The status of the match.
    pub fn status(&self) -> Status {
        self.clock.status
    }

    /// The team of a side.
    pub fn team(&self, side: Side) -> &'a Team {
        self.fixture.team(side)
    }

    /// Whether the ball has been kicked off.
    pub fn has_begun(&self) -> bool {
        let is_before = matches!(self.status(), Status::Scheduled | Status::Postponed);
        // A match may be abandoned before its kick-off.
        !is_before && self.begun.iter().any(|(status, _)| status.is_in_play())
    }

    /// How far the match went, or goes at present.
    pub fn match_length(&self) -> MatchLength {
        if self.state.shootout_score().is_some() {
            MatchLength::Shootout
        } else if self.state.has_extra_time() {
            MatchLength::ExtraTime
        } else {
            MatchLength::RegularTime
        }
    }

    /// The side that is ahead, if one is; of an ended match that is the winner. The shoot-out counts.
    pub fn leader(&self) -> Option<Side> {
        let ahead = |score: Score| match score.home.cmp(&score.away) {
            std::cmp::Ordering::Greater => Some(Side::Home),
            std::cmp::Ordering::Less => Some(Side::Away),
            std::cmp::Ordering::Equal => None,
        };
        ahead(self.state.score()).or_else(|| ahead(self.state.shootout_score()?))
    }

    /// The minute that is shown: in a break and at the end the last nominal one, of an interrupted match that of the
    /// interruption. `None` before the match.
    pub fn shown_minute(&self) -> Option<Minute> {
        match self.status() {
            Status::Scheduled | Status::Postponed => None,
            Status::Suspended | Status::Abandoned => self.interruption().map(|clock| clock.minute),
            Status::Shootout => Some(self.end_of(self.last_period()).minute),
            status if status.is_in_play() => self.clock.minute,
            status => Some(self.stopped_clock(status).minute),
        }
    }

    /// The minute of the whistle that ended a period, if it was sent.
    pub fn whistle_of(&self, period: Period) -> Option<Minute> {
        let ends = |event: &&MatchEvent| {
            event.is_in_force() && event.kind == EventType::PeriodEnd && event.clock.period() == Some(period)
        };
        let whistle = self.events.iter().rev().map(|cue| &*cue.event).find(ends);
        whistle.map(|event| self.clock_of(event).minute)
    }

    /// The last period that was played, or is to be played, before a shoot-out. A cup tie may go from regular time to the
    /// shoot-out.
    pub fn last_period(&self) -> Period {
        if self.state.has_extra_time() { Period::ExtraSecond } else { Period::Second }
    }

    /// The clock at the nominal end of a period.
    pub fn end_of(&self, period: Period) -> PlayClock {
        let reading = self.fixture.rules.periods.end(period);
        PlayClock { period, reading, minute: Minute { minute: clamp_minutes(reading.minutes()), added: None } }
    }

    /// The clock in a status without play: that of the end of the period before.
    fn stopped_clock(&self, status: Status) -> PlayClock {
        match status {
            Status::Scheduled | Status::Postponed => {
                let minute = Minute { minute: 0, added: None };
                PlayClock { period: Period::First, reading: Reading::default(), minute }
            }
            Status::HalfTime => self.end_of(Period::First),
            Status::ExtraTimeBreak => self.end_of(Period::Second),
            Status::ExtraHalfTime => self.end_of(Period::ExtraFirst),
            _ => self.end_of(self.last_period()),
        }
    }

    /// The clock at which an event happened. What happens while play is stopped has that at which it stopped.
    pub fn clock_of(&self, event: &MatchEvent) -> PlayClock {
        let MatchClock { status, reading } = event.clock;
        let rules = &self.fixture.rules.periods;
        let mut clock = match (event.clock.period(), event.clock.minute(rules)) {
            (Some(period), Some(minute)) => PlayClock { period, reading, minute },
            _ if status == Status::Suspended => self.interruption().unwrap_or(self.stopped_clock(status)),
            _ => self.stopped_clock(status),
        };
        clock.minute = event.official.unwrap_or(clock.minute);
        clock
    }

    /// The clock at which play was interrupted most recently.
    pub fn interruption(&self) -> Option<PlayClock> {
        let interrupts = |cue: &&&Cue| {
            let interrupts = matches!(cue.event.kind, EventType::Suspended | EventType::Abandoned);
            // An abandonment during a suspension has the clock of that.
            interrupts && cue.event.is_in_force() && cue.event.clock.status != Status::Suspended
        };
        self.events.iter().rev().find(interrupts).map(|cue| self.clock_of(&cue.event))
    }

    /// When a phase began, as time of day.
    pub fn begin_of(&self, status: Status) -> Option<Timestamp> {
        let begin = |status: Status| self.begun.iter().find(|(own, _)| *own == status).map(|(_, from)| *from);
        let since = begin(status)? - begin(Status::FirstHalf)?;
        self.kickoff.checked_add(jiff::SignedDuration::from_millis(since.as_millis())).ok()
    }

    /// A player or coach by id: the side and the name.
    pub fn person(&self, id: &PlayerId) -> Option<(Side, &'a str)> {
        let player = self.fixture.player(id.as_str()).map(|(side, _, player)| (side, &*player.name));
        player.or_else(|| self.fixture.coach(id.as_str()).map(|(side, coach)| (side, &*coach.name)))
    }

    /// The number of a player or coach.
    pub fn number_of(&self, id: &PlayerId) -> u32 {
        let team = self.person(id).map_or("", |(side, _)| self.team(side).id.as_str());
        NumericIds::within(team, id.as_str())
    }

    /// The event that another one is about, in its latest revision, even if it was removed.
    pub fn about(&self, event: &MatchEvent) -> Option<&'a MatchEvent> {
        let id = match event.details.get(Field::About)?.into_owned() {
            FieldValue::Event(id) => id,
            _ => return None,
        };
        self.events.iter().find(|cue| cue.event.id == id).map(|cue| &*cue.event)
    }

    /// The goals of regular time.
    pub fn regular_score(&self) -> Score {
        self.state.goals_in(&[Period::First, Period::Second])
    }

    /// The goals of extra time; `None` without extra time.
    pub fn extra_time_score(&self) -> Option<Score> {
        let extra = [Period::ExtraFirst, Period::ExtraSecond];
        self.state.has_extra_time().then(|| self.state.goals_in(&extra))
    }

    /// Whether the line-up of a side is known: it was told, or the match has begun.
    pub fn has_lineup(&self, side: Side) -> bool {
        let team = self.team(side);
        !team.players.is_empty() && (self.has_begun() || self.state.has_lineup(side))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::DocumentFixture;
    use super::*;

    #[test]
    fn the_year_of_a_season_moves_with_the_kickoff() {
        for (season, shown) in
            [("2017/18", [2017, 2025, 2026]), ("2017-2018", [2017, 2025, 2026]), ("World Cup 2018", [2018, 2026, 2026])]
        {
            let mut scenario = crate::scenario::SHIPPED[0].load().expect("shipped");
            std::sync::Arc::make_mut(&mut scenario.matches[0]).season = Some(season.into());
            let of = DocumentFixture::new(Timeline::new(&scenario));
            // 22 April 2018, April 2026 and November 2026.
            let years = [0, 2_922, 3_140].map(|days: i64| {
                let moment = Moment { kickoff_offset: Span::from_secs(days * 86_400), ..of.at_index(0) };
                moment.season_year(0)
            });
            assert_eq!(years, shown, "{season}");
        }
    }
}
