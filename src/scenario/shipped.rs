//! The scenarios embedded in the program, and their lookup by name.

use std::path::Path;

use super::Scenario;
use crate::error::{Error, Result};
use crate::message::did_you_mean;

/// A scenario embedded in the program.
#[derive(Debug, Clone, Copy)]
pub struct Shipped {
    /// The name.
    pub name: &'static str,
    text: &'static str,
}

/// All shipped scenarios. The first one is the default.
pub const SHIPPED: &[Shipped] = &[
    Shipped {
        name: "juventus-napoli-2018-04-22",
        text: include_str!("../../scenarios/juventus-napoli-2018-04-22.jsonl"),
    },
    Shipped { name: "serie-a-2017-18-round-34", text: include_str!("../../scenarios/serie-a-2017-18-round-34.jsonl") },
    Shipped { name: "var-night", text: include_str!("../../scenarios/var-night.jsonl") },
    Shipped { name: "hard-saturday", text: include_str!("../../scenarios/hard-saturday.jsonl") },
    Shipped { name: "cup-final", text: include_str!("../../scenarios/cup-final.jsonl") },
    Shipped { name: "last-day", text: include_str!("../../scenarios/last-day.jsonl") },
    Shipped { name: "goalless", text: include_str!("../../scenarios/goalless.jsonl") },
];

impl Shipped {
    /// Looks up a shipped scenario by its name or a unique prefix. `None` if the word is a path: it contains a slash or a dot,
    /// or names an existing file or folder.
    pub(crate) fn find_by_name(word: &str) -> Result<Option<&'static Self>> {
        if word.contains(['/', '\\', '.']) || Path::new(word).exists() {
            return Ok(None);
        }
        if let Some(exact) = SHIPPED.iter().find(|shipped| shipped.name == word) {
            return Ok(Some(exact));
        }
        let begins = |shipped: &&Self| !word.is_empty() && shipped.name.starts_with(word);
        let names = || SHIPPED.iter().map(|shipped| shipped.name);
        match SHIPPED.iter().filter(begins).collect::<Vec<_>>().as_slice() {
            [one] => Ok(Some(one)),
            [] => {
                // A prefix may be mistyped as well as a whole name.
                let first_words = names().map(|name| name.split('-').next().unwrap_or(name));
                let hint = did_you_mean(word, names().chain(first_words));
                let shipped = names().collect::<Vec<_>>().join(", ");
                Err(Error::not_found(format!(
                    "no scenario {word:?}{hint}; shipped: {shipped}; or give the path of a file"
                )))
            }
            several => {
                let names = several.iter().map(|shipped| shipped.name).collect::<Vec<_>>().join(", ");
                Err(Error::misuse(format!("scenario {word:?} is ambiguous: {names}")))
            }
        }
    }

    /// Parses the scenario.
    pub fn load(&self) -> Result<Scenario> {
        Scenario::parse(self.name, self.text)
    }

    /// The text of the file.
    pub fn text(&self) -> &'static str {
        self.text
    }
}

