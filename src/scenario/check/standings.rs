//! League tables: deducted points are subtracted, and the keys that decide the order can be applied.

use super::Scenario;
use super::report::{LineRef, LintReport, ValueRef};
use crate::football::{OrderKey, TableRow};

/// Deducted points are subtracted from the stated points.
pub(super) fn check_deductions_are_subtracted(scenario: &Scenario, out: &mut LintReport) {
    for (at, table) in scenario.tables.iter().enumerate() {
        for row in table.rows.iter().filter(|row| row.deducted > 0) {
            let won = i64::from(row.won) * 3 + i64::from(row.drawn);
            if won > 0 && won == i64::from(row.points) {
                let message = format!(
                    "{}: {} points are 3 for each of {} won and 1 for each of {} drawn: subtract the {} deducted, or leave \"points\" out",
                    row.name, row.points, row.won, row.drawn, row.deducted
                );
                out.warning(LineRef::Table(at), ValueRef::Row(row.team.clone(), "points"), message);
            }
        }
    }
}

/// The order can be applied: results and cards are known only of the matches of the file, and no key decides after
/// `listed` or the second time.
pub(super) fn check_order_can_be_applied(scenario: &Scenario, out: &mut LintReport) {
    for (at, table) in scenario.tables.iter().enumerate() {
        let before: Vec<&TableRow> = table.rows.iter().filter(|row| row.has_played()).collect();
        let has = |key: OrderKey| table.order.contains(&key);
        let teams = || match &*before {
            [] => String::new(),
            [one] => one.name.to_string(),
            [one, rest @ ..] => format!("{} and {} more", one.name, rest.len()),
        };
        if has(OrderKey::HeadToHead) && before.len() > 1 {
            let message = format!(
                "\"head_to_head\" is skipped for teams that may have met before this file: {} have played",
                teams()
            );
            out.warning(LineRef::Table(at), "order", message);
        }
        if has(OrderKey::FairPlay) && !before.is_empty() {
            let message = format!(
                "\"fair_play\" is skipped for teams that have played before this file, whose cards are not known: {}",
                teams()
            );
            out.warning(LineRef::Table(at), "order", message);
        }
        // Head-to-head may be repeated: it then compares the teams that are still equal.
        let twice = table
            .order
            .iter()
            .enumerate()
            .find(|(place, key)| **key != OrderKey::HeadToHead && table.order[..*place].contains(key));
        let repeats = twice.is_some();
        if let Some((_, twice)) = twice {
            let message = format!("{:?} has no effect the second time: remove it", twice.as_str());
            out.warning(LineRef::Table(at), "order", message);
        }
        let after = table.order.iter().position(|key| *key == OrderKey::Listed).map(|place| &table.order[place + 1..]);
        if let Some([after, ..]) = after.filter(|_| !repeats) {
            let message = format!("{:?} has no effect after \"listed\", which leaves no rows equal", after.as_str());
            out.warning(LineRef::Table(at), "order", message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::finds;

    #[track_caller]
    fn table_finds(order: &str, home: &str, away: &str, expected: &[&str]) {
        let rows = format!(r#"{{"team":"home","name":"Home"{home}}},{{"team":"away"{away}}}"#);
        let order = format!(r#"{{"kind":"table","competition":"League","order":[{order}],"rows":[{rows}]}}"#);
        finds(&order, expected);
    }

    #[test]
    fn stated_points_exclude_deducted_ones() {
        let six = r#","played":2,"won":2,"deducted":6"#;
        table_finds("", six, "", &[]);
        table_finds("", &format!(r#"{six},"points":0"#), "", &[]);
        table_finds("", r#","deducted":6,"points":0"#, "", &[]);
        table_finds(
            "",
            &format!(r#"{six},"points":6"#),
            "",
            &[
                "3 6: warning: Home: 6 points are 3 for each of 2 won and 1 for each of 0 drawn: subtract the 6 deducted, or leave \"points\" out",
            ],
        );
    }

    #[test]
    fn keys_without_effect_are_reported() {
        let played = r#","played":1"#;
        table_finds(r#""points","head_to_head","fair_play","listed""#, "", "", &[]);
        table_finds(r#""points","head_to_head""#, played, "", &[]);
        table_finds(
            r#""points","head_to_head""#,
            played,
            played,
            &[
                "3 [\"points\": warning: \"head_to_head\" is skipped for teams that may have met before this file: Home and 1 more have played",
            ],
        );
        table_finds(
            r#""fair_play""#,
            played,
            "",
            &[
                "3 [\"fair_play\"]: warning: \"fair_play\" is skipped for teams that have played before this file, whose cards are not known: Home",
            ],
        );
        table_finds(
            r#""listed","wins""#,
            "",
            "",
            &["3 [\"listed\": warning: \"wins\" has no effect after \"listed\", which leaves no rows equal"],
        );
        table_finds(
            r#""points","wins","points""#,
            "",
            "",
            &["3 [\"points\": warning: \"points\" has no effect the second time: remove it"],
        );
        table_finds(r#""points","head_to_head","wins","head_to_head""#, "", "", &[]);
        table_finds(
            r#""points","listed","listed""#,
            "",
            "",
            &["3 [\"points\": warning: \"listed\" has no effect the second time: remove it"],
        );
        let many = [r#""points""#; 21].join(",");
        table_finds(&many, "", "", &["3 [\"points\": error: more than 20 keys in \"order\""]);
    }
}
