//! The digest of a scenario: a 32-bit hash of its contents. Equal scenarios have equal digests.
//!
//! It covers everything that [`write`](fn@super::write) writes, but hashes values instead of their text: numbers as they
//! are, texts with their lengths. It is stable across machines and compiler versions, which the standard library's hasher
//! does not promise. Structs are destructured completely, so that the compiler reports a new field that is not hashed.

use std::sync::Arc;

use super::{Correction, Entry, EventRecord, FaultLine, FirstLeg, Fixture, Item, MarkerLine, Scenario, Tie};
use crate::football::{
    Coach, Details, EventType, LeagueTable, Match, MatchClock, MatchEvent, Minute, Player, Rules, Side, Source,
    TableRow, Team, UtcMillis, Value,
};

/// Computes the digest. Line numbers are not included.
pub(super) fn digest(scenario: &Scenario) -> u32 {
    let mut digest = Digest(0x9e37_79b9_7f4a_7c15);
    let Scenario { title, about, sources, matches, tables, ties, fixtures, entries } = scenario;
    digest.text(title);
    digest.option(about.as_deref(), Digest::text);
    digest.each(sources, |digest, source| digest.text(source));
    digest.each(matches, |digest, fixture| digest.fixture(fixture));
    digest.each(tables, Digest::table);
    digest.each(fixtures, Digest::upcoming);
    digest.each(entries, Digest::entry);
    // Hashed only if present, so that scenarios without ties keep the digest of earlier versions.
    if !ties.is_empty() {
        digest.text("ties");
        digest.each(ties, Digest::tie);
    }
    (digest.0 >> 32) as u32 ^ digest.0 as u32
}

struct Digest(u64);

impl Digest {
    /// Mixes in a word. Multiplication by an odd number and the xor-shift are invertible, so two different states stay
    /// different after the same word.
    fn word(&mut self, word: u64) {
        let mixed = (self.0 ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.0 = mixed ^ mixed >> 32;
    }

    fn number(&mut self, number: impl Into<i64>) {
        self.word(number.into() as u64);
    }

    fn text(&mut self, text: &str) {
        self.word(text.len() as u64);
        let (words, rest) = text.as_bytes().as_chunks::<8>();
        for word in words {
            self.word(u64::from_le_bytes(*word));
        }
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            self.word(u64::from_le_bytes(last));
        }
    }

    fn option<T>(&mut self, option: Option<T>, some: impl FnOnce(&mut Self, T)) {
        self.number(option.is_some());
        if let Some(value) = option {
            some(self, value);
        }
    }

    fn each<T>(&mut self, list: &[T], mut each: impl FnMut(&mut Self, &T)) {
        self.word(list.len() as u64);
        for item in list {
            each(self, item);
        }
    }

    fn update_pairs(&mut self, pairs: &[(Arc<str>, Arc<str>)]) {
        self.each(pairs, |digest, (name, json)| {
            digest.text(name);
            digest.text(json);
        });
    }

