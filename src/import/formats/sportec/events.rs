//! Rows of event data as events: most give one, a saved shot and a penalty give two, and assessments give none.

use std::collections::HashSet;

use super::ends::FieldEnds;
use super::match_information::{self, MatchInformation};
use super::periods::{MatchPeriods, find_periods, happens_anywhere};
use super::rows::{EventRow, EventRows};
use super::words;
use crate::football::{EventId, EventType, Field, FieldValue, MatchClock, Period, PlayerId, Point, Side, UtcMillis};
use crate::import::draft::{DraftEvent, MatchDraft, RecordedResult};
use crate::import::teams::find_two_teams;

/// The longest time between a foul and its card, in milliseconds. A video review may lie between them.
const BEFORE_CARD: i64 = 300_000;

/// Makes the draft of a match from its rows.
pub fn draft_match(rows: &EventRows, information: &MatchInformation) -> Result<MatchDraft, String> {
    let fixture = &information.fixture;
    let stated = [fixture.home.id.as_str(), fixture.away.id.as_str()];
    let of_rows = rows.rows.iter().enumerate().filter_map(|(at, row)| Some((at, row.team()?)));
    find_two_teams(Some(("the match information", stated)), of_rows, |at| format!("event {}", rows.rows[at].id))?;
    let actual_kickoff = fixture.period_starts.first().map(|(_, at)| at.0);
    let periods = find_periods(&rows.rows, actual_kickoff, fixture.rules.periods)?;
    let ends = FieldEnds::find(&rows.rows, &periods, information);
    let mut draft = MatchDraft::new(fixture.clone());
    draft.rows = rows.count;
    for (reason, count) in &rows.withdrawn {
        draft.leave_out_rows(reason, *count);
    }
    describe_course(&mut draft, &periods, &rows.rows, information);
    for played in periods.played.iter().filter(|played| ends.is_unknown(played.period)) {
        draft.warn(format!(
            "period {}: it is unknown which side plays to the right, so places are left out",
            played.period.number()
        ));
    }
    let kickoff = draft.fixture.kickoff.0;
    let mut mapping =
        EventMapping { rows: &rows.rows, information, kickoff, periods, ends, key_passes: HashSet::new(), draft };
    mapping.find_key_passes();
    mapping.add_periods();
    for index in 0..mapping.rows.len() {
        mapping.map_row(index);
    }
    Ok(mapping.draft)
}

/// What the rows say of the match as a whole.
fn describe_course(draft: &mut MatchDraft, periods: &MatchPeriods, rows: &[EventRow], information: &MatchInformation) {
    information.warnings.iter().for_each(|warning| draft.warn(warning.clone()));
    draft.fixture.period_starts =
        periods.played.iter().map(|played| (played.period, UtcMillis(played.start))).collect();
    if let (UtcMillis::UNKNOWN, Some(first)) = (draft.fixture.kickoff, periods.played.first()) {
        draft.fixture.kickoff = UtcMillis(first.start);
    }
    let last = periods.played.last().map(|played| played.period);
    if rows.iter().any(|row| row.kind() == "VideoAssistantAction") {
        draft.fixture.rules.var = true;
    }
    let whistle = rows.iter().rfind(|row| row.kind() == "FinalWhistle");
    let by_whistle = || whistle.and_then(|row| row.attribute("FinalResult")).and_then(match_information::parse_score);
    // What the result of a match with a shoot-out counts is not documented.
    if last != Some(Period::Shootout) {
        let result = information.result.or_else(by_whistle);
        draft.recorded = result.map(|score| RecordedResult { score, shootout: None });
    }
}

pub(super) struct EventMapping<'a> {
    pub rows: &'a [EventRow<'a>],
    pub information: &'a MatchInformation,
    /// The scheduled kick-off, in milliseconds since 1970.
    pub kickoff: i64,
    pub periods: MatchPeriods,
    pub ends: FieldEnds,
    /// The rows of passes that led to an attempt.
    pub key_passes: HashSet<usize>,
    pub draft: MatchDraft,
}

