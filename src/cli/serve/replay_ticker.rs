//! What `serve` prints of the replay `main`: a line for each key event and each change of playback, and commentary for matches
//! that consist mostly of it.

use std::sync::Arc;
use std::time::Duration;

use crate::client::EventFrame;
use crate::dialect::native;
use crate::football::{EventType, Leg, MatchClock, Score};
use crate::hub::{Replay, ReplayStatus};
use crate::playback::{ChangeCause, Playhead, Speed, State};
use crate::scenario::{Cue, MediaTime, ScoreboardClock, Span, TieState, Timeline};

use super::super::fixtures::Fixtures;
use super::super::playback_args::format_duration;
use super::super::print::{Colours, sanitise, with_actor};
use super::super::stderr_writer::StderrWriter;
use super::super::ticker::{Ticker, is_key_event};

/// The shortest interval between two reads of the replay. Waking another thread for each event costs more than sending the
/// event to one subscriber.
const POLL_INTERVAL: Duration = Duration::from_millis(100);

/// Prints the state of a replay now, and returns a future that prints every change until the replay stops. Called before the
/// server accepts subscribers, it always prints that the replay waits for them.
///
/// `hold`: how long the end is shown before the next lap. `wait_for`: how many subscribers the replay waits for.
pub async fn follow_replay(
    replay: Replay,
    hold: Duration,
    wait_for: usize,
    stderr: StderrWriter,
    colours: Colours,
) -> impl Future<Output = ()> {
    let mut observer = replay.observe();
    let mut ticker = ReplayTicker::new(replay.timeline(), replay.kickoff_offset(), colours);
    (ticker.hold, ticker.wait_for) = (hold, wait_for);
    let mut show = move |view: &ReplayStatus| stderr.info_lines(&ticker.lines(view));
    let mut view = observer.next().await;
    show(&view);
    async move {
        while view.stopping.is_none() {
            tokio::time::sleep(POLL_INTERVAL).await;
            view = observer.next().await;
            show(&view);
        }
    }
}

/// Turns the successive views of a replay into lines. Holds what has been shown already.
struct ReplayTicker {
    timeline: Arc<Timeline>,
    ticker: Ticker,
    /// By track: whether the commentary of the match is shown.
    with_commentary: Vec<bool>,
    /// How long the end is shown before the next lap.
    hold: Duration,
    wait_for: usize,
    epoch: u64,
    /// The index of the next event to show.
    next: u32,
    /// The view before.
    before: Option<ReplayStatus>,
}

impl ReplayTicker {
    fn new(timeline: Arc<Timeline>, kickoff_offset: Span, colours: Colours) -> Self {
        let ticker = Ticker { fixtures: Fixtures::from_timeline(&timeline, kickoff_offset), colours };
        let with_commentary = mostly_commentary(&timeline);
        Self { timeline, with_commentary, ticker, hold: Duration::ZERO, wait_for: 1, epoch: 0, next: 0, before: None }
    }

