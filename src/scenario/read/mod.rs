//! Reading scenario files: JSON Lines, format version 1, line by line, all findings at once.
//!
//! A line that is wrong is reported with its column and left out; reading goes on, so that one run shows everything.
//! Nothing in a file can make the reader hold more than one line of at most [`MAX_LINE_BYTES`] beside what it keeps.

use std::collections::HashMap;
use std::io::BufRead;
use std::sync::Arc;

use serde_json::value::RawValue;

mod lines;

pub(super) use lines::{Line, Lines};

use super::finding::{Finding, Findings, Severity};
use super::line::{Fields, Interner};
use super::{Correction, Entry, Fixture, Item, Scenario, Telling};
use crate::error::{Error, Result, did_you_mean};
use crate::football::{
    Details, EventId, EventType, Field, LeagueTable, Match, MatchClock, MatchEvent, Minute, Op, OrderKey, Period,
    PeriodRules, Player, Point, Reading, Rules, Side, Source, Status, TableRow, Team, UtcMillis, Value,
};

/// The longest line that is read, in bytes: a match line with two squads is about 10,000.
pub const MAX_LINE_BYTES: usize = 1 << 20;
/// The most lines that are read.
pub const MAX_LINES: u32 = 20_000_000;
/// The most matches in one scenario.
pub(super) const MAX_MATCHES: usize = 10_000;

/// What came of reading a file.
#[derive(Debug, Default)]
pub struct FileReading {
    /// What could be read; to be used only if no finding is an error.
    pub scenario: Scenario,
    /// What was found.
    pub findings: Findings,
    /// The line of each match.
    pub(super) match_lines: Vec<u32>,
}

impl FileReading {
    /// The scenario, or the first error with `name` and line in front.
    pub fn into_scenario(self, name: &str) -> Result<Scenario> {
        let Some(first) = self.findings.first_error() else { return Ok(self.scenario) };
        let place = match (first.line, first.column) {
            (0, _) => name.to_owned(),
            (line, 0) => format!("{name}:{line}"),
            (line, column) => format!("{name}:{line}:{column}"),
        };
        let more = match self.findings.errors() - 1 {
            0 => String::new(),
            more => format!(" (and {more} more errors: `touchline check {name}` shows them)"),
        };
        Err(Error::invalid(format!("reading {place}: {}{more}", first.message)))
    }
}

/// Reads a scenario. Fails only where the input itself cannot be read; what is wrong with it is in the findings.
pub fn read(input: impl BufRead) -> std::io::Result<FileReading> {
    let mut reader = Reader::default();
    let mut lines = Lines::of(input);
    while let Some((number, line)) = lines.next()? {
        let message = match line {
            Line::Text(text) => {
                reader.line(number, text);
                continue;
            }
            Line::Noise(text, byte) => {
                reader.findings.add(Severity::Error, number, byte, &text, "not UTF-8 text".into());
                continue;
            }
            Line::TooLong => format!("the line is longer than {MAX_LINE_BYTES} bytes"),
            Line::TooMany => format!("more than {MAX_LINES} lines"),
        };
        reader.findings.push(whole(number, message));
    }
    Ok(reader.finish())
}

/// A finding about a whole line.
fn whole(line: u32, message: String) -> Finding {
    Finding { severity: Severity::Error, line, column: 0, message, excerpt: String::new() }
}

const KINDS: &[&str] = &["scenario", "match", "table", "fixture", "event", "marker", "fault"];

#[derive(Default)]
struct Reader {
    scenario: Scenario,
    findings: Findings,
    interner: Interner,
    began: bool,
    matches: HashMap<Arc<str>, u16>,
    match_lines: Vec<u32>,
    /// What has been told of each match so far: for ids, and for the period that a correction's clock belongs to.
    told: Vec<Told>,
}

#[derive(Default)]
struct Told {
    lines: u32,
    events: HashMap<EventId, (EventType, MatchClock, bool)>,
}

