//! The state of one match: a reversible fold of its events.
//!
//! Almost everything here is a count to which events contribute. To apply a correction, the fold subtracts the
//! contribution of the previous revision and adds that of the new one: a removed goal lowers the score, a rescinded card
//! puts the player back on the field. The result does not depend on the order of corrections, and the state does not
//! grow with the number of events.

use std::sync::Arc;

use super::event::MatchEvent;
use super::event_data::{EventData, Passing, passing_by_side, xg_by_side};
use super::event_type::{EventType, Field};
use super::lineup::{Coach, Match, Player, Rules, UtcMillis};
use super::positions::Positions;
use super::score::Score;
use super::statistics::Statistics;
use super::tally::{Presence, Tally};
use super::value_history::ValueHistory;
use super::words::{Period, Side, Status};

/// The quota that a substitution is counted against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Allowance {
    /// The ordinary substitutions of a side.
    Ordinary,
    /// Substitutions for a suspected concussion, if the rules of the match have them.
    Concussion,
    /// None: a starter is replaced before kick-off.
    BeforeKickoff,
}

impl Allowance {
    /// The quota of a substitution.
    pub(crate) fn from_event(event: &MatchEvent, rules: &Rules) -> Self {
        let concussion = || event.details.text(Field::Reason) == Some("concussion");
        match event.clock.status {
            Status::Scheduled => Self::BeforeKickoff,
            _ if rules.concussion_substitutions > 0 && concussion() => Self::Concussion,
            _ => Self::Ordinary,
        }
    }

    fn special_index(self) -> Option<usize> {
        match self {
            Self::Ordinary => None,
            Self::Concussion => Some(0),
            Self::BeforeKickoff => Some(1),
        }
    }
}

/// The state of one match after some of its events.
#[derive(Debug, Clone, PartialEq)]
pub struct MatchState {
    fixture: Arc<Match>,
    /// The status of the match.
    pub status: Status,
    /// Whether the first half is over. The status does not say so while the match is interrupted.
    first_half_over: bool,
    /// Goals by period, extra time included; last, the goals outside any period.
    goals: [[i32; 2]; 5],
    shootout: [i32; 2],
    shootout_kicks: [i32; 2],
    tallies: [Vec<Tally>; 2],
    /// The counts of the coaches: their cards.
    coaches: [Tally; 2],
    positions: Positions,
    statistics: [Statistics; 2],
    event_data: [EventData; 2],
    /// Substitutions that are not ordinary, by [`Allowance`].
    special_changes: [[i32; 2]; 2],
    /// How many reports of line-ups each side has.
    lineups: [i32; 2],
    /// Whether extra time has been reached, which may allow further substitutions.
    extra_time: bool,
    /// Announced minutes of stoppage time, each with its period.
    announced: ValueHistory<(u16, Period)>,
    /// Results awarded by the competition.
    awards: ValueHistory<Score>,
    /// Kick-off times of delays.
    kickoffs: ValueHistory<UtcMillis>,
}

impl MatchState {
    /// The state before the first event.
    pub fn new(fixture: Arc<Match>) -> Self {
        let tallies = [&fixture.home, &fixture.away].map(|team| vec![Tally::default(); team.players.len()]);
        Self {
            fixture,
            status: Status::Scheduled,
            first_half_over: false,
            goals: [[0; 2]; 5],
            shootout: [0; 2],
            shootout_kicks: [0; 2],
            tallies,
            coaches: [Tally::default(); 2],
            positions: Positions::default(),
            statistics: [Statistics::default(); 2],
            event_data: [EventData::default(); 2],
            special_changes: [[0; 2]; 2],
            lineups: [0; 2],
            extra_time: false,
            announced: ValueHistory::default(),
            awards: ValueHistory::default(),
            kickoffs: ValueHistory::default(),
        }
    }

    /// The match.
    pub fn fixture(&self) -> &Arc<Match> {
        &self.fixture
    }

