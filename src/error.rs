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
/// Near means: at most one slip in three letters, swapped neighbours counted as one slip. The opposite of a word is never
/// near, however few letters it differs in.
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
        .filter(|(distance, candidate)| *distance <= allowed && !are_opposites(&lower, &candidate.to_lowercase()))
        // Of several that are as near always the same, in whatever order they come.
        .min()
        .map(|(_, candidate)| candidate)
}

/// Words that say the opposite of each other.
const OPPOSITES: &[(&str, &str)] = &[
    ("on", "off"),
    ("in", "out"),
    ("onside", "offside"),
    ("start", "end"),
    ("starts", "ends"),
    ("started", "ended"),
    ("begin", "end"),
    ("scored", "missed"),
    ("scored", "saved"),
    ("home", "away"),
    ("first", "second"),
    ("left", "right"),
    ("won", "lost"),
    ("true", "false"),
    ("allowed", "disallowed"),
    ("yellow", "red"),
];

/// Whether two words, or two names of several words, differ in one that says the opposite: `on_target` and `off_target`,
/// `unconfirmed` and `confirmed`, `not_overturned` and `overturned`.
fn are_opposites(one: &str, other: &str) -> bool {
    let words = |name: &str| name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned).collect::<Vec<_>>();
    let (one, other) = (words(one), words(other));
    let negates = |one: &str, other: &str| ["un", "non", "not"].iter().any(|not| one.strip_prefix(not) == Some(other));
    let opposite = |(one, other): (&String, &String)| {
        OPPOSITES.iter().any(|pair| *pair == (one.as_str(), other.as_str()) || *pair == (other.as_str(), one.as_str()))
            || negates(one, other)
            || negates(other, one)
    };
    let negated = |one: &[String], other: &[String]| matches!(one, [not, rest @ ..] if not == "not" && rest == other);
    one.len() == other.len() && one.iter().zip(&other).any(opposite) || negated(&one, &other) || negated(&other, &one)
}

/// ` (did you mean "goal"?)`, or nothing: the tail of a message about a mistyped word.
pub fn did_you_mean<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    suggest(word, candidates).map(suggestion).unwrap_or_default()
}

/// The same where it is known what is meant.
pub(crate) fn suggestion(right: &str) -> String {
    format!(" (did you mean {right:?}?)")
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
    fn the_opposite_is_never_suggested() {
        for (word, opposite) in [
            ("on_target", "off_target"),
            ("onside", "offside"),
            ("player_in", "player_out"),
            ("Player On", "player_off"),
            ("penalty_scored", "penalty_missed"),
            ("unconfirmed", "confirmed"),
            ("not_confirmed", "confirmed"),
            ("left_foot", "right_foot"),
            ("period_start", "period_end"),
        ] {
            assert_eq!((suggest(word, [opposite]), suggest(opposite, [word])), (None, None), "{word}");
        }
        assert_eq!(suggest("of_target", ["off_target", "saved"]), Some("off_target"));
        assert_eq!(suggest("rigth_foot", ["left_foot", "right_foot"]), Some("right_foot"));
    }

    #[test]
    fn an_error_tells_what_was_being_done_and_why_it_failed() {
        let error = Error::io("reading cup.jsonl", std::io::Error::other("disk on fire")).context("serve");
        assert_eq!(error.to_string(), "serve: reading cup.jsonl: disk on fire");
        assert_eq!(error.kind(), Kind::Io);
    }
}
