//! The `/timeline` document, from which a client draws a scrubber: the phases of each match, and markers for its key
//! events.

use super::super::frames::write_fixture_fields;
use super::super::match_frames::{write_detail, write_label, write_score};
use crate::football::{Field, Match, MatchState, Score, Side};
use crate::json::{ObjectWriter, write_object};
use crate::scenario::{Cue, KnownPhase, Marker, MediaTime, Span, Timeline};

/// The point up to which a document reveals the timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoilerLimit {
    /// How many events have been released.
    pub n: usize,
    /// The media time.
    pub at: MediaTime,
}

/// The details of an event that its marker includes.
pub(crate) const MARKER_FIELDS: &[Field] = &[
    Field::Player,
    Field::In,
    Field::Out,
    Field::Outcome,
    Field::Question,
    Field::About,
    Field::Reason,
    Field::Situation,
    Field::OwnGoal,
    Field::Confirmed,
    Field::Position,
];

/// Writes the timeline of the matches at these indices in [`Timeline::tracks`]:
/// `{"run","n","length","matches":[{"id","competition","kickoff","home":{},"away":{},"phases":[]}],"markers":[]}`.
///
/// - A phase, `{"status","period","clock","from","stoppage","to","expected"}`, is a stretch of media time with one
///   status. `clock` is the clock's reading at `from`, `stoppage` when stoppage time begins.
/// - A marker with a `type` is an event of a key type, once, at the time of its first revision and with the content of
///   its last:
///   `{"at","n","match","id","op","type","period","clock","label","side",...,"score","shootout","text","corrected":{"at","n","was"}}`.
///   `op` is `remove` if it has been removed. `score` is the score after it, in which only events count that have not
///   been removed, each in its last revision. `corrected` says when the last revision came, and the original type if
///   that was another.
/// - A marker with a `name`, `{"at","match","name"}`, is one that the scenario defines.
///
/// With a `limit` the document reveals nothing later: markers and corrections only up to it, and phases as
/// `Timeline::known_phases_at` predicts them. A phase that is not over has `"expected":true` and a predicted `to` (`null`:
/// unknown). `n` is included only then, and `length` ends at what is known or scheduled.
///
/// With feed faults the document is that of the truth: its numbers `n` are not those of frames.
pub fn write_timeline(
    timeline: &Timeline,
    run: &str,
    tracks: &[usize],
    kickoff_offset: Span,
    limit: Option<SpoilerLimit>,
    out: &mut Vec<u8>,
) {
    let limit = limit.map(|SpoilerLimit { n, at }| SpoilerLimit { n: timeline.true_index_at(n, at), at });
    let timeline = &timeline.truth();
    let all_phases: Vec<Vec<KnownPhase>> = tracks.iter().map(|track| match_phases(timeline, *track, limit)).collect();
    write_object(out, |o| {
        o.text("run", run);
        o.unquoted_if("n", limit.map(|limit| limit.n));
        o.unquoted("length", known_length(timeline, &all_phases, limit).as_millis());
        o.array("matches", tracks.iter().zip(&all_phases), |out, (track, phases)| {
            write_object(out, |o| {
                write_fixture_fields(o, &timeline.tracks()[*track].fixture, kickoff_offset);
                o.array("phases", phases, |out, stretch| write_object(out, |o| write_phase(o, stretch)));
            });
        });
        o.array("markers", marker_entries(timeline, tracks, limit), |out, entry| {
            write_object(out, |o| entry.write(o, timeline));
        });
    });
}

fn match_phases(timeline: &Timeline, track: usize, limit: Option<SpoilerLimit>) -> Vec<KnownPhase> {
    match limit {
        Some(SpoilerLimit { n, at }) => timeline.known_phases_at(track, n, at),
        None => timeline.phases(track),
    }
}

