//! The file of a dialect: a template for each path.
//!
//! ```text
//! # what stands before the first path is a comment, or a setting
//! step 15s
//! === /matches/{match} application/json
//! {"score": {{ match.state.score|tojson }}}
//! === error
//! {"problem": {{ message|tojson }}}
//! ```

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::error::{Error, Result};
use crate::message::{did_you_mean, excerpt, suggestion_text};
use crate::scenario::Span;

/// The longest file, in bytes.
const MAX_FILE_BYTES: u64 = 64 << 10;
/// In steps of how much media time documents move, unless the file says otherwise.
const DEFAULT_STEP: Span = Span::from_secs(1);
/// What opens a section.
const SECTION: &str = "===";
/// The word for the section of errors, in place of a path.
const ERROR: &str = "error";
/// The media types that a section may have. The first is the default.
const CONTENT_TYPES: &[&str] =
    &["application/json", "text/plain", "text/html", "text/csv", "application/xml", "application/rss+xml"];

/// A parsed file.
#[derive(Debug)]
pub(super) struct TemplateFile {
    /// In steps of how much media time documents move.
    pub(super) step: Span,
    pub(super) sections: Vec<Section>,
}

/// A section: a template for a path.
#[derive(Debug)]
pub(super) struct Section {
    /// The line of its heading, from 1.
    pub(super) line: usize,
    /// The path as written, by which the template is known.
    pub(super) name: String,
    /// The parts of the path; `None`: it is the section of errors.
    parts: Option<Vec<Part>>,
    pub(super) content_type: &'static str,
    /// The template: the lines below the heading.
    pub(super) template: String,
}

/// A part of a path between slashes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Word(String),
    Parameter(String),
}

/// Reads a file.
pub(super) fn read_text(path: &Path) -> Result<String> {
    let doing = || format!("reading {}", path.display());
    let file = File::open(path).map_err(|error| Error::io(doing(), error))?;
    let mut text = String::new();
    let read = file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text);
    read.map_err(|error| match error.kind() {
        std::io::ErrorKind::InvalidData => Error::invalid(format!("{}: it is not UTF-8", doing())),
        _ => Error::io(doing(), error),
    })?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(Error::invalid(format!("{}: it is longer than {} KiB", doing(), MAX_FILE_BYTES >> 10)));
    }
    Ok(text)
}

impl TemplateFile {
    /// Parses a file. The error begins with the line: `3: ...`.
    pub(super) fn parse(text: &str) -> std::result::Result<Self, String> {
        let (mut file, mut brackets) = (Self { step: DEFAULT_STEP, sections: Vec::new() }, OpenBrackets::default());
        for (line, content) in (1..).zip(text.trim_start_matches('\u{feff}').lines()) {
            if let Some(heading) = content.strip_prefix(SECTION) {
                let section = Section::parse(line, heading).map_err(|error| format!("{line}: {error}"))?;
                if let Some(before) = file.sections.iter().find(|before| before.parts == section.parts) {
                    return Err(format!("{line}: {} has a template already, in line {}", section.name, before.line));
                }
                file.sections.push(section);
            } else if let Some(section) = file.sections.last_mut() {
                brackets.read(content).map_err(|error| format!("{line}: {error}"))?;
                section.template.push_str(content);
                section.template.push('\n');
            } else {
                file.parse_setting(content).map_err(|error| format!("{line}: {error}"))?;
            }
        }
        for section in &mut file.sections {
            section.template.truncate(section.template.trim_end().len());
        }
        if file.sections.iter().all(Section::is_for_errors) {
            return Err(format!("1: it has no path: write {SECTION} /matches, and its template in the lines below"));
        }
        Ok(file)
    }

    /// Reads a line before the first section.
    fn parse_setting(&mut self, line: &str) -> std::result::Result<(), String> {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        if name != "step" {
            let hint = did_you_mean(name, ["step", SECTION]);
            return Err(format!(
                "{:?} is neither a setting (step 15s), nor a comment (#), nor a path ({SECTION} /path){hint}",
                excerpt(line)
            ));
        }
        let step = Span::parse(value.trim()).filter(|step| *step >= Span::ZERO && *step <= Span::from_secs(3_600));
        self.step = step.ok_or_else(|| format!("step is {:?}, and must be a time up to 1h, as 15s", excerpt(value)))?;
        Ok(())
    }
}

