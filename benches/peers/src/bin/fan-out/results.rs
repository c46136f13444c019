//! The results: one value per round, load, server and metric, and summaries over rounds.

use std::fmt::Write as _;

/// What is measured in a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// The server's CPU time per delivered frame, in nanoseconds.
    Cpu,
    /// The median latency from sent (or due) to received, over all deliveries, in nanoseconds.
    P50,
    /// The 99th percentile of it.
    P99,
    /// The median latency from sent (or due) to the last subscriber, over all messages, in nanoseconds.
    LastP50,
    /// The 99th percentile of it.
    LastP99,
    /// The mean length of a frame, with its header, in bytes.
    FrameBytes,
    /// Delivered frames per second.
    Rate,
    /// Private memory per idle subscriber, in bytes.
    Memory,
    /// CPU time per connection and handshake, in nanoseconds.
    AcceptCpu,
    /// From the start of the process until it reports its address, in nanoseconds.
    Ready,
    /// The share of time that the server or the subscribers were preempted, whichever is larger.
    Preempted,
}

/// The name of each metric in files.
const NAMES: [(Metric, &str); 11] = [
    (Metric::Cpu, "cpu_ns_per_frame"),
    (Metric::P50, "latency_p50_ns"),
    (Metric::P99, "latency_p99_ns"),
    (Metric::LastP50, "last_p50_ns"),
    (Metric::LastP99, "last_p99_ns"),
    (Metric::FrameBytes, "bytes_per_frame"),
    (Metric::Rate, "frames_per_s"),
    (Metric::Memory, "bytes_per_idle_subscriber"),
    (Metric::AcceptCpu, "cpu_ns_per_handshake"),
    (Metric::Ready, "start_to_ready_ns"),
    (Metric::Preempted, "share_waited"),
];

/// Above this share of preempted time a run is disturbed: its values would describe the other processes.
const DISTURBED: f64 = 0.05;

/// Whether either side was preempted for longer than that.
pub fn is_disturbed(metrics: &[(Metric, f64)]) -> bool {
    metrics.iter().any(|(metric, value)| *metric == Metric::Preempted && *value > DISTURBED)
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    round: usize,
    load: String,
    server: String,
    metric: Metric,
    value: f64,
}

/// Median and quartiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The lower quartile.
    pub low: f64,
    /// The median.
    pub median: f64,
    /// The upper quartile.
    pub high: f64,
}

impl Summary {
    /// Summarises values, interpolating between them; `None` if there are none.
    pub fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_unstable_by(f64::total_cmp);
        let last = values.len().checked_sub(1)?;
        let at = |share: f64| {
            let place = last as f64 * share;
            let (below, above) = (values[place.floor() as usize], values[place.ceil() as usize]);
            below + (above - below) * place.fract()
        };
        Some(Self { low: at(0.25), median: at(0.5), high: at(0.75) })
    }
}

/// All values so far.
#[derive(Debug, Default)]
pub struct Results {
    rows: Vec<Row>,
}

const HEADING: &str = "round,load,server,figure,value";

impl Results {
    /// Adds the metrics of a run.
    pub fn add(&mut self, round: usize, load: &str, server: &str, metrics: &[(Metric, f64)]) {
        self.rows.extend(metrics.iter().map(|(metric, value)| Row {
            round,
            load: load.to_owned(),
            server: server.to_owned(),
            metric: *metric,
            value: *value,
        }));
    }

    /// The number of runs of a load, and how many of them are excluded.
    pub fn runs(&self, load: &str) -> (usize, usize) {
        let mut runs: Vec<_> =
            self.rows.iter().filter(|row| row.load == load).map(|row| (row.round, row.server.as_str())).collect();
        runs.sort_unstable();
        runs.dedup();
        (runs.len(), runs.iter().filter(|(round, server)| self.is_excluded(*round, load, server)).count())
    }

    /// Whether a run is excluded as disturbed. A preempted server finds several messages due at once; if it sends them
    /// together it looks cheaper than it is.
    fn is_excluded(&self, round: usize, load: &str, server: &str) -> bool {
        let mut run = self.rows.iter().filter(|row| row.round == round && row.load == load && row.server == server);
        run.any(|row| is_disturbed(&[(row.metric, row.value)]))
    }

    /// The number of rounds of a load.
    pub fn rounds(&self, load: &str) -> usize {
        let mut rounds: Vec<_> = self.rows.iter().filter(|row| row.load == load).map(|row| row.round).collect();
        rounds.sort_unstable();
        rounds.dedup();
        rounds.len()
    }

