//! Teams: as part of other documents, as the list of a league, and each on its own.

use serde_json::{Value, json};

use super::super::document::Moment;
use super::leagues::{RequestedLeague, slug_of};
use crate::football::{Side, TableRow, Team};

/// Where the crest of a team is, below the root of the dialect.
const LOGOS: &str = "/i/teamlogos/soccer/500/";

/// The address of a crest.
fn logo(base: &str, id: &str) -> String {
    format!("{base}{LOGOS}{id}.svg")
}

/// The team whose crest a path names.
pub(super) fn logo_team(path: &str) -> Option<&str> {
    path.strip_prefix(LOGOS)?.strip_suffix(".svg")
}

/// A team with its colours.
pub(super) fn team(base: &str, team: &Team, id: &str) -> Value {
    let colour = |index: usize| team.colours.get(index).and_then(|colour| colour.strip_prefix('#'));
    let mut document = bare_team(base, id, &team.name, &team.short);
    document["color"] = colour(0).unwrap_or("000000").to_ascii_lowercase().into();
    document["alternateColor"] = colour(1).unwrap_or("ffffff").to_ascii_lowercase().into();
    document
}

/// A team of which only the names are known, as in a table.
pub(super) fn bare_team(base: &str, id: &str, name: &str, short: &str) -> Value {
    json!({
        "id": id,
        "uid": format!("s:600~t:{id}"),
        "abbreviation": short,
        "displayName": name,
        "shortDisplayName": name,
        "name": name,
        "location": name,
        "isActive": true,
        "logo": logo(base, id),
        "logos": [{ "href": logo(base, id), "width": 500, "height": 600, "alt": "", "rel": ["full", "default"] }],
        "links": [],
    })
}

/// The row of a team in the table of a competition before the first event.
fn row_before<'a>(moment: &Moment<'a>, competition: Option<&str>, id: &str) -> Option<&'a TableRow> {
    let of_competition = |table: &&crate::football::LeagueTable| Some(&*table.competition) == competition;
    let tables = moment.timeline.tables().iter().filter(of_competition);
    tables.flat_map(|table| &table.rows).find(|row| row.team.as_str() == id)
}

/// The matches won, drawn and lost before: `14-3-2`; `None` without a table.
pub(super) fn record_summary(moment: &Moment<'_>, competition: Option<&str>, id: &str) -> Option<String> {
    row_before(moment, competition, id).map(|row| format!("{}-{}-{}", row.won, row.drawn, row.lost))
}

/// A team in a league: the index of a match of it and the side on which it is there.
pub(super) type Membership = (usize, Side);

/// The teams of a league by name, each once.
pub(super) fn members(moment: &Moment<'_>, league: RequestedLeague<'_>) -> Vec<Membership> {
    let tracks = moment.timeline.tracks();
    let of = |(track, side): Membership| tracks[track].fixture.team(side);
    let mut members: Vec<Membership> =
        league.tracks(moment).into_iter().flat_map(|track| [(track, Side::Home), (track, Side::Away)]).collect();
    members.sort_by_key(|member| (&*of(*member).name, of(*member).id.as_str(), member.0));
    members.dedup_by_key(|member| of(*member).id.as_str());
    members
}

/// The team of a membership and its id.
pub(super) fn member<'a>(moment: &Moment<'a>, (track, side): Membership) -> (&'a Team, String) {
    let team = moment.timeline.tracks()[track].fixture.team(side);
    (team, moment.ids.of_match(track).teams[side.index()].to_string())
}

/// The list of the teams of a league.
pub(super) fn teams(moment: &Moment<'_>, league: RequestedLeague<'_>, limit: usize) -> Value {
    let mut leagues = league.documents(moment);
    let members = members(moment, league);
    let mut left = limit;
    for document in &mut leagues {
        let competition = |member: &Membership| moment.timeline.tracks()[member.0].fixture.competition.as_deref();
        let own = members.iter().filter(|own| document["slug"] == slug_of(competition(own)).as_str()).take(left);
        let teams: Vec<Value> =
            own.map(|own| member(moment, *own)).map(|(of, id)| json!({ "team": team(moment.base, of, &id) })).collect();
        left -= teams.len();
        document["teams"] = teams.into();
    }
    json!({ "sports": [{ "id": "600", "uid": "s:600", "name": "Soccer", "slug": "soccer", "leagues": leagues }] })
}
