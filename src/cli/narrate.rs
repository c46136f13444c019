//! What the terminal shows of the replay that `serve` plays: a line for each key event; commentary of matches that have
//! little else.

use std::sync::Arc;
use std::time::Duration;

use touchline::client::{Event, Goals};
use touchline::dialect::native;
use touchline::football::{EventType, Leg, MatchClock, Score};
use touchline::hub::{Replay, ReplayStatus};
use touchline::playback::{Cause, Playhead, Speed, State};
use touchline::scenario::{Cue, Span, TieState, Timeline};

use super::fixtures::Fixtures;
use super::playing::in_words;
use super::print::{Colours, done_by, harmless};
use super::teller::Teller;
use super::ticker::{Ticker, is_key};

/// The least time between two looks at the replay. To wake another thread for each event costs more than to send the event to
/// one subscriber.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Shows where a replay is just now, and returns what follows it until it stops or goes away. Called before subscribers
/// are taken, it shows that the replay waits for them however soon they come.
///
/// `hold`: how long each end is shown, where another lap follows. `wait_for`: how many subscribers it waits for.
pub async fn narrate(
    replay: Replay,
    hold: Duration,
    wait_for: usize,
    teller: Teller,
    colours: Colours,
) -> impl Future<Output = ()> {
    let mut observer = replay.observe();
    let mut narrator = Narrator::new(replay.timeline().clone(), replay.kickoff_moved(), colours);
    (narrator.hold, narrator.wait_for) = (hold, wait_for);
    let mut show = move |view: &ReplayStatus| narrator.lines(view).iter().for_each(|line| teller.tell(line));
    let mut view = observer.next().await;
    show(&view);
    async move {
        while view.stopping.is_none() {
            tokio::time::sleep(LOOK_EVERY).await;
            view = observer.next().await;
            show(&view);
        }
    }
}

/// A reader of playheads that remembers what it has told.
struct Narrator {
    timeline: Arc<Timeline>,
    ticker: Ticker,
    /// The matches, by their tracks, of which commentary is shown.
    worded: Vec<bool>,
    /// How long each end is held, where another lap follows.
    hold: Duration,
    wait_for: usize,
    epoch: u64,
    next: u32,
    state: Option<State>,
    speed: Option<Speed>,
    /// The pace, and whether in laps.
    ways: Option<(Option<Arc<str>>, bool)>,
}

impl Narrator {
    fn new(timeline: Arc<Timeline>, kickoff_moved: Span, colours: Colours) -> Self {
        let ticker = Ticker { fixtures: Fixtures::in_timeline(&timeline, kickoff_moved), colours };
        let worded = mostly_words(&timeline);
        Self {
            timeline,
            worded,
            ticker,
            hold: Duration::ZERO,
            wait_for: 1,
            epoch: 0,
            next: 0,
            state: None,
            speed: None,
            ways: None,
        }
    }

    /// What is new.
    fn lines(&mut self, view: &ReplayStatus) -> Vec<String> {
        let ReplayStatus { playhead, by, opened_by, pace, .. } = view;
        // Versions in between may not have been seen: a name goes only with what its owner did.
        let by = |causes: &[Cause]| by.as_deref().filter(|_| causes.contains(&playhead.cause));
        let mut lines = Vec::new();
        if playhead.epoch != self.epoch {
            if let Some(tail) = playhead.tail.filter(|tail| tail.epoch == self.epoch) {
                self.tell(tail.head, &mut lines);
            }
            // What opened the epoch, whatever has changed since.
            match playhead.at_opening().cause {
                _ if self.epoch == 0 => {}
                Cause::Loop | Cause::Restart => lines.push(done_by("from the beginning", opened_by.as_deref())),
                _ => lines.push(self.jump(playhead, opened_by.as_deref())),
            }
            (self.epoch, self.next) = (playhead.epoch, playhead.start);
        }
        let news = self.state.replace(playhead.state) != Some(playhead.state);
        if news && playhead.state == State::Playing {
            lines.push(done_by("playing", by(&[Cause::Play])));
        }
        let speed = self.speed.replace(playhead.nominal);
        if let (Some(before), now) = (speed, playhead.nominal)
            && before != now
        {
            let now = now.factor().map_or("max".to_owned(), Speed::rounded);
            lines.push(done_by(&format!("speed {now}"), by(&[Cause::Speed])));
        }
        if let Some((pace_before, looped)) = self.ways.replace((pace.clone(), playhead.looping)) {
            if pace_before != *pace {
                let pace = harmless(pace.as_deref().unwrap_or("off"));
                lines.push(done_by(&format!("pace {pace}"), by(&[Cause::Pace])));
            }
            if looped != playhead.looping {
                let on = if looped { "loop off" } else { "loop on" };
                lines.push(done_by(on, by(&[Cause::Loop])));
            }
        }
        self.tell(playhead.head, &mut lines);
        if news {
            lines.extend(match playhead.state {
                State::Waiting => Some(match self.wait_for {
                    0 => "waiting for its time".to_owned(),
                    1 => "waiting for the first subscriber (with --wait-for 0 it waits for nobody)".to_owned(),
                    several => format!("waiting for {several} subscribers"),
                }),
                State::Paused => {
                    Some(done_by(&format!("paused{}", self.clock(playhead)), by(&[Cause::Pause, Cause::Step])))
                }
                // Where somebody has stepped to it, it stays.
                State::Ended => Some(match playhead.looping && playhead.cause != Cause::Step {
                    true => format!("the end; again in {}", in_words(self.hold)),
                    false => "the end".to_owned(),
                }),
                State::Playing => None,
            });
        }
        lines
    }

