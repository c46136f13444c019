//! Formats one event as one line of a ticker.

use crate::client::{EventFrame, Word};
use crate::football::{EventType, Op, Period, Score, Status};
use anstyle::{AnsiColor, Style};

use super::fixtures::Fixtures;
use super::print::{Colours, format_count, sanitise};

/// Formats events as lines.
#[derive(Debug, Clone)]
pub struct Ticker {
    pub fixtures: Fixtures,
    pub colours: Colours,
}

const GOAL: Style = AnsiColor::Green.on_default().bold();
const YELLOW: Style = AnsiColor::Yellow.on_default().bold();
const RED: Style = AnsiColor::Red.on_default().bold();
const BOLD: Style = Style::new().bold();
const VAR: Style = AnsiColor::Cyan.on_default();
const TAKEN_BACK: Style = AnsiColor::Magenta.on_default().bold();
const PLAIN: Style = Style::new();
const QUIET: Style = Style::new().dimmed();

/// Whether an event is a key event, or the correction of one.
pub fn is_key_event(event: &EventFrame) -> bool {
    let key = |event: &EventFrame| EventType::parse(&event.kind).is_some_and(|kind| kind.is_key());
    key(event) || event.was.as_deref().is_some_and(key)
}

impl Ticker {
    /// `   89'  0-1  GOAL  Kalidou Koulibaly (Napoli), header, from a corner, assist José Callejón`
    ///
    /// `played`: the score as played, shown beside an awarded one.
    pub fn event_line(&self, event: &EventFrame, played: Option<Score>) -> String {
        let (style, what) = headline_text(event);
        let what = self.colours.paint(style, &what);
        let rest = self.details_text(event, played);
        let gap = if rest.is_empty() { "" } else { "  " };
        format!("{}  {what}{gap}{rest}", self.line_prefix(event))
    }

    /// The commentary text of an event, if it has one that is new.
    pub fn new_commentary(&self, event: &EventFrame) -> Option<String> {
        let text = event.text("text").filter(|_| event.op != Op::Remove)?;
        // An update repeats the fields that it does not change.
        if event.was.as_deref().and_then(|was| was.text("text")) == Some(text) {
            return None;
        }
        Some(sanitise(text))
    }

    /// A line that holds only commentary.
    pub fn commentary_line(&self, event: &EventFrame, words: &str) -> String {
        format!("{}  {}", self.line_prefix(event), self.colours.paint(QUIET, words))
    }

    fn line_prefix(&self, event: &EventFrame) -> String {
        let label = minute_label(event).unwrap_or_default();
        let score = self.fixtures.short_scoreline(&event.match_id, &event.status, event.score);
        let score = match event.shootout {
            Some(kicks) => format!("{score} ({}-{})", kicks.home, kicks.away),
            None => score,
        };
        format!("{label:>6}  {score}")
    }

    /// The part after the headline: players, details, reason.
    fn details_text(&self, event: &EventFrame, played: Option<Score>) -> String {
        if event.kind == "match_end" && event.op == Op::Add {
            return self.fixtures.scoreline(&event.match_id, &event.status, event.score);
        }
        if event.kind == "awarded" && event.op != Op::Remove {
            let mut result = self.fixtures.scoreline(&event.match_id, &event.status, event.score);
            if let Some(Score { home, away }) = played.filter(|_| event.op == Op::Add) {
                result += &format!(" (played {home}-{away})");
            }
            return join_nonempty(
                [Some(result), event.text("reason").map(with_spaces)].into_iter().flatten().collect(),
            );
        }
        let who = self.people_text(event);
        let mut parts = vec![match event.text("position").filter(|_| event.kind == "position_change") {
            Some("GK") => format!("{who} goes in goal"),
            Some(position) => format!("{who} now plays {}", sanitise(position)),
            None => who,
        }];
        if event.op == Op::Remove {
            parts.extend(event.text("reason").map(with_spaces));
            return join_nonempty(parts);
        }
        parts.extend(self.kickoff_change_text(&event.match_id, event));
        parts.extend(event_details(event));
        let mut rest = join_nonempty(parts);
        if let Some(was) = event.was.as_deref().filter(|_| event.op == Op::Update) {
            let changes = self.change_notes(event, was);
            if !changes.is_empty() {
                rest = format!("{rest} [{}]", changes.join("; "));
            }
        }
        rest
    }

