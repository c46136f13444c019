//! Plans on arbitrary scenarios: the truth and the journal together are what the feed sends.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{FaultPlan, JournalEntry};
use crate::football::FaultKind;
use crate::playback::{Position, Rejection};
use crate::scenario::testing::arbitrary::scenarios;
use crate::scenario::{MediaTime, SHIPPED, Scenario, Timeline};

/// The timeline with faults, and its journal.
pub(super) fn apply(truth: &Timeline, plan: &FaultPlan, seed: u64) -> Result<(Timeline, Vec<JournalEntry>), Rejection> {
    let faulty = super::apply(truth, plan, seed)?;
    let journal = faulty.faults().expect("faults").journal.clone();
    Ok((faulty, journal))
}

/// What is sent when: match, id, revision, time; and how often.
type Sent = BTreeMap<(usize, String, u32, MediaTime), usize>;

fn sent_by(timeline: &Timeline) -> Sent {
    let mut sent = Sent::new();
    for cue in timeline.cues().iter().filter(|cue| !cue.silent) {
        let key = (usize::from(cue.track), cue.event.id.as_str().to_owned(), cue.event.rev, cue.at);
        *sent.entry(key).or_default() += 1;
    }
    sent
}

/// The truth, changed as the journal says.
fn sent_by_journal(truth: &Timeline, journal: &[JournalEntry]) -> Sent {
    let mut sent: Vec<_> = sent_by(truth).into_keys().collect();
    let mut copies = Vec::new();
    for JournalEntry { kind, at, match_id, id, rev, .. } in journal {
        let track = truth.track_of(match_id.as_str()).expect("a match");
        let mine =
            |(of, its_id, its_rev, _): &(usize, String, u32, MediaTime)| (of, its_id, its_rev) == (&track, id, rev);
        match kind {
            FaultKind::Drop => sent.retain(|event| !mine(event)),
            FaultKind::Duplicate => copies.push((track, id.clone(), *rev, *at)),
            _ => sent.iter_mut().filter(|event| mine(event)).for_each(|event| event.3 = *at),
        }
    }
    let mut counted = Sent::new();
    for event in sent.into_iter().chain(copies) {
        *counted.entry(event).or_default() += 1;
    }
    counted
}

pub(super) fn plan(text: &str) -> FaultPlan {
    FaultPlan::parse(text).expect(text)
}

fn delivery_fault() -> impl Strategy<Value = String> {
    let p = prop_oneof![Just("0.1"), Just("0.5"), Just("1")];
    let kind = prop_oneof![
        Just("drop:"),
        Just("late:by=20s,"),
        Just("late:by=1s..3m,"),
        Just("duplicate:"),
        Just("duplicate:by=40s,times=3,"),
        Just("reorder:"),
        Just("burst:for=2m,"),
    ];
    let types =
        prop_oneof![3 => Just(""), 1 => Just(",types=goal+card"), 1 => Just(",from=10:00"), 1 => Just(",until=20%")];
    (kind, p, types).prop_map(|(kind, p, types)| format!("{kind}p={p}{types}"))
}

/// What must hold of every timeline with faults, whatever they are.
pub(super) fn check_timeline(truth: &Timeline, faulty: &Timeline) -> Result<(), TestCaseError> {
    let cues = faulty.cues();
    prop_assert!(cues.is_sorted_by_key(|cue| cue.at));
    prop_assert!(faulty.length() >= truth.length());
    prop_assert_eq!(faulty.true_index(cues.len()), truth.cues().len(), "everything is past in the end");
    let mut past = 0;
    for (index, cue) in cues.iter().enumerate() {
        let now = faulty.true_index(index + 1);
        prop_assert!(now >= past && now >= truth.index_before(cue.at) && now <= truth.index_after(cue.at));
        past = now;
    }
    // Tables and ends follow the truth.
    let carried = |timeline: &Timeline| {
        let cues = timeline.cues().iter().filter(|cue| cue.table.is_some() || cue.last);
        cues.map(|cue| (cue.at, cue.table, cue.last.then_some(cue.track))).collect::<Vec<_>>()
    };
    prop_assert_eq!(carried(faulty), carried(truth));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn the_truth_and_the_journal_are_what_is_sent(
        scenario in scenarios(40), fault in delivery_fault(), second in proptest::option::of(delivery_fault()), seed in any::<u64>(),
    ) {
        let truth = Timeline::new(&scenario);
        let texts = std::iter::once(fault).chain(second).collect::<Vec<_>>().join("; ");
        // A scenario may have no 10:00.
        let Ok((faulty, journal)) = apply(&truth, &plan(&texts), seed) else { return Ok(()) };
        check_timeline(&truth, &faulty)?;
        for entry in &journal {
            prop_assert!((1..=faulty.cues().len() + 1).contains(&entry.n));
        }
        // One fault after another on the same event is more than this simple model follows.
        if !texts.contains(';') {
            prop_assert_eq!(sent_by(&faulty), sent_by_journal(&truth, &journal), "{}", texts);
        }
        let (again, same) = apply(&truth, &plan(&texts), seed).expect("as before");
        prop_assert_eq!((same, sent_by(&again)), (journal, sent_by(&faulty)));
    }
}

