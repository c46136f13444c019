//! The hosts to which a proxy has refused the way, for whoever wonders why an app fails.

use std::collections::BTreeMap;

use parking_lot::Mutex;

/// How many hosts are listed.
const MAX_HOSTS: usize = 32;

/// Hosts, and how often each was refused. Locked only for a look-up.
#[derive(Debug, Default)]
pub(super) struct RefusedHosts(Mutex<BTreeMap<String, u64>>);

impl RefusedHosts {
    pub(super) fn note(&self, host: &str) {
        let mut hosts = self.0.lock();
        if let Some(count) = hosts.get_mut(host) {
            *count = count.saturating_add(1);
        } else if hosts.len() < MAX_HOSTS {
            hosts.insert(host.to_owned(), 1);
        }
    }

    pub(super) fn list(&self) -> Vec<(String, u64)> {
        self.0.lock().iter().map(|(host, count)| (host.clone(), *count)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_counted_and_bounded() {
        let refused = RefusedHosts::default();
        (0..1_000).for_each(|number| refused.note(&format!("host-{number}:443")));
        (0..3).for_each(|_| refused.note("host-7:443"));
        let listed = refused.list();
        assert_eq!(listed.len(), MAX_HOSTS);
        assert!(listed.contains(&("host-7:443".to_owned(), 4)));
    }
}
