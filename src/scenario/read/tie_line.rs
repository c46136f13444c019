//! Reads tie lines: the two matches that decide together which team goes through.

use std::borrow::Cow;

use serde::Deserialize;

use super::line_fields::TIE_FIELDS;
use super::{Fields, Reader, Severity};
use crate::football::Score;
use crate::scenario::{FirstLeg, Tie};

/// An element of `legs`: a match of the file, or a result.
#[derive(Deserialize)]
#[serde(untagged)]
enum LegValue<'a> {
    Match(#[serde(borrow)] Cow<'a, str>),
    Result(ResultValue),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResultValue {
    home: u16,
    away: u16,
}

impl Reader {
    /// Reads a tie line.
    pub(super) fn read_tie_line(&mut self, mut fields: Fields<'_>, number: u32) {
        const LEGS: &str =
            "two match ids, or the result of the first leg and a match id: [{\"home\":1,\"away\":2},\"m2\"]";
        let out = &mut self.findings;
        fields.rename_aliases(TIE_FIELDS, None, out);
        if !fields.has("legs") {
            fields.report(out, Severity::Error, format!("the tie needs \"legs\": {LEGS}"));
        }
        let legs = fields.get::<[LegValue<'_>; 2]>("legs", LEGS, out);
        let away_goals = fields.flag("away_goals", out).unwrap_or_default();
        let legs = legs.and_then(|[first, second]| {
            let first = match first {
                LegValue::Match(id) => FirstLeg::Match(self.find_leg(&fields, &id)?),
                LegValue::Result(ResultValue { home, away }) => FirstLeg::Result(Score { home, away }),
            };
            match second {
                LegValue::Match(id) => Some((first, self.find_leg(&fields, &id)?)),
                LegValue::Result(_) => {
                    let message = "only the first leg may be a result: the second is a match of the file".to_owned();
                    fields.report_at(&mut self.findings, "legs", Severity::Error, message);
                    None
                }
            }
        });
        fields.finish(TIE_FIELDS, &mut self.findings);
        let Some((first, second)) = legs else { return };
        if first == FirstLeg::Match(second) {
            let message = "both legs are the same match".to_owned();
            return fields.report_at(&mut self.findings, "legs", Severity::Error, message);
        }
        self.scenario.ties.push(Tie { first, second, away_goals });
        self.tie_lines.push(number);
    }

    /// The track of the match with this id.
    fn find_leg(&mut self, fields: &Fields<'_>, id: &str) -> Option<u16> {
        let known = self.matches.get(id).copied();
        // A match line that could not be read has been reported already.
        if known.is_none() && !self.has_lost_match {
            let hint = self.findings.hint(id, self.matches.keys().map(|id| &**id));
            let advice = match score_of(id) {
                Some(Score { home, away }) => format!("write a result as {{\"home\":{home},\"away\":{away}}}"),
                None => "write the match lines before the tie".to_owned(),
            };
            let message = format!("unknown match {id:?}{hint}: {advice}");
            fields.report_at(&mut self.findings, "legs", Severity::Error, message);
        }
        known
    }
}

/// The score in a text such as `2-1`.
fn score_of(text: &str) -> Option<Score> {
    let (home, away) = text.split_once(['-', ':', '–'])?;
    Some(Score { home: home.trim().parse().ok()?, away: away.trim().parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, reading_finds};

    #[test]
    fn legs_are_matches_of_the_file_or_the_first_is_a_result() {
        let tie = |rest: &str| reading_finds(&file(&format!(r#"{{"kind":"tie",{rest}}}"#)));
        assert_eq!(tie(r#""legs":[{"home":1,"away":2},"hom-awa"],"away_goals":true"#), [""; 0]);
        for (rest, expected) in [
            (r#""away_goals":true"#, "the tie needs \"legs\": two match ids, or the result"),
            (r#""legs":["hom-awa"]"#, "expected two match ids"),
            (r#""legs":[{"home":1},"hom-awa"]"#, "expected two match ids"),
            (r#""legs":[{"home":-1,"away":1},"hom-awa"]"#, "expected two match ids"),
            (r#""legs":["hom-awa",{"home":1,"away":2}]"#, "only the first leg may be a result"),
            (r#""legs":["2-1","hom-awa"]"#, r#"unknown match "2-1": write a result as {"home":2,"away":1}"#),
            (r#""legs":["hom-awa","hom-awa"]"#, "both legs are the same match"),
            (r#""legs":["hom-aaw","hom-awa"]"#, "unknown match \"hom-aaw\" (did you mean \"hom-awa\"?)"),
            (r#""legs":[{"home":1,"away":2},"hom-awa"],"penalties":true"#, "penalties"),
        ] {
            let found = tie(rest);
            assert!(found.len() == 1 && found[0].contains(expected), "{rest}: {found:?}");
        }
    }
}
