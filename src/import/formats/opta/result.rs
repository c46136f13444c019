//! F7 and F9: line-ups, results and times of matches.

use std::collections::HashMap;
use std::sync::Arc;

use roxmltree::Node;

use super::feed::{bare_id, parse_moment, text_of, trimmed};
use crate::football::{Period, Player, Score};
use crate::import::draft::RecordedResult;
use crate::import::names::{add_official, known_name};
use crate::import::opta_events::{
    OptaMatchData, OptaTeam, StaffCards, format_formation, format_season, position_word, role_word,
};
use crate::import::xml::{attribute, children, parse};
use crate::import::{Document, ImportError};

/// The statistics that hold the starts of periods.
const STARTS: [(Period, &str); 5] = [
    (Period::First, "first_half_start"),
    (Period::Second, "second_half_start"),
    (Period::ExtraFirst, "first_half_extra_start"),
    (Period::ExtraSecond, "second_half_extra_start"),
    (Period::Shootout, "penalty_shootout_start"),
];

/// Reads the matches of a document: mostly one, of the second leg of a tie also the first.
pub fn read_matches(document: &Document) -> Result<Vec<OptaMatchData>, ImportError> {
    let text = document.text()?;
    let xml = parse(document, &text)?;
    let root = xml.root_element();
    if root.descendants().any(|node| node.has_tag_name("Game")) {
        return Err(ImportError::new(document, "these are events (F24), not match data (F7 or F9)"));
    }
    let mut matches = Vec::new();
    for (at, feed) in root.descendants().filter(|node| node.has_tag_name("SoccerDocument")).enumerate() {
        let failed = |message: &str| ImportError::new(document, format!("SoccerDocument[{at}] {message}"));
        let data = children(feed, "MatchData").next().ok_or_else(|| failed("has no <MatchData>"))?;
        matches.push(read_match(feed, data).map_err(failed)?);
    }
    if matches.is_empty() {
        return Err(ImportError::new(document, "match data of F7 and F9 are in <SoccerDocument>: there is none"));
    }
    Ok(matches)
}

fn read_match(feed: Node<'_, '_>, data: Node<'_, '_>) -> Result<OptaMatchData, &'static str> {
    let sides =
        ["Home", "Away"].map(|side| children(data, "TeamData").find(|team| team.attribute("Side") == Some(side)));
    let [Some(home), Some(away)] = sides else {
        return Err("has no <TeamData> with Side=\"Home\" and Side=\"Away\"");
    };
    let info = children(data, "MatchInfo").next();
    let competition = children(feed, "Competition").next();
    let stat = |node: Node<'_, '_>, kind: &str| {
        children(node, "Stat").find(|stat| stat.attribute("Type") == Some(kind)).and_then(|stat| trimmed(stat.text()?))
    };
    let starts = STARTS.iter().filter_map(|(period, name)| Some((*period, parse_moment(&stat(data, name)?)?)));
    let number = |team: Node<'_, '_>, name: &str| team.attribute(name)?.trim().parse().ok();
    let score = |name: &str| Some(Score { home: number(home, name)?, away: number(away, name)? });
    let season = competition.and_then(|node| stat(node, "season_name"));
    let round = competition
        .and_then(|node| stat(node, "matchday"))
        .or_else(|| info.and_then(|info| attribute(info, "MatchDay").map(Into::into)));
    let venue = children(feed, "Venue").next().and_then(|venue| text_of(venue, "Name"));
    Ok(OptaMatchData {
        id: attribute(feed, "uID").map(|id| bare_id(id).into()),
        teams: [read_team(feed, home), read_team(feed, away)],
        kickoff: info.and_then(|info| text_of(info, "Date")).and_then(|date| parse_moment(&date)),
        period_starts: starts.collect(),
        competition: competition.and_then(|node| text_of(node, "Name")),
        season: season.and_then(|name| format_season(&name)),
        round,
        venue,
        officials: read_officials(data),
        result: score("Score").map(|goals| RecordedResult { score: goals, shootout: score("ShootOutScore") }),
        staff_cards: [home, away].into_iter().flat_map(|team| read_staff_cards(feed, team)).collect(),
        ..OptaMatchData::default()
    })
}

