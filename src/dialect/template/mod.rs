//! A dialect of one's own: a template over the JSON of this server for each path, for back ends with documents of their own shape.

mod file;
mod limited_output;

use std::path::Path;

use minijinja::value::{Kwargs, Serde, Value as TemplateValue};
use minijinja::{Environment, ErrorKind, State, UndefinedBehavior, filters};
use serde_json::{Map, Value, json};

use super::document::{DocumentDialect, DocumentRequest, DocumentResponse, Moment, NumericIds, Usage, hash_text};
use super::native::documents::write_sent;
use crate::error::{Error, Result};
use crate::message::excerpt;
use crate::scenario::{MediaTime, Span, Timeline};
use file::{Section, TemplateFile};
use limited_output::LimitedOutput;

/// How many instructions a template may take for a document.
const FUEL: u64 = 500_000;
/// How many bytes of JSON cost as much as an instruction.
const BYTES_PER_FUEL: u64 = 4;
/// The stack on which templates are compiled: a file may hold expressions of thousands of levels.
const STACK_BYTES: usize = 256 << 20;
/// How many characters before a fault of a document are shown.
const NEAR: usize = 40;
/// The longest document, in bytes.
const MAX_DOCUMENT_BYTES: usize = 8 << 20;

/// A dialect whose documents are templates.
#[derive(Debug)]
pub struct TemplateDialect {
    /// The path of the file, for messages.
    file: String,
    name: String,
    step: Span,
    sections: Vec<Section>,
    environment: Environment<'static>,
}

/// Why a template has made no document.
struct TemplateFailure {
    /// The line of the template, from 1.
    line: Option<usize>,
    text: String,
    /// Whether it needs a value that is not there.
    is_undefined: bool,
}

impl TemplateDialect {
    /// Reads a dialect from a file; its name is that of the file, without what follows the first dot.
    ///
    /// The error names file and line.
    pub fn read(path: &Path) -> Result<Self> {
        let shown = path.display().to_string();
        let text = file::read_text(path)?;
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let name = name.split('.').next().unwrap_or_default().to_ascii_lowercase();
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || !name.bytes().all(is_plain) {
            let message = format!("reading {shown}: the dialect is named as its file: letters, digits and hyphens");
            return Err(Error::invalid(message));
        }
        Self::parse(&shown, &name, &text)
    }

    fn parse(shown: &str, name: &str, text: &str) -> Result<Self> {
        let TemplateFile { step, sections } =
            TemplateFile::parse(text).map_err(|error| Error::invalid(format!("{shown}:{error}")))?;
        let environment = on_large_stack(|| Self::compile(shown, &sections))?;
        Ok(Self { file: shown.to_owned(), name: name.to_owned(), step, sections, environment })
    }

    fn compile(shown: &str, sections: &[Section]) -> Result<Environment<'static>> {
        let mut environment = Environment::new();
        // A namespace can nest a value once in each turn of a loop: no stack would be large enough to drop it.
        environment.remove_global("namespace");
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        // As written: a template says itself what is JSON (`tojson`).
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.add_filter("tojson", to_json);
        environment.add_filter("number", |text: &str| hash_text(text) % (i32::MAX as u64) + 1);
        for section in sections {
            let added = environment.add_template_owned(section.name.clone(), section.template.clone());
            added.map_err(|error| Error::invalid(format!("{shown}:{}", describe(&error).at(section))))?;
        }
        Ok(environment)
    }

    /// Makes every document at the beginning, in the middle and at the end of a timeline. The error names file and line.
    pub fn check(&self, moments: &[Moment<'_>]) -> Result<()> {
        for (section, moment) in self.sections.iter().flat_map(|section| moments.iter().map(move |own| (section, own)))
        {
            let first = moment.timeline.tracks().first();
            let path = section.example_path(first.map_or("", |track| track.fixture.id.as_str()));
            let header = |_: &str| None;
            let request = DocumentRequest::new(&path, "", &header, Usage::default());
            let parameters = section.parameters(&path).unwrap_or_default();
            let context = if section.is_for_errors() {
                error_context(404, "there is no such path")
            } else {
                context(moment, &request, &parameters)
            };
            let made = self.make(section, &context);
            made.map_err(|failure| {
                let tried = if failure.is_undefined { " (templates are tried at start, without a query)" } else { "" };
                Error::invalid(format!("{}:{}{tried}", self.file, failure.at(section)))
            })?;
        }
        Ok(())
    }

    /// Makes the document of a section.
    fn make(&self, section: &Section, context: &Map<String, Value>) -> std::result::Result<Vec<u8>, TemplateFailure> {
        let plain = |text: String| TemplateFailure { line: None, text, is_undefined: false };
        let template = self.environment.get_template(&section.name).map_err(|error| describe(&error))?;
        let mut output = LimitedOutput::up_to(MAX_DOCUMENT_BYTES);
        let rendered = template.render_captured_to(TemplateValue::from(Serde(context)), &mut output);
        rendered.map_err(|error| describe(&error))?;
        if section.is_json() {
            let read = serde_json::from_slice::<serde::de::IgnoredAny>(output.bytes());
            read.map_err(|error| plain(describe_json(&error, output.bytes(), &section.name)))?;
        }
        Ok(output.into_bytes())
    }

    /// The response of the section for errors; without one, a plain JSON object.
    fn error_document(&self, status: u16, message: &str) -> DocumentResponse {
        let context = error_context(status, message);
        let section = self.sections.iter().find(|section| section.is_for_errors());
        let made = section.and_then(|section| Some((section, self.make(section, &context).ok()?)));
        match made {
            Some((section, body)) => DocumentResponse::of(status, section.content_type, body),
            None => DocumentResponse::json(status, &json!({ "error": message })),
        }
    }
}

