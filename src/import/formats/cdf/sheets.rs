//! The match line: teams, their sheets, and when and where the match was played.

use super::clocks::MatchTimes;
use super::match_data::{CdfMatchRecord, CdfTeamRecord};
use crate::football::{Coach, Match, Period, Player, Rules, Side, Team, UtcMillis};
use crate::import::draft::MatchDraft;

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
    let mut unnamed = 0;
    let mut team = |side: Side| build_team(&record.teams[side.index()], &mut unnamed);
    let (home, away) = (team(Side::Home), team(Side::Away));
    let extra_time = times.starts().any(|(period, _)| matches!(period, Period::ExtraFirst | Period::ExtraSecond));
    let kickoff = record.kickoff.or_else(|| times.starts().next().map(|(_, start)| start));
    let text = |text: &Option<String>| text.as_deref().map(Into::into);
    let fixture = Match {
        id: match_id.into(),
        competition: text(&record.competition),
        season: text(&record.season),
        round: text(&record.round),
        kickoff: UtcMillis(kickoff.unwrap_or(0)),
        period_starts: times.starts().map(|(period, start)| (period, UtcMillis(start))).collect(),
        venue: text(&record.venue),
        officials: officials(record),
        rules: Rules { extra_time, var: has_var, ..rules(record, extra_time) },
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
    if unnamed > 0 {
        draft.warn(format!("{unnamed} players or teams have no name in the match data: their ids stand for it"));
    }
    draft
}

/// As many changes as were made, where these are more than usual: the format does not say how many were allowed.
fn rules(record: &CdfMatchRecord, extra_time: bool) -> Rules {
    let usual = Rules { extra_time_substitutions: u8::from(extra_time), ..Rules::default() };
    let made = |side: Side| {
        let of = |team: &Option<String>| team.as_deref() == Some(&*record.teams[side.index()].id);
        record.substitutions.iter().filter(|row| of(&row.team)).count()
    };
    let most = Side::ALL.iter().map(|side| made(*side)).max().unwrap_or(0);
    Rules { substitutions: usual.substitutions.max(u8::try_from(most).unwrap_or(u8::MAX)), ..usual }
}

type NamesOfRole = (std::sync::Arc<str>, Vec<std::sync::Arc<str>>);

fn officials(record: &CdfMatchRecord) -> Vec<NamesOfRole> {
    let mut officials: Vec<NamesOfRole> = Vec::new();
    for (kind, name) in &record.officials {
        let known = OFFICIALS.iter().find(|(official, _)| Some(*official) == kind.as_deref());
        let role = known.map_or("officials", |(_, role)| role);
        match officials.iter_mut().find(|(of, _)| **of == *role) {
            Some((_, names)) => names.push(name.as_str().into()),
            None => officials.push((role.into(), vec![name.as_str().into()])),
        }
    }
    officials
}

fn build_team(record: &CdfTeamRecord, unnamed: &mut usize) -> Team {
    let mut named = |name: Option<&String>, id: &str| {
        name.cloned().unwrap_or_else(|| {
            *unnamed += 1;
            id.to_owned()
        })
    };
    let name = named(record.name.as_ref().or(record.short.as_ref()), &record.id);
    let players = record.players.iter().map(|player| Player {
        id: player.id.as_str().into(),
        name: named(player.name.as_ref(), &player.id).into(),
        number: player.number,
        position: player.position.as_deref().map(Into::into),
        starts: player.starts,
        captain: player.captain,
    });
    let players = players.collect();
    let initials = || name.chars().filter(|c| c.is_alphanumeric()).take(3).collect::<String>().to_uppercase();
    let short = record.short.clone().unwrap_or_else(initials);
    Team {
        id: record.id.as_str().into(),
        short: short.into(),
        name: name.into(),
        colours: record.colour.as_deref().filter(|colour| is_colour(colour)).map(Into::into).into_iter().collect(),
        formation: record.formation.as_deref().map(Into::into),
        coach: record
            .coach
            .as_ref()
            .map(|(id, name)| Coach { id: id.as_deref().map(Into::into), name: name.as_str().into() }),
        players,
    }
}

fn is_colour(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| digits.len() == 6 && digits.bytes().all(|it| it.is_ascii_hexdigit()))
}
