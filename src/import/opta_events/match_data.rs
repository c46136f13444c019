//! What is known of a match beside its rows, whatever document it is from.

use std::collections::HashMap;
use std::sync::Arc;

use crate::football::{Period, Player, Side, UtcMillis};
use crate::import::draft::RecordedResult;

/// A match. What is unknown is empty.
#[derive(Debug, Clone, Default)]
pub struct OptaMatchData {
    pub id: Option<Box<str>>,
    /// Home, away.
    pub teams: [OptaTeam; 2],
    pub kickoff: Option<UtcMillis>,
    pub period_starts: Vec<(Period, UtcMillis)>,
    pub competition: Option<Arc<str>>,
    pub season: Option<Arc<str>>,
    pub round: Option<Arc<str>>,
    pub venue: Option<Arc<str>>,
    pub officials: Vec<(Arc<str>, Vec<Arc<str>>)>,
    pub result: Option<RecordedResult>,
    /// Minutes in each half, and in each half of extra time.
    pub half_minutes: Option<u8>,
    pub extra_minutes: Option<u8>,
    /// Coaches and other staff who got a card: id and name, by the id of the row.
    pub staff_cards: StaffCards,
}

/// Ids and names of coaches and other staff, by the id of the row of their card.
pub type StaffCards = HashMap<Box<str>, (Box<str>, Arc<str>)>;

/// A side of a match.
#[derive(Debug, Clone, Default)]
pub struct OptaTeam {
    /// Empty if unknown.
    pub id: Box<str>,
    pub name: Option<Arc<str>>,
    pub short: Option<Arc<str>>,
    pub colours: Vec<Arc<str>>,
    pub formation: Option<Arc<str>>,
    /// Id and name.
    pub coach: Option<(Box<str>, Arc<str>)>,
    pub players: Vec<Player>,
}

impl OptaMatchData {
    /// Whether both teams are known, and are these two in any order.
    pub fn has_teams(&self, teams: [&str; 2]) -> bool {
        let own = self.team_ids();
        own == teams || own == [teams[1], teams[0]]
    }

    pub fn team_ids(&self) -> [&str; 2] {
        [&*self.teams[0].id, &*self.teams[1].id]
    }

    pub fn knows_teams(&self) -> bool {
        self.team_ids().iter().all(|id| !id.is_empty())
    }

    /// This, which the document of events says, with the match data of another document, which know more.
    pub fn completed_by(self, data: Option<&Self>) -> Result<Self, String> {
        let Some(data) = data else { return Ok(self) };
        if self.knows_teams() && data.knows_teams() && !self.has_teams(data.team_ids()) {
            let ([home, away], [other_home, other_away]) = (self.team_ids(), data.team_ids());
            return Err(format!(
                "the events are of the teams {home} and {away}, the match data of {other_home} and {other_away}: mixed-up \
                 files of two matches"
            ));
        }
        let side_of = |team: &OptaTeam| data.teams.iter().find(|other| other.id == team.id);
        let [home, away] = &self.teams;
        let teams = if self.knows_teams() {
            [home, away].map(|team| side_of(team).map_or_else(|| team.clone(), |other| other.clone().or(team)))
        } else {
            data.teams.clone()
        };
        let list = |one: &Vec<_>, other: &Vec<_>| if one.is_empty() { other.clone() } else { one.clone() };
        Ok(Self {
            id: self.id.or_else(|| data.id.clone()),
            teams,
            kickoff: data.kickoff.or(self.kickoff),
            period_starts: if data.period_starts.is_empty() { self.period_starts } else { data.period_starts.clone() },
            competition: data.competition.clone().or(self.competition),
            season: data.season.clone().or(self.season),
            round: data.round.clone().or(self.round),
            venue: data.venue.clone().or(self.venue),
            officials: list(&data.officials, &self.officials),
            result: data.result.or(self.result),
            half_minutes: data.half_minutes.or(self.half_minutes),
            extra_minutes: data.extra_minutes.or(self.extra_minutes),
            staff_cards: data.staff_cards.clone(),
        })
    }

    pub fn team(&self, side: Side) -> &OptaTeam {
        match (side, &self.teams) {
            (Side::Home, [home, _]) => home,
            (Side::Away, [_, away]) => away,
        }
    }
}

