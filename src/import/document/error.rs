//! Why a document is not imported.

use std::fmt;

use super::Document;
use super::json_words::in_json_words;

/// A document, or a match of one, that could not be imported: which, where in it, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportError {
    document: String,
    /// `:1:204`, or empty.
    place: String,
    message: String,
}

impl ImportError {
    pub(in crate::import) fn new(document: &Document, message: impl Into<String>) -> Self {
        Self::at(document.name(), message)
    }

    pub(in crate::import) fn at(name: &str, message: impl Into<String>) -> Self {
        Self { document: name.to_owned(), place: String::new(), message: message.into() }
    }

    pub(crate) fn document(&self) -> &str {
        &self.document
    }

    /// A document that is not the JSON it should be.
    pub(in crate::import) fn json(document: &Document, error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let message = in_json_words(text.strip_suffix(&place).unwrap_or(&text));
        let message = if error.is_eof() { format!("the file is cut off: {message}") } else { message };
        let place = if error.line() > 0 { format!(":{}:{}", error.line(), error.column()) } else { String::new() };
        Self { document: document.name().to_owned(), place, message }
    }

    /// A document that is not the XML it should be.
    pub(in crate::import) fn xml(document: &Document, error: &roxmltree::Error) -> Self {
        use roxmltree::Error;
        if matches!(error, Error::UnclosedRootNode | Error::UnexpectedEndOfStream) {
            // The error has no place: it is the end of the text.
            let text = document.text().unwrap_or_default();
            let (lines, last) = (text.split('\n').count(), text.rsplit('\n').next().unwrap_or_default());
            let place = format!(":{lines}:{}", last.chars().count() + 1);
            let message = "the file is cut off: elements are not closed".to_owned();
            return Self { document: document.name().to_owned(), place, message };
        }
        let (at, text) = (error.pos(), error.to_string());
        let text = text.strip_suffix(&format!(" at {}:{}", at.row, at.col)).unwrap_or(&text);
        let (place, message) = (format!(":{}:{}", at.row, at.col), format!("not readable as XML: {text}"));
        Self { document: document.name().to_owned(), place, message }
    }
}

/// A document of which nothing was read.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeftOutDocument {
    /// Its name.
    pub document: String,
    /// Why, for people.
    pub reason: String,
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.document, self.place, self.message)
    }
}

impl std::error::Error for ImportError {}
