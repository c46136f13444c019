//! Story faults on shipped and arbitrary scenarios.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::JournalEntry;
use super::tests::{apply, check_timeline, plan};
use crate::football::{EventType, FaultKind, MatchEvent, Op, Score, Side, Status};
use crate::scenario::testing::arbitrary::scenarios;
use crate::scenario::{Cue, MediaTime, SHIPPED, Timeline};

fn shipped(name: &str) -> Timeline {
    let shipped = SHIPPED.iter().find(|shipped| shipped.name.contains(name)).expect(name);
    Timeline::new(&shipped.load().expect("shipped"))
}

/// The revisions of each event in the order in which they are sent, by match and id.
type Histories<'a> = BTreeMap<(u16, String), Vec<&'a Cue>>;

fn histories(timeline: &Timeline) -> Histories<'_> {
    let mut histories = Histories::new();
    for cue in timeline.cues().iter().filter(|cue| !cue.silent) {
        histories.entry((cue.track, cue.event.id.as_str().to_owned())).or_default().push(cue);
    }
    histories
}

/// What an event says, and when, beside its revision number.
fn content(cue: &&Cue) -> (MediaTime, MatchEvent) {
    (cue.at, MatchEvent { rev: 0, ..(*cue.event).clone() })
}

/// One line for each revision of an event that is sent: `6432 add 1:0 koulibaly 89:07`.
fn told(timeline: &Timeline, id: &str) -> Vec<String> {
    let cues = timeline.cues().iter().filter(|cue| !cue.silent && cue.event.id.as_str() == id);
    let told = cues.map(|cue| {
        let Cue { at, score, event, .. } = cue;
        let player = event.player().map_or("-", |player| player.as_str());
        let (seconds, clock) = (at.as_millis() / 1_000, event.clock.reading);
        format!("{seconds} {}.{} {} {score} {player} {clock}", event.op.as_str(), event.rev, event.kind)
    });
    told.collect()
}

fn noted(journal: &[JournalEntry]) -> Vec<String> {
    let noted = journal.iter().map(|entry| {
        let seq = entry.seq.map_or("-".to_owned(), |seq| seq.to_string());
        format!("> {} {}.{} seq {seq}: {}", entry.at.as_millis() / 1_000, entry.id, entry.rev, entry.what)
    });
    noted.collect()
}

