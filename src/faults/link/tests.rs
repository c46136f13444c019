//! Link faults: when they are in force on a connection, and whom they concern.

use std::time::{Duration, Instant};

use super::super::FaultPlan;
use super::super::tests::plan;
use super::{Break, Conditions, ConnectionFaults, Corruption, DocumentFault, DueBreak, LinkPlan, SeenPlace};
use crate::football::FaultKind;
use crate::playback::{Command, Playback, PlaybackOptions, Speed};
use crate::scenario::{MediaTime, SHIPPED, Timeline};

pub(super) fn flagship() -> Timeline {
    Timeline::new(&SHIPPED[0].load().expect("shipped"))
}

fn link_plan(timeline: &Timeline, text: &str) -> LinkPlan {
    LinkPlan::resolve(timeline, &plan(text), 7).expect(text)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A playback of the flagship at 60x, and a connection under faults: one second is a minute of the match.
struct LinkScene {
    timeline: Timeline,
    playback: Playback,
    faults: ConnectionFaults,
    began: Instant,
    now: Instant,
}

impl LinkScene {
    fn new(text: &str, from: &str) -> Self {
        Self::of_subscriber(text, from, 1)
    }

    fn of_subscriber(text: &str, from: &str, subscriber: u32) -> Self {
        let (timeline, now) = (flagship(), Instant::now());
        let options = PlaybackOptions {
            speed: Speed::parse("60").expect("a speed"),
            from: crate::playback::Position::parse(from).ok(),
            ..PlaybackOptions::default()
        };
        let playback = Playback::new(&timeline, options, now).expect("a playback");
        let plan = link_plan(&timeline, text);
        let seen = SeenPlace::of(&timeline, &playback.playhead(), now);
        let faults = ConnectionFaults::new(&plan, subscriber, None, plan.serial(), seen, now);
        let mut scene = Self { timeline, playback, faults, began: now, now };
        scene.advance(Duration::ZERO);
        scene
    }

    fn command(&mut self, line: &str) -> Option<DueBreak> {
        let command = Command::parse_line(line).expect(line);
        self.playback.apply(&self.timeline, &command, self.now).expect(line);
        self.advance(Duration::ZERO)
    }

    fn advance(&mut self, by: Duration) -> Option<DueBreak> {
        self.now += by;
        self.playback.advance(&self.timeline, self.now);
        self.faults.advance(&self.timeline, &self.playback.playhead(), self.now)
    }

    fn change_plan(&mut self, plan: &LinkPlan) -> Option<DueBreak> {
        self.faults.change_plan(plan, self.now);
        self.advance(Duration::ZERO)
    }

    /// Runs for a time as a driver does, which sleeps until the next change. Returns the milliseconds at which the connection was
    /// ended or the conditions changed.
    fn run(&mut self, length: Duration) -> Vec<(u64, Option<Break>, Conditions)> {
        let (until, mut seen, mut changes) = (self.now + length, self.faults.conditions().clone(), Vec::new());
        while self.now < until {
            let next = self.faults.next_change(&self.playback.playhead(), self.now).map_or(until, |at| at.min(until));
            assert!(next > self.now, "it would spin");
            let due = self.advance(next - self.now);
            let conditions = self.faults.conditions().clone();
            if due.is_some() || conditions != seen {
                let at = (self.now - self.began).as_micros().div_ceil(1_000) as u64;
                changes.push((at, due.map(|due| due.how), conditions.clone()));
                seen = conditions;
            }
        }
        changes
    }

    fn stalls(&mut self, length: Duration) -> Vec<(u64, bool)> {
        self.run(length).into_iter().map(|(at, _, conditions)| (at, conditions.stalled)).collect()
    }

    fn breaks(&mut self, length: Duration) -> Vec<(u64, Break)> {
        self.run(length).into_iter().filter_map(|(at, due, _)| Some((at, due?))).collect()
    }
}

const RESET: Break = Break::Reset(Duration::ZERO);

#[test]
fn a_place_is_reached_by_playing_stepping_and_jumping_onto_it() {
    // A minute of the match takes a second.
    let mut scene = LinkScene::new("cut:at=89:07", "88:07");
    assert_eq!(scene.breaks(ms(5_000)), [(1_000, RESET)]);
    let due = |lines: &[&str]| {
        let mut scene = LinkScene::new("cut:at=89:07", "88:07");
        lines.iter().map(|line| scene.command(line)).next_back().flatten().map(|due| due.cues)
    };
    let before = flagship().index_before(MediaTime::from_millis(6_432_000)) as u32;
    for (lines, reached) in [
        (&["step 89:07"][..], true),
        (&["step FT"], true),
        (&["speed max"], true),
        (&["seek 89:07"], true),
        (&["seek 89:00", "step 89:07"], true),
        (&["seek 90:00", "seek 89:07"], true),
        (&["seek 89:08"], false),
        (&["step 89:06"], false),
        (&["seek FT", "seek 10%"], false),
    ] {
        assert_eq!(due(lines), reached.then_some(Some(before)), "{lines:?}");
    }
    let mut scene = LinkScene::new("cut:at=89:07", "89:07");
    assert_eq!(scene.breaks(ms(5_000)), [], "a connection that begins there comes afterwards");
    assert!(scene.command("seek 10%").is_none());
    assert_eq!(scene.breaks(ms(200_000)).len(), 1, "whenever playback reaches it");
}

#[test]
fn a_window_is_in_force_while_playback_is_in_it() {
    let of = |scene: &LinkScene| scene.faults.conditions().delay.0;
    let mut scene = LinkScene::new("delay:by=100ms,from=80:00,until=82:00", "79:00");
    let changes: Vec<_> = scene.run(ms(10_000)).into_iter().map(|(at, _, it)| (at, it.delay.0)).collect();
    assert_eq!(changes, [(1_000, ms(100)), (3_000, Duration::ZERO)]);
    scene.command("seek 81:00");
    assert_eq!(of(&scene), ms(100));
    scene.command("seek 70:00");
    assert_eq!(of(&scene), Duration::ZERO);
    // With a length it begins when playback enters the window.
    let mut scene = LinkScene::new("stall:for=500ms,from=80:00,until=82:00", "79:00");
    assert_eq!(scene.stalls(ms(10_000)), [(1_000, true), (1_500, false)]);
    scene.command("seek 81:00");
    assert!(scene.faults.conditions().stalled);
}

#[test]
fn every_begins_again_and_for_ends() {
    let mut scene = LinkScene::new("stall:every=2s,for=500ms", "10:00");
    assert_eq!(
        scene.stalls(ms(7_600)),
        [(2_000, true), (2_500, false), (4_500, true), (5_000, false), (7_000, true), (7_500, false)]
    );
    let mut scene = LinkScene::new("cut:every=1s..3s", "10:00");
    let breaks: Vec<u64> = scene.breaks(ms(60_000)).into_iter().map(|(at, _)| at).collect();
    let gaps: Vec<u64> = std::iter::once(&0).chain(&breaks).zip(&breaks).map(|(before, at)| at - before).collect();
    assert!(gaps.iter().all(|gap| (1_000..=3_001).contains(gap)) && gaps.iter().any(|gap| *gap != gaps[0]), "{gaps:?}");
    let same: Vec<u64> =
        LinkScene::new("cut:every=1s..3s", "10:00").breaks(ms(60_000)).into_iter().map(|(at, _)| at).collect();
    let other = LinkScene::of_subscriber("cut:every=1s..3s", "10:00", 2).breaks(ms(60_000));
    assert!(breaks == same && !breaks.iter().eq(other.iter().map(|(at, _)| at)), "by seed and subscriber");
    // Only within the window; the clock of the wall goes on outside.
    let mut scene = LinkScene::new("cut:every=1s,from=20:00,until=22:00", "10:30");
    assert_eq!(scene.breaks(ms(30_000)), [(10_000, RESET), (11_000, RESET)]);
    let mut scene = LinkScene::new("cut:every=1s", "10:30");
    scene.command("pause");
    assert_eq!(scene.breaks(ms(3_500)).len(), 3, "the wall's time, while paused too");
}

#[test]
fn faults_in_force_add_up() {
    let scene = LinkScene::new(
        "delay:by=10ms; delay:by=20ms..50ms; throttle:rate=900; throttle:rate=700; fragment:size=9; stall:for=1s",
        "HT",
    );
    let expected = Conditions { delay: (ms(30), ms(60)), stalled: true, rate: Some(700), piece: Some(9) };
    assert_eq!(*scene.faults.conditions(), expected);
    let mut scene = LinkScene::new("delay:by=20ms..50ms", "HT");
    let delays: Vec<Duration> = (0..200).map(|_| scene.faults.next_delay()).collect();
    assert!(delays.iter().all(|delay| (ms(20)..=ms(50)).contains(delay)));
    assert!(delays.iter().any(|delay| *delay < ms(25)) && delays.iter().any(|delay| *delay > ms(45)));
}

#[test]
fn a_probability_chooses_connections_for_good_by_the_seed() {
    let timeline = flagship();
    let chosen = |text: &str, seed: u64| -> Vec<u32> {
        let plan = LinkPlan::resolve(&timeline, &plan(text), seed).expect(text);
        (1..=1_000).filter(|number| plan.concerns(*number, Some("phone"), 0)).collect()
    };
    let first = chosen("cut:p=0.3,at=FT", 7);
    assert!((230..370).contains(&first.len()), "{}", first.len());
    assert_eq!(first, chosen("delay:by=1s,p=0; cut:p=0.3,at=FT", 7), "whatever other faults there are");
    assert_ne!(first, chosen("cut:p=0.3,at=FT", 8));
    assert!(
        chosen("cut:p=0.5,at=FT", 7).len() > first.len()
            && first.iter().all(|it| chosen("cut:p=0.5,at=FT", 7).contains(it))
    );
    assert_eq!(chosen("cut:subscriber=5", 7), [5]);
    assert_eq!(chosen("cut:client=phone,subscriber=6", 7), [6]);
    assert!(
        chosen("cut:client=tv", 7).is_empty() && chosen("refuse; http_error:code=500; slow_body:by=1s", 7).is_empty()
    );
    assert!(!link_plan(&timeline, "cut:client=tv").concerns(1, None, 0));
}

#[test]
fn refusals_are_counted_over_changes_of_the_plan() {
    let timeline = flagship();
    let media = |clock: i64| MediaTime::from_millis(clock * 60_000);
    let first = link_plan(&timeline, "refuse:times=3,code=503; refuse:client=tv,times=1");
    let refused = |plan: &LinkPlan, client: Option<&str>| plan.refuse(media(1), client, 0).map(|(place, _)| place);
    assert_eq!(refused(&first, None), Some(0));
    let second = first
        .replaced(&timeline, &plan("refuse:times=3,code=503; refuse:client=tv,times=1; cut:at=FT"), 7)
        .expect("a plan");
    let clients = [Some("tv"), None, Some("tv"), Some("tv"), None];
    assert_eq!(clients.map(|client| refused(&second, client)), [Some(0), Some(0), Some(1), None, None]);
    let anew = second.replaced(&timeline, &plan("refuse:times=3,code=500"), 7).expect("a plan");
    assert_eq!(refused(&anew, None), Some(0), "another fault counts for itself");
    let later = link_plan(&timeline, "refuse:from=10:00,until=20:00");
    let at = |clock| later.refuse(media(clock), None, 0).is_some();
    assert_eq!([at(9), at(30), at(15), at(16)], [false, false, true, false]);
    let chance = link_plan(&timeline, &"refuse:p=0.5,times=10;".repeat(10));
    assert_eq!((0..1_000).filter(|connect| chance.refuse(media(1), None, *connect).is_some()).count(), 100);
}

#[test]
fn documents_are_answered_as_the_faults_in_force_have_it() {
    let plan = link_plan(
        &flagship(),
        "http_error:code=429,until=10:00; http_error:code=500,at=20:00; slow_body:by=1s; slow_body:by=2s; cut",
    );
    let now = Instant::now();
    let at = |clock: i64| plan.document(MediaTime::from_millis(clock * 60_000), 0, &["state"], now);
    let answers = |status| DocumentFault { status, body_delay: Some((3, ms(3_000))), ..DocumentFault::default() };
    assert_eq!([at(5), at(15), at(25)], [answers(Some((0, 429))), answers(None), answers(Some((1, 500)))]);
    assert!(plan.concerns_documents() && !link_plan(&flagship(), "cut; refuse").concerns_documents());
    let half = link_plan(&flagship(), "http_error:code=500,p=0.5");
    let fails = |request: &u64| half.document(MediaTime::ZERO, *request, &["state"], now).status.is_some();
    let failed = (0..1_000).filter(fails).count();
    assert!((420..580).contains(&failed), "{failed}");
}

#[test]
fn a_limit_counts_the_documents_that_it_means_and_begins_anew_after_its_time() {
    let plan =
        link_plan(&flagship(), "limit:times=2,every=60s,code=200,what=espn; http_error:code=403,what=espn-scoreboard");
    let begun = Instant::now();
    let at = |seconds: u64, words: &[&str]| {
        let answer = plan.document(MediaTime::ZERO, 0, words, begun + Duration::from_secs(seconds));
        (answer.limited.is_some(), answer.status.is_some())
    };
    let espn = ["dialect", "espn", ""];
    assert_eq!([0, 1, 2, 59].map(|seconds| at(seconds, &espn).0), [false, false, true, true]);
    assert_eq!(at(59, &["dialect", "api-football", ""]), (false, false));
    assert_eq!([60, 61, 62].map(|seconds| at(seconds, &espn).0), [false, false, true]);
    assert_eq!(at(200, &["dialect", "espn", "espn-scoreboard"]), (false, true));
    let wrong = FaultPlan::parse("http_error:code=403,what=espn-scorebord").expect_err("mistyped");
    assert!(wrong.message.contains("did you mean \"espn-scoreboard\""), "{}", wrong.message);
}

#[test]
fn a_changed_plan_keeps_what_stays_and_happens_once_only_to_those_that_were_there() {
    let mut scene = LinkScene::new("stall:every=2s,for=500ms", "10:00");
    let timeline = flagship();
    let before = link_plan(&timeline, "stall:every=2s,for=500ms");
    // The plan of the scene is another object: the same faults, begun anew.
    scene.change_plan(&before);
    assert_eq!(scene.stalls(ms(1_000)), []);
    let more = before.replaced(&timeline, &plan("stall:every=2s,for=500ms; fragment:size=5"), 7).expect("a plan");
    scene.change_plan(&more);
    assert_eq!(scene.faults.conditions().piece, Some(5));
    let fault = |text: &str| FaultPlan::parse_fault(text).expect(text);
    assert_eq!(scene.stalls(ms(1_100)), [(2_000, true)], "it goes on as it was");
    let once = more.with_once(&timeline, &fault("cut:code=1011")).expect("a fault");
    assert_eq!(
        scene.change_plan(&once).map(|due| (due.how, due.fault, due.cues)),
        Some((Break::Close(1_011), None, None))
    );
    let now = scene.now;
    let seen = SeenPlace::of(&timeline, &scene.playback.playhead(), now);
    let mut later = ConnectionFaults::new(&once, 2, None, once.serial(), seen, now);
    assert_eq!(later.advance(&timeline, &scene.playback.playhead(), now), None, "it came afterwards");
    let twice = once.with_once(&timeline, &fault("corrupt:what=utf8,subscriber=1")).expect("a fault");
    let twice = twice.with_once(&timeline, &fault("delay:by=1s,for=10s")).expect("a fault");
    assert_eq!(scene.change_plan(&twice), None, "the cut was before");
    assert_eq!(scene.faults.conditions().delay.0, ms(1_000));
    later.change_plan(&twice, now);
    later.advance(&timeline, &scene.playback.playhead(), now);
    assert_eq!((scene.faults.next_corruption(), later.next_corruption()), (Some((None, Corruption::Utf8)), None));
    assert_eq!(scene.faults.next_corruption(), None, "one event");
    // Another plan in place of all ends what goes on.
    let off = twice.replaced(&timeline, &plan("off"), 7).expect("a plan");
    scene.change_plan(&off);
    assert_eq!(*scene.faults.conditions(), Conditions::default());
    assert!(scene.run(ms(5_000)).is_empty() && off.is_empty());
}

#[test]
fn corruption_hits_each_event_by_chance_or_the_next_one() {
    let mut scene = LinkScene::new("corrupt:p=0.5", "10:00");
    let hits: Vec<_> = (0..300).filter_map(|_| scene.faults.next_corruption()).collect();
    assert!((100..200).contains(&hits.len()));
    for how in [Corruption::Json, Corruption::Utf8, Corruption::Truncated] {
        assert!(hits.contains(&(Some(0), how)));
    }
    let mut scene = LinkScene::new("corrupt:at=11:00,what=json", "10:00");
    assert_eq!(scene.faults.next_corruption(), None);
    scene.advance(ms(1_000));
    assert_eq!([(); 2].map(|()| scene.faults.next_corruption()), [Some((Some(0), Corruption::Json)), None]);
    let mut scene = LinkScene::new("corrupt:every=1s", "10:00");
    let each: Vec<bool> = (0..4)
        .map(|_| {
            scene.advance(ms(500));
            scene.faults.next_corruption().is_some()
        })
        .collect();
    assert_eq!(each, [false, true, false, true]);
}

#[test]
fn a_handshake_is_slow_where_a_fault_is_in_force() {
    let delay = |text: &str, from: &str| LinkScene::new(text, from).faults.handshake_delay();
    assert_eq!(delay("slow_handshake:by=800ms; slow_handshake:by=1s", "10:00"), Some((1, ms(1_800))));
    assert_eq!(delay("slow_handshake:by=800ms,from=20:00", "10:00"), None);
    assert_eq!(delay("slow_handshake:by=800ms,at=20:00", "30:00"), Some((0, ms(800))));
    assert_eq!(delay("delay:by=800ms", "10:00"), None);
    assert!(FaultKind::ALL.iter().filter(|kind| kind.is_link()).count() == 12);
}
