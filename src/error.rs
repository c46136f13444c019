//! The one error type of the library, and the "did you mean" that its messages carry.

use std::fmt;

/// What went wrong, told in one line: what was being done, to which file and line, and what would be accepted.
///
/// An `Error` is for people; code that must branch looks at [`Error::kind`].
pub struct Error {
    kind: Kind,
    message: String,
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// How an [`Error`] is to be dealt with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// The words given were wrong: a flag, a position, a parameter. Asking again with other words helps.
    Misuse,
    /// The named thing is not there: a file, a scenario, a replay.
    NotFound,
    /// A file or frame was read and makes no sense.
    Invalid,
    /// The operating system or the network refused.
    Io,
}

/// A [`std::result::Result`] with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error of the given kind with a finished message.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), source: None }
    }

    /// The words given were wrong.
    pub fn misuse(message: impl Into<String>) -> Self {
        Self::new(Kind::Misuse, message)
    }

    /// The named thing is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// What was read makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::Invalid, message)
    }

    /// The operating system refused while `doing` something.
    pub fn io(doing: impl Into<String>, source: std::io::Error) -> Self {
        Self { kind: Kind::Io, message: doing.into(), source: Some(Box::new(source)) }
    }

    /// The same error with what was being done put in front.
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// How to deal with it.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_ref().map(|source| source.as_ref() as _)
    }
}

/// The most characters of foreign text in a message.
const EXCERPT: usize = 60;

/// Foreign text as messages quote it: its first 60 characters, and `…` where there are more.
pub(crate) fn excerpt(text: &str) -> String {
    match text.char_indices().nth(EXCERPT) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The candidate that `word` was most likely meant to be, if any is near enough to be worth naming.
///
/// Near means: at most one slip in three letters, swapped neighbours counted as one slip.
pub fn suggest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // The distance is quadratic; nobody mistypes a word of a hundred letters.
    if word.is_empty() || word.len() > 100 {
        return None;
    }
    let lower = word.to_lowercase();
    let letters = lower.chars().count();
    let allowed = (letters / 3).max(1);
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let other = candidate.to_lowercase();
            // Whole letters are missing: no need to compare the others.
            let comparable = other.chars().count().abs_diff(letters) <= allowed;
            comparable.then(|| (strsim::damerau_levenshtein(&lower, &other), candidate))
        })
        .filter(|(distance, _)| *distance <= allowed)
        // Of several that are as near always the same, in whatever order they come.
        .min()
        .map(|(_, candidate)| candidate)
}

/// ` (did you mean "goal"?)`, or nothing: the tail of a message about a mistyped word.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    suggest(word, candidates).map(|near| format!(" (did you mean {near:?}?)")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_is_cut_where_it_is_long() {
        for (text, shown) in [("", String::new()), ("höhe", "höhe".to_owned())] {
            assert_eq!(excerpt(text), shown);
        }
        assert_eq!(excerpt(&"ö".repeat(60)), "ö".repeat(60));
        assert_eq!(excerpt(&"ö".repeat(61)), "ö".repeat(60) + "…");
    }

    #[test]
    fn a_slip_is_named_and_a_stranger_is_not() {
        let words = ["goal", "corner", "offside"];
        assert_eq!(suggest("gaol", words), Some("goal"));
        assert_eq!(suggest("Cornr", words), Some("corner"));
        assert_eq!(suggest("penalty", words), None);
        assert_eq!(suggest("", words), None);
        assert_eq!(suggest("n", ["m", "g"]), suggest("n", ["g", "m"]), "in whatever order");
        assert_eq!(did_you_mean("ofside", words), " (did you mean \"offside\"?)");
    }

    #[test]
    fn an_error_tells_what_was_being_done_and_why_it_failed() {
        let error = Error::io("reading cup.jsonl", std::io::Error::other("disk on fire")).context("serve");
        assert_eq!(error.to_string(), "serve: reading cup.jsonl: disk on fire");
        assert_eq!(error.kind(), Kind::Io);
    }
}