impl Section {
    fn parse(line: usize, heading: &str) -> std::result::Result<Self, String> {
        let mut words = heading.split_whitespace();
        let name = words.next().ok_or_else(|| format!("a path is missing: {SECTION} /matches"))?;
        let content_type = match words.next() {
            None => CONTENT_TYPES[0],
            Some(word) => CONTENT_TYPES.iter().copied().find(|known| *known == word).ok_or_else(|| {
                let hint = if word.contains("json") {
                    suggestion_text(CONTENT_TYPES[0])
                } else {
                    did_you_mean(word, CONTENT_TYPES.iter().copied())
                };
                format!("the media type {:?} is not known{hint}; there are {}", excerpt(word), CONTENT_TYPES.join(", "))
            })?,
        };
        if let Some(word) = words.next() {
            return Err(format!("{:?} after the media type means nothing", excerpt(word)));
        }
        let parts = if name == ERROR { None } else { Some(parse_path(name)?) };
        Ok(Self { line, name: name.to_owned(), parts, content_type, template: String::new() })
    }

    pub(super) fn is_for_errors(&self) -> bool {
        self.parts.is_none()
    }

    pub(super) fn is_json(&self) -> bool {
        self.content_type == CONTENT_TYPES[0]
    }

    /// The parameters that a path has; `None`: it is another path.
    pub(super) fn parameters(&self, path: &str) -> Option<Vec<(String, String)>> {
        let parts = self.parts.as_ref()?;
        let mut given = path.trim_matches('/').split('/').filter(|part| !part.is_empty());
        let mut parameters = Vec::new();
        for part in parts {
            let text = given.next()?;
            match part {
                Part::Word(word) if word == text => {}
                Part::Word(_) => return None,
                Part::Parameter(name) => parameters.push((name.clone(), text.to_owned())),
            }
        }
        given.next().is_none().then_some(parameters)
    }

    /// A path that the section has, with the id of a match.
    pub(super) fn example_path(&self, of_match: &str) -> String {
        let part = |part: &Part| match part {
            Part::Word(word) => format!("/{word}"),
            Part::Parameter(name) if name == "match" => format!("/{of_match}"),
            Part::Parameter(_) => "/1".to_owned(),
        };
        self.parts.iter().flatten().map(part).collect()
    }
}

fn parse_path(path: &str) -> std::result::Result<Vec<Part>, String> {
    let below = path.strip_prefix('/').ok_or_else(|| format!("{:?} is no path: it begins with /", excerpt(path)))?;
    if path.contains('?') {
        return Err(format!(
            "{:?} has a query: write the path alone; parameters are in query, as {{{{ query.league }}}}",
            excerpt(path)
        ));
    }
    let part = |part: &str| match part.strip_prefix('{').map(|name| name.strip_suffix('}')) {
        Some(Some(name))
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
        {
            Ok(Part::Parameter(name.to_owned()))
        }
        None if !part.contains(['{', '}', '?', '#']) => Ok(Part::Word(part.to_owned())),
        _ => Err(format!("{:?} is no part of a path: a word, or a name in braces as {{match}}", excerpt(part))),
    };
    let parts: Vec<Part> = below.split('/').filter(|part| !part.is_empty()).map(part).collect::<Result<_, _>>()?;
    let twice = parts.iter().enumerate().find_map(|(place, part)| match part {
        Part::Parameter(name) if parts[..place].contains(part) => Some(name),
        _ => None,
    });
    match twice {
        Some(name) => Err(format!("the parameter {{{name}}} is twice in the path")),
        None => Ok(parts),
    }
}

/// How deep brackets are open. A value is not nested deeper than the brackets of the template that make it, and one of very many
/// levels could not be shown, nor dropped, without a stack of their size.
#[derive(Debug, Default)]
struct OpenBrackets(usize);

impl OpenBrackets {
    /// The most levels.
    const MAX: usize = 100;

    fn read(&mut self, line: &str) -> std::result::Result<(), String> {
        for byte in line.bytes() {
            match byte {
                b'[' | b'(' | b'{' => self.0 += 1,
                b']' | b')' | b'}' => self.0 = self.0.saturating_sub(1),
                _ => {}
            }
            if self.0 > Self::MAX {
                return Err(format!("more than {} brackets are open", Self::MAX));
            }
        }
        Ok(())
    }
}