/// The filter `tojson`, for which a value that is not there is an error. That of the library writes `null`.
fn to_json(
    state: &State<'_, '_>,
    value: &TemplateValue,
    indent: Option<TemplateValue>,
    options: Kwargs,
) -> std::result::Result<TemplateValue, minijinja::Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let json = filters::tojson(value, indent, options)?;
    state.consume_fuel(json.len().unwrap_or_default() as u64 / BYTES_PER_FUEL)?;
    Ok(json)
}

/// What a template for errors has.
fn error_context(status: u16, message: &str) -> Map<String, Value> {
    Map::from_iter([("status".to_owned(), json!(status)), ("message".to_owned(), json!(message))])
}

impl TemplateFailure {
    /// `7: what is wrong`: in the file of a section.
    fn at(&self, section: &Section) -> String {
        let line = section.line + self.line.unwrap_or(0);
        if !self.is_undefined {
            return format!("{line}: {}", self.text);
        }
        let written = self.line.and_then(|line| section.template.lines().nth(line.checked_sub(1)?));
        let written = excerpt(written.unwrap_or_default().trim());
        format!("{line}: {} in {written:?}; write |default(none) after a value that may be missing", self.text)
    }
}

/// Runs work that recurses with the depth of a template's expressions.
fn on_large_stack<T: Send>(work: impl FnOnce() -> Result<T> + Send) -> Result<T> {
    let failed = |error| Error::io("compiling templates", error);
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, work).map_err(failed)?;
        thread.join().unwrap_or_else(|_| Err(Error::invalid("compiling templates: it failed")))
    })
}

