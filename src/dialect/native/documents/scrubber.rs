//! The whole timeline at one look, for who draws it as a bar: where the matches pass through what, and what happened where.

use super::super::frames::pairing;
use super::super::story::{detail, label, score};
use crate::football::{Field, Match, MatchState, Score, Side};
use crate::json::{ObjectWriter, object};
use crate::scenario::{Cue, KnownPhase, Marker, MediaTime, Span, Timeline};

/// How far a viewer has seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// How many events have been told.
    pub n: usize,
    /// Where media time is.
    pub at: MediaTime,
}

/// What a marker tells of what happened, of all that an event frame holds.
const TOLD: &[Field] = &[
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

/// The timeline of the matches at these places in [`Timeline::tracks`]:
/// `{"run","n","length","matches":[{"id","competition","kickoff","home":{},"away":{},"phases":[]}],"markers":[]}`.
///
/// - A phase, `{"status","period","clock","from","stoppage","to","expected"}`, is a stretch with one status, as media time
///   has it: `clock` is what the clock reads at `from`, `stoppage` when stoppage time begins in it.
/// - A marker with a `type` is a happening of a key type, once, where it was first told and as it was last told:
///   `{"at","n","match","id","op","type","period","clock","label","side",...,"score","shootout","text","corrected":{"at","n","was"}}`.
///   `op` is `remove` where it has been taken back; the `score` is that after it, counting only what stands, as it stands.
///   `corrected` says when it was last told anew, and what type it was at first if that was another.
/// - A marker with a `name`, `{"at","match","name"}`, is a place that the scenario names.
///
/// Where `seen` is given nothing is told that comes later: markers and corrections only as far as they have been told, and
/// phases as [`Timeline::known_phases_at`] has them, what is not over with `"expected":true` and a `to` that is as things stand
/// (`null`: nobody can say). `n` is there only then, and `length` reaches as far as is known or scheduled.
pub fn timeline(
    timeline: &Timeline,
    run: &str,
    tracks: &[usize],
    kickoff_moved: Span,
    seen: Option<Seen>,
    out: &mut Vec<u8>,
) {
    let courses: Vec<Vec<KnownPhase>> = tracks.iter().map(|track| course(timeline, *track, seen)).collect();
    object(out, |o| {
        o.text("run", run);
        o.plain_if("n", seen.map(|seen| seen.n));
        o.plain("length", length(timeline, &courses, seen).as_millis());
        o.array("matches", tracks.iter().zip(&courses), |out, (track, course)| {
            object(out, |o| {
                pairing(o, &timeline.tracks()[*track].fixture, kickoff_moved);
                o.array("phases", course, |out, stretch| object(out, |o| phase(o, stretch)));
            });
        });
        o.array("markers", places(timeline, tracks, seen), |out, place| {
            object(out, |o| place.write(o, timeline));
        });
    });
}

fn course(timeline: &Timeline, track: usize, seen: Option<Seen>) -> Vec<KnownPhase> {
    match seen {
        Some(Seen { n, at }) => timeline.known_phases_at(track, n, at),
        None => timeline.phases(track),
    }
}

/// How long it all is, as far as may be known.
fn length(timeline: &Timeline, courses: &[Vec<KnownPhase>], seen: Option<Seen>) -> MediaTime {
    let Some((seen, next)) = seen.and_then(|seen| Some((seen, timeline.cues().get(seen.n)?))) else {
        return timeline.length();
    };
    let ends = courses.iter().flatten().map(|stretch| stretch.to.unwrap_or(stretch.from));
    ends.max().unwrap_or_default().max(seen.at.min(next.at))
}

fn phase(o: &mut ObjectWriter<'_>, stretch: &KnownPhase) {
    o.text("status", stretch.status.as_str());
    o.plain_or_null("period", stretch.status.period().map(|period| period.number()));
    o.text("clock", &stretch.base.to_string());
    o.plain("from", stretch.from.as_millis());
    o.plain_if("stoppage", stretch.stoppage.map(MediaTime::as_millis));
    o.plain_or_null("to", stretch.to.map(MediaTime::as_millis));
    o.plain_if("expected", stretch.expected.then_some(true));
}

/// What names the whole timeline to HTTP caches: it is the same for as long as what is played is, and when it is said to
/// kick off. Weak: it stands for the compressed bytes as well.
pub fn timeline_etag(run: &str, kickoff_moved: Span) -> String {
    match kickoff_moved.as_millis() {
        0 => format!("W/\"{run}\""),
        moved => format!("W/\"{run}.{moved}\""),
    }
}

/// What a marker stands for.
enum Place<'a> {
    /// A name that the scenario gives to a place.
    Named(&'a Marker),
    Happened(Happening<'a>),
}

/// Something that happened, in all its revisions so far.
struct Happening<'a> {
    /// The first telling, and its `n`.
    first: (&'a Cue, usize),
    /// The last.
    latest: (&'a Cue, usize),
    /// What the score was then, of all that stands.
    score: Score,
    shootout: Option<Score>,
}

/// The places of all markers, in order; at one instant a name stands before what happens there.
fn places<'a>(timeline: &'a Timeline, tracks: &[usize], seen: Option<Seen>) -> Vec<Place<'a>> {
    let cues = timeline.cues();
    let told = seen.map_or(cues.len(), |seen| seen.n);
    let passed = |at: MediaTime| seen.is_none_or(|seen| at <= seen.at && timeline.index_after(at) <= seen.n);
    let named = timeline.markers().iter().filter(|marker| tracks.contains(&usize::from(marker.track)));
    let mut places: Vec<Place<'a>> = named.filter(|marker| passed(marker.at)).map(Place::Named).collect();
    let cue = |place: u32| (&cues[place as usize], place as usize + 1);
    for track in tracks {
        let mut state = MatchState::new(timeline.tracks()[*track].fixture.clone());
        for (first, latest) in timeline.event_cues(*track, told, true) {
            let (first, latest) = (cue(first), cue(latest));
            let mut revisions =
                std::iter::successors(Some(latest.0), |cue| cue.previous.map(|was| &cues[was as usize]));
            if revisions.any(|cue| cue.event.kind.is_key()) {
                // Each as it is known now, so that what has been taken back since does not count either.
                state.apply(&latest.0.event, None);
                let (score, shootout) = (state.score(), state.shootout());
                places.push(Place::Happened(Happening { first, latest, score, shootout }));
            }
        }
    }
    places.sort_by_key(|place| match place {
        Place::Named(marker) => (marker.at, 0),
        Place::Happened(Happening { first: (cue, n), .. }) => (cue.at, *n),
    });
    places
}

impl Place<'_> {
    fn write(&self, o: &mut ObjectWriter<'_>, timeline: &Timeline) {
        let fixture = |track: u16| &timeline.tracks()[usize::from(track)].fixture;
        match self {
            Self::Named(marker) => {
                o.plain("at", marker.at.as_millis());
                o.text("match", fixture(marker.track).id.as_str());
                o.text("name", &marker.name);
            }
            Self::Happened(happening) => happening.write(o, fixture(happening.latest.0.track)),
        }
    }
}

