//! A verdict as JUnit XML, which CI systems show as a list of tests.
//!
//! Written by hand: no two specifications agree beyond these few elements, and crates that write them bring a calendar with them.

use super::expectations::Expectation;
use super::outcome::{Failure, ReplayClient, RunOutcome, Verdict};
use super::text::{describe_failure, headline};
use crate::printable::sanitise;

/// A check of a run beside the verdict: a test case of its own.
#[derive(Debug)]
pub struct OtherCheck {
    /// The name of the test case.
    pub name: &'static str,
    /// What went wrong, on one line.
    pub problem: Option<String>,
}

impl Verdict {
    /// One test case for each client and expectation, one that says whether anything was judged at all, and one for each other check.
    /// `not_judged`: why it is no failure that nothing was.
    pub fn to_junit(&self, others: &[OtherCheck], not_judged: Option<String>) -> String {
        let mut suite = Suite::default();
        let judged = [RunOutcome::Passed, RunOutcome::Failed].contains(&self.outcome);
        let nothing = (!judged).then(|| match not_judged {
            Some(why) => Ending::Skipped(why),
            None => Ending::Failed("judged", headline(self.outcome, 0, 0)),
        });
        suite.push("touchline", "judged", nothing);
        for OtherCheck { name, problem } in others {
            suite.push("touchline", name, problem.clone().map(|problem| Ending::Failed(name, problem)));
        }
        for client in &self.clients {
            let ReplayClient { replay, report } = client;
            let (name, judged) = (&*report.client, report.judged > 0);
            let class = format!("{replay}.{name}");
            let of_client = |failure: &&Failure| failure.replay == *replay && failure.client == name;
            for expectation in Expectation::ALL {
                let failure =
                    self.failures.iter().filter(of_client).find(|failure| failure.expectation == *expectation);
                let ending = match failure {
                    _ if !judged => Some(Ending::Skipped("the client has not said what it shows".to_owned())),
                    Some(failure) => Some(Ending::Failed(expectation.as_str(), describe_failure(failure))),
                    None => None,
                };
                suite.push(&class, expectation.as_str(), ending);
            }
        }
        suite.finish()
    }
}

/// How a test case ends that does not pass.
enum Ending {
    Failed(&'static str, String),
    Skipped(String),
}

/// The test cases so far.
#[derive(Default)]
struct Suite {
    cases: String,
    tests: usize,
    failures: usize,
    skipped: usize,
}

impl Suite {
    fn push(&mut self, class: &str, name: &str, ending: Option<Ending>) {
        self.tests += 1;
        let case = format!("    <testcase classname=\"{}\" name=\"{}\"", escape(class), escape(name));
        self.cases.push_str(&case);
        match ending {
            None => self.cases.push_str("/>\n"),
            Some(Ending::Failed(kind, message)) => {
                self.failures += 1;
                let message = escape(&message);
                let failure = format!("<failure type=\"{kind}\" message=\"{message}\">{message}</failure>");
                self.cases.push_str(&format!(">\n      {failure}\n    </testcase>\n"));
            }
            Some(Ending::Skipped(message)) => {
                self.skipped += 1;
                self.cases
                    .push_str(&format!(">\n      <skipped message=\"{}\"/>\n    </testcase>\n", escape(&message)));
            }
        }
    }

    fn finish(self) -> String {
        let Self { cases, tests, failures, skipped } = self;
        let counts = format!("tests=\"{tests}\" failures=\"{failures}\" errors=\"0\"");
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"touchline\" {counts}>\n  \
             <testsuite name=\"touchline\" {counts} skipped=\"{skipped}\">\n{cases}  </testsuite>\n</testsuites>\n"
        )
    }
}

/// Text for an attribute or an element. What XML 1.0 cannot contain, not even escaped, becomes U+FFFD: control characters, and the
/// last two characters of the basic plane.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in sanitise(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_what_xml_cannot_contain_is_replaced() {
        assert_eq!(escape("a<b>&\"c'é⚽"), "a&lt;b&gt;&amp;&quot;c&apos;é⚽");
        for c in ['\0', '\u{8}', '\n', '\u{1b}', '\u{7f}', '\u{85}', '\u{fffe}', '\u{ffff}', '\u{2028}'] {
            assert_eq!(escape(&format!("a{c}b")), "a\u{fffd}b", "U+{:04X}", u32::from(c));
        }
    }
}