fn read_team(feed: Node<'_, '_>, data: Node<'_, '_>) -> OptaTeam {
    let reference = data.attribute("TeamRef").unwrap_or_default().trim();
    let about = children(feed, "Team").find(|team| team.attribute("uID").map(str::trim) == Some(reference));
    let names: HashMap<&str, Arc<str>> = about
        .into_iter()
        .flat_map(|team| children(team, "Player"))
        .filter_map(|player| Some((player.attribute("uID")?, person_name(player)?)))
        .collect();
    let sheet = children(data, "PlayerLineUp").flat_map(|sheet| children(sheet, "MatchPlayer"));
    let players = sheet.filter_map(|player| {
        let reference = player.attribute("PlayerRef")?;
        let id = bare_id(reference);
        let position = attribute(player, "Position").and_then(position_word);
        let of_substitute = || attribute(player, "SubPosition").and_then(position_word);
        Some(Player {
            id: id.into(),
            name: names.get(reference).cloned().unwrap_or_default(),
            number: player.attribute("ShirtNumber").and_then(|number| number.trim().parse().ok()),
            position: position.or_else(of_substitute),
            starts: player.attribute("Status") == Some("Start"),
            captain: player.attribute("Captain") == Some("1"),
        })
    });
    let colours = about.into_iter().flat_map(|team| children(team, "Kit")).next().into_iter();
    let colours = colours.flat_map(|kit| ["colour1", "colour2"].map(|name| attribute(kit, name))).flatten();
    let coach = about.into_iter().flat_map(|team| children(team, "TeamOfficial"));
    let mut coach = coach.filter(|official| matches!(official.attribute("Type"), Some("Manager" | "Head Coach")));
    OptaTeam {
        id: bare_id(reference).into(),
        name: about.and_then(|team| text_of(team, "Name")),
        short: about.and_then(|team| text_of(team, "SYMID")),
        colours: colours.map(Into::into).collect(),
        formation: attribute(data, "Formation").and_then(format_formation),
        coach: coach.find_map(|official| Some((official.attribute("uID")?.trim().into(), person_name(official)?))),
        players: players.filter(|player| !player.id.as_str().is_empty()).collect(),
    }
}

/// The name by which a person is known, else the names in full.
fn person_name(person: Node<'_, '_>) -> Option<Arc<str>> {
    let name = children(person, "PersonName").next()?;
    let [known, first, last] = ["Known", "First", "Last"].map(|part| text_of(name, part));
    known_name(known.as_deref(), first.as_deref(), last.as_deref()).map(Into::into)
}

fn read_officials(data: Node<'_, '_>) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
    let mut officials = Vec::new();
    let mut add = |role: Arc<str>, name: Option<String>| {
        name.iter().for_each(|name| add_official(&mut officials, &role, name));
    };
    for official in children(data, "MatchOfficial") {
        let kind = children(official, "OfficialData").flat_map(|data| children(data, "OfficialRef")).next();
        let role = kind.and_then(|kind| attribute(kind, "Type")).map_or_else(|| "referee".into(), role_word);
        let name = children(official, "OfficialName").next().and_then(|name| {
            let [first, last] = ["First", "Last"].map(|part| text_of(name, part));
            known_name(None, first.as_deref(), last.as_deref())
        });
        add(role, name);
    }
    for official in children(data, "AssistantOfficials").flat_map(|list| children(list, "AssistantOfficial")) {
        let role = attribute(official, "Type").map_or_else(|| "assistants".into(), role_word);
        add(role, known_name(None, attribute(official, "FirstName"), attribute(official, "LastName")));
    }
    officials
}

/// The cards of coaches and other staff: who got them, by the id of the event.
fn read_staff_cards(feed: Node<'_, '_>, team: Node<'_, '_>) -> StaffCards {
    let people = || children(feed, "Team").flat_map(|team| children(team, "TeamOfficial"));
    let cards = children(team, "Booking").filter_map(|card| {
        let reference = card.attribute("ManagerRef").or_else(|| card.attribute("OfficialRef"))?.trim();
        let name =
            people().find(|person| person.attribute("uID").map(str::trim) == Some(reference)).and_then(person_name)?;
        Some((card.attribute("EventID")?.trim().into(), (reference.into(), name)))
    });
    cards.collect()
}
