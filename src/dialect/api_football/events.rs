//! The rows of `events`. They have no id: an app can only tell a row by what it says.

use serde_json::{Value, json};

use super::envelope::ApiFootballError;
use super::fixture::team;
use super::parameters::Parameters;
use crate::dialect::document::{MatchMoment, Moment};
use crate::football::{EventType, Field, MatchEvent, Minute, PlayerId, Side};

/// A row, and what filters ask about it.
pub(super) struct DocumentRow {
    pub(super) json: Value,
    side: Side,
    players: [Option<u32>; 2],
    kind: &'static str,
}

/// `/fixtures/events`.
pub(super) fn of_fixture(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    let Some(track) = parameters.fixture(moment)? else { return Ok(Vec::new()) };
    let of = moment.of_match(track);
    let (player, kind) = (parameters.number("player")?, parameters.text("type"));
    let mut rows = Vec::new();
    for row in self::rows(&of) {
        let is_wanted = parameters.includes_team(of.ids.teams[row.side.index()])?
            && player.is_none_or(|wanted| row.players.contains(&Some(wanted)))
            && kind.is_none_or(|kind| kind.eq_ignore_ascii_case(row.kind));
        if is_wanted {
            rows.push(row.json);
        }
    }
    Ok(rows)
}

/// The rows of a match, in the order of the match clock.
pub(super) fn rows(of: &MatchMoment<'_>) -> Vec<DocumentRow> {
    let mut told: Vec<&MatchEvent> =
        of.events.iter().map(|cue| &*cue.event).filter(|event| event.is_in_force()).collect();
    // By the clock in play: what happens while it is stopped comes after all before.
    told.sort_by_key(|event| {
        let clock = of.clock_of(event);
        (clock.period, clock.reading)
    });
    let (mut kicks, mut substitutions) = (0, [0; 2]);
    let mut rows = Vec::new();
    for event in told {
        let about = of.about(event);
        let Some(side) = event.side.or(about.and_then(|about| about.side)) else { continue };
        let mut minute = of.clock_of(event).minute;
        if event.kind == EventType::ShootoutPenalty {
            kicks += 1;
            minute = Minute { added: Some(kicks), ..of.end_of(of.last_period()).minute };
        }
        if event.kind == EventType::Substitution {
            substitutions[side.index()] += 1;
        }
        for (kind, detail, comments) in words(event, about, substitutions[side.index()]) {
            let (player, assist) = match event.kind {
                // The player who goes off, then the one who comes on.
                EventType::Substitution => (event.details.player(Field::Out), event.details.player(Field::In)),
                EventType::VarDecision => (event.player().or(about.and_then(MatchEvent::player)), None),
                _ => (event.player(), event.details.player(Field::Assist)),
            };
            let players = [player, assist].map(|player| player.map(|player| of.number_of(player)));
            let [player, assist] = [player, assist].map(|player| person(of, player));
            let json = json!({
                "time": { "elapsed": minute.minute, "extra": minute.added },
                "team": team(of, side),
                "player": player,
                "assist": assist,
                "type": kind,
                "detail": detail,
                "comments": comments,
            });
            rows.push(DocumentRow { json, side, players, kind });
        }
    }
    rows
}

fn person(of: &MatchMoment<'_>, id: Option<&PlayerId>) -> Value {
    let known = id.map(|id| (of.number_of(id), of.person(id).map(|(_, name)| name)));
    json!({ "id": known.map(|(number, _)| number), "name": known.and_then(|(_, name)| name) })
}

/// Type, detail and comments of the rows of an event. A second caution has two.
fn words(
    event: &MatchEvent,
    about: Option<&MatchEvent>,
    substitution: u32,
) -> Vec<(&'static str, String, Option<String>)> {
    let row = |kind, detail: &str, comments: Option<&str>| vec![(kind, detail.to_owned(), comments.map(str::to_owned))];
    let comment = event.details.text(Field::Reason).and_then(card_comment);
    match event.kind {
        EventType::Goal if event.is_own_goal() => row("Goal", "Own Goal", None),
        EventType::Goal if event.details.text(Field::Situation) == Some("penalty") => row("Goal", "Penalty", None),
        EventType::Goal => row("Goal", "Normal Goal", None),
        EventType::PenaltyMissed => row("Goal", "Missed Penalty", None),
        EventType::ShootoutPenalty => {
            let scored = event.details.text(Field::Outcome) == Some("scored");
            row("Goal", if scored { "Penalty" } else { "Missed Penalty" }, Some("Penalty Shootout"))
        }
        EventType::YellowCard => row("Card", "Yellow Card", comment),
        EventType::SecondYellowCard => [row("Card", "Yellow Card", comment), row("Card", "Red Card", comment)].concat(),
        EventType::RedCard => row("Card", "Red Card", comment),
        EventType::Substitution => row("subst", &format!("Substitution {substitution}"), None),
        EventType::VarDecision => var_detail(event, about).map(|detail| row("Var", detail, None)).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// Reasons of cards in scenarios, and the provider's comments.
const CARD_COMMENTS: &[(&str, &str)] = &[
    ("foul", "Foul"),
    ("dissent", "Argument"),
    ("time wasting", "Time wasting"),
    ("handball", "Handball"),
    ("simulation", "Simulation"),
    ("persistent fouling", "Persistent fouling"),
    ("serious foul play", "Serious foul"),
    ("violent conduct", "Violent conduct"),
    ("denying an obvious chance", "Professional foul last man"),
];

/// The provider's comment on a card for a reason, which may be its own word; `None`: it has none for it.
fn card_comment(reason: &str) -> Option<&'static str> {
    let reason = reason.replace('_', " ").to_lowercase();
    let found = CARD_COMMENTS.iter().find(|(own, comment)| *own == reason || comment.to_lowercase() == reason);
    found.map(|(_, comment)| *comment)
}

/// What a decision of the video assistant is called; `None`: there is no word for it.
fn var_detail(event: &MatchEvent, about: Option<&MatchEvent>) -> Option<&'static str> {
    let overturned = event.details.text(Field::Outcome) == Some("overturned");
    // A review may also give what was not given before: what counts is whether its event stands.
    let gone = about.map_or(overturned, |about| about.kind == EventType::DisallowedGoal || !about.is_in_force());
    let reason = || {
        let of_event = |event: &MatchEvent| event.details.text(Field::Reason).map(str::to_owned);
        about.and_then(of_event).or_else(|| of_event(event)).unwrap_or_default()
    };
    Some(match event.details.text(Field::Question)? {
        "goal" if gone => match reason() {
            reason if reason.contains("offside") => "Goal Disallowed - offside",
            reason if reason.contains("hand") => "Goal Disallowed - handball",
            reason if reason.contains("foul") => "Goal Disallowed - Foul",
            _ => "Goal cancelled",
        },
        "goal" => "Goal confirmed",
        "penalty" if gone => "Penalty cancelled",
        "penalty" => "Penalty confirmed",
        "red_card" => {
            let stands = about.is_some_and(|about| about.is_in_force() && about.kind == EventType::RedCard);
            match (overturned, stands) {
                (true, false) => "Red card cancelled",
                (true, true) => "Card upgrade",
                (false, _) => "Card reviewed",
            }
        }
        "identity" => "Card reviewed",
        _ => return None,
    })
}