    /// The lines for what has changed since the view before.
    fn lines(&mut self, view: &ReplayStatus) -> Vec<String> {
        let ReplayStatus { playhead, by, opened_by, pace, .. } = view;
        // Views may be skipped, and `by` belongs to the last change only: a name is shown only with a change of that cause.
        let by = |causes: &[ChangeCause]| by.as_deref().filter(|_| causes.contains(&playhead.cause));
        let mut lines = Vec::new();
        if playhead.epoch != self.epoch {
            if let Some(previous_lap) = playhead.previous_lap.filter(|previous_lap| previous_lap.epoch == self.epoch) {
                self.push_events(previous_lap.head, &mut lines);
            }
            // The cause that opened the epoch, not of the changes since.
            let frames_changed = !Arc::ptr_eq(&self.timeline, view.timeline());
            if frames_changed {
                self.timeline = view.timeline().clone();
            }
            match playhead.at_epoch_start().cause {
                _ if self.epoch == 0 => {}
                _ if frames_changed => {
                    let plan = self.timeline.faults().map_or("off", |report| &report.plan);
                    lines.push(with_actor(&format!("faults {}", sanitise(plan)), opened_by.as_deref()));
                }
                ChangeCause::Loop | ChangeCause::Restart => {
                    lines.push(with_actor("from the beginning", opened_by.as_deref()))
                }
                _ => lines.push(self.jump_text(playhead, opened_by.as_deref())),
            }
            (self.epoch, self.next) = (playhead.epoch, playhead.start);
        }
        let before = self.before.replace(view.clone());
        let state_changed = before.as_ref().is_none_or(|before| before.playhead.state != playhead.state);
        if state_changed && playhead.state == State::Playing {
            lines.push(with_actor("playing", by(&[ChangeCause::Play])));
        }
        if let Some(before) = before {
            if before.playhead.nominal != playhead.nominal {
                let now = playhead.nominal.factor().map_or("max".to_owned(), Speed::format_factor);
                lines.push(with_actor(&format!("speed {now}"), by(&[ChangeCause::Speed])));
            }
            if before.pace != *pace {
                let pace = sanitise(pace.as_deref().unwrap_or("off"));
                lines.push(with_actor(&format!("pace {pace}"), by(&[ChangeCause::Pace])));
            }
            if before.playhead.looping != playhead.looping {
                let on = if playhead.looping { "loop on" } else { "loop off" };
                lines.push(with_actor(on, by(&[ChangeCause::Loop])));
            }
        }
        self.push_events(playhead.head, &mut lines);
        if state_changed {
            lines.extend(match playhead.state {
                State::Waiting => Some(match self.wait_for {
                    0 => "waiting for the kick-off time".to_owned(),
                    1 => "waiting for the first subscriber (--wait-for 0 begins at once)".to_owned(),
                    several => format!("waiting for {several} subscribers"),
                }),
                State::Paused => Some(with_actor(
                    &format!("paused{}", self.clock_text(playhead)),
                    by(&[ChangeCause::Pause, ChangeCause::Step]),
                )),
                // After a step to the end no lap follows.
                State::Ended => Some(if playhead.looping && playhead.cause != ChangeCause::Step {
                    format!("the end; again in {}", format_duration(self.hold))
                } else {
                    "the end".to_owned()
                }),
                State::Playing => None,
            });
        }
        lines
    }

    /// ` at 89:07, second half`: the clock of a paused match; empty where there are several matches.
    fn clock_text(&self, playhead: &Playhead) -> String {
        if self.timeline.tracks().len() != 1 {
            return String::new();
        }
        let clock = self.clock_at(playhead.head, playhead.clock.media);
        format!(" at {}", MatchClock { status: clock.status, reading: clock.reading })
    }

    /// The true clock of the first match, with `head` cues released.
    fn clock_at(&self, head: u32, at: MediaTime) -> ScoreboardClock {
        let past = self.timeline.true_index_at(head as usize, at);
        let state = self.timeline.truth().state_at(0, past);
        self.timeline.clock_at(0, at, &state)
    }

    /// Adds a line for each event up to `head` that is shown.
    fn push_events(&mut self, head: u32, lines: &mut Vec<String>) {
        let mut text = Vec::new();
        for index in self.next..head {
            self.push_faults(index as usize + 1, lines);
            let cue = &self.timeline.cues()[index as usize];
            text.clear();
            if !cue.silent {
                native::write_event(&self.timeline, index as usize, &mut text);
            }
            // What a fault has made unreadable is not shown.
            if let Ok(event) = serde_json::from_slice::<EventFrame>(&text) {
                if is_shown(&event) {
                    lines.push(self.ticker.event_line(&event, self.played_score(index as usize)));
                } else if event.kind == "commentary"
                    && self.with_commentary[usize::from(cue.track)]
                    && let Some(words) = self.ticker.new_commentary(&event)
                {
                    lines.push(self.ticker.commentary_line(&event, &words));
                }
            }
            if cue.last
                && let Some(TieState { legs, leg: Leg::Second, .. }) =
                    self.timeline.tie_at(usize::from(cue.track), index as usize + 1)
            {
                let fixture = &self.timeline.tracks()[usize::from(cue.track)].fixture;
                lines.push(self.ticker.fixtures.aggregate_line(fixture.id.as_str(), &legs, legs.winner()));
            }
        }
        self.next = self.next.max(head);
    }

    /// Adds a line for each fault that shows with the event numbered `n`.
    fn push_faults(&self, n: usize, lines: &mut Vec<String>) {
        let Some(report) = self.timeline.faults() else { return };
        let journal = &report.journal;
        let shown =
            &journal[journal.partition_point(|entry| entry.n < n)..journal.partition_point(|entry| entry.n <= n)];
        lines.extend(shown.iter().map(|entry| format!("fault  {}", sanitise(&entry.to_string()))));
    }