    fn people_text(&self, event: &EventFrame) -> String {
        let name = |field: &str| event.player(field).map(sanitise);
        let who = match (name("in"), name("out")) {
            (Some(on), Some(off)) => format!("{on} for {off}"),
            (Some(on), None) => format!("{on} on"),
            (None, Some(off)) => format!("{off} off"),
            (None, None) => name("player").unwrap_or_default(),
        };
        // The scorer of an own goal plays for the other side than the one that the goal counts for.
        let team = self.fixtures.team(&event.match_id, event.side());
        match (who.is_empty(), team) {
            (true, Some(team)) => team.to_owned(),
            (false, Some(team)) if event.flag("own_goal") == Some(true) => format!("{who}, for {team}"),
            (false, Some(team)) if event.is_coach("player") => format!("{who} (coach of {team})"),
            (false, Some(team)) => format!("{who} ({team})"),
            (_, None) => who,
        }
    }

    /// The new kick-off time, if the event (or the `was` of one) has a delay.
    fn kickoff_change_text(&self, match_id: &str, event: &EventFrame) -> Option<String> {
        let minutes_late = event.details.get("delay")?.as_f64()?;
        Some(self.fixtures.kickoff_change_text(match_id, minutes_late))
    }

    /// What an update has changed, as `was ...` notes.
    fn change_notes(&self, event: &EventFrame, was: &EventFrame) -> Vec<String> {
        let mut changes = Vec::new();
        if event.kind != was.kind {
            changes.push(format!("was {}", with_spaces(&was.kind)));
        }
        if event.side != was.side {
            changes.extend(self.fixtures.team(&event.match_id, was.side()).map(|team| format!("was {team}'s")));
        }
        for (field, called) in [("player", "was"), ("assist", "assist was"), ("in", "on was"), ("out", "off was")] {
            match (event.player(field), was.player(field)) {
                (now, Some(before)) if now != Some(before) => changes.push(format!("{called} {}", sanitise(before))),
                (Some(_), None) if field == "assist" => changes.push("assist added".to_owned()),
                _ => {}
            }
        }
        if minute_label(event) != minute_label(was) {
            changes.extend(minute_label(was).map(|label| format!("was {label}")));
        }
        if let (now, Some(before)) = (event.details.get("delay"), self.kickoff_change_text(&event.match_id, was))
            && now != was.details.get("delay")
        {
            changes.push(format!("was {before}"));
        }
        for field in ["outcome", "reason", "body_part", "situation", "position"] {
            let (now, before) = (event.text(field), was.text(field));
            if now != before {
                changes.extend(before.map(|before| format!("was {}", with_spaces(before))));
            }
        }
        if event.flag("confirmed") == Some(true) && was.flag("confirmed") == Some(false) {
            changes.push("confirmed".to_owned());
        }
        changes
    }
}

/// Shown in a shoot-out in place of the minute, for its clock counts no minutes of play.
pub const SHOOTOUT_LABEL: &str = "pens";

/// The minute or period of an event: `45+2'`, `HT`, in a shoot-out `pens`.
pub fn minute_label(event: &EventFrame) -> Option<String> {
    let label = sanitise(event.label.as_deref()?);
    Some(match starts_with_digit(&label) {
        true if event_period(event) == Some(Period::Shootout) => SHOOTOUT_LABEL.to_owned(),
        true => label + "'",
        false => label,
    })
}

/// Whether a label is a minute and no word for a break.
pub fn starts_with_digit(label: &str) -> bool {
    label.starts_with(|c: char| c.is_ascii_digit())
}

