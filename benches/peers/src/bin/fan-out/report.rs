//! Formats the results as tables for `docs/performance.md`.

use std::fmt::Write as _;

use crate::load::{LOADS, Load, Pace};
use crate::plot::{BARS, SCALE};
use crate::results::{Metric, Results, Summary};
use crate::servers::{BASELINE, FASTEST_PEER, SERVERS};

/// A column: its heading, and its cell for a server.
type Column<'a> = (String, Box<dyn Fn(&str) -> Option<String> + 'a>);

/// All tables.
pub fn markdown(results: &Results) -> String {
    let mut text = String::new();
    for load in LOADS.iter().filter(|load| !load.is_scale() && results.rounds(load.name) > 0) {
        // Writing to a string does not fail.
        let _ = writeln!(text, "#### {} (`{}`)", load.title, load.name);
        let _ = writeln!(text, "{}\n", runs(&[load], results));
        text += &table(load, results);
        text.push('\n');
        for picture in BARS.iter().filter(|picture| picture.load == load.name) {
            let _ = writeln!(text, "![{}: {}](images/{})\n", load.title, picture.what, picture.file);
        }
    }
    text + &scale(results)
}

/// The number of rounds, and of runs excluded.
fn runs(loads: &[&Load], results: &Results) -> String {
    let rounds = loads.iter().map(|load| results.rounds(load.name)).max().unwrap_or(0);
    let counts = loads.iter().map(|load| results.runs(load.name));
    let (all, excluded) = counts.fold((0, 0), |sum, count| (sum.0 + count.0, sum.1 + count.1));
    match excluded {
        0 => format!("Rounds: {rounds}."),
        _ => format!("Rounds: {rounds}. Set aside: {excluded} of {all} runs, in which a process was preempted."),
    }
}

fn table(load: &Load, results: &Results) -> String {
    let columns = columns(load, results);
    let mut rows = Vec::new();
    // Rows are sorted by the leading metric.
    let leading = if load.pace == Pace::Idle { Metric::Memory } else { Metric::Cpu };
    for server in &SERVERS {
        if let Some(summary) = results.summary(load.name, server.name, leading) {
            let cells = columns.iter().map(|(_, cell)| cell(server.name).unwrap_or_default());
            rows.push((summary.median, format!("| {} | {} |\n", server.name, cells.collect::<Vec<_>>().join(" | "))));
        }
    }
    rows.sort_by(|(one, _), (other, _)| one.total_cmp(other));
    let headings: Vec<_> = columns.iter().map(|(heading, _)| heading.as_str()).collect();
    let mut text = format!("| server | {} |\n|---|{}\n", headings.join(" | "), "---|".repeat(columns.len()));
    text.extend(rows.into_iter().map(|(_, row)| row));
    text
}

