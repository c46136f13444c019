//! Names: players and teams that a reader cannot tell apart.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::remark::{Place, Remarks, Spot};
use super::{Scenario, Severity, Side, Story};
use crate::football::{Match, Player, Team};

/// A name in lower case, blanks collapsed.
fn seen(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Two players of one team have two names. In two teams one name can be right, and is worth a note.
pub(super) fn players_have_names_of_their_own(story: &Story<'_>, out: &mut Remarks) {
    let mut names: BTreeMap<String, Vec<(Side, &Player)>> = BTreeMap::new();
    for side in Side::ALL.iter().copied() {
        for player in &story.fixture.team(side).players {
            names.entry(seen(&player.name)).or_default().push((side, player));
        }
    }
    for called in names.into_values() {
        let team = |side: Side| &story.fixture.team(side).name;
        let mut say = |severity, (side, player): (Side, &Player), message| {
            out.add(severity, Place::Match(story.track), Spot::Player(side, player.id.clone(), "name"), message);
        };
        for side in Side::ALL.iter().copied() {
            let own: Vec<_> = called.iter().copied().filter(|(of, _)| *of == side).collect();
            let message = match own[..] {
                [(_, first), (_, second)] => {
                    format!("{:?} and {:?} of {} are both called {:?}", first.id, second.id, team(side), second.name)
                }
                [(_, first), _, ..] => format!("{} players of {} are called {:?}", own.len(), team(side), first.name),
                _ => continue,
            };
            say(Severity::Warning, own[1], message);
        }
        if let [(Side::Home, home), (Side::Away, away)] = called[..] {
            let (of, other) = (team(Side::Home), team(Side::Away));
            let message = format!("{:?} of {of} and {:?} of {other} are both called {:?}", home.id, away.id, away.name);
            say(Severity::Note, (Side::Away, away), message);
        }
    }
}

/// A team as it appears in a match of the file.
#[derive(Clone, Copy)]
struct Appearance<'a> {
    track: usize,
    fixture: &'a Match,
    side: Side,
}

impl<'a> Appearance<'a> {
    fn team(self) -> &'a Team {
        self.fixture.team(self.side)
    }
}

/// Different teams have different names and short names, and a team has one name in all its matches.
pub(super) fn teams_have_names_of_their_own(scenario: &Scenario, out: &mut Remarks) {
    let mut teams = Teams::default();
    for (track, fixture) in scenario.matches.iter().enumerate() {
        for side in Side::ALL.iter().copied() {
            teams.meet(Appearance { track, fixture, side }, out);
        }
    }
}

/// The teams that have appeared so far, each with its first appearance.
#[derive(Default)]
struct Teams<'a> {
    by_id: HashMap<&'a str, Appearance<'a>>,
    by_name: HashMap<String, Appearance<'a>>,
    by_short: HashMap<String, Appearance<'a>>,
    /// Teams with another name, and pairs of teams, that have had a remark.
    renamed: HashSet<(&'a str, &'a str)>,
    paired: HashSet<(&'a str, &'a str)>,
}

impl<'a> Teams<'a> {
    fn meet(&mut self, here: Appearance<'a>, out: &mut Remarks) {
        let team = here.team();
        let first = *self.by_id.entry(team.id.as_str()).or_insert(here);
        if seen(&first.team().name) != seen(&team.name) && self.renamed.insert((team.id.as_str(), &team.name)) {
            let message = format!(
                "team {:?} is called {:?} here and {:?} in match {:?}",
                team.id,
                team.name,
                first.team().name,
                first.fixture.id
            );
            out.warning(Place::Match(here.track), Spot::Team(here.side, "name"), message);
        }
        let named = *self.by_name.entry(seen(&team.name)).or_insert(here);
        if self.are_two(named, here) {
            let (other, place) = (&named.team().id, elsewhere(named, here));
            let message = format!("team {:?} has the name of team {other:?}{place}, {:?}", team.id, team.name);
            out.warning(Place::Match(here.track), Spot::Team(here.side, "name"), message);
        }
        let short = *self.by_short.entry(seen(&team.short)).or_insert(here);
        if self.are_two(short, here) {
            let message = format!(
                "{} has the short name of {}{}, {:?}: give one of them another{}",
                named_in_full(team),
                named_in_full(short.team()),
                elsewhere(short, here),
                team.short,
                other_short(team).map(|other| format!(", such as \"short\":{other:?}")).unwrap_or_default()
            );
            out.warning(Place::Match(here.track), Spot::Team(here.side, "short"), message);
        }
    }

    /// Whether these are two teams, for the first time.
    fn are_two(&mut self, first: Appearance<'a>, second: Appearance<'a>) -> bool {
        let (first, second) = (first.team().id.as_str(), second.team().id.as_str());
        first != second && self.paired.insert((first, second))
    }
}

fn named_in_full(team: &Team) -> String {
    format!("team {:?} ({})", team.id, team.name)
}

/// ` in match "m"`, where that is another.
fn elsewhere(first: Appearance<'_>, here: Appearance<'_>) -> String {
    match first.track == here.track {
        true => String::new(),
        false => format!(" in match {:?}", first.fixture.id),
    }
}

