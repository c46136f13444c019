//! Leagues: the word for a competition in paths, and what documents say of it.

use serde_json::{Value, json};

use super::super::document::{Moment, find_competition};

/// The word that stands for all leagues.
const ALL: &str = "all";

/// A league that a request names.
#[derive(Debug, Clone, Copy)]
pub(super) struct RequestedLeague<'a> {
    slug: &'a str,
}

impl<'a> RequestedLeague<'a> {
    pub(super) fn new(slug: &'a str) -> Self {
        Self { slug }
    }

    /// All leagues.
    pub(super) fn all() -> Self {
        Self { slug: ALL }
    }

    /// Whether a competition belongs to it.
    pub(super) fn includes(self, competition: Option<&str>) -> bool {
        self.slug == ALL || slug_of(competition).eq_ignore_ascii_case(self.slug)
    }

    /// The indices of its matches in the order of their tracks.
    pub(super) fn tracks(self, moment: &Moment<'_>) -> Vec<usize> {
        let competition = |track: usize| moment.timeline.tracks()[track].fixture.competition.as_deref();
        moment.tracks().filter(|track| self.includes(competition(*track))).collect()
    }

    /// Its leagues in the replay, or, if there are none, the league that the request names: clients read `leagues[0]`.
    pub(super) fn documents(self, moment: &Moment<'_>) -> Vec<Value> {
        let mut slugs = Vec::new();
        let mut leagues = Vec::new();
        for track in self.tracks(moment) {
            let slug = slug_of(moment.timeline.tracks()[track].fixture.competition.as_deref());
            if !slugs.contains(&slug) {
                leagues.push(league(moment, track));
                slugs.push(slug);
            }
        }
        if leagues.is_empty() {
            leagues.push(league_document("0", self.slug, self.slug));
        }
        leagues
    }
}

/// The word for a competition in paths: `ita.1`; if providers do not know it, the words of its name with dots between them:
/// `lantern.cup`.
pub(super) fn slug_of(competition: Option<&str>) -> String {
    let name = competition.unwrap_or_default();
    match find_competition(name) {
        Some(known) => known.espn_slug.to_owned(),
        None => hyphenated(name, "."),
    }
}

/// The words of a text in lower case, with a separator between them. Letters that are not ASCII separate, too, so that the
/// result can be part of a path as it is.
pub(super) fn hyphenated(text: &str, separator: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    if words.is_empty() { "league".to_owned() } else { words.join(separator) }
}

/// The id of the competition of a match.
pub(super) fn league_id(moment: &Moment<'_>, track: usize) -> String {
    let competition = moment.timeline.tracks()[track].fixture.competition.as_deref();
    let known = competition.and_then(find_competition).map(|known| known.espn);
    known.unwrap_or_else(|| moment.ids.of_match(track).league.into()).to_string()
}

/// The league of a match.
pub(super) fn league(moment: &Moment<'_>, track: usize) -> Value {
    let competition = moment.timeline.tracks()[track].fixture.competition.as_deref();
    let slug = slug_of(competition);
    let mut league = league_document(&league_id(moment, track), competition.unwrap_or(&slug), &slug);
    league["season"] = json!({ "year": moment.season_year(track) });
    league
}

fn league_document(id: &str, name: &str, slug: &str) -> Value {
    json!({
        "id": id,
        "uid": format!("s:600~l:{id}"),
        "name": name,
        "abbreviation": name,
        "shortName": name,
        "slug": slug,
        "logos": [],
        "calendarType": "day",
        "calendar": [],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_competition_has_the_word_of_the_provider_or_one_made_of_its_name() {
        for (name, slug) in [
            ("Serie A", "ita.1"),
            ("FIFA World Cup", "fifa.world"),
            ("Four Rivers League", "four.rivers.league"),
            ("1. Liga – Ženy", "1.liga.eny"),
            ("💥/../", "league"),
        ] {
            assert_eq!(slug_of(Some(name)), slug);
        }
        assert!(RequestedLeague::new("ITA.1").includes(Some("serie a")));
        assert!(!RequestedLeague::new("ita.1").includes(None));
        assert!(RequestedLeague::new("all").includes(None));
    }
}
