//! The match centre, its overlays and its assets: routes, headers, caching and access.

use std::io::Read;

use touchline::internals::hub::Framing;
use touchline::server::ControlToken;

use crate::real::{DRIVERS, Response, TestServer, options};

/// A browser's `Accept` header.
const BROWSER: &str = "accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
/// An origin on this machine with another port.
const ELSEWHERE: &str = "origin: http://localhost:3000";
const HTML: Option<&str> = Some("text/html; charset=utf-8");

/// Paths that serve a page.
const PAGES: &[&str] = &["/", "/r/main", "/r/main/", "/overlay/scorebug", "/overlay/ticker", "/r/main/overlay/goal"];

async fn browse(server: &TestServer, path: &str) -> Response {
    server.ask("GET", path, &[BROWSER], "").await
}

/// The asset paths referenced by a page.
fn named(page: &str) -> Vec<&str> {
    let quoted = page.split('"').skip(1).step_by(2);
    quoted.filter(|word| word.starts_with("/assets/")).collect()
}

/// The folder of a page's assets.
async fn folder(server: &TestServer) -> String {
    let page = browse(server, "/").await.body;
    let first = named(&page)[0];
    first.split('/').take(3).collect::<Vec<_>>().join("/")
}

async fn counted(server: &TestServer, series: &str) -> Option<u64> {
    let metrics = server.get("/metrics").await.body;
    let line = metrics.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' ').map(str::to_owned));
    line.map(|number| number.parse().expect("a number"))
}

