//! Reads table lines (league tables before the matches) and fixture lines (matches still to come).

use super::clocks::read_instant;
use super::line_fields::{FIXTURE_FIELDS, ROW_FIELDS, TABLE_FIELDS};
use super::{Fields, Reader, Severity, UpcomingMatch};
use crate::football::{LeagueTable, OrderKey, TableRow};
use crate::message::suggestion_text;
use crate::scenario::hints;

impl Reader {
    /// Reads a table line.
    pub(super) fn read_table_line(&mut self, mut fields: Fields<'_>, number: u32) {
        let out = &mut self.findings;
        fields.rename_aliases(TABLE_FIELDS, None, out);
        let competition = fields.required_text("competition", out);
        let season = fields.text("season", out);
        let mut order = Vec::new();
        for word in fields.get::<Vec<String>>("order", "a list of strings", out).unwrap_or_default() {
            match OrderKey::parse(&word) {
                Some(key) => order.push(key),
                None => {
                    let hint = match hints::value_hint("order", None, &word) {
                        Some(hint) => suggestion_text(hint.right),
                        None => out.hint(&word, OrderKey::WORDS.iter().copied()),
                    };
                    let message = format!("unknown order {word:?}{hint}; accepted: {}", OrderKey::WORDS.join(", "));
                    fields.report_at(out, "order", Severity::Error, message);
                }
            }
        }
        // Bounded: every key is evaluated for every table that is sent.
        if order.len() > 20 {
            fields.report_at(out, "order", Severity::Error, "more than 20 keys in \"order\"".into());
            order.clear();
        }
        if order.is_empty() {
            order = vec![OrderKey::Points, OrderKey::GoalDifference, OrderKey::GoalsFor];
        }
        let mut rows: Vec<TableRow> = Vec::new();
        for mut row in fields.objects("rows", "a row of the table", out) {
            row.rename_aliases(ROW_FIELDS, None, out);
            let team = row.required_text("team", out);
            let name = row.text("name", out);
            let mut number = |key: &str| row.get::<u32>(key, "a whole number, 0 or more", out).unwrap_or(0);
            let counts = ["played", "won", "drawn", "lost", "for", "against", "deducted"].map(&mut number);
            let points = row.get::<i32>("points", "a whole number", out);
            row.finish(ROW_FIELDS, out);
            let Some(team) = team else { continue };
            if rows.iter().any(|other| other.team.as_str() == team) {
                row.report_at(out, "team", Severity::Error, format!("team {team:?} has two rows in this table"));
            }
            // The search for repeated teams is quadratic, so bounded.
            if rows.len() >= 1_000 {
                row.report(out, Severity::Error, "more than 1000 rows in a table".into());
                break;
            }
            let [played, won, drawn, lost, goals_for, goals_against, deducted] = counts;
            let default = i32::try_from(won).unwrap_or(0).saturating_mul(3).saturating_add_unsigned(drawn);
            let default = default.saturating_sub_unsigned(deducted);
            rows.push(TableRow {
                name: self.interner.intern(name.as_deref().unwrap_or(&team)),
                team: self.interner.intern(&team).into(),
                played,
                won,
                drawn,
                lost,
                goals_for,
                goals_against,
                points: points.unwrap_or(default),
                deducted,
            });
        }
        fields.finish(TABLE_FIELDS, out);
        let Some(competition) = competition else { return };
        let (competition, season) = (self.interner.intern(&competition), self.intern(season));
        let mut table = LeagueTable { competition, season, order, rows };
        table.sort();
        self.scenario.tables.push(table);
        self.table_lines.push(number);
    }

    /// Reads a fixture line.
    pub(super) fn read_fixture_line(&mut self, mut fields: Fields<'_>) {
        let out = &mut self.findings;
        fields.rename_aliases(FIXTURE_FIELDS, None, out);
        let competition = fields.text("competition", out);
        let round = fields.text("round", out);
        let kickoff = read_instant(&mut fields, "kickoff", out);
        let (home, away) = (fields.required_text("home", out), fields.required_text("away", out));
        fields.finish(FIXTURE_FIELDS, out);
        let (Some(home), Some(away)) = (home, away) else { return };
        let fixture = UpcomingMatch {
            competition: self.intern(competition),
            round: self.intern(round),
            kickoff,
            home: self.interner.intern(&home),
            away: self.interner.intern(&away),
        };
        self.scenario.fixtures.push(fixture);
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, reading_finds, scenario};

    #[test]
    fn points_deducted_are_taken_off_unless_points_are_stated() {
        let row = |fields: &str| {
            let line = format!(r#"{{"kind":"table","competition":"League","rows":[{{"team":"a"{fields}}}]}}"#);
            let row = scenario(&line).tables[0].rows[0].clone();
            (row.points, row.deducted)
        };
        assert_eq!(row(r#","won":2,"drawn":1"#), (7, 0));
        assert_eq!(row(r#","won":2,"drawn":1,"deducted":9"#), (-2, 9));
        assert_eq!(row(r#","won":2,"deducted":4,"points":2"#), (2, 4));
        assert_eq!(row(r#","won":4294967295,"deducted":4294967295"#), (i32::MIN, u32::MAX));
    }

    #[test]
    fn a_team_has_one_row_and_order_keys_are_known() {
        let table = |order: &str, rows: &str| {
            reading_finds(&file(&format!(
                r#"{{"kind":"table","competition":"League","order":[{order}],"rows":[{rows}]}}"#
            )))
        };
        assert_eq!(table(r#""points""#, r#"{"team":"a"},{"team":"b","won":1}"#), [""; 0]);
        assert_eq!(
            table("", r#"{"team":"a"},{"team":"a"}"#),
            ["3 \"a\": error: team \"a\" has two rows in this table"]
        );
        assert!(table(r#""point""#, "")[0].contains("did you mean \"points\""));
        let keys = vec![r#""points""#; 21].join(",");
        assert_eq!(table(&keys, ""), ["3 [\"points\": error: more than 20 keys in \"order\""]);
        assert_eq!(table(&keys[9..], ""), [""; 0]);
        assert!(table("", r#"{"team":"a","deducted":-1}"#)[0].contains("expected a whole number"));
        assert!(table("", r#"{"team":"a","won":-1}"#)[0].contains("expected a whole number"));
    }
}
