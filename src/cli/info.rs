//! `touchline info`: describes scenarios.

use std::collections::BTreeMap;

use crate::football::{Leg, Match, MatchClock, Op, Score, Status};
use crate::scenario::{MediaTime, Scenario, Span, TieState, Timeline};
use crate::trace::{Trace, TraceHeader};
use serde_json::{Value, json};

use super::CliError;
use super::playback_args::{PlaybackArgs, PlaybackPlan, build_timeline, describe_speed, format_duration};
use super::print::{eprint_line, format_count, format_table, print_line, sanitise};
use super::scenario_files::OpenedScenario;
use super::tie::tie_winner_text;
use super::trace_files::{describe_failure_of, describe_trace, open_trace};

/// `touchline info`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Several scenarios are described as one, merged as they would be played.

Examples:
  touchline info juv
  touchline info serie-a --fit 3m
  touchline info my-match.jsonl --json")]
pub struct Args {
    #[command(flatten)]
    playback_args: PlaybackArgs,
    /// Print the description as one JSON object
    #[arg(long)]
    json: bool,
}

/// Prints the description.
pub fn run(args: &Args) -> Result<(), CliError> {
    if args.playback_args.scenarios.is_empty() {
        return Err(CliError::misuse(
            "info needs a scenario: the path of a file, or a name that `touchline scenarios` lists",
        ));
    }
    let OpenedScenario { scenario, notes, .. } = args.playback_args.open()?;
    notes.iter().for_each(|note| eprint_line(&format!("touchline: {note}")));
    let timeline = build_timeline(&scenario);
    let plan = args.playback_args.plan(&timeline, "off")?;
    let trace = match &args.playback_args.scenarios[..] {
        [word] => open_trace(word)?,
        _ => None,
    };
    if let Some(warning) = trace.as_ref().and_then(|trace| trace.warning.as_ref()) {
        eprint_line(&format!("touchline: warning: {warning}"));
    }
    if args.json {
        let mut description = as_json(&scenario, &timeline, &plan);
        if let Some(Trace { header, .. }) = &trace {
            description["trace"] = trace_as_json(header);
        }
        return print_line(&description.to_string());
    }
    for line in trace.iter().flat_map(|trace| trace_lines(&trace.header)) {
        print_line(&sanitise(&line))?;
    }
    let suggestion = args.playback_args.gap_suggestion(&timeline, &plan)?;
    print_line(&as_text(&scenario, &timeline, &plan, suggestion))
}

fn trace_lines(header: &TraceHeader) -> Vec<String> {
    let mut lines = vec![describe_trace(header), format!("command: {}", header.command.join(" "))];
    lines.extend(header.failure.as_ref().map(|failure| format!("failure: {}", describe_failure_of(failure))));
    lines.push(String::new());
    lines
}

fn trace_as_json(header: &TraceHeader) -> Value {
    json!({
        "program": header.program, "scenario": header.scenario, "faults": header.faults.to_string(), "seed": header.seed,
        "command": header.command, "outcome": header.outcome, "failure": header.failure,
    })
}

/// The state of a match at the end of the scenario.
struct MatchOutcome {
    status: Status,
    /// `None` for a match that has not begun or is postponed.
    score: Option<Score>,
    shootout: Option<Score>,
    extra_time: bool,
    /// Whether the result was awarded, and not played.
    awarded: bool,
    /// The two-legged tie that the match belongs to.
    tie: Option<TieState>,
    /// The match clock of its last event.
    last: Option<MatchClock>,
}

impl MatchOutcome {
    fn of(timeline: &Timeline, track: usize) -> Self {
        let state = timeline.state_at(track, timeline.cues().len());
        let awarded = state.awarded_score().is_some();
        let has_score = awarded || !matches!(state.status, Status::Scheduled | Status::Postponed);
        let last = timeline.tracks()[track].cues().last().and_then(|cue| timeline.cues().get(*cue as usize));
        Self {
            status: state.status,
            score: has_score.then(|| state.score()),
            shootout: state.shootout_score(),
            extra_time: state.has_extra_time(),
            awarded,
            tie: timeline.tie_at(track, timeline.cues().len()),
            last: last.map(|cue| cue.event.reported_at()),
        }
    }

    /// `Ups 1-0 Downs`, followed by penalties, the ending and the aggregate where they apply.
    fn text(&self, fixture: &Match) -> String {
        let score = self.score.map_or_else(|| "-".to_owned(), |Score { home, away }| format!("{home}-{away}"));
        let kicks = self.shootout.map(|kicks| format!(" ({}-{} on penalties)", kicks.home, kicks.away));
        let ending = match self.status {
            _ if self.awarded => ", awarded".to_owned(),
            Status::FullTime if self.extra_time && self.shootout.is_none() => ", after extra time".to_owned(),
            Status::FullTime | Status::Scheduled => String::new(),
            status if status.is_final() || status == Status::Suspended => format!(", {status}"),
            _ => self.last.map(|last| format!(", no events after {last}")).unwrap_or_default(),
        };
        let tie = self.tie.filter(|tie| tie.leg == Leg::Second).map(|tie| {
            let [home, away] = tie.legs.aggregate();
            let through = tie.legs.winner().map(|side| tie_winner_text(&fixture.team(side).name, &tie.legs));
            format!(", {home}-{away} on aggregate{}", through.unwrap_or_default())
        });
        let (kicks, tie) = (kicks.unwrap_or_default(), tie.unwrap_or_default());
        format!("{} {score} {}{kicks}{ending}{tie}", fixture.home.name, fixture.away.name)
    }
}

