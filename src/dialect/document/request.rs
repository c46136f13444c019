//! A request for a document.

use std::fmt;

/// A request for a document, below the root of a dialect.
pub struct DocumentRequest<'a> {
    /// The path, decoded, with a slash in front.
    pub path: &'a str,
    /// The parameters, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Looks a header up by its name in lower case.
    pub header: &'a (dyn Fn(&str) -> Option<&'a str> + Sync),
    /// What has been requested of the replay, this request included.
    pub usage: Usage,
}

/// How many documents of a dialect have been requested from a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    /// Since the replay was opened.
    pub requests: u64,
    /// In this minute of the wall clock.
    pub requests_this_minute: u64,
    /// The limit that a fault sets, and how many requests it still lets through.
    pub limited_to: Option<(u32, u32)>,
}

impl<'a> DocumentRequest<'a> {
    /// A request with a path and a query string.
    pub fn new(path: &'a str, query: &str, header: &'a (dyn Fn(&str) -> Option<&'a str> + Sync), usage: Usage) -> Self {
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { path, query, header, usage }
    }

    /// The last parameter of a name.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().rfind(|(own, _)| own == name).map(|(_, value)| &**value)
    }
}

impl fmt::Debug for DocumentRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentRequest").field("path", &self.path).field("query", &self.query).finish_non_exhaustive()
    }
}
