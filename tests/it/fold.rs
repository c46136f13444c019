//! A reference client: folds frames into match states, line-ups, statistics and ties. Written from `docs/protocol.md`, not from the
//! server's code, so that the two can be compared.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use serde_json::{Map, Value, json};

/// The types of events in a snapshot. Events with `text` are included too.
const KEY: &[&str] = &[
    "goal",
    "disallowed_goal",
    "penalty_awarded",
    "penalty_missed",
    "shootout_penalty",
    "yellow_card",
    "second_yellow_card",
    "red_card",
    "substitution",
    "position_change",
    "var_review",
    "var_decision",
    "period_start",
    "period_end",
    "match_end",
    "suspended",
    "resumed",
    "abandoned",
    "position_change",
    "postponed",
    "delayed",
    "awarded",
];

#[derive(Debug, Default, PartialEq)]
struct Player {
    /// The player as snapshots describe them, without counts.
    about: Map<String, Value>,
    balance: i64,
    went_off: i64,
    away: i64,
    sent_off: i64,
    counts: BTreeMap<&'static str, i64>,
}

impl Player {
    fn is_coach(&self) -> bool {
        self.about.get("role").is_some_and(|role| role == "coach")
    }
}

#[derive(Debug, Default, PartialEq)]
struct MatchFold {
    about: Value,
    /// As sent in the snapshot.
    tie: Value,
    /// The ids of the `awarded` events in force.
    awards: BTreeSet<String>,
    status: String,
    score: [i64; 2],
    /// Whether the first half is over. Needed because an interruption does not state its half.
    first_half_over: bool,
    first_half: [i64; 2],
    shootout: Option<Value>,
    players: [BTreeMap<String, Player>; 2],
    sheets: [Value; 2],
    left: [i64; 2],
    concussion_left: Option<[i64; 2]>,
    extra_time: bool,
    statistics: [BTreeMap<String, i64>; 2],
    /// The statistics as sent in the snapshot, until the next event: compared with the counted ones.
    sent_statistics: Option<Value>,
    events: Vec<Value>,
}

/// The state of a client, and the faults of its stream.
#[derive(Debug, Default, PartialEq)]
pub struct Fold {
    matches: BTreeMap<String, MatchFold>,
    pub epoch: u64,
    pub n: u64,
    pub tables: BTreeMap<String, Value>,
    /// Faults of the stream: gaps, repeats, steps back.
    pub faults: Vec<String>,
    seqs: BTreeMap<String, u64>,
}

const SIDES: [&str; 2] = ["home", "away"];

impl Fold {
    pub fn take(&mut self, frame: &str) {
        if let Some(frame) = read_once(frame) {
            self.take_read(&frame);
        }
    }

    /// Takes a frame that has been [`read`].
    pub fn take_read(&mut self, frame: &Value) {
        match frame["kind"].as_str() {
            Some("hello") => {
                self.epoch = frame["epoch"].as_u64().unwrap_or(0);
                if frame["resumed"] != "ok" {
                    self.n = u64::MAX;
                }
            }
            Some("playback") => {
                let epoch = frame["epoch"].as_u64().unwrap_or(0);
                if epoch != self.epoch {
                    (self.epoch, self.n) = (epoch, u64::MAX);
                }
            }
            Some("snapshot") => {
                let id = frame["match"].as_str().unwrap_or_default().to_owned();
                self.n = frame["n"].as_u64().unwrap_or(0);
                self.seqs.insert(id.clone(), frame["seq"].as_u64().unwrap_or(0));
                self.matches.insert(id, MatchFold::from_snapshot(&frame["state"]));
            }
            Some("table") => {
                let name = frame["competition"].as_str().unwrap_or_default().to_owned();
                self.tables.insert(name, frame["rows"].clone());
            }
            Some("event") => self.event(frame),
            _ => {}
        }
    }

    fn event(&mut self, frame: &Value) {
        let n = frame["n"].as_u64().unwrap_or(0);
        if n != self.n.wrapping_add(1) {
            self.faults.push(format!("n {n} after {}", self.n));
        }
        self.n = n;
        let id = frame["match"].as_str().unwrap_or_default();
        let seq = frame["seq"].as_u64().unwrap_or(0);
        let last = self.seqs.insert(id.to_owned(), seq);
        if last.is_none_or(|last| seq != last + 1) {
            self.faults.push(format!("{id}: seq {seq} after {last:?}"));
        }
        match self.matches.get_mut(id) {
            Some(state) => state.event(frame),
            None => self.faults.push(format!("event of {id}, which has no snapshot")),
        }
    }

