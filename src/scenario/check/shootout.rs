//! Shoot-outs: the sides take turns, every player kicks before any kicks again, and it ends when it is decided.
//!
//! What counts is the story after all corrections: a kick that is taken back and taken again is one kick.

use std::collections::{HashMap, HashSet};

use super::remark::{Place, Remarks};
use super::{EventType, Field, MatchEvent, Period, Side, Story};
use crate::football::{PlayerId, Presence};

/// How many kicks each side has before sudden death.
const KICKS: usize = 5;

/// A kick that stands.
struct Kick<'a> {
    /// The line that tells of it first, and the line that names the player.
    line: u32,
    named_on: u32,
    /// As last told.
    event: &'a MatchEvent,
    side: Side,
    /// How many players of each side are on the field.
    on: [usize; 2],
}

impl Kick<'_> {
    fn scored(&self) -> Option<bool> {
        Some(self.event.details.text(Field::Outcome)? == "scored")
    }
}

/// Laws of the game, law 10: the order of kicks and the end of the shoot-out.
pub(super) fn kicks_follow_the_laws(story: &Story<'_>, out: &mut Remarks) {
    if story.lacks(&[EventType::ShootoutPenalty]) {
        return;
    }
    if !story.steps.iter().any(|step| step.event.kind == EventType::ShootoutPenalty) {
        return;
    }
    // A kick without a side has an error of its own.
    let Some(kicks) = kicks(story) else { return };
    everyone_kicks_once(story, &kicks, out);
    let mut pairs = kicks.iter().zip(kicks.iter().skip(1));
    // Some competitions have tried A B B A.
    let first = kicks.first().map(|kick| kick.side);
    let abba = kicks.iter().enumerate().all(|(at, kick)| (Some(kick.side) == first) == matches!(at % 4, 0 | 3));
    if let Some((before, kick)) = pairs.find(|(before, kick)| before.side == kick.side && !abba) {
        let team = &story.fixture.team(kick.side).name;
        let message =
            format!("{team} take two kicks in a row, this and that on line {}: the sides take turns", before.line);
        return out.warning(Place::Line(kick.line), "side", message);
    }
    ends_when_decided(story, &kicks, out);
}

/// The kicks that stand, in the order of their clocks; nothing where the side of one is not known.
fn kicks<'a>(story: &Story<'a>) -> Option<Vec<Kick<'a>>> {
    let lasting = story.lasting();
    let is_kick =
        |event: &MatchEvent| event.kind == EventType::ShootoutPenalty && event.clock.period() == Some(Period::Shootout);
    let mut kicks: Vec<Kick<'a>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut sides_known = true;
    story.walk(|state, step| {
        let id = step.event.id.as_str();
        let Some(event) = lasting.get(id).copied().filter(|event| is_kick(event)) else { return };
        let Some(side) = event.side else {
            sides_known = false;
            return;
        };
        match places.get(id) {
            Some(at) => {
                if step.was.is_some_and(|was| was.player() != step.event.player()) {
                    kicks[*at].named_on = step.line;
                }
            }
            None => {
                let on = [Side::Home, Side::Away]
                    .map(|side| state.players(side).filter(|(_, presence, _)| *presence == Presence::On).count());
                places.insert(id, kicks.len());
                kicks.push(Kick { line: step.line, named_on: step.line, event, side, on });
            }
        }
    });
    kicks.sort_by_key(|kick| kick.event.clock.reading);
    sides_known.then_some(kicks)
}

/// No player of a side kicks again before as many have kicked as are on the field: of the smaller side, to which the
/// other reduces. A kick without a player may be anybody's.
fn everyone_kicks_once(story: &Story<'_>, kicks: &[Kick<'_>], out: &mut Remarks) {
    let mut remarked: HashSet<&PlayerId> = HashSet::new();
    for side in Side::ALL.iter().copied() {
        let mut taken: HashMap<&PlayerId, u32> = HashMap::new();
        let mut round = 0;
        for kick in kicks.iter().filter(|kick| kick.side == side) {
            // A sheet without players does not say how many there are.
            let Some(eligible) = kick.on.into_iter().filter(|on| *on > 0).min() else { return };
            if round >= eligible {
                taken.clear();
                round = 0;
            }
            round += 1;
            let Some(player) = kick.event.player() else { continue };
            let Some(first) = taken.insert(player, kick.line) else { continue };
            if remarked.insert(player) {
                let message = format!(
                    "{player:?} kicks again after line {first}, before all {eligible} of {} have kicked once",
                    story.fixture.team(side).name
                );
                out.warning(Place::Line(kick.named_on), "player", message);
            }
        }
    }
}

