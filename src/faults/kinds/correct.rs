//! `correct`: an event is wrong at first, and corrected later.
//!
//! A scorer or a minute is wrong until `by` has passed, or until the truth itself corrects it. A card or a goal that never was is
//! removed after `by`; until then the score counts the goal.

use super::{Kind, is_played, story};
use crate::faults::chance::Dice;
use crate::faults::deliveries::show;
use crate::faults::fault::{Fault, FaultSpec};
use crate::faults::selection::Chosen;
use crate::faults::story::{Story, StoryLine};
use crate::football::{
    Details, EventType, FaultKind, Field, FieldValue, MatchClock, MatchEvent, Op, PlayerId, Presence, Reading,
    TypeClass,
};
use crate::scenario::Span;

pub(super) const KIND: Kind = story(
    FaultSpec {
        variants: &["scorer", "minute", "card", "goal"],
        suitable: "suitable event",
        suits: |fault, event| fitting(fault, event).next().is_some(),
        ..FaultSpec::new(FaultKind::Correct)
    },
    correct,
);

/// After which time a mistake is corrected, unless the fault says otherwise.
const DELAY: (Span, Span) = (Span::from_secs(60), Span::from_secs(180));

/// The mistakes that can be made with an event.
fn fitting<'a>(fault: &'a Fault, event: &'a MatchEvent) -> impl Iterator<Item = &'static str> {
    let wanted = fault.what.as_deref();
    let candidates = KIND.spec.variants.iter().copied().filter(move |what| wanted.is_none_or(|wanted| wanted == *what));
    candidates.filter(move |what| is_played(event) && fits(what, event, wanted.is_some()))
}

/// Whether a mistake can be made with an event of play. Where it is not asked for, cards come with fouls, goals with attempts.
fn fits(what: &str, event: &MatchEvent, asked: bool) -> bool {
    use EventType::*;
    let (kind, player) = (&event.kind, event.player().is_some());
    match what {
        "scorer" => *kind == Goal && player,
        "minute" => matches!(kind, Goal | PenaltyMissed | Substitution) || kind.is_card(),
        "card" => player && (*kind == Foul || asked && kind.is(TypeClass::Play)),
        _ => {
            let attempt = matches!(kind, Shot | PenaltyMissed | DisallowedGoal);
            player && (attempt || asked && kind.is(TypeClass::Play) && *kind != Goal)
        }
    }
}

fn correct(story: &mut Story<'_>, chosen: &Chosen<'_>) {
    for index in story.chosen_lines(chosen) {
        let line = story.line(index).clone();
        let mut dice = chosen.further_dice(line.track, &line.event);
        let by = dice.span(chosen.fault().by.unwrap_or(DELAY));
        let fitting: Vec<&str> = fitting(chosen.fault(), &line.event).collect();
        let Some(what) = fitting.get(dice.pick(fitting.len())) else { continue };
        let wrong = match *what {
            "scorer" => wrong_scorer(story, &line, &mut dice).map(Misreport::Scorer),
            "minute" => wrong_clock(story, &line, &mut dice).map(Misreport::Clock),
            what => {
                add_phantom(story, chosen, index, what, by);
                continue;
            }
        };
        if let Some(wrong) = wrong {
            misreport(story, chosen, index, &wrong, by);
        }
    }
}

/// What is wrong with a true event.
enum Misreport {
    Scorer(PlayerId),
    Clock(MatchClock),
}

impl Misreport {
    fn make(&self, event: &mut MatchEvent) {
        match self {
            Self::Scorer(player) => {
                event.details.set(Field::Player, FieldValue::Player(player.clone()));
                // It may name the true scorer.
                event.details.retain(|field| field != Field::Text);
            }
            Self::Clock(clock) => (event.clock, event.official) = (*clock, None),
        }
    }

    /// Whether two true revisions agree in what is wrong, so that the second does not correct it.
    fn is_left_by(&self, event: &MatchEvent, revision: &MatchEvent) -> bool {
        revision.is_in_force()
            && revision.kind == event.kind
            && match self {
                Self::Scorer(_) => revision.player() == event.player(),
                Self::Clock(_) => (revision.clock, revision.official) == (event.clock, event.official),
            }
    }
}