/// The length of the timeline as far as `limit` reveals it.
fn known_length(timeline: &Timeline, phases: &[Vec<KnownPhase>], limit: Option<SpoilerLimit>) -> MediaTime {
    let Some((limit, next)) = limit.and_then(|limit| Some((limit, timeline.cues().get(limit.n)?))) else {
        return timeline.length();
    };
    let ends = phases.iter().flatten().map(|stretch| stretch.to.unwrap_or(stretch.from));
    ends.max().unwrap_or_default().max(limit.at.min(next.at))
}

fn write_phase(o: &mut ObjectWriter<'_>, stretch: &KnownPhase) {
    o.text("status", stretch.status.as_str());
    o.unquoted_or_null("period", stretch.status.period().map(|period| period.number()));
    o.text("clock", &stretch.base.to_string());
    o.unquoted("from", stretch.from.as_millis());
    o.unquoted_if("stoppage", stretch.stoppage.map(MediaTime::as_millis));
    o.unquoted_or_null("to", stretch.to.map(MediaTime::as_millis));
    o.unquoted_if("expected", stretch.expected.then_some(true));
}

/// The entity tag of the complete timeline: it depends on the content that is played and on the kick-off. Weak, because
/// it also stands for the compressed bytes.
pub fn timeline_etag(run: &str, kickoff_offset: Span) -> String {
    match kickoff_offset.as_millis() {
        0 => format!("W/\"{run}\""),
        moved => format!("W/\"{run}.{moved}\""),
    }
}

/// An entry of `markers`.
enum MarkerEntry<'a> {
    /// A marker that the scenario defines.
    Named(&'a Marker),
    Event(MarkedEvent<'a>),
}

/// An event in all its revisions so far.
struct MarkedEvent<'a> {
    /// The first revision, and its `n`.
    first: (&'a Cue, usize),
    /// The last revision, and its `n`.
    latest: (&'a Cue, usize),
    /// The score after the event, counting only events that have not been removed.
    score: Score,
    shootout: Option<Score>,
}

/// All entries in order of time. At the same instant a named marker comes before events.
fn marker_entries<'a>(timeline: &'a Timeline, tracks: &[usize], limit: Option<SpoilerLimit>) -> Vec<MarkerEntry<'a>> {
    let cues = timeline.cues();
    let released = limit.map_or(cues.len(), |limit| limit.n);
    let passed = |at: MediaTime| limit.is_none_or(|limit| at <= limit.at && timeline.index_after(at) <= limit.n);
    let named = timeline.markers().iter().filter(|marker| tracks.contains(&usize::from(marker.track)));
    let mut entries: Vec<MarkerEntry<'a>> = named.filter(|marker| passed(marker.at)).map(MarkerEntry::Named).collect();
    let cue = |index: u32| (&cues[index as usize], index as usize + 1);
    for track in tracks {
        let mut state = MatchState::new(timeline.tracks()[*track].fixture.clone());
        for (first, latest) in timeline.event_cues(*track, released, true) {
            let (first, latest) = (cue(first), cue(latest));
            let mut revisions =
                std::iter::successors(Some(latest.0), |cue| cue.previous.map(|was| &cues[was as usize]));
            if revisions.any(|cue| cue.event.kind.is_key()) {
                // Apply the last revision of each, so that events removed later do not count either.
                state.apply(&latest.0.event, None);
                let (score, shootout) = (state.score(), state.shootout_score());
                entries.push(MarkerEntry::Event(MarkedEvent { first, latest, score, shootout }));
            }
        }
    }
    entries.sort_by_key(|entry| match entry {
        MarkerEntry::Named(marker) => (marker.at, 0),
        MarkerEntry::Event(MarkedEvent { first: (cue, n), .. }) => (cue.at, *n),
    });
    entries
}

impl MarkerEntry<'_> {
    fn write(&self, o: &mut ObjectWriter<'_>, timeline: &Timeline) {
        let fixture = |track: u16| &timeline.tracks()[usize::from(track)].fixture;
        match self {
            Self::Named(marker) => {
                o.unquoted("at", marker.at.as_millis());
                o.text("match", fixture(marker.track).id.as_str());
                o.text("name", &marker.name);
            }
            Self::Event(event) => event.write(o, fixture(event.latest.0.track)),
        }
    }
}