impl Reader {
    fn line(&mut self, number: u32, text: &str) {
        if text.trim().is_empty() {
            return;
        }
        let Some(mut fields) = Fields::of_line(text, number, "the line", &mut self.findings) else { return };
        let kind = match fields.has("kind") {
            false => "event".into(),
            true => match fields.text("kind", &mut self.findings) {
                Some(kind) => kind,
                None => return,
            },
        };
        if !std::mem::replace(&mut self.began, true) && kind != "scenario" {
            let message = "the first line must be {\"kind\":\"scenario\",\"version\":1,\"title\":…}".to_owned();
            fields.report(&mut self.findings, Severity::Error, message);
        }
        fields.call(name_of(&kind));
        match &*kind {
            "scenario" => self.header(fields, number),
            "match" => self.fixture_line(fields, number),
            "table" => self.table(fields),
            "fixture" => self.upcoming(fields),
            "event" => self.event(fields, number),
            "marker" => self.marker(fields, number),
            "fault" => self.fault(fields, number),
            _ => {
                let hint = did_you_mean(&kind, KINDS.iter().copied());
                let message = format!("unknown kind {kind:?}{hint}; accepted: {}", KINDS.join(", "));
                fields.report_at(&mut self.findings, "kind", Severity::Error, message);
            }
        }
    }

    fn finish(mut self) -> FileReading {
        if !self.began {
            self.findings.push(whole(0, "the file is empty: no scenario line".into()));
        } else if self.scenario.matches.is_empty() && self.findings.errors() == 0 {
            self.findings.push(whole(0, "there is no match: a line with \"kind\":\"match\" is needed".into()));
        }
        FileReading { scenario: self.scenario, findings: self.findings, match_lines: self.match_lines }
    }

    fn share(&mut self, text: Option<impl AsRef<str>>) -> Option<Arc<str>> {
        text.map(|text| self.interner.share(text.as_ref()))
    }

    fn header(&mut self, mut fields: Fields<'_>, number: u32) {
        let out = &mut self.findings;
        if number != 1 {
            fields.report(out, Severity::Error, "the scenario line stands once, as the first line".into());
            return;
        }
        match fields.get::<u64>("version", "1", out) {
            Some(1) => {}
            Some(version) => {
                let message = format!("version {version} of the format is not known to this program; it reads 1");
                fields.report_at(out, "version", Severity::Error, message);
            }
            None if !fields.has("version") => {
                fields.report(out, Severity::Error, "the scenario needs \"version\":1".into());
            }
            None => {}
        }
        self.scenario.title = fields.required("title", out).as_deref().unwrap_or_default().into();
        self.scenario.about = fields.text("about", out).as_deref().map(Arc::from);
        let sources: Vec<String> = fields.get("sources", "a list of strings", out).unwrap_or_default();
        self.scenario.sources = sources.into_iter().map(Arc::from).collect();
        fields.finish(&["kind", "version", "title", "about", "sources"], out);
    }

