//! Scenarios built in code: a match of two teams, and its events by their clocks.

use serde_json::{Map, Value, json};

use super::{Scenario, read};
use crate::error::{Error, Result};
use crate::football::{EventType, Reading, Side};
use crate::message::excerpt;

/// The lines in front of the events: the scenario's and the match's.
const LINES_BEFORE_EVENTS: usize = 2;

/// A line of the scenario.
#[derive(Debug)]
struct BuiltLine {
    /// The period and the running clock.
    at: (u8, Reading),
    /// What it is, for messages: `goal at 12:30`.
    name: String,
    fields: Map<String, Value>,
}

/// A scenario of one match, built in code. Starts and ends of the periods and of the match are added, so that only what matters
/// to a test has to be given.
///
/// Clocks are as scoreboards show them: `12:30`, and in stoppage time `45+1:20`, `90+3:05`. Events may be given in any order. The id
/// of the match is `match`, those of the teams are `home` and `away`. Without players of its own a team is anonymous, and no event can
/// name one.
///
/// ```
/// use touchline::football::{EventType, Side};
/// use touchline::{Scenario, Timeline};
///
/// let scenario = Scenario::builder("Reds", "Blues")
///     .player(Side::Home, "roe", "Jo Roe")
///     .event(EventType::YellowCard, "45+1:20", Side::Away)
///     .event_with(EventType::Goal, "12:30", Side::Home, [("player", "roe".into()), ("body_part", "head".into())])
///     .event_with(EventType::Goal, "90+3:05", Side::Away, [("id", "late".into())])
///     .remove("late", "90+4:10")
///     .build()?;
/// let timeline = Timeline::new(&scenario);
/// assert_eq!(timeline.state_at(0, timeline.cues().len()).score().home, 1);
/// # Ok::<(), touchline::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "a builder does nothing until it builds"]
pub struct ScenarioBuilder {
    names: [String; 2],
    players: [Vec<Value>; 2],
    /// Events and corrections.
    events: Vec<BuiltLine>,
    /// The first mistake.
    error: Option<Error>,
}

impl ScenarioBuilder {
    pub(super) fn new(home: &str, away: &str) -> Self {
        Self { names: [home.to_owned(), away.to_owned()], players: Default::default(), events: Vec::new(), error: None }
    }

    /// Adds a player of the starting eleven, by an id for the fields of events.
    pub fn player(mut self, side: Side, id: &str, name: &str) -> Self {
        self.players[side.index()].push(json!({"id": id, "name": name, "starts": true}));
        self
    }

    /// Adds an event, with the side that it belongs to.
    pub fn event(self, kind: EventType, clock: &str, side: Side) -> Self {
        self.event_with(kind, clock, side, [])
    }

    /// Adds an event with further fields, as `docs/scenario.md` lists them. The type, the side, the clock and the period are set
    /// already.
    pub fn event_with<'a>(
        self,
        kind: EventType,
        clock: &str,
        side: Side,
        fields: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Self {
        let own = [("type", kind.as_str().into()), ("side", side.as_str().into())];
        self.add(kind.to_string(), "clock", clock, own.into_iter().chain(fields))
    }

