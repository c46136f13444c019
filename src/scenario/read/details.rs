//! Reads the details of an event: the fields beside its type, clock and side.

use std::sync::Arc;

use super::clocks::read_instant;
use super::{Fields, Reader};
use crate::football::{Coach, Details, EventType, Field, FieldValue, Match, Point, Score, Source};
use crate::message::suggestion_text;

const SCORE_FIELDS: &[&str] = &["home", "away"];
const SOURCE_FIELDS: &[&str] = &["provider", "id", "note"];

impl Reader {
    /// Reads the details of an event of type `kind`, or of a correction of one, in a match given by track and value.
    pub(super) fn read_details(
        &mut self,
        fields: &mut Fields<'_>,
        of: (u16, &Match),
        kind: &EventType,
        correcting: bool,
    ) -> Details {
        let mut values = std::mem::take(&mut self.values);
        for field in accepted_fields(kind, correcting) {
            let key = field.as_str();
            if correcting && fields.is_null(key) {
                fields.take_raw(key);
                values.push((field, FieldValue::Withdrawn));
            } else if let Some(value) = self.read_value(fields, of, kind, field) {
                values.push((field, value));
            }
        }
        let mut details = Details::from_fields(&mut values, |values| self.interner.intern_values(values));
        self.values = values;
        if matches!(kind, EventType::Other(_)) {
            const HANDLED: &[&str] = &["kind", "match", "type", "op", "id", "period", "status", "clock", "told"];
            for (key, json) in fields.take_remaining(HANDLED, &mut self.findings) {
                details.set_unknown(self.interner.intern(&key), json.into());
            }
        }
        details
    }

