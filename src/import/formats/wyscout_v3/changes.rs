//! Substitutions and changes of formation: the blocks beside the events have them by period and second.

use std::collections::{BTreeMap, HashSet};

use serde_json::Value;

use super::fixture::{TeamIds, number, player_id};
use super::rows::{EventsFile, MatchRow};
use super::words;
use crate::football::{EventType, Field, MatchClock, Period, PeriodRules, Reading, Side};
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::row_clocks::end_of_break_before;

/// A change this early in a period, of a player who does not act in it, was made in the break, in milliseconds.
const AFTER_RESTART: i64 = 60_000;

/// A change of players.
#[derive(Debug, Clone, Copy)]
struct PlayerChange {
    on: Option<u64>,
    off: Option<u64>,
    clock: MatchClock,
}

/// Adds the substitutions and the changes of formation of both sides.
pub fn add_changes(
    draft: &mut MatchDraft,
    file: &EventsFile,
    rows: &[MatchRow],
    clocks: &[MatchClock],
    teams: TeamIds,
    sent_off: &HashSet<u64>,
) {
    for side in Side::ALL.iter().copied() {
        let team = teams.of(side).to_string();
        let record = &file.match_data["teamsData"][&team]["formation"]["substitutions"];
        let rules = draft.fixture.rules.periods;
        let mut changes = read_changes(&file.substitutions[&team], record, rules);
        if changes.is_empty() {
            changes = read_minutes(record, rules);
        }
        let mut count = 0;
        for change in changes {
            let clock = place(change, rows, clocks, rules, draft);
            match (change.on, change.off) {
                (Some(on), Some(off)) => {
                    count += 1;
                    let id = format!("{team}-substitution-{count}");
                    let event = DraftEvent::new(id.as_str(), EventType::Substitution, clock).side(side);
                    draft.add(event.player(Field::In, Some(&player_id(on))).player(Field::Out, Some(&player_id(off))));
                }
                // The block has players who are sent off, too.
                (None, Some(off)) if sent_off.contains(&off) => {
                    draft.leave_out("players sent off among the substitutions")
                }
                (None, Some(off)) => {
                    let event = DraftEvent::new(format!("{team}-off-{off}").as_str(), EventType::PlayerOff, clock);
                    draft.add(event.side(side).player(Field::Player, Some(&player_id(off))));
                }
                (Some(on), None) => draft.warn(format!("it is unknown for whom player {on} came on")),
                (None, None) => {}
            }
        }
        add_formations(draft, &team, side, &file.formations[&team], rules);
    }
}

/// The changes of a block by period and second. A moment has a list of those who come on and one of those who go off; the
/// substitutions of the match data say who came on for whom.
fn read_changes(block: &Value, record: &Value, rules: PeriodRules) -> Vec<PlayerChange> {
    let ids = |list: &Value| -> Vec<u64> {
        let players = list.as_array().into_iter().flatten();
        players.filter_map(|player| number(&player["playerId"])).filter(|id| *id > 0).collect()
    };
    let replaced = |on: u64| {
        let mut records = record.as_array().into_iter().flatten();
        records.find(|change| number(&change["playerIn"]) == Some(on)).and_then(|change| number(&change["playerOut"]))
    };
    let mut changes = Vec::new();
    for (clock, lists) in by_time(block, rules) {
        let (on, mut off) = (ids(&lists["in"]), ids(&lists["out"]));
        // Known pairs first; what is left goes in the order of the lists.
        let known: Vec<Option<u64>> = on.iter().map(|on| replaced(*on).filter(|id| off.contains(id))).collect();
        off.retain(|id| !known.contains(&Some(*id)));
        let mut left = off.into_iter();
        for (on, known) in on.into_iter().zip(known) {
            changes.push(PlayerChange { on: Some(on), off: known.or_else(|| left.next()), clock });
        }
        changes.extend(left.map(|off| PlayerChange { on: None, off: Some(off), clock }));
    }
    changes
}