    /// The folded state of every match, in the shape of a snapshot's state.
    pub fn states(&self) -> BTreeMap<&str, Value> {
        let shown = |state: &MatchFold| {
            let mut shown = state.shown();
            shown["tie"] = self.tie(state);
            shown
        };
        self.matches.iter().map(|(id, state)| (id.as_str(), shown(state))).collect()
    }

    /// The tie of a match, computed from the states of both legs.
    fn tie(&self, state: &MatchFold) -> Value {
        let mut tie = state.tie.clone();
        let other = tie["other"]["match"].as_str().and_then(|id| self.matches.get(id));
        let pair = |value: &Value| SIDES.map(|side| value[side].as_i64().unwrap_or(0));
        let swapped = |[home, away]: [i64; 2]| [away, home];
        let as_json = |[home, away]: [i64; 2]| json!({"home": home, "away": away});
        let ahead = |[home, away]: [i64; 2]| match home - away {
            1.. => json!("home"),
            0 => Value::Null,
            _ => json!("away"),
        };
        if tie.is_null() {
            return tie;
        }
        let score = other.map_or_else(|| pair(&tie["other"]["score"]), |other| swapped(other.score));
        let sum = [state.score[0] + score[0], state.score[1] + score[1]];
        (tie["other"]["score"], tie["aggregate"]) = (as_json(score), as_json(sum));
        let second = if tie["leg"] == 2 { Some(state) } else { other };
        let Some(second) = second else { return tie };
        let kicks = second.shootout.as_ref().map_or([0; 2], pair);
        let kicks = if tie["leg"] == 2 { kicks } else { swapped(kicks) };
        // The away goals of each team.
        let away = if tie["away_goals"] == true { [score[0], state.score[1]] } else { [0; 2] };
        let winner = [sum, away, kicks].into_iter().map(ahead).find(|winner| !winner.is_null());
        tie["winner"] =
            winner.filter(|_| second.status == "full_time" || !second.awards.is_empty()).unwrap_or_default();
        tie
    }
}

/// Clients that join at any moment, and fold what follows. Those in the same state go on as one: what a frame does to a fold
/// depends on nothing else.
#[derive(Default)]
pub struct EveryJoin {
    /// The states that differ, each with the first join that led to it.
    folds: Vec<(usize, Fold)>,
    /// Whether the events of snapshots are left out, of which some have all and others only those that clients list.
    without_events: bool,
}

impl EveryJoin {
    pub fn without_events() -> Self {
        Self { without_events: true, ..Self::default() }
    }

    /// A client joins, and receives these snapshots.
    pub fn join(&mut self, at: usize, snapshots: &[Value]) {
        let mut fold = Fold::default();
        snapshots.iter().for_each(|frame| fold.take_read(frame));
        self.folds.push((at, fold));
    }

    /// All clients take a frame. Returns the states that differ.
    pub fn take(&mut self, frame: &Value) -> impl Iterator<Item = (usize, &Fold)> {
        let mut folds: Vec<(usize, Fold)> = Vec::new();
        for (at, mut fold) in self.folds.drain(..) {
            fold.take_read(frame);
            if self.without_events {
                fold.matches.values_mut().for_each(|state| state.events.clear());
            }
            if !folds.iter().any(|(_, other)| *other == fold) {
                folds.push((at, fold));
            }
        }
        self.folds = folds;
        self.folds.iter().map(|(at, fold)| (*at, fold))
    }
}

/// Frames by their text, and the bytes of all texts.
type ReadFrames = (usize, HashMap<String, Option<Rc<Value>>>);

thread_local! {
    static READ: RefCell<ReadFrames> = RefCell::default();
}

/// As [`read`]; a text that has just been read, for another client or in another case of a property, is not read again.
fn read_once(text: &str) -> Option<Rc<Value>> {
    READ.with_borrow_mut(|(bytes, known)| {
        if let Some(frame) = known.get(text) {
            return frame.clone();
        }
        if *bytes > 4 << 20 {
            (*bytes, *known) = ReadFrames::default();
        }
        *bytes += text.len();
        let frame = read(text).map(Rc::new);
        known.insert(text.to_owned(), frame.clone());
        frame
    })
}

/// Reads a frame, and checks that the library's client can read it. `None`: the text is no frame, but for example the reason of a
/// close.
pub fn read(text: &str) -> Option<Value> {
    let frame = serde_json::from_str(text).ok()?;
    super::protocol_page::check_client_reads(text);
    Some(frame)
}