/// The period of an event.
pub fn event_period(event: &EventFrame) -> Option<Period> {
    Period::from_number(event.details.get("period")?.as_u64()?)
}

/// The headline of an event, and its style.
fn headline_text(event: &EventFrame) -> (Style, String) {
    let (style, what) = headline_of_add(event);
    match (&event.op, &*event.kind) {
        (Word::Known(Op::Remove), "goal") => (TAKEN_BACK, "NO GOAL".to_owned()),
        (Word::Known(Op::Remove), "red_card" | "second_yellow_card" | "yellow_card") => {
            (TAKEN_BACK, format!("{what} RESCINDED"))
        }
        (Word::Known(Op::Remove), _) => (TAKEN_BACK, format!("TAKEN BACK: {what}")),
        (Word::Known(Op::Update), _) => (style, format!("CORRECTED: {what}")),
        _ => (style, what),
    }
}

fn headline_of_add(event: &EventFrame) -> (Style, String) {
    let of_status = |status: Option<Status>| match status {
        Some(Status::FirstHalf) => "FIRST HALF",
        Some(Status::HalfTime) => "HALF-TIME",
        Some(Status::SecondHalf) => "SECOND HALF",
        Some(Status::ExtraTimeBreak) => "EXTRA TIME TO COME",
        Some(Status::ExtraFirstHalf) => "EXTRA TIME",
        Some(Status::ExtraHalfTime) => "HALF-TIME OF EXTRA TIME",
        Some(Status::ExtraSecondHalf) => "EXTRA TIME, SECOND HALF",
        Some(Status::ShootoutBreak) => "SHOOT-OUT TO COME",
        Some(Status::Shootout) => "SHOOT-OUT",
        _ => "END OF PLAY",
    };
    let (style, what) = match &*event.kind {
        "goal" if event.flag("own_goal") == Some(true) => (GOAL, "OWN GOAL"),
        "goal" => (GOAL, "GOAL"),
        "disallowed_goal" => (TAKEN_BACK, "NO GOAL"),
        "penalty_awarded" => (BOLD, "PENALTY"),
        "penalty_missed" => (BOLD, "PENALTY MISSED"),
        "shootout_penalty" => (BOLD, "KICK"),
        "yellow_card" => (YELLOW, "YELLOW CARD"),
        "second_yellow_card" => (RED, "SECOND YELLOW CARD"),
        "red_card" => (RED, "RED CARD"),
        "substitution" => (PLAIN, "CHANGE"),
        "position_change" if event.text("position") == Some("GK") => (BOLD, "GOALKEEPER"),
        "position_change" => (PLAIN, "POSITION"),
        "var_review" => (VAR, "VAR"),
        "var_decision" => (VAR, "VAR"),
        "period_start" | "period_end" => (BOLD, of_status(event.status.known())),
        "match_end" => {
            let after = match (event.shootout, event_period(event)) {
                (Some(_), _) => ", after a shoot-out",
                (None, Some(Period::ExtraFirst | Period::ExtraSecond)) => ", after extra time",
                _ => "",
            };
            return (BOLD, outcome_text(&event.status).unwrap_or("FULL TIME").to_owned() + after);
        }
        "suspended" => (BOLD, "SUSPENDED"),
        "resumed" => (BOLD, "PLAY GOES ON"),
        "abandoned" => (BOLD, "ABANDONED"),
        "postponed" => (BOLD, "POSTPONED"),
        "delayed" => (BOLD, "NEW KICK-OFF"),
        "awarded" => (BOLD, "AWARDED"),
        other => return (PLAIN, with_spaces(other)),
    };
    (style, what.to_owned())
}

