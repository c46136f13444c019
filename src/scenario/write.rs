//! Writes scenario files, in the format that [`read`](super::read()) reads.

use std::io::{self, Write};
use std::sync::Arc;

use super::{Correction, EventRecord, FirstLeg, LineContent, Scenario, Tie, UpcomingMatch};
use crate::football::{
    Coach, Details, FieldValue, LeagueTable, Match, MatchClock, MatchEvent, PeriodRules, Player, Score, TableRow, Team,
    UtcMillis,
};
use crate::json::{ObjectWriter, write_object, write_text};

impl Scenario {
    /// Writes a scenario as JSON lines. Reading them gives the same scenario.
    ///
    /// # Panics
    /// If an entry or a tie is of no match of the scenario.
    pub fn write(&self, to: impl Write) -> io::Result<()> {
        let mut lines = LineWriter { to, line: Vec::new() };
        lines.write_line(|o| {
            o.text("kind", "scenario");
            o.unquoted("version", 1);
            o.text("title", &self.title);
            o.text_if("about", self.about.as_deref());
            if !self.sources.is_empty() {
                o.array("sources", &self.sources, |out, source| write_text(out, source));
            }
        })?;
        for fixture in &self.matches {
            lines.write_line(|o| write_match_line(o, fixture))?;
        }
        for table in &self.tables {
            lines.write_line(|o| write_table_line(o, table))?;
        }
        for tie in &self.ties {
            lines.write_line(|o| write_tie_line(o, tie, &self.matches))?;
        }
        for fixture in &self.fixtures {
            lines.write_line(|o| write_fixture_line(o, fixture))?;
        }
        for entry in &self.entries {
            // With a single match, `match` is omitted.
            let fixture = &self.matches[usize::from(entry.track)];
            let named = (self.matches.len() > 1).then(|| fixture.id.as_str());
            lines.write_line(|o| match &entry.item {
                LineContent::Event(EventRecord::First(event)) => write_first_report(o, named, event),
                LineContent::Event(EventRecord::Correction(correction)) => write_correction(o, named, correction),
                LineContent::Marker(marker) => {
                    o.text("kind", "marker");
                    o.text_if("match", named);
                    write_clock_fields(o, marker.clock);
                    o.text("name", &marker.name);
                }
                LineContent::Fault(fault) => {
                    o.text("kind", "fault");
                    o.text_if("match", named);
                    write_clock_fields(o, fault.clock);
                    for (name, json) in &fault.fields {
                        o.unquoted(name, json);
                    }
                }
            })?;
        }
        lines.to.flush()
    }
}

struct LineWriter<W> {
    to: W,
    line: Vec<u8>,
}