    /// The score as played, where the event at `index` awards the result of a match that has begun.
    fn played_score(&self, index: usize) -> Option<Score> {
        let cues = &self.timeline.cues()[..=index];
        let Cue { track, .. } = cues.last().filter(|cue| cue.event.kind == EventType::Awarded)?;
        let begun = cues.iter().any(|cue| cue.track == *track && cue.event.clock.period().is_some());
        begun.then(|| self.timeline.state_at(usize::from(*track), index).played_score())
    }

    /// `jumped by anna to 85:00`: by the clock of the first match.
    fn jump_text(&self, playhead: &Playhead, by: Option<&str>) -> String {
        let at = playhead.clock.media;
        let jumped = with_actor("jumped", by);
        if self.timeline.tracks().is_empty() {
            return jumped;
        }
        let clock = self.clock_at(playhead.start, at);
        let reading = clock.reading.as_millis().div_euclid(1_000) * 1_000;
        let reading = crate::football::Reading::from_millis(reading);
        match (clock.status.is_in_play(), clock.status.label()) {
            (false, Some(label)) => format!("{jumped} to {label} {reading}"),
            _ => format!("{jumped} to {reading}"),
        }
    }
}

/// By track: whether the match has more commentary than key events. The starts and ends of its periods do not count.
fn mostly_commentary(timeline: &Timeline) -> Vec<bool> {
    use EventType::{Commentary, MatchEnd, PeriodEnd, PeriodStart};
    let mut lead = vec![0_i64; timeline.tracks().len()];
    for cue in timeline.cues() {
        lead[usize::from(cue.track)] += match &cue.event.kind {
            Commentary => 1,
            PeriodStart | PeriodEnd | MatchEnd => 0,
            kind => -i64::from(kind.is_key()),
        };
    }
    lead.into_iter().map(|lead| lead > 0).collect()
}