#[test]
fn one_fault_at_one_event() {
    let truth = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    for (text, n, seconds) in [
        ("drop:at=89:07", "not sent", 6_432),
        ("drop:at=koulibaly-goal", "not sent", 6_432),
        ("drop:at=next:goal", "not sent", 6_432),
        ("late:at=89:07,by=40s", "sent 40s late", 6_472),
        ("duplicate:at=89:07", "sent again after 1s", 6_433),
    ] {
        let (faulty, journal) = apply(&truth, &plan(text), 1).expect(text);
        let [entry] = &journal[..] else { panic!("{text}: {journal:?}") };
        assert_eq!(
            (&*entry.id, &*entry.what, entry.at),
            ("koulibaly-goal", n, MediaTime::from_millis(seconds * 1_000)),
            "{text}"
        );
        check_timeline(&truth, &faulty).expect(text);
        let state = faulty.state_at(0, faulty.cues().len());
        assert_eq!(state.score(), truth.state_at(0, truth.cues().len()).score(), "a snapshot heals");
    }
}

#[test]
fn a_plan_that_makes_no_sense_is_refused_with_what_would_be_accepted() {
    for (text, message) in [
        ("dorp:p=0.1", "unknown fault \"dorp\" (did you mean \"drop\"?)"),
        ("losy", "unknown fault or preset \"losy\" (did you mean \"lossy\"?)"),
        ("drop", "drop: give p, the probability for each event, or at, the place of one"),
        ("drop:p=2", "drop: p is \"2\", and must be a probability from 0 to 1 with at most six decimals, as 0.05"),
        ("drop:p=0.1,q=3", "drop: unknown parameter \"q\""),
        ("drop:p=0.1,by=3s", "drop: unknown parameter \"by\""),
        ("drop:p", "drop: \"p\" is no parameter: write name=value"),
        (
            "drop:p=1,types=goal,card",
            "drop: \"card\" is no parameter: write name=value, and join types by +, as goal+card",
        ),
        ("", "the plan is empty: write a fault, a preset, or off"),
        (" ;; ; ", "the plan is empty: write a fault, a preset, or off"),
        ("drop:p=0.1,p=0.2", "drop: p is given twice"),
        ("drop:at=89:07,p=0.1", "drop: at names one event, so p does not go with it"),
        (
            "late:p=0.1",
            "late: by is missing: a length above 0 and up to 24h, as 20s, or a range, the shorter first, as 5s..40s",
        ),
        (
            "late:p=0.1,by=9s..1s",
            "late: by is \"9s..1s\", and must be a length above 0 and up to 24h, as 20s, or a range, the shorter first, as 5s..40s",
        ),
        (
            "late:p=0.1,by=0s",
            "late: by is \"0s\", and must be a length above 0 and up to 24h, as 20s, or a range, the shorter first, as 5s..40s",
        ),
        ("correct:p=1,what=scorrer", "correct: what is \"scorrer\" (did you mean \"scorer\"?)"),
        ("swap:p=1,with=", "swap: with is \"\", and must be the id of a match"),
        ("drop:at=89:7", "drop: at is \"89:7\", and must be a position"),
        (
            "drop:p=1,from=45 2",
            "drop: from is \"45 2\", and must be a position, as 89:07; in an address the + of 45+2 is written %2B",
        ),
    ] {
        let rejection = FaultPlan::parse(text).expect_err(text);
        assert!(rejection.message.starts_with(message), "{text}: {rejection}");
    }
    let truth = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    for (text, message) in [
        (
            "drop:at=koulibaly-gaol",
            "drop: at: no marker or event \"koulibaly-gaol\" (did you mean \"koulibaly-goal\"?)",
        ),
        ("drop:at=130:00", "drop: at: the timeline has no 130:00"),
        ("drop:at=90:00,types=goal", "drop: at: no event is at 90:00 or after it"),
        ("drop:p=1,types=gaol", "drop: types: unknown event type \"gaol\" (did you mean \"goal\"?)"),
        (
            "vanish:at=koulibaly-goal,types=card",
            "vanish: at: koulibaly-goal does not suit: the fault needs a goal of type card",
        ),
        ("correct:at=FT", "correct: at: no suitable event is at FT or after it"),
        ("swap:p=1", "swap: needs a second match"),
        ("drop:p=1,match=juv-nap2", "drop: unknown match \"juv-nap2\" (did you mean \"juv-nap\"?)"),
        ("drop:p=1,from=80:00,until=20:00", "drop: until lies before from"),
        (
            "drop:at=89:07; late:at=koulibaly-goal,by=9s",
            "drop:at=89:07 and late:at=koulibaly-goal,by=9s concern the same event",
        ),
    ] {
        let rejection = apply(&truth, &plan(text), 1).expect_err(text);
        assert!(rejection.message.starts_with(message), "{text}: {rejection}");
    }
    let round = Timeline::new(&SHIPPED[1].load().expect("shipped"));
    for (text, message) in [
        ("swap:p=1,with=juv-nap2", "swap: with: unknown match \"juv-nap2\" (did you mean \"juv-nap\"?)"),
        ("swap:p=1,with=juv-nap,match=juv-nap", "swap: with must name another match than match"),
    ] {
        let rejection = apply(&round, &plan(text), 1).expect_err(text);
        assert!(rejection.message.starts_with(message), "{text}: {rejection}");
    }
}