impl OptaTeam {
    /// This team, with what only another record of it has.
    fn or(mut self, other: &Self) -> Self {
        self.name = self.name.or_else(|| other.name.clone());
        self.short = self.short.or_else(|| other.short.clone());
        self.formation = self.formation.or_else(|| other.formation.clone());
        self.coach = self.coach.or_else(|| other.coach.clone());
        if self.players.is_empty() {
            self.players.clone_from(&other.players);
        }
        self
    }
}

/// `4-4-2` of `442`.
pub fn format_formation(text: &str) -> Option<Arc<str>> {
    let digits = text.chars().take_while(char::is_ascii_digit).count();
    if digits < 3 {
        return None;
    }
    let mut formation = String::new();
    for (at, c) in text.chars().enumerate() {
        if at > 0 && at < digits {
            formation.push('-');
        }
        formation.push(c);
    }
    Some(formation.into())
}

/// `2018/19` of `Season 2018/2019`.
pub fn format_season(text: &str) -> Option<Arc<str>> {
    let text = text.trim().trim_start_matches("Season").trim();
    let year = |text: &str| text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once(['/', '-']) {
        Some((first, second)) if year(first) && year(second) => {
            Some(format!("{first}/{}", second.get(2..).unwrap_or(second)).into())
        }
        _ => Some(text.into()).filter(|_| !text.is_empty()),
    }
}

/// The word of a position: `GK` for the goalkeeper.
pub fn position_word(text: &str) -> Option<Arc<str>> {
    Some(match text {
        "" | "Substitute" => return None,
        "Goalkeeper" => "GK".into(),
        "Defender" => "DF".into(),
        "Wing Back" => "WB".into(),
        "Defensive Midfielder" => "DM".into(),
        "Midfielder" => "MF".into(),
        "Attacking Midfielder" => "AM".into(),
        "Striker" | "Forward" | "Attacker" => "FW".into(),
        other => other.into(),
    })
}

/// The role of an official, as scenarios name it.
pub fn role_word(text: &str) -> Arc<str> {
    let lower = text.to_ascii_lowercase();
    let word = match &*lower {
        "main" | "referee" => "referee",
        "fourth official" => "fourth_official",
        "video assistant referee" | "video assistant" | "var" => "var",
        "assistant var official" | "assistant video assistant referee" | "avar" => "avar",
        _ if lower.starts_with("assistant referee") || lower.starts_with("lineman") => "assistants",
        _ => return lower.replace(' ', "_").into(),
    };
    word.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_feeds_become_those_of_scenarios() {
        let formation = |text| format_formation(text).map(|text| text.to_string());
        assert_eq!(formation("442").as_deref(), Some("4-4-2"));
        assert_eq!(formation("343d").as_deref(), Some("3-4-3d"));
        assert_eq!(formation("4"), None);
        let season = |text| format_season(text).map(|text| text.to_string());
        assert_eq!(season("Season 2018/2019").as_deref(), Some("2018/19"));
        assert_eq!(season("2018").as_deref(), Some("2018"));
        assert_eq!(position_word("Goalkeeper").as_deref(), Some("GK"));
        assert_eq!(position_word("Substitute"), None);
        assert_eq!(&*role_word("Assistant referee 2"), "assistants");
        assert_eq!(&*role_word("Lineman 1"), "assistants");
        assert_eq!(&*role_word("Reserve Official"), "reserve_official");
    }

    #[test]
    fn match_data_of_other_teams_are_refused() {
        let of = |home: &str, away: &str| {
            let team = |id: &str| OptaTeam { id: id.into(), ..OptaTeam::default() };
            OptaMatchData { teams: [team(home), team(away)], ..OptaMatchData::default() }
        };
        let error = of("1", "2").completed_by(Some(&of("1", "3"))).expect_err("another match");
        assert!(error.contains("mixed-up files"), "{error}");
        // The document of events says who plays at home.
        let known = of("1", "2").completed_by(Some(&of("2", "1"))).expect("the same teams");
        assert_eq!(known.team_ids(), ["1", "2"]);
        let known = of("", "").completed_by(Some(&of("2", "1"))).expect("known teams");
        assert_eq!(known.team_ids(), ["2", "1"]);
    }
}
