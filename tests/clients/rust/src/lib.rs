//! A running `touchline` that answers in place of data providers, for clients that others wrote.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// A server that is stopped when it is dropped.
pub struct Provider {
    child: Child,
    ready: Value,
    /// A client as an app has it, with the proxy and the certificate of the server.
    pub http: reqwest::Client,
}

impl Provider {
    /// Plays a scenario file, paused at its beginning.
    pub fn start(scenario: &PathBuf) -> Self {
        let binary = std::env::var_os("TOUCHLINE_BINARY").expect("TOUCHLINE_BINARY names the program");
        let mut child = Command::new(binary)
            .args([
                "serve",
                "--port",
                "0",
                "--paused",
                "--exit-with-stdin",
                "--log",
                "error",
                "--as-provider",
                "espn,api-football",
            ])
            .arg("--recorded-dates")
            .arg(scenario)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("touchline serve");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("the ready line");
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        let of_environment = |name: &str| ready["environment"][name].as_str().expect(name).to_owned();
        let authority = fs::read(of_environment("SSL_CERT_FILE")).expect("the certificates");
        // The server's own is the first of the file.
        let authority = reqwest::Certificate::from_pem_bundle(&authority).expect("PEM").swap_remove(0);
        let proxy = reqwest::Proxy::https(of_environment("HTTPS_PROXY")).expect("a proxy");
        let http = reqwest::Client::builder()
            .proxy(proxy)
            .add_root_certificate(authority)
            .timeout(Duration::from_secs(20))
            .build()
            .expect("a client");
        Self { child, ready, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.ready["http"].as_str().expect("an address"))
    }

    /// The environment of an app that is to reach the server in place of its provider.
    pub fn environment(&self) -> Vec<(String, String)> {
        let listed = self.ready["environment"].as_object().expect("an environment");
        listed.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned())).collect()
    }

    /// Sends a command to the replay.
    pub async fn command(&self, command: &Value) -> Value {
        let sent = self.http.post(self.url("/api/replays/main/command")).json(command).send().await.expect("sent");
        assert!(sent.status().is_success(), "{command}: {}", sent.text().await.unwrap_or_default());
        sent.json().await.expect("JSON")
    }

    /// A document of the server.
    pub async fn get(&self, path: &str) -> Value {
        self.http.get(self.url(path)).send().await.expect("sent").json().await.expect("JSON")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A shipped scenario as if it were of another competition, in a file.
pub fn scenario_as(name: &str, competition: &str, season: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(folder.join(format!("../../../scenarios/{name}.jsonl"))).expect(name);
    let mut lines = Vec::new();
    for line in text.lines() {
        let mut line: Value = serde_json::from_str(line).expect("JSON");
        if line["kind"] == "match" || line["kind"] == "table" {
            (line["competition"], line["season"]) = (competition.into(), season.into());
        }
        if line["kind"] == "match" {
            // wc-data asks for the days of one tournament.
            line["kickoff"] = "2026-06-15T19:30:00Z".into();
            if let Some(line) = line.as_object_mut() {
                line.remove("period_starts");
            }
        }
        lines.push(line.to_string());
    }
    let file = std::env::temp_dir().join(format!("{name}-{}.jsonl", std::process::id()));
    fs::write(&file, lines.join("\n")).expect("a scenario");
    file
}