impl<W: Write> LineWriter<W> {
    fn write_line(&mut self, fill: impl FnOnce(&mut ObjectWriter<'_>)) -> io::Result<()> {
        self.line.clear();
        write_object(&mut self.line, fill);
        self.line.push(b'\n');
        self.to.write_all(&self.line)
    }
}

fn format_instant(millis: UtcMillis) -> String {
    jiff::Timestamp::from_millisecond(millis.0).map(|at| at.to_string()).unwrap_or_default()
}

fn write_match_line(o: &mut ObjectWriter<'_>, fixture: &Match) {
    o.text("kind", "match");
    o.text("id", fixture.id.as_str());
    o.text_if("competition", fixture.competition.as_deref());
    o.text_if("season", fixture.season.as_deref());
    o.text_if("round", fixture.round.as_deref());
    o.text("kickoff", &format_instant(fixture.kickoff));
    if !fixture.period_starts.is_empty() {
        o.object("period_starts", |o| {
            for (period, at) in &fixture.period_starts {
                o.text(&period.number().to_string(), &format_instant(*at));
            }
        });
    }
    o.text_if("venue", fixture.venue.as_deref());
    if !fixture.officials.is_empty() {
        o.object("officials", |o| {
            for (role, names) in &fixture.officials {
                match names.as_slice() {
                    [name] => o.text(role, name),
                    names => o.array(role, names, |out, name| write_text(out, name)),
                }
            }
        });
    }
    let rules = &fixture.rules;
    o.object("rules", |o| {
        o.unquoted("substitutions", rules.substitutions);
        let counts = [
            ("extra_time_substitutions", rules.extra_time_substitutions),
            ("concussion_substitutions", rules.concussion_substitutions),
        ];
        for (key, count) in counts {
            o.unquoted_if(key, (count > 0).then_some(count));
        }
        o.unquoted_if("return_substitutions", rules.return_substitutions.then_some(true));
        o.unquoted("period_minutes", rules.periods.half_minutes);
        if rules.periods.extra_minutes != PeriodRules::default().extra_minutes {
            o.unquoted("extra_time_minutes", rules.periods.extra_minutes);
        }
        o.unquoted("extra_time", rules.extra_time);
        o.unquoted("var", rules.var);
    });
    o.object("home", |o| write_team(o, &fixture.home));
    o.object("away", |o| write_team(o, &fixture.away));
}

fn write_team(o: &mut ObjectWriter<'_>, team: &Team) {
    o.text("id", team.id.as_str());
    o.text("name", &team.name);
    o.text("short", &team.short);
    if !team.colours.is_empty() {
        o.array("colours", &team.colours, |out, colour| write_text(out, colour));
    }
    o.text_if("formation", team.formation.as_deref());
    match &team.coach {
        Some(Coach { id: Some(id), name }) => o.object("coach", |o| {
            o.text("id", id.as_str());
            o.text("name", name);
        }),
        coach => o.text_if("coach", coach.as_ref().map(|coach| &*coach.name)),
    }
    o.array("players", &team.players, |out, player| write_object(out, |o| write_player_fields(o, player)));
}

fn write_player_fields(o: &mut ObjectWriter<'_>, player: &Player) {
    o.text("id", player.id.as_str());
    o.text("name", &player.name);
    o.unquoted_if("number", player.number);
    o.text_if("position", player.position.as_deref());
    for (key, flag) in [("starts", player.starts), ("captain", player.captain)] {
        o.unquoted_if(key, flag.then_some(true));
    }
}

fn write_table_line(o: &mut ObjectWriter<'_>, table: &LeagueTable) {
    o.text("kind", "table");
    o.text("competition", &table.competition);
    o.text_if("season", table.season.as_deref());
    o.array("order", &table.order, |out, key| write_text(out, key.as_str()));
    o.array("rows", &table.rows, |out, row| write_object(out, |o| write_table_row(o, row)));
}

/// Writes a row of a league table, for files and the wire.
pub(crate) fn write_table_row(o: &mut ObjectWriter<'_>, row: &TableRow) {
    o.text("team", row.team.as_str());
    o.text("name", &row.name);
    for (key, count) in [
        ("played", row.played),
        ("won", row.won),
        ("drawn", row.drawn),
        ("lost", row.lost),
        ("for", row.goals_for),
        ("against", row.goals_against),
    ] {
        o.unquoted(key, count);
    }
    o.unquoted("points", row.points);
    o.unquoted_if("deducted", (row.deducted > 0).then_some(row.deducted));
}

fn write_tie_line(o: &mut ObjectWriter<'_>, tie: &Tie, matches: &[Arc<Match>]) {
    o.text("kind", "tie");
    let second = FirstLeg::Match(tie.second);
    o.array("legs", [&tie.first, &second], |out, leg| match leg {
        FirstLeg::Match(track) => write_text(out, matches[usize::from(*track)].id.as_str()),
        FirstLeg::Result(score) => write_object(out, |o| write_goals(o, *score)),
    });
    o.unquoted_if("away_goals", tie.away_goals.then_some(true));
}

fn write_fixture_line(o: &mut ObjectWriter<'_>, fixture: &UpcomingMatch) {
    o.text("kind", "fixture");
    o.text_if("competition", fixture.competition.as_deref());
    o.text_if("round", fixture.round.as_deref());
    o.text_if("kickoff", fixture.kickoff.map(format_instant).as_deref());
    o.text("home", &fixture.home);
    o.text("away", &fixture.away);
}

fn write_clock_fields(o: &mut ObjectWriter<'_>, clock: MatchClock) {
    match clock.period() {
        Some(period) => o.unquoted("period", period.number()),
        None => o.text("status", clock.status.as_str()),
    }
    o.text("clock", &clock.reading.to_string());
}

/// Writes when the feed reports an event, for files and the wire: with the period or status unless it is that of `own`, the
/// clock of the event.
pub(crate) fn write_told_clock(o: &mut ObjectWriter<'_>, told: MatchClock, own: Option<MatchClock>) {
    o.text("told", &told.reading.to_string());
    match told.period() {
        _ if own.is_some_and(|own| own.status == told.status) => {}
        Some(period) => o.unquoted("told_period", period.number()),
        None => o.text("told_status", told.status.as_str()),
    }
}

fn write_first_report(o: &mut ObjectWriter<'_>, named: Option<&str>, event: &MatchEvent) {
    o.text("type", event.kind.as_str());
    o.text_if("match", named);
    o.text("id", event.id.as_str());
    write_clock_fields(o, event.clock);
    if let Some(told) = &event.told {
        write_told_clock(o, **told, Some(event.clock));
    }
    o.text_if("label", event.official.map(|label| label.to_string()).as_deref());
    o.text_if("side", event.side.map(|side| side.as_str()));
    write_details(o, &event.details);
}

fn write_correction(o: &mut ObjectWriter<'_>, named: Option<&str>, correction: &Correction) {
    o.text("op", correction.op.as_str());
    o.text_if("match", named);
    o.text("id", correction.id.as_str());
    o.text_if("type", correction.kind.as_ref().map(|kind| kind.as_str()));
    if let Some(clock) = correction.clock {
        write_clock_fields(o, clock);
    }
    // The clock of the event is unknown here, so the period of `told` is always stated.
    write_told_clock(o, correction.told, None);
    o.text_if("label", correction.official.map(|label| label.to_string()).as_deref());
    o.text_if("side", correction.side.map(|side| side.as_str()));
    write_details(o, &correction.details);
}

fn write_details(o: &mut ObjectWriter<'_>, details: &Details) {
    for (field, value) in details.iter() {
        let key = field.as_str();
        match &*value {
            FieldValue::Player(id) => o.text(key, id.as_str()),
            FieldValue::Withdrawn => o.null(key),
            value => write_plain_value(o, key, value),
        }
    }
    for (name, json) in details.unknown_fields() {
        o.unquoted(name, json);
    }
}

/// Writes a field that names no player, for files and the wire.
pub(crate) fn write_plain_value(o: &mut ObjectWriter<'_>, key: &str, value: &FieldValue) {
    match value {
        FieldValue::Event(id) => o.text(key, id.as_str()),
        FieldValue::Events(ids) => o.array(key, ids.iter(), |out, id| write_text(out, id.as_str())),
        FieldValue::Text(value) => o.text(key, value),
        FieldValue::Flag(flag) => o.unquoted(key, flag),
        FieldValue::Minutes(minutes) => o.unquoted(key, minutes),
        FieldValue::Metres(metres) => o.unquoted(key, metres),
        FieldValue::Point(point) => o.object(key, |o| {
            o.unquoted("x", point.x);
            o.unquoted("y", point.y);
        }),
        FieldValue::Probability(share) => o.unquoted(key, share),
        FieldValue::Moment(at) => o.text(key, &format_instant(*at)),
        FieldValue::Score(score) => o.object(key, |o| write_goals(o, *score)),
        FieldValue::Source(source) => o.object(key, |o| {
            o.text("provider", &source.provider);
            o.text_if("id", source.id.as_deref());
            o.text_if("note", source.note.as_deref());
        }),
        FieldValue::Player(_) | FieldValue::Withdrawn => {}
    }
}

/// Writes the fields of a score, for files and the wire.
pub(crate) fn write_goals(o: &mut ObjectWriter<'_>, Score { home, away }: Score) {
    o.unquoted("home", home);
    o.unquoted("away", away);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{arbitrary::scenarios, file};
    use super::super::{SHIPPED, read};
    use super::*;

    /// A scenario after a round trip.
    fn again(scenario: &Scenario) -> Scenario {
        let mut out = Vec::new();
        scenario.write(&mut out).expect("memory");
        let reading = read(&*out).expect("memory");
        assert_eq!(reading.findings.error_count(), 0, "{:#?}\n{}", reading.findings, String::from_utf8_lossy(&out));
        reading.scenario
    }

    #[test]
    fn the_shipped_scenarios_survive_a_round_trip() {
        for shipped in SHIPPED {
            let scenario = shipped.load().expect("shipped");
            assert_eq!(again(&scenario), scenario, "{}", shipped.name);
        }
    }

    #[test]
    fn every_field_of_a_match_line_survives_a_round_trip() {
        let text = file("").replacen(
            r#""home":{"#,
            r##""season":"25/26","round":"3","venue":"Ž","period_starts":{"2":"2018-04-22T19:50:00.5Z","3":"2018-04-22T20:50:00+02:00"},"officials":{"referee":"R","assistants":["A","B"],"nobody":[],"one":["O"]},"rules":{"substitutions":0,"period_minutes":30,"extra_time_minutes":10,"extra_time":true,"var":true},"home":{"formation":"4-4-2","coach":{"id":"c","name":"C"},"colours":["#00FF00"],"##,
            1,
        ) + r#"{"kind":"table","competition":"L","season":"s","order":["wins"],"rows":[{"team":"b","points":-3},{"team":"a","won":1,"played":4294967295,"deducted":4}]}
{"kind":"table","competition":"L","order":["points","head_to_head","fair_play","listed"],"rows":[{"team":"b"},{"team":"a","deducted":6,"points":1}]}
{"kind":"tie","legs":[{"home":1,"away":2},"hom-awa"],"away_goals":true}
{"kind":"fixture","competition":"L","round":"4","kickoff":"2018-04-29T18:45:00Z","home":"H","away":"A"}
{"kind":"fixture","home":"H","away":"A"}
{"type":"corner","status":"scheduled","clock":"-0:00.001","told":"0:03","told_status":"half_time","minute":3}
"#;
        let scenario = Scenario::parse("full", &text).expect("a scenario");
        assert_eq!(again(&scenario), scenario);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
        #[test]
        fn any_scenario_survives_a_round_trip(scenario in scenarios(30)) {
            prop_assert_eq!(again(&scenario), scenario);
        }
    }
}
