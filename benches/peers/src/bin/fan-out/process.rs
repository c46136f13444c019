//! A server in a process of its own, on a processor of its own.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Sub;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use rustix::thread::{CpuSet, sched_setaffinity};

/// The processor that servers run on.
pub const SERVER_CPU: usize = 0;
/// The processor that subscribers run on.
pub const SUBSCRIBERS_CPU: usize = 1;

/// A running server; killed when it is dropped.
pub struct Server {
    child: Child,
    /// Open as long as the server is: one that prints must not fail.
    _stdout: BufReader<ChildStdout>,
    /// Where it listens.
    pub address: SocketAddr,
    /// How long it took until it said so.
    pub ready: Duration,
}

/// Time that a process has had, over all its threads, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Times {
    /// It ran, or the kernel for it.
    pub cpu: u64,
    /// It could have run, and somebody else had the processor.
    pub waited: u64,
}

impl Times {
    /// The time that this thread has had so far.
    pub fn own() -> Self {
        Self::read(Path::new("/proc/thread-self"))
    }

    /// The time that the kernel's own thread for this processor's network has had. Where much is sent at once it takes over a
    /// part of what is otherwise done within the sender's `send`.
    pub fn of_network(cpu: usize) -> Self {
        static THREADS: [OnceLock<PathBuf>; 2] = [OnceLock::new(), OnceLock::new()];
        let thread = THREADS[cpu].get_or_init(|| {
            let name = format!("ksoftirqd/{cpu}\n");
            let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten().map(|process| process.path());
            let is_it =
                |process: &PathBuf| std::fs::read_to_string(process.join("comm")).is_ok_and(|comm| comm == name);
            processes.into_iter().find(is_it).unwrap_or_default()
        });
        Self::read(thread)
    }

    /// Counts the network's thread of a processor in: its work is this one's, and was not waited for.
    pub fn with_network(self, network: Self) -> Self {
        Self { cpu: self.cpu + network.cpu, waited: self.waited.saturating_sub(network.cpu) }
    }

    /// Of one thread; nothing where it has just ended.
    fn read(thread: &Path) -> Self {
        let told = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
        let mut numbers = told.split_whitespace().filter_map(|number| number.parse().ok());
        Self { cpu: numbers.next().unwrap_or(0), waited: numbers.next().unwrap_or(0) }
    }
}

impl Sub for Times {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        // A thread that has ended takes its times with it.
        Self { cpu: self.cpu.saturating_sub(before.cpu), waited: self.waited.saturating_sub(before.waited) }
    }
}

/// Keeps this thread, and what it starts from now on, on one processor.
pub fn pin(cpu: usize) -> Result<(), String> {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).map_err(|error| format!("running on processor {cpu}: {error}; two are needed"))
}

impl Server {
    /// Starts a server and waits until it says where it listens: a line with its port alone, or Touchline's ready line.
    pub fn start(command: &mut Command) -> Result<Self, String> {
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_string_lossy())
            .collect();
        let words = words.join(" ");
        pin(SERVER_CPU)?;
        let began = Instant::now();
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        pin(SUBSCRIBERS_CPU)?;
        let mut child = child.map_err(|error| format!("starting {words}: {error}"))?;
        let mut stdout = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        let told = stdout.read_line(&mut line).map_err(|error| error.to_string());
        let port = told.and_then(|_| port(&line).ok_or_else(|| format!("its first line is {line:?}, not its port")));
        let ready = began.elapsed();
        let mut server = Self { child, _stdout: stdout, address: (Ipv4Addr::LOCALHOST, 0).into(), ready };
        server.address.set_port(port.map_err(|error| format!("{words}: {error}"))?);
        Ok(server)
    }

    /// Memory of its own (not shared with files), in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
        let kilobytes: u64 = line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0);
        kilobytes * 1_024
    }

    /// The time that each of its threads has had so far.
    pub fn times(&self) -> Threads {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        tasks.map(|task| (task.file_name(), Times::read(&task.path()))).collect()
    }
}

/// The times of threads, by their numbers.
pub type Threads = BTreeMap<OsString, Times>;

/// What threads have had since an earlier look, together: those of a process on one processor wait for each other, so that
/// only what the busiest waited beyond that was others' doing.
pub fn since(now: &Threads, before: &Threads) -> Times {
    let had = now.iter().map(|(thread, times)| *times - before.get(thread).copied().unwrap_or_default());
    let (mut all, mut busiest) = (0, Times::default());
    for times in had {
        all += times.cpu;
        if times.cpu >= busiest.cpu {
            busiest = times;
        }
    }
    Times { cpu: all, waited: busiest.waited.saturating_sub(all - busiest.cpu) }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have gone by itself; then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn port(line: &str) -> Option<u16> {
    if let Ok(port) = line.trim().parse() {
        return Some(port);
    }
    let ready: serde_json::Value = serde_json::from_str(line).ok()?;
    ready["ws"].as_str()?.strip_suffix("/ws")?.rsplit(':').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_threads_waited_for_each_other_does_not_count() {
        let times = |cpu, waited| Times { cpu, waited };
        let threads = |first, second| Threads::from([("1".into(), first), ("2".into(), second)]);
        let before = threads(times(100, 50), times(10, 5));
        assert_eq!(since(&threads(times(110, 58), times(510, 35)), &before), times(510, 20));
        assert_eq!(since(&threads(times(110, 58), times(510, 12)), &before), times(510, 0));
    }

    #[test]
    fn a_port_is_told_alone_or_in_touchlines_ready_line() {
        assert_eq!(port("40123\n"), Some(40_123));
        assert_eq!(port("{\"ready\":true,\"ws\":\"ws://127.0.0.1:8089/ws\"}\n"), Some(8_089));
        assert_eq!(port(""), None);
        assert_eq!(port("listening\n"), None);
    }
}
