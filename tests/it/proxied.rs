//! The server behind a real nginx, configured with the text of `docs/operations.md`.
//!
//! nginx inherits a listening socket (by the `NGINX` variable, which it uses for its own upgrades), so the tests need no free port
//! and no wait.

use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::json;
use touchline::client::{Address, Trust};
use touchline::internals::hub::Framing;
use touchline::server::ControlToken;

use super::files::{Folder, word};
use super::real::{Client, DRIVERS, Response, TestServer, options, path};
use super::wire::FRAMINGS;

const TOKEN: &str = "correct-horse";

struct Nginx {
    child: Child,
    address: SocketAddr,
    secure: bool,
    _folder: Folder,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM instead of a kill, so that nginx stops its worker too.
        let pid = i32::try_from(self.child.id()).ok().and_then(rustix::process::Pid::from_raw).expect("a process id");
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let _ = self.child.wait();
    }
}

/// Whether nginx is installed. Prints that the test is skipped if not; fails under `CI=true`.
fn nginx_is_installed() -> bool {
    let nginx_is_installed = Command::new("nginx").arg("-v").output().is_ok();
    if !nginx_is_installed {
        let message = "SKIPPED: no nginx; run tests/all, which installs it under CI=true";
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{message}");
        eprintln!("{message}");
    }
    nginx_is_installed
}

impl Nginx {
    /// Starts nginx on this listener; `http` is the content of its `http` block.
    fn start(listener: TcpListener, folder: Folder, secure: bool, http: &str) -> Self {
        let address = listener.local_addr().expect("bound");
        let dir = folder.display();
        let scratch =
            ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|name| format!("{name}_temp_path {dir}/{name};"));
        let text = format!(
            "daemon off; worker_processes 1; pid {dir}/pid; error_log stderr warn;\nevents {{}}\nhttp {{ access_log off; {}\n{http}\n}}\n",
            scratch.join(" ")
        );
        let config = folder.write("nginx.conf", &text).display().to_string();
        let mut command = Command::new("nginx");
        command.args(["-p", &folder.display().to_string(), "-c", &config]).env("NGINX", "0;");
        let child = command.stdin(Stdio::from(OwnedFd::from(listener))).spawn().expect("nginx starts");
        Self { child, address, secure, _folder: folder }
    }

    /// Configured as documented, for a server at this address; clients use `https://localhost:PORT/tl`.
    fn from_documentation(listener: TcpListener, server: SocketAddr) -> Self {
        let folder = Folder::new(&format!("nginx-{}", server.port()));
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = rcgen::CertificateParams::new(vec!["localhost".parse().expect("a host")])
            .and_then(|of| of.self_signed(&key));
        let (pem, key_pem) = (certificate.expect("a certificate").pem(), key.serialize_pem());
        let address = listener.local_addr().expect("bound");
        let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md"))
            .expect("the page");
        let (_, block) = page.split_once("```nginx\n").expect("a configuration");
        let (block, _) = block.split_once("```").expect("its end");
        let mut http = block.to_owned();
        for (documented, here) in [
            ("listen 443 ssl", format!("listen {address} ssl")),
            ("/etc/ssl/scores.example.pem", word(&folder.write("cert.pem", &pem)).to_owned()),
            ("/etc/ssl/scores.example.key", word(&folder.write("key.pem", &key_pem)).to_owned()),
            ("127.0.0.1:8089", server.to_string()),
            ("server_name scores.example", "server_name localhost".to_owned()),
        ] {
            assert!(http.contains(documented), "the page does not contain {documented:?}");
            http = http.replace(documented, &here);
        }
        Self::start(listener, folder, true, &http)
    }

    async fn connect(&self) -> Client {
        let host = format!("localhost:{}", self.address.port());
        if self.secure {
            let address = Address::parse(&format!("wss://{}/ws", self.address)).expect("an address");
            let trust = Trust::accept_any().expect("a trust without verification");
            Client::over(touchline::internals::client::connect(&address, &trust).await.expect("connected"), host)
        } else {
            Client::over(tokio::net::TcpStream::connect(self.address).await.expect("connected"), host)
        }
    }

    async fn ask(&self, method: &str, path: &str, headers: &[&str], body: &str) -> Response {
        let mut client = self.connect().await;
        client.send(method, path, headers, body).await;
        client.answer(method).await
    }
}

fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).expect("a port")
}