#[test]
fn presets_do_something_on_every_shipped_scenario() {
    for shipped in SHIPPED {
        let truth = Timeline::new(&shipped.load().expect("shipped"));
        for (name, _) in super::plan::PRESETS.iter().filter(|(name, _)| !plan(name).feed().is_empty()) {
            let (faulty, journal) = apply(&truth, &plan(name), 7).expect(name);
            check_timeline(&truth, &faulty).expect(name);
            assert!(!journal.is_empty(), "{name} on {}", shipped.name);
        }
    }
}

/// A goal of `A` in the 10th minute and one of `B` in the 20th, and this line.
fn with_fault_line(line: &str) -> Timeline {
    let fixture = |id: &str| {
        format!(
            r#"{{"kind":"match","id":"{id}","kickoff":"2026-03-07T15:00:00Z","home":{{"id":"{id}h","name":"H"}},"away":{{"id":"{id}a","name":"A"}}}}"#
        )
    };
    let goal = |id: &str, clock: &str| {
        format!(r#"{{"type":"goal","match":"{id}","id":"{id}-goal","period":1,"clock":"{clock}","side":"home"}}"#)
    };
    let lines = [
        r#"{"kind":"scenario","version":1,"title":"two"}"#.to_owned(),
        fixture("a"),
        fixture("b"),
        r#"{"type":"period_start","match":"a","period":1,"clock":"00:00"}"#.to_owned(),
        goal("a", "10:00"),
        goal("b", "20:00"),
        goal("b", "30:00").replace("b-goal", "b-late"),
        format!(r#"{{"kind":"fault","period":1,{line}}}"#),
    ];
    Timeline::new(&Scenario::parse("two", &lines.join("\n")).expect(line))
}

#[test]
fn a_scenario_plans_faults_in_lines() {
    for (line, text, lost) in [
        (r#""match":"b","clock":"05:00","do":"drop""#, "drop:at=@5m,match=b", &["b-goal"][..]),
        (
            r#""match":"a","clock":"10:00","do":"drop","types":"goal","p":null"#,
            "drop:at=@10m,types=goal,match=a",
            &["a-goal"],
        ),
        (r#""match":"b","clock":"25:00","do":"drop","p":1"#, "drop:p=1,match=b,from=@25m", &["b-late"]),
        (
            r#""match":"b","clock":"05:00","do":"duplicate","times":2"#,
            "duplicate:at=@5m,match=b,times=2",
            &["b-goal", "b-goal"],
        ),
        (r#""match":"b","clock":"05:00","do":"cut","code":1012"#, "cut:at=@5m,match=b,code=1012", &[]),
    ] {
        let truth = with_fault_line(line);
        let plan = FaultPlan::of_scenario(&truth).expect(line);
        assert_eq!(plan.to_string(), text);
        let faulty = super::apply(&truth, &plan, 1).expect(line);
        let entries = faulty.faults().into_iter().flat_map(|report| &report.journal);
        assert!(entries.map(|entry| &*entry.id).eq(lost.iter().copied()), "{line}");
    }
    for (line, message) in [
        (r#""match":"b","clock":"05:00","do":"late""#, "the fault in line 8: late: by is missing"),
        (r#""match":"b","clock":"05:00","do":"late","by":"soon""#, "the fault in line 8: late: by is \"soon\""),
    ] {
        let rejection = FaultPlan::of_scenario(&with_fault_line(line)).expect_err(line);
        assert!(rejection.message.starts_with(message), "{rejection}");
    }
}

#[test]
fn a_blank_joins_types_as_in_an_address() {
    assert_eq!(plan("drop:p=1,types=goal card").to_string(), "drop:p=1,types=goal+card");
    assert!(FaultPlan::parse("drop:p=1,types=goal  card").is_err());
}

#[test]
fn chance_decides_about_an_event_whatever_else_there_is() {
    let truth = Timeline::new(&SHIPPED[1].load().expect("shipped"));
    let lost = |text: &str, seed: u64| {
        let (_, journal) = apply(&truth, &plan(text), seed).expect(text);
        let lost = journal.into_iter().filter(|entry| entry.kind == FaultKind::Drop);
        lost.map(|entry| (entry.match_id, entry.id, entry.rev)).collect::<std::collections::BTreeSet<_>>()
    };
    let some = lost("drop:p=0.1", 7);
    assert!((1..truth.cues().len()).contains(&some.len()), "{}", some.len());
    assert_eq!(lost("duplicate:p=0.5; drop:p=0.1", 7), some, "another fault before it");
    assert_ne!(lost("drop:p=0.1", 8), some, "another seed");
    assert!(some.is_subset(&lost("drop:p=0.2", 7)), "more with a greater probability");
    let goals = lost("drop:p=0.1,types=goal", 7);
    assert!(goals.is_subset(&some));
}

#[test]
fn a_relative_place_becomes_the_event_that_it_finds() {
    let truth = Timeline::new(&SHIPPED[1].load().expect("shipped"));
    // Two events of one instant: the second one is meant.
    let card = truth
        .true_cues()
        .iter()
        .position(|cue| cue.event.id.as_str() == "e16" && cue.event.kind.as_str() == "yellow_card");
    let card = card.expect("a card");
    let fixture = &truth.tracks()[usize::from(truth.cues()[card].track)].fixture.id;
    let head = truth.index_before(truth.cues()[card].at);
    let at = truth.cues()[card].at;
    let resolved = plan("drop:at=next:yellow_card").resolve_relative(&truth, at, head).expect("ahead");
    assert_eq!(resolved.to_string(), format!("drop:at=e16@0,match={fixture}"));
    let again = FaultPlan::parse(&resolved.to_string()).expect("a plan");
    let (_, journal) = apply(&truth, &again, 1).expect("a plan");
    assert_eq!((journal.len(), &*journal[0].id, &journal[0].match_id), (1, "e16", fixture));
    let from = Position::parse("80%").expect("a position");
    let later = plan("drop:at=next:goal").resolve_from(&truth, Some(&from)).expect("ahead");
    let (_, journal) = apply(&truth, &later, 1).expect("a plan");
    assert!(journal[0].at.as_nanos() > truth.length().as_nanos() / 10 * 8, "the first one after that");
    let window = plan("drop:p=1,from=+0s,until=next:goal").resolve_relative(&truth, at, head).expect("ahead");
    assert!(window.to_string().starts_with("drop:p=1,from=@"), "{window}");
}

#[test]
fn faults_choose_by_the_time_of_the_story_and_copies_are_not_copied() {
    let truth = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    let events = truth.cues().len();
    let sent =
        |text: &str| apply(&truth, &plan(text), 3).map(|(faulty, _)| sent_by(&faulty).into_values().sum::<usize>());
    for text in ["late:p=1,by=10s; drop:p=1", "burst:at=90:00,for=20m; drop:p=1", "duplicate:p=1,by=1m; drop:p=1"] {
        assert_eq!(sent(text).expect(text), 0, "{text}: p=1 is all of them");
    }
    assert_eq!(sent("duplicate:p=1,times=10; duplicate:p=1,times=10").expect("a plan"), 21 * events);
    let many = ["duplicate:p=1,times=10"; 4].join(";");
    assert_eq!(sent(&many).expect("a plan"), 41 * events);
    // A season would be too much.
    let mut season = SHIPPED[0].load().expect("shipped");
    let lines = season.entries.clone();
    for copy in 1..40 {
        season.entries.extend(lines.iter().cloned().map(|mut line| {
            if let crate::scenario::LineContent::Event(crate::scenario::EventRecord::First(event)) = &mut line.item {
                std::sync::Arc::make_mut(event).id = format!("{}-{copy}", event.id).into();
            }
            line
        }));
    }
    let season = Timeline::new(&season);
    let refused = apply(&season, &plan(&many), 3).expect_err("too much");
    assert_eq!(refused.code, crate::ErrorCode::OverLimit);
    assert!(refused.message.contains("lower p or times"), "{refused}");
}

#[test]
fn journal_entries_show_where_the_event_is_sent_in_the_end() {
    let truth = Timeline::new(&SHIPPED[0].load().expect("shipped"));
    let text = "correct:at=koulibaly-goal,what=scorer,by=60s; late:p=1,from=89:00,by=30s";
    let (faulty, journal) = apply(&truth, &plan(text), 1).expect("a plan");
    for entry in &journal {
        let cue = &faulty.cues()[entry.n - 1];
        assert_eq!((cue.event.id.as_str(), cue.event.rev, cue.silent), (&*entry.id, entry.rev, false), "{entry}");
    }
}

#[test]
fn what_is_past_stays_past_when_the_faults_change() {
    use std::time::Instant;

    use crate::playback::{Command, Playback, PlaybackOptions};
    // Without a table, nothing marks the place of a goal that is moved.
    let mut scenario = SHIPPED[0].load().expect("shipped");
    scenario.tables.clear();
    let truth = Timeline::new(&scenario);
    let now = Instant::now();
    let faulty = |text: &str| apply(&truth, &plan(text), 1).expect(text).0;
    let score = |playback: &Playback, timeline: &Timeline| {
        let playhead = playback.playhead();
        let past = timeline.true_index_at(playhead.head as usize, playhead.clock.media_time(now));
        let state = truth.state_at(0, past);
        (state.score().away, state.status.as_str())
    };
    for text in
        ["late:at=koulibaly-goal,by=40s", "drop:at=koulibaly-goal", "duplicate:at=koulibaly-goal", "late:p=1,by=5s"]
    {
        let mut timeline = truth.clone();
        let options = PlaybackOptions { paused: true, ..PlaybackOptions::default() };
        let mut playback = Playback::new(&timeline, options, now).expect("a playback");
        let apply = |playback: &mut Playback, timeline: &Timeline, line: &str| {
            playback.apply(timeline, &Command::parse_line(line).expect(line), now).expect(line);
        };
        apply(&mut playback, &timeline, "seek koulibaly-goal");
        assert_eq!(score(&playback, &timeline).0, 0);
        apply(&mut playback, &timeline, "step 1");
        assert_eq!(score(&playback, &timeline).0, 1);
        for next in [faulty(text), truth.clone(), faulty(text)] {
            playback.change_timeline(&timeline, &next, now);
            timeline = next;
            assert_eq!(score(&playback, &timeline).0, 1, "{text}");
        }
        for (line, status) in [("seek HT", "half_time"), ("seek FT", "full_time")] {
            apply(&mut playback, &timeline, line);
            assert_eq!(score(&playback, &timeline).1, status, "{text}: {line}");
        }
        apply(&mut playback, &timeline, "seek 50%");
        let middle = playback.playhead().clock.media_time(now) - MediaTime::ZERO;
        assert_eq!(middle.as_nanos(), truth.length().as_nanos() / 2, "{text}");
    }
}
