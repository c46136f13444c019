//! `--as-provider` and `--serve`: the real program in place of data providers, and real clients with the providers' addresses.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::files::{Folder, word};
use super::foreign::{foreign_folder, skip};
use super::program::{Program, run, run_with};

const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands/provider_clients.py");
const HANDSHAKES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/commands/provider_tls.py");
const DOCUMENT: &str = "/apis/site/v2/sports/soccer/ita.1/scoreboard";
/// A replay that waits: its documents stay the same.
const WAITING: &[&str] = &["test", "juv", "--wait-for", "99", "--no-trace", "--timeout", "60s"];

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Runs `touchline test` on a waiting replay.
fn test(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    run_with(&[WAITING, arguments].concat(), environment)
}

/// A server with a paused replay that answers in place of two providers.
fn serve(arguments: &[&str]) -> Program {
    let own = ["serve", "juv", "--paused", "--port", "0", "--as-provider", "espn,api-football"];
    Program::serve(&[&own, arguments].concat())
}

fn variable(program: &Program, name: &str) -> String {
    program.ready["environment"][name].as_str().unwrap_or_else(|| panic!("no {name}: {}", program.ready)).to_owned()
}

/// The port of a proxy.
fn proxy_port(program: &Program) -> u16 {
    variable(program, "HTTPS_PROXY").rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
}

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).expect("connected");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a time limit");
    socket
}

/// What a port answers to these bytes until it closes the connection.
fn exchange(port: u16, bytes: &[u8]) -> String {
    let mut socket = connect(port);
    // It may have answered and closed before all is sent.
    let _ = socket.write_all(bytes);
    let mut answer = Vec::new();
    let _ = socket.read_to_end(&mut answer);
    text(&answer)
}

/// curl in the environment that a server has made for it.
fn curl(program: &Program, arguments: &[&str]) -> Output {
    let environment = program.ready["environment"].as_object().expect("an environment");
    let mut command = Command::new("curl");
    command.args(["-sS", "--max-time", "30"]).args(arguments);
    command.envs(environment.iter().map(|(name, value)| (name, value.as_str().expect("text"))));
    command.output().expect("curl runs")
}

#[test]
fn clients_with_default_addresses_get_our_documents() {
    let mut clients = vec!["urllib", "curl"];
    let folder = foreign_folder();
    for (client, place) in [("httpx", "python"), ("requests", "python"), ("undici", "node/node_modules")] {
        match &folder {
            Some(folder) if folder.join(place).join(client).is_dir() => clients.push(client),
            _ => skip(client),
        }
    }
    let packages = folder.unwrap_or_default();
    let (python, node) = (packages.join("python"), packages.join("node/node_modules"));
    let environment = [("PYTHONPATH", word(&python)), ("NODE_PATH", word(&node)), ("NO_PROXY", "db.example")];
    let arguments = [&["--as-provider", "espn,api-football", "--", "python3", CLIENTS], &clients[..]].concat();
    let output = test(&arguments, &environment);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(0), "{stdout}\n{stderr}");
    for client in &clients {
        assert!(stdout.contains(&format!("{client} ok\n")), "{stdout}");
    }
    // The proxy counts its documents, and those that were compared were requested of the server.
    let line = format!("no client said what it shows; {} documents were requested\n", clients.len() * 4 * 2);
    assert!(stderr.contains(&line), "{stderr}");
    assert!(stderr.contains("exit code 0: the command passed\n"), "{stderr}");
    assert!(
        stderr.contains(&format!("refused by the proxy: other.example:443 ({}x); --proxy-pass HOST", clients.len())),
        "{stderr}"
    );
    let bundle = stdout.split("certificates in ").nth(1).expect("the file").trim();
    assert!(!std::path::Path::new(bundle).exists(), "{bundle}");
}