#[test]
fn what_a_story_fault_sends_and_notes() {
    let goals = ["koulibaly-goal", "koulibaly-goal-r1", "wyckhart-67", "wyckhart-67-r1", "brackwater-first"];
    for (name, text, expected) in [
        (
            "juventus",
            "vanish:at=koulibaly-goal,by=90s",
            &[
                "6432 add.0 goal 0-1 koulibaly 89:07",
                "> 6522 koulibaly-goal.1 seq -: silently counts no longer after 90s",
            ][..],
        ),
        (
            "var-night",
            "vanish:at=wyckhart-67",
            &[
                "5561 add.0 goal 2-1 wyckhart 67:10",
                "5606 update.1 goal 2-1 wyckhart 67:10",
                "> 5683 wyckhart-67.2 seq -: annulled silently",
            ],
        ),
        (
            "juventus",
            "correct:at=koulibaly-goal,what=scorer,by=90s",
            &[
                "6432 add.0 goal 0-1 mario-rui 89:07",
                "6522 update.1 goal 0-1 koulibaly 89:07",
                "> 6432 koulibaly-goal.0 seq 87: scorer mario-rui instead of koulibaly, corrected after 90s",
                "> 6522 koulibaly-goal.1 seq 90: scorer corrected to koulibaly",
            ],
        ),
        (
            "juventus",
            "correct:at=koulibaly-goal,what=minute,by=90s",
            &[
                "6432 add.0 goal 0-1 koulibaly 88:07",
                "6522 update.1 goal 0-1 koulibaly 89:07",
                "> 6432 koulibaly-goal.0 seq 87: clock 88:07 instead of 89:07, corrected after 90s",
                "> 6522 koulibaly-goal.1 seq 90: clock corrected to 89:07",
            ],
        ),
        (
            "var-night",
            "correct:at=brackwater-first,what=scorer",
            &[
                "1065 add.0 goal 0-1 civello 16:45",
                "1118 update.1 goal 0-1 kallender 16:45",
                "> 1065 brackwater-first.0 seq 5: scorer civello instead of orrinsby, corrected by the next true revision \
                 after 53s",
            ],
        ),
        (
            "juventus",
            "correct:at=80:00,what=card,by=90s",
            &[
                "> 5890 e75-card1.0 seq 76: yellow_card that never was, removed after 90s",
                "> 5980 e75-card1.1 seq 78: yellow_card removed: it never was",
            ],
        ),
        (
            "juventus",
            "correct:at=next:shot,by=90s",
            &[
                "> 117 insigne-wide-goal1.0 seq 7: goal that never was, removed after 90s",
                "> 207 insigne-wide-goal1.1 seq 9: goal removed: it never was",
            ],
        ),
        (
            "juventus",
            "reissue:at=koulibaly-goal",
            &[
                "6432 add.0 goal 0-1 koulibaly 89:07",
                "6492 add.0 goal 0-1 koulibaly 90:07",
                "> 6492 koulibaly-goal.1 seq -: silently replaced by koulibaly-goal-r1",
                "> 6492 koulibaly-goal-r1.0 seq 89: koulibaly-goal again, with a clock 60s later",
            ],
        ),
        (
            "var-night",
            "reissue:at=wyckhart-67",
            &[
                "5561 add.0 goal 2-1 wyckhart 67:10",
                "5606 update.1 goal 2-1 wyckhart 67:10",
                "5621 add.0 goal 2-1 wyckhart 68:10",
                "5683 remove.1 goal 1-1 wyckhart 68:10",
                "> 5621 wyckhart-67.2 seq -: silently replaced by wyckhart-67-r1",
                "> 5621 wyckhart-67-r1.0 seq 36: wyckhart-67 again, with a clock 60s later",
                "> 5683 wyckhart-67-r1.1 seq 37: correction of wyckhart-67 sent for wyckhart-67-r1",
            ],
        ),
        (
            "juventus",
            "clock:at=koulibaly-goal,what=jump,for=1m",
            &[
                "6432 add.0 goal 0-1 koulibaly 88:07",
                "> 6432 koulibaly-goal.0 seq 87: the clock goes back 60s for 60s",
                "> 6485 e88.0 seq 88: clock 89:00 instead of 90:00",
            ],
        ),
        (
            "juventus",
            "clock:at=koulibaly-goal,what=freeze,for=90s",
            &[
                "6432 add.0 goal 0-1 koulibaly 89:07",
                "> 6432 koulibaly-goal.0 seq 87: the clock stands still for 90s",
                "> 6485 e88.0 seq 88: clock 89:07 instead of 90:00",
                "> 6518 e89.0 seq 89: clock 89:07 instead of 90:33",
            ],
        ),
        (
            "juventus",
            "clock:at=koulibaly-goal,what=skew,by=10s,for=90s",
            &[
                "6432 add.0 goal 0-1 koulibaly 89:07",
                "> 6432 koulibaly-goal.0 seq 87: the clock gains 10s in every minute for 90s",
                "> 6485 e88.0 seq 88: clock 90:08 instead of 90:00",
                "> 6518 e89.0 seq 89: clock 90:47 instead of 90:33",
            ],
        ),
        (
            "juventus",
            "unknown:at=koulibaly-goal,what=extra",
            &["6432 add.0 goal 0-1 koulibaly 89:07", "> 6432 koulibaly-goal.0 seq 87: extra field x_confidence"],
        ),
        (
            "var-night",
            "swap:at=wyckhart-67,for=45s",
            &[
                "5561 add.0 goal 2-1 wyckhart 67:10",
                "5606 update.1 goal 2-1 wyckhart 67:10",
                "5683 remove.2 goal 1-1 wyckhart 67:10",
                "> 5561 wyckhart-67.0 seq 33: sent as an event of qui-bra",
                "> 5580 e34.0 seq 34: sent as an event of van-lar",
                "> 5582 e34.0 seq 34: sent as an event of qui-bra",
                "> 5582 e35.0 seq 35: sent as an event of van-lar",
            ],
        ),
    ] {
        let truth = shipped(name);
        let (faulty, journal) = apply(&truth, &plan(text), 1).expect(text);
        let concerned = |id: &&&str| journal.iter().any(|entry| entry.id == ***id);
        let mut lines: Vec<String> = goals.iter().filter(concerned).flat_map(|id| told(&faulty, id)).collect();
        lines.extend(noted(&journal));
        assert_eq!(lines, expected, "{name} {text}");
        check_timeline(&truth, &faulty).expect(text);
        for track in 0..truth.tracks().len() {
            let state = faulty.state_at(track, faulty.cues().len());
            assert_eq!(state, truth.state_at(track, truth.cues().len()), "{text}: a snapshot heals");
        }
    }
}