/// The changes of the match data, of which only the minute is known, counted from 1.
fn read_minutes(record: &Value, rules: PeriodRules) -> Vec<PlayerChange> {
    let records = record.as_array().into_iter().flatten();
    let change = |change: &Value| {
        let minute = i64::try_from(number(&change["minute"])?).ok().filter(|minute| (1..=200).contains(minute))?;
        let reading = Reading::from_millis(minute * 60_000 - 60_000);
        let begun = |period: &Period| rules.start(*period) <= reading;
        let period = [Period::ExtraSecond, Period::ExtraFirst, Period::Second].into_iter().find(begun);
        let clock = MatchClock::in_period(period.unwrap_or(Period::First), reading);
        Some(PlayerChange { on: number(&change["playerIn"]), off: number(&change["playerOut"]), clock })
    };
    records.filter_map(change).collect()
}

/// The entries of a block by period and second within it, in the order of play.
fn by_time(block: &Value, rules: PeriodRules) -> Vec<(MatchClock, &Value)> {
    let mut entries: BTreeMap<(Period, i64), &Value> = BTreeMap::new();
    for (word, moments) in block.as_object().into_iter().flatten() {
        let Some(period) = words::period(word) else { continue };
        for (second, value) in moments.as_object().into_iter().flatten() {
            if let Ok(second) = second.parse::<u16>() {
                entries.insert((period, i64::from(second) * 1_000), value);
            }
        }
    }
    let clock =
        |period, millis| MatchClock::in_period(period, Reading::from_millis(rules.start(period).as_millis() + millis));
    entries.into_iter().map(|((period, millis), value)| (clock(period, millis), value)).collect()
}

/// When a change was made: in the break if it is recorded at the restart, else between the last action of the player who goes
/// off and the first of the one who comes on.
fn place(
    change: PlayerChange,
    rows: &[MatchRow],
    clocks: &[MatchClock],
    rules: PeriodRules,
    draft: &mut MatchDraft,
) -> MatchClock {
    let Some(period) = change.clock.period() else { return change.clock };
    let of = |player: Option<u64>| {
        let acts = move |row: &MatchRow| player.is_some() && row.player_id() == player;
        rows.iter().zip(clocks).filter(move |(row, clock)| acts(row) && clock.period() == Some(period))
    };
    let last_of_out = of(change.off).next_back().map(|(_, clock)| clock.reading.as_millis());
    let first_of_in = of(change.on).next().map(|(_, clock)| clock.reading.as_millis());
    let at = change.clock.reading.as_millis();
    let early = at - rules.start(period).as_millis() <= AFTER_RESTART;
    if early
        && last_of_out.is_none()
        && let Some(end_of_break) = end_of_break_before(period)
    {
        return end_of_break;
    }
    let (from, to) = (last_of_out.unwrap_or(at), first_of_in.map_or(at, |first| first - 1));
    if from > to && last_of_out.is_some() && first_of_in.is_some() {
        draft.warn(format!(
            "player {} acts after player {} has come on for him",
            change.off.unwrap_or(0),
            change.on.unwrap_or(0)
        ));
        return change.clock;
    }
    MatchClock::in_period(period, Reading::from_millis(at.min(to).max(from)))
}

/// The formations after the first one, where they differ from the one before.
fn add_formations(draft: &mut MatchDraft, team: &str, side: Side, block: &Value, rules: PeriodRules) {
    let mut before = draft.fixture.team(side).formation.clone();
    for (number, (mut clock, schemes)) in by_time(block, rules).into_iter().enumerate() {
        let Some(scheme) = schemes.as_object().and_then(|schemes| schemes.keys().next()) else { continue };
        if before.as_deref() == Some(scheme) {
            continue;
        }
        let known = before.replace(scheme.as_str().into()).is_some();
        if !known {
            continue;
        }
        let start = clock.period().map_or(0, |period| rules.start(period).as_millis());
        if clock.reading.as_millis() - start <= AFTER_RESTART
            && let Some(end_of_break) = clock.period().and_then(end_of_break_before)
        {
            clock = end_of_break;
        }
        let change = DraftEvent::new(format!("{team}-formation-{number}").as_str(), EventType::FormationChange, clock);
        draft.add(change.side(side).text(Field::Formation, Some(scheme)));
    }
}
