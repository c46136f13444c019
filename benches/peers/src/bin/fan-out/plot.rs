//! Draws the results as charts, dark on white, to be readable on a page of any colour.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::load::{LOADS, Load};
use crate::results::{Metric, Results, Summary};
use crate::servers::{BASELINE, FASTEST_PEER, SERVERS};

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = Result<(), Box<dyn Error>>;

const INK: RGBColor = RGBColor(31, 35, 40);
const FAINT: RGBColor = RGBColor(208, 215, 222);
/// The colours of Touchline, of the fastest peer, and of all others.
const COLOURS: [RGBColor; 3] = [RGBColor(26, 127, 55), RGBColor(9, 105, 218), RGBColor(129, 139, 152)];

const WIDTH: u32 = 860;
/// The horizontal extent of the bars.
const ACROSS: (i32, i32) = (160, 700);
const ROW: i32 = 24;
const HEAD: i32 = 44;
/// A bar longer than this many times the shortest is cut, or the others would all look alike. The baseline does not
/// count as shortest: it is no usable server.
const CUT: f64 = 8.0;

/// A bar chart with a bar for each server.
pub struct Bars {
    /// The load.
    pub load: &'static str,
    /// The name of the file.
    pub file: &'static str,
    /// The title of the metric.
    pub what: &'static str,
    metric: Metric,
    /// The divisor of the metric, and the unit after dividing.
    unit: (f64, &'static str),
}

const fn cpu(load: &'static str, file: &'static str) -> Bars {
    Bars { load, file, what: "CPU per delivered frame", metric: Metric::Cpu, unit: (1e3, "us") }
}

const fn last(load: &'static str, file: &'static str) -> Bars {
    let what = "until the last subscriber has it, median over messages";
    Bars { load, file, what, metric: Metric::LastP50, unit: (1e6, "ms") }
}

/// All bar charts.
pub const BARS: [Bars; 6] = [
    cpu("paced-1k", "cpu-paced-1k.svg"),
    last("paced-1k", "last-paced-1k.svg"),
    cpu("paced-10k", "cpu-paced-10k.svg"),
    last("paced-10k", "last-paced-10k.svg"),
    cpu("burst", "cpu-burst.svg"),
    Bars {
        load: "idle-10k",
        file: "memory-idle-10k.svg",
        what: "memory per subscriber",
        metric: Metric::Memory,
        unit: (1e3, "kB"),
    },
];

/// The file of the chart over the number of subscribers.
pub const SCALE: &str = "cpu-scale.svg";

/// Draws every chart that has results.
pub fn draw(results: &Results, folder: &Path) -> Result<(), String> {
    let mut pictures = BARS.iter();
    let drawn = pictures.try_for_each(|bars| bars.draw(results, &folder.join(bars.file)));
    drawn.and_then(|()| scale(results, &folder.join(SCALE))).map_err(|error| error.to_string())
}

fn colour(server: &str) -> RGBColor {
    match server {
        name if name.starts_with("touchline") => COLOURS[0],
        name if name == FASTEST_PEER => COLOURS[1],
        _ => COLOURS[2],
    }
}

fn text(area: &Area<'_>, words: &str, size: i32, at: (i32, i32), across: HPos) -> Drawn {
    let style = ("sans-serif", size).into_text_style(area).color(&INK).pos(Pos::new(across, VPos::Center));
    area.draw_text(words, &style, at)?;
    Ok(())
}

impl Bars {
    /// A bar for each server, the shortest first, with a line between the quartiles.
    fn draw(&self, results: &Results, file: &Path) -> Drawn {
        let Self { load: name, what, metric, unit: (unit, word), .. } = *self;
        let summaries =
            SERVERS.iter().filter_map(|server| Some((server.name, results.summary(name, server.name, metric)?)));
        let mut rows: Vec<(&str, Summary)> = summaries.collect();
        rows.sort_by(|(_, one), (_, other)| one.median.total_cmp(&other.median));
        let least = rows.iter().find(|(server, _)| !server.starts_with(BASELINE)).or(rows.first());
        let (Some((_, least)), Some((_, most))) = (least, rows.last()) else { return Ok(()) };
        let longest = most.high.min(least.median * CUT);
        let along = |value: f64| ACROSS.0 + (f64::from(ACROSS.1 - ACROSS.0) * (value / longest).min(1.0)) as i32;

        let height = HEAD + ROW * rows.len() as i32 + 12;
        let area = SVGBackend::new(file, (WIDTH, height as u32)).into_drawing_area();
        area.fill(&WHITE)?;
        let load = LOADS.iter().find(|load| load.name == name).map_or("", |load| load.title);
        text(&area, &format!("{load}: {what}, {word}"), 16, (16, 22), HPos::Left)?;
        for (row, (server, summary)) in rows.iter().enumerate() {
            let top = HEAD + ROW * row as i32;
            let middle = top + ROW / 2;
            let end = along(summary.median);
            let bar = Rectangle::new([(ACROSS.0, top + 4), (end, top + ROW - 4)], colour(server).filled());
            area.draw(&bar)?;
            text(&area, server, 14, (ACROSS.0 - 8, middle), HPos::Right)?;
            let cut = summary.median > longest;
            if cut {
                let gap = vec![(end - 16, top + ROW - 2), (end - 8, top + 2)];
                area.draw(&PathElement::new(gap, WHITE.stroke_width(4)))?;
            } else {
                let quartiles = vec![(along(summary.low), middle), (along(summary.high), middle)];
                area.draw(&PathElement::new(quartiles, INK.stroke_width(2)))?;
            }
            let right = if cut { end } else { along(summary.high).max(end) };
            text(&area, &short(summary.median / unit), 14, (right + 8, middle), HPos::Left)?;
        }
        area.present()?;
        Ok(())
    }
}

/// Three significant digits.
fn short(value: f64) -> String {
    match value {
        value if value < 1.0 => format!("{value:.3}"),
        value if value < 10.0 => format!("{value:.2}"),
        value if value < 100.0 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

/// CPU per delivered frame over the number of subscribers, a line for each server.
fn scale(results: &Results, file: &Path) -> Drawn {
    let loads: Vec<&Load> = LOADS.iter().filter(|load| load.is_scale() && results.rounds(load.name) > 0).collect();
    let (Some(first), Some(last)) = (loads.first(), loads.last()) else { return Ok(()) };
    let lines: Vec<(&str, Vec<(f64, Summary)>)> = SERVERS
        .iter()
        .map(|server| {
            let point = |load: &&Load| {
                let summary = results.summary(load.name, server.name, Metric::Cpu)?;
                Some((load.subscribers as f64, summary))
            };
            (server.name, loads.iter().filter_map(point).collect::<Vec<_>>())
        })
        .filter(|(_, points)| !points.is_empty())
        .collect();
    let most = lines.iter().flat_map(|(_, points)| points).map(|(_, summary)| summary.high).fold(0.0, f64::max) / 1e3;

    let area = SVGBackend::new(file, (WIDTH, 420)).into_drawing_area();
    area.fill(&WHITE)?;
    let across = (first.subscribers as f64 * 0.8..last.subscribers as f64 * 1.4).log_scale();
    let caption = ("sans-serif", 16).into_text_style(&area).color(&INK);
    let mut chart = ChartBuilder::on(&area)
        .margin(16)
        .caption("CPU per delivered frame, us, over the number of subscribers", caption)
        .x_label_area_size(40)
        .y_label_area_size(44)
        .build_cartesian_2d(across, 0.0..most * 1.1)?;
    let small = ("sans-serif", 14).into_text_style(&area).color(&INK);
    let mut mesh = chart.configure_mesh();
    mesh.disable_mesh().axis_style(INK).label_style(small.clone()).y_labels(6).y_label_formatter(&|y| y.to_string());
    // The axis would label powers of ten only.
    mesh.x_label_formatter(&|_| String::new()).draw()?;
    for load in &loads {
        let at = chart.backend_coord(&(load.subscribers as f64, 0.0));
        text(&area, &load.subscribers.to_string(), 14, (at.0, at.1 + 16), HPos::Center)?;
        let line = vec![(load.subscribers as f64, 0.0), (load.subscribers as f64, most * 1.1)];
        chart.draw_series([PathElement::new(line, FAINT)])?;
    }
    for (server, points) in &lines {
        let colour = colour(server);
        let median = points.iter().map(|(subscribers, summary)| (*subscribers, summary.median / 1e3));
        chart
            .draw_series(LineSeries::new(median, colour.stroke_width(2)).point_size(3))?
            .label(*server)
            .legend(move |(x, y)| PathElement::new(vec![(x, y), (x + 18, y)], colour.stroke_width(3)));
        let quartiles = points.iter().map(|(subscribers, summary)| {
            PathElement::new(vec![(*subscribers, summary.low / 1e3), (*subscribers, summary.high / 1e3)], colour)
        });
        chart.draw_series(quartiles)?;
    }
    let legend = SeriesLabelPosition::UpperRight;
    chart
        .configure_series_labels()
        .position(legend)
        .background_style(WHITE)
        .border_style(FAINT)
        .label_font(small)
        .draw()?;
    area.present()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_is_in_the_picture_and_what_was_not_run_has_none() {
        let mut results = Results::default();
        results.add(1, "burst", "touchline", &[(Metric::Cpu, 145.0)]);
        results.add(1, "burst", "naive", &[(Metric::Cpu, 4_500.0)]);
        results.add(1, "scale-10", "touchline", &[(Metric::Cpu, 20_000.0)]);
        results.add(1, "scale-15k", "touchline", &[(Metric::Cpu, 5_000.0)]);
        let folder = std::env::temp_dir().join(format!("fan-out-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        draw(&results, &folder).expect("drawn");
        let burst = std::fs::read_to_string(folder.join("cpu-burst.svg")).expect("a picture");
        assert!(["touchline", "naive", "0.145", "4.50"].iter().all(|word| burst.contains(word)), "{burst}");
        let scale = std::fs::read_to_string(folder.join("cpu-scale.svg")).expect("a picture");
        assert!(scale.contains("15000"), "{scale}");
        assert!(!folder.join("cpu-paced-1k.svg").exists());
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
