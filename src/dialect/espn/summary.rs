//! The summary of a match: header, key events, line-ups and statistics.

use serde_json::{Value, json};

use super::super::document::{MatchMoment, Moment};
use super::events::{SIDES, competitor_core, time_text};
use super::leagues::league;
use super::plays::{key_events, position, short_name, team_id};
use super::status::status;
use super::team_documents::team;
use crate::football::{EventType, Field, Period, Player, Side};

/// The summary of a match.
pub(super) fn summary(moment: &Moment<'_>, track: usize) -> Value {
    let of = moment.of_match(track);
    let id = of.ids.fixture.to_string();
    let competition = json!({
        "id": id,
        "date": time_text(of.kickoff),
        "neutralSite": false,
        "boxscoreAvailable": true,
        "competitors": SIDES.map(|side| header_competitor(&of, side)),
        "status": status(&of),
        "notes": [],
        "broadcasts": [],
    });
    json!({
        "header": {
            "id": id,
            "season": { "year": moment.season_year(track), "type": 1 },
            "timeValid": true,
            "competitions": [competition],
            "league": league(moment, track),
            "links": [],
        },
        "keyEvents": key_events(&of),
        "rosters": SIDES.map(|side| roster(&of, side)),
        "boxscore": { "teams": SIDES.map(|side| box_score(&of, side)) },
    })
}

fn header_competitor(of: &MatchMoment<'_>, side: Side) -> Value {
    let mut competitor = competitor_core(of, side);
    competitor["team"] = team(of.base, of.team(side), &team_id(of, side));
    competitor["linescores"] = line_scores(of, side);
    competitor
}

/// The goals of a side in each period that has begun, without the shoot-out.
fn line_scores(of: &MatchMoment<'_>, side: Side) -> Value {
    let begun = [Period::First, Period::Second, Period::ExtraFirst, Period::ExtraSecond];
    let begun = begun.into_iter().filter(|period| of.begin_of(period.status()).is_some());
    let goals = begun.map(|period| of.state.goals_in(&[period]).of(side));
    goals.map(|goals| json!({ "displayValue": goals.to_string() })).collect()
}

fn roster(of: &MatchMoment<'_>, side: Side) -> Value {
    let own = of.team(side);
    let known = of.has_lineup(side);
    let players: Vec<&Player> = own.players.iter().filter(|_| known).collect();
    let entries = (0..).zip(&players).map(|(index, player)| roster_entry(of, side, index, player));
    let mut roster = json!({
        "homeAway": side.as_str(),
        "winner": competitor_core(of, side)["winner"],
        "team": team(of.base, own, &team_id(of, side)),
        "roster": entries.collect::<Vec<_>>(),
    });
    if let Some(formation) = own.formation.as_deref().filter(|_| known) {
        roster["formation"] = formation.into();
    }
    roster
}

fn roster_entry(of: &MatchMoment<'_>, side: Side, index: usize, player: &Player) -> Value {
    let changed = |field: Field| {
        of.events.iter().any(|cue| {
            let event = &cue.event;
            event.is_in_force()
                && event.kind == EventType::Substitution
                && event.details.player(field) == Some(&player.id)
        })
    };
    let mut entry = json!({
        "active": true,
        "starter": player.starts,
        "athlete": {
            "id": of.number_of(&player.id).to_string(),
            "fullName": &*player.name,
            "displayName": &*player.name,
            "shortName": short_name(&player.name),
        },
        "position": { "abbreviation": position(of, side, index) },
        "subbedIn": changed(Field::In),
        "subbedOut": changed(Field::Out),
    });
    if let Some(number) = player.number {
        entry["jersey"] = number.to_string().into();
    }
    entry
}

fn box_score(of: &MatchMoment<'_>, side: Side) -> Value {
    let own = of.state.statistics(side);
    let counts = [
        ("foulsCommitted", "Fouls", own.fouls),
        ("yellowCards", "Yellow Cards", own.yellow_cards),
        ("redCards", "Red Cards", own.red_cards),
        ("offsides", "Offsides", own.offsides),
        ("wonCorners", "Corner Kicks", own.corners),
        ("saves", "Saves", own.saves),
        ("totalShots", "SHOTS", own.shots),
        ("shotsOnTarget", "ON GOAL", own.shots_on_target),
        ("blockedShots", "Blocked Shots", own.shots_blocked),
    ];
    let mut shown: Vec<(&str, &str, String)> =
        counts.into_iter().map(|(name, label, count)| (name, label, count.to_string())).collect();
    if let Some(passing) = of.state.passing(side) {
        shown.push(("possessionPct", "POSSESSION", format!("{}.0", passing.possession)));
        shown.push(("accuratePasses", "Accurate Passes", passing.completed.to_string()));
        shown.push(("totalPasses", "Passes", passing.passes.to_string()));
    }
    let statistic =
        |(name, label, value): (&str, &str, String)| json!({ "name": name, "displayValue": value, "label": label });
    json!({
        "team": team(of.base, of.team(side), &team_id(of, side)),
        "homeAway": side.as_str(),
        "displayOrder": side.index() + 1,
        "statistics": shown.into_iter().filter(|_| of.has_begun()).map(statistic).collect::<Vec<_>>(),
    })
}