impl Scenario {
    /// Opens a scenario by the name of a shipped one, a unique prefix of it, or a path.
    pub fn open(word: &str) -> Result<Self> {
        match Shipped::find_by_name(word)? {
            Some(shipped) => shipped.load(),
            None => Scenario::load(word),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Cue, Timeline};
    use super::*;
    use crate::football::{EventType, Field, MatchEvent, MatchState, Presence, Score, Side, Status};

    #[test]
    fn every_shipped_scenario_is_valid_and_states_its_sources() {
        for shipped in SHIPPED {
            let scenario = shipped.load().expect(shipped.name);
            let about = scenario.about.as_deref().unwrap_or_default();
            assert!(!scenario.sources.is_empty() || about.to_lowercase().contains("fictional"), "{}", shipped.name);
        }
    }

    #[test]
    fn a_unique_prefix_is_enough_and_a_similar_name_is_suggested() {
        assert_eq!(Scenario::open("juv").expect("flagship").title, SHIPPED[0].load().expect("flagship").title);
        let error = Scenario::open("juventos").expect_err("mistyped").to_string();
        assert!(error.contains("did you mean \"juventus\""), "{error}");
        assert!(Scenario::open("").is_err() && Scenario::open("./nowhere.jsonl").is_err());
    }

    /// The timeline of a shipped scenario.
    fn timeline(name: &str) -> Timeline {
        Timeline::new(&Scenario::open(name).expect(name))
    }

    /// The final state of a match.
    fn end(timeline: &Timeline, id: &str) -> MatchState {
        timeline.state_at(timeline.track_of(id).expect(id), timeline.cues().len())
    }

    #[test]
    fn the_table_follows_the_round_as_it_is_played() {
        let timeline = timeline("serie-a");
        let points = |index: usize, team: &str| {
            let table = timeline.table_at(0, index);
            table.rows.iter().find(|row| row.team.as_str() == team).map(|row| (row.played, row.points))
        };
        let end = timeline.cues().len();
        assert_eq!((points(0, "juventus"), points(0, "napoli")), (Some((33, 85)), Some((33, 81))));
        assert_eq!((points(end, "juventus"), points(end, "napoli")), (Some((34, 85)), Some((34, 84))));
        let track = timeline.track_of("juv-nap").expect("the match");
        let goal =
            timeline.cues().iter().position(|cue| usize::from(cue.track) == track && cue.score != Score::default());
        let goal = goal.expect("a goal");
        assert_eq!((points(goal, "juventus"), points(goal, "napoli")), (Some((34, 86)), Some((34, 82))));
        assert_eq!(timeline.cues()[goal].table, Some(0));

        let table = timeline.table_at(0, end);
        let order: Vec<_> = table.rows.iter().map(|row| format!("{} {}", row.name, row.points)).collect();
        assert_eq!(
            order.join(", "),
            "Juventus 85, Napoli 84, Lazio 67, Roma 67, Internazionale 66, Atalanta 55, Milan 54, Fiorentina 51, \
             Sampdoria 51, Torino 47, Genoa 41, Bologna 39, Sassuolo 37, Udinese 33, Cagliari 33, Chievo 31, \
             Crotone 31, SPAL 29, Hellas Verona 25, Benevento 17"
        );
        assert!(table.rows.iter().all(|row| row.played == 34));
    }

    #[test]
    fn all_matches_of_the_round_end_as_they_did() {
        let timeline = timeline("serie-a");
        let mut results: Vec<String> = (0..timeline.tracks().len())
            .map(|track| {
                let state = timeline.state_at(track, timeline.cues().len());
                let (fixture, score, half) = (state.fixture(), state.score(), state.half_time_score().expect("over"));
                assert_eq!(state.status, Status::FullTime);
                format!(
                    "{} {}-{} {} ({}-{})",
                    fixture.home.name, score.home, score.away, fixture.away.name, half.home, half.away
                )
            })
            .collect();
        results.sort();
        assert_eq!(
            results,
            [
                "Atalanta 2-1 Torino (0-0)",
                "Cagliari 0-0 Bologna (0-0)",
                "Chievo 1-2 Internazionale (0-0)",
                "Genoa 3-1 Hellas Verona (1-0)",
                "Juventus 0-1 Napoli (0-0)",
                "Lazio 4-0 Sampdoria (2-0)",
                "Milan 0-1 Benevento (0-1)",
                "SPAL 0-3 Roma (0-1)",
                "Sassuolo 1-0 Fiorentina (1-0)",
                "Udinese 1-2 Crotone (1-1)",
            ]
        );
    }

    /// A cue in words: `1 16:04 home shot pjanic woodwork free_kick`.
    fn described(cue: &Cue) -> String {
        let MatchEvent { clock, kind, side, details, .. } = &*cue.event;
        let place = clock.period().map_or(clock.status.to_string(), |period| period.number().to_string());
        let mut words = vec![place, clock.reading.to_string()];
        words.extend(side.map(|side| side.to_string()));
        words.push(kind.to_string());
        for field in [Field::Player, Field::In, Field::Out, Field::Assist, Field::Fouled, Field::Opponent] {
            words.extend(details.player(field).map(ToString::to_string));
        }
        for field in [Field::Outcome, Field::Question, Field::Reason, Field::Situation, Field::BodyPart] {
            words.extend(details.text(field).map(str::to_owned));
        }
        words.join(" ")
    }

    #[test]
    fn the_flagship_has_the_events_of_the_match_report_in_order() {
        let timeline = timeline("juventus");
        let mut cues = timeline.cues().iter();
        for expected in [
            "1 00:57 away shot insigne off_target open_play right_foot",
            "1 10:15 home injury chiellini insigne",
            "1 10:35 home substitution lichtsteiner chiellini injury",
            "1 14:59 away foul albiol higuain",
            "1 15:00 away yellow_card albiol",
            "1 16:04 home shot pjanic woodwork free_kick right_foot",
            "1 20:33 away shot mario-rui saved open_play left_foot",
            "1 20:35 home save buffon",
            "1 21:14 away corner mario-rui",
            "1 23:28 away shot hamsik off_target open_play left_foot",
            "1 37:38 away offside insigne",
            "1 37:38 away disallowed_goal insigne offside",
            "1 37:40 var_decision upheld goal",
            "half_time 14:00 home substitution cuadrado dybala",
            "2 70:27 home substitution mandzukic douglas-costa",
            "2 79:04 home free_kick pjanic",
            "2 79:04 home cross pjanic",
            "2 81:40 home free_kick pjanic",
            "2 81:40 home cross pjanic",
            "2 82:53 away shot zielinski saved open_play right_foot",
            "2 82:55 home save buffon",
            "2 88:33 home save buffon",
            "2 89:04 away corner callejon",
            "2 89:07 away goal koulibaly callejon corner head",
            "2 94:02 match_end",
            "full_time 00:20 commentary",
            "full_time 00:40 commentary",
            "full_time 01:00 home commentary",
            "full_time 01:20 away commentary",
            "full_time 01:40 home commentary",
        ] {
            assert!(cues.any(|cue| described(cue) == expected), "{expected:?} is missing, or comes too early");
        }
        let goals: Vec<_> = timeline.cues().iter().filter(|cue| cue.event.kind == EventType::Goal).collect();
        assert_eq!(goals.len(), 1, "the disallowed goal is never reported as a goal");
    }

    #[test]
    fn the_flagship_has_the_labels_of_the_report() {
        let timeline = timeline("juventus");
        let label = |clock: &str, kind: EventType| {
            let found = timeline
                .cues()
                .iter()
                .find(|cue| cue.event.kind == kind && cue.event.clock.reading.to_string() == clock);
            found.and_then(|cue| cue.event.official).map(|label| label.to_string())
        };
        assert_eq!(label("15:00", EventType::YellowCard).as_deref(), Some("16"));
        assert_eq!(label("88:33", EventType::Save).as_deref(), Some("89"));
        assert_eq!(label("89:04", EventType::Corner).as_deref(), Some("89"));
        assert_eq!(label("89:07", EventType::Goal).as_deref(), Some("89"));
    }

    #[test]
    fn the_flagship_folds_to_the_record() {
        let state = end(&timeline("juventus"), "juv-nap");
        assert_eq!(state.score(), Score { home: 0, away: 1 });
        assert_eq!(state.status, Status::FullTime);
        assert_eq!(state.half_time_score(), Some(Score::default()));
        let (home, away) = (state.statistics(Side::Home).entries(), state.statistics(Side::Away).entries());
        let both: Vec<_> =
            home.iter().zip(away).map(|((name, home), (_, away))| format!("{name} {home}-{away}")).collect();
        assert_eq!(
            both,
            [
                "shots 4-13",
                "shots_on_target 0-5",
                "shots_off_target 2-8",
                // The record has two blocked; one of them is the free kick that the report has against the post.
                "shots_blocked 1-0",
                "woodwork 1-0",
                "saves 5-0",
                "corners 3-3",
                "offsides 2-4",
                "fouls 11-16",
                "yellow_cards 3-1",
                "red_cards 0-0",
                "substitutions 3-3",
            ]
        );
        assert_eq!(state.substitutions_left(Side::Home), 0);
        assert_eq!(state.presence("chiellini"), Some(Presence::Off));
        assert_eq!(state.tally("koulibaly").map(|tally| tally.goals), Some(1));
    }

    #[test]
    fn var_night_ends_as_described() {
        let timeline = timeline("var-night");
        let (vanterra, quillmere) = (end(&timeline, "van-lar"), end(&timeline, "qui-bra"));
        assert_eq!(vanterra.score(), Score { home: 2, away: 2 });
        assert_eq!(quillmere.score(), Score { home: 1, away: 2 });
        assert_eq!(vanterra.tally("marrable").map(|tally| (tally.goals, tally.own_goals)), Some((0, 1)));
        assert_eq!(vanterra.presence("grendell"), Some(Presence::On), "his red card was rescinded");
        assert_eq!(
            quillmere.tally("orrinsby").map(|tally| tally.goals),
            Some(1),
            "the first was corrected to Kallender"
        );
        assert_eq!(quillmere.presence("umberg"), Some(Presence::SentOff));
        let awarded = |id: &str| {
            timeline
                .events_in_force(timeline.track_of("qui-bra").expect("match"), timeline.cues().len(), false)
                .iter()
                .any(|cue| cue.event.id.as_str() == id)
        };
        assert!(!awarded("mossvale-penalty") && awarded("handball-penalty"));
        let added =
            timeline.cues().iter().find(|cue| cue.event.id.as_str() == "doverel-45-9").expect("told").event.clock;
        let rules = &vanterra.fixture().rules.periods;
        assert_eq!(added.minute(rules).map(|minute| minute.to_string()).as_deref(), Some("45+9"));
    }
}