    /// Changes fields of an earlier event, by its id, at the clock at which the feed reports it.
    pub fn update<'a>(self, id: &str, told: &str, fields: impl IntoIterator<Item = (&'a str, Value)>) -> Self {
        let own = [("op", "update".into()), ("id", id.into())];
        self.add(format!("update of {id:?}"), "told", told, own.into_iter().chain(fields))
    }

    /// Takes an earlier event back: a goal that is annulled.
    pub fn remove(self, id: &str, told: &str) -> Self {
        self.add(format!("removal of {id:?}"), "told", told, [("op", "remove".into()), ("id", id.into())])
    }

    fn add<'a>(
        mut self,
        what: String,
        field: &'a str,
        clock: &str,
        fields: impl IntoIterator<Item = (&'a str, Value)>,
    ) -> Self {
        match place(clock) {
            Some((period, reading)) => {
                let name = format!("{what} at {clock}");
                let period_field = if field == "clock" { "period" } else { "told_period" };
                let own = [(field, reading.to_string().into()), (period_field, period.into())];
                let mut line = Map::new();
                for (field, value) in own.into_iter().chain(fields) {
                    if line.insert(field.to_owned(), value).is_some() {
                        let message = format!("{name}: the field {:?} is set already: leave it out", excerpt(field));
                        self.error.get_or_insert(Error::misuse(message));
                    }
                }
                self.events.push(BuiltLine { at: (period, reading), name, fields: line });
            }
            None => {
                let message = format!(
                    "{what}: {clock:?} is no clock of the first or second half: write one as 89:07 or, in stoppage time, 90+1:20"
                );
                self.error.get_or_insert(Error::misuse(message));
            }
        }
        self
    }

    /// Builds the scenario.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::ErrorKind::Misuse) for a clock that is none and for a field that is set twice, [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) for what a scenario
    /// file could not contain, with what would be accepted. The message begins with the event: `goal at 12:30`.
    pub fn build(self) -> Result<Scenario> {
        if let Some(error) = self.error {
            return Err(error);
        }
        let end_of = |period: u8, minutes: i64| {
            let last = self.events.iter().filter(|line| line.at.0 == period).map(|line| line.at.1).max();
            last.unwrap_or_default().max(Reading::from_minutes(minutes))
        };
        let (half_time, full_time) = (end_of(1, 45), end_of(2, 90));
        // Before the events of the same instant, or behind them. The sort is stable.
        let [start, second] = [0, 45].map(Reading::from_minutes);
        let starts = vec![mark(EventType::PeriodStart, 1, start), mark(EventType::PeriodStart, 2, second)];
        let ends = vec![
            mark(EventType::PeriodEnd, 1, half_time),
            mark(EventType::PeriodEnd, 2, full_time),
            mark(EventType::MatchEnd, 2, full_time),
        ];
        let mut events: Vec<_> = [starts, self.events, ends].into_iter().flatten().collect();
        events.sort_by_key(|line| line.at);
        let [home, away] = &self.names;
        let team = |id: &str, name: &str, players: &[Value]| json!({"id": id, "name": name, "players": players});
        let mut text = json!({"kind": "scenario", "version": 1, "title": format!("{home} - {away}")}).to_string();
        text += &format!(
            "\n{}",
            json!({"kind": "match", "id": "match", "kickoff": "2026-05-30T19:00:00Z",
            "home": team("home", home, &self.players[0]), "away": team("away", away, &self.players[1])})
        );
        for line in &mut events {
            text += &format!("\n{}", Value::Object(std::mem::take(&mut line.fields)));
        }
        let reading = read(text.as_bytes()).map_err(|error| Error::io("building a scenario", error))?;
        let Some(mistake) = reading.findings.first_error() else { return Ok(reading.scenario) };
        let event = (mistake.line as usize).checked_sub(LINES_BEFORE_EVENTS + 1).and_then(|index| events.get(index));
        let name = event.map_or("the match", |event| &event.name);
        Err(Error::invalid(format!("building a scenario: {name}: {}", mistake.text())))
    }
}

fn mark(kind: EventType, period: u8, reading: Reading) -> BuiltLine {
    let fields = [("type", kind.as_str().into()), ("period", period.into()), ("clock", reading.to_string().into())];
    let fields = fields.into_iter().map(|(name, value): (_, Value)| (str::to_owned(name), value)).collect();
    BuiltLine { at: (period, reading), name: kind.to_string(), fields }
}

/// The period and the running clock of a scoreboard's clock.
fn place(clock: &str) -> Option<(u8, Reading)> {
    if let Some((minute, past)) = clock.split_once('+') {
        let period = match minute {
            "45" => 1,
            "90" => 2,
            _ => return None,
        };
        let past = Reading::parse(past)?;
        let running = Reading::from_minutes(45 * i64::from(period)).as_millis() + past.as_millis();
        return (past >= Reading::default()).then(|| (period, Reading::from_millis(running)));
    }
    let reading = Reading::parse(clock)?;
    let period = if reading < Reading::from_minutes(45) { 1 } else { 2 };
    (Reading::default()..=Reading::from_minutes(90)).contains(&reading).then_some((period, reading))
}

#[cfg(test)]
mod tests {
    use super::super::{Scenario, Severity, Timeline};
    use super::*;

