//! `/api/replays`: which there are, opening and closing them.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::LOCATION;
use http::{HeaderValue, StatusCode};
use serde_json::Value;

use super::{Looked, Query, Refused, body, json, now, visitor};
use crate::dialect::native::documents;
use crate::hub::{Opened, Replay, ReplaySpec, Token};
use crate::json::{Members, object, shown, value};
use crate::playback::Rejection;
use crate::server::catalogue::Found;
use crate::server::entrance::wrong_token;
use crate::server::opening;
use crate::server::refusal::rejection;
use crate::server::site::Site;

/// Those that everybody may know of; whoever may control all sees all.
pub(super) async fn list(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, _) = request.into_parts();
    Query::read(parts.uri.query(), &[])?;
    let sees_all = visitor(&parts)?.controls_all().map_err(|_| wrong_token())?;
    let replays: Vec<Replay> = site.hub.list().into_iter().filter(|replay| sees_all || replay.is_listed()).collect();
    let mut lines = Vec::with_capacity(replays.len());
    for replay in replays {
        let mut out = Vec::new();
        line(&replay, &mut out);
        lines.push(out);
        // Each that rests is brought up to date first: others have their turn in between.
        tokio::task::yield_now().await;
    }
    let mut body = Vec::new();
    object(&mut body, |o| o.array("replays", &lines, |out, line| out.extend_from_slice(line)));
    Ok(json(StatusCode::OK, body))
}

pub(super) async fn tell(looked: Looked) -> Response {
    let mut body = Vec::new();
    line(&looked.replay, &mut body);
    json(StatusCode::OK, body)
}

fn line(replay: &Replay, out: &mut Vec<u8>) {
    let view = replay.status(now());
    let line = documents::ReplayEntry {
        id: replay.name(),
        status: replay.whereabouts(&view, now()),
        shared: replay.is_listed(),
        subscribers: replay.subscribers(),
        linger: replay.linger(),
    };
    documents::replay(replay.timeline(), &line, out);
}

/// Opens one, and gives whoever opened it the means to control it.
pub(super) async fn open(State(site): State<Arc<Site>>, request: Request) -> Result<Response, Refused> {
    let (parts, sent) = request.into_parts();
    Query::read(parts.uri.query(), &[])?;
    let (name, programme) = wanted(&body(&site, &parts, sent).await?)?;
    let timeline = match opening::find(&site, &programme)? {
        Found::Ready(timeline) => timeline,
        Found::Shipped(place) => opening::lay_out(&site, place).await?,
    };
    let open = || opening::open(&site, name.as_deref(), &programme, timeline, |_| ());
    let Opened { replay, .. } = if programme.takes_time() { site.slow_work.run(open).await?? } else { open()? };
    tracing::info!(replay = replay.name(), title = replay.timeline().title(), "opened");
    let base = site.access.base_url(&visitor(&parts)?);
    let [http, ws] = [base.http(), base.ws()].map(|base| format!("{base}/r/{}", replay.name()));
    let view = replay.status(now());
    let mut body = Vec::new();
    let token = replay.token();
    let line = documents::OpenedReplay {
        id: replay.name(),
        ws: &format!("{ws}/ws"),
        http: &http,
        control: token.as_ref().map(Token::reveal),
        status: replay.whereabouts(&view, now()),
    };
    documents::opened(replay.timeline(), &line, &mut body);
    let mut response = json(StatusCode::CREATED, body);
    if let Ok(location) = HeaderValue::try_from(format!("{}/api/replays/{}", base.path, replay.name())) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}

/// The fields of a request to open a replay that are not of its programme.
const OWN_FIELDS: &[&str] = &["name"];

/// What the body of a request asks to be opened: the name, if it gives one, and what is to be played.
fn wanted(sent: &[u8]) -> Result<(Option<String>, ReplaySpec), Rejection> {
    let (mut name, mut programme) = (None, ReplaySpec::default());
    if sent.trim_ascii().is_empty() {
        return Ok((name, programme));
    }
    let Members { by_name, duplicate } = serde_json::from_slice(sent)
        .map_err(|error| rejection("bad_json", format!("the body is not a JSON object: {error}")))?;
    if let Some(field) = duplicate {
        return Err(Rejection::field_given_twice(&field));
    }
    for (field, member) in by_name {
        let unreadable = |error: String| Rejection::unreadable_field(&field, &error);
        match (&*field, value(member).map_err(unreadable)?) {
            ("name", Value::Null) => {}
            ("name", Value::String(given)) => name = Some(given),
            ("name", other) => {
                let message = format!("name must be a text, and is {}", shown(&other));
                return Err(Rejection::bad_argument(message));
            }
            (field, value) => programme.set_json(field, &value, OWN_FIELDS)?,
        }
    }
    Ok((name, programme))
}

/// Closes one: who may control it may do that.
pub(super) async fn close(State(site): State<Arc<Site>>, looked: Looked) -> Result<Response, Refused> {
    looked.control()?;
    if !looked.replay.is_owned() {
        let message = format!("the replay {:?} lasts as long as the server does", looked.replay.name());
        return Err(rejection("lasting", message).into());
    }
    site.hub.close(&looked.replay);
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    Ok(response)
}
