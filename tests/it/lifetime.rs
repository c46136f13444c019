//! The life cycle of the real program: the ready file, the signals that stop it, and a low limit of open files.

#![cfg(unix)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::files::{Folder, word};
use super::program::Program;

/// The program started by a shell; killed on drop.
struct ShellProcess(Child);

impl Drop for ShellProcess {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs a shell script that replaces itself by the program (`exec`), with its streams on pipes.
fn run_in_shell(script: &str) -> ShellProcess {
    let mut command = Command::new("sh");
    command.args(["-c", script]).env("TOUCHLINE", env!("CARGO_BIN_EXE_touchline"));
    for name in ["TOUCHLINE_LOG", "TOUCHLINE_TOKEN", "TOUCHLINE_CONTROL_TOKEN", "TOUCHLINE_LISTEN"] {
        command.env_remove(name);
    }
    ShellProcess(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("a shell"))
}

/// Waits for the ready line and returns the port.
fn port(ShellProcess(child): &mut ShellProcess) -> u16 {
    let mut line = String::new();
    let stdout = child.stdout.as_mut().expect("piped");
    // One byte at a time: the output after the line stays in the pipe.
    let mut byte = [0];
    while !line.ends_with('\n') {
        stdout.read_exact(&mut byte).expect("a ready line");
        line.push(char::from(byte[0]));
    }
    let ready: serde_json::Value = serde_json::from_str(&line).expect("a ready line");
    ready["http"].as_str().and_then(|http| http.rsplit(':').next()?.parse().ok()).expect("a port")
}

fn signal(ShellProcess(child): &ShellProcess, signal: Signal) {
    let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw).expect("a process id");
    kill_process(id, signal).expect("signalled");
}

