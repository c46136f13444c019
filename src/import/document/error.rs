//! Why a document could not be imported.

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
        let at = error.pos();
        let place = format!(":{}:{}", at.row, at.col);
        let cut_off = matches!(error, Error::UnclosedRootNode | Error::UnexpectedEndOfStream);
        let what = if cut_off { "the file is cut off" } else { "not readable as XML" };
        Self { document: document.name().to_owned(), place, message: format!("{what}: {error}") }
    }

    /// The name of the document.
    pub fn document(&self) -> &str {
        &self.document
    }
}

impl fmt::Display for ImportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}: {}", self.document, self.place, self.message)
    }
}

impl std::error::Error for ImportError {}
