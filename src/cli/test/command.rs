//! The command under test: a process in a group of its own, of which nothing is left in the end.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{
    Pid, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group, waitid, waitpid,
};
use tokio::sync::oneshot;

use super::descendants::{adopt_orphans, living_descendants};

/// How long processes may take to end after SIGTERM.
const TERM_GRACE: Duration = Duration::from_secs(3);
/// How long it may take until the system has removed processes that were killed.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);
/// How often processes are looked for that have not ended.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// A running command. Dropping it kills its processes.
#[derive(Debug)]
pub struct TestCommand {
    child: Child,
    /// Also the id of its process group. The child is not reaped before everything has ended, so the id is of no other process.
    pid: Pid,
    /// Descendants of this process that are not of the command: whatever has been replaced by this program may have had children.
    others: Vec<Pid>,
    exited: oneshot::Receiver<()>,
    ended: bool,
}

impl TestCommand {
    /// Starts a command with additional environment variables. Its output is that of this process.
    pub fn start(words: &[OsString], environment: &[(&str, &str)]) -> io::Result<Self> {
        let [program, arguments @ ..] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
        adopt_orphans();
        let others = living_descendants(&[]);
        let mut command = Command::new(program);
        command.args(arguments).envs(environment.iter().copied()).process_group(0);
        if io::stdin().is_terminal() {
            // A process that is not in the terminal's foreground group would be stopped when it reads from it.
            command.stdin(Stdio::null());
        }
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        let (exit, exited) = oneshot::channel();
        let wait = move || {
            let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
            while waitid(WaitId::Pid(pid), options).is_err_and(|error| error == rustix::io::Errno::INTR) {}
            let _ = exit.send(());
        };
        let command = Self { child, pid, others, exited, ended: false };
        std::thread::Builder::new().name("command".into()).spawn(wait)?;
        Ok(command)
    }

    /// Completes once the process that was started has exited. Called again, never.
    pub async fn exited(&mut self) {
        let _ = (&mut self.exited).await;
    }

    /// Ends all processes: with SIGTERM, and after a while, or as soon as `hurry` completes, with SIGKILL. Returns the status of the
    /// process that was started.
    pub async fn end(mut self, hurry: impl Future) -> io::Result<ExitStatus> {
        let (asked, mut hurry) = (Instant::now(), std::pin::pin!(hurry));
        self.signal_all(Signal::TERM);
        // A stopped process would not receive it.
        self.signal_all(Signal::CONT);
        while self.is_alive() && asked.elapsed() < TERM_GRACE {
            tokio::select! {
                () = tokio::time::sleep(POLL_INTERVAL) => {}
                _ = &mut hurry => break,
            }
        }
        self.kill();
        self.child.wait()
    }

    /// Kills all processes, and waits until they are gone.
    fn kill(&mut self) {
        self.ended = true;
        let begun = Instant::now();
        self.signal_all(Signal::KILL);
        // Again and again: a process may have been started meanwhile.
        while self.is_alive() && begun.elapsed() < KILL_TIMEOUT {
            self.signal_all(Signal::KILL);
            std::thread::sleep(POLL_INTERVAL);
        }
    }

    fn signal_all(&self, signal: Signal) {
        // Processes may be gone by now.
        let _ = kill_process_group(self.pid, signal);
        for pid in living_descendants(&self.others) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Whether a process is left: in the group, or on Linux anywhere.
    fn is_alive(&self) -> bool {
        let exited =
            || waitid(WaitId::Pid(self.pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG);
        !living_descendants(&self.others).is_empty() || matches!(exited(), Ok(None))
    }
}

impl Drop for TestCommand {
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
        }
        let _ = self.child.wait();
        // Orphans that this process has adopted.
        while let Ok(Some(_)) = waitpid(None, WaitOptions::NOHANG) {}
    }
}
