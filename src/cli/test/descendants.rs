//! The processes that a command has started, and those that they have started, whatever group or session they are in.

use rustix::process::Pid;

/// From here on, descendants of this process whose parent ends become its children, and so can be found.
#[cfg(target_os = "linux")]
pub fn adopt_orphans() {
    // Linux has it since version 3.4. Without it, processes that left the group of the command are not found.
    let _ = rustix::process::set_child_subreaper(Some(rustix::process::getpid()));
}

#[cfg(not(target_os = "linux"))]
pub fn adopt_orphans() {}

/// All descendants of this process that have not ended, without these children and their descendants.
#[cfg(target_os = "linux")]
pub fn living_descendants(except: &[Pid]) -> Vec<Pid> {
    let Ok(folders) = std::fs::read_dir("/proc") else { return Vec::new() };
    let except: Vec<i32> = except.iter().map(|pid| pid.as_raw_nonzero().get()).collect();
    let processes = folders
        .filter_map(|folder| {
            let folder = folder.ok()?;
            folder.file_name().to_str()?.parse::<i32>().ok()?;
            // A process may end at any time.
            Process::parse(&std::fs::read_to_string(folder.path().join("stat")).ok()?)
        })
        .filter(|process| !except.contains(&process.pid));
    let processes: Vec<Process> = processes.collect();
    let own = rustix::process::getpid().as_raw_nonzero().get();
    descendants_of(own, &processes).into_iter().filter_map(Pid::from_raw).collect()
}

/// Elsewhere processes are found by their group only.
#[cfg(not(target_os = "linux"))]
pub fn living_descendants(_: &[Pid]) -> Vec<Pid> {
    Vec::new()
}

#[cfg(target_os = "linux")]
struct Process {
    pid: i32,
    parent: i32,
    has_ended: bool,
}

#[cfg(target_os = "linux")]
impl Process {
    /// Parses `/proc/PID/stat`: `7 (a (name)) S 1 …`.
    fn parse(stat: &str) -> Option<Self> {
        let (begin, rest) = stat.rsplit_once(')')?;
        let pid = begin.split_once(' ')?.0.parse().ok()?;
        let mut fields = rest.split_whitespace();
        let has_ended = matches!(fields.next()?, "Z" | "X");
        Some(Self { pid, parent: fields.next()?.parse().ok()?, has_ended })
    }
}

#[cfg(target_os = "linux")]
fn descendants_of(ancestor: i32, processes: &[Process]) -> Vec<i32> {
    let mut found = vec![ancestor];
    let mut next = 0;
    while let Some(parent) = found.get(next).copied() {
        next += 1;
        let children = processes.iter().filter(|process| process.parent == parent && !process.has_ended);
        let new: Vec<i32> = children.map(|child| child.pid).filter(|pid| !found.contains(pid)).collect();
        found.extend(new);
    }
    found.remove(0);
    found
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn descendants_are_found_whatever_their_names() {
        let stats = [
            "10 (touchline) S 1 10",
            "11 (sh) S 10 11",
            "12 (a) S) R 99 (x) S 11 11",
            "13 (gone) Z 10 11",
            "14 (other) S 1 14",
            "15 (deep) S 12 15",
        ];
        let processes: Vec<Process> = stats.iter().filter_map(|stat| Process::parse(stat)).collect();
        assert_eq!(processes.len(), stats.len());
        assert_eq!(descendants_of(10, &processes), [11, 12, 15]);
        assert!(Process::parse("").is_none() && Process::parse("7 (a) S").is_none());
    }
}
