//! How many files this process may open, and how many connections that is room for.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::seats::REFUSALS;

/// How many files the process needs beside its connections: the standard streams, sockets and event queues of its threads
/// (14 on Linux), those that it was started with, and those that it reads now and then.
const OTHER_FILES: usize = 32;
/// Of the room for connections, one in so many is kept for refusals where there is little.
const REFUSALS_ONE_IN: usize = 8;
/// What counts where the system sets no limit.
const UNLIMITED: u64 = 1 << 20;

/// How many files this process may open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFiles {
    /// The limit.
    pub files: usize,
}

/// Raises the soft limit of open files to the hard one.
pub fn raise_open_file_limit() -> OpenFiles {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    OpenFiles::of(if raised { maximum } else { current })
}

impl OpenFiles {
    /// The limit as it stands.
    pub(super) fn now() -> Self {
        Self::of(getrlimit(Resource::Nofile).current)
    }

    fn of(limit: Option<u64>) -> Self {
        Self { files: usize::try_from(limit.unwrap_or(UNLIMITED)).unwrap_or(usize::MAX) }
    }

    /// How many sockets that is room for, beside what else the process needs.
    pub fn sockets(self) -> usize {
        self.files.saturating_sub(OTHER_FILES).max(1)
    }

    /// How many connections a server has room for, beside those that it accepts only to refuse them.
    pub fn connections(self) -> usize {
        let sockets = self.sockets();
        sockets.saturating_sub((sockets / REFUSALS_ONE_IN).clamp(1, REFUSALS)).max(1)
    }

    /// How many connections may be accepted only to be refused, beside so many others.
    pub fn refusals(self, connections: usize) -> usize {
        self.sockets().saturating_sub(connections).clamp(1, REFUSALS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_limit_all_sockets_together_fit_into_it() {
        for files in [0, 16, 32, 33, 34, 40, 64, 100, 256, 500, 1_024, 4_096, 1 << 20, usize::MAX] {
            let limit = OpenFiles { files };
            let (connections, refusals) = (limit.connections(), limit.refusals(limit.connections()));
            assert!(connections >= 1 && (1..=REFUSALS).contains(&refusals), "{files}");
            let all = OTHER_FILES.saturating_add(connections).saturating_add(refusals);
            assert!(all <= files.max(OTHER_FILES + 2), "{files}: {connections} and {refusals}");
        }
        let shares = |files: usize| {
            let limit = OpenFiles { files };
            (limit.connections(), limit.refusals(limit.connections()), limit.refusals(5))
        };
        assert_eq!(shares(64), (28, 4, 27));
        assert_eq!(shares(1_024), (928, 64, 64));
        assert_eq!(OpenFiles::of(None).files, 1 << 20);
    }
}