impl MarkedEvent<'_> {
    fn write(&self, o: &mut ObjectWriter<'_>, fixture: &Match) {
        let Self { first: (first, n), latest: (latest, last), .. } = self;
        let event = &latest.event;
        o.unquoted("at", first.at.as_millis());
        o.unquoted("n", n);
        o.text("match", fixture.id.as_str());
        o.text("id", event.id.as_str());
        o.text("op", event.op.as_str());
        o.text("type", event.kind.as_str());
        o.unquoted_or_null("period", event.clock.period().map(|period| period.number()));
        o.text("clock", &event.clock.reading.to_string());
        write_label(o, fixture, event);
        o.text_if("side", event.side.map(Side::as_str));
        for field in MARKER_FIELDS {
            if let Some(value) = event.details.get(*field) {
                write_detail(o, fixture, *field, &value);
            }
        }
        write_score(o, "score", Some(self.score));
        if self.shootout.is_some() {
            write_score(o, "shootout", self.shootout);
        }
        o.text_if("text", event.details.text(Field::Text));
        if last > n {
            o.object("corrected", |o| {
                o.unquoted("at", latest.at.as_millis());
                o.unquoted("n", last);
                o.text_if("was", (first.event.kind != event.kind).then(|| first.event.kind.as_str()));
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::football::Status;
    use crate::scenario::SHIPPED;
    use crate::scenario::testing::{arbitrary::scenarios, scenario};

    fn shipped(index: usize) -> Timeline {
        Timeline::new(&SHIPPED[index].load().expect("shipped"))
    }

    fn document(of: &Timeline, limit: Option<SpoilerLimit>) -> Value {
        let tracks: Vec<usize> = (0..of.tracks().len()).collect();
        let mut out = Vec::new();
        write_timeline(of, "1c26fa5e", &tracks, Span::ZERO, limit, &mut out);
        serde_json::from_slice(&out).expect("JSON")
    }

    fn markers(document: &Value) -> &[Value] {
        document["markers"].as_array().expect("markers")
    }

    /// The limit at the moment of the `n`th event.
    fn limit(of: &Timeline, n: usize) -> Option<SpoilerLimit> {
        Some(SpoilerLimit { n, at: n.checked_sub(1).map_or(MediaTime::ZERO, |last| of.cues()[last].at) })
    }

    #[test]
    fn the_whole_of_the_flagship() {
        let document = document(&shipped(0), None);
        assert_eq!((&document["length"], &document["n"]), (&json!(6_827_000), &Value::Null));
        let of = &document["matches"][0];
        assert_eq!((&of["id"], &of["home"]["short"]), (&json!("juv-nap"), &json!("JUV")));
        assert_eq!(
            of["phases"],
            json!([
                {"status":"scheduled","period":null,"clock":"-1:00","from":0,"to":60_000},
                {"status":"first_half","period":1,"clock":"00:00","from":60_000,"stoppage":2_760_000,"to":2_885_000},
                {"status":"half_time","period":null,"clock":"00:00","from":2_885_000,"to":3_785_000},
                {"status":"second_half","period":2,"clock":"45:00","from":3_785_000,"stoppage":6_485_000,"to":6_727_000},
                {"status":"full_time","period":null,"clock":"00:00","from":6_727_000,"to":6_827_000},
            ])
        );
        let named: Vec<_> = markers(&document).iter().filter_map(|marker| marker["name"].as_str()).collect();
        assert_eq!(named, ["Chiellini injured", "Pjanić hits the post", "Insigne's goal ruled out", "Koulibaly!"]);
        let goals: Vec<_> = markers(&document).iter().filter(|marker| marker["type"] == json!("goal")).collect();
        let [goal] = goals.as_slice() else { panic!("{goals:?}") };
        assert_eq!((&goal["at"], &goal["label"], &goal["op"]), (&json!(6_432_000), &json!("89"), &json!("add")));
        assert_eq!(goal["player"], json!({"id":"koulibaly","name":"Kalidou Koulibaly","number":26}));
        assert_eq!(goal["score"], json!({"home":0,"away":1}));
        let count = |kind: &str| markers(&document).iter().filter(|marker| marker["type"] == json!(kind)).count();
        let counts =
            ["disallowed_goal", "yellow_card", "substitution", "period_start", "period_end", "corner", "commentary"];
        assert_eq!(counts.map(count), [1, 4, 6, 2, 2, 0, 0]);
        let times: Vec<_> = markers(&document).iter().map(|marker| marker["at"].as_i64()).collect();
        assert!(times.is_sorted());
    }

    #[test]
    fn a_removed_event_is_marked_as_removed_and_does_not_count() {
        let document = document(&shipped(2), None);
        let marker = |id: &str| {
            let found: Vec<_> = markers(&document).iter().filter(|marker| marker["id"] == json!(id)).collect();
            let [one] = found.as_slice() else { panic!("{id}: {found:?}") };
            (*one).clone()
        };
        let annulled = marker("wyckhart-67");
        assert_eq!(
            (&annulled["type"], &annulled["op"], &annulled["reason"]),
            (&json!("goal"), &json!("remove"), &json!("offside"))
        );
        assert_eq!(annulled["score"], json!({"home":1,"away":1}));
        let later =
            annulled["corrected"]["at"].as_i64().zip(annulled["at"].as_i64()).map(|(corrected, at)| corrected - at);
        assert_eq!(later, Some(122_000), "taken back at 69:12");
        // Credited to the other side a minute later: the score is that after the correction.
        let own_goal = marker("marrable-17");
        assert_eq!(
            (&own_goal["op"], &own_goal["side"], &own_goal["own_goal"]),
            (&json!("update"), &json!("away"), &json!(true))
        );
        assert_eq!(own_goal["score"], json!({"home":0,"away":1}));
        assert_eq!(marker("brackwater-first")["player"]["id"], json!("kallender"));
        assert!(marker("larchmont-84").get("corrected").is_none());
        let last = markers(&document).iter().rfind(|marker| marker["match"] == json!("van-lar")).expect("a marker");
        assert_eq!((&last["type"], &last["score"]), (&json!("match_end"), &json!({"home":2,"away":2})));
    }

    #[test]
    fn an_event_that_was_of_a_key_type_is_still_marked() {
        let timeline = Timeline::new(&scenario(
            r#"{"type":"goal","id":"g","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"op":"update","id":"g","told":"11:00","type":"shot","outcome":"saved"}
               {"type":"shot","id":"s","period":1,"clock":"20:00","side":"away","player":"a9","outcome":"saved"}
               {"op":"update","id":"s","told":"21:00","type":"goal"}
               {"type":"shot","id":"neither","period":1,"clock":"30:00","side":"away","player":"a9","outcome":"saved"}"#,
        ));
        let all = document(&timeline, None);
        let shown: Vec<_> = markers(&all)
            .iter()
            .map(|marker| (&marker["id"], &marker["type"], &marker["corrected"]["was"], &marker["score"]["away"]))
            .collect();
        assert_eq!(
            shown,
            [
                (&json!("g"), &json!("shot"), &json!("goal"), &json!(0)),
                (&json!("s"), &json!("goal"), &json!("shot"), &json!(1))
            ]
        );
        let before = document(&timeline, limit(&timeline, 1));
        assert_eq!((&markers(&before)[0]["type"], &markers(&before)[0]["score"]["home"]), (&json!("goal"), &json!(1)));
    }

    #[test]
    fn a_limit_bounds_the_flagship() {
        let timeline = shipped(0);
        let begun = document(&timeline, limit(&timeline, 0));
        assert_eq!((&begun["n"], &begun["length"]), (&json!(0), &json!(6_360_000)), "ninety minutes, and a break");
        assert_eq!(markers(&begun), [] as [Value; 0]);
        let goal = timeline.cues().iter().position(|cue| cue.event.id.as_str() == "koulibaly-goal").expect("a goal");
        let names = |n: usize, at: MediaTime| {
            let document = document(&timeline, Some(SpoilerLimit { n, at }));
            markers(&document).iter().filter(|marker| marker["name"].is_string()).count()
        };
        let at = timeline.cues()[goal].at;
        assert_eq!((names(goal, at), names(goal + 1, at)), (3, 4), "a named marker appears with its event");
        assert_eq!(
            (names(goal + 1, at - Span::from_nanos(1)), names(timeline.cues().len(), timeline.length())),
            (3, 4)
        );
        let stoppage = document(&timeline, Some(SpoilerLimit { n: goal + 1, at: MediaTime::from_millis(6_484_000) }));
        let phases = stoppage["matches"][0]["phases"].as_array().expect("phases");
        let second =
            json!({"status":"second_half","period":2,"clock":"45:00","from":3_785_000,"to":6_485_000,"expected":true});
        assert_eq!(phases.last(), Some(&second));
        let mut all = document(&timeline, limit(&timeline, timeline.cues().len()));
        all.as_object_mut().expect("an object").remove("n");
        assert_eq!(all, document(&timeline, None), "nothing is left to be hidden");
    }

    /// No marker reveals what comes later.
    fn assert_markers(of: &Timeline, n: usize) {
        let cues = &of.cues()[..n];
        let document = document(of, limit(of, n));
        for marker in markers(&document) {
            assert!(marker["at"].as_i64() <= limit(of, n).map(|limit| limit.at.as_millis()), "{marker}");
            let Some(id) = marker["id"].as_str() else { continue };
            let fixture = |cue: &Cue| of.tracks()[usize::from(cue.track)].fixture.id.as_str();
            let same = |cue: &&Cue| cue.event.id.as_str() == id && marker["match"] == json!(fixture(cue));
            let event = &cues.iter().rfind(same).expect("it has been released").event;
            assert_eq!(marker["op"].as_str(), Some(event.op.as_str()));
            assert_eq!(marker["type"].as_str(), Some(event.kind.as_str()));
            assert_eq!(marker["text"].as_str(), event.details.text(Field::Text));
            assert_eq!(marker["corrected"].is_object(), event.rev > 0);
            assert!(marker["corrected"]["n"].as_u64() <= Some(n as u64));
        }
    }

    /// No phase reveals what comes later.
    fn assert_phases(of: &Timeline, n: usize) {
        let at = limit(of, n).map(|limit| limit.at.as_millis());
        let known = of.cues()[..n].iter().any(|cue| cue.event.status >= Status::ExtraTimeBreak);
        let document = document(of, limit(of, n));
        for (track, of) in of.tracks().iter().zip(document["matches"].as_array().expect("matches")) {
            for phase in of["phases"].as_array().expect("phases").iter().filter(|_| track.cues_before(n) < track.len())
            {
                assert!(phase["expected"] == json!(true) || phase["to"].as_i64() <= at, "{phase} at {at:?}");
                let further = phase["period"].as_u64() > Some(2) || phase["status"] == json!("extra_time_break");
                assert!(known || !further, "{phase}");
            }
        }
    }

    #[test]
    fn no_limit_of_a_shipped_scenario_reveals_what_comes_later() {
        for index in 0..SHIPPED.len() {
            let timeline = shipped(index);
            for n in (0..timeline.cues().len()).step_by(if index == 1 { 29 } else { 1 }) {
                assert_markers(&timeline, n);
                assert_phases(&timeline, n);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
        #[test]
        fn no_limit_of_a_random_scenario_reveals_what_comes_later(scenario in scenarios(30)) {
            let timeline = Timeline::new(&scenario);
            for n in 0..timeline.cues().len() {
                assert_markers(&timeline, n);
            }
        }
    }
}
