//! Access control over real sockets: requests through a proxy, pages of other origins, servers under a public URL, and ambiguous
//! request heads.

use serde_json::{Value, json};
use touchline::internals::hub::Framing;
use touchline::server::{ControlToken, ServerBuilder};

use super::real::{DRIVERS, Response, TestServer, options, path};
use super::wire::FRAMINGS;

const TOKEN: &str = "correct-horse";

/// A server that also accepts the host name a proxy passes on, and an address that is not loopback.
fn named(delivery_loop: bool) -> ServerBuilder {
    let allow_hosts = ["scores.example", "192.168.0.7"].map(|host| host.parse().expect("a host")).to_vec();
    options(delivery_loop).allow_hosts(allow_hosts)
}

fn with_token(delivery_loop: bool) -> ServerBuilder {
    named(delivery_loop).token(ControlToken::new(TOKEN).expect("a token"))
}

async fn ask_at(server: &TestServer, host: &str, method: &str, path: &str, headers: &[&str], body: &str) -> Response {
    let mut client = server.connect().await;
    client.host = host.to_owned();
    client.send(method, path, headers, body).await;
    client.answer(method).await
}

/// Whether `pause` succeeds, and the value of `hello.control`, for a client that sends these headers.
async fn can_control(server: &TestServer, host: &str, headers: &[&str]) -> (bool, bool) {
    let answer = ask_at(server, host, "POST", "/api/replays/main/command", headers, "pause").await;
    let by_post = match answer.status {
        200 => true,
        _ => {
            answer.expect_error(401, "not_authorised");
            false
        }
    };
    let mut client = server.connect().await;
    client.host = host.to_owned();
    let mut listener = client.subscribe(Framing::WebSocket, "/ws?ticks=off", headers).await.expect("it may read");
    (by_post, listener.of_kind("hello").await["control"] == json!(true))
}

