//! The list of formats.

mod cdf;
mod opta;
mod sportec;
mod stats_perform;
mod statsbomb;
mod wyscout_v2;
mod wyscout_v3;

use super::{DocumentRole, Format};

/// All formats that are read, in the order of the documentation.
pub static FORMATS: &[&Format] = &[
    &wyscout_v2::FORMAT,
    &statsbomb::FORMAT,
    &opta::FORMAT,
    &stats_perform::FORMAT,
    &cdf::FORMAT,
    &sportec::FORMAT,
    &wyscout_v3::FORMAT,
];

/// The format and the role of a document, by its first bytes; else the name of what it is, if that is known.
pub fn recognise(head: &[u8]) -> Result<(&'static Format, DocumentRole), Option<&'static str>> {
    let name = crate::scenario::recognise_provider(head).ok_or(None)?;
    let found = FORMATS.iter().find_map(|format| {
        let role = format.documents.iter().find(|(known, _)| *known == name)?.1;
        Some((*format, role))
    });
    found.ok_or(Some(name))
}

#[cfg(test)]
mod tests {
    use super::FORMATS;

    #[test]
    fn each_document_of_a_format_can_be_recognised() {
        let known = crate::scenario::provider_names();
        for format in FORMATS {
            for (name, _) in format.documents {
                assert!(
                    known.contains(name),
                    "{}: no rule in `scenario/recognise/formats.rs` gives {name:?}",
                    format.word
                );
            }
        }
    }
}