    fn read_value(
        &mut self,
        fields: &mut Fields<'_>,
        (track, fixture): (u16, &Match),
        kind: &EventType,
        field: Field,
    ) -> Option<FieldValue> {
        let (key, out) = (field.as_str(), &mut self.findings);
        match field {
            _ if field.names_player() => {
                let id = fields.text(key, out)?;
                if let Some((.., player)) = fixture.player(&id) {
                    return Some(FieldValue::Player(player.id.clone()));
                }
                let by_name = |coach: &Coach| coach.name.to_lowercase() == id.to_lowercase();
                if let Some((_, coach)) = fixture.coach(&id) {
                    let coach_id = coach.id.clone().map(FieldValue::Player);
                    // A wrong type has been reported already.
                    let wrong = matches!(kind, EventType::Other(word) if word.is_empty());
                    if !(kind.is_card() && field == Field::Player || wrong) {
                        let message = format!("{key} {id:?} is the coach, who can only be named on cards");
                        fields.report_grouped(out, key, &format!("coach {id}"), message);
                    }
                    return coach_id;
                }
                if self.incomplete_sheets.get(usize::from(track)).is_some_and(|incomplete| *incomplete) {
                    // The player may be on the part of a sheet that could not be read.
                    return None;
                }
                let teams = [&fixture.home, &fixture.away];
                if let Some(coach) = teams.iter().filter_map(|team| team.coach.as_ref()).find(|coach| by_name(coach)) {
                    let message = match &coach.id {
                        Some(own) => {
                            format!(
                                "{key} {id:?} is a name, and coaches are named by id{}",
                                suggestion_text(own.as_str())
                            )
                        }
                        None => format!(
                            "{key} {id:?} is a coach without an id: in the match line write \"coach\":{{\"id\":\"…\",\
                             \"name\":{id:?}}}, and name the coach by that id"
                        ),
                    };
                    fields.report_grouped(out, key, "name for an id", message);
                    return coach.id.clone().map(FieldValue::Player);
                }
                if let Some(team) = teams.into_iter().find(|team| team.players.is_empty()) {
                    let message = format!(
                        "{key} {id:?} cannot be named: {} have no players (list them in \"players\" of the match line, \
                         or name them in \"text\" alone)",
                        team.name
                    );
                    fields.report_grouped(out, key, &format!("no players {track}"), message);
                    return None;
                }
                let players = || fixture.home.players.iter().chain(&fixture.away.players);
                // The name of a player instead of the id.
                let letters = id.chars().count();
                let is_name = |name: &str| name.chars().count() == letters && name.to_lowercase() == id.to_lowercase();
                let named = || players().find(|player| is_name(&player.name));
                if let Some(player) = named() {
                    let message = format!(
                        "{key} {id:?} is a name, and players are named by id{}",
                        suggestion_text(player.id.as_str())
                    );
                    fields.report_grouped(out, key, "name for an id", message);
                    return Some(FieldValue::Player(player.id.clone()));
                }
                let hint = out.hint(&id, players().map(|player| player.id.as_str()));
                let message = format!("{key} {id:?} is not a player of either team{hint}");
                fields.report_grouped(out, key, &format!("no player {id}"), message);
                None
            }
            Field::About => {
                let id = fields.text(key, out)?;
                Some(FieldValue::Event(self.interner.intern(&id).into()))
            }
            Field::Related => {
                let ids: Vec<String> = fields.get(key, "a list of event ids", out)?;
                Some(FieldValue::Events(ids.iter().map(|id| self.interner.intern(id).into()).collect()))
            }
            Field::Xg => {
                let share = fields.decimal(key, "a number from 0 to 1", out)?;
                if !(0.0..=1.0).contains(&share) {
                    fields.report_grouped(out, key, "xg", format!("xg is {share}, expected a number from 0 to 1"));
                }
                Some(FieldValue::Probability(share))
            }
            Field::Kickoff => read_instant(fields, key, out).map(FieldValue::Moment),
            Field::Score => {
                let shape = "score must be an object such as {\"home\":3,\"away\":0}".to_owned();
                if !fields.peek(key)?.starts_with('{') {
                    fields.take_raw(key);
                    fields.report_grouped(out, key, "score", shape);
                    return None;
                }
                let mut score = fields.object(key, "score", out)?;
                score.rename_aliases(SCORE_FIELDS, None, out);
                let mut goals = |side| score.get::<u16>(side, "a whole number", out);
                let goals = (goals("home"), goals("away"));
                score.finish(SCORE_FIELDS, out);
                match goals {
                    (Some(home), Some(away)) => Some(FieldValue::Score(Score { home, away })),
                    // A wrong number has been reported already.
                    _ if score.has("home") && score.has("away") => None,
                    _ => {
                        fields.report_grouped(out, key, "score", shape);
                        None
                    }
                }
            }
            Field::OwnGoal | Field::Confirmed | Field::KeyPass => fields.flag(key, out).map(FieldValue::Flag),
            Field::Minutes => fields.get(key, "whole minutes", out).map(FieldValue::Minutes),
            Field::X | Field::Y => {
                let metres = fields.decimal(key, "metres", out)?;
                let point = match field {
                    Field::X => Point { x: metres, y: 0.0 },
                    _ => Point { x: 0.0, y: metres },
                };
                if !point.is_plausible() {
                    let range = if field == Field::X { "0 to 105" } else { "0 to 68" };
                    let message = format!("{key} is {metres}, expected metres, {range}");
                    fields.report_grouped(out, key, "not on the field", message);
                }
                Some(FieldValue::Metres(metres))
            }
            Field::End => {
                let mut end = fields.object(key, "end", out)?;
                end.rename_aliases(&["x", "y"], None, out);
                let (x, y) = (end.decimal("x", "metres", out), end.decimal("y", "metres", out));
                end.finish(&["x", "y"], out);
                match (x, y) {
                    (Some(x), Some(y)) if (Point { x, y }).is_plausible() => Some(FieldValue::Point(Point { x, y })),
                    _ => {
                        let message = "end must be {\"x\":…,\"y\":…} in metres on 105 x 68".to_owned();
                        fields.report_grouped(out, key, "not on the field", message);
                        None
                    }
                }
            }
            Field::Source => {
                let mut source = fields.object(key, "source", out)?;
                source.rename_aliases(SOURCE_FIELDS, None, out);
                let provider = source.required_text("provider", out);
                let (id, note) = (source.text("id", out), source.text("note", out));
                source.finish(SOURCE_FIELDS, out);
                let provider = self.interner.intern(&provider?);
                let id = id.map(|id| Arc::from(&*id));
                let note = note.map(|note| self.interner.intern(&note));
                Some(FieldValue::Source(Arc::new(Source { provider, id, note })))
            }
            _ => {
                let accepted = field.accepted_values(kind);
                if !accepted.is_empty() {
                    let word = fields.word_for_kind(key, Some(kind), accepted, |word| Some(word.to_owned()), out)?;
                    return Some(FieldValue::Text(self.interner.intern(&word)));
                }
                let text = fields.text(key, out)?;
                Some(FieldValue::Text(match field {
                    Field::Text => Arc::from(&*text),
                    _ => self.interner.intern(&text),
                }))
            }
        }
    }
}

