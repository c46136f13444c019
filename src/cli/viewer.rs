//! What a ticker shows of the frames that come: lines and a status, as text, without a terminal.

use std::collections::BTreeMap;

use anstyle::Style;
use serde_json::Value;
use touchline::client::{
    ClientFrame, EndFrame, EventFrame, Goals, HelloFrame, MatchInfo, OtherLeg, PlaybackFrame, PlaybackInfo,
    ResumePosition, Scoreboard, SnapshotFrame, TickFrame, TieInfo,
};
use touchline::football::{Legs, Score, Status};
use touchline::playback::Speed;

use super::endings::{Endings, LastSeen};
use super::fixtures::Fixtures;
use super::played::PlayedScores;
use super::print::{Colours, count, done_by, harmless};
use super::ticker::{PENS, Ticker, is_key, label, outcome};

/// Turns frames into lines, remembering what must be remembered for that.
#[derive(Debug)]
pub struct Viewer {
    all: bool,
    ticker: Ticker,
    place: ResumePosition,
    /// The matches in the order of the hello frame.
    order: Vec<String>,
    boards: BTreeMap<String, Scoreboard>,
    manner: Option<Manner>,
    endings: Endings,
    played: PlayedScores,
    /// Whether ticks come, which tell how matches end whose feed does not.
    ticks: bool,
    /// The line that says that playback has ended, until the tick that follows has told how the matches ended.
    the_end: Option<String>,
    /// Playback has gone elsewhere; where to is known with the next event or tick.
    jumped: Option<Jump>,
    /// Snapshots tell the past: to a newcomer, and to one who cannot be told what he missed.
    tell_the_past: bool,
    /// Whether some of it has been told.
    told_the_past: bool,
}

/// Playback went elsewhere.
#[derive(Debug)]
struct Jump {
    by: Option<String>,
}

impl Jump {
    fn to(&self, place: &str) -> String {
        format!("{} to {place}", done_by("jumped", self.by.as_deref()))
    }
}

/// Commentary beside an event stands below its first word.
const INDENT: &str = "          ";

impl Viewer {
    /// One that shows everything, or what matters; `ticks` says whether ticks come.
    pub fn new(all: bool, ticks: bool, colours: Colours) -> Self {
        Self {
            all,
            ticker: Ticker { fixtures: Fixtures::default(), colours },
            place: ResumePosition::default(),
            order: Vec::new(),
            boards: BTreeMap::new(),
            manner: None,
            endings: Endings::default(),
            played: PlayedScores::default(),
            ticks,
            the_end: None,
            jumped: None,
            tell_the_past: true,
            told_the_past: false,
        }
    }

    /// Whether there has ever been a connection.
    pub fn began(&self) -> bool {
        self.manner.is_some()
    }

    /// What to say when a connection that was lost is there again. To be asked before the hello frame is shown.
    pub fn back(&self, hello: &HelloFrame) -> Option<String> {
        if !self.began() {
            return None;
        }
        Some(match (hello.resumed.as_deref(), self.place.n()) {
            (Some("ok"), Some(n)) => match hello.head.saturating_sub(n) {
                0 => "connected again, nothing missed".to_owned(),
                missed => format!("connected again, caught up {}", count(missed as usize, "event", "events")),
            },
            _ => "connected again; what was missed is not to be had, this is where it stands".to_owned(),
        })
    }

    /// The lines that a frame adds.
    pub fn lines(&mut self, frame: &ClientFrame) -> Vec<String> {
        let epoch = self.place.epoch();
        self.place.update(frame);
        match frame {
            ClientFrame::Hello(hello) => self.hello(hello),
            ClientFrame::Snapshot(snapshot) => self.snapshot(snapshot),
            ClientFrame::Event(event) => self.event(event),
            ClientFrame::Tick(tick) => self.tick(tick),
            ClientFrame::Playback(playback) => self.playback(playback, epoch),
            // What it says is told with the close code that follows: nothing was asked that could be refused otherwise.
            ClientFrame::Error(_) | ClientFrame::Unknown => Vec::new(),
            ClientFrame::End(end) => self.end(end),
        }
    }

    /// The lines that are left when no frame follows.
    pub fn rest(&mut self) -> Vec<String> {
        let Some(the_end) = self.the_end.take() else { return Vec::new() };
        let mut lines = self.closings(true);
        lines.push(the_end);
        lines
    }

