//! The digest of a scenario: a 32-bit hash of its contents. Equal scenarios have equal digests.
//!
//! It covers everything that [`write`](fn@super::write) writes, but hashes values instead of their text: numbers as they
//! are, texts with their lengths. It is stable across machines and compiler versions, which the standard library's hasher
//! does not promise. Structs are destructured completely, so that the compiler reports a new field that is not hashed.

use std::sync::Arc;

use super::{
    Correction, EventRecord, FaultLine, FirstLeg, LineContent, MarkerLine, Scenario, Tie, TimedLine, UpcomingMatch,
};
use crate::football::{
    Coach, Details, EventType, LeagueTable, Match, MatchClock, MatchEvent, Minute, Player, Rules, Side, Source,
    TableRow, Team, UtcMillis, Value,
};

/// Computes the digest. Line numbers are not included.
pub(super) fn digest(scenario: &Scenario) -> u32 {
    let mut digest = Digest(0x9e37_79b9_7f4a_7c15);
    let Scenario { title, about, sources, matches, tables, ties, fixtures, entries } = scenario;
    digest.update_text(title);
    digest.update_option(about.as_deref(), Digest::update_text);
    digest.update_list(sources, |digest, source| digest.update_text(source));
    digest.update_list(matches, |digest, fixture| digest.update_match(fixture));
    digest.update_list(tables, Digest::update_table);
    digest.update_list(fixtures, Digest::update_fixture);
    digest.update_list(entries, Digest::update_entry);
    // Hashed only if present, so that scenarios without ties keep the digest of earlier versions.
    if !ties.is_empty() {
        digest.update_text("ties");
        digest.update_list(ties, Digest::update_tie);
    }
    (digest.0 >> 32) as u32 ^ digest.0 as u32
}

struct Digest(u64);

