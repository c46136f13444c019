//! Who gets in, over real sockets: requests that a proxy has passed on, pages of other sites, servers under a public URL, and
//! heads that could be read in two ways.

use serde_json::{Value, json};
use touchline::hub::Framing;
use touchline::server::{ControlToken, ServerOptions};

use super::real::{Answer, DRIVERS, Real, options, path};
use super::wire::FRAMINGS;

const TOKEN: &str = "correct-horse";

/// Served as well under the name that a proxy passes on, and under an address that is not loopback.
fn named(delivery_loop: bool) -> ServerOptions {
    let allow_hosts = ["scores.example", "192.168.0.7"].map(|host| host.parse().expect("a host")).to_vec();
    ServerOptions { allow_hosts, ..options(delivery_loop) }
}

fn with_token(delivery_loop: bool) -> ServerOptions {
    ServerOptions { token: Some(ControlToken::new(TOKEN).expect("a token")), ..named(delivery_loop) }
}

async fn ask_at(real: &Real, host: &str, method: &str, path: &str, headers: &[&str], body: &str) -> Answer {
    let mut client = real.connect().await;
    client.host = host.to_owned();
    client.send(method, path, headers, body).await;
    client.answer(method).await
}

/// Whether `pause` is done, and what `hello.control` says, for a client that sends these headers.
async fn controls(real: &Real, host: &str, headers: &[&str]) -> (bool, bool) {
    let answer = ask_at(real, host, "POST", "/api/replays/main/command", headers, "pause").await;
    let by_post = match answer.status {
        200 => true,
        _ => {
            answer.refused(401, "not_authorised");
            false
        }
    };
    let mut client = real.connect().await;
    client.host = host.to_owned();
    let mut listener = client.listen(Framing::WebSocket, "/ws?ticks=off", headers).await.expect("it may read");
    (by_post, listener.of_kind("hello").await["control"] == json!(true))
}

#[tokio::test]
async fn a_local_proxy_requires_a_token_for_control() {
    for delivery_loop in DRIVERS {
        let real = Real::start(named(delivery_loop)).await;
        let here = real.address.to_string();
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
            assert_eq!(controls(&real, host, headers).await, (false, false), "{host} {headers:?}");
            ask_at(&real, host, "DELETE", "/api/replays/main", headers, "").await.refused(401, "not_authorised");
        }
        let own = format!("Origin: http://{here}");
        for headers in [&[][..], &[&*own]] {
            assert_eq!(controls(&real, &here, headers).await, (true, true), "on this machine: {headers:?}");
        }
    }
}

#[tokio::test]
async fn a_configured_token_is_required_from_every_client() {
    for delivery_loop in DRIVERS {
        let real = Real::start(with_token(delivery_loop)).await;
        let here = real.address.to_string();
        let own = format!("Origin: http://{here}");
        let bearer = format!("Authorization: Bearer {TOKEN}");
        for (host, headers) in
            [(&*here, &[][..]), (&*here, &[&*own]), ("scores.example", &["X-Forwarded-For: 192.0.2.7"])]
        {
            assert_eq!(controls(&real, host, headers).await, (false, false), "{host} {headers:?}");
            let headers = [headers, &[&*bearer]].concat();
            assert_eq!(controls(&real, host, &headers).await, (true, true), "{host} {headers:?}");
        }
    }
}

/// Asks for a stream, and says whether it begins.
async fn begins(real: &Real, host: &str, framing: Framing, path: &str, headers: &[&str]) -> bool {
    let mut client = real.connect().await;
    client.host = host.to_owned();
    match client.listen(framing, path, headers).await {
        Ok(_) => true,
        Err(answer) => {
            answer.refused(403, "forbidden");
            false
        }
    }
}

