//! Generates scenarios of about a million events from the shipped flagship: too large to ship, and the same on every
//! run.

use std::io::{self, Write};

use touchline::scenario::SHIPPED;

/// The number of events, corrections included.
pub const EVENTS: usize = 1_000_000;

/// The kinds of large scenarios.
#[derive(Debug, Clone, Copy)]
pub enum Shape {
    /// 600 matches in the detail of data providers: passes and duels with coordinates, 1,600 to 1,700 events each.
    Feed,
    /// One match of a million events.
    Long,
    /// The flagship some 9,900 times: 101 events each, with texts and sources.
    Copies,
    /// 570,000 events: the flagship again and again, no two at the same time.
    Season,
}

impl Shape {
    pub const ALL: [(&str, Self); 4] =
        [("feed", Self::Feed), ("long", Self::Long), ("copies", Self::Copies), ("season", Self::Season)];

    pub fn named(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, shape)| shape).expect("feed, long, copies or season")
    }

    /// Writes the scenario.
    pub fn write(self, to: &mut impl Write) -> io::Result<()> {
        match self {
            Self::Feed => feed(to, 600, 47 * 60_000),
            Self::Long => feed(to, 1, 4_900 * 60_000),
            Self::Copies => copies(to, EVENTS, 10),
            Self::Season => copies(to, 570_000, 1),
        }
    }
}

const HEADER: &str = r#"{"kind":"scenario","version":1,"title":"A million events"}"#;

/// A random number generator: xorshift64*.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % bound
    }

    fn of<'a>(&mut self, words: &[&'a str]) -> &'a str {
        words[self.below(words.len())]
    }
}