/// How a match has ended, or why it does not go on. `None`: it is in play, in a break, or has not begun.
pub fn outcome_text(status: &Word<Status>) -> Option<&'static str> {
    match status.known()? {
        Status::FullTime => Some("FULL TIME"),
        Status::Abandoned => Some("ABANDONED"),
        Status::Postponed => Some("POSTPONED"),
        Status::Suspended => Some("SUSPENDED"),
        _ => None,
    }
}

/// The details of an event: outcome, body part, situation, other players, reason.
fn event_details(event: &EventFrame) -> Vec<String> {
    let mut parts = Vec::new();
    match (event.text("question").map(with_spaces), event.text("outcome").map(with_spaces)) {
        (Some(question), Some(outcome)) => parts.push(format!("{question}: {outcome}")),
        (Some(question), None) => parts.push(format!("looking at: {question}")),
        (None, outcome) => parts.extend(outcome),
    }
    parts.extend(event.text("body_part").map(|part| match part {
        "head" => "header".to_owned(),
        other => with_spaces(other),
    }));
    parts.extend(event.text("situation").and_then(|situation| match situation {
        "open_play" => None,
        "penalty" => Some("penalty".to_owned()),
        other => Some(format!("from a {}", with_spaces(other))),
    }));
    parts.extend(event.player("assist").map(|name| format!("assist {}", sanitise(name))));
    parts.extend(event.player("fouled").map(|name| format!("on {}", sanitise(name))));
    parts.extend(event.player("recipient").map(|name| format!("to {}", sanitise(name))));
    parts.extend(event.player("opponent").map(|name| format!("against {}", sanitise(name))));
    parts.extend(event.flag("key_pass").filter(|key| *key).map(|_| "key pass".to_owned()));
    parts.extend(event.text("reason").map(with_spaces));
    if let Some(minutes) = event.details.get("minutes").and_then(serde_json::Value::as_u64) {
        parts.push(format_count(usize::try_from(minutes).unwrap_or(0), "minute", "minutes"));
    }
    parts.extend(event.details.get("xg").and_then(serde_json::Value::as_f64).map(|xg| format!("xG {xg:.2}")));
    if event.flag("confirmed") == Some(false) {
        parts.push("not confirmed".to_owned());
    }
    parts
}

/// A word of the wire as text: with spaces, and without control characters.
fn with_spaces(word: &str) -> String {
    sanitise(word).replace('_', " ")
}