/// Another short name: `MCI` for Manchester City.
fn other_short(team: &Team) -> Option<String> {
    let words: Vec<&str> = team.name.split_whitespace().collect();
    let [first, .., last] = *words else { return None };
    let letters = first.chars().take(1).chain(last.chars().take(2)).filter(|letter| letter.is_alphabetic());
    let short = letters.collect::<String>().to_uppercase();
    (short.chars().count() == 3 && seen(&short) != seen(&team.short)).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, header};
    use super::super::check_text;
    use super::super::testing::finds_in_match;

    /// The warnings and notes on names in a file of these teams, in matches of two.
    fn of_teams(teams: &[&str]) -> Vec<String> {
        let matches = teams.chunks(2).zip(1..).map(|(pair, number)| {
            let team = |at: usize| pair.get(at).copied().unwrap_or(r#""id":"other","name":"Zanthor""#);
            format!(
                r#"{{"kind":"match","id":"m{number}","kickoff":"2026-03-07T15:00:00Z","home":{{{}}},"away":{{{}}}}}"#,
                team(0),
                team(1)
            )
        });
        let text = format!("{}\n{}\n", header("test"), matches.collect::<Vec<_>>().join("\n"));
        let reading = check_text(text.as_bytes());
        let marked = |finding: &super::super::super::finding::Finding| {
            let line = text.lines().nth(finding.line as usize - 1).unwrap_or_default();
            let value: String =
                line.chars().skip(finding.column as usize - 1).take_while(|c| !",}".contains(*c)).collect();
            format!("{} {value}: {}: {}", finding.line, finding.severity, finding.message)
        };
        let about_names = |message: &str| message.contains(" name") || message.contains(" called ");
        let found = reading.findings.listed().iter().map(marked).filter(|found| about_names(found));
        found.filter(|found| !found.contains("none can be named")).collect()
    }

    #[test]
    fn two_players_of_a_team_have_two_names() {
        finds_in_match(
            |line| line.replacen(r#""name":"H 4""#, r#""name":"h  3""#, 1),
            &["warning: \"h3\" and \"h4\" of Home are both called \"h  3\""],
        );
        finds_in_match(|line| line.replacen(r#""name":"A 4""#, r#""name":"H 3""#, 1), &[]);
        let text = file("").replacen(r#""name":"A 4""#, r#""name":"H 3""#, 1);
        let findings = check_text(text.as_bytes()).findings;
        let note = "note: \"h3\" of Home and \"a4\" of Away are both called \"H 3\"";
        assert!(findings.listed().iter().any(|finding| finding.to_string().ends_with(note)), "{findings:#?}");
    }

    #[test]
    fn two_teams_of_a_match_have_two_short_names() {
        let city = r#""id":"mci","name":"Manchester City""#;
        let united = r#""id":"mun","name":"Manchester United""#;
        let message = "2 \"Manchester United\": warning: team \"mun\" (Manchester United) has the short name of team \
                       \"mci\" (Manchester City), \"MAN\": give one of them another, such as \"short\":\"MUN\"";
        assert_eq!(of_teams(&[city, united]), [message]);
        assert_eq!(of_teams(&[city, &format!(r#"{united},"short":"MNU""#)]), [""; 0]);
        let found = of_teams(&[r#""id":"a","name":"Amber","short":"AB""#, r#""id":"b","name":"Birch","short":"ab""#]);
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].starts_with("2 \"ab\": warning") && found[0].ends_with("give one of them another"),
            "{found:?}"
        );
        let twins = of_teams(&[r#""id":"a","name":"Amber""#, r#""id":"b","name":"AMBER""#]);
        assert_eq!(twins, ["2 \"AMBER\": warning: team \"b\" has the name of team \"a\", \"AMBER\""], "said once");
    }

    #[test]
    fn teams_of_several_matches_are_told_apart_too() {
        let (amber, birch) = (r#""id":"a","name":"Amber","short":"AMB""#, r#""id":"b","name":"Birch""#);
        let (cedar, delta) = (r#""id":"c","name":"Cedar","short":"AMB""#, r#""id":"d","name":"Birch""#);
        assert_eq!(
            of_teams(&[amber, birch, cedar, delta, cedar, delta, amber, delta]),
            [
                "3 \"AMB\": warning: team \"c\" (Cedar) has the short name of team \"a\" (Amber) in match \"m1\", \
                 \"AMB\": give one of them another",
                "3 \"Birch\": warning: team \"d\" has the name of team \"b\" in match \"m1\", \"Birch\"",
            ]
        );
        let renamed = r#""id":"a","name":"Amber Town","short":"AMB""#;
        assert_eq!(
            of_teams(&[amber, birch, renamed, birch, birch, renamed]),
            ["3 \"Amber Town\": warning: team \"a\" is called \"Amber Town\" here and \"Amber\" in match \"m1\""]
        );
        assert_eq!(of_teams(&[amber, birch, birch, amber]), [""; 0]);
    }
}