#[test]
fn a_child_finds_the_proxy_and_the_documents_in_its_environment() {
    let folder = Folder::new("as-provider-environment");
    let arguments = ["--as-provider", "espn", "--serve", "api-football=0", "--", "env"];
    let output =
        test(&arguments, &[("no_proxy", "db.example"), ("REQUESTS_CA_BUNDLE", word(&folder.join("missing.pem")))]);
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let value = |name: &str| {
        let begin = format!("{name}=");
        let line =
            stdout.lines().find(|line| line.starts_with(&begin)).unwrap_or_else(|| panic!("no {name}:\n{stdout}"));
        line[begin.len()..].to_owned()
    };
    assert_eq!(value("ESPN_BASE_URL"), format!("{}/r/main/dialect/espn", value("TOUCHLINE_URL")));
    let port: u16 =
        value("API_FOOTBALL_BASE_URL").strip_prefix("http://127.0.0.1:").expect("a URL").parse().expect("a port");
    assert!(port > 0);
    for name in ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"] {
        assert!(value(name).starts_with("http://127.0.0.1:"), "{name}");
    }
    assert_eq!(
        (value("NO_PROXY"), value("no_proxy")),
        ("db.example,127.0.0.1,localhost,::1".into(), value("NO_PROXY"))
    );
    for name in ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"] {
        assert_eq!(value(name), value("SSL_CERT_FILE"));
    }
    assert_eq!(value("NODE_USE_ENV_PROXY"), "1");
    assert!(stderr.contains("warning: REQUESTS_CA_BUNDLE is left out: reading "), "{stderr}");
    // Nothing was requested.
    assert_eq!(output.status.code(), Some(5), "{stderr}");
}

