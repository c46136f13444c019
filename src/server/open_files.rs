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

    /// How many connections may be accepted only to be refused, beside so many others; none where those take all sockets.
    pub fn refusals(self, connections: usize) -> usize {
        self.sockets().saturating_sub(connections).min(REFUSALS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_the_limit_all_sockets_together_fit_into_it() {
        for files in (0..2_000).chain([4_096, 1 << 20, usize::MAX]) {
            let limit = OpenFiles { files };
            for connections in 1..=limit.connections().min(5) {
                let refusals = limit.refusals(connections);
                assert!(refusals >= usize::from(limit.sockets() > 1) && refusals <= REFUSALS, "{files}");
                assert!(connections + refusals <= limit.sockets(), "{files}: {connections} and {refusals}");
            }
            let (connections, refusals) = (limit.connections(), limit.refusals(limit.connections()));
            assert!(
                connections >= 1 && connections + refusals <= limit.sockets(),
                "{files}: {connections} and {refusals}"
            );
            assert!(files <= OTHER_FILES || limit.sockets() + OTHER_FILES <= files, "{files}");
        }
        let few = |sockets| {
            let limit = OpenFiles { files: OTHER_FILES + sockets };
            (limit.connections(), limit.refusals(limit.connections()))
        };
        assert_eq!([1, 2, 3, 4].map(few), [(1, 0), (1, 1), (2, 1), (3, 1)]);
        let shares = |files: usize| {
            let limit = OpenFiles { files };
            (limit.connections(), limit.refusals(limit.connections()), limit.refusals(5))
        };
        assert_eq!(shares(64), (28, 4, 27));
        assert_eq!(shares(1_024), (928, 64, 64));
        assert_eq!(OpenFiles::of(None).files, 1 << 20);
    }
}