/// Whether an event belongs to extra time, or to the break before it.
fn in_extra_time(event: &Value) -> bool {
    let statuses = ["extra_time_break", "extra_first_half", "extra_half_time", "extra_second_half"];
    statuses.iter().any(|status| event["status"] == *status) || [Some(3), Some(4)].contains(&event["period"].as_i64())
}

impl MatchFold {
    fn from_snapshot(state: &Value) -> Self {
        let pair = |value: &Value| SIDES.map(|side| value[side].as_i64().unwrap_or(0));
        let mut fold = Self {
            about: state["match"].clone(),
            tie: state["tie"].clone(),
            status: state["status"].as_str().unwrap_or_default().to_owned(),
            score: pair(&state["score"]),
            first_half_over: !state["half_time"].is_null(),
            first_half: pair(&state["half_time"]),
            shootout: Some(state["shootout"].clone()).filter(|shootout| !shootout.is_null()),
            left: pair(&state["substitutions_left"]),
            concussion_left: state.get("concussion_substitutions_left").map(pair),
            extra_time: state["extra_time"] == true,
            events: state["events"].as_array().cloned().unwrap_or_default(),
            ..Self::default()
        };
        let awards = fold.events.iter().filter(|event| event["type"] == "awarded");
        fold.awards = awards.map(|event| event["id"].as_str().unwrap_or_default().to_owned()).collect();
        if state["half_time"].is_null() {
            fold.first_half = state.get("played").map_or(fold.score, pair);
        }
        for (at, side) in SIDES.into_iter().enumerate() {
            let lineup = &state["lineups"][side];
            for list in ["on", "bench", "off", "sent_off"] {
                for player in lineup[list].as_array().into_iter().flatten() {
                    let mut about = player.as_object().cloned().unwrap_or_default();
                    let counts = ["yellow_cards", "goals", "own_goals"]
                        .map(|key| (key, about.remove(key).and_then(|count| count.as_i64()).unwrap_or(0)));
                    let id = about["id"].as_str().unwrap_or_default().to_owned();
                    let temporary = about.remove("temporary").is_some();
                    let from = about.remove("from");
                    let place = from.as_ref().and_then(Value::as_str).unwrap_or(list);
                    let moves = about.remove("moves").unwrap_or_default();
                    let count = |key: &str, usual: bool| moves[key].as_i64().unwrap_or(i64::from(usual));
                    let player = Player {
                        balance: count("came_on", place != "bench"),
                        went_off: count("went_off", place == "off" || temporary),
                        away: count("away", temporary),
                        sent_off: count("sent_off", list == "sent_off"),
                        about,
                        counts: counts.into(),
                    };
                    fold.players[at].insert(id, player);
                }
            }
            for coach in lineup["staff"].as_array().into_iter().flatten() {
                let mut about = coach.as_object().cloned().unwrap_or_default();
                let cautions = about.remove("yellow_cards").and_then(|count| count.as_i64()).unwrap_or(0);
                let sent_off = i64::from(about.remove("sent_off").is_some());
                let moves = about.remove("moves").unwrap_or_default();
                let sent_off = moves["sent_off"].as_i64().unwrap_or(sent_off);
                let counts = [("yellow_cards", cautions)].into();
                let id = about["id"].as_str().unwrap_or_default().to_owned();
                fold.players[at].insert(id, Player { about, sent_off, counts, ..Player::default() });
            }
            fold.sheets[at] = json!({"formation": lineup["formation"], "coach": lineup["coach"]});
            // Possession is not counted, but follows from the passes.
            let counts = state["statistics"][side].as_object().into_iter().flatten();
            for (name, count) in counts.filter(|(name, _)| *name != "possession") {
                let count = match &**name {
                    "xg" => parts(count),
                    _ => count.as_i64().unwrap_or(0),
                };
                fold.statistics[at].insert(name.clone(), count);
            }
        }
        let mut sent_statistics = state["statistics"].clone();
        for side in SIDES {
            // Whole numbers are written without decimals.
            sent_statistics[side]["xg"] = json!(sent_statistics[side]["xg"].as_f64());
        }
        fold.sent_statistics = Some(sent_statistics);
        fold
    }

