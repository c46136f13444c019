//! The documents of ESPN's site API. `docs/dialects/espn.md` says what they have and what they leave out.

mod events;
mod leagues;
mod plays;
mod scoreboard;
mod standings;
mod status;
mod summary;
mod team_documents;
#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use super::document::{DocumentDialect, DocumentRequest, DocumentResponse, Moment, Provider, crest_svg};
use crate::football::Status;
use crate::scenario::Span;
use events::event;
use leagues::RequestedLeague;
use scoreboard::{limit, scoreboard};
use standings::standings;
use summary::summary;
use team_documents::{Membership, logo_team, member, members, team, teams};

/// ESPN.
pub static PROVIDER: Provider = Provider {
    dialect: &Espn,
    title: "ESPN site API",
    hosts: &["site.api.espn.com", "site.web.api.espn.com", "cdn.espn.com"],
    base_url_variable: "ESPN_BASE_URL",
};

/// The parameters that a document depends on.
const READ_PARAMETERS: &[&str] = &["date", "dates", "event", "fixture", "league", "limit"];

#[derive(Debug)]
struct Espn;

/// A document that a path names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum EspnPath<'a> {
    /// The scoreboard of a league.
    Scoreboard(&'a str),
    /// The scoreboard of the host `cdn`, whose parameters name the league and the day.
    CdnScoreboard,
    /// The summary of a match of a league.
    Summary(&'a str),
    /// The teams of a league.
    Teams(&'a str),
    /// A team of a league.
    Team(&'a str, &'a str),
    /// The matches of a team of a league.
    Schedule(&'a str, &'a str),
    /// The tables of a league.
    Standings(&'a str),
}

impl<'a> EspnPath<'a> {
    /// Parses a path. `None`: there is no such document.
    ///
    /// The base address of an app has more or less of the path in it, so parts may be missing in front.
    fn parse(path: &'a str) -> Option<Self> {
        let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
        if parts == ["core", "soccer", "scoreboard"] {
            return Some(Self::CdnScoreboard);
        }
        let mut rest = &parts[..];
        for prefix in [&["apis"][..], &["site", "web"], &["v2"], &["sports"], &["soccer"]] {
            if let Some((first, after)) = rest.split_first()
                && prefix.contains(first)
                && after.len() >= 2
            {
                rest = after;
            }
        }
        match *rest {
            [league, "scoreboard"] => Some(Self::Scoreboard(league)),
            [league, "summary"] => Some(Self::Summary(league)),
            [league, "standings"] => Some(Self::Standings(league)),
            [league, "teams"] => Some(Self::Teams(league)),
            [league, "teams", id] => Some(Self::Team(league, id)),
            [league, "teams", id, "schedule"] => Some(Self::Schedule(league, id)),
            _ => None,
        }
    }
}

/// The document at a path; `None`: the request names nothing that there is.
fn document(moment: &Moment<'_>, path: EspnPath<'_>, request: &DocumentRequest<'_>) -> Option<Value> {
    let league = RequestedLeague::new;
    let limit = limit(request);
    Some(match path {
        EspnPath::Scoreboard(slug) => scoreboard(moment, league(slug), request.parameter("dates"), limit),
        EspnPath::CdnScoreboard => {
            let asked = request.parameter("league").map_or_else(RequestedLeague::all, league);
            let dates = request.parameter("date").or_else(|| request.parameter("dates"));
            json!({ "content": { "sbData": scoreboard(moment, asked, dates, limit) } })
        }
        EspnPath::Summary(slug) => {
            let id = request.parameter("event")?;
            let mut tracks = league(slug).tracks(moment).into_iter();
            summary(moment, tracks.find(|track| moment.ids.of_match(*track).fixture.to_string() == id)?)
        }
        EspnPath::Teams(slug) => teams(moment, league(slug), limit),
        EspnPath::Team(slug, id) => {
            let (of, id) = member(moment, find_member(moment, league(slug), id)?);
            json!({ "team": team(moment.base, of, &id) })
        }
        EspnPath::Schedule(slug, id) => {
            let found = find_member(moment, league(slug), id)?;
            let (of, id) = member(moment, found);
            let plays = |track: &usize| {
                let fixture = &moment.timeline.tracks()[*track].fixture;
                [&fixture.home, &fixture.away].iter().any(|team| team.id == of.id)
            };
            // Results, or what is to come.
            let to_come = request.parameter("fixture") == Some("true");
            let tracks = league(slug).tracks(moment).into_iter().filter(plays);
            let matches = tracks.map(|track| (track, moment.of_match(track)));
            let asked = matches.filter(|(_, of)| (of.status() == Status::Scheduled) == to_come).take(limit);
            let events: Vec<Value> = asked.map(|(track, of)| event(moment, track, &of)).collect();
            json!({ "season": { "year": moment.season_year(found.0) }, "team": team(moment.base, of, &id), "events": events })
        }
        EspnPath::Standings(slug) => standings(moment, league(slug)),
    })
}

/// A team of a league by its id, or by its abbreviation.
fn find_member(moment: &Moment<'_>, league: RequestedLeague<'_>, id: &str) -> Option<Membership> {
    let named = |own: &Membership| {
        let (team, own_id) = member(moment, *own);
        own_id == id || team.short.eq_ignore_ascii_case(id)
    };
    members(moment, league).into_iter().find(named)
}

impl DocumentDialect for Espn {
    fn name(&self) -> &str {
        "espn"
    }

    /// The provider says nothing about it; users see a change after five to ten seconds.
    fn step(&self) -> Span {
        Span::from_secs(5)
    }

    fn respond(&self, moment: &Moment<'_>, request: &DocumentRequest<'_>) -> DocumentResponse {
        let made = match logo_team(request.path) {
            Some(id) => find_member(moment, RequestedLeague::all(), id).map(|found| {
                let (team, _) = member(moment, found);
                DocumentResponse::of(200, "image/svg+xml", crest_svg(&team.short, &team.colours))
            }),
            None => EspnPath::parse(request.path)
                .and_then(|path| document(moment, path, request))
                .map(|document| DocumentResponse::json(200, &document)),
        };
        made.unwrap_or_else(|| self.error(request, 404))
    }

    fn error(&self, _: &DocumentRequest<'_>, status: u16) -> DocumentResponse {
        let message = match status {
            403 => "Forbidden",
            404 => "Failed to get events endpoint.",
            429 => "Too Many Requests",
            500.. => "Internal Server Error",
            _ => "Bad Request",
        };
        DocumentResponse::json(status, &json!({ "code": status, "message": message }))
    }

    /// Many pollers add a number that is another one each time.
    fn ignores(&self, parameter: &str) -> bool {
        !READ_PARAMETERS.contains(&parameter)
    }

    fn document_name(&self, path: &str) -> &'static str {
        match EspnPath::parse(path) {
            Some(EspnPath::Scoreboard(_)) => "espn-scoreboard",
            _ => "",
        }
    }
}