    /// ` at 89:07, second half`, where it stands still: the clock of the only match.
    fn clock(&self, playhead: &Playhead) -> String {
        if self.timeline.tracks().len() != 1 {
            return String::new();
        }
        let state = self.timeline.state_at(0, playhead.head as usize);
        let clock = self.timeline.clock_at(0, playhead.clock.media, &state);
        format!(" at {}", MatchClock { status: clock.status, reading: clock.reading })
    }

    fn tell(&mut self, head: u32, lines: &mut Vec<String>) {
        let mut text = Vec::new();
        for index in self.next..head {
            text.clear();
            native::event(&self.timeline, index as usize, &mut text);
            // What was encoded a line ago can be read.
            let Ok(event) = serde_json::from_slice::<Event>(&text) else { continue };
            if is_worth_a_line(&event) {
                lines.push(self.ticker.line(&event, self.played(index as usize)));
            } else if event.kind == "commentary"
                && self.worded[usize::from(self.timeline.cues()[index as usize].track)]
                && let Some(words) = self.ticker.words(&event)
            {
                lines.push(self.ticker.commentary(&event, &words));
            }
            let cue = &self.timeline.cues()[index as usize];
            if cue.last
                && let Some(TieState { legs, leg: Leg::Second, .. }) =
                    self.timeline.tie_at(usize::from(cue.track), index as usize + 1)
            {
                let winner = legs.winner().map(|side| side.as_str());
                lines.push(self.ticker.fixtures.aggregate(&event.match_id, &legs, winner));
            }
        }
        self.next = self.next.max(head);
    }

    /// The score as played, of a match whose result an event awards, if the match has begun.
    fn played(&self, index: usize) -> Option<Goals> {
        let cues = &self.timeline.cues()[..=index];
        let Cue { track, .. } = cues.last().filter(|cue| cue.event.kind == EventType::Awarded)?;
        let begun = cues.iter().any(|cue| cue.track == *track && cue.event.clock.period().is_some());
        let Score { home, away } = self.timeline.state_at(usize::from(*track), index).played();
        begun.then_some(Goals { home, away })
    }

    fn jump(&self, playhead: &Playhead, by: Option<&str>) -> String {
        let at = playhead.clock.media;
        let jumped = done_by("jumped", by);
        if self.timeline.tracks().is_empty() {
            return jumped;
        }
        let state = self.timeline.state_at(0, playhead.start as usize);
        let clock = self.timeline.clock_at(0, at, &state);
        let reading = clock.reading.as_millis().div_euclid(1_000) * 1_000;
        let reading = touchline::football::Reading::from_millis(reading);
        match (clock.status.in_play(), clock.status.label()) {
            (false, Some(label)) => format!("{jumped} to {label} {reading}"),
            _ => format!("{jumped} to {reading}"),
        }
    }
}