    fn event(&mut self, frame: &Value) {
        self.sent_statistics = None;
        if let Some(was) = frame.get("was").filter(|was| was["op"] != "remove") {
            self.count(was, -1);
        }
        if frame["op"] != "remove" {
            self.count(frame, 1);
        }
        for (id, position) in frame["positions"].as_object().into_iter().flatten() {
            let Some(player) = self.players.iter_mut().find_map(|side| side.get_mut(id)) else { continue };
            match position {
                Value::Null => drop(player.about.remove("position")),
                position => drop(player.about.insert("position".to_owned(), position.clone())),
            }
        }
        if frame["type"] == "awarded" {
            let id = frame["id"].as_str().unwrap_or_default();
            if frame["op"] == "remove" {
                self.awards.remove(id);
            } else {
                self.awards.insert(id.to_owned());
            }
        }
        frame["status"].as_str().unwrap_or_default().clone_into(&mut self.status);
        self.first_half_over = match self.status.as_str() {
            "scheduled" | "first_half" | "postponed" => false,
            "suspended" | "abandoned" => self.first_half_over || frame["period"].as_i64() > Some(1),
            _ => true,
        };
        let more = self.about["extra_time_substitutions"].as_i64().unwrap_or(0);
        if in_extra_time(frame) && !std::mem::replace(&mut self.extra_time, true) {
            self.left = self.left.map(|left| left + more);
        }
        self.score = SIDES.map(|side| frame["score"][side].as_i64().unwrap_or(0));
        self.shootout = frame.get("shootout").cloned();
        self.list(frame);
    }

    fn count(&mut self, event: &Value, by: i64) {
        let Some(side) = SIDES.iter().position(|side| event["side"] == *side) else { return };
        let kind = event["type"].as_str().unwrap_or_default();
        let own_goal = event["own_goal"] == true;
        if kind == "goal" && event["period"] == 1 {
            self.first_half[side] += by;
        }
        let mut players = |field: &str, change: &mut dyn FnMut(&mut Player)| {
            let id = event[field]["id"].as_str().unwrap_or_default();
            let card = ["yellow_card", "second_yellow_card", "red_card"].contains(&kind);
            if let Some(player) = self.players.iter_mut().find_map(|side| side.get_mut(id))
                && (card || !player.is_coach())
            {
                change(player);
            }
        };
        match kind {
            "goal" => players("player", &mut |player| {
                *player.counts.entry(if own_goal { "own_goals" } else { "goals" }).or_default() += by;
            }),
            "yellow_card" | "second_yellow_card" | "red_card" => players("player", &mut |player| {
                if kind != "red_card" {
                    *player.counts.entry("yellow_cards").or_default() += by;
                }
                player.sent_off += if kind == "yellow_card" { 0 } else { by };
            }),
            "substitution" => {
                // A substitution without `out` brings no player on.
                if event.get("out").is_some() {
                    players("in", &mut |player| player.balance += by);
                }
                players("out", &mut |player| player.went_off += by);
                let before =
                    event["period"].is_null() && event.get("clock_status").unwrap_or(&event["status"]) == "scheduled";
                match &mut self.concussion_left {
                    _ if before => {}
                    Some(left) if event["reason"] == "concussion" => {
                        left[side] -= by;
                        self.left[1 - side] += by;
                    }
                    _ => self.left[side] -= by,
                }
            }
            "player_off" => players("player", &mut |player| {
                player.went_off += by;
                player.away += by;
            }),
            "player_on" => players("player", &mut |player| {
                player.balance += by;
                player.away -= by;
            }),
            _ => {}
        }
        let outcome = event["outcome"].as_str().unwrap_or_default();
        let counted: &[&str] = match (kind, outcome) {
            ("goal", _) if own_goal => &[],
            ("goal", _) => &["shots", "shots_on_target"],
            ("shot" | "penalty_missed", "saved") => &["shots", "shots_on_target"],
            ("shot" | "penalty_missed", "saved_woodwork") => &["shots", "shots_on_target", "woodwork"],
            ("shot" | "penalty_missed", "woodwork") => &["shots", "woodwork"],
            ("shot" | "penalty_missed", "blocked") => &["shots", "shots_blocked"],
            ("shot" | "penalty_missed", "off_target") => &["shots", "shots_off_target"],
            ("shot" | "penalty_missed", _) => &["shots"],
            ("save", _) => &["saves"],
            ("corner", _) => &["corners"],
            ("offside", _) => &["offsides"],
            ("foul", _) => &["fouls"],
            ("yellow_card", _) => &["yellow_cards"],
            ("second_yellow_card" | "red_card", _) => &["red_cards"],
            ("substitution", _) => &["substitutions"],
            ("pass" | "cross", outcome) if completed(outcome) => &["passes", "passes_completed"],
            ("pass" | "cross", _) => &["passes"],
            _ => &[],
        };
        for name in counted {
            *self.statistics[side].entry((*name).to_owned()).or_default() += by;
        }
        if matches!(kind, "goal" | "shot" | "penalty_missed") && !own_goal {
            *self.statistics[side].entry("xg".to_owned()).or_default() += by * parts(&event["xg"]);
        }
    }

