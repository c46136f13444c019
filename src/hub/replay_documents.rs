//! The documents of a replay, at the place at which playback is.

use std::sync::Arc;
use std::time::Instant;

use super::documents::{DocumentCell, DocumentCounts, Step};
use super::replay::Replay;
use crate::dialect::document::{DocumentDialect, DocumentRequest, DocumentResponse, Moment, Usage};
use crate::playback::{Playhead, Speed};
use crate::scenario::{MediaTime, Span, Timeline};

/// Where playback is for a request to a dialect.
#[derive(Debug)]
pub(crate) struct DocumentPlace {
    timeline: Arc<Timeline>,
    index: usize,
    at: MediaTime,
    /// The response, once somebody has made it; `None`: it is not shared.
    pub(crate) cell: Option<DocumentCell>,
}

/// Where playback is for a dialect that moves in steps while it plays; a stopped clock is exact. Never before the last change of
/// the clock, so that a document does not go back when play begins.
fn stepped(timeline: &Timeline, playhead: &Playhead, now: Instant, step: Span) -> (usize, MediaTime) {
    let head = playhead.head as usize;
    let at = playhead.clock.media_time(now);
    // A cue that is due and not released yet belongs to the future.
    let at = timeline.cues().get(head).map_or(at, |next| at.min(next.at));
    if !playhead.clock.running || playhead.clock.speed == Speed::MAX || step <= Span::ZERO {
        return (head, at);
    }
    let steps = at.as_nanos().div_euclid(step.as_nanos());
    let begun = MediaTime::from_nanos(steps.saturating_mul(step.as_nanos()));
    let at = begun.max(playhead.clock.media).min(at);
    (timeline.index_after(at).min(head), at)
}

impl Replay {
    /// Where playback is now for a request to a dialect.
    pub(crate) fn document_place(
        &self,
        dialect: &dyn DocumentDialect,
        request: &DocumentRequest<'_>,
        base: &str,
        now: Instant,
    ) -> DocumentPlace {
        let status = self.status(now);
        let (index, at) = stepped(status.timeline(), &status.playhead, now, dialect.step());
        let cell = if dialect.is_shared(request) {
            let parameters = request.query.iter().filter(|(name, _)| !dialect.ignores(name));
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
            let key = format!("{base} {}?{query}", request.path);
            self.inner.documents.kept(dialect.name(), Step::new(status.timeline(), index, at), &key, now)
        } else {
            None
        };
        DocumentPlace { timeline: status.timeline().clone(), index, at, cell }
    }

    /// Makes the response of a dialect to a request at a place.
    pub(crate) fn make_document(
        &self,
        place: &DocumentPlace,
        dialect: &dyn DocumentDialect,
        request: &DocumentRequest<'_>,
        base: &str,
    ) -> DocumentResponse {
        let DocumentPlace { timeline, index, at, .. } = place;
        let ids = self.inner.documents.ids(timeline);
        let kickoff_offset = self.inner.kickoff_offset;
        dialect.respond(&Moment { timeline, index: *index, at: *at, kickoff_offset, ids, base }, request)
    }

    /// Counts a request to a dialect.
    pub(crate) fn count_document_request(&self, dialect: &str, now: Instant) -> Usage {
        self.inner.touch();
        self.inner.documents.count(dialect, now)
    }

    /// Notes the response to a request for a document. The first one that is not refused begins a replay that waits for a subscriber.
    pub(crate) fn note_document(&self, dialect: &str, refused: bool, now: Instant) {
        self.inner.documents.note_response(dialect, refused, now);
        if !refused {
            self.inner.note_poll();
        }
    }

    /// How many documents of dialects have been requested.
    pub(crate) fn document_counts(&self) -> DocumentCounts {
        self.inner.documents.counts()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use std::time::Duration;

    use super::super::documents::MAX_KEPT;
    use super::*;
    use crate::hub::{Hub, ReplayOptions};
    use crate::playback::Command;
    use crate::scenario::SHIPPED;

    /// Answers with the place of the moment, and counts how often it does.
    #[derive(Debug, Default)]
    struct Place(AtomicUsize);

    impl DocumentDialect for Place {
        fn name(&self) -> &str {
            "place"
        }

        fn step(&self) -> Span {
            Span::from_secs(15)
        }

        fn respond(&self, moment: &Moment<'_>, _: &DocumentRequest<'_>) -> DocumentResponse {
            self.0.fetch_add(1, Ordering::Relaxed);
            DocumentResponse::json(200, &serde_json::json!([moment.at.as_millis(), moment.index]))
        }

        fn error(&self, _: &DocumentRequest<'_>, status: u16) -> DocumentResponse {
            DocumentResponse::json(status, &serde_json::Value::Null)
        }
    }

    fn place(replay: &Replay, dialect: &Place, path: &str) -> String {
        let request = DocumentRequest::new(path, "", &|_| None, Usage::default());
        let place = replay.document_place(dialect, &request, "", crate::hub::runtime_now());
        let cell = place.cell.as_ref().expect("shared");
        if !cell.initialized() {
            cell.set(replay.make_document(&place, dialect, &request, "")).expect("empty");
        }
        String::from_utf8(cell.get().expect("made").body.to_vec()).expect("text")
    }

    #[tokio::test(start_paused = true)]
    async fn documents_move_in_steps_while_playing_and_are_exact_when_stopped() {
        let hub = Hub::new();
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let opened = hub.open("main", timeline, ReplayOptions::default()).expect("a replay");
        let (replay, control) = (opened.replay, opened.control);
        let dialect = Place::default();
        let seek = Command::parse_line("seek 89:00").expect("a command");
        control.apply(seek).await.expect("a seek");
        for command in ["speed 1", "pause"] {
            control.apply(Command::parse_line(command).expect("a command")).await.expect(command);
        }
        assert_eq!(place(&replay, &dialect, "a"), "[6425000,85]");
        control.apply(Command::Play).await.expect("play");
        let mut places = Vec::new();
        for _ in 0..6 {
            places.push(place(&replay, &dialect, "a"));
            tokio::time::advance(Duration::from_millis(4_900)).await;
        }
        // 6,425 s is no multiple of 15 s: the document stays where it was until 6,435 s.
        let expected = ["[6425000,85]", "[6425000,85]", "[6425000,85]", "[6435000,87]", "[6435000,87]", "[6435000,87]"];
        assert_eq!(places, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_document_is_made_once_for_each_step_and_request() {
        let hub = Hub::new();
        let timeline = Arc::new(Timeline::new(&SHIPPED[0].load().expect("shipped")));
        let replay = hub.open("main", timeline, ReplayOptions::default()).expect("a replay").replay;
        let dialect = Place::default();
        for _ in 0..100 {
            place(&replay, &dialect, "a");
            place(&replay, &dialect, "b");
        }
        assert_eq!(dialect.0.load(Ordering::Relaxed), 2);
        tokio::time::advance(Duration::from_secs(20)).await;
        for key in 0..1_000 {
            place(&replay, &dialect, &key.to_string());
        }
        assert!(replay.inner.documents.kept_count() <= MAX_KEPT);
    }
}
