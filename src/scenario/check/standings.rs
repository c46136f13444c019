//! League tables: points deducted are taken off, and what decides the order can be known.

use super::Scenario;
use super::remark::{Place, Remarks, Spot};
use crate::football::{OrderKey, TableRow};

/// Stated points have the deducted ones taken off.
pub(super) fn deductions_are_taken_off(scenario: &Scenario, out: &mut Remarks) {
    for (at, table) in scenario.tables.iter().enumerate() {
        for row in table.rows.iter().filter(|row| row.deducted > 0) {
            let won = i64::from(row.won) * 3 + i64::from(row.drawn);
            if won > 0 && won == i64::from(row.points) {
                let message = format!(
                    "{}: {} points are those of {} won and {} drawn, without the {} deducted (leave \"points\" out)",
                    row.name, row.points, row.won, row.drawn, row.deducted
                );
                out.warning(Place::Table(at), Spot::Row(row.team.clone(), "points"), message);
            }
        }
    }
}

/// Matches between teams and cards are known only of the matches of the file, and nothing decides after lots were drawn.
pub(super) fn order_can_be_known(scenario: &Scenario, out: &mut Remarks) {
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
            out.warning(Place::Table(at), "order", message);
        }
        if has(OrderKey::FairPlay) && !before.is_empty() {
            let message = format!(
                "\"fair_play\" is skipped for teams that have played before this file, whose cards are not known: {}",
                teams()
            );
            out.warning(Place::Table(at), "order", message);
        }
        // Head-to-head is worked out anew among those who are level then.
        let twice = table
            .order
            .iter()
            .enumerate()
            .find(|(place, key)| **key != OrderKey::HeadToHead && table.order[..*place].contains(key));
        if let Some((_, twice)) = twice {
            let message = format!("{:?} decides nothing the second time", twice.as_str());
            out.warning(Place::Table(at), "order", message);
        }
        let after = table.order.iter().position(|key| *key == OrderKey::Listed).map(|place| &table.order[place + 1..]);
        if let Some([after, ..]) = after {
            let message = format!("{:?} decides nothing: after \"listed\" no two rows are equal", after.as_str());
            out.warning(Place::Table(at), "order", message);
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
    fn points_are_stated_without_those_deducted() {
        let six = r#","played":2,"won":2,"deducted":6"#;
        table_finds("", six, "", &[]);
        table_finds("", &format!(r#"{six},"points":0"#), "", &[]);
        table_finds("", r#","deducted":6,"points":0"#, "", &[]);
        table_finds(
            "",
            &format!(r#"{six},"points":6"#),
            "",
            &[
                "3 6: warning: Home: 6 points are those of 2 won and 0 drawn, without the 6 deducted (leave \"points\" out)",
            ],
        );
    }

    #[test]
    fn what_decides_is_known_or_said_to_be_skipped() {
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
            &["3 [\"listed\": warning: \"wins\" decides nothing: after \"listed\" no two rows are equal"],
        );
        table_finds(
            r#""points","wins","points""#,
            "",
            "",
            &["3 [\"points\": warning: \"points\" decides nothing the second time"],
        );
        table_finds(r#""points","head_to_head","wins","head_to_head""#, "", "", &[]);
    }
}
