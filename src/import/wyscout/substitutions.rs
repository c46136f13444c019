//! Substitutions of which the record has only a minute. The touches of both players and the stoppages of play between them say
//! when they were.

use super::mapping::{WyscoutMapping, WyscoutRow};
use super::match_record::SubstitutionRecord;
use crate::football::{EventType, Field, MatchClock, Minute, Period, Reading, Side};
use crate::import::draft::DraftEvent;
use crate::import::row_clocks::end_of_break_before;

/// How long before the restart, or after the stop, a player comes on, where there is so much time.
const MARGIN: i64 = 1_000;

impl<R: WyscoutRow, S> WyscoutMapping<'_, R, S> {
    /// Adds the substitutions of a side by their minutes.
    pub fn add_substitutions(&mut self, side: Side, records: &[SubstitutionRecord]) {
        for (number, record) in (1..).zip(records) {
            let clock = self.place_by_minute(record);
            let official = clock.period().map(|period| self.label(record.minute, period));
            self.add_change(side, number, record.player_in, record.player_out, clock, official);
        }
    }

    /// Adds a change of players. Ids that are not known are 0.
    pub fn add_change(
        &mut self,
        side: Side,
        number: usize,
        on: u64,
        off: u64,
        clock: MatchClock,
        official: Option<Minute>,
    ) {
        let id = format!("{}-substitution-{number}", self.ids.team(side));
        let change = DraftEvent::new(id, EventType::Substitution, clock).side(side);
        let mut change = change.player(Field::In, self.ids.player(on)).player(Field::Out, self.ids.player(off));
        change.official = official;
        self.draft.add(change);
    }

    /// The label of the record's minute in a period: 91 of the second half is 90+1.
    fn label(&self, minute: u16, period: Period) -> Minute {
        let end = u16::try_from(self.draft.fixture.rules.periods.end(period).minutes()).unwrap_or(u16::MAX);
        if minute > end { Minute { minute: end, added: Some(minute - end) } } else { Minute { minute, added: None } }
    }

    /// When a substitution was made.
    fn place_by_minute(&self, record: &SubstitutionRecord) -> MatchClock {
        let (rows, clocks) = (self.rows, &self.clocks);
        let acts = |player: u64| move |row: &R| player > 0 && row.player_id() == player;
        let last_of_out = rows.iter().rposition(acts(record.player_out));
        let first_of_in = rows.iter().position(acts(record.player_in));
        let period_of = |row: Option<usize>| row.and_then(|row| clocks[row].period());
        let half = self.draft.fixture.rules.periods.start(Period::Second).minutes();
        // A half-time change has the minute of the restart, or the last of the first half.
        let at_half_time = (half..=half + 1).contains(&i64::from(record.minute))
            && period_of(last_of_out).is_none_or(|period| period == Period::First)
            && period_of(first_of_in).is_none_or(|period| period != Period::First);
        if let Some(half_time) = end_of_break_before(Period::Second).filter(|_| at_half_time) {
            return half_time;
        }
        // The middle of the recorded minute.
        let target = i64::from(record.minute) * 60_000 - 30_000;
        let window = last_of_out.unwrap_or(0) + 1..=first_of_in.unwrap_or(rows.len() - 1);
        let candidates = window.filter_map(|next| {
            let (from, to) = (clocks[next - 1], clocks[next]);
            if from.status != to.status || from.reading > to.reading {
                return None;
            }
            let play_stops = rows[next - 1].stops_play() || rows[next].is_set_piece();
            // Play has to be stopped; where it never was, any moment between the touches is as good. Minute 91 may be of the
            // second half and of extra time: where the touches allow both, it is the former.
            let (from, to, status) = (from.reading.as_millis(), to.reading.as_millis(), to.status);
            let margin = MARGIN.min((to - from) / 2);
            let at = target.clamp(from + margin, to - margin);
            Some(((!play_stops, (at - target).abs(), status, from - to), status, at))
        });
        match candidates.min_by_key(|(rank, ..)| *rank) {
            Some((_, status, at)) => MatchClock { status, reading: Reading::from_millis(at) },
            None => self.nearest_clock(target),
        }
    }

    /// Where no moment suits, because the player who goes off acts after the one who comes on: the recorded minute.
    fn nearest_clock(&self, target: i64) -> MatchClock {
        let distance = |clock: &&MatchClock| (clock.reading.as_millis() - target).abs();
        self.clocks
            .iter()
            .filter(|clock| clock.period() != Some(Period::Shootout))
            .min_by_key(distance)
            .copied()
            .unwrap_or(MatchClock::in_period(Period::First, Reading::default()))
    }
}
