//! `/leagues` and `/teams`: what a replay has of them. Apps ask at their start.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::crests;
use super::envelope::ApiFootballError;
use super::fixture::{country, has_table, venue};
use super::parameters::Parameters;
use crate::dialect::document::{Moment, date_of};
use crate::football::{Match, Side};

pub(super) const LEAGUE_PARAMETERS: &[&str] = &["id", "name", "country", "season", "team", "type", "current", "search"];
pub(super) const TEAM_PARAMETERS: &[&str] = &["id", "name", "league", "season", "country", "code", "search"];

/// Whether a text is the one asked for by `name`, or contains that of `search`.
fn matches_text(parameters: &Parameters<'_>, text: &str) -> bool {
    let text = text.to_lowercase();
    parameters.text("name").is_none_or(|name| text == name.to_lowercase())
        && parameters.text("search").is_none_or(|part| text.contains(&part.to_lowercase()))
}

pub(super) fn leagues(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    let (id, season, team) = (parameters.number("id")?, parameters.number("season")?, parameters.number("team")?);
    let mut leagues: BTreeMap<u16, BTreeMap<i16, Vec<usize>>> = BTreeMap::new();
    for track in moment.tracks() {
        let ids = moment.ids.of_match(track);
        let fixture = &moment.timeline.tracks()[track].fixture;
        let name = fixture.competition.as_deref().unwrap_or_default();
        let year = moment.season_year(track);
        let is_wanted = id.is_none_or(|id| id == u32::from(ids.league))
            && season.is_none_or(|season| u32::try_from(year) == Ok(season))
            && team.is_none_or(|team| ids.teams.iter().any(|own| u32::from(*own) == team))
            && parameters.text("country").is_none_or(|wanted| wanted.eq_ignore_ascii_case(country(name)))
            && parameters.text("type").is_none_or(|wanted| wanted.eq_ignore_ascii_case(kind_of(fixture)))
            // Every season that is played is the current one.
            && parameters.text("current") != Some("false")
            && matches_text(parameters, name);
        if is_wanted {
            leagues.entry(ids.league).or_default().entry(year).or_default().push(track);
        }
    }
    let written = leagues.iter().map(|(id, seasons)| {
        let first = seasons.values().flatten().next().copied().unwrap_or_default();
        let fixture = &moment.timeline.tracks()[first].fixture;
        let name = fixture.competition.as_deref().unwrap_or_default();
        let years: Vec<Value> =
            seasons.iter().map(|(year, tracks)| season_entry(moment, name, *year, tracks)).collect();
        json!({
            "league": {
                "id": id,
                "name": name,
                "type": kind_of(fixture),
                "logo": crests::league_address(moment.base, *id),
            },
            "country": { "name": country(name), "code": null, "flag": null },
            "seasons": years,
        })
    });
    Ok(written.collect())
}

/// The kind of a competition.
fn kind_of(fixture: &Match) -> &'static str {
    if fixture.rules.extra_time { "Cup" } else { "League" }
}

fn season_entry(moment: &Moment<'_>, competition: &str, year: i16, tracks: &[usize]) -> Value {
    let days = || tracks.iter().map(|track| date_of(moment.scheduled_kickoff(*track)));
    json!({
        "year": year,
        "start": days().min().map(|day| day.to_string()),
        "end": days().max().map(|day| day.to_string()),
        "current": true,
        "coverage": {
            "fixtures": { "events": true, "lineups": true, "statistics_fixtures": true, "statistics_players": false },
            "standings": has_table(moment, competition),
            "players": false,
            "top_scorers": false,
            "top_assists": false,
            "top_cards": false,
            "injuries": false,
            "predictions": false,
            "odds": false,
        },
    })
}

pub(super) fn teams(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    let (id, league, season) = (parameters.number("id")?, parameters.number("league")?, parameters.number("season")?);
    let mut teams = BTreeMap::new();
    for track in moment.tracks() {
        let (ids, fixture) = (moment.ids.of_match(track), &moment.timeline.tracks()[track].fixture);
        for side in [Side::Home, Side::Away] {
            let (number, team) = (ids.teams[side.index()], fixture.team(side));
            let is_wanted = id.is_none_or(|id| id == u32::from(number))
                && league.is_none_or(|league| league == u32::from(ids.league))
                && season.is_none_or(|season| u32::try_from(moment.season_year(track)) == Ok(season))
                && matches_text(parameters, &team.name)
                && parameters.text("country").is_none_or(|wanted| {
                    wanted.eq_ignore_ascii_case(country(fixture.competition.as_deref().unwrap_or_default()))
                })
                && parameters.text("code").is_none_or(|code| code.eq_ignore_ascii_case(&team.short));
            if is_wanted {
                let country = country(fixture.competition.as_deref().unwrap_or_default());
                let entry = teams.entry(number).or_insert_with(|| {
                    json!({
                        "team": {
                            "id": number,
                            "name": &*team.name,
                            "code": &*team.short,
                            "country": country,
                            "founded": null,
                            "national": false,
                            "logo": crests::address(moment.base, number),
                        },
                        "venue": venue(None, None),
                    })
                });
                if side == Side::Home && ids.venue.is_some() {
                    entry["venue"] = venue(ids.venue, fixture.venue.as_deref());
                }
                for unknown in ["address", "capacity", "surface", "image"] {
                    entry["venue"][unknown] = Value::Null;
                }
            }
        }
    }
    Ok(teams.into_values().collect())
}