fn columns<'a>(load: &Load, results: &'a Results) -> Vec<Column<'a>> {
    let name = load.name;
    let spread = |heading: &str, metric, unit: f64, digits| -> Column<'a> {
        let cell = move |server: &str| results.summary(name, server, metric).map(|s| with_quartiles(s, unit, digits));
        (heading.to_owned(), Box::new(cell))
    };
    let median = |heading: &str, metric, unit: f64, digits: usize| -> Column<'a> {
        let cell = move |server: &str| {
            results.summary(name, server, metric).map(|summary| format!("{:.digits$}", summary.median / unit))
        };
        (heading.to_owned(), Box::new(cell))
    };
    let ratio = |other: &'static str, metric| -> Option<Column<'a>> {
        // No column without results of the other server.
        results.summary(name, other, metric)?;
        let cell = move |server: &str| results.ratio(name, server, other, metric).map(|s| with_quartiles(s, 1.0, 2));
        Some((format!("x {other}"), Box::new(cell)))
    };
    match load.pace {
        Pace::Steady(_) => [
            Some(spread("CPU per frame, us", Metric::Cpu, 1e3, 2)),
            ratio(BASELINE, Metric::Cpu),
            ratio(FASTEST_PEER, Metric::Cpu),
            Some(median("p50, ms", Metric::P50, 1e6, 2)),
            Some(median("p99, ms", Metric::P99, 1e6, 2)),
            Some(spread("last p50, ms", Metric::LastP50, 1e6, 2)),
            Some(spread("last p99, ms", Metric::LastP99, 1e6, 2)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Pace::Burst => [
            Some(spread("CPU per frame, us", Metric::Cpu, 1e3, 3)),
            ratio(BASELINE, Metric::Cpu),
            ratio(FASTEST_PEER, Metric::Cpu),
            Some(median("million frames/s", Metric::Rate, 1e6, 2)),
        ]
        .into_iter()
        .flatten()
        .collect(),
        Pace::Idle => [
            Some(spread("memory per subscriber, bytes", Metric::Memory, 1.0, 0)),
            ratio(FASTEST_PEER, Metric::Memory),
            Some(spread("CPU per handshake, us", Metric::AcceptCpu, 1e3, 1)),
            Some(spread("start to ready, ms", Metric::Ready, 1e6, 1)),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

/// The metrics of a run in one line, for the terminal.
pub fn in_short(metrics: &[(Metric, f64)]) -> String {
    let words = metrics.iter().map(|(metric, value)| match metric {
        Metric::Cpu => format!("{:.3} us per frame", value / 1e3),
        Metric::P50 => format!("p50 {:.2} ms", value / 1e6),
        Metric::P99 => format!("p99 {:.2} ms", value / 1e6),
        Metric::LastP50 => format!("last p50 {:.2} ms", value / 1e6),
        Metric::LastP99 => format!("last p99 {:.2} ms", value / 1e6),
        Metric::FrameBytes => format!("{value:.1} bytes each"),
        Metric::Rate => format!("{:.2} million frames/s", value / 1e6),
        Metric::Memory => format!("{value:.0} bytes per subscriber"),
        Metric::AcceptCpu => format!("{:.1} us per handshake", value / 1e3),
        Metric::Ready => format!("ready after {:.1} ms", value / 1e6),
        Metric::Preempted => format!("preempted {:.0} % of the time", value * 1e2),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// `4.02 (3.97-4.11)`
fn with_quartiles(summary: Summary, unit: f64, digits: usize) -> String {
    let Summary { low, median, high } = summary;
    format!("{:.digits$} ({:.digits$}-{:.digits$})", median / unit, low / unit, high / unit)
}

/// The CPU time over the number of subscribers: a row per server.
fn scale(results: &Results) -> String {
    let loads: Vec<_> = LOADS.iter().filter(|load| load.is_scale() && results.rounds(load.name) > 0).collect();
    if loads.is_empty() {
        return String::new();
    }
    let headings: Vec<_> = loads.iter().map(|load| load.title).collect();
    let mut text = format!(
        "#### CPU per frame, us, over the number of subscribers (`scale`)\n{}\n\n| server | {} |\n|---|{}\n",
        runs(&loads, results),
        headings.join(" | "),
        "---|".repeat(loads.len())
    );
    for server in &SERVERS {
        let cells: Vec<_> = loads
            .iter()
            .map(|load| {
                let summary = results.summary(load.name, server.name, Metric::Cpu);
                summary.map_or(String::new(), |summary| with_quartiles(summary, 1e3, 2))
            })
            .collect();
        if cells.iter().any(|cell| !cell.is_empty()) {
            let _ = writeln!(text, "| {} | {} |", server.name, cells.join(" | "));
        }
    }
    let _ = writeln!(text, "\n![CPU per delivered frame over the number of subscribers](images/{SCALE})");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_has_a_row_per_server_the_cheapest_first() {
        let mut results = Results::default();
        for (round, cpu) in [(1, 5_000.0), (2, 7_000.0)] {
            results.add(round, "burst", "touchline", &[(Metric::Cpu, cpu), (Metric::Rate, 2e6)]);
            results.add(round, "burst", "raw", &[(Metric::Cpu, 8_000.0), (Metric::Rate, 3e6)]);
        }
        results.add(3, "burst", "raw", &[(Metric::Cpu, 90_000.0), (Metric::Preempted, 0.3)]);
        let text = markdown(&results);
        let wanted = "\
#### 1,000 subscribers, as fast as they take it (`burst`)
Rounds: 3. Set aside: 1 of 5 runs, in which a process was preempted.

| server | CPU per frame, us | x raw | million frames/s |
|---|---|---|---|
| touchline | 6.000 (5.500-6.500) | 0.75 (0.69-0.81) | 2.00 |
| raw | 8.000 (8.000-8.000) | 1.00 (1.00-1.00) | 3.00 |

![1,000 subscribers, as fast as they take it: CPU per delivered frame](images/cpu-burst.svg)

";
        assert_eq!(text, wanted);
    }
}
