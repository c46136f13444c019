//! The CPU time of processes: of the measured server, and of this process.

use std::time::Duration;

use crate::error::{Error, Result};

/// Another process on this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process(u32);

impl Process {
    /// The process with this id.
    ///
    /// # Errors
    /// [`ErrorKind::Misuse`](crate::error::ErrorKind::Misuse) if there is none, or the system is not Linux.
    pub(super) fn from_pid(pid: u32) -> Result<Self> {
        if !cfg!(target_os = "linux") {
            return Err(Error::misuse(
                "the CPU time of a process is read from /proc, which only Linux has: leave out --pid",
            ));
        }
        let process = Self(pid);
        process.cpu_time().map_err(|error| Error::misuse(error.to_string()))?;
        Ok(process)
    }

    /// The CPU time of all threads since the process began, ended ones included, in steps of a hundredth of a second.
    pub(super) fn cpu_time(self) -> Result<Duration> {
        let path = format!("/proc/{}/stat", self.0);
        let stat = std::fs::read_to_string(&path)
            .map_err(|error| Error::io(format!("reading the CPU time of process {} from {path}", self.0), error))?;
        let ticks = parse_cpu_ticks(&stat)
            .ok_or_else(|| Error::invalid(format!("{path} does not have the format of Linux")))?;
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }
}

/// User plus system time in `/proc/PID/stat`: fields 14 and 15. Field 2, the name, may hold spaces and parentheses.
fn parse_cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// The CPU time of all threads of this process.
pub(super) fn own_cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_after_any_program_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 250 31 0 0 20 0 4 0 1 1 1";
        assert_eq!(parse_cpu_ticks(stat), Some(281));
        assert_eq!(parse_cpu_ticks("7 (a) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn both_ways_of_reading_the_cpu_time_agree() {
        let began = std::time::Instant::now();
        let before = own_cpu_time();
        while began.elapsed() < Duration::from_millis(60) {
            std::hint::black_box(began.elapsed());
        }
        let (inside, outside) =
            (own_cpu_time(), Process::from_pid(std::process::id()).expect("this one").cpu_time().expect("read"));
        assert!(inside > before, "{before:?} {inside:?}");
        assert!(inside.abs_diff(outside) < Duration::from_millis(40), "{inside:?} {outside:?}");
        let missing = Process::from_pid(u32::MAX).expect_err("no process").to_string();
        assert!(missing.contains("4294967295"), "{missing}");
    }
}
