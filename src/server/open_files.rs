//! How many files this process may open, and how many connections that allows.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::connection_limit::MAX_OVERFLOW;

/// How many files the process needs beside its connections: standard streams, the sockets and event queues of its
/// threads (14 on Linux), those that it inherits, and those that it reads now and then.
const OTHER_FILES: usize = 32;
/// With few files, one in so many of the connections is an overflow slot.
const OVERFLOW_SHARE: usize = 8;
/// Taken as the limit if the system sets none.
const UNLIMITED: u64 = 1 << 20;

/// The limit of open files of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenFiles {
    /// The limit.
    pub files: usize,
}

/// Raises the soft limit of open files to the hard one.
pub fn raise_open_file_limit() -> OpenFiles {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).is_ok();
    OpenFiles::from_limit(if raised { maximum } else { current })
}

impl OpenFiles {
    /// The current limit.
    pub(super) fn current() -> Self {
        Self::from_limit(getrlimit(Resource::Nofile).current)
    }

    fn from_limit(limit: Option<u64>) -> Self {
        Self { files: usize::try_from(limit.unwrap_or(UNLIMITED)).unwrap_or(usize::MAX) }
    }

    /// How many sockets the process may open, beside the other files that it needs.
    pub fn sockets(self) -> usize {
        self.files.saturating_sub(OTHER_FILES).max(1)
    }

    /// How many connections a server can serve, beside the overflow slots for those that it only refuses.
    pub fn connections(self) -> usize {
        let sockets = self.sockets();
        sockets.saturating_sub((sockets / OVERFLOW_SHARE).clamp(1, MAX_OVERFLOW)).max(1)
    }

    /// How many overflow slots there are beside so many connections; none if those take all sockets.
    pub fn overflow(self, connections: usize) -> usize {
        self.sockets().saturating_sub(connections).min(MAX_OVERFLOW)
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
                let overflow = limit.overflow(connections);
                assert!(overflow >= usize::from(limit.sockets() > 1) && overflow <= MAX_OVERFLOW, "{files}");
                assert!(connections + overflow <= limit.sockets(), "{files}: {connections} and {overflow}");
            }
            let (connections, overflow) = (limit.connections(), limit.overflow(limit.connections()));
            assert!(
                connections >= 1 && connections + overflow <= limit.sockets(),
                "{files}: {connections} and {overflow}"
            );
            assert!(files <= OTHER_FILES || limit.sockets() + OTHER_FILES <= files, "{files}");
        }
        let few = |sockets| {
            let limit = OpenFiles { files: OTHER_FILES + sockets };
            (limit.connections(), limit.overflow(limit.connections()))
        };
        assert_eq!([1, 2, 3, 4].map(few), [(1, 0), (1, 1), (2, 1), (3, 1)]);
        let shares = |files: usize| {
            let limit = OpenFiles { files };
            (limit.connections(), limit.overflow(limit.connections()), limit.overflow(5))
        };
        assert_eq!(shares(64), (28, 4, 27));
        assert_eq!(shares(1_024), (928, 64, 64));
        assert_eq!(OpenFiles::from_limit(None).files, 1 << 20);
    }
}
