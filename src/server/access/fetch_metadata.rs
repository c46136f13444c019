//! Checks requests without an `Origin`. Programs send none, and neither do browsers when a page loads, frames or links
//! to something. Fetch metadata tells these apart, so that pages of other sites cannot cause side effects.

use http::header::{ACCEPT, HeaderName, USER_AGENT};
use http::{HeaderMap, Method};

use super::authority::Authority;
use super::request_head::{Denied, RequestHead, Target};
use crate::server::accept_header::accepts;

/// What a browser says about the page behind a request (Fetch Metadata, sections 2.1 to 2.3).
pub(in crate::server) const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
/// The headers of speculative requests, such as prefetch and prerender (Fetch Metadata, section 2.5, and what older
/// browsers send).
const SPECULATIVE_HEADERS: [&str; 3] = ["sec-purpose", "purpose", "x-moz"];
/// The beginning of every browser's `User-Agent`.
const BROWSER: &str = "Mozilla/";

/// Whether a page of another site has caused the request, or may have: over plain HTTP beyond loopback browsers do not
/// say.
///
/// Pages on any port of this machine may read, and `localhost:3000` is the same site as `localhost:8089`. Beyond
/// loopback, a site includes hosts that were not allowed.
pub(super) fn is_cross_site(headers: &HeaderMap, host: &Authority) -> bool {
    match headers.get(SEC_FETCH_SITE).map(|site| site.as_bytes()) {
        Some(b"same-origin" | b"none") => false,
        None | Some(b"same-site") => !host.host.is_loopback(),
        Some(_) => true,
    }
}

/// Checks a request without an `Origin` by its fetch metadata. Pages load, frame and navigate without an `Origin`.
pub(super) fn check_fetch_metadata(head: &RequestHead<'_>, host: &Authority) -> Result<(), Denied> {
    // A page of any site can have a link prefetched, and the browser sends `Sec-Fetch-Site: none` with that.
    let is_ahead = SPECULATIVE_HEADERS.into_iter().any(|name| head.headers.contains_key(name));
    if is_ahead && matches!(head.target, Target::Stream(_)) {
        return Err(Denied::forbidden("Sec-Purpose", "a stream may not be prefetched", None));
    }
    let says = |name: HeaderName, word: &str| head.headers.get(name).is_some_and(|value| value == word);
    if !head.headers.contains_key(SEC_FETCH_SITE) {
        return check_user_agent(head, host);
    }
    let reads = matches!(*head.method, Method::GET | Method::HEAD);
    // A navigation replaces the other site's page, which does not see the response. A frame stays inside that page, so
    // only pages pass, whose policy (`frame-ancestors`) decides.
    let leaves = says(SEC_FETCH_DEST, "document") && !matches!(head.target, Target::Stream(_));
    let frames = (says(SEC_FETCH_DEST, "iframe") || says(SEC_FETCH_DEST, "frame")) && head.target == Target::Page;
    if !is_cross_site(head.headers, host) || reads && says(SEC_FETCH_MODE, "navigate") && (leaves || frames) {
        return Ok(());
    }
    let what = if matches!(head.target, Target::Stream(_)) { "open a stream here" } else { "show what is served here" };
    let flag = "--allow-origin and a request with CORS".to_owned();
    Err(Denied::forbidden("Sec-Fetch-Site", format!("a page of another site may not {what}"), Some(flag)))
}

