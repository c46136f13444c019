//! Shoot-outs: the sides take turns, every player kicks before any kicks again, and the shoot-out ends once it is
//! decided.
//!
//! Judged after all corrections: a kick that is taken back and retaken is one kick.

use std::collections::{HashMap, HashSet};

use super::report::{LineRef, LintReport};
use super::{EventType, Field, MatchEvent, MatchView, Period, Side};
use crate::football::{PlayerId, Presence};

/// The kicks of each side before sudden death.
const KICKS: usize = 5;

/// A kick that is not removed in the end.
struct Kick<'a> {
    /// The line that adds it, and the line that names its player.
    line: u32,
    named_on: u32,
    /// The final revision.
    event: &'a MatchEvent,
    side: Side,
    /// The number of players of each side on the field.
    on: [usize; 2],
}

impl Kick<'_> {
    fn is_scored(&self) -> Option<bool> {
        Some(self.event.details.text(Field::Outcome)? == "scored")
    }
}

/// The order of kicks and the end of the shoot-out (Laws of the Game, law 10).
pub(super) fn check_kicks_follow_the_laws(view: &MatchView<'_>, out: &mut LintReport) {
    if view.may_lack(&[EventType::ShootoutPenalty]) {
        return;
    }
    if !view.revisions.iter().any(|revision| revision.event.kind == EventType::ShootoutPenalty) {
        return;
    }
    // A kick without a side has an error of its own.
    let Some(kicks) = collect_kicks(view) else { return };
    check_each_player_kicks_once(view, &kicks, out);
    let mut pairs = kicks.iter().zip(kicks.iter().skip(1));
    // Some competitions have tried the order A B B A.
    let first = kicks.first().map(|kick| kick.side);
    let abba = kicks.iter().enumerate().all(|(at, kick)| (Some(kick.side) == first) == matches!(at % 4, 0 | 3));
    if let Some((before, kick)) = pairs.find(|(before, kick)| before.side == kick.side && !abba) {
        let team = &view.fixture.team(kick.side).name;
        let message =
            format!("{team} take two kicks in a row, on line {} and on this line: the sides take turns", before.line);
        return out.warning(LineRef::Line(kick.line), "side", message);
    }
    check_ends_when_decided(view, &kicks, out);
}

/// The final kicks in the order of their clocks. `None` if one has no side.
fn collect_kicks<'a>(view: &MatchView<'a>) -> Option<Vec<Kick<'a>>> {
    let final_events = view.final_events();
    let is_kick =
        |event: &MatchEvent| event.kind == EventType::ShootoutPenalty && event.clock.period() == Some(Period::Shootout);
    let mut kicks: Vec<Kick<'a>> = Vec::new();
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut sides_known = true;
    view.for_each_state(|state, revision| {
        let id = revision.event.id.as_str();
        let Some(event) = final_events.get(id).copied().filter(|event| is_kick(event)) else { return };
        let Some(side) = event.side else {
            sides_known = false;
            return;
        };
        match places.get(id) {
            Some(at) => {
                if revision.previous.is_some_and(|previous| previous.player() != revision.event.player()) {
                    kicks[*at].named_on = revision.line;
                }
            }
            None => {
                let on = [Side::Home, Side::Away]
                    .map(|side| state.players(side).filter(|(_, presence, _)| *presence == Presence::On).count());
                places.insert(id, kicks.len());
                kicks.push(Kick { line: revision.line, named_on: revision.line, event, side, on });
            }
        }
    });
    kicks.sort_by_key(|kick| kick.event.clock.reading);
    sides_known.then_some(kicks)
}

