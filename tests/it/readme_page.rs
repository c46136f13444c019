//! Runs the commands of `README.md` verbatim and in order, against the real program.

use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;

/// Commands that follow a stream until Ctrl-C.
const STREAM_COMMANDS: [&str; 3] = ["touchline watch", "websocat ", "curl -N "];
/// Commands that do not serve; every other `touchline` command starts a server.
const CLIENT_COMMANDS: [&str; 15] = [
    "watch",
    "pause",
    "play",
    "seek",
    "speed",
    "pace",
    "step",
    "restart",
    "loop",
    "open",
    "close",
    "replays",
    "scenarios",
    "check",
    "load",
];
/// The time limit of a command that ends by itself, in seconds.
const TIMEOUT_SECONDS: &str = "120";
/// Shortened commands: fewer subscribers and less time.
const SHORTENED: [(&str, &str); 4] = [
    ("fit=30s", "fit=1s"),
    ("--duration 30s", "--duration 1s"),
    ("--subscribers 1000", "--subscribers 10"),
    ("speed=600'", "speed=6000'"),
];

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the page")
}

/// The commands of each `sh` block of the page, without comments, continued lines joined.
fn blocks() -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    for block in page().split("\n```sh\n").skip(1) {
        let mut commands: Vec<String> = Vec::new();
        let mut goes_on = false;
        for line in block.split("\n```").next().expect("a block").lines() {
            let line = line.split(" # ").next().unwrap_or_default().trim_end();
            match commands.last_mut().filter(|_| goes_on) {
                Some(command) => *command = format!("{command}\n{line}"),
                None => commands.push(line.to_owned()),
            }
            goes_on = line.ends_with('|') || line.ends_with('\\');
        }
        blocks.push(commands);
    }
    blocks
}

fn program_of(command: &str) -> &str {
    command.split_whitespace().next().unwrap_or_default()
}

fn is_stream(command: &str) -> bool {
    STREAM_COMMANDS.iter().any(|stream| command.starts_with(stream))
}

fn is_server(command: &str) -> bool {
    program_of(command) == "touchline"
        && !command.split_whitespace().nth(1).is_some_and(|word| CLIENT_COMMANDS.contains(&word))
}

fn is_installed(program: &str) -> bool {
    Command::new("sh").args(["-c", &format!("command -v {program}")]).output().is_ok_and(|found| found.status.success())
}

/// A shell environment in its own folder, where `touchline` is the program and all servers use one free port.
struct Terminal {
    folder: PathBuf,
    port: u16,
    server: Option<Running>,
}

/// A running command with its process group.
struct Running {
    child: Child,
    command: String,
}

impl Running {
    /// Sends SIGINT, as Ctrl-C does; returns the exit code.
    fn interrupt(mut self) -> Option<i32> {
        self.signal(Signal::INT);
        self.child.wait().expect("a child").code()
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process id");
        // The process may have ended already.
        let _ = kill_process_group(id, signal);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.signal(Signal::KILL);
            let _ = self.child.wait();
        }
    }
}

impl Terminal {
    fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{name}-{}", std::process::id()));
        let bin = folder.join("bin");
        std::fs::create_dir_all(&bin).expect("a folder");
        symlink(env!("CARGO_BIN_EXE_touchline"), bin.join("touchline")).expect("linked");
        symlink(Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios"), folder.join("scenarios")).expect("linked");
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a free port").port();
        Self { folder, port, server: None }
    }

    /// A shell command for a script, with this terminal's port; `under` is the program that runs it.
    fn shell(&self, under: &[&str], script: &str) -> Command {
        let mut script = script.replace(":8089", &format!(":{}", self.port));
        for (long, short) in SHORTENED {
            script = script.replace(long, short);
        }
        let path = std::env::var("PATH").unwrap_or_default();
        let words = [under, &["bash", "-euo", "pipefail", "-c", &script]].concat();
        let mut shell = Command::new(words[0]);
        shell.args(&words[1..]).current_dir(&self.folder).stdin(Stdio::null());
        for name in ["TOUCHLINE_LOG", "TOUCHLINE_TOKEN", "TOUCHLINE_CONTROL_TOKEN"] {
            shell.env_remove(name);
        }
        shell.env("PATH", format!("{}:{path}", self.folder.join("bin").display()));
        shell.env("TOUCHLINE_LISTEN", format!("127.0.0.1:{}", self.port)).process_group(0);
        shell
    }

