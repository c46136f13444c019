//! What MA1 says about a match, and the same part of MA3: teams, line-ups, results and times.

use std::sync::Arc;

use super::tree::FeedNode;
use crate::football::{Period, Player, Score, UtcMillis};
use crate::import::draft::RecordedResult;
use crate::import::names::{add_official, known_name};
use crate::import::opta_events::{
    OptaMatchData, OptaTeam, StaffCards, format_formation, format_season, position_word, role_word,
};

/// Reads the match data of a document, which in MA3 are fewer.
pub fn read_match(found: &FeedNode) -> Result<OptaMatchData, String> {
    let info = found.child("matchInfo").ok_or("there is no \"matchInfo\" in it")?;
    let nothing = FeedNode::default();
    let live = found.child("liveData").unwrap_or(&nothing);
    let sides =
        ["home", "away"].map(|side| info.children("contestant").find(|team| team.field("position") == Some(side)));
    let teams = sides.map(|team| team.map_or_else(OptaTeam::default, |team| read_team(team, live)));
    let details = live.child("matchDetails");
    let starts = details.into_iter().flat_map(|details| details.children("period")).filter_map(|period| {
        let number = period.field("id")?.parse().ok()?;
        Some((Period::from_number(number)?, parse_moment(period.field("start")?)?))
    });
    let minutes = |name: &str| info.field(name)?.parse().ok().filter(|minutes| (1..=120).contains(minutes));
    let text = |text: Option<&str>| text.map(Arc::from);
    Ok(OptaMatchData {
        id: info.field("id").map(Into::into),
        teams,
        kickoff: read_kickoff(info),
        period_starts: starts.collect(),
        competition: text(info.child("competition").and_then(|it| it.field("name"))),
        season: info.child("tournamentCalendar").and_then(|it| it.field("name")).and_then(format_season),
        round: text(info.field("week").or_else(|| info.child("stage").and_then(|it| it.field("name")))),
        venue: text(info.child("venue").and_then(|it| it.field("longName").or(it.field("name")))),
        officials: read_officials(live),
        result: details.and_then(|details| details.child("scores")).and_then(read_result),
        half_minutes: minutes("periodLength"),
        extra_minutes: minutes("overtimeLength"),
        staff_cards: read_staff_cards(live),
    })
}

/// A time in UTC, with or without saying so: `2021-09-11T18:30:06.787Z`.
pub fn parse_moment(text: &str) -> Option<UtcMillis> {
    let text = text.trim();
    let timestamp: Result<jiff::Timestamp, _> =
        if text.ends_with('Z') { text.parse() } else { format!("{text}Z").parse() };
    Some(UtcMillis(timestamp.ok()?.as_millisecond()))
}

/// The scheduled kick-off. Its date and its time are two fields.
fn read_kickoff(info: &FeedNode) -> Option<UtcMillis> {
    let (date, time) = (info.field("date")?.trim_end_matches('Z'), info.field("time")?.trim_end_matches('Z'));
    parse_moment(&format!("{date}T{time}"))
}

fn read_team(team: &FeedNode, live: &FeedNode) -> OptaTeam {
    let id = team.field("id").unwrap_or_default();
    let sheet = live.children("lineUp").find(|sheet| sheet.field("contestantId") == Some(id));
    let players = sheet.into_iter().flat_map(|sheet| sheet.children("player")).filter_map(|player| {
        let id = player.field("playerId")?;
        let position = player.field("position").and_then(position_word);
        Some(Player {
            id: id.into(),
            name: person_name(player).unwrap_or_default(),
            number: player.field("shirtNumber").and_then(|number| number.parse().ok()),
            starts: !matches!(player.field("position"), Some("Substitute")),
            position: position.or_else(|| player.field("subPosition").and_then(position_word)),
            captain: matches!(player.field("captain"), Some("yes" | "true")),
        })
    });
    let mut staff = sheet.into_iter().flat_map(|sheet| sheet.children("teamOfficial"));
    let kit = sheet.and_then(|sheet| sheet.child("kit"));
    let colours = kit.into_iter().flat_map(|kit| ["colour1", "colour2"].map(|name| kit.field(name))).flatten();
    OptaTeam {
        id: id.into(),
        name: team.field("name").map(Into::into),
        short: team.field("code").map(Into::into),
        colours: colours.map(Into::into).collect(),
        formation: sheet.and_then(|sheet| sheet.field("formationUsed")).and_then(format_formation),
        coach: staff.find_map(|person| {
            let manager = matches!(person.field("type"), Some("manager" | "head coach"));
            person_name(person).filter(|_| manager).and_then(|name| Some((person.field("id")?.into(), name)))
        }),
        players: players.collect(),
    }
}

/// The name by which a person is known, else the names in full. The short names have lost their accents.
fn person_name(person: &FeedNode) -> Option<Arc<str>> {
    let name = known_name(person.field("knownName"), person.field("firstName"), person.field("lastName"));
    name.or_else(|| person.field("matchName").map(str::to_owned)).map(Into::into)
}

fn read_officials(live: &FeedNode) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
    let mut officials = Vec::new();
    for official in live.child("matchDetailsExtra").into_iter().flat_map(|extra| extra.children("matchOfficial")) {
        let (Some(role), Some(name)) = (official.field("type").map(role_word), person_name(official)) else { continue };
        add_official(&mut officials, &role, &name);
    }
    officials
}

/// The result. With a shoot-out `total` may count its kicks, so the score is that of the match before it.
fn read_result(scores: &FeedNode) -> Option<RecordedResult> {
    let score = |name: &str| {
        let node = scores.child(name)?;
        Some(Score { home: node.field("home")?.parse().ok()?, away: node.field("away")?.parse().ok()? })
    };
    let shootout = score("pen");
    let score = match shootout {
        Some(_) => score("et").or_else(|| score("ft")),
        None => score("total").or_else(|| score("et")).or_else(|| score("ft")),
    };
    score.map(|score| RecordedResult { score, shootout })
}

/// The cards of coaches and other staff: who got them, by the id of the event.
fn read_staff_cards(live: &FeedNode) -> StaffCards {
    let cards = live.children("card").filter_map(|card| {
        let person = (card.field("teamOfficialId")?.into(), card.field("officialName")?.into());
        Some((card.field("optaEventId")?.into(), person))
    });
    cards.collect()
}