fn story_fault() -> impl Strategy<Value = String> {
    let kind = prop_oneof![
        Just("vanish:"),
        Just("vanish:by=10s..10m,"),
        Just("correct:"),
        Just("correct:what=scorer,by=5m,"),
        Just("correct:what=minute,"),
        Just("correct:what=card,by=1s,"),
        Just("correct:what=goal,by=20m,"),
        Just("reissue:"),
        Just("reissue:by=1s..20m,"),
        Just("clock:"),
        Just("clock:what=jump,by=1s..20m,"),
        Just("clock:what=freeze,for=1m,"),
        Just("clock:what=skew,by=24h,for=24h,"),
    ];
    (kind, prop_oneof![Just("0.2"), Just("1")]).prop_map(|(kind, p)| format!("{kind}p={p}"))
}

fn any_fault() -> impl Strategy<Value = String> {
    let other = prop_oneof![
        Just("unknown:"),
        Just("unknown:what=type,"),
        Just("swap:"),
        Just("swap:for=1m,"),
        Just("drop:"),
        Just("late:by=1s..3m,"),
        Just("duplicate:"),
        Just("reorder:"),
        Just("burst:for=2m,"),
    ];
    let other = (other, prop_oneof![Just("0.2"), Just("1")]).prop_map(|(kind, p)| format!("{kind}p={p}"));
    prop_oneof![story_fault(), other]
}

/// What the journal names, whatever the match it was sent as.
fn ids(journal: &[JournalEntry]) -> BTreeSet<&str> {
    journal.iter().map(|entry| entry.id.as_str()).collect()
}

/// The events that the journal does not name are sent as they are, and no others are added.
fn check_others(truth: &Timeline, faulty: &Timeline, journal: &[JournalEntry]) -> Result<(), TestCaseError> {
    let concerned = ids(journal);
    let others = |timeline: &Timeline| {
        let mut others = BTreeMap::new();
        for ((track, id), cues) in histories(timeline).into_iter().filter(|((_, id), _)| !concerned.contains(&**id)) {
            others.insert((track, id), cues.iter().map(content).collect::<Vec<_>>());
        }
        others
    };
    prop_assert_eq!(others(faulty), others(truth));
    Ok(())
}

/// The score of each event is that of the goals in force among those sent, without those that the journal takes away silently.
fn check_scores(faulty: &Timeline, journal: &[JournalEntry]) -> Result<(), TestCaseError> {
    let mut latest: BTreeMap<(u16, &str), &MatchEvent> = BTreeMap::new();
    let mut silent = journal.iter().filter(|entry| entry.seq.is_none()).peekable();
    for (index, cue) in faulty.cues().iter().enumerate() {
        while let Some(entry) = silent.next_if(|entry| entry.n <= index + 1) {
            let track = faulty.track_of(entry.match_id.as_str()).expect("a match") as u16;
            latest.remove(&(track, entry.id.as_str()));
        }
        if cue.silent {
            continue;
        }
        latest.insert((cue.track, cue.event.id.as_str()), &cue.event);
        let mut score = Score::default();
        for (_, event) in latest.iter().filter(|((track, _), event)| *track == cue.track && event.is_in_force()) {
            match event.side.filter(|_| event.kind == EventType::Goal) {
                Some(Side::Home) => score.home += 1,
                Some(Side::Away) => score.away += 1,
                None => {}
            }
        }
        let awarded = latest.values().any(|event| event.kind == EventType::Awarded);
        prop_assert!(awarded || cue.score == score, "{} at {:?}, not {}", cue.score, cue.event, score);
    }
    Ok(())
}