impl Happening<'_> {
    fn write(&self, o: &mut ObjectWriter<'_>, fixture: &Match) {
        let Self { first: (first, n), latest: (latest, last), .. } = self;
        let event = &latest.event;
        o.plain("at", first.at.as_millis());
        o.plain("n", n);
        o.text("match", fixture.id.as_str());
        o.text("id", event.id.as_str());
        o.text("op", event.op.as_str());
        o.text("type", event.kind.as_str());
        o.plain_or_null("period", event.clock.period().map(|period| period.number()));
        o.text("clock", &event.clock.reading.to_string());
        label(o, fixture, event);
        o.text_if("side", event.side.map(Side::as_str));
        for field in TOLD {
            if let Some(value) = event.details.get(*field) {
                detail(o, fixture, *field, &value);
            }
        }
        score(o, "score", Some(self.score));
        if self.shootout.is_some() {
            score(o, "shootout", self.shootout);
        }
        o.text_if("text", event.details.text(Field::Text));
        if last > n {
            o.object("corrected", |o| {
                o.plain("at", latest.at.as_millis());
                o.plain("n", last);
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

    fn shipped(place: usize) -> Timeline {
        Timeline::new(&SHIPPED[place].load().expect("shipped"))
    }

    fn document(of: &Timeline, seen: Option<Seen>) -> Value {
        let tracks: Vec<usize> = (0..of.tracks().len()).collect();
        let mut out = Vec::new();
        timeline(of, "1c26fa5e", &tracks, Span::ZERO, seen, &mut out);
        serde_json::from_slice(&out).expect("JSON")
    }

    fn markers(document: &Value) -> &[Value] {
        document["markers"].as_array().expect("markers")
    }

    /// Once the first `n` events have been told, at the moment of the last.
    fn seen(of: &Timeline, n: usize) -> Option<Seen> {
        Some(Seen { n, at: n.checked_sub(1).map_or(MediaTime::ZERO, |last| of.cues()[last].at) })
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
        let places: Vec<_> = markers(&document).iter().map(|marker| marker["at"].as_i64()).collect();
        assert!(places.is_sorted());
    }

    #[test]
    fn what_was_taken_back_is_shown_as_such_and_counts_for_nothing() {
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
        // Credited to the other side a minute later: it has the score that it made in the end.
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
    fn what_was_a_goal_once_is_still_marked() {
        let timeline = Timeline::new(&scenario(
            r#"{"type":"goal","id":"g","period":1,"clock":"10:00","side":"home","player":"h9"}
               {"op":"update","id":"g","told":"11:00","type":"shot","outcome":"saved"}
               {"type":"shot","id":"s","period":1,"clock":"20:00","side":"away","player":"a9","outcome":"saved"}
               {"op":"update","id":"s","told":"21:00","type":"goal"}
               {"type":"shot","id":"neither","period":1,"clock":"30:00","side":"away","player":"a9","outcome":"saved"}"#,
        ));
        let all = document(&timeline, None);
        let told: Vec<_> = markers(&all)
            .iter()
            .map(|marker| (&marker["id"], &marker["type"], &marker["corrected"]["was"], &marker["score"]["away"]))
            .collect();
        assert_eq!(
            told,
            [
                (&json!("g"), &json!("shot"), &json!("goal"), &json!(0)),
                (&json!("s"), &json!("goal"), &json!("shot"), &json!(1))
            ]
        );
        let before = document(&timeline, seen(&timeline, 1));
        assert_eq!((&markers(&before)[0]["type"], &markers(&before)[0]["score"]["home"]), (&json!("goal"), &json!(1)));
    }

    #[test]
    fn as_far_as_the_flagship_is_known() {
        let timeline = shipped(0);
        let begun = document(&timeline, seen(&timeline, 0));
        assert_eq!((&begun["n"], &begun["length"]), (&json!(0), &json!(6_360_000)), "ninety minutes, and a break");
        assert_eq!(markers(&begun), [] as [Value; 0]);
        let told = timeline.cues().iter().position(|cue| cue.event.id.as_str() == "koulibaly-goal").expect("a goal");
        let names = |n: usize, at: MediaTime| {
            let document = document(&timeline, Some(Seen { n, at }));
            markers(&document).iter().filter(|marker| marker["name"].is_string()).count()
        };
        let at = timeline.cues()[told].at;
        assert_eq!((names(told, at), names(told + 1, at)), (3, 4), "a name waits for what it names");
        assert_eq!(
            (names(told + 1, at - Span::from_nanos(1)), names(timeline.cues().len(), timeline.length())),
            (3, 4)
        );
        let stoppage = document(&timeline, Some(Seen { n: told + 1, at: MediaTime::from_millis(6_484_000) }));
        let phases = stoppage["matches"][0]["phases"].as_array().expect("phases");
        let second =
            json!({"status":"second_half","period":2,"clock":"45:00","from":3_785_000,"to":6_485_000,"expected":true});
        assert_eq!(phases.last(), Some(&second));
        let mut all = document(&timeline, seen(&timeline, timeline.cues().len()));
        all.as_object_mut().expect("an object").remove("n");
        assert_eq!(all, document(&timeline, None), "nothing is left to be hidden");
    }

    /// No marker says what is told later.
    fn assert_markers(of: &Timeline, n: usize) {
        let cues = &of.cues()[..n];
        let document = document(of, seen(of, n));
        for marker in markers(&document) {
            assert!(marker["at"].as_i64() <= seen(of, n).map(|seen| seen.at.as_millis()), "{marker}");
            let Some(id) = marker["id"].as_str() else { continue };
            let fixture = |cue: &Cue| of.tracks()[usize::from(cue.track)].fixture.id.as_str();
            let same = |cue: &&Cue| cue.event.id.as_str() == id && marker["match"] == json!(fixture(cue));
            let event = &cues.iter().rfind(same).expect("it has been told").event;
            assert_eq!(marker["op"].as_str(), Some(event.op.as_str()));
            assert_eq!(marker["type"].as_str(), Some(event.kind.as_str()));
            assert_eq!(marker["text"].as_str(), event.details.text(Field::Text));
            assert_eq!(marker["corrected"].is_object(), event.rev > 0);
            assert!(marker["corrected"]["n"].as_u64() <= Some(n as u64));
        }
    }

    /// No phase does either.
    fn assert_phases(of: &Timeline, n: usize) {
        let at = seen(of, n).map(|seen| seen.at.as_millis());
        let told = of.cues()[..n].iter().any(|cue| cue.event.status >= Status::ExtraTimeBreak);
        let document = document(of, seen(of, n));
        for (track, of) in of.tracks().iter().zip(document["matches"].as_array().expect("matches")) {
            for phase in of["phases"].as_array().expect("phases").iter().filter(|_| track.cues_before(n) < track.len())
            {
                assert!(phase["expected"] == json!(true) || phase["to"].as_i64() <= at, "{phase} at {at:?}");
                let further = phase["period"].as_u64() > Some(2) || phase["status"] == json!("extra_time_break");
                assert!(told || !further, "{phase}");
            }
        }
    }

    #[test]
    fn no_head_of_a_shipped_scenario_tells_what_is_to_come() {
        for place in 0..SHIPPED.len() {
            let timeline = shipped(place);
            for n in (0..timeline.cues().len()).step_by(if place == 1 { 29 } else { 1 }) {
                assert_markers(&timeline, n);
                assert_phases(&timeline, n);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]
        #[test]
        fn nor_does_one_that_chance_has_written(scenario in scenarios(30)) {
            let timeline = Timeline::new(&scenario);
            for n in 0..timeline.cues().len() {
                assert_markers(&timeline, n);
            }
        }
    }
}
