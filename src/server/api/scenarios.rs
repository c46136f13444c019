//! `GET /api/scenarios`: what can be played.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;

use super::{Refused, json};
use crate::dialect::native::documents;
use crate::json::object;
use crate::server::refusal::rejection;
use crate::server::site::Site;

pub(super) async fn list(State(site): State<Arc<Site>>) -> Result<Response, Refused> {
    let catalogue = site.catalogue.clone();
    // Those that nobody has asked for yet are laid out for this, which takes a moment.
    let all = tokio::task::spawn_blocking(move || catalogue.all()).await;
    let all = all.map_err(|_| rejection("unavailable", "the scenarios could not be laid out"))??;
    let mut body = Vec::new();
    object(&mut body, |o| {
        o.array("scenarios", &all, |out, (name, offered)| {
            documents::scenario(name, offered.about.as_deref(), &offered.sources, &offered.timeline, out);
        });
    });
    Ok(json(StatusCode::OK, body))
}