    /// Updates the list of key events: a correction changes its event in place.
    fn list(&mut self, frame: &Value) {
        let mut event = frame.as_object().cloned().unwrap_or_default();
        for key in ["kind", "match", "n", "seq", "at", "was", "emitted", "positions"] {
            event.remove(key);
        }
        let event = Value::Object(event);
        let kind = event["type"].as_str().unwrap_or_default();
        let key = KEY.contains(&kind) || event.get("text").is_some();
        let place = self.events.iter().position(|listed| listed["id"] == event["id"]);
        match (place, event["op"] != "remove" && key) {
            (Some(place), true) => self.events[place] = event,
            (Some(place), false) => {
                self.events.remove(place);
            }
            (None, true) => self.events.push(event),
            (None, false) => {}
        }
    }

    /// The counted statistics, in the shape of a snapshot's.
    fn counted(&self) -> Value {
        let of = |at: usize, name: &str| self.statistics[at].get(name).copied().unwrap_or(0);
        let both = |name: &str| of(0, name) + of(1, name);
        let (passes, xg) = (both("passes"), both("xg"));
        let known = |count: i64| (passes > 0).then_some(count);
        let mut sides = [json!(self.statistics[0]), json!(self.statistics[1])];
        for (at, side) in sides.iter_mut().enumerate() {
            // Rounded half up for the home side; the away side has the rest.
            let home = (200 * of(0, "passes") + passes) / (2 * passes).max(1);
            side["passes"] = json!(known(of(at, "passes")));
            side["passes_completed"] = json!(known(of(at, "passes_completed")));
            side["possession"] = json!(known(if at == 0 { home } else { 100 - home }));
            side["xg"] = json!((xg > 0).then_some(of(at, "xg") as f64 / 10_000.0));
        }
        let [home, away] = sides;
        json!({"home": home, "away": away})
    }

    fn shown(&self) -> Value {
        let pair = |pair: &[i64; 2]| json!({"home": pair[0], "away": pair[1]});
        let half_time = self.first_half_over.then(|| pair(&self.first_half));
        let lineup = |at: usize| {
            let mut lists: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
            for player in self.players[at].values() {
                let place = match player {
                    coach if coach.is_coach() => "staff",
                    Player { balance, went_off, .. } if balance > went_off => "on",
                    Player { went_off: 1.., .. } => "off",
                    _ => "bench",
                };
                let temporary = place == "off" && player.away > 0 && player.balance + player.away > player.went_off;
                let list = if player.sent_off > 0 && place != "staff" { "sent_off" } else { place };
                let mut about = player.about.clone();
                if place == "staff" && player.sent_off > 0 {
                    about.insert("sent_off".to_owned(), json!(true));
                }
                if list == "sent_off" && place != "on" && !temporary {
                    about.insert("from".to_owned(), json!(place));
                }
                if temporary {
                    about.insert("temporary".to_owned(), json!(true));
                }
                for (key, count) in player.counts.iter().filter(|(_, count)| **count > 0) {
                    about.insert((*key).to_owned(), json!(count));
                }
                lists.entry(list).or_default().push(Value::Object(about));
            }
            json!({"sheet": self.sheets[at], "lists": lists})
        };
        json!({
            "status": self.status,
            "score": pair(&self.score),
            "half_time": half_time,
            "shootout": self.shootout,
            "match": self.about,
            "tie": self.tie,
            "left": pair(&self.left),
            "concussion_left": self.concussion_left.as_ref().map(pair),
            "statistics": self.sent_statistics.clone().unwrap_or_else(|| self.counted()),
            "lineups": [lineup(0), lineup(1)],
            "events": self.events,
        })
    }
}

/// Whether an outcome (empty if absent) marks a completed pass.
fn completed(outcome: &str) -> bool {
    ["", "accurate", "complete", "completed", "success", "successful"].contains(&&*outcome.to_ascii_lowercase())
}

/// Expected goals in ten-thousandths.
fn parts(xg: &Value) -> i64 {
    (f64::from(xg.as_f64().unwrap_or(0.0) as f32) * 10_000.0).round() as i64
}

/// The match id and state of a snapshot frame, in the shape of [`Fold::states`].
pub fn shown(snapshot: &str) -> (String, Value) {
    shown_read(&serde_json::from_str(snapshot).expect("a frame"))
}

/// As [`shown`], of a frame that has been [`read`].
pub fn shown_read(frame: &Value) -> (String, Value) {
    (frame["match"].as_str().unwrap_or_default().to_owned(), MatchFold::from_snapshot(&frame["state"]).shown())
}
