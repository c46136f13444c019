//! A verdict for people: a summary of each client, one finding per line.

use std::fmt::{self, Write};
use std::time::Duration;

use super::client_report::ClientReport;
use super::describe::{describe_reconnects, length};
use super::outcome::{Failure, RunOutcome, Verdict};
use super::wrong_period::Reason;
use crate::message::format_count;
use crate::printable::sanitise;

impl Verdict {
    /// The verdict as lines of text. Names from outside are made printable.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        // Writing to a string cannot fail.
        let _ = self.write_text(&mut out);
        out
    }

    fn write_text(&self, out: &mut String) -> fmt::Result {
        let judged = self.clients.iter().filter(|client| client.report.judged > 0).count();
        writeln!(out, "{}", headline(self.outcome, judged, self.failures.len()))?;
        for client in &self.clients {
            let (replay, name) = (&client.replay, &*client.report.client);
            writeln!(out, "{}: {}", sanitise(&format!("{replay} {name}")), summary(&client.report))?;
            let of_client = |failure: &&Failure| failure.replay == *replay && failure.client == name;
            for failure in self.failures.iter().filter(of_client) {
                writeln!(out, "  {}", describe_failure(failure))?;
            }
        }
        Ok(())
    }
}

/// The outcome as the first line says it.
pub fn headline(outcome: RunOutcome, judged: usize, failures: usize) -> String {
    let clients = format_count(judged, "client", "clients");
    match outcome {
        RunOutcome::Passed => format!("passed: {clients} judged"),
        RunOutcome::Failed => {
            format!("failed: {}, {clients} judged", format_count(failures, "failure", "failures"))
        }
        RunOutcome::NothingJudged => {
            "nothing judged: no client has said what it shows; send {\"command\":\"shows\",\"match\":…,\"score\":\"0-1\"}"
                .to_owned()
        }
        RunOutcome::NobodySubscribed => "nobody subscribed: no client has connected".to_owned(),
    }
}

/// A failure on one line: `missed: 1, at most 0 allowed: juv-nap: showed 0-0 …`.
pub fn describe_failure(failure: &Failure) -> String {
    let Failure { expectation, allowed, got, detail, .. } = failure;
    let detail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
    format!("{expectation}: {got}, at most {allowed} allowed{detail}")
}

/// What was found about a client, in one line.
fn summary(report: &ClientReport) -> String {
    if report.judged == 0 {
        return "not judged: it has not said what it shows".to_owned();
    }
    let mut parts = vec![format!("{} judged", format_count(report.judged, "shown score", "shown scores"))];
    match report.wrong_periods {
        0 => parts.push("never wrong".to_owned()),
        periods => parts.push(format!("wrong {}, for at most {}", times(periods), length(report.wrong_for()))),
    }
    let reasons = [Reason::Missed, Reason::Stale, Reason::Duplicated, Reason::OutOfOrder];
    let counts = [report.missed, report.stale, report.duplicated, report.out_of_order];
    let found = reasons.iter().zip(counts).filter(|(_, count)| *count > 0);
    parts.extend(found.map(|(reason, count)| format!("{count} {reason}")));
    if report.reconnects.total > 0 {
        parts.push(describe_reconnects(&report.reconnects));
    }
    if report.faults > 0 {
        let faults = format_count(report.faults, "fault", "faults");
        parts.push(match (&report.not_recovered, &report.longest_recovery) {
            (Some(recovery), _) => format!("{faults}, not recovered for {}", length(recovery.lasted)),
            (None, longest) => {
                let longest = longest.as_ref().map_or(Duration::ZERO, |recovery| recovery.lasted);
                format!("{faults}, recovered within {}", length(longest))
            }
        });
    }
    if !report.feed_wrong_for.is_zero() {
        parts.push(format!("sent a wrong score for {}", length(report.feed_wrong_for)));
    }
    if report.not_judged > 0 {
        parts.push(format!("{} not judged", report.not_judged));
    }
    parts.join("; ")
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}
