//! What was measured: one value per round, load, server and figure; and what is told of many.

use std::fmt::Write as _;

/// What is measured of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// The server's CPU time per delivered frame, in nanoseconds.
    Cpu,
    /// From sent (or due) to received, of all deliveries, in nanoseconds.
    P50,
    /// The same.
    P99,
    /// From sent (or due) until the last subscriber has it, of each message, in nanoseconds.
    LastP50,
    /// The same.
    LastP99,
    /// The mean length of a frame with its header, in bytes.
    FrameBytes,
    /// Delivered frames a second.
    Rate,
    /// Memory of its own per idle subscriber, in bytes.
    Memory,
    /// CPU time per connection and handshake, in nanoseconds.
    AcceptCpu,
    /// From the start of the process until it says where it listens, in nanoseconds.
    Ready,
    /// For what share of the time the server or the subscribers waited for their processor, which others had.
    Waited,
}

/// Each figure and its name in files.
const NAMES: [(Figure, &str); 11] = [
    (Figure::Cpu, "cpu_ns_per_frame"),
    (Figure::P50, "latency_p50_ns"),
    (Figure::P99, "latency_p99_ns"),
    (Figure::LastP50, "last_p50_ns"),
    (Figure::LastP99, "last_p99_ns"),
    (Figure::FrameBytes, "bytes_per_frame"),
    (Figure::Rate, "frames_per_s"),
    (Figure::Memory, "bytes_per_idle_subscriber"),
    (Figure::AcceptCpu, "cpu_ns_per_handshake"),
    (Figure::Ready, "start_to_ready_ns"),
    (Figure::Waited, "share_waited"),
];

/// For what share of the time a processor may be others' before a run's figures say more of them than of the server.
const DISTURBED: f64 = 0.05;

/// Whether either side waited longer than that.
pub fn is_disturbed(figures: &[(Figure, f64)]) -> bool {
    figures.iter().any(|(figure, value)| *figure == Figure::Waited && *value > DISTURBED)
}

/// One value.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    round: usize,
    load: String,
    server: String,
    figure: Figure,
    value: f64,
}

/// Median and quartiles.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// A quarter is below.
    pub low: f64,
    /// Half is below.
    pub median: f64,
    /// Three quarters are below.
    pub high: f64,
}

impl Summary {
    /// Of some values; `None` where there are none. Between two values it is in proportion.
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
    /// Notes what a run gave.
    pub fn add(&mut self, round: usize, load: &str, server: &str, figures: &[(Figure, f64)]) {
        self.rows.extend(figures.iter().map(|(figure, value)| Row {
            round,
            load: load.to_owned(),
            server: server.to_owned(),
            figure: *figure,
            value: *value,
        }));
    }

    /// How many runs of a load there were, and how many of those count for nothing.
    pub fn runs(&self, load: &str) -> (usize, usize) {
        let mut runs: Vec<_> =
            self.rows.iter().filter(|row| row.load == load).map(|row| (row.round, row.server.as_str())).collect();
        runs.sort_unstable();
        runs.dedup();
        (runs.len(), runs.iter().filter(|(round, server)| self.is_aside(*round, load, server)).count())
    }

    /// Whether a run is set aside because others had a processor. A server that is held up finds several messages due at
    /// once, and if it sends them together it looks cheaper than it is.
    fn is_aside(&self, round: usize, load: &str, server: &str) -> bool {
        let mut run = self.rows.iter().filter(|row| row.round == round && row.load == load && row.server == server);
        run.any(|row| is_disturbed(&[(row.figure, row.value)]))
    }

    /// How many rounds a load was run in.
    pub fn rounds(&self, load: &str) -> usize {
        let mut rounds: Vec<_> = self.rows.iter().filter(|row| row.load == load).map(|row| row.round).collect();
        rounds.sort_unstable();
        rounds.dedup();
        rounds.len()
    }

    /// Over all rounds.
    pub fn summary(&self, load: &str, server: &str, figure: Figure) -> Option<Summary> {
        Summary::of(self.of(load, server, figure).map(|(_, value)| value).collect())
    }

