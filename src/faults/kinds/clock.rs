//! `clock`: the match clock jumps back, stands still or gains, in events and in ticks.
//!
//! Only readings of the time of the fault are wrong: a correction of an earlier event keeps its clock.

use super::{Kind, is_played, story};
use crate::faults::deliveries::show;
use crate::faults::fault::FaultSpec;
use crate::faults::selection::Chosen;
use crate::faults::story::{Story, StoryLine};
use crate::football::{FaultKind, MatchClock};
use crate::scenario::{Bend, ClockBend, Span};

pub(super) const KIND: Kind = story(
    FaultSpec {
        variants: &["jump", "freeze", "skew"],
        suitable: "event in play",
        suits: |_, event| is_played(event),
        ..FaultSpec::new(FaultKind::Clock)
    },
    bend_clocks,
);

/// By how much a clock jumps back, unless the fault says otherwise.
const JUMP: Span = Span::from_secs(60);
/// How much it gains in a minute.
const GAIN: Span = Span::from_secs(5);
/// For how long it stands still. The other bends last to the end of the fault.
const STANDSTILL: Span = Span::from_secs(5 * 60);

fn bend_clocks(story: &mut Story<'_>, chosen: &Chosen<'_>) {
    let mut present: Vec<Option<ClockBend>> = vec![None; story.truth().tracks().len()];
    for line in story.in_order() {
        let StoryLine { at, track, hidden, .. } = *story.line(line);
        let present = &mut present[usize::from(track)];
        // No bend begins within another.
        let begins = present.as_ref().is_none_or(|bend| at > bend.until) && story.is_chosen(chosen, line);
        let mut what = None;
        if begins {
            let (bend, words) = begin(story.line(line), chosen);
            what = Some(words);
            story.bend(bend.clone());
            *present = Some(bend);
        }
        let Some(bend) = present.as_ref().filter(|bend| at <= bend.until && !hidden) else { continue };
        let (before, now) = (story.line(line).event.clock, bent(story, line, bend));
        if let Some((clock, told)) = now {
            story.change(line, |event| {
                event.clock = clock;
                event.told = told.map(Box::new);
                // The minute and the label follow the clock.
                event.official = None;
            });
            what = what.or_else(|| Some(format!("clock {} instead of {}", clock.reading, before.reading)));
        }
        if let Some(what) = what {
            story.note(chosen, line, what);
        }
    }
}

/// The bend that begins at a line, and what it does.
fn begin(line: &StoryLine, chosen: &Chosen<'_>) -> (ClockBend, String) {
    let mut dice = chosen.further_dice(line.track, &line.event);
    let what = chosen.fault().variant(&mut dice);
    let mut by = |default: Span| dice.span(chosen.fault().by.unwrap_or((default, default)));
    let (bend, lasts, words) = match what {
        "jump" => {
            let by = by(JUMP);
            (Bend::Jump(by), None, format!("the clock goes back {}", show(by)))
        }
        "freeze" => (Bend::Freeze, Some(STANDSTILL), "the clock stands still".to_owned()),
        _ => {
            let by = by(GAIN);
            (Bend::Skew(by), None, format!("the clock gains {} in every minute", show(by)))
        }
    };
    let lasts = chosen.fault().lasts.or(lasts);
    let until = lasts.map_or(chosen.until().max(line.at), |lasts| line.at + lasts);
    let words = lasts.map_or(words.clone(), |lasts| format!("{words} for {}", show(lasts)));
    (ClockBend { track: line.track, from: line.at, until, bend }, words)
}

/// The clock of a line's event and the clock at which it is reported, bent; `None`: they do not change.
fn bent(story: &Story<'_>, line: usize, bend: &ClockBend) -> Option<(MatchClock, Option<MatchClock>)> {
    let StoryLine { at, track, event, .. } = story.line(line);
    let track = &story.truth().tracks()[usize::from(*track)];
    let bend = |clock: MatchClock| {
        // The moment at which the clock showed this.
        let of = track.layout.phase_of(clock.status, *at).map_or(*at, |phase| phase.time_of(clock.reading));
        bend.apply(clock, of, &track.fixture.rules.periods)
    };
    let bent = (bend(event.clock), event.told.as_deref().copied().map(bend));
    (bent != (event.clock, event.told.as_deref().copied())).then_some(bent)
}