fn describe(error: &minijinja::Error) -> TemplateFailure {
    // The limit of a document is an error of what it is written to.
    let source = std::error::Error::source(error).map(ToString::to_string);
    let what = match source.or_else(|| error.detail().map(str::to_owned)) {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    TemplateFailure { line: error.line(), text: what, is_undefined: error.kind() == ErrorKind::UndefinedError }
}

/// Why the document of a path is not JSON, with the text before the fault.
fn describe_json(error: &serde_json::Error, document: &[u8], path: &str) -> String {
    let text = String::from_utf8_lossy(document);
    let line: Vec<char> = text.lines().nth(error.line().saturating_sub(1)).unwrap_or_default().chars().collect();
    let end = error.column().min(line.len());
    let near: String = line[end.saturating_sub(NEAR)..end].iter().collect();
    format!("the document of {path} is not JSON: {error} of the document, after {near:?}")
}

/// What a template is made of: `matches`, `tables`, `at` and `now` as `write_sent` has them; `path` and `query`, the parameters of the
/// request; and `match`, the one that the parameter `match` of the path names.
fn context(moment: &Moment<'_>, request: &DocumentRequest<'_>, parameters: &[(String, String)]) -> Map<String, Value> {
    let wanted = parameters.iter().find(|(name, _)| name == "match").and_then(|(_, id)| moment.timeline.track_of(id));
    let tracks = wanted.map_or(moment.tracks(), |track| track..track + 1);
    let mut told = Vec::new();
    write_sent(moment, tracks, &mut told);
    let mut context: Map<String, Value> = serde_json::from_slice(&told).unwrap_or_default();
    if wanted.is_some() {
        let of = context.get("matches").and_then(|matches| matches.get(0)).cloned().unwrap_or_default();
        context.insert("match".to_owned(), of);
    }
    let object = |pairs: &[(String, String)]| pairs.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    context.insert("path".to_owned(), Value::Object(object(parameters)));
    context.insert("query".to_owned(), Value::Object(object(&request.query)));
    context
}

impl DocumentDialect for TemplateDialect {
    fn name(&self) -> &str {
        &self.name
    }

    fn step(&self) -> Span {
        self.step
    }

    fn respond(&self, moment: &Moment<'_>, request: &DocumentRequest<'_>) -> DocumentResponse {
        let mut found = self.sections.iter().filter_map(|section| Some((section, section.parameters(request.path)?)));
        let Some((section, parameters)) = found.next() else {
            return self.error_document(404, "there is no such path");
        };
        let context = context(moment, request, &parameters);
        let of_match = parameters.iter().find(|(name, _)| name == "match");
        if let Some((_, id)) = of_match.filter(|(_, id)| moment.timeline.track_of(id).is_none()) {
            let known = moment.timeline.similar_match_ids(id, 4).collect::<Vec<_>>().join(", ");
            return self.error_document(404, &format!("there is no match {}; there are {known}", excerpt(id)));
        }
        match self.make(section, &context) {
            Ok(body) => DocumentResponse::of(200, section.content_type, body),
            Err(failure) => {
                let message = format!("{}:{}", self.file, failure.at(section));
                self.error_document(500, &message)
            }
        }
    }

    fn error(&self, _: &DocumentRequest<'_>, status: u16) -> DocumentResponse {
        self.error_document(status, "refused by a fault")
    }
}

/// The moments at which templates are tried before they are served.
pub fn with_trial_moments<T>(timeline: &Timeline, use_moments: impl FnOnce(&[Moment<'_>]) -> T) -> T {
    let ids = NumericIds::new(timeline);
    let cues = timeline.cues().len();
    let moment = |index: usize| {
        let at = index.checked_sub(1).map_or(MediaTime::ZERO, |last| timeline.cues()[last].at);
        Moment { timeline, index, at, kickoff_offset: Span::ZERO, ids: &ids, base: "" }
    };
    use_moments(&[0, cues / 2, cues].map(moment))
}

#[cfg(test)]
mod tests {
    use super::super::document::testing::{DocumentFixture, document_at, respond_at};
    use super::*;

    fn dialect(text: &str) -> Result<TemplateDialect> {
        TemplateDialect::parse("acme.dialect", "acme", text)
    }

    fn check(text: &str) -> String {
        let flagship = DocumentFixture::shipped("juventus-napoli");
        let checked = dialect(text).and_then(|of| with_trial_moments(&flagship.timeline, |moments| of.check(moments)));
        checked.map_or_else(|error| error.to_string(), |()| "ok".to_owned())
    }

    const ACME: &str = r#"# the feed of Acme
step 15s

=== /v1/scores
[{% for match in matches %}
  {"home": {{ match.home.name|tojson }}, "goals": [{{ match.state.score.home }}, {{ match.state.score.away }}]}
  {%- if not loop.last %},{% endif %}
{% endfor %}]

=== /v1/scores/{match}
{"id": {{ match.id|number }}, "clock": {{ match.now.clock|tojson }}, "asked": {{ query|tojson }},
 "scorers": [{% for event in match.state.events if event.type == "goal" %}{{ event.player.name|tojson }}{% endfor %}]}

=== /live text/plain
{{ matches[0].home.short }} {{ matches[0].state.score.home }}

=== error
{"problem": {{ message|tojson }}, "code": {{ status }}}
"#;

    #[test]
    fn a_template_has_the_match_as_the_feed_has_told_it() {
        let flagship = DocumentFixture::shipped("juventus-napoli");
        let acme = dialect(ACME).expect("a dialect");
        assert_eq!(acme.step(), Span::from_secs(15));
        let goal = flagship.after("juv-nap", "koulibaly-goal");
        assert_eq!(document_at(&acme, &goal, "/v1/scores"), json!([{ "home": "Juventus", "goals": [0, 1] }]));
        let one = document_at(&acme, &goal, "/v1/scores/juv-nap/?a=b%20c");
        assert_eq!((&one["clock"], &one["asked"]), (&json!("89:07"), &json!({ "a": "b c" })));
        assert_eq!(one["scorers"], json!(["Kalidou Koulibaly"]));
        assert!(one["id"].as_u64().is_some_and(|id| id > 0));
        let live = respond_at(&acme, &goal, "/live");
        assert_eq!((live.content_type, &live.body[..]), ("text/plain", &b"JUV 0"[..]));
        let before = flagship.before("juv-nap", "koulibaly-goal");
        assert_eq!(document_at(&acme, &before, "/v1/scores/juv-nap")["scorers"], json!([]));
        assert_eq!(check(ACME), "ok");
    }

    #[test]
    fn what_is_not_there_is_answered_in_the_words_of_the_template() {
        let flagship = DocumentFixture::shipped("juventus-napoli");
        let (acme, moment) = (dialect(ACME).expect("a dialect"), flagship.at_index(1));
        let error = |target: &str| {
            let response = respond_at(&acme, &moment, target);
            let document: Value = serde_json::from_slice(&response.body).expect("JSON");
            (response.status, document["code"].clone(), document["problem"].as_str().unwrap_or_default().to_owned())
        };
        assert_eq!(error("/v2"), (404, json!(404), "there is no such path".to_owned()));
        assert_eq!(error("/v1/scores/juv-nap/more").0, 404);
        assert!(error("/v1/scores/juv-npa").2.contains("there is no match juv-npa; there are juv-nap"));
    }

    #[test]
    fn errors_name_file_and_line() {
        for (text, expected) in [
            ("=== /a\n{% for x in %}", "acme.dialect:2: syntax error"),
            (
                "\n\n=== /a\n\n  {{ matchs }}",
                "acme.dialect:5: undefined value in \"{{ matchs }}\"; write |default(none) after a value that may be missing",
            ),
            ("=== /a\n{{ matches[0].state.scores.home }}", "acme.dialect:2: undefined value in \"{{ matches[0].state"),
            ("=== /a\n{{ matches[0].now.clok|tojson }}", "acme.dialect:2: undefined value in \"{{ matches[0].now.clok"),
            ("=== /a\n{{ query.date|tojson }}", "(templates are tried at start, without a query)"),
            ("=== /a\n{{ query.date|default(none)|tojson }}", "ok"),
            ("=== /a\n{{ none|tojson(indent=2) }}", "ok"),
            ("=== /a\n[{% for a in range(9999) %}{{ matches|tojson|length }},{% endfor %}1]", "ran out of fuel"),
            (
                "=== /b\n1\n=== /a\n{\n\"a\": }",
                "acme.dialect:3: the document of /a is not JSON: expected value at line 2 column 6 of the document, after \"\\\"a\\\": }\"",
            ),
            (
                "=== /a text/json\n1",
                "acme.dialect:1: the media type \"text/json\" is not known (did you mean \"application/json\"?)",
            ),
            (
                "=== /a?league=1\n1",
                "acme.dialect:1: \"/a?league=1\" has a query: write the path alone; parameters are in query, as {{ query.league }}",
            ),
            ("=== /a/{b}/{b}\n1", "acme.dialect:1: the parameter {b} is twice in the path"),
            (
                "=== /a\n[{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}]",
                "ran out of fuel",
            ),
            ("=== /a\n{{ 'x'|upcase }}", "acme.dialect:2: unknown filter"),
            ("=== a\n", "acme.dialect:1: \"a\" is no path"),
            ("=== /{\n", "acme.dialect:1: \"{\" is no part of a path"),
            ("=== /a text/plane\n", "did you mean \"text/plain\""),
            ("=== /a\n1\n=== /a\n1", "acme.dialect:3: /a has a template already, in line 1"),
            ("stpe 15s\n=== /a\n1", "did you mean \"step\""),
            ("step 15\n=== /a\n1", "acme.dialect:1: step is \"15\""),
            ("=== /a\n{{ namespace(x=1) }}", "acme.dialect:2: unknown function"),
            ("", "acme.dialect:1: it has no path"),
            ("=== error\n1", "acme.dialect:1: it has no path"),
        ] {
            let found = check(text);
            assert!(found.contains(expected), "{text:?}: {found}");
        }
        let deep = format!("=== /a\n{{{{ {}1{} }}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(check(&deep).contains("acme.dialect:2: more than 100 brackets are open"));
        // Compiled on a stack of its own.
        assert_eq!(check(&format!("=== /a\n{{{{ ({}true)|tojson }}}}", "not ".repeat(15_000))), "ok");
        assert!(
            check("=== /a text/plain\n{% for a in range(9000) %}{{ 'x' * 1000 }}{% endfor %}")
                .contains("longer than 8 MB")
        );
    }

    #[test]
    fn a_document_that_fails_later_is_an_error_and_no_panic() {
        let flagship = DocumentFixture::shipped("juventus-napoli");
        let endless = dialect("=== /a\n{{ 'x' * 100000000 }}").expect("a dialect");
        assert_eq!(respond_at(&endless, &flagship.at_index(1), "/a").status, 500);
        let missing = dialect("=== /{id}\n{{ path.no }}").expect("a dialect");
        let response = respond_at(&missing, &flagship.at_index(1), "/7");
        assert!(String::from_utf8_lossy(&response.body).contains("acme.dialect:2: undefined value"), "{response:?}");
    }
}