#[tokio::test]
async fn a_browser_gets_html_and_a_tool_gets_text() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for path in ["/", "/r/main", "/r/main/"] {
            let page = browse(&server, path).await;
            assert_eq!((page.status, page.header("content-type")), (200, HTML), "{path}");
            assert!(page.body.starts_with("<!doctype html>") && !page.body.contains("{{"), "{path}: {}", page.body);
            for headers in [&[][..], &["accept: */*"], &["accept: text/html;q=0, text/plain"]] {
                let words = server.ask("GET", path, headers, "").await;
                assert_eq!(words.header("content-type"), Some("text/plain; charset=utf-8"), "{path}");
                assert!(words.body.contains(&format!("http://{}", server.address)), "{}", words.body);
                assert!(words.list("vary").contains(&"accept") && page.list("vary").contains(&"accept"), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn a_refused_browser_gets_the_page_with_the_error_status_and_is_counted() {
    let server = TestServer::with_delivery_loop(true).await;
    for (path, status, code, route) in [
        ("/r/mian", 404, "unknown_replay", "/r/{replay}"),
        ("/r/mian/", 404, "unknown_replay", "/r/{replay}/"),
        ("/r/mian/overlay/goal", 404, "unknown_replay", "/r/{replay}/overlay/{kind}"),
        ("/?token=wrong-horse", 401, "not_authorised", "/"),
        ("/r/main/?token=wrong-horse", 401, "not_authorised", "/r/{replay}/"),
        ("/overlay/ticker?token=wrong-horse", 401, "not_authorised", "/overlay/{kind}"),
    ] {
        let series = [
            format!("touchline_refusals_total{{code=\"{code}\"}}"),
            format!("touchline_http_requests_total{{route=\"{route}\",status=\"4xx\"}}"),
        ];
        let before = [counted(&server, &series[0]).await, counted(&server, &series[1]).await];
        let page = server.ask("GET", path, &[BROWSER, ELSEWHERE, "if-none-match: *"], "").await;
        assert_eq!((page.status, page.header("content-type")), (status, HTML), "{path}");
        let allowed = if path.contains("overlay") { "/overlay/goal" } else { "/" };
        assert_eq!(page.body, browse(&server, allowed).await.body, "{path}");
        assert!(page.header("content-security-policy").is_some() && page.header("etag").is_none(), "{path}");
        assert_eq!(page.header("www-authenticate"), (status == 401).then_some("Bearer"), "{path}");
        // The text for tools is unchanged.
        let refused = server.ask("GET", path, &[ELSEWHERE], "").await;
        refused.expect_error(status, code);
        assert!([&page, &refused].iter().all(|answer| answer.list("vary").contains(&"accept")), "{path}");
        for (series, before) in series.iter().zip(before) {
            assert_eq!(counted(&server, series).await, Some(before.unwrap_or(0) + 2), "{path}: {series}");
        }
    }
}

#[tokio::test]
async fn a_cross_site_navigation_is_marked_in_the_page() {
    let server =
        TestServer::start(options(true).allow_hosts(vec!["live.scores.example".parse().expect("a host")])).await;
    let here = server.address.to_string();
    let asked = async |host: &str, path: &str, site: Option<&str>, known: &str| {
        let site = site.map(|site| format!("sec-fetch-site: {site}"));
        let mut headers = vec![BROWSER, "sec-fetch-mode: navigate", "sec-fetch-dest: document", known];
        headers.extend(site.as_deref());
        let mut client = server.connect().await;
        client.host = host.to_owned();
        client.send("GET", path, &headers, "").await;
        client.answer("GET").await
    };
    for path in ["/", "/?scenario=juv&speed=60", "/r/main/"] {
        let mut tags = [Vec::new(), Vec::new()];
        for (host, site, is_foreign) in [
            (&*here, Some("cross-site"), true),
            (&here, Some("something-new"), true),
            ("live.scores.example", Some("same-site"), true),
            ("live.scores.example", Some("cross-site"), true),
            (&here, Some("same-site"), false),
            (&here, Some("same-origin"), false),
            (&here, Some("none"), false),
            ("live.scores.example", Some("none"), false),
            (&here, None, false),
            // Over plain HTTP beyond loopback browsers send no fetch metadata.
            ("live.scores.example", None, true),
        ] {
            let page = asked(host, path, site, "x-nothing: 1").await;
            assert_eq!((page.status, page.header("content-type")), (200, HTML), "{path} {host} {site:?}");
            let root = page.body.lines().nth(1).expect("a root element");
            assert_eq!(root.contains(" data-foreign"), is_foreign, "{path} {host} {site:?}: {root}");
            assert!(page.list("vary").contains(&"sec-fetch-site"), "{path} {host} {site:?}");
            tags[usize::from(is_foreign)].push(page.header("etag").expect("a tag").to_owned());
        }
        for tags in &mut tags {
            tags.dedup();
            assert_eq!(tags.len(), 1, "{tags:?}");
        }
        // A conditional request with one variant's tag must not return 304 for the other.
        for (site, has, status) in [("cross-site", 0, 200), ("cross-site", 1, 304), ("none", 0, 304), ("none", 1, 200)]
        {
            let known = format!("if-none-match: {}", tags[has][0]);
            let again = asked(&here, path, Some(site), &known).await;
            assert_eq!(again.status, status, "{path} {site} {known}");
            assert!(again.list("vary").contains(&"sec-fetch-site"));
        }
    }
}

#[tokio::test]
async fn three_overlays_exist_and_others_are_not_found() {
    let server = TestServer::with_delivery_loop(true).await;
    let scorebug = server.get("/overlay/scorebug?match=juv-nap&size=2").await;
    assert_eq!((scorebug.status, scorebug.header("content-type")), (200, HTML), "the page reads its parameters");
    for path in ["/overlay/ticker", "/overlay/goal", "/r/main/overlay/goal"] {
        assert_eq!(server.get(path).await.body, scorebug.body, "{path}");
    }
    assert_ne!(scorebug.body, browse(&server, "/").await.body);
    for headers in [&[][..], &[BROWSER]] {
        let refused = server.ask("GET", "/overlay/scorebgu", headers, "").await;
        assert!(refused.expect_error(404, "not_found").contains("did you mean \"scorebug\""));
        assert_eq!(refused.json()["accepted"], serde_json::json!(["scorebug", "ticker", "goal"]));
    }
    let lost = server.get("/overly/goal").await.expect_error(404, "not_found");
    assert!(lost.contains("did you mean \"/overlay/goal\""), "{lost}");
}

#[tokio::test]
async fn the_content_security_policy_allows_own_resources_and_configured_frame_ancestors() {
    let allow_origins =
        ["https://scores.example/", "http://10.0.0.1:3000"].map(|origin| origin.parse().expect("an origin")).to_vec();
    let server = TestServer::start(options(true).allow_origins(allow_origins)).await;
    for path in PAGES {
        let page = browse(&server, path).await;
        let of = |name: &str| page.header(name).unwrap_or_else(|| panic!("{path}: no {name}")).to_owned();
        let policy = of("content-security-policy");
        let directives: Vec<&str> = policy.split("; ").collect();
        let sockets = format!("connect-src 'self' ws://{0} wss://{0}", server.address);
        for directive in [
            "default-src 'self'",
            &sockets,
            "base-uri 'none'",
            "form-action 'none'",
            "object-src 'none'",
            "frame-ancestors 'self' https://scores.example http://10.0.0.1:3000",
        ] {
            assert!(directives.contains(&directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!((&*of("x-content-type-options"), &*of("referrer-policy")), ("nosniff", "no-referrer"));
    }
    for (host, sockets) in
        [("localhost:7", "connect-src 'self' ws://localhost:7 wss://localhost:7;"), ("[::1]:7", "connect-src 'self';")]
    {
        let mut client = server.connect().await;
        client.host = host.to_owned();
        client.send("GET", "/", &[BROWSER], "").await;
        let page = client.answer("GET").await;
        let policy = page.header("content-security-policy").expect("a policy");
        assert!(policy.contains(sockets), "{host}: {policy}");
    }
}

#[tokio::test]
async fn a_forbidden_client_gets_neither_the_page_nor_its_assets() {
    let token = Some(ControlToken::new("correct-horse").expect("a token"));
    let server = TestServer::start(options(true).token(token)).await;
    let client_of_folder = format!("{}/client.js", folder(&server).await);
    for path in PAGES.iter().chain(&["/client.js", &*client_of_folder, "/?token=correct-horse"]) {
        for headers in [&[BROWSER, "origin: https://evil.example"][..], &["sec-fetch-site: cross-site"]] {
            server.ask("GET", path, headers, "").await.expect_error(403, "forbidden");
        }
        let mut client = server.connect().await;
        client.host = "evil.example".into();
        client.send("GET", path, &[BROWSER], "").await;
        client.answer("GET").await.expect_error(403, "forbidden");
    }
    // Another origin on this machine may load the module.
    let module = server.ask("GET", "/client.js", &[ELSEWHERE], "").await;
    assert_eq!((module.status, module.header("access-control-allow-origin")), (200, Some("http://localhost:3000")));
}

#[tokio::test]
async fn referenced_assets_exist_and_are_cached_for_a_year() {
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        let folder = folder(&server).await;
        let page = browse(&server, "/").await.body;
        let overlay = browse(&server, "/overlay/goal").await.body;
        let files = [named(&page), named(&overlay)].concat();
        assert!(["client.js", "main.js"].iter().all(|name| files.contains(&&*format!("{folder}/{name}"))), "{files:?}");
        for address in files {
            let file = server.get(address).await;
            assert_eq!(file.status, 200, "{address}");
            assert_eq!(file.header("cache-control"), Some("public, max-age=31536000, immutable"), "{address}");
            let media_type = file.header("content-type").expect("a type");
            let expected = match address.rsplit('.').next() {
                Some("js") => "text/javascript; charset=utf-8",
                Some("css") => "text/css; charset=utf-8",
                _ => "image/svg+xml",
            };
            assert_eq!(media_type, expected, "{address}");
            assert!(file.header("content-security-policy").is_none());
            // Of the previous or the next version.
            let other = server.get(&address.replace(&folder, "/assets/0123456789abcdef")).await;
            assert_eq!((other.status, &other.body), (200, &file.body), "{address}");
            assert_eq!((other.header("cache-control"), other.header("etag")), (Some("no-cache"), file.header("etag")));
        }
        let client = server.get("/client.js").await;
        assert_eq!(client.header("cache-control"), Some("no-cache"));
        assert_eq!(client.body, server.get(&format!("{folder}/client.js")).await.body);
        let series = "touchline_http_requests_total{route=\"/assets/{digest}/{*path}\",status=\"2xx\"}";
        assert!(counted(&server, series).await > Some(1));
    }
}

#[tokio::test]
async fn paths_outside_the_asset_folder_are_not_served() {
    let server = TestServer::with_delivery_loop(true).await;
    let folder = folder(&server).await;
    for path in [
        "/../mod.rs",
        "/../../../../Cargo.toml",
        "/%2e%2e/mod.rs",
        "/..%2fmod.rs",
        "/..%5cmod.rs",
        "/ui/../main.js",
        "/%2e/main.js",
        "//main.js",
        "//etc/passwd",
        "/%2fetc%2fpasswd",
        "/main.js/",
        "/main.js%00",
        "/%ff",
        "/.",
        "/MAIN.JS",
        // Pages exist only under their own paths.
        "/index.html",
        "",
        "/",
    ] {
        let answer = server.get(&format!("{folder}{path}")).await;
        answer.expect_error(404, "not_found");
    }
    let lost = server.get(&format!("{folder}/mian.js")).await.expect_error(404, "not_found");
    assert!(lost.contains("did you mean \"main.js\""), "{lost}");
}

#[tokio::test]
async fn gzip_responses_hold_the_same_content() {
    let server = TestServer::with_delivery_loop(true).await;
    let files = format!("{}/main.js", folder(&server).await);
    server.command("main", "step 60").await;
    let mut shorter = 0;
    for path in ["/", "/overlay/goal", "/client.js", &*files, "/history"] {
        let plain = browse(&server, path).await;
        for (line, takes) in [("gzip, deflate, br", true), ("gzip;q=0.1", true), ("gzip;q=0, br", false), ("br", false)]
        {
            let line = format!("accept-encoding: {line}");
            let answer = server.ask("GET", path, &[BROWSER, &line], "").await;
            assert!(answer.list("vary").contains(&"accept-encoding"), "{path}: {answer:?}");
            assert_eq!(answer.header("etag"), plain.header("etag"), "{path}");
            let length = answer.header("content-length").expect("a length").parse::<usize>().expect("a number");
            let text = match answer.header("content-encoding") {
                Some(encoding) => {
                    assert!(takes && encoding == "gzip", "{path} {line}: {encoding}");
                    assert!(answer.encoded.len() == length && length < plain.body.len(), "{path}: {length}");
                    shorter += 1;
                    let mut text = String::new();
                    flate2::read::GzDecoder::new(&answer.encoded[..]).read_to_string(&mut text).expect("gzip");
                    text
                }
                None => answer.body,
            };
            assert_eq!(text, plain.body, "{path} {line}");
        }
    }
    assert_eq!(shorter, 2 * 5);
}

#[tokio::test]
async fn a_matching_etag_gets_304_and_head_omits_the_body() {
    let server = TestServer::with_delivery_loop(true).await;
    let file = format!("{}/main.js", folder(&server).await);
    for path in PAGES.iter().chain(&["/client.js", &*file]) {
        let page = browse(&server, path).await;
        let tag = page.header("etag").unwrap_or_else(|| panic!("{path} has no tag")).to_owned();
        let again = server.ask("GET", path, &[BROWSER, &format!("if-none-match: \"x\", {tag}")], "").await;
        assert_eq!((again.status, &*again.body), (304, ""), "{path}");
        // Headers that refresh the cached copy.
        for name in ["etag", "cache-control", "content-security-policy"] {
            assert_eq!(again.header(name), page.header(name), "{path} {name}");
        }
        assert_eq!(again.list("vary"), page.list("vary"), "{path}");
        assert_eq!(server.ask("GET", path, &[BROWSER, "if-none-match: W/\"x\""], "").await.status, 200, "{path}");
        let head = server.ask("HEAD", path, &[BROWSER], "").await;
        let content = |answer: &Response| {
            let mut headers = answer.headers.clone();
            headers.retain(|(name, _)| name != "date");
            (answer.status, headers)
        };
        assert_eq!(content(&head), content(&page), "{path}");
        assert_eq!(page.header("content-length"), Some(&*page.body.len().to_string()), "{path}");
        for method in ["POST", "PUT", "DELETE"] {
            let refused = server.ask(method, path, &[BROWSER], "").await;
            refused.expect_error(405, "method_not_allowed");
            assert_eq!(refused.list("allow"), ["GET", "HEAD"], "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_page_and_a_stream_share_a_tls_connection() {
    let server = TestServer::with_tls().await;
    let words = server.get("/").await.body;
    assert!(words.contains(&format!("https://{}/", server.address)), "{words}");
    // On one connection, in sequence.
    let mut client = server.connect().await;
    for path in ["/", "/client.js", "/overlay/goal"] {
        client.send("GET", path, &[BROWSER], "").await;
        assert_eq!(client.answer("GET").await.status, 200, "{path}");
    }
    let mut listener = client.subscribe(Framing::WebSocket, "/ws", &[]).await.expect("an upgrade");
    assert_eq!(listener.of_kind("hello").await["control"], true);
}
