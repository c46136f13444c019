//! Two-legged ties: which team goes through, and by what rule.

use crate::football::Legs;

/// `, Ups go through`; where the aggregate is level followed by the rule: ` on away goals`, ` on penalties`.
pub fn tie_winner_text(team: &str, legs: &Legs) -> String {
    let [home, away] = legs.aggregate();
    let without_kicks = Legs { shootout: None, ..*legs }.winner();
    let by = match without_kicks {
        _ if home != away => "",
        Some(_) => " on away goals",
        None => " on penalties",
    };
    format!(", {team} go through{by}")
}

#[cfg(test)]
mod tests {
    use crate::football::Score;

    use super::*;

    #[test]
    fn the_deciding_rule_is_given_where_the_aggregate_is_level() {
        let score = |home, away| Score { home, away };
        for (own, away_goals, shootout, text) in [
            (score(2, 0), true, None, ", Ups go through"),
            (score(1, 0), true, None, ", Ups go through on away goals"),
            (score(1, 0), false, Some(score(4, 3)), ", Ups go through on penalties"),
            (score(2, 1), true, Some(score(4, 3)), ", Ups go through on penalties"),
        ] {
            let legs = Legs { own, other: score(1, 2), shootout, over: true, away_goals };
            assert_eq!(tie_winner_text("Ups", &legs), text, "{legs:?}");
        }
    }
}
