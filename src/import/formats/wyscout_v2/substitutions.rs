//! Substitutions: the match data have a minute only. The touches of both players and the stoppages of play between them say
//! when it was.

use super::match_data::SubstitutionRecord;
use super::rows::Row;
use super::sheets::Sheets;
use super::tags::event;
use crate::football::{EventType, Field, MatchClock, Minute, Period, Reading, Side, Status};
use crate::import::draft::{DraftEvent, MatchDraft};

/// The nominal end of half-time, when the players come out again.
const END_OF_HALF_TIME: Reading = Reading::from_minutes(15);
/// How long before the restart, or after the stop, a player comes on, where there is so much time.
const MARGIN: i64 = 1_000;

/// Adds the substitutions of a side to the draft.
pub fn add_substitutions(
    draft: &mut MatchDraft,
    sheets: &Sheets,
    side: Side,
    records: &[SubstitutionRecord],
    rows: &[Row],
    clocks: &[MatchClock],
) {
    for (number, record) in records.iter().enumerate() {
        let (Some(on), Some(off)) = (sheets.player(record.player_in), sheets.player(record.player_out)) else {
            draft.warn(format!(
                "a substitution of minute {} is left out: the match data do not say of whom",
                record.minute
            ));
            continue;
        };
        let clock = place(record, rows, clocks, draft);
        let id = format!("{}-substitution-{}", draft.fixture.team(side).id, number + 1);
        let mut change = DraftEvent::new(id.as_str(), EventType::Substitution, clock).side(side);
        change.official = clock.period().map(|period| label(record.minute, period, draft));
        draft.add(change.player(Field::In, Some(on)).player(Field::Out, Some(off)));
    }
}

/// The label of the record's minute in a period: 91 of the second half is 90+1.
fn label(minute: u16, period: Period, draft: &MatchDraft) -> Minute {
    let end = u16::try_from(draft.fixture.rules.periods.end(period).minutes()).unwrap_or(u16::MAX);
    if minute > end { Minute { minute: end, added: Some(minute - end) } } else { Minute { minute, added: None } }
}

/// When a substitution was made.
fn place(record: &SubstitutionRecord, rows: &[Row], clocks: &[MatchClock], draft: &MatchDraft) -> MatchClock {
    let rules = draft.fixture.rules.periods;
    let acts = |player: u64| move |row: &Row| row.player_id == player;
    let last_of_out = rows.iter().rposition(acts(record.player_out));
    let first_of_in = rows.iter().position(acts(record.player_in));
    let period_of = |row: Option<usize>| row.and_then(|row| clocks[row].period());
    let half = rules.start(Period::Second).minutes();
    // A half-time change has the minute of the restart, or the last of the first half.
    let at_half_time = (half..=half + 1).contains(&i64::from(record.minute))
        && period_of(last_of_out).is_none_or(|period| period == Period::First)
        && period_of(first_of_in).is_none_or(|period| period != Period::First);
    if at_half_time {
        return MatchClock { status: Status::HalfTime, reading: END_OF_HALF_TIME };
    }
    // The middle of the recorded minute.
    let target = i64::from(record.minute) * 60_000 - 30_000;
    let window = last_of_out.unwrap_or(0)..=first_of_in.unwrap_or(rows.len() - 1);
    let candidates = (1..rows.len()).filter_map(|next| {
        let (from, to) = (clocks[next - 1], clocks[next]);
        if !(*window.start() < next && next <= *window.end() && from.status == to.status && from.reading <= to.reading)
        {
            return None;
        }
        let play_stops = stops_play(&rows[next - 1]) || rows[next].event() == event::FREE_KICK;
        // Play has to be stopped; where it never was, any moment between the touches is as good. Minute 91 may be of the second
        // half and of extra time: where the touches allow both, it is the former.
        let (from, to, status) = (from.reading.as_millis(), to.reading.as_millis(), to.status);
        let margin = MARGIN.min((to - from) / 2);
        let at = target.clamp(from + margin, to - margin);
        Some(((!play_stops, (at - target).abs(), status, from - to), status, at))
    });
    match candidates.min_by_key(|(rank, ..)| *rank) {
        Some((_, status, at)) => MatchClock { status, reading: Reading::from_millis(at) },
        None => nearest_clock(target, clocks),
    }
}

/// Where no moment suits, because the player who goes off acts after the one who comes on: the recorded minute.
fn nearest_clock(target: i64, clocks: &[MatchClock]) -> MatchClock {
    let distance = |clock: &&MatchClock| (clock.reading.as_millis() - target).abs();
    clocks
        .iter()
        .filter(|clock| clock.period() != Some(Period::Shootout))
        .min_by_key(distance)
        .copied()
        .unwrap_or(MatchClock::in_period(Period::First, Reading::default()))
}

/// Whether the ball is dead after a row.
fn stops_play(row: &Row) -> bool {
    matches!(row.event(), event::INTERRUPTION | event::FOUL | event::OFFSIDE)
        || row.has(super::tags::tag::GOAL)
        || row.has(super::tags::tag::OWN_GOAL)
}
