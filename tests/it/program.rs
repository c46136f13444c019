//! The real program, started on a free port and stopped when the test is over.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

pub struct Program {
    child: Child,
    /// Kept open: the program may write to it.
    _stdout: BufReader<ChildStdout>,
    pub ready: Value,
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_touchline"));
    command.args(arguments).env_remove("TOUCHLINE_LOG").env_remove("TOUCHLINE_TOKEN").stdin(Stdio::null());
    command
}

/// Runs it to its end.
pub fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program runs")
}

impl Program {
    /// Starts it, and returns when it has said that it is ready.
    pub fn serve(arguments: &[&str]) -> Self {
        let mut child =
            command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program starts");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut line = String::new();
        stdout.read_line(&mut line).expect("its output");
        let ready = serde_json::from_str(&line).unwrap_or_else(|_| {
            let mut told = String::new();
            let _ = child.stderr.take().expect("piped").read_to_string(&mut told);
            panic!("not ready: {line:?}\n{told}")
        });
        // What it tells people is read by nobody here, and must not block it.
        let stderr = child.stderr.take().expect("piped");
        std::thread::spawn(move || std::io::copy(&mut BufReader::new(stderr), &mut std::io::sink()));
        Self { child, _stdout: stdout, ready }
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