    /// Starts a command and returns once it has printed a line.
    fn start(&self, command: &str) -> Running {
        let mut shell = self.shell(&[], &format!("exec {command}"));
        let mut child = shell.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell");
        let stdout = child.stdout.take().expect("piped");
        let stderr = child.stderr.take().expect("piped");
        // Read to the end: a full pipe would block the command.
        let stderr_reader = std::thread::spawn(move || std::io::read_to_string(stderr).unwrap_or_default());
        let running = Running { child, command: command.to_owned() };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output");
        assert!(!line.is_empty(), "{command}: {}", stderr_reader.join().unwrap_or_default());
        std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        running
    }

    /// Replaces the current server.
    fn serve(&mut self, command: &str) {
        self.stop_serving();
        // The server prints a ready line.
        let server = self.start(command);
        // Other tests run servers at the same time.
        let pidof = self.folder.join("bin/pidof");
        std::fs::write(&pidof, format!("#!/bin/sh\necho {}\n", server.child.id())).expect("written");
        std::fs::set_permissions(&pidof, PermissionsExt::from_mode(0o755)).expect("made a program");
        self.server = Some(server);
    }

    fn stop_serving(&mut self) {
        if let Some(server) = self.server.take() {
            let command = server.command.clone();
            assert_eq!(server.interrupt(), Some(0), "{command}");
        }
    }

    /// Runs a command that ends by itself; returns its output.
    fn run(&self, script: &str) -> String {
        let output = self.shell(&["timeout", TIMEOUT_SECONDS], script).output().expect("a shell");
        let errors = String::from_utf8_lossy(&output.stderr);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert_eq!(output.status.code(), Some(0), "{script}\n{printed}{errors}");
        printed
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.server.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn the_quick_start_is_two_lines() {
    assert_eq!(blocks()[0], ["cargo run --release", "tests/all"]);
}

#[test]
fn readme_commands_work_in_order() {
    if !is_installed("bash") || !is_installed("timeout") {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no bash");
        eprintln!("SKIPPED: no bash");
        return;
    }
    let mut terminal = Terminal::new("lines");
    let mut blocks = blocks().into_iter();
    // `touchline` stands for `cargo run` in the first line; the second line runs this test.
    assert_eq!(blocks.next().expect("the start").len(), 2);
    terminal.serve("touchline");
    let (mut streams, mut served, mut ran) = (0, 0, 0);
    for commands in blocks {
        // Docker commands are not run here.
        let missing = commands.iter().flat_map(|command| command.split('|')).map(program_of);
        let missing =
            missing.filter(|program| *program == "docker" || !program.contains('=') && !is_installed(program));
        let missing: Vec<&str> = missing.filter(|program| *program != "touchline").collect();
        if !commands.iter().any(|command| is_stream(command) || is_server(command)) && missing.is_empty() {
            // The lines share shell variables.
            let printed = terminal.run(&commands.join("\n"));
            assert!(!printed.is_empty(), "{commands:?}");
            ran += commands.len();
            continue;
        }
        for command in &commands {
            if missing.contains(&program_of(command)) {
                eprintln!("SKIPPED: no {}", program_of(command));
            } else if is_stream(command) {
                // Killed, not interrupted: curl ignores SIGINT when the tests run in the background.
                drop(terminal.start(command));
                streams += 1;
            } else if is_server(command) {
                terminal.serve(command);
                served += 1;
            } else {
                terminal.run(command);
                ran += 1;
            }
        }
    }
    terminal.stop_serving();
    assert!(streams >= 4 && served >= 8 && ran >= 15, "{streams} streams, {served} servers, {ran} others");
}

#[test]
fn the_readme_states_the_pace_of_the_demo() {
    if !is_installed("curl") || !is_installed("timeout") {
        eprintln!("SKIPPED: no curl");
        return;
    }
    let mut terminal = Terminal::new("pace");
    terminal.serve("touchline");
    let hello = terminal.run("set +o pipefail; curl -sN http://127.0.0.1:8089/events.ndjson | head -n 1");
    let hello: Value = serde_json::from_str(&hello).expect("hello");
    let pace = hello["playback"]["pace"].as_str().expect("a pace");
    assert!(page().contains(&format!("`--pace {pace}`")), "{pace}");
    assert!(page().contains(&format!("\nplaying at 60x, pace {pace}, loop on\n")), "{pace}");
}

#[test]
fn browser_only_snippets_are_marked() {
    let page = page();
    let parts: Vec<&str> = page.split("\n```js\n").collect();
    for pair in parts.windows(2) {
        let intro = pair[0].rsplit("\n```\n").next().unwrap_or_default().to_lowercase();
        let code = pair[1].split("\n```").next().unwrap_or_default();
        let is_for_node = ["from \"ws\"", "from \"touchline\""].iter().any(|import| code.contains(import));
        assert_eq!(!is_for_node, intro.contains("in a browser only"), "{intro}\n{code}");
    }
    assert!(parts.len() > 4);
}