/// Checks a request without fetch metadata, which browsers send only over TLS and to loopback. Elsewhere `Accept` tells
/// a stream that a page reads from one that it frames or links to.
fn check_user_agent(head: &RequestHead<'_>, host: &Authority) -> Result<(), Denied> {
    // The handshake of a WebSocket always has an Origin if a browser sends it.
    let Target::Stream(framing) = head.target else { return Ok(()) };
    let Some(media_type) = framing.media_type() else { return Ok(()) };
    let is_browser = head.headers.get(USER_AGENT).is_some_and(|agent| agent.as_bytes().starts_with(BROWSER.as_bytes()));
    if !is_browser || host.host.is_loopback() || accepts(head.headers, ACCEPT, media_type) {
        return Ok(());
    }
    let message =
        format!("a browser reads this stream with \"Accept: {media_type}\", as EventSource and fetch can send it");
    Err(Denied::forbidden("Accept", message, None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Framing;

    const LINES: Target = Target::Stream(Framing::Lines);
    const SSE: Target = Target::Stream(Framing::Sse);

    fn passes(method: &Method, host: &str, target: Target, lines: &[(HeaderName, &str)]) -> bool {
        let headers: HeaderMap =
            lines.iter().map(|(name, value)| (name.clone(), value.parse().expect("a header"))).collect();
        let head =
            RequestHead { method, authority: None, query: "", headers: &headers, peer: [127, 0, 0, 1].into(), target };
        check_fetch_metadata(&head, &Authority::parse(host).expect("a host")).is_ok()
    }

    fn fetched(host: &str, site: &str, mode: &str, dest: &str, target: Target) -> bool {
        passes(&Method::GET, host, target, &[(SEC_FETCH_SITE, site), (SEC_FETCH_MODE, mode), (SEC_FETCH_DEST, dest)])
    }

    #[test]
    fn a_cross_site_page_causes_no_side_effects() {
        for host in ["localhost:8089", "127.0.0.1:8089", "scores.example"] {
            for dest in
                ["iframe", "frame", "object", "embed", "image", "script", "empty", "fencedframe", "document", ""]
            {
                for mode in ["navigate", "no-cors", "cors", "same-origin", ""] {
                    for (target, may_link) in
                        [(LINES, false), (SSE, false), (Target::Document, true), (Target::Page, true)]
                    {
                        let links = mode == "navigate" && dest == "document" && may_link;
                        let frames = mode == "navigate" && matches!(dest, "iframe" | "frame") && target == Target::Page;
                        let found = fetched(host, "cross-site", mode, dest, target);
                        assert_eq!(found, links || frames, "{host} {dest} {mode} {target:?}");
                    }
                }
            }
        }
        let link = [(SEC_FETCH_SITE, "cross-site"), (SEC_FETCH_MODE, "navigate"), (SEC_FETCH_DEST, "document")];
        assert!(passes(&Method::HEAD, "localhost", Target::Document, &link));
        for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
            assert!(!passes(&method, "localhost", Target::Document, &link), "{method}");
        }
        assert!(!fetched("localhost", "cross-site, none", "navigate", "iframe", LINES), "an unknown word");
    }

    #[test]
    fn same_origin_pages_and_direct_visits_may_do_anything() {
        for site in ["same-origin", "none"] {
            for (mode, dest) in
                [("cors", "empty"), ("navigate", "document"), ("no-cors", "image"), ("navigate", "iframe")]
            {
                assert!(fetched("scores.example", site, mode, dest, LINES), "{site} {mode}");
            }
        }
    }

    #[test]
    fn a_stream_may_not_be_prefetched() {
        let ahead = |name: &'static str, value: &str, target| {
            let navigates = [(SEC_FETCH_SITE, "none"), (SEC_FETCH_MODE, "navigate"), (SEC_FETCH_DEST, "document")];
            passes(
                &Method::GET,
                "127.0.0.1",
                target,
                &[&navigates[..], &[(HeaderName::from_static(name), value)]].concat(),
            )
        };
        for (name, value) in [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("x-moz", "prefetch")] {
            assert!(!ahead(name, value, LINES) && !ahead(name, value, SSE), "{name}");
            assert!(ahead(name, value, Target::Page) && ahead(name, value, Target::Document), "{name}");
        }
    }

    #[test]
    fn the_same_site_is_trusted_on_this_machine_only() {
        assert!(fetched("localhost:8089", "same-site", "navigate", "document", LINES));
        assert!(!fetched("live.scores.example", "same-site", "navigate", "document", LINES));
        assert!(!fetched("live.scores.example", "same-site", "no-cors", "image", Target::Document));
    }

    #[test]
    fn a_browser_without_metadata_opens_a_stream_by_its_media_type() {
        const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0";
        const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let opens = |host: &str, agent: &str, accept: &str, target| {
            passes(&Method::GET, host, target, &[(USER_AGENT, agent), (ACCEPT, accept)])
        };
        for (target, media_type, other) in
            [(SSE, "text/event-stream", "application/x-ndjson"), (LINES, "application/x-ndjson", "text/event-stream")]
        {
            assert!(opens("192.168.0.7:8089", AGENT, media_type, target));
            for accept in [HTML, "*/*", "", other] {
                assert!(!opens("192.168.0.7:8089", AGENT, accept, target), "{accept}");
                assert!(opens("192.168.0.7:8089", "curl/8.5.0", accept, target));
                assert!(opens("127.0.0.1:8089", AGENT, accept, target), "metadata is sent there");
            }
        }
        assert!(!passes(&Method::GET, "192.168.0.7", LINES, &[(USER_AGENT, AGENT)]), "no Accept at all");
        let websocket = Target::Stream(Framing::WebSocket);
        assert!(opens("192.168.0.7", AGENT, HTML, websocket) && opens("192.168.0.7", AGENT, HTML, Target::Page));
    }
}