impl EventMapping<'_> {
    /// Whether a row is the last whistle, and ends the match before its time.
    fn breaks_off(&self, row: &EventRow) -> bool {
        let last = self.rows.iter().rfind(|row| row.kind() == "FinalWhistle");
        last.is_some_and(|last| last.id == row.id) && row.attribute("BreakingOff") == Some("true")
    }

    fn map_row(&mut self, index: usize) {
        let row = &self.rows[index];
        match row.kind() {
            "KickOff" => self.add_set_piece(index, EventType::KickOff),
            "CornerKick" => self.add_set_piece(index, EventType::Corner),
            "FreeKick" => self.add_set_piece(index, EventType::FreeKick),
            "GoalKick" => self.add_set_piece(index, EventType::GoalKick),
            "ThrowIn" => self.add_set_piece(index, EventType::ThrowIn),
            "Penalty" => self.add_penalty(index),
            "ShotAtGoal" => self.add_shot(index, ""),
            "OwnGoal" => self.add_own_goal(index),
            "GoalDisallowed" => {
                let reason = row.attribute("Reason").map(words::snake_case);
                self.add(self.event(index, EventType::DisallowedGoal, "").text(Field::Reason, reason.as_deref()));
            }
            "Play" => self.add_pass(index),
            "TacklingGame" => self.add_duel(index),
            "BallClaiming"
                if row.attribute("Type").is_some_and(|kind| kind.eq_ignore_ascii_case("InterceptedBall")) =>
            {
                self.add(self.event(index, EventType::Interception, ""));
            }
            "OtherBallAction" if row.attribute("DefensiveClearance") == Some("true") => {
                self.add(self.event(index, EventType::Clearance, ""));
            }
            "BallClaiming" | "OtherBallAction" | "BallDeflection" | "PreventOwnGoal" => {
                self.add(self.event(index, EventType::Touch, ""));
            }
            "Run" => self.add(self.event(index, EventType::Carry, "")),
            "Foul" => self.add_foul(index),
            "Offside" => self.add(self.event(index, EventType::Offside, "")),
            "Caution" => self.add_card(index, row.player()),
            "CautionTeamofficial" => self.add_card(index, row.attribute("PersonSentOff")),
            "Substitution" => self.add_substitution(index),
            "OtherPlayerAction" => self.add_player_action(index),
            "RefereeBall" => self.add(self.event(index, EventType::DropBall, "")),
            "AdditionalTimeDisplayed" => {
                let minutes = row.attribute("Minute").and_then(|minutes| minutes.parse().ok());
                let shown = self.event(index, EventType::AddedTime, "");
                self.add(shown.set(Field::Minutes, minutes.map(FieldValue::Minutes)));
            }
            "VideoAssistantAction" => self.add_video_review(index),
            "FinalWhistle" if self.breaks_off(row) => {
                self.add(DraftEvent::new(id_of(row, ""), EventType::Abandoned, self.clock_of(row.at, false)));
            }
            "FinalWhistle" | "StartPenaltyShootOut" => {
                // Periods are added as a whole.
                if self
                    .periods
                    .played
                    .iter()
                    .all(|it| it.end_id.as_ref() != Some(&row.id) && it.start_id.as_ref() != Some(&row.id))
                {
                    self.draft.leave_out("whistles that end no period");
                }
            }
            "ChanceWithoutShot"
            | "Nutmeg"
            | "SpectacularPlay"
            | "SitterPrevented"
            | "PossessionLossBeforeGoal"
            | "PlayerNotSentOff"
            | "PenaltyNotAwarded"
            | "FairPlay"
            | "Fairplay" => {
                self.draft.leave_out("assessments, such as missed chances and nutmegs");
            }
            "OtherRefereeAction" | "RefereeSubstitution" => self.draft.leave_out("other actions of referees"),
            _ => self.draft.leave_out("rows of an unknown type"),
        }
    }

    pub fn add(&mut self, event: DraftEvent) {
        self.draft.add(event);
    }

    /// An event of a row, with its clock, side, player and place.
    pub fn event(&self, index: usize, kind: EventType, suffix: &str) -> DraftEvent {
        let row = &self.rows[index];
        let event = DraftEvent::new(id_of(row, suffix), kind, self.clock(index)).side(self.side(row.team()));
        event.player(Field::Player, row.player().map(PlayerId::from).as_ref()).at(self.point(index))
    }

    pub fn side(&self, team: Option<&str>) -> Option<Side> {
        team.and_then(|team| self.information.side(team))
    }

    /// The side of a player.
    fn side_of_player(&self, id: &str) -> Option<Side> {
        self.information.fixture.player(id).map(|(side, ..)| side)
    }

    pub fn clock(&self, index: usize) -> MatchClock {
        let row = &self.rows[index];
        self.clock_of(row.at, happens_anywhere(row.kind()))
    }

    fn clock_of(&self, at: i64, anywhere: bool) -> MatchClock {
        self.periods.clock(at, anywhere, self.kickoff)
    }

    fn point(&self, index: usize) -> Option<Point> {
        self.ends.point(&self.rows[index], self.clock(index).period())
    }

    fn add_periods(&mut self) {
        for number in 0..self.periods.played.len() {
            let played = &self.periods.played[number];
            let is_abandoned = |id: &EventId| self.rows.iter().any(|row| row.id == *id && self.breaks_off(row));
            let end_id = played.end_id.clone().filter(|id| !is_abandoned(id));
            let ends = [
                (EventType::PeriodStart, &played.start_id, played.start, "-start"),
                (EventType::PeriodEnd, &end_id, played.end, ""),
            ];
            let period = played.period;
            let events = ends.map(|(kind, id, at, suffix)| {
                let clock = self.clock_of(at, false);
                let id = id.as_ref()?;
                // A start and an end in the same instant would be of two periods.
                (clock.period() == Some(period)).then(|| DraftEvent::new(format!("{id}{suffix}").as_str(), kind, clock))
            });
            events.into_iter().flatten().for_each(|event| self.draft.add(event));
        }
    }

    /// A set piece. The pass in it is no event of its own; a shot is.
    fn add_set_piece(&mut self, index: usize, kind: EventType) {
        let shot = self.rows[index].action("ShotAtGoal").is_some();
        if shot && kind == EventType::FreeKick {
            return self.add_shot(index, "");
        }
        let piece = self.event(index, kind, "");
        self.add(piece);
        if shot {
            self.add_shot(index, "-shot");
        }
    }

    fn add_pass(&mut self, index: usize) {
        let row = &self.rows[index];
        let cross = crate::import::xml::child(row.item, "Cross").is_some();
        let pass = self.event(index, if cross { EventType::Cross } else { EventType::Pass }, "");
        let pass = pass.text(Field::Outcome, row.attribute("Evaluation").and_then(words::evaluation));
        let pass = pass.flag(Field::KeyPass, self.key_passes.contains(&index));
        // The recipient of a failed pass is the opponent who gets the ball.
        let recipient = row.attribute("Recipient").filter(|id| row.player() != Some(id));
        let side = recipient.and_then(|id| self.side_of_player(id));
        self.add(pass.received_by(recipient.map(PlayerId::from).as_ref(), side));
    }

    /// A duel, told of the player who wins it.
    fn add_duel(&mut self, index: usize) {
        let row = &self.rows[index];
        let player = |name: &str| row.attribute(name).map(PlayerId::from);
        let duel = DraftEvent::new(id_of(row, ""), EventType::Duel, self.clock(index));
        let duel = duel.side(self.side(row.attribute("WinnerTeam"))).at(self.point(index));
        let duel =
            duel.player(Field::Player, player("Winner").as_ref()).player(Field::Opponent, player("Loser").as_ref());
        self.add(duel.text(Field::Outcome, Some("won")));
    }

    fn add_foul(&mut self, index: usize) {
        let row = &self.rows[index];
        let player = |name: &str| row.attribute(name).map(PlayerId::from);
        let reason = row.attribute("FoulType").and_then(words::foul_reason);
        let foul = DraftEvent::new(id_of(row, ""), EventType::Foul, self.clock(index));
        let foul = foul.side(self.side(row.attribute("TeamFouler"))).at(self.point(index));
        let foul =
            foul.player(Field::Player, player("Fouler").as_ref()).player(Field::Fouled, player("Fouled").as_ref());
        self.add(foul.text(Field::Reason, reason));
    }

    fn add_card(&mut self, index: usize, person: Option<&str>) {
        let row = &self.rows[index];
        let kind = match row.attribute("CardColor").unwrap_or_default().to_ascii_lowercase().as_str() {
            "yellow" | "yellowpenaltyshootout" => EventType::YellowCard,
            "yellowred" => EventType::SecondYellowCard,
            "red" => EventType::RedCard,
            _ => return self.draft.leave_out("cards of an unknown colour"),
        };
        let before = self.rows[..index].iter().rev().take_while(|earlier| row.at - earlier.at <= BEFORE_CARD);
        let mut fouls = before.filter(|earlier| earlier.kind() == "Foul");
        let foul =
            fouls.find(|foul| person.is_some() && foul.attribute("Fouler") == person).map(|foul| foul.id.clone());
        let card = DraftEvent::new(id_of(row, ""), kind, self.clock(index)).side(self.side(row.team()));
        // Of the staff, only the coach is on the sheet.
        let official = row.kind() == "CautionTeamofficial";
        let fixture = &self.information.fixture;
        let known = person.filter(|id| !official || fixture.coach(id).is_some() || fixture.player(id).is_some());
        let card = card.player(Field::Player, known.map(PlayerId::from).as_ref()).about(foul.as_ref());
        let card = card.text(Field::Text, (official && known.is_none()).then_some("A card for a member of the staff."));
        self.add(card.text(Field::Reason, row.attribute("Reason").map(words::snake_case).as_deref()));
    }

    fn add_substitution(&mut self, index: usize) {
        let row = &self.rows[index];
        let player = |name: &str| row.attribute(name).map(PlayerId::from);
        let (on, off) = (player("PlayerIn"), player("PlayerOut"));
        let change = DraftEvent::new(id_of(row, ""), EventType::Substitution, self.clock(index));
        let change = change.side(self.side(row.team()));
        // The sheet has no position of substitutes who stay on the bench, and in some files of none.
        if row.attribute("PlayingPosition") == Some("TW") {
            let fixture = &mut self.draft.fixture;
            let mut sheet = fixture.home.players.iter_mut().chain(&mut fixture.away.players);
            if let Some(player) = sheet.find(|player| Some(&player.id) == on.as_ref()) {
                player.position.get_or_insert_with(|| "GK".into());
            }
        }
        self.add(change.player(Field::In, on.as_ref()).player(Field::Out, off.as_ref()));
    }

    fn add_player_action(&mut self, index: usize) {
        let row = &self.rows[index];
        let is = |name: &str| row.attribute(name) == Some("true");
        let event = |kind| {
            let event = DraftEvent::new(id_of(row, ""), kind, self.clock(index)).side(self.side(row.team()));
            event.player(Field::Player, row.player().map(PlayerId::from).as_ref())
        };
        if is("PlayerBecomesGoalkeeper") {
            let change = event(EventType::PositionChange).text(Field::Position, Some("GK"));
            self.add(change);
        } else if is("ChangeContingentExhausted") {
            // The player goes off, and no substitution is left.
            let off = event(EventType::PlayerOff);
            self.add(off);
        } else {
            self.draft.leave_out("other actions of players");
        }
    }

    /// A video review has a start and an end. What was reviewed is a word or the id of a row.
    fn add_video_review(&mut self, index: usize) {
        let row = &self.rows[index];
        let at = |name: &str| row.attribute(name).and_then(words::moment).unwrap_or(row.at);
        let (start, end) = (at("TimestampStartAction"), at("TimestampEndAction"));
        let reviewed = row.attribute("ProofedEvent").unwrap_or_default();
        let about = self.rows.iter().find(|other| other.id.as_str() == reviewed).map(|other| other.id.clone());
        let question = words::question(reviewed);
        let decision = ["RefDecision", "FinalDecision"].map(|name| row.attribute(name));
        let text = match decision {
            [Some(before), Some(after)] => Some(format!("Decision of the referee: {before}. Final decision: {after}.")),
            [None, Some(after)] => Some(format!("Final decision: {after}.")),
            _ => None,
        };
        let event = |kind, suffix: &str, at| {
            let event = DraftEvent::new(id_of(row, suffix), kind, self.clock_of(at, true));
            event.about(about.as_ref()).text(Field::Question, question)
        };
        let review = event(EventType::VarReview, "-review", start.min(end));
        let decision = event(EventType::VarDecision, "", end).text(Field::Text, text.as_deref());
        self.add(review);
        self.add(decision);
    }
}

/// The id of a row, or of another event that is made of it.
pub fn id_of(row: &EventRow, suffix: &str) -> EventId {
    format!("{}{suffix}", row.id).into()
}