#[tokio::test]
async fn a_foreign_origin_cannot_open_replays() {
    for delivery_loop in DRIVERS {
        let real = Real::start(named(delivery_loop)).await;
        let here = real.address.to_string();
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
                    assert!(!begins(&real, &here, framing, &address, &headers).await, "{dest}: {address}");
                }
                let address = format!("/r/main{}", path(framing));
                assert!(!begins(&real, &here, framing, &address, &headers).await, "{dest}: {address}");
            }
            let page = real.ask("GET", "/", &[&headers[..], &["Accept: text/html"]].concat(), "").await;
            let overlay =
                real.ask("GET", "/overlay/scorebug", &[&headers[..], &["Accept: text/html"]].concat(), "").await;
            let (document, framed) = (dest == "document", matches!(dest, "iframe" | "frame"));
            for (answer, passes) in [
                (page, document || framed),
                (overlay, document || framed),
                (real.ask("GET", "/state", &headers, "").await, document),
            ] {
                assert_eq!(answer.status, if passes { 200 } else { 403 }, "{dest}: {}", answer.body);
            }
            real.ask("POST", "/api/replays", &headers, "{}").await.refused(403, "forbidden");
        }
        // A speculation rule of any page has a link fetched ahead, and the browser says that a person asked.
        let ahead =
            ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document", "Sec-Purpose: prefetch"];
        assert!(!begins(&real, &here, Framing::Lines, "/events.ndjson?scenario=juv", &ahead).await);
        // This name of the machine is one for which browsers send no metadata.
        let mapped = format!("[::ffff:7f00:1]:{}", real.address.port());
        let image = ["User-Agent: Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0", "Accept: image/avif,*/*;q=0.8"];
        assert!(!begins(&real, &mapped, Framing::Lines, "/events.ndjson?scenario=juv", &image).await);
        assert_eq!(real.hub.len(), 1, "nothing was opened");
        // What may be opened, still is: by a page of another port under another name of this machine, ...
        let vite = [
            "Origin: http://localhost:5173",
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Mode: cors",
            "Sec-Fetch-Dest: empty",
        ];
        for framing in FRAMINGS {
            let address = format!("{}?scenario=juv&paused=1", path(framing));
            assert!(begins(&real, &here, framing, &address, &vite).await, "{framing:?}");
        }
        // ... and by a person who types the address.
        let typed = ["Sec-Fetch-Site: none", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
        assert!(begins(&real, &here, Framing::Lines, "/events.ndjson?scenario=juv&paused=1", &typed).await);
    }
}

#[tokio::test]
async fn without_fetch_metadata_the_accept_header_decides() {
    for delivery_loop in DRIVERS {
        let real = Real::start(named(delivery_loop)).await;
        let host = format!("192.168.0.7:{}", real.address.port());
        let agent = "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";
        for (framing, media_type) in [(Framing::Sse, "text/event-stream"), (Framing::Lines, "application/x-ndjson")] {
            let address = format!("{}?scenario=juv&paused=1", path(framing));
            let accept = format!("Accept: {media_type}");
            for accept in ["Accept: text/html,application/xhtml+xml,*/*;q=0.8", "Accept: */*"] {
                assert!(!begins(&real, &host, framing, &address, &[agent, accept]).await, "{accept}");
            }
            assert!(!begins(&real, &host, framing, &address, &[agent]).await, "it says nothing");
            assert!(begins(&real, &host, framing, &address, &[agent, &accept]).await, "EventSource says it");
            assert!(begins(&real, &host, framing, &address, &["User-Agent: curl/8.5.0", "Accept: */*"]).await);
        }
    }
}

/// Writes a head as it is, and reads what is answered.
async fn raw(real: &Real, head: &str) -> Answer {
    let mut client = real.connect().await;
    client.write(head.as_bytes()).await;
    client.answer("GET").await
}

#[tokio::test]
async fn an_ambiguous_request_head_is_malformed() {
    let upgrade = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    for delivery_loop in DRIVERS {
        let real = Real::by(delivery_loop).await;
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
                let answer = raw(&real, &format!("GET {target} HTTP/1.1\r\n{headers}{upgrade}\r\n")).await;
                answer.refused(400, "bad_request");
            }
        }
        let absolute = raw(&real, "GET http://localhost:80/state HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert_eq!(absolute.status, 200, "{}", absolute.body);
        let dotted = raw(&real, "GET /state HTTP/1.1\r\nHost: localhost.:8089\r\n\r\n").await;
        assert_eq!(dotted.status, 200, "{}", dotted.body);
        for origin in
            ["http://localhost:x.evil.example", "http://localhost:@evil.example", "http://localhost:80@evil.example"]
        {
            for framing in FRAMINGS {
                assert!(
                    !begins(&real, "localhost", framing, path(framing), &[&format!("Origin: {origin}")]).await,
                    "{origin}"
                );
            }
        }
    }
}

#[tokio::test]
async fn file_and_localhost_origins_get_a_hint() {
    let real = Real::start(named(true)).await;
    let from_disk = real.ask("GET", "/state", &["Origin: null"], "").await.refused(403, "forbidden");
    assert!(from_disk.contains("http://localhost:8000/") && !from_disk.contains("--allow-origin"), "{from_disk}");
    let host = format!("192.168.0.7:{}", real.address.port());
    let beside = ask_at(&real, &host, "GET", "/state", &["Origin: http://192.168.0.7:3000"], "").await;
    let beside = beside.refused(403, "forbidden");
    assert!(beside.contains("--allow-origin http://192.168.0.7:3000"), "{beside}");
    let foreign = real.ask("GET", "/state", &["Origin: http://evil.example"], "").await.refused(403, "forbidden");
    assert!(!foreign.contains("--allow-origin"), "{foreign}");
}