    fn fixture(&mut self, fixture: &Match) {
        let Match { id, competition, season, round, kickoff, period_starts, venue, officials, rules, home, away } =
            fixture;
        self.text(id.as_str());
        for text in [competition, season, round, venue] {
            self.option(text.as_deref(), Self::text);
        }
        self.number(kickoff.0);
        self.each(period_starts, |digest, (period, UtcMillis(at))| {
            digest.number(period.number());
            digest.number(*at);
        });
        self.each(officials, |digest, (role, names)| {
            digest.text(role);
            digest.each(names, |digest, name| digest.text(name));
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
            self.number(number);
        }
        self.number(*extra_time);
        self.number(*var);
        // Hashed only if present, so that other matches keep the digest of earlier versions.
        let special = (*extra_time_substitutions, *concussion_substitutions, *return_substitutions);
        if special != (0, 0, false) {
            self.text("substitutions");
            self.number(special.0);
            self.number(special.1);
            self.number(special.2);
        }
        self.team(home);
        self.team(away);
    }

    fn team(&mut self, team: &Team) {
        let Team { id, name, short, colours, formation, coach, players } = team;
        for text in [id.as_str(), name, short] {
            self.text(text);
        }
        self.each(colours, |digest, colour| digest.text(colour));
        self.option(formation.as_deref(), Self::text);
        self.option(coach.as_ref(), |digest, Coach { id, name }| {
            digest.text(name);
            // Hashed only if present, so that other teams keep the digest of earlier versions.
            if let Some(id) = id {
                digest.text("coach");
                digest.text(id.as_str());
            }
        });
        self.each(players, |digest, player| {
            let Player { id, name, number, position, starts, captain } = player;
            digest.text(id.as_str());
            digest.text(name);
            digest.option(*number, Self::number);
            digest.option(position.as_deref(), Self::text);
            digest.number(*starts);
            digest.number(*captain);
        });
    }

    fn table(&mut self, table: &LeagueTable) {
        let LeagueTable { competition, season, order, rows } = table;
        self.text(competition);
        self.option(season.as_deref(), Self::text);
        self.each(order, |digest, key| digest.text(key.as_str()));
        self.each(rows, |digest, row| {
            let TableRow { team, name, played, won, drawn, lost, goals_for, goals_against, points, deducted } = row;
            digest.text(team.as_str());
            digest.text(name);
            for count in [played, won, drawn, lost, goals_for, goals_against] {
                digest.number(*count);
            }
            digest.number(*points);
            if *deducted > 0 {
                digest.text("deducted");
                digest.number(*deducted);
            }
        });
    }

    fn tie(&mut self, tie: &Tie) {
        let Tie { first, second, away_goals } = tie;
        match first {
            FirstLeg::Match(track) => self.number(*track),
            FirstLeg::Result(score) => {
                self.text("result");
                self.number(score.home);
                self.number(score.away);
            }
        }
        self.number(*second);
        self.number(*away_goals);
    }

    fn upcoming(&mut self, fixture: &Fixture) {
        let Fixture { competition, round, kickoff, home, away } = fixture;
        self.option(competition.as_deref(), Self::text);
        self.option(round.as_deref(), Self::text);
        self.option(*kickoff, |digest, at| digest.number(at.0));
        self.text(home);
        self.text(away);
    }

    fn entry(&mut self, entry: &Entry) {
        let Entry { line: _, track, item } = entry;
        self.number(*track);
        match item {
            Item::Event(EventRecord::First(event)) => {
                self.word(0);
                // The other fields are the same in all original reports, or derived by the timeline.
                let MatchEvent { id, rev: _, op: _, kind, clock, told, status: _, official, side, details } = &**event;
                self.text(id.as_str());
                self.kind(kind);
                self.clock(*clock);
                self.option(told.as_deref(), |digest, told| digest.clock(*told));
                self.facts(*official, *side, details);
            }
            Item::Event(EventRecord::Correction(correction)) => {
                self.word(1);
                let Correction { id, op, told, clock, kind, official, side, details } = &**correction;
                self.text(id.as_str());
                self.text(op.as_str());
                self.clock(*told);
                self.option(*clock, Self::clock);
                self.option(kind.as_ref(), Self::kind);
                self.facts(*official, *side, details);
            }
            Item::Marker(marker) => {
                self.word(2);
                let MarkerLine { clock, name } = &**marker;
                self.clock(*clock);
                self.text(name);
            }
            Item::Fault(fault) => {
                self.word(3);
                let FaultLine { clock, fields } = &**fault;
                self.clock(*clock);
                self.update_pairs(fields);
            }
        }
    }

    fn kind(&mut self, kind: &EventType) {
        self.text(kind.as_str());
    }

    fn clock(&mut self, clock: MatchClock) {
        let MatchClock { status, reading } = clock;
        self.text(status.as_str());
        self.number(reading.as_millis());
    }

    fn facts(&mut self, official: Option<Minute>, side: Option<Side>, details: &Details) {
        self.option(official, |digest, Minute { minute, added }| {
            digest.number(minute);
            digest.option(added, Self::number);
        });
        self.option(side, |digest, side| digest.text(side.as_str()));
        for (field, value) in details.iter() {
            self.text(field.as_str());
            self.value(&value);
        }
        self.update_pairs(details.unknown());
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::Player(id) => self.text(id.as_str()),
            Value::Event(id) => self.text(id.as_str()),
            Value::Events(ids) => self.each(ids, |digest, id| digest.text(id.as_str())),
            Value::Text(text) => self.text(text),
            Value::Flag(flag) => self.number(*flag),
            Value::Minutes(minutes) => self.number(*minutes),
            Value::Metres(metres) => self.number(metres.to_bits()),
            Value::Point(point) => {
                self.number(point.x.to_bits());
                self.number(point.y.to_bits());
            }
            Value::Probability(share) => self.number(share.to_bits()),
            Value::Moment(at) => self.number(at.0),
            Value::Score(score) => {
                self.number(score.home);
                self.number(score.away);
            }
            Value::Source(source) => {
                let Source { provider, id, note } = &**source;
                self.text(provider);
                self.option(id.as_deref(), Self::text);
                self.option(note.as_deref(), Self::text);
            }
            // Distinct from any text, whose hash begins with its length.
            Value::Withdrawn => self.word(u64::MAX),
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