impl Digest {
    /// Mixes in a word. Multiplication by an odd number and the xor-shift are invertible, so two different states stay
    /// different after the same word.
    fn update_word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.0 = mixed ^ mixed >> 32;
    }

    fn update_number(&mut self, number: impl Into<i64>) {
        self.update_word(number.into() as u64);
    }

    fn update_text(&mut self, text: &str) {
        self.update_word(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.update_word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.update_word(u64::from_le_bytes(last));
        }
    }

    fn update_option<T>(&mut self, option: Option<T>, some: impl FnOnce(&mut Self, T)) {
        self.update_number(option.is_some());
        if let Some(value) = option {
            some(self, value);
        }
    }

    fn update_list<T>(&mut self, list: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.update_word(list.len() as u64);
        for item in list {
            each(self, item);
        }
    }

    fn update_pairs(&mut self, pairs: &[(Arc<str>, Arc<str>)]) {
        self.update_list(pairs, |digest, (name, json)| {
            digest.update_text(name);
            digest.update_text(json);
        });
    }

    fn update_match(&mut self, fixture: &Match) {
        let Match { id, competition, season, round, kickoff, period_starts, venue, officials, rules, home, away } =
            fixture;
        self.update_text(id.as_str());
        for text in [competition, season, round, venue] {
            self.update_option(text.as_deref(), Self::update_text);
        }
        self.update_number(kickoff.0);
        self.update_list(period_starts, |digest, (period, UtcMillis(at))| {
            digest.update_number(period.number());
            digest.update_number(*at);
        });
        self.update_list(officials, |digest, (role, names)| {
            digest.update_text(role);
            digest.update_list(names, |digest, name| digest.update_text(name));
        });
        let Rules {
            substitutions,
            extra_time_substitutions,
            concussion_substitutions,
            return_substitutions,
            periods,
            extra_time,
            var,
        } = rules;
        for number in [*substitutions, periods.half_minutes, periods.extra_minutes] {
            self.update_number(number);
        }
        self.update_number(*extra_time);
        self.update_number(*var);
        // Hashed only if present, so that other matches keep the digest of earlier versions.
        let special = (*extra_time_substitutions, *concussion_substitutions, *return_substitutions);
        if special != (0, 0, false) {
            self.update_text("substitutions");
            self.update_number(special.0);
            self.update_number(special.1);
            self.update_number(special.2);
        }
        self.update_team(home);
        self.update_team(away);
    }

    fn update_team(&mut self, team: &Team) {
        let Team { id, name, short, colours, formation, coach, players } = team;
        for text in [id.as_str(), name, short] {
            self.update_text(text);
        }
        self.update_list(colours, |digest, colour| digest.update_text(colour));
        self.update_option(formation.as_deref(), Self::update_text);
        self.update_option(coach.as_ref(), |digest, Coach { id, name }| {
            digest.update_text(name);
            // Hashed only if present, so that other teams keep the digest of earlier versions.
            if let Some(id) = id {
                digest.update_text("coach");
                digest.update_text(id.as_str());
            }
        });
        self.update_list(players, |digest, player| {
            let Player { id, name, number, position, starts, captain } = player;
            digest.update_text(id.as_str());
            digest.update_text(name);
            digest.update_option(*number, Self::update_number);
            digest.update_option(position.as_deref(), Self::update_text);
            digest.update_number(*starts);
            digest.update_number(*captain);
        });
    }

    fn update_table(&mut self, table: &LeagueTable) {
        let LeagueTable { competition, season, order, rows } = table;
        self.update_text(competition);
        self.update_option(season.as_deref(), Self::update_text);
        self.update_list(order, |digest, key| digest.update_text(key.as_str()));
        self.update_list(rows, |digest, row| {
            let TableRow { team, name, played, won, drawn, lost, goals_for, goals_against, points, deducted } = row;
            digest.update_text(team.as_str());
            digest.update_text(name);
            for count in [played, won, drawn, lost, goals_for, goals_against] {
                digest.update_number(*count);
            }
            digest.update_number(*points);
            if *deducted > 0 {
                digest.update_text("deducted");
                digest.update_number(*deducted);
            }
        });
    }

    fn update_tie(&mut self, tie: &Tie) {
        let Tie { first, second, away_goals } = tie;
        match first {
            FirstLeg::Match(track) => self.update_number(*track),
            FirstLeg::Result(score) => {
                self.update_text("result");
                self.update_number(score.home);
                self.update_number(score.away);
            }
        }
        self.update_number(*second);
        self.update_number(*away_goals);
    }

    fn update_fixture(&mut self, fixture: &UpcomingMatch) {
        let UpcomingMatch { competition, round, kickoff, home, away } = fixture;
        self.update_option(competition.as_deref(), Self::update_text);
        self.update_option(round.as_deref(), Self::update_text);
        self.update_option(*kickoff, |digest, at| digest.update_number(at.0));
        self.update_text(home);
        self.update_text(away);
    }

    fn update_entry(&mut self, entry: &TimedLine) {
        let TimedLine { line: _, track, item } = entry;
        self.update_number(*track);
        match item {
            LineContent::Event(EventRecord::First(event)) => {
                self.update_word(0);
                // The other fields are the same in all original reports, or derived by the timeline.
                let MatchEvent { id, rev: _, op: _, kind, clock, told, status: _, official, side, details } = &**event;
                self.update_text(id.as_str());
                self.update_event_type(kind);
                self.update_clock(*clock);
                self.update_option(told.as_deref(), |digest, told| digest.update_clock(*told));
                self.update_facts(*official, *side, details);
            }
            LineContent::Event(EventRecord::Correction(correction)) => {
                self.update_word(1);
                let Correction { id, op, told, clock, kind, official, side, details } = &**correction;
                self.update_text(id.as_str());
                self.update_text(op.as_str());
                self.update_clock(*told);
                self.update_option(*clock, Self::update_clock);
                self.update_option(kind.as_ref(), Self::update_event_type);
                self.update_facts(*official, *side, details);
            }
            LineContent::Marker(marker) => {
                self.update_word(2);
                let MarkerLine { clock, name } = &**marker;
                self.update_clock(*clock);
                self.update_text(name);
            }
            LineContent::Fault(fault) => {
                self.update_word(3);
                let FaultLine { clock, fields } = &**fault;
                self.update_clock(*clock);
                self.update_pairs(fields);
            }
        }
    }

    fn update_event_type(&mut self, kind: &EventType) {
        self.update_text(kind.as_str());
    }

    fn update_clock(&mut self, clock: MatchClock) {
        let MatchClock { status, reading } = clock;
        self.update_text(status.as_str());
        self.update_number(reading.as_millis());
    }

    fn update_facts(&mut self, official: Option<Minute>, side: Option<Side>, details: &Details) {
        self.update_option(official, |digest, Minute { minute, added }| {
            digest.update_number(minute);
            digest.update_option(added, Self::update_number);
        });
        self.update_option(side, |digest, side| digest.update_text(side.as_str()));
        for (field, value) in details.iter() {
            self.update_text(field.as_str());
            self.update_value(&value);
        }
        self.update_pairs(details.unknown_fields());
    }

    fn update_value(&mut self, value: &Value) {
        match value {
            Value::Player(id) => self.update_text(id.as_str()),
            Value::Event(id) => self.update_text(id.as_str()),
            Value::Events(ids) => self.update_list(ids, |digest, id| digest.update_text(id.as_str())),
            Value::Text(text) => self.update_text(text),
            Value::Flag(flag) => self.update_number(*flag),
            Value::Minutes(minutes) => self.update_number(*minutes),
            Value::Metres(metres) => self.update_number(metres.to_bits()),
            Value::Point(point) => {
                self.update_number(point.x.to_bits());
                self.update_number(point.y.to_bits());
            }
            Value::Probability(share) => self.update_number(share.to_bits()),
            Value::Moment(at) => self.update_number(at.0),
            Value::Score(score) => {
                self.update_number(score.home);
                self.update_number(score.away);
            }
            Value::Source(source) => {
                let Source { provider, id, note } = &**source;
                self.update_text(provider);
                self.update_option(id.as_deref(), Self::update_text);
                self.update_option(note.as_deref(), Self::update_text);
            }
            // Distinct from any text, whose hash begins with its length.
            Value::Withdrawn => self.update_word(u64::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::testing::{arbitrary::scenarios, file, scenario};
    use super::super::{SHIPPED, read, write};
    use super::*;

    fn written(scenario: &Scenario) -> Vec<u8> {
        let mut out = Vec::new();
        write(scenario, &mut out).expect("memory");
        out
    }

    #[test]
    fn the_digests_of_shipped_scenarios_do_not_depend_on_the_machine() {
        let digests: Vec<_> = SHIPPED.iter().map(|shipped| digest(&shipped.load().expect("shipped"))).collect();
        assert_eq!(digests, [2_599_242_058, 2_331_565_521, 340_161_914, 1_713_128_384]);
    }

    #[test]
    fn one_letter_changes_the_digest() {
        let corner = |text: &str| {
            let line = format!(r#"{{"type":"corner","period":1,"clock":"9:00","side":"home","text":"{text}"}}"#);
            digest(&scenario(&line))
        };
        assert_ne!(corner("Well taken"), corner("Well taker"));
        let coach = |json: &str| {
            let text = file("").replacen(r#""home":{"#, &format!(r#""home":{{"coach":{json},"#), 1);
            digest(&Scenario::parse("test", &text).expect("a scenario"))
        };
        assert_ne!(coach(r#""C""#), coach(r#"{"id":"c","name":"C"}"#));
        assert_ne!(coach(r#"{"id":"d","name":"C"}"#), coach(r#"{"id":"c","name":"C"}"#));
        assert_ne!(corner("a"), corner("a\\u0000"), "the last word is filled up with zeros, and the length tells");
    }

    #[test]
    fn ties_and_deducted_points_change_the_digest() {
        let table = |row: &str| {
            digest(&scenario(&format!(
                r#"{{"kind":"table","competition":"League","rows":[{{"team":"home","points":1{row}}}]}}"#
            )))
        };
        assert_eq!(table(""), table(r#","deducted":0"#));
        assert_ne!(table(""), table(r#","deducted":3"#));
        let tie = |legs: &str| digest(&scenario(&format!(r#"{{"kind":"tie","legs":{legs}}}"#)));
        let digests = [
            digest(&scenario("")),
            tie(r#"[{"home":1,"away":2},"hom-awa"]"#),
            tie(r#"[{"home":2,"away":1},"hom-awa"]"#),
            tie(r#"[{"home":1,"away":2},"hom-awa"],"away_goals":true"#),
        ];
        for (at, one) in digests.iter().enumerate() {
            assert!(!digests[..at].contains(one), "{digests:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
        #[test]
        fn scenarios_have_the_same_digest_exactly_if_they_are_written_the_same(one in scenarios(6), other in scenarios(6)) {
            let again = read(&*written(&one)).expect("memory").scenario;
            prop_assert_eq!(digest(&again), digest(&one));
            prop_assert_eq!(digest(&one) == digest(&other), written(&one) == written(&other));
        }
    }
}
