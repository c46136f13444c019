//! The rows of `event.jsonl`.

use std::hash::Hash;

use serde_json::Value;

use super::values::{PERIODS, ids, known, match_clock, moment, period, text};
use crate::football::{Period, Point, Side};
use crate::import::frame::point_in_metres;
use crate::import::{Document, ImportError};

/// What stands for an unknown place where the format requires one: the corner of the range that its validator accepts.
const NOWHERE: (f64, f64) = (-65.0, -42.5);

/// What a row says of when it was.
#[derive(Debug, Clone, Copy, Default)]
pub struct RowTime {
    pub time: Option<i64>,
    pub period: Option<Period>,
    pub clock: Option<i64>,
}

/// A row.
#[derive(Debug, Default)]
pub struct CdfRow {
    pub line: usize,
    pub match_id: Option<String>,
    pub id: String,
    /// In milliseconds since 1970.
    pub time: Option<i64>,
    pub period: Option<Period>,
    pub class: String,
    pub sub_type: Option<String>,
    pub is_successful: Option<bool>,
    pub outcome: Option<String>,
    pub player: Option<String>,
    pub team: Option<String>,
    pub receiver: Option<String>,
    pub receiver_team: Option<String>,
    pub start: Option<(f64, f64)>,
    pub end: Option<(f64, f64)>,
    pub body_part: Option<String>,
    pub related: Vec<String>,
    /// In milliseconds.
    pub clock: Option<i64>,
    pub xg: Option<f64>,
    pub reviewed: bool,
    pub upheld: Option<bool>,
}

impl CdfRow {
    /// What two rows have in common that are one row written twice.
    pub fn identity(&self) -> impl Hash + Eq + use<> {
        (
            (self.id.clone(), self.class.clone(), self.sub_type.clone(), self.outcome.clone()),
            (self.period, self.time, self.clock, self.team.clone(), self.player.clone()),
        )
    }

    /// Whether it is of the referee, and names neither player nor team.
    pub fn is_referee(&self) -> bool {
        self.class == "referee"
    }

    pub fn time(&self) -> RowTime {
        RowTime { time: self.time, period: self.period, clock: self.clock }
    }

    pub fn sub(&self) -> &str {
        self.sub_type.as_deref().unwrap_or_default()
    }
}

/// Reads the rows of a document.
pub fn read_rows(document: &Document) -> Result<Vec<CdfRow>, ImportError> {
    let bytes = document.bytes()?;
    let mut rows: Vec<CdfRow> = Vec::new();
    let mut values = serde_json::Deserializer::from_slice(&bytes).into_iter::<Value>();
    let (mut line, mut counted) = (1, 0);
    while let Some(value) = values.next() {
        let value = value.map_err(|error| ImportError::json(document, &error))?;
        let end = values.byte_offset().min(bytes.len());
        line += bytes.get(counted..end).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        counted = end;
        rows.push(read_row(&value, line, rows.len()).map_err(|message| ImportError::new(document, message))?);
    }
    Ok(rows)
}

fn read_row(value: &Value, line: usize, index: usize) -> Result<CdfRow, String> {
    let Some(event) = value.get("event").filter(|event| event.is_object()) else {
        return Err(format!("line {line} has no object \"event\": a row is {{\"match\":…,\"meta\":…,\"event\":…}}"));
    };
    let period_word = text(event, "period");
    let period = period_word.as_deref().map(|word| {
        let words = PERIODS.map(|(word, _)| word).join(", ");
        period(word).ok_or_else(|| format!("line {line} has \"period\":{word:?}, which is none of {words}"))
    });
    let place = |x: &str, y: &str| {
        let place = (event.get(x)?.as_f64()?, event.get(y)?.as_f64()?);
        Some(place).filter(|place| *place != NOWHERE)
    };
    let var = event.get("var");
    let flag = |name: &str| var.and_then(|var| var.get(name)).and_then(Value::as_bool);
    let row = CdfRow {
        line,
        match_id: value.get("match").and_then(|it| text(it, "id")),
        id: text(event, "id").unwrap_or_else(|| format!("row-{}", index + 1)),
        time: moment(event, "time"),
        period: period.transpose()?,
        class: text(event, "type").unwrap_or_default(),
        sub_type: known(event, "sub_type"),
        is_successful: event.get("is_successful").and_then(Value::as_bool),
        outcome: known(event, "outcome_type"),
        player: known(event, "player_id"),
        team: known(event, "team_id"),
        receiver: known(event, "receiver_id"),
        receiver_team: known(event, "receiver_team_id"),
        start: place("x", "y"),
        end: place("x_end", "y_end"),
        body_part: text(event, "body_part"),
        related: ids(event, "related_event_ids"),
        clock: match_clock(event).filter(|clock| *clock >= 0),
        xg: event.get("metrics").and_then(|metrics| metrics.get("xg")).and_then(Value::as_f64),
        reviewed: flag("reviewed") == Some(true),
        upheld: flag("upheld"),
    };
    if row.period.is_none() && row.time.is_none() {
        return Err(format!("line {line} has neither \"period\" nor \"time\": it cannot be said when it was"));
    }
    Ok(row)
}

/// A pitch of the format, with the origin at its centre and y upwards.
#[derive(Debug, Clone, Copy)]
pub struct CentredPitch {
    pub length: f64,
    pub width: f64,
}

impl CentredPitch {
    /// A place in the frame of a scenario. `direction` is where the home side plays: `Side::Home` from left to right.
    pub fn point(&self, (x, y): (f64, f64), to_the_right: Side) -> Option<Point> {
        let sign = if to_the_right == Side::Home { 1.0 } else { -1.0 };
        let (length, width) = (f64::from(crate::football::PITCH_LENGTH), f64::from(crate::football::PITCH_WIDTH));
        let along = sign * x * length / self.length;
        let across = sign * y * width / self.width;
        point_in_metres(length / 2.0 + along, width / 2.0 - across)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_turned_into_the_fixed_frame() {
        let pitch = CentredPitch { length: 105.0, width: 68.0 };
        let at = |pitch: CentredPitch, place, side| pitch.point(place, side).map(|point| (point.x, point.y));
        assert_eq!(at(pitch, (0.0, 0.0), Side::Home), Some((52.5, 34.0)));
        assert_eq!(at(pitch, (41.5, 20.0), Side::Home), Some((94.0, 14.0)));
        assert_eq!(at(pitch, (41.5, 20.0), Side::Away), Some((11.0, 54.0)), "the home side plays to the left");
        let longer = CentredPitch { length: 110.0, width: 64.0 };
        assert_eq!(at(longer, (55.0, -32.0), Side::Home), Some((105.0, 68.0)));
        assert_eq!(at(pitch, (65.0, 0.0), Side::Home), None);
    }

    #[test]
    fn an_unknown_place_is_none() {
        let read = |place: &str| {
            let row = format!(r#"{{"event":{{"period":"first_half",{place}}}}}"#);
            read_row(&serde_json::from_str(&row).expect("JSON"), 1, 0).expect("a row")
        };
        let row = read(r#""x":-65.0,"y":-42.5,"x_end":null,"y_end":3"#);
        assert_eq!((row.start, row.end), (None, None));
        assert_eq!(read(r#""x":1,"y":-2.5"#).start, Some((1.0, -2.5)));
    }
}
