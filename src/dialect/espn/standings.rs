//! League tables.

use serde_json::{Value, json};

use super::super::document::Moment;
use super::leagues::RequestedLeague;
use super::team_documents::{Membership, bare_team, member, members, team};
use crate::football::{LeagueTable, TableRow};

/// The tables of a league, with the matches that are being played.
pub(super) fn standings(moment: &Moment<'_>, league: RequestedLeague<'_>) -> Value {
    let tables = moment.timeline.tables().iter().enumerate();
    let own = tables.filter(|(_, table)| league.includes(Some(&table.competition)));
    let members = members(moment, league);
    let children = own.map(|(index, before)| {
        let name = match &before.season {
            Some(season) => format!("{} {season}", before.competition),
            None => before.competition.to_string(),
        };
        let table = moment.timeline.table_at(index, moment.index);
        json!({ "name": name, "abbreviation": name, "standings": { "entries": entries(moment, &members, &table) } })
    });
    let children: Vec<Value> = children.collect();
    let mut document = league.documents(moment).into_iter().next().unwrap_or_default();
    document["children"] = children.into();
    document
}

fn entries(moment: &Moment<'_>, members: &[Membership], table: &LeagueTable) -> Vec<Value> {
    let of_row = |(rank, row): (u32, &TableRow)| {
        let own = members.iter().map(|own| member(moment, *own)).find(|(of, _)| of.id == row.team);
        let team = match own {
            Some((of, id)) => team(moment.base, of, &id),
            None => bare_team(moment.base, &moment.ids.team(row.team.as_str()).to_string(), &row.name, &row.name),
        };
        json!({ "team": team, "stats": stats(rank, row) })
    };
    (1..).zip(&table.rows).map(of_row).collect()
}

fn stats(rank: u32, row: &TableRow) -> Vec<Value> {
    let difference = i64::from(row.goals_for) - i64::from(row.goals_against);
    let stats = [
        ("gamesPlayed", "GP", i64::from(row.played)),
        ("losses", "L", row.lost.into()),
        ("pointDifferential", "GD", difference),
        ("points", "P", row.points.into()),
        ("pointsAgainst", "A", row.goals_against.into()),
        ("pointsFor", "F", row.goals_for.into()),
        ("ties", "D", row.drawn.into()),
        ("wins", "W", row.won.into()),
        ("deductions", "DED", row.deducted.into()),
        ("rank", "R", rank.into()),
    ];
    let stat = |(name, abbreviation, value): (&str, &str, i64)| {
        let signed = name == "pointDifferential" && value > 0;
        json!({
            "name": name,
            "abbreviation": abbreviation,
            "type": name.to_ascii_lowercase(),
            "value": value as f64,
            "displayValue": if signed { format!("+{value}") } else { value.to_string() },
        })
    };
    let overall = format!("{}-{}-{}", row.won, row.drawn, row.lost);
    let overall = json!({ "name": "overall", "type": "total", "summary": overall, "displayValue": overall });
    stats.into_iter().map(stat).chain([overall]).collect()
}