    /// The scoreboards, in one line.
    pub fn status(&self) -> String {
        let boards = self.order.iter().filter_map(|id| Some((id, self.boards.get(id)?)));
        let board = |(id, board): (&String, &Scoreboard)| {
            let Scoreboard { score, clock, label, status, .. } = board;
            let score = match self.order.len() {
                1 => self.ticker.fixtures.result(id, status, *score),
                _ => self.ticker.fixtures.score(id, status, *score),
            };
            let when = match label.as_deref() {
                _ if status == "shootout" => PENS,
                // The clock runs on between the periods too, but nobody asks how long half-time has lasted.
                Some(label) if !label.starts_with(|c: char| c.is_ascii_digit()) && status != "scheduled" => label,
                _ => clock,
            };
            format!("{} {score}", harmless(when))
        };
        let mut status: Vec<String> = boards.map(board).collect();
        if let Some(Manner { state, .. }) = self.manner.as_ref().filter(|manner| manner.state != "playing") {
            status.push(state.clone());
        }
        status.join(" | ")
    }

    fn hello(&mut self, hello: &HelloFrame) -> Vec<String> {
        let mut lines = self.rest();
        let first = !self.began();
        let manner = Manner::of(&hello.playback);
        let playing = manner.in_words() + &manner.ways();
        self.manner = Some(manner);
        if hello.resumed.as_deref() == Some("ok") {
            return lines;
        }
        self.ticker.fixtures = Fixtures::of(&hello.matches);
        self.order = hello.matches.iter().map(|fixture| fixture.id.clone()).collect();
        self.boards.clear();
        self.endings = Endings::of(&hello.matches);
        self.played = PlayedScores::default();
        (self.jumped, self.tell_the_past, self.told_the_past) = (None, true, false);
        if !first {
            return lines;
        }
        lines.push(self.ticker.colours.paint(Style::new().bold(), &harmless(&hello.title)));
        lines.extend(hello.matches.iter().map(|fixture| header(fixture, hello.matches.len() > 1)));
        if self.is_over() && self.ticks {
            self.the_end = Some(playing);
        } else {
            lines.push(playing);
        }
        lines
    }

    /// What happened before somebody came.
    fn snapshot(&mut self, snapshot: &SnapshotFrame) -> Vec<String> {
        self.endings.snapshot(snapshot);
        self.played.snapshot(snapshot);
        if !self.tell_the_past {
            // Where it has jumped to says it.
            self.endings.take(false);
            return Vec::new();
        }
        let mut lines = Vec::new();
        for event in snapshot.state.events.iter().filter(|event| is_key(event)) {
            let event =
                EventFrame { match_id: snapshot.match_id.clone(), was: None, op: "add".to_owned(), ..event.clone() };
            if !std::mem::replace(&mut self.told_the_past, true) {
                lines.push("so far:".to_owned());
            }
            lines.push(self.ticker.line(&event, self.played.of(&event.match_id)));
            self.endings.event(&event);
        }
        lines
    }

    fn event(&mut self, event: &EventFrame) -> Vec<String> {
        self.tell_the_past = false;
        let mut lines = self.closings(false);
        if let Some(jump) = self.jumped.take() {
            lines.push(jump.to(&label(event).unwrap_or_else(|| harmless(&event.status))));
        }
        self.endings.event(event);
        self.played.event(event);
        if let Some(board) = self.boards.get_mut(&event.match_id) {
            board.score = event.score;
        }
        let words = self.ticker.words(event);
        match words {
            Some(words) if event.kind == "commentary" => lines.push(self.ticker.commentary(event, &words)),
            words if self.all || is_key(event) || matches!(&*event.kind, "shot" | "added_time") || words.is_some() => {
                lines.push(self.ticker.line(event, self.played.of(&event.match_id)));
                let quiet = Style::new().dimmed();
                lines.extend(words.map(|words| format!("{INDENT}{}", self.ticker.colours.paint(quiet, &words))));
            }
            _ => {}
        }
        lines
    }

