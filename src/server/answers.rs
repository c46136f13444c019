//! Answers that wait to be taken: a bound on what all of them hold, so that those who ask for much and read nothing take a
//! bounded part of memory.

use std::sync::Arc;

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::refusal::{refusal, rejection};

/// What the kernel takes of an answer at once, at least: shorter ones do not wait here for long.
const TAKEN_AT_ONCE: usize = 64 << 10;
/// In what bytes are counted.
const UNIT: usize = 1 << 10;

/// What may wait.
#[derive(Debug)]
pub(super) struct Answers {
    free: Arc<Semaphore>,
    units: u32,
    bytes: usize,
}

/// The body of an answer, and what it takes of that.
struct Held {
    bytes: Bytes,
    _taken: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Answers {
    /// So many bytes at most.
    pub(super) fn within(bytes: usize) -> Self {
        let units = (bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self { free: Arc::new(Semaphore::new(units)), units: units as u32, bytes }
    }

    /// Counts an answer as long as any of it has not been taken, or gives another where there is no room for it.
    pub(super) async fn hold(&self, response: Response) -> Response {
        let length = response.body().size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|length| *length > TAKEN_AT_ONCE) else { return response };
        // A single one may take it all.
        let units = u32::try_from(length.div_ceil(UNIT)).unwrap_or(u32::MAX).min(self.units);
        let Ok(taken) = self.free.clone().try_acquire_many_owned(units) else {
            let message = format!("answers that others have not taken yet fill {} bytes; come back", self.bytes);
            return refusal(&rejection("over_limit", message));
        };
        let (parts, body) = response.into_parts();
        match axum::body::to_bytes(body, length).await {
            // Not with the body: that is gone as soon as its bytes wait to be written.
            Ok(bytes) => Response::from_parts(parts, Body::from(Bytes::from_owner(Held { bytes, _taken: taken }))),
            Err(_) => refusal(&rejection("unavailable", "the answer could not be read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn what_has_not_been_taken_counts_until_it_is_let_go() {
        let answers = Answers::within(300 << 10);
        let of = |bytes: usize| Response::new(Body::from(vec![b'x'; bytes]));
        let first = answers.hold(of(200 << 10)).await;
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(answers.hold(of(101 << 10)).await.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answers.hold(of(TAKEN_AT_ONCE)).await.status(), StatusCode::OK, "a short one");
        let bytes = axum::body::to_bytes(first.into_body(), usize::MAX).await.expect("a body");
        assert_eq!(bytes.len(), 200 << 10);
        let rest = bytes.slice(100..);
        drop(bytes);
        assert_eq!(answers.hold(of(101 << 10)).await.status(), StatusCode::TOO_MANY_REQUESTS);
        drop(rest);
        assert_eq!(answers.hold(of(900 << 10)).await.status(), StatusCode::OK, "one may be longer than all");
    }
}
