//! Crests of teams, where the documents say that logos are.

use crate::dialect::document::{DocumentResponse, Moment, crest_svg};
use crate::football::Side;

/// The address of a team's crest, below that of the dialect.
pub(super) fn address(base: &str, team: u16) -> String {
    format!("{base}/football/teams/{team}.svg")
}

/// The address of a league's badge.
pub(super) fn league_address(base: &str, league: u16) -> String {
    format!("{base}/football/leagues/{league}.svg")
}

/// Whether a path is that of an image.
pub(super) fn is_image(path: &str) -> bool {
    path.starts_with("football/") && path.ends_with(".svg")
}

/// The team whose crest a path names.
fn team_of(path: &str) -> Option<u16> {
    path.strip_prefix("football/teams/")?.strip_suffix(".svg")?.parse().ok()
}

fn league_of(path: &str) -> Option<u16> {
    path.strip_prefix("football/leagues/")?.strip_suffix(".svg")?.parse().ok()
}

/// An image; of what is unknown a 404.
pub(super) fn response(moment: &Moment<'_>, path: &str) -> DocumentResponse {
    let mut tracks = moment.tracks();
    let svg = match (team_of(path), league_of(path)) {
        (Some(team), _) => {
            let sides = tracks.flat_map(|track| [Side::Home, Side::Away].map(|side| (track, side)));
            let mut sides = sides.filter(|(track, side)| moment.ids.of_match(*track).teams[side.index()] == team);
            let team = sides.next().map(|(track, side)| moment.timeline.tracks()[track].fixture.team(side));
            team.map(|team| crest_svg(&team.short, &team.colours))
        }
        (None, Some(league)) => {
            let track = tracks.find(|track| moment.ids.of_match(*track).league == league);
            let name = track.and_then(|track| moment.timeline.tracks()[track].fixture.competition.clone());
            let initials: String =
                name.iter().flat_map(|name| name.split(' ')).filter_map(|word| word.chars().next()).collect();
            track.map(|_| crest_svg(&initials, &[]))
        }
        (None, None) => None,
    };
    match svg {
        Some(svg) => DocumentResponse::of(200, "image/svg+xml", svg),
        None => DocumentResponse::of(404, "text/plain", "no such image\n"),
    }
}