/// A teammate of the scorer on the field at the time, or who started; not the player who made the last pass.
fn wrong_scorer(story: &Story<'_>, line: &StoryLine, dice: &mut Dice) -> Option<PlayerId> {
    let truth = story.truth();
    let scorer = line.event.player()?;
    let state = truth.state_at(usize::from(line.track), line.origin? as usize);
    let (side, ..) = state.fixture().player(scorer.as_str())?;
    let assist = line.event.details.player(Field::Assist);
    let team = || state.players(side).filter(|(player, ..)| player.id != *scorer && Some(&player.id) != assist);
    let on = team().filter(|(_, presence, _)| *presence == Presence::On).map(|(player, ..)| &player.id);
    let mut candidates: Vec<&PlayerId> = on.collect();
    if candidates.is_empty() {
        candidates.extend(team().filter(|(player, ..)| player.starts).map(|(player, ..)| &player.id));
    }
    candidates.get(dice.pick(candidates.len())).copied().cloned()
}

/// A clock one or two minutes off within the same phase.
fn wrong_clock(story: &Story<'_>, line: &StoryLine, dice: &mut Dice) -> Option<MatchClock> {
    let clock = line.event.clock;
    let layout = &story.truth().tracks()[usize::from(line.track)].layout;
    let phase = layout.phase_of(clock.status, line.at)?;
    let readings = [-2, -1, 1, 2].map(|minutes| Reading::from_millis(clock.reading.as_millis() + minutes * 60_000));
    let within = phase.base..=phase.reading_at(phase.to);
    let readings: Vec<Reading> = readings.into_iter().filter(|reading| within.contains(reading)).collect();
    readings.get(dice.pick(readings.len())).map(|reading| MatchClock { reading: *reading, ..clock })
}

fn misreport(story: &mut Story<'_>, chosen: &Chosen<'_>, index: usize, mistake: &Misreport, by: Span) {
    let StoryLine { at, track, event, .. } = story.line(index).clone();
    let until = at + by;
    let (wrong, right) = match mistake {
        Misreport::Scorer(player) => {
            let scorer = event.player().map_or("", |player| player.as_str());
            (format!("scorer {player} instead of {scorer}"), format!("scorer corrected to {scorer}"))
        }
        Misreport::Clock(clock) => {
            let (wrong, right) = (clock.reading, event.clock.reading);
            (format!("clock {wrong} instead of {right}"), format!("clock corrected to {right}"))
        }
    };
    let revisions: Vec<usize> =
        story.revisions_after(index).into_iter().take_while(|line| story.line(*line).at <= until).collect();
    let stays = |line: &usize| mistake.is_left_by(&event, &story.line(*line).event);
    let corrected = revisions.iter().position(|line| !stays(line));
    let latest = story.line(revisions.last().copied().unwrap_or(index)).event.clone();
    let after = match corrected {
        Some(place) => {
            format!("corrected by the next true revision after {}", show(story.line(revisions[place]).at - at))
        }
        None => format!("corrected after {}", show(by)),
    };
    let wrong_lines = std::iter::once(index).chain(revisions[..corrected.unwrap_or(revisions.len())].iter().copied());
    for line in wrong_lines {
        story.change(line, |event| mistake.make(event));
        story.note(chosen, line, format!("{wrong}, {after}"));
    }
    if corrected.is_none() {
        let correction = story.add_correction(until, track, &latest, Op::Update);
        story.note(chosen, correction, right);
    }
}

/// Adds a card or a goal that never was, and its removal.
fn add_phantom(story: &mut Story<'_>, chosen: &Chosen<'_>, index: usize, what: &str, by: Span) {
    let StoryLine { at, track, event, .. } = story.line(index).clone();
    let fixture = &story.truth().tracks()[usize::from(track)].fixture;
    let Some((side, ..)) = event.player().and_then(|player| fixture.player(player.as_str())) else { return };
    let (kind, kept): (_, fn(Field) -> bool) = match what {
        "card" => (EventType::YellowCard, |field| field == Field::Player),
        _ => (EventType::Goal, |field| {
            matches!(field, Field::Player | Field::Situation | Field::BodyPart | Field::X | Field::Y)
        }),
    };
    let mut details = Details::default();
    for (field, value) in event.details.iter().filter(|(field, _)| kept(*field)) {
        details.set(field, value.into_owned());
    }
    let id = story.free_id(index, what);
    let phantom = MatchEvent { id, kind, side: Some(side), details, official: None, ..(*event).clone() };
    let wrong = story.add(at, track, phantom.clone(), false);
    story.note(chosen, wrong, format!("{} that never was, removed after {}", phantom.kind, show(by)));
    let removed = story.add_correction(at + by, track, &phantom, Op::Remove);
    story.note(chosen, removed, format!("{} removed: it never was", phantom.kind));
}