/// No player of a side kicks again before all eligible ones have kicked. Both sides have as many
/// as the smaller one (Law 10, "reduce to equate"). A kick without a player matches any kicker.
fn check_each_player_kicks_once(view: &MatchView<'_>, kicks: &[Kick<'_>], out: &mut LintReport) {
    let mut reported: HashSet<&PlayerId> = HashSet::new();
    for side in Side::ALL.iter().copied() {
        let mut taken: HashMap<&PlayerId, u32> = HashMap::new();
        let mut round = 0;
        for kick in kicks.iter().filter(|kick| kick.side == side) {
            // Without a team sheet the number is not known.
            let Some(eligible) = kick.on.into_iter().filter(|on| *on > 0).min() else { return };
            if round >= eligible {
                taken.clear();
                round = 0;
            }
            round += 1;
            let Some(player) = kick.event.player() else { continue };
            let Some(first) = taken.insert(player, kick.line) else { continue };
            if reported.insert(player) {
                let message = format!(
                    "{player:?} kicks again after line {first}, before all {eligible} of {} have kicked once",
                    view.fixture.team(side).name
                );
                out.warning(LineRef::Line(kick.named_on), "player", message);
            }
        }
    }
}

/// No kick follows the deciding one, and the shoot-out does not end before it.
fn check_ends_when_decided(view: &MatchView<'_>, kicks: &[Kick<'_>], out: &mut LintReport) {
    let (mut scored, mut taken) = ([0_usize; 2], [0_usize; 2]);
    for (at, kick) in kicks.iter().enumerate() {
        // After a kick without outcome the score is not known.
        let Some(goal) = kick.is_scored() else { return };
        taken[kick.side.index()] += 1;
        scored[kick.side.index()] += usize::from(goal);
        if !is_decided(scored, taken) {
            continue;
        }
        let Some(next) = kicks.get(at + 1) else { return };
        let more = match kicks.len() - at - 2 {
            0 => String::new(),
            more => format!(" (and {more} after it)"),
        };
        let [home, away] = scored;
        let message =
            format!("the kick on line {} decides the shoot-out, {home}-{away}: remove this one{more}", kick.line);
        return out.warning(LineRef::Line(next.line), "type", message);
    }
    let ends = |event: &MatchEvent| {
        event.kind == EventType::MatchEnd
            || event.kind == EventType::PeriodEnd && event.clock.period() == Some(Period::Shootout)
    };
    let final_events = view.final_events();
    let lasts = |event: &MatchEvent| final_events.get(event.id.as_str()).is_some_and(|last| ends(last));
    let Some(end) = view.without_removals().find(|revision| ends(revision.event) && lasts(revision.event)) else {
        return;
    };
    let [home, away] = scored;
    let place = LineRef::Line(end.line);
    if taken[0] != taken[1] {
        let message = format!(
            "the shoot-out ends undecided, {home}-{away}, after {} of {} and {} of {}",
            kick_count_text(taken[0]),
            view.fixture.home.name,
            taken[1],
            view.fixture.away.name
        );
        out.warning(place, "type", message);
    } else if home == away && !kicks.is_empty() {
        let message = format!("the shoot-out ends level, {home}-{away} after {} each", kick_count_text(taken[0]));
        out.warning(place, "type", message);
    } else if !kicks.is_empty() {
        let message = format!(
            "the shoot-out ends at {home}-{away} after {} each, before it is decided",
            kick_count_text(taken[0])
        );
        out.note(place, "type", message);
    }
}

/// Whether one side can no longer be caught, within five kicks or as many as the other side has taken.
fn is_decided([home, away]: [usize; 2], taken: [usize; 2]) -> bool {
    let all = KICKS.max(taken[0]).max(taken[1]);
    home > away + (all - taken[1]) || away > home + (all - taken[0])
}