    fn tick(&mut self, tick: &TickFrame) -> Vec<String> {
        self.boards.extend(tick.matches.iter().map(|(id, board)| (id.clone(), board.clone())));
        let over = self.is_over();
        self.endings.tick(&tick.matches, over);
        let mut lines = Vec::new();
        if let Some(jump) = self.jumped.take() {
            lines.push(jump.to(&self.status()));
            self.endings.take(false);
        }
        lines.extend(self.closings(over));
        lines.extend(self.the_end.take());
        lines
    }

    fn playback(&mut self, playback: &PlaybackFrame, epoch: u64) -> Vec<String> {
        let mut lines = self.rest();
        let now = Manner::of(&playback.state);
        let before = self.manner.replace(now.clone());
        // Status frames may skip changes that came in between: a name goes only with what its owner did.
        let by = |causes: &[&str]| playback.by.as_deref().filter(|_| causes.contains(&&*playback.cause));
        if playback.epoch != epoch {
            self.boards.clear();
            self.endings.forget();
            self.played = PlayedScores::default();
            self.tell_the_past = false;
            match &*playback.cause {
                "loop" | "restart" => lines.push(done_by("from the beginning", by(&["restart"]))),
                "resync" => lines.push("too far behind: some of it was passed over".to_owned()),
                _ => self.jumped = Some(Jump { by: by(&["seek"]).map(str::to_owned) }),
            }
        }
        let Some(before) = before else { return lines };
        if before.state != now.state {
            let line = done_by(&now.in_words(), by(&["play", "pause", "step"]));
            match (self.is_over(), self.ticks) {
                (true, true) => self.the_end = Some(line),
                (over, _) => {
                    lines.extend(self.closings(over));
                    lines.push(line);
                }
            }
        } else if before.speed != now.speed {
            lines.push(done_by(&format!("now {}", now.speed), by(&["speed"])));
        }
        if before.pace != now.pace {
            lines.push(done_by(&format!("pace {}", now.pace.as_deref().unwrap_or("off")), by(&["pace"])));
        }
        if before.looping != now.looping {
            lines.push(done_by(if now.looping { "loop on" } else { "loop off" }, by(&["loop"])));
        }
        lines
    }

    fn end(&mut self, end: &EndFrame) -> Vec<String> {
        self.endings.feed_is_over(&end.match_id, &end.status, end.score);
        let mut lines = self.closings(false);
        if let Some(TieInfo { leg: 2, other: OtherLeg { score: other }, away_goals, winner }) = &end.tie {
            let [own, other] = [end.score, *other].map(|Goals { home, away }| Score { home, away });
            // Only the server counts the kicks: `winner` includes them.
            let legs = Legs { own, other, shootout: None, over: true, away_goals: *away_goals };
            lines.push(self.ticker.fixtures.aggregate(&end.match_id, &legs, winner.as_deref()));
        }
        lines
    }

    /// Whether playback has ended.
    fn is_over(&self) -> bool {
        self.manner.as_ref().is_some_and(|manner| manner.state == "ended")
    }

    /// How matches have ended of which that has not been shown; at the end of playback also that nothing more is told of one.
    fn closings(&mut self, over: bool) -> Vec<String> {
        self.endings.take(over).iter().map(|(id, at)| self.closing(id, at)).collect()
    }

    /// `    FT  FULL TIME  Ups 1-0 Downs`; of a match that has not ended, that its feed has.
    fn closing(&self, match_id: &str, LastSeen { status, score }: &LastSeen) -> String {
        let label = Status::parse(status).and_then(Status::label).unwrap_or_default();
        let outcome = outcome(status).unwrap_or("NO MORE EVENTS");
        let result = self.ticker.fixtures.result(match_id, status, *score);
        self.ticker.colours.paint(Style::new().bold(), &format!("{label:>6}  {outcome}  {result}"))
    }
}

/// What is said of playback.
#[derive(Debug, Clone)]
struct Manner {
    state: String,
    /// The one asked for: what a pace rule does in between is no news.
    speed: String,
    looping: bool,
    pace: Option<String>,
}

impl Manner {
    fn of(playback: &PlaybackInfo) -> Self {
        Self {
            state: harmless(&playback.state),
            speed: speed(playback.nominal.as_ref().unwrap_or(&playback.speed)),
            looping: playback.looping,
            pace: playback.pace.as_deref().map(harmless),
        }
    }

