//! Names for files of matches.

use crate::football::{Match, UtcMillis};

/// The longest part of a name that an id or a team has, in bytes: with all parts, and what a partial file adds, a name is
/// shorter than the 255 bytes that file systems take.
const MAX_PART: usize = 64;

/// A name for a file of a match, which no match with another id has: `2018-04-22-juventus-napoli-2576295`, without the date where
/// the kick-off is unknown.
pub(crate) fn match_file_stem(fixture: &Match) -> String {
    let known = Some(fixture.kickoff).filter(|kickoff| *kickoff != UtcMillis::UNKNOWN);
    let date = known.and_then(|kickoff| jiff::Timestamp::from_millisecond(kickoff.0).ok());
    let date = date.map(|date| date.strftime("%Y-%m-%d").to_string()).unwrap_or_default();
    let team = |name: &str| cut(&slug(name)).to_owned();
    let parts = [date, team(&fixture.home.name), team(&fixture.away.name), id_part(fixture.id.as_str())];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The id, where a file name can hold it; else what is left of it, and a hash (32-bit FNV-1a).
fn id_part(id: &str) -> String {
    let allowed = |c: char| if c.is_alphanumeric() || "-_.".contains(c) { c } else { '-' };
    let kept: String = id.chars().map(allowed).collect();
    let kept = cut(&kept);
    if kept == id {
        return id.to_owned();
    }
    let hash = id.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    format!("{kept}-{hash:08x}")
}

/// Lower-case letters and digits of a text, with hyphens between words. Accents stay.
fn slug(text: &str) -> String {
    let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join("-").to_lowercase()
}

fn cut(part: &str) -> &str {
    let ends = part.char_indices().map(|(at, c)| at + c.len_utf8());
    &part[..ends.take_while(|end| *end <= MAX_PART).last().unwrap_or(0)]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::scenario::SHIPPED;

    fn stem(id: &str, home: &str, kickoff: i64) -> String {
        let mut fixture = Match::clone(&SHIPPED[0].load().expect("shipped").matches[0]);
        (fixture.id, fixture.home.name, fixture.kickoff) = (id.into(), Arc::from(home), UtcMillis(kickoff));
        match_file_stem(&fixture)
    }

    #[test]
    fn a_name_has_the_date_the_teams_and_the_id() {
        assert_eq!(stem("2576295", "Juventus", 1_524_422_700_000), "2018-04-22-juventus-napoli-2576295");
        assert_eq!(stem("DFL-MAT-1", "1. FC Köln", 0), "1-fc-köln-napoli-DFL-MAT-1", "an unknown kick-off");
        assert_eq!(stem("7", "🔥 ..", 0), "napoli-7");
    }

    #[test]
    fn different_ids_give_different_names_and_all_are_short() {
        let ids = ["a b", "a-b", "a:b", &"é".repeat(100), &format!("{}x", "é".repeat(99)), "", "..", &"%".repeat(100)];
        let names: std::collections::HashSet<String> = ids.iter().map(|id| stem(id, &"Ü".repeat(400), 1)).collect();
        assert_eq!(names.len(), ids.len(), "{names:?}");
        assert!(names.iter().all(|name| name.len() + ".jsonl.1234567.part".len() <= 255), "{names:?}");
    }
}
