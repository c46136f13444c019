//! TLS over real sockets: the library's own server end, and the real program on the other.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use futures::{SinkExt, StreamExt};
use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_tungstenite::tungstenite::Message;
use touchline::client::load::{LoadPlan, LoadTarget, measure};
use touchline::client::{Address, Trust, Update, connect, subscribe};
use touchline::error::Kind;
use touchline::hub::{Hub, ReplayOptions};
use touchline::playback::Speed;
use touchline::scenario::{Timeline, open};
use touchline::server::{SubscriberTask, Timing, Tls, parse_parameters};

use super::files::file;
use super::program::run;

const TIME: Duration = Duration::from_secs(10);

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// A server of the flagship over TLS: begins when so many have come, and ends when everyone has everything.
async fn serve(tls: Tls, subscribers: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let hub = Hub::new();
    let timeline = Arc::new(Timeline::new(&open("juv").expect("shipped")));
    let mut options = ReplayOptions { wait_for: subscribers, once: true, ..ReplayOptions::default() };
    options.playback.speed = Speed::new(3_000.0).expect("a speed");
    let opened = hub.open("main", timeline.clone(), options).expect("a replay");
    tokio::spawn(async move {
        let _hub = hub;
        while let Ok((socket, _)) = listener.accept().await {
            let (tls, replay, timeline) = (tls.clone(), opened.replay.clone(), timeline.clone());
            tokio::spawn(async move {
                let Ok(stream) = tls.accept(socket, TIME).await else { return };
                let Ok(socket) = tokio_tungstenite::accept_async(stream).await else { return };
                let join = parse_parameters("", &timeline).expect("parameters");
                let socket = socket.into_inner();
                SubscriberTask::new(socket, Vec::new(), replay, None, Timing::default(), Arc::default())
                    .serve(join)
                    .await;
            });
        }
    });
    address
}