fn count_event_types(timeline: &Timeline) -> Vec<(String, usize)> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for cue in timeline.cues().iter().filter(|cue| cue.event.op == Op::Add) {
        *counts.entry(cue.event.kind.as_str()).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().map(|(kind, count)| (sanitise(kind), count)).collect();
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    counts
}

fn kickoff_time(fixture: &Match) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_millisecond(fixture.kickoff.0).ok()
}

fn offset_from_start(at: MediaTime) -> Span {
    Span::from_nanos(at.as_nanos())
}

/// `suggestion`: a pace that takes less time, from [`PlaybackArgs::gap_suggestion`].
fn as_text(scenario: &Scenario, timeline: &Timeline, plan: &PlaybackPlan, suggestion: Option<String>) -> String {
    let mut lines = vec![sanitise(&scenario.title)];
    lines.extend(scenario.about.as_deref().map(sanitise));
    lines.push(String::new());
    for (index, track) in timeline.tracks().iter().enumerate() {
        let fixture = &track.fixture;
        let teams = MatchOutcome::of(timeline, index).text(fixture);
        let competition = [fixture.competition.as_deref(), fixture.season.as_deref()];
        let competition: Vec<&str> = competition.into_iter().flatten().collect();
        let round = fixture.round.as_deref().map(|round| format!("round {round}"));
        let begins = kickoff_time(fixture).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string());
        let facts = [Some(competition.join(" ")).filter(|text| !text.is_empty()), round, begins];
        let facts = facts.into_iter().flatten().chain(fixture.venue.as_deref().map(str::to_owned));
        lines.push(sanitise(&format!("{}  {teams}", fixture.id)));
        let events = format_count(track.len(), "event", "events");
        lines.push(format!("    {}", sanitise(&facts.chain([events]).collect::<Vec<_>>().join(", "))));
    }
    lines.push(String::new());
    let corrections = timeline.cues().iter().filter(|cue| cue.event.op != Op::Add).count();
    let corrected = match corrections {
        0 => String::new(),
        some => format!(", {} among them", format_count(some, "correction", "corrections")),
    };
    lines.push(format_count(timeline.cues().len(), "event", "events") + &corrected);
    let rows = count_event_types(timeline).into_iter().map(|(kind, count)| vec![format!("    {count:>4}"), kind]);
    lines.push(format_table(&rows.collect::<Vec<_>>(), &[true, false]));
    if !timeline.markers().is_empty() {
        lines.push(String::new());
        lines.push("markers".to_owned());
        let rows = timeline.markers().iter().map(|marker| {
            let id = &timeline.tracks()[usize::from(marker.track)].fixture.id;
            vec![format!("    {}", offset_from_start(marker.at)), sanitise(id.as_str()), sanitise(&marker.name)]
        });
        lines.push(format_table(&rows.collect::<Vec<_>>(), &[true, false, false]));
    }
    lines.push(String::new());
    let length = offset_from_start(timeline.length());
    lines.push(if timeline.uncut_length() > length {
        format!("length {length}, without the cuts between matches {}", timeline.uncut_length())
    } else {
        format!("length {length}")
    });
    lines.push(match plan.wall {
        Some(wall) => {
            let suggestion = suggestion.map(|suggestion| format!(", or {suggestion}")).unwrap_or_default();
            format!("takes {} {}{suggestion}", format_duration(wall), describe_speed(plan))
        }
        None => describe_speed(plan),
    });
    if !scenario.sources.is_empty() {
        lines.push(String::new());
        lines.push("sources".to_owned());
        lines.extend(scenario.sources.iter().map(|source| format!("    {}", sanitise(source))));
    }
    lines.join("\n")
}

