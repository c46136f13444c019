//! Names of players and teams that cannot be distinguished.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::report::{LineRef, LintReport, ValueRef};
use super::{MatchView, Scenario, Severity, Side};
use crate::football::{Match, Player, Team};

/// A name in lower case with single spaces: names that look the same are equal.
fn normalised(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Players of one team have different names. One name in both teams may be right, and gives a note.
pub(super) fn check_player_names_are_unique(view: &MatchView<'_>, out: &mut LintReport) {
    let mut names: BTreeMap<String, Vec<(Side, &Player)>> = BTreeMap::new();
    for side in Side::ALL.iter().copied() {
        for player in &view.fixture.team(side).players {
            names.entry(normalised(&player.name)).or_default().push((side, player));
        }
    }
    for called in names.into_values() {
        let team = |side: Side| &view.fixture.team(side).name;
        let mut report = |severity, (side, player): (Side, &Player), message| {
            out.add(severity, LineRef::Match(view.track), ValueRef::Player(side, player.id.clone(), "name"), message);
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
            report(Severity::Warning, own[1], message);
        }
        if let [(Side::Home, home), (Side::Away, away)] = called[..] {
            let (of, other) = (team(Side::Home), team(Side::Away));
            let message = format!("{:?} of {of} and {:?} of {other} are both called {:?}", home.id, away.id, away.name);
            report(Severity::Note, (Side::Away, away), message);
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

/// Different teams have different names and short names, and a team has the same name in all its matches.
pub(super) fn check_team_names_are_unique(scenario: &Scenario, out: &mut LintReport) {
    let mut teams = Teams::default();
    for (track, fixture) in scenario.matches.iter().enumerate() {
        for side in Side::ALL.iter().copied() {
            teams.add(Appearance { track, fixture, side }, out);
        }
    }
}

/// The teams so far, each with its first appearance.
#[derive(Default)]
struct Teams<'a> {
    by_id: HashMap<&'a str, Appearance<'a>>,
    by_name: HashMap<String, Appearance<'a>>,
    by_short: HashMap<String, Appearance<'a>>,
    /// The renamed teams and the pairs of teams that have been reported.
    renamed: HashSet<(&'a str, &'a str)>,
    paired: HashSet<(&'a str, &'a str)>,
}

impl<'a> Teams<'a> {
    fn add(&mut self, here: Appearance<'a>, out: &mut LintReport) {
        let team = here.team();
        let first = *self.by_id.entry(team.id.as_str()).or_insert(here);
        if normalised(&first.team().name) != normalised(&team.name)
            && self.renamed.insert((team.id.as_str(), &team.name))
        {
            let message = format!(
                "team {:?} is called {:?} here and {:?} in match {:?}",
                team.id,
                team.name,
                first.team().name,
                first.fixture.id
            );
            out.warning(LineRef::Match(here.track), ValueRef::Team(here.side, "name"), message);
        }
        let named = *self.by_name.entry(normalised(&team.name)).or_insert(here);
        if self.is_new_pair(named, here) {
            let (other, place) = (&named.team().id, other_match_suffix(named, here));
            let message = format!("team {:?} has the same name as team {other:?}{place}, {:?}", team.id, team.name);
            out.warning(LineRef::Match(here.track), ValueRef::Team(here.side, "name"), message);
        }
        let short = *self.by_short.entry(normalised(&team.short)).or_insert(here);
        if self.is_new_pair(short, here) {
            let message = format!(
                "{} has the same short name as {}{}, {:?}: give one of them another{}",
                team_text(team),
                team_text(short.team()),
                other_match_suffix(short, here),
                team.short,
                suggest_short_name(team).map(|other| format!(", such as \"short\":{other:?}")).unwrap_or_default()
            );
            out.warning(LineRef::Match(here.track), ValueRef::Team(here.side, "short"), message);
        }
    }

    /// Whether these are different teams whose pair has not been reported.
    fn is_new_pair(&mut self, first: Appearance<'a>, second: Appearance<'a>) -> bool {
        let (first, second) = (first.team().id.as_str(), second.team().id.as_str());
        first != second && self.paired.insert((first, second))
    }
}

fn team_text(team: &Team) -> String {
    format!("team {:?} ({})", team.id, team.name)
}

/// ` in match "m"`, or nothing if that is the match of `here`.
fn other_match_suffix(first: Appearance<'_>, here: Appearance<'_>) -> String {
    if first.track == here.track { String::new() } else { format!(" in match {:?}", first.fixture.id) }
}

/// A different short name to suggest: `MCI` for Manchester City.
fn suggest_short_name(team: &Team) -> Option<String> {
    let words: Vec<&str> = team.name.split_whitespace().collect();
    let [first, .., last] = *words else { return None };
    let letters = first.chars().take(1).chain(last.chars().take(2)).filter(|letter| letter.is_alphabetic());
    let short = letters.collect::<String>().to_uppercase();
    (short.chars().count() == 3 && normalised(&short) != normalised(&team.short)).then_some(short)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, header};
    use super::super::Scenario;
    use super::super::testing::finds_in_match;

    /// The findings about names in a file with matches between these teams, two by two.
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
        let reading = Scenario::check_text(text.as_bytes());
        let marked = |finding: &super::super::super::finding::Finding| {
            let line = text.lines().nth(finding.line as usize - 1).unwrap_or_default();
            let value: String =
                line.chars().skip(finding.column as usize - 1).take_while(|c| !",}".contains(*c)).collect();
            format!("{} {value}: {}: {}", finding.line, finding.severity, finding.message)
        };
        let about_names = |message: &str| message.contains(" name") || message.contains(" called ");
        let found = reading.findings.listed().iter().map(marked).filter(|found| about_names(found));
        found.filter(|found| !found.contains("events cannot name any")).collect()
    }

    #[test]
    fn players_of_one_team_have_different_names() {
        finds_in_match(
            |line| line.replacen(r#""name":"H 4""#, r#""name":"h  3""#, 1),
            &["warning: \"h3\" and \"h4\" of Home are both called \"h  3\""],
        );
        finds_in_match(|line| line.replacen(r#""name":"A 4""#, r#""name":"H 3""#, 1), &[]);
        let text = file("").replacen(r#""name":"A 4""#, r#""name":"H 3""#, 1);
        let findings = Scenario::check_text(text.as_bytes()).findings;
        let note = "note: \"h3\" of Home and \"a4\" of Away are both called \"H 3\"";
        assert!(findings.listed().iter().any(|finding| finding.to_string().ends_with(note)), "{findings:#?}");
    }

    #[test]
    fn teams_of_a_match_have_different_short_names() {
        let city = r#""id":"mci","name":"Manchester City""#;
        let united = r#""id":"mun","name":"Manchester United""#;
        let message = "2 \"Manchester United\": warning: team \"mun\" (Manchester United) has the same short name as team \
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
        assert_eq!(
            twins,
            ["2 \"AMBER\": warning: team \"b\" has the same name as team \"a\", \"AMBER\""],
            "reported once"
        );
    }

    #[test]
    fn teams_of_several_matches_have_different_names_too() {
        let (amber, birch) = (r#""id":"a","name":"Amber","short":"AMB""#, r#""id":"b","name":"Birch""#);
        let (cedar, delta) = (r#""id":"c","name":"Cedar","short":"AMB""#, r#""id":"d","name":"Birch""#);
        assert_eq!(
            of_teams(&[amber, birch, cedar, delta, cedar, delta, amber, delta]),
            [
                "3 \"AMB\": warning: team \"c\" (Cedar) has the same short name as team \"a\" (Amber) in match \"m1\", \
                 \"AMB\": give one of them another",
                "3 \"Birch\": warning: team \"d\" has the same name as team \"b\" in match \"m1\", \"Birch\"",
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