/// No kick follows the one that decides, and the end comes after a decision.
fn ends_when_decided(story: &Story<'_>, kicks: &[Kick<'_>], out: &mut Remarks) {
    let (mut scored, mut taken) = ([0_usize; 2], [0_usize; 2]);
    for (at, kick) in kicks.iter().enumerate() {
        // Of a kick whose outcome is not told nothing follows.
        let Some(goal) = kick.scored() else { return };
        taken[kick.side.index()] += 1;
        scored[kick.side.index()] += usize::from(goal);
        if !is_decided(scored, taken) {
            continue;
        }
        let Some(next) = kicks.get(at + 1) else { return };
        let more = match kicks.len() - at - 2 {
            0 => String::new(),
            more => format!(" (nor the {more} after it)"),
        };
        let [home, away] = scored;
        let message =
            format!("the kick on line {} decides the shoot-out, {home}-{away}: this one is not taken{more}", kick.line);
        return out.warning(Place::Line(next.line), "type", message);
    }
    let ends = |event: &MatchEvent| {
        event.kind == EventType::MatchEnd
            || event.kind == EventType::PeriodEnd && event.clock.period() == Some(Period::Shootout)
    };
    let lasting = story.lasting();
    let lasts = |event: &MatchEvent| lasting.get(event.id.as_str()).is_some_and(|last| ends(last));
    let Some(end) = story.standing().find(|step| ends(step.event) && lasts(step.event)) else { return };
    let [home, away] = scored;
    let place = Place::Line(end.line);
    if taken[0] != taken[1] {
        let message = format!(
            "the shoot-out ends undecided, {home}-{away}, after {} of {} and {} of {}",
            kicks_of(taken[0]),
            story.fixture.home.name,
            taken[1],
            story.fixture.away.name
        );
        out.warning(place, "type", message);
    } else if home == away && !kicks.is_empty() {
        let message = format!("the shoot-out ends level, {home}-{away} after {} each", kicks_of(taken[0]));
        out.warning(place, "type", message);
    } else if !kicks.is_empty() {
        let message =
            format!("the shoot-out ends at {home}-{away} after {} each, before it is decided", kicks_of(taken[0]));
        out.note(place, "type", message);
    }
}

/// Whether one side cannot be caught any more: in its five kicks, or in as many as the other has taken.
fn is_decided([home, away]: [usize; 2], taken: [usize; 2]) -> bool {
    let all = KICKS.max(taken[0]).max(taken[1]);
    home > away + (all - taken[1]) || away > home + (all - taken[0])
}