fn as_json(scenario: &Scenario, timeline: &Timeline, plan: &PlaybackPlan) -> Value {
    let score = |score: Score| json!({"home": score.home, "away": score.away});
    let matches: Vec<Value> = timeline
        .tracks()
        .iter()
        .enumerate()
        .map(|(index, track)| {
            let fixture = &track.fixture;
            let MatchOutcome { status, score: result, shootout, awarded, tie, .. } = MatchOutcome::of(timeline, index);
            let tie = tie.map(|tie| {
                let [home, away] = tie.legs.aggregate();
                json!({
                    "leg": tie.leg.number(), "aggregate": {"home": home, "away": away},
                    "winner": tie.legs.winner().map(|side| side.as_str()),
                })
            });
            json!({
                "id": fixture.id.as_str(), "home": &*fixture.home.name, "away": &*fixture.away.name,
                "competition": fixture.competition.as_deref(), "season": fixture.season.as_deref(),
                "round": fixture.round.as_deref(), "venue": fixture.venue.as_deref(),
                "kickoff": kickoff_time(fixture).map(|at| at.to_string()),
                "status": status.as_str(), "score": result.map(score), "shootout": shootout.map(score),
                "awarded": awarded, "tie": tie,
                "events": track.len(),
            })
        })
        .collect();
    let markers = timeline.markers().iter().map(|marker| {
        let id = &timeline.tracks()[usize::from(marker.track)].fixture.id;
        json!({"match": id.as_str(), "at": marker.at.as_millis(), "name": &*marker.name})
    });
    let speed = plan.speed.factor().map_or_else(|| json!("max"), |factor| json!(factor));
    json!({
        "title": &*scenario.title, "about": scenario.about.as_deref(), "matches": matches,
        "events": timeline.cues().len(), "types": count_event_types(timeline).into_iter().collect::<BTreeMap<_, _>>(),
        "markers": markers.collect::<Vec<_>>(),
        "length": timeline.length().as_millis(), "uncut": timeline.uncut_length().as_nanos() / 1_000_000,
        "speed": speed, "pace": plan.pace.to_string(), "wall": plan.wall.map(|wall| wall.as_millis() as u64),
        "sources": scenario.sources.iter().map(|source| &**source).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::scenario_files::open_scenarios;
    use super::*;

    fn loaded(name: &str) -> (Scenario, std::sync::Arc<Timeline>, PlaybackPlan) {
        let scenario = open_scenarios(&[name.to_owned()]).expect("shipped").scenario;
        let timeline = build_timeline(&scenario);
        let plan = PlaybackArgs::default().plan(&timeline, "off").expect("playable");
        (scenario, timeline, plan)
    }

    #[test]
    fn the_flagship_is_described() {
        let (scenario, timeline, plan) = loaded("juv");
        let text = as_text(&scenario, &timeline, &plan, None);
        for part in ["juv-nap  Juventus 0-1 Napoli", "2018-04-22 18:45 UTC", "Koulibaly!", "at 60x", "Wyscout"] {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn a_match_shows_how_it_ended() {
        for (case, line, json) in [
            ("min-postponed.jsonl", "m  Amber - Birch, postponed", json!({"status": "postponed", "score": null})),
            (
                "walkover.jsonl",
                "m  Alba 3-0 Bora, awarded",
                json!({"status": "abandoned", "score": {"home": 3, "away": 0}}),
            ),
            (
                "min-coach-red.jsonl",
                "m  Amber 0-0 Birch, no events after 20:00, first half",
                json!({"status": "first_half", "score": {"home": 0, "away": 0}}),
            ),
            ("subbed-red.jsonl", "m  Amber 0-0 Birch", json!({"status": "full_time", "score": {"home": 0, "away": 0}})),
            (
                "extra-time-sixth.jsonl",
                "m  Amber 0-0 Birch, after extra time",
                json!({"status": "full_time", "score": {"home": 0, "away": 0}}),
            ),
            (
                "tie-shootout.jsonl",
                "leg-2  Bora 1-0 Alba (4-1 on penalties), 2-2 on aggregate, Bora go through on penalties",
                json!({"status": "full_time", "score": {"home": 1, "away": 0}}),
            ),
        ] {
            let scenario =
                open_scenarios(&[format!("{}/tests/cases/{case}", env!("CARGO_MANIFEST_DIR"))]).expect(case).scenario;
            let timeline = build_timeline(&scenario);
            let plan = PlaybackArgs::default().plan(&timeline, "off").expect("playable");
            let text = as_text(&scenario, &timeline, &plan, None);
            assert!(text.lines().any(|shown| shown == line), "{case}: {text}");
            let found = &as_json(&scenario, &timeline, &plan)["matches"][0];
            assert_eq!(json!({"status": found["status"], "score": found["score"]}), json, "{case}");
            let tie = json!({"leg": 2, "aggregate": {"home": 2, "away": 2}, "winner": "home"});
            assert_eq!(found["tie"], if case.starts_with("tie") { tie } else { Value::Null }, "{case}");
        }
    }

    #[test]
    fn a_long_stretch_without_events_is_shown_with_the_length() {
        let (scenario, timeline, plan) =
            loaded(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/played-on-later.jsonl"));
        let suggestion = PlaybackArgs::default().gap_suggestion(&timeline, &plan).expect("playable");
        let text = as_text(&scenario, &timeline, &plan, suggestion);
        let line = "takes 8h 25m at 60x, or 3m 32s with --pace gap=1m: nothing happens for 503h 15m";
        assert!(text.lines().any(|shown| shown == line), "{text}");
    }

    #[test]
    fn the_json_holds_the_same() {
        let (scenario, timeline, plan) = loaded("juv");
        let json = as_json(&scenario, &timeline, &plan);
        assert_eq!(json["matches"][0]["score"]["away"], 1);
        assert_eq!((&json["speed"], &json["types"]["goal"]), (&json!(60.0), &json!(1)));
        assert!(json["wall"].as_u64().is_some_and(|wall| wall > 60_000), "{json}");
    }
}
