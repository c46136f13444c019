//! The course of a match: periods begin before anything happens in them and end after, and play is in a period.

use super::remark::{Place, Remarks};
use super::{EventType, Op, Period, Reading, Step, Story};

/// What has been told of a period's bounds.
#[derive(Default, Clone, Copy)]
struct Bounds {
    /// Its start is told somewhere in the match.
    has_start: bool,
    /// It has been told by now.
    started: Option<u32>,
    /// When it ended, and the line that said so.
    ended: Option<(Reading, u32)>,
}

fn place_of(period: Period) -> usize {
    usize::from(period.number()) - 1
}

/// Nothing happens in a period before its start is told or after its end, and each is told once.
pub(super) fn periods_have_bounds(story: &Story<'_>, out: &mut Remarks) {
    if story.lacks(&[EventType::PeriodStart, EventType::PeriodEnd, EventType::MatchEnd]) {
        return;
    }
    let mut bounds = [Bounds::default(); Period::ALL.len()];
    for step in &story.steps {
        if let (EventType::PeriodStart, Some(period)) = (&step.event.kind, step.event.clock.period()) {
            bounds[place_of(period)].has_start = true;
        }
    }
    let mut over: Option<(Period, u32)> = None;
    for step in &story.steps {
        let Some(period) = step.event.clock.period() else { continue };
        let bound = &mut bounds[place_of(period)];
        match step.event.op {
            Op::Add => {
                if let Some(message) = out_of_bounds(step, period, bound, over) {
                    out.error(Place::Line(step.line), if message.1 { "type" } else { "clock" }, message.0);
                    continue;
                }
                match step.event.kind {
                    EventType::PeriodStart => bound.started = Some(step.line),
                    EventType::PeriodEnd => bound.ended = Some((step.event.clock.reading, step.line)),
                    EventType::MatchEnd => {
                        over = Some((period, step.line));
                        bound.ended.get_or_insert((step.event.clock.reading, step.line));
                    }
                    _ => {}
                }
            }
            Op::Update => {}
            Op::Remove => match step.event.kind {
                EventType::PeriodStart => bound.started = None,
                EventType::PeriodEnd => bound.ended = None,
                EventType::MatchEnd => (over, bound.ended) = (None, None),
                _ => {}
            },
        }
    }
}

/// What is wrong with telling this now, and whether it is the type that is wrong (or else the clock).
fn out_of_bounds(
    step: &Step<'_>,
    period: Period,
    bound: &Bounds,
    over: Option<(Period, u32)>,
) -> Option<(String, bool)> {
    let (event, number) = (step.event, period.number());
    match (&event.kind, bound.started, bound.ended) {
        (EventType::PeriodStart, Some(line), _) => Some((format!("period {number} has begun on line {line}"), true)),
        (EventType::PeriodEnd, _, Some((_, line))) => Some((format!("period {number} has ended on line {line}"), true)),
        (EventType::PeriodStart, None, _) => None,
        (_, None, _) if bound.has_start => {
            Some((format!("period {number} has not begun: its period_start comes later"), false))
        }
        (_, _, Some((end, line))) if event.clock.reading > end => {
            Some((format!("period {number} ended at {end}, on line {line}"), false))
        }
        _ => match over {
            Some((last, line)) if last < period => Some((format!("the match has ended on line {line}"), false)),
            _ => None,
        },
    }
}

/// A full feed tells the starts and ends of all periods; where it does not, they are taken to last their time.
pub(super) fn bounds_are_told(story: &Story<'_>, out: &mut Remarks) {
    let place = Place::Match(story.track);
    if story.steps.is_empty() && story.flawed.lacks_anything(story.track) {
        return;
    }
    if story.steps.is_empty() {
        out.note(place, "", format!("nothing is told of match {:?}", story.fixture.id.as_str()));
        return;
    }
    let tells = |kind: &EventType, period: Option<Period>| {
        let tells =
            |step: &Step<'_>| step.event.kind == *kind && (period.is_none() || step.event.clock.period() == period);
        story.standing().any(tells) || story.flawed.lacks(story.track, std::slice::from_ref(kind), period)
    };
    let abandoned = tells(&EventType::Abandoned, None) || tells(&EventType::Suspended, None);
    let mut missing = Vec::new();
    for period in Period::ALL {
        let played = story.standing().any(|step| step.event.clock.period() == Some(period));
        for (kind, name) in [(EventType::PeriodStart, "start"), (EventType::PeriodEnd, "end")] {
            if played && !tells(&kind, Some(period)) && !(abandoned && name == "end") {
                missing.push(format!("the {name} of period {}", period.number()));
            }
        }
    }
    // What is postponed has none.
    let plays = story.laid.layout.kickoff().is_some();
    if !tells(&EventType::MatchEnd, None) && !abandoned && plays {
        missing.push("the end of the match".into());
    }
    if !missing.is_empty() {
        let missing = missing.join(", ");
        out.note(place, "", format!("match {:?} does not tell {missing}", story.fixture.id.as_str()));
    }
}

