use super::*;
use crate::playback::command::{Command, StepTarget};
use crate::playback::testing::{
    TestDriver, flagship, indices, media_secs, options, position, secs, short, speed, summary, var_night,
};

#[test]
fn a_match_plays_from_its_first_cue_to_its_end() {
    let timeline = short();
    let mut driver = TestDriver::new(&timeline, options(60.0));
    assert_eq!(summary(&driver), (1, 0, State::Playing, ChangeCause::Start));
    assert_eq!(driver.advance(), Some(driver.began + secs(1.0)));
    driver.now = driver.began + secs(1.0) - Duration::from_nanos(1);
    driver.advance();
    assert_eq!(driver.head().head, 1, "not a nanosecond early");
    driver.now = driver.began + secs(1.0);
    driver.advance();
    assert_eq!(driver.head().head, 2);
    assert_eq!(driver.play_out(), secs(4.0));
    assert_eq!(summary(&driver), (1, 6, State::Ended, ChangeCause::End));
    assert_eq!(indices(&driver.released), [0, 1, 2, 3, 4, 5]);
    assert_eq!((driver.head().version, driver.head().version_head), (2, 6));
}

#[test]
fn a_playback_begun_as_of_the_past_equals_one_that_has_played_since() {
    let timeline = short();
    for (speed, hold) in [(1.0, 0.0), (60.0, 0.0), (60.0, 7.0), (10_000.0, 0.0)] {
        let options = PlaybackOptions { looping: true, hold: secs(hold), ..options(speed) };
        let mut driver = TestDriver::new(&timeline, options.clone());
        for after in [0.0, 0.5, 3.9, 4.0, 4.1, 100.0, 1_234.5] {
            let now = driver.began + secs(after);
            // One wake for each lap, as a driver would make it.
            loop {
                driver.now = driver.advance().filter(|wake| *wake < now).unwrap_or(now).max(driver.now);
                if driver.now == now && driver.advance().is_none_or(|wake| wake > now) {
                    break;
                }
            }
            let mut other =
                Playback::new(&timeline, PlaybackOptions { waiting: true, ..options.clone() }, driver.began)
                    .expect("options");
            other.begin_as_of(&timeline, driver.began, now);
            let (there, here) = (driver.head(), other.playhead());
            assert_eq!((here.epoch, here.head, here.clock), (there.epoch, there.head, there.clock), "{speed} {after}");
            assert_eq!(here.version, there.version + 1, "it has also left Waiting");
        }
    }
}

