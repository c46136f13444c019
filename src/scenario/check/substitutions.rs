//! The number of substitutions that the rules allow.

use std::collections::{HashMap, HashSet};

use super::report::{LineRef, LintReport};
use super::{EventType, Field, MatchEvent, MatchState, MatchView, Op, Severity, Status};
use crate::football::Allowance;

/// Each side makes no more substitutions than the rules allow, counted after all corrections.
pub(super) fn check_substitutions_are_within_the_rules(view: &MatchView<'_>, out: &mut LintReport) {
    if !view.knows_players_on_field() {
        return;
    }
    let rules = &view.fixture.rules;
    let final_events = view.final_events();
    // The last line of each event: there it became what it is.
    let lines: HashMap<&str, u32> =
        view.revisions.iter().map(|revision| (revision.event.id.as_str(), revision.line)).collect();
    // Collected once: there may be as many changes too many as there are changes.
    let changes = final_events.values().filter(|event| event.kind == EventType::Substitution);
    let reasons: HashSet<String> =
        changes.filter_map(|event| event.details.text(Field::Reason)).map(str::to_lowercase).collect();
    let [concussion_named, concussion_meant] = [&["concussion"][..], &["concuss", "head"]]
        .map(|words| reasons.iter().any(|reason| words.iter().any(|word| reason.contains(word))));
    let mut state = MatchState::new(view.fixture.clone());
    for revision in view.revisions.iter().filter(|revision| revision.event.op == Op::Add) {
        let change = final_events.get(revision.event.id.as_str()).filter(|event| event.kind == EventType::Substitution);
        let Some(change) = change else {
            if revision.event.kind != EventType::Substitution {
                state.apply(revision.event, None);
            }
            continue;
        };
        // As what it is in the end, in the state of its first report.
        let change = MatchEvent { status: revision.event.status, ..(*change).clone() };
        state.apply(&change, None);
        let Some(side) = change.side else { continue };
        let allowance = Allowance::from_event(&change, rules);
        let concussion = allowance == Allowance::Concussion;
        let allowed = match allowance {
            Allowance::BeforeKickoff => continue,
            Allowance::Concussion => u32::from(rules.concussion_substitutions),
            Allowance::Ordinary => state.substitutions_allowed(side),
        };
        let made = state.substitutions_made(side, allowance);
        if made <= allowed {
            continue;
        }
        let (what, team) = (if concussion { " for a concussion" } else { "" }, &view.fixture.team(side).name);
        let one_more = change.clock.status > Status::SecondHalf && made == allowed + 1;
        let (severity, hint) = match (rules.extra_time_substitutions, rules.concussion_substitutions) {
            (0, _) if one_more => {
                (Severity::Warning, "; if extra time allows one more, add \"extra_time_substitutions\":1 to \"rules\"")
            }
            (_, 0) if concussion_named => (
                Severity::Warning,
                "; if changes for a concussion are extra, add \"concussion_substitutions\":1 to \"rules\"",
            ),
            (_, 1..) if !concussion && concussion_meant => {
                (Severity::Error, "; for a concussion write exactly \"reason\":\"concussion\"")
            }
            _ => (Severity::Error, ""),
        };
        let line = lines.get(change.id.as_str()).copied().unwrap_or(revision.line);
        let message = format!("change {made} of {team}{what}: the rules allow {allowed}{hint}");
        out.add_grouped(severity, &format!("changes of {side:?}{what}"), LineRef::Line(line), "side", message);
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds_in_match_with;

    #[test]
    fn changes_beyond_the_rules_are_reported() {
        let one = |line: &str| line.replacen(r#""home":{"#, r#""rules":{"substitutions":1},"home":{"#, 1);
        let change = |place: &str, on: u8, off: u8| {
            format!(r#"{{"type":"substitution",{place},"side":"home","in":"h{on}","out":"h{off}"}}"#) + "\n"
        };
        let events = change(r#""period":2,"clock":"60:00""#, 12, 9) + &change(r#""period":2,"clock":"61:00""#, 13, 8);
        finds_in_match_with(one, &events, &["4 \"home\": error: change 2 of Home: the rules allow 1"]);
        let extra = change(r#""period":2,"clock":"60:00""#, 12, 9)
            + &change(r#""status":"extra_time_break","clock":"01:00""#, 13, 8);
        finds_in_match_with(
            one,
            &extra,
            &[
                "4 \"home\": warning: change 2 of Home: the rules allow 1; if extra time allows one more, add \"extra_time_substitutions\":1 to \"rules\"",
            ],
        );
    }

    #[test]
    fn changes_are_counted_after_all_corrections() {
        let rules = |rules: &'static str| {
            move |line: &str| line.replacen(r#""home":{"#, &format!(r#""rules":{{{rules}}},"home":{{"#), 1)
        };
        let first =
            r#"{"type":"substitution","id":"s","period":2,"clock":"50:00","side":"home","in":"h12","out":"h9"}"#;
        let injury = r#"{"type":"injury","id":"i","period":2,"clock":"51:00","side":"home","player":"h8"}"#;
        let becomes = r#"{"op":"update","id":"i","told":"52:00","type":"substitution","in":"h13","out":"h8"}"#;
        let too_many = "5 {\"op\":\"update\": error: change 2 of Home: the rules allow 1";
        finds_in_match_with(rules(r#""substitutions":1"#), &[first, injury, becomes].join("\n"), &[too_many]);
        let second = r#"{"type":"substitution","period":2,"clock":"51:00","side":"home","in":"h13","out":"h8"}"#;
        let concussion = r#"{"op":"update","id":"s","told":"52:00","reason":"concussion"}"#;
        finds_in_match_with(
            rules(r#""substitutions":1,"concussion_substitutions":1"#),
            &[first, second, concussion].join("\n"),
            &[],
        );
        let head = second.replace("\"in\"", "\"reason\":\"Head injury\",\"in\"");
        finds_in_match_with(
            rules(r#""substitutions":1,"concussion_substitutions":1"#),
            &[first, &head].join("\n"),
            &[
                "4 \"home\": error: change 2 of Home: the rules allow 1; for a concussion write exactly \"reason\":\"concussion\"",
            ],
        );
        let third = second.replace("51:00", "53:00").replace("h13", "h14").replace("h8", "h7");
        finds_in_match_with(
            rules(r#""substitutions":1"#),
            &[first, second, &third].join("\n"),
            &["4 \"home\": error: change 2 of Home: the rules allow 1 (and 1 more)"],
        );
    }
}