    fn fixture_line(&mut self, mut fields: Fields<'_>, number: u32) {
        const ACCEPTED: &[&str] = &[
            "kind",
            "id",
            "competition",
            "season",
            "round",
            "kickoff",
            "period_starts",
            "venue",
            "officials",
            "rules",
            "home",
            "away",
        ];
        let out = &mut self.findings;
        let errors = out.errors();
        let id = fields.required("id", out);
        if let Some(id) = &id
            && (id.len() > 100 || id.contains([',', '/', '?', '#', '&']) || id.chars().any(char::is_control))
        {
            let message = format!("match id {id:?} must be at most 100 characters without , / ? # &");
            fields.report_at(out, "id", Severity::Error, message);
        }
        let kickoff = instant(&mut fields, "kickoff", out);
        if kickoff.is_none() && !fields.has("kickoff") {
            let message = "the match needs \"kickoff\", such as \"2018-04-22T18:45:00Z\"".to_owned();
            fields.report(out, Severity::Error, message);
        }
        let mut period_starts = Vec::new();
        if let Some(mut starts) = fields.object("period_starts", "period_starts", out) {
            for period in &Period::ALL[1..] {
                if let Some(at) = instant(&mut starts, &period.number().to_string(), out) {
                    period_starts.push((*period, at));
                }
            }
            starts.finish(&["2", "3", "4", "5"], out);
        }
        let competition = fields.text("competition", out);
        let season = fields.text("season", out);
        let round = fields.text("round", out);
        let venue = fields.text("venue", out);
        let rules = fields.object("rules", "rules", out).map(|object| rules(object, out)).unwrap_or_default();
        let officials = officials(&mut fields, out);
        let mut team = |side: &'static str| match fields.object(side, "a team", out) {
            Some(object) => team(object, out, &mut self.interner),
            None => {
                fields.report(out, Severity::Error, format!("the match needs the team {side:?}"));
                None
            }
        };
        let (home, away) = (team("home"), team("away"));
        fields.finish(ACCEPTED, out);
        let (Some(id), Some(kickoff), Some(home), Some(away)) = (id, kickoff, home, away) else { return };
        if let Some(twice) = home.players.iter().find(|player| away.index_of(player.id.as_str()).is_some()) {
            let message = format!("player {:?} stands on both sheets", twice.id.as_str());
            fields.report_at(out, "away", Severity::Error, message);
        }
        if self.matches.contains_key(&*id) {
            fields.report_at(out, "id", Severity::Error, format!("match {id:?} stands twice"));
        }
        if self.scenario.matches.len() >= MAX_MATCHES {
            fields.report(out, Severity::Error, format!("more than {MAX_MATCHES} matches"));
        }
        if out.errors() > errors {
            // The match is kept all the same, so that its events are not all reported as strangers; the errors
            // above keep the scenario from being used.
            if self.matches.contains_key(&*id) || self.scenario.matches.len() >= MAX_MATCHES {
                return;
            }
        }
        let id = self.interner.share(&id);
        self.matches.insert(id.clone(), u16::try_from(self.scenario.matches.len()).unwrap_or(u16::MAX));
        self.match_lines.push(number);
        self.told.push(Told::default());
        let fixture = Match {
            id: id.into(),
            competition: self.share(competition),
            season: self.share(season),
            round: self.share(round),
            kickoff,
            period_starts,
            venue: self.share(venue),
            officials,
            rules,
            home,
            away,
        };
        self.scenario.matches.push(Arc::new(fixture));
    }

    fn table(&mut self, mut fields: Fields<'_>) {
        const ROW: &[&str] = &["team", "name", "played", "won", "drawn", "lost", "for", "against", "points"];
        let out = &mut self.findings;
        let competition = fields.required("competition", out);
        let season = fields.text("season", out);
        let mut order = Vec::new();
        for word in fields.get::<Vec<String>>("order", "a list of strings", out).unwrap_or_default() {
            match OrderKey::parse(&word) {
                Some(key) => order.push(key),
                None => {
                    let hint = did_you_mean(&word, OrderKey::WORDS.iter().copied());
                    let message = format!("unknown order {word:?}{hint}; accepted: {}", OrderKey::WORDS.join(", "));
                    fields.report_at(out, "order", Severity::Error, message);
                }
            }
        }
        if order.is_empty() {
            order = vec![OrderKey::Points, OrderKey::GoalDifference, OrderKey::GoalsFor];
        }
        let mut rows: Vec<TableRow> = Vec::new();
        for mut row in fields.objects("rows", "a row of the table", out) {
            let team = row.required("team", out);
            let name = row.text("name", out);
            let mut number = |key: &str| row.get::<u32>(key, "a whole number", out).unwrap_or(0);
            let counts = ["played", "won", "drawn", "lost", "for", "against"].map(&mut number);
            let points = row.get::<i32>("points", "a whole number", out);
            row.finish(ROW, out);
            let Some(team) = team else { continue };
            let [played, won, drawn, lost, goals_for, goals_against] = counts;
            let default = i32::try_from(won).unwrap_or(0).saturating_mul(3).saturating_add_unsigned(drawn);
            rows.push(TableRow {
                name: self.interner.share(name.as_deref().unwrap_or(&team)),
                team: self.interner.share(&team).into(),
                played,
                won,
                drawn,
                lost,
                goals_for,
                goals_against,
                points: points.unwrap_or(default),
            });
        }
        fields.finish(&["kind", "competition", "season", "order", "rows"], out);
        let Some(competition) = competition else { return };
        let (competition, season) = (self.interner.share(&competition), self.share(season));
        let mut table = LeagueTable { competition, season, order, rows };
        table.sort();
        self.scenario.tables.push(table);
    }

    fn upcoming(&mut self, mut fields: Fields<'_>) {
        let out = &mut self.findings;
        let competition = fields.text("competition", out);
        let round = fields.text("round", out);
        let kickoff = instant(&mut fields, "kickoff", out);
        let (home, away) = (fields.required("home", out), fields.required("away", out));
        fields.finish(&["kind", "competition", "round", "kickoff", "home", "away"], out);
        let (Some(home), Some(away)) = (home, away) else { return };
        let fixture = Fixture {
            competition: self.share(competition),
            round: self.share(round),
            kickoff,
            home: self.interner.share(&home),
            away: self.interner.share(&away),
        };
        self.scenario.fixtures.push(fixture);
    }

    /// Which match a line belongs to: the one it names, or the only one.
    fn track(&mut self, fields: &mut Fields<'_>) -> Option<(u16, Arc<Match>)> {
        let out = &mut self.findings;
        let track = match (fields.has("match"), self.scenario.matches.len()) {
            (false, 1) => 0,
            (false, 0) => {
                fields.report(out, Severity::Error, "there is no match yet: match lines come first".into());
                return None;
            }
            (false, _) => {
                let message = "with several matches every line needs \"match\"".to_owned();
                fields.report(out, Severity::Error, message);
                return None;
            }
            (true, _) => {
                let id = fields.text("match", out)?;
                let Some(track) = self.matches.get(&*id) else {
                    let hint = did_you_mean(&id, self.matches.keys().map(|id| &**id));
                    fields.report_at(out, "match", Severity::Error, format!("unknown match {id:?}{hint}"));
                    return None;
                };
                *track
            }
        };
        Some((track, self.scenario.matches[usize::from(track)].clone()))
    }

    fn event(&mut self, mut fields: Fields<'_>, line: u32) {
        let Some((track, fixture)) = self.track(&mut fields) else { return };
        let told = &mut self.told[usize::from(track)];
        told.lines = told.lines.saturating_add(1);
        let out = &mut self.findings;
        let errors = out.errors();
        let op = match fields.has("op") {
            true => fields.word("op", Op::WORDS, Op::parse, out),
            false => Some(Op::Add),
        };
        let Some(op) = op else { return };
        let telling = match op {
            Op::Add => self.first(fields, &fixture, track),
            Op::Update | Op::Remove => self.correction(fields, &fixture, track, op),
        };
        if let Some(telling) = telling.filter(|_| self.findings.errors() == errors) {
            self.scenario.entries.push(Entry { line, track, item: Item::Event(telling) });
        }
    }

    fn first(&mut self, mut fields: Fields<'_>, fixture: &Match, track: u16) -> Option<Telling> {
        let out = &mut self.findings;
        let kind = event_type(&mut fields, true, out);
        let clock = clock(&mut fields, fixture, None, out);
        let told = self.told.get_mut(usize::from(track))?;
        let id: EventId = match fields.has("id") {
            true => {
                let id = fields.required("id", out)?;
                self.interner.share(&id).into()
            }
            false => format!("e{}", told.lines).into(),
        };
        // Even a line that is otherwise wrong has said its id: corrections of it are not wrong as well.
        if let Some(kind) = &kind {
            let at = clock.unwrap_or(MatchClock { status: Status::Scheduled, reading: Reading::default() });
            if told.events.insert(id.clone(), (kind.clone(), at, true)).is_some() {
                fields.report_at(
                    out,
                    "id",
                    Severity::Error,
                    format!("id {:?} stands twice in this match", id.as_str()),
                );
            }
        }
        let (kind, clock) = (kind?, clock?);
        let told = told_at(&mut fields, fixture, clock.status, out);
        let (official, side) = (official(&mut fields, out), side(&mut fields, out));
        let details = self.details(&mut fields, fixture, &kind, false);
        finish(&mut fields, &kind, &mut self.findings);
        Some(Telling::First(MatchEvent {
            id,
            rev: 0,
            op: Op::Add,
            kind,
            clock,
            told,
            status: told.unwrap_or(clock).status,
            official,
            side,
            details,
        }))
    }

    fn correction(&mut self, mut fields: Fields<'_>, fixture: &Match, track: u16, op: Op) -> Option<Telling> {
        let out = &mut self.findings;
        let id = fields.required("id", out)?;
        let events = &mut self.told.get_mut(usize::from(track))?.events;
        let Some((kind, when, stands)) = events.get(&*id).cloned() else {
            // Looking for a near id goes through all of them: not for the millionth unknown one.
            let hint = match out.is_full() {
                true => String::new(),
                false => did_you_mean(&id, events.keys().map(EventId::as_str)),
            };
            let message = format!("{op} of {id:?}, which has not been told{hint}");
            fields.report_at(out, "id", Severity::Error, message);
            return None;
        };
        if !stands {
            fields.report_at(out, "id", Severity::Error, format!("{op} of {id:?}, which has been removed"));
            return None;
        }
        let changed = event_type(&mut fields, false, out);
        let kind = changed.clone().unwrap_or(kind);
        let moved = match fields.has("clock") || fields.has("period") || fields.has("status") {
            true => clock(&mut fields, fixture, Some(when), out),
            false => None,
        };
        let when = moved.unwrap_or(when);
        let id: EventId = self.interner.share(&id).into();
        events.insert(id.clone(), (kind.clone(), when, op == Op::Update));
        let told = told_at(&mut fields, fixture, when.status, out);
        if told.is_none() && !fields.has("told") {
            fields.report(out, Severity::Error, format!("{op} needs \"told\": when the feed says so"));
        }
        let (official, side) = (official(&mut fields, out), side(&mut fields, out));
        let details = self.details(&mut fields, fixture, &kind, true);
        finish(&mut fields, &kind, &mut self.findings);
        Some(Telling::Correction(Correction {
            id,
            op,
            told: told?,
            clock: moved,
            kind: changed,
            official,
            side,
            details,
        }))
    }

    fn details(&mut self, fields: &mut Fields<'_>, fixture: &Match, kind: &EventType, correcting: bool) -> Details {
        let mut details = Details::default();
        for field in carried(kind, correcting) {
            let key = field.as_str();
            if correcting && fields.is_null(key) {
                fields.raw(key);
                details.set(field, Value::Withdrawn);
            } else if let Some(value) = self.value(fields, fixture, kind, field) {
                details.set(field, value);
            }
        }
        if matches!(kind, EventType::Other(_)) {
            const HANDLED: &[&str] = &["kind", "match", "type", "op", "id", "period", "status", "clock", "told"];
            let extra: Vec<(String, &RawValue)> = fields
                .left_over()
                .filter(|(key, _)| !HANDLED.contains(key))
                .map(|(key, raw)| (key.to_owned(), raw))
                .collect();
            for (key, raw) in extra {
                fields.raw(&key);
                details.set_unknown(self.interner.share(&key), raw.get().into());
            }
        }
        details
    }

    fn value(&mut self, fields: &mut Fields<'_>, fixture: &Match, kind: &EventType, field: Field) -> Option<Value> {
        let (key, out) = (field.as_str(), &mut self.findings);
        match field {
            _ if field.names_player() => {
                let id = fields.text(key, out)?;
                if let Some((.., player)) = fixture.player(&id) {
                    return Some(Value::Player(player.id.clone()));
                }
                let players = || fixture.home.players.iter().chain(&fixture.away.players);
                let mut hint = did_you_mean(&id, players().map(|player| player.id.as_str()));
                if hint.is_empty() {
                    // Written out instead of by id.
                    let named = players().find(|player| *player.name == *id);
                    hint = named.map(|player| format!(" (did you mean {:?}?)", player.id.as_str())).unwrap_or_default();
                }
                let message = format!("{key} {id:?} is on neither sheet{hint}");
                fields.report_at(out, key, Severity::Error, message);
                None
            }
            Field::About => {
                let id = fields.text(key, out)?;
                Some(Value::Event(self.interner.share(&id).into()))
            }
            Field::Related => {
                let ids: Vec<String> = fields.get(key, "a list of event ids", out)?;
                Some(Value::Events(ids.iter().map(|id| self.interner.share(id).into()).collect()))
            }
            Field::OwnGoal | Field::Confirmed => fields.flag(key, out).map(Value::Flag),
            Field::Minutes => fields.get(key, "whole minutes", out).map(Value::Minutes),
            Field::X | Field::Y => {
                let metres: f32 = fields.get(key, "metres", out)?;
                let point = match field {
                    Field::X => Point { x: metres, y: 0.0 },
                    _ => Point { x: 0.0, y: metres },
                };
                if !point.is_plausible() {
                    let range = if field == Field::X { "0 to 105" } else { "0 to 68" };
                    fields.report_at(out, key, Severity::Error, format!("{key} is {metres}, expected metres, {range}"));
                }
                Some(Value::Metres(metres))
            }
            Field::End => {
                let mut end = fields.object(key, "end", out)?;
                let (x, y) = (end.get("x", "metres", out), end.get("y", "metres", out));
                end.finish(&["x", "y"], out);
                match (x, y) {
                    (Some(x), Some(y)) if (Point { x, y }).is_plausible() => Some(Value::Point(Point { x, y })),
                    _ => {
                        let message = "end must be {\"x\":…,\"y\":…} in metres on 105 x 68".to_owned();
                        fields.report_at(out, key, Severity::Error, message);
                        None
                    }
                }
            }
            Field::Source => {
                let mut source = fields.object(key, "source", out)?;
                let provider = source.required("provider", out);
                let (id, note) = (source.text("id", out), source.text("note", out));
                source.finish(&["provider", "id", "note"], out);
                let provider = self.interner.share(&provider?);
                let id = id.map(|id| Arc::from(&*id));
                let note = note.map(|note| self.interner.share(&note));
                Some(Value::Source(Arc::new(Source { provider, id, note })))
            }
            _ => {
                let accepted = field.accepted(kind);
                let known = |word: &str| accepted.is_empty() || accepted.contains(&word);
                if !accepted.is_empty() {
                    let word = fields.word(key, accepted, |word| known(word).then(|| word.to_owned()), out)?;
                    return Some(Value::Text(self.interner.share(&word)));
                }
                let text = fields.text(key, out)?;
                Some(Value::Text(match field {
                    Field::Text => Arc::from(&*text),
                    _ => self.interner.share(&text),
                }))
            }
        }
    }

    fn marker(&mut self, mut fields: Fields<'_>, line: u32) {
        let Some((track, fixture)) = self.track(&mut fields) else { return };
        let out = &mut self.findings;
        let clock = clock(&mut fields, &fixture, None, out);
        let name = fields.required("name", out);
        fields.finish(&["kind", "match", "period", "status", "clock", "name"], out);
        let (Some(clock), Some(name)) = (clock, name) else { return };
        let name = self.interner.share(&name);
        self.scenario.entries.push(Entry { line, track, item: Item::Marker { clock, name } });
    }

    fn fault(&mut self, mut fields: Fields<'_>, line: u32) {
        let Some((track, fixture)) = self.track(&mut fields) else { return };
        let out = &mut self.findings;
        let Some(clock) = clock(&mut fields, &fixture, None, out) else { return };
        let rest = fields.left_over().map(|(name, raw)| (name.into(), raw.get().into())).collect();
        fields.report(out, Severity::Note, "this version keeps fault lines but does not play them".into());
        self.scenario.entries.push(Entry { line, track, item: Item::Fault { clock, fields: rest } });
    }
}