#[test]
fn two_speeds_give_the_same_sequence() {
    let timeline = flagship();
    let sequences: Vec<_> = [speed(1.0), speed(60.0), speed(777.7), Speed::FASTEST, Speed::MAX]
        .map(|speed| {
            let mut driver = TestDriver::new(&timeline, PlaybackOptions { speed, ..PlaybackOptions::default() });
            driver.play_out();
            (indices(&driver.released), summary(&driver))
        })
        .into();
    assert_eq!(sequences[0].0.len(), timeline.cues().len());
    assert!(sequences.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn rule_1_a_backlog_is_one_batch_and_no_cue_is_lost_when_the_machine_sleeps() {
    let timeline = short();
    let mut driver = TestDriver::new(&timeline, options(1.0));
    let first = driver.advance().expect("a goal to come");
    driver.now = first + STALL_LIMIT;
    driver.advance();
    assert_eq!(
        (driver.head().head, driver.head().cause),
        (2, ChangeCause::Start),
        "late, but not by more than the bound"
    );
    let second = driver.advance().expect("a goal to come");
    assert_eq!(second, driver.began + secs(120.0), "and the clock is not shifted");
    // Two hours of sleep.
    driver.now = second + secs(7_200.0);
    driver.advance();
    assert_eq!(summary(&driver), (1, 3, State::Playing, ChangeCause::Stall));
    assert_eq!(driver.head().version_head, 2, "the clock was shifted before the goal");
    assert_eq!(media_secs(&driver), 120.0);
    assert_eq!(driver.play_out(), secs(240.0 + 7_200.0));
    assert_eq!(indices(&driver.released), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn without_a_stall_limit_a_call_releases_everything_however_late_it_is() {
    let (timeline, began) = (short(), Instant::now());
    let mut playback =
        Playback::new(&timeline, PlaybackOptions { stall_limit: None, ..options(1.0) }, began).expect("options");
    playback.advance(&timeline, began);
    playback.advance(&timeline, began + secs(3_600.0));
    assert_eq!((playback.playhead().head, playback.playhead().state), (6, State::Ended));
}

#[test]
fn rule_1_a_paused_or_ended_playback_does_not_stall() {
    let timeline = short();
    let mut driver = TestDriver::new(&timeline, options(60.0));
    driver.run("pause");
    driver.now += secs(86_400.0);
    driver.run("play");
    assert_eq!(summary(&driver), (1, 1, State::Playing, ChangeCause::Play));
    driver.play_out();
    driver.now += secs(86_400.0);
    assert_eq!(driver.advance(), None);
    assert_eq!(driver.head().cause, ChangeCause::End);
}

#[test]
fn rule_1_at_max_everything_up_to_the_stop_is_due_at_once() {
    let timeline = short();
    let until = Some(position("03:00"));
    let mut driver =
        TestDriver::new(&timeline, PlaybackOptions { speed: Speed::MAX, until, ..PlaybackOptions::default() });
    driver.now += secs(60.0);
    assert_eq!(driver.advance(), None);
    assert_eq!(summary(&driver), (1, 5, State::Ended, ChangeCause::End), "both cues of the instant it names");
    assert_eq!(driver.head().clock.media, timeline.cues()[4].at);
}

#[test]
fn rule_2_a_lap_keeps_the_end_of_the_one_before() {
    let timeline = short();
    let hold = secs(20.0);
    let mut driver = TestDriver::new(&timeline, PlaybackOptions { looping: true, hold, ..options(60.0) });
    driver.play_for(secs(4.0));
    assert_eq!(summary(&driver), (1, 6, State::Ended, ChangeCause::End));
    driver.play_for(secs(20.0));
    assert_eq!(summary(&driver), (2, 1, State::Playing, ChangeCause::Loop));
    assert_eq!(driver.head().previous_lap, Some(PreviousLap { epoch: 1, head: 6 }));
    driver.play_for(secs(24.0 * 9.0));
    assert_eq!(summary(&driver), (11, 1, State::Playing, ChangeCause::Loop), "to the nanosecond, lap after lap");
    assert_eq!(driver.released.len(), 61);
    driver.run("loop off");
    driver.play_out();
    assert_eq!(summary(&driver), (11, 6, State::Ended, ChangeCause::End));
    driver.run("loop on");
    driver.play_for(hold);
    assert_eq!(driver.head().epoch, 12);
}

#[test]
fn a_loop_never_spins() {
    let silent = Timeline::new(&crate::scenario::Scenario::default());
    for (timeline, speed) in [(&silent, speed(60.0)), (&silent, Speed::MAX), (&short(), Speed::MAX)] {
        let mut driver =
            TestDriver::new(timeline, PlaybackOptions { speed, looping: true, ..PlaybackOptions::default() });
        driver.play_for(secs(60.0));
        assert!((60..=61).contains(&driver.head().epoch), "{} laps in a minute", driver.head().epoch);
    }
    let mut driver = TestDriver::new(&silent, PlaybackOptions { looping: true, ..PlaybackOptions::default() });
    driver.advance();
    driver.now += secs(9.0);
    driver.advance();
    assert_eq!(driver.head().epoch, 2, "one lap at a time, so that readers see each");
}

#[test]
fn rule_9_after_a_hundred_changes_every_cue_was_released_when_it_was_due() {
    let timeline = flagship();
    let mut driver = TestDriver::new(&timeline, options(60.0));
    let mut run = 0.0;
    for change in 0_u32..100 {
        let factor = [60.0, 0.5, 13.7, 600.0, 1.0][change as usize % 5];
        let wall = secs(0.01 + f64::from(change % 7) * 0.013);
        driver.run(&format!("speed {factor}"));
        let until = driver.now + wall;
        while let Some(wake) = driver.advance().filter(|wake| *wake <= until) {
            let next = &timeline.cues()[driver.head().head as usize];
            assert_eq!(driver.head().clock.due_at(next.at), Some(wake));
            driver.now = wake;
        }
        driver.now = until;
        run += wall.as_secs_f64() * factor;
        driver.run("pause");
        driver.now += secs(0.7);
        driver.run("play");
    }
    let drift = media_secs(&driver) - run;
    assert!(run > 600.0 && drift.abs() < 1e-6, "{drift} s of drift in {run} s");
    driver.run("speed 60");
    let left = (timeline.length().as_nanos() as f64 / 1e9 - media_secs(&driver)) / 60.0;
    let from = driver.now;
    driver.play_out();
    assert!((driver.now - from).abs_diff(secs(left)) < Duration::from_micros(1));
    assert_eq!(indices(&driver.released), (0..timeline.cues().len() as u32).collect::<Vec<_>>());
}

#[test]
fn rule_9_boundaries_of_pace_cost_no_time_however_late_the_wakes() {
    let timeline = flagship();
    let pace = Pace::parse("highlights", []).expect("a preset");
    let options = PlaybackOptions { pace, ..options(60.0) };
    let mut exact = TestDriver::new(&timeline, options.clone());
    let wall = exact.play_out();
    assert!(exact.head().version > 10);
    let mut late = TestDriver::new(&timeline, options);
    while let Some(wake) = late.advance() {
        late.now = wake + secs(0.9);
    }
    let ends = [&exact, &late].map(|driver| driver.head().clock.instant - driver.began);
    assert_eq!((ends[0], ends[1]), (wall, wall));
    assert_eq!(indices(&exact.released), indices(&late.released));
    let computed =
        super::super::wall_duration(&timeline, speed(60.0), exact.playback.pace(), MediaTime::ZERO, timeline.length());
    assert_eq!(computed, Some(wall));
}

#[test]
fn the_speed_in_effect_changes_at_each_boundary_after_the_cues_of_its_instant() {
    let timeline = short();
    let pace = Pace::parse("goal:lead=30s,speed=5", []).expect("rules");
    let mut driver = TestDriver::new(&timeline, PlaybackOptions { pace, ..options(60.0) });
    driver.play_for(secs(0.5));
    let slow = driver.head();
    assert_eq!((slow.clock.speed, slow.nominal, slow.cause), (speed(5.0), speed(60.0), ChangeCause::Pace));
    driver.play_for(secs(6.0));
    let after = driver.head();
    assert_eq!((after.clock.speed, after.head, after.version_head), (speed(60.0), 2, 2), "goal first, then speed");
    driver.run("pace off");
    assert_eq!(driver.head().cause, ChangeCause::Pace);
    driver.play_out();
    assert_eq!(driver.head().cause, ChangeCause::End);
}

#[test]
fn rule_10_a_whole_match_at_real_speed_takes_no_time() {
    let began = Instant::now();
    let timeline = flagship();
    let mut driver = TestDriver::new(&timeline, options(1.0));
    assert_eq!(driver.play_out(), secs(6_827.0));
    assert!(began.elapsed() < secs(5.0));
}

#[test]
fn from_and_until_bound_each_lap_unless_one_goes_beyond() {
    let timeline = short();
    let bounds = PlaybackOptions { from: Some(position("01:00")), until: Some(position("02:00")), ..options(60.0) };
    let mut driver = TestDriver::new(&timeline, bounds.clone());
    assert_eq!(driver.play_out(), secs(1.0));
    assert_eq!((indices(&driver.released), driver.head().start), (vec![1, 2], 1));
    driver.run("seek 02:30");
    driver.play_out();
    assert_eq!(summary(&driver), (2, 6, State::Ended, ChangeCause::End), "beyond the bound there is only the end");
    driver.run("play");
    assert_eq!(media_secs(&driver), 60.0);
    driver.play_out();
    assert_eq!(driver.head().head, 3);

    let timeline = flagship();
    for (from, until, hint) in
        [("02:00", "01:00", "is not after 02:00"), ("HT", "HT", "is not after HT"), ("Nowhere", "HT", "from Nowhere")]
    {
        let options =
            PlaybackOptions { from: Some(position(from)), until: Some(position(until)), ..PlaybackOptions::default() };
        let rejection = Playback::new(&timeline, options, Instant::now()).expect_err(hint);
        assert!(rejection.message.contains(hint), "{rejection}");
    }
}

#[test]
fn waiting_ends_by_itself_by_play_or_by_pause() {
    let timeline = short();
    let waiting = PlaybackOptions { waiting: true, ..options(60.0) };
    let mut driver = TestDriver::new(&timeline, waiting.clone());
    driver.now += secs(3_600.0);
    assert_eq!((driver.advance(), summary(&driver)), (None, (1, 0, State::Waiting, ChangeCause::Start)));
    driver.playback.begin(&timeline, driver.now);
    driver.advance();
    assert_eq!((summary(&driver), driver.head().version), ((1, 1, State::Playing, ChangeCause::Start), 2));
    driver.playback.begin(&timeline, driver.now);
    assert_eq!(driver.head().version, 2);

    let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..waiting.clone() });
    driver.run("seek 01:30");
    assert_eq!(summary(&driver), (2, 2, State::Waiting, ChangeCause::Seek));
    driver.playback.begin(&timeline, driver.now);
    assert_eq!(summary(&driver), (2, 2, State::Paused, ChangeCause::Start));

    let mut driver = TestDriver::new(&timeline, waiting);
    driver.run("pause");
    driver.playback.begin(&timeline, driver.now);
    assert_eq!(summary(&driver), (1, 0, State::Paused, ChangeCause::Pause));
}

#[test]
fn time_does_not_go_back() {
    let timeline = short();
    let mut driver = TestDriver::new(&timeline, options(60.0));
    driver.play_for(secs(2.5));
    driver.now = driver.began;
    driver.run("pause");
    assert_eq!((media_secs(&driver), driver.head().head), (150.0, 3));
}

#[test]
fn several_matches_play_on_one_clock() {
    let timeline = var_night();
    let mut driver = TestDriver::new(&timeline, options(60.0));
    let wall = driver.play_out();
    assert_eq!(driver.released.len(), timeline.cues().len());
    assert!(wall.abs_diff((timeline.length() - MediaTime::ZERO).to_duration() / 60) < Duration::from_micros(1));
    assert_eq!(driver.run("seek FT match=qui-bra").moved_to.map(|at| at > timeline.length()), Some(false));
}

#[test]
fn rejections_of_commands_that_were_built_in_code_are_short_and_say_what_is_wrong() {
    let timeline = short();
    let long = |text: &str| std::sync::Arc::<str>::from(text.repeat(1_000));
    let mut driver = TestDriver::new(&timeline, PlaybackOptions { paused: true, ..options(60.0) });
    let seek = |to, track| Command::Seek { to, lead: Span::ZERO, track };
    let stoppage = Position::Stoppage { minute: 45, past: crate::football::Reading::from_millis(i64::MAX) };
    let until = |to| Command::Step(StepTarget::Until { to, track: None, or_end: false });
    for (command, expected) in [
        (Command::Step(StepTarget::Count(0)), "at least 1"),
        (seek(Position::Named(long("name")), None), "namename"),
        (seek(Position::Next(long("next")), None), "nextnext"),
        (seek(Position::HalfTime, Some(crate::football::MatchId::from(&*long("match")))), "matchmatch"),
        (until(Position::Named(long("name"))), "namename"),
        (until(stoppage), "45+"),
    ] {
        let rejection = driver.apply(&command).expect_err(expected);
        assert!(rejection.message.contains(expected) && rejection.message.len() < 500, "{rejection}");
    }
    let from = Some(Position::Named(long("from")));
    let error =
        Playback::new(&timeline, PlaybackOptions { from, ..options(1.0) }, driver.now).expect_err("no such marker");
    assert!(error.message.contains("from fromfrom") && error.message.len() < 500, "{error}");
}
