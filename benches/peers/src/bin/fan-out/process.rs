//! A server in its own process, pinned to its own CPU.

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

/// The CPU of the servers.
pub const SERVER_CPU: usize = 0;
/// The CPU of the subscribers.
pub const SUBSCRIBERS_CPU: usize = 1;

/// A running server, killed on drop.
pub struct Server {
    child: Child,
    /// Kept open, so that a server that prints does not fail.
    _stdout: BufReader<ChildStdout>,
    /// Its address.
    pub address: SocketAddr,
    /// The time from its start until it reported its address.
    pub ready: Duration,
}

/// The scheduling times of a thread or a process, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CpuTimes {
    /// Running, in user or kernel mode.
    pub cpu: u64,
    /// Ready to run, but preempted.
    pub preempted: u64,
}

impl CpuTimes {
    /// The times of this thread so far.
    pub fn own() -> Self {
        Self::read(Path::new("/proc/thread-self"))
    }

    /// The times of the kernel's network thread of a CPU. Under high load it takes over part of the work otherwise done
    /// within the sender's `send`.
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

    /// Adds the network thread of the CPU: it works for this process, which therefore was not preempted by it.
    pub fn with_network(self, network: Self) -> Self {
        Self { cpu: self.cpu + network.cpu, preempted: self.preempted.saturating_sub(network.cpu) }
    }

    /// The times of one thread; zero if it has just ended.
    fn read(thread: &Path) -> Self {
        let stat = std::fs::read_to_string(thread.join("schedstat")).unwrap_or_default();
        let mut numbers = stat.split_whitespace().filter_map(|number| number.parse().ok());
        Self { cpu: numbers.next().unwrap_or(0), preempted: numbers.next().unwrap_or(0) }
    }
}

impl Sub for CpuTimes {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        // The times of a thread that has ended are gone.
        Self { cpu: self.cpu.saturating_sub(before.cpu), preempted: self.preempted.saturating_sub(before.preempted) }
    }
}

/// Pins this thread, and the processes it starts from now on, to a CPU.
pub fn pin(cpu: usize) -> Result<(), String> {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).map_err(|error| format!("pinning to CPU {cpu}: {error}; two CPUs are needed"))
}

impl Server {
    /// Starts a server and waits until it prints its address: a line with the port alone, or Touchline's ready line.
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
        let read = stdout.read_line(&mut line).map_err(|error| error.to_string());
        let port = read.and_then(|_| port(&line).ok_or_else(|| format!("its first line is {line:?}, not its port")));
        let ready = began.elapsed();
        let mut server = Self { child, _stdout: stdout, address: (Ipv4Addr::LOCALHOST, 0).into(), ready };
        server.address.set_port(port.map_err(|error| format!("{words}: {error}"))?);
        Ok(server)
    }

    /// The private memory (not backed by files), in bytes.
    pub fn memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
        let kilobytes: u64 = line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0);
        kilobytes * 1_024
    }

    /// The times of each of its threads so far.
    pub fn times(&self) -> ThreadTimes {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        tasks.map(|task| (task.file_name(), CpuTimes::read(&task.path()))).collect()
    }
}

/// The times of threads by thread id.
pub type ThreadTimes = BTreeMap<OsString, CpuTimes>;

/// The times of all threads since `before`, together. Threads of one process on one CPU wait for each other; only what
/// the busiest waited beyond that counts as preempted by others.
pub fn since(now: &ThreadTimes, before: &ThreadTimes) -> CpuTimes {
    let had = now.iter().map(|(thread, times)| *times - before.get(thread).copied().unwrap_or_default());
    let (mut all, mut busiest) = (0, CpuTimes::default());
    for times in had {
        all += times.cpu;
        if times.cpu >= busiest.cpu {
            busiest = times;
        }
    }
    CpuTimes { cpu: all, preempted: busiest.preempted.saturating_sub(all - busiest.cpu) }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Fails if the server has exited already, which is fine.
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
    fn waiting_for_threads_of_the_same_process_does_not_count() {
        let times = |cpu, preempted| CpuTimes { cpu, preempted };
        let threads = |first, second| ThreadTimes::from([("1".into(), first), ("2".into(), second)]);
        let before = threads(times(100, 50), times(10, 5));
        assert_eq!(since(&threads(times(110, 58), times(510, 35)), &before), times(510, 20));
        assert_eq!(since(&threads(times(110, 58), times(510, 12)), &before), times(510, 0));
    }

    #[test]
    fn a_port_is_stat_alone_or_in_touchlines_ready_line() {
        assert_eq!(port("40123\n"), Some(40_123));
        assert_eq!(port("{\"ready\":true,\"ws\":\"ws://127.0.0.1:8089/ws\"}\n"), Some(8_089));
        assert_eq!(port(""), None);
        assert_eq!(port("listening\n"), None);
    }
}