    /// Folds an event in. `previous` is the previous revision of the same event, whose contribution is subtracted.
    pub fn apply(&mut self, event: &MatchEvent, previous: Option<&MatchEvent>) {
        if let Some(previous) = previous.filter(|previous| previous.is_in_force()) {
            self.add_contribution(previous, -1);
        }
        if event.is_in_force() {
            self.add_contribution(event, 1);
        }
        let announces =
            |event: &MatchEvent| matches!(event.kind, EventType::AddedTime | EventType::Awarded | EventType::Delayed);
        if announces(event) || previous.is_some_and(announces) {
            self.record_announcement(event);
        }
        self.positions.apply(&self.fixture, event, previous);
        self.status = event.status;
        self.first_half_over = match event.status {
            Status::Scheduled | Status::FirstHalf | Status::Postponed => false,
            Status::Suspended | Status::Abandoned => self.first_half_over || event.clock.period() > Some(Period::First),
            _ => true,
        };
        self.extra_time |= (Status::ExtraTimeBreak..=Status::ExtraSecondHalf).contains(&event.status)
            || matches!(event.clock.period(), Some(Period::ExtraFirst | Period::ExtraSecond));
    }

    /// Adds (`by` 1) or subtracts (`by` -1) the contribution of an event.
    fn add_contribution(&mut self, event: &MatchEvent, by: i32) {
        let Some(side) = event.side else { return };
        if Tally::is_counted(&event.kind)
            && let Some(id) = event.player()
        {
            // The sheet decides the player's side: the scorer of an own goal does not belong to the event's side.
            if let Some((team, index, _)) = self.fixture.player(id.as_str()) {
                self.tallies[team.index()][index].add_contribution(event, by);
            } else if let Some((team, _)) = self.fixture.coach(id.as_str()) {
                self.coaches[team.index()].add_contribution(event, by);
            }
        }
        match event.kind {
            EventType::Goal => {
                let period = event.clock.period().map_or(4, |period| usize::from(period.number()) - 1);
                self.goals[period.min(4)][side.index()] += by;
            }
            EventType::ShootoutPenalty => {
                self.shootout_kicks[side.index()] += by;
                if event.details.text(Field::Outcome) == Some("scored") {
                    self.shootout[side.index()] += by;
                }
            }
            EventType::Lineup => self.lineups[side.index()] += by,
            EventType::Substitution => {
                if let Some(special) = Allowance::from_event(event, &self.fixture.rules).special_index() {
                    self.special_changes[special][side.index()] += by;
                }
                // Without `out` it is unknown who leaves the field. The substitute stays on the bench, or there would be
                // twelve players.
                let complete = event.details.player(Field::Out).is_some();
                for (field, on) in [(Field::In, true), (Field::Out, false)] {
                    if on && !complete {
                        continue;
                    }
                    let player = event.details.player(field).and_then(|id| self.fixture.player(id.as_str()));
                    if let Some((team, index, _)) = player {
                        let tally = &mut self.tallies[team.index()][index];
                        *(if on { &mut tally.came_on } else { &mut tally.went_off }) += by;
                    }
                }
            }
            _ => {}
        }
        self.statistics[side.index()].add_contribution(event, by);
        self.event_data[side.index()].add_contribution(event, by);
    }

    /// Records the announced stoppage time, result or kick-off of an event, replacing that of its previous revision.
    fn record_announcement(&mut self, event: &MatchEvent) {
        let (id, details) = (&event.id, &event.details);
        let as_a = |kind: EventType| Some(details).filter(|_| event.kind == kind && event.is_in_force());
        let minutes = as_a(EventType::AddedTime).and_then(|details| details.minutes(Field::Minutes));
        self.announced.set(id, minutes.zip(event.clock.period()));
        self.awards.set(id, as_a(EventType::Awarded).and_then(|details| details.score(Field::Score)));
        self.kickoffs.set(id, as_a(EventType::Delayed).and_then(|details| details.time(Field::Kickoff)));
    }

    /// The awarded result if there is one, else the goals so far, without the shoot-out.
    pub fn score(&self) -> Score {
        self.awarded_score().unwrap_or_else(|| self.played_score())
    }

    /// The awarded result, if any.
    pub fn awarded_score(&self) -> Option<Score> {
        self.awards.latest().copied()
    }

    /// The kick-off time as known so far: the latest delay, else the scheduled time.
    pub fn kickoff(&self) -> UtcMillis {
        self.kickoffs.latest().copied().unwrap_or(self.fixture.kickoff)
    }

    /// The goals so far, without the shoot-out and regardless of an awarded result.
    pub fn played_score(&self) -> Score {
        let sum = |side: usize| clamp_count(self.goals.iter().map(|period| period[side]).sum());
        Score { home: sum(0), away: sum(1) }
    }

