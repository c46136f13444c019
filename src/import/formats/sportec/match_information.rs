//! Match information: teams, line-ups, officials, and when and where the match was played.

use std::sync::Arc;

use roxmltree::{Document, Node};

use super::words;
use crate::football::{Coach, Match, Period, Player, Rules, Score, Side, Team, UtcMillis};
use crate::import::names::{add_official, known_name};
use crate::import::xml::{attribute, child};

/// What is known of a match beside its events.
#[derive(Debug)]
pub struct MatchInformation {
    /// Its `period_starts` has at most the first half.
    pub fixture: Match,
    pub result: Option<Score>,
    /// What is missing.
    pub warnings: Vec<String>,
}

/// Reads the information of one match.
pub fn read<'a>(xml: &'a Document<'a>) -> Result<MatchInformation, String> {
    let root = xml
        .descendants()
        .find(|node| node.tag_name().name() == "MatchInformation")
        .ok_or("there is no <MatchInformation> in it")?;
    let general = child(root, "General").ok_or("<MatchInformation> has no <General>")?;
    let id = attribute(general, "MatchId").ok_or("<General> has no \"MatchId\"")?;
    let mut warnings = Vec::new();
    let names = [("home", "HomeTeamName", "HomeTeamId"), ("guest", "GuestTeamName", "GuestTeamId")];
    let teams: Vec<Node> =
        child(root, "Teams").into_iter().flat_map(|teams| teams.children()).filter(Node::is_element).collect();
    let mut built = Vec::with_capacity(2);
    for (role, name, team_id) in names {
        let id = attribute(general, team_id).ok_or_else(|| format!("<General> has no \"{team_id}\""))?;
        let node = teams.iter().copied().find(|team| attribute(*team, "TeamId") == Some(id));
        let node = node.or_else(|| teams.iter().copied().find(|team| attribute(*team, "Role") == Some(role)));
        let name = attribute(general, name).or_else(|| attribute(node?, "TeamName")).unwrap_or(id);
        built.push(build_team(id, name, node));
    }
    let [home, away]: [Team; 2] = built.try_into().map_err(|_| "two teams")?;
    let planned = attribute(general, "PlannedKickoffTime").and_then(words::moment);
    let actual = attribute(general, "KickoffTime").and_then(words::moment);
    if planned.or(actual).is_none() {
        warnings.push(
            "the match information has no readable \"PlannedKickoffTime\": the actual kick-off stands for it"
                .to_owned(),
        );
    }
    let text = |name: &str| attribute(general, name).map(Into::into);
    let officials = read_officials(root);
    let var = officials.iter().any(|(role, _)| role.contains("var") || role.contains("video"));
    let fixture = Match {
        id: id.into(),
        competition: text("CompetitionName"),
        season: attribute(general, "Season").map(|season| short_season(season).into()),
        round: text("MatchDay"),
        kickoff: planned.or(actual).map_or(UtcMillis::UNKNOWN, UtcMillis),
        period_starts: actual.map(|at| (Period::First, UtcMillis(at))).into_iter().collect(),
        venue: child(root, "Environment").and_then(|place| attribute(place, "StadiumName")).map(Into::into),
        officials,
        rules: Rules { var, ..Rules::default() },
        home,
        away,
    };
    let result = attribute(general, "Result").and_then(parse_score);
    Ok(MatchInformation { fixture, result, warnings })
}

/// `1:0`.
pub fn parse_score(text: &str) -> Option<Score> {
    let (home, away) = text.split_once(':')?;
    Some(Score { home: home.trim().parse().ok()?, away: away.trim().parse().ok()? })
}

/// `2019/2020` as `2019/20`.
fn short_season(season: &str) -> String {
    match season.split_once('/') {
        Some((from, to)) if from.len() == 4 && to.len() == 4 && to.is_ascii() => format!("{from}/{}", &to[2..]),
        _ => season.to_owned(),
    }
}

fn build_team(id: &str, name: &str, node: Option<Node>) -> Team {
    let list = |group: &'static str, item: &'static str| {
        let group = node.and_then(|team| child(team, group));
        group.into_iter().flat_map(|group| group.children()).filter(move |part| part.tag_name().name() == item)
    };
    let players = list("Players", "Player").filter_map(|player| {
        let is = |name: &str| attribute(player, name) == Some("true");
        Some(Player {
            id: attribute(player, "PersonId")?.into(),
            name: person_name(player).unwrap_or_default().into(),
            number: attribute(player, "ShirtNumber").and_then(|number| number.parse().ok()),
            position: attribute(player, "PlayingPosition").map(|word| if word == "TW" { "GK" } else { word }.into()),
            starts: is("Starting"),
            captain: is("TeamLeader"),
        })
    });
    let coach = list("TrainerStaff", "Trainer").find(|coach| attribute(*coach, "Role") == Some("headcoach"));
    let coach = coach.and_then(|coach| {
        Some(Coach { id: attribute(coach, "PersonId").map(Into::into), name: person_name(coach)?.into() })
    });
    let colours = ["PlayerShirtMainColor", "PlayerShirtSecondaryColor"].iter();
    Team {
        id: id.into(),
        name: name.into(),
        short: "".into(),
        colours: colours.filter_map(|name| attribute(node?, name)).map(Into::into).collect(),
        formation: node.and_then(|team| attribute(team, "LineUp")).map(formation),
        coach,
        players: players.collect(),
    }
}

/// The lines of `4-4-2 Double-6 offensive Outliner`.
fn formation(text: &str) -> Arc<str> {
    let lines = text.split(' ').next().filter(|word| word.starts_with(|c: char| c.is_ascii_digit()));
    lines.unwrap_or(text).into()
}

/// The names of the officials by their roles, in file order.
fn read_officials(root: Node) -> Vec<(Arc<str>, Vec<Arc<str>>)> {
    let mut officials: Vec<(Arc<str>, Vec<Arc<str>>)> = Vec::new();
    let list = child(root, "Referees").into_iter().flat_map(|list| list.children());
    for referee in list {
        let (Some(role), Some(name)) = (attribute(referee, "Role"), person_name(referee)) else { continue };
        add_official(&mut officials, &words::official(role), &name);
    }
    officials
}

fn person_name(person: Node) -> Option<String> {
    known_name(attribute(person, "Shortname"), attribute(person, "FirstName"), attribute(person, "LastName"))
}

impl MatchInformation {
    /// The side of a team.
    pub fn side(&self, team: &str) -> Option<Side> {
        Side::ALL.iter().copied().find(|side| self.fixture.team(*side).id.as_str() == team)
    }
}