/// What an object of this kind is called in a message.
fn name_of(kind: &str) -> &'static str {
    match kind {
        "scenario" => "the scenario",
        "match" => "the match",
        "table" => "the table",
        "fixture" => "the fixture",
        "marker" => "the marker",
        "fault" => "the fault",
        _ => "the event",
    }
}

/// The fields that an event of this type may carry; a correction may always say why.
fn carried(kind: &EventType, correcting: bool) -> impl Iterator<Item = Field> + '_ {
    let known = Field::COMMON.iter().chain(kind.own_fields()).copied();
    let reason = (correcting && !kind.own_fields().contains(&Field::Reason)).then_some(Field::Reason);
    known.chain(reason)
}

fn finish(fields: &mut Fields<'_>, kind: &EventType, out: &mut Findings) {
    let mut accepted: Vec<&str> = ["type", "match", "op", "id", "period", "status", "clock", "side"].to_vec();
    accepted.extend(["told", "told_period", "told_status", "minute", "label"]);
    accepted.extend(carried(kind, false).map(Field::as_str));
    for key in ["match", "op"] {
        fields.raw(key);
    }
    fields.finish(&accepted, out);
}

fn event_type(fields: &mut Fields<'_>, required: bool, out: &mut Findings) -> Option<EventType> {
    let word = match required {
        true => fields.required("type", out)?,
        false => fields.text("type", out)?,
    };
    if let Some(kind) = EventType::parse(&word) {
        return Some(kind);
    }
    // A word close to a known one is a slip of the pen; any other is a word of a later version or of one's own.
    let hint = did_you_mean(&word, EventType::WORDS.iter().copied());
    let (severity, message) = match hint.is_empty() {
        true => (Severity::Note, format!("unknown event type {word:?} is passed on as it is")),
        false => (Severity::Error, format!("unknown event type {word:?}{hint}")),
    };
    fields.report_at(out, "type", severity, message);
    Some(EventType::Other((&*word).into()))
}

