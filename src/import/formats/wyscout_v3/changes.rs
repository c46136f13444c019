//! Substitutions and changes of formation: the blocks beside the events have them by period and second.

use std::collections::BTreeMap;

use serde_json::Value;

use super::mapping::WyscoutV3Mapping;
use super::rows::{EventsFile, WyscoutV3Row, listed_players};
use crate::football::{EventType, Field, MatchClock, PeriodRules, Reading, Side};
use crate::import::draft::{DraftEvent, MatchDraft};
use crate::import::row_clocks::end_of_break_before;
use crate::import::wyscout::mapping::WyscoutRow;
use crate::import::wyscout::match_record::{MatchRecord, SubstitutionRecord};
use crate::import::wyscout::words;

/// A change this early in a period, of a player who does not act in it, was made in the break, in milliseconds.
const AFTER_RESTART: i64 = 60_000;

/// A change of players. Ids are 0 if unknown.
#[derive(Debug, Clone, Copy)]
struct PlayerChange {
    on: u64,
    off: u64,
    clock: MatchClock,
}

/// Adds the substitutions and the changes of formation of both sides.
pub fn add_changes(mapping: &mut WyscoutV3Mapping<'_>, file: &EventsFile, record: &MatchRecord) {
    let rules = mapping.draft.fixture.rules.periods;
    for side in Side::ALL.iter().copied() {
        let team = mapping.ids.team(side).to_string();
        let records = record.team(side).map_or(&[][..], |team| &team.substitutions);
        let changes = read_changes(&file.substitutions[&team], records, rules);
        if changes.is_empty() {
            mapping.add_substitutions(side, records);
        }
        let mut count = 0;
        for change in changes {
            if change.on == 0 && mapping.version.sent_off.contains(&change.off) {
                mapping.draft.leave_out("players sent off among the substitutions");
                continue;
            }
            let clock = place(change, mapping);
            count += usize::from(change.on > 0 && change.off > 0);
            mapping.add_change(side, count, change.on, change.off, clock, None);
        }
        add_formations(&mut mapping.draft, &team, side, &file.formations[&team], rules);
    }
}

/// The changes of a block by period and second. A moment has a list of those who come on and one of those who go off; the
/// substitutions of the match data say who came on for whom.
fn read_changes(block: &Value, records: &[SubstitutionRecord], rules: PeriodRules) -> Vec<PlayerChange> {
    let replaced = |on: u64| records.iter().find(|record| record.player_in == on).map(|record| record.player_out);
    let mut changes = Vec::new();
    for (clock, lists) in by_time(block, rules) {
        let (on, mut off) = (listed_players(&lists["in"]), listed_players(&lists["out"]));
        // Known pairs first; what is left goes in the order of the lists.
        let known: Vec<Option<u64>> = on.iter().map(|on| replaced(*on).filter(|id| off.contains(id))).collect();
        off.retain(|id| !known.contains(&Some(*id)));
        let mut left = off.into_iter();
        for (on, known) in on.into_iter().zip(known) {
            changes.push(PlayerChange { on, off: known.or_else(|| left.next()).unwrap_or(0), clock });
        }
        changes.extend(left.map(|off| PlayerChange { on: 0, off, clock }));
    }
    changes
}

/// The entries of a block by period and second within it, in the order of play.
fn by_time(block: &Value, rules: PeriodRules) -> Vec<(MatchClock, &Value)> {
    let mut entries: BTreeMap<_, &Value> = BTreeMap::new();
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
fn place(change: PlayerChange, mapping: &mut WyscoutV3Mapping<'_>) -> MatchClock {
    let PlayerChange { on, off, clock } = change;
    let Some(period) = clock.period() else { return clock };
    let of = |player: u64| {
        let acts = move |row: &WyscoutV3Row| player > 0 && row.player_id() == player;
        let rows = mapping.rows.iter().zip(&mapping.clocks);
        rows.filter(move |(row, clock)| acts(row) && clock.period() == Some(period))
    };
    let last_of_out = of(off).next_back().map(|(_, clock)| clock.reading.as_millis());
    let first_of_in = of(on).next().map(|(_, clock)| clock.reading.as_millis());
    let at = clock.reading.as_millis();
    let start = mapping.draft.fixture.rules.periods.start(period).as_millis();
    if let Some(end_of_break) = end_of_break_before(period)
        && at - start <= AFTER_RESTART
        && last_of_out.is_none()
    {
        return end_of_break;
    }
    let (from, to) = (last_of_out.unwrap_or(start), first_of_in.map_or(at, |first| first - 1));
    if from > to && last_of_out.is_some() && first_of_in.is_some() {
        mapping.draft.warn(format!("player {off} acts after player {on} has come on for him"));
        return clock;
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