/// Runs the program while this runtime serves it.
async fn program(words: Vec<String>) -> (Option<i32>, String, String) {
    let output = tokio::task::spawn_blocking(move || run(&words.iter().map(String::as_str).collect::<Vec<_>>()));
    let output = output.await.expect("it ran");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn words(words: &[&str]) -> Vec<String> {
    names(words)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_match_is_watched_over_tls_by_whoever_trusts_the_server() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let address = serve(tls.clone(), 1).await;
    let url = format!("wss://{address}/ws");

    let (code, told, why) = program(words(&["watch", &url])).await;
    assert_eq!((code, told.as_str()), (Some(1), ""), "{why}");
    assert!(why.contains(&tls.fingerprint().to_string()) && why.contains("--tls-ca"), "{why}");
    assert!(!why.contains("start `touchline` first"), "it is there: {why}");

    let (code, _, why) = program(words(&["watch", &format!("ws://{address}/ws")])).await;
    assert_eq!(code, Some(1));
    assert!(why.contains("refused: this port speaks TLS: use https:// or wss://"), "{why}");

    let trusted = file("watched.pem", tls.pem().expect("made here"));
    let trusted = trusted.to_str().expect("a path");
    let (code, told, why) = program(words(&["watch", &url, "--tls-ca", trusted])).await;
    assert_eq!((code, why.as_str()), (Some(0), "the replay has ended\n"), "{told}");
    assert!(told.contains("GOAL  Kalidou Koulibaly (Napoli), header") && told.contains("FULL TIME"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_believes_anyone_is_warned_and_served() {
    let tls = Tls::self_signed(&names(&["scores.example"])).expect("a certificate");
    let url = format!("https://{}", serve(tls, 1).await);
    let (code, told, why) = program(words(&["watch", &url, "--insecure", "--json"])).await;
    assert_eq!(code, Some(0), "{why}");
    assert_eq!(told.lines().filter(|line| line.starts_with(r#"{"kind":"event""#)).count(), 101);
    assert!(why.contains("--insecure: the server's certificate is not checked"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_are_measured_over_tls_and_none_misses_anything() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let trusted = file("measured.pem", tls.pem().expect("made here"));
    let url = format!("wss://{}/ws", serve(tls, 20).await);
    let line = ["load", &url, "--subscribers", "20", "--duration", "5m", "--tls-ca", trusted.to_str().expect("a path")];
    let (code, told, why) = program(words(&line)).await;
    assert_eq!((code, why.as_str()), (Some(0), ""), "{told}");
    for line in ["connected        20 of 20 in ", "complete and in order", "2 020 receipts"] {
        assert!(told.contains(line), "no {line:?} in\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn server_sent_events_in_one_record_with_the_answers_head_are_not_lost() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let trusted = file("streamed.pem", tls.pem().expect("made here"));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://{}/feed", listener.local_addr().expect("bound"));
    let server = async {
        for _ in 0..3 {
            let (socket, _) = listener.accept().await.expect("a connection");
            let mut stream = tls.accept(socket, TIME).await.expect("shaken");
            let count = stream.read(&mut [0; 4_096]).await.expect("a request");
            assert!(count > 0);
            let event = "data: at once\n\n";
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            let all = format!("{head}{:x}\r\n{event}\r\n", event.len());
            stream.write_all(all.as_bytes()).await.expect("sent");
            stream.flush().await.expect("sent");
            stream.write_all(b"0\r\n\r\n").await.expect("sent");
            stream.flush().await.expect("sent");
            // Whoever has read the end hangs up.
            let _ = stream.read(&mut [0; 1]).await;
        }
    };
    let line = ["load", &url, "--subscribers", "3", "--until-closed", "--tls-ca", trusted.to_str().expect("a path")];
    let told = async { tokio::time::timeout(TIME, program(words(&line))).await.expect("an answer") };
    let ((), (code, told, why)) = tokio::join!(server, told);
    assert_eq!((code, why.as_str()), (Some(0), ""), "{told}");
    assert!(told.contains("3 of 3: closed by the server (3), the same 1 frame each"), "{told}");
}

#[tokio::test]
async fn what_comes_in_one_record_with_the_handshake_is_not_lost_and_pings_are_answered() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let plan = LoadPlan {
        target: LoadTarget::parse(&format!("wss://{}/", listener.local_addr().expect("bound"))).expect("an address"),
        trust: Trust::from_pem_file(&file("one-record.pem", tls.pem().expect("made here"))).expect("a certificate"),
        subscribers: 1,
        duration: Duration::from_secs(600),
        until_closed: false,
        pid: None,
        sequence: None,
        sent_at: None,
    };
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = async {
        let (socket, _) = listener.accept().await.expect("a connection");
        let mut stream = tls.accept(socket, TIME).await.expect("shaken");
        // Through a pipe, so that response and frames go out in one piece.
        let (near, mut far) = tokio::io::duplex(1 << 16);
        let speak = async {
            let mut near = tokio_tungstenite::accept_async(near).await.expect("a handshake");
            near.send(Message::text("at once")).await.expect("sent");
            near.send(Message::Ping("are you there".into())).await.expect("sent");
            near
        };
        let pass = async {
            let mut request = [0; 4_096];
            let count = stream.read(&mut request).await.expect("a request");
            far.write_all(&request[..count]).await.expect("passed");
        };
        let (mut near, ()) = tokio::join!(speak, pass);
        let mut answer = [0; 4_096];
        let mut length = 0;
        while !answer[..length].ends_with(b"are you there") {
            length += far.read(&mut answer[length..]).await.expect("an answer");
        }
        stream.write_all(&answer[..length]).await.expect("sent");
        stream.flush().await.expect("sent");
        let relay = tokio::io::copy(&mut stream, &mut far);
        let hear = async {
            let pong = near.next().await.expect("an answer").expect("a frame");
            stop.send(()).expect("heard");
            (pong, near.next().await.expect("an end").expect("a frame"))
        };
        let (relayed, heard) = tokio::join!(relay, hear);
        relayed.expect("the end of TLS is said as well");
        heard
    };
    let measured = measure(&plan, |_| {}, async { stopped.await.expect("sent") });
    let both = async { tokio::join!(server, measured) };
    let ((pong, end), report) = tokio::time::timeout(TIME, both).await.expect("an answer");
    assert_eq!(pong, Message::Pong("are you there".into()));
    assert!(matches!(&end, Message::Close(Some(close)) if close.reason == "measured"), "{end:?}");
    assert_eq!(report.expect("measured").connected, 1);
}

#[tokio::test]
async fn after_a_cut_it_goes_on_over_tls_as_in_plain() {
    let tls = Tls::self_signed(&names(&["127.0.0.1"])).expect("a certificate");
    let trust = Trust::from_pem_file(&file("cut.pem", tls.pem().expect("made here"))).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = Address::parse(&format!("wss://{}", listener.local_addr().expect("bound"))).expect("an address");
    let server = async {
        for _ in 0..2 {
            let (socket, _) = listener.accept().await.expect("a connection");
            let stream = tls.accept(socket, TIME).await.expect("shaken");
            let mut socket = tokio_tungstenite::accept_async(stream).await.expect("a handshake");
            socket.send(Message::text(r#"{"kind":"tick","n":3}"#)).await.expect("sent");
            // Without a word, as a server does that crashes.
        }
    };
    let mut updates = pin!(subscribe(address, trust, true));
    let client = async {
        assert!(matches!(updates.next().await, Some(Ok(Update::Frame { .. }))));
        let Some(Ok(Update::Lost { reason, .. })) = updates.next().await else { panic!("not lost") };
        assert_eq!(reason, "the connection was cut");
        assert!(matches!(updates.next().await, Some(Ok(Update::Frame { .. }))));
    };
    let both = async { tokio::join!(server, client) };
    tokio::time::timeout(TIME, both).await.expect("in time");
}

/// What is written may wait in the encrypted stream; nobody may have to wait for the next frame to have this one.
#[tokio::test(start_paused = true)]
async fn a_slow_reader_has_all_that_was_written_without_waiting_for_more() {
    let tls = Tls::self_signed(&names(&["localhost"])).expect("a certificate");
    let timeline = Arc::new(Timeline::new(&open("juv").expect("shipped")));
    let hub = Hub::new();
    let mut options = ReplayOptions::default();
    options.playback.speed = Speed::MAX;
    let opened = hub.open("main", timeline.clone(), options).expect("a replay");
    // At its end: nothing more comes.
    let end = u32::try_from(timeline.cues().len()).expect("few");
    opened.replay.observe().find(|view| view.playhead.head == end).await.expect("played");

    let (near, far) = tokio::io::duplex(600);
    let join = parse_parameters("since=start&ticks=off", &timeline).expect("parameters");
    let server = async {
        let stream = tls.accept(far, TIME).await.expect("shaken");
        SubscriberTask::new(stream, Vec::new(), opened.replay.clone(), None, Timing::default(), Arc::default())
            .serve(join)
            .await;
    };
    let client = async {
        let mut roots = rustls::RootCertStore::empty();
        let pem = tls.pem().expect("made here").as_bytes();
        roots.add(CertificateDer::from_pem_slice(pem).expect("PEM")).expect("a certificate");
        let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().expect("versions");
        let config = config.with_root_certificates(roots).with_no_client_auth();
        let connector = tokio_rustls::TlsConnector::from(Arc::new(config));
        let name = ServerName::try_from("localhost").expect("a name");
        let mut stream = connector.connect(name, near).await.expect("shaken");
        let began = tokio::time::Instant::now();
        let mut heard = Vec::new();
        while !String::from_utf8_lossy(&heard).contains(r#""type":"match_end""#) {
            let mut piece = [0; 100];
            let count = stream.read(&mut piece).await.expect("received");
            assert!(count > 0, "cut");
            heard.extend_from_slice(&piece[..count]);
        }
        // The clock stands still as long as there is anything to do.
        assert_eq!(began.elapsed(), Duration::ZERO);
    };
    tokio::select! {
        () = server => panic!("it goes on"),
        () = client => {}
    }
}

#[test]
fn words_about_certificates_are_refused_where_there_is_none() {
    for line in [["watch", "ws://127.0.0.1:1", "--insecure"], ["load", "ws://127.0.0.1:1", "--insecure"]] {
        let output = run(&line);
        let why = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{why}");
        assert!(why.contains("not encrypted at all") && !why.contains("nobody knows"), "{why}");
    }
}

/// A certificate as it is asked for, with its key: as files.
fn made(name: &str, ask: impl FnOnce(&mut CertificateParams)) -> (PathBuf, PathBuf) {
    let pair = KeyPair::generate().expect("a key");
    let mut wanted = CertificateParams::new(names(&["127.0.0.1"])).expect("a name");
    ask(&mut wanted);
    let made = wanted.self_signed(&pair).expect("a certificate");
    (file(&format!("{name}.pem"), &made.pem()), file(&format!("{name}-key.pem"), &pair.serialize_pem()))
}

/// What comes of connecting to a server with this certificate, trusting it.
async fn try_to_connect(certificate: &Path, key: &Path, trusted: &Path) -> touchline::Result<()> {
    let tls = Tls::from_files(certificate, key).expect("a certificate");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = format!("wss://{}", listener.local_addr().expect("bound"));
    let server = async {
        let (socket, _) = listener.accept().await.expect("a connection");
        if let Ok(mut stream) = tls.accept(socket, TIME).await {
            let mut heard = [0; 5];
            stream.read_exact(&mut heard).await.expect("received");
            stream.write_all(&heard).await.expect("sent");
            stream.shutdown().await.expect("sent");
        }
    };
    let client = async {
        let trust = Trust::from_pem_file(trusted)?;
        let mut stream = connect(&Address::parse(&address)?, &trust).await?;
        stream.write_all(b"hello").await.expect("sent");
        stream.flush().await.expect("sent");
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await.expect("received");
        assert_eq!(heard, b"hello");
        Ok(())
    };
    tokio::join!(server, client).1
}

#[tokio::test]
async fn a_certificate_that_was_given_is_believed_for_its_name_and_its_time() {
    let authority = |wanted: &mut CertificateParams| wanted.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let expired = |wanted: &mut CertificateParams| wanted.not_after = date_time_ymd(2001, 1, 1);
    let elsewhere = |wanted: &mut CertificateParams| {
        *wanted = CertificateParams::new(names(&["scores.example", "10.0.0.1"])).expect("names");
    };
    let plain = made("plain", |_| {});
    // As `openssl req -x509` makes them: of themselves they say that they are authorities.
    let like_openssl = made("like-openssl", authority);
    for (certificate, key) in [&plain, &like_openssl] {
        try_to_connect(certificate, key, certificate).await.expect("believed");
    }
    let and = |one: &dyn Fn(&mut CertificateParams), other: &dyn Fn(&mut CertificateParams), name: &str| {
        made(name, |wanted| {
            one(wanted);
            other(wanted);
        })
    };
    for ((certificate, key), told) in [
        (made("expired", expired), "its certificate has expired"),
        (and(&authority, &expired, "expired-authority"), "its certificate has expired"),
        (made("elsewhere", elsewhere), "not for 127.0.0.1 but for"),
        (and(&elsewhere, &authority, "elsewhere-authority"), "not for 127.0.0.1 but for"),
    ] {
        let error = try_to_connect(&certificate, &key, &certificate).await.expect_err(told);
        assert!(error.to_string().contains(told) && error.kind() == Kind::Invalid, "{error}");
    }
    // Another with the same name, and another authority.
    for trusted in [&made("stranger", |_| {}).0, &made("authority", authority).0] {
        for (certificate, key) in [&plain, &like_openssl] {
            let error = try_to_connect(certificate, key, trusted).await.expect_err("a stranger");
            assert_eq!(error.kind(), Kind::Invalid, "{error}");
        }
    }
    let nothing = file("nothing.pem", "");
    assert!(Trust::from_pem_file(&nothing).expect_err("nothing").to_string().contains("no certificate found"));
}

/// Runs openssl in a folder; tells whether there is one.
fn openssl(folder: &Path, arguments: &str) -> bool {
    let output = Command::new("openssl").current_dir(folder).args(arguments.split_whitespace()).output();
    let Ok(output) = output else {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no openssl");
        eprintln!("SKIPPED: no openssl");
        return false;
    };
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    true
}

#[tokio::test]
async fn keys_and_certificates_are_read_as_openssl_writes_them() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, making, label) in [
        ("pkcs1", "genrsa -traditional -out pkcs1.key 2048", "-----BEGIN RSA PRIVATE KEY"),
        ("pkcs8", "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pkcs8.key", "-----BEGIN PRIVATE KEY"),
        // With its parameters in front, as a section of their own.
        ("sec1", "ecparam -name secp384r1 -genkey -out sec1.key", "-----BEGIN EC PARAMETERS"),
        ("ed25519", "genpkey -algorithm ed25519 -out ed25519.key", "-----BEGIN PRIVATE KEY"),
    ] {
        if !openssl(folder, making) {
            return;
        }
        let signing = format!("req -x509 -key {name}.key -out {name}.crt -days 9 -subj /CN=touchline");
        openssl(folder, &format!("{signing} -addext subjectAltName=IP:127.0.0.1"));
        let (certificate, key) = (folder.join(format!("{name}.crt")), folder.join(format!("{name}.key")));
        assert!(std::fs::read_to_string(&key).expect("written").starts_with(label), "{name}");
        try_to_connect(&certificate, &key, &certificate).await.expect(name);
    }
    openssl(folder, "pkey -in pkcs1.key -aes128 -passout pass:secret -out locked.key");
    let locked = Tls::from_files(&folder.join("pkcs1.crt"), &folder.join("locked.key")).expect_err("a passphrase");
    assert!(locked.to_string().contains("remove the passphrase"), "{locked}");
}

#[tokio::test]
async fn what_is_no_tls_server_is_told_apart_from_one_that_is_not_there() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let address = Address::parse(&format!("wss://{address}")).expect("an address");
    let trust = Trust::public_authorities().expect("trust");
    for (answer, told, kind) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\n\r\n"[..],
            "the server does not speak TLS: use ws:// or http://",
            Kind::Invalid,
        ),
        (b"", "the connection was cut during the TLS handshake", Kind::Io),
        // A fatal alert: handshake failure.
        (b"\x15\x03\x03\x00\x02\x02\x28", "the server refused the TLS handshake: HandshakeFailure", Kind::Invalid),
    ] {
        let server = async {
            let (mut socket, _) = listener.accept().await.expect("a connection");
            let _ = socket.read(&mut [0; 4_096]).await.expect("a greeting");
            socket.write_all(answer).await.expect("sent");
        };
        let (_, connected) = tokio::join!(server, connect(&address, &trust));
        let error = connected.expect_err(told);
        assert!(error.to_string().contains(told) && error.kind() == kind, "{error}");
    }
    drop(listener);
    let nobody = connect(&address, &trust).await.expect_err("nobody");
    assert_eq!((nobody.to_string().as_str(), nobody.kind()), ("connection refused", Kind::Io));
}