fn kicks_of(number: usize) -> String {
    match number {
        1 => "1 kick".to_owned(),
        number => format!("{number} kicks"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with, without_a_sheet};

    /// Kicks from line 3, a minute apart: the first letter is the side, then the number of the player or `?`, then `+`
    /// where it is scored.
    fn kicks(kicks: &str) -> String {
        let mut text = String::new();
        for (at, kick) in kicks.split_whitespace().enumerate() {
            let (side, letter) = if kick.starts_with('h') { ("home", 'h') } else { ("away", 'a') };
            let outcome = if kick.ends_with('+') { "scored" } else { "saved" };
            let number = kick[1..].trim_end_matches(['+', '-']);
            let player = if number == "?" { String::new() } else { format!(r#""player":"{letter}{number}","#) };
            let minute = 121 + at;
            text += &format!(
                "{{\"type\":\"shootout_penalty\",\"id\":\"k{at}\",\"period\":5,\"clock\":\"{minute}:00\",\"side\":\"{side}\",\
                 {player}\"outcome\":\"{outcome}\"}}\n"
            );
        }
        text
    }

    const END: &str = r#"{"type":"match_end","period":5,"clock":"160:00"}"#;

    #[test]
    fn the_sides_take_turns() {
        finds(
            &kicks("h9+ h8+ a9+ a8+"),
            &["4 \"home\": warning: Home take two kicks in a row, this and that on line 3: the sides take turns"],
        );
        finds(
            &kicks("a9+ h9+ h8+ a8+ h7+"),
            &["5 \"home\": warning: Home take two kicks in a row, this and that on line 4: the sides take turns"],
        );
        finds(&kicks("a9+ h9+ a8+ h8+ a7+"), &[]);
        finds(&kicks("a9+ h9+ h8+ a8+ a7+ h7+ h6+ a6+"), &[]);
    }

    #[test]
    fn every_player_kicks_before_any_kicks_again() {
        let again = |line: u8, player: &str, first: u8, team: &str| {
            format!(
                "{line} \"{player}\": warning: \"{player}\" kicks again after line {first}, before all 11 of {team} have \
                 kicked once"
            )
        };
        finds(&kicks("h9+ a9+ h9+ a8+ h9+ a9+"), &[&again(5, "h9", 3, "Home"), &again(8, "a9", 4, "Away")]);
        let round = "h1+ a1+ h2+ a2+ h3+ a3+ h4+ a4+ h5+ a5+ h6+ a6+ h7+ a7+ h8+ a8+ h9+ a9+ h10+ a10+";
        finds(&kicks(&format!("{round} h11+ a11+ h11+ a1+ h1+ a11+")), &[]);
        finds(&kicks(&format!("{round} h11+ a11+ h5+ a5+ h5+ a6+")), &[&again(27, "h5", 25, "Home")]);
        finds(&kicks(&format!("{round} h1+ a11+")), &[&again(23, "h1", 3, "Home")]);
        finds(&kicks(&format!("{} h1+ a1+", "h?+ a?+ ".repeat(11))), &[]);
        finds(&kicks(&format!("h1+ a1+ {} h1+ a1+", "h?+ a?+ ".repeat(10))), &[]);
        finds(&kicks("h9+ a9+ h?+ a?+ h9+ a8+"), &[&again(7, "h9", 3, "Home")]);
    }

    #[test]
    fn a_side_reduces_to_the_number_of_the_other() {
        let red = r#"{"type":"red_card","period":2,"clock":"60:00","side":"away","player":"a11"}"#;
        let round = "h1+ a1+ h2+ a2+ h3+ a3+ h4+ a4+ h5+ a5+ h6+ a6+ h7+ a7+ h8+ a8+ h9+ a9+ h10+ a10+";
        finds(&format!("{red}\n{}", kicks(&format!("{round} h1+ a1+"))), &[]);
        // A card for a player who is on the bench reduces nobody.
        let bench = red.replace("a11", "a12");
        finds(
            &format!("{bench}\n{}", kicks(&format!("{round} h11+ a1+"))),
            &["25 \"a1\": warning: \"a1\" kicks again after line 5, before all 11 of Away have kicked once"],
        );
        // Home has no sheet: the number of the other side is all that is known.
        finds_in_match_with(
            without_a_sheet,
            &kicks("h?+ a1+ h?+ a1+"),
            &["6 \"a1\": warning: \"a1\" kicks again after line 4, before all 11 of Away have kicked once"],
        );
    }

    #[test]
    fn no_kick_follows_the_decision() {
        let decided = |by: u8, score: &str, next: u8, more: &str| {
            format!(
                "{next} \"shootout_penalty\": warning: the kick on line {by} decides the shoot-out, {score}: this one is \
                 not taken{more}"
            )
        };
        finds(&kicks("h1+ a1- h2+ a2- h3+ a3- h4+ a4+ h5+ a5+"), &[&decided(8, "3-0", 9, " (nor the 3 after it)")]);
        finds(&kicks("h1+ a1- h2+ a2- h3+ a3-"), &[]);
        finds(&kicks("h1+ a1+ h2+ a2+ h3+ a3+ h4+ a4+ h5- a5+"), &[]);
        finds(&kicks("h1+ a1+ h2+ a2+ h3+ a3+ h4- a4+ h5- a5+"), &[&decided(11, "3-4", 12, "")]);
        // Sudden death.
        let level = "h1+ a1+ h2+ a2+ h3+ a3+ h4+ a4+ h5+ a5+";
        finds(&kicks(&format!("{level} h6- a6- h7+ a7+ h8+ a8-")), &[]);
        finds(&kicks(&format!("{level} h6+ a6- h7+ a7+")), &[&decided(14, "6-5", 15, " (nor the 1 after it)")]);
        finds(&kicks(&format!("{level} h6- a6+ h7+")), &[&decided(14, "5-6", 15, "")]);
    }

    #[test]
    fn a_shoot_out_does_not_end_level() {
        let ends = |end: &str, text: &str, expected: &[&str]| finds(&format!("{}{end}", kicks(text)), expected);
        ends(END, "h1+ a1+", &["5 \"match_end\": warning: the shoot-out ends level, 1-1 after 1 kick each"]);
        ends(
            &format!(r#"{{"type":"period_end","period":5,"clock":"160:00"}}{}{END}"#, "\n"),
            "h1- a1- h2+ a2+",
            &["7 \"period_end\": warning: the shoot-out ends level, 1-1 after 2 kicks each"],
        );
        ends(
            END,
            "h1+ a1+ h2+",
            &["6 \"match_end\": warning: the shoot-out ends undecided, 2-1, after 2 kicks of Home and 1 of Away"],
        );
        // A feed that leaves kicks out, one that breaks off, and one that was decided.
        ends(END, "h1+ a1-", &[]);
        ends("", "h1+ a1+", &[]);
        ends(END, "h1+ a1- h2+ a2- h3+ a3-", &[]);
    }

    #[test]
    fn corrections_have_the_last_word() {
        // The second kick of away is taken again, by the same player.
        let retaken = r#"{"op":"remove","id":"k3","told":"124:20"}
            {"type":"shootout_penalty","period":5,"clock":"124:40","side":"away","player":"a2","outcome":"scored"}"#;
        finds(&format!("{}{retaken}", kicks("h1+ a1+ h2+ a2-")), &[]);
        // It was a goal after all, and goes on.
        let missed = kicks("h1+ a1- h2+ a2- h3+ a3-");
        let goal = r#"{"op":"update","id":"k5","told":"126:20","outcome":"scored"}"#;
        let more = kicks("h1+ a1- h2+ a2- h3+ a3- h4+").lines().last().expect("a seventh").to_owned();
        finds(&format!("{missed}{goal}\n{more}"), &[]);
        // Who kicked is corrected: to another, and to one who has kicked.
        let other = r#"{"op":"update","id":"k2","told":"124:20","player":"h2"}"#;
        finds(&format!("{}{other}", kicks("h1+ a1+ h1+ a2+")), &[]);
        let same = r#"{"op":"update","id":"k2","told":"124:20","player":"h1"}"#;
        finds(
            &format!("{}{same}", kicks("h1+ a1+ h2+ a2+")),
            &["7 \"h1\": warning: \"h1\" kicks again after line 3, before all 11 of Home have kicked once"],
        );
        // The end is taken back.
        let end = r#"{"type":"match_end","id":"end","period":5,"clock":"124:00"}
            {"op":"remove","id":"end","told":"124:20"}"#;
        finds(&format!("{}{end}", kicks("h1+ a1+")), &[]);
        // What is not known decides nothing.
        let unknown = kicks("h1+ a1- h2+ a2- h3+ a3- h4+ a4+").replace(r#","outcome":"saved""#, "");
        finds(&format!("{unknown}{END}"), &[]);
        let of_nobody = kicks("h1+ a1- h2+ a2-").replacen(r#""side":"home","#, "", 1);
        finds(&of_nobody, &["3 \"shootout_penalty\": error: shootout_penalty needs a side: \"home\" or \"away\""]);
    }
}
