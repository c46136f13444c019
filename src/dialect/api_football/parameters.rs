//! The parameters of a request, checked as API-Football does.

use jiff::civil::Date;
use serde_json::Value;

use super::envelope::ApiFootballError;
use crate::dialect::document::{DocumentRequest, MatchMoment, Moment};
use crate::football::Side;

/// The parameters of a request.
pub(super) struct Parameters<'a> {
    query: &'a [(String, String)],
}

/// A name as error texts have it: `Fixture`.
fn title(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

impl<'a> Parameters<'a> {
    /// Fails if a parameter is unknown or empty.
    pub(super) fn new(request: &'a DocumentRequest<'_>, known: &[&str]) -> Result<Self, ApiFootballError> {
        for (name, value) in &request.query {
            // It is a token of this server.
            if name != "token" && !known.contains(&&**name) {
                return Err(ApiFootballError::new(name, &format!("The {} field do not exist.", title(name))));
            }
            if value.is_empty() {
                return Err(ApiFootballError::new(name, &format!("The {} field is required.", title(name))));
            }
        }
        Ok(Self { query: &request.query })
    }

    pub(super) fn text(&self, name: &str) -> Option<&'a str> {
        self.query.iter().rfind(|(own, _)| own == name).map(|(_, value)| &**value)
    }

    /// A parameter that is a whole number.
    pub(super) fn number(&self, name: &str) -> Result<Option<u32>, ApiFootballError> {
        let wrong = || ApiFootballError::new(name, &format!("The {} field must contain an integer.", title(name)));
        self.text(name).map(|text| text.parse().map_err(|_| wrong())).transpose()
    }

    /// A parameter that is a day.
    pub(super) fn date(&self, name: &str) -> Result<Option<Date>, ApiFootballError> {
        let text = format!("The {} field must contain a valid date (YYYY-MM-DD).", title(name));
        let parse = |date: &str| date.parse().ok().filter(|_| date.len() == "2018-04-22".len());
        self.text(name).map(|date| parse(date).ok_or_else(|| ApiFootballError::new(name, &text))).transpose()
    }

    /// The match that `fixture` names, by its index; `None`: there is none of that number. Fails without the parameter.
    pub(super) fn fixture(&self, moment: &Moment<'_>) -> Result<Option<usize>, ApiFootballError> {
        let required = || ApiFootballError::new("fixture", "The Fixture field is required.");
        let id = self.number("fixture")?.ok_or_else(required)?;
        Ok(moment.tracks().find(|track| moment.ids.of_match(*track).fixture == id))
    }

    /// What there is of each team of the match that `fixture` names; with `team` of that team only.
    pub(super) fn of_teams(
        &self,
        moment: &Moment<'_>,
        make: impl FnOnce(&MatchMoment<'_>) -> Vec<(Side, Value)>,
    ) -> Result<Vec<Value>, ApiFootballError> {
        let Some(track) = self.fixture(moment)? else { return Ok(Vec::new()) };
        let of = moment.of_match(track);
        let mut chosen = Vec::new();
        for (side, document) in make(&of) {
            if self.includes_team(of.ids.teams[side.index()])? {
                chosen.push(document);
            }
        }
        Ok(chosen)
    }

    /// Whether `team` leaves a team in.
    pub(super) fn includes_team(&self, team: u16) -> Result<bool, ApiFootballError> {
        Ok(self.number("team")?.is_none_or(|wanted| wanted == u32::from(team)))
    }
}
