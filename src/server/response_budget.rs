//! The memory budget of responses. It bounds what clients can hold that request much and read nothing.

use axum::body::{Body, HttpBody};
use axum::response::Response;
use bytes::Bytes;
use tokio::sync::OwnedSemaphorePermit;

use super::byte_budget::ByteBudget;
use super::refusal::error_response;
use crate::error_code::ErrorCode;
use crate::playback::Rejection;

/// The kernel takes this much of a response at once, so shorter ones do not wait here for long.
const EXEMPT_BYTES: usize = 64 << 10;

/// Limits how many bytes of responses wait to be taken.
#[derive(Debug)]
pub(super) struct ResponseBudget(ByteBudget);

/// The body of a response, with its share of the budget.
struct BudgetedBody {
    bytes: Bytes,
    _taken: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for BudgetedBody {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl ResponseBudget {
    /// A budget of so many bytes.
    pub(super) fn with_limit(bytes: usize) -> Self {
        Self(ByteBudget::with_limit(bytes))
    }

    /// Charges a response until it has been taken, or replaces it with `over_limit` if the budget is exhausted.
    pub(super) async fn charge(&self, response: Response) -> Response {
        let length = response.body().size_hint().exact().and_then(|length| usize::try_from(length).ok());
        let Some(length) = length.filter(|length| *length > EXEMPT_BYTES) else { return response };
        let Some(taken) = self.0.try_take(length) else {
            let message = format!(
                "responses that clients have not read yet fill the limit of {} bytes; try again in a moment",
                self.0.bytes
            );
            return error_response(&Rejection::new(ErrorCode::OverLimit, message));
        };
        let (parts, body) = response.into_parts();
        match axum::body::to_bytes(body, length).await {
            // Held by the bytes, not by the body: the body is dropped as soon as its bytes wait to be written.
            Ok(bytes) => {
                Response::from_parts(parts, Body::from(Bytes::from_owner(BudgetedBody { bytes, _taken: taken })))
            }
            Err(_) => error_response(&Rejection::new(ErrorCode::Unavailable, "the response body could not be read")),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;

    #[tokio::test]
    async fn a_response_counts_until_its_last_bytes_are_dropped() {
        let budget = ResponseBudget::with_limit(300 << 10);
        let of = |bytes: usize| Response::new(Body::from(vec![b'x'; bytes]));
        let first = budget.charge(of(200 << 10)).await;
        assert_eq!(first.status(), StatusCode::OK);
        assert_eq!(budget.charge(of(101 << 10)).await.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(budget.charge(of(EXEMPT_BYTES)).await.status(), StatusCode::OK, "a short one");
        let bytes = axum::body::to_bytes(first.into_body(), usize::MAX).await.expect("a body");
        assert_eq!(bytes.len(), 200 << 10);
        let rest = bytes.slice(100..);
        drop(bytes);
        assert_eq!(budget.charge(of(101 << 10)).await.status(), StatusCode::TOO_MANY_REQUESTS);
        drop(rest);
        assert_eq!(budget.charge(of(900 << 10)).await.status(), StatusCode::OK, "one may be longer than all");
    }
}