fn kick_count_text(number: usize) -> String {
    match number {
        1 => "1 kick".to_owned(),
        number => format!("{number} kicks"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{finds, finds_in_match_with, without_a_sheet};

    /// Kicks from line 3 on, a minute apart. Each is the letter of the side, the number of the player or `?`, and `+`
    /// if it is scored.
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
            &["4 \"home\": warning: Home take two kicks in a row, on line 3 and on this line: the sides take turns"],
        );
        finds(
            &kicks("a9+ h9+ h8+ a8+ h7+"),
            &["5 \"home\": warning: Home take two kicks in a row, on line 4 and on this line: the sides take turns"],
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
        // A card for a player on the bench does not reduce the side.
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
                "{next} \"shootout_penalty\": warning: the kick on line {by} decides the shoot-out, {score}: remove this \
                 one{more}"
            )
        };
        finds(&kicks("h1+ a1- h2+ a2- h3+ a3- h4+ a4+ h5+ a5+"), &[&decided(8, "3-0", 9, " (and 3 after it)")]);
        finds(&kicks("h1+ a1- h2+ a2- h3+ a3-"), &[]);
        finds(&kicks("h1+ a1+ h2+ a2+ h3+ a3+ h4+ a4+ h5- a5+"), &[]);
        finds(&kicks("h1+ a1+ h2+ a2+ h3+ a3+ h4- a4+ h5- a5+"), &[&decided(11, "3-4", 12, "")]);
        // Sudden death.
        let level = "h1+ a1+ h2+ a2+ h3+ a3+ h4+ a4+ h5+ a5+";
        finds(&kicks(&format!("{level} h6- a6- h7+ a7+ h8+ a8-")), &[]);
        finds(&kicks(&format!("{level} h6+ a6- h7+ a7+")), &[&decided(14, "6-5", 15, " (and 1 after it)")]);
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
        // A feed that leaves kicks out, one without an end, and a shoot-out that was decided.
        ends(END, "h1+ a1-", &[]);
        ends("", "h1+ a1+", &[]);
        ends(END, "h1+ a1- h2+ a2- h3+ a3-", &[]);
    }

    #[test]
    fn kicks_are_judged_after_all_corrections() {
        // The second kick of away is taken again, by the same player.
        let retaken = r#"{"op":"remove","id":"k3","told":"124:20"}
            {"type":"shootout_penalty","period":5,"clock":"124:40","side":"away","player":"a2","outcome":"scored"}"#;
        finds(&format!("{}{retaken}", kicks("h1+ a1+ h2+ a2-")), &[]);
        // A miss is corrected to a goal, so the shoot-out continues.
        let missed = kicks("h1+ a1- h2+ a2- h3+ a3-");
        let goal = r#"{"op":"update","id":"k5","told":"126:20","outcome":"scored"}"#;
        let more = kicks("h1+ a1- h2+ a2- h3+ a3- h4+").lines().last().expect("a seventh").to_owned();
        finds(&format!("{missed}{goal}\n{more}"), &[]);
        // The player is corrected: to another one, and to one who has kicked before.
        let other = r#"{"op":"update","id":"k2","told":"124:20","player":"h2"}"#;
        finds(&format!("{}{other}", kicks("h1+ a1+ h1+ a2+")), &[]);
        let same = r#"{"op":"update","id":"k2","told":"124:20","player":"h1"}"#;
        finds(
            &format!("{}{same}", kicks("h1+ a1+ h2+ a2+")),
            &["7 \"h1\": warning: \"h1\" kicks again after line 3, before all 11 of Home have kicked once"],
        );
        // The end is removed.
        let end = r#"{"type":"match_end","id":"end","period":5,"clock":"124:00"}
            {"op":"remove","id":"end","told":"124:20"}"#;
        finds(&format!("{}{end}", kicks("h1+ a1+")), &[]);
        // A kick without outcome decides nothing.
        let unknown = kicks("h1+ a1- h2+ a2- h3+ a3- h4+ a4+").replace(r#","outcome":"saved""#, "");
        finds(&format!("{unknown}{END}"), &[]);
        let without_side = kicks("h1+ a1- h2+ a2-").replacen(r#""side":"home","#, "", 1);
        finds(&without_side, &["3 \"shootout_penalty\": error: shootout_penalty needs a side: \"home\" or \"away\""]);
    }
}