#[tokio::test]
async fn everything_is_reachable_below_a_path_prefix_and_behind_tls() {
    if !nginx_is_installed() {
        return;
    }
    for delivery_loop in DRIVERS {
        let listener = listener();
        let public = format!("https://localhost:{}/tl", listener.local_addr().expect("bound").port());
        let public_url = Some(public.parse().expect("a URL"));
        let token = Some(ControlToken::new(TOKEN).expect("a token"));
        let real = TestServer::start(options(delivery_loop).public_url(public_url).token(token)).await;
        let nginx = Nginx::from_documentation(listener, real.address);

        let html = nginx.ask("GET", "/tl/", &["Accept: text/html"], "").await;
        assert_eq!(html.status, 200, "{}", html.body);
        let asset = html.body.split('"').find(|word| word.ends_with("/main.js")).expect("a module");
        assert!(asset.starts_with("/tl/assets/"), "{asset}");
        for path in [asset, "/tl/client.js", "/tl/overlay/scorebug", "/tl/state", "/tl/healthz"] {
            assert_eq!(nginx.ask("GET", path, &[], "").await.status, 200, "{path}");
        }
        let origin = format!("Origin: {}", public.trim_end_matches("/tl"));
        let opened = nginx.ask("POST", "/tl/api/replays", &[&origin], r#"{"paused":true}"#).await;
        let location = opened.header("location").expect("a location").to_owned();
        let opened = opened.expect_json(201);
        let id = opened["id"].as_str().expect("a name");
        assert_eq!(opened["ws"], json!(format!("{}/r/{id}/ws", public.replace("https", "wss"))));
        nginx.ask("GET", &location, &[], "").await.expect_json(200);
        for framing in FRAMINGS {
            for headers in [&[][..], &[&*origin]] {
                let address = format!("/tl/r/{id}{}?types=goal", path(framing));
                let mut client = nginx.connect().await;
                if framing != Framing::WebSocket {
                    client.version = "1.0";
                }
                let mut stream = client.subscribe(framing, &address, headers).await.expect("it begins");
                let hello = stream.of_kind("hello").await;
                assert_eq!((&hello["replay"], &hello["control"]), (&json!(id), &json!(false)));
                stream.of_kind("snapshot").await;
            }
        }
        let pause = "/tl/api/replays/main/command";
        let bearer = format!("Authorization: Bearer {TOKEN}");
        nginx.ask("POST", pause, &[], "pause").await.expect_error(401, "not_authorised");
        nginx.ask("POST", pause, &[&origin], "pause").await.expect_error(401, "not_authorised");
        nginx.ask("POST", pause, &[&origin, &bearer], "pause").await.expect_json(200);
        nginx.ask("GET", "/tl/state", &["Origin: https://evil.example"], "").await.expect_error(403, "forbidden");
        let address = format!("/tl/ws?token={TOKEN}");
        let mut stream =
            nginx.connect().await.subscribe(Framing::WebSocket, &address, &[&origin]).await.expect("let in");
        assert_eq!(stream.of_kind("hello").await["control"], true);
    }
}

#[tokio::test]
async fn an_undetectable_proxy_grants_control_without_a_token() {
    if !nginx_is_installed() {
        return;
    }
    for (token, status) in [(None, 200), (Some(ControlToken::new(TOKEN).expect("a token")), 401)] {
        let real = TestServer::start(options(true).token(token)).await;
        let listener = listener();
        let (address, folder) = (listener.local_addr().expect("bound"), Folder::new(&format!("bare-{status}")));
        let bare = format!("server {{ listen {address}; location /tl/ {{ proxy_pass http://{}/; }} }}", real.address);
        let nginx = Nginx::start(listener, folder, false, &bare);
        let answer = nginx.ask("POST", "/tl/api/replays/main/command", &[], "pause").await;
        assert_eq!(answer.status, status, "as docs/operations.md says: {}", answer.body);
    }
}

#[tokio::test]
async fn each_forwarding_header_of_nginx_revokes_control() {
    if !nginx_is_installed() {
        return;
    }
    let allow_hosts = vec!["localhost".parse().expect("a host")];
    let real = TestServer::start(options(true).allow_hosts(allow_hosts)).await;
    for (at, header) in [
        "X-Forwarded-For $proxy_add_x_forwarded_for",
        "X-Real-IP $remote_addr",
        "X-Forwarded-Proto $scheme",
        "Forwarded \"for=$remote_addr\"",
        "Via \"1.1 nginx\"",
    ]
    .into_iter()
    .enumerate()
    {
        let listener = listener();
        let (address, folder) = (listener.local_addr().expect("bound"), Folder::new(&format!("header-{at}")));
        let server = real.address;
        let http = format!(
            "server {{ listen {address}; proxy_set_header {header}; location / {{ proxy_pass http://{server}; }} }}"
        );
        let nginx = Nginx::start(listener, folder, false, &http);
        nginx.ask("POST", "/api/replays/main/command", &[], "pause").await.expect_error(401, "not_authorised");
    }
    real.command("main", "pause").await;
}