/// What belongs to play has a period, and kicks of a shoot-out are told as such.
pub(super) fn play_needs_a_period(story: &Story<'_>, out: &mut Remarks) {
    use EventType::*;
    for step in story.standing().filter(|step| step.was.is_none_or(|was| was.clock != step.event.clock)) {
        let (kind, place) = (&step.event.kind, Place::Line(step.line));
        let anywhere = matches!(
            kind,
            Lineup
                | Commentary
                | Suspended
                | Resumed
                | Abandoned
                | MatchEnd
                | Substitution
                | YellowCard
                | SecondYellowCard
                | RedCard
                | Injury
                | VarReview
                | VarDecision
                | FormationChange
                | PositionChange
                | PlayerOff
                | PlayerOn
                | Other(_)
        );
        match step.event.clock.period() {
            None if !anywhere => {
                let message = format!("{kind} belongs to play: it has a \"period\", not a \"status\"");
                out.error(place, "status", message);
            }
            Some(Period::Shootout) if matches!(kind, Goal | PenaltyMissed) => {
                out.error(place, "type", format!("{kind} in a shoot-out: its kicks are told as \"shootout_penalty\""));
            }
            Some(period) if period != Period::Shootout && *kind == ShootoutPenalty => {
                let message = format!("shootout_penalty in period {}: the shoot-out is period 5", period.number());
                out.error(place, "period", message);
            }
            _ => {}
        }
    }
}

/// Extra time and video assistants are told of only where the rules of the match have them.
pub(super) fn rules_are_kept(story: &Story<'_>, out: &mut Remarks) {
    let rules = &story.fixture.rules;
    let first = |of: &dyn Fn(&Step<'_>) -> bool| story.standing().find(|step| of(step)).map(|step| step.line);
    let extra = |step: &Step<'_>| matches!(step.event.clock.period(), Some(Period::ExtraFirst | Period::ExtraSecond));
    if let Some(line) = first(&extra).filter(|_| !rules.extra_time) {
        let message = "extra time, which the rules of the match do not have (\"extra_time\":true)".to_owned();
        out.warning(Place::Line(line), "period", message);
    }
    let var = |step: &Step<'_>| matches!(step.event.kind, EventType::VarReview | EventType::VarDecision);
    if let Some(line) = first(&var).filter(|_| !rules.var) {
        let message = "a video assistant, whom the rules of the match do not have (\"var\":true)".to_owned();
        out.warning(Place::Line(line), "type", message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::finding::Severity;
    use super::super::super::testing::{fixture, header};
    use super::super::check_text;
    use super::super::testing::{finds, finds_in_match_with};

    #[test]
    fn nothing_happens_outside_its_period() {
        finds(
            r#"{"type":"kick_off","period":1,"clock":"00:00","side":"home"}
               {"type":"period_start","period":1,"clock":"00:00"}
               {"type":"period_start","period":1,"clock":"00:05"}
               {"type":"period_end","period":1,"clock":"47:00"}
               {"type":"commentary","period":1,"clock":"47:00","text":"over"}
               {"type":"corner","period":1,"clock":"47:10","side":"home"}
               {"type":"match_end","period":2,"clock":"93:00"}
               {"type":"period_end","period":2,"clock":"93:00"}
               {"type":"corner","period":3,"clock":"91:00","side":"home"}"#,
            &[
                "3 \"00:00\": error: period 1 has not begun: its period_start comes later",
                "5 \"period_start\": error: period 1 has begun on line 4",
                "8 \"47:10\": error: period 1 ended at 47:00, on line 6",
                "10 \"period_end\": error: period 2 has ended on line 9",
                "11 3: warning: extra time, which the rules of the match do not have (\"extra_time\":true)",
                "11 \"91:00\": error: the match has ended on line 9",
            ],
        );
    }

    #[test]
    fn an_end_that_is_taken_back_ends_nothing() {
        finds(
            r#"{"type":"period_start","period":1,"clock":"00:00"}
               {"type":"period_end","id":"early","period":1,"clock":"44:00"}
               {"op":"remove","id":"early","told":"44:10"}
               {"type":"corner","period":1,"clock":"44:30","side":"home"}
               {"type":"period_end","period":1,"clock":"46:00"}"#,
            &[],
        );
    }

    #[test]
    fn what_a_sparse_feed_leaves_out_is_worth_a_note() {
        let goal = r#"{"type":"goal","period":1,"clock":"20:00","side":"home","player":"h9"}"#;
        let text = format!("{}\n{}\n{goal}\n", header("test"), fixture("a", "2018-04-22T18:45:00Z"));
        let reading = check_text(text.as_bytes());
        let [note] = reading.findings.listed() else { panic!("{:?}", reading.findings) };
        assert_eq!((note.severity, note.line), (Severity::Note, 2));
        assert_eq!(
            note.message,
            "match \"a\" does not tell the start of period 1, the end of period 1, the end of the match"
        );
    }

    #[test]
    fn play_is_in_a_period() {
        finds(
            r#"{"type":"goal","status":"half_time","clock":"01:00","side":"home","player":"h9"}
               {"type":"added_time","status":"half_time","clock":"02:00","minutes":3}
               {"type":"substitution","status":"half_time","clock":"03:00","side":"home","in":"h12","out":"h9"}
               {"type":"shootout_penalty","period":2,"clock":"50:00","side":"home","player":"h10","outcome":"scored"}
               {"type":"goal","period":5,"clock":"120:00","side":"home","player":"h10"}"#,
            &[
                "3 \"half_time\": error: goal belongs to play: it has a \"period\", not a \"status\"",
                "4 \"half_time\": error: added_time belongs to play: it has a \"period\", not a \"status\"",
                "6 2: error: shootout_penalty in period 2: the shoot-out is period 5",
                "7 \"goal\": error: goal in a shoot-out: its kicks are told as \"shootout_penalty\"",
            ],
        );
    }

    #[test]
    fn the_rules_of_the_match_are_kept() {
        let event = r#"{"type":"var_decision","period":1,"clock":"20:00","question":"goal","outcome":"upheld"}"#;
        finds(
            event,
            &["3 \"var_decision\": warning: a video assistant, whom the rules of the match do not have (\"var\":true)"],
        );
        let with_var = |line: &str| line.replacen(r#""home":{"#, r#""rules":{"var":true},"home":{"#, 1);
        finds_in_match_with(with_var, event, &[]);
    }
}