/// Of each match whether it has more commentary than key events. The starts and ends of its periods do not count.
fn mostly_words(timeline: &Timeline) -> Vec<bool> {
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

/// Key events, and two that people ask about afterwards: who was hurt, and what struck the woodwork.
fn is_worth_a_line(event: &Event) -> bool {
    let woodwork = event.text("outcome").is_some_and(|outcome| outcome.ends_with("woodwork"));
    is_key(event) || event.kind == "injury" || event.kind == "shot" && woodwork
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use touchline::playback::{Command, Options, Playback};

    use super::*;
    use crate::cli::playing::{lay_out, load};

    /// What everyone looks at after a command of somebody's.
    fn view(playback: &Playback, by: Option<&str>) -> ReplayStatus {
        let by: Option<Arc<str>> = by.map(Into::into);
        let mut view = ReplayStatus::of(playback);
        (view.opened_by, view.by) = (by.clone(), by);
        view
    }

    #[test]
    fn who_did_it_is_told() {
        let timeline = lay_out(&load(&["juv".to_owned()]).expect("shipped"));
        let now = Instant::now();
        let mut playback = Playback::new(&timeline, Options::default(), now).expect("playable");
        let mut narrator = Narrator::new(timeline.clone(), Span::ZERO, Colours::OFF);
        narrator.lines(&view(&playback, None));
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
            assert_eq!(narrator.lines(&view(&playback, by)).last().map(String::as_str), Some(last), "{command}");
        }
        // A pause that was not seen by itself: whoever changed the loop after it did not pause.
        for (command, by) in [("play", None), ("speed 60", None)] {
            playback.apply(&timeline, &Command::parse_line(command).expect(command), now).expect(command);
            narrator.lines(&view(&playback, by));
        }
        for command in ["pause", "loop on"] {
            playback.apply(&timeline, &Command::parse_line(command).expect(command), now).expect(command);
        }
        assert_eq!(narrator.lines(&view(&playback, Some("bob"))), ["loop on by bob", "paused at 1:00 before kick-off"]);
    }

    /// All lines of a case.
    fn narrated(case: &str) -> Vec<String> {
        let path = format!("{}/tests/cases/{case}", env!("CARGO_MANIFEST_DIR"));
        let timeline = lay_out(&load(&[path]).expect(case));
        let now = Instant::now();
        let mut playback = Playback::new(&timeline, Options::default(), now).expect("playable");
        playback.advance(&timeline, now + Duration::from_secs(86_400));
        Narrator::new(timeline.clone(), Span::ZERO, Colours::OFF).lines(&view(&playback, None))
    }

    #[test]
    fn a_tie_ends_with_its_aggregate_and_an_award_stands_beside_the_played_score() {
        let narrated = |case: &str, of: &str| -> Vec<String> {
            narrated(case).into_iter().filter(|line| line.contains(of)).collect()
        };
        let aggregates = narrated("tie-away-goals.jsonl", "   agg");
        assert_eq!(aggregates, ["   agg  Bora 2-2 Alba, Bora go through on away goals"], "of the second leg alone");
        for (case, line) in [
            ("awarded-suspended.jsonl", "  susp  0-3  AWARDED  Amber 0-3 Birch (played 1-0), the hosts cannot go on"),
            ("walkover.jsonl", "   abd  3-0  AWARDED  Alba 3-0 Bora, away side did not turn up"),
        ] {
            assert_eq!(narrated(case, "  AWARDED  "), [line], "{case}");
        }
    }

    #[test]
    fn commentary_is_shown_of_a_match_that_has_little_else() {
        assert_eq!(narrated("min-postponed.jsonl"), ["   ppd  -  Called off.", "the end"]);
        // The flagship has eight lines of commentary, and more to show.
        let timeline = lay_out(&load(&["juv".to_owned()]).expect("shipped"));
        assert_eq!(Narrator::new(timeline, Span::ZERO, Colours::OFF).worded, [false]);
    }

    #[test]
    fn a_whole_match_is_narrated_and_each_key_event_once() {
        let timeline = lay_out(&load(&["juv".to_owned()]).expect("shipped"));
        let start = Instant::now();
        let hold = Duration::from_secs(3);
        let options = Options { waiting: true, looping: true, hold, ..Options::default() };
        let mut playback = Playback::new(&timeline, options, start).expect("playable");
        let mut narrator = Narrator::new(timeline.clone(), Span::ZERO, Colours::OFF);
        narrator.hold = hold;
        let mut lines = narrator.lines(&view(&playback, None));
        playback.begin(&timeline, start);
        let mut now = start;
        while playback.playhead().epoch == 1 {
            now += Duration::from_millis(500);
            playback.advance(&timeline, now);
            lines.append(&mut narrator.lines(&view(&playback, None)));
        }
        assert!(lines[0].starts_with("waiting for the first subscriber (with --wait-for 0"), "{}", lines[0]);
        assert_eq!(lines[1], "playing");
        assert_eq!(lines.iter().filter(|line| line.contains("GOAL  Kalidou")).count(), 1, "{lines:#?}");
        assert!(lines.iter().any(|line| line.contains("shot  Miralem Pjanić (Juventus), woodwork")), "{lines:#?}");
        assert!(lines.iter().any(|line| line == "from the beginning"), "{lines:#?}");
        assert!(lines.iter().any(|line| line.starts_with("the end; again in ")), "{lines:#?}");
        // The next lap does not come where nobody wants one any more, and none where somebody has stepped to the end.
        for (commands, end) in [(["loop off", "seek 100%"], "the end"), (["loop on", "step 500"], "the end")] {
            for command in commands {
                playback.apply(&timeline, &Command::parse_line(command).expect(command), now).expect(command);
                lines.append(&mut narrator.lines(&view(&playback, None)));
            }
            now += Duration::from_secs(60);
            playback.advance(&timeline, now);
            lines.append(&mut narrator.lines(&view(&playback, None)));
            assert_eq!(lines.last().map(String::as_str), Some(end), "{commands:?}");
            playback.apply(&timeline, &Command::Restart, now).expect("a restart");
            lines.append(&mut narrator.lines(&view(&playback, None)));
        }
    }
}