#[test]
fn the_certificates_go_with_the_run_also_after_a_signal() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_touchline"))
        .args(WAITING)
        .args(["--as-provider", "espn", "--", "sh", "-c", "echo $SSL_CERT_FILE; exec sleep 60"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("a line");
    let bundle = std::path::Path::new(line.trim());
    let found = std::fs::metadata(bundle).expect("the file");
    assert_eq!(found.permissions().mode() & 0o777, 0o600);
    let pem = std::fs::read_to_string(bundle).expect("text");
    assert!(pem.matches("-----BEGIN CERTIFICATE-----").count() > 1 && !pem.contains("PRIVATE"), "the system's, too");
    let id = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("signalled");
    assert_eq!(child.wait().expect("it ends").code(), Some(143));
    assert!(!bundle.exists());
}

#[test]
fn a_server_says_how_programs_get_to_it() {
    let program = serve(&["--serve", "espn=0"]);
    let bundle = variable(&program, "SSL_CERT_FILE");
    assert!(std::path::Path::new(&bundle).is_file());
    let port = program.ready["dialects"]["espn"].as_str().expect("a URL").to_owned();
    assert_eq!(variable(&program, "ESPN_BASE_URL"), port);
    assert_eq!(variable(&program, "API_FOOTBALL_BASE_URL"), format!("{}/r/main/dialect/api-football", program.http()));
    // The port of its own and the proxy have what is below the replay.
    let body = |arguments: &[&str]| {
        let output = curl(&program, &[&["-w", "\n%{http_code}"], arguments].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        // Addresses in a document are below the one at which it was asked for.
        let below = format!("{}/r/main/dialect/espn/i/", program.http());
        text(&output.stdout).replace(&format!("{port}/i/"), &below).replace("https://site.api.espn.com/i/", &below)
    };
    let expected = body(&[&format!("{}/r/main/dialect/espn{DOCUMENT}", program.http())]);
    assert!(expected.starts_with('{'), "{expected}");
    assert_eq!(body(&[&format!("{port}{DOCUMENT}")]), expected);
    assert_eq!(body(&[&format!("https://site.api.espn.com{DOCUMENT}")]), expected);
    assert_eq!(body(&[&format!("http://site.api.espn.com{DOCUMENT}")]), expected);
    // curl -p: a tunnel for plain HTTP.
    assert_eq!(body(&["-p", &format!("http://site.api.espn.com{DOCUMENT}")]), expected);
    // As if the hosts file had led here.
    let to = format!("::127.0.0.1:{}", proxy_port(&program));
    for scheme in ["https", "http"] {
        let url = format!("{scheme}://site.api.espn.com{DOCUMENT}");
        assert_eq!(body(&["--noproxy", "*", "--connect-to", &to, &url]), expected, "{scheme}");
    }
    let ready = program.ready.clone();
    let stderr = program.stop();
    for (name, value) in ready["environment"].as_object().expect("an environment") {
        let line = format!("export {name}={}\n", value.as_str().expect("text"));
        assert!(stderr.contains(&line), "no {line} in\n{stderr}");
    }
    assert!(stderr.contains(&format!("documents of ESPN site API at {port}/\n")), "{stderr}");
    assert!(stderr.contains("kick-off shown as 20"), "matches kick off today:\n{stderr}");
    assert!(!std::path::Path::new(&bundle).exists());
}

#[test]
fn the_time_of_the_kick_off_is_now_unless_it_is_given() {
    let program = Program::serve(&["serve", "juv", "--port", "0", "--as-provider", "espn", "--wall", "20:45"]);
    assert!(program.stop().contains("20:45:00 UTC\n"));
    assert!(
        !Program::serve(&["serve", "juv", "--port", "0", "--serve", "espn=0"]).stop().contains("kick-off shown as")
    );
}

#[test]
fn handshakes_are_for_the_names_of_providers_only() {
    let program = serve(&[]);
    let environment = program.ready["environment"].as_object().expect("an environment");
    let output = Command::new("python3")
        .args([HANDSHAKES, &proxy_port(&program).to_string()])
        .envs(environment.iter().map(|(name, value)| (name, value.as_str().expect("text"))))
        .output()
        .expect("python3");
    assert!(output.status.success(), "{}\n{}", text(&output.stdout), text(&output.stderr));
    program.stop();
}

#[test]
fn anything_else_is_refused() {
    let program = serve(&["--header-timeout", "1s"]);
    let port = proxy_port(&program);
    let connect = |target: &str| exchange(port, format!("CONNECT {target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    let refused = connect("other.example:443");
    assert!(refused.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{refused}");
    assert!(refused.contains("--proxy-pass other.example lets it through"), "{refused}");
    for target in ["site.api.espn.com:22", "localhost:443", "127.0.0.1:22", "[::1]:443", "169.254.169.254:80"] {
        assert!(connect(target).starts_with("HTTP/1.1 403 "), "{target}");
    }
    for target in ["", "x", "site.api.espn.com", "site.api.espn.com:0", "https://site.api.espn.com:443", "*.com:443"] {
        assert!(connect(target).starts_with("HTTP/1.1 400 "), "{target:?}");
    }
    let huge = format!("CONNECT site.api.espn.com:443 HTTP/1.1\r\nx: {}\r\n\r\n", "y".repeat(100_000));
    assert!(exchange(port, huge.as_bytes()).starts_with("HTTP/1.1 413 "), "a huge head");
    let clear = b"CONNECT site.api.espn.com:443 HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\nHost: site.api.espn.com\r\n\r\n";
    let answer = exchange(port, clear);
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("this port speaks TLS"), "{answer}");
    for (request, status) in [
        ("GET http://other.example/ HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n", 403),
        ("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", 403),
        ("GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 403),
        (
            "GET http://site.api.espn.com:8080/ HTTP/1.1\r\nHost: site.api.espn.com:8080\r\nConnection: close\r\n\r\n",
            403,
        ),
        ("GET https://site.api.espn.com/ HTTP/1.1\r\nHost: site.api.espn.com\r\nConnection: close\r\n\r\n", 400),
        ("GET / HTTP/1.0\r\n\r\n", 400),
        ("\0\0\0\r\n\r\n", 400),
    ] {
        let answer = exchange(port, request.as_bytes());
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")) || answer.starts_with(&format!("HTTP/1.0 {status} ")),
            "{request:?}: {answer}"
        );
    }
    // Silent clients, at each place at which something is waited for.
    let silent = exchange(port, b"");
    assert!(silent.starts_with("HTTP/1.1 408 "), "{silent}");
    assert!(exchange(port, b"CONNECT site.api").starts_with("HTTP/1.1 408 "));
    let tunnel = exchange(port, b"CONNECT site.api.espn.com:443 HTTP/1.1\r\n\r\n");
    assert_eq!(tunnel, "HTTP/1.1 200 Connection established\r\n\r\n");
    assert_eq!(exchange(port, b"\x16\x03\x01"), "");
    assert!(program.stop().contains("other.example:443 (1x), "));
}

#[test]
fn connections_of_the_proxy_count_like_all_others() {
    let program = serve(&["--max-connections", "1"]);
    let port = proxy_port(&program);
    let mut first = connect(port);
    first.write_all(b"CONNECT site.api.espn.com:443 HTTP/1.1\r\n\r\n").expect("sent");
    let mut answer = [0; 12];
    first.read_exact(&mut answer).expect("an answer");
    assert_eq!(&answer, b"HTTP/1.1 200");
    assert!(exchange(port, b"CONNECT site.api.espn.com:443 HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503 "));
    assert!(exchange(port, b"GET http://site.api.espn.com/ HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 503 "));
    drop(first);
    program.stop();
}

#[test]
fn a_host_that_is_passed_gets_bytes_untouched() {
    let folder = Folder::new("as-provider-pass");
    let pem = folder.join("real.pem");
    let real = Program::serve(&["juv", "--port", "0", "--tls-self-signed", "--tls-pem", word(&pem)]);
    let plain = Program::serve(&["juv", "--port", "0"]);
    let host = |program: &Program| format!("localhost:{}", program.port());
    let program = serve(&["--proxy-pass", &host(&real), "--proxy-pass", &host(&plain)]);
    // The handshake is with the real host's own certificate, not with ours.
    let ca = ["--noproxy", "", "--cacert", word(&pem)];
    let output =
        curl(&program, &[&ca[..], &["-w", " %{http_connect}", &format!("https://{}/healthz", host(&real))]].concat());
    assert_eq!(text(&output.stdout), "ok\n 200", "{}", text(&output.stderr));
    let output = curl(&program, &["--noproxy", "", &format!("http://{}/healthz", host(&plain))]);
    assert_eq!(text(&output.stdout), "ok\n", "{}", text(&output.stderr));
    // Another port of the same host is another host.
    let other = TcpListener::bind("127.0.0.1:0").expect("a port");
    let closed = other.local_addr().expect("bound").port();
    let output = curl(&program, &["--noproxy", "", &format!("https://localhost:{closed}/")]);
    assert!(text(&output.stderr).contains("403"), "{}", text(&output.stderr));
    // A tunnel ends with the server.
    let mut tunnel = connect(proxy_port(&program));
    tunnel.write_all(format!("CONNECT {} HTTP/1.1\r\n\r\n", host(&plain)).as_bytes()).expect("sent");
    let mut answer = [0; 39];
    tunnel.read_exact(&mut answer).expect("an answer");
    program.stop();
    assert_eq!(tunnel.read(&mut answer).unwrap_or(0), 0);
}

#[test]
fn a_passed_host_that_cannot_be_reached_is_said() {
    let closed = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let program = serve(&["--proxy-pass", &format!("127.0.0.1:{closed}")]);
    let answer = exchange(proxy_port(&program), format!("CONNECT 127.0.0.1:{closed} HTTP/1.1\r\n\r\n").as_bytes());
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("connecting to 127.0.0.1:"), "{answer}");
    program.stop();
}

#[test]
fn misuse_is_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let taken = taken.local_addr().expect("bound").port().to_string();
    let (port, listen) = (format!("espn={taken}"), format!("127.0.0.1:{taken}"));
    let free = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("bound").port();
    let both = ["espn", "api-football"].map(|name| format!("{name}={free}"));
    for (arguments, code, part) in [
        (&["--as-provider", "espm"][..], 2, "there is no provider \"espm\" (did you mean \"espn\"?)"),
        (&["--as-provider", "espn,espn"], 2, "the provider espn is given twice"),
        (&["--serve", "espm=0"], 2, "did you mean \"espn\"?"),
        (&["--serve", "espn=0", "--serve", "espn=0"], 2, "espn is given twice"),
        (&["--serve", "espn"], 2, "write api-football=8090"),
        (&["--serve", "espn=99999"], 2, "the port 99999 is out of range"),
        (&["--serve", &both[0], "--serve", &both[1]], 2, "this is the port of espn"),
        (&["--as-provider", "espn,"], 2, "a name is missing"),
        (&["--as-provider", " espn, espm"], 2, "there is no provider \"espm\""),
        (&["--as-provider", "espn", "--now", "--recorded-dates"], 2, "--recorded-dates"),
        (&["--serve", &port], 1, "the port is in use"),
        (&["--as-provider", "espn", "--as-provider-listen", &listen], 1, "the port is in use"),
        (&["--proxy-pass", "a.example"], 2, "--as-provider"),
        (&["--as-provider", "espn", "--proxy-pass", "*.com"], 2, "*.example.com"),
        (&["--as-provider", "espn", "--proxy-pass", "site.api.espn.com"], 2, "is served here"),
    ] {
        for program in [&["serve", "juv", "--port", "0"][..], WAITING] {
            let command: &[&str] = if program[0] == "test" { &["--", "true"] } else { &[] };
            let output = run(&[program, arguments, command].concat());
            let stderr = text(&output.stderr);
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
            assert!(stderr.contains(part) && stderr.trim_end().lines().count() == 1, "{arguments:?}: {stderr}");
        }
    }
    let output = run(&["serve", "juv", "--port", &free.to_string(), "--serve", &both[0]]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("this is the port of the server itself"), "{}", text(&output.stderr));
}

#[test]
fn the_command_is_the_verdict_on_an_app_that_polls() {
    let folder = Folder::new("as-provider-verdict");
    let (json, junit) = (folder.join("r.json"), folder.join("r.xml"));
    let reports = [format!("json={}", json.display()), format!("junit={}", junit.display())];
    let poll = "curl -sS -o /dev/null $ESPN_BASE_URL/all/scoreboard";
    for (command, code) in [(poll.to_owned(), 0), (format!("{poll}; exit 3"), 4), ("true".to_owned(), 5)] {
        let arguments =
            ["--serve", "espn=0", "--report", &reports[0], "--report", &reports[1], "--", "sh", "-c", &command];
        let output = test(&arguments, &[]);
        assert_eq!(output.status.code(), Some(code), "{command}: {}", text(&output.stderr));
        let report: Value = serde_json::from_str(&std::fs::read_to_string(&json).expect("a report")).expect("JSON");
        assert_eq!(report["documents_requested"], u64::from(code != 5), "{report}");
        assert_eq!(report["exit_code"], code, "{report}");
        let xml = std::fs::read_to_string(&junit).expect("a report");
        let is_skipped = xml
            .contains("<skipped message=\"nothing judged: no client said what it shows; 1 document was requested\"/>");
        assert_eq!(is_skipped, code != 5, "{xml}");
        assert_eq!(xml.contains(" failures=\"0\""), code == 0, "{xml}");
    }
}

#[test]
fn a_refused_poller_has_connected_too() {
    let poll = "curl -sS -o /dev/null";
    for (path, faults, what) in [
        ("/apis/site/v2/sports/soccer/ita.1/scoreboard", "espn-403", "1 document was requested, 1 of them refused"),
        ("/apis/site/v2/sports/soccer/ita.1/scoreboard", "http_error:code=429,what=espn", "1 of them refused"),
        ("/nowhere", "off", "1 document was requested, 1 of them refused"),
        ("/ita.1/scoreboard https://site.api.espn.com/nowhere", "off", "2 documents were requested, 1 of them refused"),
    ] {
        let command = format!("{poll} https://site.api.espn.com{path}");
        let output = test(&["--as-provider", "espn", "--faults", faults, "--", "sh", "-c", &command], &[]);
        let stderr = text(&output.stderr);
        assert!(stderr.contains(what) && stderr.contains("exit code 0: "), "{path} {faults}: {stderr}");
        assert!(!stderr.contains("nothing reached the proxy"), "{stderr}");
    }
    // A missing key, and a limit that is answered with 200.
    let (url, key) = ("https://v3.football.api-sports.io/timezone", "-H x-apisports-key:any");
    let command = format!("{poll} {url}; for i in 1 2 3; do {poll} {key} {url}; done");
    let faults = "limit:times=2,every=60s,code=200,what=api-football";
    let output = test(&["--as-provider", "api-football", "--faults", faults, "--", "sh", "-c", &command], &[]);
    let stderr = text(&output.stderr);
    assert!(stderr.contains("; 4 documents were requested, 3 of them refused\n"), "{stderr}");
}

#[test]
fn an_app_that_does_not_use_the_proxy_gets_a_hint() {
    let hint = "nothing reached the proxy: does the app use HTTPS_PROXY? See docs/as-provider.md\n";
    for (command, has_hint) in [("true", true), ("curl -s https://other.example; true", false)] {
        let output = test(&["--as-provider", "espn", "--", "sh", "-c", command], &[]);
        let stderr = text(&output.stderr);
        assert!(output.status.code() == Some(5) && stderr.contains(hint) == has_hint, "{command}: {stderr}");
    }
    let output = test(&["--serve", "espn=0", "--", "true"], &[]);
    assert!(!text(&output.stderr).contains("proxy"), "{}", text(&output.stderr));
}