/// Waits for the exit; returns the exit code and the output of both streams.
fn end(mut program: ShellProcess) -> (Option<i32>, String) {
    let ShellProcess(child) = &mut program;
    for _ in 0..600 {
        if let Some(status) = child.try_wait().expect("a child") {
            let mut output = Vec::new();
            child.stdout.take().expect("piped").read_to_end(&mut output).expect("its output");
            child.stderr.take().expect("piped").read_to_end(&mut output).expect("its output");
            return (status.code(), String::from_utf8_lossy(&output).into_owned());
        }
        // Polls for the exit: std has no wait with a time limit.
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("still running after 30 s");
}

#[test]
fn the_ready_file_exists_while_the_server_runs() {
    let folder = Folder::new("lifetime-regular");
    let path = folder.join("ready.json");
    std::os::unix::fs::symlink("ready.json", folder.join("link")).expect("a link");
    for name in ["ready.json", "link"] {
        for stop in [Signal::TERM, Signal::HUP] {
            let mut program =
                Program::serve(&["juv", "--port", "0", "--paused", "--ready-file", word(&folder.join(name))]);
            let text = std::fs::read_to_string(&path).expect("there");
            assert!(text.starts_with(r#"{"ready":true,"#) && text.ends_with("}\n"), "{text}");
            program.signal(stop);
            assert_eq!(program.wait().code(), Some(0), "{stop:?}");
            assert!(!path.exists() && folder.join("link").is_symlink(), "{name} {stop:?}");
        }
    }
    // Another server has replaced the file meanwhile.
    let mut first = Program::serve(&["juv", "--port", "0", "--paused", "--ready-file", word(&path)]);
    let mut second = Program::serve(&["juv", "--port", "0", "--paused", "--ready-file", word(&path)]);
    first.signal(Signal::TERM);
    first.wait();
    let text = std::fs::read_to_string(&path).expect("the second's");
    assert!(text.contains(&second.http()), "{text}");
    second.signal(Signal::TERM);
    second.wait();
    assert!(!path.exists());
}

#[test]
fn the_end_of_standard_input_stops_the_server() {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchline"));
    command.args(["juv", "--port", "0", "--paused", "--exit-with-stdin"]).stdin(Stdio::piped());
    command.env_remove("TOUCHLINE_CONTROL_TOKEN").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut program = ShellProcess(command.spawn().expect("the program starts"));
    let mut input = program.0.stdin.take().expect("piped");
    let port = port(&mut program);
    // What arrives is ignored.
    input.write_all(b"play\n").expect("written");
    TcpStream::connect(("127.0.0.1", port)).expect("served");
    drop(input);
    let (code, output) = end(program);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("stopping: standard input has ended"), "{output}");
}

#[test]
fn a_ready_file_may_be_a_pipe_and_does_not_block() {
    let folder = Folder::new("lifetime-pipe");
    let path = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
    // Without a reader of the pipe, the program serves and stops as usual.
    let mut program = Program::serve(&["juv", "--port", "0", "--paused", "--ready-file", word(&path)]);
    TcpStream::connect(("127.0.0.1", program.port())).expect("served");
    program.signal(Signal::TERM);
    assert_eq!(program.wait().code(), Some(0));
    // A late reader gets the line.
    let program = Program::serve(&["juv", "--port", "0", "--paused", "--ready-file", word(&path)]);
    let mut line = String::new();
    BufReader::new(std::fs::File::open(&path).expect("open")).read_line(&mut line).expect("a line");
    assert!(line.contains(&program.http()), "{line}");
    program.stop();
    assert!(path.exists(), "it stays a pipe");
}

#[test]
fn a_ready_file_may_be_a_descriptor() {
    let folder = Folder::new("lifetime-descriptor");
    let path = folder.join("redirected");
    for (redirected, file) in
        [("", "/dev/stdout"), ("", "/dev/fd/2"), ("3>>\"$OUT\"", "/dev/fd/3"), (">>\"$OUT\"", "/dev/stdout")]
    {
        std::fs::write(&path, "before\n").expect("written");
        let script = format!(
            "export OUT='{}'; exec \"$TOUCHLINE\" juv --speed max --once --port 0 --wait-for 0 --ready-file {file} {redirected}",
            word(&path)
        );
        let (code, output) = end(run_in_shell(&script));
        assert_eq!(code, Some(0), "{file} {redirected}: {output}");
        let text = output + &std::fs::read_to_string(&path).expect("still there");
        assert_eq!(text.matches(r#"{"ready":true,"#).count(), 2, "{file} {redirected}: {text}");
        assert!(text.contains("before\n"), "{text}");
    }
}

#[test]
fn an_unwritable_ready_file_fails_at_start() {
    let folder = Folder::new("lifetime-refused");
    for (file, words) in
        [(word(&folder), "is a directory"), ("/nowhere/at/all", "No such file"), ("/dev/full", "No space left")]
    {
        for flags in ["", "--tls-self-signed --tls-pem"] {
            let flags = if flags.is_empty() { "--ready-file" } else { flags };
            let (code, output) = end(run_in_shell(&format!("exec \"$TOUCHLINE\" juv --port 0 {flags} '{file}'")));
            assert_eq!(code, Some(1), "{flags} {file}: {output}");
            let reported =
                output.to_lowercase().contains(&format!("touchline: writing {file}: {words}").to_lowercase());
            assert!(reported, "{flags} {file}: {output}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn sighup_stops_the_server_unless_it_is_ignored() {
    let serve = "exec \"$TOUCHLINE\" juv --port 0 --paused";
    let mut child = run_in_shell(serve);
    port(&mut child);
    signal(&child, Signal::HUP);
    let (code, output) = end(child);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("stopping") && output.contains("stopped"), "{output}");
    // SIGHUP ignored, as under nohup.
    let mut child = run_in_shell(&format!("trap '' HUP; {serve}"));
    let port = port(&mut child);
    signal(&child, Signal::HUP);
    signal(&child, Signal::HUP);
    let program = env!("CARGO_BIN_EXE_touchline");
    let health = Command::new(program).args(["health", &format!("127.0.0.1:{port}")]).output().expect("run");
    assert!(health.status.success() && child.0.try_wait().expect("a child").is_none());
    signal(&child, Signal::TERM);
    assert_eq!(end(child).0, Some(0));
}

#[cfg(target_os = "linux")]
#[test]
fn with_a_low_file_limit_the_server_warns_and_refuses_extra_connections() {
    use tokio_tungstenite::tungstenite;
    use tungstenite::connect;

    for flags in ["", "--tls-self-signed"] {
        let mut child = run_in_shell(&format!("ulimit -n 64; exec \"$TOUCHLINE\" juv --port 0 --paused {flags}"));
        let port = port(&mut child);
        if flags.is_empty() {
            let url = format!("ws://127.0.0.1:{port}/ws");
            let mut seated = Vec::new();
            for _ in 0..28 {
                let (mut socket, _) = connect(&url).expect("room");
                assert!(socket.read().expect("hello").to_text().expect("text").starts_with(r#"{"kind":"hello""#));
                seated.push(socket);
            }
            // Silent connections exceed the overflow slots threefold. Their slots time out soon, so the others wait for a few
            // seconds and get a readable refusal.
            let silent: Vec<_> = (0..12).map(|_| TcpStream::connect(("127.0.0.1", port)).expect("queued")).collect();
            for _ in 0..3 {
                match connect(&url) {
                    Ok((mut socket, _)) => {
                        let received = socket.read().expect("an error").to_text().expect("text").to_owned();
                        assert!(received.contains("\"code\":\"full\""), "{received}");
                    }
                    Err(tungstenite::Error::Http(answer)) => {
                        let received =
                            String::from_utf8_lossy(answer.body().as_deref().unwrap_or_default()).into_owned();
                        assert!(received.contains("\"code\":\"full\""), "{received}");
                    }
                    Err(error) => panic!("no readable refusal: {error}"),
                }
            }
            let program = env!("CARGO_BIN_EXE_touchline");
            let health = Command::new(program).args(["health", &format!("127.0.0.1:{port}")]).output().expect("run");
            assert!(
                health.status.success(),
                "a server without room is up: {:?}",
                String::from_utf8_lossy(&health.stderr)
            );
            drop((seated, silent));
        }
        signal(&child, Signal::TERM);
        let (code, output) = end(child);
        assert_eq!(code, Some(0), "{output}");
        assert!(
            output.contains(
                "limit on open files is 64: it allows 28 connections at once, and 4 more that are only answered with"
            ),
            "{output}"
        );
        assert!(!output.contains("accepting a connection"), "{output}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn with_a_low_file_limit_load_states_how_many_subscribers_fit() {
    let program = Program::serve(&["juv", "--port", "0", "--speed", "600"]);
    let load = |subscribers: u32| {
        let url = program.ws();
        end(run_in_shell(&format!(
            "ulimit -n 64; exec \"$TOUCHLINE\" load {url} --subscribers {subscribers} --duration 1s"
        )))
    };
    let (code, output) = load(33);
    assert_eq!(code, Some(2), "{output}");
    assert!(output.contains("open files allows 32"), "{output}");
    let (code, output) = load(32);
    assert_eq!(code, Some(0), "{output}");
    assert!(output.contains("32 of 32"), "{output}");
}
