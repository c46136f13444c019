//! Runs the real program: to its end, or as a server on a free port that is killed on drop.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

pub struct Program {
    child: Child,
    /// Reads its standard error, so that a full pipe never blocks it.
    stderr_reader: Option<JoinHandle<String>>,
    /// Kept open: the program may write to it.
    _stdout: BufReader<ChildStdout>,
    pub ready: Value,
}

/// The environment variables that the program reads; tests start without them.
const CLEARED_VARIABLES: &[&str] = &["TOUCHLINE_LOG", "TOUCHLINE_TOKEN", "TOUCHLINE_CONTROL_TOKEN", "TOUCHLINE_LISTEN"];

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchline"));
    for name in CLEARED_VARIABLES {
        command.env_remove(name);
    }
    command.args(arguments).envs(environment.iter().copied()).stdin(Stdio::null());
    command
}

/// Runs the program to its end.
pub fn run(arguments: &[&str]) -> Output {
    run_with(arguments, &[])
}

/// The same with these environment variables.
pub fn run_with(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    command(arguments, environment).output().expect("the program runs")
}

/// Runs the program to its end with this standard input.
pub fn run_with_input(arguments: &[&str], input: &[u8]) -> Output {
    let mut command = command(arguments, &[]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    child.stdin.take().expect("piped").write_all(input).expect("written");
    child.wait_with_output().expect("the program runs")
}

impl Program {
    /// Starts the program and returns once it has printed its ready line.
    pub fn serve(arguments: &[&str]) -> Self {
        Self::serve_with(arguments, &[])
    }

    /// The same with these environment variables.
    pub fn serve_with(arguments: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut command = command(arguments, environment);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut stderr = child.stderr.take().expect("piped");
        let stderr_reader = std::thread::spawn(move || {
            let mut stderr_reader = Vec::new();
            // Reads as much as there is, also when the program is killed.
            let _ = stderr.read_to_end(&mut stderr_reader);
            String::from_utf8_lossy(&stderr_reader).into_owned()
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output");
        let Ok(ready) = serde_json::from_str(&line) else {
            panic!("not ready: {line:?}\n{}", stderr_reader.join().unwrap_or_default())
        };
        Self { child, stderr_reader: Some(stderr_reader), _stdout: stdout, ready }
    }

    /// Stops the program with SIGTERM and returns its standard error.
    pub fn stop(mut self) -> String {
        self.signal(rustix::process::Signal::TERM);
        assert_eq!(self.wait().code(), Some(0));
        self.stderr_reader.take().expect("not taken yet").join().expect("read")
    }

    /// Waits until the program has exited with 0 by itself and returns its standard error.
    pub fn wait_for_stderr(mut self) -> String {
        assert_eq!(self.wait().code(), Some(0));
        self.stderr_reader.take().expect("not taken yet").join().expect("read")
    }

    pub fn ws(&self) -> String {
        self.ready["ws"].as_str().expect("an address").to_owned()
    }

    pub fn http(&self) -> String {
        self.ready["http"].as_str().expect("an address").to_owned()
    }

    pub fn port(&self) -> u16 {
        self.http().rsplit(':').next().and_then(|port| port.parse().ok()).expect("a port")
    }

    /// Posts a body and returns the raw response.
    pub fn post(&self, path: &str, body: &str) -> String {
        self.ask("POST", path, body)
    }

    /// Sends a request and returns the raw response.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut socket = std::net::TcpStream::connect(("127.0.0.1", self.port())).expect("connected");
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n"
        );
        std::io::Write::write_all(&mut socket, (head + body).as_bytes()).expect("asked");
        let mut answer = String::new();
        socket.read_to_string(&mut answer).expect("an answer");
        answer
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        let id = i32::try_from(self.child.id()).expect("a process id");
        let id = rustix::process::Pid::from_raw(id).expect("a process id");
        rustix::process::kill_process(id, signal).expect("signalled");
    }

    /// Waits for the exit of the program; fails after 30 s.
    pub fn wait(&mut self) -> ExitStatus {
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            // Polling hides no race: the exit is what is waited for, and std has no wait with a time limit.
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("still running after 30 s");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