    fn in_words(&self) -> String {
        match &*self.state {
            "waiting" => "waiting to begin".to_owned(),
            "playing" => format!("playing {}", self.speed),
            "ended" => "the end".to_owned(),
            state => state.to_owned(),
        }
    }

    /// `, pace highlights, loop on`: what a newcomer could not know.
    fn ways(&self) -> String {
        let pace = self.pace.as_ref().map(|pace| format!(", pace {pace}")).unwrap_or_default();
        pace + if self.looping { ", loop on" } else { "" }
    }
}

/// `at 60x`, `at 13.7x`, `at speed max`.
pub fn speed(speed: &Value) -> String {
    match (speed.as_str(), speed.as_f64()) {
        (Some(word), _) => format!("at speed {}", harmless(word)),
        (None, Some(factor)) => format!("at {}x", Speed::rounded(factor)),
        (None, None) => format!("at {speed}x"),
    }
}

/// `van-lar  Vanterra - Larkhaven, Serie A, 2018-04-22 18:45 UTC`
fn header(fixture: &MatchInfo, named: bool) -> String {
    let teams = format!("{} - {}", fixture.home.name, fixture.away.name);
    // Seconds are always zero, and zones are for those who know where they are.
    let kickoff = fixture.kickoff.as_deref().and_then(|at| at.get(..16)).map(|at| at.replace('T', " ") + " UTC");
    let parts = [Some(teams), fixture.competition.clone(), kickoff];
    let text = harmless(&parts.into_iter().flatten().collect::<Vec<_>>().join(", "));
    if named { format!("{}  {text}", harmless(&fixture.id)) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO: &str = r#"{"kind":"hello","replay":"main","run":"7c1e90ab","epoch":1,"head":0,"resumed":null,"title":"A night",
        "matches":[{"id":"m","competition":"Cup","kickoff":"2018-04-22T18:45:00Z","home":{"name":"Ups","short":"UPS"},
        "away":{"name":"Downs","short":"DOW"},"events":9}],"playback":{"state":"playing","speed":60,"at":0}}"#;

    fn event(n: u32, kind: &str, rest: &str) -> String {
        format!(
            r#"{{"kind":"event","match":"m","n":{n},"id":"e{n}","op":"add","type":"{kind}","status":"first_half",
            "label":"{n}","side":"home","score":{{"home":0,"away":0}}{rest}}}"#
        )
    }

    fn playback(epoch: u64, state: &str, cause: &str) -> String {
        format!(
            r#"{{"kind":"playback","state":"{state}","speed":60,"at":0,"run":"7c1e90ab","epoch":{epoch},"cause":"{cause}"}}"#
        )
    }

    fn tick(clock: &str) -> String {
        format!(
            r#"{{"kind":"tick","n":3,"matches":{{"m":{{"status":"second_half","clock":"{clock}","label":"81","running":true,
            "score":{{"home":1,"away":0}}}}}}}}"#
        )
    }

    fn show(viewer: &mut Viewer, frame: &str) -> Vec<String> {
        viewer.lines(&serde_json::from_str(frame).expect(frame))
    }

    #[test]
    fn a_viewer_is_told_where_he_is_what_happens_and_where_it_jumps_to() {
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        let hello = show(&mut viewer, HELLO);
        assert_eq!(hello, ["A night", "Ups - Downs, Cup, 2018-04-22 18:45 UTC", "playing at 60x"]);
        assert!(show(&mut viewer, &event(1, "pass", "")).is_empty(), "does not matter");
        let words = show(&mut viewer, &event(2, "commentary", r#","text":"It \u001b[2Jrains.""#));
        assert_eq!(words, ["    2'  0-0  It \u{fffd}[2Jrains."]);
        let goal = show(&mut viewer, &event(3, "goal", r#","player":{"id":"d","name":"Doe"},"text":"In!""#));
        assert_eq!(goal, ["    3'  0-0  GOAL  Doe (Ups)", "          In!"]);
        assert!(show(&mut viewer, &playback(2, "playing", "seek")).is_empty(), "not known where to yet");
        assert_eq!(show(&mut viewer, &tick("80:12")), ["jumped to 80:12 Ups 1-0 Downs"]);
        assert_eq!(viewer.status(), "80:12 Ups 1-0 Downs");
        assert_eq!(show(&mut viewer, &playback(2, "paused", "pause")), ["paused"]);
        assert_eq!(show(&mut viewer, &playback(3, "playing", "loop")), ["from the beginning", "playing at 60x"]);
    }

    #[test]
    fn who_did_it_is_told_and_nobody_is_named_for_what_he_did_not_do() {
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        show(&mut viewer, HELLO);
        let by = |epoch: u64, state: &str, cause: &str| {
            playback(epoch, state, cause).replace("\"cause\"", r#""by":"an\u001bna","cause""#)
        };
        assert_eq!(show(&mut viewer, &by(1, "paused", "pause")), ["paused by an\u{fffd}na"]);
        assert_eq!(show(&mut viewer, &by(1, "playing", "play")), ["playing at 60x by an\u{fffd}na"]);
        assert_eq!(show(&mut viewer, &by(1, "paused", "pace")), ["paused"], "somebody else did, before the pace");
        assert!(show(&mut viewer, &by(2, "paused", "seek")).is_empty(), "not known where to yet");
        assert_eq!(show(&mut viewer, &tick("80:12")), ["jumped by an\u{fffd}na to 80:12 Ups 1-0 Downs | paused"]);
        assert_eq!(show(&mut viewer, &by(3, "paused", "restart")), ["from the beginning by an\u{fffd}na"]);
        let faster = by(3, "paused", "speed").replace("\"speed\":60", "\"speed\":90");
        assert_eq!(show(&mut viewer, &faster), ["now at 90x by an\u{fffd}na"]);
    }

    #[test]
    fn pace_and_loop_are_told_to_a_newcomer_and_when_they_change() {
        let with = |frame: &str, more: &str| frame.replace("\"speed\":60", &format!("\"speed\":60{more}"));
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        let hello = show(&mut viewer, &with(HELLO, r#","loop":true,"pace":"high\u001blights""#));
        assert_eq!(hello.last().map(String::as_str), Some("playing at 60x, pace high\u{fffd}lights, loop on"));
        let anna = |cause: &str| playback(1, "playing", cause).replace("\"cause\"", r#""by":"anna","cause""#);
        let both = show(&mut viewer, &with(&anna("pace"), r#","pace":"gap=5s""#));
        assert_eq!(both, ["pace gap=5s by anna", "loop off"], "somebody else did, before the pace");
        assert_eq!(show(&mut viewer, &with(&anna("loop"), r#","loop":true,"pace":"gap=5s""#)), ["loop on by anna"]);
        assert_eq!(show(&mut viewer, &with(&anna("pace"), r#","loop":true"#)), ["pace off by anna"]);
    }

    #[test]
    fn full_time_is_told_once_even_where_its_event_is_not_followed() {
        let end = r#"{"kind":"end","match":"m","n":9,"status":"full_time","score":{"home":1,"away":0}}"#;
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        show(&mut viewer, HELLO);
        assert_eq!(show(&mut viewer, end), ["    FT  FULL TIME  Ups 1-0 Downs"]);
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        show(&mut viewer, HELLO);
        assert_eq!(show(&mut viewer, &event(9, "match_end", "")).len(), 1);
        assert!(show(&mut viewer, end).is_empty());
        // A final whistle that is taken back has ended nothing.
        show(&mut viewer, &event(10, "match_end", "").replace("\"op\":\"add\"", "\"op\":\"remove\""));
        assert_eq!(show(&mut viewer, end).len(), 1);
    }

    #[test]
    fn an_award_is_told_with_the_played_score() {
        let award = |viewer: &mut Viewer| {
            let award = event(9, "awarded", "").replace("\"home\":0,\"away\":0", "\"home\":3,\"away\":0");
            show(viewer, &award)
        };
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        show(&mut viewer, HELLO);
        assert_eq!(award(&mut viewer), ["    9'  3-0  AWARDED  Ups 3-0 Downs"], "never played");
        show(&mut viewer, &playback(2, "playing", "restart"));
        show(&mut viewer, &event(3, "goal", r#","period":1"#).replace("\"away\":0", "\"away\":1"));
        assert_eq!(award(&mut viewer), ["    9'  3-0  AWARDED  Ups 3-0 Downs (played 0-1)"]);
        show(&mut viewer, &playback(3, "playing", "restart"));
        assert_eq!(award(&mut viewer), ["    9'  3-0  AWARDED  Ups 3-0 Downs"], "forgotten");
    }

    #[test]
    fn the_end_of_a_second_leg_tells_the_aggregate() {
        let end_of = |leg: u8, (home, away): (u16, u16), winner: &str| {
            let tie = format!(
                r#"{{"leg":{leg},"other":{{"match":null,"score":{{"home":2,"away":40000}}}},"away_goals":true,"winner":{winner}}}"#
            );
            format!(
                r#"{{"kind":"end","match":"m","n":9,"status":"full_time","score":{{"home":{home},"away":{away}}},"tie":{tie}}}"#
            )
        };
        let end = |leg: u8, winner: &str| end_of(leg, (1, 30000), winner);
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        show(&mut viewer, HELLO);
        show(&mut viewer, &event(9, "match_end", ""));
        assert_eq!(show(&mut viewer, &end(2, r#""away""#)), ["   agg  Ups 3-70000 Downs, Downs go through"]);
        assert_eq!(show(&mut viewer, &end(2, "null")), ["   agg  Ups 3-70000 Downs"]);
        assert!(show(&mut viewer, &end(1, "null")).is_empty());
        let level = show(&mut viewer, &end_of(2, (39999, 1), r#""home""#));
        assert_eq!(level, ["   agg  Ups 40001-40001 Downs, Ups go through on away goals"]);
        let level_away = show(&mut viewer, &end_of(2, (40000, 2), r#""away""#));
        assert_eq!(level_away, ["   agg  Ups 40002-40002 Downs, Downs go through on penalties"]);
    }

    #[test]
    fn the_end_of_a_feed_is_shown_for_what_it_is() {
        let ended = playback(1, "ended", "end");
        for (status, shown, at_the_end) in [
            ("full_time", Some("    FT  FULL TIME  Ups 1-0 Downs"), None),
            ("postponed", Some("   ppd  POSTPONED  Ups - Downs"), None),
            ("abandoned", Some("   abd  ABANDONED  Ups 1-0 Downs"), None),
            ("suspended", Some("  susp  SUSPENDED  Ups 1-0 Downs"), None),
            ("half_time", None, Some("    HT  NO MORE EVENTS  Ups 1-0 Downs")),
            ("second_half", None, Some("        NO MORE EVENTS  Ups 1-0 Downs")),
        ] {
            let end =
                r#"{"kind":"end","match":"m","n":9,"status":"?","score":{"home":1,"away":0}}"#.replace('?', status);
            let mut viewer = Viewer::new(false, true, Colours::OFF);
            show(&mut viewer, HELLO);
            assert_eq!(show(&mut viewer, &end), Vec::from_iter(shown));
            // The clock of a match that falls silent runs on, perhaps to full time.
            assert!(show(&mut viewer, &tick("81:00")).is_empty(), "{status}");
            let over = tick("00:00").replace("second_half", "full_time");
            let expected = ["    FT  FULL TIME  Ups 1-0 Downs"];
            assert_eq!(show(&mut viewer, &over), &expected[..usize::from(shown.is_none())], "{status}");
            assert!(show(&mut viewer, &over).is_empty(), "{status}: once");
            // Or playback ends before, and a last tick tells where that was.
            let mut viewer = Viewer::new(false, true, Colours::OFF);
            show(&mut viewer, HELLO);
            show(&mut viewer, &end);
            assert!(show(&mut viewer, &ended).is_empty(), "{status}: what is left goes before the end");
            let last = show(&mut viewer, &tick("81:00").replace("second_half", status));
            assert_eq!(last, Vec::from_iter(at_the_end.into_iter().chain(["the end"])), "{status}");
            // Without ticks the feed's own word holds.
            for ticks in [true, false] {
                let mut viewer = Viewer::new(false, ticks, Colours::OFF);
                show(&mut viewer, HELLO);
                show(&mut viewer, &end);
                let lines = [show(&mut viewer, &ended), viewer.rest()];
                assert_eq!(lines[usize::from(ticks)], last, "{status}");
                assert!(lines[usize::from(!ticks)].is_empty(), "{status}");
            }
        }
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        show(&mut viewer, HELLO);
        show(&mut viewer, &tick("00:00").replace("second_half", "postponed").replace("\"81\"", "\"ppd\""));
        assert_eq!(viewer.status(), "ppd Ups - Downs");
        show(&mut viewer, &tick("121:40").replace("second_half", "shootout").replace("\"81\"", "\"122\""));
        assert_eq!(viewer.status(), "pens Ups 1-0 Downs");
    }

    #[test]
    fn a_match_of_which_nothing_is_told_ends_too() {
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        show(&mut viewer, &HELLO.replace("\"events\":9", "\"events\":0"));
        let full_time = tick("00:00").replace("second_half", "full_time");
        assert!(show(&mut viewer, &tick("81:00")).is_empty());
        assert_eq!(show(&mut viewer, &full_time), ["    FT  FULL TIME  Ups 1-0 Downs"]);
        // One that has not begun when playback ends has not ended.
        show(&mut viewer, &playback(2, "playing", "restart"));
        show(&mut viewer, &playback(2, "ended", "end"));
        assert_eq!(show(&mut viewer, &tick("-60:00").replace("second_half", "scheduled")), ["the end"]);
    }

    #[test]
    fn a_late_comer_is_told_what_happened_and_how_every_match_ended() {
        let more = r#"{"id":"o","home":{"name":"Ons","short":"ONS"},"away":{"name":"Offs","short":"OFF"},"events":3}"#;
        let hello = HELLO.replace("\"events\":9}]", &format!("\"events\":9}},{more}]"));
        let hello = hello.replace("\"state\":\"playing\"", "\"state\":\"ended\"");
        let snapshot = |id: &str, seq: u32, status: &str, events: &[String]| {
            format!(
                r#"{{"kind":"snapshot","match":"{id}","n":12,"seq":{seq},"state":{{"status":"{status}",
                "score":{{"home":1,"away":0}},"events":[{}]}}}}"#,
                events.join(",")
            )
        };
        let told = |last: &str, other: &str| {
            let mut viewer = Viewer::new(false, true, Colours::OFF);
            let mut lines = show(&mut viewer, &hello);
            let events = [event(3, "goal", ""), event(9, last, "")];
            lines.extend(show(&mut viewer, &snapshot("m", 9, "full_time", &events)));
            lines.extend(show(&mut viewer, &snapshot("o", 3, other, &[event(2, "red_card", "")])));
            lines.extend(show(&mut viewer, &tick("00:00").replace("second_half", "full_time")));
            lines.split_off(3).iter().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
        };
        let so_far = ["so far:", "3'  UPS 0-0 DOW  GOAL  Ups"];
        let red_card = "2'  ONS 0-0 OFF  RED CARD  Ons";
        assert_eq!(
            told("period_end", "postponed"),
            [
                so_far[0],
                so_far[1],
                "9'  UPS 0-0 DOW  FIRST HALF  Ups",
                red_card,
                "FT  FULL TIME  Ups 1-0 Downs",
                "ppd  POSTPONED  Ons - Offs",
                "the end"
            ]
        );
        assert_eq!(
            told("match_end", "second_half"),
            [
                so_far[0],
                so_far[1],
                "9'  UPS 0-0 DOW  FULL TIME  Ups 0-0 Downs",
                red_card,
                "NO MORE EVENTS  Ons 1-0 Offs",
                "the end"
            ],
            "each once"
        );
    }

    #[test]
    fn coming_back_is_told_with_what_was_missed() {
        let mut viewer = Viewer::new(false, true, Colours::OFF);
        let hello = |rest: &str| HELLO.replace(r#""head":0,"resumed":null"#, rest);
        let back = |viewer: &Viewer, rest: &str| match serde_json::from_str(&hello(rest)).expect("a frame") {
            ClientFrame::Hello(hello) => viewer.back(&hello),
            _ => None,
        };
        assert_eq!(back(&viewer, r#""head":0,"resumed":null"#), None, "the first connection");
        show(&mut viewer, HELLO);
        show(&mut viewer, &event(3, "goal", ""));
        let ok = r#""head":17,"resumed":"ok""#;
        assert_eq!(back(&viewer, ok).as_deref(), Some("connected again, caught up 14 events"));
        assert!(show(&mut viewer, &hello(ok)).is_empty());
        let reset = back(&viewer, r#""head":1,"resumed":"reset""#).expect("said");
        assert!(reset.contains("not to be had"), "{reset}");
    }
}
