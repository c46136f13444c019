//! `/fixtures`: which matches a request means.

use serde_json::Value;

use super::envelope::ApiFootballError;
use super::fixture::{LIVE, fixture, status_words};
use super::parameters::Parameters;
use super::{events, lineups, people, statistics};
use crate::dialect::document::{MatchMoment, Moment, date_of};
use crate::football::Status;

pub(super) const PARAMETERS: &[&str] = &[
    "id", "ids", "live", "date", "league", "season", "team", "last", "next", "from", "to", "round", "status", "venue",
    "timezone",
];

/// The most fixtures that `ids` names.
const MAX_IDS: usize = 20;
/// The most fixtures that `next` and `last` ask for.
const MAX_COUNT: u32 = 99;

/// The numbers of a list, `1-2-3`.
fn numbers(name: &str, text: &str) -> Result<Vec<u32>, ApiFootballError> {
    let wrong = |_| ApiFootballError::new(name, &format!("The {name} field must contain integers joined by -."));
    text.split('-').map(|number| number.parse().map_err(wrong)).collect()
}

/// Which matches are meant, and how much of them is told.
struct Selection<'a> {
    parameters: &'a Parameters<'a>,
    ids: Option<Vec<u32>>,
    /// The leagues whose live matches are meant; empty: all.
    live: Option<Vec<u32>>,
}

impl<'a> Selection<'a> {
    fn new(parameters: &'a Parameters<'a>) -> Result<Self, ApiFootballError> {
        let id = parameters.number("id")?.map(|id| vec![id]);
        let ids = parameters.text("ids").map(|ids| numbers("ids", ids)).transpose()?;
        if ids.as_ref().is_some_and(|ids| ids.len() > MAX_IDS) {
            return Err(ApiFootballError::new("ids", &format!("Maximum of {MAX_IDS} fixtures ids.")));
        }
        let live = match parameters.text("live") {
            Some("all") => Some(Vec::new()),
            Some(leagues) => Some(numbers("live", leagues)?),
            None => None,
        };
        let has = |name: &str| parameters.text(name).is_some();
        if !PARAMETERS.iter().any(|name| *name != "timezone" && has(name)) {
            return Err(ApiFootballError::new("required", "At least one parameter is required."));
        }
        // A league has no fixtures without a season, nor a season without a league or a team.
        if has("league") && !["season", "date", "live", "last", "next"].iter().any(|name| has(name)) {
            return Err(ApiFootballError::new("season", "The Season field is required."));
        }
        if has("season") && !has("league") && !has("team") {
            return Err(ApiFootballError::new("league", "The Season field need another parameter."));
        }
        Ok(Self { parameters, ids: id.or(ids), live })
    }

    /// Whether a match is meant.
    fn includes(&self, moment: &Moment<'_>, track: usize, of: &MatchMoment<'_>) -> Result<bool, ApiFootballError> {
        let (parameters, ids) = (self.parameters, of.ids);
        let day = date_of(of.kickoff);
        let (short, _) = status_words(of);
        let is = |name: &str, own: u32| Ok(parameters.number(name)?.is_none_or(|wanted| wanted == own));
        let either_team = |wanted: u32| ids.teams.iter().any(|team| u32::from(*team) == wanted);
        Ok(self.ids.as_ref().is_none_or(|wanted| wanted.contains(&ids.fixture))
            && self.live.as_ref().is_none_or(|leagues| {
                LIVE.contains(&short) && (leagues.is_empty() || leagues.contains(&u32::from(ids.league)))
            })
            && is("league", ids.league.into())?
            && is("season", u32::try_from(moment.season_year(track)).unwrap_or(0))?
            && is("venue", ids.venue.unwrap_or(0).into())?
            && parameters.number("team")?.is_none_or(either_team)
            && parameters.date("date")?.is_none_or(|wanted| wanted == day)
            && parameters.date("from")?.is_none_or(|from| day >= from)
            && parameters.date("to")?.is_none_or(|to| day <= to)
            && parameters.text("round").is_none_or(|round| {
                let own = super::fixture::league(moment, track);
                own["round"].as_str() == Some(round)
            })
            && parameters.text("status").is_none_or(|wanted| wanted.split('-').any(|word| word == short)))
    }
}

/// `/fixtures`.
pub(super) fn fixtures(moment: &Moment<'_>, parameters: &Parameters<'_>) -> Result<Vec<Value>, ApiFootballError> {
    let selection = Selection::new(parameters)?;
    let mut chosen: Vec<(usize, MatchMoment<'_>)> = Vec::new();
    for track in moment.tracks() {
        let of = moment.of_match(track);
        if selection.includes(moment, track, &of)? {
            chosen.push((track, of));
        }
    }
    let count = |name: &str| {
        let wrong = || ApiFootballError::new(name, &format!("The {name} field must be at most {MAX_COUNT}."));
        let count = parameters.number(name)?.map(|count| (1..=MAX_COUNT).contains(&count).then_some(count as usize));
        count.map(|count| count.ok_or_else(wrong)).transpose()
    };
    chosen.sort_by_key(|(track, of)| (of.kickoff, *track));
    if let Some(next) = count("next")? {
        chosen.retain(|(_, of)| of.status() == Status::Scheduled);
        chosen.truncate(next);
    }
    if let Some(last) = count("last")? {
        chosen.retain(|(_, of)| of.status().is_final());
        chosen.drain(..chosen.len().saturating_sub(last));
    }
    let (by_id, live) = (selection.ids.is_some(), selection.live.is_some());
    let written = chosen.iter().map(|(track, of)| {
        let mut fixture = fixture(moment, *track, of);
        if by_id || live {
            fixture["events"] = events::rows(of).into_iter().map(|row| row.json).collect();
        }
        if by_id {
            fixture["lineups"] = lineups::lineups(of).into_iter().map(|(_, lineup)| lineup).collect();
            fixture["statistics"] = statistics::statistics(of).into_iter().map(|(_, of_side)| of_side).collect();
            fixture["players"] = people::people(of).into_iter().map(|(_, players)| players).collect();
        }
        fixture
    });
    Ok(written.collect())
}
