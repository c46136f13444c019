//! How a test run ends: what the verdict says, and how the command ended.

use std::process::ExitStatus;
use std::time::Duration;

use crate::cli::playback_args::format_duration;
use crate::cli::print::format_count;
use crate::hub::DocumentCounts;
use crate::json::write_object;
use crate::verdict::{OtherCheck, RunOutcome, Verdict};
use crate::words::words;

words! {
    /// The result of a run, with an exit code for each. Where several apply it is the last of them.
    TestOutcome {
        /// At least one client was judged, and all that were keep to the expectations.
        Passed = "passed",
        /// A client does not.
        Failed = "failed",
        /// No client has said what it shows.
        NothingJudged = "nothing_judged",
        /// No client has connected.
        NobodySubscribed = "nobody_subscribed",
        /// The command could not be started, or has reported a failure.
        CommandFailed = "command_failed",
        /// The command did not end by itself.
        Hung = "hung",
    }
}

impl TestOutcome {
    /// The exit code.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Failed => 3,
            Self::CommandFailed => 4,
            Self::NobodySubscribed => 5,
            Self::NothingJudged => 6,
            Self::Hung => 7,
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "the verdict failed",
            Self::NothingJudged => "nothing was judged",
            Self::NobodySubscribed => "nobody subscribed",
            Self::CommandFailed => "the command failed",
            Self::Hung => "the command hung",
        }
    }
}

/// How the command ended.
#[derive(Debug)]
pub enum CommandEnding {
    /// It could not be started, for this reason.
    NotStarted(String),
    /// It exited.
    Exited(ExitStatus),
    /// It still ran so long after the replay had ended.
    OutlivedReplay(Duration),
    /// It still ran after this time.
    TimedOut(Duration),
}

impl CommandEnding {
    fn outcome(&self) -> TestOutcome {
        match self {
            Self::Exited(status) if status.success() => TestOutcome::Passed,
            Self::NotStarted(_) | Self::Exited(_) => TestOutcome::CommandFailed,
            Self::OutlivedReplay(_) | Self::TimedOut(_) => TestOutcome::Hung,
        }
    }

    /// What went wrong, on one line.
    fn problem(&self) -> Option<String> {
        match self {
            Self::NotStarted(reason) => Some(format!("the command failed: it could not be started: {reason}")),
            // "exit status: 1", "signal: 9 (SIGKILL)"
            Self::Exited(status) => (!status.success()).then(|| format!("the command failed: {status}")),
            Self::OutlivedReplay(grace) => Some(format!(
                "the command hung: it still ran {} after the end of the replay (--grace)",
                format_duration(*grace)
            )),
            Self::TimedOut(timeout) => {
                Some(format!("the command hung: it still ran after {} (--timeout)", format_duration(*timeout)))
            }
        }
    }
}

/// A run that has ended.
#[derive(Debug)]
pub struct TestResult {
    pub verdict: Verdict,
    pub command: CommandEnding,
    /// How many documents of data providers were requested.
    pub documents: DocumentCounts,
    /// What to look at if nobody subscribed.
    pub hint: Option<&'static str>,
}

impl TestResult {
    /// Whether nothing was judged because apps polled documents and did not say what they show: the verdict is then that of the
    /// command.
    fn polled_only(&self) -> bool {
        let unjudged = [RunOutcome::NothingJudged, RunOutcome::NobodySubscribed].contains(&self.verdict.outcome);
        self.documents.requested > 0 && unjudged
    }

    /// What takes the place of the verdict's headline if apps only polled.
    fn polled_headline(&self) -> Option<String> {
        let DocumentCounts { requested, refused } = self.documents;
        let documents = format_count(requested, "document was", "documents were");
        let refused = if refused > 0 { format!(", {refused} of them refused") } else { String::new() };
        self.polled_only()
            .then(|| format!("nothing judged: no client said what it shows; {documents} requested{refused}"))
    }

    /// The result of the verdict alone.
    fn of_verdict(&self) -> TestOutcome {
        match self.verdict.outcome {
            RunOutcome::Passed => TestOutcome::Passed,
            RunOutcome::Failed => TestOutcome::Failed,
            _ if self.polled_only() => TestOutcome::Passed,
            RunOutcome::NothingJudged => TestOutcome::NothingJudged,
            RunOutcome::NobodySubscribed => TestOutcome::NobodySubscribed,
        }
    }

    /// What the exit code says.
    pub fn outcome(&self) -> TestOutcome {
        self.of_verdict().max(self.command.outcome())
    }

    /// The result as lines.
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.command.problem().into_iter().collect();
        let headline = self.polled_headline();
        let skipped = usize::from(headline.is_some());
        lines.extend(headline);
        lines.extend(self.verdict.to_text().lines().skip(skipped).map(str::to_owned));
        let outcome = self.outcome();
        if self.of_verdict() == TestOutcome::NobodySubscribed {
            lines.extend(self.hint.map(str::to_owned));
        }
        if !self.verdict.passed() || outcome != TestOutcome::Passed {
            let described = if outcome == TestOutcome::Passed { "the command passed" } else { outcome.describe() };
            lines.push(format!("exit code {}: {described}", outcome.exit_code()));
        }
        lines
    }

    /// As JUnit XML.
    pub fn to_junit(&self) -> String {
        let command = OtherCheck { name: "command", problem: self.command.problem() };
        self.verdict.to_junit(&[command], self.polled_headline())
    }

    /// As one JSON object. `trace`: the file of the trace, if there is one.
    pub fn to_json(&self, trace: Option<&str>) -> serde_json::Result<String> {
        let outcome = self.outcome();
        let code = match &self.command {
            CommandEnding::Exited(status) => status.code(),
            _ => None,
        };
        let mut report = Vec::new();
        let (problem, verdict) = (self.command.problem(), self.verdict.to_json()?);
        write_object(&mut report, |o| {
            o.text("outcome", outcome.as_str());
            o.unquoted("exit_code", outcome.exit_code());
            o.unquoted_or_null("command_exit_code", code);
            o.text_or_null("command_problem", problem.as_deref());
            o.text_or_null("trace", trace);
            o.unquoted("documents_requested", self.documents.requested);
            o.unquoted("documents_refused", self.documents.refused);
            o.verbatim("verdict", &verdict);
        });
        report.push(b'\n');
        Ok(String::from_utf8_lossy(&report).into_owned())
    }
}
