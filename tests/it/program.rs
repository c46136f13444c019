//! The real program, started on a free port and stopped when the test is over.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

pub struct Program {
    child: Child,
    /// Reads what it tells people: it must not be held up by that.
    told: Option<JoinHandle<String>>,
    /// Kept open: the program may write to it.
    _stdout: BufReader<ChildStdout>,
    pub ready: Value,
}

/// What the program looks for around it.
const VARIABLES: &[&str] = &["TOUCHLINE_LOG", "TOUCHLINE_TOKEN", "TOUCHLINE_CONTROL_TOKEN", "TOUCHLINE_LISTEN"];

fn command(arguments: &[&str], around: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchline"));
    for name in VARIABLES {
        command.env_remove(name);
    }
    command.args(arguments).envs(around.iter().copied()).stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Output {
    run_with(arguments, &[])
}

/// The same with something in its environment.
pub fn run_with(arguments: &[&str], around: &[(&str, &str)]) -> Output {
    command(arguments, around).output().expect("the program runs")
}

impl Program {
    /// Starts it, and returns when it has said that it is ready.
    pub fn serve(arguments: &[&str]) -> Self {
        Self::serve_with(arguments, &[])
    }

    /// The same with something in its environment.
    pub fn serve_with(arguments: &[&str], around: &[(&str, &str)]) -> Self {
        let mut command = command(arguments, around);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut stderr = child.stderr.take().expect("piped");
        let told = std::thread::spawn(move || {
            let mut told = Vec::new();
            // As much as there is, also when it is killed.
            let _ = stderr.read_to_end(&mut told);
            String::from_utf8_lossy(&told).into_owned()
        });
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output");
        let Ok(ready) = serde_json::from_str(&line) else {
            panic!("not ready: {line:?}\n{}", told.join().unwrap_or_default())
        };
        Self { child, told: Some(told), _stdout: stdout, ready }
    }

    /// Ends it politely, and gives everything that it has told on standard error.
    pub fn end(mut self) -> String {
        self.signal(rustix::process::Signal::TERM);
        assert_eq!(self.wait().code(), Some(0));
        self.told.take().expect("not taken yet").join().expect("read")
    }

    /// Waits until it has ended by itself, well, and gives the same.
    pub fn ended(mut self) -> String {
        assert_eq!(self.wait().code(), Some(0));
        self.told.take().expect("not taken yet").join().expect("read")
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

    /// What is answered to a body, as it comes.
    pub fn post(&self, path: &str, body: &str) -> String {
        let mut socket = std::net::TcpStream::connect(("127.0.0.1", self.port())).expect("connected");
        let length = body.len();
        let head =
            format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
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

    /// Waits for its end; gives up after a time that no test should need.
    pub fn wait(&mut self) -> ExitStatus {
        for _ in 0..600 {
            if let Some(status) = self.child.try_wait().expect("a child") {
                return status;
            }
            // Not hiding a race: the end is what is waited for, and std has no wait with a time limit.
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
