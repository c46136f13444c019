//! How much processor time processes use: the one that is measured, and this one.

use std::time::Duration;

use crate::error::{Error, Result};

/// Another process on this machine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Process(u32);

impl Process {
    /// The process with this number, which must be there.
    pub(super) fn of(pid: u32) -> Result<Self> {
        if !cfg!(target_os = "linux") {
            return Err(Error::misuse(
                "a process's CPU time is read from /proc, which only Linux has: leave out the pid",
            ));
        }
        let process = Self(pid);
        process.used().map_err(|error| Error::misuse(error.to_string()))?;
        Ok(process)
    }

    /// What all its threads have used since it began, those that have ended included; to a hundredth of a second.
    pub(super) fn used(self) -> Result<Duration> {
        let path = format!("/proc/{}/stat", self.0);
        let stat = std::fs::read_to_string(&path)
            .map_err(|error| Error::io(format!("reading the CPU time of process {} from {path}", self.0), error))?;
        let ticks = ticks(&stat).ok_or_else(|| Error::invalid(format!("{path} is not as Linux writes it")))?;
        Ok(Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64))
    }
}

/// User and system time of a line of `/proc/PID/stat`: its 14th and 15th field, of which the second may hold anything.
fn ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

/// What all threads of this process have used.
pub(super) fn own() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_found_behind_whatever_the_program_is_called() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 0 0 0 250 31 0 0 20 0 4 0 1 1 1";
        assert_eq!(ticks(stat), Some(281));
        assert_eq!(ticks("7 (a) S 1"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_is_seen_from_outside_as_from_inside() {
        let began = std::time::Instant::now();
        let before = own();
        while began.elapsed() < Duration::from_millis(60) {
            std::hint::black_box(began.elapsed());
        }
        let (inside, outside) = (own(), Process::of(std::process::id()).expect("this one").used().expect("read"));
        assert!(inside > before, "{before:?} {inside:?}");
        assert!(inside.abs_diff(outside) < Duration::from_millis(40), "{inside:?} {outside:?}");
        let nobody = Process::of(u32::MAX).expect_err("nobody").to_string();
        assert!(nobody.contains("4294967295"), "{nobody}");
    }
}