#[tokio::test]
async fn all_links_start_with_the_public_url() {
    for delivery_loop in DRIVERS {
        let public_url = Some("https://tl.example/tl".parse().expect("a URL"));
        let real = Real::start(ServerOptions { public_url, ..options(delivery_loop) }).await;
        let here = real.address.to_string();
        // Whether the proxy strips the path or not, and whether it passes the host on or not.
        for (host, prefix) in [("tl.example", "/tl"), ("tl.example", ""), (&*here, "/tl"), (&*here, "")] {
            let page = ["Origin: https://tl.example"];
            let opened =
                ask_at(&real, host, "POST", &format!("{prefix}/api/replays"), &page, r#"{"paused":true}"#).await;
            let location = opened.header("location").expect("a location").to_owned();
            let document = opened.done(201);
            let id = document["id"].as_str().expect("a name");
            assert_eq!(location, format!("/tl/api/replays/{id}"));
            assert_eq!(document["http"], json!(format!("https://tl.example/tl/r/{id}")));
            assert_eq!(document["ws"], json!(format!("wss://tl.example/tl/r/{id}/ws")));
            let html = ask_at(&real, host, "GET", &format!("{prefix}/"), &["Accept: text/html"], "").await;
            assert!(html.body.contains("\"/tl/assets/") && !html.body.contains("\"/assets/"), "{}", html.body);
            let policy = html.header("content-security-policy").expect("a policy");
            assert!(policy.contains("wss://tl.example;") && policy.contains(&format!("wss://{host}")), "{policy}");
            let asset = html.body.split('"').find(|word| word.ends_with("/main.js")).expect("a module").to_owned();
            let asset = asset.strip_prefix("/tl").expect("below the path");
            assert_eq!(ask_at(&real, host, "GET", &format!("{prefix}{asset}"), &[], "").await.status, 200);
            let words = ask_at(&real, host, "GET", &format!("{prefix}/r/{id}/"), &[], "").await.body;
            assert!(words.contains(&format!("wss://tl.example/tl/r/{id}/ws")), "{words}");
            for path in ["/client.js", "/overlay/scorebug", "/state", "/healthz", "/metrics", "/api/scenarios"] {
                let answer = ask_at(&real, host, "GET", &format!("{prefix}{path}"), &page, "").await;
                assert_eq!(answer.status, 200, "{prefix}{path}: {}", answer.body);
            }
            for framing in FRAMINGS {
                for address in [format!("{prefix}{}", path(framing)), format!("{prefix}/r/{id}{}", path(framing))] {
                    assert!(begins(&real, host, framing, &address, &page).await, "{address}");
                }
            }
        }
        let foreign = ["Origin: https://other.example"];
        ask_at(&real, "tl.example", "GET", "/tl/state", &foreign, "").await.refused(403, "forbidden");
        assert_eq!(ask_at(&real, "tl.example", "GET", "/tl", &[], "").await.status, 200);
        ask_at(&real, "tl.example", "GET", "/tlx/state", &[], "").await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn forwarded_headers_are_read_only_from_trusted_proxies() {
    for delivery_loop in DRIVERS {
        let headers = ["X-Forwarded-Host: scores.example", "X-Forwarded-Proto: https"];
        let opened = |real: Answer| -> Value { real.done(201) };
        for (trusted, expected) in [("127.0.0.0/8", "wss://scores.example/r/"), ("10.0.0.0/8", "ws://127.0.0.1:")] {
            let trusted_proxies = vec![trusted.parse().expect("a network")];
            let real = Real::start(ServerOptions { trusted_proxies, ..named(delivery_loop) }).await;
            let document = opened(real.ask("POST", "/api/replays", &headers, "{}").await);
            assert!(document["ws"].as_str().is_some_and(|ws| ws.starts_with(expected)), "{document}");
            let hostile = ["X-Forwarded-Host: evil.example"];
            let answer = real.ask("POST", "/api/replays", &hostile, "{}").await;
            assert_eq!(answer.status, if trusted == "127.0.0.0/8" { 403 } else { 201 });
            assert_eq!(controls(&real, &real.address.to_string(), &headers).await, (false, false), "believed or not");
        }
    }
}