/// What must hold of the events that a fault of this kind names.
fn check_kind(truth: &Timeline, faulty: &Timeline, journal: &[JournalEntry]) -> Result<(), TestCaseError> {
    let (before, after) = (histories(truth), histories(faulty));
    let of = |histories: &Histories<'_>, key: &(u16, String)| {
        histories.get(key).map(|cues| cues.iter().map(content).collect::<Vec<_>>()).unwrap_or_default()
    };
    for entry in journal {
        let key = (truth.track_of(entry.match_id.as_str()).expect("a match") as u16, entry.id.clone());
        let (was, now) = (of(&before, &key), of(&after, &key));
        let last = |history: &[(MediaTime, MatchEvent)]| {
            let latest = history.last().map(|(_, event)| event.clone());
            latest.map(|event| MatchEvent { op: Op::Add, told: None, status: Status::Scheduled, ..event })
        };
        match entry.kind {
            FaultKind::Vanish => {
                let kept: Vec<_> = was.iter().filter(|event| now.contains(event)).cloned().collect();
                prop_assert_eq!(&kept, &now, "nothing is added or changed");
                prop_assert!(entry.seq.is_none() && now.len() < was.len() + 1);
                let lost = was.iter().find(|event| !now.contains(event));
                prop_assert!(
                    lost.is_none_or(|(at, _)| *at >= journal.iter().find(|of| of.id == entry.id).unwrap_or(entry).at)
                );
            }
            FaultKind::Correct if was.is_empty() => {
                let ops: Vec<Op> = now.iter().map(|(_, event)| event.op).collect();
                prop_assert_eq!(ops, [Op::Add, Op::Remove], "what never was is removed");
            }
            FaultKind::Correct => {
                prop_assert_eq!(last(&now), last(&was), "right in the end");
                prop_assert!(now.len() == was.len() || now.len() == was.len() + 1);
            }
            FaultKind::Reissue if was.is_empty() => {
                let original = (key.0, entry.id.rsplit_once("-r").expect("its id").0.to_owned());
                let originals = of(&before, &original);
                let sent: Vec<_> = of(&after, &original);
                prop_assert_eq!(&originals[..sent.len()], &sent[..], "as before until then");
                prop_assert_eq!(now.len(), 1 + originals.len() - sent.len(), "once, and every later correction");
                let details = |history: &[(MediaTime, MatchEvent)]| {
                    history.last().map(|(_, event)| (event.kind.clone(), event.side, event.details.clone()))
                };
                prop_assert_eq!(details(&now), details(&originals));
                let later = &originals[sent.len()..];
                prop_assert!(
                    now[1..]
                        .iter()
                        .map(|(at, event)| (*at, event.op))
                        .eq(later.iter().map(|(at, event)| (*at, event.op)))
                );
            }
            FaultKind::Reissue => prop_assert_eq!(entry.seq, None),
            FaultKind::Clock => {
                let unclocked = |(at, event): &(MediaTime, MatchEvent)| {
                    let told = event.told.is_some();
                    (*at, told, MatchEvent { clock: event.reported_at(), told: None, official: None, ..event.clone() })
                };
                let same = |(at, told, event): (MediaTime, bool, MatchEvent)| {
                    (at, told, MatchEvent { clock: was[0].1.clock, ..event })
                };
                let plain =
                    |history: &[(MediaTime, MatchEvent)]| history.iter().map(unclocked).map(same).collect::<Vec<_>>();
                prop_assert_eq!(plain(&now), plain(&was), "nothing but the clock");
                for (right, wrong) in was.iter().zip(&now).filter(|(right, wrong)| right.1 != wrong.1) {
                    prop_assert_eq!(right.1.clock.status, wrong.1.clock.status);
                    prop_assert!(wrong.1.clock.reading.as_millis() >= 0 || wrong.1.clock == right.1.clock);
                    prop_assert!(journal.iter().any(|of| of.id == entry.id && of.at == right.0), "noted");
                }
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]
    #[test]
    fn the_truth_and_the_journal_are_the_story(
        scenario in scenarios(60), fault in story_fault(), seed in any::<u64>(),
    ) {
        let truth = Timeline::new(&scenario);
        let (faulty, journal) = apply(&truth, &plan(&fault), seed).expect("a plan");
        check_timeline(&truth, &faulty)?;
        check_others(&truth, &faulty, &journal)?;
        check_scores(&faulty, &journal)?;
        check_kind(&truth, &faulty, &journal)?;
    }

    #[test]
    fn faults_of_all_kinds_go_together(
        scenario in scenarios(40), faults in prop::collection::vec(any_fault(), 1..5), seed in any::<u64>(),
    ) {
        let truth = Timeline::new(&scenario);
        let plan = plan(&faults.join("; "));
        // A scenario may have one match only.
        let Ok((faulty, journal)) = apply(&truth, &plan, seed) else { return Ok(()) };
        check_timeline(&truth, &faulty)?;
        check_others(&truth, &faulty, &journal)?;
        for entry in &journal {
            prop_assert!((1..=faulty.cues().len() + 1).contains(&entry.n));
        }
        let (again, same) = apply(&truth, &plan, seed).expect("as before");
        prop_assert_eq!(same, journal);
        prop_assert_eq!(format!("{:?}", again.cues()), format!("{:?}", faulty.cues()));
    }
}
