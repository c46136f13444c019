//! The match line: teams, their sheets, and when and where the match was played.

use super::clocks::MatchTimes;
use super::match_data::{CdfMatchRecord, CdfTeamRecord};
use crate::football::{Coach, Match, Player, Rules, Team, UtcMillis};
use crate::import::draft::MatchDraft;
use crate::import::names::add_official;

/// The roles of officials, by the types of the format.
const OFFICIALS: &[(&str, &str)] = &[
    ("main_referee", "referee"),
    ("assistant_referee", "assistants"),
    ("fourth_official", "fourth_official"),
    ("video_assistant_referee", "var"),
    ("assistant_video_assistant_referee", "avar"),
    ("reserve_assistant_referee", "reserve_assistant"),
    ("support_video_assistant_referee", "support_var"),
];

/// Begins the draft of a match with its sheets.
pub fn begin_draft(match_id: &str, record: &CdfMatchRecord, times: &MatchTimes, has_var: bool) -> MatchDraft {
    let [home, away] = [&record.teams[0], &record.teams[1]].map(build_team);
    let kickoff = record.kickoff.or_else(|| times.starts().next().map(|(_, start)| start));
    let text = |text: &Option<String>| text.as_deref().map(Into::into);
    let mut officials = Vec::new();
    for (kind, name) in &record.officials {
        let known = OFFICIALS.iter().find(|(official, _)| Some(*official) == kind.as_deref());
        add_official(&mut officials, known.map_or("officials", |(_, role)| role), name);
    }
    let fixture = Match {
        id: match_id.into(),
        competition: text(&record.competition),
        season: text(&record.season),
        round: text(&record.round),
        kickoff: kickoff.map_or(UtcMillis::UNKNOWN, UtcMillis),
        period_starts: times.starts().map(|(period, start)| (period, UtcMillis(start))).collect(),
        venue: text(&record.venue),
        officials,
        rules: Rules { var: has_var, ..Rules::default() },
        home,
        away,
    };
    let mut draft = MatchDraft::new(fixture);
    draft.recorded = record.result;
    draft.sources.extend(record.event_vendor.as_deref().map(|vendor| format!("Events: {vendor}").into()));
    if record.kickoff.is_none() {
        draft.warn("the match data have no readable \"kickoff_time\"".to_owned());
    }
    if !record.has_sheet {
        draft.warn("no match.json: substitutions, and who was shown cards, are unknown and left out".to_owned());
    }
    draft
}

fn build_team(record: &CdfTeamRecord) -> Team {
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().into();
    let players = record.players.iter().map(|player| Player {
        id: player.id.as_str().into(),
        name: text(&player.name),
        number: player.number,
        position: player.position.as_deref().map(Into::into),
        starts: player.starts,
        captain: player.captain,
    });
    let coach = record.coach.as_ref();
    Team {
        id: record.id.as_str().into(),
        name: text(if record.name.is_some() { &record.name } else { &record.short }),
        short: text(&record.short),
        colours: record.colour.as_deref().map(Into::into).into_iter().collect(),
        formation: record.formation.as_deref().map(Into::into),
        coach: coach.map(|(id, name)| Coach { id: id.as_deref().map(Into::into), name: name.as_str().into() }),
        players: players.collect(),
    }
}