    /// The goals played in some periods, regardless of an awarded result. Goals outside any period count for the first half.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn goals_in(&self, periods: &[Period]) -> Score {
        let of = |side: usize, period: Period| {
            let outside = if period == Period::First { self.goals[4][side] } else { 0 };
            self.goals.get(usize::from(period.number()) - 1).map_or(0, |goals| goals[side]) + outside
        };
        let sum = |side: usize| {
            clamp_count(periods.iter().filter(|of| **of != Period::Shootout).map(|period| of(side, *period)).sum())
        };
        Score { home: sum(0), away: sum(1) }
    }

    /// Whether the line-up of a side was reported.
    #[cfg_attr(not(feature = "net"), allow(dead_code))]
    pub(crate) fn has_lineup(&self, side: Side) -> bool {
        self.lineups[side.index()] > 0
    }

    /// The goals of the first half; `None` before its end.
    pub fn half_time_score(&self) -> Option<Score> {
        self.first_half_over.then(|| Score { home: clamp_count(self.goals[0][0]), away: clamp_count(self.goals[0][1]) })
    }

    /// Kicks scored in the shoot-out; `None` before it begins.
    pub fn shootout_score(&self) -> Option<Score> {
        let taken = self.shootout_kicks.iter().any(|kicks| *kicks > 0) || self.status == Status::Shootout;
        taken.then(|| Score { home: clamp_count(self.shootout[0]), away: clamp_count(self.shootout[1]) })
    }

    /// The current period; `None` outside play.
    pub fn period(&self) -> Option<Period> {
        self.status.period()
    }

    /// The minutes of stoppage time announced for a period.
    pub fn announced_minutes(&self, period: Period) -> Option<u16> {
        self.announced.newest_first().find(|(_, of)| *of == period).map(|(minutes, _)| *minutes)
    }

    /// The statistics of a side.
    pub fn statistics(&self, side: Side) -> &Statistics {
        &self.statistics[side.index()]
    }

    /// The passes of a side; `None` before the first pass of the match.
    pub fn passing(&self, side: Side) -> Option<Passing> {
        passing_by_side(&self.event_data).map(|sides| sides[side.index()])
    }

    /// The expected goals of a side, to four decimals; `None` before the first attempt of the match that has any.
    pub fn xg(&self, side: Side) -> Option<f64> {
        xg_by_side(&self.event_data).map(|sides| sides[side.index()])
    }

    /// The substitutions that a side has left, without those for a concussion. Negative if it has made more than the rules
    /// allow.
    pub fn substitutions_left(&self, side: Side) -> i64 {
        i64::from(self.substitutions_allowed(side)) - i64::from(self.substitutions_made(side, Allowance::Ordinary))
    }

    /// The concussion substitutions that a side has left. Negative if it has made more than the rules allow.
    pub fn concussion_substitutions_left(&self, side: Side) -> i64 {
        let made = self.substitutions_made(side, Allowance::Concussion);
        i64::from(self.fixture.rules.concussion_substitutions) - i64::from(made)
    }

    /// Whether extra time, or the break before it, has been reached.
    pub fn has_extra_time(&self) -> bool {
        self.extra_time
    }

    /// How many substitutions a side may make in all, without those for a concussion and before kick-off. Extra time and
    /// concussion substitutions of the other side raise it.
    pub fn substitutions_allowed(&self, side: Side) -> u32 {
        let rules = &self.fixture.rules;
        let extra = if self.extra_time { rules.extra_time_substitutions } else { 0 };
        let in_return = self.substitutions_made(side.other(), Allowance::Concussion);
        u32::from(rules.substitutions) + u32::from(extra) + in_return
    }

    /// How many substitutions a side has made against a quota.
    pub fn substitutions_made(&self, side: Side, allowance: Allowance) -> u32 {
        let of = |special: usize| u32::try_from(self.special_changes[special][side.index()]).unwrap_or(0);
        match allowance.special_index() {
            Some(special) => of(special),
            None => self.statistics(side).substitutions.saturating_sub(of(0) + of(1)),
        }
    }

    /// How many players a side has lost: sent off while they were one of the eleven. An unused substitute, a player who had
    /// been replaced, and a card without a player on the sheet do not count.
    pub fn players_down(&self, side: Side) -> usize {
        let lost = |tally: &Tally, player: &Player| tally.is_sent_off() && tally.is_in_the_team(player);
        let sheet = &self.fixture.team(side).players;
        sheet.iter().zip(&self.tallies[side.index()]).filter(|(player, tally)| lost(tally, player)).count()
    }

    /// The coach of a side with the coach's cards; `None` if the sheet gives the coach no id.
    pub fn coach(&self, side: Side) -> Option<(&Coach, &Tally)> {
        let coach = self.fixture.team(side).coach.as_ref().filter(|coach| coach.id.is_some())?;
        Some((coach, &self.coaches[side.index()]))
    }

    /// The position of the player at an index of a side's sheet: the latest change, else the position on the sheet.
    pub fn position(&self, side: Side, index: usize) -> Option<&str> {
        let sheet = || self.fixture.team(side).players.get(index)?.position.as_deref();
        self.positions.get(side, index).or_else(sheet)
    }

    /// The players of a side in sheet order, each with presence and counts.
    pub fn players(&self, side: Side) -> impl Iterator<Item = (&Player, Presence, &Tally)> {
        let sheet = &self.fixture.team(side).players;
        sheet.iter().zip(&self.tallies[side.index()]).map(|(player, tally)| (player, tally.presence(player), tally))
    }

    /// The presence of a player; `None` for a player on neither sheet.
    pub fn presence(&self, id: &str) -> Option<Presence> {
        let (side, index, player) = self.fixture.player(id)?;
        Some(self.tallies[side.index()][index].presence(player))
    }

    /// The counts of a player; `None` for a player on neither sheet.
    pub fn tally(&self, id: &str) -> Option<&Tally> {
        let (side, index, _) = self.fixture.player(id)?;
        Some(&self.tallies[side.index()][index])
    }
}

