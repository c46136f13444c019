//! When a recovery begins and ends, as scripts.

use super::client_report::ClientReport;
use super::recovery::Recovery;
use super::tests::{START, play};

/// The recoveries: `1000+500 cut`, or `1000+500? cut` if there was none until the end.
fn recoveries_of(report: &ClientReport) -> String {
    let recovery = |recovery: &Recovery| {
        let Recovery { what, at, lasted, recovered, .. } = recovery;
        format!("{}+{}{} {what}", at.as_millis(), lasted.as_millis(), if *recovered { "" } else { "?" })
    };
    report.recoveries.iter().map(recovery).collect::<Vec<_>>().join(", ")
}

#[test]
fn a_recovery_ends_once_the_client_is_connected_and_shows_the_truth() {
    for (name, script, recoveries, longest) in [
        ("none", "1000 both 0-1; 9000 end", "", 0),
        (
            "cut",
            "1000 fault cut; 1000 lose; 2000 truth 0-1; 3000 connect; 3500 shows 0-1; 9000 end",
            "1000+2500 cut",
            2500,
        ),
        ("cut, and nothing has changed", "1000 fault cut; 1010 lose; 3000 connect; 9000 end", "1000+2000 cut", 2000),
        (
            "the disconnect first",
            "1000 lose; 1000 fault cut; 3000 connect; 9000 end",
            "1000+2000 disconnected by a fault, 1000+2000 cut",
            2000,
        ),
        ("no disconnect", "1000 fault stall; 2000 both 0-1; 9000 end", "1000+0 stall", 0),
        ("by the server", "1000 kick; 3000 connect; 9000 end", "1000+2000 disconnected by the server", 2000),
        (
            "a fault of another connection",
            "1000 fault stall; 2000 leave; 3000 connect; 5000 kick; 6000 connect; 9000 end",
            "1000+0 stall, 5000+1000 disconnected by the server",
            1000,
        ),
        (
            "disconnected again before it has recovered",
            "1000 kick; 2000 truth 0-1; 3000 connect; 4000 kick; 5000 connect; 5500 shows 0-1; 9000 end",
            "1000+4500 disconnected by the server",
            4500,
        ),
        ("by the client", "1000 leave; 3000 connect; 9000 end", "", 0),
        (
            "another connection is left",
            "500 connect 2; 1000 lose 1; 3000 kick 2; 4000 connect 3; 9000 end",
            "3000+1000 disconnected by the server",
            1000,
        ),
        (
            "wrong while disconnected",
            "1000 kick; 2000 truth 0-1; 2500 shows 0-1; 3000 connect; 9000 end",
            "1000+2000 disconnected by the server",
            2000,
        ),
        ("not recovered", "1000 fault cut; 1000 lose; 9000 end", "1000+8000? cut", 0),
        (
            "connected, but still wrong",
            "1000 fault cut; 1000 lose; 2000 truth 0-1; 3000 connect; 9000 end",
            "1000+8000? cut",
            0,
        ),
        (
            "two faults, one recovery",
            "1000 fault cut; 1000 lose; 2000 fault refuse; 3000 connect; 9000 end",
            "1000+2000 cut, 2000+1000 refuse",
            2000,
        ),
        (
            "two recoveries",
            "1000 fault cut; 1000 lose; 3000 connect; 5000 fault cut; 5000 lose; 6000 connect; 9000 end",
            "1000+2000 cut, 5000+1000 cut",
            2000,
        ),
        (
            "an old fault is not the cause",
            "1000 fault cut; 1000 lose; 3000 connect; 5000 kick; 6000 connect; 9000 end",
            "1000+2000 cut, 5000+1000 disconnected by the server",
            2000,
        ),
        (
            "all matches",
            "500 both 0-0@b; 500 shows 0-0@b; 1000 kick; 2000 truth 1-0@b; 3000 connect; 4000 shows 1-0@b; 9000 end",
            "1000+3000 disconnected by the server",
            3000,
        ),
        (
            "only those that are shown",
            "500 both 0-0@b; 1000 kick; 2000 truth 1-0@b; 3000 connect; 9000 end",
            "1000+2000 disconnected by the server",
            2000,
        ),
    ] {
        let report = play(&format!("{START}; {script}"));
        assert_eq!(recoveries_of(&report), recoveries, "{name}");
        assert_eq!(report.longest_recovery.map_or(0, |recovery| recovery.lasted.as_millis()), longest, "{name}");
        assert_eq!(report.not_recovered.is_some(), recoveries.contains('?'), "{name}");
        assert_eq!(report.faults as usize, report.recoveries.len(), "{name}");
    }
}