/// `period` or `status`, with `clock`. A correction may leave out what it does not change.
fn clock(fields: &mut Fields<'_>, fixture: &Match, was: Option<MatchClock>, out: &mut Findings) -> Option<MatchClock> {
    let status = match (fields.has("period"), fields.has("status")) {
        (true, true) => {
            let message = "an event has a period (in play) or a status (outside it), not both".to_owned();
            fields.report_at(out, "status", Severity::Error, message);
            return None;
        }
        (true, false) => period(fields, "period", out).map(Period::status),
        (false, true) => place(fields, "status", out),
        (false, false) => was.map(|was| was.status).or_else(|| {
            let message = "the event needs \"period\" (1 to 5), or outside play \"status\"".to_owned();
            fields.report(out, Severity::Error, message);
            None
        }),
    };
    let reading = match fields.has("clock") {
        true => reading(fields, "clock", out),
        false => was.map(|was| was.reading).or_else(|| {
            fields.report(out, Severity::Error, "the event needs \"clock\", such as \"16:04\"".into());
            None
        }),
    };
    let clock = MatchClock { status: status?, reading: reading? };
    in_range(clock, &fixture.rules.periods, "clock", fields, out).then_some(clock)
}

/// When it was told, if that is stated.
fn told_at(fields: &mut Fields<'_>, fixture: &Match, own: Status, out: &mut Findings) -> Option<MatchClock> {
    let status = match (fields.has("told_period"), fields.has("told_status")) {
        (true, _) => period(fields, "told_period", out)?.status(),
        (false, true) => place(fields, "told_status", out)?,
        (false, false) => own,
    };
    if !fields.has("told") {
        return None;
    }
    let told = MatchClock { status, reading: reading(fields, "told", out)? };
    in_range(told, &fixture.rules.periods, "told", fields, out).then_some(told)
}