/// Clamps a count for display: a correction without its original could push it below zero.
fn clamp_count(sum: i32) -> u16 {
    u16::try_from(sum.max(0)).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{event, fixture};
    use super::super::words::Op;
    use super::*;

    /// The state after a list of events and corrections.
    fn after(events: &[MatchEvent]) -> MatchState {
        let mut state = MatchState::new(fixture());
        for (at, event) in events.iter().enumerate() {
            let previous = events[..at].iter().rfind(|earlier| earlier.id == event.id);
            state.apply(event, previous);
        }
        state
    }

    #[test]
    fn a_removed_goal_leaves_no_trace() {
        let goal = event("g1", EventType::Goal, "67:10", Side::Home, "h9");
        let annulled = after(&[goal.clone(), MatchEvent { op: Op::Remove, rev: 1, ..goal.clone() }]);
        assert_eq!(annulled.score(), Score::default());
        assert_eq!(annulled.statistics(Side::Home), &Statistics::default());
        assert_eq!(annulled.tally("h9").expect("on the sheet").goals, 0);
        assert_eq!(after(&[goal]).score(), Score { home: 1, away: 0 });
    }

    #[test]
    fn an_own_goal_is_credited_to_the_other_side_and_is_no_shot() {
        let mut own_goal = event("g1", EventType::Goal, "20:00", Side::Away, "h4");
        own_goal.details.set(Field::OwnGoal, super::super::event::FieldValue::Flag(true));
        let state = after(&[own_goal]);
        assert_eq!(state.score(), Score { home: 0, away: 1 });
        assert_eq!(state.statistics(Side::Away).shots, 0);
        assert_eq!(state.tally("h4").map(|tally| (tally.goals, tally.own_goals)), Some((0, 1)));
    }

    #[test]
    fn a_rescinded_red_card_puts_the_player_back_on() {
        let card = event("c1", EventType::RedCard, "30:00", Side::Home, "h4");
        assert_eq!(after(std::slice::from_ref(&card)).presence("h4"), Some(Presence::SentOff));
        let rescinded = MatchEvent { op: Op::Remove, rev: 1, ..card.clone() };
        assert_eq!(after(&[card, rescinded]).presence("h4"), Some(Presence::On));
    }

    #[test]
    fn a_substitution_swaps_two_players_and_uses_a_change() {
        let mut change = event("s1", EventType::Substitution, "60:00", Side::Home, "");
        change.details.set(Field::In, super::super::event::FieldValue::Player("h12".into()));
        change.details.set(Field::Out, super::super::event::FieldValue::Player("h9".into()));
        let state = after(&[change]);
        assert_eq!(state.presence("h12"), Some(Presence::On));
        assert_eq!(state.presence("h9"), Some(Presence::Off));
        assert_eq!(state.presence("h13"), Some(Presence::Bench));
        assert_eq!(state.substitutions_left(Side::Home), 4);
    }

    fn change(id: &str, clock: &str, on: Option<&str>, off: Option<&str>) -> MatchEvent {
        let mut change = event(id, EventType::Substitution, clock, Side::Home, "");
        for (field, player) in [(Field::In, on), (Field::Out, off)] {
            if let Some(player) = player {
                change.details.set(field, super::super::event::FieldValue::Player(player.into()));
            }
        }
        change
    }

    fn on_the_field(state: &MatchState) -> usize {
        state.players(Side::Home).filter(|(_, presence, _)| *presence == Presence::On).count()
    }

    #[test]
    fn a_substitute_stays_on_the_bench_until_it_is_known_who_goes_off() {
        let half = change("s1", "60:00", Some("h12"), None);
        let state = after(std::slice::from_ref(&half));
        assert_eq!((on_the_field(&state), state.presence("h12")), (11, Some(Presence::Bench)));
        assert_eq!(state.substitutions_left(Side::Home), 4, "the substitution counts all the same");
        let whole = MatchEvent { rev: 1, op: Op::Update, ..change("s1", "60:00", Some("h12"), Some("h9")) };
        let state = after(&[half.clone(), whole.clone()]);
        assert_eq!((on_the_field(&state), state.presence("h12")), (11, Some(Presence::On)));
        let removed = MatchEvent { rev: 2, op: Op::Remove, ..whole.clone() };
        let state = after(&[half, whole, removed]);
        assert_eq!((on_the_field(&state), state.presence("h12")), (11, Some(Presence::Bench)));
        let state = after(&[change("s1", "60:00", None, Some("h9"))]);
        assert_eq!((on_the_field(&state), state.presence("h9")), (10, Some(Presence::Off)));
    }

    #[test]
    fn a_side_loses_only_players_who_were_on_the_field() {
        use EventType::{PlayerOff, PlayerOn, RedCard, SecondYellowCard};
        let card = |kind, player| event("c", kind, "70:00", Side::Home, player);
        let off = |player| event("o", PlayerOff, "60:00", Side::Home, player);
        let cases = [
            ("on the field", vec![card(RedCard, "h9")], 1),
            ("a second caution", vec![card(SecondYellowCard, "h9")], 1),
            ("on the bench", vec![card(RedCard, "h12")], 0),
            ("replaced", vec![change("s", "60:00", Some("h12"), Some("h9")), card(RedCard, "h9")], 0),
            ("came on", vec![change("s", "60:00", Some("h12"), Some("h9")), card(RedCard, "h12")], 1),
            ("a coach", vec![card(RedCard, "")], 0),
            ("away for a while", vec![off("h9"), card(RedCard, "h9")], 1),
            (
                "away, then replaced",
                vec![off("h9"), change("s", "61:00", Some("h12"), Some("h9")), card(RedCard, "h9")],
                0,
            ),
            ("back again", vec![off("h9"), event("b", PlayerOn, "61:00", Side::Home, "h9"), card(RedCard, "h9")], 1),
            ("taken back", vec![card(RedCard, "h9"), MatchEvent { rev: 1, op: Op::Remove, ..card(RedCard, "h9") }], 0),
            (
                "another player after all",
                vec![card(RedCard, "h9"), MatchEvent { rev: 1, op: Op::Update, ..card(RedCard, "h12") }],
                0,
            ),
        ];
        for (case, events, down) in cases {
            assert_eq!(after(&events).players_down(Side::Home), down, "{case}");
        }
    }

    #[test]
    fn a_removed_announcement_restores_the_one_before() {
        let announce = |id: &str, minutes| {
            let mut event = event(id, EventType::AddedTime, "45:00", Side::Home, "");
            event.clock.status = Status::FirstHalf;
            event.side = None;
            event.details.set(Field::Minutes, super::super::event::FieldValue::Minutes(minutes));
            event
        };
        let (two, nine) = (announce("a1", 2), announce("a2", 9));
        assert_eq!(after(&[two.clone(), nine.clone()]).announced_minutes(Period::First), Some(9));
        let withdrawn = MatchEvent { op: Op::Remove, rev: 1, ..nine.clone() };
        assert_eq!(after(&[two, nine, withdrawn]).announced_minutes(Period::First), Some(2));
    }

    #[test]
    fn the_half_time_score_appears_when_the_half_is_over() {
        let mut goal = event("g1", EventType::Goal, "12:00", Side::Home, "h9");
        goal.clock.status = Status::FirstHalf;
        goal.status = Status::FirstHalf;
        assert_eq!(after(std::slice::from_ref(&goal)).half_time_score(), None);
        let mut end = event("e2", EventType::PeriodEnd, "46:00", Side::Home, "");
        end.status = Status::HalfTime;
        assert_eq!(after(&[goal, end]).half_time_score(), Some(Score { home: 1, away: 0 }));
    }
}
