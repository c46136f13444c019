//! Documents of a dialect, for apps that poll: a pure function of a moment of a replay and of a request.
//!
//! What a provider shows is made of what the feed has told, so that feed faults show in it as they do in frames.

mod competitions;
mod crest;
mod moment;
mod numeric_ids;
mod request;
mod response;
#[cfg(test)]
pub(crate) mod testing;

use std::fmt::Debug;

pub use competitions::find_competition;
pub use crest::crest_svg;
pub use moment::{MatchLength, MatchMoment, Moment, PlayClock, date_of, line_of, venue_and_city};
pub use numeric_ids::{NumericIds, hash_text};
pub use request::{DocumentRequest, Usage};
pub use response::DocumentResponse;

use crate::scenario::Span;

/// The documents of a provider, or of a template.
pub trait DocumentDialect: Debug + Send + Sync {
    /// The name in addresses: `api-football`.
    fn name(&self) -> &str;

    /// In steps of how much media time the data move while a replay plays.
    fn step(&self) -> Span;

    /// The response to a request. The same moment and request give the same bytes if it [is shared](Self::is_shared).
    fn respond(&self, moment: &Moment<'_>, request: &DocumentRequest<'_>) -> DocumentResponse;

    /// Whether the response to a request depends on nothing else than the moment and the request.
    fn is_shared(&self, request: &DocumentRequest<'_>) -> bool {
        let _ = request;
        true
    }

    /// Whether no response depends on a parameter.
    fn ignores(&self, parameter: &str) -> bool {
        let _ = parameter;
        false
    }

    /// The response with which a request is rejected before it is looked at; `None`: it is answered.
    fn reject(&self, request: &DocumentRequest<'_>) -> Option<DocumentResponse> {
        let _ = request;
        None
    }

    /// The response in place of a document when a fault gives it a status; 429: too many requests.
    fn error(&self, request: &DocumentRequest<'_>, status: u16) -> DocumentResponse;

    /// The headers that say how much of the limits is used.
    fn usage_headers(&self, usage: Usage) -> Vec<(&'static str, String)> {
        let _ = usage;
        Vec::new()
    }

    /// The word by which faults mean the document at a path: `scoreboard`. Empty: none.
    fn document_name(&self, path: &str) -> &'static str {
        let _ = path;
        ""
    }
}

/// A provider whose documents apps poll.
#[derive(Debug)]
pub struct Provider {
    /// Its documents.
    pub dialect: &'static dyn DocumentDialect,
    /// Its name: `API-Football v3`.
    pub title: &'static str,
    /// The names of its servers. All of them have the same paths.
    pub hosts: &'static [&'static str],
    /// The environment variable in which many apps look for its address.
    pub base_url_variable: &'static str,
}