    /// How many times another server's figure, taken within each round.
    pub fn ratio(&self, load: &str, server: &str, other: &str, figure: Figure) -> Option<Summary> {
        let others: Vec<_> = self.of(load, other, figure).collect();
        let ratios = self.of(load, server, figure).filter_map(|(round, value)| {
            let (_, other) = others.iter().find(|(other, _)| *other == round)?;
            Some(value / other)
        });
        Summary::of(ratios.collect())
    }

    fn of<'a>(&'a self, load: &'a str, server: &'a str, figure: Figure) -> impl Iterator<Item = (usize, f64)> + 'a {
        let wanted = move |row: &&Row| row.load == load && row.server == server && row.figure == figure;
        let calm = move |row: &&Row| !self.is_aside(row.round, load, server);
        self.rows.iter().filter(wanted).filter(calm).map(|row| (row.round, row.value))
    }

    /// As a file: a line per value.
    pub fn to_csv(&self) -> String {
        let mut csv = format!("{HEADING}\n");
        for Row { round, load, server, figure, value } in &self.rows {
            let name = NAMES.iter().find(|(known, _)| known == figure).map_or("", |(_, name)| name);
            // Writing to a string does not fail.
            let _ = writeln!(csv, "{round},{load},{server},{name},{value:.4}");
        }
        csv
    }

    /// From such a file.
    pub fn from_csv(csv: &str) -> Result<Self, String> {
        let mut lines = csv.lines().enumerate();
        if lines.next().map(|(_, line)| line) != Some(HEADING) {
            return Err(format!("line 1: {HEADING:?} is expected"));
        }
        let row = |(index, line): (usize, &str)| {
            let read = || {
                let [round, load, server, figure, value] = line.split(',').collect::<Vec<_>>()[..] else { return None };
                Some(Row {
                    round: round.parse().ok()?,
                    load: load.to_owned(),
                    server: server.to_owned(),
                    figure: NAMES.iter().find(|(_, name)| *name == figure)?.0,
                    value: value.parse().ok()?,
                })
            };
            read().ok_or_else(|| format!("line {}: no result: {line:?}", index + 1))
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
            results.add(round, "burst", "raw", &[(Figure::Cpu, raw)]);
            results.add(round, "burst", "other", &[(Figure::Cpu, other), (Figure::Rate, 1.0)]);
        }
        results
    }

    #[test]
    fn ratios_are_taken_within_rounds() {
        let ratio = results().ratio("burst", "other", "raw", Figure::Cpu);
        assert_eq!(ratio, Some(Summary { low: 1.25, median: 1.5, high: 1.75 }));
        assert_eq!(results().ratio("burst", "other", "absent", Figure::Cpu), None);
        assert_eq!(results().summary("burst", "raw", Figure::Cpu).map(|summary| summary.median), Some(4.0));
        assert_eq!(results().rounds("burst"), 3);
    }

    #[test]
    fn a_run_whose_server_was_held_up_counts_for_nothing() {
        let mut results = results();
        results.add(4, "burst", "raw", &[(Figure::Cpu, 400.0), (Figure::Waited, 0.04)]);
        results.add(4, "burst", "other", &[(Figure::Cpu, 1.0), (Figure::Waited, 0.4)]);
        assert_eq!(results.runs("burst"), (8, 1));
        assert_eq!(results.summary("burst", "other", Figure::Cpu).map(|summary| summary.median), Some(8.0));
        let ratio = results.ratio("burst", "other", "raw", Figure::Cpu);
        assert_eq!(ratio, self::results().ratio("burst", "other", "raw", Figure::Cpu));
    }

    #[test]
    fn results_are_read_as_they_were_written() {
        let csv = results().to_csv();
        assert_eq!(Results::from_csv(&csv).expect("read").rows, results().rows);
        let broken = csv.replace("cpu_ns_per_frame", "cpu");
        assert!(Results::from_csv(&broken).is_err_and(|error| error.starts_with("line 2: ")));
    }
}