fn join_nonempty(parts: Vec<String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use crate::dialect::native;
    use crate::scenario::Span;

    use super::*;
    use crate::cli::playback_args::build_timeline;
    use crate::cli::scenario_files::open_scenarios;

    /// Every line of a shipped scenario.
    fn lines(name: &str) -> Vec<String> {
        let timeline = build_timeline(&open_scenarios(&[name.to_owned()]).expect("shipped").scenario);
        let ticker = Ticker { fixtures: Fixtures::from_timeline(&timeline, Span::ZERO), colours: Colours::OFF };
        let event = |index: usize| {
            let mut text = Vec::new();
            native::write_event(&timeline, index, &mut text);
            serde_json::from_slice::<EventFrame>(&text).expect("an event")
        };
        (0..timeline.cues().len()).map(event).map(|event| ticker.event_line(&event, None)).collect()
    }

    #[test]
    fn the_goal_of_the_flagship_is_one_full_line() {
        let lines = lines("juv");
        let goal = lines.iter().find(|line| line.contains("1  GOAL")).expect("shown");
        assert_eq!(goal, "   89'  0-1  GOAL  Kalidou Koulibaly (Napoli), header, from a corner, assist José Callejón");
        assert!(lines.iter().any(|line| line.ends_with("0-0  HALF-TIME")), "{lines:#?}");
        assert!(lines.iter().any(|line| line.ends_with("0-1  FULL TIME  Juventus 0-1 Napoli")), "{lines:#?}");
    }

    #[test]
    fn events_name_their_other_players_and_expected_goals() {
        let lines = lines(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/event-data.jsonl"));
        for end in [
            "pass  Kit Innes (Eastmoor), to Ben Joyce",
            "cross  Dan Kerr (Eastmoor), to Kit Innes, key pass",
            "dribble  Ben Joyce (Eastmoor), incomplete, against Eli Pike",
            "shot  Sam Hirst (Eastmoor), off target, xG 0.04",
        ] {
            assert!(lines.iter().any(|line| line.ends_with(end)), "{end}: {lines:#?}");
        }
    }

    #[test]
    fn coaches_and_positions_are_named_as_such() {
        let case = |name: &str| lines(&format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR")));
        let coach = case("coach-booked.jsonl").join("\n");
        assert!(coach.contains("  YELLOW CARD  Meg Farrow (coach of Eastmoor)"), "{coach}");
        assert!(coach.contains("  SECOND YELLOW CARD  Meg Farrow (coach of Eastmoor)"), "{coach}");
        let keeper = case("keeper-off.jsonl").join("\n");
        assert!(keeper.contains("  GOALKEEPER  Max Flint (Eastmoor) goes in goal\n"), "{keeper}");
        let corrected = "  CORRECTED: GOALKEEPER  Lee Gough (Eastmoor) goes in goal [was Max Flint]\n";
        assert!(keeper.contains(corrected), "{keeper}");
        assert!(keeper.contains("  POSITION  Max Flint (Eastmoor) now plays CB\n"), "{keeper}");
    }

    #[test]
    fn a_delay_has_the_new_kickoff_and_a_correction_the_one_before() {
        let lines = lines(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/delayed-told.jsonl"));
        let delays: Vec<_> = lines.iter().filter_map(|line| line.split_once("  0-0  ")).map(|(_, rest)| rest).collect();
        assert_eq!(
            delays[1..5],
            [
                "NEW KICK-OFF  15:15 UTC, 15 minutes late, crowds at the gates",
                "CORRECTED: NEW KICK-OFF  15:30 UTC, 30 minutes late, crowds at the gates [was 15:15 UTC, 15 minutes late]",
                "NEW KICK-OFF  16:00 UTC, 60 minutes late",
                "TAKEN BACK: NEW KICK-OFF",
            ]
        );
    }

    #[test]
    fn a_match_after_extra_time_says_how_it_ended_and_a_shootout_has_no_minutes() {
        let case = |name: &str| lines(&format!("{}/tests/cases/{name}", env!("CARGO_MANIFEST_DIR")));
        let extra_time = case("extra-time-sixth.jsonl").join("\n");
        assert!(extra_time.contains("  FULL TIME, after extra time  "), "{extra_time}");
        let shootout = case("tie-shootout.jsonl");
        let from = shootout.iter().position(|line| line.ends_with("  SHOOT-OUT")).expect("shown");
        assert!(shootout[from..].iter().all(|line| line.starts_with("  pens  ")), "{shootout:#?}");
        assert!(shootout[from..].iter().any(|line| line.contains("  FULL TIME, after a shoot-out  ")), "{shootout:#?}");
        let kick = |label: &str| {
            format!(
                r#""id":"k","type":"shootout_penalty","period":5,"status":"shootout","label":"{label}","outcome":"saved""#
            )
        };
        let corrected = format!(r#"{{{},"op":"update","was":{{{},"op":"add"}}}}"#, kick("121"), kick("122"));
        let ticker = Ticker { fixtures: Fixtures::default(), colours: Colours::OFF };
        let line = ticker.event_line(&serde_json::from_str(&corrected).expect(&corrected), None);
        assert_eq!(line, "  pens   -  CORRECTED: KICK  saved", "without a score");
    }

    #[test]
    fn corrections_are_marked_and_matches_are_named() {
        let lines = lines("var");
        for part in ["NO GOAL", "RED CARD RESCINDED", "offside", "VAN 1-1 LAR", "[confirmed]", "CORRECTED: GOAL"] {
            assert!(lines.iter().any(|line| line.contains(part)), "{part}: {lines:#?}");
        }
    }
}