/// Key events, injuries, and shots against the woodwork.
fn is_shown(event: &EventFrame) -> bool {
    let woodwork = event.text("outcome").is_some_and(|outcome| outcome.ends_with("woodwork"));
    is_key_event(event) || event.kind == "injury" || event.kind == "shot" && woodwork
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use crate::hub::FrameCache;
    use crate::playback::{Command, Playback, PlaybackOptions};

    use super::*;
    use crate::cli::playback_args::build_timeline;
    use crate::cli::scenario_files::open_scenarios;

    /// The view after a command by `by`.
    fn view(timeline: &Arc<Timeline>, playback: &Playback, by: Option<&str>) -> ReplayStatus {
        let by: Option<Arc<str>> = by.map(Into::into);
        let mut view = ReplayStatus::from_playback(playback, FrameCache::new(timeline.clone(), Arc::default()));
        (view.opened_by, view.by) = (by.clone(), by);
        view
    }

    #[test]
    fn a_line_names_the_client_that_sent_the_command() {
        let timeline = build_timeline(&open_scenarios(&["juv".to_owned()]).expect("shipped").scenario);
        let now = Instant::now();
        let mut playback = Playback::new(&timeline, PlaybackOptions::default(), now).expect("playable");
        let mut replay_ticker = ReplayTicker::new(timeline.clone(), Span::ZERO, Colours::OFF);
        replay_ticker.lines(&view(&timeline, &playback, None));
        for (command, by, last) in [
            ("pause", Some("anna"), "paused at 1:00 before kick-off by anna"),
            ("play", None, "playing"),
            ("pause", Some("an\u{1b}na"), "paused at 1:00 before kick-off by an\u{fffd}na"),
            ("speed 13.666666666666668", None, "speed 13.7"),
            ("speed 90", Some("anna"), "speed 90 by anna"),
            ("seek 85:00", Some("anna"), "jumped by anna to 85:00"),
            ("restart", Some("anna"), "from the beginning by anna"),
            ("pace highlights", Some("anna"), "pace highlights by anna"),
            ("pace off", None, "pace off"),
        ] {
            playback.apply(&timeline, &Command::parse_line(command).expect(command), now).expect(command);
            assert_eq!(
                replay_ticker.lines(&view(&timeline, &playback, by)).last().map(String::as_str),
                Some(last),
                "{command}"
            );
        }
        // The pause and the loop come in one view: its `by` belongs to the last command only.
        for (command, by) in [("play", None), ("speed 60", None)] {
            playback.apply(&timeline, &Command::parse_line(command).expect(command), now).expect(command);
            replay_ticker.lines(&view(&timeline, &playback, by));
        }
        for command in ["pause", "loop on"] {
            playback.apply(&timeline, &Command::parse_line(command).expect(command), now).expect(command);
        }
        assert_eq!(
            replay_ticker.lines(&view(&timeline, &playback, Some("bob"))),
            ["loop on by bob", "paused at 1:00 before kick-off"]
        );
    }

    /// All lines of a case.
    fn ticker_lines(case: &str) -> Vec<String> {
        let path = format!("{}/tests/cases/{case}", env!("CARGO_MANIFEST_DIR"));
        let timeline = build_timeline(&open_scenarios(&[path]).expect(case).scenario);
        let now = Instant::now();
        let mut playback = Playback::new(&timeline, PlaybackOptions::default(), now).expect("playable");
        playback.advance(&timeline, now + Duration::from_secs(86_400));
        ReplayTicker::new(timeline.clone(), Span::ZERO, Colours::OFF).lines(&view(&timeline, &playback, None))
    }

    #[test]
    fn a_tie_ends_with_its_aggregate_and_an_award_shows_the_played_score_too() {
        let lines_with = |case: &str, part: &str| -> Vec<String> {
            ticker_lines(case).into_iter().filter(|line| line.contains(part)).collect()
        };
        let aggregates = lines_with("tie-away-goals.jsonl", "   agg");
        assert_eq!(aggregates, ["   agg  Bora 2-2 Alba, Bora go through on away goals"], "of the second leg alone");
        for (case, line) in [
            ("awarded-suspended.jsonl", "  susp  0-3  AWARDED  Amber 0-3 Birch (played 1-0), the hosts cannot go on"),
            ("walkover.jsonl", "   abd  3-0  AWARDED  Alba 3-0 Bora, away side did not turn up"),
        ] {
            assert_eq!(lines_with(case, "  AWARDED  "), [line], "{case}");
        }
    }

    #[test]
    fn commentary_is_shown_of_a_match_with_few_key_events() {
        assert_eq!(ticker_lines("min-postponed.jsonl"), ["   ppd  -  Called off.", "the end"]);
        // The flagship has eight lines of commentary and more key events.
        let timeline = build_timeline(&open_scenarios(&["juv".to_owned()]).expect("shipped").scenario);
        assert_eq!(ReplayTicker::new(timeline, Span::ZERO, Colours::OFF).with_commentary, [false]);
    }

    #[test]
    fn a_whole_match_is_shown_with_each_key_event_once() {
        let timeline = build_timeline(&open_scenarios(&["juv".to_owned()]).expect("shipped").scenario);
        let start = Instant::now();
        let hold = Duration::from_secs(3);
        let options = PlaybackOptions { waiting: true, looping: true, hold, ..PlaybackOptions::default() };
        let mut playback = Playback::new(&timeline, options, start).expect("playable");
        let mut replay_ticker = ReplayTicker::new(timeline.clone(), Span::ZERO, Colours::OFF);
        replay_ticker.hold = hold;
        let mut lines = replay_ticker.lines(&view(&timeline, &playback, None));
        playback.begin(&timeline, start);
        let mut now = start;
        while playback.playhead().epoch == 1 {
            now += Duration::from_millis(500);
            playback.advance(&timeline, now);
            lines.append(&mut replay_ticker.lines(&view(&timeline, &playback, None)));
        }
        assert!(lines[0].starts_with("waiting for the first subscriber (--wait-for 0 begins at once"), "{}", lines[0]);
        assert_eq!(lines[1], "playing");
        assert_eq!(lines.iter().filter(|line| line.contains("GOAL  Kalidou")).count(), 1, "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("shot  Miralem Pjanić (Juventus), woodwork")), "{lines:#?}");
        assert!(lines.iter().any(|line| line == "from the beginning"), "{lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("the end; again in ")), "{lines:#?}");
        // No next lap is announced with looping off, nor after a step to the end.
        for (commands, end) in [(["loop off", "seek 100%"], "the end"), (["loop on", "step 500"], "the end")] {
            for command in commands {
                playback.apply(&timeline, &Command::parse_line(command).expect(command), now).expect(command);
                lines.append(&mut replay_ticker.lines(&view(&timeline, &playback, None)));
            }
            now += Duration::from_secs(60);
            playback.advance(&timeline, now);
            lines.append(&mut replay_ticker.lines(&view(&timeline, &playback, None)));
            assert_eq!(lines.last().map(String::as_str), Some(end), "{commands:?}");
            playback.apply(&timeline, &Command::Restart, now).expect("a restart");
            lines.append(&mut replay_ticker.lines(&view(&timeline, &playback, None)));
        }
    }
}
