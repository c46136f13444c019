//! A sample match and events, for tests in all modules.

use std::sync::Arc;

use super::*;

/// `home` against `away` in `League`: players `h1` to `h16` and `a1` to `a16`, the first eleven starting.
pub(crate) fn fixture() -> Arc<Match> {
    let team = |id: &str, letter: char| Team {
        id: id.into(),
        name: id.into(),
        short: id.to_uppercase().into(),
        colours: Vec::new(),
        formation: None,
        coach: None,
        players: (1..=16)
            .map(|number| Player {
                id: format!("{letter}{number}").into(),
                name: format!("{} {number}", letter.to_uppercase()).into(),
                number: Some(number),
                position: (number == 1).then(|| "GK".into()),
                starts: number <= 11,
                captain: number == 10,
            })
            .collect(),
    };
    Arc::new(Match {
        id: "hom-awa".into(),
        competition: Some("League".into()),
        season: None,
        round: None,
        kickoff: UtcMillis(0),
        period_starts: Vec::new(),
        venue: None,
        officials: Vec::new(),
        rules: Rules::default(),
        home: team("home", 'h'),
        away: team("away", 'a'),
    })
}

/// An event of the second half; without a player if the name is empty.
pub(crate) fn event(id: &str, kind: EventType, clock: &str, side: Side, player: &str) -> MatchEvent {
    let mut details = Details::default();
    if !player.is_empty() {
        details.set(Field::Player, FieldValue::Player(player.into()));
    }
    MatchEvent {
        id: id.into(),
        rev: 0,
        op: Op::Add,
        kind,
        clock: MatchClock::in_period(Period::Second, Reading::parse(clock).expect("a clock")),
        told: None,
        status: Status::SecondHalf,
        official: None,
        side: Some(side),
        details,
    }
}