/// The fields that an event of this type may have. A correction may always have `reason`.
pub(super) fn accepted_fields(kind: &EventType, correcting: bool) -> impl Iterator<Item = Field> + '_ {
    let known = Field::COMMON.iter().chain(kind.own_fields()).copied();
    let reason = (correcting && !kind.own_fields().contains(&Field::Reason)).then_some(Field::Reason);
    known.chain(reason)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{file, reading_finds, scenario};
    use super::super::super::{EventRecord, LineContent};

    /// The findings in a file with this event line.
    fn finds(line: &str) -> Vec<String> {
        reading_finds(&file(line))
    }

    #[test]
    fn a_mistyped_player_is_named() {
        let shot =
            |player: &str| format!(r#"{{"type":"shot","period":1,"clock":"10:00","side":"home","player":"{player}"}}"#);
        assert_eq!(
            finds(&shot("H9")),
            ["3 \"H9\": error: player \"H9\" is not a player of either team (did you mean \"h9\"?)"]
        );
        assert_eq!(
            finds(&shot("H 9")),
            ["3 \"H 9\": error: player \"H 9\" is a name, and players are named by id (did you mean \"h9\"?)"]
        );
        assert_eq!(
            finds(&shot("koulibaly")),
            ["3 \"koulibaly\": error: player \"koulibaly\" is not a player of either team"]
        );
    }

    #[test]
    fn a_coach_is_named_on_cards_only() {
        let of = |coach: &str, line: &str| {
            reading_finds(&file(line).replacen(r#""home":{"#, &format!(r#""home":{{"coach":{coach},"#), 1)).join("\n")
        };
        let (named, text) = (r#"{"id":"farrow","name":"Meg Farrow"}"#, "\"Meg Farrow\"");
        let line = |kind: &str, field: &str, who: &str| {
            format!(r#"{{"type":"{kind}","id":"x","period":1,"clock":"10:00","side":"home","{field}":"{who}"}}"#)
        };
        for kind in ["yellow_card", "second_yellow_card", "red_card"] {
            assert_eq!(of(named, &line(kind, "player", "farrow")), "", "{kind}");
        }
        let only = "is the coach, who can only be named on cards";
        for (kind, field) in [
            ("foul", "player"),
            ("commentary", "player"),
            ("substitution", "out"),
            ("goal", "assist"),
            ("drone", "player"),
        ] {
            let found = of(named, &line(kind, field, "farrow"));
            assert_eq!(found, format!("3 \"farrow\": error: {field} \"farrow\" {only}"), "{kind}");
        }
        let update = r#"{"op":"update","id":"x","told":"11:00","player":"farrow"}"#;
        let found = of(named, &format!("{}\n{update}", line("foul", "player", "h4")));
        assert_eq!(found, format!("4 \"farrow\": error: player \"farrow\" {only}"));
        let found = of(named, &line("red_card", "player", "Meg Farrow"));
        assert!(found.ends_with("is a name, and coaches are named by id (did you mean \"farrow\"?)"), "{found}");
        let found = of(text, &line("red_card", "player", "Meg Farrow"));
        assert!(found.contains(r#"write "coach":{"id":"…","name":"Meg Farrow"}, and name the coach"#), "{found}");
    }

    #[test]
    fn a_mistyped_field_or_word_is_named_with_what_would_be_accepted() {
        assert_eq!(
            finds(r#"{"type":"corner","period":1,"clock":"10:00","side":"home","plyer":"h9"}"#),
            ["3 \"plyer\":\"h9\": error: the event has no field \"plyer\" (did you mean \"player\"?)"]
        );
        assert_eq!(
            finds(r#"{"type":"shot","period":1,"clock":"10:00","side":"home","outcome":"woodwrok"}"#),
            [
                "3 \"woodwrok\": error: unknown outcome \"woodwrok\" (did you mean \"woodwork\"?); accepted: off_target, saved, blocked, woodwork, saved_woodwork"
            ]
        );
        assert_eq!(
            finds(r#"{"type":"goal","period":1,"clock":"10:00","side":"home","outcome":"saved"}"#).len(),
            1,
            "a field of another type"
        );
    }

    #[test]
    fn coordinates_lie_on_the_field() {
        for (x, expected) in
            [("1e999", "expected metres"), ("900", "expected metres, 0 to 105"), ("\"9\"", "expected metres")]
        {
            let found =
                finds(&format!(r#"{{"type":"corner","period":1,"clock":"10:00","side":"home","x":{x},"y":1}}"#));
            assert!(found.len() == 1 && found[0].ends_with(expected), "{found:?}");
        }
        let nan = finds(r#"{"type":"corner","period":1,"clock":"10:00","side":"home","x":NaN,"y":1}"#);
        assert!(nan.len() == 1 && nan[0].contains("not a JSON object"), "{nan:?}");
    }

    #[test]
    fn columns_count_characters() {
        let line = r#"{"text":"Đoković — 🟥","type":"corner","period":1,"clock":"10:00","side":"hme"}"#;
        assert_eq!(
            finds(line),
            ["3 \"hme\": error: unknown side \"hme\" (did you mean \"home\"?); accepted: home, away"]
        );
    }

    #[test]
    fn fields_of_an_unknown_type_are_kept_unchanged() {
        let scenario = scenario(
            r#"{"type":"drone","period":1,"clock":"10:00","player":"h9","alt":1.50,"path":[ [1,2], {"a":null} ],"outcome":7,"none":null}"#,
        );
        let LineContent::Event(EventRecord::First(event)) = &scenario.entries[0].item else { panic!("an event") };
        let kept: Vec<_> = event.details.unknown_fields().iter().map(|(name, json)| format!("{name}={json}")).collect();
        assert_eq!(kept, ["alt=1.50", "path=[ [1,2], {\"a\":null} ]", "outcome=7", "none=null"]);
        assert_eq!(event.player().map(|player| player.as_str()), Some("h9"));
    }

    #[test]
    fn json_that_parsers_refuse_is_not_passed_on() {
        let deep = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            finds(&format!(r#"{{"type":"drone","period":1,"clock":"10:00","deep":{open}{close}}}"#))
        };
        assert_eq!(deep(100), [""; 0]);
        for found in [deep(200), deep(200_000)] {
            assert!(found.len() == 1 && found[0].contains("cannot be passed on unchanged: recursion limit exceeded"));
        }
        for odd in ["1e999", r#""\ud800""#] {
            let found = finds(&format!(r#"{{"type":"drone","period":1,"clock":"10:00","odd":{odd}}}"#));
            assert!(found.len() == 1 && found[0].contains("odd of the event cannot be passed on"), "{found:?}");
        }
        let fault =
            format!(r#"{{"kind":"fault","period":1,"clock":"10:00","do":{}{}}}"#, "[".repeat(300), "]".repeat(300));
        assert_eq!(finds(&fault).len(), 1);
    }
}
