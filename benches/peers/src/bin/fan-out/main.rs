//! Compares the fan-out of Touchline and other servers: runs every server under every load with its own subscribers,
//! and reports the costs. For the options see `benches/fan-out --help`, for the method `docs/performance.md`.

mod frames;
mod load;
mod plot;
mod process;
mod report;
mod results;
mod run;
mod scenario;
mod servers;
mod subscribers;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::load::{LOADS, Load};
use crate::results::Results;
use crate::servers::{Paths, SERVERS, Server};

/// Compare the fan-out of Touchline and other servers.
///
/// Every run has a fresh server on CPU 0 and its subscribers on CPU 1, and checks that all subscribers receive
/// everything in order. Results are written after every round.
#[derive(Parser)]
#[command(name = "fan-out", after_help = names())]
struct Options {
    /// Number of rounds; the loads lone, idle and scale run in every third, beginning with the first
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// How often a run is repeated in which a process was preempted for more than 5 % of the time
    #[arg(long, default_value_t = 2)]
    again: usize,
    /// Length of a run at a steady rate, in seconds
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// Servers to run, separated by commas [default: all installed]
    #[arg(long, value_delimiter = ',', value_parser = known(SERVERS.iter().map(|server| server.name)))]
    servers: Vec<String>,
    /// Loads to run, separated by commas; `scale` means all loads with that prefix [default: all]
    #[arg(long, value_delimiter = ',', value_parser = known(LOADS.iter().map(|load| load.name).chain(["scale"])))]
    loads: Vec<String>,
    /// Servers in the chart over the number of subscribers
    #[arg(long, value_delimiter = ',', default_value = "touchline,uWebSockets,raw")]
    #[arg(value_parser = known(SERVERS.iter().map(|server| server.name)))]
    scale_servers: Vec<String>,
    /// Measure nothing; make tables and charts from the results of an earlier run
    #[arg(long, value_name = "CSV")]
    from: Option<PathBuf>,
    /// Folder for tables and results
    #[arg(long, default_value = "target/fan-out")]
    output: PathBuf,
    /// Folder for charts
    #[arg(long, default_value = "docs/images")]
    images: PathBuf,
    /// Touchline's program
    #[arg(long, default_value = "target/release/touchline")]
    touchline: PathBuf,
    /// Folder of the packages for Python and Node
    #[arg(long, default_value = "target/foreign")]
    packages: PathBuf,
    /// Folder of the scripts for Python and Node
    #[arg(long, default_value = "benches/peers")]
    scripts: PathBuf,
}

fn known(names: impl Iterator<Item = &'static str>) -> clap::builder::PossibleValuesParser {
    names.collect::<Vec<_>>().into()
}

fn names() -> String {
    let servers: Vec<_> = SERVERS.iter().map(|server| format!("  {:18} {}\n", server.name, server.about)).collect();
    let loads: Vec<_> = LOADS.iter().map(|load| format!("  {:18} {}\n", load.name, load.title)).collect();
    format!("Servers:\n{}\nLoads:\n{}", servers.concat(), loads.concat())
}

fn main() -> ExitCode {
    match measure(&Options::parse()) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(failed) => {
            eprintln!("{failed} runs failed: see their errors above");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the measurements and returns how many runs failed.
fn measure(options: &Options) -> Result<usize, String> {
    if let Some(csv) = &options.from {
        let text = std::fs::read_to_string(csv).map_err(|error| format!("reading {}: {error}", csv.display()))?;
        let results = Results::from_csv(&text).map_err(|error| format!("{}: {error}", csv.display()))?;
        return write(&results, options, false).map(|()| 0);
    }
    if !options.seconds.is_finite() || !(0.1..=60.0).contains(&options.seconds) {
        return Err(format!("--seconds {}: must be between 0.1 and 60", options.seconds));
    }
    let length = Duration::from_secs_f64(options.seconds);
    raise_open_file_limit()?;
    std::fs::create_dir_all(&options.output).map_err(|error| format!("{}: {error}", options.output.display()))?;
    let paths = Paths {
        touchline: options.touchline.clone(),
        packages: options.packages.clone(),
        scripts: options.scripts.clone(),
        output: options.output.clone(),
    };
    let mut plan = plan(options, &paths);
    let all: usize = (1..=options.rounds).map(|round| plan.iter().filter(|(load, _)| load.is_due(round)).count()).sum();
    println!("{all} runs in {} rounds", options.rounds);

    let mut results = Results::default();
    let (mut done, mut failed, mut repeated) = (0, 0, 0);
    let began = Instant::now();
    for round in 1..=options.rounds {
        // In random order, so that other work of the machine disturbs a different run each round.
        fastrand::shuffle(&mut plan);
        for (load, server) in plan.iter().filter(|(load, _)| load.is_due(round)) {
            let mut ran = run::run(server, load, length, &paths);
            for _ in 0..options.again {
                if !ran.as_ref().is_ok_and(|metrics| results::is_disturbed(metrics)) {
                    break;
                }
                repeated += 1;
                ran = run::run(server, load, length, &paths);
            }
            done += 1;
            let left = began.elapsed().mul_f64((all - done) as f64 / done as f64).as_secs();
            let left = format!("{}:{:02} left", left / 60, left % 60);
            let what = format!("round {round}, {}, {}", load.name, server.name);
            match ran {
                Ok(metrics) => {
                    println!("[{done}/{all}, {left}] {what}: {}", report::in_short(&metrics));
                    results.add(round, load.name, server.name, &metrics);
                }
                Err(error) => {
                    failed += 1;
                    println!("[{done}/{all}, {left}] {what}: FAILED: {error}");
                }
            }
        }
        write(&results, options, true)?;
    }
    println!("{repeated} runs were repeated because a process was preempted");
    Ok(failed)
}

/// The pairs of load and server to run; prints the servers skipped.
fn plan(options: &Options, paths: &Paths) -> Vec<(&'static Load, &'static Server)> {
    let asked = |list: &[String], name: &str| list.is_empty() || list.iter().any(|asked| asked == name);
    let mut plan = Vec::new();
    for server in SERVERS.iter().filter(|server| asked(&options.servers, server.name)) {
        if let Some(missing) = server.missing(paths) {
            println!("SKIPPED {}: {missing}", server.name);
            continue;
        }
        let loads = LOADS.iter().filter(|load| {
            asked(&options.loads, load.name) || load.is_scale() && options.loads.iter().any(|asked| asked == "scale")
        });
        plan.extend(loads.filter(|load| server.takes(load, &options.scale_servers)).map(|load| (load, server)));
    }
    plan
}

/// Writes tables and charts and, if `raw`, all values.
fn write(results: &Results, options: &Options, raw: bool) -> Result<(), String> {
    let file = |name: &str, text: &str| {
        let path = options.output.join(name);
        std::fs::write(&path, text).map_err(|error| format!("writing {}: {error}", path.display()))
    };
    if raw {
        file("results.csv", &results.to_csv())?;
    }
    file("results.md", &report::markdown(results))?;
    std::fs::create_dir_all(&options.images).map_err(|error| format!("{}: {error}", options.images.display()))?;
    plot::draw(results, &options.images)
        .map_err(|error| format!("drawing charts into {}: {error}", options.images.display()))
}

fn raise_open_file_limit() -> Result<(), String> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .map_err(|error| format!("raising the limit of open files: {error}"))
}