    fn types(timeline: &Timeline) -> String {
        timeline.cues().iter().map(|cue| cue.event.kind.to_string()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn events_are_placed_by_their_clocks_between_starts_and_ends() {
        let builder = Scenario::builder("Reds", "Blues")
            .event(EventType::Corner, "90+3:05", Side::Home)
            .event(EventType::Goal, "45+1:20", Side::Away)
            .event(EventType::Goal, "00:10", Side::Home)
            .event(EventType::Shot, "45:00", Side::Home);
        let scenario = builder.build().expect("a scenario");
        let timeline = Timeline::new(&scenario);
        assert_eq!(types(&timeline), "period_start goal goal period_end period_start shot corner period_end match_end");
        let state = timeline.state_at(0, timeline.cues().len());
        assert_eq!((state.score().home, state.score().away), (1, 1));
        let found = scenario.check();
        assert!(found.listed().iter().all(|finding| finding.severity == Severity::Note), "{found:?}");
    }

    #[test]
    fn a_correction_is_placed_by_its_own_clock() {
        let goal = |clock| {
            let goal = Scenario::builder("A", "B").event_with(EventType::Goal, clock, Side::Home, [("id", "g".into())]);
            goal.event(EventType::Corner, "45+5:00", Side::Home).event(EventType::Shot, "70:00", Side::Home)
        };
        for (builder, expected) in [
            (goal("44:00").remove("g", "46:00"), "period_start goal corner period_end period_start goal shot"),
            (goal("45+1:00").remove("g", "60:00"), "period_start goal corner period_end period_start goal shot"),
            (goal("44:00").remove("g", "45+1:00"), "period_start goal goal corner period_end period_start shot"),
            (
                goal("44:00").update("g", "71:00", [("body_part", "head".into())]),
                "period_start goal corner period_end period_start shot goal",
            ),
        ] {
            let timeline = Timeline::new(&builder.build().expect("a scenario"));
            assert_eq!(types(&timeline), format!("{expected} period_end match_end"));
        }
    }

    #[test]
    fn a_field_that_is_set_already_is_refused() {
        let goal = |field, value: Value| {
            Scenario::builder("A", "B").event_with(
                EventType::Goal,
                "1:00",
                Side::Home,
                [("id", "g".into()), (field, value)],
            )
        };
        let taken = [("clock", "70:00".into()), ("period", 2.into()), ("type", "corner".into()), ("id", "h".into())];
        for (field, value) in taken {
            let error = goal(field, value).build().expect_err(field);
            assert_eq!(error.to_string(), format!("goal at 1:00: the field {field:?} is set already: leave it out"));
        }
        let update = |field, value| goal("player", Value::Null).update("g", "50:00", [(field, value)]).build();
        update("told_period", 1.into()).expect_err("set already");
        update("clock", "0:50".into()).expect("the clock of the event itself may be corrected");
    }

    #[test]
    fn mistakes_are_refused_with_what_is_accepted() {
        for clock in ["", "noon", "90:01", "46+1:00", "45+", "-1:00", "45+-1:00"] {
            let error = Scenario::builder("A", "B").event(EventType::Goal, clock, Side::Home).build().expect_err(clock);
            assert!(error.to_string().contains("stoppage time, 90+1:20"), "{error}");
        }
        let goal = |fields: [(&'static str, Value); 1]| {
            let builder = Scenario::builder("A", "B").event(EventType::Corner, "45+2:00", Side::Home);
            builder.player(Side::Home, "roe", "Roe").event_with(EventType::Goal, "45+1:00", Side::Home, fields)
        };
        for (builder, place) in [
            (goal([("player", "doe".into())]), "goal at 45+1:00: "),
            (goal([("id", "y".into())]).remove("x", "2:00"), "removal of \"x\" at 2:00: "),
            (goal([("id", "y".into())]).update("y", "46:00", [("player", "roo".into())]), "update of \"y\" at 46:00: "),
            (goal([("id", "y".into())]).player(Side::Away, "roe", "Roe"), "the match: "),
        ] {
            let error = builder.build().expect_err(place).to_string();
            assert!(error.starts_with(&format!("building a scenario: {place}")), "{error}");
        }
    }
}
