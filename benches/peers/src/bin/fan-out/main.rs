//! Touchline's fan-out beside others': starts every server under every load in turn, plays their subscribers, and writes
//! down what each cost. `benches/fan-out --help` says how; `docs/performance.md` says what is measured and how.

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
use crate::servers::{Places, SERVERS, Server};

/// Touchline's fan-out beside others'.
///
/// Every run has a fresh server on processor 0 and its subscribers on processor 1, and checks that everyone received
/// everything in order. Results are written after every round.
#[derive(Parser)]
#[command(name = "fan-out", after_help = names())]
struct Options {
    /// How many rounds; loads called lone, idle and scale take part in every third, beginning with the first
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// How often a run is repeated at most in which others had a processor for more than 5 % of the time
    #[arg(long, default_value_t = 2)]
    again: usize,
    /// How many seconds a run of steady messages lasts
    #[arg(long, default_value_t = 1.5)]
    seconds: f64,
    /// Which servers, separated by commas [default: all that are there]
    #[arg(long, value_delimiter = ',', value_parser = known(SERVERS.iter().map(|server| server.name)))]
    servers: Vec<String>,
    /// Which loads, separated by commas; `scale` stands for all that are called so [default: all]
    #[arg(long, value_delimiter = ',', value_parser = known(LOADS.iter().map(|load| load.name).chain(["scale"])))]
    loads: Vec<String>,
    /// For which servers the picture over the number of subscribers is drawn
    #[arg(long, value_delimiter = ',', default_value = "touchline,uWebSockets,raw")]
    #[arg(value_parser = known(SERVERS.iter().map(|server| server.name)))]
    scale_servers: Vec<String>,
    /// Measure nothing: tables and pictures from the results of an earlier run
    #[arg(long, value_name = "CSV")]
    from: Option<PathBuf>,
    /// Where tables and results are written
    #[arg(long, default_value = "target/fan-out")]
    output: PathBuf,
    /// Where pictures are written
    #[arg(long, default_value = "docs/images")]
    images: PathBuf,
    /// Touchline's binary
    #[arg(long, default_value = "target/release/touchline")]
    touchline: PathBuf,
    /// Where the packages of Python and Node are
    #[arg(long, default_value = "target/foreign")]
    packages: PathBuf,
    /// Where the scripts of Python and Node are
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
            eprintln!("{failed} runs failed: see above");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Measures what was asked for, and tells how many runs failed.
fn measure(options: &Options) -> Result<usize, String> {
    if let Some(csv) = &options.from {
        let text = std::fs::read_to_string(csv).map_err(|error| format!("reading {}: {error}", csv.display()))?;
        let results = Results::from_csv(&text).map_err(|error| format!("{}: {error}", csv.display()))?;
        return write(&results, options, false).map(|()| 0);
    }
    if !options.seconds.is_finite() || !(0.1..=60.0).contains(&options.seconds) {
        return Err(format!("--seconds {}: between 0.1 and 60 are possible", options.seconds));
    }
    let length = Duration::from_secs_f64(options.seconds);
    raise_open_file_limit()?;
    std::fs::create_dir_all(&options.output).map_err(|error| format!("{}: {error}", options.output.display()))?;
    let places = Places {
        touchline: options.touchline.clone(),
        packages: options.packages.clone(),
        scripts: options.scripts.clone(),
        output: options.output.clone(),
    };
    let mut plan = plan(options, &places);
    let all: usize = (1..=options.rounds).map(|round| plan.iter().filter(|(load, _)| load.is_due(round)).count()).sum();
    println!("{all} runs in {} rounds", options.rounds);

    let mut results = Results::default();
    let (mut done, mut failed, mut repeated) = (0, 0, 0);
    let began = Instant::now();
    for round in 1..=options.rounds {
        // Whatever else the machine does falls on another one each time.
        fastrand::shuffle(&mut plan);
        for (load, server) in plan.iter().filter(|(load, _)| load.is_due(round)) {
            let mut ran = run::run(server, load, length, &places);
            for _ in 0..options.again {
                if !ran.as_ref().is_ok_and(|figures| results::is_disturbed(figures)) {
                    break;
                }
                repeated += 1;
                ran = run::run(server, load, length, &places);
            }
            done += 1;
            let left = began.elapsed().mul_f64((all - done) as f64 / done as f64).as_secs();
            let left = format!("{}:{:02} left", left / 60, left % 60);
            let what = format!("round {round}, {}, {}", load.name, server.name);
            match ran {
                Ok(figures) => {
                    println!("[{done}/{all}, {left}] {what}: {}", report::in_short(&figures));
                    results.add(round, load.name, server.name, &figures);
                }
                Err(error) => {
                    failed += 1;
                    println!("[{done}/{all}, {left}] {what}: FAILED: {error}");
                }
            }
        }
        write(&results, options, true)?;
    }
    println!("{repeated} runs were repeated because others had a processor");
    Ok(failed)
}

/// Which server is run under which load; says what is left out.
fn plan(options: &Options, places: &Places) -> Vec<(&'static Load, &'static Server)> {
    let asked = |list: &[String], name: &str| list.is_empty() || list.iter().any(|asked| asked == name);
    let mut plan = Vec::new();
    for server in SERVERS.iter().filter(|server| asked(&options.servers, server.name)) {
        if let Some(missing) = server.missing(places) {
            println!("LEFT OUT {}: {missing}", server.name);
            continue;
        }
        let loads = LOADS.iter().filter(|load| {
            asked(&options.loads, load.name) || load.is_scale() && options.loads.iter().any(|asked| asked == "scale")
        });
        plan.extend(loads.filter(|load| server.takes(load, &options.scale_servers)).map(|load| (load, server)));
    }
    plan
}

/// Writes results, tables and pictures. `raw`: also every value by itself.
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
    plot::draw(results, &options.images).map_err(|error| format!("drawing into {}: {error}", options.images.display()))
}

fn raise_open_file_limit() -> Result<(), String> {
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum })
        .map_err(|error| format!("raising the limit of open files: {error}"))
}