/// The match line of the flagship with another id, `day` days later.
fn match_line(id: &str, day: usize) -> String {
    let line = SHIPPED[0].text().lines().nth(1).expect("a match line");
    let kickoff = format!("{}-{:02}-{:02}T18:45", 2019 + day / 336, 1 + day / 28 % 12, 1 + day % 28);
    line.replacen(r#""id":"juv-nap""#, &format!(r#""id":"{id}""#), 1).replacen("2018-04-22T18:45", &kickoff, 1)
}

/// Matches with two halves of `half_millis` each and an equal share of the events.
fn feed(to: &mut impl Write, matches: usize, half_millis: usize) -> io::Result<()> {
    let mut random = Random(7);
    writeln!(to, "{HEADER}")?;
    for track in 0..matches {
        writeln!(to, "{}", match_line(&format!("juv-nap-{track}"), track / 10))?;
    }
    for track in 0..matches {
        let events = EVENTS / matches + usize::from(track < EVENTS % matches);
        let named = if matches > 1 { format!(r#""match":"juv-nap-{track}","#) } else { String::new() };
        one_feed(to, &mut random, &named, events, half_millis)?;
    }
    Ok(())
}

const PLAYERS: [[&str; 11]; 2] = [
    [
        "buffon",
        "howedes",
        "benatia",
        "chiellini",
        "asamoah",
        "khedira",
        "pjanic",
        "douglas-costa",
        "dybala",
        "matuidi",
        "higuain",
    ],
    [
        "reina",
        "hysaj",
        "albiol",
        "koulibaly",
        "mario-rui",
        "allan",
        "jorginho",
        "hamsik",
        "callejon",
        "mertens",
        "insigne",
    ],
];

fn one_feed(
    to: &mut impl Write,
    random: &mut Random,
    named: &str,
    events: usize,
    half_millis: usize,
) -> io::Result<()> {
    let clock = |at: usize| format!("{:02}:{:02}.{}", at / 60_000, at / 1_000 % 60, at / 100 % 10);
    let half = events / 2;
    // The last shot, which may be corrected: its id and its side.
    let mut shot: Option<(usize, usize)> = None;
    for at in 0..events {
        let (period, place, of, base) =
            if at < half { (1, at, half, 0) } else { (2, at - half, events - half, 45 * 60_000) };
        let when = base + (half_millis as u64 * place as u64 / of as u64) as usize / 100 * 100;
        let time = format!(r#""period":{period},"clock":"{}""#, clock(when));
        let side = random.below(2);
        let whose = ["home", "away"][side];
        let player = random.of(&PLAYERS[side]);
        let opponent = random.of(&PLAYERS[1 - side]);
        let metres = |random: &mut Random| (random.below(10_500) as f64 / 100.0, random.below(6_800) as f64 / 100.0);
        let ((x, y), (to_x, to_y)) = (metres(random), metres(random));
        let by = format!(r#"{time},"side":"{whose}","player":"{player}""#);
        match random.below(1_000) {
            _ if place == 0 => writeln!(to, r#"{{"type":"period_start",{named}{time}}}"#)?,
            _ if at + 1 == events => writeln!(to, r#"{{"type":"match_end",{named}{time},"text":"It is over."}}"#)?,
            _ if place + 2 == of => writeln!(to, r#"{{"type":"period_end",{named}{time}}}"#)?,
            0..30 if shot.is_some_and(|(of, _)| of > at.saturating_sub(100)) => {
                let (of, side) = shot.take().expect("asked for");
                let told = format!(r#""told":"{}","told_period":{period}"#, clock(when));
                match random.below(4) {
                    0 => writeln!(
                        to,
                        r#"{{"op":"remove",{named}"id":"shot-{of}",{told},"reason":"play had been stopped"}}"#
                    )?,
                    _ => {
                        let player = random.of(&PLAYERS[side]);
                        writeln!(to, r#"{{"op":"update",{named}"id":"shot-{of}",{told},"player":"{player}"}}"#)?;
                    }
                }
            }
            0..2 => writeln!(
                to,
                r#"{{"type":"goal",{named}{by},"situation":"open_play","body_part":"head","x":{x},"y":{y},"text":"{player} scores, and nobody could have stopped it."}}"#
            )?,
            2..4 => writeln!(
                to,
                r#"{{"type":"yellow_card",{named}{by},"reason":"foul","text":"The referee reaches for his pocket: {player} is booked."}}"#
            )?,
            4..60 => {
                shot = Some((at, side));
                let outcome = random.of(&["off_target", "saved", "blocked", "woodwork"]);
                writeln!(
                    to,
                    r#"{{"type":"shot","id":"shot-{at}",{named}{by},"outcome":"{outcome}","situation":"open_play","body_part":"right_foot","x":{x},"y":{y},"source":{{"provider":"made up","id":"2454{at}"}}}}"#
                )?;
            }
            60..80 => {
                writeln!(to, r#"{{"type":"foul",{named}{by},"fouled":"{opponent}","x":{x},"y":{y}}}"#)?;
            }
            80..120 => {
                let kind = random.of(&["throw_in", "free_kick", "goal_kick", "corner"]);
                writeln!(to, r#"{{"type":"{kind}",{named}{by},"x":{x},"y":{y},"end":{{"x":{to_x},"y":{to_y}}}}}"#)?;
            }
            120..400 => {
                let kind = random.of(&["duel", "duel", "duel", "take_on", "interception"]);
                let outcome = random.of(&["won", "lost", "neutral"]);
                writeln!(
                    to,
                    r#"{{"type":"{kind}",{named}{by},"opponent":"{opponent}","outcome":"{outcome}","x":{x},"y":{y}}}"#
                )?;
            }
            _ => {
                let outcome = random.of(&["accurate", "accurate", "accurate", "inaccurate"]);
                writeln!(
                    to,
                    r#"{{"type":"pass",{named}{by},"outcome":"{outcome}","x":{x},"y":{y},"end":{{"x":{to_x},"y":{to_y}}}}}"#
                )?;
            }
        }
    }
    Ok(())
}

/// Copies of the flagship, `a_day` of them per day.
fn copies(to: &mut impl Write, all: usize, a_day: usize) -> io::Result<()> {
    let lines = || SHIPPED[0].text().lines().skip(1);
    let is_event = |line: &&str| line.starts_with(r#"{"type""#) || line.starts_with(r#"{"op""#);
    let events = lines().filter(is_event).count();
    let matches = all / events;
    writeln!(to, "{HEADER}")?;
    for track in 0..matches {
        writeln!(to, "{}", match_line(&format!("juv-nap-{track}"), track / a_day))?;
    }
    for track in 0..matches {
        for line in lines().filter(|line| is_event(line) || line.starts_with(r#"{"kind":"marker""#)) {
            writeln!(to, r#"{{"match":"juv-nap-{track}",{}"#, &line[1..])?;
        }
    }
    Ok(())
}