    /// The summary over all rounds.
    pub fn summary(&self, load: &str, server: &str, metric: Metric) -> Option<Summary> {
        Summary::of(self.of(load, server, metric).map(|(_, value)| value).collect())
    }

    /// The summary of the ratio to another server's value in the same round.
    pub fn ratio(&self, load: &str, server: &str, other: &str, metric: Metric) -> Option<Summary> {
        let others: Vec<_> = self.of(load, other, metric).collect();
        let ratios = self.of(load, server, metric).filter_map(|(round, value)| {
            let (_, other) = others.iter().find(|(other, _)| *other == round)?;
            Some(value / other)
        });
        Summary::of(ratios.collect())
    }

    fn of<'a>(&'a self, load: &'a str, server: &'a str, metric: Metric) -> impl Iterator<Item = (usize, f64)> + 'a {
        let wanted = move |row: &&Row| row.load == load && row.server == server && row.metric == metric;
        let calm = move |row: &&Row| !self.is_excluded(row.round, load, server);
        self.rows.iter().filter(wanted).filter(calm).map(|row| (row.round, row.value))
    }

    /// As CSV: a line per value.
    pub fn to_csv(&self) -> String {
        let mut csv = format!("{HEADING}\n");
        for Row { round, load, server, metric, value } in &self.rows {
            let name = NAMES.iter().find(|(known, _)| known == metric).map_or("", |(_, name)| name);
            // Writing to a string does not fail.
            let _ = writeln!(csv, "{round},{load},{server},{name},{value:.4}");
        }
        csv
    }

    /// Parses that CSV.
    pub fn from_csv(csv: &str) -> Result<Self, String> {
        let mut lines = csv.lines().enumerate();
        if lines.next().map(|(_, line)| line) != Some(HEADING) {
            return Err(format!("line 1: {HEADING:?} is expected"));
        }
        let row = |(index, line): (usize, &str)| {
            let read = || {
                let [round, load, server, metric, value] = line.split(',').collect::<Vec<_>>()[..] else { return None };
                Some(Row {
                    round: round.parse().ok()?,
                    load: load.to_owned(),
                    server: server.to_owned(),
                    metric: NAMES.iter().find(|(_, name)| *name == metric)?.0,
                    value: value.parse().ok()?,
                })
            };
            read().ok_or_else(|| format!("line {}: not a result: {line:?}", index + 1))
        };
        Ok(Self { rows: lines.map(row).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn results() -> Results {
        let mut results = Results::default();
        // The machine was slow in round 2.
        for (round, raw, other) in [(1, 4.0, 6.0), (2, 40.0, 40.0), (3, 4.0, 8.0)] {
            results.add(round, "burst", "raw", &[(Metric::Cpu, raw)]);
            results.add(round, "burst", "other", &[(Metric::Cpu, other), (Metric::Rate, 1.0)]);
        }
        results
    }

    #[test]
    fn ratios_are_taken_within_rounds() {
        let ratio = results().ratio("burst", "other", "raw", Metric::Cpu);
        assert_eq!(ratio, Some(Summary { low: 1.25, median: 1.5, high: 1.75 }));
        assert_eq!(results().ratio("burst", "other", "absent", Metric::Cpu), None);
        assert_eq!(results().summary("burst", "raw", Metric::Cpu).map(|summary| summary.median), Some(4.0));
        assert_eq!(results().rounds("burst"), 3);
    }

    #[test]
    fn a_preempted_run_is_excluded() {
        let mut results = results();
        results.add(4, "burst", "raw", &[(Metric::Cpu, 400.0), (Metric::Preempted, 0.04)]);
        results.add(4, "burst", "other", &[(Metric::Cpu, 1.0), (Metric::Preempted, 0.4)]);
        assert_eq!(results.runs("burst"), (8, 1));
        assert_eq!(results.summary("burst", "other", Metric::Cpu).map(|summary| summary.median), Some(8.0));
        let ratio = results.ratio("burst", "other", "raw", Metric::Cpu);
        assert_eq!(ratio, self::results().ratio("burst", "other", "raw", Metric::Cpu));
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let csv = results().to_csv();
        assert_eq!(Results::from_csv(&csv).expect("read").rows, results().rows);
        let broken = csv.replace("cpu_ns_per_frame", "cpu");
        assert!(Results::from_csv(&broken).is_err_and(|error| error.starts_with("line 2: ")));
    }
}
