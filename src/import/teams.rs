//! Which two teams play.

use std::fmt::Display;

use crate::message::format_count;

/// The two teams of a match, home first: those that the match data state, named by what states them, else those of the rows in
/// their order. `place` is how messages name a row.
///
/// # Errors
/// If there are not two, or a row is of another team: files of two matches are mixed up.
pub(super) fn find_two_teams<T: Clone + PartialEq + Display>(
    stated: Option<(&str, [T; 2])>,
    rows: impl Iterator<Item = (usize, T)>,
    place: impl Fn(usize) -> String,
) -> Result<[T; 2], String> {
    let mut found: Vec<(usize, T)> = Vec::new();
    for (at, team) in rows {
        if found.iter().all(|(_, known)| *known != team) {
            found.push((at, team));
        }
        // The third one is a stranger, or one of the two before it is.
        if found.len() > 2 {
            break;
        }
    }
    let (by, teams) = match (stated, &*found) {
        (Some(stated), _) => stated,
        (None, [(_, home), (_, away), ..]) => ("the teams before it", [home.clone(), away.clone()]),
        (None, few) => return Err(format!("the rows are of {}, not of 2", format_count(few.len(), "team", "teams"))),
    };
    let [home, away] = &teams;
    if home == away {
        return Err(format!("both teams are {home}"));
    }
    match found.iter().find(|(_, team)| team != home && team != away) {
        None => Ok(teams),
        Some((at, team)) => Err(format!(
            "{} is of team {team}, but {by} are {home} and {away}: mixed-up files of two matches",
            place(*at)
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_teams_play_and_no_other() {
        let find = |stated: Option<[u8; 2]>, rows: &[u8]| {
            let stated = stated.map(|teams| ("the match data", teams));
            find_two_teams(stated, rows.iter().copied().enumerate(), |at| format!("events[{at}]"))
        };
        assert_eq!(find(None, &[2, 1, 2]), Ok([2, 1]));
        assert_eq!(find(Some([1, 2]), &[2, 2]), Ok([1, 2]));
        assert_eq!(find(None, &[2]), Err("the rows are of 1 team, not of 2".to_owned()));
        assert_eq!(find(Some([1, 1]), &[]), Err("both teams are 1".to_owned()));
        let mixed = |at, team, by| format!("events[{at}] is of team {team}, but {by}: mixed-up files of two matches");
        assert_eq!(find(None, &[2, 1, 3]), Err(mixed(2, 3, "the teams before it are 2 and 1")));
        assert_eq!(find(Some([1, 2]), &[2, 3, 1]), Err(mixed(1, 3, "the match data are 1 and 2")));
    }
}
