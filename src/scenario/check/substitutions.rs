//! How many substitutions the rules allow.

use super::remark::{Place, Remarks};
use super::{EventType, Field, Op, Severity, Status, Story};
use crate::football::Allowance;

/// No more changes than the rules allow.
pub(super) fn changes_are_within_the_rules(story: &Story<'_>, out: &mut Remarks) {
    let rules = &story.fixture.rules;
    let concussions = story.standing().any(|step| step.event.details.text(Field::Reason) == Some("concussion"));
    story.walk(|state, step| {
        let Some(side) = step.event.side else { return };
        if step.event.kind != EventType::Substitution || step.event.op != Op::Add {
            return;
        }
        let team = &story.fixture.team(side).name;
        let allowance = Allowance::of(step.event, rules);
        let made = state.substitutions_made(side, allowance) + 1;
        let (allowed, what) = match allowance {
            Allowance::BeforeKickoff => return,
            Allowance::Concussion => (u32::from(rules.concussion_substitutions), " for a concussion"),
            Allowance::Ordinary => (state.substitutions_allowed(side), ""),
        };
        if made <= allowed {
            return;
        }
        let one_more = step.event.clock.status > Status::SecondHalf && made == allowed + 1;
        let hint = match (rules.extra_time_substitutions, rules.concussion_substitutions) {
            (0, _) if one_more => "; where extra time brings one more, the rules have \"extra_time_substitutions\":1",
            (_, 0) if concussions => {
                "; where changes for a concussion are apart, the rules have \"concussion_substitutions\":1"
            }
            _ => "",
        };
        let severity = if hint.is_empty() { Severity::Error } else { Severity::Warning };
        let message = format!("change {made} of {team}{what}: the rules allow {allowed}{hint}");
        out.add(severity, Place::Line(step.line), "side", message);
    });
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds_in_match_with;

    #[test]
    fn the_rules_allow_so_many_changes() {
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
                "4 \"home\": warning: change 2 of Home: the rules allow 1; where extra time brings one more, the rules have \"extra_time_substitutions\":1",
            ],
        );
    }
}