fn period(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Period> {
    let number: u64 = fields.get(key, "1, 2, 3, 4 (extra time) or 5 (shoot-out)", out)?;
    let period = Period::from_number(number);
    if period.is_none() {
        let message = format!("{key} is {number}, expected 1, 2, 3, 4 (extra time) or 5 (shoot-out)");
        fields.report_at(out, key, Severity::Error, message);
    }
    period
}

/// A status outside play.
fn place(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Status> {
    let status = fields.word(key, Status::WORDS, Status::parse, out)?;
    if let Some(period) = status.period() {
        let message = format!("in play an event has \"period\":{}, not a status", period.number());
        fields.report_at(out, key, Severity::Error, message);
        return None;
    }
    Some(status)
}

fn reading(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<Reading> {
    let text = fields.text(key, out)?;
    let reading = Reading::parse(&text);
    if reading.is_none() {
        let message = format!("{key} {text:?} is not a clock; expected minutes and seconds, such as \"16:04\"");
        fields.report_at(out, key, Severity::Error, message);
    }
    reading
}

/// Clocks run on from the start of their period, count up from the start of a break, and down to kick-off.
fn in_range(clock: MatchClock, rules: &PeriodRules, key: &str, fields: &Fields<'_>, out: &mut Findings) -> bool {
    let message = match (clock.period(), clock.status) {
        (Some(period), _) if clock.reading < rules.start(period) => {
            format!("{key} {} is before period {} begins at {}", clock.reading, period.number(), rules.start(period))
        }
        (None, Status::Scheduled) if clock.reading > Reading::default() => {
            format!("{key} {} is after kick-off: before the match the clock is negative", clock.reading)
        }
        (None, status) if status != Status::Scheduled && clock.reading < Reading::default() => {
            format!("{key} {} is negative: during {status} it counts from 0:00", clock.reading)
        }
        _ => return true,
    };
    fields.report_at(out, key, Severity::Error, message);
    false
}

/// The minute as the record has it: `label`, or `minute` alone.
fn official(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Minute> {
    let minute: Option<u16> = fields.get("minute", "a minute, counted from 1", out);
    let label = match fields.text("label", out) {
        Some(text) => match Minute::parse(&text) {
            Some(label) => Some(label),
            None => {
                let message = format!("label {text:?} is not a minute; expected such as \"16\" or \"45+2\"");
                fields.report_at(out, "label", Severity::Error, message);
                None
            }
        },
        None => None,
    };
    match (label, minute) {
        (Some(label), Some(minute)) if label.minute != minute => {
            fields.report_at(out, "minute", Severity::Error, format!("minute {minute} and label {label} disagree"));
            None
        }
        (Some(label), _) => Some(label),
        (None, minute) => minute.map(|minute| Minute { minute, added: None }),
    }
}

fn side(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Side> {
    fields.word("side", Side::WORDS, Side::parse, out)
}

/// A moment as `2018-04-22T18:45:00Z`, or with an offset.
fn instant(fields: &mut Fields<'_>, key: &str, out: &mut Findings) -> Option<UtcMillis> {
    let text = fields.text(key, out)?;
    match text.parse::<jiff::Timestamp>() {
        Ok(instant) => Some(UtcMillis(instant.as_millisecond())),
        Err(_) => {
            let message = format!("{key} {text:?} is not a time; expected such as \"2018-04-22T18:45:00Z\"");
            fields.report_at(out, key, Severity::Error, message);
            None
        }
    }
}

fn rules(mut object: Fields<'_>, out: &mut Findings) -> Rules {
    let default = Rules::default();
    let minutes = |object: &mut Fields<'_>, key: &str, default: u8, out: &mut Findings| {
        let minutes: u8 = object.get(key, "whole minutes, 1 to 120", out).unwrap_or(default);
        if !(1..=120).contains(&minutes) {
            object.report_at(out, key, Severity::Error, format!("{key} is {minutes}, expected 1 to 120"));
            return default;
        }
        minutes
    };
    let rules = Rules {
        substitutions: object.get("substitutions", "a whole number", out).unwrap_or(default.substitutions),
        periods: PeriodRules {
            half_minutes: minutes(&mut object, "period_minutes", default.periods.half_minutes, out),
            extra_minutes: minutes(&mut object, "extra_time_minutes", default.periods.extra_minutes, out),
        },
        extra_time: object.flag("extra_time", out).unwrap_or(default.extra_time),
        var: object.flag("var", out).unwrap_or(default.var),
    };
    object.finish(&["substitutions", "period_minutes", "extra_time_minutes", "extra_time", "var"], out);
    rules
}

type Officials = Vec<(Arc<str>, Vec<Arc<str>>)>;

fn officials(fields: &mut Fields<'_>, out: &mut Findings) -> Officials {
    let Some(mut object) = fields.object("officials", "officials", out) else { return Vec::new() };
    let roles: Vec<String> = object.left_over().map(|(role, _)| role.to_owned()).collect();
    let mut officials = Vec::new();
    for role in roles {
        // One name, or several.
        let names = match object.raw(&role) {
            Some(raw) if raw.get().starts_with('"') => {
                object.text(&role, out).map(|name| vec![name.into_owned()]).unwrap_or_default()
            }
            Some(_) => object.get::<Vec<String>>(&role, "a name or a list of names", out).unwrap_or_default(),
            None => continue,
        };
        officials.push((Arc::from(role.as_str()), names.into_iter().map(Arc::from).collect()));
    }
    officials
}

fn team(mut object: Fields<'_>, out: &mut Findings, interner: &mut Interner) -> Option<Team> {
    let (id, name) = (object.required("id", out), object.required("name", out));
    let short = object.text("short", out);
    let colours: Vec<String> = object.get("colours", "a list of colours", out).unwrap_or_default();
    for colour in &colours {
        let digits = colour.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let message = format!("colour {colour:?} is not of the form \"#rrggbb\"");
            object.report_at(out, "colours", Severity::Error, message);
        }
    }
    let (formation, coach) = (object.text("formation", out), object.text("coach", out));
    let mut players: Vec<Player> = Vec::new();
    for mut fields in object.objects("players", "a player", out) {
        let (id, name) = (fields.required("id", out), fields.required("name", out));
        let player = Player {
            id: interner.share(id.as_deref().unwrap_or_default()).into(),
            name: interner.share(name.as_deref().unwrap_or_default()),
            number: fields.get("number", "a shirt number", out),
            position: fields.text("position", out).map(|position| interner.share(&position)),
            starts: fields.flag("starts", out).unwrap_or(false),
            captain: fields.flag("captain", out).unwrap_or(false),
        };
        fields.finish(&["id", "name", "number", "position", "starts", "captain"], out);
        if players.iter().any(|other| other.id == player.id) {
            let message = format!("player {:?} stands twice on this sheet", player.id.as_str());
            fields.report_at(out, "id", Severity::Error, message);
        }
        if players.len() >= 100 {
            fields.report(out, Severity::Error, "more than 100 players on a sheet".into());
            break;
        }
        players.push(player);
    }
    object.finish(&["id", "name", "short", "colours", "formation", "coach", "players"], out);
    let (id, name) = (id?, name?);
    let short = short.map_or_else(|| name.chars().take(3).collect::<String>().to_uppercase(), |short| short.into());
    Some(Team {
        id: interner.share(&id).into(),
        name: interner.share(&name),
        short: interner.share(&short),
        colours: colours.into_iter().map(Arc::from).collect(),
        formation: formation.map(|formation| interner.share(&formation)),
        coach: coach.map(|coach| interner.share(&coach)),
        players,
    })
}
