//! Crests of teams, where the documents say that logos are.

use crate::dialect::document::{DocumentResponse, Moment, crest_svg};
use crate::football::Side;

/// The address of a team's crest, below that of the dialect.
pub(super) fn address(base: &str, team: u16) -> String {
    format!("{base}/football/teams/{team}.svg")
}

/// The team whose crest a path names.
pub(super) fn team_of(path: &str) -> Option<u16> {
    path.strip_prefix("football/teams/")?.strip_suffix(".svg")?.parse().ok()
}

/// The crest of a team; of one that is unknown a 404.
pub(super) fn response(moment: &Moment<'_>, team: u16) -> DocumentResponse {
    let sides = moment.tracks().flat_map(|track| [Side::Home, Side::Away].map(|side| (track, side)));
    let mut sides = sides.filter(|(track, side)| moment.ids.of_match(*track).teams[side.index()] == team);
    match sides.next() {
        Some((track, side)) => {
            let svg = crest_svg(moment.timeline.tracks()[track].fixture.team(side));
            DocumentResponse::of(200, "image/svg+xml", svg)
        }
        None => DocumentResponse::of(404, "text/plain", "no such team\n"),
    }
}
