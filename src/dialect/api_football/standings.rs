//! `/standings`: league tables. They are true, whatever a faulty feed says.

use serde_json::{Value, json};

use super::crests;
use super::envelope::ApiFootballError;
use super::fixture::league;
use super::parameters::Parameters;
use crate::dialect::document::Moment;
use crate::football::{LeagueTable, TableRow};

pub(super) fn standings(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    let season = parameters.number("season")?;
    let season = season.ok_or_else(|| ApiFootballError::new("season", "The Season field is required."))?;
    let (wanted, team) = (parameters.number("league")?, parameters.number("team")?);
    if wanted.is_none() && team.is_none() {
        return Err(ApiFootballError::new("league", "The League field is required."));
    }
    // A league may have several tables: groups.
    let mut leagues: Vec<(usize, Vec<Value>)> = Vec::new();
    for (place, table) in moment.timeline.tables().iter().enumerate() {
        let of_competition = |track: &usize| {
            let fixture = &moment.timeline.tracks()[*track].fixture;
            fixture.competition.as_deref() == Some(&*table.competition) && fixture.season == table.season
        };
        let Some(track) = moment.tracks().find(of_competition) else { continue };
        let is_wanted = wanted.is_none_or(|league| league == u32::from(moment.ids.of_match(track).league))
            && u32::try_from(moment.season_year(track)) == Ok(season)
            && team
                .is_none_or(|team| table.rows.iter().any(|row| u32::from(moment.ids.team(row.team.as_str())) == team));
        if !is_wanted {
            continue;
        }
        let rows = rows(moment, &moment.timeline.table_at(place, moment.index), team);
        match leagues.iter_mut().find(|(own, _)| moment.ids.of_match(*own).league == moment.ids.of_match(track).league)
        {
            Some((_, groups)) => groups.push(rows),
            None => leagues.push((track, vec![rows])),
        }
    }
    let written = leagues.into_iter().map(|(track, groups)| {
        let mut league = league(moment, track);
        if let Some(league) = league.as_object_mut() {
            league.remove("round");
            league.insert("standings".to_owned(), Value::Array(groups));
        }
        json!({ "league": league })
    });
    Ok(written.collect())
}

fn rows(moment: &Moment<'_>, table: &LeagueTable, team: Option<u32>) -> Value {
    let update = moment.now().strftime("%Y-%m-%dT00:00:00+00:00").to_string();
    let row = |(place, row): (usize, &TableRow)| {
        let id = moment.ids.team(row.team.as_str());
        let unknown = json!({
            "played": null, "win": null, "draw": null, "lose": null, "goals": { "for": null, "against": null },
        });
        let difference = i64::from(row.goals_for) - i64::from(row.goals_against);
        json!({
            "rank": place + 1,
            "team": { "id": id, "name": &*row.name, "logo": crests::address(moment.base, id) },
            "points": row.points,
            "goalsDiff": difference,
            "group": &*table.competition,
            "form": null,
            "status": "same",
            "description": null,
            "all": {
                "played": row.played,
                "win": row.won,
                "draw": row.drawn,
                "lose": row.lost,
                "goals": { "for": row.goals_for, "against": row.goals_against },
            },
            "home": unknown,
            "away": unknown,
            "update": update,
        })
    };
    let is_wanted =
        |(_, row): &(usize, &TableRow)| team.is_none_or(|team| u32::from(moment.ids.team(row.team.as_str())) == team);
    table.rows.iter().enumerate().filter(is_wanted).map(row).collect()
}
