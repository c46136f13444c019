//! Expectations and a verdict: judges what an app that follows a replay says that it shows.
//!
//! An app reports the score that it shows, with the command `shows`. A shown score is *right* while it is the true score of the
//! match at the playhead, or the last one that frames on the app's connections have sent: an app is not blamed for what a faulty
//! feed said, nor for what it could not receive. Everything here is pure: the instant is an argument.
//!
//! - [`ClientJudge`] is the state machine of one client in one replay; its caller reports connections, faults, the truth, what is
//!   sent and what is shown. [`ClientReport`] is what it has found, at any time.
//! - [`Expectations`] says what a test allows, [`Verdict`] whether the reports keep to that.

// To add a reason for a wrong period: a word of `Reason`, its rule in `match_judge.rs` and, if it is counted against a limit, a
// word of `Expectation` with its default.

mod client_judge;
mod client_report;
mod describe;
mod expectations;
mod junit;
mod match_judge;
mod outcome;
#[cfg(test)]
mod outcome_tests;
#[cfg(test)]
mod properties;
mod recovery;
#[cfg(test)]
mod recovery_tests;
mod right_scores;
mod shown;
#[cfg(test)]
mod tests;
mod text;
mod wrong_period;

use std::time::Duration;

pub use client_judge::{ClientJudge, DisconnectedBy, SentIn, SentScore, TrueScore};
pub use client_report::ClientReport;
pub use expectations::Expectations;
pub use junit::OtherCheck;
pub use outcome::{ReplayClient, RunOutcome, Verdict};
pub use shown::Shown;
pub(crate) use shown::parse_score;
pub use wrong_period::{Reason, WrongPeriod};

/// How far an app may lag, in wall time: a score that was right within this time before is late, not wrong in kind.
///
/// A second is several times what a frame, a render and the report of what is shown take together, even where a processor is
/// busy with a whole test suite. It is shorter than the time between two goals at the usual speeds of a test.
pub const GRACE: Duration = Duration::from_secs(1);

/// The most matches of a client that are judged: a season has 380. Those beyond are counted in [`ClientReport::not_judged`].
pub const MAX_MATCHES: usize = 512;

/// The most wrong periods, and recoveries, that a report lists. All are counted.
pub const MAX_LISTED: usize = 100;