#[tokio::test]
async fn a_local_proxy_requires_a_token_for_control() {
    for delivery_loop in DRIVERS {
        let server = TestServer::start(named(delivery_loop)).await;
        let here = server.address.to_string();
        for (host, headers) in [
            ("scores.example", &[][..]),
            (&*here, &["X-Forwarded-For: 192.0.2.7"]),
            (&*here, &["Forwarded: for=192.0.2.7;proto=https"]),
            (&*here, &["X-Real-IP: 192.0.2.7"]),
            (&*here, &["Via: 1.1 proxy.example"]),
            (&*here, &["X-Forwarded-Proto: https"]),
            ("scores.example", &["Origin: https://scores.example", "X-Forwarded-Host: scores.example"]),
            ("scores.example", &["Origin: https://scores.example"]),
        ] {
            assert_eq!(can_control(&server, host, headers).await, (false, false), "{host} {headers:?}");
            ask_at(&server, host, "DELETE", "/api/replays/main", headers, "").await.expect_error(401, "not_authorised");
        }
        let own = format!("Origin: http://{here}");
        for headers in [&[][..], &[&*own]] {
            assert_eq!(can_control(&server, &here, headers).await, (true, true), "on this machine: {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_configured_token_is_required_from_every_client() {
    for delivery_loop in DRIVERS {
        let server = TestServer::start(with_token(delivery_loop)).await;
        let here = server.address.to_string();
        let own = format!("Origin: http://{here}");
        let bearer = format!("Authorization: Bearer {TOKEN}");
        for (host, headers) in
            [(&*here, &[][..]), (&*here, &[&*own]), ("scores.example", &["X-Forwarded-For: 192.0.2.7"])]
        {
            assert_eq!(can_control(&server, host, headers).await, (false, false), "{host} {headers:?}");
            let headers = [headers, &[&*bearer]].concat();
            assert_eq!(can_control(&server, host, &headers).await, (true, true), "{host} {headers:?}");
        }
    }
}

/// Requests a stream; returns whether it begins.
async fn stream_begins(server: &TestServer, host: &str, framing: Framing, path: &str, headers: &[&str]) -> bool {
    let mut client = server.connect().await;
    client.host = host.to_owned();
    match client.subscribe(framing, path, headers).await {
        Ok(_) => true,
        Err(answer) => {
            answer.expect_error(403, "forbidden");
            false
        }
    }
}

#[tokio::test]
async fn a_foreign_origin_cannot_open_replays() {
    for delivery_loop in DRIVERS {
        let server = TestServer::start(named(delivery_loop)).await;
        let here = server.address.to_string();
        for dest in
            ["iframe", "frame", "object", "embed", "image", "audio", "script", "document", "fencedframe", "empty"]
        {
            let mode = if matches!(dest, "image" | "audio" | "script" | "empty") { "no-cors" } else { "navigate" };
            let headers = [
                "Sec-Fetch-Site: cross-site".to_owned(),
                format!("Sec-Fetch-Mode: {mode}"),
                format!("Sec-Fetch-Dest: {dest}"),
            ];
            let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
            for framing in [Framing::Sse, Framing::Lines] {
                for query in ["", "?scenario=juv", "?scenario=juv&replay=mine", "?speed=60"] {
                    let address = format!("{}{query}", path(framing));
                    assert!(!stream_begins(&server, &here, framing, &address, &headers).await, "{dest}: {address}");
                }
                let address = format!("/r/main{}", path(framing));
                assert!(!stream_begins(&server, &here, framing, &address, &headers).await, "{dest}: {address}");
            }
            let page = server.ask("GET", "/", &[&headers[..], &["Accept: text/html"]].concat(), "").await;
            let overlay =
                server.ask("GET", "/overlay/scorebug", &[&headers[..], &["Accept: text/html"]].concat(), "").await;
            let (document, framed) = (dest == "document", matches!(dest, "iframe" | "frame"));
            for (answer, passes) in [
                (page, document || framed),
                (overlay, document || framed),
                (server.ask("GET", "/state", &headers, "").await, document),
            ] {
                assert_eq!(answer.status, if passes { 200 } else { 403 }, "{dest}: {}", answer.body);
            }
            server.ask("POST", "/api/replays", &headers, "{}").await.expect_error(403, "forbidden");
        }
        // A speculation rule on any page can prefetch a link, and the browser marks it as a user's navigation.
        let ahead =
            ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Purpose: prefetch"];
        assert!(!stream_begins(&server, &here, Framing::Lines, "/events.ndjson?scenario=juv", &ahead).await);
        // Browsers send no fetch metadata for this name of the machine.
        let mapped = format!("[::ffff:7f00:1]:{}", server.address.port());
        let image = ["User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0", "Accept: image/avif,*/*;q=0.8"];
        assert!(!stream_begins(&server, &mapped, Framing::Lines, "/events.ndjson?scenario=juv", &image).await);
        assert_eq!(server.hub.len(), 1, "nothing was opened");
        // Legitimate opens still succeed: by a page of another port under another name of this machine, ...
        let vite = [
            "Origin: http://localhost:5173",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Dest: empty",
        ];
        for framing in FRAMINGS {
            let address = format!("{}?scenario=juv&paused=1", path(framing));
            assert!(stream_begins(&server, &here, framing, &address, &vite).await, "{framing:?}");
        }
        // ... and by a typed address.
        let typed = ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
        assert!(stream_begins(&server, &here, Framing::Lines, "/events.ndjson?scenario=juv&paused=1", &typed).await);
    }
}

#[tokio::test]
async fn without_fetch_metadata_the_accept_header_decides() {
    for delivery_loop in DRIVERS {
        let server = TestServer::start(named(delivery_loop)).await;
        let host = format!("192.168.0.7:{}", server.address.port());
        let agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        for (framing, media_type) in [(Framing::Sse, "text/event-stream"), (Framing::Lines, "application/x-ndjson")] {
            let address = format!("{}?scenario=juv&paused=1", path(framing));
            let accept = format!("Accept: {media_type}");
            for accept in ["Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Accept: */*"] {
                assert!(!stream_begins(&server, &host, framing, &address, &[agent, accept]).await, "{accept}");
            }
            assert!(!stream_begins(&server, &host, framing, &address, &[agent]).await, "it says nothing");
            assert!(stream_begins(&server, &host, framing, &address, &[agent, &accept]).await, "EventSource says it");
            assert!(stream_begins(&server, &host, framing, &address, &["User-Agent: curl/8.5.0", "Accept: */*"]).await);
        }
    }
}

/// Sends a raw request head and reads the response.
async fn raw(server: &TestServer, head: &str) -> Response {
    let mut client = server.connect().await;
    client.write(head.as_bytes()).await;
    client.answer("GET").await
}

#[tokio::test]
async fn an_ambiguous_request_head_is_malformed() {
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for delivery_loop in DRIVERS {
        let server = TestServer::with_delivery_loop(delivery_loop).await;
        for path in ["/state", "/ws", "/events"] {
            let upgrade = if path == "/ws" { upgrade } else { "" };
            for (target, headers) in [
                (path.to_owned(), "Host: localhost\r\nHost: localhost\r\n"),
                (path.to_owned(), "Host: localhost\r\nHost: evil.example\r\n"),
                (path.to_owned(), "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: http://evil.example\r\n"),
                (path.to_owned(), "Host: [[[::1]]]\r\n"),
                (path.to_owned(), "Host: localhost:80@evil.example\r\n"),
                (path.to_owned(), "Host:\r\n"),
                (path.to_owned(), ""),
                (format!("http://evil.example{path}"), "Host: localhost\r\n"),
                (format!("http://localhost{path}"), "Host: evil.example\r\n"),
            ] {
                let answer = raw(&server, &format!("GET {target} HTTP/1.1\r\n{headers}{upgrade}\r\n")).await;
                answer.expect_error(400, "bad_request");
            }
        }
        let absolute = raw(&server, "GET http://localhost:80/state HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(absolute.status, 200, "{}", absolute.body);
        let dotted = raw(&server, "GET /state HTTP/1.1\r\nHost: localhost.:8089\r\n\r\n").await;
        assert_eq!(dotted.status, 200, "{}", dotted.body);
        for origin in
            ["http://localhost:x.evil.example", "http://localhost:@evil.example", "http://localhost:80@evil.example"]
        {
            for framing in FRAMINGS {
                assert!(
                    !stream_begins(&server, "localhost", framing, path(framing), &[&format!("Origin: {origin}")]).await,
                    "{origin}"
                );
            }
        }
    }
}

#[tokio::test]
async fn file_and_localhost_origins_get_a_hint() {
    let server = TestServer::start(named(true)).await;
    let from_disk = server.ask("GET", "/state", &["Origin: null"], "").await.expect_error(403, "forbidden");
    assert!(from_disk.contains("http://localhost:8000/") && !from_disk.contains("--allow-origin"), "{from_disk}");
    let host = format!("192.168.0.7:{}", server.address.port());
    let beside = ask_at(&server, &host, "GET", "/state", &["Origin: http://192.168.0.7:3000"], "").await;
    let beside = beside.expect_error(403, "forbidden");
    assert!(beside.contains("--allow-origin http://192.168.0.7:3000"), "{beside}");
    let foreign =
        server.ask("GET", "/state", &["Origin: http://evil.example"], "").await.expect_error(403, "forbidden");
    assert!(!foreign.contains("--allow-origin"), "{foreign}");
}

#[tokio::test]
async fn all_links_start_with_the_public_url() {
    for delivery_loop in DRIVERS {
        let public_url = Some("https://tl.example/tl".parse().expect("a URL"));
        let server = TestServer::start(options(delivery_loop).public_url(public_url)).await;
        let here = server.address.to_string();
        // With and without the path stripped by the proxy, with and without the host passed on.
        for (host, prefix) in [("tl.example", "/tl"), ("tl.example", ""), (&*here, "/tl"), (&*here, "")] {
            let page = ["Origin: https://tl.example"];
            let opened =
                ask_at(&server, host, "POST", &format!("{prefix}/api/replays"), &page, r#"{"paused":true}"#).await;
            let location = opened.header("location").expect("a location").to_owned();
            let document = opened.expect_json(201);
            let id = document["id"].as_str().expect("a name");
            assert_eq!(location, format!("/tl/api/replays/{id}"));
            assert_eq!(document["http"], json!(format!("https://tl.example/tl/r/{id}")));
            assert_eq!(document["ws"], json!(format!("wss://tl.example/tl/r/{id}/ws")));
            let html = ask_at(&server, host, "GET", &format!("{prefix}/"), &["Accept: text/html"], "").await;
            assert!(html.body.contains("\"/tl/assets/") && !html.body.contains("\"/assets/"), "{}", html.body);
            let policy = html.header("content-security-policy").expect("a policy");
            assert!(policy.contains("wss://tl.example;") && policy.contains(&format!("wss://{host}")), "{policy}");
            let asset = html.body.split('"').find(|word| word.ends_with("/main.js")).expect("a module").to_owned();
            let asset = asset.strip_prefix("/tl").expect("below the path");
            assert_eq!(ask_at(&server, host, "GET", &format!("{prefix}{asset}"), &[], "").await.status, 200);
            let words = ask_at(&server, host, "GET", &format!("{prefix}/r/{id}/"), &[], "").await.body;
            assert!(words.contains(&format!("wss://tl.example/tl/r/{id}/ws")), "{words}");
            for path in ["/client.js", "/overlay/scorebug", "/state", "/healthz", "/metrics", "/api/scenarios"] {
                let answer = ask_at(&server, host, "GET", &format!("{prefix}{path}"), &page, "").await;
                assert_eq!(answer.status, 200, "{prefix}{path}: {}", answer.body);
            }
            for framing in FRAMINGS {
                for address in [format!("{prefix}{}", path(framing)), format!("{prefix}/r/{id}{}", path(framing))] {
                    assert!(stream_begins(&server, host, framing, &address, &page).await, "{address}");
                }
            }
        }
        let foreign = ["Origin: https://other.example"];
        ask_at(&server, "tl.example", "GET", "/tl/state", &foreign, "").await.expect_error(403, "forbidden");
        assert_eq!(ask_at(&server, "tl.example", "GET", "/tl", &[], "").await.status, 200);
        ask_at(&server, "tl.example", "GET", "/tlx/state", &[], "").await.expect_error(404, "not_found");
    }
}

#[tokio::test]
async fn forwarded_headers_are_read_only_from_trusted_proxies() {
    for delivery_loop in DRIVERS {
        let headers = ["X-Forwarded-Host: scores.example", "X-Forwarded-Proto: https"];
        let opened = |server: Response| -> Value { server.expect_json(201) };
        for (trusted, expected) in [("127.0.0.0/8", "wss://scores.example/r/"), ("10.0.0.0/8", "ws://127.0.0.1:")] {
            let trusted_proxies = vec![trusted.parse().expect("a network")];
            let server = TestServer::start(named(delivery_loop).trust_proxies(trusted_proxies)).await;
            let document = opened(server.ask("POST", "/api/replays", &headers, "{}").await);
            assert!(document["ws"].as_str().is_some_and(|ws| ws.starts_with(expected)), "{document}");
            let hostile = ["X-Forwarded-Host: evil.example"];
            let answer = server.ask("POST", "/api/replays", &hostile, "{}").await;
            assert_eq!(answer.status, if trusted == "127.0.0.0/8" { 403 } else { 201 });
            assert_eq!(
                can_control(&server, &server.address.to_string(), &headers).await,
                (false, false),
                "believed or not"
            );
        }
    }
}
