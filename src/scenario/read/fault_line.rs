//! Checks the members of fault lines.

use super::super::fields::Fields;
use super::super::finding::{Findings, Severity};
use crate::football::FaultKind;
use crate::message::did_you_mean;

/// Reports an unknown fault, an unknown parameter, and a value that is neither a text nor a number. `members`: names with JSON.
pub(super) fn check_fault(fields: &Fields<'_>, members: &[(String, &str)], out: &mut Findings) {
    let word = members.iter().find(|(name, _)| name == "do");
    let Some(word) = word.and_then(|(_, json)| serde_json::from_str::<String>(json).ok()) else {
        return fields.report(out, Severity::Error, "the fault needs \"do\", a text".to_owned());
    };
    let Some(kind) = FaultKind::parse(&word) else {
        let hint = did_you_mean(&word, FaultKind::WORDS.iter().copied());
        if hint.is_empty() {
            let message = format!("the fault {word:?} is kept, but not played by this version");
            return fields.report_at(out, "do", Severity::Note, message);
        }
        return fields.report_at(out, "do", Severity::Error, format!("unknown fault {word:?}{hint}"));
    };
    // The line is the place of the fault, and of its match.
    let choosing = kind.choosing_parameters().iter().filter(|name| !["at", "from", "match"].contains(*name));
    let accepted = choosing.chain(kind.parameters()).copied();
    for (name, json) in members.iter().filter(|(name, json)| name != "do" && *json != "null") {
        if !accepted.clone().any(|parameter| parameter == name) {
            let hint = did_you_mean(name, accepted.clone());
            fields.report_at(
                out,
                name,
                Severity::Error,
                format!("unknown parameter {name:?} of the fault {word:?}{hint}"),
            );
        } else if !json.starts_with(|first: char| first == '"' || first.is_ascii_digit()) {
            fields.report_at(out, name, Severity::Error, format!("{name} must be a text or a number"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, pointed};

    #[test]
    fn a_fault_line_is_checked_for_its_word_its_parameters_and_their_values() {
        for (members, message) in [
            (r#""do":"drop""#, ""),
            (r#""do":"late","by":"20s","types":"goal+card","p":0.5,"until":"FT","what":null"#, ""),
            (r#""do":"cut","code":1012,"client":"phone""#, ""),
            (r#""do":"cut","types":"goal""#, "error: unknown parameter \"types\" of the fault \"cut\""),
            (r#""do":"wobble""#, "note: the fault \"wobble\" is kept, but not played by this version"),
            (r#""do":"dorp""#, "error: unknown fault \"dorp\" (did you mean \"drop\"?)"),
            (r#""do":7"#, "error: the fault needs \"do\", a text"),
            (r#""by":"20s""#, "error: the fault needs \"do\", a text"),
            (
                r#""do":"late","bye":"20s""#,
                "error: unknown parameter \"bye\" of the fault \"late\" (did you mean \"by\"?)",
            ),
            (r#""do":"drop","at":"89:07""#, "error: unknown parameter \"at\" of the fault \"drop\""),
            (r#""do":"late","by":["20s"]"#, "error: by must be a text or a number"),
        ] {
            let line = format!(r#"{{"kind":"fault","period":1,"clock":"10:00",{members}}}"#);
            let text = file(&line);
            let reading = super::super::read(text.as_bytes()).expect("memory");
            let found: Vec<String> = reading.findings.listed().iter().map(|finding| pointed(&text, finding)).collect();
            let expected = Some(message).filter(|message| !message.is_empty());
            assert_eq!(found.len(), usize::from(expected.is_some()), "{members}: {found:?}");
            assert!(expected.is_none_or(|message| found[0].contains(message)), "{members}: {found:?}");
        }
    }
}
